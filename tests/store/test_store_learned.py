"""What was learned is kept as events, held by the chain, and given back as it was at any run."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from store_cases import AT, frame, open_items, record, run

from recon import model
from recon.decide import decide
from recon.model import LEARNED
from recon.problems import ReconError
from recon.store import RunTables, Store


@pytest.fixture
def store(address: str) -> Store:
    """A store with a run of two lines, proposed for A and B of customer K1."""
    store = Store.open(address)
    assert store.save_run(record("r1"), tables())
    return store


def tables() -> RunTables:
    made = run([("L1", "A", "60.00"), ("L2", "B", "40.00")], open_items(("A", "60.00"), ("B", "40.00")))
    owned = made.allocations.with_columns(customer_id=pl.lit("K1"))
    return replace(made, allocations=owned, others=OTHERS)


OTHERS = {kind: model.INPUT_TABLES[kind].empty_outside() for kind in model.INPUT_TABLES}


def event(**said: Any) -> pl.DataFrame:
    row = {
        "kind": "alias",
        "subject": "HILLTOP",
        "meaning": "K1",
        "event": "accepted",
        "evidence": json.dumps({"lines": 2}),
        "note": "",
        "who": "bea",
        "at": AT,
    }
    return frame(LEARNED, [row | said])


def reject(store: Store, line_id: str) -> None:
    view = store.current()
    seen = dict(view.lines.select("line_id", "row_hash").iter_rows())[line_id]
    row = {"line_id": line_id, "decision": "reject", "row_hash": seen, "where": "Suggestions!2"}
    made = decide(frame(model.DECISIONS, [row], decided_by="anna"), view)
    assert made.problems == ()
    store.append_decisions(made.decided, made.accepted, AT)


def test_events_come_back_in_order_with_their_days(store: Store) -> None:
    first, second = event(valid_from=date(2026, 3, 2)), event(event="withdrawn", note="no more")
    store.append_learned(first)
    store.append_learned(second)
    assert store.lessons().events.rows() == [
        *first.with_columns(pl.col(pl.String).fill_null("")).rows(),
        *second.rows(),
    ]
    assert store.verify().breaks == ()


def test_nothing_is_no_event(store: Store) -> None:
    links = store.verify().links
    store.append_learned(LEARNED.empty_outside())
    assert store.verify().links == links


def test_a_past_run_knows_what_was_learned_before_it(store: Store) -> None:
    store.append_learned(event())
    reject(store, "L1")
    assert store.save_run(record("r2"), tables())
    store.append_learned(event(event="withdrawn"))
    before, then = store.past("r1"), store.past("r2")
    assert before is not None
    assert then is not None
    assert (before.lessons.events.height, before.lessons.rejections.height) == (0, 0)
    assert then.lessons.events["event"].to_list() == ["accepted"]
    assert then.lessons.rejections.select("line_id", "customer_id", "who").rows() == [("L1", "K1", "anna")]
    assert then.lessons.lines["line_id"].to_list() == ["L1"]
    assert store.lessons().events["event"].to_list() == ["accepted", "withdrawn"]


def test_what_is_taken_back_is_a_rejection_of_its_customers(store: Store) -> None:
    seen = dict(store.current().lines.select("line_id", "row_hash").iter_rows())["L1"]
    taken = {"line_id": "L1", "decision": "accept", "row_hash": seen}
    back = {"line_id": "L1", "decision": "reject", "leg": "A", "row_hash": model.settled_hash(1)}
    for row, who in ((taken, "anna"), (back, "bea")):
        asked = frame(model.DECISIONS, [row], decided_by=who, where="Allocations!2")
        made = decide(asked, store.current())
        assert made.problems == ()
        store.append_decisions(made.decided, made.accepted, AT)
    found = store.lessons()
    assert found.rejections.select("line_id", "customer_id", "who").rows() == [
        ("L1", "C1", "bea")
    ]  # whose item it is
    assert found.accepted.select("amount", "turn").rows() == [("60.00", 1), ("-60.00", 2)]
    assert found.lines["line_id"].to_list() == ["L1"]


def test_a_job_that_read_before_somebody_learned_does_not_write(store: Store, address: str) -> None:
    store.lessons()
    with Store.open(address) as other:
        other.append_learned(event())
    with pytest.raises(ReconError) as refused:
        store.append_learned(event(meaning="K2"))
    assert refused.value.problems[0].code == "store-changed"
