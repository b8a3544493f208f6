"""What a decision is checked against: lines, proposals and items of the view, in minor units, by their ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from recon import model, successions
from recon.decide.by_rule import with_customers
from recon.decide.remaining import remaining
from recon.model import ACCEPTED, ALLOCATIONS, LINES, OPEN_ITEMS, SETTLED, View
from recon.net import over_turns


class Refusal(Exception):  # noqa: N818 - it is an answer to the reviewer, not an error
    """Why a decision can't be applied, and what to do."""

    def __init__(self, why: str, hint: str = "") -> None:
        self.why = why
        self.hint = hint
        super().__init__(why)

    @classmethod
    def together(cls, faults: Sequence[Refusal]) -> Refusal:
        """All that is wrong with one decision, told at once; each word of it once."""
        whys = dict.fromkeys(fault.why for fault in faults)
        hints = dict.fromkeys(fault.hint for fault in faults if fault.hint)
        return cls("; ".join(whys), "; ".join(hints))


@dataclass(frozen=True)
class Row:
    """One accepted row to be: cash and deduction of an item, or cash on account (item_id empty)."""

    item_id: str
    amount: int
    deduction: int = 0
    deduction_type: str = ""
    customer_id: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Line:
    """A bank line with its last proposal."""

    line_id: str
    amount: int
    currency: str
    row_hash: str
    booked: date
    rows: tuple[Row, ...]
    alternatives: tuple[str, ...]
    standing: tuple[Row, ...] = ()  # what is accepted of it now
    turn: int = 0  # its last one; 0: it never was settled
    settled: bool = False

    @property
    def unexplained(self) -> int:
        """What the proposal neither allocates nor puts on account."""
        return self.amount - sum(row.amount for row in self.rows)


@dataclass
class Item:
    """An open item, and how much of it may still be settled, or undone."""

    item_id: str
    customer_id: str
    currency: str
    left: int
    settled: int


@dataclass
class Known:
    """What the view knows of the lines that are decided. `items` change while decisions are applied."""

    lines: Mapping[str, Line]
    items: dict[str, Item]
    by_doc_no: Mapping[str, tuple[str, ...]]  # doc_no -> ids of the items that have it
    ever: dict[str, int]  # item_id -> what was settled of it, also of items that the extract no longer has
    customers: frozenset[str]
    heirs: Mapping[str, date] = field(default_factory=dict)  # who came after others -> the first day
    gone: Mapping[str, tuple[date, tuple[str, ...]]] = field(
        default_factory=dict
    )  # since when, and into whom
    scales: Mapping[str, int] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)  # item_id -> what a person called it

    def item(self, item_id: str, currency: str) -> Item:
        """The item of that id, as a proposal names it.

        Raises:
            Refusal: there is none, or it is in another currency than the line.
        """
        return self._found(item_id, self.called(item_id), currency)

    def called(self, item_id: str) -> str:
        """An item as it was typed, else by its document (with the id if several have that one), else by its id."""
        docs = [doc for doc, ids in self.by_doc_no.items() if item_id in ids]
        if item_id in self.said or not docs or item_id in docs:
            return self.said.get(item_id, item_id)
        return docs[0] if len(self.by_doc_no[docs[0]]) == 1 else f"{docs[0]} ({item_id})"

    def typed(self, name: str, currency: str) -> Item:
        """The item that a person means: by its id, its document number, or both as the sheets show it, `7 (V3)`.

        Raises:
            Refusal: there is none, it is in another currency than the line, or the name is that of several: the id of
                one may be the document number of another.
        """
        bare, _, rest = name.removesuffix(")").rpartition(" (")
        if name.endswith(")") and rest in self.by_doc_no.get(bare, ()):
            self.said[rest] = name
            return self._found(rest, name, currency)
        meant = {*self.by_doc_no.get(name, ()), *({name} & self.items.keys())}
        still = {one for one in meant if self.items[one].left} or meant
        if len(still) > 1:
            called = {one: doc for doc, ids in self.by_doc_no.items() for one in ids}
            told = " or ".join(f"{called[one]} ({one})" if one in called else one for one in sorted(still))
            raise Refusal(f"{name} is the number of {len(still)} items", f"write {told}")
        item = self._found(next(iter(still), name), name, currency)
        self.said[item.item_id] = name
        return item

    def _found(self, item_id: str, name: str, currency: str) -> Item:
        found = self.items.get(item_id)
        if found is None:
            raise Refusal(f"item {name} is not among the open items", "check the number, or press Refresh")
        if found.currency != currency:
            raise Refusal(
                f"item {name} is in {found.currency}, the line is in {currency}", "choose another item"
            )
        return found

    def minor(self, text: str, currency: str) -> int:
        """An amount that a person wrote, in minor units.

        Raises:
            Refusal: it is no amount, or has more decimals than the currency.
        """
        if not re.match(model.MONEY_TEXT, text):
            raise Refusal("the amount can't be read", "write it as 1234.56")
        scale = self.scales.get(currency, model.exponent(currency))
        minor = Decimal(text).scaleb(scale)
        if minor != minor.to_integral_value():
            raise Refusal(f"{text} has more decimals than {currency} has", "write it as 1234.56")
        return int(minor)

    def text(self, minor: int, currency: str) -> str:
        """An amount as the store keeps it."""
        return money(minor, currency, self.scales, ",d").replace(",", "")

    def shown(self, minor: int, currency: str) -> str:
        """An amount as people read it: `4,200.00`."""
        return money(minor, currency, self.scales, ",d")


