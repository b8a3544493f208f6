"""What keeps a line from being posted by the rules' own word: another company, a closed period, far too much."""

from __future__ import annotations

from decimal import Decimal

import pytest
from match_cases import Row, Told, item, line, rules_of, run, tables_of

from recon.rules.schema import Company, Rules

DEVON = {"customer_id": "K1", "name": "NHS Devon ICB"}
OURS = Company(entity="01", accounts=("20-00-00 12345678",), documents=(r"\bINV-\d{3,}",))
SISTER = Company(entity="02", accounts=("20-00-00 87654321",), documents=(r"\bEH-\d{3,}",))


def rules(**controls: object) -> Rules:
    plain = rules_of()
    return plain.model_copy(
        update={"companies": (OURS, SISTER), "controls": plain.controls.model_copy(update=controls)}
    )


def told(text: str, amount: str, items: list[Row], chosen: Rules | None = None, **more: str) -> Told:
    return run(tables_of([line("L1", text, amount, **more)], items, [DEVON]), chosen or rules())


INVOICE = item("INV-340", "K1", "3300.00", entity="01")


@pytest.mark.parametrize("account", ["", "20000012345678"])
def test_anothers_document_is_held_and_nobodys_account_gets_it(account: str) -> None:
    result = told("NHS DEVON ICB EH-7781", "3300.00", [INVOICE], account=account)
    assert result.outcome("L1") == "exception"
    assert result.codes("L1") == ["EX-ENTITY"]
    assert result.paid("L1") == {}


def test_on_the_sisters_own_account_its_number_is_only_unknown() -> None:
    result = told("NHS DEVON ICB EH-7781", "3300.00", [INVOICE], account="20-00-00 87654321")
    assert "EX-CORRUPT" in result.codes("L1")


@pytest.mark.parametrize(
    ("item_", "account", "outcome"),
    [
        (INVOICE, "20-00-00 12345678", "auto"),
        (INVOICE, "20-00-00 87654321", "suggested"),  # our item, into the sister's account
        (INVOICE | {"entity": ""}, "20-00-00 87654321", "suggested"),  # the series says whose item it is
        (INVOICE, "99-99-99 99999999", "auto"),  # an account that the rules do not know
        (INVOICE, "", "auto"),
    ],
)
def test_an_item_is_posted_only_from_its_own_companys_account(item_: Row, account: str, outcome: str) -> None:
    result = told("NHS DEVON ICB INV-340", "3300.00", [item_], account=account)
    assert result.outcome("L1") == outcome
    assert ("EX-ENTITY" in result.codes("L1")) == (outcome == "suggested")


def test_an_item_of_both_companies_ledgers_is_an_item() -> None:
    sisters = item("EH-7781", "K1", "3300.00", entity="02")
    result = told("NHS DEVON ICB EH-7781", "3300.00", [sisters], account="20-00-00 87654321")
    assert result.outcome("L1") == "auto"


@pytest.mark.parametrize(
    ("closed_to", "outcome"), [("2026-03-10", "suggested"), ("2026-03-09", "auto"), ("", "auto")]
)
def test_a_closed_period_keeps_from_posting(closed_to: str, outcome: str) -> None:
    result = told("NHS DEVON ICB INV-340", "3300.00", [INVOICE], rules(closed_to=closed_to))
    assert result.outcome("L1") == outcome
    assert result.codes("L1") == (["EX-PERIOD", "EX-CUTOFF"] if closed_to == "2026-03-10" else [])


def test_value_in_another_month_is_listed_and_posted() -> None:
    result = told("NHS DEVON ICB INV-340", "3300.00", [INVOICE], value_date="2026-02-28")
    assert result.outcome("L1") == "auto"
    assert "EX-CUTOFF" in result.allocations["reasons"][0]


@pytest.mark.parametrize(
    ("amount", "factor", "outcome"),
    [("16500.00", 5, "exception"), ("16499.99", 5, "suggested"), ("33000.00", 0, "suggested")],
)
def test_many_times_the_item_is_held_whole(amount: str, factor: int, outcome: str) -> None:
    result = told("NHS DEVON ICB INV-340", amount, [INVOICE], rules(overpaid_factor=factor))
    assert result.outcome("L1") == outcome
    if outcome == "exception":
        assert result.codes("L1") == ["EX-OVER", "EX-REFUND", "EX-FRAUD"]
        assert result.paid("L1") == {"": Decimal(amount)}


def test_much_that_another_reading_explains_is_not_held() -> None:
    items = [INVOICE, item("INV-341", "K1", "29700.00")]
    assert told("NHS DEVON ICB INV-340 INV-341", "33000.00", items).outcome("L1") == "auto"
