"""Truth of a sample for the lines as they were read: most bank formats cannot carry our line ids."""

from __future__ import annotations

import polars as pl


def align(truth: pl.DataFrame, bank_lines_read: pl.DataFrame) -> pl.DataFrame:
    """A frame of (line_id of the truth, line_id as read), by the place of each line in its file.

    Args:
        truth: with `line_id`, `source` (file name), `ordinal` (how-many-th line of that file, from 1) and `amount`.
        bank_lines_read: outer form with `line_id`, `source`, `position` and `amount`, as readers give it. Folders
            in `source` don't matter.

    Raises:
        ValueError: a line of the truth was not read, or has another amount.
    """
    name = pl.col("source").str.replace_all("\\", "/", literal=True).str.split("/").list.last()
    read = (
        bank_lines_read.with_row_index("row")
        .with_columns(name.alias("source"))
        .sort("source", "position", "row")
        .select(
            "source",
            pl.int_range(1, pl.len() + 1).over("source").alias("ordinal"),
            pl.col("line_id").alias("read_id"),
            pl.col("amount").cast(pl.Decimal(scale=6)).alias("read_amount"),
        )
    )
    joined = truth.join(read, on=["source", "ordinal"], how="left").with_columns(
        pl.col("amount").cast(pl.Decimal(scale=6)).alias("wanted")
    )
    wrong = joined.filter(pl.col("read_id").is_null() | (pl.col("read_amount") != pl.col("wanted")))
    if not wrong.is_empty():
        first = wrong.row(0, named=True)
        raise ValueError(
            f"{wrong.height} lines of the truth do not fit what was read, "
            f"first {first['source']} line {first['ordinal']}: {first['amount']} is read as {first['read_amount']}"
        )
    return joined.select("line_id", "read_id")


def renamed(frame: pl.DataFrame, ids: pl.DataFrame, *, to: str = "line_id") -> pl.DataFrame:
    """Result tables with the truth's line ids (`to="line_id"`), or truth with the ids as read (`to="read_id"`)."""
    old = "read_id" if to == "line_id" else "line_id"
    mapping = dict(ids.select(old, to).iter_rows())
    return frame.with_columns(pl.col("line_id").replace(mapping))
