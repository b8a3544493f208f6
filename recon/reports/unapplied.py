"""Cash that is on no item: unapplied, unidentified, or waiting for a word; each with its age.

`average age = sum(amount x days) / sum(amount)`, over what is positive.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import Outcome
from recon.reports import aged
from recon.reports.shape import (
    LEVEL,
    PLAIN,
    RANK,
    SUBTOTAL,
    TOTAL,
    Column,
    Inputs,
    Kind,
    Made,
    Part,
    Report,
    called,
    once,
    ratio,
)

LEDGER, ACCEPTED, SUSPENSE, REVIEW, DEBITS = "ledger", "accepted", "suspense", "review", "debit"
TITLES: Final = {
    LEDGER: "On account in the ledger",
    ACCEPTED: "Accepted on account, not in the ledger yet",
    SUSPENSE: "Unidentified: exceptions to decide",
    REVIEW: "Proposed, waiting for a person",
    DEBITS: "Debits to explain",
}
_TENTHS: Final = 10
_COLUMNS: Final = (
    Column("level", "Level", f"{LEVEL}line, kind or total", file_only=True),
    Column("kind", "Kind", "ledger, accepted, suspense, review or debit; empty for all", file_only=True),
    Column("what", "What it is", "the kind in words; of a total, what it is of", Kind.LONG, 40),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("customer_id", "Customer", "whose it is; empty = not known", width=14),
    Column("reference", "Document or bank line", "the ledger's document, or the bank line's id", width=24),
    Column("date", "Date", "of the document, or the booking date", Kind.DATE),
    Column("days", "Days", "as-at date less that date; of a total, the oldest", Kind.NUMBER, 8),
    Column("bucket", "Age", "the bucket of these days", width=12),
    Column("amount", "Amount", "cash that is on no item; debits negative", Kind.MONEY, 16),
    Column("over", "Over the limit", "the part older than `reports.unapplied_days`", Kind.MONEY, 16),
    Column("average_days", "Average days", "of a total: days weighted by amount", Kind.TENTHS, 10),
    Column("code", "Code", "exception code of the line", width=12),
    Column(
        "answer", "Last answer", "what a person said and settled nothing with: park, query, reject", width=12
    ),
)


@once
def amounts(inputs: Inputs) -> pl.DataFrame:
    """Everything that is on no item.

    Returns: kind, currency, customer_id, reference, date, amount_minor, code, answer.
    """
    items = inputs["open_items"]
    held = (pl.col("doc_type") == aged.RECEIPT) & (pl.col("open_amount_minor") < 0)
    number = called()
    none = pl.lit("")
    ledger = items.filter(held).select(
        "currency",
        "customer_id",
        kind=pl.lit(LEDGER),
        reference=number,
        date="issue_date",
        amount_minor=-pl.col("open_amount_minor"),
        code=none,
        answer=none,
    )
    accepted = inputs["on_account"].select(
        "currency",
        "customer_id",
        "amount_minor",
        kind=pl.lit(ACCEPTED),
        reference="line_id",
        date="booking_date",
        code=none,
        answer=none,
    )
    waiting = inputs["lines"].filter(
        (pl.col("settled") == "") & (pl.col("outcome") != Outcome.NOT_RECEIVABLE)
    )
    unknown = pl.when(pl.col("outcome") == Outcome.EXCEPTION).then(pl.lit(SUSPENSE)).otherwise(pl.lit(REVIEW))
    lines = waiting.select(
        "currency",
        "amount_minor",
        customer_id=none,
        kind=pl.when(pl.col("amount_minor") < 0).then(pl.lit(DEBITS)).otherwise(unknown),
        reference="line_id",
        date="booking_date",
        code=pl.when(pl.col("code").str.starts_with("EX-")).then("code").otherwise(none),
        answer="decision",
    )
    names = ["kind", "currency", "customer_id", "reference", "date", "amount_minor", "code", "answer"]
    return pl.concat([one.select(names) for one in (ledger, accepted, lines)])


def make(inputs: Inputs) -> Made:
    """Each of them, the largest first, with a total for each kind and each currency."""
    rules = inputs.rules.reports
    limit = rules.unapplied_days
    made = aged.buckets(rules.ageing.buckets)
    ends = pl.Series([bucket.last for bucket in made[:-1]], dtype=pl.Int64)
    titles = pl.Series(
        [f"{bucket.title('invoice_date')}{' days' if bucket.first else ''}" for bucket in made]
    )
    dated = amounts(inputs).with_columns(days=(pl.lit(inputs.as_of) - pl.col("date")).dt.total_days())
    at = ends.search_sorted(dated["days"].fill_null(0), side="left")
    order = pl.col("kind").replace_strict({kind: at for at, kind in enumerate(TITLES)}, return_dtype=pl.Int64)
    late = pl.col("days") > limit
    rows = (
        dated.with_columns(
            titles.gather(at).alias("bucket"),
            order=order,
            what=pl.col("kind").replace_strict(TITLES, return_dtype=pl.String),
            over_minor=pl.when(late).then("amount_minor").otherwise(0),
            average_days_tenths=pl.lit(None, dtype=pl.Int64),
            rank=pl.lit(PLAIN, dtype=pl.Int64),
            level=pl.lit("line"),
        )
        .with_columns(bucket=pl.when(pl.col("days").is_null()).then(pl.lit("No date")).otherwise("bucket"))
        .sort(
            "currency",
            "order",
            "amount_minor",
            "date",
            "reference",
            descending=[False, False, True, False, False],
        )
    )
    names = [*(one.inner for one in _COLUMNS), RANK]
    parts = []
    for (currency,), of_currency in rows.group_by("currency", maintain_order=True):
        for (_order,), of_kind in of_currency.group_by("order", maintain_order=True):
            kind = of_kind["kind"][0]
            parts += [of_kind.select(names), _total(of_kind, f"Total: {TITLES[kind]}", kind, SUBTOTAL, names)]
        parts.append(_total(of_currency, f"Total {currency}", "", TOTAL, names))
    told = pl.concat(parts) if parts else rows.select(names)
    facts = (
        f"Over the limit: older than {limit} days. Payers and texts stand on Exceptions and Suggestions.",
    )
    return Made((Part("", "Cash on no item", _COLUMNS, told, sheet="Unapplied cash"),), facts)


def _total(rows: pl.DataFrame, what: str, kind: str, rank: int, names: list[str]) -> pl.DataFrame:
    """The total of some rows: the oldest, and the average age of what is positive."""
    cash = rows.filter((pl.col("amount_minor") > 0) & pl.col("days").is_not_null())
    pairs = list(zip(cash["amount_minor"], cash["days"], strict=True))
    average = ratio(
        _TENTHS * sum(amount * days for amount, days in pairs), sum(amount for amount, _ in pairs)
    )
    made = rows.select(
        pl.first("currency"),
        pl.col("days").max(),
        pl.col("amount_minor", "over_minor").sum(),
        what=pl.lit(what),
        kind=pl.lit(kind),
        level=pl.lit("kind" if rank == SUBTOTAL else "total"),
        average_days_tenths=pl.lit(average, dtype=pl.Int64),
        rank=pl.lit(rank, dtype=pl.Int64),
        date=pl.lit(None, dtype=pl.Date),
    )
    empty = [pl.lit("").alias(name) for name in names if name not in made.columns]
    return made.with_columns(empty).select(names)


REPORT: Final = Report(
    "unapplied",
    "Unapplied cash",
    "Cash that is on no item: unapplied, unidentified, or waiting for a word; each with its age.",
    ("open_items", "on_account", "lines"),
    make,
)
