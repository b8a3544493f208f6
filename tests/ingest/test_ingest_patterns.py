"""Every pattern of the readers takes linear time, whatever a file holds a great many of."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator

import pytest

from recon import ingest

_LENGTH = 40_000
_RUNS = [
    "\n",
    " ",
    "\t",
    "9",
    "A",
    "a ",
    "-",
    ",",
    "/",
    "<",
    "&",
    '"',
    "\r\n",
    "\n ",
    "9,",
    "A\n",
    "date:\n",
    ":20:\n",
]
_RUNS += ["<a", "<!--", "''", "?2", "/EREF/", "8=", "(", "=\n", "a:", "a: \n", "1.", "total "]


def _patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    for found in pkgutil.iter_modules(ingest.__path__):
        if found.name == "pdf_runs":
            continue  # a program of its own
        module = importlib.import_module(f"recon.ingest.{found.name}")
        yield from (
            (f"{found.name}.{name}", one) for name, one in vars(module).items() if isinstance(one, re.Pattern)
        )


PATTERNS = dict(_patterns())
# These are only asked for at one place of a text, where the others look for it everywhere.
_AT_ONE_PLACE = {
    "edifact._MINE",
    "edifact_segments._LEVEL_B",
    "edifact_segments._UNA",
    "printed._AMOUNT",
    "x12._MINE",
    "x12_segments._BEGIN",
}


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_runs_away(name: str) -> None:
    pattern = PATTERNS[name]
    for run in _RUNS:
        text = run * (_LENGTH // len(run)) + "\x01"
        asked = pattern.match if name in _AT_ONE_PLACE else pattern.search
        began = time.process_time()
        asked(text.encode() if isinstance(pattern.pattern, bytes) else text)  # type: ignore[arg-type]  # one of two
        assert time.process_time() - began < 1, f"{name} on {run!r}"
