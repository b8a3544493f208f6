"""A table on printed pages as a grid: lines under a heading, words to columns by where they stand.

    Invoice       Date         Amount                  Invoice      Date        Amount
    MHRK24/2787   03/03/2026   12,345.00         ->    MHRK24/27878_QD  03/03/2026  12,345.00
    8_QD

A line with an amount in one of the profile's money columns is a row. One without is more of the row that it stands
nearest to, cell by cell, or no line of the table, which is said. A page's lines above its heading are none either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from typing import Final

import polars as pl

from recon.ingest import amounts, findings, grid, printed_codes, printed_columns, printed_rows
from recon.ingest.columns import TOTALS
from recon.ingest.grid import PAGE, Grid, Row, TextLine, clean, key
from recon.ingest.heading import Heading
from recon.ingest.printed import Line, Word
from recon.ingest.printed_heading import Head, heads
from recon.model import TABLES_OF
from recon.problems import Problem
from recon.rules.profile import Profile

_MONEY: Final = amounts.LOOKS
_WHOLE: Final = {  # an amount that nothing is missing from, by decimal mark
    ".": re.compile(r"\.\d{2}\)?-?$"),
    ",": re.compile(r",\d{2}\)?-?$"),
}
_NONE: Final = re.compile(r"[-\u2010-\u2014\u2212.]+|nil|n/?a", re.IGNORECASE)
_NOUGHT: Final = re.compile(r"[-\u2010-\u2014\u2212]+|nil", re.IGNORECASE)
_MARKS: Final = "*\u2020\u2021\u00a7#^\u00b9\u00b2\u00b3 "  # footnotes
_DASHES: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_BESIDE: Final = "of tables side by side, which can't be told apart: nothing of them was read"
_DIGIT: Final = re.compile(r"\d")
_CODE: Final = re.compile(r"\S*\d\S*")
_OPEN_END: Final = ("-", "/", ".")
_CODES: Final = ("doc_no", "item_id", "payment_reference", "remittance_id", "reference", "po_no")


class _Role(Enum):
    """What a column holds, as far as it says how its lines go together."""

    TEXT = auto()
    CODE = auto()  # a number that is broken where the column ends
    MONEY = auto()


@dataclass
class Table:
    """A profile's table on the pages of a document, and what of the pages is none of it."""

    heading: Heading
    rows: list[Row]
    lines: Sequence[Line]
    heads: Sequence[Head]
    left: list[tuple[int, str]] = field(default_factory=list)  # positions, and what they are
    several: list[int] = field(default_factory=list)  # rows with more than one number

    def grid(self, where: str) -> Grid:
        """It as a grid."""
        return Grid(
            where,
            [(self.heading.position, self.heading.names)],
            partial(_body, self.rows),
            lines=self._text,
            starts=[self.lines[head.first].position for head in self.heads],
            paged=self.heading.position > PAGE,
        )

    def _text(self) -> list[TextLine]:
        """All lines, those of headings without their words."""
        titles = {line.position for head in self.heads for line in self.lines[head.first : head.last + 1]}
        return [
            TextLine(line.position, line.page, "" if line.position in titles else line.text)
            for line in self.lines
        ]

    def said(self, table: Grid) -> list[Problem]:
        """The lines that were left out."""
        problems = []
        for what in dict.fromkeys(what for _, what in self.left):
            positions = [position for position, why in self.left if why == what]
            problems += findings.spans(positions, table.at, what)
        what = "the row has two numbers in one cell; which is the document's can't be told"
        hint = "both are kept, with a blank between; look at the page"
        problems += [Problem("value-twice", table.at(position), what, hint) for position in self.several]
        return problems


def table(lines: Sequence[Line], profile: Profile) -> Table | None:
    """The table of a profile; None if its heading is nowhere."""
    found = heads(lines, profile)
    if not found:
        return None
    names = _all_names(found)
    first = found[0]
    twice = tuple(dict.fromkeys(what for head in found for what in head.twice))
    made = Table(Heading(profile, lines[first.last].position, names, twice), [], lines, found)
    roles = _roles(profile)
    for head, part in _parts(made, profile):
        _read(made, head, part, names, [roles.get(key(place.name), _Role.TEXT) for place in head.columns])
    return made


def _all_names(found: Sequence[Head]) -> tuple[str, ...]:
    names: dict[str, str] = {}
    for head in found:
        for place in head.columns:
            names.setdefault(key(place.name), place.name)
    return tuple(names.values())


