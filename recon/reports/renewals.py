"""Contracts that ended or soon end without a renewal, and the revenue that hangs on it.

at risk = delivered and not invoiced after the end + invoiced for after the end and still open
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import polars as pl

from recon.model import CONTRACTS, UNBILLED
from recon.reports.shape import LEVEL, PLAIN, RANK, TOTAL, Column, Inputs, Kind, Made, Part, Report

SIGNED: Final = ("signed", "renewed", "yes")
ENDED, ENDING = "ended", "ends soon"
_AHEAD: Final = 90  # days before the end from which on a contract is listed
_COLUMNS: Final = (
    Column("level", "Level", f"{LEVEL}contract or total", file_only=True),
    Column("contract_id", "Contract", "contract", width=16),
    Column("customer_id", "Customer", "the funder's number", width=14),
    Column("customer_name", "Name", "the customer's name", Kind.LONG, 38),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("ends", "Ends", "last day of the contract", Kind.DATE),
    Column("days", "Days since", "as-at date less that day; below nought = still to come", Kind.NUMBER, 9),
    Column("state", "State", "ended, or ends soon", width=12),
    Column("renewal", "Renewal", "how its renewal stands", width=14),
    Column("unbilled", "Not invoiced", "delivered after the end and not invoiced", Kind.MONEY, 15),
    Column("billed", "Invoiced, open", "invoiced for service after the end, and open", Kind.MONEY, 15),
    Column("risk", "At risk", "both together", Kind.MONEY, 15),
    Column("items", "Invoices", "open invoices for service after the end", Kind.NUMBER, 9),
    Column("po_no", "Purchase order", "the customer's purchase order; empty = none", width=16),
)


def _contracts(inputs: Inputs) -> pl.DataFrame:
    """A row for each contract and funder that ended, or ends in the next days, and whose renewal is not signed."""
    rows = inputs.get("contracts", CONTRACTS).with_columns(
        pl.col("contract_id", "customer_id", "renewal", "po_no", "currency").fill_null("")
    )
    # By the days that they say, so that the order of the file decides nothing; the newest rate is the last.
    rows = rows.with_columns(pl.col("valid_from").fill_null(date(1, 1, 1))).sort(
        "contract_id",
        "customer_id",
        "valid_from",
        pl.col("ends").is_null(),
        "ends",
        "renewal",
        "po_no",
        "currency",
    )
    newest = pl.col("valid_from") == pl.col("valid_from").max()
    heads = rows.group_by("contract_id", "customer_id", maintain_order=True).agg(
        own_currency=pl.col("currency").last(),
        renewal=pl.col("renewal").last(),
        po_no=pl.col("po_no").filter(pl.col("po_no") != "").last(),
        # A newest rate without an end is still running, whatever an earlier one said.
        ends=pl.when((pl.col("ends").is_null() & newest).any()).then(None).otherwise(pl.col("ends").max()),
    )
    known = pl.col("ends").is_not_null() & ~pl.col("renewal").str.strip_chars().str.to_lowercase().is_in(
        SIGNED
    )
    near = pl.col("ends") <= inputs.as_of + timedelta(days=_AHEAD)
    return heads.filter(known & near).with_columns(pl.col("po_no").fill_null(""))


def make(inputs: Inputs) -> Made:
    """The contracts, a row for each currency, the largest sums at risk first, with totals."""
    heads = _contracts(inputs)
    keys = ["contract_id", "customer_id"]
    of_currency = [*keys, "currency"]
    items = inputs["open_items"].filter(pl.col("open_amount_minor") > 0)
    items = items.select(*of_currency, "service_to", "open_amount_minor")
    late = (
        items.with_columns(pl.col("contract_id").fill_null(""))
        .join(heads.select(*keys, "ends"), on=keys)
        .filter(pl.col("service_to") > pl.col("ends"))
    )
    billed = late.group_by(of_currency).agg(
        billed_minor=pl.col("open_amount_minor").sum(), items=pl.len().cast(pl.Int64)
    )
    waiting = inputs.get("unbilled", UNBILLED).with_columns(pl.col("contract_id").fill_null(""))
    after = waiting.join(heads.select(*keys, "ends"), on=keys).filter(
        pl.coalesce("service_to", "service_from") > pl.col("ends")
    )
    unbilled = after.group_by(of_currency).agg(unbilled_minor=pl.col("amount_minor").sum())
    sums = billed.join(unbilled, on=of_currency, how="full", coalesce=True)
    rows = inputs.named(heads.join(sums, on=keys, how="left", maintain_order="left"))
    days = (pl.lit(inputs.as_of) - pl.col("ends")).dt.total_days()
    rows = rows.with_columns(
        pl.col("billed_minor", "unbilled_minor", "items").fill_null(0),
        currency=pl.coalesce("currency", "own_currency"),
        days=days,
        state=pl.when(days > 0).then(pl.lit(ENDED)).otherwise(pl.lit(ENDING)),
        level=pl.lit("contract"),
    ).with_columns(
        risk_minor=pl.col("billed_minor") + pl.col("unbilled_minor"), rank=pl.lit(PLAIN, dtype=pl.Int64)
    )
    rows = rows.sort(
        "currency", "state", "risk_minor", "days", "contract_id", "customer_id",
        descending=[False, False, True, True, False, False],
    )  # fmt: skip
    names_of = [*(one.inner for one in _COLUMNS), RANK]
    parts = []
    for (currency,), some in rows.group_by("currency", maintain_order=True):
        total = some.select(
            pl.col("unbilled_minor", "billed_minor", "risk_minor", "items").sum(),
            pl.lit(currency).alias("currency"),
            customer_name=pl.lit(f"Total {currency}"),
            level=pl.lit("total"),
            rank=pl.lit(TOTAL, dtype=pl.Int64),
        )
        parts += [some.select(names_of), total]
    told = pl.concat(parts, how="diagonal") if parts else rows.select(names_of)
    return Made((Part("", "Contracts", _COLUMNS, told, sheet="Renewals"),), (f"Up to {_AHEAD} days ahead.",))


REPORT: Final = Report(
    "renewals",
    "Contract renewals",
    "Contracts that ended or soon end without a signed renewal, and the revenue that hangs on it.",
    ("contracts", "open_items", "customers"),
    make,
)
