"""Lines that quote a document and pay another amount, for a reason that no profile or advice allows."""

from __future__ import annotations

from recon.bench.cases_deduction import odd, other_amount
from recon.bench.cases_standing import own_item
from recon.bench.dice import roll
from recon.bench.documents import FNC_WEEK
from recon.bench.lines import Share, World

CHARGES = {"uk": (600, 2_500, 50), "india": (20_000, 90_000, 1_000)}  # pence, paise (domain 4.3)
TENFOLD = 10
NEARLY_USED = {"uk": ("47.00", "49.50"), "india": ("470.00", "495.00")}  # of the tolerance of a year


def bank_charges(world: World) -> bool:
    """A payment from abroad that banks on the way took their charges from."""
    item = odd(world, 300_000)
    if item is None:
        return False
    low, high, step = CHARGES[world.flavour]
    short = roll(world.rng, low, high) // step * step
    text = f"{item.doc_no} LESS CHGS"
    draft = other_amount(
        world, item, "bank_charges", item.open - short, codes=("EX-CHG", "EX-SHORT"), text=text
    )
    draft.type = "ITL" if world.uk else draft.type
    world.emit(draft)
    return True


def fx_payment(world: World) -> bool:
    """Paid in the payer's currency and exchanged: more came than was booked."""
    item = odd(world, 100_000, 900_000, 8_500)
    if item is None:
        return False
    foreign = item.open * 100 // 85
    more = foreign * 86 // 100 - item.open
    name, rate = ("EUR", "0.8600") if world.uk else ("USD", "0.8600")
    text = f"{item.doc_no} {name} {foreign // 100} @ {rate}"
    draft = other_amount(world, item, "fx_payment", item.open, codes=("EX-FX",), text=text)
    draft.amount = item.open + more
    if not world.ledger.is_new(draft.amount):
        return False
    draft.type = "ITL" if world.uk else "RTGS"
    world.emit(draft)
    return True


def contra(world: World) -> bool:
    """The payer sets its own invoice against ours; there is no agreement that it may."""
    item = odd(world, 100_000)
    if item is None:
        return False
    cash = item.open - 100 * roll(world.rng, 150, item.open // 200)
    if not world.ledger.is_new(cash):
        return False
    text = f"{item.doc_no} CONTRA"
    world.emit(other_amount(world, item, "contra", cash, codes=("EX-CONTRA", "EX-SHORT"), text=text))
    return True


def amount_transposed(world: World) -> bool:
    """Two neighbouring digits of the amount swapped: the difference is divisible by nine."""
    item = odd(world, 100_000, 1_000_000)
    if item is None:
        return False
    digits = list(str(item.open))
    place = roll(world.rng, 0, len(digits) - 4)
    digits[place], digits[place + 1] = digits[place + 1], digits[place]
    cash = int("".join(digits))
    more = cash - item.open
    if abs(more) < max(900, item.open // 50) or not world.ledger.is_new(cash):
        return False
    if more > 0:
        draft = other_amount(world, item, "amount_transposed", cash, codes=("EX-OVER",))
        draft.shares = (Share(item, item.open), Share(None, more))
    else:
        draft = other_amount(world, item, "amount_transposed", cash, codes=("EX-SHORT",))
    world.emit(draft)
    return True


def contribution_netted(world: World) -> bool:
    """A council pays net of the funded nursing care, which a board pays."""
    item = odd(world, 400_000, 1_500_000, 50, "council")
    if item is None or not world.uk:
        return False
    care = FNC_WEEK * world.rng.choice((1, 2, 4))
    cash = item.open - care
    # With a credit note of that amount the payer would have taken it.
    noted = any(each.open == -care for each in world.ledger.by_payer[item.payer.customer_id])
    if noted or not world.ledger.is_new(cash):
        return False
    world.emit(other_amount(world, item, "contribution_netted", cash, codes=("EX-SHORT",)))
    return True


def tolerance_none(world: World) -> bool:
    """Short by pence, from a customer who must pay to the penny."""
    return _small(world, "tolerance_none", ("EX-TOLCAP", "EX-SHORT"))


def tolerance_used(world: World) -> bool:
    """Short by pence as often before: what a year allows is nearly used up."""
    return _small(world, "tolerance_used", ("EX-TOLPAT", "EX-TOLCAP"))


def _small(world: World, case: str, codes: tuple[str, ...]) -> bool:
    found = own_item(world, 200_000, 900_000)
    if found is None:
        return False
    payer, item = found
    if case == "tolerance_none":
        payer.tolerance = "none"
    else:
        payer.tolerance_used = world.rng.choice(NEARLY_USED[world.flavour])
    short = roll(world.rng, 320, 490) if world.uk else roll(world.rng, 3_100, 4_900)
    draft = other_amount(world, item, case, item.open - short, codes=codes)
    draft.name = world.known(payer)
    if not world.uk and short > item.open // 1000:  # india_care: a thousandth at most
        return False
    world.emit(draft)
    return True


def refund_risk(world: World) -> bool:
    """A new customer pays ten times its invoice, to ask for the rest back."""
    found = own_item(world, 60_000, 400_000)
    if found is None:
        return False
    payer, item = found
    amount = item.open * TENFOLD
    draft = other_amount(world, item, "refund_risk", amount, codes=("EX-OVER", "EX-REFUND", "EX-FRAUD"))
    draft.expected, draft.name, draft.answerable = "exception", world.known(payer), False
    draft.shares = (Share(None, amount),)
    world.emit(draft, item)
    return True
