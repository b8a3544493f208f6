"""What a button of the open workbook does, and what the status cell says in the end."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from fake_excel import FakeBook, com_error

from recon import flow, ribbon
from recon.problems import EXIT_DONE, EXIT_INPUT, EXIT_JOB, Problem, ReconError
from recon.workbook import columns, live, named, patience
from recon.workbook.file import new_book
from recon.workbook.live import LiveBook

BANK = """line_id,account,booking_date,amount,currency,type,counterparty,reference,narrative
L1,GB00TEST,2026-10-05,120.50,GBP,BGC,NORTHSIDE CARE LTD,INV-1001,THANK YOU
L2,GB00TEST,2026-10-06,80.00,GBP,BGC,NORTHSIDE CARE LTD,INV-1002,PART OF IT
"""
ITEMS = """item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount
INV-1001,C1,Northside Care Ltd,invoice,INV-1001,2026-09-01,2026-10-01,GBP,120.50,120.50
INV-1002,C1,Northside Care Ltd,invoice,INV-1002,2026-09-02,2026-10-02,GBP,100.00,100.00
"""


@pytest.fixture
def excel(tmp_path: Path) -> FakeBook:
    """A fresh workbook, open, with two files beside it."""
    path = tmp_path / "july.xlsm"
    new_book(path)
    (tmp_path / "bank.csv").write_text(BANK, encoding="utf-8")
    (tmp_path / "items.csv").write_text(ITEMS, encoding="utf-8")
    return FakeBook(path)


def fill(excel: FakeBook, **inputs: str) -> None:
    place = excel.names["recon_inputs"].refers_to_range
    for number, key in enumerate(named.INPUTS):
        excel.sheet("Home").cells[place.row + number, place.column] = inputs.get(key)


def press(excel: FakeBook, what: str) -> tuple[int, str]:
    code = ribbon.act(what, LiveBook(excel))
    ((said,),) = excel.told()
    return code, said


def test_a_night_by_the_buttons(excel: FakeBook, tmp_path: Path) -> None:
    fill(excel, bank='"bank.csv"', items="items.csv", out="posted")
    code, said = press(excel, "run")
    assert (code, said) == (
        EXIT_DONE,
        "2 bank lines: 1 matched automatically, 1 suggestion and 0 exceptions to review.",
    )
    assert (tmp_path / "july.recon.db").exists()
    assert (tmp_path / "posted" / "allocations.csv").exists()
    assert "recon: matching" in excel.app.said
    sheet = excel.sheet("Suggestions")
    sheet.cells[4, sheet.column("Decision")] = "accept"
    assert press(excel, "apply_decisions") == (EXIT_DONE, "1 decision applied, 0 refused.")
    code, said = press(excel, "post")
    assert said.startswith("2 bank lines posted into ")
    (posting,) = (tmp_path / "posted").glob("posting-generic-*.csv")
    assert posting.name in said
    assert press(excel, "post")[1].startswith(
        "Nothing new is accepted; the last posting file was written again"
    )
    assert press(excel, "refresh") == (EXIT_DONE, "The sheets show what is recorded.")
    assert LiveBook(excel).read("Suggestions").is_empty()


def test_each_companys_posting_file_is_told_by_itself(
    excel: FakeBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a job in which one company had something new, and another's file was made before."""
    fill(excel, bank="bank.csv", items="items.csv", out="posted")
    assert press(excel, "run")[0] == EXIT_DONE
    old = flow.Posted("B-1", (tmp_path / "old.csv",), 2, "", again=True, company="02")
    new = flow.Posted("B-2", (tmp_path / "new.csv",), 1, "", again=False, company="01")
    for made, told in (
        (
            replace(old, others=(new,)),
            f"1 bank line posted into {new.files[0]} Written again: {old.files[0]}",
        ),
        (
            replace(old, others=(replace(new, again=True),)),
            f"Nothing new is accepted; the last posting files were written again: {new.files[0]}; {old.files[0]}",
        ),
    ):
        monkeypatch.setattr(flow, "post", mock.Mock(return_value=made))
        assert press(excel, "post") == (EXIT_DONE, told)


def test_empty_inputs_are_named(excel: FakeBook) -> None:
    fill(excel, bank="bank.csv")
    assert press(excel, "run") == (
        EXIT_INPUT,
        (
            "Home, Inputs: nothing is filled in for: Open items. Write files or folders beside it, several with ; "
            "between, and press Match again."
        ),
    )


