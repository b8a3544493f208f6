"""Lines without a reference, from a payer that is known: payer and amount, combinations, nothing open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import combinations

from recon.bench import names
from recon.bench.cases_reference import bank, quoted, simple
from recon.bench.ledger import RUPEE, Item
from recon.bench.lines import Draft, Share, World, shares_of
from recon.bench.payers import Payer

PERIOD = "{} FEES"  # for which month
PAID = "{} PAYMENT"  # in which month
WORDS = ("", "", "PAYMENT", "CARE FEES", PERIOD, PAID, "SUPPLIER PAYMENT")
MONTHS = (
    *("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE"),
    *("JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"),
)
SEARCHED = 20  # open items of a payer whose combinations are counted here
TWO = 2
TOLERATED = 500  # pence or paise: an amount nearer than this to another item's is no amount of its own
DEDUCED = (2, 4, 10, 12)
DEDUCED_MAX = 14


def payer_amount_unique(world: World) -> bool:
    """A confirmed name, and an amount that only one open item in the ledger has."""
    item = alone(world)
    if item is None:
        return False
    world.emit(plain(world, item, "payer_amount_unique"))
    return True


def month_other(world: World) -> bool:
    """The same, but the text names the fees of another month than that of its date, due day or service."""
    item = alone(world)
    if item is None:
        return False
    draft = plain(world, item, "month_other", "suggested")
    month = _elsewhere(world, [item])
    draft.reference, draft.also = PERIOD.format(MONTHS[month - 1]), ("exception",)
    world.emit(draft)
    return True


def payer_amount_ambiguous(world: World) -> bool:
    """Two of the payer's items have the amount."""
    pair = twins(world)
    if pair is None:
        return False
    draft = plain(world, pair[0], "payer_amount_ambiguous", "suggested", ("EX-ITEM",), beside=pair[1:])
    draft.answerable, draft.booking = False, world.after(pair)
    draft.shares = (either(*pair),)
    world.emit(draft, *pair)
    return True


def payer_amount_shared(world: World) -> bool:
    """Another customer has an item of the amount, too."""
    item, other = alone(world), world.ledger.pick(simple)
    if item is None or other is None or other.payer is item.payer:
        return False
    world.ledger.set_open(other, item.open, item.net)
    world.emit(plain(world, item, "payer_amount_shared", "suggested"), other)
    return True


def twin_credits(world: World) -> bool:
    """Two genuinely equal credits on one day, and two items of their amount."""
    pair = twins(world)
    if pair is None:
        return False
    first = plain(world, pair[0], "twin_credits", "suggested", ("EX-ITEM",), beside=pair[1:])
    first.booking, first.answerable = world.after(pair), False
    first.shares = (either(*pair),)
    world.emit(first)
    shares = (either(*reversed(pair)),)
    second = Draft("twin_credits", "suggested", first.amount, first.booking, shares, first.codes)
    second.answerable, second.bank, second.type, second.name = False, first.bank, first.type, first.name
    second.reference = first.reference
    world.emit(second)
    return True


def payer_account(world: World) -> bool:
    """The payer's account is known, its name is not."""
    item = alone(world)
    if item is None or not item.payer.account:
        return False
    draft = plain(world, item, "payer_account")
    draft.name, draft.payer_account = world.rng.choice(names.STRANGE_FIRMS), item.payer.account
    draft.bank, draft.type = detailed(world), "FPI" if world.uk else "UPI"
    world.emit(draft)
    return True


def detailed(world: World) -> int:
    """The bank whose file says the payer's account."""
    return 2 if world.uk else 1


def combination_no_ref(world: World) -> bool:
    """Two or three items of a known payer, the only ones that add up."""
    payer = world.payer("company", "trust", "corporate", "person")
    everything = of_group(world, payer)
    free = [item for item in world.ledger.of(payer) if simple(item)]
    if len(free) < TWO or len(everything) > SEARCHED:
        return False
    items = world.rng.sample(free, min(len(free), world.rng.choice((2, 2, 3))))
    for item in items:
        world.ledger.renew(item)
    total = sum(item.open for item in items)
    if _ways(everything, total) != 1 or not world.ledger.is_new(total):
        return False
    if (payer.customer_id, total) in world.totals or any(explains(item, total) for item in everything):
        return False
    draft = Draft(
        "combination_no_ref", "suggested", total, world.after(items), shares_of(items), bank=bank(world)
    )
    word = world.rng.choice(WORDS)
    # What lifts a sum is the month of its items; here a text says another's, if any (see `funder_schedule`).
    month = _elsewhere(world, items) if word == PERIOD else draft.booking.month
    draft.name, draft.reference = world.known(payer), word.format(MONTHS[month - 1])
    world.emit(draft)
    return True


def recount(world: World) -> None:
    """Combinations that no longer are the only ones, since the payer's other items have changed: labelled as such."""
    for draft in world.drafts:
        if draft.case == "combination_no_ref" and draft.shares[0].item is not None:
            everything = of_group(world, draft.shares[0].item.payer)
            if len(everything) > SEARCHED or _ways(everything, draft.amount) != 1:
                draft.codes, draft.also, draft.answerable = ("EX-ITEM", "EX-NOREM"), ("exception",), False


