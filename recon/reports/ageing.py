"""Ageing: what customers owe, by how long it is due and by how old it is.

`days past due = as-at date - due date` (nought or less: not due); `age = as-at date - document date`. A part-paid
item ages what is left of it from its own due date. Its total is the sum of what is open, whatever the treatment.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from recon.reports import aged
from recon.reports.aged import CREDITS, UNAPPLIED, UNDATED, Basis, Bucket
from recon.reports.shape import (
    LEVEL,
    PLAIN,
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

TREATMENTS: Final = {
    "separate": "credit notes and unapplied cash in columns of their own",
    "own_date": "credit notes and unapplied cash in the bucket of their own document date",
    "oldest_first": "credit notes and unapplied cash taken off each customer's oldest items",
}
_BASES: Final[dict[Basis, str]] = {"due_date": "due date", "invoice_date": "invoice date"}
_SUMMARY: Final = "Ageing"
_DETAIL: Final[dict[Basis, str]] = {
    "due_date": "Ageing by customer",
    "invoice_date": "Ageing by invoice date",
}

_WHO: Final = (
    Column("level", "Level", f"{LEVEL}customer, group, entity or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code of the row's amounts", width=9, optional=True),
    Column("entity", "Entity", "our company", width=9, optional=True),
    Column("group_id", "Group", "group of customers that pay for each other", width=14, optional=True),
    Column("customer_id", "Customer", "the customer's number", width=13),
    Column("customer_name", "Name", "the customer's name; of a total, what it is of", Kind.LONG, 36),
)
_MORE: Final = (
    Column(
        UNDATED, "No date", "items without the date that the age counts from", Kind.MONEY, 12, optional=True
    ),
    Column(CREDITS, "Credit notes", "credit notes that are not in a bucket", Kind.MONEY, 13),
    Column(UNAPPLIED, "Unapplied cash", "cash on account that is not in a bucket", Kind.MONEY, 13),
    Column("total", "Balance", "all of it together", Kind.MONEY, 15),
    Column("overdue", "Overdue", "what is in the buckets behind the first", Kind.MONEY, 14),
    Column(
        "disputed",
        "of which disputed",
        "the part of the balance that is disputed; it stays in its bucket",
        Kind.MONEY,
        13,
    ),
    Column("items", "Items", "open items, credit notes and receipts on account", Kind.NUMBER, 8),
)
_ITEMS: Final = (
    Column("item_id", "Item id", "the open item; of a receipt on account, its bank line"),
    Column("doc_no", "Document no.", "the number that the customer sees"),
    Column("doc_type", "Document type", "invoice, credit_note, debit_note or on_account"),
    Column("currency", "Currency", "ISO 4217 code"),
    Column("entity", "Entity", "our company"),
    Column("group_id", "Group", "group of customers that pay for each other"),
    Column("customer_id", "Customer", "the customer's number"),
    Column("issue_date", "Issue date", "date of the document; of a receipt, its booking date", Kind.DATE),
    Column("due_date", "Due date", "when it is due", Kind.DATE),
    Column("open_amount", "Open amount", "what is open of it", Kind.MONEY),
    Column("disputed", "of which disputed", "the part of it that is disputed", Kind.MONEY),
    Column("days_past_due", "Days past due", "as-at date less due date", Kind.NUMBER),
    Column("age_days", "Age in days", "as-at date less issue date", Kind.NUMBER),
    Column("bucket_due", "Bucket by due date", "where it counts by due date"),
    Column("aged_due", "Counts there", "what of it counts there", Kind.MONEY),
    Column("bucket_invoice", "Bucket by invoice date", "where it counts by invoice date"),
    Column("aged_invoice", "Counts there", "what of it counts there", Kind.MONEY),
)
_BUCKETS: Final = (
    Column("level", "Level", f"{LEVEL}bucket or total", file_only=True),
    Column("basis", "Basis", "due date or invoice date", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", file_only=True),
    Column("bucket", "Bucket", "days past due, or days since the invoice", Kind.TEXT, 30),
    Column("amount", "Amount", "what is in it", Kind.MONEY, 18),
    Column("share", "Share", "its part of what is in the buckets", Kind.PERCENT, 11),
    Column("disputed", "of which disputed", "the part of it that is disputed", Kind.MONEY, 18),
    Column("items", "Items", "how many", Kind.NUMBER, 9),
)
_BRIDGE: Final = (
    Column("level", "Level", f"{LEVEL}step or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", file_only=True),
    Column(
        "what",
        "How the balance comes about",
        "a step from the ledger's extract to the balance",
        Kind.TEXT,
        30,
    ),
    Column("amount", "Amount", "how much", Kind.MONEY, 18),
)


@once
def placed_by(inputs: Inputs, basis: Basis) -> pl.DataFrame:
    """The items in their places, as `aged.placed` has them by the rules."""
    rules = inputs.rules.reports.ageing
    return aged.placed(aged.items(inputs), aged.buckets(rules.buckets), basis, rules.treatment)


def make(inputs: Inputs) -> Made:
    """The ageing by customer and by bucket (due date, invoice date), from extract to balance, and the items."""
    rules = inputs.rules.reports.ageing
    made = aged.buckets(rules.buckets)
    rows = aged.items(inputs)
    by = {basis: placed_by(inputs, basis) for basis in _BASES}
    for placed in by.values():
        _check(rows, placed)
    parts = [
        replace(_customers(by[basis], made, basis), facts=_undated(by[basis], basis)) for basis in _BASES
    ]
    summaries = [
        replace(_summary(by[basis], made, basis), facts=_undated(by[basis], basis)) for basis in _BASES
    ]
    facts = (f"Treatment `{rules.treatment}`: {TREATMENTS[rules.treatment]}.",)
    return Made((*summaries, _bridge(inputs, rows), *parts, _items(by)), facts)


def _check(rows: pl.DataFrame, placed: pl.DataFrame) -> None:
    """Assert that each customer's sum is what is open of it, however it is placed."""
    owner = ["currency", "entity", "customer_id"]
    was = rows.group_by(owner).agg(pl.col("open_minor").sum()).sort(owner)
    now = placed.group_by(owner).agg(pl.col("aged_minor").sum()).sort(owner)
    assert was["open_minor"].equals(now["aged_minor"], check_names=False), "the ageing is not what is open"


