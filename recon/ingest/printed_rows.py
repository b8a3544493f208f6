"""Which row of a printed table a line without an amount goes on with.

A cell may have several lines, and its amount may stand beside the first, the last, or in the middle of them. What
parts two rows is a rule drawn between them, else the widest gap; where all gaps are alike, text goes on below its
amount, unless the row before has text above its own: then as much of it stands below.
A row has one number: a line with another is none of its.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from recon.ingest.printed import Line
from recon.ingest.printed_codes import Codes

_NEAR: Final = 1.7  # of the height: text of the same cell, on the next line
_CELL_LINES: Final = 12  # of one cell, at most
_WIDER: Final = 1.08  # times the others: a gap that parts rows


def close(upper: Line, lower: Line) -> bool:
    """Whether two lines are neighbours on the page, as those of one cell are: near, and no rule between them."""
    if upper.page != lower.page or upper.base - lower.base > _NEAR * max(upper.height, lower.height):
        return False
    narrow = min((upper, lower), key=lambda line: line.words[-1].right - line.words[0].left)
    left, right = narrow.words[0].left, narrow.words[-1].right
    return not any(rule.left < right and left < rule.right for rule in lower.rules)


def owners(
    part: Sequence[Line], kinds: Sequence[bool], closed: Sequence[bool], codes: Codes
) -> dict[int, int]:
    """The row that each line is of, by index, rows themselves included; lines of no row are not in it.

    Args:
        part: the lines, from the top.
        kinds: which of them are rows.
        closed: lines that are no part of a cell, and rows that have no more lines.
        codes: the numbers that they hold.
    """
    found = {index: index for index, kind in enumerate(kinds) if kind}
    above: dict[int, int] = {}  # lines of a row that stand above its amount
    start = 0
    while start < len(part):
        if kinds[start] or closed[start]:
            start += 1
            continue
        end = start
        while end < len(part) and not kinds[end] and not closed[end]:
            end += 1
        upper = start - 1 if start and kinds[start - 1] and not closed[start - 1] else None
        lower = end if end < len(part) and kinds[end] and not closed[end] else None
        before = 0 if upper is None else above.get(upper, 0)
        first, last = _split(part, (start, end), upper, lower, before)
        if not _parted(part, (start, end), upper, lower):
            reach = _of_upper(codes, (start, end), upper, before), _of_lower(codes, (start, end), lower)
            first, last = _kept_apart((first, last), reach)
        if upper is not None:
            found |= dict.fromkeys(range(start, first), upper)
        if lower is not None:
            found |= dict.fromkeys(range(last, end), lower)
            above[lower] = end - last
        start = end
    return found


def _of_upper(codes: Codes, lines: tuple[int, int], upper: int | None, above: int) -> int:
    """Behind which line the row above ends at the latest: before a number that is not its own."""
    start, end = lines
    if upper is None:
        return start
    last = next((at for at in range(upper, upper - above - 1, -1) if codes.lines[at]), None)
    for at in range(start, end):
        if codes.lines[at]:
            if last is not None and not codes.joins(last, at):
                return at
            last = at
    return end


def _of_lower(codes: Codes, lines: tuple[int, int], lower: int | None) -> int:
    """With which line the row below begins at the earliest: behind a number that is not its own."""
    start, end = lines
    if lower is None:
        return end
    last = lower if codes.lines[lower] else None
    for at in range(end - 1, start - 1, -1):
        if codes.lines[at]:
            if last is not None and not codes.joins(at, last):
                return at + 1
            last = at
    return start


def _kept_apart(found: tuple[int, int], reach: tuple[int, int]) -> tuple[int, int]:
    """Where the upper row ends and the lower one begins, as far as numbers let them reach.

    Lines that one of them can't have are the other's, or nobody's.
    """
    (first, last), (furthest, earliest) = found, reach
    if first > furthest:
        return furthest, max(earliest, furthest)
    if last < earliest:
        return min(furthest, earliest), earliest
    return first, last


def _parted(part: Sequence[Line], lines: tuple[int, int], upper: int | None, lower: int | None) -> bool:
    """Whether a rule or a wide gap says where a row ends."""
    begins = lines[0] - 1 if upper is not None else lines[0]
    ends = lines[1] if lower is not None else lines[1] - 1
    return any(not close(part[at], part[at + 1]) for at in range(begins, ends))


def _split(
    part: Sequence[Line], lines: tuple[int, int], upper: int | None, lower: int | None, above: int
) -> tuple[int, int]:
    """Where the lines between two rows end being the upper one's, and where they begin being the lower one's."""
    start, end = lines
    begins = start - 1 if upper is not None else start
    ends = end if lower is not None else end - 1
    breaks = [at for at in range(begins, ends) if not close(part[at], part[at + 1])]
    first = breaks[0] + 1 if breaks else end
    last = breaks[-1] + 1 if breaks else start
    if not breaks and upper is not None and lower is not None:
        gaps = [part[at].base - part[at + 1].base for at in range(begins, ends)]
        widest = max(range(len(gaps)), key=gaps.__getitem__)
        others = [gap for at, gap in enumerate(gaps) if at != widest]
        if not others or gaps[widest] > _WIDER * max(others):
            first = last = begins + widest + 1
        else:
            first = last = min(start + above, end) if above else end
    first = first if upper is not None and first - start <= _CELL_LINES else start
    last = last if lower is not None and end - last <= _CELL_LINES else end
    return first, max(first, last)
