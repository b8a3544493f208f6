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
    plain = (
        text.fill_null("")
        .str.replace_all(r"\s+", " ")
        .str.replace(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$", "")
    )
    filled = plain.str.len_chars() > 0
    none = pl.zeros(len(text), dtype=pl.Int8, eager=True).cast(pl.Boolean)
    readings = []
    for form in [*formats, *([] if _ISO in formats else [_ISO])]:
        reading = _read(plain, form)
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


def _read(text: pl.Series, form: str) -> pl.Series:
    frame = pl.DataFrame({"t": text})
    if form == SERIAL:
        serial = pl.col("t").str.extract(r"^(\d{5})(?:\.\d+)?$", 1).cast(pl.Int64)
        found = _SERIAL_EPOCH + pl.duration(days=serial)
    else:
        found = pl.col("t").str.to_date(form, strict=False)
    found = found.cast(pl.Date)
    return frame.select(pl.when(found.is_between(_FIRST, _LAST)).then(found)).to_series()
