"""A sheet part taken apart as text, some rows at a time: what is around the cells keeps its very bytes.

A sheet of 100,000 rows is 100 MB of text. It never stands in memory as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from recon.workbook.package import BrokenError

ROWS: Final = 4_096  # of one slice
_EMPTY_ROW: Final = re.compile(r"\s*<row\b([^>]*?)/>")
_ROW_NUMBER: Final = re.compile(r'\br="(\d+)"')
_PREFIX: Final = re.compile(rb'<(\w+):worksheet\b[^>]*?\bxmlns:\1="')
_CELLS: Final = re.compile(rb"<sheetData\b[^>]*>")
_USUAL: Final = '<row r="'  # as nearly every row begins
_END: Final = b"</sheetData>"
_SAVE: Final = "open and save the workbook in Excel once"


@dataclass(frozen=True)
class Row:
    """A row as it stands: its number, its attributes and its cells as text."""

    number: int
    attributes: str
    cells: str


class SheetText:
    """A sheet part: what is before the cells (`head`), the rows, what is behind (`tail`, once all rows were read).

    Raises:
        BrokenError: it has no cells' section, or cells that don't say where they are.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""  # read, and not yet told
        self._prefix = b""
        self._tail: bytes | None = None
        found = None
        while found is None:
            found = _CELLS.search(self._held)
            if found is None and not self._more():
                raise BrokenError("a sheet has no cells' section")
        self.head = self._held[: found.start()].decode("utf-8-sig")
        _check(self.head)
        self._held = self._held[found.end() :]
        if found.group().endswith(b"/>"):
            self._tail = self._rest()

    @property
    def tail(self) -> str:
        """What is behind the cells."""
        assert self._tail is not None, "the rows are read first"
        return self._tail.decode()

    def slices(self) -> Iterator[list[Row]]:
        """The rows, some at a time; once."""
        rows: list[Row] = []
        while self._tail is None:
            end = self._held.find(_END)
            if end >= 0:
                done, self._held = self._held[:end], self._held[end + len(_END) :]
                self._tail = self._rest()
            else:
                cut = self._held.rfind(b"</row>") + len(b"</row>")
                done = self._held[:cut] if cut >= len(b"</row>") else b""
                self._held = self._held[len(done) :]
            _add(done.decode(), rows)
            while len(rows) >= ROWS:
                yield rows[:ROWS]
                rows = rows[ROWS:]
            if self._tail is None and not self._more():
                raise BrokenError("a sheet's cells' section has no end")
        if rows:
            yield rows

    def _more(self) -> bool:
        """Read on; False at the end. Prefixes, which some writers use and Excel doesn't, are taken away."""
        piece = next(self._pieces, None)
        if piece is None:
            return False
        if not self._prefix and not self._held and (found := _PREFIX.search(piece)):
            self._prefix = found.group(1)
        if self._prefix:
            # A tag may begin in this piece and end in the next.
            last = piece.rfind(b"<")
            while last >= 0 and b">" not in piece[last:] and (more := next(self._pieces, None)):
                piece += more
                last = piece.rfind(b"<")
            piece = re.sub(rb"(</?)" + self._prefix + rb":", rb"\1", piece)
            piece = piece.replace(b"xmlns:" + self._prefix + b"=", b"xmlns=", 1)
        self._held += piece
        return True

    def _rest(self) -> bytes:
        while self._more():
            pass
        rest, self._held = self._held, b""
        _check(rest.decode())
        return rest


def take_apart(pieces: Iterable[bytes]) -> tuple[SheetText, list[Row]]:
    """A small sheet: its text, and all its rows."""
    text = SheetText(pieces)
    rows = [row for part in text.slices() for row in part]
    return text, rows


def _check(text: str) -> None:
    if "<!" in text:  # comments, CDATA, document types
        raise BrokenError(f"a sheet holds what no office program writes; {_SAVE}")


def _add(text: str, rows: list[Row]) -> None:
    """The rows in text that ends behind a row."""
    _check(text)
    for piece in text.split("</row>"):
        close = piece.find(">")
        if piece.startswith(_USUAL) and piece[close - 1] != "/" and piece.find("<row", close) < 0:
            number = piece[len(_USUAL) : piece.find('"', len(_USUAL))]
            rows.append(Row(int(number), piece[len("<row") : close], piece[close + 1 :]))
        else:
            _add_rows(piece, rows)


def _add_rows(piece: str, rows: list[Row]) -> None:
    """The rows of a piece of text that ends where a row's end tag stood: empty ones, then one with cells."""
    at = piece.rfind("<row")
    while at >= 0:
        empty = piece.find("<row", 0, at) >= 0 or piece[piece.find(">", at) - 1] == "/"
        if not empty:
            break
        # Rows without cells have no end tag of their own.
        found = _EMPTY_ROW.match(piece)
        if found is None:
            raise BrokenError(f"a sheet's rows can't be told apart; {_SAVE}")
        rows.append(Row(_row_number(found.group(1)), found.group(1), ""))
        piece = piece[found.end() :]
        at = piece.rfind("<row")
    if at >= 0:
        close = piece.find(">", at)
        attributes = piece[at + 4 : close]
        rows.append(Row(_row_number(attributes), attributes, piece[close + 1 :]))


def _row_number(attributes: str) -> int:
    number = _ROW_NUMBER.search(attributes)
    if number is None:
        raise BrokenError(f"a sheet has a row without its number; {_SAVE}")
    return int(number.group(1))
