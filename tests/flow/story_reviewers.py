"""Two reviewers who apply to one store at once, each from a workbook of their own, again and again.

Whatever the order: each decision is told accepted or refused, none is kept twice, every line and item adds up, and
the chain is whole. A job that another one overtook (`store-changed`) is run again, as its message says.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import polars as pl
from flow_cases import decide, recon, sheet
from story_checks import by_item, lines_are_whole

from recon import flow
from recon.problems import ReconError
from recon.store import Store

BANK = "account,booking_date,amount,currency,type,counterparty,reference,narrative\n"
HEAD = "item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount\n"
LINES, OPEN = 10, Decimal("100.00")
SHEETS = ("Allocations", "Suggestions", "Exceptions")
WHO = ("anna", "ben")
REFRESH, APPLY = "refresh", "apply"
SAME_TIME = 120  # seconds until a process that never comes is given up


@dataclass(frozen=True)
class Endured:
    """What came of it: decisions typed, taken and refused, and how often a job had to be run again."""

    rounds: int
    typed: int
    accepted: int
    refused: int
    again: int


def at_once(root: Path, address: str, rounds: int, seed: int) -> Endured:
    """Let two processes apply that often; an AssertionError says what was lost, kept twice or does not add up."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    store = address or str(root / "both.recon.db")
    books = _night(root, store)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    ends, workers = [], []
    for who, book in zip(WHO, books, strict=True):
        mine, theirs = context.Pipe()
        worker = context.Process(target=_reviewer, args=(theirs, barrier, str(book), store, who), daemon=True)
        worker.start()
        ends.append(mine)
        workers.append(worker)
    try:
        told = [_round(nth, dice, books, ends, store) for nth in range(rounds)]
    finally:
        for end in ends:
            end.send(None)
        for worker in workers:
            worker.join(SAME_TIME)
            worker.kill()
    return Endured(rounds, *(sum(numbers) for numbers in zip(*told, strict=True)))


def _night(root: Path, store: str) -> tuple[Path, Path]:
    """A store in which lines wait that want the same items, and a workbook of it for each reviewer."""
    parts = [
        f"A 1,2026-03-{n:02},30.{n:02},GBP,BGC,NORTHSIDE CARE LTD,INV-{1001 + n % 3}," for n in range(1, 6)
    ]
    rest = [f"A 1,2026-03-{n:02},30.{n:02},GBP,BGC,STRANGER {n},," for n in range(6, LINES + 1)]
    items = [
        f"INV-{n},C1,Northside Care Ltd,invoice,INV-{n},2026-02-01,2026-03-01,GBP,{OPEN},{OPEN}"
        for n in range(1001, 1004)
    ]
    (root / "bank.csv").write_text(BANK + "\n".join([*parts, *rest]) + "\n", encoding="utf-8")
    (root / "items.csv").write_text(HEAD + "\n".join(items) + "\n", encoding="utf-8")
    books = root / "anna.xlsm", root / "ben.xlsm"
    given = ("--bank", root / "bank.csv", "--items", root / "items.csv", "--store", store, "--quiet")
    ran = recon("run", *given, "--book", books[0])
    assert ran.code == 0, ran
    shutil.copy2(books[0], books[1])
    return books


def _reviewer(end: Connection, barrier: Barrier, book: str, store: str, who: str) -> None:
    """A reviewer's process: applies when told to, and says what became of it."""
    while (asked := end.recv()) is not None:
        if asked == REFRESH:
            flow.refresh(Path(book), store)
            end.send("ready")
            continue
        barrier.wait(SAME_TIME)
        again = 0
        while True:
            try:
                done = flow.collect(Path(book), store, who)
            except ReconError as error:
                codes = {problem.code for problem in error.problems}
                if codes != {"store-changed"}:
                    end.send((error.problems,))
                    break
                again += 1
                continue
            end.send((done.accepted, done.refused, again))
            break


