"""Rows with their counter-rows, as what is left of them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from recon.model import ACCEPTED, Table, minor_expr, money_expr, scales_of

_PART = ("line_id", "item_id", "customer_id", "deduction_type")


def over_turns(accepted: pl.DataFrame) -> pl.DataFrame:
    """Accepted rows (model.ACCEPTED, outer form) with what later turns of their lines took back of earlier ones gone.

    Lines with rows of one turn stay as they are.
    """
    again = pl.col("turn").n_unique().over("line_id") > 1
    turned = accepted.with_row_index("_at").filter(again)
    if turned.is_empty():
        return accepted
    left = pl.concat([accepted.with_row_index("_at").filter(~again), net(turned, _PART, ACCEPTED)])
    return left.sort("_at").drop("_at")


def net(rows: pl.DataFrame, keys: Sequence[str], table: Table) -> pl.DataFrame:
    """One row for each key that several rows have: their money summed, everything else as the last of them says.

    What comes to nought is gone; rows whose key is theirs alone stay as they are. The order is that of the last rows.

    Example: A 100.00, B 20.00, A -100.00 -> B 20.00.

    Args:
        rows: `keys`, `currency`, and any of the table's columns in outer form; money there is summed.
        keys: what tells rows apart.
        table: says which columns are money.
    """
    counted = rows.with_row_index("_row").with_columns(pl.len().over(keys).alias("_rows"))
    several = counted.filter(pl.col("_rows") > 1)
    if several.is_empty():
        return rows
    money = [name for name in table.money if name in rows.columns]
    scales = scales_of([(table, several)])
    minor = several.with_columns(minor_expr(several, name, scales).fill_null(0).alias(name) for name in money)
    others = [name for name in minor.columns if name not in {*keys, *money}]
    summed = minor.group_by(keys, maintain_order=True).agg(pl.col(money).sum(), pl.col(others).last())
    left = summed.filter(pl.any_horizontal(pl.col(name) != 0 for name in money))
    told = left.with_columns(money_expr(pl.col(name), scales).alias(name) for name in money)
    alone = counted.filter(pl.col("_rows") == 1)
    return pl.concat([alone, told.select(alone.columns)]).sort("_row").select(rows.columns)
