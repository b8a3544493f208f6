"""What goes onto the sheets and comes back from them; where a workbook's store is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from recon import model, posting
from recon.fill import fill
from recon.flow import logbook, masked, queue, rest, standing, waiting
from recon.flow.gather import Gathered
from recon.model import Kind, Outcome
from recon.problems import EXIT_JOB, Problem, ReconError
from recon.rules.privacy import Privacy
from recon.rules.schema import Limits, Rules
from recon.store import RunRecord, Store
from recon.workbook import columns, file, guard, layout, named, summary
from recon.workbook.pages import Page

DONE, TOLD, WAITS = "done", "told", "yes"  # what the lines' column `waits` says, see layout.sheets
SUFFIXES = (".xlsm", ".xlsx")
NEW_SUFFIX = ".xlsm"  # the template holds macros, and Excel opens no such workbook under another name


class Book(Protocol):
    """A workbook as named tables: the file on disk, or the one that is open in Excel."""

    @property
    def path(self) -> Path:
        """Where the workbook is, or would be, on disk."""

    def read(self, sheet: str) -> pl.DataFrame:
        """A sheet's table as text, with `sheet_row` in front, for one who takes the decisions off it."""

    def peek(self, sheet: str) -> pl.DataFrame:
        """The same for one who only looks: what is typed there is still the sheet's to keep."""

    def own_text(self, sheet: str) -> pl.DataFrame:
        """What people wrote in columns of their own, formulas left out: (sheet_row, column, text)."""

    def write(self, tables: layout.Views, facts: Mapping[str, str] | None = None) -> Sequence[Problem]:
        """Put frames into their sheets and blocks, all or nothing."""

    def read_page(self, key: str, height: int, width: int) -> list[list[str]]:
        """The first cells of the sheet of a page of that key, as text; none if there is no such sheet."""

    def page_keys(self) -> list[str]:
        """The keys of the pages that the workbook has sheets of."""

    def write_pages(
        self, pages: Sequence[Page], *, backup: bool = True
    ) -> tuple[Sequence[str], Sequence[Problem]]:
        """Put report pages onto their sheets: the sheets' names, and what could not stay on them."""


def store_beside(book: Path) -> Path:
    """The store of a workbook: BOOK.recon.db beside it."""
    return book.with_name(f"{book.stem}.recon.db")


@contextmanager
def known(url: str) -> Iterator[Store | None]:
    """The store of that URL, if there is one already; none is made.

    Raises:
        ReconError: EXIT_JOB, if it is there and can't be used.
    """
    if not url or ("://" not in url and not Path(url).exists()):
        yield None
        return
    with Store.open(url) as store:
        yield store


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


def view_of(book: Book, store: Store, just_decided: pl.DataFrame | None = None) -> dict[str, pl.DataFrame]:
    """What the sheets show of everything the store knows: each line's last proposal.

    Lines that are settled no longer wait, except that those just decided stay once more, with what happened.
    `answered` are the lines that somebody has parked, asked about or rejected, and that wait all the same.
    """
    now = store.current()
    fresh = waiting.queued(just_decided) if just_decided is not None else frozenset()
    settled = pl.Series(sorted(now.settled_lines - fresh), dtype=pl.String)
    told = pl.Series(sorted(now.settled_lines & fresh), dtype=pl.String)
    answered, asked = _answered(now.decided), waiting.decisions(now)
    told_before = pl.concat(
        [
            answered.select("line_id", decision=pl.lit(""), result=_answer()),
            asked.select("line_id", decision=pl.lit(""), result="result").unique("line_id"),
            waiting.refused(now, book.peek(columns.ALLOCATIONS.name)),
        ]
    )
    waits = (
        pl.when(pl.col("line_id").is_in(settled.implode()))
        .then(pl.lit(DONE))
        .when(pl.col("line_id").is_in(told.implode()))
        .then(pl.lit(TOLD))
        .when(pl.col("outcome") == Outcome.AUTO)
        .then(pl.lit(WAITS))
        .otherwise(pl.lit(""))
    )
    return {
        "bank_lines": now.bank_lines,
        "open_items": now.open_items,
        "lines": now.lines.with_columns(waits=waits),
        "allocations": now.allocations,
        "standing": standing.rows(now),
        "exceptions": now.exceptions,
        "run_log": logbook.run_log(store),
        "answered": pl.concat([answered.select("line_id"), asked.select("line_id").unique()]),
        "second_person": asked.drop("result"),
        "to_post": posting.due(store.unposted()).select("line_id").unique(),
        "decisions_log": pl.concat([told_before, *_unanswered(just_decided, answered)]),
    }


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
    view = view_of(book, store) | _inputs(gathered) if store else view_of_run(gathered, outer)
    if store is None:
        view |= {"run_log": logbook.one_run(run)}
    view |= {"problems": model.problems_table(problems), "rules": logbook.rules_rows(rules)}
    return _write(book, view, facts, rules.limits.rows_shown, rules.privacy)


