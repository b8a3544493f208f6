"""Rows on their way from a grid to a table: what is left of them, and what was said about those that left."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import polars as pl

from recon.ingest import findings
from recon.ingest.grid import POSITION, Grid
from recon.model import MONTH_TABLES, TABLES_OF, Column, Kind, Table
from recon.problems import Problem
from recon.rules.profile import Profile

# Without these a row is worth nothing, and a wrong one would be worse: the row is left out.
VITAL: Final = {
    Kind.BANK: ("booking_date", "amount"),
    Kind.ITEMS: ("open_amount",),
    Kind.CUSTOMERS: ("customer_id",),
    Kind.ALIASES: ("alias", "customer_id"),
    Kind.SUCCESSIONS: ("customer_id", "effective", "kind"),
    Kind.REMITTANCE: (),
    Kind.CLOSED: (),
    **{
        kind: tuple(column.name for column in table.columns if column.needed)
        for kind, table in MONTH_TABLES.items()
    },
}
# Unreadable here, the row's sum would be wrong: it is left out too. (Elsewhere only the cell is.)
MONEY_VITAL: Final = {
    Kind.REMITTANCE: ("payment_amount", "gross_amount", "deduction_amount", "paid_amount"),
    **{kind: tuple(table.money) for kind, table in MONTH_TABLES.items()},
}
# A row that has none of these is no row of the table: a title, a total, a footer.
SAYING: Final = {
    Kind.BANK: ("booking_date", "amount"),
    Kind.ITEMS: ("item_id", "doc_no", "open_amount"),
    Kind.CLOSED: ("item_id", "doc_no"),
    Kind.REMITTANCE: ("doc_no", "payment_amount", "paid_amount"),
    Kind.CUSTOMERS: ("customer_id",),
    Kind.ALIASES: ("alias", "customer_id"),
    Kind.SUCCESSIONS: ("customer_id", "effective", "kind"),
    **{kind: tuple(table.file_columns) for kind, table in MONTH_TABLES.items()},
}


SIDES: Final = ("_credit", "_debit", "_unsigned", "_indicator")  # parts of a bank amount on their way to one


@dataclass
class Work:
    """One grid on its way to a table: the rows so far, and what was said about those that left."""

    grid: Grid
    profile: Profile
    rows: pl.DataFrame
    problems: list[Problem] = field(default_factory=list)
    left_out: int = 0
    totals: pl.DataFrame = field(default_factory=pl.DataFrame)  # rows of totals as they stand in the file
    stated: list[tuple[int, Decimal]] = field(default_factory=list)  # what these say: position, amount
    less: dict[int, str] = field(default_factory=dict)  # rows of deductions: position, type of deduction

    @property
    def table(self) -> Table:
        """The table that the rows become."""
        return TABLES_OF[self.profile.kind]

    @property
    def columns(self) -> list[Column]:
        """Its columns that a file can have."""
        return [column for column in self.table.columns if not column.ours]

    def label(self, name: str) -> str:
        """How the file calls one of our columns."""
        way = self.profile.amount
        theirs = self.profile.columns.get(name, "")
        if way is not None and name in ("amount", *SIDES):
            theirs = getattr(way, "signed" if name == "amount" else name.removeprefix("_"))
        names = (theirs,) if isinstance(theirs, str) else theirs
        return " or ".join(f"`{own}`" for own in names if own) or name

    def drop(self, mask: pl.Expr, code: str, what: str, hint: str = "") -> None:
        """Leave rows out, each with a problem."""
        if self.say(mask, code, what, hint):
            self._without(mask)

    def say(self, mask: pl.Expr, code: str, what: str, hint: str = "") -> bool:
        """Report rows that stay, one problem for each; whether there are any."""
        found = self.rows.lazy().filter(mask).select(POSITION).collect()
        self.problems += findings.rows(found, self.grid.at, code, what, hint)
        return found.height > 0

    def drop_text(self, mask: pl.Expr, what: str) -> None:
        """Leave out rows that are no rows of the table."""
        positions = self.rows.lazy().filter(mask).select(POSITION).collect()[POSITION].to_list()
        if positions:
            self.problems += findings.spans(positions, self.grid.at, what)
            self._without(mask)

    def _without(self, mask: pl.Expr) -> None:
        before = self.rows.height
        self.rows = self.rows.filter(~mask.fill_null(value=False))
        self.left_out += before - self.rows.height
