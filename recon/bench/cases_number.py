"""Lines whose number is no document's, or another's: orders, service users, typing errors, coincidences."""

from __future__ import annotations

from rapidfuzz import fuzz

from recon.bench import names, noise
from recon.bench.cases_amount import alone, explains, plain
from recon.bench.cases_name import CLEAR
from recon.bench.cases_reference import prefixed, quoted, simple, stranger_to
from recon.bench.documents import bare, key
from recon.bench.ledger import Item
from recon.bench.lines import Share, World
from recon.bench.payers import cut, upper

TWO = 2


def po_reference(world: World) -> bool:
    """A purchase order that only one open item carries."""
    item = world.ledger.pick(
        lambda each: simple(each) and world.ledger.orders[each.po_no] == 1 and bool(each.po_no), 900
    )
    if item is None:
        return False
    world.emit(quoted(world, item, item.po_no, "po_reference"))
    return True


def po_several(world: World) -> bool:
    """A purchase order with several items, and an amount that fits none."""
    items = [each for each in world.ledger.of(world.payer("council")) if simple(each) and each.po_no]
    if len(items) < TWO or not world.uk:
        return False
    items = items[:2]
    for item in items:
        world.ledger.renew(item, 100_000)
        world.ledger.orders[item.po_no] -= 1
        item.po_no = items[0].po_no
        world.ledger.orders[item.po_no] += 1
    amount = (items[0].open + items[1].open) * 2 // 3 // 100 * 100
    if any(explains(each, amount) for each in world.ledger.by_payer[items[0].payer.customer_id]):
        return False
    draft = quoted(world, items[0], items[0].po_no, "po_several")
    draft.expected, draft.codes, draft.also = "exception", ("EX-ITEM", "EX-SHORT"), ("suggested",)
    draft.amount, draft.shares, draft.answerable = amount, (Share(None, amount),), False
    draft.booking = world.after(items)
    world.emit(draft, *items)
    return True


def service_user(world: World) -> bool:
    """A service user whose only open item this is."""
    item = world.ledger.pick(lambda each: simple(each) and each.payer.segment in ("board", "council"), 200)
    if item is None:
        return False
    _own_user(world, item)
    world.emit(quoted(world, item, item.service_user, "service_user"))
    return True


def split_funding(world: World) -> bool:
    """A board and a council pay half each for one service user: only the payer decides."""
    item = world.ledger.pick(lambda each: simple(each) and each.payer.segment == "board", 200)
    half = world.ledger.pick(lambda each: simple(each) and each.payer.segment == "council", 200)
    if item is None or half is None:
        return False
    world.ledger.renew(item)
    world.ledger.set_open(half, item.open)
    _own_user(world, item)
    half.service_user = item.service_user
    world.ledger.users[item.service_user] += 1
    world.emit(quoted(world, item, item.service_user, "split_funding"), half)
    return True


def vendor_number(world: World) -> bool:
    """A council quotes our number in its ledger; only one open item has the amount."""
    item = alone(world, "council")
    if item is None:
        return False
    draft = plain(world, item, "vendor_number")
    draft.name, draft.reference = cut(upper(item.payer.name)), item.payer.vendor_no
    world.emit(draft)
    return True


def wrong_customer_ref(world: World) -> bool:
    """One customer's document, paid exactly, by another customer."""
    item = world.ledger.pick(prefixed)
    if item is None:
        return False
    payer = stranger_to(world, item.payer)
    if payer.segment == "person" or fuzz.ratio(cut(upper(payer.name)), cut(upper(item.payer.name))) >= CLEAR:
        return False
    draft = quoted(world, item, item.doc_no, "wrong_customer_ref")
    draft.name, draft.expected, draft.codes = world.known(payer), "suggested", ("EX-XCUST",)
    draft.also, draft.answerable = ("exception",), False
    world.emit(draft)
    return True


def typo(world: World) -> bool:
    """One digit wrong; no document has the number that came; the payer is known by a confirmed alias."""
    item = world.ledger.pick(lambda each: prefixed(each) and bool(each.payer.confirmed))
    if item is None:
        return False
    text = noise.typo(item.doc_no, world.rng)
    if not _only_neighbour(world, text, item, same_payer=True):
        return False
    draft = quoted(world, item, text, "typo")
    draft.name = world.rng.choice(item.payer.confirmed)
    world.ledger.damaged.add(key(text))
    world.emit(draft)
    return True


