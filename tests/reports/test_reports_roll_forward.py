"""Roll-forward: the worked figures to the penny, and that every break is told with its size and side."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import inputs, item, rows

from recon.reports import Made, roll_forward

QUARTER = {"months": 3}
# Fixture C: opening, then what moved; it makes 1,450,000.00.
MOVED = {
    "invoice": "1740000.00", "credit_note": "-32000.00", "receipt": "-1545000.00", "tax": "-9000.00",
    "discount": "-500.00", "write_off": "-6000.00", "refund": "2500.00",
}  # fmt: skip


def balance(day: str, amount: str, **more: str) -> dict[str, Any]:
    return {"date": date.fromisoformat(day), "amount": amount, "currency": "GBP", **more}


def moved(kind: str, amount: str, day: str = "2026-02-10", **more: str) -> dict[str, Any]:
    return {"date": date.fromisoformat(day), "type": kind, "amount": amount, "currency": "GBP", **more}


def fixture(**other: str) -> dict[str, Any]:
    return {
        "balances": [balance("2025-12-31", "1300000.00"), balance("2026-03-31", "1450000.00")],
        "movements": [moved(kind, amount) for kind, amount in (MOVED | other).items()],
    }


def steps(made: Made) -> dict[str, tuple[int | None, str]]:
    return {row["what"]: (row["amount_minor"], row["check"]) for row in rows(made)}


def test_fixture_c() -> None:
    made = roll_forward.make(inputs(QUARTER, **fixture()))
    assert steps(made) == {
        "Opening, 31/12/2025": (130000000, ""),
        "Invoices": (174000000, ""),
        "Credit notes": (-3200000, ""),
        "Receipts, applied and unapplied": (-154500000, ""),
        "Tax deducted at source": (-900000, ""),
        "Discounts": (-50000, ""),
        "Write-offs": (-600000, ""),
        "Refunds": (250000, ""),
        "Makes, 31/03/2026": (145000000, ""),
        "Closing, as the ledger has it": (145000000, ""),
        "Difference": (0, "agrees"),
    }
    assert made.problems == ()
    assert made.facts == ("Period 01/01/2026 to 31/03/2026; closing balance from the file balances.",)


@pytest.mark.parametrize("kind", MOVED)
@pytest.mark.parametrize(("off", "side"), [(1, "less"), (-1, "more")])
def test_any_other_figure_is_a_break_with_its_size_and_side(kind: str, off: int, side: str) -> None:
    """U1: totals that do not foot are never a success."""
    wrong = f"{int(MOVED[kind].split('.')[0]) + off}.00"
    given_: dict[str, Any] = fixture(**{kind: wrong})
    made = roll_forward.make(inputs(QUARTER, **given_))
    assert steps(made)["Difference"] == (-100 * off, "differs")
    (problem,) = made.problems
    assert problem.code == "report-break"
    assert problem.what.startswith(f"the ledger has 1.00 GBP {side} open than opening and movements make")


def test_yesterdays_closing_is_todays_opening() -> None:
    """N13: a chain of days with one that does not follow."""
    given_: dict[str, Any] = {
        "balances": [
            balance("2026-03-29", "10.00"),
            balance("2026-03-30", "15.00"),
            balance("2026-03-31", "17.00"),
        ],
        "movements": [moved("invoice", "4.00", "2026-03-30"), moved("invoice", "2.00", "2026-03-31")],
    }
    made = roll_forward.make(inputs(**given_))
    told = [(row["last"].day, row["difference_minor"], row["check"]) for row in rows(made, "periods")]
    assert told == [(30, 100, "differs"), (31, 0, "agrees")]
    assert [one.where for one in made.problems] == [
        "roll-forward 30/03/2026 to 31/03/2026",
        "roll-forward 30/03/2026 to 30/03/2026",
    ]


def test_without_a_closing_balance_the_open_items_are_it_and_later_movements_are_told() -> None:
    made = roll_forward.make(
        inputs(
            balances=[balance("2026-02-28", "100.00")],
            movements=[moved("invoice", "20.00", "2026-03-05"), moved("invoice", "7.00", "2026-04-01")],
            open_items=[item("I-1", "C1", "2026-01-01", "2026-02-01", "90.00", extract="119.00")],
        )
    )
    assert steps(made)["Difference"] == (-100, "differs")
    assert "closing balance from the ledger's open items" in made.facts[0]
    assert [one.code for one in made.problems] == ["report-data", "report-break"]
    assert made.problems[0].what == "1 movements are dated after 2026-03-31; they are not of this period"


def test_without_an_opening_balance_it_is_said() -> None:
    made = roll_forward.make(inputs(movements=[moved("invoice", "20.00", "2026-03-05")]))
    assert [one.code for one in made.problems] == ["report-data"]
    assert steps(made)["Difference"] == (None, "not said")


def test_customers_whose_balances_are_given_are_told_apart() -> None:
    made = roll_forward.make(
        inputs(
            balances=[
                balance("2026-02-28", "100.00", customer_id="C1"),
                balance("2026-02-28", "50.00", customer_id="C2"),
                balance("2026-02-28", "151.00"),
            ],
            movements=[moved("receipt", "-100.00", "2026-03-05", customer_id="C2")],
            open_items=[item("I-1", "C1", "2026-01-01", "2026-02-01", "100.00")],
        )
    )
    told = [
        (row["customer_id"], row["computed_minor"], row["closing_minor"], row["difference_minor"])
        for row in rows(made, "customers")
    ]
    assert told == [("C2", -5000, 0, 5000), ("C1", 10000, 10000, 0)]
    assert "those of its customers come to 150.00 GBP" in made.problems[0].what


def test_currencies_and_entities_are_never_added_up() -> None:
    made = roll_forward.make(
        inputs(
            balances=[balance("2026-02-28", "1.00", entity="UK"), balance("2026-02-28", "2.00", entity="IE")],
            movements=[
                moved("invoice", "5.00", "2026-03-01", entity="UK"),
                moved("invoice", "7", "2026-03-01", entity="IE") | {"currency": "JPY"},
            ],
        )
    )
    found = [
        (r["currency"], r["entity"], r["amount_minor"]) for r in rows(made) if r["what"].startswith("Makes")
    ]
    assert found == [("GBP", "IE", 200), ("GBP", "UK", 600), ("JPY", "IE", 7)]


@given(
    st.lists(st.tuples(st.sampled_from(list(MOVED)), st.integers(-(10**9), 10**9)), max_size=12),
    st.integers(-(10**9), 10**9),
)
def test_it_always_comes_out_to_what_moved(moves: list[tuple[str, int]], opening: int) -> None:
    made = roll_forward.make(
        inputs(
            balances=[balance("2026-02-28", f"{opening}.00")],
            movements=[moved(kind, f"{amount}.00", "2026-03-05") for kind, amount in moves],
        )
    )
    assert steps(made)["Makes, 31/03/2026"][0] == 100 * (opening + sum(amount for _, amount in moves))


def test_a_currency_that_closes_and_nothing_else_is_shown_and_told() -> None:
    made = roll_forward.make(
        inputs(
            balances=[
                balance("2026-02-28", "10.00"),
                balance("2026-03-31", "10.00"),
                balance("2026-03-31", "7.00", currency="EUR"),
                balance("2026-03-31", "0.00", currency="USD"),
            ]
        )
    )
    found = {row["what"]: row for row in rows(made) if row["currency"] == "EUR"}
    assert (found["Difference"]["amount_minor"], found["Difference"]["check"]) == (700, "differs")
    assert {row["currency"] for row in rows(made)} == {"EUR", "GBP"}
    assert [one.what for one in made.problems] == [
        "the ledger has 7.00 EUR more open than opening and movements make (7.00 EUR against 0.00 EUR)"
    ]


def test_the_whole_of_one_entity_is_not_held_against_customers_of_another() -> None:
    given_ = [
        balance("2026-03-31", "100.00", entity="E1"),
        balance("2026-03-31", "100.00", entity="E1", customer_id="C1"),
        balance("2026-03-31", "70.00", entity="E2", customer_id="C2"),
    ]
    told = roll_forward.make(inputs(balances=given_)).problems
    assert [one.what for one in told if "whole ledger" in one.what] == []
