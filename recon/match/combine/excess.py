"""Payments of many times what their document has open: held, not proposed.

    INV-520 has 2,500.00 open; "NEWCLIENT LTD INV-520", 25,000.00   -> all on account; EX-OVER, EX-REFUND, EX-FRAUD

The wish for the rest back, to another account, is an old trick; so a person looks at it before anything is settled.
"""

from __future__ import annotations

import polars as pl

from recon.match.frames import Found, Ready
from recon.rules.schema import Rules

CODES = ["EX-OVER", "EX-REFUND", "EX-FRAUD"]


def held(
    part: tuple[pl.DataFrame, pl.DataFrame], ready: Ready, found: Found, rules: Rules
) -> tuple[tuple[pl.DataFrame, pl.DataFrame], pl.DataFrame]:
    """Readings without those that leave too much over, and the lines that have no other reading.

    Args:
        part: readings and legs of named items, as `amounts.explain` returns them, with `line`.
        ready: for the lines' amounts.
        found: for the payers.
        rules: the factor.

    Returns the part, and lines as `Proposals.refused`: line, advice_codes, advice_customer.
    """
    sets, legs = part
    factor = rules.controls.overpaid_factor
    settled = pl.col("amount_all") - pl.col("on_account")
    amounts = sets.join(
        ready.lines.select("line", "text", amount_all="amount"), on="line", maintain_order="left"
    )
    payers = found.payers.filter("sure").unique("line", keep="first", maintain_order=True)
    amounts = amounts.join(payers.select("line", payer="owner"), on="line", how="left", maintain_order="left")
    # Another customer's number is rather a slip than too much.
    mine = (pl.col("payer") == pl.col("owner")).fill_null(value=True)
    much = (pl.col("kind") == "over") & (pl.col("amount_all") >= settled * factor) & (factor > 0) & mine
    kept = amounts.filter(~much)
    # Digits beside a pool's name are the pool's own account, and no document that is overpaid.
    pools = "|".join(f"(?:{pattern})" for pattern in rules.payers.shared_payers)
    pooled = pl.col("text").str.contains(f"(?i){pools}") if pools else pl.lit(value=False)
    chance = pooled & pl.col("said").str.contains("^[0-9 -]+$")
    lone = amounts.filter(much & ~chance).join(kept, on="line", how="anti", maintain_order="left")
    # Where the text doesn't say who pays, the one customer of all that is named does.
    named = (
        lone.select("line", "group", "reading")
        .join(legs.select("group", "reading", "item"), on=["group", "reading"], maintain_order="left")
        .join(ready.items.select("item", "customer_id"), on="item", maintain_order="left")
        .group_by("line", maintain_order=True)
        .agg(owned=pl.col("customer_id").first(), owners=pl.col("customer_id").n_unique())
        .filter(pl.col("owners") == 1)
    )
    refused = (
        lone.select("line")
        .unique(maintain_order=True)
        .join(payers.select("line", "customer_id"), on="line", how="left", maintain_order="left")
        .join(named, on="line", how="left", maintain_order="left")
        .select("line", advice_codes=pl.lit(CODES), advice_customer=pl.coalesce("customer_id", "owned"))
    )
    sets = kept.drop("amount_all", "payer", "text")
    keys = ["group", "reading"]
    return (sets, legs.join(sets.select(keys), on=keys, how="semi", maintain_order="left")), refused
