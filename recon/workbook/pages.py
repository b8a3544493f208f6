"""Report sheets: drawn whole, as a workbook of their own, out of which they are brought into a person's workbook.

So the closed and the open workbook show the same: titles, tables, totals, charts, page set-up. A report sheet is ours
and is written anew as a whole; what people keep for themselves belongs on a sheet of theirs.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import xlsxwriter

from recon.workbook import charts, look, paper
from recon.workbook.columns import Column, Kind, letters

MARK: Final = "recon_report_"  # begins the hidden names that say which sheet is which report page
PLAIN, SUBTOTAL, TOTAL = 0, 1, 2

Cell = str | int | Decimal | date | None

_MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_LINE_HEIGHT, _AIR, _LINES_MAX = 13, 5, 6  # points, points, lines of one row
_TALL_MAX: Final = 24  # lines of a row whose texts stand in columns that were made narrow
_LONG: Final = 36  # characters of a column of texts that was not
_CHART_WIDTH, _CHART_HEIGHT, _ROW_PIXELS = 560, 264, 24
_ABREAST, _GRID_WIDTH, _GRID_ROWS, _GRID_GAP = 3, 376, 11, 12  # the charts of a board
_BESIDE_MAX: Final = 100  # characters of a table that a chart still has room beside
_FROZEN_MAX: Final = 60  # characters of columns that stay in sight
_LETTERS: Final = 1.05  # letters of a text that a width of one digit takes, about
_TEXT_MAX: Final = 32_000  # characters that a cell can hold
_DIMENSION: Final = re.compile(rb'<dimension ref="([A-Z0-9:]+)"')
_OFFERS_AT: Final = 26  # the column where the words of drop-downs begin; it and those behind are hidden
_NUMBERS: Final = (Kind.MONEY, Kind.INTEGER, Kind.PERCENT)


@dataclass(frozen=True)
class Head:
    """One column of a block; `format` where a number is not shown as its kind is."""

    title: str
    kind: Kind
    width: int
    format: str = ""
    typed: bool = False  # a person answers here; an empty cell stands out
    needed: bool = True  # ... unless nobody has to
    offered: bool = True  # ... with the drop-down of its row, if there is one; else in words of their own
    least: int = 0  # characters that it may not be narrower than; 0 = not narrower at all


@dataclass(frozen=True)
class Drawing:
    """A chart over the plain rows of a block, by the columns' numbers; `line` is one of percentages."""

    title: str
    category: int
    value: int
    line: int | None = None
    rows: int = 12  # that it shows, the first ones
    more: tuple[int, ...] = ()  # further values
    look: str = "columns"  # columns, stacked, bars or lines

    @property
    def columns(self) -> list[int]:
        """All columns that it shows, the category first."""
        return [self.category, self.value, *self.more, *([] if self.line is None else [self.line])]


@dataclass(frozen=True)
class Block:
    """A table of a page: its rows with their ranks (PLAIN, SUBTOTAL, TOTAL) and the decimals of their money.

    `offers` are for each row the words that its typed cell takes, as a drop-down.
    """

    title: str
    heads: tuple[Head, ...]
    rows: Sequence[tuple[Cell, ...]]
    ranks: Sequence[int]
    decimals: Sequence[int]
    chart: Drawing | None = None
    offers: Sequence[Sequence[str]] = ()

    @property
    def width(self) -> int:
        """Its width in characters."""
        return sum(head.width for head in self.heads)

    @property
    def pixels(self) -> int:
        """Its width on the screen."""
        return paper.pixels(head.width for head in self.heads)


@dataclass(frozen=True)
class Placed:
    """A chart on its sheet: its name, whose block it is, the header's row, how many rows it shows, and its corner.

    Rows and columns count from 0.
    """

    name: str
    block: int
    header: int
    rows: int
    row: int
    column: int
    width: int  # pixels, as the rest
    height: int
    off: int = 0  # from the left edge of its column


