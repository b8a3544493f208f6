"""Exposure: how much each group of payers may cost, against its limit, and how much hangs on the largest.

`exposure = gross outstanding + delivered but unbilled - unapplied cash - enforceable security`; open credit notes are
not taken off. 35,500 + 8,000 - 2,000 - 0 = 41,500 against 40,000: over by 1,500, 103.75 %.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import LIMITS, UNBILLED
from recon.problems import Problem
from recon.reports import aged, exposure_trend
from recon.reports.exposed import limits_once
from recon.reports.shape import (
    LEVEL,
    PLAIN,
    RANK,
    SUBTOTAL,
    TOTAL,
    Chart,
    Column,
    Inputs,
    Kind,
    Made,
    Part,
    Report,
    frame,
    once,
    share,
)

_SHEET: Final = "Exposure"
_PARTS: Final = ("gross", "unbilled", "unapplied", "security", "exposure")
_GROUPS: Final = (
    Column("level", "Level", f"{LEVEL}group, segment or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("segment", "Segment", "kind of payer", width=13, optional=True),
    Column(
        "group", "Group or customer", "group of payers; a customer without one stands for itself", width=18
    ),
    Column("name", "Name", "the customer's name; of a total, what it is of", Kind.LONG, 30),
    Column("accounts", "Accounts", "customers in it", Kind.NUMBER, 9),
    Column("gross", "Outstanding", "invoices and debit notes", Kind.MONEY, 15),
    Column("unbilled", "Unbilled", "delivered and not invoiced", Kind.MONEY, 14),
    Column("unapplied", "Unapplied", "cash on account, taken off", Kind.MONEY, 14),
    Column("security", "Security", "enforceable, taken off", Kind.MONEY, 14),
    Column("exposure", "Exposure", "what is left", Kind.MONEY, 15),
    Column("credit_limit", "Limit", "the group's, else the sum of its customers'", Kind.MONEY, 15),
    Column("over", "Over", "exposure less limit, where it is more", Kind.MONEY, 14),
    Column("used", "Used", "exposure / limit", Kind.PERCENT, 10),
    Column("overdue", "Overdue", "the part of what is outstanding that is past due", Kind.MONEY, 15),
    Column("share", "Share", "its part of all exposure", Kind.PERCENT, 9),
)
_TOP: Final = (
    Column("level", "Level", f"{LEVEL}group or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", file_only=True),
    Column("group", "Largest groups", "the largest, then all others", width=34),
    Column("exposure", "Exposure", "what is exposed", Kind.MONEY, 18),
    Column("share", "Share", "its part of all exposure", Kind.PERCENT, 10),
    Column("cumulated", "Cumulated", "the share of this group and those above it", Kind.PERCENT, 11),
)


def make(inputs: Inputs) -> Made:
    """Each group, the largest exposure first, totals by segment and currency; and the concentration."""
    groups = by_group(inputs)
    over = groups.filter(pl.col("over_minor") > 0)
    problems = tuple(
        Problem("report-data", f"limits, {currency}", f"{count:,} groups have exposure and no limit", "")
        for currency, count in groups.filter(pl.col("credit_limit_minor").is_null() & (pl.col("exposure_minor") > 0))
        .group_by("currency").len().sort("currency").iter_rows()
    )  # fmt: skip
    facts = (
        f"{over.height:,} of {groups.height:,} groups are over their limit. Open credit notes are not taken off.",
    )
    top = _top(inputs, groups)
    chart = Chart("Exposure, largest groups", "group", "exposure", "cumulated")
    parts = (
        Part("concentration", "Concentration", _TOP, top, "Exposure", "currency", chart),
        Part("", "By group of payers", _GROUPS, _told(groups), "Exposure by group"),
        exposure_trend.part(
            inputs, _homes(inputs, aged.items(inputs), limits_once(inputs.get("limits", LIMITS)))
        ),
    )
    return Made(parts, facts, problems)


@once
def by_group(inputs: Inputs) -> pl.DataFrame:
    """One row for each currency and group: the columns of the file, without level, share and totals."""
    rows = aged.items(inputs)
    limits = limits_once(inputs.get("limits", LIMITS))
    told = _homes(inputs, rows, limits)
    key = ["currency", "home"]
    debit, held = pl.col("side") == aged.DEBIT, pl.col("side") == aged.UNAPPLIED
    known = rows.join(told, on="customer_id", how="left", maintain_order="left").filter(debit | held)
    known = known.with_columns(
        home=pl.when(pl.col("customer_id") == "")
        .then(pl.lit(""))
        .otherwise(pl.coalesce("home", "customer_id"))
    )
    open_ = pl.col("open_minor")
    ledger_ = known.group_by(key).agg(
        gross_minor=open_.filter(debit).sum(),
        unapplied_minor=-open_.filter(held).sum(),
        overdue_minor=open_.filter(debit & (pl.col("days_due") > 0)).sum(),
        accounts=pl.col("customer_id").n_unique().cast(pl.Int64),
        name=pl.col("customer_name").filter(pl.col("customer_name") != "").min(),
    )
    waiting = inputs.get("unbilled", UNBILLED).join(told, on="customer_id", how="left", maintain_order="left")
    waiting = waiting.with_columns(home=pl.coalesce("home", "customer_id"))
    unbilled = waiting.group_by(key).agg(unbilled_minor=pl.col("amount_minor").sum())
    both = ledger_.join(unbilled, on=key, how="full", coalesce=True).join(
        _limited(limits, told), on=key, how="left", maintain_order="left"
    )
    segments = _segments(limits, told)
    sums = ["gross_minor", "unbilled_minor", "unapplied_minor", "security_minor", "overdue_minor"]
    exposed = (
        pl.col("gross_minor")
        + pl.col("unbilled_minor")
        - pl.col("unapplied_minor")
        - pl.col("security_minor")
    )
    limit = pl.col("credit_limit_minor")
    return (
        both.join(segments, on="home", how="left", maintain_order="left")
        .with_columns(
            pl.col(sums).fill_null(0),
            pl.col("segment", "name").fill_null(""),
            pl.col("accounts").fill_null(1),
        )
        .with_columns(exposure_minor=exposed.clip(0))
        .with_columns(
            over_minor=(pl.col("exposure_minor") - limit).clip(0),
            used_bp=pl.when(limit > 0).then((pl.col("exposure_minor") * 20_000 // limit + 1) // 2),
            group=pl.when(pl.col("home") == "").then(pl.lit("Not known")).otherwise("home"),
        )
        .sort("currency", "exposure_minor", "home", descending=[False, True, False])
    )


def _homes(inputs: Inputs, rows: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Which group each customer is of (customer_id, home): that of its items, else its own, else of the limits."""
    own = rows.filter(pl.col("customer_id") != "").select("customer_id", "group_id")
    names = inputs["customers"].select("customer_id", "group_id")
    said = limits.filter(pl.col("customer_id") != "").select("customer_id", "group_id")
    every = pl.concat([own, names, said]).filter(pl.col("group_id") != "")
    return every.unique("customer_id", keep="first", maintain_order=True).rename({"group_id": "home"})


