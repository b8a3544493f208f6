"""What stands on a sheet when there is more than a person can use: the review sheets are a queue, not a list. Pure.

A hundred thousand rows on a sheet are slow to filter and nobody reads them. Suggestions and Exceptions show the
largest amounts, the oldest first among equals; as they are decided, the next ones come up. A row on which a person
has said something stays besides. Totals on Home and Dashboard count all rows; the store has all, and the rows that
are not shown are in a file beside the workbook (`flow.rest`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from recon.problems import Problem
from recon.workbook import columns

LIST_MAX: Final = 200_000  # rows of a sheet that people look things up on
REVIEWED: Final = tuple(sheet.name for sheet in columns.REVIEWED)
CODE: Final = "sheet-rows"
_NEWEST_LAST: Final = (columns.ALLOCATIONS.name, columns.BANK.name)  # of these the end is what people look up
_LINE, _RESULT = "Line id", "Result"


@dataclass(frozen=True)
class Standing:
    """Ids of lines on whose rows a person has said something.

    `said`: typed and not applied yet, or applied and still waiting (parked, asked, rejected); these stay besides the
    rows that the sheet shows. `noted`: text in a column of the person's own; these stay among them, since such a
    column may be filled from top to bottom.
    """

    said: frozenset[str] = frozenset()
    noted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Fitted:
    """The sheets with as many rows as they can use, and what became of the others.

    `rest` has the rows of each review sheet that it doesn't show, `problems` says so of every sheet, `notes` of the
    review sheets in a few words for Home.
    """

    sheets: dict[str, pl.DataFrame]
    rest: dict[str, pl.DataFrame] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)


def standing(sheet: pl.DataFrame, own: pl.DataFrame, spec: columns.Sheet) -> Standing:
    """The rows of a review sheet on which a person has written something.

    Args:
        sheet: the sheet as it is read.
        own: what people wrote in columns of their own, formulas left out: (sheet_row, column, text).
        spec: which sheet it is.
    """
    if sheet.is_empty():
        return Standing()
    typed = [column.title for column in spec.columns if column.typed and column.title in sheet.columns]
    lines = sheet.filter(pl.col(_LINE) != "")
    any_ = pl.any_horizontal(pl.lit(value=False), *[pl.col(title) != "" for title in typed])
    noted = lines.join(own, on="sheet_row", how="semi")
    return Standing(frozenset(lines.filter(any_)[_LINE]), frozenset(noted[_LINE]))


def fitting(
    sheets: Mapping[str, pl.DataFrame],
    shown: int,
    stands: Standing,
    files: Mapping[str, str],
) -> Fitted:
    """The sheets with as many rows as they can use.

    Args:
        sheets: frames by sheet and by the sheet's titles, money as text.
        shown: rows of a review sheet, besides those of which something is said.
        stands: what people have said on the review sheets.
        files: names of the files that take the rest of the review sheets, by sheet; none where there is no place.
    """
    made, rest, notes = dict(sheets), dict[str, pl.DataFrame](), dict[str, str]()
    problems = []
    for name, frame in sheets.items():
        if name in REVIEWED:
            is_shown = _shown(frame, shown, stands)
            if is_shown.all():
                continue
            made[name], rest[name] = frame.filter(is_shown), frame.filter(~is_shown)
            in_file = f": they are in {files[name]}, beside the workbook" if name in files else ""
            which = f" (the largest amounts); {rest[name].height:,} more wait{in_file}"
            hint = (
                "decide those that are there and apply; the next ones come up. "
                "To see more at once raise `limits.rows_shown` in the rules"
            )
            more = f"{rest[name].height:,} more"
            notes[f"{name} not shown"] = f"{more}: {files[name]}" if name in files else more
        elif frame.height > LIST_MAX:
            last = name in _NEWEST_LAST
            made[name] = frame.tail(LIST_MAX) if last else frame.head(LIST_MAX)
            which = ", the last ones" if last else ", the first ones"
            hint = "the files of --out and the store have all"
        else:
            continue
        what = f"the sheet shows {made[name].height:,} of {frame.height:,} rows{which}"
        problems.append(Problem(CODE, name, what, hint))
    return Fitted(made, rest, tuple(problems), notes)


def _shown(frame: pl.DataFrame, most: int, stands: Standing) -> pl.Series:
    """Which rows of a review sheet it shows: those of which something is said, and the first of the others."""
    if frame.height <= most:
        return pl.Series([True] * frame.height, dtype=pl.Boolean)
    ranked = frame.select(
        _among(stands.said).alias("said") | (pl.col(_RESULT).fill_null("") != ""),
        _among(stands.noted).alias("noted"),
        pl.col("Line amount").cast(pl.Decimal(38, 6), strict=False).abs().alias("size"),
        pl.col("Date").alias("date"),
        pl.col(_LINE).alias("line_id"),
    ).with_row_index("row")
    others = ranked.filter(~pl.col("said")).sort(
        "noted", "size", "date", "line_id", descending=[True, True, False, False], nulls_last=True
    )
    noted = int(others["noted"].sum())
    first = others.head(max(most, noted))["row"]
    return ranked.select(pl.col("said") | pl.col("row").is_in(first.implode())).to_series()


def _among(line_ids: frozenset[str]) -> pl.Expr:
    return pl.col(_LINE).is_in(pl.Series(sorted(line_ids), dtype=pl.String).implode())
