"""What is left of items after what was accepted, and what the rules accept without a person."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from decide_cases import allocation, frame, items

from recon import model
from recon.decide import by_rule, remaining


def settled(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """(item_id, open_amount, settled) in pounds."""
    full = [
        {"item_id": item_id, "currency": "GBP", "open_amount": said, "settled": taken, "settled_ever": taken}
        for item_id, said, taken in rows
    ]
    return frame(model.SETTLED, full)


@pytest.mark.parametrize(
    ("extract", "earlier", "left"),
    [
        ("100.00", [("A", "100.00", "40.00")], "60.00"),  # not posted yet
        ("60.00", [("A", "100.00", "40.00")], "60.00"),  # posted meanwhile
        ("30.00", [("A", "100.00", "40.00")], "30.00"),  # posted, and something else was paid
        ("100.00", [("A", "100.00", "100.00")], "0.00"),
        ("100.00", [("A", "100.00", "120.00")], "0.00"),  # never over to the other sign
        ("-50.00", [("A", "-50.00", "-20.00")], "-30.00"),
        ("-30.00", [("A", "-50.00", "-50.00")], "0.00"),
        ("60.00", [("A", "100.00", "50.00"), ("A", "60.00", "10.00")], "50.00"),
        ("50.00", [("A", "100.00", "90.00"), ("A", "50.00", "50.00")], "0.00"),
        (
            "100.00",
            [("A", "100.00", "-40.00")],
            "100.00",
        ),  # a returned payment opens no more than the extract says
        ("100.00", [("A", "", "40.00")], "0.00"),  # it is not known from what it was taken
        ("100.00", [("B", "100.00", "40.00")], "100.00"),
        ("100.005", [("A", "100.00", "40.00")], "60.00"),
    ],
)
def test_the_smaller_amount_counts(extract: str, earlier: list[tuple[str, str, str]], left: str) -> None:
    open_items = frame(model.OPEN_ITEMS, items(("A", extract), ("X", "7.00")))
    found, problems = remaining(open_items, settled(*earlier))
    assert found["open_amount"].to_list() == [left, "7.00"]
    assert found.drop("open_amount").equals(open_items.drop("open_amount"))
    assert len(problems) == (Decimal(left) != Decimal(extract))


def test_the_problem_says_where_the_item_stands_and_what_to_do() -> None:
    open_items = frame(model.OPEN_ITEMS, items(("A", "100.00")), source="items.csv", position=7)
    _, [problem] = remaining(open_items, settled(("A", "100.00", "40.00")))
    assert str(problem) == (
        "items.csv:7: 1 item has less open than the extract says, after what was accepted before: "
        "A (100.00, now 60.00)\n"
        "    post what was accepted, or take a new extract"
    )


def test_an_old_extract_is_one_problem_however_many_items_it_has() -> None:
    names = [f"I{nth}" for nth in range(7)]
    first = frame(model.OPEN_ITEMS, items(*((name, "100.00") for name in names)), source="old.csv")
    first = first.with_columns(position=pl.int_range(pl.len(), 0, -1, dtype=pl.Int64) + 1)
    second = frame(model.OPEN_ITEMS, items(("Z", "5.00")), source="new.csv", position=9)
    taken = settled(*((name, "100.00", "40.00") for name in names), ("Z", "5.00", "5.00"))
    _, problems = remaining(pl.concat([second, first]), taken)
    assert [problem.where for problem in problems] == ["new.csv:9", "old.csv:2"]
    assert problems[1].what == (
        "7 items have less open than the extract says, after what was accepted before: I6 (100.00, now 60.00), "
        "I5 (100.00, now 60.00), I4 (100.00, now 60.00), I3 (100.00, now 60.00), I2 (100.00, now 60.00) and 2 more"
    )


def test_an_item_of_the_same_id_in_another_currency_is_another_item() -> None:
    open_items = frame(model.OPEN_ITEMS, items(("A", "100"), currency="JPY"))
    assert remaining(open_items, settled(("A", "100.00", "40.00")))[0].equals(open_items)


def lines(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """(line_id, outcome, amount) in pounds."""
    full = [{"line_id": line_id, "outcome": outcome, "amount": amount} for line_id, outcome, amount in rows]
    return frame(model.LINES, full, currency="GBP")


def allocations(*rows: tuple[str, str, str]) -> pl.DataFrame:
    full = [allocation(line_id, item_id, amount, status="auto") for line_id, item_id, amount in rows]
    return frame(model.ALLOCATIONS, full, currency="GBP")


NONE_DECIDED = model.DECIDED.empty_outside()


def test_auto_lines_up_to_the_ceiling_are_accepted_by_rule() -> None:
    proposed = lines(
        ("L1", "auto", "100.00"),
        ("L2", "auto", "100.01"),
        ("L3", "suggested", "5.00"),
        ("L4", "auto", "-100.00"),
    )
    rows = allocations(
        ("L4", "CN", "-100.00"), ("L1", "A", "60.00"), ("L1", "", "40.00"), ("L2", "B", "100.01")
    )
    open_items = frame(model.OPEN_ITEMS, items(("A", "60.00"), ("B", "100.01"), ("CN", "-100.00")))
    found = by_rule(proposed, rows, open_items, NONE_DECIDED, Decimal("100.00"))
    columns = ["line_id", "item_id", "amount", "customer_id", "accepted_by", "decision_id"]
    assert found.select(columns).rows() == [
        ("L1", "A", "60.00", "C1", "rule", ""),
        ("L1", "", "40.00", "C1", "rule", ""),
        ("L4", "CN", "-100.00", "C1", "rule", ""),
    ]
    assert found.schema == model.ACCEPTED.outer_schema


@pytest.mark.parametrize(
    ("history", "held"),
    [
        ([("park", "accepted")], True),
        ([("reject", "accepted"), ("accept", "refused")], True),
        ([("park", "refused")], False),
    ],
)
def test_what_a_person_put_aside_is_not_accepted_by_rule(history: list[tuple[str, str]], held: bool) -> None:
    decided = frame(
        model.DECIDED, [{"line_id": "L1", "decision": one, "result": result} for one, result in history]
    )
    open_items = frame(model.OPEN_ITEMS, items(("A", "100.00")))
    proposed, rows = lines(("L1", "auto", "100.00")), allocations(("L1", "A", "100.00"))
    found = by_rule(proposed, rows, open_items, decided, Decimal(1000))
    assert found.is_empty() == held


def test_cash_on_account_beside_items_of_two_customers_is_nobodys() -> None:
    open_items = [*items(("A", "50.00")), *items(("B", "40.00"), customer_id="C2")]
    rows = allocations(("L1", "A", "50.00"), ("L1", "B", "40.00"), ("L1", "", "10.00"))
    found = by_rule(
        lines(("L1", "auto", "100.00")),
        rows,
        frame(model.OPEN_ITEMS, open_items),
        NONE_DECIDED,
        Decimal(1000),
    )
    assert found["customer_id"].to_list() == ["C1", "C2", ""]


def test_an_auto_line_that_is_not_allocated_to_the_penny_is_a_broken_promise() -> None:
    with pytest.raises(AssertionError, match="L1"):
        by_rule(
            lines(("L1", "auto", "100.00")),
            allocations(("L1", "A", "99.99")),
            frame(model.OPEN_ITEMS, items(("A", "99.99"))),
            NONE_DECIDED,
            Decimal(1000),
        )
