"""Seconds and peak memory of writing a large table into an existing workbook: ours, and openpyxl's load-fill-save.

`python tests/workbook/write_speed.py [ROWS]`: each in a process of its own, on a table of 20 columns.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl

from recon.flow import memory
from recon.workbook import columns
from recon.workbook.file import new_book, open_book

ROWS = 100_000
SHEET = columns.BANK


def frame(rows: int) -> pl.DataFrame:
    """The sheet's columns and as many further ones as make 20: texts, amounts, days, whole numbers."""
    at = pl.int_range(rows, dtype=pl.Int64)
    number = at.cast(pl.String)
    made = []
    for place, column in enumerate(SHEET.columns):
        if column.key in SHEET.ids:
            made.append(("LINE-" + number).alias(column.title))
        elif column.kind is columns.Kind.DATE:
            made.append((pl.lit(date(2026, 1, 1)) + pl.duration(days=at % 300)).alias(column.title))
        elif column.kind is columns.Kind.MONEY:
            made.append(((at * 7919 % 1_000_003).cast(pl.String) + ".25").alias(column.title))
        elif column.kind is columns.Kind.INTEGER:
            made.append(at.alias(column.title))
        else:
            made.append((f"TEXT {place} OF LINE " + (at * 31 % 10_007).cast(pl.String)).alias(column.title))
    more = [
        (at * (place + 3) % 9_973).cast(pl.String).alias(f"Further {place}")
        for place in range(20 - len(SHEET.columns))
    ]
    return pl.select(*made, *more)


def ours_first(path: Path, rows: int) -> None:
    """Into the fresh workbook."""
    open_book(path).write({SHEET.name: frame(rows)})


def ours_again(path: Path, rows: int) -> None:
    """Over the full table, with the rows in another order."""
    open_book(path).write({SHEET.name: frame(rows).reverse()})


def theirs(path: Path, rows: int) -> None:
    """The same with openpyxl: load, fill, save."""
    book = openpyxl.load_workbook(path, keep_vba=True)
    sheet = book[SHEET.name]
    made = frame(rows)
    for at, row in enumerate(made.iter_rows()):
        for over, value in enumerate(row):
            sheet.cell(at + 4, over + 1, value)
    sheet.tables[SHEET.table].ref = f"A3:{columns.letters(len(SHEET.columns) - 1)}{rows + 3}"
    book.save(path)


JOBS: dict[str, Callable[[Path, int], None]] = {
    "ours, first write": ours_first,
    "ours, rewrite": ours_again,
    "openpyxl": theirs,
}


def measured(job: str, path: Path, rows: int) -> tuple[float, float]:
    """Seconds and peak MB of a job in a process of its own."""
    command = [sys.executable, __file__, job, str(path), str(rows)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this very file
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def main() -> None:
    """Run one job and say its figures, or run all and print a table."""
    if sys.argv[1:2] and sys.argv[1] in JOBS:
        start = time.perf_counter()
        JOBS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
        sys.stdout.write(f"{time.perf_counter() - start:.2f} {memory.peak_mb()}\n")
        return
    rows = int(sys.argv[1]) if sys.argv[1:] else ROWS
    with tempfile.TemporaryDirectory() as folder:
        path, other = Path(folder) / "ours.xlsm", Path(folder) / "theirs.xlsm"
        new_book(path)
        new_book(other)
        for job in JOBS:
            seconds, peak = measured(job, other if job == "openpyxl" else path, rows)
            sys.stdout.write(f"{job:20} {seconds:6.1f} s {peak:6.0f} MB\n")


if __name__ == "__main__":
    main()
