"""One table's sheet written anew: our values in, the user's columns, order, widths and colours as they were.

What shall stand there is planned and checked first; the sheet's part is then made some rows at a time while the
workbook is packed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl
from lxml import etree

from recon.problems import Problem
from recon.workbook import assemble, carry, grid, guard, ours, slices
from recon.workbook.assemble import Body, Shape
from recon.workbook.carry import Carried, Standing
from recon.workbook.columns import Kind, Sheet, letters
from recon.workbook.container import Pieces
from recon.workbook.filters import Filter
from recon.workbook.lost import Text
from recon.workbook.package import Element, serialise, tag
from recon.workbook.ranges import Moves, follow
from recon.workbook.standing import Old, Scanned


class OccupiedError(Exception):
    """The table would grow over cells that are not ours; says which."""


@dataclass(frozen=True)
class New:
    """A sheet as it shall be.

    Attributes:
        sheet: its part, piece by piece.
        table: the table's part.
        record: what is to be written down of its columns (ours.record).
        formulas_moved: whether formula cells may stand elsewhere now.
        problems: what can't stay as it was; `lost`: texts of the user's that have no row any more.
        moves: where the rows went.
    """

    sheet: Pieces
    table: bytes
    record: str
    formulas_moved: bool
    problems: tuple[Problem, ...]
    lost: list[Text]
    moves: Moves


def rewrite(
    old: Old, frame: pl.DataFrame, sheet: Sheet, *, place: str, dates_from_1904: bool, handed: bool = False
) -> New:
    """Put a frame (by titles) into a table.

    Args:
        old: the table and its sheet.
        frame: the rows.
        sheet: which table it is.
        place: the name of its sheet.
        dates_from_1904: how the workbook counts days.
        handed: the typed decisions were read; their reader answers for them.

    Raises:
        OccupiedError: cells of the user's stand where the table has to grow.
        ReconError: the sheet has fewer rows than that, or headings that are needed are gone.
    """
    renamed = ours.check(old.headings, sheet, place)
    frame = ours.named(frame, old.headings, sheet)
    added = [title for title in frame.columns if title not in old.where]
    if old.header + max(frame.height, 1) + old.totals > grid.ROWS_MAX:
        raise guard.too_long(sheet.name, frame.height)
    if frame.is_empty():  # a table has at least one row
        frame = pl.DataFrame({title: pl.Series([None], dtype=dtype) for title, dtype in frame.schema.items()})
    shape = Shape(added, old.right + len(added), old.header + frame.height)
    found = old.scan(frame.columns)
    _free_cells(old, found, shape)
    own = old.headings.own(sheet)
    standing = Standing(found.cells, found.looks, old.where, own, old.shared)
    carried = Carried(standing, frame, sheet, handed=handed)
    rows = {row: old.header + 1 + at for row, at in carried.row_of.items()}
    moves = Moves(old.left, shape.right, old.header, old.bottom, shape.bottom, rows)
    tail = follow(found.tail, moves)
    epoch = grid.EPOCH_1904 if dates_from_1904 else grid.EPOCH
    shown = Filter(old.table, old.titles, sheet, _of_formulas(old, found), epoch)
    problems = shown.taken_off(place, is_sorted=old.table.find(tag("sortState")) is not None)
    hidden = set() if shown.active else {rows[row] for row in found.hidden if row in rows}
    given = [title for title in frame.columns if title not in sheet.by_title]
    known = old.headings.added | {ours.digest(title) for title in given}
    table = _table_part(old, shape, keep_filter=shown.kept)
    found = replace(found, cells=found.cells.clear(), looks=found.looks.clear())  # they are in `carried`
    writer = _Writer(old, found, frame, sheet, shape, carried, shown, hidden, dates_from_1904=dates_from_1904)
    return New(
        lambda: assemble.pieces(old, found, shape, writer.bodies(), tail),
        table,
        ours.record(known) if known else "",
        found.formulas,
        (*renamed, *problems, *carried.problems),
        carried.lost,
        moves,
    )


@dataclass(frozen=True)
class _Writer:
    """What is needed to make the rows of a new body."""

    old: Old
    found: Scanned
    frame: pl.DataFrame
    sheet: Sheet
    shape: Shape
    carried: Carried
    shown: Filter
    hidden: set[int]  # new sheet rows that the user has hidden

    dates_from_1904: bool

    def bodies(self) -> Iterator[Body]:
        """The rows, some at a time."""
        for first in range(0, self.frame.height, slices.ROWS):
            yield self._body(self.frame.slice(first, slices.ROWS), first)

    def _body(self, part: pl.DataFrame, first: int) -> Body:
        start = self.old.header + 1 + first
        numbers = pl.int_range(start, start + part.height, eager=True, dtype=pl.Int64)
        made = [
            self._column(title, letters(self.old.left + at), part, first, numbers)
            for at, title in enumerate([*self.old.titles, *self.shape.added])
        ]
        cells = pl.DataFrame(made).select(pl.concat_str(pl.all())).to_series()
        heights = assemble.heights(self.found.head, self.old, part, self.sheet)
        if self.shown.columns:
            hidden = self.shown.hidden({at: self._texts(made[at], numbers) for at in self.shown.columns})
        else:
            hidden = [number in self.hidden for number in numbers] if self.hidden else [False] * part.height
        return Body(cells, heights, hidden)

    def _column(
        self, title: str, place: str, part: pl.DataFrame, first: int, numbers: pl.Series
    ) -> pl.Series:
        if title not in part.columns:
            return self.carried.theirs(title, place, first, numbers, _formula(self.old.table, title))
        column = self.sheet.by_title.get(title)
        kind = column.kind if column else Kind.TEXT
        values = grid.inner(part[title], kind, dates_from_1904=self.dates_from_1904)
        typed = bool(column and column.typed)
        return self.carried.written(title, place, values, first, numbers, typed=typed)

    def _texts(self, raw: pl.Series, numbers: pl.Series) -> list[str]:
        """Cells as text."""
        rows = [slices.Row(number, "", cell) for number, cell in zip(numbers, raw, strict=True)]
        return grid.texts(grid.cells(rows), self.old.shared)["value"].to_list()


def _formula(table: Element, title: str) -> str:
    for node in table.iterfind(f"{tag('tableColumns')}/{tag('tableColumn')}"):
        if carry.title(node.get("name", "")) == title:
            formula = node.find(tag("calculatedColumnFormula"))
            return (formula.text or "") if formula is not None else ""
    return ""


def _of_formulas(old: Old, found: Scanned) -> set[str]:
    """The columns that hold formulas."""
    held = found.cells.filter(pl.col("raw").str.contains("<f", literal=True))["column"].unique()
    return {title for title, place in old.where.items() if place in held}


def _free_cells(old: Old, found: Scanned, shape: Shape) -> None:
    """Assert that nothing of the user's stands where the table grows to."""
    lower = shape.bottom + old.totals
    wider = shape.right > old.right
    under = [row for row in found.under if row.number <= lower and "<c" in row.cells]
    header = [row for row in found.top if row.number == old.header] if wider else []
    near = pl.concat([grid.cells(header), grid.cells(under), found.beside if wider else found.beside.clear()])
    filled = near.filter((pl.col("row") <= lower) & pl.col("raw").str.contains("<v|<is|<f"))
    for row, column in filled.select("row", "column").sort("row").iter_rows():
        at = grid.column_number(column)
        below = row > old.last
        if (below and old.left <= at <= shape.right) or (not below and old.right < at <= shape.right):
            raise OccupiedError(f"{column}{row}")


def _table_part(old: Old, shape: Shape, *, keep_filter: bool) -> bytes:
    """The table part: its range, its filter if it can be kept, added columns; a sort order is over."""
    root = old.table
    place = f"{letters(old.left)}{old.header}:{letters(shape.right)}"
    root.set("ref", f"{place}{shape.bottom + old.totals}")
    for node in root.findall(tag("sortState")):
        root.remove(node)
    filters = root.find(tag("autoFilter"))
    if filters is not None:
        filters.set("ref", f"{place}{shape.bottom}")
        for node in list(filters):
            if node.tag != tag("filterColumn") or (len(node) and not keep_filter):
                filters.remove(node)
    columns = root.find(tag("tableColumns"))
    assert columns is not None
    number = max(int(node.get("id", "0")) for node in columns)
    for title in shape.added:
        number += 1
        etree.SubElement(columns, tag("tableColumn"), id=str(number), name=carry.attribute(title))
    columns.set("count", str(len(columns)))
    return serialise(root)
