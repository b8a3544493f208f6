"""Text of persons taken out of the store for good, with a note that the chain holds: see `personal`.

What is still needed stays: lines that are not settled, and what the last run read of the ledger.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl
from sqlalchemy import ColumnElement, Connection, MetaData, Table, and_, select

from recon.model import Kind
from recon.store import chain, past, personal, query, rows, turns
from recon.store.personal import ERASED, GONE, SALT

_EMPTIED: Final = frozenset(("aliases", "accounts"))
_FINGERPRINT_BYTES: Final = 8
_PLACE: Final[Mapping[str, tuple[str, ...]]] = {
    "bank_lines": ("line_id",),
    "run_lines": ("run_seq", "nth"),
    "inputs_seen": ("kind", "fingerprint", "run_seq"),
    "items_seen": ("item_id", "run_seq", "nth"),
    "decisions": ("decision_id",),
    "cases": ("nth",),
    "learned": ("nth",),
}


@dataclass(frozen=True)
class Erased:
    """How many rows of each table were erased, of which lines; what is needed and stays: lines, ids of ledgers."""

    rows: Mapping[str, int]
    lines: tuple[str, ...]
    open_lines: tuple[str, ...] = ()
    in_ledger: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """All rows that were erased."""
        return sum(self.rows.values())


@dataclass(frozen=True)
class Target:
    """What is to be erased: lines; items and customers by their ids, and the advices of these documents."""

    lines: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    documents: tuple[str, ...] = field(default=())


def of_reference(connection: Connection, tables: MetaData, reference: str) -> Target:
    """What is of a service user, a customer, an item or a document.

    Lines are of it where all that was accepted of them is: an authority's receipt for fifty persons is of none.
    """
    items, customers, documents = set(), set(), set()
    seen = tables.tables["items_seen"]
    like = seen.c.content.contains(json.dumps(reference, ensure_ascii=False), autoescape=True)
    for item_id, content in connection.execute(select(seen.c.item_id, seen.c.content).where(like)):
        said = json.loads(content)
        named = [said.get(name) for name in ("service_user_ref", "customer_id", "doc_no", "item_id")]
        if reference in named:
            items.add(item_id)
            documents.add(said.get("doc_no") or item_id)
        if said.get("customer_id") == reference:
            customers.add(reference)
    others = tables.tables["inputs_seen"]
    like = others.c.content.contains(json.dumps(reference, ensure_ascii=False), autoescape=True)
    for content in connection.execute(select(others.c.content).where(like)).scalars():
        if json.loads(content).get("customer_id") == reference:
            customers.add(reference)
    accepted = tables.tables["accepted"]
    columns = [accepted.c.line_id, accepted.c.item_id, accepted.c.customer_id]
    schema = dict.fromkeys(("line_id", "item_id", "customer_id"), pl.String)
    mine = rows.matching(connection, select(*columns), accepted.c.item_id, items, schema)
    held = rows.matching(connection, select(*columns), accepted.c.customer_id, customers, schema)
    ids = pl.concat([mine, held])["line_id"].unique()
    whole = rows.matching(connection, select(*columns), accepted.c.line_id, ids, schema)
    others_too = whole.filter(
        ~pl.col("item_id").is_in(list(items)) & ~pl.col("customer_id").is_in(list(customers))
    )
    lines = sorted(set(ids) - set(others_too["line_id"]))
    return Target(tuple(lines), tuple(sorted(items)), tuple(sorted(customers)), tuple(sorted(documents)))


def erase(
    connection: Connection, tables: MetaData, target: Target, *, reference: str, at: str, who: str, why: str
) -> Erased:
    """Take the text out of the rows and note it; the caller's transaction holds both or neither."""
    settled = turns.settled(connection, tables)
    known = set(query.bank_lines(connection, tables, target.lines)["line_id"])
    lines = [one for one in target.lines if one in settled and one in known]
    current = set(query.open_items(connection, tables)["item_id"])
    items = [one for one in target.items if one not in current]
    others, left = _others(connection, tables, target)
    of = {name: table.c for name, table in tables.tables.items()}
    found: list[tuple[str, ColumnElement[str], Sequence[str]]] = [
        *((name, of[name].line_id, lines) for name in ("bank_lines", "run_lines", "decisions")),
        ("cases", of["cases"].line_id, lines),
        ("cases", of["cases"].item_id, items),
        ("items_seen", of["items_seen"].item_id, items),
        ("inputs_seen", of["inputs_seen"].fingerprint, others),
        ("learned", of["learned"].meaning, [one for one in target.customers if one not in left]),
    ]
    before = _old_links(connection, tables)
    done: dict[str, dict[str, str]] = {}
    for name, column, some in found:
        done.setdefault(name, {}).update(_out_of(connection, tables.tables[name], column, some))
    after = _old_links(connection, tables)
    links = [[*key, before[key], after[key]] for key in sorted(before) if before[key] != after[key]]
    said = {"rows": {name: changed for name, changed in done.items() if changed}, "links": links}
    if said["rows"]:
        note(connection, tables, at=at, who=who, event="erased", reference=reference, why=why, details=said)
    still = sorted(set(target.items) & current) + left
    waiting = tuple(one for one in target.lines if one in known and one not in settled)
    counts = {name: len(changed) for name, changed in done.items() if changed}
    return Erased(counts, tuple(lines), waiting, tuple(still))


