"""Whose decisions taught something, and whose names are gone: who may accept it, and what teaches nothing."""

from __future__ import annotations

import polars as pl
import pytest
from test_learn import RULES, TWO, accepted, answers, items

from recon import learn, model
from recon.flow import learning
from recon.learn import Force
from recon.model import BANK_LINES, LEARNED, Kind
from recon.store import Lessons

KNOWN = pl.DataFrame(schema=dict.fromkeys(("kind", "subject", "meaning"), pl.String))


def taken(who: str, *rows: dict[str, str]) -> bool:
    """Whether somebody may accept what these rows taught, where the rules want a second person."""
    said = accepted(*({"line_id": f"L{nth}", **row} for nth, row in enumerate(rows, 1)))
    observed = learn.observed(TWO, said, items(("V1", "90.00", "100.00")), RULES)
    found = learn.suggested(observed, KNOWN, LEARNED.empty_outside(), Force().rejected, RULES)
    [alias] = found.filter(pl.col("kind") == "alias")["id"]
    made = learn.answered(answers((alias, "accept", who)), found, "2026-04-01T09:00", second_person=True)
    assert made.taken or "the rules want a second person" in made.results[alias]
    return made.taken == 1


ANNA = {"accepted_by": "Anna Karl", "login": "akarl"}
BEA = {"accepted_by": "bea", "login": "bea"}


@pytest.mark.parametrize("who", ["Anna Karl", "anna karl", "ANNA KARL", "akarl", "AKarl", "Anna Karl, bea"])
def test_a_second_person_is_another_than_the_first_by_name_and_by_login(who: str) -> None:
    assert not taken(who, ANNA, ANNA)
    assert taken("bea", ANNA, ANNA)


@pytest.mark.parametrize("who", ["anna karl", "bea", "BEA"])
def test_who_signed_together_is_no_second_person(who: str) -> None:
    joint = {"accepted_by": "Anna Karl, bea", "login": "akarl"}
    assert not taken(who, joint, joint)
    assert not taken(who, ANNA | {"approved_by": "bea"}, joint)
    assert taken("carl", joint, joint)


@pytest.mark.parametrize("who", ["anna karl", "bea"])
def test_of_two_who_decided_apart_each_is_the_others_second_person(who: str) -> None:
    assert taken(who, ANNA, BEA)


class Kept:
    """What a store keeps, of which two lines are of one payer."""

    def __init__(self, counterparty: str) -> None:
        self._payer = counterparty

    def lessons(self) -> Lessons:
        return Lessons()

    def accepted(self) -> pl.DataFrame:
        return accepted({"line_id": "L1"}, {"line_id": "L2"})

    def decided(self) -> pl.DataFrame:
        return pl.DataFrame({"decision_id": ["D"], "login": ["akarl"]})

    def bank_lines(self, _ids: pl.Series) -> pl.DataFrame:
        whole = TWO.select("line_id", booking_date="day", counterparty=pl.lit(self._payer))
        return pl.concat([BANK_LINES.empty_outside(), whole], how="diagonal_relaxed")

    def items(self, _ids: pl.Series | None = None) -> pl.DataFrame:
        return items(("V1", "90.00", "100.00"))

    def last_read(self, kind: Kind) -> pl.DataFrame:
        return model.INPUT_TABLES[kind].empty_outside()


@pytest.mark.parametrize(("payer", "found"), [("HILLTOP BUREAU", ["HILLTOP BUREAU"]), ("[erased]", [])])
def test_an_erased_payer_teaches_nothing(payer: str, found: list[str]) -> None:
    known = learning.known(Kept(payer), RULES).rows  # type: ignore[arg-type]  # all of a store that it asks
    assert known["subject"].to_list() == found
    assert [list(one) for one in known["parties"]] == [["akarl", "anna"]] * len(found)
