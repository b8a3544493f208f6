"""Queries of customers: how old, at which level, answered in time or not, and by what they come about.

answered in time: working days from the day it came to the answer <= cases.answer_days; the clock never starts anew
level: by cases.levels and cases.high_amount, whether it has an owner or not
blocked = what is open of items with an open query
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import polars as pl

from recon import promise
from recon.model import QUERIES, minor_of
from recon.problems import Problem
from recon.reports import aged
from recon.reports.shape import (
    PLAIN,
    RANK,
    SUBTOTAL,
    Column,
    Inputs,
    Kind,
    Made,
    Part,
    Report,
    frame,
    once,
    ratio,
    share,
)

OPEN, ANSWERED, CLOSED = "open", "answered", "closed"
_TENTHS: Final = 10
_SHEET: Final = "Query times"
_RATES: Final = (
    Column("currency", "Currency", "ISO 4217 code", width=9),
    Column("open", "Open", "queries that nobody has answered", Kind.NUMBER, 9),
    Column("unowned", "Without owner", "open ones that are nobody's", Kind.NUMBER, 10),
    Column("late", "Late", "open ones that are older than they may be", Kind.NUMBER, 9),
    Column("blocked", "Blocked", "what is open of items with an open query", Kind.MONEY, 16),
    Column("answered", "Answered", "answered in the period", Kind.NUMBER, 10),
    Column("in_time", "In time", "of these: within the days", Kind.NUMBER, 9),
    Column("rate", "In time, share", "in time / answered", Kind.PERCENT, 11),
    Column("average", "Average days", "working days to the answer", Kind.TENTHS, 10),
)
_REASONS: Final = (
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("reason", "Reason", "what queries are about", Kind.LONG, 34),
    Column("queries", "Queries", "how many came in the period", Kind.NUMBER, 9),
    Column("amount", "Amount", "what was queried", Kind.MONEY, 16),
    Column("share", "Share", "its part of all amounts", Kind.PERCENT, 10),
    Column("cumulated", "Together", "the share of this reason and those above it", Kind.PERCENT, 10),
)
_COLUMNS: Final = (
    Column("query_id", "Query", "its number", width=12),
    Column("state", "State", "open, answered or closed", width=10),
    Column("level", "Level", "of escalation, from 0", Kind.NUMBER, 7),
    Column("age", "Working days", "from the day it came to the answer, or until now", Kind.NUMBER, 9),
    Column("owner", "Owner", "whose turn it is; empty = nobody's", width=16),
    Column("site", "Site", "which site it is about", width=14, optional=True),
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("item_id", "Item", "the open item, if one", width=16),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("amount", "Amount", "what is queried; else what is open of the item", Kind.MONEY, 15),
    Column("opened", "Came", "when it came", Kind.DATE),
    Column("resolved", "Answered", "when it was answered", Kind.DATE),
    Column("closed", "Closed", "when it was closed", Kind.DATE),
    Column("reason", "About", "what it is about", Kind.LONG, 30),
    Column("odd", "Look at", "no owner, or closed while the item is still disputed", Kind.LONG, 30),
)


@once
def rows_of(inputs: Inputs) -> pl.DataFrame:
    """Each query with its state, age, level and what is open of its item."""
    rules = inputs.rules.cases
    texts = ("query_id", "customer_id", "item_id", "owner", "site", "reason")
    rows = inputs.get("queries", QUERIES).with_columns(pl.col(texts).fill_null(""))
    items = inputs["open_items"].select(
        "item_id", "dispute", item_open="open_amount_minor", item_currency="currency"
    )
    rows = rows.join(items.unique("item_id", keep="first"), on="item_id", how="left", maintain_order="left")
    done = pl.coalesce("resolved", "closed")
    state = (
        pl.when(pl.col("closed").is_not_null())
        .then(pl.lit(CLOSED))
        .when(pl.col("resolved").is_not_null())
        .then(pl.lit(ANSWERED))
        .otherwise(pl.lit(OPEN))
    )
    now = pl.lit(inputs.as_of)
    age = promise.working_days(pl.coalesce("opened", now), pl.coalesce(done, now), inputs.free)
    disputed = aged.says("dispute")
    rows = rows.with_columns(
        state=state,
        age=pl.when(pl.col("opened").is_not_null()).then(age),
        done=done,
        amount_minor=pl.coalesce("amount_minor", "item_open"),
        currency=pl.when(pl.col("currency").fill_null("") != "").then("currency").otherwise("item_currency"),
    ).with_columns(pl.col("currency").fill_null(""))
    high = minor_of(rules.high_amount, inputs.scales) if rules.high_amount else None
    reached = promise.levels(
        pl.col("age").fill_null(0), pl.col("amount_minor").fill_null(0), rules.levels, high
    )
    level = pl.when(pl.col("state") == OPEN).then(reached).otherwise(0)
    odd = [
        pl.when((pl.col("state") == OPEN) & (pl.col("owner") == "")).then(pl.lit("no owner")),
        pl.when((pl.col("state") == CLOSED) & disputed).then(
            pl.lit("closed, and the item is still disputed: it is not chased")
        ),
    ]
    return rows.with_columns(
        level=level.cast(pl.Int64),
        odd=pl.concat_str(odd, separator="; ", ignore_nulls=True),
        disputed=disputed,
    )


def make(inputs: Inputs) -> Made:
    """The rates of each currency, the reasons by amount, and each query, open ones by level and age."""
    rows = rows_of(inputs)
    since = inputs.as_of - timedelta(days=inputs.rules.reports.period_days)
    rates, reasons = [], []
    for (currency,), mine in rows.sort("currency").group_by("currency", maintain_order=True):
        rates.append(_rate(str(currency), mine, inputs, since))
        came = mine.filter((pl.col("opened") > since) & (pl.col("opened") <= inputs.as_of))
        reasons += _reasons(str(currency), came)
    order = {OPEN: 0, ANSWERED: 1, CLOSED: 2}
    told = rows.with_columns(
        pl.when((pl.col("level") > 0) | (pl.col("odd") != ""))
        .then(SUBTOTAL)
        .otherwise(PLAIN)
        .cast(pl.Int64)
        .alias(RANK)
    ).sort(
        pl.col("state").replace_strict(order, return_dtype=pl.Int64),
        "level",
        "age",
        "query_id",
        descending=[False, True, True, False],
        nulls_last=True,
    )
    stuck = rows.filter((pl.col("state") == CLOSED) & pl.col("disputed"))
    problems = tuple(
        Problem(
            "report-data",
            f"query {name or '(no number)'}",
            f"it is closed, and item {item} is still disputed in the ledger: nobody chases it",
            "take the dispute off the item, or open the query again",
        )
        for name, item in stuck.select("query_id", "item_id").iter_rows()
    )
    return Made(
        (
            Part("rates", "How queries are answered", _RATES, frame(_RATES, rates), sheet=_SHEET),
            Part("reasons", "What they are about", _REASONS, frame(_REASONS, reasons), sheet=_SHEET),
            Part(
                "", "Queries", _COLUMNS, told.select([*(one.inner for one in _COLUMNS), RANK]), sheet=_SHEET
            ),
        ),
        (
            f"In time: within {inputs.rules.cases.answer_days} working days.",
            f"Answered and reasons: of the last {inputs.rules.reports.period_days} days.",
        ),
        problems,
    )


def _rate(currency: str, rows: pl.DataFrame, inputs: Inputs, since: date) -> tuple[object, ...]:
    limit = inputs.rules.cases.answer_days
    open_ = rows.filter(pl.col("state") == OPEN)
    blocked = open_.filter(pl.col("item_id") != "").unique("item_id")["item_open"].drop_nulls()
    done = rows.filter(
        (pl.col("state") != OPEN) & (pl.col("done") > since) & (pl.col("done") <= inputs.as_of)
    )
    ages = done["age"].drop_nulls()
    in_time = int((ages <= limit).sum())
    return (
        currency,
        open_.height,
        open_.filter(pl.col("owner") == "").height,
        open_.filter(pl.col("age") > limit).height,
        int(blocked.sum()),
        done.height,
        in_time,
        share(in_time, ages.len()),
        ratio(int(ages.sum()) * _TENTHS, ages.len()),
    )


def _reasons(currency: str, rows: pl.DataFrame) -> list[tuple[object, ...]]:
    """The reasons, the largest amounts first, with what they come to together."""
    sums = rows.group_by("reason").agg(pl.len(), pl.col("amount_minor").fill_null(0).abs().sum())
    sums = sums.sort("amount_minor", "len", "reason", descending=[True, True, False])
    whole, so_far = int(sums["amount_minor"].sum()), 0
    made: list[tuple[object, ...]] = []
    for reason, count, amount in sums.iter_rows():
        so_far += amount
        made.append(
            (currency, reason or "(not said)", count, amount, share(amount, whole), share(so_far, whole))
        )
    return made


REPORT: Final = Report(
    "queries",
    "Query times",
    "Queries of customers: how old, at which level, answered in time or not, and what they are about.",
    ("queries", "open_items"),
    make,
)
