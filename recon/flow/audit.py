"""What an auditor asks of a store: was anything changed beside recon, and does a run come out the same again?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from recon import decide, model
from recon.flow import books, deliver, replay
from recon.flow.review import known_store
from recon.model import ALLOCATIONS, Kind, Outcome
from recon.problems import Problem, ReconError
from recon.store import Store, Verified

NOTED_MIN: Final = 12  # characters of a hash that was noted
OUT_FILES = ("allocations.csv", "exceptions.csv", "lines.csv")


@dataclass(frozen=True)
class Audited:
    """The chain as it was found, and its breaks as problems."""

    verified: Verified
    problems: tuple[Problem, ...]


def verify(store_url: str = "", book: Path | None = None, expect: str = "") -> Audited:
    """Look through the whole hash chain of a store.

    Args:
        store_url: the store; empty = the one beside the workbook.
        book: the workbook.
        expect: a hash that was noted earlier (its first 12 characters suffice); it must still be in the chain.

    Raises:
        ReconError: EXIT_INPUT if no store is named; EXIT_JOB if it can't be used.
    """
    if expect and len(expect.strip()) < NOTED_MIN:
        what = f"the hash {expect.strip()} has fewer than {NOTED_MIN} characters, which proves little"
        raise ReconError(Problem("chain-broken", "--expect", what, "give more of what was noted"))
    with opened("recon audit verify", store_url, book) as store:
        found, hashes = store.verify(), store.links()
    problems = [
        Problem(
            "chain-broken", "", what, "ask who has written to the store besides recon; its backups show when"
        )
        for what in found.breaks
    ]
    if expect and not any(one.startswith(expect.strip().lower()) for one in hashes):
        what = f"no link has the hash {expect}: the store was rolled back or replaced since it was noted"
        problems.append(Problem("chain-broken", "", what, "compare with the backups of that day"))
    return Audited(found, tuple(problems))


@dataclass(frozen=True)
class Reperformed:
    """A past run once more: how many lines it had, which came out otherwise (line_id), and the files written."""

    run_id: str
    lines: int
    other: pl.DataFrame
    ran_by: str  # the recon that ran it
    files: tuple[Path, ...]


def reperform(
    run_id: str, store_url: str = "", book: Path | None = None, out: Path | None = None
) -> Reperformed:
    """Run a past run again, from the inputs and rules that the store kept, in the state of its day.

    Args:
        run_id: the run; empty = the last one.
        store_url: the store; empty = the one beside the workbook.
        book: the workbook.
        out: folder for the three tables as they come out now; none = nothing is written.

    Raises:
        ReconError: EXIT_INPUT if no store is named, there is no such run, or its inputs or rules can't be used any
            more; EXIT_JOB if the store or the folder can't be used.
    """
    with deliver.ready(out, OUT_FILES), opened("recon audit reperform", store_url, book) as store:
        (name,), _lost = replay.chosen(store, run_id, every=False)
        past = store.past(name)
        assert past is not None, "chosen by what is kept"
        rules = replay.own_rules(past)
        if rules is None:
            what = "the rules it ran with have keys that this recon does not know"
            hint = f"install the recon that ran it ({_ran_by(store, name) or 'an earlier one'})"
            raise ReconError(Problem("run-unkept", name, what, hint))
        items, _stale = decide.remaining(past.frames[Kind.ITEMS], past.settled)
        made = replay.made(past, items, rules)
        hashes = model.fingerprints(made.lines, made.allocations, made.exceptions)
        before = past.lines.filter(pl.col("outcome") != Outcome.DUPLICATE).select("line_id", "row_hash")
        other = pl.concat(
            [
                hashes.join(before, on=["line_id", "row_hash"], how="anti").select("line_id"),
                before.join(hashes, on=["line_id", "row_hash"], how="anti").select("line_id"),
            ]
        ).unique()
        texts = (
            deliver.csv(made.allocations.select(ALLOCATIONS.file_columns)),
            deliver.csv(made.exceptions),
            deliver.csv(made.lines),
        )
        files = deliver.write(out, dict(zip(OUT_FILES, texts, strict=True))) if out else []
        return Reperformed(name, past.lines.height, other.sort("line_id"), _ran_by(store, name), tuple(files))


@contextmanager
def opened(command: str, store_url: str, book: Path | None) -> Iterator[Store]:
    """The store that a command of `recon audit` is about.

    Raises:
        ReconError: EXIT_INPUT if none is named; EXIT_JOB if it can't be used.
    """
    url = books.store_url(store_url, book)
    if not url:
        raise ReconError(
            Problem("store-needed", command, "nothing says which store is meant", "add --store or --book")
        )
    with known_store(url, None if store_url else book) as store:
        yield store


def _ran_by(store: Store, run_id: str) -> str:
    """The version of recon that ran a run, as its summary says."""
    summary = store.runs().filter(pl.col("run_id") == run_id)["summary"].item()
    return str(json.loads(summary).get("recon", ""))
