"""How often proposals were right by the site's own decisions, and from which confidence on that is often enough.

The lower bound is Wilson's for a share at 95 % (two-sided, z = 1.96): of 100 right out of 100 it says 96.3 %, of
1,000 out of 1,000 99.6 %. Few decisions prove little, however good they were.

Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209-212.
"""

from __future__ import annotations

from typing import Final

import polars as pl

Z: Final = 1.96
CALIBRATED: Final = {
    "rule": pl.String(),  # the rule that made the proposals
    "proposals": pl.Int64(),  # decided by people, or posted by a rule
    "right": pl.Int64(),  # accepted as they were, or never taken back
    "people": pl.Int64(),  # decided by people
    "people_right": pl.Int64(),
    "precision": pl.Float64(),
    "lower": pl.Float64(),  # the lower bound of precision
}


def lower_bound(right: pl.Expr, of: pl.Expr) -> pl.Expr:
    """Wilson's lower bound of the share right / of; null for none."""
    n, p = of.cast(pl.Float64), right / of
    spread = Z * ((p * (1 - p) + Z * Z / (4 * n)) / n).sqrt()
    return pl.when(of > 0).then((p + Z * Z / (2 * n) - spread) / (1 + Z * Z / n))


def calibrated(judged: pl.DataFrame) -> pl.DataFrame:
    """Precision of each rule, as CALIBRATED, the rule with the most proposals first.

    Args:
        judged: one row for each proposal that somebody decided or a rule posted: rule, confidence, right (it was
            settled as proposed, and not taken back), person (a person decided it), posts (it was posted by rule, or
            only its confidence kept it from that).
    """
    rows = judged.group_by("rule").agg(
        proposals=pl.len().cast(pl.Int64),
        right=pl.col("right").sum().cast(pl.Int64),
        people=pl.col("person").sum().cast(pl.Int64),
        people_right=(pl.col("person") & pl.col("right")).sum().cast(pl.Int64),
    )
    told = rows.with_columns(
        precision=pl.col("right") / pl.col("proposals"),
        lower=lower_bound(pl.col("right"), pl.col("proposals")),
    )
    return told.sort(-pl.col("proposals"), "rule").select(list(CALIBRATED)).cast(pl.Schema(CALIBRATED))


def threshold(judged: pl.DataFrame, target: float, now: float) -> float | None:
    """The lowest confidence from which on proposals are proven to be right often enough; None if there is none.

    From `now` on everything that was decided or posted counts together. Below it each band has to prove itself, as
    people decided it: many right ones above say nothing of it, nor what a rule posted and nobody took back.

    Only proposals count that confidence alone keeps from being posted, or that were posted (`posts`).

    Args:
        judged: as in `calibrated`.
        target: a share, which the lower bound reaches.
        now: the confidence from which on the rules post.
    """
    counts = judged.filter("posts")
    above = _by_confidence(counts.filter(pl.col("confidence") >= now))
    running = above.with_columns(pl.col("of", "right").cum_sum()).with_columns(lower=_LOWER)
    proven = running.filter(pl.col("lower") >= target)["confidence"]
    if running.height and (proven.is_empty() or proven[-1] != running["confidence"][-1]):
        return float(proven[-1]) if proven.len() else None
    by_people = (pl.col("confidence") < now) & (pl.col("person") | ~pl.col("right"))
    lowest = _lowest(_by_confidence(counts.filter(by_people)), target)
    if lowest is None and proven.len():
        return float(proven[-1])
    return lowest


_LOWER: Final = lower_bound(pl.col("right"), pl.col("of"))


def _by_confidence(judged: pl.DataFrame) -> pl.DataFrame:
    """Proposals counted by their confidence, the highest first: confidence, of, right."""
    counted = judged.group_by("confidence").agg(
        of=pl.len().cast(pl.Int64), right=pl.col("right").sum().cast(pl.Int64)
    )
    return counted.sort("confidence", descending=True)


def _lowest(bands: pl.DataFrame, target: float) -> float | None:
    """Down from the highest: the end of the last band that is proven without what is proven above it.

    Example: 0.93 with 500 of 500, 0.91 with 2 of 10 -> 0.93, though 502 of 510 are right together.
    """
    lowest: float | None = None
    left = bands
    while left.height:
        running = left.with_columns(pl.col("of", "right").cum_sum()).with_columns(lower=_LOWER)
        proven = running.with_row_index("at").filter(pl.col("lower") >= target)
        if proven.is_empty():
            break
        lowest = float(proven["confidence"][0])
        left = left[int(proven["at"][0]) + 1 :]
    return lowest
