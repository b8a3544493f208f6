"""Which ledger accounts a posting file names."""

from __future__ import annotations

from pydantic import Field

from recon.rules.parts import Part


class Accounts(Part):
    """Ledger accounts of the posting file, besides those that `tolerances` and `deductions` name."""

    banks: dict[str, str] = Field(default_factory=dict)
    """Our bank account as the statements write it (blanks and dashes don't count), and its ledger account; one that
    is not named stands in the posting file as the statement writes it."""
    receivables: str = Field(default="receivables", min_length=1)
    """What customers owe: items that are settled, and cash on account of a customer."""
    suspense: str = Field(default="suspense", min_length=1)
    """Cash on account of nobody who is known yet."""
    types: dict[str, str] = Field(
        default_factory=lambda: {
            "WO": "write_off",
            "DISC": "discount",
            "ROUND": "rounding",
            "CHARGE": "bank_charges",
        }
    )
    """The account of each deduction_type: `WO` what a reviewer writes off, `DISC` a discount, `ROUND` the rounding of
    a tax, `CHARGE` bank charges that an advice states. A type that is named nowhere stands for its own account."""
