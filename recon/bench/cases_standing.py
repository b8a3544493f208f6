"""Lines whose item or payer stands in a special way: on a plan, another company's, insolvent, written off, closed."""

from __future__ import annotations

from datetime import date, timedelta

from recon.bench.cases_amount import alone, plain
from recon.bench.cases_reference import bank, prefixed, quoted, several
from recon.bench.cases_remittance import recently_closed
from recon.bench.dice import chance, roll
from recon.bench.documents import SISTER
from recon.bench.ledger import SISTER_ENTITY, Item
from recon.bench.lines import Draft, Share, World
from recon.bench.payers import Payer, cut, upper

INSOLVENT = ("IN ADMINISTRATION", "IN LIQUIDATION")
CLEARING = 2  # days until a cheque is good


def own_item(world: World, low: int = 60_000, high: int = 900_000) -> tuple[Payer, Item] | None:
    """A payer that has nothing open but one item, of an amount of its own, issued before this month."""
    payer = world.thin()
    if payer is None:
        return None
    item = world.ledger.add(world.ledger.issue(payer, world.last_period - timedelta(days=20), 100))
    world.ledger.renew(item, low, high)
    return payer, item


def plan_kept(world: World) -> bool:
    """An instalment of a repayment plan, paid as the plan says and by its number."""
    return _plan(world, "plan_kept", kept=True)


def plan_otherwise(world: World) -> bool:
    """A repayment plan, paid otherwise than it says."""
    return _plan(world, "plan_otherwise", kept=False)


def _plan(world: World, case: str, *, kept: bool) -> bool:
    found = own_item(world, 20_000, 90_000)
    if found is None:
        return False
    payer, item = found
    item.plan = f"PLAN-{world.serial('plan') + 4000}"
    draft = quoted(world, item, item.plan, case)
    draft.name = world.known(payer)
    if not kept:
        cash = item.open * roll(world.rng, 40, 80) // 10_000 * 100
        if not world.ledger.is_new(cash):
            return False
        draft.expected, draft.also, draft.amount = "suggested", ("exception",), cash
        draft.shares, draft.codes = (Share(item, cash),), ("EX-APPROP", "EX-ITEM", "EX-SHORT")
    world.emit(draft)
    return True


def two_entities(world: World) -> bool:
    """One payment for documents of two of our companies."""
    items = several(world, 2)
    if items is None:
        return False
    items[1].entity = SISTER_ENTITY
    total = sum(item.open for item in items)
    shares = tuple(Share(item, item.open) for item in items)
    draft = Draft("two_entities", "suggested", total, world.after(items), shares, ("EX-ENTITY",))
    draft.also, draft.bank, draft.name = ("exception",), bank(world), world.known(items[0].payer)
    draft.reference = " ".join(item.doc_no for item in items)
    world.emit(draft)
    return True


def other_entity(world: World) -> bool:
    """The sister company's document, paid to our account."""
    like = world.ledger.pick(prefixed)
    if like is None:
        return False
    item = world.ledger.issue(like.payer, like.issue, 100, series=SISTER)
    world.ledger.add(item)
    world.ledger.renew(item)
    item.entity = SISTER_ENTITY
    draft = quoted(world, item, item.doc_no, "other_entity")
    draft.expected, draft.also, draft.codes = "suggested", ("exception",), ("EX-ENTITY",)
    draft.fact = "entity_of_our_accounts"
    world.emit(draft)
    return True


def sister_company(world: World) -> bool:
    """A number of the sister company's series, which our ledger does not hold; the payer owes us the same amount."""
    item = alone(world)
    if item is None:
        return False
    strange = SISTER.text(900_000 + world.serial("sister"))
    draft = plain(world, item, "sister_company", "exception", ("EX-ENTITY", "EX-NOITEM"))
    draft.reference, draft.shares, draft.answerable = strange, (), False
    draft.also, draft.fact = ("suggested",), "entity_of_series_EH"
    world.emit(draft, item)
    return True


