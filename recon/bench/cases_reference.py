"""Lines that quote document numbers and pay exactly what they say: the reference family."""

from __future__ import annotations

from datetime import timedelta

from recon.bench import noise
from recon.bench.dice import chance
from recon.bench.documents import bare, key
from recon.bench.ledger import Item
from recon.bench.lines import Draft, World, shares_of
from recon.bench.payers import RAIL_LENGTH, Payer

DATE_DIGITS, DAYS, MONTHS, CENTURY = 6, 31, 12, "20"
FILLERS = ("INVOICE", "PAYMENT", "REF", "PAYT")


def simple(item: Item) -> bool:
    """An ordinary open invoice whose number fits the rail."""
    plain = not (
        item.dispute or item.legal or item.plan or item.status or item.discount_terms or item.retention
    )
    return plain and item.doc_type == "invoice" and item.currency in ("GBP", "INR") and not item.series.long


def payable(item: Item) -> bool:
    """As `simple`, its number of any length."""
    return (not item.series.long and simple(item)) or (item.series.long and item.doc_type == "invoice")


def prefixed(item: Item) -> bool:
    """As `simple`, and its number says its series."""
    return simple(item) and not item.series.bare


def quoted(
    world: World, item: Item, text: str, case: str, *, known: bool = True, clean: bool = False
) -> Draft:
    """A line that pays one item exactly and quotes this text; expected `auto`."""
    name = world.known(item.payer) if known or item.series.bare else world.any_name(item.payer)
    return Draft(
        case,
        "auto",
        item.open,
        world.after([item]),
        shares_of([item]),
        clean=clean,
        bank=bank(world),
        name=name,
        reference=text,
    )


def bank(world: World) -> int:
    """One of our accounts: each has its bank's way of writing lines."""
    drawn = world.rng.random()
    if world.uk:
        return (drawn >= 0.5) + (drawn >= 0.75)  # noqa: PLR2004 - half, a quarter, a quarter
    return int(drawn >= 0.6)  # noqa: PLR2004 - six in ten


def clean_reference(world: World) -> bool:
    """One document number as the ledger writes it, the exact amount."""
    item = world.ledger.pick(simple)
    if item is None:
        return False
    text = item.doc_no
    if chance(world.rng, 0.2):
        decorated = f"{world.rng.choice(FILLERS)} {text}"
        text = decorated if len(decorated) <= RAIL_LENGTH else text
    world.emit(quoted(world, item, text, "clean_reference", known=False, clean=True))
    return True


def reformatted(world: World) -> bool:
    """Other separators, or lower case."""
    item = world.ledger.pick(prefixed)
    if item is None:
        return False
    text = noise.reformatted(item.doc_no, world.rng)
    if text == item.doc_no:
        return False
    world.emit(quoted(world, item, text, "reformatted", known=False))
    return True


def zeros_dropped(world: World) -> bool:
    """The number without its leading noughts."""
    item = world.ledger.pick(lambda each: prefixed(each) and noise.zeros_dropped(each.doc_no) != each.doc_no)
    if item is None:
        return False
    world.emit(quoted(world, item, noise.zeros_dropped(item.doc_no), "zeros_dropped", known=False))
    return True


def prefix_dropped(world: World) -> bool:
    """The bare number, from a payer that is known by a confirmed alias."""
    item = world.ledger.pick(
        lambda each: simple(each) and each.series.name in ("INV", "SI") and bool(each.payer.confirmed)
    )
    if item is None or not _sole(world, item, noise.prefix_dropped(item.doc_no)):
        return False
    if _date(noise.prefix_dropped(item.doc_no)):
        return False
    draft = quoted(world, item, noise.prefix_dropped(item.doc_no), "prefix_dropped")
    draft.name = world.rng.choice(item.payer.confirmed)
    world.emit(draft)
    return True


def cut_18(world: World) -> bool:
    """A long number cut at the rail's length, where only one begins so."""
    item = world.ledger.pick(lambda each: each.series.long and each.doc_type == "invoice", tries=400)
    if item is None:
        return False
    draft = quoted(world, item, item.doc_no[:RAIL_LENGTH], "cut_18", known=False)
    draft.type = world.rng.choice(("BGC", "FPI"))
    world.emit(draft)
    return True


def lookalike(world: World) -> bool:
    """A letter where a digit was: `INV-O09123`."""
    item = world.ledger.pick(prefixed)
    if item is None:
        return False
    text = noise.lookalike(item.doc_no, world.rng)
    if text == item.doc_no:
        return False
    world.emit(quoted(world, item, text, "lookalike"))
    return True


def odd_characters(world: World) -> bool:
    """Characters that look like others or like nothing."""
    item = world.ledger.pick(prefixed)
    if item is None:
        return False
    world.emit(quoted(world, item, noise.odd_characters(item.doc_no, world.rng), "odd_characters"))
    return True


