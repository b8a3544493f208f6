"""What is settled, decided again: taken back, moved; whatever is done in whatever order, the money stays whole."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from decide_cases import allocation, decisions, frame, items, view
from hypothesis import given, settings
from hypothesis import strategies as st

from recon import model
from recon.decide import Decided, decide
from recon.model import View, settled_hash
from recon.net import over_turns

LINES = [{"line_id": "L1", "amount": "100.00"}, {"line_id": "L2", "amount": "40.00"}]
OPEN = {"A": "100.00", "B": "60.00", "C": "40.00"}


def start() -> View:
    """Two lines: the first proposed for A, the second for C with 2.00 kept back."""
    proposed = [
        allocation("L1", "A", "100.00"),
        allocation("L2", "C", "38.00", deduction="2.00", deduction_type="TDS"),
    ]
    lines = [LINES[0], {"line_id": "L2", "amount": "38.00"}]
    return view(lines, items(*OPEN.items()), proposed)


def kept(outcome: Decided, shown: View) -> View:
    """The view after the store has kept an outcome."""
    decided = outcome.decided.with_columns(pl.lit("2024-03-02T09:00:00+00:00").alias("decided_at"))
    accepted = pl.concat([shown.accepted, outcome.accepted])
    turned = outcome.decided.filter(pl.col("turn") > 0).select("line_id", "turn", settled="settles")
    ever: dict[str, Decimal] = defaultdict(Decimal)
    for item, amount, deduction in accepted.select("item_id", "amount", "deduction").iter_rows():
        ever[item] += Decimal(amount) + Decimal(deduction or 0)
    settled = [
        {
            "item_id": item,
            "currency": "GBP",
            "open_amount": OPEN.get(item, "60.00"),
            "settled": str(sum_),
            "settled_ever": str(sum_),
        }
        for item, sum_ in ever.items()
        if item
    ]
    return replace(
        shown,
        accepted=accepted,
        decided=pl.concat([shown.decided, decided]),
        turns=pl.concat([shown.turns, turned]).unique("line_id", keep="last", maintain_order=True),
        settled=frame(model.SETTLED, settled),
    )


def stands(shown: View) -> list[tuple[str, str, str, str]]:
    """What is accepted now: line, item, amount, deduction."""
    left = over_turns(shown.accepted).select("line_id", "item_id", "amount", "deduction")
    return sorted(left.iter_rows())


def again(shown: View, line_id: str, leg: str, decision: str, **more: str) -> dict[str, str]:
    """A row of Allocations on which something is decided again."""
    [turn] = shown.turns.filter(pl.col("line_id") == line_id)["turn"]
    return {"line_id": line_id, "decision": decision, "leg": leg, "row_hash": settled_hash(turn), **more}


def accepted(shown: View, *line_ids: str) -> View:
    asked = decisions(*({"line_id": line_id, "decision": "accept"} for line_id in line_ids))
    return kept(decide(asked, shown), shown)


def test_what_is_taken_back_is_open_again_and_can_be_given_elsewhere() -> None:
    shown = accepted(start(), "L1", "L2")
    outcome = decide(decisions(again(shown, "L2", "C", "reject")), shown)
    [text] = outcome.results["text"]
    assert text == "accepted: taken back, 38.00; the line waits again"
    counter = outcome.accepted.select("item_id", "amount", "deduction", "turn").rows()
    assert counter == [("C", "-38.00", "-2.00", 2)]
    after = kept(outcome, shown)
    assert after.settled_lines == {"L1"}
    assert stands(after) == [("L1", "A", "100.00", "0.00")]
    other = {"line_id": "L2", "decision": "allocate", "item_id": "C", "amount": "38.00"}
    assert stands(kept(decide(decisions(other), after), after))[1] == ("L2", "C", "38.00", "0.00")


def test_a_leg_is_moved_and_its_deduction_ends_with_it() -> None:
    shown = accepted(start(), "L2")
    asked = again(shown, "L2", "C", "allocate", item_id="B 30.00; on account 8.00")
    after = kept(decide(decisions(asked), shown), shown)
    assert after.settled_lines == {"L2"}
    assert stands(after) == [("L2", "", "8.00", "0.00"), ("L2", "B", "30.00", "0.00")]
    asked = again(after, "L2", "on account", "allocate", item_id="DOC-B", amount="8.00")
    assert stands(kept(decide(decisions(asked), after), after)) == [("L2", "B", "38.00", "0.00")]


def test_an_item_that_left_the_extract_keeps_what_its_own_line_gives_it() -> None:
    """The ledger has posted L1 and A is gone from it: part of the cash can stay there, and no more than there was."""
    shown = accepted(start(), "L1")
    gone = replace(shown, open_items=shown.open_items.filter(pl.col("item_id") != "A"))
    part = again(gone, "L1", "A", "allocate", item_id="A 60.00; on account 40.00")
    outcome = decide(decisions(part), gone)
    assert outcome.results["text"].to_list() == ["accepted: moved, 100.00"]
    assert stands(kept(outcome, gone)) == [("L1", "", "40.00", "0.00"), ("L1", "A", "60.00", "0.00")]
    more = again(gone, "L1", "A", "allocate", item_id="A 120.00; on account -20.00")
    [problem] = decide(decisions(more), gone).problems
    assert "item A has 100.00 open, the decision would settle 120.00" in problem.what
    both = decide(
        decisions(part, {"line_id": "L2", "decision": "allocate", "item_id": "A", "amount": "38.00"}), gone
    )
    [problem] = both.problems
    assert "item A is not among the open items" in problem.what, "it is no other line's"


def shared(*holders: tuple[str, str]) -> View:
    """L1 accepted on account of several customers: (customer, amount)."""
    proposed = [allocation("L1", "", amount, customer_id=holder) for holder, amount in holders]
    return accepted(view(LINES[:1], items(*OPEN.items()), proposed), "L1")


def holders(shown: View) -> list[tuple[str, str, str]]:
    """What stands of L1: item, customer, amount."""
    left = over_turns(shown.accepted).select("item_id", "customer_id", "amount")
    return sorted(left.iter_rows())


def test_cash_on_account_of_two_customers_does_not_move_together() -> None:
    shown = shared(("C1", "70.00"), ("C2", "30.00"))
    both = [
        again(shown, "L1", f"on account of {one}", "allocate", item_id="A 100.00") for one in ("C1", "C2")
    ]
    for rows in (
        [again(shown, "L1", "on account", "allocate", item_id="A", amount="100.00")],
        both[:1] + both[1:],
    ):
        [problem] = decide(decisions(*rows), shown).problems
        assert "cash on account of C1 and C2 would move together" in problem.what
    back = decide(decisions(again(shown, "L1", "on account", "reject")), shown)
    assert back.results["result"].to_list() == ["accepted"]


def test_cash_on_account_of_two_customers_moves_one_customer_at_a_time() -> None:
    shown = shared(("C1", "70.00"), ("C2", "20.00"), ("", "10.00"))
    one = again(shown, "L1", "on account of C2", "allocate", item_id="B", amount="20.00")
    outcome = decide(decisions(one), shown)
    counter = outcome.accepted.select("item_id", "customer_id", "amount").rows()
    assert counter == [("", "C2", "-20.00"), ("B", "C1", "20.00")]
    after = kept(outcome, shown)
    assert holders(after) == [("", "", "10.00"), ("", "C1", "70.00"), ("B", "C1", "20.00")]
    found = again(after, "L1", "on account of nobody", "on account", item_id="C1")
    assert holders(kept(decide(decisions(found), after), after)) == [
        ("", "C1", "80.00"),
        ("B", "C1", "20.00"),
    ]
    [problem] = decide(decisions(again(after, "L1", "on account of C2", "on account")), after).problems
    assert "that part of the line is not settled any more" in problem.what


def test_an_item_that_is_called_as_cash_is_moves_alone() -> None:
    name = "on account of C1"
    proposed = [allocation("L1", name, "60.00"), allocation("L1", "", "40.00", customer_id="C1")]
    shown = accepted(view(LINES[:1], items((name, "60.00"), ("B", "60.00")), proposed), "L1")
    after = kept(
        decide(decisions(again(shown, "L1", name, "allocate", item_id="B", amount="60.00")), shown), shown
    )
    assert holders(after) == [("", "C1", "40.00"), ("B", "C1", "60.00")]


MOVE = st.tuples(
    st.sampled_from(["C1", "C2", "nobody"]),
    st.sampled_from(
        [("on account", "C1"), ("allocate", "A 10.00; on account 20.00"), ("allocate", "B 30.00")]
    ),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(MOVE, max_size=5))
def test_whoever_holds_the_cash_of_a_line_and_however_it_moves_none_is_lost(
    moves: list[tuple[str, tuple[str, str]]],
) -> None:
    shown = shared(("C1", "40.00"), ("C2", "30.00"), ("", "30.00"))
    for holder, (decision, item) in moves:
        before = {whose: Decimal(0) for whose in ("C1", "C2", "")}
        for _item, whose, amount in [row for row in holders(shown) if not row[0]]:
            before[whose] += Decimal(amount)
        moved = again(shown, "L1", f"on account of {holder}", decision, item_id=item)
        shown = kept(decide(decisions(moved), shown), shown)
        now = holders(shown)
        assert sum(Decimal(amount) for _item, _whose, amount in now) == Decimal("100.00")
        untouched = (
            {"C1", "C2", ""} - {holder.replace("nobody", "")} - {"C1"}
        )  # items and what stays are of C1
        for whose in untouched:
            assert sum(Decimal(row[2]) for row in now if not row[0] and row[1] == whose) == before[whose]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"leg": "C", "decision": "accept"}, "the line is settled; this decision is for lines that wait"),
        ({"leg": "C", "decision": "allocate"}, "it is not said to which item, and how much"),
        ({"leg": "B", "decision": "on account"}, "that part of the line is not settled any more"),
        (
            {"leg": "C", "decision": "allocate", "item_id": "B", "amount": "30.00"},
            "8.00 GBP of the line would stay unexplained",
        ),
        (
            {"leg": "C", "decision": "allocate", "item_id": "A", "amount": "38.00"},
            "item A has 0.00 open, the decision would settle 38.00",
        ),
        (
            {"leg": "C", "decision": "reject", "item_id": "B"},
            "`reject` takes the whole line back, and no item",
        ),
        (
            {"leg": "C", "decision": "reject", "row_hash": "turn 2"},
            "what is settled changed since you saw it",
        ),
        ({"leg": "C", "decision": "reject", "decided_by": ""}, "it is not said who decides"),
    ],
)
def test_what_can_not_be_done_is_refused(asked: dict[str, str], why: str) -> None:
    shown = accepted(start(), "L1", "L2")
    row = again(shown, "L2", "", "") | asked
    outcome = decide(decisions(row), shown)
    assert outcome.accepted.is_empty()
    [problem] = outcome.problems
    assert why in problem.what


@pytest.mark.parametrize(("ever", "told"), [("20.00", "20.00"), ("0.00", "0.00"), ("-5.00", "-5.00")])
@pytest.mark.parametrize("gone", [False, True])
def test_what_another_line_undid_is_not_given_back_twice(ever: str, told: str, gone: bool) -> None:
    shown = accepted(start(), "L1")
    settled = {
        "item_id": "A",
        "currency": "GBP",
        "open_amount": "100.00",
        "settled": "0.00",
        "settled_ever": ever,
    }
    undone = replace(shown, settled=frame(model.SETTLED, [settled]))
    if gone:  # the extract has the item no more
        undone = replace(undone, open_items=undone.open_items.filter(pl.col("item_id") != "A"))
    outcome = decide(decisions(again(undone, "L1", "A", "reject")), undone)
    [problem] = outcome.problems
    called = "A" if gone else "DOC-A"  # only the extract knows the document
    assert f"of item {called} only {told} is settled still" in problem.what


def test_a_return_can_be_taken_back_too() -> None:
    lines = [{"line_id": "L1", "amount": "100.00"}, {"line_id": "L3", "amount": "-100.00"}]
    proposed = [allocation("L1", "A", "100.00"), allocation("L3", "A", "-100.00")]
    shown = accepted(accepted(view(lines, items(*OPEN.items()), proposed), "L1"), "L3")
    assert stands(shown) == [("L1", "A", "100.00", "0.00"), ("L3", "A", "-100.00", "0.00")]
    back = kept(decide(decisions(again(shown, "L3", "A", "reject")), shown), shown)
    assert stands(back) == [("L1", "A", "100.00", "0.00")]
    assert back.settled_lines == {"L1"}


STEP = st.tuples(
    st.sampled_from(["L1", "L2"]),
    st.sampled_from(["A", "B", "C", "on account", ""]),
    st.sampled_from(["accept", "allocate", "on account", "reject", "not receivable", "park"]),
    st.sampled_from(["", "A", "B 30.00; on account 8.00", "B 60.00; C 40.00", "C 38.00", "on account 38.00"]),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(STEP, max_size=8))
def test_whatever_is_decided_in_whatever_order_no_penny_is_lost(
    steps: list[tuple[str, str, str, str]],
) -> None:
    shown = start()
    amounts = {"L1": Decimal("100.00"), "L2": Decimal("38.00")}
    for line_id, leg, decision, item in steps:
        row: dict[str, Any] = {"line_id": line_id, "decision": decision, "item_id": item}
        if leg and line_id in shown.settled_lines:
            row = again(shown, line_id, leg, decision, item_id=item)
        shown = kept(decide(decisions(row), shown), shown)
        cash: dict[str, Decimal] = defaultdict(Decimal)
        taken: dict[str, Decimal] = defaultdict(Decimal)
        for line, name, amount, deduction in shown.accepted.select(
            "line_id", "item_id", "amount", "deduction"
        ).iter_rows():
            cash[line] += Decimal(amount)
            taken[name] += Decimal(amount) + Decimal(deduction)
        bare = set(shown.decided.filter("settles", pl.col("decision") == "not receivable")["line_id"])
        for line, amount in amounts.items():
            whole = amount if line in shown.settled_lines else Decimal(0)
            assert cash[line] == whole or (line in bare and not cash[line])
        assert all(0 <= taken[name] <= Decimal(amount) for name, amount in OPEN.items())
        assert sum(Decimal(row[2]) for row in stands(shown)) == sum(cash.values())
