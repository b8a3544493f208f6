"""Bank files to proposals: read, match, keep and show.

What opens a store or a workbook is loaded where the job names one (`flow.keep`, `flow.books`, see `recon.flow`):
the libraries behind them take as long to start as a small job to run.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from recon import __version__, flow, model, rules, together
from recon.flow import cluster, deliver, memory, moments, remote, settings, spread, totals
from recon.flow.advised_twice import told_twice
from recon.flow.beside import Beside
from recon.flow.continuity import followed
from recon.flow.gather import Gathered, Progress, everything, gather, inner, outer_tables, silent, spared
from recon.flow.identity import told_apart
from recon.flow.login import login
from recon.match import Distribute, ready_of, settle
from recon.model import ALLOCATIONS, Kind, Result, RunRecord, Tables
from recon.problems import LOST, Problem
from recon.rules.profile import Profile
from recon.rules.schema import Rules

if TYPE_CHECKING:
    from recon.flow.books import Book
    from recon.flow.learning import Learned
    from recon.store import Store

OUT_DEFAULT = Path("recon-out")
OUT_FILES = ("allocations.csv", "exceptions.csv", "lines.csv", "problems.csv", "summary.json")


Shares = tuple[int, int, Distribute]  # parts at the same time, lines at the same time, and by whom


@dataclass(frozen=True)
class Job:
    """What to reconcile and where to put it: names as a person gives them (files, folders, globs)."""

    bank: Sequence[str]
    items: Sequence[str]
    remittance: Sequence[str] = ()
    customers: Sequence[str] = ()
    rules: str = ""
    book: Path | Book | None = None
    out: Path | None = None
    store: str = ""
    as_of: date | None = None
    memory: int = 0  # bytes that the job should stay within; 0 = as much as it takes
    workers: int = 0  # parts of the lines that are worked on at the same time; 0 = one for each processor
    cluster: str = ""  # the Spark master of the cluster that does the heavy steps; none = this computer does
    parquet: bool = False  # the result tables as Parquet, too
    profiles: Sequence[str] = ()  # column profiles or formats that win where several fit a file
    data: Path | None = None  # folder of month-end inputs, which are read and checked with the rest
    shadow: str = ""  # rules that are tried beside it, without effect; none = what the rules themselves say
    shadow_suggested: bool = False  # try all that is suggested on Learning, too

    @property
    def places(self) -> list[tuple[Kind, Sequence[str]]]:
        """Where each kind of table is to be found."""
        return [
            (Kind.BANK, self.bank),
            (Kind.ITEMS, self.items),
            (Kind.REMITTANCE, self.remittance),
            (Kind.CUSTOMERS, self.customers),
        ]

    @property
    def out_files(self) -> tuple[str, ...]:
        """The files that are written."""
        return (*OUT_FILES, *map(_as_parquet, OUT_FILES[:-1])) if self.parquet else OUT_FILES

    @property
    def store_url(self) -> str:
        """The store's URL: the one named, else the file beside the workbook, else none."""
        return flow.books.store_url(self.store, self.book) if self.book else self.store


@dataclass(frozen=True)
class Report:
    """What came of a job: the summary, what was wrong, and where the results are."""

    summary: Mapping[str, Any]
    problems: tuple[Problem, ...]
    out: Path | None = None
    files: tuple[Path, ...] = field(default_factory=tuple)
    shown: tuple[Problem, ...] = ()  # those of the problems that are of the sheets: what could not stay there

    @property
    def to_review(self) -> int:
        """What a person must look at: lines, those above the ceiling too, and whatever was not read or left out."""
        outcomes = self.summary["outcomes"]
        waiting = (self.summary["above_ceiling"], outcomes["suggested"], outcomes["exception"])
        absent = len(self.summary["files_unread"]) + len(self.summary["statements_left_out"])
        absent += sum(problem.code in LOST for problem in self.problems)
        return sum(int(one["lines"]) for one in waiting) + absent + int(self.summary["lines_left_out"])


def reconcile(job: Job, progress: Progress = silent) -> Report:
    """Read, match, keep and show: the whole way of a night's bank files.

    Without a store nothing is remembered. All is computed before anything is written; then the store takes the run
    in one transaction, the workbook is swapped in whole, and the files are.

    Raises:
        ReconError: EXIT_INPUT if the input or rules can't be used; EXIT_JOB if store, workbook, folder or cluster
            can't be.
    """
    with cluster.opened(job.cluster) as spark:
        return _reconciled(job, progress, spark)


def _checked(gathered: Gathered, data: Path | None, profiles: Sequence[Profile]) -> Gathered:
    """What was read, with what is wrong with the month-end inputs, so that it is known before the month ends.

    Raises:
        ReconError: file-missing, if there is no such folder.
    """
    if data is None:
        return gathered
    return replace(gathered, problems=(*gathered.problems, *flow.month.read(data, profiles).problems))


