"""Propose, for every bank line, the open items it pays, and say why.

Six steps, each a function from tables to tables. Nothing here reads a file, a clock or a random number.
"""

from __future__ import annotations

from recon import together
from recon.match.assign.choose import choose
from recon.match.candidates.find import find
from recon.match.candidates.link import heard, link
from recon.match.combine.search import search
from recon.match.distribute import joined, portions
from recon.match.explain.tell import tell
from recon.match.frames import Found, Proposals, Ready
from recon.match.prepare.clean import clean
from recon.match.prepare.spell import spell
from recon.match.score.weigh import weigh
from recon.model import Result, Tables
from recon.rules.schema import Rules

LINES_AT_ONCE = 100_000  # what the text of so many lines may say takes some 300 MB
PART_MIN = 10_000  # lines; smaller parts take longer together than one


def match(tables: Tables, rules: Rules, workers: int = 1, lines_at_once: int = LINES_AT_ONCE) -> Result:
    """Match one independent set of bank lines and remittances against its open items.

    Args:
        tables: all that came in, in inner form.
        rules: frozen rules.
        workers: parts of the lines that are read at the same time; the result is the same with any number.
        lines_at_once: lines that are worked on at once, by all workers together; the result is the same.

    Returns the proposals in inner form: each bank line has exactly one outcome, its money is conserved to the
    minor unit, and no item is settled beyond its open amount; all three are asserted.
    """
    ready = clean(tables, rules)  # ledger -> keys; classes, duplicates and returns set aside
    some = max(lines_at_once // workers, 1)
    found = _met(ready, rules, some, workers)  # which lines, items, payers and advices may meet at all
    ready = heard(ready, found)
    weighed = _proposed(
        ready, found, rules, some, workers
    )  # every set that may explain a line, and its weight
    chosen = choose(ready, weighed, rules)  # every item owned once, the best total for the whole
    return tell(ready, found, weighed, chosen, rules, some)  # outcome, reasons, exceptions with their codes


def _met(ready: Ready, rules: Rules, lines_max: int, workers: int) -> Found:
    """Step 2, of so many lines at a time: what is found for a line hangs on no other line."""
    parts = together.parts(ready.lines, lines_max, workers, PART_MIN)
    met = together.each(lambda lines: find(spell(ready, lines, rules), rules), parts, workers)
    return link(ready, list(met), rules)


def _proposed(ready: Ready, found: Found, rules: Rules, lines_max: int, workers: int) -> Proposals:
    """Steps 3 and 4, of so many lines at a time: those of one payer together."""

    def propose(portion: tuple[Ready, Found]) -> Proposals:
        return weigh(*portion, search(*portion, rules), rules)

    return joined(list(together.each(propose, portions(ready, found, lines_max), workers)))
