"""Which row of an unknown table is its heading, or that it has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from recon.ingest import guess_cells
from recon.ingest.grid import Grid, Row, key
from recon.ingest.guess_words import Words

_BELOW: Final = 30  # rows under a heading that are looked at
_TYPED_LEAST = 2
_KNOWN = 2.0  # what a known name counts, where a column of days or numbers below counts 1
_NAMES_SHARE = 0.75  # of a heading's cells are no days and no numbers
_CLEARLY = 1.5
_LONG = 60  # characters: a longer cell is no name of a column


@dataclass(frozen=True)
class Top:
    """Where the table begins: the heading's line and names, or 0 and no names."""

    position: int
    names: tuple[str, ...]
    titles: tuple[str, ...]  # texts of the rows before it
    known: int  # names that the table of words has
    sure: bool  # no other row could be it


def find(grid: Grid, words: Words, said: str = "") -> Top | None:
    """The top of a table; None if there is no row that looks like a heading or like a line.

    Args:
        grid: the table; its preview is looked at.
        words: the table of words.
        said: what the user says: a line's number, `none`, or "" for what is found.
    """
    rows = grid.preview
    if said == "none":
        return Top(0, (), (), 0, sure=True)
    if said:
        named = [index for index, (position, _) in enumerate(rows) if str(position) == said]
        return _top(rows, named[0], words, sure=True) if named else None
    scored = [(_score(rows, index, words), -index) for index in range(len(rows))]
    best = sorted((one for one in scored if one[0] > 0), reverse=True)
    if best:
        rivals = [score for score, index in best[1:] if _differs(rows, -best[0][1], -index)]
        return _top(rows, -best[0][1], words, sure=not rivals or best[0][0] > _CLEARLY * rivals[0])
    if rows and _line(rows[0][1]):
        return Top(0, (), (), 0, sure=True)
    return None


def _differs(rows: Sequence[Row], first: int, second: int) -> bool:
    """Two rows are not the same heading, repeated on another page."""
    return [key(cell) for cell in rows[first][1]] != [key(cell) for cell in rows[second][1]]


def _top(rows: Sequence[Row], index: int, words: Words, *, sure: bool) -> Top:
    position, cells = rows[index]
    titles = tuple(cell for _, before in rows[:index] for cell in before if cell)
    return Top(position, tuple(cells), titles, sum(words.known(cell) for cell in cells if cell), sure)


def _line(cells: Sequence[str]) -> bool:
    """Whether a row is a line of the table and no heading: it has a day or a number."""
    return sum(guess_cells.looks_typed(cell) for cell in cells if cell) >= 1 and len(cells) > 1


def _score(rows: Sequence[Row], index: int, words: Words) -> float:
    """How much a row looks like a heading; 0 if it can't be one."""
    cells = [cell for cell in rows[index][1] if cell]
    names = [cell for cell in cells if not guess_cells.looks_typed(cell) and len(cell) <= _LONG]
    if len(cells) < _TYPED_LEAST or len(names) < _NAMES_SHARE * len(cells):
        return 0.0
    if not any(letter.isalpha() for cell in cells for letter in cell):
        return 0.0
    known = sum(words.known(cell) for cell in names)
    below = rows[index + 1 : index + 1 + _BELOW]
    typed = _typed(rows[index][1], below)
    if known < _TYPED_LEAST and not (
        typed >= _TYPED_LEAST and len({key(name) for name in names}) >= _NAMES_SHARE * len(cells)
    ):
        return 0.0
    return _KNOWN * known + typed


def _typed(names: Sequence[str], below: Sequence[Row]) -> int:
    """How many named columns mostly hold days or numbers in the rows below."""
    typed = 0
    for index, name in enumerate(names):
        cells = [cells[index] for _, cells in below if index < len(cells) and cells[index]]
        if name and cells and 2 * sum(map(guess_cells.looks_typed, cells)) > len(cells):
            typed += 1
    return typed
