"""What a rules file may say about who may decide how much."""

from __future__ import annotations

from pydantic import Field

from recon.rules.parts import Money, Part


class Powers(Part):
    """Up to which amount of a bank line, in units of its currency, somebody decides alone. Empty: any amount."""

    accept: Money | None = None
    """What was proposed: `accept`, `accept alternative`."""
    by_hand: Money | None = None
    """`allocate`, `on account`, `not receivable`, and what is settled taken back or moved."""
    write_off: Money | None = None
    """What is given up by `write off`."""
    approve: Money | None = None
    """As the second person, what somebody else decided above their own limit."""


class Authority(Part):
    """Who may decide how much alone. Above it the decision waits until a second person decides the same."""

    default: Powers = Powers()
    """Of everybody who is not named under `people`."""
    people: dict[str, Powers] = Field(default_factory=dict)
    """By login or by the name in `Decided by`, in small letters or capitals; what isn't said here has no limit."""
