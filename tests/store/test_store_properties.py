"""Whole histories of runs, decisions and late ledgers: nothing is settled twice, nothing goes missing."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_cases import AT, dump, frame, open_items, record, run

from recon import model
from recon.decide import by_rule, decide, remaining
from recon.model import Choice, View
from recon.store import RunTables, Store

ITEMS = ("A", "B", "CN")
History = tuple[dict[str, int], list[tuple[str, int]]]
CHOICES = [*map(str, Choice), "", "nonsense"]


def pounds(pence: int) -> str:
    return f"{Decimal(pence) / 100:.2f}"


def pence(text: str) -> int:
    return int(Decimal(text) * 100)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """What each item had open at first, and steps: a run or a decision, each with a seed of its own."""
    size = st.integers(1, 300)
    opened = {"A": draw(size), "B": draw(size), "CN": -draw(size)}
    steps = draw(st.lists(st.tuples(st.sampled_from(["run", "decide"]), st.integers(0, 2**32)), max_size=5))
    return opened, [("run", 0), *steps]


def rows_of(path: Path, query: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def taken(path: Path) -> dict[str, int]:
    """What was accepted of each item, cash and deductions, in all."""
    sums = dict.fromkeys(ITEMS, 0)
    for item_id, amount, deduction in rows_of(path, "SELECT item_id, amount, deduction FROM accepted"):
        if item_id:
            sums[item_id] += pence(amount) + pence(deduction)
    return sums


def propose(store: Store, path: Path, opened: dict[str, int], dice: random.Random, nth: int) -> RunTables:
    """A run whose ledger knows some of what was accepted, and whose proposals keep to what is left."""
    known = {item_id: opened[item_id] - dice.choice([0, total]) for item_id, total in taken(path).items()}
    extract = open_items(*[(item_id, pounds(amount)) for item_id, amount in known.items()])
    settled = store.settled_lines()
    left_items, _ = remaining(extract, store.settled_items())
    left = {item_id: pence(text) for item_id, text in left_items.select("item_id", "open_amount").iter_rows()}
    lines: list[tuple[str, str, str]] = []
    for at in range(3):
        item_id = dice.choice(ITEMS)
        size = dice.randint(0, abs(left[item_id]))
        line_id = f"L{nth + at}-{size}-{item_id == 'CN'}"  # an id is one amount's for ever
        amount = size if left[item_id] > 0 else -size
        if line_id in settled or not amount or line_id in {line[0] for line in lines}:
            continue
        left[item_id] -= amount
        lines.append((line_id, item_id, pounds(amount)))
    tables = run(lines, extract, outcome=dice.choice(["auto", "suggested"]))
    accepted = by_rule(tables.lines, tables.allocations, extract, store.decided(), Decimal("1.50"))
    return replace(tables, accepted=accepted)


def ask(view: View, dice: random.Random) -> pl.DataFrame:
    """Decisions on any lines, sensible and not."""
    rows = []
    for line_id, amount, row_hash in view.lines.select("line_id", "amount", "row_hash").iter_rows():
        wrong = pounds(dice.randint(-300, 300))
        said = {
            "item_id": dice.choice([*ITEMS, "Z", ""]),
            "amount": dice.choice([amount, amount, wrong, "x", ""]),
        }
        said |= {"alternative": dice.choice(["1", "2", ""]), "note": dice.choice(["why", ""])}
        seen = dice.choice([row_hash] * 5 + ["old"])
        rows.append(
            {"line_id": line_id, "decision": dice.choice(CHOICES), "row_hash": seen, "where": "S!2", **said}
        )
    return frame(model.DECISIONS, rows, decided_by="ann")


def play(path: Path, opened: dict[str, int], steps: list[tuple[str, int]]) -> None:
    with Store.open(str(path)) as store:
        for nth, (kind, seed) in enumerate(steps):
            dice, before = random.Random(seed), dump(path)  # noqa: S311 - the same history for the same seed
            if kind == "run":
                store.save_run(record(f"r{nth}"), propose(store, path, opened, dice, nth))
            else:
                view = store.current()
                asked = ask(view, dice)
                outcome = decide(asked, view)
                shuffled = decide(asked.sample(fraction=1, shuffle=True, seed=1), view)
                assert shuffled.accepted.equals(outcome.accepted)
                assert shuffled.decided.equals(outcome.decided)
                store.append_decisions(outcome.decided, outcome.accepted, AT)
                again = decide(asked, store.current())
                assert again.accepted.is_empty()
            check(path, opened, before)


def check(path: Path, opened: dict[str, int], before: dict[str, list[tuple[object, ...]]]) -> None:
    after = dump(path)
    for name, rows in before.items():
        assert set(rows) <= set(after[name]), f"{name} is append-only"
    for item_id, total in taken(path).items():
        low, high = sorted((0, opened[item_id]))
        assert low <= total <= high, f"{item_id} is over-allocated"
    cash: dict[str, int] = {}
    for line_id, amount in rows_of(path, "SELECT line_id, amount FROM accepted"):
        cash[line_id] = cash.get(line_id, 0) + pence(amount)
    amounts = {
        line_id: pence(amount) for line_id, amount in rows_of(path, "SELECT line_id, amount FROM bank_lines")
    }
    assert cash == {line_id: amounts[line_id] for line_id in cash}, "lines are accepted to the penny"
    assert set(cash) <= {line_id for (line_id,) in rows_of(path, "SELECT line_id FROM settlements")}


@settings(max_examples=8, deadline=None)
@given(history=histories())
def test_nothing_is_settled_twice_and_nothing_goes_missing(
    history: History,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder) / "store.db", *history)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(history=histories())
def test_nothing_is_settled_twice_in_many_histories(
    history: History,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder) / "store.db", *history)
