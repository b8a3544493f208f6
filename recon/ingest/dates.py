"""Dates as files write them -> dates. Day and month are never guessed: the profile says its formats, in order."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

SERIAL = "serial"  # in a profile's `dates`: Excel's day numbers, as some ledgers export them
_ISO = "%Y-%m-%d"
# `%Y` also takes two digits, and would read 03/03/26 as the year 26.
_FIRST, _LAST = pl.date(1970, 1, 1), pl.date(2199, 12, 31)
_SERIAL_EPOCH = pl.date(1899, 12, 30)


def parse(text: pl.Series, formats: Sequence[str]) -> tuple[pl.Series, pl.Series]:
    """Dates, and which cells can be read in two ways (and are null).

    If the first format reads every cell it is the file's. Otherwise each cell is read by the first format that
    fits, unless another reads another day out of it: such a cell is refused rather than guessed.
    ISO dates are always understood; a time of day behind the date is cut off.
    """
    quick = _all_of(text, formats[0]) if formats else None
    if quick is not None:
        return quick, pl.zeros(len(text), dtype=pl.Int8, eager=True).cast(pl.Boolean)
    plain = without_time(text)
    filled = plain.str.len_chars() > 0
    none = pl.zeros(len(text), dtype=pl.Int8, eager=True).cast(pl.Boolean)
    readings = []
    for form in [*formats, *([] if _ISO in formats else [_ISO])]:
        reading = read(plain, form)
        if form == formats[0] and (reading.is_not_null() | ~filled).all():
            return reading.alias(text.name), none
        readings.append(reading)
    frame = pl.DataFrame({str(index): reading for index, reading in enumerate(readings)})
    first = frame.select(pl.coalesce(pl.all())).to_series()
    two_ways = (
        frame.select(pl.min_horizontal(pl.all()) != pl.max_horizontal(pl.all()))
        .to_series()
        .fill_null(value=False)
    )
    return pl.select(pl.when(~two_ways).then(first)).to_series().alias(text.name), two_ways


def _all_of(text: pl.Series, form: str) -> pl.Series | None:
    """What one way of writing dates reads, if it reads every cell as it stands; None if not, or for times of day."""
    if form == SERIAL or any(part in form for part in _TIMES):
        return None
    found = read(text.fill_null(""), form)
    return found.alias(text.name) if (found.is_not_null() | (text.fill_null("") == "")).all() else None


_TIMES = ("%H", "%I", "%M", "%S", "%p", "%T", "%z")


def without_time(text: pl.Series) -> pl.Series:
    """Cells with single blanks, and without a time of day behind a date."""
    single = text.fill_null("").str.replace_all(r"\s+", " ")
    return single.str.replace(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$", "")


def read(text: pl.Series, form: str) -> pl.Series:
    """What one way of writing dates reads, null where it reads nothing; `text` as `without_time` makes it."""
    frame = pl.DataFrame({"t": text})
    if form == SERIAL:
        serial = pl.col("t").str.extract(r"^([0-9]{5})(?:\.[0-9]+)?$", 1).cast(pl.Int64)
        found = _SERIAL_EPOCH + pl.duration(days=serial)
    else:
        found = pl.col("t").str.to_date(form, strict=False)
    found = found.cast(pl.Date)
    return frame.select(pl.when(found.is_between(_FIRST, _LAST)).then(found)).to_series()