@dataclass(frozen=True)
class Page:
    """One sheet: the key that its mark ends in, its name, and what stands on it."""

    key: str
    name: str
    title: str
    about: tuple[str, ...]
    blocks: tuple[Block, ...]
    foot: str = ""  # what the foot of its printed pages says besides
    board: bool = False  # its charts stand together, behind the first block

    @property
    def mark(self) -> str:
        """The hidden name that stands for its first cell."""
        return MARK + self.key

    def begins(self, text: str) -> bool:
        """Whether a sheet whose first cell says that is this page's: its name, and what may stand behind a colon."""
        return text == self.name or text.startswith(f"{self.name}:")

    @property
    def charts(self) -> list[Placed]:
        """Its charts, and where each stands."""
        found: list[Placed] = []
        row = len(self.about) + 2
        for number, block in enumerate(self.blocks, 1):
            header = row + (1 if len(self.blocks) > 1 else 0)
            end = header + 1 + max(len(block.rows), 1)
            shown = _charted(block)
            if block.chart and shown and self.board:
                at = len(found)
                corner = self.grid + at // _ABREAST * _GRID_ROWS
                size = (_GRID_WIDTH, _GRID_ROWS * _ROW_PIXELS - _GRID_GAP)
                off = at % _ABREAST * (_GRID_WIDTH + _GRID_GAP)
                found.append(Placed(f"{MARK}{number}", number - 1, header, shown, corner, 0, *size, off))
            elif block.chart and shown:
                beside = block.width <= _BESIDE_MAX
                place = (header, len(block.heads)) if beside else (end + 1, 0)
                width = _CHART_WIDTH if beside else block.pixels  # as wide as the table above it
                found.append(
                    Placed(
                        f"{MARK}{number}",
                        number - 1,
                        header,
                        shown,
                        *place,
                        width,
                        _CHART_HEIGHT,
                        24 * beside,
                    )
                )
                end = max(end, place[0] + math.ceil(_CHART_HEIGHT / _ROW_PIXELS))
            row = end + 2 + (self.grid_rows if number == 1 else 0)
        return found

    @property
    def grid(self) -> int:
        """The row where the charts of a board begin: behind the first block."""
        first = self.blocks[0]
        return len(self.about) + 2 + (1 if len(self.blocks) > 1 else 0) + 1 + max(len(first.rows), 1) + 1

    @property
    def grid_rows(self) -> int:
        """How many rows they take; none on a page that is no board."""
        count = sum(bool(_charted(block)) for block in self.blocks) if self.board else 0
        return math.ceil(count / _ABREAST) * _GRID_ROWS


def _charted(block: Block) -> int:
    """How many rows of a block its chart shows."""
    return min(sum(rank == PLAIN for rank in block.ranks), block.chart.rows) if block.chart else 0


def draw(pages: Sequence[Page]) -> bytes:
    """A workbook with these pages and nothing else; the same pages give the same bytes."""
    raw = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(raw, options)
    book.set_properties({"title": "Reports", "author": "recon", "created": _MADE})
    book.formats[0].set_font_name(look.FONT)
    looks = _Looks(book)
    for page in pages:
        _page(book, book.add_worksheet(page.name), page, looks)
    book.close()
    return raw.getvalue()


class _Looks:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[object, ...], Any] = {}

    def text(self, size: int, **more: Any) -> Any:
        """Text beside the tables."""
        key = ("text", size, *sorted(more.items()))
        return self._get(key, lambda: look.text(size, **more))

    def head(self, head: Head) -> Any:
        """A header cell."""
        made = look.header(Column("", head.title, head.kind, typed=head.typed))
        made |= {"text_wrap": True, "valign": "vcenter"}
        return self._get(("head", head.kind, head.typed), lambda: made)

    def cell(self, head: Head, rank: int, decimals: int, *, missing: bool = False) -> Any:
        """A body cell; totals stand out, and so does a typed cell that is empty (`missing`)."""
        money = head.kind is Kind.MONEY
        key = ("cell", head.kind, head.format, head.typed, missing, rank, decimals if money else 0)

        def made() -> dict[str, Any]:
            found = look.cell(Column("", "", head.kind, typed=head.typed))
            if missing:
                found |= {"bg_color": look.LOW, "border": 1, "border_color": look.RED}
            if money:
                found["num_format"] = money_format(decimals)
            if head.format:
                found["num_format"] = head.format
            if rank != PLAIN:
                found |= {"bold": True, "bg_color": look.PAPER}
            if rank == TOTAL:
                found |= {"top": 1, "top_color": look.NAVY, "bottom": 2, "bottom_color": look.NAVY}
            return found

        return self._get(key, made)

    def _get(self, key: tuple[object, ...], make: Callable[[], dict[str, Any]]) -> Any:
        if key not in self._made:
            self._made[key] = self._book.add_format(make())
        return self._made[key]


def money_format(decimals: int) -> str:
    """Money with so many decimals; negative red with its sign, nought a dash."""
    number = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f'{number};[Red]-{number};"\u2013"'


