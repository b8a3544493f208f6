"""A past run comes back as it was; a store of an earlier version is brought up without a loss."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal
from store_cases import AT, bank_lines, dump, frame, open_items, record, run

from recon import model
from recon.model import Kind
from recon.store import RunTables, Store, connect

FIRST = Path(__file__).parent / "schema_1.sql"  # the schema of version 1, as it was


def others(**rows: list[dict[str, Any]]) -> dict[Kind, pl.DataFrame]:
    """Remittances, customers, aliases and closed items as they are read."""
    return {kind: frame(table, rows.get(kind.value, [])) for kind, table in model.INPUT_TABLES.items()}


def kept(store: Store, run_id: str, tables: RunTables) -> None:
    """Save a run, then see that it comes back: its lines and everything else, rows in any order."""
    assert store.save_run(record(run_id), tables)
    same(store, run_id, tables)


def same(store: Store, run_id: str, tables: RunTables) -> None:
    past = store.past(run_id)
    assert past is not None
    assert tables.others is not None
    assert_frame_equal(past.frames[Kind.BANK], tables.bank_lines, check_column_order=False)
    assert_frame_equal(past.allocations, tables.allocations)
    assert_frame_equal(past.lines.drop("row_hash"), tables.lines)
    for kind in (Kind.REMITTANCE, Kind.CUSTOMERS, Kind.ALIASES, Kind.CLOSED):
        names = [column.name for column in model.INPUT_TABLES[kind].columns if not column.ours]
        read = past.frames[kind].select(names)
        assert_frame_equal(read, tables.others[kind].select(names), check_row_order=False)
    names = [column.name for column in model.OPEN_ITEMS.columns if not column.ours]
    assert_frame_equal(
        past.frames[Kind.ITEMS].select(names), tables.open_items.select(names), check_row_order=False
    )


def test_each_run_comes_back_as_it_read(address: str) -> None:
    ann, ben = {"customer_id": "A", "name": "Ann"}, {"customer_id": "B", "name": "Ben", "terms_days": 30}
    alias = {"alias": "X", "customer_id": "A", "source": "ann"}
    advice = {"remittance_id": "R1", "doc_no": "1", "paid_amount": "5.00", "currency": "GBP"}
    first = replace(
        run([("L1", "A", "60.00"), ("L2", "A", "5.00")], open_items(("A", "60.00"), ("B", "5.00"))),
        others=others(customers=[ann, ben], aliases=[alias], remittance=[advice, advice]),
    )
    second = replace(
        run([("L2", "A", "5.00"), ("L3", "A", "1.00")], open_items(("A", "50.00"))),
        others=others(
            customers=[ann | {"name": "Anne"}, ben], remittance=[advice], closed_items=[{"item_id": "Z"}]
        ),
    )
    third = replace(first, others=others(customers=[ann, ben], aliases=[alias | {"source": "ben"}, alias]))
    with Store.open(address) as store:
        runs = {"r1": first, "r2": second, "r3": third}
        for name, tables in runs.items():
            kept(store, name, tables)
        for name, tables in runs.items():
            same(store, name, tables)  # what came later changes nothing


def test_unchanged_input_adds_no_rows(address: str) -> None:
    tables = replace(run(), others=others(customers=[{"customer_id": "A"}], aliases=[{"alias": "X"}]))
    with Store.open(address) as store:
        store.save_run(record("r1"), tables)
        before = dump(address)["inputs_seen"]
        store.save_run(record("r2"), tables)
        assert dump(address)["inputs_seen"] == before
        assert len(before) == 2


def test_a_line_that_reads_otherwise_in_a_later_run_comes_back_so(address: str) -> None:
    lines = bank_lines(("L1", "1.00"), ("L2", "2.00"), source="a.csv").with_columns(
        pl.Series("extra:memo", ["x", None])
    )
    longer = lines.with_columns(pl.Series("narrative", ["text", "another text"]), source=pl.lit("b.csv"))
    twice = pl.concat([longer, lines.head(1)])
    with Store.open(address) as store:
        for number, frame_ in enumerate([lines, longer, twice, lines]):
            kept(store, f"r{number}", replace(run(), bank_lines=frame_, others=others()))
        same(store, "r1", replace(run(), bank_lines=longer, others=others()))
    rows = dump(address)["run_lines"]
    assert sum(bool(row[5]) for row in rows) == 2, "only what differs is kept once more"


def test_a_run_knows_only_what_was_settled_before_it(address: str) -> None:
    with Store.open(address) as store:
        for number, line in enumerate(("L1", "L2"), 1):
            tables = run([(line, "A", "40.00")], open_items(("A", "100.00")), outcome="auto", by_rule=True)
            store.save_run(record(f"r{number}"), replace(tables, others=others()))
        first, second = store.past("r1"), store.past("r2")
    assert first is not None
    assert second is not None
    assert first.settled_lines == frozenset()
    assert second.settled_lines == {"L1"}
    assert first.settled.is_empty()
    assert second.settled["settled"].to_list() == ["40.00"]
    assert [one.accepted["line_id"].to_list() for one in (first, second)] == [["L1"], ["L2"]]


def test_a_run_whose_input_is_not_kept_is_no_past_run(address: str) -> None:
    with Store.open(address) as store:
        store.save_run(record("r1"), run([("L1", "A", "1.00")]))
        store.begin_run(record("r2"))
        assert [store.past(name) for name in ("r1", "r2", "r3")] == [None, None, None]


def _shape(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        names = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        ]
        return {
            name: connection.execute("SELECT * FROM pragma_table_info(?)", (name,)).fetchall()
            for name in sorted(names)
        }


def test_a_store_of_version_1_is_brought_up_and_keeps_all_it_has(tmp_path: Path) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript(FIRST.read_text(encoding="utf-8"))
        connection.execute("INSERT INTO schema_version VALUES (1)")
        kept_run = ("r1", 1, AT, "2024-03-01", "d", "{}", "finished", "{}")
        connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", kept_run)
        connection.commit()
    before = dump(old)
    Store.open(str(new)).close()
    with Store.open(str(old)) as store:
        assert _shape(old) == _shape(new)
        after = dump(old)
        assert [row[: len(kept_run)] for row in after["runs"]] == before["runs"]
        assert max(after["schema_version"]) == (connect.VERSION,)
        assert store.past("r1") is None, "not all that it read was kept then"
        kept(store, "r2", replace(run([("L1", "A", "1.00")]), others=others(aliases=[{"alias": "X"}])))
    again = dump(old)
    Store.open(str(old)).close()
    assert dump(old) == again
