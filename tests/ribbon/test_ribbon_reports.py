"""The button Reports: its sheets in the open workbook, what it says, and what stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_excel import FakeBook, com_error
from test_ribbon import BANK, ITEMS, fill, press

from recon.problems import EXIT_DONE, EXIT_JOB
from recon.workbook import patience
from recon.workbook.file import new_book

SHEETS = [
    "Ageing",
    "Ageing by customer",
    "Ageing by invoice date",
    "Unapplied cash",
    "Exception codes",
    "Match quality",
    "Run control",
    "Late payment",
    "Late payment debts",
    "Chase list",
    "Chase list items",
    "Legal",
    "Claims that end",
    "Cash forecast",
    "Ledger check",
]
BUSY = -2147418111
MORE = """L3,GB00TEST,2026-10-07,55.00,GBP,BGC,NOBODY KNOWN,00123,SOMETHING
"""


@pytest.fixture
def excel(tmp_path: Path) -> FakeBook:
    """A workbook in which a night is matched, open."""
    path = tmp_path / "july.xlsm"
    new_book(path)
    (tmp_path / "bank.csv").write_text(BANK, encoding="utf-8")
    (tmp_path / "items.csv").write_text(ITEMS, encoding="utf-8")
    made = FakeBook(path)
    fill(made, bank="bank.csv", items="items.csv")
    press(made, "run")
    return made


def names(excel: FakeBook) -> list[str]:
    return [sheet.name for sheet in excel.sheets]


def found(excel: FakeBook, sheet: str) -> dict[str, list[object]]:
    """The rows of a sheet by their first cell."""
    rows: dict[int, list[object]] = {}
    for (row, _column), value in sorted(excel.sheet(sheet).cells.items()):
        rows.setdefault(row, []).append(value)
    return {str(row[0]): row[1:] for row in rows.values()}


def test_the_sheets_stand_behind_the_others_and_the_person_stays_where_they_were(
    excel: FakeBook, tmp_path: Path
) -> None:
    excel.sheets.shown = excel.sheet("Suggestions")
    code, said = press(excel, "reports")
    assert (code, said) == (EXIT_DONE, f"10 reports as at 06/10/2026: {', '.join(SHEETS)}.")
    assert names(excel)[11:] == ["Run log", *SHEETS]
    assert excel.sheets.active.name == "Suggestions"
    (drawn,) = excel.app.books.opened
    assert drawn.closed
    assert not Path(drawn.fullname).exists()
    assert found(excel, "Ageing")["Balance"][0] == 100
    assert not list(tmp_path.glob("report_*")), "no output folder is named"


def test_files_are_written_where_an_output_folder_is_named(excel: FakeBook, tmp_path: Path) -> None:
    fill(excel, bank="bank.csv", items="items.csv", out="month end")
    said = press(excel, "reports")[1]
    assert said.endswith(f"22 files written into {tmp_path / 'month end'}.")
    assert (tmp_path / "month end" / "report_ageing.csv").exists()


def test_again_the_same_sheets_are_filled_anew_and_their_charts_follow(
    excel: FakeBook, tmp_path: Path
) -> None:
    press(excel, "reports")
    sheets = {name: excel.sheet(name) for name in SHEETS}
    sheets["Ageing by customer"].cells[90, 1] = "mine"
    (tmp_path / "bank.csv").write_text(BANK + MORE, encoding="utf-8")
    press(excel, "run")
    assert press(excel, "reports")[0] == EXIT_DONE
    assert names(excel)[12:] == SHEETS
    assert all(excel.sheet(name) is sheet for name, sheet in sheets.items()), "what points to them still does"
    assert (90, 1) not in sheets["Ageing by customer"].cells
    assert "EX-UNID" in found(excel, "Exception codes")
    (chart,) = excel.sheet("Exception codes").charts
    assert chart.source == "A5:A7,D5:D7,F5:F7"
    assert chart.top == 15.0 * 9


def test_the_sheet_of_a_report_of_another_day_that_is_not_made_now_is_emptied(excel: FakeBook) -> None:
    """As the closed workbook does it: see test_flow_report."""
    press(excel, "reports")
    old = excel.sheet("Ledger check")
    old.name = "Management"
    cells = {(1, 1): "Management", (2, 1): "The month. Written anew each time: keep what you add",
                 (3, 1): "on a sheet of your own. As at 31/01/2026.", (9, 9): 5}  # fmt: skip
    old.cells.clear()
    old.cells.update(cells)
    excel.names["recon_report_ledger_check"].refers_to = "=#REF!"
    excel.names.add("recon_report_management", "=Management!$A$1:$I$9")
    said = press(excel, "reports")[1]
    assert "report is not made as at 06/10/2026; its sheet was of 31/01/2026 and is emptied" in said
    assert excel.sheet("Management").cells[1, 1] == "Management: not made as at 06/10/2026"
    assert (9, 9) not in excel.sheet("Management").cells


def test_a_chart_that_was_taken_away_stays_away_and_a_deleted_sheet_comes_back(excel: FakeBook) -> None:
    press(excel, "reports")
    excel.sheet("Ageing").charts.clear()
    excel.sheets.remove(excel.sheet("Match quality"))
    excel.names["recon_report_match_quality"].refers_to = "=#REF!"
    assert press(excel, "reports")[0] == EXIT_DONE
    assert excel.sheet("Ageing").charts == []
    assert names(excel)[-1] == "Match quality"
    assert excel.names["recon_report_match_quality"].refers_to.startswith("='Match quality'!$A$1:$H$")


def test_what_was_typed_beside_a_report_is_told(excel: FakeBook) -> None:
    press(excel, "reports")
    excel.sheet("Ageing by customer").cells[90, 2] = "mine"
    said = press(excel, "reports")[1]
    assert "Ageing by customer" in said
    assert "(cell B90)" in said
    assert "mine" not in said
    assert "(cell" not in press(excel, "reports")[1]


@pytest.mark.parametrize("mark", ["=Mine!$F$20:$I$29", "=Mine!$A$1:$H$9"])
def test_a_mark_that_was_dragged_onto_a_sheet_of_theirs_leaves_it_theirs(excel: FakeBook, mark: str) -> None:
    press(excel, "reports")
    own = excel.sheet("Match quality")  # a sheet of theirs, as good as any
    own.name = "Mine"
    own.cells.clear()
    own.cells[1, 1] = "My plan"
    excel.names["recon_report_match_quality"].refers_to = "=Mine!$A$1:$H$9"
    excel.names["recon_report_ageing"].refers_to = mark
    assert press(excel, "reports")[0] == EXIT_DONE
    assert own.cells == {(1, 1): "My plan"}
    assert "Ageing (recon)" in names(excel)


def test_a_sheet_of_theirs_by_that_name_stays_theirs(excel: FakeBook) -> None:
    own = excel.sheet("Run log")
    own.name = "ageing"
    before = dict(own.cells)
    assert press(excel, "reports")[0] == EXIT_DONE
    assert "Ageing (recon)" in names(excel)
    assert dict(own.cells) == before
    press(excel, "reports")
    assert names(excel).count("Ageing (recon)") == 1


def test_undo_is_of_the_button_before(excel: FakeBook) -> None:
    sheet = excel.sheet("Suggestions")
    sheet.cells[4, sheet.column("Decision")] = "accept"
    press(excel, "apply_decisions")
    press(excel, "reports")
    assert press(excel, "undo")[0] == EXIT_DONE
    assert sheet.cells[4, sheet.column("Decision")] == "accept"
    assert "Ageing" in names(excel)


def test_before_the_first_match_there_is_nothing_to_report(tmp_path: Path) -> None:
    path = tmp_path / "august.xlsm"
    new_book(path)
    code, said = press(FakeBook(path), "reports")
    assert code == EXIT_JOB
    assert "there is no store beside this workbook" in said


def test_a_busy_excel_is_told_and_the_drawn_workbook_is_closed(
    excel: FakeBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_PATIENCE", 0.01)
    monkeypatch.setattr(patience, "_PAUSE", 0.001)

    def busy(call: str) -> None:
        if call == "copy":
            raise com_error(BUSY)

    opened = excel.app.books.open

    def opening(path: str, **given: object) -> FakeBook:
        made = opened(path, **given)
        made.before = busy
        return made

    monkeypatch.setattr(excel.app.books, "open", opening)
    code, said = press(excel, "reports")
    assert code == EXIT_JOB
    assert said.startswith("Excel did not answer")
    assert excel.app.books.opened[0].closed
    assert names(excel)[-1] == "Run log"
