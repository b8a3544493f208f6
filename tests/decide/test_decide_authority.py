"""Limits by person: above one's own a decision waits until a second person decides the same."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from decide_cases import allocation, decisions, items, view

from recon.decide import Decided, by_rule, decide
from recon.model import View
from recon.rules.authority import Authority

AUTHORITY = Authority.model_validate(
    {
        "default": {"by_hand": "50.00", "approve": "90.00"},
        "people": {
            "Ann": {"by_hand": "50.00", "accept": "1000", "write_off": "1.00"},
            "ben": {},
            "dan": {"by_hand": 0},
        },
    }
)
LINE = {"line_id": "L1", "amount": "80.00"}
ON_ACCOUNT = {"line_id": "L1", "decision": "on account", "item_id": "C1"}


def start(amount: str = "80.00") -> View:
    proposed = [allocation("L1", "A", amount)]
    return view([{**LINE, "amount": amount}], items(("A", "100.00")), proposed)


def asked(shown: View, who: str, login: str = "", **more: str) -> Decided:
    return decide(decisions({**ON_ACCOUNT, "decided_by": who, **more}), shown, AUTHORITY, login or who)


def kept(outcome: Decided, shown: View) -> View:
    decided = outcome.decided.with_columns(pl.lit("2024-03-02T09:00:00+00:00").alias("decided_at"))
    return replace(shown, decided=pl.concat([shown.decided, decided]))


def test_up_to_the_limit_one_person_is_enough() -> None:
    assert asked(start("50.00"), "ann").results["result"].to_list() == ["accepted"]
    assert asked(start(), "ben").accepted["approved_by"].to_list() == [""]
    by_login = asked(start("50.01"), "ANN")
    assert by_login.results["text"].to_list() == [
        "waits for a second person: above ANN's limit of 50.00 GBP for what is decided by hand"
    ]
    assert by_login.accepted.is_empty()
    assert by_login.decided.select("result", "settles", "turn").row(0) == ("waits", False, 0)


def test_a_second_person_decides_the_same_and_stands_as_the_approver() -> None:
    waiting = kept(asked(start(), "ann"), start())
    outcome = asked(waiting, "cleo")
    assert outcome.results["text"].to_list() == [
        "accepted: on account, 80.00; cleo approved what ann decided"
    ]
    assert outcome.accepted.select("accepted_by", "approved_by").rows() == [("ann", "cleo")]
    assert outcome.decided.select("decided_by", "result", "settles", "turn").row(0) == (
        "cleo",
        "accepted",
        True,
        1,
    )


@pytest.mark.parametrize(
    ("who", "login"),
    [("ann", "ann"), ("Ann", "other"), ("cleo", "ann")],
    ids=["same", "same name", "same login"],
)
def test_the_same_person_does_not_approve(who: str, login: str) -> None:
    waiting = kept(asked(start(), "ann"), start())
    outcome = asked(waiting, who, login)
    assert outcome.accepted.is_empty()
    assert outcome.results["result"].to_list() == ["waits"]


def test_another_decision_of_a_second_person_is_one_of_its_own() -> None:
    waiting = kept(asked(start(), "ann"), start())
    assert asked(waiting, "cleo", item_id="").results["result"].to_list() == ["waits"]
    assert asked(waiting, "ben", item_id="").accepted.select("accepted_by", "approved_by").rows() == [
        ("ben", "")
    ]


def test_who_may_not_approve_so_much_is_refused() -> None:
    waiting = kept(asked(start("95.00"), "ann"), start("95.00"))
    [problem] = asked(waiting, "cleo").problems
    assert "cleo may approve up to 90.00 GBP only" in problem.what
    assert asked(waiting, "ben").accepted["approved_by"].to_list() == ["ben"]


def test_applying_what_waits_twice_is_kept_once() -> None:
    waiting = kept(asked(start(), "ann"), start())
    again = asked(waiting, "ann")
    assert again.decided.is_empty()
    assert again.results["result"].to_list() == ["waits"]


def test_a_write_off_has_a_limit_of_its_own_and_a_limit_of_nought_lets_nothing_be_decided() -> None:
    given_up = {
        "line_id": "L1",
        "decision": "write off",
        "item_id": "A",
        "amount": "2.00",
        "note": "rounding",
    }
    said = decide(decisions(given_up), start(), AUTHORITY, "ann").results["text"].to_list()
    assert said == ["waits for a second person: above ann's limit of 1.00 GBP for write-offs"]
    assert asked(start("0.01"), "dan").results["result"].to_list() == ["waits"]
    parked = decisions({"line_id": "L1", "decision": "park", "decided_by": "dan"})
    assert decide(parked, start(), AUTHORITY, "dan").results["result"].to_list() == ["accepted"]


def test_a_small_line_with_large_items_of_either_sign_needs_the_second_person() -> None:
    shown = view([{**LINE, "amount": "10.00"}], items(("A", "500.00"), ("CN", "-490.00")))
    both = {"line_id": "L1", "decision": "allocate", "item_id": "A 500.00; CN -490.00"}
    assert decide(decisions(both), shown, AUTHORITY, "ann").results["result"].to_list() == ["waits"]


def test_two_people_in_one_cell_are_both_the_first_person() -> None:
    waiting = kept(asked(start(), "ann, cleo"), start())
    assert asked(waiting, "cleo").results["result"].to_list() == ["waits"]


def test_a_refused_approval_leaves_what_waits_waiting() -> None:
    waiting = kept(asked(start("95.00"), "ann"), start("95.00"))
    after = kept(asked(waiting, "cleo"), waiting)
    assert asked(after, "ben").accepted.select("accepted_by", "approved_by").rows() == [("ann", "ben")]


def test_what_waits_is_not_accepted_by_rule() -> None:
    shown = start()
    waiting = kept(asked(shown, "ann"), shown)
    auto = shown.allocations.with_columns(status=pl.lit("auto"))
    lines = shown.lines.with_columns(outcome=pl.lit("auto"))
    ceiling = Decimal(1000)
    assert by_rule(lines, auto, shown.open_items, shown.decided, ceiling).height == 1
    assert by_rule(lines, auto, shown.open_items, waiting.decided, ceiling).is_empty()
