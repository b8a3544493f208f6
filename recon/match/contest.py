"""What competing sets are worth, and the simplest contest: one item, several lines, of which one has it.

item 0 (100.00): line 0 score 16, line 1 score 16   -> line 0, the earlier
"""

from __future__ import annotations

import polars as pl

OFFSET = 25.0  # so that a weak set is still better than none
LEAST = 0.1


def ambiguous() -> pl.Expr:
    """Is a set one of several that add up, with nothing else to say for it? It is shown, and takes nothing away."""
    return ((pl.col("rule") == "combination") & (pl.col("counted") > 1)).fill_null(value=False)


def value() -> pl.Expr:
    """What each set is worth: its score (if named, capped), and a trifle for the earlier line and the older item.

    Needs part, line, rank and worth.
    """
    lines = pl.col("line").rank("dense").over("part").cast(pl.Float64)
    count = lines.max().over("part")
    later = (count - lines) / count
    return (
        pl.max_horizontal(pl.col("worth") + OFFSET, pl.lit(LEAST))
        + 1e-3 * later
        - 1e-5 * pl.col("rank").cast(pl.Float64) * (1.0 + later)
    )


def lone(
    contested: pl.DataFrame, uses: pl.DataFrame, room: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The contests for one item of which only one set can have it, all at once.

    Args:
        contested: part, line, proposal, rank, value; sets that fit by themselves.
        uses: part, proposal, item, use.
        room: item, room.

    Returns the winners as (line, proposal), and the parts that are decided by it as (part).
    """
    told = uses.join(room, on="item", maintain_order="left")
    parts = told.group_by("part", maintain_order=True).agg(
        items=pl.col("item").n_unique(),
        # Two halves would both fit.
        large=(pl.col("use").abs() * 2 > pl.col("room").abs()).all(),
    )
    decided = parts.filter((pl.col("items") == 1) & pl.col("large")).select("part")
    winners = (
        contested.join(decided, on="part", how="semi", maintain_order="left")
        .sort("part", "value", "line", "rank", descending=[False, True, False, False])
        .unique("part", keep="first", maintain_order=True)
        .select("line", "proposal")
    )
    return winners, decided