def _reconciled(job: Job, progress: Progress, spark: cluster.Cluster | None) -> Report:
    stages: list[tuple[str, float]] = [("read", time.perf_counter())]
    started = moments.now()
    loaded, path = settings.load_rules(job.rules)
    profiles = settings.load_profiles(loaded, path)
    # Two files at once take their memory at once, too; a cluster's workers read none.
    at_once = 1 if job.memory else spread.workers(0 if spark else job.workers)
    asked_again = bool(job.store_url or job.book or _tries(job, loaded))  # for the rows that came in
    keep = everything if asked_again else spared
    gathered = remote.gathered(
        job.places,
        spark,
        lambda places: gather(places, loaded, profiles, progress, at_once, job.profiles, keep),
    )
    as_of = job.as_of or _latest(gathered)
    with deliver.ready(job.out, job.out_files):
        if isinstance(job.book, Path):
            flow.books.check(job.book)
        store, loaded = _opened(job, loaded)
        try:
            gathered = _checked(
                told_twice(followed(told_apart(gathered, store), store), store), job.data, profiles
            )
            settled_lines, items, stale = remembered(store, gathered, loaded)
            _begun("match", stages, progress)
            learned = flow.learning.in_run(store, gathered.frames, loaded, as_of) if store else None
            tables, inputs = _worked_on(gathered, items, settled_lines, store, learned)
            scales = tables[0].scales
            gathered, items = (gathered, items) if asked_again else (gathered.emptied(), items.clear())
            shares = cluster.shares(spark, tables[0].bank_lines.height, job.workers, job.memory)
            result = used(learned, _settled(tables, loaded, shares))
            outer = outer_tables(result, scales)
            progress("match", 1, 1)
            ran = Ran(gathered, outer, items, loaded, as_of, store, _pending(job))
            tried = _tried(job, path, ran, shares, stages)
            _begun("write", stages, progress)
            problems = tuple(dict.fromkeys([*gathered.problems, *stale, *result.problems, *tried.problems]))
            run = _record(gathered, loaded, started, as_of)
            summary = _head(run) | totals.summary(
                gathered, inputs, result, scales, loaded.controls.auto_post_ceiling
            )
            summary |= {"problems": len(problems)} | tried.summary
            if store:
                flow.keep.keep(
                    *(store, _kept(run, summary, job), gathered, outer, items, loaded),
                    pending=_pending(job),  # again: what is tried beside it takes its time
                    shadow=tried.kept,
                )
            shown: tuple[Problem, ...] = ()
            if job.book:
                book = flow.books.opened(job.book)
                shown = flow.books.show_run(
                    book, store, gathered, outer, problems, loaded, run, _facts(summary, job)
                )
                shown += flow.shadow_page.show(book, tried, run) if tried.facts else ()
            stages.append(("done", time.perf_counter()))
            peak = memory.peak_mb()
            problems = (*problems, *shown, *spread.over(peak, job.memory))
            summary |= {"problems": len(problems), "seconds": totals.seconds(stages), "peak_mb": peak}
            files = deliver.write(job.out, _contents(job, outer, problems, summary, tried)) if job.out else []
            progress("write", 1, 1)
            return Report(summary, problems, job.out, tuple(files), shown)
        finally:
            if store:
                store.close()


def _opened(job: Job, loaded: Rules) -> tuple[Store | None, Rules]:
    """The store, if there is one, and the rules, whose threshold may follow what was decided there."""
    if not job.store_url:
        return None, loaded
    store = flow.keep.opened(job.store_url)
    try:
        return store, flow.calibration.followed(store, loaded)
    except BaseException:
        store.close()
        raise


def _worked_on(
    gathered: Gathered,
    items: pl.DataFrame,
    settled_lines: frozenset[str],
    store: Store | None,
    learned: Learned | None,
) -> tuple[list[Tables], list[dict[str, Any]]]:
    """The tables of the engine, in a list that they can be taken out of, and what is told of each file."""
    made, told = together.both(
        lambda: tables_of(gathered, items, settled_lines, store, learned), lambda: totals.inputs(gathered)
    )
    return [made], told


def tables_of(
    gathered: Gathered,
    items: pl.DataFrame,
    settled_lines: frozenset[str],
    store: Store | None,
    learned: Learned | None,
) -> Tables:
    """The tables of the engine: what was read, and what the store knows besides."""
    if store is None or learned is None:
        return inner(gathered, items, settled_lines)
    read = replace(gathered, frames=learned.joined())
    return inner(read, items, settled_lines, store.tolerated(), store.paid())


def _begun(stage: str, stages: list[tuple[str, float]], progress: Progress) -> None:
    stages.append((stage, time.perf_counter()))
    progress(stage, 0, 1)


def _tries(job: Job, loaded: Rules) -> bool:
    """Whether anything is to be tried beside the run."""
    return bool(job.shadow or job.shadow_suggested or loaded.shadow.rules or loaded.shadow.suggested)


def _pending(job: Job) -> frozenset[str]:
    """Lines on which a decision is typed in the workbook, and not applied yet."""
    return flow.books.pending(job.book) if job.book else frozenset()


