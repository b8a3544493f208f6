"""A data set's answer read again from its files, so that any engine's results can be measured against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from recon.bench.generate import TRUTH_ALLOCATIONS_SCHEMA, TRUTH_SCHEMA
from recon.model import ALLOCATIONS, EXCEPTIONS, LINES

ITEM_COLUMNS: Final = ("item_id", "customer_id", "open_amount")
# What is read: the answer's three files, and the three files that an engine gives (contract, 3).
TRUTH_FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "truth/truth": tuple(TRUTH_SCHEMA),
    "truth/truth_allocations": tuple(TRUTH_ALLOCATIONS_SCHEMA),
    "items": ITEM_COLUMNS,
}
RESULT_FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "lines": ("line_id", "outcome"),
    "allocations": ("line_id", "item_id", "amount"),
    "exceptions": ("line_id", "code", "amount"),
}
_BOOLEANS: Final = ("clean", "answerable")


@dataclass(frozen=True)
class Truth:
    """The answer of one data set."""

    flavour: str
    seed: int
    open_items: pl.DataFrame
    truth: pl.DataFrame
    truth_allocations: pl.DataFrame


def truth_of(frames: Mapping[str, pl.DataFrame], flavour: str, seed: int) -> Truth:
    """The answer out of its files' columns, all of them text."""
    told = frames["truth/truth"].with_columns(pl.col(name) == "yes" for name in _BOOLEANS)
    return Truth(
        flavour,
        seed,
        frames["items"].select(ITEM_COLUMNS),
        _texts(told, TRUTH_SCHEMA),
        _texts(frames["truth/truth_allocations"], TRUTH_ALLOCATIONS_SCHEMA),
    )


def result_of(frames: Mapping[str, pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lines, allocations and exceptions out of their files' columns; what is not needed may lack."""
    return (
        _texts(_whole(frames["lines"], LINES.names), {name: pl.String() for name in LINES.names}),
        _texts(
            _whole(frames["allocations"], ALLOCATIONS.names),
            {name: pl.String() for name in ALLOCATIONS.names},
        ),
        _texts(
            _whole(frames["exceptions"], EXCEPTIONS.names), {name: pl.String() for name in EXCEPTIONS.names}
        ),
    )


def _whole(frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    return frame.with_columns(pl.lit("").alias(name) for name in names if name not in frame.columns)


def _texts(frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    texts = [name for name, dtype in schema.items() if dtype == pl.String]
    return frame.select(list(schema)).with_columns(pl.col(texts).fill_null(""))
