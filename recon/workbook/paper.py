"""Report sheets on A4: how wide their columns may be, how large they are printed, and where a page ends.

A sheet is printed on one page where its text stays large enough, else one page wide. Excel ignores page breaks on a
sheet that is fitted to pages, so a sheet of several tables that takes several pages has a scale instead, and a break
before each table that the page has no room for. Excel prints one heading again on each page: that of the last table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from recon.workbook.columns import Kind

if TYPE_CHECKING:
    from recon.workbook.pages import Block, Head, Page

ROW: Final = 15.0  # points of a row that says nothing else
_DIGIT_PIXELS, _CELL_PIXELS = 7, 5  # of a column's width, and around it
_COLUMN_PIXELS: Final = 64  # of a column that nobody made wider
_SPARE: Final = 1.07  # columns are up to so much wider on a sharp screen, on a printer, and in LibreOffice
_SMALLEST: Final = 0.68  # letters of 10 points are printed with about 7
_LYING, _UPRIGHT = (1045, 516), (717, 762)  # pixels across and points down that A4 has between the margins
_UPRIGHT_LEAST: Final = 0.78  # what is this large upright need not lie
_WIDE_MAX: Final = int(_LYING[0] / _SPARE / _SMALLEST)  # pixels that can still be read on A4
_ABOUT: Final = 1.1  # letters of the lines above the tables that a width of one digit takes, at least
_ABOUT_LEAST: Final = 70
_TEXT_LEAST, _LONG_LEAST = (
    14,
    16,
)  # characters of a text that runs on in the next line, where nothing else helps
_SAFE: Final = 0.98  # of a page, since heights are rounded
_BREAK: Final = re.compile(rb'<brk id="(\d+)"')


@dataclass(frozen=True)
class Span:
    """Where a table stands: its title (if it has one) or heading, its heading, and the row behind it; from 0."""

    top: int
    header: int
    end: int


def pixels(widths: Iterable[int]) -> int:
    """What columns of these widths in characters take on the screen."""
    return sum(width * _DIGIT_PIXELS + _CELL_PIXELS for width in widths)


def widths(blocks: Sequence[Block]) -> list[int]:
    """The columns' widths: blocks that stand below one another share them.

    What ends a block may run on over empty cells, if another block goes on there.
    """
    most = max((len(block.heads) for block in blocks), default=0)
    found = [0] * most
    for block in blocks:
        for at, head in enumerate(block.heads):
            runs_on = at == len(block.heads) - 1 < most - 1 and head.kind is Kind.TEXT
            found[at] = max(found[at], 1 if runs_on else head.width)
    return found


def fitted(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Blocks so narrow that their text can be read on A4, as far as columns may be narrower: all by the same part.

    Where that is not enough, texts become narrower still and run on in the next line.
    """
    found = tuple(blocks)
    if pixels(widths(found)) > _WIDE_MAX:
        found = _narrowed(found)
    if pixels(widths(found)) > _WIDE_MAX:
        found = _narrowed([replace(block, heads=tuple(map(_folded, block.heads))) for block in found])
    return found


def _folded(head: Head) -> Head:
    """A column whose text may take several lines."""
    if head.kind is Kind.LONG:
        return replace(head, least=min(head.least or head.width, _LONG_LEAST))
    if head.kind is Kind.TEXT and head.width > _TEXT_LEAST:
        return replace(head, kind=Kind.LONG, least=_TEXT_LEAST)
    return head


