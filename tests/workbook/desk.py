"""What a person does to a table of ours in Excel, done with openpyxl, by headings and rows."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.filters import CustomFilter, CustomFilters, FilterColumn, Filters, SortState
from openpyxl.worksheet.table import TableColumn

from recon.workbook import columns

HEADER = 3


class Desk:
    """One table of a workbook, open on somebody's desk; `save` closes it."""

    def __init__(self, path: Path, sheet: str, book: Any = None) -> None:
        self.path = path
        self.book = book or openpyxl.load_workbook(path, keep_vba=True)
        self.spec = columns.TABLE_SHEETS[sheet]
        name = self.spec.table
        self.sheet = next(ws for ws in self.book.worksheets if name in ws.tables)
        self.table = self.sheet.tables[name]

    def save(self) -> None:
        self.book.save(self.path)

    @property
    def titles(self) -> list[str]:
        return [column.name for column in self.table.tableColumns]

    @property
    def last(self) -> int:
        """The last row of the body."""
        return int(self.table.ref.split(":")[1].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))

    @property
    def rows(self) -> range:
        return range(HEADER + 1, self.last + 1)

    def at(self, title: str, row: int) -> Any:
        return self.sheet.cell(row, self.titles.index(title) + 1)

    def ids(self) -> dict[int, str]:
        """Each row's id."""
        return {row: str(self.at(self.id_title, row).value) for row in self.rows}

    @property
    def id_title(self) -> str:
        return self.spec.by_key[self.spec.ids[0]].title

    def _resize(self, last: int) -> None:
        reference = f"A{HEADER}:{get_column_letter(len(self.titles))}{last}"
        self.table.ref = self.table.autoFilter.ref = reference

    def add_column(self, title: str, values: dict[int, Any]) -> None:
        number = max(column.id for column in self.table.tableColumns) + 1
        self.table.tableColumns.append(TableColumn(id=number, name=title))
        self._resize(self.last)
        self.at(title, HEADER).value = title
        for row, value in values.items():
            self.at(title, row).value = value

    def rename(self, old: str, new: str) -> None:
        cell = self.at(old, HEADER)
        next(column for column in self.table.tableColumns if column.name == old).name = new
        cell.value = new

    def order_columns(self, order: list[int]) -> None:
        """Columns in another order: `order` has the old places."""
        for row in range(HEADER, self.last + 1):
            cells = [self.sheet.cell(row, at + 1) for at in order]
            held = [(cell.value, copy(cell._style)) for cell in cells]
            for at, (value, style) in enumerate(held):
                cell = self.sheet.cell(row, at + 1)
                cell.value, cell._style = value, style
        widths = [self.sheet.column_dimensions[get_column_letter(at + 1)].width for at in order]
        for at, width in enumerate(widths):
            self.sheet.column_dimensions[get_column_letter(at + 1)].width = width
        self.table.tableColumns = [self.table.tableColumns[at] for at in order]

    def order_rows(self, order: list[int]) -> None:
        """Rows in another order, as Excel sorts: `order` has the old rows."""
        width = len(self.titles)
        held = [[self.sheet.cell(row, at + 1).value for at in range(width)] for row in order]
        for row, values in zip(self.rows, held, strict=True):
            for at, value in enumerate(values):
                self.sheet.cell(row, at + 1).value = value
        self.table.sortState = SortState(ref=f"A{HEADER + 1}:{get_column_letter(width)}{self.last}")

    def delete_row(self, row: int) -> None:
        width = len(self.titles)
        for below in range(row, self.last):
            for at in range(width):
                self.sheet.cell(below, at + 1).value = self.sheet.cell(below + 1, at + 1).value
        for at in range(width):
            self.sheet.cell(self.last, at + 1).value = None
        self._resize(self.last - 1)

    def add_row(self, values: dict[str, Any]) -> None:
        """A row typed right under the table, which takes it in."""
        self._resize(self.last + 1)
        for title, value in values.items():
            self.at(title, self.last).value = value

    def filter_values(self, title: str, values: list[str]) -> None:
        """Show only rows with these values."""
        kept = FilterColumn(colId=self.titles.index(title), filters=Filters(filter=values))
        self.table.autoFilter.filterColumn.append(kept)
        for row in self.rows:
            self.sheet.row_dimensions[row].hidden = str(self.at(title, row).value) not in values

    def filter_custom(self, title: str, operator: str, value: str) -> None:
        criteria = CustomFilters(customFilter=[CustomFilter(operator=operator, val=value)])
        self.table.autoFilter.filterColumn.append(
            FilterColumn(colId=self.titles.index(title), customFilters=criteria)
        )

    def note(self, title: str, row: int, text: str) -> None:
        self.at(title, row).comment = Comment(text, "me")

    def link(self, title: str, row: int, target: str) -> None:
        self.at(title, row).hyperlink = target

    def colour(self, title: str, row: int, limit: str) -> None:
        """A conditional format on one cell."""
        rule = CellIsRule(operator="equal", formula=[limit], fill=PatternFill(bgColor="FFFF0000"))
        self.sheet.conditional_formatting.add(self.at(title, row).coordinate, rule)

    def choose(self, title: str, row: int, choices: str) -> None:
        """A drop-down on one cell."""
        rule = DataValidation(type="list", formula1=f'"{choices}"')
        rule.add(self.at(title, row).coordinate)
        self.sheet.add_data_validation(rule)
