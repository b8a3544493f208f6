"""A payment that is short by just what is disputed: that it is short needs no other reason.

INV-410 4,000.00, of which 1,000.00 is disputed; 3,000.00 received   -> EX-DISPUTE, and not EX-SHORT
"""

from __future__ import annotations

import polars as pl

from recon.fill import fill
from recon.match.frames import Chosen, Found, Ready
from recon.model import money_expr

REASON_LETTERS = 40  # of an advice's reason that are shown


def explained(sets: pl.DataFrame, legs: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """The sets without EX-SHORT where the one item's `dispute` is the amount that stays open."""
    short = sets.filter((pl.col("size") == 1) & (pl.col("short") > 0)).select("proposal", "short")
    if short.is_empty():
        return sets
    plain = pl.col("dispute").str.replace_all("[ ,]", "").str.replace(r"^(\d+)$", "${1}.00")
    items = ready.items.filter(pl.col("dispute") != "").select("item", "currency", "dispute")
    own = legs.select("proposal", "item").unique(maintain_order=True)
    told = (
        short.join(own, on="proposal", maintain_order="left")
        .join(items, on="item", maintain_order="left")
        .with_columns(disputed=plain.str.replace(r"^(\d+\.\d)$", "${1}0"))
        .filter(pl.col("disputed") == money_expr(pl.col("short"), ready.scales))
    )
    mine = pl.col("proposal").is_in(told["proposal"].implode())
    less = pl.col("codes").list.eval(pl.element().filter(pl.element() != "EX-SHORT"))
    return sets.with_columns(codes=pl.when(mine).then(less).otherwise("codes"))


def stated(ready: Ready, found: Found, chosen: Chosen) -> pl.DataFrame:
    """What an advice keeps back of items that stay open, as (line, code, more): `INV-410: 50.00 DAMAGED GOODS`.

    The kind of reason is the advice's `deduction_type`, letters and digits only, and no more than REASON_LETTERS.
    """
    full = ready.keys.filter(pl.col("kind") == "full").select("key", "item").unique(maintain_order=True)
    items = ready.items.select("item", "item_id", "open", "currency")
    settled = (
        chosen.legs.join(chosen.sets.select("proposal", "line"), on="proposal", maintain_order="left")
        .group_by("line", "item", maintain_order=True)
        .agg(settled=(pl.col("cash") + pl.col("deduction")).sum())
    )
    kind = pl.col("deduction_type").str.replace_all(r"[^\pL\pN%. -]+", " ").str.strip_chars()
    rows = (
        found.links.join(ready.advice, on="remit", maintain_order="left")
        .filter((pl.col("deduction") != 0) & (pl.col("deduction_type") != ""))
        .join(full, left_on="doc_key", right_on="key", maintain_order="left")
        .join(items, on="item", maintain_order="left")
        .join(settled, on=["line", "item"], maintain_order="left")
        .filter(pl.col("settled") != pl.col("open"))
        .with_columns(kind=kind.str.slice(0, REASON_LETTERS))
    )
    text = fill("{}: {} {}", "item_id", money_expr(pl.col("deduction"), ready.scales), "kind")
    lines = rows.with_columns(one=text).group_by("line", maintain_order=True)
    told = lines.agg(more=pl.col("one").unique(maintain_order=True).str.join(", "))
    return told.select("line", "more", code=pl.lit("EX-DISPUTE"))
