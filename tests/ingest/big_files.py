"""Large files of each format, made up: several accounts and statements, payers with remittance text, all footing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

_LINES: Final = 500  # of a statement, or of an advice
_START: Final = date(2026, 1, 5)
_FIRST: Final = ("Northbrook", "Ashgrove", "Kestrel", "Hollins", "Marlow", "Tamar", "Whitfield", "Oakmere")
_SECOND: Final = ("Care", "Dairies", "Engineering", "Foods", "Homes", "Logistics", "Medical", "Supplies")
_THIRD: Final = ("Ltd", "Limited", "PLC", "LLP", "& Sons", "Group")


class Payment(NamedTuple):
    """One line: pence, day, payer, account, and the numbers of the invoices that it pays."""

    pence: int
    day: date
    payer: str
    account: str
    numbers: Sequence[str]

    @property
    def text(self) -> str:
        """What the payer writes."""
        return f"payment of invoices {' '.join(self.numbers)} thank you"


def _payments(drawn: random.Random, number: int) -> list[Payment]:
    day = _START + timedelta(days=number % 300)
    return [
        Payment(
            drawn.randint(100, 2_500_000),
            day,
            f"{drawn.choice(_FIRST)} {drawn.choice(_SECOND)} {drawn.choice(_THIRD)}",
            f"GB29NWBK{drawn.randint(10**13, 10**14 - 1)}",
            [f"INV-{drawn.randint(100_000, 999_999)}" for _ in range(drawn.choice((1, 1, 1, 2, 3, 5)))],
        )
        for _ in range(_LINES)
    ]


def _pounds(pence: int, mark: str = ".") -> str:
    return f"{'-' if pence < 0 else ''}{abs(pence) // 100}{mark}{abs(pence) % 100:02}"


Part = Callable[[int, Sequence[Payment]], Iterator[str]]


def _camt(number: int, payments: Sequence[Payment]) -> Iterator[str]:
    opening = 1_000_000
    closing = opening + sum(one.pence for one in payments)
    day = payments[0].day
    yield f"<Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{day}T23:00:00</CreDtTm>\n"
    yield f"<Acct><Id><IBAN>GB29NWBK601613319{number % 40:05}</IBAN></Id><Ccy>GBP</Ccy></Acct>\n"
    for code, pence in (("OPBD", opening), ("CLBD", closing)):
        yield (
            f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="GBP">{_pounds(pence)}</Amt>'
            f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n"
        )
    for index, one in enumerate(payments):
        payer = one.payer.replace("&", "&amp;")
        structured = "".join(
            f"<Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>{doc}</Nb></RfrdDocInf></Strd>"
            for doc in one.numbers
        )
        told = structured if index % 3 == 0 else f"<Ustrd>{one.text}</Ustrd>"
        yield (
            f'<Ntry>\n <NtryRef>{index}</NtryRef>\n <Amt Ccy="GBP">{_pounds(one.pence)}</Amt>\n'
            " <CdtDbtInd>CRDT</CdtDbtInd>\n <Sts><Cd>BOOK</Cd></Sts>\n"
            f" <BookgDt><Dt>{one.day}</Dt></BookgDt>\n <ValDt><Dt>{one.day}</Dt></ValDt>\n"
            f" <AcctSvcrRef>AS{number:05}{index:05}</AcctSvcrRef>\n"
            " <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>\n"
            f" <NtryDtls><TxDtls>\n  <Refs><EndToEndId>E2E{number:05}{index:05}</EndToEndId></Refs>\n"
            f'  <Amt Ccy="GBP">{_pounds(one.pence)}</Amt>\n  <CdtDbtInd>CRDT</CdtDbtInd>\n'
            f"  <RltdPties><Dbtr><Pty><Nm>{payer}</Nm></Pty></Dbtr>\n"
            f"   <DbtrAcct><Id><IBAN>{one.account}</IBAN></Id></DbtrAcct></RltdPties>\n"
            f"  <RmtInf>{told}</RmtInf>\n </TxDtls></NtryDtls>\n</Ntry>\n"
        )
    yield "</Stmt>\n"


def _mt940(number: int, payments: Sequence[Payment]) -> Iterator[str]:
    closing = 1_000_000 + sum(one.pence for one in payments)
    day = f"{payments[0].day:%y%m%d}"
    yield f":20:S{number}\r\n:25:GB29NWBK601613319{number % 40:05}\r\n:28C:{number}/1\r\n"
    yield f":60F:C{day}GBP10000,00\r\n"
    for index, one in enumerate(payments):
        yield f":61:{day}{day[2:]}C{_pounds(one.pence, ',')}NTRF{number:05}{index:05}//B{number:05}{index:05}\r\n"
        if index % 2:
            text = f"EREF+{number:05}{index:05}SVWZ+{one.text}"
            pieces = [text[at : at + 27] for at in range(0, len(text), 27)][:10]
            purpose = "".join(f"?{20 + at}{piece}" for at, piece in enumerate(pieces))
            whole = f"166?00CREDIT TRANSFER{purpose}?31{one.account}?32{one.payer[:27]}"
        else:
            whole = f"/EREF/{number:05}{index:05}//CNTP/{one.account}/NWBKGB2L/{one.payer}///REMI/USTD//{one.text}/"
        lines = [whole[at : at + 65] for at in range(0, len(whole), 65)]
        yield ":86:" + "\r\n".join(lines) + "\r\n"
    yield f":62F:C{day}GBP{_pounds(closing, ',')}\r\n-\r\n"


def _bai2(number: int, payments: Sequence[Payment]) -> Iterator[str]:
    total = sum(one.pence for one in payments)
    day = f"{payments[0].day:%y%m%d}"
    yield f"02,RECEIVER,SENDER,1,{day},,GBP,2/\n"
    yield f"03,{60161331900000 + number % 40},GBP,010,1000000,,,015,{1_000_000 + total},,/\n"
    records = 2
    for index, one in enumerate(payments):
        yield f"16,{195 if index % 2 else 142},{one.pence},Z,B{number:05}{index:05},{one.numbers[0]},{one.payer}\n"
        yield f"88,{one.text}\n"
        records += 2
    control = 2_000_000 + 2 * total
    yield f"49,{control},{records}/\n98,{control},1,{records + 2}/\n"


def _ofx(number: int, payments: Sequence[Payment]) -> Iterator[str]:
    day = f"{payments[0].day:%Y%m%d}"
    yield "<STMTTRNRS><TRNUID>1<STMTRS>\n<CURDEF>GBP\n"
    yield f"<BANKACCTFROM><BANKID>601613<ACCTID>{31900000 + number % 40}<ACCTTYPE>CHECKING</BANKACCTFROM>\n"
    yield f"<BANKTRANLIST><DTSTART>{day}<DTEND>{day}\n"
    for index, one in enumerate(payments):
        payer = one.payer.replace("&", "&amp;")
        yield (
            f"<STMTTRN>\n<TRNTYPE>CREDIT\n<DTPOSTED>{day}120000\n<TRNAMT>{_pounds(one.pence)}\n"
            f"<FITID>F{number:05}{index:05}\n<NAME>{payer}\n<MEMO>{one.text}\n</STMTTRN>\n"
        )
    yield f"</BANKTRANLIST>\n<LEDGERBAL><BALAMT>10000.00<DTASOF>{day}</LEDGERBAL>\n</STMTRS></STMTTRNRS>\n"


def _x12(number: int, payments: Sequence[Payment]) -> Iterator[str]:
    day = f"{payments[0].day:%Y%m%d}"
    yield f"ST*820*{number:04}~\n"
    paid = _pounds(sum(one.pence for one in payments))
    yield f"BPR*C*{paid}*C*ACH*CCP*01*021000021*DA*123**01*021000021*DA*9**{day}~\n"
    yield f"TRN*1*T{number:06}~\nCUR*PR*GBP~\nN1*PR*{payments[0].payer}~\nENT*1~\n"
    for one in payments:
        yield f"RMR*IV*{one.numbers[0]}*PO*{_pounds(one.pence)}*{_pounds(one.pence)}~\n"
        yield f"REF*PO*{one.account[8:]}~\nDTM*003*{day}~\n"
    yield f"SE*{7 + 3 * len(payments)}*{number:04}~\n"


def _edifact(number: int, payments: Sequence[Payment]) -> Iterator[str]:
    day = f"{payments[0].day:%Y%m%d}"
    yield f"UNH+{number}+REMADV:D:96A:UN'\nBGM+481+A{number}+9'\nDTM+137:{day}:102'\n"
    yield f"RFF+PQ:P{number}'\nNAD+PR+++{payments[0].payer.replace('&', 'AND')}'\nCUX+2:GBP:11'\n"
    for one in payments:
        paid = _pounds(one.pence)
        yield f"DOC+380+{one.numbers[0]}'\nMOA+9:{paid}'\nMOA+12:{paid}'\nDTM+171:{day}:102'\n"
    total = _pounds(sum(one.pence for one in payments))
    yield f"UNS+S'\nMOA+12:{total}'\nUNT+{9 + 4 * len(payments)}+{number}'\n"


def _remt(number: int, payments: Sequence[Payment]) -> Iterator[str]:
    paid = _pounds(sum(one.pence for one in payments))
    yield f"<RmtInf><RmtId>A{number}</RmtId>\n"
    for one in payments:
        yield (
            "<Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp>"
            f"<Nb>{one.numbers[0]}</Nb><RltdDt>{one.day}</RltdDt></RfrdDocInf>\n"
            f'<RfrdDocAmt><DuePyblAmt Ccy="GBP">{_pounds(one.pence)}</DuePyblAmt>'
            f'<RmtdAmt Ccy="GBP">{_pounds(one.pence)}</RmtdAmt></RfrdDocAmt></Strd>\n'
        )
    yield (
        f"<OrgnlPmtInf><Refs><EndToEndId>E{number}</EndToEndId></Refs>"
        f'<Amt><InstdAmt Ccy="GBP">{paid}</InstdAmt></Amt></OrgnlPmtInf></RmtInf>\n'
    )


def _bank_rows() -> Part:
    """As `bank_lines.csv` of the contract: ids, few accounts one after the other, their balances running on."""
    balances: dict[int, int] = {}

    def made(number: int, payments: Sequence[Payment]) -> Iterator[str]:
        account = 60161331900000 + number // 100
        balance = balances.get(account, 1_000_000)
        for index, one in enumerate(payments):
            balance += one.pence
            text = f'"{one.text}, with regards"' if index % 10 == 0 else one.text
            yield (
                f"L{number:05}{index:05},{account},{one.day},{one.day},{_pounds(one.pence)},GBP,BGC,{one.payer},"
                f"{one.account},{one.numbers[0]},{text},{_pounds(balance)}\n"
            )
        balances[account] = balance

    return made


def _export_rows() -> Part:
    """As a bank's own export, newest first or not, without ids: a day, two columns of money, a balance."""
    balance = 1_000_000

    def made(_number: int, payments: Sequence[Payment]) -> Iterator[str]:
        nonlocal balance
        for index, one in enumerate(payments):
            out = index % 4 == 0
            balance += -one.pence if out else one.pence
            sides = f"{_pounds(one.pence)}," if out else f",{_pounds(one.pence)}"
            kind, text = ("DD", one.payer) if out else ("FPI", f"{one.payer} {one.text}")
            yield f"{one.day:%d/%m/%Y},{kind},'30-91-74,12345678,{text},{sides},{_pounds(balance)}\n"

    return made


