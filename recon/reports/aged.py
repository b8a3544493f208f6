"""Every open item with its age: which side it is on, how old it is, and in which bucket it counts.

I-1 12,000.00 due 2026-02-04, OA-1 -2,000.00 on account   as at 2026-03-31, buckets 30, 60, 90, 120
    separate      31-60 12,000.00; unapplied -2,000.00
    own_date      31-60 12,000.00; and -2,000.00 in the bucket of its own document date
    oldest_first  31-60 10,000.00, as if the cash had paid the oldest item
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from recon.model import SCALE_MAX
from recon.reports.shape import Inputs, once

Basis = Literal["due_date", "invoice_date"]

DEBIT, CREDIT, UNAPPLIED = "debit", "credit", "unapplied"
UNDATED, CREDITS = "undated", "credits"
RECEIPT: Final = "on_account"
_NO: Final = ("", "no", "n", "false", "0", "none")
_WITHIN: Final = ("item_id", "doc_no", "open_minor", "due_date", "issue_date", "doc_type", "customer_name")
_OWNER: Final = ["currency", "entity", "customer_id"]


@dataclass(frozen=True)
class Bucket:
    """Days from and to, both included; none = without end."""

    first: int | None
    last: int | None

    def name(self, basis: Basis) -> str:
        """Its name in a file: not_due (by invoice date day_0), days_1_30, over_120."""
        if self.first is None:
            return "not_due" if basis == "due_date" else "day_0"
        return f"over_{self.first - 1}" if self.last is None else f"days_{self.first}_{self.last}"

    def title(self, basis: Basis) -> str:
        """Its heading."""
        if self.first is None:
            return "Not due" if basis == "due_date" else "Day 0"
        return f"Over {self.first - 1}" if self.last is None else f"{self.first}-{self.last}"


def buckets(days: tuple[int, ...]) -> tuple[Bucket, ...]:
    """The buckets of those last days: (30, 60) -> not due, 1-30, 31-60, over 60."""
    ends = [0, *days]
    between = [Bucket(end + 1, last) for end, last in zip(ends, days, strict=False)]
    return (Bucket(None, 0), *between, Bucket(ends[-1] + 1, None))


def says(column: str) -> pl.Expr:
    """Whether a cell of the user's says yes: anything but nothing, no, and nought."""
    return ~pl.col(column).fill_null("").str.strip_chars().str.to_lowercase().is_in(list(_NO))


@once
def items(inputs: Inputs) -> pl.DataFrame:
    """What customers owe, one row for each open item and each receipt on account that the ledger does not know yet.

    Returns: item_id, doc_no, doc_type, customer_id, customer_name, entity, group_id, currency, issue_date, due_date,
    open_minor, disputed_minor (of debits, at most what is open), side, days_due, days_dated (None: no date),
    row (from 0, in an order that hangs on nothing but the rows).
    """
    texts = ("item_id", "doc_no", "doc_type", "customer_id", "customer_name", "entity", "group_id")
    ledger = inputs["open_items"].select(
        *texts, "currency", "issue_date", "due_date", "dispute", open_minor="open_amount_minor"
    )
    receipts = inputs["on_account"].select(
        pl.col("line_id").alias("item_id"),
        *(pl.lit("").alias(name) for name in ("doc_no", "customer_name", "entity", "group_id", "dispute")),
        "customer_id",
        "currency",
        issue_date="booking_date",
        due_date=pl.lit(None, dtype=pl.Date),
        doc_type=pl.lit(RECEIPT),
        open_minor=-pl.col("amount_minor"),
    )
    both = pl.concat([ledger, _of_entity(receipts.select(ledger.columns), ledger)])
    both = both.filter(pl.col("open_minor") != 0)
    negative, held = pl.col("open_minor") < 0, pl.col("doc_type") == RECEIPT
    side = pl.when(~negative).then(pl.lit(DEBIT)).when(held).then(pl.lit(UNAPPLIED)).otherwise(pl.lit(CREDIT))
    day = pl.lit(inputs.as_of)
    return (
        _known(both, inputs["customers"])
        .with_columns(
            side=side,
            disputed_minor=_disputed(inputs),
            days_due=(day - pl.col("due_date")).dt.total_days(),
            days_dated=(day - pl.col("issue_date")).dt.total_days(),
        )
        .drop("dispute")
        .sort("currency", "entity", "customer_id", *_WITHIN, pl.col("^group_id$"), nulls_last=True)
        .with_row_index("row")
    )


