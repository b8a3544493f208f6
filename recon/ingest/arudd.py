"""ARUDD, Bacs' report of unpaid Direct Debits: each returned debit is money out of its originator's account.

    BACSDocument/Data/ARUDD
        Header currentProcessingDate
        Advice/OriginatingAccountRecords/OriginatingAccountRecord       a statement without balances
            OriginatingAccount sortCode number
            ReturnedDebitItem ref returnCode returnDescription originalProcessingDate valueOf currency
                PayerAccount name sortCode number
            Totals numberOf valueOf                                     checked

Names as several programs that read such reports, and their samples, agree on them; the schema itself is not public.
Two ways are taken that no source is sure of: the processing day is the day of the line (banks may book it a working
day later), and an amount is money out whatever its sign.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final

from recon.ingest import amounts, columnar, finish, xml
from recon.ingest.bank import Line, Lines, minus, reference, unfit
from recon.ingest.columnar import Head
from recon.ingest.source import Claim, Reader, Request, Source
from recon.ingest.xml import EMPTY, Node
from recon.model import Kind, Reading
from recon.problems import Problem

CURRENCY: Final = "GBP"
_MINE: Final = (re.compile(rb"[<:]BACSDocument[\s>]"), re.compile(rb"[<:]ARUDD[\s>]"))
_SHAPE: Final = xml.Shape("ARUDD", "Header", ("OriginatingAccountRecord",), "ReturnedDebitItem")
_TYPE: Final = "RETURN DD"
_TEXTS: Final = ("counterparty", "counterparty_account", "reference", "narrative")
_COUNT: Final = re.compile(r"^[0-9]{1,9}$")
_DAY: Final = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?![0-9])")
_HINT: Final = "ask the bank, or Bacs, for the report again"


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the file is a report of unpaid Direct Debits."""
    head = xml.prolog(source)
    if request.profile or not all(pattern.search(head) for pattern in _MINE):
        return []
    return [Claim("", Kind.BANK, partial(_read, source))]


@dataclass
class _Walk:
    """A report on its way to lines and statements; an account's items come before the account."""

    source: Source
    heads: list[Head] = field(default_factory=list)
    lines: Lines = field(default_factory=Lines)
    problems: list[Problem] = field(default_factory=list)
    _day: date | None = None
    _count: int = 0  # items of the open account
    _sums: dict[str, Decimal | None] = field(
        default_factory=dict
    )  # by currency; None = an amount can't be read

    def through(self, part: xml.Part) -> None:
        """The next part."""
        if part.name == "Header":
            self._day = _day(part.node.attribute("currentProcessingDate"))
        elif part.name == "ReturnedDebitItem":
            self._item(part.node, part.line)
        else:
            self._account(part.node, part.line)

    def _item(self, item: Node, position: int) -> None:
        self._count += 1
        amount, currency = _amount(item), _currency(item) or CURRENCY
        so_far = self._sums.setdefault(currency, Decimal(0))
        self._sums[currency] = None if amount is None or so_far is None else so_far + abs(amount)
        wrong = self._wrong(amount)
        if amount is None or self._day is None or wrong is not None:
            code, what, hint = wrong or ("", "", "")
            self.problems.append(Problem(code, self.source.at(position), what, hint))
            return
        payer = item.at("PayerAccount") or EMPTY
        collected = _day(item.attribute("originalProcessingDate"))
        extras = {
            "return_code": item.attribute("returnCode"),
            "collected_on": collected.isoformat() if collected else "",
        }
        line = Line(
            position=position,
            booking_date=self._day,
            value_date=None,
            amount=minus(amount),
            type=_TYPE,
            counterparty=payer.attribute("name"),
            counterparty_account=_number(payer),
            reference=reference(item.attribute("ref")) or reference(payer.attribute("ref")),
            narrative=f"UNPAID DIRECT DEBIT {item.attribute('returnDescription')}".strip(),
            currency=currency,
            extras=tuple((name, text) for name, text in extras.items() if text),
        )
        self.lines.add(len(self.heads) + list(self._sums).index(currency), line)

    def _wrong(self, amount: Decimal | None) -> tuple[str, str, str] | None:
        """Why an item can't be a line: code, what, hint."""
        if amount is None:
            return "value-amount", "the amount (valueOf) can't be read; the item was left out", _HINT
        if self._day is None:
            what = "the header's currentProcessingDate says no day; the item was left out"
            return "value-date", what, _HINT
        return unfit(amount)

    def _account(self, record: Node, position: int) -> None:
        """An account as a statement of each currency that its items are in; mostly that is one."""
        account, totals = record.at("OriginatingAccount") or EMPTY, record.at("Totals") or EMPTY
        count = totals.attribute("numberOf")
        if not self._count and not _COUNT.match(count):
            what = "the record holds no returned debit, and does not say that there are none; it was left out"
            self.problems.append(Problem("entry-unread", self.source.at(position), what, _HINT))
            return
        broken = self._broken(totals)
        for currency in self._sums or (_currency(totals) or CURRENCY,):
            number = str(self._day or "")
            self.heads.append(Head(position, _number(account), number, currency, None, None, broken))
        self._count, self._sums = 0, {}

    def _broken(self, totals: Node) -> str:
        """What the totals of an account say and its items are not; money of two currencies is never added up."""
        said, count = _amount(totals), totals.attribute("numberOf")
        only = next(iter(self._sums)) if len(self._sums) == 1 else CURRENCY
        currency = _currency(totals) or only
        total = self._sums.get(currency, Decimal(0))
        told = []
        if _COUNT.match(count) and int(count) != self._count:
            told.append(f"{self._count:,} items (the report says {int(count):,})")
        if said is not None and total is not None and abs(said) != total:
            told.append(f"items of {total} {currency} (the report says {abs(said)})")
        return f"the account holds {' and '.join(told)}" if told else ""


def _read(source: Source) -> Reading:
    walk = _Walk(source)
    strays: list[int] = []
    for part in xml.parts_carefully(source, _SHAPE, strays):
        walk.through(part)
    if strays:
        what = f"{len(strays):,} returned debits stand in no account's record; they were left out"
        walk.problems.append(Problem("entry-unread", source.at(strays[0]), what, _HINT))
    lines = walk.lines.frame()
    lines, cut = columnar.cut(lines.with_columns(columnar.money(lines)), _TEXTS, source)
    table, statements, said = columnar.assemble(source, walk.heads, lines)
    return finish.reading(
        source,
        "arudd",
        "",
        Kind.BANK,
        table=table,
        statements=statements,
        problems=[*walk.problems, *cut, *said],
    )


def _amount(node: Node) -> Decimal | None:
    """The attribute valueOf, which may have the currency's sign before it; None if it can't be read."""
    read = amounts.one(node.attribute("valueOf"))
    return Decimal(read) if read else None


def _currency(node: Node) -> str:
    return node.attribute("currency").upper()


def _day(text: str) -> date | None:
    """The day that a time begins with; None if there is none, or it is one that no report has."""
    found = _DAY.match(text)
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
    return day if day and columnar.FIRST_DAY <= day <= columnar.LAST_DAY else None


def _number(account: Node) -> str:
    """`30-00-00 12345678`, as UK statements write it."""
    code = account.attribute("sortCode").replace("-", "").replace(" ", "")
    parted = "-".join((code[:2], code[2:4], code[4:])) if len(code) == 6 else code  # noqa: PLR2004 - three pairs
    return f"{parted} {account.attribute('number')}".strip()


READER = Reader("arudd", claims)
