"""Files in, one set of tables out: read, checked, and only admitted statements kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import polars as pl

from recon import ingest, model, together
from recon.ingest import twins
from recon.model import INPUT_TABLES, Kind, Reading, Statement, Table
from recon.problems import Problem, ReconError
from recon.rules.profile import Profile
from recon.rules.schema import Rules

FILES_APART = 200  # from so many on, small files are read in several processes: Python does most of the work
# A row was left out.
_ROW_LOST = frozenset({"value-date", "value-amount", "value-missing", "row-long", "file-cut"})


class Progress(Protocol):
    """Who is told how far the work is: which stage, how much is done of how much, and how many lines that is."""

    def __call__(self, stage: str, done: int, of: int, lines: int = 0, /) -> None:
        """Show it, or don't."""


def silent(_stage: str, _done: int, _of: int, _lines: int = 0, /) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Gathered:
    """What a run works on, in outer form, with every file's reading and all that was wrong."""

    readings: tuple[Reading, ...]
    frames: dict[Kind, pl.DataFrame]
    left_out: tuple[Statement, ...] = ()
    problems: tuple[Problem, ...] = ()
    currency: str = ""
    unread: tuple[str, ...] = field(default_factory=tuple)  # files, as they were given
    lines_read: int = 0  # bank lines of all files, before any was left out
    lines_left_out: int = 0  # those of `left_out`, and those whose id an earlier run gave to another line

    def emptied(self) -> Gathered:
        """All that is known of the files, without their rows."""
        readings = tuple(replace(reading, table=reading.table.clear()) for reading in self.readings)
        return replace(
            self, readings=readings, frames={kind: frame.clear() for kind, frame in self.frames.items()}
        )


def everything(_kind: Kind, rows: pl.DataFrame) -> pl.DataFrame:
    """All that was read."""
    return rows


def spared(kind: Kind, rows: pl.DataFrame) -> pl.DataFrame:
    """Closed items, which may be most of all rows, with nothing but what matching and control totals ask for."""
    if kind is not Kind.CLOSED:
        return rows
    asked = (name.removesuffix("_minor") for name in model.CLOSED_ASKED)
    names = {*asked, "currency", *INPUT_TABLES[Kind.CLOSED].money}
    lean = rows.clone()
    for name in set(lean.columns) - names:
        lean.drop_in_place(name)  # `select` would copy what is kept where a table is in pieces
    return lean


def gather(
    places: Sequence[tuple[Kind, Sequence[str]]],
    rules: Rules,
    profiles: Sequence[Profile],
    progress: Progress = silent,
    workers: int = 1,
    prefer: Sequence[str] = (),
    keep: Callable[[Kind, pl.DataFrame], pl.DataFrame] = everything,
) -> Gathered:
    """Read every file of every place.

    Args:
        places: kind and the files, folders or globs that were given for it.
        rules: for the controls and the currency.
        profiles: column profiles.
        progress: told of each file.
        workers: files that are read at the same time.
        prefer: profiles or formats that win where several fit a file.
        keep: what is kept of the rows of a kind, as soon as a file is read.

    Raises:
        ReconError: if the items, customers or rules can't be used, or no bank file could be read or admitted. One
            bad bank file or remittance among good ones is a problem.
    """
    files = [(kind, path) for kind, names in places for path in expanded(kind, names)]
    readings: list[Reading] = []
    problems: list[Problem] = []
    fatal: list[Problem] = []
    unread: list[str] = []
    lines = 0
    apart = workers > 1 and len(files) >= FILES_APART
    for name in prefer:
        ingest.check_profile(name, profiles)
    each = together.each_apart if apart else together.each
    several = each(partial(_read, profiles, prefer, keep), files, workers)
    progress("read", 0, len(files), lines)
    for number, made in enumerate(several):
        kind, path = files[number]
        if isinstance(made, Reading):
            readings.append(made)
            lines += made.table.height
        else:
            forgiving = kind in (Kind.BANK, Kind.REMITTANCE)
            (problems if forgiving else fatal).extend(made)
            unread.append(path.as_posix())
        progress("read", number + 1, len(files), lines)
    banks = [reading for reading in readings if reading.kind is Kind.BANK]
    wanted = any(kind is Kind.BANK for kind, _ in files)
    if fatal or (wanted and not banks):
        raise ReconError([*fatal, *problems])
    problems += [problem for reading in readings for problem in reading.problems]
    problems += _twice(readings)
    readings, told = _once(readings)
    problems += told
    lines_read = sum(reading.table.height for reading in readings if reading.kind is Kind.BANK)
    readings, left_out = _admitted(readings, rules)
    lost = left_out or any(problem.code in _ROW_LOST for reading in banks for problem in reading.problems)
    if wanted and lost and not any(reading.table.height for reading in readings if reading.kind is Kind.BANK):
        raise ReconError(
            problems
        )  # a night without a line is well; one whose every line could not be read is not
    frames = {
        kind: _joined(readings, kind, keep(kind, table.empty_outside()))
        for kind, table in INPUT_TABLES.items()
    }
    currency = currency_of(frames.values(), rules)
    in_full = {kind: filled(frame, INPUT_TABLES[kind], currency) for kind, frame in frames.items()}
    return Gathered(
        readings=tuple(readings),
        frames=in_full,
        left_out=tuple(left_out),
        problems=tuple(problems),
        currency=currency,
        unread=tuple(unread),
        lines_read=lines_read,
        lines_left_out=sum(statement.lines for statement in left_out),
    )


