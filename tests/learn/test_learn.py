"""What decisions teach, as tables: observed, suggested, answered, used; and what they say of confidence."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from recon import learn, model
from recon.flow import settings
from recon.learn import Force
from recon.model import ACCEPTED, ALLOCATIONS, EXCEPTIONS, LEARNED, LINES, OPEN_ITEMS, Result
from recon.rules.schema import Rules

AT = "2026-04-01T09:00:00+00:00"
RULES, _WHERE = settings.load_rules("india_care")
KNOWN = pl.DataFrame(schema=dict.fromkeys(("kind", "subject", "meaning"), pl.String))


def lines(*rows: tuple[str, int, str, str, list[str]]) -> pl.DataFrame:
    """Lines of (id, day of March, payer, account, numbers)."""
    made: list[tuple[Any, ...]] = [
        (name, date(2026, 3, day), payer, account, more, []) for name, day, payer, account, more in rows
    ]
    schema: dict[str, Any] = {
        "line_id": pl.String,
        "day": pl.Date,
        "payer": pl.String,
        "account": pl.String,
        "numbers": pl.List(pl.String),
        "references": pl.List(pl.String),
    }
    return pl.DataFrame(made, schema=schema, orient="row")


def accepted(*rows: dict[str, Any]) -> pl.DataFrame:
    """Accepted rows; by anna, unless they say otherwise."""
    usual = {
        "item_id": "V1",
        "amount": "100.00",
        "currency": "INR",
        "deduction": "0.00",
        "deduction_type": "",
        "customer_id": "K1",
        "rule": "allocate",
        "accepted_by": "anna",
        "decision": "allocate",
        "decision_id": "D",
        "turn": 1,
    }
    made = pl.DataFrame([usual | row for row in rows])
    return pl.concat([ACCEPTED.empty_outside(), made], how="diagonal_relaxed").with_columns(
        pl.col(pl.String).fill_null("")
    )


def items(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Items of (id, net, gross)."""
    made = [
        {"item_id": name, "net_amount": net, "amount": gross, "currency": "INR"} for name, net, gross in rows
    ]
    return pl.concat([OPEN_ITEMS.empty_outside(), pl.DataFrame(made)], how="diagonal_relaxed")


def suggested(
    of: pl.DataFrame,
    said: pl.DataFrame,
    known: pl.DataFrame = KNOWN,
    rules: Rules = RULES,
    **more: pl.DataFrame,
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """What is suggested, by kind, subject and meaning."""
    observed = learn.observed(of, said, more.get("items", items(("V1", "90.00", "100.00"))), rules)
    events = more.get("events", LEARNED.empty_outside())
    rejected = more.get("rejected", Force().rejected)
    found = learn.suggested(observed, known, learn.last(events), rejected, rules)
    return {(row["kind"], row["subject"], row["meaning"]): row for row in found.to_dicts()}


TWO = lines(("L1", 2, "HILLTOP", "GB1234", ["REF900123"]), ("L2", 3, "HILLTOP", "GB1234", ["REF900123"]))
BOTH = accepted({"line_id": "L1"}, {"line_id": "L2", "accepted_by": "bea"})


def test_name_account_and_number_of_two_decided_lines_are_suggested_with_their_evidence() -> None:
    found = suggested(TWO, BOTH)
    assert set(found) == {
        ("alias", "HILLTOP", "K1"),
        ("account", "GB1234", "K1"),
        ("reference", "REF900123", "K1"),
    }
    alias = found["alias", "HILLTOP", "K1"]
    assert (alias["state"], alias["lines"], alias["days"], alias["people"]) == (
        "suggested",
        2,
        2,
        ["anna", "bea"],
    )
    assert (alias["first"], alias["last"], alias["examples"]) == (
        date(2026, 3, 2),
        date(2026, 3, 3),
        "L2, L1",
    )
    assert alias["answers"] == ["accept", "refuse"]


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (TWO, accepted({"line_id": "L1"})),  # one line
        (TWO.with_columns(day=date(2026, 3, 2)), BOTH),  # one day
        (TWO, accepted({"line_id": "L1"}, {"line_id": "L2", "decision_id": "", "accepted_by": "rule"})),
        (  # one of them was taken back
            TWO,
            accepted(
                {"line_id": "L1"},
                {"line_id": "L2"},
                {"line_id": "L2", "amount": "-100.00", "decision_id": "E", "turn": 2},
            ),
        ),
        (TWO.with_columns(pl.lit("NHS SBS").alias("payer"), account=pl.lit("XXXX1234"), numbers=[]), BOTH),
    ],
)
def test_less_than_that_suggests_nothing(of: pl.DataFrame, said: pl.DataFrame) -> None:
    shared = RULES.payers.model_copy(update={"shared_payers": (r"^NHS SBS$",)})
    assert suggested(of, said, rules=RULES.model_copy(update={"payers": shared})) == {}


