"""Remittance advices: one row each with its total, and the lines that say what it pays."""

from __future__ import annotations

import polars as pl

from recon.match import text
from recon.model import Tables


def advices(tables: Tables) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Advices, one row each with their total, and their lines."""
    order = ["remittance_id", "payment_reference", "source", "position"]
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
            raw=text.struct_key(pl.col("payment_reference")).first(),
            total=pl.coalesce(pl.col("payment_amount_minor").first(), pl.col("paid").sum()),
            summed=pl.col("paid").sum(),
            unread=pl.col("paid").null_count(),
            currency=pl.col("currency").first(),
        )
        .with_row_index("remit")
        .with_columns(
            pl.col("remit").cast(pl.Int64),
            foots=(pl.col("total") == pl.col("summed")) & (pl.col("unread") == 0),
        )
        .with_columns(key=text.unzero(pl.col("raw")))
    )
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