def note(
    connection: Connection,
    tables: MetaData,
    *,
    at: str,
    who: str,
    event: str,
    reference: str,
    why: str,
    details: Mapping[str, Any],
) -> None:
    """A line of `privacy_log`, and its link of the chain."""
    log = tables.tables["privacy_log"]
    nth = rows.highest(connection, log, "nth") + 1
    text = json.dumps(details, sort_keys=True)
    row = {
        "nth": nth,
        "at": at,
        "who": who,
        "event": event,
        "reference": reference,
        "why": why,
        "details": text,
    }
    connection.execute(log.insert(), [row])
    chain.seal(connection, tables, chain.PRIVACY, str(nth))


def _others(connection: Connection, tables: MetaData, target: Target) -> tuple[list[str], list[str]]:
    """Customers, aliases, closed items, advices: fingerprints to erase, ids of those that runs still read."""
    table = tables.tables["inputs_seen"]
    needed: set[str] = set()
    for kind in past.BY_CHANGES:
        needed |= past.fingerprints_now(connection, tables, kind)
    wanted: list[str] = []
    left: set[str] = set()
    keys = {
        str(Kind.CUSTOMERS): ("customer_id", target.customers),
        str(Kind.ALIASES): ("customer_id", target.customers),
        str(Kind.CLOSED): ("item_id", target.items),
        str(Kind.REMITTANCE): ("doc_no", target.documents),
    }
    columns = (table.c.kind, table.c.fingerprint, table.c.content)
    for kind, mark, content in connection.execute(select(*columns).where(table.c.content != "")):
        key, ids = keys.get(kind, ("", ()))
        value = json.loads(content).get(key) if ids else None
        if value not in ids:
            continue
        if mark in needed:
            left.add(str(value))
        else:
            wanted.append(mark)
    return wanted, sorted(left)


def _out_of(
    connection: Connection, table: Table, column: ColumnElement[str], wanted: Sequence[str]
) -> dict[str, str]:
    """Take the text out of some rows: what the chain holds of each -> SHA-256 of what it says from now on."""
    place, names = _PLACE[table.name], personal.COLUMNS[table.name]
    query_ = select(*[table.c[name] for name in (*place, SALT, *names)])
    marks: dict[str, str] = {}
    done: dict[str, str] = {}
    for at in range(0, len(wanted), rows.LOOKUP_MAX):
        some = query_.where(column.in_(wanted[at : at + rows.LOOKUP_MAX]))
        for row in connection.execute(some).all():
            salt, values = row[len(place)], row[len(place) + 1 :]
            fresh = [_without(name, value, marks) for name, value in zip(names, values, strict=True)]
            if salt.startswith(ERASED) or fresh == list(values):
                continue
            held = personal.held(names, salt, values)
            changed = dict(zip(names, fresh, strict=True)) | {SALT: f"{ERASED}{held}"}
            this = and_(*(table.c[name] == value for name, value in zip(place, row, strict=False)))
            connection.execute(table.update().where(this).values(**changed))
            done[held] = personal.digest(fresh)
    return done


def _without(name: str, value: str | None, marks: dict[str, str]) -> str | None:
    """A column's text without what is of a person; a fingerprint becomes a random one, the same for the same."""
    if not value:
        return value
    if name in ("extras", "evidence", "details"):
        return "{}"
    if name == "fingerprint":
        return marks.setdefault(value, secrets.token_hex(_FINGERPRINT_BYTES))
    if name != "content":
        return GONE
    said = {
        key: one if personal.is_plain(key, one) else GONE
        for key, one in json.loads(value).items()
        if key not in _EMPTIED
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _old_links(connection: Connection, tables: MetaData) -> dict[tuple[int, str], str]:
    """The digests, as they are now, of what links from before there were salts hold of persons' tables."""
    table = tables.tables["chain"]
    made: dict[tuple[int, str], str] = {}
    for row in connection.execute(select(table).order_by(table.c.nth)).all():
        link = chain.Link(*row)
        version = chain.version_of(link)
        if version < chain.SALTED:
            found: Sequence[tuple[str, Any]] = list(
                chain.digests_now(connection, tables, link, version).items()
            )
            made |= {(link.nth, name): digest for name, (_count, digest) in found if name in personal.COLUMNS}
    return made


def lines_before(connection: Connection, tables: MetaData, day: str) -> Collection[str]:
    """Settled lines booked before a day whose text is still there."""
    table = tables.tables["bank_lines"]
    named = table.c.salt.startswith(ERASED, autoescape=True)
    old = select(table.c.line_id).where(table.c.booking_date < day, ~named).order_by(table.c.line_id)
    settled = turns.settled(connection, tables)
    return [one for one in connection.execute(old).scalars() if one in settled]
