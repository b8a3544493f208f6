"""The journal as the rows that a layout has: legs as they are, or what each account gives to each item or customer.

Ledgers without double entry in their import (payments of an invoice, credit notes) get settlements: one row says that
an account of ours got an amount, and which customer's item it settles. Over a journal these rows come to the legs.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from recon import model
from recon.fill import fill
from recon.model import Column, Table
from recon.posting.journal import LEGS
from recon.rules.layout import Form

ROWS = Table(
    "rows",
    (
        Column("journal_no", "number of the journal in the batch, from 1", pl.Int64()),
        Column("line", "number of the row in its journal, from 1", pl.Int64()),
        Column("kind", "bank, deduction, item, on_account or suspense; receipt: all that a customer pays"),
        Column("side", "of a leg: debit or credit"),
        Column("movement", "kind, _in or _out, and _back where it opens an item again"),
        Column("counter", "yes = it opens the item again"),
        Column("entity", "our company, where the items say it"),
        Column("posting_date", "the day the bank booked the line", pl.Date()),
        Column("value_date", "the day the money counts", pl.Date()),
        Column("account", "the leg's ledger account; of settlements the one that gets the money"),
        Column("gl_account", "the same without customers' control account; of suspense its own"),
        Column("bank_account", "ledger account of the line's bank account"),
        Column("customer_id", "whose account"),
        Column("customer", "the same, empty on the bank's and deductions' legs and in suspense"),
        Column("doc_ref", "the item's document number"),
        Column("applied_to_item", "the item that the row settles"),
        Column("item_id", "the item that the row is about"),
        Column("amount", "legs: debits positive; settlements: what settles positive", money=True),
        Column("currency", "ISO 4217 code"),
        Column("fx", "rate to the ledger's currency; empty"),
        Column("deduction_type", "TDS, CIS, DISC, TOL, WO, ..."),
        Column("text", "what it is, the bank line and the rule"),
        Column("short_text", "the document and the rule"),
        Column("narrative", "which bank line"),
        Column("bank_line_id", "the bank line"),
        Column("rule_id", "the rule or the decision that made it"),
        Column("prepared_by", "recon, or who allocated by hand"),
        Column("approved_by", "who accepted"),
    ),
)

_OF_LINE = ["journal_no", "bank_line_id", "posting_date", "value_date", "currency", "bank_account"]
_OF_PART = [*_OF_LINE, "customer_id", "item_id", "doc_ref"]


def rows(legs: pl.DataFrame, form: Form, scales: Mapping[str, int]) -> pl.DataFrame:
    """The rows of a posting file (ROWS, inner form), in order of journal.

    Args:
        legs: posting.journal, outer form.
        form: legs; settlements (bank or deduction account to item); receipts (the same, one row for all that a
            customer pays with one bank line).
        scales: decimals of a minor unit, by currency.
    """
    inner = _inner(legs, scales)
    if form == "legs":
        return _finished(inner.filter(pl.col("amount_minor") != 0))
    made = _settlements(inner)
    _assert_whole(made, inner)
    return _finished(_in_order(_by_customer(made) if form == "receipts" else made))


def settlements(legs: pl.DataFrame, scales: Mapping[str, int]) -> pl.DataFrame:
    """What each account gives to each item and customer, whatever the form of the file (ROWS, inner form)."""
    return rows(legs, "settlements", scales)


def _inner(legs: pl.DataFrame, scales: Mapping[str, int]) -> pl.DataFrame:
    """The legs with one signed amount, and suspense told from cash on account."""
    of_nobody = (pl.col("kind") == "on_account") & (pl.col("customer_id") == "")
    inner = model.inside(legs, LEGS, scales).with_columns(
        (pl.col("debit_minor").fill_null(0) - pl.col("credit_minor").fill_null(0)).alias("amount_minor"),
        pl.when(of_nobody).then(pl.lit("suspense")).otherwise("kind").alias("kind"),
    )
    of_customer = pl.col("kind").is_in(["item", "on_account"])
    return inner.with_columns(
        pl.when(of_customer).then(pl.lit("")).otherwise("account").alias("gl_account"),
        pl.when(of_customer).then("customer_id").otherwise(pl.lit("")).alias("customer"),
    )


def _joined(name: str) -> pl.Expr:
    """The different texts of a group in one, those that are lists already taken apart."""
    return (
        pl.col(name)
        .str.split(", ")
        .explode()
        .drop_nulls()
        .unique()
        .sort()
        .str.join(", ")
        .str.strip_chars(", ")
    ).alias(name)


def _settlements(legs: pl.DataFrame) -> pl.DataFrame:
    """Cash by item and customer, which is what is settled less what deductions settle; and each deduction."""
    kept = legs.filter(pl.col("kind") == "deduction")
    customers = legs.filter(~pl.col("kind").is_in(["bank", "deduction"]))
    parts = pl.concat(
        [
            customers.with_columns(-pl.col("amount_minor"), control=pl.col("account")),
            kept.with_columns(-pl.col("amount_minor"), control=pl.lit(""), counter=pl.lit("")),
        ]
    )
    cash = (
        parts.group_by(_OF_PART)
        .agg(
            pl.col("amount_minor").sum(),
            pl.col("control", "counter", "applied_to_item", "entity").max(),
            *[_joined(name) for name in ("rule_id", "prepared_by", "approved_by")],
            pl.col("narrative", "fx").first(),
        )
        .filter(pl.col("amount_minor") != 0)
    )
    item = pl.col("item_id") != ""
    kind = (
        pl.when(item)
        .then(pl.lit("item"))
        .when(pl.col("customer_id") == "")
        .then(pl.lit("suspense"))
        .otherwise(pl.lit("on_account"))
    )
    cash = cash.with_columns(kind.alias("kind")).with_columns(
        account=pl.col("bank_account"),
        gl_account=pl.when(pl.col("kind") == "suspense").then("control").otherwise("bank_account"),
        deduction_type=pl.lit(""),
        customer=pl.col("customer_id"),
    )
    kept = kept.with_columns(customer=pl.col("customer_id"), applied_to_item=pl.col("item_id"))
    columns = [name for name in ROWS.inner_schema if name in cash.columns and name in kept.columns]
    return pl.concat([cash.select(columns), kept.select(columns)])


def _by_customer(made: pl.DataFrame) -> pl.DataFrame:
    """All that a customer pays with one bank line in one row; deductions and suspense as they are."""
    whose = pl.col("kind").is_in(["item", "on_account"])
    alone = pl.when(pl.col("doc_ref").n_unique() == 1).then(pl.col("doc_ref").first()).otherwise(pl.lit(""))
    one = (
        made.filter(whose)
        .group_by([*_OF_LINE, "customer_id", "customer", "account", "gl_account"])
        .agg(
            pl.col("amount_minor").sum(),
            alone.first().alias("doc_ref"),
            pl.col("entity").max(),
            *[_joined(name) for name in ("rule_id", "prepared_by", "approved_by")],
            pl.col("narrative", "fx").first(),
        )
        .filter(pl.col("amount_minor") != 0)
        .with_columns(
            kind=pl.lit("receipt"),
            counter=pl.lit(""),
            applied_to_item=pl.lit(""),
            item_id=pl.lit(""),
            deduction_type=pl.lit(""),
        )
    )
    return pl.concat([one.select(made.columns), made.filter(~whose).with_columns(counter=pl.lit(""))])


def _in_order(made: pl.DataFrame) -> pl.DataFrame:
    """By journal, cash before deductions; with numbers in the journal."""
    rank = (pl.col("kind") == "deduction").cast(pl.Int64)
    ordered = made.sort(
        "journal_no", rank, "customer_id", "doc_ref", "item_id", "account", "rule_id", "amount_minor"
    )
    return ordered.with_columns(pl.int_range(1, pl.len() + 1).over("journal_no").alias("line"))


def _finished(made: pl.DataFrame) -> pl.DataFrame:
    """With side, movement and texts."""
    sign = pl.when(pl.col("amount_minor") < 0)
    back = pl.when(pl.col("counter") == "yes").then(pl.lit("_back")).otherwise(pl.lit(""))
    rule = pl.lit(", rule ") + pl.col("rule_id")
    kept = pl.col("kind") == "deduction"
    named = pl.col("doc_ref") != ""
    on_document = named & (pl.col("kind") != "bank")
    about = (
        pl.when(kept & named)
        .then(fill("{} on {}, ", "deduction_type", "doc_ref"))
        .when(kept)
        .then(fill("{}, ", "deduction_type"))
        .otherwise(pl.lit(""))
    )
    again = (
        pl.when(pl.col("counter") == "yes").then(fill("opens {} again, ", "doc_ref")).otherwise(pl.lit(""))
    )
    short = (
        pl.when(kept)
        .then(fill("{} {}", "deduction_type", "doc_ref").str.strip_chars())
        .when(on_document)
        .then("doc_ref")
        .otherwise(pl.lit("bank receipt"))
    )
    return made.with_columns(
        side=sign.then(pl.lit("credit")).otherwise(pl.lit("debit")),
        movement=pl.col("kind") + sign.then(pl.lit("_out")).otherwise(pl.lit("_in")) + back,
        text=again + about + pl.col("narrative") + rule,
        short_text=short + rule,
    ).select(list(ROWS.inner_schema))


def _assert_whole(made: pl.DataFrame, legs: pl.DataFrame) -> None:
    """Settlements give every account of ours, and every customer, in every journal what the legs give it."""
    ours = legs.filter(pl.col("kind").is_in(["bank", "deduction"]))
    theirs = legs.filter(~pl.col("kind").is_in(["bank", "deduction"])).with_columns(-pl.col("amount_minor"))
    for side, key in ((ours, "account"), (theirs, "customer_id")):
        found = pl.concat(
            [
                made.select("journal_no", "currency", key, "amount_minor"),
                side.select("journal_no", "currency", key, -pl.col("amount_minor")),
            ]
        )
        left = found.group_by("journal_no", "currency", key).agg(pl.col("amount_minor").sum())
        assert (left["amount_minor"] == 0).all(), f"settlements are the legs, by {key}"
