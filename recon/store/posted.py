"""The part of the store's door that posting uses: what was posted in which file, and which files were written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import polars as pl
from sqlalchemy import Connection, Engine, MetaData, func, select

from recon.model import Batch
from recon.problems import EXIT_JOB, Problem, ReconError
from recon.store import append, chain, connect, query, rows
from recon.store.alone import alone

WAIT_SECONDS: Final = 60.0  # for another posting, which writes a file and a workbook


class PostedFiles:
    """Posting files of a store: each turn of a line is in one of them, and each of them is written at least once.

    A job may be killed when its file is kept and not yet written. Files are written in their order, so that the note
    of one that was written (`deliveries`) is one of all before it.
    """

    _engine: Engine
    _tables: MetaData
    _position: tuple[int, ...] | None
    _unchanged: Callable[[Connection], None]

    @contextmanager
    def posting(self, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """Post in the block, and nobody else meanwhile: whoever comes second waits, and finds what is posted by then.

        Nobody's turn outlives its process: after a kill the next one is at once.

        Raises:
            ReconError: EXIT_JOB, store-unreachable; another process posts all the while.
        """
        with alone(self._engine, wait_seconds) as held:
            if not held:
                what = "another job is posting from this store; nothing was posted"
                hint = "wait until it is done, then run this one again"
                raise ReconError(
                    Problem("store-unreachable", connect.shown(self._engine.url), what, hint), EXIT_JOB
                )
            yield

    def append_postings(self, batch: Batch, at: str, who: str = "") -> Batch:
        """Keep a posting file and mark its lines posted.

        Returns:
            The batch as it is kept. The same batch again adds nothing and gives what was kept the first time.

        Raises:
            ReconError: EXIT_JOB; store-changed if one of its lines was posted by another process meanwhile.
        """
        return self.append_batches([batch], at, who)[0]

    def append_batches(self, batches: Sequence[Batch], at: str, who: str = "") -> list[Batch]:
        """Keep posting files that one job made, each as `append_postings` does; all of them or none."""
        assert all(batch.turns for batch in batches), (
            "a posting file posts something: its id is made of what it posts"
        )
        with connect.writing(self._engine, self._tables) as connection:
            there = [self._batch(connection, batch.batch_id) for batch in batches]
            if None in there:
                self._unchanged(connection)
            for batch in (batch for batch, kept in zip(batches, there, strict=True) if kept is None):
                postings = self._tables.tables["postings"]
                posted = connection.execute(select(postings.c.line_id, postings.c.turn))
                assert set(map(tuple, posted)).isdisjoint(batch.turns), "a turn of a line is posted once"
                append.batch(connection, self._tables, batch, at, who)
                chain.seal(connection, self._tables, chain.POSTING, batch.batch_id)
                self._position = None
        return [kept or batch for batch, kept in zip(batches, there, strict=True)]

    def delivered(self, batch_id: str, at: str, who: str = "") -> None:
        """Note that a posting file was written where it was asked for; once is enough."""
        with connect.writing(self._engine, self._tables) as connection:
            if batch_id not in self._lost(connection):
                return
            table = self._tables.tables["deliveries"]
            nth = rows.highest(connection, table, "nth") + 1
            row = {"nth": nth, "batch_id": batch_id, "at": at, "who": who}
            connection.execute(table.insert(), [row])
            chain.seal(connection, self._tables, chain.DELIVERY, str(nth))

    def lost(self) -> list[str]:
        """The ids of the posting files that were kept and never written, the oldest first."""
        with connect.reading(self._engine) as connection:
            return self._lost(connection)

    def batches(self) -> list[str]:
        """The ids of all posting files, the oldest first."""
        table = self._tables.tables["batches"]
        with connect.reading(self._engine) as connection:
            return list(connection.execute(select(table.c.batch_id).order_by(table.c.nth)).scalars())

    def posted(self) -> pl.DataFrame:
        """Every posting file in the order they came: (batch_id, format, created, who, lines)."""
        with connect.reading(self._engine) as connection:
            return query.posted(connection, self._tables)

    def batch(self, batch_id: str) -> Batch | None:
        """A posting file as it was made; None if there is none of that id."""
        with connect.reading(self._engine) as connection:
            return self._batch(connection, batch_id)

    def _lost(self, connection: Connection) -> list[str]:
        batches, table = self._tables.tables["batches"], self._tables.tables["deliveries"]
        written = select(func.max(batches.c.nth)).join(table, table.c.batch_id == batches.c.batch_id)
        last = connection.execute(written).scalar() or 0
        missing = select(batches.c.batch_id).where(batches.c.nth > last).order_by(batches.c.nth)
        return list(connection.execute(missing).scalars())

    def _batch(self, connection: Connection, batch_id: str) -> Batch | None:
        batches, postings = self._tables.tables["batches"], self._tables.tables["postings"]
        found = connection.execute(
            select(batches.c.format, batches.c.content, batches.c.controls).where(
                batches.c.batch_id == batch_id
            )
        ).one_or_none()
        if found is None:
            return None
        columns = (postings.c.line_id, postings.c.turn)
        of_batch = select(*columns).where(postings.c.batch_id == batch_id).order_by(*columns)
        turns = tuple((row.line_id, row.turn) for row in connection.execute(of_batch))
        return Batch(batch_id, found.format, found.content, turns, found.controls)