def wrapped(world: World) -> bool:
    """A number broken by a blank."""
    item = world.ledger.pick(prefixed)
    if item is None:
        return False
    text = noise.wrapped(item.doc_no, world.rng)
    head, tail = text.rsplit(" ", 1)
    if world.ledger.with_key(key(head)) or not _sole(world, item, tail):
        return False
    world.emit(quoted(world, item, text, "wrapped"))
    return True


def run_together(world: World) -> bool:
    """A word and the number without a blank between them."""
    item = world.ledger.pick(prefixed)
    if item is None:
        return False
    text = f"{world.rng.choice(('INVOICE', 'PAYMENT', 'REF'))}{item.doc_no}"
    if len(text) > RAIL_LENGTH:
        return False
    world.emit(quoted(world, item, text, "run_together"))
    return True


def several_refs(world: World) -> bool:
    """Two to four numbers of one customer, some abbreviated, whose sum is exact."""
    items = several(world, world.rng.randint(2, 4))
    if items is None:
        return False
    text = _abbreviated(items) if chance(world.rng, 0.5) else ""
    noise = "none"
    if not text:
        typed = [world.noisy(item.doc_no) for item in items]
        noise = next((kind for _, kind in typed if kind != "none"), "none")
        text = world.rng.choice((" ", ", ", " & ", "/") if noise == "none" else (", ", " & ")).join(
            number for number, _ in typed
        )
    total = sum(item.open for item in items)
    draft = Draft("several_refs", "auto", total, world.after(items), shares_of(items), bank=bank(world))
    draft.noise = noise
    draft.name, draft.reference = world.known(items[0].payer), text
    world.emit(draft)
    return True


def range_list(world: World) -> bool:
    """`INV-010701 to 010705`: consecutive numbers of one customer."""
    payer = world.payer("company", "council", "corporate")
    issued = world.as_of - timedelta(days=world.rng.randint(14, 40))
    items = []
    for _ in range(world.rng.randint(3, 6)):
        item = world.ledger.issue(payer, issued, 100)
        items.append(world.ledger.add(item))
        world.ledger.renew(item)
    first, last = items[0].doc_no, items[-1].doc_no
    text = world.rng.choice(
        (f"{first} TO {last}", f"{first} TO {last.split('-')[1]}", f"{first}-{last[-6:]}")
    )
    total = sum(item.open for item in items)
    draft = Draft("range_list", "auto", total, world.after(items), shares_of(items), bank=bank(world))
    draft.name, draft.reference = world.known(payer), text
    world.emit(draft)
    return True


def credit_note_named(world: World) -> bool:
    """An invoice less a credit note, both named."""
    note = world.ledger.pick(lambda each: each.doc_type == "credit_note" and not each.series.long, tries=1500)
    if note is None:
        return False
    others = [item for item in world.ledger.of(note.payer) if simple(item) and item.open > -note.open]
    if not others:
        return False
    items = [world.rng.choice(others), note]
    total = sum(item.open for item in items)
    draft = Draft("credit_note_named", "auto", total, world.after(items), shares_of(items), bank=bank(world))
    draft.name = world.known(note.payer)
    draft.reference = f"{items[0].doc_no} LESS {note.doc_no}"
    world.emit(draft)
    return True


def several(world: World, count: int) -> list[Item] | None:
    """So many free items of one payer whose numbers say their series."""
    first = world.ledger.pick(prefixed)
    if first is None:
        return None
    others = [item for item in world.ledger.of(first.payer) if item is not first and prefixed(item)]
    if len(others) < count - 1:
        return None
    near = sorted(others, key=lambda item: (item.series is not first.series, abs(_gap(first, item))))
    chosen = near[: count - 1] if chance(world.rng, 0.5) else world.rng.sample(others, count - 1)
    return sorted([first, *chosen], key=lambda item: item.doc_no)


def stranger_to(world: World, payer: Payer) -> Payer:
    """Another payer, of no common group."""
    while True:
        other = world.payer()
        if other is not payer and (not payer.group_id or other.group_id != payer.group_id):
            return other


def _sole(world: World, item: Item, number: str) -> bool:
    """Whether no other document of this number has this payer and amount, open or closed."""
    rivals = world.ledger.with_bare(bare(number))
    return not any(
        each.payer is item.payer and each.amount == item.amount for each in rivals if each is not item
    )


def _date(number: str) -> bool:
    """Whether a number of six digits reads as a day or a month: `040826`, `012026`."""
    day, month = int(number[:2]), int(number[2:4])
    dated = 1 <= day <= DAYS and 1 <= month <= MONTHS
    return len(number) == DATE_DIGITS and (dated or (1 <= day <= MONTHS and number[2:4] == CENTURY))


def _gap(first: Item, second: Item) -> int:
    return int(bare(first.doc_no)) - int(bare(second.doc_no))


def _abbreviated(items: list[Item]) -> str:
    """`INV-009101/137/162` where the numbers differ in their last three digits alone; empty where not."""
    head = items[0].doc_no[:-3]
    if len({item.doc_no[:-3] for item in items}) > 1 or not head[-1].isdigit():
        return ""
    return "/".join([items[0].doc_no, *(item.doc_no[-3:] for item in items[1:])])
