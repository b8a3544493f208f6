"""Delimited text whose lines are rows: found out by whole columns of bytes, read by polars, cleaned where needed.

What is not simply one row on each line, of as many cells as the others, is left to the careful way.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from recon.ingest import grid
from recon.ingest.grid import CELLS, POSITION

_BREAK, _QUOTE, _BLANK = b'\n" '
# What `grid.cleaned` looks for, in UTF-8. The first bytes are looked for first: most text has none of them.
_ODD_FIRST: Final = (b"\xc2\xa0", b"\xe2\x80", b"\xe2\x81", b"\xe3\x80\x80", b"\xef\xbb\xbf", b"\xef\xbf\xbe")
_ODD: Final = re.compile(
    rb"\xc2\xa0|\xe2\x80[\x80-\x8f\xaa-\xaf]|\xe2\x81[\xa0-\xa4]|\xe3\x80\x80|\xef\xbb\xbf|\xef\xbf\xbe"
)
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


def rows(data: bytes, delimiter: str, position: int) -> pl.DataFrame | None:
    """Position, number of cells and cells of the rows behind a line, cleaned; None where the careful way has to.

    Args:
        data: the text as UTF-8.
        delimiter: one character.
        position: the line of the heading, from 1; 0 = there is none.
    """
    found = fast(data, delimiter, position)
    if found is None:
        return None
    body, way = found
    return body if way is Way.NEAT else grid.cleaned(body, odd=way is Way.ODD)


class Way(Enum):
    """What cells need: nothing; blanks at their ends cut off, and empty rows left out; a look at each column."""

    NEAT = "neat"
    PLAIN = "plain"
    ODD = "odd"


def fast(data: bytes, delimiter: str, position: int) -> tuple[pl.DataFrame, Way] | None:
    """The rows as polars reads them, and what their cells still need."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    start = 0
    for _ in range(position):
        heading, start = start, data.find(b"\n", start) + 1
        if start == 0 or data.count(b'"', heading, start) % 2:  # a heading that goes on in the next line
            return None
    end = len(data)
    while end > start and data[end - 1] == _BREAK:
        end -= 1
    body = data[start:end]
    del data
    if not body or b"\r" in body or b"\n\n" in body:
        return None
    raw = np.frombuffer(body, dtype=np.uint8)
    quotes = np.flatnonzero(raw == _QUOTE)
    shape = _shape(raw, quotes, delimiter)
    if shape is None or shape[1] > grid.COLUMNS_MAX:
        return None
    count, width = shape
    way = _way(body, quotes, delimiter, shape)
    names = [f"c{index}" for index in range(width)]
    try:
        # With a heading of our own: a first cell like `x^` would look like compressed data to polars.
        whole = b"%s\n%s\n" % (delimiter.join(names).encode(), body)
        quote = '"' if len(quotes) else None
        del body, raw, quotes
        read = pl.read_csv(whole, infer_schema=False, separator=delimiter, quote_char=quote)
    except pl.exceptions.PolarsError:  # as two lines whose lengths only add up
        return None
    if read.height != count or read.width != width:
        return None
    made = read.select(
        pl.int_range(position + 1, position + 1 + count, dtype=pl.Int64).alias(POSITION),
        pl.lit(width, dtype=pl.Int64).alias(CELLS),
        pl.all().fill_null(""),
    )
    return made, way


def _way(body: bytes, quotes: Places, delimiter: str, shape: tuple[int, int]) -> Way:
    """What the cells of a text need, by its bytes."""
    raw = np.frombuffer(body, dtype=np.uint8)
    count, width = shape
    tabs = body.count(b"\t") if delimiter == "\t" and not len(quotes) else 0
    if int(np.count_nonzero(raw < _BLANK)) > count - 1 + tabs or b"\x7f" in body:
        return Way.ODD
    if not body.isascii():
        odd = any(first in body for first in _ODD_FIRST) and _ODD.search(body) is not None
        return Way.ODD if odd or b"  " in body else Way.PLAIN
    blanks = np.flatnonzero(raw == _BLANK)
    before, behind = _neighbours(raw, blanks)
    if (behind == _BLANK).any():
        return Way.ODD
    mark = ord(delimiter)
    edge = (before == mark) | (before == _BREAK) | (behind == mark) | (behind == _BREAK)
    outside = np.searchsorted(quotes, blanks[edge]) % 2 == 0
    quoted = (before == _QUOTE) | (behind == _QUOTE)
    # Of rows that hold nothing; one column or empty quotes make them hard to tell.
    empty = delimiter.encode() * (width - 1)
    lines = body.startswith(empty + b"\n") or body.endswith(b"\n" + empty) or b"\n" + empty + b"\n" in body
    neat = not outside.any() and not quoted.any() and width > 1 and not lines and body != empty
    return Way.NEAT if neat and b'""' not in body else Way.PLAIN


def _neighbours(raw: Bytes, places: Places) -> tuple[Bytes, Bytes]:
    """The bytes before and behind places; a break at both ends of the text."""
    before = np.where(places > 0, raw[np.maximum(places - 1, 0)], np.uint8(_BREAK))
    behind = np.where(places < len(raw) - 1, raw[np.minimum(places + 1, len(raw) - 1)], np.uint8(_BREAK))
    return before, behind


def _shape(raw: Bytes, quotes: Places, delimiter: str) -> tuple[int, int] | None:
    """Rows and columns of text in which each line is a row; None where quotes are not as the standard has them.

    A quote opens a cell at its beginning, closes it at its end, and is doubled inside of it (RFC 4180); then the
    cells that polars sees are those that the csv module sees. A line break inside of quotes is left to the latter.
    """
    mark = ord(delimiter)
    breaks, marks = np.flatnonzero(raw == _BREAK), np.flatnonzero(raw == mark)
    count, end = len(breaks), breaks[0] if len(breaks) else len(raw)
    inside, columns = 0, int(np.searchsorted(marks, end))
    if len(quotes):
        if len(quotes) % 2 or not _opens_and_closes(raw, quotes, mark) or _between(breaks, quotes):
            return None
        inside = _between(marks, quotes)
        columns -= _between(marks, quotes[: np.searchsorted(quotes, end)])
    rows_, width = count + 1, columns + 1
    return (rows_, width) if len(marks) - inside == rows_ * (width - 1) else None


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


def _between(places: Places, quotes: Places) -> int:
    """How many places are between an opening quote and its closing one. Quotes are looked up: they are the fewer."""
    before = np.searchsorted(places, quotes)
    return int((before[1::2] - before[::2]).sum())
