"""Customers that are one debtor with one of whom something was learned: its successors, and its group's others."""

from __future__ import annotations

import polars as pl

from recon import successions
from recon.learn.kinds import HELD, KEYS, STANDING, TAX

_EDGE = {"one": pl.String, "other": pl.String}


def kin(customers: pl.Series, rows: pl.DataFrame, homes: pl.DataFrame | None = None) -> pl.DataFrame:
    """Each customer with itself and with all that it leads to, either way: (meaning, customer_id).

    Days are not asked: who is kin to too many is only looked at once more.

    Example: K1 of whom an alias was learned, K1 -> K9 merger -> (K1, K1), (K1, K9)

    Args:
        customers: of whom something was learned; few.
        rows: successions, customer_id and successor_id; those that count.
        homes: customer_id, group_id; where a group's others are kin as well.
    """
    found = customers.unique().sort().alias("meaning").to_frame()
    found = found.with_columns(at="C:" + pl.col("meaning"))
    edges = _edges(rows, homes)
    before = -1
    while before != found.height:
        before = found.height
        step = found.join(edges, left_on="at", right_on="one").select("meaning", at="other")
        found = pl.concat([found, step]).unique()
    own = found.filter(pl.col("at").str.starts_with("C:"))
    return own.select("meaning", customer_id=pl.col("at").str.slice(2)).sort("meaning", "customer_id")


def as_now(rows: pl.DataFrame, last: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Rows of KEYS with what is one customer by now under one number, so that it counts together.

    That is the number by which something was said of it last, and first of all what stands; else the customer's
    heir: what was learned of the predecessor is the successor's, and what is settled for the successor does not
    contradict it. That something else was withdrawn for the successor leaves the predecessor's as it is.

    Example: alias A accepted of K1, K1 -> K9 merger; A means K9 by a later line -> A means K1 by that line, too

    Args:
        rows: kind, subject, meaning, and whatever else.
        last: the last event of each thing, as `state.last`.
        made: customer_id, heir, as `successions.heirs` gives them.
    """
    if made.is_empty() or rows.is_empty():
        return rows
    stands = pl.col("event").is_in([*STANDING, HELD])
    told = last.sort(stands, "at", maintain_order=True).select(KEYS)
    for name, mine in (("meaning", pl.col("kind") != TAX), ("subject", pl.col("kind") == TAX)):
        other = "subject" if name == "meaning" else "meaning"
        said = _bodies(told.filter(mine), name, made)
        said = said.unique(["kind", other, "body"], keep="last", maintain_order=True)
        named = said.select("kind", other, "body", last_said=name)
        known = _bodies(rows, name, made).join(
            named, on=["kind", other, "body"], how="left", maintain_order="left"
        )
        now = pl.when(mine).then(pl.coalesce("last_said", "body")).otherwise(name)
        rows = known.with_columns(now.alias(name)).select(rows.columns)
    return rows.unique(maintain_order=True)


def inherited(accepted: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """What was accepted (model.LEARNED), and the taxes that predecessors keep back as their heirs' own, too.

    Who pays needs no such row: the engine takes a predecessor's name or account for the heir's from the day on.

    Args:
        accepted: what counts on a day.
        made: `successions.heirs` of that day.
    """
    taxes = accepted.filter(pl.col("kind") == TAX)
    if made.is_empty() or taxes.is_empty():
        return accepted
    theirs = taxes.with_columns(subject=successions.heir_of(taxes["subject"], made))
    return pl.concat([accepted, theirs]).unique(KEYS, keep="first", maintain_order=True)


def _bodies(rows: pl.DataFrame, name: str, made: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(body=successions.heir_of(rows[name], made))


def _edges(rows: pl.DataFrame, homes: pl.DataFrame | None) -> pl.DataFrame:
    """Whom one comes to from whom, both ways: (one, other), `C:` customers and `G:` groups."""
    number = pl.col("customer_id", "successor_id").fill_null("").str.strip_chars()
    rows = rows.with_columns(number).filter((pl.col("customer_id") != "") & (pl.col("successor_id") != ""))
    parts = [
        pl.DataFrame(schema=_EDGE),
        rows.select(one="C:" + pl.col("customer_id"), other="C:" + pl.col("successor_id")),
    ]
    if homes is not None:
        grouped = homes.filter(pl.col("group_id").fill_null("") != "").unique()
        parts.append(grouped.select(one="C:" + pl.col("customer_id"), other="G:" + pl.col("group_id")))
    there = pl.concat(parts).unique()
    return pl.concat([there, there.select(one="other", other="one")]).unique()
