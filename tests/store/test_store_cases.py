"""Queries, promises and notes in the store: numbered by kind, held by the chain, erased with their line."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool
from store_cases import AT, frame, open_items, record, run

from recon import model
from recon.store import Store, Target


def _said(**more: object) -> dict[str, object]:
    return {"event": "opened", "who": "ann", "at": AT, **more}


@pytest.fixture
def path(address: str) -> str:
    """A settled line with a query, a promise and a note, and a run behind them."""
    with Store.open(address) as store:
        store.save_run(record("r1"), run([("L1", "A", "60.00")], by_rule=True, outcome="auto"))
        events = [
            _said(kind="query", line_id="L1", text="PEMBERTON asks"),
            _said(kind="promise", customer_id="C1", amount="5.00", currency="GBP", due=date(2024, 3, 4)),
            _said(kind="query", item_id="A"),
        ]
        assert store.append_cases(frame(model.CASES, events)) == ["Q-1", "P-1", "Q-2"]
        closed = [_said(case_id="Q-2", kind="query", item_id="A") | {"event": "closed"}, _said(kind="note")]
        assert store.append_cases(frame(model.CASES, closed)) == ["Q-2", "N-1"]
        store.save_run(record("r2"), run([("L2", "A", "1.00")], open_items(("A", "60.00"))))
    return address


def test_what_was_said_is_kept_in_order_and_held_by_the_chain(path: str) -> None:
    with Store.open(path) as store:
        found = store.cases()
        assert found["case_id"].to_list() == ["Q-1", "P-1", "Q-2", "Q-2", "N-1"]
        assert found.row(1, named=True)["due"] == date(2024, 3, 4)
        assert store.append_cases(found.clear()) == []
        assert (store.verify().breaks, store.verify().links) == ((), 4)
    engine = create_engine(path if "://" in path else f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE cases SET owner = 'bob' WHERE case_id = 'P-1'")
    with Store.open(path) as store:
        assert store.verify().breaks == ("link 2 (cases 1-3): a row of cases is not as it was written",)


def test_the_words_about_a_line_go_with_it(path: str) -> None:
    with Store.open(path) as store:
        done = store.erase(Target(("L1",)), reference="L1", who="ann", at=AT, why="request")
        assert done.rows["cases"] == 1
        assert store.cases()["text"].to_list() == ["[erased]", "", "", "", ""]
        assert store.verify().breaks == ()
