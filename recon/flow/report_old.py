"""Sheets of reports that a new pack lacks: the figures of two days must not stand in one pack.

A pack of another day that can't have a report, as *Management* without movements, empties its sheet and says why. A
sheet of the same day stays, and so do the sheets of reports that were made by their names.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Final

from recon.flow.books import Book
from recon.flow.report_pages import ANEW, key_of
from recon.problems import Problem
from recon.workbook.pages import Page

_DAY: Final = re.compile(r"As at (\d\d/\d\d/\d{4})")
_NAME: Final = re.compile(r"[^\[\]:*?/\\]{1,31}")  # what Excel lets a sheet be called
_LINES: Final = 12  # cells at the top of a sheet among which its day is


def emptied(book: Book, made: Collection[str], as_of: date) -> tuple[list[Page], list[Problem]]:
    """A page without figures for each report sheet of another day that is not made now, and a problem that says so.

    A sheet whose first cell is no title of that page is a person's own by now, and stays.

    Args:
        book: the workbook.
        made: the keys of the pages that are.
        as_of: the day of the pack.
    """
    day = f"{as_of:%d/%m/%Y}"
    pages, problems = [], []
    for key in book.page_keys():
        title, *rest = [row[0] for row in book.read_page(key, _LINES, 1)] or [""]
        name, about = title.partition(":")[0], " ".join(rest)
        if key in made or key_of(name) != key or not _NAME.fullmatch(name):
            continue
        found = _DAY.search(about)
        if not found or found[1] == day or ANEW not in about:
            continue
        says = (
            f"This report was not made for the pack of {day}: inputs of it are missing, and recon report says which.",
            f"What stood here was of {found[1]}: the backup that was made of the workbook has it.",
        )
        pages.append(Page(key, name, f"{name}: not made as at {day}", says, (), f"as at {day}"))
        what = f"the report is not made as at {day}; its sheet was of {found[1]} and is emptied"
        hint = "make the pack again with --data; the figures of then are in the workbook's backup"
        problems.append(Problem("report-emptied", name, what, hint))
    return pages, problems
