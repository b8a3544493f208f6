"""One job at a time on a store: a lock that the system or the server lets go of when its holder ends.

In SQLite it is a lock on an empty file beside the store, since one on the store itself would keep the holder from
writing, too; in PostgreSQL an advisory lock of the session.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from recon.store import connect

_ENDING: Final = "-posting"  # of the empty file beside a store in SQLite
_KIND: Final = 20_260_731  # tells this advisory lock from those of others in the database
_POLL_SECONDS: Final = 0.2


@contextmanager
def alone(engine: Engine, wait_seconds: float) -> Iterator[bool]:
    """Hold the lock of a store as long as the block runs; False if another process has it all the while.

    Args:
        engine: the store's.
        wait_seconds: how long to wait for it.

    Raises:
        ReconError: EXIT_JOB, store-unreachable; the lock can't be asked for.
    """
    kind = _in_file if engine.dialect.name == "sqlite" else _in_server
    with kind(engine, wait_seconds) as held:
        yield held


@contextmanager
def _in_file(engine: Engine, wait_seconds: float) -> Iterator[bool]:
    with connect.reading(engine) as connection:
        path = str(connection.exec_driver_sql("PRAGMA database_list").one()[2] or "")
    if not path:  # in memory: of this process alone
        yield True
        return
    beside = connect.make_engine(URL.create("sqlite", database=path + _ENDING), wait_seconds)
    with ExitStack() as after:
        after.callback(beside.dispose)
        with connect.plain_words(beside):  # what is wrong with the empty file is said of it, not of the store
            held = _taken(after.enter_context(beside.connect()))
        yield held


def _taken(connection: Connection) -> bool:
    """Whether the empty file's lock is had; SQLite waits for it as long as the engine says."""
    connection.execution_options(**{connect.WRITES: True})
    try:
        connection.begin()
    except OperationalError as error:
        if "locked" in str(error.orig) or "busy" in str(error.orig):
            return False
        raise
    return True


@contextmanager
def _in_server(engine: Engine, wait_seconds: float) -> Iterator[bool]:
    until = time.monotonic() + wait_seconds
    with connect.plain_words(engine), engine.connect() as plain:
        # No transaction stays open meanwhile: servers end those that idle.
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        store = connection.execute(
            text("SELECT CAST(CAST('schema_version' AS regclass) AS oid)")
        ).scalar_one()
        asked = text("SELECT pg_try_advisory_lock(CAST(:key AS bigint))")
        key = {"key": (_KIND << 32) + int(store)}
        while not (held := bool(connection.execute(asked, key).scalar())):
            if time.monotonic() >= until:
                break
            time.sleep(_POLL_SECONDS)
        try:
            yield held
        finally:
            # A pooler keeps the session, and the lock with it. A session that was cut off holds nothing.
            if held:
                with suppress(SQLAlchemyError):
                    connection.execute(text("SELECT pg_advisory_unlock(CAST(:key AS bigint))"), key)
