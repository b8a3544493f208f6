"""An xlwings engine over LibreOffice: only the calls that recon's door to the open workbook makes.

So that the product's own code runs unchanged against a real spreadsheet where there is no Excel. What Excel makes of
a text that is written (an apostrophe, a formula, a number) LibreOffice makes of `setFormulaArray`.
"""

# xlwings' own classes are read and written; only what is needed is given here.
# mypy: disable-error-code="misc, override"

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from typing import Any

import recon_uno_cells
import uno
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]
from xlwings import base_classes

_DATE = 2  # com.sun.star.util.NumberFormat.DATE
_ALL_BUT_OBJECTS = 1 | 2 | 4 | 8 | 16 | 32 | 64 | 256 | 512  # com.sun.star.sheet.CellFlags


class Engine:
    name = "uno"
    type = "desktop"

    @property
    def apps(self) -> Apps:
        return Apps()

    @staticmethod
    def prepare_xl_data_element(value: Any, _options: Any) -> Any:
        return "" if value is None else value

    @staticmethod
    def clean_value_data(data: Any, _dates: Any, empty: Any, _numbers: Any, _errors: Any) -> list[list[Any]]:
        return [[empty if cell in ("", None) else cell for cell in row] for row in data]


class Apps(base_classes.Apps):
    def keys(self) -> list[int]:
        return [1]

    def __iter__(self) -> Iterator[App]:
        yield App()

    def __len__(self) -> int:
        return 1

    def __getitem__(self, _pid: int) -> App:
        return App()


class App(base_classes.App):
    """The office that listens at RECON_TEST_UNO."""

    engine = Engine()
    pid = 1
    version = "16.0"
    screen_updating = True
    status_bar = False

    def __init__(self) -> None:
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        context = resolver.resolve(os.environ["RECON_TEST_UNO"])
        self.desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)

    @property
    def api(self) -> Any:
        return self.desktop

    @property
    def books(self) -> Books:
        return Books(self)

    def activate(self, steal_focus: bool = False) -> None:
        """There is one office, and it has no window."""


class Books(base_classes.Books):
    def __init__(self, app: App) -> None:
        self.app = app

    def __iter__(self) -> Iterator[Book]:
        parts = self.app.desktop.Components.createEnumeration()
        while parts.hasMoreElements():
            part = parts.nextElement()
            if hasattr(part, "Sheets"):
                yield Book(self.app, part)

    def __call__(self, name: str) -> Book:
        for book in self:
            if book.name == name:
                return book
        raise KeyError(name)

    def open(self, fullname: str, *_given: Any) -> Book:
        hidden = PropertyValue()
        hidden.Name, hidden.Value = "Hidden", True
        url = uno.systemPathToFileUrl(fullname)
        return Book(self.app, self.app.desktop.loadComponentFromURL(url, "_blank", 0, (hidden,)))


class Book(base_classes.Book):
    def __init__(self, app: App, document: Any) -> None:
        self._app = app
        self.document = document

    @property
    def api(self) -> Any:
        return self.document

    @property
    def app(self) -> App:
        return self._app

    @property
    def fullname(self) -> str:
        return str(uno.fileUrlToSystemPath(self.document.URL))

    @property
    def name(self) -> str:
        return os.path.basename(self.fullname)  # noqa: PTH119 - as xlwings does

    def activate(self) -> None:
        """Nothing is shown."""

    def close(self) -> None:
        self.document.close(True)  # noqa: FBT003 - UNO takes no names

    @property
    def sheets(self) -> Sheets:
        return Sheets(self)

    @property
    def names(self) -> Names:
        return Names(self)


class Sheets(base_classes.Sheets):
    def __init__(self, book: Book) -> None:
        self.book = book

    def __len__(self) -> int:
        return int(self.book.document.Sheets.Count)

    def __iter__(self) -> Iterator[Sheet]:
        for at in range(len(self)):
            yield Sheet(self.book, self.book.document.Sheets.getByIndex(at))

    def __call__(self, name_or_index: str | int) -> Sheet:
        sheets = self.book.document.Sheets
        if isinstance(name_or_index, int):
            return Sheet(self.book, sheets.getByIndex(name_or_index - 1))
        return Sheet(self.book, sheets.getByName(name_or_index))

    @property
    def active(self) -> Sheet:
        controller = self.book.document.CurrentController
        return Sheet(self.book, controller.ActiveSheet) if controller else self(1)


