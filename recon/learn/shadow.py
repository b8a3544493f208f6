"""How right a change would have been that was tried beside runs, by what people decided on those lines since.

L1 waited on Suggestions for INV-1, the change would have posted it there; a person accepted it -> right
L2 was posted by a rule, the change would have asked; a person took it back                     -> right
L3 waited, the change proposes INV-9; a person allocated INV-8                                  -> wrong
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.learn.calibrate import lower_bound
from recon.model import Choice

NEWLY, NO_LONGER = "newly posted", "no longer posted"
OTHERWISE, PROPOSED = "posted otherwise", "proposed otherwise"
CHANGES: Final = (NEWLY, NO_LONGER, OTHERWISE, PROPOSED)
RIGHT, WRONG, UNDECIDED = "right", "wrong", "undecided"
VERDICTS: Final = (RIGHT, WRONG, UNDECIDED)
TALLY: Final = {
    "change": pl.String(),
    "lines": pl.Int64(),
    "right": pl.Int64(),
    "wrong": pl.Int64(),
    "undecided": pl.Int64(),
    "precision": pl.Float64(),  # right of right and wrong; null where nothing is decided
    "lower": pl.Float64(),  # its lower bound
}


def changed(was: pl.Expr, now: pl.Expr, other: pl.Expr) -> pl.Expr:
    """What a change does to a line: one of CHANGES, null where it is posted to the same as ever.

    Args:
        was: the run posts it without a person.
        now: the change would.
        other: to other items, or other amounts of them.
    """
    return (
        pl.when(~was & now)
        .then(pl.lit(NEWLY))
        .when(was & ~now)
        .then(pl.lit(NO_LONGER))
        .when(was & now & other)
        .then(pl.lit(OTHERWISE))
        .when(~was & ~now)
        .then(pl.lit(PROPOSED))
    )


def verdicts(rows: pl.DataFrame, said: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """The rows with `decision` (what a person decided on the line since; empty = nothing) and `verdict`.

    What is settled now counts, since a person may have moved it. Parked or asked about is undecided; a rejection is
    against what the person saw, and says nothing of another proposal.

    Args:
        rows: model.SHADOW with run_seq; each line once.
        said: the last accepted decision of each line: line_id, run_seq, decision, row_hash, settles.
        standing: what is settled of each line now as one text: line_id, settled.
    """
    since = said.select("line_id", "decision", "row_hash", "settles", at="run_seq")
    told = rows.join(since, on="line_id", how="left", maintain_order="left").join(
        standing.select("line_id", "settled"), on="line_id", how="left", maintain_order="left"
    )
    fresh = (pl.col("at") >= pl.col("run_seq")).fill_null(value=False)
    open_ = pl.col("settled").is_null() & (pl.col("settles") == 0)  # nothing is settled of it
    now = pl.col("settled").fill_null("")
    saw = (pl.col("settles_shadow") == pl.col("settles_live")) & (
        pl.col("row_hash") == pl.col("row_hash_live")
    )
    rejected = (pl.col("decision") == Choice.REJECT) & saw
    of_live = pl.when(now == pl.col("settles_live")).then(pl.lit(WRONG)).otherwise(pl.lit(RIGHT))
    of_shadow = pl.when(now == pl.col("settles_shadow")).then(pl.lit(RIGHT)).otherwise(pl.lit(WRONG))
    verdict = (
        pl.when(~fresh)
        .then(pl.lit(UNDECIDED))
        .when(pl.col("change") == NO_LONGER)
        .then(of_live)
        .when(open_)
        .then(pl.when(rejected).then(pl.lit(WRONG)).otherwise(pl.lit(UNDECIDED)))
        .otherwise(of_shadow)
    )
    decision = pl.when(fresh).then("decision").otherwise(pl.lit(""))
    made = told.with_columns(decision=decision.fill_null(""), verdict=verdict)
    return made.select(*rows.columns, "decision", "verdict")


def tally(judged: pl.DataFrame) -> pl.DataFrame:
    """How many of each change were right, as TALLY, in the order of CHANGES; those that there are."""
    counts = {name: (pl.col("verdict") == name).sum().cast(pl.Int64) for name in VERDICTS}
    made = judged.group_by("change").agg(lines=pl.len().cast(pl.Int64), **counts)
    decided = pl.col("right") + pl.col("wrong")
    share = pl.when(decided > 0).then(pl.col("right") / decided)
    told = made.with_columns(precision=share, lower=lower_bound(pl.col("right"), decided))
    order = pl.col("change").replace_strict(list(CHANGES), list(range(len(CHANGES))), return_dtype=pl.Int8)
    return told.sort(order).select(list(TALLY)).cast(pl.Schema(TALLY))
