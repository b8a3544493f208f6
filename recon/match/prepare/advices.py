"""Remittance advices: one row each with its total, and the lines that say what it pays."""

from __future__ import annotations

import polars as pl

from recon.match import text
from recon.model import Tables
from recon.rules.schema import Rules


def advices(
    tables: Tables, customers: pl.DataFrame, names: pl.DataFrame, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Advices, one row each with their total and the one owner whose name the payer has; and their lines."""
    order = ["remittance_id", "payment_reference", "doc_no", "paid_amount_minor", "gross_amount_minor"]
    order += ["payment_amount_minor", "payer", "currency", "deduction_type", "source", "position"]
    rows = tables.remittance_lines.sort(order, nulls_last=True)
    rows = rows.with_columns(
        group=pl.when(pl.col("remittance_id") != "").then("remittance_id").otherwise("payment_reference"),
        paid=pl.coalesce(
            "paid_amount_minor", pl.col("gross_amount_minor") - pl.col("deduction_amount_minor").fill_null(0)
        ),
    )
    heads = (
        rows.group_by("group", maintain_order=True)
        .agg(
            pl.col("remittance_id").first(),
            pl.col("payer").first(),
            pl.col("payment_date").min(),
            # The number of the payment; an advice that has none may be quoted by its own.
            raw=text.struct_key(
                pl.when(pl.col("payment_reference") == "")
                .then("remittance_id")
                .otherwise("payment_reference")
            ).first(),
            total=pl.coalesce(pl.col("payment_amount_minor").drop_nulls().first(), pl.col("paid").sum()),
            # Amounts of two currencies are no total of anything.
            one_total=(pl.col("payment_amount_minor").drop_nulls().n_unique() <= 1)
            & (pl.col("currency").filter(pl.col("currency") != "").n_unique() <= 1),
            summed=pl.col("paid").sum(),
            unread=pl.col("paid").null_count(),
            currency=pl.col("currency").sort(descending=True).first(),
        )
        .with_row_index("remit")
        .with_columns(
            pl.col("remit").cast(pl.Int64),
            foots=(pl.col("total") == pl.col("summed")) & (pl.col("unread") == 0),
        )
        .with_columns(key=text.unzero(pl.col("raw")))
    )
    heads = heads.join(_payers(heads, customers, names, rules), on="remit", how="left", maintain_order="left")
    advice = rows.join(heads.select("remit", "group"), on="group", maintain_order="left").select(
        "remit",
        "doc_no",
        doc_key=text.unzero(text.struct_key(pl.col("doc_no"))),
        gross=pl.col("gross_amount_minor"),
        deduction=pl.col("deduction_amount_minor").fill_null(0),
        deduction_type=pl.col("deduction_type"),
        paid=pl.col("paid"),
    )
    return heads, advice.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))


def _payers(heads: pl.DataFrame, customers: pl.DataFrame, names: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The customer or group whose name an advice's payer is, where it is one only: (remit, payer_owner)."""
    words = rules.payers
    said = heads.select("remit", key=text.name_key(pl.col("payer"), words.drop_words, words.same_words))
    owned = names.filter(pl.col("kind") != "name_cut").join(
        customers.select("customer_id", "owner"), on="customer_id", maintain_order="left"
    )
    # A name of several owners is nobody's; left in, each advice would meet them all.
    owned = owned.select("key", "owner").unique().filter(pl.len().over("key") == 1)
    hits = said.filter(pl.col("key") != "").join(owned, on="key")
    for pattern in words.shared_payers:
        hits = hits.filter(~pl.col("key").str.contains(f"(?i){pattern}"))
    alone = hits.group_by("remit").agg(payer_owner=pl.col("owner").first(), owners=pl.col("owner").n_unique())
    return alone.filter(pl.col("owners") == 1).select("remit", "payer_owner")
