"""What of each debit the matrix of a provision takes its rates of, and what is taken out of it before.

I-1 1,000.00, of which 300.00 are assessed by themselves, a credit note of 50.00, insured 100.00
    -> specific 300.00, credits 50.00, insured 100.00, exposure 550.00
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import LIMITS, PROVISIONS
from recon.reports import aged
from recon.reports.shape import Inputs, once

MARK: Final = ["currency", "customer_id", "item_id"]
_PPM: Final = 1_000_000
_RUPEE: Final = 1  # major units by which a shortfall of tax may be rounded


@once
def exposures(inputs: Inputs) -> pl.DataFrame:
    """Each debit with what of it is exposed: columns as in the file of items, and days_due, own_minor, whole_minor.

    own_minor and whole_minor are what the item's own marks and those of its customer take out of it.
    """
    rules = inputs.rules.reports.provision
    rows = aged.items(inputs)
    rows = rows.join(_assessed(inputs, rows), on="row", how="left", maintain_order="left").with_columns(
        pl.col("own_minor", "whole_minor").fill_null(0)
    )
    rows = rows.with_columns(specific_minor=pl.col("own_minor") + pl.col("whole_minor"))
    rest = rows.with_columns(open_minor=pl.col("open_minor") - pl.col("specific_minor"))
    buckets = aged.buckets(rules.buckets)
    last = buckets[-1].name("due_date")
    placed = aged.placed(rest, buckets, "due_date", "oldest_first").filter(pl.col("side") == aged.DEBIT)
    both = placed.with_columns(
        credits_minor=pl.col("open_minor") - pl.col("aged_minor"),
        open_minor=pl.col("open_minor") + pl.col("specific_minor"),
    )
    told = (
        both.join(_tax(inputs, both), on="row", how="left", maintain_order="left")
        .join(segments(inputs, both), on="customer_id", how="left", maintain_order="left")
        .with_columns(
            segment=pl.col("segment").fill_null(""),
            bucket=pl.when(pl.col("place") == aged.UNDATED).then(pl.lit(last)).otherwise("place"),
            tax_minor=pl.min_horizontal(pl.col("tax_minor").fill_null(0), "aged_minor"),
        )
    )
    kept = pl.col("aged_minor") - pl.col("tax_minor")
    disputed = pl.min_horizontal("disputed_minor", kept) if rules.disputed == "apart" else pl.lit(0, pl.Int64)
    told = told.with_columns(disputed_minor=disputed).with_columns(left=kept - pl.col("disputed_minor"))
    return _insured(inputs, told).with_columns(exposure_minor=pl.col("left") - pl.col("insured_minor"))


def _assessed(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """What specific provisions take out of each debit: row, own_minor, whole_minor; an item's own mark goes first."""
    said = marks(inputs, rows)
    debits = rows.filter(pl.col("side") == aged.DEBIT).select("row", *MARK, "days_due", left="open_minor")
    own = _pooled(debits, said.filter(pl.col("item_id") != ""), MARK)
    rest = own.with_columns(left=pl.col("left") - pl.col("taken")).rename({"taken": "own_minor"})
    whole = _pooled(rest, said.filter((pl.col("item_id") == "") & (pl.col("customer_id") != "")), MARK[:2])
    return whole.select("row", "own_minor", whole_minor="taken")


