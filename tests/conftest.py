"""What all tests share: golden files and the way to write them anew, the shipped profiles, a Reading as text."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from recon import ingest
from recon.model import Reading, Statement
from recon.resources import folder
from recon.rules.profile import Profile

# Times say nothing on a busy machine; the tests that time something do so themselves.
settings.register_profile("recon", deadline=None)
settings.load_profile("recon")

Golden = Callable[[Path, str], None]
Write = Callable[[str, "str | bytes"], Path]

pytest_plugins = ["stores"]


# The profiles of whoever runs the tests are theirs.
os.environ["RECON_PROFILES"] = str(Path(__file__).parent / "no-profiles-here")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden", action="store_true", help="write the golden files anew; read the diff like code"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare text with a file; with `--golden` write the file instead."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--golden"):
            path.write_text(text, encoding="utf-8", newline="\n")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        assert text == expected, f"{path.name} differs; `pytest --golden` writes it anew"

    return compare


@pytest.fixture(scope="session")
def profiles() -> list[Profile]:
    return ingest.load_profiles(folder("rules") / "profiles")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file of that name and content."""

    def written(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def _statement(one: Statement, digest: str) -> str:
    return (
        f"statement{one.statement_id.removeprefix(digest)} at {one.position}: "
        f"account {one.account or '?'} {one.currency or '?'}: "
        f"{one.opening or '?'} + {one.lines} lines {one.total} = {one.closing or '?'}, "
        f"foots: {one.foots}, difference: {one.difference or '?'}, {one.first} to {one.last}"
    )


@pytest.fixture
def told() -> Callable[[Reading], tuple[str, str]]:
    """A Reading as two texts: its table as CSV, and what it says of itself. Nothing in them depends on the place."""

    def texts(reading: Reading) -> tuple[str, str]:
        short = reading.digest[:12]
        table = (
            reading.table.drop("source", "digest", strict=False)
            .write_csv()
            .replace(f"{short}-", "statement-")
        )
        name = Path(reading.path).name
        lines = [f"{reading.kind} {reading.format} {reading.profile}".rstrip()]
        lines += [_statement(one, short) for one in reading.statements]
        lines += [f"{problem.code}: {problem}".replace(reading.path, name) for problem in reading.problems]
        return table, "\n".join(lines) + "\n"

    return texts
