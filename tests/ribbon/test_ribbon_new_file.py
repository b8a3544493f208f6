"""The button New file: a file that nobody reads is shown on a sheet, answered there, and its profile saved."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from fake_excel import FakeBook
from test_ribbon import BANK, fill, press

from recon.flow import new_file, new_file_page
from recon.model import Kind
from recon.problems import EXIT_DONE, EXIT_INPUT, EXIT_JOB
from recon.rules import parse_profile
from recon.workbook.file import new_book
from recon.workbook.pages import draw

NAME = "Büro Süd März.csv"
MARCH = """Acme Bank plc
Period,01/03/2026 to 31/03/2026

Posting day,What,Dr,Cr,Bal
02/03/2026,"=HYPERLINK(""http://x"",""NORTHSIDE"")",,120.50,1120.50
14/03/2026,+DD UTILITY,500.00,,620.50
"""
SHORT = """When,What,Amount
01/03/2026,A,10.00
02/03/2026,B,20.00
"""
UNNAMED = """Invoice number,Wert,Blub,Memo
A1,12.00,30.00,x
A2,13.00,40.00,y
"""


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An own folder of profiles."""
    folder = tmp_path / "own profiles"
    monkeypatch.setenv("RECON_PROFILES", str(folder))
    return folder


@pytest.fixture
def excel(tmp_path: Path, own: Path) -> FakeBook:
    """A fresh workbook, open, with a file beside it that recon knows and one that leaves two things open."""
    assert not own.exists()
    path = tmp_path / "july.xlsm"
    new_book(path)
    (tmp_path / "bank.csv").write_text(BANK, encoding="utf-8")
    (tmp_path / "short.csv").write_text(SHORT, encoding="utf-8")
    made = FakeBook(path)
    fill(made, bank="bank.csv; short.csv")
    return made


def texts(excel: FakeBook) -> dict[object, list[object]]:
    """The rows of the sheet by their first cell, without the words of drop-downs."""
    rows: dict[int, list[object]] = {}
    for (row, column), value in sorted(excel.sheet("New file").cells.items()):
        if column < 20:
            rows.setdefault(row, []).append(value)
    return {row[0]: row[1:] for row in rows.values()}


def answer(excel: FakeBook, about: str, said: str | None) -> None:
    """Write an answer into its cell."""
    cells = excel.sheet("New file").cells
    (head,) = [place[0] for place, value in cells.items() if value == "About"]
    row = min(at for (at, column), value in cells.items() if value == about and column == 1 and at > head)
    cells.pop((row, 3), None)
    if said is not None:
        cells[row, 3] = said


def settle(excel: FakeBook) -> None:
    """Answer what changes money or days, which stands empty."""
    answer(excel, "dates", "dd/mm/yyyy")
    answer(excel, "sign", "money in")


def test_who_imports_an_unknown_file_is_told_of_the_button(excel: FakeBook) -> None:
    told = "The button New file proposes how to read a file that recon does not know."
    assert press(excel, "import_files")[1].endswith(f"see Problems. {told}")
    fill(excel, bank="short.csv")
    assert press(excel, "import_files")[1].endswith(told)
    fill(excel, bank="short.csv", items="short.csv")
    assert press(excel, "run")[1].endswith(told)
    fill(excel, bank="bank.csv")
    assert told not in press(excel, "import_files")[1]


def test_the_first_press_shows_what_the_file_is_taken_for_and_saves_nothing(
    excel: FakeBook, own: Path, tmp_path: Path
) -> None:
    (tmp_path / NAME).write_text(MARCH, encoding="utf-8")
    fill(excel, bank=f'bank.csv; "{NAME}"')
    assert press(excel, "new_file") == (
        EXIT_DONE,
        (
            f"{NAME} looks like bank lines. See on the sheet New file whether that is right, and press New file "
            "again: it saves the profile."
        ),
    )
    assert [sheet.name for sheet in excel.sheets][-2:] == ["Run log", "New file"]
    assert excel.sheets.active.name == "Home"
    rows = texts(excel)
    assert f"File: {tmp_path / NAME}" in rows
    assert "recon takes it for bank lines: 2 rows can be read so." in rows
    assert "No currency is said: 120.50 came in (1 row), 500.00 went out (1 row)." in rows
    assert "It foots: 1000.00 + -379.50 = 620.50." in rows
    assert rows["booking date"][0] == "Posting day"
    assert rows["amount"][:2] == ["money in `Cr`, out `Dr`", "proved"]
    assert '=HYPERLINK("http://x","NORTHSIDE")' in rows[5], "a text"
    assert excel.sheet("New file").formulas == {}
    assert not own.exists()


