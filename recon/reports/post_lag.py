"""How long it takes from the bank's booking of a line to its posting file, and what waits.

booked Fri 2026-03-27, posted Mon 2026-03-30 -> 3 days, 1 working day
"""

from __future__ import annotations

import polars as pl

from recon import promise
from recon.reports.ledger import Period
from recon.reports.shape import Inputs
from recon.reports.tables import POSTED

BANDS = (
    (0, "the same day"),
    (1, "1 day"),
    (3, "2 or 3 days"),
    (7, "4 to 7 days"),
    (None, "more than 7 days"),
)


def posted(inputs: Inputs, span: Period) -> pl.DataFrame:
    """Posted lines that were booked in a period, whenever they were posted: `posted`, month, days, working, band."""
    booked = pl.col("booking_date").is_between(span.first, span.last)
    rows = inputs.get("posted", POSTED).filter(booked & pl.col("posted").is_not_null())
    days = _days(rows, inputs, pl.col("posted"))
    ends = [last for last, _ in BANDS if last is not None]
    at = pl.sum_horizontal((pl.col("days") > last).cast(pl.Int64) for last in ends)
    return days.with_columns(month=pl.col("booking_date").dt.strftime("%Y-%m"), band=at)


def waiting(inputs: Inputs) -> pl.DataFrame:
    """Settled lines that are in no posting file yet, the oldest first, with their age: days, working."""
    rows = inputs.get("posted", POSTED)
    rows = rows.filter(pl.col("posted").is_null() & (pl.col("booking_date") <= inputs.as_of))
    aged = _days(rows, inputs, pl.lit(inputs.as_of))
    return aged.sort("days", "currency", "line_id", descending=[True, False, False])


def _days(rows: pl.DataFrame, inputs: Inputs, until: pl.Expr) -> pl.DataFrame:
    """With calendar and working days from the booking to a day; a file made before it counts as the same day."""
    end = pl.max_horizontal(until, "booking_date")
    return rows.with_columns(
        days=(end - pl.col("booking_date")).dt.total_days(),
        working=promise.working_days(pl.col("booking_date"), end, inputs.free),
    )
