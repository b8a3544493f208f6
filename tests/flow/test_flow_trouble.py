"""Jobs that can't run: exit code 3, a message that says why, and everything as it was."""

from __future__ import annotations

import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import openpyxl
import pytest
from flow_cases import BANK, Desk, recon

from recon.problems import EXIT_JOB
from recon.workbook import swap


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "book.xlsm"
    assert recon("excel", "new", path).code == 0
    return path


@pytest.fixture
def book(desk: Desk, template: Path) -> Path:
    return Path(shutil.copyfile(template, desk.root / "book.xlsm"))


def refused(desk: Desk, *more: object, out: str = "out") -> str:
    """What a run says that can't run and leaves everything as it was."""
    before = desk.files()
    ran = desk.run(*more, out=out)
    assert ran.code == EXIT_JOB, ran.err
    assert ran.out == ""
    assert desk.files() == before
    return ran.err


@pytest.mark.parametrize(
    ("lock", "program"), [("~$book.xlsm", "Excel"), (".~lock.book.xlsm#", "LibreOffice")]
)
def test_a_workbook_that_is_open(desk: Desk, book: Path, lock: str, program: str) -> None:
    desk.put(lock, "me")
    said = refused(desk, "--book", book)
    assert f"book.xlsm: the workbook is open in {program}" in said
    assert "close it, then try again" in said
    before = desk.files()
    ran = recon("apply", "--book", book)
    assert (ran.code, desk.files()) == (EXIT_JOB, before)
    assert f"is open in {program}" in ran.err


def test_a_demo_whose_workbook_is_open(desk: Desk, book: Path) -> None:
    book.rename(desk.root / "recon-demo.xlsm")
    desk.put("~$recon-demo.xlsm", "me")
    before = desk.files()
    ran = recon("demo", "--out", desk.root)
    assert (ran.code, desk.files()) == (EXIT_JOB, before)
    assert "recon-demo.xlsm: the workbook is open in Excel" in ran.err


def test_a_workbook_that_is_read_only(desk: Desk, book: Path) -> None:
    book.chmod(0o444)
    assert "marked read-only" in refused(desk, "--book", book)


def _text(path: Path) -> None:
    path.write_text("hello", encoding="utf-8")


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("x", "y")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50_000])


@pytest.mark.parametrize("spoil", [_text, _zip, _cut])
def test_a_workbook_that_is_none(desk: Desk, book: Path, spoil: Callable[[Path], None]) -> None:
    spoil(book)
    assert "book.xlsm: the" in refused(desk, "--book", book)


@pytest.mark.parametrize("name", ["book.txt", "new.xlsx"])
def test_a_name_that_no_new_workbook_can_have(desk: Desk, name: str) -> None:
    assert "ends in .xlsm" in refused(desk, "--book", name)
    ran = recon("excel", "new", name)
    assert ran.code == EXIT_JOB
    assert not (desk.root / name).exists()


def test_a_folder_that_is_not_there(desk: Desk) -> None:
    assert "there is no such folder" in refused(desk, "--book", "nowhere/book.xlsm")


def test_an_output_folder_that_can_not_be_written(desk: Desk) -> None:
    desk.put("out", "a file")
    assert "the output folder can't be written" in refused(desk)
    assert "the output folder can't be written" in refused(desk, out="out/below")


def test_an_output_file_that_another_program_holds(desk: Desk) -> None:
    desk.put("out/allocations.csv", "of yesterday")
    (desk.root / "out" / "lines.csv").mkdir()
    said = refused(desk, "--store", "store.db", "--book", "book.xlsm")
    assert "lines.csv: the file can't be replaced" in said
    assert "close it if it is open in another program" in said