def test_what_files_say_already_is_not_suggested_and_what_they_say_otherwise_contradicts() -> None:
    known = pl.DataFrame(
        {"kind": ["alias", "account"], "subject": ["HILLTOP", "GB1234"], "meaning": ["K1", "K9"]}
    )
    found = suggested(TWO, BOTH, known)
    assert ("alias", "HILLTOP", "K1") not in found
    account = found["account", "GB1234", "K1"]
    assert (account["state"], account["against"], account["answers"]) == (
        "contradicted",
        "the files say K9",
        ["refuse"],
    )


def test_a_line_that_a_rule_posted_to_another_customer_contradicts() -> None:
    three = pl.concat([TWO, lines(("L3", 4, "HILLTOP", "", []))])
    by_rule = {"line_id": "L3", "customer_id": "K2", "accepted_by": "rule", "decision_id": ""}
    alias = suggested(three, pl.concat([BOTH, accepted(by_rule)]))["alias", "HILLTOP", "K1"]
    assert (alias["state"], alias["against"]) == ("contradicted", "1 line of K2")


def test_what_many_customers_have_had_is_nobodys() -> None:
    crowd = [(f"L{n}", n, "OUR NAME", "", list[str]()) for n in range(1, 9)]
    said = accepted(*({"line_id": f"L{n}", "customer_id": f"K{n // 2}"} for n in range(1, 9)))
    few = RULES.model_copy(update={"limits": RULES.limits.model_copy(update={"customers_per_name": 3})})
    assert suggested(lines(*crowd), said, rules=few) == {}


def test_a_tax_is_learned_to_the_rounding_of_its_rule_and_not_where_two_rates_fit() -> None:
    # 10 % of 90.00 is 9.00 and the payer may round by 1.00; 45.00 of 90.00 is no tax; of 10.00 two rates are alike.
    said = accepted(
        *({"line_id": line, "item_id": "V1", "deduction": "9.40", "deduction_type": "TDS"} for line in ("L1", "L2")),
        *({"line_id": line, "item_id": "V2", "deduction": "45.00", "deduction_type": "TDS", "customer_id": "K2"}
          for line in ("L1", "L2")),
        *({"line_id": line, "item_id": "V3", "deduction": "0.50", "deduction_type": "TDS", "customer_id": "K3"}
          for line in ("L1", "L2")),
    )  # fmt: skip
    of = lines(("L1", 2, "", "", []), ("L2", 3, "", "", []))
    nets = items(("V1", "90.00", "100.00"), ("V2", "90.00", "100.00"), ("V3", "10.00", "11.80"))
    assert set(suggested(of, said, items=nets)) == {("tax", "K1", "TDS 10%")}


