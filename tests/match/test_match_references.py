"""What a line's text names, seen through the whole engine: which item the money goes to, and how sure that is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from match_cases import Told, item, line, run, tables_of

KENT = {"customer_id": "K21", "name": "Kent County Council", "aliases": "KENT CC"}
LEDGER = [
    item("INV-001042", "K21", "4200.00"),
    item("INV-001043", "K21", "3900.00"),
    item("INV-001044", "K21", "1100.50"),
    item("INV-001045", "K21", "77.10"),
    item("INV-001046", "K21", "920.00"),
    item("CF/25/01498", "K21", "610.00"),
    item("CF/25/01777", "K21", "45.67"),
    item("HOSP-2026-03-INV-000917", "K22", "7750.00"),
    item("14", "K23", "18.14"),
]


def paid(narrative: str, amount: str, **more: str) -> Told:
    return run(tables_of([line("L1", narrative, amount, **more)], LEDGER, [KENT]))


@pytest.mark.parametrize(
    ("narrative", "amount", "items"),
    [
        ("STRANGER INV-001042", "4200.00", ["INV-001042"]),
        ("STRANGER inv 1042", "4200.00", ["INV-001042"]),
        ("STRANGER INV1042", "4200.00", ["INV-001042"]),
        ("STRANGER INVOICE NO 1042", "4200.00", ["INV-001042"]),
        ("KENT CC 001042", "4200.00", ["INV-001042"]),
        ("STRANGER CF25/01498", "610.00", ["CF/25/01498"]),
        ("STRANGER CF2501498", "610.00", ["CF/25/01498"]),
        ("STRANGER INV-0O1O42", "4200.00", ["INV-001042"]),
        ("HOSP-2026-03-INV-0", "7750.00", ["HOSP-2026-03-INV-000917"]),
        ("STRANGER INV-001042 INV-001043", "8100.00", ["INV-001042", "INV-001043"]),
        ("STRANGER INV-001042/43/44", "9200.50", ["INV-001042", "INV-001043", "INV-001044"]),
        ("STRANGER INV-001042, 001045 & 001046", "5197.10", ["INV-001042", "INV-001045", "INV-001046"]),
        ("INV-001042 TO INV-001046", "10197.60", [f"INV-00104{n}" for n in range(2, 7)]),
        ("INV 001042-001046", "10197.60", [f"INV-00104{n}" for n in range(2, 7)]),
        ("STRANGER CF/25/01498/777", "655.67", ["CF/25/01498", "CF/25/01777"]),
    ],
)
def test_a_number_that_says_which_document_is_posted(narrative: str, amount: str, items: list[str]) -> None:
    told = paid(narrative, amount)
    assert sorted(told.paid("L1")) == sorted(items)
    assert told.outcome("L1") == "auto"


@pytest.mark.parametrize(
    "narrative",
    [
        "STRANGER 1814",  # 14 is not in it
        "STRANGER 100104299",  # nor 1042 in that
        "STRANGER 20-10-42",  # a sort code
        "STRANGER 10/04/2026",  # a date
        "TEL 020 7946 1042",
        "STRANGER XXXX1042",
        "CALL +44 1042 001042",
    ],
)
def test_a_piece_of_something_else_is_no_document_number(narrative: str) -> None:
    told = paid(narrative, "4200.00")
    assert told.paid("L1") == {}
    assert told.outcome("L1") == "exception"


def test_a_short_bare_number_needs_the_payer() -> None:
    unknown = paid("STRANGER 1042", "4200.00")
    assert unknown.outcome("L1") == "suggested"
    assert unknown.codes("L1") == ["EX-UNID"]
    assert paid("KENT CC 1042", "4200.00").outcome("L1") == "auto"


def test_a_number_one_character_off_needs_the_payer_and_the_amount() -> None:
    assert paid("STRANGER INV-001142", "4200.00").outcome("L1") == "suggested"
    assert paid("STRANGER INV-001142", "4200.00").codes("L1") == ["EX-CORRUPT"]
    known = paid("KENT CC INV-001142", "4200.00")
    assert known.outcome("L1") == "auto"
    assert known.paid("L1") == {"INV-001042": Decimal("4200.00")}
    assert paid("KENT CC INV-001142", "4200.01").paid("L1") == {"": Decimal("4200.01")}


def test_a_number_that_is_a_date_by_chance_is_said_to_be_one() -> None:
    ledger = [item("INV-100326", "K43", "850.00"), item("INV-360", "K44", "850.00")]
    customers = [{"customer_id": "K44", "name": "Smith"}, {"customer_id": "K43", "name": "Jones"}]
    told = run(tables_of([line("L1", "SMITH CARE FEES 100326", "850.00")], ledger, customers))
    assert told.outcome("L1") == "suggested"
    assert told.paid("L1") == {"INV-360": Decimal("850.00")}
    assert "EX-COINC" in told.codes("L1")


def test_another_series_number_is_no_evidence() -> None:
    ledger = [item("SI-001042", "K1", "4200.00"), item("INV-5", "K2", "9.00")]
    told = run(tables_of([line("L1", "STRANGER INV-001042", "4200.00")], ledger))
    assert told.paid("L1") == {}


def test_the_payer_of_another_customer_stops_a_posting() -> None:
    other = {"customer_id": "K9", "name": "Essex County Council", "aliases": "ESSEX CC"}
    ledger = [item("INV-001042", "K21", "4200.00"), item("INV-7", "K9", "5.00")]
    told = run(tables_of([line("L1", "ESSEX CC INV-001042", "4200.00")], ledger, [KENT, other]))
    assert told.outcome("L1") == "suggested"
    assert told.codes("L1") == ["EX-XCUST"]


def test_a_number_that_two_items_carry_is_settled_by_the_payer_or_asked() -> None:
    ledger = [item("A", "K21", "50.00", doc_no="INV-001"), item("B", "K22", "50.00", doc_no="INV-001")]
    asked = run(tables_of([line("L1", "STRANGER INV-001", "50.00")], ledger, [KENT]))
    assert asked.outcome("L1") == "suggested"
    assert asked.exceptions["alternatives"].to_list() == ["B 50.00"]
    known = run(tables_of([line("L1", "KENT CC INV-001", "50.00")], ledger, [KENT]))
    assert known.outcome("L1") == "auto"
    assert known.paid("L1") == {"A": Decimal("50.00")}


def test_a_closed_document_is_not_paid_again() -> None:
    closed = [item("INV-000900", "K21", "0.00")]
    told = run(tables_of([line("L1", "KENT CC INV-000900", "920.00")], LEDGER, [KENT], closed=closed))
    assert told.outcome("L1") == "exception"
    assert told.codes("L1")[0] == "EX-DUPPAY"
    assert told.paid("L1") == {"": Decimal("920.00")}
