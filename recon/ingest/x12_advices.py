"""X12 820 and 835: transaction sets -> advices. An RMR (or RMT of old versions) is a line, a CLP is a line.

Sources: X12 820 Payment Order/Remittance Advice (003010 to 005010, with TR3 X218 and X306), X12 835 Health Care Claim
Payment/Advice (004010X091A1, 005010X221A1). Names of patients and subscribers are not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from recon.ingest.advices import Advice, Line, day, joined, kept_back, money, number
from recon.ingest.x12_segments import Segment

CURRENCY: Final = "USD"  # of a set that says none
_DOCUMENTS: Final = (
    "IV",
    "CM",
    "DM",
    "CN",
    "PO",
    "IK",
    "R7",
)  # what an RMT says is paid; the rest are its parts
_PAYERS: Final = ("PR", "RM")  # payer; remitter, where no payer is named

Finding = tuple[int, str, str]  # position, code, what


@dataclass
class _Line:
    """A line with what follows it."""

    segment: Segment
    doc_no: str
    paid: Decimal | None
    gross: Decimal | None = None
    discount: Decimal | None = None
    adjusted: Decimal = Decimal(0)  # signed: what it adds to the payment
    reasons: list[str] = field(default_factory=list)
    extras: dict[str, str] = field(default_factory=dict)

    def made(self, *, apart: bool) -> Line:
        """As a line of an advice; `apart` where its adjustments are not in what it says is paid."""
        paid = self.paid + self.adjusted if apart and self.paid is not None else self.paid
        before = self.paid if apart and self.adjusted and self.gross is None else self.gross
        stated = self.discount if self.discount is not None else -self.adjusted or None
        gross, deduction = kept_back(before, paid, stated)
        kind = "; ".join(dict.fromkeys(self.reasons)) if deduction else ""
        return Line(
            self.segment.position, self.doc_no, paid, gross, deduction, kind, tuple(self.extras.items())
        )


@dataclass
class Fold:
    """One transaction set while its segments come in."""

    advice: Advice
    findings: list[Finding] = field(default_factory=list)
    _lines: list[_Line] = field(default_factory=list)
    _open: _Line | None = None
    _apart: Decimal = Decimal(0)
    _payers: dict[str, str] = field(default_factory=dict)
    _detail: bool = False

    def take(self, segment: Segment) -> None:
        """The next segment of the set."""
        handle = getattr(self, f"_on_{segment.name.lower()}", None)
        if handle is not None:
            handle(segment)

    def done(self) -> Advice:
        """The advice. Whether adjustments are in the amounts of the lines is told by which of the two foots."""
        advice = self.advice
        advice.payer = next((self._payers[code] for code in _PAYERS if code in self._payers), "")
        paid = sum((line.paid for line in self._lines if line.paid is not None), Decimal(0))
        adjusted = sum((line.adjusted for line in self._lines), Decimal(0))
        apart = bool(adjusted) and advice.amount is not None and paid + self._apart != advice.amount
        apart = apart and paid + adjusted + self._apart == advice.amount
        advice.lines = [line.made(apart=apart) for line in self._lines]
        # Adjustments of no document that the lines foot without are in their amounts already.
        within = (
            advice.amount is not None
            and sum((one.paid or Decimal(0) for one in advice.lines), Decimal(0)) == advice.amount
        )
        advice.apart = Decimal(0) if within else self._apart
        return advice

    def _money(self, segment: Segment, index: int, name: str) -> tuple[bool, Decimal | None]:
        """An amount, and whether the line can be kept: empty is none, what can't be read would make a wrong sum."""
        text = segment.at(index)
        found = money(text) if text else None
        if text and found is None:
            what = f"{segment.name}: the {name} can't be read; the line was left out"
            self.findings.append((segment.position, "value-amount", what))
            return False, None
        return True, found

    def _on_bpr(self, segment: Segment) -> None:
        self.advice.amount = money(segment.at(2))
        if self.advice.amount is None:
            self.findings.append(
                (segment.position, "value-amount", "the amount of the payment can't be read")
            )
        self.advice.paid_on = day(segment.at(16)) or self.advice.paid_on

    def _on_bps(self, segment: Segment) -> None:
        self.advice.amount = money(segment.at(2))
        days = [found for found in (day(cell) for cell in segment.elements[4:]) if found]
        self.advice.paid_on = days[-1] if days else None

    def _on_trn(self, segment: Segment) -> None:
        if not self._lines and not self.advice.payment:
            self.advice.payment = self.advice.own_id = segment.at(2)

    def _on_cur(self, segment: Segment) -> None:
        currency = segment.at(2).upper()
        if not self._lines and len(currency) == 3 and currency.isascii() and currency.isalpha():  # noqa: PLR2004 - ISO
            self.advice.currency = currency

    def _on_n1(self, segment: Segment) -> None:
        if not self._detail:
            self._payers.setdefault(segment.at(1), segment.at(2))

    def _on_dtm(self, segment: Segment) -> None:
        if self._open is not None:
            self._open.extras.setdefault("doc_date", segment.at(2) or segment.at(6))
        elif segment.at(1) in ("097", "195", "234"):
            self.advice.paid_on = self.advice.paid_on or day(segment.at(2))

    def _on_ref(self, segment: Segment) -> None:
        if self._open is not None and self._open.segment.name != "CLP":
            said = f"{segment.at(1)} {segment.at(2)}".strip()
            self._open.extras["references"] = joined(self._open.extras.get("references", ""), said)

    def _on_ent(self, _segment: Segment) -> None:
        self._detail, self._open = True, None

    def _on_lx(self, _segment: Segment) -> None:
        self._detail, self._open = True, None

    def _on_rmr(self, segment: Segment) -> None:
        self._detail, self._open = True, None
        read = [
            self._money(segment, index, name)
            for index, name in ((4, "paid amount"), (5, "amount"), (6, "discount"))
        ]
        if not all(fine for fine, _ in read):
            return
        (_, paid), (_, gross), (_, discount) = read
        if paid is None:
            what = "RMR: the line does not say what is paid"
            self.findings.append((segment.position, "value-missing", what))
        self._open = _Line(segment, segment.at(2), paid, gross, discount)
        self._open.extras["doc_kind"] = segment.at(1)
        if discount:
            self._open.reasons.append("DISC")
        if segment.at(7):
            self._open.reasons.append(segment.at(7))
        self._lines.append(self._open)

    def _on_rmt(self, segment: Segment) -> None:
        """The RMR of version 003010: its parts (IX) are told apart by the qualifier."""
        self._open = None
        if segment.at(1) not in _DOCUMENTS:
            return
        self._detail = True
        read = [self._money(segment, index, name) for index, name in ((3, "paid amount"), (4, "amount"))]
        if all(fine for fine, _ in read):
            self._open = _Line(segment, segment.at(2), read[0][1], read[1][1])
            self._open.extras["doc_kind"] = segment.at(1)
            self._lines.append(self._open)

    def _on_adx(self, segment: Segment) -> None:
        amount = money(segment.at(1))
        if amount is None:
            self.findings.append((segment.position, "value-amount", "ADX: the adjustment can't be read"))
        elif self._open is None:
            self._apart += amount
        else:
            self._open.adjusted += amount
            self._open.reasons.append(segment.at(2))

    def _on_clp(self, segment: Segment) -> None:
        self._detail, self._open = True, None
        read = [self._money(segment, index, name) for index, name in ((4, "paid amount"), (3, "charge"))]
        if not all(fine for fine, _ in read):
            return
        self._open = _Line(segment, segment.at(1), read[0][1], read[1][1])
        if read[0][1] is None:
            self.findings.append(
                (segment.position, "value-missing", "CLP: the claim does not say what is paid")
            )
        named = (("claim_status", 2), ("patient_part", 5), ("payer_claim", 7))
        self._open.extras |= {name: segment.at(index) for name, index in named if segment.at(index)}
        self._lines.append(self._open)

    def _on_cas(self, segment: Segment) -> None:
        """Reasons of a claim or its services: the group, and up to six reasons with their amounts."""
        if self._open is not None:
            reasons = (segment.at(index) for index in range(2, len(segment.elements), 3))
            self._open.reasons += [f"{segment.at(1)}-{reason}" for reason in reasons if reason]

    def _on_plb(self, segment: Segment) -> None:
        """Adjustments of the provider: what is positive lowers the payment."""
        self._open = None
        amounts: Sequence[Decimal | None] = [
            number(segment.at(index)) for index in range(4, len(segment.elements), 2)
        ]
        self._apart -= sum((amount for amount in amounts if amount is not None), Decimal(0))
