"""A second office program opens what we write: values, looks and formulas of the user's are right there."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from soffice import converted
from workbook_cases import FACTS, change_part, part_of, place, view

from recon.workbook import columns, layout
from recon.workbook.file import new_book, open_book

pytestmark = pytest.mark.libreoffice


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.xlsm"
    new_book(path).write(layout.sheets(view(), FACTS))
    return path


def test_it_opens_the_book_and_prints_every_sheet(book: Path) -> None:
    pdf = converted(book, "pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert (
        pdf.count(b"/Type/Page/") + pdf.count(b"/Type /Page\n") + pdf.count(b"/Type/Page\n")
        >= len(columns.ORDER) - 2
    )


def test_values_and_a_formula_of_the_users_are_right(book: Path) -> None:
    frame = layout.sheets(view(), FACTS)["Bank"]
    plain = frame.with_columns(
        pl.Series("Twice", ["", "", "", ""]), pl.Series("Text", ["=1+1", "@A1", "_x0041_", "a\tb"])
    )
    open_book(book).write({"Bank": plain})
    own = columns.letters(len(frame.columns))

    def at(title: str, row: int) -> str:
        return place("Bank", title, row)

    part = part_of(book, "Bank")
    with zipfile.ZipFile(book) as archive:
        style = archive.read(part).decode().split(f'<c r="{own}5" ')[1].split("/>")[0]
    change_part(
        book, part, f'<c r="{own}5" {style}/>', f'<c r="{own}5" {style}><f>{at("Amount", 5)}*2</f></c>'
    )
    open_book(book).write({"Bank": frame.reverse().with_columns(plain["Text"].reverse())})
    made = openpyxl.load_workbook(converted(book, "xlsx"), data_only=True)["Bank"]
    rows = {made[at("Line id", row)].value: row for row in range(4, 8)}
    assert made[f"{own}{rows['L-2']}"].value == 203.0
    assert [made[at("Amount", rows[line])].value for line in ("L-1", "L-2", "L-3", "L-4")] == [
        100.5,
        101.5,
        102.5,
        103.5,
    ]
    assert made[at("Booking date", rows["L-1"])].value.date().isoformat() == "2026-10-01"
    text = columns.letters(len(frame.columns) + 1)
    assert [made[f"{text}{rows[line]}"].value for line in ("L-1", "L-2", "L-3", "L-4")] == [
        "=1+1",
        "@A1",
        "_x0041_",
        "a\tb",
    ]
