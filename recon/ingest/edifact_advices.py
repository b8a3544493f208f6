"""EDIFACT REMADV: one message -> one advice. A DOC is a line; MOA, DTM, RFF and AJT behind it say more of it.

Source: UN/EDIFACT REMADV, directories D.96A to D.01B, code lists 1001, 2005, 5025 and 5465.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from recon.ingest.advices import Advice, Line, day, joined, kept_back, money
from recon.ingest.edifact_segments import Segment

_PAID: Final = ("12", "11")  # remitted, paid
_GROSS: Final = ("9", "77", "39", "38", "128")  # due, invoice amount, invoice total, invoice item, total
_TOTAL: Final = ("12", "11", "139", "86", "128", "9", "77")
_KEPT: Final = ("52", "165", "204")  # discount, adjustment, allowance
_CREDITS: Final = ("81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532")  # credit notes
_PAID_ON: Final = ("138", "203", "209", "97", "137")  # payment, execution, value, transaction, message
_PAYMENT: Final = (
    "PQ",
    "AEK",
    "TN",
    "RA",
)  # payment reference, payment order, transaction, remittance advice
_PAYERS: Final = ("PR", "PL", "BY", "OY", "OB", "MS")  # payer, or the party that orders or sends
_DAY_LENGTH: Final = {"101": 6, "201": 6, "102": 8, "203": 8, "204": 8, "303": 8, "304": 8, "718": 8}

Finding = tuple[int, str, str]  # position, code, what


@dataclass
class _Document:
    """A DOC with what follows it."""

    position: int
    code: str
    doc_no: str
    amounts: dict[str, Decimal] = field(default_factory=dict)
    kept: Decimal = Decimal(0)
    reasons: list[str] = field(default_factory=list)
    extras: dict[str, str] = field(default_factory=dict)
    wrong: bool = False

    def made(self, *, turned: bool) -> Line:
        """As a line; `turned` where credit notes are written without their minus."""
        gross = next((self.amounts[code] for code in _GROSS if code in self.amounts), None)
        paid = next((self.amounts[code] for code in _PAID if code in self.amounts), None)
        if paid is None and gross is not None:
            paid = gross - self.kept
        gross, deduction = kept_back(gross, paid, self.kept or None)
        sign = -1 if turned and self.code in _CREDITS else 1
        kind = "; ".join(dict.fromkeys(self.reasons)) if deduction else ""
        paid, gross, deduction = (
            None if value is None else value * sign for value in (paid, gross, deduction)
        )
        return Line(self.position, self.doc_no, paid, gross, deduction, kind, tuple(self.extras.items()))


@dataclass
class Fold:
    """One message while its segments come in."""

    advice: Advice
    decimal: str
    findings: list[Finding] = field(default_factory=list)
    _documents: list[_Document] = field(default_factory=list)
    _open: _Document | None = None
    _part: str = "head"  # head, document, item (a line of a document), summary
    _totals: dict[str, Decimal] = field(default_factory=dict)
    _days: dict[str, str] = field(default_factory=dict)
    _references: dict[str, str] = field(default_factory=dict)
    _parties: dict[str, str] = field(default_factory=dict)

    def take(self, segment: Segment) -> None:
        """The next segment of the message."""
        handle = getattr(self, f"_on_{segment.name.lower()}", None)
        if handle is not None:
            handle(segment)

    def done(self) -> Advice:
        """The advice. Credit notes without a minus get one where only so the message foots."""
        advice = self.advice
        advice.amount = next((self._totals[code] for code in _TOTAL if code in self._totals), None)
        advice.payer = next((self._parties[code] for code in _PAYERS if code in self._parties), "")
        advice.payment = next((self._references[code] for code in _PAYMENT if code in self._references), "")
        days = (day(self._days[code]) for code in _PAID_ON if code in self._days)
        advice.paid_on = next((found for found in days if found), None)
        documents = [one for one in self._documents if not one.wrong]
        ways = [[one.made(turned=turned) for one in documents] for turned in (False, True)]
        footing = [
            sum((line.paid or Decimal(0) for line in way), Decimal(0)) == advice.amount for way in ways
        ]
        advice.lines = ways[1] if footing == [False, True] else ways[0]
        for line in advice.lines:
            if line.paid is None:
                self.findings.append((line.position, "value-missing", "DOC: no amount says what is paid"))
        return advice

    def _on_bgm(self, segment: Segment) -> None:
        self.advice.own_id = segment.at(1)

    def _on_dtm(self, segment: Segment) -> None:
        text = segment.at(0, 1)[: _DAY_LENGTH.get(segment.at(0, 2), 35)]
        if self._part == "head":
            self._days.setdefault(segment.at(0), text)
        elif self._part == "document" and self._open is not None:
            self._open.extras.setdefault("doc_date", text)

    def _on_rff(self, segment: Segment) -> None:
        if self._part == "head":
            self._references.setdefault(segment.at(0), segment.at(0, 1))
        elif self._part == "document" and self._open is not None:
            said = f"{segment.at(0)} {segment.at(0, 1)}".strip()
            self._open.extras["references"] = joined(self._open.extras.get("references", ""), said)

    def _on_nad(self, segment: Segment) -> None:
        if self._part == "head":
            name = " ".join(segment.parts(3)).strip()
            self._parties.setdefault(segment.at(0), name or segment.at(2) or segment.at(1))

    def _on_cux(self, segment: Segment) -> None:
        currency = segment.at(0, 1).upper()
        if self._part == "head" and len(currency) == 3 and currency.isascii() and currency.isalpha():  # noqa: PLR2004 - ISO
            self.advice.currency = currency

    def _on_doc(self, segment: Segment) -> None:
        self._part = "document"
        self._open = _Document(segment.position, segment.at(0), segment.at(1))
        self._open.extras["doc_kind"] = segment.at(0)
        self._documents.append(self._open)

    def _on_dli(self, _segment: Segment) -> None:
        self._part = "item"  # its amounts are parts of the document's

    def _on_uns(self, _segment: Segment) -> None:
        self._part, self._open = "summary", None

    def _on_ajt(self, segment: Segment) -> None:
        if self._part == "document" and self._open is not None and segment.at(0):
            self._open.reasons.append(segment.at(0))

    def _on_moa(self, segment: Segment) -> None:
        if self._part == "item":
            return
        code, text, currency = segment.at(0), segment.at(0, 1), segment.at(0, 2).upper()
        amount = self._money(text)
        if amount is None:
            if text:
                self._unread(segment)
            return
        if not self.advice.currency and len(currency) == 3 and currency.isascii() and currency.isalpha():  # noqa: PLR2004 - ISO
            self.advice.currency = currency
        if self._open is None:
            self._totals.setdefault(code, amount)
        elif code in _KEPT:
            self._open.kept += amount
            if code == "52":
                self._open.reasons.append("DISC")
        else:
            self._open.amounts.setdefault(code, amount)

    def _unread(self, segment: Segment) -> None:
        """An amount that can't be read: its document would have a wrong sum and is left out."""
        if self._open is None:
            self.findings.append((segment.position, "value-amount", "MOA: the amount can't be read"))
        elif not self._open.wrong:
            self._open.wrong = True
            what = "MOA: the amount can't be read; the document was left out"
            self.findings.append((self._open.position, "value-amount", what))

    def _money(self, text: str) -> Decimal | None:
        """The standard knows no mark for thousands; where a comma stands alone it is the decimal one."""
        if self.decimal == "," or ("," in text and "." not in text):
            text = text.replace(",", ".")
        return money(text)
