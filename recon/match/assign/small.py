"""Which lines compete, and the best choice of few of them: by trying every one.

lines 0 and 1 share item 3, line 2 shares none  -> parts {0, 1} and {2}

Nearly every contest is of two or three lines. A solver takes longer to be loaded than all of these to be tried.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import polars as pl

from recon.match.assign.room import Contest, Room, allows, left_of, needs_of

TRIED_MAX = 4_096  # choices of a part that are tried


def parts(edges: pl.DataFrame) -> pl.DataFrame:
    """The connected part of each line, lines that share items, however far: (line, part), by line.

    Args:
        edges: line, item.
    """
    lines, line_at = np.unique(edges["line"].to_numpy(), return_inverse=True)
    items, item_at = np.unique(edges["item"].to_numpy(), return_inverse=True)
    label = np.arange(len(lines))
    # Each line takes the least label that it can see over an item, and that one's own label, until none changes.
    while True:
        least = np.full(len(items), len(lines))
        np.minimum.at(least, item_at, label[line_at])
        seen = label.copy()
        np.minimum.at(seen, line_at, least[item_at])
        np.minimum.at(seen, label, seen.copy())
        seen = seen[seen]
        if np.array_equal(seen, label):
            return pl.DataFrame({"line": lines, "part": label}, schema={"line": pl.Int64, "part": pl.Int64})
        label = seen


def few(part: Contest) -> bool:
    """Are all choices of a part few enough to be tried?"""
    choices: int = math.prod(count + 1 for count in Counter(line for line, *_ in part.choices).values())
    return choices <= TRIED_MAX


def tried(part: Contest, room: Room) -> list[tuple[int, int]]:
    """The best choice: at most one set for each line, no item beyond its room; (line, proposal) of those chosen.

    Args:
        part: the lines that compete.
        room: what the items have left.
    """
    needs = needs_of(part)
    by_line: dict[int, list[tuple[float, int]]] = {}
    for line, proposal, value in part.choices:
        by_line.setdefault(line, []).append((value, proposal))
    lines = list(by_line)
    left = left_of(part, room)
    best: tuple[float, list[tuple[int, int]]] = (-1.0, [])

    def go_on(at: int, value: float, picked: list[tuple[int, int]]) -> None:
        nonlocal best
        if at == len(lines):
            if value > best[0]:
                best = (value, picked)
            return
        for worth, proposal in by_line[lines[at]]:
            wanted = needs.get(proposal, [])
            if allows(left, wanted):
                for item, use in wanted:
                    left[item] -= use
                go_on(at + 1, value + worth, [*picked, (lines[at], proposal)])
                for item, use in wanted:
                    left[item] += use
        go_on(at + 1, value, picked)

    go_on(0, 0.0, [])
    return best[1]
