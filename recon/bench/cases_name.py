"""Lines whose payer is unknown, or whose name is only like a customer's."""

from __future__ import annotations

from rapidfuzz import fuzz, process

from recon.bench import names, noise
from recon.bench.cases_amount import alone, explains, of_group, plain
from recon.bench.cases_reference import bank, simple
from recon.bench.lines import Draft, Share, World
from recon.bench.payers import Payer, cut, upper

NEAR = 90.0  # names as alike as this are traps
EQUAL = 100.0
CLEAR = 80.0  # a misspelt name is answerable if no other customer's is as alike as this
MANY = 8
SAME_NAMES = 4  # so many of the strangers' surnames are shared by two customers each


def unknown_payer(world: World) -> bool:
    """A stranger pays an amount that somebody's item has."""
    item = world.ledger.pick(simple)
    if item is None:
        return False
    world.emit(_stranger(world, item.open, "unknown_payer", ("EX-UNID",)))
    return True


def near_name(world: World) -> bool:
    """A payer is known; the amount is that of a customer whose name is nearly the same."""
    payer = world.payer()
    twin = _most_alike(world, payer)
    if twin is None:
        return False
    theirs = [item for item in world.ledger.of(twin) if simple(item)]
    if not theirs:
        return False
    world.ledger.renew(theirs[0])
    amount = theirs[0].open
    if any(explains(item, amount) for item in world.ledger.by_payer[payer.customer_id]):
        return False
    draft = Draft("near_name", "exception", amount, world.after(theirs[:1]), (Share(None, amount),))
    draft.codes, draft.answerable = ("EX-NEAR", "EX-NOITEM"), False
    if len(of_group(world, payer)) > MANY:  # of so many items some add up to the amount by chance
        draft.also, draft.codes = ("suggested",), (*draft.codes, "EX-ITEM", "EX-NOREM")
    legal = cut(upper(payer.name))
    draft.bank, draft.name = bank(world), legal if legal in payer.known else world.known(payer)
    world.emit(draft, theirs[0])
    return True


def near_name_stranger(world: World) -> bool:
    """No customer, but nearly one: `ACME HEALTHCARE LLP` for Acme Health Pvt Ltd."""
    item = alone(world, "company", "corporate")
    if item is None:
        return False
    place, kind, *rest = upper(item.payer.name).split()
    other = world.rng.choice(("LLP", "PLC", "LTD"))
    draft = plain(world, item, "near_name_stranger", "exception", ("EX-NEAR", "EX-UNID"))
    draft.name = cut(f"{place}E {kind} {other}" if not rest or other in rest else f"{place}S {kind} {other}")
    if draft.name in world.named:
        return False
    draft.shares, draft.also, draft.answerable = (), ("suggested",), False
    world.emit(draft, item)
    return True


def fuzzy_name(world: World) -> bool:
    """The name misspelt, like no other customer's; the amount is unique."""
    item = alone(world)
    if item is None:
        return False
    right = world.known(item.payer)
    name = noise.misspelt(right, world.rng)
    if name in world.named or fuzz.ratio(name, right) < NEAR:
        return False
    forms = [form for form, owners in world.named.items() if item.payer.customer_id not in owners]
    if process.extractOne(name, forms, scorer=fuzz.ratio)[1] >= CLEAR:
        return False
    draft = plain(world, item, "fuzzy_name", "suggested")
    draft.name, draft.also = name, ("exception",)
    world.emit(draft)
    return True


def same_name(world: World) -> bool:
    """Two customers of one name, and each has an item of the amount."""
    payers = [world.thin(), world.thin()]
    if payers[0] is None or payers[1] is None:
        return False
    name = f"{world.rng.choice('ABCDEFGHJKLM')} {world.rng.choice(names.STRANGERS[:SAME_NAMES]).title()}"
    amount = world.ledger.new_amount(30_000, 200_000)
    items = []
    for payer in payers:
        assert payer is not None
        payer.name, payer.aliases, payer.known, payer.account = name, (upper(name),), (upper(name),), ""
        item = world.ledger.issue(payer, world.as_of.replace(day=1), amount)
        items.append(world.ledger.add(item))
    draft = Draft("same_name", "exception", amount, world.after(items), (), ("EX-CUST",), bank=bank(world))
    draft.name, draft.reference, draft.answerable = upper(name), "FEES", False
    world.emit(draft, *items)
    return True


def expired_alias(world: World) -> bool:
    """A name that was valid until 2022; its successor has an item of the amount."""
    if not world.payers.former:
        return False
    former = world.rng.choice(sorted(world.payers.former))
    items = [item for item in world.ledger.of(world.payers.former[former]) if simple(item)]
    if not items:
        return False
    world.ledger.renew(items[0])
    draft = plain(world, items[0], "expired_alias", "exception", ("EX-ALIASEXP", "EX-SUCC"))
    draft.name, draft.shares, draft.answerable = former, (), False
    world.emit(draft, items[0])
    return True


def remittance_missing(world: World) -> bool:
    """A shared service pays many items under its number, and the advice has not come."""
    if not world.uk:
        return False
    draft = Draft(
        "remittance_missing", "exception", world.ledger.new_amount(1_000_000, 9_000_000), world.day()
    )
    draft.codes, draft.bank, draft.answerable = ("EX-NOREM", "EX-UNID"), bank(world), False
    draft.name, draft.reference = "NHS SBS", world.payment_number()
    world.emit(draft)
    return True


def pooled_source(world: World) -> bool:
    """India: the pool account stands where the payer should."""
    item = alone(world)
    if item is None or world.uk:
        return False
    draft = Draft("pooled_source", "exception", item.open, world.after([item]), (), ("EX-UNID", "EX-BATCH"))
    pool = f"{world.serial('pool'):04d}"
    draft.text = f"CEMTEX DEP 000000{pool} TRANSFER FROM 469800000{pool}"
    draft.type, draft.answerable = "TRF", False
    world.emit(draft, item)
    return True


def _stranger(world: World, amount: int, case: str, codes: tuple[str, ...]) -> Draft:
    surname = world.rng.choice(names.STRANGERS[SAME_NAMES:])
    name = world.rng.choice(
        (f"{world.rng.choice('ABCDEFGH')} {surname}", world.rng.choice(names.STRANGE_FIRMS))
    )
    draft = Draft(case, "exception", amount, world.day(), (), codes, bank=bank(world), name=name)
    draft.reference = world.rng.choice(("PAYMENT", "FEES", ""))
    return draft


def _most_alike(world: World, payer: Payer) -> Payer | None:
    """The customer whose name looks most like this payer's, if it is alike at all."""
    found = process.extract(
        cut(upper(payer.name)), world.cut_names, scorer=fuzz.ratio, limit=3, score_cutoff=NEAR - 6
    )
    twins = [
        each for name, score, _ in found if score < EQUAL for each in world.called(name) if each is not payer
    ]
    return twins[0] if twins else None
