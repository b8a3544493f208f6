"""What people wrote into a table whose row goes away: told, and kept in a file beside the workbook.

The backup alone is not enough: some writes later it is another one. BOOK-kept.csv only ever grows.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from recon.problems import EXIT_JOB, Problem, ReconError

TOLD_MAX: Final = 20  # problems of one kind for one sheet; more are counted
_TITLES: Final = ("sheet", "row", "id", "column", "text")
_BOM: Final = "\ufeff"  # by which Excel knows that a file is UTF-8
_NAMES_MAX: Final = 9  # files that are tried, since Excel lets nobody write one that it has open
_FORMULA: Final = re.compile(r"^[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"^-?\d+(\.\d+)?$")


@dataclass(frozen=True, order=True)
class Text:
    """A text of the user's that has no place on its sheet any more.

    `row` is the sheet's row where it stood, `ids` the row's ids, `column` the heading. `known`: another problem tells
    of it.
    """

    sheet: str
    row: int
    ids: str
    column: str
    text: str
    known: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        """As a row of the file; nothing in it is a formula."""
        return tuple(_safe(one) for one in (self.sheet, str(self.row), self.ids, self.column, self.text))


def keep(folder: Path, stem: str, texts: Sequence[Text]) -> str:
    """Add texts to the file of what was kept, those that it doesn't have yet; the file's name.

    Raises:
        ReconError: out-unwritable; nothing was written.
    """
    for number in range(1, _NAMES_MAX + 1):
        path = folder / f"{stem}-kept{'' if number == 1 else f'-{number}'}.csv"
        try:
            _append(path, texts)
        except (OSError, UnicodeDecodeError, csv.Error):
            continue
        return path.name
    what = "texts of yours stand on rows that go away, and the file that keeps them can't be written"
    hint = "Close it if it is open in another program; look whether the folder can be written. Nothing was written."
    raise ReconError(Problem("out-unwritable", f"{stem}-kept.csv", what, hint), EXIT_JOB)


def told(texts: Sequence[Text], file: str) -> list[Problem]:
    """A problem for each of the first texts of a sheet, and one that counts the others."""
    problems = []
    hint = f"The text is in {file}. Write it again where it belongs now."
    for text in sorted(text for text in texts if not text.known):
        row = f" (row {text.ids})" if text.ids else ""
        what = f"what you wrote under *{text.column}* has no row any more{row}"
        problems.append(Problem("own-kept", f"{text.sheet}!{text.row}", what, hint))
    return bounded(problems, f"All of them are in {file}.")


def pointed(problems: Sequence[Problem], file: str) -> list[Problem]:
    """Problems of decisions that were taken off, each saying where what was typed is kept."""
    return [
        replace(problem, hint=f"{problem.hint} What you typed is in {file}.")
        if problem.code == "decision-refused"
        else problem
        for problem in problems
    ]


def bounded(problems: Sequence[Problem], hint: str) -> list[Problem]:
    """The first problems of each sheet, and how many more there are."""
    shown: list[Problem] = []
    count = Counter[tuple[str, str]]()
    for problem in problems:
        of = (problem.code, problem.where.split("!")[0])
        count[of] += 1
        if count[of] <= TOLD_MAX:
            shown.append(problem)
    more = [(code, sheet, number - TOLD_MAX) for (code, sheet), number in count.items() if number > TOLD_MAX]
    return [
        *shown,
        *(Problem(code, sheet, f"the same in {number:,} more places", hint) for code, sheet, number in more),
    ]


def _append(path: Path, texts: Sequence[Text]) -> None:
    """Add rows at the end. Whoever is cut off in between leaves a file that has them twice at most."""
    there: set[tuple[str, ...]] = set()
    if path.exists():
        with path.open(encoding="utf-8-sig", newline="") as held:
            there = {tuple(row) for row in csv.reader(held)}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if not there:
        writer.writerow(_TITLES)
    new = [text.cells for text in sorted(texts) if text.cells not in there]
    writer.writerows(new)
    if not path.exists():
        path.touch(mode=0o600)  # it holds what stands in the workbook
    with path.open("ab") as file:
        if new:
            file.write(((_BOM if not there else "") + out.getvalue()).encode())


def _safe(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text
