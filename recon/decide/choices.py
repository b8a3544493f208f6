"""Each choice of the reviewer: what it accepts, or why it can't be done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from recon.decide.known import ON_ACCOUNT, Item, Known, Line, Part, Refusal, Row, parts_of
from recon.model import Choice

WRITE_OFF_TYPE: Final = "WO"

# An item and its amount as Proposed items shows them. With decimals, so that the id `INV 1042` is no amount of 1042.
_LISTED: Final = re.compile(r"(\S.*?) +(-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})\.\d+)$")


@dataclass(frozen=True)
class Asked:
    """What was asked for one line: all its rows of the sheets together."""

    decisions: frozenset[str]
    alternatives: frozenset[str]
    rows: tuple[tuple[str, str], ...]  # item_id, amount; as written
    note: str
    decided_by: str
    row_hashes: frozenset[str]
    places: tuple[str, ...]
    legs: tuple[str, ...] = ()  # of a settled line: which of its parts

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, str]]) -> Asked:
        """The rows of one line as one decision."""

        def of(name: str) -> list[str]:
            return sorted({row[name] for row in rows} - {""})

        return cls(
            decisions=frozenset(row["decision"] for row in rows),
            alternatives=frozenset(of("alternative")),
            rows=tuple(pair for row in rows for pair in _pairs(row)),
            note="; ".join(of("note")),
            decided_by=", ".join(of("decided_by")),
            row_hashes=frozenset(of("row_hash")),  # a row that the reviewer added below has none
            places=tuple(row["where"] for row in rows),
            legs=tuple(of("leg")),
        )

    @property
    def decision(self) -> str:
        """The choice; where several were made, all of them."""
        return ", ".join(sorted(self.decisions))

    def details(self) -> str:
        """What is asked besides the choice, as JSON that is the same for the same wish."""
        asked = {
            "alternative": sorted(self.alternatives),
            "items": sorted(list(row) for row in self.rows),
            "legs": list(self.legs),
        }
        return json.dumps({name: value for name, value in asked.items() if value}, ensure_ascii=False)


def _pairs(row: Mapping[str, str]) -> list[tuple[str, str]]:
    """Items and amounts of one row of the sheet: one in two cells, or for `allocate` several in the cell Item.

    Example: `INV-1 1,060.00; CN-2 -40.00` and no amount -> INV-1 with 1060.00, CN-2 with -40.00.
    """
    name, amount = row["item_id"], row["amount"]
    if row["decision"] == Choice.ALLOCATE and not amount:
        listed = [_LISTED.match(piece.strip()) for piece in name.split(";") if piece.strip()]
        if listed and all(listed):
            return [(found[1], found[2].replace(",", "")) for found in listed if found]
    return [(name, amount)] if name or amount else []


def close(one: Asked, line: Line, known: Known) -> list[Row]:
    """The rows that a decision accepts; `take` takes them off what is left of their items.

    Returns:
        Nothing for a choice that allocates nothing; else rows whose cash is the line's amount, to the penny.

    Raises:
        Refusal: it is incomplete, does not add up, or takes more than there is; with all that is wrong at once.
    """
    rows = CHOICES[Choice(one.decision)](one, line, known)
    faults = amiss(rows, line.amount, line, known) if rows else []
    if faults:
        raise Refusal.together(faults)
    return rows


def take(rows: Sequence[Row], known: Known) -> None:
    """Take accepted rows off what is left of their items; counter-rows give back."""
    for item_id, amount in wanted(rows).items():
        known.ever[item_id] = known.ever.get(item_id, 0) + amount
        if item_id in known.items:
            known.items[item_id].left -= amount
            known.items[item_id].settled += amount


def amiss(rows: Sequence[Row], cash: int, line: Line, known: Known) -> list[Refusal]:
    """What keeps rows from being taken off their items: not all of the line's `cash` is used, items have less.

    An item may be settled by all that is left of it. Money that goes out (a returned payment) may also undo what was
    accepted before; money that comes in may not, so that nothing moves silently from one item to another.
    """
    faults = []
    unexplained = cash - sum(row.amount for row in rows)
    if unexplained:
        shown = known.shown(unexplained, line.currency)
        faults.append(
            Refusal(
                f"{shown} {line.currency} of the line would stay unexplained",
                "allocate all of it, or choose on account",
            )
        )
    for item_id, amount in sorted(wanted(rows).items()):
        try:
            item = known.item(item_id, line.currency)
        except Refusal as gone:
            faults.append(gone)
            continue
        low, high = sorted((-item.settled if line.amount < 0 else 0, item.left))
        if not low <= amount <= high:
            left, asked = known.shown(item.left, line.currency), known.shown(amount, line.currency)
            why = f"item {known.called(item_id)} has {left} open, the decision would settle {asked}"
            faults.append(Refusal(why, "allocate less to it"))
    return faults


def wanted(rows: Sequence[Row]) -> dict[str, int]:
    """What rows settle of each item, cash and deductions."""
    wanted: dict[str, int] = {}
    for row in rows:
        if row.item_id:
            wanted[row.item_id] = wanted.get(row.item_id, 0) + row.amount + row.deduction
    return wanted


def _accept(_one: Asked, line: Line, _known: Known) -> list[Row]:
    """All rows of the proposal, cash on account too."""
    if not line.rows:
        raise Refusal("there is no proposal to accept", "choose another decision")
    return list(line.rows)


def _accept_alternative(one: Asked, line: Line, known: Known) -> list[Row]:
    """One of the other readings, by its number."""
    count = len(line.alternatives)
    if not count:
        raise Refusal("the proposal has no alternatives", "choose another decision")
    numbers = sorted(one.alternatives)
    if len(numbers) > 1:
        raise Refusal("the line has two different alternatives", "leave one of them")
    number = numbers[0].removesuffix(".0") if numbers else ""
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= count):
        why = "there is no alternative of that number" if numbers else "it is not said which alternative"
        raise Refusal(why, f"write its number, 1 to {count}" if count > 1 else "write 1: there is one only")
    parts = parts_of(line.alternatives[int(number) - 1])
    if not parts:
        raise Refusal(f"alternative {number} can't be read", "choose allocate, and say items and amounts")
    rows = _to_items([part for part in parts if part.name != ON_ACCOUNT], one, line, known.item, known)
    return rows + _held([part for part in parts if part.name == ON_ACCOUNT], rows, one, line, known)


def _held(parts: Sequence[Part], rows: Sequence[Row], one: Asked, line: Line, known: Known) -> list[Row]:
    """What stays on account besides the items: of their customer, if they are all of one."""
    if any(not part.amount for part in parts):
        raise Refusal("it is not said how much stays on account", "write on account 50.00")
    owners = {row.customer_id for row in rows}
    holder = owners.pop() if len(owners) == 1 else ""
    return [
        Row("", known.minor(part.amount, line.currency), customer_id=holder, rule=one.decision)
        for part in parts
    ]


def allocated(one: Asked, line: Line, known: Known) -> list[Row]:
    """Items and amounts that the reviewer wrote."""
    if not one.rows:
        raise Refusal("it is not said to which item, and how much", "write item and amount")
    parts = [Part(name, amount) for name, amount in one.rows]
    held = [part for part in parts if part.name.casefold() == ON_ACCOUNT]
    rows = _to_items([part for part in parts if part not in held], one, line, known.typed, known)
    return rows + _held(held, rows, one, line, known)


Find = Callable[[str, str], Item]


def _to_items(parts: Sequence[Part], one: Asked, line: Line, find: Find, known: Known) -> list[Row]:
    """Rows of items: the first carries the cash, each further one a further deduction. `find` knows their names."""
    rows: list[Row] = []
    faults: list[Refusal] = []
    for part in parts:
        try:
            rows += _to_item(part, one, line, find, known)
        except Refusal as fault:
            faults.append(fault)
    if faults:
        raise Refusal.together(faults)
    return rows


def _to_item(part: Part, one: Asked, line: Line, find: Find, known: Known) -> list[Row]:
    if not part.name or not part.amount:
        raise Refusal("an item has no amount, or an amount has no item", "write item and amount")
    item = find(part.name, line.currency)
    cash = known.minor(part.amount, line.currency)
    if not cash and not part.deductions:
        raise Refusal(f"the amount for item {part.name} is nought", "write how much, or leave the item out")
    kept = [(known.minor(amount, line.currency), kind) for amount, kind in part.deductions or (("0", ""),)]
    return [
        Row(item.item_id, 0 if nth else cash, minor, kind, item.customer_id, one.decision)
        for nth, (minor, kind) in enumerate(kept)
    ]


def on_account(one: Asked, line: Line, known: Known) -> list[Row]:
    """The whole line on account: of the customer written, else of the one proposed, else of nobody yet (suspense)."""
    names = sorted({name for name, _ in one.rows if name})
    if len(names) > 1:
        raise Refusal("the line has two different customers", "leave one of them")
    customer_id = names[0] if names else ""
    proposed = {row.customer_id for row in line.rows} - {""}  # it may have no open item: a successor
    since = known.heirs.get(customer_id)
    there = customer_id in known.customers | proposed
    if since and not there and line.booked < since:
        why = f"{customer_id} has come after another customer since {since} only, and the line is of {line.booked}"
        raise Refusal(why, "write the customer of that day, or nothing")
    if not there and (now := _now(customer_id, line, known)):
        raise Refusal(f"{customer_id} is no more, but {now}", "write that customer, or nothing")
    if customer_id and not since and not there:
        raise Refusal(
            f"{customer_id} is no customer of the open items", "write a customer number, or nothing"
        )
    if not customer_id and len(proposed) == 1:
        customer_id = proposed.pop()
    return [Row("", line.amount, customer_id=customer_id, rule=one.decision)]


def _now(customer_id: str, line: Line, known: Known) -> str:
    """What a customer became by the day of a line, to the end of the chain; "" if it is itself still."""
    told = ""
    while (gone := known.gone.get(customer_id)) and gone[0] <= line.booked:
        told = f"{' or '.join(gone[1])} since {gone[0]}"
        if len(gone[1]) > 1:
            break
        customer_id = gone[1][0]
    return told


def _write_off(one: Asked, line: Line, known: Known) -> list[Row]:
    """The proposal, its unexplained rest to the item named, and that item settled by the amount besides.

    Example: a line of 95.00, proposed for A (100.00 open); write off A 5.00 -> A 95.00, and A 0.00 with WO 5.00.
    """
    faults = [] if one.note else [Refusal("a write-off needs a note", "write why")]
    rows: list[Row] = []
    try:
        rows = [*line.rows, _written_off(one, line, known)]
    except Refusal as fault:
        faults.append(fault)
    if faults:
        raise Refusal.together([*faults, *(amiss(rows, line.amount, line, known) if rows else ())])
    return rows


def _written_off(one: Asked, line: Line, known: Known) -> Row:
    if len(one.rows) != 1 or not all(one.rows[0]):
        raise Refusal("a write-off needs one item and its amount", "write item and amount")
    name, amount = one.rows[0]
    item = known.typed(name, line.currency)
    minor = known.minor(amount, line.currency)
    if not minor:
        raise Refusal("the amount to write off is nought", "write how much")
    return Row(item.item_id, line.unexplained, minor, WRITE_OFF_TYPE, item.customer_id, one.decision)


def _nothing(_one: Asked, _line: Line, _known: Known) -> list[Row]:
    """Recorded only."""
    return []


CHOICES: Final[Mapping[Choice, Callable[[Asked, Line, Known], list[Row]]]] = MappingProxyType(
    {
        Choice.ACCEPT: _accept,
        Choice.ACCEPT_ALTERNATIVE: _accept_alternative,
        Choice.ALLOCATE: allocated,
        Choice.ON_ACCOUNT: on_account,
        Choice.WRITE_OFF: _write_off,
        Choice.NOT_RECEIVABLE: _nothing,
        Choice.PARK: _nothing,
        Choice.QUERY: _nothing,
        Choice.REJECT: _nothing,
    }
)
assert set(CHOICES) == set(Choice), "every choice is told"
