"""Several open items of one payer that add up to a receipt, without any reference: found, and counted.

Structure first, since a run of neighbouring items is far less often hit by chance than a free choice: all open
items, all that were due, one month, a contiguous run; then every choice of up to `items_per_combination` items.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
    for left, right in itertools.combinations(range(len(amounts)), 2):
        pairs.setdefault(amounts[left] + amounts[right], []).append((left, right))
    found: set[tuple[int, ...]] = set(pairs.get(target, [])) if size_max >= 2 else set()  # noqa: PLR2004 - a pair
    if size_max >= 3:  # noqa: PLR2004 - three items
        for one, amount in enumerate(amounts):
            for pair in pairs.get(target - amount, []):
                if one not in pair:
                    found.add(tuple(sorted((one, *pair))))
            if len(found) > MANY:
                return sorted(found)
    if size_max >= 4:  # noqa: PLR2004 - two pairs
        for total, lefts in pairs.items():
            rights = pairs.get(target - total)
            if rights is None or target - total < total:
                continue
            for left, right in itertools.product(lefts, rights):
                if not set(left) & set(right):
                    found.add(tuple(sorted((*left, *right))))
                if len(found) > MANY:
                    return sorted(found)
    return sorted(found)
