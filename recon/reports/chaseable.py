"""What of each open item its customer may be asked for, and what holds the rest back.

I-1 12,000.00 due 2026-02-04; 2,000.00 on account; 4,000.00 promised by 2026-04-10   as at 2026-03-31
    -> promised 4,000.00, covered by cash 2,000.00, to chase 6,000.00

The parts of an item are its open amount: asserted in code.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import SUBMISSIONS
from recon.reports import aged, plans, promises
from recon.reports.shape import Inputs, once

OWNER: Final = ["currency", "customer_id"]
LEGAL, PLAN, REJECTED, DISPUTED, PROMISED, COVERED = (
    "legal", "plan", "rejected", "disputed", "promised", "covered",
)  # fmt: skip
HELD: Final = {
    LEGAL: "with solicitors",
    PLAN: "on a repayment plan",
    REJECTED: "rejected by the customer: to be sent again",
    DISPUTED: "disputed",
    PROMISED: "promised, the day is still to come",
    COVERED: "covered by credit notes or cash on account",
}


@once
def items(inputs: Inputs) -> pl.DataFrame:
    """Every open debit with what holds it back, the oldest of a customer first.

    Returns: what `aged.items` returns, with plan_id, contract_id, service_to and held (a key of HELD, the first that
    holds any of it; empty = nothing does); legal_minor, plan_minor, rejected_minor, disputed_minor, promised_minor,
    covered_minor and chase_minor, whose sum is open_minor.
    """
    rows = aged.items(inputs)
    debits = _about(rows.filter(pl.col("side") == aged.DEBIT), inputs)
    debits = debits.sort(*OWNER, "due_date", "row", nulls_last=True)
    left = pl.col("open_minor") - pl.col("disputed_minor")
    whole = {
        name: pl.when(pl.col("stopped") == name).then(left).otherwise(0).alias(f"{name}_minor")
        for name in (LEGAL, PLAN, REJECTED)
    }
    debits = debits.with_columns(
        *whole.values(), left=pl.when(pl.col("stopped") == "").then(left).otherwise(0)
    )
    # A plan that no item names holds as much of the oldest.
    debits = _oldest_first(debits, plans.pools(inputs), "pooled")
    debits = debits.with_columns(plan_minor=pl.col("plan_minor") + pl.col("pooled")).drop("pooled")
    debits = _promised(debits, inputs)
    credit = rows.filter((pl.col("side") != aged.DEBIT) & (pl.col("customer_id") != ""))
    cash = credit.group_by(OWNER).agg(pool=-pl.col("open_minor").sum())
    debits = _oldest_first(debits, cash, "covered_minor").rename({"left": "chase_minor"})
    first = pl.coalesce(
        pl.when(pl.col(f"{name}_minor") != 0).then(pl.lit(name)) for name in (*HELD,)
    ).fill_null("")
    parts = ["chase_minor", *(f"{name}_minor" for name in HELD)]
    total = debits.select((pl.sum_horizontal(parts) - pl.col("open_minor")).abs().sum()).item()
    assert not total, "the parts of an item are not its open amount"
    return debits.with_columns(held=first).drop("stopped")


def _about(debits: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """With what the ledger and the submissions say of each item: whether anything stops all of it."""
    texts = ("legal", "plan_id", "contract_id")
    said = inputs["open_items"].select(
        "item_id", "service_to", *(pl.col(name).fill_null("") for name in texts)
    )
    rows = debits.join(said.unique("item_id", keep="first"), on="item_id", how="left", maintain_order="left")
    legal = aged.says("legal")
    # What a plan was for that is broken or completed is asked for, and so is what is only proposed.
    over = plans.states(inputs).filter(~pl.col("state").is_in(plans.STANDING)).select(plans.KEY)
    rows = rows.join(
        over.with_columns(over=pl.lit(value=True)), on=plans.KEY, how="left", maintain_order="left"
    )
    on_plan = (pl.col("plan_id") != "") & pl.col("over").is_null()
    back = _rejected(inputs)
    rejected = pl.col("item_id").is_in(back["item_id"].implode()) | (
        (pl.col("doc_no") != "") & pl.col("doc_no").is_in(back["doc_no"].implode())
    )
    stopped = (
        pl.when(legal)
        .then(pl.lit(LEGAL))
        .when(on_plan)
        .then(pl.lit(PLAN))
        .when(rejected)
        .then(pl.lit(REJECTED))
    )
    return rows.with_columns(stopped=stopped.otherwise(pl.lit(""))).drop("over")


def _rejected(inputs: Inputs) -> pl.DataFrame:
    """Invoices whose last word is that the customer rejected them: item_id, doc_no; nothing is empty."""
    sent = inputs.get("submissions", SUBMISSIONS).with_columns(pl.col("item_id", "doc_no").fill_null(""))
    key = pl.when(pl.col("item_id") != "").then("item_id").otherwise("doc_no")
    by_invoice = sent.with_columns(key=key).filter(pl.col("key") != "").group_by("key", maintain_order=True)
    last = by_invoice.agg(
        pl.col("item_id", "doc_no").last(),
        pl.col("rejected").max(),
        again=pl.max_horizontal("accepted", "sent").max(),
    )
    back = last.filter(
        pl.col("rejected").is_not_null()
        & (pl.col("again").is_null() | (pl.col("again") <= pl.col("rejected")))
    )
    return back.select(pl.when(pl.col(name) != "").then(name).alias(name) for name in ("item_id", "doc_no"))


def _promised(debits: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """What is promised of `left`, taken off it: of the item that a promise names, else of the customer's oldest."""
    to_come = promises.to_come(inputs)
    of_item = to_come.filter(pl.col("item_id") != "")
    # A promise of an item without an amount is for all of it.
    most = pl.when(pl.col("amount_minor").is_null().any()).then(None).otherwise(pl.col("rest_minor").sum())
    named = of_item.group_by("item_id", "currency").agg(
        item_pool=most, whole=pl.col("amount_minor").is_null().any()
    )
    rows = debits.join(named, on=["item_id", "currency"], how="left", maintain_order="left")
    own = (
        pl.when(pl.col("whole").fill_null(value=False))
        .then("left")
        .otherwise(pl.min_horizontal("left", pl.col("item_pool").fill_null(0)))
    )
    rows = rows.with_columns(own=own).with_columns(left=pl.col("left") - pl.col("own"))
    rest = to_come.filter((pl.col("item_id") == "") & pl.col("amount_minor").is_not_null())
    pool = rest.group_by(OWNER).agg(pool=pl.col("rest_minor").sum())
    rows = _oldest_first(rows, pool, "shared")
    return rows.with_columns(promised_minor=pl.col("own") + pl.col("shared")).drop(
        "own", "shared", "item_pool", "whole"
    )


def _oldest_first(debits: pl.DataFrame, pools: pl.DataFrame, into: str) -> pl.DataFrame:
    """`left` less a customer's pool (currency, customer_id, pool), the oldest first; what was taken is in `into`."""
    size = pl.col("left")
    before = size.cum_sum().over(OWNER) - size
    rows = debits.join(pools, on=OWNER, how="left", maintain_order="left")
    off = (pl.col("pool").fill_null(0) - before).clip(0, size).cast(pl.Int64)
    rows = rows.with_columns(off.alias(into))
    return rows.with_columns(left=pl.col("left") - pl.col(into)).drop("pool")
