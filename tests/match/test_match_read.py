"""How people write: words glued to numbers, slips in names, departments, plans, written-off debts, pools."""

from __future__ import annotations

from decimal import Decimal

import pytest
from match_cases import Row, Told, item, line, rules_of, run, tables_of

KENT = "Kent County Council"
OTHER = item("X-99", "K9", "9.99")


def told(narrative: str, amount: str, items: list[Row], **more: str) -> Told:
    return run(tables_of([line("L1", narrative, amount, **more)], items))


@pytest.mark.parametrize(
    ("doc", "said"),
    [
        ("INV-032046", "REFINV-032046"),
        ("SI50437", "REFSI50437"),
        ("SI-000612", "INVSI-000612"),
        ("CF/25/06566", "PAYMENTCF/25/06566"),
        ("SI55262", "INVOICESI55262"),
        ("4104208", "REF4104208"),
        ("CR/ASH/01161/A", "INVCR/ASH/01161/A"),
        ("25-26/5460", "INVOICE25-26/5460"),
    ],
)
def test_a_word_glued_to_a_number_is_taken_off(doc: str, said: str) -> None:
    result = told(f"STRANGER {said}", "420.00", [item(doc, "K1", "420.00"), OTHER])
    assert (result.outcome("L1"), list(result.paid("L1"))) == ("auto", [doc])


def test_letters_that_begin_a_number_of_the_ledger_are_left_whole() -> None:
    items = [item("INVSI-612", "K1", "420.00"), item("SI-612", "K2", "420.00")]
    result = told("STRANGER INVSI-612", "420.00", items)
    assert (result.outcome("L1"), list(result.paid("L1"))) == ("auto", ["INVSI-612"])


def test_a_number_broken_by_a_blank_is_one_number() -> None:
    items = [item("HS/25-26/27332", "K1", "420.00"), item("HS/25-26/27333", "K1", "420.00")]
    result = told("STRANGER-HS/25-26/27 332-SBINN52026031", "420.00", items)
    assert (result.outcome("L1"), list(result.paid("L1"))) == ("auto", ["HS/25-26/27332"])


def test_a_number_cut_within_a_narration_is_completed_where_the_amount_agrees() -> None:
    items = [item(f"T-0060{n}/25-26", "K1", f"84{n}.00") for n in (6, 7)]
    said = "NEFT-HDFC0001234-STRANGER-T-00606/25-UTIBN52026031"
    assert list(told(said, "846.00", items).paid("L1")) == ["T-00606/25-26"]
    assert told(said, "840.00", items).outcome("L1") == "exception"


def test_a_long_order_number_may_hang_on_another() -> None:
    items = [item("INV-7", "K1", "420.00", po_no="45000950171")]
    assert told("STRANGER 45000950171-000012345", "420.00", items).outcome("L1") == "auto"
    short = [item("INV-7", "K1", "420.00", po_no="450009")]
    assert told("STRANGER 450009-000012345", "420.00", short).outcome("L1") == "exception"


WESTMINSTER = [
    item("INV-7", "K1", "10066.89", customer_name="City of Westminster"),
    item("INV-8", "K2", "50.00", customer_name="City of Wakefield"),
]


def test_two_letters_changed_about_are_a_slip_and_only_propose() -> None:
    uk = rules_of("uk_care")
    slip = tables_of([line("L1", "CITY OF WESMTINSTE", "10066.89")], WESTMINSTER)
    result = run(slip, uk)
    assert (result.outcome("L1"), list(result.paid("L1"))) == ("suggested", ["INV-7"])
    strict = uk.model_copy(update={"payers": uk.payers.model_copy(update={"swapped_letters": False})})
    assert run(slip, strict).outcome("L1") == "exception"


def test_one_letter_for_another_makes_another_name() -> None:
    items = [item("INV-7", "K1", "12000.00", customer_name="NHS Hertfordshire")]
    result = run(tables_of([line("L1", "NHS HEREFORDSHIRE", "12000.00")], items), rules_of("uk_care"))
    assert (result.outcome("L1"), result.codes("L1")) == ("exception", ["EX-NEAR", "EX-UNID"])


def test_a_department_pays_for_its_council_unless_a_customer_is_called_so() -> None:
    items = [item("INV-7", "K1", "420.00", customer_name=KENT)]
    said = "KENT COUNTY COUNCIL ADULT SOCIAL CARE"
    assert told(said, "420.00", items).outcome("L1") == "auto"
    own = [*items, item("INV-8", "K2", "50.00", customer_name="Medway Adult Social Care")]
    assert told(said, "420.00", own).outcome("L1") == "suggested"


