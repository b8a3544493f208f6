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
import polars as pl

from recon.match import contest
from recon.match.asked import amended, beside, nth
from recon.match.assign import small
from recon.match.assign.room import (
    ASSIGNED_MAX,
    NODES_MAX,
    Contest,
    Room,
    allows,
    contests,
    each_whole,
    fits,
    left_of,
    needs_of,
    of_items,
    table,
    take,
)
from recon.match.frames import Chosen, Proposals, Ready
from recon.problems import Problem
from recon.rules.schema import Rules

NAMED = ("reference", "reference_list", "reference_cut", "reference_lookalike", "order", "remittance")
UNEXPLAINED = ("part", "over")  # amounts that are neither what is open nor explained by a deduction
WEAKER = ("reference_bare", "reference_typo")
SETS_MAX = 8  # readings of one line that compete; what a line has beyond them is said
SHOWN_MAX = 20  # problems of one kind
TIE = 1e-9
# What sets are compared by; what else is known of them is joined to those that are chosen.
COMPARED = ("proposal", "line", "rule", "kind", "owner", "size", "score", "codes", "counted")


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
        rank=nth("line"),
        worth=pl.when(named).then(pl.min_horizontal("score", pl.lit(enough))).otherwise("score"),
    )
    room = of_items(ready)
    uses = _use(proposals.legs)
    problems: list[Problem] = []
    chosen: list[pl.DataFrame] = []
    losers: list[pl.DataFrame] = []
    left = sets.filter(~contest.ambiguous())
    # A reading in doubt about its items (a credit note that nobody named) takes none from one that names them.
    doubtful = pl.col("codes").list.contains("EX-ITEM").fill_null(value=False)
    explained = named & ~pl.col("kind").is_in(UNEXPLAINED) & ~doubtful
    # Lines that are beaten in the first round may still have another reading in the second.
    for chosen_now, last in (
        (explained, False),
        (named, True),
        (pl.col("rule").is_in(WEAKER), True),
        (None, False),
    ):
        now = left if chosen_now is None else left.filter(chosen_now)
        now, lost = _feasible(now, uses, room)
        picked = _round(now, uses, room, rules, ready, problems)
        chosen.append(_rivalled(now, picked))
        take(room, uses.join(picked, on="proposal", how="semi"))
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
    winners = beside(winners, proposals.sets.select("proposal", *told), "proposal")
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
    codes = pl.concat_list("codes", pl.lit(["EX-DUPPAY"])).list.unique(maintain_order=True)
    return amended(winners, double, lambda some: some.with_columns(auto=pl.lit(value=False), codes=codes))


def _bits(confidence: float) -> float:
    """The score of a confidence: log2 of its odds."""
    if confidence <= 0:
        return -1e9
    return float(np.log2(confidence / (1 - confidence))) if confidence < 1 else 1e9


def _use(legs: pl.DataFrame) -> pl.DataFrame:
    """What sets settle of each item: (proposal, item, use), signed as the item, by proposal."""
    uses = legs.group_by("proposal", "item", maintain_order=True).agg(
        use=(pl.col("cash") + pl.col("deduction")).sum()
    )
    return uses.sort("proposal", "item")


def _feasible(sets: pl.DataFrame, uses: pl.DataFrame, room: Room) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The sets that the open amounts still allow, and those that they don't."""
    asked = uses.join(sets, on="proposal", how="semi", maintain_order="left")
    bad = pl.col("proposal").is_in(asked.filter(~_fitting(asked, room))["proposal"].unique().implode())
    return sets.filter(~bad), sets.filter(bad)


def _fitting(uses: pl.DataFrame, room: Room) -> pl.Series:
    """Whether each use of an item (item, use) is within its room."""
    left = pl.Series("room", room[uses["item"].to_numpy()])
    return uses.select("use").hstack([left]).select(fits(pl.col("use"), pl.col("room"))).to_series()


def _round(
    sets: pl.DataFrame,
    uses: pl.DataFrame,
    room: Room,
    rules: Rules,
    ready: Ready,
    problems: list[Problem],
) -> pl.DataFrame:
    """The chosen set of each line of this round, as (line, proposal).

    Args:
        sets: those that may be chosen, by line, the best first.
        uses: as `_use` returns them, of these and others.
        room: what the items have left.
        rules: frozen rules.
        ready: every line and item.
        problems: takes what limits left out.
    """
    empty = pl.DataFrame(schema={"line": pl.Int64, "proposal": pl.Int64})
    if sets.is_empty():
        return empty
    best = sets.unique("line", keep="first", maintain_order=True).select("line", "proposal")
    used = uses.join(best, on="proposal", how="semi", maintain_order="left")
    asked = used.group_by("item", maintain_order=True).agg(pl.col("use").sum())
    crowded = asked.filter(~_fitting(asked, room))
    if crowded.is_empty():
        return best
    few = sets.filter(nth("line") < SETS_MAX)
    edges = uses.join(few.select("proposal", "line"), on="proposal", maintain_order="left")
    parts = small.parts(edges)
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
    mine = uses.join(contested.select("proposal", "part"), on="proposal").sort("part", "proposal", "item")
    won, decided = contest.lone(contested, mine, table(mine["item"], room))
    contested = contested.join(decided, on="part", how="anti", maintain_order="left")
    mine = mine.join(decided, on="part", how="anti", maintain_order="left")
    picked: list[tuple[int, int]] = []
    for part in contests(contested, mine):
        over = _too_large(part, room, rules)
        solved = None if over else _solved(part, room)
        if solved is None:
            problems.append(
                _in_turn(part.sets, ready, over or f"the best choice was not found in {NODES_MAX} steps")
            )
        picked += _greedy(part, room) if solved is None else solved
    taken = pl.DataFrame(picked, schema=empty.schema, orient="row") if picked else empty
    return pl.concat([calm, won, taken])


def _solved(part: Contest, room: Room) -> list[tuple[int, int]] | None:
    """The best choice of a part; None if none was proven."""
    if small.few(part):
        return small.tried(part, room)
    from recon.match.assign.solve import solve  # noqa: PLC0415 - scipy takes long to be loaded, and few need it

    return solve(part.sets, part.uses, room)


def _too_large(part: Contest, room: Room, rules: Rules) -> str:
    """In words why a part is too large to be solved; empty if it isn't. Each step costs more the larger it is."""
    limits, frame, uses = rules.limits, part.sets, part.uses
    if frame.height > limits.proposals_per_component:
        return f"more than proposals_per_component ({limits.proposals_per_component})"
    if uses.height <= limits.uses_per_component:
        return ""
    size = frame["line"].n_unique() * uses["item"].n_unique()
    if size <= ASSIGNED_MAX and each_whole(frame, uses, room):
        return ""
    return f"with {uses.height} items in them, more than uses_per_component ({limits.uses_per_component})"


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


def _greedy(part: Contest, room: Room) -> list[tuple[int, int]]:
    """The best set first, then the next that still fits."""
    needs = needs_of(part)
    left = left_of(part, room)
    done: set[int] = set()
    picked: list[tuple[int, int]] = []
    for line, proposal, _value in sorted(part.choices, key=lambda one: -one[2]):
        wanted = needs.get(proposal, [])
        if line in done or not allows(left, wanted):
            continue
        for item, use in wanted:
            left[item] -= use
        done.add(line)
        picked.append((line, proposal))
    return picked


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
    wrong = used.filter(~fits(pl.col("use"), pl.col("open")))
    assert wrong.is_empty(), f"an item is settled beyond its open amount: {wrong.head(3).rows()}"
