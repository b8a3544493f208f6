"""Which customer became which: renames, mergers, splits and trees of groups, each from its first day on.

X1 -> Y1 merger 2026-04-01, Y1 -> Z1 rename 2027-04-01
    2026-03-31: X1 is X1     2026-04-01: X1 is Y1     2027-04-01: X1 is Z1, and Y1 is Z1
X2 -> Y1 split 2026-04-01 ESSEX, X2 -> Y2 split 2026-04-01 SUFFOLK
    from 2026-04-01 on an item of X2 in ESSEX is Y1's; one whose place is not told stays X2's, and nobody guesses
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from recon.fill import fill
from recon.problems import Problem

WHOLE: Final = ("rename", "merger")
SPLIT, GROUP = "split", "group"
# What may say the place of an item.
PLACES: Final = ("entity", "contract_id", "service_user_ref", "site", "extra:site", "extra:place")
_TOLD_MAX: Final = 20
_EDGE: Final = ["customer_id", "successor_id"]


@dataclass(frozen=True)
class Successions:
    """The rows that hold, each with `effective`, its first day.

    ends: customer_id, successor_id, effective, kind; a customer that is no more, once.
    splits: customer_id, successor_id, effective, place (in capitals); all of a customer on one day.
    groups: customer_id, successor_id (the parent; empty = none any more), effective.
    """

    ends: pl.DataFrame
    splits: pl.DataFrame
    groups: pl.DataFrame

    @property
    def nothing(self) -> bool:
        """Whether there are none at all."""
        return self.ends.is_empty() and self.splits.is_empty() and self.groups.is_empty()

    @property
    def days(self) -> list[date]:
        """The days on which something changes."""
        parts = [one["effective"] for one in (self.ends, self.splits, self.groups)]
        return pl.concat(parts).unique().sort().to_list()


def checked(rows: pl.DataFrame, known: pl.Series | None = None) -> tuple[Successions, list[Problem]]:
    """The rows that hold, and what is wrong with the others and with customers that nobody knows.

    Rows that contradict each other all leave: a wrong successor costs more than none.

    Args:
        rows: model.SUCCESSIONS in inner form.
        known: customers' numbers that the customer file and the ledger have; none = nobody asks.
    """
    plain = rows.with_columns(
        pl.col("customer_id", "successor_id").str.strip_chars(),
        pl.col("kind").str.strip_chars().str.to_lowercase(),
        place=_plain(pl.col("place")),
        where=_where(),
    ).filter(pl.col("effective").is_not_null() & (pl.col("customer_id") != ""))
    keys = ["customer_id", "successor_id", "effective", "kind", "place"]
    plain = plain.sort(*keys, "where").unique(keys, keep="first", maintain_order=True)
    wrong: list[pl.DataFrame] = []

    def without(some: pl.DataFrame, broken: pl.Expr, why: str) -> pl.DataFrame:
        wrong.append(some.filter(broken).select("where", "customer_id", why=pl.lit(why)))
        return some.filter(~broken)

    grouped = pl.col("kind") == GROUP
    self_ = pl.col("customer_id") == pl.col("successor_id")
    plain = without(plain, ~grouped & (pl.col("successor_id") == ""), "it names no successor")
    plain = without(plain, self_ & (pl.col("kind") != SPLIT), "it names the customer as its own successor")
    whole, split = plain.filter(pl.col("kind").is_in(WHOLE)), plain.filter(pl.col("kind") == SPLIT)
    several = (pl.col("successor_id").n_unique() > 1).over("customer_id")
    whole = without(
        whole, several, "the customer has several successors; where it was divided, write split and the place"
    )
    whole = whole.sort("effective").unique("customer_id", keep="first", maintain_order=True)
    both = pl.col("customer_id").is_in(whole["customer_id"].implode())
    divided = split["customer_id"].unique()
    whole = without(
        whole,
        pl.col("customer_id").is_in(divided.implode()),
        "the customer was split as well; say what became of the rest as rows of the split",
    )
    split = without(split, both, "the customer was renamed or merged as well")
    days = pl.col("effective").n_unique().over("customer_id") > 1
    split = without(split, days, "the customer is split on several days; one split has one day")
    here = (pl.col("successor_id").n_unique() > 1).over("customer_id", "place") & (pl.col("place") != "")
    split = without(split, here, "the same place goes to several successors")
    round_ = pl.concat([whole, split.filter(~self_)]).join(
        cycles(pl.concat([one.select(_EDGE) for one in (whole, split.filter(~self_))])), on=_EDGE, how="semi"
    )
    turned, why = pl.col("where").is_in(round_["where"].implode()), "following it leads back to the customer"
    whole, split = without(whole, turned, why), without(split, turned & ~self_, why)
    groups = plain.filter(grouped)
    parents = (pl.col("successor_id").n_unique() > 1).over("customer_id", "effective")
    groups = without(groups, parents, "the customer has two parents from one day on")
    for day in groups["effective"].unique().sort():
        edges = _parents(groups, day)
        bad = edges.join(cycles(edges.select(_EDGE)), on=_EDGE, how="semi")
        looped = bad.filter(pl.col("effective") == day)["where"]
        groups = without(groups, pl.col("where").is_in(looped.implode()), "its parents lead back to it")
    made = Successions(
        whole.select(*_EDGE, "effective", "kind").sort("customer_id"),
        split.select(*_EDGE, "effective", "place").sort("customer_id", "successor_id", "place"),
        groups.select(*_EDGE, "effective").sort("customer_id", "effective"),
    )
    return made, [*_contrary(pl.concat(wrong)), *_strange(plain, known)]


def _plain(text: pl.Expr) -> pl.Expr:
    return text.fill_null("").str.strip_chars().str.to_uppercase()


def _where() -> pl.Expr:
    """The row's place in its file; rows that come out of the store have none."""
    told = fill("{}:{}", "source", "position")
    has = (pl.col("source").fill_null("") != "") & pl.col("position").is_not_null()
    return pl.when(has).then(told).otherwise(fill("successions, row {}", pl.int_range(1, pl.len() + 1)))


