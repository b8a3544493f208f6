"""Rows of text cells with their positions: what a delimited file and a sheet have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import polars as pl

PREVIEW_ROWS = 60  # a heading further down than this is not looked for
CELL_MAX = 32_767  # characters of a cell of Excel; more is cut off, and said
COLUMNS_MAX = 1_000
POSITION, CELLS = "position", "cells"
_BLANKS = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u3000]+")
_NOTHING = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffe\x00-\x08\x0e-\x1f\x7f]")
_ODD = r"[\u00a0\u2000-\u200f\u202a-\u202f\u2060-\u2064\u3000\ufeff\ufffe\x00-\x08\x0a-\x1f\x7f]"

Row = tuple[int, Sequence[str]]
PAGE = 10_000  # in a paged grid a position is PAGE times the page plus the line on it, both from 1


class TextLine(NamedTuple):
    """A line of a file as a person reads it, with two blanks where columns part."""

    position: int
    page: int
    text: str


@dataclass(frozen=True)
class Grid:
    """A table as it stands in a file, before anybody knows what its columns mean."""

    where: str  # "bank.csv", "book.xlsx!Sheet1"
    preview: Sequence[Row]  # the first rows that hold something, cleaned
    body: Callable[[int], pl.DataFrame]  # the rows behind that position: position, cells, c0, c1, ...
    serials: bool = False  # day numbers may stand for dates (sheets)
    lines: Callable[[], Sequence[TextLine]] | None = None  # all text, where more is known than the preview
    starts: Sequence[int] = ()  # the headings, where there are several
    paged: bool = False  # positions are of pages
    torn: bool = False  # no line break ends the text: its last row may be cut

    def at(self, position: int) -> str:
        """`file:line`, `file!sheet:row`, or `file:page:line`."""
        if self.paged:
            return f"{self.where}:{position // PAGE}:{position % PAGE}"
        return f"{self.where}:{position}"

    def text(self) -> Sequence[TextLine]:
        """The lines in which single values may stand: all of them, or those that the preview has."""
        if self.lines is not None:
            return self.lines()
        return [
            TextLine(position, 1, "  ".join(cell for cell in cells if cell))
            for position, cells in self.preview
        ]


def clean(text: str) -> str:
    """One cell without what can't be seen: other blanks become one blank, zero-width and control go."""
    if len(text) <= _SHORT:
        return _short(text)
    return _plain(text)


_SHORT = 16


@lru_cache(maxsize=8192)
def _short(text: str) -> str:
    """Codes, days and names of currencies come again in every line."""
    return _plain(text)


def _plain(text: str) -> str:
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    plain = " ".join(text.split())
    if plain.isascii() and plain.isprintable():
        return plain
    return _NOTHING.sub("", _BLANKS.sub(" ", plain)).strip()


def key(name: str) -> str:
    """A column's name as it is compared: case and blanks don't count."""
    return _key(name) if len(name) <= _NAME else _key.__wrapped__(name)


_NAME = 40  # names of columns come again and again; texts that are none do not


@lru_cache(maxsize=8192)
def _key(name: str) -> str:
    return clean(name).lstrip("'").replace(" ", "").casefold()


def frame(rows: Sequence[Row]) -> pl.DataFrame:
    """Rows of unequal length as a frame of text; missing cells are empty."""
    width = min(max((len(cells) for _, cells in rows), default=0), COLUMNS_MAX)
    columns = {
        f"c{index}": [cells[index] if index < len(cells) else "" for _, cells in rows]
        for index in range(width)
    }
    return pl.DataFrame(
        {POSITION: [position for position, _ in rows], CELLS: [len(cells) for _, cells in rows], **columns},
        schema={POSITION: pl.Int64, CELLS: pl.Int64, **dict.fromkeys(columns, pl.String)},
    )


def cleaned(body: pl.DataFrame, *, odd: bool = True) -> pl.DataFrame:
    """All cells as `clean` makes them, and without rows that hold nothing.

    Args:
        body: position, cells, c0, c1, ...
        odd: whether the file holds characters that must go (looked up once for the whole file, it's cheaper).
    """
    texts = [name for name in body.columns if name not in (POSITION, CELLS)]
    if not texts:
        return body.clear()
    columns = []
    for name in texts:
        column = pl.col(name).fill_null("")
        if odd and _has_odd_cells(body[name]):
            column = column.str.replace_all(_BLANKS.pattern, " ").str.replace_all(_NOTHING.pattern, "")
        columns.append(column.str.strip_chars())
    return body.with_columns(columns).filter(pl.any_horizontal(pl.col(texts).str.len_bytes() > 0))


def _has_odd_cells(column: pl.Series) -> bool:
    """Whether a column's cells may hold blanks or characters that must go: one look at all of them as one text."""
    text: str = column.str.join("\n").item() or ""
    return not text.isascii() or "\t" in text or text.count("\n") >= max(len(column), 1) or has_odd(text)


def has_odd(text: str) -> bool:
    """Whether text holds blanks or characters that `cleaned` must look for."""
    if "  " in text:
        return True
    if text.isascii():  # known to Python without a look; and bytes go much faster than a pattern
        data = text.encode()
        return len(data.translate(None, _ODD_BYTES)) + data.count(b"\r\n") < len(data)
    return re.search(_ODD, text.replace("\r\n", "").replace("\n", "")) is not None


_ODD_BYTES = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n")
