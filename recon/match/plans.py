"""Items on a repayment plan: what is paid as the plan says needs no person.

    item INV-9, plan PLAN-4010, 460.60 open; "R FENWICK PLAN-4010" 460.60   -> kept: nothing against it
    the same, 300.00; or 460.60 without the plan's number                   -> otherwise than it says: a suggestion

The tables say which plan an item is on and what is open of it, not when which instalment is due. So a plan is kept
where the line names it, the amount is exact, and no other open item is on it.
"""

from __future__ import annotations

import polars as pl

from recon.match import text
from recon.match.frames import Spelled

BAR = "it is on a repayment plan"


def said(part: Spelled) -> pl.DataFrame:
    """Items of which a line names the repayment plan, where no other open item is on that plan: (line, item)."""
    planned = part.once("plans", lambda: _planned(part))
    spoken = part.grams.filter("opened", "closed").select("line", "key")
    return (
        spoken.join(planned, on="key", maintain_order="left")
        .select("line", "item")
        .unique()
        .sort("line", "item")
    )


def _planned(part: Spelled) -> pl.DataFrame:
    planned = part.items.filter(pl.col("bar") == BAR).select(
        "item", key=text.unzero(text.struct_key(pl.col("plan_id")))
    )
    return planned.filter((pl.len().over("key") == 1) & pl.col("key").str.contains("[0-9]"))


def kept(sets: pl.DataFrame, legs: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """The sets of one item that are paid by the number of its plan and to the penny: (proposal).

    Args:
        sets: proposal, line, kind, size.
        legs: proposal, item.
        named: line, item; whose plan is named, as `said` returns it.
    """
    asked = sets.filter((pl.col("kind") == "exact") & (pl.col("size") == 1)).select("proposal", "line")
    asked = asked.join(legs.select("proposal", "item").unique(), on="proposal", maintain_order="left")
    return asked.join(named, on=["line", "item"], how="semi", maintain_order="left").select("proposal")