def _read(
    profiles: Sequence[Profile],
    prefer: Sequence[str],
    keep: Callable[[Kind, pl.DataFrame], pl.DataFrame],
    file: tuple[Kind, Path],
) -> Reading | tuple[Problem, ...]:
    """What is kept of one file, or why it can't be read."""
    kind, path = file
    try:
        reading = ingest.read(path, profiles, kind=kind, prefer=prefer)
    except ReconError as error:
        return tuple(error.problems)
    return replace(reading, table=keep(reading.kind, reading.table))


def expanded(kind: Kind, names: Sequence[str]) -> list[Path]:
    """The files that names, folders and globs stand for.

    Raises:
        ReconError: file-missing; for one of several bank files that is a problem of that file alone, found later.
    """
    try:
        return ingest.expand(list(names))
    except ReconError:
        # A night's batch goes on without one of its files; the run stops only if none is there.
        if kind is not Kind.BANK or len(names) == 1:
            raise
    found = []
    missing: list[Problem] = []
    for name in names:
        try:
            found += ingest.expand([name])
        except ReconError as error:
            missing += error.problems
    if not found:
        raise ReconError(missing)
    return [
        *found,
        *(Path(name) for name in names if any(problem.where == Path(name).as_posix() for problem in missing)),
    ]


def _twice(readings: Sequence[Reading]) -> list[Problem]:
    """The same file given twice: its lines are duplicates, and it says so."""
    count = Counter(reading.digest for reading in readings)
    seen: dict[str, str] = {}
    problems = []
    for reading in readings:
        if count[reading.digest] > 1 and reading.digest in seen:
            what = f"the same file as {seen[reading.digest]}; nothing of it counts twice"
            problems.append(Problem("file-twice", reading.path, what, "leave one of them out"))
        seen.setdefault(reading.digest, reading.path)
    return problems


def _once(readings: Sequence[Reading]) -> tuple[list[Reading], list[Problem]]:
    """Readings whose advices count once: a mail and a copy of it that was forwarded are different files."""
    advices = [reading for reading in readings if reading.kind is Kind.REMITTANCE]
    kept, told = twins.once(advices, exact=True) if len(advices) > 1 else (advices, [])
    once = iter(kept)
    return [next(once) if reading.kind is Kind.REMITTANCE else reading for reading in readings], told


def _admitted(readings: Sequence[Reading], rules: Rules) -> tuple[list[Reading], list[Statement]]:
    """Readings without the statements that don't foot, unless a rule admits them."""
    if rules.controls.admit_unfooted:
        return list(readings), []
    kept = []
    left_out: list[Statement] = []
    for reading in readings:
        bad = [statement for statement in reading.statements if statement.foots is False]
        left_out += bad
        ids = pl.Series([statement.statement_id for statement in bad], dtype=pl.String)
        table = reading.table.filter(~pl.col("statement_id").is_in(ids.implode())) if bad else reading.table
        kept.append(replace(reading, table=table))
    return kept, left_out