def show_inputs(book: Book, gathered: Gathered, rules: Rules, store: Store | None) -> tuple[Problem, ...]:
    """What was read onto its sheets, nothing of it matched; the review sheets stay as they are.

    Returns what a person should know of the sheets.
    """
    now = view_of(book, store) if store else {}
    bank = gathered.frames[Kind.BANK]
    known = pl.Series(list(now["lines"]["line_id"]) if now else [], dtype=pl.String)
    fresh = bank.filter(~pl.col("line_id").is_in(known.implode()))
    lines = [now["bank_lines"], fresh] if now else [fresh]
    given = {reading.kind for reading in gathered.readings}
    view = {name: frame for name, frame in _inputs(gathered).items() if _KINDS[name] in given}
    if Kind.BANK in given:
        view["bank_lines"] = layout.with_outcomes(
            pl.concat(lines, how="diagonal_relaxed"), now.get("lines"), _UNMATCHED
        )
    if Kind.ITEMS in given:
        view["open_items"] = gathered.frames[Kind.ITEMS]
    view |= {"problems": model.problems_table(gathered.problems), "rules": logbook.rules_rows(rules)}
    new = fresh.height
    step = f"{new:,} new bank {'line is' if new == 1 else 'lines are'} read. Press Match." if new else ""
    # Only a run unmasks: nothing is shown here that its own sheets would not show.
    before = masked.of_book(store, book) if store else Privacy()
    privacy = before if before.masked_sheets else rules.privacy
    return _write(book, view, {}, rules.limits.rows_shown, privacy, {named.CELL_NEXT: step} if step else {})


_UNMATCHED = "Not matched yet"
_KINDS = {"remittance_lines": Kind.REMITTANCE, "customers": Kind.CUSTOMERS}


def show_rules(book: Book, rules: Rules) -> tuple[Problem, ...]:
    """The rules onto their sheet, if others stand there. Returns what a person should know of that."""
    rows = logbook.rules_rows(rules)
    shown = layout.plain(rows, columns.RULES, None)
    there = book.peek(columns.RULES.name)
    if set(shown.columns) <= set(there.columns) and there.select(shown.columns).equals(shown):
        return ()  # or *Undo* would only take this back
    return _write(book, {"rules": rows}, {}, rules.limits.rows_shown, rules.privacy)


def _unanswered(just_decided: pl.DataFrame | None, answered: pl.DataFrame) -> list[pl.DataFrame]:
    """What just happened, without what is told of its line anyway: the same words now and at the next Refresh."""
    if just_decided is None:
        return []
    again = pl.col("result").str.starts_with(_RECORDED) & pl.col("line_id").is_in(
        answered["line_id"].implode()
    )
    return [just_decided.filter(~again).select("line_id", "decision", "result")]


def _answered(decided: pl.DataFrame) -> pl.DataFrame:
    """The last decision of each line, where it was taken and settles nothing."""
    taken = decided.filter(pl.col("result") == "accepted").unique("line_id", keep="last", maintain_order=True)
    return taken.filter(~pl.col("settles"))


def _answer() -> pl.Expr:
    """`recorded: park by anna, 2026-03-31: her note`, for a decision that leaves its line waiting."""
    note = pl.when(pl.col("note") != "").then(fill(": {}", pl.col("note"))).otherwise(pl.lit(""))
    day = pl.col("decided_at").str.head(10)
    return fill("{}{} by {}, {}{}", pl.lit(_RECORDED), pl.col("decision"), pl.col("decided_by"), day, note)


_RECORDED = "recorded: "


def _write(
    book: Book,
    view: Mapping[str, pl.DataFrame],
    facts: Mapping[str, str],
    shown: int,
    privacy: Privacy,
    cells: Mapping[str, str] | None = None,
) -> tuple[Problem, ...]:
    """A view onto the sheets, as much of it as a sheet can use, and the rest into files beside the workbook.

    Returns what a person should know of that. The workbook is written first: if it can't be, all is as it was.
    """
    named_ = _with_names(book, view)
    sheets = layout.sheets(masked.tables(named_, privacy), facts)
    crowded = any(sheets[name].height > shown for name in queue.REVIEWED if name in sheets)
    stands = _standing(book, view) if crowded else queue.Standing()
    places = _rest_paths(book)
    fitted = queue.fitting(sheets, shown, stands, {name: path.name for name, path in places.items()})
    locked = rest.locked(places, fitted)
    partly = (*fitted.problems, *locked.values())
    made = fitted.sheets | _problems_sheet(book, fitted, partly, places)
    if fitted.notes and "recon_state" in made:
        made["recon_state"] = summary.with_notes(made["recon_state"], fitted.notes)
    lost = book.write(made, cells)
    free = {name: path for name, path in places.items() if name not in locked}
    return (*partly, *lost, *rest.put(free, fitted))


