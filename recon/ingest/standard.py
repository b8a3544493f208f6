"""The built-in `standard` profile: the files of the contract, told by their headings alone."""

from __future__ import annotations

import re
from collections.abc import Collection

from recon.model import MONTH_TABLES, TABLES_OF, Kind
from recon.rules.profile import Amount, Profile

NAME = "standard"

# A heading is of a kind if it has one column of each group.
NEEDED: dict[Kind, tuple[tuple[str, ...], ...]] = {
    Kind.BANK: (("booking_date",), ("amount",), ("narrative", "reference", "counterparty")),
    Kind.ITEMS: (("item_id", "doc_no"), ("open_amount",)),
    Kind.REMITTANCE: (("remittance_id", "payment_reference", "payer"), ("paid_amount", "payment_amount")),
    Kind.ALIASES: (("alias",), ("customer_id",)),
    Kind.SUCCESSIONS: (("customer_id",), ("successor_id",), ("effective",)),
    Kind.CUSTOMERS: (
        ("customer_id",),
        ("name", "aliases", "terms_days", "tax_profile", "accounts", "vendor_no"),
    ),
}
_CLOSED_NAME = re.compile(r"^closed[ _-]?items", re.IGNORECASE)
_CLOSED_NEEDED = (("item_id", "doc_no"), ("customer_id", "amount", "issue_date"))
# Month-end inputs are told by the file's name (`gl-2026-03.csv`); these are the columns that they need besides.
_MONTH: dict[Kind, tuple[tuple[str, ...], ...]] = {
    kind: tuple((column.name,) for column in table.columns if column.needed)
    for kind, table in MONTH_TABLES.items()
} | {
    Kind.LIMITS: (("customer_id", "group_id"), ("credit_limit", "security", "insured", "segment")),
    Kind.LOSS_HISTORY: (("bucket",), ("rate", "never_collected")),
    Kind.SUBMISSIONS: (("item_id", "doc_no"), ("created", "sent", "accepted", "rejected")),
    Kind.PROMISES: (("customer_id",), ("promised_date",)),
    Kind.QUERIES: (("query_id", "item_id", "customer_id"), ("opened",)),
}
_NAME_PARTS = re.compile(r"[^a-z]+")


def needed(kind: Kind, stem: str = "") -> tuple[tuple[str, ...], ...]:
    """The groups of columns that a standard file needs, one of each; closed items have nothing open."""
    if kind in _MONTH:
        return _MONTH[kind]
    closed = kind is Kind.CLOSED or (kind is Kind.ITEMS and is_closed(stem))
    return _CLOSED_NEEDED if closed else NEEDED[kind]


def is_closed(stem: str) -> bool:
    """Whether a file's name says that it holds closed items."""
    return _CLOSED_NAME.match(stem) is not None


def month_kind(stem: str) -> Kind | None:
    """The month-end input that a file's or a sheet's name means: `gl_entries 2026-03` is of gl_entries."""
    name = _NAME_PARTS.sub("_", stem.lower()).strip("_") + "_"
    fitting = [kind for kind in _MONTH if name.startswith(f"{kind}_")]
    return max(fitting, key=len, default=None)


def kind_of(names: Collection[str], stem: str) -> Kind | None:
    """The kind that a heading is of: the one with most columns in it among those that have all they need.

    Args:
        names: the columns' names, as `grid.key` makes them.
        stem: the file's name, which tells closed from open items.
    """
    month = month_kind(stem)
    fitting = [
        kind
        for kind in (*NEEDED, *((month,) if month else ()))
        if all(any(name in names for name in group) for group in needed(kind, stem))
    ]
    if not fitting:
        return None
    best = max(fitting, key=lambda kind: (hits(names, kind), kind is month))
    return Kind.CLOSED if best is Kind.ITEMS and is_closed(stem) else best


def hits(names: Collection[str], kind: Kind) -> int:
    """How many columns of a kind's table a heading has."""
    return len(set(TABLES_OF[kind].file_columns) & set(names))


def profile(kind: Kind) -> Profile:
    """The standard profile of a kind."""
    columns = TABLES_OF[kind].file_columns
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
