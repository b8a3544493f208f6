"""What goes onto the sheets and comes back from them; where a workbook's store is."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import polars as pl
from pydantic import BaseModel

from recon import model
from recon.flow import queue
from recon.flow.gather import Gathered
from recon.model import Kind, Outcome
from recon.problems import EXIT_JOB, Problem, ReconError
from recon.rules.meanings import meanings
from recon.rules.schema import Rules
from recon.store import RunRecord, Store
from recon.workbook import file, guard, layout

SUGGESTIONS, EXCEPTIONS = "Suggestions", "Exceptions"
DONE, TOLD, WAITS = "done", "told", "yes"  # what the lines' column `waits` says, see layout.sheets
SUFFIXES = (".xlsm", ".xlsx")
NEW_SUFFIX = ".xlsm"  # the template holds macros, and Excel opens no such workbook under another name
VALUE_WIDTH = 70  # characters of a value on the Rules sheet


class Book(Protocol):
    """A workbook as named tables: the file on disk, or the one that is open in Excel."""

    @property
    def path(self) -> Path:
        """Where the workbook is, or would be, on disk."""

    def read(self, sheet: str) -> pl.DataFrame:
        """A sheet's table as text, with `sheet_row` in front."""

    def write(
        self, tables: Mapping[str, pl.DataFrame], facts: Mapping[str, str] | None = None
    ) -> Sequence[Problem]:
        """Put frames into their sheets and blocks, all or nothing."""


def store_beside(book: Path) -> Path:
    """The store of a workbook: BOOK.recon.db beside it."""
    return book.with_name(f"{book.stem}.recon.db")


def store_url(store: str, book: Path | Book | None) -> str:
    """The store's URL: the one named, else the file beside the workbook, else none."""
    if store or book is None:
        return store
    return str(store_beside(book if isinstance(book, Path) else book.path))


def check(book: Path) -> None:
    """See that the workbook can be written, before any work is done.

    Raises:
        ReconError: EXIT_JOB if it is open, protected, no workbook, or its folder can't be written.
    """
    if not book.exists():
        check_new_name(book)
    elif book.suffix.lower() not in SUFFIXES:
        what, hint = "a workbook ends in .xlsm or .xlsx", "name it so"
        raise ReconError(Problem("book-broken", book.name, what, hint), EXIT_JOB)
    if book.exists():
        guard.check_closed(book)
        guard.check_writable(book)
        file.open_book(book)
    elif not book.parent.is_dir():
        raise ReconError(
            Problem("out-unwritable", book.parent.as_posix(), "there is no such folder", "make it first"),
            EXIT_JOB,
        )


def check_new_name(book: Path) -> None:
    """See that a new workbook's name ends as it must.

    Raises:
        ReconError: EXIT_JOB, if it doesn't.
    """
    if book.suffix.lower() != NEW_SUFFIX:
        what, hint = f"a new workbook's name ends in {NEW_SUFFIX}, since it has buttons", "name it so"
        raise ReconError(Problem("book-broken", book.name, what, hint), EXIT_JOB)


def opened(book: Path | Book) -> Book:
    """The workbook, made from the template if there is none yet."""
    if not isinstance(book, Path):
        return book
    return file.open_book(book) if book.exists() else file.new_book(book, sys.executable)


def existing(book: Path | Book) -> Book:
    """The workbook, which must be there.

    Raises:
        ReconError: EXIT_JOB, if it is missing or can't be used.
    """
    if isinstance(book, Path) and not book.exists():
        hint = "check the name, or make one with recon run --book"
        raise ReconError(Problem("file-missing", book.name, "there is no such workbook", hint), EXIT_JOB)
    return opened(book)


