"""Lines that quote one document and pay another amount: the deduction family."""

from __future__ import annotations

from datetime import timedelta

from recon.bench.cases_reference import quoted, simple
from recon.bench.cases_remittance import linked, number, paid_on
from recon.bench.dice import chance
from recon.bench.ledger import Item
from recon.bench.lines import Advised, Draft, Share, World

TOLERANCE = 500  # domain 1.5: min(5.00, 0.5 %), 50.00 a year
TOLERANCE_YEAR = 5_000
SMALL = 200_000
OVERDUE = (30, 85)  # days: late, and only since January
STATUTORY = 1_175  # 11.75 %: debts that became late in the first half of 2026 (domain 2.7)


def other_amount(
    world: World,
    item: Item,
    case: str,
    cash: int,
    *,
    expected: str = "suggested",
    codes: tuple[str, ...] = (),
    deduction: int = 0,
    deduction_type: str = "",
    text: str = "",
) -> Draft:
    """A line that quotes an item and pays `cash` for it."""
    noise = "none"
    if not text:
        text, noise = world.noisy(item.doc_no)
    draft = quoted(world, item, text, case)
    draft.noise = noise
    draft.expected, draft.amount, draft.codes = expected, cash, codes
    draft.shares = (Share(item, cash, deduction, deduction_type),)
    return draft


def odd(world: World, low: int = 60_000, high: int = 1_200_000, step: int = 0, *segments: str) -> Item | None:
    """A free item with an amount of its own, so that no other reading of what is paid is as good."""
    item = world.ledger.pick(
        lambda each: simple(each) and (not segments or each.payer.segment in segments), 300
    )
    if item is not None:
        world.ledger.renew(item, low, high, step)
    return item


def part_payment(world: World) -> bool:
    """Thirty to eighty per cent of it."""
    item = odd(world)
    if item is None:
        return False
    cash = item.open * world.rng.randint(30, 80) // 100 // 100 * 100 + (50 if world.uk else 0)
    if not world.ledger.is_new(cash):
        return False
    world.emit(other_amount(world, item, "part_payment", cash, codes=("EX-SHORT",)))
    return True


