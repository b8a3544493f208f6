"""Bank lines as the files that banks send: the layouts of domain 3.4 and 3.8, each with balances that add up."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

Row = Mapping[str, Any]  # a bank line in outer form

_SWIFT_TYPES: Final = {"TFR": "TRF", "U/D": "RTI", "DD": "DDT", "FPO": "TRF", "BP": "TRF"}
_END_TO_END_LENGTH: Final = 35
_CAMT_HEAD: Final = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
<BkToCstmrStmt>
<GrpHdr><MsgId>{message}</MsgId><CreDtTm>{last}T23:00:00</CreDtTm></GrpHdr>
<Stmt>
<Id>{message}</Id><ElctrncSeqNb>3</ElctrncSeqNb><CreDtTm>{last}T23:00:00</CreDtTm>
<FrToDt><FrDtTm>{first}T00:00:00</FrDtTm><ToDtTm>{last}T23:59:59</ToDtTm></FrToDt>
<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>
"""
_CAMT_BALANCE: Final = (
    "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    '<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n'
)
_CAMT_TAIL: Final = "</Stmt>\n</BkToCstmrStmt>\n</Document>\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV text with a header; empty for nothing; lines end in a line feed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return out.getvalue()


def _sides(amount: Decimal) -> tuple[str, str]:
    """The debit and the credit cell of an amount."""
    return ("", f"{amount}") if amount >= 0 else (f"{-amount}", "")


def lloyds(rows: Sequence[Row], opening: Decimal) -> str:
    """Lloyds' CSV: newest first, sort code behind an apostrophe, debit and credit apart, a running balance."""
    head = "Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Description"
    written = []
    balance = opening
    for row in rows:
        amount = Decimal(row["amount"])
        balance += amount
        sort_code, number = row["account"].split(" ")
        day = row["booking_date"]
        cells = (
            f"{day:%d/%m/%Y}",
            row["type"],
            f"'{sort_code}",
            number,
            row["narrative"],
            *_sides(amount),
            balance,
        )
        written.append(cells)
    return table([*head.split(","), "Debit Amount", "Credit Amount", "Balance"], reversed(written))


def hdfc(rows: Sequence[Row], opening: Decimal) -> str:
    """HDFC's CSV: two-digit years, withdrawal and deposit apart, a closing balance on every line."""
    head = [
        "Date",
        "Narration",
        "Chq./Ref.No.",
        "Value Dt",
        "Withdrawal Amt.",
        "Deposit Amt.",
        "Closing Balance",
    ]
    written = []
    balance = opening
    for row in rows:
        amount = Decimal(row["amount"])
        balance += amount
        days = f"{row['booking_date']:%d/%m/%y}", f"{row['value_date']:%d/%m/%y}"
        written.append((days[0], row["narrative"], row["reference"], days[1], *_sides(amount), balance))
    return table(head, written)


def mt940(rows: Sequence[Row], opening: Decimal) -> str:
    """MT940: one statement a day, numbered, each opening with the balance that the last closed with."""
    out: list[str] = []
    balance = opening
    for number, (day, group) in enumerate(groupby(rows, key=lambda row: row["booking_date"]), 45):
        lines = list(group)
        currency = lines[0]["currency"]
        out += [f":20:STMT{day:%y%m%d}", f":25:{lines[0]['account']}", f":28C:{number:05d}/001"]
        out.append(f":60F:{_balance(balance, day, currency)}")
        for place, row in enumerate(lines, 1):
            amount = Decimal(row["amount"])
            balance += amount
            mark = "C" if amount >= 0 else "D"
            kind = _SWIFT_TYPES.get(row["type"], row["type"])
            dates = f"{row['value_date']:%y%m%d}{day:%m%d}"
            out.append(f":61:{dates}{mark}{_comma(abs(amount))}N{kind}NONREF//{day:%m%d}{place:04d}")
            out.append(f":86:{row['narrative']}")
        out += [f":62F:{_balance(balance, day, currency)}", "-"]
    return "\n".join(out) + "\n"


def _balance(amount: Decimal, day: date, currency: str) -> str:
    return f"{'C' if amount >= 0 else 'D'}{day:%y%m%d}{currency}{_comma(abs(amount))}"


def _comma(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def camt(rows: Sequence[Row], opening: Decimal) -> str:
    """camt.053.001.08: one statement, an entry with one transaction each; text alone goes to AddtlNtryInf.

    The payer's reference stands in EndToEndId or in Ustrd by turns, since banks do either.
    """
    first, last = rows[0], rows[-1]
    currency = first["currency"]
    total = sum((Decimal(row["amount"]) for row in rows), opening)
    days = {"first": first["booking_date"], "last": last["booking_date"]}
    message = f"CAMT053-{last['booking_date']:%Y%m}"
    parts = [_CAMT_HEAD.format(message=message, account=first["account"], currency=currency, **days)]
    for code, amount, day in (("OPBD", opening, days["first"]), ("CLBD", total, days["last"])):
        side = "CRDT" if amount >= 0 else "DBIT"
        parts.append(
            _CAMT_BALANCE.format(code=code, currency=currency, amount=abs(amount), side=side, day=day)
        )
    parts += [_entry(row, place) for place, row in enumerate(rows, 1)]
    return "".join([*parts, _CAMT_TAIL])


def _entry(row: Row, place: int) -> str:
    amount = Decimal(row["amount"])
    side = "CRDT" if amount >= 0 else "DBIT"
    return (
        f'<Ntry><NtryRef>{place}</NtryRef><Amt Ccy="{row["currency"]}">{abs(amount)}</Amt>'
        f"<CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{row['booking_date']}</Dt></BookgDt><ValDt><Dt>{row['value_date']}</Dt></ValDt>"
        f"<AcctSvcrRef>{row['booking_date']:%Y%m%d}{place:05d}</AcctSvcrRef>"
        f"<BkTxCd><Prtry><Cd>{row['type']}</Cd></Prtry></BkTxCd>"
        f"{_details(row, place)}{_element('AddtlNtryInf', row['narrative'])}</Ntry>\n"
    )


def _details(row: Row, place: int) -> str:
    name, reference, iban = row["counterparty"], row["reference"], row["counterparty_account"]
    if not (name or reference or iban):
        return ""
    printable = reference.isascii() and 0 < len(reference) <= _END_TO_END_LENGTH
    in_id = printable and place % 2 == 0
    party = f"<Dbtr><Pty>{_element('Nm', name)}</Pty></Dbtr>" if name else ""
    party += f"<DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct>" if iban else ""
    remittance = "" if in_id else _element("Ustrd", reference)
    return (
        f"<NtryDtls><TxDtls><Refs>{_element('EndToEndId', reference if in_id else 'NOTPROVIDED')}</Refs>"
        + (f"<RltdPties>{party}</RltdPties>" if party else "")
        + (f"<RmtInf>{remittance}</RmtInf>" if remittance else "")
        + "</TxDtls></NtryDtls>"
    )


def _element(name: str, text: str | None) -> str:
    return f"<{name}>{html.escape(text, quote=False)}</{name}>" if text else ""
