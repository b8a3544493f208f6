"""Items that nothing tells apart: whichever of them is given counts for the one that truth names.

truth: L1 pays V1 or V2, L2 pays V2 or V1 (two equal credits, two equal items)
given: L1 -> V2, L2 -> V1   both right
given: L1 -> V1, L2 -> V1   one right: an item is paid once
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final, TypeVar

import polars as pl

KEY: Final = ["flavour", "line_id", "item_id"]
PAIR: Final = {name: pl.String() for name in (*KEY, "counts")}
Paid = TypeVar("Paid")


def likenesses(truth_allocations: pl.DataFrame) -> dict[str, dict[str, tuple[str, ...]]]:
    """Of each line that has such items: the item that truth names, and those that are as right."""
    found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    loose = truth_allocations.filter(pl.col("alike") != "").select("line_id", "item_id", "alike")
    for line_id, item_id, alike in loose.iter_rows():
        found[line_id][item_id] = tuple(alike.split(";"))
    return dict(found)


def as_named(paid: Mapping[str, Paid], alike: Mapping[str, tuple[str, ...]]) -> dict[str, Paid]:
    """What a line pays, by item; an item that is as right as the one that truth names goes by its name."""
    made = dict(paid)
    for named, others in alike.items():
        given = [item_id for item_id in others if item_id in made]
        if given and named not in made:
            made[named] = made.pop(given[0])
    return made


def counted(given: pl.DataFrame, true: pl.DataFrame) -> pl.DataFrame:
    """The pairs given, each with the true one that it counts for.

    Args:
        given: `KEY`, score; each pair once.
        true: `KEY`, alike (item_ids, `;` between).

    Returns the columns given and `counts`: the item_id of the true pair; null = wrong. Among items that are alike
    the higher score counts; none counts twice.
    """
    marked = given.join(true.select(*KEY, counts="item_id"), on=KEY, how="left", maintain_order="left")
    lines = true.filter(pl.col("alike") != "").select("flavour", "line_id").unique()
    if lines.is_empty():
        return marked
    loose = marked.join(lines, on=["flavour", "line_id"], how="semi", maintain_order="left")
    settled = _settled(loose, true.join(lines, on=["flavour", "line_id"], how="semi", maintain_order="left"))
    return marked.drop("counts").join(
        pl.concat([marked.join(loose, on=KEY, how="anti").select(list(PAIR)), settled]),
        on=KEY,
        how="left",
        maintain_order="left",
    )


def _settled(loose: pl.DataFrame, true: pl.DataFrame) -> pl.DataFrame:
    """Pairs of lines that have such items: `PAIR`. A few lines in a hundred: a loop over rows is quick enough."""
    wanted: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(dict)
    for flavour, line_id, item_id, alike in true.select(*KEY, "alike").iter_rows():
        wanted[flavour, line_id][item_id] = {item_id, *filter(None, alike.split(";"))}
    ranked = loose.with_columns(other=pl.col("counts").is_null()).sort(
        "score", "other", *KEY, descending=[True, False, False, False, False]
    )
    used: set[tuple[str, str]] = set()
    rows: list[tuple[str, str, str, str | None]] = []
    for flavour, line_id, item_id in ranked.select(KEY).iter_rows():
        still = wanted[flavour, line_id]
        named = next((name for name, either in still.items() if item_id in either), None)
        if (flavour, item_id) in used:
            named = None
        if named is not None:
            used.add((flavour, item_id))
            del still[named]
        rows.append((flavour, line_id, item_id, named))
    return pl.DataFrame(rows, schema=PAIR, orient="row")