def _contrary(wrong: pl.DataFrame) -> list[Problem]:
    hint = "correct the row; until then it counts for nothing, and what is open stays where it is"
    return [
        Problem("succession-unclear", where, f"succession of customer {customer}: {why}", hint)
        for where, customer, why in wrong.head(_TOLD_MAX).iter_rows()
    ]


def _strange(rows: pl.DataFrame, known: pl.Series | None) -> list[Problem]:
    """Successors that neither the customer file nor the ledger has: a slip of the pen, or not set up yet."""
    if known is None:
        return []
    said = rows.filter((pl.col("successor_id") != "") & ~pl.col("successor_id").is_in(known.implode()))
    hint = "add it to the customer file, or correct the number; the row counts all the same"
    return [
        Problem("succession-unknown", where, f"the successor {customer} is no customer that is known", hint)
        for where, customer in said.select("where", "successor_id").head(_TOLD_MAX).iter_rows()
    ]


def cycles(edges: pl.DataFrame) -> pl.DataFrame:
    """Those of (customer_id, successor_id) by which one comes back to where one began."""
    left, before = edges.unique(maintain_order=True), -1
    while left.height != before:
        before = left.height
        left = left.filter(pl.col("successor_id").is_in(left["customer_id"].implode()))
        left = left.filter(pl.col("customer_id").is_in(left["successor_id"].implode()))
    return left


def _parents(groups: pl.DataFrame, day: date) -> pl.DataFrame:
    """Each customer's parent as of a day; those who left have none."""
    last = groups.filter(pl.col("effective") <= day).sort("effective", maintain_order=True)
    last = last.unique("customer_id", keep="last", maintain_order=True)
    return last.filter(pl.col("successor_id") != "")


