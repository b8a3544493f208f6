"""How fast each reader reads 50 MB on one core, and in how much memory. No test: `python tests/ingest/read_speed.py`.

Each file is read in a process of its own, which is kept on one processor. Seconds are the processor's, the fewest of
several readings, since other work on the machine makes them more. Memory is the peak above what the process had
before; the table that comes out is a part of it.

Machines differ, and one machine from hour to hour. So each reading is set beside two measures of the same minute and
the same bytes: *csv passes*, how often Python's csv module would have gone through the file, and *digests*, how often
SHA-256 would have.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).parent))

import big_files

from recon.flow import memory

if TYPE_CHECKING:
    import polars as pl

_MB: Final = 1_000_000
_INLINE: Final = 12  # bytes of a text that polars keeps beside its length
_STATUS: Final = Path("/proc/self/status")


def _peak() -> int:
    """The most memory that the process ever had, since it was last asked to forget; bytes."""
    return (memory.peak_mb() or 0) << 20


def _forget() -> None:
    """Begin to count the peak anew, where the system can."""
    if _STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _read(form: str, path: Path) -> None:
    """Read one file and tell how it went, as JSON on the last line."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    from recon import ingest  # noqa: PLC0415 - it starts polars, which looks at the processors
    from recon.resources import folder as shipped  # noqa: PLC0415 - as above

    profiles = ingest.load_profiles(shipped("rules") / "profiles")

    with tempfile.TemporaryDirectory() as folder:  # what is loaded only when it is needed
        ingest.read(big_files.write(form, Path(folder), 1000), profiles)
    _forget()
    before = _peak()
    began = time.process_time()
    reading = ingest.read(path, profiles)
    seconds = time.process_time() - began
    told = {
        "seconds": seconds,
        "rows": reading.table.height,
        "memory": _peak() - before,
        "table": _size(reading.table),
        "problems": len(reading.problems),
    }
    told |= {"passes": seconds / _csv_pass(path), "digests": seconds / _digest(path)}
    print(json.dumps(told))  # noqa: T201 - it is what the process is for


def _size(table: pl.DataFrame) -> int:
    """What a table takes at most, bytes; less where many rows have one text, which may be kept once.

    Polars' own figure leaves out the 16 bytes of each text, which hold the short ones.
    """
    taken = 0
    for column in table:
        taken += int(column.estimated_size())
        if str(column.dtype) == "String":
            size = column.str.len_bytes()
            taken += 16 * len(column) - int(size.filter(size <= _INLINE).sum() or 0)
    return taken


def _csv_pass(path: Path) -> float:
    """Seconds that the csv module takes for the file's lines, cut at commas."""
    began = time.process_time()
    with path.open(encoding="latin-1", newline="") as stream:
        for _ in csv.reader(stream, quoting=csv.QUOTE_NONE):
            pass
    return time.process_time() - began


def _digest(path: Path) -> float:
    began = time.process_time()
    with path.open("rb") as stream:
        hashlib.file_digest(stream, "sha256")
    return time.process_time() - began


def _apart(form: str, path: Path) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [sys.executable, str(Path(__file__)), "--read", form, str(path)]
    environment = os.environ | {"POLARS_MAX_THREADS": "1"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    told: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return told


def main() -> None:
    """Write the files, read them, print a table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--mb", type=int, default=50, help="size of the files")
    asked.add_argument("--formats", default=",".join(big_files.FORMATS))
    asked.add_argument("--times", type=int, default=3, help="how often each is read; the quickest counts")
    asked.add_argument("--read", nargs=2, metavar=("FORMAT", "FILE"), help="read one file in this process")
    options = asked.parse_args()
    if options.read:
        _read(options.read[0], Path(options.read[1]))
        return
    columns = ("format", "MB/s", "asked", "csv passes", "digests", "rows/s", "peak MB", "of it the table")
    print(f"| {' | '.join(columns)} | more than for half the file |")  # noqa: T201
    print(f"| --- |{' ---: |' * len(columns)}")  # noqa: T201
    for form in options.formats.split(","):
        with tempfile.TemporaryDirectory() as folder:
            half = _apart(form, big_files.write(form, Path(folder), options.mb * _MB // 2))
            path = big_files.write(form, Path(folder), options.mb * _MB)
            told = min((_apart(form, path) for _ in range(options.times)), key=itemgetter("seconds"))
            size = path.stat().st_size
        rate, rows = size / _MB / told["seconds"], told["rows"] / told["seconds"]
        wanted = big_files.FORMATS[form].asked or ""
        memory, table = told["memory"] / _MB, told["table"] / _MB
        more = (told["memory"] - half["memory"]) / _MB
        passes, digests = told["passes"], told["digests"]
        line = f"| {form} | {rate:.1f} | {wanted} | {passes:.1f} | {digests:.0f} | {rows:,.0f} "
        line += f"| {memory:.0f} | {table:.0f} | {more:+.0f} |"
        print(line + (f" {told['problems']} problems" if told["problems"] else ""), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
