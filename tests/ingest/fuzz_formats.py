"""Files made at random of the words of a format, for the fuzzer: now and then one is as it should be."""

from __future__ import annotations

import base64
import random
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import quoteattr

from fuzz_words import DAYS, Make, amount, count, text

from recon.ingest import standard
from recon.model import Kind
from recon.rules.profile import Profile


def _mt940(drawn: random.Random) -> bytes:
    def money() -> str:
        return amount(drawn).replace(".", ",")

    day = drawn.choice(DAYS)
    lines = [f":20:{text(drawn)}", f":25:{text(drawn)}", f":28C:{drawn.randrange(99)}/1"]
    lines.append(f":60{drawn.choice('FM')}:{drawn.choice('CD')}{day}GBP{money()}")
    for _ in count(drawn):
        mark = drawn.choice(("C", "D", "RC", "RD", "EC", "CR", "c", ""))
        entry = f"{drawn.choice(DAYS)}{drawn.choice(('', '0105'))}{mark}{money()}"
        lines.append(f":61:{entry}NTRF{text(drawn)}//{text(drawn)}")
        lines += [text(drawn)] if drawn.random() < 0.3 else []
        dialect = drawn.choice(("", "166?00X?20", "/EREF/", "SEPA OVERBOEKING IBAN: "))
        lines.append(f":86:{dialect}{text(drawn)}{text(drawn)}")
        lines += [text(drawn) for _ in range(drawn.randrange(3))]
    lines.append(f":62{drawn.choice('FM')}:C260105GBP{money()}")
    lines.append(drawn.choice(("-", "-}", "", ":20:again")))
    return drawn.choice(("\r\n", "\n", "\r")).join(lines).encode()


def _bai2(drawn: random.Random) -> bytes:
    def whole() -> str:
        return amount(drawn).replace(".", "")

    lines = [f"01,S,R,{drawn.choice(DAYS[:2])},1200,1,,,2/"]
    for _ in range(drawn.randrange(1, 4)):
        currency, funds = drawn.choice(("GBP", "", "JPY")), drawn.choice(("", "S", "V", "D"))
        lines.append(f"02,R,S,{drawn.choice('1124')},{drawn.choice(DAYS)},,{currency},2/")
        lines.append(f"03,{text(drawn)},,010,{whole()},,,015,{whole()},{funds},/")
        for _ in count(drawn):
            kind = drawn.choice(("195", "475", "890", "", "999", "x"))
            funds = drawn.choice(("Z", "", "V,260105,", "S,1,2,3", "D,2,0,1,1,2", "D,99999,1", "0", "1"))
            lines.append(f"16,{kind},{whole()},{funds},{text(drawn)},{text(drawn)},{text(drawn)}/")
            lines += [f"88,{text(drawn)}{drawn.choice(('', '/'))}" for _ in range(drawn.randrange(3))]
        lines += [f"49,{drawn.randrange(999)},{drawn.randrange(9)}/", f"98,{drawn.randrange(999)},1,5/"]
    return "\n".join([*lines, "99,0,1,9/"]).encode()


_OFX: Final = ("TRNTYPE", "DTPOSTED", "TRNAMT", "FITID", "NAME", "MEMO", "CHECKNUM", "REFNUM", "DTAVAIL")
_OFX_SELDOM: Final = ("CORRECTACTION", "CURRENCY", "BANKACCTTO")


def _ofx(drawn: random.Random) -> bytes:
    shut = drawn.random() < 0.5
    charset = drawn.choice(("1252", "NONE", "8859-1", "big5"))
    made = [f"OFXHEADER:100\nDATA:OFXSGML\nCHARSET:{charset}\n\n<OFX>"]
    for _ in range(drawn.randrange(1, 3)):
        made.append(drawn.choice(("<STMTRS>", "<CCSTMTRS>", "<INVSTMTRS>", "")))
        made.append(f"<CURDEF>{drawn.choice(('GBP', 'eur', ''))}<ACCTID>{text(drawn)}<BANKTRANLIST>")
        for _ in count(drawn):
            made.append("<STMTTRN>")
            for tag in (*drawn.sample((*_OFX, *_OFX_SELDOM), drawn.randrange(4, 12)), "TRNAMT"):
                value = (
                    drawn.choice(DAYS) if tag[:2] == "DT" else (amount if tag == "TRNAMT" else text)(drawn)
                )
                made.append(f"<{tag}>{value}" + (f"</{tag}>" if shut else "\n"))
            made += ["</STMTTRN>"] if drawn.random() < 0.8 else []
        made.append(f"</BANKTRANLIST><LEDGERBAL><BALAMT>{amount(drawn)}<DTASOF>20260105</LEDGERBAL></STMTRS>")
    return "".join([*made, "</OFX>"]).encode("cp1252", errors="replace")


_X12: Final = (
    *("BPR", "TRN", "CUR", "N1", "ENT", "RMR", "RMR", "REF", "DTM", "ADX", "CLP", "CAS", "PLB", "LX"),
    *("RMT", "NM1"),
)


