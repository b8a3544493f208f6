"""The turns of a line: how it was settled, moved and taken back, and how it stands."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, MetaData, Select, and_, func, select

from recon.store import rows
from recon.store.query import END

LAST: Final = {"line_id": pl.String(), "turn": pl.Int64(), "settled": pl.Int64()}


def append(connection: Connection, tables: MetaData, seq: int, lines: pl.DataFrame) -> None:
    """Turns that lines take: (line_id, decision_id, turn, settled).

    The caller knows how each line stood: a turn follows the one before it.
    """
    table = tables.tables["settlements"]
    before = rows.matching(connection, _last(tables, END), table.c.line_id, lines["line_id"], LAST)
    stood = lines.join(before, on="line_id", how="left", suffix="_before")
    wrong = stood.filter(pl.col("turn") != pl.col("turn_before").fill_null(0) + 1)
    assert wrong.is_empty(), f"not the next turn: {wrong['line_id'][0]}"
    made = lines.with_columns(pl.lit(seq, dtype=pl.Int64).alias("run_seq"), pl.col("settled").cast(pl.Int64))
    rows.insert(connection, table, made)


def last(connection: Connection, tables: MetaData) -> pl.DataFrame:
    """The last turn of each line that ever was settled: line_id, turn, settled."""
    found = rows.fetch(connection, _last(tables, END), LAST).sort("line_id")
    return found.with_columns(pl.col("settled").cast(pl.Boolean))


def settled(connection: Connection, tables: MetaData, before: int = END) -> frozenset[str]:
    """Lines that were settled when a run began."""
    found = rows.fetch(connection, _last(tables, before), LAST)
    return frozenset(found.filter(pl.col("settled") == 1)["line_id"])


def _last(tables: MetaData, before: int) -> Select[Any]:
    table = tables.tables["settlements"]
    at = (
        select(table.c.line_id, func.max(table.c.turn).label("turn"))
        .where(table.c.run_seq < before)
        .group_by(table.c.line_id)
        .subquery()
    )
    same = and_(table.c.line_id == at.c.line_id, table.c.turn == at.c.turn)
    return select(*[table.c[name] for name in LAST]).join(at, same)
