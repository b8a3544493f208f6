"""Day by day and what is to come: closings chain, and nothing is expected twice."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import inputs, item, rows

from recon.reports import daily, forecast


def moved(day: str, kind: str, amount: str, customer: str = "C1", **more: Any) -> dict[str, Any]:
    return {
        "date": date.fromisoformat(day),
        "type": kind,
        "customer_id": customer,
        "amount": amount,
        "currency": "GBP",
        **more,
    }


def balance(day: str, amount: str) -> dict[str, Any]:
    return {
        "date": date.fromisoformat(day),
        "amount": amount,
        "currency": "GBP",
        "customer_id": "",
        "entity": "",
    }


def promised(customer: str, by: str, amount: str, **more: Any) -> dict[str, Any]:
    return {
        "promise_id": f"P-{customer}-{by}",
        "customer_id": customer,
        "made": date(2026, 3, 1),
        "promised_date": date.fromisoformat(by),
        "amount": amount,
        "currency": "GBP",
        **more,
    }


# --- day by day


def test_each_days_closing_is_the_next_days_opening() -> None:
    made = daily.make(
        inputs(
            balances=[balance("2026-02-28", "1000.00"), balance("2026-03-31", "1090.00")],
            movements=[
                moved("2026-03-02", "invoice", "200.00"),
                moved("2026-03-02", "receipt", "-50.00"),
                moved("2026-03-30", "tax", "-10.00"),
                moved("2026-03-30", "credit_note", "-50.00"),
                moved("2026-04-01", "invoice", "999.00"),  # after the as-at date
            ],
            promises=[
                promised("C1", "2026-03-30", "70.00"),
                promised("C2", "2026-03-30", "1.00", status="cancelled"),
            ],
        )
    )
    told = rows(made)
    days = [row for row in told if row["level"] == "day"]
    assert len(days) == 31
    assert all(one["closing_minor"] == other["opening_minor"] for one, other in pairwise(days))
    second, last = days[1], days[-1]
    assert (second["billed_minor"], second["collected_minor"], second["closing_minor"]) == (
        20000,
        -5000,
        115000,
    )
    assert (days[29]["credited_minor"], days[29]["adjusted_minor"], days[29]["promised_minor"]) == (
        -5000,
        -1000,
        7000,
    )
    assert (last["closing_minor"], last["said_minor"], last["check"]) == (109000, 109000, "agrees")
    [total] = [row for row in told if row["level"] == "total"]
    assert (total["opening_minor"], total["closing_minor"]) == (100000, 109000)
    assert made.problems == ()


def test_a_day_whose_balance_is_another_one_is_told_and_the_chain_goes_on_from_it() -> None:
    made = daily.make(
        inputs(
            balances=[balance("2026-02-28", "100.00"), balance("2026-03-10", "90.00")],
            movements=[moved("2026-03-05", "invoice", "5.00"), moved("2026-03-20", "receipt", "-1.00")],
        )
    )
    days = [row for row in rows(made) if row["level"] == "day"]
    assert [(row["day"].day, row["check"]) for row in days if row["check"] != "not said"] == [(10, "differs")]
    assert days[-1]["closing_minor"] == 8900
    [told] = made.problems
    assert (told.code, told.where) == ("report-break", "balance of 2026-03-10")
    assert told.what == "the ledger says 90.00 GBP, the day's entries make 105.00 GBP"


@pytest.mark.parametrize(
    ("balances", "said"),
    [
        ([], "no balance of 2026-02-28 is given (EUR, GBP), so the days begin with nought"),
        (
            [balance("2026-02-28", "1.00")],
            "no balance of 2026-02-28 is given (EUR), so the days begin with nought",
        ),
    ],
)
def test_days_that_begin_with_nought_for_want_of_a_balance_are_told(
    balances: list[dict[str, Any]], said: str
) -> None:
    moves = [
        moved("2026-03-05", "invoice", "5.00"),
        {**moved("2026-03-05", "invoice", "5.00"), "currency": "EUR"},
    ]
    made = daily.make(inputs(balances=balances, movements=moves))
    assert [(one.code, one.where, one.what) for one in made.problems] == [("report-data", "balances", said)]


_MOVE = st.tuples(
    st.integers(1, 31),
    st.sampled_from(["invoice", "debit_note", "credit_note", "receipt", "tax", "refund", "fx"]),
    st.integers(-99_999, 99_999),
)


@given(st.integers(-99_999, 99_999), st.lists(_MOVE, max_size=12))
def test_opening_and_all_that_moved_is_closing(opening: int, moves: list[tuple[int, str, int]]) -> None:
    given_ = inputs(
        balances=[balance("2026-02-28", f"{opening / 100:.2f}")],
        movements=[moved(f"2026-03-{day:02}", kind, f"{minor / 100:.2f}") for day, kind, minor in moves],
    )
    total = next(row for row in rows(daily.make(given_)) if row["level"] == "total")
    assert total["closing_minor"] == opening + sum(minor for _day, _kind, minor in moves)


# --- what is to come


def test_a_promised_item_is_not_expected_twice() -> None:
    made = forecast.make(
        inputs(
            open_items=[item("I-1", "C1", "2026-03-01", "2026-04-10", "100.00")],
            promises=[promised("C1", "2026-04-03", "100.00")],
        )
    )
    weeks = [row for row in rows(made) if row["total_minor"]]
    assert [(row["level"], row["promised_minor"], row["due_minor"]) for row in weeks] == [
        ("week", 10000, 0),
        ("total", 10000, 0),
    ]


def test_promises_of_more_than_is_open_count_for_what_is_open() -> None:
    made = forecast.make(
        inputs(
            open_items=[item("I-1", "C1", "2026-03-01", "2026-04-10", "100.00")],
            promises=[promised("C1", "2026-04-03", "80.00"), promised("C1", "2026-04-20", "80.00")],
        )
    )
    assert rows(made)[-1]["promised_minor"] == 10000


def test_promises_count_as_far_as_such_are_kept_and_items_as_late_as_their_payer() -> None:
    old = [promised("C9", "2026-03-05", "100.00"), promised("C8", "2026-03-05", "100.00")]
    made = forecast.make(
        inputs(
            open_items=[
                item("I-1", "C1", "2026-03-01", "2026-04-01", "60.00"),
                item("I-2", "C2", "2026-03-01", "2026-04-01", "50.00"),
                item("I-3", "C3", "2026-01-01", "2026-01-31", "40.00"),
            ],
            promises=[*old, promised("C2", "2026-04-03", "50.00")],
            standing=[
                {
                    "line_id": "L1",
                    "customer_id": "C9",
                    "booking_date": date(2026, 3, 4),
                    "item_id": "",
                    "amount": "100.00",
                    "currency": "GBP",
                    "deduction": "0.00",
                }
            ],
            movements=[
                moved("2025-12-01", "invoice", "300.00", doc_no="I-0", due_date=date(2025, 12, 31)),
                moved("2026-01-10", "receipt", "-200.00", applied_to="I-0"),  # ten days late
                moved("2026-01-31", "receipt", "-100.00", applied_to="I-0"),  # 31 days late
            ],
        )
    )
    assert [(row["customer_id"], row["days_late"]) for row in rows(made, "payers")] == [("C1", 17)]
    told = {row["what"]: row for row in rows(made)}
    assert told["31/03 to 06/04"]["promised_minor"] == 2500  # half of such promises are kept
    assert told["14/04 to 20/04"]["due_minor"] == 6000  # 1 April and 17 days
    assert told["should have come already, or no date"]["due_minor"] == 4000
    assert told["Total GBP"]["total_minor"] == 12500


def test_instalments_of_a_plan_are_expected_instead_of_its_items() -> None:
    plan = {
        "plan_id": "PL-1",
        "customer_id": "C1",
        "instalment": 1,
        "due_date": date(2026, 4, 15),
        "amount": "100.00",
        "currency": "GBP",
        "agreed": date(2026, 3, 1),
    }
    whole = [item("I-1", "C1", "2026-01-01", "2026-01-31", "100.00", plan_id="PL-1")]
    told = rows(forecast.make(inputs(open_items=whole, plans=[plan])))[-1]
    assert (told["plans_minor"], told["due_minor"]) == (10000, 0)
