"""What of the store's rows is of persons, and how the hash chain holds it so that it can be erased.

A row's personal columns are not in its link's digest as they stand, but as the SHA-256 of them and of a random salt
that the row has. Erasing replaces the text and puts `erased:` and that SHA-256 in the salt's place: the link holds as
before, the rest of the row with it, and without the salt nobody can try out names. What was erased, and what the
columns say since, stands in `privacy_log`, which is in the chain itself.

Of what is kept as JSON (`content`) ids, amounts, days and codes are no person's: the link holds them as they stand,
and an erasure that changed them would be seen.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, MetaData, Table, select

SALT: Final = "salt"
ERASED: Final = "erased:"  # in the place of a salt, before the SHA-256 of what was there
GONE: Final = "[erased]"  # in the place of a text
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "bank_lines": ("counterparty", "counterparty_account", "reference", "narrative", "extras"),
        "run_lines": ("content", "extras"),
        "inputs_seen": ("fingerprint", "content", "extras"),
        "items_seen": ("fingerprint", "content", "extras"),
        "decisions": ("details", "note"),
        "learned": ("subject", "evidence", "note"),
        "cases": ("text",),
    }
)
# Of what is kept as JSON: the keys that stay when the rest is erased. What is not among them may be of a person.
PLAIN: Final = frozenset(
    (
        *("line_id", "account", "booking_date", "value_date", "amount", "currency", "type", "statement_id"),
        *(
            "item_id",
            "customer_id",
            "doc_type",
            "doc_no",
            "po_no",
            "service_user_ref",
            "issue_date",
            "due_date",
        ),
        *("net_amount", "open_amount", "entity", "group_id", "plan_id", "service_from", "service_to"),
        *("discount_terms", "status", "contract_id", "cis_base", "retention", "doc_currency", "doc_amount"),
        *("terms_days", "tax_profile", "vendor_no", "tolerance_profile", "tolerance_used"),
        *("valid_from", "valid_to", "remittance_id", "payment_date", "payment_amount"),
        *("gross_amount", "deduction_amount", "deduction_type", "paid_amount"),
    )
)
_FLAGS: Final = frozenset(("dispute", "legal"))  # an amount or yes, unless somebody wrote more
_FLAG: Final = re.compile(r"(?i)yes|no|true|false|-?\d[\d.,]*")
_OBJECTS: Final = frozenset(("extras", "evidence", "details"))  # JSON that is erased as a whole
_MARK: Final = re.compile(r"[0-9a-f]{16}")
_BYTES: Final = 16
_Pairs = list[tuple[str, Any]]


def salts(count: int) -> pl.Series:
    """New salts: random, since a name is soon guessed."""
    text = secrets.token_hex(_BYTES * count)
    size = 2 * _BYTES
    return pl.Series(SALT, [text[at : at + size] for at in range(0, size * count, size)], dtype=pl.String)


def digest(values: Sequence[Any]) -> str:
    """The SHA-256 of a salt and personal columns."""
    return hashlib.sha256(json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def held(names: Sequence[str], salt: str, values: Sequence[Any]) -> str:
    """What the chain holds of a row's personal columns: of `content` of the keys that are a person's."""
    if salt.startswith(ERASED):
        return salt.removeprefix(ERASED)
    said = [
        split(value)[1] if name == "content" else value for name, value in zip(names, values, strict=True)
    ]
    return digest([salt, *said])


def plain(names: Sequence[str], values: Sequence[Any]) -> tuple[Any, ...]:
    """What of a row's personal columns is no person's, and is held as it stands."""
    return tuple(split(value)[0] for name, value in zip(names, values, strict=True) if name == "content")


def split(content: str | None) -> tuple[_Pairs, _Pairs]:
    """Of what is kept as JSON the keys and values that are no person's, and the others.

    Pairs, not a mapping: a key that somebody wrote twice is there twice.
    """
    if not content:
        return [], []
    try:
        pairs = json.loads(content, object_pairs_hook=list)
    except ValueError:
        return [], [("", content)]
    if not isinstance(pairs, list) or not all(isinstance(one, tuple) for one in pairs):
        return [], [("", content)]
    stays = [is_plain(key, value) for key, value in pairs]
    return (
        [pair for pair, stay in zip(pairs, stays, strict=True) if stay],
        [pair for pair, stay in zip(pairs, stays, strict=True) if not stay],
    )


def is_plain(key: str, value: object) -> bool:
    """Is a value of `content` no person's?"""
    return key in PLAIN or (key in _FLAGS and isinstance(value, str) and bool(_FLAG.fullmatch(value)))


def is_erased(name: str, value: object) -> bool:
    """Does a personal column say what an erasure leaves, and nothing else?"""
    if not value:
        return True
    if name == "content":
        return isinstance(value, str) and all(one == GONE for _key, one in split(value)[1])
    if name == "fingerprint":
        return isinstance(value, str) and bool(_MARK.fullmatch(value))
    return value == ("{}" if name in _OBJECTS else GONE)


