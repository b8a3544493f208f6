"""What month-end inputs are drawn from: a job's items with amounts as minor units, and who was paid in the month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Any, Final

import polars as pl

from recon.bench.frames import money
from recon.bench.generate import Case
from recon.model import Table

Row = dict[str, Any]
FIRST: Final = date(2026, 2, 1)  # from here on each entry is given; what was before, as sums of months
MONTH: Final = date(2026, 3, 1)
BEFORE: Final = date(2026, 2, 28)
_SUNDAY: Final = 6


@dataclass(frozen=True)
class Entry:
    """An open or closed item, its amounts in minor units."""

    item_id: str
    customer: str
    name: str
    kind: str
    doc_no: str
    person: str
    issued: date
    due: date | None
    amount: int
    net: int | None
    left: int
    dispute: str
    plan: str


@dataclass(frozen=True)
class Story:
    """A job, as its month-end inputs see it."""

    case: Case
    opened: tuple[Entry, ...]
    closed: tuple[Entry, ...]

    @classmethod
    def of(cls, case: Case) -> Story:
        """The story of a job."""
        return cls(case, _entries(case.open_items), _entries(case.closed_items))

    @property
    def uk(self) -> bool:
        """Whether it is the job in pounds."""
        return self.case.flavour == "uk"

    @property
    def currency(self) -> str:
        """Its only currency."""
        return "GBP" if self.uk else "INR"

    def rng(self, of: str) -> Random:
        """The chance of one input; the others don't change when it does."""
        return Random(f"month end/{self.case.flavour}/{self.case.seed}/{of}")  # noqa: S311 - reproducible on purpose

    @cached_property
    def paid(self) -> frozenset[str]:
        """Items that a bank line of the month settles."""
        return frozenset(self.case.truth_allocations["item_id"]) - {""}

    @cached_property
    def waiting(self) -> tuple[Entry, ...]:
        """Open invoices that no bank line of the month pays, the oldest first."""
        return tuple(
            one for one in self.opened if one.kind == "invoice" and one.item_id not in self.paid and one.due
        )

    @cached_property
    def untouched(self) -> Mapping[str, Sequence[Entry]]:
        """The open items of each customer of whom no bank line pays anything."""
        touched = {one.customer for one in self.opened if one.item_id in self.paid}
        found: dict[str, list[Entry]] = {}
        for one in self.opened:
            if one.customer not in touched:
                found.setdefault(one.customer, []).append(one)
        return found

    @cached_property
    def tax(self) -> Mapping[str, int]:
        """Per cent of the net amount that a customer deducts as TDS, of the first that its profile has."""
        rows = self.case.customers.select("customer_id", "tax_profile").iter_rows()
        found = ((customer, str(profile or "").split(";")[0].split()) for customer, profile in rows)
        return {customer: int(said[1].rstrip("%")) for customer, said in found if said[:1] == ["TDS"]}


def _entries(items: pl.DataFrame) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            row["item_id"],
            row["customer_id"],
            row["customer_name"],
            row["doc_type"],
            row["doc_no"],
            row["service_user_ref"] or "",
            row["issue_date"],
            row["due_date"],
            minor(row["amount"]),
            minor(row["net_amount"]) if row["net_amount"] else None,
            minor(row["open_amount"]),
            row["dispute"] or "",
            row["plan_id"] or "",
        )
        for row in items.sort("issue_date", "item_id").iter_rows(named=True)
    )


def minor(text: str) -> int:
    """Decimal text of two places as minor units."""
    return int(Decimal(text) * 100)


def weekday(day: date) -> date:
    """That day, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - (_SUNDAY - 2)))


def table(layout: Table, rows: Sequence[Row]) -> pl.DataFrame:
    """Rows as a table in outer form; money comes as minor units of two decimals."""
    amounts = set(layout.money)
    known = [column.name for column in layout.columns if not column.ours]
    assert all(set(row) <= set(known) for row in rows), layout.name
    return pl.DataFrame(
        [
            {name: money(row.get(name)) if name in amounts else row.get(name) for name in known}
            for row in rows
        ],
        schema={name: layout.outer_schema[name] for name in known},
    )
