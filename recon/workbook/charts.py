"""Charts of report sheets: over the plain rows of a block, in few colours, with the sheet's font."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from recon.workbook import look
from recon.workbook.columns import Kind, letters

if TYPE_CHECKING:
    from recon.workbook.pages import Block, Drawing, Placed

_UNIT: Final = re.compile(r"\n[A-Z]{3}$")  # of a heading; the chart's title has it
_SERIES: Final = (look.TEAL, look.AMBER, look.NAVY, look.RED, look.GREY, look.SILVER)
# From what is not due to what is oldest.
_STACKED: Final = (look.TEAL, "#8FBFB5", "#E9D8A6", look.AMBER, "#C97B4A", look.RED, look.GREY, look.SILVER)
_TYPES: Final = {
    "columns": {"type": "column"},
    "stacked": {"type": "column", "subtype": "stacked"},
    "bars": {"type": "bar"},
    "lines": {"type": "line"},
}


def draw(book: Any, sheet: Any, block: Block, name: str, place: Placed) -> None:
    """Put a block's chart onto its sheet.

    Args:
        book: the workbook that is drawn.
        sheet: its sheet.
        block: whose rows it shows.
        name: the sheet's name, as formulas have it.
        place: where it stands, and how many rows it shows.
    """
    spec = block.chart
    assert spec is not None
    assert not any(block.ranks[: place.rows]), "the plain rows come first"

    def cells(at: int) -> str:
        first, last = place.header + 2, place.header + 1 + place.rows
        return f"={name}!${letters(at)}${first}:${letters(at)}${last}"

    chart = book.add_chart(_TYPES[spec.look] | {"name": place.name})
    values = [spec.value, *spec.more]
    colours = _STACKED if spec.look == "stacked" else _SERIES
    for number, at in enumerate(values):
        chart.add_series(
            _series(spec, block.heads[at].title, cells(spec.category), cells(at), colours[number % 6])
        )
    if spec.line is not None:
        chart.combine(_share(book, block.heads[spec.line].title, cells(spec.category), cells(spec.line)))
    several = len(values) > 1 or spec.line is not None
    _frame(chart, spec, several=several, days=block.heads[spec.category].kind is Kind.DATE)
    chart.set_size({"width": place.width, "height": place.height})
    options = {"object_position": 1, "x_offset": place.off, "description": spec.title}
    sheet.insert_chart(place.row, place.column, chart, options)


def _series(spec: Drawing, title: str, categories: str, values: str, colour: str) -> dict[str, Any]:
    """One value by category."""
    made: dict[str, Any] = {
        "name": _UNIT.sub("", title).replace("\n", " "),
        "categories": categories,
        "values": values,
    }
    if spec.look == "lines":
        mark = {"type": "circle", "size": 5, "fill": {"color": colour}, "border": {"none": True}}
        return made | {"line": {"color": colour, "width": 2}, "marker": mark}
    made |= {"fill": {"color": colour}, "gap": 50}
    if spec.look != "stacked" and not spec.more:
        made |= {"invert_if_negative": True, "invert_if_negative_color": look.RED}
    if spec.look == "bars":
        made |= {"data_labels": {"value": True, "num_format": "#,##0", "font": font(9)}}
    return made


def _share(book: Any, title: str, categories: str, values: str) -> Any:
    """A line of percentages by the same categories, on an axis of its own."""
    line = book.add_chart({"type": "line"})
    mark = {"type": "circle", "size": 5, "fill": {"color": look.AMBER}, "border": {"none": True}}
    stroke = {"color": look.AMBER, "width": 2}
    line.add_series(
        {
            "name": title,
            "categories": categories,
            "values": values,
            "y2_axis": True,
            "line": stroke,
            "marker": mark,
        }
    )
    line.set_y2_axis({"min": 0, "max": 1, "num_format": "0 %", "num_font": font(9), "line": {"none": True}})
    return line


def _frame(chart: Any, spec: Drawing, *, several: bool, days: bool) -> None:
    """Title, legend where there are several series, axes without clutter; `days`: the categories are days."""
    chart.set_title({"name": spec.title, "name_font": font(11, bold=True), "overlay": False})
    chart.set_legend({"position": "bottom", "font": font(9)} if several else {"none": True})
    grid = {"visible": True, "line": {"color": look.LINE}}
    names: dict[str, Any] = {"num_font": font(9), "label_position": "low", "line": {"color": look.SILVER}}
    if days:
        names |= {"text_axis": True, "num_format": "dd/mm"}
    amounts = {"num_font": font(9), "num_format": "#,##0", "major_gridlines": grid, "line": {"none": True}}
    if spec.look == "bars":
        # Lying, the categories are on the other axis; the values stand at the bars' ends.
        chart.set_x_axis(amounts | {"visible": False, "major_gridlines": {"visible": False}})
        chart.set_y_axis(names | {"reverse": True})
    else:
        chart.set_x_axis(names)
        chart.set_y_axis(amounts)
    chart.set_chartarea({"border": {"color": look.LINE}, "fill": {"color": "#FFFFFF"}})


def font(size: int, *, bold: bool = False) -> dict[str, Any]:
    """Text in a chart."""
    return {"name": look.FONT, "size": size, "bold": bold, "color": look.INK}
