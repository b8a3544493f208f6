"""A table's body as the values of an open workbook: text out of them, and the block that shall stand there. Pure.

The open workbook gives values (numbers, dates, text) where the file gives XML. What goes with which row, and which
typed decisions stay, is decided by the same code for both (carry).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from recon.fill import fill
from recon.problems import Problem
from recon.workbook import carry, grid
from recon.workbook.columns import Kind, Sheet, letters

# A block that holds a longer text is refused by Excel as a whole (8,203 characters in its later versions).
TEXT_MAX: Final = 8_000
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's dates have no zone
_STATES: Final = ("Decision", "Row hash", "Result")
_LOOK: Final = (
    "Look at the line again, and decide again if it still waits."  # there is no backup of an open workbook
)


@dataclass(frozen=True)
class Body:
    """A table as it stands in the open workbook.

    `left` is the table's first sheet column from 0, `header` its header's row from 1. `values` are the body's cells;
    `formulas` are the same cells as formula text (a formula begins with =), or empty where nobody asked.
    """

    titles: list[str]
    left: int
    header: int
    values: list[list[Any]]
    formulas: list[list[str]]

    @property
    def where(self) -> dict[str, str]:
        """Which sheet column (letters) each title stands in."""
        return {title: letters(self.left + at) for at, title in enumerate(self.titles)}

    def texts(self, title: str, kind: Kind) -> list[str]:
        """A column as text."""
        at = self.titles.index(title)
        return [text(row[at], kind) for row in self.values]


@dataclass(frozen=True)
class Block:
    """What shall stand in the body, row by row; `added` are titles that the table lacks, to its right."""

    rows: list[list[Any]]
    added: list[str]
    problems: tuple[Problem, ...]


def text(value: Any, kind: Kind = Kind.TEXT) -> str:
    """A cell's value as the text that the closed workbook gives for it: 100.5, 4, 2026-10-31, TRUE."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        whole = kind is Kind.DATE or (value.hour, value.minute, value.second) == (0, 0, 0)
        return f"{value:%Y-%m-%d}" if whole else f"{value:%Y-%m-%d %H:%M:%S}"
    if kind is Kind.DATE:  # a date in a cell that is not formatted as one
        return f"{_EPOCH + timedelta(days=int(value)):%Y-%m-%d}"
    return grid._number(str(value))  # noqa: SLF001 - one room


def frame(body: Body, sheet: Sheet) -> pl.DataFrame:
    """The body as text by title, empty rows left out, and `sheet_row` in front."""
    kinds = {title: _kind(sheet, title) for title in body.titles}
    rows = pl.int_range(body.header + 1, body.header + 1 + len(body.values), eager=True, dtype=pl.Int64)
    made = pl.DataFrame(
        [rows.alias("sheet_row")]
        + [pl.Series(title, body.texts(title, kind), dtype=pl.String) for title, kind in kinds.items()]
    )
    return made.filter(pl.any_horizontal(pl.col(title) != "" for title in body.titles))


def block(old: Body, new: pl.DataFrame, sheet: Sheet) -> Block:
    """What shall stand in a table that takes a frame (by titles).

    Our columns take the frame's values, except what was typed and not applied on rows that are still the same; the
    user's own columns keep theirs, each at its row's new place.
    """
    added = [title for title in new.columns if title not in old.where]
    if new.is_empty():  # a table has at least one row
        new = pl.DataFrame({title: pl.Series([None], dtype=dtype) for title, dtype in new.schema.items()})
    carried = carry.Carried(_cells(old, sheet), old.where, [], new, sheet)
    from_row = {at: row - old.header - 1 for row, at in carried.row_of.items()}
    columns: list[list[Any]] = []
    for place, title in enumerate([*old.titles, *added]):
        column = sheet.by_title.get(title)
        if title not in new.columns:
            columns.append(_theirs(old, place, from_row, new.height))
            continue
        values = cells(new[title], column.kind if column else Kind.TEXT)
        if column and column.typed and title in old.where:
            for at in carried.kept:
                if values[at] is None:
                    values[at] = literal(old.values[from_row[at]][place])
        columns.append(values)
    problems = tuple(replace(problem, hint=_LOOK) for problem in carried.problems)
    return Block([list(row) for row in zip(*columns, strict=True)], added, problems)