def answers(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Answers of (id, answer, who)."""
    made = [(name, answer, "", who, "Learning!7") for name, answer, who in rows]
    return pl.DataFrame(made, schema=["id", "answer", "note", "who", "where"], orient="row")


def test_accepted_refused_withdrawn_and_accepted_again() -> None:
    observed = learn.observed(TWO, BOTH, items(("V1", "90.00", "100.00")), RULES)
    events = LEARNED.empty_outside()
    states = []
    for answer in ("accept", "accept", "withdraw", "accept"):
        rows = learn.suggested(observed, KNOWN, learn.last(events), Force().rejected, RULES)
        alias = rows.filter(pl.col("kind") == "alias")["id"].item()
        made = learn.answered(answers((alias, answer, "carl")), rows, AT, second_person=True)
        assert made.problems == ()
        events = pl.concat([events, made.events])
        states.append((made.events.height, learn.in_force(events, date(2026, 4, 1)).accepted.height))
    assert states == [(1, 1), (0, 1), (1, 0), (1, 1)]
    assert events["valid_from"].to_list() == [date(2026, 3, 2), None, date(2026, 3, 2)]
    assert json.loads(events["evidence"][0])["examples"] == "L2, L1"


def test_who_alone_taught_it_does_not_accept_it_where_two_are_wanted() -> None:
    own = accepted({"line_id": "L1"}, {"line_id": "L2"})
    observed = learn.observed(TWO, own, items(("V1", "90.00", "100.00")), RULES)
    rows = learn.suggested(observed, KNOWN, learn.last(LEARNED.empty_outside()), Force().rejected, RULES)
    alias = rows["id"][0]
    for who, want, taken in (("anna", True, 0), ("anna", False, 1), ("bea", True, 1)):
        assert learn.answered(answers((alias, "accept", who)), rows, AT, second_person=want).taken == taken


def event(kind: str, subject: str, meaning: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "subject": subject,
        "meaning": meaning,
        "event": "accepted",
        "who": "bea",
        "at": AT,
    } | more


def force(*events: dict[str, Any], **more: pl.DataFrame) -> Force:
    made = pl.DataFrame(list(events), schema=LEARNED.outer_schema) if events else LEARNED.empty_outside()
    return replace(learn.in_force(made, date(2026, 4, 1)), **more)


def test_what_counts_joins_what_the_files_say() -> None:
    counts = force(
        event("alias", "HILLTOP", "K1", valid_from=date(2026, 3, 2)),
        event("account", "GB1", "K1"),
        event("account", "GB2", "K7"),
        event("tax", "K1", "TDS 10%"),
        event("tax", "K1", "TDS 2%", valid_to=date(2026, 3, 31)),  # no longer
    )
    customers = pl.DataFrame(
        {"customer_id": ["K1"], "name": ["One"], "accounts": ["GB0"], "tax_profile": [None]}
    )
    owed = pl.DataFrame({"customer_id": ["K7"], "customer_name": ["Seven"]})
    both, aliases = learn.joined(customers, model.ALIASES.empty_outside(), owed, counts)
    assert both.select("customer_id", "name", "accounts", "tax_profile").rows() == [
        ("K1", "One", "GB0;GB1", "TDS 10%"),
        ("K7", "Seven", "GB2", ""),
    ]
    assert aliases.rows() == [
        ("HILLTOP", "K1", date(2026, 3, 2), None, "learned 2026-04-01, accepted by bea")
    ]


def result() -> Result:
    """L1 posted and L2 suggested, both to K1."""
    said = [("L1", "auto"), ("L2", "suggested")]
    told = pl.DataFrame(
        [{"line_id": line, "outcome": outcome, "code": "MT-ALIAS", "amount_minor": 100, "currency": "INR"}
         for line, outcome in said]
    )  # fmt: skip
    rows = pl.DataFrame(
        [{"line_id": line, "item_id": "V1", "amount_minor": 100, "currency": "INR", "status": status,
          "reasons": "MT-ALIAS", "customer_id": "K1"} for line, status in said]
    )  # fmt: skip
    return Result(
        told.select(list(LINES.inner_schema)),
        pl.concat([ALLOCATIONS.empty(), rows], how="diagonal_relaxed"),
        EXCEPTIONS.empty(),
    )


OWN = pl.DataFrame({"meaning": ["K1", "K2"], "customer_id": ["K1", "K2"]})  # nobody is one with another


def test_reasons_say_what_was_learned_and_who_accepted_it() -> None:
    made = learn.told(
        result(), TWO, OWN, force(event("alias", "HILLTOP", "K1"), event("alias", "OTHER", "K1"))
    )
    assert (
        made.allocations["reasons"].to_list()
        == ["MT-ALIAS; alias learned 2026-04-01, accepted by bea (K1)"] * 2
    )


def test_a_rejected_pair_is_proposed_and_not_posted() -> None:
    pairs = pl.DataFrame({"subject": ["HILLTOP"], "meaning": ["K1"], "who": ["anna"], "at": [AT]})
    made = learn.held(result(), TWO, OWN, Force(rejected=pairs))
    assert made.lines.select("outcome", "code").rows() == [("suggested", "EX-REJ"), ("suggested", "MT-ALIAS")]
    assert made.allocations["status"].unique().to_list() == ["suggested"]
    assert made.allocations["reasons"][0] == "MT-ALIAS; rejected before by anna on 2026-04-01 (K1)"
    assert made.exceptions.select("line_id", "code", "amount_minor").rows() == [("L1", "EX-REJ", 0)]
    other = learn.held(result(), TWO, OWN, Force(rejected=pairs.with_columns(meaning=pl.lit("K2"))))
    assert other.lines["outcome"].to_list() == ["auto", "suggested"]


def rejected(*after: dict[str, Any], events: pl.DataFrame | None = None) -> list[tuple[str, ...]]:
    """The pairs that are rejected, where anna rejected L1 for K1 first, and these rows were accepted after."""
    no = pl.DataFrame(
        {"decision_id": ["D1"], "line_id": ["L1"], "customer_id": ["K1"], "who": ["anna"], "at": [AT]}
    )
    later = dict.fromkeys(row["decision_id"] for row in after if row.get("decision_id"))
    decided = pl.DataFrame({"decision_id": ["D1", *later]})
    rows = accepted(*after) if after else ACCEPTED.empty_outside()
    found = learn.rejected(no, TWO, decided, rows, LEARNED.empty_outside() if events is None else events)
    return found.select("subject", "meaning", "who").rows()


def test_a_rejected_pair_stands_until_it_is_allocated_or_withdrawn() -> None:
    pair = [("HILLTOP", "K1", "anna")]
    assert rejected() == pair
    assert (
        rejected({"decision_id": "D2", "line_id": "L2"}) == []
    )  # another line of that payer was allocated to that customer since
    let_go = event("rejected", "HILLTOP", "K1", event="withdrawn", evidence='{"decisions": ["D1"]}')
    assert rejected(events=pl.DataFrame([let_go], schema=LEARNED.outer_schema)) == []
    other = let_go | {"evidence": '{"decisions": ["D0"]}'}
    assert rejected(events=pl.DataFrame([other], schema=LEARNED.outer_schema)) == pair


BY_RULE = {"line_id": "L2", "decision_id": "", "accepted_by": "rule", "decision": ""}
BACK = {"line_id": "L2", "decision_id": "D3", "decision": "reject", "amount": "-100.00", "turn": 2}


@pytest.mark.parametrize(
    ("after", "stands"),
    [
        ((BY_RULE, BACK), True),  # what a rule posted wrongly is taken back
        (({"line_id": "L2", "decision_id": "D2"}, BACK), True),  # what a person allocated wrongly, too
        (  # all of it, or a part of it, is another customer's
            (
                BY_RULE,
                BACK | {"decision": "allocate"},
                BACK | {"decision": "allocate", "amount": "100.00", "customer_id": "K2", "item_id": "V2"},
            ),
            True,
        ),
        (
            (
                BY_RULE,
                BACK | {"decision": "allocate", "amount": "-40.00"},
                BACK | {"decision": "allocate", "amount": "40.00", "customer_id": "K2", "item_id": "V2"},
            ),
            True,
        ),
        (  # what was another customer's is this one's after all
            (
                BY_RULE | {"customer_id": "K2"},
                BACK | {"decision": "allocate", "customer_id": "K2"},
                BACK | {"decision": "allocate", "amount": "100.00"},
            ),
            False,
        ),
        (
            ({"line_id": "L2", "decision_id": "D2", "amount": "-50.00"},),
            False,
        ),  # money out, for a credit note
    ],
)
def test_only_money_that_a_person_gave_and_that_stands_lets_a_pair_go(
    after: tuple[dict[str, Any], ...], stands: bool
) -> None:
    assert rejected(*after) == ([("HILLTOP", "K1", "anna")] if stands else [])


def judged(*rows: tuple[float, int, int, bool]) -> pl.DataFrame:
    """Proposals of (confidence, how many right, how many wrong, whether only confidence keeps them from posting)."""
    made = [
        {"rule": "reference", "confidence": confidence, "right": good, "person": True, "posts": posts}
        for confidence, right, wrong, posts in rows
        for good in [True] * right + [False] * wrong
    ]
    return pl.DataFrame(made)


@pytest.mark.parametrize(
    ("right", "of", "bound"), [(100, 100, 0.9630), (1000, 1000, 0.9962), (90, 100, 0.8256), (0, 10, 0.0)]
)
def test_the_lower_bound_is_wilsons(right: int, of: int, bound: float) -> None:
    [row] = learn.calibrated(judged((0.9, right, of - right, True))).to_dicts()
    assert (row["proposals"], row["right"]) == (of, right)
    assert row["lower"] == pytest.approx(bound, abs=0.0001)


def test_the_threshold_is_the_lowest_confidence_whose_bound_reaches_the_target() -> None:
    rows = judged((0.99, 300, 0, True), (0.97, 200, 0, True), (0.9, 100, 40, True), (0.5, 900, 0, False))
    assert learn.threshold(rows, 0.99, 0.9) == 0.97
    assert learn.threshold(rows, 0.90, 0.9) == 0.9
    assert learn.threshold(rows, 0.999, 0.9) is None


@pytest.mark.parametrize(
    ("below", "by_people", "lowest"),
    [
        ([(0.91, 2, 8)], True, 0.99),  # the many above don't bury a bad band
        ([(0.91, 10, 0)], True, 0.99),  # nor prove a band that nobody knows enough of
        ([(0.91, 500, 0)], True, 0.91),
        ([(0.91, 500, 0)], False, 0.99),  # a rule posted them: that nobody took them back proves nothing
        ([(0.93, 2000, 0), (0.91, 2, 8)], True, 0.93),  # a good band below doesn't bury it, either
        ([(0.93, 200, 0), (0.92, 250, 0), (0.91, 400, 1)], True, 0.92),  # two prove themselves together
    ],
)
def test_below_the_threshold_each_band_proves_itself(
    below: list[tuple[float, int, int]], by_people: bool, lowest: float
) -> None:
    posted = judged((0.99, 2000, 0, True)).with_columns(person=False)
    more = judged(*((*band, True) for band in below)).with_columns(person=by_people)
    assert learn.threshold(pl.concat([posted, more]), 0.99, 0.95) == lowest


def test_the_threshold_is_not_lowered_while_what_is_posted_is_wrong_too_often() -> None:
    good, bad = judged((0.93, 5000, 0, True)), judged((0.96, 5, 15, True))
    assert learn.threshold(good, 0.99, 0.95) == 0.93
    assert learn.threshold(pl.concat([good, bad]), 0.99, 0.95) is None


def test_what_a_rule_posted_wrongly_counts_against_its_band() -> None:
    good = judged((0.93, 500, 0, True))
    wrong = judged((0.93, 0, 8, True)).with_columns(person=False)
    assert learn.threshold(good, 0.99, 0.95) == 0.93
    assert learn.threshold(pl.concat([good, wrong]), 0.99, 0.95) is None


def test_what_is_accepted_and_contradicted_since_comes_first() -> None:
    three = pl.concat([TWO, lines(("L3", 4, "HILLTOP", "", []))])
    said = pl.concat([BOTH, accepted({"line_id": "L3", "customer_id": "K2", "accepted_by": "bea"})])
    events = pl.DataFrame([event("alias", "HILLTOP", "K1")], schema=LEARNED.outer_schema)
    [first, *rest] = suggested(three, said, events=events).values()
    assert (first["kind"], first["state"], first["against"]) == ("alias", "accepted", "1 line of K2")
    assert {row["state"] for row in rest} == {"suggested"}
