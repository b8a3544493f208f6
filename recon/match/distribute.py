"""Lines in portions that need nothing of one another, so that they can be worked on in turn or somewhere else.

    lines 0 and 7 may be of payer K10, line 3 of K44, line 5 of nobody  -> {0, 3, 7} and {5}, if three are enough

What a line may be the payment of hangs on the other receipts of its payer (equal amounts take turns, several receipts
add up), and on no line beside them. A portion has the items of every owner that its lines may meet, and no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

import numpy as np
import polars as pl

from recon.match.asked import beside, nth
from recon.match.frames import REACHED_MAX, Found, Proposals, Ready
from recon.match.heirs import kin
from recon.together import Once

KIND = attrgetter("kind")
PART_MIN = 10_000  # lines; smaller parts take longer together than one


def portions(ready: Ready, found: Found, lines_max: int) -> Iterator[tuple[Ready, Found]]:
    """The lines that steps 3 and 4 must see together, with their evidence and their part of the ledger.

    Args:
        ready: every line and item, as `of_evidence` returns it.
        found: as `link` returns it.
        lines_max: lines of a portion, unless one payer has more.
    """
    if ready.lines.height <= lines_max:
        yield ready, found
        return
    numbered = _numbered(ready, found, lines_max)
    # Each table is cut once; to look every portion's lines up in it would read all of it for each.
    of = numbered.sort("line").with_columns(pl.col("line").set_sorted())
    cut = {name: _cut(frame, of) for name, frame in _frames(found).items()}
    for (number,), lines in numbered.group_by("portion", maintain_order=True):
        some: dict[str, Any] = {name: parts.pop(number, none) for name, (parts, none) in cut.items()}
        mine = replace(found, **some)
        yield of_ledger(ready, mine, lines.select("line")), mine


def _cut(frame: pl.DataFrame, portions: pl.DataFrame) -> tuple[dict[object, pl.DataFrame], pl.DataFrame]:
    """The rows of each portion (line, portion), by its number; and none."""
    parts = beside(frame, portions, "line").partition_by(
        "portion", maintain_order=True, include_key=False, as_dict=True
    )
    return {number: part for (number,), part in parts.items()}, frame.clear()


def _frames(found: Found) -> dict[str, pl.DataFrame]:
    tables = {one.name: getattr(found, one.name) for one in fields(found)}
    return {name: table for name, table in tables.items() if isinstance(table, pl.DataFrame)}


def of_lines(found: Found, lines: pl.DataFrame) -> Found:
    """The evidence of some lines that follow one another: (line)."""
    some: dict[str, Any] = {name: some_of(frame, lines) for name, frame in _frames(found).items()}
    return replace(found, **some)


def some_of(frame: pl.DataFrame, some: pl.DataFrame, key: str = "line") -> pl.DataFrame:
    """The rows whose key some have, in their order; quick where these lie close together, quicker without a gap."""
    if some.is_empty():
        return frame.clear()
    keys, column = some[key].to_numpy(), frame[key]
    lowest, highest = int(keys.min()), int(keys.max())
    if column.is_sorted():
        start, end = column.search_sorted(lowest, "left"), column.search_sorted(highest, "right")
        near = frame.slice(start, end - start)
    else:
        near = frame.filter(pl.col(key).is_between(lowest, highest))
    if (np.diff(keys) == 1).all():
        return near
    return near.join(some.select(key), on=key, how="semi", maintain_order="left")


def of_evidence(ready: Ready, found: Found) -> Ready:
    """The lines and items, and what of numbers and advices any line can meet, for `of_ledger` to take parts of."""
    advice = ready.advice.join(found.links, on="remit", how="semi", maintain_order="left")
    said = advice.select(key="doc_key").unique()
    full = ready.keys.filter(pl.col("kind") == "full")
    return replace(
        ready,
        once=Once(),
        keys=full.join(said, on="key", how="semi", maintain_order="left"),
        closed_keys=_closed(ready, found, said, pl.col("listed")),
        advice=advice,
    )


def joined(parts: Sequence[Proposals]) -> Proposals:
    """The portions' sets under one numbering, by line: the same whatever the portions were."""
    offset = 0
    sets, legs = [], []
    for part in parts:
        sets.append(part.sets.with_columns(pl.col("proposal") + offset))
        legs.append(part.legs.with_columns(pl.col("proposal") + offset))
        highest = part.sets["proposal"].max()
        offset += highest + 1 if isinstance(highest, int) else 0
    every = pl.concat(sets, how="vertical_relaxed").sort("line", maintain_order=True)
    every = every.with_row_index("number").with_columns(pl.col("number").cast(pl.Int64))
    numbers = every.select("proposal", "number")
    keyed = pl.concat(legs, how="vertical_relaxed").join(numbers, on="proposal", maintain_order="left")
    columns = keyed.columns[:-1]
    keyed = keyed.with_columns(proposal="number").select(columns).sort("proposal", maintain_order=True)
    reached = sorted((one for part in parts for one in part.reached), key=lambda one: one[:2])
    return Proposals(
        sets=every.with_columns(proposal="number").drop("number"),
        legs=keyed,
        refused=pl.concat([part.refused for part in parts]).sort("line", maintain_order=True),
        reached=tuple(one for _kind, some in groupby(reached, KIND) for one in islice(some, REACHED_MAX)),
    )


