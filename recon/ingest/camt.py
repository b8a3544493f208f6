"""camt.053, and camt.052 and camt.054 by the same parser: ISO 20022 statements, reports and notifications.

Streamed: a statement of several 100 MB is never in memory as a tree. Names count without their namespaces, so that
all versions and envelopes are read alike. A transaction (TxDtls), or the entry where it has none, is a row.
Source: ISO 20022 message definitions camt.052/053/054, and the versions that banks really send (001.01 to 001.14).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final

import polars as pl

from recon.ingest import camt_advices, camt_entry, columnar, finish, xml
from recon.ingest.bank import Lines, Page, assemble, minus
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
    """A statement while its entries come in: how many so far, which of its lines have no day."""

    number: int = 0
    entries: int = 0
    lines: int = 0
    currency: str = ""  # of the first line
    undated: list[int] = field(default_factory=list)  # where they are
    problems: list[Problem] = field(default_factory=list)


@dataclass
class _File:
    """What was read so far. A statement's day is that of its lines that have none."""

    pages: list[Page] = field(default_factory=list)
    days: list[date | None] = field(default_factory=list)
    lines: Lines = field(default_factory=Lines)
    problems: list[Problem] = field(default_factory=list)

    def dated(self) -> pl.DataFrame:
        """The lines, each with a day; those that have none, nor has their statement, are gone (and were told)."""
        lines = self.lines.frame()
        bare = lines["booking_date"] == camt_entry.NO_DAY
        if not bare.any():
            return lines
        days = columnar.of_heads(lines, "booking_date", self.days, pl.Date())
        day = pl.when(pl.col("booking_date") != camt_entry.NO_DAY).then("booking_date").otherwise(days)
        return lines.with_columns(day.alias("booking_date")).filter(pl.col("booking_date").is_not_null())


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
        found = _pages(xml.parts(source, SHAPE), source)
    except xml.Unsure:
        found = _pages(xml.parts_carefully(source, SHAPE), source)
    table, statements, more = assemble(source, found.pages, found.dated(), request.currency_default)
    return finish.reading(
        source, form, "", Kind.BANK, table=table, statements=statements, problems=[*found.problems, *more]
    )


def _pages(parts: Iterable[xml.Part], source: Source) -> _File:
    file = _File()
    current = _Open()
    made: date | None = None
    for part in parts:
        if part.name == "GrpHdr":
            made = day_of(part.node.at("CreDtTm"))
        elif part.name == "Ntry":
            _entry(part, current, file.lines, source)
        else:
            page, day = _page(part.node, part.line, made, current, source)
            file.pages.append(page)
            file.days.append(day)
            file.problems += current.problems
            current = _Open(len(file.pages))
    return file


def _entry(part: xml.Part, current: _Open, lines: Lines, source: Source) -> None:
    current.entries += 1
    made, found = camt_entry.read(part.node, part.line)
    if made and not current.lines:
        current.currency = made[0].currency
    current.lines += len(made)
    current.undated += [line.position for line in made if line.booking_date == camt_entry.NO_DAY]
    for line in made:
        lines.add(current.number, line)
    current.problems += [
        Problem(code, source.at(part.line), f"entry {current.entries}: {what}", hint)
        for code, what, hint in found
    ]


def _page(
    statement: Node, position: int, made: date | None, current: _Open, source: Source
) -> tuple[Page, date | None]:
    account = statement.at("Acct") or EMPTY
    number = " ".join(part for part in (statement.text("Id"), statement.text("ElctrncSeqNb")) if part)
    balances = _balances(statement, account.text("Ccy").upper())
    day = _day(statement, balances.day) or made
    _tell_undated(current, day, source, position)
    page = Page(
        position=position,
        account=account_of(account),
        number=number,
        currency=balances.currency or current.currency,
        opening=balances.opening,
        closing=balances.closing,
    )
    return page, day


def _tell_undated(current: _Open, fallback: date | None, source: Source, position: int) -> None:
    """Lines without a day of their own get the statement's, and that is said."""
    if not current.undated:
        return
    if fallback is None:
        what = "the entry has no booking date, nor has its statement a date; it was left out"
        current.problems += [
            Problem("entry-unread", source.at(at), what, "ask the bank") for at in current.undated
        ]
        return
    what = f"entries without a booking date: {len(current.undated)}; the statement's day {fallback} is taken"
    current.problems.append(
        Problem("value-date", source.at(position), what, "ask the bank for dated entries")
    )


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
        found.setdefault(code, []).append((minus(amount) if debit else amount, day_of(balance.at("Dt"))))
    opening = next((found[code][0][0] for code in _OPENING if code in found), None)
    closing, day = next((found[code][-1] for code in _CLOSING if code in found), (None, None))
    return _Balances(opening, closing, currency, day)


READER = Reader("camt", claims)
