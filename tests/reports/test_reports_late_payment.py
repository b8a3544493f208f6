"""Interest on late payment: the worked figures of both laws, the half-years, the bands, and who owes none."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import inputs, item, rows

from recon.reports import late_payment

MSMED = {"late_payment": {"law": "msmed", "currency": "INR"}}


def debts(
    rules: dict[str, Any] | None = None, as_of: date = date(2026, 3, 31), **given_: Any
) -> list[dict[str, Any]]:
    return rows(late_payment.make(inputs(rules, as_of, **given_)), "debts")


def one(left: str, due: str, **more: Any) -> dict[str, Any]:
    (found,) = debts(open_items=[item("I-1", "C1", "2023-01-01", due, left, **more)])
    return found


def test_the_worked_debt() -> None:
    row = one("12000.00", "2026-02-04", amount="12000.00")
    assert (row["days"], row["rate_ppm"], row["interest_minor"]) == (55, 117500, 21247)
    assert (row["compensation_minor"], row["daily_minor"], row["status"]) == (10000, 386, "open")


@pytest.mark.parametrize(
    ("due", "rate"),
    [
        ("2023-12-30", 130000),
        ("2023-12-31", 132500),
        ("2024-06-30", 132500),
        ("2024-12-31", 127500),
        ("2025-06-29", 127500),
        ("2025-06-30", 122500),
        ("2025-12-31", 117500),
    ],
)
def test_the_half_year_in_which_a_debt_became_late_decides(due: str, rate: int) -> None:
    """Late from the day after the due date: one due on 30 June is of the second half-year."""
    assert one("1.00", due)["rate_ppm"] == rate


@pytest.mark.parametrize(
    ("amount", "compensation"),
    [("999.99", 4000), ("1000.00", 7000), ("9999.99", 7000), ("10000.00", 10000)],
)
def test_compensation_goes_by_the_invoice_and_not_by_what_is_left(amount: str, compensation: int) -> None:
    assert one("5.00", "2026-02-04", amount=amount)["compensation_minor"] == compensation


def test_without_terms_a_debt_is_late_after_thirty_days() -> None:
    (row,) = debts(open_items=[item("I-1", "C1", "2026-02-20", "", "100.00")])
    assert (row["due_date"], row["days"]) == (date(2026, 3, 22), 9)


def test_what_is_not_late_or_no_debt_bears_nothing() -> None:
    found = debts(
        open_items=[
            item("I-1", "C1", "2026-03-01", "2026-03-31", "100.00"),
            item("CN-1", "C1", "2025-03-01", "2025-03-31", "-100.00"),
            item("I-2", "C1", "2025-03-01", "2025-03-31", "100.00", currency="EUR"),
        ]
    )
    assert found == []


def test_persons_who_are_no_business_owe_none() -> None:
    found = debts(
        open_items=[item("I-1", "C1", "2025-03-01", "2025-04-01", "100.00")],
        limits=[{"customer_id": "C1", "segment": "Self-pay", "currency": "GBP"}],
    )
    assert found == []


def test_what_was_paid_late_counts_until_that_day_and_compensation_once() -> None:
    sale = {"type": "invoice", "doc_no": "I-1", "customer_id": "C1", "amount": "12000.00", "currency": "GBP"}
    invoice = {"date": date(2026, 1, 5), "due_date": date(2026, 2, 4), **sale}
    receipts = [
        {
            "date": date(2026, 3, 1),
            "type": "receipt",
            "applied_to": "I-1",
            "amount": "-2000.00",
            "currency": "GBP",
        },
        {
            "date": date(2026, 2, 4),
            "type": "receipt",
            "applied_to": "I-1",
            "amount": "-1000.00",
            "currency": "GBP",
        },
    ]
    found = debts(
        open_items=[item("I-1", "C1", "2026-01-05", "2026-02-04", "9000.00", amount="12000.00")],
        movements=[invoice, *receipts],
    )
    told = [
        (r["status"], r["principal_minor"], r["days"], r["interest_minor"], r["compensation_minor"])
        for r in found
    ]
    assert told == [("open", 900000, 55, 15935, 10000), ("paid", 200000, 25, 1610, 0)]


def test_a_debt_older_than_the_rates_is_told() -> None:
    made = late_payment.make(inputs(open_items=[item("I-1", "C1", "2020-01-01", "2020-02-01", "100.00")]))
    assert made.problems[0].what.startswith("1 debts became late before the first rate")
    assert rows(made)[0]["interest_minor"] == 0


def test_compound_interest_with_monthly_rests() -> None:
    (row,) = debts(
        MSMED,
        date(2026, 7, 30),
        open_items=[item("I-1", "C1", "2026-03-20", "2026-04-30", "100000.00", currency="INR")],
    )
    assert (row["rate_ppm"], row["interest_minor"], row["compensation_minor"]) == (202500, 514841, 0)


def test_the_days_to_pay_are_capped_from_acceptance() -> None:
    found = debts(
        MSMED,
        open_items=[
            item("I-1", "C1", "2025-12-01", "2026-03-31", "100.00", currency="INR"),
            item("I-2", "C1", "2025-12-01", "2026-03-31", "100.00", currency="INR"),
            item("I-3", "C1", "2026-03-01", "", "100.00", currency="INR"),
        ],
        submissions=[{"doc_no": "I-2", "accepted": date(2026, 1, 10)}],
    )
    assert {row["doc_no"]: row["due_date"] for row in found} == {
        "I-1": date(2026, 1, 15),
        "I-2": date(2026, 2, 24),
        "I-3": date(2026, 3, 16),
    }


def test_no_law_no_claim() -> None:
    made = late_payment.make(
        inputs(
            {"late_payment": {"law": "none"}},
            open_items=[item("I-1", "C1", "2025-01-01", "2025-02-01", "9.00")],
        )
    )
    assert rows(made) == []


@given(st.lists(st.tuples(st.integers(1, 10**13), st.integers(1, 900)), max_size=5))
def test_interest_is_the_exact_fraction_rounded_half_up_and_totals_add_up(
    found: list[tuple[int, int]],
) -> None:
    items = []
    for at, (minor, days) in enumerate(found):
        due = date.fromordinal(date(2026, 3, 31).toordinal() - days).isoformat()
        items.append(item(f"I-{at}", "C1", "2023-01-01", due, f"{minor // 100}.{minor % 100:02d}"))
    made = late_payment.make(inputs(open_items=items))
    for row in rows(made, "debts"):
        exact = Fraction(row["principal_minor"] * row["rate_ppm"] * row["days"], 365 * 10**6)
        assert abs(row["interest_minor"] - exact) <= Fraction(1, 2) + Fraction(row["principal_minor"], 10**15)
    told = rows(made)
    if told:
        assert told[-1]["interest_minor"] == sum(row["interest_minor"] for row in rows(made, "debts"))
        assert told[-1]["claim_minor"] == told[-1]["interest_minor"] + told[-1]["compensation_minor"]


def sold(doc: str, customer: str, amount: str, due: str, **more: Any) -> dict[str, Any]:
    said = {"type": "invoice", "doc_no": doc, "customer_id": customer, "amount": amount, "currency": "GBP"}
    return {"date": date(2026, 1, 5), "due_date": date.fromisoformat(due), **said, **more}


def received(doc: str, customer: str, amount: str, day: str, **more: Any) -> dict[str, Any]:
    said = {
        "type": "receipt",
        "applied_to": doc,
        "customer_id": customer,
        "amount": amount,
        "currency": "GBP",
    }
    return {"date": date.fromisoformat(day), **said, **more}


def test_one_number_of_two_customers_is_two_documents() -> None:
    found = debts(
        movements=[
            sold("1001", "C1", "100.00", "2026-03-10"),
            sold("1001", "C2", "5000.00", "2026-02-04"),
            received("1001", "C2", "-5000.00", "2026-03-01"),
            received("1001", "C1", "-100.00", "2026-03-10"),
        ]
    )
    told = [(r["customer_id"], r["due_date"], r["principal_minor"], r["compensation_minor"]) for r in found]
    assert told == [("C2", date(2026, 2, 4), 500000, 7000)]


def test_a_receipt_that_bounced_bears_no_interest_beside_the_open_item() -> None:
    found = debts(
        open_items=[item("I-1", "C1", "2026-01-05", "2026-02-04", "12000.00")],
        movements=[
            sold("I-1", "C1", "12000.00", "2026-02-04"),
            received("I-1", "C1", "-12000.00", "2026-03-10"),
            received("I-1", "C1", "12000.00", "2026-03-12"),
        ],
    )
    assert [(r["principal_minor"], r["interest_minor"]) for r in found] == [(1200000, 21247)]


@pytest.mark.parametrize(
    ("moves", "left"),
    [
        ([("-100.00", 10), ("100.00", 12), ("-100.00", 20)], [(10000, 20)]),
        ([("-100.00", 10), ("-50.00", 11), ("70.00", 12)], [(8000, 10)]),
        ([("-100.00", 10), ("100.00", 10)], []),
        ([("100.00", 9), ("-100.00", 10)], [(10000, 10)]),
    ],
)
def test_what_was_taken_back_comes_off_the_receipt_before_it(
    moves: list[tuple[str, int]], left: list[tuple[int, int]]
) -> None:
    found = debts(
        movements=[
            sold("I-1", "C1", "100.00", "2026-02-04"),
            *(received("I-1", "C1", amount, f"2026-03-{day}".replace("-9", "-09")) for amount, day in moves),
        ]
    )
    assert [(r["principal_minor"], r["until"].day) for r in found] == left


def test_an_acceptance_counts_by_the_items_number() -> None:
    (row,) = debts(
        MSMED,
        open_items=[
            item("7", "C1", "2025-12-01", "2026-03-31", "100.00", currency="INR") | {"doc_no": "I-1"}
        ],
        submissions=[{"item_id": "7", "accepted": date(2026, 1, 10)}],
    )
    assert row["due_date"] == date(2026, 2, 24)


def test_a_group_of_persons_owes_none_but_a_business_in_it_does() -> None:
    found = debts(
        open_items=[
            item(f"I-{who}", who, "2025-03-01", "2025-04-01", "100.00") for who in ("C1", "C2", "C3")
        ],
        customers=[{"customer_id": who, "group_id": "G"} for who in ("C1", "C2")],
        limits=[
            {"group_id": "G", "segment": "self-pay", "currency": "GBP"},
            {"customer_id": "C2", "segment": "corporate", "currency": "GBP"},
        ],
    )
    assert sorted(row["customer_id"] for row in found) == ["C2", "C3"]


@pytest.mark.parametrize("open_", [True, False])
def test_the_customer_has_a_name_where_the_largest_debt_was_paid(open_: bool) -> None:
    items = [item("I-2", "C1", "2026-01-05", "2026-03-30", "1.00", customer_name="Northside")]
    made = late_payment.make(
        inputs(
            open_items=items if open_ else [],
            customers=[] if open_ else [{"customer_id": "C1", "name": "Northside"}],
            movements=[
                sold("I-1", "C1", "100.00", "2026-02-04"),
                received("I-1", "C1", "-100.00", "2026-03-01"),
            ],
        )
    )
    assert rows(made)[0]["customer_name"] == "Northside"