class Sheet(base_classes.Sheet):
    def __init__(self, book: Book, sheet: Any) -> None:
        self._book = book
        self.sheet = sheet

    @property
    def api(self) -> Any:
        return self.sheet

    @property
    def book(self) -> Book:
        return self._book

    @property
    def name(self) -> str:
        return str(self.sheet.Name)

    @name.setter
    def name(self, value: str) -> None:
        self.sheet.Name = value

    @property
    def index(self) -> int:
        return int(self.sheet.RangeAddress.Sheet)

    def activate(self) -> None:
        if controller := self._book.document.CurrentController:
            controller.ActiveSheet = self.sheet

    def copy(self, before: Any, after: Sheet) -> None:
        """Into another workbook: values and widths. LibreOffice 7 crashes in `importSheet`, where macros are."""
        assert before is None
        sheets = after._book.document.Sheets
        sheets.insertNewByName(self.name, after.index + 1)
        _pour(self.sheet, sheets.getByName(self.name))

    def clear(self) -> None:
        self.sheet.clearContents(_ALL_BUT_OBJECTS)

    @property
    def used_range(self) -> Range:
        cursor = self.sheet.createCursor()
        cursor.gotoStartOfUsedArea(False)  # noqa: FBT003 - UNO takes no names
        cursor.gotoEndOfUsedArea(True)  # noqa: FBT003 - as above
        return Range(self, self.sheet.getCellRangeByName(cursor.AbsoluteName.rpartition(".")[2]))

    @property
    def cells(self) -> Range:
        return Range(self, self.sheet)

    @property
    def charts(self) -> Charts:
        return Charts(self)

    @property
    def tables(self) -> list[Table]:
        number = self.sheet.RangeAddress.Sheet
        ranges = self._book.document.DatabaseRanges
        found = [ranges.getByIndex(at) for at in range(ranges.Count)]
        return [Table(self, one) for one in found if one.DataArea.Sheet == number]

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        first, last = (_corner(one, last=at) for at, one in enumerate((arg1, arg2 or arg1)))
        return Range(self, self.sheet.getCellRangeByPosition(first[1], first[0], last[1], last[0]))


def _pour(source: Any, target: Any) -> None:
    """A sheet's values and widths onto another sheet; texts stay texts."""
    cursor = source.createCursor()
    cursor.gotoEndOfUsedArea(False)  # noqa: FBT003 - UNO takes no names
    end = cursor.RangeAddress
    area = (0, 0, end.EndColumn, end.EndRow)
    target.getCellRangeByPosition(*area).setDataArray(source.getCellRangeByPosition(*area).getDataArray())
    for column in range(end.EndColumn + 1):
        target.Columns.getByIndex(column).Width = source.Columns.getByIndex(column).Width


class Charts(base_classes.Charts):
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def __iter__(self) -> Iterator[Chart]:
        for name in self.sheet.sheet.Charts.ElementNames:
            yield Chart(self.sheet, name)


class Chart(base_classes.Chart):
    """LibreOffice gives charts names of its own, so that those of recon are never found again here."""

    def __init__(self, sheet: Sheet, name: str) -> None:
        self.sheet = sheet
        self.found = name

    @property
    def name(self) -> str:
        return self.found

    def delete(self) -> None:
        self.sheet.sheet.Charts.removeByName(self.found)


def _corner(place: Any, *, last: int) -> tuple[int, int]:
    """(row, column) from 0, of a pair from 1 or of a range's first or last cell."""
    if isinstance(place, Range):
        area = place.cells.RangeAddress
        return (area.EndRow, area.EndColumn) if last else (area.StartRow, area.StartColumn)
    return place[0] - 1, place[1] - 1


