"""Remittance tables whatever the file: deductions on lines of their own, totals, single values, the usual words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recon import ingest
from recon.model import Kind, Reading
from recon.problems import ReconError
from recon.rules import parse_profile
from recon.rules.profile import Profile

Write = Callable[[str, "str | bytes"], Path]
COLUMNS = ["doc_no", "gross_amount", "deduction_amount", "deduction_type", "paid_amount"]


def profile(more: str = "") -> Profile:
    text = f"""
name: theirs
title: Theirs
kind: remittance
header: [Doc, Net]
columns: {{doc_no: Doc, gross_amount: Gross, deduction_amount: Kept, paid_amount: Net}}
{more}
"""
    return parse_profile(text, "theirs.yaml")


def read(write: Write, text: str, more: str = "") -> Reading:
    return ingest.read(write("a.csv", text), [profile(more)])


def said(reading: Reading) -> list[tuple[str, str]]:
    return [(one.code, one.what) for one in reading.problems if one.code != "row-text"]


LESS = "less: {TDS: ['(?i)^tds']}"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("I-1,,,100.00\nTDS,,,10.00-\n", [("I-1", "100.00", "10.00", "TDS", "90.00")]),
        ("I-1,,,100.00\nTDS,,,(10.00)\n", [("I-1", "100.00", "10.00", "TDS", "90.00")]),
        ("I-1,,,100.00\nTDS,,,10.00\n", [("I-1", "100.00", "10.00", "TDS", "90.00")]),
        ("I-1,,,100.00\nTDS a,,,-10.00\nTDS b,,,-5.00\n", [("I-1", "100.00", "15.00", "TDS", "85.00")]),
        ("I-1,120.00,20.00,100.00\nTDS,,,-10.00\n", [("I-1", "120.00", "30.00", "TDS", "90.00")]),
        # One that is given back, among others that are taken.
        (
            "I-1,,,100.00\nTDS,,,-10.00\nI-2,,,50.00\nTDS,,,5.00\n",
            [("I-1", "100.00", "10.00", "TDS", "90.00"), ("I-2", "50.00", "-5.00", "TDS", "55.00")],
        ),
        # Nothing above it: it stays, so that no money is lost.
        ("TDS,,,-10.00\nI-1,,,100.00\n", [("TDS", "", "", "TDS", "-10.00"), ("I-1", "", "", "", "100.00")]),
    ],
)
def test_deductions_on_lines_of_their_own(write: Write, rows: str, expected: list[tuple[str, ...]]) -> None:
    reading = read(write, "Doc,Gross,Kept,Net\n" + rows, LESS)
    assert reading.table.select(COLUMNS).rows() == expected
    assert said(reading) == []


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # One line for all of them: the rate tells each one's part.
        (
            "I-1,,,100.00\nI-2,,,50.00\nTDS,,,-15.00\n",
            [("I-1", "100.00", "10.00", "TDS", "90.00"), ("I-2", "50.00", "5.00", "TDS", "45.00")],
        ),
        # No rate gives whole pennies: it stays a row of its own.
        (
            "I-1,,,100.00\nI-2,,,50.00\nTDS,,,-10.00\n",
            [("I-1", "", "", "", "100.00"), ("I-2", "", "", "", "50.00"), ("TDS", "", "", "TDS", "-10.00")],
        ),
        # Documents follow: it is of the one above it.
        (
            "I-1,,,100.00\nI-2,,,50.00\nTDS,,,-5.00\nI-3,,,7.00\n",
            [
                ("I-1", "", "", "", "100.00"),
                ("I-2", "50.00", "5.00", "TDS", "45.00"),
                ("I-3", "", "", "", "7.00"),
            ],
        ),
    ],
)
def test_one_deduction_behind_several_documents(
    write: Write, rows: str, expected: list[tuple[str, ...]]
) -> None:
    assert read(write, "Doc,Gross,Kept,Net\n" + rows, LESS).table.select(COLUMNS).rows() == expected


def test_deductions_with_a_minus_or_in_brackets(write: Write) -> None:
    rows = "I-1,100.00,(10.00),90.00\nI-2,50.00,-5.00,45.00\nI-3,20.00,2.00,18.00\nI-4,20.00,-2.00,22.00\n"
    reading = read(write, "Doc,Gross,Kept,Net\n" + rows + "I-5,20.00,1.00,18.00\n")
    assert reading.table["deduction_amount"].to_list() == ["10.00", "5.00", "2.00", "-2.00", "1.00"]
    assert [(one.code, one.where) for one in reading.problems] == [
        ("remittance-foots-not", f"{reading.path}:6")
    ]


def test_a_deduction_that_bears_a_number_is_of_that_document(write: Write) -> None:
    text = "Doc,Text,Net\nI-1,,100.00\nI-2,,50.00\nI-1,TDS 194C,-10.00\nI-9,TDS 194C,-1.00\n"
    reading = read(write, text, "less: {TDS: ['TDS 194C']}")
    assert reading.table.select(COLUMNS).rows() == [
        ("I-1", "100.00", "10.00", "TDS", "90.00"),
        ("I-2", "", "", "", "50.00"),
        ("I-9", "", "", "TDS", "-1.00"),
    ]


@pytest.mark.parametrize(
    ("rows", "payment", "problems"),
    [
        ("I-1,10.00\nI-2,5.00\nTotal,15.00\n", "15.00", []),
        ("I-1,10.00\nTotal,10.00\nI-2,5.00\nTotal,5.00\nGrand total,15.00\n", "15.00", []),
        ("I-1,10.00\nTotal,10.00\nI-2,5.00\nTotal,5.00\n", "", []),
        ("I-1,10.00\nSum paid,10.00\n", "10.00", []),
        (
            "I-1,10.00\nI-2,5.00\nTotal,16.00\n",
            "16.00",
            [("remittance-foots-not", "the total is 16.00, the rows above it add up to 15.00")],
        ),
    ],
)
def test_totals_are_checked(write: Write, rows: str, payment: str, problems: list[tuple[str, str]]) -> None:
    more = "totals: ['^Sum paid']" if "Sum" in rows else ""
    reading = read(write, "Doc,Net\n" + rows, more)
    assert set(reading.table["payment_amount"]) == {payment}  # totals of parts say nothing of the whole
    assert said(reading) == problems


def test_a_total_of_the_standard_file_is_checked_too(write: Write) -> None:
    head = "remittance_id,doc_no,paid_amount\n"
    reading = ingest.read(write("r.csv", head + "R,I-1,10.00\nTotal,,11.00\n"))
    assert [code for code, _ in said(reading)] == ["remittance-foots-not"]
    assert reading.table["payment_amount"].to_list() == ["11.00"]


def test_lines_that_are_not_what_is_paid(write: Write) -> None:
    more = "fields: {payment_amount: 'Paid: ([\\d.]+)', payment_reference: 'No: (\\w+)'}"
    reading = read(write, "Paid: 20.00,No: P1\nDoc,Net\nI-1,10.00\nI-2,5.00\n", more)
    assert said(reading) == [("remittance-foots-not", "its 2 lines add up to 15.00, 20.00 is paid")]


def test_values_outside_the_table(write: Write) -> None:
    more = """
