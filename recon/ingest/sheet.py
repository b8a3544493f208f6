"""Workbooks: XLSX, XLSM, XLS and ODS, every visible sheet whose heading fits.

Hidden rows and columns and active filters change nothing. A hidden sheet is not read, since it is mostly last month's
or a list to choose from, and its rows would be counted with the others; it is told. Cells become text as a person
sees the value: dates as ISO, whole numbers without a point, other numbers with the 15 digits that Excel keeps
(`0.1+0.2` is 0.3 there too). Formulas are never run; their last value counts.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final

import polars as pl
import python_calamine as calamine

from recon.ingest import damage, finish, grid, heading, package, standard
from recon.ingest.grid import PREVIEW_ROWS, Grid, Row
from recon.ingest.heading import Heading
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Kind, Reading
from recon.problems import Problem

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_XLS_STREAMS: Final = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
_SAVE_AGAIN: Final = "open it in Excel and save it again"
_DECRYPT: Final = "open it in Excel, remove the password, save it"
_HIDDEN: Final = "the sheet is hidden; it was not read"
_NO_TABLE: Final = "nothing to do, if none of the data is on it; else give it the heading of the others"
_UNHIDE: Final = "unhide it in Excel if its rows belong to the data"
_FROM_1904: Final = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*\bdate1904=[\"'](?:1|true)[\"']")
_ERRORS: Final = (calamine.CalamineError, OSError, ValueError)
_DIGITS_KEPT = 15
_INTEGER_MAX = 10**_DIGITS_KEPT


@dataclass(frozen=True)
class _Book:
    """A workbook's visible sheets that hold something, and where the hidden ones are."""

    sheets: Sequence[Grid] = ()
    hidden: Sequence[str] = ()


def claims(source: Source, request: Request) -> list[Claim]:
    """One claim for each profile and kind that sheets of the workbook have.

    Raises:
        ReconError: `file-unreadable` for a workbook that is encrypted, damaged or too large.
    """
    found: dict[tuple[str, Kind], list[tuple[Grid, Heading]]] = {}
    book = _book(source)
    profiles = request.able()
    with_standard = request.profile in ("", standard.NAME)
    for table in book.sheets:
        stem = table.where.rsplit("!", 1)[-1] if len(book.sheets) > 1 else source.path.stem
        for fit in heading.find(table, profiles, stem, with_standard=with_standard):
            found.setdefault((fit.profile.name, fit.profile.kind), []).append((table, fit))
    return [
        Claim(name, kind, partial(_read, source, request, tables, book))
        for (name, kind), tables in found.items()
    ]


def tables(source: Source, wanted: Callable[[str], bool] = lambda _: True) -> Sequence[Grid]:
    """The visible sheets of a workbook that hold something; none if the file is no workbook.

    Args:
        source: the file.
        wanted: whether a sheet of that name is asked for; the others are not read.

    Raises:
        ReconError: `file-unreadable` for a workbook that is encrypted, damaged or too large.
    """
    return _book(source, wanted).sheets


def misses(source: Source, request: Request) -> Problem | None:
    """What keeps a workbook that nobody claims from being of a profile."""
    book = _book(source)
    found = [heading.miss(table, request, source.path.stem) for table in book.sheets]
    if book.hidden and not book.sheets:
        return Problem("sheet-hidden", book.hidden[0], _HIDDEN, _UNHIDE)
    return next((problem for problem in found if problem is not None), None)


def _read(source: Source, request: Request, tables: Sequence[tuple[Grid, Heading]], book: _Book) -> Reading:
    used = {table.where for table, _ in tables}
    said = [
        Problem("row-text", table.where, "this sheet holds no table of that kind; it was left out", _NO_TABLE)
        for table in book.sheets
        if table.where not in used
    ]
    said += [Problem("sheet-hidden", where, _HIDDEN, _UNHIDE) for where in book.hidden]
    return finish.from_grids(source, request, _form(source), tables, said)


