"""Cash on account of who came after a customer, and has no open item yet."""

from __future__ import annotations

from datetime import date

import pytest
from decide_cases import decisions, frame, items, view

from recon import model
from recon.decide import decide


@pytest.mark.parametrize(
    ("kind", "day", "result"),
    [("merger", 1, "accepted"), ("rename", 1, "accepted"), ("split", 1, "accepted"), ("merger", 2, "refused"),
        ("group", 1, "refused")],
)  # fmt: skip
def test_a_successor_takes_cash_on_account_from_its_day_on(kind: str, day: int, result: str) -> None:
    """Y1 has no open item: the customers file and the successions know it. The line is of 2024-03-01."""
    said = {
        "customer_id": "C1",
        "successor_id": "Y1",
        "effective": date(2024, 3, day),
        "kind": kind,
        "place": "N",
    }
    known = frame(model.SUCCESSIONS, [said])
    shown = view([{"line_id": "L1", "amount": "100.00"}], items(("A", "100.00")), successions=known)
    asked = {"line_id": "L1", "decision": "on account", "item_id": "Y1"}
    outcome = decide(decisions(asked), shown)
    assert outcome.results["result"].to_list() == [result]
    if result == "accepted":
        assert outcome.accepted["customer_id"].to_list() == ["Y1"]
    elif kind == "merger":
        assert "Y1 has come after another customer since 2024-03-02 only" in outcome.problems[0].what


@pytest.mark.parametrize(
    ("rows", "name", "why"),
    [
        ([("X1", "Y1", 1, "rename"), ("Y1", "Z1", 1, "rename")], "Y1", "Z1 since 2024-03-01"),
        ([("X1", "Y1", 1, "rename"), ("Y1", "Z1", 2, "rename")], "Y1", ""),
        ([("X1", "Y1", 1, "rename"), ("Y1", "Z1", 1, "merger"), ("Z1", "W1", 1, "rename")],
            "Y1", "W1 since 2024-03-01"),
        ([("X1", "Y1", 1, "rename"), ("Y1", "Z1", 1, "split"), ("Y1", "Z2", 1, "split")],
            "Y1", "Z1 or Z2 since 2024-03-01"),
        ([("X1", "Y1", 1, "rename"), ("Y1", "Y1", 1, "split"), ("Y1", "Z2", 1, "split")], "Y1", ""),
        ([("X1", "Y1", 1, "rename")], "X1", "Y1 since 2024-03-01"),
        ([("X1", "C1", 1, "rename"), ("C1", "Z1", 1, "rename")], "C1", ""),
    ],
)  # fmt: skip
def test_who_is_no_more_takes_nothing_on_account(
    rows: list[tuple[str, str, int, str]], name: str, why: str
) -> None:
    """The line is of 2024-03-01. C1 has an open item yet, on which cash on account can lie."""
    said = [
        {
            "customer_id": one,
            "successor_id": other,
            "effective": date(2024, 3, day),
            "kind": kind,
            "place": other,
        }
        for one, other, day, kind in rows
    ]
    known = frame(model.SUCCESSIONS, said)
    shown = view([{"line_id": "L1", "amount": "100.00"}], items(("A", "100.00")), successions=known)
    outcome = decide(decisions({"line_id": "L1", "decision": "on account", "item_id": name}), shown)
    assert outcome.results["result"].to_list() == ["refused" if why else "accepted"]
    assert [f"{name} is no more, but {why}" in problem.what for problem in outcome.problems] == [True] * bool(
        why
    )
