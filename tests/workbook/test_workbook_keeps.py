"""Nothing of theirs is lost: every part that is not ours keeps its bytes, its compression and its place."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import rich_parts
from workbook_cases import FACTS, packed, parts, place, rich, view

from recon.workbook import columns, layout
from recon.workbook.file import new_book, open_book

# The lists of a package, to which what is needed is added; nothing else may change.
LISTS = {"[Content_Types].xml", "xl/_rels/workbook.xml.rels", "xl/workbook.xml", "xl/styles.xml"}
FED_BY_US = "xl/pivotCache/pivotCacheDefinition2.xml"


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    """Parts that don't lie in the file as they did; none may be missing."""
    return {name for name in before if after.get(name) != before[name]}


def sheet_part(path: Path, name: str) -> str:
    """The part of a sheet of a book that is not of our making."""
    held = parts(path)
    (found,) = re.findall(rf'<sheet name="{name}"[^>]*r:id="(\w+)"', held["xl/workbook.xml"].decode())
    links = held["xl/_rels/workbook.xml.rels"].decode()
    (link,) = (one for one in re.findall(r"<Relationship [^>]*>", links) if f'"{found}"' in one)
    return str(link.split('Target="')[1].split('"')[0].lstrip("/"))


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "own.xlsm"
    rich(path)
    return path


def test_a_users_book_keeps_every_part(book: Path) -> None:
    before, order = packed(book), list(parts(book))
    assert any(name.startswith("xl/charts/") for name in before)
    assert {
        "customUI/customUI14.xml",
        "customXml/item1.xml",
        "xl/chartsheets/sheet1.xml",
        "xl/comments1.xml",
        "xl/ctrlProps/ctrlProp1.xml",
        "xl/drawings/vmlDrawing1.vml",
        "xl/drawings/vmlDrawing2.vml",  # the picture in the heading
        "xl/externalLinks/externalLink1.xml",
        "xl/media/image1.png",
        "xl/metadata.xml",  # of formulas that spill
        "xl/persons/person.xml",
        "xl/pivotTables/pivotTable2.xml",
        "xl/slicerCaches/slicerCache1.xml",
        "xl/slicers/slicer1.xml",
        "xl/threadedComments/threadedComment1.xml",
        "xl/vbaProject.bin",
    } <= set(before)
    assert b"x14:dataValidation " in parts(book)["xl/worksheets/sheet1.xml"]
    open_book(book).write(layout.sheets(view(), FACTS))
    after = packed(book)
    assert changed(before, after) <= LISTS | {FED_BY_US}
    assert list(after)[: len(order)] == order


def test_a_pivot_that_our_table_feeds_is_refreshed_on_opening_and_no_other(book: Path) -> None:
    before = parts(book)
    open_book(book).write(layout.sheets(view(), FACTS))
    after = parts(book)[FED_BY_US]
    assert after.replace(b' refreshOnLoad="1"', b"") == before[FED_BY_US]
    assert after.count(b' refreshOnLoad="1"') == 1
    open_book(book).write(layout.sheets(view(6), FACTS))
    assert parts(book)[FED_BY_US] == after


@pytest.mark.parametrize("names", [tuple(columns.TABLE_SHEETS), ("Bank",), ("Rules",)])
def test_a_rewrite_changes_our_sheets_only(book: Path, names: tuple[str, ...]) -> None:
    open_book(book).write(layout.sheets(view(), FACTS))
    before = packed(book)
    frames = layout.sheets(view(9), FACTS)
    open_book(book).write({name: frames[name].clear() for name in names})
    titles = {"Bank": r"Bank \(recon\)"}
    ours = {sheet_part(book, titles.get(name, name)) for name in names}
    tables = {name for name in before if name.startswith("xl/tables/") and name != "xl/tables/table1.xml"}
    assert changed(before, packed(book)) <= ours | tables
    assert sheet_part(book, titles.get(names[0], names[0])) in changed(before, packed(book))


def test_objects_of_the_users_on_our_sheets_stay(book: Path) -> None:
    open_book(book).write(layout.sheets(view(), FACTS))
    part = sheet_part(book, r"Bank \(recon\)")
    package = rich_parts.Package(book)
    rich_parts.add_to_sheet(package, part, "7")
    package.save()
    before, tail = packed(book), parts(book)[part].split(b"</sheetData>")[1]
    frames = layout.sheets(view(9), FACTS)
    open_book(book).write({"Bank": frames["Bank"], "Rules": frames["Rules"]})
    ours = {part, sheet_part(book, "Rules")}
    tables = {name for name in before if name.startswith("xl/tables/") and name != "xl/tables/table1.xml"}
    assert changed(before, packed(book)) <= ours | tables
    assert parts(book)[part].split(b"</sheetData>")[1] == tail
    assert tail.count(b"rIdMine") == 2  # the control and the slicer


def test_only_what_is_needed_is_added_to_the_lists(book: Path) -> None:
    before = parts(book)
    open_book(book).write(layout.sheets(view(), FACTS))
    after = parts(book)
    for name in sorted(LISTS):
        old, new = (
            {
                b" ".join([*one.split()[:1], *sorted(one.split()[1:])])
                for one in re.findall(rb"<([^/][^<>]*)>", text)
            }
            for text in (before[name], after[name])
        )
        # Counts, the calculation's flag and empty lists that got their first entry are what may differ.
        gone = [
            found for found in old - new if not re.match(rb"(\?xml|\w+ count=|calcPr|numFmts|dxfs)", found)
        ]
        assert gone == [], name


def test_our_sheets_come_behind_the_users_and_under_a_free_name(book: Path) -> None:
    open_book(book).write(layout.sheets(view(), FACTS))
    made = openpyxl.load_workbook(book, keep_vba=True)
    ours = ["Bank (recon)" if name == "Bank" else name for name in columns.ORDER]
    assert made.sheetnames == ["Plan", "Bank", "Chart", *ours]
    assert made["Suggestions"][place("Suggestions", "Line id", 4)].value == "L-1"
    assert made["Suggestions"][place("Suggestions", "Date", 4)].number_format == "dd/mm/yyyy"
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
    assert (
        openpyxl.load_workbook(path)["Bank"][place("Bank", "Booking date", 4)].value.date().isoformat()
        == "2026-10-01"
    )
    assert book.read("Bank")["Booking date"].to_list() == ["2026-10-01"] * 4


def test_a_column_of_the_users_is_carried_for_rows_that_come_back_only(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsm"
    book = new_book(path)
    frame = layout.sheets(view(), FACTS)["Bank"]
    book.write({"Bank": frame.with_columns(pl.Series("Mine", ["a", "b", "c", "d"]))})
    book.write({"Bank": frame.filter(pl.col("Line id") != "L-2").reverse()})
    assert book.read("Bank")["Mine"].to_list() == ["d", "c", "a"]
