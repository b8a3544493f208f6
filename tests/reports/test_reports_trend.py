"""Exposure against last month: by group of payers, on one base at both ends."""

from __future__ import annotations

from datetime import date
from typing import Any

from report_cases import inputs, item, part, rows

from recon.reports import exposure

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
