"""Each check: what is found, whether that is well, what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from desk_cases import ASR, LOCATIONS, POLICY, RULE, SECURITY, location, with_excel

from recon import __version__
from recon.desk import checks, interpreter, office, places, trust
from recon.desk.checks import State
from recon.desk.registry import MACHINE, USER, Value

BOOKS = r"D:\Recon"
Values = list[tuple[str, str, str, Value]]


@pytest.mark.parametrize(
    ("values", "state", "says"),
    [
        ([], State.NOTE, "Excel asks before macros run"),
        ([(USER, SECURITY, "VBAWarnings", 2)], State.NOTE, "Excel asks before macros run"),
        ([(USER, SECURITY, "VBAWarnings", 1)], State.NOTE, "your Trust Center lets all macros run"),
        ([(USER, SECURITY, "VBAWarnings", 3)], State.WRONG, "your Trust Center lets only signed macros run"),
        ([(USER, POLICY, "VBAWarnings", 3)], State.WRONG, "a policy lets only signed macros run"),
        ([(USER, POLICY, "VBAWarnings", 4)], State.WRONG, "a policy stops macros without a word"),
        ([(USER, POLICY, "VBAWarnings", 4), *location(0, BOOKS)], State.WELL, "run without a question"),
        (
            [(USER, POLICY.replace(r"Excel\Security", "Common"), "vbaoff", 1), *location(0, BOOKS)],
            State.WRONG,
            "switched off in all of Office",
        ),
    ],
)
def test_macros(values: Values, state: State, says: str) -> None:
    found = office.read(with_excel(*values))
    check = checks.macros(found, trust.trusting(found, BOOKS))
    assert check.state is state
    assert says in check.found
    assert bool(check.do) is (state is not State.WELL)


def test_all_macros_running_is_not_praised() -> None:
    found = office.read(with_excel((USER, SECURITY, "VBAWarnings", 1)))
    assert "Disable with notification" in checks.macros(found, None).do


@pytest.mark.parametrize(
    ("values", "folder", "state", "says"),
    [
        (location(0, BOOKS), BOOKS, State.WELL, "is trusted by your Trust Center"),
        ([], BOOKS, State.NOTE, "is not trusted"),
        (location(0, BOOKS), "", State.NOTE, "1 folder is trusted"),
        (
            [(USER, LOCATIONS, "AllLocationsDisabled", 1)],
            BOOKS,
            State.NOTE,
            "your Trust Center has switched off",
        ),
    ],
)
def test_trusted_folders(values: Values, folder: str, state: State, says: str) -> None:
    found = office.read(with_excel(*values))
    check = checks.trusted_folder(found, folder, trust.trusting(found, folder) if folder else None)
    assert (check.state, says in check.found) == (state, True)


@pytest.mark.parametrize(
    ("zone", "values", "state", "says"),
    [
        (None, [], State.WELL, "carries none"),
        (1, [], State.WELL, "carries none"),
        (None, [(USER, POLICY, "blockcontentexecutionfrominternet", 1)], State.WELL, "a policy blocks"),
        (3, [], State.WRONG, "its macros are blocked"),
        (4, [(USER, POLICY, "blockcontentexecutionfrominternet", 1)], State.WRONG, "zone 4"),
        (3, location(0, BOOKS), State.NOTE, "in a trusted folder"),
    ],
)
def test_the_mark_of_the_web(zone: int | None, values: Values, state: State, says: str) -> None:
    found = office.read(with_excel(*values))
    check = checks.mark(zone, found, trust.trusting(found, BOOKS))
    assert (check.state, says in check.found) == (state, True)


@pytest.mark.parametrize(
    ("rule", "by_jobs", "listening", "state", "do"),
    [
        ("", False, False, State.WELL, ""),
        ("0", False, False, State.WELL, ""),
        ("1", False, False, State.WRONG, "--listener"),
        ("6", False, True, State.WRONG, "--listener"),
        ("2", False, False, State.NOTE, "recon excel listen"),
        ("1", True, True, State.WELL, ""),
        ("", True, False, State.WRONG, "start `recon excel listen`"),
    ],
)
def test_starting_python(rule: str, by_jobs: bool, listening: bool, state: State, do: str) -> None:
    values: Values = [(MACHINE, ASR, RULE, rule)] if rule else []
    check = checks.child_processes(office.read(with_excel(*values)), by_jobs=by_jobs, listening=listening)
    assert check.state is state
    assert do in check.do
    assert bool(check.do) is bool(do)


def test_excel_that_is_not_there() -> None:
    assert checks.excel(office.read(with_excel())).state is State.WELL
    from desk_cases import FakeRegistry  # noqa: PLC0415 - only here

    assert checks.excel(office.read(FakeRegistry())).state is State.WRONG


def test_what_lies_in_onedrive() -> None:
    assert checks.cloud(BOOKS, "", has_store=False).state is State.WELL
    assert checks.cloud(BOOKS, "OneDrive", has_store=False).state is State.WRONG
    assert checks.cloud(BOOKS, "OneDrive", has_store=True).state is State.NOTE


@pytest.mark.parametrize(
    ("folder", "system", "root"),
    [
        (r"P:\Folk\ann\OneDrive - Firm\ar", places.WINDOWS, r"P:\Folk\ann\OneDrive - Firm"),
        (r"p:\folk\ann\onedrive - firm", places.WINDOWS, r"P:\Folk\ann\OneDrive - Firm"),
        (r"P:\Folk\ann\OneDrive - Firm 2", places.WINDOWS, ""),
        ("/u/ann/Library/CloudStorage/OneDrive-Firm/ar", places.MAC, "OneDrive-Firm"),
        ("/u/ann/Library/CloudStorage/Dropbox/ar", places.MAC, ""),
        ("/u/ann/Library/CloudStorage", places.MAC, ""),
        ("/u/ann/ar", places.MAC, ""),
        ("/u/ann/OneDrive", "linux", ""),
    ],
)
def test_which_folders_are_in_onedrive(folder: str, system: str, root: str) -> None:
    environ = {"OneDriveCommercial": "P:\\Folk\\ann\\OneDrive - Firm\\"}
    assert interpreter.cloud_folder(Path(folder), environ, system) == root


# --- the Python of a workbook


def test_this_python_does_the_work() -> None:
    assert interpreter.tried(sys.executable, __version__) == ""
    assert interpreter.tried(sys.executable, __version__, foreign=True) == ""
    assert interpreter.tried(sys.executable, "99.0") == "version"


def test_what_a_workbook_names_is_run_only_if_it_is_a_python_of_this_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[object] = []
    monkeypatch.setattr(subprocess, "run", lambda *given, **_more: ran.append(given))
    other = tmp_path / "python3"
    other.touch()
    (tmp_path / "calc.exe").touch()
    asked = {
        "": "none",
        r"\\evil\share\python.exe": "unsafe",
        "//evil/share/python.exe": "unsafe",
        "python": "unsafe",
        "python.exe -c x": "unsafe",
        str(tmp_path / "calc.exe"): "unsafe",
        str(tmp_path / "python.exe"): "missing",
    }
    assert {python: interpreter.tried(python, __version__) for python in asked} == asked
    assert interpreter.tried(str(other), __version__, foreign=True) == "foreign"
    assert ran == []


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
@pytest.mark.parametrize(
    ("script", "outcome"),
    [("exit 71", "recon"), ("exit 73", "libraries"), ("exit 1", "fails"), ("sleep 9", "slow")],
)
def test_a_python_that_can_t_do_the_work(
    script: str, outcome: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter, "SECONDS", 0.5)
    python = tmp_path / "python3.11"
    python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    python.chmod(0o755)
    assert interpreter.tried(str(python), __version__) == outcome
    python.chmod(0o644)
    assert interpreter.tried(str(python), __version__) == "fails"


def test_every_outcome_has_words() -> None:
    words = ("none", "missing", "unsafe", "foreign", "slow", "fails", "recon", "version", "libraries")
    for outcome in words:
        check = checks.interpreter("python.exe", outcome, "1.0")
        assert check.state is not State.WELL
        assert check.do
    assert checks.interpreter("python.exe", "", "1.0").state is State.WELL


def test_the_libraries_of_each_system() -> None:
    assert interpreter.needed("linux") == ("xlwings",)
    assert "pythoncom" in interpreter.needed(places.WINDOWS)
    assert "appscript" in interpreter.needed(places.MAC)
    assert interpreter.missing("linux") == []
    assert checks.libraries(["pythoncom"]).state is State.WRONG


def test_the_zone_of_a_file(tmp_path: Path) -> None:
    book = tmp_path / "july.xlsm"
    assert interpreter.zone(book, places.WINDOWS) is None
    # On NTFS this is a stream of the file; elsewhere a file of that name stands for it.
    Path(f"{book}:Zone.Identifier").write_text("[ZoneTransfer]\nZoneId=3\nHostUrl=https://mail/\n", "utf-8")
    assert interpreter.zone(book, places.WINDOWS) == 3
    assert interpreter.zone(book, "linux") is None


def test_the_folder_of_jobs_on_each_system(tmp_path: Path) -> None:
    home = tmp_path
    windows = places.jobs_folder(places.WINDOWS, {"LOCALAPPDATA": str(home / "x")}, home)
    assert windows == home / "x" / "recon" / "jobs"
    assert places.jobs_folder(places.WINDOWS, {}, home) == home / "AppData" / "Local" / "recon" / "jobs"
    mac = home / "Library" / "Group Containers" / "UBF8T346G9.Office" / "recon-jobs"
    assert places.jobs_folder(places.MAC, {}, home) == mac
    assert places.jobs_folder("linux", {}, home) == home / ".local" / "state" / "recon" / "jobs"
    assert (
        places.jobs_folder("linux", {"XDG_STATE_HOME": str(home / "s")}, home)
        == home / "s" / "recon" / "jobs"
    )