def _of_entity(receipts: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """Receipts with the entity that all items of their customer have, first of those in their currency.

    The bank doesn't say whose cash it is; where the items have several entities, nobody knows.
    """
    found = receipts
    for key in (["customer_id", "currency"], ["customer_id"]):
        named = ledger.filter(pl.col("customer_id") != "").group_by(key)
        homes = named.agg(home=pl.col("entity").min(), several=pl.col("entity").n_unique())
        one = homes.filter(pl.col("several") == 1).select(*key, "home")
        found = found.join(one, on=key, how="left", maintain_order="left").with_columns(
            entity=pl.when(pl.col("entity") == "").then(pl.col("home").fill_null("")).otherwise("entity")
        )
        found = found.drop("home")
    return found.select(receipts.columns)


def _known(rows: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """One name and one group for each customer: the customers' own, else the first by letter that an item has."""
    own = customers.filter(pl.col("customer_id") != "").unique(
        "customer_id", keep="first", maintain_order=True
    )
    own = own.select("customer_id", own_name="name", own_group="group_id")
    filled = {
        name: pl.col(name).filter(pl.col(name) != "").min().over("customer_id").fill_null("")
        for name in ("customer_name", "group_id")
    }
    named = pl.col("customer_id") != ""
    return (
        rows.with_columns(
            [pl.when(named).then(one).otherwise(name).alias(name) for name, one in filled.items()]
        )
        .join(own, on="customer_id", how="left", maintain_order="left")
        .with_columns(
            customer_name=pl.when(pl.col("own_name").fill_null("") != "")
            .then("own_name")
            .otherwise("customer_name"),
            group_id=pl.when(pl.col("group_id") != "")
            .then("group_id")
            .otherwise(pl.col("own_group").fill_null("")),
        )
        .drop("own_name", "own_group")
    )


def _disputed(inputs: Inputs) -> pl.Expr:
    """How much of a debit is disputed: the amount that `dispute` names, all of it where it says anything else."""
    text = pl.col("dispute").str.strip_chars().str.to_lowercase()
    scale = pl.col("currency").replace_strict(dict(inputs.scales), default=2, return_dtype=pl.Int64)
    whole, cents = (
        text.str.extract(r"^(\d{1,12})(?:\.\d*)?$", 1),
        text.str.extract(r"^\d+\.(\d*)$", 1).fill_null(""),
    )
    padded = cents + pl.lit("0" * SCALE_MAX).str.slice(
        0, (scale - cents.str.len_chars().cast(pl.Int64)).clip(0)
    )
    fits = cents.str.len_chars().cast(pl.Int64) <= scale
    said = pl.when(fits).then((whole + padded).cast(pl.Int64, strict=False))
    none = ~says("dispute") | (pl.col("open_minor") < 0)
    return (
        pl.when(none)
        .then(0)
        .otherwise(pl.min_horizontal(pl.col("open_minor"), said.fill_null(pl.col("open_minor"))))
    )


def placed(rows: pl.DataFrame, made: tuple[Bucket, ...], basis: Basis, treatment: str) -> pl.DataFrame:
    """The items in their places, each customer's sum being what it was.

    Returns the items with `days` (the age by that basis), `place` (a bucket's name, undated, credits, unapplied),
    `aged_minor` (what counts there) and `disputed_minor` (at most that).

    Args:
        rows: as `items` gives them.
        made: the buckets.
        basis: the date that debits count from. Credits count from their own document date.
        treatment: separate, own_date or oldest_first.
    """
    debit = pl.col("side") == DEBIT
    days = pl.when(debit & (basis == "due_date")).then("days_due").otherwise("days_dated")
    names = [bucket.name(basis) for bucket in made]
    found = rows.with_columns(days=days)
    ends = pl.Series([bucket.last for bucket in made[:-1]], dtype=pl.Int64)
    at = ends.search_sorted(found["days"].fill_null(0), side="left")
    bucket = pl.Series("bucket", names, dtype=pl.String).gather(at)
    dated = pl.when(pl.col("days").is_null()).then(pl.lit(UNDATED)).otherwise("bucket")
    apart = pl.when(pl.col("side") == UNAPPLIED).then(pl.lit(UNAPPLIED)).otherwise(pl.lit(CREDITS))
    own = debit if treatment != "own_date" else pl.lit(value=True)
    told = found.with_columns(bucket, aged_minor="open_minor").with_columns(
        place=pl.when(own).then(dated).otherwise(apart)
    )
    counted = _oldest_first(told) if treatment == "oldest_first" else told
    most = pl.col("aged_minor").clip(0)
    return counted.with_columns(disputed_minor=pl.min_horizontal("disputed_minor", most)).drop("bucket")


def _oldest_first(rows: pl.DataFrame) -> pl.DataFrame:
    """Each customer's credits taken off its oldest debits; credit notes before unapplied cash. What is more stays.

    Cash of nobody who is known pays for nobody.
    """
    known = pl.col("customer_id") != ""
    debit = pl.col("side") == DEBIT
    size = pl.col("open_minor").abs()
    debits, credits_ = size.filter(debit).sum().over(_OWNER), size.filter(~debit).sum().over(_OWNER)
    taken = pl.when(known).then(pl.min_horizontal(debits, credits_)).otherwise(0)
    ordered = rows.with_columns(taken=taken).sort(
        *_OWNER,
        debit,
        pl.col("side"),  # credit before unapplied
        "days",
        "row",
        descending=[False, False, False, True, False, True, False],
        nulls_last=True,
    )
    before = size.cum_sum().over([*_OWNER, debit]) - size
    off = (pl.col("taken") - before).clip(0, size)
    return ordered.with_columns(aged_minor=pl.col("open_minor") - off * pl.col("open_minor").sign()).drop(
        "taken"
    )
