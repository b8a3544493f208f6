"""Look-ups in large tables give what a plain join would: by an index, by place, and of lines that lie together."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from recon.match.asked import Index, amended, beside, nth
from recon.match.distribute import some_of

KEYS = st.lists(st.sampled_from(["INV1", "INV2", "1", "2", "", "CF24-1", "\u00e9"]), max_size=12)
NUMBERS = st.lists(st.integers(0, 9), max_size=12)


@given(KEYS, KEYS)
@settings(max_examples=100, deadline=None)
def test_an_index_finds_the_rows_that_are_asked_for(many: list[str], few: list[str]) -> None:
    """Every row of each key, in the table's order, and no other; a key may come twice, or none at all."""
    table = pl.DataFrame({"key": many}, schema={"key": pl.String}).with_row_index("nth")
    wanted = pl.Series(few, dtype=pl.String)
    assert_frame_equal(Index(table).of(wanted), table.filter(pl.col("key").is_in(few)))


def test_a_missing_key_is_nobodys() -> None:
    """A row without a key is not found by rows without one."""
    table = pl.DataFrame({"key": ["INV1", None]})
    assert Index(table).of(pl.Series([None, "INV1"], dtype=pl.String))["key"].to_list() == ["INV1"]


@given(st.lists(st.one_of(st.none(), st.integers(-2, 14)), max_size=12), st.sets(st.integers(0, 12)))
@settings(max_examples=100, deadline=None)
def test_what_stands_beside_a_row_is_what_a_join_would_bring(
    asking: list[int | None], known: set[int]
) -> None:
    """With every number, with gaps between them, and with none; rows of unknown numbers are left out."""
    rows = pl.DataFrame({"item": asking}, schema={"item": pl.Int64}).with_row_index("nth")
    places = sorted(known)
    table = pl.DataFrame(
        {"item": places, "owner": [f"C:{item}" for item in places]},
        schema={"item": pl.Int64, "owner": pl.String},
    )
    joined = rows.join(table, on="item", maintain_order="left")
    assert_frame_equal(beside(rows, table, "item"), joined)


@given(NUMBERS, NUMBERS)
@settings(max_examples=100, deadline=None)
def test_some_lines_rows_are_those_of_a_semi_join(rows: list[int], some: list[int]) -> None:
    """Whatever lies between the lines that are wanted, and where none is wanted."""
    frame = pl.DataFrame({"line": rows}, schema={"line": pl.Int64}).with_row_index("nth")
    wanted = pl.DataFrame({"line": some}, schema={"line": pl.Int64})
    assert_frame_equal(
        some_of(frame, wanted), frame.join(wanted, on="line", how="semi", maintain_order="left")
    )


def test_an_empty_key_is_nobodys_even_where_hashes_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        pl.Series, "hash", lambda texts: pl.repeat(7, len(texts), dtype=pl.UInt64, eager=True)
    )
    many = pl.DataFrame({"key": ["A", None, "B", "A"], "item": [0, 1, 2, 3]})
    assert Index(many).of(pl.Series(["A", None]))["item"].to_list() == [0, 3]


RUNS = st.lists(st.tuples(st.sampled_from([None, "K1", "K2"]), st.integers(0, 2)), max_size=12)


@given(RUNS)
@settings(max_examples=100, deadline=None)
def test_rows_that_lie_together_are_counted_as_over_their_keys(rows: list[tuple[str | None, int]]) -> None:
    """One key or two, a missing one among them."""
    frame = pl.DataFrame(sorted(rows, key=str), schema={"owner": pl.String, "amount": pl.Int64}, orient="row")
    for keys in (["owner"], ["owner", "amount"]):
        counted = frame.select(pl.int_range(pl.len()).over(keys)).to_series()
        assert frame.select(nth(*keys)).to_series().to_list() == counted.to_list()


@given(st.lists(st.tuples(st.one_of(st.none(), st.booleans()), st.integers(0, 3)), max_size=12))
@settings(max_examples=100, deadline=None)
def test_amended_rows_are_those_that_a_condition_would_change(rows: list[tuple[bool | None, int]]) -> None:
    """Numbers, texts and lists; a missing answer is no, and what was given is not changed in its place."""
    frame = pl.DataFrame(rows, schema={"hit": pl.Boolean, "amount": pl.Int64}, orient="row").with_columns(
        said=pl.col("amount").cast(pl.String), codes=pl.concat_list(pl.lit("EX-ITEM"))
    )
    before = frame.clone()
    new = {
        "amount": pl.col("amount") + 1,
        "said": pl.lit("changed"),
        "codes": pl.concat_list("codes", pl.lit("EX-CUST")),
    }
    made = amended(frame, pl.col("hit"), lambda some: some.with_columns(**new))
    assert_frame_equal(
        made,
        frame.with_columns(
            pl.when(pl.col("hit")).then(change).otherwise(pl.col(name)).alias(name)
            for name, change in new.items()
        ),
    )
    assert_frame_equal(frame, before)
