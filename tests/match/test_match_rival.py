"""What a generator of another author found: numbers, lists, names and double payments read as people mean them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from match_cases import Row, Told, item, line, run, tables_of

KENT = "Kent County Council"


def told(lines: list[Row] | Row, items: list[Row]) -> Told:
    return run(tables_of(lines if isinstance(lines, list) else [lines], items))


def numbered(form: str, customer: str = "K1") -> list[Row]:
    """Three documents in a row, of 1.00, 2.00 and 3.00."""
    return [item(form % (208 + nth), customer, f"{nth + 1}.00") for nth in range(3)]


# ---- lists ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("4104%03d", "4104208/09/10"),
        ("4104%03d", "4104208 & 209 & 210"),
        ("4104%03d", "4104208 TO 4104210"),
        ("4104%03d", "4104208-4104210"),
        ("R0000%03d", "R0000208 - R0000210"),
        ("INV/2026/00%03d", "INV/2026/00208,09,10"),
        ("HOSP-2026-01-INV-000%03d", "HOSP-2026-01-INV-000208 & 000209 & 000210"),
    ],
)
def test_a_list_goes_on_from_its_first_number_whatever_that_looks_like(form: str, said: str) -> None:
    result = told(line("L1", f"STRANGER {said}", "6.00"), [*numbered(form), item("INV-99", "K9", "9.99")])
    assert result.outcome("L1") == "auto"
    assert sorted(result.paid("L1").values()) == [Decimal("1.00"), Decimal("2.00"), Decimal("3.00")]


def test_a_list_holds_documents_of_one_customer() -> None:
    items = [item("4104208", "K1", "1.00"), item("4104209", "K2", "2.00")]
    result = told(line("L1", "STRANGER 4104208/09", "3.00"), items)
    assert result.outcome("L1") == "suggested"
    assert result.paid("L1") == {"4104208": Decimal("1.00"), "": Decimal("2.00")}


def test_a_stray_number_behind_a_document_is_no_list() -> None:
    items = [item("INV-000116", "K1", "840.00", customer_name=KENT), item("INV-000162", "K2", "84.00")]
    result = told(line("L1", "KENT COUNTY COUNCIL INV-000116 62", "840.00"), items)
    assert (result.outcome("L1"), result.codes("L1")) == ("auto", [])


def test_a_credit_note_that_makes_up_the_difference_is_proposed() -> None:
    items = [
        item("INV-1001", "K1", "400.00"),
        item("INV-1002", "K1", "500.00"),
        item("CN-7", "K1", "-60.00", doc_type="credit_note"),
    ]
    result = told(line("L1", "STRANGER INV-1001 INV-1002", "840.00"), items)
    assert result.outcome("L1") == "suggested"
    assert result.paid("L1")["CN-7"] == Decimal("-60.00")
    two = told(
        line("L1", "STRANGER INV-1001 INV-1002", "840.00"),
        [*items, item("CN-8", "K1", "-60.00", doc_type="credit_note")],
    )
    assert not {"CN-7", "CN-8"} & set(two.paid("L1"))


# ---- numbers ----------------------------------------------------------------------------------------------------


def test_a_reference_of_two_words_and_a_number_is_found() -> None:
    items = [item("INV-001042", "K1", "420.00", po_no="ESX-PO-793483")]
    assert told(line("L1", "STRANGER ESX-PO-793483", "420.00"), items).outcome("L1") == "auto"


def test_the_prefix_of_an_entity_tells_two_documents_apart() -> None:
    items = [item("ELM-INV-04512", "K1", "420.00"), item("OAK-INV-04512", "K2", "420.00")]
    result = told(line("L1", "STRANGER OAK-INV-04512", "420.00"), items)
    assert (result.outcome("L1"), list(result.paid("L1"))) == ("auto", ["OAK-INV-04512"])


def test_a_letter_behind_the_digits_is_read_as_a_digit_before_it_is_left_away() -> None:
    items = [item("INV000113", "K1", "99.00"), item("INV001131", "K2", "50.13")]
    result = told(line("L1", "STRANGER INV00113I", "50.13", reference="INV00113I"), items)
    assert list(result.paid("L1")) == ["INV001131"]


def test_a_whole_number_with_a_letter_in_it_says_more_than_its_last_digits() -> None:
    items = [item("MUM/2526/1624", "K1", "369.02"), item("INV-99", "K9", "9.99")]
    result = told(line("L1", "STRANGER MUM/2S26/1624", "369.02"), items)
    assert (result.outcome("L1"), list(result.paid("L1"))) == ("auto", ["MUM/2526/1624"])


@pytest.mark.parametrize("said", ["T-00606", "00606", "T-00606/25-26"])
def test_the_financial_year_behind_a_number_may_be_left_away(said: str) -> None:
    items = [item(f"T-0060{n}/25-26", "K1", f"84{n}.00", customer_name=KENT) for n in (6, 7)]
    result = told(line("L1", f"KENT COUNTY COUNCIL {said}", "846.00"), items)
    assert (result.outcome("L1"), list(result.paid("L1"))) == ("auto", ["T-00606/25-26"])


def test_a_number_is_cut_off_if_it_is_shorter_than_others_of_its_form() -> None:
    items = [item("INV/2025/00342", "K1", "840.00"), item("INV-120326", "K2", "84.00")]
    result = told(line("L1", "STRANGER, INV/2025/0034", "840.00"), items)
    assert (result.outcome("L1"), list(result.paid("L1"))) == ("auto", ["INV/2025/00342"])


def test_a_bare_number_posts_with_the_legal_name_where_the_amount_alone_would() -> None:
    lone = [item("INV-001042", "K1", "420.00", customer_name=KENT)]
    assert told(line("L1", "KENT COUNTY COUNCIL 001042", "420.00"), lone).outcome("L1") == "auto"
    assert told(line("L1", "STRANGER 001042", "420.00"), lone).outcome("L1") == "suggested"
    shared = [*lone, item("SI-9", "K2", "420.00")]
    assert told(line("L1", "KENT COUNTY COUNCIL 001042", "420.00"), shared).outcome("L1") == "suggested"


# ---- names, terms, double payments ------------------------------------------------------------------------------

ASHOKA = [item("F1", "C1", "77.10", customer_name="Ashoka Engineering (India) Private Limited")]


@pytest.mark.parametrize(
    ("payer", "outcome"),
    [
        ("ASHOKA ENGINEERING (INDIA) PVT LTD", "auto"),
        ("ASHOKA ENGINEERING (I) (P) LTD", "auto"),
        ("ASHOKA ENGINEERING (INDIA) HOLDINGS LTD", "suggested"),
    ],
)
def test_brackets_are_part_of_a_name(payer: str, outcome: str) -> None:
    result = told(line("L1", f"NEFT CR-HDFC0000001-{payer}-PAYMENT", "77.10"), ASHOKA)
    assert result.outcome("L1") == outcome


@pytest.mark.parametrize("terms", ["2% 10", "2 % 10 days", "2/10 net 30"])
def test_terms_of_a_discount_in_the_ways_they_are_written(terms: str) -> None:
    items = [item("INV-1", "K1", "100.00", discount_terms=terms)]
    result = told(line("L1", "STRANGER INV-1", "98.00", booking_date="2026-02-05"), items)
    assert (result.outcome("L1"), result.deducted("L1")) == ("auto", {("INV-1", "DISC"): Decimal("2.00")})


def test_of_two_receipts_for_one_item_the_earlier_has_it_though_its_payer_is_unknown() -> None:
    lines = [
        line("L1", "STRANGER INV-1042", "420.00", booking_date="2026-03-04"),
        line("L2", "KENT COUNTY COUNCIL INV-1042", "420.00", booking_date="2026-03-09"),
    ]
    result = told(lines, [item("INV-1042", "K1", "420.00", customer_name=KENT)])
    assert (result.outcome("L1"), result.outcome("L2")) == ("auto", "exception")
    assert result.codes("L2") == ["EX-DUPPAY"]


def test_a_whole_payment_with_a_letter_typed_for_a_digit_goes_before_a_part_of_a_stranger() -> None:
    lines = [
        line("L1", "STRANGER INV-1042", "220.00", booking_date="2026-03-04"),
        line("L2", "KENT COUNTY COUNCIL INV-1O42", "420.00", booking_date="2026-03-09"),
    ]
    result = told(lines, [item("INV-1042", "K1", "420.00", customer_name=KENT)])
    assert result.outcome("L2") == "suggested"
    assert result.paid("L2") == {"INV-1042": Decimal("420.00")}


def test_what_a_payment_is_for_is_no_part_of_the_payers_name() -> None:
    result = told(
        line("L1", "KENT COUNTY COUNCIL DEPOSIT", "840.00"), [item("I1", "K1", "1.00", customer_name=KENT)]
    )
    assert result.paid("L1") == {"": Decimal("840.00")}


@pytest.mark.parametrize(
    ("doc", "narrative"),
    [
        ("PHC2500564", "MMT/IMPS/608257192214/PHC250O564/ASHOKA CHE/HDFC Bank"),
        ("INV/25-26/09139", "NEFT/YESBH26082239375/AP SHARED SERVICES/HDFC BANK/INV/25-26/O9139"),
        ("HQ-INV-00599", "IMPS/P2A/608224492295/MALABART/KOTAKMAH/HQ-INV-00S99"),
    ],
)
def test_a_letter_typed_for_a_digit_is_found_in_a_narration_of_many_parts(doc: str, narrative: str) -> None:
    result = told(line("L1", narrative, "450.75"), [item(doc, "K1", "450.75"), item("X-99", "K9", "9.99")])
    assert (result.outcome("L1"), list(result.paid("L1"))) == ("auto", [doc])


@pytest.mark.parametrize("between", ["PVT LTD-4312-000012345", "PVT LTD/4312/Bank"])
def test_a_legal_form_before_a_number_makes_no_document_of_it(between: str) -> None:
    items = [item("PHC-9", "C1", "341.32", customer_name="Mayur Textiles Pvt Ltd")]
    result = told(line("L1", f"NEFT-KKBKN52026031870981811-MAYUR TEXTILES {between}", "341.32"), items)
    assert (result.outcome("L1"), result.codes("L1")) == ("auto", [])


@pytest.mark.parametrize(
    ("amount", "outcome"), [("98.77", "auto"), ("98.78", "auto"), ("98.79", "suggested")]
)
def test_half_a_penny_of_discount_is_rounded_either_way(amount: str, outcome: str) -> None:
    items = [item("INV-1", "K1", "101.30", discount_terms="2.5% 10")]  # 2.5325: the payer keeps 2.53
    result = told(line("L1", "STRANGER INV-1", amount, booking_date="2026-02-05"), items)
    assert (result.outcome("L1"), "DISC" in str(result.deducted("L1"))) == (outcome, outcome == "auto")
