"""The hash chain: what was written cannot be changed afterwards without its being seen.

Every finished run, every lot of decisions or of what was learned, and every posting file is a link. A link has, for
each table, how many rows were written and the SHA-256 of them; its own hash is that of these and of the link before.
Who holds the last hash outside of the store (on the control report of a posting, in an auditor's papers) can show
later that nothing before it was changed, added or taken away.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, MetaData, Table, and_, func, or_, select

from recon.store import personal

RUN, DECISIONS, POSTING, LEARNED = "run", "decisions", "posting", "learned"
PRIVACY, CASES, DELIVERY = "privacy", "cases", "delivery"
MIGRATED = "migrated"
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
_TRIED: Final = (
    "shadows",
    "shadow_proposals",
)  # of a run, too; a link of an earlier version may be made without them
_SCHEMA: Final = "schema_version"  # under this name a link says which version of the store it was written by
_FIRST_VERSION: Final = 4  # of links that don't say it
# Columns that came to a table after the chain did: links of earlier versions hold the rows without them.
_LATER: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {
        "bank_lines": {"salt": 5},
        "run_lines": {"salt": 5},
        "inputs_seen": {"salt": 5},
        "items_seen": {"salt": 5},
        "decisions": {"turn": 5, "salt": 5, "login": 5},
        "settlements": {"turn": 5, "settled": 5},
        "accepted": {"turn": 5, "approved_by": 5},
        "batches": {"controls": 5},
        "postings": {"turn": 5},
    }
)
SALTED: Final = 5  # from this version on links hold what is of persons so that it can be erased
_BOUNDS: Final = re.compile(r"\d+:runs<=(\d+),decisions<=(\d+),batches<=(\d+)")
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
    of no link. erased: what was erased, as noted, which breaks nothing.
    """

    links: int
    rows: int
    head: str
    breaks: tuple[str, ...]
    erased: tuple[str, ...] = ()


def seal(connection: Connection, tables: MetaData, what: str, key: str) -> str:
    """Append a link over what this transaction wrote; returns its hash.

    Args:
        connection: the writing transaction, with all rows written.
        tables: the store's tables.
        what: RUN, DECISIONS, POSTING, LEARNED, PRIVACY, CASES, DELIVERY or MIGRATED.
        key: the run's seq, the first and last `nth` of the decisions or of what was learned as `3-7`, or the
            batch's id.
    """
    chain = tables.tables["chain"]
    last = connection.execute(select(chain.c.nth, chain.c.hash).order_by(chain.c.nth.desc()).limit(1)).first()
    nth, before = (last.nth + 1, last.hash) if last else (1, ROOT)
    version = _version(connection, tables)
    found = _digests(connection, tables, what, key, version) | {_SCHEMA: [version, ""]}
    digests = json.dumps(found, sort_keys=True)
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


def begin_salted(connection: Connection, tables: MetaData) -> None:
    """A link over what earlier versions wrote, with the columns that SALTED brought, which no link there has.

    Its key says which rows were there, so that later ones are none of its own.
    """
    of = {name: table.c for name, table in tables.tables.items()}
    last = [
        int(connection.execute(select(func.max(column))).scalar() or 0)
        for column in (of["runs"].seq, of["decisions"].nth, of["batches"].nth)
    ]
    key = "{}:runs<={},decisions<={},batches<={}".format(SALTED, *last)
    seal(connection, tables, MIGRATED, key)


def verify(connection: Connection, tables: MetaData) -> Verified:  # noqa: C901 - one look at each link
    """Work out every link anew from the rows that are there now, and see that no row is of no link."""
    chain = tables.tables["chain"]
    links = [Link(*row) for row in connection.execute(select(chain).order_by(chain.c.nth))]
    breaks: list[str] = []
    held: Counter[str] = Counter()
    before = ROOT
    unsalted = {link.nth for link in links if version_of(link) < SALTED}
    anew = personal.linked_anew(connection, tables, unsalted)
    for place, link in enumerate(links, 1):
        where = f"link {link.nth} ({link.what} {link.key})"
        if link.nth != place:
            breaks.append(f"before {where} a link is missing")
        if link.hash != _hash(before, link.nth, link.what, link.key, link.digests):
            breaks.append(f"{where} does not follow from the one before it: it, or what it says, was changed")
        before = link.hash
        said = _said(link)
        version = version_of(link)
        if said:
            said.pop(_SCHEMA, None)
        now = _now(connection, tables, link, version)
        if said is None or now is None:
            breaks.append(f"{where}: what it says can't be read any more, or a table is gone")
            continue
        for name in sorted(said.keys() | now.keys()):
            was, is_ = _since(said.get(name, (0, "")), anew.get((link.nth, name), [])), now.get(name, (0, ""))
            if link.what != MIGRATED:  # each of its rows is another link's, too
                held[name] += is_[0]
            if was[0] != is_[0]:
                breaks.append(f"{where}: {name} has {is_[0]:,} rows, and {was[0]:,} were written")
            elif was != is_:
                breaks.append(f"{where}: a row of {name} is not as it was written")
    if unsalted and not any(link.what == MIGRATED for link in links):
        breaks.append(f"the link that was made when the store came to version {SALTED} is missing")
    breaks += [*_beside(connection, tables, held), *personal.breaks(connection, tables, unsalted)]
    erased = tuple(personal.told(connection, tables))
    return Verified(len(links), held.total(), before, tuple(breaks), erased)


def _since(said: tuple[int, str], changes: list[tuple[str, str]]) -> tuple[int, str]:
    """A digest of before there were salts, as erasures have left it, one after the other."""
    count, digest = said
    for before, after in changes:
        digest = after if digest == before else digest
    return count, digest


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


