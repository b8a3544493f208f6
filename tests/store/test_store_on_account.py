"""Cash that was proposed on account of a customer is accepted and posted on that customer's account."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
from store_cases import AT, frame, open_items, reading, record, run

from recon import model
from recon.decide import decide
from recon.posting import post
from recon.store import Store


def posted(address: str, customer_id: str) -> list[tuple[str, str, str]]:
    """(kind, account, customer) of the journal of a line of 50.00 that was held on account and accepted."""
    made = run([("L1", "", "50.00")], items=open_items(("A", "80.00")))
    made = replace(made, allocations=made.allocations.with_columns(pl.lit(customer_id).alias("customer_id")))
    with Store.open(address) as store:
        store.save_run(record("r1"), made)
        view = store.current()
        assert view.allocations["customer_id"].to_list() == [customer_id]
        hashes = dict(view.lines.select("line_id", "row_hash").iter_rows())
        asked = [{"line_id": "L1", "decision": "accept", "row_hash": hashes["L1"], "where": "Suggestions!2"}]
        outcome = decide(frame(model.DECISIONS, asked, decided_by="ann"), view)
        assert outcome.problems == ()
        store.append_decisions(outcome.decided, outcome.accepted, AT)
        accepted = store.unposted()
        legs = post("generic", accepted, store.bank_lines(["L1"]), store.items([])).legs
    return legs.select("kind", "account", "customer_id").filter(pl.col("kind") != "bank").rows()


def test_a_customer_that_was_proposed_is_posted(address: str) -> None:
    assert posted(address, "C7") == [("on_account", "receivables", "C7")]


def test_cash_of_nobody_known_waits_in_suspense(address: str) -> None:
    assert posted(address, "") == [("on_account", "suspense", "")]


def test_cash_on_account_counts_until_a_new_extract_follows_its_posting(address: str) -> None:
    """The chain says what follows what; an extract that was read before knows no more when it is read again."""
    made = run([("L1", "", "50.00")], open_items(("A", "80.00")), by_rule=True, readings=[items_read("one")])
    with Store.open(address) as store:
        store.save_run(record("r1"), made)

        def told(number: int, digest: str) -> list[tuple[str, int]]:
            none = run([], items=open_items(("A", "80.00"), ("B", "1.00")), readings=[items_read(digest)])
            store.save_run(record(f"r{number}"), none)
            return store.on_account().select("line_id", "taken").rows()

        assert told(2, "two") == [("L1", 1)], "not posted"
        store.append_postings(model.Batch("b1", "generic", "", (("L1", 1),)), AT)
        assert told(3, "two") == [("L1", 1)], "the same extract again"
        assert told(4, "one") == [("L1", 1)], "an older one"
        assert told(5, "three") == []
        assert store.first_seen(["A", "B", "none"]) == {"A": 1, "B": 2}


def items_read(digest: str) -> model.Reading:
    return replace(reading(digest), kind=model.Kind.ITEMS)
