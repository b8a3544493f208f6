"""What a user has put into our table, and where it goes when the table is written anew.

Rows are known by their ids, not by their place: a user's column, a colour on one cell, a decision typed but not
applied go with their row. What has no row any more is told, and its text handed over to be kept elsewhere (`lost`).
What somebody typed over a cell of ours is ours: the next write puts our value there.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import polars as pl

from recon.fill import fill
from recon.problems import Problem
from recon.workbook import formulas, grid, review
from recon.workbook.columns import Kind, Sheet
from recon.workbook.lost import Text

_DECISION: Final = "decision"
_STATES: Final = (_DECISION, "row_hash", "result")
_SAID_MORE: Final = (
    "item_id",
    "to_item",
    "decided_amount",
    "note",
)  # what a decision that was refused leaves to be kept
_FILLED: Final = "<v|<is|<f"


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


@dataclass(frozen=True)
class Standing:
    """What stands in a table now.

    Attributes:
        cells: row, column (letters), style, type, raw: all cells of the columns that are not written over as they
            are (`wanted`), and all that is filled in rows without ids.
        looks: column, style, first, last: how the body's other cells look, as runs of rows.
        where: which sheet column (letters) each title stands in.
        own: the user's own columns.
        shared: the workbook's shared strings.
    """

    cells: pl.DataFrame
    looks: pl.DataFrame
    where: dict[str, str]
    own: Collection[str]
    shared: list[str]


def wanted(sheet: Sheet, titles: Collection[str], written: Collection[str]) -> list[str]:
    """The columns whose cells are needed to write a table anew: ids, typed ones, and those that aren't written."""
    keys = {*sheet.ids, *_STATES}
    ours = [column.title for column in sheet.columns if column.typed or column.key in keys]
    return [name for name in titles if name in ours or name not in written]


def runs(cells: pl.DataFrame) -> pl.DataFrame:
    """How cells look, as runs of rows of a column: column, style, first, last."""
    ends = (pl.col("row").min().alias("first"), pl.col("row").max().alias("last"))
    told = cells.group_by("column", "style", maintain_order=True).agg(*ends, pl.len().alias("cells"))
    whole = told["cells"] == told["last"] - told["first"] + 1
    found = told.filter(whole).drop("cells")
    if whole.all():
        return found
    apart = cells.join(told.filter(~whole), on=["column", "style"], how="semi").select(
        "column", "style", "row"
    )
    # A new run begins where a row is not the next one of its column and style.
    step = pl.col("row") - pl.int_range(pl.len()).over("column", "style")
    several = apart.sort("row").with_columns(step.alias("run")).group_by("column", "style", "run")
    return pl.concat([found, several.agg(*ends).drop("run").sort("column", "first")])


