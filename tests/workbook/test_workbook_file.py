"""The closed workbook: what is written comes back, and what is the user's stays where it belongs."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from workbook_cases import FACTS, change_part, part_of, parts, place, view, with_log

from recon.workbook import columns, layout
from recon.workbook.file import FileBook, new_book, open_book


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "AR Recon Ü.xlsm"


@pytest.fixture
def filled(path: Path) -> Path:
    new_book(path).write(layout.sheets(view(), FACTS))
    return path


def type_in(path: Path, sheet: str, row: int, **cells: str) -> None:
    """Type into a row, as a reviewer does: finds the cell by its title, writes a string."""
    spec = columns.TABLE_SHEETS[sheet]
    by_title = {title.replace(" ", "_").replace(".", ""): at for at, title in enumerate(spec.titles)}
    for name, value in cells.items():
        place = f"{columns.letters(by_title[name])}{row}"
        part = part_of(path, sheet)
        text = parts(path)[part].decode()
        start = text.index(f'<c r="{place}"')
        end = text.index("/>", start)
        old = text[start : end + 2]
        change_part(path, part, old, old.replace("/>", f' t="str"><v>{value}</v></c>'))


def test_what_is_written_comes_back_as_text(filled: Path) -> None:
    book = open_book(filled)
    for spec in columns.TABLES:
        frame = layout.sheets(view(), FACTS)[spec.name]
        got = book.read(spec.name)
        assert got.height == frame.height, spec.name
        for title in spec.titles:
            expected = frame[title].cast(pl.String).fill_null("").to_list()
            assert [value or "" for value in got[title]] == expected, (spec.name, title)
    assert book.read("Suggestions")["sheet_row"].to_list() == [4, 5]


def test_another_reader_sees_the_same(filled: Path) -> None:
    book = openpyxl.load_workbook(filled)
    sheet = book["Suggestions"]

    def at(title: str, row: int = 4) -> str:
        return place("Suggestions", title, row)

    last = at(columns.SUGGESTIONS.titles[-1], 5)
    assert sheet.tables["tblSuggestions"].ref == f"A3:{last}"
    assert sheet.tables["tblSuggestions"].autoFilter.ref == f"A3:{last}"
    assert sheet.dimensions == f"A1:{last}"
    assert [sheet[at(title)].value for title in ("Line id", "Line amount", "Confidence")] == [
        "L-1",
        100.5,
        0.75,
    ]
    assert sheet[at("Date")].value.date().isoformat() == "2026-10-01"
    assert sheet[at("Date")].number_format == "dd/mm/yyyy"
    assert {str(rule.sqref) for rule in sheet.data_validations.dataValidation} >= {
        f"{at(title)}:{at(title, 5)}" for title in ("Decision", "Alternative no.")
    }
    whole = [str(found.sqref) for found in sheet.conditional_formatting]
    assert f"{at('Confidence')}:{at('Confidence', 5)}" in whole


def test_home_and_dashboard_show_the_figures(filled: Path) -> None:
    book = open_book(filled)
    state = dict(book.read_block("recon_state"))
    assert state["Last run"] == FACTS["finished"]
    assert state["Bank lines"] == "4"
    assert book.read_block("recon_status") == [["Done"]]
    assert book.read_block("recon_tiles")[0][::2] != []
    outcomes = book.read_block("recon_outcomes")
    assert [row[2] for row in outcomes] == ["1", "2", "1", "0", "0"]


def test_rows_of_the_dashboard_without_data_are_hidden_and_come_back(filled: Path) -> None:
    sheet = openpyxl.load_workbook(filled)["Dashboard"]
    hidden = [row for row, look in sheet.row_dimensions.items() if look.hidden]
    assert len(hidden) == 3 + 5  # of 8 codes the first 5 rows always show; of 6 currencies 1 has data


def test_the_same_tables_twice_give_the_same_bytes(filled: Path) -> None:
    before = filled.read_bytes()
    open_book(filled).write(layout.sheets(view(), FACTS))
    assert filled.read_bytes() == before


def test_tables_shrink_to_one_empty_row_and_grow_again(filled: Path) -> None:
    book = open_book(filled)
    book.write({"Bank": layout.sheets(view(), FACTS)["Bank"].clear()})
    assert book.read("Bank").is_empty()
    sheet = openpyxl.load_workbook(filled)["Bank"]
    assert sheet.tables["tblBank"].ref == "A3:N4"
    book.write(layout.sheets(view(9), FACTS))
    assert book.read("Bank").height == 9


def test_columns_of_the_data_are_added_once_with_header_and_width(filled: Path) -> None:
    frame = layout.sheets(view(), FACTS)["Bank"].with_columns(
        pl.lit("North & <South>").alias("Region _x0041_")
    )
    book = open_book(filled)
    book.write({"Bank": frame})
    book.write({"Bank": frame})
    assert book.read("Bank")["Region _x0041_"].to_list() == ["North & <South>"] * 4
    sheet = openpyxl.load_workbook(filled)["Bank"]
    assert sheet.tables["tblBank"].ref == "A3:O7"
    assert sheet.column_dimensions["O"].width == 18


def test_typed_decisions_stay_while_their_row_is_the_same(filled: Path) -> None:
    type_in(filled, "Suggestions", 5, Decision="accept", Note="checked")
    book = open_book(filled)
    assert book.write(layout.sheets(view(3) | {}, FACTS) | layout.sheets(view(8), FACTS)) == ()
    row = book.read("Suggestions").filter(pl.col("Line id") == "L-4").row(0, named=True)
    assert (row["Decision"], row["Note"]) == ("accept", "checked")


def test_a_typed_decision_is_taken_off_with_a_problem_when_its_row_changed(filled: Path) -> None:
    type_in(filled, "Suggestions", 5, Decision="accept")
    views = view()
    views["allocations"] = views["allocations"].with_columns(pl.lit("99.00").alias("amount"))
    problems = open_book(filled).write(layout.sheets(views, FACTS))
    assert [(problem.code, problem.where) for problem in problems] == [("decision-refused", "Suggestions!5")]
    assert "changed" in problems[0].what
    assert open_book(filled).read("Suggestions")["Decision"].to_list() == ["", ""]


def test_a_typed_decision_on_a_line_that_went_is_a_problem_unless_it_was_read(filled: Path) -> None:
    type_in(filled, "Suggestions", 5, Decision="accept")
    backup = filled.read_bytes()
    assert len(open_book(filled).write(layout.sheets(view(3), FACTS))) == 1
    filled.write_bytes(backup)
    book = open_book(filled)
    decided, _ = layout.decisions({"Suggestions": book.read("Suggestions")})
    assert decided["line_id"].to_list() == ["L-4"]
    assert book.write(layout.sheets(view(3), FACTS)) == ()


def test_an_applied_decision_is_cleared_and_a_refused_one_left_to_be_mended(filled: Path) -> None:
    type_in(filled, "Suggestions", 4, Decision="park")
    type_in(filled, "Suggestions", 5, Decision="allocate")
    book = open_book(filled)
    log = [("L-1", "park", "parked"), ("L-4", "allocate", "refused: no item is named")]
    assert book.write(layout.sheets(with_log(view(), *log), FACTS)) == ()
    got = book.read("Suggestions")
    assert got["Decision"].to_list() == ["", "allocate"]
    assert got["Result"].to_list() == ["park: parked", "refused: no item is named"]


def test_a_decision_typed_after_an_earlier_result_stays(filled: Path) -> None:
    made = layout.sheets(with_log(view(), ("L-1", "park", "parked")), FACTS)
    open_book(filled).write(made)
    type_in(filled, "Suggestions", 4, Decision="accept")
    book = open_book(filled)
    assert book.write(made) == ()
    assert book.read("Suggestions")["Decision"].to_list() == ["accept", ""]


def test_a_typed_decision_stays_when_an_earlier_result_is_shown_no_more(filled: Path) -> None:
    log = [("L-1", "park", "parked"), ("L-4", "allocate", "refused: no item is named")]
    open_book(filled).write(layout.sheets(with_log(view(), *log), FACTS))
    type_in(filled, "Suggestions", 4, Decision="accept")
    type_in(filled, "Suggestions", 5, Decision="allocate")
    assert open_book(filled).write(layout.sheets(view(), FACTS)) == ()
    got = open_book(filled).read("Suggestions")
    assert got.select("Decision", "Result").rows() == [("accept", ""), ("allocate", "")]


def test_who_only_looks_leaves_the_problem_to_the_writer(filled: Path) -> None:
    type_in(filled, "Suggestions", 4, Decision="accept")
    gone = layout.sheets(view(), FACTS)["Suggestions"].filter(pl.col("Line id") != "L-1")
    book = open_book(filled)
    assert book.peek("Suggestions")["Decision"].to_list() == ["accept", ""]
    assert [one.where for one in book.write({"Suggestions": gone})] == ["Suggestions!4"]


def test_hidden_and_filtered_rows_are_read_and_shown_again_after_a_write(filled: Path) -> None:
    change_part(filled, part_of(filled, "Bank"), '<row r="5"', '<row r="5" hidden="1"')
    change_part(
        filled,
        "xl/tables/table4.xml",
        '<autoFilter ref="A3:N7"/>',
        '<autoFilter ref="A3:N7"><filterColumn colId="0"><filters><filter val="L-1"/></filters>'
        "</filterColumn></autoFilter>",
    )
    book = open_book(filled)
    assert book.read("Bank").height == 4
    book.write({"Bank": layout.sheets(view(), FACTS)["Bank"]})
    held = parts(filled)
    assert b"hidden" not in held[part_of(filled, "Bank")].split(b"<sheetData>")[1]
    assert b"filterColumn" not in held["xl/tables/table4.xml"]


def own_table(path: Path, *, beside: bool = False) -> None:
    """A user's book with our Open items table: columns moved, own columns, formulas, colours, totals, notes."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("My items")
    yellow = book.add_format({"bg_color": "#FFFF00"})
    money = book.add_format({"num_format": "0.0000"})
    sheet.set_column("B:B", 33)
    sheet.write("A1", "written above")
    titles = ["My mark", "Open amount", "Item id", "Twice", "Relative", "Customer"]
    rows = [
        ["keep a", 10, "INV-0", None, None, "X"],
        ["keep c", 30, "INV-2", None, None, "Z"],
        ["goes", 99, "GONE", None, None, "Q"],
    ]
    sheet.add_table(
        "B5:G9",
        {
            "name": "tblOpenItems",
            "data": rows,
            "total_row": True,
            "columns": [
                {"header": titles[0]},
                {"header": titles[1], "format": money, "total_function": "sum"},
                {"header": titles[2], "total_string": "Total"},
                {"header": titles[3], "formula": "=[@[Open amount]]*2"},
                {"header": titles[4]},
                {"header": titles[5]},
            ],
        },
    )
    for row in (6, 7, 8):
        sheet.write_formula(f"F{row}", f"=C{row}+$A$1", None, 5)
    sheet.write("D7", "INV-2", yellow)
    if beside:
        sheet.write("I6", "beside one")
        sheet.write("I8", "beside three")
        sheet.write("I9", "beside the totals")
    sheet.write("A12", "below, outside the table")
    sheet.conditional_format("C6:C8", {"type": "cell", "criteria": ">", "value": 1, "format": yellow})
    sheet.conditional_format("C6:C7", {"type": "cell", "criteria": ">", "value": 2, "format": yellow})
    book.close()


