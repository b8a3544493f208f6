"""The best choice where many sets compete, by solvers: assignment, or a small integer programme.

Apart from `choose`, since the solvers take most of a second to be loaded and few ledgers need them.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import coo_array

from recon.match.assign.room import ASSIGNED_MAX, NODES_MAX, Room, each_whole, fits, table


def solve(frame: pl.DataFrame, uses: pl.DataFrame, room: Room) -> list[tuple[int, int]] | None:
    """The best choice of a part: one set for each line at most, no item beyond its room; None if none was proven."""
    proposals = {proposal: at for at, proposal in enumerate(frame["proposal"].to_list())}
    value = frame["value"].to_numpy()
    lines = frame["line"].rank("dense").to_numpy().astype(np.int64) - 1
    items = uses["item"].unique().sort()
    at_item = np.searchsorted(items.to_numpy(), uses["item"].to_numpy())
    columns = np.asarray([proposals[proposal] for proposal in uses["proposal"].to_list()])
    whole = room[items.to_numpy()]
    size = (int(lines.max()) + 1) * len(items)
    if size <= ASSIGNED_MAX and each_whole(frame, uses, room):
        return _assigned(frame, value[columns], lines[columns], at_item, columns)
    limits = whole.astype(np.float64)
    # Each item's row in parts of its own room, so that a penny and a million stand side by side.
    share = uses["use"].to_numpy().astype(np.float64) / limits[at_item]
    one_each = coo_array(
        (np.ones(frame.height), (lines, np.arange(frame.height))), shape=(int(lines.max()) + 1, frame.height)
    )
    within = coo_array((share, (at_item, columns)), shape=(len(items), frame.height))
    result = milp(
        -value,
        constraints=[
            LinearConstraint(one_each.tocsr(), -np.inf, 1.0),
            LinearConstraint(within.tocsr(), -np.inf, 1.0),
        ],
        integrality=np.ones(frame.height, dtype=np.int64),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0, "node_limit": NODES_MAX},
    )
    if result.status != 0 or result.x is None:
        return None
    picked = frame.filter(pl.Series(result.x > 0.5)).select("line", "proposal")  # noqa: PLR2004 - a binary variable
    # The programme counts in floats; the open amounts are held in integers.
    used = uses.join(picked, on="proposal", how="semi").group_by("item").agg(pl.col("use").sum())
    if used.join(table(used["item"], room), on="item").filter(~fits(pl.col("use"), pl.col("room"))).height:
        return None
    return [(int(line), int(proposal)) for line, proposal in picked.iter_rows()]


def _assigned(
    frame: pl.DataFrame, value: np.ndarray, line: np.ndarray, item: np.ndarray, column: np.ndarray
) -> list[tuple[int, int]]:
    """The best choice where every set settles one item whole: lines and items are assigned to each other."""
    worth = np.zeros((int(line.max()) + 1, int(item.max()) + 1))
    which = np.full(worth.shape, -1, dtype=np.int64)
    for at in np.argsort(value, kind="stable"):
        worth[line[at], item[at]] = value[at]
        which[line[at], item[at]] = column[at]
    rows, places = linear_sum_assignment(worth, maximize=True)
    taken = [int(at) for at in which[rows, places] if at >= 0]
    picked = frame.select("line", "proposal").rows()
    return [(int(picked[at][0]), int(picked[at][1])) for at in taken]
