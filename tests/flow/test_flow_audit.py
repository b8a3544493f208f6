"""`recon audit` on a store that a run made: whole, noted, tampered with; and the run performed again."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recon import cli, resources
from recon.problems import ReconError

runner = CliRunner()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of a part of the sample data, and its store."""
    folder = tmp_path_factory.mktemp("audit")
    sample = resources.folder("sample_data") / "uk"
    given = ["--bank", str(next((sample / "bank").glob("camt*"))), "--items", str(sample / "items.csv")]
    more = ["--store", str(folder / "s.db"), "--out", str(folder / "out")]
    result = runner.invoke(cli.app, ["run", *given, *more])
    assert result.exit_code == 0, result.output
    return folder


def test_a_whole_chain_is_said_with_its_last_hash_and_a_noted_one_is_found(ran: Path) -> None:
    told = runner.invoke(cli.app, ["audit", "verify", "--store", str(ran / "s.db"), "--json"])
    facts = json.loads(told.stdout)
    assert (told.exit_code, facts["whole"], facts["links"]) == (0, True, 1)
    noted = ["audit", "verify", "--store", str(ran / "s.db"), "--expect"]
    assert runner.invoke(cli.app, [*noted, facts["head"][:16].upper()]).exit_code == 0
    gone = runner.invoke(cli.app, [*noted, "abcdef012345"])
    assert gone.exit_code == 2
    assert "rolled back or replaced" in " ".join(gone.output.split())


def test_a_changed_row_ends_with_exit_code_2_and_its_table(ran: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s.db"
    copy.write_bytes((ran / "s.db").read_bytes())
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("UPDATE accepted SET amount = '0.01' WHERE nth = 1")
        connection.commit()
    result = runner.invoke(cli.app, ["audit", "verify", "--store", str(copy)])
    assert result.exit_code == 2
    assert "NOT as it was written" in result.output
    assert "a row of accepted is not as it was written" in " ".join(result.output.split())


def test_a_run_performed_again_gives_the_same_bytes(ran: Path, tmp_path: Path) -> None:
    result = runner.invoke(
        cli.app, ["audit", "reperform", "--store", str(ran / "s.db"), "--out", str(tmp_path / "re")]
    )
    assert result.exit_code == 0, result.output
    assert "all as then" in result.output
    for name in ("allocations.csv", "exceptions.csv", "lines.csv"):
        assert (tmp_path / "re" / name).read_bytes() == (ran / "out" / name).read_bytes()


def test_a_line_that_comes_out_otherwise_is_named(ran: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s.db"
    copy.write_bytes((ran / "s.db").read_bytes())
    with closing(sqlite3.connect(copy)) as connection:
        line_id = connection.execute("SELECT line_id FROM proposal_allocations WHERE nth = 0").fetchone()[0]
        connection.execute("UPDATE proposals SET row_hash = 'other' WHERE line_id = ?", [line_id])
        connection.commit()
    result = runner.invoke(cli.app, ["audit", "reperform", "--store", str(copy), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["other"] == [line_id]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (["verify"], 2),
        (["verify", "--store", "none.db"], 3),
        (["verify", "--store", "s.db", "--expect", "abc"], 2),
        (["reperform", "nine", "--store", "s.db"], 2),
    ],
)
def test_a_run_that_is_not_there_and_a_store_that_nobody_names_are_errors(
    ran: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], code: int
) -> None:
    monkeypatch.chdir(ran)
    error = runner.invoke(cli.app, ["audit", *given]).exception
    assert isinstance(error, ReconError)
    assert error.exit_code == code
