"""The hash chain: what was written cannot be changed afterwards without its being seen.

Every finished run, every lot of decisions and every posting file is a link. A link has, for each table, how many rows
were written and the SHA-256 of them; its own hash is that of these and of the link before. Who holds the last hash
outside of the store (on the control report of a posting, in an auditor's papers) can show later that nothing before
it was changed, added or taken away.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, MetaData, Table, and_, func, select

RUN, DECISIONS, POSTING = "run", "decisions", "posting"
ROOT: Final = "0" * 64  # stands before the first link
_LOT: Final = 20_000  # rows that are hashed as one text; another number would make other hashes
_OF_RUN: Final = (
    "inputs",
    "bank_lines",
    "run_lines",
    "inputs_seen",
    "items_seen",
    "proposals",
    "proposal_allocations",
    "proposal_exceptions",
)
_Where = dict[str, ColumnElement[bool]]


@dataclass(frozen=True)
class Link:
    """One link: its place from 1, what was written (a run, decisions, a posting), under which key, and its hash.

    `digests` has the number of rows and the SHA-256 of them for each table, as JSON.
    """

    nth: int
    what: str
    key: str
    digests: str
    hash: str


@dataclass(frozen=True)
class Verified:
    """What a look through the whole chain found: its links, the rows they hold, the last hash, and all that is wrong.

    breaks: in plain words, one for each table of a link that is not as it was written, and for each table with rows
    of no link.
    """

    links: int
    rows: int
    head: str
    breaks: tuple[str, ...]


def seal(connection: Connection, tables: MetaData, what: str, key: str) -> str:
    """Append a link over what this transaction wrote; returns its hash.

    Args:
        connection: the writing transaction, with all rows written.
        tables: the store's tables.
        what: RUN, DECISIONS or POSTING.
        key: the run's seq, the first and last `nth` of the decisions as `3-7`, or the batch's id.
    """
    chain = tables.tables["chain"]
    last = connection.execute(select(chain.c.nth, chain.c.hash).order_by(chain.c.nth.desc()).limit(1)).first()
    nth, before = (last.nth + 1, last.hash) if last else (1, ROOT)
    digests = json.dumps(_digests(connection, tables, what, key), sort_keys=True)
    link = Link(nth, what, key, digests, _hash(before, nth, what, key, digests))
    connection.execute(chain.insert(), [vars(link)])
    return link.hash


def head(connection: Connection, tables: MetaData) -> str:
    """The last link's hash; ROOT if there is none."""
    chain = tables.tables["chain"]
    query = select(chain.c.hash).order_by(chain.c.nth.desc()).limit(1)
    return str(connection.execute(query).scalar() or ROOT)


def hashes(connection: Connection, tables: MetaData) -> list[str]:
    """The hashes of all links, the oldest first."""
    chain = tables.tables["chain"]
    return list(connection.execute(select(chain.c.hash).order_by(chain.c.nth)).scalars())


def begin(connection: Connection, tables: MetaData) -> None:
    """Links over all that a store of an earlier version has, so that it is held from now on."""
    runs, decisions, batches = (tables.tables[name] for name in ("runs", "decisions", "batches"))
    for seq in connection.execute(select(runs.c.seq).where(runs.c.seq.is_not(None)).order_by(runs.c.seq)):
        seal(connection, tables, RUN, str(seq[0]))
    last = connection.execute(select(func.max(decisions.c.nth))).scalar()
    if last:
        seal(connection, tables, DECISIONS, f"1-{last}")
    for batch in connection.execute(select(batches.c.batch_id).order_by(batches.c.nth)).scalars().all():
        seal(connection, tables, POSTING, batch)


def verify(connection: Connection, tables: MetaData) -> Verified:
    """Work out every link anew from the rows that are there now, and see that no row is of no link."""
    chain = tables.tables["chain"]
    links = [Link(*row) for row in connection.execute(select(chain).order_by(chain.c.nth))]
    breaks: list[str] = []
    held: Counter[str] = Counter()
    before = ROOT
    for place, link in enumerate(links, 1):
        where = f"link {link.nth} ({link.what} {link.key})"
        if link.nth != place:
            breaks.append(f"before {where} a link is missing")
        if link.hash != _hash(before, link.nth, link.what, link.key, link.digests):
            breaks.append(f"{where} does not follow from the one before it: it, or what it says, was changed")
        before = link.hash
        said, now = _said(link), _now(connection, tables, link)
        if said is None or now is None:
            breaks.append(f"{where}: what it says can't be read any more, or a table is gone")
            continue
        for name in sorted(said.keys() | now.keys()):
            was, is_ = said.get(name, (0, "")), now.get(name, (0, ""))
            held[name] += is_[0]
            if was[0] != is_[0]:
                breaks.append(f"{where}: {name} has {is_[0]:,} rows, and {was[0]:,} were written")
            elif was != is_:
                breaks.append(f"{where}: a row of {name} is not as it was written")
    breaks += _beside(connection, tables, held)
    return Verified(len(links), held.total(), before, tuple(breaks))


