"""Workbooks that would fill the memory: looked at in a stream before any library unfolds them.

The reader of sheets builds the whole rectangle from A1 to the last cell; one cell in XFD1048576 would ask for
half a terabyte. A zip may also hold a thousand times what it weighs.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Final

from lxml import etree

from recon.ingest import damage

UNPACKED_MAX: Final = 1 << 30
PARTS_MAX: Final = 10_000
CELLS_MAX: Final = 20_000_000
STRINGS_MAX: Final = 4 << 30  # characters, if every cell held the longest string
_BLOCK = 1 << 20
_LAST = re.compile(rb'<(?:\w+:)?(?:c|row)\s[^<>]*?\br="[A-Z]*(\d+)"')
_WIDE = re.compile(rb'\br="([A-Z]{2,3})\d')
_WIDTH_NARROW = 26
_STRINGS = "xl/sharedstrings.xml"  # readers do not mind its case
_COUNT = b"uniqueCount"
_SAID = re.compile(_COUNT + rb"\s*=\s*[\"']\s*\+?(\d+)")
_DIGITS_MAX = 20  # of a number that is read
_STRING_MIN = 5  # bytes: <si/>
HELD_MAX: Final = 50_000_000  # strings that any workbook may have
SAID_MAX: Final = 1_000_000  # strings that a workbook may say it has and not have: room is made for as many
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def is_workbook(data: bytes) -> bool:
    """Whether a zip is a workbook that can be read: XLSX, XLSM or ODS."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            names = set(book.namelist())
            if "xl/workbook.xml" in names:
                return True
            return (
                "content.xml" in names
                and "mimetype" in names
                and b"spreadsheet" in book.read("mimetype")[:200]
            )
    except damage.PACKAGE:
        return False


def too_large(data: bytes) -> str:
    """What is too large about a workbook; empty = nothing.

    Raises:
        zipfile.BadZipFile: a part does not hold what the package says.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        parts = book.infolist()
        unpacked = sum(part.file_size for part in parts)
        if unpacked > UNPACKED_MAX or len(parts) > PARTS_MAX:
            return f"it would unfold to {unpacked:,} bytes in {len(parts):,} parts"
        texts = [_texts(book, part) for part in parts if part.filename.lower() == _STRINGS]
        longest = max((longest for longest, _said in texts), default=0)
        said = max((said for _longest, said in texts), default=0)
        if said:
            return f"it says that it has {said:,} texts, and is too small to hold them"
        for part in parts:
            if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                rows, columns, cells = _extent(book, part)
            elif part.filename == "content.xml":
                rows, columns = _extent_ods(book, part)
                cells = 0
            else:
                continue
            if rows * columns > CELLS_MAX:
                return f"a sheet reaches over {rows:,} rows and {columns:,} columns"
            if longest * cells > STRINGS_MAX:
                return f"{cells:,} cells may hold text of {longest:,} characters each"
    return ""


def _texts(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, int]:
    """About the shared strings: length of the longest piece, and how many there are said to be.

    The second is 0 unless it is more than the part can have. The reader makes room for as many before it reads the
    first, and ends the process where there is no such room.
    """
    longest, run, said, carry = 0, 0, 0, b""
    with book.open(part) as stream:
        while block := stream.read(_BLOCK):  # all of it: what stands in which tag is for a parser to know
            pieces = block.split(b"</si>")
            longest = max(longest, run + len(pieces[0]), *(len(piece) for piece in pieces))
            run = len(pieces[-1]) if len(pieces) > 1 else run + len(block)
            text, done = carry + block, 0
            for found in _SAID.finditer(text):
                said = max(said, int(found[1][:_DIGITS_MAX]))
                done = found.end() if found.end() < len(text) else found.start()
            begun = text.rfind(_COUNT, done)
            carry = text[begun if begun >= 0 else max(done, len(text) - len(_COUNT)) :]
            if len(carry) > _BLOCK:
                return longest, part.file_size
    return longest, said if said > max(SAID_MAX, min(part.file_size // _STRING_MIN, HELD_MAX)) else 0


def _extent(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, int, int]:
    """Rows down to the last cell, columns, and cells of text, by one look at the sheet's XML."""
    last, widest, cells, carry = 1, _WIDTH_NARROW, 0, b""
    with book.open(part) as stream:
        while block := stream.read(_BLOCK):
            text = carry + block
            last = max(last, *(int(number) for number in _LAST.findall(text)[-1:]), 1)
            widest = max([widest, *(_column(letters) for letters in set(_WIDE.findall(text)))])
            cells += block.count(b't="s"')
            carry = text[-200:]
    return last, widest, cells


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _extent_ods(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, int]:
    """Rows and columns of the largest table of an ODS, down to the last cell that holds something."""
    most = (1, 1)
    rows = last = widest = 0
    with book.open(part) as stream:
        for _, element in etree.iterparse(stream, events=("end",), resolve_entities=False, no_network=True):
            if element.tag == _TABLE + "table-row":
                width = _row_width(element)
                rows += _count(element, "number-rows-repeated")
                last, widest = (rows, max(widest, width)) if width else (last, widest)
                element.clear()
            elif element.tag == _TABLE + "table":
                most = max(most, (last, widest), key=lambda extent: extent[0] * extent[1])
                rows = last = widest = 0
                element.clear()
    return most


def _row_width(row: etree._Element) -> int:
    width = filled = 0
    for cell in row:
        width += _count(cell, "number-columns-repeated")
        filled = width if len(cell) or cell.text else filled
    return filled


def _count(element: etree._Element, name: str) -> int:
    text = element.get(_TABLE + name) or "1"
    return int(text) if text.isdigit() and len(text) < 10 else 1  # noqa: PLR2004 - no sheet has a milliard of rows
