"""What a rules file may say about learning from decisions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from recon.rules.parts import Part, Share


class Learning(Part):
    """What people's decisions teach, and what it takes until something is suggested (docs/learning.md)."""

    suggest: bool = True
    """Suggest what decisions teach. What was accepted before counts in any case, until it is withdrawn."""
    min_lines: Annotated[int, Field(ge=1, le=1000)] = 2
    """A name, account, reference or tax is suggested from this many decided lines on ..."""
    min_days: Annotated[int, Field(ge=1, le=365)] = 2
    """... that were booked on at least this many different days."""
    min_numbers: Annotated[int, Field(ge=2, le=1000)] = 3
    """How the references of a customer begin is suggested from this many different ones on."""
    days: Annotated[int, Field(ge=1, le=3650)] = 400
    """Only lines booked within this many days before the last one teach and contradict."""
    second_person: bool = False
    """What one person's decisions alone taught, another person accepts."""
    rejected: bool = True
    """A payer and customer that a person rejected together are proposed, but not posted, until that is withdrawn or a
    person allocates that payer's money to that customer."""
    target_precision: Share = 0.99
    """The share of automatic postings that shall be right, at least: with 95 % confidence by its own decisions."""
    auto_threshold: Literal["shown", "follow"] = "shown"
    """What happens to the confidence that would reach `target_precision`: it is shown, or each run with a store takes
    it for `thresholds.auto`."""
    auto_threshold_min: Share = 0.9
    """`auto_threshold: follow` never goes below this."""
