"""Exposure: the worked figures, groups rather than accounts, limits and concentration."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from report_cases import FIXTURE_A, inputs, item, rows

from recon.reports import exposure

CUSTOMERS = [{"customer_id": "C100", "group_id": "G1"}, {"customer_id": "C200", "group_id": "G1"}]


def limit(customer: str, amount: str, **more: str) -> dict[str, Any]:
    return {"customer_id": customer, "credit_limit": amount, "currency": "GBP", **more}


def groups(**given_: Any) -> dict[str, dict[str, Any]]:
    return {row["group"] or row["name"]: row for row in rows(exposure.make(inputs(**given_)))}


def test_the_worked_exposure() -> None:
    found = groups(
        open_items=FIXTURE_A,
        customers=CUSTOMERS,
        unbilled=[{"customer_id": "C200", "amount": "8000.00", "currency": "GBP"}],
        limits=[limit("", "40000.00", group_id="G1")],
    )
    row = found["G1"]
    assert (row["gross_minor"], row["unbilled_minor"], row["unapplied_minor"], row["security_minor"]) == (
        3550000,
        800000,
        200000,
        0,
    )
    assert (row["exposure_minor"], row["over_minor"], row["used_bp"]) == (4150000, 150000, 10375)
    assert (row["accounts"], row["overdue_minor"]) == (2, 2650000)


def test_a_body_with_many_accounts_is_one_group() -> None:
    """U16: nine small accounts of one ICB are one exposure, at its level and at that of all NHS."""
    items = [item(f"I-{at}", f"C{at}", "2026-03-01", "2026-04-01", "1000.00") for at in range(9)]
    items.append(item("I-X", "X", "2026-03-01", "2026-04-01", "3000.00"))
    items.append(item("I-Y", "Y", "2026-03-01", "2026-04-01", "2000.00"))
    found = groups(
        open_items=items,
        customers=[{"customer_id": f"C{at}", "group_id": "ICB-1"} for at in range(9)],
        limits=[limit("", "5000.00", group_id="ICB-1", segment="NHS"), limit("Y", "", segment="NHS")],
    )
    assert (found["ICB-1"]["exposure_minor"], found["ICB-1"]["accounts"], found["ICB-1"]["over_minor"]) == (
        900000,
        9,
        400000,
    )
    assert found["All NHS"]["exposure_minor"] == 1100000
    assert found["No segment"]["exposure_minor"] == 300000
    assert found["Total GBP"]["exposure_minor"] == 1400000
    assert [found[name]["share_bp"] for name in ("ICB-1", "X", "Y", "All NHS", "Total GBP")] == [
        6429,
        2143,
        1429,
        7857,
        10000,
    ]


def test_a_group_without_a_limit_of_its_own_has_those_of_its_customers_and_security_counts() -> None:
    found = groups(
        open_items=FIXTURE_A,
        customers=CUSTOMERS,
        limits=[limit("C100", "10000.00", security="500.00"), limit("C200", "20000.00", security="100.00")],
    )
    row = found["G1"]
    assert (row["credit_limit_minor"], row["security_minor"], row["exposure_minor"]) == (
        3000000,
        60000,
        3290000,
    )


def test_exposure_without_a_limit_is_told_and_cash_of_nobody_is_nobodys() -> None:
    made = exposure.make(
        inputs(
            open_items=[item("I-1", "C1", "2026-03-01", "2026-04-01", "10.00")],
            on_account=[{"line_id": "L1", "customer_id": "", "amount": "4.00", "currency": "GBP"}],
        )
    )
    assert [one.what for one in made.problems] == ["1 groups have exposure and no limit"]
    assert [(row["group"], row["exposure_minor"]) for row in rows(made)] == [
        ("C1", 1000),
        ("Not known", 0),
        ("", 1000),
    ]


def test_concentration_is_the_largest_over_all() -> None:
    items = [item(f"I-{at}", f"C{at}", "2026-03-01", "2026-04-01", f"{10 * at}.00") for at in range(1, 5)]
    made = exposure.make(inputs({"groups_shown": 2}, open_items=items))
    told = [
        (row["group"], row["exposure_minor"], row["share_bp"], row["cumulated_bp"])
        for row in rows(made, "concentration")
    ]
    assert told == [
        ("C4", 4000, 4000, 4000),
        ("C3", 3000, 3000, 7000),
        ("2 others", 3000, 3000, 10000),
        ("All groups", 10000, 10000, None),
    ]


@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.integers(-(10**6), 10**6).filter(bool)), max_size=12))
def test_totals_are_the_sums_of_the_groups(debts: list[tuple[str, int]]) -> None:
    items = [
        item(
            f"I{at}",
            who,
            "2026-01-01",
            "2026-02-01",
            f"{amount}.00",
            doc_type="on_account" if amount < 0 else "invoice",
        )
        for at, (who, amount) in enumerate(debts)
    ]
    found = rows(exposure.make(inputs(open_items=items, customers=[{"customer_id": "A", "group_id": "B"}])))
    total = [row for row in found if row["level"] == "total"]
    for name in ("gross_minor", "unapplied_minor", "exposure_minor", "overdue_minor"):
        assert sum(row[name] for row in found if row["level"] == "group") == sum(row[name] for row in total)
    assert sum(row["gross_minor"] for row in total) == 100 * sum(amount for _, amount in debts if amount > 0)


def test_the_same_limit_twice_counts_once() -> None:
    found = groups(
        open_items=FIXTURE_A,
        limits=[
            limit("C100", "50.00", security="5.00", segment="NHS"),
            limit("C100", "50.00", security="5.00", group_id="C100"),
            limit("C200", "50.00"),
            limit("C200", "70.00"),
        ],
    )
    assert (found["C100"]["credit_limit_minor"], found["C100"]["security_minor"]) == (5000, 500)
    assert found["C200"]["credit_limit_minor"] == 12000, "others each count, which is told of the file"


def test_segments_of_equal_exposure_come_by_name() -> None:
    names = ["insurer", "NHS", "council", "self-pay", "corporate"]
    made = exposure.make(
        inputs(
            open_items=[item(f"I-{at}", f"C{at}", "2026-03-01", "2026-04-01", "10.00") for at in range(5)],
            limits=[limit(f"C{at}", "1.00", segment=name) for at, name in enumerate(names)],
        )
    )
    assert [row["segment"] for row in rows(made) if row["level"] == "segment"] == sorted(names)
