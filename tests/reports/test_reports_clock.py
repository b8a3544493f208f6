"""Days to pay from acceptance: the same due date in every report, told and not guessed where nobody accepted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from report_cases import AS_AT, inputs, item, rows

from recon.reports import Inputs, ageing, chase, clock, late_payment

ACCEPTED = {"contract_id": "K-1", "customer_id": "C1", "weekly_rate": "1.00", "clock": "acceptance"}
LATE = [item("I-1", "C1", "2026-01-10", "2026-02-09", "3000.00", amount="3000.00")]
CUSTOMERS = [{"customer_id": "C1", "name": "Board", "terms_days": 30}]


def told(
    submissions: list[dict[str, Any]], contracts: list[dict[str, Any]] | None = None, **more: Any
) -> Inputs:
    given = {"open_items": LATE, "customers": CUSTOMERS} | more
    given |= {"contracts": contracts or [ACCEPTED], "submissions": submissions}
    return clock.applied(inputs(**given))


def due(made: Inputs) -> list[date | None]:
    found: list[date | None] = made["open_items"]["due_date"].to_list()
    return found


def test_days_run_from_acceptance_where_the_contract_says_so() -> None:
    accepted = {"item_id": "I-1", "accepted": date(2026, 3, 5)}
    assert due(told([accepted])) == [date(2026, 4, 4)]
    assert due(told([accepted], [ACCEPTED | {"clock": "invoice"}])) == [date(2026, 2, 9)]
    assert due(told([accepted], [ACCEPTED | {"customer_id": "C2"}])) == [date(2026, 2, 9)]
    # Without agreed days those between the item's own dates count.
    own = [{"customer_id": "C1", "name": "Board"}]
    assert due(told([accepted], customers=own)) == [date(2026, 4, 4)]


@pytest.mark.parametrize(
    "submission",
    [
        {"doc_no": "I-1", "customer_id": "C1", "accepted": date(2026, 3, 5)},
        {"doc_no": "I-1", "accepted": date(2026, 3, 5)},
        {"item_id": "I-1", "accepted": date(2026, 3, 5), "rejected": date(2026, 3, 1)},
    ],
)
def test_an_acceptance_is_found_by_item_or_by_customer_and_number(submission: dict[str, Any]) -> None:
    assert due(told([submission])) == [date(2026, 4, 4)]


def test_another_customers_acceptance_of_that_number_counts_for_nothing() -> None:
    other = {"doc_no": "I-1", "customer_id": "C2", "accepted": date(2026, 3, 5)}
    assert due(told([other])) == [None]


@pytest.mark.parametrize(
    "submissions",
    [[], [{"item_id": "I-1", "accepted": date(2026, 3, 5), "rejected": date(2026, 3, 9)}]],
)
def test_what_nobody_accepted_is_told_and_not_late_anywhere(submissions: list[dict[str, Any]]) -> None:
    made = told(submissions)
    assert due(made) == [None]
    [problem] = made.problems
    assert (problem.code, problem.where) == ("report-data", "contracts, clock")
    assert "1 open invoices, 3000.00 GBP, have no due date" in problem.what
    [total] = [row for row in rows(ageing.make(made), "") if row["level"] == "total"]
    assert (total["overdue_minor"], total["undated_minor"]) == (0, 300000)
    assert rows(chase.make(made)) == []
    assert rows(late_payment.make(made), "debts") == []


def test_ageing_chase_list_and_interest_count_from_the_same_day() -> None:
    made = told([{"item_id": "I-1", "accepted": date(2026, 2, 9)}])
    assert due(made) == [date(2026, 3, 11)]
    [total] = [row for row in rows(ageing.make(made), "") if row["level"] == "total"]
    assert total["days_1_30_minor"] == 300000
    [customer] = [row for row in rows(chase.make(made)) if row["level"] == "customer"]
    [debt] = rows(late_payment.make(made), "debts")
    assert customer["days"] == debt["days"] == (AS_AT - date(2026, 3, 11)).days == 20


def test_an_item_belongs_to_the_contract_that_it_names() -> None:
    accepted = [{"item_id": "I-1", "accepted": date(2026, 3, 5)}]
    other = {"contract_id": "K-2", "customer_id": "C1", "weekly_rate": "1.00", "clock": "invoice"}
    unclear = told(accepted, [ACCEPTED, other])
    assert due(unclear) == [date(2026, 2, 9)]
    assert "name none: their due date stays" in unclear.problems[0].what
    named = [LATE[0] | {"contract_id": "K-1"}]
    assert due(told(accepted, [ACCEPTED, other], open_items=named)) == [date(2026, 4, 4)]
    assert due(told(accepted, [ACCEPTED, other], open_items=[LATE[0] | {"contract_id": "K-2"}])) == [
        date(2026, 2, 9)
    ]


def test_the_newest_row_of_a_contract_says_its_clock() -> None:
    accepted = [{"item_id": "I-1", "accepted": date(2026, 3, 5)}]
    before = ACCEPTED | {"clock": "invoice", "valid_from": date(2025, 4, 1)}
    after = ACCEPTED | {"valid_from": date(2026, 4, 1)}
    for first, second in ((before, after), (after, before)):
        assert due(told(accepted, [first, second])) == [date(2026, 4, 4)]


def test_movements_take_the_due_date_of_their_item_or_their_own() -> None:
    moved = [
        {
            "date": date(2026, 1, 10),
            "type": "invoice",
            "customer_id": "C1",
            "doc_no": one,
            "amount": "3000.00",
        }
        | {"currency": "GBP", "due_date": date(2026, 2, 9)}
        for one in ("I-1", "I-9")
    ]
    sent = [
        {"item_id": "I-1", "accepted": date(2026, 3, 5)},
        {"doc_no": "I-9", "customer_id": "C1", "accepted": date(2026, 2, 1)},
    ]
    made = told(sent, movements=moved)
    assert made["movements"]["due_date"].to_list() == [date(2026, 4, 4), date(2026, 3, 3)]
    credit = told(sent, open_items=[*LATE, item("CN-1", "C1", "2026-02-01", "2026-02-03", "-10.00")])
    assert due(credit) == [date(2026, 4, 4), date(2026, 2, 3)]
