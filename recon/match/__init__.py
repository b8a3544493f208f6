"""Propose, for every bank line, the open items it pays, and say why.

Six steps, each a function from tables to tables. Nothing here reads a file, a clock or a random number.
"""

from __future__ import annotations

from recon.match.assign.choose import choose
from recon.match.candidates.find import find
from recon.match.combine.search import search
from recon.match.explain.tell import tell
from recon.match.prepare.clean import clean
from recon.match.score.weigh import weigh
from recon.model import Result, Tables
from recon.rules.schema import Rules


def match(tables: Tables, rules: Rules) -> Result:
    """Match one independent set of bank lines and remittances against its open items.

    Args:
        tables: all that came in, in inner form.
        rules: frozen rules.

    Returns the proposals in inner form: each bank line has exactly one outcome, its money is conserved to the
    minor unit, and no item is settled beyond its open amount; all three are asserted.
    """
    ready = clean(tables, rules)  # text -> keys; classes, duplicates and returns set aside
    found = find(ready, rules)  # which lines, items, payers and advices may meet at all
    proposals = search(ready, found, rules)  # one line, one or many items: every set that may explain it
    weighed = weigh(ready, found, proposals, rules)  # one weight column for each piece of evidence
    chosen = choose(ready, weighed, rules)  # every item owned once, the best total for the whole
    return tell(ready, found, weighed, chosen, rules)  # outcome, reasons, exceptions with their codes
