"""The picture of the page: what became of the lines, family by family, as SVG of our own few lines."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

import polars as pl

from recon.bench.score import Scores
from recon.model import Outcome

CHART: Final = "What became of the lines"
# Readable for colour-blind eyes, and in grey: dark for right, light for what could have been better, red for wrong.
PARTS: Final = (
    ("posted", "posted, and right", "#1b6ca8"),
    ("asked", "set aside or asked, as it should be", "#7fb2d9"),
    ("careful", "asked, though it could be posted", "#f2c14e"),
    ("other", "another outcome than the right one", "#b9b9b9"),
    ("wrong", "posted, and wrong", "#c62828"),
)
LABEL, WIDTH, RIGHT, ROW, GAP, TOP = 190, 560, 110, 20, 8, 92
FONT: Final = "font-family='Segoe UI, Helvetica, Arial, sans-serif'"
FAMILIES: Final = {
    "reference": "references",
    "remittance": "remittances",
    "deduction": "deductions",
    "ambiguous": "ambiguous lines",
    "non_ar": "not receivable",
    "duplicate": "duplicates, returns",
    "hostile": "hostile, corrupt",
}
_SEEN: Final = 1.2  # pixels: a single wrong posting must not vanish


def chart(runs: Sequence[Scores]) -> str:
    """The SVG text: one bar for each family and flavour, in shares of its lines."""
    bars = _bars(runs)
    height = TOP + len(bars) * (ROW + GAP) + 34
    total = LABEL + WIDTH + RIGHT
    size = f"width='{total}' height='{height}' viewBox='0 0 {total} {height}'"
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} role='img' aria-label='{CHART}'>",
        f"<rect width='{total}' height='{height}' fill='#ffffff'/>",
        _text(16, 26, CHART, size=16, weight="bold"),
        *_legend(),
    ]
    bottom = TOP + len(bars) * (ROW + GAP)
    for tenth in range(0, 11, 2):
        x = LABEL + WIDTH * tenth // 10
        parts.append(f"<line x1='{x}' y1='{TOP - 6}' x2='{x}' y2='{bottom}' stroke='#dddddd'/>")
        parts.append(_text(x, bottom + 16, f"{tenth * 10} %", anchor="middle", fill="#555555"))
    for place, (label, lines, shares) in enumerate(bars):
        y = TOP + place * (ROW + GAP)
        parts.append(_text(LABEL - 8, y + 14, label, anchor="end"))
        parts += _bar(y, shares)
        parts.append(_text(LABEL + WIDTH + 8, y + 14, f"{lines:,} lines", fill="#555555"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bars(runs: Sequence[Scores]) -> list[tuple[str, int, dict[str, float]]]:
    auto = pl.col("outcome") == Outcome.AUTO
    part = (
        pl.when(auto & pl.col("right"))
        .then(pl.lit("posted"))
        .when(auto)
        .then(pl.lit("wrong"))
        .when(pl.col("right"))
        .then(pl.lit("asked"))
        .when((pl.col("expected") == Outcome.AUTO) & (pl.col("outcome") == Outcome.SUGGESTED))
        .then(pl.lit("careful"))
        .otherwise(pl.lit("other"))
    )
    verdicts = pl.concat([run.verdicts.with_columns(flavour=pl.lit(run.flavour), part=part) for run in runs])
    counts = {
        (flavour, family, name): count
        for flavour, family, name, count in verdicts.group_by("flavour", "family", "part").len().iter_rows()
    }
    flavours = list(dict.fromkeys(run.flavour for run in runs))
    bars = []
    for family, words in FAMILIES.items():
        for flavour in flavours:
            found = {name: counts.get((flavour, family, name), 0) for name, _, _ in PARTS}
            lines = sum(found.values())
            if lines:
                bars.append((f"{words}, {flavour}", lines, {name: n / lines for name, n in found.items()}))
    return bars


def _bar(y: int, shares: dict[str, float]) -> list[str]:
    widths = {name: max(WIDTH * share, _SEEN) if share else 0.0 for name, share in shares.items()}
    over = sum(widths.values()) - WIDTH
    largest = max(widths, key=lambda name: widths[name])
    widths[largest] -= over
    parts = []
    x = float(LABEL)
    for name, words, colour in PARTS:
        if widths[name]:
            parts.append(
                f"<rect x='{x:.2f}' y='{y}' width='{widths[name]:.2f}' height='{ROW}' fill='{colour}' stroke='none'>"
                f"<title>{html.escape(words)}: {shares[name]:.2%}</title></rect>"
            )
        x += widths[name]
    return parts


def _legend() -> list[str]:
    parts = []
    places = ((16, 46), (180, 46), (440, 46), (16, 66), (280, 66))
    for (x, y), (_, words, colour) in zip(places, PARTS, strict=True):
        parts.append(f"<rect x='{x}' y='{y - 10}' width='12' height='12' fill='{colour}' stroke='none'/>")
        parts.append(_text(x + 18, y, words, size=12))
    return parts


def _text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 12,
    anchor: str = "start",
    weight: str = "normal",
    fill: str = "#222222",
) -> str:
    return (
        f"<text x='{x}' y='{y}' {FONT} font-size='{size}' font-weight='{weight}' text-anchor='{anchor}' "
        f"fill='{fill}' stroke='none'>{html.escape(words)}</text>"
    )
