"""Delimited text whose lines are rows: found out by whole columns of bytes, read by polars, cleaned where needed.

What is not simply one row on each line, of as many cells as the others, is left to the careful way.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.ingest import delimited_scan, grid
from recon.ingest.delimited_scan import Shape, Way
from recon.ingest.grid import CELLS, POSITION

_BREAK = ord("\n")


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
    if start == end or data.find(b"\r", start, end) >= 0:
        return None
    found = delimited_scan.shape(data, start, end, delimiter)
    if found is None or found.columns > grid.COLUMNS_MAX:
        return None
    last = data[max(data.rfind(b"\n", start, end) + 1, start) : end]
    if b'"' not in last and last.count(delimiter.encode()) != found.columns - 1:
        return None  # polars takes one cell too many there, if it is empty: a shorter line may make up for it
    read = _read(data, end, position, delimiter, found)
    if read is None or read.height != found.rows or read.width != found.columns:
        return None
    made = read.select(
        pl.int_range(position + 1, position + 1 + found.rows, dtype=pl.Int64).alias(POSITION),
        pl.lit(found.columns, dtype=pl.Int64).alias(CELLS),
        pl.all().fill_null(""),
    )
    return made, found.way


def _read(data: bytes, end: int, position: int, delimiter: str, found: Shape) -> pl.DataFrame | None:
    """The cells as polars reads them, out of the file's own bytes: to copy them takes a third as long as to read."""
    if len(data) > end + 1:  # each further break at the end would be a row
        data = data[: end + 1]
    if data[:2] in _PACKED:
        data, position = b"\n" + data, position + 1
    try:
        return pl.read_csv(
            data,
            has_header=False,
            skip_lines=position,
            schema={f"c{index}": pl.String() for index in range(found.columns)},
            separator=delimiter,
            quote_char='"' if found.quoted else None,
        )
    except pl.exceptions.PolarsError:  # as two lines whose lengths only add up
        return None


# Text that begins so would look like compressed data to polars.
_PACKED: Final = (b"x\x01", b"x^")
