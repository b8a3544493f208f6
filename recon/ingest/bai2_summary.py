"""BAI2: files, groups and accounts (01, 02, 03), their balances, and what their trailers (49, 98, 99) say of them.

A control total is the sum of all amounts as they are written, those of summaries included; a count is of physical
records, each 88 one of them. Source: Cash Management Balance Reporting Specifications, Version 2 (BAI).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from recon.ingest import bai2_codes
from recon.ingest.columnar import Head
from recon.ingest.source import Source
from recon.model import exponent
from recon.problems import Problem

_NUMBER: Final = re.compile(r"^[+-]?\d{1,18}$")
_CURRENCY: Final = re.compile(r"^[A-Z]{3}$")
_DEFAULT_CURRENCY: Final = "USD"  # the specification's own, where neither group nor account says one
_LOOK: Final = "the file may be cut off or changed: compare it with the bank's own view"


class Record(NamedTuple):
    """Any record but a 16: its place, its text, and what has been counted up to it."""

    position: int
    code: str
    text: str
    lines: int  # physical records of this one
    counted: int  # physical records from the file's beginning, this one included
    amounts: int  # sum of the amounts of all 16 before it


@dataclass
class Account:
    """An account as far as its record says, and what keeps its lines out, if anything does."""

    head: Head
    day: date | None
    status: str


@dataclass
class _Level:
    """A file, group or account while it is open: where it began and what its parts' trailers say."""

    begin: Record
    stated: int = 0
    parts: int = 0
    own: int = 0  # amounts in its own record


@dataclass
class Walk:
    """Goes through the records; `accounts` are in the order of their 03."""

    source: Source
    accounts: list[Account] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _open: dict[str, _Level] = field(default_factory=dict)
    _day: date | None = None
    _group: tuple[date | None, str, str, str] = (None, "", "", "")  # day, currency, status, number
    _untrailed: list[int] = field(default_factory=list)
    _unread: bool = False  # the last record is an account's trailer whose control total can't be read

    def through(self, records: Iterable[Record]) -> None:
        """The next records, in their order."""
        for record in records:
            self._unread = False
            getattr(self, f"_on_{record.code}")(record)

    def ended(self, end: int) -> None:
        """There are no more records; `end` is where the last one stands."""
        if "01" in self._open:
            what = "the file has no trailer (99): it ends too early"
            self.problems.append(Problem("file-cut", self.source.at(end), what, _LOOK))
            self._cut()
        if self._untrailed:
            what = f"accounts without a trailer (49): {len(self._untrailed)}, this is the first"
            self._say(self._untrailed[0], what)

    def _cut(self) -> None:
        """The file ends here: entries of an account that is open may be gone, and the last one cut in its amount."""
        if self._open.pop("03", None) or self._unread:
            self._break("the file ends before this account does (49)")

    def _say(self, position: int, what: str, hint: str = _LOOK) -> None:
        self.problems.append(Problem("trailer-differs", self.source.at(position), what, hint))

    def _on_01(self, record: Record) -> None:
        if "01" in self._open:
            self._cut()
            self._say(record.position, "the file before has no trailer (99)")
        self._open = {"01": _Level(record)}
        self._day = day(_cell(record, 3))
        self._group = (None, "", "", "")

    def _on_02(self, record: Record) -> None:
        self._closed("03", None)
        self._open["02"] = _Level(record)
        said, currency = day(_cell(record, 4)), _cell(record, 6).upper()
        if said is None:
            taken = f"; the file's day {self._day} is taken" if self._day else ""
            what = f"the as-of date of the group is no day of the calendar{taken}"
            self.problems.append(Problem("value-date", self.source.at(record.position), what, "ask the bank"))
        status = bai2_codes.STATUS.get(_cell(record, 3), "")
        number = " ".join(part for part in (_cell(record, 4), _cell(record, 7)) if part)
        self._group = (said or self._day, currency if _CURRENCY.match(currency) else "", status, number)

    def _on_03(self, record: Record) -> None:
        self._closed("03", None)
        own, balances = _summary(record.text)
        self._open["03"] = _Level(record, own=own)
        as_of, currency, status, number = self._group
        written = _cell(record, 2).upper()
        currency = written if _CURRENCY.match(written) else currency or _DEFAULT_CURRENCY
        opening, closing = (
            Decimal(balances[code]).scaleb(-exponent(currency)) if code in balances else None
            for code in (bai2_codes.OPENING, bai2_codes.CLOSING)
        )
        head = Head(record.position, _cell(record, 1), number, currency, opening, closing)
        self.accounts.append(Account(head, as_of, status))

    def _on_49(self, record: Record) -> None:
        if "03" not in self._open:
            self._say(record.position, "a trailer (49) is of no account")
            return
        self._closed("03", record)

    def _closed(self, code: str, trailer: Record | None) -> None:
        """End an account, by its trailer or by what comes instead of one."""
        level = self._open.pop(code, None)
        if level is None:
            return
        group = self._open.get("02")
        if group is not None:
            group.parts += 1
        if trailer is None:
            self._untrailed.append(level.begin.position)
            return
        found = level.own + trailer.amounts - level.begin.amounts
        stated = number(_cell(trailer, 1))
        self._unread = stated is None
        if stated is None:
            self._say(
                trailer.position,
                "the account's trailer has no control total that can be read",
                "ask the bank",
            )
        elif stated != found:
            self._break(
                f"the control total {stated} of its trailer is not {found}, the sum of its amounts as written"
            )
        if group is not None:
            group.stated += found if stated is None else stated
        self._count(trailer, level, 2, "account")

    def _break(self, broken: str) -> None:
        """A control of the open account does not hold."""
        account = self.accounts[-1]
        account.head = replace(account.head, broken=broken)

    def _on_98(self, record: Record) -> None:
        self._closed("03", None)
        level = self._open.pop("02", None)
        if level is None:
            self._say(record.position, "a trailer (98) is of no group")
            return
        self._trailer(record, level, ("group", "accounts"))
        if "01" in self._open:
            self._open["01"].parts += 1
            self._open["01"].stated += number(_cell(record, 1)) or 0

    def _on_99(self, record: Record) -> None:
        self._closed("03", None)
        level = self._open.pop("01", None)
        self._open = {}
        if level is None:
            self._say(record.position, "a trailer (99) is of no file")
            return
        self._trailer(record, level, ("file", "groups"))

    def _trailer(self, record: Record, level: _Level, names: tuple[str, str]) -> None:
        stated, parts = number(_cell(record, 1)), number(_cell(record, 2))
        if stated is None:
            self._say(record.position, f"the {names[0]}'s trailer has no control total that can be read")
        elif stated != level.stated:
            what = (
                f"the {names[0]}'s control total {stated} is not {level.stated}, the sum of its {names[1]}'"
            )
            self._say(record.position, what)
        if parts is not None and parts != level.parts:
            self._say(
                record.position,
                f"the {names[0]}'s trailer counts {parts} {names[1]}, there are {level.parts}",
            )
        self._count(record, level, 3, names[0])

    def _count(self, trailer: Record, level: _Level, cell: int, name: str) -> None:
        stated = number(_cell(trailer, cell))
        found = trailer.counted - level.begin.counted + level.begin.lines
        if stated is not None and stated != found:
            self._say(trailer.position, f"the {name}'s trailer counts {stated} records, there are {found}")


