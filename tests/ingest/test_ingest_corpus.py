"""Real files of many banks: each is read, or refused with its name; and what is read is whole.

RECON_CORPUS names a folder with an INDEX.tsv (repo, path, format, entries, ...) and the files it lists.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from recon import ingest
from recon.model import Reading
from recon.problems import ReconError
from recon.rules.profile import Profile

ROOT = os.environ.get("RECON_CORPUS", "")
pytestmark = [pytest.mark.corpus, pytest.mark.skipif(not ROOT, reason="RECON_CORPUS is not set")]
READ_ALL = ("mt940", "mt942", "camt.052", "camt.053", "camt.054")


def _files() -> list[tuple[str, int, Path]]:
    if not ROOT:
        return []
    with (Path(ROOT) / "INDEX.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return [
        (row["format"], int(row["entries"] or 0), Path(ROOT) / row["repo"].replace("/", "+") / row["path"])
        for row in rows
    ]


def _read(path: Path, profiles: list[Profile]) -> Reading | None:
    try:
        return ingest.read(path, profiles)
    except ReconError as error:
        nameless = [problem for problem in error.problems if path.name not in problem.where]
        if nameless:
            pytest.fail(f"a message does not say which file: {nameless}")
        return None


def test_every_file_is_read_or_refused_with_its_name(profiles: list[Profile]) -> None:
    outcomes = Counter((form, _read(path, profiles) is not None) for form, _, path in _files())
    refused = {form for form, read in outcomes if not read and form.startswith(READ_ALL)}
    assert refused == set()


@pytest.mark.parametrize(
    ("form", "entries", "path"), [one for one in _files() if one[0].startswith(READ_ALL)]
)
def test_statements_are_whole(form: str, entries: int, path: Path, profiles: list[Profile]) -> None:
    reading = ingest.read(path, profiles)
    assert form.startswith(reading.format)
    said = Counter(problem.code for problem in reading.problems)
    left_out = said["entry-unread"] + said["entry-unbooked"] + said["value-scale"] + said["value-amount"]
    assert reading.table.height + left_out >= entries
    for statement in reading.statements:
        lines = reading.table.filter(reading.table["statement_id"] == statement.statement_id)
        assert lines.height == statement.lines
        assert sum(map(Decimal, lines["amount"]), Decimal(0)) == Decimal(statement.total)
        if statement.foots:
            assert Decimal(statement.opening) + Decimal(statement.total) == Decimal(statement.closing)
    assert said["statement-foots-not"] == sum(one.foots is False for one in reading.statements)
