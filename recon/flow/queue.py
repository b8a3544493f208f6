"""What stands on a sheet when there is more than a person can use: the review sheets are a queue, not a list.

A hundred thousand rows on a sheet are slow to filter and nobody reads them. Suggestions and Exceptions show the
largest amounts, the oldest first among equals; as they are decided, the next ones come up. A row on which somebody
has typed a decision stays. Totals on Home and Dashboard count all rows, and the store and exceptions.csv have all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from recon.problems import Problem

REVIEW_MAX: Final = 20_000  # rows of a sheet that people decide on
LIST_MAX: Final = 200_000  # rows of a sheet that people look things up on
REVIEWED: Final = ("Suggestions", "Exceptions")
_NEWEST_LAST: Final = ("Allocations", "Bank")  # of these the end is what people look up
_CODE: Final = "sheet-rows"


def fitting(
    sheets: Mapping[str, pl.DataFrame], decided: frozenset[str] = frozenset()
) -> tuple[dict[str, pl.DataFrame], tuple[Problem, ...]]:
    """The sheets with as many rows as they can use, and a problem for each that does not show all.

    Args:
        sheets: frames by sheet and by the sheet's titles, money as text.
        decided: ids of lines on which somebody has typed a decision that is not applied yet.
    """
    made = dict(sheets)
    problems = []
    for name, frame in sheets.items():
        most = REVIEW_MAX if name in REVIEWED else LIST_MAX
        if frame.height <= most:
            continue
        if name in REVIEWED:
            made[name] = _largest(frame, most, decided)
            hint = "the next ones come up as these are decided and applied; exceptions.csv of --out has all"
        else:
            made[name] = frame.tail(most) if name in _NEWEST_LAST else frame.head(most)
            hint = "the files of --out and the store have all"
        what = f"the sheet shows {made[name].height:,} of {frame.height:,} rows{_which(name)}"
        problems.append(Problem(_CODE, name, what, hint))
    return made, tuple(problems)


def _which(name: str) -> str:
    if name in REVIEWED:
        return ", those of the largest amounts"
    return ", the last ones" if name in _NEWEST_LAST else ", the first ones"


def _largest(frame: pl.DataFrame, most: int, decided: frozenset[str]) -> pl.DataFrame:
    """The rows of the largest amounts in their old order; and all on which a decision waits."""
    ranked = frame.select(
        pl.col("Line id").is_in(pl.Series(sorted(decided), dtype=pl.String).implode()).alias("kept"),
        pl.col("Line amount").cast(pl.Decimal(38, 6), strict=False).abs().alias("size"),
        pl.col("Date").alias("date"),
        pl.col("Line id").alias("line_id"),
    ).with_row_index("row")
    order = ranked.sort(
        "kept", "size", "date", "line_id", descending=[True, True, False, False], nulls_last=True
    )
    rows = order.head(max(most, int(ranked["kept"].sum())))["row"].sort()
    return frame[rows]
