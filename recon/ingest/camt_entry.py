"""One camt entry (Ntry) with its transactions (TxDtls) as bank lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from recon.ingest.bank import Line, minus, reference, unfit
from recon.ingest.grid import clean
from recon.ingest.iso20022 import account, amount_of, day_of, party_name, remitted, structured_texts
from recon.ingest.xml import EMPTY, Node

NO_DAY: Final = date.min  # an entry without dates, until its statement says one

Finding = tuple[str, str, str]  # code, what, hint


def read(entry: Node, position: int) -> tuple[list[Line], list[Finding]]:
    """The lines of an entry, and what was wrong: one for each transaction, or one for the entry."""
    status = entry.text("Sts/Cd") or entry.text("Sts")
    money = entry.at("Amt") or EMPTY
    amount, currency = amount_of(money), money.currency
    if status not in ("", "BOOK"):
        sum_text = f"{amount} {currency}".strip()
        return [], [("entry-unbooked", f"status {status[:10]}, not booked: {sum_text} was left out", "")]
    if amount is None:
        return [], [("entry-unread", "the amount can't be read; the entry was left out", "look at the entry")]
    mark = entry.text("CdtDbtInd")
    if mark not in ("CRDT", "DBIT"):
        return [], [
            ("entry-unread", "the entry does not say credit or debit; it was left out", "look at the entry")
        ]
    signed = minus(amount) if mark == "DBIT" else amount
    details = [part for group in entry.all("NtryDtls") for part in group.all("TxDtls")]
    parts, findings = split(details, signed, currency)
    lines = []
    for transactions, part in parts:
        wrong = unfit(part)
        if wrong:
            findings.append(wrong)
        else:
            lines.append(_line(entry, transactions, part, currency, position))
    return lines, findings


def split(
    details: Sequence[Node], signed: Decimal, currency: str
) -> tuple[list[tuple[list[Node], Decimal]], list[Finding]]:
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


def _own(part: Node, path: str, entry: Decimal, currency: str) -> Decimal | None:
    """A transaction's amount in the entry's currency, with its own sign or the entry's."""
    money = part.at(path) or EMPTY
    amount = amount_of(money)
    if amount is None or (money.currency and currency and money.currency != currency):
        return None
    mark = part.text("CdtDbtInd")
    debit = mark == "DBIT" if mark in ("CRDT", "DBIT") else entry < 0
    return minus(amount) if debit else amount


def _line(
    entry: Node,
    transactions: Sequence[Node],
    amount: Decimal,
    currency: str,
    position: int,
) -> Line:
    first = transactions[0] if transactions else EMPTY
    returned = entry.text("RvslInd").lower() in ("true", "1") or any(
        part.at("RtrInf") is not None for part in transactions
    )
    # Of a return, the other side is the one of the payment that came back.
    inward = (amount >= 0) != returned
    parties = first.at("RltdPties") or EMPTY
    name, other = party(parties, inward=inward)
    if not name and not other:
        name, other = party(parties, inward=not inward)
    ultimate = party_name(parties, "UltmtDbtr" if inward else "UltmtCdtr")
    informed = [words for part in transactions for words in part.all("RmtInf")]
    told = [part for words in informed for part in words.all("Strd")]
    structured = list(structured_texts(told))
    kept = reference(first.text("Refs/EndToEndId")) or (reference(structured[0]) if structured else "")
    free = [clean(word.own) for words in informed for word in words.all("Ustrd")]
    more = [part.text("AddtlTxInf") for part in transactions] + [entry.text("AddtlNtryInf")]
    booking, value = day_of(entry.at("BookgDt")), day_of(entry.at("ValDt"))
    code = _code(first.at("BkTxCd")) or _code(entry.at("BkTxCd"))
    extras = [
        ("bank_reference", first.text("Refs/AcctSvcrRef") or entry.text("AcctSvcrRef")),
        ("ultimate_party", ultimate if ultimate != name else ""),
        ("mandate", first.text("Refs/MndtId")),
        ("remitted", "; ".join(remitted(told))),
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
        narrative=" ".join(dict.fromkeys(word for word in [*structured, *free, *more] if word)),
        currency=currency,
        extras=tuple((label, word) for label, word in extras if word),
    )


def party(parties: Node, *, inward: bool) -> tuple[str, str]:
    """Name and account of the debtor (money in) or the creditor (money out)."""
    side = "Dbtr" if inward else "Cdtr"
    return party_name(parties, side), account(parties.at(f"{side}Acct"))


def _code(node: Node | None) -> str:
    """`PMNT-RCDT-ESCT`, or the bank's own code."""
    if node is None:
        return ""
    family = (node.text("Domn/Cd"), node.text("Domn/Fmly/Cd"), node.text("Domn/Fmly/SubFmlyCd"))
    return "-".join(part for part in family if part) or node.text("Prtry/Cd")