def _with_names(book: Book, view: Mapping[str, pl.DataFrame]) -> Mapping[str, pl.DataFrame]:
    """The view with the customers' names: of this job, else those that stand on their sheet."""
    if "customers" in view:
        found = view["customers"].select("customer_id", "name")
    else:
        there, spec = book.peek(columns.CUSTOMERS.name), columns.CUSTOMERS.by_key
        if not {spec["customer_id"].title, spec["name"].title} <= set(there.columns):
            return view
        found = there.select(customer_id=spec["customer_id"].title, name=spec["name"].title)
    return {**view, "names": found.unique("customer_id", keep="first", maintain_order=True)}


def _standing(book: Book, view: Mapping[str, pl.DataFrame]) -> queue.Standing:
    """What people have said: on the review sheets, and in decisions that left their line waiting."""
    found = [
        queue.standing(book.peek(sheet.name), book.own_text(sheet.name), sheet) for sheet in columns.REVIEWED
    ]
    answered = frozenset(view["answered"]["line_id"]) if "answered" in view else frozenset()
    said = frozenset().union(answered, *(one.said for one in found))
    return queue.Standing(said, frozenset().union(*(one.noted for one in found)))


def _rest_paths(book: Book) -> dict[str, Path]:
    """Where the rest of each review sheet goes; nowhere, if the workbook lies in no folder."""
    try:
        return rest.paths(book.path)
    except ReconError:  # at a web address; its store is elsewhere, and has all
        return {}


def _problems_sheet(
    book: Book, fitted: queue.Fitted, partly: Sequence[Problem], places: Mapping[str, Path]
) -> dict[str, pl.DataFrame]:
    """Problems with what is to say of the sheets now, instead of what an earlier job said of them."""
    name = columns.PROBLEMS.name
    old = fitted.sheets.get(name)
    if old is None:
        old = book.peek(name)
        missing = [pl.lit("").alias(title) for title in columns.PROBLEMS.titles if title not in old.columns]
        old = old.with_columns(missing).select(columns.PROBLEMS.titles)
    code, where = (columns.PROBLEMS.by_key[key].title for key in ("code", "where"))
    files = [path.name for path in places.values()]
    ours = ((pl.col(code) == queue.CODE) & pl.col(where).is_in(list(fitted.sheets))) | (
        (pl.col(code) == rest.CODE) & pl.col(where).is_in(files)
    )
    said = layout.plain(model.problems_table(partly), columns.PROBLEMS, model.PROBLEMS)
    if old.filter(ours).equals(said):
        return {}
    return {name: pl.concat([old.filter(~ours), said])}


def pending(book: Path | Book | None) -> frozenset[str]:
    """As `typed`, of a workbook that there may be."""
    there = book is not None and (not isinstance(book, Path) or book.exists())
    return typed(opened(book)) if book is not None and there else frozenset()


def typed(book: Book) -> frozenset[str]:
    """Lines on which a decision is typed that is not applied yet."""
    rows = [book.peek(sheet.name) for sheet in columns.DECIDED_ON]
    return frozenset(
        line_id
        for frame in rows
        for line_id, decision in frame.select("Line id", "Decision").iter_rows()
        if decision
    )


def facts_of(summary: Mapping[str, Any]) -> dict[str, str]:
    """What Home says of a run, out of its summary."""
    totals = [
        f"{currency} {Decimal(amounts['bank_lines']):,}, difference {Decimal(amounts['difference']):,}"
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
    known = store.runs().filter(pl.col("status") == "finished")["summary"]
    return facts_of(json.loads(known[-1])) if known.len() else {}


def _rows_shown(store: Store) -> int:
    """How many rows a review sheet shows, by the rules of the last run; these may be older than the key."""
    known = store.runs().filter(pl.col("status") == "finished")["rules"]
    limits = json.loads(known[-1]).get("limits", {}) if known.len() else {}
    return int(limits.get("rows_shown", Limits().rows_shown))


def show_store(book: Book, store: Store, facts: Mapping[str, str]) -> tuple[Problem, ...]:
    """What the store knows onto the sheets, anew. Returns what a person should know of that."""
    privacy = masked.of_book(store, book)
    return _write(book, view_of(book, store), {**_last_run(store), **facts}, _rows_shown(store), privacy)


def show_decided(
    book: Book, store: Store, results: pl.DataFrame, facts: Mapping[str, str]
) -> tuple[Problem, ...]:
    """What happened to each decision, beside it. Returns as `show_store`."""
    # the text says `accepted` or `refused`
    log = results.select("line_id", "where", decision=pl.lit(""), result="text")
    privacy = masked.of_book(store, book)
    return _write(book, view_of(book, store, log), {**_last_run(store), **facts}, _rows_shown(store), privacy)


def decisions(book: Book) -> tuple[pl.DataFrame, pl.DataFrame, tuple[Problem, ...]]:
    """The reviewer's decisions off Suggestions, Exceptions and, of what is settled, Allocations.

    Returns them as model.DECISIONS; the lines whose decision can't be taken, as `decide.Decided.results`; and a
    problem for each of these.
    """
    frames = {sheet.name: book.read(sheet.name) for sheet in columns.DECIDED_ON}
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
