"""The generated ledger: densely numbered documents, amounts that repeat, and what is known about collisions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Final

import numpy as np

from recon.bench.dice import roll
from recon.bench.documents import GST, WHOLE, Documents, Series, all_series, bare, issue_all, key, read
from recon.bench.payers import Flavour, Payer, Payers

LISTED: Final = 1_000  # an amount that no such step divides is in no price list
RUPEE: Final = 100
CROWDED: Final = 30  # draws after which a range of amounts counts as used up
LEFT_MIN: Final = 300
OWN_ENTITY: Final = "01"
SISTER_ENTITY: Final = "02"


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
    entity: str = OWN_ENTITY
    dispute: str = ""
    legal: str = ""
    plan: str = ""
    status: str = ""
    discount_terms: str = ""
    service_from: date | None = None
    service_to: date | None = None
    cis_base: int | None = None
    retention: int | None = None
    used: bool = False  # some line's truth rests on it: nothing may change it any more

    @property
    def due(self) -> date:
        """When it is due."""
        return self.issue + timedelta(days=self.payer.terms)


@dataclass
class Ledger:
    """All documents, and the look-ups that tell a generator where two readings would collide.

    Open documents are objects; closed ones are made of their columns only when somebody asks for them.
    """

    flavour: Flavour
    rng: Random
    payers: Payers
    documents: Documents
    items: list[Item] = field(default_factory=list)  # open
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
    spent: int = 0  # items that lines have used up
    _issued: int = 0
    _crowded: dict[tuple[int, int, int], int] = field(
        default_factory=dict
    )  # amounts asked for -> range grown to
    _at: dict[int, Item] = field(default_factory=dict)  # place among the documents -> its object
    _later: dict[str, Item] = field(default_factory=dict)  # issued by cases, by key
    _later_bare: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    _closed_places: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kinds = all_series(self.flavour)
        self._issued = len(self.documents.number)
        for kind, places in zip(self.kinds, self.documents.places, strict=True):
            self._next[kind.name] = len(places)
        self._open_all()
        closed = np.flatnonzero(~self.documents.open)
        owners = self.documents.owner[closed]
        order = np.argsort(owners, kind="stable")
        bounds = np.flatnonzero(np.diff(owners[order])) + 1
        for places in np.split(closed[order], bounds) if len(closed) else ():
            self._closed_places[int(self.documents.owner[places[0]])] = places.tolist()
        self._owner_place = {payer.customer_id: place for place, payer in enumerate(self.payers.all)}

    def _open_all(self) -> None:
        documents, payers = self.documents, self.payers.all
        places = np.flatnonzero(documents.open)
        texts = documents.texts().gather(places).to_list()
        days = [documents.start + timedelta(days=day) for day in range(int(documents.day.max(initial=0)) + 1)]
        currency = "GBP" if self.flavour == "uk" else "INR"
        columns = (
            documents.owner,
            documents.series,
            documents.day,
            documents.amount,
            documents.net,
            documents.credit,
            documents.order,
            documents.user,
        )
        rows = zip(places.tolist(), texts, *(column[places].tolist() for column in columns), strict=True)
        for place, doc_no, owner, series, day, amount, net, credit, order, user in rows:
            payer = payers[owner]
            self._at[place] = item = Item(
                f"V{place + 1:07d}",
                payer,
                doc_no,
                self.kinds[series],
                days[day],
                amount,
                amount,
                net,
                "credit_note" if credit else "invoice",
                currency,
                f"{payer.customer_id[-3:]}PO{order}P" if order >= 0 else "",
                f"SU-{user}" if user >= 0 else "",
            )
            self.items.append(item)
            self.by_payer[payer.customer_id].append(item)
        self._free = list(self.items)
        self.amounts.update(item.open for item in self.items)
        self.orders.update(item.po_no for item in self.items)
        self.users.update(item.service_user for item in self.items)

    def _item(self, place: int) -> Item:
        """The object of a document, open or closed."""
        found = self._at.get(place)
        if found is None:
            documents = self.documents
            series = self.kinds[int(documents.series[place])]
            found = self._at[place] = Item(
                f"V{place + 1:07d}",
                self.payers.all[int(documents.owner[place])],
                series.text(int(documents.number[place])),
                series,
                documents.start + timedelta(days=int(documents.day[place])),
                int(documents.amount[place]),
                0,
                int(documents.net[place]),
                currency="GBP" if self.flavour == "uk" else "INR",
            )
        return found

    def with_key(self, squeezed: str) -> list[Item]:
        """The documents, open and closed, whose number without separators is this."""
        found = []
        for place, series in enumerate(self.kinds):
            number = read(series, squeezed)
            if number is not None and (at := self.documents.find(place, number)) >= 0:
                item = self._item(at)
                if key(item.doc_no) == squeezed:
                    found.append(item)
        later = self._later.get(squeezed)
        return [*found, later] if later else found

    def with_bare(self, number: str) -> list[Item]:
        """The documents, open and closed, whose last number without leading noughts is this."""
        if not number:
            return []
        places = (self.documents.find(place, int(number)) for place in range(len(self.kinds)))
        return [*(self._item(at) for at in places if at >= 0), *self._later_bare.get(number, ())]

    def closed_of(self, payer: Payer) -> Iterator[Item]:
        """The closed documents of a payer."""
        for place in self._closed_places.get(self._owner_place[payer.customer_id], ()):
            yield self._item(place)

    def closed_changed(self) -> Iterator[tuple[int, Item]]:
        """Closed documents that somebody asked for, with their places."""
        return ((place, item) for place, item in self._at.items() if not item.open)

    def add(self, item: Item) -> Item:
        """Book an open document that a case has issued."""
        self._later[key(item.doc_no)] = item
        self._later_bare[bare(item.doc_no)].append(item)
        self.items.append(item)
        self._free.append(item)
        self.by_payer[item.payer.customer_id].append(item)
        self.amounts[item.open] += 1
        self.orders[item.po_no] += 1
        self.users[item.service_user] += 1
        return item

    def issue(self, payer: Payer, issued: date, amount: int, *, series: Series | None = None) -> Item:
        """A new document with the next number of its series, not booked yet."""
        series = series or self.series("INV")
        doc_no = ""
        while not doc_no or key(doc_no) in self.damaged:
            doc_no = series.text(series.first + self._next[series.name])
            self._next[series.name] += 1
        self._issued += 1
        currency = "GBP" if self.flavour == "uk" else "INR"
        net = amount if self.flavour == "uk" else None
        return Item(
            f"V{self._issued:07d}", payer, doc_no, series, issued, amount, amount, net=net, currency=currency
        )

    @property
    def scarce(self) -> bool:
        """Whether so few items are left that cases begin to search in vain."""
        return len(self.items) - self.spent < max(LEFT_MIN, len(self.items) // 8)

    def grow(self, number: int) -> None:
        """So many more ordinary open documents, like those there are."""
        for _ in range(max(number, 1)):
            like = self.items[int(self.rng.random() * len(self.items))]
            value = self.items[int(self.rng.random() * len(self.items))]
            only = self.amounts[value.open] == 1 and value.open in self.taken  # a label may rest on it
            if like.payer.thin or value.open <= 0 or only:
                continue
            series = like.series if like.series.weight else self.series("INV")
            item = self.issue(like.payer, like.issue, value.open, series=series)
            item.net = value.net
            self.add(item)

    def series(self, name: str) -> Series:
        """The series of that name."""
        return next(each for each in self.kinds if each.name == name)

    def pick(self, fits: Callable[[Item], bool], tries: int = 60) -> Item | None:
        """A free open item that fits, or none found in so many tries."""
        free = self._free
        for _ in range(tries):
            if not free:
                return None
            place = int(self.rng.random() * len(free))
            item = free[place]
            if item.used:
                free[place] = free[-1]
                free.pop()
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
        return not self.amounts.get(amount) and amount not in self.taken

    def new_amount(self, low: int = 20_000, high: int = 2_500_000, step: int = 0) -> int:
        """An amount in steps (1p or 1 rupee) that neither an open item nor a line has, and no price list gives.

        Where such amounts run short, it may be above `high`.
        """
        step = step or (1 if self.flavour == "uk" else RUPEE)
        asked = (low, high, step)
        high = self._crowded.get(asked, high)
        for tried in count(1):
            amount = roll(self.rng, low, high) // step * step
            if amount % LISTED and self.is_new(amount):
                return amount
            if tried % CROWDED == 0:
                high = self._crowded[asked] = high * 2
        raise AssertionError

    def renew(self, item: Item, low: int = 20_000, high: int = 2_500_000, step: int = 0) -> None:
        """Give a free item an amount that nothing else in the ledger has (India: a value before tax that has)."""
        if self.flavour == "uk":
            self.set_open(item, self.new_amount(low, high, step))
            return
        step = max(step, WHOLE)  # only so does the tax come out in whole rupees
        asked = (low, high, -step)
        high = self._crowded.get(asked, high)
        for tried in count(1):
            net = roll(self.rng, low * 20, high * 20) // step * step
            gross = net + net * GST // 100
            if gross % LISTED and self.is_new(gross):
                self.set_open(item, gross, net)
                return
            if tried % CROWDED == 0:
                high = self._crowded[asked] = high * 2


def make_ledger(flavour: Flavour, rng: Random, payers: Payers, items: int, as_of: date) -> Ledger:
    """A ledger with about so many open items."""
    return Ledger(flavour, rng, payers, issue_all(flavour, rng.getrandbits(63), payers, items, as_of))
