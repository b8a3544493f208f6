"""Drafts of bank lines and remittance advices, with the truth of each, and the world that they are drawn in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from recon.bench import names, noise
from recon.bench.dice import chance, roll
from recon.bench.ledger import Item, Ledger
from recon.bench.payers import RAIL_LENGTH, Alias, Flavour, Payer, Payers, cut, upper

UK_TYPES = (("BGC", 0.55), ("FPI", 0.85), ("BAC", 0.95), ("CHP", 1.0))  # each up to this share
SATURDAY = 5
RTGS_FROM = 20_000_000  # 2 lakh rupees, in paise
IMPS_TO = 50_000_000  # 5 lakh rupees
LONG_TEXT = 140  # CHAPS and ISO 20022 carry this much
ADVICE_SIZES = (2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 10, 12, 18, 30)
DENSE_SIZES = (2, 2, 2, 3)
SAME_DAY = 0.15  # of the lines whose document is of this month: paid on the day of its date
NOISE = 0.12  # of the references outside their own family
FIELD_86 = 65  # one line of MT940's :86:; nothing of ours is broken over two


@dataclass(frozen=True, slots=True)
class Share:
    """What truth says that a line pays: cash for an item (None = on account), and what else settles it."""

    item: Item | None
    cash: int
    deduction: int = 0
    deduction_type: str = ""
    alike: tuple[Item, ...] = ()  # other items that nothing tells from this one: any of them is right


@dataclass(slots=True)
class Draft:
    """One bank line before it is written in its bank's words, and the truth about it."""

    case: str
    expected: str
    amount: int
    booking: date
    shares: tuple[Share, ...] = ()
    codes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()  # other outcomes that the text allows
    clean: bool = False
    answerable: bool = True
    bank: int = 0  # which of our accounts
    type: str = ""
    name: str = ""
    reference: str = ""
    utr: str = ""
    payer_account: str = ""
    value_date: date | None = None
    text: str | None = None  # the whole narrative, where it is not made of name and reference
    family: str = ""
    noise: str = "none"  # what happened to the reference on its way, where the case does not say it
    fact: str = ""  # the fact, told by no table but by the rules (recon.bench.site), that its label rests on
    part_of_many: bool = False  # one of several receipts for several items together
    line_id: str = ""


@dataclass(frozen=True, slots=True)
class Advised:
    """One line of an advice."""

    doc_no: str
    gross: int
    paid: int
    deduction: int = 0
    deduction_type: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """One remittance advice."""

    payer: str
    payment_date: date
    reference: str
    total: int
    lines: tuple[Advised, ...]


