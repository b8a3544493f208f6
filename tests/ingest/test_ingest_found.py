"""What the fuzzer found, each as a small file that did it."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
import xlsxwriter

from recon import ingest
from recon.model import Kind
from recon.problems import ReconError
from recon.rules.profile import Profile

Write = Callable[[str, "str | bytes"], Path]
HEAD = "booking_date,amount,currency,account,narrative,balance\n"
EMPTY = "\n" * 40_000
CAMT = """<Document><BkToCstmrStmt><Stmt><Id>1</Id>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="GBP">{0}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="GBP">{1}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
</Stmt></BkToCstmrStmt></Document>"""
STATEMENTS = {"a.csv": "2026-01-05,1.00,GBP,1,x,\n", "b.csv": "2026-01-05,2.00,GBP,2,y,\n"}
ISA = "ISA|00| |00| |ZZ|A|ZZ|B|260303|1000|U|00401|1|0|P|>"
BAI2 = "02,R,S,1,260105,,GBP,2/\n03,1,GBP,010,1,,/\n49,1,2/\n98,1,1,4/\n99,1,1,6/"


@pytest.mark.parametrize(
    ("name", "begin", "end"),
    [
        ("a.csv", "booking_date,amount,narrative\n2026-01-05,1.00,x\n", ""),
        (
            "a.sta",
            ":20:1\n:25:1\n:28C:1\n:60F:C260105GBP1,\n:61:260105C1,NTRF1\n:86:x",
            ":62F:C260105GBP2,\n-",
        ),
        ("a.bai", "01,S,R,260105,1200,1,,,2/", BAI2),
        ("a.edi", "ISA*00*", ""),
        ("b.edi", f"{ISA}\nGS|RA|A|B|20260303|1000|7|X|00401", "SE|1|1"),
        ("a.txt", "date: x", "description: y"),
        ("a.ofx", "<OFX><STMTTRN>", "</STMTTRN></OFX>"),
    ],
)
def test_tens_of_thousands_of_empty_lines_take_no_time(
    name: str, begin: str, end: str, write: Write, profiles: list[Profile]
) -> None:
    path = write(name, begin + EMPTY + end)
    began = time.process_time()
    try:
        ingest.read(path, profiles)
    except ReconError as error:
        assert "a." in error.problems[0].where  # noqa: PT017 - it may be refused, but soon
    assert time.process_time() - began < 5


@pytest.mark.parametrize("amount", ["\u0661\u0662", "\u0661\u0662.00", "-\uff11.00"])
def test_digits_of_other_scripts_are_no_amount(amount: str, write: Write, profiles: list[Profile]) -> None:
    path = write("bank.csv", f"{HEAD}2026-01-05,{amount},GBP,1,x,\n2026-01-05,1.00,GBP,1,y,\n")
    reading = ingest.read(path, profiles)
    assert reading.table["amount"].to_list() == ["1.00"]
    assert [problem.code for problem in reading.problems] == ["value-amount"]


def test_nor_are_they_days_of_credit(write: Write, profiles: list[Profile]) -> None:
    path = write("customers.csv", "customer_id,name,terms_days\nC1,A,\u0661\u0662\nC2,B,30\n")
    reading = ingest.read(path, profiles, kind=Kind.CUSTOMERS)
    assert reading.table["terms_days"].to_list() == [None, 30]
    assert [problem.code for problem in reading.problems] == ["value-amount"]


def test_idle_noughts_of_a_balance_are_idle(write: Write, profiles: list[Profile]) -> None:
    idle = "0" * 300
    path = write("bank.csv", f"{HEAD}2026-01-05,1.00,GBP,1,x,1.{idle}\n2026-01-06,2.00,GBP,1,y,3.00\n")
    reading = ingest.read(path, profiles)
    assert (reading.statements[0].opening, reading.statements[0].closing) == ("0.00", "3.00")
    assert reading.statements[0].foots is True


def test_a_difference_of_any_size_is_exact(write: Write, profiles: list[Profile]) -> None:
    reading = ingest.read(write("a.xml", CAMT.format("0.01", "9" * 40)), profiles)
    assert reading.statements[0].difference == "9" * 39 + "8.99"
    assert reading.statements[0].foots is False


def test_a_mail_with_a_table_of_aliases(write: Write, profiles: list[Profile]) -> None:
    mail = EmailMessage()
    mail["From"], mail["Message-ID"] = "a@example.com", "<1@example>"
    mail.set_content("see the list")
    table = b"alias,customer_id\nNorth Co,C1\n"
    mail.add_attachment(table, maintype="text", subtype="csv", filename="aliases.csv")
    reading = ingest.read(write("a.eml", bytes(mail)), profiles)
    assert reading.kind is Kind.ALIASES
    assert "digest" not in reading.table.columns


@pytest.mark.parametrize("data", [b"\x85", b"\x0b", b"\x1c"])
def test_a_file_of_one_odd_byte_is_refused(data: bytes, write: Write, profiles: list[Profile]) -> None:
    with pytest.raises(ReconError) as caught:
        ingest.read(write("a.bin", data), profiles)
    assert caught.value.problems[0].code in ("file-unknown", "file-empty")
    assert caught.value.problems[0].where.endswith("a.bin")


def test_a_statement_that_a_mail_holds_again_counts_once(write: Write, profiles: list[Profile]) -> None:
    def mail(number: int, *names: str) -> EmailMessage:
        made = EmailMessage()
        made["From"], made["Message-ID"] = "a@example.com", f"<{number}@example>"
        made.set_content("see the list")
        for name in names:
            made.add_attachment(
                f"{HEAD}{STATEMENTS[name]}".encode(), maintype="text", subtype="csv", filename=name
            )
        return made

    whole, forwarded = mail(1, "a.csv", "a.csv"), mail(2, "a.csv", "b.csv")
    whole.add_attachment(bytes(forwarded), maintype="application", subtype="octet-stream", filename="c.eml")
    reading = ingest.read(write("a.eml", bytes(whole)), profiles, kind=Kind.BANK)
    assert reading.table["amount"].to_list() == ["1.00", "2.00"]
    assert len({one.statement_id for one in reading.statements}) == len(reading.statements) == 2
    twice = [problem.where for problem in reading.problems if problem.code == "file-twice"]
    assert [where.rpartition("a.eml:")[2] for where in twice] == ["a.csv (2)", "message-1.eml"]


def test_hundreds_of_balances_take_no_time(write: Write, profiles: list[Profile]) -> None:
    balances = "".join(
        f"<LEDGERBAL><BALAMT>{number}.00<DTASOF>20260105</LEDGERBAL>" for number in range(3_000)
    )
    path = write("a.ofx", f"OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>GBP<ACCTID>1{balances}</STMTRS></OFX>")
    began = time.process_time()
    ingest.read(path, profiles)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("name", ["xl/sharedStrings.xml", "xl/SharedStrings.xml"])
@pytest.mark.parametrize(
    "tag",
    [
        '<sst uniqueCount="2147483648">',
        "<x-y:sst xmlns:x-y=\"a\" uniqueCount = '99999999'>",
        '<sst y=\'uniqueCount="1"\' uniqueCount="2147483648">',
        '<!-- <sst uniqueCount="1"> --><sst x=">" uniqueCount="2147483648">',
        "<!--" + "x" * 3_000_000 + '--><sst uniqueCount="2147483648">',
        "<sst uniqueCount" + " " * ((1 << 20) - 16) + '="2147483648">',
        '<sst uniqueCount="300000000">' + " " * 9_000_000,
        f'<sst uniqueCount="{"9" * 5_000}">',
    ],
)
def test_a_workbook_that_says_it_has_more_texts_than_fit_is_refused(
    name: str, tag: str, write: Write
) -> None:
    """The library makes room for as many before it reads the first, and ends the process if it can't."""
    made, changed = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        book.add_worksheet().write_row(0, 0, ["booking_date", "amount", "narrative"])
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            data = old.read(part)
            if part == "xl/sharedStrings.xml":
                data, count = re.subn(rb"<sst[^>]*>", tag.encode(), data)
                assert count == 1
            new.writestr(name if part == "xl/sharedStrings.xml" else part, data)
    with pytest.raises(ReconError, match=r"says that it has [0-9,]+ texts"):
        ingest.read(write("book.xlsx", changed.getvalue()))


