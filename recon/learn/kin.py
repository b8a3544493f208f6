"""Customers that are one debtor with one of whom something was learned: its successors, and its group's others."""

from __future__ import annotations

import polars as pl

_EDGE = {"one": pl.String, "other": pl.String}


def kin(customers: pl.Series, successions: pl.DataFrame, homes: pl.DataFrame | None = None) -> pl.DataFrame:
    """Each customer with itself and with all that it leads to, either way: (meaning, customer_id).

    Days are not asked: who is kin to too many is only looked at once more.

    Example: K1 of whom an alias was learned, K1 -> K9 merger -> (K1, K1), (K1, K9)

    Args:
        customers: of whom something was learned; few.
        successions: customer_id, successor_id; the rows that count.
        homes: customer_id, group_id; where a group's others are kin as well.
    """
    found = customers.unique().sort().alias("meaning").to_frame()
    found = found.with_columns(at="C:" + pl.col("meaning"))
    edges = _edges(successions, homes)
    before = -1
    while before != found.height:
        before = found.height
        step = found.join(edges, left_on="at", right_on="one").select("meaning", at="other")
        found = pl.concat([found, step]).unique()
    own = found.filter(pl.col("at").str.starts_with("C:"))
    return own.select("meaning", customer_id=pl.col("at").str.slice(2)).sort("meaning", "customer_id")


def _edges(successions: pl.DataFrame, homes: pl.DataFrame | None) -> pl.DataFrame:
    """Whom one comes to from whom, both ways: (one, other), `C:` customers and `G:` groups."""
    number = pl.col("customer_id", "successor_id").fill_null("").str.strip_chars()
    rows = successions.with_columns(number).filter(
        (pl.col("customer_id") != "") & (pl.col("successor_id") != "")
    )
    parts = [
        pl.DataFrame(schema=_EDGE),
        rows.select(one="C:" + pl.col("customer_id"), other="C:" + pl.col("successor_id")),
    ]
    if homes is not None:
        grouped = homes.filter(pl.col("group_id").fill_null("") != "").unique()
        parts.append(grouped.select(one="C:" + pl.col("customer_id"), other="G:" + pl.col("group_id")))
    there = pl.concat(parts).unique()
    return pl.concat([there, there.select(one="other", other="one")]).unique()
