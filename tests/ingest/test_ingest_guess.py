"""A guess: each choice by what settles it; and every sample without its profile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layouts import WORDS

from recon import ingest
from recon.ingest import guess, guess_profile, guess_tables
from recon.ingest.guess_choices import Choice, Sure
from recon.ingest.guess_profile import Proposal
from recon.ingest.guess_words import Words
from recon.ingest.source import open_source
from recon.model import Kind, Reading
from recon.problems import ReconError
from recon.rules.profile import Profile

HERE = Path(__file__).parent / "profiles"
SAMPLES = sorted(
    path
    for path in HERE.iterdir()
    if path.suffix in (".csv", ".xls", ".tsv") and not path.name.endswith(".table.csv")
)
# What a guess can't know of a sample, and why; its documents are read all the same.
PARTLY = {"remit_sap": "tax in a row below its document: only a person knows that it is taken off (`less`)"}
# What only its owner knows of a sample: that this bank calls money in a debit.
ANSWERS = {"axis": {"sign": "turned"}}
Write = Callable[[str, "str | bytes"], Path]
SHOWN = {
    Kind.BANK: ["booking_date", "amount"],
    Kind.ITEMS: ["doc_no", "open_amount"],
    Kind.CLOSED: ["doc_no"],
    Kind.REMITTANCE: ["doc_no", "paid_amount"],
    Kind.CUSTOMERS: ["customer_id"],
    Kind.ALIASES: ["alias", "customer_id"],
}


def proposal(path: Path, **said: str) -> Proposal:
    made = guess.guess(guess_tables.tables(open_source(path)), Words(WORDS), path.stem, said)
    assert made is not None
    return guess_profile.propose(made, Words(WORDS), "mine", "mine", said)


def read(path: Path, **said: str) -> Reading:
    found = proposal(path, **said)
    assert found.profile is not None, found.lacking
    return ingest.read(path, [found.profile], profile="mine")


def choice(found: Proposal, key: str) -> Choice:
    return next(one for one in found.choices if one.key == key)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_without_its_profile_is_read_alike(path: Path, profiles: list[Profile]) -> None:
    """With the default answers, or its owner's; the rows and their sums are those that the shipped profile reads."""
    shipped = ingest.read(path, profiles)
    said = ANSWERS.get(path.stem, {})
    mine = read(path, kind=str(shipped.kind), **said) if proposal(path).made.rivals else read(path, **said)
    assert mine.kind is shipped.kind
    names = SHOWN[shipped.kind][: 1 if path.stem in PARTLY else None]
    if path.stem in PARTLY:
        assert set(mine.table.select(names).rows()) >= set(shipped.table.select(names).rows())
        return
    assert mine.table.select(names).rows() == shipped.table.select(names).rows()
    assert [one.total for one in mine.statements] == [one.total for one in shipped.statements]
    assert all(one.foots is not False for one in mine.statements)


def test_debit_that_is_money_in_by_the_running_balance_is_asked_for(write: Write) -> None:
    path = write(
        "odd.csv",
        "Date,Details,DR,CR,Balance\n"
        "13/03/2026,RECEIPT,100.00,,1100.00\n14/03/2026,CHEQUE,,30.00,1070.00\n15/03/2026,FEE,,1.00,1069.00\n",
    )
    found = proposal(path)
    sign = choice(found, "sign")
    assert sign.sure is Sure.ASSUMED
    assert sign.why == "but 2 of 2 steps of `Balance` say otherwise"
    [question] = found.questions
    assert (question.key, question.default) == ("sign", "")
    assert read(path, sign="turned").table["amount"].to_list() == ["100.00", "-30.00", "-1.00"]
    assert choice(proposal(path, sign="turned"), "sign").sure is Sure.SAID
    assert read(path, sign="turned").statements[0].foots


def test_a_signed_column_turned_round_by_the_running_balance_is_asked_for(write: Write) -> None:
    path = write(
        "card.csv",
        "Date,Details,Amount,Balance\n13/03/2026,SHOP,12.00,988.00\n14/03/2026,REFUND,-2.00,990.00\n"
        "15/03/2026,SHOP,1.00,989.00\n",
    )
    assert [one.key for one in proposal(path).questions] == ["sign"]
    assert read(path, sign="turned").table["amount"].to_list() == ["-12.00", "2.00", "-1.00"]


def test_without_a_balance_a_column_of_one_sign_is_asked_for(write: Write) -> None:
    path = write("one.csv", "Date,Details,Amount\n13/03/2026,A,12.00\n14/03/2026,B,2.00\n")
    [question] = proposal(path).questions
    assert (question.key, question.default) == ("sign", "as_written")
    assert read(path, sign="as_written").table["amount"].to_list() == ["12.00", "2.00"]
    assert read(path, sign="turned").table["amount"].to_list() == ["-12.00", "-2.00"]
    assert proposal(path, sign="turned").questions == ()


