"""What still hangs on bodies that are no more: items and names, for the ledger check.

X1 -> Y1 merger 2026-04-01: INV-7 of X1   -> open on X1, which is Y1 since 2026-04-01
"""

from __future__ import annotations

import polars as pl

from recon import successions
from recon.fill import fill
from recon.model import ALIASES
from recon.reports.shape import Inputs, called
from recon.reports.succeeded import LEDGER, known_on

_GONE = pl.Schema({"customer_id": pl.String, "since": pl.Date, "became": pl.String})


def _whole(inputs: Inputs) -> pl.DataFrame:
    """Customers that were renamed or merged by the as-at day: customer_id, since, became (in words)."""
    known = known_on(inputs)
    if known is None:
        return pl.DataFrame(schema=_GONE)
    made = successions.heirs(known, inputs.as_of)
    return made.select("customer_id", "since", became=fill("which is {} since {}", "heir", "since"))


def _halved(inputs: Inputs) -> pl.DataFrame:
    """As `_whole`, of customers that were split and do not go on themselves."""
    known = known_on(inputs)
    if known is None:
        return pl.DataFrame(schema=_GONE)
    own = known.splits.filter(pl.col("customer_id") == pl.col("successor_id"))
    made = successions.divided(known, inputs.as_of).join(
        own, on="customer_id", how="anti", maintain_order="left"
    )
    named = made.group_by("customer_id", "since", maintain_order=True).agg(
        between=pl.col("successor_id").unique().sort().str.join(" and ")
    )
    became = fill("which was split between {} on {}", "between", "since")
    return named.select("customer_id", "since", became=became)


def items(inputs: Inputs, *, split: bool) -> pl.DataFrame:
    """Items that the ledger has on a body that is no more; of a split, those whose place tells no successor.

    Returns: customer_id (the ledger's), item_id, currency, reference, amount_minor, detail.
    """
    found = inputs["open_items"].filter(pl.col("open_amount_minor") != 0)
    if LEDGER not in found.columns:
        found = found.with_columns(pl.col("customer_id").alias(LEDGER))
    gone = _halved(inputs) if split else _whole(inputs)
    if split:
        found = found.filter(pl.col(LEDGER) == pl.col("customer_id"))
    number = called()
    joined = found.drop("customer_id").rename({LEDGER: "customer_id"})
    joined = joined.join(gone, on="customer_id", how="inner", maintain_order="left")
    return joined.select(
        "customer_id",
        "item_id",
        "currency",
        reference=number,
        amount_minor="open_amount_minor",
        detail=fill("open on {}, {}", "customer_id", "became"),
    )


def aliases(inputs: Inputs) -> pl.DataFrame:
    """Names that still lead to a body that is no more: customer_id, reference, detail."""
    gone = pl.concat([_whole(inputs), _halved(inputs)])
    rows = inputs.get("aliases", ALIASES)
    if LEDGER in rows.columns:
        rows = rows.drop("customer_id").rename({LEDGER: "customer_id"})
    rows = rows.join(gone, on="customer_id", how="inner", maintain_order="left")
    live = rows.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("since")))
    detail = fill("it leads to {}, {}", "customer_id", "became")
    return live.select("customer_id", reference="alias", detail=detail)
