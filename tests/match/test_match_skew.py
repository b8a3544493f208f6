"""Lopsided data: one payer of everything, one name of hundreds, one amount a thousand times.

Each size here takes minutes where every row meets every other, and a moment where it doesn't.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from match_cases import Row, item, line, rules_of, run, tables_of

from recon.match import match
from recon.match.combine import subsets
from recon.match.combine.subsets import Book
from recon.match.explain import neighbours
from recon.rules.schema import Rules

ACME = {"customer_id": "K1", "name": "ACME CARE LTD", "aliases": "ACME"}


def money(number: int) -> str:
    return f"{number // 100}.{number % 100:02d}"


def limited(**limits: int) -> Rules:
    rules = rules_of()
    return rules.model_copy(update={"limits": rules.limits.model_copy(update=limits)})


def limits_told(told_problems: tuple[object, ...]) -> list[str]:
    return [
        str(getattr(one, "what", "")) for one in told_problems if getattr(one, "code", "") == "limit-reached"
    ]


def spread(count: int, low: int, high: int) -> list[int]:
    """Amounts without any order, the same each time."""
    made, state = [], 12345
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        made.append(low + state % (high - low))
    return made


def test_sums_that_many_sets_make_are_shown_and_do_not_compete() -> None:
    items = [
        item(f"INV-{1000 + at}", "K1", money(one)) for at, one in enumerate(spread(100, 10_000, 1_000_000))
    ]
    paid = spread(500, 100_000, 2_000_000)
    told = run(tables_of([line(f"L{at}", "ACME", money(one)) for at, one in enumerate(paid)], items, [ACME]))
    several = [at for at in range(500) if "EX-ITEM" in told.codes(f"L{at}")]
    assert len(several) > 100
    first = f"L{several[0]}"
    assert told.outcome(first) == "exception"
    assert told.exceptions.filter(line_id=first)["alternatives"][0]


def test_who_names_a_payers_items_changes_nothing_by_where_the_lines_are_cut() -> None:
    """Eight of the payer's twenty equal items are named by others' lines: its own is tried with the other twelve."""
    items = [item(f"INV-{at:04d}", "K1", "100.00") for at in range(1, 21)]
    lines = [line("A", "ACME TIMBER LTD", "100.00")]
    lines += [line(f"B{at}", f"PAYMENT INV-{at:04d}", "100.00") for at in range(1, 9)]
    tables = tables_of(lines, items, [{"customer_id": "K1", "name": "ACME TIMBER LTD"}])
    whole, cut = match(tables, rules_of()), match(tables, rules_of(), 1, 1)
    for name in ("lines", "allocations", "exceptions"):
        assert getattr(cut, name).equals(getattr(whole, name)), name
    assert whole.allocations.filter(line_id="A")["item_id"].to_list() == ["INV-0009"]


def test_an_ambiguous_sum_takes_nothing_from_a_line_that_names_its_item() -> None:
    items = [
        item(f"INV-{1000 + at}", "K1", one) for at, one in enumerate(["400.00", "500.00", "600.00", "300.00"])
    ]
    lines = [line("L1", "ACME", "900.00"), line("L2", "ACME", "900.00"), line("L3", "ACME", "1000.00")]
    told = run(tables_of(lines, items, [ACME]))
    assert {told.outcome(one) for one in ("L1", "L2")} == {"exception"}
    assert "EX-ITEM" in told.codes("L1")
    assert "EX-ITEM" in told.codes("L2")
    assert told.paid("L3") == {"INV-1000": Decimal("400.00"), "INV-1002": Decimal("600.00")}


def test_a_part_with_too_many_uses_is_taken_in_turn_and_said() -> None:
    # Each line's set is one of its kind, and shares an item with the next line's.
    items = [item(f"INV-{1000 + at}", "K1", money(10_000 + 3**at)) for at in range(8)]
    opened = [10_000 + 3**at for at in range(8)]
    lines = [
        line(f"L{at}", f"INV-{1000 + at} INV-{1001 + at}", money(opened[at] + opened[at + 1]))
        for at in range(7)
    ]
    solved, turned = (
        run(tables_of(lines, items)),
        run(tables_of(lines, items), limited(uses_per_component=10)),
    )
    assert limits_told(solved.result.problems) == []
    assert any("uses_per_component (10)" in what for what in limits_told(turned.result.problems))
    # L0, L2, L4 and L6 leave no item; in turn they are the earliest that fit.
    for told in (solved, turned):
        assert [at for at in range(7) if told.paid(f"L{at}")] == [0, 2, 4, 6]


def test_one_name_of_many_customers_is_several_customers() -> None:
    customers = [{"customer_id": f"K{at}", "name": "CARE HOMES LTD"} for at in range(1500)]
    items = [item(f"INV-{100_000 + at}", f"K{at}", "500.00") for at in range(1500)]
    lines = [line(f"L{at}", "CARE HOMES LTD", "500.00") for at in range(1500)]
    told = run(tables_of(lines, items, customers))
    assert told.lines["outcome"].unique().to_list() == ["exception"]
    assert told.lines["code"].unique().to_list() == ["EX-CUST"]
    assert len(limits_told(told.result.problems)) == 20


def test_persons_of_one_initial_and_surname_are_several_customers() -> None:
    customers = [{"customer_id": f"K{at}", "name": ("J SMITH", "JOHN SMITH")[at % 2]} for at in range(1500)]
    items = [item(f"INV-{100_000 + at}", f"K{at}", "500.00") for at in range(1500)]
    lines = [line(f"L{at}", "MR J SMITH FEES", "500.00") for at in range(1500)]
    told = run(tables_of(lines, items, customers))
    assert told.lines["code"].unique().to_list() == ["EX-CUST"]


def test_names_up_to_the_limit_are_listed_and_one_more_is_not() -> None:
    for count in (5, 6):
        customers = [{"customer_id": f"K{at}", "name": "CARE HOMES LTD"} for at in range(count)]
        items = [item(f"INV-{100 + at}", f"K{at}", "500.00") for at in range(count)]
        told = run(tables_of([line("L1", "CARE HOMES LTD", "500.00")], items, customers))
        assert "EX-CUST" in told.codes("L1")
        detail = told.exceptions.filter(line_id="L1", code="EX-CUST")["detail"].item()
        assert ("K0" in detail) == (count == 5)
        assert ("more than 5 customers" in detail) == (count == 6)


def advice(number: int, **more: str) -> Row:
    base = {
        "remittance_id": f"R{number}",
        "payer": "ACME CARE LTD",
        "payment_date": "2026-03-10",
        "payment_amount": "100.00",
        "paid_amount": "100.00",
        "doc_no": f"INV-{100_000 + number}",
        "currency": "GBP",
    }
    return base | more


def test_equal_remittances_and_receipts_do_not_meet_each_other() -> None:
    advices = [advice(at) for at in range(4000)]
    # One of another total is still found by it, and a day far off doesn't hide it.
    advices += [advice(5000, payment_amount="77.00", paid_amount="77.00")]
    advices += [advice(5001, payment_amount="77.00", paid_amount="77.00", payment_date="2025-01-10")]
    items = [item(f"INV-{100_000 + at}", "K1", "100.00") for at in [*range(4000), 5000, 5001]]
    lines = [line(f"L{at}", "ACME CARE LTD", "100.00") for at in range(4000)]
    told = run(tables_of([*lines, line("LX", "ACME CARE LTD", "77.00")], items, [ACME], advices))
    assert told.paid("LX") == {"INV-105000": Decimal("77.00")}
    rules = told.allocations.group_by("rule").len()
    assert rules.filter(rule="remittance")["len"].item() == 1
    assert any("advices_per_payer (30)" in what for what in limits_told(told.result.problems))


def test_equal_receipts_of_a_payer_are_searched_for_once() -> None:
    customers = [
        {"customer_id": f"K{at}", "name": "ACME CARE LTD" if at == 0 else f"SITE {at} LTD", "group_id": "G"}
        for at in range(100)
    ]
    items = [item(f"INV-{1000 + at}", f"K{at}", "100.00") for at in range(100)]
    lines = [line(f"L{at}", "ACME CARE LTD", "300.00") for at in range(300)]
    told = run(tables_of(lines, items, customers))
    assert all("EX-ITEM" in told.codes(f"L{at}") for at in range(0, 300, 50))


def test_triples_too_many_to_look_at_are_given_up() -> None:
    few = Book([100] * 30, [None] * 30, [0] * 30, list(range(30)), size_max=3)
    assert few.find(300, None, 3, steps_max=100).given_up
    assert few.find(300, None, 3, steps_max=subsets.STEPS_MAX).count == 30 * 29 * 28 // 6


def test_documents_paid_twice_are_decided_together() -> None:
    items = [item(f"INV-{100_000 + at}", f"K{at}", money(10_000 + at)) for at in range(3000)]
    lines = [
        line(f"L{at}-{day}", f"INV-{100_000 + at}", money(10_000 + at), booking_date=f"2026-03-1{day}")
        for at in range(3000)
        for day in (0, 1)
    ]
    told = run(tables_of(lines, items))
    first = told.lines.filter(told.lines["line_id"].str.ends_with("-0"))
    assert first["outcome"].unique().to_list() == ["auto"]
    later = told.lines.filter(told.lines["line_id"].str.ends_with("-1"))
    assert later["code"].unique().to_list() == ["EX-DUPPAY"]


def test_a_line_that_names_everything_is_said() -> None:
    items = [item(f"INV-{1000 + at}", "K1", "100.00") for at in range(12)]
    lines = [line("L1", " ".join(f"INV-{1000 + at}" for at in range(12)), "1200.00")]
    assert len(run(tables_of(lines, items)).paid("L1")) == 12
    told = run(tables_of(lines, items), limited(items_per_line=11))
    assert any("items_per_line (11)" in what for what in limits_told(told.result.problems))


def test_an_amount_that_many_owe_is_not_looked_for_among_near_names() -> None:
    customers = [ACME] + [{"customer_id": f"N{at}", "name": f"PAYER {at} LTD"} for at in range(21)]
    items = [item(f"INV-{1000 + at}", f"N{at}", "100.00") for at in range(21)]
    lines = [line("L1", "ACME CARE LTD", "100.00")]
    tables = tables_of(lines, [*items, item("INV-1", "K1", "55.00")], customers)
    assert not limits_told(run(tables).result.problems)  # twenty-one names are soon compared
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "PAIRS_MAX", 20)
        assert any("21 customers owe its amount" in what for what in limits_told(run(tables).result.problems))
