"""What a past run read and what was known when it ran: kept with each run, and given back as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, MetaData, func, select

from recon import model
from recon.model import ALLOCATIONS, BANK_LINES, EXCEPTIONS, LINES, Kind
from recon.store import cases, learned, query, rows, turns
from recon.store.learned import Lessons

# Kinds that are kept by their changes. Bank lines and open items have tables of their own.
BY_CHANGES: Final = (Kind.REMITTANCE, Kind.CUSTOMERS, Kind.ALIASES, Kind.CLOSED, Kind.SUCCESSIONS)


@dataclass(frozen=True)
class Past:
    """A finished run, in outer form.

    frames: all that it read, by kind. settled_lines, settled, tolerated, paid, decided_before, cases, lessons: what
    was known when it ran.
    lines (with row_hash), allocations, exceptions: what it proposed. accepted: what its rules accepted of it.
    """

    run_id: str
    as_of: str
    rules: Mapping[str, Any]
    rules_digest: str
    frames: Mapping[Kind, pl.DataFrame]
    settled_lines: frozenset[str]
    settled: pl.DataFrame
    tolerated: pl.DataFrame
    paid: pl.DataFrame
    decided_before: pl.DataFrame
    cases: pl.DataFrame
    lessons: Lessons
    lines: pl.DataFrame
    allocations: pl.DataFrame
    exceptions: pl.DataFrame
    accepted: pl.DataFrame


# Writing


def keep_lines(connection: Connection, tables: MetaData, seq: int, frame: pl.DataFrame) -> None:
    """Which lines a run read. Called when these lines are in the store already, as first read."""
    kept = query.bank_lines(connection, tables, frame["line_id"])
    whole = pl.concat_str("content", rows.without_nulls(pl.col("extras")))
    first = rows.content_of(kept, BANK_LINES).select(kept["line_id"], whole.alias("first"))
    places = rows.text_of(frame, BANK_LINES).select("line_id", "source", "position")
    read = places.hstack(rows.content_of(frame, BANK_LINES))
    read = read.join(first, on="line_id", how="left", maintain_order="left")
    same = whole == pl.col("first")
    emptied = [pl.when(same).then(pl.lit("")).otherwise(name).alias(name) for name in ("content", "extras")]
    rows.insert(
        connection, tables.tables["run_lines"], rows.numbered(read.with_columns(emptied).drop("first"), seq)
    )


def keep_others(
    connection: Connection, tables: MetaData, seq: int, frames: Mapping[Kind, pl.DataFrame]
) -> None:
    """What a run read besides lines and items: rows whose number is not what it was in the run before.

    Example: customers A and B, then A and C -> A 1 and B 1 of the first run, C 1 and B 0 of the second.
    """
    for kind in BY_CHANGES:
        content = rows.content_of(frames[kind], model.INPUT_TABLES[kind])
        marks = [rows.fingerprint("\n".join(row)) for row in content.iter_rows()]
        now = (
            content.with_columns(pl.Series("fingerprint", marks, dtype=pl.String))
            .group_by("fingerprint", maintain_order=True)
            .agg(pl.first("content", "extras"), pl.len().cast(pl.Int64).alias("row_count"))
        )
        last = _seen(connection, tables, kind, query.END).select("fingerprint", "row_count")
        new = now.join(last, on=["fingerprint", "row_count"], how="anti", maintain_order="left")
        gone = last.filter(pl.col("row_count") > 0).join(
            now, on="fingerprint", how="anti", maintain_order="left"
        )
        empty = {"content": pl.lit(""), "extras": pl.lit(""), "row_count": pl.lit(0, dtype=pl.Int64)}
        changed = pl.concat([new, gone.with_columns(**empty).select(new.columns)])
        named = rows.numbered(changed, seq).with_columns(kind=pl.lit(str(kind)))
        rows.insert(connection, tables.tables["inputs_seen"], named)


# Reading


def past(connection: Connection, tables: MetaData, run_id: str) -> Past | None:
    """A finished run as it was; None if there is no such run, or not all that it read is kept."""
    runs = tables.tables["runs"]
    found = connection.execute(select(runs).where(runs.c.run_id == run_id)).one_or_none()
    if found is None or found.seq is None or not found.whole:
        return None
    seq = int(found.seq)
    lines, allocations, exceptions = _proposed(connection, tables, seq)
    others = {kind: _others(connection, tables, kind, seq) for kind in BY_CHANGES}
    table = tables.tables["accepted"]
    by_rule = select(*[table.c[name] for name in model.ACCEPTED.names]).where(
        table.c.run_seq == seq, table.c.decision_id == ""
    )
    return Past(
        run_id=run_id,
        as_of=found.as_of,
        rules=json.loads(found.rules),
        rules_digest=found.rules_digest,
        frames={
            Kind.BANK: _lines(connection, tables, seq),
            Kind.ITEMS: query.open_items_at(connection, tables, seq),
            **others,
        },
        settled_lines=turns.settled(connection, tables, seq),
        settled=query.settled_items(connection, tables, seq),
        tolerated=query.tolerated(connection, tables, seq),
        paid=query.paid(connection, tables, seq),
        decided_before=query.decided(connection, tables, seq),
        cases=cases.events(connection, tables, seq),
        lessons=learned.lessons(connection, tables, seq),
        lines=lines,
        allocations=allocations,
        exceptions=exceptions,
        accepted=rows.fetch(connection, by_rule.order_by(table.c.nth), model.ACCEPTED.outer_schema),
    )


def _lines(connection: Connection, tables: MetaData, seq: int) -> pl.DataFrame:
    """The bank lines that a run read, in the order it read them."""
    table = tables.tables["run_lines"]
    schema = dict.fromkeys(("line_id", "source", "content", "extras"), pl.String()) | {"position": pl.Int64()}
    query_ = select(*[table.c[name] for name in schema]).where(table.c.run_seq == seq).order_by(table.c.nth)
    read = rows.fetch(connection, query_, schema).with_row_index("nth")
    as_first = read.filter(pl.col("content") == "").select("nth", "line_id", "source", "position")
    first = query.bank_lines(connection, tables, as_first["line_id"]).drop("source", "position")
    other = read.filter(pl.col("content") != "")
    told = rows.from_content(other.select("content", "extras"), BANK_LINES)
    whole = pl.concat(
        [
            as_first.join(first, on="line_id", how="left", maintain_order="left"),
            other.select("nth", "source", "position").hstack(told),
        ],
        how="diagonal_relaxed",
    )
    extras = [name for name in whole.columns if name.startswith(model.EXTRA)]
    return whole.sort("nth").select(*model.BANK_LINES.names, *extras)


def _seen(connection: Connection, tables: MetaData, kind: Kind, before: int) -> pl.DataFrame:
    """Each row of a kind that any run before one read, with how many of it the last one read."""
    table = tables.tables["inputs_seen"]
    of_kind = (table.c.kind == str(kind), table.c.run_seq < before)
    last = (
        select(table.c.fingerprint, func.max(table.c.run_seq).label("seq"))
        .where(*of_kind)
        .group_by(table.c.fingerprint)
        .subquery()
    )
    schema = dict.fromkeys(("fingerprint", "content", "extras"), pl.String()) | {"row_count": pl.Int64()}
    found = (
        select(*[table.c[name] for name in schema])
        .join(last, (table.c.fingerprint == last.c.fingerprint) & (table.c.run_seq == last.c.seq))
        .where(table.c.kind == str(kind))
        .order_by(table.c.run_seq, table.c.nth)
    )
    return rows.fetch(connection, found, schema)


def fingerprints_now(connection: Connection, tables: MetaData, kind: Kind) -> set[str]:
    """The rows of a kind that is kept by its changes that the last run read, by their fingerprints."""
    seen = _seen(connection, tables, kind, query.END).filter(pl.col("row_count") > 0)
    return set(seen["fingerprint"])


def _others(connection: Connection, tables: MetaData, kind: Kind, seq: int) -> pl.DataFrame:
    """The rows of a kind that a run read."""
    seen = _seen(connection, tables, kind, seq + 1).filter(pl.col("row_count") > 0)
    each = seen.select(pl.col("content", "extras").repeat_by("row_count").explode())
    table = model.INPUT_TABLES[kind]
    told = rows.from_content(each, table)
    return pl.concat([table.empty_outside(), told], how="diagonal_relaxed")


def last(connection: Connection, tables: MetaData, kind: Kind) -> pl.DataFrame:
    """The rows of a kind that is kept by its changes, as the last run read them."""
    return _others(connection, tables, kind, query.END - 1)


def _proposed(
    connection: Connection, tables: MetaData, seq: int
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lines (with row_hash), allocations and exceptions of a run."""
    parts = []
    for name, model_table, more in (
        ("proposals", LINES, ("row_hash",)),
        ("proposal_allocations", ALLOCATIONS, ()),
        ("proposal_exceptions", EXCEPTIONS, ()),
    ):
        table = tables.tables[name]
        schema = dict.fromkeys((*model_table.names, *more), pl.String())
        found = select(*[table.c[column] for column in schema]).where(table.c.run_seq == seq)
        parts.append(rows.typed(rows.fetch(connection, found.order_by(table.c.nth), schema), model_table))
    return parts[0], parts[1], parts[2]