def _beside(connection: Connection, tables: MetaData, held: Mapping[str, int]) -> Iterator[str]:
    """Tables with more rows than the links hold."""
    for name in sorted(_kept(tables)):
        table = tables.tables[name]
        query = select(func.count()).select_from(table)
        if name == "runs":
            query = query.where(
                table.c.seq.is_not(None)
            )  # one that was begun and never finished holds nothing
        extra = int(connection.execute(query).scalar() or 0) - held.get(name, 0)
        if extra > 0:
            yield f"{name} has {extra:,} rows that no link holds: they were added beside recon"


def _said(link: Link) -> dict[str, tuple[int, str]] | None:
    """The digests of a link as it says them; None where somebody has made something else of them."""
    try:
        return {
            str(name): (int(count), str(digest)) for name, (count, digest) in json.loads(link.digests).items()
        }
    except (ValueError, TypeError, AttributeError):
        return None


def _now(connection: Connection, tables: MetaData, link: Link) -> dict[str, tuple[int, str]] | None:
    """The digests of a link's rows as they are now; None where its key says none, or a table is not there."""
    try:
        found = _digests(connection, tables, link.what, link.key)
    except (ValueError, KeyError):
        return None
    return {name: (count, digest) for name, (count, digest) in found.items()}


def _kept(tables: MetaData) -> set[str]:
    return set(tables.tables) - {"chain", "schema_version"}


def _hash(before: str, nth: int, what: str, key: str, digests: str) -> str:
    return hashlib.sha256("\n".join([before, str(nth), what, key, digests]).encode()).hexdigest()


def _digests(connection: Connection, tables: MetaData, what: str, key: str) -> dict[str, list[Any]]:
    """For each table that has rows of this link: how many, and their SHA-256."""
    found = {}
    for name, clause in _where(tables, what, key).items():
        count, digest = _digest(connection, tables.tables[name], clause)
        if count:
            found[name] = [count, digest]
    return found


def _where(tables: MetaData, what: str, key: str) -> _Where:
    """Which rows of which tables are a link's."""
    of = {name: table.c for name, table in tables.tables.items()}
    if what == RUN:
        seq = int(key)
        by_rule = {
            name: and_(of[name].run_seq == seq, of[name].decision_id == "")
            for name in ("settlements", "accepted")
        }
        return {
            "runs": of["runs"].seq == seq,
            **{name: of[name].run_seq == seq for name in _OF_RUN},
            **by_rule,
        }
    if what == DECISIONS:
        first, last = (int(part) for part in key.split("-"))
        decided = of["decisions"].nth.between(first, last)
        ids = select(of["decisions"].decision_id).where(decided)
        return {
            "decisions": decided,
            "settlements": of["settlements"].decision_id.in_(ids),
            "accepted": of["accepted"].decision_id.in_(ids),
        }
    return {"batches": of["batches"].batch_id == key, "postings": of["postings"].batch_id == key}


def _digest(connection: Connection, table: Table, clause: ColumnElement[bool]) -> tuple[int, str]:
    """Rows of a table as JSON, one after the other in an order that hangs on no database; their SHA-256."""
    hasher, count = hashlib.sha256(), 0
    for rows in _rows(connection, table, clause):
        count += len(rows)
        hasher.update(json.dumps(rows, ensure_ascii=True, separators=(",", ":")).encode("ascii"))
    return count, hasher.hexdigest()


def _rows(connection: Connection, table: Table, clause: ColumnElement[bool]) -> Iterator[Sequence[Any]]:
    """The rows in lots, their columns by name: by their number where they have one, else as Python sorts them.

    Databases sort text by rules of their own, which change with their versions.
    """
    columns = [table.c[name] for name in sorted(table.c.keys())]
    query = select(*columns).where(clause)
    if "nth" not in table.c:
        yield sorted(map(tuple, connection.execute(query)))
        return
    kinds: Sequence[Any] = [None]
    if table.name == "inputs_seen":  # numbered within each kind
        kinds = sorted(connection.execute(select(table.c.kind).where(clause).distinct()).scalars())
    for kind in kinds:
        some = query if kind is None else query.where(table.c.kind == kind)
        result = connection.execute(some.order_by(table.c.nth))
        while lot := result.fetchmany(_LOT):
            yield list(map(tuple, lot))