def test_all_invoices_is_no_part_of_a_name_cut_off() -> None:
    items = [
        item(f"INV-{nth}", "K1", f"{nth}13.17", customer_name="Riverside Ingleton Support Ltd")
        for nth in (3, 5)
    ]
    result = told("RIVERSIDE INGLETON ALL INVOICES", "826.34", items)
    assert (result.outcome("L1"), len(result.paid("L1"))) == ("suggested", 2)


PLANNED = [item("INV-7", "K1", "460.60", plan_id="PLAN-4010", customer_name=KENT)]


def test_a_plan_that_is_kept_needs_no_person() -> None:
    result = told("STRANGER PLAN-4010", "460.60", PLANNED)
    assert result.outcome("L1") == "auto"
    assert "MT-PLAN" in result.allocations["reasons"][0]


@pytest.mark.parametrize(
    ("said", "amount"),
    [("PLAN-4010", "300.00"), ("INV-7", "460.60"), ("PLAN-4010", "460.00")],
)
def test_a_plan_paid_otherwise_is_a_suggestion(said: str, amount: str) -> None:
    result = told(f"KENT COUNTY COUNCIL {said}", amount, PLANNED)
    assert result.outcome("L1") == "suggested"
    assert "EX-ITEM" in result.codes("L1")


def test_of_several_items_on_one_plan_its_number_tells_none() -> None:
    two = [*PLANNED, item("INV-8", "K1", "120.00", plan_id="PLAN-4010")]
    assert told("STRANGER PLAN-4010", "460.60", two).outcome("L1") == "suggested"


def test_a_payment_of_a_debt_written_off_is_a_recovery() -> None:
    closed = item("INV-7", "K1", "420.00", customer_name=KENT, status="Written off")
    more = [item(f"INV-{nth}", "K1", f"{nth}.00", customer_name=KENT) for nth in (8, 9)]
    tables = tables_of([line("L1", "KENT COUNTY COUNCIL INV-7", "420.00")], more, (), (), (), [closed])
    result = run(tables)
    assert (result.outcome("L1"), result.codes("L1")) == ("exception", ["EX-WOREC"])
    assert result.paid("L1") == {"": Decimal("420.00")}
    still = told("STRANGER INV-7", "420.00", [closed])
    assert (still.outcome("L1"), still.codes("L1")) == ("suggested", ["EX-WOREC"])


def test_a_debt_paid_in_part_and_written_off_is_a_recovery_in_any_order() -> None:
    said = [line("L1", "KENT COUNTY COUNCIL INV-7", "420.00")]
    rows = [
        item(item_id, "K1", "420.00", doc_no="INV-7", customer_name=KENT, status=status)
        for item_id, status in (("A", "paid"), ("B", "written off"))
    ]
    for closed in (rows, rows[::-1]):
        tables = tables_of(said, [item("INV-8", "K1", "8.00", customer_name=KENT)], (), (), (), closed)
        assert run(tables).codes("L1") == ["EX-WOREC"]


def test_the_account_of_a_pool_is_no_document_that_is_overpaid() -> None:
    items = [item("12345", "K1", "700.00"), item("INV-8", "K2", "75000.00")]
    result = told("CEMTEX DEP 00000012345 TRANSFER FROM 4698000000000", "75000.00", items)
    assert (result.outcome("L1"), result.codes("L1")) == ("exception", ["EX-UNID", "EX-BATCH"])


def test_an_advice_without_the_payments_number_is_found_by_its_own() -> None:
    head = {"remittance_id": "RA-77812", "payer": "", "payment_date": "2026-03-10", "currency": "GBP"}
    advice = [
        head | {"doc_no": doc, "gross_amount": amount, "paid_amount": amount}
        for doc, amount in (("INV-20451", "220.00"), ("INV-20452", "80.00"))
    ]
    items = [item("INV-20451", "K1", "220.00"), item("INV-20452", "K1", "80.00"), OTHER]
    result = run(tables_of([line("L1", "RA-77812", "300.00")], items, (), advice))
    assert (result.outcome("L1"), sorted(result.paid("L1"))) == ("auto", ["INV-20451", "INV-20452"])


@pytest.mark.parametrize(("form", "sure"), [("", True), (" LLP", True), (" LP", False), (" PVT LTD", False)])
def test_an_alias_that_is_the_name_without_its_form_has_that_form(form: str, sure: bool) -> None:
    devika = {"customer_id": "K1", "name": "Devika Foods LLP", "aliases": "DEVIKA FOODS"}
    paid = item("INV-7", "K1", "5736.57", customer_name="Devika Foods LLP")
    result = run(tables_of([line("L1", f"DEVIKA FOODS{form} PAYMENT", "5736.57")], [paid, OTHER], [devika]))
    assert (result.outcome("L1") == "auto") is sure
