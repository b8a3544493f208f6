"""Cells of an open workbook: their values, whole blocks at a time, asked again while Excel is busy."""

from __future__ import annotations

from typing import Any

from recon.workbook.patience import patiently


def hide(sheet: Any, top: int, shown: int, height: int) -> None:
    """Show a block's first rows and hide the others; a hidden row is one without height."""
    usual = sheet.range((top, 1)).row_height
    for number in range(1, height):
        row = sheet.range((top + number, 1))
        now = row.row_height
        if number >= shown and now:
            row.row_height = 0
        elif number < shown and not now:
            row.row_height = usual


def values(place: Any) -> list[list[Any]]:
    """A range's values, row by row, errors as text."""
    return patiently(lambda: place.options(ndim=2, err_to_str=True).value)


def fill(place: Any, rows: list[list[Any]]) -> None:
    """Put values into a range, row by row."""
    patiently(lambda: setattr(place, "value", rows))


def rows(told: Any) -> list[list[str]]:
    """What xlwings gives for formulas, which is flat for a single cell."""
    if not isinstance(told, tuple | list):
        return [[str(told)]]
    return [[str(one) for one in row] if isinstance(row, tuple | list) else [str(row)] for row in told]
