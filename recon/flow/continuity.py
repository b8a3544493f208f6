"""Whether an account's statements follow from one another, in this run and from the last one an earlier run read.

    1-2 March, closing 1,200.00 | 4-5 March, opening 1,500.00  -> 300.00 of 3 March were never read: statement-gap
    1-5 March                   | 4-8 March                    -> statement-overlap; lines of both count once

Only statements that say their balances can be told to follow; an export without them is not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import polars as pl

from recon.flow.gather import Gathered
from recon.ingest.controls import money
from recon.model import Kind, Statement
from recon.problems import Problem

if TYPE_CHECKING:
    from recon.store import Store

INTERIM: Final = ("camt.052", "camt.054", "mt942")  # reports within a day, and advices: no links of a chain


Fresh = Callable[[Statement, Sequence[Statement]], Decimal]


def followed(gathered: Gathered, store: Store | None) -> Gathered:
    """What was read, with a problem for each statement that does not follow from the one before it."""
    left_out = {statement.statement_id for statement in gathered.left_out}
    now = [
        statement
        for reading in gathered.readings
        if reading.kind is Kind.BANK and reading.format not in INTERIM
        for statement in reading.statements
        if statement.statement_id not in left_out
    ]
    before = store.last_statements({statement.account for statement in now}) if store and now else []
    lines = gathered.frames[Kind.BANK].select("statement_id", "line_id", "amount")

    def fresh(statement: Statement, earlier: Sequence[Statement]) -> Decimal:
        """The sum of a statement's lines that neither these statements nor earlier runs have."""
        own = lines.filter(pl.col("statement_id") == statement.statement_id)
        ids = [one.statement_id for one in earlier]
        seen = lines.filter(pl.col("statement_id").is_in(ids))["line_id"]
        if store:
            seen = pl.concat([seen, store.bank_lines(own["line_id"].to_list())["line_id"]])
        return sum(map(Decimal, own.filter(~pl.col("line_id").is_in(seen.implode()))["amount"]), Decimal(0))

    return replace(gathered, problems=(*gathered.problems, *breaks(now, before, fresh)))


def _whole(statement: Statement, _earlier: Sequence[Statement]) -> Decimal:
    """All lines of a statement, as where nothing is known of lines."""
    return Decimal(statement.total or "0")


def breaks(now: Sequence[Statement], before: Iterable[Statement], fresh: Fresh = _whole) -> list[Problem]:
    """Gaps, overlaps and statements that came twice, by account and currency.

    Args:
        now: this run's statements.
        before: statements of earlier runs; of each account the last one counts.
        fresh: the sum of a statement's lines that statements before it don't have.
    """
    told = {statement.statement_id: statement for statement in now}
    earlier = [one for one in before if one.statement_id not in told]  # a file that is read again
    account = attrgetter("account", "currency")
    last = {account(one): one for one in sorted(filter(_dated, earlier), key=_ended)}
    problems: list[Problem] = []
    for key, some in groupby(sorted(told.values(), key=lambda one: (account(one), _when(one))), key=account):
        problems += _account(list(some), last.get(key), fresh)
    return problems


def _account(statements: Sequence[Statement], last: Statement | None, fresh: Fresh) -> Iterator[Problem]:
    """What is wrong between the statements of one account, in the order of their days."""
    alike: dict[tuple[object, ...], Statement] = {}
    single = []
    for statement in statements:
        content = _content(statement)
        if content in alike and statement.lines:
            where = f"{statement.source}:{statement.position}"
            what = (
                f"the same statement as in {alike[content].source}: its days, sums and balances are the same"
            )
            yield Problem("statement-twice", where, what, "leave one of them out; its lines count once")
            continue
        alike.setdefault(content, statement)
        single.append(statement)
    chain = [one for one in single if one.opening and one.closing]
    if last is not None and chain and (not last.closing or _ended(last) > _ended(chain[0])):
        last = None  # it says no balance, or a later one was read already: this one is filled in
    yield from _chained(chain, last, fresh)


def _chained(chain: Sequence[Statement], last: Statement | None, fresh: Fresh) -> Iterator[Problem]:
    """Each statement must open with what the one before it closed with; those of one day come in any order."""
    done = [last] if last else []
    for _days, some in groupby(chain, key=lambda one: (one.first, one.last)):
        waiting = list(some)
        while waiting:
            statement = _next(waiting, done)
            waiting.remove(statement)
            if done and Decimal(statement.opening) != Decimal(done[-1].closing):
                yield _broken(done[-1], statement, fresh(statement, done))
            done.append(statement)


def _next(waiting: Sequence[Statement], done: Sequence[Statement]) -> Statement:
    """Of one day's statements the one that goes on from the last; of the first day's one that goes on from none."""
    if done:
        fits = (one for one in waiting if Decimal(one.opening) == Decimal(done[-1].closing))
    else:
        closings = {id(one): Decimal(one.closing) for one in waiting}
        fits = (
            one
            for one in waiting
            if all(Decimal(one.opening) != closing for key, closing in closings.items() if key != id(one))
        )
    return next(fits, waiting[0])


def _broken(before: Statement, statement: Statement, fresh: Decimal) -> Problem:
    """Lines that both have explain a jump of the balance, or money was never read."""
    where = f"{statement.source}:{statement.position}"
    missing = Decimal(statement.closing) - Decimal(before.closing) - fresh
    if not missing:
        what = (
            f"its first day {statement.first} is not after {before.last}, the last day of the statement before"
            f" ({before.source}); the lines that both have explain its balance"
        )
        return Problem("statement-overlap", where, what, "nothing to do: a line that is in both counts once")
    amount = money(missing, statement.currency)
    what = (
        f"its balance does not follow from the closing balance {before.closing} of the statement before it"
        f" ({before.source}, to {before.last}): {amount} {statement.currency}".rstrip()
        + " was never read"
    )
    return Problem("statement-gap", where, what, "get the statement of the days between, and read it too")


def _dated(statement: Statement) -> bool:
    return statement.last is not None and bool(statement.closing)


def _ended(statement: Statement) -> tuple[date, date, str]:
    """The order in which statements end."""
    return (statement.last or date.min, statement.first or date.min, statement.source)


def _when(statement: Statement) -> tuple[date, date, str]:
    """The order of statements; one without lines stands where its file's name puts it."""
    never = date.min
    return (statement.first or never, statement.last or never, statement.source)


def _content(statement: Statement) -> tuple[object, ...]:
    """What makes two statements the same, whatever their file."""
    return (
        statement.first,
        statement.last,
        statement.opening,
        statement.closing,
        statement.total,
        statement.lines,
    )
