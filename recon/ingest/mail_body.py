"""Tables in the text of a mail: those of HTML, and text in columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import lxml.html
import polars as pl
from lxml import etree

from recon.ingest import finish, grid, heading, printed, printed_table, standard
from recon.ingest.grid import PREVIEW_ROWS, Grid, Row, TextLine, clean
from recon.ingest.heading import Heading
from recon.ingest.source import Request, Source
from recon.model import Reading

BYTES_MAX: Final = 4 << 20
CELLS_MAX: Final = 100_000
_SPAN_MAX: Final = 100
_BLOCKS: Final = frozenset(
    [
        "p",
        "div",
        "br",
        "tr",
        "li",
        "ul",
        "ol",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "pre",
        "td",
        "th",
    ]
)
_MUTE: Final = frozenset(["script", "style", "head", "title", "template", "object", "noscript"])


@dataclass
class _Table:
    """Rows of one HTML table; what a cell fills further down, by column."""

    rows: list[Row] = field(default_factory=list)
    below: dict[int, tuple[int, str]] = field(default_factory=dict)


def of_html(source: Source, request: Request) -> list[Reading]:
    """The tables of an HTML text whose headings fit, those of one profile together."""
    if source.size > BYTES_MAX:
        raise source.refusal("the mail's text is too large", "save its attachments and read these")
    tables, lines = _taken_apart(source)
    found: dict[tuple[str, str], list[tuple[Grid, Heading]]] = {}
    for table in tables:
        preview = [(position, cells) for position, cells in table.rows if any(cells)][:PREVIEW_ROWS]
        if not preview:
            continue
        made = Grid(source.name, preview, partial(_body, table.rows), lines=lambda: lines)
        with_standard = request.profile in ("", standard.NAME)
        for fit in heading.find(made, request.able(), source.path.stem, with_standard=with_standard):
            found.setdefault((fit.profile.name, str(fit.profile.kind)), []).append((made, fit))
    # A reply quotes the table that it answers: each table is a reading of its own, and twins are told.
    return [
        finish.from_grids(source, request, "mail", [fit], first=number)
        for fits in found.values()
        for number, fit in enumerate(fits, 1)
    ]


def of_text(source: Source, request: Request) -> list[Reading]:
    """The tables of plain text in columns, whose headings fit; of a quoted mail's text where nothing else fits.

    Raises:
        ReconError: `file-unreadable` if it is too long.
    """
    if source.size > BYTES_MAX:
        raise source.refusal("the mail's text is too large", "save its attachments and read these")
    text = source.load().decode("utf-8", "replace")
    if len(text.splitlines()) >= grid.PAGE:
        what = f"the mail's text has more than {grid.PAGE - 1:,} lines"
        raise source.refusal(what, "save its attachments and read these")
    # What a mail quotes is of another mail; it counts only where it says nothing itself.
    own = _printed(source, request, _QUOTED_LINE.sub("", text))
    return own or (_printed(source, request, _QUOTED.sub("", text)) if _QUOTED.search(text) else [])


_QUOTED: Final = re.compile(r"^(?:[ \t]{0,3}>)+ ?", re.MULTILINE)
_QUOTED_LINE: Final = re.compile(r"^[ \t]{0,3}>.*$", re.MULTILINE)


def _printed(source: Source, request: Request, text: str) -> list[Reading]:
    lines = printed.of_text(text)
    made = [printed_table.table(lines, profile) for profile in request.able() if profile.header]
    tables = {table.heading.profile.name: table for table in made if table is not None}
    readings = []
    for fit in heading.best([table.heading for table in tables.values()]):
        table = tables[fit.profile.name]
        page = table.grid(source.name)
        readings.append(finish.from_grids(source, request, "mail", [(page, fit)], table.said(page)))
    return readings


def _taken_apart(source: Source) -> tuple[list[_Table], list[TextLine]]:
    """The tables, and all lines of the text as a person sees them; a row of a table is one."""
    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = lxml.html.document_fromstring(source.load(), parser=parser)
    except (etree.LxmlError, ValueError):
        return [], []
    tables: dict[Any, _Table] = {}
    lines: list[TextLine] = []
    words: list[str] = []
    cells = 0

    def flush() -> None:
        for text in "".join(words).split("\n"):
            if clean(text):
                lines.append(TextLine(len(lines) + 1, 1, clean(text)))
        words.clear()

    for node, begins in _steps(root):
        if not begins:
            words.append(node.tail or "")
            continue
        if node.tag == "tr" and next(node.iter("table"), None) is None:
            flush()
            table = tables.setdefault(_table_of(node), _Table())
            row = _row(node, table)
            cells += len(row)
            if cells > CELLS_MAX:
                raise source.refusal(
                    "the mail's text has too many cells", "save its attachments and read these"
                )
            text = "  ".join(cell for cell in row if cell)
            lines.append(TextLine(len(lines) + 1, 1, text))
            table.rows.append((len(lines), row))
        else:
            words.append("\n" if node.tag in _BLOCKS else "")
            words.append(node.text or "")
    flush()
    return list(tables.values()), lines


def _steps(root: Any) -> Iterator[tuple[Any, bool]]:
    """Every element as it begins and ends, but for what is in mute ones and in rows that hold no table."""
    stack = [(root, iter(root))]
    yield root, True
    while stack:
        node, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            yield node, False
            continue
        if not isinstance(child.tag, str) or child.tag in _MUTE:
            yield child, False
            continue
        yield child, True
        inside = child.tag == "tr" and next(child.iter("table"), None) is None
        stack.append((child, iter(()) if inside else iter(child)))


def _table_of(row: Any) -> Any:
    """The table that a row is of, or what stands in for one."""
    return next(row.iterancestors("table"), row.getparent())


def _row(node: Any, table: _Table) -> list[str]:
    """The cells of a row, wide ones as often as they are wide, those that reach down from above too."""
    cells: list[str] = []
    taken: set[int] = set()
    for cell in node:
        if len(cells) >= grid.COLUMNS_MAX:
            break
        if cell.tag not in ("td", "th"):
            continue
        _skip(cells, table, taken)
        text = clean(_text(cell))
        wide, high = _span(cell, "colspan"), _span(cell, "rowspan")
        wide = min(wide, grid.COLUMNS_MAX - len(cells))
        for index in range(wide):
            if high > 1:
                table.below[len(cells)] = (high - 1, text if index == 0 else "")
                taken.add(len(cells))
            cells.append(text if index == 0 else "")
    _skip(cells, table, taken)
    return cells


def _skip(cells: list[str], table: _Table, taken: set[int]) -> None:
    """Cells that reach down from the row above into this one."""
    while len(cells) < grid.COLUMNS_MAX and len(cells) in table.below and len(cells) not in taken:
        left, text = table.below.pop(len(cells))
        if left > 1:
            table.below[len(cells)] = (left - 1, text)
            taken.add(len(cells))
        cells.append(text)


def _span(cell: Any, name: str) -> int:
    text = (cell.get(name) or "1").strip()
    return min(max(int(text), 1), _SPAN_MAX) if text.isascii() and text.isdigit() and len(text) < 6 else 1  # noqa: PLR2004 - digits of a span


def _text(node: Any) -> str:
    """The text of a cell, a blank where a line ends."""
    words = []
    for one in node.iter():
        if not isinstance(one.tag, str):
            continue
        words.append("\n" if one.tag in _BLOCKS else "")
        words.append("" if one.tag in _MUTE else one.text or "")
        if one is not node:
            words.append(one.tail or "")
    return "".join(words)


def _body(rows: Sequence[Row], position: int) -> pl.DataFrame:
    return grid.cleaned(grid.frame([row for row in rows if row[0] > position]))