def _form(source: Source) -> str:
    if source.head.startswith(_OLE):
        return "xls"
    return "ods" if b"opendocument" in source.head[:200] else "xlsx"


def _book(source: Source, wanted: Callable[[str], bool] = lambda _: True) -> _Book:
    """The workbook; an empty one if the file is none."""
    if source.head.startswith(_OLE):
        data = source.data
        if _ENCRYPTED in data:
            raise source.refusal(
                "the workbook is encrypted", "open it in Excel, remove the password, save it", "file-locked"
            )
        if not any(name in data for name in _XLS_STREAMS):
            return _Book()
    elif source.head.startswith(_ZIP) and package.is_workbook(source.data):
        _guard(source)
    else:
        return _Book()
    return _grids(source, wanted)


def _guard(source: Source) -> None:
    with damage.refused(source, "the workbook is damaged or protected", _SAVE_AGAIN, damage.PACKAGE):
        reason = package.too_large(source.data)
    if reason:
        raise source.refusal(f"the workbook is too large: {reason}", "copy the table into a new workbook")


def _grids(source: Source, wanted: Callable[[str], bool]) -> _Book:
    with damage.refused(source, "the workbook is damaged", _SAVE_AGAIN, _ERRORS):
        try:
            book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(source.data))
            found = [one for one in book.sheets_metadata if one.typ is calamine.SheetTypeEnum.WorkSheet]
            shown = [one.name for one in found if one.visible is calamine.SheetVisibleEnum.Visible]
            sheets = [(name, _rows(book, name)) for name in shown if wanted(name)]
        except calamine.PasswordError as error:
            raise source.refusal("the workbook is encrypted", _DECRYPT, "file-locked") from error
    # A day number that is not written as a date counts from 1904 there; rather than guess, such a cell is told.
    serials = not _from_1904(source)
    return _Book(
        [_grid(f"{source.name}!{name}", rows, serials=serials) for name, rows in sheets if rows],
        [f"{source.name}!{one.name}" for one in found if one.name not in shown],
    )


def _from_1904(source: Source) -> bool:
    if not source.head.startswith(_ZIP):
        return False
    part = "xl/workbook.xml"
    refused = damage.refused(source, "the workbook is damaged or protected", _SAVE_AGAIN, damage.PACKAGE)
    with refused, zipfile.ZipFile(io.BytesIO(source.data)) as parts:
        return part in parts.namelist() and bool(_FROM_1904.search(parts.read(part)))


def _rows(book: calamine.CalamineWorkbook, name: str) -> list[list[Any]]:
    rows: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return rows


def _grid(where: str, rows: list[list[Any]], *, serials: bool) -> Grid:
    preview: list[Row] = []
    for position, cells in enumerate(rows, 1):
        plain = [grid.clean(_text(cell)) for cell in cells]
        if any(plain):
            preview.append((position, plain))
        if len(preview) >= PREVIEW_ROWS:
            break
    return Grid(where, preview, partial(_body, rows), serials=serials)


def _body(rows: list[list[Any]], position: int) -> pl.DataFrame:
    behind = [
        (number, [_text(cell) for cell in cells])
        for number, cells in enumerate(rows[position:], position + 1)
    ]
    return grid.cleaned(grid.frame(behind))


def _text(cell: Any) -> str:
    """One value as text."""
    if isinstance(cell, str | bool):
        return cell if isinstance(cell, str) else str(cell).upper()
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, timedelta | int) else ""


def _number(number: float) -> str:
    """A number with the digits that Excel keeps, without an exponent where it is small."""
    if number.is_integer() and abs(number) < _INTEGER_MAX:
        return str(int(number))
    text = format(number, f".{_DIGITS_KEPT}g")
    if "e-" in text:
        return f"{number:.20f}".rstrip("0")
    return text


READER = Reader("sheet", claims, misses)