@dataclass(frozen=True)
class Entry:
    """An erasure as noted: its rows (table -> what the chain holds of a row -> SHA-256 of what it says since).

    links: of links from before there were salts (link, table, digest before, digest after).
    """

    nth: int
    at: str
    who: str
    why: str
    rows: Mapping[str, Mapping[str, str]]
    links: tuple[tuple[int, str, str, str], ...]


def breaks(connection: Connection, tables: MetaData, unsalted: Collection[int]) -> Iterator[str]:
    """Rows that say they were erased and are not as an erasure left them; erasures whose rows are not.

    unsalted: the links from before there were salts, the only ones that an erasure changes.
    """
    entries, unread = noted(connection, tables)
    for nth in unread:
        yield f"line {nth} of privacy_log can't be read"
    for entry in entries:
        if not all(_excuses(entry, link, name, unsalted) for link, name, *_digests in entry.links):
            yield f"line {entry.nth} of privacy_log excuses a change that no erasure makes"
    known_ = erasures(entries)
    for name in sorted(COLUMNS.keys() & tables.tables.keys()):
        table = tables.tables[name]
        if SALT not in table.c:
            continue
        found = {held_: said for held_, said, _clean in _erased(connection, table)}
        known = known_.get(name, {})
        if found.keys() - known.keys():
            yield f"a row of {name} says that it was erased, and no erasure was noted"
        if known.keys() - found.keys():
            yield f"a row of {name} that was erased is there again, or gone"
        if any(found[one] != known[one] for one in found.keys() & known.keys()):
            yield f"a row of {name} was changed after it was erased"
        if not all(clean for _held, _said, clean in _erased(connection, table)):
            yield f"a row of {name} says that it was erased, and has other text"


def _erased(connection: Connection, table: Table) -> Iterator[tuple[str, str, bool]]:
    """Of each erased row what the chain holds of it, the SHA-256 of what it says now, and is nothing else in it?"""
    names = COLUMNS[table.name]
    columns = [table.c[name] for name in names]
    query = select(table.c[SALT], *columns).where(table.c[SALT].startswith(ERASED, autoescape=True))
    for salt, *values in connection.execute(query):
        clean = all(is_erased(name, value) for name, value in zip(names, values, strict=True))
        yield salt.removeprefix(ERASED), digest(values), clean


def _excuses(entry: Entry, link: int, name: str, unsalted: Collection[int]) -> bool:
    """Can an erasure have changed what that link says of a table?"""
    return link in unsalted and name in COLUMNS and bool(entry.rows.get(name))


def erasures(entries: Sequence[Entry]) -> dict[str, dict[str, str]]:
    """All that was ever erased: table -> what the chain holds of a row -> SHA-256 of what the row says since."""
    made: dict[str, dict[str, str]] = {}
    for entry in entries:
        for name, found in entry.rows.items():
            made.setdefault(name, {}).update(found)
    return made


def linked_anew(
    connection: Connection, tables: MetaData, unsalted: Collection[int]
) -> dict[tuple[int, str], list[tuple[str, str]]]:
    """Digests of links from before there were salts that an erasure changed: (link, table) -> before and after."""
    made: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for entry in noted(connection, tables)[0]:
        for link, name, before, after in entry.links:
            if _excuses(entry, link, name, unsalted):
                made.setdefault((link, name), []).append((before, after))
    return made


def told(connection: Connection, tables: MetaData) -> Iterator[str]:
    """Each erasure in words."""
    for entry in noted(connection, tables)[0]:
        count = sum(len(found) for found in entry.rows.values())
        yield (
            f"{count:,} {'row was' if count == 1 else 'rows were'} erased on {entry.at[:10]} by {entry.who}: "
            f"{entry.why}"
        )


def noted(connection: Connection, tables: MetaData) -> tuple[list[Entry], list[int]]:
    """All erasures, the oldest first, and the lines of `privacy_log` that can't be read."""
    if "privacy_log" not in tables.tables:
        return [], []
    log = tables.tables["privacy_log"]
    query = select(log.c.nth, log.c.at, log.c.who, log.c.why, log.c.details).where(log.c.event == "erased")
    entries: list[Entry] = []
    unread: list[int] = []
    for nth, at, who, why, details in connection.execute(query.order_by(log.c.nth)):
        try:
            said = json.loads(details)
            rows = {str(name): {str(a): str(b) for a, b in of.items()} for name, of in said["rows"].items()}
            links = tuple(
                (int(link), str(name), str(before), str(after)) for link, name, before, after in said["links"]
            )
        except (ValueError, TypeError, AttributeError, KeyError):
            unread.append(nth)
            continue
        entries.append(Entry(nth, at, who, why, rows, links))
    return entries, unread
