"""What a spreadsheet does: look the number up, else take the amount if only one item and one line have it."""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.bench.peers.parts import Prepared

NAMED_AND_AMOUNT: Final = 1.0  # the items named make the amount
NAMED: Final = 0.9
AMOUNT: Final = 0.5


def pairs(given: Prepared) -> pl.DataFrame:
    """Pairs line_id, item_id, score."""
    unique = given.items.filter((pl.col("doc") != "") & pl.col("doc").is_unique())
    named = given.words.join(unique.select("item_id", word="doc", open="amount"), on="word").join(
        given.parts.select("part", "line_id", "amount"), on="part"
    )
    exact = pl.col("open").sum().over("part") == pl.col("amount")
    found = named.select(
        "line_id",
        "item_id",
        score=pl.when(exact).then(NAMED_AND_AMOUNT).otherwise(NAMED),
    )
    rest = given.parts.join(found, on="line_id", how="anti").filter(pl.col("amount").is_unique())
    free = given.items.join(found, on="item_id", how="anti").filter(pl.col("amount").is_unique())
    by_amount = rest.join(free, on="amount").select("line_id", "item_id", score=pl.lit(AMOUNT))
    return pl.concat([found, by_amount])
