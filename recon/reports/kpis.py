"""The rates that the work is measured by, each with what is divided and by what.

Invoiced in time and right the first time (`invoicing`), collected in term (`in_term`), days from the bank's booking
to the posting file (`post_lag`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from recon.problems import Problem
from recon.reports import aged, in_term, invoicing, ledger, post_lag
from recon.reports.ledger import Period
from recon.reports.shape import (
    LEVEL,
    PLAIN,
    RANK,
    SUBTOTAL,
    TOTAL,
    Column,
    Inputs,
    Kind,
    Made,
    Part,
    Report,
    frame,
    ratio,
    share,
)

_SHEET: Final = "KPIs"
_BY_CUSTOMER: Final = "KPIs by customer"
_UNPOSTED: Final = "Not posted yet"
_INVOICING: Final = (
    Column("level", "Level", f"{LEVEL}month, site, group or total", file_only=True),
    Column("what", "Invoicing", "a month, a site, a group of customers, or all", width=28),
    Column("due", "Due", "pieces of work that were due to be invoiced", Kind.NUMBER, 9),
    Column("on_time", "In time", "invoiced on or before the day", Kind.NUMBER, 9),
    Column("late", "Late", "invoiced after it", Kind.NUMBER, 9),
    Column("unbilled", "Not invoiced", "invoiced by nobody; it counts as late", Kind.NUMBER, 9),
    Column("on_time_rate", "In time, share", "in time / due", Kind.PERCENT, 11),
    Column("issued", "Issued", "invoices of the period", Kind.NUMBER, 9),
    Column("credited", "Credited", "those that a credit note names", Kind.NUMBER, 9),
    Column("rejected", "Rejected", "those that were sent back", Kind.NUMBER, 9),
    Column("right", "Right first time", "neither credited nor rejected", Kind.NUMBER, 11),
    Column("right_rate", "Right, share", "right first time / issued", Kind.PERCENT, 11),
)
_SHARES: Final = (
    Column("invoices", "Invoices", "how many fell due", Kind.NUMBER, 9),
    Column("invoiced", "Invoiced", "what they are of, tax included", Kind.MONEY, 17),
    Column("tax", "Tax deducted", "by the customer; nobody can collect it", Kind.MONEY, 14),
    Column("in_term", "In term", "received on or before the due date", Kind.MONEY, 17),
    Column("late", "Late", "received after it", Kind.MONEY, 16),
    Column("left", "Not yet", "the rest: open, credited or written off", Kind.MONEY, 16),
    Column("rate", "In term, share", "in term / (invoiced - tax deducted)", Kind.PERCENT, 11),
)
_TERM: Final = (
    Column("level", "Level", f"{LEVEL}month or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("what", "Fell due", "a month, or all", width=18),
    *_SHARES,
)
_OWNERS: Final = (
    Column("level", "Level", f"{LEVEL}customer or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("what", "Customer", "a customer's number, or all", width=18),
    Column("name", "Name", "the customer's name", Kind.LONG, 30),
    *_SHARES,
)
_LAG: Final = (
    Column("level", "Level", f"{LEVEL}month or total", file_only=True),
    Column("what", "Booked", "the month in which the bank booked them, or all", width=18),
    Column("lines", "Lines", "bank lines of it that are in a posting file", Kind.NUMBER, 9),
    *(
        Column(f"band_{at}", text.capitalize(), f"posted {text} after booking", Kind.NUMBER, 10)
        for at, (_, text) in enumerate(post_lag.BANDS)
    ),
    Column("average", "Average days", "from booking to the posting file", Kind.TENTHS, 10),
    Column("average_working", "Working days", "the same in working days", Kind.TENTHS, 10),
    Column("longest", "Longest", "days", Kind.NUMBER, 9),
)
_WAITING: Final = (
    Column("currency", "Currency", "ISO 4217 code", width=9),
    Column("line_id", "Bank line", "settled, and in no posting file yet", width=26),
    Column("booking_date", "Booked", "the day the bank booked it", Kind.DATE),
    Column("days", "Days", "as-at date less that day", Kind.NUMBER, 9),
    Column("working", "Working days", "the same in working days", Kind.NUMBER, 10),
    Column("amount", "Amount", "the line's", Kind.MONEY, 17),
)
_MONTHS, _CUSTOMERS, _TOTAL = "month", "customer", "total"


def make(inputs: Inputs) -> Made:
    """The rates of the period by month, and by what else the inputs know: site, group, customer."""
    span = Period(ledger.first_of(inputs.as_of, inputs.rules.reports.months), inputs.as_of)
    due, issued = invoicing.due(inputs, span), invoicing.issued(inputs, span)
    fell = in_term.invoices(inputs, span)
    sent, held = post_lag.posted(inputs, span), post_lag.waiting(inputs)
    lacking = [
        text
        for rows, text in (
            (due, "no work was due to be invoiced (census and contracts, submissions, unbilled)"),
            (issued, "no invoice is of it"),
            (fell, "no invoice fell due in it"),
            (sent, "no bank line of it is posted"),
        )
        if rows.is_empty()
    ]
    facts = (f"{span}." + (f" Of these days nothing is known: {'; '.join(lacking)}." if lacking else ""),)
    lost = in_term.unplaced(inputs, span)
    said = tuple(
        f"Tax of {ledger.text(inputs, (currency, ''), amount)} ({entries:,} entries) is taken off no invoice, "
        "since nobody knows which: where that is one of these, it stands in Not yet."
        for currency, entries, amount in lost.iter_rows()
    )
    term = _term(inputs, fell)
    parts = (
        Part("invoicing", "Invoiced in time, and right the first time", _INVOICING,
             _invoicing(inputs, due, issued), _SHEET),
        Part("", "Collected in term", _TERM, _of(term, _MONTHS, _TERM), _SHEET, facts=said),
        Part("lag", "From the bank to the posting file", _LAG, _lag(sent), _SHEET),
        Part("customers", "Collected in term, by customer", _OWNERS, _of(term, _CUSTOMERS, _OWNERS),
             _BY_CUSTOMER, facts=said),
        Part("waiting", "Settled, and not posted yet", _WAITING,
             held.select(one.inner for one in _WAITING), _UNPOSTED),
    )  # fmt: skip
    problems = tuple(
        Problem(
            "report-data",
            f"movements, tax, {currency}",
            f"{entries} entries, {ledger.text(inputs, (currency, ''), amount)}, name no invoice that an input has, "
            "or one that several customers have, so collected in term may be told too low",
            "put the invoice's number into applied_to, and the customer into customer_id; an invoice that is older "
            "than the inputs can be given with closed items",
        )
        for currency, entries, amount in lost.iter_rows()
    )
    return Made(parts, facts, problems)


def _of(term: pl.DataFrame, level: str, columns: tuple[Column, ...]) -> pl.DataFrame:
    """The rows of a level, and the totals."""
    rows = term.filter(pl.col("level").is_in([level, _TOTAL]))
    return rows.select(*(one.inner for one in columns), RANK)


def _invoicing(inputs: Inputs, due: pl.DataFrame, issued: pl.DataFrame) -> pl.DataFrame:
    """A row for each month, for each site and group where there are several, and for all."""
    homes = aged.items(inputs).filter(pl.col("customer_id") != "").select("customer_id", "group_id")
    own = inputs["customers"].select("customer_id", "group_id")
    every = pl.concat([homes, own]).filter(pl.col("group_id").fill_null("") != "")
    group = every.unique("customer_id", keep="first", maintain_order=True)
    tables = [
        one.join(group, on="customer_id", how="left", maintain_order="left").with_columns(
            pl.col("group_id").fill_null("")
        )
        for one in (due, issued)
    ]
    rows: list[tuple[object, ...]] = []
    for level, column in ((_MONTHS, "month"), ("site", "site"), ("group", "group_id")):
        names = sorted({str(one) for table in tables for one in table[column]} - {""})
        of_each = [{key[0]: some for key, some in table.group_by(column)} for table in tables]
        for name in names:
            some = [found.get(name, table.clear()) for found, table in zip(of_each, tables, strict=True)]
            rows.append((level, name, *_counts(*some), SUBTOTAL if level == _MONTHS else PLAIN))
    if due.height or issued.height:
        rows.append((_TOTAL, "All", *_counts(due, issued), TOTAL))
    return frame(_INVOICING, rows, RANK)


def _counts(due: pl.DataFrame, issued: pl.DataFrame) -> tuple[int | None, ...]:
    on_time = int(due["on_time"].sum())
    missing = int(due["issued"].is_null().sum())
    wrong = int(issued.select((pl.col("credited") | pl.col("rejected")).sum()).item())
    credited, rejected = int(issued["credited"].sum()), int(issued["rejected"].sum())
    right = issued.height - wrong
    return (
        due.height, on_time, due.height - on_time - missing, missing, share(on_time, due.height),
        issued.height, credited, rejected, right, share(right, issued.height),
    )  # fmt: skip


def _term(inputs: Inputs, fell: pl.DataFrame) -> pl.DataFrame:
    """For each currency a row for each month, each customer, the largest first, and all."""
    money = ["invoiced_minor", "tax_minor", "in_term_minor", "late_minor", "left_minor"]
    sums = [pl.len().cast(pl.Int64).alias("invoices"), *(pl.col(name).sum() for name in money)]
    parts = []
    for level, key, rank in (
        (_MONTHS, "month", SUBTOTAL),
        (_CUSTOMERS, "customer_id", PLAIN),
        (_TOTAL, "", TOTAL),
    ):
        keys = ["currency", *([key] if key else [])]
        rows = fell.group_by(keys).agg(sums).with_columns(
            level=pl.lit(level), rank=pl.lit(rank, pl.Int64), what=pl.col(key) if key else pl.lit("All")
        )  # fmt: skip
        if level == _CUSTOMERS:
            rows = inputs.named(rows).rename({"customer_name": "name"})
        parts.append(rows)
    every = pl.concat(parts, how="diagonal").with_columns(pl.col("name").fill_null(""))
    order = pl.col("level").replace_strict({_MONTHS: 0, _CUSTOMERS: 1, _TOTAL: 2}, return_dtype=pl.Int64)
    whole = pl.col("invoiced_minor") - pl.col("tax_minor")
    exact = pl.col("in_term_minor").cast(pl.Int128) * 20_000
    rate = pl.when(whole > 0).then(((exact // whole.clip(1)) + 1) // 2).cast(pl.Int64)
    size = pl.when(pl.col("level") == _MONTHS).then(0).otherwise("invoiced_minor")
    return every.with_columns(rate_bp=rate).sort(
        "currency", order, size, "what", descending=[False, False, True, False]
    )


def _lag(sent: pl.DataFrame) -> pl.DataFrame:
    """A row for each month of posting, and all."""
    months = sent["month"].unique().sort()
    rows: list[tuple[object, ...]] = [
        (_MONTHS, month, *_spread(sent.filter(pl.col("month") == month)), PLAIN) for month in months
    ]
    if rows:
        rows.append((_TOTAL, "All", *_spread(sent), TOTAL))
    return frame(_LAG, rows, RANK)


def _spread(rows: pl.DataFrame) -> Iterable[int | None]:
    bands = [int((rows["band"] == at).sum()) for at in range(len(post_lag.BANDS))]
    days = [ratio(int(rows[name].sum()) * 10, rows.height) for name in ("days", "working")]
    return (rows.height, *bands, *days, int(rows.select(pl.col("days").max().fill_null(0)).item()))


REPORT: Final = Report(
    "kpis",
    "Rates of the work",
    "Invoiced in time and right the first time, collected in term, and days from the bank to the posting file.",
    ("movements", "open_items", "customers", "posted"),
    make,
)
