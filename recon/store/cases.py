"""Queries, promises and notes: what was said of each, event by event, in the order it was said."""

from __future__ import annotations

from typing import Final

import polars as pl
from sqlalchemy import Connection, Engine, MetaData, func, select

from recon.model import CASES
from recon.store import chain, connect, query, rows

_LETTERS: Final = {"query": "Q", "promise": "P", "note": "N"}


def append(connection: Connection, tables: MetaData, events: pl.DataFrame) -> list[str]:
    """Events (model.CASES), numbered on from the last; a case that is opened gets its id: Q-1, P-1, N-1, ...

    Returns the case of each event.
    """
    table, runs = tables.tables["cases"], tables.tables["runs"]
    first, seq = rows.highest(connection, table, "nth") + 1, rows.highest(connection, runs, "seq")
    counted = select(table.c.kind, func.count(table.c.case_id.distinct())).group_by(table.c.kind)
    opened = {str(kind): int(count) for kind, count in connection.execute(counted)}
    ids = []
    for case_id, kind in events.select("case_id", "kind").iter_rows():
        if not case_id:
            opened[kind] = opened.get(kind, 0) + 1
        ids.append(case_id or f"{_LETTERS[kind]}-{opened[kind]}")
    named = events.with_columns(pl.Series("case_id", ids, dtype=pl.String))
    kept = rows.text_of(named, CASES).with_columns(pl.all().fill_null(""))
    rows.insert(connection, table, rows.numbered(kept, seq, first))
    chain.seal(connection, tables, chain.CASES, f"{first}-{first + events.height - 1}")
    return ids


def events(connection: Connection, tables: MetaData, before: int = query.END) -> pl.DataFrame:
    """Every event before that run, in the order they came, as model.CASES."""
    table = tables.tables["cases"]
    query_ = select(*[table.c[name] for name in CASES.names]).where(table.c.run_seq < before)
    found = rows.fetch(connection, query_.order_by(table.c.nth), dict.fromkeys(CASES.names, pl.String()))
    return rows.typed(found.with_columns(pl.col("due").replace("", None)), CASES)


class Cased:
    """What of a store is about queries, promises and notes."""

    _engine: Engine
    _tables: MetaData

    def append_cases(self, events_: pl.DataFrame) -> list[str]:
        """Keep what was said (model.CASES; an event that opens a case has no id), and give the cases' ids."""
        if events_.is_empty():
            return []
        with connect.writing(self._engine, self._tables) as connection:
            return append(connection, self._tables, events_)

    def cases(self) -> pl.DataFrame:
        """All that was said of queries, promises and notes, as model.CASES."""
        with connect.reading(self._engine) as connection:
            return events(connection, self._tables)
