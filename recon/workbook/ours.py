"""Which tables and which of their columns are ours, and which are the user's. Pure.

A table is ours by its name; one that was renamed, by the code name of its sheet and its headings. A column is ours by
its heading. Columns that came with the data besides those of the sheet are written down in a hidden name of the
workbook (`_recon_tblBank`), so that a column of the user's that has the same heading is never written over.

A heading of ours that is gone may have been renamed. Where something hangs on it (the ids by which rows are known,
what the reviewer types, the fingerprint) nothing is read or written until it is back; another one is made anew on the
right, and told.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from recon.problems import EXIT_JOB, Problem, ReconError
from recon.workbook.columns import TABLES, Sheet

_RECORD: Final = "_recon_"
_DIGITS: Final = 8  # of a heading's digest
_IN_LITERAL: Final = 24  # digests in one text of a formula, which holds 255 characters
_ALIKE: Final = 0.75  # of our headings that a renamed table still has
_STATES: Final = ("row_hash", "result")


@dataclass(frozen=True)
class Headings:
    """A table's columns, left to right.

    `titles` are as code knows them: our headings as we write them, the user's as they stand. `added` are digests of
    headings that came with the data.
    """

    titles: list[str]
    added: frozenset[str]

    def own(self, sheet: Sheet) -> list[str]:
        """The user's own columns."""
        return [
            title for title in self.titles if title not in sheet.by_title and digest(title) not in self.added
        ]


def record_name(table: str) -> str:
    """The hidden name in which a table's columns that came with the data are written down."""
    return f"{_RECORD}{table}"


def digest(title: str) -> str:
    """What is written down of a heading; upper and lower case are the same to Excel."""
    return hashlib.sha256(_plain(title).encode()).hexdigest()[:_DIGITS]


def record(digests: Collection[str]) -> str:
    """Digests as the formula of a name, without its =."""
    ordered = sorted(digests)
    pieces = [ordered[at : at + _IN_LITERAL] for at in range(0, len(ordered), _IN_LITERAL)]
    return "&".join(f'"{" ".join(piece)}"' for piece in pieces)


def recorded(formula: str) -> frozenset[str]:
    """The digests in the formula of a name; none if somebody has changed it."""
    held = " ".join(re.findall(r'"([^"]*)"', formula)).split()
    return frozenset(one for one in held if re.fullmatch(rf"[0-9a-f]{{{_DIGITS}}}", one))


def headings(titles: Sequence[str], formula: str, sheet: Sheet) -> Headings:
    """A table's headings as they stand, with what is written down of them."""
    exact = set(titles)
    known = {_plain(title): title for title in sheet.titles if title not in exact}
    return Headings([known.get(_plain(title), title) for title in titles], recorded(formula))


def check(found: Headings, sheet: Sheet, place: str) -> tuple[Problem, ...]:
    """See that what stands in the table can be told apart.

    Returns a problem if a heading of ours that nothing hangs on is gone, and perhaps renamed.

    Raises:
        ReconError: book-broken, if one is gone on which something hangs.
    """
    missing = [column for column in sheet.columns if column.title not in found.titles]
    others = found.own(sheet)
    needed = [
        column.title
        for column in missing
        if column.key in sheet.ids or (others and (column.typed or column.key in _STATES))
    ]
    if needed:
        what = f"the table has no column with the heading {_listed(needed)} any more"
        hint = f"If you renamed it ({_listed(others)}?), give it its name again; else " if others else ""
        hint += "insert a column with that heading into the table" if others else "Put the heading back"
        raise ReconError(
            Problem("book-broken", place, what, f"{hint}. Save, and try again. Nothing was written."),
            EXIT_JOB,
        )
    if not missing or not others:
        return ()
    what = f"the heading {_listed([column.title for column in missing])} is gone; a new column has it, on the right"
    hint = f"If you renamed it, that column ({_listed(others)}?) is yours now and stays as it is: delete one of them."
    return (Problem("column-renamed", place, what, hint),)


def named(frame: pl.DataFrame, found: Headings, sheet: Sheet) -> pl.DataFrame:
    """The frame with each of its further columns under a heading that is free, or that it had before.

    A column that the user has under that heading stays the user's; ours becomes `NAME (file)`.
    """
    there = {_plain(title): title for title in found.titles}
    taken = {_plain(title) for title in sheet.titles}
    names: dict[str, str] = {}
    for title in frame.columns:
        if title in sheet.by_title:
            continue
        tries = [title, *(f"{title} ({word})" for word in ("file", *(f"file {n}" for n in range(2, 100))))]
        free = [one for one in tries if _plain(one) not in taken]
        ours = [one for one in free if _plain(one) in there and digest(one) in found.added]
        new = [one for one in free if _plain(one) not in there]
        chosen = (ours or new)[0]
        names[title] = there.get(_plain(chosen), chosen)
        taken.add(_plain(chosen))
    return frame.rename(names)


def renamed(tables: Mapping[str, tuple[Sequence[str], str, str]]) -> dict[str, str]:
    """Our tables that go by another name: ours -> theirs.

    Args:
        tables: each table's headings, its sheet's code name and its sheet's name, by the table's name.

    Raises:
        ReconError: book-broken, if a table looks like one of ours that is missing, and can't be proven to be it.
    """
    by_lower = {name.lower(): name for name in tables}
    found = {
        sheet.table: by_lower[sheet.table.lower()] for sheet in TABLES if sheet.table.lower() in by_lower
    }
    unknown = {name: told for name, told in tables.items() if name not in found.values()}
    for name, (titles, code_name, place) in unknown.items():
        sheet = _alike(titles, [sheet for sheet in TABLES if sheet.table not in found])
        if sheet is None:
            continue
        if code_name != sheet.code_name:
            what = f"there is no table {sheet.table}, but {name} looks like it"
            hint = (
                f"If it is that table, name it {sheet.table} again (Table Design, Table Name). If it is a copy of "
                "yours, turn it into cells (Table Design, Convert to Range). Nothing was written."
            )
            raise ReconError(Problem("book-broken", place, what, hint), EXIT_JOB)
        found[sheet.table] = name
    return found


def _alike(titles: Sequence[str], sheets: Sequence[Sheet]) -> Sheet | None:
    """The sheet whose headings these are, all that matter and most of the others."""
    plain = {_plain(title) for title in titles}

    def share(sheet: Sheet) -> float:
        matter = [c.title for c in sheet.columns if c.typed or c.key in (*sheet.ids, *_STATES)]
        if not {_plain(title) for title in matter} <= plain:
            return 0.0
        return sum(_plain(title) in plain for title in sheet.titles) / len(sheet.titles)

    best = max(sheets, key=share, default=None)
    return best if best is not None and share(best) >= _ALIKE else None


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


def _listed(titles: Sequence[str]) -> str:
    return ", ".join(f"*{title}*" for title in titles)
