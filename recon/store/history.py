"""Everything that a store keeps of some bank lines, for who has to show how each came to be settled."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final

import polars as pl
from sqlalchemy import ColumnElement, Connection, MetaData, func, select, union

from recon.store import chain, query, rows

NEAR_MAX: Final = 5  # names that are told where none is met
_LIKE_MIN: Final = 4  # the first characters by which ids are looked up: at least so many ...
_LAST: Final = 3  # ... and all but so many
_ALIKE: Final = 0.6  # how like a name must be written, as difflib counts


class Subject(StrEnum):
    """What a word names in a store."""

    LINE = "line"
    ITEM = "item"
    RUN = "run"
    BATCH = "batch"
    PERSON = "person"


@dataclass(frozen=True)
class Named:
    """What a word names: the ids that it stands for (an item's number may be that of several items)."""

    subject: Subject
    ids: tuple[str, ...]


@dataclass(frozen=True)
class History:
    """All rows of some lines, as the store has them (text), in the order in which they came.

    lines, items: as first and as last read, outer form. proposals, allocations, exceptions: of every run. turns,
    accepted, decisions: whatever became of a line, taken back or not. postings: line_id, turn and the batch's
    columns without its text. runs: without rules and summary. inputs: files of those runs. links: of the chain.
    cases: what was said of queries and promises about these lines and items. learned: events about what was learned
    of the lines' customers, from the lines, or by the person asked for.
    """

    lines: pl.DataFrame
    items: pl.DataFrame
    proposals: pl.DataFrame
    allocations: pl.DataFrame
    exceptions: pl.DataFrame
    decisions: pl.DataFrame
    turns: pl.DataFrame
    accepted: pl.DataFrame
    postings: pl.DataFrame
    runs: pl.DataFrame
    inputs: pl.DataFrame
    links: pl.DataFrame
    cases: pl.DataFrame
    learned: pl.DataFrame


def named(connection: Connection, tables: MetaData, word: str) -> Named | None:
    """What a word names: a line, run, batch or item by its id, items by their document's number, a login.

    The first of these that there is; None if there is none.
    """
    of = {name: table.c for name, table in tables.tables.items()}
    for subject, column in (
        (Subject.LINE, of["bank_lines"].line_id),
        (Subject.RUN, of["runs"].run_id),
        (Subject.BATCH, of["batches"].batch_id),
        (Subject.ITEM, of["items_seen"].item_id),
    ):
        if connection.execute(select(column).where(column == word).limit(1)).first():
            return Named(subject, (word,))
    numbered = _numbered(connection, tables, word)
    if numbered:
        return Named(Subject.ITEM, numbered)
    persons = _persons(tables)
    if connection.execute(select(persons.c.who).where(persons.c.who == word)).first():
        return Named(Subject.PERSON, (word,))
    return None


def near(connection: Connection, tables: MetaData, word: str) -> list[str]:
    """What there is that is written nearly so: logins, runs and batches, and ids that begin alike."""
    of = {name: table.c for name, table in tables.tables.items()}
    known: set[str] = set(connection.execute(select(_persons(tables).c.who)).scalars())
    known |= set(connection.execute(select(of["runs"].run_id)).scalars())
    known |= set(connection.execute(select(of["batches"].batch_id)).scalars())
    begun: list[str] = []
    for column in (of["bank_lines"].line_id, of["items_seen"].item_id):
        for start in dict.fromkeys((word, word[: max(_LIKE_MIN, len(word) - _LAST)])):
            alike = (
                select(column).where(column.startswith(start, autoescape=True)).distinct().order_by(column)
            )
            begun += connection.execute(alike.limit(NEAR_MAX)).scalars()
    written = get_close_matches(word, sorted({*known, *begun}), n=NEAR_MAX, cutoff=_ALIKE)
    return list(dict.fromkeys([*written, *begun]))[:NEAR_MAX]


def lines_of(connection: Connection, tables: MetaData, found: Named) -> list[str]:
    """The lines that belong to what is named: of a person those on which they decided or that they posted."""
    of = {name: table.c for name, table in tables.tables.items()}
    if found.subject is Subject.LINE:
        return list(found.ids)
    if found.subject is Subject.RUN:
        seq = select(of["runs"].seq).where(of["runs"].run_id.in_(found.ids)).scalar_subquery()
        queries: Sequence[Any] = [select(of["proposals"].line_id).where(of["proposals"].run_seq == seq)]
    elif found.subject is Subject.BATCH:
        queries = [select(of["postings"].line_id).where(of["postings"].batch_id.in_(found.ids))]
    elif found.subject is Subject.ITEM:
        queries = [
            select(of[name].line_id).where(of[name].item_id.in_(found.ids))
            for name in ("accepted", "proposal_allocations")
        ]
    else:
        posted = select(of["batches"].batch_id).where(of["batches"].who.in_(found.ids))
        queries = [
            select(of["decisions"].line_id).where(of["decisions"].decided_by.in_(found.ids)),
            select(of["postings"].line_id).where(of["postings"].batch_id.in_(posted)),
        ]
    return sorted({line for one in queries for line in connection.execute(one.distinct()).scalars()})


def history(
    connection: Connection,
    tables: MetaData,
    line_ids: Collection[str],
    item_ids: Collection[str] = (),
    persons: Collection[str] = (),
) -> History:
    """All that is kept of these lines, and of cases about them, their items, and the items that were named.

    Of learning also what these persons said of it.
    """

    def rows_of(name: str, order: Sequence[str]) -> pl.DataFrame:
        return _rows(connection, tables, name, line_ids).sort(order, maintain_order=True)

    proposals = rows_of("proposals", ("run_seq", "nth"))
    allocations, accepted = rows_of("proposal_allocations", ("run_seq", "nth")), rows_of("accepted", ("nth",))
    items = pl.concat([allocations["item_id"], accepted["item_id"]]).drop_nulls().unique()
    decisions, turns = rows_of("decisions", ("nth",)), rows_of("settlements", ("line_id", "turn"))
    postings, batches = rows_of("postings", ("line_id", "turn")), _batches(connection, tables)
    lines = query.bank_lines(connection, tables, line_ids)
    read = _rows(connection, tables, "bank_lines", line_ids).select("line_id", "run_seq")
    seqs = pl.concat([one["run_seq"] for one in (proposals, decisions, turns, accepted, read)]).unique()
    said = [
        _rows(connection, tables, "cases", line_ids),
        _rows(connection, tables, "cases", {*items, *item_ids}, "item_id"),
    ]
    cases = pl.concat(
        [one.filter(pl.col(name) != "") for one, name in zip(said, ("line_id", "item_id"), strict=True)]
    )
    customers = pl.concat([allocations["customer_id"], accepted["customer_id"]]).drop_nulls()
    # Who settles a line for nobody says nothing of a customer, nor does an event without examples of a line.
    about = {*customers, *line_ids, *decisions["decision_id"]} - {""}
    return History(
        learned=_learned(connection, tables, about, persons),
        cases=cases.unique("nth").sort("nth"),
        lines=lines.join(read, on="line_id", how="left", maintain_order="left"),
        items=query.open_items(connection, tables, [one for one in items if one]),
        proposals=proposals,
        allocations=allocations,
        exceptions=rows_of("proposal_exceptions", ("run_seq", "nth")),
        decisions=decisions,
        turns=turns,
        accepted=accepted,
        postings=postings.join(batches, on="batch_id", how="left", maintain_order="left"),
        runs=_runs(connection, tables, seqs),
        inputs=_inputs(connection, tables, seqs),
        links=links(connection, tables),
    )


def _learned(
    connection: Connection, tables: MetaData, about: Collection[str], persons: Collection[str]
) -> pl.DataFrame:
    """Events of what was learned of customers, or from lines or decisions, all named by `about`; or by a person.

    As the table has them, and evidence: lines, days, people, examples and contrary out of its JSON.
    """
    table = tables.tables["learned"]
    schema = {column.name: pl.Int64() if _whole(column) else pl.String() for column in table.columns}
    found = rows.fetch(connection, select(table).order_by(table.c.nth), schema)
    kept, told = [], []
    for row in found.iter_rows(named=True):
        said = _evidence(row["evidence"])
        examples = str(said.get("examples", "")).split(", ")
        names = {row["meaning"], row["subject"] if row["kind"] == "tax" else "", *examples}
        names |= {*said.get("contrary", []), *said.get("decisions", [])}
        kept.append(row["who"] in persons or not (names - {""}).isdisjoint(about))
        told.append({name: said.get(name) for name in _EVIDENCE})
    return found.with_columns(pl.DataFrame(told, schema=_EVIDENCE)).filter(pl.Series(kept, dtype=pl.Boolean))


_EVIDENCE: Final = {
    "lines": pl.Int64(),
    "days": pl.Int64(),
    "people": pl.List(pl.String()),
    "examples": pl.String(),
    "contrary": pl.List(pl.String()),
}


def _evidence(text: str) -> dict[str, Any]:
    """What spoke for an event; nothing where it was erased."""
    try:
        said = json.loads(text or "{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def of_person(connection: Connection, tables: MetaData, who: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The runs that somebody ran, and the posting files that they made, in the form that `history` has them."""
    table = tables.tables["runs"]
    seqs = connection.execute(select(table.c.seq).where(table.c.who == who, table.c.seq.is_not(None)))
    mine = pl.Series(list(seqs.scalars()), dtype=pl.Int64)
    return _runs(connection, tables, mine), _batches(connection, tables).filter(pl.col("who") == who)


def runs_named(connection: Connection, tables: MetaData, ids: Iterable[str]) -> pl.DataFrame:
    """Runs by their ids, as `history` has them."""
    table = tables.tables["runs"]
    seqs = connection.execute(select(table.c.seq).where(table.c.run_id.in_(list(ids))))
    return _runs(connection, tables, pl.Series(list(seqs.scalars()), dtype=pl.Int64))


def links(connection: Connection, tables: MetaData) -> pl.DataFrame:
    """The chain's links: (link, what, key, hash), the oldest first."""
    table = tables.tables["chain"]
    schema = {"link": pl.Int64, "what": pl.String, "key": pl.String, "hash": pl.String}
    columns = [table.c.nth.label("link"), table.c.what, table.c.key, table.c.hash]
    return rows.fetch(connection, select(*columns).order_by(table.c.nth), schema)


def link_of(found: pl.DataFrame) -> tuple[dict[int, int], pl.DataFrame, dict[str, int]]:
    """Which link holds what: (run_seq -> link, decisions as first, last, link, batch_id -> link)."""
    of_runs = found.filter(pl.col("what") == chain.RUN)
    of_batches = found.filter(pl.col("what") == chain.POSTING)
    spans = found.filter(pl.col("what") == chain.DECISIONS).select(
        pl.col("key").str.split("-").list.get(0).cast(pl.Int64).alias("first"),
        pl.col("key").str.split("-").list.get(1).cast(pl.Int64).alias("last"),
        "link",
    )
    by_seq = {int(key): int(link) for key, link in of_runs.select("key", "link").iter_rows()}
    return by_seq, spans, dict(of_batches.select("key", "link").iter_rows())


def _rows(
    connection: Connection, tables: MetaData, name: str, ids: Collection[str], column: str = "line_id"
) -> pl.DataFrame:
    table = tables.tables[name]
    schema = {column.name: pl.Int64() if _whole(column) else pl.String() for column in table.columns}
    return rows.matching(connection, select(table), table.c[column], [one for one in ids if one], schema)


def _whole(column: ColumnElement[Any]) -> bool:
    return column.type.python_type is int


def _numbered(connection: Connection, tables: MetaData, word: str) -> tuple[str, ...]:
    """The items whose document has that number."""
    table = tables.tables["items_seen"]
    said = f'"doc_no":{json.dumps(word, ensure_ascii=False)}'
    query_ = select(table.c.item_id).where(table.c.content.contains(said, autoescape=True)).distinct()
    return tuple(sorted(connection.execute(query_).scalars()))


def _persons(tables: MetaData) -> Any:
    of = {name: table.c for name, table in tables.tables.items()}
    columns = (of["runs"].who, of["batches"].who, of["decisions"].decided_by, of["learned"].who)
    nobody = ("", "rule")
    return union(*(select(column.label("who")).where(column.not_in(nobody)) for column in columns)).subquery()


def _runs(connection: Connection, tables: MetaData, seqs: pl.Series) -> pl.DataFrame:
    """(run_seq, run_id, started, as_of, rules_digest, who) of finished runs."""
    table = tables.tables["runs"]
    schema = {"run_seq": pl.Int64()} | dict.fromkeys(
        ("run_id", "started", "as_of", "rules_digest", "who"), pl.String()
    )
    columns = [table.c.seq.label("run_seq"), *[table.c[name] for name in list(schema)[1:]]]
    found = rows.fetch(
        connection, select(*columns).where(table.c.seq.is_not(None)).order_by(table.c.seq), schema
    )
    return found.filter(pl.col("run_seq").is_in(seqs.implode()))


def _inputs(connection: Connection, tables: MetaData, seqs: pl.Series) -> pl.DataFrame:
    """(run_seq, path, digest, kind, format, profile, row_count) of the files that those runs read."""
    table = tables.tables["inputs"]
    schema = {
        "run_seq": pl.Int64(),
        **dict.fromkeys(("path", "digest", "kind", "format", "profile"), pl.String()),
        "row_count": pl.Int64(),
    }
    query_ = select(*[table.c[name] for name in schema]).order_by(table.c.run_seq, table.c.nth)
    return rows.fetch(connection, query_, schema).filter(pl.col("run_seq").is_in(seqs.implode()))


def _batches(connection: Connection, tables: MetaData) -> pl.DataFrame:
    """(batch_id, format, created, who, lines) of all posting files."""
    table, postings = tables.tables["batches"], tables.tables["postings"]
    schema = dict.fromkeys(("batch_id", "format", "created", "who"), pl.String()) | {"lines": pl.Int64()}
    columns = [table.c[name] for name in list(schema)[:-1]]
    counted = select(*columns, func.count(postings.c.line_id.distinct())).outerjoin(
        postings, postings.c.batch_id == table.c.batch_id
    )
    return rows.fetch(connection, counted.group_by(*columns, table.c.nth).order_by(table.c.nth), schema)
