"""What a person put on a report sheet outside the cells that we had filled: the sheet is written anew as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from recon.workbook import grid
from recon.workbook.columns import letters

Place = tuple[int, int]  # row and column, as grid.area counts them

_TOLD_MAX: Final = 5  # cells that are named; more are counted


@dataclass(frozen=True)
class Marked:
    """What a page's mark says of its sheet: the last cell that was filled, None if it doesn't say."""

    end: Place | None


def marked(cells: str) -> Marked | None:
    """What the cells of a mark say (`$A$1:$H$40`); None if they were moved, so that they say nothing of a sheet."""
    bare = cells.replace("$", "")
    if bare == "A1":
        return Marked(None)
    if not bare.startswith("A1:"):
        return None
    _, _, right, bottom = grid.area(bare)
    return Marked((bottom, right))


def outside(places: Iterable[Place], end: Place | None) -> list[str]:
    """Filled cells that are not ours, in words: nothing, or `cells J60, K2 and 3 more`."""
    if end is None:
        return []
    found = sorted(place for place in places if place[0] > end[0] or place[1] > end[1])
    if not found:
        return []
    names = [f"{letters(column)}{row}" for row, column in found[:_TOLD_MAX]]
    more = f" and {len(found) - _TOLD_MAX:,} more" if len(found) > _TOLD_MAX else ""
    return [f"{'cell' if len(found) == 1 else 'cells'} {', '.join(names)}{more}"]
