"""Chance, always from a generator that is handed down from the seed."""

from __future__ import annotations

from random import Random


def chance(rng: Random, share: float) -> bool:
    """True in this share of the draws."""
    return rng.random() < share


def roll(rng: Random, low: int, high: int) -> int:
    """A whole number from `low` up to, not including, `high`; several times as fast as `randrange`."""
    return low + int(rng.random() * (high - low))
