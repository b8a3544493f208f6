"""A draft in the words of its bank: what stands in which column of the bank line."""

from __future__ import annotations

from typing import Final, NamedTuple

from recon.bench.lines import LONG_TEXT, Draft, World
from recon.bench.payers import RAIL_LENGTH, cut

# Our accounts: the first writes one text, the second (UK) too, the last says name and reference apart.
UK_ACCOUNTS: Final = ("30-00-00 12345678", "GB33BUKB20201555555555", "GB29NWBK60161331926819")
INDIA_ACCOUNTS: Final = ("50200012345678", "000405001234")
OUR_NAME: Final = "CAREWELL SERVICES"
INDIAN_NAME_LENGTH: Final = 30


class Words(NamedTuple):
    """The text columns of a bank line."""

    counterparty: str = ""
    counterparty_account: str = ""
    reference: str = ""
    narrative: str = ""


def account(world: World, draft: Draft) -> str:
    """The account that the line is of."""
    return (UK_ACCOUNTS if world.uk else INDIA_ACCOUNTS)[draft.bank]


def words(world: World, draft: Draft) -> Words:
    """The text of a line as its bank writes it."""
    if draft.text is not None:
        return Words(narrative=draft.text)
    return _uk(draft) if world.uk else _india(world, draft)


def _uk(draft: Draft) -> Words:
    length = LONG_TEXT if draft.type in ("CHP", "ITL") else RAIL_LENGTH
    name, reference = cut(draft.name), draft.reference[:length]
    if draft.bank == 2:  # noqa: PLR2004 - the camt account: name, account and reference have elements of their own
        return Words(name, draft.payer_account, reference, "")
    return Words(narrative=f"{name} {reference}".strip())


def _india(world: World, draft: Draft) -> Words:
    day = draft.booking
    utr = draft.utr or world.utr(day, draft.type)
    remark = draft.reference
    name = draft.name[:INDIAN_NAME_LENGTH]
    rrn = f"{day:%y}"[-1] + f"{day:%j}" + f"{world.serial('rrn') * 7919 % 10**8:08d}"
    bank = utr[:4]
    if draft.bank == 0:
        if draft.type == "IMPS":
            parts = ["IMPS", rrn, name, bank, "XXXXXXXX1234", remark]
            return Words(reference=rrn, narrative="-".join(part for part in parts if part))
        parts = [f"{draft.type} CR", f"{bank}0001234", name, OUR_NAME, remark, utr]
        return Words(reference=utr.zfill(16), narrative="-".join(part for part in parts if part))
    if draft.type == "IMPS":
        text = f"MMT/IMPS/{rrn}/{remark}/{name}/{bank} Bank"
    elif draft.type == "UPI":
        text = f"UPI/{rrn}/{remark}/{draft.payer_account}/{name}"
    else:
        text = world.rng.choice(
            (
                f"{draft.type}-{utr}-{name}-{remark}",
                f"{draft.type}/{utr}/{name}/{bank}/{remark}",
                f"BY TRANSFER-{draft.type}*{bank}0000006*{utr}*{name}*{remark}",
            )
        ).rstrip("-/*")
    return Words("", draft.payer_account, "", text)
