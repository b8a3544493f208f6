"""The store's door: append and read runs, proposals, decisions and postings. It decides nothing.

Nothing is ever updated or deleted, except that a run's row is finished once. Each method is one transaction: a
process that is killed in it has done nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from types import TracebackType
from typing import Self

import polars as pl
from sqlalchemy import Connection, Engine, MetaData, select

from recon.model import Kind, RunRecord, Statement, View
from recon.problems import EXIT_JOB, Problem, ReconError
from recon.store import append, cases, chain, connect, learned, past, query, rows, shadow, statements, turns
from recon.store.append import RunTables
from recon.store.audited import Audited, Told
from recon.store.cases import Cased
from recon.store.chain import Verified
from recon.store.erase import Erased, Target
from recon.store.history import History, Subject, link_of
from recon.store.learned import Lessons
from recon.store.past import Past
from recon.store.posted import PostedFiles
from recon.store.shadow import Shadow, Shadowed, Tried

__all__ = [
    "Erased",
    "History",
    "Lessons",
    "Past",
    "RunRecord",
    "RunTables",
    "Shadow",
    "Store",
    "Subject",
    "Target",
    "Told",
    "Tried",
    "Verified",
    "link_of",
    "shown",
]


def shown(url: str) -> str:
    """A store's URL as messages say it: a SQLite file by its path, and never a password; "" for none.

    Raises:
        ReconError: EXIT_JOB, if it is no URL of a store.
    """
    return connect.shown(connect.parse_url(url)) if url else ""


class Store(Audited, Cased, PostedFiles, Shadowed):
    """One store, open.

    Whoever reads what is settled and then writes on the ground of it must not overlook what another process wrote
    in between: from its first read on, a Store refuses to write after anybody else has.
    """

    def __init__(self, engine: Engine, tables: MetaData) -> None:
        self._engine = engine
        self._tables = tables
        self._position: tuple[int, ...] | None = None

    @classmethod
    def open(cls, url: str, wait_seconds: float = connect.WAIT_SECONDS) -> Store:
        """Open a store, or make it where there is none yet.

        Args:
            url: a file, or an SQLAlchemy URL (`sqlite:///FILE`, `postgresql://USER:PASSWORD@HOST/DATABASE`).
            wait_seconds: how long to wait for another process that writes.

        Raises:
            ReconError: EXIT_JOB; store-unreachable (no folder, no rights, no store, in use) or store-newer.
        """
        engine = connect.make_engine(connect.parse_url(url), wait_seconds)
        try:
            return cls(engine, connect.ready(engine))
        except BaseException:
            engine.dispose()
            raise

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Runs

    def begin_run(self, run: RunRecord) -> None:
        """Note that a run has begun; it counts only once it is saved. A run that is known already stays."""
        with connect.writing(self._engine, self._tables) as connection:
            if self._status(connection, run.run_id) is None:
                connection.execute(self._tables.tables["runs"].insert(), [append.run_row(run, "begun", None)])

    def save_run(self, run: RunRecord, tables: RunTables) -> bool:
        """Keep a whole run, all or nothing: what it read, what it proposed, what its rules accepted.

        A bank line or an unchanged item that comes again adds nothing. Lines settled before keep their proposal.

        Returns:
            False if this run (by its run_id) is kept already; then nothing is added.

        Raises:
            ReconError: EXIT_JOB; store-changed if another process wrote since this Store first read. EXIT_INPUT;
                id-twice for each of the bank lines that `clashes`.
        """
        runs = self._tables.tables["runs"]
        with connect.writing(self._engine, self._tables) as connection:
            status = self._status(connection, run.run_id)
            if status == "finished":
                return False
            self._unchanged(connection)
            seq = rows.highest(connection, runs, "seq") + 1
            row = append.run_row(run, "finished", seq) | {"whole": int(tables.others is not None)}
            if status is None:
                connection.execute(runs.insert(), [row])
            else:
                finished = {name: row[name] for name in ("seq", "status", "summary", "whole")}
                connection.execute(runs.update().where(runs.c.run_id == run.run_id).values(finished))
            self._keep(connection, seq, tables)
            chain.seal(connection, self._tables, chain.RUN, str(seq))
            self._position = None
        return True

    def _keep(self, connection: Connection, seq: int, run: RunTables) -> None:
        known = self._tables.tables
        assert run.lines["line_id"].is_unique().all(), "each line has one outcome"
        other = query.clashes(connection, self._tables, run.bank_lines)
        if not other.is_empty():
            raise ReconError(
                [_clash(*row) for row in other.select("line_id", "source", "position").iter_rows()]
            )
        append.inputs(connection, known["inputs"], seq, run.readings)
        append.bank_lines(connection, known["bank_lines"], seq, run.bank_lines)
        if run.others is not None:
            past.keep_lines(connection, self._tables, seq, run.bank_lines)
            past.keep_others(connection, self._tables, seq, run.others)
        append.open_items(connection, known["items_seen"], seq, run.open_items)
        append.proposals(connection, self._tables, seq, run)
        by_rule = run.accepted.select("line_id", "turn", decision_id=pl.lit(""), settled=pl.lit(value=True))
        turns.append(connection, self._tables, seq, by_rule.unique("line_id", maintain_order=True))
        append.accepted(connection, self._tables, seq, run.accepted)
        if run.shadow is not None:
            shadow.keep(connection, self._tables, seq, run.shadow)

    def runs(self) -> pl.DataFrame:
        """Every run with the columns of the table `runs`; seq is empty where it is not finished."""
        with connect.reading(self._engine) as connection:
            return query.runs(connection, self._tables)

    def past(self, run_id: str) -> Past | None:
        """A finished run as it was: what it read, what was known then, what it proposed.

        Returns:
            None if there is no such run, or it ran before all that a run reads was kept.
        """
        with connect.reading(self._engine) as connection:
            return past.past(connection, self._tables, run_id)

    def known_inputs(self) -> set[str]:
        """Digests of all files that finished runs read."""
        with connect.reading(self._engine) as connection:
            return set(connection.execute(select(self._tables.tables["inputs"].c.digest)).scalars())

    # What is known now

    def settled_lines(self) -> frozenset[str]:
        """Lines that were accepted by rule or closed by a person; a run must not propose them again."""
        with self._snapshot() as connection:
            return turns.settled(connection, self._tables)

    def turns(self) -> pl.DataFrame:
        """The last turn of each line that ever was settled: line_id, turn, settled (false: it was taken back)."""
        with self._snapshot() as connection:
            return turns.last(connection, self._tables)

    def tolerated(self) -> pl.DataFrame:
        """Every small difference that was accepted, as model.TOLERATED; a year's tolerance counts them."""
        with self._snapshot() as connection:
            return query.tolerated(connection, self._tables)

    def paid(self) -> pl.DataFrame:
        """Which bank line last paid each item, as model.PAID; a second payment names the first."""
        with self._snapshot() as connection:
            return query.paid(connection, self._tables)

    def settled_items(self, *, before_last_run: bool = False) -> pl.DataFrame:
        """What was accepted of each item, as model.SETTLED; `decide.remaining` takes it.

        With `before_last_run`, what was known when the last run read its extract.
        """
        with self._snapshot() as connection:
            last = (
                rows.highest(connection, self._tables.tables["runs"], "seq") if before_last_run else query.END
            )
            return query.settled_items(connection, self._tables, last)

    def clashes(self, bank_lines: pl.DataFrame) -> pl.DataFrame:
        """Those of the lines whose id an earlier run gave to another line (another day, amount or currency).

        A bank that numbers its lines anew in each file makes such; they must be left out of a run, with a problem.
        """
        with connect.reading(self._engine) as connection:
            return query.clashes(connection, self._tables, bank_lines)

    def accepted(self) -> pl.DataFrame:
        """Everything that was accepted, as model.ACCEPTED in the order it was."""
        with self._snapshot() as connection:
            return query.accepted(connection, self._tables)

    def on_account(self) -> pl.DataFrame:
        """Cash accepted on account that the last extract can't know, with its line's day; see `query.on_account`."""
        with self._snapshot() as connection:
            return query.on_account(connection, self._tables)

    def first_seen(self, item_ids: Iterable[str]) -> dict[str, int]:
        """The place of the run that first read each of these items."""
        with self._snapshot() as connection:
            return query.first_seen(connection, self._tables, item_ids)

    def last_read(self, kind: Kind) -> pl.DataFrame:
        """Remittances, customers, aliases or closed items, as the last run read them."""
        with self._snapshot() as connection:
            return past.last(connection, self._tables, kind)

    def decided(self) -> pl.DataFrame:
        """Every decision as model.DECIDED with decided_at, in the order they came."""
        with self._snapshot() as connection:
            return query.decided(connection, self._tables)

    def current(self) -> View:
        """Everything that a reviewer's workbook shows, as one state."""
        with self._snapshot() as connection:
            lines, allocations, exceptions = query.proposals(connection, self._tables)
            return View(
                bank_lines=query.bank_lines(connection, self._tables),
                open_items=query.open_items(connection, self._tables),
                lines=lines,
                allocations=allocations,
                exceptions=exceptions,
                accepted=query.accepted(connection, self._tables),
                decided=query.decided(connection, self._tables),
                settled=query.settled_items(connection, self._tables),
                turns=turns.last(connection, self._tables),
                successions=past.last(connection, self._tables, Kind.SUCCESSIONS),
            )

    # Decisions

    def append_decisions(
        self, decided: pl.DataFrame, accepted: pl.DataFrame, at: str, opened: pl.DataFrame | None = None
    ) -> None:
        """Keep decisions (model.DECIDED) and what they accepted (model.ACCEPTED), all or nothing.

        Args:
            decided: as `decide.decide` gives them, refused ones too.
            accepted: the rows that these decisions accepted.
            at: ISO moment with offset.
            opened: the queries that they open, as `append_cases` takes them.

        Raises:
            ReconError: EXIT_JOB; store-changed if another process wrote since this Store first read.
        """
        if decided.is_empty():
            assert accepted.is_empty(), "accepted by no decision"
            assert opened is None or opened.is_empty(), "opened by no decision"
            return
        with connect.writing(self._engine, self._tables) as connection:
            self._unchanged(connection)
            seq = rows.highest(connection, self._tables.tables["runs"], "seq")
            made = decided.filter(pl.col("turn") > 0)
            turning = made.select("line_id", "decision_id", "turn", settled="settles")
            keys = ["line_id", "decision_id", "turn"]
            assert accepted.join(turning, on=keys, how="anti").is_empty(), "accepted by no decision"
            append.decided(connection, self._tables, seq, decided, at)
            turns.append(connection, self._tables, seq, turning)
            append.accepted(connection, self._tables, seq, accepted)
            last = rows.highest(connection, self._tables.tables["decisions"], "nth")
            first = last - decided.height + 1
            chain.seal(connection, self._tables, chain.DECISIONS, f"{first}-{last}")
            if opened is not None and opened.height:
                cases.append(connection, self._tables, opened)
            self._position = None

    # What was learned

    def append_learned(self, events: pl.DataFrame) -> None:
        """Keep events about what was learned (model.LEARNED), all or nothing.

        Raises:
            ReconError: EXIT_JOB; store-changed if another process wrote since this Store first read.
        """
        if events.is_empty():
            return
        with connect.writing(self._engine, self._tables) as connection:
            self._unchanged(connection)
            seq = rows.highest(connection, self._tables.tables["runs"], "seq")
            first, last = learned.append(connection, self._tables, seq, events)
            chain.seal(connection, self._tables, chain.LEARNED, f"{first}-{last}")
            self._position = None

    def lessons(self) -> Lessons:
        """What was said of what was learned, and what people rejected."""
        with self._snapshot() as connection:
            return learned.lessons(connection, self._tables)

    # Postings

    def unposted(self) -> pl.DataFrame:
        """What was accepted and is in no posting file yet, as model.ACCEPTED."""
        with self._snapshot() as connection:
            return query.unposted(connection, self._tables)

    def posting_days(self) -> pl.DataFrame:
        """Each posted bank line and the moment of its first posting file: (line_id, created)."""
        with connect.reading(self._engine) as connection:
            return query.posting_days(connection, self._tables)

    def posted_rows(self, line_ids: Iterable[str]) -> pl.DataFrame:
        """What was accepted of these lines and is in a posting file, as model.ACCEPTED."""
        with connect.reading(self._engine) as connection:
            return query.posted_rows(connection, self._tables, line_ids)

    def bank_lines(self, line_ids: Iterable[str] | None = None) -> pl.DataFrame:
        """The bank lines with these ids, or all of them, as first read."""
        with connect.reading(self._engine) as connection:
            return query.bank_lines(connection, self._tables, line_ids)

    def booked(self, days: tuple[date, date], formats: Collection[str], *, others: bool) -> pl.DataFrame:
        """Lines booked in these days, first read in files of these formats or of any others: as they were read.

        With line_id, source, account, currency, amount and booking_date only.
        """
        with connect.reading(self._engine) as connection:
            return query.booked(connection, self._tables, days, formats, others=others)

    def items(self, item_ids: Iterable[str] | None = None) -> pl.DataFrame:
        """The items with these ids as last seen, also those that are gone since; or the last extract."""
        with connect.reading(self._engine) as connection:
            return query.open_items(connection, self._tables, item_ids)

    def last_statements(self, accounts: Collection[str]) -> list[Statement]:
        """The last statements that earlier runs read of these accounts, in no order."""
        with connect.reading(self._engine) as connection:
            return statements.last(connection, self._tables, accounts)

    # Who wrote in between

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        """A reading transaction; the first one since the last write is what later writes stand on."""
        with connect.reading(self._engine) as connection:
            if self._position is None:
                self._position = self._now(connection)
            yield connection

    def _now(self, connection: Connection) -> tuple[int, ...]:
        """How much has been written: grows with every run, decision, acceptance and batch."""
        columns = (
            ("runs", "seq"),
            ("decisions", "nth"),
            ("accepted", "nth"),
            ("batches", "nth"),
            ("learned", "nth"),
        )
        return tuple(rows.highest(connection, self._tables.tables[name], column) for name, column in columns)

    def _unchanged(self, connection: Connection) -> None:
        if self._position is not None and self._now(connection) != self._position:
            self._position = None
            what = "another job changed the store while this one was at work; nothing was written"
            where = connect.shown(self._engine.url)
            raise ReconError(Problem("store-changed", where, what, "run this job again"), EXIT_JOB)

    def _status(self, connection: Connection, run_id: str) -> str | None:
        runs = self._tables.tables["runs"]
        return connection.execute(select(runs.c.status).where(runs.c.run_id == run_id)).scalar()


def _clash(line_id: str, source: str | None, position: int | None) -> Problem:
    where = f"{source}:{position}" if source and position is not None else ""
    what = (
        f"line {line_id} is another line than the one of that id in the store: day, amount or currency differ"
    )
    hint = "ids must tell lines of all files apart; leave the ids out and they are made of what the lines are"
    return Problem("id-twice", where, what, hint)
