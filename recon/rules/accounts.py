"""What a posting file needs to know of the ledger: its accounts, and what its import wants to be told."""

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
    a tax, `CHARGE` bank charges that an advice states; `TDS`, `TOL` and others, too: an account here counts before
    one that came with recon, and after one that you wrote beside the deduction or tolerance. A type that is named
    nowhere stands for its own account."""


class Posting(Part):
    """Posting files: which layout the button *Post* writes, and what each layout must be told (docs/posting.md)."""

    format: str = Field(default="generic", min_length=1)
    """The format of the button *Post*: a name, or the whole path of a layout file of your own."""
    settings: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Layout -> setting -> value (`unit4: {client: "01", voucher_type: SR}`). docs/posting.md lists those of each
    layout. All have `currency` (the ledger's own; empty = `currency` above), `foreign` (`blank`: money in other
    currencies is posted without an amount in the ledger's own), `first_month` (of the financial year, 1 to 12) and
    `year_named` (`start` or `end`: which calendar year it is called by), `unmatched` (`allow`: items whose id is no
    key of the ledger are posted without a match)."""
    companies: dict[str, dict[str, dict[str, str]]] = Field(default_factory=dict)
    """Company, as the items' column `entity` has it -> layout -> setting -> value, before those of `settings`
    (`"02": {tally: {company: Example Homes Ltd}}`); for files of one company of several."""
