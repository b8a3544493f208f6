"""Names, accounts and numbers that many customers share: no evidence, and not to be met by every line.

    500 customers J SMITH, 500 lines MR J SMITH  -> each line meets 6 of them: too many to be any, EX-CUST

One owner more than the limit is enough to know that there are too many.
"""

from __future__ import annotations

import polars as pl

from recon.match.frames import Ready
from recon.problems import Problem
from recon.rules.schema import Rules

SHOWN_MAX = 20  # problems of one kind


def few(frame: pl.DataFrame, keys: list[str], ready: Ready, owners_max: int) -> pl.DataFrame:
    """Rows whose keys `owners_max` owners have at most; of others one row of each of the first owners and one more.

    Args:
        frame: the keys, customer_id and other columns.
        keys: what is met by; where any of them differs, the rows are counted apart.
        ready: for the owners of the customers.
        owners_max: as `limits.customers_per_name`.
    """
    if frame.is_empty():
        return frame
    owners = ready.customers.select("customer_id", owner_="owner")
    owned = frame.join(owners, on="customer_id", how="left", maintain_order="left").with_columns(
        pl.col("owner_").fill_null("C:" + pl.col("customer_id"))
    )
    owned = owned.with_columns(count_=pl.col("owner_").n_unique().over(keys))
    wide = owned.filter(pl.col("count_") > owners_max)
    if wide.is_empty():
        return frame
    some = wide.sort("customer_id", maintain_order=True).unique(
        [*keys, "owner_"], keep="first", maintain_order=True
    )
    some = some.filter(pl.int_range(pl.len()).over(keys) <= owners_max)
    return pl.concat([owned.filter(pl.col("count_") <= owners_max), some]).select(frame.columns)


def told(crowded: pl.DataFrame, ready: Ready, rules: Rules) -> list[Problem]:
    """Said of lines whose name too many customers share; the first twenty."""
    limit = rules.limits.customers_per_name
    lines = ready.lines.join(crowded, on="line", how="semi", maintain_order="left").head(SHOWN_MAX)
    return [
        Problem(
            "limit-reached",
            line_id,
            f"more customers than customers_per_name ({limit}) have the name or number it gives; it is no evidence",
            "decide the line by hand; or teach an alias that only one customer has",
        )
        for line_id in lines["line_id"]
    ]
