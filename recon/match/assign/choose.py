"""Step 5: choose. At most one set for each line, so that no item is settled twice and the whole is best.

    line 0: set {INV-1} score 16; line 1 (a day later): set {INV-1} score 16
        -> line 0 has INV-1; line 1 is a loser: its item is taken

What names its items goes first; what only fits by payer and amount chooses among the rest. Lines that compete for
nothing take their best set. Where they compete, each connected part is one small integer programme (or an assignment,
if every set is one whole item): the greatest sum of scores under the open amounts, the earlier line first where all
else is equal.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from recon.match import contest
from recon.match.frames import Chosen, Proposals, Ready
from recon.problems import Problem
from recon.rules.schema import Rules

NAMED = ("reference", "reference_list", "reference_cut", "reference_lookalike", "order", "remittance")
UNEXPLAINED = ("part", "over")  # amounts that are neither what is open nor explained by a deduction
WEAKER = ("reference_bare", "reference_typo")
SETS_MAX = 8  # readings of one line that compete; what a line has beyond them is said
SHOWN_MAX = 20  # problems of one kind
NODES_MAX = 2_000  # steps of one search; counted, not timed, so that every machine stops at the same place
ASSIGNED_MAX = 250_000  # lines times items of a part that is assigned instead of searched
TIE = 1e-9
# What sets are compared by; what else is known of them is joined to those that are chosen.
COMPARED = ("proposal", "line", "rule", "kind", "owner", "size", "score", "codes", "counted")
Room = npt.NDArray[np.int64]


def choose(ready: Ready, proposals: Proposals, rules: Rules) -> Chosen:
    """The best set of each line under the open amounts; see `frames.Chosen` for the columns."""
    floor = _bits(rules.thresholds.suggested)
    sets = proposals.sets.select(COMPARED).filter(pl.col("score") >= floor)
    sets = sets.join(ready.lines.select("line", "booking_date"), on="line", maintain_order="left")
    oldest = proposals.legs.join(ready.items.select("item", "due_date"), on="item", maintain_order="left")
    oldest = oldest.group_by("proposal", maintain_order=True).agg(
        pl.col("due_date").min(), first=pl.col("item").min()
    )
    sets = sets.join(oldest, on="proposal", how="left", maintain_order="left").sort(
        "line",
        "score",
        "size",
        "due_date",
        "first",
        "proposal",
        descending=[False, True, False, False, False, False],
        nulls_last=True,
    )
    # A number and its amount are enough: of two receipts for one item the payer's name makes neither the better.
    enough = rules.weights.prior + rules.weights.reference_exact + rules.weights.amount_exact
    named = pl.col("rule").is_in(NAMED)
    sets = sets.with_columns(
        rank=pl.int_range(pl.len()).over("line"),
        worth=pl.when(named).then(pl.min_horizontal("score", pl.lit(enough))).otherwise("score"),
    )
    room = _rooms(ready)
    problems: list[Problem] = []
    chosen: list[pl.DataFrame] = []
    losers: list[pl.DataFrame] = []
    left = sets.filter(~contest.ambiguous())
    # A reading in doubt about its items (a credit note that nobody named) takes none from one that names them.
    doubtful = pl.col("codes").list.contains("EX-ITEM").fill_null(value=False)
    explained = named & ~pl.col("kind").is_in(UNEXPLAINED) & ~doubtful
    # Lines that are beaten in the first round may still have another reading in the second.
    for fits, last in (
        (explained, False),
        (named, True),
        (pl.col("rule").is_in(WEAKER), True),
        (None, False),
    ):
        now = left if fits is None else left.filter(fits)
        now, lost = _feasible(now, proposals.legs, room)
        picked = _round(now, proposals.legs, room, rules, ready, problems)
        chosen.append(_rivalled(now, picked))
        _take(room, proposals.legs.join(picked, on="proposal", how="semi", maintain_order="left"))
        if last:
            tried = pl.concat(
                [now.select("line", "proposal", "rank"), lost.select("line", "proposal", "rank")]
            )
            beaten = tried.join(picked, on="line", how="anti", maintain_order="left").sort("line", "rank")
            losers.append(beaten.unique("line", keep="first", maintain_order=True).select("line", "proposal"))
        done = pl.concat([picked.select("line"), *(frame.select("line") for frame in losers)])
        left = left.join(done, on="line", how="anti", maintain_order="left")
    winners = pl.concat(chosen)
    told = [name for name in proposals.sets.columns if name not in COMPARED]
    winners = winners.join(
        proposals.sets.select("proposal", *told), on="proposal", how="left", maintain_order="left"
    )
    beaten = _taken_by(pl.concat(losers), winners, proposals.legs)
    winners = _doubted(winners, beaten)
    legs = proposals.legs.join(winners, on="proposal", how="semi", maintain_order="left")
    _assert_no_over_allocation(legs, ready)
    return Chosen(
        sets=winners,
        legs=legs,
        losers=beaten,
        others=sets.join(winners, on="proposal", how="anti", maintain_order="left").select(
            "line", "proposal", "rank"
        ),
        problems=tuple(problems),
    )


def _doubted(winners: pl.DataFrame, beaten: pl.DataFrame) -> pl.DataFrame:
    """No automatic posting where an earlier receipt names the same item: of the two the later is the double one."""
    later = beaten.filter(pl.col("line") < pl.col("winner"))["winner"].unique()
    double = pl.col("line").is_in(later.implode())
    return winners.with_columns(
        auto=pl.col("auto") & ~double,
        codes=pl.when(double)
        .then(pl.concat_list("codes", pl.lit(["EX-DUPPAY"])).list.unique(maintain_order=True))
        .otherwise("codes"),
    )


def _bits(confidence: float) -> float:
    """The score of a confidence: log2 of its odds."""
    if confidence <= 0:
        return -1e9
    return float(np.log2(confidence / (1 - confidence))) if confidence < 1 else 1e9


def _use(legs: pl.DataFrame) -> pl.DataFrame:
    """What sets settle of each item: (proposal, item, use), signed as the item."""
    return legs.group_by("proposal", "item", maintain_order=True).agg(
        use=(pl.col("cash") + pl.col("deduction")).sum()
    )


def _fits(use: pl.Expr, room: pl.Expr) -> pl.Expr:
    """Is a use of an item within its room, on the item's side of nought?"""
    return (use.sign() * room.sign() >= 0) & (use.abs() <= room.abs())


