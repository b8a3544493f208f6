"""The built-in `standard` profile: the files of the contract, told by their headings alone."""

from __future__ import annotations

import re
from collections.abc import Collection

from recon.model import INPUT_TABLES, Kind
from recon.rules.profile import Amount, Profile

NAME = "standard"

# A heading is of a kind if it has one column of each group.
NEEDED: dict[Kind, tuple[tuple[str, ...], ...]] = {
    Kind.BANK: (("booking_date",), ("amount",), ("narrative", "reference", "counterparty")),
    Kind.ITEMS: (("item_id", "doc_no"), ("open_amount",)),
    Kind.REMITTANCE: (("remittance_id", "payment_reference", "payer"), ("paid_amount", "payment_amount")),
    Kind.ALIASES: (("alias",), ("customer_id",)),
    Kind.CUSTOMERS: (
        ("customer_id",),
        ("name", "aliases", "terms_days", "tax_profile", "accounts", "vendor_no"),
    ),
}
_CLOSED_NAME = re.compile(r"^closed[ _-]?items", re.IGNORECASE)
_CLOSED_NEEDED = (("item_id", "doc_no"), ("customer_id", "amount", "issue_date"))


def needed(kind: Kind, stem: str = "") -> tuple[tuple[str, ...], ...]:
    """The groups of columns that a standard file needs, one of each; closed items have nothing open."""
    closed = kind is Kind.CLOSED or (kind is Kind.ITEMS and is_closed(stem))
    return _CLOSED_NEEDED if closed else NEEDED[kind]


def is_closed(stem: str) -> bool:
    """Whether a file's name says that it holds closed items."""
    return _CLOSED_NAME.match(stem) is not None


def kind_of(names: Collection[str], stem: str) -> Kind | None:
    """The kind that a heading is of: the one with most columns in it among those that have all they need.

    Args:
        names: the columns' names, as `grid.key` makes them.
        stem: the file's name, which tells closed from open items.
    """
    fitting = [
        kind for kind in NEEDED if all(any(name in names for name in group) for group in needed(kind, stem))
    ]
    if not fitting:
        return None
    best = max(fitting, key=lambda kind: hits(names, kind))
    return Kind.CLOSED if best is Kind.ITEMS and is_closed(stem) else best


def hits(names: Collection[str], kind: Kind) -> int:
    """How many columns of a kind's table a heading has."""
    return len(set(INPUT_TABLES[kind].file_columns) & set(names))


def profile(kind: Kind) -> Profile:
    """The standard profile of a kind."""
    columns = INPUT_TABLES[kind].file_columns
    return Profile(
        name=NAME,
        title="the standard file",
        kind=kind,
        header=tuple(group[0] for group in needed(kind) if len(group) == 1),
        no_header=("-",),  # only to be whole: its heading is found by `kind_of`
        columns={name: name for name in columns if not (kind is Kind.BANK and name == "amount")},
        amount=Amount(signed="amount") if kind is Kind.BANK else None,
        balance="balance" if kind is Kind.BANK else "",
        dates=("%Y-%m-%d",),
    )
