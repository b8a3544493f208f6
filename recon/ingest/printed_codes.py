"""Documents' numbers over several lines of a cell: which piece goes on with which, and which is one of its own.

LONG/2026/      one number: it ends open          INV-1001        two numbers: neither is open, and
0001                                              4500012345      the upper one does not fill its column
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from recon.ingest.printed import Word

_OPEN: Final = ("-", "/", ".", "_")
_PIECE: Final = 0.75  # of the upper piece's width: what is left over of a number is short
_SLACK: Final = 0.6  # of the height: a character more or less
_WHOLE: Final = re.compile(r"[A-Za-z]{2,}[-/_ ]?\d{2,}")  # a number as they mostly are: no piece of another


class Piece(NamedTuple):
    """What stands on one line of a column with numbers."""

    text: str
    width: float
    height: float


@dataclass(frozen=True)
class Codes:
    """The pieces of each line by column, and how wide the widest of a column is."""

    lines: Sequence[Mapping[int, Piece]]
    widest: Mapping[int, float]

    def joins(self, upper: int, lower: int) -> bool:
        """Whether two lines may be of one row: no column has a whole number on both."""
        one, other = self.lines[upper], self.lines[lower]
        return all(self.continues(one[at], other[at], at) for at in one.keys() & other.keys())

    def continues(self, upper: Piece, lower: Piece, at: int) -> bool:
        """Whether the lower piece is the rest of the upper one."""
        if upper.text.endswith(_OPEN) or not lower.text[:1].isalnum():
            return True
        full = upper.width >= self.widest[at] - _SLACK * upper.height
        return full and lower.width <= _PIECE * upper.width and not _WHOLE.match(lower.text)

    def number(self, members: Sequence[int], at: int) -> str:
        """The number of a row: its pieces put together, with a blank where two numbers meet."""
        text, last = "", None
        for index in members:
            piece = self.lines[index].get(at)
            if piece is None:
                continue
            glued = last is None or self.continues(last, piece, at)
            text, last = text + piece.text if glued else f"{text} {piece.text}", piece
        return text

    def several(self, members: Sequence[int]) -> bool:
        """Whether a row's lines have more than one number in one cell."""
        holding = [index for index in members if self.lines[index]]
        return any(not self.joins(upper, lower) for upper, lower in pairwise(holding))


def of_lines(
    cells: Sequence[Sequence[str]], words: Sequence[Sequence[Sequence[Word]]], columns: Sequence[int]
) -> Codes:
    """The pieces of lines: their cells, and the words of these; `columns` are those that hold numbers."""
    found = [
        {
            at: Piece(
                row[at],
                max(word.right for word in drawn[at]) - drawn[at][0].left if drawn[at] else 0.0,
                max((word.height for word in drawn[at]), default=0.0),
            )
            for at in columns
            if row[at]
        }
        for row, drawn in zip(cells, words, strict=True)
    ]
    numbers = [{at: piece for at, piece in one.items() if " " not in piece.text} for one in found]
    widest = {at: max((one[at].width for one in numbers if at in one), default=0.0) for at in columns}
    return Codes(found, widest)
