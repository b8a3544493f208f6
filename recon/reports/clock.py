"""When days to pay begin: with the invoice, or, where the contract says so, on the day that the customer accepted it.

issued 2026-02-20, 30 days, accepted 2026-03-05; the contract's clock is acceptance -> due 2026-04-04
not accepted yet -> no due date: nothing is overdue of it, and that is told

Every report takes its due dates from here (`applied`), so that a day is late in all of them or in none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

import polars as pl

from recon.model import CONTRACTS, MOVEMENTS, OPEN_ITEMS, SUBMISSIONS
from recon.problems import Problem
from recon.reports import ledger
from recon.reports.shape import Inputs, called

ACCEPTANCE: Final = "acceptance"
_WHO: Final = ["customer_id", "doc_no"]


def applied(inputs: Inputs) -> Inputs:
    """The same with due dates of open items, closed items and movements as contracts and acceptances make them.

    An invoice belongs to the contract that it names, else to its customer's, if all of these have one clock. Its days
    are the customer's `terms_days`, else those between its own two dates.
    """
    clocks = _clocks(inputs)
    if not (clocks["clock"] == ACCEPTANCE).any():
        return inputs
    tables = dict(inputs.tables)
    found = _started(inputs, inputs["open_items"], clocks)
    tables["open_items"] = _dated(inputs["open_items"], found)
    others = [found]
    if "closed_items" in tables:
        closed = _started(inputs, inputs.get("closed_items", OPEN_ITEMS), clocks)
        tables["closed_items"] = _dated(tables["closed_items"], closed)
        others.append(closed)
    if "movements" in tables:
        tables["movements"] = _movements(inputs, clocks, others)
    problems = (*inputs.problems, *_problems(inputs, found))
    return replace(inputs, tables=tables, problems=problems)


def waiting(inputs: Inputs) -> pl.DataFrame:
    """Invoices whose clock has not begun, since nobody accepted them: customer_id, doc_no (else the item's id)."""
    clocks = _clocks(inputs)
    tables = (inputs["open_items"], _as_items(inputs.get("movements", MOVEMENTS)))
    found = pl.concat(_started(inputs, one, clocks) for one in tables)
    number = called().alias("doc_no")
    return (
        found.filter(pl.col("clocked") & pl.col("accepted").is_null()).select("customer_id", number).unique()
    )


def accepted(inputs: Inputs, rows: pl.DataFrame) -> pl.Series:
    """The day on which each row's invoice was accepted; none where that is not known, or it was rejected since.

    Args:
        inputs: submissions.
        rows: item_id, customer_id, doc_no.
    """
    sent = _named(inputs)
    back = (pl.col("rejected") > pl.col("accepted")).fill_null(value=False)
    sent = sent.filter(pl.col("accepted").is_not_null() & ~back).sort("accepted", maintain_order=True)
    asked = rows.select(pl.col("item_id", *_WHO).fill_null(""))
    days = []
    for key in (["item_id"], _WHO, ["doc_no"]):
        own = sent.filter(*(pl.col(name) != "" for name in key))
        if key == ["doc_no"]:  # a submission that does not say whose invoice it is
            own = own.filter(pl.col("customer_id") == "")
        last = own.unique(key, keep="last", maintain_order=True).select(*key, "accepted")
        days.append(asked.join(last, on=key, how="left", maintain_order="left")["accepted"])
    return pl.select(pl.coalesce(days).alias("accepted")).to_series()


def _named(inputs: Inputs) -> pl.DataFrame:
    """Submissions with number and customer of the open item that they name, where they don't say these themselves."""
    sent = inputs.get("submissions", SUBMISSIONS).with_columns(pl.col("item_id", *_WHO).fill_null(""))
    items = inputs["open_items"].unique("item_id", keep="none")
    items = items.select("item_id", own_customer="customer_id", own_doc="doc_no")
    rows = sent.join(items, on="item_id", how="left", maintain_order="left")
    said = {"customer_id": "own_customer", "doc_no": "own_doc"}
    return rows.with_columns(
        pl.when(pl.col(name) != "").then(name).otherwise(pl.col(own).fill_null("")).alias(name)
        for name, own in said.items()
    ).drop(said.values())


def _clocks(inputs: Inputs) -> pl.DataFrame:
    """The clock of each contract and customer, as its newest row says it: contract_id, customer_id, clock."""
    rows = inputs.get("contracts", CONTRACTS).with_columns(
        pl.col("contract_id", "customer_id").fill_null(""),
        pl.col("clock").fill_null(""),
        pl.col("valid_from").fill_null(date(1, 1, 1)),
    )
    newest = rows.sort("contract_id", "customer_id", "valid_from", "clock")
    return newest.group_by("contract_id", "customer_id", maintain_order=True).agg(
        clock=pl.col("clock").filter(pl.col("clock") != "").last().fill_null("invoice")
    )


def _started(inputs: Inputs, items: pl.DataFrame, clocks: pl.DataFrame) -> pl.DataFrame:
    """The invoices among some items whose customers have a clock of acceptance.

    Returns: at (the row), item_id, customer_id, doc_no, currency, open_minor, clocked, unclear (the customer's
    contracts differ, and the item names none), accepted, due (None: not accepted, or no terms are known).
    """
    some = clocks.group_by("customer_id").agg(
        any_=(pl.col("clock") == ACCEPTANCE).any(), every=(pl.col("clock") == ACCEPTANCE).all()
    )
    rows = (
        items.with_row_index("at")
        .filter(pl.col("doc_type").is_in(ledger.SALES))
        .select(
            "at", "item_id", *_WHO, "currency", pl.col("contract_id").fill_null(""), "issue_date", "due_date",
            open_minor="open_amount_minor",
        )
        .join(some.filter("any_"), on="customer_id", how="inner", maintain_order="left")
        .join(clocks, on=["contract_id", "customer_id"], how="left", maintain_order="left")
    )  # fmt: skip
    terms = inputs["customers"].unique("customer_id", keep="first", maintain_order=True)
    rows = rows.join(
        terms.select("customer_id", "terms_days"), on="customer_id", how="left", maintain_order="left"
    )
    named = pl.col("clock").is_not_null()
    days = pl.coalesce("terms_days", (pl.col("due_date") - pl.col("issue_date")).dt.total_days())
    told = rows.with_columns(accepted(inputs, rows)).with_columns(
        clocked=pl.when(named).then(pl.col("clock") == ACCEPTANCE).otherwise("every"),
        unclear=~named & ~pl.col("every"),
        due=pl.col("accepted") + pl.duration(days=days),
    )
    return told.select(
        "at", "item_id", *_WHO, "currency", "open_minor", "clocked", "unclear", "accepted", "due"
    )


def _dated(items: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Items with the due dates that were found for those on the clock of acceptance."""
    clocked = found.filter("clocked").select("at", new_due="due", clocked="clocked")
    rows = items.with_row_index("at").join(clocked, on="at", how="left", maintain_order="left")
    due = pl.when(pl.col("clocked").fill_null(value=False)).then("new_due").otherwise("due_date")
    return rows.with_columns(due_date=due).select(items.columns)


def _movements(inputs: Inputs, clocks: pl.DataFrame, items: list[pl.DataFrame]) -> pl.DataFrame:
    """Movements with the same due dates: those of their items, else by customer and number alone."""
    moved = inputs.get("movements", MOVEMENTS)
    known = pl.concat(items).filter(pl.col("doc_no") != "").unique(_WHO, keep="first", maintain_order=True)
    alone = _started(inputs, _as_items(moved), clocks).join(known, on=_WHO, how="anti", maintain_order="left")
    numbered = moved.with_row_index("at").filter(pl.col("type").is_in(ledger.SALES))
    same = numbered.select("at", *_WHO).join(
        known.drop("at", "item_id", "currency", "open_minor"), on=_WHO, how="inner", maintain_order="left"
    )
    names = ["at", "clocked", "due"]
    return _dated(moved, pl.concat([alone.select(names), same.select(names)]))


def _as_items(moved: pl.DataFrame) -> pl.DataFrame:
    """Movements under the names of items."""
    none = pl.lit("")
    return moved.with_columns(
        doc_type="type", item_id=none, contract_id=none, issue_date="date", open_amount_minor="amount_minor"
    )


def _problems(inputs: Inputs, found: pl.DataFrame) -> list[Problem]:
    """What is not accepted, or can't be told: by currency."""
    lacking = found.filter(pl.col("clocked") & pl.col("due").is_null() & (pl.col("open_minor") > 0))
    unclear = found.filter(pl.col("unclear") & (pl.col("open_minor") > 0))
    told = []
    for rows, what, hint in (
        (
            lacking,
            "have no due date: their days to pay run from acceptance, and that is not known",
            "put the day into submissions (accepted), and the days into customers (terms_days)",
        ),
        (
            unclear,
            "are of customers whose contracts differ in their clock, and name none: their due date stays",
            "put contract_id into the open items",
        ),
    ):
        sums = rows.group_by("currency").agg(pl.len(), pl.col("open_minor").sum()).sort("currency")
        for currency, count, minor in sums.iter_rows():
            size = ledger.text(inputs, (currency, ""), minor)
            say = f"{count:,} open invoices, {size}, {what}"
            told.append(Problem("report-data", "contracts, clock", say, hint))
    return told
