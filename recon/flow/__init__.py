"""The stairs: the only place where files, engine, store and workbook meet. Each function is a whole story."""

from __future__ import annotations

import getpass
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from recon import __version__, decide, ingest, model, posting, rules
from recon.flow import books, deliver, settings, totals
from recon.flow.books import Book
from recon.flow.gather import Gathered, Progress, gather, inner, silent
from recon.match import match
from recon.model import ALLOCATIONS, EXCEPTIONS, LINES, OPEN_ITEMS, Kind, Outcome, Reading, Result
from recon.problems import EXIT_JOB, Problem, ReconError
from recon.resources import folder
from recon.rules.schema import Rules
from recon.store import RunRecord, RunTables, Store
from recon.workbook import file

OUT_DEFAULT = Path("recon-out")


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

    @property
    def store_url(self) -> str:
        """The store's URL: the one named, else the file beside the workbook, else none."""
        return _store_url(self.store, self.book)


def _store_url(store: str, book: Path | Book | None) -> str:
    if store or book is None:
        return store
    return str(books.store_beside(book if isinstance(book, Path) else book.path))


@dataclass(frozen=True)
class Report:
    """What came of a job: the summary, what was wrong, and where the results are."""

    summary: Mapping[str, Any]
    problems: tuple[Problem, ...]
    out: Path | None = None
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
    started = _now()
    loaded, path = settings.load_rules(job.rules)
    places = [(Kind.BANK, job.bank), (Kind.ITEMS, job.items), (Kind.REMITTANCE, job.remittance), (Kind.CUSTOMERS, job.customers)]
    gathered = gather(places, loaded, settings.load_profiles(loaded, path), progress)
    as_of = job.as_of or _latest(gathered)
    if job.out:
        deliver.check_folder(job.out)
    if isinstance(job.book, Path):
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
            facts = _facts(summary, job)
            lost = books.show_run(books.opened(job.book), store, gathered, outer, problems, loaded, run, facts)
            problems = (*problems, *lost)
        stages.append(("done", time.perf_counter()))
        summary |= {"seconds": totals.seconds(stages)}
        files = deliver.write(job.out, _texts(outer, problems, summary)) if job.out else []
        progress("write", 1, 1)
        return Report(summary, problems, job.out, tuple(files))
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


Read = tuple[Path, Reading | ReconError]


def read(names: Sequence[str], profile: str = "", rules_name: str = "") -> list[Read]:
    """Any files as the standard tables, with their problems; no matching.

    Returns for each file its reading, or the error that refuses it.

    Raises:
        ReconError: if a name stands for no file, or the rules can't be used.
    """
    loaded, path = settings.load_rules(rules_name)
    profiles = settings.load_profiles(loaded, path)
    made: list[Read] = []
    for file in ingest.expand(list(names)):
        try:
            made.append((file, ingest.read(file, profiles, profile=profile, currency_default=loaded.currency)))
        except ReconError as error:
            made.append((file, error))
    return made


def reading_facts(read_file: Read) -> dict[str, Any]:
    """One object of `recon read --json`: path, kind, format, rows, sum per currency, statements, problems."""
    path, one = read_file
    if isinstance(one, ReconError):
        none: dict[str, Any] = {"kind": "", "format": "", "profile": "", "rows": 0, "sum": {}, "statements": []}
        return {"path": path.as_posix()} | none | {"problems": [asdict(problem) for problem in one.problems]}
    statements = [
        asdict(statement) | {"first": _iso(statement.first), "last": _iso(statement.last)} for statement in one.statements
    ]
    return {
        "path": path.as_posix(),
        "kind": str(one.kind),
        "format": one.format,
        "profile": one.profile,
        "rows": one.table.height,
        "sum": totals.sums(one),
        "statements": statements,
        "problems": [asdict(problem) for problem in one.problems],
    }


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def write_readings(made: Sequence[Read], out: Path) -> list[Path]:
    """The standard CSV of each file, and the problems of all.

    Raises:
        ReconError: EXIT_JOB, if the folder can't be written.
    """
    deliver.check_folder(out)
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path, one in made:
        problems += one.problems
        if isinstance(one, Reading):
            table = model.INPUT_TABLES[one.kind]
            optional = [column.name for column in table.columns if column.optional and column.name not in one.table.columns]
            own = [name for name in table.file_columns if name not in optional]
            extras = [name for name in one.table.columns if name.startswith(model.EXTRA)]
            have = set(one.table.columns)
            frame = one.table.select(
                *(pl.col(name) if name in have else pl.lit("").alias(name) for name in own),
                *(pl.col(name).alias(name.removeprefix(model.EXTRA)) for name in extras),
            )
            texts[_unique(f"{path.stem}.{one.kind}.csv", texts)] = deliver.csv(frame)
    return deliver.write(out, texts | {"problems.csv": deliver.csv(model.problems_table(problems))})


def _unique(name: str, taken: Mapping[str, str]) -> str:
    stem, _, ending = name.rpartition(".")
    number = 2
    while name in taken:
        name, number = f"{stem}-{number}.{ending}", number + 1
    return name


STORIES = {"uk": "uk_care", "india": "india_care"}
DEMO_BOOK = "recon-demo.xlsm"


def demo_job(out: Path, story: str = "uk") -> Job:
    """The main job on the sample data, into a folder.

    Raises:
        ReconError: if there is no such story.
    """
    if story not in STORIES:
        raise ReconError(Problem("file-missing", story, "there is no such story", f"choose one of: {', '.join(STORIES)}"))
    data = folder("sample_data") / story
    customers = data / "customers"
    return Job(
        bank=[str(data / "bank")],
        items=[str(data / "items.csv")],
        remittance=[str(data / "remittances.csv")],
        customers=[str(customers)],
        rules=STORIES[story],
        book=out / DEMO_BOOK,
        out=out,
    )