def marks(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """The specific provisions; where one names the item alone, its customer is that of the item."""
    said = inputs.get("provisions", PROVISIONS).filter(pl.col("type") == "specific")
    owners = rows.select("currency", "item_id", owner="customer_id").unique(
        ["currency", "item_id"], keep="first", maintain_order=True
    )
    lacks = (pl.col("customer_id") == "") & (pl.col("item_id") != "")
    return said.join(owners, on=["currency", "item_id"], how="left", maintain_order="left").with_columns(
        customer_id=pl.when(lacks).then(pl.col("owner").fill_null("")).otherwise("customer_id")
    )


def _pooled(debits: pl.DataFrame, said: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """`taken` of each debit: a mark's amount off its oldest items, all of them where a mark has no amount."""
    amount = pl.col("amount_minor")
    pools = said.group_by(key).agg(
        pool=amount.sum(),
        all_of=amount.is_null().any(),
    )
    ordered = debits.join(pools, on=key, how="left", maintain_order="left").sort(
        *key,
        pl.col("days_due").is_not_null(),
        "days_due",
        "row",
        descending=[False] * len(key) + [False, True, False],
    )
    before = pl.col("left").cum_sum().over(key) - pl.col("left")
    some = (pl.col("pool").fill_null(0) - before).clip(0, pl.col("left"))
    taken = pl.when(pl.col("all_of").fill_null(value=False)).then("left").otherwise(some)
    return ordered.with_columns(taken=taken).drop("pool", "all_of")


def segments(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """Each customer's segment (customer_id, segment): its own row of limits goes before that of its group."""
    limits = inputs.get("limits", LIMITS).filter(pl.col("segment") != "")
    own = limits.filter(pl.col("customer_id") != "").select("customer_id", "segment")
    of_group = limits.filter((pl.col("customer_id") == "") & (pl.col("group_id") != "")).unique(
        "group_id", keep="first", maintain_order=True
    )
    shared = _homes(inputs, rows).join(of_group.select("segment", home="group_id"), on="home", how="inner")
    every = pl.concat([own, shared.select("customer_id", "segment")])
    return every.unique("customer_id", keep="first", maintain_order=True)


def _homes(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """The group of each customer (customer_id, home): that of its items, else the one that limits say."""
    named = (pl.col("group_id") != "") & (pl.col("customer_id") != "")
    tables = (rows, inputs.get("limits", LIMITS))
    every = pl.concat([one.filter(named).select("customer_id", home="group_id") for one in tables])
    return every.unique("customer_id", keep="first", maintain_order=True)


def _insured(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """What an insurer bears of `left`, the youngest first: the customer's own cover, then that of its group, once."""
    limits = limits_once(inputs.get("limits", LIMITS))
    whole = pl.col("customer_id") == ""
    own = limits.filter(~whole).group_by("currency", "customer_id").agg(pool=pl.col("insured_minor").sum())
    shared = limits.filter(whole & (pl.col("group_id") != "")).group_by("currency", home="group_id").agg(
        pool=pl.col("insured_minor").sum()
    )  # fmt: skip
    homed = rows.join(_homes(inputs, rows), on="customer_id", how="left", maintain_order="left")
    first = _covered(homed.with_columns(pl.col("home").fill_null("")), own, ["currency", "customer_id"])
    rest = first.with_columns(insured_minor="off", bare=pl.col("left") - pl.col("off")).drop("off")
    second = _covered(rest, shared, ["currency", "home"], "bare")
    ordered = second.sort("currency", "customer_id", "days_due", "row", nulls_last=True)
    return ordered.with_columns(insured_minor=pl.col("insured_minor") + pl.col("off")).drop(
        "home", "bare", "off"
    )


def limits_once(limits: pl.DataFrame) -> pl.DataFrame:
    """Limits without the rows that say the same amounts of the same customer or group again; segments are kept.

    Rows that differ stay, since they may be limit and security apart; they are told as inputs are read.
    """
    who = pl.when(pl.col("customer_id") == "").then("group_id").otherwise(pl.lit(""))
    amounts = [
        pl.col("credit_limit_minor"),
        pl.col("security_minor").fill_null(0),
        pl.col("insured_minor").fill_null(0),
    ]
    again = pl.struct("currency", "customer_id", who.alias("who"), *amounts).is_first_distinct()
    emptied = [
        pl.when(again).then(name).alias(name)
        for name in ("credit_limit_minor", "security_minor", "insured_minor")
    ]
    return limits.with_columns(emptied)


def _covered(rows: pl.DataFrame, pools: pl.DataFrame, key: list[str], of: str = "left") -> pl.DataFrame:
    """`off`: what the pool of each key bears of a column, the youngest first."""
    ordered = rows.join(pools, on=key, how="left", maintain_order="left").sort(
        *key, "days_due", "row", nulls_last=True
    )
    before = pl.col(of).cum_sum().over(key) - pl.col(of)
    off = (pl.col("pool").fill_null(0) - before).clip(0, pl.col(of))
    return ordered.with_columns(off=off).drop("pool")


def _tax(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """What is open of part-paid items and is tax that the customer's profile lets it keep back: row, tax_minor."""
    rates = inputs["customers"].select(
        "customer_id", percent=pl.col("tax_profile").str.extract_all(r"TDS +[0-9]+(?:\.[0-9]{1,4})?")
    ).explode("percent").drop_nulls()  # fmt: skip
    hundredths = pl.col("percent").str.extract(r"([0-9.]+)$", 1).str.to_decimal(scale=4)
    rates = rates.with_columns(units=(hundredths * 10_000).cast(pl.Int64)).unique()
    items = inputs["open_items"].select(
        "item_id", "customer_id", "currency", "amount_minor", "net_amount_minor"
    )
    full = items.filter(pl.col("net_amount_minor").is_not_null()).unique("item_id", keep="first")
    likely = rows.join(full, on=["item_id", "customer_id", "currency"], how="inner").filter(
        pl.col("open_minor") < pl.col("amount_minor")
    )
    scale = pl.col("currency").replace_strict(dict(inputs.scales), default=2, return_dtype=pl.Int64)
    slack = pl.lit(10, pl.Int64).pow(scale) * _RUPEE
    paired = likely.join(rates, on="customer_id", how="inner")
    off = (pl.col("open_minor") - pl.col("net_amount_minor") * pl.col("units") // _PPM).abs()
    found = paired.filter(off <= slack).unique("row", keep="first")
    return found.select("row", tax_minor="open_minor")