class Range(base_classes.Range):
    max_cells_per_read = None
    max_cells_per_write = None

    def __init__(self, sheet: Sheet, cells: Any) -> None:
        self._sheet = sheet
        self.cells = cells
        self.options: dict[str, Any] = {}

    @property
    def api(self) -> Any:
        return self.cells

    @property
    def sheet(self) -> Sheet:
        return self._sheet

    @property
    def row(self) -> int:
        return int(self.cells.RangeAddress.StartRow) + 1

    @property
    def column(self) -> int:
        return int(self.cells.RangeAddress.StartColumn) + 1

    @property
    def shape(self) -> tuple[int, int]:
        area = self.cells.RangeAddress
        return area.EndRow - area.StartRow + 1, area.EndColumn - area.StartColumn + 1

    def __len__(self) -> int:
        return self.shape[0] * self.shape[1]

    def __call__(self, arg1: int, arg2: int) -> Range:
        at = self.cells.RangeAddress
        column, row = at.StartColumn + arg2 - 1, at.StartRow + arg1 - 1
        return Range(self._sheet, self._sheet.sheet.getCellRangeByPosition(column, row, column, row))

    @property
    def raw_value(self) -> list[list[Any]]:
        rows = [list(row) for row in self.cells.getDataArray()]
        top, left = self.row - 1, self.column - 1
        formats = self._sheet.book.document.NumberFormats
        groups = self.cells.getUniqueCellFormatRanges()
        for at in range(groups.Count):
            group = groups.getByIndex(at)
            if not formats.getByKey(group.getByIndex(0).NumberFormat).Type & _DATE:
                continue
            for area in group.RangeAddresses:
                for row in range(area.StartRow - top, area.EndRow - top + 1):
                    for column in range(area.StartColumn - left, area.EndColumn - left + 1):
                        if isinstance(rows[row][column], float):
                            rows[row][column] = recon_uno_cells.EPOCH + dt.timedelta(days=rows[row][column])
        return rows

    @raw_value.setter
    def raw_value(self, rows: list[list[Any]]) -> None:
        self.cells.setFormulaArray(
            tuple(tuple(recon_uno_cells.typed(value) for value in row) for row in rows)
        )

    @property
    def formula(self) -> Any:
        return self.cells.getFormulaArray()

    def clear(self) -> None:
        self.cells.clearContents(_ALL_BUT_OBJECTS)

    def copy(self, destination: Any) -> None:
        """A whole sheet onto a whole sheet, perhaps of another document."""
        _pour(self._sheet.sheet, destination.impl.sheet.sheet)

    def autofill(self, destination: Any, type_: str) -> None:
        """Copies the first row down; every round copies what is there already, so it takes few."""
        assert type_ == "fill_copy"
        whole = destination.impl.cells.RangeAddress
        done, wanted = 1, whole.EndRow - whole.StartRow + 1
        while done < wanted:
            more = min(done, wanted - done)
            source = self._sheet.sheet.getCellRangeByPosition(
                whole.StartColumn, whole.StartRow, whole.EndColumn, whole.StartRow + more - 1
            )
            target = self._sheet.sheet.getCellByPosition(whole.StartColumn, whole.StartRow + done)
            self._sheet.sheet.copyRange(target.CellAddress, source.RangeAddress)
            done += more

    @property
    def row_height(self) -> float:
        row = self.cells.Rows.getByIndex(0)
        return row.Height / 35.28 if row.IsVisible else 0.0

    @row_height.setter
    def row_height(self, value: float) -> None:
        self.cells.Rows.getByIndex(0).IsVisible = bool(value)


class Table(base_classes.Table):
    """A database range: LibreOffice has no tables of its own."""

    show_totals = False

    def __init__(self, sheet: Sheet, found: Any) -> None:
        self.sheet = sheet
        self.found = found

    @property
    def api(self) -> Any:
        return self.found

    @property
    def name(self) -> str:
        return str(self.found.Name)

    @property
    def range(self) -> Range:
        area = self.found.DataArea
        cells = self.sheet.sheet.getCellRangeByPosition(
            area.StartColumn, area.StartRow, area.EndColumn, area.EndRow
        )
        return Range(self.sheet, cells)

    def resize(self, range: Any) -> None:  # noqa: A002 - xlwings' own word
        self.found.DataArea = range.impl.cells.RangeAddress

    @property
    def show_autofilter(self) -> bool:
        return bool(self.found.AutoFilter)

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        self.found.AutoFilter = value


class Names(base_classes.Names):
    def __init__(self, book: Book) -> None:
        self.book = book

    def contains(self, name_or_index: str) -> bool:
        return bool(self.book.document.NamedRanges.hasByName(name_or_index))

    def add(self, name: str, refers_to: str) -> Name:
        start = self.book.document.Sheets.getByIndex(0).getCellByPosition(0, 0).CellAddress
        self.book.document.NamedRanges.addNewByName(name, recon_uno_cells.content(refers_to), start, 0)
        return self(name)

    def snapshot(self) -> list[tuple[str, Name]]:
        return [(name, self(name)) for name in self.book.document.NamedRanges.ElementNames]

    def __call__(self, name_or_index: str) -> Name:
        return Name(self.book, self.book.document.NamedRanges.getByName(name_or_index))


class Name(base_classes.Name):
    def __init__(self, book: Book, found: Any) -> None:
        self.book = book
        self.found = found

    @property
    def name(self) -> str:
        return str(self.found.Name)

    @property
    def refers_to(self) -> str:
        return f"={recon_uno_cells.excel(self.found.Content)}"

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        self.found.Content = recon_uno_cells.content(value)

    @property
    def refers_to_range(self) -> Range:
        cells = self.found.getReferredCells()
        return Range(Sheet(self.book, cells.Spreadsheet), cells)
