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
    schema = {"said": pl.String, "open": pl.Int64}
    met = deletions.meeting(
        pl.DataFrame(left, schema=schema, orient="row"),
        pl.DataFrame(right, schema=schema, orient="row").rename({"said": "right"}),
        ("said", "right"),
        "open",
    )
    pairs = set(met.iter_rows())
    for i, (said, key) in enumerate(left):
        for j, (other, key_other) in enumerate(right):
            if key == key_other and OSA.distance(said, other) <= 1:
                assert (i, j) in pairs, (said, other)
            assert key == key_other or (i, j) not in pairs


def test_texts_that_are_far_from_one_another_do_not_meet() -> None:
    left = pl.DataFrame({"said": ["INV1042"], "open": [100]})
    right = pl.DataFrame({"right": ["INV1043", "INV2053", "CN77", "INV1042"], "open": [100, 100, 100, 90]})
    met = deletions.meeting(left, right, ("said", "right"), "open")
    assert met["right_row"].to_list() == [0]
