"""Customers that became others: who pays whose items, from which day on, and what is never posted on that alone."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from match_cases import Row, Told, item, line, rules_of, run, tables_of

from recon.bench.generate import generate
from recon.flow.bench import tables_of as tables_of_case
from recon.match import match
from recon.model import Tables

CUSTOMERS = [
    {"customer_id": "X1", "name": "NHS FRIMLEY ICB"},
    {"customer_id": "Y1", "name": "NHS THAMES VALLEY ICB"},
    {"customer_id": "Y2", "name": "NHS SURREY AND SUSSEX ICB"},
    {"customer_id": "Z1", "name": "ACME LTD"},
]
ITEMS = [item("INV-7001", "X1", "1234.50"), item("INV-7002", "Y1", "777.10"), item("INV-7003", "Z1", "55.00")]


def became(customer: str, successor: str, day: str, kind: str, place: str = "") -> Row:
    return {
        "customer_id": customer,
        "successor_id": successor,
        "effective": day,
        "kind": kind,
        "place": place,
    }


MERGED = [became("X1", "Y1", "2026-03-10", "merger")]
SPLIT = [became("X1", "Y1", "2026-03-01", "split", "EAST"), became("X1", "Y2", "2026-03-01", "split", "WEST")]


def told(lines: list[Row], successions: list[Row], items: list[Row] = ITEMS) -> Told:
    return run(tables_of(lines, items, CUSTOMERS, successions=successions))


def reasons(made: Told, line_id: str) -> str:
    return str(made.allocations.filter(pl.col("line_id") == line_id)["reasons"][0])


@pytest.mark.parametrize("kind", ["merger", "rename"])
@pytest.mark.parametrize(
    ("text", "amount", "pays"),
    [
        ("NHS THAMES VALLEY ICB INV-7001", "1234.50", "INV-7001"),  # the successor, by number
        ("NHS THAMES VALLEY ICB", "1234.50", "INV-7001"),  # and by name and amount
        ("NHS FRIMLEY ICB INV-7002", "777.10", "INV-7002"),  # the old body, late
        ("NHS FRIMLEY ICB", "777.10", "INV-7002"),
    ],
)
def test_one_debtor_of_two_numbers(kind: str, text: str, amount: str, pays: str) -> None:
    made = told([line("a", text, amount)], [became("X1", "Y1", "2026-03-10", kind)])
    assert (made.outcome("a"), [*made.paid("a")]) == ("auto", [pays])
    part = "" if kind == "rename" else "part of "
    assert f"customer X1 is since 2026-03-10 {part}customer Y1" in reasons(made, "a")


@pytest.mark.parametrize(
    ("text", "amount"), [("NHS THAMES VALLEY ICB INV-7001", "1234.50"), ("NHS FRIMLEY ICB", "777.10")]
)
def test_a_day_before_they_are_two(text: str, amount: str) -> None:
    lines = [line("a", text, amount, booking_date="2026-03-09")]
    before, without = told(lines, MERGED), told(lines, [])
    assert before.outcome("a") != "auto"
    assert before.allocations.equals(without.allocations)
    assert before.exceptions.equals(without.exceptions)


def test_a_line_of_the_day_before_is_a_suggestion_where_later_lines_know_the_successor() -> None:
    lines = [
        line("a", "NHS THAMES VALLEY ICB", "1234.50", booking_date="2026-03-09"),
        line("b", "NHS FRIMLEY ICB", "777.10"),
        line("c", "ACME LTD INV-7003", "55.00", booking_date="2026-03-09"),
    ]
    made = told(lines, MERGED)
    assert [made.outcome(one) for one in "abc"] == ["suggested", "auto", "auto"]
    assert made.codes("a") == ["EX-SUCC"]
    detail = made.exceptions.filter(pl.col("line_id") == "a")["detail"][0]
    assert detail == (
        "who came after is not clear: customer X1 is since 2026-03-10 part of customer Y1, and the line was booked "
        "before that"
    )


def test_the_old_body_pays_its_own_item_on_both_sides_of_the_day() -> None:
    items = [item("INV-7001", "X1", "1234.50"), item("INV-7002", "X1", "777.10")]
    lines = [
        line("a", "NHS FRIMLEY ICB", "1234.50", booking_date="2026-03-09"),
        line("b", "NHS FRIMLEY ICB", "777.10"),
    ]
    assert [told(lines, MERGED, items).outcome(one) for one in "ab"] == ["auto", "auto"]


def test_cash_of_the_old_body_is_held_on_account_of_its_successor() -> None:
    lines = [line("a", "NHS FRIMLEY ICB", "31.00")]
    assert told(lines, MERGED).result.allocations["customer_id"].to_list() == ["Y1"]
    assert told(lines, []).result.allocations["customer_id"].to_list() == ["X1"]


def test_items_of_both_that_have_one_amount_are_not_guessed() -> None:
    items = [item("INV-7001", "X1", "500.00"), item("INV-7002", "Y1", "500.00")]
    made = told([line("a", "NHS THAMES VALLEY ICB", "500.00")], MERGED, items)
    assert made.outcome("a") == "suggested"


def test_a_chain_leads_to_its_end_and_an_alias_with_it() -> None:
    chain = [became("X1", "Y2", "2025-01-01", "rename"), became("Y2", "Y1", "2026-03-01", "merger")]
    aliases = [{"alias": "OLD SURREY CCG", "customer_id": "X1"}]
    tables = tables_of(
        [line("a", "OLD SURREY CCG", "777.10")], ITEMS, CUSTOMERS, aliases=aliases, successions=chain
    )
    made = run(tables)
    assert (made.outcome("a"), [*made.paid("a")]) == ("auto", ["INV-7002"])


@pytest.mark.parametrize(
    ("payer", "outcome"), [("NHS THAMES VALLEY ICB", "auto"), ("NHS SURREY AND SUSSEX ICB", "auto")]
)
def test_of_a_split_an_exact_number_says_enough_for_either_successor(payer: str, outcome: str) -> None:
    made = told([line("a", f"{payer} INV-7001", "1234.50")], SPLIT)
    assert made.outcome("a") == outcome
    assert "customer X1 was split on 2026-03-01 between Y1 and Y2" in reasons(made, "a")
    assert told([line("a", "ACME LTD INV-7001", "1234.50")], SPLIT).codes("a") == ["EX-XCUST"]


@pytest.mark.parametrize("payer", ["NHS THAMES VALLEY ICB", "NHS SURREY AND SUSSEX ICB"])
def test_of_a_split_an_amount_is_a_suggestion_and_says_why(payer: str) -> None:
    made = told([line("a", payer, "1234.50")], SPLIT)
    assert (made.outcome("a"), [*made.paid("a")]) == ("suggested", ["INV-7001"])
    assert "EX-SUCC" in made.codes("a")
    detail = made.exceptions.filter(pl.col("code") == "EX-SUCC")["detail"][0]
    assert detail == "who came after is not clear: customer X1 was split on 2026-03-01 between Y1 and Y2"


def test_an_item_whose_place_is_told_is_its_successors_alone() -> None:
    items = [item("INV-7001", "X1", "1234.50", contract_id="East")]
    mine = told([line("a", "NHS THAMES VALLEY ICB", "1234.50")], SPLIT, items)
    assert mine.outcome("a") == "auto"
    assert "its place is with Y1" in reasons(mine, "a")
    other = told([line("a", "NHS SURREY AND SUSSEX ICB INV-7001", "1234.50")], SPLIT, items)
    assert (other.outcome("a"), other.codes("a")) == ("suggested", ["EX-XCUST"])
    assert told([line("a", "NHS SURREY AND SUSSEX ICB", "1234.50")], SPLIT, items).outcome("a") == "exception"


def test_the_split_body_pays_late_what_went_to_a_successor() -> None:
    items = [item("INV-7001", "X1", "1234.50", entity="EAST"), item("INV-7002", "Y1", "777.10")]
    assert told([line("a", "NHS FRIMLEY ICB INV-7001", "1234.50")], SPLIT, items).outcome("a") == "auto"
    by_amount = told([line("a", "NHS FRIMLEY ICB", "1234.50")], SPLIT, items)
    assert (by_amount.outcome("a"), "EX-SUCC" in by_amount.codes("a")) == ("suggested", True)
    # What was always the successor's is not the old body's to pay.
    foreign = told([line("a", "NHS FRIMLEY ICB INV-7002", "777.10")], SPLIT, items)
    assert (foreign.outcome("a"), foreign.codes("a")) == ("suggested", ["EX-XCUST"])


def test_a_group_from_a_day_on_is_as_any_group_and_goes_before_group_id() -> None:
    items = [item("INV-7001", "X1", "1234.50", group_id="G1")]
    parent = [became("X1", "Y1", "2026-03-01", "group")]
    text = "NHS THAMES VALLEY ICB INV-7001"
    assert told([line("a", text, "1234.50")], parent, items).outcome("a") == "auto"
    assert (
        told([line("a", text, "1234.50", booking_date="2026-02-28")], parent, items).outcome("a")
        == "suggested"
    )
    # A sister's item by the amount alone stays a suggestion, as for every group.
    assert told([line("a", "NHS THAMES VALLEY ICB", "1234.50")], parent, items).outcome("a") == "suggested"


def test_what_contradicts_itself_counts_for_nothing_and_is_told() -> None:
    both = [became("X1", "Y1", "2026-03-01", "merger"), became("X1", "Y2", "2026-03-01", "merger")]
    lines = [line("a", "NHS THAMES VALLEY ICB INV-7001", "1234.50")]
    made = told(lines, both)
    assert made.allocations.equals(told(lines, []).allocations)
    assert [one.code for one in made.result.problems] == ["succession-unclear"] * 2


def _case(seed: int) -> Tables:
    """A generated night in which some customers were merged, split or put into groups half-way through it."""
    tables = tables_of_case(generate("uk", 240, seed))
    ids = tables.open_items["customer_id"].unique().sort().to_list()
    days = tables.bank_lines["booking_date"].unique().sort().to_list()
    half = str(days[len(days) // 2])
    rows = [became(ids[n], ids[n + 1], half if n % 4 else str(days[0]), "merger") for n in range(0, 24, 2)]
    rows += [became(ids[30 + n], ids[40 + 2 * n + k], half, "split") for n in range(4) for k in range(2)]
    rows += [became(ids[55 + n], ids[60], half, "group") for n in range(4)]
    made = tables_of([], [], successions=rows).successions
    return replace(tables, successions=made)


@pytest.mark.slow
def test_parts_workers_and_the_order_of_rows_change_nothing() -> None:
    tables, rules = _case(5), rules_of("uk_care")
    whole = match(tables, rules)
    assert not whole.allocations.equals(
        match(replace(tables, successions=tables.successions.clear()), rules).allocations
    )
    mixed = replace(tables, successions=tables.successions.reverse())
    for other in (match(tables, rules, 1, 40), match(tables, rules, 3, 60), match(mixed, rules)):
        for name in ("lines", "allocations", "exceptions"):
            assert getattr(other, name).equals(getattr(whole, name)), name


NAMES = ["NHS FRIMLEY ICB", "NHS THAMES VALLEY ICB", "NHS SURREY AND SUSSEX ICB", "ACME LTD", "NOBODY KNOWN"]
SAID = ["", " INV-1", " INV-2", " INV-3"]
lines_of = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(SAID), st.integers(1, 4), st.integers(8, 12)),
    min_size=1,
    max_size=6,
)
items_of = st.lists(
    st.tuples(
        st.sampled_from(["X1", "Y1", "Y2", "Z1"]), st.integers(1, 4), st.sampled_from(["", "EAST", "WEST"])
    ),
    max_size=5,
)
rows_of = st.lists(
    st.tuples(
        st.sampled_from(["X1", "Y1", "Y2"]),
        st.sampled_from(["X1", "Y1", "Y2", "Z1"]),
        st.integers(9, 13),
        st.sampled_from(["rename", "merger", "split", "group"]),
        st.sampled_from(["", "EAST", "WEST"]),
    ),
    max_size=3,
)


@pytest.mark.slow
@given(lines_of, items_of, rows_of)
@settings(max_examples=20, deadline=None)
def test_money_is_conserved_and_before_the_first_day_nothing_differs(
    lines: list[tuple[str, str, int, int]],
    items: list[tuple[str, int, str]],
    rows: list[tuple[str, str, int, str, str]],
) -> None:
    said = [became(one, other, f"2026-03-{day:02}", kind, place) for one, other, day, kind, place in rows]
    ledger = [
        item(f"INV-{n + 1}", who, f"{size * 100}.00", entity=place)
        for n, (who, size, place) in enumerate(items)
    ]

    def bank(shift: int) -> list[Row]:
        return [
            line(f"L{n}", name + said_, f"{size * 100}.00", booking_date=f"2026-{3 - shift:02}-{day:02}")
            for n, (name, said_, size, day) in enumerate(lines)
        ]

    told(
        bank(0), said, ledger
    )  # conservation, one outcome a line and no item settled twice are asserted within
    before, without = told(bank(1), said, ledger), told(bank(1), [], ledger)
    assert before.allocations.equals(without.allocations)
    assert before.exceptions.equals(without.exceptions)