def test_the_second_press_saves_the_profile_and_then_all_files_are_known(
    excel: FakeBook, own: Path, tmp_path: Path
) -> None:
    (tmp_path / NAME).write_text(MARCH, encoding="utf-8")
    fill(excel, bank=f'bank.csv; "{NAME}"')
    press(excel, "new_file")
    (saved,) = [own / "b_ro_s_d_m_rz.yaml"]
    assert press(excel, "new_file") == (
        EXIT_DONE,
        f"The profile of {NAME} is saved as {saved}: bank lines, 2 rows. Press Import files.",
    )
    assert parse_profile(saved.read_text(encoding="utf-8"), "x").kind is Kind.BANK
    assert f"The profile is saved as {saved}. Press Import files; this sheet may be deleted." in texts(excel)
    before = saved.read_bytes()
    assert press(excel, "new_file") == (
        EXIT_DONE,
        "There is no new file: recon knows 2 files under Inputs. Press Import files.",
    )
    assert saved.read_bytes() == before
    assert press(excel, "import_files")[1].startswith("2 files read: 4 bank lines")


def test_what_is_answered_on_the_sheet_counts(excel: FakeBook, own: Path) -> None:
    said = press(excel, "new_file")[1]
    assert "the sheet New file has 2 questions without an answer" in said
    rows = texts(excel)
    assert rows["dates"][1:] == ["dd/mm/yyyy; or mm/dd/yyyy"], "money and days are never filled in"
    assert rows["sign"][1] == "money in; or money out"
    answer(excel, "dates", " MM/DD/yyyy ")
    answer(excel, "sign", "money out")
    assert press(excel, "new_file")[1].startswith("The profile of short.csv is saved as ")
    profile = parse_profile((own / "short.yaml").read_text(encoding="utf-8"), "x")
    assert (profile.dates, profile.negate) == (("%m/%d/%Y",), ("amount",))


@pytest.mark.parametrize(
    ("said", "why"), [("perhaps", " (what stood there is none of the choices)"), (None, "")]
)
def test_an_answer_that_is_none_is_asked_again_and_the_others_stay(
    excel: FakeBook, own: Path, said: str | None, why: str
) -> None:
    press(excel, "new_file")
    answer(excel, "dates", "mm/dd/yyyy")
    answer(excel, "sign", said)
    assert press(excel, "new_file") == (
        EXIT_DONE,
        (
            "short.csv looks like bank lines. Next, the sheet New file has 1 question without an answer"
            f"{why}: choose there, and press New file again."
        ),
    )
    rows = texts(excel)
    assert rows["dates"][1] == "mm/dd/yyyy"
    assert rows["sign"][1] == "money in; or money out", "the answer's cell is empty"
    assert "Choose an answer in each marked cell below, then press New file again." in rows
    assert not own.exists()
    answer(excel, "sign", "money in")
    assert press(excel, "new_file")[1].startswith("The profile of short.csv is saved")


def test_a_column_that_cannot_be_found_is_chosen_out_of_theirs(
    excel: FakeBook, own: Path, tmp_path: Path
) -> None:
    (tmp_path / "owed.csv").write_text(UNNAMED, encoding="utf-8")
    fill(excel, items="owed.csv")
    said = press(excel, "new_file")[1]
    assert said.startswith(
        "It is not clear yet what owed.csv holds. Next, the sheet New file has 1 question without an answer:"
    )
    assert texts(excel)["open amount"] == [
        "Which column is the open amount?",
        "Invoice number; or Wert; or Blub; or Memo",
    ]
    answer(excel, "open amount", "Memo")
    assert press(excel, "new_file")[1] == (
        "owed.csv looks like open items. No profile can be made of it so: not one row of it can be read so. Choose "
        "otherwise on the sheet New file, and press New file again."
    )
    answer(excel, "open amount", "Wert")
    assert "whether that is right (1 answer to look at)" in press(excel, "new_file")[1]
    assert press(excel, "new_file")[1].startswith("The profile of owed.csv is saved as ")
    profile = parse_profile((own / "owed.yaml").read_text(encoding="utf-8"), "x")
    assert (profile.kind, profile.columns["open_amount"]) == (Kind.ITEMS, "Wert")


def test_nothing_is_saved_before_it_was_shown_how_the_file_is_read(
    excel: FakeBook, own: Path, tmp_path: Path
) -> None:
    (tmp_path / "owed.csv").write_text(UNNAMED, encoding="utf-8")
    fill(excel, items="owed.csv")
    press(excel, "new_file")
    answer(excel, "open amount", "Wert")
    said = press(excel, "new_file")[1]
    assert said.startswith("owed.csv looks like open items. See on the sheet New file whether that is right")
    assert texts(excel)[2][:2] == ["A1", 12]
    assert not own.exists()
    press(excel, "new_file")
    assert [path.name for path in own.iterdir()] == ["owed.yaml"]


