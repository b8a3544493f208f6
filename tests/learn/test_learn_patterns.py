"""How a customer's own references begin: what counts as one, what is suggested, and whom it never catches."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_learn import AT, KNOWN, RULES, accepted, items
from test_learn import lines as payers

from recon import learn
from recon.learn import Force
from recon.learn.patterns import as_aliases, pattern, references
from recon.model import LEARNED


def found(text: str, *own: str) -> list[str]:
    told = pl.select(references(pl.lit(text), ["INV", *own])).item()
    return list(told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CHC-123456 CARE", ["CHC123456"]),
        ("PAY CHC/123456, CHC.123457.", ["CHC123456", "CHC123457"]),
        ("4000123456", ["4000123456"]),
        ("20260304 12345678", []),  # a date, an account
        ("INV-123456 CHC12", []),  # a document, too short
        ("A1234567 ABCDEFG1234", []),  # a letter alone, a word
        ("CHC-123456-01 (CHC123456)", ["CHC123456"]),  # of another shape; in brackets
        ("=CHC123456+1 .*CHC-99[0-9]9", ["CHC123456"]),
        ("", []),
    ],
)
def test_what_may_be_a_payers_own_reference(text: str, said: list[str]) -> None:
    assert found(text) == said


@pytest.mark.parametrize(
    ("reference", "alike"),
    [("CHC123456", "CHC######"), ("4000123456", "4000######"), ("AB1234", "AB####")],
)
def test_its_pattern(reference: str, alike: str) -> None:
    assert pl.select(pattern(pl.lit(reference))).item() == alike


@settings(deadline=None, max_examples=80)
@given(st.text(max_size=40))
def test_whatever_a_line_says_a_pattern_is_letters_digits_and_hashes(text: str) -> None:
    for one in found(text.upper()):
        made = pl.select(pattern(pl.lit(one))).item()
        assert len(made) == len(one)
        assert set(made) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#")


def lines(*said: tuple[str, str]) -> pl.DataFrame:
    """Lines of (id, reference), a day each from 2 March on."""
    plain = payers(*((name, 2 + at, "", "", []) for at, (name, _one) in enumerate(said)))
    return plain.with_columns(references=pl.Series([[one] for _name, one in said], dtype=pl.List(pl.String)))


THREE = lines(("L1", "CHC100001"), ("L2", "CHC100002"), ("L3", "CHC100003"))
OWN = [{"line_id": line} for line in ("L1", "L2", "L3")]


def suggested(of: pl.DataFrame, *said: dict[str, Any], known: pl.DataFrame = KNOWN) -> pl.DataFrame:
    observed = learn.observed(of, accepted(*said), items(("V1", "90.00", "100.00")), RULES)
    rows = learn.suggested(observed, known, learn.last(LEARNED.empty_outside()), Force().rejected, RULES)
    return rows.filter(pl.col("kind") == "pattern")


def test_three_different_references_of_one_customer_are_a_pattern() -> None:
    [row] = suggested(THREE, *OWN).to_dicts()
    assert (row["subject"], row["meaning"], row["lines"], row["days"]) == ("CHC######", "K1", 3, 3)
    assert (row["state"], row["answers"], row["examples"]) == (
        "suggested",
        ["accept", "refuse"],
        "L3, L2, L1",
    )
    assert suggested(THREE, *OWN[:2]).is_empty(), "two say too little"
    one = lines(("L1", "CHC100001"), ("L2", "CHC100001"), ("L3", "CHC100001"))
    assert suggested(one, *OWN).is_empty(), "one reference that comes again is no pattern"


def test_what_another_customer_has_of_it_is_no_pattern() -> None:
    four = pl.concat([THREE, lines(("L4", "CHC900009"))])
    for who in ({"accepted_by": "bea"}, {"accepted_by": "rule", "decision_id": ""}):
        other = {"line_id": "L4", "customer_id": "K2", **who}
        assert suggested(four, *OWN, other).is_empty()
    filed = pl.DataFrame({"kind": ["pattern"], "subject": ["CHC######"], "meaning": ["K2"]})
    assert suggested(THREE, *OWN, known=filed).is_empty()
    mine = filed.with_columns(meaning=pl.lit("K1"))
    assert suggested(THREE, *OWN, known=mine).height == 1, "its own orders may begin so"


def lesson(subject: str, meaning: str) -> dict[str, Any]:
    return {
        "kind": "pattern",
        "subject": subject,
        "meaning": meaning,
        "event": "accepted",
        "valid_from": date(2026, 3, 2),
        "who": "bea",
        "at": AT,
    }


def test_references_of_a_run_become_aliases_unless_the_files_have_them_of_another() -> None:
    said = pl.DataFrame({"reference": ["CHC777777", "CHC77777", "XCHC777777", "CHC777777"]})
    lessons = pl.DataFrame([lesson("CHC######", "K1")], schema=LEARNED.outer_schema, orient="row")
    made = as_aliases(said, lessons, KNOWN, pl.lit("bea"))
    assert made.rows() == [("CHC777777", "K1", date(2026, 3, 2), None, "bea")]
    filed = pl.DataFrame({"kind": ["pattern"], "subject": ["CHC######"], "meaning": ["K2"]})
    assert as_aliases(said, lessons, filed, pl.lit("bea")).is_empty()
