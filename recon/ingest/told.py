"""Single values that stand outside the table: payment number, day, payer, total. A profile's `fields` find them.

A document may hold several advices; each begins where another payment number (or advice number) does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from recon.ingest import amounts, dates
from recon.ingest.grid import POSITION, Grid, TextLine, clean
from recon.ingest.work import Work
from recon.problems import Problem
from recon.rules.profile import Profile

ADVICE: Final = "_advice"  # which advice of the file a row is of, from 1
_NUMBERS: Final = ("remittance_id", "payment_reference")
_WINDOW: Final = 3  # lines that a pattern sees at a time


@dataclass
class _Section:
    """A part of the file with the values that hold in it."""

    start: int
    values: dict[str, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)


def fill(work: Work, heading: int) -> None:
    """Put the values of the file's single fields into the rows' empty cells; say what can't be read.

    Words of the table's heading are no labels: what follows them is a cell of the table. `heading` is where it is.
    Adds the column `_advice`.
    """
    wanted = work.profile.fields
    if not wanted:
        work.rows = work.rows.with_columns(pl.lit(1, dtype=pl.Int64).alias(ADVICE))
        return
    lines = [line._replace(text="") if line.position == heading else line for line in work.grid.text()]
    found = {name: _found(lines, patterns) for name, patterns in wanted.items()}
    sections = _sections(lines, work.grid, found)
    names = [name for name in wanted if name in {column.name for column in work.columns}]
    for section, end in zip(sections, [*(one.start for one in sections[1:]), None], strict=True):
        _values(section, end, found, names)
        _check(work, section)
    columns: dict[str, list[object]] = {
        POSITION: [section.start for section in sections],
        ADVICE: list(range(1, len(sections) + 1)),
    }
    for name in names:
        columns[f"_told_{name}"] = [section.values.get(name, "") for section in sections]
    schema = dict.fromkeys(columns, pl.String()) | {POSITION: pl.Int64(), ADVICE: pl.Int64()}
    told = pl.DataFrame(columns, schema=schema)
    joined = work.rows.sort(POSITION).join_asof(told, on=POSITION, strategy="backward")
    work.rows = joined.with_columns(
        pl.when(pl.col(name) == "")
        .then(pl.col(f"_told_{name}").fill_null(""))
        .otherwise(pl.col(name))
        .alias(name)
        for name in names
    ).drop([f"_told_{name}" for name in names])


def _found(lines: Sequence[TextLine], patterns: str | Sequence[str]) -> list[tuple[int, str]]:
    """Positions of the lines in which the first pattern that fits anywhere begins, and the values."""
    windows = pl.Series(
        ["\n".join(_window(lines, index)) for index, line in enumerate(lines)],
        dtype=pl.String,
    )
    for pattern in (patterns,) if isinstance(patterns, str) else patterns:
        hits = windows.str.extract(f"(?m){pattern}", 1).to_list()
        # What a window finds and the next one too begins further down.
        behind = [*hits[1:], None]
        pages = [one.page for one in lines]
        next_pages = [*pages[1:], -1]
        begins = [
            (line.position, clean(hit))
            for line, hit, below, page, next_page in zip(lines, hits, behind, pages, next_pages, strict=True)
            if hit is not None and clean(hit) and (hit != below or page != next_page)
        ]
        if begins:
            return begins
    return []


def _window(lines: Sequence[TextLine], index: int) -> list[str]:
    """The texts that a pattern sees from a line on: of its page, up to the next heading, which has none."""
    texts = []
    for one in lines[index : index + _WINDOW]:
        if one.page != lines[index].page or not one.text:
            break
        texts.append(one.text)
    return texts


def _sections(
    lines: Sequence[TextLine], table: Grid, found: dict[str, list[tuple[int, str]]]
) -> list[_Section]:
    """The advices of the file: each new number begins one.

    The first number of a page is that of the whole page, wherever it stands there, unless a table begins above it.
    """
    events = next((found[name] for name in _NUMBERS if found.get(name)), [])
    sections = [_Section(0)]
    current = ""
    page_of = {line.position: line.page for line in lines}
    first_of = {line.page: line.position for line in reversed(lines)}
    seen: set[int] = set()
    for position, value in events:
        page = page_of[position]
        first, whole = page not in seen, first_of[page]
        seen.add(page)
        if not current:
            current = value
        elif value != current:
            begun = any(whole <= start < position for start in table.starts)
            sections.append(_Section(whole if first and not begun else position))
            current = value
    return sections


def _values(
    section: _Section, end: int | None, found: dict[str, list[tuple[int, str]]], names: Sequence[str]
) -> None:
    for name in names:
        inside = [
            (position, value)
            for position, value in found[name]
            if section.start <= position and (end is None or position < end)
        ]
        if inside:
            section.places[name], section.values[name] = inside[0]


def _check(work: Work, section: _Section) -> None:
    """Days and amounts that can't be read are said once, where they stand, and left empty."""
    profile: Profile = work.profile
    for name, value in list(section.values.items()):
        column = work.table[name]
        if column.dtype == pl.Date():
            days, _ = dates.parse(pl.Series([value], dtype=pl.String), profile.dates)
            code, what, fine = "value-date", "is no date that can be read, or two", days[0] is not None
        elif column.money:
            code, what, fine = (
                "value-amount",
                "is no amount that can be read",
                amounts.one(value, profile.decimal) is not None,
            )
        else:
            continue
        if not fine:
            where = work.grid.at(section.places[name])
            work.problems.append(
                Problem(
                    code,
                    where,
                    f"the file's {name} {what}; it is left empty",
                    "look at `fields` of its profile",
                )
            )
            section.values[name] = ""