def _cell(record: Record, index: int) -> str:
    """A field of a record, without blanks round it; "" if it is not there."""
    cells = record.text.replace("\n", ",").split(",", index + 1)
    return cells[index].strip() if index < len(cells) else ""


def number(text: str) -> int | None:
    """An amount or a count as it is written; None if it is none."""
    bare = text.replace(" ", "")
    return int(bare) if _NUMBER.match(bare) and bare.isascii() else None


def day(text: str) -> date | None:
    """YYMMDD or YYYYMMDD as a date; None if there is no such day."""
    if not re.fullmatch(r"[0-9]{6}|[0-9]{8}", text):
        return None
    plain = text if len(text) == 8 else ("20" if text < "70" else "19") + text  # noqa: PLR2004 - YYYYMMDD
    try:
        found = date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
    except ValueError:
        return None
    return found if date(1970, 1, 1) <= found <= date(2199, 12, 31) else None


def _summary(text: str) -> tuple[int, dict[str, int]]:
    """Of a 03: the sum of its amounts as written, and the first amount of each type.

    Quadruples of type, amount, count and funds type; S has three fields more, V two, D a number and as many pairs.
    A quadruple may go on in an 88, and where a type is empty one field is skipped: some write a comma too many.
    """
    cells = [cell.strip() for cell in text.replace("\n", ",").split(",")][3:]
    total, at = 0, 0
    found: dict[str, int] = {}
    while at < len(cells):
        kind = cells[at]
        if not kind:
            at += 1
            continue
        amount = number(cells[at + 1]) if at + 1 < len(cells) else None
        if amount is not None:
            total += amount
            found.setdefault(kind, amount)
        at += 4 + _more(cells, at + 3)
    return total, found


def _more(cells: Sequence[str], at: int) -> int:
    """How many fields a funds type has behind it."""
    funds = cells[at].upper() if at < len(cells) else ""
    if funds == "D":
        count = number(cells[at + 1]) if at + 1 < len(cells) else None
        return 1 + 2 * min(max(count or 0, 0), len(cells))
    return {"S": 3, "V": 2}.get(funds, 0)