def test_a_missing_file_is_told_in_words(excel: FakeBook) -> None:
    fill(excel, bank="nothing.csv", items="items.csv")
    code, said = press(excel, "run")
    assert code == EXIT_INPUT
    assert "nothing.csv" in said
    assert "Traceback" not in said


def test_a_refused_decision_is_told_with_its_cell(excel: FakeBook) -> None:
    fill(excel, bank="bank.csv", items="items.csv")
    press(excel, "run")
    assert press(excel, "apply_decisions")[1].startswith("There was no decision to apply")
    sheet = excel.sheet("Suggestions")
    sheet.cells[4, sheet.column("Decision")] = "perhaps"
    _code, said = press(excel, "apply_decisions")
    assert said.startswith(
        "0 decisions applied, 1 refused. Suggestions!4: the decision is none that there is."
    )


def test_before_the_first_match_there_is_nothing_to_take_post_or_show(excel: FakeBook) -> None:
    for what in ("apply_decisions", "post", "refresh"):
        code, said = press(excel, what)
        assert code == EXIT_JOB
        assert "there is no store beside this workbook" in said


def test_a_workbook_at_a_web_address_needs_a_copy_or_a_store(excel: FakeBook, tmp_path: Path) -> None:
    excel.fullname = "https://firm.sharepoint.com/sites/ar/july.xlsm"
    fill(excel, bank="bank.csv", items="items.csv")
    for what in ribbon.COMMANDS:
        code, said = press(excel, what)
        assert code == EXIT_JOB
        assert "Save a copy in a folder of this computer" in said
    home = excel.sheet("Home")
    home.cells[40, 1] = f"sqlite:///{(tmp_path / 'team.db').as_posix()}"
    excel.names["recon_store"] = type("Name", (), {"refers_to_range": home.range((40, 1))})()
    assert press(excel, "run")[1].startswith(
        "bank.csv: the workbook has no folder that this name could start at."
    )
    assert press(excel, "post")[1].startswith("Home, Inputs: nothing is filled in for: Output folder.")
    fill(excel, bank=str(tmp_path / "bank.csv"), items=str(tmp_path / "items.csv"), out=str(tmp_path / "out"))
    assert press(excel, "run")[0] == EXIT_DONE
    assert (tmp_path / "team.db").exists()
    assert press(excel, "post")[1].startswith("1 bank line posted into ")
    assert press(excel, "refresh")[0] == EXIT_DONE


def test_a_mistake_of_our_own_is_told_shortly_and_logged_without_data(
    excel: FakeBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: Any, **_more: Any) -> None:
        raise ValueError("Mrs Example, 12 High Street")

    monkeypatch.setattr(flow, "refresh", broken)
    code, said = press(excel, "refresh")
    assert code == EXIT_JOB
    log = tmp_path / "july.recon.log"
    assert said == f"Something went wrong inside recon (ValueError); {log} says where, and holds no data."
    text = log.read_text(encoding="utf-8")
    assert "ValueError" in text
    assert "recon/ribbon.py:" in text
    assert "Example" not in text
    assert str(tmp_path) not in text


def test_many_problems_are_told_up_to_a_few() -> None:
    problems = [
        Problem("file-missing", f"f{at}.csv", "there is no such file", "check its name") for at in range(5)
    ]
    said = ribbon._told(problems)
    assert said.startswith("f0.csv: there is no such file. Check its name. f1.csv")
    assert said.endswith("And 2 more.")


