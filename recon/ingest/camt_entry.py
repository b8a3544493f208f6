"""One camt entry (Ntry) with its transactions (TxDtls) as bank lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from lxml import etree

from recon.ingest.bank import Line, reference, unfit
from recon.ingest.grid import clean
from recon.ingest.xml import local

NO_DAY: Final = date.min  # an entry without dates, until its statement says one
_NUMBER = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)$")

Finding = tuple[str, str, str]  # code, what, hint


def child(element: etree._Element | None, name: str) -> etree._Element | None:
    """The first child of that name, whatever its namespace."""
    return next(children(element, name), None)


def children(element: etree._Element | None, name: str) -> Iterator[etree._Element]:
    """All children of that name."""
    if element is not None:
        yield from (part for part in element if local(part) == name)


def at(element: etree._Element | None, path: str) -> etree._Element | None:
    """The first element along a path of names (`RltdPties/Dbtr/Nm`)."""
    for name in path.split("/"):
        element = child(element, name)
    return element


def text(element: etree._Element | None, path: str) -> str:
    """The text along a path; "" if there is none."""
    found = at(element, path)
    return clean(found.text or "") if found is not None else ""


def amount_of(element: etree._Element | None) -> tuple[Decimal | None, str]:
    """An amount and its currency; None where it is missing or no number."""
    if element is None:
        return None, ""
    plain = clean(element.text or "")
    try:
        amount = Decimal(plain) if _NUMBER.match(plain) else None
    except InvalidOperation:
        amount = None
    return amount, (element.get("Ccy") or "").upper()


def day_of(element: etree._Element | None) -> date | None:
    """A date out of Dt or DtTm within the element, or out of its own text; zones are cut off."""
    if element is None:
        return None
    plain = text(element, "Dt") or text(element, "DtTm") or clean(element.text or "")
    try:
        return date.fromisoformat(plain[:10])
    except ValueError:
        return None


def on(line: Line, day: date) -> Line:
    """The line on another booking date."""
    return replace(line, booking_date=day)


def account(element: etree._Element | None) -> str:
    """IBAN, or the other number of an account."""
    return text(element, "Id/IBAN").replace(" ", "") or text(element, "Id/Othr/Id")


def read(entry: etree._Element, position: int) -> tuple[list[Line], list[Finding]]:
    """The lines of an entry, and what was wrong: one for each transaction, or one for the entry."""
    status = text(entry, "Sts/Cd") or text(entry, "Sts")
    amount, currency = amount_of(child(entry, "Amt"))
    if status not in ("", "BOOK"):
        sum_text = f"{amount} {currency}".strip()
        return [], [("entry-unbooked", f"status {status[:10]}, not booked: {sum_text} was left out", "")]
    if amount is None:
        return [], [("entry-unread", "the amount can't be read; the entry was left out", "look at the entry")]
    mark = text(entry, "CdtDbtInd")
    if mark not in ("CRDT", "DBIT"):
        return [], [
            ("entry-unread", "the entry does not say credit or debit; it was left out", "look at the entry")
        ]
    signed = -abs(amount) if mark == "DBIT" else amount
    details = [part for group in children(entry, "NtryDtls") for part in children(group, "TxDtls")]
    parts, findings = _split(details, signed, currency)
    lines = []
    for transactions, part in parts:
        wrong = unfit(part)
        if wrong:
            findings.append(wrong)
        else:
            lines.append(_line(entry, transactions, part, currency, position))
    return lines, findings


def _split(
    details: Sequence[etree._Element], signed: Decimal, currency: str
) -> tuple[list[tuple[list[etree._Element], Decimal]], list[Finding]]:
    """The entry's amount over its transactions.

    One transaction is the entry. Several have amounts of their own: those that add up to the entry, if any do,
    else those that are there, with a finding. Where one has none the entry stays whole, with all their texts.
    """
    if len(details) <= 1:
        return [(list(details), signed)], []
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        amounts = [_own(part, path, signed, currency) for part in details]
        known = [amount for amount in amounts if amount is not None]
        if len(known) == len(details) and sum(known) == signed:
            return [([part], amount) for part, amount in zip(details, known, strict=True)], []
    either = [
        _own(part, "Amt", signed, currency) or _own(part, "AmtDtls/TxAmt/Amt", signed, currency)
        for part in details
    ]
    known = [amount for amount in either if amount is not None]
    if len(known) < len(details):
        what = (
            f"{len(details)} transactions, not all with an amount: taken as one line of {signed} {currency}"
        )
        return [(list(details), signed)], [("batch-total", what, "ask the bank for the batch in detail")]
    what = f"its {len(details)} transactions add up to {sum(known)}, the entry is {signed} {currency}"
    hint = "charges or foreign amounts may be the reason; the statement's control shows the difference"
    return [([part], amount) for part, amount in zip(details, known, strict=True)], [
        ("batch-total", what, hint)
    ]


def _own(part: etree._Element, path: str, entry: Decimal, currency: str) -> Decimal | None:
    """A transaction's amount in the entry's currency, with its own sign or the entry's."""
    amount, own = amount_of(at(part, path))
    if amount is None or (own and currency and own != currency):
        return None
    mark = text(part, "CdtDbtInd")
    debit = mark == "DBIT" if mark in ("CRDT", "DBIT") else entry < 0
    return -abs(amount) if debit else amount


