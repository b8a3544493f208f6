"""Exposure against last month: by group of payers, on one base at both ends."""

from __future__ import annotations

from datetime import date
from typing import Any

from report_cases import inputs, item, part, rows

from recon.reports import exposure, management, monthly

FEBRUARY = date(2026, 2, 28)
ITEMS = [
    item("I-1", "K1", "2026-03-02", "2026-04-01", "1500.00", group_id="G"),
    item("CN-1", "K2", "2026-03-02", "2026-04-01", "-100.00", group_id="G"),
    item("I-3", "K3", "2026-02-02", "2026-03-04", "50.00"),
]
CUSTOMERS = [
    {"customer_id": f"K{at}", "name": f"Body {at}", "group_id": "G" if at < 3 else ""} for at in (1, 2, 3, 4)
]


def balance(customer: str, amount: str, **more: Any) -> dict[str, Any]:
    return {"date": FEBRUARY, "customer_id": customer, "amount": amount, "currency": "GBP", **more}


def trend(**more: Any) -> dict[str, tuple[int, int, int, int | None]]:
    made = exposure.make(inputs(open_items=ITEMS, customers=CUSTOMERS, **more))
    names = ("before_minor", "now_minor", "change_minor", "rate_bp")
    return {row["group"] or row["name"]: tuple(row[name] for name in names) for row in rows(made, "trend")}


def test_a_group_is_one_at_both_ends() -> None:
    found = trend(balances=[balance("K1", "900.00"), balance("K2", "300.00"), balance("K4", "80.00")])
    assert found == {
        "G": (120000, 140000, 20000, 1667),
        "K3": (0, 5000, 5000, None),
        "K4": (8000, 0, -8000, -10000),
        "Total GBP": (128000, 145000, 17000, 1328),
    }


def test_without_balances_of_customers_it_is_worked_back_from_movements() -> None:
    moved = {"currency": "GBP", "customer_id": "K1"}
    since = [
        moved | {"date": date(2026, 3, 2), "type": "invoice", "doc_no": "I-1", "amount": "1500.00"},
        moved | {"date": date(2026, 3, 9), "type": "receipt", "applied_to": "I-0", "amount": "-700.00"},
    ]
    whole = [balance("", "99999.00")]  # the whole ledger's says nothing of customers
    found = trend(movements=since, balances=whole)
    assert found["G"][:2] == (70000, 140000)
    assert found["K3"] == (5000, 5000, 0, 0)


def test_of_a_day_that_nobody_knows_nothing_is_told() -> None:
    made = exposure.make(inputs(open_items=ITEMS, customers=CUSTOMERS))
    assert rows(made, "trend") == []
    assert "nothing is known of that day" in part(made, "trend").facts[0]


def test_a_currency_of_this_month_alone_is_told_where_movements_say_what_was() -> None:
    new = item("E-1", "K4", "2026-03-02", "2026-04-01", "500.00", currency="EUR")
    bill = {"currency": "EUR", "customer_id": "K4", "date": date(2026, 3, 2), "type": "invoice"}
    moved = [bill | {"doc_no": "E-1", "amount": "500.00", "due_date": date(2026, 4, 1)}]
    made = exposure.make(inputs(open_items=[*ITEMS, new], customers=CUSTOMERS, movements=moved))
    found = [row for row in rows(made, "trend") if row["currency"] == "EUR"]
    assert [(row["name"], row["before_minor"], row["now_minor"]) for row in found] == [
        ("Body 4", 0, 50000),
        ("Total EUR", 0, 50000),
    ]


def test_without_movements_last_months_ages_are_not_known() -> None:
    old = [item("I-1", "K1", "2026-01-02", "2026-02-01", "1500.00")]
    ends = [balance("", "9999.00"), balance("", "1500.00", date=date(2026, 3, 31)),
            balance("", "800.00", date=date(2026, 1, 31))]  # fmt: skip
    given = inputs(open_items=old, balances=ends)
    (overdue,) = (row for row in rows(monthly.make(given), "") if row["measure"] == "overdue")
    assert (overdue["this_hundredths"], overdue["last_hundredths"], overdue["change_hundredths"]) == (
        10000,
        None,
        None,
    )
    ages = [row for row in rows(monthly.make(given), "ageing") if row["level"] == "bucket"]
    assert ages
    assert {row["last_minor"] for row in ages} == {None}
    assert {row["change_minor"] for row in ages} == {None}
    top = rows(monthly.make(given), "top")
    assert {(row["gross_minor"], row["last_minor"], row["change_minor"]) for row in top} == {
        (150000, None, None)
    }
    made = management.make(given)
    assert [row["overdue_minor"] for row in rows(made, "")][:2] == [150000, None]
    assert len(rows(made, "ageing")) == 1
