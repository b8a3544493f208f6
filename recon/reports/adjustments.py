"""Credit notes, write-offs and reclasses of a period: what each is of, why, who approved it, and what replaced it.

CN-7 -500.00 of I-1, rebilled as I-9   -> replaced by I-9; told where I-9 is due later than I-1 was
The sum of each type is the line of the roll-forward: asserted in code.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import MOVEMENTS
from recon.problems import Problem
from recon.reports import ledger
from recon.reports.roll_forward import TITLES
from recon.reports.shape import LEVEL, PLAIN, RANK, SUBTOTAL, TOTAL, Column, Inputs, Kind, Made, Part, Report

TYPES: Final = ("credit_note", "write_off", "reclass")
_COLUMNS: Final = (
    Column("level", "Level", f"{LEVEL}entry, type or total", file_only=True),
    Column("date", "Date", "the day it counts in the ledger", Kind.DATE),
    Column("type", "Type", "credit_note, write_off or reclass; empty for all", file_only=True),
    Column("what", "What it is", "the type in words; of a total, what it is of", width=24),
    Column("doc_no", "Document", "its number", width=16),
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("amount", "Amount", "minus lowers what customers owe", Kind.MONEY, 15),
    Column("original", "Of", "number of the document that it adjusts", width=16),
    Column("reason", "Reason", "why", Kind.LONG, 28),
    Column("approver", "Approved by", "who approved it", width=16),
    Column("replaced_by", "Replaced by", "the invoice that was raised instead", width=16),
    Column("days_later", "Due later by", "days that it is due after the original was", Kind.NUMBER, 10),
    Column("lacks", "Look at", "what is missing or odd", Kind.LONG, 36),
)


def make(inputs: Inputs) -> Made:
    """Each adjustment of the period, those that lack something first, with the sum of each type."""
    span = ledger.period(inputs, inputs.rules.reports.months)
    rows = _entries(inputs, span).with_columns(
        what=pl.col("type").replace_strict(TITLES, return_dtype=pl.String).str.strip_chars_end("s"),
        level=pl.lit("entry"),
        rank=pl.when(pl.col("lacks") != "").then(SUBTOTAL).otherwise(PLAIN).cast(pl.Int64),
    )
    names = [*(one.inner for one in _COLUMNS), RANK]
    of_ledger = ledger.by_type(ledger.movements(inputs, span.first, span.last), by_entity=False)
    parts = []
    for (currency,), mine in rows.sort("currency").group_by("currency", maintain_order=True):
        for kind in TYPES:
            own = mine.filter(pl.col("type") == kind).sort(
                "rank", "date", "doc_no", descending=[True, False, False]
            )
            if own.height:
                amount = int(own["amount_minor"].sum())
                told = of_ledger[str(currency), ""][kind][0]
                assert amount == told, (
                    f"adjustments of {kind} are not those of the ledger: {amount} and {told}"
                )
                parts += [
                    own.select(names),
                    _sum(own, kind, f"Total: {TITLES[kind].lower()}", SUBTOTAL),
                ]
        parts.append(_sum(mine, "", f"Total {currency}", TOTAL))
    told_rows = pl.concat(parts, how="diagonal") if parts else rows.select(names)
    odd = rows.filter(pl.col("lacks") != "").height
    what = f"{odd:,} of {rows.height:,} credit notes, write-offs and reclasses lack something or look odd"
    hint = "the sheet says of each what it is; complete it where it was raised"
    problems = (Problem("report-data", "adjustments", what, hint),) if odd else ()
    return Made(
        (Part("", "Adjustments", _COLUMNS, told_rows, sheet="Adjustments"),), (f"Period {span}.",), problems
    )


def _entries(inputs: Inputs, span: ledger.Period) -> pl.DataFrame:
    """The adjustments with the document that each is of, what replaced that, and what is missing."""
    texts = ("doc_no", "applied_to", "reason", "approver", "customer_id")
    every = inputs.get("movements", MOVEMENTS).with_columns(pl.col(texts).fill_null(""))
    keys = ["customer_id", "currency", "original"]
    bills = every.filter(pl.col("type").is_in(ledger.SALES) & (pl.col("doc_no") != ""))
    items = inputs["open_items"].filter(pl.col("doc_no") != "")
    known = pl.concat(
        [one.select("customer_id", "currency", "due_date", original="doc_no") for one in (bills, items)]
    )
    known = known.group_by(keys).agg(
        was_due=pl.col("due_date").drop_nulls().first(), known=pl.lit(value=True)
    )
    again = bills.filter(pl.col("applied_to") != "").sort("date", "doc_no")
    again = again.group_by("customer_id", "currency", original="applied_to").agg(
        replaced_by=pl.col("doc_no").first(), new_due=pl.col("due_date").first()
    )
    rows = every.filter(pl.col("type").is_in(TYPES) & pl.col("date").is_between(span.first, span.last))
    rows = rows.with_columns(original="applied_to")
    rows = rows.join(known, on=keys, how="left", maintain_order="left")
    rows = rows.join(again, on=keys, how="left", maintain_order="left")
    later = (pl.col("new_due") - pl.col("was_due")).dt.total_days()
    credit = pl.col("type") == "credit_note"
    lacks = [
        pl.when(credit & (pl.col("original") == "")).then(pl.lit("no original invoice")),
        pl.when((pl.col("original") != "") & pl.col("known").is_null()).then(
            pl.lit("the original is not known")
        ),
        pl.when(pl.col("reason") == "").then(pl.lit("no reason")),
        pl.when(pl.col("approver") == "").then(pl.lit("no approver")),
        pl.when(credit & (pl.col("amount_minor") > 0)).then(pl.lit("a credit note that raises the balance")),
        pl.when(later > 0).then(pl.lit("rebilled, and due later: it looks younger than it is")),
    ]
    return rows.with_columns(
        pl.col("replaced_by").fill_null(""),
        days_later=pl.when(later != 0).then(later),
        lacks=pl.concat_str(lacks, separator="; ", ignore_nulls=True),
    )


def _sum(rows: pl.DataFrame, kind: str, what: str, rank: int) -> pl.DataFrame:
    return rows.select(
        pl.first("currency"),
        pl.col("amount_minor").sum(),
        type=pl.lit(kind),
        what=pl.lit(what),
        level=pl.lit("type" if kind else "total"),
        rank=pl.lit(rank, dtype=pl.Int64),
    )


REPORT: Final = Report(
    "adjustments",
    "Adjustments",
    "Credit notes, write-offs and reclasses: what each is of, why, who approved it, and what replaced it.",
    ("movements", "open_items"),
    make,
)
