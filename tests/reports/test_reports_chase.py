"""Whom to chase and whom not, repayment plans and promises: each duty with the defect that it is to show."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import AS_AT, FIXTURE_A, inputs, item, part, rows

from recon.reports import chase, chaseable, plans, promises

KINDS = ("legal", "plan", "rejected", "disputed", "promised", "covered")


def paid(customer: str, day: str, amount: str, item_id: str = "") -> dict[str, Any]:
    return {
        "line_id": f"L-{day}-{amount}",
        "customer_id": customer,
        "booking_date": date.fromisoformat(day),
        "item_id": item_id,
        "amount": amount,
        "currency": "GBP",
        "deduction": "0.00",
    }


def promised(customer: str, made: str, by: str, amount: str | None, **more: str) -> dict[str, Any]:
    return {
        "promise_id": f"P-{customer}-{by}",
        "customer_id": customer,
        "made": date.fromisoformat(made),
        "promised_date": date.fromisoformat(by) if by else None,
        "amount": amount,
        "currency": "GBP",
        **more,
    }


def held(made: pl.DataFrame, item_id: str) -> dict[str, int]:
    [row] = made.filter(pl.col("item_id") == item_id).to_dicts()
    return {name: row[f"{name}_minor"] for name in ("chase", *KINDS) if row[f"{name}_minor"]}


# --- what may be chased


def test_cash_and_credits_of_the_customer_cover_its_oldest_items() -> None:
    made = chaseable.items(inputs(open_items=FIXTURE_A))
    assert held(made, "I-1001") == {"chase": 880000, "covered": 320000}
    assert held(made, "I-1002") == {"chase": 350000}
    assert held(made, "I-2001") == {"disputed": 440000}  # nothing of C100's cash helps C200


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"open_items": [item("I-1", "C1", "2026-01-01", "2026-01-31", "100.00", legal="yes")]}, "legal"),
        ({"open_items": [item("I-1", "C1", "2026-01-01", "2026-01-31", "100.00", plan_id="PL-1")]}, "plan"),
        (
            {"open_items": [item("I-1", "C1", "2026-01-01", "2026-01-31", "100.00", dispute="yes")]},
            "disputed",
        ),
        (
            {
                "submissions": [
                    {
                        "doc_no": "I-1",
                        "sent": date(2026, 1, 2),
                        "rejected": date(2026, 1, 4),
                        "reason": "no PO",
                    }
                ]
            },
            "rejected",
        ),
        ({"promises": [promised("C1", "2026-03-20", "2026-04-10", "100.00")]}, "promised"),
        ({"promises": [promised("C1", "2026-03-20", "2026-04-10", None, item_id="I-1")]}, "promised"),
        (
            {
                "on_account": [
                    {
                        "line_id": "L1",
                        "customer_id": "C1",
                        "booking_date": AS_AT,
                        "amount": "100.00",
                        "currency": "GBP",
                    }
                ]
            },
            "covered",
        ),
    ],
)
def test_what_is_held_back_is_not_chased(given: dict[str, Any], kind: str) -> None:
    plain = [item("I-1", "C1", "2026-01-01", "2026-01-31", "100.00")]
    made = inputs(**{"open_items": plain} | given)
    assert held(chaseable.items(made), "I-1") == {kind: 10000}
    [row, total] = rows(chase.make(made))
    assert (row["place"], row["chase_minor"], row["to_do"]) == (None, 0, "nothing: see what holds it back")
    assert (total["overdue_minor"], total[f"{kind}_minor"]) == (10000, 10000)
    [told] = rows(chase.make(made), "items")
    assert told["why"] == chaseable.HELD[kind]


def test_an_invoice_that_was_sent_again_after_its_rejection_is_chased() -> None:
    again = [
        {"doc_no": "I-1", "sent": date(2026, 1, 2), "rejected": date(2026, 1, 4)},
        {"doc_no": "I-1", "sent": date(2026, 1, 6)},
    ]
    made = inputs(open_items=[item("I-1", "C1", "2026-01-01", "2026-01-31", "100.00")], submissions=again)
    assert held(chaseable.items(made), "I-1") == {"chase": 10000}


def test_a_promise_of_the_past_holds_nothing_back_and_weighs_if_it_was_broken() -> None:
    made = inputs(
        open_items=[
            item("I-1", "C1", "2026-01-01", "2026-01-31", "100.00"),
            item("I-2", "C2", "2026-01-01", "2026-01-31", "150.00"),
        ],
        promises=[promised("C1", "2026-02-01", "2026-03-02", "100.00")],
    )
    found = [
        (row["customer_id"], row["place"], row["chase_minor"], row["broken"])
        for row in rows(chase.make(made))
    ]
    assert found[:2] == [("C1", 1, 10000, 1), ("C2", 2, 15000, 0)]


def test_a_promise_that_was_kept_weighs_nothing() -> None:
    made = inputs(
        open_items=[item("I-1", "C1", "2026-01-01", "2026-01-31", "100.00")],
        promises=[promised("C1", "2026-02-01", "2026-03-02", "100.00")],
        standing=[paid("C1", "2026-03-03", "99.00")],  # all but a hundredth, within the grace
    )
    assert rows(chase.make(made))[0]["broken"] == 0


def test_steps_go_by_the_oldest_item_that_may_be_chased_and_nobody_is_chased_twice() -> None:
    items = [
        item("I-1", "C1", "2025-01-01", "2025-12-01", "100.00", dispute="yes"),
        item("I-2", "C1", "2026-03-01", "2026-03-22", "50.00"),
        item("I-3", "C2", "2026-03-01", "2026-04-02", "70.00"),
        item("I-4", "C3", "2026-01-01", "2026-01-31", "70.00"),
        item("I-5", "C4", "2026-03-01", "2026-06-01", "70.00"),
    ]
    contacts = [
        {"customer_id": "C3", "date": date(2026, 3, 30)},
        {"customer_id": "C1", "date": date(2026, 3, 1)},
    ]
    made = rows(chase.make(inputs(open_items=items, contacts=contacts)))
    assert [(row["customer_id"], row["place"], row["days"], row["to_do"]) for row in made[:-1]] == [
        ("C1", 1, 9, "second reminder"),
        ("C2", 2, -2, "statement"),
        ("C3", None, 59, "nothing: spoken to in the last days"),
    ]


def test_a_segment_weighs_and_small_sums_are_left() -> None:
    made = inputs(
        credit={"weights": {"self-pay": "3"}, "least": "20"},
        open_items=[
            item("I-1", "C1", "2026-01-01", "2026-01-31", "100.00"),
            item("I-2", "C2", "2026-01-01", "2026-01-31", "50.00"),
            item("I-3", "C3", "2026-01-01", "2026-01-31", "19.99"),
        ],
        limits=[{"customer_id": "C2", "segment": "self-pay", "currency": "GBP"}],
    )
    found = [(row["customer_id"], row["place"]) for row in rows(chase.make(made))]
    assert found[:3] == [("C2", 1), ("C1", 2), ("C3", None)]


_AMOUNT = st.integers(1, 50_000).map(lambda minor: f"{minor / 100:.2f}")
_ITEM = st.tuples(
    st.sampled_from(["C1", "C2", ""]),
    st.sampled_from(["2025-12-01", "2026-03-01", "2026-04-20", ""]),
    _AMOUNT,
    st.sampled_from(
        [{}, {}, {"dispute": "yes"}, {"dispute": "10.00"}, {"legal": "yes"}, {"plan_id": "PL-1"}]
    ),
)


@given(
    st.lists(_ITEM, max_size=8),
    st.lists(st.tuples(st.sampled_from(["C1", "C2"]), _AMOUNT, st.booleans()), max_size=4),
    st.lists(st.tuples(st.sampled_from(["C1", "C2", ""]), _AMOUNT), max_size=3),
)
def test_the_parts_of_every_item_are_what_is_open(
    items: list[tuple[str, str, str, dict[str, str]]],
    said: list[tuple[str, str, bool]],
    credit: list[tuple[str, str]],
) -> None:
    open_items = [
        item(f"I-{at}", who, "2025-11-01", due, amount, **more)
        for at, (who, due, amount, more) in enumerate(items)
    ]
    open_items += [
        item(f"CN-{at}", who, "2026-01-01", "", f"-{amount}") for at, (who, amount) in enumerate(credit)
    ]
    told = [
        promised(who, "2026-03-01", "2026-04-10", amount, item_id="I-0" if named else "")
        for who, amount, named in said
    ]
    made = chaseable.items(inputs(open_items=open_items, promises=told))
    for row in made.to_dicts():
        parts = [row[f"{name}_minor"] for name in ("chase", *KINDS)]
        assert sum(parts) == row["open_minor"]
        assert min(parts) >= 0
    pools = made.group_by("customer_id").agg(pl.col("covered_minor").sum())
    for who, covered in pools.iter_rows():
        mine = sum(round(float(amount) * 100) for name, amount in credit if name == who and who)
        assert covered <= mine


# --- plans


def instalment(number: int, due: str, amount: str, **more: Any) -> dict[str, Any]:
    return {
        "plan_id": "PL-1",
        "customer_id": "C1",
        "instalment": number,
        "due_date": date.fromisoformat(due),
        "amount": amount,
        "currency": "GBP",
        "agreed": date(2026, 1, 10),
        "balance": "1000.00",
        "status": "agreed",
        **more,
    }


PLAN = [
    instalment(1, "2026-01-31", "333.33"),
    instalment(2, "2026-02-28", "333.33"),
    instalment(3, "2026-03-31", "333.34"),
]
OF_PLAN = item("I-1", "C1", "2025-11-01", "2025-12-01", "1000.00", plan_id="PL-1")


def test_a_receipt_fills_the_instalments_in_their_order() -> None:
    made = plans.make(
        inputs(open_items=[OF_PLAN], plans=PLAN, standing=[paid("C1", "2026-01-30", "500.00", "I-1")])
    )
    assert [
        (row["instalment"], row["paid_minor"], row["open_minor"]) for row in rows(made, "instalments")
    ] == [
        (1, 33333, 0),
        (2, 16667, 16666),
        (3, 0, 33334),
    ]
    [told] = rows(made)
    assert (told["state"], told["lacks_minor"], told["next_due"], told["next_amount_minor"]) == (
        "broken",
        50000,
        date(2026, 2, 28),
        16666,
    )
    assert (told["remaining_minor"], told["sums"]) == (50000, "agree")


@pytest.mark.parametrize(
    ("came", "as_of", "state"),
    [
        ([], "2026-01-20", "agreed"),
        ([], "2026-02-03", "late"),
        ([], "2026-02-08", "broken"),
        ([("2026-02-01", "333.33")], "2026-02-10", "performing"),
        ([("2026-02-01", "333.33"), ("2026-02-20", "666.67")], "2026-02-21", "completed"),
        ([("2026-01-09", "333.33")], "2026-02-08", "broken"),  # from before it was agreed
    ],
)
def test_how_a_plan_stands(came: list[tuple[str, str]], as_of: str, state: str) -> None:
    standing = [paid("C1", day, amount, "I-1") for day, amount in came]
    given = inputs(as_of=date.fromisoformat(as_of), open_items=[OF_PLAN], plans=PLAN, standing=standing)
    assert plans.states(given)["state"].to_list() == [state]


def test_what_went_to_other_items_is_told_beside_the_plan() -> None:
    other = item("I-2", "C1", "2026-02-01", "2026-03-03", "333.33")
    made = plans.make(
        inputs(open_items=[OF_PLAN, other], plans=PLAN, standing=[paid("C1", "2026-02-27", "333.33", "I-2")])
    )
    [told] = rows(made)
    assert (told["paid_minor"], told["elsewhere_minor"], told["state"]) == (0, 33333, "broken")


def test_instalments_that_do_not_add_up_are_a_problem() -> None:
    made = plans.make(inputs(plans=[*PLAN[:2], instalment(3, "2026-03-31", "333.33")]))
    assert rows(made)[0]["sums"] == "differ"
    [told] = made.problems
    assert (told.code, told.what) == (
        "report-break",
        "its deposit and instalments come to 999.99 GBP, the plan is for 1000.00",
    )


def test_what_a_broken_plan_was_for_is_chased_again() -> None:
    made = chaseable.items(inputs(open_items=[OF_PLAN], plans=PLAN))
    assert held(made, "I-1") == {"chase": 100000}


# --- promises


def test_how_many_promises_are_kept() -> None:
    whole = [promised(f"C{at}", "2026-03-01", "2026-03-10", "10000.00") for at in range(10)]
    came = [paid(f"C{at}", "2026-03-12", "10000.00") for at in range(7)]  # two working days of grace
    came += [paid("C7", "2026-03-09", "8000.00")]
    came += [paid("C8", "2026-02-28", "10000.00")]  # it came before it was promised
    made = promises.make(inputs(promises=whole, standing=came))
    [rate] = rows(made, "rates")
    assert {name: rate[name] for name in ("due", "kept", "part_kept", "broken", "rate_bp")} == {
        "due": 10,
        "kept": 7,
        "part_kept": 1,
        "broken": 2,
        "rate_bp": 7000,
    }
    assert (rate["promised_minor"], rate["came_minor"], rate["value_rate_bp"]) == (10000000, 7800000, 7800)


def test_a_promise_without_an_amount_or_a_day_is_told() -> None:
    made = promises.make(
        inputs(
            promises=[
                promised("C1", "2026-03-01", "2026-03-10", None),
                promised("C2", "2026-03-01", "", "5.00"),
            ]
        )
    )
    assert [(row["outcome"], row["lacks"]) for row in rows(made)] == [("open", "amount"), ("open", "day")]
    assert [problem.code for problem in made.problems] == ["report-data"]
    assert rows(made, "rates") == []
    assert part(made).sheet == "Promises kept"
