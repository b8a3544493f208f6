"""Debt that may go to solicitors, and why the rest may not; and claims that will soon be too old. People decide.

candidate: overdue >= credit.legal.days, and >= credit.legal.amount without what is disputed, on a plan, promised,
           covered or with solicitors already; no invoice of it was rejected or never accepted; the letters were sent
too old:   due date + credit.legal.limitation_years
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import CONTACTS, QUERIES, SUBMISSIONS, minor_of
from recon.reports import chaseable
from recon.reports.chaseable import HELD, OWNER
from recon.reports.shape import PLAIN, RANK, SUBTOTAL, Column, Inputs, Kind, Made, Part, Report

LETTER: Final = "letter"
PASSED, SOON = "too late", "soon too late"
_COLUMNS: Final = (
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("customer_name", "Name", "the customer's name", Kind.LONG, 38),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("state", "State", "candidate, or not yet", width=12),
    Column(
        "why",
        "In the way, or left out",
        "the conditions that are not met, and what is not claimed",
        Kind.LONG,
        46,
    ),
    Column("amount", "Could be claimed", "what is old enough and nothing holds back", Kind.MONEY, 16),
    Column("old", "Old enough", "all that is overdue for that long", Kind.MONEY, 16),
    Column("days", "Days overdue", "of its oldest item that may be claimed", Kind.NUMBER, 9),
    Column("items", "Items", "how many could be claimed", Kind.NUMBER, 8),
    Column("notices", "Letters", "letters since the oldest of them fell due", Kind.NUMBER, 8),
    Column("queries", "Open queries", "how many", Kind.NUMBER, 8),
    Column("limitation", "Claim until", "the last day for the oldest of them", Kind.DATE),
)
_ITEMS: Final = (
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("customer_name", "Name", "the customer's name", Kind.LONG, 38),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("doc_no", "Document", "the number that the customer sees", width=26),
    Column("item_id", "Item", "the open item", file_only=True),
    Column("due_date", "Due", "when it was due", Kind.DATE),
    Column("open", "Open", "what is open of it", Kind.MONEY, 16),
    Column("limitation", "Claim until", "the last day on which it can be claimed", Kind.DATE),
    Column("limitation_days", "Days left", "until then; below nought = too late", Kind.NUMBER, 9),
    Column("state", "State", "soon too late, or too late", width=14),
    Column("held", "Held", "what holds it back, in words", Kind.LONG, 34),
)


def _limited(inputs: Inputs) -> pl.DataFrame:
    """Every open debit that is due, with the last day for a claim."""
    rows = chaseable.items(inputs).filter(pl.col("days_due") > 0)
    until = pl.col("due_date").dt.offset_by(f"{inputs.rules.credit.legal.limitation_years}y")
    left = (pl.col("limitation") - pl.lit(inputs.as_of)).dt.total_days()
    return rows.with_columns(limitation=until).with_columns(limitation_days=left)


def _customers(inputs: Inputs) -> pl.DataFrame:
    """A row for each customer and currency with debt that is old enough: what could be claimed, what holds it up."""
    rules = inputs.rules.credit.legal
    rows = _limited(inputs).filter((pl.col("days_due") >= rules.days) & (pl.col("customer_id") != ""))
    # Looked up once, not for each group.
    rows = rows.with_columns(unaccepted=_unaccepted(inputs))
    claim = pl.col("chase_minor") > 0
    told = rows.group_by(OWNER, maintain_order=True).agg(
        pl.col("customer_name").first(),
        *(pl.col(f"{name}_minor").sum() for name in HELD),
        amount_minor=pl.col("chase_minor").sum(),
        old_minor=pl.col("open_minor").sum(),
        days=pl.col("days_due").filter(claim).max(),
        items=claim.sum().cast(pl.Int64),
        limitation=pl.col("limitation").filter(claim).min(),
        first_due=pl.col("due_date").filter(claim).min(),
        unaccepted=(claim & pl.col("unaccepted")).sum().cast(pl.Int64),
    )
    letters = inputs.get("contacts", CONTACTS).filter(
        (pl.col("channel").str.to_lowercase() == LETTER) & (pl.col("date") <= inputs.as_of)
    )
    sent = told.select(*OWNER, "first_due").join(letters.select("customer_id", "date"), on="customer_id")
    sent = (
        sent.filter(pl.col("date") >= pl.col("first_due"))
        .group_by(OWNER)
        .agg(notices=pl.len().cast(pl.Int64))
    )
    queries = inputs.get("queries", QUERIES).filter(pl.col("closed").is_null())
    asked = queries.group_by("customer_id").agg(queries=pl.len().cast(pl.Int64))
    return (
        told.join(sent, on=OWNER, how="left", maintain_order="left")
        .join(asked, on="customer_id", how="left", maintain_order="left")
        .with_columns(pl.col("notices", "queries").fill_null(0))
    )


def _unaccepted(inputs: Inputs) -> pl.Expr:
    """Whether an invoice was submitted and the customer never accepted it; without a submission nobody knows."""
    sent = inputs.get("submissions", SUBMISSIONS).with_columns(pl.col("item_id", "doc_no").fill_null(""))
    found = pl.lit(value=False)
    for name in ("item_id", "doc_no"):
        by_invoice = sent.filter(pl.col(name) != "").group_by(name).agg(pl.col("accepted").max())
        open_ = by_invoice.filter(pl.col("accepted").is_null())[name]
        found |= pl.col(name).is_in(open_.implode())
    return found


def make(inputs: Inputs) -> Made:
    """The customers, candidates first; and every item whose claim is too late or soon will be."""
    rules = inputs.rules.credit.legal
    least = minor_of(rules.amount, inputs.scales)
    rows = _customers(inputs)
    reasons = [
        pl.when(pl.col("amount_minor") < least).then(
            pl.lit(f"less than {rules.amount:,.2f} could be claimed")
        ),
        pl.when(pl.col("queries") > 0).then(pl.lit("a query is open")),
        *(pl.when(pl.col(f"{name}_minor") > 0).then(pl.lit(f"part {text}")) for name, text in HELD.items()),
        pl.when(pl.col("unaccepted") > 0).then(pl.lit("an invoice was never accepted")),
        pl.when(pl.col("notices") < rules.notices).then(
            pl.concat_str(pl.col("notices").cast(pl.String), pl.lit(f" of {rules.notices} letters sent"))
        ),
    ]
    # What is held back is not claimed; it is in the way only where it makes the rest too little, or is a dispute.
    barred = (
        (pl.col("amount_minor") < least)
        | (pl.col("amount_minor") <= 0)
        | (pl.col("queries") > 0)
        | (pl.col("disputed_minor") > 0)
        | (pl.col("unaccepted") > 0)
        | (pl.col("notices") < rules.notices)
    )
    rows = (
        rows.with_columns(
            state=pl.when(barred).then(pl.lit("not yet")).otherwise(pl.lit("candidate")),
            why=pl.concat_str(reasons, separator="; ", ignore_nulls=True),
            rank=pl.when(barred).then(PLAIN).otherwise(SUBTOTAL).cast(pl.Int64),
        )
        .sort("state", "currency", "amount_minor", "customer_id", descending=[False, False, True, False])
        .select([*(one.inner for one in _COLUMNS), RANK])
    )
    return Made(
        (
            Part("", "Debt for solicitors", _COLUMNS, rows, sheet="Legal"),
            Part("limitation", "Claims that end", _ITEMS, _ending(inputs), sheet="Claims that end"),
        ),
        (
            f"Old enough: {rules.days} days overdue. Claims end {rules.limitation_years} years after the due date.",
            "Against a person or sole trader in England the pre-action protocol for debt claims comes first.",
        ),
    )


def _ending(inputs: Inputs) -> pl.DataFrame:
    """Items whose last day for a claim is over or near, whatever holds them back."""
    rows = _limited(inputs).filter(pl.col("limitation_days") <= inputs.rules.credit.legal.limitation_warning)
    state = pl.when(pl.col("limitation_days") < 0).then(pl.lit(PASSED)).otherwise(pl.lit(SOON))
    held = pl.col("held").replace_strict(HELD, default="", return_dtype=pl.String)
    rank = pl.when(pl.col("limitation_days") < 0).then(SUBTOTAL).otherwise(PLAIN).cast(pl.Int64)
    rows = rows.with_columns(state=state, held=held, rank=rank).sort("limitation_days", "currency", "row")
    return rows.select([*(one.inner for one in _ITEMS), RANK])


REPORT: Final = Report(
    "legal",
    "Debt for solicitors",
    "Debt that may go to solicitors, what is in the way of the rest, and claims that end. People decide.",
    ("open_items", "on_account", "customers", "standing"),
    make,
)
