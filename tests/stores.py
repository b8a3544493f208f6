"""Where a test's store is: a file of SQLite, and a database of PostgreSQL where there is a server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.pool import NullPool

SERVER = "RECON_TEST_POSTGRES"  # names a database of a server on which databases can be made


def _do(url: URL, *statements: str) -> None:
    with create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A database for the tests of this process."""
    if not os.environ.get(SERVER):
        pytest.skip(f"{SERVER} names no server")
    server = make_url(os.environ[SERVER])
    name = f"recon_test_{uuid4().hex}"
    _do(server, f"CREATE DATABASE {name}")
    yield server.set(database=name)
    _do(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store's address, of nothing yet."""
    if request.param == "sqlite":
        return str(tmp_path / "book.recon.db")
    url: URL = request.getfixturevalue("postgres")
    _do(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return url.render_as_string(hide_password=False)
