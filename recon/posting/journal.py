"""Accepted allocations as double entry: one bank line is one journal, and every journal balances."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from recon import model
from recon.model import ACCEPTED, BANK_LINES, Choice, Column, Table
from recon.rules.schema import Rules

ENGINE = "recon"  # who prepared what a rule or a proposal made

LEGS = Table(
    "legs",
    (
        Column("journal_no", "number of the journal in the batch, from 1", pl.Int64()),
        Column("line", "number of the leg in its journal, from 1", pl.Int64()),
        Column("kind", "bank, deduction, item or on_account"),
        Column("entity", "our company, where the items say it"),
        Column("posting_date", "the day the bank booked the line", pl.Date()),
        Column("value_date", "the day the money counts", pl.Date()),
        Column("account", "ledger account"),
        Column("customer_id", "whose account, on customers' legs"),
        Column("doc_ref", "the item's document number; on the bank's leg the bank line"),
        Column("applied_to_item", "the item that the leg settles"),
        Column("debit", "amount, empty on the credit side", money=True),
        Column("credit", "amount, empty on the debit side", money=True),
        Column("currency", "ISO 4217 code"),
        Column("fx", "rate to the ledger's currency; empty = the ledger's own"),
        Column("narrative", "which bank line; never the payer's text, which may name a person"),
        Column("bank_line_id", "the bank line"),
        Column("rule_id", "the rule or the decision that made it"),
        Column("prepared_by", "recon, or the person who allocated by hand"),
        Column("approved_by", "the person who accepted; empty = by rule, or still to be approved"),
        # For layouts, which have other rows than the generic journal.
        Column("item_id", "the item that the leg is about, on deductions' legs too"),
        Column("deduction_type", "of a deduction: TDS, CIS, DISC, TOL, WO, ..."),
        Column("counter", "yes = it opens the item again (a returned payment, what is taken back)"),
        Column("bank_account", "ledger account of the line's bank account, on every leg"),
    ),
)
INNER_ONLY = ("kind", "item_id", "deduction_type", "counter", "bank_account")

# Decisions by which a person makes an allocation instead of accepting one that was proposed.
BY_HAND = tuple(
    str(choice) for choice in (Choice.ALLOCATE, Choice.ON_ACCOUNT, Choice.WRITE_OFF, Choice.REJECT)
)


@dataclass(frozen=True)
class Accounts:
    """The ledger's accounts.

    banks: our bank account as in the bank file, blanks and dashes apart -> ledger account (as it is where it isn't
    said);
    deductions: deduction_type -> ledger account (the type itself where it isn't said).
    """

    banks: Mapping[str, str] = field(default_factory=dict)
    receivables: str = "receivables"
    suspense: str = "suspense"  # cash on account of nobody who is known
    deductions: Mapping[str, str] = field(default_factory=dict)


def accounts_of(rules: Rules, words: Collection[str] = ()) -> Accounts:
    """The accounts that the rules name: a deduction's own, the tolerance's, else that of its type.

    Of `words`, names that come with recon and are no ledger's codes, the type's account goes first.
    """
    tolerance = rules.tolerances.get("default")
    given = {"TOL": tolerance.account} if tolerance else {}
    given |= {rule.type: rule.account for rule in rules.deductions if rule.account}
    types = rules.accounts.types
    only_words = {type_ for type_, account in given.items() if account in words and type_ in types}
    return Accounts(
        banks=rules.accounts.banks,
        receivables=rules.accounts.receivables,
        suspense=rules.accounts.suspense,
        deductions={**types, **{type_: name for type_, name in given.items() if type_ not in only_words}},
    )


def journal(
    accepted: pl.DataFrame,
    bank_lines: pl.DataFrame,
    open_items: pl.DataFrame,
    accounts: Accounts,
    approved_by: str = "",
    corrected_on: date | None = None,
    corrected: Collection[str] = (),
    own: Collection[str] = (),
) -> pl.DataFrame:
    """The legs (LEGS, outer form) of all journals, in order of booking date and line id.

    Example: 900.00 for INV-1 of 1,000.00, 100.00 TDS kept back -> bank debit 900.00, TDS debit 100.00, customer
        credit 1,000.00 on INV-1.

    A leg of the other sign (credit note, returned payment) stands on the other side, so that no amount is negative.
    Lines that are `corrected`, since something of them is posted already, are posted on `corrected_on`, if that is
    later. Of lines that are their `own`, decided under another name at the same login, nobody approves anything.
    """
    scales = model.scales_of([(ACCEPTED, accepted), (BANK_LINES, bank_lines)])
    rows = _rows(accepted, bank_lines, open_items, approved_by, scales, own)
    rows = rows.with_columns(_bank_account(accounts.banks).alias("account"))
    if corrected_on:
        day = pl.max_horizontal("booking_date", pl.lit(corrected_on))
        rows = rows.with_columns(
            pl.when(pl.col("line_id").is_in(list(corrected)))
            .then(day)
            .otherwise("booking_date")
            .alias("booking_date")
        )
    legs = pl.concat([_bank(rows), _deductions(rows, accounts), _customers(rows, accounts)])
    number = pl.struct("posting_date", "bank_line_id").rank("dense").cast(pl.Int64)
    ordered = legs.filter((pl.col("size") != 0) | (pl.col("kind") == "bank")).sort(
        "posting_date", "bank_line_id", "rank", "doc_ref", "applied_to_item", "account", "rule_id", "size"
    )
    numbered = ordered.with_columns(number.alias("journal_no")).with_columns(
        pl.int_range(1, pl.len() + 1).over("journal_no").alias("line"),
        pl.when(pl.col("size") >= 0).then("size").alias("debit_minor"),
        pl.when(pl.col("size") < 0).then(-pl.col("size")).alias("credit_minor"),
    )
    _assert_balanced(numbered, accepted)
    return model.outside(numbered.select(list(LEGS.inner_schema)), LEGS, scales)


def _rows(
    accepted: pl.DataFrame,
    bank_lines: pl.DataFrame,
    open_items: pl.DataFrame,
    approved_by: str,
    scales: Mapping[str, int],
    own_lines: Collection[str],
) -> pl.DataFrame:
    """Accepted rows with the line's dates and account, the item's number and company, and who stands for them."""
    lines = model.inside(bank_lines, BANK_LINES, scales).select(
        "line_id",
        "account",
        "booking_date",
        pl.coalesce("value_date", "booking_date").alias("value_date"),
        (pl.col("amount_minor") == 0).alias("of_nought"),
    )
    given = [name for name in ("doc_no", "entity") if name in open_items.columns]
    items = open_items.select(
        "item_id", *[pl.col(name).fill_null("") for name in given], is_credit=_is_credit(open_items)
    ).unique("item_id", keep="first", maintain_order=True)
    rows = model.inside(accepted, ACCEPTED, scales).join(lines, on="line_id", how="left")
    assert rows["account"].null_count() == 0, "every accepted line is a bank line"
    rows = rows.join(items, on="item_id", how="left")
    missing = [pl.lit("").alias(name) for name in ("doc_no", "entity") if name not in given]
    rows = rows.with_columns(missing).with_columns(pl.col("doc_no", "entity").fill_null(""))
    # Cash on account is of the company whose items its line pays, if that is one.
    ours = pl.col("entity").filter(pl.col("entity") != "").unique()
    alone = pl.when(ours.len() == 1).then(ours.first()).over("line_id")
    entity = pl.when(pl.col("entity") == "").then(alone).otherwise("entity").fill_null("")
    rows = rows.with_columns(entity.alias("entity"))
    # An invoice is settled by what comes in, a credit note by what goes out; the other way round it is opened again.
    settled = pl.col("amount_minor") + pl.col("deduction_minor").fill_null(0)
    settled = settled.sum().over("line_id", "item_id", "customer_id")
    other = pl.when(pl.col("is_credit").fill_null(value=False)).then(settled > 0).otherwise(settled < 0)
    rows = rows.with_columns(
        ((pl.col("item_id") != "") & other).alias("is_counter"), settled.sign().alias("settled_sign")
    )
    by_hand = pl.col("decision").is_in(list(BY_HAND))
    person = pl.when(pl.col("decision") == "").then(pl.lit("")).otherwise(pl.col("accepted_by"))
    # Whoever allocated by hand does not approve it too; a name is the same in capitals, and among several. A name
    # may have the comma that stands between two.
    makers = pl.lit(", ") + pl.col("accepted_by").str.to_lowercase() + pl.lit(", ")
    own = makers.str.contains(f", {approved_by.strip().lower()}, ", literal=True)
    own |= pl.col("line_id").is_in(pl.Series(sorted(own_lines), dtype=pl.String).implode())
    second = pl.when(own).then(pl.lit("")).otherwise(pl.lit(approved_by))
    second = pl.when(pl.col("approved_by") != "").then("approved_by").otherwise(second)
    return rows.with_columns(
        pl.when(by_hand).then("accepted_by").otherwise(pl.lit(ENGINE)).alias("prepared_by"),
        pl.when(by_hand).then(second).otherwise(person).alias("approved_by"),
        pl.when(pl.col("doc_no") == "").then("item_id").otherwise("doc_no").alias("doc_ref"),
    )


def _is_credit(items: pl.DataFrame) -> pl.Expr:
    """Whether an item is owed by us: its type says so, or its amount has a minus."""
    said = [pl.col(name).fill_null("") for name in ("open_amount", "amount") if name in items.columns]
    below = [text.str.starts_with("-") for text in said]
    typed = [pl.col("doc_type").is_in(["credit_note", "on_account"]).fill_null(value=False)]
    return pl.any_horizontal([*below, *(typed if "doc_type" in items.columns else []), pl.lit(value=False)])


_YES = pl.lit("yes")
_SHARED = ("posting_date", "value_date", "currency", "bank_line_id", "rule_id", "prepared_by", "approved_by")


def _legs(rows: pl.DataFrame, rank: int, **columns: pl.Expr) -> pl.DataFrame:
    """Rows as legs: `size` is positive for a debit."""
    texts = {name: pl.col(name) for name in _SHARED} | columns
    return rows.select(
        pl.lit(rank, dtype=pl.Int64).alias("rank"),
        *[value.alias(name) for name, value in sorted(texts.items())],
        pl.lit("").alias("fx"),
        (pl.lit("bank line ") + pl.col("bank_line_id")).alias("narrative"),
    )


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.rename({"booking_date": "posting_date", "line_id": "bank_line_id", "rule": "rule_id"})


def _joined(name: str) -> pl.Expr:
    """The different texts of a group in one."""
    return pl.col(name).filter(pl.col(name) != "").unique().sort().str.join(", ")


def _bank(rows: pl.DataFrame) -> pl.DataFrame:
    """One leg a line: what came in, to the bank. None where allocations of a line are only moved."""
    entity = pl.col("entity").filter(pl.col("entity") != "").unique()
    whole = (
        _named(rows)
        .group_by("bank_line_id", "posting_date", "value_date", "account", "currency", "of_nought")
        .agg(
            pl.col("amount_minor").sum(),
            pl.when(entity.len() == 1).then(entity.first()).otherwise(pl.lit("")).first().alias("entity"),
            *[_joined(name) for name in ("rule_id", "prepared_by", "approved_by")],
        )
        .filter((pl.col("amount_minor") != 0) | pl.col("of_nought"))
    )
    return _legs(
        whole,
        0,
        kind=pl.lit("bank"),
        entity=pl.col("entity").fill_null(""),
        account=pl.col("account"),
        customer_id=pl.lit(""),
        doc_ref=pl.col("bank_line_id"),
        applied_to_item=pl.lit(""),
        item_id=pl.lit(""),
        deduction_type=pl.lit(""),
        counter=pl.lit(""),
        bank_account=pl.col("account"),
        size=pl.col("amount_minor"),
    )


def _deductions(rows: pl.DataFrame, accounts: Accounts) -> pl.DataFrame:
    """One leg for each deduction: what was kept back, to its account."""
    kept = _named(rows).filter(pl.col("deduction_minor").fill_null(0) != 0)
    return _legs(
        kept,
        1,
        kind=pl.lit("deduction"),
        entity=pl.col("entity"),
        account=_mapped(pl.col("deduction_type"), accounts.deductions),
        customer_id=pl.col("customer_id"),
        doc_ref=pl.col("doc_ref"),
        applied_to_item=pl.lit(""),
        item_id=pl.col("item_id"),
        deduction_type=pl.col("deduction_type"),
        counter=pl.when(pl.col("is_counter") & (pl.col("deduction_minor").sign() == pl.col("settled_sign")))
        .then(_YES)
        .otherwise(pl.lit("")),
        bank_account=pl.col("account"),
        size=pl.col("deduction_minor"),
    )


def _customers(rows: pl.DataFrame, accounts: Accounts) -> pl.DataFrame:
    """One leg for each item (cash and deductions together, so that it closes), one for each cash on account."""
    named = _named(rows)
    keys = [
        "bank_line_id",
        "item_id",
        "customer_id",
        "posting_date",
        "value_date",
        "currency",
        "entity",
        "doc_ref",
        "account",
        "is_counter",
    ]
    whole = named.group_by(keys).agg(
        (pl.col("amount_minor").sum() + pl.col("deduction_minor").fill_null(0).sum()).alias("settled"),
        *[_joined(name) for name in ("rule_id", "prepared_by")],
        # One row by hand that nobody else approved is enough for the leg to lack a second person.
        pl.when(((pl.col("prepared_by") != ENGINE) & (pl.col("approved_by") == "")).any())
        .then(pl.lit(""))
        .otherwise(_joined("approved_by"))
        .alias("approved_by"),
    )
    item = pl.col("item_id") != ""
    known = item | (pl.col("customer_id") != "")
    return _legs(
        whole,
        2,
        kind=pl.when(item).then(pl.lit("item")).otherwise(pl.lit("on_account")),
        entity=pl.col("entity"),
        account=pl.when(known).then(pl.lit(accounts.receivables)).otherwise(pl.lit(accounts.suspense)),
        customer_id=pl.col("customer_id"),
        doc_ref=pl.col("doc_ref"),
        applied_to_item=pl.col("item_id"),
        item_id=pl.col("item_id"),
        deduction_type=pl.lit(""),
        counter=pl.when(pl.col("is_counter")).then(_YES).otherwise(pl.lit("")),
        bank_account=pl.col("account"),
        size=-pl.col("settled"),
    )


def _bank_account(banks: Mapping[str, str]) -> pl.Expr:
    """The ledger account of the bank's own; blanks and dashes don't tell accounts apart."""
    by_key = {re.sub(r"[\s-]", "", name): account for name, account in banks.items()}
    key = pl.col("account").str.replace_all(r"[\s-]", "")
    return key.replace_strict(by_key, default=pl.col("account"), return_dtype=pl.String)


def _mapped(name: pl.Expr, accounts: Mapping[str, str]) -> pl.Expr:
    return name.replace(list(accounts), list(accounts.values())) if accounts else name


def _assert_balanced(legs: pl.DataFrame, accepted: pl.DataFrame) -> None:
    sums = legs.group_by("journal_no").agg(pl.col("size").sum())
    assert (sums["size"] == 0).all(), "debits are credits in every journal"
    journals = legs.select("journal_no", "bank_line_id").unique()
    assert journals["journal_no"].is_unique().all(), "one journal is one bank line"
    assert set(journals["bank_line_id"]) == set(accepted["line_id"]), "each bank line is one journal"
