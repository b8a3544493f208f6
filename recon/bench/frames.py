"""What was drawn as the tables of a job, in outer form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from recon.bench.ledger import OWN_ENTITY, SISTER_ENTITY, Item
from recon.bench.lines import Draft, World
from recon.bench.narratives import account, words
from recon.bench.payers import Payers
from recon.model import ALIASES, BANK_LINES, CUSTOMERS, OPEN_ITEMS, REMITTANCE_LINES, Table

FACTS_SCHEMA: Final = {"name": pl.String(), "value": pl.String()}
_ITEM_TEXTS: Final = {
    "item_id": "item_id",
    "doc_type": "doc_type",
    "doc_no": "doc_no",
    "po_no": "po_no",
    "service_user_ref": "service_user",
    "issue_date": "issue",
    "currency": "currency",
    "entity": "entity",
    "dispute": "dispute",
    "legal": "legal",
    "plan_id": "plan",
    "service_from": "service_from",
    "service_to": "service_to",
    "discount_terms": "discount_terms",
    "status": "status",
}
_ITEM_MONEY: Final = {
    "amount": "amount",
    "net_amount": "net",
    "open_amount": "open",
    "cis_base": "cis_base",
    "retention": "retention",
}


def money(minor: int | None) -> str | None:
    """Minor units of two decimals as decimal text."""
    if minor is None:
        return None
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def _money(minor: Sequence[int | None] | np.ndarray[Any, Any]) -> pl.Series:
    """The same for a column."""
    value = pl.col("minor")
    size = value.abs()
    sign = pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    text = pl.concat_str(
        sign, (size // 100).cast(pl.String), pl.lit("."), (size % 100).cast(pl.String).str.zfill(2)
    )
    return pl.DataFrame({"minor": minor}, schema={"minor": pl.Int64()}).select(text=text)["text"]


def _frame(table: Table, columns: Mapping[str, Any]) -> pl.DataFrame:
    schema = {column.name: table.outer_schema[column.name] for column in table.columns if not column.ours}
    height = len(next(iter(columns.values())))
    return pl.DataFrame(
        {name: columns[name] if name in columns else [None] * height for name in schema}, schema=schema
    )


def bank_lines(world: World, drafts: Sequence[Draft]) -> pl.DataFrame:
    """Bank lines, in the order of the drafts."""
    texts = [words(world, draft) for draft in drafts]
    currency = "GBP" if world.uk else "INR"
    return _frame(
        BANK_LINES,
        {
            "line_id": [draft.line_id for draft in drafts],
            "account": [account(world, draft) for draft in drafts],
            "booking_date": [draft.booking for draft in drafts],
            "value_date": [draft.value_date or draft.booking for draft in drafts],
            "amount": _money([draft.amount for draft in drafts]),
            "currency": [currency] * len(drafts),
            "type": [draft.type for draft in drafts],
            "counterparty": [text.counterparty for text in texts],
            "counterparty_account": [text.counterparty_account for text in texts],
            "reference": [text.reference for text in texts],
            "narrative": [text.narrative for text in texts],
        },
    )


def open_items(world: World) -> pl.DataFrame:
    """What is open, by id."""
    items = world.ledger.items
    return _frame(
        OPEN_ITEMS,
        {
            **{name: [getattr(item, attribute) for item in items] for name, attribute in _ITEM_TEXTS.items()},
            **{
                name: _money([getattr(item, attribute) for item in items])
                for name, attribute in _ITEM_MONEY.items()
            },
            "customer_id": [item.payer.customer_id for item in items],
            "customer_name": [item.payer.name for item in items],
            "group_id": [item.payer.group_id for item in items],
            "due_date": [item.issue + timedelta(days=item.payer.terms) for item in items],
        },
    ).sort("item_id")


def closed_items(world: World) -> pl.DataFrame:
    """What was paid or written off before, by id: straight from the columns, for most of it is never looked at."""
    documents, payers = world.ledger.documents, world.payers.all
    places = np.flatnonzero(~documents.open)
    owners = documents.owner[places]
    customers = pl.DataFrame(
        {
            "customer_id": [payer.customer_id for payer in payers],
            "customer_name": [payer.name for payer in payers],
            "group_id": [payer.group_id for payer in payers],
            "terms": [payer.terms for payer in payers],
        }
    )[owners]
    issued = pl.lit(documents.start) + pl.duration(days=pl.col("day"))
    dates = (
        pl.DataFrame({"day": documents.day[places], "terms": customers["terms"]})
        .select(issue=issued, due=issued + pl.duration(days=pl.col("terms")))
        .cast(pl.Date)
    )
    height = len(places)
    said: dict[int, Item] = {
        place: item for place, item in world.ledger.closed_changed() if item.status != ""
    }
    return _frame(
        OPEN_ITEMS,
        {
            **dict.fromkeys(
                ("po_no", "service_user_ref", "dispute", "legal", "plan_id", "discount_terms"), [""] * height
            ),
            "item_id": pl.DataFrame({"n": places + 1}).select(
                pl.concat_str(pl.lit("V"), pl.col("n").cast(pl.String).str.zfill(7))
            )["literal"],
            "customer_id": customers["customer_id"],
            "customer_name": customers["customer_name"],
            "group_id": customers["group_id"],
            "doc_type": ["invoice"] * height,
            "doc_no": documents.texts().gather(places),
            "issue_date": dates["issue"],
            "due_date": dates["due"],
            "currency": ["GBP" if world.uk else "INR"] * height,
            "amount": _money(documents.amount[places]),
            "net_amount": _money(documents.net[places]),
            "open_amount": ["0.00"] * height,
            "entity": [OWN_ENTITY] * height,
            "status": [said[place].status if place in said else "" for place in places.tolist()]
            if said
            else [""] * height,
        },
    )


def remittance_lines(world: World) -> pl.DataFrame:
    """The advices, a row for each of their lines."""
    rows = [
        (f"R{number:05d}", advice, line)
        for number, advice in enumerate(world.advices, 1)
        for line in advice.lines
    ]
    return _frame(
        REMITTANCE_LINES,
        {
            "remittance_id": [number for number, _, _ in rows],
            "payer": [advice.payer for _, advice, _ in rows],
            "payment_date": [advice.payment_date for _, advice, _ in rows],
            "payment_reference": [advice.reference for _, advice, _ in rows],
            "payment_amount": _money([advice.total for _, advice, _ in rows]),
            "currency": ["GBP" if world.uk else "INR"] * len(rows),
            "doc_no": [line.doc_no for _, _, line in rows],
            "gross_amount": _money([line.gross for _, _, line in rows]),
            "deduction_amount": _money([line.deduction for _, _, line in rows]),
            "deduction_type": [line.deduction_type for _, _, line in rows],
            "paid_amount": _money([line.paid for _, _, line in rows]),
        },
    )


def customers(payers: Payers) -> pl.DataFrame:
    """Who pays."""
    return _frame(
        CUSTOMERS,
        {
            "customer_id": [payer.customer_id for payer in payers.all],
            "name": [payer.name for payer in payers.all],
            "aliases": [";".join(payer.aliases) for payer in payers.all],
            "terms_days": [payer.terms for payer in payers.all],
            "tax_profile": [payer.tax_profile for payer in payers.all],
            "group_id": [payer.group_id for payer in payers.all],
            "accounts": [payer.account for payer in payers.all],
            "vendor_no": [payer.vendor_no for payer in payers.all],
            "tolerance_profile": [payer.tolerance for payer in payers.all],
            "tolerance_used": [payer.tolerance_used or None for payer in payers.all],
        },
    )


def aliases(payers: Payers) -> pl.DataFrame:
    """Names with the days on which they count."""
    names = ("alias", "customer_id", "valid_from", "valid_to", "source")
    return _frame(ALIASES, {name: [getattr(alias, name) for alias in payers.aliases] for name in names})


def facts(world: World) -> pl.DataFrame:
    """What a site knows and says in its rules, not in a table of the job."""
    rows: Iterable[tuple[str, str]] = [
        ("entity_of_our_accounts", OWN_ENTITY),
        ("entity_of_series_EH", SISTER_ENTITY),
        ("period_closed_to", world.last_period.isoformat()),
    ]
    return pl.DataFrame(list(rows), schema=FACTS_SCHEMA, orient="row")
