"""A change that is tried beside a run: what it would have done. It decides nothing, and stops nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from recon import decide, flow, model, rules
from recon.decide.by_rule import with_customers
from recon.flow import compare, settings
from recon.flow.beside import Beside
from recon.flow.compare import Proposed, Said
from recon.flow.gather import outer_tables
from recon.flow.reconcile import Ran, remembered, tables_of, used
from recon.learn.shadow import CHANGES, changed
from recon.model import (
    ACCEPTED,
    ALLOCATIONS,
    DECIDED,
    SHADOW,
    Outcome,
    Result,
    Tables,
)
from recon.problems import Problem, ReconError
from recon.rules.schema import Rules
from recon.store import Shadow

CODE: Final = "shadow-failed"
Matched = Callable[[list[Tables], Rules], Result]


@dataclass(frozen=True)
class Asked:
    """What is tried: the rules by name (empty = the run's own), and whether all that is suggested counts."""

    rules: str
    suggested: bool


def asked(name: str, loaded: Rules, path: Path, *, suggested: bool) -> Asked:
    """What a run tries: what it was told, else what its rules say.

    Args:
        name: rules as `--shadow` takes them; empty = those of the key `shadow`.
        loaded: the run's rules.
        path: their file, from which the key's path is meant.
        suggested: the run was told to try what is suggested, too.
    """
    named = loaded.shadow.rules
    beside = path.parent / named
    there = str(beside) if named and beside.is_file() else named
    return Asked(name or there, suggested or loaded.shadow.suggested)


def beside(tried: Asked, live: Ran, matched: Matched) -> Beside:
    """What a change would have done; whatever is wrong with it is a problem, and the run goes on.

    Args:
        tried: the change.
        live: the run.
        matched: the engine, as the run has it; it takes the tables out of the list.
    """
    try:
        return _tried(tried, live, matched)
    except ReconError as error:
        first = error.problems[0]
        what = f"the rules that were to be tried can't be: {first.what}"
        return Beside(problems=(Problem(CODE, first.where or tried.rules, what, first.hint or _CHECK),))
    except Exception as error:  # noqa: BLE001 - the night's own work must not hang on what is only tried
        what = f"what was to be tried broke off ({type(error).__name__}); the run itself is as ever"
        return Beside(problems=(Problem(CODE, tried.rules, what, _CHECK),))


_CHECK: Final = "recon rules check says what is wrong with a rules file"


def _tried(tried: Asked, live: Ran, matched: Matched) -> Beside:
    loaded = settings.load_rules(tried.rules)[0] if tried.rules else live.rules
    loaded = flow.calibration.followed(live.store, loaded)
    outer, blocked = _proposed(live, loaded, tried, matched)
    before = _posting(live, live.rules, live.outer, live.items)
    after = _posting(live, loaded, outer, blocked)
    rows = _rows(before, after, live.items)
    facts = {
        "rules": {"name": loaded.name, "sha256": rules.digest(loaded)},
        "suggested": tried.suggested,
        "lines": before.lines.height,
        "changes": {name: compare.counted(rows.filter(pl.col("change") == name)) for name in CHANGES},
        "not_tried": compare.of_reading(live.rules, loaded),
    }
    dumped = loaded.model_dump(mode="json")
    kept = Shadow(loaded.name, rules.digest(loaded), dumped, tried.suggested, before.lines.height, rows)
    return Beside(facts, kept)


def _proposed(
    live: Ran, loaded: Rules, tried: Asked, matched: Matched
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """What the change makes of what the run read, in outer form, and the open items by its rules."""
    settled, items, _stale = remembered(live.store, live.gathered, loaded)
    learned = None
    if live.store is not None:
        lessons = flow.learning.tried(live.store, suggested=tried.suggested)
        learned = flow.learning.counted(lessons, live.gathered.frames, loaded, live.as_of)
    tables = [tables_of(live.gathered, items, settled, live.store, learned)]
    scales = tables[0].scales
    return outer_tables(used(learned, matched(tables, loaded)), scales), items


def _posting(live: Ran, by: Rules, outer: Mapping[str, pl.DataFrame], items: pl.DataFrame) -> Proposed:
    """A result without duplicates, with the fingerprints of what a reviewer would see, and what rules post of it."""
    lines, allocations = outer["lines"].filter(pl.col("outcome") != Outcome.DUPLICATE), outer["allocations"]
    hashes = model.fingerprints(lines, allocations, outer["exceptions"])
    decided = live.store.decided() if live.store else DECIDED.empty_outside()
    accepted = decide.by_rule(lines, allocations, items, decided, by.controls.auto_post_ceiling, live.pending)
    return Proposed(
        lines.join(hashes, on="line_id", how="left", maintain_order="left"), allocations, accepted
    )


def _rows(before: Proposed, after: Proposed, items: pl.DataFrame) -> pl.DataFrame:
    """The lines that come out otherwise, as model.SHADOW."""
    none = Said(DECIDED.empty_outside().with_columns(decided_at=pl.lit("")), ACCEPTED.empty_outside())
    found = compare.differences(before, after, None, items, none)
    for one, name in ((before, "live"), (after, "shadow")):
        signed = compare.signatures(with_customers(one.allocations, items), ALLOCATIONS)
        found = found.join(signed.rename({"settles": f"settles_{name}"}), on="line_id", how="left")
    hashes = before.lines.select("line_id", row_hash_live="row_hash")
    found = found.join(hashes, on="line_id", how="left", maintain_order="left")
    found = found.with_columns(pl.col("settles_live", "settles_shadow", "row_hash_live").fill_null(""))
    was, now = (pl.col(name) == compare.YES for name in ("posted_before", "posted_after"))
    other = pl.col("settles_live") != pl.col("settles_shadow")
    told = found.with_columns(change=changed(was, now, other)).drop_nulls("change")
    of_both = {
        f"{name}_{new}": f"{name}_{old}"
        for name in ("outcome", "code", "items")
        for new, old in (("live", "before"), ("shadow", "after"))
    }
    return told.with_columns(**of_both).sort("line_id").select(SHADOW.names)


def told(facts: Mapping[str, Any]) -> list[str]:
    """The figures in words."""
    more = ", as if all that is suggested were accepted" if facts["suggested"] else ""
    lines = [f"tried beside it, without effect: rules `{facts['rules']['name']}`{more}"]
    lines += [f"  {name}: {compare.said(one)}" for name, one in facts["changes"].items() if one["lines"]]
    if len(lines) == 1:
        lines.append("  no line would come out otherwise")
    if facts["not_tried"]:
        lines.append(f"  not tried, since they say how files are read: {', '.join(facts['not_tried'])}")
    return lines
