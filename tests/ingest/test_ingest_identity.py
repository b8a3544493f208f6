"""Who a row is: the same in whatever order, file or spacing it comes; never lost, never two in one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon import ingest

Write = Callable[[str, "str | bytes"], Path]
HEAD = "line_id,account,booking_date,amount,currency,narrative\n"
ITEMS = "item_id,customer_id,doc_no,issue_date,currency,amount,open_amount\n"

# Few values, so that equal rows and equal ids come often.
lines = st.tuples(
    st.sampled_from(["", "", "A", "B"]),
    st.sampled_from(["2026-03-03", "2026-03-04"]),
    st.sampled_from(["1.00", "2.00", "-1.00"]),
    st.sampled_from(["x", "y"]),
)
many = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(write: Write, rows: list[tuple[str, str, str, str]]) -> list[tuple[str, ...]]:
    text = HEAD + "".join(f"{row[0]},acc,{row[1]},{row[2]},GBP,{row[3]}\n" for row in rows)
    table = ingest.read(write("b.csv", text)).table
    return list(table.select("line_id", "booking_date", "amount", "narrative").cast(pl.String).iter_rows())


@many
@given(st.lists(lines, min_size=1, max_size=12), st.integers())
def test_shuffled_rows_keep_their_ids_and_none_is_lost(
    write: Write, rows: list[tuple[str, str, str, str]], seed: int
) -> None:
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - no secret
    first, second = read(write, rows), read(write, shuffled)
    assert len(first) == len(rows)
    assert Counter(first) == Counter(second)
    content: dict[str, tuple[str, ...]] = {}
    for line_id, *rest in first:
        assert content.setdefault(line_id, tuple(rest)) == tuple(rest), "one id for two different rows"


@many
@given(st.lists(lines.map(lambda row: ("", *row[1:])), min_size=1, max_size=10), st.integers(0, 10))
def test_overlapping_files_give_shared_days_the_same_ids(
    write: Write, rows: list[tuple[str, str, str, str]], cut: int
) -> None:
    ordered = sorted(rows, key=lambda row: row[1])
    later = [row for row in ordered if row[1] == "2026-03-04"]
    whole = [row for row in read(write, ordered) if row[1] == "2026-03-04"]
    assert Counter(whole) == Counter(read(write, later)) if later else True
    assert cut >= 0


def test_two_equal_lines_of_a_day_are_two_and_spacing_makes_no_other(write: Write) -> None:
    one, two = read(write, [("", "2026-03-03", "1.00", "Inv 1"), ("", "2026-03-03", "1.0", "INV  1")])
    assert one[0] != two[0]
    assert one[0].rpartition("-")[0] == two[0].rpartition("-")[0]


def test_an_id_on_two_rows_stays_with_one_and_both_are_kept(write: Write) -> None:
    text = HEAD + "A,acc,2026-03-03,1.00,GBP,x\nA,acc,2026-03-03,2.00,GBP,x\nA,acc,2026-03-03,1.00,GBP,x\n"
    reading = ingest.read(write("b.csv", text))
    ids = reading.table["line_id"].to_list()
    assert (ids[0], ids[2]) == ("A", "A")
    assert ids[1].startswith("L-")
    assert [(problem.code, problem.where[-1]) for problem in reading.problems] == [("id-twice", "3")]


def test_items_take_their_documents_number_where_it_is_theirs_alone(write: Write) -> None:
    cells = [",C1,D1", ",C1,D2", ",C2,D2", "D3,C1,X", ",C1,D3", ",C1,"]
    rows = "".join(f"{start},2026-03-03,GBP,1,1\n" for start in cells)
    ids = ingest.read(write("i.csv", ITEMS + rows)).table["item_id"].to_list()
    assert ids[0] == "D1"
    assert ids[3] == "D3"
    assert all(ids[index].startswith("I-") for index in (1, 2, 4, 5))
    assert len(set(ids)) == 6


def test_a_part_payment_does_not_make_another_item(write: Write) -> None:
    before = ingest.read(write("i.csv", ITEMS + ",C1,,2026-03-03,GBP,5,5\n")).table["item_id"].to_list()
    after = ingest.read(write("i.csv", ITEMS + ",C1,,2026-03-03,GBP,5.00,2\n")).table["item_id"].to_list()
    assert before == after
