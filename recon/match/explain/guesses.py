"""The one item of the amount that a near customer has: no proposal, but an alternative that a person may choose.

"GREENFIELB STORES" 777.00; K1 Greenfield Stores owes INV-8, 777.00   -> EX-NEAR, with INV-8 777.00 to choose
"""

from __future__ import annotations

import polars as pl

from recon.match.explain import readings
from recon.match.explain.others import Others
from recon.match.frames import Found, Ready
from recon.model import money_expr


def added(
    alternatives: pl.DataFrame,
    unmatched: pl.DataFrame,
    ready: Ready,
    found: Found,
    among: Others,
) -> pl.DataFrame:
    """The alternatives (line, alternatives, common), with those of lines whose payer's name is only near.

    Args:
        alternatives: what there is; a line that is in it gets no more.
        unmatched: line, amount, currency, codes.
        ready: for the currencies.
        found: for the near names.
        among: for the items that no line is proposed; only such are offered.
    """
    near = pl.concat(
        [
            found.near.select("line", "customer_id"),
            found.payers.filter(pl.col("how").is_in(["fuzzy", "part"])).select("line", "customer_id"),
        ]
    ).unique(maintain_order=True)
    lines = unmatched.filter((pl.col("amount") > 0) & pl.col("codes").list.contains("EX-NEAR"))
    lines = lines.select("line", "amount", "currency").join(
        alternatives.select("line"), on="line", how="anti", maintain_order="left"
    )
    pairs = lines.join(near, on="line", maintain_order="left")
    free = among.free.of(pairs["customer_id"])
    both = pairs.join(free, on=["customer_id", "currency", "amount"], maintain_order="left").filter(
        pl.len().over("line") == 1
    )
    told = both.select(
        "line",
        alternatives=readings.part(pl.col("item_id"), money_expr(pl.col("amount"), ready.scales)),
        common=pl.lit(None, dtype=pl.String),
    )
    return pl.concat([alternatives, told.cast(alternatives.schema)])
