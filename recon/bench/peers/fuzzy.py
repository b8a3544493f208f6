"""What a script does: for each row rapidfuzz's best document number, else the best name and an equal amount."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import polars as pl
from rapidfuzz import fuzz, process

from recon.bench.peers.parts import PAIRS, RAIL, Prepared

AMOUNT_BONUS: Final = 30.0
NAME_SHARE: Final = 0.6  # a name and an amount say less than a number
EQUAL: Final = 100.0  # every number that is a document's is taken, not only the best
REF_MIN: Final = 75.0
NAME_MIN: Final = 85.0


def pairs(given: Prepared) -> pl.DataFrame:
    """Pairs line_id, item_id, score: one for each part, found in a loop over its rows as such scripts do.

    Items of the line's amount are tried first, then the whole ledger. A number is compared with each piece of the
    text that may be one; with the whole text (`partial_ratio`) it is slower and finds less.
    """
    docs = dict(zip(given.items["item_id"].to_list(), given.items["doc"].to_list(), strict=True))
    names = dict(
        zip(given.items["item_id"].to_list(), given.items["name"].str.slice(0, RAIL).to_list(), strict=True)
    )
    equal: dict[int, list[str]] = defaultdict(list)
    for item_id, amount in given.items.select("item_id", "amount").iter_rows():
        equal[amount].append(item_id)
    refs: dict[int, list[str]] = defaultdict(list)
    for part, ref in given.refs.iter_rows():
        refs[part].append(ref)
    rows = [
        (line_id, item_id, score / (100 + AMOUNT_BONUS))
        for part, line_id, name, amount in given.parts.select("part", "line_id", "name", "amount").iter_rows()
        for item_id, score in _best(refs[part], name, equal.get(amount, []), docs, names)
    ]
    return pl.DataFrame(rows, schema=PAIRS, orient="row")


def _best(
    refs: list[str], name: str, equal: list[str], docs: dict[str, str], names: dict[str, str]
) -> Iterator[tuple[str, float]]:
    same = {item_id: docs[item_id] for item_id in equal}
    for choices, bonus in ((same, AMOUNT_BONUS), (docs, 0.0)):
        found = [process.extractOne(ref, choices, scorer=fuzz.ratio, score_cutoff=REF_MIN) for ref in refs]
        hits = [(str(hit[2]), hit[1] + bonus) for hit in found if hit]
        if hits:
            best = max(hits, key=lambda hit: (hit[1], hit[0]))
            yield best
            if not bonus:
                yield from (hit for hit in hits if hit[1] == EQUAL and hit != best)
            return
    if name and same:
        hit = process.extractOne(
            name,
            {item_id: names[item_id] for item_id in equal},
            scorer=fuzz.token_set_ratio,
            score_cutoff=NAME_MIN,
        )
        if hit:
            yield str(hit[2]), hit[1] * NAME_SHARE + AMOUNT_BONUS
