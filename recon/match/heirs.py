"""Customers that became others: whose items, payers and reasons these are on the days of the lines.

X1 -> Y1 merger 2026-04-01, Y1 pays on 2026-04-10 "NHS Y1 INV-7"; INV-7 is still on the account of X1
    -> owner of X1's items is C:Y1, and the reason says `customer X1 is since 2026-04-01 part of customer Y1`
X2 -> Y1, Y2 split 2026-04-01, Y1 pays an amount that only INV-9 of X2 has
    -> an offer, suggested with EX-SUCC: an amount does not say whose half it is

Only successions that hold on the last day of the lines count; where lines are booked on both sides of a day, those
before it are held against who was who then (`untimely`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import polars as pl

from recon import successions
from recon.fill import fill
from recon.match.frames import Found, Heirs, Ready
from recon.model import Tables
from recon.problems import Problem
from recon.successions import Successions

HEIR: Final = "heir"  # how a payer is known whose half of a split body is not told
_TIER: Final = 9  # behind all evidence of names


def of(
    tables: Tables, items: pl.DataFrame, customers: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, Heirs | None, list[Problem]]:
    """Items and customers with their owners as of the last day of the lines, and what else is known of successions.

    Args:
        tables: the successions and the lines' days.
        items: as `clean` makes them, with `owner`.
        customers: each once, with `owner`.

    Returns the two as they came, and None, where no succession holds by then.
    """
    if tables.successions.is_empty():
        return items, customers, None, []
    numbers = pl.concat([customers["customer_id"], tables.closed_items["customer_id"]]).unique()
    known, problems = successions.checked(tables.successions, numbers)
    first, last = tables.bank_lines["booking_date"].min(), tables.bank_lines["booking_date"].max()
    if (
        not isinstance(first, date)
        or not isinstance(last, date)
        or not any(day <= last for day in known.days)
    ):
        return items, customers, None, problems
    then = [day for day in known.days if first < day <= last]
    homes = customers.select("customer_id", "group_id")
    owners, owned = _owners(known, last, homes, items)
    made = _heirs(known, last, customers, items, owners, owned)
    before = [_before(known, day, homes, items, owners, owned) for day in then]
    made = replace(
        made,
        days=tuple(then),
        items_then=pl.concat([made.items_then, *(one for one, _ in before)]),
        payers_then=pl.concat([made.payers_then, *(one for _, one in before)]),
    )
    return items.with_columns(owner=owned), customers.with_columns(owner=owners), made, problems


def _owners(
    known: Successions, day: date, homes: pl.DataFrame, items: pl.DataFrame
) -> tuple[pl.Series, pl.Series]:
    """The owners of customers and of items on a day, each in its order."""
    bodies = successions.heir_of(homes["customer_id"], successions.heirs(known, day))
    groups = successions.grouped(known, day, homes)

    def owner(ids: pl.Series) -> pl.Series:
        said = (
            ids.to_frame("customer_id")
            .join(homes, on="customer_id", how="left", maintain_order="left")
            .join(groups, on="customer_id", how="left", maintain_order="left", suffix="_dated")
        )
        group = pl.coalesce("group_id_dated", "group_id").fill_null("")
        alone = "C:" + pl.col("customer_id")
        return said.select(owner=pl.when(group != "").then("G:" + group).otherwise(alone)).to_series()

    return owner(bodies), owner(successions.placed(known, day, items))


def _heirs(
    known: Successions,
    day: date,
    customers: pl.DataFrame,
    items: pl.DataFrame,
    owners: pl.Series,
    owned: pl.Series,
) -> Heirs:
    """What is known of successions on the last day of the lines."""
    bodies = successions.heirs(known, day).select("customer_id", body="heir")
    by_customer = pl.DataFrame([customers["customer_id"], owners.alias("owner")])
    split = successions.divided(known, day)
    whose = pl.DataFrame([items["item"], items["customer_id"], owned.alias("of")])
    whose = whose.with_columns(successions.heir_of(items["customer_id"], successions.heirs(known, day)))
    halves = whose.join(split.select("customer_id").unique(), on="customer_id", how="semi")
    own = pl.concat(
        [by_customer, split.select("successor_id").unique().select(
            customer_id="successor_id", owner="C:" + pl.col("successor_id"))]
    ).unique("customer_id", keep="first", maintain_order=True)  # fmt: skip
    rest = halves.select("customer_id").unique().join(own, on="customer_id").rename({"owner": "of"})
    forward = split.join(rest, on="customer_id").select("customer_id", "of", "since", payer="successor_id")
    # The body itself may still pay what went to a successor by its place.
    back = (
        halves.select("customer_id", "of")
        .unique()
        .select("customer_id", "of", since=pl.lit(date.min), payer="customer_id")
    )
    offers = pl.concat([forward, back]).join(own.rename({"customer_id": "payer"}), on="payer", how="left")
    offers = offers.filter(pl.col("owner").fill_null("") != pl.col("of")).sort(
        "payer", "customer_id", "of", "since"
    )
    gone = halves.join(own, on="customer_id").filter(pl.col("owner") != pl.col("of"))
    here = gone.select("item", text=fill("its place is with {}", pl.col("of").str.slice(2)))
    return Heirs(
        bodies=bodies,
        offers=offers.select("payer", "customer_id", "of", "since"),
        kin=_kin(offers.select("owner", "of").unique()),
        told=successions.told(known, day),
        homes=here,
    )


def _kin(pairs: pl.DataFrame) -> pl.DataFrame:
    """Owners that offer each other their items, under one name: owner, kin. There are as few as there are splits."""
    leads: dict[str, str] = {}

    def top(one: str) -> str:
        while leads.get(one, one) != one:
            one = leads[one]
        return one

    for left, right in pairs.sort("owner", "of").iter_rows():
        low, high = sorted((top(left), top(right)))
        leads[high] = low
    every = sorted({*pairs["owner"], *pairs["of"]})
    return pl.DataFrame(
        {"owner": every, "kin": [top(one) for one in every]}, schema={"owner": pl.String, "kin": pl.String}
    )


def _before(
    known: Successions,
    day: date,
    homes: pl.DataFrame,
    items: pl.DataFrame,
    owners: pl.Series,
    owned: pl.Series,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Other owners that items and customers had before a day: (until, item or customer_id, then)."""
    customers_then, items_then = _owners(known, day - timedelta(days=1), homes, items)
    until = pl.lit(day).alias("until")
    told = items.select(until, "item").with_columns(items_then.alias("then"))
    whose = homes.select(until, "customer_id").with_columns(customers_then.alias("then"))
    return told.filter(items_then != owned), whose.filter(customers_then != owners)


