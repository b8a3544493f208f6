"""The open workbook: it gives and takes the same tables as the closed one, and loses nothing of the user's."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlwings
from fake_excel import FakeBook, com_error
from rows import FACTS, view, with_log

from recon.problems import ReconError
from recon.workbook import body, columns, layout, live, patience
from recon.workbook.file import new_book, open_book
from recon.workbook.live import LiveBook

BUSY, REFUSED = -2147418111, -2147352567
FIRST = 4  # the first row of a body


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "AR Recon Ü.xlsm"
    new_book(made)
    return made


@pytest.fixture
def excel(path: Path) -> FakeBook:
    """The workbook with four lines, open."""
    excel = FakeBook(path)
    LiveBook(excel).write(layout.sheets(view(), FACTS))
    return excel


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_PATIENCE", 0.01)
    monkeypatch.setattr(patience, "_PAUSE", 0.001)


def type_in(excel: FakeBook, sheet: str, row: int, **cells: Any) -> None:
    for title, value in cells.items():
        at = excel.sheet(sheet)
        at.cells[row, at.column(title.replace("_", " "))] = value


def test_it_reads_what_the_closed_workbook_reads(path: Path, excel: FakeBook) -> None:
    closed = open_book(path)
    closed.write(layout.sheets(view(), FACTS))
    for spec in columns.TABLES:
        there, here = closed.read(spec.name), LiveBook(excel).read(spec.name)
        # On disk stands 100.50, in an open workbook a number that has no such nought.
        plain = pl.col(pl.String).str.replace(r"^(-?\d+\.\d*?)0+$", "$1").str.replace(r"^(-?\d+)\.$", "$1")
        assert here.equals(there.with_columns(plain)), spec.name
    again = FakeBook(path)  # what the closed one wrote, opened
    for spec in columns.TABLES:
        assert LiveBook(again).read(spec.name).equals(LiveBook(excel).read(spec.name)), spec.name
    for name in ("recon_state", "recon_outcomes", "recon_codes", "recon_totals"):
        assert LiveBook(again).read_block(name) == LiveBook(excel).read_block(name), name


def test_text_stays_text_and_comes_back(excel: FakeBook) -> None:
    said = ["=1+1", "+44 20", "-5", "00123", "1/2", "TRUE", "'quoted", "@SUM(A1)", "1E5", "plain", " x"]
    views = view(len(said))
    views["bank_lines"] = views["bank_lines"].with_columns(pl.Series("narrative", said))
    book = LiveBook(excel)
    for _ in range(2):
        book.write(layout.sheets(views, FACTS))
        assert book.read("Bank")["Narrative"].to_list() == said
    assert excel.sheet("Bank").formulas == {}


def test_values_that_no_cell_can_hold_are_marked() -> None:
    assert body.literal("a\x00b") == "'a\ufffdb"
    assert body.literal("two\nlines") == "'two\nlines"
    assert len(body.literal("x" * 9000)) == body.TEXT_MAX + 1
    assert body.literal("x" * 9000).endswith("[cut]")
    long = body.cells(pl.Series(["12345678901234567.89", "1200.50", None]), columns.Kind.MONEY)
    assert long == ["'12345678901234567.89", 1200.5, None]


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (100.5, columns.Kind.MONEY, "100.5"),
        (4200.1000000000004, columns.Kind.MONEY, "4200.1"),
        (7.0, columns.Kind.INTEGER, "7"),
        (46300.0, columns.Kind.DATE, "2026-10-05"),
        (datetime(2026, 10, 5), columns.Kind.DATE, "2026-10-05"),  # noqa: DTZ001
        (datetime(2026, 10, 5, 8, 30), columns.Kind.TEXT, "2026-10-05 08:30:00"),  # noqa: DTZ001
        (True, columns.Kind.TEXT, "TRUE"),
        (None, columns.Kind.TEXT, ""),
    ],
)
def test_values_as_text(value: Any, kind: columns.Kind, said: str) -> None:
    assert body.text(value, kind) == said


def test_tables_grow_and_shrink_and_leave_nothing_behind(excel: FakeBook) -> None:
    book = LiveBook(excel)
    book.write(layout.sheets(view(40), FACTS))
    assert book.read("Bank").height == 40
    book.write({"Bank": layout.sheets(view(2), FACTS)["Bank"]})
    assert book.read("Bank")["Line id"].to_list() == ["L-1", "L-2"]
    assert not [place for place in excel.sheet("Bank").cells if place[0] > FIRST + 1]
    book.write({"Bank": layout.sheets(view(), FACTS)["Bank"].clear()})
    assert book.read("Bank").is_empty()
    (table,) = excel.sheet("Bank").tables
    assert (table.range.first, table.range.last, table.show_autofilter) == ((3, 1), (4, 14), True)


def test_a_totals_row_moves_with_the_table(excel: FakeBook) -> None:
    sheet = excel.sheet("Bank")
    (table,) = sheet.tables
    table.show_totals = True
    assert sheet.cells[8, 1] == "Total"
    book = LiveBook(excel)
    assert book.read("Bank").height == 4
    book.write(layout.sheets(view(9), FACTS))
    assert book.read("Bank").height == 9
    assert [place for place, value in sheet.cells.items() if value == "Total"] == [(13, 1)]


def test_typed_decisions_stay_while_their_row_is_the_same(excel: FakeBook) -> None:
    type_in(excel, "Suggestions", FIRST + 1, Decision="accept", Note="=checked", Amount=12.5)
    book = LiveBook(excel)
    assert book.write(layout.sheets(view(8), FACTS)) == ()
    row = book.read("Suggestions").filter(pl.col("Line id") == "L-4").row(0, named=True)
    assert (row["Decision"], row["Note"], row["Amount"]) == ("accept", "=checked", "12.5")


def test_a_typed_decision_is_taken_off_with_a_problem_when_its_row_changed(excel: FakeBook) -> None:
    type_in(excel, "Suggestions", FIRST + 1, Decision="accept")
    views = view()
    views["allocations"] = views["allocations"].with_columns(pl.lit("99.00").alias("amount"))
    book = LiveBook(excel)
    problems = book.write(layout.sheets(views, FACTS))
    assert [(problem.code, problem.where) for problem in problems] == [("decision-refused", "Suggestions!5")]
    assert "backup" not in problems[0].hint
    assert book.read("Suggestions")["Decision"].to_list() == ["", ""]


def test_decisions_that_were_read_are_the_callers_and_refused_ones_stay(excel: FakeBook) -> None:
    type_in(excel, "Suggestions", FIRST, Decision="park")
    type_in(excel, "Suggestions", FIRST + 1, Decision="allocate")
    book = LiveBook(excel)
    decided, problems = layout.decisions({"Suggestions": book.read("Suggestions")})
    assert decided["line_id"].to_list() == ["L-1"]
    assert len(problems) == 1
    log = [("L-1", "park", "parked"), ("L-4", "allocate", "refused: no item is named")]
    assert book.write(layout.sheets(with_log(view(), *log), FACTS)) == ()
    got = book.read("Suggestions")
    assert got["Decision"].to_list() == ["", "allocate"]
    assert got["Result"].to_list() == ["park: parked", "refused: no item is named"]


def test_the_users_columns_go_with_their_rows_formulas_too(excel: FakeBook) -> None:
    sheet = excel.sheet("Suggestions")
    (table,) = sheet.tables
    right = table.range.last[1]
    table.show_autofilter = False
    table.resize(sheet.range(table.range.first, (FIRST + 1, right + 2)))
    sheet.cells |= {(3, right + 1): "Mine", (3, right + 2): "Double"}
    sheet.cells |= {(FIRST + 1, right + 1): "=not one", (FIRST, right + 2): 2.0, (FIRST + 1, right + 2): 2.0}
    sheet.formulas |= {(FIRST, right + 2): "=E4*2", (FIRST + 1, right + 2): "=E5*2"}
    views = view(8)
    views["lines"] = views["lines"].reverse()  # L-8, L-5, L-4, L-1: rows move, two are new
    book = LiveBook(excel)
    book.write(layout.sheets(views, FACTS))
    got = book.read("Suggestions")
    assert got["Line id"].to_list() == ["L-8", "L-5", "L-4", "L-1"]
    assert got["Mine"].to_list() == ["", "", "=not one", ""]
    assert [sheet.formulas[row, right + 2] for row in range(4, 8)] == ["=E4*2", "=E5*2", "=E6*2", "=E7*2"]


def test_columns_of_the_data_are_added_once(excel: FakeBook) -> None:
    frame = layout.sheets(view(), FACTS)["Bank"].with_columns(pl.lit("=North").alias("Region"))
    book = LiveBook(excel)
    book.write({"Bank": frame})
    book.write({"Bank": frame})
    assert book.read("Bank")["Region"].to_list() == ["=North"] * 4
    assert excel.sheet("Bank").tables[0].range.last == (7, 15)


def add_column(excel: FakeBook, name: str, title: str, cells: dict[int, Any]) -> None:
    """A column of the user's at the right end of a table; a text that begins with = is a formula."""
    sheet = excel.sheet(name)
    (table,) = sheet.tables
    bottom, right = table.range.last
    table.show_autofilter = False
    table.resize(sheet.range(table.range.first, (bottom, right + 1)))
    table.show_autofilter = True
    sheet.cells[3, right + 1] = title
    for row, value in cells.items():
        sheet.cells[row, right + 1] = 1.0 if str(value).startswith("=") else value
        if str(value).startswith("="):
            sheet.formulas[row, right + 1] = value


