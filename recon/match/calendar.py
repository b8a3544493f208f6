"""Bare numbers that are dates, months or years, and so no document's."""

from __future__ import annotations

import polars as pl

DATE_DAYS = 400  # a number that reads as a date this near to the booking date is one


def date_like(raw: pl.Expr, booked: pl.Expr) -> pl.Expr:
    """A bare number that reads as a date near the booking date (day first, or year first)."""
    near = pl.lit(value=False)
    for pattern, length in (("%d%m%y", 6), ("%y%m%d", 6), ("%d%m%Y", 8), ("%Y%m%d", 8)):
        number = pl.when(raw.str.contains(rf"^\d{{{length}}}$")).then(raw)
        day = number.str.to_date(pattern, strict=False)
        near = near | ((day - booked).dt.total_days().abs() <= DATE_DAYS).fill_null(value=False)
    return near


def period_like(raw: pl.Expr, booked: pl.Expr) -> pl.Expr:
    """A bare number that reads as a month or year near the booking date: 0326, 202603, 2026."""
    near = pl.lit(value=False)
    for pattern, length in (("%m%y", 4), ("%m%Y", 6), ("%Y%m", 6)):
        number = pl.when(raw.str.contains(rf"^\d{{{length}}}$")).then(raw + "01")
        day = number.str.to_date(pattern + "%d", strict=False)
        near = near | ((day - booked).dt.total_days().abs() <= DATE_DAYS).fill_null(value=False)
    year = pl.when(raw.str.contains(r"^\d{4}$")).then(raw.cast(pl.Int32, strict=False))
    return near | ((year - booked.dt.year()).abs() <= 1).fill_null(value=False)
