"""A sure payer without an item of the amount, beside a customer of nearly its name who has one.

"NHS SOUTH EAST LON" 9,300.00; South East London owes 9,100.00, South West London 9,300.00   -> EX-NEAR

The amount is not followed; but a person should see that the name may be a slip.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from recon.match.frames import Ready
from recon.problems import Problem

NEAR_SCORE = 80.0
PAIRS_MAX = 20_000  # names compared for one amount: payers who paid it times customers who owe it
PAIRS_AT_ONCE = 200_000  # as Python's strings they take some 30 MB
SHOWN_MAX = 20  # problems of one kind
NAMED = ("name", "name_cut")


def of(lines: pl.DataFrame, ready: Ready) -> tuple[pl.DataFrame, list[Problem]]:
    """Lines of which another customer's name is near: (line); and what is said of amounts too common to look at.

    Args:
        lines: line, line_id, owner, payer_how, payer_text, amount, currency.
        ready: items and names.
    """
    named = pl.col("payer_how").is_in(NAMED) & (pl.col("payer_text") != "")
    asked = lines.filter(named & (pl.col("amount") > 0))
    owing = _owing(asked, ready)
    asked = _asked(asked, owing)
    names = ready.names.select("customer_id", "key").unique(maintain_order=True)
    pairs = (
        asked.filter(~_common())
        .join(owing, on=["currency", "amount"], maintain_order="left")
        .join(names, on="customer_id", maintain_order="left")
        .select("line", "payer_text", "key")
    )
    near = [pairs.clear().select("line")]
    for some in pairs.iter_slices(PAIRS_AT_ONCE):
        scores = process.cpdist(
            some["payer_text"].to_list(), some["key"].to_list(), scorer=fuzz.ratio, dtype=np.float64
        )
        near.append(some.filter(pl.Series(scores) >= NEAR_SCORE).select("line"))
    return pl.concat(near).explode("line").unique(maintain_order=True), _too_common(asked.filter(_common()))


def _too_common(wide: pl.DataFrame) -> list[Problem]:
    """Said of lines whose amount so many customers owe that none was looked at; the first twenty amounts."""
    wide = wide.unique(["currency", "amount"], keep="first", maintain_order=True)
    return [
        Problem(
            "limit-reached",
            line_id,
            f"{count} customers owe its amount and {said} payers paid it; whether one has nearly the payer's name"
            " was not looked at",
            "look for a customer of nearly this name",
        )
        for line_id, count, said in wide.select("line_id", "owing", "said").head(SHOWN_MAX).iter_rows()
    ]


def _owing(asked: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Who owes the amounts asked for, each once: (customer_id, currency, amount, other)."""
    items = ready.items.select("customer_id", "currency", amount="open", other="owner")
    return items.filter(pl.col("amount").is_in(asked["amount"].unique().implode())).unique(
        maintain_order=True
    )


def _asked(asked: pl.DataFrame, owing: pl.DataFrame) -> pl.DataFrame:
    """Names to compare, each of an amount once with its lines: how many customers owe it, how many names paid it."""
    own = owing.select("currency", "amount", owner="other").unique(maintain_order=True)
    asked = asked.join(own, on=["currency", "amount", "owner"], how="anti", maintain_order="left")
    texts = asked.group_by("currency", "amount", "payer_text", maintain_order=True).agg(
        "line", line_id=pl.col("line_id").first()
    )
    return texts.join(
        owing.group_by("currency", "amount").agg(owing=pl.len()),
        on=["currency", "amount"],
        maintain_order="left",
    ).with_columns(said=pl.len().over("currency", "amount"))


def _common() -> pl.Expr:
    return pl.col("owing") * pl.col("said") > PAIRS_MAX