def insolvency(world: World) -> bool:
    """A customer in administration: what it pays is for what came after the appointment."""
    found = own_item(world)
    if found is None:
        return False
    payer, later = found
    before = world.ledger.issue(payer, later.issue - timedelta(days=90), 100)
    world.ledger.add(before)
    world.ledger.renew(before, later.open + 100, 4 * later.open)
    draft = Draft("insolvency", "suggested", later.open, world.after([later]), (Share(later, later.open),))
    draft.codes, draft.also, draft.bank = ("EX-INSOLV",), ("exception",), 0
    name = upper(payer.name) if upper(payer.name) in payer.known else world.known(payer)
    draft.text, draft.type = f"{name} {world.rng.choice(INSOLVENT)}", "CHP" if world.uk else "RTGS"
    world.emit(draft, before)
    return True


def uncleared_cheque(world: World) -> bool:
    """A cheque paid in with the payer's paying-in book, not cleared yet."""
    found = own_item(world)
    if found is None:
        return False
    payer, item = found
    payer.vendor_no = f"{world.serial('book') + 100:06d}"
    day = world.day(room=3)
    draft = Draft("uncleared_cheque", "suggested", item.open, day, (Share(item, item.open),), ("EX-UNCLR",))
    draft.bank, draft.type, draft.value_date = 2 if world.uk else 1, "DEP", day + timedelta(days=CLEARING)
    draft.also = ("exception",)
    draft.text = f"COUNTER DEPOSIT {payer.vendor_no}" if world.uk else f"CHQ DEP {payer.vendor_no} CLG"
    world.emit(draft)
    return True


def closed_period(world: World) -> bool:
    """Booked in the month before, which is closed; the file came late."""
    item = world.ledger.pick(
        lambda each: prefixed(each) and each.issue < world.last_period - timedelta(days=9)
    )
    if item is None:
        return False
    draft = quoted(world, item, item.doc_no, "closed_period")
    draft.booking = world.last_period - timedelta(days=roll(world.rng, 1, 4))
    draft.expected, draft.codes = "suggested", ("EX-PERIOD", "EX-CUTOFF")
    draft.fact = "period_closed_to"
    world.emit(draft)
    return True


def written_off(world: World) -> bool:
    """A document that was written off: its debtor pays after all."""
    closed = recently_closed(world, world.payer())
    if closed is None:
        return False
    closed.used, closed.status = True, "written off"
    amount = closed.amount
    draft = Draft("written_off", "exception", amount, world.after([closed]), (Share(None, amount),))
    draft.codes, draft.also, draft.answerable = ("EX-WOREC",), ("suggested",), False
    draft.bank, draft.name, draft.reference = bank(world), world.known(closed.payer), closed.doc_no
    world.emit(draft)
    return True


def written_off_open(world: World) -> bool:
    """The same, where the ledger still lists the document as open."""
    item = world.ledger.pick(prefixed)
    if item is None:
        return False
    item.status = "written off"
    draft = quoted(world, item, item.doc_no, "written_off_open")
    draft.expected, draft.also, draft.codes = "suggested", ("exception",), ("EX-WOREC", "EX-NOITEM")
    world.emit(draft)
    return True


def alias_dated(world: World) -> bool:
    """An old name that still counts on the day, with an amount that only one item has."""
    item = alone(world, "company", "corporate")
    if item is None:
        return False
    alias = cut(f"{upper(item.payer.name).split()[0][:9]} GRP {world.serial('alias'):03d}X")
    if alias in world.named:
        return False
    world.aka(alias, item.payer, date(2020, 4, 1), world.as_of + timedelta(days=90))
    draft = plain(world, item, "alias_dated")
    draft.name = alias
    world.emit(draft)
    return True


def successors(world: World) -> bool:
    """An old name that two successors share: nobody knows whose money it is."""
    item = alone(world, "company", "corporate")
    if item is None:
        return False
    other = world.payer("company", "corporate")
    alias = cut(f"{upper(item.payer.name).split()[0][:9]} OLD {world.serial('alias'):03d}X")
    if alias in world.named or other is item.payer:
        return False
    until = world.last_period if chance(world.rng, 0.5) else None
    for payer in (item.payer, other):
        world.aka(alias, payer, date(2020, 4, 1), until)
    draft = plain(world, item, "successors", "exception", ("EX-SUCC", "EX-CUST", "EX-ALIASEXP"))
    draft.name, draft.shares, draft.answerable = alias, (), False
    world.emit(draft, item)
    return True
