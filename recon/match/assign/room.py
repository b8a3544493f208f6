"""What items still have open while sets are chosen: one number for each item, signed as the item."""

from __future__ import annotations

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


def take(room: Room, legs: pl.DataFrame) -> None:
    """Less room for what these legs (item, cash, deduction) settle."""
    used = legs.group_by("item").agg(use=(pl.col("cash") + pl.col("deduction")).sum())
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


def needs_of(uses: pl.DataFrame) -> dict[int, list[tuple[int, int]]]:
    """What each set (proposal, item, use) needs, as (item, use), to be gone through one by one."""
    needs: dict[int, list[tuple[int, int]]] = {}
    for proposal, item, use in uses.select("proposal", "item", "use").iter_rows():
        needs.setdefault(proposal, []).append((item, use))
    return needs


def left_of(uses: pl.DataFrame, room: Room) -> dict[int, int]:
    """What each item of these uses has left."""
    return {item: int(room[item]) for item in uses["item"].unique().to_list()}


def allows(left: dict[int, int], wanted: list[tuple[int, int]]) -> bool:
    """As `fits`, of all that one set needs."""
    return all(use * left[item] >= 0 and abs(use) <= abs(left[item]) for item, use in wanted)
