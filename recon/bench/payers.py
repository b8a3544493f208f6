"""Payers of generated cases: who they are in the ledger, and under which names their money arrives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from random import Random
from typing import Final, Literal

from recon.bench import names
from recon.bench.dice import chance

Flavour = Literal["uk", "india"]
RAIL_LENGTH: Final = 18  # Bacs and Faster Payments cut names and references here (domain, 3.2)
PERSONS_MAX: Final = 400


@dataclass(eq=False, slots=True)
class Payer:
    """One customer of the ledger, who pays.

    `known` are the names up to the rail's length that are confirmed (legal name, perhaps cut, or an alias) and
    that no other customer shares: they identify it. `thin` payers get no items but those a case makes for them.
    """

    customer_id: str
    name: str
    segment: str
    aliases: tuple[str, ...] = ()
    account: str = ""
    vendor_no: str = ""
    tolerance: str = ""  # a tolerance of the rules, by name
    tolerance_used: str = ""  # of what it allows in a year, in money
    tax_profile: str = ""
    group_id: str = ""
    terms: int = 30
    thin: bool = False
    known: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()  # the aliases among them: a bare or damaged number needs one of these
    tolerated: int = 0  # minor units of tolerance that cases used up: the rules allow 50.00 a year


@dataclass(frozen=True)
class Alias:
    """A row of the aliases file."""

    alias: str
    customer_id: str
    valid_from: date | None
    valid_to: date | None
    source: str


@dataclass
class Payers:
    """All payers of one case."""

    all: list[Payer]
    aliases: list[Alias]
    former: dict[str, Payer] = field(default_factory=dict)  # expired alias -> the successor

    def of(self, *segments: str) -> list[Payer]:
        """Payers of these segments that have items."""
        return [payer for payer in self.all if payer.segment in segments and not payer.thin]


@cache
def upper(name: str) -> str:
    """A name as a bank sends it: upper case, Bacs' character set."""
    kept = "".join(char if char.isalnum() or char in " .-/&" else "" for char in name.upper())
    return " ".join(kept.split())


def cut(text: str, length: int = RAIL_LENGTH) -> str:
    """Text as the rail cuts it."""
    return text[:length].rstrip()


def make_payers(flavour: Flavour, rng: Random, items: int, thin: int) -> Payers:
    """All payers of a ledger of so many items, `thin` of them without items of their own."""
    payers = list(_uk(rng, items)) if flavour == "uk" else list(_india(rng, items))
    payers += _thin(flavour, rng, thin, {_stem(payer.name) for payer in payers})
    for number, payer in enumerate(payers):
        payer.customer_id = f"{'K' if flavour == 'uk' else 'C'}{number + 10001}"
        payer.account = _account(flavour, rng, number) if payer.thin or chance(rng, 0.4) else ""
        if payer.segment == "council":
            payer.vendor_no = str(4_000_100_000 + 37 * number)
    _group(payers, rng)
    _identify(payers)
    aliases = [
        Alias(payer.aliases[0], payer.customer_id, date(2022, 7, 1), None, "credit control")
        for payer in payers[:: 1 if flavour == "uk" else 5]
        if payer.segment in ("board", "corporate", "tpa") and payer.aliases
    ]
    former = _former(payers) if flavour == "uk" else {}
    aliases += [
        Alias(old, payer.customer_id, date(2013, 4, 1), date(2022, 6, 30), "ICB reconfiguration 2022")
        for old, payer in former.items()
    ]
    return Payers(payers, aliases, former)


