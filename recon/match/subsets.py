"""Several open items of one payer that add up to a receipt, without any reference: found, and counted.

Structure first, since a run of neighbouring items is far less often hit by chance than a free choice: all open
items, all that were due, one month, a contiguous run; then every choice of up to `items_per_combination` items.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

PAIR = 2
MANY = 50  # counting stops here: as ambiguous as can be


@dataclass(frozen=True)
class Subset:
    """Positions of the items that add up, and the structure they were found by."""

    members: tuple[int, ...]
    structure: str


def find(
    amounts: Sequence[int], target: int, due: Sequence[bool], months: Sequence[int], size_max: int
) -> tuple[list[Subset], bool]:
    """The sets of two and more items that sum to the target, structured ones first.

    Args:
        amounts: open amounts (minor units) in order of their dates; credit notes negative.
        target: the receipt (minor units).
        due: was the item due when the receipt was booked?
        months: month of each item, any numbering.
        size_max: items of a free choice.

    Returns the sets, each once, and whether counting stopped at MANY.
    """
    found: dict[tuple[int, ...], str] = {}

    def add(members: Sequence[int], structure: str) -> None:
        if len(members) > 1 and sum(amounts[at] for at in members) == target:
            found.setdefault(tuple(sorted(members)), structure)

    everything = range(len(amounts))
    add(list(everything), "all open items")
    add([at for at in everything if due[at]], "all items due")
    for month in sorted(set(months)):
        add([at for at in everything if months[at] == month], "one month's items")
    sums = np.concatenate([[0], np.cumsum(np.asarray(amounts, dtype=np.int64))])
    starts, ends = np.nonzero((sums[None, :] - sums[:, None]) == target)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - start > 1:
            add(list(range(start, end)), "a run of items")
    for members in _choices(amounts, target, size_max):
        found.setdefault(members, "items that add up")
        if len(found) >= MANY:
            return [Subset(members, structure) for members, structure in found.items()], True
    return [Subset(members, structure) for members, structure in found.items()], False


def _choices(amounts: Sequence[int], target: int, size_max: int) -> list[tuple[int, ...]]:
    """Choices of 2 to size_max (at most 4) items by meeting pairs in the middle; sorted, each once."""
    pairs: dict[int, list[tuple[int, int]]] = {}
    for left, right in itertools.combinations(range(len(amounts)), PAIR):
        pairs.setdefault(amounts[left] + amounts[right], []).append((left, right))
    found: set[tuple[int, ...]] = set()
    for choices in (_twos, _threes, _fours)[: size_max - 1]:
        for choice in choices(amounts, target, pairs):
            found.add(choice)
            if len(found) > MANY:
                return sorted(found)
    return sorted(found)


Pairs = Mapping[int, list[tuple[int, int]]]


def _twos(_amounts: Sequence[int], target: int, pairs: Pairs) -> Iterator[tuple[int, ...]]:
    yield from pairs.get(target, [])


def _threes(amounts: Sequence[int], target: int, pairs: Pairs) -> Iterator[tuple[int, ...]]:
    for one, amount in enumerate(amounts):
        for pair in pairs.get(target - amount, []):
            if one not in pair:
                yield tuple(sorted((one, *pair)))


def _fours(_amounts: Sequence[int], target: int, pairs: Pairs) -> Iterator[tuple[int, ...]]:
    for total, firsts in pairs.items():
        seconds = pairs.get(target - total, []) if target - total >= total else []
        for first, second in itertools.product(firsts, seconds):
            if not set(first) & set(second):
                yield tuple(sorted((*first, *second)))
