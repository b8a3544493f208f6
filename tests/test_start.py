"""What starts with a command: `--help` needs no table library, `read` no database."""

from __future__ import annotations

import subprocess
import sys

import pytest

from recon.flow import memory
from recon.problems import ReconError

# Not pydantic: typer itself may use it. Our own models are in recon.rules.
HEAVY = (
    "polars",
    "numpy",
    "scipy",
    "pandas",
    "lxml",
    "sqlalchemy",
    "yaml",
    "openpyxl",
    "recon.rules",
    "recon.match",
)
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
    assert not {"recon.match", "scipy", "sqlalchemy", "openpyxl"} & set(_loaded("rules", "check"))


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


def test_the_peak_is_told() -> None:
    peak = memory.peak_mb()
    assert peak is not None
    assert 20 < peak < 100_000
