"""The doctor as a whole: every state of a desk gives its words, nothing is changed, and there is no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from desk_cases import ASR, POLICY, RULE, FakeRegistry, desk, location, with_excel

from recon import flow
from recon.desk import interpreter, lock, places
from recon.desk.checks import Check
from recon.desk.registry import MACHINE, USER
from recon.workbook import container, named
from recon.workbook.container import Container
from recon.workbook.file import new_book, open_book


def seen(checked: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checked}


def wrong(checked: list[Check]) -> list[str]:
    return [check.name for check in checked if check.state == "wrong"]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "books" / "july.xlsm"
    new_book(path, sys.executable)
    return path


@pytest.fixture(autouse=True)
def with_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of Windows and Mac are not here."""
    monkeypatch.setattr(interpreter, "needed", lambda *_given: ("xlwings",))


def test_a_desk_where_all_is_well(tmp_path: Path, book: Path) -> None:
    here = desk(tmp_path, with_excel(*location(0, str(book.parent))))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    found = flow.doctor.doctor(book, here)
    assert wrong(found) == []
    states = {check.name: str(check.state) for check in found}
    assert states == {
        "Excel": "ok",
        "Macros": "ok",
        "Trusted folder": "ok",
        "Mark of the web": "ok",
        "Starting Python": "ok",
        "Jobs": "note",
        "Libraries": "ok",
        "Workbook": "ok",
        "Place": "ok",
        "Python": "ok",
        "Macros inside": "ok",
        "Store": "ok",
    }
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_desk_where_a_company_forbids_nearly_all(tmp_path: Path, book: Path) -> None:
    Path(f"{book}:Zone.Identifier").write_text("[ZoneTransfer]\nZoneId=3\n", encoding="utf-8")
    registry = FakeRegistry(
        (USER, POLICY, "VBAWarnings", 4),
        (USER, POLICY, "blockcontentexecutionfrominternet", 1),
        (MACHINE, ASR, RULE, "1"),
    )
    found = flow.doctor.doctor(book, desk(tmp_path, registry, OneDrive=str(tmp_path)))
    assert wrong(found) == ["Excel", "Macros", "Mark of the web", "Starting Python", "Place"]
    assert all(check.do for check in found if check.state == "wrong")


def test_without_a_workbook_the_desk_alone_is_looked_at(tmp_path: Path) -> None:
    found = flow.doctor.doctor(None, desk(tmp_path))
    assert wrong(found) == []
    assert seen(found)["Workbook"].state == "skipped"


def test_a_mac_needs_the_listener(tmp_path: Path, book: Path) -> None:
    here = desk(tmp_path, system=places.MAC)
    assert "Starting Python" in wrong(flow.doctor.doctor(book, here))
    flow.desk.install(book=book, desk=here)
    found = flow.doctor.doctor(book, here)
    assert seen(found)["Starting Python"].do == "start `recon excel listen`, and leave it running"
    with lock.alone(here.jobs / lock.NAME):
        found = flow.doctor.doctor(book, here)
    assert seen(found)["Starting Python"].state == "ok"
    assert seen(found)["Jobs"].found == f"{here.jobs}: a listener is running"


def test_a_workbook_that_is_missing_open_or_none(tmp_path: Path, book: Path) -> None:
    here = desk(tmp_path)
    check = seen(flow.doctor.doctor(tmp_path / "nothing.xlsm", here))["Workbook"]
    assert (check.state, "no such workbook" in check.found) == ("wrong", True)
    text = tmp_path / "text.xlsm"
    text.write_bytes(b"no workbook")
    assert "is no workbook" in seen(flow.doctor.doctor(text, here))["Workbook"].found
    text.write_bytes(b"PK\x03\x04 broken")
    assert seen(flow.doctor.doctor(text, here))["Workbook"].state == "wrong"
    (book.parent / "~$july.xlsm").touch()
    check = seen(flow.doctor.doctor(book, here))["Workbook"]
    assert (check.state, "open in Excel" in check.found) == ("note", True)


