"""What starts with a command: `--help` needs no table library, a run that keeps nothing no database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from recon.flow import memory
from recon.problems import ReconError

# Not pydantic: typer itself may use it. Our own models are in recon.rules.
HEAVY = (
    "polars",
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "lxml",
    "python_calamine",
    "rapidfuzz",
    "sqlalchemy",
    "yaml",
    "openpyxl",
    "xlsxwriter",
    "xlwings",
    "recon.rules",
    "recon.ingest",
    "recon.match",
    "recon.store",
    "recon.workbook",
)
# What a workbook and a store need, and who hands over pandas frames.
OF_BOOK = {"openpyxl", "xlsxwriter", "xlwings", "recon.workbook"}
OF_STORE = {"sqlalchemy", "recon.store"}
OF_FRAMES = {"pandas", "pyarrow"}
BANK = """account,booking_date,amount,currency,counterparty,reference
20-00-00 12345678,2026-03-02,120.50,GBP,NORTHSIDE CARE LTD,INV-1001
"""
ITEMS = """item_id,customer_id,customer_name,doc_no,issue_date,currency,amount,open_amount
INV-1001,C1,Northside Care Ltd,INV-1001,2026-02-01,GBP,120.50,120.50
"""
LOADED = """
import sys
from recon import cli
sys.argv = ["recon", *{arguments}]
try:
    cli.main()
except SystemExit as left:
    assert not left.code, left.code
print("loaded:", *[name for name in {heavy} if name in sys.modules])
"""


def _loaded(*arguments: str) -> list[str]:
    code = LOADED.format(arguments=arguments, heavy=HEAVY)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)  # noqa: S603 - our own code
    return ran.stdout.splitlines()[-1].split()[1:]


@pytest.mark.parametrize("arguments", [("--help",), ("version",), ("run", "--help"), ("rules", "--help")])
def test_help_starts_nothing(arguments: tuple[str, ...]) -> None:
    assert _loaded(*arguments) == []


def test_rules_are_checked_without_engine_and_database() -> None:
    assert not {"recon.match", "scipy", *OF_STORE, *OF_BOOK} & set(_loaded("rules", "check"))


def test_a_run_without_store_and_workbook_starts_neither(tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text(BANK, encoding="utf-8")
    (tmp_path / "items.csv").write_text(ITEMS, encoding="utf-8")
    files = ("--bank", str(tmp_path / "bank.csv"), "--items", str(tmp_path / "items.csv"))
    loaded = set(_loaded("run", *files, "--out", str(tmp_path / "out"), "--quiet"))
    assert "recon.match" in loaded
    assert loaded & (OF_BOOK | OF_STORE | OF_FRAMES) == set()
    assert (tmp_path / "out" / "summary.json").exists()


@pytest.mark.parametrize(
    ("text", "size"), [("4GB", 4 << 30), ("4 GiB", 4 << 30), ("800m", 800 << 20), ("1.5G", 3 << 29)]
)
def test_sizes_of_memory(text: str, size: int) -> None:
    assert memory.size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1GB", "100MB", "4XB", "4"])
def test_what_is_no_size_is_said(text: str) -> None:
    with pytest.raises(ReconError) as caught:
        memory.size(text)
    assert caught.value.problems[0].code == "memory-size"


def test_the_peak_is_that_of_the_process_and_not_of_whoever_started_it() -> None:
    held = bytearray(b"x") * (300 << 20)
    script = "from recon.flow import memory; print(memory.peak_mb())"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert int(ran.stdout) < len(held) >> 20


def test_the_peak_is_told() -> None:
    peak = memory.peak_mb()
    assert peak is not None
    assert 20 < peak < 100_000
