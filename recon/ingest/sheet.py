"""Workbooks: XLSX, XLSM, XLS and ODS, every visible sheet whose heading fits.

Cells become text as a person sees the value: dates as ISO, whole numbers without a point, other numbers with the
15 digits that Excel keeps (`0.1+0.2` is 0.3 there too). Formulas are never run; their last value counts.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
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
_ERRORS: Final = (calamine.CalamineError, OSError, ValueError)
_DIGITS_KEPT = 15
_INTEGER_MAX = 10**_DIGITS_KEPT


def claims(source: Source, request: Request) -> list[Claim]:
    """One claim for each profile and kind that sheets of the workbook have.

    Raises:
        ReconError: `file-unreadable` for a workbook that is encrypted, damaged or too large.
    """
    found: dict[tuple[str, Kind], list[tuple[Grid, Heading]]] = {}
    sheets = _sheets(source)
    profiles = [profile for profile in request.profiles if request.profile in ("", profile.name)]
    with_standard = request.profile in ("", standard.NAME)
    for table in sheets:
        stem = table.where.rsplit("!", 1)[-1] if len(sheets) > 1 else source.path.stem
        for fit in heading.find(table, profiles, stem, with_standard=with_standard):
            found.setdefault((fit.profile.name, fit.profile.kind), []).append((table, fit))
    return [
        Claim(name, kind, partial(_read, source, request, tables, sheets))
        for (name, kind), tables in found.items()
    ]


def misses(source: Source, request: Request) -> Problem | None:
    """What keeps a workbook that nobody claims from being of a profile."""
    found = [heading.miss(table, request, source.path.stem) for table in _sheets(source)]
    return next((problem for problem in found if problem is not None), None)


def _read(
    source: Source, request: Request, tables: Sequence[tuple[Grid, Heading]], sheets: Sequence[Grid]
) -> Reading:
    used = {table.where for table, _ in tables}
    said = [
        Problem("row-text", table.where, "this sheet holds no table of that kind; it was left out")
        for table in sheets
        if table.where not in used
    ]
    return finish.from_grids(source, request, _form(source), tables, said)


def _form(source: Source) -> str:
    if source.head.startswith(_OLE):
        return "xls"
    return "ods" if b"opendocument" in source.head[:200] else "xlsx"


def _sheets(source: Source) -> list[Grid]:
    """The visible sheets that hold something; [] if the file is no workbook."""
    if source.head.startswith(_OLE):
        data = source.data
        if _ENCRYPTED in data:
            raise source.refusal(
                "the workbook is encrypted", "open it in Excel, remove the password, save it"
            )
        if not any(name in data for name in _XLS_STREAMS):
            return []
    elif source.head.startswith(_ZIP) and package.is_workbook(source.data):
        _guard(source)
    else:
        return []
    return _grids(source)


def _guard(source: Source) -> None:
    with damage.refused(source, "the workbook is damaged or protected", _SAVE_AGAIN, damage.PACKAGE):
        reason = package.too_large(source.data)
    if reason:
        raise source.refusal(f"the workbook is too large: {reason}", "copy the table into a new workbook")


def _grids(source: Source) -> list[Grid]:
    with damage.refused(source, "the workbook is damaged", _SAVE_AGAIN, _ERRORS):
        try:
            book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(source.data))
            sheets = [(sheet.name, _rows(book, sheet)) for sheet in book.sheets_metadata]
        except calamine.PasswordError as error:
            raise source.refusal("the workbook is encrypted", _DECRYPT) from error
    return [_grid(f"{source.name}!{name}", rows) for name, rows in sheets if rows]


def _rows(book: calamine.CalamineWorkbook, sheet: calamine.SheetMetadata) -> list[list[Any]]:
    visible = sheet.visible is calamine.SheetVisibleEnum.Visible
    if not visible or sheet.typ is not calamine.SheetTypeEnum.WorkSheet:
        return []
    rows: list[list[Any]] = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
    return rows


def _grid(where: str, rows: list[list[Any]]) -> Grid:
    preview: list[Row] = []
    for position, cells in enumerate(rows, 1):
        plain = [grid.clean(_text(cell)) for cell in cells]
        if any(plain):
            preview.append((position, plain))
        if len(preview) >= PREVIEW_ROWS:
            break
    return Grid(where, preview, partial(_body, rows), serials=True)


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
