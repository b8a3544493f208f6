"""What statement formats have in common: lines, pages, statements, and the table they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from recon.ingest import controls, identity
from recon.ingest.amounts import WHOLE_MAX
from recon.ingest.controls import Balances
from recon.ingest.source import Source
from recon.model import EXTRA, SCALE_MAX, Kind, Statement
from recon.problems import Problem

# References that say that there is none.
NO_REFERENCE = frozenset(
    [
        "NONREF",
        "NOTPROVIDED",
        "NOT PROVIDED",
        "NOREF",
        "NO REF",
        "EREF",
        "PREF",
        "MARF",
        "KREF",
        "KREF+",
        "REF",
        "-",
        ".",
    ]
)


_TOO_LARGE = Decimal(10**WHOLE_MAX)


class Line(NamedTuple):
    """One bank line; the statement it is of says account and currency, unless it has its own."""

    position: int
    booking_date: date
    value_date: date | None
    amount: Decimal
    type: str = ""
    counterparty: str = ""
    counterparty_account: str = ""
    reference: str = ""
    narrative: str = ""
    currency: str = ""
    extras: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Page:
    """One message, or a statement of one; `begins` and `ends` are false where another page precedes or follows."""

    position: int
    account: str
    number: str
    currency: str
    opening: Decimal | None
    closing: Decimal | None
    lines: Sequence[Line]
    begins: bool = True
    ends: bool = True


@dataclass
class _Chain:
    pages: list[Page] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        return [line for page in self.pages for line in page.lines]

    def takes(self, page: Page) -> bool:
        """Whether a page goes on with this statement: it begins in the middle, and this one ended there."""
        last = self.pages[-1]
        return not last.ends and not page.begins and last.account == page.account


def reference(text: str) -> str:
    """A reference, or "" where it only says that there is none."""
    plain = " ".join(text.split())
    return "" if plain.upper() in NO_REFERENCE else plain


def unfit(amount: Decimal) -> tuple[str, str, str] | None:
    """What is wrong with an amount that money can't be: code, what, hint."""
    written = -int(amount.as_tuple().exponent)
    if written > SCALE_MAX and -int(amount.normalize().as_tuple().exponent) > SCALE_MAX:
        what = "the amount has more decimals than money can have; the entry was left out"
        return "value-scale", what, "money is never rounded silently: ask the bank"
    if not -_TOO_LARGE < amount < _TOO_LARGE:
        return (
            "value-amount",
            "the amount is larger than money can be; the entry was left out",
            "look at the entry",
        )
    return None


def assemble(
    source: Source, pages: Sequence[Page], currency_default: str
) -> tuple[pl.DataFrame, tuple[Statement, ...], list[Problem]]:
    """Pages as one table of bank lines with ids and statement_id, the statements, and what their controls say.

    A statement that is in the file twice is a problem; its lines have the ids of the first one's.
    """
    problems: list[Problem] = []
    statements: list[Statement] = []
    rows: list[tuple[str, str, str, Line]] = []
    copy_of: dict[str, str] = {}
    seen: dict[object, Statement] = {}
    chains = _chains(pages)
    for number, chain in enumerate(chains, 1):
        problems += _page_breaks(chain, source)
        first, last, lines = chain.pages[0], chain.pages[-1], chain.lines
        currency = next((page.currency for page in chain.pages if page.currency), currency_default)
        said = Balances(number, first.account, currency, first.opening, last.closing, first.position)
        days = [(line.booking_date, line.amount) for line in lines]
        statement = controls.stated(source, said, days)
        original = seen.setdefault(_content(chain), statement) if len(chains) > 1 else statement
        if original is not statement and lines:
            copy_of[statement.statement_id] = original.statement_id
            what = f"this statement is at {original.position} too; its {len(lines)} lines count once"
            problems.append(
                Problem("statement-twice", source.at(first.position), what, "ask the bank which one is right")
            )
        statements.append(statement)
        rows += [(statement.statement_id, first.account, line.currency or currency, line) for line in lines]
    table, found = _identified(_table(rows), copy_of, source)
    return table, tuple(statements), [*problems, *found, *controls.footing(statements)]


def _identified(
    table: pl.DataFrame, copy_of: Mapping[str, str], source: Source
) -> tuple[pl.DataFrame, list[Problem]]:
    """Ids for all lines; those of a copied statement get the ids of the original's, and so are duplicates."""
    copied = pl.col("statement_id").is_in(list(copy_of))
    once, found = identity.identified(table.filter(~copied), Kind.BANK, source.at)
    if not copy_of:
        return once, found
    nth = pl.int_range(pl.len()).over("statement_id").alias("_nth")
    ids = once.select("line_id", pl.col("statement_id").alias("_of"), nth)
    twice = table.filter(copied).with_columns(
        nth,
        pl.col("statement_id").replace_strict(list(copy_of), list(copy_of.values()), default="").alias("_of"),
    )
    twice = twice.drop("line_id").join(ids, on=["_of", "_nth"], how="left", maintain_order="left")
    return pl.concat([once, twice.select(once.columns)]), found


def _chains(pages: Iterable[Page]) -> list[_Chain]:
    chains: list[_Chain] = []
    for page in pages:
        if chains and chains[-1].takes(page):
            chains[-1].pages.append(page)
        else:
            chains.append(_Chain([page]))
    return chains


def _page_breaks(chain: _Chain, source: Source) -> list[Problem]:
    return [
        Problem(
            "statement-chain",
            source.at(page.position),
            f"the page before ends at {before.closing}, this one begins at {page.opening}",
            "a page is missing or changed: ask the bank for the whole statement",
        )
        for before, page in zip(chain.pages, chain.pages[1:], strict=False)
        if before.closing is not None and page.opening is not None and before.closing != page.opening
    ]


def _content(chain: _Chain) -> object:
    """What makes two statements the same: account, number, balances, and every line but for where it stands."""
    pages = tuple(
        (page.account, page.number, page.currency, page.opening, page.closing) for page in chain.pages
    )
    lines = tuple(
        (
            line.booking_date,
            line.value_date,
            line.amount,
            line.type,
            line.counterparty,
            line.reference,
            line.narrative,
            *line.extras,
        )
        for line in chain.lines
    )
    return pages, lines


def _table(rows: Sequence[tuple[str, str, str, Line]]) -> pl.DataFrame:
    """Lines as an outer table, column by column."""
    names = sorted({name for *_, line in rows for name, _ in line.extras})
    lines = [line for *_, line in rows]
    extras = [dict(line.extras) for line in lines]
    columns: dict[str, list[object]] = {
        "line_id": [""] * len(rows),
        "account": [account for _, account, _, _ in rows],
        "booking_date": [line.booking_date for line in lines],
        "value_date": [line.value_date for line in lines],
        "amount": [controls.money(line.amount, currency) for _, _, currency, line in rows],
        "currency": [currency for _, _, currency, _ in rows],
        "type": [line.type for line in lines],
        "counterparty": [line.counterparty for line in lines],
        "counterparty_account": [line.counterparty_account for line in lines],
        "reference": [line.reference for line in lines],
        "narrative": [line.narrative for line in lines],
        "statement_id": [statement for statement, *_ in rows],
        "position": [line.position for line in lines],
        **{EXTRA + name: [extra.get(name, "") for extra in extras] for name in names},
    }
    schema = {name: pl.String() for name in columns} | {
        "booking_date": pl.Date(),
        "value_date": pl.Date(),
        "position": pl.Int64(),
    }
    return pl.DataFrame(columns, schema=schema)
