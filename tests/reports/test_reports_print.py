"""Report sheets on paper: A4, one page wide, headings again on each page, nothing cut, no number without room."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from month_cases import STORY
from report_cases import inputs, item
from soffice import converted

from recon.flow import report_pages
from recon.reports import REPORTS
from recon.workbook.columns import Kind
from recon.workbook.pages import Block, Head, Page, draw, fitted

READABLE = 1700  # pixels that shrink to no less than three fifths on A4 lying
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
    for sheet in book:
        set_up, name = sheet.page_setup, sheet.title
        assert set_up.paperSize == PAPER, name
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, name
        assert set_up.fitToWidth in (None, 1), name
        assert sheet.print_title_rows, name
        assert 0 < sheet.page_margins.left <= 0.5, name
        assert sheet.oddFooter.left.text.strip() == f"{name} \u00b7 recon \u00b7 as at 31/03/2026"
        assert sheet.oddFooter.right.text == "Page &P of &N"
        wide = sum(one.width * 7 + 5 for one in sheet.column_dimensions.values())
        assert wide <= READABLE, f"{name} is too wide to be read on paper"
        assert (set_up.orientation == "landscape") or wide <= 860, name


def test_the_heading_that_is_printed_again_is_that_of_the_long_table() -> None:
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
    with zipfile.ZipFile(io.BytesIO(draw(pages))) as parts:
        assert "R &amp;&amp; D" in parts.read("xl/worksheets/sheet3.xml").decode(), "one & begins a code"


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
    assert sum(head.width for head in block.heads) <= 190
    assert all(now.width >= was.least for now, was in zip(block.heads, heads, strict=True))
    assert block.heads[2].width == 12, "it can't be narrower"
    assert fitted([Block("", heads[2:], [], [], [])])[0].heads == heads[2:], "what is narrow stays"


@pytest.mark.libreoffice
@pytest.mark.slow
def test_a_pack_on_paper_has_no_cut_column(tmp_path: Path) -> None:
    many = [
        item(f"I-{at}", f"C{at % 97}", "2026-01-01", "2026-01-31", f"{at * 1000}.50") for at in range(1, 300)
    ]
    pages = pack(open_items=many)
    book = tmp_path / "pack.xlsx"
    book.write_bytes(draw(pages))
    paper = pypdfium2.PdfDocument(converted(book, "pdf"))
    texts = [page.get_textpage().get_text_range() for page in paper]
    assert not any("###" in text for text in texts), "a number lacks room"
    by_sheet: dict[str, list[str]] = {}
    for text in texts:
        found = re.search(r"(?m)^ ?(.+?) \u00b7 recon \u00b7 as at", text)
        assert found, "each page says what it is"
        by_sheet.setdefault(found[1].strip(), []).append(text)
    assert list(by_sheet) == [page.name for page in pages], "one after the other, none beside another"
    for page in pages:
        for block in page.blocks:
            words = {word for head in block.heads for word in head.title.split()}
            alone = len(page.blocks) == 1
            on = [text for text in by_sheet[page.name] if alone or block.title in text.replace("\r\n", " ")]
            assert on, f"{page.name}: {block.title}"
            assert any(all(word in text for word in words) for text in on), (
                f"{page.name}: {block.title} is cut"
            )
