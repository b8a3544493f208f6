"""A sure payer without an item of the amount, beside a customer of nearly its name who has one.

"NHS SOUTH EAST LON" 9,300.00; South East London owes 9,100.00, South West London 9,300.00   -> EX-NEAR

The amount is not followed; but a person should see that the name may be a slip.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from recon.match.frames import Ready

NEAR_SCORE = 80.0
SHARED_MAX = 20  # customers with an item of one amount; a commoner amount tells nothing
NAMED = ("name", "name_cut")


def of(lines: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Lines of which another customer's name is near: (line).

    Args:
        lines: line, owner, payer_how, payer_text, amount, currency.
        ready: items and names.
    """
    empty = pl.DataFrame(schema={"line": pl.Int64})
    asked = lines.filter(
        pl.col("payer_how").is_in(NAMED) & (pl.col("amount") > 0) & (pl.col("payer_text") != "")
    )
    if asked.is_empty():
        return empty
    items = ready.items.select("customer_id", "currency", amount="open", other="owner").unique(
        maintain_order=True
    )
    items = items.filter(pl.len().over("currency", "amount") <= SHARED_MAX)
    pairs = asked.select("line", "owner", "payer_text", "amount", "currency").join(
        items, on=["amount", "currency"], maintain_order="left"
    )
    own = pairs.filter(pl.col("other") == pl.col("owner")).select("line")
    pairs = (
        pairs.join(own, on="line", how="anti", maintain_order="left")
        .join(
            ready.names.select("customer_id", "key").unique(maintain_order=True),
            on="customer_id",
            maintain_order="left",
        )
        .select("line", "payer_text", "key")
        .unique(maintain_order=True)
    )
    if pairs.is_empty():
        return empty
    scores = process.cpdist(
        pairs["payer_text"].to_list(), pairs["key"].to_list(), scorer=fuzz.ratio, dtype=np.float64
    )
    return pairs.filter(pl.Series(scores) >= NEAR_SCORE).select("line").unique(maintain_order=True)
