"""A sheet part put together again: the new rows of the table among everything else that stands on the sheet."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from recon.fill import fill
from recon.workbook import grid
from recon.workbook.columns import Kind, Sheet, letters
from recon.workbook.grid import Row
from recon.workbook.package import BrokenError
from recon.workbook.standing import Old

_EXTRA_WIDTH: Final = 18
_LINE_HEIGHT, _AIR, _LINES_MAX = 13, 5, 8  # points, points, lines of one row
_COLUMNS_MAX: Final = 200  # a width given to more columns at once is the sheet's, not a column's
_CELL: Final = re.compile(r"<c\b[^>]*?(?:/>|>.*?</c>)", re.DOTALL)


def sheet_text(old: Old, body: pl.DataFrame, added: list[str]) -> str:
    """The whole sheet part.

    Args:
        old: the sheet as it stands.
        body: a row for each new row of the table: its cells as text (`cells`), its height (`height`).
        added: titles of the columns that the table gets on its right.
    """
    right = old.right + len(added)
    bottom = old.header + body.height
    low = bottom + old.totals  # the table's last row
    beside = _beside(old, low)
    top = "".join(
        _row_text(_header(row, old, added) if row.number == old.header else row)
        for row in old.text.rows
        if row.number <= old.header
    )
    middle = _body(body, old.header, {row: text for row, text in beside.items() if row <= bottom})
    totals = _totals(old, bottom, beside.get(low, "")) if old.totals else ""
    # The table may have become shorter: what stood beside it stays in its rows.
    rest = "".join(f'<row r="{row}">{text}</row>' for row, text in sorted(beside.items()) if row > low)
    under = "".join(_row_text(row) for row in old.text.rows if row.number > max(old.last, low))
    head = _dimension(_wide(old.text.head, old, right, added), old, right, low)
    tail = _ranges(old.text.tail, old, right, bottom)
    return f"{head}<sheetData>{top}{middle}{totals}{rest}{under}</sheetData>{tail}"


def _beside(old: Old, low: int) -> dict[int, str]:
    """Cells left and right of the table in its rows, old or new, by row."""
    found = old.below.filter(~pl.col("inside") & (pl.col("row") <= max(old.last, low)))
    kept: dict[int, str] = {}
    for number, raw in found.select("row", "raw").iter_rows():
        kept[number] = kept.get(number, "") + raw
    return kept


def _body(body: pl.DataFrame, header: int, beside: dict[int, str]) -> str:
    """The rows of the table's body, with the user's cells beside them."""
    cells = body["cells"]
    if beside:
        made = cells.to_list()
        for number, text in beside.items():
            made[number - header - 1] = _ordered(made[number - header - 1] + text)
        cells = pl.Series(made, dtype=pl.String)
    numbers = pl.int_range(header + 1, header + 1 + body.height, eager=True, dtype=pl.Int64)
    frame = pl.DataFrame({"n": numbers.cast(pl.String), "h": body["height"], "c": cells})
    rows = frame.select(fill('<row r="{}" ht="{}">{}</row>', "n", "h", "c")).to_series()
    return "".join(rows.to_list())


def _totals(old: Old, bottom: int, beside: str) -> str:
    """The totals row under the new body."""
    moved = old.below.filter(pl.col("inside") & (pl.col("row") == old.bottom + 1))["raw"]
    cells = "".join(re.sub(r'(\br="[A-Z]+)\d+"', rf'\g<1>{bottom + 1}"', raw, count=1) for raw in moved)
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


def heights(old: Old, frame: pl.DataFrame, sheet: Sheet) -> pl.Series:
    """Each row's height in points: enough lines for its longest text at the widths that the columns have now.

    Excel would find the height itself, LibreOffice and viewers don't.
    """
    widths = _widths(old.text.head)
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


def _ranges(tail: str, old: Old, right: int, bottom: int) -> str:
    """Ranges that end with the old body (drop-downs, conditional formats) end with the new one, as Excel does it."""

    def follow(reference: str) -> str:
        try:
            first, top, last, low = grid.area(reference)
        except BrokenError:
            return reference  # a whole column or row
        inside = old.left <= first and last <= right and top > old.header
        if not inside or low != old.bottom:
            return reference
        return f"{letters(first)}{min(top, bottom)}:{letters(last)}{bottom}"

    def each(found: re.Match[str]) -> str:
        return (
            found.group(1)
            + " ".join(follow(reference) for reference in found.group(2).split())
            + found.group(3)
        )

    tail = re.sub(r'(\bsqref=")([^"]*)(")', each, tail)
    return re.sub(r"(<xm:sqref>)([^<]*)(</xm:sqref>)", each, tail)