def kept(folder: Path) -> list[list[str]]:
    (path,) = folder.glob("*-kept.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def test_a_column_of_the_users_is_not_written_over_by_one_of_the_data(excel: FakeBook) -> None:
    add_column(excel, "Bank", "Region", {FIRST: "mine"})
    frame = layout.sheets(view(), FACTS)["Bank"].with_columns(pl.lit("north").alias("region"))
    for _ in range(2):
        LiveBook(excel).write({"Bank": frame})
        got = LiveBook(excel).read("Bank")
        assert got["Region"].to_list() == ["mine", "", "", ""]
        assert got["region (file)"].to_list() == ["north"] * 4
        assert got.columns[-2:] == ["Region", "region (file)"]


@pytest.mark.parametrize("title", ["Decision", "Line id", "Note"])
def test_a_renamed_heading_that_is_needed_is_refused(excel: FakeBook, title: str) -> None:
    sheet = excel.sheet("Suggestions")
    sheet.cells[3, sheet.column(title)] = "Mine"
    before = {one.name: dict(one.cells) for one in excel.sheets}
    for job in (
        lambda: LiveBook(excel).read("Suggestions"),
        lambda: LiveBook(excel).write(layout.sheets(view(2), FACTS)),
    ):
        with pytest.raises(ReconError, match=rf"no column with the heading \*{title}\* any more") as caught:
            job()
        assert "*Mine*" in caught.value.problems[0].hint
    assert {one.name: one.cells for one in excel.sheets} == before


def test_own_words_on_a_row_that_goes_are_told_and_kept(path: Path, excel: FakeBook) -> None:
    add_column(excel, "Bank", "Mine", {FIRST: "call them", FIRST + 1: "stays", FIRST + 2: "=E6*2"})
    book = LiveBook(excel)
    assert book.own_text("Bank").rows() == [(FIRST, "Mine", "call them"), (FIRST + 1, "Mine", "stays")]
    gone = ~pl.col("Line id").is_in(["L-1", "L-3"])
    problems = book.write({"Bank": layout.sheets(view(), FACTS)["Bank"].filter(gone)})
    assert [(problem.code, problem.where) for problem in problems] == [("own-kept", f"Bank!{FIRST}")]
    assert kept(path.parent) == [["Bank", str(FIRST), "L-1", "Mine", "call them"]]
    assert book.read("Bank")["Mine"].to_list() == ["stays", ""]


def test_words_of_a_workbook_without_a_folder_are_kept_with_the_user(
    tmp_path: Path, excel: FakeBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(Path, "home", lambda: home)
    excel.fullname = "https://firm.sharepoint.com/AR.xlsm"
    add_column(excel, "Bank", "Mine", {FIRST: "call them"})
    LiveBook(excel).write({"Bank": layout.sheets(view(), FACTS)["Bank"].tail(3)})
    assert [row[4] for row in kept(home)] == ["call them"]


@pytest.mark.parametrize("read_first", [False, True])
def test_a_note_without_a_decision_on_a_row_that_changed_is_told(
    path: Path, excel: FakeBook, *, read_first: bool
) -> None:
    type_in(excel, "Suggestions", FIRST, Note="asked them")
    views = view()
    views["allocations"] = views["allocations"].with_columns(pl.lit("99.00").alias("amount"))
    book = LiveBook(excel)
    if read_first:
        book.read("Suggestions")
    problems = book.write({"Suggestions": layout.sheets(views, FACTS)["Suggestions"]})
    assert [(problem.code, problem.where) for problem in problems] == [("own-kept", f"Suggestions!{FIRST}")]
    assert [row[3:] for row in kept(path.parent)] == [["Note", "asked them"]]


def test_a_row_without_ids_is_kept(path: Path, excel: FakeBook) -> None:
    sheet = excel.sheet("Bank")
    (table,) = sheet.tables
    table.show_autofilter = False
    table.resize(sheet.range(table.range.first, (FIRST + 4, table.range.last[1])))
    type_in(excel, "Bank", FIRST + 4, Counterparty="Sum")
    LiveBook(excel).write({"Bank": layout.sheets(view(), FACTS)["Bank"]})
    assert [row[3:] for row in kept(path.parent)] == [["Counterparty", "Sum"]]


def test_a_filter_is_taken_off_and_told(excel: FakeBook) -> None:
    excel.sheet("Bank").heights[FIRST + 2] = 0
    problems = LiveBook(excel).write(layout.sheets(view(), FACTS))
    assert [(problem.code, problem.where) for problem in problems] == [("view-dropped", "Bank")]


def test_nothing_is_written_where_a_table_would_grow_over_the_users_cells(excel: FakeBook) -> None:
    sheet = excel.sheet("Bank")
    sheet.cells[FIRST + 6, 2] = "mine"
    before = {one.name: dict(one.cells) for one in excel.sheets}
    with pytest.raises(ReconError, match=r"Bank!B10: the table has to grow over cells that are not ours"):
        LiveBook(excel).write(layout.sheets(view(9), FACTS))
    assert {one.name: one.cells for one in excel.sheets} == before


def test_a_table_that_the_user_deleted_is_told(excel: FakeBook) -> None:
    excel.sheet("Bank").tables.clear()
    assert LiveBook(excel).read("Bank").is_empty()
    with pytest.raises(ReconError, match="no table tblBank"):
        LiveBook(excel).write(layout.sheets(view(), FACTS))


def test_rows_of_the_dashboard_without_data_are_hidden_and_come_back(excel: FakeBook) -> None:
    heights = excel.sheet("Dashboard").heights
    assert sum(height == 0 for height in heights.values()) == 3 + 5
    totals = layout.sheets(view(), FACTS)["recon_totals"]
    LiveBook(excel).write({"recon_totals": pl.concat([totals] * 3)})
    assert sum(height == 0 for height in heights.values()) == 3 + 3


def test_inputs_and_messages(excel: FakeBook) -> None:
    place = excel.names["recon_inputs"].refers_to_range
    excel.sheet("Home").cells[place.row, place.column] = " a.csv; b.csv "
    excel.sheet("Home").cells[place.row + 4, place.column] = "uk_care"
    book = LiveBook(excel)
    assert book.inputs() == {"bank": "a.csv; b.csv", "rules": "uk_care"}
    book.show_progress("reading")
    book.tell("=Done")
    assert excel.told() == [["=Done"]]
    assert excel.app.said[-2:] == ["reading", False]  # False gives the bar back to Excel
    assert excel.app.screen_updating is True


def test_a_busy_excel_is_asked_again(excel: FakeBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_PAUSE", 0.001)
    calls: list[str] = []

    def busy_every_second_time(name: str) -> None:
        calls.append(name)
        if len(calls) % 2:
            raise com_error(BUSY)

    excel.before = busy_every_second_time
    book = LiveBook(excel)
    book.write(layout.sheets(view(9), FACTS))
    assert book.read("Bank").height == 9


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("hresult", "code", "said"),
    [(BUSY, "book-busy", "Finish the cell"), (REFUSED, "book-protected", "Unprotect")],
)
def test_an_excel_that_stays_busy_or_refuses_is_told(
    excel: FakeBook, hresult: int, code: str, said: str
) -> None:
    def no(_name: str) -> None:
        raise com_error(hresult)

    excel.before = no
    with pytest.raises(ReconError) as caught:
        LiveBook(excel).write(layout.sheets(view(), FACTS))
    assert caught.value.problems[0].code == code
    assert said in caught.value.problems[0].hint
    assert excel.app.screen_updating is True


@pytest.mark.parametrize(
    ("name", "said"),
    [("https://firm.sharepoint.com/AR.xlsm", "OneDrive or SharePoint"), ("Book1", "never saved")],
)
def test_a_workbook_without_a_folder_is_told(excel: FakeBook, name: str, said: str) -> None:
    excel.fullname = name
    with pytest.raises(ReconError, match=said):
        _ = LiveBook(excel).path


def test_a_workbook_that_is_not_open_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise KeyError("name")

    monkeypatch.setattr(xlwings.Book, "caller", none)
    with pytest.raises(ReconError, match="can't be found in Excel"):
        live.caller()