def paying(ready: Ready, found: Found) -> Found:
    """The payers by who they are on the line's day, and for halves of a split body those who may pay for it, too."""
    if ready.heirs is None:
        return found
    heirs, days = ready.heirs, ready.heirs.days
    lines = ready.lines.select("line", "booking_date")
    payers = found.payers.with_columns(named="customer_id").join(
        lines, on="line", how="left", maintain_order="left"
    )
    payers = payers.join(heirs.bodies, on="customer_id", how="left", maintain_order="left")
    late = (pl.col("booking_date") >= days[-1]) if days else pl.lit(value=True)
    payers = payers.with_columns(
        customer_id=pl.when(late).then(pl.coalesce("body", "customer_id")).otherwise("customer_id")
    )
    offered = payers.filter("sure").select("line", "booking_date", payer=pl.coalesce("body", "customer_id"))
    offered = offered.join(heirs.offers, on="payer", how="inner", maintain_order="left")
    offered = offered.filter(pl.col("booking_date") >= pl.col("since"))
    more = offered.select(
        "line",
        "customer_id",
        owner="of",
        how=pl.lit(HEIR),
        tier=pl.lit(_TIER, dtype=pl.Int64),
        owners=pl.lit(1, dtype=pl.UInt32),
        sure=pl.lit(value=False),
        named="customer_id",
    )
    kept = payers.select([*found.payers.columns, "named"])
    both = pl.concat([kept, more.select(kept.columns).cast(kept.schema)]).sort(
        "line", "tier", "customer_id", "owner", "named", maintain_order=True
    )
    return replace(
        found, payers=both.unique(["line", "customer_id", "owner"], keep="first", maintain_order=True)
    )


