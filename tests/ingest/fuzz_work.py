"""A worker of the fuzzer: reads the inputs FIRST to LAST - 1 of SEED; what breaks is saved in FOLDER.

Before each input it says its number, at the end what it did, as JSON. FIRST = LAST saves that input and no more.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from decimal import Context, Decimal
from pathlib import Path
from typing import Final

os.environ["POLARS_MAX_THREADS"] = "1"  # before polars is loaded; many threads reserve much memory

from fuzz_inputs import Input, Maker

from recon import ingest
from recon.model import INPUT_TABLES, MONEY_TEXT, Kind, Reading
from recon.problems import ReconError
from recon.resources import folder
from recon.rules.profile import Profile

SECONDS: Final = 5
MEMORY: Final = 1 << 30
_EXACT: Final = Context(prec=20_000)
_STATUS: Final = Path("/proc/self/status")


def _memory(name: str) -> int:
    """A figure of this process; 0 where the system has none."""
    if not _STATUS.exists():
        return 0
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


class Limits:
    """Time and memory of one input, as far as the system keeps them; the parent's watch keeps the time elsewhere."""

    def __init__(self) -> None:
        self._start = _memory("VmRSS")
        try:
            import resource  # noqa: PLC0415 - Windows has none
        except ImportError:
            self._resource = None
            return
        self._resource = resource
        if sys.platform == "linux":
            most = _memory("VmSize") + MEMORY + (256 << 20)  # address space that is reserved and never used
            resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))

    def begin(self) -> None:
        """An input begins: the system ends this process if it takes too much of the processor."""
        self._began = time.process_time()
        if self._resource is not None:
            hard = self._resource.getrlimit(self._resource.RLIMIT_CPU)[1]
            self._resource.setrlimit(self._resource.RLIMIT_CPU, (int(self._began) + SECONDS + 3, hard))

    def broken(self) -> str:
        """What the input took too much of."""
        seconds = time.process_time() - self._began
        if seconds > SECONDS:
            return f"takes {seconds:.1f} seconds"
        more = _memory("VmHWM") - self._start if self._start else 0
        return f"takes {more >> 20} MB" if more > MEMORY else ""


def contradicts(reading: Reading, path: Path) -> str:
    """What is wrong with a reading; "" if it is what others rely on."""
    table, schema = reading.table, INPUT_TABLES[reading.kind].outer_schema
    if list(table.columns[: len(schema)]) != list(schema):
        return "the table lacks columns"
    if any(table.schema[name] != dtype for name, dtype in schema.items()):
        return "a column is of another type"
    if not all(name.startswith("extra:") for name in table.columns[len(schema) :]):
        return "a column is none of ours"
    for name in INPUT_TABLES[reading.kind].money:
        if not table[name].filter(table[name].fill_null("") != "").str.contains(MONEY_TEXT).all():
            return f"{name} is no money"
    if any(path.name not in problem.where for problem in reading.problems):
        return "a problem does not say which file"
    return _statements_wrong(reading) if reading.kind is Kind.BANK else ""


def _statements_wrong(reading: Reading) -> str:
    table = reading.table
    if (
        (table["line_id"] == "").any()
        or table["amount"].is_in([""]).any()
        or table["booking_date"].is_null().any()
    ):
        return "a line has no id, amount or day"
    if sum(one.lines for one in reading.statements) != table.height:
        return "the statements have other lines than the table"
    lines = dict(table.group_by("statement_id").agg("amount").iter_rows())
    for one in reading.statements:
        total = sum(map(Decimal, lines.pop(one.statement_id, [])), Decimal(0))
        if total != Decimal(one.total):
            return "a statement's total is not the sum of its lines"
        if one.opening and one.closing:
            difference = _EXACT.subtract(_EXACT.subtract(Decimal(one.closing), Decimal(one.opening)), total)
            if Decimal(one.difference) != difference or (one.foots and difference):
                return "a statement's difference is another"
    return "lines are of no statement" if lines else ""


def _tried(one: Input, path: Path, profiles: list[Profile]) -> tuple[str, str]:
    """What became of an input: an outcome that is counted, and what is wrong, if anything is."""
    try:
        reading = ingest.read(path, profiles, kind=one.kind, currency_default=one.currency)
    except ReconError as error:
        nameless = any(path.name not in problem.where for problem in error.problems)
        return error.problems[0].code, "an error does not say which file" if nameless else ""
    except MemoryError:
        return "memory", "takes too much memory"
    except BaseException as error:  # whatever it is, it is what we look for
        if isinstance(error, KeyboardInterrupt):
            raise
        return "error", "".join(traceback.format_exception(error))
    try:
        "\n".join(map(str, reading.problems)).encode()
    except UnicodeEncodeError:
        return reading.format, "a problem can't be written"
    rows = "rows" if reading.table.height else "no rows"
    return f"{reading.format.split('.')[0]}, {rows}", contradicts(reading, path)


def main() -> None:
    """All inputs of the batch."""
    seed, first, last = map(int, sys.argv[1:4])
    saved = Path(sys.argv[4])
    profiles = ingest.load_profiles(folder("rules") / "profiles")
    maker = Maker(seed, profiles)
    if first == last:
        one = maker.input(first)
        (saved / f"{seed}-{first}-{one.name}").write_bytes(one.data)
        return
    outcomes: Counter[str] = Counter()
    found: list[tuple[int, str]] = []
    place = Path(tempfile.mkdtemp(prefix="fuzz"))
    limits = Limits()
    try:
        for number in range(first, last):
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            one = maker.input(number)
            path = place / one.name
            path.write_bytes(one.data)
            limits.begin()
            outcome, wrong = _tried(one, path, profiles)
            wrong = wrong or limits.broken()
            path.unlink()
            outcomes[outcome] += 1
            if wrong:
                found.append((number, wrong))
                (saved / f"{seed}-{number}-{one.name}").write_bytes(one.data)
                (saved / f"{seed}-{number}.txt").write_text(
                    f"{one.kind} {one.currency}\n{wrong}", encoding="utf-8"
                )
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print(json.dumps({"done": last - first, "outcomes": outcomes, "found": found}))  # noqa: T201 - to the parent


if __name__ == "__main__":
    main()
