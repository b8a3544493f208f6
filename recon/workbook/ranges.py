"""What hangs on cells of a table by their place (drop-downs, colours, links) follows the rows. Text to text.

A range over all rows of the body stays one over all rows. Any other moves with its rows, as a user's single cell
does. What is on a row that went away goes with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from recon.workbook import formulas, grid
from recon.workbook.columns import letters
from recon.workbook.package import BrokenError

_FORMATS: Final = re.compile(
    r"<(?:\w+:)?conditionalFormatting\b.*?</(?:\w+:)?conditionalFormatting>", re.DOTALL
)
_VALIDATION: Final = re.compile(
    r"<(?:\w+:)?dataValidation\b(?:[^>]*/>|.*?</(?:\w+:)?dataValidation>)", re.DOTALL
)
_VALIDATIONS: Final = re.compile(
    r"(<(?:\w+:)?dataValidations\b[^>]*>)(.*?)(</(?:\w+:)?dataValidations>)", re.DOTALL
)
_IGNORED: Final = re.compile(r"<ignoredError\b[^>]*/>")
_LINK: Final = re.compile(r"<hyperlink\b[^>]*?(?:/>|>.*?</hyperlink>)", re.DOTALL)
_SPARK: Final = re.compile(r"<x14:sparkline>.*?</x14:sparkline>", re.DOTALL)
_SQREF: Final = re.compile(r'(?:(?<=\bsqref=")[^"]*(?=")|(?<=<xm:sqref>)[^<]*(?=</xm:sqref>))')
_FORMULA: Final = re.compile(r"(<(?:formula\d?|xm:f)>)([^<]+)(</(?:formula\d?|xm:f)>)")
_REFERENCE: Final = re.compile(r'(\bref=")([^"]*)(")')
_EMPTY: Final = tuple(
    re.compile(pattern)
    for pattern in (  # from the inside out
        r"<hyperlinks>\s*</hyperlinks>",
        r"<ignoredErrors>\s*</ignoredErrors>",
        r"<x14:sparklines>\s*</x14:sparklines>",
        r"<x14:sparklineGroup\b[^>]*>(?:(?!<x14:sparkline).)*</x14:sparklineGroup>",
        r"<x14:sparklineGroups\b[^>]*>\s*</x14:sparklineGroups>",
        r"<x14:conditionalFormattings\b[^>]*>\s*</x14:conditionalFormattings>",
        r"<ext\b[^>]*>\s*</ext>",
        r"<extLst>\s*</extLst>",
    )
)

Area = tuple[int, int, int, int]  # first column from 0, first row from 1, last column, last row


@dataclass
class Moves:
    """Where the rows of a table went.

    Attributes:
        left: the table's first column, from 0; `right`: its last one, those that are added included.
        header: its header's row; `bottom`: the body's last row as it was; `low`: as it shall be.
        row_of: old sheet row -> new sheet row, of the rows that are in both.
        gone: links whose row went, as (cell, the link's element); filled while moving.
    """

    left: int
    right: int
    header: int
    bottom: int
    low: int
    row_of: Mapping[int, int]
    gone: list[tuple[str, str]] = field(default_factory=list)

    def moved(self, area: Area) -> list[Area]:
        """The areas that an area becomes."""
        first, top, last, low = area
        if not (self.left <= first and last <= self.right and self.header < top and low <= self.bottom):
            return [area]
        if (top, low) == (self.header + 1, self.bottom):
            return [(first, top, last, self.low)]
        made: list[Area] = []
        for row in sorted(self.row_of[row] for row in range(top, low + 1) if row in self.row_of):
            if made and made[-1][3] == row - 1:
                made[-1] = (first, made[-1][1], last, row)
            else:
                made.append((first, row, last, row))
        return made


def follow(tail: str, moves: Moves) -> str:
    """What stands behind a sheet's cells, with every range at its rows' new place."""
    made = tail
    for pattern in (_FORMATS, _VALIDATION, _IGNORED):
        made = pattern.sub(lambda found: _rule(found.group(), moves), made)
    made = _SPARK.sub(lambda found: _spark(found.group(), moves), made)
    made = _LINK.sub(lambda found: _link(found.group(), moves), made)
    if made == tail:
        return tail
    made = _VALIDATIONS.sub(_counted, made)
    for empty in _EMPTY:
        made = empty.sub("", made)
    return made


def _rule(block: str, moves: Moves) -> str:
    """A conditional format or a validation at its new place; none if all its rows went.

    One whose formula names cells from where it stands becomes one for each area, so that each says what it said.
    """
    found = _SQREF.search(block)
    if found is None:
        return block
    parted = _parted(found.group(), moves)
    if all(area is None or new == [area] for area, new in parted):
        return block
    areas = [one for _, new in parted for one in new]
    if not areas:
        return ""
    base = next(area for area, _ in parted if area is not None)
    together = _listed(parted, found.group())
    if all(_read_from(block, base, area) == block for area in areas):
        return _SQREF.sub(together, block)
    if not block.startswith(
        ("<conditional", "<data")
    ):  # of the extension: its rules have names, which are unique
        return _SQREF.sub(together, _read_from(block, base, areas[0]))
    return "".join(_SQREF.sub(_name(area), _read_from(block, base, area)) for area in areas)


def _read_from(block: str, old: Area, new: Area) -> str:
    """A rule whose formulas name cells as from the first cell of an area, as they read from another one's."""
    source, target = _place(old[0], old[1]), _place(new[0], new[1])

    def each(found: re.Match[str]) -> str:
        plain = formulas.plain(found.group(2))
        told = formulas.translated(plain, source, target)
        return found.group() if told == plain else found.group(1) + formulas.xml(told) + found.group(3)

    return _FORMULA.sub(each, block)


def _spark(spark: str, moves: Moves) -> str:
    """A sparkline at its cell's new place, none if its row went; one that shows its own row shows it there."""
    place = _SQREF.search(spark)
    if place is None:
        return spark
    rows = {row for _, shown, _ in _FORMULA.findall(spark) for row in re.findall(r"[A-Z]\$?(\d+)", shown)}
    if rows == set(re.findall(r"\d+", place.group())):
        return _rule(spark, moves)
    parted = _parted(place.group(), moves)
    gone = not any(new for _, new in parted) and all(area is not None for area, _ in parted)
    return "" if gone else _SQREF.sub(_listed(parted, place.group()), spark)


def _link(link: str, moves: Moves) -> str:
    """A link at its cell's new place; none if the row went."""
    found = _REFERENCE.search(link)
    if found is None:
        return link
    parted = _parted(found.group(2), moves)
    if any(area is None for area, _ in parted):
        return link
    areas = [one for _, new in parted for one in new]
    if not areas:
        moves.gone.append((found.group(2), link))
        return ""
    return "".join(_REFERENCE.sub(rf"\g<1>{_name(area)}\g<3>", link, count=1) for area in areas)


def _parted(references: str, moves: Moves) -> list[tuple[Area | None, list[Area]]]:
    """Each area of a list with what it becomes; whole columns and rows (None) are left as they are."""
    parted: list[tuple[Area | None, list[Area]]] = []
    for reference in references.split():
        try:
            area = grid.area(reference)
        except BrokenError:
            parted.append((None, []))
            continue
        parted.append((area, moves.moved(area)))
    return parted


def _listed(parted: list[tuple[Area | None, list[Area]]], references: str) -> str:
    told: list[str] = []
    for (area, new), reference in zip(parted, references.split(), strict=True):
        told += [reference] if area is None else [_name(one) for one in new]
    return " ".join(told)


def _name(area: Area) -> str:
    first, top, last, low = area
    start, end = _place(first, top), _place(last, low)
    return start if start == end else f"{start}:{end}"


def _place(column: int, row: int) -> str:
    return f"{letters(column)}{row}"


def _counted(found: re.Match[str]) -> str:
    """A list of validations with their number; none if it became empty."""
    number = len(_VALIDATION.findall(found.group(2)))
    if not number:
        return ""
    return re.sub(r'\bcount="\d+"', f'count="{number}"', found.group(1)) + found.group(2) + found.group(3)
