"""Collection: the worked figures to the last digit, months without sales, and what is not told."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import AS_AT, inputs, item, rows

from recon.reports import dso


def sale(day: str, amount: str, **more: Any) -> dict[str, Any]:
    return {"date": date.fromisoformat(day), "type": "invoice", "amount": amount, "currency": "GBP"} | more


def balance(day: str, amount: str, **more: str) -> dict[str, Any]:
    return {"date": date.fromisoformat(day), "amount": amount, "currency": "GBP", **more}


FIXTURE_B: dict[str, Any] = {
    "balances": [
        balance("2025-12-31", "1300000.00"),
        balance("2026-03-31", "1450000.00", not_due="1050000.00"),
    ],
    "movements": [
        sale("2026-01-10", "580000.00"),
        sale("2026-02-10", "540000.00"),
        sale("2026-03-10", "600000.00"),
        sale("2026-03-31", "20000.00", type="debit_note"),
        sale("2025-12-31", "999.00"),
        sale("2026-04-01", "999.00"),
        sale("2026-03-01", "-5.00", type="credit_note"),
    ],
}


def values(**given_: Any) -> dict[str, int | None]:
    return {row["measure"]: row["value_hundredths"] for row in rows(dso.make(inputs(**given_)))}


def test_fixture_b() -> None:
    made = dso.make(inputs(**FIXTURE_B))
    assert values(**FIXTURE_B) == {
        "dso": 7500, "dso_count_back": 7450, "bpdso": 5431, "add": 2069, "cei": 7990, "days_late": None,
    }  # fmt: skip
    assert [(row["month"], row["days"], row["counted_hundredths"]) for row in rows(made, "months")] == [
        ("2026-03", 31, 3100),
        ("2026-02", 28, 2800),
        ("2026-01", 31, 1550),
    ]
    assert made.problems == ()


def test_the_open_items_say_what_is_open_where_no_balance_does() -> None:
    found = values(
        open_items=[
            item("I-1", "C1", "2026-03-01", "2026-04-01", "60.00"),
            item("I-2", "C1", "2026-01-01", "2026-02-01", "40.00"),
            item("CN", "C1", "2026-03-01", "2026-04-05", "-10.00"),
        ],
        movements=[sale("2026-03-01", "90.00")],
    )
    assert (found["dso"], found["bpdso"], found["cei"]) == (9000, 6000, None)


def test_what_is_not_due_is_the_ledgers_as_what_is_open_is() -> None:
    """Cash that is accepted and not posted leaves the ledger's document whole; due or not, both figures have it."""
    found = values(
        open_items=[
            item("I-1", "C1", "2026-03-01", "2026-04-01", "0.00", extract="60.00"),
            item("I-2", "C1", "2026-01-01", "2026-02-01", "40.00"),
        ],
        movements=[sale("2026-03-01", "90.00")],
    )
    assert (found["dso"], found["bpdso"]) == (10000, 6000)


def test_what_is_missing_is_told_and_not_guessed() -> None:
    made = dso.make(
        inputs(balances=[balance("2026-03-31", "100.00")], movements=[sale("2026-03-01", "90.00")])
    )
    assert [one.where for one in made.problems] == ["movements, GBP", "balances"]
    assert {row["measure"]: row["value_hundredths"] for row in rows(made)}["dso_count_back"] is None


def test_no_sales_divide_by_nothing() -> None:
    found = values(balances=[balance("2026-03-31", "100.00")])
    assert set(found.values()) == {None}


def test_a_month_without_sales_is_skipped_and_its_days_count() -> None:
    sales = {date(2026, 3, 1): 100, date(2026, 2, 1): -50, date(2025, 12, 1): 100}
    days, told = dso.count_back(150, sales, AS_AT)
    assert days == 31 + 28 + 31 + Fraction(31, 2)
    assert [row[0] for row in told] == ["2026-03", "2026-02", "2026-01", "2025-12"]


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=6), st.integers(1, 10**13))
def test_count_back_never_counts_more_than_the_months_there_are(sales: list[int], receivable: int) -> None:
    months = {date(2026, 1 + at, 1): amount for at, amount in enumerate(sales)}
    as_of = date(2026, len(sales) + 1, 1).replace(day=1)
    days, told = dso.count_back(receivable, months, date.fromordinal(as_of.toordinal() - 1))
    assert (days is None) == (sum(sales) < receivable)
    if days is not None:
        assert 0 < days <= sum(row[1] for row in told)  # type: ignore[misc]


