"""Whether an account's statements follow from one another, in this run and from the last one an earlier run read.

    1-2 March, closing 1,200.00 | 4-5 March, opening 1,500.00  -> 300.00 of 3 March were never read: statement-gap
    1-5 March                   | 4-8 March                    -> statement-overlap; lines of both count once

Only statements that say their balances can be told to follow; an export without them is not judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from recon.flow.gather import Gathered
from recon.ingest.controls import money
from recon.model import Kind, Statement
from recon.problems import Problem

if TYPE_CHECKING:
    from recon.store import Store

INTERIM: Final = ("camt.052", "camt.054", "mt942")  # reports within a day, and advices: no links of a chain


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
    return replace(gathered, problems=(*gathered.problems, *breaks(now, before)))


def breaks(now: Sequence[Statement], before: Iterable[Statement]) -> list[Problem]:
    """Gaps, overlaps and statements that came twice, by account and currency.

    Args:
        now: this run's statements.
        before: statements of earlier runs; of each account the last one counts.
    """
    told = {statement.statement_id: statement for statement in now}
    earlier = [one for one in before if one.statement_id not in told]  # a file that is read again
    account = attrgetter("account", "currency")
    last = {account(one): one for one in sorted(filter(_dated, earlier), key=_when)}
    problems: list[Problem] = []
    for key, some in groupby(sorted(told.values(), key=lambda one: (account(one), _when(one))), key=account):
        problems += _account(list(some), last.get(key))
    return problems


def _account(statements: Sequence[Statement], last: Statement | None) -> Iterator[Problem]:
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
    if last is not None and chain and (not last.closing or _when(last) > _when(chain[0])):
        last = None  # it says no balance, or a later one was read already: this one is filled in
    yield from _chained(chain, last)


def _chained(chain: Sequence[Statement], last: Statement | None) -> Iterator[Problem]:
    """Statements whose opening balance is the closing one of no other; the first of all has none before it.

    Several statements of one day may come in any order, so balances are looked for among all of them.
    """
    whole = [last, *chain] if last else list(chain)
    closings = Counter(Decimal(one.closing) for one in whole)
    begun = last is not None
    for place, statement in enumerate(whole):
        if statement is last:
            continue
        opening = Decimal(statement.opening)
        if closings[opening] > 0:
            closings[opening] -= 1
        elif begun:
            yield _broken(whole[place - 1], statement, opening)
        else:
            begun = True


def _broken(before: Statement, statement: Statement, opening: Decimal) -> Problem:
    where = f"{statement.source}:{statement.position}"
    missing = money(opening - Decimal(before.closing), statement.currency)
    if before.last and statement.first and statement.first <= before.last:
        what = (
            f"its first day {statement.first} is not after {before.last}, the last day of the statement before"
            f" ({before.source})"
        )
        return Problem("statement-overlap", where, what, "nothing to do: a line that is in both counts once")
    what = (
        f"its opening balance {statement.opening} is not the closing balance {before.closing} of the statement"
        f" before it ({before.source}, to {before.last}): {missing} {statement.currency}".rstrip()
        + " was never read"
    )
    return Problem("statement-gap", where, what, "get the statement of the days between, and read it too")


def _dated(statement: Statement) -> bool:
    return statement.last is not None and bool(statement.closing)


def _when(statement: Statement) -> tuple[date, date, str]:
    """The order of statements; one without lines stands where its file's name puts it."""
    never = date.min
    return (statement.last or never, statement.first or never, statement.source)


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
