"""The sample data: two small generated jobs as the files that banks and ledgers give, with their truth.

`python -m recon.bench.sample [FOLDER]` writes them (default `sample_data`); the same bytes each time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from recon.bench.closing import FOLDER, month_end, served
from recon.bench.closing_ledger import OPENINGS
from recon.bench.generate import Case, generate
from recon.bench.narratives import INDIA_ACCOUNTS, UK_ACCOUNTS
from recon.bench.payers import Flavour
from recon.bench.statements import camt, hdfc, lloyds, mt940, table
from recon.model import ALIASES, BANK_LINES, CUSTOMERS, OPEN_ITEMS, REMITTANCE_LINES, Table

SIZES: Final[dict[Flavour, int]] = {"uk": 400, "india": 150}
SEED: Final = 2026
CLOSED_SINCE: Final = date(2026, 1, 1)  # older closed items are not in the sample: it stays small
OPENING: Final = tuple(Decimal(minor).scaleb(-2) for minor in OPENINGS)
BANKS: Final = {
    "uk": ("lloyds_2026-03.csv", "mt940_2026-03.sta", "camt053_2026-03.xml"),
    "india": ("hdfc_2026-03.csv", "bank_2026-03.csv"),
}


def main() -> None:
    """Write the sample data into the folder named, or `sample_data`."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "sample_data")
    for name, text in sample_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def sample_files() -> dict[str, str]:
    """Every generated file of the sample data: its path below `sample_data`, its text (UTF-8)."""
    files: dict[str, str] = {}
    for flavour, lines in SIZES.items():
        case = generate(flavour, lines, SEED)
        for name, text in _files(case):
            files[f"{flavour}/{name}"] = text
    return files


def sample_case(flavour: Flavour) -> Case:
    """The case that a sample's files were made of."""
    return generate(flavour, SIZES[flavour], SEED)


def sample_truth(case: Case) -> pl.DataFrame:
    """Truth with where each line stands: `source` (file name) and `ordinal` (how-many-th line of it, from 1)."""
    places = pl.concat(
        pl.DataFrame({"line_id": [row["line_id"] for row in rows]})
        .with_row_index("ordinal", offset=1)
        .select("line_id", pl.lit(name).alias("source"), pl.col("ordinal").cast(pl.Int64))
        for name, rows in _bank_rows(case)
    )
    return places.join(case.truth, on="line_id").sort("line_id")


def _bank_rows(case: Case) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each bank file's name, and its lines in the order in which they stand in it."""
    accounts = UK_ACCOUNTS if case.flavour == "uk" else INDIA_ACCOUNTS
    for account, name in zip(accounts, BANKS[case.flavour], strict=True):
        rows = case.bank_lines.filter(pl.col("account") == account).to_dicts()
        yield name, rows[::-1] if name.startswith("lloyds") else rows


def _files(case: Case) -> Iterator[tuple[str, str]]:
    for (name, rows), opening in zip(_bank_rows(case), OPENING, strict=False):
        yield f"bank/{name}", statement(name, rows, opening)
    yield "items.csv", _standard(served(case), OPEN_ITEMS)
    yield "remittances.csv", _standard(case.remittance_lines, REMITTANCE_LINES)
    yield "customers/customers.csv", _standard(case.customers, CUSTOMERS)
    yield "customers/aliases.csv", _standard(case.aliases, ALIASES)
    closed = case.closed_items.filter(pl.col("issue_date") >= CLOSED_SINCE)
    yield "customers/closed_items.csv", _standard(closed, OPEN_ITEMS)
    for layout, frame in month_end(case):
        yield f"{FOLDER}/{layout.name}.csv", _filled(frame, layout)
    yield "truth/truth.csv", _csv(sample_truth(case))
    yield "truth/truth_allocations.csv", _csv(case.truth_allocations)


def statement(name: str, rows: list[dict[str, Any]], opening: Decimal) -> str:
    """Bank lines in the layout that a file's name tells; rows in the order in which they stand in it."""
    if name.startswith("lloyds"):
        return lloyds(rows[::-1], opening)
    if name.startswith("mt940"):
        return mt940(rows, opening)
    if name.startswith("camt"):
        return camt(rows, opening)
    if name.startswith("hdfc"):
        return hdfc(rows, opening)
    return _standard(pl.DataFrame(rows, schema=BANK_LINES.outer_schema), BANK_LINES)


def _standard(frame: pl.DataFrame, layout: Table) -> str:
    """The standard file: its columns, and of the optional ones those that hold anything."""
    filled = [
        column.name
        for column in layout.columns
        if not column.ours
        and column.name in frame.columns
        and (not column.optional or frame[column.name].cast(pl.String).fill_null("").ne("").any())
    ]
    return _csv(frame.select(filled))


def _filled(frame: pl.DataFrame, layout: Table) -> str:
    """The columns that hold anything, and those that are needed."""
    text = frame.select(pl.all().cast(pl.String).fill_null(""))
    return _csv(frame.select(name for name in text.columns if layout[name].needed or text[name].ne("").any()))


def _csv(frame: pl.DataFrame) -> str:
    plain = frame.with_columns(pl.col(pl.Boolean).replace_strict([True, False], ["yes", "no"]))
    return table(plain.columns, plain.iter_rows())


if __name__ == "__main__":
    main()