def _rooms(ready: Ready) -> Room:
    """What each item has open, by its number."""
    room = np.zeros(int(ready.items["item"].max() or 0) + 1 if ready.items.height else 0, dtype=np.int64)  # type: ignore[arg-type]
    room[ready.items["item"].to_numpy()] = ready.items["open"].to_numpy()
    return room


def _room(items: pl.Series, room: Room) -> pl.DataFrame:
    wanted = items.unique().sort()
    return pl.DataFrame({"item": wanted, "room": room[wanted.to_numpy()]})


def _feasible(sets: pl.DataFrame, legs: pl.DataFrame, room: Room) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The sets that the open amounts still allow, and those that they don't."""
    used = _use(legs.join(sets, on="proposal", how="semi", maintain_order="left"))
    checked = used.join(_room(used["item"], room), on="item", maintain_order="left")
    bad = checked.filter(~_fits(pl.col("use"), pl.col("room"))).select("proposal").unique()
    return (
        sets.join(bad, on="proposal", how="anti", maintain_order="left"),
        sets.join(bad, on="proposal", how="semi", maintain_order="left"),
    )


def _round(
    sets: pl.DataFrame,
    legs: pl.DataFrame,
    room: Room,
    rules: Rules,
    ready: Ready,
    problems: list[Problem],
) -> pl.DataFrame:
    """The chosen set of each line of this round, as (line, proposal)."""
    empty = pl.DataFrame(schema={"line": pl.Int64, "proposal": pl.Int64})
    if sets.is_empty():
        return empty
    best = sets.unique("line", keep="first", maintain_order=True).select("line", "proposal")
    used = _use(legs.join(best, on="proposal", how="semi", maintain_order="left"))
    asked = used.group_by("item", maintain_order=True).agg(pl.col("use").sum())
    crowded = asked.join(_room(asked["item"], room), on="item", maintain_order="left").filter(
        ~_fits(pl.col("use"), pl.col("room"))
    )
    if crowded.is_empty():
        return best
    few = sets.filter(pl.int_range(pl.len()).over("line") < SETS_MAX)
    edges = legs.join(few, on="proposal", how="semi", maintain_order="left").join(
        few.select("proposal", "line"), on="proposal", maintain_order="left"
    )
    parts = _parts(edges)
    hot = parts.join(
        edges.join(crowded.select("item"), on="item", how="semi").select("line").unique(),
        on="line",
        how="semi",
    )
    hot_lines = parts.join(hot.select("part").unique(), on="part", how="semi", maintain_order="left")
    calm = best.join(hot_lines, on="line", how="anti", maintain_order="left")
    contested = few.join(hot_lines, on="line", maintain_order="left").sort("part", "line", "rank")
    contested = contested.with_columns(value=contest.value())
    problems += _cut(hot_lines, sets, ready)
    picked: list[tuple[int, int]] = []
    uses = _use(edges.select("proposal", "item", "cash", "deduction"))
    uses = uses.join(contested.select("proposal", "part"), on="proposal").sort("proposal", "item")
    won, decided = contest.lone(contested, uses, _room(uses["item"], room))
    contested = contested.join(decided, on="part", how="anti", maintain_order="left")
    by_part = {key[0]: frame for key, frame in uses.group_by("part", maintain_order=True)}
    for key, frame in contested.group_by("part", maintain_order=True):
        mine = by_part[key[0]]
        over = _too_large(frame, mine, room, rules)
        solved = None if over else _solve(frame, mine, room)
        if solved is None:
            problems.append(
                _in_turn(frame, ready, over or f"the best choice was not found in {NODES_MAX} steps")
            )
        picked += _greedy(frame, mine, room) if solved is None else solved
    taken = pl.DataFrame(picked, schema=empty.schema, orient="row") if picked else empty
    return pl.concat([calm, won, taken])


