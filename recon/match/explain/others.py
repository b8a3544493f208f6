"""What the words about a line need to know of other lines, worked out once for all of them.

line 0 has INV-1, which line 4 names too   -> contested (4, 0, INV-1): each is told of the other
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from recon.match.asked import Index
from recon.match.explain import neighbours
from recon.match.frames import Chosen, Found, Proposals, Ready
from recon.model import Outcome
from recon.problems import Problem
from recon.rules.schema import Rules


@dataclass(frozen=True)
class Others:
    """What lines give one another to tell.

    lines: line, line_id, booking_date; every line.
    posted: item (ascending), taken; what lines that are posted by themselves settle of it.
    free: item_id, customer_id, currency, amount; items that no line is proposed, by customer.
    contested: line, winner, item_id; the items of a line's best set that another line has.
    equal: line, item_id, customer_id; the few items of the amount of lines that no item is proposed for.
    near: line; those that a customer of nearly the payer's name may be meant by.
    problems: limits that were reached.
    """

    lines: pl.DataFrame
    posted: pl.DataFrame
    free: Index
    contested: pl.DataFrame
    equal: pl.DataFrame
    near: pl.DataFrame
    problems: tuple[Problem, ...]


def others(
    ready: Ready, found: Found, weighed: Proposals, chosen: Chosen, settled: pl.DataFrame, rules: Rules
) -> Others:
    """Of all lines together.

    Args:
        ready: every line and item.
        found: the payers.
        weighed: every set.
        chosen: those that were chosen, and who lost to whom.
        settled: the chosen sets with their outcome: proposal, line, outcome.
        rules: how many items of one amount are few.
    """
    auto = settled.filter(pl.col("outcome") == Outcome.AUTO).select("proposal")
    proposed = settled.filter(pl.col("outcome") != Outcome.EXCEPTION).select("proposal", "line")
    posted = (
        chosen.legs.join(auto, on="proposal", how="semi", maintain_order="left")
        .group_by("item", maintain_order=True)
        .agg(taken=(pl.col("cash") + pl.col("deduction")).sum())
        .sort("item")
    )
    given = chosen.legs.join(proposed, on="proposal", how="semi").select("item").unique()
    items = ready.items.select("item", "item_id", "customer_id", "currency", "open", "same")
    free = items.join(given, on="item", how="anti", maintain_order="left")
    lines = ready.lines.filter(pl.col("state") == "open").select(
        "line", "line_id", "amount", "currency", "payer_text"
    )
    paying = sure(found).select("line", "owner", "payer_how")
    left = lines.join(proposed, on="line", how="anti", maintain_order="left").join(
        paying, on="line", how="left", maintain_order="left"
    )
    near, problems = neighbours.of(left, ready)
    return Others(
        lines=ready.lines.select("line", "line_id", "booking_date"),
        posted=posted,
        free=Index(free.select("item_id", "customer_id", "currency", amount="open"), "customer_id"),
        contested=_contested(ready, weighed, chosen),
        equal=_equal(left, items, rules),
        near=near,
        problems=tuple(problems),
    )


def sure(found: Found) -> pl.DataFrame:
    """The sure payer of each line: (line, owner, payer, payer_how)."""
    return (
        found.payers.filter("sure")
        .unique("line", keep="first", maintain_order=True)
        .select("line", "owner", payer="customer_id", payer_how="how")
    )


def _equal(left: pl.DataFrame, items: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    few = items.filter(pl.col("same") <= rules.limits.customers_per_name)
    return (
        left.filter(pl.col("amount") > 0)
        .select("line", "currency", open="amount")
        .join(
            few.select("item", "item_id", "customer_id", "open", "currency"),
            on=["open", "currency"],
            maintain_order="left",
        )
        .sort("line", "item")
        .select("line", "item_id", "customer_id")
    )


def _contested(ready: Ready, weighed: Proposals, chosen: Chosen) -> pl.DataFrame:
    lost = chosen.losers.filter(pl.col("winner").is_not_null())
    wanted = lost.join(weighed.legs.select("proposal", "item"), on="proposal", maintain_order="left")
    has = chosen.sets.select("proposal", winner="line").join(lost, on="winner", how="semi")
    owned = chosen.legs.join(has, on="proposal").select("winner", "item")
    shared = wanted.join(owned.unique(), on=["winner", "item"], how="semi", maintain_order="left")
    shared = shared.join(ready.items.select("item", "item_id"), on="item", maintain_order="left")
    return shared.select("line", "winner", "item_id")
