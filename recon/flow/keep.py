"""What a run leaves in the store, and what it finds there of earlier runs."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from recon import decide
from recon.decide import cases
from recon.flow.gather import Gathered
from recon.model import Kind, Outcome, RunRecord
from recon.problems import Problem
from recon.rules.schema import Rules
from recon.store import RunTables, Shadow, Store


def opened(url: str) -> Store:
    """The store, made where there is none yet.

    Raises:
        ReconError: EXIT_JOB, if it can't be used.
    """
    return Store.open(url)


def remembered(
    store: Store, gathered: Gathered, rules: Rules
) -> tuple[frozenset[str], pl.DataFrame, tuple[Problem, ...]]:
    """What earlier runs settled: lines not to propose again, what is left of each item, and what is stale of it.

    Items with an open query are disputed.
    """
    settled = store.settled_lines()
    left, stale = decide.remaining(gathered.frames[Kind.ITEMS], store.settled_items())
    return settled, cases.blocked(left, store.cases(), rules.cases), stale


def keep(
    store: Store,
    run: RunRecord,
    gathered: Gathered,
    outer: Mapping[str, pl.DataFrame],
    items: pl.DataFrame,
    rules: Rules,
    pending: frozenset[str],
    shadow: Shadow | None = None,
) -> None:
    """The run into the store: each line's proposal once, and what the rules accept of it; and what was tried."""
    lines = outer["lines"].filter(pl.col("outcome") != Outcome.DUPLICATE)
    accepted = decide.by_rule(
        lines, outer["allocations"], items, store.decided(), rules.controls.auto_post_ceiling, pending
    )
    store.save_run(
        run,
        RunTables(
            lines=lines,
            allocations=outer["allocations"],
            exceptions=outer["exceptions"],
            bank_lines=gathered.frames[Kind.BANK],
            open_items=gathered.frames[Kind.ITEMS],
            accepted=accepted,
            readings=gathered.readings,
            others=gathered.frames,
            shadow=shadow,
        ),
    )
