"""The store keeps what it is given, once, and gives it back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from store_cases import AT, bank_lines, dump, frame, open_items, reading, record, run

from recon import model
from recon.decide import decide, remaining
from recon.model import Batch, View
from recon.problems import ReconError
from recon.store import RunTables, Store


@pytest.fixture
def store(address: str) -> Store:
    return Store.open(address)


def decide_on(store: Store, *rows: tuple[str, str]) -> None:
    """Keep decisions (line_id, decision) of a person who sees what is there."""
    view = store.current()
    hashes = dict(view.lines.select("line_id", "row_hash").iter_rows())
    asked = [
        {"line_id": line_id, "decision": choice, "row_hash": hashes[line_id], "where": "Suggestions!2"}
        for line_id, choice in rows
    ]
    outcome = decide(frame(model.DECISIONS, asked, decided_by="ann"), view)
    assert outcome.problems == ()
    store.append_decisions(outcome.decided, outcome.accepted, AT)


def test_a_run_comes_back_as_it_was(store: Store) -> None:
    tables = run([("L2", "A", "60.00"), ("L1", "B", "40.00")], open_items(("B", "40.00"), ("A", "60.00")))
    assert store.save_run(record("r1"), tables)
    view = store.current()
    hashes = model.fingerprints(tables.lines, tables.allocations, tables.exceptions)
    assert_frame_equal(view.bank_lines, tables.bank_lines)
    assert_frame_equal(view.lines.drop("row_hash", "run_id"), tables.lines)
    assert_frame_equal(view.lines.select("line_id", "row_hash"), hashes, check_row_order=False)
    assert_frame_equal(view.allocations, tables.allocations)
    assert_frame_equal(view.exceptions, tables.exceptions)
    # Where a row stood in the extract is not kept, the extract is.
    expected = tables.open_items.sort("item_id").with_columns(pl.lit(None, dtype=pl.String).alias("source"))
    assert_frame_equal(view.open_items, expected)
    assert set(view.lines["run_id"]) == {"r1"}
    assert view.settled_lines == frozenset()


def test_an_empty_store_gives_empty_tables_with_their_columns(store: Store) -> None:
    view = store.current()
    assert view.bank_lines.schema == model.BANK_LINES.outer_schema
    assert view.open_items.schema == model.OPEN_ITEMS.outer_schema
    assert view.allocations.schema == model.ALLOCATIONS.outer_schema
    assert view.settled.schema == model.SETTLED.outer_schema
    assert store.unposted().schema == model.ACCEPTED.outer_schema
    assert (store.known_inputs(), store.batches(), store.runs().height) == (set(), [], 0)


def test_columns_that_we_do_not_know_are_kept(store: Store) -> None:
    hostile = ['a "extra:no": b', "=1+1", "\\", None]
    lines = bank_lines(*[(f"L{at}", "1.00") for at in range(4)]).with_columns(
        pl.Series("extra:Ihre Referenz", hostile), pl.Series('extra:q"', ["1", None, None, ""])
    )
    items = open_items(("A", "1.00"), ("B", "2.00")).with_columns(pl.Series("extra:ledger", ["x", None]))
    tables = run(items=items)
    store.save_run(record("r1"), replace(tables, bank_lines=lines))
    view = store.current()
    assert_frame_equal(view.bank_lines, lines, check_column_order=False)
    assert view.open_items["extra:ledger"].to_list() == ["x", None]


def test_the_same_run_twice_adds_nothing(store: Store, address: str) -> None:
    tables = run([("L1", "A", "60.00")], open_items(("A", "60.00")), outcome="auto", by_rule=True)
    assert store.save_run(record("r1"), tables)
    before = dump(address)
    assert not store.save_run(record("r1"), tables)
    assert dump(address) == before


def test_the_same_files_in_another_run_add_no_lines_and_no_items(store: Store, address: str) -> None:
    tables = run([("L1", "A", "60.00")], open_items(("A", "60.00")))
    store.save_run(record("r1"), tables)
    before = dump(address)
    store.save_run(record("r2"), tables)
    after = dump(address)
    assert after["bank_lines"] == before["bank_lines"]
    assert after["items_seen"] == before["items_seen"]
    assert len(after["proposals"]) == 2
    assert store.current().lines.height == 1


def test_a_line_keeps_what_the_first_run_read(store: Store) -> None:
    store.save_run(record("r1"), run([("L1", "A", "60.00")], open_items(("A", "60.00"))))
    store.save_run(record("r2"), run([("L1", "A", "60.00"), ("L2", "A", "1.00")], open_items(("A", "60.00"))))
    assert store.current().bank_lines["line_id"].to_list() == ["L1", "L2"]


def test_the_last_proposal_of_each_line_counts(store: Store) -> None:
    items = open_items(("A", "60.00"), ("B", "60.00"))
    store.save_run(record("r1"), run([("L1", "A", "60.00"), ("L2", "A", "5.00")], items))
    store.save_run(record("r2"), run([("L1", "B", "60.00")], items))
    view = store.current()
    assert dict(view.allocations.select("line_id", "item_id").iter_rows()) == {"L1": "B", "L2": "A"}
    assert dict(view.lines.select("line_id", "run_id").iter_rows()) == {"L1": "r2", "L2": "r1"}
    assert view.exceptions["line_id"].to_list() == ["L2", "L1"]


def test_a_settled_line_keeps_the_proposal_that_was_settled(store: Store) -> None:
    items = open_items(("A", "60.00"), ("B", "60.00"))
    store.save_run(record("r1"), run([("L1", "A", "60.00"), ("L2", "B", "60.00")], items))
    decide_on(store, ("L1", "accept"), ("L2", "park"))
    assert store.settled_lines() == {"L1"}
    store.save_run(
        record("r2"), run([("L1", "B", "60.00"), ("L2", "A", "60.00")], items, outcome="duplicate")
    )
    view = store.current()
    assert dict(view.allocations.select("line_id", "item_id").iter_rows()) == {"L1": "A", "L2": "A"}
    assert dict(view.lines.select("line_id", "outcome").iter_rows()) == {"L1": "suggested", "L2": "duplicate"}


def test_the_last_extract_is_what_is_open(store: Store, address: str) -> None:
    store.save_run(record("r1"), run(items=open_items(("A", "60.00"), ("B", "5.00"), ("C", "7.00"))))
    store.save_run(record("r2"), run(items=open_items(("C", "7.00"), ("A", "50.00"), digest="f2")))
    assert store.current().open_items.select("item_id", "open_amount", "digest").rows() == [
        ("A", "50.00", "f2"),
        ("C", "7.00", "f1"),  # unchanged: no new row
    ]
    assert store.items(["B", "A"]).select("item_id", "open_amount").rows() == [("A", "50.00"), ("B", "5.00")]
    assert len(dump(address)["items_seen"]) == 5
    store.save_run(record("r3"), run(items=open_items(("A", "50.00"), ("B", "5.00"), digest="f3")))
    assert store.current().open_items["item_id"].to_list() == ["A", "B"]


def test_what_is_settled_counts_from_the_last_extract_before_it(store: Store) -> None:
    store.save_run(record("r0"), run(items=open_items(("A", "120.00"))))
    store.save_run(
        record("r1"),
        run([("L1", "A", "40.00"), ("L2", "A", "10.00")], open_items(("A", "100.00")), by_rule=True),
    )
    columns = ["item_id", "currency", "open_amount", "settled", "settled_ever"]
    assert store.settled_items().select(columns).rows() == [("A", "GBP", "100.00", "50.00", "50.00")]
    store.save_run(record("r2"), run([("L3", "A", "25.00")], open_items(("A", "60.00"))))
    decide_on(store, ("L3", "accept"))
    assert store.settled_items().select(columns).rows() == [
        ("A", "GBP", "100.00", "75.00", "75.00"),
        ("A", "GBP", "60.00", "25.00", "75.00"),
    ]
    left, _ = remaining(open_items(("A", "60.00")), store.settled_items())
    assert left["open_amount"].to_list() == ["25.00"]


def test_deductions_settle_too(store: Store) -> None:
    tables = run([("L1", "A", "90.00")], open_items(("A", "100.00")), by_rule=True)
    deducted = tables.accepted.with_columns(pl.lit("10.00").alias("deduction"))
    store.save_run(record("r1"), replace(tables, accepted=deducted))
    assert store.settled_items()["settled"].to_list() == ["100.00"]


def test_files_are_known_once_their_run_is_saved(store: Store) -> None:
    store.begin_run(record("r1"))
    assert store.runs().select("run_id", "seq", "status").rows() == [("r1", None, "begun")]
    store.save_run(record("r1"), run(readings=[reading("d1"), reading("d2")]))
    store.begin_run(record("r1"))
    assert store.runs().select("run_id", "seq", "status", "summary").rows() == [
        ("r1", 1, "finished", '{"lines": 1}')
    ]
    assert store.known_inputs() == {"d1", "d2"}


def test_decisions_are_only_ever_added(store: Store, address: str) -> None:
    store.save_run(record("r1"), run([("L1", "A", "60.00"), ("L2", "A", "5.00")], open_items(("A", "60.00"))))
    decide_on(store, ("L1", "park"))
    before = dump(address)
    decide_on(store, ("L1", "query"), ("L2", "not receivable"))
    after = dump(address)
    for name, rows in before.items():
        assert set(rows) <= set(after[name]), name
    assert store.decided().select("line_id", "decision", "decided_by", "where", "decided_at").rows() == [
        ("L1", "park", "ann", "Suggestions!2", AT),
        ("L1", "query", "ann", "Suggestions!2", AT),
        ("L2", "not receivable", "ann", "Suggestions!2", AT),
    ]
    assert store.settled_lines() == {"L2"}


def test_a_line_is_settled_once(store: Store, address: str) -> None:
    tables = run([("L1", "A", "60.00")], open_items(("A", "60.00")), by_rule=True)
    store.save_run(record("r1"), tables)
    before = dump(address)
    with pytest.raises(AssertionError, match="L1"):
        store.save_run(record("r2"), tables)
    assert dump(address) == before


def test_what_is_accepted_is_posted_once(store: Store) -> None:
    tables = run(
        [("L1", "A", "60.00"), ("L2", "B", "5.00")], open_items(("A", "60.00"), ("B", "5.00")), by_rule=True
    )
    store.save_run(record("r1"), tables)
    assert store.unposted()["line_id"].to_list() == ["L1", "L2"]
    first = Batch("B-1", "generic", "the file\r\n", (("L1", 1),))
    assert store.append_postings(first, AT) == first
    assert store.append_postings(Batch("B-1", "generic", "another file", (("L1", 1),)), AT) == first
    assert store.unposted()["line_id"].to_list() == ["L2"]
    with pytest.raises(AssertionError, match="once"):
        store.append_postings(
            Batch(
                "B-2",
                "generic",
                "the file",
                (
                    ("L1", 1),
                    ("L2", 1),
                ),
            ),
            AT,
        )
    with pytest.raises(AssertionError, match="posts something"):
        store.append_postings(Batch("B-2", "generic", "a heading alone", ()), AT)
    assert (store.batches(), store.batch("B-1"), store.batch("B-2")) == (["B-1"], first, None)
    assert store.lost() == ["B-1"], "it is kept, and nobody has said that its file was written"
    store.delivered("B-1", AT, "ann")
    store.delivered("B-1", AT, "ann")
    assert store.lost() == []
    second = Batch("B-2", "generic", "the next file", (("L2", 1),))
    store.append_postings(second, AT)
    assert store.lost() == ["B-2"]
    assert store.verify().breaks == ()
    assert store.bank_lines(["L2", "L9"])["line_id"].to_list() == ["L2"]


def test_more_lines_than_a_query_takes_are_found(store: Store) -> None:
    lines = [(f"L{at}", "", "1.00") for at in range(3000)]
    store.save_run(record("r1"), run(lines))
    store.save_run(record("r2"), run([*lines, ("new", "", "1.00")]))
    assert store.current().bank_lines.height == 3001
    assert store.bank_lines([line_id for line_id, _, _ in lines]).height == 3000


def shuffle(tables: RunTables, seed: int) -> RunTables:
    def mixed(table: pl.DataFrame) -> pl.DataFrame:
        return table.sample(fraction=1, shuffle=True, seed=seed)

    return RunTables(
        lines=mixed(tables.lines),
        allocations=mixed(tables.allocations),
        exceptions=mixed(tables.exceptions),
        bank_lines=mixed(tables.bank_lines),
        open_items=mixed(tables.open_items),
        accepted=mixed(tables.accepted),
    )


def test_shuffled_tables_are_the_same_state(tmp_path: Path) -> None:
    lines = [(f"L{at}", "A", f"{at}.00") for at in range(20)]
    tables = run(lines, open_items(*[(f"I{at}", "1.00") for at in range(20)]), by_rule=True)
    views: list[View] = []
    for seed in (1, 2):
        shuffled = shuffle(tables, seed)
        with Store.open(str(tmp_path / f"{seed}.db")) as store:
            store.save_run(record("r1"), shuffled)
            views.append(store.current())
    for name in ("bank_lines", "lines", "allocations", "exceptions", "accepted", "open_items", "settled"):
        one, other = (getattr(view, name) for view in views)
        assert_frame_equal(one, other, check_row_order=False)


def test_an_id_that_another_line_had_is_found(store: Store) -> None:
    store.save_run(record("r1"), run([("L1", "A", "60.00"), ("L2", "A", "5.00")]))
    again = bank_lines(("L1", "60"), ("L2", "5.01"), ("L3", "5.00"))
    assert store.clashes(again)["line_id"].to_list() == ["L2"]
    later = again.with_columns(pl.lit(None, dtype=pl.Date).alias("booking_date"))
    assert store.clashes(later)["line_id"].to_list() == ["L1", "L2"]
    with pytest.raises(ReconError) as error:
        store.save_run(record("r2"), replace(run(), bank_lines=again))
    assert error.value.exit_code == 2
    assert str(error.value).startswith(
        "line L2 is another line than the one of that id in the store: day, amount"
    )
    assert store.runs()["run_id"].to_list() == ["r1"]


def test_the_url_of_a_file_is_the_file(tmp_path: Path) -> None:
    path = tmp_path / "book.recon.db"
    with Store.open(f"sqlite:///{path.as_posix()}") as store:
        store.save_run(record("r1"), run())
    with Store.open(str(path)) as store:
        assert store.runs()["run_id"].to_list() == ["r1"]


def test_two_rows_of_one_item_are_kept_and_written_anew_together(store: Store, address: str) -> None:
    store.save_run(record("r1"), run(items=open_items(("A", "1.00"), ("A", "2.00"), ("B", "3.00"))))
    store.save_run(record("r2"), run(items=open_items(("A", "2.00"), ("B", "3.00"), ("A", "1.00"))))
    assert len(dump(address)["items_seen"]) == 3
    store.save_run(record("r3"), run(items=open_items(("A", "2.00"), ("B", "3.00"), ("A", "1.50"))))
    columns = ["item_id", "open_amount"]
    assert store.current().open_items.select(columns).rows() == [("A", "2.00"), ("A", "1.50"), ("B", "3.00")]


def test_one_posts_at_a_time(store: Store, address: str) -> None:
    with Store.open(address) as other:
        with (
            store.posting(0.1),
            pytest.raises(ReconError, match="another job is posting"),
            other.posting(0.1),
        ):
            pass
        with other.posting(0.1):  # what was let go of is had
            pass
