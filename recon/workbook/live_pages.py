"""Report pages brought into the open workbook: Excel copies their sheets out of a workbook that was drawn for that.

A sheet that is there already keeps its place, so that formulas of people which point to it stay: its cells are taken
off and filled anew, and its charts are shown where their rows are now. A chart that somebody took away stays away.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from recon.workbook.columns import letters
from recon.workbook.graft import free_name
from recon.workbook.pages import MARK, Block, Page, Placed, draw, quoted
from recon.workbook.patience import patiently

_PREFIX: Final = "recon-reports-"


def put(book: Any, pages: Sequence[Page]) -> tuple[str, ...]:
    """Put pages onto their sheets in an open workbook; the sheets' names in it.

    The drawn workbook has a name of its own, since Excel opens no two of one name, and is closed again unsaved.
    """
    active = patiently(lambda: book.sheets.active)
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        path = Path(folder) / f"{Path(folder).name}.xlsx"
        path.write_bytes(draw(pages))
        drawn = patiently(
            lambda: book.app.books.open(str(path), update_links=False, read_only=True, add_to_mru=False)
        )
        try:
            names = tuple(_page(book, drawn, page) for page in pages)
        finally:
            patiently(drawn.close)
    patiently(active.activate)  # where the person was
    return names


def _page(book: Any, drawn: Any, page: Page) -> str:
    source = next(sheet for sheet in patiently(lambda: list(drawn.sheets)) if sheet.name == page.name)
    there = _standing(book, page)
    if there is not None:
        _refill(there, source, page)
        return str(there.name)
    sheets = patiently(lambda: list(book.sheets))
    name = free_name(page.name, {str(sheet.name).lower() for sheet in sheets})
    patiently(lambda: source.copy(after=sheets[-1], name=name))
    mark = f"={quoted(name)}!$A$1"
    if page.mark in book.names:  # of a sheet that was deleted
        patiently(lambda: setattr(book.names[page.mark], "refers_to", mark))
    else:
        patiently(lambda: book.names.add(page.mark, mark))
    return name


def _standing(book: Any, page: Page) -> Any:
    """The sheet that the page's mark stands for; None if there is none, or not any more."""
    if page.mark not in book.names or "#REF!" in str(patiently(lambda: book.names[page.mark].refers_to)):
        return None
    return patiently(lambda: book.names[page.mark].refers_to_range.sheet)


def _refill(sheet: Any, source: Any, page: Page) -> None:
    """A page's cells into a sheet that is there, with their looks, widths and heights."""
    for chart in patiently(lambda: list(source.charts)):
        patiently(chart.delete)  # copied with the cells, it would show the drawn workbook for ever
    patiently(sheet.clear)
    patiently(lambda: source.cells.copy(sheet.cells))
    placed = {one.name: one for one in page.charts}
    for chart in patiently(lambda: list(sheet.charts)):
        if chart.name in placed:
            _show(sheet, chart, page.blocks[placed[chart.name].block], placed[chart.name])
        elif str(chart.name).startswith(MARK):
            patiently(chart.delete)


def _show(sheet: Any, chart: Any, block: Block, place: Placed) -> None:
    """Let a chart show its block's rows as they are now, from where it stands now."""
    spec = block.chart
    assert spec is not None
    columns = [spec.category, spec.value, *([] if spec.line is None else [spec.line])]
    last = place.header + 1 + place.rows
    area = ",".join(f"{letters(at)}{place.header + 1}:{letters(at)}{last}" for at in columns)
    patiently(lambda: chart.set_source_data(sheet.range(area)))
    corner = sheet.range((place.row + 1, place.column + 1))
    patiently(lambda: setattr(chart, "top", corner.top))
