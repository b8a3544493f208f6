"""What holds: the last thing that was said of each kind, subject and meaning, and what of it counts on a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from recon.learn.kinds import ACCEPTED, KEYS, REJECTED
from recon.learn.rejected import ROWS
from recon.model import LEARNED


def last(events: pl.DataFrame) -> pl.DataFrame:
    """The last event of each kind, subject and meaning, as model.LEARNED; `rejected` apart, which has no state."""
    return events.filter(pl.col("kind") != REJECTED).unique(KEYS, keep="last", maintain_order=True)


@dataclass(frozen=True)
class Force:
    """What counts in a run: what people accepted (model.LEARNED), and which pairs they rejected (rejected.ROWS)."""

    accepted: pl.DataFrame = field(default_factory=LEARNED.empty_outside)
    rejected: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ROWS))

    @property
    def nothing(self) -> bool:
        """Whether nothing was learned that counts."""
        return self.accepted.is_empty() and self.rejected.is_empty()


def in_force(events: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """What is accepted and valid on a day, as model.LEARNED.

    Names and references carry their own days into the run, where a line's booking date decides; accounts and taxes
    count for the whole run.
    """
    day = pl.lit(as_of)
    own = pl.col("kind").is_in(["alias", "reference"])
    begun = pl.col("valid_from").is_null() | (pl.col("valid_from") <= day)
    lasting = pl.col("valid_to").is_null() | (pl.col("valid_to") >= day)
    return last(events).filter((pl.col("event") == ACCEPTED) & (own | (begun & lasting)))
