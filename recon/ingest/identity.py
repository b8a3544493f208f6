"""Who a row is: the file's own id, or one made of what the row is.

The file's own id is kept in every case but one: the same id on two *different* rows. Then the first of them (by
content, so that the order of the file does not count) keeps it and each other one gets a made id, so that
nothing is lost. Two *identical* bank lines with one own id both keep it: they are one thing that came twice, and
the engine calls the second a duplicate. An open item that comes twice is kept once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from recon import distinct
from recon.model import EXTRA, Kind, row_ids
from recon.problems import Problem

LINE_PARTS = ("account", "booking_date", "amount", "currency", "type", "counterparty", "counterparty_account")
LINE_TEXT = ("reference", "narrative")
BANK_REFERENCE = EXTRA + "bank_reference"
ITEM_PARTS = ("customer_id", "doc_type", "doc_no", "issue_date", "due_date", "currency", "amount")

At = Callable[[int], str]


def identified(table: pl.DataFrame, kind: Kind, at: At) -> tuple[pl.DataFrame, list[Problem]]:
    """The table with an id on every row, and the problems of ids that stand for two rows."""
    if kind is Kind.BANK:
        bank = [BANK_REFERENCE] if BANK_REFERENCE in table.columns else []
        return _rows(table, "line_id", (*LINE_PARTS, *LINE_TEXT, *bank), "L", at)
    if kind in (Kind.ITEMS, Kind.CLOSED):
        once, repeated = _once(table, at)
        items, clashing = _rows(_numbered(once), "item_id", ITEM_PARTS, "I", at)
        return items, repeated + clashing
    if kind is Kind.CUSTOMERS:
        return _customers(table, at)
    return table, []


def _once(items: pl.DataFrame, at: At) -> tuple[pl.DataFrame, list[Problem]]:
    """Each item with an id once: ledgers write a row for each line of an invoice, with its totals on every one."""
    if distinct.alone(items.filter(pl.col("item_id") != "").select("item_id")):
        return items, []
    parts = [*ITEM_PARTS, "open_amount"]
    again = (pl.col("item_id") != "") & ~pl.struct("item_id", *parts).is_first_distinct()
    positions = items.filter(again)["position"].to_list()
    if not positions:
        return items, []
    what = f"{len(positions)} rows repeat an item that is in the file already, id and all; each item is counted once"
    return items.filter(~again), [Problem("item-twice", at(positions[0]), what)]


def _numbered(items: pl.DataFrame) -> pl.DataFrame:
    """Items without an id of their own take their document's number where no other row has it."""
    if (items["item_id"] != "").all():
        return items
    alone = (pl.col("doc_no").len().over("doc_no") == 1) & (pl.col("doc_no") != "")
    free = ~pl.col("doc_no").is_in(items["item_id"].to_list())
    return items.with_columns(
        pl.when((pl.col("item_id") == "") & alone & free).then("doc_no").otherwise("item_id").alias("item_id")
    )


def _rows(
    table: pl.DataFrame, column: str, parts: Sequence[str], prefix: str, at: At
) -> tuple[pl.DataFrame, list[Problem]]:
    if table.height and (table[column] != "").all() and distinct.alone(table.select(column)):
        return table, []
    if not (table[column] != "").any():
        plain = table.select(*parts).with_columns(_plain_amount(table))
        return table.with_columns(row_ids(plain, parts, prefix).alias(column)), []
    comparable = table.with_columns(_plain_amount(table), _row=pl.int_range(pl.len()))
    own = comparable.filter(pl.col(column) != "")
    clashing = _clashes(own, column, parts)
    problems = [
        Problem(
            "id-twice",
            at(position),
            f"{column} {row_id} is on another row too, and the two differ",
            f"this row is kept under an id made of its content; give each row its own {column}",
        )
        for position, row_id in clashing.select("position", column).sort("position").iter_rows()
    ]
    bare = comparable.filter(pl.col(column) == "")
    made = [
        bare.select("_row", row_ids(bare, parts, prefix).alias("_made")),
        clashing.select("_row", row_ids(clashing, [column, *parts], prefix).alias("_made")),
    ]
    ids = comparable.select("_row").join(pl.concat(made), on="_row", how="left", maintain_order="left")[
        "_made"
    ]
    done = table.with_columns(pl.coalesce(ids, pl.col(column)).alias(column))
    assert done.height == table.height
    return done, problems


def _plain_amount(table: pl.DataFrame) -> pl.Expr:
    """The amount without idle noughts, so that `4200` and `4200.00` make one id."""
    assert "amount" in table.columns
    amount = pl.col("amount")
    broken = amount.str.contains(".", literal=True)
    return pl.when(broken).then(amount.str.strip_chars_end("0").str.strip_suffix(".")).otherwise(amount)


def _clashes(own: pl.DataFrame, column: str, parts: Sequence[str]) -> pl.DataFrame:
    """The rows that lose their own id: it is on a row of other content that comes first in order of content."""
    own = own.filter(pl.col(column).is_duplicated())
    content = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in parts], separator="\x1f")
    told = own.with_columns(content.alias("_content"))
    return told.filter(pl.col("_content") != pl.col("_content").min().over(column)).drop("_content")


def _customers(table: pl.DataFrame, at: At) -> tuple[pl.DataFrame, list[Problem]]:
    """Customers are their number: of two rows with one number the first in order of content stays."""
    texts = [name for name in table.columns if name not in ("position", "digest", "source")]
    content = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in texts], separator="\x1f")
    told = table.with_columns(content.alias("_content"))
    ordered = told.sort("_content", "position")
    ranked = ordered.with_columns(pl.int_range(1, pl.len() + 1).over("customer_id").alias("_rank")).sort(
        "position"
    )
    problems = [
        Problem(
            "id-twice",
            at(position),
            f"customer {customer_id} is on another row too; this one was left out",
            "keep one row for each customer, its other names under `aliases`",
        )
        for position, customer_id in ranked.filter(pl.col("_rank") > 1)
        .select("position", "customer_id")
        .iter_rows()
    ]
    return ranked.filter(pl.col("_rank") == 1).drop("_content", "_rank"), problems