def combination_ambiguous(world: World) -> bool:
    """Two combinations of a known payer's items add up."""
    pair = twins(world)
    if pair is None:
        return False
    thirds = [each for each in world.ledger.of(pair[0].payer) if each not in pair and simple(each)]
    everything = world.ledger.by_payer[pair[0].payer.customer_id]
    if not thirds:
        return False
    total = pair[0].open + thirds[0].open
    if not world.ledger.is_new(total) or any(explains(item, total) for item in everything):
        return False
    codes = ("EX-ITEM", "EX-NOREM")
    draft = Draft(
        "combination_ambiguous", "exception", total, world.after([*pair, thirds[0]]), (Share(None, total),)
    )
    draft.codes, draft.also, draft.answerable = codes, ("suggested",), False
    draft.bank, draft.name = bank(world), world.known(pair[0].payer)
    world.emit(draft, *pair, thirds[0])
    return True


def split_receipts(world: World) -> bool:
    """One item, the payer's only one, paid by two or three credits on one day from its known account."""
    payer = world.thin()
    if payer is None:
        return False
    item = world.ledger.issue(payer, world.as_of.replace(day=1), 100)
    world.ledger.add(item)
    world.ledger.renew(item, 2_000_000, 9_000_000)
    count = world.rng.randint(2, 3)
    part = item.open // count // 100_000 * 100_000
    parts = [*[part] * (count - 1), item.open - part * (count - 1)]
    day = world.after([item])
    name = world.known(payer)
    for cash in parts:
        draft = Draft(
            "split_receipts", "auto", cash, day, (Share(item, cash),), bank=detailed(world), name=name
        )
        draft.payer_account, draft.type = payer.account, "FPI" if world.uk else "RTGS"
        world.emit(draft)
    return True


def advance(world: World) -> bool:
    """A known payer without anything open."""
    return _nothing_open(world, "advance", "ADVANCE Q1", ("EX-ADV", "EX-NOITEM"))


def proforma(world: World) -> bool:
    """A proforma's number; nothing is open."""
    return _nothing_open(
        world, "proforma", f"PF-{world.serial('proforma') + 6:04d}", ("EX-PROF", "EX-ADV", "EX-NOITEM")
    )


def _nothing_open(world: World, case: str, text: str, codes: tuple[str, ...]) -> bool:
    payer = world.thin()
    if payer is None:
        return False
    amount = world.ledger.new_amount() // 100 * 100 + 100
    draft = Draft(case, "exception", amount, world.day(), (Share(None, amount),), codes, bank=bank(world))
    draft.name, draft.reference, draft.answerable = world.known(payer), text, False
    world.emit(draft)
    return True


def of_group(world: World, payer: Payer) -> list[Item]:
    """The open items of a payer and of those whose group it is in: one of them may pay for another."""
    if not payer.group_id:
        return world.ledger.by_payer[payer.customer_id]
    group = [each for each in world.grouped if each.group_id == payer.group_id]
    return [item for each in group for item in world.ledger.by_payer[each.customer_id]]


def _ways(items: list[Item], total: int) -> int:
    """In how many ways up to four of these items add up to the total."""
    amounts = [item.open for item in items]
    return sum(sum(chosen) == total for size in range(1, 5) for chosen in combinations(amounts, size))


def alone(world: World, *segments: str) -> Item | None:
    """A free item whose amount no other open item has, exactly or nearly, with or without deductions."""
    item = world.ledger.pick(
        lambda each: simple(each) and (not segments or each.payer.segment in segments), 300
    )
    if item is None:
        return None
    world.ledger.renew(item)
    for other in world.ledger.by_payer[item.payer.customer_id]:
        if other is not item and explains(other, item.open):
            return None
    return item


def explains(item: Item, amount: int) -> bool:
    """Whether an item would explain an amount: about its own, or its own less a usual deduction."""
    short = item.open - amount
    if abs(short) <= TOLERATED:
        return True
    net = item.net or item.open
    if net > 0 and not 0 < short < net * DEDUCED_MAX // 100:
        return False  # most of them: this is asked millions of times
    return any(abs(short - net * rate // 100) < 2 * RUPEE for rate in DEDUCED)


def plain(
    world: World,
    item: Item,
    case: str,
    expected: str = "auto",
    codes: tuple[str, ...] = (),
    beside: Sequence[Item] = (),
) -> Draft:
    """A line of a known payer, without a reference, that pays one item exactly.

    A month in its text is the item's, or when it is paid; it tells the item from none of those `beside` it.
    """
    word = world.rng.choice(WORDS)
    draft = quoted(world, item, "", case)
    if word == PERIOD and any(_month(each.issue) != _month(item.issue) for each in beside):
        word = "CARE FEES"
    month = item.issue.month if word == PERIOD else draft.booking.month
    draft.reference = word.format(MONTHS[month - 1])
    draft.expected, draft.codes = expected, codes
    return draft


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _elsewhere(world: World, items: Sequence[Item]) -> int:
    """The last month in which none of these items was issued, due or in service."""
    days = [
        day for item in items for day in (item.issue, item.due, item.service_from, item.service_to) if day
    ]
    theirs = {day.month for day in days}
    months = [(world.as_of.month - 1 - ago) % 12 + 1 for ago in range(12)]
    return next(month for month in months if month not in theirs)


def either(item: Item, other: Item) -> Share:
    """An item paid in full, or the other one, which is like it."""
    return Share(item, item.open, alike=(other,))


def twins(world: World) -> tuple[Item, Item] | None:
    """Two free items of one payer, both of an amount that no other item has."""
    item = alone(world)
    if item is None:
        return None
    others = [each for each in world.ledger.of(item.payer) if each is not item and simple(each)]
    if not others:
        return None
    world.ledger.set_open(others[0], item.open, item.net)
    return item, others[0]
