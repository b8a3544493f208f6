"""Who was spoken to: how many of the customers with overdue items, and when last.

    coverage = customers with overdue items that were spoken to in the last N days / customers with overdue items

By number and by value side by side: coverage by value hides many small customers that nobody speaks to.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import CONTACTS
from recon.reports import aged
from recon.reports.shape import PLAIN, RANK, SUBTOTAL, Column, Inputs, Kind, Made, Part, Report, frame, share

_COVERAGE: Final = (
    Column("currency", "Currency", "ISO 4217 code", width=9),
    Column("customers", "Customers", "customers with overdue items", Kind.NUMBER, 11),
    Column("spoken_to", "Spoken to", "those of them that were spoken to in the last days", Kind.NUMBER, 11),
    Column("rate", "By number", "spoken to / customers", Kind.PERCENT, 11),
    Column("overdue", "Overdue", "what is overdue of all of them", Kind.MONEY, 16),
    Column("overdue_spoken", "Of those spoken to", "what is overdue of those spoken to", Kind.MONEY, 16),
    Column("value_rate", "By value", "overdue of those spoken to / overdue", Kind.PERCENT, 11),
    Column("never", "Never", "customers with overdue items that nobody ever spoke to", Kind.NUMBER, 9),
)
_COLUMNS: Final = (
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("customer_name", "Name", "the customer's name", Kind.LONG, 38),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("overdue", "Overdue", "what is overdue of it", Kind.MONEY, 16),
    Column("days", "Days overdue", "of its oldest item", Kind.NUMBER, 9),
    Column("last_contact", "Last contact", "when it was last spoken to; empty = never", Kind.DATE),
    Column("contact_days", "Days since", "as-at date less the last contact", Kind.NUMBER, 9),
    Column("channel", "By", "call, e-mail, letter, visit", width=12),
    Column("who", "Who", "who spoke for us", width=16),
    Column("next_action", "Next", "what is to be done next", Kind.LONG, 30, optional=True),
    Column("next_date", "By when", "by when", Kind.DATE),
    Column("state", "State", "never, too long ago, next action late, or in time", width=18),
)
NEVER, LONG_AGO, NEXT_LATE, IN_TIME = "never", "too long ago", "next action late", "in time"


def make(inputs: Inputs) -> Made:
    """The coverage of each currency, and each customer with overdue items, those that nobody speaks to first."""
    days = inputs.rules.credit.contact_days
    rows = _customers(inputs, days)
    table = [
        _coverage(str(currency), some, days)
        for (currency,), some in rows.group_by("currency", maintain_order=True)
    ]
    told = rows.with_columns(
        pl.when(pl.col("state") == IN_TIME).then(PLAIN).otherwise(SUBTOTAL).cast(pl.Int64).alias(RANK)
    ).select([*(one.inner for one in _COLUMNS), RANK])
    return Made(
        (
            Part("coverage", "Coverage", _COVERAGE, frame(_COVERAGE, table), sheet="Contact coverage"),
            Part("", "Customers with overdue items", _COLUMNS, told, sheet="Contact coverage"),
        ),
        (f"Spoken to: in the last {days} days.",),
    )


def _customers(inputs: Inputs, days: int) -> pl.DataFrame:
    """A row for each customer and currency with overdue items, with its last contact."""
    debits = aged.items(inputs).filter(
        (pl.col("side") == aged.DEBIT) & (pl.col("days_due") > 0) & (pl.col("customer_id") != "")
    )
    overdue = debits.group_by("currency", "customer_id", maintain_order=True).agg(
        pl.col("customer_name").first(),
        overdue_minor=pl.col("open_minor").sum(),
        days=pl.col("days_due").max(),
    )
    known = inputs.get("contacts", CONTACTS).filter(pl.col("date") <= inputs.as_of)
    last = (
        known.sort("customer_id", "date", "contact_id", maintain_order=True)
        .group_by("customer_id", maintain_order=True)
        .agg(pl.col("channel", "who", "next_action", "next_date").last(), last_contact=pl.col("date").last())
    )
    since = (pl.lit(inputs.as_of) - pl.col("last_contact")).dt.total_days()
    state = (
        pl.when(pl.col("last_contact").is_null())
        .then(pl.lit(NEVER))
        .when(pl.col("contact_days") > days)
        .then(pl.lit(LONG_AGO))
        .when(pl.col("next_date") < inputs.as_of)
        .then(pl.lit(NEXT_LATE))
        .otherwise(pl.lit(IN_TIME))
    )
    order = {one: at for at, one in enumerate((NEVER, LONG_AGO, NEXT_LATE, IN_TIME))}
    return (
        overdue.join(last, on="customer_id", how="left", maintain_order="left")
        .with_columns(pl.col("channel", "who", "next_action").fill_null(""), contact_days=since)
        .with_columns(state=state)
        .sort(
            "currency",
            pl.col("state").replace_strict(order, return_dtype=pl.Int64),
            "overdue_minor",
            "customer_id",
            descending=[False, False, True, False],
        )
    )


def _coverage(currency: str, rows: pl.DataFrame, days: int) -> tuple[object, ...]:
    spoken = rows.filter(pl.col("contact_days") <= days)
    overdue, own = int(rows["overdue_minor"].sum()), int(spoken["overdue_minor"].sum())
    never = rows.filter(pl.col("state") == NEVER).height
    by_number = share(spoken.height, rows.height)
    return (currency, rows.height, spoken.height, by_number, overdue, own, share(own, overdue), never)


REPORT: Final = Report(
    "contacts",
    "Contacts",
    "Who of the customers with overdue items was spoken to, and when.",
    ("contacts", "open_items", "on_account", "customers"),
    make,
)
