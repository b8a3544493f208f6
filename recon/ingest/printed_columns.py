"""Which column a word of a printed table stands in: by the gaps that go through all rows, or the nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from recon.ingest.printed import Line, Word, cells
from recon.ingest.printed_heading import Place

Span = tuple[float, float]
_TOUCH: Final = 0.5  # points that two spans may share without being one


def spans(places: Sequence[Place], rows: Sequence[Line]) -> list[Span]:
    """From where to where each column reaches: its heading, and what stands below it and below no other.

    Args:
        places: the columns of the heading, from left to right.
        rows: lines that surely are rows.
    """
    ink = _merged([(cell[0].left, cell[-1].right) for line in rows for cell in cells(line.words)])
    own = [(place.left, place.right) for place in places]
    reach = list(own)
    loose = []
    for span in ink:
        under = [index for index, heading in enumerate(own) if _meet(span, heading)]
        if len(under) == 1:
            reach[under[0]] = _joined(reach[under[0]], span)
        elif not under:
            loose.append(span)
    taken = {index for index in range(len(own)) if reach[index] != own[index]}
    for span in loose:
        # Numbers set flush right under a heading set flush left are on its right; else the other way round.
        beside = _beside(span, reach)
        found = next((index for index in beside if index not in taken), None)
        found = min(beside, key=lambda index: _gap(span, reach[index])) if found is None else found
        reach[found] = _joined(reach[found], span)
        taken.add(found)
    return reach


def assign(words: Sequence[Word], reach: Sequence[Span]) -> list[list[Word]]:
    """The words of a line by column; a group of words that reaches over several columns is parted."""
    columns: list[list[Word]] = [[] for _ in reach]
    for cell in cells(words):
        span = cell[0].left, cell[-1].right
        under = [index for index, column in enumerate(reach) if _meet(span, column)]
        if len(under) <= 1:
            columns[under[0] if under else _nearest(span, reach)] += cell
            continue
        for word in cell:
            columns[_most((word.left, word.right), reach)].append(word)
    return columns


def crosses(words: Sequence[Word], reach: Sequence[Span]) -> bool:
    """Whether text runs over from one column into another, as a sentence does and a cell does not."""
    return any(
        sum(_meet((cell[0].left, cell[-1].right), column) for column in reach) > 1 for cell in cells(words)
    )


def _meet(one: Span, other: Span) -> bool:
    return one[0] + _TOUCH < other[1] and other[0] + _TOUCH < one[1]


def _joined(one: Span, other: Span) -> Span:
    return min(one[0], other[0]), max(one[1], other[1])


def _gap(one: Span, other: Span) -> float:
    return max(one[0] - other[1], other[0] - one[1], 0.0)


def _merged(found: Sequence[Span]) -> list[Span]:
    made: list[Span] = []
    for span in sorted(found):
        if made and _meet(span, made[-1]):
            made[-1] = _joined(made[-1], span)
        else:
            made.append(span)
    return made


def _beside(span: Span, reach: Sequence[Span]) -> list[int]:
    """The columns next to a span: one on its left, one on its right."""
    left = [index for index, column in enumerate(reach) if column[1] <= span[0] + _TOUCH]
    right = [index for index, column in enumerate(reach) if column[0] >= span[1] - _TOUCH]
    return [*left[-1:], *right[:1]] or [_nearest(span, reach)]


def _nearest(span: Span, reach: Sequence[Span]) -> int:
    return min(range(len(reach)), key=lambda index: _gap(span, reach[index]))


def _most(span: Span, reach: Sequence[Span]) -> int:
    """The column that a word shares most of its width with, or the nearest."""

    def shared(index: int) -> float:
        return min(span[1], reach[index][1]) - max(span[0], reach[index][0])

    return max(range(len(reach)), key=shared)
