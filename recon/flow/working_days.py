"""Public holidays: the only file that knows the library of them (holidays, MIT)."""

from __future__ import annotations

from datetime import date

import holidays
import polars as pl

from recon.rules.cases import Cases

_BEFORE, _AFTER = 3, 1  # years around a day for which holidays are asked


def free(rules: Cases, day: date) -> pl.Series:
    """The days around one on which nobody works, besides the weekends: public holidays and the site's own."""
    country, _, part = rules.calendar.partition("-")
    years = range(day.year - _BEFORE, day.year + _AFTER + 1)
    known = holidays.country_holidays(country, subdiv=part or None, years=years)
    own = [date.fromisoformat(one) for one in rules.closed]
    return pl.Series("free", sorted({*known, *own}), dtype=pl.Date)
