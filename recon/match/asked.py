"""Rows of a large table that a small one asks for.

A semi or anti join reads its right side whole into a table of hashes, for each part of the lines again: a million
items' keys take longer so than all the lines' own. So the few are looked up in the many, not the many kept; and what
each part asks again has an index, made once, so that the many are not even read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl


def asked(many: pl.DataFrame, few: pl.Series, key: str = "key") -> pl.DataFrame:
    """The rows of `many` whose `key` is among `few`, in their order."""
    return many.filter(pl.col(key).is_in(few.unique().implode()))


class Index:
    """A table that is asked for its rows by `key` again and again.

    Kept are hashes in their order and which row each is of, 12 bytes a row; texts are compared once few are left.
    """

    def __init__(self, many: pl.DataFrame, key: str = "key") -> None:
        """Take the table, and the column of text that it is asked by."""
        self._many, self._key = many, key
        hashes = many[key].hash()
        order = hashes.arg_sort()
        self._order: npt.NDArray[Any] = order.to_numpy()
        self._hashes: npt.NDArray[Any] = hashes.gather(order).to_numpy()

    def of(self, few: pl.Series) -> pl.DataFrame:
        """The rows whose key is among `few`, in their order."""
        wanted = few.drop_nulls().unique()
        hashes = wanted.hash().sort().to_numpy()  # in their order the look-ups stay close together
        low = np.searchsorted(self._hashes, hashes, "left")
        high = np.searchsorted(self._hashes, hashes, "right")
        width = high - low
        hit = np.repeat(low - np.cumsum(width) + width, width) + np.arange(int(width.sum()))
        rows = np.sort(self._order[hit])
        return asked(self._many[rows], wanted, self._key)


def beside(rows: pl.DataFrame, table: pl.DataFrame, key: str) -> pl.DataFrame:
    """The rows with what the table says of their `key`, those that it does not know left out: a join, by place.

    Args:
        rows: has `key`, and none of the table's other columns.
        table: each `key` once, whole numbers in ascending order, as `line` and `item` are.
        key: the column.
    """
    rows = rows.drop_nulls(key)
    if rows.is_empty() or table.is_empty():
        return rows.clear().hstack(table.drop(key).clear())
    known, asking = table[key].to_numpy(), rows[key].to_numpy()
    first, last = int(known[0]), int(known[-1])
    inside = (asking >= first) & (asking <= last)
    if last - first + 1 == table.height:
        places = asking - first
    else:
        place_of = np.full(last - first + 1, -1, dtype=np.int64)
        place_of[known - first] = np.arange(table.height)
        places = place_of[np.where(inside, asking - first, 0)]
        inside &= places >= 0
    if not inside.all():
        rows, places = rows.filter(pl.Series(inside)), places[inside]
    at = pl.Series(places)
    return rows.hstack(table.drop(key).select(pl.all().gather(at)))
