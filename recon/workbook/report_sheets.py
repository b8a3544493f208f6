"""Report pages brought into a closed workbook: each one's sheet is replaced as a whole, or added at the end.

A hidden name says which sheet is which page, so that a sheet of that name which is a person's own stays theirs, and
one that was renamed is found. Formulas that point to a report sheet keep their words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from recon.problems import Problem
from recon.workbook import blocks, standing
from recon.workbook.graft import Graft
from recon.workbook.package import Package, SheetPart
from recon.workbook.pages import Page, draw, quoted

_OURS: Final = ("drawing", "printerSettings")  # what a sheet of ours relates to
CODE: Final = "report-rewritten"
HINT: Final = "take it out of the backup of the workbook, and keep it on a sheet of your own"


def put(package: Package, pages: Sequence[Page]) -> tuple[list[str], list[Problem]]:
    """Put pages among the package's edits.

    Returns the names of their sheets in this workbook, and a problem for each sheet on which somebody had put what
    could not stay (notes, tables, pivots).
    """
    drawn = Package(draw(pages))
    there = {page.name: found for page in pages if (found := _standing(package, page)) is not None}
    new = [page.name for page in pages if page.name not in there]
    graft = Graft(package, drawn, new, {name: sheet.name for name, sheet in there.items()})
    problems = []
    for sheet in drawn.sheets():
        if sheet.name not in there:
            graft.add(sheet)
            continue
        old = there[sheet.name]
        added = sorted({one.type for one in package.relations(old.path)} - {*_OURS, ""})
        if added:
            what = (
                f"the report was written anew; what had been added to its sheet is gone ({', '.join(added)})"
            )
            problems.append(Problem(CODE, old.name, what, HINT))
        graft.replace(sheet, old, standing.code_name(package.pieces(old.path)))
    graft.finish()
    names = [graft.name_of(page.name) for page in pages]
    for page, name in zip(pages, names, strict=True):
        package.set_name(page.mark, f"{quoted(name)}!$A$1")
    return names, problems


def _standing(package: Package, page: Page) -> SheetPart | None:
    """The sheet that the page's mark stands for; None if there is none, or not any more."""
    found = blocks.target(package.defined_names().get(page.mark, ""))
    if found is None:
        return None
    return next((sheet for sheet in package.sheets() if sheet.name == found[0]), None)
