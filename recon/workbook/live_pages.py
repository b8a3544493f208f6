"""Report pages brought into the open workbook: Excel copies their sheets out of a workbook that was drawn for that.

A sheet that is there already keeps its place, so that formulas of people which point to it stay: its cells are taken
off and filled anew, and its charts are shown where their rows are now. A chart that somebody took away stays away.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from recon.problems import Problem
from recon.workbook import areas, blocks
from recon.workbook.added import Marked, marked, outside
from recon.workbook.columns import letters
from recon.workbook.graft import free_name
from recon.workbook.package import Package
from recon.workbook.pages import MARK, Block, Page, Placed, draw, extent, quoted
from recon.workbook.patience import patiently

_BY_COLUMNS: Final = 2  # xlColumns
_PREFIX: Final = "recon-reports-"
_HINT: Final = "close the workbook without saving if you need it, and keep it on a sheet of your own"


def put(book: Any, pages: Sequence[Page]) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Put pages onto their sheets in an open workbook.

    Returns the sheets' names in it, and a problem for each sheet on which somebody had typed what could not stay;
    drawings stay.

    The drawn workbook has a name of its own, since Excel opens no two of one name, and is closed again unsaved.
    """
    active = patiently(lambda: book.sheets.active)
    data = draw(pages)
    package = Package(data)
    ends = {sheet.name: extent(package.read(sheet.path)) for sheet in package.sheets()}
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        path = Path(folder) / f"{Path(folder).name}.xlsx"
        path.write_bytes(data)
        drawn = patiently(
            lambda: book.app.books.open(str(path), update_links=False, read_only=True, add_to_mru=False)
        )
        try:
            made = [_page(book, drawn, page, ends[page.name]) for page in pages]
        finally:
            patiently(drawn.close)
    patiently(active.activate)  # where the person was
    return tuple(name for name, _ in made), tuple(problem for _, told in made for problem in told)


def _page(book: Any, drawn: Any, page: Page, end: str) -> tuple[str, list[Problem]]:
    source = next(sheet for sheet in patiently(lambda: list(drawn.sheets)) if sheet.name == page.name)
    there = _standing(book, page.mark, page)
    if there is not None:
        name, told = str(there[0].name), _typed(*there)
        _refill(there[0], source, page)
        _mark(book, page.mark, f"={quoted(name)}!{end}")
        return name, told
    sheets = patiently(lambda: list(book.sheets))
    name = free_name(page.name, {str(sheet.name).lower() for sheet in sheets})
    patiently(lambda: source.copy(after=sheets[-1], name=name))
    _mark(book, page.mark, f"={quoted(name)}!{end}")
    return name, []


def _mark(book: Any, mark: str, cells: str) -> None:
    """Let a page's mark stand for these cells."""
    if mark in book.names:
        patiently(lambda: setattr(book.names[mark], "refers_to", cells))
    else:
        patiently(lambda: book.names.add(mark, cells))


def _typed(sheet: Any, there: Marked) -> list[Problem]:
    """A problem, where cells are filled that we had not filled."""
    used = patiently(lambda: sheet.used_range)
    values = areas.values(used)
    first, left = used.row, used.column
    places = [
        (first + down, left + over - 1)
        for down, row in enumerate(values)
        for over, value in enumerate(row)
        if value not in (None, "")
    ]
    told = outside(places, there.end)
    if not told:
        return []
    what = f"the report was written anew; what had been added to its sheet is gone ({', '.join(told)})"
    return [Problem("report-rewritten", str(sheet.name), what, _HINT)]


def keys(book: Any) -> list[str]:
    """The keys of the pages that have a mark."""
    names = patiently(lambda: [str(one.name) for one in book.names])
    return [name.removeprefix(MARK) for name in names if name.startswith(MARK)]


def cells(book: Any, key: str, height: int, width: int) -> list[list[Any]]:
    """The first cells of the sheet of a page of that key, row by row; none if there is no such sheet."""
    there = _standing(book, MARK + key)
    return [] if there is None else areas.values(patiently(lambda: there[0].range((1, 1), (height, width))))


def _standing(book: Any, mark: str, page: Page | None = None) -> tuple[Any, Marked] | None:
    """The sheet that a page's mark stands for; None if there is none, not any more, or it begins otherwise."""
    if mark not in book.names:
        return None
    found = blocks.target(str(patiently(lambda: book.names[mark].refers_to)).removeprefix("="))
    there = marked(found[1]) if found else None
    if there is None:
        return None
    sheet = patiently(lambda: book.names[mark].refers_to_range.sheet)
    ((first,),) = areas.values(sheet.range((1, 1), (1, 1)))
    return (sheet, there) if page is None or page.begins(str(first or "")) else None


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
    last = place.header + 1 + place.rows
    area = ",".join(f"{letters(at)}{place.header + 1}:{letters(at)}{last}" for at in spec.columns)
    patiently(lambda: chart.set_source_data(sheet.range(area)))
    if len(spec.columns) > place.rows + 1:  # Excel takes the rows of a wide area for the series
        patiently(lambda: setattr(chart.api[1], "PlotBy", _BY_COLUMNS))
    corner = sheet.range((place.row + 1, place.column + 1))
    patiently(lambda: setattr(chart, "top", corner.top))
