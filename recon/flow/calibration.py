"""How right proposals were by a site's own decisions, and the confidence from which on they would be right enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from recon import learn
from recon.decide.by_rule import with_customers
from recon.flow.compare import signatures
from recon.model import ACCEPTED, ALLOCATIONS, Choice, Outcome, View
from recon.rules.schema import Rules
from recon.store import Store

# How the engine says that only the confidence kept a proposal from being posted.
BELOW: Final = "the evidence is not enough to post: confidence"


@dataclass(frozen=True)
class Calibration:
    """What decisions say of proposals: by rule (calibrate.CALIBRATED), and the confidence for a target precision.

    threshold: the lowest confidence from which on the lower bound reaches the target; none = too few decisions, or
    too many wrong ones. now: what the rules say.
    """

    rows: pl.DataFrame
    threshold: float | None
    target: float
    now: float
    follows: bool


def calibration(store: Store, rules: Rules) -> Calibration:
    """Calibrate on all that a store knows."""
    judged_ = judged(store.current())
    target = float(rules.learning.target_precision)
    follows = rules.learning.auto_threshold == "follow"
    return Calibration(
        learn.calibrated(judged_),
        learn.threshold(judged_, target, float(rules.thresholds.auto)),
        target,
        float(rules.thresholds.auto),
        follows,
    )


def followed(store: Store | None, rules: Rules) -> Rules:
    """The rules whose threshold follows the decisions, if they say so and there are enough.

    It never goes below `learning.auto_threshold_min`; what evidence may post at all, the other rules say as before.
    """
    if store is None or rules.learning.auto_threshold != "follow":
        return rules
    now, target = float(rules.thresholds.auto), float(rules.learning.target_precision)
    found = learn.threshold(judged(store.current()), target, now)
    if found is None:
        return rules
    least = float(rules.learning.auto_threshold_min)
    made = rules.thresholds.model_copy(update={"auto": max(found, least)})
    return rules.model_copy(update={"thresholds": made})


def judged(view: View) -> pl.DataFrame:
    """Each proposal that a person decided or a rule posted, as `learn.calibrated` takes it.

    Right is what was settled as it was proposed, and never moved or taken back; a rejected proposal is wrong. What is
    parked or asked about says nothing yet.
    """
    proposed = view.lines.filter(pl.col("outcome").is_in([str(Outcome.AUTO), str(Outcome.SUGGESTED)]))
    rows = with_customers(view.allocations, view.open_items)
    about = rows.group_by("line_id", maintain_order=True).agg(
        pl.col("rule").first(), pl.col("confidence").first()
    )
    below = view.exceptions.filter(pl.col("detail").fill_null("").str.starts_with(BELOW))
    last = view.decided.filter(pl.col("result") == "accepted").unique(
        "line_id", keep="last", maintain_order=True
    )
    rejected = last.filter(pl.col("decision") == Choice.REJECT).select("line_id", rejected=pl.lit(value=True))
    first = view.accepted.filter(pl.col("turn") == 1)
    by = first.group_by("line_id").agg(person=(pl.col("decision_id") != "").any())
    told = (
        proposed.select("line_id", "outcome")
        .join(about, on="line_id", maintain_order="left")
        .join(signatures(rows, ALLOCATIONS), on="line_id", how="left", maintain_order="left")
        .join(signatures(first, ACCEPTED).rename({"settles": "settled"}), on="line_id", how="left")
        .join(by, on="line_id", how="left")
        .join(view.turns.select("line_id", "turn"), on="line_id", how="left")
        .join(rejected, on="line_id", how="left")
        .join(below.select("line_id", below=pl.lit(value=True)).unique(), on="line_id", how="left")
    )
    no = pl.col("rejected").fill_null(value=False)
    return told.filter(pl.col("settled").is_not_null() | no).select(
        "rule",
        "confidence",
        right=~no & (pl.col("settles") == pl.col("settled")).fill_null(value=False) & (pl.col("turn") == 1),
        person=no | pl.col("person").fill_null(value=False),
        posts=(pl.col("outcome") == Outcome.AUTO) | pl.col("below").fill_null(value=False),
    )


def told(found: Calibration) -> list[str]:
    """The calibration in words, a line for each rule."""
    lines = [
        f"{row['rule']}: {row['right']:,} of {row['proposals']:,} right ({row['people_right']:,} of "
        f"{row['people']:,} that people decided), precision {row['precision']:.2%}, at least {row['lower']:.2%}"
        for row in found.rows.iter_rows(named=True)
    ]
    if not lines:
        lines = ["nothing is decided or posted yet that could say how right proposals are"]
    return [*lines, sentence(found)]


def sentence(found: Calibration) -> str:
    """What the decisions say of the confidence from which on proposals may be posted."""
    target = f"precision of at least {found.target:.2%}"
    if found.threshold is None:
        return f"No confidence is proven to give a {target} yet; the rules post from {found.now:.2f} on."
    used = "each run takes it" if found.follows else "shown only, see learning.auto_threshold"
    return (
        f"From a confidence of {found.threshold:.4f} on, decisions prove a {target} ({used}); "
        f"the rules post from {found.now:.2f} on."
    )


def figures(found: Calibration) -> dict[str, Any]:
    """The same as plain values."""
    facts: Mapping[str, Any] = {
        "rules": found.rows.to_dicts(),
        "threshold": found.threshold,
        "target_precision": found.target,
        "auto_threshold": found.now,
        "follows": found.follows,
    }
    return dict(facts)