def _limited(limits: pl.DataFrame, homes: pl.DataFrame) -> pl.DataFrame:
    """Limit and security of each group: its own rows, else the sum of its customers'; security of both counts."""
    home = pl.when(pl.col("customer_id") == "").then("group_id").otherwise(pl.coalesce("home", "customer_id"))
    rows = limits.join(homes, on="customer_id", how="left", maintain_order="left").with_columns(home=home)
    whole = pl.col("customer_id") == ""
    limit = pl.col("credit_limit_minor")
    return rows.group_by("currency", "home").agg(
        own=limit.filter(whole & limit.is_not_null()).sum(),
        has_own=(whole & limit.is_not_null()).any(),
        sum=limit.filter(~whole).sum(),
        has=limit.is_not_null().any(),
        security_minor=pl.col("security_minor").sum(),
    ).select(
        "currency", "home", "security_minor",
        credit_limit_minor=pl.when("has_own").then("own").when("has").then("sum"),
    )  # fmt: skip


def _segments(limits: pl.DataFrame, homes: pl.DataFrame) -> pl.DataFrame:
    """The segment of each group: the one that most of its rows say, the first by letter of several."""
    home = pl.when(pl.col("customer_id") == "").then("group_id").otherwise(pl.coalesce("home", "customer_id"))
    rows = limits.filter(pl.col("segment") != "").join(
        homes, on="customer_id", how="left", maintain_order="left"
    )
    counted = rows.with_columns(home=home).group_by("home", "segment").len()
    return (
        counted.sort("len", "segment", descending=[True, False])
        .unique("home", keep="first", maintain_order=True)
        .drop("len")
    )