class _Sheet:
    """A sheet that is drawn, and how tall its rows became: print asks for that."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self.heights: dict[int, float] = {}

    def row(self, at: int, points: float) -> None:
        """Let a row be so tall."""
        self.raw.set_row(at, points)
        self.heights[at] = points


def _page(book: Any, raw: Any, page: Page, looks: _Looks) -> None:
    sheet = _Sheet(raw)
    raw.hide_gridlines(2)
    sheet.row(0, 28)
    raw.write_string(0, 0, page.title, looks.text(16, bold=True, font_color=look.NAVY))
    for number, line in enumerate(page.about, 1):
        sheet.row(number, 16)
        raw.write_string(number, 0, line, looks.text(10, font_color=look.GREY))
    for at, width in enumerate(paper.widths(page.blocks)):
        raw.set_column(at, at, width)
    row = len(page.about) + 2
    alone = len(page.blocks) == 1
    frozen = _frozen(page.blocks[0].heads) if alone else 0
    spans = []
    for block in page.blocks:
        header = row if alone else row + 1
        end = _block(book, sheet, block, looks, row, page, titled=not alone)
        spans.append(paper.Span(row, header, end))
        row = end + 2
    if alone:
        raw.freeze_panes(spans[0].header + 1, frozen)
    paper.set_up(raw, page, spans, sheet.heights, frozen)


def _frozen(heads: tuple[Head, ...]) -> int:
    """How many columns stay in sight: those before the first number, if they leave room for it."""
    first = next((at for at, head in enumerate(heads) if head.kind in _NUMBERS), 0)
    return first if sum(head.width for head in heads[:first]) <= _FROZEN_MAX else 1


def _block(
    book: Any, sheet: _Sheet, block: Block, looks: _Looks, row: int, page: Page, *, titled: bool
) -> int:
    """Draw a block from a row on; the row where it ends."""
    if titled:
        sheet.row(row, 22)
        sheet.raw.write_string(row, 0, block.title, looks.text(12, bold=True, font_color=look.NAVY))
        row += 1
    lines = max((head.title.count("\n") + 1 for head in block.heads), default=1)
    wrapped = max((math.ceil(len(head.title) / max(head.width - 2, 1)) for head in block.heads), default=1)
    sheet.row(row, 10 + _LINE_HEIGHT * min(max(lines, wrapped), 3))
    for at, head in enumerate(block.heads):
        sheet.raw.write_string(row, at, head.title, looks.head(head))
    first = row + 1
    for number, cells in enumerate(block.rows):
        rank, decimals = block.ranks[number], block.decimals[number]
        sheet.row(first + number, _height(block.heads, cells))
        for at, (head, value) in enumerate(zip(block.heads, cells, strict=True)):
            missing = head.typed and head.needed and value in (None, "")
            _put(sheet.raw, first + number, at, value, looks.cell(head, rank, decimals, missing=missing))
            if head.typed and head.offered and block.offers:
                _offer(sheet.raw, first + number, at, block.offers[number])
    end = first + len(block.rows)
    if not block.rows:
        sheet.raw.write_string(end, 0, "Nothing to show.", looks.text(10, font_color=look.GREY, indent=1))
        end += 1
    return _charts(book, sheet, block, page, end)


def _charts(book: Any, sheet: _Sheet, block: Block, page: Page, end: int) -> int:
    """A block's chart, and the room for all of them behind the first block of a board; the row where it ends."""
    chart = next((one for one in page.charts if page.blocks[one.block] is block), None)
    if chart:
        charts.draw(book, sheet.raw, block, quoted(page.name), chart)
    if chart and not page.board:
        return max(end, chart.row + math.ceil(_CHART_HEIGHT / _ROW_PIXELS))
    if page.grid_rows and block is page.blocks[0]:
        for at in range(page.grid, page.grid + page.grid_rows):
            sheet.row(at, _ROW_PIXELS * 0.75)
        return end + page.grid_rows
    return end


def _offer(sheet: Any, row: int, at: int, words: Sequence[str]) -> None:
    """A drop-down. Its words stand in cells, since a list within the rule ends at a comma, or after 255 letters."""
    for number, word in enumerate(words):
        sheet.write_string(row, _OFFERS_AT + number, word)
        sheet.set_column(_OFFERS_AT + number, _OFFERS_AT + number, None, None, {"hidden": True})
    first, last = letters(_OFFERS_AT), letters(_OFFERS_AT + len(words) - 1)
    rule = {
        "validate": "list",
        "source": f"=${first}${row + 1}:${last}${row + 1}",
        "error_title": "Answer",
        "error_message": "Choose one of the list.",
    }
    sheet.data_validation(row, at, row, at, rule)


def _height(heads: tuple[Head, ...], cells: tuple[Cell, ...]) -> int:
    """Points that a row needs: enough for its longest text, up to what a column of the usual width would show."""
    lines = [
        min(math.ceil(len(str(value)) / (head.width * _LETTERS)), _lines_max(head.width))
        for head, value in zip(heads, cells, strict=True)
        if head.kind is Kind.LONG and value
    ]
    return _LINE_HEIGHT * max([1, *lines]) + _AIR


def _lines_max(width: int) -> int:
    """Lines of a text in a column so wide: a narrow one takes more for the same letters."""
    return min(max(_LINES_MAX, math.ceil(_LINES_MAX * _LONG / width)), _TALL_MAX)


def _put(sheet: Any, row: int, at: int, value: Cell, form: Any) -> None:
    if value is None or value == "":
        sheet.write_blank(row, at, None, form)
    elif isinstance(value, str):
        sheet.write_string(row, at, value[:_TEXT_MAX], form)
    elif isinstance(value, date):
        sheet.write_datetime(row, at, datetime(value.year, value.month, value.day), form)  # noqa: DTZ001 - a sheet's days have no zone
    else:
        sheet.write_number(row, at, value, form)


def extent(part: bytes) -> str:
    """The cells of a drawn sheet from its first to its last, as a mark has them: `$A$1:$H$40`."""
    found = _DIMENSION.search(part)
    assert found is not None, "every drawn sheet says how large it is"
    return re.sub(r"([A-Z]+)([0-9]+)", r"$\1$\2", found.group(1).decode())


def quoted(name: str) -> str:
    """A sheet's name as formulas have it."""
    return "'" + name.replace("'", "''") + "'"
