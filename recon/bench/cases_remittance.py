"""Lines that a remittance advice explains, or fails to: the remittance family."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from recon.bench.cases_reference import bank, payable, simple, stranger_to
from recon.bench.dice import chance
from recon.bench.ledger import Item
from recon.bench.lines import Advised, Draft, Share, World, shares_of
from recon.bench.payers import Payer

TWO = 2  # an advice of one document would be a reference
SMALL = 10_000
NUMBER_CUT = 0.06  # payment numbers that lost their leading noughts
FILLERS = ("", "INVOICES", "SUPPLIER PAYMENT", "REMIT BY EMAIL")


def gather(world: World, count: int = 0) -> tuple[Payer, list[Item]] | None:
    """A payer and some of its free invoices, at least two (or exactly `count`)."""
    first = world.ledger.pick(payable)
    if first is None:
        return None
    others = [item for item in world.ledger.of(first.payer) if item is not first and payable(item)]
    wanted = count or min(world.rng.choice(world.sizes), len(others) + 1)
    if (wanted < TWO and not count) or len(others) < wanted - 1:
        return None
    return first.payer, [first, *world.rng.sample(others, wanted - 1)]


def advised(items: Sequence[Item]) -> list[Advised]:
    """Each item in full."""
    return [Advised(item.doc_no, item.open, item.open) for item in items]


def paid_on(world: World, booking: date) -> date:
    """The advice's payment date for a booking: up to two days earlier."""
    return booking - timedelta(days=world.rng.randint(0, 2))


def number(world: World, day: date) -> str:
    """The payment's number: the payer's own in the UK, the UTR in India."""
    return world.payment_number() if world.uk else world.utr(day)


def linked(world: World, draft: Draft, payment: str) -> Draft:
    """The same line with the payment's number on it."""
    if world.uk:
        draft.reference = payment
        if chance(world.rng, NUMBER_CUT):
            draft.reference, draft.noise = payment.lstrip("0"), "noughts dropped"
    else:
        draft.utr = payment
    return draft


def remittance_batch(world: World) -> bool:
    """Linked by its number, adds up, all known and open."""
    return _batch(world, "remittance_batch")


def remittance_shared_payer(world: World) -> bool:
    """Paid by a shared service: only the advice says for whom."""
    if not world.uk:
        return False
    return _batch(world, "remittance_shared_payer", "NHS SBS", ("board", "trust"))


def _batch(world: World, case: str, name: str = "", segments: tuple[str, ...] = ()) -> bool:
    found = gather(world)
    if found is None or (segments and found[0].segment not in segments):
        return False
    payer, items = found
    day = world.after(items)
    payment = number(world, day)
    typed = [world.noisy(item.doc_no) for item in items]
    lines = [Advised(text, item.open, item.open) for item, (text, _) in zip(items, typed, strict=True)]
    advice = world.advise(payer.name, payer.customer_id, paid_on(world, day), payment, lines)
    draft = Draft(
        case, "auto", advice.total, day, shares_of(items), bank=bank(world), name=name or world.known(payer)
    )
    draft.noise = next((noise for _, noise in typed if noise != "none"), "none")
    world.emit(linked(world, draft, payment))
    return True


def remittance_total(world: World) -> bool:
    """No number on the line: payer, exact total and date fit exactly one advice."""
    found = gather(world)
    if found is None:
        return False
    payer, items = found
    world.ledger.renew(items[0])  # an odd amount, so that no other advice comes to the same total
    total = sum(item.open for item in items)
    if (payer.customer_id, total) in world.totals or not world.ledger.is_new(total):
        return False
    day = world.after(items)
    world.advise(payer.name, payer.customer_id, paid_on(world, day), number(world, day), advised(items))
    draft = Draft("remittance_total", "auto", total, day, shares_of(items), bank=bank(world))
    draft.name, draft.reference = world.known(payer), world.rng.choice(FILLERS) if world.uk else ""
    world.emit(draft)
    return True


def remittance_credit_note(world: World) -> bool:
    """One line of the advice takes a credit note of ours."""
    note = world.ledger.pick(lambda each: each.doc_type == "credit_note", tries=1500)
    if note is None:
        return False
    others = [item for item in world.ledger.of(note.payer) if payable(item) and item.open > -note.open]
    if len(others) < TWO:
        return False
    items = [*world.rng.sample(others, min(len(others), world.rng.randint(2, 4))), note]
    return _advised_line(world, "remittance_credit_note", note.payer, items)


