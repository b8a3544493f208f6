"""Report sheets on paper: A4, one page wide, headings again on each page, nothing cut, no number without room."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from month_cases import STORY
from report_cases import inputs, item
from soffice import converted

from recon.flow import report_pages
from recon.reports import REPORTS
from recon.workbook import paper
from recon.workbook.columns import Kind
from recon.workbook.pages import Block, Head, Page, draw
from recon.workbook.paper import Span, breaks, fitted, letters_across

ACROSS, UPRIGHT = 10.89 * 96, 7.47 * 96  # pixels of A4 lying and upright, between the margins
SMALLEST = 0.67  # letters of 10 points are printed with about 7
PAPER = 9  # A4


def pack(**more: object) -> list[Page]:
    """The sheets of all reports, in the pack's order."""
    given = inputs(**{**STORY, **more})
    return [page for one in REPORTS.values() for page in report_pages.pages(one, one.make(given), given)]


def test_every_report_sheet_is_set_up_for_paper() -> None:
    pages = pack()
    assert [page.name for page in pages[:4]] == ["Management", "Monthly AR", "Monthly details", "Ageing"]
    book = openpyxl.load_workbook(io.BytesIO(draw(pages)))
    assert book.sheetnames == [page.name for page in pages]
    for page, sheet in zip(pages, book, strict=True):
        made, name = sheet.page_setup, sheet.title
        assert made.paperSize == PAPER, name
        assert sheet.print_title_rows, name
        assert 0 < sheet.page_margins.left <= 0.5, name
        assert sheet.oddFooter.left.text.strip() == f"{name} \u00b7 recon \u00b7 as at 31/03/2026"
        assert sheet.oddFooter.right.text == "Page &P of &N"
        assert sheet.HeaderFooter.scaleWithDoc is False, "the foot is as large on each sheet"
        wide = sum(one.width * 7 + 5 for one in sheet.column_dimensions.values())
        across = ACROSS if made.orientation == "landscape" else UPRIGHT
        if sheet.sheet_properties.pageSetUpPr and sheet.sheet_properties.pageSetUpPr.fitToPage:
            beside = made.fitToWidth or 1
            assert beside == 1 or (sheet.print_title_cols and len(page.blocks[0].heads) > 16), name
            assert not sheet.row_breaks.brk, f"{name}: Excel would ignore them"
            assert across * beside / wide >= SMALLEST, f"{name} is too wide to be read on paper"
        else:
            assert SMALLEST <= made.scale / 100 <= across / wide, f"{name} is cut"
            assert len(page.blocks) > 1, name


def test_a_page_begins_before_a_table_that_has_no_room_left() -> None:
    spans = [Span(3, 4, 20), Span(22, 23, 30), Span(32, 33, 60), Span(62, 63, 70), Span(72, 73, 75)]
    heights = dict.fromkeys(range(80), 10.0)
    assert breaks(spans, heights, 800, 10) == []
    assert breaks(spans, heights, 320, 10) == [32, 62], "each on the page where all of it is"
    assert breaks(spans, heights, 250, 10) == [22, 72], "one that is longer begins where half a page is free"
    long = [Span(3, 4, 6), Span(8, 9, 90)]
    assert breaks(long, heights, 200, 10) == []
    assert breaks([Span(3, 4, 15), Span(17, 18, 90)], heights, 200, 10) == [17]


def test_one_heading_comes_again_and_it_is_that_of_the_long_table_at_the_end() -> None:
    head, short = Head("What", Kind.TEXT, 20), [("x",)] * 3
    blocks = [
        Block("A", (head,), short, [0] * 3, [0] * 3),
        Block("B", (head,), [("y",)] * 90, [0] * 90, [0] * 90),
    ]
    pages = [
        Page("one", "One", "One", ("about",), (blocks[1],)),
        Page("two", "Two", "Two", ("about",), tuple(blocks)),
        Page("three", "R & D", "R & D", ("about",), (blocks[0], blocks[0])),
    ]
    book = openpyxl.load_workbook(io.BytesIO(draw(pages)))
    assert [sheet.print_title_rows for sheet in book] == ["$4:$4", "$12:$12", "$1:$1"]
    assert book["Two"]["A12"].value == "What"
    assert book["One"].page_setup.orientation == "portrait"
    assert book["R & D"].page_setup.fitToHeight in (None, 1), "on one page"
    with zipfile.ZipFile(io.BytesIO(draw(pages))) as parts:
        assert "R &amp;&amp; D" in parts.read("xl/worksheets/sheet3.xml").decode(), "one & begins a code"


def test_of_the_tables_of_a_sheet_only_the_last_one_grows_with_the_ledger() -> None:
    """Since only its heading is printed again."""
    many = [item(f"I-{at}", f"C{at}", "2019-01-01", "2019-01-31", f"{at * 1000}.50") for at in range(1, 300)]
    for page in pack(open_items=many):
        assert all(len(block.rows) < 60 for block in page.blocks[:-1]), page.name


def test_tables_on_several_pages_have_a_scale_and_breaks_before_them() -> None:
    head, rows = Head("What", Kind.TEXT, 150), [("x",)] * 25
    block = Block("A", (head,), rows, [0] * 25, [0] * 25)
    sheet = openpyxl.load_workbook(io.BytesIO(draw([Page("p", "P", "P", ("about",), (block,) * 3)])))["P"]
    assert [one.id for one in sheet.row_breaks.brk] == [32, 61], "the row above each table but the first"
    assert sheet["A33"].value == sheet["A62"].value == "A"
    assert not sheet.sheet_properties.pageSetUpPr or not sheet.sheet_properties.pageSetUpPr.fitToPage


