"""camt.053, and camt.052 and camt.054 by the same parser: ISO 20022 statements, reports and notifications.

Streamed: a statement of several 100 MB is never in memory as a tree. Names count without their namespaces, so that
all versions and envelopes are read alike. A transaction (TxDtls), or the entry where it has none, is a row.
Source: ISO 20022 message definitions camt.052/053/054, and the versions that banks really send (001.01 to 001.14).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final

from recon.ingest import camt_advices, camt_entry, finish, xml
from recon.ingest.bank import Line, Page, assemble
from recon.ingest.iso20022 import account as account_of
from recon.ingest.iso20022 import amount_of, day_of
from recon.ingest.source import Claim, Reader, Request, Source
from recon.ingest.xml import EMPTY, Node
from recon.model import Kind, Reading
from recon.problems import Problem

_ROOT = re.compile(rb"<(?:[\w.-]+:)?BkToCstmr(Stmt|AcctRpt|DbtCdtNtfctn)")
_FORMS: Final = {b"Stmt": "camt.053", b"AcctRpt": "camt.052", b"DbtCdtNtfctn": "camt.054"}
_STATEMENTS: Final = ("Stmt", "Rpt", "Ntfctn")
SHAPE: Final = xml.Shape("BkToCstmr", "GrpHdr", _STATEMENTS, "Ntry")
_OPENING: Final = ("OPBD", "PRCD")  # Swiss statements say the previous closing instead
_CLOSING: Final = ("CLBD",)


@dataclass
class _Open:
    """A statement while its entries come in."""

    lines: list[Line] = field(default_factory=list)
    entries: int = 0
    problems: list[Problem] = field(default_factory=list)


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the file is a bank-to-customer message, in an envelope or not."""
    found = _ROOT.search(xml.prolog(source))
    if request.profile or found is None:
        return []
    form = _FORMS[found[1]]
    if form == "camt.054" and request.kind is Kind.REMITTANCE:
        return [Claim("", Kind.REMITTANCE, partial(camt_advices.read, source, SHAPE))]
    return [Claim("", Kind.BANK, partial(_read, source, request, form))]


def _read(source: Source, request: Request, form: str) -> Reading:
    try:
        pages, problems = _pages(xml.parts(source, SHAPE), source)
    except xml.Unsure:
        pages, problems = _pages(xml.parts_carefully(source, SHAPE), source)
    table, statements, more = assemble(source, pages, request.currency_default)
    return finish.reading(
        source, form, "", Kind.BANK, table=table, statements=statements, problems=[*problems, *more]
    )


def _pages(parts: Iterable[xml.Part], source: Source) -> tuple[list[Page], list[Problem]]:
    pages: list[Page] = []
    problems: list[Problem] = []
    current = _Open()
    made: date | None = None
    for part in parts:
        if part.name == "GrpHdr":
            made = day_of(part.node.at("CreDtTm"))
        elif part.name == "Ntry":
            _entry(part, current, source)
        else:
            pages.append(_page(part.node, part.line, made, current, source))
            problems += current.problems
            current = _Open()
    return pages, problems


def _entry(part: xml.Part, current: _Open, source: Source) -> None:
    current.entries += 1
    lines, found = camt_entry.read(part.node, part.line)
    current.lines += lines
    current.problems += [
        Problem(code, source.at(part.line), f"entry {current.entries}: {what}", hint)
        for code, what, hint in found
    ]


def _page(statement: Node, position: int, made: date | None, current: _Open, source: Source) -> Page:
    account = statement.at("Acct") or EMPTY
    number = " ".join(part for part in (statement.text("Id"), statement.text("ElctrncSeqNb")) if part)
    balances = _balances(statement, account.text("Ccy").upper())
    currency = balances.currency or next((line.currency for line in current.lines), "")
    lines = _dated(current, _day(statement, balances.day) or made, source, position)
    return Page(
        position=position,
        account=account_of(account),
        number=number,
        currency=currency,
        opening=balances.opening,
        closing=balances.closing,
        lines=lines,
    )


def _dated(current: _Open, fallback: date | None, source: Source, position: int) -> Sequence[Line]:
    """Lines without a day of their own get the statement's, and that is said."""
    bare = [line for line in current.lines if line.booking_date == camt_entry.NO_DAY]
    if not bare:
        return current.lines
    if fallback is None:
        what = "the entry has no booking date, nor has its statement a date; it was left out"
        current.problems += [
            Problem("entry-unread", source.at(line.position), what, "ask the bank") for line in bare
        ]
        return [line for line in current.lines if line.booking_date != camt_entry.NO_DAY]
    what = f"entries without a booking date: {len(bare)}; the statement's day {fallback} is taken"
    current.problems.append(
        Problem("value-date", source.at(position), what, "ask the bank for dated entries")
    )
    return [
        camt_entry.on(line, fallback) if line.booking_date == camt_entry.NO_DAY else line
        for line in current.lines
    ]


@dataclass(frozen=True)
class _Balances:
    """Booked balances of a statement, their currency, and the day of the closing one."""

    opening: Decimal | None
    closing: Decimal | None
    currency: str
    day: date | None


def _day(statement: Node, closing: date | None) -> date | None:
    """The day of a statement: of its closing balance, the end of its period, or when it was made."""
    paths = ("FrToDt/ToDtTm", "FrToDt/ToDt", "CreDtTm")
    return closing or next((day for day in (day_of(statement.at(path)) for path in paths) if day), None)


def _balances(statement: Node, currency: str) -> _Balances:
    """The booked balances in the account's currency. Balances of parts (with a sub-type) don't count."""
    found: dict[str, list[tuple[Decimal, date | None]]] = {}
    for balance in statement.all("Bal"):
        code = balance.text("Tp/CdOrPrtry/Cd")
        money = balance.at("Amt") or EMPTY
        amount, own = amount_of(money), money.currency
        if amount is None or balance.at("Tp/SubTp") is not None or code not in (*_OPENING, *_CLOSING):
            continue
        currency = currency or own
        if own and own != currency:
            continue
        # Some write a debit balance as a negative amount *and* DBIT; it is negative once.
        debit = balance.text("CdtDbtInd") == "DBIT"
        found.setdefault(code, []).append((-abs(amount) if debit else amount, day_of(balance.at("Dt"))))
    opening = next((found[code][0][0] for code in _OPENING if code in found), None)
    closing, day = next((found[code][-1] for code in _CLOSING if code in found), (None, None))
    return _Balances(opening, closing, currency, day)


READER = Reader("camt", claims)