def _numbered(ready: Ready, found: Found, lines_max: int) -> pl.DataFrame:
    """Each line's portion: (line, portion). Lines of one offered payer are in one, in the order of their first."""
    offered = found.payers.filter(pl.col("owners") == 1).select("line", "owner")
    offered = kin(ready, offered).unique("line")
    lines = ready.lines.select("line").join(offered, on="line", how="left", maintain_order="left")
    first = pl.when(pl.col("owner").is_null()).then("line").otherwise(pl.col("line").min().over("owner"))
    lines = lines.select("line", first=first).sort("first", "line").with_row_index("place")
    # A payer's lines go where the first of them falls, so that they stay together.
    place = pl.col("place").min().over("first")
    return lines.select("line", portion=place // lines_max).sort("portion", "line")


def of_ledger(
    ready: Ready,
    found: Found,
    lines: pl.DataFrame,
    met: pl.DataFrame | None = None,
    asking: pl.DataFrame | None = None,
) -> Ready:
    """The lines, what their advices speak of, and the items that they may meet, with all others of the payers.

    Args:
        ready: every line and item, as `of_evidence` returns it.
        found: the evidence of these lines.
        lines: (line), in ascending order.
        met: (item), if it is known already which they may meet; else every item of whom they name is among them.
        asking: (line), those of the lines whose payers' other items are asked for, if not all.
    """
    advice = ready.advice.join(found.links, on="remit", how="semi", maintain_order="left")
    said = advice.select(key="doc_key").unique()
    keys = ready.keys.join(said, on="key", how="semi", maintain_order="left")
    named = [found.references, found.dates, found.twins, found.plans, keys, *([] if met is None else [met])]
    items = pl.concat([frame.select("item") for frame in named]).unique()
    payers = found.payers if asking is None else some_of(found.payers, asking)
    owners = payers.select("owner")
    if met is None:
        owners = pl.concat(
            [owners, beside(items, ready.items.select("item", "owner"), "item").select("owner")]
        )
    owners = owners.unique()
    owned = ready.indexed("items by owner", lambda: ready.items.select("item", "owner"), "owner")
    items = pl.concat([items, owned.of(owners["owner"]).select("item")]).sort("item")
    items = items.filter(nth("item") == 0)
    mine = ready.customers.join(owners, on="owner", how="semi").select("customer_id")
    listed = pl.col("listed") & pl.col("customer_id").is_in(mine["customer_id"].implode())
    return replace(
        ready,
        once=Once(),
        lines=beside(lines, ready.lines, "line").select(ready.lines.columns),
        items=beside(items, ready.items, "item").select(ready.items.columns),
        keys=keys,
        closed_keys=_closed(ready, found, said, listed),
        remittances=ready.remittances.join(found.links, on="remit", how="semi", maintain_order="left"),
        advice=advice,
    )


def _closed(ready: Ready, found: Found, said: pl.DataFrame, besides: pl.Expr) -> pl.DataFrame:
    """Closed items that an advice or a line names, and others besides."""
    return ready.closed_keys.filter(
        pl.col("key").is_in(said["key"].implode())
        | pl.col("doc_no").is_in(found.closed["doc_no"].unique().implode())
        | besides
    )
