"""The open items as they were at the end of an earlier day: those of now, less what moved since.

I-1 open now 400.00; since then a receipt of -600.00 on it   -> it was open with 1,000.00
I-2 not open now; since then a receipt of -250.00 on it      -> it was open with 250.00, due as its invoice says

It is the ledger's own extract that is turned back, since movements are the ledger's: so both ends of a month stand on
one base, whatever was accepted since the extract. What no document explains of the balance of that day is told beside
it, never put into a bucket.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import polars as pl

from recon.model import MOVEMENTS, OPEN_ITEMS
from recon.reports import aged, ledger
from recon.reports.aged import CREDIT, DEBIT, UNAPPLIED
from recon.reports.shape import Inputs, once

_DOCUMENT: Final = ["currency", "customer_id", "doc_no"]
_CASH: Final = ("receipt", "refund")


def known(inputs: Inputs, day: date) -> bool:
    """Whether a day can be told: without any movement nobody knows what moved since an earlier one."""
    return day >= inputs.as_of or not inputs.get("movements", MOVEMENTS).is_empty()


@once
def items(inputs: Inputs, day: date) -> pl.DataFrame:
    """Every document that was open in the ledger at the end of a day, the as-at date or an earlier one.

    Returns: currency, entity (empty), customer_id, doc_no, due_date, issue_date, open_minor, side, days_due,
        days_dated, disputed_minor (0: nobody knows), row; as `aged.placed` takes them.
    """
    now, moved = _now(inputs), _since(inputs, day)
    touched = now.join(moved, on=_DOCUMENT, how="semi", maintain_order="left")
    both = pl.concat([touched, moved.select(now.columns)])
    summed = both.group_by(_DOCUMENT).agg(
        pl.col("issue_date", "due_date").drop_nulls().first(),
        pl.col("open_minor").sum(),
        pl.col("cash").any(),
    )
    still = now.join(moved, on=_DOCUMENT, how="anti", maintain_order="left")
    every = pl.concat([still, summed.select(now.columns)])
    known = (
        every.filter(pl.col("open_minor") != 0)
        .join(_papers(inputs), on=_DOCUMENT, how="left", maintain_order="left")
        .with_columns(
            due_date=pl.coalesce("due_date", "paper_due"),
            issue_date=pl.coalesce("issue_date", "paper_issued"),
        )
    )
    # A document of later is none of that day: the ledger has it open, and the movements lack it.
    known = known.filter(~(pl.col("issue_date") > day).fill_null(value=False))
    at = pl.lit(day)
    side = (
        pl.when(pl.col("open_minor") > 0)
        .then(pl.lit(DEBIT))
        .when(pl.col("cash"))
        .then(pl.lit(UNAPPLIED))
        .otherwise(pl.lit(CREDIT))
    )
    return (
        known.with_columns(
            entity=pl.lit(""),
            side=side,
            days_due=(at - pl.col("due_date")).dt.total_days(),
            days_dated=(at - pl.col("issue_date")).dt.total_days(),
            disputed_minor=pl.lit(0, dtype=pl.Int64),
        )
        .drop("paper_due", "paper_issued", "cash")
        .sort("currency", "customer_id", "doc_no", "due_date", "issue_date", "open_minor", nulls_last=True)
        .with_row_index("row")
    )


def _now(inputs: Inputs) -> pl.DataFrame:
    """What the ledger's extract has open, by document; one without a number is a document by itself."""
    number = pl.when(pl.col("doc_no") != "").then("doc_no").otherwise(pl.lit("item ") + pl.col("item_id"))
    return inputs["open_items"].select(
        "currency",
        pl.col("customer_id").fill_null(""),
        number.alias("doc_no"),
        "issue_date",
        "due_date",
        open_minor="extract_minor",
        cash=(pl.col("doc_type") == aged.RECEIPT).fill_null(value=False),
    )


def _since(inputs: Inputs, day: date) -> pl.DataFrame:
    """What moved after that day, taken back: on the document that it settles, else on its own."""
    rows = ledger.movements(inputs, day + timedelta(days=1), inputs.as_of)
    own = (pl.col("applied_to") == "") | pl.col("type").is_in(ledger.SALES)
    number = pl.when(~own).then("applied_to").otherwise("doc_no")
    bill = pl.col("type").is_in(ledger.BILLS) & own
    return rows.select(
        "currency",
        pl.col("customer_id").fill_null(""),
        pl.when(number != "")
        .then(number)
        .otherwise(pl.lit("entry ") + pl.col("movement_id"))
        .alias("doc_no"),
        issue_date=pl.when(bill).then("date"),
        due_date=pl.when(bill).then("due_date"),
        open_minor=-pl.col("amount_minor"),
        cash=pl.col("type").is_in(_CASH) & own,
    )


def _papers(inputs: Inputs) -> pl.DataFrame:
    """When documents were made and due, of those that nothing is open of now: as invoices and closed items say."""
    moved = inputs.get("movements", MOVEMENTS).filter(pl.col("type").is_in(ledger.BILLS))
    bills = moved.select(*_DOCUMENT, paper_issued="date", paper_due="due_date")
    closed = inputs.get("closed_items", OPEN_ITEMS)
    paid = closed.select(*_DOCUMENT, paper_issued="issue_date", paper_due="due_date")
    return pl.concat([bills, paid]).filter(pl.col("doc_no") != "").unique(
        _DOCUMENT, keep="first", maintain_order=True
    )  # fmt: skip


def places(inputs: Inputs, day: date) -> dict[tuple[str, str], int]:
    """What stood in each bucket by due date at the end of that day: (currency, place) -> minor units."""
    rules = inputs.rules.reports.ageing
    placed = aged.placed(items(inputs, day), aged.buckets(rules.buckets), "due_date", rules.treatment)
    summed = placed.group_by("currency", "place").agg(pl.col("aged_minor").sum())
    return {(currency, place): amount for currency, place, amount in summed.iter_rows()}