def view_of_run(gathered: Gathered, outer: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """What the sheets show of one run, where nothing is remembered."""
    return _inputs(gathered) | {
        "bank_lines": gathered.frames[Kind.BANK],
        "open_items": gathered.frames[Kind.ITEMS],
        "lines": outer["lines"].filter(pl.col("outcome") != Outcome.DUPLICATE),
        "allocations": outer["allocations"],
        "exceptions": outer["exceptions"],
    }


def view_of_store(store: Store, just_decided: pl.DataFrame | None = None) -> dict[str, pl.DataFrame]:
    """What the sheets show of everything the store knows: each line's last proposal.

    Lines that are settled no longer wait, except that those just decided stay once more, with what happened.
    """
    now = store.current()
    fresh = set(just_decided["line_id"]) if just_decided is not None else set()
    settled = pl.Series(sorted(now.settled_lines - fresh), dtype=pl.String)
    told = pl.Series(sorted(now.settled_lines & fresh), dtype=pl.String)
    accepted = now.accepted["line_id"].unique()
    waits = (
        pl.when(pl.col("line_id").is_in(settled.implode()))
        .then(pl.lit(DONE))
        .when(pl.col("line_id").is_in(told.implode()))
        .then(pl.lit(TOLD))
        .when((pl.col("outcome") == Outcome.AUTO) & ~pl.col("line_id").is_in(accepted.implode()))
        .then(pl.lit(WAITS))
        .otherwise(pl.lit(""))
    )
    view = {
        "bank_lines": now.bank_lines,
        "open_items": now.open_items,
        "lines": now.lines.with_columns(waits=waits),
        "allocations": now.allocations,
        "exceptions": now.exceptions,
        "run_log": _run_log(store),
    }
    return view | ({"decisions_log": just_decided} if just_decided is not None else {})


def _inputs(gathered: Gathered) -> dict[str, pl.DataFrame]:
    return {
        "remittance_lines": gathered.frames[Kind.REMITTANCE],
        "customers": gathered.frames[Kind.CUSTOMERS],
    }


def show_run(
    book: Book,
    store: Store | None,
    gathered: Gathered,
    outer: Mapping[str, pl.DataFrame],
    problems: Sequence[Problem],
    rules: Rules,
    run: RunRecord,
    facts: Mapping[str, str],
) -> tuple[Problem, ...]:
    """A run onto the sheets; with a store, all that it knows.

    Returns a problem for each typed decision that its row no longer allows.
    """
    view = view_of_store(store) | _inputs(gathered) if store else view_of_run(gathered, outer)
    if store is None:
        view |= {"run_log": _one_run(run)}
    view |= {"problems": model.problems_table(problems), "rules": _rules(rules)}
    return _write(book, view, facts, problems)


def _write(
    book: Book,
    view: Mapping[str, pl.DataFrame],
    facts: Mapping[str, str],
    problems: Sequence[Problem] = (),
) -> tuple[Problem, ...]:
    """A view onto the sheets, as much of it as a sheet can use; what a person should know of that."""
    sheets = layout.sheets(view, facts)
    crowded = any(sheets[name].height > queue.REVIEW_MAX for name in queue.REVIEWED if name in sheets)
    made, partly = queue.fitting(sheets, typed(book) if crowded else frozenset())
    if partly and "problems" in view:
        told = {"problems": model.problems_table([*problems, *partly])}
        made |= layout.sheets(told, facts)
    return (*partly, *book.write(made, None))


def pending(book: Path | Book | None) -> frozenset[str]:
    """As `typed`, of a workbook that there may be."""
    there = book is not None and (not isinstance(book, Path) or book.exists())
    return typed(opened(book)) if book is not None and there else frozenset()


def typed(book: Book) -> frozenset[str]:
    """Lines on which a decision is typed that is not applied yet."""
    rows = [book.read(name) for name in queue.REVIEWED]
    return frozenset(
        line_id
        for frame in rows
        for line_id, decision in frame.select("Line id", "Decision").iter_rows()
        if decision
    )


def facts_of(summary: Mapping[str, Any]) -> dict[str, str]:
    """What Home says of a run, out of its summary."""
    totals = [
        f"{currency} {amounts['bank_lines']}, difference {amounts['difference']}"
        for currency, amounts in summary["control_totals"].items()
    ]
    return {
        "run_id": str(summary["run_id"]),
        "finished": str(summary["started"])[:16].replace("T", " "),
        "as_of": str(summary["as_of"]),
        "problems": f"{summary['problems']:,}",
        "controls": "; ".join(totals),
    }


def _last_run(store: Store) -> dict[str, str]:
    """What Home says of the last run that the store knows."""
    finished = store.runs().filter(pl.col("status") == "finished")
    return facts_of(json.loads(finished["summary"][-1])) if finished.height else {}


def show_store(book: Book, store: Store, facts: Mapping[str, str]) -> None:
    """What the store knows onto the sheets, anew."""
    _write(book, view_of_store(store), {**_last_run(store), **facts})


def show_decided(book: Book, store: Store, results: pl.DataFrame, facts: Mapping[str, str]) -> None:
    """What happened to each decision, beside it."""
    log = results.select(
        "line_id", decision=pl.lit(""), result="text"
    )  # the text says `accepted` or `refused`
    _write(book, view_of_store(store, log), {**_last_run(store), **facts})


def decisions(book: Book) -> tuple[pl.DataFrame, pl.DataFrame, tuple[Problem, ...]]:
    """The reviewer's decisions off Suggestions and Exceptions.

    Returns them as model.DECISIONS; the lines whose decision can't be taken, as `decide.Decided.results`; and a
    problem for each of these.
    """
    frames = {name: book.read(name) for name in (SUGGESTIONS, EXCEPTIONS)}
    rows, problems = layout.decisions(frames)
    line_of = {
        f"{name}!{row}": line_id
        for name, frame in frames.items()
        for row, line_id in frame.select("sheet_row", "Line id").iter_rows()
    }
    refused = [
        (problem.where, line_of[problem.where], "refused", f"refused: {problem.what}")
        for problem in problems
        if line_of.get(problem.where)
    ]
    return rows, pl.DataFrame(refused, schema=_RESULTS, orient="row"), problems


_RESULTS = {"where": pl.String, "line_id": pl.String, "result": pl.String, "text": pl.String}


def _rules(rules: Rules) -> pl.DataFrame:
    """The rules as rows (rule, value, what), so that a reader sees what the run went by."""
    rows: list[tuple[str, str, str]] = []

    def walk(part: object, path: str, what: str) -> None:
        if isinstance(part, BaseModel):
            meaning = meanings(type(part))
            for name in type(part).model_fields:
                told = meaning.get(name, "").split("\n")[0]
                walk(getattr(part, name), f"{path}.{name}" if path else name, told or what)
        elif isinstance(part, dict):
            for name, inner in part.items():
                walk(inner, f"{path}.{name}", what)
        elif isinstance(part, tuple) and part and isinstance(part[0], BaseModel):
            for number, inner in enumerate(part, 1):
                named = getattr(inner, "id", "") or getattr(inner, "code", "") or str(number)
                walk(inner, f"{path} {named}", what)
        elif isinstance(part, tuple) and part:
            rows.extend((path, text, what) for text in _packed([_said(one) for one in part]))
        else:
            rows.append((path, _said(part), what))

    walk(rules, "", "")
    return pl.DataFrame(rows, schema={"rule": pl.String, "value": pl.String, "what": pl.String}, orient="row")


def _packed(words: Sequence[str]) -> list[str]:
    """Words with `; ` between, in as few lines of readable width as they need."""
    made = [""]
    for word in words:
        joined = f"{made[-1]}; {word}" if made[-1] else word
        if made[-1] and len(joined) > VALUE_WIDTH:
            made.append(word)
        else:
            made[-1] = joined
    return made


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value == () else str(value)


RUN_LOG_SCHEMA = {"when": pl.String, "event": pl.String, "detail": pl.String, "who": pl.String}


def _one_run(run: RunRecord) -> pl.DataFrame:
    return pl.DataFrame([(_when(run.started), "run", run.run_id, "")], schema=RUN_LOG_SCHEMA, orient="row")


def _when(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M")


def _run_log(store: Store) -> pl.DataFrame:
    """Runs and decisions, the latest first."""
    runs = [
        (started, "run", f"{run_id}, as of {as_of}", "")
        for run_id, started, as_of, status in store.runs()
        .select("run_id", "started", "as_of", "status")
        .iter_rows()
        if status == "finished"
    ]
    decided = [
        (at, decision, f"{line_id}: {result}{' - ' + why if why else ''}", who)
        for at, decision, line_id, result, why, who in store.decided()
        .select("decided_at", "decision", "line_id", "result", "why", "decided_by")
        .iter_rows()
    ]
    rows = sorted([*runs, *decided], reverse=True)
    return pl.DataFrame([(_when(at), *rest) for at, *rest in rows], schema=RUN_LOG_SCHEMA, orient="row")