def _narrowed(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Blocks whose columns are narrower by the same part of what they may be."""
    wide = widths(blocks)
    least = [
        max(
            min(block.heads[at].least or block.heads[at].width, width)
            for block in blocks
            if at < len(block.heads)
        )
        for at, width in enumerate(wide)
    ]
    spare, over = sum(wide) - sum(least), math.ceil((pixels(wide) - _WIDE_MAX) / _DIGIT_PIXELS)
    part = min(1.0, over / spare) if spare > 0 else 0.0
    narrow = [width - math.ceil((width - low) * part) for width, low in zip(wide, least, strict=True)]
    return tuple(
        replace(
            block,
            heads=tuple(
                replace(head, width=min(head.width, max(most, 1)))
                for head, most in zip(block.heads, narrow, strict=False)
            ),
        )
        for block in blocks
    )


def letters_across(blocks: Sequence[Block]) -> int:
    """Letters that a line above the tables may have: what runs on behind the last column would widen the print."""
    across = pixels(widths(blocks))
    page = across if across <= _WIDE_MAX else across // 2
    return max(_ABOUT_LEAST, int(page / _DIGIT_PIXELS * _ABOUT))


def set_up(sheet: Any, page: Page, spans: Sequence[Span], heights: Mapping[int, float], frozen: int) -> None:
    """The print set-up of a drawn sheet.

    Args:
        sheet: of xlsxwriter.
        page: what it shows.
        spans: where its tables stand, in their order.
        heights: points of its rows, from 0; `ROW` for the others.
        frozen: columns that stay in sight, and come again on the second of two pages beside each other.
    """
    wide = _across(page) * _SPARE
    upright = wide * _UPRIGHT_LEAST <= _UPRIGHT[0]
    across, down = _UPRIGHT if upright else _LYING
    (sheet.set_portrait if upright else sheet.set_landscape)()
    sheet.set_paper(9)  # A4
    sheet.set_margins(0.4, 0.4, 0.5, 0.6)
    scale = min(1.0, across / wide)
    every = sum(heights.get(row, ROW) for row in range(spans[-1].end)) if spans else 0.0
    long = bool(spans) and _points(heights, spans[-1].top, spans[-1].end) * scale > down / 2
    again = spans[-1].header if spans and (long or len(spans) == 1) else 0
    sheet.repeat_rows(again)
    room = down * _SAFE
    if scale < _SMALLEST:
        sheet.fit_to_pages(2, 0)
        sheet.repeat_columns(0, max(frozen, 1) - 1)
        sheet.print_across()
    elif every * _SMALLEST <= room:
        sheet.fit_to_pages(1, 1)
    elif len(spans) == 1:
        sheet.fit_to_pages(1, 0)
    else:
        percent = math.floor(scale * 100)
        sheet.set_print_scale(percent)
        sheet.set_h_pagebreaks(breaks(spans, heights, room * 100 / percent, heights.get(again, ROW)))
    name = page.name.replace("&", "&&")
    foot = f" \u00b7 {page.foot}" if page.foot else ""
    sheet.set_footer(f"&L&8 {name} \u00b7 recon{foot}&R&8Page &P of &N", {"scale_with_doc": False})


def breaks(spans: Sequence[Span], heights: Mapping[int, float], room: float, again: float) -> list[int]:
    """The rows (from 0) before which a page begins: before each table that the page has no room for.

    A table that is longer than a page begins where half a page is free.

    Args:
        spans: the tables.
        heights: points of the rows, as `set_up`.
        room: points of a page.
        again: points of the row that is printed again on each page.
    """
    found = []
    used, at = 0.0, 0
    for number, span in enumerate(spans):
        used += _points(heights, at, span.top)
        size = _points(heights, span.top, span.end)
        if number and used + size > room and (size + again <= room or room - used < room / 2):
            found.append(span.top)
            used = again
        for row in range(span.top, span.end):
            height = heights.get(row, ROW)
            used = used + height if used + height <= room else again + height
        at = span.end
    return found


def broken(part: bytes) -> list[int]:
    """The rows of a drawn sheet, from 1, before which a page begins."""
    return [int(found) + 1 for found in _BREAK.findall(part)]


def _points(heights: Mapping[int, float], first: int, end: int) -> float:
    return sum(heights.get(row, ROW) for row in range(first, end))


def _across(page: Page) -> int:
    """Pixels that a sheet takes, its charts included: a column is printed whole, or on the next page."""
    wide = widths(page.blocks)
    tables = pixels(wide)
    behind = [pixels(wide[: one.column]) + one.off + one.width - tables for one in page.charts]
    return max(tables, 1) + math.ceil(max([0, *behind]) / _COLUMN_PIXELS) * _COLUMN_PIXELS
