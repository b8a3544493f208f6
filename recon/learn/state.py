"""What holds: the last thing that was said of each kind, subject and meaning, and what of it counts on a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

import polars as pl

from recon.learn.kinds import ALIAS, HELD, KEYS, PATTERN, REFERENCE, REJECTED, STANDING
from recon.learn.rejected import ROWS
from recon.model import LEARNED

DATED: Final = (ALIAS, REFERENCE, PATTERN)  # each line's booking date decides whether they are valid


def last(events: pl.DataFrame) -> pl.DataFrame:
    """The last event of each kind, subject and meaning, as model.LEARNED; `rejected` apart, which has no state."""
    return events.filter(pl.col("kind") != REJECTED).unique(KEYS, keep="last", maintain_order=True)


@dataclass(frozen=True)
class Force:
    """What counts in a run: what people accepted (model.LEARNED), and which pairs they rejected (rejected.ROWS).

    held: what they accepted and decisions contradict since (model.LEARNED): it proposes, and posts nothing.
    """

    accepted: pl.DataFrame = field(default_factory=LEARNED.empty_outside)
    rejected: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ROWS))
    held: pl.DataFrame = field(default_factory=LEARNED.empty_outside)

    @property
    def nothing(self) -> bool:
        """Whether nothing was learned that counts."""
        return self.accepted.is_empty() and self.rejected.is_empty() and self.held.is_empty()

    @property
    def used(self) -> pl.DataFrame:
        """What is laid beside the files: what was accepted, held or not."""
        return pl.concat([self.accepted, self.held])


def in_force(events: pl.DataFrame, as_of: date) -> Force:
    """What is accepted and valid on a day, and what of that is held.

    Names and references carry their own days into the run, where a line's booking date decides; accounts and taxes
    count for the whole run.
    """
    day = pl.lit(as_of)
    own = pl.col("kind").is_in(list(DATED))
    begun = pl.col("valid_from").is_null() | (pl.col("valid_from") <= day)
    lasting = pl.col("valid_to").is_null() | (pl.col("valid_to") >= day)
    valid = last(events).filter(own | (begun & lasting))
    return Force(
        accepted=valid.filter(pl.col("event").is_in(list(STANDING))),
        held=valid.filter(pl.col("event") == HELD),
    )