def _followed(ids: pl.Series, steps: pl.DataFrame) -> pl.Series:
    """Where each number leads by (customer_id, successor_id), to the end."""
    found = ids.to_frame("customer_id")
    for _ in range(steps.height + 1):
        joined = found.join(steps.select(_EDGE), on="customer_id", how="left", maintain_order="left")
        if joined["successor_id"].null_count() == joined.height:
            return found["customer_id"]
        found = joined.select(customer_id=pl.coalesce("successor_id", "customer_id"))
    raise AssertionError("successions lead round in a circle")


def heirs(known: Successions, day: date) -> pl.DataFrame:
    """Who each customer that was renamed or merged by a day is on it: customer_id, heir, since (that row's day).

    A split is no such thing: see `placed`.
    """
    ends = known.ends.filter(pl.col("effective") <= day)
    return ends.select("customer_id", heir=_followed(ends["customer_id"], ends), since="effective")


def heir_of(ids: pl.Series, made: pl.DataFrame) -> pl.Series:
    """Each number, or its heir where `heirs` has one."""
    found = ids.to_frame("customer_id").join(
        made.select("customer_id", "heir"), on="customer_id", how="left", maintain_order="left"
    )
    return found.select(pl.coalesce("heir", "customer_id").alias("customer_id")).to_series()


def successors(known: Successions) -> pl.DataFrame:
    """Who came after others, by rename, merger or split: successor_id, since (the first such day)."""
    came = pl.concat([one.select(*_EDGE, "effective") for one in (known.ends, known.splits)])
    came = came.filter(pl.col("customer_id") != pl.col("successor_id"))
    return came.group_by("successor_id").agg(since=pl.col("effective").min()).sort("successor_id")


def ended(known: Successions) -> pl.DataFrame:
    """Who is no more, and what they became: customer_id, until (the first day without them), successors.

    A customer that was split, and goes on as one of the parts, is there still.
    """
    split = known.splits.filter(
        ~(pl.col("customer_id") == pl.col("successor_id")).any().over("customer_id"),
    )
    gone = pl.concat([one.select(*_EDGE, "effective") for one in (known.ends, split)])
    return (
        gone.group_by("customer_id")
        .agg(until=pl.col("effective").min(), successors=pl.col("successor_id").unique().sort())
        .sort("customer_id")
    )


def placed(known: Successions, day: date, rows: pl.DataFrame, places: Sequence[str] = PLACES) -> pl.Series:
    """Whose each row is on a day: the customer's own heir, and of a split that of the row's place.

    Args:
        known: what holds.
        day: the day.
        rows: customer_id, and the columns that may name a place; those that it lacks name none.
        places: names of these columns. Where they name places of several successors, nothing says whose it is.
    """
    made = heirs(known, day)
    now = heir_of(rows["customer_id"], made)
    split = known.splits.filter((pl.col("effective") <= day) & (pl.col("place") != ""))
    said = [name for name in places if name in rows.columns]
    if split.is_empty() or not said:
        return now
    for _ in range(known.splits.height + 1):
        told = rows.select(_plain(pl.col(name)).alias(name) for name in said).with_columns(
            now.alias("customer_id"), pl.int_range(pl.len()).alias("row")
        )
        some = told.join(split, on="customer_id", how="semi", maintain_order="left")
        each = some.unpivot(said, index=["row", "customer_id"], value_name="place").filter(
            pl.col("place") != ""
        )
        hits = each.join(split, on=["customer_id", "place"], how="inner")
        one = (
            hits.group_by("row")
            .agg(pl.col("successor_id").unique())
            .filter(pl.col("successor_id").list.len() == 1)
        )
        one = one.with_columns(pl.col("successor_id").list.first())
        moved = told.select("row", "customer_id").join(one, on="row", how="left", maintain_order="left")
        before, now = now, heir_of(moved.select(pl.coalesce("successor_id", "customer_id")).to_series(), made)
        if (before == now).all():
            return now
    raise AssertionError("splits lead round in a circle")


