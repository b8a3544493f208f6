"""The hash chain: whatever is changed, added or taken away beside recon is seen, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, inspect, select
from sqlalchemy.pool import NullPool
from store_cases import AT, frame, open_items, reading, record, run

from recon import model
from recon.decide import decide
from recon.model import Batch
from recon.store import Store, Target, chain, migrate, personal


@pytest.fixture
def path(address: str) -> str:
    """A store with two runs, a decision and a posting."""
    with Store.open(address) as store:
        items = open_items(("A", "60.00"), ("B", "40.00"))
        lines = [("L2", "A", "60.00"), ("L1", "B", "40.00")]
        store.save_run(record("r1"), run(lines, items, readings=[reading("a.csv")]))
        view = store.current()
        hashes = dict(view.lines.select("line_id", "row_hash").iter_rows())
        asked = [{"line_id": "L1", "decision": "accept", "row_hash": hashes["L1"], "where": "Suggestions!2"}]
        outcome = decide(frame(model.DECISIONS, asked, decided_by="ann"), view)
        store.append_decisions(outcome.decided, outcome.accepted, AT)
        store.append_postings(Batch("B1", "generic", "text", (("L1", 1),)), AT, "ann")
        store.save_run(record("r2"), run([("L3", "A", "1.00")], open_items(("A", "60.00"))))
    return address


def _do(path: str, *statements: str) -> None:
    """Write to the store beside recon."""
    engine = create_engine(path if "://" in path else f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            done = connection.exec_driver_sql(statement)
            assert done.rowcount or statement.startswith("DROP"), statement


def _changed(path: str, statement: str) -> list[str]:
    _do(path, statement)
    with Store.open(path) as store:
        return list(store.verify().breaks)


def test_a_store_that_only_recon_wrote_to_is_whole(path: str) -> None:
    with Store.open(path) as store:
        found = store.verify()
        assert found.breaks == ()
        assert found.links == len(store.links()) == 4
        assert found.head == store.links()[-1]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE accepted SET amount = '41.00'",
            "link 2 (decisions 1-1): a row of accepted is not as it was",
        ),
        ("UPDATE decisions SET decided_by = 'bob'", "link 2 (decisions 1-1): a row of decisions"),
        ("UPDATE bank_lines SET narrative = 'x' WHERE line_id = 'L3'", "link 4 (run 2): a row of bank_lines"),
        ("UPDATE batches SET content = 'other'", "link 3 (posting B1): a row of batches"),
        ("UPDATE runs SET rules = '{}' WHERE seq = 1", "link 1 (run 1): a row of runs"),
        ("DELETE FROM inputs", "link 1 (run 1): inputs has 0 rows, and 1 were written"),
        ("DELETE FROM postings", "link 3 (posting B1): postings has 0 rows, and 1 were written"),
        ("DELETE FROM chain WHERE nth = 2", "before link 3 (posting B1) a link is missing"),
        ("DELETE FROM chain WHERE nth = 4", "bank_lines has 1 rows that no link holds"),
        ("UPDATE chain SET key = '9' WHERE nth = 4", "does not follow from the one before it"),
        (
            "UPDATE chain SET digests = 'x' WHERE nth = 2",
            "link 2 (decisions 1-1): what it says can't be read",
        ),
        (
            "UPDATE chain SET digests = '[1]' WHERE nth = 2",
            "link 2 (decisions 1-1): what it says can't be read",
        ),
        ("UPDATE chain SET key = 'x' WHERE nth = 4", "link 4 (run x): what it says can't be read"),
        ("DROP TABLE inputs_seen", "what it says can't be read any more, or a table is gone"),
        (
            "INSERT INTO settlements (line_id, run_seq, decision_id) VALUES ('L9', 9, '')",
            "settlements has 1 rows that no link holds",
        ),
    ],
)
def test_what_was_changed_beside_recon_is_told_with_its_place(path: str, statement: str, told: str) -> None:
    breaks = _changed(path, statement)
    assert any(told in line for line in breaks), breaks


def test_a_link_made_anew_over_changed_rows_breaks_those_behind_it(path: str) -> None:
    with Store.open(path) as store:
        head = store.links()[-1]
    _do(path, "UPDATE chain SET hash = 'forged' WHERE nth = 2")
    with Store.open(path) as store:
        breaks = store.verify().breaks
        assert [line.split(" does")[0] for line in breaks] == [
            "link 2 (decisions 1-1)",
            "link 3 (posting B1)",
        ]
        assert store.verify().head == head


def test_a_run_that_never_finished_holds_nothing(path: str) -> None:
    with Store.open(path) as store:
        store.begin_run(record("r3"))
        assert store.verify().breaks == ()


# What versions 5 and 6 added, taken away again.
_BACK_TO_4 = """
DROP INDEX bank_lines_by_run;
DROP INDEX inputs_seen_by_run;
DROP INDEX items_seen_by_run;
DROP INDEX proposals_by_run;
DROP INDEX proposal_allocations_by_run;
DROP INDEX proposal_exceptions_by_run;
DROP INDEX settlements_by_run;
DROP INDEX settlements_by_decision;
DROP INDEX accepted_by_run;
DROP INDEX accepted_by_decision;
DROP INDEX accepted_by_line;
DROP INDEX decisions_by_line;
ALTER TABLE decisions DROP COLUMN turn;
ALTER TABLE decisions DROP COLUMN login;
ALTER TABLE accepted DROP COLUMN turn;
ALTER TABLE accepted DROP COLUMN approved_by;
ALTER TABLE batches DROP COLUMN controls;
CREATE TABLE settlements_4 (line_id TEXT NOT NULL PRIMARY KEY, run_seq BIGINT NOT NULL, decision_id TEXT NOT NULL);
INSERT INTO settlements_4 SELECT line_id, run_seq, decision_id FROM settlements;
DROP TABLE settlements;
ALTER TABLE settlements_4 RENAME TO settlements;
DROP INDEX postings_by_batch;
CREATE TABLE postings_4 (line_id TEXT NOT NULL PRIMARY KEY, batch_id TEXT NOT NULL);
INSERT INTO postings_4 SELECT line_id, batch_id FROM postings;
DROP TABLE postings;
ALTER TABLE postings_4 RENAME TO postings;
CREATE INDEX postings_by_batch ON postings (batch_id);
UPDATE schema_version SET version = 4;
"""
_NEW_SINCE_6 = ("deliveries", "shadows", "shadow_proposals")
_NEW_SINCE = ("learned", "privacy_log", "cases", *_NEW_SINCE_6)
_SALTED_IN_5 = ("bank_lines", "run_lines", "inputs_seen", "items_seen", "decisions")


def _of_version_4(path: str) -> None:
    """The store as version 4 had it, with the links that it wrote."""
    engine = create_engine(path if "://" in path else f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        for statement in migrate.statements(_BACK_TO_4):
            connection.exec_driver_sql(statement)
        for name in _NEW_SINCE:
            connection.exec_driver_sql(f"DROP TABLE {name}")
        for name in _SALTED_IN_5:
            connection.exec_driver_sql(f"ALTER TABLE {name} DROP COLUMN salt")
        tables = MetaData()
        tables.reflect(connection)
        links = tables.tables["chain"]
        before = chain.ROOT
        for link in connection.execute(select(links).order_by(links.c.nth)).all():
            found = chain._digests(connection, tables, link.what, link.key, 4)
            digests = json.dumps(found, sort_keys=True)
            before = chain._hash(before, link.nth, link.what, link.key, digests)
            made = {"digests": digests, "hash": before}
            connection.execute(links.update().where(links.c.nth == link.nth).values(**made))


def test_the_links_of_an_earlier_version_still_hold_and_later_ones_hold_more(path: str) -> None:
    _of_version_4(path)
    with Store.open(path) as store:
        assert store.verify().breaks == ()
        store.save_run(record("r3"), run([("L4", "A", "2.00")], open_items(("A", "60.00")), by_rule=True))
        assert store.verify().breaks == ()
    assert any(
        "(migrated" in one for one in _changed(path, "UPDATE accepted SET turn = 2 WHERE line_id = 'L1'")
    )
    assert _changed(path, "UPDATE accepted SET turn = 2 WHERE line_id = 'L4'")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE settlements SET settled = 0 WHERE line_id = 'L1'",
        "UPDATE postings SET turn = 9",
        "UPDATE decisions SET login = 'bob'",
        "UPDATE accepted SET approved_by = 'bob'",
        "UPDATE batches SET controls = 'x'",
        "UPDATE bank_lines SET salt = 'aa' WHERE line_id = 'L1'",
    ],
)
def test_columns_that_came_with_a_version_are_held_in_the_rows_of_before_it_too(
    path: str, statement: str
) -> None:
    _of_version_4(path)
    with Store.open(path) as store:
        assert store.verify().breaks == ()
        rows_before = store.verify().rows
    assert any("(migrated" in one for one in _changed(path, statement))
    with Store.open(path) as store:
        assert store.verify().rows == rows_before


def test_what_a_link_holds_is_found_without_reading_whole_tables(tmp_path: Path) -> None:
    """Of each table that a link's rows are in, an index leads there: or a look through the chain is quadratic."""
    path = tmp_path / "s.db"
    Store.open(str(path)).close()
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    tables = MetaData()
    tables.reflect(engine)
    keys = {
        chain.RUN: "3",
        chain.DECISIONS: "3-7",
        chain.POSTING: "B",
        chain.LEARNED: "3-7",
        chain.CASES: "3-7",
    }
    whole = []
    with engine.connect() as connection:
        for what, key in keys.items():
            for name, clause in chain._where(tables, what, key).items():
                query = select(tables.tables[name]).where(clause)
                text_ = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text_}")]
                whole += [(what, name, step) for step in plan if step.startswith("SCAN")]
    assert whole == []


