"""Items as people type them: by id, by document number, as the sheets show them."""

from __future__ import annotations

from typing import Any

import polars as pl
from decide_cases import decisions, items, view

from recon.decide import decide


def test_a_number_that_means_two_items_is_refused_and_both_as_shown_are_taken() -> None:
    """Document numbers and ids of one ledger may share a range: nothing is guessed, and what a sheet shows works."""

    def item(item_id: str, doc_no: str, customer_id: str) -> dict[str, Any]:
        [made] = items((item_id, "90.00"), customer_id=customer_id)
        return made | {"doc_no": doc_no}

    ledger = [
        item("1001", "1002", "C1"),
        item("1002", "1003", "C2"),
        item("7", "55", "C3"),
        item("8", "55", "C4"),
    ]
    now = view([{"line_id": "L", "amount": "90.00"}], ledger)

    def said(name: str) -> pl.DataFrame:
        return decisions({"line_id": "L", "decision": "allocate", "item_id": name, "amount": "90.00"})

    for typed, why, hint in (
        ("1002", "1002 is the number of 2 items", "write 1002 (1001) or 1003 (1002)"),
        ("55", "55 is the number of 2 items", "write 55 (7) or 55 (8)"),
        ("55 (9)", "item 55 (9) is not among the open items", "check the number, or press Refresh"),
    ):
        refused = decide(said(typed), now)
        [problem] = refused.problems
        assert (problem.what, problem.hint) == (f"line L: {why}", hint), typed
        assert refused.accepted.is_empty()
    for typed, item_id in (
        ("1002 (1001)", "1001"),
        ("1003", "1002"),
        ("1001", "1001"),
        ("55 (8)", "8"),
        ("7", "7"),
    ):
        taken = decide(said(typed), now)
        assert taken.accepted["item_id"].to_list() == [item_id], typed


def test_what_is_allocated_may_leave_a_rest_on_account() -> None:
    now = view([{"line_id": "L", "amount": "90.00"}], items(("A", "60.00")))
    asked = decisions(
        {"line_id": "L", "decision": "allocate", "item_id": "DOC-A 60.00; on account 30.00", "amount": ""}
    )
    taken = decide(asked, now)
    assert taken.accepted.select("item_id", "amount", "customer_id").rows() == [
        ("A", "60.00", "C1"),
        ("", "30.00", "C1"),
    ]
