"""Customer statements: our balance of a customer against the customer's own ledger, and what lies between them.

ours 20,500; invoice of 6,200 not in their ledger (rejected: no PO), payment of 3,000 that we don't have yet
    -> theirs 11,300
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import SUBMISSIONS
from recon.problems import Problem
from recon.reports import aged, ledger, settled
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
)

_SHEET: Final = "Statement check"
_TITLES: Final = {
    "not_received": "Our invoice is not in their ledger",
    "rejected": "Our invoice was rejected",
    "in_dispute": "In dispute",
    "priced_differently": "The same document with another amount",
    "paid_in_transit": "Their payment that we don't have",
    "settled_here": "Settled with us, not in their ledger yet",
    "tds_taken": "Tax that they took off",
    "credit_not_taken": "Our credit is not in their ledger",
    "duplicate_there": "Twice in their ledger",
    "not_ours": "Their document that we don't know",
}
_COLUMNS: Final = (
    Column("level", "Level", f"{LEVEL}item, customer or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("customer_id", "Customer", "the customer's number", width=12),
    Column("what", "From our balance to theirs", "an item in words, or a balance", width=38),
    Column("reason", "Reason", "reason code of an item", file_only=True),
    Column("doc_no", "Document no.", "our document, or their number", width=18),
    Column("date", "Date", "of the document", Kind.DATE),
    Column("ours", "Ours", "open with us", Kind.MONEY, 15),
    Column("theirs", "Theirs", "in their ledger", Kind.MONEY, 15),
    Column(
        "effect", "Amount", "balance, or what the item adds on the way from ours to theirs", Kind.MONEY, 16
    ),
    Column("note", "Note", "what they say of it, or why it was rejected", Kind.LONG, 34),
    Column("check", "Check", "agrees or differs", width=10),
)
_KEY: Final = ["currency", "customer_id"]


def make(inputs: Inputs) -> Made:
    """Each customer whose ledger is given, from our balance to theirs."""
    items = reconciling(inputs)
    heads = _balances(inputs, items)
    problems = [
        Problem(
            "report-break",
            f"customer_statement, {customer}",
            f"{ledger.text(inputs, (currency, ''), left)} between our balance and theirs is not explained",
            "see whether their statement is complete, and of the same day",
        )
        for currency, customer, left in heads.filter(pl.col("left") != 0).select(*_KEY, "left").iter_rows()
    ]
    count = heads.height
    facts = (
        f"{count:,} {'customer' if count == 1 else 'customers'}, {items.height:,} items between the ledgers.",
    )
    part = Part("", "From our balance to theirs", _COLUMNS, _told(items, heads), _SHEET)
    return Made((part,), facts, tuple(problems))


def _ours(inputs: Inputs) -> pl.DataFrame:
    """What is open with us of the customers whose ledger is given, a row for each document."""
    asked = inputs["customer_statement"].select(_KEY).unique()
    rows = aged.items(inputs).join(asked, on=_KEY, how="semi", maintain_order="left")
    doc = called()
    return rows.group_by(*_KEY, doc=doc).agg(
        ours_minor=pl.col("open_minor").sum(), disputed_minor=pl.col("disputed_minor").sum(),
        our_date=pl.col("issue_date").min(), side=pl.col("side").max(), item_id=pl.first("item_id"),
    )  # fmt: skip


def _theirs(inputs: Inputs) -> pl.DataFrame:
    """Their rows, one for each document; those without our number keep their own."""
    rows = inputs["customer_statement"].filter(pl.col("type") != "balance")
    number = pl.when(pl.col("doc_no") != "").then("doc_no").otherwise("reference")
    amount = pl.col("amount_minor")
    # Rows without any number stand alone.
    alone = pl.concat_str(pl.lit("row "), pl.col("position").fill_null(0))
    named = rows.with_columns(doc=number).with_columns(
        doc=pl.when(pl.col("doc") != "").then("doc").otherwise(alone)
    )
    return named.group_by(*_KEY, "doc").agg(
        theirs_minor=amount.sum(),
        tax_minor=amount.filter(pl.col("type") == "tax").sum(),
        paid_minor=amount.filter(pl.col("type") == "payment").sum(),
        invoices=(pl.col("type") == "invoice").sum(),
        type=pl.first("type"),
        their_date=pl.col("date").min(),
        status=pl.col("status").filter(pl.col("status") != "").str.join(", "),
    )


def _placed(
    theirs: pl.DataFrame, ours: pl.DataFrame, documents: pl.DataFrame, inputs: Inputs
) -> pl.DataFrame:
    """Their rows, with payments that we have, by amount, set off against the documents that we put them on.

    Only payments that touch a document which stands in one of the two ledgers; what we hold on account stays.
    """
    doc = [*_KEY, "doc"]
    there = pl.concat([ours.select(doc), theirs.filter(pl.col("type") != "payment").select(doc)]).unique()
    live = documents.filter(pl.col("settled_minor") != 0).join(there, on=doc, how="semi")
    parts = settled.payments(inputs)
    which = [*_KEY, "amount_minor"]
    touched = parts.join(live, on=doc, how="semi").select(*which, "nth").unique()
    # Numbered anew: a payment that touches none of them takes no place.
    touched = touched.sort(*which, "nth").with_columns(at=pl.int_range(pl.len()).over(which))
    lone = theirs.filter(pl.col("type") == "payment").join(documents, on=doc, how="anti")
    asked = lone.with_columns(amount_minor=-pl.col("theirs_minor")).sort(
        *which, "their_date", "doc", nulls_last=True
    )
    asked = asked.with_columns(at=pl.int_range(pl.len()).over(which)).join(touched, on=[*which, "at"])
    taken = asked.join(parts.rename({"doc": "put_on"}), on=[*which, "nth"], how="inner")
    minus = -pl.col("part_minor")
    put_on = pl.when(pl.col("put_on") != "").then("put_on").otherwise("doc")
    set_off = taken.with_columns(
        put_on.alias("doc"), theirs_minor=minus, paid_minor=minus, tax_minor=pl.lit(0, pl.Int64), status=pl.lit(""),
        invoices=pl.lit(0, theirs.schema["invoices"]),
    )  # fmt: skip
    rest = theirs.join(asked.select(doc), on=doc, how="anti", maintain_order="left")
    every = pl.concat([rest, set_off.select(theirs.columns)])
    assert every["theirs_minor"].sum() == theirs["theirs_minor"].sum(), "setting off changed their balance"
    return every.group_by(doc, maintain_order=True).agg(
        pl.col("theirs_minor", "tax_minor", "paid_minor", "invoices").sum(),
        pl.first("type"),
        pl.col("their_date").min(),
        pl.col("status").filter(pl.col("status") != "").str.join(", "),
    )


def reconciling(inputs: Inputs) -> pl.DataFrame:
    """What is not the same on both sides: currency, customer_id, reason, doc_no, date, ours, theirs, effect, note."""
    own, documents = _ours(inputs), settled.documents(inputs)
    other = _placed(_theirs(inputs), own, documents, inputs)
    both = own.join(other, on=[*_KEY, "doc"], how="full", coalesce=True)
    both = both.join(documents, on=[*_KEY, "doc"], how="left", maintain_order="left")
    effect = pl.col("theirs_minor").fill_null(0) - pl.col("ours_minor").fill_null(0)
    apart = both.with_columns(effect_minor=effect).filter(pl.col("effect_minor") != 0)
    apart = _without_pairs(apart)
    key = called()
    back = inputs.get("submissions", SUBMISSIONS).filter(
        pl.col("rejected").is_not_null() & pl.col("accepted").is_null()
    )
    back = back.select(doc=key, why="reason").unique("doc", keep="last", maintain_order=True)
    ours, theirs = pl.col("ours_minor").is_not_null(), pl.col("theirs_minor").is_not_null()
    disputed = pl.col("disputed_minor").fill_null(0) > 0
    twice = (pl.col("invoices") > 1) & (pl.col("theirs_minor") == pl.col("ours_minor") * pl.col("invoices"))
    gone, paid = pl.col("settled_minor").fill_null(0), pl.col("paid_minor").fill_null(0)
    known = pl.col("settled_minor").is_not_null()
    # Their payment alone, which we have: the document itself is what they lack.
    lacks = ours & (
        ~theirs | ((pl.col("theirs_minor") == paid) & (paid == -gone) & (pl.col("invoices") == 0))
    )
    # Documents and tax are the same on both sides; what was paid is not.
    by_pay = (pl.col("effect_minor") == gone + paid + pl.col("tax_minor")) & (gone + paid != 0)
    reason = (
        pl.when(ours & ~theirs & (pl.col("ours_minor") < 0)).then(pl.lit("credit_not_taken"))
        .when(lacks & pl.col("why").is_not_null()).then(pl.lit("rejected"))
        .when(lacks & disputed).then(pl.lit("in_dispute"))
        .when(lacks).then(pl.lit("not_received"))
        .when(theirs & ~ours & (pl.col("type") == "payment")).then(pl.lit("paid_in_transit"))
        .when(theirs & ~ours & (pl.col("type") == "tax")).then(pl.lit("tds_taken"))
        .when(theirs & ~ours & known).then(pl.lit("settled_here"))
        .when(theirs & ~ours).then(pl.lit("not_ours"))
        .when(twice).then(pl.lit("duplicate_there"))
        .when((pl.col("tax_minor") != 0) & (pl.col("effect_minor") == pl.col("tax_minor"))).then(pl.lit("tds_taken"))
        .when(by_pay & (pl.col("effect_minor") > 0)).then(pl.lit("settled_here"))
        .when(by_pay & (paid != 0)).then(pl.lit("paid_in_transit"))
        .when(disputed).then(pl.lit("in_dispute"))
        .otherwise(pl.lit("priced_differently"))
    )  # fmt: skip
    told = apart.join(back, on="doc", how="left", maintain_order="left").with_columns(reason=reason)
    rejected = pl.when(pl.col("reason") == "rejected").then("why")
    said = pl.when(pl.col("status").fill_null("") != "").then("status")
    order = {code: at for at, code in enumerate(_TITLES)}
    return told.with_columns(
        doc_no="doc", date=pl.coalesce("our_date", "their_date"), note=pl.coalesce(rejected, said).fill_null(""),
        order=pl.col("reason").replace_strict(order, return_dtype=pl.Int64),
    ).select(
        *_KEY, "reason", "doc_no", "date", "ours_minor", "theirs_minor", "effect_minor", "note", "order"
    ).sort(*_KEY, "order", "date", "doc_no", nulls_last=True)  # fmt: skip


def _without_pairs(rows: pl.DataFrame) -> pl.DataFrame:
    """Without payments and receipts on account of one amount: numbers of payments differ from ledger to ledger."""
    key = [*_KEY, "effect"]
    nth = pl.int_range(pl.len()).over(key).alias("nth")
    ordered = rows.sort(*_KEY, "doc").with_row_index("at")
    ours = ordered.filter(pl.col("theirs_minor").is_null() & (pl.col("side") == aged.UNAPPLIED))
    theirs = ordered.filter(pl.col("ours_minor").is_null() & (pl.col("type") == "payment"))
    pairs = ours.with_columns(effect=-pl.col("effect_minor")).with_columns(nth).join(
        theirs.with_columns(effect="effect_minor").with_columns(nth), on=[*key, "nth"], how="inner", suffix="_other"
    )  # fmt: skip
    used = pl.concat([pairs["at"], pairs["at_other"]])
    return ordered.filter(~pl.col("at").is_in(used.implode())).drop("at")


def _balances(inputs: Inputs, items: pl.DataFrame) -> pl.DataFrame:
    """Each customer's balances: currency, customer_id, ours, theirs, explained, left."""
    rows = inputs["customer_statement"]
    amount, total = pl.col("amount_minor"), pl.col("type") == "balance"
    theirs = rows.group_by(_KEY).agg(
        said=amount.filter(total).sum(), has=total.any(), made=amount.filter(~total).sum()
    ).select(*_KEY, theirs=pl.when("has").then("said").otherwise("made"))  # fmt: skip
    ours = _ours(inputs).group_by(_KEY).agg(ours=pl.col("ours_minor").sum())
    explained = items.group_by(_KEY).agg(explained=pl.col("effect_minor").sum())
    whole = theirs.join(ours, on=_KEY, how="left").join(explained, on=_KEY, how="left")
    filled = whole.with_columns(pl.col("ours", "explained").fill_null(0))
    return filled.with_columns(left=pl.col("theirs") - pl.col("ours") - pl.col("explained")).sort(_KEY)


