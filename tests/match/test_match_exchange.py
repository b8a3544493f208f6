"""Documents in one currency, paid in another: the difference is the rate's, and a person looks at it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from match_cases import Row, Told, item, line, run, tables_of

DUBLIN = {"customer_id": "K1", "name": "Dublin Clinic"}
EURO = {"doc_currency": "EUR", "doc_amount": "1000.00"}


def told(text: str, amount: str, more: Row) -> Told:
    items = [item("INV-1001", "K1", "850.00", **more)]
    return run(tables_of([line("L1", text, amount)], items, [DUBLIN]))


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("DUBLIN CLINIC INV-1001 EUR 1000 @ 0.8600", EURO),
        ("DUBLIN CLINIC INV-1001 EUR 1,000.00 @ 0.86", {}),  # the text alone makes the amount
        ("DUBLIN CLINIC INV-1001", EURO),  # the item alone is in another currency
    ],
)
def test_what_the_rate_gains_is_no_receivable(text: str, more: Row) -> None:
    result = told(text, "860.00", more)
    assert result.outcome("L1") == "suggested"
    assert result.codes("L1") == ["EX-FX"]
    assert result.paid("L1") == {"INV-1001": Decimal("850.00")}
    assert result.left("L1") == Decimal("10.00")
    assert "MT-FX" in result.allocations["reasons"][0]


def test_what_the_rate_loses_settles_the_item_as_a_deduction() -> None:
    result = told("DUBLIN CLINIC INV-1001 EUR 1000 @ 0.8400", "840.00", EURO)
    assert result.outcome("L1") == "suggested"
    assert result.paid("L1") == {"INV-1001": Decimal("840.00")}
    assert result.deducted("L1") == {("INV-1001", "FX"): Decimal("10.00")}


@pytest.mark.parametrize(
    ("text", "amount", "more"),
    [
        ("DUBLIN CLINIC INV-1001 EUR 900 @ 0.8600", "860.00", EURO),  # another amount than the document's
        ("DUBLIN CLINIC INV-1001 USD 1000 @ 0.8600", "860.00", EURO),  # another currency
        ("DUBLIN CLINIC INV-1001 EUR 1000 @ 0.8700", "860.00", {}),  # that rate does not make it
        ("DUBLIN CLINIC INV-1001", "950.00", EURO),  # more than a rate moves
        ("DUBLIN CLINIC INV-1001", "860.00", {"doc_currency": "GBP", "doc_amount": "850.00"}),
        ("DUBLIN CLINIC INV-1001", "860.00", {}),
    ],
)
def test_other_differences_are_not_the_rates(text: str, amount: str, more: Row) -> None:
    result = told(text, amount, more)
    assert result.outcome("L1") == "suggested"
    assert result.codes("L1") == ["EX-OVER"]


def test_the_amount_as_booked_is_posted() -> None:
    assert told("DUBLIN CLINIC INV-1001", "850.00", EURO).outcome("L1") == "auto"