def items(*ids: str) -> pl.DataFrame:
    views = view(1)
    rows = [{"item_id": item, "customer_name": f"New {item}", "open_amount": "7.25"} for item in ids]
    views["open_items"] = pl.DataFrame(rows)
    return layout.sheets(views, FACTS)["Open items"]


def test_the_users_columns_order_colours_formulas_totals_and_notes_stay(tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    own_table(path)
    book = open_book(path)
    book.write({"Open items": items("INV-9", "INV-2", "INV-1", "INV-0")})
    sheet = openpyxl.load_workbook(path)["My items"]
    header = [cell.value for cell in sheet[5] if cell.value]
    assert header[:6] == ["My mark", "Open amount", "Item id", "Twice", "Relative", "Customer"]
    assert len(header) == 6 + len(columns.OPEN_ITEMS.titles) - 3
    marks = {sheet[f"D{row}"].value: sheet[f"B{row}"].value for row in range(6, 10)}
    assert marks == {"INV-9": None, "INV-2": "keep c", "INV-1": None, "INV-0": "keep a"}
    assert [sheet[f"C{row}"].value for row in range(6, 10)] == [7.25] * 4
    assert {sheet[f"C{row}"].number_format for row in range(6, 10)} == {"0.0000"}
    assert sheet["D7"].fill.fgColor.rgb == "FFFFFF00"
    assert sheet["D6"].fill.fill_type is None
    assert [sheet[f"E{row}"].value for row in range(6, 10)] == ["=[[#This Row],[Open amount]]*2"] * 4
    assert [sheet[f"F{row}"].value for row in range(6, 10)] == [None, "=C7+$A$1", None, "=C9+$A$1"]
    assert (sheet["C10"].value, sheet["D10"].value) == ("=SUBTOTAL(109,[Open amount])", "Total")
    assert sheet.tables["tblOpenItems"].ref.startswith("B5:")
    assert sheet.tables["tblOpenItems"].ref.endswith("10")
    assert sheet.tables["tblOpenItems"].autoFilter.ref.endswith("9")
    assert (sheet["A1"].value, sheet["A12"].value) == ("written above", "below, outside the table")
    assert sheet.column_dimensions["B"].width == pytest.approx(33, abs=1)
    assert sorted(str(found.sqref) for found in sheet.conditional_formatting) == ["C6:C9", "C7 C9"]


def test_what_stands_beside_the_table_stays_in_its_row(tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    own_table(path, beside=True)
    frame = items("INV-0").select("Item id", "Open amount", "Customer")
    book = open_book(path)
    book.write({"Open items": frame})
    sheet = openpyxl.load_workbook(path)["My items"]
    assert [sheet[f"I{row}"].value for row in (6, 8, 9)] == [
        "beside one",
        "beside three",
        "beside the totals",
    ]
    assert [sheet[f"B{row}"].value for row in range(6, 10)] == ["keep a", None, None, None]
    book.write({"Open items": items("A", "B", "C").select(frame.columns)})
    sheet = openpyxl.load_workbook(path)["My items"]
    assert [sheet[f"I{row}"].value for row in (6, 8, 9)] == [
        "beside one",
        "beside three",
        "beside the totals",
    ]


def test_a_workbook_saved_with_shared_strings_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    own_table(path)
    got = open_book(path).read("Open items")
    assert got["Item id"].to_list() == ["INV-0", "INV-2", "GONE"]
    assert got["sheet_row"].to_list() == [6, 7, 8]


def test_the_list_of_formula_cells_goes_when_formulas_move(tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    own_table(path)
    held = parts(path)
    held["xl/calcChain.xml"] = (
        b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    )
    held["[Content_Types].xml"] = held["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        b'spreadsheetml.calcChain+xml"/></Types>',
    )
    held["xl/_rels/workbook.xml.rels"] = held["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"'
        b' Target="calcChain.xml"/></Relationships>',
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in held.items():
            archive.writestr(name, data)
    open_book(path).write({"Open items": items("INV-0")})
    after = parts(path)
    assert "xl/calcChain.xml" not in after
    assert not any(
        b"calcChain" in after[name] for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels")
    )


def test_a_new_book_names_the_python_that_its_buttons_start(path: Path) -> None:
    book = new_book(path, r"C:\Python & Co\pythonw.exe")
    assert book.read_block("recon_python") == [[r"C:\Python & Co\pythonw.exe"]]
    assert not path.with_name("AR Recon Ü.backup.xlsm").exists()


def test_inputs_are_read_from_home_and_kept(path: Path) -> None:
    book = new_book(path)
    assert book.inputs() == {}
    book.write(layout.sheets(view(), {"input:bank": "in/*.sta", "input:items": "items.csv"}))
    assert book.inputs() == {"bank": "in/*.sta", "items": "items.csv"}
    book.write(layout.sheets(view(), FACTS))
    assert book.inputs() == {"bank": "in/*.sta", "items": "items.csv"}


def test_facts_fill_single_cells(filled: Path) -> None:
    book = open_book(filled)
    book.write({}, {"recon_status": "Matching ..."})
    assert book.read_block("recon_status") == [["Matching ..."]]


def test_a_backup_keeps_the_workbook_as_it_was(filled: Path) -> None:
    before = filled.read_bytes()
    book: FileBook = open_book(filled)
    book.write({"Rules": layout.sheets(view(), FACTS)["Rules"].clear()})
    assert filled.with_name("AR Recon Ü.backup.xlsm").read_bytes() == before
    assert sorted(found.name for found in filled.parent.iterdir()) == [
        "AR Recon Ü.backup.xlsm",
        "AR Recon Ü.xlsm",
    ]
