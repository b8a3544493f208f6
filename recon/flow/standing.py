"""How lines stand: what is accepted of those that are settled, what is proposed for the others. For the sheet."""

from __future__ import annotations

import polars as pl

from recon.fill import fill
from recon.model import ALLOCATIONS, Choice, View, settled_hash
from recon.net import over_turns

ACCEPTED = "accepted"  # status of what a person decided; what a rule accepted stays `auto`

_KEY = ["line_id", "item_id", "deduction_type"]


def rows(now: View) -> pl.DataFrame:
    """Allocations as they stand (model.ALLOCATIONS, outer form), in the order of the lines, with `row_hash`.

    Of a settled line what is accepted now, counter-rows and what they took back left out; of another line its
    proposal, which has no `row_hash`: it is decided elsewhere. A line that is settled and pays no item has a row that
    says so, without an amount.
    """
    settled = now.turns.filter("settled").select("line_id", "turn")
    taken = _accepted(now).join(settled, on="line_id", how="inner", maintain_order="left")
    bare = settled.join(taken, on="line_id", how="anti").join(
        now.lines.select("line_id"), on="line_id", how="semi"
    )
    taken = pl.concat([taken, _without_items(now, bare).select(taken.columns)])
    hashes = pl.col("turn").replace_strict(_hashes(settled["turn"]), default="", return_dtype=pl.String)
    proposed = now.allocations.join(settled, on="line_id", how="anti", maintain_order="left")
    both = [taken.with_columns(row_hash=hashes).drop("turn"), proposed.with_columns(row_hash=pl.lit(""))]
    order = now.lines.select("line_id").with_row_index("_order")
    every = pl.concat(both).join(order, on="line_id", how="left", maintain_order="left")
    return every.sort("_order", maintain_order=True, nulls_last=True).drop("_order")


def _hashes(turns: pl.Series) -> dict[int, str]:
    return {turn: settled_hash(turn) for turn in turns.unique()}


def _accepted(now: View) -> pl.DataFrame:
    """What is accepted as allocations: with the proposal's confidence and reasons where it is what was proposed."""
    left = over_turns(now.accepted)
    why = now.allocations.select(*_KEY, "confidence", "reasons").unique(_KEY, keep="first")
    by_hand = pl.col("decision") != ""
    said = fill("{} by {}", pl.col("decision"), pl.col("accepted_by"))
    as_proposed = pl.col("decision").is_in(["", str(Choice.ACCEPT)])
    told = left.join(why, on=_KEY, how="left", maintain_order="left").with_columns(
        status=pl.when(by_hand).then(pl.lit(ACCEPTED)).otherwise(pl.lit("auto")),
        confidence=pl.when(as_proposed).then("confidence"),
        reasons=pl.when(as_proposed).then(pl.col("reasons").fill_null("")).otherwise(said),
    )
    return told.select(ALLOCATIONS.names)


def _without_items(now: View, bare: pl.DataFrame) -> pl.DataFrame:
    """A row for each settled line that pays nothing: which decision it was, and whose."""
    last = now.decided.filter("settles").unique("line_id", keep="last", maintain_order=True)
    note = pl.when(pl.col("note") != "").then(fill(": {}", pl.col("note"))).otherwise(pl.lit(""))
    said = last.select(
        "line_id",
        status="decision",
        rule="decision",
        reasons=fill("{} by {}{}", pl.col("decision"), pl.col("decided_by"), note),
    )
    told = bare.join(said, on="line_id", how="left", maintain_order="left").join(
        now.lines.select("line_id", "currency"), on="line_id", how="left", maintain_order="left"
    )
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in ALLOCATIONS.outer_schema.items()
        if name not in told.columns
    ]
    return told.with_columns(missing)
