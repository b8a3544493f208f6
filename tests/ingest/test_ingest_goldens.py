"""Every sample file, read: the whole table and all that is said of it lie beside the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recon import ingest
from recon.model import MONEY_TEXT, TABLES_OF, Kind, Reading
from recon.rules.profile import Profile

HERE = Path(__file__).parent
FOLDERS = ("standard", "profiles", "mt940", "camt", "bai2", "ofx", "x12", "edifact", "mail", "remt", "arudd")
OURS = (".table.csv", ".said.txt")
SAMPLES = sorted(path for name in FOLDERS for path in (HERE / name).iterdir() if not path.name.endswith(OURS))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_sample(
    path: Path,
    profiles: list[Profile],
    golden: Callable[[Path, str], None],
    told: Callable[[Reading], tuple[str, str]],
) -> None:
    reading = ingest.read(path, profiles)
    table, said = told(reading)
    golden(path.with_name(path.name + OURS[0]), table)
    golden(path.with_name(path.name + OURS[1]), said)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_reading_has_the_shape_that_others_rely_on(path: Path, profiles: list[Profile]) -> None:
    reading = ingest.read(path, profiles)
    schema = TABLES_OF[reading.kind].outer_schema
    assert list(reading.table.columns[: len(schema)]) == list(schema)
    assert all(reading.table.schema[name] == dtype for name, dtype in schema.items())
    assert all(name.startswith("extra:") for name in reading.table.columns[len(schema) :])
    for name in TABLES_OF[reading.kind].money:
        filled = reading.table[name].fill_null("")
        assert filled.filter(filled != "").str.contains(MONEY_TEXT).all(), name
    if reading.kind is Kind.BANK:
        assert reading.table["line_id"].str.len_chars().min() != 0
        assert set(reading.table["statement_id"]) <= {one.statement_id for one in reading.statements}
        assert sum(one.lines for one in reading.statements) == reading.table.height


def test_every_profile_has_a_sample(profiles: list[Profile]) -> None:
    assert {profile.name for profile in profiles} == {
        path.stem for path in SAMPLES if path.parent.name == "profiles"
    }
    for path in SAMPLES:
        if path.parent.name == "profiles":
            assert ingest.read(path, profiles).profile == path.stem
