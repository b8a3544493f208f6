"""The clock, read in one place."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """This moment as ISO text to the second, with the offset of where we are."""
    return datetime.now(UTC).astimezone().isoformat(timespec="seconds")


def stamp() -> str:
    """This moment as digits, to tell runs apart."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
