"""A sheet part put together again: the new rows of the table among everything else that stands on the sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from recon.fill import fill
from recon.workbook import grid
from recon.workbook.columns import Kind, Sheet, letters
from recon.workbook.slices import Row
from recon.workbook.standing import Old, Scanned

_EXTRA_WIDTH: Final = 18
_LINE_HEIGHT, _AIR, _LINES_MAX = 13, 5, 8  # points, points, lines of one row
_COLUMNS_MAX: Final = 200  # a width given to more columns at once is the sheet's, not a column's
_CELL: Final = re.compile(r"<c\b[^>]*?(?:/>|>.*?</c>)", re.DOTALL)


@dataclass(frozen=True)
class Body:
    """Some rows of the new body: each row's cells as text, its height in points, whether it is hidden."""

    cells: pl.Series
    heights: pl.Series
    hidden: list[bool]


@dataclass(frozen=True)
class Shape:
    """The table as it shall be: its titles that are added on the right, its last column, the body's last row."""

    added: list[str]
    right: int
    bottom: int


def pieces(old: Old, found: Scanned, shape: Shape, bodies: Iterable[Body], tail: str) -> Iterator[bytes]:
    """The whole sheet part, piece by piece.

    Args:
        old: the table as it stands.
        found: its sheet.
        shape: the table as it shall be.
        bodies: the rows of the new body, some at a time.
        tail: what stands behind the cells.
    """
    low = shape.bottom + old.totals  # the table's last row
    beside = _beside(old, found, low)
    head = _dimension(_wide(found.head, old, shape.right, shape.added), old, shape.right, low)
    top = "".join(
        _row_text(_header(row, old, shape.added) if row.number == old.header else row) for row in found.top
    )
    yield f"{head}<sheetData>{top}".encode()
    number = old.header + 1
    for body in bodies:
        yield _rows(body, number, beside).encode()
        number += body.cells.len()
    assert number == shape.bottom + 1, "a row of the table is missing"
    if old.totals:
        yield _totals(found, shape.bottom, beside.get(low, "")).encode()
    # The table may have become shorter: what stood beside it stays in its rows.
    rest = "".join(f'<row r="{row}">{text}</row>' for row, text in sorted(beside.items()) if row > low)
    under = "".join(_row_text(row) for row in found.under if row.number > max(old.last, low))
    yield f"{rest}{under}</sheetData>{tail}".encode()


def _beside(old: Old, found: Scanned, low: int) -> dict[int, str]:
    """Cells left and right of the table in its rows, old or new, by row."""
    kept: dict[int, str] = {}
    for number, raw in found.beside.select("row", "raw").iter_rows():
        kept[number] = kept.get(number, "") + raw
    columns = [letters(at) for at in range(old.left, old.right + 1)]
    covered = grid.cells([row for row in found.under if row.number <= low])
    for number, raw in covered.filter(~pl.col("column").is_in(columns)).select("row", "raw").iter_rows():
        kept[number] = kept.get(number, "") + raw
    return kept


def _rows(body: Body, first: int, beside: dict[int, str]) -> str:
    """Rows of the table's body, with the user's cells beside them."""
    cells, height = body.cells, body.cells.len()
    if beside and any(first <= number < first + height for number in beside):
        made = cells.to_list()
        for number, text in beside.items():
            if first <= number < first + height:
                made[number - first] = _ordered(made[number - first] + text)
        cells = pl.Series(made, dtype=pl.String)
    numbers = pl.int_range(first, first + height, eager=True, dtype=pl.Int64)
    hidden = pl.Series(body.hidden, dtype=pl.Boolean)
    frame = pl.DataFrame({"n": numbers.cast(pl.String), "h": body.heights, "c": cells, "hidden": hidden})
    seen = pl.when("hidden").then(pl.lit(' hidden="1"')).otherwise(pl.lit(""))
    rows = frame.select(fill('<row r="{}" ht="{}"{}>{}</row>', "n", "h", seen, "c")).to_series()
    return "".join(rows.to_list())


def _totals(found: Scanned, bottom: int, beside: str) -> str:
    """The totals row under the new body."""
    cells = "".join(
        re.sub(r'(\br="[A-Z]+)\d+"', rf'\g<1>{bottom + 1}"', raw, count=1) for raw in found.totals
    )
    return f'<row r="{bottom + 1}">{_ordered(cells + beside)}</row>'


def _ordered(cells: str) -> str:
    """Cells in the order of their columns."""
    return "".join(sorted(_CELL.findall(cells), key=_column))


