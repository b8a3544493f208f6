"""One `:61:` with its `:86:`, one balance: SWIFT's fields as values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from recon.ingest.amounts import WHOLE_MAX
from recon.ingest.bank import Line, minus, reference, unfit
from recon.ingest.grid import clean
from recon.ingest.mt940_text import Details, details
from recon.model import SCALE_MAX

# value date, entry date, mark, funds code, amount, type, references. `RC` takes a credit back, `RD` a debit.
_ENTRY = re.compile(
    r"^\s*(?P<value>\d{6})\s*(?P<entry>\d{4})?\s*(?P<mark>[RE]?[CD])\s*(?P<funds>[A-Z])?\s*"
    r"(?P<amount>\d[\d.,]*|[.,]\d+)\s*(?P<type>[NFS][A-Z0-9]{3}|[NFS][A-Z0-9]{2} )?(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_BALANCE = re.compile(
    r"^\s*(?P<mark>[CD])?\s*(?P<day>\d{6}|null)?\s*(?P<currency>[A-Z]{3}|null)?\s*(?P<amount>[\d.,\s]+)",
    re.IGNORECASE,
)
_PLAIN_NUMBER = re.compile(r"^[0-9]+[,.][0-9]*$")
_IBAN = re.compile(r"^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$")
_CENTURY = 70  # 70-99 are of the last century
_REFERENCE_LENGTH = 16
_HALF_A_YEAR = timedelta(days=183)

Finding = tuple[str, str, str]  # code, what, hint


@dataclass(frozen=True)
class Balance:
    """An opening or closing balance; None where it can't be read."""

    amount: Decimal | None
    currency: str
    day: date | None


def balance(text: str) -> Balance:
    """`C130402EUR1147,95` -> 1147.95 EUR on 2013-04-02."""
    match = _BALANCE.match(text)
    if match is None:
        return Balance(None, "", None)
    amount = number(match["amount"])
    if amount is not None and (match["mark"] or "C").upper() == "D":
        amount = minus(amount)
    currency = (match["currency"] or "").upper().replace("NULL", "")
    return Balance(amount, currency, day(match["day"] or ""))


def number(text: str) -> Decimal | None:
    """`1027,25`, `460,`, `,5`, `1000.12`, `1.234,56`: the last mark is the decimal one."""
    if _PLAIN_NUMBER.match(text):
        return Decimal(text.replace(",", "."))
    bare = re.sub(r"\s", "", text)
    whole, mark, fraction = _split_last(bare)
    digits = re.sub(r"[.,]", "", whole) or "0"
    try:
        return Decimal(f"{digits}.{fraction}" if mark and fraction else digits)
    except InvalidOperation:
        return None


def _short(text: str) -> bool:
    """Whether a number is short enough to be money, by its length alone."""
    return len(text) <= WHOLE_MAX and len(text) - 1 - text.rfind(",") <= SCALE_MAX


def _split_last(text: str) -> tuple[str, str, str]:
    at = max(text.rfind(","), text.rfind("."))
    return (text, "", "") if at < 0 else (text[:at], text[at], text[at + 1 :])


@lru_cache(maxsize=4096)
def day(text: str) -> date | None:
    """YYMMDD as a date; None if there is no such day."""
    if not re.fullmatch(r"\d{6}", text):
        return None
    year = int(text[:2])
    try:
        return date(year + (1900 if year >= _CENTURY else 2000), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _entry_day(text: str | None, value: str, near: date | None) -> date | None:
    """MMDD as a date, in the year that brings it nearest to the value date."""
    if not text:
        return None
    around = day(value) or near
    if around is None:
        return None
    found = []
    for year in (around.year - 1, around.year, around.year + 1):
        try:
            found.append(date(year, int(text[:2]), int(text[2:])))
        except ValueError:
            continue
    nearest = min(found, key=lambda candidate: abs(candidate - around), default=None)
    return nearest if nearest and abs(nearest - around) <= _HALF_A_YEAR else None


def account(text: str, currency: str) -> str:
    """An account without the blanks of an IBAN, and without the currency that some banks write behind it."""
    plain = clean(text)
    if currency and plain.endswith(currency) and len(plain) > len(currency):
        plain = plain[: -len(currency)].rstrip()
    compact = plain.replace(" ", "")
    return compact if _IBAN.match(compact) else plain


def dated(entry: str) -> bool:
    """Whether an entry's value date can be read, so that its statement's day does not matter."""
    return day(entry[:6]) is not None


def read(
    entry: Sequence[str], texts: Sequence[Sequence[str]], position: int, fallback: date | None
) -> tuple[Line | None, list[Finding]]:
    """One bank line, and what was wrong with it; None if it is none.

    Args:
        entry: the lines of `:61:`; those behind the first are supplementary details.
        texts: the lines of each `:86:` that follows.
        position: where it stands.
        fallback: the statement's day, taken where the entry has no day that exists.
    """
    match = _ENTRY.match(entry[0])
    if match is None:
        return None, [
            ("entry-unread", "this :61: can't be read and was left out", "look at its date, mark and amount")
        ]
    value_text, entry_text, mark, _, amount_text, kind, rest = match.groups()
    mark = mark.upper()
    if mark.startswith("E"):
        return None, [("entry-unbooked", "the entry is only expected, not booked; it was left out", "")]
    amount = number(amount_text)
    wrong = None if amount is None or _short(amount_text) else unfit(amount)
    if amount is None or wrong:
        return None, [
            wrong or ("value-amount", "the amount can't be read; the entry was left out", "look at the entry")
        ]
    findings: list[Finding] = []
    value = day(value_text)
    booking = _entry_day(entry_text, value_text, fallback) or value
    if value is None:
        taken = "" if booking else f"; the statement's day {fallback} is taken" if fallback else ""
        findings.append(("value-date", f"the value date is no day of the calendar{taken}", "ask the bank"))
    booking = booking or fallback
    if booking is None:
        return None, [
            ("entry-unread", "the entry has no day that exists, nor has its statement; it was left out", "")
        ]
    signed = amount if mark in ("C", "RD") else -amount
    said = details(texts)
    return _line(
        position, (booking, value, signed), (kind, rest), entry[1:], said, reversal=mark[0] == "R"
    ), findings


def _line(
    position: int,
    money: tuple[date, date | None, Decimal],
    behind: tuple[str | None, str],
    supplement: Sequence[str],
    said: Details,
    *,
    reversal: bool,
) -> Line:
    booking, value, amount = money
    kind, rest = behind
    own, _, bank = rest.partition("//")
    own_reference = own[:_REFERENCE_LENGTH]
    # ING's transaction code is in the supplement; it is no text of the payer.
    more = [own[_REFERENCE_LENGTH:], *(text for text in supplement if not text.lstrip().startswith("/TRCD/"))]
    other = said.account
    if not other:
        for index, text in enumerate(more):
            if not text:
                continue
            plain = "".join(text.split())
            if _IBAN.match(plain):
                other, more[index] = plain, ""
    references = [reference(said.reference), reference(clean(own_reference))]
    kept = references[0] or references[1]
    narrative = [said.narrative, *more] + ([references[1]] if references[1] != kept else [])
    code = (kind or "").strip().upper()
    extras = (("bank_reference", clean(bank)), ("booking_text", said.booking_text), ("details", said.raw))
    return Line(
        position,
        booking,
        value,
        amount,
        f"RETURN {code}".strip() if reversal or said.returned else code,
        said.name,
        other,
        kept,
        clean(" ".join(filter(None, narrative))),
        "",
        tuple(extra for extra in extras if extra[1]),
    )
