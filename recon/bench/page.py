"""Scores as one Markdown page: what was measured, with text bars, and a row per case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from recon.bench.score import Scores

BAR: Final = 20
PRECISION_TARGET: Final = 0.999  # domain 7.5
_BLOCK, _EMPTY = "\u2588", "\u2591"


def page(runs: Sequence[Scores]) -> str:
    """One Markdown page over several runs; ends with a newline."""
    parts = [
        "# Quality on generated cases",
        "Each case is a ledger whose answer is known. Truth follows the written rules, not an engine's habits.",
        _summary(runs),
    ]
    for run in runs:
        parts += [
            f"## {run.flavour}, {run.lines} lines, seed {run.seed}",
            _measures(run),
            "### By case",
            _cases(run),
        ]
        if run.broken:
            parts += ["### Broken sums", "The run failed: " + ", ".join(run.broken[:20]) + "."]
    return "\n\n".join(parts) + "\n"


def bar(share: float, width: int = BAR) -> str:
    """A bar of `width` blocks; full only at 100 %, empty only at 0 %."""
    blocks = int(share * width)
    if share > 0 and blocks == 0:
        blocks = 1
    return _BLOCK * blocks + _EMPTY * (width - blocks)


def _percent(share: float) -> str:
    # Never rounded up to 100 %: one wrong posting in a million is to be seen.
    return "100 %" if share >= 1 else f"{int(share * 10_000) / 100:.2f} %"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]], right: int) -> str:
    """A Markdown table whose last `right` columns are numbers."""
    rule = ["---"] * (len(head) - right) + ["---:"] * right
    lines = [head, rule, *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _summary(runs: Sequence[Scores]) -> str:
    head = (
        "run",
        "lines",
        "auto precision",
        "auto rate",
        "clean auto",
        "right with suggestions",
        "traps",
        "points",
    )
    rows = [
        (
            f"{run.flavour}, seed {run.seed}",
            run.lines,
            _percent(run.line_precision),
            _percent(run.auto_rate),
            _percent(run.clean_rate),
            _percent(run.answered),
            run.traps,
            f"{run.points:.1f}",
        )
        for run in runs
    ]
    return _table(head, rows, 7)


def _measures(run: Scores) -> str:
    measures = (
        ("posted lines that are right", run.auto_lines_right, run.auto_lines, run.line_precision),
        ("posted pairs that are right", run.auto_pairs_right, run.auto_pairs, run.pair_precision),
        ("lines to be posted that were", run.should_auto_right, run.should_auto, run.auto_rate),
        ("clean references that were posted", run.clean_auto, run.clean, run.clean_rate),
        ("answerable lines proposed rightly", run.answerable_right, run.answerable, run.answered),
        ("lines with a right exception code", run.codes_right, run.codes_expected, run.code_accuracy),
    )
    table = _table(
        ("measure", "", "of", "share"),
        [(name, f"`{bar(share)}` {part}", whole, _percent(share)) for name, part, whole, share in measures],
        2,
    )
    verdict = "reached" if run.line_precision >= PRECISION_TARGET else "missed"
    kept = "kept to the penny" if run.conserved else f"broken in {len(run.broken)} places"
    return (
        f"{table}\n\nPrecision target {_percent(PRECISION_TARGET)}: {verdict}. "
        f"Posted although it was a trap: {run.traps}. Money: {kept}. Points: {run.points:.1f} of {run.lines}."
    )


def _cases(run: Scores) -> str:
    head = (
        "family",
        "case",
        "expected",
        "right",
        "lines",
        "auto",
        "suggested",
        "exception",
        "traps",
        "wrong",
        "points",
    )
    columns = ("lines", "auto", "suggested", "exception", "traps", "wrong_auto")
    rows = [
        (
            row["family"],
            row["case"],
            row["expected"],
            f"`{bar(row['right'] / row['lines'], 10)}`",
            *(row[name] for name in columns),
            f"{row['points']:.1f}",
        )
        for row in run.cases.iter_rows(named=True)
    ]
    return _table(head, rows, 7)


def worst(run: Scores, count: int = 20) -> pl.DataFrame:
    """The lines that cost most points, to be looked at first: line_id, case, expected, outcome, points."""
    return (
        run.verdicts.filter(pl.col("points") < 1)
        .sort("points", "line_id")
        .select("line_id", "case", "expected", "outcome", "points")
        .head(count)
    )
