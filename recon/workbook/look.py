"""How the workbook looks: one font, few colours, the number formats. Used by the builder alone."""

from __future__ import annotations

from typing import Any, Final

from recon.workbook.columns import Column, Kind

FONT: Final = "Calibri"

INK: Final = "#1F2D3A"
NAVY: Final = "#24425C"
TEAL: Final = "#2F7F86"
AMBER: Final = "#D9A441"
RED: Final = "#B4533C"
GREY: Final = "#6B7883"
SILVER: Final = "#B9C2C9"
LINE: Final = "#DDE3E8"
PAPER: Final = "#F4F7F9"
TYPED: Final = "#FFF9E8"  # where the reviewer types
TYPED_HEAD: Final = "#8A6A1F"
LOW: Final = "#F9E3C4"  # confidence from here ...
HIGH: Final = "#CFE7DA"  # ... to here

OUTCOME_COLOURS: Final = (TEAL, AMBER, RED, SILVER, LINE)

NUMBER_FORMATS: Final = {
    Kind.MONEY: '#,##0.00;[Red]-#,##0.00;"\u2013"',  # nought is a dash
    Kind.DATE: "dd/mm/yyyy",
    Kind.INTEGER: "#,##0",
    Kind.PERCENT: "0 %",
    Kind.TEXT: "@",
    Kind.LONG: "@",
    Kind.CHOICE: "@",
}
_RIGHT: Final = (Kind.MONEY, Kind.INTEGER, Kind.PERCENT)


def cell(column: Column) -> dict[str, Any]:
    """The format of a body cell of that column."""
    made: dict[str, Any] = {
        "font_name": FONT,
        "font_size": 10,
        "font_color": INK,
        "valign": "vcenter",
        "num_format": NUMBER_FORMATS[column.kind],
        **_aligned(column),
        "bottom": 1,
        "bottom_color": LINE,
    }
    if column.kind is Kind.LONG:
        made["text_wrap"] = True
    if column.typed:
        made |= {"bg_color": TYPED, "left": 1, "left_color": LINE, "locked": False}
    return made


def header(column: Column, *, filtered: bool = False) -> dict[str, Any]:
    """The format of a header cell of that column; above the filter's arrow where it has one."""
    return text(
        10,
        bold=True,
        font_color="#FFFFFF",
        bg_color=TYPED_HEAD if column.typed else NAVY,
        valign="top" if filtered else "vcenter",
        **_aligned(column),
    )


def _aligned(column: Column) -> dict[str, Any]:
    """Numbers right, dates in the middle, text left; a little air between neighbours."""
    if column.kind is Kind.DATE:
        return {"align": "center"}
    return {"align": "right" if column.kind in _RIGHT else "left", "indent": 1}


def text(size: int = 11, **more: Any) -> dict[str, Any]:
    """A format of plain text in that size."""
    return {"font_name": FONT, "font_size": size, "font_color": INK, "valign": "vcenter", **more}