def demo(job: Job, progress: Progress = silent) -> Report:
    """The demo, always from the start: a workbook and store of an earlier demo are replaced.

    Raises:
        ReconError: EXIT_JOB, if the folder can't be written or the workbook is open.
    """
    assert isinstance(job.book, Path)
    assert job.out is not None
    deliver.check_folder(job.out)
    if job.book.exists():
        books.check(job.book)
        job.book.unlink()
    books.store_beside(job.book).unlink(missing_ok=True)
    return reconcile(job, progress)


def new_book(path: Path, python: str) -> None:
    """A fresh workbook whose buttons start this Python.

    Raises:
        ReconError: EXIT_JOB, if there is one already or the folder can't be written.
    """
    file.new_book(path, python)


@dataclass(frozen=True)
class Collected:
    """What became of the reviewer's decisions."""

    accepted: int
    refused: int
    problems: tuple[Problem, ...]


def collect(book: Path | Book, store_url: str = "", who: str = "") -> Collected:
    """The reviewer's decisions out of the workbook, into the store, and what happened back onto the sheets.

    Raises:
        ReconError: EXIT_JOB if the workbook or the store can't be used.
    """
    if isinstance(book, Path):
        books.check(book)
    opened = books.existing(book)
    with _known_store(_store_url(store_url, book), opened.path if not store_url else None) as store:
        rows, unread = books.decisions(opened)
        unsigned = pl.col("decided_by").fill_null("") == ""
        signed = rows.with_columns(decided_by=pl.when(unsigned).then(pl.lit(who or _login())).otherwise("decided_by"))
        outcome = decide.decide(signed, store.current())
        store.append_decisions(outcome.decided, outcome.accepted, _now())
        problems = (*unread, *outcome.problems)
        refused = outcome.results.filter(pl.col("result") == "refused")["line_id"].n_unique()
        taken = outcome.results.filter(pl.col("result") != "refused")["line_id"].n_unique()
        status = f"{taken} decisions applied, {refused + len(unread)} refused"
        books.show_decided(opened, store, outcome.results, {"status": status})
        return Collected(taken, refused + len(unread), problems)


def refresh(book: Path | Book, store_url: str = "") -> None:
    """What the store knows onto the sheets, anew.

    Raises:
        ReconError: EXIT_JOB if the workbook or the store can't be used.
    """
    opened = books.existing(book)
    with _known_store(_store_url(store_url, book), opened.path if not store_url else None) as store:
        books.show_store(opened, store, {"status": f"refreshed {_now()[:16].replace('T', ' ')}"})


def _now() -> str:
    return datetime.now(UTC).astimezone().isoformat(timespec="seconds")


def _known_store(url: str, book: Path | None) -> Store:
    """The store, which must be there if it is the file beside a workbook."""
    if book is not None and not books.store_beside(book).exists():
        what = f"there is no store beside this workbook ({books.store_beside(book).name})"
        hint = "match first: recon run --book ...; or name the store with --store"
        raise ReconError(Problem("store-unreachable", book.name, what, hint), EXIT_JOB)
    return Store.open(url)


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


@dataclass(frozen=True)
class Posted:
    """A posting file: where it is, and what is in it. `again`: it was made before, and nothing new is accepted."""

    batch_id: str
    files: tuple[Path, ...]
    lines: int
    control: str
    again: bool


def post(
    format_name: str, out: Path, store_url: str = "", book: Path | Book | None = None, who: str = ""
) -> Posted | None:
    """Accepted allocations that are in no posting file yet, as one; None if nothing was ever accepted.

    Where nothing new is accepted the last file is written again, byte for byte, so that a lost file is no lost
    posting and nothing is posted twice.

    Raises:
        ReconError: EXIT_INPUT if there is no such format or no store is named; EXIT_JOB if it can't be used.
    """
    posting.check_format(format_name)
    url = _store_url(store_url, book)
    if not url:
        what, hint = "nothing says which store to post from", "add --store or --book"
        raise ReconError(Problem("store-needed", "recon post", what, hint))
    beside = None if store_url or book is None else (book if isinstance(book, Path) else book.path)
    deliver.check_folder(out)
    with _known_store(url, beside) as store:
        unposted = store.unposted()
        if unposted.is_empty():
            return _again(store, out)
        lines = store.bank_lines(unposted["line_id"].unique(maintain_order=True).to_list())
        items = store.items([item for item in unposted["item_id"].unique(maintain_order=True).to_list() if item])
        accounts = posting.accounts_of(_rules_of_last_run(store))
        made = posting.post(format_name, unposted, lines, items, accounts=accounts, approved_by=who or _login())
        kept = store.append_postings(made.batch, _now())
        return _posted(kept, out, posting.controls_text(made.controls), again=False)


def _rules_of_last_run(store: Store) -> Rules:
    """The rules that made what is accepted: those of the last run."""
    runs = store.runs().filter(pl.col("status") == "finished")
    return Rules.model_validate(json.loads(runs["rules"][-1])) if runs.height else Rules()


def _again(store: Store, out: Path) -> Posted | None:
    batches = store.batches()
    last = store.batch(batches[-1]) if batches else None
    return _posted(last, out, "", again=True) if last else None


def _posted(batch: model.Batch, out: Path, control: str, *, again: bool) -> Posted:
    texts = {f"posting-{batch.format}-{batch.batch_id}.csv": batch.text}
    if control:
        texts[f"posting-{batch.format}-{batch.batch_id}-controls.txt"] = control
    return Posted(batch.batch_id, tuple(deliver.write(out, texts)), len(batch.line_ids), control, again)
