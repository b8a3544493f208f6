"""What a rules file may say about queries and promises."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from recon.rules.parts import Money, Part

Days = Annotated[int, Field(ge=1, le=365)]


class Cases(Part):
    """Queries of payers and promises to pay: their clock, who is told, and what they hold up (docs/cases.md)."""

    calendar: Literal["GB-ENG", "GB-SCT", "GB-WLS", "GB-NIR", "IN"] = "GB-ENG"
    """Whose public holidays are no working days, besides Saturdays and Sundays."""
    closed: tuple[str, ...] = ()
    """Further days on which nobody works, as 2026-12-29 (the days between the years, a state's holiday)."""
    answer_days: Days = 5
    """Working days in which a query is to be answered."""
    levels: tuple[int, ...] = (5, 10, 15)
    """Working days after which an open query is at level 1, 2, 3."""
    high_amount: Money = Decimal(0)
    """A query of this much or more is at the highest level from the first day on; 0 = none."""
    owner: str = ""
    """Who has a query that nobody was named for."""
    block: bool = True
    """An item with an open query is proposed, never posted without a person."""
    grace_days: Annotated[int, Field(ge=0, le=30)] = 2
    """Working days after the promised day in which the money may still come."""

    @field_validator("closed")
    @classmethod
    def _days(cls, said: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(date.fromisoformat(one).isoformat() for one in said)
        except ValueError as wrong:
            raise PydanticCustomError("day", "a day is expected, as 2026-12-29") from wrong
