"""What was chosen for an unknown file, how sure that is and why; and what only its owner can say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Sure(StrEnum):
    """How sure a choice is."""

    PROVED = "proved"  # the file itself bears it out
    LIKELY = "likely"  # names or cells say so
    ASSUMED = "assumed"  # nothing speaks against it
    SAID = "you said"


@dataclass(frozen=True)
class Choice:
    """One thing that a profile says: what, how sure, and why; in plain words."""

    key: str
    chosen: str
    sure: Sure
    why: str


@dataclass(frozen=True)
class Option:
    """One answer to a question: what `--answer` takes, and what it means."""

    value: str
    means: str


@dataclass(frozen=True)
class Question:
    """What can't be decided from the file."""

    key: str
    asks: str
    options: tuple[Option, ...]
    default: str  # the value of an option; "" where none is better than another
    why: str = ""
