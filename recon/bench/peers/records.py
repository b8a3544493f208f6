"""Two tables of records as record-linkage toolkits want them, and their scored pairs as pairs of lines and items.

A part with several possible numbers is several records, one for each, so that every number can be blocked on.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.bench.peers.parts import RAIL, Prepared

START: Final = 6  # first characters of a number: letters and the leading digits
END: Final = 3
NAME_START: Final = 6

# Each block is a set of columns that must be equal. A damaged number is looked for with the amount or with the payer.
BLOCKS: Final = (
    ("ref",),
    ("amount", "customer"),
    ("amount", "name_start"),
    ("amount", "ref_start"),
    ("amount", "ref_end"),
    ("customer", "ref_start"),
    ("customer", "ref_end"),
)


def left(given: Prepared) -> pl.DataFrame:
    """Records of the lines: id, part, line_id, ref and the other columns; what is not known is null."""
    made = given.parts.join(given.refs, on="part", how="left", maintain_order="left").select(
        "part",
        "line_id",
        "ref",
        "name",
        "amount",
        customer="customer_id",
        day="booked",
    )
    return _keyed(made)


def right(given: Prepared) -> pl.DataFrame:
    """Records of the items: id, item_id, and the same columns."""
    made = given.items.select(
        "item_id",
        "amount",
        ref="doc",
        name=pl.col("name").str.slice(0, RAIL).str.strip_chars(),
        customer="customer_id",
        day="issued",
    )
    return _keyed(made)


def _keyed(records: pl.DataFrame) -> pl.DataFrame:
    empty = [
        pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in ("ref", "name", "customer")
    ]
    filled = records.with_row_index("id").with_columns(
        *empty, day=pl.col("day").cast(pl.Int32).cast(pl.Int64)
    )
    return filled.with_columns(
        ref_start=pl.col("ref").str.slice(0, START),
        ref_end=pl.col("ref").str.slice(-END),
        name_start=pl.col("name").str.slice(0, NAME_START),
    )


def chosen(scored: pl.DataFrame, lines: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Pairs: each part's best item, and every item that it names exactly; each item's best line.

    Args:
        scored: left (id of a record of lines), right (id of a record of items), score.
        lines: the records of lines.
        items: the records of items.
    """
    both = scored.join(lines.select("part", "line_id", "ref", left="id"), on="left").join(
        items.select("item_id", doc="ref", right="id"), on="right"
    )
    named = (pl.col("ref") == pl.col("doc")).fill_null(value=False)
    single = both.group_by("part", "line_id", "item_id").agg(pl.col("score").max(), named=named.any())
    best = single.sort("score", "item_id", descending=[True, False]).with_columns(
        place=pl.int_range(pl.len()).over("part")
    )
    kept = best.filter((pl.col("place") == 0) | pl.col("named"))
    first = kept.sort("score", "line_id", descending=[True, False])
    return first.unique("item_id", keep="first", maintain_order=True).select("line_id", "item_id", "score")
