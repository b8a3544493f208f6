"""Chance, always from a generator that is handed down from the seed."""

from __future__ import annotations

from random import Random


def chance(rng: Random, share: float) -> bool:
    """True in this share of the draws."""
    return rng.random() < share
