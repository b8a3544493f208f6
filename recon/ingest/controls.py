"""Control totals of statements: opening balance + lines = closing balance, and the running balance between.

Amounts are decimal text and are added as whole numbers of the finest decimals there are; never as floats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal

import polars as pl

from recon.ingest import amounts, chain
from recon.ingest.chain import Chain
from recon.ingest.source import Source
from recon.model import Statement, exponent
from recon.problems import Problem

At = Callable[[int], str]
_EXACT = Context(prec=20_000)  # a balance may be written with any number of digits; none is rounded away
BREAKS_MAX = 20  # breaks of one running balance that are shown one by one


def statement_id(digest: str, number: int) -> str:
    """A statement's id: the file's fingerprint and which statement of the file it is."""
    return f"{digest[:12]}-{number}"


def money(value: Decimal, currency: str) -> str:
    """A decimal as text with at least the currency's own decimals."""
    places = exponent(currency)
    plain = str(value)
    if places == 2 and plain[-3:-2] == "." and value:  # noqa: PLR2004 - as nearly all are written
        return plain
    if -int(value.as_tuple().exponent) > places:  # noughts at the end don't count
        places = max(places, -int(value.normalize(_EXACT).as_tuple().exponent))
    text = f"{value:.{places}f}"
    return text.removeprefix("-") if not value else text


@dataclass(frozen=True)
class Balances:
    """What a statement says about itself."""

    number: int  # which statement of the file, from 1
    account: str
    currency: str
    opening: Decimal | None
    closing: Decimal | None
    position: int


def stated(source: Source, said: Balances, lines: Sequence[tuple[date, Decimal]]) -> Statement:
    """A statement with its control: closing - (opening + lines) is nought, or the difference."""
    total = sum((amount for _, amount in lines), Decimal(0))
    days = [day for day, _ in lines]
    return checked(source, said, total, (len(lines), min(days, default=None), max(days, default=None)))


def checked(
    source: Source, said: Balances, total: Decimal, lines: tuple[int, date | None, date | None]
) -> Statement:
    """A statement with its control, of lines that are added up already: how many, the first day and the last."""
    difference = None
    if said.opening is not None and said.closing is not None:
        difference = _EXACT.subtract(said.closing, _EXACT.add(said.opening, total))

    def text(value: Decimal | None) -> str:
        return "" if value is None else money(value, said.currency)

    return Statement(
        statement_id=statement_id(source.digest, said.number),
        account=said.account,
        currency=said.currency,
        opening=text(said.opening),
        closing=text(said.closing),
        total=text(total),
        lines=lines[0],
        foots=None if difference is None else difference == 0,
        difference=text(difference),
        first=lines[1],
        last=lines[2],
        source=source.name,
        position=said.position,
    )


def footing(statements: Sequence[Statement]) -> list[Problem]:
    """A problem for each statement that does not foot, with its figures."""
    return [
        Problem(
            "statement-foots-not",
            f"{statement.source}:{statement.position}",
            f"statement {number}: opening {statement.opening} + {statement.lines} lines {statement.total} "
            f"is not closing {statement.closing}; difference {statement.difference} {statement.currency}".rstrip(),
            "ask the bank for the whole statement; `controls.admit_unfooted` lets it in all the same",
        )
        for number, statement in enumerate(statements, 1)
        if statement.foots is False
    ]


def of_table(
    table: pl.DataFrame, source: Source, newest_first: str, at: At
) -> tuple[pl.DataFrame, tuple[Statement, ...], list[Problem]]:
    """Statements of a column file: one for each account and currency, checked by `_balance` where there is one.

    The sign of a statement is turned round where the running balance proves that debit and credit are swapped.
    Returns the table with `statement_id` and without `_balance`, the statements, and the problems.
    """
    statements: list[Statement] = []
    problems: list[Problem] = []
    parts = []
    keyed = table.with_columns(_order=pl.int_range(pl.len()))
    for number, part in enumerate(_of_accounts(keyed), 1):
        checked, statement, found = _one(part, number, source, newest_first, at)
        statements.append(statement)
        problems += found
        parts.append(checked)
    whole = pl.concat(parts) if parts else keyed.with_columns(pl.lit("").alias("statement_id"))
    whole = whole if whole["_order"].is_sorted() else whole.sort("_order")
    return whole.drop("_order", "_balance"), tuple(statements), problems + footing(statements)


def _of_accounts(table: pl.DataFrame) -> list[pl.DataFrame]:
    """The lines of each account and currency. Most files have one account, or one behind the other."""
    if table.is_empty():
        return []
    changes = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(name).shift()) for name in ("account", "currency")
    )
    starts = table.select(changes.arg_true()).to_series().to_list()
    starts = starts if starts[:1] == [0] else [0, *starts]
    keys = table.select("account", "currency").gather(starts) if len(starts) < _RUNS_MAX else None
    if keys is None or keys.is_duplicated().any():
        return table.partition_by("account", "currency", maintain_order=True)
    ends = [*starts[1:], table.height]
    return [table.slice(start, end - start) for start, end in zip(starts, ends, strict=True)]


_RUNS_MAX = 10_000


def _one(
    part: pl.DataFrame, number: int, source: Source, newest_first: str, at: At
) -> tuple[pl.DataFrame, Statement, list[Problem]]:
    account, currency = part.row(0, named=True)["account"], part.row(0, named=True)["currency"]
    part = part.with_columns(pl.lit(statement_id(source.digest, number)).alias("statement_id"))
    opening = closing = None
    problems: list[Problem] = []
    balances = Chain.of(part, newest_first)
    if balances is not None:
        if not balances.links() and balances.flipped().links():
            what = "the running balance goes up where the file says debit: the sign of all lines was turned"
            hint = "check the heading of the file against the bank's own view"
            problems.append(Problem("statement-sign", at(part["position"][0]), what, hint))
            part = part.with_columns(amounts.negated(pl.col("amount")).alias("amount"))
            balances = balances.flipped()
        opening, closing = balances.ends()
        problems += _breaks(balances, at)
    position: int = part["position"][0]
    said = Balances(number, account, currency, opening, closing, position)
    total = chain.total(part["amount"]) if balances is None else balances.sum()
    days = part.select(first=pl.col("booking_date").min(), last=pl.col("booking_date").max()).row(0)
    return part, checked(source, said, total, (part.height, *days)), problems


def _breaks(balances: Chain, at: At) -> list[Problem]:
    gaps = [] if balances.links() else list(balances.gaps())
    found = [
        Problem(
            "statement-chain",
            at(position),
            f"the running balance does not follow from the line before: {gap} is missing between",
            "ask the bank for the whole statement: lines are missing or changed",
        )
        for position, gap in gaps[:BREAKS_MAX]
    ]
    if len(gaps) > BREAKS_MAX:
        what = f"{len(gaps) - BREAKS_MAX} more breaks of the running balance"
        found.append(Problem("statement-chain", at(gaps[BREAKS_MAX][0]), what))
    return found
