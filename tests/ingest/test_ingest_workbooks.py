"""Workbooks as people hand them in: .xlsx, .xlsm, .xls and .ods, with filters, hidden parts, texts and day numbers.

The .xls and .ods are the same workbook as LibreOffice writes it, so all of them must say the same.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from soffice import converted

from recon import ingest
from recon.model import Reading
from recon.problems import ReconError

Write = Callable[[str, "str | bytes"], Path]
HEADING = ["item_id", "customer_id", "doc_no", "open_amount", "issue_date", "due_date", "po_no"]
DAY = datetime(2026, 3, 3, tzinfo=UTC)
ROWS: list[list[Any]] = [
    HEADING,
    # a reference as text, and with noughts in front; a day number that is not written as a date
    ["I1", "C1", "123456789012345678", 100.5, DAY, 46084, "000123"],
    # a reference as a number, of which Excel has kept fifteen digits; an amount as text; a date as text
    ["I2", "C1", 123456789012345678, "4,200.50", DAY, "2026-03-05", ""],
    # these two rows are hidden by a filter; a date written as the profile doesn't
    ["I3", "C2", 451207, 70, DAY, "04/03/2026", 999999999999999],
    ["I4", "C2", "INV-4", 80, DAY, "", 1234567890123456],
    # and this one by hand
    ["I5", "C1", "INV-5", 90, DAY, "", "=1+1"],
]
HIDDEN = (3, 4, 5)


def made(*, plain: bool = False, from_1904: bool = False, hide_all: bool = False) -> bytes:
    """The workbook; `plain` without filter and without anything hidden."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(
        stream,
        {
            "in_memory": True,
            "remove_timezone": True,
            "date_1904": from_1904,
            "strings_to_numbers": False,
            "strings_to_formulas": False,
        },
    )
    dated = book.add_format({"num_format": "dd/mm/yyyy"})
    names = ("Notes", "Items", "Old", "Very old")
    sheets = {name: book.add_worksheet(name) for name in names if not plain or name == "Items"}
    for name, sheet in sheets.items():
        rows = {"Notes": [["of March"]], "Items": ROWS}.get(name, [HEADING[:4], ["I9", "C9", "OLD-9", 1]])
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, datetime):
                    sheet.write_datetime(number, column, cell, dated)
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                else:
                    sheet.write_number(number, column, cell)
    if not plain:
        sheets["Items"].autofilter(0, 0, len(ROWS) - 1, len(HEADING) - 1)
        sheets["Items"].filter_column("B", "x == C1")
        for number in HIDDEN:
            sheets["Items"].set_row(number, None, None, {"hidden": True})
        sheets["Items"].set_column(2, 3, None, None, {"hidden": True})
        sheets["Items"].activate()
        sheets["Items"].set_first_sheet()
        sheets["Old"].hide()
        sheets["Very old"].very_hidden()
    if hide_all:
        sheets["Items"].hide()
        sheets["Notes"].activate()
    book.close()
    return stream.getvalue()


def values(reading: Reading) -> pl.DataFrame:
    return reading.table.select(*HEADING, "position")


def check(reading: Reading) -> None:
    """All rows, hidden or not, as they are; and all that a person should know."""
    table = reading.table
    assert table["item_id"].to_list() == ["I1", "I2", "I3", "I4", "I5"]
    assert table["position"].to_list() == [2, 3, 4, 5, 6]
    assert table["open_amount"].to_list() == ["100.5", "4200.50", "70", "80", "90"]
    assert table["issue_date"].to_list() == [date(2026, 3, 3)] * 5
    assert table["due_date"].to_list() == [date(2026, 3, 3), date(2026, 3, 5), None, None, None]
    assert table["doc_no"][0] == "123456789012345678"
    assert table["doc_no"][2] == "451207"
    assert table["po_no"].to_list()[::2] == ["000123", "999999999999999", "=1+1"]
    said = [(problem.code, problem.where.partition("!")[2]) for problem in reading.problems]
    assert said == [
        ("row-text", "Notes"),
        ("sheet-hidden", "Old"),
        ("sheet-hidden", "Very old"),
        ("value-digits", "Items:3"),
        ("value-date", "Items:4"),
        ("value-digits", "Items:5"),
    ]
    assert all(problem.hint for problem in reading.problems if problem.code == "sheet-hidden")


@pytest.mark.parametrize("name", ["items.xlsx", "items.xlsm"])
def test_a_workbook_of_excel(name: str, write: Write) -> None:
    reading = ingest.read(write(name, made()))
    assert reading.format == "xlsx"
    check(reading)


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_the_same_in_other_forms(kind: str, write: Write) -> None:
    reading = ingest.read(converted(write("items.xlsx", made()), kind))
    assert reading.format == kind
    check(reading)


def test_hidden_rows_columns_and_filters_change_nothing(write: Write) -> None:
    assert values(ingest.read(write("a.xlsx", made()))).equals(
        values(ingest.read(write("b.xlsx", made(plain=True))))
    )


def test_a_workbook_whose_days_count_from_1904(write: Write) -> None:
    """Dates are dates; a bare day number would be four years off, so it is told instead of read."""
    reading = ingest.read(write("mac.xlsx", made(plain=True, from_1904=True)))
    assert reading.table["issue_date"].to_list() == [date(2026, 3, 3)] * 5
    assert reading.table["due_date"].to_list() == [None, date(2026, 3, 5), None, None, None]
    assert ("value-date", "Items:2") in [
        (problem.code, problem.where.partition("!")[2]) for problem in reading.problems
    ]


def test_where_all_that_could_be_read_is_hidden_that_is_what_is_said(write: Write) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.add_worksheet("Empty")
    sheet = book.add_worksheet("Items")
    for number, cells in enumerate([HEADING[:4], ["I1", "C1", "D1", 1]]):
        sheet.write_row(number, 0, cells)
    sheet.hide()
    book.close()
    with pytest.raises(ReconError) as caught:
        ingest.read(write("hidden.xlsx", stream.getvalue()))
    (problem,) = caught.value.problems
    assert problem.code == "sheet-hidden"
    assert problem.where.endswith("hidden.xlsx!Items")
    assert "unhide it" in problem.hint


def test_a_hidden_sheet_does_not_hide_why_a_shown_one_is_not_read(write: Write) -> None:
    with pytest.raises(ReconError) as caught:
        ingest.read(write("notes.xlsx", made(hide_all=True)))
    assert caught.value.problems[0].code == "file-unknown"
