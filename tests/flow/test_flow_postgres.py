"""A team's store in PostgreSQL: a night, its posting, the same night again, and the chain over it all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from recon import cli, resources

runner = CliRunner()
SAMPLE = resources.folder("sample_data") / "uk"


def _run(address: str, out: Path) -> dict[str, Any]:
    given = ["--bank", str(SAMPLE / "bank" / "lloyds_2026-03.csv"), "--items", str(SAMPLE / "items.csv")]
    result = runner.invoke(cli.app, ["run", *given, "--store", address, "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    return summary


def test_a_night_a_posting_and_the_same_night_again(address: str, tmp_path: Path) -> None:
    first = _run(address, tmp_path / "one")
    posting = ["post", "--format", "generic", "--store", address, "--out"]
    assert runner.invoke(cli.app, [*posting, str(tmp_path / "p1")]).exit_code == 0
    second = _run(address, tmp_path / "two")
    assert second["outcomes"]["auto"]["lines"] == 0
    assert second["outcomes"]["duplicate"]["lines"] == first["outcomes"]["auto"]["lines"] > 0
    assert runner.invoke(cli.app, [*posting, str(tmp_path / "p2")]).exit_code == 0
    (one,), (two,) = ((tmp_path / name).glob("posting-*.csv") for name in ("p1", "p2"))
    assert one.read_bytes() == two.read_bytes()
    verified = runner.invoke(cli.app, ["audit", "verify", "--store", address, "--json"])
    assert json.loads(verified.stdout)["links"] == 4  # two runs, the posting, and that its file was written
    again = runner.invoke(cli.app, ["audit", "reperform", "--store", address, "--json"])
    assert json.loads(again.stdout)["other"] == []
