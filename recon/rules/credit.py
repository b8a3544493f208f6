"""What a rules file may say about credit control: chasing, plans, submissions, and what goes to solicitors."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from recon.rules.parts import Money, Part

Days = Annotated[int, Field(ge=0, le=3650)]


class Stage(Part):
    """A step that is due from a day on."""

    days: Annotated[int, Field(ge=-60, le=3650)]
    """Days past due of the oldest item; below 0 = before it is due."""
    step: Annotated[str, Field(min_length=1, max_length=60)]
    """What is to be done then."""
    letter: bool = False
    """A letter is written for it (`recon letters`)."""


class Legal(Part):
    """When a customer's debt may go to solicitors; people decide."""

    days: Days = 90
    """Days that the debt is overdue at least."""
    amount: Money = Decimal(500)
    """How much has to be that old, without what is disputed, on a plan or with solicitors."""
    notices: Annotated[int, Field(ge=0, le=20)] = 2
    """Letters to the customer since the debt fell due, out of the file `contacts`."""
    limitation_years: Annotated[int, Field(ge=1, le=30)] = 6
    """Years after the due date in which a claim can be brought: 6 in England, 3 in India."""
    limitation_warning: Days = 180
    """Days before that date from which on an item is marked."""


class Submission(Part):
    """Days that sending an invoice may take, in three legs."""

    created: Days = 3
    """From the end of the period to the invoice."""
    sent: Days = 1
    """From the invoice to its sending."""
    accepted: Days = 5
    """From its sending to the customer's acceptance; an invoice of which nothing is heard for longer is silent."""
    count: Literal["working", "calendar"] = "working"
    """Which days count."""


class Letters(Part):
    """What letters say of us (`recon letters`)."""

    sender: tuple[str, ...] = ()
    """Lines of the sender: name, address, whom to call."""
    pay_to: tuple[str, ...] = ()
    """Where to pay: name of the account, sort code and number, IBAN or IFSC."""


class Credit(Part):
    """Credit control: whom to ask for money, and whom not (docs/reports.md)."""

    stages: tuple[Stage, ...] = (
        Stage(days=-7, step="statement", letter=True),
        Stage(days=1, step="reminder", letter=True),
        Stage(days=7, step="second reminder", letter=True),
        Stage(days=14, step="call"),
        Stage(days=30, step="escalation"),
        Stage(days=60, step="final notice", letter=True),
        Stage(days=90, step="legal review"),
    )
    """What is to be done from which day on, by the oldest item of a customer that may be chased."""
    least: Money = Decimal(0)
    """A customer with less to chase is left out of the list."""
    quiet_days: Days = 3
    """Days after a contact in which the customer is not chased again."""
    contact_days: Days = 30
    """Days in which a customer with overdue items should be spoken to."""
    weights: dict[str, Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]] = Field(
        default_factory=dict
    )
    """How much a segment of the file `limits` weighs in the order of the list: `self-pay: 1.5`; others 1."""
    plan_grace_days: Days = 7
    """Days after an instalment's day in which it may still come; then the plan is broken."""
    submission: Submission = Submission()
    legal: Legal = Legal()
    letters: Letters = Letters()

    @field_validator("stages")
    @classmethod
    def _rising(cls, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        if not stages or any(later.days <= earlier.days for earlier, later in pairwise(stages)):
            raise PydanticCustomError("rising", "each stage must begin after the one before it")
        return stages