class Carried:
    """The old body's cells, each with the new row that it belongs to.

    Attributes:
        problems: decisions that were typed, not applied, and can't stay because the row changed or went.
        lost: what the user wrote that has no row any more.
    """

    def __init__(self, old: Standing, frame: pl.DataFrame, sheet: Sheet, *, handed: bool) -> None:
        """Find each old row's new one; `handed`: the typed decisions were read, and their reader answers for them."""
        self._where = old.where
        self._height = frame.height
        self._ids = _ids(old.cells, old.where, old.shared, sheet)
        new_ids = _numbered(frame.select(_id_texts(sheet, frame.columns)), sheet)
        matched = new_ids.with_row_index("at").join(self._ids, on=[*_keys(sheet), "nth"], how="inner")
        self._row_of = matched.select(pl.col("row"), pl.col("at").cast(pl.Int64))
        self._at_row: dict[int, int] = dict(self._row_of.iter_rows())
        every = pl.concat([old.looks, runs(old.cells)])
        self._styles = _usual_styles(every)
        self._looks = self._own_looks(every)
        texts = [
            old.where[one.title] for one in sheet.columns if one.kind is Kind.TEXT and one.title in old.where
        ]
        self._spare = self._styles.get(texts[0], "") if texts else ""  # for columns that are added
        moved = old.cells.join(self._row_of, on="row", how="inner", maintain_order="left").sort("at")
        self._nothing = moved.clear()
        self._by_place = moved.partition_by("column", as_dict=True)  # once, not a search for each column
        self._masters = formulas.masters(old.cells)
        self.lost: list[Text] = []
        self.problems: tuple[Problem, ...] = ()
        self._kept = self._typed(old, frame, sheet, handed=handed)
        self._find_lost(old, sheet)

    @property
    def kept(self) -> frozenset[int]:
        """The new rows (from 0) where what was typed stays."""
        return frozenset(self._kept)

    @property
    def row_of(self) -> dict[int, int]:
        """Old sheet row -> new row (from 0), of the rows that are in both."""
        return self._at_row

    def written(
        self, name: str, place: str, parts: pl.DataFrame, first: int, rows: pl.Series, *, typed: bool
    ) -> pl.Series:
        """Some cells of a column of ours, from the new row `first` on (from 0), on the sheet's `rows`.

        The new values stand in the old cells' looks; what was typed and not applied stays.
        """
        style = self._style(name, first, parts.height)
        frame = pl.DataFrame(
            {"n": rows.cast(pl.String), "s": style, "t": parts["type"], "i": parts["inside"]}
        )
        cell = fill('<c r="' + place + '{}"{}{}>{}</c>', "n", "s", "t", "i")
        empty = fill('<c r="' + place + '{}"{}/>', "n", "s")
        made = frame.select(pl.when(pl.col("i") == "").then(empty).otherwise(cell).alias(name)).to_series()
        if not typed or not self._kept:
            return made
        raws = made.to_list()
        for at, raw in self._column(name, first, parts.height).select("at", "raw").iter_rows():
            if at in self._kept and (parts["inside"][at - first] == "" or re.search(_FILLED, raw)):
                raws[at - first] = _at(raw, place, rows[at - first])
        return pl.Series(name, raws, dtype=pl.String)

    def theirs(self, name: str, place: str, first: int, rows: pl.Series, formula: str) -> pl.Series:
        """Some cells of a column of the user's, each at its row's new place; a column formula in new rows."""
        old = self._column(name, first, rows.len())
        usual = self._styles.get(self._where[name], "")
        style = f' s="{usual}"' if usual else ""
        raws: dict[int, str] = {}
        for at, row, raw in old.select("at", "row", "raw").iter_rows():
            found = formulas.formula(raw, self._masters)
            number = rows[at - first]
            if found:
                said = formulas.translated(found, f"{self._where[name]}{row}", f"{place}{number}")
                raws[at - first] = formulas.cell(raw, place, number, said)
            else:
                raws[at - first] = _at(raw, place, number)
        blank = f"<f>{formulas.xml(formula)}</f>" if formula and not formulas.A1.search(formula) else ""
        fresh = f'<c r="{place}{{}}"{style}>' + blank.replace("{", "{{").replace("}", "}}") + "</c>"
        fresh = fresh if blank else f'<c r="{place}{{}}"{style}/>'
        return pl.Series(
            name, [raws.get(at) or fresh.format(number) for at, number in enumerate(rows)], dtype=pl.String
        )

    def _column(self, name: str, first: int, height: int) -> pl.DataFrame:
        """The old cells of a column that have a new row among some."""
        held = self._by_place.get((self._where.get(name, ""),), self._nothing)
        return _among(held, first, height)

    def _own_looks(self, every: pl.DataFrame) -> dict[tuple[object, ...], pl.DataFrame]:
        """Cells that look otherwise than most of their column, by column: at, own."""
        usual = pl.DataFrame(
            {"column": list(self._styles), "usual": list(self._styles.values())},
            schema={"column": pl.String, "usual": pl.String},
        )
        odd = every.join(usual, on="column").filter(pl.col("style") != pl.col("usual"))
        rows = odd.with_columns(pl.int_ranges("first", pl.col("last") + 1).alias("row")).explode("row")
        moved = rows.join(self._row_of, on="row", how="inner").unique(["at", "column"])
        told = moved.select("column", "at", pl.col("style").alias("own"))
        return told.sort("at").partition_by("column", as_dict=True)

    def _style(self, name: str, first: int, height: int) -> pl.Series:
        """Each new cell's style attribute: its row's own where it had one, else the column's usual one."""
        place = self._where.get(name, "")
        usual = self._styles.get(place, "") if place else self._spare
        said = f' s="{usual}"' if usual else ""
        own = _among(self._looks.get((place,), _NO_LOOKS), first, height)
        made = pl.Series("s", [said], dtype=pl.String).new_from_index(0, height)
        if own.is_empty():
            return made
        attributes = own.select(
            pl.when(pl.col("own") == "").then(pl.lit("")).otherwise(pl.lit(' s="') + pl.col("own") + '"')
        ).to_series()
        return made.scatter(own["at"] - first, attributes)

    def _typed(self, old: Standing, frame: pl.DataFrame, sheet: Sheet, *, handed: bool) -> set[int]:
        """Which new rows keep what was typed.

        It stays while the row's fingerprint is the same and nothing new has happened to the line (that what happened
        is not shown any more is nothing new); a decision that was refused stays too, to be mended.
        """
        of = {key: sheet.by_key[key].title for key in _STATES if key in sheet.by_key}
        if len(of) < len(_STATES) or not {of[_DECISION], of["row_hash"]} <= set(old.where):
            return set()
        typed = [column.title for column in sheet.columns if column.typed and column.title in old.where]
        said = _texts(old, [*typed, of["row_hash"], of["result"]])
        rows = [row for row, texts in said.items() if any(texts.get(name) for name in typed)]
        known = dict(self._ids.select("row", _told(sheet)).iter_rows())
        hashes = frame[of["row_hash"]].to_list()
        results = frame[of["result"]].cast(pl.String).fill_null("").to_list()
        more = {sheet.by_key[key].title for key in _SAID_MORE if key in sheet.by_key}
        kept: set[int] = set()
        problems: list[Problem] = []
        for row in rows:
            if row not in known:
                continue  # a row without ids is nobody's
            texts, at = said[row], self._at_row.get(row)
            result = results[at] if at is not None else ""
            same = at is not None and texts.get(of["row_hash"]) == hashes[at]
            news = result not in ("", texts.get(of["result"], ""))
            mendable = result.startswith(review.STANDS)
            decision = texts.get(of[_DECISION], "")
            if at is not None and same and (not news or mendable):
                kept.add(at)
                continue
            gone = [name for name in typed if texts.get(name)]
            if decision and _applied(decision, result, texts.get(of["result"], "")):
                continue
            refused = bool(decision) and not handed
            if decision and handed:
                gone = [name for name in gone if name in more] if mendable else []
            elif refused:
                problems.append(_refused(f"{sheet.name}!{row}", gone=at is None, news=news))
            self.lost += [Text(sheet.name, row, known[row], name, texts[name], refused) for name in gone]
        self.problems = tuple(problems)
        return kept

    def _find_lost(self, old: Standing, sheet: Sheet) -> None:
        """Texts in the user's columns on rows that went, and whatever stands in rows without ids; no formulas."""
        names = {place: name for name, place in old.where.items()}
        own = [old.where[name] for name in old.own if name in old.where]
        gone = old.cells.filter(
            ~pl.col("row").is_in(self._row_of["row"].implode())
            & (pl.col("column").is_in(own) | ~pl.col("row").is_in(self._ids["row"].implode()))
            & ~pl.col("raw").str.contains("<f", literal=True)
        )
        known = dict(self._ids.select("row", _told(sheet)).iter_rows())
        found = grid.texts(gone, old.shared).filter(pl.col("value") != "")
        self.lost += [
            Text(sheet.name, row, known.get(row, ""), names[place], value)
            for row, place, value in found.select("row", "column", "value").iter_rows()
        ]


