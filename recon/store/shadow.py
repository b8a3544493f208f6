"""Changes that were tried beside runs: what they would have done, and what people decided on those lines since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, Engine, MetaData, func, select

from recon.model import SHADOW
from recon.store import connect, rows

SAID: Final = {
    "line_id": pl.String(),
    "run_seq": pl.Int64(),  # the last run when it was decided
    "decision": pl.String(),
    "row_hash": pl.String(),  # of what the person saw
    "settles": pl.Int64(),
    "decision_id": pl.String(),
}
TRIES: Final = {
    "run_seq": pl.Int64(),
    "run_id": pl.String(),
    "as_of": pl.String(),
    "name": pl.String(),
    "rules_digest": pl.String(),
    "suggested": pl.Int64(),
    "lines": pl.Int64(),
}


@dataclass(frozen=True)
class Shadow:
    """A change that was tried beside a run: its rules, on how many lines, and what differs (model.SHADOW)."""

    name: str
    rules_digest: str
    rules: Mapping[str, Any]
    suggested: bool
    lines: int
    rows: pl.DataFrame


@dataclass(frozen=True)
class Tried:
    """All that was tried.

    tries: as TRIES, in the order of the runs; rows: model.SHADOW with run_seq; said: of each of these lines the last
    decision of a person that was accepted, as SAID.
    """

    tries: pl.DataFrame
    rows: pl.DataFrame
    said: pl.DataFrame


def keep(connection: Connection, tables: MetaData, seq: int, one: Shadow) -> None:
    """What a change would have done, with its run; in the run's link of the chain."""
    made = {
        "run_seq": seq,
        "name": one.name,
        "rules_digest": one.rules_digest,
        "rules": json.dumps(one.rules, ensure_ascii=False, sort_keys=True, default=str),
        "suggested": int(one.suggested),
        "lines": one.lines,
    }
    connection.execute(tables.tables["shadows"].insert(), [made])
    kept = rows.text_of(one.rows, SHADOW).with_columns(pl.all().fill_null(""))
    rows.insert(connection, tables.tables["shadow_proposals"], rows.numbered(kept, seq))


def tried(connection: Connection, tables: MetaData) -> Tried:
    """All that was tried so far."""
    of = tables.tables
    tries, runs, proposed, decided = (
        of[name] for name in ("shadows", "runs", "shadow_proposals", "decisions")
    )
    own = [tries.c[name] for name in TRIES if name in tries.c]
    of_run = select(*own, runs.c.run_id, runs.c.as_of).join(runs, runs.c.seq == tries.c.run_seq)
    found = of_run.order_by(tries.c.run_seq)
    names = {column.name: TRIES[column.name] for column in found.selected_columns}
    shape = dict.fromkeys(SHADOW.names, pl.String()) | {"run_seq": pl.Int64()}
    differs = select(*[proposed.c[name] for name in shape]).order_by(proposed.c.run_seq, proposed.c.nth)
    last = (
        select(func.max(decided.c.nth).label("nth"))
        .where(decided.c.result == "accepted")
        .group_by(decided.c.line_id)
        .subquery()
    )
    about = select(proposed.c.line_id).distinct().scalar_subquery()
    said = (
        select(*[decided.c[name] for name in SAID])
        .join(last, last.c.nth == decided.c.nth)
        .where(decided.c.line_id.in_(about))
        .order_by(decided.c.nth)
    )
    return Tried(
        rows.fetch(connection, found, names).select(list(TRIES)),
        rows.fetch(connection, differs, shape),
        rows.fetch(connection, said, SAID),
    )


class Shadowed:
    """What of a store is about changes that were tried."""

    _engine: Engine
    _tables: MetaData

    def tried(self) -> Tried:
        """All that was tried beside runs, and what people decided on those lines."""
        with connect.reading(self._engine) as connection:
            return tried(connection, self._tables)
