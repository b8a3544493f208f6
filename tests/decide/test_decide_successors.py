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
