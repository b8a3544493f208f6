"""Who is one with a customer of whom something was learned: what was said of it holds for those, too."""

from __future__ import annotations

import polars as pl
from test_learn import AT, OWN, TWO, event, force, result

from recon import learn
from recon.learn import Force


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