def remittance_group(world: World) -> bool:
    """One company of a group pays for another."""
    payer = world.rng.choice(world.grouped)
    others = [each for each in world.grouped if each.group_id == payer.group_id and each is not payer]
    own = [item for item in world.ledger.of(payer) if payable(item)]
    theirs = [item for other in others for item in world.ledger.of(other) if payable(item)]
    if not own or not theirs:
        return False
    return _advised_line(world, "remittance_group", payer, [own[0], *theirs[:2]])


def _advised_line(world: World, case: str, payer: Payer, items: list[Item]) -> bool:
    day = world.after(items)
    payment = number(world, day)
    advice = world.advise(payer.name, payer.customer_id, paid_on(world, day), payment, advised(items))
    draft = Draft(
        case, "auto", advice.total, day, shares_of(items), bank=bank(world), name=world.known(payer)
    )
    world.emit(linked(world, draft, payment))
    return True


def remittance_short(world: World) -> bool:
    """The advice's total is not what came."""
    found = gather(world)
    if found is None:
        return False
    payer, items = found
    amount = sum(item.open for item in items) - 100 * world.rng.randint(2_000, 9_000)
    if amount < SMALL or not world.ledger.is_new(amount):
        return False
    day = world.after(items)
    payment = number(world, day)
    world.advise(payer.name, payer.customer_id, paid_on(world, day), payment, advised(items))
    draft = Draft("remittance_short", "exception", amount, day, (Share(None, amount),), ("EX-REMSUM",))
    draft.bank, draft.name = bank(world), world.known(payer)
    world.emit(linked(world, draft, payment), *items)
    return True


def remittance_unknown(world: World) -> bool:
    """One document of the advice is none of ours."""
    found = gather(world)
    if found is None:
        return False
    payer, items = found
    strange = world.ledger.new_amount()
    lines = [*advised(items), Advised(f"ZX/{world.serial('strange') + 48_211}", strange, strange)]
    return _mixed(world, "remittance_unknown", payer, items, lines, rest=strange, codes=("EX-REMUNK",))


def remittance_paid(world: World) -> bool:
    """A document of the advice, or its only one, is closed already."""
    found = gather(world)
    if found is None:
        return False
    payer, items = found
    closed = recently_closed(world, payer)
    if closed is None:
        return False
    items = [] if chance(world.rng, 0.5) else items
    lines = [*advised(items), Advised(closed.doc_no, closed.amount, closed.amount)]
    return _mixed(
        world, "remittance_paid", payer, items, lines, rest=closed.amount, codes=("EX-REMPAID", "EX-DUPPAY")
    )


def recently_closed(world: World, payer: Payer) -> Item | None:
    """An invoice of this payer that was closed since the month before last, not yet told by another line."""
    since = (world.as_of.replace(day=1) - timedelta(days=40)).replace(day=1)
    found = [
        item
        for item in world.ledger.closed_of(payer)
        if item.issue >= since and not item.used and item.amount > 0 and not item.series.long
    ]
    return world.rng.choice(found) if found else None


def _mixed(
    world: World,
    case: str,
    payer: Payer,
    items: list[Item],
    lines: list[Advised],
    *,
    rest: int,
    codes: tuple[str, ...],
) -> bool:
    """A line whose advice is right but for one document: the known part is proposed, the rest on account."""
    day = world.after(items) if items else world.day()
    payment = number(world, day)
    advice = world.advise(payer.name, payer.customer_id, paid_on(world, day), payment, lines)
    expected, also = ("suggested", ("exception",)) if items else ("exception", ())
    draft = Draft(case, expected, advice.total, day, (*shares_of(items), Share(None, rest)), codes, also)
    draft.bank, draft.name = bank(world), world.known(payer)
    world.emit(linked(world, draft, payment))
    return True


def remittance_stranger(world: World) -> bool:
    """One document of the advice is another customer's."""
    found = gather(world)
    if found is None:
        return False
    payer, items = found
    theirs = [item for item in world.ledger.of(stranger_to(world, payer)) if simple(item)]
    if not theirs:
        return False
    items = [*items, theirs[0]]
    day = world.after(items)
    payment = number(world, day)
    advice = world.advise(payer.name, payer.customer_id, paid_on(world, day), payment, advised(items))
    draft = Draft(
        "remittance_stranger", "suggested", advice.total, day, shares_of(items), ("EX-XCUST",), ("exception",)
    )
    draft.bank, draft.name = bank(world), world.known(payer)
    world.emit(linked(world, draft, payment))
    return True


