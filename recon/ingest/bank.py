"""What statement formats have in common: lines, pages, statements, and the table they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

import polars as pl

from recon.ingest import columnar
from recon.ingest.amounts import WHOLE_MAX
from recon.ingest.columnar import HEAD, Head
from recon.ingest.source import Source
from recon.model import EXTRA, SCALE_MAX, Statement
from recon.problems import Problem

_TOO_LARGE = Decimal(10**WHOLE_MAX)
_UNCLOSED = "it has an opening balance and no closing one that can be read; the file may be cut off"


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


BATCH = 4_000


class Lines:
    """Bank lines of a file: some as they come, those before them as columns, which take a tenth of the memory."""

    def __init__(self) -> None:
        self._batches: list[pl.DataFrame] = []
        self._open: list[tuple[int, Line]] = []

    def add(self, page: int, line: Line) -> None:
        """The next line, of a page, which is a number."""
        self._open.append((page, line))
        if len(self._open) >= BATCH:
            self._batches.append(_columns(self._open))
            self._open = []

    def extend(self, lines: pl.DataFrame) -> None:
        """Lines that are columns already, as `frame` gives them."""
        self._batches.append(lines)

    def frame(self) -> pl.DataFrame:
        """All lines: `head` (the page's number), position, line_id (""), the columns of a bank line, and extras."""
        batches = [*self._batches, _columns(self._open)]
        self._batches, self._open = [], []
        extras = sorted({name for batch in batches for name in batch.columns if name.startswith(EXTRA)})
        whole = pl.concat(batches, how="diagonal")
        return whole.select(pl.exclude(extras), *(pl.col(name).fill_null("") for name in extras))


def _columns(rows: Sequence[tuple[int, Line]]) -> pl.DataFrame:
    """Lines as columns; amounts are decimal text as written."""
    pages, lines = zip(*rows, strict=True) if rows else ((), ())
    names = Line._fields[:-1]
    columns: dict[str, Sequence[object]] = dict(zip(names, zip(*lines, strict=True), strict=False))
    if not lines:
        columns = dict.fromkeys(names, ())
    columns["amount"] = [
        f"{amount or abs(amount):f}" for amount in map(_AMOUNT, lines)
    ]  # nought has no minus
    extras = [dict(line.extras) for line in lines]
    others = sorted({name for extra in extras for name in extra})
    schema: dict[str, pl.DataType] = dict.fromkeys(names, pl.String())
    schema |= {"position": pl.Int64(), "booking_date": pl.Date(), "value_date": pl.Date()}
    made = pl.DataFrame(columns, schema=schema)
    return made.with_columns(
        pl.Series(HEAD, pages, dtype=pl.Int64),
        pl.lit("").alias("line_id"),
        *(
            pl.Series(EXTRA + name, [extra.get(name, "") for extra in extras], dtype=pl.String)
            for name in others
        ),
    )


_AMOUNT = attrgetter("amount")


@dataclass(frozen=True)
class Page:
    """One message, or a statement of one; `begins` and `ends` are false where another page precedes or follows."""

    position: int
    account: str
    number: str
    currency: str
    opening: Decimal | None
    closing: Decimal | None
    begins: bool = True
    ends: bool = True
    broken: str = ""  # why a control of its own, besides the sum of its balances, does not hold


@dataclass
class _Chain:
    pages: list[Page] = field(default_factory=list)

    def takes(self, page: Page) -> bool:
        """Whether a page goes on with this statement: it begins in the middle, and this one ended there."""
        last = self.pages[-1]
        return not last.ends and not page.begins and last.account == page.account

    def head(self, default: str) -> Head:
        """The statement that the pages are."""
        first, last = self.pages[0], self.pages[-1]
        currency = next((page.currency for page in self.pages if page.currency), default)
        # What tells it from another statement is what all of its pages say.
        number = repr(
            [(page.account, page.number, page.currency, page.opening, page.closing) for page in self.pages]
        )
        # Of an entry that is cut off in its amount nothing else would tell.
        unclosed = _UNCLOSED if first.opening is not None and last.closing is None else ""
        broken = next((page.broken for page in self.pages if page.broken), unclosed)
        return Head(first.position, first.account, number, currency, first.opening, last.closing, broken)


def reference(text: str) -> str:
    """A reference, or "" where it only says that there is none."""
    plain = text if text.isalnum() else " ".join(text.split())
    return "" if plain.upper() in columnar.NO_REFERENCE else plain


def minus(amount: Decimal) -> Decimal:
    """The amount as money out, to the last digit: `-abs(amount)` would round it to Decimal's context.

    Nought has no sign.
    """
    plain = amount.copy_abs()
    return plain.copy_negate() if plain else plain


def unfit(amount: Decimal) -> tuple[str, str, str] | None:
    """What is wrong with an amount that money can't be: code, what, hint."""
    if not -_TOO_LARGE < amount < _TOO_LARGE:
        return (
            "value-amount",
            "the amount is larger than money can be; the entry was left out",
            "look at the entry",
        )
    # `normalize` would round what has more digits than Decimal's context, and find nothing behind the point.
    if len(format(amount, "f").partition(".")[2].rstrip("0")) > SCALE_MAX:
        what = "the amount has more decimals than money can have; the entry was left out"
        return "value-scale", what, "money is never rounded silently: ask the bank"
    return None


def assemble(
    source: Source, pages: Sequence[Page], lines: pl.DataFrame, currency_default: str
) -> tuple[pl.DataFrame, tuple[Statement, ...], list[Problem]]:
    """Pages and their lines as one table with ids and statement_id, the statements, and what their controls say.

    A statement that is in the file twice is a problem; its lines have the ids of the first one's.

    Args:
        source: the file.
        pages: in their order; a line's `head` is the number of its page, from 0.
        lines: as `Lines.frame` gives them.
        currency_default: of pages that say none.
    """
    chains = _chains(pages)
    heads = [chain.head(currency_default) for chain in chains]
    breaks = [problem for chain in chains for problem in _page_breaks(chain, source)]
    of_page = [number for number, chain in enumerate(chains) for _ in chain.pages]
    lines = lines.with_columns(columnar.of_heads(lines, HEAD, of_page, pl.Int64()))
    own = columnar.of_heads(lines, "currency", [head.currency for head in heads])
    lines = lines.with_columns(
        pl.when(pl.col("currency") == "").then(own).otherwise("currency").alias("currency")
    )
    lines = lines.with_columns(columnar.money(lines))
    table, statements, problems = columnar.assemble(source, heads, lines, copies_last=True)
    return table, statements, [*breaks, *problems]


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
