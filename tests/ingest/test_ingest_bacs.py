"""Bacs Standard 18: positions of a record, both directions, labels and their control."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from mutations import Change, changed, mutated, read_or_refused, statements_add_up

from recon import ingest
from recon.model import Reading
from recon.problems import ReconError

Write = Callable[[str, "str | bytes"], Path]
OURS, THEIRS = "30000012345678", "60000187654321"


def record(
    code: str,
    pence: int,
    *,
    to: str = OURS,
    by: str = THEIRS,
    user: str = "NHS SUSSEX ICB",
    reference: str = "0000451207",
    name: str = "CARE GROUP LTD",
    day: str = "",
) -> str:
    return f"{to}0{code}{by}    {pence:011d}{user:<18}{reference:<18}{name:<18}{day:>6}".rstrip("\n")


def labelled(records: list[str], *, debits: tuple[int, int], received: tuple[int, int]) -> str:
    total = f"UTL1{debits[0]:013d}{received[0]:013d}{debits[1]:07d}{received[1]:07d}"
    lines = [
        "VOL1123456",
        "HDR1A123456S  1123456",
        "HDR2F0200000100",
        "UHL1 26062999999",
        *records,
        "EOF1",
        "EOF2",
    ]
    return "\r\n".join([*lines, total.ljust(80), ""])


def read(write: Write, text: str) -> Reading:
    return ingest.read(write("bacs.txt", text))


def test_a_credit_is_money_for_the_destination_and_a_collection_money_for_its_originator(
    write: Write,
) -> None:
    text = labelled(
        [
            record("99", 420000),
            record(
                "17", 5005, to=THEIRS, by=OURS, user="CARE GROUP LTD", reference="MAR FEES", name="A RESIDENT"
            ),
        ],
        debits=(5005, 1),
        received=(420000, 1),
    )
    reading = read(write, text)
    shown = reading.table.select(
        "account",
        "booking_date",
        "amount",
        "currency",
        "type",
        "counterparty",
        "counterparty_account",
        "reference",
    )
    day = date(2026, 3, 3)
    ours, theirs = "30-00-00 12345678", "60-00-01 87654321"
    assert shown.rows() == [
        (ours, day, "4200.00", "GBP", "BGC", "NHS SUSSEX ICB", theirs, "0000451207"),
        (ours, day, "50.05", "GBP", "DD", "A RESIDENT", theirs, "MAR FEES"),
    ]
    assert reading.problems == ()
    assert [statement.total for statement in reading.statements] == ["4250.05"]


def test_a_record_of_106_characters_has_its_own_day_and_needs_no_labels(write: Write) -> None:
    reading = read(write, record("99", 1, day=" 26091") + "\n")
    assert reading.table["booking_date"].to_list() == [date(2026, 4, 1)]
    assert reading.table["amount"].to_list() == ["0.01"]


def test_a_contra_is_no_payment_but_counts_in_the_control(write: Write) -> None:
    contra = record("17", 420000, to=OURS, by=OURS, user="", reference="CONTRA")
    reading = read(write, labelled([record("99", 420000), contra], debits=(420000, 1), received=(420000, 1)))
    assert reading.table["amount"].to_list() == ["4200.00"]
    assert reading.problems == ()


def test_sums_and_counts_that_the_file_does_not_hold_keep_it_out(write: Write) -> None:
    reading = read(write, labelled([record("99", 420000)], debits=(0, 0), received=(430000, 1)))
    (problem,) = reading.problems
    assert problem.code == "statement-foots-not"
    assert "credits in pence 420,000 (UTL1 says 430,000)" in problem.what
    assert [statement.foots for statement in reading.statements] == [False]


def test_what_carries_no_money_has_no_day_or_is_no_record_is_told_and_nothing_is_lost(write: Write) -> None:
    odd = ["99 this is none", record("0N", 0), record("99", 7).rstrip()[:90]]
    reading = read(
        write, "\n".join([record("99", 5, day=" 26062"), *[record("99", 6, day=" 26062")] * 20, *odd, ""])
    )
    assert reading.table.height == 21
    assert sorted(problem.code for problem in reading.problems) == [
        "entry-unbooked",
        "entry-unread",
        "entry-unread",
    ]


def test_two_genuinely_equal_payments_of_a_day_stay_two(write: Write) -> None:
    reading = read(write, "\n".join([record("99", 5, day=" 26062")] * 2))
    assert reading.table["line_id"].n_unique() == 2


@pytest.mark.parametrize("text", ["12345678901234", "99" * 40, "VOL1 and no record\n"])
def test_other_text_is_not_of_this_format(write: Write, text: str) -> None:
    with pytest.raises(ReconError):
        read(write, text)


SEEDS = [
    labelled(
        [record("99", 420000), record("17", 5, by=OURS, to=THEIRS)], debits=(5, 1), received=(420000, 1)
    ).encode(),
    (record("99", 420000, day=" 26062") + "\n").encode() * 3,
]
PIECES = [b"", b"\n", b"99", b"17", b"0", b"9" * 30, b"\x00", b"\xff", b"UTL1", b"UHL1 99999", b" ", b"A"]


@mutated(SEEDS, PIECES, 0, 900)
def test_damaged_files_are_read_or_refused(write: Write, data: bytes, changes: list[Change]) -> None:
    reading = read_or_refused(write("m.txt", changed(data, changes)))
    if reading is not None and reading.format == "bacs":
        statements_add_up(reading)
