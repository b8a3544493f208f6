"""A table of ours and its sheet as they stand in the workbook now."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from recon.workbook import carry, grid
from recon.workbook.columns import letters
from recon.workbook.grid import SheetText
from recon.workbook.package import BrokenError, Element, tag


@dataclass
class Old:
    """A table and its sheet as they stand now."""

    table: Element
    text: SheetText
    shared: list[str]
    left: int = 0
    header: int = 0
    right: int = 0
    bottom: int = 0  # last row of the body, above a totals row
    totals: int = 0  # rows of totals under the body: 0 or 1
    titles: list[str] = field(default_factory=list)
    below: pl.DataFrame = field(
        default_factory=pl.DataFrame
    )  # all cells under the header, beside the table too
    cells: pl.DataFrame = field(default_factory=pl.DataFrame)  # of the body, inside the table

    def __post_init__(self) -> None:
        self.left, self.header, self.right, last = grid.area(self.table.get("ref", ""))
        self.totals = int(self.table.get("totalsRowCount", "0"))
        self.bottom = last - self.totals
        nodes = self.table.iterfind(f"{tag('tableColumns')}/{tag('tableColumn')}")
        self.titles = [carry.title(node.get("name", "")) for node in nodes]
        if len(self.titles) != self.right - self.left + 1 or self.bottom <= self.header:
            raise BrokenError("a table's columns don't fit its range")
        found = grid.cells([row for row in self.text.rows if row.number > self.header])
        inside = [letters(at) for at in range(self.left, self.right + 1)]
        self.below = found.with_columns(pl.col("column").is_in(inside).alias("inside"))
        self.cells = self.below.filter(pl.col("inside") & (pl.col("row") <= self.bottom)).drop("inside")

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
        filled = grid.texts(self.cells, self.shared).filter(pl.col("value") != "")
        rows = filled.select(pl.col("row").unique().sort().alias("sheet_row"))
        by_place = filled.select("row", "column", "value").partition_by("column", as_dict=True)
        for title, place in self.where.items():
            held = by_place.get((place,), filled.clear())
            values = held.select(pl.col("row").alias("sheet_row"), pl.col("value").alias(title))
            once = values.unique("sheet_row", keep="first")
            rows = rows.join(once, on="sheet_row", how="left", maintain_order="left")
        return rows.with_columns(pl.col(pl.String).fill_null(""))
