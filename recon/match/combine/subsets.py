"""Several open items of one payer that add up to a receipt, without any reference: found and counted.

    open 400, 500, 600, 300; receipt 900  -> 2 sets: 400 + 500 (a run of items), 600 + 300 (a run of items)
    open 500, 500, 300;      receipt 800  -> 1 set: the older 500 and the 300; equal items are interchangeable

Structure first, since a run of neighbouring items is far less often hit by chance than a free choice: all open
items, all that were due, one month, all up to a date, a contiguous run; then every choice of up to four items, by
meeting pairs in the middle. Sets are counted as multisets: items of one kind (same amount, customer and state) are
told apart by nothing, so the oldest are taken.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

CHOSEN_MAX = 4  # items of a free choice: two pairs
STEPS_MAX = (
    4_000_000  # pairs of pairs that are looked at for one receipt; counted, so that every machine stops alike
)
EVERYTHING = "all open items"
DUE = "all items due"
MONTH = "one month's items"
UP_TO = "all items up to a date"
RUN = "a run of items"
CHOICE = "items that add up"

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Subset:
    """Positions of the items that add up, the structure they were found by, and what chance would find.

    chance: how many sets an unrelated amount would be expected to hit among all that were tried up to this structure.
    equal: an item of the same kind was left out, the oldest were taken.
    """

    members: tuple[int, ...]
    structure: str
    chance: float
    equal: bool


@dataclass(frozen=True)
class Hits:
    """The sets that add up: some of them, structured ones first, and how many there are.

    given_up: there was too much to look at; free choices were not counted.
    """

    sets: tuple[Subset, ...]
    count: int
    given_up: bool


class Book:
    """One payer's open items of one currency, oldest first; searched for many receipts."""

    def __init__(
        self,
        amounts: Sequence[int],
        days: Sequence[date | None],
        months: Sequence[int],
        kinds: Sequence[Hashable],
        size_max: int = CHOSEN_MAX,
    ) -> None:
        """Take the items of a payer.

        Args:
            amounts: open amounts (minor units) in order of their dates; credit notes negative.
            days: when each is due.
            months: month of each item, any numbering; 0 where it is not known.
            kinds: items of one amount and one kind are interchangeable.
            size_max: items of a free choice.
        """
        self.amounts: Ints = np.asarray(amounts, dtype=np.int64)
        self.size_max = min(size_max, CHOSEN_MAX)
        self._days = days
        self._months = {
            month: [at for at, one in enumerate(months) if one == month]
            for month in sorted(set(months) - {0})
        }
        classes: dict[tuple[int, Hashable], list[int]] = {}
        for at, (amount, kind) in enumerate(zip(amounts, kinds, strict=True)):
            classes.setdefault((amount, kind), []).append(at)
        self._places = list(classes.values())
        self._class_of = {at: number for number, places in enumerate(self._places) for at in places}
        self._value: Ints = np.asarray([amount for amount, _kind in classes], dtype=np.int64)
        self._room: Ints = np.asarray([len(places) for places in self._places], dtype=np.int64)
        self._seen: dict[tuple[int, int, int], tuple[list[tuple[int, ...]], int] | None] = {}

    def find(self, target: int, booked: date | None, listed: int, steps_max: int = STEPS_MAX) -> Hits:
        """The sets of two and more items that sum to the target.

        Args:
            target: the receipt (minor units).
            booked: the day it was booked.
            listed: how many sets are wanted; all are counted.
            steps_max: pairs of pairs to look at.
        """
        found: dict[tuple[int, ...], Subset] = {}
        for members, structure in self._structured(target, booked):
            key = self._key(members)
            if len(members) > 1 and key not in found:
                found[key] = self._subset(members, structure)
        choices = self._first_choices(target, listed + len(found), steps_max)
        larger = sum(len(key) > self.size_max for key in found)
        if choices is None:
            return Hits(tuple(found.values())[:listed], len(found), given_up=True)
        chosen, chosen_count = choices
        for key in chosen:
            if len(found) >= listed:
                break
            if key not in found:
                found[key] = self._subset(self._oldest(key), CHOICE)
        return Hits(tuple(found.values())[:listed], larger + chosen_count, given_up=False)

    def month_of(self, members: Sequence[int]) -> int:
        """The month whose items these are, all of them and no other; 0 if there is none."""
        whole = sorted(members)
        return next((month for month, places in self._months.items() if places == whole), 0)

    # Structure

    def _structured(self, target: int, booked: date | None) -> Iterator[tuple[list[int], str]]:
        amounts = self.amounts
        if int(amounts.sum()) == target:
            yield list(range(len(amounts))), EVERYTHING
        due = [
            at
            for at, day in enumerate(self._days)
            if booked is not None and day is not None and day <= booked
        ]
        if due and int(amounts[due].sum()) == target:
            yield due, DUE
        for places in self._months.values():
            if int(amounts[places].sum()) == target:
                yield places, MONTH
        sums = np.concatenate([[0], np.cumsum(amounts)])
        starts, ends = np.nonzero(sums[None, :] - sums[:, None] == target)
        for start, end in sorted(zip(starts.tolist(), ends.tolist(), strict=True)):
            if start < end:
                yield list(range(start, end)), UP_TO if start == 0 else RUN

    # Chance

    @cached_property
    def chances(self) -> dict[str, float]:
        """For each structure the sets that an unrelated amount is expected to hit among all tried up to it.

        Tried x g / spread: only multiples of g (the greatest common divisor of the amounts) can be hit, and they lie
        spread out over the range of the sums.
        """
        count, step = len(self.amounts), int(np.gcd.reduce(self.amounts))
        low, high = int(self.amounts.clip(max=0).sum()), int(self.amounts.clip(min=0).sum())
        tried = {EVERYTHING: 1, DUE: 1, MONTH: len(self._months), UP_TO: count, RUN: count * (count - 1) // 2}
        chances, so_far = {}, 0
        for structure, more in tried.items():
            so_far += more
            chances[structure] = so_far * step / max(high - low, step)
        ordered = np.sort(self.amounts)
        free = 0.0
        for size in range(2, min(self.size_max, count) + 1):
            spread = int(ordered[-size:].sum() - ordered[:size].sum())
            free += math.comb(count, size) * step / max(spread, step)
        return chances | {CHOICE: chances[RUN] + free}

    # Free choices, as sorted rows of classes

    def _first_choices(
        self, target: int, wanted: int, steps_max: int
    ) -> tuple[list[tuple[int, ...]], int] | None:
        """The first choices of each size and how many there are; equal receipts are searched for once."""
        asked = (target, wanted, steps_max)
        if asked not in self._seen:
            made = self._choices(target, steps_max)
            self._seen[asked] = None
            if made is not None:
                first = [tuple(row) for part in made for row in part[:wanted].tolist()]
                self._seen[asked] = first, sum(len(part) for part in made)
        return self._seen[asked]

    def _choices(self, target: int, steps_max: int) -> list[Ints] | None:
        """Choices of 2 to size_max items, each multiset once: rows of classes by size; None if it is too much."""
        firsts, seconds, sums = self._pairs
        made = [self._met((), *self._span(np.asarray([target])))]
        if self.size_max > 2:  # noqa: PLR2004 - pairs come anyway
            low, high = self._span(target - self._value)
            if int((high - low).sum()) > steps_max:
                return None
            made.append(self._met((np.arange(len(self._value)),), low, high))
        if self.size_max > 3:  # noqa: PLR2004 - two pairs
            low, high = self._span(target - sums)
            if int((high - low).sum()) > steps_max:
                return None
            made.append(self._met((firsts, seconds), low, high))
        return [self._allowed(rows) for rows in made]

    @cached_property
    def _pairs(self) -> tuple[Ints, Ints, Ints]:
        """Pairs of classes (the first not behind the second) in order of their sums."""
        width = np.arange(len(self._value), 0, -1)
        firsts = np.repeat(np.arange(len(self._value)), width)
        seconds = np.arange(len(firsts)) - np.repeat(np.cumsum(width) - width, width) + firsts
        double = (firsts != seconds) | (self._room[firsts] > 1)
        firsts, seconds = firsts[double], seconds[double]
        sums = self._value[firsts] + self._value[seconds]
        order = np.argsort(sums, kind="stable")
        return firsts[order], seconds[order], sums[order]

    def _span(self, wanted: Ints) -> tuple[Ints, Ints]:
        sums = self._pairs[2]
        return np.searchsorted(sums, wanted, "left"), np.searchsorted(sums, wanted, "right")

    def _met(self, heads: tuple[Ints, ...], low: Ints, high: Ints) -> Ints:
        """Each head (its classes in ascending order, a column each) with those of its pairs that go on ascending."""
        firsts, seconds, _sums = self._pairs
        width = high - low
        total = int(width.sum())
        if not total:
            return np.empty((0, len(heads) + 2), dtype=np.int64)
        at = np.repeat(np.arange(len(low)), width)
        pair = np.arange(total) - np.repeat(np.cumsum(width) - width, width) + low[at]
        if heads:
            on = heads[-1][at] <= firsts[pair]
            at, pair = at[on], pair[on]
        return np.column_stack([*(head[at] for head in heads), firsts[pair], seconds[pair]])

    def _allowed(self, rows: Ints) -> Ints:
        """Rows that use no class more often than it has items, in order."""
        if not len(rows):
            return rows
        used = np.ones(len(rows), dtype=np.int64)
        fits = np.ones(len(rows), dtype=bool)
        for column in range(1, rows.shape[1]):
            used = np.where(rows[:, column] == rows[:, column - 1], used + 1, 1)
            fits &= used <= self._room[rows[:, column]]
        rows = rows[fits]
        return rows[np.lexsort(rows.T[::-1])]

    # Classes and members

    def _key(self, members: Sequence[int]) -> tuple[int, ...]:
        return tuple(sorted(self._class_of[at] for at in members))

    def _oldest(self, key: tuple[int, ...]) -> list[int]:
        """The oldest items of these classes."""
        taken: dict[int, int] = {}
        members = []
        for number in key:
            members.append(self._places[number][taken.get(number, 0)])
            taken[number] = taken.get(number, 0) + 1
        return sorted(members)

    def _subset(self, members: Sequence[int], structure: str) -> Subset:
        key = self._key(members)
        equal = any(key.count(number) < len(self._places[number]) for number in set(key))
        return Subset(tuple(sorted(members)), structure, round(self.chances[structure], 6), equal)