def test_a_word_of_money_in_that_nobody_knows_is_asked_for(write: Write) -> None:
    path = write("two.csv", "Date,Details,Amount,Kind\n13/03/2026,A,12.00,X\n14/03/2026,B,2.00,Z\n")
    said = {"indicator": "Kind", "amount": "Amount"}
    [question] = [one for one in proposal(path, **said).questions if one.key == "credit_words"]
    assert [option.value for option in question.options] == ["X", "Z"]
    assert read(path, **said, credit_words="Z").table["amount"].to_list() == ["-12.00", "2.00"]


def test_two_days_are_no_words_for_money_in_and_out(write: Write) -> None:
    """The balance falls on both days; a column of days says nothing of that."""
    text = (
        "Posting Date,Narrative,Credit,Debit,Balance\n"
        "01/01/2024,NORTHSIDE CARE LTD INV-1001,,0.01,499.99\n"
        "01/01/2024,DD UTILITY 1,,0.01,499.98\n"
        "02/01/2024,COUNTY COUNCIL 4000123456,,0.01,499.97\n"
    )
    reading = read(write("three.csv", text), dates="%d/%m/%Y")
    assert reading.table["amount"].to_list() == ["-0.01"] * 3
    assert reading.table["booking_date"].dt.day().to_list() == [1, 1, 2]


@pytest.mark.parametrize(
    ("days", "form", "asked"),
    [
        (("13/03/2026", "02/04/2026"), "%d/%m/%Y", False),
        (("03/13/2026", "04/02/2026"), "%m/%d/%Y", False),
        (("01/02/2026", "02/02/2026"), "%d/%m/%Y", True),
        # Only as months first these are in order; of few days that may be chance.
        (("01/05/2026", "01/09/2026", "02/03/2026", "02/07/2026"), "%d/%m/%Y", True),
        (
            tuple(f"{number // 4 + 1:02d}/{number % 4 * 3 + 1:02d}/2026" for number in range(8)),
            "%m/%d/%Y",
            False,
        ),
        # A year first, and not days of as many years as there are lines.
        (("26-03-01", "26-03-13", "26-03-25"), "%y-%m-%d", False),
        (("26/03/12", "26/03/13"), "%d/%m/%y", True),
        (("13-03-26", "14-04-26", "28-05-26"), "%d-%m-%y", False),
        (("2026-03-01", "2026-03-02"), "%Y-%m-%d", False),
        (("1 Mar 2026", "21 Mar 2026"), "%d %b %Y", False),
        (("20260301", "20260302"), "%Y%m%d", False),
        (("03/03/26", "14/03/26"), "%d/%m/%y", False),
    ],
)
def test_the_order_of_days(days: tuple[str, ...], form: str, asked: bool, write: Write) -> None:
    lines = [f"{day},PAYER {number},{number}.50,-{number}.00" for number, day in enumerate(days, 1)]
    path = write("days.csv", "\n".join(["Date,Details,Paid in,Charge", *lines]) + "\n")
    found = proposal(path, amount="Paid in", sign="as_written")
    assert found.profile is not None
    assert found.profile.dates[0] == form
    assert [one.key for one in found.questions if one.key == "dates"] == (["dates"] if asked else [])


def test_the_period_in_the_title_says_the_order_of_days(write: Write) -> None:
    lines = "Statement,01/31/2026,02/03/2026\nDate,Details,Amount\n02/01/2026,A,-1.00\n02/02/2026,B,2.00\n"
    found = proposal(write("titled.csv", lines))
    assert found.profile is not None
    assert found.profile.dates == ("%m/%d/%Y",)
    assert found.questions == ()


@pytest.mark.parametrize(
    ("amounts", "decimal", "wanted"),
    [
        (("1.234,56", "-2,50"), ",", ["1234.56", "-2.50"]),
        (("1,234.56", "-2.50"), ".", ["1234.56", "-2.50"]),
        (("1,20,000.00", "-2.50"), ".", ["120000.00", "-2.50"]),
        (("1.234", "-12"), ",", ["1234", "-12"]),
        (("(4,525.00)", "2,205.26-"), ".", ["-4525.00", "-2205.26"]),
    ],
)
def test_the_decimal_mark(amounts: tuple[str, ...], decimal: str, wanted: list[str], write: Write) -> None:
    lines = [f"1{number}.03.2026;A;{amount}" for number, amount in enumerate(amounts, 4)]
    path = write("marks.csv", "\n".join(["Date;Details;Amount", *lines]) + "\n")
    found = proposal(path, sign="as_written")
    assert found.profile is not None
    assert found.profile.decimal == decimal
    assert read(path, sign="as_written").table["amount"].to_list() == wanted


def test_rows_that_are_no_lines_are_left_out_by_how_they_begin_and_never_a_line(write: Write) -> None:
    path = write(
        "odd.csv",
        "Date,Details,Amount\n13/03/2026,A CARE LTD,1.00\n,INV-1001 and INV-1002,\nPending,SHOP,5.00\n"
        "14/03/2026,B,-2.00\nWe thank you for 2026,,\n13/03/2026,not a line,x\n",
    )
    found = proposal(path)
    assert found.profile is not None
    assert found.profile.continues
    assert found.profile.skip == (r"(?i)^\W*pending\b",)
    assert found.profile.ends == (r"(?i)^\W*we\W+thank\W+you\W+for\b",)
    assert read(path).table["narrative"].to_list() == ["A CARE LTD INV-1001 and INV-1002", "B"]


