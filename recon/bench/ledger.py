"""The generated ledger: densely numbered documents, amounts that repeat, and what is known about collisions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Final

from recon.bench.dice import chance
from recon.bench.payers import Flavour, Payer, Payers

OPEN_SHARE: Final = 0.4  # of the documents issued: numbers are dense, a typo often hits another real document
FIRST_ISSUE_DAYS: Final = 210
# Weekly rates of the care rate card in pence; invoices are one, two, four or five weeks of one of them.
RATES: Final = (
    85_000,
    98_750,
    112_500,
    126_000,
    138_045,
    155_000,
    169_925,
    185_000,
    210_400,
    245_050,
    310_000,
    420_000,
)
WEEKS: Final = (1, 2, 4, 4, 4, 5)
FNC_WEEK: Final = 25_406  # funded nursing care, 2025/26 (domain, 3.5)
# Taxable values of India's price list in paise (of rupees): screening packages and retainers.
PACKAGES: Final = (2_500_000, 4_000_000, 5_000_000, 7_500_000, 8_500_000, 10_000_000, 12_500_000, 20_000_000)
HEADS: Final = (1, 1, 2, 3, 5)
GST: Final = 18
LISTED: Final = 1_000  # an amount that no such step divides is in no price list
RUPEE: Final = 100
CROWDED: Final = 30  # draws after which a range of amounts counts as used up
WHOLE: Final = 5_000  # taxable values in steps of 50 rupees: GST and TDS come out in whole rupees


@dataclass(frozen=True)
class Series:
    """One number series of the ledger."""

    name: str
    form: str  # a format of {n}
    first: int
    weight: float
    bare: bool = False  # digits only: a bare short number, which needs the payer too
    long: bool = False  # longer than the rail's 18 characters


UK_SERIES: Final = (
    Series("INV", "INV-{n:06d}", 9_000, 0.45),
    Series("SI", "SI{n:05d}", 40_000, 0.20),
    Series("CF", "CF/25/{n:05d}", 1_001, 0.12),
    Series("HC", "HC{h:03d}-{n:05d}", 1_201, 0.08),
    Series("digits", "{n:07d}", 3_100_000, 0.10, bare=True),
    Series("long", "HOSP-26-03-{n:06d}-{w}", 1, 0.05, long=True),
    Series("OA", "OA-{n:05d}", 11, 0),
)
INDIA_SERIES: Final = (
    Series("INV", "INV-{n:06d}", 4_000, 0.45),
    Series("HS", "HS/25-26/{n:05d}", 1_201, 0.30),
    Series("WP", "WP2526-{n:05d}", 1_501, 0.15),
    Series("digits", "{n:07d}", 7_100_000, 0.10, bare=True),
    Series("OA", "OA-{n:05d}", 11, 0),
)
_NO_KEY: Final = re.compile(r"[^0-9A-Z]+")
_LAST_NUMBER: Final = re.compile(r"(\d+)\D*$")
_WARDS: Final = ("ASH", "ELM", "OAK", "YEW", "FIR", "BAY")


@dataclass(eq=False, slots=True)
class Item:
    """One document. Amounts in minor units; credit notes negative; `open` 0 = closed."""

    item_id: str
    payer: Payer
    doc_no: str
    series: Series
    issue: date
    amount: int
    open: int
    net: int | None = None
    doc_type: str = "invoice"
    currency: str = "GBP"
    po_no: str = ""
    service_user: str = ""
    dispute: str = ""
    legal: str = ""
    discount_terms: str = ""
    cis_base: int | None = None
    retention: int | None = None
    used: bool = False  # some line's truth rests on it: nothing may change it any more

    @property
    def due(self) -> date:
        """When it is due."""
        return self.issue + timedelta(days=self.payer.terms)


def key(text: str) -> str:
    """A document number without what people leave out or add: letters and digits, upper case."""
    return _NO_KEY.sub("", text.upper())


def bare(text: str) -> str:
    """The last number of a document number, without leading noughts."""
    found = _LAST_NUMBER.search(text)
    return found.group(1).lstrip("0") if found else ""


@dataclass
class Ledger:
    """All documents, and the indexes that tell a generator where two readings would collide."""

    flavour: Flavour
    rng: Random
    items: list[Item] = field(default_factory=list)  # open
    closed: list[Item] = field(default_factory=list)
    by_key: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))  # open and closed
    by_bare: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))  # open and closed
    by_payer: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))  # open
    amounts: Counter[int] = field(default_factory=Counter)  # of open items
    damaged: set[str] = field(
        default_factory=set
    )  # numbers that lines quote and no document may come to have
    taken: set[int] = field(default_factory=set)  # amounts of lines: no item may come to have one by chance
    orders: Counter[str] = field(default_factory=Counter)
    users: Counter[str] = field(default_factory=Counter)
    _free: list[Item] = field(default_factory=list)
    _next: Counter[str] = field(default_factory=Counter)

    def add(self, item: Item) -> Item:
        """Book a document."""
        self.by_key[key(item.doc_no)].append(item)
        self.by_bare[bare(item.doc_no)].append(item)
        if not item.open:
            self.closed.append(item)
            return item
        self.items.append(item)
        self._free.append(item)
        self.by_payer[item.payer.customer_id].append(item)
        self.amounts[item.open] += 1
        self.orders[item.po_no] += 1
        self.users[item.service_user] += 1
        return item

    def issue(self, payer: Payer, issued: date, amount: int, *, series: Series | None = None) -> Item:
        """A new document with the next number of its series."""
        series = series or self.series("INV")
        doc_no = ""
        while not doc_no or key(doc_no) in self.damaged:
            number = series.first + self._next[series.name]
            self._next[series.name] += 1
            doc_no = series.form.format(n=number, h=100 + number % 37, w=_WARDS[number % len(_WARDS)])
        item_id = f"V{len(self.items) + len(self.closed) + 1:07d}"
        currency = "GBP" if self.flavour == "uk" else "INR"
        net = amount if self.flavour == "uk" else None
        return Item(item_id, payer, doc_no, series, issued, amount, amount, net=net, currency=currency)

    def series(self, name: str) -> Series:
        """The series of that name."""
        return next(each for each in all_series(self.flavour) if each.name == name)

    def pick(self, fits: Callable[[Item], bool], tries: int = 60) -> Item | None:
        """A free open item that fits, or none found in so many tries."""
        for _ in range(tries):
            if not self._free:
                return None
            place = self.rng.randrange(len(self._free))
            item = self._free[place]
            if item.used:
                self._free[place] = self._free[-1]
                self._free.pop()
            elif fits(item):
                return item
        return None

    def of(self, payer: Payer) -> list[Item]:
        """The open items of a payer that are free."""
        return [item for item in self.by_payer[payer.customer_id] if not item.used]

    def set_open(self, item: Item, amount: int, net: int | None = None) -> None:
        """Change what a free item is about: its amount, all of it open."""
        assert not item.used, "an item that a line's truth rests on was changed"
        self.amounts[item.open] -= 1
        item.amount = item.open = amount
        item.net = amount if net is None else net
        self.amounts[amount] += 1

    def is_new(self, amount: int) -> bool:
        """Whether no open item and no line has this amount."""
        return not self.amounts[amount] and amount not in self.taken

    def new_amount(self, low: int = 20_000, high: int = 2_500_000, step: int = 0) -> int:
        """An amount in steps (1p or 1 rupee) that neither an open item nor a line has, and no price list gives.

        Where such amounts run short, it may be above `high`.
        """
        step = step or (1 if self.flavour == "uk" else RUPEE)
        for tried in count(1):
            amount = self.rng.randrange(low, high) // step * step
            if amount % LISTED and self.is_new(amount):
                return amount
            if tried % CROWDED == 0:
                high *= 2
        raise AssertionError

    def renew(self, item: Item, low: int = 20_000, high: int = 2_500_000, step: int = 0) -> None:
        """Give a free item an amount that nothing else in the ledger has (India: a value before tax that has)."""
        if self.flavour == "uk":
            self.set_open(item, self.new_amount(low, high, step))
            return
        step = step or RUPEE
        for tried in count(1):
            net = self.rng.randrange(low * 20, high * 20) // step * step
            gross = net + net * GST // 100
            if gross % RUPEE == 0 and gross % LISTED and self.is_new(gross):
                self.set_open(item, gross, net)
                return
            if tried % CROWDED == 0:
                high *= 2


def all_series(flavour: Flavour) -> tuple[Series, ...]:
    """The number series of a flavour's ledger."""
    return UK_SERIES if flavour == "uk" else INDIA_SERIES