@dataclass
class World:
    """All that cases are drawn from, and all that they leave behind."""

    flavour: Flavour
    rng: Random
    payers: Payers
    ledger: Ledger
    as_of: date
    sizes: tuple[int, ...] = ADVICE_SIZES  # documents of an advice
    drafts: list[Draft] = field(default_factory=list)
    advices: list[Advice] = field(default_factory=list)
    totals: set[tuple[str, int]] = field(
        default_factory=set
    )  # (customer, total) of advices: exact totals link
    _serial: Counter[str] = field(default_factory=Counter)
    _thin: list[Payer] = field(default_factory=list)
    _segments: dict[tuple[str, ...], list[Payer]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        first = self.as_of.replace(day=1)
        month = [first + timedelta(days=day) for day in range((self.as_of - first).days + 1)]
        self.days = [day for day in month if day.weekday() < SATURDAY]
        self.month = frozenset(self.days)
        self._thin = [payer for payer in self.payers.all if payer.thin]
        self._called: dict[str, list[Payer]] = defaultdict(list)
        self.named: dict[str, set[str]] = defaultdict(set)  # every form of a name -> customers
        for payer in self.payers.all:
            if not payer.thin:
                self._called[cut(upper(payer.name))].append(payer)
            for form in (upper(payer.name), cut(upper(payer.name)), *payer.aliases):
                self.named[form].add(payer.customer_id)
        self.cut_names = list(self._called)
        self.grouped = [payer for payer in self.payers.of("company", "corporate") if payer.group_id]

    def called(self, name: str) -> list[Payer]:
        """Payers with items whose legal name, cut at the rail's length, is this."""
        return self._called.get(name, [])

    @property
    def uk(self) -> bool:
        """Whether this is the UK ledger."""
        return self.flavour == "uk"

    def day(self, after: date | None = None, *, room: int = 0) -> date:
        """A working day of the month later than `after`, with `room` further working days behind it."""
        days = [day for day in self.days[: len(self.days) - room] if after is None or day > after]
        return self.rng.choice(days or self.days[-room - 1 : len(self.days) - room])

    def after(self, items: Iterable[Item], *, room: int = 0) -> date:
        """A working day on which all these items were issued already: later mostly, sometimes the same."""
        newest = max(item.issue for item in items)
        if not room and newest in self.month and chance(self.rng, SAME_DAY):
            return newest
        return self.day(newest, room=room)

    def early(self) -> date:
        """The first working day of the month, or one soon after it."""
        return self.days[roll(self.rng, 0, 3)]

    @property
    def last_period(self) -> date:
        """The last day of the month before, which is closed."""
        return self.as_of.replace(day=1) - timedelta(days=1)

    def noisy(self, doc_no: str) -> tuple[str, str]:
        """A number as people type it, still the same number, and the name of what happened; mostly nothing."""
        if doc_no[0].isdigit() or not chance(self.rng, NOISE):
            return doc_no, "none"
        kind = ("separators", "noughts dropped", "lower case", "blanks removed")[roll(self.rng, 0, 4)]
        if kind == "separators":
            text = noise.reformatted(doc_no, self.rng)
        elif kind == "noughts dropped":
            text = noise.zeros_dropped(doc_no)
        elif kind == "lower case":
            text = doc_no.lower()
        else:
            text = noise.squeezed(doc_no)
        return text, kind if text != doc_no else "none"

    def payer(self, *segments: str) -> Payer:
        """A payer of these segments, or of any."""
        if segments not in self._segments:
            wanted = segments or tuple({payer.segment for payer in self.payers.all if not payer.thin})
            self._segments[segments] = self.payers.of(*wanted)
        return self.rng.choice(self._segments[segments])

    def thin(self) -> Payer | None:
        """A payer without items, for one case alone."""
        return self._thin.pop() if self._thin else None

    def known(self, payer: Payer) -> str:
        """A confirmed name that identifies the payer."""
        return self.rng.choice(payer.known)

    def any_name(self, payer: Payer) -> str:
        """A name as it may stand beside an exact reference: mostly known, sometimes cut, shared or missing."""
        if chance(self.rng, 0.75):
            return self.known(payer)
        if chance(self.rng, 0.5):
            return cut(upper(payer.name))
        if payer.segment in ("board", "trust"):
            return "NHS SBS"
        return self.rng.choice((*names.STRANGE_FIRMS, ""))

    def aka(self, name: str, payer: Payer, since: date, until: date | None) -> None:
        """A further name of a payer, good for some time."""
        self.payers.aliases.append(Alias(name, payer.customer_id, since, until, "credit control"))
        self.named[name].add(payer.customer_id)

    def serial(self, name: str) -> int:
        """The next number of a sequence, from 1."""
        self._serial[name] += 1
        return self._serial[name]

    def payment_number(self) -> str:
        """A payer's payment number; its digits are no document's number."""
        return f"{8_000_000 + 13 * self.serial('payment'):010d}"

    def utr(self, day: date, rail: str = "NEFT") -> str:
        """A unique transaction reference of NEFT or RTGS, in one of the shapes of domain 3.7."""
        bank = self.rng.choice(("SBIN", "ICIC", "UTIB", "KKBK", "HDFC"))
        number = self.serial("utr") * 17 + 100
        if rail == "RTGS" or chance(self.rng, 0.7):
            return f"{bank}{rail[0]}5{day:%Y%m%d}{number * 7919 % 10**8:08d}"
        return f"{bank}H{day:%y%j}{number * 7919 % 10**6:06d}"

    def emit(self, draft: Draft, *reserve: Item) -> Draft:
        """Keep a draft; its items, and those named besides, may not change or be paid by another line."""
        for item in (*reserve, *(share.item for share in draft.shares)):
            if item is not None:
                self.ledger.spent += not item.used
                item.used = True
        if not draft.type:
            draft.type = self._type(draft)
        if self.uk and draft.bank == 1 and len(draft.reference) > FIELD_86 - RAIL_LENGTH - 1:
            draft.bank = 2
        self.ledger.taken.add(abs(draft.amount))
        self.drafts.append(draft)
        return draft

    def _type(self, draft: Draft) -> str:
        if self.uk:
            if len(draft.reference) > RAIL_LENGTH or len(draft.name) > RAIL_LENGTH:
                return "CHP"
            drawn = self.rng.random()
            return next(kind for kind, edge in UK_TYPES if drawn < edge)
        if draft.utr:  # an advice knows it by its UTR, which IMPS has none of
            return "NEFT"
        if draft.amount >= RTGS_FROM and chance(self.rng, 0.4):
            return "RTGS"
        return "NEFT" if draft.amount > IMPS_TO or chance(self.rng, 0.85) else "IMPS"

    def advise(
        self, payer_name: str, customer_id: str, day: date, reference: str, lines: Sequence[Advised]
    ) -> Advice:
        """Keep an advice of these lines; its total is their sum."""
        advice = Advice(payer_name, day, reference, sum(line.paid for line in lines), tuple(lines))
        self.advices.append(advice)
        self.totals.add((customer_id, advice.total))
        return advice


def shares_of(items: Iterable[Item]) -> tuple[Share, ...]:
    """Each item paid in full."""
    return tuple(Share(item, item.open) for item in items)
