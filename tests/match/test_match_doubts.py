"""What a person is told of lines that are not posted: persons' names, pools, proformas, advances, near names, ..."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from match_cases import Row, Told, item, line, rules_of, run, tables_of

KENT = {"customer_id": "K1", "name": "Kent County Council"}
AMELIA = {"customer_id": "K2", "name": "Mrs Amelia Pemberton"}
JOHN = {"customer_id": "K3", "name": "Baxter, J"}
ACME = {"customer_id": "K4", "name": "Acme Widgets Ltd"}
ITEMS = [
    item("INV-1001", "K1", "900.00"),
    item("INV-1002", "K2", "850.00"),
    item("INV-1003", "K3", "620.00"),
    item("INV-1004", "K4", "100.00"),
]


def told(
    text: str,
    amount: str,
    items: Sequence[Row] = ITEMS,
    customers: Sequence[Row] = (KENT, AMELIA, JOHN, ACME),
    **more: str,
) -> Told:
    return run(tables_of([line("L1", text, amount, **more)], items, customers), rules_of())


# ---- names ------------------------------------------------------------------------------------------------------


def test_a_council_before_words_of_fees_is_the_payer() -> None:
    assert told("KENT CC CARE HOME FEES MAR", "900.00").outcome("L1") == "auto"


@pytest.mark.parametrize(
    ("text", "amount", "doc"),
    [
        ("MRS A PEMBERTON CARE", "850.00", "INV-1002"),
        ("PEMBERTON A STO", "850.00", "INV-1002"),
        ("J BAXTER ROOM 12", "620.00", "INV-1003"),
    ],
)
def test_an_initial_and_a_surname_propose_and_never_post(text: str, amount: str, doc: str) -> None:
    result = told(text, amount)
    assert result.outcome("L1") == "suggested"
    assert result.paid("L1") == {doc: Decimal(amount)}
    assert result.codes("L1") == ["EX-PII"]


def test_another_initial_is_another_person() -> None:
    assert told("MRS B PEMBERTON", "850.00").paid("L1") == {}


def test_two_persons_of_that_initial_and_surname_are_several_customers() -> None:
    twins = [AMELIA, {"customer_id": "K5", "name": "Anna Pemberton"}]
    result = told("A PEMBERTON", "850.00", ITEMS, twins)
    assert result.outcome("L1") == "exception"
    assert "EX-CUST" in result.codes("L1")


@pytest.mark.parametrize(
    ("text", "personal"),
    [("R PATEL PAYMENT", True), ("MR K OSEI", True), ("OSEI CARE FEES", True), ("BETA HOLDINGS LTD", False)],
)
def test_a_text_that_is_a_persons_name_says_so(text: str, personal: bool) -> None:
    result = told(text, "77.70")
    assert "EX-UNID" in result.codes("L1")
    assert ("EX-PII" in result.codes("L1")) == personal


def test_a_name_beside_a_document_number_is_no_matter() -> None:
    assert "EX-PII" not in told("R PATEL INV-1002", "500.00").codes("L1")


def test_a_sure_payer_beside_a_near_name_that_owes_the_amount() -> None:
    east = {"customer_id": "K8", "name": "NHS South East London ICB"}
    west = {"customer_id": "K9", "name": "NHS South West London ICB"}
    items = [item("INV-1", "K8", "91.00"), item("INV-2", "K9", "93.00")]
    result = told("NHS SOUTH EAST LON", "93.00", items, [east, west])
    assert result.codes("L1") == ["EX-NEAR", "EX-NOITEM"]
    assert result.paid("L1") == {"": Decimal("93.00")}
    assert "EX-NEAR" not in told("NHS SOUTH EAST LON", "94.00", items, [east, west]).codes("L1")


# ---- sources, advances, second payments -------------------------------------------------------------------------


def test_a_pool_that_paid_is_told() -> None:
    assert told("CEMTEX DEP 00000012345", "77.70").codes("L1") == ["EX-UNID", "EX-BATCH"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("ACME WIDGETS LTD PF-0007", ["EX-PROF", "EX-ADV"]),
        ("ACME WIDGETS LTD ADVANCE", ["EX-ADV"]),
        ("ACME WIDGETS LTD", ["EX-NOITEM"]),
    ],
)
def test_money_before_its_invoice_is_on_account(text: str, codes: list[str]) -> None:
    result = told(text, "3600.00")
    assert result.codes("L1") == codes
    assert result.paid("L1") == {"": Decimal("3600.00")}


def test_an_amount_that_an_earlier_run_settled_may_be_a_second_payment() -> None:
    settled = item("INV-1009", "K4", "0.00", amount="240.00")
    result = told("ACME WIDGETS LTD", "240.00", [*ITEMS, settled])
    assert result.outcome("L1") == "exception"
    assert "EX-DUPPAY" in result.codes("L1")
    assert "EX-DUPPAY" not in told("KENT CC", "240.00", [*ITEMS, settled]).codes("L1")


def test_a_short_payment_of_exactly_ten_per_cent_looks_like_a_tax() -> None:
    assert told("ACME WIDGETS LTD INV-1004", "90.00").codes("L1") == ["EX-SHORT", "EX-TDSPROF"]


def test_short_by_what_is_disputed_needs_no_other_reason() -> None:
    items = [item("INV-1005", "K4", "400.00", dispute="100")]
    assert told("ACME WIDGETS LTD INV-1005", "300.00", items).codes("L1") == ["EX-DISPUTE"]
    assert told("ACME WIDGETS LTD INV-1005", "290.00", items).codes("L1") == ["EX-SHORT", "EX-DISPUTE"]


# ---- what is no receivable --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "type_", "outcome"),
    [
        ("INTEREST (GROSS)", "BGC", "not_receivable"),
        ("HMRC VTR", "BGC", "not_receivable"),
        ("TREASURY SWEEP 1004", "TFR", "not_receivable"),
        ("ACME WIDGETS LTD INV-1004", "TFR", "auto"),
    ],
)
def test_words_say_what_is_no_receivable(text: str, type_: str, outcome: str) -> None:
    assert told(text, "100.00", type=type_).outcome("L1") == outcome


def test_money_from_an_account_of_ours_is_our_own() -> None:
    ours = line(
        "L1",
        "ACME WIDGETS LTD INV-1004",
        "100.00",
        account="20-00-00 12345678",
        counterparty_account="20000012345679",
    )
    other = line("L2", "X", "5.00", account="20-00-00 12345679")
    result = run(tables_of([ours, other], ITEMS, [ACME]), rules_of())
    assert result.outcome("L1") == "not_receivable"
    alone = run(tables_of([ours], ITEMS, [ACME]), rules_of())
    assert alone.outcome("L1") == "auto"


def test_a_tax_and_a_disallowance_in_one_sum_are_told_apart_by_the_profile() -> None:
    advice = {
        "remittance_id": "R",
        "payment_reference": "4512345",
        "currency": "GBP",
        "doc_no": "CLM-2001",
        "gross_amount": "80000.00",
        "deduction_amount": "12500.00",
        "deduction_type": "TDS AND DISALLOWED",
        "paid_amount": "67500.00",
    }
    items = [item("CLM-2001", "K4", "80000.00")]

    def with_profile(profile: str) -> Told:
        customers = [ACME | {"tax_profile": profile}]
        return run(tables_of([line("L1", "4512345", "67500.00")], items, customers, [advice]), rules_of())

    taxed = with_profile("TDS 10%")
    assert taxed.outcome("L1") == "suggested"
    assert taxed.deducted("L1") == {("CLM-2001", "TDS"): Decimal("7500.00")}
    assert taxed.codes("L1") == ["EX-DISPUTE"]
    assert with_profile("").deducted("L1") == {}
    assert with_profile("TDS 10%; TDS 2%").deducted("L1") == {}
