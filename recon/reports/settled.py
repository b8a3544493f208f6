"""What customers paid us, document by document, for whoever holds their ledger against ours.

receipt of 100: 60 on I-1, 40 on account -> payment of 100 with parts I-1 60, "" 40; I-1 is settled by 60
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import MOVEMENTS, OPEN_ITEMS
from recon.reports import ledger
from recon.reports.shape import Inputs, called

KEY: Final = ["currency", "customer_id"]
_DOC: Final = [*KEY, "doc"]
_SETTLES: Final = ("receipt", "tax", "credit_note", "discount", "write_off")


def _number(item: str = "item_id") -> pl.Expr:
    return called(item).alias("doc")


def _items(inputs: Inputs) -> pl.DataFrame:
    """Items that are or were open: item_id, currency, customer_id, doc, settled_minor (None: it isn't said)."""
    gone = pl.col("amount_minor") - pl.col("open_amount_minor")
    own: list[str | pl.Expr] = ["item_id", *KEY, _number()]
    now = inputs["open_items"].select(*own, settled_minor=gone)
    closed = inputs.get("closed_items", OPEN_ITEMS).select(*own, settled_minor=pl.lit(None, pl.Int64))
    return pl.concat([now, closed]).unique(["item_id", *KEY], keep="first", maintain_order=True)


def _accepted(inputs: Inputs) -> pl.DataFrame:
    """What was accepted with bank lines: currency, customer_id, payment, day, doc, paid_minor, settled_minor."""
    items = _items(inputs).select("item_id", *KEY, number="doc")
    held = inputs["standing"].filter(pl.col("booking_date") <= inputs.as_of)
    return held.join(items, on=["item_id", *KEY], how="left", maintain_order="left").select(
        *KEY, payment="line_id", day="booking_date", doc=pl.coalesce("number", "item_id"),
        paid_minor=pl.col("amount_minor").fill_null(0),
        settled_minor=pl.col("amount_minor").fill_null(0) + pl.col("deduction_minor").fill_null(0),
    )  # fmt: skip


def _moved(inputs: Inputs) -> pl.DataFrame:
    """The same of the ledger's movements."""
    rows = inputs.get("movements", MOVEMENTS).filter(
        pl.col("type").is_in(_SETTLES) & (pl.col("date") <= inputs.as_of)
    )
    names = ("reference", "doc_no", "movement_id")
    alone = pl.concat_str(pl.lit("row "), pl.int_range(pl.len()))
    payment = pl.coalesce(*(pl.when(pl.col(name) != "").then(name) for name in names), alone)
    receipt = pl.col("type") == "receipt"
    return rows.with_columns(payment=payment).filter(receipt | (pl.col("applied_to") != "")).select(
        *KEY, "payment", day="date", doc="applied_to",
        paid_minor=pl.when(receipt).then(-pl.col("amount_minor")).otherwise(0), settled_minor=-pl.col("amount_minor"),
    )  # fmt: skip


def documents(inputs: Inputs) -> pl.DataFrame:
    """Every document of ours: currency, customer_id, doc, settled_minor (what we know was paid or credited of it).

    By the item's own amounts; else the larger of what movements and accepted bank lines say, for a receipt that was
    posted is in both.
    """
    bills = inputs.get("movements", MOVEMENTS).filter(
        pl.col("type").is_in(ledger.BILLS) & (pl.col("doc_no") != "")
    )
    items = (
        _items(inputs)
        .group_by(_DOC)
        .agg(by_item=pl.col("settled_minor").sum(), said=pl.col("settled_minor").is_not_null().all())
    )
    known = pl.concat([items.select(_DOC), bills.select(*KEY, doc="doc_no")])
    sums = [
        rows.filter(pl.col("doc") != "").group_by(_DOC).agg(pl.col("settled_minor").sum().alias(name))
        for name, rows in (("moved", _moved(inputs)), ("accepted", _accepted(inputs)))
    ]
    known = pl.concat([known, *(one.select(_DOC) for one in sums)]).unique()
    for one in (items, *sums):
        known = known.join(one, on=_DOC, how="left")
    most = pl.max_horizontal("moved", "accepted").fill_null(0)
    settled = pl.when(pl.col("said").fill_null(value=False)).then("by_item").otherwise(most)
    return known.select(*_DOC, settled_minor=settled)


def payments(inputs: Inputs) -> pl.DataFrame:
    """Payments of customers that we have, in parts.

    One that the movements and the accepted bank lines both have is there once.

    Returns: currency, customer_id, amount_minor (of the whole), nth (numbers payments of one customer and amount by
    their days), doc (empty: on account), part_minor.
    """
    both = []
    for source in (_moved(inputs), _accepted(inputs)):
        own = [*KEY, "payment", "day"]
        parts = source.group_by(*own, "doc").agg(part_minor=pl.col("paid_minor").sum()).sort(*own, "doc")
        whole = parts.group_by(own).agg(
            amount_minor=pl.col("part_minor").sum(), docs=pl.col("doc").str.join("|")
        )
        whole = whole.filter(pl.col("amount_minor") > 0).sort(*own)
        copy = pl.int_range(pl.len()).over(*KEY, "amount_minor", "docs")
        both.append(parts.join(whole.with_columns(copy=copy), on=own))
    moved, accepted = both
    same = [*KEY, "amount_minor", "docs", "copy"]
    more = accepted.join(moved.select(same).unique(), on=same, how="anti")
    order = pl.struct("day", "docs", "copy").rank("dense").over(*KEY, "amount_minor")
    every = pl.concat([moved, more]).with_columns(nth=order)
    return every.select(*KEY, "amount_minor", "nth", "doc", "part_minor")
