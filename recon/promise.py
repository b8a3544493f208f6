"""Working days, levels of queries, and what became of promises to pay.

promise of 1,000.00 by Fri 2026-03-27, grace 2 working days -> until Tue 2026-03-31
    990.00 came by then -> kept (a hundredth may lack); 500.00 -> part_kept; 400.00 -> broken
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

OPEN, KEPT, PART_KEPT, BROKEN, CANCELLED = "open", "kept", "part_kept", "broken", "cancelled"
_TOLERANCE, _TOLERANCE_MAX, _HALF = 100, 1000, 2  # a hundredth, at most 10.00; kept in part from half on


def working_days(first: pl.Expr, last: pl.Expr, free: pl.Series) -> pl.Expr:
    """Working days after a day, up to and with another one; the day itself counts for nothing."""
    after = timedelta(days=1)
    counted = pl.business_day_count(first + after, last + after, holidays=free.to_list())
    return counted.cast(pl.Int64).clip(lower_bound=0)


def later(day: pl.Expr, days: int, free: pl.Series) -> pl.Expr:
    """The day that is so many working days after another one; one that is free counts as the next that is not."""
    holidays = free.to_list()
    at_work = day.dt.add_business_days(0, holidays=holidays, roll="forward")
    return at_work.dt.add_business_days(days, holidays=holidays)


def levels(age: pl.Expr, amount_minor: pl.Expr, days: Sequence[int], high_minor: pl.Expr | None) -> pl.Expr:
    """The level of each query by its age in working days; a high amount is at the highest level at once.

    Args:
        age: working days.
        amount_minor: what is queried.
        days: those from which on each level is reached.
        high_minor: the high amount in each row's minor units; none = there is none.
    """
    reached = pl.sum_horizontal((age >= limit).cast(pl.Int64) for limit in days)
    return (
        reached
        if high_minor is None
        else pl.when(amount_minor >= high_minor).then(len(days)).otherwise(reached)
    )


def outcomes(
    promises: pl.DataFrame, receipts: pl.DataFrame, as_of: date, grace_days: int, free: pl.Series
) -> pl.DataFrame:
    """Promises with what came: `last_day` (with the grace), `received_minor` and `outcome`.

    Args:
        promises: customer_id, currency, amount_minor, made and due (days), cancelled (yes or no), and others.
        receipts: customer_id, currency, booking_date, amount_minor: what was accepted of receipts, by customer.
        as_of: today.
        grace_days: working days after the promised day in which the money may still come.
        free: public holidays.

    Outcomes: open until the grace is over, or where amount, day or when it was made is not known; kept (all but a
    hundredth, at most 10.00, is there), part_kept (half is), broken; cancelled. A receipt from before the promise
    keeps nothing, and each pound keeps one promise, the one that is due first.
    """
    rows = promises.with_row_index("_row").with_columns(last_day=later(pl.col("due"), grace_days, free))
    owner = ["customer_id", "currency"]
    came = (
        rows.drop_nulls(["made", "last_day"])
        .filter(~pl.col("cancelled"))
        .select("_row", *owner, "made", "last_day", "amount_minor", several=pl.len().over(owner) > 1)
        .join(receipts.with_row_index("_receipt"), on=owner, suffix="_in")
        .filter((pl.col("booking_date") >= pl.col("made")) & (pl.col("booking_date") <= pl.col("last_day")))
    )
    alone = (
        came.filter(~pl.col("several")).group_by("_row").agg(received_minor=pl.col("amount_minor_in").sum())
    )
    received = pl.concat([alone, _shared_out(came.filter("several"))])
    whole = rows.join(received, on="_row", how="left", maintain_order="left").with_columns(
        pl.col("received_minor").fill_null(0)
    )
    short = pl.min_horizontal(pl.col("amount_minor") // _TOLERANCE, pl.lit(_TOLERANCE_MAX))
    enough = pl.col("received_minor") >= pl.col("amount_minor") - short
    unknown = pl.any_horizontal(pl.col("last_day", "amount_minor", "made").is_null())
    outcome = (
        pl.when(pl.col("cancelled"))
        .then(pl.lit(CANCELLED))
        .when(unknown)
        .then(pl.lit(OPEN))
        .when(enough)
        .then(pl.lit(KEPT))
        .when(pl.col("last_day") >= as_of)
        .then(pl.lit(OPEN))
        .when(pl.col("received_minor") * _HALF >= pl.col("amount_minor"))
        .then(pl.lit(PART_KEPT))
        .otherwise(pl.lit(BROKEN))
    )
    return whole.with_columns(outcome=outcome).drop("_row")


def _shared_out(came: pl.DataFrame) -> pl.DataFrame:
    """Receipts for customers with several promises: each pound for one of them, the earliest day first.

    Args:
        came: _row, last_day, amount_minor of promises beside _receipt, booking_date, amount_minor_in.

    Returns: _row, received_minor.
    """
    order = came.sort("last_day", "_row", "booking_date", "_receipt")
    left: dict[int, int] = {}
    got: dict[int, int] = {}
    for row, wanted, receipt, amount in order.select(
        "_row", "amount_minor", "_receipt", "amount_minor_in"
    ).iter_rows():
        rest = left.setdefault(receipt, amount)
        room = rest if wanted is None else wanted - got.get(row, 0)
        taken = min(rest, room) if rest > 0 else rest  # money that went back is taken off whoever comes first
        left[receipt] = rest - taken
        got[row] = got.get(row, 0) + taken
    rows = sorted(got.items())
    return pl.DataFrame(rows, schema={"_row": came.schema["_row"], "received_minor": pl.Int64}, orient="row")