def _told(groups: pl.DataFrame) -> pl.DataFrame:
    """The rows of the sheet: groups, a total for each segment where there are some, and each currency's."""
    sums = [f"{name}_minor" for name in (*_PARTS, "over", "overdue")]
    plain = groups.with_columns(level=pl.lit("group"), rank=pl.lit(PLAIN, pl.Int64))
    named = groups.filter((pl.col("segment") != "").any().over("currency"))
    all_of = pl.lit("All ") + pl.col("segment")
    of_segment = pl.when(pl.col("segment") == "").then(pl.lit("No segment")).otherwise(all_of)
    by_segment = (
        named.group_by("currency", "segment")
        .agg(pl.col(*sums, "accounts").sum())
        .with_columns(level=pl.lit("segment"), rank=pl.lit(SUBTOTAL, pl.Int64), name=of_segment)
    )
    total = groups.group_by("currency").agg(pl.col(*sums, "accounts").sum()).with_columns(
        level=pl.lit("total"), rank=pl.lit(TOTAL, pl.Int64), name=pl.lit("Total ") + pl.col("currency")
    )  # fmt: skip
    rows = pl.concat([plain, by_segment, total], how="diagonal").with_columns(
        pl.col("group", "segment", "name").fill_null("")
    )
    shares = rows.with_columns(
        share_bp=pl.col("exposure_minor").cast(pl.Int128)
        * 20_000
        // pl.col("exposure_minor").filter(pl.col("rank") == TOTAL).max().over("currency").clip(1)
    ).with_columns(share_bp=((pl.col("share_bp") + 1) // 2).cast(pl.Int64))
    # The exposure of a total is the sum of its groups', which are never below nought.
    return shares.sort(
        "currency",
        "rank",
        "exposure_minor",
        "group",
        "name",
        descending=[False, False, True, False, False],
        maintain_order=True,
    ).select(*(column.inner for column in _GROUPS), RANK)


def _top(inputs: Inputs, groups: pl.DataFrame) -> pl.DataFrame:
    """The largest groups of each currency, what all others come to, and the whole."""
    shown = inputs.rules.reports.groups_shown
    rows: list[tuple[object, ...]] = []
    for (currency,), own in groups.group_by("currency", maintain_order=True):
        whole = int(own["exposure_minor"].sum())
        counted = 0
        for name, amount in own.head(shown).select("group", "exposure_minor").iter_rows():
            counted += amount
            rows.append(("group", currency, name, amount, share(amount, whole), share(counted, whole), PLAIN))
        if own.height > shown:
            rest = whole - counted
            others = f"{own.height - shown:,} others"
            rows.append(("group", currency, others, rest, share(rest, whole), share(whole, whole), SUBTOTAL))
        rows.append(("total", currency, "All groups", whole, share(whole, whole), None, TOTAL))
    return frame(_TOP, rows, "rank")


REPORT: Final = Report(
    "exposure",
    "Exposure",
    "How much each group of payers may cost, against its limit, and how much hangs on the largest.",
    ("limits", "open_items", "on_account", "customers"),
    make,
)
