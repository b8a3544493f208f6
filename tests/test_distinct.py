"""Whether rows are there once: as polars tells it, also where two rows of one hash differ."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon import distinct

ROWS = st.lists(st.tuples(st.sampled_from([None, "", "INV1", "INV2"]), st.integers(0, 2)), max_size=8)


@given(ROWS, st.booleans())
@settings(max_examples=200, deadline=None)
def test_rows_that_are_there_once_are_told_whatever_their_hashes(
    rows: list[tuple[str | None, int]], clashing: bool
) -> None:
    """With hashes as they are, and with one hash for all rows."""
    frame = pl.DataFrame(rows, schema={"key": pl.String, "item": pl.Int64}, orient="row")
    with pytest.MonkeyPatch.context() as patch:
        if clashing:
            same = pl.repeat(7, frame.height, dtype=pl.UInt64, eager=True)
            patch.setattr(pl.DataFrame, "hash_rows", lambda _frame: same)
        assert distinct.alone(frame) == (len(set(rows)) == len(rows))
        assert distinct.first(frame).to_list() == [row not in rows[:at] for at, row in enumerate(rows)]
