"""What was paid, kept or completed already holds nothing back, and nothing is asked for or expected twice."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from report_cases import inputs, item, rows
from test_reports_chase import OF_PLAN, PLAN, held, instalment, paid, promised

from recon.reports import chaseable, forecast, legal, plans, promises

OTHER = item("I-2", "C1", "2026-01-01", "2026-02-28", "5000.00")


def test_a_receipt_on_an_item_that_left_the_extract_is_still_the_plans() -> None:
    rest = item("I-2", "C1", "2025-11-01", "2025-12-01", "666.67", plan_id="PL-1")
    came = paid("C1", "2026-01-31", "333.33", "I-1") | {
        "plan_id": "PL-1"
    }  # I-1 is gone, as the store remembers
    given = inputs(as_of=date(2026, 2, 20), open_items=[rest], plans=PLAN, standing=[came])
    [told] = rows(plans.make(given))
    assert (told["state"], told["paid_minor"], told["elsewhere_minor"], told["remaining_minor"]) == (
        "performing",
        33333,
        0,
        66667,
    )
    assert held(chaseable.items(given), "I-2") == {"plan": 66667}


def test_tax_deducted_from_an_instalment_pays_it_too() -> None:
    came = paid("C1", "2026-01-31", "300.00", "I-1") | {"deduction": "33.33", "deduction_type": "TDS"}
    given = inputs(as_of=date(2026, 2, 20), open_items=[OF_PLAN], plans=PLAN, standing=[came])
    assert plans.states(given)["state"].to_list() == ["performing"]


def test_two_customers_may_have_plans_of_one_number() -> None:
    other = [row | {"customer_id": "C2", "balance": "1000.00"} for row in PLAN]
    made = plans.states(inputs(plans=[*PLAN, *other], standing=[paid("C2", "2026-01-31", "1000.00")]))
    assert dict(zip(made["customer_id"], made["state"], strict=True)) == {"C1": "broken", "C2": "completed"}


@pytest.mark.parametrize(
    ("rows_of_plan", "came", "holds"),
    [
        (PLAN, [paid("C1", "2026-01-31", "1000.00", "I-1")], False),  # completed
        ([row | {"status": "proposed"} for row in PLAN], [], False),
        ([instalment(1, "2026-04-30", "1000.00")], [], True),
        ([], [], True),  # the ledger says so, and nothing else is known
    ],
)
def test_only_a_plan_that_stands_holds_its_items(
    rows_of_plan: list[dict[str, Any]], came: list[dict[str, Any]], holds: bool
) -> None:
    made = chaseable.items(inputs(open_items=[OF_PLAN], plans=rows_of_plan, standing=came))
    assert held(made, "I-1") == {"plan" if holds else "chase": 100000}


def test_a_plan_that_no_item_names_holds_as_much_of_the_oldest() -> None:
    given = inputs(open_items=[OTHER], plans=[instalment(1, "2026-04-30", "1000.00")])
    assert held(chaseable.items(given), "I-2") == {"plan": 100000, "chase": 400000}
    total = rows(forecast.make(given))[-1]
    assert (total["plans_minor"], total["due_minor"]) == (100000, 400000)


def test_a_promise_that_is_kept_already_holds_nothing() -> None:
    given = inputs(
        open_items=[OTHER],
        promises=[promised("C1", "2026-03-20", "2026-04-10", "1000.00")],
        standing=[paid("C1", "2026-03-25", "1000.00")],
    )
    assert rows(promises.make(given))[0]["outcome"] == "kept"
    assert held(chaseable.items(given), "I-2") == {"chase": 500000}
    assert rows(forecast.make(given))[-1]["promised_minor"] == 0


def test_what_came_of_a_promise_is_not_to_come_any_more() -> None:
    given = inputs(
        open_items=[OTHER],
        promises=[promised("C1", "2026-03-20", "2026-04-10", "1000.00")],
        standing=[paid("C1", "2026-03-25", "400.00")],
    )
    assert held(chaseable.items(given), "I-2") == {"promised": 60000, "chase": 440000}
    assert rows(forecast.make(given))[-1]["promised_minor"] == 60000


def test_one_receipt_keeps_one_promise() -> None:
    twice = [
        promised("C1", "2026-03-01", "2026-03-10", "1000.00"),
        promised("C1", "2026-03-01", "2026-03-12", "1000.00"),
    ]
    made = promises.make(inputs(promises=twice, standing=[paid("C1", "2026-03-09", "1000.00")]))
    assert sorted(row["outcome"] for row in rows(made)) == ["broken", "kept"]
    assert rows(made, "rates")[0]["came_minor"] == 100000


def test_a_promise_from_nobody_knows_when_is_not_judged() -> None:
    vague = promised("C1", "2026-03-01", "2026-03-10", "1000.00") | {"made": None}
    made = promises.make(inputs(promises=[vague], standing=[paid("C1", "2026-03-08", "1000.00")]))
    assert [(row["outcome"], row["lacks"]) for row in rows(made)] == [("open", "when made")]


def test_a_promise_of_an_item_that_was_queried_before_its_day_is_cancelled() -> None:
    said = promised("C1", "2026-03-01", "2026-03-10", "1000.00", item_id="I-2")
    asked = {"query_id": "Q-1", "customer_id": "C1", "item_id": "I-2", "opened": date(2026, 3, 5)}
    assert rows(promises.make(inputs(promises=[said], queries=[asked])))[0]["outcome"] == "cancelled"
    late = asked | {"opened": date(2026, 3, 11)}
    assert rows(promises.make(inputs(promises=[said], queries=[late])))[0]["outcome"] == "broken"


def test_a_promise_of_a_whole_item_is_expected_whole() -> None:
    given = inputs(
        open_items=[OTHER], promises=[promised("C1", "2026-03-20", "2026-04-10", None, item_id="I-2")]
    )
    total = rows(forecast.make(given))[-1]
    assert (total["promised_minor"], total["due_minor"]) == (500000, 0)


def test_an_early_payers_item_that_is_not_due_is_expected_now() -> None:
    given = inputs(
        open_items=[item("I-1", "C1", "2026-03-01", "2026-04-05", "100.00")],
        movements=[
            {
                "date": date(2026, 1, 31),
                "type": "invoice",
                "customer_id": "C1",
                "doc_no": "I-0",
                "due_date": date(2026, 1, 31),
                "amount": "50.00",
                "currency": "GBP",
            },
            {
                "date": date(2026, 1, 21),
                "type": "receipt",
                "customer_id": "C1",
                "applied_to": "I-0",
                "amount": "-50.00",
                "currency": "GBP",
            },
        ],
    )
    told = {row["what"]: row["due_minor"] for row in rows(forecast.make(given))}
    assert (told["31/03 to 06/04"], told["should have come already, or no date"]) == (10000, 0)


def test_an_invoice_that_was_never_accepted_is_known_by_its_item_too() -> None:
    old = item("I-1", "C1", "2025-10-01", "2025-11-01", "900.00")
    letters = [{"customer_id": "C1", "date": date(2025, 12, day), "channel": "letter"} for day in (1, 2)]
    sent = [{"item_id": "I-1", "sent": date(2025, 10, 2)}]
    [told] = rows(legal.make(inputs(open_items=[old], contacts=letters, submissions=sent)))
    assert (told["state"], "never accepted" in told["why"]) == ("not yet", True)
