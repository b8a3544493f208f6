"""The cases of the domain as whole stories: action, allocation, deductions and codes as an accountant expects."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from story_cases import Story, cases, tell

OUTCOME_OF = {
    "auto": "auto",
    "auto_tol": "auto",
    "review": "suggested",
    "hold": "exception",
    "non_ar": "not_receivable",
    "skip": "duplicate",
}

# What only the store and the doors can do. These cases are run all the same: none may be posted, and money must be
# conserved. A case that starts to be right must leave this list.
OPEN = {
    "T06": "skipping what is imported already needs the store: see tests/flow",
    "T45": "a statement that does not foot never reaches the engine: see tests/flow",
    "T46": "a repeated run needs the store: see tests/flow",
}

# Codes beside those that a case lists, and why they are right.
BESIDES = {
    "A12": {"EX-ITEM"},  # a suggestion always says what kept it from being posted
    "T03": {"EX-UNID"},  # as in T33: whose name is only near, is not known
}
LISTED = ("EX-CUTOFF",)  # of what is posted: in the reasons

ALL = cases()


def paid(story: Story) -> dict[str, Decimal]:
    """Cash by item over all lines of a case."""
    total: dict[str, Decimal] = {}
    for line_id in story.line_ids:
        for item_id, amount in story.told.paid(line_id).items():
            total[item_id] = total.get(item_id, Decimal(0)) + amount
    return {item_id: amount for item_id, amount in total.items() if amount}


def expected_paid(expect: dict[str, Any]) -> dict[str, Decimal]:
    wanted = {item_id: Decimal(amount) for item_id, amount in expect.get("alloc", {}).items()}
    if "on_account" in expect:
        wanted[""] = Decimal(expect["on_account"])
    return {item_id: amount for item_id, amount in wanted.items() if amount}


def deducted(story: Story) -> dict[str, dict[str, Decimal]]:
    found: dict[str, dict[str, Decimal]] = {}
    for line_id in story.line_ids:
        for (item_id, type_), amount in story.told.deducted(line_id).items():
            found.setdefault(item_id, {})[type_] = amount
    return found


def codes(story: Story) -> set[str]:
    """The exception codes of a case's lines: of a posted line those in its reasons, else of the line's own row."""
    given = {code for line_id in story.line_ids for code in story.told.codes(line_id)}
    reasons = " ".join(story.told.allocations["reasons"])
    given |= {code for code in LISTED if code in reasons}
    aside = story.told.lines.filter(pl.col("outcome") == "not_receivable")["code"]
    return given | set(aside)


@pytest.mark.parametrize(
    "case", [case for case in ALL if case["id"] not in OPEN], ids=lambda case: case["id"]
)
def test_a_case_ends_as_an_accountant_expects(case: dict[str, Any]) -> None:
    story = tell(case)
    expect = story.expect
    assert {story.told.outcome(line_id) for line_id in story.line_ids} == {OUTCOME_OF[expect["action"]]}
    assert paid(story) == expected_paid(expect)
    wanted = {
        item: {type_: Decimal(amount) for type_, amount in of.items()}
        for item, of in expect.get("deduct", {}).items()
    }
    assert deducted(story) == wanted
    assert sum((story.told.left(line_id) for line_id in story.line_ids), Decimal(0)) == Decimal(
        expect.get("hold", "0")
    ) + (Decimal(expect.get("non_ar", "0")) if expect["action"] == "review" else 0)
    wanted_codes = {code for code in expect["codes"] if code.startswith("EX-")}
    assert codes(story) - BESIDES.get(story.id, set()) == wanted_codes


@pytest.mark.parametrize("case", [case for case in ALL if case["id"] in OPEN], ids=lambda case: case["id"])
def test_a_case_that_is_open_is_not_posted(case: dict[str, Any]) -> None:
    story = tell(case)
    outcomes = {story.told.outcome(line_id) for line_id in story.line_ids}
    assert "auto" not in outcomes
    right = outcomes == {OUTCOME_OF.get(story.expect["action"])} and paid(story) == expected_paid(
        story.expect
    )
    assert not right, f"{case['id']} is right now: take it out of OPEN"


def test_every_open_case_is_a_case() -> None:
    assert set(OPEN) <= {case["id"] for case in ALL}
    assert len(ALL) == 63
