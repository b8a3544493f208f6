"""A payment that is short by just what is disputed: that it is short needs no other reason.

INV-410 4,000.00, of which 1,000.00 is disputed; 3,000.00 received   -> EX-DISPUTE, and not EX-SHORT
"""

from __future__ import annotations

import polars as pl

from recon.match.frames import Ready
from recon.model import money_expr


def explained(sets: pl.DataFrame, legs: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """The sets without EX-SHORT where the one item's `dispute` is the amount that stays open."""
    short = sets.filter((pl.col("size") == 1) & (pl.col("short") > 0)).select("proposal", "short")
    if short.is_empty():
        return sets
    plain = pl.col("dispute").str.replace_all("[ ,]", "").str.replace(r"^(\d+)$", "${1}.00")
    items = ready.items.select("item", "currency", disputed=plain.str.replace(r"^(\d+\.\d)$", "${1}0"))
    own = legs.select("proposal", "item").unique(maintain_order=True)
    told = (
        short.join(own, on="proposal", maintain_order="left")
        .join(items, on="item", maintain_order="left")
        .filter(pl.col("disputed") == money_expr(pl.col("short"), ready.scales))
    )
    mine = pl.col("proposal").is_in(told["proposal"].implode())
    less = pl.col("codes").list.eval(pl.element().filter(pl.element() != "EX-SHORT"))
    return sets.with_columns(codes=pl.when(mine).then(less).otherwise("codes"))
