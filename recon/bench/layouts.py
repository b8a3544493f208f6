"""A case's bank lines as the files that banks send: several layouts and encodings, and a statement that overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from recon.bench.generate import Case
from recon.bench.narratives import INDIA_ACCOUNTS, UK_ACCOUNTS
from recon.bench.sample import OPENING, statement
from recon.bench.statements import lloyds

# File, encoding; one for each of our accounts. Characters that an encoding lacks come as `?`, as from a bank.
FILES: Final = {
    "uk": (
        ("lloyds_2026-03.csv", "utf-16"),
        ("mt940_2026-03.sta", "cp1252"),
        ("camt053_2026-03.xml", "utf-8"),
    ),
    "india": (("hdfc_2026-03.csv", "cp1252"), ("bank_2026-03.csv", "utf-8-sig")),
}
OVERLAP: Final = 10  # days of the month that a second statement of the first account gives again
OVERLAP_NAME: Final = {"uk": "overlap_lloyds.csv", "india": ""}


def bank_files(case: Case) -> dict[str, bytes]:
    """Each bank file's name and bytes; `overlap_...` holds lines again that another file has, too."""
    files: dict[str, bytes] = {}
    for (name, encoding, rows), opening in zip(_rows(case), OPENING, strict=False):
        text = statement(name, rows, opening)
        files[name] = text.encode(encoding, errors="replace")
        overlap = OVERLAP_NAME[case.flavour]
        if overlap and name.startswith("lloyds"):
            again = [row for row in rows if row["booking_date"].day <= OVERLAP][::-1]
            files[overlap] = lloyds(again, opening).encode("cp1252", errors="replace")
    return files


def places(case: Case) -> pl.DataFrame:
    """Where each line of the truth stands: line_id, `source` (file name), `ordinal` (how-many-th line, from 1)."""
    return pl.concat(
        pl.DataFrame({"line_id": [row["line_id"] for row in rows]})
        .with_row_index("ordinal", offset=1)
        .select("line_id", pl.lit(name).alias("source"), pl.col("ordinal").cast(pl.Int64))
        for name, _, rows in _rows(case)
    )


def _rows(case: Case) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    accounts = UK_ACCOUNTS if case.flavour == "uk" else INDIA_ACCOUNTS
    for account, (name, encoding) in zip(accounts, FILES[case.flavour], strict=True):
        rows = case.bank_lines.filter(pl.col("account") == account).to_dicts()
        yield name, encoding, rows[::-1] if name.startswith("lloyds") else rows
