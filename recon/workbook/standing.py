"""A table of ours as it stands in a workbook on disk; its sheet is read some rows at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from recon.workbook import carry, grid, ours
from recon.workbook.columns import Sheet, letters
from recon.workbook.package import BrokenError, Element, tag
from recon.workbook.slices import Row, SheetText

_FILLED: Final = "<v|<is|<f"
_HIDDEN: Final = re.compile(r'\bhidden="(?:1|true)"')
_CELLS: Final = pl.Schema(
    {
        "row": pl.Int64(),
        "column": pl.String(),
        "style": pl.String(),
        "type": pl.String(),
        "raw": pl.String(),
    }
)
_LOOKS: Final = carry.runs(pl.DataFrame(schema=_CELLS)).schema


@dataclass
class Scanned:
    """A sheet with what is needed to write its table anew.

    Attributes:
        head, tail: the part before and behind its cells.
        top: the rows down to the table's header, `under`: those below the table.
        cells, looks: of the table's body, as carry.Standing takes them.
        beside: row, raw: cells left and right of the table in its rows.
        totals: the cells of the totals row, as text.
        hidden: rows of the body that are hidden.
        formulas: whether the body has any.
    """

    head: str = ""
    tail: str = ""
    top: list[Row] = field(default_factory=list)
    under: list[Row] = field(default_factory=list)
    cells: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_CELLS))
    looks: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_LOOKS))
    beside: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_CELLS))
    totals: list[str] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    formulas: bool = False


@dataclass
class Old:
    """A table and its sheet as they stand now.

    Attributes:
        table: the table's part.
        pieces: gives the sheet's part, each time from the start.
        shared: the workbook's shared strings.
        sheet: which of our tables it is.
        record: what is written down of its columns (ours.record).
        left, right: its first and last sheet column, from 0; `header`: its header's row, from 1; `bottom`: the
            body's last row, above a totals row; `totals`: rows of totals, 0 or 1.
    """

    table: Element
    pieces: Callable[[], Iterable[bytes]]
    shared: list[str]
    sheet: Sheet
    record: str = ""
    left: int = 0
    header: int = 0
    right: int = 0
    bottom: int = 0
    totals: int = 0
    headings: ours.Headings = field(default_factory=lambda: ours.Headings([], frozenset()))

    def __post_init__(self) -> None:
        self.left, self.header, self.right, last = grid.area(self.table.get("ref", ""))
        self.totals = int(self.table.get("totalsRowCount", "0"))
        self.bottom = last - self.totals
        self.headings = ours.headings(titles(self.table), self.record, self.sheet)
        if len(self.titles) != self.right - self.left + 1 or self.bottom <= self.header:
            raise BrokenError("a table's columns don't fit its range")

    @property
    def titles(self) -> list[str]:
        """The columns' titles, left to right; ours as code knows them."""
        return self.headings.titles

    @property
    def last(self) -> int:
        """The table's last row, a totals row included."""
        return self.bottom + self.totals

    @property
    def where(self) -> dict[str, str]:
        """Which sheet column (letters) each title stands in."""
        return {title: letters(self.left + at) for at, title in enumerate(self.titles)}

    def read(self) -> pl.DataFrame:
        """The body as text by title, empty rows left out, and `sheet_row`."""
        frames = [pl.DataFrame(schema={"sheet_row": pl.Int64, **dict.fromkeys(self.titles, pl.String)})]
        for cells in self._bodies():
            filled = grid.texts(cells, self.shared).filter(pl.col("value") != "")
            rows = filled.select(pl.col("row").unique().sort().alias("sheet_row"))
            by_place = filled.select("row", "column", "value").partition_by("column", as_dict=True)
            for title, place in self.where.items():
                held = by_place.get((place,), filled.clear())
                values = held.select(pl.col("row").alias("sheet_row"), pl.col("value").alias(title))
                once = values.unique("sheet_row", keep="first")
                rows = rows.join(once, on="sheet_row", how="left", maintain_order="left")
            frames.append(rows)
        return pl.concat(frames).with_columns(pl.col(pl.String).fill_null(""))

    def own_text(self) -> pl.DataFrame:
        """What stands in the user's own columns and is no formula: sheet_row, column (the heading), text."""
        names = {self.where[title]: title for title in self.headings.own(self.sheet)}
        schema = {"sheet_row": pl.Int64, "column": pl.String, "text": pl.String}
        frames = [pl.DataFrame(schema=schema)]
        for cells in self._bodies() if names else ():
            held = cells.filter(
                pl.col("column").is_in(list(names)) & ~pl.col("raw").str.contains("<f", literal=True)
            )
            found = grid.texts(held, self.shared).filter(pl.col("value") != "")
            named = pl.col("column").replace_strict(names, return_dtype=pl.String)
            frames.append(
                found.select(pl.col("row").alias("sheet_row"), named, pl.col("value").alias("text"))
            )
        return pl.concat(frames)

    def scan(self, written: Collection[str]) -> Scanned:
        """The sheet, with the cells that are needed where the columns of these titles are written anew."""
        text = SheetText(self.pieces())
        found = Scanned(head=text.head)
        wanted = [self.where[title] for title in carry.wanted(self.sheet, self.titles, written)]
        ids = [
            self.where[name]
            for name in (self.sheet.by_key[key].title for key in self.sheet.ids)
            if name in self.where
        ]
        cells, looks, beside = [found.cells], [found.looks], [found.beside]
        for rows in text.slices():
            found.top += [row for row in rows if row.number <= self.header]
            found.under += [row for row in rows if row.number > self.last]
            ours_ = [row for row in rows if self.header < row.number <= self.last]
            found.hidden |= {row.number for row in ours_ if _HIDDEN.search(row.attributes)}
            inside, outside = self._inside(grid.cells(ours_))
            beside.append(_apart(outside))
            found.totals += inside.filter(pl.col("row") > self.bottom)["raw"].to_list()
            body = inside.filter(pl.col("row") <= self.bottom)
            found.formulas = found.formulas or bool(body["raw"].str.contains("<f", literal=True).any())
            filled = pl.col("raw").str.contains(_FILLED)
            known = body.filter(pl.col("column").is_in(ids) & filled)["row"].unique()
            nobodys = ~pl.col("row").is_in(known.implode()) & filled
            kept = body.select(pl.col("column").is_in(wanted) | nobodys).to_series()
            cells.append(_apart(body.filter(kept)))
            looks.append(carry.runs(body.filter(~kept)))
        found.tail = text.tail
        found.cells, found.looks, found.beside = pl.concat(cells), pl.concat(looks), pl.concat(beside)
        return found

    def _inside(self, cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Cells in the table's columns, and the others."""
        columns = [letters(at) for at in range(self.left, self.right + 1)]
        inside = cells.select(pl.col("column").is_in(columns)).to_series()
        return cells.filter(inside), cells.filter(~inside)

    def _bodies(self) -> Iterator[pl.DataFrame]:
        """The body's cells, some rows at a time."""
        for rows in SheetText(self.pieces()).slices():
            body = [row for row in rows if self.header < row.number <= self.bottom]
            if body:
                yield self._inside(grid.cells(body))[0]


def _apart(cells: pl.DataFrame) -> pl.DataFrame:
    """Cells without a share in the text that they were cut out of, which would be kept in memory with them."""
    return cells.with_columns(pl.Series("raw", cells["raw"].to_list(), dtype=pl.String))


def titles(table: Element) -> list[str]:
    """The headings of a table's part."""
    nodes = table.iterfind(f"{tag('tableColumns')}/{tag('tableColumn')}")
    return [carry.title(node.get("name", "")) for node in nodes]


def name(table: Element) -> str:
    """A table's name."""
    return str(table.get("displayName", ""))


def code_name(pieces: Iterable[bytes]) -> str:
    """The name by which macros know a sheet, "" if it has none."""
    found = re.search(r'<(?:\w+:)?sheetPr\b[^>]*\bcodeName="([^"]*)"', SheetText(pieces).head)
    return found.group(1) if found else ""
