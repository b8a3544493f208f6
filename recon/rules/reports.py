"""What a rules file may say about the reports."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from recon.rules.parts import Part

Days = Annotated[int, Field(ge=1, le=3650)]


class Ageing(Part):
    """How open items are aged."""

    buckets: Annotated[tuple[Days, ...], Field(min_length=1, max_length=12)] = (30, 60, 90, 120)
    """The last day of each bucket: `[30, 60]` makes not due, 1-30, 31-60 and over 60 days. India reports
    `[30, 60, 90, 120, 180, 365]`."""
    treatment: Literal["separate", "own_date", "oldest_first"] = "separate"
    """Where credit notes and unapplied cash go: `separate` in columns of their own, `own_date` in the bucket of their
    own document date, `oldest_first` against the customer's oldest items. The report names the one it used."""

    @field_validator("buckets")
    @classmethod
    def _rising(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise PydanticCustomError("rising", "each bucket must end after the one before it")
        return days


class Reports(Part):
    """What the reports go by."""

    ageing: Ageing = Ageing()
    period_days: Days = 90
    """Days up to the as-at date whose receipts *Match quality* and *Exception codes* count; what still waits counts
    whatever its day."""
    unapplied_days: Days = 30
    """Unapplied and unidentified cash that is older than this is marked."""
    runs_shown: Annotated[int, Field(ge=1, le=10_000)] = 30
    """Runs that *Run control* shows, the latest ones."""
    owners: dict[str, str] = Field(default_factory=dict)
    """Who looks after an exception code (`EX-NONAR: treasury`)."""