@pytest.mark.slow
def test_an_output_file_that_is_taken_meanwhile(desk: Desk) -> None:
    assert desk.run().code == 0
    old = desk.files()
    desk.put("bank.csv", "\n".join(BANK.splitlines()[:3]) + "\n")
    replace = Path.replace

    def taken(self: Path, target: Path) -> Path:
        if target.name == "lines.csv" and not self.name.endswith(".old"):
            raise PermissionError(13, "being used by another process")
        return replace(self, target)

    with mock.patch.object(Path, "replace", taken):
        ran = desk.run()
    assert ran.code == EXIT_JOB
    assert {name: digest for name, digest in desk.files().items() if name.startswith("out")} == {
        name: digest for name, digest in old.items() if name.startswith("out")
    }


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nowhere/store.db", "its folder does not exist"),
        ("junk.db", "this file is not a store"),
        ("other.db", "this database belongs to something else"),
        ("sqlite:///nowhere/store.db", "its folder does not exist"),
        ("foo://store", "no driver for foo is installed"),
        (".", "this is a folder, not a file"),
    ],
)
def test_a_store_that_can_not_be_used(desk: Desk, url: str, said: str) -> None:
    desk.put("junk.db", b"hello" * 1000)
    with sqlite3.connect(desk.root / "other.db") as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()
    assert said in refused(desk, "--store", url, "--book", "book.xlsm")


@pytest.mark.parametrize(
    "typed",
    [
        ["post", "--format", "generic", "--out", "posted", "--store", "nowhere.db"],
        ["post", "--format", "generic", "--out", "posted", "--book", "book.xlsm"],
        ["apply", "--book", "book.xlsm"],
        ["apply", "--book", "book.xlsm", "--store", "nowhere.db"],
        ["apply", "--book", "nowhere.xlsm"],
    ],
)
def test_a_store_that_is_not_there_is_not_made(desk: Desk, book: Path, typed: list[str]) -> None:
    assert book.exists()
    before = desk.files()
    ran = recon(*typed)
    assert ran.code == EXIT_JOB
    assert "there is no" in ran.err
    assert desk.files() == before


def test_a_workbook_is_not_replaced_by_a_fresh_one(desk: Desk, book: Path) -> None:
    before = desk.files()
    ran = recon("excel", "new", book)
    assert ran.code == EXIT_JOB
    assert "there is a workbook of that name already" in ran.err
    assert desk.files() == before


def test_a_fresh_workbook_opens_elsewhere(template: Path) -> None:
    opened = openpyxl.load_workbook(template, keep_vba=True)
    assert opened.sheetnames[:4] == ["Home", "Dashboard", "Suggestions", "Exceptions"]


# What nobody thought of


def test_a_mistake_of_our_own_shows_no_traceback_and_no_words_of_the_data(desk: Desk) -> None:
    with mock.patch("recon.flow.reconcile.settle", side_effect=ValueError("SECRET NAME")):
        said = refused(desk)
    assert "an error of its own (ValueError at reconcile.py:" in said
    assert "SECRET" not in said
    assert "RECON_DEBUG=1" in said


def test_a_developer_can_see_all_of_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECON_DEBUG", "1")
    with (
        mock.patch("recon.flow.reconcile.settle", side_effect=ValueError("SECRET NAME")),
        pytest.raises(ValueError, match="SECRET NAME"),
    ):
        desk.run()


def test_ctrl_c(desk: Desk) -> None:
    with mock.patch("recon.flow.reconcile.settle", side_effect=KeyboardInterrupt):
        assert refused(desk) == "stopped; nothing is half-written\n"


@pytest.mark.slow
def test_the_workbook_can_not_be_swapped_at_the_end(desk: Desk, book: Path) -> None:
    """The store has the run by then; the workbook is as it was, and the next run shows what the store knows."""
    before = book.read_bytes()
    with mock.patch.object(swap, "replace", side_effect=PermissionError(13, "in use")):
        ran = desk.run("--book", book)
    assert ran.code == EXIT_JOB
    assert "The workbook is as it was" in ran.err
    assert book.read_bytes() == before
    assert not (desk.root / "out").exists()
    assert desk.run("--book", book).code == 0
    assert recon("post", "--format", "generic", "--out", "posted", "--book", book).code == 0