def _column(raw: str) -> int:
    found = re.search(r'\br="([A-Z]+)\d', raw)
    assert found is not None, "grid.cells has made sure that each cell says where it is"
    return grid.column_number(found.group(1))


def _row_text(row: Row) -> str:
    return f"<row{row.attributes}>{row.cells}</row>" if row.cells else f"<row{row.attributes}/>"


def _header(row: Row, old: Old, added: list[str]) -> Row:
    """The header's row with the titles of added columns, looking like the first column's."""
    if not added:
        return row
    found = grid.cells([row])
    first = found.filter(pl.col("column") == letters(old.left))
    style = f' s="{first["style"][0]}"' if first.height and first["style"][0] else ""
    places = [f"{letters(old.right + 1 + at)}" for at in range(len(added))]
    safe = grid.escaped(pl.Series(added, dtype=pl.String))
    new = "".join(
        f'<c r="{place}{row.number}"{style} t="inlineStr"><is><t xml:space="preserve">{title}</t></is></c>'
        for place, title in zip(places, safe, strict=True)
    )
    kept = "".join(found.filter(~pl.col("column").is_in(places))["raw"])
    return Row(row.number, re.sub(r'\s+spans="[^"]*"', "", row.attributes), _ordered(kept + new))


def heights(head: str, old: Old, frame: pl.DataFrame, sheet: Sheet) -> pl.Series:
    """Each row's height in points: enough lines for its longest text at the widths that the columns have now.

    Excel would find the height itself, LibreOffice and viewers don't.
    """
    widths = _widths(head)
    lines = [pl.int_range(pl.len(), dtype=pl.Int32) * 0 + 1]
    for column in sheet.columns:
        if column.kind is not Kind.LONG or column.title not in frame.columns:
            continue
        width = column.width
        if column.title in old.where:
            width = int(widths.get(grid.column_number(old.where[column.title]), column.width))
        text = pl.col(column.title).cast(pl.String).fill_null("")
        wrapped = (text.str.len_chars() / max(width - 1, 1)).ceil().cast(pl.Int64)
        needed = pl.max_horizontal(wrapped, text.str.count_matches("\n").cast(pl.Int64) + 1)
        lines.append(needed.cast(pl.Int32))
    count = pl.max_horizontal(lines).clip(1, _LINES_MAX)
    return frame.select((count * _LINE_HEIGHT + _AIR).cast(pl.String).alias("h")).to_series()


def _widths(head: str) -> dict[int, float]:
    """The widths of the sheet's columns, by their number from 0, in characters."""
    found: dict[int, float] = {}
    for match in re.finditer(r"<col\b([^>]*)/>", head):
        given = dict(re.findall(r'(\w+)="([^"]*)"', match.group(1)))
        if "width" in given and int(given["max"]) - int(given["min"]) < _COLUMNS_MAX:
            found |= dict.fromkeys(range(int(given["min"]) - 1, int(given["max"])), float(given["width"]))
    return found


def _wide(head: str, old: Old, right: int, added: list[str]) -> str:
    """Widths for added columns that have none yet; every other width stays."""
    if not added:
        return head
    given = [
        (int(found.group(1)), int(found.group(2)))
        for found in re.finditer(r'<col\b[^>]*?\bmin="(\d+)"[^>]*?\bmax="(\d+)"', head)
    ]
    new = "".join(
        f'<col min="{at + 1}" max="{at + 1}" width="{_EXTRA_WIDTH}" customWidth="1"/>'
        for at in range(old.right + 1, right + 1)
        if not any(first <= at + 1 <= last for first, last in given)
    )
    if not new or any(first > old.right + 1 for first, _ in given):
        return head
    if "</cols>" in head:
        return head.replace("</cols>", f"{new}</cols>")
    return f"{head}<cols>{new}</cols>"


def _dimension(head: str, old: Old, right: int, bottom: int) -> str:
    """The sheet's used range, which has to hold the table."""
    found = re.search(r'<dimension\s+ref="([^"]+)"\s*/>', head)
    if found is None:
        return head
    left, top, last_column, last_row = grid.area(found.group(1))
    if last_row <= old.bottom + old.totals:
        last_row = bottom
    reference = (
        f"{letters(min(left, old.left))}{min(top, old.header)}:"
        f"{letters(max(last_column, right))}{max(last_row, bottom)}"
    )
    return f'{head[: found.start()]}<dimension ref="{reference}"/>{head[found.end() :]}'
