"""How much of what fell due was collected by its due date.

in term = receipts applied on or before the due date / invoiced and due in the period, less tax deducted from it

Tax without a customer goes to the one customer who has the invoice that it names, as receipts do.

I-1 1,000.00 due 2026-03-20: 600.00 on 2026-03-18, 300.00 on 2026-03-25 -> in term 60 %, late 300.00, open 100.00
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import MOVEMENTS, OPEN_ITEMS
from recon.reports import ledger
from recon.reports.ledger import Period
from recon.reports.shape import Inputs

_KEY: Final = ["customer_id", "currency", "doc_no"]


def invoices(inputs: Inputs, span: Period) -> pl.DataFrame:
    """A row for each invoice that fell due in a period, by the due date that counts for its customer.

    Returns: customer_id, currency, doc_no, due_date, month, invoiced_minor, tax_minor, in_term_minor, late_minor,
        left_minor. What came is what movements of type receipt say that name the invoice, at most what it is of, the
        earliest first; so are tax and what is left: invoiced = tax + in term + late + left.
    """
    every = _bills(inputs)
    bills = every.filter(pl.col("due_date").is_between(span.first, span.last))
    paid = ledger.receipts(inputs, every)
    in_time = pl.col("until") <= pl.col("due_date")
    size = pl.col("paid_minor")
    came = paid.group_by(_KEY).agg(in_time=size.filter(in_time).sum(), paid=size.sum())
    tax = _taxes(inputs, every).group_by(_KEY).agg(tax=-pl.col("amount_minor").sum())
    whole = pl.col("invoiced_minor")
    rows = (
        bills.join(came, on=_KEY, how="left", maintain_order="left")
        .join(tax, on=_KEY, how="left", maintain_order="left")
        .with_columns(pl.col("in_time", "paid", "tax").fill_null(0))
        .with_columns(tax_minor=pl.col("tax").clip(0, whole))
        .with_columns(rest=whole - pl.col("tax_minor"))
        .with_columns(in_term_minor=pl.col("in_time").clip(0, pl.col("rest")))
        .with_columns(late_minor=(pl.col("paid").clip(0, pl.col("rest")) - pl.col("in_term_minor")).clip(0))
        .with_columns(left_minor=pl.col("rest") - pl.col("in_term_minor") - pl.col("late_minor"))
    )
    return rows.select(
        *_KEY, "due_date", "invoiced_minor", "tax_minor", "in_term_minor", "late_minor", "left_minor",
        month=pl.col("due_date").dt.strftime("%Y-%m"),
    )  # fmt: skip


def unplaced(inputs: Inputs, span: Period) -> pl.DataFrame:
    """Tax deducted in a period of which nobody knows the invoice, so that it is taken off none.

    It names no document, one that no input has, or, without a customer, one that several customers have.

    Returns: currency, entries, amount_minor.
    """
    every = _bills(inputs)
    rows = _taxes(inputs, every).filter(pl.col("date").is_between(span.first, span.last))
    lost = rows.join(every, on=_KEY, how="anti")
    sums = lost.group_by("currency").agg(
        entries=pl.len().cast(pl.Int64), amount_minor=-pl.col("amount_minor").sum()
    )
    return sums.sort("currency")


def _taxes(inputs: Inputs, every: pl.DataFrame) -> pl.DataFrame:
    """Tax deducted up to the as-at date, each entry with the customer of the document that it names."""
    moved = inputs.get("movements", MOVEMENTS)
    rows = moved.filter((pl.col("type") == "tax") & (pl.col("date") <= inputs.as_of))
    return ledger.owned(
        rows.select("customer_id", "currency", "date", "amount_minor", doc_no="applied_to"), every
    )


def _bills(inputs: Inputs) -> pl.DataFrame:
    """All invoices: those of the movements, else open and closed items; each number of a customer once."""
    moved = inputs.get("movements", MOVEMENTS).filter(pl.col("type").is_in(ledger.SALES))
    names = ["customer_id", "currency", "doc_no", "due_date"]
    tables = [moved.select(*names, invoiced_minor="amount_minor")]
    for one in (inputs["open_items"], inputs.get("closed_items", OPEN_ITEMS)):
        some = one.filter(pl.col("doc_type").is_in(ledger.SALES))
        size = pl.coalesce("amount_minor", "open_amount_minor")
        tables.append(some.select(*names, invoiced_minor=size))
    rows = pl.concat(tables).with_columns(pl.col("customer_id", "doc_no").fill_null(""))
    known = (pl.col("doc_no") != "") & (pl.col("invoiced_minor") > 0)
    return rows.filter(known).unique(_KEY, keep="first", maintain_order=True)
