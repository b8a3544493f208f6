"""Workbooks: XLSX, XLSM, XLS and ODS, every visible sheet whose heading fits.

Cells become text as a person sees the value: dates as ISO, whole numbers without a point, other numbers with the
15 digits that Excel keeps (`0.1+0.2` is 0.3 there too). Formulas are never run; their last value counts.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final

import polars as pl
import python_calamine as calamine
from lxml import etree

from recon.ingest import finish, grid, heading, package, standard
from recon.ingest.grid import PREVIEW_ROWS, Grid, Row
from recon.ingest.heading import Heading
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Kind, Reading
from recon.problems import Problem

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_XLS_STREAMS: Final = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
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
    try:
        reason = package.too_large(source.data)
    except (
        zipfile.BadZipFile,
        etree.XMLSyntaxError,
        OSError,
        ValueError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        hint = "open it in Excel and save it again"
        raise source.refusal("the workbook is damaged or protected", hint) from error
    if reason:
        raise source.refusal(f"the workbook is too large: {reason}", "copy the table into a new workbook")


def _grids(source: Source) -> list[Grid]:
    grids = []
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(source.data))
        for sheet in book.sheets_metadata:
            if sheet.typ is not calamine.SheetTypeEnum.WorkSheet:
                continue
            if sheet.visible is not calamine.SheetVisibleEnum.Visible:
                continue
            rows = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
            if rows:
                grids.append(_grid(f"{source.name}!{sheet.name}", rows))
    except calamine.PasswordError as error:
        hint = "open it in Excel, remove the password, save it"
        raise source.refusal("the workbook is encrypted", hint) from error
    except BaseException as error:
        # A damaged file may also stop calamine with a panic, which is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise source.refusal("the workbook is damaged", "open it in Excel and save it again") from error
    return grids


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
