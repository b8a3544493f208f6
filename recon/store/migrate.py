"""A store of an earlier version, brought to the one of today: tables and columns are added, nothing is lost.

Each step is what its version added, as it was then; a test asserts that all steps together end in `schema.sql`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, MetaData, text

from recon.store import chain

_KEPT_INPUTS: Final = """
ALTER TABLE runs ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;
CREATE TABLE run_lines (
    run_seq BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    line_id TEXT NOT NULL,
    source TEXT,
    position BIGINT,
    content TEXT NOT NULL,
    extras TEXT NOT NULL,
    PRIMARY KEY (run_seq, nth)
);
CREATE TABLE inputs_seen (
    kind TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    run_seq BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    content TEXT NOT NULL,
    extras TEXT NOT NULL,
    PRIMARY KEY (kind, fingerprint, run_seq)
);
"""
# Whose account a proposal puts cash on, so that it can be accepted and posted there.
_HOLDERS: Final = """
ALTER TABLE proposal_allocations ADD COLUMN customer_id TEXT;
"""
_WHO: Final = """
ALTER TABLE runs ADD COLUMN who TEXT NOT NULL DEFAULT '';
ALTER TABLE batches ADD COLUMN who TEXT NOT NULL DEFAULT '';
"""
_CHAIN: Final = """
CREATE TABLE chain (
    nth BIGINT NOT NULL PRIMARY KEY,
    what TEXT NOT NULL,
    key TEXT NOT NULL,
    digests TEXT NOT NULL,
    hash TEXT NOT NULL
);
"""
STEPS: Final[Mapping[int, str]] = MappingProxyType(
    {2: _KEPT_INPUTS + _HOLDERS, 3: _WHO, 4: _CHAIN}
)  # version -> what makes it of the one before

_CHAINED: Final = 4  # from this version on every write is a link of the chain


def statements(sql: str) -> Iterator[str]:
    """The statements of a script, without its comments."""
    for statement in re.sub(r"--.*", "", sql).split(";"):
        if statement.strip():
            yield statement.strip()


def migrate(connection: Connection, version: int, to: int) -> None:
    """Bring a store from one version to a later one, step by step, inside the caller's transaction."""
    for number in range(version + 1, to + 1):
        for statement in statements(STEPS[number]):
            connection.exec_driver_sql(statement)
        connection.execute(
            text("INSERT INTO schema_version (version) VALUES (:version)"), {"version": number}
        )
    if version < _CHAINED <= to:
        tables = MetaData()
        tables.reflect(connection)
        chain.begin(connection, tables)