@pytest.mark.parametrize("mark", ["CRDT", "DBIT"])
def test_no_sign_rounds_an_amount_of_camt(mark: str, write: Write) -> None:
    """`-abs(x)` rounds to 28 digits, and then the amount would fit."""
    long = f"567.4{'9' * 500}"
    entry = '<Ntry><Amt Ccy="GBP">{0}</Amt><CdtDbtInd>{1}</CdtDbtInd><BookgDt><Dt>2026-01-05</Dt></BookgDt>{2}</Ntry>'
    parts = "".join(f'<TxDtls><Amt Ccy="GBP">{one}</Amt></TxDtls>' for one in (long, "1.00"))
    entries = [("2.00", ""), (long, ""), ("568.50", f"<NtryDtls>{parts}</NtryDtls>")]
    said = "".join(entry.format(amount, mark, more) for amount, more in entries)
    text = f"<Document><BkToCstmrStmt><Stmt><Id>1</Id>{said}</Stmt></BkToCstmrStmt></Document>"
    found = ingest.read(write("a.xml", text))
    sign = "-" if mark == "DBIT" else ""
    assert found.table["amount"].to_list() == [f"{sign}2.00", f"{sign}1.00"]
    assert [one.code for one in found.problems].count("value-scale") == 2


def test_nought_has_no_sign(write: Write) -> None:
    entry = '<Ntry><Amt Ccy="GBP">0.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><Dt>2026-01-05</Dt></BookgDt></Ntry>'
    text = f"<Document><BkToCstmrStmt><Stmt><Id>1</Id>{entry}</Stmt></BkToCstmrStmt></Document>"
    assert ingest.read(write("a.xml", text)).table["amount"].to_list() == ["0.00"]


