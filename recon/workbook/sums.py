"""Sums of decimal text without a float: for the columns that a sheet adds up. Pure."""

from __future__ import annotations

from typing import Final

import polars as pl

_EXACT: Final = pl.Decimal(38, 6)  # six decimals are the most that money has (model.SCALE_MAX)


def exact(name: str) -> pl.Expr:
    """A column of decimal text as exact decimals; empty text counts nothing."""
    text = pl.col(name).cast(pl.String)
    return pl.when(text.str.len_chars() > 0).then(text).cast(_EXACT)


def total(name: str, where: pl.Expr | None = None) -> pl.Expr:
    """The sum of a column of decimal text, as decimal text with as many decimals as its longest addend.

    For use in `agg` or `select`. `where` picks the rows that are added. Nothing to add gives "".
    """
    value, places = exact(name), _places(name)
    if where is not None:
        value, places = value.filter(where), places.filter(where)
    text = value.sum().cast(pl.String)
    # Keep as many of the six decimals as the data has; the rest are noughts.
    kept = text.str.slice(
        0, text.str.len_chars() - pl.when(places.max() > 0).then(6 - places.max()).otherwise(7)
    )
    return pl.when(value.count() > 0).then(kept).otherwise(pl.lit(""))


def _places(name: str) -> pl.Expr:
    return (
        pl.col(name).cast(pl.String).str.extract(r"\.(\d+)$", 1).str.len_chars().fill_null(0).cast(pl.Int64)
    )


def grouped(text: pl.Expr) -> pl.Expr:
    """Decimal text as people read it: `-1234567.80` as `-1,234,567.80`; other text as it is."""
    whole = text.str.extract(r"^-?(\d+)(?:\.\d+)?$", 1)
    padded = whole.str.pad_start(_GROUPS * 3, " ")
    thousands = pl.concat_str([padded.str.slice(at * 3, 3) for at in range(_GROUPS)], separator=",")
    sign = pl.when(text.str.starts_with("-")).then(pl.lit("-")).otherwise(pl.lit(""))
    told = pl.concat_str(
        sign, thousands.str.strip_chars(" ,"), text.str.extract(r"(\.\d+)$", 1).fill_null("")
    )
    return pl.when(whole.str.len_chars() <= _GROUPS * 3).then(told).otherwise(text)


_GROUPS: Final = 6  # of three digits; longer numbers stay as they are
