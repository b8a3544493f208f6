"""Generated ledgers with a known answer: bank lines, open items, advices, and what a careful person would do.

The truth follows the text of the contract (design, 5) and of the domain reference (7), never what an engine does:
each case builds a line whose evidence the text decides, and looks for chance collisions (a damaged number that is
another document's, an amount that another item has too) before it keeps the line.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from random import Random
from typing import Final

import polars as pl

from recon.bench import frames
from recon.bench.cases_amount import recount
from recon.bench.dimensions import DIMENSIONS, payments, places
from recon.bench.frames import money
from recon.bench.ledger import Item, make_ledger
from recon.bench.lines import ADVICE_SIZES, DENSE_SIZES, Draft, World
from recon.bench.mix import DENSE_FAMILIES, FAMILIES, cases
from recon.bench.payers import Flavour, make_payers

ITEMS_PER_LINE: Final = 3.75
DENSE: Final = 2.0  # fewer open items for each line than this: advices are short, for there is little to pay
ITEMS_MIN: Final = 800  # a smaller ledger has too few items per payer for most cases
GROWTH: Final = 100  # a ledger that has run out of items for a case grows by its hundredth
GROWTHS: Final = 60
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
    "fact": pl.String(),  # a name in facts.csv: what the label rests on, and the rules say (recon.bench.site)
    **dict.fromkeys(DIMENSIONS, pl.String()),
}
TRUTH_ALLOCATIONS_SCHEMA: Final = {
    "line_id": pl.String(),
    "item_id": pl.String(),  # empty = on account
    "amount": pl.String(),
    "deduction": pl.String(),
    "deduction_type": pl.String(),
    "alike": pl.String(),  # item_ids that are as right as this one, `;` between
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
    facts: pl.DataFrame  # name, value: what a site knows and says in its rules (recon.bench.site)
    truth: pl.DataFrame
    truth_allocations: pl.DataFrame


def generate(
    flavour: Flavour,
    lines: int,
    seed: int,
    as_of: date = AS_OF,
    *,
    items_per_line: float = ITEMS_PER_LINE,
    month: int = 0,
) -> Case:
    """A job of exactly so many bank lines in the month of `as_of`; the same arguments give the same bytes.

    Args:
        flavour: whose ledger.
        lines: bank lines.
        seed: of all chance.
        as_of: the last day of the month.
        items_per_line: open items for each bank line, about; below 2 nearly every item is paid by some line.
        month: jobs of the same seed and size that differ in this have the same payers, and other items and lines.
    """
    collecting = gc.isenabled()
    gc.disable()  # millions of small objects, none of them in a circle
    try:
        return _generate(flavour, lines, seed, as_of, items_per_line, month)
    finally:
        if collecting:
            gc.enable()


def _generate(
    flavour: Flavour, lines: int, seed: int, as_of: date, items_per_line: float, month: int
) -> Case:
    name = f"{flavour}/{lines}/{seed}" + ("" if items_per_line == ITEMS_PER_LINE else f"/{items_per_line}")
    rng = Random(name)  # noqa: S311 - reproducible on purpose
    items = max(round(lines * items_per_line), ITEMS_MIN)
    payers = make_payers(flavour, rng, items, thin=lines // 25 + 40)
    if month:
        rng = Random(f"{name}/month {month}")  # noqa: S311 - reproducible on purpose
    dense = items_per_line < DENSE
    world = World(flavour, rng, payers, make_ledger(flavour, rng, payers, items, as_of), as_of)
    world.sizes = DENSE_SIZES if dense else ADVICE_SIZES
    for family, quota in _quotas(DENSE_FAMILIES[flavour] if dense else FAMILIES[flavour], lines):
        _fill(world, family, quota)
    recount(world)
    drafts = sorted(world.drafts, key=lambda draft: (draft.booking, draft.bank))
    for number, draft in enumerate(drafts, 1):
        draft.line_id = f"L{number:06d}"
    _check(drafts)
    return Case(
        flavour,
        seed,
        as_of,
        frames.bank_lines(world, drafts),
        frames.open_items(world),
        frames.remittance_lines(world),
        frames.customers(payers),
        frames.aliases(payers),
        frames.closed_items(world),
        frames.facts(world),
        _truth(drafts),
        _truth_allocations(drafts),
    )


def _quotas(shares: Mapping[str, float], lines: int) -> Iterator[tuple[str, int]]:
    counts = {family: round(lines * share / 100) for family, share in shares.items()}
    counts["reference"] += lines - sum(counts.values())
    yield from counts.items()


def _fill(world: World, family: str, quota: int) -> None:
    """Draw cases of one family until it has its lines."""
    weights = cases(world.flavour, family)
    makers, edges = list(weights), list(accumulate(weights.values()))
    start = len(world.drafts)
    failed = growths = 0
    while (made := len(world.drafts) - start) < quota:
        before = len(world.drafts)
        if world.ledger.scarce:
            world.ledger.grow(len(world.ledger.items) // GROWTH)
        drawn = world.rng.choices(makers, cum_weights=edges)[0]
        failed = 0 if any(drawn(world) for _ in range(RETRIES)) else failed + 1
        if failed >= TRIES * len(makers):
            assert growths < GROWTHS, f"the ledger is too small for another line of {family}"
            world.ledger.grow(len(world.ledger.items) // GROWTH)
            failed, growths = 0, growths + 1
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
                assert all(_alike(item, share.item) for item in share.alike), draft
                items[share.item.item_id] = share.item
                settled[share.item.item_id] += share.cash + share.deduction
    for item_id, total in settled.items():
        item = items[item_id]
        assert abs(total) <= abs(item.open), item
        assert total * item.open > 0, item


def _alike(item: Item, other: Item) -> bool:
    """Whether one may be paid for the other: the same customer, the same amount."""
    return (item.payer, item.open) == (other.payer, other.open)


def _truth(drafts: list[Draft]) -> pl.DataFrame:
    paid = payments(drafts)
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
            draft.fact,
            *places(draft, paid),
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
            ";".join(item.item_id for item in share.alike),
        )
        for draft in drafts
        for share in draft.shares
    ]
    return pl.DataFrame(rows, schema=TRUTH_ALLOCATIONS_SCHEMA, orient="row")
