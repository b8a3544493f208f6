"""The way into the database: open it, make or check its tables, and say in plain words why it can't be used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool

from recon.problems import EXIT_JOB, Problem, ReconError
from recon.store import migrate

VERSION: Final = 8
WAIT_SECONDS: Final = 10.0
POSTGRES: Final = "postgresql+pg8000"  # what `postgresql://` means here: the driver of recon[postgres]
_DRIVER: Final = {"postgresql": "pip install 'recon[postgres]', or use a file as the store"}
WRITES: Final = "recon_writes"  # execution option of a connection that is going to write


def parse_url(address: str) -> URL:
    """The URL of a store; a bare path is a SQLite file.

    Raises:
        ReconError: (store-unreachable) it is no URL, or the folder of the file does not exist.
    """
    try:
        url = make_url(address) if "://" in address else URL.create("sqlite", database=address)
    except ArgumentError as error:
        raise _unreachable(
            address, "this is no address of a store", "give a file, or sqlite:///FILE"
        ) from error
    if url.drivername == "postgresql":
        url = url.set(drivername=POSTGRES)
    name = url.database or ":memory:"
    if url.get_backend_name() == "sqlite" and name != ":memory:" and not name.startswith("file:"):
        path = Path(name)
        if path.is_dir():
            raise _unreachable(shown(url), "this is a folder, not a file", "name a file in it")
        if not path.parent.is_dir():
            raise _unreachable(
                shown(url), "its folder does not exist", f"make the folder {path.parent} first"
            )
    return url


def shown(url: URL) -> str:
    """The URL as messages say it: a SQLite file by its path, and never a password."""
    if url.get_backend_name() == "sqlite":
        return url.database or "the store in memory"
    return url.render_as_string(hide_password=True)


def make_engine(url: URL, wait_seconds: float) -> Engine:
    """An engine that says itself when a transaction begins, so that one transaction is all or nothing.

    Raises:
        ReconError: (store-unreachable) the database's driver is not installed.
    """
    sqlite = url.get_backend_name() == "sqlite"
    memory = sqlite and url.database in (None, "", ":memory:")
    options: dict[str, Any] = {"connect_args": {"timeout": wait_seconds}} if sqlite else {}
    try:
        # No pool: a store that is not in use holds no file open, so that Windows can move or delete it.
        engine = create_engine(url, poolclass=StaticPool if memory else NullPool, **options)
    except (NoSuchModuleError, ImportError, ArgumentError) as error:
        what = f"no driver for {url.drivername} is installed"
        raise _unreachable(
            shown(url), what, _DRIVER.get(url.get_backend_name(), "install it, or use a file as the store")
        ) from error
    if sqlite:
        _own_transactions(engine)
    return engine


def _own_transactions(engine: Engine) -> None:
    """Python's sqlite3 begins late and lets table definitions run outside; we begin ourselves.

    A writer takes its lock at once: it waits for another writer at the start, never in the middle.
    """

    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA cache_size = -65536")  # KiB; the default of 2 MiB makes large runs crawl
        connection.execute("PRAGMA temp_store = MEMORY")

    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads one state of the store."""
    with plain_words(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine, tables: MetaData | None = None) -> Iterator[Connection]:
    """A transaction that writes, one writer at a time; left by an error or a kill it has done nothing."""
    with plain_words(engine), engine.connect() as plain:
        connection = plain.execution_options(**{WRITES: True})
        with connection.begin():
            if tables is not None:
                # SQLite is locked by now and ignores FOR UPDATE; elsewhere this row is the lock.
                connection.execute(select(tables.tables["schema_version"]).with_for_update())
            yield connection


def swept(engine: Engine) -> None:
    """Take what was erased out of the file's free pages, too. PostgreSQL does so with its own VACUUM (FULL)."""
    if engine.dialect.name == "sqlite":
        with plain_words(engine):
            raw = engine.raw_connection()
            try:
                raw.cursor().execute("VACUUM")
            finally:
                raw.close()


def ready(engine: Engine) -> MetaData:
    """The store's tables as they are in the database; made if the database is empty.

    Raises:
        ReconError: the database can't be opened, is of something else, or of a newer version.
    """
    with reading(engine) as connection:
        version = _version(connection)
    if version is None:
        with writing(engine) as connection:
            if _version(connection) is None:  # not made by another process meanwhile
                _create(connection)
    elif version < VERSION:
        with writing(engine) as connection:
            migrate.migrate(connection, _version(connection) or VERSION, VERSION)
    elif version > VERSION:
        what = f"the store has version {version}, this recon knows versions up to {VERSION}"
        raise ReconError(Problem("store-newer", shown(engine.url), what, "use a newer recon"), EXIT_JOB)
    tables = MetaData()
    with reading(engine) as connection:
        tables.reflect(connection)
    return tables


def _version(connection: Connection) -> int | None:
    """The version of the store in the database; None if the database is empty."""
    names = set(inspect(connection).get_table_names())
    if not names:
        return None
    if not {"schema_version", "runs", "settlements"} <= names:
        where = shown(connection.engine.url)
        raise _unreachable(where, "this database belongs to something else", "name a new file for the store")
    version = connection.exec_driver_sql("SELECT MAX(version) FROM schema_version").scalar()
    assert version is not None, "the store has no version"
    return int(version)


def _create(connection: Connection) -> None:
    script = files("recon.store").joinpath("schema.sql").read_text(encoding="utf-8")
    for statement in migrate.statements(script):
        connection.exec_driver_sql(statement)
    connection.execute(text("INSERT INTO schema_version (version) VALUES (:version)"), {"version": VERSION})


def _unreachable(where: str, what: str, hint: str) -> ReconError:
    return ReconError(Problem("store-unreachable", where, what, hint), EXIT_JOB)


# What a database says -> what we say, and what to do. The first that fits.
_WORDS: Final = (
    ("locked", "the store is in use by another program", "wait until it is done, then try again"),
    ("busy", "the store is in use by another program", "wait until it is done, then try again"),
    ("not a database", "this file is not a store", "name another file, or move this one away"),
    ("malformed", "the file of the store is damaged", "put back its last backup"),
    ("readonly", "there is no right to write to the store", "check the rights of the file and its folder"),
    ("read-only", "there is no right to write to the store", "check the rights of the file and its folder"),
    ("unable to open", "there is no right to open the store", "check the rights of the file and its folder"),
    ("disk is full", "the disk is full", "make room, then try again"),
    ("password", "the database does not let this user in", "check user and password"),
    ("authentication", "the database does not let this user in", "check user and password"),
)


@contextmanager
def plain_words(engine: Engine) -> Iterator[None]:
    """What the database says, as a ReconError. A broken constraint is our own mistake and stays what it is."""
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error).lower()
        for word, what, hint in _WORDS:
            if word in said:
                raise _unreachable(shown(engine.url), what, hint) from error
        # The database's own words may quote data; only the kind of error is told.
        kind = type(error.orig if isinstance(error, DBAPIError) else error).__name__
        hint = "check that the database runs and can be reached"
        raise _unreachable(shown(engine.url), f"the store can't be used ({kind})", hint) from error