_NO_LOOKS: Final = pl.DataFrame(schema={"column": pl.String, "at": pl.Int64, "own": pl.String})


def _among(held: pl.DataFrame, first: int, height: int) -> pl.DataFrame:
    """The rows of a frame, sorted by `at`, that lie among some."""
    if held.is_empty():
        return held
    start, end = (int(held["at"].search_sorted(at)) for at in (first, first + height))
    return held.slice(start, end - start)


def _texts(old: Standing, titles: list[str]) -> dict[int, dict[str, str]]:
    """The filled cells of some columns as text, by row and title."""
    by_place = {old.where[name]: name for name in titles if name in old.where}
    held = old.cells.filter(pl.col("column").is_in(list(by_place)) & pl.col("raw").str.contains(_FILLED))
    values: dict[int, dict[str, str]] = {}
    for row, place, value in grid.texts(held, old.shared).select("row", "column", "value").iter_rows():
        values.setdefault(row, {})[by_place[place]] = value or ""
    return dict(sorted(values.items()))


def _applied(decision: str, result: str, before: str) -> bool:
    """Whether what happened to the line is what was typed."""
    said = " ".join(decision.split()).lower()
    return result not in ("", before) and result.lower().startswith(f"{said}:")


def _refused(where: str, *, gone: bool, news: bool) -> Problem:
    why = "the proposal changed since it was typed"
    if news:
        why = "something else was decided of the line meanwhile"
    elif gone:
        why = "the line no longer waits for one"
    return Problem(
        "decision-refused",
        where,
        f"a decision that was typed here and not applied was taken off: {why}",
        "Look at the line again, and decide again if it still waits.",
    )


def _keys(sheet: Sheet) -> list[str]:
    return [sheet.by_key[key].title for key in sheet.ids]


def _told(sheet: Sheet) -> pl.Expr:
    """A row's ids in a few words."""
    return pl.concat_list(_keys(sheet)).list.eval(pl.element().filter(pl.element() != "")).list.join(", ")


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


def _usual_styles(looks: pl.DataFrame) -> dict[str, str]:
    """The style that most cells of each column have; of equals the one with the lower number."""
    number = (pl.col("last") - pl.col("first") + 1).sum().alias("len")
    counted = looks.group_by("column", "style").agg(number)
    ordered = counted.sort(
        ["len", pl.col("style").str.len_chars(), "style"], descending=[True, False, False]
    ).unique("column", keep="first", maintain_order=True)
    return dict(ordered.select("column", "style").iter_rows())


def _at(raw: str, place: str, number: int) -> str:
    return re.sub(r'\br="[A-Z]+\d+"', f'r="{place}{number}"', raw, count=1)