def cells(series: pl.Series, kind: Kind) -> list[Any]:
    """A column's values as an open workbook takes them: numbers, dates, text that stays text, None."""
    parts = grid.inner(series, kind, dates_from_1904=False)
    number = parts["inside"].str.extract(r"^<v>(.*)</v>$", 1)
    if series.dtype == pl.Date:
        found = series.to_list()
        days = [datetime(day.year, day.month, day.day) if day else None for day in found]  # noqa: DTZ001 - no zone
        said = [literal(day.isoformat()) if day else None for day in found]
        return [
            day if is_number else word
            for day, word, is_number in zip(days, said, number.is_not_null(), strict=True)
        ]
    words = series.cast(pl.String).to_list()
    return [
        word if figure is None else figure
        for figure, word in zip(number.cast(pl.Float64), map(literal, words), strict=True)
    ]


def literal(value: Any) -> Any:
    """A value to be written as it is: text goes in behind an apostrophe, so that Excel reads nothing into it.

    Without it, Excel would make a formula of =1+1, a number of 00123, a date of 1/2, a truth of TRUE.
    """
    if not isinstance(value, str):
        return value
    if value == "":
        return None
    clean = "".join(_VISIBLE.get(character, character) for character in value) if _odd(value) else value
    if len(clean) > TEXT_MAX:
        clean = clean[: TEXT_MAX - len(grid.CUT)] + grid.CUT
    return f"'{clean}"


# What no cell can hold shows as a mark, rather than ending the text unseen.
_VISIBLE: Final = dict.fromkeys(grid._CONTROLS, "\ufffd")  # noqa: SLF001 - one room


def _odd(value: str) -> bool:
    return not value.isprintable()


def _theirs(old: Body, place: int, from_row: dict[int, int], height: int) -> list[Any]:
    """A column of the user's; a formula that the whole column has also stands in new rows."""
    column = letters(old.left + place)
    made: list[Any] = [None] * height
    formulas = [row[place] for row in old.formulas] if old.formulas else [""] * len(old.values)
    given = [row[place] for row in old.values]
    # A text cell may look like a formula: then its value is that very text.
    is_formula = [
        formula.startswith("=") and formula != value for formula, value in zip(formulas, given, strict=True)
    ]
    filled = [at for at, value in enumerate(given) if value is not None or is_formula[at]]
    sample = filled[0] if filled and all(is_formula[at] for at in filled) else None
    for at in range(height):
        source = from_row.get(at, sample)
        if source is None:
            continue
        if is_formula[source]:
            here, there = (f"{column}{old.header + 1 + row}" for row in (source, at))
            plain = formulas[source].removeprefix("=")
            made[at] = "=" + carry._translated(plain, here, there)  # noqa: SLF001 - one room
        else:
            made[at] = literal(given[source])
    return made


def _cells(body: Body, sheet: Sheet) -> pl.DataFrame:
    """The cells by which rows are known and typed decisions are judged, in the form that carry takes."""
    wanted = [column.title for column in sheet.columns if column.typed or column.key in sheet.ids]
    wanted += [title for title in _STATES if title in sheet.by_title and title not in wanted]
    rows = pl.int_range(body.header + 1, body.header + 1 + len(body.values), eager=True, dtype=pl.Int64)
    frames = [
        pl.DataFrame(schema=dict.fromkeys(("column", "style", "type", "raw"), pl.String) | {"row": pl.Int64})
    ]
    for title in wanted:
        if title not in body.where:
            continue
        texts = pl.Series("text", body.texts(title, _kind(sheet, title)), dtype=pl.String)
        held = pl.DataFrame({"row": rows, "text": texts, "safe": grid.escaped(texts)}).filter(
            pl.col("text") != ""
        )
        place = body.where[title]
        raw = fill('<c r="' + place + '{}" t="inlineStr"><is><t>{}</t></is></c>', "row", "safe")
        inline = [pl.lit(place).alias("column"), pl.lit("").alias("style"), pl.lit("inlineStr").alias("type")]
        frames.append(held.select(*inline, raw.alias("raw"), "row"))
    return pl.concat(frames).select("row", "column", "style", "type", "raw")


def _kind(sheet: Sheet, title: str) -> Kind:
    column = sheet.by_title.get(title)
    return column.kind if column else Kind.TEXT