def typo_unknown_payer(world: World) -> bool:
    """One digit wrong, and the payer is unknown."""
    item = world.ledger.pick(prefixed)
    if item is None:
        return False
    text = noise.typo(item.doc_no, world.rng)
    if not _only_neighbour(world, text, item, same_payer=False):
        return False
    draft = quoted(world, item, text, "typo_unknown_payer")
    draft.name = world.rng.choice(names.STRANGE_FIRMS)
    draft.expected, draft.codes, draft.also = "suggested", ("EX-UNID", "EX-CORRUPT"), ("exception",)
    world.ledger.damaged.add(key(text))
    world.emit(draft)
    return True


def typo_hits_other(world: World) -> bool:
    """One digit wrong, and that is another customer's open document."""
    item = alone(world)
    if item is None or item.series.bare:
        return False
    hits = [
        hit
        for text in noise.neighbours(bare(item.doc_no))
        for hit in world.ledger.with_key(key(item.doc_no).replace(bare(item.doc_no), text))
        if hit.open > 0 and hit.payer is not item.payer and simple(hit)
    ]
    hits = [hit for hit in hits if not item.payer.group_id or hit.payer.group_id != item.payer.group_id]
    if not hits:
        return False
    draft = quoted(world, item, hits[0].doc_no, "typo_hits_other")
    draft.expected, draft.codes = "suggested", ("EX-XCUST",)
    draft.also = ("exception",)
    world.emit(draft)
    return True


def bare_unknown_payer(world: World) -> bool:
    """A short number without its prefix, from a stranger."""
    item = world.ledger.pick(lambda each: simple(each) and each.series.name == "INV")
    if item is None:
        return False
    text = noise.prefix_dropped(item.doc_no)
    if any(each.amount == item.open for each in world.ledger.with_bare(bare(text)) if each is not item):
        return False
    draft = quoted(world, item, text, "bare_unknown_payer")
    draft.name = world.rng.choice(names.STRANGE_FIRMS)
    draft.expected, draft.codes, draft.also = "suggested", ("EX-UNID",), ("exception",)
    world.emit(draft)
    return True


def coincidental_number(world: World) -> bool:
    """A date that is another customer's document number, of the same amount."""
    item = alone(world)
    if item is None:
        return False
    day = world.after([item])
    doc_no = f"INV-{day:%d%m%y}"
    if (
        key(doc_no) in world.ledger.damaged
        or world.ledger.with_key(key(doc_no))
        or world.ledger.with_bare(bare(doc_no))
    ):
        return False
    other = world.ledger.issue(stranger_to(world, item.payer), item.issue, item.open)
    other.doc_no, other.net = doc_no, item.net
    world.ledger.add(other)
    draft = quoted(world, item, f"FEES {day:%d%m%y}", "coincidental_number")
    draft.booking, draft.expected, draft.codes = day, "suggested", ("EX-COINC",)
    world.emit(draft, other)
    return True


def before_issue(world: World) -> bool:
    """Paid before the document's date."""
    item = world.ledger.pick(prefixed)
    if item is None:
        return False
    draft = quoted(world, item, item.doc_no, "before_issue")
    draft.expected, draft.also = "suggested", ("exception",)
    draft.booking = world.day(room=3)
    item.issue = max(item.issue, world.as_of)
    world.emit(draft)
    return True


def other_currency(world: World) -> bool:
    """The document is in another currency than the receipt."""
    item = world.ledger.pick(prefixed)
    if item is None:
        return False
    draft = quoted(world, item, item.doc_no, "other_currency")
    item.currency = "EUR" if world.uk else "USD"
    draft.expected, draft.also, draft.codes = "suggested", ("exception",), ("EX-CCY", "EX-FX")
    draft.answerable = False
    world.emit(draft)
    return True


def _own_user(world: World, item: Item) -> None:
    world.ledger.users[item.service_user] -= 1
    item.service_user = f"SU-{7000 + world.serial('user')}"
    world.ledger.users[item.service_user] += 1


def _only_neighbour(world: World, text: str, item: Item, *, same_payer: bool) -> bool:
    """Whether the damaged number is none of ours, and only this item is one character off with this amount."""
    damaged = key(text)
    if world.ledger.with_key(damaged):
        return False
    rivals = [rival for near in noise.neighbours(damaged) for rival in world.ledger.with_key(near)]
    rivals += world.ledger.with_bare(bare(text))
    return not any(
        rival.amount == item.open and (rival.payer is item.payer or not same_payer)
        for rival in rivals
        if rival is not item
    )
