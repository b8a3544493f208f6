"""Small jobs for tests of the engine: rows as dicts of text, and what came out as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import polars as pl

from recon import model
from recon.flow import settings
from recon.match import match
from recon.model import (
    ALIASES,
    ALLOCATIONS,
    BANK_LINES,
    CUSTOMERS,
    EXCEPTIONS,
    LINES,
    OPEN_ITEMS,
    REMITTANCE_LINES,
    SUCCESSIONS,
    Result,
    Table,
    Tables,
)
from recon.rules.schema import Rules

Row = dict[str, str]


def frame(rows: Iterable[Row], table: Table) -> pl.DataFrame:
    """Rows of text as a table in outer form: dates parsed, missing columns left out."""
    made = pl.DataFrame(list(rows), infer_schema_length=None) if rows else table.empty_outside()
    dates = [
        column.name for column in table.columns if column.dtype == pl.Date() and column.name in made.columns
    ]
    return made.with_columns(
        pl.col(name).cast(pl.String).str.to_date("%Y-%m-%d", strict=False) for name in dates
    )


def line(line_id: str, narrative: str, amount: str, **more: str) -> Row:
    """A bank line of March 2026 in pounds."""
    base = {
        "line_id": line_id,
        "booking_date": "2026-03-10",
        "amount": amount,
        "currency": "GBP",
        "type": "BGC",
    }
    return base | {"narrative": narrative} | more


def item(item_id: str, customer: str, open_amount: str, **more: str) -> Row:
    """An invoice of February 2026 in pounds."""
    base = {
        "item_id": item_id,
        "doc_no": item_id,
        "customer_id": customer,
        "doc_type": "invoice",
        "currency": "GBP",
        "amount": open_amount,
        "open_amount": open_amount,
        "issue_date": "2026-02-01",
        "due_date": "2026-03-03",
    }
    return base | more


@dataclass(frozen=True)
class Told:
    """A result in outer form."""

    lines: pl.DataFrame
    allocations: pl.DataFrame
    exceptions: pl.DataFrame
    result: Result

    def outcome(self, line_id: str) -> str:
        """The outcome of a line."""
        return str(self.lines.filter(pl.col("line_id") == line_id)["outcome"].item())

    def paid(self, line_id: str) -> dict[str, Decimal]:
        """Cash by item; the empty item is on account."""
        rows = self.allocations.filter(pl.col("line_id") == line_id)
        paid: dict[str, Decimal] = {}
        for item_id, amount in rows.select("item_id", "amount").iter_rows():
            paid[item_id] = paid.get(item_id, Decimal(0)) + Decimal(amount)
        return paid

    def deducted(self, line_id: str) -> dict[tuple[str, str], Decimal]:
        """Deductions by item and type."""
        rows = self.allocations.filter((pl.col("line_id") == line_id) & (pl.col("deduction_type") != ""))
        return {
            (one, type_): Decimal(amount)
            for one, type_, amount in rows.select("item_id", "deduction_type", "deduction").iter_rows()
        }

    def codes(self, line_id: str) -> list[str]:
        """The exception codes of a line."""
        return self.exceptions.filter(pl.col("line_id") == line_id)["code"].to_list()

    def left(self, line_id: str) -> Decimal:
        """What is neither allocated nor on account."""
        amounts = self.exceptions.filter(pl.col("line_id") == line_id)["amount"]
        return sum((Decimal(amount) for amount in amounts), Decimal(0))


@cache
def rules_of(name: str = "default") -> Rules:
    """The rules that come with recon."""
    return settings.load_rules(name)[0]


def tables_of(
    lines: Sequence[Row],
    items: Sequence[Row],
    customers: Sequence[Row] = (),
    remittances: Sequence[Row] = (),
    aliases: Sequence[Row] = (),
    closed: Sequence[Row] = (),
    successions: Sequence[Row] = (),
) -> Tables:
    """The tables of a job, in inner form."""
    outer = {
        "bank_lines": (BANK_LINES, frame(lines, BANK_LINES)),
        "open_items": (OPEN_ITEMS, frame(items, OPEN_ITEMS)),
        "remittance_lines": (REMITTANCE_LINES, frame(remittances, REMITTANCE_LINES)),
        "customers": (CUSTOMERS, frame(customers, CUSTOMERS)),
        "aliases": (ALIASES, frame(aliases, ALIASES)),
        "closed_items": (OPEN_ITEMS, frame(closed, OPEN_ITEMS)),
        "successions": (SUCCESSIONS, frame(successions, SUCCESSIONS)),
    }
    scales = model.scales_of(list(outer.values()))
    inner = {name: model.inside(made, table, scales) for name, (table, made) in outer.items()}
    return Tables(
        bank_lines=inner["bank_lines"],
        open_items=inner["open_items"],
        remittance_lines=inner["remittance_lines"],
        customers=inner["customers"],
        aliases=inner["aliases"],
        closed_items=inner["closed_items"],
        successions=inner["successions"],
        scales=scales,
    )


def run(tables: Tables, rules: Rules | None = None) -> Told:
    """Match, and tell in outer form."""
    result = match(tables, rules or rules_of())
    return Told(
        model.outside(result.lines, LINES, tables.scales),
        model.outside(result.allocations, ALLOCATIONS, tables.scales),
        model.outside(result.exceptions, EXCEPTIONS, tables.scales),
        result,
    )