def _roles(profile: Profile) -> dict[str, _Role]:
    """What the file's columns hold, by key."""
    ours = TABLES_OF[profile.kind].money
    roles: dict[str, _Role] = {}
    for name, source in profile.columns.items():
        role = _Role.MONEY if name in ours else _Role.CODE if name in _CODES else _Role.TEXT
        roles |= {key(theirs): role for theirs in ((source,) if isinstance(source, str) else source)}
    way = profile.amount
    if way is not None:
        roles |= {key(theirs): _Role.MONEY for theirs in way.sums}
    return roles


def _parts(made: Table, profile: Profile) -> list[tuple[Head, list[Line]]]:
    """Each heading with the lines below it that may be the table's; what the others are is said."""
    lines, found = made.lines, made.heads
    texts = pl.Series([" ".join(line.text.split()) for line in lines], dtype=pl.String)
    ends, skipped = _fitting(texts, profile.ends), _fitting(texts, profile.skip)
    above = _above(lines, found)
    parts: list[tuple[Head, list[Line]]] = [(head, []) for head in found]
    current, over = -1, False
    for index, line in enumerate(lines):
        if current + 1 < len(found) and index >= found[current + 1].first:
            current, over = current + 1, False
        over = over or (current >= 0 and ends[index])
        if current >= 0 and found[current].first <= index <= found[current].last:
            if current:
                made.left.append((line.position, "repeating the heading, left out"))
        elif current < 0 or index in above:
            made.left.append((line.position, "above the heading: no row of the table, left out"))
        elif over:
            made.left.append((line.position, "behind the end of the table, left out"))
        elif skipped[index]:
            made.left.append((line.position, "that the profile skips, left out"))
        else:
            parts[current][1].append(line)
    return parts


def _fitting(texts: pl.Series, patterns: Sequence[str]) -> list[bool]:
    fits = [False] * len(texts)
    for pattern in patterns:
        fits = [one or other for one, other in zip(fits, texts.str.contains(pattern).to_list(), strict=True)]
    return fits


def _above(lines: Sequence[Line], found: Sequence[Head]) -> set[int]:
    """Lines of a page that stand above its first heading; none where that is far down and begins another table."""
    by_page: dict[int, list[int]] = {}
    for index, line in enumerate(lines):
        by_page.setdefault(line.page, []).append(index)
    above: set[int] = set()
    for page, indexes in by_page.items():
        first = next((head.first for head in found if lines[head.first].page == page), None)
        if first is not None and (first - indexes[0]) * 2 <= len(indexes):
            above.update(range(indexes[0], first))
    return above


def _read(
    made: Table, head: Head, part: Sequence[Line], names: Sequence[str], roles: Sequence[_Role]
) -> None:
    """The rows below one heading."""
    if head.beside:
        made.left += [(line.position, _BESIDE) for line in part]
    if not part or head.beside:
        return
    reach = [(place.left, place.right) for place in head.columns]
    sure = [line for line in part if _is_row(_cells(line, reach, roles), roles)]
    reach = printed_columns.spans(head.columns, sure)
    cells = [_cells(line, reach, roles) for line in part]
    numbers = printed_codes.of_lines(
        cells,
        [printed_columns.assign(line.words, reach) for line in part],
        [at for at, role in enumerate(roles) if role is _Role.CODE],
    )
    kinds = [
        _is_row(row, roles) or (_unread(row, roles) and not printed_columns.crosses(line.words, reach))
        for line, row in zip(part, cells, strict=True)
    ]
    totals = _fitting(pl.Series([" ".join(filter(None, row)) for row in cells], dtype=pl.String), [TOTALS])
    closed = [
        printed_columns.crosses(line.words, reach) or _says_more(row, roles) or total
        for line, row, total in zip(part, cells, totals, strict=True)
    ]
    joined = _rejoined(part, cells, kinds, roles, _WHOLE[made.heading.profile.decimal])
    for index in joined:
        kinds[index] = False
    owners = printed_rows.owners(part, kinds, closed, numbers) | joined
    where = [
        names.index(next(name for name in names if key(name) == key(place.name))) for place in head.columns
    ]
    members: dict[int, list[int]] = {}
    for index in range(len(part)):
        members.setdefault(owners.get(index, -1), []).append(index)
    made.left += [(part[index].position, "outside the table, left out") for index in members.pop(-1, [])]
    for index, belong in sorted(members.items()):
        full = [""] * len(names)
        merged = _merged([cells[at] for at in belong], roles)
        for at, role in enumerate(roles):
            full[where[at]] = numbers.number(belong, at) if role is _Role.CODE else merged[at]
        if numbers.several(belong):
            made.several.append(part[index].position)
        made.rows.append((part[index].position, full))


