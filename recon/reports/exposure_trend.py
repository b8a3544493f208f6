"""What each group of payers owed at the end of last month, and what it owes now, on one base.

K101 and K102 of group G: 900.00 and 300.00 on 28 February, 1,500.00 and nothing now -> G from 1,200.00 to 1,500.00

The base is the ledger's balance, credit notes and cash on account taken off: security, limits and unbilled work of
last month are not kept, so an exposure of then can't be told.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import polars as pl

from recon.model import BALANCES, MOVEMENTS
from recon.reports import ledger, past
from recon.reports.shape import LEVEL, PLAIN, RANK, TOTAL, Column, Inputs, Kind, Part

SHEET: Final = "Exposure trend"
_COLUMNS: Final = (
    Column("level", "Level", f"{LEVEL}group or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column(
        "group", "Group or customer", "group of payers; a customer without one stands for itself", width=18
    ),
    Column("name", "Name", "the customer's name; of a total, what it is of", Kind.LONG, 34),
    Column("before", "End of last month", "the ledger's balance then", Kind.MONEY, 17),
    Column("now", "Now", "the ledger's balance, before what is not posted yet", Kind.MONEY, 17),
    Column("change", "Change", "now less then", Kind.MONEY, 16),
    Column("rate", "Change, share", "change / balance then; empty = nothing was open", Kind.PERCENT, 11),
)
_KEY: Final = ["currency", "customer_id"]


def part(inputs: Inputs, homes: pl.DataFrame) -> Part:
    """Each group with its balance at both ends of the month, the largest growth first.

    Args:
        inputs: the report's tables.
        homes: which group each customer is of: customer_id, home.
    """
    day = ledger.first_of(inputs.as_of, 1) - timedelta(days=1)
    before, source, worked = _before(inputs, day)
    now = inputs["open_items"].group_by(_KEY).agg(now_minor=pl.col("extract_minor").sum())
    both = before.join(now, on=_KEY, how="full", coalesce=True)
    if not worked:  # a currency that the balances lack may have been open then
        both = both.filter(pl.col("currency").is_in(before["currency"].unique().implode()))
    home = pl.coalesce("home", "customer_id")
    homed = inputs.named(both.with_columns(pl.col("customer_id").fill_null("")))
    rows = (
        homed.join(homes, on="customer_id", how="left", maintain_order="left")
        .group_by("currency", group=home)
        .agg(
            pl.col("before_minor", "now_minor").fill_null(0).sum(),
            name=pl.col("customer_name").filter(pl.col("customer_name") != "").min().fill_null(""),
        )
        .with_columns(
            group=pl.when(pl.col("group") == "").then(pl.lit("Not known")).otherwise("group"),
            level=pl.lit("group"),
            rank=pl.lit(PLAIN, pl.Int64),
        )
    )
    total = rows.group_by("currency").agg(pl.col("before_minor", "now_minor").sum()).with_columns(
        name=pl.lit("Total ") + pl.col("currency"), group=pl.lit(""), level=pl.lit("total"),
        rank=pl.lit(TOTAL, pl.Int64),
    )  # fmt: skip
    change, then = pl.col("now_minor") - pl.col("before_minor"), pl.col("before_minor")
    share = (change.abs().cast(pl.Int128) * 20_000 // then.clip(1) + 1) // 2
    told = (
        pl.concat([rows, total], how="diagonal")
        .with_columns(
            change_minor=change, rate_bp=pl.when(then > 0).then(share.cast(pl.Int64) * change.sign())
        )
        .filter((pl.col("before_minor") != 0) | (pl.col("now_minor") != 0) | (pl.col("rank") == TOTAL))
        .sort("currency", "rank", "change_minor", "group", descending=[False, False, True, False])
    )
    said = f"From {day:%d/%m/%Y} to {inputs.as_of:%d/%m/%Y}. "
    fact = said + (
        source or "No balance of customers and no movements are given, so nothing is known of that day."
    )
    return Part(
        "trend",
        "Since the end of last month",
        _COLUMNS,
        told.select(*(one.inner for one in _COLUMNS), RANK),
        SHEET,
        facts=(fact,),
    )


def _before(inputs: Inputs, day: date) -> tuple[pl.DataFrame, str, bool]:
    """What each customer owed at a day's end (currency, customer_id, before_minor), whence, whether worked back."""
    said = inputs.get("balances", BALANCES).filter((pl.col("date") == day) & (pl.col("customer_id") != ""))
    told = said.group_by(_KEY).agg(before_minor=pl.col("amount_minor").sum())
    if told.height:
        return told, "The balance then is that of the file balances, by customer.", False
    if inputs.get("movements", MOVEMENTS).is_empty():
        return told, "", False
    worked = past.items(inputs, day).group_by(_KEY).agg(before_minor=pl.col("open_minor").sum())
    return worked, "The balance then is today's, less what moved since.", True