def over_payment(world: World) -> bool:
    """More than is open: digits swapped, or rounded up."""
    item = odd(world)
    if item is None:
        return False
    more = (
        900 * world.rng.randint(1, 9) if item.open < SMALL and world.uk else 9_000 * world.rng.randint(1, 20)
    )
    more = max(more, item.open // 50 // 100 * 100)
    cash = item.open + more
    if not world.ledger.is_new(cash) or any(
        each.open == more for each in world.ledger.by_payer[item.payer.customer_id]
    ):
        return False
    draft = other_amount(world, item, "over_payment", cash, codes=("EX-OVER",))
    draft.shares = (Share(item, item.open), Share(None, more))
    world.emit(draft)
    return True


def discount_in_time(world: World) -> bool:
    """Two per cent within ten days, as the item's terms say."""
    return _discount(world, "discount_in_time", (1, 9))


def discount_late(world: World) -> bool:
    """The same after the ten days."""
    return _discount(world, "discount_late", (13, 28))


def _discount(world: World, case: str, days: tuple[int, int]) -> bool:
    item = odd(world, 40_000, 900_000, 50, "company", "person")
    if item is None or not world.uk:
        return False
    item.discount_terms = "2% 10"
    booking = world.day(world.as_of.replace(day=9))
    item.issue = booking - timedelta(days=world.rng.randint(*days))
    off = item.open // 50
    in_time = case == "discount_in_time"
    draft = other_amount(world, item, case, item.open - off, expected="auto" if in_time else "suggested")
    draft.booking = booking
    if in_time:
        draft.shares = (Share(item, item.open - off, off, "DISC"),)
    else:
        draft.codes = ("EX-DISCLATE",)
    world.emit(draft)
    return True


def tolerance_in(world: World) -> bool:
    """Short by pence, within the absolute, the relative and the yearly cap."""
    item = odd(world, 60_000)
    if item is None:
        return False
    short = world.rng.randint(1, min(TOLERANCE, item.open // 200)) if world.uk else world.rng.randint(1, 99)
    if item.payer.tolerated + short > TOLERANCE_YEAR:
        return False
    item.payer.tolerated += short
    cash = item.open - short
    world.emit(
        other_amount(
            world, item, "tolerance_in", cash, expected="auto", deduction=short, deduction_type="TOL"
        )
    )
    return True


def tolerance_out(world: World) -> bool:
    """Inside the absolute cap, outside the relative one."""
    item = odd(world, 20_000, 70_000)
    if item is None or not world.uk:
        return False
    least = item.open // 200 + 20
    if least > TOLERANCE:  # a large ledger runs out of small items
        return False
    short = world.rng.randint(least, TOLERANCE)
    world.emit(other_amount(world, item, "tolerance_out", item.open - short, codes=("EX-TOLCAP", "EX-SHORT")))
    return True


def short_unexplained(world: World) -> bool:
    """Short by what no profile allows: in the UK often by exactly ten per cent."""
    item = odd(world, 60_000, 1_200_000, 50)
    if item is None or item.payer.tax_profile:
        return False
    tenth = world.uk and chance(world.rng, 0.5)
    short = item.open // 10 if tenth else item.open * world.rng.choice((6, 7, 8)) // 100 + 37
    short -= 0 if world.uk else short % 100
    codes = ("EX-SHORT", "EX-TDSPROF") if tenth else ("EX-SHORT",)
    world.emit(other_amount(world, item, "short_unexplained", item.open - short, codes=codes))
    return True


def cis(world: World) -> bool:
    """Construction industry scheme: twenty per cent of the labour, as the profile says."""
    item = world.ledger.pick(lambda each: simple(each) and "CIS" in each.payer.tax_profile, 2000)
    if item is None:
        return False
    labour = 500 * world.rng.randint(150, 900)
    net = labour + 500 * world.rng.randint(20, 200)
    while not world.ledger.is_new(net * 6 // 5):
        net += 500
    world.ledger.set_open(item, net * 6 // 5, net)
    item.cis_base = labour
    tax = labour // 5
    world.emit(
        other_amount(
            world, item, "cis", item.open - tax, expected="auto", deduction=tax, deduction_type="CIS"
        )
    )
    return True


def retention(world: World) -> bool:
    """Five per cent held back until a release date."""
    item = odd(world, 400_000, 2_000_000, 100, "company")
    if item is None:
        return False
    item.retention = item.open // 20
    world.emit(other_amount(world, item, "retention", item.open - item.retention, codes=("EX-RETEN",)))
    return True


def stated_short(world: World) -> bool:
    """The advice says why less is paid: leave, hospital, a rate not agreed."""
    item = odd(world, 300_000, 1_200_000)
    if item is None:
        return False
    held = item.open * world.rng.randint(2, 4) // 31 // 100 * 100
    draft = other_amount(world, item, "stated_short", item.open - held, codes=("EX-DISPUTE",))
    payment = number(world, draft.booking)
    line = Advised(
        item.doc_no, item.open, item.open - held, held, world.rng.choice(("LEAVE 2D", "RATE", "IN HOSPITAL"))
    )
    world.advise(item.payer.name, item.payer.customer_id, paid_on(world, draft.booking), payment, [line])
    draft.reference = ""
    world.emit(linked(world, draft, payment))
    return True


def vat_not_due(world: World) -> bool:
    """VAT charged on an exempt supply: the payer pays the net."""
    item = odd(world, 60_000, 900_000, 300, "council", "trust", "board")
    if item is None or not world.uk:
        return False
    net = item.open * 5 // 6 // 100 * 100
    if not world.ledger.is_new(net * 6 // 5):
        return False
    world.ledger.set_open(item, net * 6 // 5, net)
    world.emit(other_amount(world, item, "vat_not_due", net, codes=("EX-DISPUTE", "EX-SHORT")))
    return True


def disputed(world: World) -> bool:
    """The item is in dispute; what is not disputed is paid, or all of it."""
    item = odd(world)
    if item is None:
        return False
    part = item.open // 4 // 100 * 100
    whole = chance(world.rng, 0.5)
    item.dispute = "yes" if whole else f"{part // 100}.{part % 100:02d}"
    cash = item.open if whole else item.open - part
    world.emit(other_amount(world, item, "disputed", cash, codes=("EX-DISPUTE",)))
    return True


def legal(world: World) -> bool:
    """The item is with solicitors."""
    item = odd(world)
    if item is None:
        return False
    item.legal = "yes"
    world.emit(other_amount(world, item, "legal", item.open, codes=("EX-LEGAL",)))
    return True


def interest_included(world: World) -> bool:
    """An overdue item and the statutory interest on it."""
    item = world.ledger.pick(
        lambda each: simple(each) and _overdue(world, each) and each.payer.segment == "company",
        400,
    )
    if item is None or not world.uk:
        return False
    world.ledger.renew(item, 300_000, 1_500_000)
    draft = other_amount(
        world, item, "interest_included", item.open, codes=("EX-INT",), text=f"{item.doc_no} INC INT"
    )
    interest = round(item.open * STATUTORY * (draft.booking - item.due).days / 3_650_000)
    draft.amount = item.open + interest
    world.emit(draft)
    return True


def _overdue(world: World, item: Item) -> bool:
    return OVERDUE[0] < (world.as_of - item.due).days < OVERDUE[1]


def mixed(world: World) -> bool:
    """An invoice and something else that is no receivable of this ledger."""
    item = odd(world, 100_000, 900_000)
    if item is None:
        return False
    draft = other_amount(world, item, "mixed", item.open, codes=("EX-MIXED",), text=f"{item.doc_no} + RENT")
    draft.amount = item.open + 100 * world.rng.randint(250, 900)
    world.emit(draft)
    return True
