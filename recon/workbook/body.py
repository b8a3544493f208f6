"""A table's body as the values of an open workbook: text out of them, and the block that shall stand there. Pure.

The open workbook gives values (numbers, dates, text) where the file gives XML. What goes with which row, and which
typed decisions stay, is decided by the same code for both (carry).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from recon.fill import fill
from recon.problems import Problem
from recon.workbook import carry, formulas, grid, ours
from recon.workbook.carry import Carried, Standing
from recon.workbook.columns import Kind, Sheet, letters
from recon.workbook.lost import Text
from recon.workbook.ours import Headings

# A block that holds a longer text is refused by Excel as a whole (8,203 characters in its later versions).
TEXT_MAX: Final = 8_000
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's dates have no zone


@dataclass(frozen=True)
class Body:
    """A table as it stands in the open workbook.

    `left` is the table's first sheet column from 0, `header` its header's row from 1. `values` are the body's cells;
    `formulas` are the same cells as formula text (a formula begins with =), or empty where nobody asked.
    """

    headings: Headings
    left: int
    header: int
    values: list[list[Any]]
    formulas: list[list[str]]

    @property
    def titles(self) -> list[str]:
        """The columns' titles, left to right; ours as code knows them."""
        return self.headings.titles

    @property
    def where(self) -> dict[str, str]:
        """Which sheet column (letters) each title stands in."""
        return {title: letters(self.left + at) for at, title in enumerate(self.titles)}

    def texts(self, title: str, kind: Kind) -> list[str]:
        """A column as text."""
        at = self.titles.index(title)
        return [text(row[at], kind) for row in self.values]

    def is_formula(self, title: str) -> list[bool]:
        """Which cells of a column are formulas. A text cell may look like one: then its value is that very text."""
        at = self.titles.index(title)
        told = [row[at] for row in self.formulas] if self.formulas else [""] * len(self.values)
        given = (row[at] for row in self.values)
        return [
            formula.startswith("=") and formula != value for formula, value in zip(told, given, strict=True)
        ]


@dataclass(frozen=True)
class Block:
    """What shall stand in the body, row by row; `added` are titles that the table lacks, to its right.

    `record` is to be written down of its columns (ours.record), `lost` are texts that have no row any more.
    """

    rows: list[list[Any]]
    added: list[str]
    record: str
    problems: tuple[Problem, ...]
    lost: list[Text]


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
    filled = made.filter(pl.any_horizontal(pl.col(title) != "" for title in body.titles))
    return filled.with_columns(pl.lit("").alias(title) for title in sheet.titles if title not in body.titles)


def own_text(body: Body, sheet: Sheet) -> pl.DataFrame:
    """What stands in the user's own columns and is no formula: sheet_row, column (the heading), text."""
    told = [
        (body.header + 1 + at, title, said)
        for title in body.headings.own(sheet)
        for at, (said, is_formula) in enumerate(
            zip(body.texts(title, Kind.TEXT), body.is_formula(title), strict=True)
        )
        if said and not is_formula
    ]
    schema = {"sheet_row": pl.Int64, "column": pl.String, "text": pl.String}
    return pl.DataFrame(told, schema=schema, orient="row").sort("sheet_row", maintain_order=True)


