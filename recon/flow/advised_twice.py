"""Money that two files name, which rarely give a line the same id: it would count twice.

    ARUDD 5 March, account ...12345678, -95.00 | statement 6 March, the same account, -95.00   -> advised-twice
    30-00-00 12345678, 5 March, 95.00 | GB29NWBK30000012345678, 5 March, 95.00, two files      -> account-twice

Nothing is left out: two payments of one amount may be two.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from recon.flow.continuity import INTERIM
from recon.flow.gather import Gathered
from recon.match import text
from recon.model import SCALE_MAX, Kind
from recon.problems import Problem

if TYPE_CHECKING:
    from recon.store import Store

ADVICES: Final = (*INTERIM, "arudd")  # formats that name money which a statement has, too
DAYS_BEFORE: Final = 1  # days that a statement may book it before the report's day
DAYS_AFTER: Final = 5  # and after: a working day, over Easter
_DIGITS: Final = 8  # at the end of an account: `20-00-00 12345678`, an IBAN, a number alone
_MONEY: Final = ["currency", "amount"]
_COLUMNS: Final = ["line_id", "source", "account", "currency", "amount", "booking_date"]


def told_twice(gathered: Gathered, store: Store | None = None) -> Gathered:
    """What was read, with a problem for each report or advice of which a statement has lines, too.

    Either may be of an earlier run, where there is a store; what both are of earlier runs was told then.
    """
    formats = {one.path: one.format for one in gathered.readings if one.kind is Kind.BANK}
    advising = [path for path, form in formats.items() if form in ADVICES]
    twice = _written_otherwise(gathered.frames[Kind.BANK], advising)
    gathered = replace(gathered, problems=(*gathered.problems, *twice))
    if store is None and (not advising or len(advising) == len(formats)):
        return gathered
    bank = gathered.frames[Kind.BANK].select(_COLUMNS)
    advises = pl.col("source").is_in(advising)
    advised, stated = bank.filter(advises), bank.filter(~advises)
    problems = [_told(*row) for row in _counted(advised, stated).iter_rows()]
    if store is not None:
        problems += _told_of_before(advised, stated, store)
    return replace(gathered, problems=(*gathered.problems, *problems))


def _written_otherwise(bank: pl.DataFrame, advising: list[str]) -> list[Problem]:
    """What is told of files that have the same lines of an account which they write in two ways; reports apart."""
    plain = text.account(pl.col("account"))
    digits = plain.str.replace_all("[^0-9]", "")
    ways = bank.select(pl.col("account").unique()).with_columns(way=plain, key=digits.str.tail(_DIGITS))
    ways = ways.filter(digits.str.len_bytes() >= _DIGITS)
    ways = ways.filter(pl.col("way").n_unique().over("key") > 1)
    if ways.is_empty():  # as nearly always
        return []
    same = ["key", "currency", "amount", "booking_date"]
    lines = (
        bank.select(_COLUMNS)
        .filter(~pl.col("source").is_in(advising))
        .join(ways, on="account")
        .with_columns(pl.col("amount").cast(pl.Decimal(scale=SCALE_MAX)))
    )
    counts = lines.group_by(*same, "source", "way").agg(pl.len(), account=pl.col("account").min())
    pairs = counts.join(counts, on=same, suffix="_other").filter(
        (pl.col("source") < pl.col("source_other")) & (pl.col("way") != pl.col("way_other"))
    )
    files = pairs.group_by("source", "source_other").agg(
        pl.min_horizontal("len", "len_other").sum().alias("count"), pl.col("account", "account_other").min()
    )
    return [
        Problem(
            "account-twice",
            row["source"],
            f"{'a line' if row['count'] == 1 else format(row['count'], ',') + ' lines'} of it may be in "
            f"{row['source_other']} too: day, amount and the account's last digits are the same, "
            f"which is written {row['account']} here and {row['account_other']} there",
            "if it is one account, leave one of the two files out: its lines count twice",
        )
        for row in files.sort("source", "source_other").iter_rows(named=True)
    ]


def _told_of_before(advised: pl.DataFrame, stated: pl.DataFrame, store: Store) -> list[Problem]:
    """The same for lines that are new in this run, and those of the other sort that earlier runs read."""
    problems = []
    # What came again is no other money.
    mine = pl.concat([advised.select("line_id"), stated.select("line_id")])
    if advised.height:
        before = store.booked(_days(advised, -DAYS_BEFORE, DAYS_AFTER), ADVICES, others=True)
        before = before.join(mine, on="line_id", how="anti")
        problems += [
            _told(*row, before=True) for row in _counted(_new(advised, before, store), before).iter_rows()
        ]
    if stated.height:
        before = store.booked(_days(stated, -DAYS_AFTER, DAYS_BEFORE), ADVICES, others=False)
        before = before.join(mine, on="line_id", how="anti")
        met = _counted(before, _new(stated, before, store)).select("stated", "count", "source")
        problems += [_told(*row, before=True) for row in met.iter_rows()]
    return problems


def _new(lines: pl.DataFrame, before: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Those of the lines with money of an earlier run's that the store does not know."""
    like = _plain(lines).join(_plain(before), on=_MONEY, how="semi")["line_id"]
    known = store.bank_lines(like.to_list())["line_id"] if len(like) else like
    return lines.filter(pl.col("line_id").is_in(like.implode()) & ~pl.col("line_id").is_in(known.implode()))


def _days(lines: pl.DataFrame, before: int, after: int) -> tuple[date, date]:
    """The first day that lines of the other sort may have, and the last."""
    first, last = lines["booking_date"].min(), lines["booking_date"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    return first + timedelta(days=before), last + timedelta(days=after)


def _counted(advised: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """How many lines of each report statements have, by its name: (source, count, stated)."""
    if advised.is_empty() or stated.is_empty():
        return pl.DataFrame(schema={"source": pl.String, "count": pl.Int64, "stated": pl.String})
    advised = _plain(advised)
    first, last = advised["day"].min(), advised["day"].max()
    offset = pl.col("booking_date").dt.offset_by
    near = stated.filter((offset(f"{DAYS_BEFORE}d") >= first) & (offset(f"-{DAYS_AFTER}d") <= last))
    met = _plain(near).join(advised, on=_MONEY, how="semi")
    advised = advised.join(met, on="line_id", how="anti")  # one id counts once
    # An export that says no account may be of any.
    silent = pl.col("account") == ""
    pairs = [
        _met(advised, met.filter(~silent), ["account", *_MONEY]),
        _met(advised, met.filter(silent), _MONEY),
    ]
    return (
        pl.concat(pairs).group_by("source").agg(pl.col("count").sum(), pl.col("stated").min()).sort("source")
    )


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


def _told(source: str, count: int, other: str, *, before: bool = False) -> Problem:
    lines = "a line" if count == 1 else f"{count:,} lines"
    where = f"what an earlier run read ({other})" if before else f"a statement too ({other})"
    return Problem(
        "advised-twice",
        source,
        f"{lines} of it may be in {where}: account, where it is said, and amount are the same, and the days are near",
        "one is of a report or advice, the other of a statement: if they are the same money, accept one of them only"
        if before
        else "if they are the same money, leave out one of the two files: it counts twice",
    )
