"""Empty sheets for month-end inputs, added to a closed workbook: a heading, and cells that take what it says.

`limits` -> a sheet *Limits* with its columns; words come from a list, days and amounts have their formats, and each
cell says what its column holds. Sheets that are there stay as they are.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl
import xlsxwriter

from recon.model import Column, Table
from recon.workbook import look
from recon.workbook.graft import Graft
from recon.workbook.package import Package

_MADE: Final = datetime(2026, 1, 1)  # noqa: DTZ001 - a fixed moment, so that the same sheets give the same bytes
_ROWS: Final = 1_048_575  # the last row of a sheet, from 0
_TITLE_MAX, _MESSAGE_MAX = 32, 255  # what Excel shows of a hint
_WIDTH_MIN: Final = 12
_HEAD: Final = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter"}


def put(package: Package, sheets: Mapping[str, Table]) -> list[str]:
    """Add a sheet for each table among the package's edits.

    Args:
        package: the workbook.
        sheets: what each is to be called, and the table that it is for.

    Returns: what they are called in this workbook.
    """
    drawn = Package(draw(sheets))
    graft = Graft(package, drawn, list(sheets))
    for sheet in drawn.sheets():
        graft.add(sheet)
    graft.finish()
    return [graft.name_of(name) for name in sheets]


def draw(sheets: Mapping[str, Table]) -> bytes:
    """A workbook with these sheets and nothing else; the same ones give the same bytes."""
    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw, {"in_memory": True})
    book.set_properties({"title": "Inputs", "author": "recon", "created": _MADE})
    book.formats[0].set_font_name(look.FONT)
    head = book.add_format({**_HEAD, "font_name": look.FONT})
    forms = {
        name: book.add_format({"num_format": text, "font_name": look.FONT})
        for name, text in (("date", "yyyy-mm-dd"), ("money", "#,##0.00"), ("number", "0"), ("text", "@"))
    }
    for name, table in sheets.items():
        _sheet(book.add_worksheet(name), [one for one in table.columns if not one.ours], head, forms)
    book.close()
    return raw.getvalue()


def _sheet(sheet: Any, columns: Sequence[Column], head: Any, forms: Mapping[str, Any]) -> None:
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column.name, head)
        sheet.set_column(at, at, max(_WIDTH_MIN, len(column.name) + 3), forms[_form(column)])
        rule: dict[str, Any] = {"validate": "any"}
        if column.words:
            rule = {
                "validate": "list",
                "source": list(column.words),
                "error_message": "Choose one of the list.",
            }
        needed = " (needed)" if column.needed else ""
        rule |= {"input_title": f"{column.name}{needed}"[:_TITLE_MAX]}
        sheet.data_validation(1, at, _ROWS, at, rule | {"input_message": column.what[:_MESSAGE_MAX]})
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _form(column: Column) -> str:
    if column.money:
        return "money"
    if column.dtype == pl.Date():
        return "date"
    return "number" if column.dtype == pl.Int64() else "text"
