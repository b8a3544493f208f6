"""Report pages brought into a closed workbook: each one's sheet is replaced as a whole, or added at the end.

A hidden name says which sheet is which page and how far it was filled, so that a sheet of that name which is a
person's own stays theirs, one that was renamed is found, and what was typed beside is told. The name alone is not
believed, since it goes where its cells are dragged: the sheet must begin with the page's title. Formulas that point
to a report sheet keep their words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from recon.problems import Problem
from recon.workbook import added, blocks, grid, slices, standing
from recon.workbook.columns import letters
from recon.workbook.graft import Graft
from recon.workbook.package import Package, SheetPart, parse
from recon.workbook.pages import MARK, Page, draw, extent, quoted

_OURS: Final = ("drawing", "printerSettings")  # what a sheet of ours relates to
_NAMED: Final = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}cNvPr"
CODE: Final = "report-rewritten"
HINT: Final = "take it out of the backup of the workbook, and keep it on a sheet of your own"


@dataclass(frozen=True)
class _There:
    """A page's sheet as it stands: where it ends as we filled it (None: not known), and its cells."""

    sheet: SheetPart
    end: added.Place | None
    cells: pl.DataFrame


def put(package: Package, pages: Sequence[Page], shared: list[str]) -> tuple[list[str], list[Problem]]:
    """Put pages among the package's edits; `shared` are the workbook's shared strings.

    Returns the names of their sheets in this workbook, and a problem for each sheet on which somebody had put what
    could not stay (cells, drawings, notes, tables, pivots).
    """
    drawn = Package(draw(pages))
    there = {page.name: found for page in pages if (found := _standing(package, page, shared)) is not None}
    new = [page.name for page in pages if page.name not in there]
    graft = Graft(package, drawn, new, {name: one.sheet.name for name, one in there.items()})
    ends = {}
    problems = []
    for sheet in drawn.sheets():
        ends[sheet.name] = extent(drawn.read(sheet.path))
        if sheet.name not in there:
            graft.add(sheet)
            continue
        old = there[sheet.name].sheet
        told = _added(package, there[sheet.name])
        if told:
            what = (
                f"the report was written anew; what had been added to its sheet is gone ({', '.join(told)})"
            )
            problems.append(Problem(CODE, old.name, what, HINT))
        graft.replace(sheet, old, standing.code_name(package.pieces(old.path)))
    graft.finish()
    names = [graft.name_of(page.name) for page in pages]
    for page, name in zip(pages, names, strict=True):
        package.set_name(page.mark, f"{quoted(name)}!{ends[page.name]}")
    return names, problems


def keys(package: Package) -> list[str]:
    """The keys of the pages that have a mark."""
    return [name.removeprefix(MARK) for name in package.defined_names() if name.startswith(MARK)]


def cells(package: Package, key: str, height: int, width: int, shared: list[str]) -> list[list[str]]:
    """The first cells of the sheet of a page of that key, row by row, as text; none if there is no such sheet."""
    found = blocks.target(package.defined_names().get(MARK + key, ""))
    if found is None or added.marked(found[1]) is None:
        return []
    sheet = next((one for one in package.sheets() if one.name == found[0]), None)
    if sheet is None:
        return []
    return blocks.read(package.read(sheet.path), f"A1:{letters(width - 1)}{height}", shared)


def _standing(package: Package, page: Page, shared: list[str]) -> _There | None:
    """The sheet that the page's mark stands for; None if there is none, not any more, or it is another's."""
    found = blocks.target(package.defined_names().get(page.mark, ""))
    if found is None or (marked := added.marked(found[1])) is None:
        return None
    sheet = next((sheet for sheet in package.sheets() if sheet.name == found[0]), None)
    if sheet is None:
        return None
    _, rows = slices.take_apart(package.pieces(sheet.path))
    cells = grid.texts(grid.cells(rows), shared).filter(pl.col("value").fill_null("") != "")
    first = cells.filter((pl.col("row") == 1) & (pl.col("column") == "A"))["value"].to_list()
    if not first or not page.begins(first[0]):
        return None
    return _There(sheet, marked.end, cells)


def _added(package: Package, there: _There) -> list[str]:
    """What a person had put on a sheet of ours, in a few words each; no words of theirs."""
    places = [
        (row, grid.column_number(column)) for row, column in there.cells.select("row", "column").iter_rows()
    ]
    told = added.outside(places, there.end)
    relations = package.relations(there.sheet.path)
    drawings = [one.target for one in relations if one.type == "drawing" and one.target in package.names]
    shapes = sum(
        not any(node.get("name", "").startswith(MARK) for node in anchor.iter(_NAMED))
        for part in drawings
        for anchor in parse(package.read(part))
    )
    if shapes:
        told.append("1 drawing" if shapes == 1 else f"{shapes:,} drawings")
    return [*told, *sorted({one.type for one in relations} - {*_OURS, ""})]
