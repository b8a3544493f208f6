"""Nothing of theirs is lost: every part that is not ours keeps its bytes, its compression and its place."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from workbook_cases import FACTS, packed, parts, rich, view

from recon.workbook import columns, layout
from recon.workbook.file import new_book, open_book

# The lists of a package, to which what is needed is added; nothing else may change.
LISTS = {"[Content_Types].xml", "xl/_rels/workbook.xml.rels", "xl/workbook.xml", "xl/styles.xml"}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "own.xlsm"
    rich(path)
    return path


def test_a_users_book_keeps_every_part(book: Path) -> None:
    before, order = packed(book), list(parts(book))
    assert any(name.startswith("xl/charts/") for name in before)
    assert {
        "customXml/item1.xml",
        "xl/vbaProject.bin",
        "xl/comments1.xml",
        "xl/drawings/vmlDrawing1.vml",
    } <= set(before)
    open_book(book).write(layout.sheets(view(), FACTS))
    after = packed(book)
    assert [name for name in before if after.get(name) != before[name] and name not in LISTS] == []
    assert list(after)[: len(order)] == order


def test_only_what_is_needed_is_added_to_the_lists(book: Path) -> None:
    before = parts(book)
    open_book(book).write(layout.sheets(view(), FACTS))
    after = parts(book)
    for name in sorted(LISTS):
        old = set(re.findall(rb"<[^/][^<>]*>", before[name]))
        new = set(re.findall(rb"<[^/][^<>]*>", after[name]))
        # Counts, the calculation's flag and empty lists that got their first entry are what may differ.
        gone = [
            found for found in old - new if not re.match(rb"<(\?xml|\w+ count=|calcPr|numFmts|dxfs)", found)
        ]
        assert gone == [], name


def test_our_sheets_come_behind_the_users_and_under_a_free_name(book: Path) -> None:
    open_book(book).write(layout.sheets(view(), FACTS))
    made = openpyxl.load_workbook(book, keep_vba=True)
    ours = ["Bank (recon)" if name == "Bank" else name for name in columns.ORDER]
    assert made.sheetnames == ["Plan", "Bank", "Chart", *ours]
    assert made["Suggestions"]["A4"].value == "L-1"
    assert made["Suggestions"]["B4"].number_format == "dd/mm/yyyy"
    assert made["Suggestions"]["A3"].font.b
    assert made["Plan"]["B3"].number_format == "0.000"
    assert [str(rule.sqref) for rule in made["Exceptions"].data_validations.dataValidation]
    assert made["Plan"].tables["Mine"].ref == "E1:F4"


def test_a_users_book_gets_no_macros_and_no_buttons(book: Path) -> None:
    macros = parts(book)["xl/vbaProject.bin"]
    open_book(book).write(layout.sheets(view(), FACTS))
    after = parts(book)
    assert after["xl/vbaProject.bin"] == macros
    assert not any(b"[0]!Recon" in data for data in after.values())
    ours = [after[name] for name in after if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]
    assert len([data for data in ours if b"codeName" in data]) == 2


def test_a_second_write_changes_nothing_more(book: Path) -> None:
    open_book(book).write(layout.sheets(view(), FACTS))
    first = book.read_bytes()
    open_book(book).write(layout.sheets(view(), FACTS))
    assert book.read_bytes() == first


def test_numbers_of_tables_are_unique(book: Path) -> None:
    open_book(book).write(layout.sheets(view(), FACTS))
    held = parts(book)
    found = [re.search(rb' id="(\d+)"', held[name]) for name in held if name.startswith("xl/tables/")]
    numbers = [match.group(1) for match in found if match]
    assert len(numbers) == 11
    assert len(set(numbers)) == 11


def test_charts_of_a_renamed_sheet_read_that_sheet(tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    made = openpyxl.Workbook()
    made.active.title = "Dashboard"
    made.save(path)
    open_book(path).write(layout.sheets(view(), FACTS))
    held = parts(path)
    charts = b"".join(data for name, data in held.items() if name.startswith("xl/charts/"))
    assert b"'Dashboard (recon)'!$B$" in charts
    assert b">Dashboard!" not in charts
    assert open_book(path).read_block("recon_outcomes")[0][0] == "Matched automatically"


def test_of_our_own_book_only_the_sheets_written_change(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsm"
    book = new_book(path)
    before = packed(path)
    book.write({"Rules": layout.sheets(view(), FACTS)["Rules"]})
    after = packed(path)
    assert list(after) == list(before)
    assert [name for name in after if after[name] != before[name]] == [
        f"xl/worksheets/sheet{columns.ORDER.index('Rules') + 1}.xml",
    ]


def test_a_sheet_of_ours_that_was_deleted_comes_back_alone(tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    made = openpyxl.Workbook()
    made.save(path)
    open_book(path).write(layout.sheets(view(), FACTS))
    again = openpyxl.load_workbook(path)
    for name in ("Home", "Rules"):
        del again[name]
    again.save(path)
    open_book(path).write(layout.sheets(view(), FACTS))
    names = openpyxl.load_workbook(path).sheetnames
    assert "Rules" in names
    assert "Home" not in names


def test_a_book_whose_dates_count_from_1904_shows_the_same_days(tmp_path: Path) -> None:
    path = tmp_path / "mac.xlsx"
    made = openpyxl.Workbook()
    made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    made.save(path)
    book = open_book(path)
    book.write(layout.sheets(view(), FACTS))
    assert openpyxl.load_workbook(path)["Bank"]["C4"].value.date().isoformat() == "2026-10-01"
    assert book.read("Bank")["Booking date"].to_list() == ["2026-10-01"] * 4


def test_a_column_of_the_users_is_carried_for_rows_that_come_back_only(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsm"
    book = new_book(path)
    frame = layout.sheets(view(), FACTS)["Bank"]
    book.write({"Bank": frame.with_columns(pl.Series("Mine", ["a", "b", "c", "d"]))})
    book.write({"Bank": frame.filter(pl.col("Line id") != "L-2").reverse()})
    assert book.read("Bank")["Mine"].to_list() == ["d", "c", "a"]
