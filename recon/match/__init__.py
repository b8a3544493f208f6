"""Propose, for every bank line, the open items it pays, and say why.

Six steps, each a function from tables to tables. Nothing here reads a file, a clock or a random number.
"""

from __future__ import annotations

from recon import together
from recon.match.assign.choose import choose
from recon.match.candidates.find import find
from recon.match.candidates.link import heard, link
from recon.match.combine.search import search
from recon.match.explain.tell import tell
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
        lines_at_once: lines whose text is read at once, by all workers together; the result is the same.

    Returns the proposals in inner form: each bank line has exactly one outcome, its money is conserved to the
    minor unit, and no item is settled beyond its open amount; all three are asserted.
    """
    ready = clean(tables, rules)  # ledger -> keys; classes, duplicates and returns set aside
    parts = together.parts(ready.lines, max(lines_at_once // workers, 1), workers, PART_MIN)
    met = together.each(
        lambda lines: find(
            spell(ready, lines, rules), rules
        ),  # which lines, items and payers may meet at all
        parts,
        workers,
    )
    found = link(ready, list(met), rules)  # ... and which advices
    ready = heard(ready, found)
    proposals = search(ready, found, rules)  # one line, one or many items: every set that may explain it
    weighed = weigh(ready, found, proposals, rules)  # one weight column for each piece of evidence
    chosen = choose(ready, weighed, rules)  # every item owned once, the best total for the whole
    return tell(ready, found, weighed, chosen, rules)  # outcome, reasons, exceptions with their codes
