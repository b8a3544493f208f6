"""The sheet Shadow: what a change that is tried beside the last run would have done, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from recon.flow import shadow
from recon.flow.beside import FILE, Beside
from recon.model import RunRecord
from recon.problems import Problem
from recon.workbook.columns import Kind
from recon.workbook.pages import PLAIN, Block, Cell, Head, Page

if TYPE_CHECKING:
    from recon.flow.books import Book

KEY: Final = "shadow"
NAME: Final = "Shadow"
ROWS_MAX: Final = 2000  # shown; shadow.csv has all
_TOTALS: Final = (
    Head("Change", Kind.TEXT, 20),
    Head("Lines", Kind.INTEGER, 9),
    Head("Amount", Kind.TEXT, 30),
)
_HEADS: Final = (
    Head("Change", Kind.TEXT, 20),
    Head("Amount", Kind.MONEY, 14),
    Head("Currency", Kind.TEXT, 10),
    Head("Live", Kind.TEXT, 13),
    Head("Items, live", Kind.LONG, 34),
    Head("Code, live", Kind.TEXT, 13),
    Head("Shadow", Kind.TEXT, 13),
    Head("Items, shadow", Kind.LONG, 34),
    Head("Code, shadow", Kind.TEXT, 13),
    Head("Line id", Kind.TEXT, 20),
)


def show(book: Book, tried: Beside, run: RunRecord) -> tuple[Problem, ...]:
    """The sheet anew, where something could be tried. Returns what could not stay on it.

    Raises:
        ReconError: EXIT_JOB; the workbook can't be used.
    """
    if tried.facts is None:
        return ()
    _sheets, lost = book.write_pages([page(tried.facts, tried.table, run)], backup=False)
    return tuple(lost)


def page(facts: Mapping[str, Any], table: pl.DataFrame, run: RunRecord) -> Page:
    """The sheet.

    Args:
        facts: of the change, as the summary has them.
        table: model.SHADOW as in the file.
        run: the run beside which it was tried.
    """
    first, *more = shadow.told(facts)
    lines = [
        f"Run {run.run_id}, as of {run.as_of.isoformat()}; {first}.",
        "Nothing of it was done. recon rules shadow says how right it would have been, by what people decided since.",
    ]
    if table.height > ROWS_MAX:
        lines.append(f"The first {ROWS_MAX:,} of {table.height:,} lines; {FILE} has all.")
    lines += [
        one.strip() for one in more if not any(one.strip().startswith(name) for name in facts["changes"])
    ]
    totals: list[tuple[Cell, ...]] = [
        (
            name,
            one["lines"],
            ", ".join(f"{currency} {Decimal(sum_):,}" for currency, sum_ in one["amount"].items()),
        )
        for name, one in facts["changes"].items()
    ]
    shown = table.head(ROWS_MAX)
    rows = [_cells(row) for row in shown.iter_rows(named=True)]
    scales = [max(len(str(row[1]).partition(".")[2]), 0) for row in rows]
    blocks = (
        Block("What would change", _TOTALS, totals, [PLAIN] * len(totals), [2] * len(totals)),
        Block("Lines that come out otherwise", _HEADS, rows, [PLAIN] * len(rows), scales),
    )
    return Page(KEY, NAME, NAME, tuple(lines), blocks)


def _cells(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    return (
        row["change"],
        Decimal(row["amount"]),
        row["currency"],
        row["outcome_live"],
        row["items_live"],
        row["code_live"],
        row["outcome_shadow"],
        row["items_shadow"],
        row["code_shadow"],
        row["line_id"],
    )
