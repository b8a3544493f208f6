"""Empty sheets for month-end inputs in a workbook that exists: read as what they are, and nothing is lost."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from typer.testing import CliRunner

from recon.cli import app
from recon.flow import month
from recon.model import MONTH_TABLES, Kind
from recon.problems import EXIT_JOB, ReconError
from recon.workbook.file import new_book, open_book

CHANGED = {
    "[Content_Types].xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "docProps/app.xml",
}


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A workbook of somebody's own, with limits, a formula and a name."""
    path = tmp_path / "ours.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Limits")
    for row, cells in enumerate((["customer_id", "credit_limit", "currency"], ["K1", 500, "GBP"])):
        sheet.write_row(row, 0, cells)
    book.add_worksheet("Promises kept")  # as a report's sheet is called
    book.add_worksheet("Notes").write_formula(0, 0, "=SUM(Limits!B:B)")
    book.define_name("most", "=Limits!$B$2")
    book.close()
    return path


def test_sheets_are_added_and_everything_else_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "july.xlsm"
    new_book(path)
    before = parts(path)
    added, there = month.add_sheets(path, ["gl_entries", "Promises"])
    assert (added, there) == (("GL entries", "Promises"), ())
    after = parts(path)
    assert {name for name in before if after.get(name) != before[name]} <= CHANGED
    assert len(set(after) - set(before)) == 2
    assert open_book(path).sheets[-2:] == added


def test_each_is_read_as_its_input_and_gives_nothing_until_it_is_filled(theirs: Path) -> None:
    added, there = month.add_sheets(theirs)
    assert there == ("limits",)
    assert len(added) == len(MONTH_TABLES) - 1
    read = month.read(None, book=theirs)
    assert read.problems == ()
    assert {one.kind for one in read.readings} == set(MONTH_TABLES)
    assert list(read.frames) == [Kind.LIMITS]
    assert read.frames[Kind.LIMITS]["customer_id"].to_list() == ["K1"]
    kept = parts(theirs)
    assert b"SUM(Limits!B:B)" in kept["xl/worksheets/sheet3.xml"]
    assert b'name="most"' in kept["xl/workbook.xml"]
    assert len(list(theirs.parent.glob("*ours*"))) == 2  # and its backup


def test_a_second_time_nothing_is_added(theirs: Path) -> None:
    month.add_sheets(theirs, ["census"])
    before = theirs.read_bytes()
    assert month.add_sheets(theirs, ["census", "limits"]) == ((), ("census", "limits"))
    assert theirs.read_bytes() == before


def test_words_days_and_amounts_have_their_lists_and_formats(theirs: Path) -> None:
    month.add_sheets(theirs, ["risks"])
    [sheet] = [
        text
        for name, text in parts(theirs).items()
        if b"agency" in text or b"insolvency,credit_score" in text
    ]
    assert b'type="list"' in sheet
    assert b"insolvency,credit_score,other" in sheet
    assert b"customer_id (needed)" in sheet
    assert b"yyyy-mm-dd" in parts(theirs)["xl/styles.xml"]


def test_the_command_says_what_it_added(theirs: Path) -> None:
    ran = CliRunner().invoke(app, ["excel", "add", str(theirs), "limits", "gl"])
    assert ran.exit_code == 0
    assert ran.output.splitlines() == [f"added GL ({theirs})", "there already: limits"]


def test_an_input_that_there_is_not_is_refused_and_nothing_is_written(theirs: Path) -> None:
    before = theirs.read_bytes()
    with pytest.raises(ReconError) as caught:
        month.add_sheets(theirs, ["limts"])
    [problem] = caught.value.problems
    assert (problem.code, problem.where, problem.what) == (
        "report-unused", "limts", "no month-end input is called so",
    )  # fmt: skip
    assert problem.hint.endswith("did you mean limits?")
    with pytest.raises(ReconError) as missing:
        month.add_sheets(theirs.with_name("none.xlsx"))
    assert missing.value.exit_code == EXIT_JOB
    assert theirs.read_bytes() == before
