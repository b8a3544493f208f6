"""remt.001, ISO 20022 remittance advices: all versions, in an envelope or not, several advices in a message.

Streamed as camt is. A document (Strd) is a row, a RmtInf with its original payment an advice.
Source: ISO 20022 message definition RemittanceAdvice, remt.001.001.01 to 06.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from recon.ingest import finish, iso20022, xml
from recon.ingest.advices import Advice, Advices, Line
from recon.ingest.bank import reference, unfit
from recon.ingest.iso20022 import amount_of, day_of, party_name
from recon.ingest.source import Claim, Reader, Request, Source
from recon.ingest.xml import EMPTY, Node
from recon.model import Kind, Reading
from recon.problems import Problem

_ROOT: Final = re.compile(rb"<(?:[\w.-]+:)?RmtAdvc[\s>/]")
_SHAPE: Final = xml.Shape("RmtAdvc", "GrpHdr", ("RmtInf",), "Strd")
_NUMBERS: Final = ("EndToEndId", "TxId", "InstrId", "PmtInfId", "UETR")
_AMOUNTS: Final = ("Amt/InstdAmt", "Amt/EqvtAmt/Amt", "Amt")
_DAYS: Final = ("ReqdExctnDt", "IntrBkSttlmDt", "ReqdColltnDt")
_PAYERS: Final = ("Dbtr", "UltmtDbtr", "InitgPty")


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the file is a remittance advice."""
    if request.profile or _ROOT.search(xml.prolog(source)) is None:
        return []
    return [Claim("", Kind.REMITTANCE, partial(_read, source, request))]


@dataclass
class _Walk:
    """A message on its way to advices."""

    source: Source
    currency: str  # where the message says none
    message: str = ""
    sender: str = ""
    advices: Advices = field(default_factory=Advices)
    problems: list[Problem] = field(default_factory=list)
    _lines: list[Line] = field(default_factory=list)
    _currencies: list[str] = field(default_factory=list)

    def through(self, parts: Iterable[xml.Part]) -> None:
        """All parts of the message; documents come before the advice that they are of."""
        for part in parts:
            if part.name == "GrpHdr":
                self.message = part.node.text("MsgId")
                self.sender = party_name(part.node, "InitgPty")
            elif part.name == "Strd":
                lines, currency, findings = iso20022.documents(part.node, part.line)
                self._lines += lines
                self._currencies += [currency] * len(lines)
                self.problems += [Problem(code, self.source.at(at), what) for at, code, what in findings]
            else:
                self._advice(part.node, part.line)

    def _advice(self, node: Node, position: int) -> None:
        paid = node.at("OrgnlPmtInf") or EMPTY
        refs = paid.at("Refs") or EMPTY
        number = next((text for text in (reference(refs.text(name)) for name in _NUMBERS) if text), "")
        amounts = (paid.at(path) or EMPTY for path in _AMOUNTS)
        money = next((one for one in amounts if amount_of(one) is not None), EMPTY)
        amount = amount_of(money)
        if amount is not None and unfit(amount):
            what = "the payment's amount is none that money can be; it is left empty"
            self.problems.append(Problem("value-amount", self.source.at(position), what))
            amount = None
        currency = money.currency or next(filter(None, self._currencies), "") or self.currency
        spare = f"{self.message or self.source.digest[:12]}-{len(self.advices) + 1}"
        made = Advice(position, node.text("RmtId") or number, spare, currency, amount=amount, payment=number)
        made.payer = (
            next((name for name in (party_name(paid, side) for side in _PAYERS) if name), "") or self.sender
        )
        made.paid_on = next((day for day in (day_of(paid.at(path)) for path in _DAYS) if day), None)
        made.lines = iso20022.turned(self._in(currency), amount)
        if not made.lines:
            what = "the advice names no document in a structured way; nothing of it is a row"
            self.problems.append(
                Problem("value-missing", self.source.at(position), what, "ask the payer for the list")
            )
        self.advices.add(made)
        self._lines, self._currencies = [], []

    def _in(self, currency: str) -> list[Line]:
        """The documents; the amounts of those in another currency than the payment's are left empty."""
        lines = []
        for line, own in zip(self._lines, self._currencies, strict=True):
            if own in ("", currency):
                lines.append(line)
                continue
            what = f"the document is paid in {own[:3]}, the payment is in {currency[:3]}; its amounts are left empty"
            self.problems.append(
                Problem("value-missing", self.source.at(line.position), what, "post it by hand")
            )
            lines.append(line._replace(paid=None, gross=None, deduction=None, deduction_type=""))
        return lines


def _read(source: Source, request: Request) -> Reading:
    walk = _Walk(source, request.currency_default)
    try:
        walk.through(xml.parts(source, _SHAPE))
    except xml.Unsure:
        walk = _Walk(source, request.currency_default)
        walk.through(xml.parts_carefully(source, _SHAPE))
    table, problems = walk.advices.table(source)
    found = [*walk.problems, *problems]
    return finish.reading(source, "remt.001", "", Kind.REMITTANCE, table=table, statements=(), problems=found)


READER = Reader("remt", claims)
