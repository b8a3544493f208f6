"""The text of a PDF with its places: a program of its own, since a library in C++ reads what strangers made.

`pdf.py` starts it as `python -I pdf_runs.py`, gives it the document on its standard input, and reads JSON from its
standard output. Whatever the document makes of this process, the one that asked goes on. It knows nothing of recon.

What it writes: `{"error": WORD}`, or `{"pages": [[runs], ...], "boxes": [[boxes], ...], "pictures": [page, ...]}`. A
run is text that was drawn on one line without a gap, in the order of drawing: `[text, left, right, baseline, height,
quarter]`, in points along the way the text runs; `quarter` is how many quarter turns that is from the page's own, -1
for any other way. A box is where something else was drawn, mostly a line: `[left, bottom, right, top]` of the page.
"""

import contextlib
import ctypes
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

PAGES_MAX = 500
CHARACTERS_MAX = 1_000_000
MEMORY_MAX = 1 << 30
_BOXES_MAX = 20_000  # of a page
_GAP = 0.12  # of the height: wider than a kern, narrower than a blank
_QUARTER = math.pi / 2
_QUARTER_SLACK = 0.02  # of a quarter turn
_HYPHENS = {0x02, 0xAD, 0xFFFE}  # what PDFium says for a hyphen at the end of a line

Run = list[Any]


def limit_memory() -> None:
    """No more memory than a document can need; Windows has no such limit, and a Mac does not keep it."""
    try:
        import resource  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))


def read(data: bytes) -> dict[str, Any]:
    """The runs of all pages, or why there are none."""
    import pypdfium2  # noqa: PLC0415 - the one place; its absence is told, too

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", 0) in (
            pypdfium2.raw.FPDF_ERR_PASSWORD,
            pypdfium2.raw.FPDF_ERR_SECURITY,
        )
        return {"error": "locked" if locked or "password" in str(error).lower() else "damaged"}
    if len(document) > PAGES_MAX:
        return {"error": "pages"}
    form = document.get_formtype()
    if form == pypdfium2.raw.FORMTYPE_XFA_FULL:
        return {"error": "form"}
    if form != pypdfium2.raw.FORMTYPE_NONE:
        document.init_forms()
    pages: list[list[Run]] = []
    drawn: list[list[list[float]]] = []
    pictures = []
    characters = 0
    for index in range(len(document)):
        try:
            page = document[index]
            if form != pypdfium2.raw.FORMTYPE_NONE:
                page = _with_fields(document, page, index)
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            return {"error": "damaged"}
        count = text.count_chars()
        characters += max(count, 0)
        if characters > CHARACTERS_MAX:
            return {"error": "characters"}
        found = list(runs(pypdfium2.raw, text.raw, count))
        if not found and pypdfium2.raw.FPDFPage_CountObjects(page.raw) > 0:
            pictures.append(index + 1)
        pages.append(found)
        drawn.append(boxes(pypdfium2.raw, page.raw))
        text.close()
        page.close()
    return {"pages": pages, "boxes": drawn, "pictures": pictures}


def _with_fields(document: Any, page: Any, index: int) -> Any:
    """The page with what was typed into its fields as text of its own; it isn't the page's before."""
    page.flatten()
    page.close()
    return document[index]


def boxes(raw: Any, page: Any) -> list[list[float]]:
    """Where lines and rectangles are drawn; none of a page that is full of drawings."""
    count = raw.FPDFPage_CountObjects(page)
    corners = [ctypes.c_float() for _ in range(4)]
    found = []
    for index in range(count if count <= _BOXES_MAX else 0):
        one = raw.FPDFPage_GetObject(page, index)
        if raw.FPDFPageObj_GetType(one) == raw.FPDF_PAGEOBJ_PATH and raw.FPDFPageObj_GetBounds(one, *corners):
            box = [round(corner.value, 2) for corner in corners]
            if all(math.isfinite(side) for side in box):
                found.append(box)
    return found


def runs(raw: Any, text: Any, count: int) -> Iterator[Run]:
    """The runs of a page."""
    open_run: Run | None = None
    for glyph in glyphs(raw, text, count):
        word, left, right, line, height, quarter = glyph
        if (
            open_run is not None
            and quarter == open_run[5]
            and abs(line - open_run[3]) <= _GAP * height
            and -height <= left - open_run[2] <= _GAP * height
        ):
            open_run[0] += word
            open_run[2] = max(open_run[2], right)
            open_run[4] = max(open_run[4], height)
            continue
        if open_run is not None:
            yield open_run
        open_run = list(glyph)
    if open_run is not None:
        yield open_run


def glyphs(raw: Any, text: Any, count: int) -> Iterator[tuple[str, float, float, float, float, int]]:
    """The characters of a page that can be seen, each in the way that its text runs."""
    unicode_of, box_of = raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox
    origin_of, angle_of = raw.FPDFText_GetCharOrigin, raw.FPDFText_GetCharAngle
    box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    words: dict[int, str] = {}
    for index in range(count):
        code = unicode_of(text, index)
        word = words.get(code)
        if word is None:
            word = words[code] = _word(code)
        if not word or not box_of(text, index, box) or not origin_of(text, index, x, y):
            continue
        turned = angle_of(text, index) / _QUARTER
        quarter = (
            0 if turned == 0 else round(turned) % 4 if abs(turned - round(turned)) < _QUARTER_SLACK else -1
        )
        corners = (box.left, box.bottom, box.right, box.top, x.value, y.value)
        if math.isfinite(sum(corners)):
            left, bottom, right, top, line = turned_back(corners, quarter)
            yield word, round(left, 2), round(right, 2), round(line, 2), round(top - bottom, 2), quarter


def _word(code: int) -> str:
    """A character that can be seen; "" for blanks, halves of pairs, and what is none."""
    if code in _HYPHENS:
        return "-"
    return "" if not 0 < code < sys.maxunicode or 0xD800 <= code <= 0xDFFF else chr(code).strip()  # noqa: PLR2004


def turned_back(corners: tuple[float, ...], quarter: int) -> tuple[float, float, float, float, float]:
    """Left, bottom, right, top and baseline as they are where the text runs from left to right."""
    left, bottom, right, top, x, y = corners
    if quarter == 1:  # downwards
        return -top, left, -bottom, right, x
    if quarter == 2:  # noqa: PLR2004 - upside down
        return -right, -top, -left, -bottom, -y
    if quarter == 3:  # noqa: PLR2004 - upwards
        return bottom, -right, top, -left, -x
    return left, bottom, right, top, y


def main() -> None:
    """Read the document from standard input and write what was found."""
    limit_memory()
    try:
        said = read(sys.stdin.buffer.read())
    except ImportError:
        said = {"error": "missing"}
    except MemoryError:
        said = {"error": "memory"}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
