"""Several items in one cell; and all that is wrong with a decision, told at once."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from decide_cases import allocation, decisions, items, view

from recon.decide import Decided, decide

LINE = {"line_id": "L1", "amount": "100.00"}
A, B, CREDIT = ("A", "80.00"), ("B", "50.00"), ("CN", "-30.00")


def paid(outcome: Decided) -> list[tuple[str, str]]:
    return [(item_id, amount) for item_id, amount in outcome.accepted.select("item_id", "amount").iter_rows()]


def refused(outcome: Decided) -> str:
    """Why the only decision was refused; it left nothing accepted."""
    assert outcome.accepted.is_empty()
    [problem] = outcome.problems
    assert problem.code == "decision-refused"
    return problem.what


@pytest.mark.parametrize(
    "typed",
    ["A 80.00; B 50.00; CN -30.00", " CN -30.00 ;A  80.00; B 50.00;", "A 80.00; DOC-B 50.0; CN -30.00"],
)
def test_allocate_takes_several_items_out_of_one_cell(typed: str) -> None:
    shown = view([LINE], items(A, B, CREDIT))
    outcome = decide(decisions({"line_id": "L1", "decision": "allocate", "item_id": typed}), shown)
    assert sorted(paid(outcome)) == [("A", "80.00"), ("B", "50.00"), ("CN", "-30.00")]
    again = replace(shown, decided=outcome.decided.with_columns(pl.lit("").alias("decided_at")))
    assert decide(
        decisions({"line_id": "L1", "decision": "allocate", "item_id": typed}), again
    ).decided.is_empty()


def test_several_items_in_one_cell_have_thousands_and_blanks_in_ids() -> None:
    shown = view([{"line_id": "L1", "amount": "1300.00"}], items(("INV 7", "1200.50"), ("INV 8", "99.50")))
    typed = {"line_id": "L1", "decision": "allocate", "item_id": "INV 7 1,200.50; INV 8 99.50"}
    assert paid(decide(decisions(typed), shown)) == [
        ("INV 7", "1200.50"),
        ("INV 8", "99.50"),
    ]
    half = decide(decisions({**typed, "item_id": "INV 7 1,200.50; INV 8"}), shown)
    assert refused(half) == "line L1: an item has no amount, or an amount has no item"


def test_a_write_off_is_told_all_that_is_wrong_with_it_at_once() -> None:
    shown = view([{"line_id": "L1", "amount": "75.00"}], items(A), [allocation("L1", "A", "75.00")])
    bare = decide(decisions({"line_id": "L1", "decision": "write off"}), shown)
    assert refused(bare) == ("line L1: a write-off needs a note; a write-off needs one item and its amount")
    assert bare.problems[0].hint == "write why; write item and amount"
    asked = {"line_id": "L1", "decision": "write off", "item_id": "A", "amount": "9.00"}
    assert refused(decide(decisions(asked), shown)) == (
        "line L1: a write-off needs a note; item A has 80.00 open, the decision would settle 84.00"
    )
    unknown = decide(decisions({**asked, "item_id": "Z"}), shown)
    assert refused(unknown) == "line L1: a write-off needs a note; item Z is not among the open items"


def test_ten_write_offs_that_are_refused_are_told_together() -> None:
    names = [f"L{nth:02}" for nth in range(10)]
    shown = view(
        [{"line_id": name, "amount": "75.00"} for name in names],
        items(*((f"I{name}", "80.00") for name in names)),
        [allocation(name, f"I{name}", "75.00") for name in names],
    )
    outcome = decide(decisions(*({"line_id": name, "decision": "write off"} for name in names)), shown)
    assert [problem.what.partition(":")[0] for problem in outcome.problems] == [
        f"line {name}" for name in names
    ]
    assert all("a note; a write-off needs one item" in problem.what for problem in outcome.problems)


def test_an_allocation_is_told_all_that_is_wrong_with_its_rows_at_once() -> None:
    rows = [("A", ""), ("Z", "5.00"), ("B", "1e2"), ("CN", "-30.00")]
    asked = [
        {"line_id": "L1", "decision": "allocate", "item_id": name, "amount": amount} for name, amount in rows
    ]
    outcome = decide(decisions(*asked), view([LINE], items(A, B, CREDIT)))
    assert refused(outcome) == (
        "line L1: an item has no amount, or an amount has no item; the amount can't be read; "
        "item Z is not among the open items"
    )
    both = [{**asked[0], "amount": "90.00"}, {**asked[2], "amount": "60.00"}]
    assert refused(decide(decisions(*both), view([LINE], items(A, B)))) == (
        "line L1: -50.00 GBP of the line would stay unexplained; "
        "item A has 80.00 open, the decision would settle 90.00; "
        "item B has 50.00 open, the decision would settle 60.00"
    )
