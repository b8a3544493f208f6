"""What is wrong with rows, as problems: row by row, or a span at a time; never endless."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import polars as pl

from recon.problems import Problem

_PLACE: Final = re.compile(r"(?::\d{1,18}){1,2}$", re.ASCII)
_NO_ROW: Final = "nothing to do, if no row of the table is among them; else correct it at its source"
PER_CODE_MAX = 1_000  # problems of one code in one file; more are counted in a last one

At = Callable[[int], str]


def limited(problems: Iterable[Problem], where: str) -> list[Problem]:
    """The problems in their order, each code at most `PER_CODE_MAX` times, and what more there was as a count."""
    counts: Counter[str] = Counter()
    kept = []
    for problem in problems:
        counts[problem.code] += 1
        if counts[problem.code] <= PER_CODE_MAX:
            kept.append(problem)
    more = [
        Problem(code, where, f"{count - PER_CODE_MAX:,} more rows like this", "repair the file at its source")
        for code, count in counts.items()
        if count > PER_CODE_MAX
    ]
    return kept + more


def place(problem: Problem) -> tuple[int, ...]:
    """The line or row that a problem is about, its page before it where there are pages; () = the whole file."""
    numbers = _PLACE.search(problem.where)
    return tuple(int(one) for one in numbers[0].split(":")[1:]) if numbers else ()


def rows(found: pl.DataFrame, at: At, code: str, what: str, hint: str = "") -> list[Problem]:
    """One problem for each row."""
    return [Problem(code, at(position), what, hint) for position in found["position"]]


def spans(positions: Sequence[int], at: At, what: str) -> list[Problem]:
    """Rows that are no rows of the table, one problem for each run of neighbours."""
    runs: list[list[int]] = []
    for position in sorted(positions):
        if runs and position - runs[-1][-1] <= 2:  # noqa: PLR2004 - one blank row between two does not part them
            runs[-1].append(position)
        else:
            runs.append([position])
    return [Problem("row-text", at(run[0]), f"{_count(run, at)} {what}", _NO_ROW) for run in runs]


def _count(run: Sequence[int], at: At) -> str:
    return "a row" if len(run) == 1 else f"{len(run)} rows (to {at(run[-1]).rpartition(':')[2]})"
