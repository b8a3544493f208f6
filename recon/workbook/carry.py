"""What a user has put into our table, and where it goes when the table is written anew.

Rows are known by their ids, not by their place: a user's column, a colour on one cell, a decision typed but not
applied go with their row.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from recon.fill import fill
from recon.problems import Problem
from recon.workbook import grid, review
from recon.workbook.columns import Sheet

_A1: Final = re.compile(r"(?<![A-Za-z0-9_\[@#])\$?[A-Z]{1,3}\$?\d+(?![A-Za-z0-9_(\]])")
_HASH: Final = "Row hash"
_RESULT: Final = "Result"


def title(name: str) -> str:
    """A table column's name as the header cell shows it (the part escapes line breaks)."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found.group(1), 16)), name)


def attribute(name: str) -> str:
    """A title as a table column's name."""
    return (
        str(grid.escaped(pl.Series([name])).item())
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
    )


class Carried:
    """The old body's cells, each with the new row that it belongs to.

    Attributes:
        problems: decisions that were typed, not applied, and can't stay because the row changed or went.
        had_formulas: whether the old body held formulas, which the calculation chain lists by place.
    """

    def __init__(
        self,
        cells: pl.DataFrame,
        where: dict[str, str],
        shared: list[str],
        frame: pl.DataFrame,
        sheet: Sheet,
    ) -> None:
        self._where = where
        self._height = frame.height
        self.had_formulas = bool(cells["raw"].str.contains("<f", literal=True).any())
        old_ids = _ids(cells, where, shared, sheet)
        new_ids = _numbered(frame.select(_id_texts(sheet, frame.columns)), sheet)
        matched = new_ids.with_row_index("at").join(old_ids, on=[*_keys(sheet), "nth"], how="inner")
        self._row_of = matched.select(pl.col("row"), pl.col("at").cast(pl.Int64))
        self._styles = _usual_styles(cells)
        self._spare = self._styles.get(where.get(sheet.columns[0].title, ""), "")
        moved = cells.join(self._row_of, on="row", how="inner", maintain_order="left")
        self._nothing = moved.clear()
        self._by_place = moved.partition_by("column", as_dict=True)  # once, not a search for each column
        self._masters = _masters(cells)
        self._kept, self.problems = self._typed(cells, shared, frame, sheet)

    @property
    def kept(self) -> frozenset[int]:
        """The new rows (from 0) where what was typed stays."""
        return frozenset(self._kept)

    @property
    def row_of(self) -> dict[int, int]:
        """Old sheet row -> new row (from 0), of the rows that are in both."""
        return dict(self._row_of.iter_rows())

    def written(
        self, name: str, place: str, parts: pl.DataFrame, rows: pl.Series, *, typed: bool
    ) -> pl.Series:
        """A column of ours: the new values in the old cells' looks; what was typed and not applied stays."""
        old = self._column(name)
        style = self._style(name, old)
        frame = pl.DataFrame(
            {"n": rows.cast(pl.String), "s": style, "t": parts["type"], "i": parts["inside"]}
        )
        cell = fill('<c r="' + place + '{}"{}{}>{}</c>', "n", "s", "t", "i")
        empty = fill('<c r="' + place + '{}"{}/>', "n", "s")
        made = frame.select(pl.when(pl.col("i") == "").then(empty).otherwise(cell).alias(name)).to_series()
        if not typed or not self._kept:
            return made
        raws = made.to_list()
        for at, raw in old.select("at", "raw").iter_rows():
            if at in self._kept and parts["inside"][at] == "":
                raws[at] = _at(raw, place, rows[at])
        return pl.Series(name, raws, dtype=pl.String)

    def theirs(self, name: str, place: str, rows: pl.Series, formula: str) -> pl.Series:
        """A column of the user's: its old cells, each at its row's new place; a column formula in new rows."""
        old = self._column(name)
        usual = self._styles.get(self._where[name], "")
        style = f' s="{usual}"' if usual else ""
        sample = formula
        raws: dict[int, str] = {}
        for at, row, raw in old.select("at", "row", "raw").iter_rows():
            found = _formula(raw, self._masters)
            if found:
                source = f"{self._where[name]}{row}"
                sample = _translated(found, source, f"{place}{rows[at]}")
                raws[at] = _formula_cell(raw, place, rows[at], sample)
            else:
                raws[at] = _at(raw, place, rows[at])
        blank = f"<f>{_xml(formula)}</f>" if formula and not _A1.search(formula) else ""
        fresh = f'<c r="{place}{{}}"{style}>{blank}</c>' if blank else f'<c r="{place}{{}}"{style}/>'
        return pl.Series(
            name, [raws.get(at) or fresh.format(number) for at, number in enumerate(rows)], dtype=pl.String
        )

    def _column(self, name: str) -> pl.DataFrame:
        """The old cells of a column that have a new row."""
        return self._by_place.get((self._where.get(name, ""),), self._nothing)

    def _style(self, name: str, old: pl.DataFrame) -> pl.Series:
        """Each new cell's style attribute: its row's own where it had one, else the column's usual one."""
        place = self._where.get(name, "")
        usual = self._styles.get(place, "") if place else self._spare
        own = old.filter(pl.col("style") != usual).select("at", pl.col("style").alias("own"))
        frame = pl.DataFrame({"at": pl.int_range(self._height, eager=True, dtype=pl.Int64)})
        frame = frame.join(own, on="at", how="left", maintain_order="left")
        style = pl.coalesce("own", pl.lit(usual))
        made = pl.when(style == "").then(pl.lit("")).otherwise(pl.lit(' s="') + style + pl.lit('"'))
        return frame.select(made.alias("s")).to_series()

    def _typed(
        self, cells: pl.DataFrame, shared: list[str], frame: pl.DataFrame, sheet: Sheet
    ) -> tuple[set[int], tuple[Problem, ...]]:
        """Which new rows keep what was typed, and the rows whose typed decision can't stay.

        It stays while the row's fingerprint is the same and nothing new has happened to the line (that what happened
        is not shown any more is nothing new); a decision that was refused stays too, to be mended.
        """
        wanted = [name for name in ("Decision", _HASH, _RESULT) if name in self._where]
        if sheet.by_key.get("decision") is None or "Decision" not in wanted or _HASH not in wanted:
            return set(), ()
        by_place = {self._where[name]: name for name in wanted}
        texts = grid.texts(cells.filter(pl.col("column").is_in(list(by_place))), shared)
        values: dict[int, dict[str, str]] = {}
        for row, place, value in texts.select("row", "column", "value").iter_rows():
            values.setdefault(row, {})[by_place[place]] = value or ""
        typed_places = [self._where[c.title] for c in sheet.columns if c.typed and c.title in self._where]
        filled = cells.filter(pl.col("column").is_in(typed_places) & pl.col("raw").str.contains("<v|<is|<f"))
        at_row: dict[int, int] = dict(self._row_of.iter_rows())
        hashes = frame[_HASH].to_list()
        results = frame[_RESULT].cast(pl.String).fill_null("").to_list()
        kept: set[int] = set()
        problems: list[Problem] = []
        for row in filled["row"].unique().sort():
            old, at = values.get(row, {}), at_row.get(row)
            news = at is not None and results[at] not in ("", old.get(_RESULT, ""))
            mendable = at is not None and results[at].startswith(review.REFUSED)
            if at is not None and old.get(_HASH) == hashes[at] and (not news or mendable):
                kept.add(at)
            elif not news and old.get("Decision"):
                problems.append(_lost(f"{sheet.name}!{row}", gone=at is None))
        return kept, tuple(problems)


