"""The tables of reports by who their customers are on the as-at day: made once, before any report.

X1 -> Y1 merger 2026-04-01, as at 2026-04-30
    open item INV-7 of X1    -> of Y1, with its name and group; `ledger_customer_id` says X1
    limit of X1              -> none: nobody granted it to Y1, which is told
Amounts and rows stay as they are, so every total is what it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from recon import successions
from recon.model import CUSTOMERS, LIMITS, SUCCESSIONS
from recon.problems import Problem
from recon.reports.shape import Inputs
from recon.successions import Successions

LEDGER: Final = "ledger_customer_id"  # whose an item is by the ledger
_ITEMS, _CUSTOMERS, _LIMITS = "open_items", "customers", "limits"
LEDGER_OF: Final = pl.col("customer_id").alias(LEDGER)
_APART: Final = (_ITEMS, _CUSTOMERS, _LIMITS, "successions")
_KEEPS: Final = "aliases"  # whose rows say, too, whose they are by the file
_AMOUNTS: Final = ("credit_limit_minor", "security_minor", "insured_minor")


def known_on(inputs: Inputs) -> Successions | None:
    """The successions that hold on the as-at day; None if there are none."""
    rows = inputs.get("successions", SUCCESSIONS)
    if rows.is_empty():
        return None
    known, _ = successions.checked(rows)
    return known if any(day <= inputs.as_of for day in known.days) else None


def resolved(inputs: Inputs) -> Inputs:
    """The same inputs with every `customer_id` as of the as-at day, and what is wrong with the successions."""
    rows = inputs.get("successions", SUCCESSIONS)
    if rows.is_empty():
        return inputs
    customers, items = inputs.get(_CUSTOMERS, CUSTOMERS), inputs[_ITEMS]
    numbers = pl.concat([one["customer_id"] for one in (customers, items)]).unique()
    problems = successions.checked(rows, numbers)[1]
    known = known_on(inputs)
    if known is None:
        return replace(inputs, problems=(*inputs.problems, *problems))
    now = successions.placed(known, inputs.as_of, items)
    moved = items.select("item_id", "doc_no", LEDGER_OF).with_columns(now.alias("now"))
    groups = _groups(known, inputs)
    limits, told = _limits(known, inputs)
    tables = {
        name: frame
        if name in _APART or "customer_id" not in frame.columns
        else _of(frame, known, inputs, moved).select(*frame.columns, *([LEDGER] if name == _KEEPS else []))
        for name, frame in inputs.tables.items()
    }
    tables[_CUSTOMERS] = _customers(known, inputs, groups)
    tables[_ITEMS] = _items(items, now, tables[_CUSTOMERS], groups)
    if _LIMITS in tables:
        tables[_LIMITS] = limits
    assert all(
        tables[name].height == frame.height
        for name, frame in inputs.tables.items()
        if name not in _APART[1:3]
    ), "a row was lost or doubled by a succession"
    return replace(inputs, tables=tables, problems=(*inputs.problems, *problems, *told))


def _of(frame: pl.DataFrame, known: Successions, inputs: Inputs, moved: pl.DataFrame) -> pl.DataFrame:
    """A table by who its customers are; what is about an item of a body that was split goes with this item."""
    own = successions.placed(known, inputs.as_of, frame)
    told = frame.with_columns(LEDGER_OF, own.alias("customer_id"))
    divided = successions.divided(known, inputs.as_of)["customer_id"].implode()
    halves = moved.filter(pl.col(LEDGER).is_in(divided) & (pl.col(LEDGER) != pl.col("now")))
    for name, of in (("item_id", "item_id"), ("doc_no", "doc_no"), ("applied_to", "doc_no")):
        if name not in frame.columns or halves.is_empty():
            continue
        one = halves.filter(pl.col(of) != "").select(LEDGER, pl.col(of).alias(name), "now")
        one = one.unique([LEDGER, name], keep="first", maintain_order=True)
        told = told.join(one, on=[LEDGER, name], how="left", maintain_order="left")
        still = pl.col("customer_id") == pl.col(LEDGER)
        told = told.with_columns(
            customer_id=pl.when(still).then(pl.coalesce("now", "customer_id")).otherwise("customer_id")
        ).drop("now")
    return told


def _homes(inputs: Inputs) -> pl.DataFrame:
    """The group that the files say of each customer: customer_id, group_id; either may say it."""
    parts = [
        one.select("customer_id", "group_id") for one in (inputs.get(_CUSTOMERS, CUSTOMERS), inputs[_ITEMS])
    ]
    return pl.concat(parts).group_by("customer_id").agg(pl.col("group_id").fill_null("").max())


def _groups(known: Successions, inputs: Inputs) -> pl.DataFrame:
    """Each customer's group as of the day, where a succession says something of it: customer_id, group_id."""
    homes = _homes(inputs)
    dated = successions.grouped(known, inputs.as_of, homes)
    heirs = successions.heirs(known, inputs.as_of)["heir"]
    split = successions.divided(known, inputs.as_of)["successor_id"]
    more = pl.DataFrame({"customer_id": pl.concat([heirs, split]).unique().sort()})
    more = more.join(dated, on="customer_id", how="anti").join(homes, on="customer_id", how="left")
    return pl.concat([dated, more.with_columns(pl.col("group_id").fill_null(""))])


