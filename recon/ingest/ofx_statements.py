"""OFX: what stands around the transactions: statements with their account, currency, balance and days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from recon.ingest import amounts, ofx_text
from recon.ingest.columnar import Head
from recon.ingest.grid import clean

OPENS: Final = ("STMTRS", "CCSTMTRS", "INVSTMTRS", "LOANSTMTRS")
_LISTS: Final = ("BANKTRANLIST", "INVTRANLIST", "CCTRANLIST")
_BALANCES: Final = ("LEDGERBAL", "AVAILBAL", "BALLIST", "INVBAL", "BAL")
_VALUES: Final = ("CURDEF", "ACCTID", "BALAMT", "DTASOF", "DTSTART", "DTEND")
_TOKEN: Final = re.compile(
    r"<(/?)(" + "|".join((*OPENS, *_LISTS, *_BALANCES, *_VALUES)) + r")>((?:[^<]|<(?![A-Za-z/!]))*)"
)
_DAY: Final = re.compile(r"^(\d{4})-?(\d{2})-?(\d{2})")
_CURRENCY: Final = re.compile(r"^[A-Z]{3}$")


@dataclass
class Statement:
    """A statement while it is read."""

    position: int
    account: str = ""
    currency: str = ""
    closing: Decimal | None = None
    closed_on: date | None = None
    first: date | None = None
    last: date | None = None
    broken: str = ""  # why it may not be whole

    @property
    def day(self) -> date | None:
        """The day that a transaction without one of its own is taken to be of."""
        return self.closed_on or self.last

    def head(self, default: str) -> Head:
        """As the assembly wants it. OFX has no opening balance, so nothing can be checked by the balances."""
        number = f"{self.first or ''} {self.last or ''}".strip()
        currency = self.currency or default
        return Head(self.position, self.account, number, currency, None, self.closing, self.broken)


@dataclass
class Walk:
    """Goes through what stands around the transactions, piece by piece; `current` is the open statement, or -1."""

    statements: list[Statement] = field(default_factory=list)
    current: int = -1
    _balance: str = ""

    def through(self, piece: str, position: int) -> None:
        """A piece of text that begins on that line."""
        done = 0
        for token in _TOKEN.finditer(piece):
            position += piece.count("\n", done, token.start())
            done = token.start()
            self._on(token[2], token[3], position, ends=bool(token[1]))

    def opened(self, position: int) -> int:
        """The statement that a transaction here is of; one is opened where none is."""
        if self.current < 0:
            self.statements.append(Statement(position))
            self.current = len(self.statements) - 1
        return self.current

    def cut(self) -> None:
        """The file ends before its end: the statement that is open lacks entries, and no balance would tell."""
        if self.current >= 0:
            self.statements[self.current].broken = "the file ends before this statement does"

    def _on(self, name: str, text: str, position: int, *, ends: bool) -> None:
        if name in OPENS:
            self.current, self._balance = -1, ""
            if not ends:
                self.opened(position)
        elif name in _LISTS:
            if not ends:
                self.opened(position)
        elif name in _BALANCES:
            self._balance = "" if ends else name
        elif not ends and self.current >= 0:
            self._take(name, clean(ofx_text.plain(text)))

    def _take(self, name: str, value: str) -> None:
        statement = self.statements[self.current]
        if name == "CURDEF" and _CURRENCY.match(value.upper()):
            statement.currency = statement.currency or value.upper()
        elif name == "ACCTID":
            statement.account = statement.account or value
        elif name == "DTSTART":
            statement.first = statement.first or day(value)
        elif name == "DTEND":
            statement.last = statement.last or day(value)
        elif name == "BALAMT" and self._balance == "LEDGERBAL":
            statement.closing = amount(value)
        elif name == "DTASOF" and self._balance == "LEDGERBAL":
            statement.closed_on = day(value)


def day(text: str) -> date | None:
    """The date that a time begins with; zones count as the bank writes them. None if there is no such day."""
    found = _DAY.match(text)
    try:
        made = date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
    return made if made and date(1970, 1, 1) <= made <= date(2199, 12, 31) else None


def amount(text: str) -> Decimal | None:
    """A balance; None where it can't be read for sure."""
    found = amounts.one(text) or amounts.one(text, ",")
    return Decimal(found) if found else None


def around(tails: Sequence[tuple[int, str, int]], walk: Walk, count: int) -> list[int | None]:
    """For each of `count` transactions the statement it is of, where that changes; null where it goes on.

    Args:
        tails: behind which transaction (-1 = before the first), the text, its line.
        walk: goes through them.
        count: how many transactions there are.
    """
    heads: list[int | None] = [None] * count
    for behind, text, position in tails:
        walk.through(text, position)
        if behind + 1 < count:
            heads[behind + 1] = walk.opened(position)
    return heads
