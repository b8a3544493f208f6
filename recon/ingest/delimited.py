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

import polars as pl

from recon.ingest import decoding, delimited_fast, finish, grid, heading, standard
from recon.ingest.grid import PREVIEW_ROWS, Grid, Row
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
        able = [profile for profile in request.able() if profile.delimiter in ("", delimiter)]
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
    if not may_be(source):
        return []
    text = decoding.decode(source.head).text
    if len(source.head) < source.size:  # the last line is cut somewhere
        text = text[: text.rfind("\n") + 1] or text
    grids = []
    for delimiter in DELIMITERS:
        table = grid_of(text, delimiter, source.name)
        if table is not None:
            grids.append((delimiter, table))
    return grids


def may_be(source: Source) -> bool:
    """Whether a file can be text with columns at all: no binary, XML or PDF."""
    return decoding.is_text(source.head) and not source.head.lstrip().startswith(_NOT_MINE)


def grid_of(text: str, delimiter: str, where: str) -> Grid | None:
    """Text as a table of these columns, with nothing said about broken quotes; None if it has but one."""
    preview = _preview(text[: 1 << 20], delimiter)
    if not any(len(cells) > 1 for _, cells in preview):
        return None
    return Grid(where, preview, partial(_body, text.encode(), delimiter, _unheard))


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


def _torn(data: bytes, delimiter: str) -> bool:
    """Whether anything but blanks, empty cells and an old end-of-file mark stands behind the last line break."""
    rest = data[max(data.rfind(b"\n"), data.rfind(b"\r")) + 1 :].decode(errors="ignore")
    return any(not one.isspace() and one not in {delimiter, '"', "\x1a"} for one in rest)


def _read(source: Source, request: Request, delimiter: str, fit: Heading) -> Reading:
    decoded = decoding.recode(source.load(), fit.profile.encoding)
    if b"\x00" in decoded.data:
        raise source.refusal("it holds NUL bytes: this is no text", "export the file again as CSV")
    said: list[Problem] = []
    if decoded.lost:
        what = f"{decoded.lost:,} characters are in no encoding that is known; each is shown as \ufffd"
        said.append(Problem("encoding", source.name, what, "let a profile say the file's `encoding`"))

    def broken(line: int) -> None:
        what = "a quote is not closed as it should be; the file was read line by line"
        said.append(Problem("row-short", source.at(line), what, "double a quote inside of quoted text"))

    begin = decoded.data[: 1 << 20].decode(errors="ignore")
    body = partial(_body, decoded.data, delimiter, broken)
    table = Grid(source.name, _preview(begin, delimiter), body, torn=_torn(decoded.data, delimiter))
    return finish.from_grids(source, request, "csv", [(table, fit)], said)


def _body(data: bytes, delimiter: str, broken: Callable[[int], None], position: int) -> pl.DataFrame:
    """The rows behind the heading's line, cleaned; `data` is UTF-8."""
    body = delimited_fast.rows(data, delimiter, position)
    if body is not None:
        return body
    rows = _careful(data.decode(), delimiter, broken)
    return grid.cleaned(grid.frame([(line, cells) for line, cells in rows if line > position]))


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
