"""Report sheets in the closed workbook: added, found again, replaced as a whole; no other part changes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from workbook_cases import change_part, packed, parts, rich

from recon.workbook import columns
from recon.workbook.columns import Kind
from recon.workbook.file import new_book, open_book
from recon.workbook.package import Package
from recon.workbook.pages import PLAIN, SUBTOTAL, TOTAL, Block, Drawing, Head, Page, draw, money_format

LISTS = {"[Content_Types].xml", "xl/_rels/workbook.xml.rels", "xl/workbook.xml", "xl/styles.xml"}
SHAPE = (
    "<xdr:twoCellAnchor><xdr:from><xdr:col>9</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>9</xdr:row>"
    "<xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>11</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>12</xdr:row>"
    '<xdr:rowOff>0</xdr:rowOff></xdr:to><xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="99" name="Note"/>'
    "<xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr/></xdr:sp><xdr:clientData/></xdr:twoCellAnchor>"
)
HEADS = (
    Head("Name", Kind.LONG, 30),
    Head("Date", Kind.DATE, 12),
    Head("Amount\nGBP", Kind.MONEY, 14),
    Head("Share", Kind.PERCENT, 9, "0.0 %"),
)


def page(
    rows: int = 3, *, chart: bool = True, name: str = "Ageing", key: str = "ageing", blocks: int = 1
) -> Page:
    cells: list[tuple[Any, ...]] = [
        (f"=Customer {at} & <Sons>", date(2026, 3, at % 28 + 1), Decimal(f"{at}.50"), Decimal("0.25"))
        for at in range(rows)
    ]
    total = ("Total GBP", None, sum((row[2] for row in cells), Decimal(0)), None)
    drawing = Drawing("Open", 0, 2, 3) if chart else None
    block = Block("By name", HEADS, [*cells, total], [PLAIN] * rows + [TOTAL], [2] * (rows + 1), drawing)
    return Page(key, name, name, ("What it is.", "As at 31/03/2026."), (block,) * blocks)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "own.xlsm"
    rich(path)
    return path


def shown(path: Path, name: str) -> list[tuple[Any, ...]]:
    sheet = openpyxl.load_workbook(path, data_only=True)[name]
    return [
        row for row in sheet.iter_rows(min_row=5, values_only=True) if any(value is not None for value in row)
    ]


def test_days_below_a_chart_are_days(book: Path) -> None:
    by_day = replace(page(3).blocks[0], chart=Drawing("Open", 1, 2, 3))
    open_book(book).write_pages([replace(page(3), blocks=(by_day,))])
    [chart] = [data for name, data in parts(book).items() if "/charts/" in name and b"!$B$6:$B$8" in data]
    assert b'formatCode="dd/mm" sourceLinked="0"' in chart


def test_a_page_is_on_its_sheet_behind_all_others(book: Path) -> None:
    names, problems = open_book(book).write_pages([page(2)])
    assert (names, problems) == (("Ageing",), ())
    assert openpyxl.load_workbook(book).sheetnames[-1] == "Ageing"
    head, first, second, total = shown(book, "Ageing")
    assert head == ("Name", "Date", "Amount\nGBP", "Share")
    assert first[0] == "=Customer 0 & <Sons>"
    assert [row[2] for row in (first, second, total)] == [0.5, 1.5, 2]
    sheet = openpyxl.load_workbook(book)["Ageing"]
    assert sheet["A6"].data_type == "s", "text is text"
    assert sheet["B7"].number_format == "dd/mm/yyyy"
    assert sheet["C7"].number_format == money_format(2)
    assert (sheet["A8"].font.b, sheet["A7"].font.b) == (True, False)
    assert sheet.freeze_panes == "C6"
    set_up = sheet.page_setup
    assert (set_up.orientation, set_up.paperSize, sheet.sheet_properties.pageSetUpPr.fitToPage) == (
        "landscape",
        9,
        True,
    )
    assert sheet.print_title_rows == "$5:$5"
    assert len(sheet._charts) == 1


def test_every_other_part_keeps_its_bytes(book: Path) -> None:
    before = packed(book)
    for rows in (3, 40):
        open_book(book).write_pages([page(rows)])
        after = packed(book)
        assert {name for name in before if after.get(name) != before[name]} <= LISTS
        assert list(after)[: len(before)] == list(before)


def test_a_sheet_of_theirs_by_that_name_stays_theirs(book: Path) -> None:
    workbook = parts(book)["xl/workbook.xml"].decode()
    assert 'name="Plan"' in workbook
    before = parts(book)["xl/worksheets/sheet1.xml"]
    for _ in range(2):
        names, _problems = open_book(book).write_pages([page(name="Plan", key="plan")])
        assert names == ("Plan (recon)",)
    assert parts(book)["xl/worksheets/sheet1.xml"] == before
    assert openpyxl.load_workbook(book).sheetnames.count("Plan (recon)") == 1
    chart = next(data for name, data in parts(book).items() if "/charts/" in name and b"(recon)" in data)
    assert b"'Plan (recon)'!$A$6:$A$8" in chart


def test_a_page_is_replaced_where_it_is_with_what_points_to_it(tmp_path: Path) -> None:
    path = tmp_path / "july.xlsm"
    new_book(path).write_pages([page(3), page(2, name="Second", key="second")])
    change_part(path, "xl/workbook.xml", 'name="Ageing"', 'name="Debt by age"')
    change_part(path, "xl/workbook.xml", "'Ageing'!", "'Debt by age'!")
    names, problems = open_book(path).write_pages([page(30)])
    assert (names, problems) == (("Debt by age",), ())
    sheets = openpyxl.load_workbook(path).sheetnames
    assert sheets[-2:] == ["Debt by age", "Second"]
    assert len(shown(path, "Debt by age")) == 32
    held = parts(path)
    assert len([name for name in held if name.startswith("xl/charts/")]) == 2 + 2, (
        "the dashboard's, and one each"
    )
    assert held["xl/workbook.xml"].count(b"_xlnm.Print_Titles") == len(columns.TABLES) + 2
    assert b"'Debt by age'!$A$1" in held["xl/workbook.xml"]


def test_a_deleted_sheet_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "july.xlsm"
    new_book(path).write_pages([page(3)])
    change_part(path, "xl/workbook.xml", "'Ageing'!$A$1", "#REF!")
    change_part(path, "xl/workbook.xml", 'name="Ageing"', 'name="Old"')
    assert open_book(path).write_pages([page(3)])[0] == ("Ageing",)


def test_the_same_pages_again_change_nothing(book: Path) -> None:
    pages = [page(3), page(50, name="Second", key="second"), page(4, blocks=2, name="Third", key="third")]
    open_book(book).write_pages(pages)
    once = book.read_bytes()
    open_book(book).write_pages(pages)
    assert book.read_bytes() == once
    assert draw(pages) == draw(pages)


def test_no_part_is_left_behind_or_missing(book: Path) -> None:
    """With a chart, without one, with two: what hung on the old sheet goes, and is in no list any more."""
    for pages in ([page(3)], [page(3, chart=False)], [page(3, blocks=2)], [page(3)]):
        open_book(book).write_pages(pages)
        package = Package(book.read_bytes())
        types = package.read("[Content_Types].xml").decode()
        named = {name.lstrip("/") for name in re.findall(r'PartName="([^"]+)"', types)}
        assert named <= set(package.names)
        related = {
            relation.target
            for name in ["", *package.names]
            for relation in package.relations(name)
            if relation.target and not name.endswith(".rels")
        }
        held = {name for name in package.names if name.startswith(("xl/charts/", "xl/drawings/drawing"))}
        assert held <= related, "a part that nothing leads to"
        assert {name for name in related if name.startswith(("xl/charts/", "xl/drawings/"))} <= set(
            package.names
        )


def test_the_macro_name_of_a_sheet_stays(tmp_path: Path) -> None:
    """Excel gives each sheet of a workbook with macros a module; the sheet's part names it."""
    path = tmp_path / "july.xlsm"
    new_book(path).write_pages([page(3)])
    package = Package(path.read_bytes())
    part = package.sheets()[-1].path
    change_part(path, part, "<sheetPr", '<sheetPr codeName="Sheet99"')
    open_book(path).write_pages([page(5)])
    assert b'codeName="Sheet99"' in parts(path)[part]