def test_a_message_that_never_begins_is_not_looked_for_again_and_again(write: Write) -> None:
    path = write("a.xml", "<!-- <BkToCstmrStmt> --><Document>" + "<X><a/><b/></X>" * 500_000 + "</Document>")
    began = time.process_time()
    assert ingest.read(path).table.is_empty()
    assert time.process_time() - began < 5


def test_an_amount_of_too_many_decimals_is_not_rounded_to_one_that_fits(write: Write) -> None:
    """567.4999...9 is nearly 567.50: with 500 digits it must not become that in silence."""
    long = "9" * 500
    entries = f":61:2601050105C567,4{long}NTRF1\n:86:x\n:61:2601050105C1,NTRF2\n:86:y"
    path = write("a.sta", f":20:1\n:25:1\n:28C:1\n:60F:C260105GBP1,\n{entries}\n:62F:C260105GBP2,\n-")
    found = ingest.read(path)
    assert found.table["amount"].to_list() == ["1.00"]
    assert [one.code for one in found.problems] == ["value-scale"]


def test_a_record_of_bai2_of_more_parts_than_can_be_counted(write: Write) -> None:
    """The funds type D says how many parts follow; a number of thousands of digits is one that is not believed."""
    head = "01,S,R,260105,1200,1,,,2/\n02,R,S,1,260105,,GBP,2/\n03,1,GBP,010,1,,/\n"
    path = write(
        "a.bai", f"{head}16,165,100,D,{'9' * 5_000}\n88,0,100,B,C,text\n49,101,4/\n98,101,1,6/\n99,101,1,8/"
    )
    found = ingest.read(path)
    assert found.table["amount"].to_list() == ["1.00"]
