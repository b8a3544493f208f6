"""India: lines that quote a document and pay it less tax deducted at source (domain, 4.1)."""

from __future__ import annotations

from random import Random

from recon.bench.cases_deduction import other_amount
from recon.bench.cases_reference import bank, simple
from recon.bench.dice import chance
from recon.bench.documents import GST, WHOLE
from recon.bench.ledger import Item
from recon.bench.lines import Draft, Share, World


def _taxed(world: World, *profiles: str) -> Item | None:
    """A free item of a payer with one of these profiles, with taxes in whole rupees."""
    item = world.ledger.pick(lambda each: simple(each) and each.payer.tax_profile in profiles, 800)
    if item is not None:
        world.ledger.renew(item, 30_000, 900_000, WHOLE)
    return item


def _percent(item: Item, rate: int) -> int:
    return (item.net or 0) * rate // 100


def tds_10(world: World) -> bool:
    """Ten per cent of the value before GST, as the profile allows."""
    return _withheld(world, "tds_10", 10, "TDS 10%", "TDS 10%;TDS 2%")


def tds_2(world: World) -> bool:
    """Two per cent of the value before GST, as the profile allows."""
    return _withheld(world, "tds_2", 2, "TDS 2%", "TDS 10%;TDS 2%")


def _withheld(world: World, case: str, rate: int, *profiles: str, kind: str = "TDS") -> bool:
    item = _taxed(world, *profiles)
    if item is None:
        return False
    tax = _percent(item, rate)
    world.emit(
        other_amount(world, item, case, item.open - tax, expected="auto", deduction=tax, deduction_type=kind)
    )
    return True


def gst_tds(world: World) -> bool:
    """GST-TDS alone, or besides income-tax TDS of the same rate."""
    if chance(world.rng, 0.5):
        return _withheld(world, "gst_tds", 2, "GSTTDS 2%", kind="GSTTDS")
    item = _taxed(world, "TDS 2%;GSTTDS 2%")
    if item is None:
        return False
    tax = _percent(item, 2)
    draft = other_amount(world, item, "gst_tds", item.open - 2 * tax, expected="auto")
    draft.shares = (Share(item, item.open - 2 * tax, tax, "TDS"), Share(item, 0, tax, "GSTTDS"))
    world.emit(draft)
    return True


def tds_ambiguous(world: World) -> bool:
    """Two allowed deductions give the same cash."""
    item = _taxed(world, "TDS 2%;GSTTDS 2%")
    if item is None:
        return False
    tax = _percent(item, 2)
    world.emit(
        other_amount(world, item, "tds_ambiguous", item.open - tax, codes=("EX-TDSAMB",), deduction=tax)
    )
    return True


def wrong_base(world: World) -> bool:
    """Ten per cent of the amount with GST."""
    item = _taxed(world, "TDS 10%")
    if item is None:
        return False
    tax = item.open // 10
    draft = other_amount(world, item, "wrong_base", item.open - tax, codes=("EX-TDSBASE",), deduction=tax)
    world.emit(draft)
    return True


def tds_rate(world: World) -> bool:
    """The profile says ten per cent, the payer took two."""
    item = _taxed(world, "TDS 10%")
    if item is None:
        return False
    tax = _percent(item, 2)
    world.emit(other_amount(world, item, "tds_rate", item.open - tax, codes=("EX-TDSRATE",), deduction=tax))
    return True


def tds_no_profile(world: World) -> bool:
    """A payer without a profile took ten per cent."""
    item = _taxed(world, "")
    if item is None or world.uk:
        return False
    cash = item.open - _percent(item, 10)
    world.emit(other_amount(world, item, "tds_no_profile", cash, codes=("EX-TDSPROF", "EX-SHORT")))
    return True


def tds_several(world: World) -> bool:
    """Two invoices, tax taken from each."""
    first = _taxed(world, "TDS 10%", "TDS 2%")
    if first is None:
        return False
    others = [item for item in world.ledger.of(first.payer) if item is not first and simple(item)]
    if not others:
        return False
    world.ledger.renew(others[0], 30_000, 900_000, WHOLE)
    rate = 10 if first.payer.tax_profile == "TDS 10%" else 2
    shares = tuple(
        Share(item, item.open - _percent(item, rate), _percent(item, rate), "TDS")
        for item in (first, others[0])
    )
    cash = sum(share.cash for share in shares)
    draft = Draft("tds_several", "auto", cash, world.after([first, others[0]]), shares, bank=bank(world))
    draft.name, draft.reference = world.known(first.payer), f"{first.doc_no} {others[0].doc_no}"
    world.emit(draft)
    return True


def tds_rounded(world: World) -> bool:
    """Tax rounded to the rupee, and the cash too: what is left is a few paise."""
    item = _taxed(world, "TDS 10%", "TDS 2%")
    if item is None:
        return False
    rate = 10 if item.payer.tax_profile == "TDS 10%" else 2
    net = _paise(world.rng, item.net or 0)
    gross = net + (net * GST + 50) // 100
    if not world.ledger.is_new(gross):
        return False
    world.ledger.set_open(item, gross, net)
    tax = (net * rate // 100 + 50) // 100 * 100
    cash = (gross - tax + 50) // 100 * 100
    draft = other_amount(world, item, "tds_rounded", cash, expected="auto")
    left = gross - tax - cash
    draft.shares = (Share(item, cash, tax, "TDS"), *([Share(item, 0, left, "ROUND")] if left else []))
    world.emit(draft)
    return True


def _paise(rng: Random, net: int) -> int:
    return net + rng.randint(1, 4_999)
