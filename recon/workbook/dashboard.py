"""Dashboard in the template: the five figures, two charts, and the small tables that the charts read."""

from __future__ import annotations

from typing import Any, Final

from recon.workbook import columns, look, named
from recon.workbook.columns import Column
from recon.workbook.named import BLOCKS, Block

_LEFT: Final = 1  # sheet column of everything's left edge, from 0
_WIDE: Final = 11  # sheet columns
_GAP: Final = 4  # the narrow one between the halves, counted from the left edge
_TILE_ROW, _CHART_ROW, _TABLE_ROW = 3, 6, 25  # from 0
_RIGHT: Final = _LEFT + _GAP + 1  # sheet column of the right half
_TOTAL_ROW: Final = _TABLE_ROW + BLOCKS["recon_codes"].height + 3


def draw(book: Any, sheet: Any) -> None:
    """Draw the sheet and name its cells."""
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 2)
    sheet.set_column(_LEFT, _LEFT + _WIDE - 1, 14)
    sheet.set_column(_LEFT + _GAP, _LEFT + _GAP, 2)
    sheet.set_row(0, 34)
    sheet.write_string(0, _LEFT, "Dashboard", book.add_format(look.text(22, bold=True, font_color=look.NAVY)))
    sheet.write_blank(1, _LEFT, None, book.add_format(look.text(11, font_color=look.GREY, num_format="@")))
    _name(book, BLOCKS["recon_as_of"], 1, _LEFT)
    _tiles(book, sheet)
    _small_table(book, sheet, "recon_outcomes", "Lines by outcome", row=_TABLE_ROW, left=_LEFT, wide=_GAP)
    codes = "Unexplained value by exception code"
    _small_table(book, sheet, "recon_codes", codes, row=_TABLE_ROW, left=_RIGHT, wide=_WIDE - _GAP - 1)
    _name(book, BLOCKS["recon_codes_title"], _TABLE_ROW - 1, _RIGHT)
    _small_table(
        book,
        sheet,
        "recon_totals",
        "Control totals by currency, as proposed",
        row=_TOTAL_ROW,
        left=_LEFT,
        wide=_WIDE,
    )
    sheet.insert_chart(_CHART_ROW, _LEFT, _outcomes(book), {"object_position": 1})
    sheet.insert_chart(_CHART_ROW, _RIGHT, _codes(book), {"object_position": 1})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)


def _tiles(book: Any, sheet: Any) -> None:
    """Five figures, each over two columns."""
    block = BLOCKS["recon_tiles"]
    sheet.set_row(_TILE_ROW, 20)
    sheet.set_row(_TILE_ROW + 1, 40)
    for number, column in enumerate(block.columns):
        at = _LEFT + block.steps[number]
        edge = {"left": 5, "left_color": (look.GREY, look.TEAL, look.AMBER, look.RED, look.RED)[number]}
        label = look.text(10, font_color=look.GREY, bg_color=look.PAPER, indent=1, **edge)
        figure = look.text(20, bold=True, bg_color=look.PAPER, align="left", indent=1, **edge)
        figure["num_format"] = look.NUMBER_FORMATS[column.kind]
        sheet.merge_range(_TILE_ROW, at, _TILE_ROW, at + 1, column.title, book.add_format(label))
        sheet.merge_range(_TILE_ROW + 1, at, _TILE_ROW + 1, at + 1, "", book.add_format(figure))
    last = _LEFT + _WIDE - 1
    _name(book, block, _TILE_ROW + 1, _LEFT, last)
    _name(book, BLOCKS["recon_unexplained_title"], _TILE_ROW, last - 1)


def _small_table(book: Any, sheet: Any, name: str, title: str, *, row: int, left: int, wide: int) -> None:
    """A heading, a header, and a block of empty cells under its name, over `wide` sheet columns."""
    block = BLOCKS[name]
    sheet.set_row(row - 1, 24)
    sheet.write_string(row - 1, left, title, book.add_format(look.text(12, bold=True, font_color=look.NAVY)))
    sheet.set_row(row, 20)
    for body in range(row + 1, row + 1 + block.height):
        sheet.set_row(body, 17)
    steps = block.steps or tuple(range(len(block.columns)))
    of = dict(zip(steps, block.columns, strict=True))
    for step in range(wide):
        # A column that takes several sheet columns is drawn over all of them.
        column = of.get(step, Column("", ""))
        sheet.write_string(row, left + step, column.title, book.add_format(look.header(column)))
        for body in range(row + 1, row + 1 + block.height):
            sheet.write_blank(body, left + step, None, book.add_format(look.cell(column)))
    last = left + steps[-1]
    book.define_name(name, named.reference(columns.DASHBOARD, row + 1, left, row + block.height, last))


def _outcomes(book: Any) -> Any:
    """Share of lines by outcome."""
    chart = book.add_chart({"type": "doughnut"})
    first, last = _TABLE_ROW + 1, _TABLE_ROW + BLOCKS["recon_outcomes"].height
    chart.add_series(
        {
            "name": "Lines",
            "categories": [columns.DASHBOARD, first, _LEFT, last, _LEFT],
            "values": [columns.DASHBOARD, first, _LEFT + 2, last, _LEFT + 2],
            "points": [
                {"fill": {"color": colour}, "border": {"color": "#FFFFFF"}} for colour in look.OUTCOME_COLOURS
            ],
        }
    )
    chart.set_hole_size(62)
    chart.set_legend({"position": "bottom", "font": _font(10)})
    _frame(chart, "Bank lines by outcome", 412)
    return chart


def _codes(book: Any) -> Any:
    """Unexplained value by exception code, the largest on top."""
    chart = book.add_chart({"type": "bar"})
    first, last = _TABLE_ROW + 1, _TABLE_ROW + BLOCKS["recon_codes"].height
    chart.add_series(
        {
            "name": "Unexplained",
            "categories": [columns.DASHBOARD, first, _RIGHT, last, _RIGHT],
            "values": [columns.DASHBOARD, first, _RIGHT + 2, last, _RIGHT + 2],
            "fill": {"color": look.RED},
            "gap": 60,
            "data_labels": {"value": True, "num_format": "#,##0", "font": _font(9)},
        }
    )
    chart.set_legend({"none": True})
    chart.set_y_axis(
        {"reverse": True, "num_font": _font(10), "line": {"color": look.SILVER}, "major_tick_mark": "none"}
    )
    chart.set_x_axis(
        {"visible": False, "major_gridlines": {"visible": False}, "num_format": "#,##0", "num_font": _font(9)}
    )
    _frame(chart, named.reference(columns.DASHBOARD, _TABLE_ROW - 1, _RIGHT), 618)
    return chart


def _frame(chart: Any, title: str, width: int) -> None:
    chart.set_title({"name": title, "name_font": _font(12, bold=True), "overlay": False})
    chart.set_chartarea({"border": {"color": look.LINE}, "fill": {"color": "#FFFFFF"}})
    chart.set_size({"width": width, "height": 320})


def _font(size: int, *, bold: bool = False) -> dict[str, Any]:
    return {"name": look.FONT, "size": size, "bold": bold, "color": look.INK}


def _name(book: Any, block: Block, row: int, at: int, last: int | None = None) -> None:
    book.define_name(block.name, named.reference(columns.DASHBOARD, row, at, row, last))
