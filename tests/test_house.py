"""The shape of the code: who may use whom, how long a file may be, and that nothing of one machine is in it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from recon.resources import folder

ROOT = Path(__file__).resolve().parent.parent
LINES_MAX = 450
LONG = {
    "recon/model.py": "every table that goes from room to room, in one place",
}
CODE = sorted([*(ROOT / "recon").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "bootstrap.py"])
PURE = ("problems.py", "model.py", "rules", "match", "decide", "learn", "posting", "reports", "bench")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_import_contracts_hold() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_file_is_too_long_to_read() -> None:
    lines = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").count("\n") for path in CODE}
    assert {name: long for name, long in lines.items() if long > LINES_MAX and name not in LONG} == {}


def test_every_file_says_what_it_is_for() -> None:
    assert [
        str(path) for path in CODE if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ] == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert [str(path) for path in CODE if path.stem in empty] == []


def _calls(path: Path) -> set[str]:
    """Names that a file calls, as `datetime.now`, `open`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_the_ground_and_the_workshop_open_no_file_and_read_no_clock() -> None:
    forbidden = {"open", "print", "input", "date.today", "datetime.now", "datetime.today", "datetime.utcnow"}
    forbidden |= {"random.random", "uuid.uuid4", "os.getenv", "os.environ.get"}
    pure = [path for path in CODE if path.is_relative_to(ROOT / "recon") and _room(path) in PURE]
    found = {str(path.relative_to(ROOT)): _calls(path) & forbidden for path in pure}
    assert {name: calls for name, calls in found.items() if calls} == {}


def _room(path: Path) -> str:
    return path.relative_to(ROOT / "recon").parts[0]


def test_nothing_is_swallowed() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert bare == []


def test_no_path_of_a_machine_is_in_the_project() -> None:
    machine = re.compile(r"/(?:home|Users|root|work)/\w|[A-Z]:\\\\?Users\\")
    texts = [
        path for path in _tracked() if path.suffix in {".py", ".md", ".yaml", ".toml", ".bas", ".cls", ".sql"}
    ]
    found = [
        str(path.relative_to(ROOT)) for path in texts if machine.search(path.read_text(encoding="utf-8"))
    ]
    assert [name for name in found if name != "tests/test_house.py"] == []


def _tracked() -> list[Path]:
    """The project's files: what git knows or would take; without git, everything that isn't made."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - whichever git there is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = (
        listed.stdout.splitlines()
        if listed.returncode == 0
        else [str(path.relative_to(ROOT)) for path in CODE]
    )
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_what_comes_with_recon_is_packed_into_the_wheel() -> None:
    packed = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert packed == {name: f"recon/data/{name}" for name in ("rules", "workbooks", "sample_data")}
    assert all(any(folder(name).iterdir()) for name in packed)


def test_ruff_gives_a_reason_for_each_rule_that_it_leaves_out() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    first = lines.index("ignore = [") + 1
    ignored = lines[first : lines.index("]", first)]
    assert [line for line in ignored if "#" not in line] == []


REPORT = """<testsuites><testsuite>
<testcase classname="tests.a" name="test_runs"/>
<testcase classname="tests.a" name="test_xfail"><skipped type="pytest.xfail" message="known"/></testcase>
{more}
</testsuite></testsuites>"""
SKIPPED = (
    '<testcase classname="tests.a" name="test_x"><skipped type="pytest.skip" message="{reason}"/></testcase>'
)


@pytest.mark.parametrize(
    ("more", "corpus", "code"),
    [
        ("", "", 0),
        (SKIPPED.format(reason="needs LibreOffice"), "", 1),
        (SKIPPED.format(reason="RECON_CORPUS is not set"), "", 0),
        (SKIPPED.format(reason="RECON_CORPUS is not set"), "somewhere", 1),
    ],
)
def test_ci_fails_for_a_test_that_was_skipped_without_leave(
    more: str, corpus: str, code: int, tmp_path: Path
) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT.format(more=more), encoding="utf-8")
    environment = {"RECON_CORPUS": corpus} if corpus else {}
    run = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(ROOT / ".ci" / "skips.py"), str(report)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == code, run.stdout + run.stderr
    assert ("test_x" in run.stdout) == bool(code)


@pytest.mark.slow
def test_a_wheel_carries_rules_template_and_sample_data(tmp_path: Path) -> None:
    run = subprocess.run(  # noqa: S603 - pip of this very Python
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            str(tmp_path),
            str(ROOT),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = [path for name in ("rules", "workbooks", "sample_data") for path in _tracked_below(name)]
    assert [name for name in wanted if f"recon/data/{name}" not in names] == []
    assert "recon/data/rules/default.yaml" in names
    assert not [name for name in names if "/tests/" in name or name.endswith(".pyc")]


def _tracked_below(name: str) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in _tracked() if path.is_relative_to(ROOT / name)]
