"""What a rules file may say about the reports."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from recon.rules.parts import Money, Part


def rising(days: tuple[int, ...]) -> tuple[int, ...]:
    """Buckets' last days as they are, if each comes after the one before; raises PydanticCustomError if not."""
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise PydanticCustomError("rising", "each bucket must end after the one before it")
    return days


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
        return rising(days)


class Provision(Part):
    """How doubtful debt is provided for."""

    buckets: Annotated[tuple[Days, ...], Field(min_length=1, max_length=12)] = (30, 60, 90)
    """The last day of each bucket of the matrix, as under `ageing`; the file `loss_history` has rates for these."""
    forward_percent: Annotated[Decimal, Field(ge=0, le=1000)] = Decimal(100)
    """What historic rates are taken times for what lies ahead: `110` raises each by a tenth."""
    disputed: Literal["apart", "inside"] = "apart"
    """Disputed amounts: `apart` from the matrix, since they become credit notes, not losses; or `inside` it."""

    @field_validator("buckets")
    @classmethod
    def _rising(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        return rising(days)


class Band(Part):
    """Fixed compensation for a debt from this amount on."""

    above: Money = Decimal(0)
    """The smallest amount of the band."""
    amount: Money
    """The compensation."""


class Rate(Part):
    """A rate of interest from a day on."""

    since: str
    """The first day that it is for, as `2026-01-01`."""
    percent: Annotated[Decimal, Field(ge=0, le=100)]
    """The rate in per cent a year."""

    @field_validator("since")
    @classmethod
    def _day(cls, said: str) -> str:
        try:
            return date.fromisoformat(said).isoformat()
        except ValueError as wrong:
            raise PydanticCustomError("day", "a day is expected, as 2026-12-29") from wrong


class LatePayment(Part):
    """Interest on late payment, calculated and proposed, never posted."""

    law: Literal["uk", "msmed", "none"] = "uk"
    """`uk`: Late Payment of Commercial Debts (Interest) Act 1998, simple; `msmed`: MSMED Act 2006, sections 15
    and 16, for suppliers that are registered as micro or small, compound with monthly rests."""
    currency: str = "GBP"
    """The currency of the debts that it is claimed on."""
    margin: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(8)
    """`uk`: per cent above the base rate."""
    base_rates: tuple[Rate, ...] = (
        Rate(since="2023-07-01", percent=Decimal("5.00")),
        Rate(since="2024-01-01", percent=Decimal("5.25")),
        Rate(since="2024-07-01", percent=Decimal("5.25")),
        Rate(since="2025-01-01", percent=Decimal("4.75")),
        Rate(since="2025-07-01", percent=Decimal("4.25")),
        Rate(since="2026-01-01", percent=Decimal("3.75")),
        Rate(since="2026-07-01", percent=Decimal("3.75")),
    )
    """`uk`: base rate of the Bank of England for debts that became late in the half-year from that day on: that of 31
    December for the first, of 30 June for the second half. It stays for the life of the debt."""
    compensation: tuple[Band, ...] = (
        Band(above=Decimal(0), amount=Decimal(40)),
        Band(above=Decimal(1000), amount=Decimal(70)),
        Band(above=Decimal(10000), amount=Decimal(100)),
    )
    """`uk`: fixed compensation for each invoice, by its size."""
    bank_rates: tuple[Rate, ...] = (Rate(since="2025-04-01", percent=Decimal("6.75")),)
    """`msmed`: bank rate of the Reserve Bank of India from that day on; interest is at three times it."""
    days_most: Annotated[int, Field(ge=1, le=365)] = 45
    """`msmed`: the most days to pay that count, from acceptance, else from the invoice."""
    not_owed_by: tuple[str, ...] = ("self-pay", "consumer", "private")
    """Segments of the file `limits` that owe no such interest: persons who are no business."""


class Reports(Part):
    """What the reports go by."""

    ageing: Ageing = Ageing()
    provision: Provision = Provision()
    late_payment: LatePayment = LatePayment()
    months: Annotated[int, Field(ge=1, le=60)] = 1
    """Months up to the as-at date that *Roll-forward* tells: 1 = the as-at date's own."""
    sales_months: Annotated[int, Field(ge=1, le=60)] = 3
    """Months of sales that *Collection* divides by."""
    groups_shown: Annotated[int, Field(ge=1, le=1000)] = 10
    """Groups of payers whose share *Exposure* tells, the largest."""
    period_days: Days = 90
    """Days up to the as-at date whose receipts *Match quality* and *Exception codes* count; what still waits counts
    whatever its day."""
    unapplied_days: Days = 30
    """Unapplied and unidentified cash that is older than this is marked."""
    runs_shown: Annotated[int, Field(ge=1, le=10_000)] = 30
    """Runs that *Run control* shows, the latest ones."""
    owners: dict[str, str] = Field(default_factory=dict)
    """Who looks after an exception code (`EX-NONAR: treasury`)."""
