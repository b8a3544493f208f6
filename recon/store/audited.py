"""The part of the store's door that auditors use: was anything changed, and how did a line come to be settled."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from sqlalchemy import Engine, MetaData

from recon.store import chain, connect, erase, history
from recon.store.chain import Verified
from recon.store.erase import Erased, Target
from recon.store.history import History, Named, Subject


@dataclass(frozen=True)
class Told:
    """What is kept of something that was named; `runs` and `batches`: what a person did, or the run that is meant."""

    named: Named
    history: History
    runs: pl.DataFrame
    batches: pl.DataFrame


class Audited:
    """What of a store is looked at long after, and what is taken out of it for good."""

    _engine: Engine
    _tables: MetaData

    def verify(self) -> Verified:
        """Work out the hash chain anew from all that is there; see `chain.Verified`."""
        with connect.reading(self._engine) as connection:
            return chain.verify(connection, self._tables)

    def links(self) -> list[str]:
        """The hashes of the chain's links, the oldest first."""
        with connect.reading(self._engine) as connection:
            return chain.hashes(connection, self._tables)

    def trail(self, word: str) -> Told | list[str]:
        """All that is kept of a line, item, document number, run, posting file or login.

        Returns:
            What there is that is written nearly so, if nothing has that name.
        """
        with connect.reading(self._engine) as connection:
            found = history.named(connection, self._tables, word)
            if found is None:
                return history.near(connection, self._tables, word)
            runs, batches = history.of_person(connection, self._tables, word)
            if found.subject is Subject.RUN:
                runs = history.runs_named(connection, self._tables, found.ids)
            lines = history.lines_of(connection, self._tables, found)
            items = found.ids if found.subject is Subject.ITEM else ()
            persons = found.ids if found.subject is Subject.PERSON else ()
            whole = history.history(connection, self._tables, lines, items, persons)
            return Told(found, whole, runs, batches)

    def note_unmasked(self, reference: str, who: str, at: str) -> None:
        """Keep that somebody had the names of persons shown."""
        with connect.writing(self._engine, self._tables) as connection:
            said = {"at": at, "who": who, "event": "unmasked", "reference": reference}
            erase.note(connection, self._tables, **said, why="", details={})

    def erase(self, target: Target, *, reference: str, who: str, at: str, why: str) -> Erased:
        """Take the text of persons out of the rows of lines, items and customers, and keep who did it and why."""
        with connect.writing(self._engine, self._tables) as connection:
            done = erase.erase(connection, self._tables, target, reference=reference, at=at, who=who, why=why)
        if done.count:
            connect.swept(self._engine)
        return done

    def of_reference(self, reference: str) -> Target:
        """What there is of a service user, a customer, an item or a document; see `erase.of_reference`."""
        with connect.reading(self._engine) as connection:
            return erase.of_reference(connection, self._tables, reference)

    def lines_before(self, day: str) -> list[str]:
        """Settled lines booked before an ISO day whose text is still there."""
        with connect.reading(self._engine) as connection:
            return list(erase.lines_before(connection, self._tables, day))
