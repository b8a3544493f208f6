"""Parts that ISO 20022 messages share: amounts, days, parties, accounts, and structured remittances (Strd).

Source: ISO 20022 message components RemittanceInformation, StructuredRemittanceInformation and RemittanceAmount, in
their versions from 2006 (DuePyblAmt, RmtdAmt, ...) to that with typed amounts (RmtAmtAndTp).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from recon.ingest.advices import Line, joined, kept_back
from recon.ingest.bank import minus, unfit
from recon.ingest.grid import clean
from recon.ingest.xml import EMPTY, Node

_NUMBER: Final = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)$")
_CREDIT: Final = "CREN"  # a credit note
# What typed amounts are called: codes, and words of those that make up their own.
_TYPES: Final = (
    ("credit", re.compile(r"^(CREN|CDTN)$|credit", re.IGNORECASE)),
    ("kept", re.compile(r"^(DISC|DSCT)$|discount", re.IGNORECASE)),
    ("tax", re.compile(r"^TAX|tax", re.IGNORECASE)),
    ("paid", re.compile(r"^(REMI|RMTD)$|remit|paid", re.IGNORECASE)),
    ("due", re.compile(r"^DUPA$|due|gross", re.IGNORECASE)),
)

Finding = tuple[int, str, str]  # position, code, what


def amount_of(node: Node | None) -> Decimal | None:
    """An amount; None where it is missing or no number."""
    plain = clean(node.own) if node is not None else ""
    return Decimal(plain) if _NUMBER.match(plain) else None


def day_of(node: Node | None) -> date | None:
    """A date out of Dt or DtTm within the element, or out of its own text; zones are cut off."""
    if node is None:
        return None
    plain = node.text("Dt") or node.text("DtTm") or clean(node.own)
    try:
        return date.fromisoformat(plain[:10])
    except ValueError:
        return None


def account(node: Node | None) -> str:
    """IBAN, or the other number of an account."""
    return "" if node is None else node.text("Id/IBAN").replace(" ", "") or node.text("Id/Othr/Id")


def party_name(parties: Node, side: str) -> str:
    """A party's name; newer versions put another element round it."""
    return parties.text(f"{side}/Nm") or parties.text(f"{side}/Pty/Nm")


def structured_texts(told: Sequence[Node]) -> Iterator[str]:
    """Document numbers, creditor references and notes of structured remittance information."""
    for part in told:
        words = [document.text("Nb") for document in part.all("RfrdDocInf")]
        words += [part.text("CdtrRefInf/Ref"), part.text("CdtrRefInf/CdtrRef")]
        words += [clean(line.own) for line in part.all("AddtlRmtInf")]
        yield from (word for word in words if word)


def remitted(told: Sequence[Node]) -> Iterator[str]:
    """What is said to be paid for each document: `INV-1 100.00`, a credit note `CN-2 -20.00`."""
    for part in told:
        number = part.text("RfrdDocInf/Nb") or part.text("CdtrRefInf/Ref")
        amount = amount_of(part.at("RfrdDocAmt/RmtdAmt"))
        credit = amount_of(part.at("RfrdDocAmt/CdtNoteAmt"))
        if amount is not None:
            yield f"{number} {amount}".strip()
        elif credit is not None:
            yield f"{number} {minus(credit)}".strip()


@dataclass
class _Amounts:
    """The amounts of a document, however the version says them."""

    due: Decimal | None = None
    paid: Decimal | None = None
    credit: Decimal | None = None
    tax: Decimal | None = None
    kept: Decimal = Decimal(0)
    reasons: list[str] = field(default_factory=list)
    currency: str = ""
    wrong: bool = False
    is_credit: bool = False  # the document is a credit note

    def take(self, kind: str, node: Node | None, reason: str = "") -> None:
        """An amount of that kind, if the element is there."""
        if node is None:
            return
        amount = amount_of(node)
        if amount is None or unfit(amount):
            self.wrong = True
            return
        self.currency = self.currency or node.currency
        if kind == "kept":
            self.kept += amount
            self.reasons.append(reason)
        elif getattr(self, kind) is None:
            setattr(self, kind, amount)

    def paid_for(self) -> Decimal | None:
        """What is paid; a credit note is taken off."""
        if self.paid is not None:
            return self.paid
        if self.credit is not None and (self.due is None or self.is_credit):
            return minus(self.credit)
        # A credit note within an invoice's amounts is taken off what is due.
        return None if self.due is None else self.due - self.kept - abs(self.credit or Decimal(0))