_LEDGER: Final = (
    "item_id,customer_id,customer_name,doc_no,doc_type,issue_date,due_date,amount,open_amount,currency,"
    + ",".join(f"extra {index}" for index in range(1, 21))
)


def _ledger(number: int, payments: Sequence[Payment]) -> Iterator[str]:
    """Open items with thirty columns, two thirds of them nothing that matching needs."""
    for index, one in enumerate(payments):
        amount, day = _pounds(one.pence), one.day
        codes = f"4000,10,CC{index % 90:03},P{index % 7},,,N,{one.numbers[0]},{day},,USER{index % 9},"
        item = f"I{number:05}{index:05},C{index:04},{one.payer},{one.numbers[0]},INV,{day},{day},{amount},{amount}"
        yield f"{item},GBP,{codes},0.00,{amount},,A,,,,{index}\n"


class Format(NamedTuple):
    """A format: the file's name, what stands before and behind its statements, and one of them; MB a second asked."""

    name: str
    head: str
    tail: str
    part: Callable[[], Part]
    asked: int


_CAMT = '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
_REMT = '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:remt.001.001.04">'
_ISA = "ISA*00*          *00*          *ZZ*PAYER          *ZZ*SUPPLIER       *260105*1200*U*00501*000000001*0*P*>~\n"
FORMATS: Final = {
    "camt": Format(
        "statement.xml",
        f"{_CAMT}\n<BkToCstmrStmt><GrpHdr><MsgId>M</MsgId><CreDtTm>2026-01-05T23:00:00</CreDtTm></GrpHdr>\n",
        "</BkToCstmrStmt></Document>\n",
        lambda: _camt,
        8,
    ),
    "mt940": Format("statement.sta", "", "", lambda: _mt940, 10),
    "bai2": Format("statement.bai", "01,SENDER,RECEIVER,260105,1200,1,,,2/\n", "", lambda: _bai2, 10),
    "ofx": Format(
        "statement.ofx",
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n<OFX><BANKMSGSRSV1>\n",
        "</BANKMSGSRSV1></OFX>\n",
        lambda: _ofx,
        10,
    ),
    "x12": Format(
        "advice.edi", f"{_ISA}GS*RA*PAYER*SUPPLIER*20260105*1200*1*X*005010~\n", "", lambda: _x12, 0
    ),
    "edifact": Format("remadv.edi", "UNB+UNOC:3+PAYER+SUPPLIER+260105:1200+1'\n", "", lambda: _edifact, 0),
    "remt": Format(
        "advice.xml",
        f"{_REMT}\n<RmtAdvc><GrpHdr><MsgId>M</MsgId></GrpHdr>\n",
        "</RmtAdvc></Document>\n",
        lambda: _remt,
        0,
    ),
    "csv": Format(
        "bank.csv",
        "line_id,account,booking_date,value_date,amount,currency,type,counterparty,counterparty_account,reference,"
        "narrative,balance\n",
        "",
        _bank_rows,
        50,
    ),
    "export": Format(
        "lloyds.csv",
        "Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Description,Debit Amount,"
        "Credit Amount,Balance\n",
        "",
        _export_rows,
        50,
    ),
    "ledger": Format("open_items.csv", f"{_LEDGER}\n", "", lambda: _ledger, 0),
}


def write(form: str, folder: Path, size: int) -> Path:
    """A file of that format and about that size; the same for the same arguments."""
    made = FORMATS[form]
    drawn = random.Random(form)  # noqa: S311 - no secret
    path, part = folder / made.name, made.part()
    with path.open("w", encoding="utf-8", newline="") as stream:
        written = stream.write(made.head)
        number = 0
        while written < size:
            number += 1
            written += sum(map(stream.write, part(number, _payments(drawn, number))))
        stream.write(made.tail)
        if form == "x12":
            stream.write(f"GE*{number}*1~\nIEA*1*000000001~\n")
        elif form == "edifact":
            stream.write(f"UNZ+{number}+1'\n")
    return path
