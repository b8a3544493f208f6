"""Printed tables as payers really make them: which figure is whose, and what is said where that can't be known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from paper import Paper, pdf

from recon import ingest
from recon.model import Kind, Reading
from recon.rules.profile import Profile

Write = Callable[[str, "str | bytes"], Path]
Read = Callable[..., Reading]
PLACES = (40, 200, -400, -480, -560)


@pytest.fixture
def read(write: Write, profiles: list[Profile]) -> Read:
    """Reads rows of cells as a printed advice: the first is the heading, a row takes `step` points."""

    def reading(*rows: Sequence[str], step: float = 11) -> Reading:
        page = Paper()
        for number, row in enumerate(rows):
            top = 100 + step * number
            page.row(top, [(place, cell) for place, cell in zip(PLACES, row, strict=False) if cell])
        return ingest.read(write("a.pdf", pdf(page)), profiles, kind=Kind.REMITTANCE)

    return reading


def paid(reading: Reading) -> list[tuple[str, str]]:
    return [(str(one), str(other)) for one, other in reading.table.select("doc_no", "paid_amount").rows()]


def codes(reading: Reading) -> list[str]:
    return [problem.code for problem in reading.problems]


def test_an_amount_on_the_last_line_of_its_row_stays_with_its_number(read: Read) -> None:
    lines = [row for n in "123" for row in ((f"INV-100{n}", "a", ""), ("", "b", f"{n}00.00"))]
    assert paid(read(("Invoice No", "Description", "Amount"), *lines)) == [
        (f"INV-100{n}", f"{n}00.00") for n in "123"
    ]


def test_a_line_with_a_number_and_no_amount_is_nobodys(read: Read) -> None:
    reading = read(
        ("Invoice No", "Date", "Amount"),
        ("INV-1001", "x", "500.00"),
        ("INV-1002", "x", "HOLD"),
        ("INV-1003", "x", "70.00"),
    )
    assert paid(reading) == [("INV-1001", "500.00"), ("INV-1003", "70.00")]
    assert [one.where.rsplit(":", 1)[1] for one in reading.problems if one.code == "row-text"] == ["3"]


@pytest.mark.parametrize("dash", ["-", "nil", "\u2013"])
def test_a_dash_for_an_amount_is_a_row_of_nought(read: Read, dash: str) -> None:
    reading = read(
        ("Invoice No", "Date", "Amount"),
        ("INV-1001", "x", "500.00"),
        ("INV-1002", "x", dash),
        ("CN-1003", "x", "(70.00)"),
    )
    assert paid(reading) == [("INV-1001", "500.00"), ("INV-1002", "0"), ("CN-1003", "-70.00")]


def test_two_numbers_in_one_cell_are_never_glued(read: Read) -> None:
    reading = read(
        ("Invoice No", "Date", "Amount"),
        ("INV-1001", "x", "500.00"),
        ("4500012345", "", ""),
        ("", "", ""),
        ("INV-1002", "x", "5.00"),
    )
    assert paid(reading) == [("INV-1001 4500012345", "500.00"), ("INV-1002", "5.00")]
    assert "value-twice" in codes(reading)


@pytest.mark.parametrize(
    ("heads", "used"),
    [
        (("Amount Due", "Amount Paid"), 1),
        (("Amount Paid", "Amount Due"), 0),
        (("Amount", "Payment"), 1),
        (("Value", "Paid"), 1),
        (("Total", "Amount Paid"), 1),
        (("Amount", "Amount Remitted"), 1),
    ],
)
def test_of_two_amounts_the_one_that_is_paid(read: Read, heads: tuple[str, str], used: int) -> None:
    reading = read(("Invoice No", "Date", *heads), ("INV-1", "x", "1,000.00", "1,200.00"), step=20)
    assert paid(reading) == [("INV-1", ("1000.00", "1200.00")[used])]
    assert "column-twice" in codes(reading)


@pytest.mark.parametrize("heads", [("Net", "VAT", "Gross"), ("Amount", "VAT", "Total")])
def test_beside_a_tax_the_amount_with_it_is_paid(read: Read, heads: tuple[str, ...]) -> None:
    reading = read(("Invoice No", "Date", *heads), ("INV-1", "x", "500.00", "100.00", "600.00"), step=20)
    assert paid(reading) == [("INV-1", "600.00")]


@pytest.mark.parametrize(
    "heads",
    [("Document No", "Your Reference"), ("Reference", "Invoice No"), ("Transaction Ref", "Invoice No")],
)
def test_of_two_numbers_ours(read: Read, heads: tuple[str, str]) -> None:
    reading = read((*heads, "Amount"), ("510000123", "INV-1", "500.00"), step=20)
    assert paid(reading) == [("INV-1", "500.00")]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("- \xa3120.00", "-120.00"),
        ("-120.00 GBP", "-120.00"),
        ("( 120.00 )", "-120.00"),
        ("1,08,000/-", "108000"),
    ],
)
def test_a_sign_is_part_of_its_amount(read: Read, text: str, amount: str) -> None:
    reading = read(("Invoice No", "Date", "Amount"), ("INV-1", "x", "500.00"), ("CN-2", "x", text), step=20)
    assert paid(reading) == [("INV-1", "500.00"), ("CN-2", amount)]


@pytest.mark.parametrize("text", ["120.00 CR", "CR 120.00", "12O.5O", "120.00 ~ 7"])
def test_what_can_not_be_read_for_sure_is_said(read: Read, text: str) -> None:
    reading = read(("Invoice No", "Date", "Amount"), ("INV-1", "x", "500.00"), ("CN-2", "x", text), step=20)
    assert paid(reading) == [("INV-1", "500.00")]
    assert "value-amount" in codes(reading)


@pytest.mark.parametrize(
    "words",
    ["Total Remittance", "Total amount paid by BACS", "Payment Total", "Amount remitted", "Balance paid", "Sum",
     "Net total of this payment:", "Total this page", "Balance c/fwd"],
)  # fmt: skip
def test_a_total_is_no_document(read: Read, words: str) -> None:
    heading, row = ("Invoice No", "Date", "Amount"), ("INV-1", "01/02/2026", "500.00")
    reading = read(heading, row, ("INV-2", "01/02/2026", "300.00"), (words, "", "800.00"), step=20)
    assert paid(reading) == [("INV-1", "500.00"), ("INV-2", "300.00")]
    assert set(reading.table["payment_amount"]) == {"800.00"}
    wrong = read(heading, row, (words, "", "800.00"), step=20)
    assert (paid(wrong), "remittance-foots-not" in codes(wrong)) == ([("INV-1", "500.00")], True)


@pytest.mark.parametrize(
    ("number", "amount"),
    [("Inv. Number", "Amount Paid (\xa3)"), ("Your Invoice Number", "Amount Paid"), ("Invoice ref.", "Paid (GBP)"),
     ("Your document", "Amount"), ("Invoice / Credit No", "Value \xa3"), ("Supplier's reference", "Amount"),
     ("Supplier Invoice Num", "Amount Paid GBP"), ("Trans Ref", "Amount"), ("Invoice Num.", "Net Payable (INR)")],
)  # fmt: skip
def test_headings_as_payers_shorten_them(read: Read, number: str, amount: str) -> None:
    assert paid(read((number, "Date", amount), ("INV-1", "01/02/2026", "500.00"), step=20)) == [
        ("INV-1", "500.00")
    ]


def test_a_raised_figure_is_a_footnote(write: Write, profiles: list[Profile]) -> None:
    page = (
        Paper()
        .row(60, [(40, "Invoice"), (200, "Amount")])
        .text(40, 80, "INV-100", 12)
        .text(200, 80, "300.00", 12)
    )
    left = 40 + sum((3.336, 8.664, 8.004, 3.996, *[6.672] * 3))
    page.text(left, 76, "1", 7).text(200 + 3.336 + 5 * 6.672, 76, "2", 7)
    assert paid(ingest.read(write("a.pdf", pdf(page)), profiles)) == [("INV-100", "300.00")]


def test_words_of_the_heading_are_no_labels(read: Read) -> None:
    reading = read(("Invoice No", "Amount", "Payment Ref"), ("10001", "500.00", "B7"), step=20)
    assert reading.table["payment_reference"].to_list() == [""]


def test_tables_side_by_side_are_refused_aloud(read: Read) -> None:
    reading = read(
        ("Invoice", "Amount", "Invoice", "Amount"), ("INV-1", "100.00", "INV-3", "300.00"), step=20
    )
    assert reading.table.height == 0
    assert {"column-twice", "row-text"} <= set(codes(reading))