def test_what_was_added_to_a_report_sheet_is_told_and_is_in_the_backup(tmp_path: Path) -> None:
    path = tmp_path / "july.xlsm"
    new_book(path).write_pages([page(3)])
    part = Package(path.read_bytes()).sheets()[-1].path
    relations = part.replace("worksheets/", "worksheets/_rels/") + ".rels"
    link = '<Relationship Id="rId9" Type="http://x/comments" Target="../comments9.xml"/></Relationships>'
    change_part(path, relations, "</Relationships>", link)
    (problem,) = open_book(path).write_pages([page(3)])[1]
    assert (problem.code, problem.where) == ("report-rewritten", "Ageing")
    assert "comments" in problem.what
    assert path.with_name("july.backup.xlsm").exists()


def test_what_was_typed_or_drawn_beside_a_report_is_told(tmp_path: Path) -> None:
    path = tmp_path / "july.xlsm"
    new_book(path).write_pages([page(3)])
    package = Package(path.read_bytes())
    part = package.sheets()[-1].path
    (drawing,) = [one.target for one in package.relations(part) if one.type == "drawing"]
    change_part(path, drawing, "</xdr:wsDr>", SHAPE + "</xdr:wsDr>")
    typed = "".join(
        f'<row r="{row}"><c r="J{row}" t="inlineStr"><is><t>mine</t></is></c></row>' for row in range(60, 67)
    )
    change_part(path, part, "</sheetData>", typed + "</sheetData>")
    (problem,) = open_book(path).write_pages([page(3)])[1]
    assert problem.code == "report-rewritten"
    assert "(cells J60, J61, J62, J63, J64 and 2 more, 1 drawing)" in problem.what
    assert "mine" not in problem.what
    assert open_book(path).write_pages([page(30)])[1] == (), "it is gone now"
    assert open_book(path).write_pages([page(2)])[1] == (), "what we wrote is not theirs"