def _uk(rng: Random, items: int) -> Iterator[Payer]:
    for _, name in names.BOARDS:
        yield Payer("", name, "board", (upper(name).replace("INTEGRATED CARE BOARD", "ICB"),))
    for code, name in names.TRUSTS:
        yield Payer("", name, "trust", (f"{code} NHS TRUST",) if chance(rng, 0.6) else ())
    for _, name in names.COUNCILS:
        yield Payer("", name, "council", (_council_alias(name),))
    for name in _companies(rng, max(40, items // 60)):
        alias = (upper(_stem(name)) + " AP",) if chance(rng, 0.6) else ()
        profile = "CIS 20%" if chance(rng, 0.1) else ""
        yield Payer("", name, "company", alias, tax_profile=profile)
    for name in _persons(rng, min(PERSONS_MAX, max(20, items // 100))):
        yield Payer("", name, "person", (upper(name),), terms=14)


def _india(rng: Random, items: int) -> Iterator[Payer]:
    profiles = ("TDS 10%", "TDS 2%", "TDS 10%;TDS 2%", "TDS 2%;GSTTDS 2%", "GSTTDS 2%", "")
    for name in _indian_companies(rng, max(60, items // 40)):
        alias = (upper(_stem(name)),) if chance(rng, 0.6) else ()
        profile = rng.choices(profiles, (40, 25, 8, 6, 6, 15))[0]
        yield Payer("", name, "tpa" if "TPA" in name else "corporate", alias, tax_profile=profile, terms=45)


def _companies(rng: Random, count: int) -> list[str]:
    # The legal form never tells two companies apart: LTD and PLC are words that matching drops.
    single = [f"{place} {kind}" for place in names.PLACES for kind in names.KINDS]
    rng.shuffle(single)
    chosen = single[:count] + _longer(rng, names.PLACES, names.KINDS, max(0, count - len(single)))
    return [f"{name} {rng.choice(names.FORMS)}" for name in chosen]


def _longer(rng: Random, words: Sequence[str], kinds: Sequence[str], count: int) -> list[str]:
    """Names of two words and a kind; of three, where two do not give as many."""
    size = len(words)
    doubles = size * size * len(kinds)
    length = 2 if count <= doubles // 2 else 3
    chosen = rng.sample(range(size**length * len(kinds)), count)
    made = []
    for place in chosen:
        rest, kind = divmod(place, len(kinds))
        parts = []
        for _ in range(length):
            rest, word = divmod(rest, size)
            parts.append(words[word])
        made.append(" ".join([*parts, kinds[kind]]))
    return made


def _indian_companies(rng: Random, count: int) -> list[str]:
    single = [f"{word} {kind}" for word in names.INDIAN_WORDS for kind in names.INDIAN_KINDS]
    rng.shuffle(single)
    chosen = single[:count] + _longer(
        rng, names.INDIAN_WORDS, names.INDIAN_KINDS, max(0, count - len(single))
    )
    return [f"{name} {rng.choice(names.INDIAN_FORMS)}" for name in chosen]


def _persons(rng: Random, count: int) -> list[str]:
    everyone = [
        f"{initial} {surname.title()}" for surname in names.SURNAMES for initial in "ABCDEFGHJKLMNPRSTW"
    ]
    return rng.sample(everyone, count)


def _thin(flavour: Flavour, rng: Random, count: int, taken: set[str]) -> list[Payer]:
    make = _companies if flavour == "uk" else _indian_companies
    fresh = [name for name in make(rng, count + 2 * len(taken)) if _stem(name) not in taken]
    assert len(fresh) >= count, "too few names for payers without items"
    return [Payer("", name, "thin", thin=True) for name in fresh[:count]]


def _stem(name: str) -> str:
    """A company's name without its legal form."""
    for form in sorted((*names.FORMS, *names.INDIAN_FORMS), key=len, reverse=True):
        name = name.removesuffix(f" {form}")
    return name


def _council_alias(name: str) -> str:
    plain = upper(name)
    for long, short in (
        ("LONDON BOROUGH OF ", "LB "),
        ("ROYAL BOROUGH OF ", "RB "),
        (" COUNTY COUNCIL", " CC"),
    ):
        if long in plain:
            return plain.replace(long, short)
    return plain


def _account(flavour: Flavour, rng: Random, number: int) -> str:
    if flavour == "india":
        return f"payer{number}@ok{rng.choice(('hdfcbank', 'icici', 'axis', 'sbi'))}"
    body = f"MIDL{rng.randrange(10**6):06d}{10**7 + number:08d}"
    digits = "".join(str(int(char, 36)) for char in f"{body}GB00")
    return f"GB{98 - int(digits) % 97:02d}{body}"


def _group(payers: Iterable[Payer], rng: Random) -> None:
    """Some companies pay for each other: groups of two or three."""
    members = [payer for payer in payers if payer.segment in ("company", "corporate")]
    rng.shuffle(members)
    for number in range(max(2, len(members) // 20)):
        for payer in members[3 * number : 3 * number + rng.randint(2, 3)]:
            payer.group_id = f"G{number + 1:03d}"


def _identify(payers: list[Payer]) -> None:
    """Give every payer the names that identify it, and an alias of its own where its legal name can't."""
    owners: Counter[str] = Counter()
    for payer in payers:
        owners.update(_forms(payer))
    for payer in payers:
        confirmed = [name for name in (cut(upper(payer.name)), *payer.aliases) if len(name) <= RAIL_LENGTH]
        payer.known = tuple(dict.fromkeys(name for name in confirmed if owners[name] == 1))
        if not payer.known:
            # No digits in it: they could read as a document number.
            serial = payer.customer_id[1:].translate(str.maketrans("0123456789", "ACEHKMPTVX"))
            alias = f"{''.join(word[0] for word in upper(payer.name).split())[:11]} {serial}"
            payer.aliases = (*payer.aliases, alias)
            payer.known = (alias,)
        payer.confirmed = tuple(name for name in payer.known if name in payer.aliases)


def _forms(payer: Payer) -> set[str]:
    legal = upper(payer.name)
    return {legal, cut(legal), *payer.aliases, *(cut(alias) for alias in payer.aliases)}


def _former(payers: list[Payer]) -> dict[str, Payer]:
    codes = dict(names.BOARDS)
    boards = {payer.name: payer for payer in payers if payer.segment == "board"}
    return {old: boards[codes[code]] for old, code in names.FORMER_GROUPS}
