"""Items on a repayment plan: what is paid as the plan says needs no person.

    item INV-9, plan PLAN-4010, 460.60 open; "R FENWICK PLAN-4010" 460.60   -> kept: nothing against it
    the same, 300.00; or 460.60 without the plan's number                   -> otherwise than it says: a suggestion

The tables say which plan an item is on and what is open of it, not when which instalment is due. So a plan is kept
where the line names it, the amount is exact, and no other open item is on it.
"""

from __future__ import annotations

import polars as pl

from recon.match import text
from recon.match.frames import Ready

BAR = "it is on a repayment plan"


def kept(sets: pl.DataFrame, legs: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """The sets of one item that are paid by the number of its plan and to the penny: (proposal).

    Args:
        sets: proposal, line, kind, size.
        legs: proposal, item.
        ready: the items' plans and the lines' grams.
    """
    planned = ready.items.filter(pl.col("bar") == BAR).select(
        "item", key=text.unzero(text.struct_key(pl.col("plan_id")))
    )
    planned = planned.filter((pl.len().over("key") == 1) & pl.col("key").str.contains("[0-9]"))
    asked = sets.filter((pl.col("kind") == "exact") & (pl.col("size") == 1)).select("proposal", "line")
    asked = asked.join(legs.select("proposal", "item").unique(), on="proposal", maintain_order="left")
    asked = asked.join(planned, on="item", maintain_order="left")
    said = ready.grams.filter("opened", "closed").select("line", "key")
    return asked.join(said, on=["line", "key"], how="semi", maintain_order="left").select("proposal")
