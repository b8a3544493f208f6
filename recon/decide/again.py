"""What is settled, decided again: taken back as a whole, or one part of it moved, by counter-rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from recon.decide.choices import Asked, allocated, amiss, on_account, take, wanted
from recon.decide.known import ON_ACCOUNT, Item, Known, Line, Refusal, Row
from recon.model import Choice, on_account_of, settled_hash


def check(one: Asked, line: Line) -> None:
    """See that a decision on what is settled of a line can be taken.

    Raises:
        Refusal: it can't.
    """
    if not line.settled:
        raise Refusal("the line is not settled", "decide it on Suggestions or Exceptions; press Refresh")
    if one.row_hashes != {settled_hash(line.turn)}:
        raise Refusal(
            "what is settled changed since you saw it; press Refresh", "look at it again, then decide"
        )
    if len(one.decisions) > 1:
        raise Refusal(
            "the line has two different decisions", "one after the other: apply the first one alone"
        )
    if one.decision not in [str(choice) for choice in AGAIN]:
        known = ", ".join(AGAIN)
        raise Refusal("the line is settled; this decision is for lines that wait", f"choose one of: {known}")


def close(one: Asked, line: Line, known: Known) -> list[Row]:
    """The counter-rows that a decision makes, and the rows in their place; `take` gives items back what they had.

    Returns:
        Rows whose cash is the line's amount with the other sign where it is taken back, nought where it is moved.

    Raises:
        Refusal: it is incomplete, does not add up, or takes more than there is.
    """
    rows = AGAIN[Choice(one.decision)](one, line, known)
    undone = _undone_already(rows, line, known)
    if undone:
        raise Refusal.together(undone)
    return rows


def _undone_already(rows: Sequence[Row], line: Line, known: Known) -> list[Refusal]:
    """Items that would be given back more than stands of them, since another line (a return) undid it before.

    What is settled of an item lies between nought and all of it: above for an invoice, below for a credit note. An
    item that the extract no longer has is taken for what its line says it is.
    """
    faults = []
    after = wanted(rows)
    for item_id, given in sorted(wanted(line.standing).items()):
        moved, stands, item = after.get(item_id, 0), known.ever.get(item_id, 0), known.items.get(item_id)
        if not moved:
            continue
        whole = item.left + stands if item else 0
        side = whole or (given if line.amount > 0 else -given)
        beyond = (stands + moved) * side < 0 or (item is not None and abs(stands + moved) > abs(whole))
        if beyond:
            shown = known.shown(stands, line.currency)
            why = (
                f"of item {known.called(item_id)} only {shown} is settled still: another line undid the rest"
            )
            faults.append(Refusal(why, "take that line back first"))
    return faults


def _counter(rows: Sequence[Row], decision: str) -> list[Row]:
    return [replace(row, amount=-row.amount, deduction=-row.deduction, rule=decision) for row in rows]


def _take_back(one: Asked, line: Line, _known: Known) -> list[Row]:
    """All that is accepted of the line, with the other sign; the line is open again."""
    if one.rows:
        raise Refusal(
            "`reject` takes the whole line back, and no item", "empty the cells; or choose `allocate`"
        )
    return _counter(line.standing, one.decision)


def _move(
    one: Asked, line: Line, known: Known, place: Callable[[Asked, Line, Known], list[Row]]
) -> list[Row]:
    """The parts named, with the other sign, and their cash where it is to go.

    Their deductions end with them: whoever moves a part that was short says anew what settles the other item.
    """
    moved = _named(one.legs, line.standing)
    if not moved:
        raise Refusal("that part of the line is not settled any more", "press Refresh, then look at it again")
    holders = sorted({row.customer_id or "suspense" for row in moved if not row.item_id})
    if len(holders) > 1:
        why = f"cash on account of {' and '.join(holders)} would move together"
        hint = "decide on one customer's row alone (press Refresh if there is one row only), apply, then the next"
        raise Refusal(why, hint)
    cash = sum(row.amount for row in moved)
    counter = _counter(moved, one.decision)
    gone = _own_items(moved, line, known)
    known.items |= gone
    take(counter, known)  # what is given back may be used at once
    try:
        rows = place(one, replace(line, amount=cash, rows=tuple(moved)), known)
        faults = amiss(rows, cash, line, known)
    finally:
        take(moved, known)
        for item_id in gone:
            del known.items[item_id]
    if faults:
        raise Refusal.together(faults)
    if wanted(rows) == wanted(moved) and all(row.item_id for row in rows):
        raise Refusal("this is where it is already", "write another item, or choose `on account`")
    return counter + rows


def _named(legs: Sequence[str], standing: Sequence[Row]) -> list[Row]:
    """The parts of a line that are named: an item by its id, cash `on account` (all of it), or that `of` a customer.

    Example: `on account of K101` -> the cash on account of K101; `on account of nobody` -> what is in suspense.
    """
    items = {row.item_id for row in standing} - {""}
    cash = {leg for leg in legs if leg not in items}  # an item may be called as if it were cash
    return [
        row
        for row in standing
        if (row.item_id and row.item_id in legs)
        or (not row.item_id and not cash.isdisjoint((ON_ACCOUNT, on_account_of(row.customer_id))))
    ]


def _own_items(moved: Sequence[Row], line: Line, known: Known) -> dict[str, Item]:
    """Items of the parts that move that the extract has no more: nothing is open of them but what is given back."""
    return {
        row.item_id: Item(row.item_id, row.customer_id, line.currency, 0, known.ever.get(row.item_id, 0))
        for row in moved
        if row.item_id and row.item_id not in known.items
    }


def _move_to_items(one: Asked, line: Line, known: Known) -> list[Row]:
    return _move(one, line, known, allocated)


def _move_on_account(one: Asked, line: Line, known: Known) -> list[Row]:
    return _move(one, line, known, on_account)


AGAIN: Final[Mapping[Choice, Callable[[Asked, Line, Known], list[Row]]]] = MappingProxyType(
    {
        Choice.REJECT: _take_back,
        Choice.ON_ACCOUNT: _move_on_account,
        Choice.ALLOCATE: _move_to_items,
    }
)
