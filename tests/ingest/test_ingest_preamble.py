"""The account above the heading: two accounts of one bank are two, also where their lines are equal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recon import ingest
from recon.ingest import preamble
from recon.rules import parse_profile
from recon.rules.profile import Profile

Write = Callable[[str, "str | bytes"], Path]
FENLAND = """name: fenland
title: Fenland Bank
kind: bank
header: [Posted, What happened, Sum]
columns: {booking_date: Posted, narrative: What happened}
amount: {signed: Sum}
dates: ['%d/%m/%Y']
constants: {currency: GBP}
"""
ROWS = "Posted,What happened,Sum\n03/03/2026,CHQ,10.00\n"


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("Account number: 12345678, Sort code: 20-00-00", "20-00-00 12345678"),
        ("Account Number  12345678\nSort Code  200000", "20-00-00 12345678"),
        ("A/c No. 000401000001 ( INR )", "000401000001"),
        ("Statement of Account No - 900000000000001 for the period", "900000000000001"),
        ("Account: 1234 5678", "1234 5678"),
        ("Account No : XXXXXXXX1234", "XXXXXXXX1234"),
        ("IBAN: GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819"),
        ("IBAN GB29NWBK60161331926819\nAccount number 31926819", "GB29NWBK60161331926819"),
        ("Account number: 12345678\nAccount number: 12345678", "12345678"),
        ("Account number: 12345678\nAccount number: 87654321", ""),
        ("Account name: 12345678 Test Limited", ""),
        ("Account No XXXXXXXX", ""),
        ("Opening balance on account 12345.67", ""),
        ("Account number: 12345A", ""),
        ("", ""),
    ],
)
def test_what_lines_state(text: str, account: str) -> None:
    assert preamble.account(text.split("\n")) == account


def test_two_accounts_of_one_bank_are_two(write: Write) -> None:
    """Known by a profile of one's own, the files otherwise equal but for a line above the heading."""
    fenland = [parse_profile(FENLAND, "fenland.yaml")]
    tables = [
        ingest.read(write(f"{number}.csv", f"Account number: {number},,Sort code 20-00-00\n{ROWS}"), fenland)
        for number in ("11111111", "22222222")
    ]
    assert [one.table["account"].to_list() for one in tables] == [
        ["20-00-00 11111111"],
        ["20-00-00 22222222"],
    ]
    assert [one.statements[0].account for one in tables] == ["20-00-00 11111111", "20-00-00 22222222"]
    assert tables[0].table["line_id"].to_list() != tables[1].table["line_id"].to_list()
    again = ingest.read(
        write("again.csv", f"Account number: 11111111,,Sort code 20-00-00\n\n{ROWS}"), fenland
    )
    assert again.table["line_id"].to_list() == tables[0].table["line_id"].to_list()


def test_what_rows_say_counts_more(write: Write, profiles: list[Profile]) -> None:
    rows = "2026-03-03,1.00,1,x\n2026-03-03,2.00,,y\n"
    text = f"Account number: 99999999\nbooking_date,amount,account,narrative\n{rows}"
    assert ingest.read(write("b.csv", text), profiles).table["account"].to_list() == ["1", "99999999"]


def test_what_stands_below_the_heading_is_no_statement_of_the_account(write: Write) -> None:
    fenland = [parse_profile(FENLAND, "fenland.yaml")]
    text = f"{ROWS}04/03/2026,TO ACCOUNT NO 33333333,-1.00\n"
    assert set(ingest.read(write("b.csv", text), fenland).table["account"]) == {""}
