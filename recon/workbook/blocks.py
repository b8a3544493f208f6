"""The few cells of Home and Dashboard that are written by their defined name; small sheets, cell by cell."""

from __future__ import annotations

import re
from typing import Final

import polars as pl
from lxml import etree

from recon.workbook import grid, slices
from recon.workbook.columns import letters
from recon.workbook.named import Block
from recon.workbook.package import MAIN, Element, parse, serialise, tag

_TARGET: Final = re.compile(r"^(?:'((?:[^']|'')+)'|([^'!]+))!(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)$")


def target(reference: str) -> tuple[str, str] | None:
    """What a defined name stands for, as (sheet, cells); None if it stands for anything but cells."""
    found = _TARGET.match(reference)
    if found is None:
        return None
    return (found.group(1) or "").replace("''", "'") or found.group(2), found.group(3)


def write(part: bytes, blocks: list[tuple[Block, str, pl.DataFrame]], *, dates_from_1904: bool) -> bytes:
    """A sheet part with the values of several blocks, each as (block, its cells, its frame by titles).

    Cells keep their look. Rows of a block without data are emptied, and hidden from the row that the block says.
    """
    root = parse(part)
    data = root.find(tag("sheetData"))
    assert data is not None, "every sheet has a cells' section"
    rows = {int(node.get("r", "0")): node for node in data}
    for block, reference, frame in blocks:
        left, top, _, _ = grid.area(reference)
        assert frame.height <= block.height, f"{block.name} has {block.height} rows"
        steps = block.steps or tuple(range(len(block.columns)))
        for number in range(block.height):
            row = rows.get(top + number)
            if row is None:
                row = _add_row(data, rows, top + number)
            if block.shown:
                _hide(row, hidden=number >= max(frame.height, block.shown))
        for step, column in zip(steps, block.columns, strict=True):
            parts = grid.inner(frame[column.title], column.kind, dates_from_1904=dates_from_1904)
            for number in range(block.height):
                kind, inside = parts.row(number) if number < frame.height else ("", "")
                _set(rows[top + number], f"{letters(left + step)}{top + number}", kind, inside)
    return serialise(root)


def read(part: bytes, reference: str, shared: list[str]) -> list[list[str]]:
    """The cells' values as text, row by row."""
    left, top, right, bottom = grid.area(reference)
    _, rows = slices.take_apart([part])
    found = grid.texts(grid.cells([row for row in rows if top <= row.number <= bottom]), shared)
    values = {
        (row, column): value for row, column, value in found.select("row", "column", "value").iter_rows()
    }
    return [
        [values.get((row, letters(at)), "") or "" for at in range(left, right + 1)]
        for row in range(top, bottom + 1)
    ]


def _hide(row: Element, *, hidden: bool) -> None:
    if hidden:
        row.set("hidden", "1")
    else:
        row.attrib.pop("hidden", "")


def _add_row(data: Element, rows: dict[int, Element], number: int) -> Element:
    row = etree.Element(tag("row"), r=str(number))
    before = [at for at, node in enumerate(data) if int(node.get("r", "0")) < number]
    data.insert(before[-1] + 1 if before else 0, row)
    rows[number] = row
    return row


def _set(row: Element, place: str, kind: str, inside: str) -> None:
    """Give a cell its value; its look stays."""
    cell = next((node for node in row if node.get("r") == place), None)
    if cell is None:
        cell = etree.Element(tag("c"), r=place)
        wanted = _column(place)
        before = [at for at, node in enumerate(row) if _column(node.get("r", "A1")) < wanted]
        row.insert(before[-1] + 1 if before else 0, cell)
    for child in list(cell):
        cell.remove(child)
    cell.attrib.pop("t", "")
    if kind:
        cell.set("t", kind.split('"')[1])
    if inside:
        cell.append(_piece(inside))


def _piece(inside: str) -> Element:
    """A piece of a cell as an element of the main namespace."""
    found = parse(f'<c xmlns="{MAIN}">{inside}</c>'.encode())
    return found[0]


def _column(place: str) -> int:
    return grid.column_number(place.rstrip("0123456789"))