def _lost(where: str, *, gone: bool) -> Problem:
    why = "the line no longer waits for one" if gone else "the proposal changed since it was typed"
    return Problem(
        "decision-refused",
        where,
        f"a decision that was typed here and not applied was taken off: {why}",
        "Look at the line again. The workbook as it was is in the backup beside it.",
    )


def _keys(sheet: Sheet) -> list[str]:
    return [sheet.by_key[key].title for key in sheet.ids]


def _id_texts(sheet: Sheet, columns: list[str]) -> list[pl.Expr]:
    return [
        (pl.col(name) if name in columns else pl.lit("")).cast(pl.String).fill_null("").alias(name)
        for name in _keys(sheet)
    ]


def _numbered(frame: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    """Rows with the same ids are told apart by the how-many-th they are."""
    keys = _keys(sheet)
    return frame.with_columns(pl.int_range(pl.len()).over(keys).alias("nth"))


def _ids(cells: pl.DataFrame, where: dict[str, str], shared: list[str], sheet: Sheet) -> pl.DataFrame:
    """Each old row's ids, by their titles, and `row`."""
    rows = cells.select(pl.col("row").unique().sort())
    for name in _keys(sheet):
        if name not in where:
            rows = rows.with_columns(pl.lit("").alias(name))
            continue
        values = grid.texts(cells.filter(pl.col("column") == where[name]), shared)
        values = values.select("row", pl.col("value").alias(name)).unique("row", keep="first")
        rows = rows.join(values, on="row", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col(_keys(sheet)).fill_null(""))
    # An empty row (the template's) is no row of anybody's.
    rows = rows.filter(pl.any_horizontal(pl.col(name) != "" for name in _keys(sheet)))
    return _numbered(rows, sheet)


def _usual_styles(cells: pl.DataFrame) -> dict[str, str]:
    """The style that most cells of each column have; of equals the one with the lower number."""
    counted = cells.group_by("column", "style").len()
    ordered = counted.sort(
        ["len", pl.col("style").str.len_chars(), "style"], descending=[True, False, False]
    ).unique("column", keep="first", maintain_order=True)
    return dict(ordered.select("column", "style").iter_rows())


def _at(raw: str, place: str, number: int) -> str:
    return re.sub(r'\br="[A-Z]+\d+"', f'r="{place}{number}"', raw, count=1)


def _masters(cells: pl.DataFrame) -> dict[str, tuple[str, str]]:
    """Shared formulas: their number -> (formula, the cell that holds it)."""
    found = {}
    held = cells.filter(pl.col("raw").str.contains(r'<f\b[^>]*t="shared"'))
    for row, column, raw in held.select("row", "column", "raw").iter_rows():
        match = re.search(r'<f\b[^>]*\bsi="(\d+)"[^>]*>([^<]+)</f>', raw)
        if match:
            found[match.group(1)] = (_plain(match.group(2)), f"{column}{row}")
    return found


def _formula(raw: str, masters: dict[str, tuple[str, str]]) -> str:
    """A cell's own formula, "" if it has none; one that is shared is written out."""
    match = re.search(r"<f\b([^>]*?)(?:/>|>([^<]*)</f>)", raw)
    if match is None:
        return ""
    if match.group(2):
        return _plain(match.group(2))
    shared = re.search(r'\bsi="(\d+)"', match.group(1))
    place = re.search(r'\br="([A-Z]+\d+)"', raw)
    if shared is None or place is None or shared.group(1) not in masters:
        return ""
    formula, source = masters[shared.group(1)]
    return _translated(formula, source, place.group(1))


def _translated(formula: str, source: str, target: str) -> str:
    """A formula as it reads in another cell: relative places move along."""
    if source == target or not _A1.search(formula):
        return formula
    from openpyxl.formula.translate import Translator  # noqa: PLC0415 - slow to start, and few books need it

    return str(Translator("=" + formula, origin=source).translate_formula(target)).removeprefix("=")


def _formula_cell(raw: str, place: str, number: int, formula: str) -> str:
    """A formula cell at its new place, without the old result: it is calculated when the book is opened."""
    style = re.search(r'\bs="\d+"', raw)
    array = re.search(r'<f\b[^>]*\bt="array"', raw)
    kind = f' t="array" ref="{place}{number}"' if array else ""
    look = f" {style.group(0)}" if style else ""
    return f'<c r="{place}{number}"{look}><f{kind}>{_xml(formula)}</f></c>'


def _plain(text: str) -> str:
    return (
        text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", '"')
        .replace("&apos;", "'")
        .replace("&amp;", "&")
    )


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
