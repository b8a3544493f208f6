"""Whose money it is and how much of it: bounds on stated deductions, foreign items, caps, what is held for whom."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from match_cases import Row, Told, item, line, rules_of, run, tables_of

ACME = {"customer_id": "K1", "name": "Acme Care Ltd"}
BETA = {"customer_id": "K2", "name": "Beta Homes Ltd"}


def stated(kind: str, kept: str, paid: str, open_amount: str, profile: str = "", **more: str) -> Told:
    advice = {
        "remittance_id": "R",
        "payment_reference": "4512345",
        "currency": "GBP",
        "doc_no": "INV-1001",
        "gross_amount": open_amount,
        "deduction_amount": kept,
        "deduction_type": kind,
        "paid_amount": paid,
    }
    items = [item("INV-1001", "K1", open_amount, **more)]
    customers = [ACME | {"tax_profile": profile}]
    return run(tables_of([line("L1", "4512345", paid)], items, customers, [advice]), rules_of())


@pytest.mark.parametrize(
    ("kind", "kept", "paid", "terms", "settles"),
    [
        ("CHARGE", "30.00", "970.00", "", True),
        ("CHARGE", "30.01", "969.99", "", False),
        ("CHARGE", "600.00", "400.00", "", False),
        ("DISC", "50.00", "950.00", "", True),
        ("DISC", "50.01", "949.99", "", False),
        ("DISC", "80.00", "920.00", "8% 60 days", True),  # the item's own terms allow it
    ],
)
def test_charges_and_discounts_that_an_advice_states_have_a_cap(
    kind: str, kept: str, paid: str, terms: str, settles: bool
) -> None:
    told = stated(kind, kept, paid, "1000.00", discount_terms=terms)
    assert told.outcome("L1") == ("auto" if settles else "suggested")
    assert told.paid("L1") == {"INV-1001": Decimal(paid)}
    assert told.deducted("L1") == ({("INV-1001", kind): Decimal(kept)} if settles else {})
    assert told.codes("L1") == ([] if settles else ["EX-DISPUTE"])


@pytest.mark.parametrize(
    ("profile", "kept", "paid", "codes"),
    [
        ("", "900.00", "100.00", ["EX-TDSPROF"]),
        ("", "100.00", "900.00", []),  # a rate of the rules
        ("TDS 10%", "100.00", "900.00", []),
        ("TDS 10%", "101.00", "899.00", []),  # rounded by a unit
        ("TDS 10%", "101.01", "898.99", ["EX-TDSRATE"]),
        ("TDS 2%", "100.00", "900.00", ["EX-TDSRATE"]),
        ("CIS 20%", "100.00", "900.00", ["EX-TDSPROF"]),
    ],
)
def test_a_stated_tax_is_posted_at_a_known_rate_only(
    profile: str, kept: str, paid: str, codes: list[str]
) -> None:
    told = stated("TDS", kept, paid, "1000.00", profile)
    assert told.outcome("L1") == ("suggested" if codes else "auto")
    assert told.codes("L1") == codes
    assert told.deducted("L1") == {("INV-1001", "TDS"): Decimal(kept)}


def test_a_stated_tax_is_taken_from_the_net_amount_where_that_is_known() -> None:
    assert stated("TDS", "100.00", "1080.00", "1180.00", "TDS 10%", net_amount="1000.00").codes("L1") == []
    gross = stated("TDS", "118.00", "1062.00", "1180.00", "TDS 10%", net_amount="1000.00")
    assert gross.codes("L1") == ["EX-TDSRATE"]


@pytest.mark.parametrize("kind", ["TDS SEC 194J", "TDS U/S 194J", "TDS 194JB"])
def test_a_section_is_no_second_reason(kind: str) -> None:
    told = stated(kind, "10000.00", "90000.00", "100000.00", "TDS 2%")
    assert told.deducted("L1") == {("INV-1001", "TDS"): Decimal("10000.00")}
    assert told.codes("L1") == ["EX-TDSRATE"]
    assert stated(kind, "10000.00", "90000.00", "100000.00", "TDS 10%").outcome("L1") == "auto"


def test_a_tax_and_a_retention_in_one_sum_keep_the_code_of_the_retention() -> None:
    told = stated("TDS AND RETENTION", "12500.00", "67500.00", "80000.00", "TDS 10%")
    assert told.deducted("L1") == {("INV-1001", "TDS"): Decimal("7500.00")}
    assert told.codes("L1") == ["EX-RETEN"]


@pytest.mark.parametrize("first", ["L1", "L2"])
def test_a_gain_of_the_rate_is_told_of_its_own_line_only(first: str) -> None:
    foreign = item("INV-1001", "K1", "850.00", doc_currency="EUR", doc_amount="1000.00")
    items = [foreign, item("INV-2001", "K1", "850.00")]
    other = "L2" if first == "L1" else "L1"
    lines = [
        line(first, "ACME CARE LTD INV-1001", "860.00"),
        line(other, "ACME CARE LTD INV-2001", "860.00"),
    ]
    told = run(tables_of(sorted(lines, key=lambda row: row["line_id"]), items, [ACME]), rules_of())
    said = {
        line_id: told.allocations.filter(pl.col("line_id") == line_id)["reasons"][0]
        for line_id in (first, other)
    }
    assert "MT-FX" in said[first]
    assert "MT-FX" not in said[other]


def test_an_advice_for_a_foreign_item_stands_as_it_is_written() -> None:
    head = {"remittance_id": "R", "payment_reference": "4512345", "currency": "GBP"}
    advice = [
        head | {"doc_no": "INV-1001", "paid_amount": "500.00"},
        head | {"doc_no": "INV-9999", "paid_amount": "300.00"},
    ]
    foreign = item("INV-1001", "K1", "850.00", doc_currency="EUR", doc_amount="1000.00")
    told = run(tables_of([line("L1", "4512345", "800.00")], [foreign], [ACME], advice), rules_of())
    assert told.paid("L1") == {"INV-1001": Decimal("500.00"), "": Decimal("300.00")}
    assert told.deducted("L1") == {}
    assert told.codes("L1") == ["EX-REMUNK", "EX-SHORT"]


def capped(amounts: list[str]) -> Told:
    """Lines of one customer, each for its own item of 2,000.00; 43.00 of 50.00 are used."""
    lines: list[Row] = [
        line(f"L{n}", f"ACME CARE LTD INV-{1000 + n}", amount, booking_date=f"2026-03-1{n}")
        for n, amount in enumerate(amounts)
    ]
    items = [item(f"INV-{1000 + n}", "K1", "2000.00") for n in range(len(amounts))]
    return run(tables_of(lines, items, [ACME | {"tolerance_used": "43.00"}]), rules_of())


def test_a_difference_that_is_withheld_takes_nothing_from_the_cap() -> None:
    told = capped(["1995.20", "1997.00", "1998.00", "1996.00"])  # 4.80, 3.00, 2.00, 4.00 short
    assert [told.outcome(f"L{n}") for n in range(4)] == ["auto", "suggested", "auto", "suggested"]
    assert told.deducted("L1") == {}


def test_a_difference_beyond_the_cap_is_weighed_as_a_part() -> None:
    told = capped(["1995.20", "1997.00"])
    weights = rules_of().weights
    rows = {row["line_id"]: row for row in told.allocations.iter_rows(named=True)}
    assert float(rows["L1"]["confidence"]) < float(rows["L0"]["confidence"])
    assert "against it" in rows["L1"]["reasons"]
    assert f"tolerance of twelve months ({weights.amount_part:+.1f})" in rows["L1"]["reasons"]


@pytest.mark.parametrize("owner", ["K1", "K2"])
def test_much_too_much_is_held_for_the_one_owner_of_what_is_named(owner: str) -> None:
    items = [item("INV-1042", "K1", "100.00"), item("INV-1043", owner, "100.00")]
    told = run(tables_of([line("L1", "INV-1042 INV-1043", "5000.00")], items, [ACME, BETA]), rules_of())
    held = told.allocations.filter(pl.col("item_id") == "")
    assert held["customer_id"].to_list() == (["K1"] if owner == "K1" else [])
    if owner == "K1":
        assert told.paid("L1") == {"": Decimal(5000)}


def test_a_reading_that_no_decision_could_accept_is_not_offered() -> None:
    """860.00 may be 850.00 for the foreign item and a gain, or 860.00 for another: only the second is whole."""
    foreign = item("INV-1001", "K1", "850.00", doc_currency="EUR", doc_amount="1000.00")
    told = run(
        tables_of(
            [line("L1", "ACME CARE LTD INV-1001 INV-1002", "860.00")],
            [foreign, item("INV-1002", "K1", "860.00")],
            [ACME],
        ),
        rules_of(),
    )
    shown = {one for text in told.exceptions["alternatives"] for one in text.split(" | ") if one}
    assert "INV-1001 850.00" not in shown
    assert not any("not receivable" in one for one in shown)
