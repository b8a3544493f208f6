"""A sure payer without an item of the amount, beside a customer of nearly its name who has one.

"NHS SOUTH EAST LON" 9,300.00; South East London owes 9,100.00, South West London 9,300.00   -> EX-NEAR

The amount is not followed; but a person should see that the name may be a slip.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from recon.match.frames import Ready
from recon.problems import Problem

NEAR_SCORE = 80.0
SHARED_MAX = 20  # customers with an item of one amount; a commoner amount tells nothing
SHOWN_MAX = 20  # problems of one kind
NAMED = ("name", "name_cut")


def of(lines: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Lines of which another customer's name is near: (line).

    Args:
        lines: line, owner, payer_how, payer_text, amount, currency.
        ready: items and names.
    """
    empty = pl.DataFrame(schema={"line": pl.Int64})
    asked = _asked(lines)
    if asked.is_empty():
        return empty
    items = _owing(ready)
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


def too_common(lines: pl.DataFrame, ready: Ready) -> list[Problem]:
    """Said of lines whose amount so many customers owe that none was looked at; the first twenty amounts."""
    counted = _owing(ready).group_by("currency", "amount", maintain_order=True).agg("other", count=pl.len())
    wide = counted.filter(pl.col("count") > SHARED_MAX)
    asked = _asked(lines).join(wide, on=["currency", "amount"], maintain_order="left")
    asked = asked.filter(~pl.col("other").list.contains(pl.col("owner")))
    asked = asked.sort("line").unique(["currency", "amount"], keep="first", maintain_order=True)
    return [
        Problem(
            "limit-reached",
            line_id,
            f"{count} customers owe its amount, more than {SHARED_MAX}; whether one has nearly the payer's name was"
            " not looked at",
            "look for a customer of nearly this name",
        )
        for line_id, count in asked.select("line_id", "count").head(SHOWN_MAX).iter_rows()
    ]


def _asked(lines: pl.DataFrame) -> pl.DataFrame:
    """Receipts whose payer's name is said."""
    named = pl.col("payer_how").is_in(NAMED) & (pl.col("payer_text") != "")
    return lines.filter(named & (pl.col("amount") > 0))


def _owing(ready: Ready) -> pl.DataFrame:
    """Who owes which amounts, each once: (customer_id, currency, amount, other)."""
    items = ready.items.select("customer_id", "currency", amount="open", other="owner")
    return items.unique(maintain_order=True)