def version_of(link: Link) -> int:
    """The version of the store by which a link was written."""
    return (_said(link) or {}).get(_SCHEMA, (_FIRST_VERSION, ""))[0]


def digests_now(
    connection: Connection, tables: MetaData, link: Link, version: int
) -> Mapping[str, tuple[int, str]]:
    """Rows and digests of a link's tables as they are now, as that version held them; none where it can't be read."""
    return _now(connection, tables, link, version) or {}


def _version(connection: Connection, tables: MetaData) -> int:
    """The version of the store."""
    return int(connection.execute(select(func.max(tables.tables[_SCHEMA].c.version))).scalar() or 0)


def _now(
    connection: Connection, tables: MetaData, link: Link, version: int
) -> dict[str, tuple[int, str]] | None:
    """The digests of a link's rows as they are now; None where its key says none, or a table is not there."""
    try:
        found = _digests(connection, tables, link.what, link.key, version)
    except (ValueError, KeyError):
        return None
    return {name: (count, digest) for name, (count, digest) in found.items()}


def _kept(tables: MetaData) -> set[str]:
    return set(tables.tables) - {"chain", "schema_version"}


def _hash(before: str, nth: int, what: str, key: str, digests: str) -> str:
    return hashlib.sha256("\n".join([before, str(nth), what, key, digests]).encode()).hexdigest()


def _digests(
    connection: Connection, tables: MetaData, what: str, key: str, version: int
) -> dict[str, list[Any]]:
    """For each table that has rows of this link: how many, and the SHA-256 of the columns that the version had."""
    found = {}
    for name, clause in _where(tables, what, key).items():
        count, digest = _digest(connection, tables.tables[name], clause, version)
        if count:
            found[name] = [count, digest]
    return found


def _where(tables: MetaData, what: str, key: str) -> _Where:  # noqa: PLR0911 - a kind of link each
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
            **{name: of[name].run_seq == seq for name in _TRIED if name in of},
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
    if what == MIGRATED:
        return _there_before(of, key)
    if what == LEARNED:
        first, last = (int(part) for part in key.split("-"))
        return {"learned": of["learned"].nth.between(first, last)}
    if what == CASES:
        first, last = (int(part) for part in key.split("-"))
        return {"cases": of["cases"].nth.between(first, last)}
    if what == PRIVACY:
        return {"privacy_log": of["privacy_log"].nth == int(key)}
    if what == DELIVERY:
        return {"deliveries": of["deliveries"].nth == int(key)}
    return {"batches": of["batches"].batch_id == key, "postings": of["postings"].batch_id == key}


def _there_before(of: Mapping[str, Any], key: str) -> _Where:
    """The rows that were there when the store came to SALTED, of the tables that got columns then."""
    bounds = _BOUNDS.fullmatch(key)
    if not bounds:
        raise ValueError(key)
    run, decision, batch = map(int, bounds.groups())
    decided = of["decisions"].nth <= decision
    ids = select(of["decisions"].decision_id).where(decided)
    by_rule = {
        name: or_(
            and_(of[name].run_seq <= run, of[name].decision_id == ""),
            of[name].decision_id.in_(ids),
        )
        for name in ("settlements", "accepted")
    }
    made = of["batches"].nth <= batch
    posted = of["postings"].batch_id.in_(select(of["batches"].batch_id).where(made))
    read = {
        name: of[name].run_seq <= run for name in ("bank_lines", "run_lines", "inputs_seen", "items_seen")
    }
    return {**read, **by_rule, "decisions": decided, "batches": made, "postings": posted}


def _digest(
    connection: Connection, table: Table, clause: ColumnElement[bool], version: int
) -> tuple[int, str]:
    """Rows of a table as JSON, one after the other in an order that hangs on no database; their SHA-256."""
    hasher, count = hashlib.sha256(), 0
    for rows in _rows(connection, table, clause, version):
        count += len(rows)
        hasher.update(json.dumps(rows, ensure_ascii=True, separators=(",", ":")).encode("ascii"))
    return count, hasher.hexdigest()


def _rows(
    connection: Connection, table: Table, clause: ColumnElement[bool], version: int
) -> Iterator[Sequence[Any]]:
    """The rows in lots, their columns by name: by their number where they have one, else as Python sorts them.

    Databases sort text by rules of their own, which change with their versions.
    """
    later = _LATER.get(table.name, {})
    names = [name for name in sorted(table.c.keys()) if later.get(name, 0) <= version]
    apart = personal.COLUMNS[table.name] if version >= SALTED and personal.SALT in names else ()
    names = [name for name in names if name not in apart and not (apart and name == personal.SALT)]
    columns = [table.c[name] for name in (*names, *((personal.SALT, *apart) if apart else ()))]
    query = select(*columns).where(clause)
    if "nth" not in table.c:
        yield sorted(map(tuple, connection.execute(query)))
        return
    kinds: Sequence[Any] = [None]
    if table.name == "inputs_seen":  # numbered within each kind
        kinds = sorted(connection.execute(select(table.c.kind).where(clause).distinct()).scalars())
    for kind in kinds:
        some = query if kind is None else query.where(table.c.kind == kind)
        # a run's rows have the same `run_seq`, and one number each
        order = [table.c[name] for name in ("run_seq", "nth") if name in table.c]
        result = connection.execute(some.order_by(*order))
        while lot := result.fetchmany(_LOT):
            if not apart:
                yield list(map(tuple, lot))
                continue
            at = len(names)
            yield [
                (
                    *row[:at],
                    *personal.plain(apart, row[at + 1 :]),
                    personal.held(apart, row[at], row[at + 1 :]),
                )
                for row in lot
            ]
