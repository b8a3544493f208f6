"""Whom to ask for money today, in which order, for how much, and what holds the rest back.

    to chase = overdue - with solicitors - on a plan - rejected - disputed - promised - covered by cash and credits
    weight in the order of the list = to chase x weight of the segment x (1 + promises broken)

One row for each customer and currency, so that nobody gets two reminders on one day. Nothing is sent.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from recon import promise
from recon.model import CONTACTS, LIMITS, minor_of
from recon.reports import chaseable, promises
from recon.reports.chaseable import HELD, OWNER
from recon.reports.shape import (
    LEVEL,
    PLAIN,
    RANK,
    SUBTOTAL,
    TOTAL,
    Column,
    Inputs,
    Kind,
    Made,
    Part,
    Report,
    once,
)

_HUNDRED: Final = 100
_COLUMNS: Final = (
    Column("level", "Level", f"{LEVEL}customer or total", file_only=True),
    Column("place", "No.", "place in the list; empty = not today", Kind.NUMBER, 6),
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("customer_name", "Name", "the customer's name", Kind.LONG, 38),
    Column("group_id", "Group", "group of customers that pay for each other", width=12, optional=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("step", "Step", "what is due by the oldest item that may be chased", file_only=True),
    Column("to_do", "To do", "the step, or why there is none today", Kind.LONG, 34),
    Column("days", "Days overdue", "of the oldest item that may be chased", Kind.NUMBER, 9),
    Column("chase", "To chase", "overdue less all that holds it back", Kind.MONEY, 15),
    Column("overdue", "Overdue", "all that is past due", Kind.MONEY, 15),
    Column("disputed", "Disputed", "of the overdue", Kind.MONEY, 13, optional=True),
    Column("rejected", "Rejected", "of the overdue: to be sent again", Kind.MONEY, 13, optional=True),
    Column("plan", "On a plan", "of the overdue", Kind.MONEY, 13, optional=True),
    Column("legal", "Solicitors", "of the overdue", Kind.MONEY, 13, optional=True),
    Column("promised", "Promised", "of the overdue: the day is still to come", Kind.MONEY, 13, optional=True),
    Column(
        "covered",
        "Covered",
        "of the overdue: by credit notes and cash on account",
        Kind.MONEY,
        13,
        optional=True,
    ),
    Column(
        "soon", "Due soon", "not due yet, within the days of the first stage", Kind.MONEY, 13, optional=True
    ),
    Column("broken", "Broken promises", "how many", Kind.NUMBER, 9, optional=True),
    Column("last_contact", "Last contact", "when it was last spoken to", Kind.DATE),
    Column("weight", "Weight", "of its segment", Kind.HUNDREDTHS, 8, file_only=True),
)
_ITEMS: Final = (
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("doc_no", "Document", "the number that the customer sees", width=26),
    Column("item_id", "Item", "the open item", file_only=True),
    Column("due_date", "Due", "when it is due", Kind.DATE),
    Column("days", "Days overdue", "as-at date less due date", Kind.NUMBER, 9),
    Column("open", "Open", "what is open of it", Kind.MONEY),
    Column("chase", "To chase", "what may be asked for", Kind.MONEY),
    Column("why", "What holds it back", "in words; empty = nothing", Kind.LONG, 38),
    *(Column(name, text.capitalize(), text, Kind.MONEY, file_only=True) for name, text in HELD.items()),
)


@once
def customers(inputs: Inputs) -> pl.DataFrame:
    """A row for each customer and currency that has anything overdue, or due within the first stage's days.

    Returns: the columns of the report by their inner names but `place`, and `score` (what it is ordered by), `quiet`.
    """
    rules = inputs.rules.credit
    rows = chaseable.items(inputs)
    overdue = pl.col("days_due") > 0
    first = rules.stages[0].days
    soon = (pl.col("days_due") <= 0) & (pl.col("days_due") >= first)
    sums = {f"{name}_minor": pl.col(f"{name}_minor").filter(overdue).sum() for name in ("chase", *HELD)}
    told = rows.group_by(OWNER, maintain_order=True).agg(
        pl.col("customer_name", "group_id").first(),
        **sums,
        overdue_minor=pl.col("open_minor").filter(overdue).sum(),
        soon_minor=pl.col("chase_minor").filter(soon).sum(),
        days=pl.col("days_due").filter(pl.col("chase_minor") > 0).max(),
    )
    known = (pl.col("overdue_minor") > 0) | (pl.col("soon_minor") > 0)
    told = told.filter(known & (pl.col("customer_id") != ""))
    told = _stage(_spoken(told, inputs), inputs)
    weight = pl.col("weight_hundredths")
    return told.with_columns(score=pl.col("chase_minor") * weight * (1 + pl.col("broken")))


def _stage(rows: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """With the step that is due by the days of the oldest item, and what is to be done today."""
    rules = inputs.rules.credit
    days = pl.Series([stage.days for stage in rules.stages], dtype=pl.Int64)
    steps = pl.Series([stage.step for stage in rules.stages], dtype=pl.String)
    reached = days.search_sorted(rows["days"].fill_null(rules.stages[0].days - 1), side="right")
    at = pl.Series(reached, dtype=pl.Int64) - 1
    step = pl.select(pl.when(at >= 0).then(steps.gather(at.clip(0)))).to_series().fill_null("")
    rows = rows.with_columns(step=step)
    quiet = pl.col("last_contact") + timedelta(days=rules.quiet_days) >= inputs.as_of
    quiet = quiet.fill_null(value=False)
    least = minor_of(rules.least, inputs.scales)
    asked = pl.max_horizontal("chase_minor", "soon_minor")
    why = (
        pl.when(asked <= 0)
        .then(pl.lit("nothing: see what holds it back"))
        .when(asked < least)
        .then(pl.lit("nothing: less than credit.least"))
        .when(quiet)
        .then(pl.lit("nothing: spoken to in the last days"))
        .when(pl.col("step") == "")
        .then(pl.lit("nothing: no stage is reached"))
        .otherwise("step")
    )
    return rows.with_columns(to_do=why, quiet=why != pl.col("step"))


def _spoken(rows: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """With the last contact, the promises that were broken, and the weight of the segment."""
    last = inputs.get("contacts", CONTACTS).filter(pl.col("date") <= inputs.as_of)
    last = last.group_by("customer_id").agg(last_contact=pl.col("date").max())
    broken = promises.judged(inputs).filter(pl.col("outcome") == promise.BROKEN)
    broken = broken.group_by("customer_id", "currency").agg(broken=pl.len().cast(pl.Int64))
    limits = inputs.get("limits", LIMITS).filter(pl.col("segment").fill_null("") != "")
    weights = {name: int(weight * _HUNDRED) for name, weight in inputs.rules.credit.weights.items()}
    heavy = pl.col("segment").replace_strict(weights, default=_HUNDRED, return_dtype=pl.Int64)
    of_customer = (
        limits.filter(pl.col("customer_id").fill_null("") != "").group_by("customer_id").agg(own=heavy.max())
    )
    of_group = (
        limits.filter((pl.col("customer_id").fill_null("") == "") & (pl.col("group_id").fill_null("") != ""))
        .group_by("group_id")
        .agg(of_group=heavy.max())
    )
    joined = rows
    for table, keys in (
        (last, ["customer_id"]),
        (broken, OWNER),
        (of_customer, ["customer_id"]),
        (of_group, ["group_id"]),
    ):
        joined = joined.join(table, on=keys, how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("broken").fill_null(0),
        weight_hundredths=pl.coalesce("own", "of_group", pl.lit(_HUNDRED, dtype=pl.Int64)),
    ).drop("own", "of_group")


def make(inputs: Inputs) -> Made:
    """The list, those to ask today first, the weightiest first; and every overdue item with what holds it back."""
    rows = customers(inputs)
    order = ["currency", "quiet", "score", "overdue_minor", "customer_id"]
    rows = rows.sort(order, descending=[False, False, True, True, False])
    place = pl.when(~pl.col("quiet")).then(pl.int_range(1, pl.len() + 1).over("currency"))
    rows = rows.with_columns(
        place=place.cast(pl.Int64), rank=pl.lit(PLAIN, dtype=pl.Int64), level=pl.lit("customer")
    )
    names = [*(one.inner for one in _COLUMNS), RANK]
    parts = []
    for (currency,), some in rows.group_by("currency", maintain_order=True):
        parts += [some.select(names), _total(some, str(currency))]
    told = pl.concat(parts, how="diagonal") if parts else rows.select(names)
    items = _items(inputs)
    return Made(
        (
            Part("", "Chase list", _COLUMNS, told, sheet="Chase list"),
            Part("items", "Overdue items", _ITEMS, items, sheet="Chase list items"),
        ),
        (
            f"Not chased again within {inputs.rules.credit.quiet_days} days of a contact.",
            "Steps and weights: credit in the rules.",
        ),
    )


def _total(rows: pl.DataFrame, currency: str) -> pl.DataFrame:
    money = [one.inner for one in _COLUMNS if one.kind is Kind.MONEY]
    return rows.select(
        pl.col(money).sum(),
        pl.col("broken").sum(),
        pl.lit(currency).alias("currency"),
        customer_name=pl.lit(f"Total {currency}"),
        level=pl.lit("total"),
        rank=pl.lit(TOTAL, dtype=pl.Int64),
    )


def _items(inputs: Inputs) -> pl.DataFrame:
    """Every overdue item, the customers' largest sums first; those that are held back stand out."""
    rows = chaseable.items(inputs).filter(pl.col("days_due") > 0)
    said = [
        pl.when(pl.col(f"{name}_minor") != 0).then(
            pl.when(pl.col(f"{name}_minor") == pl.col("open_minor"))
            .then(pl.lit(text))
            .otherwise(pl.lit(f"in part {text}"))
        )
        for name, text in HELD.items()
    ]
    size = pl.col("open_minor").sum().over(OWNER)
    rows = rows.with_columns(
        why=pl.concat_str(said, separator="; ", ignore_nulls=True),
        days="days_due",
        rank=pl.when(pl.col("held") != "").then(SUBTOTAL).otherwise(PLAIN).cast(pl.Int64),
        size=size,
    ).sort(
        "currency", "size", "customer_id", "due_date", "row", descending=[False, True, False, False, False]
    )
    return rows.select([*(one.inner for one in _ITEMS), RANK])


REPORT: Final = Report(
    "chase",
    "Chase list",
    "Whom to ask for money today, for how much, and what holds the rest back. Nothing is sent.",
    ("open_items", "on_account", "customers", "standing"),
    make,
)
