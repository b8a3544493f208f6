"""When a workbook can't be used: each reason has its own message, and the file stays as it was."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from workbook_cases import FACTS, change_part, part_of, parts, view

from recon.problems import EXIT_JOB, ReconError
from recon.workbook import grid, layout
from recon.workbook.file import new_book, open_book


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "book.xlsm"
    new_book(path).write(layout.sheets(view(), FACTS))
    return path


def refused(job: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ReconError) as caught:
        job()
    assert caught.value.exit_code == EXIT_JOB
    [problem] = caught.value.problems
    assert problem.hint
    return problem.code, problem.what


@pytest.mark.parametrize(
    ("lock", "program"),
    [("~$book.xlsm", "Excel"), ("~$ok.xlsm", "Excel"), (".~lock.book.xlsm#", "LibreOffice")],
)
def test_an_open_workbook(path: Path, lock: str, program: str) -> None:
    book = open_book(path)
    path.with_name(lock).write_text("me")
    code, what = refused(lambda: open_book(path))
    assert code == "book-open"
    assert program in what
    before = path.read_bytes()
    assert refused(lambda: book.write(layout.sheets(view(9), FACTS)))[0] == "book-open"
    assert path.read_bytes() == before


def test_a_workbook_that_windows_does_not_let_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def held(_self: Path, mode: str) -> None:
        assert mode == "r+b"
        raise PermissionError(13, "being used by another process")

    monkeypatch.setattr(Path, "open", held)
    assert refused(lambda: open_book(path)) == ("book-open", "another program has the workbook open")


def test_a_workbook_that_cannot_be_swapped_at_the_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book, before = open_book(path), path.read_bytes()

    def held(_self: Path, _target: Path) -> None:
        raise PermissionError(13, "being used by another process")

    monkeypatch.setattr(Path, "replace", held)
    assert refused(lambda: book.write(layout.sheets(view(9), FACTS)))[0] == "book-open"
    assert path.read_bytes() == before
    assert list(path.parent.glob("*.tmp")) == []
    assert list(path.parent.glob(".*")) == []


def test_a_workbook_changed_since_it_was_read(path: Path) -> None:
    book = open_book(path)
    open_book(path).write(layout.sheets(view(2), FACTS))
    before = path.read_bytes()
    assert refused(lambda: book.write(layout.sheets(view(9), FACTS)))[0] == "book-changed"
    assert path.read_bytes() == before


def test_a_workbook_deleted_since_it_was_read(path: Path) -> None:
    book = open_book(path)
    path.unlink()
    assert refused(lambda: book.write({}))[0] == "file-missing"


def test_an_encrypted_workbook(path: Path) -> None:
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le")
    )
    code, what = refused(lambda: open_book(path))
    assert (code, what) == ("book-protected", "the workbook is encrypted with a password")


def test_a_read_only_workbook_is_read_but_not_written(path: Path) -> None:
    path.chmod(0o444)
    book = open_book(path)
    assert book.read("Bank").height == 4
    assert refused(lambda: book.write({})) == ("book-protected", "the workbook is marked read-only")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "the workbook is of the old kind (.xls)"),
        (b"name;amount\n", "the file is no workbook"),
        (b"", "the file is no workbook"),
        (b"PK\x03\x04 broken", "the workbook can't be used: File is not a zip file"),
    ],
)
def test_a_file_that_is_no_workbook(path: Path, data: bytes, what: str) -> None:
    path.write_bytes(data)
    assert refused(lambda: open_book(path)) == ("book-broken", what)


def test_a_zip_that_is_no_workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    assert refused(lambda: open_book(path))[0] == "book-broken"


def test_parts_that_declare_entities(path: Path) -> None:
    change_part(path, "xl/workbook.xml", "<workbook ", '<!DOCTYPE w [<!ENTITY a "b">]><workbook ')
    assert refused(lambda: open_book(path))[0] == "book-broken"


def test_a_part_that_is_missing(path: Path) -> None:
    held = parts(path)
    del held["xl/tables/table4.xml"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in held.items():
            archive.writestr(name, data)
    assert refused(lambda: open_book(path))[0] == "book-broken"


def test_cells_of_the_users_under_the_table(path: Path) -> None:
    cells = '<row r="9"><c r="C9" t="inlineStr"><is><t>mine</t></is></c></row></sheetData>'
    change_part(path, part_of(path, "Bank"), "</sheetData>", cells)
    book = open_book(path)
    book.write(layout.sheets(view(5), FACTS))
    assert openpyxl.load_workbook(path)["Bank"]["C9"].value == "mine"
    before = path.read_bytes()
    with pytest.raises(ReconError) as caught:
        book.write(layout.sheets(view(6), FACTS))
    [problem] = caught.value.problems
    assert problem.where == "Bank!C9"
    assert "mine" not in str(caught.value)
    assert path.read_bytes() == before


def test_cells_of_the_users_where_a_column_has_to_go(path: Path) -> None:
    change_part(path, part_of(path, "Bank"), '</row><row r="5"', '<c r="O4"><v>5</v></c></row><row r="5"')
    frame = layout.sheets(view(), FACTS)["Bank"].with_columns(pl.lit("x").alias("Region"))
    with pytest.raises(ReconError) as caught:
        open_book(path).write({"Bank": frame})
    assert caught.value.problems[0].where == "Bank!O4"


def test_a_missing_workbook_and_one_that_is_there_already(path: Path) -> None:
    assert refused(lambda: open_book(path.with_name("none.xlsm")))[0] == "file-missing"
    assert refused(lambda: new_book(path))[0] == "book-protected"


def test_a_table_larger_than_a_sheet(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "ROWS_MAX", 5)
    with pytest.raises(ReconError) as caught:
        open_book(path).write(layout.sheets(view(9), FACTS))
    [problem] = caught.value.problems
    assert (problem.code, problem.where) == ("book-protected", "Suggestions")
    assert problem.what == "5 rows don't fit on a sheet of Excel, which has 5 with the heading"
    assert "limits.rows_shown" in problem.hint


def test_a_process_killed_while_writing_leaves_the_old_workbook(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def killed(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        open_book(path).write(layout.sheets(view(9), FACTS))
    assert path.read_bytes() == before
