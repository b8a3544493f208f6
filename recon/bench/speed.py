"""How long recon and its peers take at several sizes, and how that grows: a table, a page, plain figures.

Seconds hang on the machine and on what else runs on it; ratios of engines that ran one after the other, and how each
grows, are what may be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log
from typing import Any, Final

RECON: Final = "recon"
MIB: Final = 1024 * 1024
PICTURE: Final = "speed.svg"
HOW: Final = (
    "Generated UK ledgers with about one open item for each bank line; files to files, each engine in a fresh "
    "process, one after the other. Seconds are of the whole process, starting it included, learning left out. Other "
    "work on the machine makes all of them longer: compare engines and sizes of one run, not runs. *Processors* are "
    "the seconds that processors worked for it (learning included), on which other work has little hold."
)
SKEWED: Final = (
    "The same ledger with two of five items of one customer; with every sixth item and line of one amount; with "
    "lines that all say the same word."
)
STAGES: Final = ("read", "match", "write")


@dataclass(frozen=True)
class Timing:
    """One engine on one job, files to files, in a process of its own.

    Attributes:
        engine: its title.
        lines: bank lines of the job.
        items: its open items.
        seconds: the whole process, less what it spent on learning; none = it didn't run.
        stages: seconds by stage, as the engine tells them itself; the rest is starting and ending.
        peak_bytes: the most memory that it and its children held; none = not known.
        busy: processor seconds, learning included; none = not known.
        why: why it didn't run.
        skew: what is lopsided about the ledger (see `bench.skew`); empty = an even one.
    """

    engine: str
    lines: int
    items: int
    seconds: float | None
    stages: Mapping[str, float] = field(default_factory=dict)
    peak_bytes: int | None = None
    busy: float | None = None
    why: str = ""
    skew: str = ""


@dataclass(frozen=True)
class Growth:
    """From one size to the next: how many times the seconds and the processors' work, and the exponents."""

    engine: str
    lines: int
    to_lines: int
    times: float
    work: float | None  # none = not known

    @property
    def exponent(self) -> float:
        """1 = twice the lines take twice the time."""
        return log(self.times) / log(self.to_lines / self.lines)

    @property
    def work_exponent(self) -> float | None:
        """The same of the processors' work."""
        return log(self.work) / log(self.to_lines / self.lines) if self.work else None


def growths(timings: Sequence[Timing]) -> list[Growth]:
    """How each engine grows from each size that it did to the next larger one."""
    return [
        Growth(
            engine, small.lines, large.lines, large.seconds / small.seconds, _times(large.busy, small.busy)
        )
        for engine in dict.fromkeys(one.engine for one in timings if not one.skew)
        for small, large in pairwise(_done(timings, engine))
        if small.seconds and large.seconds
    ]


def page(timings: Sequence[Timing], machine: Mapping[str, str], command: str) -> str:
    """The Markdown page of a run; ends with a newline."""
    facts = "\n".join(f"- {name}: {value}" for name, value in machine.items())
    left = [
        f"- {one.engine}, {one.lines:,} lines{one.skew and ', '}{one.skew}: {one.why}."
        for one in timings
        if one.seconds is None
    ]
    lopsided = _skew_table(timings)
    parts = [
        "# How fast recon is",
        HOW,
        facts,
        f"```\n{command}\n```",
        f"![Seconds by lines]({PICTURE})",
        "## Seconds and memory",
        _table(timings),
        "## How it grows",
        _growth_table(growths(timings)),
    ]
    if lopsided:
        parts += ["## Lopsided ledgers", SKEWED, lopsided]
    against = _against(timings)
    if against:
        parts += ["## Beside other engines", against]
    if left:
        parts += ["## Not run", "\n".join(left)]
    return "\n\n".join(part for part in parts if part) + "\n"


def figures(timings: Sequence[Timing], machine: Mapping[str, str]) -> dict[str, Any]:
    """The plain figures, for JSON."""
    return {
        "machine": dict(machine),
        "timings": [{**vars(one), "stages": dict(one.stages)} for one in timings],
        "growth": [{**vars(one), "exponent": round(one.exponent, 3)} for one in growths(timings)],
    }


def _done(timings: Sequence[Timing], engine: str) -> list[Timing]:
    return sorted(
        (one for one in timings if one.engine == engine and one.seconds is not None and not one.skew),
        key=lambda one: one.lines,
    )


def _table(timings: Sequence[Timing]) -> str:
    head = (
        "engine",
        "lines",
        "items",
        "seconds",
        "read",
        "match",
        "write",
        "processors",
        "lines a second",
        "peak MB",
    )
    rows = [
        (
            one.engine,
            f"{one.lines:,}",
            f"{one.items:,}",
            f"{one.seconds:.2f}",
            *(f"{one.stages[stage]:.2f}" if stage in one.stages else "" for stage in STAGES),
            f"{one.busy:.2f}" if one.busy else "",
            f"{one.lines / one.seconds:,.0f}",
            f"{one.peak_bytes / MIB:,.0f}" if one.peak_bytes else "not known",
        )
        for one in timings
        if one.seconds and not one.skew
    ]
    return _markdown(head, rows, 1)


def _skew_table(timings: Sequence[Timing]) -> str:
    even = {one.lines: one for one in _done(timings, RECON)}
    rows = [
        (
            one.skew,
            f"{one.lines:,}",
            f"{one.seconds:.2f}",
            _told(_times(one.seconds, even[one.lines].seconds), 2),
            _told(_times(one.busy, even[one.lines].busy), 2),
            _told(_times(one.peak_bytes, even[one.lines].peak_bytes), 2),
        )
        for one in timings
        if one.skew and one.seconds and one.lines in even
    ]
    if not rows:
        return ""
    return _markdown(
        ("ledger", "lines", "seconds", "times the even one", "its processors", "its memory"), rows, 1
    )


def _growth_table(grown: Sequence[Growth]) -> str:
    if not grown:
        return ""
    head = ("engine", "from lines", "to", "times as many", "as long", "exponent", "as much work", "exponent")
    rows = [
        (
            one.engine,
            f"{one.lines:,}",
            f"{one.to_lines:,}",
            f"{one.to_lines / one.lines:.1f}",
            f"{one.times:.1f}",
            f"{one.exponent:.2f}",
            _told(one.work, 1),
            _told(one.work_exponent, 2),
        )
        for one in grown
    ]
    return _markdown(head, rows, 1)


def _against(timings: Sequence[Timing]) -> str:
    rows = [
        (
            f"{ours.lines:,}",
            theirs.engine,
            _told(_times(theirs.seconds, ours.seconds), 2),
            _told(_times(theirs.busy, ours.busy), 2),
            _told(_times(theirs.peak_bytes, ours.peak_bytes), 2),
        )
        for ours, theirs in _pairs(timings)
    ]
    if not rows:
        return ""
    return _markdown(("lines", "engine", "times recon's seconds", "its processors", "its memory"), rows, 2)


def _pairs(timings: Sequence[Timing]) -> Iterator[tuple[Timing, Timing]]:
    ours = {one.lines: one for one in _done(timings, RECON)}
    for theirs in timings:
        mine = ours.get(theirs.lines)
        if theirs.engine != RECON and theirs.seconds and mine is not None:
            yield mine, theirs


def _times(one: float | None, other: float | None) -> float | None:
    return one / other if one and other else None


def _told(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:.{decimals}f}"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[object]], left: int) -> str:
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in (head, rule, *rows))
