"""What is suggested, with what speaks for it and against it; and how what was said before stands today.

HILLTOP PAYROLL: 3 lines of K101 on 3 days, by anna and bea         -> suggested
NHS SBS:         4 lines of K101, 2 of K102 (one posted by a rule)  -> contradicted, can't be accepted
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

import polars as pl

from recon.fill import fill
from recon.learn.kinds import (
    ACCEPT,
    ACCEPTED,
    ALIAS,
    CONFIRM,
    CONFIRMED,
    CONTRADICTED,
    HELD,
    KEYS,
    PATTERN,
    PAYER_KINDS,
    READY,
    REFUSE,
    REFUSED,
    REJECTED,
    STANDING,
    TAX,
    WITHDRAW,
    WITHDRAWN,
    with_ids,
)
from recon.rules.schema import Rules

SUGGESTED: Final = {
    "id": pl.String(),
    "kind": pl.String(),
    "subject": pl.String(),
    "meaning": pl.String(),
    "state": pl.String(),  # suggested, contradicted, accepted, held, confirmed, refused, withdrawn, rejected
    "lines": pl.Int64(),
    "days": pl.Int64(),
    "first": pl.Date(),
    "last": pl.Date(),
    "people": pl.List(pl.String()),  # whose decisions taught it
    "parties": pl.List(pl.String()),  # who took part in every one of them, by name or login, in small letters
    "against": pl.String(),  # what contradicts it; empty = nothing
    "contrary": pl.List(
        pl.String()
    ),  # of what was accepted: lines and files that contradict it while it is valid
    "fresh": pl.List(
        pl.String()
    ),  # those of them that were not there when it was accepted, held or confirmed last
    "examples": pl.String(),  # ids of the last lines
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
    "who": pl.String(),  # who said so last
    "at": pl.String(),
    "note": pl.String(),
    "decisions": pl.List(pl.String()),  # of a rejected pair
    "answers": pl.List(pl.String()),  # what a person may say to it
}
_EXAMPLES: Final = 3
_AGAINST: Final = 3
_NAME_MIN: Final = 3  # the engine takes no shorter name, either
_ACCOUNT_MIN: Final = 4
_ORDER: Final = {
    HELD: -1,
    READY: 0,
    CONTRADICTED: 1,
    REJECTED: 2,
    ACCEPTED: 3,
    CONFIRMED: 3,
    WITHDRAWN: 4,
    REFUSED: 5,
}


def suggested(
    observed: pl.DataFrame, known: pl.DataFrame, last: pl.DataFrame, rejected: pl.DataFrame, rules: Rules
) -> pl.DataFrame:
    """All that can be said of what was learned, as SUGGESTED: the accepted and contradicted first, then the ready.

    Args:
        observed: as `observe.observed`.
        known: kind, subject, meaning: what the files say today, and whose names and accounts they are.
        last: the last event of each thing, as `state.last`.
        rejected: pairs, as `rejected.rejected`.
        rules: how much it takes.
    """
    usable = _usable(observed, rules)
    recent = _nobodys(usable, rules.limits.customers_per_name)
    own = recent.filter("taught").group_by(KEYS, maintain_order=True)
    evidence = own.agg(
        lines=pl.col("line_id").n_unique().cast(pl.Int64),
        days=pl.col("day").n_unique().cast(pl.Int64),
        first=pl.col("day").min(),
        last=pl.col("day").max(),
        people=pl.col("who").unique().sort(),
        numbers=pl.col("said").n_unique(),
        examples=pl.col("line_id")
        .sort_by("day", "line_id", descending=True)
        .unique(maintain_order=True)
        .head(_EXAMPLES)
        .str.join(", "),
    )
    evidence = evidence.join(_parties(recent.filter("taught")), on=KEYS, how="left", maintain_order="left")
    said = last.select(*KEYS, "event", "valid_from", "valid_to", "who", "at", "note")
    told = evidence.join(said, on=KEYS, how="full", coalesce=True, maintain_order="left_right")
    told = told.join(_against(recent, known, rejected), on=KEYS, how="left", maintain_order="left")
    told = told.join(_contrary(usable, known, last), on=KEYS, how="left", maintain_order="left")
    told = told.with_columns(
        pl.col("lines", "days").fill_null(0),
        pl.col("against", "examples", "who", "at", "note").fill_null(""),
        pl.col("people", "parties", "contrary", "fresh").fill_null([]),
    )
    enough = (pl.col("lines") >= rules.learning.min_lines) & (pl.col("days") >= rules.learning.min_days)
    # A reference that comes again is one reference, and no pattern.
    enough &= (pl.col("kind") != PATTERN) | (pl.col("numbers") >= rules.learning.min_numbers)
    named = known.filter(pl.col("kind") != PATTERN)  # the customer's own orders may be of its pattern, too
    file_says = told.join(named, on=KEYS, how="semi").select(*KEYS, filed=pl.lit(value=True))
    told = told.join(file_says, on=KEYS, how="left", maintain_order="left")
    fresh = pl.col("event").is_null()
    shown = (rules.learning.suggest & enough & pl.col("filed").is_null()) | ~fresh
    clear = pl.col("against") == ""
    shown &= ~fresh | clear | (pl.col("kind") != PATTERN)  # half of all that is written begins alike
    state = pl.when(~fresh).then("event").when(clear).then(pl.lit(READY)).otherwise(pl.lit(CONTRADICTED))
    made = told.filter(shown).with_columns(state=state, decisions=pl.lit([], dtype=pl.List(pl.String)))
    again = enough & clear
    made = made.with_columns(
        answers=pl.when(pl.col("state") == READY)
        .then(pl.lit([ACCEPT, REFUSE]))
        .when(pl.col("state").is_in(list(STANDING)))
        .then(pl.lit([WITHDRAW]))
        .when(pl.col("state") == HELD)
        .then(pl.lit([CONFIRM, WITHDRAW]))
        .when(pl.col("state").is_in([REFUSED, WITHDRAWN]) & again)
        .then(pl.lit([ACCEPT]))
        .when(pl.col("state") == CONTRADICTED)
        .then(pl.lit([REFUSE]))
        .otherwise(pl.lit([], dtype=pl.List(pl.String)))
    )
    every = with_ids(pl.concat([_shaped(made), _shaped(_pairs(rejected))]))
    doubted = (pl.col("state") == ACCEPTED) & (pl.col("against") != "")
    doubted |= (pl.col("state") == CONFIRMED) & (pl.col("fresh").list.len() > 0)
    rank = pl.when(doubted).then(-1).otherwise(pl.col("state").replace_strict(_ORDER, return_dtype=pl.Int8))
    return every.sort(rank, -pl.col("lines"), *KEYS).select(list(SUGGESTED))


def _parties(taught: pl.DataFrame) -> pl.DataFrame:
    """Who took part in every decision behind each thing: (kind, subject, meaning, parties)."""
    lines = taught.group_by(KEYS, maintain_order=True).agg(of=pl.col("line_id").n_unique())
    hands = taught.select(*KEYS, "line_id", hand=pl.col("hands").str.split(", ")).explode("hand")
    each = hands.filter(pl.col("hand") != "").group_by(*KEYS, "hand").agg(had=pl.col("line_id").n_unique())
    every = each.join(lines, on=KEYS).filter(pl.col("had") == pl.col("of"))
    return every.group_by(KEYS).agg(parties=pl.col("hand").sort())


def _shaped(frame: pl.DataFrame) -> pl.DataFrame:
    columns = {name: dtype for name, dtype in SUGGESTED.items() if name != "id"}
    return frame.select(list(columns)).cast(pl.Schema(columns))


def _usable(observed: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """What can stand for somebody: recent, no shared payer's name, no account that is hidden in part."""
    latest = observed["day"].max()
    if latest is None:
        return observed
    assert hasattr(latest, "year")
    recent = observed.filter(pl.col("day") >= latest - timedelta(days=rules.learning.days))  # type: ignore[operator]  # a column of days
    named = pl.col("subject").str.len_chars() >= _NAME_MIN
    for pattern in rules.payers.shared_payers:
        named &= ~pl.col("subject").str.contains(f"(?i){pattern}")
    # XXX: banks blank out digits of an account so; what is left of it is of several people.
    account = (pl.col("subject").str.len_chars() >= _ACCOUNT_MIN) & ~pl.col("subject").str.contains("XXX")
    return recent.filter(
        pl.when(pl.col("kind") == ALIAS)
        .then(named)
        .when(pl.col("kind").is_in([TAX, PATTERN]))
        .then(pl.lit(value=True))
        .otherwise(account)
    )


