"""Every pattern of the readers takes linear time, whatever a file holds a great many of."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path

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
FOLDER = Path(ingest.__file__).parent


def _looked_for(name: str) -> bool:
    """Whether a pattern is looked for everywhere in a text; others are only asked for at one place of it."""
    module, _, own = name.partition(".")
    paths = [FOLDER / f"{module}.py"] if own.startswith("_") else sorted(FOLDER.glob("*.py"))
    source = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    ways = "search|split|sub|finditer|findall|pattern"
    return re.search(rf"\b{own}(\[\w+\])?\.({ways})\b", source) is not None


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_runs_away(name: str) -> None:
    pattern = PATTERNS[name]
    for run in _RUNS:
        text = run * (_LENGTH // len(run)) + "\x01"
        asked = pattern.search if _looked_for(name) else pattern.match
        began = time.process_time()
        asked(text.encode() if isinstance(pattern.pattern, bytes) else text)  # type: ignore[arg-type]  # one of two
        assert time.process_time() - began < 1, f"{name} on {run!r}"
