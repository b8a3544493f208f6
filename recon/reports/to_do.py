"""What the month's figures call for, by plain rules; nothing is said where no figure says so.

promise P-7 of C100, 5,000.00 by 2026-03-20, nothing came
    -> "Broken promise P-7: ask again, or go on to the next step", 5,000.00
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from recon import promise
from recon.model import LIMITS, PLANS, QUERIES
from recon.reports import exposure, measures, months, plans, promises, queries, unapplied
from recon.reports.shape import Inputs

_MOST: Final = 5  # of each kind, the largest
_HUNDRED: Final = 100


@dataclass(frozen=True)
class Task:
    """One thing to do: of whom, how much it is about, and the sheet that has the figures."""

    currency: str
    what: str
    who: str
    amount: int
    sheet: str


def of(inputs: Inputs) -> list[Task]:
    """The tasks by currency, those of one kind together, the largest first."""
    found = [
        *_below_target(inputs),
        *_broken_promises(inputs),
        *_broken_plans(inputs),
        *_over_limit(inputs),
        *_queries(inputs),
        *_old_cash(inputs),
        *_older(inputs),
    ]
    return sorted(found, key=lambda one: one.currency)


def _below_target(inputs: Inputs) -> Iterator[Task]:
    for currency, chain in months.trend(inputs).items():
        target = chain[-1].target
        scopes = target.scopes if target else ()
        short = sorted(
            (one for one in scopes if one.collected < one.target), key=lambda one: one.collected - one.target
        )
        for one in short[:_MOST]:
            what = "Collected less than the target: see who has not paid"
            yield Task(currency, what, one.who or "all", one.target - one.collected, "Chase list")


def _broken_promises(inputs: Inputs) -> Iterator[Task]:
    since = months.this(inputs).before
    rows = promises.judged(inputs).filter(
        (pl.col("outcome") == promise.BROKEN)
        & (pl.col("last_day") > since)
        & pl.col("amount_minor").is_not_null()
    )
    for currency, number, customer, amount in (
        _largest(rows).select("currency", "promise_id", "customer_id", "amount_minor").iter_rows()
    ):
        what = f"Broken promise {number}: ask again, or go on to the next step".replace("  ", " ")
        yield Task(currency, what, customer, amount, "Promises kept")


def _broken_plans(inputs: Inputs) -> Iterator[Task]:
    if inputs.get("plans", PLANS).is_empty():
        return
    rows = plans.states(inputs).filter(pl.col("state") == plans.BROKEN)
    for currency, number, customer, amount in (
        _largest(rows, "lacks_minor").select("currency", "plan_id", "customer_id", "lacks_minor").iter_rows()
    ):
        yield Task(
            currency, f"Broken plan {number}: agree on a new one, or end it", customer, amount, "Plan status"
        )


def _over_limit(inputs: Inputs) -> Iterator[Task]:
    if inputs.get("limits", LIMITS).is_empty():
        return
    rows = exposure.by_group(inputs).filter(pl.col("over_minor") > 0)
    for currency, group, amount in (
        _largest(rows, "over_minor").select("currency", "group", "over_minor").iter_rows()
    ):
        what = "Over its limit: no new service on credit until somebody allows it"
        yield Task(currency, what, group, amount, "Exposure by group")


def _queries(inputs: Inputs) -> Iterator[Task]:
    if inputs.get("queries", QUERIES).is_empty():
        return
    limit = inputs.rules.cases.answer_days
    rows = queries.rows_of(inputs).filter((pl.col("state") == queries.OPEN) & (pl.col("age") > limit))
    summed = rows.group_by("currency", "reason").agg(pl.len(), pl.col("amount_minor").fill_null(0).sum())
    for currency, reason, count, amount in (
        _largest(summed).select("currency", "reason", "len", "amount_minor").iter_rows()
    ):
        said = f"{count:,} {'query' if count == 1 else 'queries'} older than {limit} working days"
        yield Task(currency, f"{said}: {reason or 'reason not said'}", "", amount, "Query times")


def _old_cash(inputs: Inputs) -> Iterator[Task]:
    limit = inputs.rules.reports.unapplied_days
    old = unapplied.amounts(inputs).filter(
        (pl.col("amount_minor") > 0) & (pl.col("date") < inputs.as_of - timedelta(days=limit))
    )
    summed = old.group_by("currency").agg(pl.len(), pl.col("amount_minor").sum()).sort("currency")
    for currency, count, amount in summed.iter_rows():
        what = f"{count:,} {'amount' if count == 1 else 'amounts'} on no item for more than {limit} days"
        yield Task(currency, what, "", amount, "Unapplied cash")


def _older(inputs: Inputs) -> Iterator[Task]:
    """The part that is overdue has grown by a point or more."""
    for one in measures.of_month(inputs):
        if one.name == "overdue" and one.change is not None and one.change >= _HUNDRED:
            grown = f"{one.change // _HUNDRED}.{one.change % _HUNDRED:02d}"
            yield Task(
                one.currency, f"The overdue part grew by {grown} points", "", one.this.above or 0, "Ageing"
            )


def _largest(rows: pl.DataFrame, column: str = "amount_minor") -> pl.DataFrame:
    """The first of each currency by size; ties in an order that hangs on nothing but the rows."""
    others = [name for name, kind in rows.schema.items() if kind == pl.String and name != "currency"]
    ordered = rows.sort("currency", column, *others, descending=[False, True, *[False] * len(others)])
    return ordered.group_by("currency", maintain_order=True).head(_MOST)
