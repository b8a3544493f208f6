"""Who is one with a customer of whom something was learned: what was said of it holds for those, too."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from test_learn import AT, KNOWN, OWN, RULES, TWO, accepted, event, force, lines, result

from recon import learn
from recon.learn import Force
from recon.model import LEARNED, OPEN_ITEMS


def rows(*pairs: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"customer_id": pl.String, "successor_id": pl.String}, orient="row")


NONE = rows()


def kin(*customers: str, successions: pl.DataFrame = NONE, homes: pl.DataFrame | None = None) -> set[str]:
    made = learn.kin(pl.Series(customers, dtype=pl.String), successions, homes)
    return {f"{meaning}-{other}" for meaning, other in made.iter_rows()}


def test_a_customer_is_one_with_itself_and_chains_are_followed_both_ways() -> None:
    chain = rows(("K1", "K2"), ("K2 ", "K3"), ("K8", "K9"), ("K3", ""))
    assert kin("K2", successions=chain) == {"K2-K1", "K2-K2", "K2-K3"}
    assert kin("K1", "K7", successions=chain) == {"K1-K1", "K1-K2", "K1-K3", "K7-K7"}
    assert kin(successions=chain) == set()
    assert kin("K1", successions=rows(("K1", "K2"), ("K2", "K1"))) == {"K1-K1", "K1-K2"}, "a circle ends"


def test_a_group_is_kin_where_groups_are_asked_and_no_customer_has_its_name() -> None:
    homes = pl.DataFrame(
        {"customer_id": ["K2", "K5", "K6", "K7"], "group_id": ["G", "G", None, ""]},
        schema={"customer_id": pl.String, "group_id": pl.String},
    )
    assert kin("K1", successions=rows(("K1", "K2")), homes=homes) == {"K1-K1", "K1-K2", "K1-K5"}
    assert kin("G", successions=NONE, homes=homes) == {"G-G"}


def test_a_pair_that_was_rejected_is_held_of_the_successor_and_reasons_name_what_was_learned() -> None:
    became = learn.kin(pl.Series(["K0"]), rows(("K0", "K1")))
    pairs = pl.DataFrame({"subject": ["HILLTOP"], "meaning": ["K0"], "who": ["anna"], "at": [AT]})
    made = learn.held(result(), TWO, became, Force(rejected=pairs))
    assert made.lines.select("outcome", "code").rows()[0] == ("suggested", "EX-REJ")
    assert learn.held(result(), TWO, OWN, Force(rejected=pairs)).lines["outcome"][0] == "auto"
    said = learn.told(result(), TWO, became, force(event("alias", "HILLTOP", "K0")))
    assert said.allocations["reasons"][0] == "MT-ALIAS; alias learned 2026-04-01, accepted by bea (K0)"


HEIRS = pl.DataFrame({"customer_id": ["K1"], "heir": ["K9"], "since": [date(2026, 3, 10)]})
KEYS = ["kind", "subject", "meaning"]


def keyed(*rows: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(KEYS, pl.String), orient="row")


def events(*made: dict[str, object]) -> pl.DataFrame:
    return learn.last(pl.DataFrame(list(made), schema=LEARNED.outer_schema))


def test_who_became_another_is_one_with_it_under_the_name_that_something_was_said_of() -> None:
    seen = keyed(("alias", "A", "K1"), ("alias", "A", "K9"), ("tax", "K9", "TDS 10%"), ("alias", "B", "K5"))
    nothing = learn.as_now(seen, events(), HEIRS).rows()
    assert nothing == [("alias", "A", "K9"), ("tax", "K9", "TDS 10%"), ("alias", "B", "K5")]
    said = events(event("alias", "A", "K1"), event("tax", "K1", "TDS 10%"), event("alias", "C", "K1"))
    assert learn.as_now(seen, said, HEIRS).rows() == [
        ("alias", "A", "K1"),
        ("tax", "K1", "TDS 10%"),
        ("alias", "B", "K5"),
    ]
    assert_frame_equal(learn.as_now(seen, said, HEIRS.clear()), seen)


@pytest.mark.parametrize(
    ("before", "then", "now"),
    [("accepted", "withdrawn", "K1"), ("held", "refused", "K1"), ("accepted", "confirmed", "K9"),
        ("refused", "withdrawn", "K9"), ("withdrawn", "accepted", "K9")],
)  # fmt: skip
def test_what_stands_of_either_number_has_the_sightings(before: str, then: str, now: str) -> None:
    """Said of K1 first and of K9 later: a withdrawal of the one takes nothing from what stands of the other."""
    later = AT.replace("2026", "2027")
    said = events(event("alias", "A", "K1", event=before), event("alias", "A", "K9", event=then, at=later))
    assert learn.as_now(keyed(("alias", "A", "K9")), said, HEIRS).rows() == [("alias", "A", now)]


def test_what_is_settled_for_the_successor_holds_nothing_and_another_customers_does() -> None:
    def states(other: str, heirs: pl.DataFrame) -> list[tuple[str, str, list[str]]]:
        bought = lines(*[(f"L{day}", day, "HILLTOP", "", []) for day in (2, 3, 12)])
        paid = accepted(
            {"line_id": "L2"}, {"line_id": "L3"}, {"line_id": "L12", "customer_id": other, "item_id": "V2"}
        )
        seen = learn.observed(bought, paid, OPEN_ITEMS.empty_outside(), RULES)
        said = events(event("alias", "HILLTOP", "K1", valid_from=date(2026, 3, 2)))
        rejected = Force().rejected
        made = learn.suggested(learn.as_now(seen, said, heirs), KNOWN, said, rejected, RULES)
        return [
            (row["meaning"], row["state"], row["fresh"])
            for row in made.to_dicts()
            if row["state"] == "accepted"
        ]

    assert states("K9", HEIRS) == [("K1", "accepted", [])]
    assert states("K8", HEIRS) == [("K1", "accepted", ["L12"])]
    assert states("K9", HEIRS.clear()) == [("K1", "accepted", ["L12"])], (
        "before the day it is another customer"
    )


def test_the_heir_keeps_back_the_tax_that_its_predecessor_did() -> None:
    taken = pl.DataFrame(
        [event("tax", "K1", "TDS 10%"), event("alias", "A", "K1")], schema=LEARNED.outer_schema
    )
    assert learn.inherited(taken, HEIRS).select(KEYS).rows() == [
        ("tax", "K1", "TDS 10%"),
        ("alias", "A", "K1"),
        ("tax", "K9", "TDS 10%"),
    ]
    assert_frame_equal(learn.inherited(taken, HEIRS.clear()), taken)
