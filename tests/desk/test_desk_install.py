"""Setting up and taking back: what is written, and that nothing else is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from desk_cases import LOCATIONS, POLICY_LOCATIONS, SECURITY, FakeRegistry, desk, with_excel

from recon import flow
from recon.desk import places
from recon.desk.registry import USER
from recon.problems import ReconError
from recon.workbook import named
from recon.workbook.file import new_book, open_book


def cell(book: Path, name: str) -> str:
    rows = open_book(book).read_block(name)
    return rows[0][0] if rows and rows[0] else ""


def test_a_folder_is_trusted_and_taken_back(tmp_path: Path) -> None:
    registry = with_excel((USER, SECURITY, "VBAWarnings", 2))
    before = {key: dict(values) for key, values in registry.held.items()}
    here = desk(tmp_path, registry)
    books = tmp_path / "books"
    books.mkdir()
    made = flow.desk.install(books, desk=here)
    assert made.problems == ()
    assert made.done == (
        f"Excel trusts the workbooks in {books} (not in folders below it)",
        flow.desk.RIBBON,
    )
    assert [key for key in registry.held if key not in before] == [(USER, rf"{LOCATIONS}\Location0".lower())]
    assert flow.desk.install(books, desk=here).done[0] == f"Excel trusts {books} already"
    assert flow.desk.undo(here).done == (f"Excel no longer trusts {books}",)
    assert registry.held == before
    assert flow.desk.undo(here).done == ("there is nothing to take back",)
    assert not here.notes.exists()


def test_without_a_name_a_folder_in_the_person_s_home_is_made(tmp_path: Path) -> None:
    here = desk(tmp_path)
    made = flow.desk.install(desk=here)
    assert made.problems == ()
    assert (here.home / "recon").is_dir()
    assert flow.desk.undo(here).done == (
        f"Excel no longer trusts {here.home / 'recon'}",
        f"{here.home / 'recon'} is gone",
    )
    assert not (here.home / "recon").exists()


def test_a_folder_with_something_in_it_stays(tmp_path: Path) -> None:
    here = desk(tmp_path)
    flow.desk.install(desk=here)
    (here.home / "recon" / "july.xlsm").touch()
    assert flow.desk.undo(here).done[1].endswith("is left: something is in it, or it is in use")
    assert (here.home / "recon" / "july.xlsm").exists()


def test_a_workbook_learns_its_python_and_forgets_it(tmp_path: Path) -> None:
    here = desk(tmp_path)
    book = tmp_path / "books" / "july.xlsm"
    new_book(book, "/elsewhere/python")
    bytes_before = book.read_bytes()
    made = flow.desk.install(book=book, desk=here)
    assert made.problems == ()
    assert made.done[0].startswith(f"Excel trusts the workbooks in {book.parent}")
    assert cell(book, named.CELL_PYTHON) == sys.executable
    assert cell(book, named.CELL_JOBS) == ""
    assert "july.xlsm is set up already" in flow.desk.install(book=book, desk=here).done
    assert [path.name for path in book.parent.iterdir()] == ["july.xlsm"]
    flow.desk.undo(here)
    assert cell(book, named.CELL_PYTHON) == "/elsewhere/python"
    assert len(book.read_bytes()) == len(bytes_before)


def test_a_cell_that_somebody_changed_is_left(tmp_path: Path) -> None:
    here = desk(tmp_path)
    book = tmp_path / "books" / "july.xlsm"
    new_book(book)
    flow.desk.install(book=book, desk=here)
    opened = open_book(book)
    opened.write({}, {named.CELL_PYTHON: "/mine/python"})
    assert any("was changed since" in line for line in flow.desk.undo(here).done)
    assert cell(book, named.CELL_PYTHON) == "/mine/python"


@pytest.mark.parametrize("system", [places.WINDOWS, places.MAC, "linux"])
def test_a_workbook_can_leave_jobs(system: str, tmp_path: Path) -> None:
    here = desk(tmp_path, system=system)
    book = tmp_path / "books" / "july.xlsm"
    new_book(book)
    made = flow.desk.install(book=book, by_jobs=system != places.MAC, desk=here)
    assert made.problems == ()
    assert here.jobs.is_dir()
    assert cell(book, named.CELL_JOBS) == str(here.jobs)
    assert any("recon excel listen" in line for line in made.done)
    flow.desk.undo(here)
    assert cell(book, named.CELL_JOBS) == ""
    assert not here.jobs.exists()


def test_where_a_policy_forbids_it_the_rest_is_done(tmp_path: Path) -> None:
    registry = with_excel((USER, POLICY_LOCATIONS, "AllLocationsDisabled", 1))
    here = desk(tmp_path, registry)
    book = tmp_path / "books" / "july.xlsm"
    new_book(book)
    made = flow.desk.install(book=book, desk=here)
    (problem,) = made.problems
    assert (problem.code, problem.what) == (
        "setup-refused",
        "a policy has switched off all trusted locations",
    )
    assert cell(book, named.CELL_PYTHON) == sys.executable
    assert registry.keys(USER, LOCATIONS) == []


def test_a_folder_in_onedrive_is_not_trusted_by_its_path(tmp_path: Path) -> None:
    books = tmp_path / "books"
    books.mkdir()
    here = desk(tmp_path, OneDrive=str(tmp_path))
    (problem,) = flow.desk.install(books, desk=here).problems
    assert "OneDrive" in problem.what
    (problem,) = flow.desk.install(tmp_path / "nothing", desk=here).problems
    assert problem.what == "there is no such folder"


def test_a_workbook_that_is_missing_is_told_and_none_is_made(tmp_path: Path) -> None:
    here = desk(tmp_path)
    made = flow.desk.install(tmp_path, tmp_path / "nothing.xlsm", desk=here)
    assert [problem.code for problem in made.problems] == ["file-missing"]
    assert not (tmp_path / "nothing.xlsm").exists()


def test_what_can_t_be_taken_back_now_can_be_later(tmp_path: Path) -> None:
    here = desk(tmp_path)
    book = tmp_path / "books" / "july.xlsm"
    new_book(book)
    flow.desk.install(book=book, desk=here)
    (book.parent / "~$july.xlsm").touch()  # Excel has it open
    made = flow.desk.undo(here)
    assert [problem.code for problem in made.problems] == ["book-open"]
    assert made.done == (f"Excel no longer trusts {book.parent}",)
    (book.parent / "~$july.xlsm").unlink()
    assert flow.desk.undo(here).done == ("the cell recon_python of july.xlsm is as it was",)
    assert cell(book, named.CELL_PYTHON) == ""


def test_on_a_mac_the_folder_of_jobs_is_made(tmp_path: Path) -> None:
    here = desk(tmp_path, system=places.MAC)
    made = flow.desk.install(desk=here)
    assert made.problems == ()
    assert (here.home / "Library" / "Group Containers" / "UBF8T346G9.Office" / "recon-jobs").is_dir()


def test_elsewhere_there_is_nothing_to_set_up(tmp_path: Path) -> None:
    here = desk(tmp_path, FakeRegistry(), system="linux")
    made = flow.desk.install(desk=here)
    assert made.done == ("there is nothing to set up on this system: Excel runs on Windows and Mac",)
    assert list(here.home.iterdir()) == []


def test_notes_that_are_damaged_are_told(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.notes.parent.mkdir(parents=True)
    for text in ("{", "[1]", json.dumps([{"what": "x"}])):
        here.notes.write_text(text, encoding="utf-8")
        with pytest.raises(ReconError) as caught:
            flow.desk.undo(here)
        assert caught.value.problems[0].code == "setup-refused"


@pytest.mark.parametrize("system", [places.WINDOWS, places.MAC, "linux"])
def test_a_fresh_workbook_works_on_its_system(system: str, tmp_path: Path) -> None:
    here = desk(tmp_path, system=system)
    book = tmp_path / "july.xlsm"
    made = flow.desk.new_book(book, here)
    assert cell(book, named.CELL_PYTHON) == sys.executable
    assert cell(book, named.CELL_JOBS) == (str(here.jobs) if system == places.MAC else "")
    assert bool(made.done) is (system == places.MAC)


def test_setting_a_workbook_up_again_leaves_it_with_its_listener(tmp_path: Path) -> None:
    here = desk(tmp_path, system="linux")
    book = tmp_path / "july.xlsm"
    flow.desk.new_book(book, here)
    flow.desk.install(book=book, by_jobs=True, desk=here)
    flow.desk.install(book=book, desk=here)
    assert cell(book, named.CELL_JOBS) == str(here.jobs)