def test_a_file_without_a_heading_is_told_by_its_first_row(write: Write) -> None:
    text = '13/03/2026,"ESSEX CC","4,200.00"\n14/03/2026,SUPPLIES,"-1,035.50"\n'
    found = proposal(write("bare.csv", text))
    assert found.profile is not None
    assert found.profile.no_header == ("Date", "Description", "Amount")
    other = write("other.csv", "13/03/2026,4200.00,ESSEX CC\n")
    with pytest.raises(ReconError, match="no row of the first"):
        ingest.read(other, [found.profile], profile="mine")


def test_open_items_with_debit_marks_are_owed(write: Write) -> None:
    path = write(
        "bills.csv",
        "Date,Ref. No.,Party's Name,Pending Amount,Due on\n"
        '13-Mar-2026,INV-1,Test Ltd,"1,20,000.00 Dr",12-Apr-2026\n14-Mar-2026,CN-1,Test Ltd,500.00 Cr,\n',
    )
    assert proposal(path).questions == ()
    reading = read(path)
    assert reading.kind is Kind.ITEMS
    assert reading.table.select("doc_no", "open_amount", "currency").rows() == [
        ("INV-1", "120000.00", "INR"),
        ("CN-1", "-500.00", "INR"),
    ]


def test_the_sum_of_a_customers_items_is_no_item(write: Write) -> None:
    path = write(
        "aged.csv",
        "Invoice Date,Due Date,Invoice Number,Invoice Reference,Current,Older,Total\n"
        "ALPHA LTD\n1 Feb 2026,3 Mar 2026,INV-3001,PO 1,0.00,500.00,500.00\n"
        "4 Feb 2026,3 Mar 2026,CN-3001,,0.00,-50.00,-50.00\nTotal ALPHA LTD,,,,0.00,450.00,450.00\n"
        "BETA LTD\n13 Feb 2026,3 Mar 2026,INV-3002,,0.00,500.00,500.00\nTotal BETA LTD,,,,0.00,500.00,500.00\n"
        "Total,,,,0.00,950.00,950.00\n",
    )
    reading = read(path, kind="items")
    assert reading.table.select("doc_no", "open_amount").rows() == [
        ("INV-3001", "500.00"),
        ("CN-3001", "-50.00"),
        ("INV-3002", "500.00"),
    ]


def test_the_day_of_an_invoice_is_not_that_of_its_payment(write: Write) -> None:
    path = write(
        "advice.csv",
        "Invoice number,Invoice date,Gross Amount,Amount Paid\nINV-3001,13/02/2026,500.00,500.00\n"
        "INV-3010,14/02/2026,250.00,250.00\n",
    )
    reading = read(path, kind="remittance")
    assert reading.table["paid_amount"].to_list() == ["500.00", "250.00"]
    assert reading.table["payment_date"].to_list() == [None, None]


def test_a_sheet_is_guessed_like_text(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Receipts of March", None, None],
        ["Posting date", "What", "Amount"],
        ["2026-03-13", "A", 12.5],
        ["2026-03-14", "B", -2],
    ):
        sheet.append(row)
    path = tmp_path / "march.xlsx"
    book.save(path)
    assert read(path).table["amount"].to_list() == ["12.5", "-2"]


def test_what_is_no_table_has_no_proposal(write: Write) -> None:
    path = write("words.csv", "one,two,three\nfour,five,six\n")
    assert guess.guess(guess_tables.tables(open_source(path)), Words(WORDS), "words", {}) is None
    assert guess_tables.tables(open_source(write("text.txt", "no columns here\n"))) == []


def test_names_of_columns() -> None:
    words = Words(WORDS)
    assert words.score(Kind.BANK, "debit", "Withdrawal Amount (INR )") > 2.5
    assert words.score(Kind.BANK, "booking_date", "Tran Date") > 2.5
    assert words.score(Kind.BANK, "counterparty", "Branch Name") == 0
    assert words.score(Kind.ITEMS, "customer_name", "Party's Name") > 2.5
    assert not words.known("13/03/2026")


@given(
    changes=st.lists(
        st.tuples(st.integers(0, 4000), st.sampled_from(list(b',;"\n1-.\x00\xff [='))), max_size=12
    )
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_never_breaks_it(changes: list[tuple[int, int]], tmp_path: Path) -> None:
    data = bytearray((HERE / "hdfc.csv").read_bytes())
    for place, byte in changes:
        data[place % len(data) : place % len(data)] = bytes([byte])
    path = tmp_path / "damaged.csv"
    path.write_bytes(bytes(data))
    made = guess.guess(guess_tables.tables(open_source(path)), Words(WORDS), "damaged", {})
    if made is not None:
        found = guess_profile.propose(made, Words(WORDS), "mine", "mine", {})
        assert (found.profile is None) == bool(found.lacking)