def test_a_store_of_version_5_gets_its_indexes_and_stays_whole(path: str) -> None:
    engine = create_engine(path if "://" in path else f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        for statement in migrate.statements(migrate.STEPS[6].replace("CREATE INDEX", "DROP INDEX")):
            connection.exec_driver_sql(statement.partition(" ON ")[0])
        for name in _NEW_SINCE_6:
            connection.exec_driver_sql(f"DROP TABLE {name}")
        connection.exec_driver_sql("UPDATE schema_version SET version = 5")
    with Store.open(path) as store:
        assert store.verify().breaks == ()
        names = {
            index["name"]
            for table in ("accepted", "decisions")
            for index in inspect(engine).get_indexes(table)
        }
    assert {"accepted_by_decision", "accepted_by_line", "decisions_by_line"} <= names


def test_posting_files_of_before_count_as_written(path: str) -> None:
    engine = create_engine(path if "://" in path else f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        for name in _NEW_SINCE_6:
            connection.exec_driver_sql(f"DROP TABLE {name}")
        connection.exec_driver_sql("UPDATE schema_version SET version = 6")
    with Store.open(path) as store:
        assert (store.batches(), store.lost()) == (["B1"], [])
        assert store.verify().breaks == ()
    assert any("deliveries" in one for one in _changed(path, "DELETE FROM deliveries"))


def test_a_store_whose_link_of_its_migration_was_taken_away_is_seen(path: str) -> None:
    _of_version_4(path)
    with Store.open(path):
        pass
    assert any("came to version 5" in one for one in _changed(path, "DELETE FROM chain WHERE nth = 5"))


def test_rows_of_an_earlier_version_are_erased_and_the_log_has_their_link_before_and_after(path: str) -> None:
    _of_version_4(path)
    with Store.open(path) as store:
        done = store.erase(Target(("L1",)), reference="L1", who="ann", at=AT, why="request")
        assert done.rows == {"bank_lines": 1}
        assert (store.verify().breaks, len(store.verify().erased)) == ((), 1)
    assert _changed(path, "UPDATE bank_lines SET narrative = 'x' WHERE line_id = 'L2'")


def test_what_stays_of_an_erased_row_of_an_earlier_version_tells_no_name(path: str) -> None:
    _of_version_4(path)
    names = personal.COLUMNS["bank_lines"]
    engine = create_engine(path if "://" in path else f"sqlite:///{path}", poolclass=NullPool)
    query = f"SELECT salt, {', '.join(names)} FROM bank_lines WHERE line_id = 'L1'"  # noqa: S608 - our names
    with Store.open(path) as store:
        with engine.connect() as connection:
            _salt, *was = connection.exec_driver_sql(query).one()
        store.erase(Target(("L1",)), reference="L1", who="ann", at=AT, why="request")
        with engine.connect() as connection:
            left = connection.exec_driver_sql(query).one()[0]
    assert left.startswith(personal.ERASED)
    assert left != personal.ERASED + personal.digest(["", *was])


def test_a_store_of_before_the_chain_is_held_from_its_first_opening_on(path: str) -> None:
    _of_version_4(path)
    _do(path, "DROP TABLE chain", "UPDATE schema_version SET version = 3")
    with Store.open(path) as store:
        found = store.verify()
        assert (found.breaks, found.links) == ((), 5), (
            "runs, decisions, the posting file, and that it was written"
        )
    assert any(
        "a row of accepted" in line for line in _changed(path, "UPDATE accepted SET customer_id = 'X'")
    )
