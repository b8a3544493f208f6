"""ARUDD, the report of unpaid Direct Debits: lines, totals, what is wrong with it; and the reports without money."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from mutations import Change, changed, mutated, read_or_refused, statements_add_up

from recon import ingest
from recon.model import Kind, Reading
from recon.problems import ReconError

Write = Callable[[str, "str | bytes"], Path]
PAYER = (
    'number="33445566" ref="X-1" name="A RESIDENT" sortCode="60-00-01" bankName="A BANK" branchName="LEWES"'
)


def item(
    value: str = "65.00",
    ref: str = "X-1",
    collected: str = "2026-03-02",
    payer: str = PAYER,
    currency: str = "GBP",
) -> str:
    said = f'ref="{ref}" transCode="17" returnCode="0273" returnDescription="REFER TO PAYER"'
    said += f' originalProcessingDate="{collected}" valueOf="{value}" currency="{currency}"'
    return f"<ReturnedDebitItem {said}>\n<PayerAccount {payer}>\n</PayerAccount></ReturnedDebitItem>\n"


def record(*items: str, count: str = "", total: str = "", number: str = "12345678") -> str:
    account = f'<OriginatingAccount name="CARE" number="{number}" sortCode="30-00-00" type="0" bankName="B"/>'
    totals = (
        f'<Totals numberOf="{count}" valueOf="{total}" currency="GBP"></Totals>' if count or total else ""
    )
    return f"<OriginatingAccountRecord>{account}\n{''.join(items)}{totals}</OriginatingAccountRecord>"


def report(*records: str, day: str = "2026-03-05") -> str:
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!-- made -->\n'
        '<BACSDocument xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:noNamespaceSchemaLocation="newbacs-advices.xsd">\n<Data><ARUDD>\n'
        f'<Header reportType="REFT1019" adviceNumber="1" currentProcessingDate="{day}"></Header>\n'
        '<AddresseeInformation name="CARE"/><ServiceLicenseInformation userName="CARE" userNumber="123456"/>\n'
        f"<Advice><OriginatingAccountRecords>{''.join(records)}</OriginatingAccountRecords></Advice></ARUDD></Data>"
        "<SignatureMethod>X</SignatureMethod><Signature></Signature></BACSDocument>\n"
    )


def read(write: Write, text: str) -> Reading:
    return ingest.read(write("arudd.xml", text.encode("latin-1")))


def test_a_returned_debit_is_money_out_of_its_originators_account(write: Write) -> None:
    reading = read(write, report(record(item(), item("1,060.5", "X-2"), count="2", total="1125.50")))
    assert (reading.kind, reading.format, reading.problems) == (Kind.BANK, "arudd", ())
    first, second = reading.table.rows(named=True)
    assert (first["booking_date"], first["amount"], first["currency"]) == (date(2026, 3, 5), "-65.00", "GBP")
    assert (first["account"], first["type"], first["position"]) == ("30-00-00 12345678", "RETURN DD", 8)
    assert (first["counterparty"], first["counterparty_account"]) == ("A RESIDENT", "60-00-01 33445566")
    assert (first["reference"], first["narrative"]) == ("X-1", "UNPAID DIRECT DEBIT REFER TO PAYER")
    assert (first["extra:return_code"], first["extra:collected_on"]) == ("0273", "2026-03-02")
    assert (second["amount"], second["reference"]) == ("-1060.50", "X-2")
    assert [(one.total, one.lines, one.foots) for one in reading.statements] == [("-1125.50", 2, None)]


def test_the_currencys_sign_before_an_amount_is_no_part_of_it(write: Write) -> None:
    assert read(write, report(record(item("\u00a365.00")))).table["amount"].to_list() == ["-65.00"]


def test_each_account_is_a_statement(write: Write) -> None:
    reading = read(write, report(record(item()), record(item("7.00"), number="87654321")))
    assert reading.table["account"].to_list() == ["30-00-00 12345678", "30-00-00 87654321"]
    assert [one.total for one in reading.statements] == ["-65.00", "-7.00"]


def test_debits_alike_are_two(write: Write) -> None:
    assert read(write, report(record(item(), item()))).table["line_id"].n_unique() == 2


@pytest.mark.parametrize(("count", "total"), [("2", "65.00"), ("1", "66.00")])
def test_totals_that_differ_keep_the_statement_out(write: Write, count: str, total: str) -> None:
    reading = read(write, report(record(item(), count=count, total=total)))
    assert [problem.code for problem in reading.problems] == ["statement-foots-not"]
    assert reading.statements[0].foots is False


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (report(record(item("x"))), "value-amount"),
        (report(record(item("9" * 14))), "value-amount"),
        (report(record(item()), day="soon"), "value-date"),
        (report(item()), "entry-unread"),
    ],
)
def test_what_can_not_be_a_line_is_said(write: Write, text: str, code: str) -> None:
    reading = read(write, text)
    assert reading.table.height == 0
    assert [problem.code for problem in reading.problems] == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            report(record(item())).replace("<BACSD", "<!DOCTYPE BACSDocument [<!ENTITY a 'b'>]><BACSD"),
            "xml-unsafe",
        ),
        (report(record(item()))[:-40], "xml-broken"),
    ],
)
def test_unsafe_and_broken_xml_is_refused(write: Write, text: str, code: str) -> None:
    with pytest.raises(ReconError) as refused:
        read(write, text)
    assert refused.value.problems[0].code == code


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("<ADDACS>", "(ADDACS): it holds no receipts"),
        ("<AUDDIS>", "(AUDDIS): it holds no receipts"),
        ("<AWACS>", "(AWACS): it holds no receipts"),
        ('<MessagingAdvices><MessagingAdvice reference="X-1"/>', "no receipts"),
        ("<ARUCS>", "returned credits (ARUCS)"),
        ("<InputReport>", "not known"),
    ],
)
def test_bacs_other_reports_are_named(write: Write, part: str, words: str) -> None:
    with pytest.raises(ReconError) as refused:
        read(write, f"<BACSDocument><Data>{part}</Data></BACSDocument>")
    (problem,) = refused.value.problems
    assert problem.code == "file-unknown"
    assert words in problem.what


def test_items_outside_records_are_counted_in_every_encoding(write: Write) -> None:
    text = report(record(item()), item("7.00"), item("8.00"))
    for encoding in ("latin-1", "utf-16"):
        data = text.replace("ISO-8859-1", "UTF-16" if encoding == "utf-16" else "ISO-8859-1").encode(encoding)
        reading = ingest.read(write("arudd.xml", data))
        (told,) = reading.problems
        assert (reading.table.height, told.code) == (1, "entry-unread"), encoding
        assert told.what.startswith("2 returned debits stand in no account's record")


def test_a_comment_holds_no_returned_debit(write: Write) -> None:
    text = report(record(item())).replace("<!-- made -->", "<!-- <ReturnedDebitItem/> -->")
    assert read(write, text).problems == ()


def test_two_currencies_of_one_account_are_never_added_up(write: Write) -> None:
    both = item("10.00"), item("5.00", "X-2", currency="EUR")
    reading = read(
        write, report(record(*both, count="2", total="10.00"), record(item("7.00"), number="87654321"))
    )
    assert reading.problems == ()
    assert [(one.currency, one.total) for one in reading.statements] == [
        ("GBP", "-10.00"),
        ("EUR", "-5.00"),
        ("GBP", "-7.00"),
    ]
    assert reading.table["statement_id"].to_list() == [one.statement_id for one in reading.statements]
    summed = read(write, report(record(*both, count="2", total="15.00")))
    assert {problem.code for problem in summed.problems} == {"statement-foots-not"}
    assert [one.foots for one in summed.statements] == [False, False]


def test_totals_without_a_currency_are_in_that_of_the_items(write: Write) -> None:
    euros = report(record(item(currency="EUR"), count="1", total="65.00")).replace(
        'valueOf="65.00" currency="GBP"></Totals>', 'valueOf="65.00"></Totals>'
    )
    reading = read(write, euros)
    assert (reading.problems, [one.currency for one in reading.statements]) == ((), ["EUR"])


@pytest.mark.parametrize(
    "day", ["0001-01-01", "1969-12-31", "2200-01-01", "2026-W01-1", "2026-02-30", "202603055"]
)
def test_a_day_that_no_report_has_is_none(write: Write, day: str) -> None:
    assert [problem.code for problem in read(write, report(record(item()), day=day)).problems] == [
        "value-date"
    ]
    reading = read(write, report(record(item(collected=day)), day="20260305"))
    assert reading.problems == ()
    assert "extra:collected_on" not in reading.table.columns


def test_a_record_of_something_else_is_said(write: Write) -> None:
    credit = record(item().replace("ReturnedDebitItem", "ReturnedCreditItem"))
    reading = read(write, report(credit, record(item())))
    assert [problem.code for problem in reading.problems] == ["entry-unread"]
    assert [one.total for one in reading.statements] == ["-65.00"]
    assert read(write, report(record(item()), record(count="0", total="0.00"))).problems == ()


SEEDS = [report(record(item(), item("7.00", "X-2"), count="2", total="72.00")).encode("latin-1")]
PIECES = [b'valueOf="', b"</ReturnedDebitItem>", b"<Totals", b"-", b"<!DOCTYPE a>", b"&#0;", b'"']


@mutated(SEEDS, PIECES, 0, 1200)
def test_damaged_files_are_read_or_refused(write: Write, data: bytes, changes: list[Change]) -> None:
    reading = read_or_refused(write("m.xml", changed(data, changes)))
    if reading is not None and reading.format == "arudd":
        statements_add_up(reading)