def _nobodys(observed: pl.DataFrame, customers_max: int) -> pl.DataFrame:
    """Without what so many customers have had that it says nothing of any: our own name, a bank's code."""
    owners = pl.col("meaning").n_unique().over("kind", "subject")
    return observed.filter((pl.col("kind") == TAX) | (owners <= customers_max))


def _against(observed: pl.DataFrame, known: pl.DataFrame, rejected: pl.DataFrame) -> pl.DataFrame:
    """What contradicts each thing in words: (kind, subject, meaning, against)."""
    payers = observed.filter(pl.col("kind").is_in(PAYER_KINDS))
    things = payers.select(KEYS).unique(maintain_order=True)
    counted = payers.group_by(KEYS, maintain_order=True).agg(lines=pl.col("line_id").n_unique())
    lines = pl.when(pl.col("lines") == 1).then(pl.lit("1 line")).otherwise(fill("{} lines", "lines"))
    others = counted.select("kind", "subject", other="meaning", text=fill("{} of {}", lines, "meaning"))
    theirs = known.select("kind", "subject", other="meaning").unique(maintain_order=True)
    theirs = theirs.with_columns(text=fill("the files say {}", "other"))
    both = pl.concat([theirs, others]).sort("kind", "subject", maintain_order=True)
    found = things.join(both, on=["kind", "subject"], maintain_order="left").filter(
        pl.col("other") != pl.col("meaning")
    )
    barred = rejected.select("subject", "meaning", kind=pl.lit(ALIAS), text=fill("rejected by {}", "who"))
    told = pl.concat([found.select(*KEYS, "text"), barred.select(*KEYS, "text")])
    return told.group_by(KEYS, maintain_order=True).agg(
        against=pl.col("text").head(_AGAINST).str.join(", ")
        + pl.when(pl.len() > _AGAINST).then(pl.lit(", ...")).otherwise(pl.lit(""))
    )


