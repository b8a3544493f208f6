"""Sets in words: what else a line may pay, to the penny, so that a person can choose it.

    INV-1 400.00 + INV-2 500.00 | INV-3 810.00 less 90.00 TDS | INV-4 890.00 + on account 10.00

`|` between readings, `+` between items; cash first, then what settles the item besides, each `less` amount and type.
`decide.known` reads this back; the two change together.
"""

from __future__ import annotations

import polars as pl

from recon.fill import fill
from recon.match.asked import beside
from recon.match.explain.others import Others
from recon.match.frames import Chosen, Proposals, Ready
from recon.model import Outcome, money_expr
from recon.rules.schema import Rules

TOGETHER = " + "
APART = " | "
LESS = " less "
ON_ACCOUNT = "on account"
NOT_OURS = "not receivable"


def part(name: pl.Expr, amount: pl.Expr) -> pl.Expr:
    """`INV-1 400.00`: an item, or `on account`, and its cash."""
    return fill("{} {}", name, amount)


def less(amount: pl.Expr, kind: pl.Expr) -> pl.Expr:
    """`less 90.00 TDS`: what settles an item besides its cash."""
    return fill("less {} {}", amount, kind)


def texts(sets: pl.DataFrame, legs: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Each set as text, as (proposal, text).

    Args:
        sets: proposal, line, on_account, surplus; only these are told.
        legs: of these sets and maybe others.
        ready: for the items' ids and the lines' currencies.
    """
    items = ready.items.select("item", "item_id")
    mine = legs.join(sets.select("proposal", "line"), on="proposal", maintain_order="left")
    named = mine.join(items, on="item", maintain_order="left").join(
        ready.lines.select("line", "currency"), on="line", maintain_order="left"
    )
    kept = pl.when(pl.col("deduction") != 0).then(
        less(money_expr(pl.col("deduction"), ready.scales), pl.col("deduction_type"))
    )
    by_item = (
        named.with_columns(kept=kept)
        .group_by("proposal", "item_id", "currency", maintain_order=True)
        .agg(pl.col("cash").sum(), pl.col("kept").drop_nulls())
        .with_columns(cash=money_expr(pl.col("cash"), ready.scales))
        .select("proposal", part=pl.concat_list(pl.concat_list("item_id", "cash"), "kept").list.join(" "))
    )
    word = pl.when(pl.col("surplus") == "").then(pl.lit(ON_ACCOUNT)).otherwise(pl.lit(NOT_OURS))
    rest = (
        sets.filter(pl.col("on_account") != 0)
        .join(ready.lines.select("line", "currency"), on="line", maintain_order="left")
        .select(
            "proposal",
            part=fill("{} {}", word, money_expr(pl.col("on_account"), ready.scales)),
        )
    )
    return (
        pl.concat([by_item, rest])
        .group_by("proposal", maintain_order=True)
        .agg(text=pl.col("part").str.join(TOGETHER))
    )


def alternatives(
    ready: Ready, weighed: Proposals, chosen: Chosen, settled: pl.DataFrame, among: Others, rules: Rules
) -> pl.DataFrame:
    """Other readings of each line that isn't posted by itself, as (line, alternatives, common).

    A reading that needs what the same run gives to a line that is posted by itself is left out, and so is one with
    a rest that is no receivable (interest, a gain of the rate): a decision can't accept it to the penny. Where
    several sets fit so well that none is proposed, the first of them is shown too. `common`: the items of all
    readings shown and of the proposal, with `, ` between.

    Args:
        ready: for the items' ids.
        weighed: all sets.
        chosen: what was chosen, and the other sets.
        settled: the chosen sets with their outcome.
        among: for what lines that are posted by themselves settle.
        rules: how many are shown.
    """
    auto = settled.filter(pl.col("outcome") == Outcome.AUTO)
    unsaid = settled.filter(pl.col("outcome") == Outcome.EXCEPTION)
    others = pl.concat(
        [
            unsaid.select("line", "proposal", rank=pl.lit(-1, dtype=pl.Int64)),
            chosen.others.select("line", "proposal", pl.col("rank").cast(pl.Int64)),
        ]
    ).join(auto, on="line", how="anti", maintain_order="left")
    unheld = weighed.sets.filter((pl.col("on_account") != 0) & (pl.col("surplus") != ""))
    others = others.join(unheld.select("proposal"), on="proposal", how="anti", maintain_order="left")
    gone = _gone(others, weighed.legs, among.posted, ready)
    shown = others.join(gone, on="proposal", how="anti", maintain_order="left").sort("line", "rank")
    shown = shown.filter(pl.int_range(pl.len()).over("line") < rules.limits.alternatives)
    sets = weighed.sets.join(shown.select("proposal"), on="proposal", how="semi", maintain_order="left")
    told = shown.join(texts(sets, weighed.legs, ready), on="proposal", maintain_order="left")
    proposed = settled.filter(pl.col("outcome") == Outcome.SUGGESTED).select("line", "proposal")
    both = pl.concat([shown.select("line", "proposal"), proposed])
    return (
        told.group_by("line", maintain_order=True)
        .agg(alternatives=pl.col("text").str.join(APART))
        .join(_common(both, weighed.legs, ready), on="line", how="left", maintain_order="left")
    )


def _gone(others: pl.DataFrame, legs: pl.DataFrame, taken: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Sets that need more of an item than lines that are posted by themselves leave of it: (proposal)."""
    settles = (pl.col("cash") + pl.col("deduction")).sum()
    wanted = legs.join(others.select("proposal"), on="proposal", how="semi", maintain_order="left")
    uses = wanted.group_by("proposal", "item", maintain_order=True).agg(use=settles)
    asked = beside(beside(uses, taken, "item"), ready.items.select("item", "open"), "item")
    whole = pl.col("open").abs()
    return asked.filter((pl.col("use") + pl.col("taken")).abs() > whole).select("proposal").unique()


def _common(readings: pl.DataFrame, legs: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """The items that all of several readings have: (line, common)."""
    counted = readings.with_columns(readings=pl.len().over("line")).filter(pl.col("readings") > 1)
    used = legs.select("proposal", "item").unique(maintain_order=True)
    shared = counted.join(used, on="proposal", maintain_order="left").filter(
        pl.len().over("line", "item") == pl.col("readings")
    )
    named = shared.unique(["line", "item"], keep="first", maintain_order=True).join(
        ready.items.select("item", "item_id"), on="item", maintain_order="left"
    )
    return (
        named.sort("line", "item")
        .group_by("line", maintain_order=True)
        .agg(common=pl.col("item_id").str.join(", "))
    )


def runners_up(settled: pl.DataFrame, weighed: Proposals, ready: Ready) -> pl.DataFrame:
    """The chosen sets with the next best reading in words: `runner_up`, empty where there is none."""
    wanted = settled.filter(pl.col("runner").is_not_null()).select(proposal="runner").unique()
    sets = weighed.sets.join(wanted, on="proposal", how="semi", maintain_order="left")
    told = texts(sets, weighed.legs, ready).select(runner="proposal", runner_up="text")
    return settled.join(told, on="runner", how="left", maintain_order="left").with_columns(
        pl.col("runner_up").fill_null("")
    )