@dataclass(frozen=True)
class Ran:
    """A run beside which something may be tried: what it read, made and goes by."""

    gathered: Gathered
    outer: Mapping[str, pl.DataFrame]
    items: pl.DataFrame  # open items as they stood
    rules: Rules
    as_of: date
    store: Store | None
    pending: frozenset[str]  # lines on which a decision is typed in the workbook, and not applied yet


def _tried(job: Job, path: Path, ran: Ran, shares: Shares, stages: list[tuple[str, float]]) -> Beside:
    """What a change would have done that is tried beside the run; nothing, if none is."""
    if not _tries(job, ran.rules):
        return Beside()
    stages.append(("shadow", time.perf_counter()))
    asked = flow.shadow.asked(job.shadow, ran.rules, path, suggested=job.shadow_suggested)
    return flow.shadow.beside(asked, ran, lambda tables, rules: _settled(tables, rules, shares))


def _settled(tables: list[Tables], rules: Rules, shares: Shares) -> Result:
    """What the engine makes of the tables, which are taken out of the list so that it can let go of them.

    `settle(..., *shares)` would hold what is cleaned of them through the whole call.
    """
    workers, lines_at_once, distribute = shares
    return settle(ready_of(tables.pop(), rules), rules, workers, lines_at_once, distribute)


def used(learned: Learned | None, result: Result) -> Result:
    """The result with what was learned in its reasons, and no rejected pair posted."""
    return learned.applied(result) if learned else result


def remembered(
    store: Store | None, gathered: Gathered, rules: Rules
) -> tuple[frozenset[str], pl.DataFrame, tuple[Problem, ...]]:
    """What earlier runs settled, as `flow.keep.remembered` tells it; without a store nothing."""
    if store is None:
        return frozenset(), gathered.frames[Kind.ITEMS], ()
    return flow.keep.remembered(store, gathered, rules)


def _latest(gathered: Gathered) -> date:
    """The latest booking date read, so that no result hangs on the clock."""
    latest = gathered.frames[Kind.BANK]["booking_date"].max()
    return latest if isinstance(latest, date) else date(1970, 1, 1)


def _record(gathered: Gathered, loaded: Rules, started: str, as_of: date) -> RunRecord:
    digest = rules.digest(loaded)
    what = "\n".join(
        [digest, as_of.isoformat(), *sorted(reading.digest for reading in gathered.readings), started]
    )
    stamp = moments.stamp()
    run_id = f"{stamp}-{hashlib.sha256(what.encode()).hexdigest()[:8]}"
    return RunRecord(run_id, started, as_of, digest, loaded.model_dump(mode="json"), who=login())


def _head(run: RunRecord) -> dict[str, Any]:
    """What the summary says of the run itself."""
    return {
        "run_id": run.run_id,
        "started": run.started,
        "as_of": run.as_of.isoformat(),
        "recon": __version__,
        "rules": run.rules.get("name", ""),
        "rules_sha256": run.rules_digest,
    }


def _kept(run: RunRecord, summary: Mapping[str, Any], job: Job) -> RunRecord:
    """The run as the store keeps it: with the workbook that it fills, which is masked or not by its rules."""
    return replace(run, summary={**summary, **({"book": flow.masked.place(job.book)} if job.book else {})})


def _contents(
    job: Job,
    outer: Mapping[str, pl.DataFrame],
    problems: Sequence[Problem],
    summary: Mapping[str, Any],
    tried: Beside,
) -> dict[str, str | bytes | pl.DataFrame]:
    allocations = outer["allocations"].select(ALLOCATIONS.file_columns)
    tables = (allocations, outer["exceptions"], outer["lines"], model.problems_table(problems))
    more = map(deliver.parquet, tables) if job.parquet else ()
    return dict(zip(job.out_files, [*tables, deliver.as_json(summary), *more], strict=True)) | tried.files


def _as_parquet(name: str) -> str:
    return Path(name).with_suffix(".parquet").name


def _facts(summary: Mapping[str, Any], job: Job) -> dict[str, str]:
    """What Home says about the run, and what it was asked to read, unless it was Home that asked."""
    facts = flow.books.facts_of(summary)
    if not isinstance(job.book, Path):
        return facts
    home = job.book.resolve().parent
    places = {"bank": job.bank, "items": job.items, "remittance": job.remittance, "customers": job.customers}
    inputs = {
        f"input:{name}": "; ".join(one if remote.is_remote(one) else _from(home, Path(one)) for one in names)
        for name, names in places.items()
    }
    rules_file = _from(home, Path(job.rules)) if Path(job.rules).is_file() else job.rules
    return facts | inputs | {"input:rules": rules_file, "input:out": _from(home, job.out) if job.out else ""}


def _from(home: Path, path: Path) -> str:
    """A path as the workbook's folder sees it: short where it lies in there, so that both can move together."""
    whole = path.resolve()
    return str(whole.relative_to(home)) if whole.is_relative_to(home) else str(whole)
