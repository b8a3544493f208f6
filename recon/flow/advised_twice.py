"""Money that a report or advice of the bank names, and a statement of the same run too: it would count twice.

    ARUDD 5 March, account ...12345678, -95.00 | statement 6 March, the same account, -95.00   -> advised-twice

The two rarely give a line the same id. Nothing is left out: two payments of one amount may be two.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from recon.flow.continuity import INTERIM
from recon.flow.gather import Gathered
from recon.match import text
from recon.model import SCALE_MAX, Kind
from recon.problems import Problem

ADVICES: Final = (*INTERIM, "arudd")  # formats that name money which a statement has, too
DAYS_BEFORE: Final = 1  # days that a statement may book it before the report's day
DAYS_AFTER: Final = 5  # and after: a working day, over Easter
_DIGITS: Final = 8  # at the end of an account: `20-00-00 12345678`, an IBAN, a number alone
_MONEY: Final = ["currency", "amount"]


def told_twice(gathered: Gathered) -> Gathered:
    """What was read, with a problem for each report or advice of which a statement has lines, too."""
    formats = {one.path: one.format for one in gathered.readings if one.kind is Kind.BANK}
    advising = [path for path, form in formats.items() if form in ADVICES]
    if not advising or len(advising) == len(formats):
        return gathered
    advises = pl.col("source").is_in(advising)
    columns = ["line_id", "source", "account", "currency", "amount", "booking_date"]
    bank = gathered.frames[Kind.BANK].select(columns)
    advised = _plain(bank.filter(advises))
    first, last = advised["day"].min(), advised["day"].max()
    offset = pl.col("booking_date").dt.offset_by
    near = bank.filter(~advises & (offset(f"{DAYS_BEFORE}d") >= first) & (offset(f"-{DAYS_AFTER}d") <= last))
    stated = _plain(near).join(advised, on=_MONEY, how="semi")
    advised = advised.join(stated, on="line_id", how="anti")  # one id counts once
    # An export that says no account may be of any.
    silent = pl.col("account") == ""
    met = [
        _met(advised, stated.filter(~silent), ["account", *_MONEY]),
        _met(advised, stated.filter(silent), _MONEY),
    ]
    counted = pl.concat(met).group_by("source").agg(pl.col("count").sum(), pl.col("stated").min())
    problems = [_told(*row) for row in counted.sort("source").iter_rows()]
    return replace(gathered, problems=(*gathered.problems, *problems))


def _plain(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines to compare: (line_id, source, account, currency, amount, day), accounts and amounts written alike."""
    account = text.account(pl.col("account"))
    digits = account.str.replace_all("[^0-9]", "")
    return lines.select(
        "line_id",
        "source",
        pl.when(digits.str.len_bytes() >= _DIGITS).then(digits.str.tail(_DIGITS)).otherwise(account),
        "currency",
        pl.col("amount").cast(pl.Decimal(scale=SCALE_MAX)),
        day="booking_date",
    )


def _met(advised: pl.DataFrame, stated: pl.DataFrame, same: list[str]) -> pl.DataFrame:
    """How many lines of each report statements have: (source, count, stated), a line of a statement for one each."""
    asked = advised.group_by("source", *same, "day").agg(asked=pl.len())
    has = stated.group_by(*same, day_stated="day").agg(has=pl.len(), stated=pl.col("source").min())
    pairs = asked.join(has, on=same)  # of each amount as many as it has days
    late = (pl.col("day_stated") - pl.col("day")).dt.total_days()
    pairs = pairs.filter(late.is_between(-DAYS_BEFORE, DAYS_AFTER))
    by_day = pairs.group_by("source", *same, "day").agg(
        count=pl.min_horizontal(pl.col("asked").first(), pl.col("has").sum()), stated=pl.col("stated").min()
    )
    whole = pairs.unique(["source", *same, "day_stated"]).group_by("source", *same).agg(pl.col("has").sum())
    by_amount = by_day.group_by("source", *same).agg(pl.col("count").sum(), pl.col("stated").min())
    return by_amount.join(whole, on=["source", *same]).select(
        "source", count=pl.min_horizontal("count", "has").cast(pl.Int64), stated="stated"
    )


def _told(source: str, count: int, stated: str) -> Problem:
    lines = "a line" if count == 1 else f"{count:,} lines"
    return Problem(
        "advised-twice",
        source,
        f"{lines} of it may be in a statement too ({stated}): account, where it is said, and amount are the same, and"
        " the days are near",
        "if they are the same money, leave out one of the two files: it counts twice",
    )