def divided(known: Successions, day: date) -> pl.DataFrame:
    """What was split by a day, and between whom: customer_id, successor_id (their heirs), since.

    A row whose successor is the customer itself says that it goes on.
    """
    split = known.splits.filter(pl.col("effective") <= day)
    now = heir_of(split["successor_id"], heirs(known, day))
    return split.select("customer_id", now.alias("successor_id"), since="effective").unique(
        maintain_order=True
    )


def grouped(known: Successions, day: date, homes: pl.DataFrame) -> pl.DataFrame:
    """The group of each customer on a day that a dated row says something of: customer_id, group_id.

    A group is called as its topmost customer's own group_id, else by that customer's number. The dated row goes
    before group_id from its first day on; a customer that was renamed or merged has the group of its heir.

    Args:
        known: what holds.
        day: the day.
        homes: customer_id, group_id; what the customer file or the items say. Each customer once.
    """
    made = heirs(known, day)
    parents = _parents(known.groups, day)
    parents = parents.with_columns(heir_of(parents["successor_id"], made).alias("successor_id"))
    # A parent that was merged into its own child is no parent any more.
    parents = parents.filter(pl.col("customer_id") != pl.col("successor_id"))
    parents = parents.join(cycles(parents.select(_EDGE)), on=_EDGE, how="anti", maintain_order="left")
    asked = known.groups.filter(pl.col("effective") <= day)["customer_id"]
    every = pl.concat([asked, parents["successor_id"], made["customer_id"]]).unique().sort()
    top = _followed(heir_of(every, made), parents).alias("top")
    told = pl.DataFrame([every.alias("customer_id"), top]).with_columns(now=heir_of(every, made))
    told = told.join(
        homes.select(top="customer_id", own="group_id"), on="top", how="left", maintain_order="left"
    )
    alone = (pl.col("top") == pl.col("now")) & ~pl.col("top").is_in(parents["successor_id"].implode())
    left = pl.col("now").is_in(asked.implode())  # it had a parent, and left
    own = pl.when(pl.col("own").fill_null("") != "").then("own")
    group = pl.when(alone).then(pl.when(left).then(pl.lit("")).otherwise(pl.col("own").fill_null("")))
    return told.select("customer_id", group_id=pl.coalesce(group, own, "top"))


def told(known: Successions, day: date) -> pl.DataFrame:
    """What became of each customer that is no more by a day, in words: customer_id, text.

    Example: `customer X1 is since 2026-04-01 part of customer Y1`.
    """
    ends = known.ends.filter(pl.col("effective") <= day)
    word = pl.col("kind").replace_strict({"rename": "", "merger": "part of "}, return_dtype=pl.String)
    one = ends.select(
        "customer_id",
        "successor_id",
        text=fill("customer {} is since {} {}customer {}", "customer_id", "effective", word, "successor_id"),
    )
    found = one.with_columns(at=pl.col("successor_id"))
    for _ in range(ends.height):
        step = found.join(
            one.select(at="customer_id", more="text", then="successor_id"),
            on="at",
            how="left",
            maintain_order="left",
        )
        if step["more"].null_count() == step.height:
            break
        found = step.select(
            "customer_id",
            text=pl.concat_str("text", "more", separator=", and ", ignore_nulls=True),
            at=pl.coalesce("then", "at"),
        )
    split = known.splits.filter(pl.col("effective") <= day)
    between = split.group_by("customer_id", "effective", maintain_order=True).agg(
        pl.col("successor_id").unique().sort().str.join(" and ")
    )
    halves = between.select(
        "customer_id",
        text=fill("customer {} was split on {} between {}", "customer_id", "effective", "successor_id"),
    )
    return pl.concat([found.select("customer_id", "text"), halves]).sort("customer_id")
