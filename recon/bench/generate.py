"""Generated ledgers with a known answer: bank lines, open items, advices, and what a careful person would do.

The truth follows the text of the contract (design, 5) and of the domain reference (7), never what an engine does:
each case builds a line whose evidence the text decides, and looks for chance collisions (a damaged number that is
another document's, an amount that another item has too) before it keeps the line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any, Final

import polars as pl

from recon.bench.ledger import Item, make_ledger
from recon.bench.lines import Draft, World
from recon.bench.mix import FAMILIES, cases
from recon.bench.narratives import account, words
from recon.bench.payers import Flavour, Payers, make_payers
from recon.model import ALIASES, BANK_LINES, CUSTOMERS, OPEN_ITEMS, REMITTANCE_LINES, Table

ITEMS_PER_LINE: Final = 3.75
ITEMS_MIN: Final = 800  # a smaller ledger has too few items per payer for most cases
AS_OF: Final = date(2026, 3, 31)
RETRIES: Final = 6  # a case that collides is drawn anew
TRIES: Final = 40  # draws per case of a family before it is clear that the ledger has no more

TRUTH_SCHEMA: Final = {
    "line_id": pl.String(),
    "case": pl.String(),
    "family": pl.String(),
    "expected": pl.String(),  # an outcome of the contract
    "also": pl.String(),  # other outcomes that the text allows, `;` between
    "codes": pl.String(),  # exception codes, `;` between; any of them is right
    "clean": pl.Boolean(),  # one reference as the ledger writes it, the exact amount
    "answerable": pl.Boolean(),  # the inputs have one best reading
    "amount": pl.String(),
}
TRUTH_ALLOCATIONS_SCHEMA: Final = {
    "line_id": pl.String(),
    "item_id": pl.String(),  # empty = on account
    "amount": pl.String(),
    "deduction": pl.String(),
    "deduction_type": pl.String(),
}


@dataclass(frozen=True)
class Case:
    """One generated job: its inputs in outer form, and the truth about each bank line."""

    flavour: Flavour
    seed: int
    as_of: date
    bank_lines: pl.DataFrame
    open_items: pl.DataFrame
    remittance_lines: pl.DataFrame
    customers: pl.DataFrame
    aliases: pl.DataFrame
    closed_items: pl.DataFrame
    truth: pl.DataFrame
    truth_allocations: pl.DataFrame


def generate(flavour: Flavour, lines: int, seed: int, as_of: date = AS_OF) -> Case:
    """A job of exactly so many bank lines in the month of `as_of`; the same arguments give the same bytes."""
    rng = Random(f"{flavour}/{lines}/{seed}")  # noqa: S311 - reproducible on purpose
    items = max(round(lines * ITEMS_PER_LINE), ITEMS_MIN)
    payers = make_payers(flavour, rng, items, thin=lines // 40 + 8)
    world = World(flavour, rng, payers, make_ledger(flavour, rng, payers, items, as_of), as_of)
    for family, quota in _quotas(flavour, lines):
        _fill(world, family, quota)
    drafts = sorted(world.drafts, key=lambda draft: (draft.booking, draft.bank))
    for number, draft in enumerate(drafts, 1):
        draft.line_id = f"L{number:06d}"
    _check(drafts)
    return Case(
        flavour,
        seed,
        as_of,
        _bank_lines(world, drafts),
        _items(world.ledger.items),
        _remittances(world),
        _customers(payers),
        _aliases(payers),
        _items(world.ledger.closed),
        _truth(drafts),
        _truth_allocations(drafts),
    )


def _quotas(flavour: Flavour, lines: int) -> Iterator[tuple[str, int]]:
    shares = FAMILIES[flavour]
    counts = {family: round(lines * share / 100) for family, share in shares.items()}
    counts["reference"] += lines - sum(counts.values())
    yield from counts.items()


def _fill(world: World, family: str, quota: int) -> None:
    """Draw cases of one family until it has its lines."""
    makers = cases(world.flavour, family)
    start = len(world.drafts)
    failed = 0
    while (made := len(world.drafts) - start) < quota:
        before = len(world.drafts)
        drawn = world.rng.choices(list(makers), list(makers.values()))[0]
        failed = 0 if any(drawn(world) for _ in range(RETRIES)) else failed + 1
        assert failed < TRIES * len(makers), f"the ledger is too small for another line of {family}"
        for draft in world.drafts[before:]:
            draft.family = family
        if made + len(world.drafts) - before > quota:  # a pair too many: draw something shorter
            _take_back(world, before)


def _take_back(world: World, count: int) -> None:
    # What the pair reserved stays reserved: the items are simply open and paid by nobody.
    del world.drafts[count:]


def _check(drafts: Iterable[Draft]) -> None:
    """What truth promises: no item is paid above what is open, an `auto` line is allocated whole."""
    settled: Counter[str] = Counter()
    items: dict[str, Item] = {}
    for draft in drafts:
        if draft.expected == "auto":
            assert sum(share.cash for share in draft.shares) == draft.amount, draft
        for share in draft.shares:
            if share.item is not None:
                items[share.item.item_id] = share.item
                settled[share.item.item_id] += share.cash + share.deduction
    for item_id, total in settled.items():
        item = items[item_id]
        assert abs(total) <= abs(item.open), item
        assert total * item.open > 0, item


def money(minor: int | None) -> str | None:
    """Minor units of two decimals as decimal text."""
    if minor is None:
        return None
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def _frame(table: Table, rows: Iterable[dict[str, Any]], *, optional: bool = True) -> pl.DataFrame:
    schema = {
        column.name: table.outer_schema[column.name]
        for column in table.columns
        if not column.ours and (optional or not column.optional)
    }
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def _bank_lines(world: World, drafts: list[Draft]) -> pl.DataFrame:
    currency = "GBP" if world.uk else "INR"
    rows = (
        {
            "line_id": draft.line_id,
            "account": account(world, draft),
            "booking_date": draft.booking,
            "value_date": draft.value_date or draft.booking,
            "amount": money(draft.amount),
            "currency": currency,
            "type": draft.type,
            **words(world, draft)._asdict(),
        }
        for draft in drafts
    )
    return _frame(BANK_LINES, rows)


def _items(items: Iterable[Item]) -> pl.DataFrame:
    rows = (
        {
            "item_id": item.item_id,
            "customer_id": item.payer.customer_id,
            "customer_name": item.payer.name,
            "doc_type": item.doc_type,
            "doc_no": item.doc_no,
            "po_no": item.po_no,
            "service_user_ref": item.service_user,
            "issue_date": item.issue,
            "due_date": item.due,
            "currency": item.currency,
            "amount": money(item.amount),
            "net_amount": money(item.net),
            "open_amount": money(item.open),
            "group_id": item.payer.group_id,
            "dispute": item.dispute,
            "legal": item.legal,
            "discount_terms": item.discount_terms,
            "cis_base": money(item.cis_base),
            "retention": money(item.retention),
        }
        for item in items
    )
    return _frame(OPEN_ITEMS, rows).sort("item_id")


def _customers(payers: Payers) -> pl.DataFrame:
    rows = (
        {
            "customer_id": payer.customer_id,
            "name": payer.name,
            "aliases": ";".join(payer.aliases),
            "terms_days": payer.terms,
            "tax_profile": payer.tax_profile,
            "group_id": payer.group_id,
            "accounts": payer.account,
            "vendor_no": payer.vendor_no,
        }
        for payer in payers.all
    )
    return _frame(CUSTOMERS, rows)


def _aliases(payers: Payers) -> pl.DataFrame:
    rows = (
        {
            "alias": alias.alias,
            "customer_id": alias.customer_id,
            "valid_from": alias.valid_from,
            "valid_to": alias.valid_to,
            "source": alias.source,
        }
        for alias in payers.aliases
    )
    return _frame(ALIASES, rows)


def _remittances(world: World) -> pl.DataFrame:
    currency = "GBP" if world.uk else "INR"
    rows = (
        {
            "remittance_id": f"R{number:05d}",
            "payer": advice.payer,
            "payment_date": advice.payment_date,
            "payment_reference": advice.reference,
            "payment_amount": money(advice.total),
            "currency": currency,
            "doc_no": line.doc_no,
            "gross_amount": money(line.gross),
            "deduction_amount": money(line.deduction),
            "deduction_type": line.deduction_type,
            "paid_amount": money(line.paid),
        }
        for number, advice in enumerate(world.advices, 1)
        for line in advice.lines
    )
    return _frame(REMITTANCE_LINES, rows)


def _truth(drafts: list[Draft]) -> pl.DataFrame:
    rows = [
        (
            draft.line_id,
            draft.case,
            draft.family,
            draft.expected,
            ";".join(draft.also),
            ";".join(draft.codes),
            draft.clean,
            draft.answerable and any(share.item for share in draft.shares),
            money(draft.amount),
        )
        for draft in drafts
    ]
    return pl.DataFrame(rows, schema=TRUTH_SCHEMA, orient="row")


def _truth_allocations(drafts: list[Draft]) -> pl.DataFrame:
    rows = [
        (
            draft.line_id,
            share.item.item_id if share.item else "",
            money(share.cash),
            money(share.deduction),
            share.deduction_type,
        )
        for draft in drafts
        for share in draft.shares
    ]
    return pl.DataFrame(rows, schema=TRUTH_ALLOCATIONS_SCHEMA, orient="row")
