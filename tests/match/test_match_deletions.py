"""Texts one character off meet, whatever they are made of; and nothing is lost by the hashing."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from recon.match.candidates import deletions

SIGNS = "ABé01-"
rows = st.lists(st.tuples(st.text(SIGNS, max_size=7), st.integers(-3, 3)), max_size=12)


@given(rows, rows)
def test_all_texts_one_character_off_meet(left: list[tuple[str, int]], right: list[tuple[str, int]]) -> None:
    met = _met(left, right)
    pairs = set(met.iter_rows())
    for i, (said, key) in enumerate(left):
        for j, (other, key_other) in enumerate(right):
            if key == key_other and OSA.distance(said, other) <= 1:
                assert (i, j) in pairs, (said, other)
            assert key == key_other or (i, j) not in pairs


def test_texts_that_are_far_from_one_another_do_not_meet() -> None:
    near = [("INV1043", 100), ("INV2053", 100), ("CN77", 100), ("INV1042", 90)]
    assert _met([("INV1042", 100)], near)["right_row"].to_list() == [0]


def _met(left: list[tuple[str, int]], right: list[tuple[str, int]]) -> pl.DataFrame:
    schema = {"text": pl.String, "key": pl.Int64}
    asked = pl.DataFrame(left, schema=schema, orient="row")
    known = pl.DataFrame(right, schema=schema, orient="row")
    return deletions.Index(known["text"], known["key"]).meeting(asked["text"], asked["key"])
