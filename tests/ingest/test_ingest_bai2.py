"""BAI2: one oddity each, with the records that banks really write."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import Change, changed, mutated, read_or_refused, statements_add_up

from recon import ingest
from recon.ingest import bai2_entries
from recon.model import Reading
from recon.problems import ReconError

Write = Callable[[str, "str | bytes"], Path]
HERE = Path(__file__).parent / "bai2"
CORPUS = os.environ.get("RECON_CORPUS", "")
HEAD = "01,A,B,260304,0600,1,,,2/\n02,B,A,1,260303,2400,GBP,2/\n03,123,GBP,010,1000,,/\n"


def read(write: Write, entries: str, head: str = HEAD) -> Reading:
    return ingest.read(write("b.bai", head + entries))


def codes(reading: Reading) -> list[str]:
    """What is wrong besides the trailers that the short samples of these tests lack."""
    lacking = ("file-cut", "trailer-differs", "statement-foots-not")
    return [problem.code for problem in reading.problems if problem.code not in lacking]


@pytest.mark.parametrize(
    ("entry", "amount", "kind", "value", "bank", "own", "text"),
    [
        ("16,195,1250,0,B1,C1,FOR A/", "12.50", "195", date(2026, 3, 3), "B1", "C1", "FOR A"),
        ("16,475,1250,1,B1,C1,FOR A", "-12.50", "475", None, "B1", "C1", "FOR A"),
        ("16,475,-1250,,,,/", "12.50", "475", None, "", "", ""),
        ("16,195,+000000000000000001250,Z,,,/", "12.50", "195", None, "", "", ""),
        ("16,555,5,2,B1,NONREF,x/", "-0.05", "RETURN 555", None, "B1", "", "x"),
        ("16,218,20,V,260405,,SP1,YRC1,x, y/", "0.20", "218", date(2026, 4, 5), "SP1", "YRC1", "x, y"),
        ("16,218,20,V,20260405,2400,SP1,YRC1/", "0.20", "218", date(2026, 4, 5), "SP1", "YRC1", ""),
        ("16,218,20,V,260405,,SP1,YRC1/\n88,MORE/", "0.20", "218", date(2026, 4, 5), "SP1", "YRC1", "MORE"),
        ("16,115,45,S,10,20,15,B1,C1,BOX/", "0.45", "115", None, "B1", "C1", "BOX"),
        ("16,115,45,S,,20,25,,,BOX NO.1/", "0.45", "115", None, "", "", "BOX NO.1"),
        ("16,301,45,D,2,0,20,1,25,B1,C1,IN PARTS/", "0.45", "301", None, "B1", "C1", "IN PARTS"),
        ("16,301,45,D,2,0,20/\n88,1,25,B1,C1/\n88,IN PARTS/", "0.45", "301", None, "B1", "C1", "IN PARTS"),
        ("16,174,5,Z,,50848,/\n88,MORE TEXT,/", "0.05", "174", None, "", "50848", "MORE TEXT"),
        ("16,174,5,Z,B1/", "0.05", "174", None, "B1", "", ""),
        ("16,921,5,,,,OUR BANK'S OWN/", "0.05", "921", None, "", "", "OUR BANK'S OWN"),
        ("16,142,5,Z,,,2/AV MAIN 2/AVENUE", "0.05", "142", None, "", "", "2/AV MAIN 2/AVENUE"),
        ("16,142,5,Z,,,A\u00a0B\tC  D \x07E/", "0.05", "142", None, "", "", "A B C D E"),
    ],
)
def test_an_entry(
    write: Write, entry: str, amount: str, kind: str, value: date | None, bank: str, own: str, text: str
) -> None:
    reading = read(write, entry)
    row = reading.table.row(0, named=True)
    assert (row["amount"], row["type"], row["value_date"]) == (amount, kind, value)
    assert (row["extra:bank_reference"], row["reference"], row["narrative"]) == (bank, own, text)
    assert (row["account"], row["currency"], row["booking_date"]) == ("123", "GBP", date(2026, 3, 3))
    assert row["position"] == 4
    assert row["extra:details"].startswith("16,")
    assert codes(reading) == []


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("16,195,12.50,Z,,,/", "value-amount"),
        ("16,195,,Z,,,/", "value-amount"),
        ("16,195,99999999999999999,Z,,,/", "value-amount"),
        ("16,195,1e3,Z,,,/", "value-amount"),
        ("16,,100,Z,,,/", "entry-unread"),
        ("16,880,100,Z,,,/", "entry-unread"),
        ("16,890,,,,,TEXT/", "entry-unbooked"),
    ],
)
def test_an_entry_that_is_none_is_a_problem_and_the_next_is_read(write: Write, entry: str, code: str) -> None:
    reading = read(write, f"{entry}\n16,195,100,Z,,,NEXT/")
    assert reading.table["narrative"].to_list() == ["NEXT"]
    assert codes(reading) == [code]
    assert [problem.where.endswith("b.bai:4") for problem in reading.problems if problem.code == code] == [
        True
    ]


def test_a_statement_that_does_not_foot_is_left_to_the_rules(write: Write) -> None:
    text = HEAD.replace("010,1000,,", "010,1000,,,015,1500,,")
    good = read(write, "16,195,500,Z,,,A/\n49,3000,3/\n98,3000,1,5/\n99,3000,1,7/\n", head=text)
    assert [one.foots for one in good.statements] == [True]
    assert good.problems == ()
    bad = read(write, "16,195,400,Z,,,A/\n49,2900,3/\n98,2900,1,5/\n99,2900,1,7/\n", head=text)
    assert (bad.statements[0].foots, bad.statements[0].difference) == (False, "1.00")
    assert [problem.code for problem in bad.problems] == ["statement-foots-not"]


def test_a_control_total_that_differs_keeps_the_statement_out(write: Write) -> None:
    reading = read(write, "16,195,500,Z,,,A/\n49,1501,3/\n98,1501,1,5/\n99,1501,1,7/\n")
    assert reading.statements[0].foots is False
    assert [problem.code for problem in reading.problems] == ["statement-foots-not"]
    assert "control total 1501 of its trailer is not 1500" in reading.problems[0].what


def test_trailers_are_counted(write: Write) -> None:
    reading = read(write, "16,195,500,Z,,,A/\n88,B/\n49,1500,3/\n98,7,2,5/\n99,7,2,8/\n")
    said = [problem.what for problem in reading.problems]
    assert [problem.code for problem in reading.problems] == ["trailer-differs"] * 5
    assert said == [
        "the account's trailer counts 3 records, there are 4",
        "the group's control total 7 is not 1500, the sum of its accounts'",
        "the group's trailer counts 2 accounts, there are 1",
        "the group's trailer counts 5 records, there are 6",
        "the file's trailer counts 2 groups, there are 1",
    ]


def test_a_cut_file_is_said(write: Write) -> None:
    reading = read(write, "16,195,500,Z,,,A/\n")
    assert sorted(problem.code for problem in reading.problems) == ["file-cut", "statement-foots-not"]
    assert (reading.table.height, [one.foots for one in reading.statements]) == (1, [False])


def test_an_account_that_the_next_file_cuts_off_foots_not(write: Write) -> None:
    """Several files sent as one: the first ends within its account, the second begins with its header."""
    whole = "16,195,500,Z,,,A/\n49,1500,3/\n98,1500,1,5/\n99,1500,1,7/\n"
    reading = read(write, "16,195,500,Z,,,A/\n" + HEAD + whole)
    assert [one.foots for one in reading.statements] == [False, None]


@pytest.mark.parametrize("end", ["98,1500,1,5/\n", ""])
def test_an_account_that_is_whole_stays_in_a_cut_file(write: Write, end: str) -> None:
    reading = read(write, f"16,195,500,Z,,,A/\n49,1500,3/\n{end}")
    assert [problem.code for problem in reading.problems] == ["file-cut"]
    assert [one.foots for one in reading.statements] == [None]


def test_a_file_that_ends_within_an_accounts_trailer_cuts_off_the_account(write: Write) -> None:
    reading = read(write, "16,195,500,Z,,,A/\n49,")
    assert [one.foots for one in reading.statements] == [False]
    assert "file-cut" in [problem.code for problem in reading.problems]


def test_accounts_currencies_and_groups(write: Write) -> None:
    text = (
        "01,A,B,260304,0600,1,,,2/\n02,B,A,1,260303,,JPY,2/\n03,1,,010,5000,,/\n16,195,100,Z,,,A/\n"
        "03,2,KWD,010,5000,,/\n16,195,100,Z,,,A/\n02,B,A,1,,,,2/\n03,3,,010,5000,,/\n16,195,100,Z,,,A/\n"
    )
    reading = ingest.read(write("b.bai", text))
    assert [(one.account, one.currency, one.opening, one.total) for one in reading.statements] == [
        ("1", "JPY", "5000", "100"),
        ("2", "KWD", "5.000", "0.100"),
        ("3", "USD", "50.00", "1.00"),
    ]
    # The last group has no day of its own: the file's is taken, and that is said.
    assert reading.table["booking_date"].to_list() == [date(2026, 3, 3), date(2026, 3, 3), date(2026, 3, 4)]
    assert codes(reading) == ["value-date"]


@pytest.mark.parametrize("status", ["2", "4"])
def test_a_group_that_is_a_test_or_a_deletion_is_not_booked(write: Write, status: str) -> None:
    reading = read(write, "16,195,500,Z,,,A/\n", head=HEAD.replace("02,B,A,1,", f"02,B,A,{status},"))
    assert reading.table.height == 0
    assert codes(reading) == ["entry-unbooked"]


def test_a_statement_twice_counts_once(write: Write) -> None:
    account = "03,123,GBP,010,1000,,/\n16,195,500,Z,,,A/\n16,195,500,Z,,,A/\n49,2000,4/\n"
    reading = read(write, account.split("\n", 1)[1] + account)
    ids = reading.table["line_id"].to_list()
    assert len(ids) == 4
    assert ids[:2] == ids[2:]
    assert ids[0] != ids[1]
    assert codes(reading) == ["statement-twice"]


def test_text_stays_text_and_long_text_is_cut(write: Write) -> None:
    more = "".join(f"88,{'x' * 70}\n" for _ in range(600))
    reading = read(write, f'16,195,500,Z,,,=HYPERLINK("x")/\n16,195,500,Z,,,y\n{more}')
    assert reading.table["narrative"][0] == '=HYPERLINK("x")'
    assert reading.table["narrative"].str.len_chars().to_list()[1] == 32_767
    assert codes(reading) == ["value-long"]


def test_tags_say_who_paid(write: Write) -> None:
    tags = "88,EREF: E-1\n88,CRNM: US\n88,DBNM: THEM\n88,DACT: 77\n88,CACT: 88\n"
    inward, outward = read(write, f"16,195,5,Z,,C1,IN\n{tags}16,495,5,Z,,C2,OUT\n{tags}").table.rows(
        named=True
    )
    told = ("counterparty", "counterparty_account", "reference")
    assert [inward[name] for name in told] == ["THEM", "77", "E-1"]
    assert [outward[name] for name in told] == ["US", "88", "E-1"]


def test_what_only_looks_like_it_is_not_claimed(write: Write) -> None:
    for text in ("01,5,6\n02,7,8\n", "01,A,B,260304,0600,1\n03,1\n", "x01,A,B,260304,0600,1\n02,"):
        with pytest.raises(ReconError):
            ingest.read(write("x.bai", text))


@given(st.text(alphabet="0123456789,/DSVZ\n ", max_size=60))
def test_completing_a_record_keeps_all_of_it(text: str) -> None:
    assert bai2_entries._complete(text).replace(",", "\n") == text.replace(",", "\n")


SEEDS = [(HERE / name).read_bytes() for name in ("statement.bai", "oddities.txt")]
PIECES = [
    b"",
    b",",
    b"/",
    b"\n",
    b"16,",
    b"88,",
    b"49,",
    b"V,",
    b"D,99",
    b"\xff",
    b"\x00",
    b"9" * 19,
    b"-",
    b"\r\n03,",
]


@mutated(SEEDS, PIECES, 0, 2000)
def test_no_mutation_breaks_the_reading(write: Write, data: bytes, changes: list[Change]) -> None:
    reading = read_or_refused(write("m.bai", changed(data, changes)))
    if reading is not None:
        statements_add_up(reading)


def _corpus() -> list[Path]:
    folders = ("moov-io+bai2", "venturehacks+bai2")
    return (
        sorted(path for name in folders for path in (Path(CORPUS) / name).rglob("*") if path.is_file())
        if CORPUS
        else []
    )


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS, reason="RECON_CORPUS is not set")
@pytest.mark.parametrize("path", _corpus(), ids=lambda path: path.name)
def test_the_corpus_is_whole_and_the_library_agrees(path: Path) -> None:
    bai2 = pytest.importorskip("bai2.bai2")
    reading = ingest.read(path)
    text = path.read_text(encoding="utf-8")
    left_out = [
        problem for problem in reading.problems if problem.code.startswith(("entry-", "value-amount"))
    ]
    assert reading.table.height + len(left_out) == text.replace("/ 16,", "/\n16,").count("\n16,")
    assert sum(one.foots is False for one in reading.statements) == sum(
        problem.code == "statement-foots-not" for problem in reading.problems
    )
    try:
        theirs = bai2.parse_from_string(text, check_integrity=False)
    except Exception:  # noqa: BLE001 - what the library can't read it says in many ways
        return
    amounts = [
        entry.amount * (1 if entry.type_code.transaction.value == "credit" else -1)
        for group in theirs.children
        for account in group.children
        for entry in account.children
    ]
    assert reading.table.height == len(amounts)
    assert [Decimal(text).scaleb(2) for text in reading.table["amount"]] == amounts
