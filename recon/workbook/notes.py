"""What a user has hung on cells of a table and the file keeps elsewhere: notes, comments, where links lead to."""

from __future__ import annotations

import re

from recon.problems import Problem
from recon.workbook import grid
from recon.workbook.lost import Text
from recon.workbook.package import Package, parse, relations_path
from recon.workbook.ranges import Moves

_COMMENTS = frozenset({"comments", "threadedComment"})
HINT = "Cut it from its cell and paste it where it belongs; the next run leaves it there."


def displaced(package: Package, path: str, place: str, moves: Moves) -> list[Problem]:
    """A problem for each note or comment on a cell of the table whose row is elsewhere now, or went."""
    cells: set[str] = set()
    for relation in package.relations(path):
        if relation.type in _COMMENTS and relation.target in package.names:
            cells |= {
                str(node.get("ref"))
                for node in parse(package.read(relation.target)).iter()
                if node.get("ref")
            }
    problems = []
    for cell in sorted(cells, key=lambda one: (grid.area(one)[1], grid.area(one)[0])):
        column, row, _, _ = grid.area(cell)
        inside = moves.left <= column <= moves.right and moves.header < row <= moves.bottom
        now = moves.row_of.get(row)
        if not inside or now == row:
            continue
        where = "went away" if now is None else f"is row {now} now"
        what = f"a note of yours stays on this cell, and the row that it was written for {where}"
        problems.append(Problem("own-displaced", f"{place}!{cell}", what, HINT))
    return problems


def links(package: Package, path: str, sheet: str, moves: Moves) -> list[Text]:
    """Where the links led to whose rows went."""
    if not moves.gone:
        return []
    name = relations_path(path)
    nodes = parse(package.read(name)) if name in package.names else ()
    targets = {node.get("Id", ""): node.get("Target", "") for node in nodes}
    told = []
    for cell, link in moves.gone:
        ids = re.findall(r'\b\w+:id="([^"]*)"', link)
        inside = re.search(r'\blocation="([^"]*)"', link)
        target = targets.get(ids[0], "") if ids else ""
        place = f"{target}#{inside.group(1)}" if inside else target
        told.append(Text(sheet, grid.area(cell)[1], "", f"link on {cell}", place))
    return told
