"""What items still have open while sets are chosen: one number for each item, signed as the item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from recon.match.frames import Ready

Room = npt.NDArray[np.int64]
ASSIGNED_MAX = 250_000  # lines times items of a part that is assigned instead of searched
NODES_MAX = 2_000  # steps of one search; counted, not timed, so that every machine stops at the same place


def of_items(ready: Ready) -> Room:
    """What each item has open (minor units), at its number."""
    highest = ready.items["item"].max()
    room = np.zeros(highest + 1 if isinstance(highest, int) else 0, dtype=np.int64)
    room[ready.items["item"].to_numpy()] = ready.items["open"].to_numpy()
    return room


def table(items: pl.Series, room: Room) -> pl.DataFrame:
    """The room of some items, each once: (item, room)."""
    wanted = items.unique().sort()
    return pl.DataFrame({"item": wanted, "room": room[wanted.to_numpy()]})


def take(room: Room, uses: pl.DataFrame) -> None:
    """Less room for what is used of items (item, use)."""
    used = uses.group_by("item").agg(pl.col("use").sum())
    room[used["item"].to_numpy()] -= used["use"].to_numpy()


def fits(use: pl.Expr, room: pl.Expr) -> pl.Expr:
    """Is a use of an item within its room, on the item's side of nought?"""
    return (use.sign() * room.sign() >= 0) & (use.abs() <= room.abs())


def each_whole(frame: pl.DataFrame, uses: pl.DataFrame, room: Room) -> bool:
    """Does every set of `frame` settle one item whole? `uses`: (proposal, item, use)."""
    if uses.height != frame.height:
        return False
    whole = uses.join(table(uses["item"], room), on="item")
    return bool((whole["use"] == whole["room"]).all())


class Contest(NamedTuple):
    """Lines that compete for items: as tables, and as rows to be gone through one by one.

    sets: line, proposal, rank, value; by line and rank.
    uses: proposal, item, use.
    choices: line, proposal, value of each set.
    needs: proposal, item, use of each use.
    """

    sets: pl.DataFrame
    uses: pl.DataFrame
    choices: list[tuple[int, int, float]]
    needs: list[tuple[int, int, int]]


def contests(sets: pl.DataFrame, uses: pl.DataFrame) -> Iterator[Contest]:
    """Each part by itself; both tables have every `part`, and are sorted by it."""
    choices = sets.select("line", "proposal", "value").rows()
    needs = uses.select("proposal", "item", "use").rows()
    of_sets, of_uses = (table["part"].rle().struct.unnest() for table in (sets, uses))
    assert of_sets["value"].equals(of_uses["value"]), "each part has sets and what they use"
    at = to = 0
    for sets_of, uses_of in zip(of_sets["len"], of_uses["len"], strict=True):
        yield Contest(
            sets.slice(at, sets_of),
            uses.slice(to, uses_of),
            choices[at : at + sets_of],
            needs[to : to + uses_of],
        )
        at, to = at + sets_of, to + uses_of


def needs_of(part: Contest) -> dict[int, list[tuple[int, int]]]:
    """What each set needs, as (item, use)."""
    needs: dict[int, list[tuple[int, int]]] = {}
    for proposal, item, use in part.needs:
        needs.setdefault(proposal, []).append((item, use))
    return needs


def left_of(part: Contest, room: Room) -> dict[int, int]:
    """What each item of these uses has left."""
    return {item: int(room[item]) for _proposal, item, _use in part.needs}


def allows(left: dict[int, int], wanted: list[tuple[int, int]]) -> bool:
    """As `fits`, of all that one set needs."""
    return all(use * left[item] >= 0 and abs(use) <= abs(left[item]) for item, use in wanted)