def _undated(placed: pl.DataFrame, basis: Basis) -> tuple[str, ...]:
    """How many items stand in no bucket, since they lack the date that the age counts from."""
    missing = placed.filter(pl.col("place") == UNDATED).height
    if not missing:
        return ()
    have = "item has" if missing == 1 else "items have"
    return (f"{missing:,} {have} no {_BASES[basis]} to count from: see No date.",)


def _places(made: tuple[Bucket, ...], basis: Basis) -> list[str]:
    return [*(bucket.name(basis) for bucket in made), UNDATED, CREDITS, UNAPPLIED]


def _customers(placed: pl.DataFrame, made: tuple[Bucket, ...], basis: Basis) -> Part:
    """One row for each customer, then its group's, entity's and currency's total; the largest balances first."""
    places = _places(made, basis)
    amount = pl.col("aged_minor")
    sums = [amount.filter(pl.col("place") == name).sum().alias(f"{name}_minor") for name in places]
    late = [bucket.name(basis) for bucket in made[1:]]
    sums += [
        amount.sum().alias("total_minor"),
        amount.filter(pl.col("place").is_in(late)).sum().alias("overdue_minor"),
        pl.col("disputed_minor").sum(),
        pl.len().cast(pl.Int64).alias("items"),
    ]
    entity, group = ["currency", "entity"], ["currency", "entity", "group_id"]
    # Nobody who is known is a customer by name; somebody known is one, whatever the items call it.
    who = pl.when(pl.col("customer_id") == "").then("customer_name").otherwise(pl.lit("")).alias("who")
    rows = placed.with_columns(who)
    levels = [
        (
            "customer",
            PLAIN,
            rows.group_by([*group, "customer_id", "who"]).agg(pl.first("customer_name"), *sums),
        ),
        ("group", SUBTOTAL, rows.filter(pl.col("group_id") != "").group_by(group).agg(*sums)),
        (
            "entity",
            SUBTOTAL,
            rows.filter((pl.col("entity").n_unique() > 1).over("currency")).group_by(entity).agg(*sums),
        ),
        ("total", TOTAL, rows.group_by("currency").agg(*sums)),
    ]
    whole = pl.concat(
        [one.with_columns(level=pl.lit(name), rank=pl.lit(rank, pl.Int64)) for name, rank, one in levels],
        how="diagonal",
    ).with_columns(pl.col("entity", "group_id", "customer_id", "customer_name", "who").fill_null(""))
    named = _titled(whole)
    columns = (
        *_WHO,
        *(Column(one.name(basis), one.title(basis), "in that bucket", Kind.MONEY, 14) for one in made),
        *_MORE,
    )
    if basis == "invoice_date":
        columns = tuple(one for one in columns if one.name != "overdue")
    told = _ordered(named).select(*(one.inner for one in columns), "rank")
    title = f"By customer and {_BASES[basis]}"
    key = "" if basis == "due_date" else "by_invoice_date"
    return Part(key, title, columns, told, sheet=_DETAIL[basis])


