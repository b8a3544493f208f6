"""Text with a delimiter between its cells: CSV, semicolons, tabs, pipes.

Two ways in: a file without surprises is read by polars at full speed; one with odd quotes, lines of different length
or line breaks in cells goes through the csv module, which says which line each row is on. Both give one grid.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from recon.ingest import decoding, finish, grid, heading, standard
from recon.ingest.grid import CELLS, POSITION, PREVIEW_ROWS, Grid, Row
from recon.ingest.heading import Heading
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Reading
from recon.problems import Problem

DELIMITERS: Final = (",", ";", "\t", "|")
_NOT_MINE = (b"<?xml", b"<!", b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# One cell may be as large as its file; `grid.CELL_MAX` cuts it afterwards, and says so. (The csv module keeps one
# limit for the whole process; its default would end the reading in the middle of a file.)
csv.field_size_limit(1 << 30)


def claims(source: Source, request: Request) -> list[Claim]:
    """The profiles whose heading the file has, one claim each."""
    found: dict[str, tuple[str, Heading]] = {}
    for delimiter, table in _grids(source):
        able = [
            profile
            for profile in request.profiles
            if request.profile in ("", profile.name) and profile.delimiter in ("", delimiter)
        ]
        with_standard = request.profile in ("", standard.NAME)
        for fit in heading.find(table, able, source.path.stem, with_standard=with_standard):
            found.setdefault(fit.profile.name, (delimiter, fit))
    return [
        Claim(name, fit.profile.kind, partial(_read, source, request, delimiter, fit))
        for name, (delimiter, fit) in found.items()
    ]


def misses(source: Source, request: Request) -> Problem | None:
    """What keeps a file that nobody claims from being of the profile that it nearly is, or that was named."""
    grids = [table for _, table in _grids(source)]
    if not grids:
        return None
    widest = max(grids, key=lambda table: max(len(cells) for _, cells in table.preview))
    return heading.miss(widest, request, source.path.stem)


def _grids(source: Source) -> list[tuple[str, Grid]]:
    """The beginning of the file as a table, once for each delimiter that makes columns of it."""
    if not decoding.is_text(source.head) or source.head.lstrip().startswith(_NOT_MINE):
        return []
    text = decoding.decode(source.head).text
    if len(source.head) < source.size:  # the last line is cut somewhere
        text = text[: text.rfind("\n") + 1] or text
    grids = []
    for delimiter in DELIMITERS:
        preview = _preview(text, delimiter)
        if any(len(cells) > 1 for _, cells in preview):
            grids.append((delimiter, Grid(source.name, preview, partial(_body, text, delimiter, _unheard))))
    return grids


def _unheard(_line: int) -> None:
    """Nobody asks for the rows of a preview."""


def _preview(text: str, delimiter: str) -> list[Row]:
    rows: list[Row] = []
    for position, cells in _rows(text, delimiter, strict=False):
        plain = [grid.clean(cell[: grid.CELL_MAX]) for cell in cells[: grid.COLUMNS_MAX]]
        if any(plain):
            rows.append((position, plain))
        if len(rows) >= PREVIEW_ROWS:
            break
    return rows


def _rows(text: str, delimiter: str, *, strict: bool) -> Iterator[Row]:
    """Rows with the line that each begins on."""
    lines = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=strict, skipinitialspace=True
    )
    began = 1
    for cells in lines:
        yield began, cells
        began = lines.line_num + 1


def _read(source: Source, request: Request, delimiter: str, fit: Heading) -> Reading:
    decoded = decoding.decode(source.load(), fit.profile.encoding)
    if "\x00" in decoded.text:
        raise source.refusal("it holds NUL bytes: this is no text", "export the file again as CSV")
    said: list[Problem] = []
    if decoded.lost:
        what = f"{decoded.lost:,} characters are in no encoding that is known; each is shown as \ufffd"
        said.append(Problem("encoding", source.name, what, "let a profile say the file's `encoding`"))

    def broken(line: int) -> None:
        what = "a quote is not closed as it should be; the file was read line by line"
        said.append(Problem("row-short", source.at(line), what, "double a quote inside of quoted text"))

    body = partial(_body, decoded.text, delimiter, broken)
    table = Grid(source.name, _preview(decoded.text[: 1 << 20], delimiter), body)
    return finish.from_grids(source, request, "csv", [(table, fit)], said)


def _body(text: str, delimiter: str, broken: Callable[[int], None], position: int) -> pl.DataFrame:
    """The rows behind the heading's line, cleaned."""
    body = _fast(text, delimiter, position)
    if body is not None:
        return grid.cleaned(body, odd=grid.has_odd(text))
    rows = _careful(text, delimiter, broken)
    return grid.cleaned(grid.frame([(line, cells) for line, cells in rows if line > position]))