def kin(ready: Ready, offered: pl.DataFrame) -> pl.DataFrame:
    """Rows with an `owner`, those of a split body and its successors under one: their lines are kept together."""
    if ready.heirs is None:
        return offered
    joined = offered.join(ready.heirs.kin, on="owner", how="left", maintain_order="left")
    return joined.with_columns(owner=pl.coalesce("kin", "owner")).drop("kin")


def body(ready: Ready, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with each `customer_id` as the body that it is now: who was renamed or merged is no other customer."""
    if ready.heirs is None:
        return rows
    joined = rows.join(ready.heirs.bodies, on="customer_id", how="left", maintain_order="left")
    return joined.with_columns(customer_id=pl.coalesce("body", "customer_id")).drop("body")


def judged(sets: pl.DataFrame, legs: pl.DataFrame, ready: Ready, found: Found) -> pl.DataFrame:
    """The sets with `untimely` (it needs a succession that did not hold on the line's day) and `inherits` (words)."""
    heirs = ready.heirs
    if heirs is None:
        return sets.with_columns(untimely=pl.lit(value=False), inherits=pl.lit(None, dtype=pl.String))
    items = ready.items.select("item", "customer_id", "owner")
    about = legs.select("proposal", "item").join(items, on="item", maintain_order="left")
    whose = sets.select("proposal", "line", "owner")
    paid = whose.join(found.payers.select("line", "owner", "named"), on=["line", "owner"], how="inner")
    said = pl.concat(
        [about.select("proposal", "customer_id"), paid.select("proposal", customer_id="named")]
    ).unique()
    words = said.join(heirs.told, on="customer_id").select("proposal", "customer_id", "text")
    placed = about.join(heirs.homes, on="item").select("proposal", "customer_id", "text")
    texts = (
        pl.concat([words, placed.unique()])
        .sort("proposal", "customer_id", pl.col("text").str.starts_with("its"), "text")
        .group_by("proposal", maintain_order=True)
        .agg(inherits=pl.col("text").unique(maintain_order=True).str.join("; "))
    )
    told = sets.join(texts, on="proposal", how="left", maintain_order="left")
    early = _untimely(whose, about, paid, ready, heirs)
    return told.with_columns(untimely=pl.col("proposal").is_in(early["proposal"].implode()))


def _untimely(
    whose: pl.DataFrame, about: pl.DataFrame, paid: pl.DataFrame, ready: Ready, heirs: Heirs
) -> pl.DataFrame:
    """Sets whose items and payers were not one owner's on the day that the line was booked: (proposal)."""
    days = pl.Series("day", heirs.days, dtype=pl.Date)
    if days.is_empty():
        return whose.select("proposal").clear()
    booked = ready.lines.select("line", "booking_date").filter(pl.col("booking_date") < days[-1])
    nth = days.search_sorted(booked["booking_date"], side="right")
    booked = booked.with_columns(until=days.gather(nth)).drop("booking_date")
    early = whose.join(booked, on="line", how="inner")
    asked = early.select("proposal", "until")
    legs = asked.join(about, on="proposal").join(heirs.items_then, on=["until", "item"], how="left")
    payers = (
        asked.join(paid, on="proposal")
        .rename({"named": "customer_id"})
        .join(heirs.payers_then, on=["until", "customer_id"], how="left")
    )
    each = pl.concat([one.select("proposal", then=pl.coalesce("then", "owner")) for one in (legs, payers)])
    return (
        each.group_by("proposal").agg(pl.col("then").n_unique()).filter(pl.col("then") > 1).select("proposal")
    )
