"""Delimited text as bytes: how many rows and columns it has, and what its cells need, found in one go.

The text is looked at in blocks that fit a processor's own memory, a mask for each kind of byte: that is several times
as fast as masks of the whole text, and takes no memory to speak of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
import numpy.typing as npt

_BREAK, _QUOTE, _BLANK, _DELETE = b'\n" \x7f'
# What `grid.cleaned` looks for, in UTF-8. The first bytes are looked for first: most text has none of them.
_ODD_FIRST: Final = (b"\xc2\xa0", b"\xe2\x80", b"\xe2\x81", b"\xe3\x80\x80", b"\xef\xbb\xbf", b"\xef\xbf\xbe")
_ODD: Final = re.compile(
    rb"\xc2\xa0|\xe2\x80[\x80-\x8f\xaa-\xaf]|\xe2\x81[\xa0-\xa4]|\xe3\x80\x80|\xef\xbb\xbf|\xef\xbf\xbe"
)
_BLOCK = 1 << 17  # bytes that are looked at together
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]


class Way(Enum):
    """What cells need: nothing; blanks at their ends cut off, and empty rows left out; a look at each column."""

    NEAT = "neat"
    PLAIN = "plain"
    ODD = "odd"


@dataclass(frozen=True)
class Shape:
    """Rows and columns of text, whether it has quotes, and what its cells need."""

    rows: int
    columns: int
    quoted: bool
    way: Way


def shape(data: bytes, start: int, end: int, delimiter: str) -> Shape | None:
    """What text is, in which each line is a row of as many cells as the others; None where it is anything else.

    A quote opens a cell at its beginning, closes it at its end, and is doubled inside of it (RFC 4180); then the
    cells that polars sees are those that the csv module sees. A line break inside of quotes, an empty line, and
    quotes that stand elsewhere are left to the latter.

    Args:
        data: the text as UTF-8.
        start: where the rows begin.
        end: where they end, without the last line break.
        delimiter: one character.
    """
    raw = np.frombuffer(data, dtype=np.uint8)[start:end]
    mark = ord(delimiter)
    quotes = _quotes(raw) if data.find(b'"', start, end) >= 0 else np.zeros(0, dtype=np.int64)
    if len(quotes) and (len(quotes) % 2 or not _opens_and_closes(raw, quotes, mark)):
        return None
    tabs = delimiter == "\t" and not len(quotes)
    seen = _Seen(edge=bool(len(raw)) and _BLANK in (raw[0], raw[-1]))
    for begin in range(0, len(raw), _BLOCK):
        block = raw[begin : begin + _BLOCK + 1]  # one byte more, to see neighbours
        if not seen.block(block, mark, _inside(quotes, begin, len(block)), tabs=tabs):
            return None
    first = raw[: _first_break(data, start, end)]
    columns = int(np.count_nonzero(first == mark)) + 1
    if len(quotes):
        columns -= int(np.count_nonzero((first == mark) & _inside(quotes, 0, len(first))))
    rows = seen.breaks + 1
    if seen.marks != rows * (columns - 1):
        return None
    return Shape(
        rows, columns, bool(len(quotes)), _way(data, (start, end), quotes, seen, delimiter * (columns - 1))
    )


def _first_break(data: bytes, start: int, end: int) -> int:
    found = data.find(b"\n", start, end)
    return (found if found >= 0 else end) - start


@dataclass
class _Seen:
    """What was counted so far."""

    breaks: int = 0
    marks: int = 0  # outside of quotes
    odd: bool = False  # two blanks, or what can't be seen
    edge: bool = False  # a blank where a cell begins or ends
    hollow: bool = False  # a row, but for the first, whose first cell is empty

    def block(self, block: Bytes, mark: int, inside: Mask | None, *, tabs: bool) -> bool:
        """Count a block; False where it has a line break that is none between two rows."""
        breaks, marks, blanks = block == _BREAK, block == mark, block == _BLANK
        if _any(breaks[1:] & breaks[:-1]) or (inside is not None and _any(breaks & inside)):
            return False
        unseen = int(np.count_nonzero(block < _BLANK)) - int(np.count_nonzero(breaks))
        unseen -= int(np.count_nonzero(marks)) if tabs else 0
        self.odd = self.odd or unseen > 0 or _any(block == _DELETE) or _any(blanks[1:] & blanks[:-1])
        if inside is not None:
            marks &= ~inside
            self.edge = self.edge or _beside(blanks, block == _QUOTE)
            blanks &= ~inside
        self.edge = self.edge or _beside(blanks, breaks | marks)
        self.hollow = self.hollow or _any(breaks[:-1] & marks[1:])
        self.breaks += int(np.count_nonzero(breaks[:_BLOCK]))
        self.marks += int(np.count_nonzero(marks[:_BLOCK]))
        return True


def _beside(one: Mask, other: Mask) -> bool:
    """Whether one stands right behind or before the other anywhere."""
    return _any(one[1:] & other[:-1]) or _any(one[:-1] & other[1:])


def _any(mask: Mask) -> bool:
    """Whether a mask has any; to count them is several times as fast as `any`."""
    return int(np.count_nonzero(mask)) > 0


def _quotes(raw: Bytes) -> Places:
    """Where quotes are."""
    found = [
        begin + np.flatnonzero(raw[begin : begin + _BLOCK] == _QUOTE) for begin in range(0, len(raw), _BLOCK)
    ]
    return np.concatenate(found)


def _inside(quotes: Places, begin: int, size: int) -> Mask | None:
    """Which bytes of a block are inside of quotes; None where the text has none."""
    if not len(quotes):
        return None
    first, last = np.searchsorted(quotes, (begin, begin + size))
    lengths = np.diff(quotes[first:last] - begin, prepend=0, append=size)
    return np.repeat((first + np.arange(len(lengths))) % 2 == 1, lengths)


def _opens_and_closes(raw: Bytes, quotes: Places, delimiter: int) -> bool:
    """Whether every other quote begins a cell or follows another quote, and each other ends one or precedes one."""
    opening, closing = quotes[::2], quotes[1::2]
    doubled = closing[:-1] + 1 == opening[1:]
    before = raw[np.maximum(opening - 1, 0)]
    after = raw[np.minimum(closing + 1, len(raw) - 1)]
    begins = (before == delimiter) | (before == _BREAK) | (opening == 0)
    ends = (after == delimiter) | (after == _BREAK) | (closing == len(raw) - 1)
    begins[1:] |= doubled
    ends[:-1] |= doubled
    return bool(begins.all() and ends.all())


def _way(data: bytes, span: tuple[int, int], quotes: Places, seen: _Seen, marks: str) -> Way:
    """What cells need; `marks` is a row that holds nothing."""
    if seen.odd:
        return Way.ODD
    if not data.isascii():
        odd = (
            any(data.find(first, *span) >= 0 for first in _ODD_FIRST) and _ODD.search(data, *span) is not None
        )
        return Way.ODD if odd else Way.PLAIN
    # Of rows that hold nothing; one column or empty quotes make them hard to tell.
    if seen.edge or not marks or bool((np.diff(quotes) == 1).any()):
        return Way.PLAIN
    return Way.PLAIN if any(_empty_rows(data, span, marks.encode(), seen)) else Way.NEAT


def _empty_rows(data: bytes, span: tuple[int, int], empty: bytes, seen: _Seen) -> Iterator[bool]:
    """Whether the first row, the last, or one between them holds nothing."""
    start, end = span
    yield data.startswith(empty + b"\n", start, end)
    yield data.endswith(b"\n" + empty, start, end)
    yield end - start == len(empty) and data.startswith(empty, start, end)
    yield seen.hollow and data.find(b"\n" + empty + b"\n", start, end) >= 0
