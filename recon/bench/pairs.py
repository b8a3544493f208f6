"""How good pairs of lines and items are: precision, recall, and recall by kind of line. The same count for everybody.

A pair says no more than that a line pays something of an item: amounts, deductions and outcomes are the business of
`score`. Peers give pairs with a score; each is counted at the threshold that is best for it on these very lines,
which is more than a user could know. Of items that nothing tells apart, any is right (`alike`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from recon.bench import alike
from recon.bench.generate import Case

KEY: Final = alike.KEY
SURE: Final = 0.999  # the precision that postings need (domain 7.5)
# What damaged a number, in the words of the generator's dimension `noise`; the page shows these on their own.
DAMAGED: Final = (
    "typing error",
    "letters for digits",
    "separators",
    "odd characters",
    "wrapped",
    "blanks removed",
    "noughts dropped",
    "prefix dropped",
    "cut at 18",
)


@dataclass(frozen=True)
class PairScore:
    """The measures of one engine over all lines.

    Attributes:
        title: the engine's name on the page.
        pairs: pairs it gave at the threshold.
        right: those of them that are true.
        true: pairs that are true.
        threshold: the lowest score counted; nought where the engine itself says what it proposes.
        sure: share of the true pairs it finds where so few are wrong that they could be posted (`SURE`).
        cases: case, kind, true, found; every case that has a true pair.
        wrong: the wrong pairs, with the case of their line.
    """

    title: str
    pairs: int
    right: int
    true: int
    threshold: float
    sure: float
    cases: pl.DataFrame
    wrong: pl.DataFrame

    @property
    def precision(self) -> float:
        """Share of the given pairs that are true."""
        return self.right / self.pairs if self.pairs else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were given."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / (self.pairs + self.true) if self.pairs + self.true else 1.0

    @property
    def kinds(self) -> pl.DataFrame:
        """The cases summed by kind: kind, true, found."""
        return self.cases.group_by("kind", maintain_order=True).agg(pl.col("true", "found").sum())


def true_pairs(cases: Sequence[Case]) -> pl.DataFrame:
    """What is true of several jobs: flavour, line_id, item_id, alike, case, kind; nothing of money on account."""
    return pl.concat(
        [
            case.truth_allocations.filter(pl.col("item_id") != "")
            .select("line_id", "item_id", "alike")
            .unique(["line_id", "item_id"], keep="first", maintain_order=True)
            .join(_kinds(case), on="line_id", maintain_order="left")
            for case in cases
        ]
    ).select(*KEY, "alike", "case", "kind")


def _kinds(case: Case) -> pl.DataFrame:
    noise = pl.col("noise").is_in(DAMAGED)
    return case.truth.select(
        "line_id",
        "case",
        flavour=pl.lit(case.flavour),
        kind=pl.when(noise & (pl.col("family") != "remittance")).then("noise").otherwise("family"),
    )


def measure(title: str, pairs: pl.DataFrame, cases: Sequence[Case], *, best: bool = True) -> PairScore:
    """Count pairs against the truth of the jobs that they are of.

    Args:
        title: the engine's name.
        pairs: flavour, line_id, item_id, score.
        cases: the jobs.
        best: count those from the score on that gives the best f1; else all.
    """
    true = true_pairs(cases)
    single = pairs.group_by(KEY, maintain_order=True).agg(pl.col("score").max())
    marked = alike.counted(single, true).with_columns(true=pl.col("counts").is_not_null())
    curve = _curve(marked, true.height)
    threshold, sure = 0.0, 0.0
    if curve.height:
        threshold = curve.sort("f1", "score", descending=[True, False])["score"][0] if best else 0.0
        sure = max(curve.filter(pl.col("precision") >= SURE)["recall"].to_list(), default=0.0)
    kept = marked.filter(pl.col("score") >= threshold)
    hits = kept.filter("true").select("flavour", "line_id", item_id="counts", found=pl.lit(1))
    found = true.join(hits, on=KEY, how="left", maintain_order="left")
    lines = pl.concat([_kinds(case) for case in cases])
    return PairScore(
        title,
        kept.height,
        int(kept["true"].sum()),
        true.height,
        threshold,
        sure,
        found.group_by("case", "kind")
        .agg(true=pl.len().cast(pl.Int64), found=pl.col("found").sum().cast(pl.Int64))
        .sort("kind", "case"),
        kept.filter(~pl.col("true"))
        .drop("true", "counts")
        .join(lines, on=["flavour", "line_id"], how="left", maintain_order="left"),
    )


def _curve(marked: pl.DataFrame, true: int) -> pl.DataFrame:
    """Precision, recall and f1 at each score that occurs, all pairs of that score or a higher one counted."""
    counted = (
        marked.group_by("score")
        .agg(pairs=pl.len().cast(pl.Int64), right=pl.col("true").sum().cast(pl.Int64))
        .sort("score", descending=True)
        .with_columns(pl.col("pairs", "right").cum_sum())
    )
    return counted.select(
        "score",
        precision=pl.col("right") / pl.col("pairs"),
        recall=pl.col("right") / max(true, 1),
        f1=2 * pl.col("right") / (pl.col("pairs") + true),
    )


def behind(ours: PairScore, theirs: Sequence[PairScore]) -> pl.DataFrame:
    """Cases where another engine finds more true pairs: kind, case, true, found, other (its title), others_found."""
    frames = [
        ours.cases.join(
            one.cases.select("case", "kind", others_found="found", other=pl.lit(one.title)),
            on=["case", "kind"],
        ).filter(pl.col("others_found") > pl.col("found"))
        for one in theirs
    ]
    if not frames:
        return ours.cases.with_columns(others_found=pl.lit(0), other=pl.lit("")).clear()
    most = pl.concat(frames).sort("others_found", "other", descending=[True, False])
    return most.unique(["case", "kind"], keep="first", maintain_order=True).sort("kind", "case")