def documents(part: Node, position: int) -> tuple[list[Line], str, list[Finding]]:
    """The documents of one Strd as lines, their currency, and what was wrong.

    One amount for several documents is of none of them: the lines have no amount, and it is told.
    """
    told = part.all("RfrdDocInf")
    numbers = [document.text("Nb") for document in told if document.text("Nb")]
    numbers = numbers or [part.text("CdtrRefInf/Ref") or part.text("CdtrRefInf/CdtrRef")]
    amounts = _amounts(part.at("RfrdDocAmt") or EMPTY)
    first = told[0] if told else EMPTY
    kind = first.text("Tp/CdOrPrtry/Cd") or first.text("Tp/CdOrPrtry/Prtry") or first.text("Tp/Cd")
    day = day_of(first.at("RltdDt"))
    notes = ""
    for note in part.all("AddtlRmtInf"):
        notes = joined(notes, clean(note.own))
    said = (("doc_kind", kind), ("doc_date", day.isoformat() if day else ""), ("notes", notes))
    extras = tuple((name, text) for name, text in said if text)
    if amounts.wrong:
        what = "an amount of the document can't be read; it was left out"
        return [], "", [(position, "value-amount", what)]
    amounts.is_credit = kind == _CREDIT
    paid = amounts.paid_for()
    if len(numbers) > 1:
        findings = []
        if paid is not None:
            what = f"{paid} {amounts.currency} is paid for {len(numbers)} documents together, for each is not said"
            findings = [(position, "value-missing", what)]
        return [Line(position, number, None, extras=extras) for number in numbers], amounts.currency, findings
    if not numbers[0] and paid is None:
        return [], "", []  # a note or a party, no document
    gross, kept = kept_back(amounts.due, paid, amounts.kept)
    reasons = [*amounts.reasons, *(["TAX"] if amounts.tax and kept == amounts.kept + amounts.tax else [])]
    if amounts.credit and amounts.due is not None and amounts.paid is None and not amounts.is_credit:
        reasons.append(_CREDIT)
    line = Line(
        position, numbers[0], paid, gross, kept, "; ".join(filter(None, reasons)) if kept else "", extras
    )
    return [line], amounts.currency, []


def _amounts(node: Node) -> _Amounts:
    made = _Amounts()
    for kind, path in (("due", "DuePyblAmt"), ("paid", "RmtdAmt"), ("credit", "CdtNoteAmt")):
        made.take(kind, node.at(path))
    for one in node.all("DscntApldAmt"):
        made.take("kept", one.at("Amt") or one, "DISC")
    for one in node.all("TaxAmt"):
        made.take("tax", one.at("Amt") or one)
    typed = node.all("RmtAmtAndTp")
    for one in typed:
        called = one.text("Tp/Cd") or one.text("Tp/Prtry")
        found = next(
            (kind for kind, words in _TYPES if words.search(called)), "paid" if len(typed) == 1 else ""
        )
        if found:
            made.take(found, one.at("Amt"), "DISC")
    for one in node.all("AdjstmntAmtAndRsn"):
        amount = amount_of(one.at("Amt"))
        if amount is None or unfit(amount):
            made.wrong = True
            continue
        made.kept += -amount if one.text("CdtDbtInd") == "CRDT" else amount
        made.reasons.append(one.text("Rsn")[:35])
    return made


def _negative(line: Line) -> Line:
    """A credit note's amounts with a minus: gross less deduction is still what is paid."""
    assert line.paid is not None
    gross = None if line.gross is None else minus(line.gross)
    kept = None if line.deduction is None else -line.deduction
    return line._replace(paid=-line.paid, gross=gross, deduction=kept if gross is None else gross + line.paid)


def turned(lines: Sequence[Line], amount: Decimal | None) -> list[Line]:
    """Credit notes without a minus get one where only so the lines add up to the payment."""
    made = [
        _negative(line)
        if line.paid is not None and line.paid > 0 and ("doc_kind", _CREDIT) in line.extras
        else line
        for line in lines
    ]

    def total(way: Sequence[Line]) -> Decimal:
        return sum((line.paid or Decimal(0) for line in way), Decimal(0))

    return made if amount is not None and total(lines) != amount == total(made) else list(lines)
