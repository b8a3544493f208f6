"""The sheet *Queries* and the file cases.csv: how queries and promises stand, and what is to be done next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from recon import model
from recon.decide import cases
from recon.fill import fill
from recon.model import CASES
from recon.workbook.columns import Kind
from recon.workbook.pages import PLAIN, Block, Cell, Head, Page

KEY: Final = "queries"
NAME: Final = "Queries"
COLUMNS: Final = {
    "case_id": pl.String(),
    "kind": pl.String(),
    "state": pl.String(),
    "next": pl.String(),
    "level": pl.Int64(),
    "owner": pl.String(),
    "opened": pl.String(),
    "working_days": pl.Int64(),
    "due": pl.Date(),
    "last_day": pl.Date(),
    "customer_id": pl.String(),
    "item_id": pl.String(),
    "line_id": pl.String(),
    "amount": pl.String(),
    "received": pl.String(),
    "currency": pl.String(),
    "text": pl.String(),
    "last_text": pl.String(),
    "opened_by": pl.String(),
    "last_by": pl.String(),
    "last_at": pl.String(),
}
_ABOUT: Final = (
    "An item with an open query is proposed, never posted without a person. The clock counts working days.",
    "Say more with recon case: answered, assigned, closed, cancelled. Written anew by Apply, Refresh and case list.",
)
_HEADS: Final = (
    ("case_id", Head("Case", Kind.TEXT, 8)),
    ("next", Head("What to do next", Kind.LONG, 32)),
    ("level", Head("Level", Kind.INTEGER, 7)),
    ("owner", Head("Owner", Kind.TEXT, 14)),
    ("working_days", Head("Working days", Kind.INTEGER, 9)),
    ("state", Head("State", Kind.TEXT, 11)),
    ("customer_id", Head("Customer", Kind.TEXT, 12)),
    ("about", Head("Item or bank line", Kind.LONG, 24)),
    ("amount", Head("Amount", Kind.MONEY, 14)),
    ("received", Head("Received", Kind.MONEY, 14)),
    ("currency", Head("", Kind.TEXT, 6)),
    ("due", Head("Promised for", Kind.DATE, 12)),
    ("last_day", Head("Last day", Kind.DATE, 12)),
    ("text", Head("Said first", Kind.LONG, 32)),
    ("last_text", Head("Said last", Kind.LONG, 32)),
    ("opened", Head("Opened", Kind.TEXT, 12)),
    ("opened_by", Head("By", Kind.TEXT, 12)),
)
_OPEN: Final = ("open", "answered", "broken", "part_kept")


def table(made: pl.DataFrame, scales: Mapping[str, int], day: date) -> pl.DataFrame:
    """Cases by COLUMNS, outer form: those that need somebody first, by level and age; then those that are over.

    Args:
        made: `cases.state`, inner form, with outcome, level, age, last_day and received_minor where there are such.
        scales: decimals of each currency.
        day: today.
    """
    missing = {
        name: pl.lit(None, dtype=kind)
        for name, kind in {
            "age": pl.Int64(), "level": pl.Int64(), "last_day": pl.Date(), "received_minor": pl.Int64(),
            "outcome": pl.String(),
        }.items()
        if name not in made.columns
    }  # fmt: skip
    whole = made.with_columns(**missing)
    received = whole.select("currency", amount_minor="received_minor")
    outer = model.outside(whole.select("currency", "amount_minor"), CASES, scales)
    rows = whole.with_columns(
        amount=outer["amount"],
        received=model.outside(received, CASES, scales)["amount"],
        state=pl.col("outcome"),
        opened=pl.col("opened_at").str.head(10),
        working_days="age",
    )
    rows = rows.with_columns(next=_next(day))
    order = rows.with_columns(
        _over=~pl.col("state").is_in(list(_OPEN)),
        _level=pl.col("level").fill_null(0),
        _age=pl.col("age").fill_null(0),
    )
    sorted_ = order.sort(["_over", "_level", "_age"], descending=[False, True, True], maintain_order=True)
    return sorted_.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())


def _next(day: date) -> pl.Expr:
    """What somebody has to do, and by when."""
    kind, state, level = pl.col("kind"), pl.col("state"), pl.col("level").fill_null(0)
    owner = pl.when(pl.col("owner").fill_null("") == "").then(pl.lit("nobody yet")).otherwise("owner")
    by = pl.col("last_day").cast(pl.String)
    late = pl.col("last_day") < day
    return (
        pl.when((kind == cases.QUERY) & (state == "open") & (level > 0))
        .then(fill("escalate to level {}: {} had until {}", level.cast(pl.String), owner, by))
        .when((kind == cases.QUERY) & (state == "open") & late)
        .then(fill("answer: {} had until {}", owner, by))
        .when((kind == cases.QUERY) & (state == "open"))
        .then(fill("answer by {}: {}", by, owner))
        .when((kind == cases.QUERY) & (state == "answered"))
        .then(pl.lit("close it, or open it again"))
        .when((kind == cases.PROMISE) & (state == "open") & late)
        .then(fill("read the bank up to {}: it is not known yet what came", by))
        .when((kind == cases.PROMISE) & (state == "open"))
        .then(fill("wait until {}, do not chase", by))
        .when((kind == cases.PROMISE) & state.is_in(["broken", "part_kept"]))
        .then(fill("chase: the promise for {} was not kept", pl.col("due").cast(pl.String)))
        .otherwise(pl.lit(""))
    )


def page(rows: pl.DataFrame, day: date) -> Page:
    """The sheet."""
    shown = rows.with_columns(about=pl.coalesce(_filled("item_id"), _filled("line_id"), pl.lit("")))
    cells = [tuple(_cell(row[name], head) for name, head in _HEADS) for row in shown.iter_rows(named=True)]
    places = [_decimals(row) for row in rows["amount"]]
    heads = tuple(head for _name, head in _HEADS)
    block = Block("Queries and promises", heads, cells, [PLAIN] * len(cells), places)
    return Page(KEY, NAME, NAME, (f"As at {day:%d/%m/%Y}.", *_ABOUT), (block,))


def _filled(name: str) -> pl.Expr:
    return pl.when(pl.col(name).fill_null("") != "").then(pl.col(name))


def _cell(value: object, head: Head) -> Cell:
    if value is None or value == "":
        return None
    if head.kind is Kind.MONEY:
        return Decimal(str(value))
    return value if isinstance(value, int | date) else str(value)


def _decimals(amount: str | None) -> int:
    return len((amount or "0.00").partition(".")[2])
