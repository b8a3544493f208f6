"""What a workbook for very many rows costs: `python tests/flow/many_rows.py [EXCEPTIONS [SUGGESTIONS [SHOWN...]]]`.

Makes a view like that of a run and puts it onto the sheets by the way a run does, for each number of rows shown:
into a fresh workbook, then again into that one, each in a process of its own; then LibreOffice, where there is one,
loads it. Prints a table in Markdown. No test: docs/excel.md holds what it says.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import polars as pl

from recon import model
from recon.flow import books, memory
from recon.rules.privacy import Privacy
from recon.workbook.file import new_book, open_book

HERE = Path(__file__).resolve()
OFFICE = HERE.parents[1] / "ribbon"
DETAIL = "no open item of the customer has this amount, and the text names no document that the ledger knows"
REASONS = (
    "the document number, without its prefix; the amount to the penny; the name of the payer is only alike"
)


def view(exceptions: int, suggestions: int) -> dict[str, pl.DataFrame]:
    """As many lines of either kind, with texts as long as those of the sample night."""
    count = exceptions + suggestions
    number = pl.int_range(count, eager=True, dtype=pl.Int64)
    spread = (number * 7919 % 1_000_003).cast(pl.String)  # every amount another, in no order
    lines = pl.DataFrame({"number": number, "amount": spread + ".07"}).select(
        ("L" + pl.col("number").cast(pl.String).str.zfill(7)).alias("line_id"),
        pl.when(pl.col("number") < exceptions)
        .then(pl.lit("exception"))
        .otherwise(pl.lit("suggested"))
        .alias("outcome"),
        pl.lit("EX-NOITEM").alias("code"),
        "amount",
        pl.lit("GBP").alias("currency"),
    )
    number_text = pl.col("line_id").str.slice(1)
    day = pl.lit(date(2026, 3, 2))
    bank = lines.select(
        "line_id",
        "amount",
        "currency",
        pl.lit("20-00-00 12345678").alias("account"),
        day.alias("booking_date"),
        day.alias("value_date"),
        pl.lit("BGC").alias("type"),
        ("NORTHSIDE CARE HOMES " + number_text).alias("counterparty"),
        ("REF " + number_text).alias("reference"),
        ("CARE FEES MARCH UNIT 14 " + number_text + " THANK YOU").alias("narrative"),
    )
    suggested = lines.filter(pl.col("outcome") == "suggested")
    allocations = suggested.select(
        "line_id",
        ("INV-" + number_text).alias("item_id"),
        "amount",
        "currency",
        pl.lit("0.00").alias("deduction"),
        pl.lit("suggested").alias("status"),
        pl.lit(0.75).alias("confidence"),
        pl.lit("reference_bare").alias("rule"),
        pl.lit(REASONS).alias("reasons"),
    )
    told = lines.filter(pl.col("outcome") == "exception").select(
        "line_id",
        "code",
        "amount",
        "currency",
        pl.lit(DETAIL).alias("detail"),
        ("INV-" + number_text + " 90.00|INV-9" + number_text + " 91.00").alias("alternatives"),
    )
    return {
        "lines": _whole(lines, model.LINES),
        "bank_lines": _whole(bank, model.BANK_LINES),
        "open_items": model.OPEN_ITEMS.empty_outside(),
        "allocations": _whole(allocations, model.ALLOCATIONS),
        "exceptions": _whole(told, model.EXCEPTIONS),
    }


def _whole(frame: pl.DataFrame, table: model.Table) -> pl.DataFrame:
    """All columns of a table; those that the frame lacks are empty."""
    missing = [
        pl.lit(None, dtype).alias(name)
        for name, dtype in table.outer_schema.items()
        if name not in frame.columns and not table[name].optional
    ]
    return frame.with_columns(missing)


def write(path: Path, exceptions: int, suggestions: int, shown: int) -> str:
    """One write: `seconds of work | peak in MB`."""
    made = view(exceptions, suggestions)
    before = time.process_time()
    book = open_book(path) if path.exists() else new_book(path)
    books._write(book, made, {}, shown, Privacy())
    return f"{time.process_time() - before:.1f} | {memory.peak_mb()}"


def load(path: Path) -> str:
    """How many seconds LibreOffice takes to open a workbook."""
    sys.path.insert(0, str(OFFICE))
    office = importlib.import_module("office")
    if not office.is_there():
        return "-"
    with tempfile.TemporaryDirectory() as folder, office.started(Path(folder)) as running:
        running.take()
        before = time.perf_counter()
        running.take(["open", str(path)])
        return f"{time.perf_counter() - before:.1f}"


def row(exceptions: int, suggestions: int, shown: int) -> list[str]:
    """What one number of rows shown costs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsm"
        given = [sys.executable, str(HERE), "write", str(path), *map(str, (exceptions, suggestions, shown))]
        cells = [
            subprocess.run(given, check=True, capture_output=True, text=True).stdout  # noqa: S603 - this file
            for _ in ("new", "again")
        ]
        rest = sum(one.stat().st_size for one in path.parent.glob("*-rest.csv"))
        sizes = [f"{size / 1e6:.1f}" for size in (path.stat().st_size, rest)]
        return [f"{shown:,}", *cells, *sizes, load(path)]


def main(arguments: list[str]) -> int:
    """The table for all numbers of rows shown; with `write` in front one cell of it."""
    if arguments[:1] == ["write"]:
        sys.stdout.write(write(Path(arguments[1]), *map(int, arguments[2:])))
        return 0
    numbers = [int(one) for one in arguments]
    exceptions, suggestions, *shown = [*numbers, *(100_000, 20_000)[len(numbers) :]]
    titles = (
        "rows shown",
        *("new: CPU s", "peak MB", "again: CPU s", "peak MB"),
        *("workbook MB", "rest MB", "LibreOffice opens it, s"),
    )
    sys.stdout.write(f"| {' | '.join(titles)} |\n{'|---' * len(titles)}|\n")
    for most in shown or [10_000, 20_000, 1_000_000]:
        sys.stdout.write(f"| {' | '.join(row(exceptions, suggestions, most))} |\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
