"""Queries and adjustments: each duty with the defect that it is to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from report_cases import inputs, item, rows

from recon.reports import adjustments, queries
from recon.rules.schema import Rules


def query(number: str, opened: str, **more: Any) -> dict[str, Any]:
    days = {
        name: date.fromisoformat(more.pop(name)) if more.get(name) else None
        for name in ("resolved", "closed")
    }
    return {
        "query_id": number,
        "customer_id": "C1",
        "opened": date.fromisoformat(opened),
        "currency": "GBP",
        "owner": "anna",
        **days,
        **more,
    }


# --- queries


def test_the_clock_counts_working_days_and_does_not_begin_anew() -> None:
    """Friday 20 to Tuesday 31 March are seven working days; that it was acknowledged yesterday changes nothing."""
    made = queries.make(inputs(queries=[query("Q-1", "2026-03-20", acknowledged=date(2026, 3, 30))]))
    [told] = rows(made)
    assert (told["state"], told["age"], told["level"]) == ("open", 7, 1)
    free = pl.Series([date(2026, 3, 25)], dtype=pl.Date)
    given = replace(inputs(queries=[query("Q-1", "2026-03-20")]), free=free)
    assert rows(queries.make(given))[0]["age"] == 6


def test_nobodys_query_is_escalated_like_any_other() -> None:
    made = queries.make(inputs(queries=[query("Q-1", "2026-02-02", owner=""), query("Q-2", "2026-03-30")]))
    assert [(row["query_id"], row["level"], row["odd"]) for row in rows(made)] == [
        ("Q-1", 3, "no owner"),
        ("Q-2", 0, ""),
    ]
    [rate] = rows(made, "rates")
    assert (rate["open"], rate["unowned"], rate["late"]) == (2, 1, 1)


def test_a_high_amount_is_at_the_highest_level_at_once() -> None:
    given = inputs(
        queries=[query("Q-1", "2026-03-31", amount="1000.00"), query("Q-2", "2026-03-31", amount="999.99")]
    )
    given = replace(given, rules=Rules.model_validate({"cases": {"high_amount": "1000"}}))
    assert [(row["query_id"], row["level"]) for row in rows(queries.make(given))] == [("Q-1", 3), ("Q-2", 0)]


def test_a_closed_query_whose_item_is_still_disputed_is_told() -> None:
    made = queries.make(
        inputs(
            open_items=[item("I-1", "C1", "2026-01-01", "2026-01-31", "100.00", dispute="yes")],
            queries=[query("Q-1", "2026-03-02", item_id="I-1", resolved="2026-03-04", closed="2026-03-05")],
        )
    )
    assert "still disputed" in rows(made)[0]["odd"]
    [told] = made.problems
    assert (told.code, told.where) == ("report-data", "query Q-1")


def test_what_is_blocked_and_how_many_are_answered_in_time() -> None:
    items = [item("I-1", "C1", "2026-01-01", "2026-01-31", "100.00")]
    asked = [
        query("Q-1", "2026-03-23", item_id="I-1", reason="price"),
        query("Q-2", "2026-03-24", item_id="I-1", reason="price"),  # the same item is blocked once
        query("Q-3", "2026-03-02", resolved="2026-03-09", reason="no order", amount="300.00"),  # five days
        query("Q-4", "2026-03-02", resolved="2026-03-10", reason="no order", amount="100.00"),  # six
        query("Q-5", "2025-03-03", resolved="2025-03-04"),  # a year ago
    ]
    made = queries.make(inputs(open_items=items, queries=asked))
    [rate] = rows(made, "rates")
    assert (rate["blocked_minor"], rate["answered"], rate["in_time"], rate["rate_bp"]) == (10000, 2, 1, 5000)
    assert rate["average_tenths"] == 55
    assert [(row["reason"], row["queries"], row["cumulated_bp"]) for row in rows(made, "reasons")] == [
        ("no order", 2, 6667),
        ("price", 2, 10000),
    ]


# --- adjustments


def moved(kind: str, number: str, amount: str, **more: Any) -> dict[str, Any]:
    due = more.pop("due", "")
    return {
        "date": date.fromisoformat(more.pop("day", "2026-03-10")),
        "type": kind,
        "doc_no": number,
        "customer_id": "C1",
        "currency": "GBP",
        "amount": amount,
        "due_date": date.fromisoformat(due) if due else None,
        **more,
    }


BILL = moved("invoice", "I-1", "500.00", due="2026-01-31", day="2026-01-01")
NOTE = {"applied_to": "I-1", "reason": "wrong rate", "approver": "head"}


@pytest.mark.parametrize(
    ("entries", "lacks"),
    [
        ([moved("credit_note", "CN-1", "-500.00", **NOTE)], ""),
        ([moved("credit_note", "CN-1", "-500.00", **NOTE | {"applied_to": ""})], "no original invoice"),
        (
            [moved("credit_note", "CN-1", "-500.00", **NOTE | {"applied_to": "I-7"})],
            "the original is not known",
        ),
        ([moved("credit_note", "CN-1", "-500.00", **NOTE | {"reason": ""})], "no reason"),
        ([moved("write_off", "WO-1", "-5.00", reason="small", approver="")], "no approver"),
        ([moved("credit_note", "CN-1", "500.00", **NOTE)], "a credit note that raises the balance"),
        (
            [
                moved("credit_note", "CN-1", "-500.00", **NOTE),
                moved("invoice", "I-9", "480.00", applied_to="I-1", due="2026-04-09"),
            ],
            "rebilled, and due later: it looks younger than it is",
        ),
        (
            [
                moved("credit_note", "CN-1", "-500.00", **NOTE),
                moved("invoice", "I-9", "480.00", applied_to="I-1", due="2026-01-31"),
            ],
            "",
        ),
    ],
)
def test_what_an_adjustment_lacks(entries: list[dict[str, Any]], lacks: str) -> None:
    made = adjustments.make(inputs(movements=[BILL, *entries]))
    [told] = [row for row in rows(made) if row["level"] == "entry"]
    assert told["lacks"] == lacks
    assert bool(made.problems) is bool(lacks)
    assert told["replaced_by"] == ("I-9" if len(entries) > 1 else "")


def test_the_sums_are_those_of_the_period_and_currency() -> None:
    entries = [
        moved("credit_note", "CN-1", "-500.00", **NOTE),
        moved("credit_note", "CN-2", "-20.00", **NOTE),
        moved("reclass", "R-1", "7.00", **NOTE, doc_type=""),
        moved("credit_note", "CN-3", "-1.00", **NOTE, day="2026-02-28"),
        moved("credit_note", "CN-4", "-3.00", **NOTE) | {"currency": "EUR"},
    ]
    told = rows(adjustments.make(inputs(movements=[BILL, *entries])))
    sums = [(row["currency"], row["what"], row["amount_minor"]) for row in told if row["level"] != "entry"]
    assert sums == [
        ("EUR", "Total: credit notes", -300),
        ("EUR", "Total EUR", -300),
        ("GBP", "Total: credit notes", -52000),
        ("GBP", "Total: reclasses", 700),
        ("GBP", "Total GBP", -51300),
    ]