@pytest.mark.parametrize(("paid", "late"), [("2026-03-10", 0), ("2026-03-20", 1000), ("2026-03-25", 1250)])
def test_days_late_are_weighted_by_what_was_paid(paid: str, late: int) -> None:
    """Half of it on day 10 after the due date, half on the day that is given."""
    moves = [
        sale("2026-02-08", "100.00", doc_no="I-1", due_date=date(2026, 3, 10)),
        sale("2026-03-20", "-50.00", type="receipt", applied_to="I-1"),
        sale(paid, "-50.00", type="receipt", applied_to="I-1"),
    ]
    expected = (1000 + {0: 0, 1000: 1000, 1250: 1500}[late]) // 2
    assert values(balances=[balance("2026-03-31", "0.00")], movements=moves)["days_late"] == expected


def test_one_number_of_two_customers_is_two_documents() -> None:
    moves = [
        sale("2026-02-08", "100.00", doc_no="1001", customer_id="C1", due_date=date(2026, 3, 10)),
        sale("2026-01-08", "100.00", doc_no="1001", customer_id="C2", due_date=date(2026, 1, 30)),
        sale("2026-03-09", "-100.00", type="receipt", applied_to="1001", customer_id="C2"),
        sale("2026-03-20", "-100.00", type="receipt", applied_to="1001", customer_id="C1"),
    ]
    found = values(balances=[balance("2026-03-31", "0.00")], movements=moves)
    assert found["days_late"] == (38 + 10) * 100 // 2


def test_whole_ledgers_and_customers_balances_stand_beside_each_other() -> None:
    """One entity, and one currency, gives its whole; the other its customers."""
    given = [
        balance("2026-03-31", "100.00", not_due="40.00", entity="E1"),
        balance("2026-03-31", "99.00", customer_id="C1", entity="E1"),
        balance("2026-03-31", "70.00", customer_id="C2", entity="E2"),
        balance("2026-03-31", "60.00", not_due="50.00", customer_id="C3", currency="EUR"),
    ]
    sales = [sale("2026-03-01", "900.00"), sale("2026-03-01", "900.00", currency="EUR")]
    told = {
        (row["currency"], row["measure"]): row["above_minor"]
        for row in rows(dso.make(inputs(balances=given, movements=sales)))
    }
    assert (told["GBP", "dso"], told["EUR", "dso"]) == (17000, 6000)
    assert (told["GBP", "bpdso"], told["EUR", "bpdso"]) == (4000, 5000)


def test_a_whole_without_an_entity_goes_for_all_of_them() -> None:
    given = [
        balance("2026-03-31", "100.00"),
        balance("2026-03-31", "30.00", customer_id="C1", entity="E1"),
        balance("2026-03-31", "70.00", customer_id="C2", entity="E2"),
    ]
    told = rows(dso.make(inputs(balances=given, movements=[sale("2026-03-01", "900.00")])))
    assert told[0]["above_minor"] == 10000


def test_a_currency_without_balances_goes_by_its_items() -> None:
    """Also where another currency has balances."""
    given: dict[str, Any] = {
        "balances": [balance("2026-03-31", "100.00", not_due="40.00")],
        "open_items": [
            item("I-1", "C1", "2026-03-01", "2026-04-01", "999.00"),
            item("I-2", "C2", "2026-03-01", "2026-04-01", "60.00", currency="EUR"),
            item("I-3", "C2", "2026-01-01", "2026-02-01", "30.00", currency="EUR"),
        ],
        "movements": [sale("2026-03-01", "900.00"), sale("2026-03-01", "90.00", currency="EUR")],
    }
    made = dso.make(inputs(**given))
    told = {(row["currency"], row["measure"]): row for row in rows(made)}
    assert (told["GBP", "dso"]["above_minor"], told["GBP", "bpdso"]["above_minor"]) == (10000, 4000)
    assert (told["EUR", "dso"]["value_hundredths"], told["EUR", "bpdso"]["value_hundredths"]) == (9000, 6000)
    assert "from the file balances (GBP), the ledger's open items (EUR)." in made.facts[0]


def test_what_is_not_due_is_not_nought_where_nobody_says_it() -> None:
    found = values(balances=[balance("2026-03-31", "100.00")], movements=[sale("2026-03-01", "900.00")])
    assert (found["dso"], found["bpdso"], found["add"]) == (1000, None, None)
