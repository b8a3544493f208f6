"""The stairs: the only place where files, engine, store and workbook meet. Each function is a whole story."""

from __future__ import annotations

import getpass
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from recon import __version__, decide, ingest, model, posting, rules
from recon.flow import books, deliver, settings, totals
from recon.flow.gather import Gathered, Progress, gather, inner, silent
from recon.match import match
from recon.model import ALLOCATIONS, EXCEPTIONS, LINES, OPEN_ITEMS, Kind, Outcome, Reading, Result
from recon.problems import EXIT_JOB, Problem, ReconError
from recon.rules.schema import Rules
from recon.store import RunRecord, RunTables, Store

OUT_DEFAULT = Path("recon-out")


@dataclass(frozen=True)
class Job:
    """What to reconcile and where to put it: names as a person gives them (files, folders, globs)."""

    bank: Sequence[str]
    items: Sequence[str]
    remittance: Sequence[str] = ()
    customers: Sequence[str] = ()
    rules: str = ""
    book: Path | None = None
    out: Path | None = None
    store: str = ""
    as_of: date | None = None

    @property
    def store_url(self) -> str:
        """The store's URL: the one named, else the file beside the workbook, else none."""
        return self.store or (str(books.store_beside(self.book)) if self.book else "")


@dataclass(frozen=True)
class Report:
    """What came of a job: the summary, what was wrong, and where the results are."""

    summary: Mapping[str, Any]
    problems: tuple[Problem, ...]
    out: Path | None = None
    book: Path | None = None
    files: tuple[Path, ...] = field(default_factory=tuple)

    @property
    def to_review(self) -> int:
        """Lines that a person must look at."""
        outcomes = self.summary["outcomes"]
        return int(outcomes["suggested"]["lines"]) + int(outcomes["exception"]["lines"])


def reconcile(job: Job, progress: Progress = silent) -> Report:
    """Read, match, keep and show: the whole way of a night's bank files.

    Without a store nothing is remembered. All is computed before anything is written; then the store takes the run
    in one transaction, the workbook is swapped in whole, and the files are.

    Raises:
        ReconError: EXIT_INPUT if the input or rules can't be used; EXIT_JOB if store, workbook or folder can't be.
    """
    stages: list[tuple[str, float]] = [("read", time.perf_counter())]
    started = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    loaded, path = settings.load_rules(job.rules)
    places = [(Kind.BANK, job.bank), (Kind.ITEMS, job.items), (Kind.REMITTANCE, job.remittance), (Kind.CUSTOMERS, job.customers)]
    gathered = gather(places, loaded, settings.load_profiles(loaded, path), progress)
    as_of = job.as_of or _latest(gathered)
    if job.out:
        deliver.check_folder(job.out)
    if job.book:
        books.check(job.book)
    store = Store.open(job.store_url) if job.store_url else None
    try:
        settled_lines, items, stale = _remembered(store, gathered)
        stages.append(("match", time.perf_counter()))
        progress("match", 0, 1)
        tables = inner(gathered, items, settled_lines)
        result = match(tables, loaded, as_of)
        progress("match", 1, 1)
        stages.append(("write", time.perf_counter()))
        progress("write", 0, 1)
        problems = tuple(dict.fromkeys([*gathered.problems, *stale, *result.problems]))
        run = _record(gathered, loaded, started, as_of)
        summary = _summary(run, gathered, result, tables.scales)
        outer = _outer(result, tables.scales)
        if store:
            _keep(store, replace(run, summary=summary), gathered, outer, items, loaded)
        if job.book:
            books.show(job.book, books.view_of(store, gathered, outer, problems, loaded, run), _facts(summary, job))
        stages.append(("done", time.perf_counter()))
        summary |= {"seconds": totals.seconds(stages)}
        files = deliver.write(job.out, _texts(outer, problems, summary)) if job.out else []
        progress("write", 1, 1)
        return Report(summary, problems, job.out, job.book, tuple(files))
    finally:
        if store:
            store.close()


def _latest(gathered: Gathered) -> date:
    """The latest booking date read, so that no result hangs on the clock."""
    latest = gathered.frames[Kind.BANK]["booking_date"].max()
    return latest if isinstance(latest, date) else date(1970, 1, 1)


def _remembered(
    store: Store | None, gathered: Gathered
) -> tuple[frozenset[str], pl.DataFrame, tuple[Problem, ...]]:
    """What earlier runs settled: lines not to propose again, and what is left of each item."""
    items = gathered.frames[Kind.ITEMS]
    if store is None:
        return frozenset(), items, ()
    settled = store.settled_lines()
    left, stale = decide.remaining(items, store.settled_items())
    return settled, left, stale


def _record(gathered: Gathered, loaded: Rules, started: str, as_of: date) -> RunRecord:
    digest = rules.digest(loaded)
    what = "\n".join([digest, as_of.isoformat(), *sorted(reading.digest for reading in gathered.readings), started])
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    run_id = f"{stamp}-{hashlib.sha256(what.encode()).hexdigest()[:8]}"
    return RunRecord(run_id, started, as_of, digest, loaded.model_dump(mode="json"))


def _summary(run: RunRecord, gathered: Gathered, result: Result, scales: Mapping[str, int]) -> dict[str, Any]:
    head = {
        "run_id": run.run_id,
        "started": run.started,
        "as_of": run.as_of.isoformat(),
        "recon": __version__,
        "rules": run.rules.get("name", ""),
        "rules_sha256": run.rules_digest,
    }
    return head | totals.summary(gathered, result, scales)


def _outer(result: Result, scales: Mapping[str, int]) -> dict[str, pl.DataFrame]:
    return {
        "lines": model.outside(result.lines, LINES, scales),
        "allocations": model.outside(result.allocations, ALLOCATIONS, scales),
        "exceptions": model.outside(result.exceptions, EXCEPTIONS, scales),
    }


