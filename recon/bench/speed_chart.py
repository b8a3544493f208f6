"""The picture of the speed page: seconds by lines, both in powers of ten, one stroke for each engine, as SVG."""

from __future__ import annotations

import html
from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Final

from recon.bench.chart import FONT
from recon.bench.speed import Timing

# Readable for colour-blind eyes; each engine has its own mark too, so that grey will do.
COLOURS: Final = ("#1b6ca8", "#c62828", "#f2a900", "#555555", "#5a9e6f")
LEFT, TOP, WIDTH, HEIGHT, BELOW, LEGEND = 70, 48, 560, 320, 52, 190
MARK: Final = 5
OPENING: Final = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {width} {height}' "
    "role='img' aria-label='Seconds by lines'>"
)
DECADE_MIN: Final = 1


def chart(timings: Sequence[Timing]) -> str:
    """The SVG text; of engines and sizes that ran only."""
    done = [one for one in timings if one.seconds and not one.skew]
    engines = list(dict.fromkeys(one.engine for one in done))
    across = _decades([float(one.lines) for one in done])
    up = _decades([one.seconds or 1.0 for one in done])
    width, height = LEFT + WIDTH + LEGEND, TOP + HEIGHT + BELOW
    parts = [
        OPENING.format(width=width, height=height),
        f"<rect width='{width}' height='{height}' fill='#ffffff'/>",
        _text(16, 26, "Seconds by bank lines, files to files", size=16, weight="bold"),
        *_grid(across, up),
    ]
    for place, engine in enumerate(engines):
        points = [
            (_place(float(one.lines), across, LEFT, WIDTH), _place(one.seconds, up, TOP + HEIGHT, -HEIGHT))
            for one in sorted(done, key=lambda each: each.lines)
            if one.engine == engine and one.seconds
        ]
        parts += _stroke(engine, points, COLOURS[place % len(COLOURS)], place)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten that hold all values; at least one decade."""
    if not values:
        return 0, DECADE_MIN
    low = floor(log10(min(values)))
    return low, max(ceil(log10(max(values))), low + DECADE_MIN)


def _place(value: float, decades: tuple[int, int], start: int, length: int) -> float:
    low, high = decades
    return start + length * (log10(value) - low) / (high - low)


def _grid(across: tuple[int, int], up: tuple[int, int]) -> list[str]:
    parts = []
    for power in range(across[0], across[1] + 1):
        x = _place(10.0**power, across, LEFT, WIDTH)
        parts.append(f"<line x1='{x:.1f}' y1='{TOP}' x2='{x:.1f}' y2='{TOP + HEIGHT}' stroke='#dddddd'/>")
        parts.append(_text(x, TOP + HEIGHT + 18, f"{10**power:,}", anchor="middle", fill="#555555"))
    for power in range(up[0], up[1] + 1):
        y = _place(10.0**power, up, TOP + HEIGHT, -HEIGHT)
        parts.append(f"<line x1='{LEFT}' y1='{y:.1f}' x2='{LEFT + WIDTH}' y2='{y:.1f}' stroke='#dddddd'/>")
        parts.append(_text(LEFT - 8, y + 4, f"{10.0**power:g} s", anchor="end", fill="#555555"))
    parts.append(_text(LEFT + WIDTH / 2, TOP + HEIGHT + 40, "bank lines", anchor="middle", fill="#555555"))
    return parts


def _stroke(engine: str, points: Sequence[tuple[float, float]], colour: str, place: int) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = " stroke-dasharray='7 4'" if place else ""
    y = TOP + 20 + place * 24
    return [
        f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2'{dash}/>",
        *(_mark(x, at, colour, place) for x, at in points),
        _mark(LEFT + WIDTH + 20, y - 4, colour, place),
        _text(LEFT + WIDTH + 32, y, engine),
    ]


def _mark(x: float, y: float, colour: str, place: int) -> str:
    """A disc, a square or a rhomb, by the engine's place."""
    if place % 3 == 0:
        return f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{MARK}' fill='{colour}'/>"
    turned = f" transform='rotate(45 {x:.1f} {y:.1f})'" if place % 3 == 1 else ""
    side = 2 * MARK - 2
    corner = f"x='{x - side / 2:.1f}' y='{y - side / 2:.1f}'"
    return f"<rect {corner} width='{side}' height='{side}' fill='{colour}'{turned}/>"


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
        f"<text x='{x:.1f}' y='{y:.1f}' {FONT} font-size='{size}' font-weight='{weight}' text-anchor='{anchor}' "
        f"fill='{fill}'>{html.escape(words)}</text>"
    )
