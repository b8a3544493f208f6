"""Which line is which, over all files of a run and all runs of a store: one id never stands for two lines.

Banks that number the lines of each file anew (1, 2, 3 ...) give one id to several. Within a run the line that comes
first in order of content keeps the id, and each other one gets an id made of its content, so that nothing is lost.
A line whose id an *earlier* run gave to another line is left out: it may be the same receipt with another date, and
that must not count twice. Each of them is a problem that says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from recon import model
from recon.flow.gather import Gathered
from recon.model import Kind
from recon.problems import Problem, ReconError

if TYPE_CHECKING:
    from recon.store import Store

_CONTENT = ("booking_date", "_amount", "currency")  # what makes it the same line, as the store has it
_PARTS = (
    "line_id",
    "account",
    "booking_date",
    "_amount",
    "currency",
    "counterparty",
    "reference",
    "narrative",
)
_HINT = "ids must tell lines of all files apart; leave the ids out and they are made of what the lines are"


def told_apart(gathered: Gathered, store: Store | None) -> Gathered:
    """What was read, with ids that stand for one line each, and a problem for each line that lost its id.

    Raises:
        ReconError: id-twice, if no line is left.
    """
    bank = gathered.frames[Kind.BANK]
    known = store.clashes(bank) if store else bank.clear()
    if known.is_empty() and not bank["line_id"].is_duplicated().any():
        return gathered  # as nearly always; the rest is a copy of a table that may be large
    bank, of_others = _with_rows(bank), _places(known)
    clashing = bank.join(of_others, on=["source", "position"], how="semi", nulls_equal=True)
    rest = bank.join(clashing.select("row"), on="row", how="anti")
    renamed, lost = _remembered(clashing, store)
    kept, told = _renamed(rest)
    if lost.is_empty() and not told:
        return _with_bank(gathered, pl.concat([kept, renamed]), ())
    problems = (*told, *(_left_out(*row) for row in lost.select("line_id", "source", "position").iter_rows()))
    whole = pl.concat([kept, renamed])
    if whole.is_empty():
        raise ReconError(problems)
    made = _with_bank(gathered, whole, problems)
    return replace(made, lines_left_out=made.lines_left_out + lost.height)


def _with_rows(bank: pl.DataFrame) -> pl.DataFrame:
    """The lines with their row, and their amount without idle noughts: `4200` and `4200.00` are one amount."""
    plain = pl.col("amount").str.replace(r"(\.\d*?)0+$", "${1}").str.replace(r"\.$", "")
    return bank.with_columns(plain.alias("_amount")).with_row_index("row")


def _places(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.select("source", "position").unique()


def _with_bank(gathered: Gathered, bank: pl.DataFrame, problems: tuple[Problem, ...]) -> Gathered:
    lines = (bank if bank["row"].is_sorted() else bank.sort("row")).drop("row", "_amount")
    return replace(
        gathered, frames=gathered.frames | {Kind.BANK: lines}, problems=(*gathered.problems, *problems)
    )


def _made(lines: pl.DataFrame) -> pl.Series:
    """An id for each line, made of its content; the same line in two files is one line."""
    once = lines.select(_PARTS).unique(maintain_order=True)
    ids = once.with_columns(model.row_ids(once, _PARTS, "L").alias("_made"))
    return lines.join(ids, on=_PARTS, how="left", nulls_equal=True, maintain_order="left")["_made"]


def _renamed(lines: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """Lines of this run with one id and another content: all but the first get ids of their own."""
    twice = lines.filter(pl.col("line_id").is_duplicated())
    if twice.is_empty():
        return lines, []
    content = pl.struct(_CONTENT)
    first = twice.select("line_id", *_CONTENT).sort(_CONTENT).unique("line_id", keep="first")
    other = twice.filter((content.n_unique() > 1).over("line_id")).join(
        first, on=["line_id", *_CONTENT], how="anti", nulls_equal=True
    )
    if other.is_empty():
        return lines, []
    ids = other.select("row", _made(other).alias("_made"))
    done = lines.join(ids, on="row", how="left", maintain_order="left")
    done = done.with_columns(pl.coalesce("_made", "line_id").alias("line_id")).drop("_made")
    problems = [
        Problem(
            "id-twice",
            f"{source}:{position}",
            f"line_id {line_id} is on a line of another file too, and the two differ; this one is kept under an id "
            "made of its content",
            _HINT,
        )
        for line_id, source, position in other.select("line_id", "source", "position").iter_rows()
    ]
    return done, problems


def _remembered(clashing: pl.DataFrame, store: Store | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Clashing lines that an earlier run told apart already, under the id it made; and those to be left out."""
    if store is None or clashing.is_empty():
        return clashing.clear(), clashing
    named = clashing.with_columns(_made(clashing).alias("_made"))
    seen = store.bank_lines(named["_made"].unique(maintain_order=True).to_list())["line_id"]
    again = pl.col("_made").is_in(seen.implode())
    renamed = named.filter(again).with_columns(pl.col("_made").alias("line_id")).drop("_made")
    return renamed, named.filter(~again).drop("_made")


def _left_out(line_id: str, source: str | None, position: int | None) -> Problem:
    where = f"{source}:{position}" if source and position is not None else ""
    what = (
        f"line {line_id} is another line than the one of that id in the store (day, amount or currency differ); "
        "it was left out"
    )
    return Problem("id-twice", where, what, _HINT)
