"""Cells as text and back: what goes into a sheet comes out of it, whatever it looks like."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recon.workbook import grid, slices
from recon.workbook.columns import Kind
from recon.workbook.package import BrokenError

# What XML and polars can hold: everything but lone surrogates.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


def written(series: pl.Series, kind: Kind) -> str:
    """The values as a sheet part with one column."""
    parts = grid.inner(series, kind, dates_from_1904=False)
    rows = "".join(
        f'<row r="{at + 1}"><c r="A{at + 1}"{kind_}>{inside}</c></row>'
        for at, (kind_, inside) in enumerate(parts.iter_rows())
    )
    return f"<worksheet><sheetData>{rows}</sheetData></worksheet>"


def read(text: str, shared: list[str] | None = None) -> list[str]:
    _, rows = slices.take_apart([text.encode()])
    values: list[str] = grid.texts(grid.cells(rows), shared or [])["value"].to_list()
    return values


@given(st.lists(ANY_TEXT, min_size=1, max_size=8))
@example(["_x0041_", "_x0041_x0042_", "_x005F_x0041_", "__x0041_", "_x00e9_"])
@example(["=1+1", "+44", "-1", "@SUM(A1)", "'=1", "=cmd|'/c calc'!A1"])
@example(["\x00\x01\x08\x0b\x0c\x0e\x1f\ufffe\uffff", "a\r\nb\tc", " lead", "trail ", "\n", "   "])
@example(['<c r="A1">', "</row>", "]]>", "&amp;", "&#10;", "&lt;", "<!-- -->", "</sheetData>"])
@example(["\U0001f600", "ئەو", "\u202e", "e\u0301"])
def test_text_comes_back_and_is_never_a_formula(values: list[str]) -> None:
    text = written(pl.Series(values), Kind.TEXT)
    assert "<f" not in text
    assert text.count('t="inlineStr"') == len(values)
    assert read(text) == values


@given(st.lists(st.decimals(-(10**9), 10**9, places=2, allow_nan=False).map(str), min_size=1, max_size=8))
def test_money_stands_as_the_very_digits_and_comes_back(values: list[str]) -> None:
    text = written(pl.Series(values), Kind.MONEY)
    assert all(f"<v>{value}</v>" in text for value in values)
    assert [pl.Series([got]).cast(pl.Decimal(20, 2))[0] for got in read(text)] == [
        pl.Series([value]).cast(pl.Decimal(20, 2))[0] for value in values
    ]


@pytest.mark.parametrize(
    "value", ["12345678901234.56", "0.1234567890123456", "abc", "1e5", "=1", "1,5", "--1"]
)
def test_what_a_double_cannot_hold_exactly_stays_text(value: str) -> None:
    text = written(pl.Series([value]), Kind.MONEY)
    assert "<v>" not in text
    assert read(text) == [value]


def test_dates_are_serial_numbers_and_impossible_ones_text() -> None:
    days = pl.Series([date(2026, 10, 1), date(1900, 3, 1), date(1900, 2, 28), None])
    assert read(written(days, Kind.DATE)) == ["46296", "61", "1900-02-28", ""]


def test_what_no_number_can_be_leaves_the_cell_empty() -> None:
    assert read(written(pl.Series([0.5, float("nan"), float("inf"), None]), Kind.PERCENT)) == [
        "0.5",
        "",
        "",
        "",
    ]


def test_text_longer_than_excel_takes_is_cut_and_says_so() -> None:
    [got] = read(written(pl.Series(["\U0001f600" * 40_000]), Kind.TEXT))
    assert len(got) == grid.TEXT_MAX
    assert got.endswith(grid.CUT)
    assert len(got.encode("utf-16-le")) // 2 <= 32_767


def test_what_other_programs_write_is_read() -> None:
    cells = (
        '<row r="1" spans="1:9"><c r="A1" t="s"><v>1</v></c><c r="B1" s="3"/><c r="C1" t="b"><v>1</v></c>'
        '<c r="D1" t="str"><f>A1&amp;"x"</f><v>a &amp;amp; b</v></c><c r="E1"><v>4200.1000000000004</v></c></row>'
        '<row r="2"/><row r="3" ht="15"/>'
        '<row r="4"><c t="s" s="2" r="A4"><v>0</v></c><c r="B4" t="e"><v>#N/A</v></c>'
        '<c r="C4" t="inlineStr"><is><r><t>rich </t></r><r><rPr><b/></rPr>'
        '<t xml:space="preserve">text </t></r></is></c>'
        '<c r="D4"><v>1E-3</v></c><c r="E4" s="1"><v>46296</v></c></row>'
    )
    text = f"<worksheet><sheetData>{cells}</sheetData></worksheet>"
    expected = ["one", "", "TRUE", "a &amp; b", "4200.1", "zero", "#N/A", "rich text ", "0.001", "46296"]
    assert read(text, ["zero", "one"]) == expected
    assert [row.number for row in slices.take_apart([text.encode()])[1]] == [1, 2, 3, 4]
    prefixed = (
        text.replace("<", "<x:")
        .replace("<x:/", "</x:")
        .replace("<x:worksheet", '<x:worksheet xmlns:x="m"', 1)
    )
    assert read(prefixed, ["zero", "one"]) == expected


def test_a_sheet_taken_apart_is_the_same_when_put_together() -> None:
    text = '<worksheet a="1"><sheetData><row r="1"><c r="A1"/></row></sheetData><tail/></worksheet>'
    sheet, _ = slices.take_apart([text.encode()])
    assert (sheet.head, sheet.tail) == ('<worksheet a="1">', "<tail/></worksheet>")


@pytest.mark.parametrize(
    "text",
    [
        "<worksheet/>",
        "<worksheet><sheetData><row><c r='A1'/></row></sheetData></worksheet>",
        "<worksheet><sheetData><row r='1'>",
        '<!DOCTYPE x [<!ENTITY a "b">]><worksheet><sheetData/></worksheet>',
        '<worksheet><!-- --><sheetData><row r="1"/></sheetData></worksheet>',
        '<worksheet><sheetData><row r="1"><c><v>1</v></c></row></sheetData></worksheet>',
        '<worksheet><sheetData><row r="1"><c s="1"><v>1</v></c></row></sheetData></worksheet>',
    ],
)
def test_what_cannot_be_told_apart_is_refused(text: str) -> None:
    with pytest.raises(BrokenError):
        grid.cells(slices.take_apart([text.encode()])[1])


def test_places_are_read_as_excel_writes_them() -> None:
    assert grid.area("A3:W4") == (0, 3, 22, 4)
    assert grid.area("$AA$10") == (26, 10, 26, 10)
    with pytest.raises(BrokenError):
        grid.area("A:B")