dates: ["%d/%m/%Y"]
fields:
  payment_date: ['Nowhere: (.+)', 'Paid on:?\\s+(\\d\\d/\\d\\d/\\d{4})']
  payment_amount: 'Amount: (\\S+)'
  payer: '^From (.+?)(?:  |$)'
"""
    text = "From Acme Test Ltd,Amount: 12..5\nPaid on\n03/03/2026\nDoc,Net\nI-1,10.00\nI-2,5.00\n"
    reading = read(write, text, more)
    row = reading.table.row(1, named=True)
    assert (row["payer"], str(row["payment_date"]), row["payment_amount"]) == (
        "Acme Test Ltd",
        "2026-03-03",
        "",
    )
    assert said(reading) == [
        ("value-amount", "the file's payment_amount is no amount that can be read; it is left empty")
    ]
    assert reading.problems[0].where == f"{reading.path}:1"


def test_an_advice_without_a_number_gets_one(write: Write) -> None:
    first, second = (read(write, f"Doc,Net\nI-{number},10.00\n") for number in (1, 2))
    ids = [reading.table["remittance_id"][0] for reading in (first, second)]
    assert ids[0] != ids[1]
    assert all(own.startswith(reading.digest[:12]) for own, reading in zip(ids, (first, second), strict=True))


def test_the_usual_words_count_only_on_advices(write: Write, profiles: list[Profile]) -> None:
    path = write("list.csv", "Bill Number,Gross Amount,Net Payable (Rs.)\nB-1,10.00,9.00\n")
    with pytest.raises(ReconError):
        ingest.read(path, profiles)
    for more in ({"kind": Kind.REMITTANCE}, {"profile": "remit_generic"}):
        reading = ingest.read(path, profiles, **more)
        assert reading.profile == "remit_generic"
        assert reading.table.select(COLUMNS).rows() == [("B-1", "10.00", "", "", "9.00")]


def test_the_usual_words_give_way(write: Write, profiles: list[Profile]) -> None:
    path = write("list.csv", "Payment No,Invoice No,Gross,Amount Paid\nP,I-1,10.00,9.00\n")
    assert ingest.read(path, profiles, kind=Kind.REMITTANCE).profile == "remit_nhs_sbs"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("fields: {payer: 'Payer: .+'}", "put the value, and nothing else, into brackets"),
        ("fields: {payer: '(a)(b)'}", "put the value, and nothing else, into brackets"),
        ("fields: {payer: '(a'}", "no regular expression"),
        ("fields: {paier: '(a)'}", "no such column of ours: paier"),
        ("less: {TDS: ['[']}", "no regular expression"),
    ],
)
def test_a_profile_that_can_not_be(more: str, words: str) -> None:
    with pytest.raises(ReconError) as caught:
        profile(more)
    assert words in str(caught.value)


def test_only_a_remittance_has_totals() -> None:
    text = "name: b\ntitle: B\nkind: items\nheader: [A]\ntotals: ['^Total']\n"
    with pytest.raises(ReconError) as caught:
        parse_profile(text, "b.yaml")
    assert "only a remittance profile says `totals`" in str(caught.value)