def _too_large(frame: pl.DataFrame, uses: pl.DataFrame, room: Room, rules: Rules) -> str:
    """In words why a part is too large to be solved; empty if it isn't. Each step costs more the larger it is."""
    limits = rules.limits
    if frame.height > limits.proposals_per_component:
        return f"more than proposals_per_component ({limits.proposals_per_component})"
    size = frame["line"].n_unique() * uses["item"].n_unique()
    if size <= ASSIGNED_MAX and _each_whole(frame, uses, room):
        return ""
    if uses.height > limits.uses_per_component:
        return f"with {uses.height} items in them, more than uses_per_component ({limits.uses_per_component})"
    return ""


def _each_whole(frame: pl.DataFrame, uses: pl.DataFrame, room: Room) -> bool:
    """Does every set settle one item whole?"""
    if uses.height != frame.height:
        return False
    whole = uses.join(_room(uses["item"], room), on="item")
    return bool((whole["use"] == whole["room"]).all())


def _cut(lines: pl.DataFrame, sets: pl.DataFrame, ready: Ready) -> list[Problem]:
    """Said of lines that have more readings than compete; the first twenty."""
    counted = sets.join(lines.select("line"), on="line", how="semi", maintain_order="left")
    wide = counted.group_by("line", maintain_order=True).agg(readings=pl.len())
    wide = wide.filter(pl.col("readings") > SETS_MAX).head(SHOWN_MAX)
    named = wide.join(ready.lines.select("line", "line_id"), on="line", maintain_order="left")
    return [
        Problem(
            "limit-reached",
            line_id,
            f"the line has {readings} readings; only the best {SETS_MAX} competed with those of other lines",
            "review the suggestions of this payer",
        )
        for readings, line_id in named.select("readings", "line_id").iter_rows()
    ]


def _in_turn(frame: pl.DataFrame, ready: Ready, why: str) -> Problem:
    line_id = ready.lines.filter(pl.col("line") == frame["line"][0])["line_id"][0]
    return Problem(
        "limit-reached",
        line_id,
        f"{frame.height} proposals compete here, {why}; the best were taken in turn",
        "review the suggestions of this payer; or raise the limit under limits",
    )


def _parts(edges: pl.DataFrame) -> pl.DataFrame:
    """The connected part of each line: lines that share items, however far."""
    lines = edges["line"].unique().sort()
    items = edges["item"].unique().sort()
    row = np.searchsorted(lines.to_numpy(), edges["line"].to_numpy())
    column = np.searchsorted(items.to_numpy(), edges["item"].to_numpy()) + len(lines)
    size = len(lines) + len(items)
    graph = coo_array((np.ones(len(row), dtype=np.int8), (row, column)), shape=(size, size))
    _count, labels = connected_components(graph, directed=False)
    return pl.DataFrame({"line": lines, "part": labels[: len(lines)].astype(np.int64)})


