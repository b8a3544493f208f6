"""Scores as one Markdown page: the figures over all seeds, by dimension, by case, and beside other engines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Final, NamedTuple

import polars as pl

from recon.bench.chart import CHART
from recon.bench.score import Scores

BAR: Final = 20
PRECISION_TARGET: Final = 0.999  # domain 7.5
_BLOCK, _EMPTY = "\u2588", "\u2591"


class Figure(NamedTuple):
    """One measure of a run: its name on the page, how to take it and how to write it."""

    name: str
    take: Callable[[Scores], float]
    write: Callable[[float], str]


def percent(share: float) -> str:
    """A share in per cent, never rounded up to 100 %: one wrong posting in a million is to be seen."""
    return "100 %" if share >= 1 else f"{int(share * 10_000) / 100:.2f} %"


def _count(value: float) -> str:
    return f"{value:,.0f}"


FIGURES: Final = (
    Figure("lines", lambda run: run.lines, _count),
    Figure("posted without a person", lambda run: run.auto_lines, _count),
    Figure("posted lines that are right", lambda run: run.line_precision, percent),
    Figure("posted pairs (line, item) that are right", lambda run: run.pair_precision, percent),
    Figure("lines to be posted that were, rightly", lambda run: run.auto_rate, percent),
    Figure("clean references that were posted", lambda run: run.clean_rate, percent),
    Figure("answerable lines proposed rightly", lambda run: run.answered, percent),
    Figure("lines with a right exception code", lambda run: run.code_accuracy, percent),
    Figure("traps posted", lambda run: run.traps, _count),
    Figure("points for each line", lambda run: run.points / max(run.lines, 1), lambda value: f"{value:.4f}"),
)


def page(
    runs: Sequence[Scores], peers: Sequence[Mapping[str, object]] = (), *, chart: str = "bench.svg"
) -> str:
    """One Markdown page over several runs; ends with a newline.

    Args:
        runs: at least one; seeds of one flavour are told by their least, middle and greatest value.
        peers: see `peers_table`.
        chart: file name of the picture beside the page (`recon.bench.chart`); empty = none.
    """
    parts = [
        "# Quality on generated cases",
        "Each run is a ledger whose answer is known. Truth follows the written rules, not an engine's habits.",
    ]
    if chart:
        parts.append(f"![{CHART}]({chart})")
    parts += ["## Figures", figures_table(runs), _verdict(runs)]
    broken = [run for run in runs if run.broken]
    parts += [
        f"### Broken sums: {run.flavour}, seed {run.seed}\n\nThe run failed: {', '.join(run.broken[:20])}."
        for run in broken
    ]
    if peers:
        parts += ["## Beside other engines", peers_table(peers)]
    parts += ["## By dimension", dimensions_table(runs), "## By case", cases_table(runs)]
    if len(runs) > 1:
        parts += ["## By run", runs_table(runs)]
    return "\n\n".join(parts) + "\n"


def bar(share: float, width: int = BAR) -> str:
    """A bar of `width` blocks; full only at 100 %, empty only at 0 %."""
    blocks = int(share * width)
    if share > 0 and blocks == 0:
        blocks = 1
    return _BLOCK * blocks + _EMPTY * (width - blocks)


def table(head: Sequence[str], rows: Sequence[Sequence[object]], right: int) -> str:
    """A Markdown table whose last `right` columns are numbers."""
    rule = ["---"] * (len(head) - right) + ["---:"] * right
    lines = [head, rule, *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def figures_table(runs: Sequence[Scores]) -> str:
    """Each figure of each flavour: its value, or the least, the middle and the greatest over the seeds."""
    flavours = list(dict.fromkeys(run.flavour for run in runs))
    of = {flavour: [run for run in runs if run.flavour == flavour] for flavour in flavours}
    if all(len(found) == 1 for found in of.values()):
        rows = [
            (figure.name, *(figure.write(figure.take(of[flavour][0])) for flavour in flavours))
            for figure in FIGURES
        ]
        return table(("figure", *flavours), rows, len(flavours))
    head = ["figure"]
    for flavour in flavours:
        head += [f"{flavour}: least of {len(of[flavour])} seeds", "middle", "greatest"]
    rows = []
    for figure in FIGURES:
        cells: list[str] = []
        for flavour in flavours:
            values = [figure.take(run) for run in of[flavour]]
            cells += [figure.write(value) for value in (min(values), median(values), max(values))]
        rows.append((figure.name, *cells))
    return table(head, rows, 3 * len(flavours))


def _verdict(runs: Sequence[Scores]) -> str:
    reached = sum(run.line_precision >= PRECISION_TARGET for run in runs)
    broken = sum(len(run.broken) for run in runs)
    kept = "kept to the penny" if not broken else f"broken in {broken} places"
    target = "reached" if reached == len(runs) else f"reached in {reached} of {len(runs)} runs"
    right = sum(run.auto_lines_right for run in runs)
    posted = sum(run.auto_lines for run in runs)
    return (
        f"Precision target {percent(PRECISION_TARGET)}: {target}. Of {posted:,} lines posted, "
        f"{posted - right:,} were wrong, {sum(run.traps for run in runs):,} of these traps. "
        f"Money: {kept}."
    )


def peers_table(rows: Sequence[Mapping[str, object]]) -> str:
    """Other engines on the same lines: a row each, its keys the columns, all but the first of them numbers."""
    head = list(rows[0])
    return table(head, [[row.get(name, "") for name in head] for row in rows], len(head) - 1)


def dimensions_table(runs: Sequence[Scores]) -> str:
    """All runs together, a row for each value of each dimension."""
    columns = (
        "lines",
        "posted",
        "posted_right",
        "should_auto",
        "should_auto_right",
        "answerable",
        "answerable_right",
        "traps",
    )
    together = pl.concat([run.dimensions for run in runs])
    totals = together.group_by("dimension", "value", maintain_order=True).agg(pl.col(columns).sum())
    order = {name: place for place, name in enumerate(together["dimension"].unique(maintain_order=True))}
    totals = (
        totals.with_columns(place=pl.col("dimension").replace_strict(order))
        .sort("place", "lines", "value", descending=[False, True, False])
        .drop("place")
    )
    rows = []
    said = ""
    for row in totals.iter_rows(named=True):
        rows.append(
            (
                row["dimension"] if row["dimension"] != said else "",
                row["value"],
                f"{row['lines']:,}",
                f"{row['posted']:,}",
                _share(row["posted_right"], row["posted"]),
                _share(row["should_auto_right"], row["should_auto"]),
                _share(row["answerable_right"], row["answerable"]),
                row["traps"],
            )
        )
        said = row["dimension"]
    head = (
        "dimension",
        "value",
        "lines",
        "posted",
        "of them right",
        "to be posted, and were",
        "proposed rightly",
        "traps",
    )
    return table(head, rows, 6)


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else ""


def cases_table(runs: Sequence[Scores]) -> str:
    """All runs together, a row for each case and what should become of it."""
    columns = (
        "lines",
        "auto",
        "suggested",
        "exception",
        "right",
        "traps",
        "wrong_auto",
        "codes_right",
        "codes_expected",
        "points",
    )
    totals = (
        pl.concat([run.cases for run in runs])
        .group_by("family", "case", "expected")
        .agg(pl.col(columns).sum())
        .sort("family", "case", "expected")
    )
    rows = [
        (
            row["family"],
            row["case"],
            row["expected"],
            f"`{bar(row['right'] / row['lines'], 10)}`",
            *(
                f"{row[name]:,}"
                for name in ("lines", "auto", "suggested", "exception", "traps", "wrong_auto")
            ),
            _share(row["codes_right"], row["codes_expected"]),
            f"{row['points'] / row['lines']:.2f}",
        )
        for row in totals.iter_rows(named=True)
    ]
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
        "right code",
        "points a line",
    )
    return table(head, rows, 8)


def runs_table(runs: Sequence[Scores]) -> str:
    """A row for each run."""
    chosen = [figure for figure in FIGURES if figure.name != "lines"]
    rows = [
        (f"{run.flavour}, seed {run.seed}", *(figure.write(figure.take(run)) for figure in chosen))
        for run in runs
    ]
    return table(("run", *(figure.name for figure in chosen)), rows, len(chosen))


def worst(run: Scores, count: int = 20) -> pl.DataFrame:
    """The lines that cost most points, to be looked at first: line_id, case, expected, outcome, points."""
    return (
        run.verdicts.filter(pl.col("points") < 1)
        .sort("points", "line_id")
        .select("line_id", "case", "expected", "outcome", "points")
        .head(count)
    )