def _contrary(usable: pl.DataFrame, known: pl.DataFrame, last: pl.DataFrame) -> pl.DataFrame:
    """What contradicts each thing that was accepted: (kind, subject, meaning, contrary, fresh).

    A line that was settled for another customer on a day on which the thing is valid, whoever settled it; another
    meaning in the files. A rejected pair is none of it: it holds its lines by itself.
    """
    counts = last.filter(pl.col("event").is_in([*STANDING, HELD]) & pl.col("kind").is_in(PAYER_KINDS))
    noted = [json.loads(text or "{}").get("contrary", []) for text in counts["evidence"]]
    things = counts.select(*KEYS, "valid_from", "valid_to").with_columns(
        pl.Series("noted", noted, dtype=pl.List(pl.String))
    )
    day = pl.col("day")
    valid = (pl.col("valid_from").is_null() | (day >= pl.col("valid_from"))) & (
        pl.col("valid_to").is_null() | (day <= pl.col("valid_to"))
    )
    settled = things.join(
        usable.select("kind", "subject", "day", other="meaning", key="line_id"), on=["kind", "subject"]
    ).filter(valid)
    filed = things.join(
        known.select("kind", "subject", other="meaning", key=fill("the files: {}", "meaning")),
        on=["kind", "subject"],
    )
    shape = [*KEYS, "noted", "other", "key"]
    both = pl.concat([settled.select(shape), filed.select(shape)])
    found = both.filter(pl.col("other") != pl.col("meaning")).group_by(KEYS)
    told = found.agg(contrary=pl.col("key").unique().sort(), noted=pl.col("noted").first())
    return told.with_columns(fresh=pl.col("contrary").list.set_difference("noted").list.sort()).drop("noted")


def _pairs(rejected: pl.DataFrame) -> pl.DataFrame:
    """Rejected pairs as rows that can be withdrawn."""
    day = pl.col("at").str.head(10).str.to_date(strict=False)
    return rejected.select(
        "subject",
        "meaning",
        "who",
        "at",
        "decisions",
        kind=pl.lit(REJECTED),
        state=pl.lit(REJECTED),
        lines=pl.col("lines").list.len(),
        days=pl.lit(1),
        first=day,
        last=day,
        people=pl.concat_list("who"),
        parties=pl.lit([], dtype=pl.List(pl.String)),
        against=pl.lit(""),
        contrary=pl.lit([], dtype=pl.List(pl.String)),
        fresh=pl.lit([], dtype=pl.List(pl.String)),
        examples=pl.col("lines").list.tail(_EXAMPLES).list.join(", "),
        valid_from=pl.lit(None, dtype=pl.Date),
        valid_to=pl.lit(None, dtype=pl.Date),
        note=pl.lit(""),
        answers=pl.lit([WITHDRAW]),
    )
