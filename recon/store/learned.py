"""What was learned from decisions, event by event, and the proposals that people rejected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl
from sqlalchemy import ColumnElement, Connection, MetaData, Table, and_, func, select

from recon.model import ACCEPTED, BANK_LINES, DECIDED, LEARNED, REJECTIONS, Choice
from recon.store import personal, query, rows


@dataclass(frozen=True)
class Lessons:
    """What was known of learned things at some time, in outer form.

    events: model.LEARNED; rejections: model.REJECTIONS. Where there are rejections, also what may let them go:
    decided (model.DECIDED), accepted (of the customers concerned, all rows of lines where a person decided), and the
    bank lines of both.
    """

    events: pl.DataFrame = field(default_factory=LEARNED.empty_outside)
    rejections: pl.DataFrame = field(default_factory=REJECTIONS.empty_outside)
    decided: pl.DataFrame = field(default_factory=DECIDED.empty_outside)
    accepted: pl.DataFrame = field(default_factory=ACCEPTED.empty_outside)
    lines: pl.DataFrame = field(default_factory=BANK_LINES.empty_outside)


def lessons(connection: Connection, tables: MetaData, before: int = query.END) -> Lessons:
    """What was said of learned things and rejected before that run."""
    said, no = events(connection, tables, before), rejections(connection, tables, before)
    if no.is_empty():
        return Lessons(said, no)
    by_people = (pl.col("decision_id") != "").any().over("line_id")
    accepted = query.accepted(connection, tables, before).filter(
        by_people & pl.col("customer_id").is_in(no["customer_id"].implode())
    )
    ids = pl.concat([no["line_id"], accepted["line_id"]]).unique().sort()
    lines = query.bank_lines(connection, tables, ids)
    return Lessons(said, no, query.decided(connection, tables, before), accepted, lines)


def append(connection: Connection, tables: MetaData, seq: int, events: pl.DataFrame) -> tuple[int, int]:
    """Events (model.LEARNED), numbered on from the last; returns the numbers of the first and the last one."""
    table = tables.tables["learned"]
    first = rows.highest(connection, table, "nth") + 1
    kept = rows.text_of(events, LEARNED).with_columns(pl.all().fill_null(""))
    rows.insert(connection, table, rows.numbered(kept, seq, first))
    return first, first + events.height - 1


def events(connection: Connection, tables: MetaData, before: int = query.END) -> pl.DataFrame:
    """Every event before that run, in the order they came, as model.LEARNED; what was erased is left out."""
    table = tables.tables["learned"]
    whole = (table.c.run_seq < before, table.c.subject != personal.GONE)
    kept = select(*[table.c[name] for name in LEARNED.names]).where(*whole).order_by(table.c.nth)
    found = rows.fetch(connection, kept, dict.fromkeys(LEARNED.names, pl.String()))
    return rows.typed(found.with_columns(pl.col("valid_from", "valid_to").replace("", None)), LEARNED)


def rejections(connection: Connection, tables: MetaData, before: int = query.END) -> pl.DataFrame:
    """Whose items or account people rejected for which line, before that run, in the order they did.

    A row for each customer of the proposal that the person saw, or whose money the person took back, as
    model.REJECTIONS.
    """
    found = [_of_proposals(connection, tables, before), _taken_back(connection, tables, before)]
    return pl.concat(found).sort("nth", "customer_id").select(REJECTIONS.names)


_FOUND: Final = dict.fromkeys(REJECTIONS.names, pl.String()) | {"nth": pl.Int64()}


def _of_proposals(connection: Connection, tables: MetaData, before: int) -> pl.DataFrame:
    """Rejections of what was proposed, by the last run whose row was the one that the person saw."""
    decided, proposed, rows_of = (
        tables.tables[name] for name in ("decisions", "proposals", "proposal_allocations")
    )
    seen = (
        select(decided.c.decision_id, func.max(proposed.c.run_seq).label("seq"))
        .join(
            proposed,
            and_(proposed.c.line_id == decided.c.line_id, proposed.c.row_hash == decided.c.row_hash),
        )
        .where(*_rejects(decided, before))
        .group_by(decided.c.decision_id)
        .subquery()
    )
    return rows.fetch(
        connection,
        select(*_told(decided, rows_of))
        .join(seen, seen.c.decision_id == decided.c.decision_id)
        .join(rows_of, and_(rows_of.c.line_id == decided.c.line_id, rows_of.c.run_seq == seen.c.seq))
        .where(rows_of.c.customer_id.is_not(None), rows_of.c.customer_id != "")
        .distinct(),
        _FOUND,
    )


def _taken_back(connection: Connection, tables: MetaData, before: int) -> pl.DataFrame:
    """Rejections of what was settled: each has the counter-rows that it made."""
    decided, counter = tables.tables["decisions"], tables.tables["accepted"]
    return rows.fetch(
        connection,
        select(*_told(decided, counter))
        .join(counter, counter.c.decision_id == decided.c.decision_id)
        .where(*_rejects(decided, before), decided.c.turn > 0, counter.c.customer_id != "")
        .distinct(),
        _FOUND,
    )


def _rejects(decided: Table, before: int) -> tuple[ColumnElement[bool], ...]:
    return (
        decided.c.decision == str(Choice.REJECT),
        decided.c.result == "accepted",
        decided.c.run_seq < before,
    )


def _told(decided: Table, rows_of: Table) -> tuple[ColumnElement[Any], ...]:
    said = (decided.c.decided_by, decided.c.decided_at, decided.c.nth)
    return (decided.c.decision_id, decided.c.line_id, rows_of.c.customer_id, *said)
