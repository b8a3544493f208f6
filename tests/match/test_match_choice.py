"""The choice over a whole part is the best there is: compared with trying everything."""

from __future__ import annotations

import itertools
from datetime import date
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from match_cases import rules_of

from recon.match import contest
from recon.match.assign import small
from recon.match.assign.choose import choose
from recon.match.frames import Proposals, Ready
from recon.rules.schema import Rules

LINES, ITEMS = 4, 4
Set = tuple[int, tuple[int, ...], int]  # line, items settled whole, score
# Sets of whole items, a few of them parts of one: half of item 0.
sets_of = st.lists(
    st.tuples(
        st.integers(0, LINES - 1),
        st.lists(st.integers(0, ITEMS - 1), min_size=1, max_size=3, unique=True).map(sorted).map(tuple),
        st.integers(-1, 10),
    ),
    min_size=1,
    max_size=9,
    unique_by=lambda one: (one[0], one[1]),
)
OPEN = [60, -20, 50, 70]


def ready_of(lines: int) -> Ready:
    """Lines one day apart, the four items."""
    made = SimpleNamespace(
        lines=pl.DataFrame(
            {
                "line": list(range(lines)),
                "line_id": [f"L{n}" for n in range(lines)],
                "booking_date": [date(2026, 3, 1 + n % 28) for n in range(lines)],
            }
        ),
        items=pl.DataFrame(
            {
                "item": list(range(ITEMS)),
                "open": OPEN,
                "due_date": [date(2026, 2, 1 + n) for n in range(ITEMS)],
            }
        ),
    )
    return cast(Ready, made)


def proposals_of(sets: list[Set], halves: bool) -> Proposals:
    """The sets as the engine has them; where `halves`, sets of one item settle half of it."""
    frame = pl.DataFrame(
        {
            "proposal": list(range(len(sets))),
            "line": [one[0] for one in sets],
            "score": [float(one[2]) for one in sets],
            "size": [len(one[1]) for one in sets],
        },
        schema_overrides={"size": pl.UInt32},
    ).with_columns(
        rule=pl.lit("reference"),
        kind=pl.lit("exact"),
        counted=pl.lit(None, pl.Int64),
        owner=pl.lit("C"),
        auto=pl.lit(value=True),
        codes=pl.lit([], pl.List(pl.String)),
    )
    legs = [(at, item, cash_of(one, item, halves), 0, "") for at, one in enumerate(sets) for item in one[1]]
    names = ["proposal", "item", "cash", "deduction", "deduction_type"]
    return Proposals(sets=frame, legs=pl.DataFrame(legs, schema=names, orient="row"), refused=pl.DataFrame())


def cash_of(one: Set, item: int, halves: bool) -> int:
    return OPEN[item] // 2 if halves and len(one[1]) == 1 else OPEN[item]


def worth(chosen: list[Set]) -> float:
    return sum(one[2] + contest.OFFSET for one in chosen)


def fits(chosen: list[Set], halves: bool) -> bool:
    """One set a line, no item beyond what is open."""
    used = [0] * ITEMS
    for one in chosen:
        for item in one[1]:
            used[item] += abs(cash_of(one, item, halves))
    lines = [one[0] for one in chosen]
    return len(set(lines)) == len(lines) and all(used[at] <= abs(OPEN[at]) for at in range(ITEMS))


def by_trying(sets: list[Set], halves: bool) -> float:
    """The best worth of all choices."""
    return max(
        worth(list(some))
        for size in range(len(sets) + 1)
        for some in itertools.combinations(sets, size)
        if fits(list(some), halves)
    )


def chosen_of(sets: list[Set], halves: bool, rules: Rules | None = None) -> tuple[list[Set], Any]:
    loose = rules or rules_of()
    loose = loose.model_copy(update={"thresholds": loose.thresholds.model_copy(update={"suggested": 0.0})})
    chosen = choose(ready_of(LINES), proposals_of(sets, halves), loose)
    return [sets[at] for at in chosen.sets["proposal"].to_list()], chosen.problems


@pytest.mark.parametrize("solver", [False, True])
@settings(max_examples=150, deadline=None)
@given(sets=sets_of, halves=st.booleans())
def test_no_choice_is_worth_more(solver: bool, sets: list[Set], halves: bool) -> None:
    """Whether every choice is tried, as where they are few, or a solver is asked."""
    with patch.object(small, "TRIED_MAX", 0 if solver else small.TRIED_MAX):
        picked, problems = chosen_of(sets, halves)
    assert problems == ()
    assert fits(picked, halves)
    assert worth(picked) == pytest.approx(by_trying(sets, halves))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=40))
def test_lines_that_share_items_however_far_are_one_part(edges: list[tuple[int, int]]) -> None:
    told = small.parts(pl.DataFrame(edges, schema=["line", "item"], orient="row"))
    groups = [({line}, {item}) for line, item in edges]
    for _again in edges:  # every pair of groups that meet becomes one, until none do
        for one, other in itertools.combinations(list(groups), 2):
            if one in groups and other in groups and (one[0] & other[0] or one[1] & other[1]):
                groups.remove(one)
                groups.remove(other)
                groups.append((one[0] | other[0], one[1] | other[1]))
                break
    wanted = {(line, min(lines)) for lines, _items in groups for line in lines}
    names = sorted({line for line, _item in edges})
    assert {(line, names[part]) for line, part in told.iter_rows()} == wanted


@settings(max_examples=50, deadline=None)
@given(sets_of, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_the_sets_changes_no_choice_of_different_worth(
    sets: list[Set], halves: bool, random: Any
) -> None:
    shuffled = list(sets)
    random.shuffle(shuffled)
    assert worth(chosen_of(sets, halves)[0]) == pytest.approx(worth(chosen_of(shuffled, halves)[0]))


def test_of_two_lines_that_are_as_good_the_earlier_has_the_item() -> None:
    assert chosen_of([(1, (0,), 5), (0, (0,), 5)], halves=False)[0] == [(0, (0,), 5)]


def test_a_part_beyond_its_limit_is_taken_in_turn_and_said() -> None:
    # Eleven sets of four lines that all want item 0: the limit is ten.
    wanted: list[Set] = [
        (one, items, 3) for one, items in itertools.product(range(LINES), [(0,), (0, 1), (0, 2)])
    ][:11]
    rules = rules_of()
    tight = rules.model_copy(
        update={"limits": rules.limits.model_copy(update={"proposals_per_component": 10})}
    )
    picked, problems = chosen_of(wanted, halves=False, rules=tight)
    assert fits(picked, halves=False)
    assert [problem.code for problem in problems] == ["limit-reached"]
    assert problems[0].what.startswith("11 proposals compete here, more than proposals_per_component (10)")


def test_a_search_that_takes_too_many_steps_is_given_up_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recon.match.assign.choose._solved", lambda *_: None)
    picked, problems = chosen_of([(0, (0, 2), 5), (1, (0, 3), 5), (2, (2, 3), 5)], halves=False)
    assert fits(picked, halves=False)
    assert "was not found" in problems[0].what


def test_a_line_with_more_readings_than_compete_is_said() -> None:
    subsets = [
        items
        for size in (1, 2, 3)
        for items in itertools.combinations(range(ITEMS), size)
        if 0 in items or size == 1
    ]
    wide: list[Set] = [(0, items, 5) for items in subsets] + [(1, (0,), 6)]
    picked, problems = chosen_of(wide, halves=False)
    assert fits(picked, halves=False)
    assert [problem.where for problem in problems] == ["L0"]
    assert "only the best 8 competed" in problems[0].what
