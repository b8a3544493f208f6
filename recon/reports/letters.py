"""Letters to customers: a statement of what is open, or a reminder of what may be asked for. Nothing is sent.

customer C1 on the chase list with the step `second reminder`   -> a letter with its open items and what is asked for

A letter holds documents, days and amounts, and no reference to the person cared for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from recon import model
from recon.reports import aged, chase, chaseable
from recon.reports.chaseable import HELD
from recon.reports.shape import Inputs

STATEMENT: Final = "statement"
KINDS: Final = {
    aged.DEBIT: "invoice",
    aged.CREDIT: "credit note",
    aged.UNAPPLIED: "payment on account",
}


@dataclass(frozen=True)
class Line:
    """One item of a letter; amounts are decimal text."""

    document: str
    order: str  # the customer's purchase order
    kind: str
    issued: date | None
    due: date | None
    days_overdue: int  # 0 = not due
    open: str
    asked: str  # what of it is asked for now; empty = nothing
    remark: str  # what holds the rest back, in words


@dataclass(frozen=True)
class Letter:
    """All that a template may say of one customer and currency; amounts are decimal text."""

    customer_id: str
    name: str
    currency: str
    step: str
    as_of: date
    lines: tuple[Line, ...]
    balance: str
    overdue: str
    asked: str  # the sum of what is asked for; of a statement what is overdue and may be asked for


def letters(inputs: Inputs, *, statements: bool = False) -> tuple[Letter, ...]:
    """A letter for each customer whose step of today is one; or a statement for each with open items.

    Args:
        inputs: open_items, on_account, customers, standing; contacts, promises, plans and submissions if given.
        statements: a statement for every customer with open items, whatever the chase list says.
    """
    steps = chase.customers(inputs)
    written = {stage.step for stage in inputs.rules.credit.stages if stage.letter}
    wanted = {
        (customer, currency): step
        for customer, currency, step in steps.filter(~pl.col("quiet"))
        .select("customer_id", "currency", "step")
        .iter_rows()
        if step in written
    }
    rows = _lines(inputs).filter(pl.col("customer_id") != "")
    made = []
    for (currency, customer), own in rows.group_by("currency", "customer_id", maintain_order=True):
        step = STATEMENT if statements else wanted.get((str(customer), str(currency)), "")
        if step:
            made.append(_letter(str(customer), str(currency), step, own, inputs))
    return tuple(made)


def _lines(inputs: Inputs) -> pl.DataFrame:
    """Every open item, credit note and receipt on account, with what of it may be asked for, the oldest first."""
    every = aged.items(inputs)
    asked = chaseable.items(inputs).select("row", "chase_minor", "held")
    orders = inputs["open_items"].select("item_id", order=pl.col("po_no").fill_null(""))
    return (
        every.join(asked, on="row", how="left", maintain_order="left")
        .join(orders.unique("item_id", keep="first"), on="item_id", how="left", maintain_order="left")
        .with_columns(pl.col("order", "held").fill_null(""), pl.col("chase_minor").fill_null(0))
        .sort("currency", "customer_id", "due_date", "issue_date", "row", nulls_last=True)
    )


def _letter(customer: str, currency: str, step: str, own: pl.DataFrame, inputs: Inputs) -> Letter:
    def text(minor: int) -> str:
        return model.money_text(minor, currency, inputs.scales)

    overdue = own.filter((pl.col("side") == aged.DEBIT) & (pl.col("days_due") > 0))
    return Letter(
        customer_id=customer,
        name=str(own["customer_name"][0]) or customer,
        currency=currency,
        step=step,
        as_of=inputs.as_of,
        lines=tuple(_line(row, inputs) for row in own.iter_rows(named=True)),
        balance=text(int(own["open_minor"].sum())),
        overdue=text(int(overdue["open_minor"].sum())),
        asked=text(int(overdue["chase_minor"].sum())),
    )


def _line(row: dict[str, object], inputs: Inputs) -> Line:
    currency, days = str(row["currency"]), row["days_due"]
    late = days if isinstance(days, int) and days > 0 and row["side"] == aged.DEBIT else 0
    asked, open_ = row["chase_minor"], row["open_minor"]
    assert isinstance(asked, int)
    assert isinstance(open_, int)
    issued, due = row["issue_date"], row["due_date"]
    return Line(
        document=str(row["doc_no"]),
        order=str(row["order"]),
        kind=KINDS[str(row["side"])],
        issued=issued if isinstance(issued, date) else None,
        due=due if isinstance(due, date) else None,
        days_overdue=late,
        open=model.money_text(open_, currency, inputs.scales),
        asked=model.money_text(asked, currency, inputs.scales) if late and asked else "",
        remark=HELD.get(str(row["held"]), "") if late else "",
    )
