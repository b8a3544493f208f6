"""What was collected in a month against what was to be: by customer, segment and all together, like against like.

target of NHS 50,000.00; NHS paid 45,000.00, others 20,000.00   -> 90.00 %; 20,000.00 beside it, without a target

Collected = receipts less refunds of the month, by their day in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from recon.model import LIMITS, TARGETS
from recon.reports import aged, ledger
from recon.reports.exposed import segments
from recon.reports.shape import Inputs, once

ALL, SEGMENT, CUSTOMER = "all", "segment", "customer"
CASH: Final = ("receipt", "refund")


@dataclass(frozen=True)
class Scope:
    """One target of a month: of whom, how much, what came; `within` = it is a part of another one's."""

    level: str  # all, segment or customer
    who: str  # empty, the segment, or the customer's number
    target: int
    collected: int
    within: bool


@dataclass(frozen=True)
class Month:
    """The targets of one currency and month; what came of those whom they are of, and of all."""

    scopes: tuple[Scope, ...]
    collected: int

    @property
    def target(self) -> int | None:
        """All targets together, none twice; None = there is none."""
        return sum(one.target for one in self._counted) if self.scopes else None

    @property
    def came(self) -> int:
        """What came of those whom targets are of."""
        return sum(one.collected for one in self._counted)

    @property
    def base(self) -> tuple[tuple[str, str], ...]:
        """Whom the targets are of: only rates of one base can be compared."""
        return tuple(sorted((one.level, one.who) for one in self._counted))

    @property
    def _counted(self) -> tuple[Scope, ...]:
        return tuple(one for one in self.scopes if not one.within)


@once
def _cash(inputs: Inputs) -> pl.DataFrame:
    """What came of each customer on each day: currency, customer_id, segment, date, came_minor."""
    rows = ledger.movements(inputs, date.min, inputs.as_of).filter(pl.col("type").is_in(CASH))
    came = rows.group_by("currency", pl.col("customer_id").fill_null(""), "date").agg(
        came_minor=-pl.col("amount_minor").sum()
    )
    # Who has nothing open any more is of a segment, too.
    known = pl.concat(
        [
            aged.items(inputs).select("customer_id", "group_id"),
            inputs["customers"].select("customer_id", pl.col("group_id").fill_null("")),
        ]
    )
    of = segments(inputs, known)
    return came.join(of, on="customer_id", how="left", maintain_order="left").with_columns(
        pl.col("segment").fill_null("")
    )


@once
def of_month(inputs: Inputs, first: date, last: date) -> dict[str, Month]:
    """What was collected from the first to the last day of a month against its targets, by currency."""
    cash = _cash(inputs).filter(pl.col("date").is_between(first, last))
    said = inputs.get("targets", TARGETS).filter(pl.col("period") == f"{first:%Y-%m}")
    wanted = (
        said.with_columns(pl.col("customer_id", "segment").fill_null(""))
        .group_by("currency", "customer_id", "segment")
        .agg(pl.col("amount_minor").sum())
    )
    found = {}
    for currency in sorted({*cash["currency"], *wanted["currency"]}):
        mine = cash.filter(pl.col("currency") == currency)
        rows = wanted.filter(pl.col("currency") == currency).sort("segment", "customer_id")
        found[currency] = Month(_scopes(rows, mine), int(mine["came_minor"].sum()))
    return found


def _scopes(rows: pl.DataFrame, cash: pl.DataFrame) -> tuple[Scope, ...]:
    """The targets, the widest first; a customer's own within its segment's, and all within the whole ledger's."""
    by_customer = dict(cash.group_by("customer_id").agg(pl.col("came_minor").sum()).iter_rows())
    by_segment = dict(cash.group_by("segment").agg(pl.col("came_minor").sum()).iter_rows())
    home = dict(cash.select("customer_id", "segment").unique("customer_id").iter_rows())
    told = list(rows.select("customer_id", "segment", "amount_minor").iter_rows())
    wide = {segment for customer, segment, _ in told if not customer and segment}
    whole = any(not customer and not segment for customer, segment, _ in told)
    made = []
    for customer, segment, amount in told:
        if customer:
            inside = whole or (segment or home.get(customer, "")) in wide
            made.append(Scope(CUSTOMER, customer, amount, by_customer.get(customer, 0), inside))
        elif segment:
            made.append(Scope(SEGMENT, segment, amount, by_segment.get(segment, 0), whole))
        else:
            made.append(Scope(ALL, "", amount, int(cash["came_minor"].sum()), within=False))
    order = {ALL: 0, SEGMENT: 1, CUSTOMER: 2}
    return tuple(sorted(made, key=lambda one: (order[one.level], one.who)))


def strange(inputs: Inputs) -> list[str]:
    """Segments of targets that no customer is of: nothing can be collected of them."""
    known = set(inputs.get("limits", LIMITS)["segment"].drop_nulls())
    said = inputs.get("targets", TARGETS)["segment"].drop_nulls().unique().sort()
    return [one for one in said if one and one not in known]
