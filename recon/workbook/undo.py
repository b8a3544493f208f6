"""The sheets as they stood before the last button: kept beside the workbook, so that *Undo* can put them back.

Excel's own undo does not reach what a program writes. What is kept are cells (values, and the formulas of the user's
own columns), nothing else: what was recorded in the store meanwhile stays recorded.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from recon.problems import EXIT_JOB, Problem, ReconError
from recon.workbook import body, swap
from recon.workbook.body import Body
from recon.workbook.columns import TABLE_SHEETS, Sheet
from recon.workbook.lost import Text
from recon.workbook.named import BLOCKS

_VERSION: Final = 1
Rows = list[list[Any]]


@dataclass(frozen=True)
class State:
    """Cells of an open workbook: tables by sheet as (titles, rows), blocks by defined name.

    Values are as Excel has them; a formula is a `Formula`.
    """

    tables: Mapping[str, tuple[list[str], Rows]]
    blocks: Mapping[str, Rows]


@dataclass(frozen=True)
class Formula:
    """A cell's formula, with its =."""

    text: str


def place(book: Path) -> Path:
    """Where a workbook's last state is kept."""
    return book.with_name(f"{book.stem}.recon.undo")


def rows_of(old: Body) -> Rows:
    """A table's cells: formulas where they are known, values else."""
    made = [list(row) for row in old.values]
    for at, formulas in enumerate(old.formulas):
        for over, text in enumerate(formulas):
            # A text cell may look like a formula: then its value is that very text.
            if text.startswith("=") and text != made[at][over]:
                made[at][over] = Formula(text)
    return made


def keep(state: State, book: Path) -> None:
    """Write a state beside its workbook, instead of an earlier one, and no more open than the workbook is.

    Where the folder can't be written there is nothing to undo: an earlier state would be of another button.
    """
    path = place(book)
    whole = {
        "version": _VERSION,
        "tables": {name: [titles, rows] for name, (titles, rows) in state.tables.items()},
        "blocks": dict(state.blocks),
    }
    text = json.dumps(whole, default=_plain, ensure_ascii=False)
    try:
        swap.replace(path, gzip.compress(text.encode(), compresslevel=1, mtime=0), like=book)
    except OSError:
        forget(book)


def forget(book: Path) -> None:
    """Take away what was kept of a workbook: it is another one now, or was changed otherwise."""
    with suppress(OSError):
        place(book).unlink(missing_ok=True)


def kept(path: Path) -> State:
    """The last state that was kept.

    Raises:
        ReconError: EXIT_JOB, undo-missing, if there is none, or none that can be read.
    """
    try:
        whole = json.loads(gzip.decompress(path.read_bytes()), object_hook=_typed)
        known = whole["version"] == _VERSION
        tables = {name: (titles, rows) for name, (titles, rows) in whole["tables"].items()}
    except FileNotFoundError as error:
        raise _nothing("nothing has been done with this workbook that could be undone") from error
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
        raise _nothing(f"what was kept in {path.name} can't be read") from error
    if not known or not (set(tables) <= set(TABLE_SHEETS) and set(whole["blocks"]) <= set(BLOCKS)):
        raise _nothing(f"what was kept in {path.name} is of another version of recon")
    return State(tables, whole["blocks"])


def typed_since(sheet: Sheet, now: Body, kept_rows: Rows) -> list[Text]:
    """What people have typed since a state was kept, and what no cell of it has: it would go unsaid.

    Args:
        sheet: which table it is.
        now: the table as it stands.
        kept_rows: the rows that shall stand in its columns.
    """
    titles = now.titles
    ids = [titles.index(sheet.by_key[key].title) for key in sheet.ids if sheet.by_key[key].title in titles]
    mine = [
        at for at, title in enumerate(titles) if title not in sheet.by_title or sheet.by_title[title].typed
    ]
    kept_of = {_ids(row, ids): row for row in kept_rows}
    texts = []
    for number, row in enumerate(rows_of(now), now.header + 1):
        was = kept_of.get(_ids(row, ids), [None] * len(titles))
        for at in mine:
            said = row[at]
            if (
                said is not None
                and not isinstance(said, Formula)
                and body.text(said) != body.text(_plainly(was[at]))
            ):
                texts.append(Text(sheet.name, number, "; ".join(_ids(row, ids)), titles[at], body.text(said)))
    return texts


def _ids(row: list[Any], places: list[int]) -> tuple[str, ...]:
    return tuple(body.text(_plainly(row[at])) for at in places)


def _plainly(value: Any) -> Any:
    return value.text if isinstance(value, Formula) else value


def cells(rows: Rows) -> Rows:
    """Rows as an open workbook takes them: text stays text, formulas are formulas."""
    return [
        [value.text if isinstance(value, Formula) else body.literal(value) for value in row] for row in rows
    ]


def fitting(sheet: str, titles: list[str], rows: Rows, now: list[str]) -> Rows:
    """Kept rows under the titles that a table has now; columns that came since, to the right, are empty.

    Raises:
        ReconError: EXIT_JOB, book-broken, if columns were moved, renamed or taken away since.
    """
    if now[: len(titles)] != titles:
        what = f"the columns of {sheet} are not those that they were: what was kept does not fit"
        hint = "Press Refresh: it shows what is recorded, whatever the columns."
        raise ReconError(Problem("book-broken", sheet, what, hint), EXIT_JOB)
    more = [None] * (len(now) - len(titles))
    return [[*row, *more] for row in rows]


def _plain(value: object) -> Any:
    if isinstance(value, Formula):
        return {"formula": value.text}
    if isinstance(value, datetime | date):
        return {"moment": value.isoformat()}
    if isinstance(value, Decimal):  # what Windows gives for a cell in the format of a currency
        return {"number": str(value)}
    raise TypeError(type(value).__name__)


def _typed(held: dict[str, Any]) -> Any:
    if set(held) == {"formula"}:
        return Formula(held["formula"])
    if set(held) == {"moment"}:
        return datetime.fromisoformat(held["moment"])
    if set(held) == {"number"}:
        return Decimal(held["number"])
    return held


def _nothing(what: str) -> ReconError:
    hint = "Excel's own undo (Ctrl+Z) takes back what you typed yourself."
    return ReconError(Problem("undo-missing", "Undo", what, hint), EXIT_JOB)
