"""What was accepted and decisions contradict since: when it is held, what that does, and what lets it go."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import polars as pl
import pytest
from test_learn import AT, BOTH, KNOWN, RULES, TWO, accepted, event, items, lines, result

from recon import learn
from recon.learn import Force
from recon.model import LEARNED

OTHER = lines(("L3", 4, "HILLTOP", "", []))  # of whom somebody says that it paid for K2
WRONG = {"line_id": "L3", "customer_id": "K2", "accepted_by": "bea"}


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=LEARNED.outer_schema, orient="row")


def told(
    said: pl.DataFrame,
    more: pl.DataFrame = OTHER,
    *,
    known: pl.DataFrame = KNOWN,
    by: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """What stands of HILLTOP means K1, as one row of learn.SUGGESTED."""
    payers = pl.concat([TWO, more])
    decided = pl.concat([BOTH, accepted(WRONG) if by is None else by])
    observed = learn.observed(payers, decided, items(("V1", "90.00", "100.00")), RULES)
    rows = learn.suggested(observed, known, learn.last(said), Force().rejected, RULES)
    return rows.filter(pl.col("kind") == "alias", pl.col("meaning") == "K1")


def answer(rows: pl.DataFrame, word: str) -> learn.Answered:
    asked = rows.select(
        "id", answer=pl.lit(word), note=pl.lit(""), who=pl.lit("dora"), where=pl.lit("Learning!9")
    )
    return learn.answered(asked, rows, AT, second_person=False)


ACCEPTED_ONCE = events(event("alias", "HILLTOP", "K1"))


def test_one_line_of_another_customer_holds_it_once() -> None:
    rows = told(ACCEPTED_ONCE)
    assert rows["fresh"].to_list() == [["L3"]]
    held = learn.holding(rows, AT)
    assert held.select("event", "who", "note").rows() == [("held", "rule", "1 line of K2")]
    assert json.loads(held["evidence"][0])["contrary"] == ["L3"]
    now = told(pl.concat([ACCEPTED_ONCE, held]))
    assert now.select("state", "answers").rows() == [("held", ["confirm", "withdraw"])]
    assert learn.holding(now, AT).is_empty(), "it is held already"
    force = learn.in_force(pl.concat([ACCEPTED_ONCE, held]), date(2026, 4, 1))
    assert (force.accepted.height, force.held.height) == (0, 1)


def test_a_line_that_a_rule_posted_and_the_files_hold_it_too() -> None:
    by_rule = accepted({**WRONG, "accepted_by": "rule", "decision_id": ""})
    assert told(ACCEPTED_ONCE, by=by_rule)["fresh"].to_list() == [["L3"]]
    filed = pl.DataFrame({"kind": ["alias"], "subject": ["HILLTOP"], "meaning": ["K9"]})
    assert told(ACCEPTED_ONCE, known=filed, by=accepted(WRONG).clear())["fresh"].to_list() == [
        ["the files: K9"]
    ]


@pytest.mark.parametrize(("first", "last"), [(date(2026, 3, 5), None), (None, date(2026, 3, 3))])
def test_a_line_of_a_day_on_which_it_is_not_valid_contradicts_nothing(
    first: date | None, last: date | None
) -> None:
    said = ACCEPTED_ONCE.with_columns(
        valid_from=pl.lit(first, dtype=pl.Date), valid_to=pl.lit(last, dtype=pl.Date)
    )
    assert learn.holding(told(said), AT).is_empty()


def test_confirmed_it_counts_again_until_more_contradicts_it() -> None:
    held = pl.concat([ACCEPTED_ONCE, learn.holding(told(ACCEPTED_ONCE), AT)])
    more = pl.concat([OTHER, lines(("L4", 5, "HILLTOP", "", []))])
    both = accepted(WRONG, {**WRONG, "line_id": "L4"})
    refused = answer(told(held, more, by=both), "confirm")
    assert "more contradicts it since it was held (2 lines of K2)" in refused.problems[0].what

    confirmed = pl.concat([held, answer(told(held), "confirm").events])
    assert confirmed["event"].to_list() == ["accepted", "held", "confirmed"]
    assert learn.in_force(confirmed, date(2026, 4, 1)).accepted.height == 1
    assert learn.holding(told(confirmed), AT).is_empty(), "it was confirmed in spite of that line"
    assert told(confirmed)["answers"].to_list() == [["withdraw"]]
    again = learn.holding(told(confirmed, more, by=both), AT)
    assert json.loads(again["evidence"][0])["contrary"] == ["L3", "L4"]
    assert answer(told(confirmed), "confirm").events.is_empty(), "once is enough"


def test_what_nothing_holds_needs_no_confirming() -> None:
    none = told(ACCEPTED_ONCE, by=accepted(WRONG).clear())
    assert "nothing holds it" in answer(none, "confirm").problems[0].what


def test_a_line_that_may_rest_on_it_is_proposed_and_not_posted() -> None:
    held = pl.concat([ACCEPTED_ONCE, learn.holding(told(ACCEPTED_ONCE), AT)])
    force = learn.in_force(held, date(2026, 4, 1))
    kin = pl.DataFrame({"meaning": ["K1"], "customer_id": ["K1"]})
    where = {"line_id": ["L1"], "kind": ["alias"], "subject": ["HILLTOP"], "meaning": ["K1"]}
    made = learn.doubted(result(), pl.DataFrame(where), kin, force)
    assert made.lines["outcome"].to_list()[0] == "suggested"
    assert made.exceptions.select("line_id", "code", "amount_minor").rows() == [("L1", "EX-HELD", 0)]
    assert "alias held since 2026-04-01, contradicted by 1 line of K2 (K1)" in made.allocations["reasons"][0]
    assert made.allocations["amount_minor"].to_list() == result().allocations["amount_minor"].to_list()
    for other in (kin.clear(), kin.with_columns(customer_id=pl.lit("K7"))):
        assert learn.doubted(result(), pl.DataFrame(where), other, force).exceptions.is_empty()