def test_an_excel_that_never_answers_ends_the_process(
    excel: FakeBook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no(_name: str) -> None:
        raise com_error(-2147418111)

    monkeypatch.setattr(patience, "_PATIENCE", 0.01)
    excel.before = no
    assert ribbon.act("run", LiveBook(excel)) == EXIT_JOB
    assert "Excel did not answer" in capsys.readouterr().err


def test_main_finds_the_workbook_by_the_arguments_that_vba_gives(
    excel: FakeBook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "caller", lambda: LiveBook(excel))
    monkeypatch.setattr(sys, "argv", ["ribbon", "run", "--wb=july.xlsm", "--from_xl=1", "--hwnd=0"])
    assert ribbon.main() == EXIT_INPUT
    assert excel.told()[0][0].startswith("Home, Inputs")
    assert ribbon.main(["dance"]) == EXIT_INPUT
    assert "apply_decisions, post, reports, refresh" in capsys.readouterr().err


def test_main_without_excel_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> None:
        raise ReconError(Problem("book-open", "", "it can't be found", "keep it open"), EXIT_JOB)

    monkeypatch.setattr(live, "caller", none)
    assert ribbon.main(["run"]) == EXIT_JOB
    assert "keep it open" in capsys.readouterr().err


def test_every_button_of_the_macros_is_known(excel: FakeBook) -> None:
    source = (Path(__file__).parents[2] / "workbooks" / "vba" / "ReconButtons.bas").read_text(
        encoding="utf-8"
    )
    started = [line.split('"')[1] for line in source.splitlines() if line.strip().startswith("StartPython ")]
    assert sorted(started) == sorted(ribbon.COMMANDS)
    assert excel.name == "july.xlsm"


def test_import_shows_what_the_files_hold_and_matches_nothing(excel: FakeBook, tmp_path: Path) -> None:
    assert press(excel, "import_files")[1].startswith("No file is named under Inputs")
    fill(excel, bank="bank.csv", items="items.csv")
    code, said = press(excel, "import_files")
    assert (code, said) == (
        EXIT_DONE,
        "2 files read: 2 bank lines (GBP 200.50), 2 open items (GBP 220.50). Next, press Match.",
    )
    book = LiveBook(excel)
    assert book.read("Bank")["Outcome"].to_list() == ["Not matched yet"] * 2
    assert book.read("Open items")["Document no."].to_list() == ["INV-1001", "INV-1002"]
    assert book.read_block("recon_next") == [["2 new bank lines are read. Press Match."]]
    assert not (tmp_path / "july.recon.db").exists(), "nothing is remembered"
    press(excel, "run")
    press(excel, "import_files")
    assert LiveBook(excel).read("Bank")["Outcome"].to_list() == ["Matched automatically", "Suggested"]


def test_import_tells_what_is_wrong_with_a_file(excel: FakeBook, tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text(BANK.replace("80.00", "eighty"), encoding="utf-8")
    fill(excel, bank="bank.csv")
    assert press(excel, "import_files")[1].endswith("1 bank line (GBP 120.50). 1 problem: see Problems.")
    (problem,) = LiveBook(excel).read("Problems")["Where"]
    assert problem.endswith("/bank.csv:3")


def test_settings_say_what_the_workbook_is_set_to(excel: FakeBook, tmp_path: Path) -> None:
    fill(excel, bank="bank.csv", rules="uk_care")
    code, said = press(excel, "settings")
    assert code == EXIT_DONE
    assert said.startswith("The settings can be used. Rules: uk_care (uk_care.yaml), shown on Rules; ")
    assert "Inputs: 1 bank file. Remembered in: " in said
    assert said.endswith(sys.executable)
    assert not LiveBook(excel).read("Rules").is_empty()
    (tmp_path / "mine.yaml").write_text("limits:\n  rows_shwn: 5\n", encoding="utf-8")
    fill(excel, rules="mine.yaml")
    code, said = press(excel, "settings")
    assert (code, "mine.yaml:2" in said, "rows_shown" in said) == (EXIT_INPUT, True, True)


def test_what_is_typed_under_inputs_stays_as_it_was_typed(excel: FakeBook) -> None:
    typed = {"bank": '"bank.csv"', "items": "./items.csv", "rules": "default"}
    fill(excel, **typed)
    press(excel, "run")
    assert LiveBook(excel).inputs() == typed


def test_each_stage_is_told_beside_the_buttons(excel: FakeBook, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    tell = LiveBook.tell

    def heard(book: LiveBook, text: str) -> None:
        said.append(text)
        tell(book, text)

    monkeypatch.setattr(LiveBook, "tell", heard)
    fill(excel, bank="bank.csv", items="items.csv")
    press(excel, "run")
    assert said[:3] == ["Reading ...", "Matching ...", "Writing ..."]


def test_undo_puts_the_sheets_back_and_again_takes_that_back(excel: FakeBook) -> None:
    code, said = press(excel, "undo")
    assert (code, said.startswith("Undo: nothing has been done with this workbook")) == (EXIT_JOB, True)
    fill(excel, bank="bank.csv", items="items.csv")
    press(excel, "run")
    sheet = excel.sheet("Suggestions")
    end = len(LiveBook(excel).read("Suggestions").columns)
    sheet.cells[3, end], sheet.cells[4, end] = "Mine", "=not a formula"
    table = sheet.tables[0]
    table.show_autofilter = False
    table.resize(sheet.range((3, 1), (4, end)))
    table.show_autofilter = True
    sheet.cells[4, sheet.column("Note")] = "=also text"
    sheet.cells[4, sheet.column("Decision")] = "accept"

    def all_of_it() -> tuple[Any, Any]:
        book = LiveBook(excel)
        blocks = [book.read_block(name) for name in named.BLOCKS if name != named.CELL_STATUS]
        return [book.peek(name).to_dicts() for name in columns.TABLE_SHEETS], blocks

    before = all_of_it()
    press(excel, "apply_decisions")
    press(excel, "refresh")
    after = all_of_it()
    assert after != before
    assert press(excel, "undo")[0] == EXIT_DONE  # the refresh
    assert LiveBook(excel).read("Suggestions")["Result"].to_list() == ["accepted: 1 item, 80.00"]
    press(excel, "undo")
    assert all_of_it() == after
    press(excel, "run")
    assert press(excel, "undo")[0] == EXIT_DONE
    assert all_of_it() == after
    assert sheet.formulas == {}


def test_undo_does_not_guess_where_columns_were_moved(excel: FakeBook) -> None:
    fill(excel, bank="bank.csv", items="items.csv")
    press(excel, "run")
    sheet = excel.sheet("Bank")
    first, second = sheet.column("Booking date"), sheet.column("Counterparty")
    for row in range(3, 6):
        sheet.cells[row, first], sheet.cells[row, second] = sheet.cells[row, second], sheet.cells[row, first]
    code, said = press(excel, "undo")
    assert (code, said.startswith("Bank: the columns of Bank are not those that they were")) == (
        EXIT_JOB,
        True,
    )


def test_what_was_kept_for_undo_and_is_damaged_is_told(excel: FakeBook, tmp_path: Path) -> None:
    fill(excel, bank="bank.csv", items="items.csv")
    press(excel, "run")
    (tmp_path / "july.recon.undo").write_bytes(b"{}")
    assert press(excel, "undo")[1].startswith("Undo: what was kept in july.recon.undo can't be read")


def test_what_was_typed_since_is_kept_when_a_button_is_undone(excel: FakeBook, tmp_path: Path) -> None:
    fill(excel, bank="bank.csv", items="items.csv")
    press(excel, "run")
    sheet = excel.sheet("Suggestions")
    sheet.cells[4, sheet.column("Note")] = "asked Jo"
    code, said = press(excel, "undo")
    assert code == EXIT_DONE
    assert "Suggestions!4: what you wrote under *Note* has no row any more (row L2)." in said
    assert "asked Jo" in (tmp_path / "july-kept.csv").read_text("utf-8-sig")
    press(excel, "undo")
    assert LiveBook(excel).read("Suggestions")["Note"].to_list() == ["asked Jo"], (
        "and once more brings it back"
    )


def test_what_is_kept_for_undo_is_of_the_last_button_or_nothing(excel: FakeBook, tmp_path: Path) -> None:
    fill(excel, bank="bank.csv", items="items.csv")
    press(excel, "run")
    kept = tmp_path / "july.recon.undo"
    assert kept.stat().st_mode == (tmp_path / "july.xlsm").stat().st_mode
    flow.refresh(tmp_path / "july.xlsm")  # the closed workbook is another one now
    assert not kept.exists()
    press(excel, "refresh")
    assert kept.exists()
    with mock.patch("recon.workbook.swap.replace", side_effect=OSError):
        press(excel, "refresh")
    assert not kept.exists()


def test_import_leaves_sheets_of_which_no_file_is_named(excel: FakeBook) -> None:
    fill(excel, bank="bank.csv", items="items.csv")
    press(excel, "run")
    before = {name: LiveBook(excel).peek(name) for name in columns.TABLE_SHEETS}
    fill(excel)
    assert press(excel, "import_files")[1].startswith("No file is named under Inputs")
    assert all(LiveBook(excel).peek(name).equals(frame) for name, frame in before.items())
    fill(excel, bank="bank.csv")
    press(excel, "import_files")
    assert LiveBook(excel).peek("Open items").equals(before["Open items"])
    assert LiveBook(excel).peek("Bank").equals(before["Bank"])


def test_a_decision_on_a_parked_line_stands_until_it_is_applied(excel: FakeBook) -> None:
    fill(excel, bank="bank.csv", items="items.csv")
    press(excel, "run")
    sheet = excel.sheet("Suggestions")
    sheet.cells[4, sheet.column("Decision")] = "park"
    press(excel, "apply_decisions")
    sheet.cells[4, sheet.column("Decision")] = "accept"
    sheet.cells[4, sheet.column("Note")] = "agreed"
    assert press(excel, "refresh") == (EXIT_DONE, "The sheets show what is recorded.")
    [row] = LiveBook(excel).peek("Suggestions").rows(named=True)
    assert (row["Decision"], row["Note"], row["Result"][:17]) == ("accept", "agreed", "recorded: park by")
