"""Credit notes that a payer took without naming them: `INV-1 INV-2`, less just what one open credit note has.

INV-1 400.00, INV-2 500.00, CN-7 -60.00 open; "KENT CC INV-1 INV-2", 840.00   -> a set of all three, suggested
"""

from __future__ import annotations

import polars as pl

from recon.match.frames import Ready


def taken(pairs: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Groups of named items once more, with the owner's only credit note that makes their sum the line's amount.

    Args:
        pairs: (group, line, item, owner, how, rule, single, said, carriers), as `combine` makes them.
        ready: for the amounts.

    Returns the further groups with the same columns, numbered on.
    """
    items = ready.items.select("item", "open", "currency")
    lines = ready.lines.select("line", "amount", line_currency="currency")
    sums = (
        pairs.filter(~pl.col("single") & (pl.col("how") == "exact"))
        .join(items, on="item", maintain_order="left")
        .group_by("group", maintain_order=True)
        .agg(
            pl.col("line", "owner").first(),
            total=pl.col("open").sum(),
            currency=pl.col("currency").first(),
            credits=(pl.col("open") < 0).any(),
        )
        .join(lines, on="line", maintain_order="left")
        .filter((pl.col("amount") > 0) & (pl.col("amount") < pl.col("total")) & ~pl.col("credits"))
        .filter(pl.col("currency") == pl.col("line_currency"))
        .with_columns(open=pl.col("amount") - pl.col("total"))
    )
    notes = ready.items.filter(pl.col("open") < 0).select("owner", "currency", "open", note="item")
    found = sums.join(notes, on=["owner", "currency", "open"], maintain_order="left").filter(
        pl.len().over("group") == 1
    )
    whole = pairs.join(found.select("group", "note"), on="group", maintain_order="left")
    first = whole.unique("group", keep="first", maintain_order=True).with_columns(item="note")
    after = pairs["group"].max()
    offset = int(after) + 1 if isinstance(after, int) else 0
    return pl.concat([whole, first]).with_columns(group=pl.col("group") + offset).select(pairs.columns)