def _x12(drawn: random.Random) -> bytes:
    one = drawn.choice("**|^")
    parties = ("ZZ", "A" * 15, "ZZ", "B" * 15)
    head = (
        "ISA",
        "00",
        " " * 10,
        "00",
        " " * 10,
        *parties,
        "260105",
        "1200",
        "U",
        "00501",
        "000000001",
        "0",
        "P",
        ">",
    )
    segments = [
        one.join(head),
        one.join(("GS", "RA", "A", "B", "20260105", "1200", "1", "X", "005010")),
        one.join(("ST", drawn.choice(("820", "835")), "1")),
    ]
    for _ in range(drawn.randrange(40)):
        cells = (
            drawn.choice((amount, text, text))(drawn).replace(one, "") for _ in range(drawn.randrange(1, 9))
        )
        segments.append(one.join([drawn.choice(_X12), *cells]))
    segments += [one.join(("SE", str(drawn.randrange(20)), "1")), one.join(("GE", "1", "1"))]
    segments.append(one.join(("IEA", "1", "1")))
    return "".join(f"{segment}~{drawn.choice(('', chr(10)))}" for segment in segments).encode()


_EDIFACT: Final = (
    *("DOC+380", "DOC+381", "MOA+9:", "MOA+12:", "MOA+52:", "DTM+137:", "RFF+PQ:", "NAD+PR++", "CUX+2:"),
    *("AJT+", "DLI+", "UNS+"),
)


def _edifact(drawn: random.Random) -> bytes:
    segments = ["UNA:+.? ", "UNB+UNOC:3+A+B+260105:1200+1", "UNH+1+REMADV:D:96A:UN", f"BGM+481+{text(drawn)}"]
    for _ in range(drawn.randrange(40)):
        word = drawn.choice(_EDIFACT)
        segments.append(word + (amount(drawn) if word.startswith("MOA") else f"+{text(drawn)}"))
    return "'".join([*segments, f"UNT+{drawn.randrange(30)}+1", "UNZ+1+1", ""]).encode()


_CAMT: Final = (
    *("Acct", "Id", "IBAN", "Othr", "Ccy", "Bal", "Tp", "CdOrPrtry", "Cd", "Amt", "CdtDbtInd", "Dt", "DtTm"),
    *("Sts", "RmtInf", "NtryDtls", "TxDtls", "AmtDtls", "TxAmt", "Strd", "Ustrd", "RfrdDocInf", "Nb", "Refs"),
    *("RfrdDocAmt", "RmtdAmt", "RltdPties", "Dbtr", "Cdtr", "Nm", "Pty", "EndToEndId", "RvslInd", "RtrInf"),
    *("BkTxCd", "Domn", "Btch", "AddtlNtryInf"),
)
_REMT: Final = (
    *(*_CAMT, "DuePyblAmt", "CdtNoteAmt", "DscntApldAmt", "TaxAmt", "AdjstmntAmtAndRsn", "OrgnlPmtInf"),
    "InstdAmt",
)
_MESSAGES: Final = (("Stmt", "Stmt"), ("AcctRpt", "Rpt"), ("DbtCdtNtfctn", "Ntfctn"))


def _element(drawn: random.Random, names: Sequence[str], depth: int) -> str:
    name = drawn.choice(names)
    if depth == 0 or drawn.random() < 0.3:
        return f"<{name}>{text(drawn).replace('&', '&amp;').replace('<', '')}</{name}>"
    return f"<{name}>{_elements(drawn, names, depth - 1, 4)}</{name}>"


def _elements(drawn: random.Random, names: Sequence[str], depth: int, most: int) -> str:
    return "".join(_element(drawn, names, depth) for _ in range(drawn.randrange(most)))


def _camt(drawn: random.Random) -> bytes:
    def money() -> str:
        mark = drawn.choice(("CRDT", "DBIT"))
        return f"<Amt Ccy='GBP'>{amount(drawn)}</Amt><CdtDbtInd>{mark}</CdtDbtInd>"

    kind, part = drawn.choice(_MESSAGES)
    made = [f"<Document><BkToCstmr{kind}><GrpHdr><CreDtTm>2026-01-05T00:00:00</CreDtTm></GrpHdr>"]
    for _ in range(drawn.randrange(1, 3)):
        made.append(f"<{part}><Id>1</Id>{_elements(drawn, _CAMT, 3, 3)}")
        made += [
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{money()}</Bal>"
            for code in ("OPBD", "CLBD")
        ]
        for _ in count(drawn):
            day = drawn.choice(("2026-01-05", "2026-02-31", ""))
            made.append(f"<Ntry>{money()}<Sts>BOOK</Sts><BookgDt><Dt>{day}</Dt></BookgDt>")
            made.append(f"{_elements(drawn, _CAMT, 5, 5)}</Ntry>")
        made.append(f"</{part}>")
    return "".join([*made, f"</BkToCstmr{kind}></Document>"]).encode()


