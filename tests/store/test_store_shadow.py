"""Changes that were tried beside runs: kept with their run and in its link, and given back with what was decided."""

from __future__ import annotations

from typing import Any

import polars as pl
from store_cases import AT, frame, open_items, record, run

from recon import model
from recon.decide import decide
from recon.store import Shadow, Store


def tried(*lines: str) -> Shadow:
    """A change that posts these lines newly."""
    rows: list[dict[str, Any]] = [
        dict.fromkeys(model.SHADOW.names, "x")
        | {"line_id": line, "amount": "40.00", "currency": "GBP", "change": "newly posted"}
        for line in lines
    ]
    made = pl.DataFrame(rows, schema=model.SHADOW.outer_schema, orient="row")
    return Shadow("loose", "d1", {"name": "loose"}, suggested=True, lines=2, rows=made)


def kept(store: Store, name: str, shadow: Shadow | None) -> None:
    tables = run([("L2", "A", "60.00"), ("L1", "B", "40.00")], open_items(("A", "60.00"), ("B", "40.00")))
    store.save_run(record(name), type(tables)(**(vars(tables) | {"shadow": shadow})))


def test_what_was_tried_comes_back_with_its_run_and_the_last_decision(address: str) -> None:
    with Store.open(address) as store:
        kept(store, "r1", None)
        assert store.tried().tries.is_empty()
        kept(store, "r2", tried("L1", "L2"))
        view = store.current()
        hashes = dict(view.lines.select("line_id", "row_hash").iter_rows())
        for decision in ("park", "accept"):
            asked = {
                "line_id": "L1",
                "decision": decision,
                "row_hash": hashes["L1"],
                "where": "Suggestions!2",
            }
            made = decide(frame(model.DECISIONS, [asked], decided_by="ann"), store.current())
            store.append_decisions(made.decided, made.accepted, AT)
        found = store.tried()
        assert found.tries.select("run_seq", "run_id", "name", "suggested", "lines").rows() == [
            (2, "r2", "loose", 1, 2)
        ]
        assert found.rows.select("run_seq", "line_id", "amount", "change").rows() == [
            (2, "L1", "40.00", "newly posted"),
            (2, "L2", "40.00", "newly posted"),
        ]
        assert found.said.select("line_id", "run_seq", "decision", "settles").rows() == [
            ("L1", 2, "accept", 1)
        ]
        assert store.verify().breaks == ()


def test_a_change_by_which_nothing_comes_out_otherwise_is_kept_too(address: str) -> None:
    with Store.open(address) as store:
        kept(store, "r1", tried())
        found = store.tried()
        assert (found.tries.height, found.rows.height, found.said.height) == (1, 0, 0)
        assert store.verify().breaks == ()