def _line(
    entry: etree._Element,
    transactions: Sequence[etree._Element],
    amount: Decimal,
    currency: str,
    position: int,
) -> Line:
    first = transactions[0] if transactions else None
    returned = text(entry, "RvslInd").lower() in ("true", "1") or any(
        child(part, "RtrInf") is not None for part in transactions
    )
    # Of a return, the other side is the one of the payment that came back.
    inward = (amount >= 0) != returned
    name, other = _party(first, inward=inward)
    if not name and not other:
        name, other = _party(first, inward=not inward)
    own = reference(text(first, "Refs/EndToEndId"))
    structured = [word for part in transactions for word in _structured(part)]
    kept = own or (reference(structured[0]) if structured else "")
    free = [
        clean(line.text or "") for part in transactions for line in children(child(part, "RmtInf"), "Ustrd")
    ]
    other_words = [text(part, "AddtlTxInf") for part in transactions] + [text(entry, "AddtlNtryInf")]
    booking, value = day_of(child(entry, "BookgDt")), day_of(child(entry, "ValDt"))
    code = _code(child(first, "BkTxCd")) or _code(child(entry, "BkTxCd"))
    ultimate = text(first, f"RltdPties/{'UltmtDbtr' if inward else 'UltmtCdtr'}/Nm") or text(
        first, f"RltdPties/{'UltmtDbtr' if inward else 'UltmtCdtr'}/Pty/Nm"
    )
    extras = [
        ("bank_reference", text(first, "Refs/AcctSvcrRef") or text(entry, "AcctSvcrRef")),
        ("ultimate_party", ultimate if ultimate != name else ""),
        ("mandate", text(first, "Refs/MndtId")),
        ("remitted", "; ".join(word for part in transactions for word in _remitted(part))),
    ]
    return Line(
        position=position,
        booking_date=booking or value or NO_DAY,
        value_date=value,
        amount=amount,
        type=f"RETURN {code}".strip() if returned else code,
        counterparty=name or ultimate,
        counterparty_account=other,
        reference=kept,
        narrative=" ".join(dict.fromkeys(word for word in [*structured, *free, *other_words] if word)),
        currency=currency,
        extras=tuple((label, word) for label, word in extras if word),
    )


def _party(details: etree._Element | None, *, inward: bool) -> tuple[str, str]:
    """Name and account of the debtor (money in) or the creditor (money out); both forms of parties."""
    side = "Dbtr" if inward else "Cdtr"
    parties = child(details, "RltdPties")
    name = text(parties, f"{side}/Nm") or text(parties, f"{side}/Pty/Nm")
    return name, account(child(parties, f"{side}Acct"))


def _code(element: etree._Element | None) -> str:
    """`PMNT-RCDT-ESCT`, or the bank's own code."""
    family = (text(element, "Domn/Cd"), text(element, "Domn/Fmly/Cd"), text(element, "Domn/Fmly/SubFmlyCd"))
    return "-".join(part for part in family if part) or text(element, "Prtry/Cd")


def _structured(details: etree._Element) -> Iterator[str]:
    """Document numbers and creditor references of structured remittance information."""
    for part in children(child(details, "RmtInf"), "Strd"):
        for document in children(part, "RfrdDocInf"):
            number = text(document, "Nb")
            if number:
                yield number
        for path in ("CdtrRefInf/Ref", "CdtrRefInf/CdtrRef"):
            found = text(part, path)
            if found:
                yield found
        for line in children(part, "AddtlRmtInf"):
            if line.text:
                yield clean(line.text)


def _remitted(details: etree._Element) -> Iterator[str]:
    """What is said to be paid for each document: `INV-1 100.00`, a credit note `CN-2 -20.00`."""
    for part in children(child(details, "RmtInf"), "Strd"):
        number = text(part, "RfrdDocInf/Nb") or text(part, "CdtrRefInf/Ref")
        amount, _ = amount_of(at(part, "RfrdDocAmt/RmtdAmt"))
        credit, _ = amount_of(at(part, "RfrdDocAmt/CdtNoteAmt"))
        if amount is not None:
            yield f"{number} {amount}".strip()
        elif credit is not None:
            yield f"{number} {-abs(credit)}".strip()
