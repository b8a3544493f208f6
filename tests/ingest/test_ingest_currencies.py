"""The currency of an advice's rows: stated, shown by a sign, or the profile's; never silently another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import papers
import pytest

from recon import ingest
from recon.model import Kind, Reading
from recon.rules import parse_profile
from recon.rules.profile import Profile

Write = Callable[[str, "str | bytes"], Path]


def read(write: Write, text: str, more: str = "") -> Reading:
    columns = "{doc_no: Doc, gross_amount: Gross, paid_amount: Net, currency: Cur}"
    made = f"name: a\ntitle: A\nkind: remittance\nheader: [Doc, Net]\ncolumns: {columns}\n{more}"
    return ingest.read(write("a.csv", text), [parse_profile(made, "a.yaml")])


@pytest.mark.parametrize(
    ("cells", "currency"),
    [
        ("I,,$500.00,", "USD"),
        ("I,,USD 500.00,", "USD"),
        ("I,,500.00 eur,", "EUR"),
        ("I,,(£5.00),", "GBP"),
        ("I,£6.00,5.00,", "GBP"),
        ("I,,Rs.500,", "INR"),
        ("I,,₹ 500,", "INR"),
        ("I,,500.00,CHF", "CHF"),
        ("I,,500.00,£", "GBP"),
        ("I,,$500.00,AUD", "AUD"),
        ("I,,500.00,", ""),
    ],
)
def test_the_sign_beside_an_amount(write: Write, cells: str, currency: str) -> None:
    reading = read(write, f"Doc,Gross,Net,Cur\n{cells}\n")
    assert reading.table["currency"].to_list() == [currency]
    assert reading.problems == ()


@pytest.mark.parametrize("cells", ["I-1,,$500.00,GBP", "I-1,£6.00,$5.00,", "I-1,£6.00,5.00,USD"])
def test_a_sign_that_contradicts(write: Write, cells: str) -> None:
    reading = read(write, f"Doc,Gross,Net,Cur\n{cells}\nI-2,,7.00,GBP\n")
    assert reading.table["doc_no"].to_list() == ["I-2"]
    [problem] = reading.problems
    assert (problem.code, problem.where) == ("value-amount", f"{reading.path}:2")


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("Paid by us: $5.00\nDoc,Net\nI,5.00\n", "USD"),
        ("Total in (EUR)\nDoc,Net\nI,5.00\n", "EUR"),
        ("Fee £1.00 or $1.20\nDoc,Net\nI,5.00\n", "INR"),  # two: neither is surely the table's
        ("EUROPE 5\nDoc,Net\nI,5.00\n", "INR"),
        ("Doc,Net\nI,£5.00\n", "GBP"),
    ],
)
def test_a_constant_is_what_it_is_otherwise(write: Write, text: str, currency: str) -> None:
    assert read(write, text, "constants: {currency: INR}").table["currency"].to_list() == [currency]


def test_a_dollar_is_that_of_the_profile(write: Write) -> None:
    reading = read(write, "Doc,Net\nI,$5.00\nJ,6.00\n", "constants: {currency: AUD}")
    assert reading.table["currency"].to_list() == ["AUD", "AUD"]


@pytest.mark.parametrize(
    ("above", "cell", "currency"),
    [
        ("Currency: GBP", "90.00", "GBP"),
        ("Currency:  USD", "90.00", "USD"),
        ("x", "£90.00", "GBP"),
        ("x", "90.00", "INR"),
    ],
)
def test_tax_deducted_does_not_make_it_rupees(
    write: Write, profiles: list[Profile], above: str, cell: str, currency: str
) -> None:
    text = (
        f"Payment Reference: P-12\n{above}\nInvoice No,Gross Amount,WHT,Net Amount\nI,100.00,10.00,{cell}\n"
    )
    reading = ingest.read(write("w.csv", text), profiles, kind=Kind.REMITTANCE)
    assert reading.profile == "remit_india"
    assert reading.table.select("currency", "payment_reference").rows() == [(currency, "P-12")]


def test_a_printed_advice_in_dollars(write: Write, profiles: list[Profile]) -> None:
    content = papers.advice("P-1", "03/03/2026", [("INV-1", "$10.00"), ("INV-2", "USD 5.00")], "$15.00")
    reading = ingest.read(write("a.pdf", content), profiles, kind=Kind.REMITTANCE)
    assert reading.table.select("currency", "paid_amount").rows() == [("USD", "10.00"), ("USD", "5.00")]
