"""The cells of Home and Dashboard that are written and read by a defined name. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from recon.workbook.columns import DASHBOARD, HOME, Column, Kind, letters


@dataclass(frozen=True)
class Block:
    """A few cells of Home or Dashboard under a defined name: its height is fixed, rows without data stay empty.

    `steps` says how many sheet columns lie between the block's columns (merged cells take several).
    """

    name: str
    sheet: str
    columns: tuple[Column, ...]
    height: int
    steps: tuple[int, ...] = ()
    shown: int = 0  # rows without data from this one on are hidden (a chart leaves them out); 0 = never


# Cells of one value each, under a defined name.
CELL_PYTHON: Final = "recon_python"
CELL_JOBS: Final = "recon_jobs"
CELL_STORE: Final = "recon_store"  # a name that the user may give to a cell: which store to use
CELL_STATUS: Final = "recon_status"
CELL_NEXT: Final = "recon_next"

INPUTS: Final[Mapping[str, str]] = {
    "bank": "Bank files",
    "items": "Open items",
    "remittance": "Remittance advices",
    "customers": "Customers",
    "rules": "Rules file",
    "out": "Output folder",
}


def _cell(name: str, sheet: str) -> Block:
    return Block(name, sheet, (Column("value", "Value", Kind.TEXT),), 1)


BLOCKS: Final[Mapping[str, Block]] = {
    block.name: block
    for block in (
        _cell(CELL_PYTHON, HOME),
        _cell(CELL_JOBS, HOME),
        _cell(CELL_STATUS, HOME),
        _cell(CELL_NEXT, HOME),
        Block("recon_inputs", HOME, (Column("value", "Value"),), len(INPUTS)),
        Block("recon_state", HOME, (Column("what", "What"), Column("value", "Value")), 15),
        Block(
            "recon_tiles",
            DASHBOARD,
            (
                Column("lines", "Bank lines", Kind.INTEGER),
                Column("auto", "Matched automatically", Kind.PERCENT),
                Column("waiting", "Suggestions", Kind.INTEGER),
                Column("exceptions", "Exceptions", Kind.INTEGER),
                Column("unexplained", "Unexplained", Kind.MONEY),
            ),
            1,
            (0, 2, 5, 7, 9),
        ),
        Block(
            "recon_outcomes",
            DASHBOARD,
            (
                Column("outcome", "Outcome"),
                Column("lines", "Lines", Kind.INTEGER),
                Column("share", "Share", Kind.PERCENT),
            ),
            5,
            (0, 2, 3),
        ),
        Block(
            "recon_totals",
            DASHBOARD,
            (
                Column("currency", "Currency"),
                Column("lines", "Lines", Kind.INTEGER),
                Column("total", "Bank total", Kind.MONEY),
                Column("allocated_auto", "Allocated auto", Kind.MONEY),
                Column("allocated_suggested", "Alloc. suggested", Kind.MONEY),
                Column("on_account", "On account", Kind.MONEY),
                Column("exceptions", "Exceptions", Kind.MONEY),
                Column("not_receivable", "Not receivable", Kind.MONEY),
                Column("duplicates", "Duplicates", Kind.MONEY),
            ),
            6,
            (0, 1, 2, 3, 5, 6, 7, 8, 9),
            shown=1,
        ),
        Block(
            "recon_codes",
            DASHBOARD,
            (
                Column("code", "Code"),
                Column("lines", "Lines", Kind.INTEGER),
                Column("value", "Unexplained", Kind.MONEY),
                Column("meaning", "What it means"),
            ),
            8,
            (0, 1, 2, 3),
            shown=5,
        ),
        _cell("recon_as_of", DASHBOARD),
        _cell("recon_codes_title", DASHBOARD),
        _cell("recon_unexplained_title", DASHBOARD),
    )
}


def reference(sheet: str, row: int, column: int, last_row: int | None = None, last: int | None = None) -> str:
    """Cells as a formula names them, rows and columns from 0: `=Home!$B$5:$C$6`."""
    first = f"${letters(column)}${row + 1}"
    end = f"${letters(column if last is None else last)}${(row if last_row is None else last_row) + 1}"
    return f"={sheet}!{first}" if end == first else f"={sheet}!{first}:{end}"
