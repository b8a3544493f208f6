"""The running balance of a statement: whether its lines link up, from which balance to which, and where they don't.

Amounts are decimal text outside and whole numbers of the finest decimals there are inside; never floats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from recon.model import SCALE_MAX

Whole = npt.NDArray[Any]  # 64 bits, or Python's integers where these might not hold the sums
_SAFE = 1 << 61


def _pence(texts: pl.Series) -> bool:
    """Whether there are two decimals everywhere, as nearly every file has them."""
    return len(texts) > 0 and bool((texts.str.slice(-3, 1) == ".").all())


def whole(texts: pl.Series) -> tuple[Whole, int]:
    """Decimal text as whole numbers of `10 ** -places`, and these places; empty text is nought.

    The places are the most decimals that are written, none beyond what money can have.
    """
    rows, text = texts.to_frame("t"), pl.col("t")
    if _pence(texts):
        decimals, made = 2, text.str.replace(".", "", literal=True)
    else:
        fraction = text.str.extract(r"\.([0-9]*)$", 1).fill_null("")
        decimals = min(int(rows.select(fraction.str.len_bytes().max()).item() or 0), SCALE_MAX)
        # What is cut off here are noughts.
        made = text.replace("", "0").str.replace(r"\.[0-9]*$", "")
        made = made + fraction.str.slice(0, decimals).str.pad_end(decimals, "0")
    return rows.select(made.cast(pl.Int64)).to_series().to_numpy(), decimals


def total(texts: pl.Series) -> Decimal:
    """The sum of a column of decimal text."""
    numbers, decimals = whole(texts)
    return Decimal(int(_summable(numbers).sum())).scaleb(-decimals)


def _summable(numbers: Whole) -> Whole:
    """Numbers whose sum 64 bits hold, or Python's own."""
    most = int(np.abs(numbers).max(initial=0))
    return numbers if most * max(len(numbers), 1) < _SAFE else numbers.astype(object)


class _Lines(NamedTuple):
    """Lines in their order, with or without a balance behind each."""

    amounts: Whole
    after: Whole
    known: Whole
    positions: Whole


@dataclass(frozen=True)
class Chain:
    """Amounts and the balance behind each, oldest first, as whole numbers of `10 ** -places`.

    Where only some lines have a balance (the last of each day), the lines between two balances are one link.
    """

    amounts: Whole
    after: Whole
    positions: Whole
    places: int
    open_end: bool  # lines behind the last balance
    total: int  # of all lines, those behind the last balance too

    @classmethod
    def of(cls, part: pl.DataFrame, newest_first: str) -> Chain | None:
        """The chain of a statement's lines, in the direction that holds better; None if there are no balances."""
        known = (part["_balance"] != "").to_numpy()
        if not known.any():
            return None
        (amounts, finer), (after, places) = whole(part["amount"]), whole(part["_balance"])
        decimals = max(finer, places)
        amounts = _summable(amounts * 10 ** (decimals - finer))
        after = after.astype(amounts.dtype) * 10 ** (decimals - places)
        lines = _Lines(amounts, after, known, part["position"].to_numpy())
        forward = cls._linked(lines, decimals)
        days = part["booking_date"]
        if newest_first == "no" or (not newest_first and days[0] <= days[-1] and forward.unbroken()):
            return forward
        backward = cls._linked(_Lines(*(column[::-1] for column in lines)), decimals)
        if newest_first:
            return backward if newest_first == "yes" else forward
        breaks = len(forward.breaks()), len(backward.breaks())
        if breaks[0] == breaks[1]:
            return backward if days[0] > days[-1] else forward
        return backward if breaks[1] < breaks[0] else forward

    @classmethod
    def _linked(cls, lines: _Lines, decimals: int) -> Chain:
        amounts, after, known, positions = lines
        ends = np.flatnonzero(known)
        total = int(amounts.sum())
        if len(ends) < len(known):
            carried = np.cumsum(amounts)[ends]
            amounts, after, positions = np.diff(carried, prepend=0), after[ends], positions[ends]
        return cls(amounts, after, positions, decimals, open_end=bool(ends[-1] + 1 < len(known)), total=total)

    def flipped(self) -> Chain:
        """The same lines with debit and credit swapped."""
        return replace(self, amounts=-self.amounts, total=-self.total)

    def sum(self) -> Decimal:
        """The sum of all lines."""
        return self._decimal(self.total)

    def links(self) -> bool:
        """Whether the lines link up to one way from an opening to a closing balance, in whatever order.

        Banks shuffle lines within a day; so each balance before a line must be the balance after another one,
        but for one opening and one closing. A single line proves nothing and links.
        """
        return self.unbroken() or sum(count for _, count in self._unmatched(1)) <= 1

    def ends(self) -> tuple[Decimal, Decimal | None]:
        """Opening and closing balance; no closing one where lines follow behind the last balance."""
        opening, closing = int(self.after[0]) - int(self.amounts[0]), int(self.after[-1])
        if not self.unbroken() and self.links():
            opening = next((balance for balance, _ in self._unmatched(1)), closing)
            closing = next((balance for balance, _ in self._unmatched(-1)), closing)
        return self._decimal(opening), None if self.open_end else self._decimal(closing)

    def gaps(self) -> Iterator[tuple[int, Decimal]]:
        """Where a balance does not follow from the one before: position, and what is missing."""
        missing = self.after[1:] - self.amounts[1:] - self.after[:-1]
        for at in self.breaks():
            yield int(self.positions[at + 1]), self._decimal(int(missing[at]))

    def breaks(self) -> Whole:
        """Which lines, but for the first, have a balance that does not follow from the one before."""
        return np.flatnonzero(self.after[1:] - self.amounts[1:] != self.after[:-1])

    def unbroken(self) -> bool:
        """Whether each balance follows from the one before, as they stand."""
        return len(self.breaks()) == 0

    def _unmatched(self, side: int) -> list[tuple[int, int]]:
        """Balances before a line that are not after another one, and how often; with side -1 those after."""
        before = self.after - self.amounts
        balances, place = np.unique(np.concatenate([before, self.after]), return_inverse=True)
        counts = np.bincount(place, weights=np.repeat([side, -side], len(before)), minlength=len(balances))
        return [(int(balances[at]), round(counts[at])) for at in np.flatnonzero(counts > 0)]

    def _decimal(self, minor: int) -> Decimal:
        return Decimal(minor).scaleb(-self.places)