def test_a_workbook_whose_macros_are_others(tmp_path: Path, book: Path) -> None:
    parts = Container(book.read_bytes())
    ours = {name: parts.read(name) for name in parts.names}
    other = dict(ours)
    del other["xl/vbaProject.bin"]
    other["xl/_rels/workbook.xml.rels"] = ours["xl/_rels/workbook.xml.rels"].replace(b"vbaProject", b"gone")
    book.write_bytes(container.make(other))
    found = seen(flow.doctor.doctor(book, desk(tmp_path)))["Macros inside"]
    assert (found.state, found.found) == ("wrong", "the workbook has no macros")
    other = ours | {"xl/vbaProject.bin": ours["xl/vbaProject.bin"][:700]}
    book.write_bytes(container.make(other))
    found = seen(flow.doctor.doctor(book, desk(tmp_path)))["Workbook"]
    assert (found.state, "macro project" in found.found) == ("wrong", True)


def test_a_store_that_is_newer_none_or_elsewhere(tmp_path: Path, book: Path) -> None:
    here = desk(tmp_path)
    store = book.with_name("july.recon.db")
    assert seen(flow.doctor.doctor(book, here))["Store"].found == f"none yet; the first run makes {store}"
    assert not store.exists()
    store.write_bytes(b"this is no database, but a text that is long enough to be looked at" * 20)
    check = seen(flow.doctor.doctor(book, here))["Store"]
    assert (check.state, check.found) == ("wrong", "this file is not a store")
    store.unlink()
    flow.keep.opened(str(store))
    assert seen(flow.doctor.doctor(book, here))["Store"].found == f"{store} can be reached"


def test_no_password_of_a_store_is_shown(tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://ann:secret-word@nowhere.invalid/ar"
    from recon.flow import doctor as module  # noqa: PLC0415 - only here

    def cell(self: module._Seen, name: str) -> str:
        rows = self.book.read_block(name)
        return address if name == named.CELL_STORE else rows[0][0] if rows and rows[0] else ""

    monkeypatch.setattr(module._Seen, "cell", cell)
    check = seen(flow.doctor.doctor(book, desk(tmp_path)))["Store"]
    assert check.state == "wrong"
    assert "secret-word" not in json.dumps([check.found, check.do])


def test_what_can_t_be_looked_at_is_told_and_the_rest_goes_on(
    tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object, **_more: object) -> None:
        raise RuntimeError("Mrs Example")

    monkeypatch.setattr(interpreter, "tried", broken)
    found = flow.doctor.doctor(book, desk(tmp_path))
    assert seen(found)["Python"].found == "this can't be looked at here (RuntimeError)"
    assert seen(found)["Store"].state == "ok"


def test_a_python_that_is_gone(tmp_path: Path, book: Path) -> None:
    open_book(book).write({}, {named.CELL_PYTHON: str(tmp_path / "python.exe")})
    assert seen(flow.doctor.doctor(book, desk(tmp_path)))["Python"].found.endswith(
        "python.exe does not exist"
    )


# --- the commands


def recon(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home)}
    environment |= {"COLUMNS": "200", "XDG_STATE_HOME": str(home / "state")}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", "from recon import cli; cli.main()", *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )


def test_the_doctor_on_the_command_line(tmp_path: Path, book: Path) -> None:
    said = recon(tmp_path, "excel", "doctor", str(book))
    assert (said.returncode, said.stderr) == (0, "")
    assert "those of this version" in said.stdout
    open_book(book).write({}, {named.CELL_PYTHON: "nonsense"})
    said = recon(tmp_path, "excel", "doctor", str(book), "--json")
    assert said.returncode == 0
    found = {one["name"]: one for one in json.loads(said.stdout)}
    assert set(found["Python"]) == {"name", "state", "found", "do"}
    assert found["Python"]["state"] == "wrong"
    said = recon(tmp_path, "excel", "doctor", str(book), "--strict")
    assert said.returncode == 1
    assert "-> `recon excel install --book BOOK` writes this Python into it" in said.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="writes to the registry there")
def test_installing_on_the_command_line(tmp_path: Path, book: Path) -> None:
    said = recon(tmp_path, "excel", "install", "--book", str(book), "--listener")
    assert (said.returncode, said.stderr) == (0, "")
    assert "the buttons of july.xlsm leave jobs for the listener" in said.stdout
    said = recon(tmp_path, "excel", "install", "--undo")
    assert (said.returncode, "is as it was" in said.stdout) == (0, True)
    said = recon(tmp_path, "excel", "install", "--book", str(tmp_path / "nothing.xlsm"))
    assert said.returncode == 3
    assert "there is no such workbook" in said.stderr
