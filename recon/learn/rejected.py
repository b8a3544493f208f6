"""Pairs of payer and customer that a person rejected, until somebody lets them go.

anna rejects L1 (HILLTOP) for an item of K101      -> HILLTOP and K101 are rejected
bea allocates L2 (HILLTOP) to an item of K101      -> they are not any more
dora takes L2 back                                 -> they are again: what was taken back allows nothing
carl withdraws the pair on the sheet Learning      -> they are not any more, until somebody rejects them again
"""

from __future__ import annotations

import json

import polars as pl

from recon import model
from recon.learn.kinds import REJECTED, WITHDRAWN
from recon.model import ACCEPTED, Choice

ROWS = {
    "subject": pl.String(),
    "meaning": pl.String(),
    "who": pl.String(),
    "at": pl.String(),
    "decisions": pl.List(pl.String()),
    "lines": pl.List(pl.String()),
}


def rejected(
    rejections: pl.DataFrame,
    payers: pl.DataFrame,
    decided: pl.DataFrame,
    accepted: pl.DataFrame,
    events: pl.DataFrame,
) -> pl.DataFrame:
    """The pairs that are rejected now: subject, meaning, who and at (of the last time), decisions, lines.

    A line without a payer's name makes no pair.

    Args:
        rejections: model.REJECTIONS in the order they came.
        payers: line_id, payer (as it is compared, empty = none), of rejected and of accepted lines.
        decided: model.DECIDED in the order they came, to say what came after what.
        accepted: model.ACCEPTED, all rows of each line; what people allocated since, and stands, lets a pair go.
        events: model.LEARNED, for what was withdrawn.
    """
    if rejections.is_empty():
        return pl.DataFrame(schema=ROWS)
    order = decided.select("decision_id").with_row_index("nth")
    named = payers.filter(pl.col("payer") != "").select("line_id", subject="payer")
    gone = pl.Series(sorted(_withdrawn(events)), dtype=pl.String)
    pairs = (
        rejections.join(named, on="line_id", how="inner", maintain_order="left")
        .join(order, on="decision_id", maintain_order="left")
        .rename({"customer_id": "meaning"})
        .filter(~pl.col("decision_id").is_in(gone.implode()))
    )
    since = (
        _allocated(accepted)
        .join(named, on="line_id")
        .join(order, on="decision_id")
        .group_by("subject", meaning="customer_id")
        .agg(allowed=pl.col("nth").max())
    )
    standing = pairs.join(since, on=["subject", "meaning"], how="left", maintain_order="left").filter(
        pl.col("allowed").is_null() | (pl.col("nth") > pl.col("allowed"))
    )
    found = standing.sort("nth").group_by("subject", "meaning", maintain_order=True)
    told = found.agg(
        pl.col("who").last(),
        pl.col("at").last(),
        decisions=pl.col("decision_id").unique(maintain_order=True),
        lines=pl.col("line_id").unique(maintain_order=True),
    )
    return told.sort("subject", "meaning").select(list(ROWS))


def _allocated(accepted: pl.DataFrame) -> pl.DataFrame:
    """Decisions that gave a customer money that still stands: decision_id, line_id, customer_id.

    A counter-row gives nothing, whoever decided it: money that goes back has the other sign than what stands.
    """
    inner = model.inside(accepted, ACCEPTED, model.scales_of([(ACCEPTED, accepted)]))
    stands = pl.col("amount_minor").sum().over("line_id", "customer_id").sign()
    people = (pl.col("decision_id") != "") & (pl.col("decision") != Choice.REJECT)
    given = (
        inner.with_columns(stands=stands)
        .filter(people & (pl.col("stands") != 0))
        .group_by("decision_id", "line_id", "customer_id")
        .agg(pl.col("stands").first(), given=pl.col("amount_minor").sum().sign())
    )
    return given.filter(pl.col("given") == pl.col("stands")).select("decision_id", "line_id", "customer_id")


def _withdrawn(events: pl.DataFrame) -> set[str]:
    """Decisions whose rejection somebody let go."""
    rows = events.filter((pl.col("kind") == REJECTED) & (pl.col("event") == WITHDRAWN))
    return {str(one) for text in rows["evidence"] for one in json.loads(text).get("decisions", [])}