def _solve(frame: pl.DataFrame, uses: pl.DataFrame, room: Room) -> list[tuple[int, int]] | None:
    """The best choice of a part: one set for each line at most, no item beyond its room; None if none was proven."""
    proposals = {proposal: at for at, proposal in enumerate(frame["proposal"].to_list())}
    value = frame["value"].to_numpy()
    lines = frame["line"].rank("dense").to_numpy().astype(np.int64) - 1
    items = uses["item"].unique().sort()
    at_item = np.searchsorted(items.to_numpy(), uses["item"].to_numpy())
    columns = np.asarray([proposals[proposal] for proposal in uses["proposal"].to_list()])
    whole = room[items.to_numpy()]
    size = (int(lines.max()) + 1) * len(items)
    if size <= ASSIGNED_MAX and _each_whole(frame, uses, room):
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
    if used.join(_room(used["item"], room), on="item").filter(~_fits(pl.col("use"), pl.col("room"))).height:
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


def _greedy(frame: pl.DataFrame, uses: pl.DataFrame, room: Room) -> list[tuple[int, int]]:
    """The best set first, then the next that still fits."""
    needs: dict[int, list[tuple[int, int]]] = {}
    for proposal, item, use in uses.select("proposal", "item", "use").iter_rows():
        needs.setdefault(proposal, []).append((item, use))
    left = {item: int(room[item]) for item in uses["item"].unique().to_list()}
    done: set[int] = set()
    picked: list[tuple[int, int]] = []
    order = frame.sort("value", "line", "rank", descending=[True, False, False])
    for line, proposal in order.select("line", "proposal").iter_rows():
        wanted = needs.get(proposal, [])
        fits = all(use * left[item] >= 0 and abs(use) <= abs(left[item]) for item, use in wanted)
        if line in done or not fits:
            continue
        for item, use in wanted:
            left[item] -= use
        done.add(line)
        picked.append((line, proposal))
    return picked


def _take(room: Room, legs: pl.DataFrame) -> None:
    used = legs.group_by("item").agg(use=(pl.col("cash") + pl.col("deduction")).sum())
    room[used["item"].to_numpy()] -= used["use"].to_numpy()


def _rivalled(sets: pl.DataFrame, picked: pl.DataFrame) -> pl.DataFrame:
    """The picked sets with how many other readings of the line are as good, and the margin to the next."""
    mine = picked.join(
        sets.select("proposal", mine="score", small="size"), on="proposal", maintain_order="left"
    )
    others = sets.join(
        mine.select("line", "mine", "small", own="proposal"), on="line", maintain_order="left"
    ).filter(pl.col("proposal") != pl.col("own"))
    as_good = (pl.col("score") >= pl.col("mine") - TIE) & (pl.col("size") <= pl.col("small"))
    counted = others.group_by("line", maintain_order=True).agg(
        rivals=as_good.sum().cast(pl.Int64),
        next_best=pl.col("score").max(),
        runner=pl.col("proposal").sort_by("score", "proposal", descending=[True, False]).first(),
        owners=pl.col("owner").filter(as_good).n_unique(),
        rival_owner=pl.col("owner").filter(as_good).first(),
    )
    full = sets.join(picked.select("proposal"), on="proposal", how="semi", maintain_order="left").join(
        counted, on="line", how="left", maintain_order="left"
    )
    return full.with_columns(
        pl.col("rivals").fill_null(0), margin=pl.col("score") - pl.col("next_best")
    ).sort("line")


def _taken_by(losers: pl.DataFrame, winners: pl.DataFrame, legs: pl.DataFrame) -> pl.DataFrame:
    """For each loser the line that has its item."""
    owned = legs.join(winners.select("proposal", winner="line"), on="proposal", maintain_order="left").select(
        "item", "winner"
    )
    wanted = losers.join(legs.select("proposal", "item"), on="proposal", maintain_order="left")
    return (
        wanted.join(owned, on="item", how="left", maintain_order="left")
        .sort("line", "winner", nulls_last=True)
        .unique("line", keep="first", maintain_order=True)
        .select("line", "proposal", "winner")
    )


def _assert_no_over_allocation(legs: pl.DataFrame, ready: Ready) -> None:
    used = (
        legs.group_by("item")
        .agg(use=(pl.col("cash") + pl.col("deduction")).sum())
        .join(ready.items.select("item", "open"), on="item")
    )
    wrong = used.filter(~_fits(pl.col("use"), pl.col("open")))
    assert wrong.is_empty(), f"an item is settled beyond its open amount: {wrong.head(3).rows()}"
