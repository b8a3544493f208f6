"""Lopsided ledgers of the size of an even one: what a join on one key blows up on.

one customer  -> has two of five open items
one amount    -> is what every sixth item and every sixth line is of
one text      -> every line says PAYMENT, and nobody's name
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from recon.bench.generate import Case

AMOUNT: Final = "1250.00"
TEXT: Final = "PAYMENT"


def customer(case: Case) -> Case:
    """Two of five items are of the customer that has most."""
    counts = (
        case.open_items["customer_id"].value_counts().sort("count", "customer_id", descending=[True, False])
    )
    largest = counts["customer_id"][0]
    name = case.open_items.filter(pl.col("customer_id") == largest)["customer_name"][0]
    his = pl.int_range(pl.len()) % 5 < 2  # noqa: PLR2004 - two of five
    items = case.open_items.with_columns(
        customer_id=pl.when(his).then(pl.lit(largest)).otherwise("customer_id"),
        customer_name=pl.when(his).then(pl.lit(name)).otherwise("customer_name"),
    )
    return replace(case, open_items=items)


def amount(case: Case) -> Case:
    """Every sixth item and every sixth line is of one amount."""
    sixth = pl.when(pl.int_range(pl.len()) % 6 == 0).then(pl.lit(AMOUNT))
    items = case.open_items.with_columns(
        sixth.otherwise(name).alias(name) for name in ("amount", "net_amount", "open_amount")
    )
    return replace(
        case, open_items=items, bank_lines=case.bank_lines.with_columns(amount=sixth.otherwise("amount"))
    )


def text(case: Case) -> Case:
    """Every line says the same word, and no more."""
    lines = case.bank_lines.with_columns(
        counterparty=pl.lit(""), reference=pl.lit(TEXT), narrative=pl.lit(""), counterparty_account=pl.lit("")
    )
    return replace(case, bank_lines=lines)


SKEWS: Final[Mapping[str, Callable[[Case], Case]]] = {
    "one customer": customer,
    "one amount": amount,
    "one text": text,
}