def make_ledger(flavour: Flavour, rng: Random, payers: Payers, items: int, as_of: date) -> Ledger:
    """A ledger with about so many open items, 40 % of the documents that were issued, oldest first."""
    ledger = Ledger(flavour, rng)
    owners, weights = _owners(flavour, payers, rng)
    kinds = all_series(flavour)
    issued = round(items / OPEN_SHARE)
    chosen = rng.choices(owners, weights, k=issued)
    series = rng.choices(kinds, [kind.weight for kind in kinds], k=issued)
    start = as_of - timedelta(days=FIRST_ISSUE_DAYS)
    users = [f"SU-{number}" for number in range(1001, 7000)]
    for number, (payer, kind) in enumerate(zip(chosen, series, strict=True)):
        day = start + timedelta(days=number * (FIRST_ISSUE_DAYS - 12) // issued)
        amount, net = _amount(flavour, rng)
        item = ledger.issue(payer, day, amount, series=kind)
        item.net = net
        if not chance(rng, OPEN_SHARE):
            item.open = 0
        elif chance(rng, 0.02):
            item.doc_type = "credit_note"
            item.amount, item.open, item.net = -amount, -amount, -net
        if payer.segment == "council" and chance(rng, 0.5):
            item.po_no = f"{payer.customer_id[-3:]}PO{202_600_000 + rng.randrange(items)}P"
        elif payer.segment in ("board", "trust", "council") and chance(rng, 0.7):
            item.service_user = rng.choice(users)
        ledger.add(item)
    return ledger


def _owners(flavour: Flavour, payers: Payers, rng: Random) -> tuple[list[Payer], list[float]]:
    owners = [payer for payer in payers.all if not payer.thin]
    if flavour == "india":
        return owners, [rng.choice((0.3, 0.6, 1.0, 2.0)) for _ in owners]
    weights = {"board": 12.0, "trust": 4.0, "council": 10.0, "company": 2.0, "person": 1.0}
    return owners, [weights[payer.segment] for payer in owners]


def _amount(flavour: Flavour, rng: Random) -> tuple[int, int]:
    """Gross and net of an ordinary document; 70 % come from a price list, so that amounts repeat."""
    listed = chance(rng, 0.7)
    if flavour == "uk":
        if not listed:
            amount = rng.randrange(20_000, 1_500_000)
        elif chance(rng, 0.05):
            amount = FNC_WEEK * rng.choice(WEEKS) * rng.randint(1, 6)
        else:
            amount = rng.choice(RATES) * rng.choice(WEEKS)
        return amount, amount
    net = rng.choice(PACKAGES) * rng.choice(HEADS) if listed else WHOLE * rng.randrange(100, 8_000)
    return net + net * GST // 100, net
