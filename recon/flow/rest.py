"""The rows that Suggestions and Exceptions have no room for: a file of each beside the workbook, to look them up.

Nothing is read out of these files: a decision is typed on the sheet, where its row comes up. So they have the sheets'
columns without those to type in.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from recon.flow import deliver, queue
from recon.posting.generic import clean
from recon.problems import Problem, ReconError
from recon.workbook import columns

CODE: Final = "out-unwritable"  # of a file that stays as it was
_TEXTS: Final = (columns.Kind.TEXT, columns.Kind.LONG)
_LEFT_OUT: Final = ("result", "row_hash")  # as what is typed, they belong to a decision
_BOM: Final = "\ufeff"  # by which Excel knows that a file is UTF-8
_HINT: Final = "close it if it is open in another program, then press Refresh, or run again"


def paths(book: Path) -> dict[str, Path]:
    """Where the rest of each review sheet goes: july-exceptions-rest.csv beside july.xlsm."""
    return {name: book.with_name(f"{book.stem}-{name.lower()}-rest.csv") for name in queue.REVIEWED}


def locked(places: Mapping[str, Path], fitted: queue.Fitted) -> dict[str, Problem]:
    """By sheet a problem for each file that has to be replaced or taken away and can't be, before it is tried."""
    problems = {}
    for name, path in places.items():
        if name in fitted.sheets and path.exists():
            try:
                path.open("r+b").close()
            except OSError:
                problems[name] = _stale(path)
    return problems


def put(places: Mapping[str, Path], fitted: queue.Fitted) -> tuple[Problem, ...]:
    """Write each file whose sheet does not show all, take away those that are not needed any more.

    Returns a problem for each file that stays as it was.
    """
    problems = []
    for name, path in places.items():
        if name not in fitted.sheets:
            continue
        try:
            if name in fitted.rest:
                deliver.write(path.parent, {path.name: text(fitted.rest[name], columns.TABLE_SHEETS[name])})
            else:
                path.unlink(missing_ok=True)
        except (ReconError, OSError):
            problems.append(_stale(path))
    return tuple(problems)


def text(rest: pl.DataFrame, sheet: columns.Sheet) -> str:
    """Rows of a review sheet as CSV text that a spreadsheet can open: nothing in it is a formula."""
    told = [
        column
        for column in sheet.columns
        if not column.typed and column.key not in _LEFT_OUT and column.title in rest.columns
    ]
    cells = [
        clean(pl.col(column.title)).alias(column.title) if column.kind in _TEXTS else pl.col(column.title)
        for column in told
    ]
    return _BOM + deliver.csv(rest.select(cells))


def _stale(path: Path) -> Problem:
    what = "the file could not be replaced, and does not say which rows the sheet leaves out now"
    return Problem(CODE, path.name, what, _HINT)
