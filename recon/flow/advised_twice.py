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
from recon.model import Kind
from recon.problems import Problem

ADVICES: Final = (*INTERIM, "arudd")  # formats that name money which a statement has, too
DAYS: Final = 4  # between a report's day and the statement's: a working day, over Easter
_ACCOUNT: Final = 8  # digits at the end of an account: `20-00-00 12345678`, an IBAN, a number alone
_SAME: Final = ["account", "currency", "amount"]


def told_twice(gathered: Gathered) -> Gathered:
    """What was read, with a problem for each report or advice of which a statement has lines, too."""
    formats = {one.path: one.format for one in gathered.readings if one.kind is Kind.BANK}
    advising = [path for path, form in formats.items() if form in ADVICES]
    if not advising or len(advising) == len(formats):
        return gathered
    lines = gathered.frames[Kind.BANK].select(
        "line_id",
        "source",
        pl.col("account").str.replace_all(r"[^0-9]", "").str.tail(_ACCOUNT),
        "currency",
        pl.col("amount").cast(pl.Decimal(scale=4)),
        day="booking_date",
    )
    advises = pl.col("source").is_in(advising)
    stated = lines.filter(~advises)
    advised = lines.filter(advises).join(stated, on="line_id", how="anti")  # one id counts once
    # An export that says no account may be of any.
    of_any = stated.filter(pl.col("account") == "").drop("account")
    of_any = of_any.join(advised.select("account").unique(), how="cross").select(stated.columns)
    near = pl.concat([stated, of_any]).unique([*_SAME, "day"], keep="first", maintain_order=True)
    offsets = [pl.col("day").dt.offset_by(f"{off}d") for off in range(-DAYS, DAYS + 1)]
    near = near.select(*_SAME, stated="source", day=pl.concat_list(offsets)).explode("day")
    near = near.unique([*_SAME, "day"], keep="first", maintain_order=True)
    twice = advised.join(near, on=[*_SAME, "day"])
    counted = twice.group_by("source").agg(pl.len(), pl.col("stated").min()).sort("source")
    return replace(gathered, problems=(*gathered.problems, *(_told(*row) for row in counted.iter_rows())))


def _told(source: str, count: int, stated: str) -> Problem:
    lines = "a line" if count == 1 else f"{count} lines"
    return Problem(
        "advised-twice",
        source,
        f"{lines} of it may be in a statement too ({stated}): account and amount are the same, the days near",
        "leave out one of the two files, or their money counts twice",
    )