def test_a_deleted_sheet_throws_the_proposal_away(excel: FakeBook, own: Path) -> None:
    press(excel, "new_file")
    answer(excel, "sign", "money out")
    excel.sheets.remove(excel.sheet("New file"))
    excel.names["recon_report_new_file"].refers_to = "=#REF!"
    press(excel, "new_file")
    assert texts(excel)["sign"][1] == "money in; or money out"
    assert not own.exists()


def test_the_sheet_of_another_file_answers_nothing(excel: FakeBook, own: Path, tmp_path: Path) -> None:
    press(excel, "new_file")
    (tmp_path / "other.csv").write_text(SHORT, encoding="utf-8")
    fill(excel, bank="other.csv")
    assert press(excel, "new_file")[1].startswith("other.csv looks like bank lines.")
    assert not own.exists()
    settle(excel)
    fill(excel, bank="short.csv; other.csv")
    assert press(excel, "new_file")[1].startswith("The profile of other.csv is saved"), (
        "that of the sheet first"
    )
    assert [path.name for path in own.iterdir()] == ["other.yaml"]


def test_a_profile_that_is_there_is_not_written_over(excel: FakeBook, own: Path) -> None:
    press(excel, "new_file")
    settle(excel)
    own.mkdir()
    (own / "short.yaml").write_text(
        "name: mine\ntitle: Mine\nkind: bank\nheader: [A, B, C]\ncolumns: {booking_date: A, narrative: B}\n"
        "amount: {signed: C}\ndates: ['%d/%m/%Y']\n",
        encoding="utf-8",
    )
    before = (own / "short.yaml").read_bytes()
    code, said = press(excel, "new_file")
    assert code == EXIT_JOB
    assert "there is such a file. Rename it or the new file, and press New file again." in said
    assert (own / "short.yaml").read_bytes() == before


def test_a_file_in_the_wrong_place_is_told_its_own(excel: FakeBook) -> None:
    fill(excel, items="short.csv")
    press(excel, "new_file")
    assert "It is named under Open items: name it under Bank files instead." in texts(excel)
    settle(excel)
    assert press(excel, "new_file")[1].endswith("Name the file under Bank files, and press Import files.")


def test_what_cannot_be_proposed_is_told_and_the_next_file_looked_at(excel: FakeBook, tmp_path: Path) -> None:
    (tmp_path / "scan.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    fill(excel, bank="scan.png")
    code, said = press(excel, "new_file")
    assert code == EXIT_INPUT
    assert said.endswith(
        "scan.png: no reader knows this file: a picture. No profile can be proposed for it: export it as CSV or "
        "XLSX, with one heading over the columns."
    )
    fill(excel, bank="scan.png; short.csv")
    code, said = press(excel, "new_file")
    assert (code, said.startswith("short.csv looks like bank lines."), "scan.png" in said) == (
        EXIT_DONE,
        True,
        True,
    )


def test_nothing_named_and_files_that_are_broken(excel: FakeBook, tmp_path: Path) -> None:
    fill(excel)
    assert press(excel, "new_file")[1].startswith("No file is named under Inputs")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    fill(excel, bank="bank.csv; empty.csv")
    assert press(excel, "new_file")[1] == (
        "There is no new file: recon knows 1 file under Inputs. Press Import files. 1 file can't be read, though: it "
        "says why."
    )


def test_the_workbook_in_a_folder_of_files_is_no_new_file(excel: FakeBook, tmp_path: Path) -> None:
    (tmp_path / "july-kept.csv").write_text(SHORT, encoding="utf-8")
    (tmp_path / "short.csv").unlink()
    fill(excel, bank=".")
    assert press(excel, "new_file")[1].startswith("There is no new file: recon knows 1 file")


def test_the_drop_downs_hold_the_choices_whatever_is_in_them(tmp_path: Path, own: Path) -> None:
    path = tmp_path / "owed.csv"
    path.write_text('Invoice number,"Wert, =1+1",Blub\nA1,12.00,30.00\nA2,13.00,40.00\n', encoding="utf-8")
    talk = new_file._talk(path, Kind.ITEMS, "", None)
    (tmp_path / "drawn.xlsx").write_bytes(draw([new_file_page.page(talk, None)]))
    sheet = openpyxl.load_workbook(tmp_path / "drawn.xlsx")["New file"]
    (rule,) = sheet.data_validations.dataValidation
    (cell,) = str(rule.sqref).split()
    words = sheet[rule.formula1.replace("$", "")]
    assert [one.value for one in words[0]] == ["Invoice number", "Wert, =1+1", "Blub"]
    assert {one.data_type for one in words[0]} == {"s"}
    assert sheet.column_dimensions[words[0][0].column_letter].hidden
    assert (sheet[cell].value, sheet[cell].fill.fgColor.rgb) == (None, "FFF9E3C4")
    assert not own.exists()