def money(minor: int, currency: str, scales: Mapping[str, int], whole_format: str) -> str:
    """One amount as decimal text, the whole part in that format; the same digits as `model.outside` gives."""
    own = model.exponent(currency)
    scale = scales.get(currency, own)
    whole, rest = divmod(abs(minor), 10**scale)
    digits = f"{rest:0{scale}d}" if scale else ""
    kept = digits[:own] + digits[own:].rstrip("0")
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole:{whole_format}}" + (f".{kept}" if kept else "")


def known_of(view: View, line_ids: Iterable[str], named: Iterable[str]) -> Known:
    """What the view knows of these lines, of the items in their proposals, and of the items a person named."""
    wanted = pl.DataFrame({"line_id": sorted(set(line_ids))}, schema={"line_id": pl.String})

    def of_lines(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(wanted, on="line_id", how="semi", maintain_order="left")

    lines, allocations, exceptions = (
        of_lines(view.lines),
        of_lines(view.allocations),
        of_lines(view.exceptions),
    )
    alternatives = _alternatives(exceptions)
    typed = {*named}
    typed |= {part for name in typed if name.endswith(")") for part in name[:-1].rpartition(" (")[::2]}
    standing = over_turns(of_lines(view.accepted))
    names = typed | {
        *allocations["item_id"].drop_nulls(),
        *standing["item_id"],
        *_last_names(alternatives.values()),
    }
    mentioned = pl.Series(sorted(names - {""}), dtype=pl.String).implode()
    items, _ = remaining(
        view.open_items.filter(pl.col("item_id").is_in(mentioned) | pl.col("doc_no").is_in(mentioned)),
        view.settled,
    )
    scales = model.scales_of(
        [
            (LINES, lines),
            (ALLOCATIONS, allocations),
            (OPEN_ITEMS, items),
            (ACCEPTED, view.accepted),
            (SETTLED, view.settled),
        ]
    )
    rows = _rows(with_customers(model.inside(allocations, ALLOCATIONS, scales), items))
    stands = _rows(model.inside(standing, ACCEPTED, scales))
    turns = {line_id: (turn, settled) for line_id, turn, settled in of_lines(view.turns).iter_rows()}
    booked = dict(of_lines(view.bank_lines).select("line_id", "booking_date").iter_rows())
    came, _ = successions.checked(view.successions)
    found = model.inside(lines, LINES, scales).select("line_id", "amount_minor", "currency", "row_hash")
    return Known(
        lines={
            line_id: Line(
                line_id,
                amount,
                currency,
                row_hash,
                booked.get(line_id) or date.min,
                tuple(rows.get(line_id, ())),
                tuple(alternatives.get(line_id, ())),
                tuple(stands.get(line_id, ())),
                *turns.get(line_id, (0, False)),
            )
            for line_id, amount, currency, row_hash in found.iter_rows()
        },
        items=_items(items, view.settled, scales),
        by_doc_no=_by_doc_no(items),
        ever=dict(_ever(view.settled, scales).select("item_id", "ever").iter_rows()),
        customers=frozenset(view.open_items["customer_id"].drop_nulls()) - {""},
        heirs=_heirs(came),
        gone=_gone(came),
        scales=scales,
    )


def _heirs(came: successions.Successions) -> dict[str, date]:
    """Who came after others by rename, merger or split, and from which day on."""
    return dict(successions.successors(came).iter_rows())


def _gone(came: successions.Successions) -> dict[str, tuple[date, tuple[str, ...]]]:
    """Who is no more: since which day, and what they became."""
    return {name: (until, tuple(after)) for name, until, after in successions.ended(came).iter_rows()}


def _rows(allocations: pl.DataFrame) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    columns = (
        "line_id",
        "item_id",
        "amount_minor",
        "deduction_minor",
        "deduction_type",
        "customer_id",
        "rule",
    )
    for line_id, item_id, amount, deduction, *texts in allocations.select(columns).iter_rows():
        rows.setdefault(line_id, []).append(Row(item_id, amount, deduction or 0, *texts))
    return rows


def _items(items: pl.DataFrame, settled: pl.DataFrame, scales: Mapping[str, int]) -> dict[str, Item]:
    inner = model.inside(items, OPEN_ITEMS, scales).join(
        _ever(settled, scales), on=["item_id", "currency"], how="left", maintain_order="left"
    )
    columns = inner.select(
        "item_id", "customer_id", "currency", "open_amount_minor", pl.col("ever").fill_null(0)
    )
    found: dict[str, Item] = {}
    for row in columns.iter_rows():
        found.setdefault(row[0], Item(*row))  # two rows of one id: the first counts, the smaller risk
    return found


def _ever(settled: pl.DataFrame, scales: Mapping[str, int]) -> pl.DataFrame:
    """What was settled of each item at any time: item_id, currency, ever."""
    return (
        model.inside(settled, SETTLED, scales)
        .group_by("item_id", "currency")
        .agg(pl.col("settled_ever_minor").first().alias("ever"))
    )


def _by_doc_no(items: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for doc_no, item_id in items.select("doc_no", "item_id").iter_rows():
        if doc_no and item_id not in found.get(doc_no, ()):
            found[doc_no] = (*found.get(doc_no, ()), item_id)
    return found


def _alternatives(exceptions: pl.DataFrame) -> dict[str, list[str]]:
    """Each line's alternatives in the order shown; a text that several exceptions repeat counts once."""
    found: dict[str, list[str]] = {}
    for line_id, text in exceptions.select("line_id", "alternatives").iter_rows():
        for one in (text or "").split(" | "):
            known = found.setdefault(line_id, [])
            if one.strip() and one.strip() not in known:
                known.append(one.strip())
    return found


def _last_names(alternatives: Iterable[Iterable[str]]) -> set[str]:
    return {part.name for texts in alternatives for text in texts for part in parts_of(text)}


ON_ACCOUNT: Final = "on account"


@dataclass(frozen=True)
class Part:
    """What an alternative gives to one item, as text: cash, and what settles it besides as (amount, type).

    The name `on account` is no item's: it is what stays on the account of the items' customer.
    """

    name: str
    amount: str
    deductions: tuple[tuple[str, str], ...] = ()


def parts_of(alternative: str) -> list[Part]:
    """An alternative's items with their amounts; nothing if it can't be read.

    Item ids may hold blanks, ` + ` and ` less `; one that looks like an amount before a ` + ` is not found, and
    refused. The text is made by `match.readings`; the two change together.

    Example: `INV 7 90.00 less 10.00 TDS + CN-1 -20.00 + on account 5.00` -> INV 7 with 90.00 and (10.00, TDS),
        CN-1 with -20.00, on account with 5.00.
    """
    parts: list[Part] = []
    pending = ""
    for piece in alternative.split(" + "):
        whole = f"{pending} + {piece}" if pending else piece
        part = _part(whole)
        pending = "" if part else whole
        parts += [part] if part else []
    return [] if pending else parts


def _part(text: str) -> Part | None:
    """One item's part; None if the text is not whole, or is no such part."""
    cash, *kept = text.split(" less ")
    while kept and not all(_deduction(one) for one in kept):
        cash = f"{cash} less {kept.pop(0)}"  # the id has the word in it
    name, _, amount = cash.rpartition(" ")
    if not name.strip() or not re.match(model.MONEY_TEXT, amount):
        return None
    return Part(name.strip(), amount, tuple(found for one in kept if (found := _deduction(one))))


def _deduction(text: str) -> tuple[str, str] | None:
    """`10.00 TDS` as its amount and type."""
    amount, _, kind = text.partition(" ")
    typed = kind != "" and not re.match(
        model.MONEY_TEXT, kind
    )  # `less 2 30.00` is the end of an id, and its cash
    return (amount, kind) if typed and re.match(model.MONEY_TEXT, amount) else None
