"""Text from a template and columns, also where a column's pieces are such that polars' own `format` panics."""

from __future__ import annotations

import polars as pl
import pytest

from recon.fill import fill


def test_each_place_is_filled_and_null_stays_null() -> None:
    frame = pl.DataFrame({"who": ["K1", None], "amount": [2, 3], "rate": [1.5, 2.0]})
    texts = frame.select(
        both=fill("{} owes <{}>", "who", pl.col("amount") + 1), alone=fill("{}", "rate"), plain=fill("x")
    )
    assert texts["both"].to_list() == ["K1 owes <3>", None]
    assert texts["alone"].to_list() == ["1.5", "2.0"]
    assert texts["plain"].to_list() == ["x", "x"]


def test_a_column_whose_first_piece_is_empty() -> None:
    pieces = pl.concat([pl.Series("who", ["a", "b"]), pl.Series("who", ["c", "d"])], rechunk=False)
    left = pieces.filter(pl.Series([False, False, True, True]))
    assert [len(piece) for piece in left.get_chunks()] == [0, 2]
    frame = pl.DataFrame({"n": [1, 2]}).with_columns(left)
    assert frame.select(fill("{}|{}", "n", "who")).to_series().to_list() == ["1|c", "2|d"]


@pytest.mark.parametrize("parts", [(), ("who", "who")])
def test_as_many_parts_as_places(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="places"):
        fill("{} owes", *parts)