def _cells(line: Line, reach: Sequence[printed_columns.Span], roles: Sequence[_Role]) -> list[str]:
    columns = printed_columns.assign(line.words, reach)
    cells = [_cell(words, role) for words, role in zip(columns, roles, strict=True)]
    for at, role in enumerate(roles):
        if role is _Role.MONEY and cells[at] and len(columns[at]) > 1 and not _MONEY.fullmatch(cells[at]):
            _unlabelled(cells, columns[at], at, roles)
    return _with_noughts(cells, columns, roles)


def _with_noughts(cells: list[str], columns: Sequence[Sequence[Word]], roles: Sequence[_Role]) -> list[str]:
    """A document with a dash and no amount on its line is a row: nothing is paid for it."""
    if not _is_row(cells, roles) and any(
        role is _Role.CODE and cell for role, cell in zip(roles, cells, strict=True)
    ):
        for at, role in enumerate(roles):
            if role is _Role.MONEY and _NOUGHT.fullmatch(clean(" ".join(word.text for word in columns[at]))):
                cells[at] = "0"
    return cells


def _unlabelled(cells: list[str], words: Sequence[Word], at: int, roles: Sequence[_Role]) -> None:
    """Words before an amount (`Total 1,224.50`) are no part of it: they go to the next column of text on the left."""
    for begin in range(1, len(words)):
        amount = _cell(words[begin:], _Role.MONEY)
        label = _cell(words[:begin], _Role.TEXT)
        if _MONEY.fullmatch(amount) and any(letter.isalpha() for letter in label):
            to = next((left for left in range(at - 1, -1, -1) if roles[left] is not _Role.MONEY), None)
            if to is not None:
                cells[to], cells[at] = f"{cells[to]} {label}".strip(), amount
            return


def _cell(words: Sequence[Word], role: _Role) -> str:
    """A cell's text; of an amount without footnote marks, its dashes as a minus."""
    text = clean(" ".join(word.text for word in words))
    if role is not _Role.MONEY:
        return text
    text = text.strip(_MARKS)
    return "" if _NONE.fullmatch(text) else text.translate(_DASHES)


def _is_row(cells: Sequence[str], roles: Sequence[_Role]) -> bool:
    return any(
        role is _Role.MONEY and _MONEY.fullmatch(cell) for cell, role in zip(cells, roles, strict=True)
    )


def _unread(cells: Sequence[str], roles: Sequence[_Role]) -> bool:
    """A number, and digits that are no amount where one should be: a row, of which that will be said."""
    coded = any(role is _Role.CODE and _CODE.fullmatch(cell) for cell, role in zip(cells, roles, strict=True))
    return coded and any(
        role is _Role.MONEY and _DIGIT.search(cell) for cell, role in zip(cells, roles, strict=True)
    )


def _says_more(cells: Sequence[str], roles: Sequence[_Role]) -> bool:
    """Words where a number belongs: no line goes on with another's number like that."""
    return any(role is _Role.CODE and " " in cell for cell, role in zip(cells, roles, strict=True))


def _rejoined(
    part: Sequence[Line],
    cells: Sequence[Sequence[str]],
    kinds: Sequence[bool],
    roles: Sequence[_Role],
    whole: re.Pattern[str],
) -> dict[int, int]:
    """Lines that only hold the end of an amount of the line above: `1,23,45`, and `6.78` alone below it."""
    joined = {}
    for index in range(1, len(part)):
        upper, lower = cells[index - 1], cells[index]
        filled = [at for at, cell in enumerate(lower) if cell]
        if (
            kinds[index]
            and kinds[index - 1]
            and printed_rows.close(part[index - 1], part[index])
            and all(
                roles[at] is _Role.MONEY
                and upper[at]
                and not whole.search(upper[at])
                and whole.search(upper[at] + lower[at])
                and _MONEY.fullmatch(upper[at] + lower[at])
                for at in filled
            )
        ):
            joined[index] = index - 1
    return joined


def _merged(found: Sequence[Sequence[str]], roles: Sequence[_Role]) -> list[str]:
    """The cells of a row's lines, one below the other, as one row."""
    whole = []
    for at, role in enumerate(roles):
        text = ""
        for cell in (row[at] for row in found if row[at]):
            glued = not text or role is not _Role.TEXT or text.endswith(_OPEN_END)
            text = text + cell if glued else f"{text} {cell}"
        whole.append(text)
    return whole


def _body(rows: Sequence[Row], _position: int) -> pl.DataFrame:
    return grid.cleaned(grid.frame(rows))