def _fast(text: str, delimiter: str, position: int) -> pl.DataFrame | None:
    """The rows as polars reads them; None where a line is not simply one row of as many cells as the others."""
    data = text.encode()
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    start = 0
    for _ in range(position):
        heading, start = start, data.find(b"\n", start) + 1
        if start == 0 or data.count(b'"', heading, start) % 2:  # a heading that goes on in the next line
            return None
    body = data[start:].rstrip(b"\n")
    del data
    if not body or b"\r" in body or b"\n\n" in body:
        return None
    shape = _shape(body, delimiter.encode())
    if shape is None or shape[1] > grid.COLUMNS_MAX:
        return None
    rows, width = shape
    names = [f"c{index}" for index in range(width)]
    quote = '"' if b'"' in body else None
    try:
        # With a heading of our own: a first cell like `x^` would look like compressed data to polars.
        whole = b"%s\n%s\n" % (delimiter.join(names).encode(), body)
        del body
        read = pl.read_csv(whole, infer_schema=False, separator=delimiter, quote_char=quote)
    except pl.exceptions.PolarsError:  # as two lines whose lengths only add up
        return None
    if read.height != rows or read.width != width:
        return None
    return read.select(
        pl.int_range(position + 1, position + 1 + rows, dtype=pl.Int64).alias(POSITION),
        pl.lit(width, dtype=pl.Int64).alias(CELLS),
        pl.all(),
    )


def _shape(body: bytes, delimiter: bytes) -> tuple[int, int] | None:
    """Rows and columns of text in which each line is a row; None where quotes are not as the standard has them.

    A quote opens a cell at its beginning, closes it at its end, and is doubled inside of it (RFC 4180); then the
    cells that polars sees are those that the csv module sees. A line break inside of quotes is left to the latter.
    """
    raw = np.frombuffer(body, dtype=np.uint8)
    breaks, marks = np.count_nonzero(raw == _BREAK), np.count_nonzero(raw == delimiter[0])
    end = body.find(b"\n")
    first = raw[: end if end >= 0 else None]
    columns = np.count_nonzero(first == delimiter[0])
    if b'"' in body:
        quotes = np.flatnonzero(raw == _QUOTE)
        if len(quotes) % 2 or not _opens_and_closes(raw, quotes, delimiter[0]):
            return None
        if _inside(np.flatnonzero(raw == _BREAK), quotes).any():
            return None
        places = np.flatnonzero(raw == delimiter[0])
        hidden = _inside(places, quotes)
        marks -= int(np.count_nonzero(hidden))
        columns -= int(np.count_nonzero(hidden[: np.searchsorted(places, len(first))]))
    rows, width = int(breaks) + 1, int(columns) + 1
    return (rows, width) if marks == rows * (width - 1) else None


_BREAK, _QUOTE = b'\n"'
Places = npt.NDArray[np.int64]


def _opens_and_closes(raw: npt.NDArray[np.uint8], quotes: Places, delimiter: int) -> bool:
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


def _inside(places: Places, quotes: Places) -> npt.NDArray[np.bool_]:
    """Which places are between an opening quote and its closing one."""
    inside: npt.NDArray[np.bool_] = np.searchsorted(quotes, places) % 2 == 1
    return inside


def _careful(text: str, delimiter: str, broken: Callable[[int], None]) -> Sequence[Row]:
    """The rows as the csv module reads them; where quotes are broken each line is a row: none is swallowed."""
    rows: list[Row] = []
    try:
        for row in _rows(text, delimiter, strict=True):
            rows.append(row)  # noqa: PERF402 - the rows before an error count
    except csv.Error:
        broken(rows[-1][0] + 1 if rows else 1)
        lines = text.splitlines()
        return [
            (number, next(csv.reader([line], delimiter=delimiter), []))
            for number, line in enumerate(lines, 1)
        ]
    return rows


READER = Reader("delimited", claims, misses)