@pytest.mark.parametrize("mark", ["Plan!$F$20:$I$29", "Plan!$A$1:$D$9", "Plan!$A$1", "Nowhere!$A$1"])
def test_a_mark_that_was_dragged_onto_a_sheet_of_theirs_leaves_it_theirs(book: Path, mark: str) -> None:
    """A hidden name goes where its cells are moved to."""
    before = parts(book)["xl/worksheets/sheet1.xml"]
    open_book(book).write_pages([page(3)])
    marked = re.search(r"'Ageing'!\$A\$1:\$[A-Z]+\$\d+", parts(book)["xl/workbook.xml"].decode())
    assert marked is not None
    change_part(book, "xl/workbook.xml", marked.group(), mark)
    names, problems = open_book(book).write_pages([page(3)])
    assert (names, problems) == (("Ageing (recon)",), ())
    assert parts(book)["xl/worksheets/sheet1.xml"] == before
    assert open_book(book).write_pages([page(3)])[0] == ("Ageing (recon)",)


def test_an_empty_block_says_so(tmp_path: Path) -> None:
    path = tmp_path / "july.xlsm"
    empty = Page(
        "none", "None", "None", ("What.",), (Block("By name", HEADS, [], [], [], Drawing("Open", 0, 2)),)
    )
    new_book(path).write_pages([empty])
    assert openpyxl.load_workbook(path)["None"]["A5"].value == "Nothing to show."


def test_ranks_currencies_and_text_of_any_length(tmp_path: Path) -> None:
    path = tmp_path / "july.xlsm"
    rows = [
        ("a\x01\tb _x0041_\n" + "x" * 40_000, None, Decimal(7), None),
        ("sub", None, Decimal("1.234"), None),
    ]
    block = Block("By name", HEADS, rows, [PLAIN, SUBTOTAL], [0, 3])
    new_book(path).write_pages([Page("long", "It's long", "Long", ("What.",), (block,))])
    sheet = openpyxl.load_workbook(path)["It's long"]
    assert sheet["A5"].value.startswith("a_x0001_\tb _x005F_x0041_\nxxx"), "as the part has it"
    assert 16_000 < len(sheet["A5"].value) <= 32_767
    assert (sheet["C5"].number_format, sheet["C6"].number_format) == (money_format(0), money_format(3))
    assert (sheet["C6"].value, sheet["C6"].font.b) == (1.234, True)
