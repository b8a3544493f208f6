"""Reports as pages of the workbook: the declared columns as headings, the inner numbers as cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from textwrap import wrap
from typing import Final

import polars as pl

from recon import model
from recon.reports import RANK, Column, Inputs, Kind, Made, Part, Report
from recon.workbook.columns import Kind as Shown
from recon.workbook.pages import PLAIN, Block, Cell, Drawing, Head, Page
from recon.workbook.paper import fitted, letters_across

_KINDS: Final = {
    Kind.TEXT: Shown.TEXT,
    Kind.LONG: Shown.LONG,
    Kind.DATE: Shown.DATE,
    Kind.MONEY: Shown.MONEY,
    Kind.NUMBER: Shown.INTEGER,
    Kind.PERCENT: Shown.PERCENT,
    Kind.TENTHS: Shown.INTEGER,
    Kind.HUNDREDTHS: Shown.INTEGER,
    Kind.RATE: Shown.PERCENT,
}
_WIDTHS: Final = {
    Kind.LONG: 36,
    Kind.MONEY: 15,
    Kind.DATE: 12,
    Kind.NUMBER: 9,
    Kind.PERCENT: 10,
    Kind.TENTHS: 10,
    Kind.HUNDREDTHS: 11,
    Kind.RATE: 11,
}
_SHARES: Final = {
    Kind.PERCENT: 4,
    Kind.RATE: 6,
    Kind.TENTHS: 1,
    Kind.HUNDREDTHS: 2,
}  # decimals of the inner number
_FORMATS: Final = {
    Kind.PERCENT: "0.0 %",  # none of so many is a rate; where there is nothing to divide by, the cell is empty
    Kind.TENTHS: '#,##0.0;-#,##0.0;"\u2013"',  # nought is a dash
    Kind.HUNDREDTHS: '#,##0.00;-#,##0.00;"\u2013"',
    Kind.RATE: "0.000 %",
}
_SHOWN: Final = {Kind.TENTHS: 1, Kind.HUNDREDTHS: 2, Kind.PERCENT: 3, Kind.RATE: 3}  # about, with the sign
_WIDTH: Final = 16
_TEXT_MAX: Final = 26  # characters that a text may widen its column to
_AIR: Final = 2  # characters around a number
_DATE_LEAST: Final = 11
_LEAST, _LONG_LEAST = 8, 22  # characters that columns of a wide sheet keep
ANEW: Final = "Written anew each time: keep what you add on a sheet of your own."


def pages(report: Report, made: Made, inputs: Inputs) -> list[Page]:
    """The sheets of a report, in the order in which its parts name them."""
    sheets = list(dict.fromkeys(part.sheet for part in made.parts if part.sheet))
    late = f", out of what is known to {inputs.known_to:%d/%m/%Y}" if inputs.known_to else ""
    at = f"As at {inputs.as_of:%d/%m/%Y}{late}."
    found = []
    for sheet in sheets:
        parts = [part for part in made.parts if part.sheet == sheet]
        limit = inputs.rules.limits.rows_shown
        shown = [(part, _shown(part, limit)) for part in parts]
        cut = [_cut(part, limit) for part, frame in shown if frame.height < part.frame.height]
        own = dict.fromkeys(fact for part in parts for fact in part.facts)
        about = (f"{report.what} {ANEW}", " ".join([at, *made.facts, *own]), *cut)
        blocks = fitted([block for part, frame in shown for block in _blocks(part, frame, inputs)])
        about = tuple(line for text in about for line in wrap(text, letters_across(blocks)))
        foot = f"as at {inputs.as_of:%d/%m/%Y}"
        found.append(Page(key_of(sheet), sheet, sheet, about, blocks, foot, sheet in made.boards))
    return found


def key_of(sheet: str) -> str:
    """What the mark of a sheet of that name ends in."""
    return re.sub(r"[^a-z0-9]+", "_", sheet.lower())


def _shown(part: Part, limit: int) -> pl.DataFrame:
    """The rows that a sheet has room for: the first ones, and all totals."""
    if part.frame.height <= limit:
        return part.frame
    total = pl.col(RANK) != PLAIN if RANK in part.frame.columns else pl.lit(value=False)
    return part.frame.filter((pl.int_range(pl.len()) < limit) | total)


def _cut(part: Part, limit: int) -> str:
    return (
        f"{part.title}: the first {limit:,} of {part.frame.height:,} rows, and all totals; recon report --out writes "
        "the rest, and limits.rows_shown of the rules says how many stand here."
    )


def _blocks(part: Part, frame: pl.DataFrame, inputs: Inputs) -> Iterator[Block]:
    """A part as one block, or as one for each value of the column that it is split by."""
    if not part.split:
        yield _block(part, part.title, frame, inputs)
        return
    for (value,), rows in frame.group_by(part.split, maintain_order=True):
        yield _block(part, f"{part.title}, {value}", rows, inputs)
    if frame.is_empty():
        yield _block(part, part.title, frame, inputs)


def _block(part: Part, title: str, frame: pl.DataFrame, inputs: Inputs) -> Block:
    currencies = frame["currency"].unique().to_list() if "currency" in frame.columns else []
    only = currencies[0] if len(currencies) == 1 else ""
    columns = [column for column in part.columns if not column.file_only and not _empty(column, frame, only)]
    ranks = frame[RANK].to_list() if RANK in frame.columns else [PLAIN] * frame.height
    scales = [inputs.scales.get(one, model.exponent(one)) for one in currencies]
    of = dict(zip(currencies, scales, strict=True))
    decimals = [of[one] for one in frame["currency"]] if currencies else [0] * frame.height
    cells = [_cells(column, frame, decimals) for column in columns]
    chart = None
    if part.chart:
        at = {column.name: number for number, column in enumerate(columns)}
        line = at[part.chart.line] if part.chart.line else None
        money = next(one.kind for one in columns if one.name == part.chart.value) is Kind.MONEY
        unit = f", {only}" if only and money else ""
        shown, title_ = part.chart, f"{part.chart.title}{unit}"
        more = tuple(at[name] for name in shown.more if name in at)
        chart = Drawing(title_, at[shown.category], at[shown.value], line, shown.rows, more, shown.look)
    heads = tuple(_head(column, only, frame, max(scales, default=0)) for column in columns)
    return Block(title, heads, list(zip(*cells, strict=True)), ranks, decimals, chart)


def _empty(column: Column, frame: pl.DataFrame, currency: str) -> bool:
    """Whether an optional column says nothing: no row has it, or it is the one currency that stands above."""
    if not column.optional:
        return False
    if column.name == "currency":
        return bool(currency)
    values = frame[column.inner].drop_nulls()
    nothing = values == "" if values.dtype == pl.String else values == 0
    return bool(nothing.all())


def _head(column: Column, currency: str, frame: pl.DataFrame, decimals: int) -> Head:
    unit = f"\n{currency}" if column.kind is Kind.MONEY and currency else ""
    needed = _needed(column, frame, decimals)
    width = max(column.width or _WIDTHS.get(column.kind, _WIDTH), needed)
    words = max(len(word) for word in column.title.split())
    least = _LONG_LEAST if column.kind is Kind.LONG else max(needed, words + _AIR, _LEAST)
    kind = _KINDS[column.kind]
    return Head(column.title + unit, kind, width, _FORMATS.get(column.kind, ""), least=min(least, width))


def _needed(column: Column, frame: pl.DataFrame, decimals: int) -> int:
    """Characters that a column's longest value takes: a number that lacks room would be shown as ####."""
    values = frame[column.inner].drop_nulls()
    if column.kind is Kind.DATE:
        return _DATE_LEAST
    if values.is_empty() or column.kind is Kind.LONG:
        return 0
    if column.kind is Kind.TEXT:
        longest = values.str.len_chars().max()
        return min(longest + 1 if isinstance(longest, int) else 0, _TEXT_MAX)
    places = decimals if column.kind is Kind.MONEY else _SHOWN.get(column.kind, 0)
    units = 10 ** (decimals if column.kind is Kind.MONEY else _SHARES.get(column.kind, 0))
    ends = [one for one in (values.max(), values.min()) if isinstance(one, int)]
    longest = max(len(f"{Decimal(one) / units:,.{places}f}") for one in ends)
    return longest + _AIR


def _cells(column: Column, frame: pl.DataFrame, decimals: list[int]) -> list[Cell]:
    """A column's cells: money as decimals of its currency, percentages as shares."""
    values = frame[column.inner].to_list()
    if column.kind is Kind.MONEY:
        return [
            None if value is None else Decimal(value).scaleb(-scale)
            for value, scale in zip(values, decimals, strict=True)
        ]
    if column.kind in _SHARES:
        places = _SHARES[column.kind]
        return [None if value is None else Decimal(value).scaleb(-places) for value in values]
    return values
