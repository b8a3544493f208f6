"""What must hold after every step of a story: ledger, store and workbook say the same, to the penny."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
from flow_cases import Row, sheet
from story_ledger import Ledger, Sums

from recon.model import View
from recon.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from story_months import Place

NOUGHT = Decimal(0)
ASIDE = "not_receivable"
Named = Mapping[str, Any]


def check(place: Place) -> None:
    """All of it. The sums are made here row by row, without the code that makes those of recon."""
    with Store.open(place.store) as store:
        now, unposted, found = store.current(), store.unposted(), store.verify()
    assert found.breaks == (), "the chain is whole"
    lines_are_whole(now)
    store_is_ledger(now, unposted, place.ledger)
    workbook_is_store(now, place.book)


def lines_are_whole(now: View) -> None:
    """A settled line is settled by its amount, an open one by nothing; no document is settled beyond itself."""
    amounts = dict(now.lines.select("line_id", "amount").iter_rows())
    outcomes = dict(now.lines.select("line_id", "outcome").iter_rows())
    cash = sums(now.accepted, lambda row: (row["line_id"],), cash_of)
    parts = sums(now.accepted, lambda row: (row["line_id"], row["item_id"], row["deduction_type"]), whole_of)
    settled = settled_of(now)
    bare = {row["line_id"] for row in now.decided.to_dicts() if row["decision"] == "not receivable"}
    for line_id, amount in amounts.items():
        taken = cash.get((line_id,), NOUGHT)
        if line_id not in settled:
            assert not [key for key in parts if key[0] == line_id], "of an open line nothing is accepted"
            assert taken == 0
        elif taken != Decimal(amount):
            assert taken == 0, f"{line_id}: {taken} of {amount} is accepted"
            assert line_id in bare or outcomes[line_id] == ASIDE


def store_is_ledger(now: View, unposted: pl.DataFrame, ledger: Ledger) -> None:
    """What is accepted is what the ledger has imported, and what is still to be posted."""
    for of_store, of_ledger in ((by_item, ledger.settled()), (on_account, ledger.held())):
        assert of_store(now.accepted) == added(of_ledger, of_store(unposted))
    bank = sum(sums(now.accepted, lambda _row: (), cash_of).values(), NOUGHT)
    waiting = sum(sums(unposted, lambda _row: (), cash_of).values(), NOUGHT)
    assert bank == ledger.balance("1200") + waiting
    for (item,), amount in by_item(now.accepted).items():
        whole = ledger.documents[item].amount
        assert min(NOUGHT, whole) <= amount <= max(NOUGHT, whole), f"{item}: {amount} of {whole} is settled"


def workbook_is_store(now: View, book: Path) -> None:
    """Allocations shows what is accepted, each other line waits on a review sheet, Bank has them all."""
    settled = settled_of(now)
    shown = [row for row in sheet(book, "Allocations") if row["Line id"] in settled]
    assert added(by_part(shown, "Line id", "Item id", "Amount", "Deduction")) == added(
        by_part(now.accepted.to_dicts(), "line_id", "item_id", "amount", "deduction")
    )
    review = [*sheet(book, "Suggestions"), *sheet(book, "Exceptions")]
    waiting = set(now.lines.filter(pl.col("outcome") != ASIDE)["line_id"]) - settled
    assert {row["Line id"] for row in review} - settled == waiting
    on_sheet = {row["Line id"]: Decimal(row["Amount"]) for row in sheet(book, "Bank")}
    assert on_sheet == {
        key: Decimal(amount) for key, amount in now.lines.select("line_id", "amount").iter_rows()
    }


def settled_of(now: View) -> set[str]:
    return set(now.turns.filter("settled")["line_id"])


def cash_of(row: Named) -> Decimal:
    return Decimal(row["amount"])


def whole_of(row: Named) -> Decimal:
    return Decimal(row["amount"]) + Decimal(row["deduction"] or 0)


def sums(
    rows: pl.DataFrame, key: Callable[[Named], tuple[str, ...]], amount: Callable[[Named], Decimal]
) -> Sums:
    made: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for row in rows.to_dicts():
        made[key(row)] += amount(row)
    return {name: total for name, total in made.items() if total}


def by_item(accepted: pl.DataFrame) -> Sums:
    return sums(accepted.filter(pl.col("item_id") != ""), lambda row: (row["item_id"],), whole_of)


def on_account(accepted: pl.DataFrame) -> Sums:
    held = accepted.filter(pl.col("item_id") == "")
    return sums(held, lambda row: (row["line_id"], row["customer_id"]), whole_of)


def by_part(rows: Iterable[Named], line: str, item: str, amount: str, deduction: str) -> Sums:
    made: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for row in rows:
        made[row[line], row[item], "cash"] += Decimal(row[amount] or 0)
        made[row[line], row[item], "deduction"] += Decimal(row[deduction] or 0)
    return made


def added(*all_sums: Sums) -> Sums:
    made: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for one in all_sums:
        for key, amount in one.items():
            made[key] += amount
    return {key: amount for key, amount in made.items() if amount}


def end_state(place: Place) -> dict[str, object]:
    """What a story comes to, without what hangs on the clock and on how often a job ran."""
    with Store.open(place.store) as store:
        now, batches = store.current(), [store.batch(name) for name in store.batches()]
        lessons = store.lessons()
    shown = {name: [_timeless(row) for row in sheet(place.book, name)] for name in SHEETS}
    frames = {
        "bank_lines": now.bank_lines,
        "open_items": now.open_items,
        "lines": now.lines.drop("run_id"),
        "allocations": now.allocations,
        "exceptions": now.exceptions,
        "accepted": now.accepted,
        # In which row a line stood hangs on what the sheet still showed of the step before.
        "decided": now.decided.drop("decided_at").with_columns(pl.col("where").str.replace(r"!\d+$", "")),
        "turns": now.turns,
        "settled": now.settled,
        "learned": lessons.events.drop("at"),
        "rejected": lessons.rejections.drop("at"),
    }
    # A run that is run again moves the lines that still wait behind the others: the order says nothing.
    tables = {name: sorted(map(repr, _placed(frame.to_dicts(), place))) for name, frame in frames.items()}
    sheets = {name: sorted(map(repr, _placed(found, place))) for name, found in shown.items()}
    return {
        **tables,
        "batches": batches,
        "ledger": place.ledger.extract(),
        "held": place.ledger.held(),
        **{f"sheet {name}": found for name, found in sheets.items()},
    }


SHEETS = (
    "Suggestions",
    "Exceptions",
    "Allocations",
    "Bank",
    "Open items",
    "Remittances",
    "Problems",
    "Rules",
)


SAID_ON = r" on \d{4}-\d{2}-\d{2}"  # of whom and when a reason tells: `rejected before by anna on ...`


def _placed(rows: Iterable[Named], place: Place) -> list[dict[str, Any]]:
    """Rows without the folder of their story, the day on which it was played, and their place on a sheet."""
    folder = place.root.as_posix() + "/"
    return [
        {
            name: re.sub(SAID_ON, "", one.replace(folder, "")) if isinstance(one, str) else one
            for name, one in row.items()
            if name != "sheet_row"
        }
        for row in rows
    ]


def _timeless(row: Row) -> Row:
    return {name: re.sub(r"\d{4}-\d{2}-\d{2}: ", "", text) for name, text in row.items()}
