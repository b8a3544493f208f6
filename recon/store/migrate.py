"""A store of an earlier version, brought to the one of today: tables and columns are added, nothing is lost.

Each step is what its version added, as it was then; a test asserts that all steps together end in `schema.sql`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, MetaData, select, text

from recon.store import chain, personal

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
# A key can't be changed where it stands; the tables are made anew.
_TURNS: Final = """
ALTER TABLE decisions ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;
UPDATE decisions SET turn = 1 WHERE settles = 1;
ALTER TABLE accepted ADD COLUMN turn BIGINT NOT NULL DEFAULT 1;
ALTER TABLE settlements RENAME TO settlements_4;
CREATE TABLE settlements (
    line_id TEXT NOT NULL,
    run_seq BIGINT NOT NULL,
    decision_id TEXT NOT NULL,
    turn BIGINT NOT NULL DEFAULT 1,
    settled INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (line_id, turn)
);
INSERT INTO settlements (line_id, run_seq, decision_id) SELECT line_id, run_seq, decision_id FROM settlements_4;
DROP TABLE settlements_4;
DROP INDEX postings_by_batch;
ALTER TABLE postings RENAME TO postings_4;
CREATE TABLE postings (
    line_id TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    turn BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (line_id, turn)
);
INSERT INTO postings (line_id, batch_id) SELECT line_id, batch_id FROM postings_4;
DROP TABLE postings_4;
CREATE INDEX postings_by_batch ON postings (batch_id);
"""
_LEARNED: Final = """
CREATE TABLE learned (
    nth BIGINT NOT NULL PRIMARY KEY,
    run_seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    meaning TEXT NOT NULL,
    event TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL,
    evidence TEXT NOT NULL,
    note TEXT NOT NULL,
    who TEXT NOT NULL,
    at TEXT NOT NULL
);
"""
# What is of persons is held by a salt from now on; links that are there hold it as it stands.
_SALTS: Final = """
ALTER TABLE bank_lines ADD COLUMN salt TEXT NOT NULL DEFAULT '';
ALTER TABLE run_lines ADD COLUMN salt TEXT NOT NULL DEFAULT '';
ALTER TABLE inputs_seen ADD COLUMN salt TEXT NOT NULL DEFAULT '';
ALTER TABLE items_seen ADD COLUMN salt TEXT NOT NULL DEFAULT '';
ALTER TABLE decisions ADD COLUMN salt TEXT NOT NULL DEFAULT '';
ALTER TABLE learned ADD COLUMN salt TEXT NOT NULL DEFAULT '';
CREATE TABLE privacy_log (
    nth BIGINT NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    event TEXT NOT NULL,
    reference TEXT NOT NULL,
    why TEXT NOT NULL,
    details TEXT NOT NULL
);
"""
_SECOND_PERSON: Final = """
ALTER TABLE decisions ADD COLUMN login TEXT NOT NULL DEFAULT '';
ALTER TABLE accepted ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';
"""
_CONTROLS: Final = """
ALTER TABLE batches ADD COLUMN controls TEXT NOT NULL DEFAULT '';
"""
_CASES: Final = """
CREATE TABLE cases (
    nth BIGINT NOT NULL PRIMARY KEY,
    run_seq BIGINT NOT NULL,
    case_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    event TEXT NOT NULL,
    line_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    due TEXT NOT NULL,
    owner TEXT NOT NULL,
    text TEXT NOT NULL,
    who TEXT NOT NULL,
    at TEXT NOT NULL,
    salt TEXT NOT NULL DEFAULT ''
);
"""
_INDEXES: Final = """
CREATE INDEX bank_lines_by_run ON bank_lines (run_seq);
CREATE INDEX inputs_seen_by_run ON inputs_seen (run_seq);
CREATE INDEX items_seen_by_run ON items_seen (run_seq);
CREATE INDEX proposals_by_run ON proposals (run_seq);
CREATE INDEX proposal_allocations_by_run ON proposal_allocations (run_seq);
CREATE INDEX proposal_exceptions_by_run ON proposal_exceptions (run_seq);
CREATE INDEX settlements_by_run ON settlements (run_seq, decision_id);
CREATE INDEX settlements_by_decision ON settlements (decision_id);
CREATE INDEX accepted_by_run ON accepted (run_seq, decision_id);
CREATE INDEX accepted_by_decision ON accepted (decision_id);
CREATE INDEX accepted_by_line ON accepted (line_id);
CREATE INDEX decisions_by_line ON decisions (line_id);
"""
# Nobody noted whether files of before were written; they count as such, or all of them would come again.
_DELIVERIES: Final = """
CREATE TABLE deliveries (
    nth BIGINT NOT NULL PRIMARY KEY,
    batch_id TEXT NOT NULL,
    at TEXT NOT NULL,
    who TEXT NOT NULL
);
INSERT INTO deliveries (nth, batch_id, at, who)
    SELECT 1, batch_id, created, '' FROM batches WHERE nth = (SELECT MAX(nth) FROM batches);
"""
_SHADOWS: Final = """
CREATE TABLE shadows (
    run_seq BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    rules_digest TEXT NOT NULL,
    rules TEXT NOT NULL,
    suggested INTEGER NOT NULL,
    lines BIGINT NOT NULL
);

CREATE TABLE shadow_proposals (
    run_seq BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    line_id TEXT NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    change TEXT NOT NULL,
    outcome_live TEXT NOT NULL,
    outcome_shadow TEXT NOT NULL,
    code_live TEXT NOT NULL,
    code_shadow TEXT NOT NULL,
    items_live TEXT NOT NULL,
    items_shadow TEXT NOT NULL,
    settles_live TEXT NOT NULL,
    settles_shadow TEXT NOT NULL,
    row_hash_live TEXT NOT NULL,
    PRIMARY KEY (run_seq, nth)
);
"""
STEPS: Final[Mapping[int, str]] = MappingProxyType(
    {
        2: _KEPT_INPUTS + _HOLDERS,
        3: _WHO,
        4: _CHAIN,
        5: _TURNS + _LEARNED + _SALTS + _CASES + _SECOND_PERSON + _CONTROLS,
        6: _INDEXES,
        7: _DELIVERIES,
        8: _SHADOWS,
    }
)  # version -> what makes it of the one before

_CHAINED: Final = 4  # from this version on every write is a link of the chain
_DELIVERED: Final = 7  # from this version on it is noted that posting files were written
_RANDOM: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sqlite": "lower(hex(randomblob(16)))",
        "postgresql": "replace(CAST(gen_random_uuid() AS TEXT), '-', '')",
    }
)


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
    if to < _CHAINED:
        return
    tables = MetaData()
    tables.reflect(connection)
    if version < chain.SALTED <= to:
        _salt(connection)
    if version < _CHAINED:
        chain.begin(connection, tables)
    elif version < chain.SALTED <= to:
        chain.begin_salted(connection, tables)
    if version < _DELIVERED <= to and connection.execute(select(tables.tables["deliveries"].c.nth)).first():
        chain.seal(connection, tables, chain.DELIVERY, "1")


def _salt(connection: Connection) -> None:
    """A salt for every row: without one, what stays after an erasure would tell whether a guessed name was right."""
    made = _RANDOM[connection.dialect.name]
    for name in sorted(personal.COLUMNS):
        connection.exec_driver_sql(f"UPDATE {name} SET salt = {made} WHERE salt = ''")  # noqa: S608 - our names
