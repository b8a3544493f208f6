"""One table's sheet written anew: our values in, the user's columns, order, widths and colours as they were."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from lxml import etree

from recon.problems import Problem
from recon.workbook import assemble, carry, grid, guard
from recon.workbook.columns import Kind, Sheet, letters
from recon.workbook.package import Element, serialise, tag
from recon.workbook.standing import Old


class OccupiedError(Exception):
    """The table would grow over cells that are not ours; says which."""


@dataclass(frozen=True)
class New:
    """The sheet part and table part as they shall be."""

    sheet: bytes
    table: bytes
    formulas_moved: bool
    problems: tuple[Problem, ...]


def rewrite(old: Old, frame: pl.DataFrame, sheet: Sheet, *, dates_from_1904: bool) -> New:
    """Put a frame (by titles) into a table.

    Raises:
        OccupiedError: cells of the user's stand where the table has to grow.
        ReconError: the sheet has fewer rows than that.
    """
    added = [title for title in frame.columns if title not in old.where]
    height = max(frame.height, 1)  # a table has at least one row
    if old.header + height + old.totals > grid.ROWS_MAX:
        raise guard.too_long(sheet.name, frame.height)
    titles = [*old.titles, *added]
    right = old.right + len(added)
    bottom = old.header + height
    _free_cells(old, right, bottom)
    if frame.is_empty():
        frame = pl.DataFrame({title: pl.Series([None], dtype=dtype) for title, dtype in frame.schema.items()})
    kept = carry.Carried(old.cells, old.where, old.shared, frame, sheet)
    row_numbers = pl.int_range(old.header + 1, bottom + 1, eager=True, dtype=pl.Int64)
    columns: list[pl.Series] = []
    for at, title in enumerate(titles):
        place = letters(old.left + at)
        column = sheet.by_title.get(title)
        kind = column.kind if column else Kind.TEXT
        if title in frame.columns:
            parts = grid.inner(frame[title], kind, dates_from_1904=dates_from_1904)
            made = kept.written(title, place, parts, row_numbers, typed=bool(column and column.typed))
        else:
            made = kept.theirs(title, place, row_numbers, _formula(old.table, title))
        columns.append(made)
    body = pl.DataFrame(columns).select(
        pl.concat_str(pl.all()).alias("cells"), assemble.heights(old, frame, sheet).alias("height")
    )
    text = assemble.sheet_text(old, body, added)
    return New(text.encode(), _table_part(old, right, bottom, added), kept.had_formulas, kept.problems)


def _formula(table: Element, title: str) -> str:
    for node in table.iterfind(f"{tag('tableColumns')}/{tag('tableColumn')}"):
        if carry.title(node.get("name", "")) == title:
            formula = node.find(tag("calculatedColumnFormula"))
            return (formula.text or "") if formula is not None else ""
    return ""


def _free_cells(old: Old, right: int, bottom: int) -> None:
    """Assert that nothing of the user's stands where the table grows to."""
    last = old.bottom + old.totals
    lower = bottom + old.totals
    for row in old.text.rows:
        below = last < row.number <= lower
        beside = right > old.right and old.header <= row.number <= lower
        if not (below or beside) or "<c" not in row.cells:
            continue
        found = grid.cells([row]).filter(pl.col("raw").str.contains("<v|<is|<f"))
        for column in found["column"]:
            at = grid.column_number(column)
            if (below and old.left <= at <= right) or (beside and old.right < at <= right):
                raise OccupiedError(f"{column}{row.number}")


def _table_part(old: Old, right: int, bottom: int, added: list[str]) -> bytes:
    """The table part: its range, its filter without criteria (no row of the new ones is hidden), added columns."""
    root = old.table
    place = f"{letters(old.left)}{old.header}:{letters(right)}"
    root.set("ref", f"{place}{bottom + old.totals}")
    for node in root.findall(tag("sortState")):
        root.remove(node)
    filters = root.find(tag("autoFilter"))
    if filters is not None:
        filters.set("ref", f"{place}{bottom}")
        for node in list(filters):
            filters.remove(node)
    columns = root.find(tag("tableColumns"))
    assert columns is not None
    number = max(int(node.get("id", "0")) for node in columns)
    for title in added:
        number += 1
        etree.SubElement(columns, tag("tableColumn"), id=str(number), name=carry.attribute(title))
    columns.set("count", str(len(columns)))
    return serialise(root)
