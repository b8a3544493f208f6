"""How a job is spread: over processors, and over time where memory is short."""

from __future__ import annotations

import os
from typing import Final

from recon.flow import memory
from recon.match import LINES_AT_ONCE
from recon.problems import Problem

LINE_BYTES: Final = 4_000  # what the text of one line may say, measured on generated ledgers of 100,000 lines
LINES_LEAST: Final = 10_000  # smaller parts take longer and save nothing
LINES_APART: Final = (2_000, 25_000)  # lines of a part on a cluster: worth its journey; 100 MB of text
_MIB: Final = 1 << 20


def workers(asked: int) -> int:
    """How many parts are worked on at once: as asked, or one for each processor that this process may use."""
    if asked:
        return asked
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def lines_at_once(limit: int, workers: int = 1) -> int:
    """How many lines are worked on at once, so that they fit into what a limit of memory in bytes leaves.

    Without a limit no worker's part gets smaller than is worth its while.
    """
    if not limit:
        return max(LINES_AT_ONCE, workers * LINES_LEAST)
    left = limit - (memory.peak_mb() or 0) * _MIB
    return max(LINES_LEAST, min(LINES_AT_ONCE, left // LINE_BYTES))


def lines_apart(lines: int, workers: int) -> int:
    """How many lines all machines of a cluster take at once: two parts for each worker, if they get large enough."""
    least, most = LINES_APART
    return workers * max(least, min(most, -(-lines // (2 * workers))))


def over(peak_mb: int | None, limit: int) -> list[Problem]:
    """Said where a job took more memory than it was to stay within."""
    if not limit or peak_mb is None or peak_mb * _MIB <= limit:
        return []
    what = f"the job took {peak_mb:,} MB at most, more than the {limit // _MIB:,} MB it was to stay within"
    return [Problem("memory-over", "--memory", what, "its result is whole; split the files, or allow more")]