def _joined(readings: Sequence[Reading], kind: Kind, none: pl.DataFrame) -> pl.DataFrame:
    """The rows of a kind, with the columns of a table of none."""
    frames = [reading.table for reading in readings if reading.kind is kind]
    return pl.concat([none, *frames], how="diagonal_relaxed")


def currency_of(frames: Iterable[pl.DataFrame], rules: Rules) -> str:
    """What rows without a currency are in: the rules' word, else the only one that any row names.

    Raises:
        ReconError: currency-missing, if rows lack one and nothing says which.
    """
    named: set[str] = set()
    lacking: list[pl.DataFrame] = []
    for frame in frames:
        if "currency" in frame.columns and frame.height:
            said = frame["currency"].fill_null("")
            named |= set(said.unique().to_list()) - {""}
            lacking += [frame] if (said == "").any() else []
    if rules.currency:
        return rules.currency
    if len(named) == 1:
        return named.pop()
    if lacking:
        hint = "write `currency: GBP` (or yours) into the rules, or add a currency column"
        several = f"the files name several ({', '.join(sorted(named))})" if named else "the files name none"
        where, others = _first_without(lacking)
        what = f"this row has no currency, and is the first{others}; {several}"
        raise ReconError(Problem("currency-missing", where, what, hint))
    return ""


def _first_without(frames: Sequence[pl.DataFrame]) -> tuple[str, str]:
    """The first row without a currency, where the tables say it, and how many other files have such, in words."""
    rows = pl.concat(
        [
            frame.filter(pl.col("currency").fill_null("") == "").select("source", "position")
            for frame in frames
            if {"source", "position"} <= set(frame.columns)
        ]
        or [pl.DataFrame(schema={"source": pl.String, "position": pl.Int64})]
    )
    if rows.is_empty():
        return "", ""
    others = rows["source"].n_unique() - 1
    more = {0: "", 1: " (another file has such, too)"}.get(others, f" ({others} other files have such, too)")
    source, position = rows.row(0)
    return f"{source}:{position}", more


def filled(frame: pl.DataFrame, table: Table, currency: str) -> pl.DataFrame:
    """A table with this currency on the rows that say none."""
    if "currency" not in table.names:
        return frame
    said = pl.col("currency").fill_null("")
    return frame.with_columns(currency=pl.when(said == "").then(pl.lit(currency)).otherwise(said))


def inner(
    gathered: Gathered,
    open_items: pl.DataFrame,
    settled_lines: frozenset[str],
    tolerated: pl.DataFrame | None = None,
    paid: pl.DataFrame | None = None,
) -> model.Tables:
    """The tables of the engine, with one scale for each currency over all of them."""
    frames = gathered.frames | {Kind.ITEMS: open_items}
    given = model.TOLERATED.empty_outside() if tolerated is None else tolerated
    scales = model.scales_of(
        [(INPUT_TABLES[kind], frame) for kind, frame in frames.items()] + [(model.TOLERATED, given)]
    )
    made = {kind: model.inside(frame, INPUT_TABLES[kind], scales) for kind, frame in frames.items()}
    return model.Tables(
        bank_lines=made[Kind.BANK],
        open_items=made[Kind.ITEMS],
        remittance_lines=made[Kind.REMITTANCE],
        customers=made[Kind.CUSTOMERS],
        aliases=made[Kind.ALIASES],
        closed_items=made[Kind.CLOSED],
        successions=made[Kind.SUCCESSIONS],
        tolerated=model.inside(given, model.TOLERATED, scales),
        paid=model.PAID.empty() if paid is None else paid,
        settled_lines=settled_lines,
        scales=scales,
    )


def outer_tables(result: model.Result, scales: Mapping[str, int]) -> dict[str, pl.DataFrame]:
    """What the engine made, in outer form, by name: lines, allocations, exceptions."""
    return {
        "lines": model.outside(result.lines, model.LINES, scales),
        "allocations": model.outside(result.allocations, model.ALLOCATIONS, scales),
        "exceptions": model.outside(result.exceptions, model.EXCEPTIONS, scales),
    }
