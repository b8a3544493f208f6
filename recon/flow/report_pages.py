"""Reports as pages of the workbook: the declared columns as headings, the inner numbers as cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import polars as pl

from recon import model
from recon.reports import RANK, Column, Inputs, Kind, Made, Part, Report
from recon.workbook.columns import Kind as Shown
from recon.workbook.pages import PLAIN, Block, Cell, Drawing, Head, Page

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
    Kind.PERCENT: "0.0 %",
    Kind.TENTHS: "#,##0.0",
    Kind.HUNDREDTHS: "#,##0.00",
    Kind.RATE: "0.000 %",
}
_WIDTH: Final = 16
_ANEW: Final = "Written anew each time: keep what you add on a sheet of your own."


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
        about = (f"{report.what} {_ANEW}", " ".join([at, *made.facts, *own]), *cut)
        blocks = tuple(block for part, frame in shown for block in _blocks(part, frame, inputs))
        found.append(Page(_key(sheet), sheet, sheet, about, blocks))
    return found


def _key(sheet: str) -> str:
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
        unit = f", {only}" if only else ""
        shown, title = part.chart, f"{part.chart.title}{unit}"
        chart = Drawing(title, at[shown.category], at[shown.value], line, shown.rows)
    heads = tuple(_head(column, only) for column in columns)
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


def _head(column: Column, currency: str) -> Head:
    unit = f"\n{currency}" if column.kind is Kind.MONEY and currency else ""
    width = column.width or _WIDTHS.get(column.kind, _WIDTH)
    return Head(column.title + unit, _KINDS[column.kind], width, _FORMATS.get(column.kind, ""))


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
