"""Control totals of statements: opening balance + lines = closing balance, and the running balance between.

Amounts are decimal text and are added as whole numbers of the finest decimals there are; never as floats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import polars as pl

from recon.ingest import amounts
from recon.ingest.source import Source
from recon.model import Statement, exponent
from recon.problems import Problem

At = Callable[[int], str]
BREAKS_MAX = 20  # breaks of one running balance that are shown one by one


def statement_id(digest: str, number: int) -> str:
    """A statement's id: the file's fingerprint and which statement of the file it is."""
    return f"{digest[:12]}-{number}"


def money(value: Decimal, currency: str) -> str:
    """A decimal as text with at least the currency's own decimals."""
    places = exponent(currency)
    if -int(value.as_tuple().exponent) > places:  # noughts at the end don't count
        places = max(places, -int(value.normalize().as_tuple().exponent))
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
        difference = said.closing - (said.opening + total)

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
    for number, part in enumerate(keyed.partition_by("account", "currency", maintain_order=True), 1):
        checked, statement, found = _one(part, number, source, newest_first, at)
        statements.append(statement)
        problems += found
        parts.append(checked)
    whole = pl.concat(parts).sort("_order") if parts else keyed.with_columns(pl.lit("").alias("statement_id"))
    return whole.drop("_order", "_balance"), tuple(statements), problems + footing(statements)


def _one(
    part: pl.DataFrame, number: int, source: Source, newest_first: str, at: At
) -> tuple[pl.DataFrame, Statement, list[Problem]]:
    account, currency = part.row(0, named=True)["account"], part.row(0, named=True)["currency"]
    part = part.with_columns(pl.lit(statement_id(source.digest, number)).alias("statement_id"))
    opening = closing = None
    problems: list[Problem] = []
    chain = Chain.of(part, newest_first)
    if chain is not None:
        if not chain.links() and chain.flipped().links():
            what = "the running balance goes up where the file says debit: the sign of all lines was turned"
            hint = "check the heading of the file against the bank's own view"
            problems.append(Problem("statement-sign", at(part["position"][0]), what, hint))
            part = part.with_columns(amounts.negated(pl.col("amount")).alias("amount"))
            chain = chain.flipped()
        opening, closing = chain.ends()
        problems += _breaks(chain, at)
    position: int = part["position"].to_list()[0]
    said = Balances(number, account, currency, opening, closing, position)
    places = _places(part["amount"])
    total = Decimal(sum(_whole(part["amount"], places))).scaleb(-places)
    days = part.select(first=pl.col("booking_date").min(), last=pl.col("booking_date").max()).row(0)
    return part, checked(source, said, total, (part.height, *days)), problems


def _places(texts: pl.Series) -> int:
    """The most decimals of a column of decimal text, counted as they are written."""
    fractions = texts.to_frame("t").select(pl.col("t").str.extract(r"\.(\d*)$", 1).str.len_bytes().max())
    return int(fractions.item() or 0)


def _whole(texts: pl.Series, places: int) -> list[int]:
    """Decimal text as whole numbers of `10 ** -places`; empty text is nought."""
    text = pl.col("t").replace("", "0")
    fraction = text.str.extract(r"\.(\d*)$", 1).fill_null("")
    whole = text.str.replace(r"\.\d*$", "") + fraction.str.pad_end(places, "0")
    return texts.to_frame("t").select(whole.cast(pl.Int64)).to_series().to_list()


def _breaks(chain: Chain, at: At) -> list[Problem]:
    gaps = [] if chain.links() else list(chain.gaps())
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


@dataclass(frozen=True)
class Chain:
    """Amounts and the balance behind each, oldest first, as whole numbers of `10 ** -places`.

    Where only some lines have a balance (the last of each day), the lines between two balances are one link.
    """

    amounts: tuple[int, ...]
    after: tuple[int, ...]
    positions: tuple[int, ...]
    places: int
    open_end: bool  # lines behind the last balance

    @classmethod
    def of(cls, part: pl.DataFrame, newest_first: str) -> Chain | None:
        """The chain of a statement's lines, in the direction that holds better; None if there are no balances."""
        if (part["_balance"] == "").all():
            return None
        places = max(_places(part["amount"]), _places(part["_balance"]))
        amounts_, after = _whole(part["amount"], places), _whole(part["_balance"], places)
        known = (part["_balance"] != "").to_list()
        lines = list(zip(amounts_, after, known, part["position"].to_list(), strict=True))
        forward, backward = cls._linked(lines, places), cls._linked(lines[::-1], places)
        if newest_first:
            return backward if newest_first == "yes" else forward
        breaks = sum(1 for _ in forward.gaps()), sum(1 for _ in backward.gaps())
        if breaks[0] == breaks[1]:
            days = part["booking_date"].to_list()
            return backward if days[0] > days[-1] else forward
        return backward if breaks[1] < breaks[0] else forward

    @classmethod
    def _linked(cls, lines: Sequence[tuple[int, int, bool, int]], places: int) -> Chain:
        links: list[tuple[int, int, int]] = []
        carried, pending = 0, False
        for amount, after, known, position in lines:
            carried, pending = carried + amount, True
            if known:
                links.append((carried, after, position))
                carried, pending = 0, False
        sums, behind, positions = zip(*links, strict=True)
        return cls(sums, behind, positions, places, pending)

    def flipped(self) -> Chain:
        """The same lines with debit and credit swapped."""
        return replace(self, amounts=tuple(-amount for amount in self.amounts))

    def links(self) -> bool:
        """Whether the lines link up to one way from an opening to a closing balance, in whatever order.

        Banks shuffle lines within a day; so each balance before a line must be the balance after another one,
        but for one opening and one closing. A single line proves nothing and links.
        """
        return (self._before() - Counter(self.after)).total() <= 1

    def ends(self) -> tuple[Decimal, Decimal | None]:
        """Opening and closing balance; no closing one where lines follow behind the last balance."""
        opening, closing = self.after[0] - self.amounts[0], self.after[-1]
        if self.links():
            opening = next((self._before() - Counter(self.after)).elements(), closing)
            closing = next((Counter(self.after) - self._before()).elements(), closing)
        return self._decimal(opening), None if self.open_end else self._decimal(closing)

    def gaps(self) -> Iterator[tuple[int, Decimal]]:
        """Where a balance does not follow from the one before: position, and what is missing."""
        for earlier, later in pairwise(range(len(self.after))):
            gap = self.after[later] - self.amounts[later] - self.after[earlier]
            if gap:
                yield self.positions[later], self._decimal(gap)

    def _before(self) -> Counter[int]:
        return Counter(after - amount for amount, after in zip(self.amounts, self.after, strict=True))

    def _decimal(self, whole: int) -> Decimal:
        return Decimal(whole).scaleb(-self.places)
