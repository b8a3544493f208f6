"""A night of many small bank files: `python tests/flow/many_files.py [FILES [LINES]]`.

Splits a generated case into that many files of mixed formats (camt.053, MT940, CSV), whose balances follow from one
another, with two that can't be read among them. Then `recon run` reads them all: without a store, with one, killed in
the middle and run again, and once more. Prints seconds, lines a second and the outcomes, which must be the same each
time. No test: docs/speed.md holds what it says.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from recon.bench import sample
from recon.bench.generate import Case, generate
from recon.bench.narratives import UK_ACCOUNTS
from recon.flow import peers

NAMES = ("lloyds", "mt940", "camt")
ENDINGS = {"lloyds": "csv", "mt940": "sta", "camt": "xml"}


def split(case: Case, folder: Path, files: int) -> None:
    """The case's bank lines as so many files, each account in a format of its own."""
    folder.mkdir()
    for name, account, opening in zip(NAMES, UK_ACCOUNTS, sample.OPENING, strict=False):
        lines = case.bank_lines.filter(pl.col("account") == account)
        rows = lines.sort("booking_date", maintain_order=True).to_dicts()
        number = max(1, files // len(NAMES))
        size = -(-len(rows) // number)
        balance = opening
        for start in range(0, len(rows), size):
            some: list[dict[str, Any]] = rows[start : start + size]
            path = folder / f"{name}_{start // size:05d}.{ENDINGS[name]}"
            path.write_text(sample.statement(path.name, some, balance), encoding="utf-8")
            balance += sum((Decimal(row["amount"]) for row in some), Decimal(0))
    (folder / "bad_1.csv").write_bytes(b"\x00\x01\x02 no text")
    (folder / "bad_2.xml").write_text("<Document><cut", encoding="utf-8")


def run(data: Path, out: str, *more: str, kill_after: float = 0) -> tuple[float, dict[str, Any]]:
    """Seconds and summary of one run; nothing of it where it is killed."""
    given = ["--bank", str(data / "night"), "--items", str(data / "open_items.csv"), "--out", str(data / out)]
    given += ["--remittance", str(data / "remittance_lines.csv"), "--customers", str(data / "customers.csv")]
    command = [
        str(Path(sys.executable).with_name("recon")),
        "run",
        *given,
        "--rules",
        str(data / "rules.yaml"),
        "--quiet",
        *more,
    ]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    try:
        process.wait(kill_after or None)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return time.perf_counter() - started, {}
    assert process.returncode == 0, "recon run has failed"
    return time.perf_counter() - started, json.loads(
        (data / out / "summary.json").read_text(encoding="utf-8")
    )


def main(arguments: Sequence[str]) -> None:
    """Make the files, run them, print."""
    files, lines = (int(one) for one in [*arguments, *("2000", "50000")[len(arguments) :]])
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        case = generate("uk", lines, 7)
        peers.write(case, data, None)
        split(case, data / "night", files)
        sys.stdout.write(
            f"{len(list((data / 'night').iterdir())):,} files, {case.bank_lines.height:,} lines" + "\n"
        )
        store = ("--store", str(Path(scratch) / "s.db"))
        seconds, first = run(data, "a")
        _say("no store", seconds, lines, first)
        killed, _ = run(data, "b", *store, kill_after=seconds / 2)
        sys.stdout.write(f"killed after {killed:.1f} s" + "\n")
        seconds, again = run(data, "b", *store)
        _say("with a store, after the kill", seconds, lines, again)
        assert again["outcomes"] == first["outcomes"], "the kill changed something"
        seconds, twice = run(data, "c", *store)
        _say("the same night again", seconds, lines, twice)
        unread = len(first["files_unread"])
        sys.stdout.write(
            f"{unread} files unread, {first['problems']} problems, at most {first['peak_mb']:,} MB" + "\n"
        )


def _say(what: str, seconds: float, lines: int, summary: dict[str, Any]) -> None:
    counts = {
        name: one["lines"] if isinstance(one, dict) else one for name, one in summary["outcomes"].items()
    }
    sys.stdout.write(
        f"{what}: {seconds:.1f} s, {lines / seconds:,.0f} lines a second, {summary['seconds']}, {counts}\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
