"""Promises to pay: what came of each, and how many were kept.

    kept: receipts booked from the promise to its day and grace are the amount, all but a hundredth (at most 10.00)
    rate by number = kept / judged; by value = what came of the promised / promised

A promise that is open or cancelled is not judged.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import polars as pl

from recon import promise
from recon.model import PROMISES, QUERIES
from recon.problems import Problem
from recon.reports.shape import PLAIN, RANK, Column, Inputs, Kind, Made, Part, Report, frame, once, share

_JUDGED: Final = (promise.KEPT, promise.PART_KEPT, promise.BROKEN)
_ORDER: Final = (promise.BROKEN, promise.PART_KEPT, promise.OPEN, promise.KEPT, promise.CANCELLED)
_COLUMNS: Final = (
    Column("promise_id", "Promise", "its number", width=12),
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("customer_name", "Name", "the customer's name", Kind.LONG, 38),
    Column("item_id", "Item", "the open item, if one", width=18),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("amount", "Promised", "what is promised", Kind.MONEY),
    Column("made", "Made", "when it was made", Kind.DATE),
    Column("promised_date", "By", "by when", Kind.DATE),
    Column("last_day", "Until", "that day with the grace", Kind.DATE),
    Column("received", "Came", "receipts of the customer from then until then", Kind.MONEY),
    Column("outcome", "Outcome", "open, kept, part_kept, broken or cancelled", width=12),
    Column("who", "By whom", "who promised", width=18),
    Column("lacks", "Lacks", "what it does not say: amount, day, when it was made", width=18, optional=True),
)
_RATES: Final = (
    Column("currency", "Currency", "ISO 4217 code", width=9),
    Column("due", "Judged", "promises whose day and grace are over in the period", Kind.NUMBER, 9),
    Column("kept", "Kept", "how many", Kind.NUMBER, 9),
    Column("part_kept", "Kept in part", "how many: half or more came", Kind.NUMBER, 9),
    Column("broken", "Broken", "how many", Kind.NUMBER, 9),
    Column("rate", "Kept, by number", "kept / judged", Kind.PERCENT, 12),
    Column("promised", "Promised", "the sum of them", Kind.MONEY),
    Column("came", "Came", "what came of it, at most what was promised", Kind.MONEY),
    Column("value_rate", "Kept, by value", "came / promised", Kind.PERCENT, 12),
)


@once
def judged(inputs: Inputs) -> pl.DataFrame:
    """Promises with `last_day`, `received_minor` and `outcome`: as their file says, else by the receipts since."""
    said = inputs.get("promises", PROMISES).with_columns(pl.col("status").fill_null(""))
    timed = said.with_columns(
        due=pl.col("promised_date"),
        cancelled=(pl.col("status") == promise.CANCELLED) | _disputed(inputs),
    )
    came = inputs["standing"].filter(pl.col("booking_date") <= inputs.as_of)
    came = came.select("customer_id", "currency", "booking_date", "amount_minor")
    told = promise.outcomes(timed, came, inputs.as_of, inputs.rules.cases.grace_days, inputs.free)
    open_ = pl.col("status").is_in(["", promise.OPEN])
    return told.with_columns(outcome=pl.when(open_).then("outcome").otherwise("status"))


def to_come(inputs: Inputs) -> pl.DataFrame:
    """Promises that are still open and in time, with `rest_minor`: what of each has not come yet."""
    still = (pl.col("outcome") == promise.OPEN) & (pl.col("last_day") >= inputs.as_of)
    rest = (pl.col("amount_minor") - pl.col("received_minor")).clip(0)
    return judged(inputs).filter(still).with_columns(pl.col("item_id").fill_null(""), rest_minor=rest)


def _disputed(inputs: Inputs) -> pl.Expr:
    """Whether a query about the promise's item was opened before its day: it was disputed, and not broken."""
    asked = inputs.get("queries", QUERIES).filter(pl.col("item_id").fill_null("") != "")
    first = asked.drop_nulls("opened").group_by("item_id").agg(pl.col("opened").min())
    since = dict(first.iter_rows()) or {"": None}
    opened = pl.col("item_id").replace_strict(since, default=None, return_dtype=pl.Date)
    return (opened < pl.col("promised_date")).fill_null(value=False)


def make(inputs: Inputs) -> Made:
    """The rates of those whose time was over in the last `reports.period_days` days, and every promise."""
    rows = judged(inputs)
    order = pl.col("outcome").replace_strict(
        {one: at for at, one in enumerate(_ORDER)}, return_dtype=pl.Int64
    )
    lacks = pl.concat_str(
        pl.when(pl.col("amount_minor").is_null()).then(pl.lit("amount")),
        pl.when(pl.col("promised_date").is_null()).then(pl.lit("day")),
        pl.when(pl.col("made").is_null()).then(pl.lit("when made")),
        separator=", ",
        ignore_nulls=True,
    )
    rows = (
        inputs.named(rows)
        .with_columns(order=order, lacks=lacks)
        .sort("order", "promised_date", "promise_id", "customer_id", nulls_last=True)
        .with_columns(pl.lit(PLAIN, dtype=pl.Int64).alias(RANK))
    )
    days, grace = inputs.rules.reports.period_days, inputs.rules.cases.grace_days
    since = inputs.as_of - timedelta(days=days)
    table = frame(_RATES, rates(inputs, since, inputs.as_of))
    vague = rows.filter((pl.col("lacks") != "") & (pl.col("outcome") == promise.OPEN)).height
    problems: tuple[Problem, ...] = ()
    if vague:
        what = f"{vague:,} open promises lack an amount, a day, or when they were made, and can't be judged"
        problems = (Problem("report-data", "promises", what, "ask again, and write it down"),)
    told = rows.select([*(one.inner for one in _COLUMNS), RANK])
    return Made(
        (
            Part("rates", "How many are kept", _RATES, table, sheet="Promises kept"),
            Part("", "Promises", _COLUMNS, told, sheet="Promises kept"),
        ),
        (f"Judged: those whose day, with {grace} working days of grace, ended in the last {days} days.",),
        problems,
    )


def rates(inputs: Inputs, before: date, last: date) -> list[tuple[object, ...]]:
    """How promises were kept whose time was over after a day and up to another, a row for each currency.

    Returns: currency; how many were judged, kept, kept in part and broken; kept / judged in hundredths of a per cent;
        promised and came in minor units; came / promised.
    """
    ended = (pl.col("last_day") > before) & (pl.col("last_day") <= last)
    over = judged(inputs).filter(pl.col("outcome").is_in(_JUDGED) & ended).sort("currency")
    return [
        _rate(str(currency), some) for (currency,), some in over.group_by("currency", maintain_order=True)
    ]


def _rate(currency: str, rows: pl.DataFrame) -> tuple[object, ...]:
    of = {one: rows.filter(pl.col("outcome") == one).height for one in _JUDGED}
    promised = int(rows["amount_minor"].sum() or 0)
    came = int(rows.select(pl.min_horizontal("received_minor", "amount_minor").sum()).item() or 0)
    number = share(of[promise.KEPT], rows.height)
    return (currency, rows.height, *of.values(), number, promised, came, share(came, promised))


REPORT: Final = Report(
    "promises",
    "Promises",
    "What came of each promise to pay, and how many were kept.",
    ("promises", "standing", "customers"),
    make,
)
