"""Lines without a number that pay a period, a statement or part of an advice."""

from __future__ import annotations

from datetime import timedelta

from recon.bench.cases_amount import explains
from recon.bench.cases_reference import bank, simple
from recon.bench.cases_remittance import advised, gather, linked, number, paid_on
from recon.bench.dice import roll
from recon.bench.documents import FNC_WEEK
from recon.bench.ledger import Item
from recon.bench.lines import Advised, Draft, Share, World, shares_of
from recon.bench.payers import Payer

STATEMENTS = ("STATEMENT", "ALL INVOICES", "ACCOUNT BALANCE")
WEEKLY = (25_406, 36_824, 98_750, 112_500)


def fnc_schedule(world: World) -> bool:
    """Funded nursing care of one month, one document: board, month and an amount that only it has."""
    if not world.uk:
        return False
    payer = world.payer("board")
    item = _period(world, payer, 100)
    for residents in range(3, 90):
        amount = FNC_WEEK * 4 * residents + 7 * roll(world.rng, 1, 99)
        if world.ledger.is_new(amount):
            break
    world.ledger.set_open(item, amount)
    if any(explains(each, amount) for each in world.ledger.by_payer[payer.customer_id] if each is not item):
        item.used = True
        return False
    draft = Draft("fnc_schedule", "auto", amount, world.after([item]), shares_of([item]), bank=bank(world))
    draft.name, draft.reference = world.known(payer), f"FNC {_month(world, item)}"
    world.emit(draft)
    return True


def funder_schedule(world: World) -> bool:
    """Service users times weeks times rate: the documents of one month, paid together under the month's name."""
    payer = world.thin()
    if payer is None:
        return False
    rate = world.rng.choice(WEEKLY)
    items = []
    for _ in range(roll(world.rng, 3, 7)):
        item = _period(world, payer, rate * roll(world.rng, 2, 6) * (1 if world.uk else 100))
        item.service_user = f"SU-{7000 + world.serial('user')}"
        items.append(item)
    total = sum(item.open for item in items)
    if not world.ledger.is_new(total):
        return False
    # another month's, so that not simply all that is open is paid
    other = world.ledger.issue(payer, items[0].issue - timedelta(days=31), 100)
    world.ledger.add(other)
    world.ledger.renew(other)
    draft = Draft("funder_schedule", "suggested", total, world.after(items), shares_of(items))
    draft.also, draft.bank = ("auto",), bank(world)
    draft.name, draft.reference = world.known(payer), f"FEES {_month(world, items[0])}"
    world.emit(draft, other)
    return True


def _period(world: World, payer: Payer, amount: int) -> Item:
    """A document of this month's care, issued in advance."""
    first = world.as_of.replace(day=1)
    item = world.ledger.add(world.ledger.issue(payer, first - timedelta(days=roll(world.rng, 2, 9)), amount))
    item.service_from, item.service_to, item.net = first, world.as_of, amount
    return item


def _month(world: World, item: Item) -> str:
    assert item.service_from is not None
    return f"{item.service_from:%b}".upper() + ("" if world.uk else f"{item.service_from:%y}")


def account_total(world: World) -> bool:
    """All that a customer owes in one sum, under the word statement."""
    payer = world.thin()
    if payer is None:
        return False
    items = []
    for place in range(roll(world.rng, 3, 8)):
        item = world.ledger.issue(payer, world.last_period - timedelta(days=12 * place + 5), 100)
        items.append(world.ledger.add(item))
        world.ledger.renew(item)
    total = sum(item.open for item in items)
    if not world.ledger.is_new(total):
        return False
    draft = Draft("account_total", "suggested", total, world.after(items), shares_of(items), bank=bank(world))
    draft.also, draft.name, draft.reference = ("auto",), world.known(payer), world.rng.choice(STATEMENTS)
    world.emit(draft)
    return True


def valued_before(world: World) -> bool:
    """Booked this month, valued on the last day of the month before: it books by its booking date."""
    item = world.ledger.pick(lambda each: simple(each) and each.issue < world.last_period)
    if item is None:
        return False
    draft = Draft("valued_before", "auto", item.open, world.early(), shares_of([item]), bank=bank(world))
    draft.name, draft.reference, draft.value_date = world.known(item.payer), item.doc_no, world.last_period
    world.emit(draft)
    return True


def remittance_two_credits(world: World) -> bool:
    """One advice paid in two credits of the day, both with its number: neither is its total."""
    found = gather(world)
    if found is None:
        return False
    payer, items = found
    day = world.after(items)
    payment = number(world, day)
    advice = world.advise(payer.name, payer.customer_id, paid_on(world, day), payment, advised(items))
    first = advice.total * roll(world.rng, 30, 70) // 10_000 * 100
    name, account = world.known(payer), bank(world)
    for cash in (first, advice.total - first):
        draft = Draft("remittance_two_credits", "suggested", cash, day, (Share(None, cash),), ("EX-REMSUM",))
        draft.also, draft.answerable, draft.part_of_many = ("exception",), False, True
        draft.bank, draft.name = account, name
        world.emit(linked(world, draft, payment), *items)
    return True


def remittance_mixed_sections(world: World) -> bool:
    """India: ten per cent on one invoice, two on the next, as the advice states and the profile allows."""
    found = gather(world)
    if world.uk or found is None or found[0].tax_profile != "TDS 10%;TDS 2%":
        return False
    payer, items = found
    lines, shares = [], []
    for place, item in enumerate(items):
        tax = (item.net or 0) * (2 if place % 2 else 10) // 10_000 * 100
        lines.append(Advised(item.doc_no, item.open, item.open - tax, tax, "TDS"))
        shares.append(Share(item, item.open - tax, tax, "TDS"))
    day = world.after(items)
    payment = number(world, day)
    advice = world.advise(payer.name, payer.customer_id, paid_on(world, day), payment, lines)
    draft = Draft("remittance_mixed_sections", "auto", advice.total, day, tuple(shares), bank=bank(world))
    draft.name = world.known(payer)
    world.emit(linked(world, draft, payment))
    return True
