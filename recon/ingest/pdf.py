"""PDF documents with a text layer: tables by profile, single values by its `fields`.

The document is never opened in this process: PDFium is C++ and the document a stranger's. A child process (see
`pdf_runs.py`) takes it apart, within limits of time, memory, pages and characters; if it dies or does not end, that
is a problem of this file. One child for each document: some 0.2 seconds.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

from recon.ingest import finish, heading, printed, printed_table
from recon.ingest.grid import PAGE
from recon.ingest.pdf_runs import turned_back
from recon.ingest.printed import Line, Rule, Word
from recon.ingest.printed_table import Table
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Reading
from recon.problems import Problem, ReconError

SECONDS_MAX: Final = 60
BYTES_MAX: Final = 64 << 20
_MAGIC: Final = re.compile(rb"(?:^|[\r\n])(?:\xef\xbb\xbf)?[ \t]*%PDF-\d")
_MAGIC_WITHIN: Final = 1024  # where readers look for it; servers put lines before it
_CHILD: Final = Path(__file__).with_name("pdf_runs.py")
_RULE: Final = 15.0  # points: shorter lines part no rows
_THIN: Final = 3.0
_HIDDEN: Final = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_AGAIN: Final = "ask its sender for it again, or for the same as a CSV file"

_REFUSALS: Final[Mapping[str, tuple[str, str, str]]] = {
    "locked": (
        "file-locked",
        "the PDF is protected by a password",
        "open it, print it into a new PDF without one",
    ),
    "damaged": ("file-unreadable", "the PDF is damaged", _AGAIN),
    "pages": ("file-unreadable", "the PDF has too many pages", "split it"),
    "characters": ("file-unreadable", "the PDF has too much text", "split it"),
    "form": (
        "file-unreadable",
        "the PDF is a form (XFA) whose text only Adobe's programs show",
        "open it there and print it into a new PDF",
    ),
    "memory": ("file-unreadable", "the PDF takes too much memory", _AGAIN),
    "time": ("file-unreadable", f"the PDF can't be read within {SECONDS_MAX} seconds", _AGAIN),
    "missing": (
        "file-unreadable",
        "pypdfium2 is not installed, which reads PDFs",
        "install it: `pip install pypdfium2`",
    ),
    "image": (
        "file-image",
        "the PDF has no text, only pictures of it",
        "ask its sender for a PDF with text or a CSV file; or run text recognition over it and check what it read",
    ),
}


@dataclass(frozen=True)
class _Document:
    """The lines of all pages, and what is wrong with pages."""

    lines: Sequence[Line] = ()
    pictures: Sequence[int] = ()
    aslant: int = 0


def claims(source: Source, request: Request) -> list[Claim]:
    """The profiles whose heading stands on a page.

    Raises:
        ReconError: `file-locked`, `file-image`, or `file-unreadable` for a damaged or excessive document.
    """
    if not _is_pdf(source):
        return []
    document = _document(source)
    found: dict[str, Table] = {}
    for profile in request.able(advice=True):
        table = printed_table.table(document.lines, profile) if profile.header else None
        if table is not None:
            found[profile.name] = table
    return [
        Claim(
            fit.profile.name,
            fit.profile.kind,
            partial(_read, source, request, document, found[fit.profile.name]),
        )
        for fit in heading.best([table.heading for table in found.values()])
    ]


def misses(source: Source, request: Request) -> Problem | None:
    """What a PDF lacks that no profile is of."""
    if not _is_pdf(source):
        return None
    if request.profile:
        named = [
            f"`{name}`" for one in request.profiles if one.name == request.profile for name in one.header
        ]
        what = f"no page has the heading of profile {request.profile}"
        return Problem("column-missing", source.name, what, f"it needs {', '.join(named) or 'a heading'}")
    lines = len(_document(source).lines)
    what = f"the PDF has {lines} lines of text, and no table whose heading is in a profile"
    return Problem("file-unknown", source.name, what, "write a profile with the words of its table's heading")


def _is_pdf(source: Source) -> bool:
    return _MAGIC.search(source.head[:_MAGIC_WITHIN]) is not None


def _read(source: Source, request: Request, document: _Document, table: Table) -> Reading:
    grid = table.grid(source.name)
    said = table.said(grid)
    for page in document.pictures:
        what = "the page has no text, only a picture; nothing of it was read"
        said.append(Problem("file-image", source.at(page), what, "look at the page"))
    if document.aslant:
        what = f"text across the page ({document.aslant} pieces, a stamp or a watermark) was left out"
        said.append(Problem("row-text", source.name, what, "nothing to do, if it is no row of the table"))
    return finish.from_grids(source, request, "pdf", [(grid, table.heading)], said)


def _document(source: Source) -> _Document:
    if source.size > BYTES_MAX:
        what = f"the PDF has {source.size:,} bytes; at most {BYTES_MAX:,} are read"
        raise source.refusal(what, "split it")
    found = _taken_apart(source.digest, source)
    error = found.get("error") or ("" if any(found["pages"]) else "image" if found["pictures"] else "damaged")
    if error:
        code, what, hint = _REFUSALS[error]
        raise ReconError(Problem(code, source.name, what, hint))
    lines: list[Line] = []
    aslant = 0
    for number, (runs, boxes) in enumerate(zip(found["pages"], found["boxes"], strict=True), 1):
        ways = [run[5] for run in runs]
        way = max(sorted(set(ways)), key=ways.count, default=0)
        aslant += sum(one != way for one in ways)
        words = [Word(*run[:5]) for run in runs if run[5] == way]
        made = printed.lines(number, words, _rules(boxes, way))
        if len(made) >= PAGE:
            raise source.refusal(f"page {number} has {len(made):,} lines", _AGAIN)
        lines += made
    return _Document(lines, found["pictures"], aslant)


def _rules(boxes: Sequence[Sequence[float]], way: int) -> list[Rule]:
    """Lines drawn across the page, as the text runs: thin boxes, and the upper and lower sides of others."""
    rules = []
    for left, bottom, right, top in boxes:
        low_left, low, high_right, high, _ = turned_back((left, bottom, right, top, 0.0, 0.0), way)
        if high_right - low_left >= _RULE:
            rules += [Rule(low, low_left, high_right)]
            rules += [Rule(high, low_left, high_right)] if high - low > _THIN else []
    return rules


@lru_cache(maxsize=4)  # a claim and the reading look at the same document
def _taken_apart(_digest: str, source: Source) -> dict[str, Any]:
    """What the child says of the document: pages of runs, or an error that `_REFUSALS` knows."""
    try:
        child = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-I", str(_CHILD)],
            input=source.load(),
            capture_output=True,
            timeout=SECONDS_MAX,
            check=False,
            creationflags=_HIDDEN,
        )
    except subprocess.TimeoutExpired:
        return {"error": "time"}
    except OSError as error:
        raise source.refusal("no process can be started to read the PDF", "close other programs") from error
    try:
        found: dict[str, Any] = json.loads(child.stdout)
    except ValueError:
        return {"error": "damaged"}  # it died: what it read was no document
    return found


READER = Reader("pdf", claims, misses, alone=True)
