"""Workbooks: what Excel does to values, several sheets, and packages that are made to harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from recon import ingest
from recon.ingest import package, parquet
from recon.model import Kind
from recon.problems import ReconError

Write = Callable[[str, "str | bytes"], Path]
_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
ITEMS = ["item_id", "customer_id", "doc_no", "open_amount", "issue_date", "due_date", "po_no"]


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: tuple[str, ...] = ()) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "remove_timezone": True}
    )
    dated = book.add_format({"num_format": "dd/mm/yyyy"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, datetime):
                    sheet.write_datetime(number, column, cell, dated)
                elif isinstance(cell, tuple):
                    sheet.write_formula(number, column, cell[0], None, cell[1])
                else:
                    sheet.write(number, column, cell)
    book.close()
    return stream.getvalue()


def refused(path: Path) -> str:
    with pytest.raises(ReconError) as caught:
        ingest.read(path)
    assert path.name in str(caught.value)
    problem = caught.value.problems[0]
    assert problem.code == ("file-locked" if "encrypted" in problem.what else "file-unreadable")
    return problem.what


def test_values_are_what_a_person_sees(write: Write) -> None:
    day = datetime(2026, 3, 3, tzinfo=UTC)
    rows: list[list[Any]] = [
        ["Open items of the day"],
        ITEMS,
        ["I1", "C1", 451207, 4200.5, day, 46084, 1.23456789012345e15],
        [("=UPPER(1)", "I2"), "C1", "=HYPERLINK(0)", 0.1 + 0.2, "2026-03-01", "", "000451207"],
        ["I3", "C1", 12.5, 1e-7, day, "", 99999],
        ["I4", "C1", "INV-4", 100, day + timedelta(hours=5), "", ""],
    ]
    reading = ingest.read(write("items.xlsx", workbook({"Items": rows})))
    table = reading.table
    assert reading.format == "xlsx"
    assert table["item_id"].to_list() == ["I1", "I2", "I4"]
    assert table["doc_no"].to_list() == ["451207", "=HYPERLINK(0)", "INV-4"]
    assert table["open_amount"].to_list() == ["4200.5", "0.3", "100"]
    assert table["issue_date"].to_list() == [date(2026, 3, 3), date(2026, 3, 1), date(2026, 3, 3)]
    assert table["due_date"].to_list() == [date(2026, 3, 3), None, None]
    assert table["po_no"].to_list()[1] == "000451207"
    assert table["position"].to_list() == [3, 4, 6]
    assert [(problem.code, problem.where.rpartition("!")[2]) for problem in reading.problems] == [
        ("row-text", "Items:1"),
        ("value-digits", "Items:3"),
        ("value-scale", "Items:5"),
    ]


def test_every_visible_sheet_of_one_kind_is_read_and_the_others_are_named(write: Write) -> None:
    one, two = ["I1", "C1", "D1", 1], ["I2", "C1", "D2", 2]
    sheets: dict[str, Any] = {
        "March": [ITEMS[:4], one],
        "Notes": [["hello"]],
        "April": [ITEMS[:4], two],
        "Old": [ITEMS[:4], one],
    }
    reading = ingest.read(write("items.xlsx", workbook(sheets, hidden=("Old",))))
    assert reading.table["item_id"].to_list() == ["I1", "I2"]
    assert [(problem.code, problem.where.rpartition("!")[2]) for problem in reading.problems] == [
        ("row-text", "Notes"),
        ("sheet-hidden", "Old"),
    ]


def test_the_place_picks_one_kind_out_of_a_workbook_of_several(write: Write) -> None:
    bank: list[list[Any]] = [["booking_date", "amount", "narrative"], ["2026-03-03", 5, "x"]]
    path = write("all.xlsx", workbook({"Bank": bank, "Items": [ITEMS[:4], ["I1", "C1", "D1", 1]]}))
    assert ingest.read(path, kind=Kind.BANK).table["amount"].to_list() == ["5"]
    assert ingest.read(path, kind=Kind.ITEMS).table["item_id"].to_list() == ["I1"]
    with pytest.raises(ReconError) as caught:
        ingest.read(path)
    assert caught.value.problems[0].code == "file-ambiguous"


def test_a_cell_at_the_far_end_is_refused_before_it_fills_the_memory(write: Write) -> None:
    far = b'<c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    sheet = _SHEET + b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">' + far + b"</worksheet>"
    book = _changed(workbook({"A": [["x"]]}), "xl/worksheets/sheet1.xml", sheet)
    assert "too large" in refused(write("far.xlsx", book))


def _changed(book: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info, old.read(info.filename))
        new.writestr(name, content)
    return out.getvalue()


def test_a_zip_bomb_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "UNPACKED_MAX", 5_000_000)
    bomb = _changed(workbook({"A": [["x"]]}), "xl/media/image1.png", b"\x00" * 20_000_000)
    assert len(bomb) < 100_000
    assert "too large" in refused(write("bomb.xlsx", bomb))


def test_text_that_a_thousand_cells_share_is_refused_where_it_would_not_fit(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "STRINGS_MAX", 1_000_000)
    rows = [["x" * 30_000]] * 100
    assert "too large" in refused(write("text.xlsx", workbook({"A": rows})))


def test_an_ods_that_repeats_a_cell_without_end_is_refused(write: Write) -> None:
    cell = '<table:table-cell table:number-columns-repeated="16000"><text:p>x</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>'
    assert "too large" in refused(write("far.ods", ods(row)))


def ods(rows: str) -> bytes:
    namespaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {namespaces}><office:body>'
        f'<office:spreadsheet><table:table table:name="Items">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", content)
        book.writestr("META-INF/manifest.xml", "<manifest/>")
    return stream.getvalue()


def test_an_ods(write: Write) -> None:
    def row(*cells: str) -> str:
        inner = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in cells
        )
        return f"<table:table-row>{inner}</table:table-row>"

    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    tail = f'<table:table-row table:number-rows-repeated="1048000">{empty}</table:table-row>'
    path = write("items.ods", ods(row(*ITEMS[:4]) + row("I1", "C1", "D1", "4,200.50") + tail))
    reading = ingest.read(path)
    assert (reading.format, reading.table["open_amount"].to_list()) == ("ods", ["4200.50"])


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_a_damaged_workbook_is_refused(write: Write, name: str) -> None:
    path = write(
        "bad.xlsx", _changed(workbook({"A": [["x"]]}), name, b"<worksheet><sheetData><row r='1'><c r='")
    )
    with pytest.raises(ReconError) as caught:
        ingest.read(path)
    assert caught.value.problems[0].code in ("file-unreadable", "file-unknown")


def test_a_cut_workbook_is_refused(write: Write) -> None:
    with pytest.raises(ReconError) as caught:
        ingest.read(write("cut.xlsx", workbook({"A": [ITEMS]})[:3_000]))
    assert caught.value.problems[0].code == "file-unknown"


def test_an_encrypted_workbook_says_what_to_do(write: Write) -> None:
    ole = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\x00" * 600
        + "EncryptedPackage".encode("utf-16-le")
        + b"\x00" * 600
    )
    assert "encrypted" in refused(write("secret.xlsx", ole))


def test_parquet_with_decimals_texts_and_numbers(write: Write) -> None:
    frame = pl.DataFrame(
        {
            "booking_date": [date(2026, 3, 3), date(2026, 3, 4), None],
            "amount": pl.Series(["1.50", "-2.25", "3"]).cast(pl.Decimal(12, 2)),
            "narrative": ["x", None, "z"],
            "position": [7, 8, 9],
        }
    )
    stream = io.BytesIO()
    frame.write_parquet(stream)
    reading = ingest.read(write("b.parquet", stream.getvalue()))
    assert reading.table["amount"].to_list() == ["1.50", "-2.25"]
    assert reading.table["position"].to_list() == [2, 3]
    assert reading.table["extra:position"].to_list() == ["7", "8"]
    assert [problem.code for problem in reading.problems] == ["value-missing"]


def test_money_in_floats_is_never_rounded(write: Write) -> None:
    frame = pl.DataFrame(
        {"booking_date": ["2026-03-03"] * 2, "amount": [4200.5, 0.1 + 0.2], "narrative": ["x", "y"]}
    )
    stream = io.BytesIO()
    frame.write_parquet(stream)
    reading = ingest.read(write("b.parquet", stream.getvalue()))
    assert reading.table["amount"].to_list() == ["4200.5"]
    assert [problem.code for problem in reading.problems] == ["value-scale"]


def test_a_damaged_parquet_is_refused(write: Write) -> None:
    assert "damaged" in refused(write("b.parquet", parquet._MAGIC + b"nonsense"))