def _remt(drawn: random.Random) -> bytes:
    parts = "".join(f"<RmtInf>{_elements(drawn, _REMT, 4, 6)}</RmtInf>" for _ in range(3))
    return f"<Document><RmtAdvc><GrpHdr><MsgId>1</MsgId></GrpHdr>{parts}</RmtAdvc></Document>".encode()


def _arudd(drawn: random.Random) -> bytes:
    # An odd text here and there: one that XML can't have ends the whole report.
    def said(*names: str) -> str:
        told = {
            name: text(drawn) if drawn.random() < 0.02 else "A 1" for name in names if drawn.random() < 0.9
        }
        return " ".join(f"{name}={quoteattr(word)}" for name, word in told.items())

    def money() -> str:
        return (
            amount(drawn) if drawn.random() < 0.1 else f"{drawn.randrange(10**5)}.{drawn.randrange(100):02}"
        )

    day = drawn.choice(("2026-01-05", "2026-01-05", "2026-02-31", ""))
    made = [f'<BACSDocument><Data><ARUDD><Header currentProcessingDate="{day}"/>']
    made.append("<Advice><OriginatingAccountRecords>")
    for _ in range(drawn.randrange(1, 4)):
        made.append(f"<OriginatingAccountRecord><OriginatingAccount {said('sortCode', 'number')}/>")
        for _ in count(drawn):
            told = said("ref", "returnCode", "returnDescription", "originalProcessingDate", "currency")
            made.append(f"<ReturnedDebitItem {told} valueOf={quoteattr(money())}>")
            made.append(f"<PayerAccount {said('name', 'sortCode', 'number')}/></ReturnedDebitItem>")
        made.append(f'<Totals numberOf="{drawn.randrange(5)}" valueOf={quoteattr(money())}/>')
        made.append("</OriginatingAccountRecord>")
    return "".join([*made, "</OriginatingAccountRecords></Advice></ARUDD></Data></BACSDocument>"]).encode()


def _delimited(profiles: Sequence[Profile]) -> Make:
    headed = [profile for profile in profiles if profile.header] + [standard.profile(kind) for kind in Kind]

    def make(drawn: random.Random) -> bytes:
        profile = drawn.choice(headed)
        mark = profile.delimiter or drawn.choice(",;\t|")
        sources = [
            name for one in profile.columns.values() for name in ((one,) if isinstance(one, str) else one)
        ]
        names = list(dict.fromkeys([*profile.header, *filter(None, sources), "amount", "Other"]))
        drawn.shuffle(names)
        quote = drawn.random() < 0.5
        rows = [[text(drawn)] for _ in range(drawn.randrange(3))] + [names]
        rows += [[text(drawn) for _ in names[: drawn.choice((99, 99, 99, 2))]] for _ in count(drawn)]

        def cell(word: str) -> str:
            odd = quote and any(one in word for one in (mark, '"', "\n"))
            return '"' + word.replace('"', '""') + '"' if odd else word

        lines = drawn.choice(("\n", "\r\n")).join(mark.join(map(cell, row)) for row in rows)
        return lines.encode(drawn.choice(("utf-8", "cp1252")), errors="replace")

    return make


_PARTS: Final = (
    *("text/csv", "text/plain", "text/html", "application/octet-stream", "message/rfc822", "image/png"),
)


def _mail(parts: Sequence[tuple[str, Make]]) -> Make:
    def table(drawn: random.Random) -> bytes:
        rows = [[text(drawn) for _ in range(4)] for _ in range(4)]
        cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
        return f"<table><tr><th>Invoice</th><th>Date</th><th>Amount</th></tr>{cells}</table>".encode()

    def make(drawn: random.Random) -> bytes:
        made = ["From: a@example.com\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"]
        for _ in range(drawn.randrange(1, 4)):
            name, inner = drawn.choice(parts)
            kind = drawn.choice(_PARTS)
            data = table(drawn) if kind == "text/html" else inner(drawn)
            coded = drawn.random() < 0.5
            made.append(f"--b\nContent-Type: {kind}\nContent-Disposition: attachment; filename={name}\n")
            made += ["Content-Transfer-Encoding: base64\n"] if coded else []
            made.append(f"\n{base64.b64encode(data).decode() if coded else data.decode('latin-1')}\n")
        return "".join([*made, "--b--\n"]).encode("latin-1", errors="replace")

    return make


def _noise(drawn: random.Random) -> bytes:
    return drawn.randbytes(drawn.choice((1, 20, 2000)))


def makers(profiles: Sequence[Profile]) -> list[tuple[str, Make]]:
    """File names with what makes such a file; the formats that most depend on their words several times."""
    rows = _delimited(profiles)
    plain: list[tuple[str, Make]] = [
        *(("a.sta", _mt940), ("a.bai", _bai2), ("a.ofx", _ofx), ("a.edi", _x12), ("a.txt", _edifact)),
        *(("a.xml", _camt), ("b.xml", _remt), ("c.xml", _arudd), ("a.csv", rows), ("b.csv", rows)),
    ]
    return [*plain, *plain, ("a.eml", _mail(plain)), ("a.bin", _noise)]