def test_a_chart_has_room_for_the_whole_columns_that_it_reaches() -> None:
    (management,) = [page for page in pack() if page.name == "Management"]
    right = max(one.off + one.width for one in management.charts)
    tables = paper.pixels(paper.widths(management.blocks))
    assert right > tables, "or this tests nothing"
    sheet = openpyxl.load_workbook(io.BytesIO(draw([management])))["Management"]
    assert sheet.page_setup.scale / 100 <= ACROSS / (tables + 64)


def test_lines_above_the_tables_do_not_run_on_behind_the_last_column() -> None:
    for page in pack():
        assert all(len(line) <= letters_across(page.blocks) for line in page.about), page.name


def test_a_number_has_room_however_large_it_is() -> None:
    large = pack(open_items=[item("I-1", "C1", "2026-01-01", "2026-01-31", "-98765432109.99")])
    (ageing,) = [page for page in large if page.name == "Ageing by customer"]
    head = next(one for one in ageing.blocks[0].heads if one.title.startswith("Balance"))
    assert head.width >= len("-98,765,432,109.99") + 2


def test_wide_sheets_become_narrower_but_no_column_than_its_numbers() -> None:
    heads = (
        Head("Name", Kind.LONG, 120, least=22),
        Head("Sum", Kind.MONEY, 100, least=30),
        Head("Day", Kind.DATE, 12),
    )
    (block,) = fitted([Block("", heads, [], [], [])])
    assert block.pixels * SMALLEST <= ACROSS
    assert all(now.width >= was.least for now, was in zip(block.heads, heads, strict=True))
    assert block.heads[2].width == 12, "it can't be narrower"
    assert fitted([Block("", heads[2:], [], [], [])])[0].heads == heads[2:], "what is narrow stays"


def test_where_nothing_else_helps_texts_run_on_in_the_next_line() -> None:
    money = tuple(Head("Sum", Kind.MONEY, 16, least=16) for _ in range(10))
    text = Head("Document", Kind.TEXT, 26, least=26)
    (block,) = fitted([Block("", (text, text, *money), [], [], [])])
    assert [(head.kind, head.width < 26) for head in block.heads[:2]] == [(Kind.LONG, True)] * 2
    assert block.heads[2:] == money


def size(page: pypdfium2.PdfPage) -> float:
    """The points that most letters of a printed page have."""
    text, matrix = page.get_textpage(), pypdfium2.raw.FS_MATRIX()
    found: Counter[float] = Counter()
    for at in range(text.count_chars()):
        pypdfium2.raw.FPDFText_GetMatrix(text.raw, at, matrix)
        points = pypdfium2.raw.FPDFText_GetFontSize(text.raw, at) * abs(matrix.d)
        found[round(points, 1)] += 1
    return found.most_common(1)[0][0]


@pytest.mark.libreoffice
@pytest.mark.slow
def test_a_pack_on_paper_has_no_cut_column(tmp_path: Path) -> None:
    many = [
        item(f"I-{at}", f"C{at % 97}", "2026-01-01", "2026-01-31", f"{at * 1000}.50") for at in range(1, 300)
    ]
    pages = pack(open_items=many)
    book = tmp_path / "pack.xlsx"
    book.write_bytes(draw(pages))
    paper_ = pypdfium2.PdfDocument(converted(book, "pdf"))
    texts = [page.get_textpage().get_text_range() for page in paper_]
    assert not any("###" in text for text in texts), "a number lacks room"
    by_sheet: dict[str, list[str]] = {}
    for text in texts:
        found = re.search(r"(?m)^ ?(.+?) \u00b7 recon \u00b7 as at", text)
        assert found, "each page says what it is"
        by_sheet.setdefault(found[1].strip(), []).append(text)
    assert list(by_sheet) == [page.name for page in pages], "one after the other, none beside another"
    assert all(len(text) > 150 for text in texts), "a page is empty"
    sizes = {on: size(one) for on, one in enumerate(paper_)}
    small = {texts[on].splitlines()[0]: points for on, points in sizes.items() if points < 6.6}
    assert not small, "too small to read"
    for page in pages:
        for block in page.blocks:
            words = {word for head in block.heads for word in head.title.split()}
            alone = len(page.blocks) == 1
            on = [text for text in by_sheet[page.name] if alone or block.title in text.replace("\r\n", " ")]
            assert on, f"{page.name}: {block.title}"
            assert any(all(word in text for word in words) for text in on), (
                f"{page.name}: {block.title} is cut"
            )


@pytest.mark.parametrize(
    ("width", "letters", "lines"), [(16, 200, 12), (16, 400, 14), (36, 400, 6), (36, 30, 1)]
)
def test_a_narrow_column_shows_as_much_of_a_text_as_a_wide_one(width: int, letters: int, lines: int) -> None:
    block = Block("Why", (Head("Why", Kind.LONG, width),), [("x" * letters,)], [0], [0])
    book = openpyxl.load_workbook(io.BytesIO(draw([Page("why", "Why", "Why", (), (block,))])))
    assert round((book["Why"].row_dimensions[4].height - 5) / 13) == lines