def block(old: Body, new: pl.DataFrame, sheet: Sheet, place: str, *, handed: bool = False) -> Block:
    """What shall stand in a table that takes a frame (by titles).

    Our columns take the frame's values, except what was typed and not applied on rows that are still the same; the
    user's own columns keep theirs, each at its row's new place. `place` is the sheet's name; `handed`: the typed
    decisions were read, and their reader answers for them.

    Raises:
        ReconError: a heading that is needed is gone.
    """
    renamed = ours.check(old.headings, sheet, place)
    new = ours.named(new, old.headings, sheet)
    added = [title for title in new.columns if title not in old.where]
    if new.is_empty():  # a table has at least one row
        new = pl.DataFrame({title: pl.Series([None], dtype=dtype) for title, dtype in new.schema.items()})
    held = _cells(old, sheet)
    own = old.headings.own(sheet)
    standing = Standing(held, carry.runs(held.clear()), old.where, own, [])
    carried = Carried(standing, new, sheet, handed=handed)
    from_row = {at: row - old.header - 1 for row, at in carried.row_of.items()}
    columns: list[list[Any]] = []
    for at_column, title in enumerate([*old.titles, *added]):
        column = sheet.by_title.get(title)
        if title not in new.columns:
            columns.append(_theirs(old, title, from_row, new.height))
            continue
        values = cells(new[title], column.kind if column else Kind.TEXT)
        if column and column.typed and title in old.where:
            for at in carried.kept:
                if values[at] is None:
                    values[at] = literal(old.values[from_row[at]][at_column])
        columns.append(values)
    known = old.headings.added | {ours.digest(title) for title in new.columns if title not in sheet.by_title}
    rows = [list(row) for row in zip(*columns, strict=True)]
    record = ours.record(known) if known else ""
    return Block(rows, added, record, (*renamed, *carried.problems), carried.lost)


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


def _theirs(old: Body, title: str, from_row: dict[int, int], height: int) -> list[Any]:
    """A column of the user's; a formula that the whole column has also stands in new rows."""
    column, place = old.where[title], old.titles.index(title)
    made: list[Any] = [None] * height
    given = [row[place] for row in old.values]
    is_formula = old.is_formula(title)
    filled = [at for at, value in enumerate(given) if value is not None or is_formula[at]]
    sample = filled[0] if filled and all(is_formula[at] for at in filled) else None
    for at in range(height):
        source = from_row.get(at, sample)
        if source is None:
            continue
        if is_formula[source]:
            here, there = (f"{column}{old.header + 1 + row}" for row in (source, at))
            said = old.formulas[source][place].removeprefix("=")
            made[at] = "=" + formulas.translated(said, here, there)
        else:
            made[at] = literal(given[source])
    return made


def _cells(body: Body, sheet: Sheet) -> pl.DataFrame:
    """The cells by which rows are known, the user's, and those in rows without ids, in the form that carry takes."""
    own = set(body.headings.own(sheet))
    wanted = {*carry.wanted(sheet, body.titles, body.titles), *own}
    ids = [sheet.by_key[key].title for key in sheet.ids if sheet.by_key[key].title in body.where]
    known = [any(row) for row in zip(*(body.texts(name, Kind.TEXT) for name in ids), strict=True)]
    rows = pl.int_range(body.header + 1, body.header + 1 + len(body.values), eager=True, dtype=pl.Int64)
    schema = {"row": pl.Int64, **dict.fromkeys(("column", "style", "type", "raw"), pl.String)}
    frames = [pl.DataFrame(schema=schema)]
    for title, place in body.where.items():
        if title not in wanted and all(known):
            continue
        texts = pl.Series("text", body.texts(title, _kind(sheet, title)), dtype=pl.String)
        held = pl.DataFrame({"row": rows, "text": texts, "safe": grid.escaped(texts), "known": known})
        held = held.filter((pl.col("text") != "") & (pl.lit(title in wanted) | ~pl.col("known")))
        if title in own:
            by_row = pl.Series(body.is_formula(title), dtype=pl.Boolean)
            held = held.filter(~pl.col("row").is_in(rows.filter(by_row).implode()))
        raw = fill('<c r="' + place + '{}" t="inlineStr"><is><t>{}</t></is></c>', "row", "safe")
        inline = [pl.lit(place).alias("column"), pl.lit("").alias("style"), pl.lit("inlineStr").alias("type")]
        frames.append(held.select("row", *inline, raw.alias("raw")))
    return pl.concat(frames)


def _kind(sheet: Sheet, title: str) -> Kind:
    column = sheet.by_title.get(title)
    return column.kind if column else Kind.TEXT
