"""The few calls of xlwings that recon makes, over cells in memory; a workbook on disk gives it its sheets.

It takes values as Excel does: text behind an apostrophe is text, a text with = in front is a formula, and a text that
Excel might read something else into is a mistake of the caller.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries

Place = tuple[int, int]
_HARMLESS = re.compile(r"^[A-Za-z]{4,}")


class com_error(Exception):  # noqa: N801, N818 - the name that pywin32 has for it
    def __init__(self, hresult: int) -> None:
        super().__init__(hresult)
        self.hresult = hresult


class FakeBook:
    """An open workbook. `before` is called with the name of every call, and may raise."""

    def __init__(self, path: Path) -> None:
        held = openpyxl.load_workbook(path)
        self.fullname = str(path)
        self.name = path.name
        self.app = FakeApp()
        self.closed = False
        self.before: Callable[[str], None] = lambda _name: None
        self.sheets = FakeSheets(FakeSheet(self, sheet) for sheet in held)
        by_name = {sheet.name: sheet for sheet in self.sheets}
        self.names = FakeNames(self)
        for name, defined in held.defined_names.items():
            found = list(defined.destinations)
            area = by_name[found[0][0]]._area(found[0][1]) if found else None
            self.names[name] = FakeName(f"={defined.attr_text}", area, self)

    def sheet(self, name: str) -> FakeSheet:
        (found,) = [sheet for sheet in self.sheets if sheet.name == name]
        return found

    def close(self) -> None:
        self.closed = True

    def told(self) -> Any:
        return self.names["recon_status"].refers_to_range.value


class FakeSheets(list["FakeSheet"]):
    """The sheets of a book; the first is the one that is shown, until another is."""

    shown: FakeSheet | None = None

    @property
    def active(self) -> FakeSheet:
        return self.shown or self[0]


class FakeBooks:
    """The books of an Excel: one that is opened out of a file is there until it is closed."""

    def __init__(self) -> None:
        self.opened: list[FakeBook] = []

    def open(self, path: str, **given: Any) -> FakeBook:
        assert given == {"update_links": False, "read_only": True, "add_to_mru": False}
        self.opened.append(FakeBook(Path(path)))
        return self.opened[-1]


class FakeApp:
    def __init__(self) -> None:
        self.books = FakeBooks()
        self.said: list[Any] = []
        self.screen_updating = True

    def _say(self, value: Any) -> None:
        self.said.append(value)

    status_bar = property(fset=_say)


class FakeNames(dict[str, "FakeName"]):
    def __init__(self, book: FakeBook) -> None:
        super().__init__()
        self._book = book

    def __iter__(self) -> Iterator[Any]:
        return (SimpleNamespace(name=name) for name in self.keys())

    def add(self, name: str, refers_to: str) -> None:
        self[name] = FakeName(refers_to, None, self._book)


class FakeName:
    def __init__(self, refers_to: str, area: FakeRange | None, book: FakeBook | None = None) -> None:
        assert refers_to.startswith("=")
        self._refers_to = refers_to
        self._area = area
        self._book = book

    @property
    def refers_to(self) -> str:
        return self._refers_to

    @refers_to.setter
    def refers_to(self, cells: str) -> None:
        assert cells.startswith("=")
        self._refers_to, self._area = cells, None

    @property
    def refers_to_range(self) -> FakeRange:
        if self._area is None and self._book is not None:
            sheet, _, cells = self.refers_to[1:].rpartition("!")
            return self._book.sheet(sheet.strip("'").replace("''", "'"))._area(cells.replace("$", ""))
        assert self._area is not None, "xlwings raises where a name stands for no cells"
        return self._area


class FakeSheet:
    def __init__(self, book: FakeBook, held: Any) -> None:
        self.book = book
        self.name = held.title
        self.cells = FakeCells(
            {(cell.row, cell.column): cell.value for row in held for cell in row if cell.value is not None}
        )
        self.formulas: dict[Place, str] = {}
        self.heights: dict[int, float] = {}
        self.tables = [FakeTable(self, table.name, table.ref) for table in held.tables.values()]
        self.charts = [FakeChart(self, f"recon_report_{number}") for number, _ in enumerate(held._charts, 1)]

    def activate(self) -> None:
        self.book.before("activate")
        self.book.sheets.shown = self

    def copy(self, after: FakeSheet, name: str) -> None:
        """Into the book of another sheet, behind it, with what stands on it; Excel shows the new one."""
        self.book.before("copy")
        book = after.book
        assert name.lower() not in {sheet.name.lower() for sheet in book.sheets}, (
            "xlwings refuses a name twice"
        )
        made = copy.copy(self)
        made.book, made.name = book, name
        made.cells = FakeCells(self.cells)
        made.formulas, made.heights = dict(self.formulas), dict(self.heights)
        made.charts = [FakeChart(made, chart.name) for chart in self.charts]
        book.sheets.insert(book.sheets.index(after) + 1, made)
        book.sheets.shown = made

    def clear(self) -> None:
        self.book.before("clear")
        self.cells.clear()
        self.formulas.clear()

    @property
    def used_range(self) -> FakeRange:
        places = [*self.cells, (1, 1)]
        return FakeRange(self, (1, 1), (max(row for row, _ in places), max(column for _, column in places)))

    def _area(self, reference: str) -> FakeRange:
        left, top, right, bottom = range_boundaries(reference)
        return FakeRange(self, (top, left), (bottom, right))

    def range(self, first: Place | str, last: Place | None = None) -> FakeRange:
        if isinstance(first, str):
            return FakeRange(self, (0, 0), (0, 0), first)
        return FakeRange(self, first, last or first)

    def column(self, title: str) -> int:
        """The sheet column whose table header says so."""
        (found,) = [at[1] for at, value in self.cells.items() if value == title and at[0] == 3]
        return found


class FakeCells(dict[Place, Any]):
    """All cells of a sheet: by their place for the tests, and a range that can be copied for xlwings."""

    def copy(self, destination: FakeCells | None = None) -> FakeCells:
        assert destination is not None, "to nowhere is the clipboard"
        assert not destination, "it was cleared before"
        destination.update(self)
        return destination


class FakeChart:
    def __init__(self, sheet: FakeSheet, name: str) -> None:
        self._sheet = sheet
        self.name = name
        self.top = 0.0
        self.source = ""
        self.api = (None, SimpleNamespace(PlotBy=None))

    def set_source_data(self, source: FakeRange) -> None:
        assert source.sheet is self._sheet
        self.source = source.address

    def delete(self) -> None:
        self._sheet.charts.remove(self)


class FakeTable:
    def __init__(self, sheet: FakeSheet, name: str, reference: str) -> None:
        self._sheet = sheet
        self.name = name
        self.range = sheet._area(reference)
        self.show_autofilter = True
        self._totals = False

    @property
    def show_totals(self) -> bool:
        return self._totals

    @show_totals.setter
    def show_totals(self, value: bool) -> None:
        assert value is not self._totals
        bottom, right = self.range.last
        self._totals = value
        self.range = FakeRange(self._sheet, self.range.first, (bottom + (1 if value else -1), right))
        if value:
            self._sheet.cells[bottom + 1, self.range.column] = "Total"
        else:
            self._sheet.cells.pop((bottom, self.range.column))

    def resize(self, area: FakeRange) -> None:
        self._sheet.book.before("resize")
        assert not self.show_totals
        assert not self.show_autofilter
        assert area.first == self.range.first
        self.range = area


class FakeRange:
    def __init__(self, sheet: FakeSheet, first: Place, last: Place, address: str = "") -> None:
        self.sheet = sheet
        self.first, self.last = first, last
        self.row, self.column = first
        self.address = address
        self.top = 15.0 * (self.row - 1)

    def options(self, **given: Any) -> FakeRange:
        assert given == {"ndim": 2, "err_to_str": True}
        return self

    def _rows(self) -> Iterator[list[Place]]:
        for row in range(self.first[0], self.last[0] + 1):
            yield [(row, column) for column in range(self.first[1], self.last[1] + 1)]

    @property
    def value(self) -> list[list[Any]]:
        self.sheet.book.before("read")
        return [[self.sheet.cells.get(place) for place in row] for row in self._rows()]

    @value.setter
    def value(self, rows: list[list[Any]]) -> None:
        self.sheet.book.before("write")
        for places, values in zip(self._rows(), rows, strict=True):
            for place, value in zip(places, values, strict=True):
                self.sheet.cells.pop(place, None)
                self.sheet.formulas.pop(place, None)
                if isinstance(value, str) and value.startswith("="):
                    self.sheet.formulas[place] = value
                    self.sheet.cells[place] = 1.0  # what it comes to is Excel's to say
                elif isinstance(value, str):
                    assert value.startswith("'"), f"Excel may read something else into {value!r}"
                    self.sheet.cells[place] = value[1:]
                elif value is not None:
                    self.sheet.cells[place] = float(value) if isinstance(value, int) else value

    @property
    def formula(self) -> tuple[tuple[str, ...], ...]:
        def told(place: Place) -> str:
            return self.sheet.formulas.get(place) or str(self.sheet.cells.get(place, ""))

        return tuple(tuple(told(place) for place in row) for row in self._rows())

    def clear(self) -> None:
        for row in self._rows():
            for place in row:
                self.sheet.cells.pop(place, None)
                self.sheet.formulas.pop(place, None)

    def autofill(self, destination: FakeRange, type_: str) -> None:
        assert type_ == "fill_copy"
        assert destination.first == self.first
        assert self.first[0] == self.last[0]

    @property
    def row_height(self) -> float:
        return self.sheet.heights.get(self.row, 15.0)

    @row_height.setter
    def row_height(self, value: float) -> None:
        self.sheet.heights[self.row] = value