def _regrouped(frame: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    joined = frame.join(groups, on="customer_id", how="left", maintain_order="left", suffix="_dated")
    return joined.with_columns(group_id=pl.coalesce("group_id_dated", "group_id")).drop("group_id_dated")


def _customers(known: Successions, inputs: Inputs, groups: pl.DataFrame) -> pl.DataFrame:
    """The customers that there are: one that was renamed or merged is its heir, by the heir's own row if it has one.

    The name of the old body is not the heir's.
    """
    frame = inputs.get(_CUSTOMERS, CUSTOMERS)
    gone = successions.heirs(known, inputs.as_of)
    old = pl.col("customer_id").is_in(gone["customer_id"].implode())
    there = frame.filter(~old)
    lone = frame.filter(old).with_columns(
        successions.heir_of(frame.filter(old)["customer_id"], gone), name=pl.lit("")
    )
    lone = lone.join(there, on="customer_id", how="anti", maintain_order="left")
    lone = lone.unique("customer_id", keep="first", maintain_order=True)
    return _regrouped(pl.concat([there, lone]), groups)


def _items(
    items: pl.DataFrame, now: pl.Series, customers: pl.DataFrame, groups: pl.DataFrame
) -> pl.DataFrame:
    """The open items by who their customers are, under their names and in their groups."""
    named = customers.filter(pl.col("name").fill_null("") != "").select("customer_id", now_name="name")
    named = named.unique("customer_id", keep="first", maintain_order=True)
    told = items.with_columns(LEDGER_OF, now.alias("customer_id")).join(
        named, on="customer_id", how="left", maintain_order="left"
    )
    other = pl.col("customer_id") != pl.col(LEDGER)
    home = pl.when(other).then(pl.lit("")).otherwise("group_id")
    name = pl.when(other).then(pl.col("now_name").fill_null("")).otherwise("customer_name")
    return _regrouped(told.with_columns(customer_name=name, group_id=home).drop("now_name"), groups)


def _limits(known: Successions, inputs: Inputs) -> tuple[pl.DataFrame, list[Problem]]:
    """The limits that hold: those of bodies that are no more are told, and only their segment goes on."""
    frame = inputs.get(_LIMITS, LIMITS)
    gone = successions.heirs(known, inputs.as_of)
    old = pl.col("customer_id").is_in(gone["customer_id"].implode())
    there, past = frame.filter(~old), frame.filter(old)
    heirs = successions.heir_of(past["customer_id"], gone)
    lapsed = past.with_columns(heirs.alias("heir")).filter(
        pl.any_horizontal(pl.col(_AMOUNTS).fill_null(0) != 0)
    )
    problems = [
        Problem(
            "report-data",
            f"limits of customer {customer}",
            f"limit, security and cover count for nothing: the customer is {heir} now, and they were not given to it",
            f"put what holds for {heir} into limits",
        )
        for customer, heir in lapsed.select("customer_id", "heir").unique(maintain_order=True).iter_rows()
    ]
    empty = [pl.lit(None, pl.Int64).alias(name) for name in _AMOUNTS]
    kept = past.with_columns(heirs.alias("customer_id"), *empty).filter(pl.col("segment") != "")
    kept = kept.join(
        there.filter(pl.col("segment") != ""), on="customer_id", how="anti", maintain_order="left"
    )
    kept = kept.unique("customer_id", keep="first", maintain_order=True)
    groups = _groups(known, inputs).filter(pl.col("customer_id") != "")
    return _regrouped(pl.concat([there, kept]), groups), problems
