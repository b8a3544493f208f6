"""The hash chain: whatever is changed, added or taken away beside recon is seen, and nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool
from store_cases import AT, frame, open_items, reading, record, run

from recon import model
from recon.decide import decide
from recon.model import Batch
from recon.store import Store


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
        store.append_postings(Batch("B1", "generic", "text", ("L1",)), AT, "ann")
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


def test_a_store_of_before_the_chain_is_held_from_its_first_opening_on(path: str) -> None:
    _do(path, "DROP TABLE chain", "UPDATE schema_version SET version = 3")
    with Store.open(path) as store:
        found = store.verify()
        assert (found.breaks, found.links) == ((), 4)
    assert any(
        "a row of accepted" in line for line in _changed(path, "UPDATE accepted SET customer_id = 'X'")
    )