def _told(items: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """Our balance, the items, what they leave, and their balance, customer by customer."""

    def row(what: str, effect: str, at: int, level: str, rank: int) -> pl.DataFrame:
        return heads.select(
            *_KEY, effect_minor=pl.col(effect), what=pl.lit(what), at=pl.lit(at), level=pl.lit(level),
            rank=pl.lit(rank, pl.Int64), left="left",
        )  # fmt: skip

    plain = items.with_columns(
        what=pl.col("reason").replace_strict(_TITLES, return_dtype=pl.String),
        at=pl.lit(1), level=pl.lit("item"), rank=pl.lit(PLAIN, pl.Int64),
    )  # fmt: skip
    said = pl.when(pl.col("left") != 0).then(pl.lit("differs")).otherwise(pl.lit("agrees"))
    parts = [
        row("Our balance", "ours", 0, "customer", SUBTOTAL),
        plain,
        row("Unexplained", "left", 2, "customer", SUBTOTAL).with_columns(check=said),
        row("Their balance", "theirs", 3, "total", TOTAL),
    ]
    texts = [one.inner for one in _COLUMNS if one.kind in (Kind.TEXT, Kind.LONG)]
    every = pl.concat(parts, how="diagonal").with_columns(pl.col(texts).fill_null(""))
    return every.sort(*_KEY, "at", maintain_order=True).select(*(one.inner for one in _COLUMNS), RANK)


REPORT: Final = Report(
    "customer_statement",
    "Statement check",
    "Our balance of a customer against the customer's own ledger, and what lies between them.",
    ("customer_statement", "open_items", "on_account", "customers", "standing"),
    make,
)
