"""Provision: the three worked matrices to the penny, specific debtors, the movement, and the traps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import AS_AT, inputs, item, rows

from recon.reports import Made, provision

BUCKETS = ("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90")
DAYS = (0, 30, 60, 90, 91)
FORWARD = {"provision": {"forward_percent": "110"}}
# Fixture: a cohort of 10,000,000 of which 40,000 were never collected.
PAID = ("6000000.00", "2500000.00", "1000000.00", "300000.00", "160000.00")
EXPOSED = ("900000.00", "250000.00", "120000.00", "60000.00", "40000.00")


def cohort() -> list[dict[str, Any]]:
    return [
        {"bucket": bucket, "paid": paid, "never_collected": "40000.00", "currency": "GBP"}
        for bucket, paid in zip(BUCKETS, PAID, strict=True)
    ]


def given_rates(*rates: str, segment: str = "") -> list[dict[str, Any]]:
    return [
        {"bucket": bucket, "rate": rate, "segment": segment, "currency": "GBP"}
        for bucket, rate in zip(BUCKETS, rates, strict=True)
    ]


def debts(amounts: Sequence[str], customer: str = "C1") -> list[dict[str, Any]]:
    """An invoice in each bucket, on its last day."""
    due = [(AS_AT - timedelta(days=days)).isoformat() for days in DAYS]
    return [
        item(f"{customer}-{at}", customer, "2025-01-01", due[at], amount) for at, amount in enumerate(amounts)
    ]


def losses(made: Made) -> list[int | None]:
    return [row["loss_minor"] for row in rows(made)]


def movement(made: Made) -> dict[str, int]:
    return {row["what"]: row["amount_minor"] for row in rows(made, "movement")}


def test_rates_of_a_cohort_and_the_matrix() -> None:
    made = provision.make(inputs(FORWARD, loss_history=cohort(), open_items=debts(EXPOSED)))
    assert [row["historic_ppm"] for row in rows(made)] == [4000, 10000, 26667, 80000, 200000, None]
    assert [row["rate_ppm"] for row in rows(made)] == [4400, 11000, 29333, 88000, 220000, None]
    assert losses(made) == [396000, 275000, 352000, 528000, 880000, 2431000]
    assert made.problems == ()


def test_the_standards_own_illustration() -> None:
    made = provision.make(
        inputs(
            loss_history=given_rates("0.3", "1.6", "3.6", "6.6", "10.6"),
            open_items=debts(("15000000.00", "7500000.00", "4000000.00", "2500000.00", "1000000.00")),
        )
    )
    assert losses(made)[-1] == 58000000


def test_the_public_case() -> None:
    amounts = ("300000.00", "140000.00", "60000.00", "23000.00", "5000.00")
    made = provision.make(
        inputs(loss_history=given_rates("2.0", "4.0", "8.7", "25", "100"), open_items=debts(amounts))
    )
    assert losses(made) == [600000, 560000, 522000, 575000, 500000, 2757000]


def test_a_specific_debtor_is_out_of_the_matrix_and_the_allowance_moves() -> None:
    """N11: specifically provided debt is never left inside the matrix, too."""
    specific = {
        "type": "specific", "customer_id": "C9", "expected_recovery": "15", "currency": "GBP",
        "reason": "in administration", "date": AS_AT, "approver": "cfo",
    }  # fmt: skip
    made = provision.make(
        inputs(
            FORWARD,
            loss_history=cohort(),
            open_items=[*debts(EXPOSED), item("I-9", "C9", "2025-01-01", "2025-06-01", "30000.00")],
            provisions=[
                specific,
                {"type": "opening", "amount": "41200.00", "currency": "GBP"},
                {"type": "used", "amount": "6000.00", "currency": "GBP"},
            ],
        )
    )
    assert losses(made)[-1] == 2431000
    assert [
        (row["gross_minor"], row["taken_out_minor"], row["loss_minor"]) for row in rows(made, "specific")
    ] == [
        (3000000, 3000000, 2550000),
        (3000000, 3000000, 2550000),
    ]
    assert movement(made) == {
        "Opening allowance": 4120000,
        "Used: written off against it": -600000,
        "Charge to profit and loss": 1461000,
        "Closing allowance": 4981000,
        "of which matrix": 2431000,
        "of which specific": 2550000,
    }
    assert made.problems == ()


def test_credit_balances_reduce_no_other_customer() -> None:
    made = provision.make(
        inputs(
            loss_history=given_rates("10", "10", "10", "10", "10"),
            open_items=[
                item("I-1", "C1", "2026-01-01", "2026-02-01", "100.00"),
                item("OA-1", "C1", "2026-01-01", "", "-30.00", doc_type="on_account"),
                item("CN-2", "C2", "2026-01-01", "", "-500.00"),
            ],
        )
    )
    assert losses(made)[-1] == 700


def test_disputed_insured_and_tax_are_no_credit_risk_of_the_customer() -> None:
    made = provision.make(
        inputs(
            loss_history=given_rates("10", "10", "10", "10", "10"),
            customers=[{"customer_id": "C2", "tax_profile": "TDS 2%; TDS 10%"}],
            limits=[{"customer_id": "C1", "insured": "40.00", "currency": "GBP"}],
            open_items=[
                item("I-1", "C1", "2026-01-01", "2026-02-01", "100.00", dispute="25.00"),
                item(
                    "I-2",
                    "C2",
                    "2026-01-01",
                    "2026-02-01",
                    "10000.00",
                    amount="118000.00",
                    net_amount="100000.00",
                ),
                item(
                    "I-3",
                    "C2",
                    "2026-01-01",
                    "2026-02-01",
                    "10002.00",
                    amount="118000.00",
                    net_amount="100000.00",
                ),
                item("I-4", "C2", "2026-01-01", "2026-02-01", "1.00", amount="1.00", net_amount="10.00"),
            ],
        )
    )
    told = {
        row["item_id"]: (row["tax_minor"], row["disputed_minor"], row["insured_minor"], row["exposure_minor"])
        for row in rows(made, "items")
    }
    assert told == {
        "I-1": (0, 2500, 4000, 3500),
        "I-2": (1000000, 0, 0, 0),
        "I-3": (0, 0, 0, 1000200),
        "I-4": (0, 0, 0, 100),
    }
    assert movement(made)["Beside it: disputed, for which credit notes may be due"] == 2500


def test_disputed_inside_the_matrix_where_the_rules_say_so() -> None:
    debt = [item("I-1", "C1", "2026-01-01", "2026-02-01", "100.00", dispute="yes")]
    rates = given_rates("10", "10", "10", "10", "10")
    made = provision.make(inputs({"provision": {"disputed": "inside"}}, loss_history=rates, open_items=debt))
    assert losses(made)[-1] == 1000


def test_segments_with_rates_of_their_own() -> None:
    made = provision.make(
        inputs(
            loss_history=[
                *given_rates("0", "0", "0", "0", "1", segment="NHS"),
                *given_rates("1", "2", "3", "4", "5"),
            ],
            limits=[
                {"customer_id": "C1", "segment": "NHS", "currency": "GBP"},
                {"customer_id": "C2", "segment": "council"},
            ],
            open_items=[
                item("I-1", "C1", "2025-01-01", "2025-02-01", "100.00"),
                item("I-2", "C2", "2025-01-01", "2025-02-01", "100.00"),
            ],
        )
    )
    told = [(r["segment"], r["bucket"], r["loss_minor"]) for r in rows(made) if r["loss_minor"]]
    assert told == [("", "Over 90", 500), ("NHS", "Over 90", 100), ("", "Matrix", 600)]


@pytest.mark.parametrize(
    ("history", "said"),
    [
        (
            given_rates("1", "1", "1", "1", "0"),
            "5.00 GBP in bucket over_90 of payers without a segment are provided for with nothing",
        ),
        (
            given_rates("1", "1", "1", "1", "1")[:4],
            "5.00 GBP in bucket over_90 of payers without a segment have no rate",
        ),
        ([{"bucket": "91+", "rate": "1", "currency": "GBP"}], "no bucket of the matrix: 91+"),
    ],
)
def test_old_debt_with_nothing_provided_for_is_told(history: list[dict[str, Any]], said: str) -> None:
    """N15: more than a year past due with nothing, "because the client is big"."""
    made = provision.make(
        inputs(loss_history=history, open_items=[item("I-1", "C1", "2024-01-01", "2024-02-01", "5.00")])
    )
    assert made.problems[0].what == said


def test_a_specific_debtor_long_overdue_and_nothing_provided_is_told() -> None:
    mark = {"type": "specific", "customer_id": "C1", "expected_recovery": "100", "currency": "GBP"}
    made = provision.make(
        inputs(
            loss_history=given_rates("1", "1", "1", "1", "1"),
            open_items=[item("I-1", "C1", "2024-01-01", "2024-02-01", "5.00")],
            provisions=[mark],
        )
    )
    assert [one.what for one in made.problems] == [
        "a specific provision without its reason or date",
        "1 items are more than 90 days past due and nothing is provided for",
    ]


DEBTS = st.lists(
    st.tuples(
        st.sampled_from(["C1", "C2"]),
        st.integers(-(10**9), 10**9).filter(bool),
        st.integers(-50, 400),
        st.booleans(),
    ),
    max_size=10,
)


@given(DEBTS, st.integers(0, 10**9), st.none() | st.integers(0, 10**9))
def test_each_debit_is_exposed_or_taken_out_to_the_penny(
    debts_: list[tuple[str, int, int, bool]], insured: int, assessed_: int | None
) -> None:
    made_of = [
        item(
            f"I{at}",
            customer,
            "2025-01-01",
            (AS_AT - timedelta(days=days)).isoformat(),
            f"{amount}.00",
            dispute="yes" if disputed else "",
        )
        for at, (customer, amount, days, disputed) in enumerate(debts_)
    ]
    made = provision.make(
        inputs(
            loss_history=given_rates("1", "1", "1", "1", "1"),
            open_items=made_of,
            limits=[{"customer_id": "C1", "insured": f"{insured}.00", "currency": "GBP"}],
            provisions=[
                {
                    "type": "specific",
                    "customer_id": "C2",
                    "currency": "GBP",
                    "amount": None if assessed_ is None else f"{assessed_}.00",
                    "reason": "x",
                    "date": date(2026, 1, 1),
                }
            ],
        )
    )
    found = rows(made, "items")
    assert len(found) == sum(amount > 0 for _, amount, _, _ in debts_)
    for row in found:
        parts = [
            row[f"{name}_minor"] for name in ("specific", "credits", "tax", "disputed", "insured", "exposure")
        ]
        assert min(parts) >= 0
        assert sum(parts) == row["open_minor"]
    of_marks = sum(row["taken_out_minor"] for row in rows(made, "specific") if row["level"] == "debtor")
    assert sum(row["specific_minor"] for row in found) == of_marks


def mark(customer: str, item_id: str = "", recovery: str = "50", **more: Any) -> dict[str, Any]:
    base = {"type": "specific", "customer_id": customer, "item_id": item_id, "expected_recovery": recovery}
    return {**base, "currency": "GBP", "reason": "x", "date": AS_AT, **more}


def assessed(*marks: dict[str, Any], **more: Any) -> tuple[list[tuple[Any, ...]], list[int], list[str]]:
    """The specific provisions, what is left for the matrix of each item, and what is told."""
    debts_ = [
        item("I-1", "C1", "2026-01-01", "2026-02-01", "1000.00", **more),
        item("I-2", "C1", "2026-01-01", "2026-03-01", "500.00", **more),
    ]
    made = provision.make(
        inputs(
            loss_history=given_rates("10", "10", "10", "10", "10"),
            open_items=debts_,
            provisions=list(marks),
        )
    )
    said = [
        (row["item_id"], row["gross_minor"], row["taken_out_minor"], row["loss_minor"])
        for row in rows(made, "specific")
        if row["level"] == "debtor"
    ]
    left = {row["item_id"]: row["exposure_minor"] for row in rows(made, "items")}
    return said, [left["I-1"], left["I-2"]], [one.what for one in made.problems]


@pytest.mark.parametrize("customer", ["C1", ""])
def test_an_items_own_mark_goes_before_its_customers(customer: str) -> None:
    said, left, told = assessed(mark("C1"), mark(customer, "I-1", "0"))
    assert sorted(said) == [("", 50000, 50000, 25000), ("I-1", 100000, 100000, 100000)]
    assert (left, told) == ([0, 0], [])


def test_what_a_mark_does_not_name_stays_in_the_matrix() -> None:
    said, left, told = assessed(mark("C1", "I-1", amount="300.00"))
    assert (said, left, told) == ([("I-1", 30000, 30000, 15000)], [70000, 50000], [])
    said, left, _ = assessed(mark("C1", amount="1200.00"))  # the oldest first
    assert (said, left) == ([("", 120000, 120000, 60000)], [0, 30000])
    said, left, _ = assessed(
        mark("C1", "I-1", amount="300.00"), mark("C1", "I-1"), mark("C1", amount="100.00")
    )
    assert sorted(said) == [
        ("", 10000, 10000, 5000),
        ("I-1", 30000, 30000, 15000),
        ("I-1", 70000, 70000, 35000),
    ]
    assert left == [0, 40000]


def test_a_mark_of_another_currency_takes_nothing_out_and_is_told() -> None:
    said, left, told = assessed(mark("C1"), currency="EUR")
    assert (said, left) == ([("", 0, 0, 0)], [100000, 50000])
    assert told == ["nothing is open of it in GBP, so that it takes nothing out of the matrix"]


def test_a_groups_cover_and_segment_count_for_its_customers_once() -> None:
    debts_ = [
        item("I-1", "C1", "2026-01-01", "2026-02-01", "100.00", group_id="G"),
        item("I-2", "C2", "2026-01-01", "2026-03-01", "100.00", group_id="G"),
        item("I-3", "C3", "2026-01-01", "2026-03-01", "100.00"),
    ]
    made = provision.make(
        inputs(
            loss_history=given_rates("10", "10", "10", "10", "10"),
            open_items=debts_,
            limits=[
                {"group_id": "G", "segment": "NHS", "insured": "150.00", "currency": "GBP"},
                {"customer_id": "C1", "segment": "council", "insured": "20.00", "currency": "GBP"},
            ],
        )
    )
    told = {row["item_id"]: (row["segment"], row["insured_minor"]) for row in rows(made, "items")}
    assert told == {"I-1": ("council", 7000), "I-2": ("NHS", 10000), "I-3": ("", 0)}


def test_cohorts_are_added_up_and_rates_that_differ_are_told() -> None:
    debt = [item("I-1", "C1", "2026-01-01", "2026-02-01", "100.00")]
    base = {"bucket": "days_31_60", "currency": "GBP"}
    cohorts = [base | {"reached": "1000.00", "never_collected": one} for one in ("100.00", "0.00")]
    made = provision.make(inputs(loss_history=cohorts, open_items=debt))
    bucket = next(row for row in rows(made) if row["bucket"] == "31-60")
    assert (bucket["historic_ppm"], bucket["loss_minor"]) == (50000, 500)
    made = provision.make(
        inputs(
            loss_history=[base | {"rate": "2"}, base | {"rate": "3"}, base | {"rate": "2.0"}], open_items=debt
        )
    )
    assert [one.what for one in made.problems] == [
        "bucket days_31_60 of payers without a segment has several rates: 2, 2.0, 3; the highest counts"
    ]
    assert next(row for row in rows(made) if row["bucket"] == "31-60")["loss_minor"] == 300


def test_cohorts_of_several_currencies_are_never_added_up() -> None:
    debt = [item("I-1", "C1", "2026-01-01", "2026-02-01", "100.00")]
    base = {"bucket": "days_31_60", "reached": "1000.00"}
    cohorts = [
        base | {"never_collected": "100.00", "currency": "GBP"},
        base | {"never_collected": "0.00", "currency": "EUR"},
    ]
    made = provision.make(inputs(loss_history=cohorts, open_items=debt))
    assert next(row for row in rows(made) if row["bucket"] == "31-60")["loss_minor"] == 1000
