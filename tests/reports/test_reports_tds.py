"""TDS receivable: every outcome, the quarters of April, old sections and new codes, and what is left unconfirmed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from report_cases import inputs, rows

from recon.reports import tds


def booked(amount: str, day: str = "2025-05-10", **more: Any) -> dict[str, Any]:
    said = {"customer_id": "C1", "section": "194J", "tan": "MUMA12345B", "currency": "INR"}
    return {"date": date.fromisoformat(day), "type": "tax", "amount": f"-{amount}", **said, **more}


def stated(amount: str, day: str = "2025-05-31", **more: Any) -> dict[str, Any]:
    said = {"tan": "MUMA12345B", "section": "194J", "booking_status": "F", "currency": "INR", "year": ""}
    return {"transaction_date": date.fromisoformat(day), "tax_deducted": amount, **said, **more}


def outcomes(
    books: list[dict[str, Any]], statement: list[dict[str, Any]], **more: Any
) -> list[tuple[Any, ...]]:
    statement = [{"source": "26as.csv", "position": at, **row} for at, row in enumerate(statement, 2)]
    made = tds.make(inputs(movements=books, tax_statement=statement, **more))
    return [
        (row["year"], row["quarter"], row["section"], row["outcome"], row["unconfirmed_minor"])
        for row in rows(made)
        if row["level"] == "line"
    ]


def test_what_agrees_is_matched_within_a_rupee_an_entry() -> None:
    assert outcomes([booked("5000.00"), booked("5000.00", "2025-06-30")], [stated("9998.50")]) == [
        ("2025-26", "Q1", "194J", "matched", 150)
    ]


@pytest.mark.parametrize(
    ("books", "statement", "outcome", "unconfirmed"),
    [
        ("10000.00", "8000.00", "amount_differs", 200000),
        ("10000.00", "", "in_books_not_in_statement", 1000000),
        ("", "8000.00", "in_statement_not_in_books", -800000),
    ],
)
def test_what_is_short_or_on_one_side(books: str, statement: str, outcome: str, unconfirmed: int) -> None:
    found = outcomes(
        [booked(books)] if books else [], [stated(statement, customer_id="C1")] if statement else []
    )
    assert found == [("2025-26", "Q1", "194J", outcome, unconfirmed)]


def test_the_same_tax_under_another_section_or_year() -> None:
    assert outcomes([booked("10000.00")], [stated("10000.00", section="194C")]) == [
        ("2025-26", "Q1", "194C", "wrong_section", -1000000),
        ("2025-26", "Q1", "194J", "wrong_section", 1000000),
    ]
    assert {
        one[3] for one in outcomes([booked("10000.00", "2025-03-31")], [stated("10000.00", "2025-04-02")])
    } == {"wrong_PAN_or_year"}
    assert outcomes([booked("10000.00")], [stated("10000.00", year="2024-25")])[0][3] == "wrong_PAN_or_year"


def test_books_without_a_section_claim_the_only_one_of_the_quarter() -> None:
    assert outcomes([booked("5.00", section="")], [stated("5.00")]) == [
        ("2025-26", "Q1", "194J", "matched", 0)
    ]
    found = outcomes([booked("9.00", section="")], [stated("5.00"), stated("4.00", section="194C")])
    assert [one[2:4] for one in found] == [
        ("", "in_books_not_in_statement"),
        ("194C", "in_statement_not_in_books"),
        ("194J", "in_statement_not_in_books"),
    ]


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        ("2025-03-31", ("2024-25", "Q4")),
        ("2025-04-01", ("2025-26", "Q1")),
        ("2025-07-01", ("2025-26", "Q2")),
        ("2025-12-31", ("2025-26", "Q3")),
        ("2026-01-01", ("2025-26", "Q4")),
    ],
)
def test_the_quarters_of_a_year_from_april(day: str, quarter: tuple[str, str]) -> None:
    assert outcomes([booked("1.00", day)], [])[0][:2] == quarter


@pytest.mark.parametrize("section", ["194J", "194J(b)", "194 JB", "1027", "194-J"])
def test_old_sections_and_new_codes_are_one(section: str) -> None:
    assert outcomes([booked("1.00")], [stated("1.00", section=section)])[0][3] == "matched"


def test_a_tan_is_known_by_an_alias_and_a_stranger_is_told() -> None:
    made = tds.make(
        inputs(
            aliases=[{"alias": "DELX99999C", "customer_id": "C2"}],
            customers=[{"customer_id": "C2", "name": "Northside"}],
            tax_statement=[
                stated("5.00", tan="DELX99999C") | {"source": "a", "position": 2},
                stated("6.00", tan="PNEZ00000D") | {"source": "a", "position": 3},
                stated("7.00", tan="PNEZ00000D", pan="AAAPL1234C") | {"source": "a", "position": 4},
                stated("7.00", tan="DELX99999C", pan="BBBPL1234C") | {"source": "a", "position": 5},
            ],
        )
    )
    lines = [
        (row["customer_id"], row["customer_name"], row["tan"], row["statement_minor"]) for row in rows(made)
    ]
    assert lines[:2] == [("", "", "PNEZ00000D", 1300), ("C2", "Northside", "DELX99999C", 1200)]
    assert [one.where for one in made.problems] == ["tax_statement", "tax_statement, BBBPL1234C"]


def test_provisional_credit_is_no_final_one_and_the_wait_is_counted() -> None:
    made = tds.make(
        inputs(
            movements=[booked("10.00", "2025-11-10")],
            tax_statement=[
                stated("10.00", "2025-11-10", booking_status="P") | {"source": "a", "position": 2}
            ],
        )
    )
    row = rows(made)[0]
    assert (row["statement_minor"], row["confirmed_minor"], row["days"]) == (1000, 0, 90)


def test_without_movements_the_books_are_what_was_accepted() -> None:
    held = {"line_id": "L1", "customer_id": "C1", "currency": "INR", "amount": "90.00", "deduction": "10.00"}
    held |= {"booking_date": date(2025, 5, 1)}  # type: ignore[dict-item]
    made = tds.make(inputs(standing=[held | {"deduction_type": "TDS"}, held | {"deduction_type": "CIS"}]))
    assert [(row["level"], row["books_minor"]) for row in rows(made)] == [
        ("line", 1000),
        ("year", 1000),
        ("total", 1000),
    ]


def test_totals_are_the_sums_of_the_lines() -> None:
    made = tds.make(
        inputs(
            movements=[
                booked("10.00"),
                booked("20.00", "2026-02-01"),
                booked("5.00", "2024-05-01", section="194C"),
            ],
            tax_statement=[stated("10.00") | {"source": "a", "position": 2}],
        )
    )
    found = rows(made)
    for name in ("books_minor", "statement_minor", "unconfirmed_minor"):
        lines = sum(row[name] for row in found if row["level"] == "line")
        assert lines == found[-1][name] == sum(row[name] for row in found if row["level"] == "year")
        assert rows(made, "outcomes")[-1][name] == lines
    assert made.facts[0].startswith("Unconfirmed credit: 25.00 INR.")


def test_a_row_of_the_statement_is_of_the_customer_that_it_names() -> None:
    """One TAN pays for two customers; a row that names none is of the first."""
    found = outcomes(
        [booked("105.00"), booked("100.00", customer_id="C2")],
        [stated("100.00", customer_id="C1"), stated("100.00", customer_id="C2"), stated("5.00")],
    )
    assert found == [("2025-26", "Q1", "194J", "matched", 0)] * 2


@pytest.mark.parametrize(
    ("section", "plain"),
    [
        ("194IA", "194IA"),
        ("194IB", "194IB"),
        ("194I(a)", "194I"),
        ("194-I", "194I"),
        ("194LB", "194LB"),
        ("194DA", "194DA"),
        ("194JA", "194J"),
        ("194 JB", "194J"),
        ("1008", "194I"),
    ],
)
def test_a_section_of_its_own_is_no_clause_of_another(section: str, plain: str) -> None:
    assert outcomes([], [stated("1.00", section=section)])[0][2] == plain
