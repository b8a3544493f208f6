"""Rows of a large table that a small one asks for.

A semi or anti join reads its right side whole into a table of hashes, for each part of the lines again: a million
items' keys take longer so than all the lines' own. So the few are looked up in the many, not the many kept.
"""

from __future__ import annotations

import polars as pl


def asked(many: pl.DataFrame, few: pl.Series, key: str = "key") -> pl.DataFrame:
    """The rows of `many` whose `key` is among `few`, in their order."""
    return many.filter(pl.col(key).is_in(few.unique().implode()))
