"""What is still open of each item, after what earlier runs and decisions took of it."""

from __future__ import annotations

import polars as pl

from recon import model
from recon.fill import fill
from recon.model import OPEN_ITEMS, SETTLED
from recon.problems import Problem

STALE_MAX = 5  # items that a problem names


def remaining(open_items: pl.DataFrame, settled: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """The open items with open_amount reduced by what was accepted and is not in the extract yet.

    Whether the ledger knows an acceptance already can't be seen from an extract, so the smaller amount counts: what
    the extract says, or what an earlier extract said less what was accepted since. An amount never changes its
    sign: an item that is settled stays with 0.00 open. Credit notes are negative throughout.

    Example: the extract says A 60.00, B 100.00, C -50.00. Earlier ones said A 100.00 and B 100.00, of which 40.00
        each was accepted since -> A 60.00 (posted meanwhile), B 60.00 (not posted yet), C -50.00.

    Args:
        open_items: the extract, in outer form.
        settled: as model.SETTLED, from the store.

    Returns:
        The items in outer form, other columns as they were; and a problem (items-stale) for each extract that says
        more is open than there is.
    """
    if settled.is_empty() or open_items.is_empty():
        return open_items, ()
    limits = settled.join(
        open_items.select("item_id", "currency").unique(), on=["item_id", "currency"], how="semi"
    )
    named = open_items.with_row_index("row")
    touched = named.join(limits, on=["item_id", "currency"], how="semi", maintain_order="left")
    if touched.is_empty():
        return open_items, ()
    scales = model.scales_of([(OPEN_ITEMS, touched), (SETTLED, limits)])
    left = _left(model.inside(touched, OPEN_ITEMS, scales), model.inside(limits, SETTLED, scales))
    less = left.filter(pl.col("left") != pl.col("open_amount_minor"))
    changed = less.drop("open_amount_minor").rename({"left": "open_amount_minor"})
    outer = model.outside(changed, OPEN_ITEMS, scales)
    items = (
        named.join(
            outer.select("row", pl.col("open_amount").alias("now")),
            on="row",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.coalesce("now", "open_amount").alias("open_amount"))
        .drop("row", "now")
    )
    return items, _stale(named, outer)


def _left(items: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Items with `left`: the amount nearest to zero, of the item's own sign.

    An item of which something was accepted, but whose earlier extract isn't known, has nothing left.
    """
    lowest = items.join(
        limits.select(
            "item_id", "currency", (pl.col("open_amount_minor") - pl.col("settled_minor")).alias("limit")
        ),
        on=["item_id", "currency"],
        how="left",
        maintain_order="left",
    )
    sign = pl.col("open_amount_minor").sign()
    size = pl.min_horizontal(pl.col("open_amount_minor").abs(), (pl.col("limit").fill_null(0) * sign).clip(0))
    return lowest.group_by("row", maintain_order=True).agg(
        pl.exclude("limit").first(), (size.min() * sign.first()).alias("left")
    )


def _stale(named: pl.DataFrame, outer: pl.DataFrame) -> tuple[Problem, ...]:
    """One problem for each extract: how many items, and the first of them with both amounts."""
    said = outer.select("row", "item_id", pl.col("open_amount").alias("now"), "source", "position").join(
        named.select("row", was="open_amount"), on="row", maintain_order="left"
    )
    place = ["source", "position"]
    one = fill("{} ({}, now {})", pl.col("item_id").fill_null(""), "was", "now")
    files = (
        said.sort(*place, "row")
        .group_by("source", maintain_order=True)
        .agg(pl.col("position").first(), pl.len(), one.head(STALE_MAX).str.join(", ").alias("first"))
    )
    return tuple(
        Problem(
            "items-stale",
            f"{source}:{position}" if source and position is not None else "",
            f"{_items(count)} less open than the extract says, after what was accepted before: "
            f"{first}{f' and {count - STALE_MAX:,} more' if count > STALE_MAX else ''}",
            "post what was accepted, or take a new extract",
        )
        for source, position, count, first in files.iter_rows()
    )


def _items(count: int) -> str:
    return "1 item has" if count == 1 else f"{count:,} items have"
