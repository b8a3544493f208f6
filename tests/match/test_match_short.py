"""Numbers of three digits: only of a payer who is known without doubt, and only where they explain the amount."""

from __future__ import annotations

from decimal import Decimal

import pytest
from match_cases import Row, Told, item, line, rules_of, run, tables_of

ACME = {"customer_id": "K1", "name": "Acme Services Ltd", "aliases": "ACME"}
BETA = {"customer_id": "K2", "name": "Beta Ltd"}
ITEMS = [item("502", "K1", "100.00"), item("INV-503", "K1", "70.00"), item("504", "K2", "100.00")]


def told(text: str, amount: str, items: list[Row] = ITEMS, customers: tuple[Row, ...] = (ACME, BETA)) -> Told:
    return run(tables_of([line("L1", text, amount)], items, customers))


def test_two_short_numbers_of_the_payer_that_make_the_amount_are_posted() -> None:
    result = told("ACME 502 503", "170.00")
    assert result.outcome("L1") == "auto"
    assert result.paid("L1") == {"502": Decimal("100.00"), "INV-503": Decimal("70.00")}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("SMITH 502 503", "170.00"),  # nobody's alias
        ("502 503", "170.00"),
        ("ACME 502 503", "165.00"),  # they don't make the amount
        ("ACME UNIT 502 ROOM 503", "170.00"),  # no documents
        ("ACME 02-503 7:502", "170.00"),  # pieces of something else
    ],
)
def test_short_numbers_alone_are_no_reference(text: str, amount: str) -> None:
    result = told(text, amount)
    assert result.outcome("L1") != "auto"
    rules = set(result.allocations["rule"])
    assert "reference_bare" not in rules


def test_anothers_short_number_is_not_the_payers() -> None:
    # Two items of the amount, so that payer and amount do not decide; 504 is BETA's.
    items = [*ITEMS, item("505", "K1", "100.00")]
    result = told("ACME 504", "100.00", items)
    assert result.outcome("L1") != "auto"
    assert "504" not in result.paid("L1")
    assert told("ACME 505", "100.00", items).paid("L1") == {"505": Decimal("100.00")}


def test_the_rule_key_switches_short_numbers_off() -> None:
    rules = rules_of()
    off = rules.model_copy(
        update={"references": rules.references.model_copy(update={"bare_digits_payer": 4})}
    )
    result = run(tables_of([line("L1", "ACME 502 503", "170.00")], ITEMS, [ACME, BETA]), off)
    assert "reference_bare" not in set(result.allocations["rule"])


def test_one_short_number_among_items_of_one_amount_is_only_proposed() -> None:
    items = [item("502", "K1", "850.00"), item("603", "K1", "850.00")]
    result = told("ACME 502", "850.00", items)
    assert result.outcome("L1") == "suggested"
    assert result.paid("L1") == {"502": Decimal("850.00")}
