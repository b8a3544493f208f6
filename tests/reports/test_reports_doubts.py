"""What is odd in month-end inputs is told and counts as it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from report_cases import inputs, item

from recon.reports import doubts

KNOWN = {"open_items": [item("I-1", "C1", "2026-01-01", "2026-01-31", "5.00")]}


def moved(kind: str, amount: str, **more: Any) -> dict[str, Any]:
    return {
        "date": date(2026, 3, 1),
        "type": kind,
        "customer_id": "C1",
        "amount": amount,
        "currency": "GBP",
        **more,
    }


def told(**given: Any) -> list[tuple[str, str]]:
    return [(one.where, one.what) for one in doubts.of(inputs(**KNOWN | given).tables)]


@pytest.mark.parametrize(
    ("kind", "amount", "said"),
    [
        ("receipt", "500.00", "1 row of type receipt with plus, which would raise what customers owe"),
        ("credit_note", "1.00", "1 row of type credit note with plus, which would raise what customers owe"),
        ("invoice", "-1.00", "1 row of type invoice with minus, which would lower what customers owe"),
        ("receipt", "-500.00", ""),
        ("invoice", "0.00", ""),
        ("fx", "5.00", ""),
        ("reclass", "-5.00", ""),
    ],
)
def test_signs_that_contradict_their_type(kind: str, amount: str, said: str) -> None:
    assert told(movements=[moved(kind, amount)]) == ([("movements", said)] if said else [])


def test_numbers_and_keys_that_come_twice() -> None:
    found = told(
        movements=[
            moved("fx", "1.00", movement_id="M-1"),
            moved("fx", "2.00", movement_id="M-1"),
            moved("fx", "3.00"),
        ],
        limits=[
            {"customer_id": "C1", "currency": "GBP", "credit_limit": "50000"},
            {"customer_id": "C1", "currency": "GBP", "credit_limit": "70000"},
            {"customer_id": "C1", "currency": "EUR", "credit_limit": "1"},
            {"group_id": "G", "currency": "GBP", "credit_limit": "5", "segment": "NHS"},
            {"group_id": "G", "currency": "GBP", "credit_limit": "5"},
        ],
    )
    assert found == [
        ("movements", "2 rows have the movement_id of another one (M-1): each counts"),
        (
            "limits",
            "2 rows have the customer_id and group_id and currency of another one (C1, GBP): each counts",
        ),
    ]


def test_customers_that_nobody_knows_without_their_names() -> None:
    [(where, what)] = told(promises=[{"customer_id": "Jane Doe", "amount": "5.00", "currency": "GBP"}])
    assert (where, what) == (
        "promises",
        "1 row of a customer that neither open items nor the customer file have",
    )


def test_a_period_that_excel_has_made_a_day() -> None:
    rows = [
        {"account": "1100", "period": period, "currency": "GBP", "closing": "1"}
        for period in ("Mar-26", "2026-02")
    ]
    assert told(gl=rows) == [("gl", "1 row with a period that is not written as 2026-03, such as 'Mar-26'")]