def two_remittances(world: World) -> bool:
    """Two advices paid in one sum, with no number on the line."""
    found = gather(world)
    if found is None or len(found[1]) < 2 * TWO:
        return False
    payer, items = found
    half = len(items) // 2
    world.ledger.renew(items[0])
    world.ledger.renew(items[half])
    parts = [items[:half], items[half:]]
    sums = [sum(item.open for item in part) for part in parts]
    if any((payer.customer_id, total) in world.totals for total in (*sums, sum(sums))):
        return False
    if not world.ledger.is_new(sum(sums)):
        return False
    day = world.after(items)
    for part in parts:
        world.advise(payer.name, payer.customer_id, paid_on(world, day), number(world, day), advised(part))
    draft = Draft("two_remittances", "suggested", sum(sums), day, shares_of(items), bank=bank(world))
    draft.name = world.known(payer)
    world.emit(draft)
    return True


def remittance_recovery(world: World) -> bool:
    """The advice takes back an earlier overpayment, which lies on account."""
    found = gather(world)
    if found is None:
        return False
    payer, items = found
    back = 100 * world.rng.randint(50, 150)
    credit = world.ledger.issue(payer, items[0].issue, -back, series=world.ledger.series("OA"))
    credit.doc_type = "on_account"
    world.ledger.add(credit)
    lines = [*advised(items), Advised("RECOVERY OF OVERPAYMENT", -back, -back)]
    day = world.after(items)
    payment = number(world, day)
    advice = world.advise(payer.name, payer.customer_id, paid_on(world, day), payment, lines)
    draft = Draft("remittance_recovery", "suggested", advice.total, day, shares_of([*items, credit]))
    draft.codes, draft.bank, draft.name = ("EX-REMNEG",), bank(world), world.known(payer)
    world.emit(linked(world, draft, payment))
    return True


def utr_cut(world: World) -> bool:
    """India: the narration has the UTR cut, the advice has it whole."""
    found = gather(world)
    if world.uk or found is None:
        return False
    payer, items = found
    day = world.after(items)
    payment = world.utr(day)
    advice = world.advise(payer.name, payer.customer_id, paid_on(world, day), payment, advised(items))
    draft = Draft(
        "utr_cut", "auto", advice.total, day, shares_of(items), bank=bank(world), name=world.known(payer)
    )
    draft.utr = payment[: len(payment) - world.rng.randint(1, 3)]
    world.emit(draft)
    return True


def remittance_tds(world: World) -> bool:
    """India: the advice states gross, tax and net of each invoice."""
    found = gather(world)
    if world.uk or found is None or "TDS 10%" not in found[0].tax_profile.split(";"):
        return False
    payer, items = found
    taxes = [(item.net or 0) // 1000 * 100 for item in items]
    lines = [
        Advised(item.doc_no, item.open, item.open - tax, tax, "TDS")
        for item, tax in zip(items, taxes, strict=True)
    ]
    shares = tuple(Share(item, item.open - tax, tax, "TDS") for item, tax in zip(items, taxes, strict=True))
    day = world.after(items)
    payment = world.utr(day)
    advice = world.advise(payer.name, payer.customer_id, paid_on(world, day), payment, lines)
    draft = Draft(
        "remittance_tds", "auto", advice.total, day, shares, bank=bank(world), name=world.known(payer)
    )
    world.emit(linked(world, draft, payment))
    return True


def tpa_settlement(world: World) -> bool:
    """India: claims settled with a disallowance and tax on the rest; what was refused stands apart, or not."""
    found = gather(world)
    if world.uk or found is None or "TDS 10%" not in found[0].tax_profile.split(";"):
        return False
    payer, items = found
    apart = chance(world.rng, 0.5)
    lines: list[Advised] = []
    shares: list[Share] = []
    for place, item in enumerate(items):
        refused = 0 if place else item.open // 20 // 5_000 * 5_000
        approved = item.open - refused
        tax = approved // 1000 * 100
        if refused and not apart:
            lines.append(Advised(item.doc_no, item.open, approved - tax, tax + refused, "TDS AND DISALLOWED"))
        else:
            lines.append(Advised(item.doc_no, item.open, approved - tax, tax, "TDS"))
        if refused and apart:
            lines.append(Advised(item.doc_no, 0, 0, refused, "DISALLOWED"))
        shares.append(Share(item, approved - tax, tax, "TDS"))
    day = world.after(items)
    payment = world.utr(day)
    advice = world.advise(payer.name, payer.customer_id, paid_on(world, day), payment, lines)
    draft = Draft("tpa_settlement", "suggested", advice.total, day, tuple(shares), ("EX-DISPUTE",))
    draft.bank, draft.name = bank(world), world.known(payer)
    world.emit(linked(world, draft, payment))
    return True
