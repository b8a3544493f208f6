"""Propose, for every bank line, the open items it pays, and say why.

Six steps, each a function from tables to tables. Nothing here reads a file, a clock or a random number.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl

from recon import together
from recon.match import heirs
from recon.match.assign.choose import choose
from recon.match.candidates.find import find, indexes
from recon.match.candidates.link import heard, link
from recon.match.combine.search import search
from recon.match.distribute import PART_MIN, joined, of_evidence, portions
from recon.match.explain.tell import outlook, tell
from recon.match.frames import Found, Met, Proposals, Ready
from recon.match.prepare.clean import clean
from recon.match.prepare.spell import spell
from recon.match.score.weigh import weigh
from recon.model import Result, Tables
from recon.rules.schema import Rules
from recon.together import Once

PORTION_MIN = 20_000  # smaller portions take longer and save little
LINES_AT_ONCE = 200_000  # what the text of so many lines may say takes some 750 MB
Distribute = Callable[[Callable[[Any], Any], Iterable[Any], int], Iterator[Any]]


def match(tables: Tables, rules: Rules, workers: int = 1, lines_at_once: int = LINES_AT_ONCE) -> Result:
    """Match one independent set of bank lines and remittances against its open items.

    Args:
        tables: all that came in, in inner form.
        rules: frozen rules.
        workers: parts of the lines that are worked on at the same time; the result is the same with any number.
        lines_at_once: lines that are worked on at once, by all workers together; the result is the same.

    Returns the proposals in inner form: each bank line has exactly one outcome, its money is conserved to the
    minor unit, and no item is settled beyond its open amount; all three are asserted.
    """
    return settle(ready_of(tables, rules), rules, workers, lines_at_once)


def ready_of(tables: Tables, rules: Rules) -> Ready:
    """Step 1, for `settle`: what came in, cleaned, with the keys it can be joined by."""
    given = [tables]
    del tables  # so that nobody holds what cleaning lets go
    return clean(given.pop(), rules)


def settle(
    ready: Ready,
    rules: Rules,
    workers: int = 1,
    lines_at_once: int = LINES_AT_ONCE,
    distribute: Distribute = together.each,
) -> Result:
    """As `match`, from what `ready_of` has made of the tables, so that whoever calls it can let go of these before.

    Args:
        ready: the cleaned tables.
        rules: frozen rules.
        workers: as in `match`.
        lines_at_once: as in `match`.
        distribute: does the same work with each of many parts, here or elsewhere, and returns what it makes of them
            in their order. The work, the parts and what comes of them can be pickled.
    """
    some = max(lines_at_once // workers, 1)
    parts = together.parts(ready.lines, some, workers, PART_MIN)
    ledger = replace(ready, lines=ready.lines.clear())
    # Which lines, items and payers may meet at all, and then which advices.
    met = list(distribute(partial(meet, ledger, rules), parts, workers))
    ready = replace(ready, once=Once())
    del ledger, parts  # and with them the indexes that were made for finding
    _let_go(ready.lines.height)
    found = link(ready, met, rules)
    ready, found = heard(ready, found), replace(heirs.paying(ready, found), texts=found.texts.clear())
    ready = of_evidence(ready, found)
    del met
    _let_go(ready.lines.height)
    # Every set of items that may explain a line, and its weight; the lines of one payer together.
    # What is proposed takes more memory than what is found.
    few = max(some // 2, min(some, PORTION_MIN))
    proposed = distribute(partial(propose, rules), portions(ready, found, few), workers)
    weighed = joined(list(proposed))
    _let_go(ready.lines.height)
    chosen = choose(ready, weighed, rules)  # every item owned once, the best total for the whole
    _let_go(ready.lines.height)
    # Outcome, reasons, exceptions with their codes; for these little of the ledger is asked.
    seen = outlook(ready, found, weighed, chosen, rules)
    del ready, found, weighed, chosen
    _let_go(seen.ready.lines.height)
    return tell(seen, rules, lines_at_once, workers)


def meet(ledger: Ready, rules: Rules, lines: pl.DataFrame) -> Met:
    """Step 2 for some of the lines: what is found for a line hangs on the ledger, and on no other line."""
    if lines.height >= PART_MIN:
        indexes(ledger, rules)
    return find(spell(ledger, lines, rules), rules)


def propose(rules: Rules, portion: tuple[Ready, Found]) -> Proposals:
    """Steps 3 and 4 for a portion of the lines: what its sets are hangs on no line of another portion."""
    return weigh(*portion, search(*portion, rules), rules)


def _let_go(lines: int) -> None:
    """The memory of tables that only wait for Python to find that nobody needs them; to it they are small objects."""
    if lines > LINES_AT_ONCE:
        gc.collect()