def _texts(outer: Mapping[str, pl.DataFrame], problems: Sequence[Problem], summary: Mapping[str, Any]) -> dict[str, str]:
    return {
        "allocations.csv": deliver.csv(outer["allocations"]),
        "exceptions.csv": deliver.csv(outer["exceptions"]),
        "lines.csv": deliver.csv(outer["lines"]),
        "problems.csv": deliver.csv(model.problems_table(problems)),
        "summary.json": deliver.as_json(summary),
    }


def _keep(
    store: Store, run: RunRecord, gathered: Gathered, outer: Mapping[str, pl.DataFrame], items: pl.DataFrame, loaded: Rules
) -> None:
    """The run into the store: each line's proposal once, and what the rules accept of it."""
    lines = outer["lines"].filter(pl.col("outcome") != Outcome.DUPLICATE)
    accepted = decide.by_rule(lines, outer["allocations"], items, store.decided(), loaded.controls.auto_post_ceiling)
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
        ),
    )


def _facts(summary: Mapping[str, Any], job: Job) -> dict[str, str]:
    """What Home says about the run."""
    told = [
        f"{currency} {amounts['bank_lines']} read, {amounts['allocated_auto']} matched, difference {amounts['difference']}"
        for currency, amounts in summary["control_totals"].items()
    ]
    places = {"bank": job.bank, "items": job.items, "remittance": job.remittance, "customers": job.customers}
    inputs = {f"input:{name}": "; ".join(str(Path(one).resolve()) for one in names) for name, names in places.items()}
    return inputs | {
        "run_id": str(summary["run_id"]),
        "finished": str(summary["started"])[:16].replace("T", " "),
        "as_of": str(summary["as_of"]),
        "controls": "; ".join(told),
        "input:rules": job.rules,
        "input:out": str(job.out.resolve()) if job.out else "",
    }


def read(names: Sequence[str], profile: str = "", rules_name: str = "") -> list[Reading | ReconError]:
    """Any files as the standard tables, with their problems; no matching.

    Returns a reading for each file, or the error that refuses it.
    """
    loaded, path = settings.load_rules(rules_name)
    profiles = settings.load_profiles(loaded, path)
    made: list[Reading | ReconError] = []
    for file in ingest.expand(list(names)):
        try:
            made.append(ingest.read(file, profiles, profile=profile, currency_default=loaded.currency))
        except ReconError as error:
            made.append(error)
    return made


@dataclass(frozen=True)
class Collected:
    """What became of the reviewer's decisions."""

    accepted: int
    refused: int
    problems: tuple[Problem, ...]


def collect(book: Path, store_url: str = "", who: str = "") -> Collected:
    """The reviewer's decisions out of the workbook, into the store, and what happened back onto the sheets.

    Raises:
        ReconError: EXIT_JOB if the workbook or the store can't be used.
    """
    opened = books.existing(book)
    with Store.open(store_url or str(books.store_beside(book))) as store:
        rows, unread = books.decisions(opened)
        named = rows.with_columns(
            decided_by=pl.when(pl.col("decided_by").fill_null("") == "").then(pl.lit(who or _login())).otherwise("decided_by")
        )
        outcome = decide.decide(named, store.current())
        now = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
        store.append_decisions(outcome.decided, outcome.accepted, now)
        problems = (*unread, *outcome.problems)
        books.show_decided(opened, store, outcome.results, problems)
        refused = outcome.results.filter(pl.col("result") == "refused")["line_id"].n_unique()
        accepted = outcome.results.filter(pl.col("result") != "refused")["line_id"].n_unique()
        return Collected(accepted, refused + len(unread), problems)


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


@dataclass(frozen=True)
class Posted:
    """A posting file: where it is, and what is in it."""

    batch_id: str
    files: tuple[Path, ...]
    lines: int
    control: str


def post(format_name: str, out: Path, store_url: str = "", book: Path | None = None, who: str = "") -> Posted | None:
    """Accepted allocations that are in no posting file yet, as one; None if there are none.

    Posting again gives the last file again, byte for byte, so that a lost file is no lost posting.

    Raises:
        ReconError: EXIT_INPUT if there is no such format or no store is named; EXIT_JOB if it can't be used.
    """
    posting.check_format(format_name)
    url = store_url or (str(books.store_beside(book)) if book else "")
    if not url:
        raise ReconError(Problem("store-needed", "", "nothing says which store to post from", "add --store or --book"))
    if not store_url and book and not books.store_beside(book).exists():
        raise ReconError(
            Problem("store-unreachable", books.store_beside(book).name, "there is no store beside this workbook", "run recon run --book first"),
            EXIT_JOB,
        )
    deliver.check_folder(out)
    with Store.open(url) as store:
        unposted = store.unposted()
        if unposted.is_empty():
            return _again(store, out)
        lines = store.bank_lines(unposted["line_id"].unique().to_list())
        items = store.items([item for item in unposted["item_id"].unique().to_list() if item])
        batch = posting.batch(format_name, unposted, lines, items, prepared_by=who or _login())
        now = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
        return _posted(store.append_postings(batch, now), out)


def _again(store: Store, out: Path) -> Posted | None:
    batches = store.batches()
    last = store.batch(batches[-1]) if batches else None
    return _posted(last, out) if last else None


def _posted(batch: model.Batch, out: Path) -> Posted:
    control = posting.control_report(batch)
    texts = {posting.file_name(batch): batch.text, f"{batch.batch_id}-control.txt": control}
    return Posted(batch.batch_id, tuple(deliver.write(out, texts)), len(batch.line_ids), control)