def _titled(rows: pl.DataFrame) -> pl.DataFrame:
    """What a total is of, in the column of the names."""
    said = (
        pl.when(pl.col("level") == "group").then(pl.lit("Group ") + pl.col("group_id"))
        .when(pl.col("level") == "entity").then(
            pl.when(pl.col("entity") == "").then(pl.lit("No entity")).otherwise(pl.lit("Entity ") + pl.col("entity"))
        )
        .when(pl.col("level") == "total").then(pl.lit("Total ") + pl.col("currency"))
        .when((pl.col("customer_id") == "") & (pl.col("customer_name") == "")).then(pl.lit("Not known"))
        .otherwise("customer_name")
    )  # fmt: skip
    return rows.with_columns(customer_name=said)


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """Currency by currency, entity by entity; groups and customers without one by their balance."""
    order = pl.col("level").replace_strict(
        {"customer": 0, "group": 0, "entity": 1, "total": 2}, return_dtype=pl.Int64
    )
    alone = pl.col("group_id") == ""
    key = (
        pl.when(alone)
        .then(pl.lit("c") + pl.col("customer_id") + pl.col("who"))
        .otherwise(pl.lit("g") + pl.col("group_id"))
    )
    keyed = rows.with_columns(block_order=order, block=key)
    customers = pl.col("total_minor").filter(pl.col("level") == "customer")
    weight = customers.sum().over("currency", "entity", "block")
    return keyed.with_columns(weight=weight).sort(
        "currency",
        pl.col("block_order") == 2,  # noqa: PLR2004 - the total
        "entity",
        "block_order",
        "weight",
        "block",
        "rank",
        "total_minor",
        "customer_id",
        "who",
        descending=[False, False, False, False, True, False, False, True, False, False],
    )


def _summary(placed: pl.DataFrame, made: tuple[Bucket, ...], basis: Basis) -> Part:
    """The whole ledger by bucket, a table for each currency."""
    titles = {one.name(basis): one.title(basis) + (" days" if one.first else "") for one in made}
    titles |= {UNDATED: "No date", CREDITS: "Credit notes", UNAPPLIED: "Unapplied cash"}
    rows: list[tuple[object, ...]] = []
    by_place = placed.group_by("currency", "place").agg(
        pl.col("aged_minor").sum(), pl.col("disputed_minor").sum(), pl.len()
    )
    found = {(currency, place): rest for currency, place, *rest in by_place.iter_rows()}
    for currency in sorted({currency for currency, _ in found}):
        debits = sum(
            found.get((currency, name), [0])[0] for name in titles if name not in (CREDITS, UNAPPLIED)
        )
        whole = [0, 0, 0]
        for name, title in titles.items():
            if name == UNDATED and (currency, name) not in found:
                continue
            amount, disputed, items = found.get((currency, name), [0, 0, 0])
            whole = [whole[0] + amount, whole[1] + disputed, whole[2] + items]
            part = None if name in (CREDITS, UNAPPLIED) else share(amount, debits)
            rows.append(("bucket", _BASES[basis], currency, title, amount, part, disputed, items, PLAIN))
        rows.append(("total", _BASES[basis], currency, "Balance", whole[0], None, *whole[1:], TOTAL))
    key = "buckets" if basis == "due_date" else "buckets_by_invoice_date"
    chart = Chart(f"Open by {_BASES[basis]}", "bucket", "amount")
    title = f"By {_BASES[basis]}"
    return Part(key, title, _BUCKETS, frame(_BUCKETS, rows, "rank"), _SUMMARY, "currency", chart)


def _bridge(inputs: Inputs, rows: pl.DataFrame) -> Part:
    """From what the ledger's extract says to the balance that is aged."""
    extract, now = (
        dict(inputs["open_items"].group_by("currency").agg(pl.col(name).sum()).iter_rows())
        for name in ("extract_minor", "open_amount_minor")
    )
    held = dict(inputs["on_account"].group_by("currency").agg(pl.col("amount_minor").sum()).iter_rows())
    balance = dict(rows.group_by("currency").agg(pl.col("open_minor").sum()).iter_rows())
    told: list[tuple[object, ...]] = []
    for currency in sorted(set(extract) | set(held)):
        was, is_, cash = extract.get(currency, 0), now.get(currency, 0), held.get(currency, 0)
        assert is_ - cash == balance.get(currency, 0), "the ageing is not what is open"
        told += [
            ("step", currency, "Open items as extracted", was, PLAIN),
            ("step", currency, "Accepted since, not yet in it", is_ - was, PLAIN),
            ("step", currency, "On account, not yet in it", -cash, PLAIN),
            ("total", currency, "Balance", is_ - cash, TOTAL),
        ]
    title = "From the ledger's extract to the balance"
    return Part("balance", title, _BRIDGE, frame(_BRIDGE, told, "rank"), _SUMMARY, "currency")


def _items(by: dict[Basis, pl.DataFrame]) -> Part:
    """Every item with its age and its place by both dates; the evidence of all the sums."""
    due, invoice = (placed.sort("row") for placed in by.values())
    other = invoice.select(bucket_invoice="place", aged_invoice_minor="aged_minor")
    told = due.hstack(other).rename(
        {"open_minor": "open_amount_minor", "days_due": "days_past_due", "days_dated": "age_days"}
        | {"place": "bucket_due", "aged_minor": "aged_due_minor"}
    )
    return Part("items", "Items", _ITEMS, told.select(one.inner for one in _ITEMS))


REPORT: Final = Report(
    "ageing",
    "Ageing",
    "What customers owe, by how long it is due and by how old it is.",
    ("open_items", "on_account", "customers"),
    make,
)
