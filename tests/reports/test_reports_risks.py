"""Risk flags: each with what shows it and since when, and told where it has none."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from report_cases import AS_AT, Rows, inputs, item, rows

from recon.reports import REPORTS, risks

OLD = item("I-1", "C1", "2025-11-01", "2025-12-01", "900.00")  # 120 days past due
CONTACT = {"contact_id": "1", "customer_id": "C9", "date": date(2026, 3, 1)}


def flags(**given: Any) -> list[dict[str, Any]]:
    return rows(risks.make(inputs(**given)))


def test_long_overdue_and_nobody_spoke_to_the_customer() -> None:
    [flag] = flags(open_items=[OLD], contacts=[CONTACT])
    assert (flag["flag"], flag["customer_id"], flag["amount_minor"]) == ("no_contact", "C1", 90000)
    assert flag["since"] == date(2025, 12, 1) + timedelta(days=90)
    assert flag["evidence"] == "I-1 due 2025-12-01; never spoken to"
    assert flag["lacks"] == ""


def test_ninety_days_are_not_more_than_ninety() -> None:
    due = AS_AT - timedelta(days=90)
    edge = [item("I-1", "C1", "2025-11-01", str(due), "900.00")]
    assert flags(open_items=edge, contacts=[CONTACT]) == []
    spoken = CONTACT | {"customer_id": "C1"}
    assert flags(open_items=[OLD], contacts=[spoken | {"date": due}]) == []
    [flag] = flags(open_items=[OLD], contacts=[spoken | {"date": due - timedelta(days=1)}])
    assert flag["since"] == AS_AT - timedelta(days=1)
    assert f"last spoken to on {due - timedelta(days=1)}" in flag["evidence"]


def test_without_contacts_nobody_knows_who_was_spoken_to() -> None:
    made = risks.make(inputs(open_items=[OLD]))
    assert rows(made) == []
    assert "Not given, so that nothing is flagged by it: contacts" in made.facts[0]


def test_a_broken_plan_names_the_instalment() -> None:
    plan = {
        "plan_id": "P1",
        "customer_id": "C1",
        "currency": "GBP",
        "agreed": date(2026, 1, 2),
        "status": "agreed",
    }
    parts = [
        plan | {"instalment": 1, "due_date": date(2026, 2, 28), "amount": "300.00"},
        plan | {"instalment": 2, "due_date": date(2026, 4, 30), "amount": "600.00"},
    ]
    [flag] = flags(open_items=[OLD | {"plan_id": "P1"}], plans=parts)
    assert (flag["flag"], flag["since"], flag["amount_minor"]) == ("broken_plan", date(2026, 3, 7), 90000)
    assert flag["evidence"] == "plan P1, instalment 1 of 2026-02-28"


def test_a_query_that_is_open_for_more_than_sixty_days() -> None:
    query = {"query_id": "Q-1", "customer_id": "C1", "item_id": "I-1", "opened": AS_AT - timedelta(days=61)}
    [flag] = flags(open_items=[OLD | {"dispute": "yes"}], queries=[query])
    assert (flag["flag"], flag["since"], flag["amount_minor"]) == (
        "long_dispute",
        AS_AT - timedelta(days=1),
        90000,
    )
    assert flag["evidence"] == "query Q-1 of 2026-01-29 about I-1"
    assert flags(open_items=[OLD], queries=[query | {"opened": AS_AT - timedelta(days=60)}]) == []
    assert flags(open_items=[OLD], queries=[query | {"resolved": AS_AT}]) == []


def test_a_dispute_of_which_nobody_knows_the_day_is_told() -> None:
    made = risks.make(inputs(open_items=[OLD | {"dispute": "40.00"}]))
    [flag] = rows(made)
    assert (flag["flag"], flag["since"], flag["lacks"], flag["amount_minor"]) == (
        "long_dispute",
        None,
        "day",
        4000,
    )
    [problem] = made.problems
    assert (problem.code, problem.where) == ("report-data", "risk flags, C1")
    assert problem.what == "`long_dispute` without day: nobody can check it"


def test_what_the_file_says_without_document_or_day_is_told() -> None:
    said: Rows = [
        {"customer_id": "C1", "type": "insolvency", "date": date(2026, 3, 2), "evidence": "notice 4417"},
        {"customer_id": "C1", "type": "credit_score", "evidence": "report of an agency"},
        {"customer_id": "C1", "type": "other"},
        {"customer_id": "C1", "type": "insolvency", "date": date(2026, 4, 1), "evidence": "later"},
    ]
    made = risks.make(inputs(open_items=[OLD], risks=said))
    assert [(row["flag"], row["lacks"], row["amount_minor"], row["days"]) for row in rows(made)] == [
        ("insolvency", "", 90000, 29),
        ("credit_score", "day", 90000, None),
        ("other", "evidence, day", 90000, None),
    ]
    assert [problem.what for problem in made.problems] == [
        "`credit_score` without day: nobody can check it",
        "`other` without evidence and day: nobody can check it",
    ]
    assert [row["lacking"] for row in rows(made, "kinds")] == [0, 1, 1]


def test_over_the_limit_and_with_solicitors() -> None:
    given = {
        "open_items": [
            OLD | {"legal": "yes"},
            item("I-2", "C2", "2026-03-02", "2026-04-02", "50.00", legal="no"),
        ],
        "limits": [
            {
                "customer_id": "C1",
                "credit_limit": "800.00",
                "currency": "GBP",
                "source": "month end/limits.csv",
                "position": 2,
            },
            {"customer_id": "C2", "credit_limit": "50.00", "currency": "GBP"},
        ],
    }
    found = {row["flag"]: row for row in flags(**given)}
    assert set(found) == {"legal", "over_limit"}
    assert (found["legal"]["evidence"], found["legal"]["amount_minor"]) == ("I-1", 90000)
    assert found["over_limit"]["evidence"] == "limit 800.00 (limits.csv:2)"
    assert (found["over_limit"]["amount_minor"], found["over_limit"]["since"]) == (10000, AS_AT)


def test_nobody_is_flagged_for_nothing() -> None:
    assert flags(open_items=[item("I-1", "C1", "2026-03-01", "2026-03-31", "5.00")], contacts=[CONTACT]) == []
    assert REPORTS["risks"].missing(inputs()) == ()