def _round(
    nth: int, dice: random.Random, books: Sequence[Path], ends: Sequence[Connection], store: str
) -> tuple[int, int, int, int]:
    """Both type decisions, and apply them at once: typed, accepted, refused, run again."""
    fresh = [end for end in ends if dice.random() < 0.5]  # the other one decides on what may have changed
    for end in fresh:
        end.send(REFRESH)
    for end in fresh:
        assert end.recv() == "ready"
    tags = [f"{who} {nth}" for who in WHO]
    typed = [_typed(book, dice, tag) for book, tag in zip(books, tags, strict=True)]
    for end in ends:
        end.send(APPLY)
    told = [end.recv() for end in ends]
    for wanted, said, tag in zip(typed, told, tags, strict=True):
        assert len(said) == 3, f"{tag}: {said}"
        assert said[0] + said[1] == len(wanted), f"{tag}: {wanted} are decided, told is {said}"
        _kept(store, wanted, said, tag)
    _adds_up(store)
    return sum(map(len, typed)), *(sum(said[place] for said in told) for place in range(3))


def _typed(book: Path, dice: random.Random, tag: str) -> set[str]:
    """Three decisions in the workbook, on lines as it shows them; what is left there of earlier ones is emptied."""
    where: dict[str, str] = {}
    for name in SHEETS:
        shown = sheet(book, name)
        left = {row["Line id"]: dict.fromkeys(_cells(name), "") for row in shown if row["Decision"]}
        if left:
            decide(book, name, left)
        for row in shown:
            if row["Row hash"]:  # on Allocations what is only proposed has none
                where.setdefault(row["Line id"], name)
    cents = {row["Line id"]: row["Amount"][-3:] for row in sheet(book, "Bank")}
    lines = dice.sample(sorted(where), 3)
    for line_id in lines:
        decide(
            book, where[line_id], {line_id: _decision(where[line_id], cents[line_id], dice) | {"Note": tag}}
        )
    return set(lines)


def _cells(name: str) -> tuple[str, ...]:
    return (
        "Decision",
        "Note",
        *(("New item", "New amount") if name == "Allocations" else ("Item", "Amount")),
    )


def _decision(name: str, cents: str, dice: random.Random) -> dict[str, str]:
    item = f"INV-{dice.randint(1001, 1003)}"
    settled = name == "Allocations"
    choices: list[dict[str, str]] = [
        {"Decision": "on account"},
        {"Decision": "allocate", "New item" if settled else "Item": f"{item} 30.00; on account 0{cents}"},
        {"Decision": "reject"} if settled else {"Decision": "park"},
        {"Decision": "reject"} if settled else {"Decision": "accept"},
    ]
    return dice.choice(choices)


def _kept(store: str, wanted: set[str], said: tuple[int, int, int], tag: str) -> None:
    """Each decision is in the store once, with what was told of it, and a reason where it was refused."""
    with Store.open(store) as opened:
        decided = [row for row in opened.decided().to_dicts() if row["note"] == tag]
    assert sorted(row["line_id"] for row in decided) == sorted(wanted)
    assert sum(row["result"] == "accepted" for row in decided) == said[0]
    assert all(bool(row["why"]) == (row["result"] == "refused") for row in decided)


def _adds_up(store: str) -> None:
    with Store.open(store) as opened:
        now, found, turns = opened.current(), opened.verify(), opened.turns()
    assert found.breaks == ()
    lines_are_whole(now)
    for item, amount in by_item(now.accepted).items():
        assert 0 <= amount <= OPEN, f"{item}: {amount}"
    made: dict[str, list[int]] = defaultdict(list)
    for row in now.decided.filter(pl.col("turn") > 0).to_dicts():
        made[row["line_id"]].append(row["turn"])
    for line_id, numbers in made.items():
        assert len(numbers) == len(set(numbers)), f"{line_id}: a turn is taken once"
    assert set(made) <= set(turns["line_id"])
