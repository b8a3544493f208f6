"""Traps a sceptical specialist would set: near every one of these a line could be posted to the wrong item."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from match_cases import Row, Told, item, line, rules_of, run, tables_of

ACME = {"customer_id": "K1", "name": "ACME CARE LTD", "vendor_no": "4000123456"}
BETA = {"customer_id": "K2", "name": "BETA HOMES LTD"}


def advice(number: str, doc_no: str, paid: str, **more: str) -> Row:
    """A line of a remittance advice in pounds."""
    base = {"remittance_id": number, "payment_reference": number, "doc_no": doc_no, "paid_amount": paid}
    return base | {"currency": "GBP"} | more


def told(
    lines: Row | Sequence[Row],
    items: Sequence[Row],
    customers: Sequence[Row] = (ACME, BETA),
    remittances: Sequence[Row] = (),
    closed: Sequence[Row] = (),
    rules: str = "default",
) -> Told:
    rows = [lines] if isinstance(lines, dict) else list(lines)
    return run(tables_of(rows, items, customers, remittances, closed=closed), rules_of(rules))


# ---- who owns what ----------------------------------------------------------------------------------------------


def test_items_without_a_customer_number_are_not_one_customers() -> None:
    nobody = {"customer_id": ""}
    by_name = told(
        line("L1", "ACME CARE LTD", "5.00"),
        [
            item("INV-1", "", "5.00", customer_name="BETA LTD"),
            item("INV-2", "", "7.00", customer_name="ACME CARE LTD"),
        ],
        customers=[],
    )
    assert by_name.outcome("L1") == "exception"
    listed = told(
        line("L1", "INV-1001 INV-1002", "12.00"),
        [item("INV-1001", "", "5.00") | nobody, item("INV-1002", "", "7.00") | nobody],
        customers=[],
    )
    assert listed.outcome("L1") != "auto"


def test_either_file_may_say_the_group() -> None:
    grouped = told(
        line("L1", "ACME CARE LTD INV-1001", "5.00"), [item("INV-1001", "K1", "5.00", group_id="G")]
    )
    assert grouped.outcome("L1") == "auto"


def test_the_amount_of_a_sister_company_is_no_evidence() -> None:
    sisters = [ACME | {"group_id": "G"}, BETA | {"group_id": "G"}]
    items = [item("INV-1001", "K1", "100.00", group_id="G"), item("INV-1002", "K2", "118.00", group_id="G")]
    by_amount = told(line("L1", "ACME CARE LTD", "118.00"), items, sisters)
    assert by_amount.outcome("L1") == "suggested"
    assert "EX-XCUST" in by_amount.codes("L1")
    named = told(line("L1", "ACME CARE LTD INV-1002", "118.00"), items, sisters)
    assert named.outcome("L1") == "auto"


def test_items_of_two_entities_are_not_posted_together() -> None:
    items = [item("INV-1001", "K1", "5.00", entity="01"), item("INV-1002", "K1", "7.00", entity="02")]
    assert "EX-ENTITY" in told(line("L1", "INV-1001 INV-1002", "12.00"), items).codes("L1")


@pytest.mark.parametrize("status", ["Cancelled", "written off", " PAID ", "void"])
def test_what_the_ledger_gave_up_is_not_paid(status: str) -> None:
    items = [item("INV-1001", "K1", "5.00", status=status)]
    assert told(line("L1", "INV-1001", "5.00"), items).outcome("L1") == "suggested"


def test_a_credit_note_whose_amount_is_to_be_paid_is_a_mistake() -> None:
    items = [item("CN-1001", "K1", "5.00", doc_type="credit_note")]
    assert told(line("L1", "ACME CARE LTD CN-1001", "5.00"), items).outcome("L1") == "suggested"


# ---- who paid ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "more", "customers"),
    [
        # two customers stand in the text; the longer name is not the truer
        ("BETA HOMES LTD / ACME CARE SERVICES LTD", {}, [ACME | {"name": "ACME CARE SERVICES LTD"}, BETA]),
        # the account says one, the name another
        ("BETA HOMES LTD", {"counterparty_account": "12345678"}, [ACME | {"accounts": "12345678"}, BETA]),
        # one legal form is not another
        ("ACME CARE LLP", {}, [ACME | {"name": "Acme Care Pvt Ltd"}]),
        ("ACME CARE CO LLP", {}, [ACME | {"name": "Acme Care Company Ltd"}]),
        # a whole name that is also another's name cut at 18 characters
        (
            "ST MARY CARE HOMES",
            {},
            [ACME | {"name": "ST MARY CARE HOMES"}, BETA | {"name": "ST MARY CARE HOMES NORTH LTD"}],
        ),
        # a customer whose name is the bank's own word
        ("PAYMENT", {}, [ACME | {"name": "Payment"}]),
        # a name does not go on in the next field
        ("CARE FEES", {"counterparty": "ACME"}, [ACME, BETA | {"name": "ACME"}]),
    ],
)
def test_payer_and_amount_need_a_payer_without_doubt(
    text: str, more: dict[str, str], customers: list[Row]
) -> None:
    items = [item("INV-1001", "K1", "100.00"), item("INV-1002", "K2", "70.00")]
    assert told(line("L1", text, "100.00", **more), items, customers).outcome("L1") != "auto"


@pytest.mark.parametrize("text", ["ACME CARE PRIVATE LIMITED", "ACME CARE", "ACME CARE LTD"])
def test_the_same_legal_form_in_other_words_is_the_same_name(text: str) -> None:
    customers = [ACME | {"name": "Acme Care Pvt Ltd"}, BETA | {"name": "Acme Care LLP"}]
    items = [item("INV-1001", "K1", "100.00"), item("INV-1002", "K2", "70.00")]
    outcome = told(line("L1", text, "100.00"), items, customers).outcome("L1")
    assert (outcome == "auto") == (text != "ACME CARE")


def test_a_payer_who_is_one_of_two_others_is_another_customer() -> None:
    customers = [ACME, BETA | {"name": "ACME CARE LIMITED"}, {"customer_id": "K3", "name": "JONES"}]
    items = [item("INV-1001", "K3", "5.00"), item("INV-1002", "K2", "7.00")]
    result = told(line("L1", "ACME CARE LTD INV-1001", "5.00"), items, customers)
    assert result.outcome("L1") == "suggested"
    assert "EX-XCUST" in result.codes("L1")


def test_a_document_number_is_no_vendor_number() -> None:
    customers = [{"customer_id": "K20", "name": "ESSEX CC", "vendor_no": "1042"}, ACME]
    items = [item("INV-1042", "K1", "100.00"), item("INV-7", "K20", "77.00")]
    assert told(line("L1", "JONES INV-1042", "100.00"), items, customers).outcome("L1") == "auto"
    other = told(line("L1", "SMITH INVOICE 1042", "77.00"), items, customers)
    assert other.outcome("L1") == "suggested"
    assert "INV-7" not in other.paid("L1")


# ---- what the text names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "doc_no", "more"),
    [
        ("SMITH ROOM NO 1201", "INV-1201", {}),
        ("R PATEL FLAT NO 12", "12", {}),
        ("CHQ NO 001301", "INV-1301", {}),
        ("ACME CARE 4000123456 FEES MARCH 2026", "INV-2026", {}),
        ("ACME CARE 4000123456 FEES 0326", "INV-0326", {}),
        ("FEES 202603", "202603", {}),
        ("FEES 032026", "032026", {}),
        ("ACME CARE 4000123456 FEES 202604", "202603", {}),
        ("R PATEL 4500", "INV-1", {"po_no": "4500"}),
        ("INV-9042/26", "INV-9026", {}),
        ("MR X INV-10042", "INV-100429", {}),
    ],
)
def test_numbers_that_only_look_like_the_document(text: str, doc_no: str, more: dict[str, str]) -> None:
    # A second item of the amount, since fees repeat.
    items = [item("X1", "K1", "850.00", doc_no=doc_no, **more), item("X2", "K1", "850.00", doc_no="INV-10")]
    if doc_no == "INV-100429":
        items.append(item("X3", "K1", "3.00", doc_no="INV-10041"))
    assert told(line("L1", text, "850.00"), items).outcome("L1") != "auto"


@pytest.mark.parametrize(
    "text", ["INVOICE NO 1201", "INV NO. 1201", "BILL NOS 1201", "PO 4500", "INV-1201", "INV 1201/02"]
)
def test_labels_still_say_which_document(text: str) -> None:
    items = [item("INV-1201", "K1", "800.00", po_no="4500")]
    items += [item("INV-1202", "K1", "50.00")] if text.endswith("/02") else []
    assert told(line("L1", text, "850.00" if len(items) > 1 else "800.00"), items).outcome("L1") == "auto"


def test_the_longer_number_is_the_one_that_is_named() -> None:
    items = [item("INV-1042", "K1", "500.00"), item("INV-1042-2", "K1", "100.00")]
    result = told(line("L1", "INV-1042-2", "100.00"), items)
    assert result.outcome("L1") == "auto"
    assert result.paid("L1") == {"INV-1042-2": Decimal("100.00")}


def test_an_initial_behind_a_number_leaves_both_documents() -> None:
    items = [item("INV-1042", "K1", "500.00"), item("INV-1042A", "K1", "300.00")]
    assert told(line("L1", "INV-1042 A SMITH", "300.00"), items).outcome("L1") == "suggested"


def test_a_document_of_another_customer_beside_the_one_that_fits_is_a_contradiction() -> None:
    items = [item("INV-1001", "K1", "100.00"), item("INV-1002", "K2", "50.00")]
    result = told(line("L1", "INV-1001 INV-1002", "100.00"), items)
    assert result.outcome("L1") == "suggested"
    assert "EX-XCUST" in result.codes("L1")


@pytest.mark.parametrize(
    ("open_no", "closed_no", "owner"), [("INV-1001", "INV-1001", "K2"), ("INV-10", "INV-0010", "K1")]
)
def test_a_closed_document_of_that_number_and_amount_may_be_paid_twice(
    open_no: str, closed_no: str, owner: str
) -> None:
    closed = [item("C1", owner, "0.00", doc_no=closed_no, amount="850.00")]
    result = told(
        line("L1", closed_no, "850.00"), [item("X1", "K1", "850.00", doc_no=open_no)], closed=closed
    )
    assert result.outcome("L1") == "suggested"
    assert "EX-DUPPAY" in result.codes("L1")


# ---- amounts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["", "TDS 2%"])
def test_a_deduction_needs_one_profile_for_the_whole_group(profile: str) -> None:
    net = {"net_amount": "100.00", "group_id": "G"}
    customers = [
        ACME | {"tax_profile": "TDS 10%; GSTTDS 2%", "group_id": "G"},
        BETA | {"tax_profile": profile, "group_id": "G"},
    ]
    items = [item("INV-1001", "K1", "118.00", **net), item("INV-1002", "K2", "118.00", **net)]
    for amount in ("226.00", "224.00"):
        assert told(line("L1", "INV-1001 INV-1002", amount), items, customers).outcome("L1") == "suggested"


@pytest.mark.parametrize(
    ("profile", "amount", "more"),
    [
        ("CIS 20%", "200.00", {"cis_base": "4000.00"}),
        ("TDS 10%", "500.00", {"net_amount": "5000.00"}),
        ("TDS 10%", "900.00", {"net_amount": "0.00"}),
        ("TDS 2%", "980.00", {"discount_terms": "2% 10 days"}),  # the tax or the discount?
        ("", "980.00", {"discount_terms": "2% if paid by 2026-02-05"}),
    ],
)
def test_a_deduction_that_can_not_be_told_is_not_posted(
    profile: str, amount: str, more: dict[str, str]
) -> None:
    result = told(
        line("L1", "INV-1001", amount, booking_date="2026-02-06"),
        [item("INV-1001", "K1", "1000.00", **more)],
        [ACME | {"tax_profile": profile}],
    )
    assert result.outcome("L1") == "suggested"


def test_a_small_difference_stands_on_the_largest_item() -> None:
    items = [item("INV-1001", "K1", "1999.00"), item("INV-1002", "K1", "1.00")]
    result = told(line("L1", "INV-1001 INV-1002", "1998.00"), items)
    assert result.outcome("L1") == "auto"
    assert result.paid("L1") == {"INV-1001": Decimal("1997.00"), "INV-1002": Decimal("1.00")}


def test_a_tolerance_that_no_rule_has_is_none_and_is_told() -> None:
    result = told(
        line("L1", "INV-1001", "1998.00"),
        [item("INV-1001", "K1", "2000.00")],
        [ACME | {"tolerance_profile": "strict"}],
    )
    assert result.outcome("L1") == "suggested"
    assert [problem.code for problem in result.result.problems] == ["profile-unknown"]


def test_small_differences_of_a_year_have_a_limit() -> None:
    lines = [
        line(f"L{day:02}", f"ACME CARE LTD INV-10{day:02}", "1995.10", booking_date=f"2026-03-{day:02}")
        for day in range(1, 13)
    ]
    result = told(lines, [item(f"INV-10{day:02}", "K1", "2000.00") for day in range(1, 13)])
    outcomes = [result.outcome(str(row["line_id"])) for row in lines]
    assert outcomes == ["auto"] * 10 + ["suggested"] * 2  # ten times 4.90 is within 50.00
    assert result.codes("L11") == ["EX-TOLPAT", "EX-TOLCAP"]
    assert result.deducted("L11") == {}


# ---- the same money twice ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "later"), [("INV-1001", "exception"), ("ACME CARE 4000123456 1001", "suggested")]
)
def test_the_later_of_two_receipts_is_not_posted_for_its_better_evidence(first: str, later: str) -> None:
    lines = [
        line("L1", first, "100.00", booking_date="2026-03-03"),
        line("L2", "ACME CARE LTD INV-1001", "100.00", booking_date="2026-03-10"),
    ]
    result = told(lines, [item("INV-1001", "K1", "100.00")])
    assert result.outcome("L2") == later
    assert "EX-DUPPAY" in result.codes("L2")


def test_each_of_two_equal_receipts_that_came_back_is_set_aside() -> None:
    lines = [line(f"L{n}", "ACME CARE LTD", "85.00", booking_date="2026-03-02") for n in (1, 2)]
    lines += [
        line(f"R{n}", "RETURNED PAYMENT ACME CARE", "-85.00", booking_date="2026-03-04") for n in (1, 2)
    ]
    result = told(lines, [item("INV-1001", "K1", "85.00")])
    assert set(result.lines["outcome"]) == {"not_receivable"}


def test_a_return_that_names_somebody_else_leaves_the_receipt() -> None:
    lines = [
        line("L1", "ACME CARE LTD INV-1001", "85.00", booking_date="2026-03-02"),
        line("L2", "RETURNED PAYMENT BETA HOMES", "-85.00", booking_date="2026-03-04"),
    ]
    result = told(lines, [item("INV-1001", "K1", "85.00")])
    assert result.outcome("L1") == "auto"
    assert result.outcome("L2") == "exception"
    assert result.codes("L2") == ["EX-RET"]


@pytest.mark.parametrize("gone", ["ACME CARE LTD INV-1001 RECALLED", "REFUND ACME CARE LTD INV-1001"])
def test_a_receipt_that_went_out_again_in_the_same_words_is_not_posted(gone: str) -> None:
    lines = [
        line("L1", "ACME CARE LTD INV-1001", "85.00", booking_date="2026-03-02"),
        line("L2", gone, "-85.00", booking_date="2026-03-20"),
    ]
    assert told(lines, [item("INV-1001", "K1", "85.00")]).outcome("L1") != "auto"


def test_a_part_of_a_split_whose_payer_is_unsure_keeps_all_from_posting() -> None:
    lines = [line("L1", "X 4000123456", "600.00"), line("L2", "ACME CAR LTD", "400.00")]
    result = told(lines, [item("INV-1001", "K1", "1000.00")])
    assert {result.outcome("L1"), result.outcome("L2")} == {"suggested"}


# ---- remittance advices -----------------------------------------------------------------------------------------

OPEN = [item("INV-1001", "K1", "100.00"), item("INV-1002", "K1", "50.00"), item("INV-1003", "K2", "150.00")]
BOTH = [advice("451200", "INV-1001", "100.00"), advice("451200", "INV-1002", "50.00")]


def test_a_plain_advice_is_posted() -> None:
    assert told(line("L1", "ACME 451200", "150.00"), OPEN, remittances=BOTH).outcome("L1") == "auto"


@pytest.mark.parametrize(
    ("text", "rows", "code"),
    [
        ("ACME 451200", [row | {"currency": "EUR"} for row in BOTH], "EX-CCY"),
        ("ACME 451200", [row | {"payer": "BETA HOMES LTD"} for row in BOTH], "EX-XCUST"),
        ("ACME CARE LTD 451200 INV-1003", BOTH, "EX-XCUST"),
        (
            "ACME 451200",
            [BOTH[0] | {"payment_amount": "150.00"}, BOTH[1] | {"payment_amount": "900.00"}],
            "EX-REMSUM",
        ),
    ],
)
def test_an_advice_that_something_contradicts_is_not_posted(text: str, rows: list[Row], code: str) -> None:
    result = told(line("L1", text, "150.00"), OPEN, remittances=rows)
    assert result.outcome("L1") != "auto"
    assert code in result.codes("L1")


def test_an_advice_and_a_document_of_the_same_customer_that_differ_are_not_posted() -> None:
    items = [*OPEN[:2], item("INV-1004", "K1", "150.00")]
    result = told(line("L1", "ACME CARE LTD 451200 INV-1004", "150.00"), items, remittances=BOTH)
    assert (result.outcome("L1"), result.codes("L1")) == ("suggested", ["EX-ITEM"])
    [other] = result.exceptions["alternatives"]
    assert set(result.paid("L1")) == {"INV-1001", "INV-1002"}
    assert other == "INV-1004 150.00"
    # One of the documents that the advice pays is no contradiction.
    named = line("L1", "ACME CARE LTD 451200 INV-1002", "150.00")
    assert told(named, items, remittances=BOTH).outcome("L1") == "auto"


def test_a_number_that_two_customers_documents_have_says_nothing() -> None:
    twins = [item("A", "K1", "100.00", doc_no="INV-1001"), item("B", "K2", "100.00", doc_no="INV-1001")]
    rows = [advice("451200", "INV-1001", "100.00")]
    assert told(line("L1", "ACME 451200", "100.00"), twins, remittances=rows).outcome("L1") == "suggested"


@pytest.mark.parametrize(
    ("paid", "kept", "type_"),
    [
        ("110.00", "-10.00", "TDS"),  # a deduction that adds
        ("95.00", "5.00", "RETENTION"),  # due later, not settled
        ("98.00", "2.00", "DISC"),  # after its days
        ("50.00", "50.00", "ROUND"),
        ("50.00", "50.00", "TOL"),  # ours to give, not theirs to take
    ],
)
def test_a_stated_deduction_that_settles_nothing(paid: str, kept: str, type_: str) -> None:
    items = [item("INV-1001", "K1", "100.00", discount_terms="2% 10 days")]
    stated = {"gross_amount": "100.00", "deduction_amount": kept, "deduction_type": type_}
    result = told(
        line("L1", "451200", paid), items, remittances=[advice("451200", "INV-1001", paid, **stated)]
    )
    assert result.outcome("L1") != "auto"


def test_a_document_number_is_no_payment_number() -> None:
    items = [item("INV-45120", "K2", "150.00"), item("INV-1", "K1", "150.00")]
    result = told(
        line("L1", "JONES INV-45120", "150.00"), items, remittances=[advice("45120", "INV-1", "150.00")]
    )
    assert result.paid("L1") == {"INV-45120": Decimal("150.00")}
    assert result.outcome("L1") == "auto"


# ---- odd input, and much of it ----------------------------------------------------------------------------------


def test_odd_rows_stop_nothing() -> None:
    lines = [
        line("L1", "ACME CARE LTD", "30.00", booking_date=""),
        line("L2", "", "0.00", currency=""),
        line("L3", "x " * 5000 + "A+B (C) [CARE] * .*", "999999999999999.99"),
        line("L4", "अस्पताल Łódź STRAẞE \u200b", "-5.00", currency="KWD"),
    ]
    items = [
        item("INV-1", "K1", "10.00", issue_date="", due_date="", amount="", currency="GBP"),
        item("DEPOSIT", "K1", "20.00", doc_no="DEPOSIT"),
        item("CN-1", "K2", "-3.00", doc_type="credit_note", currency="JPY"),
        item("I9", "", "999999999999999.99", doc_no=""),
    ]
    names = [ACME, BETA | {"name": "A+B (C) [CARE] * .*", "aliases": ";;Łódź;"}]
    result = told(lines, items, names)
    assert sorted(result.lines["line_id"]) == ["L1", "L2", "L3", "L4"]
    assert "auto" not in set(result.lines["outcome"])


def test_equal_receipts_of_one_payer_each_get_an_item_of_their_own() -> None:
    lines = [line(f"L{n:04}", "ACME CARE LTD PAYMENT", "100.00") for n in range(300)]
    items = [item(f"INV-{100000 + n}", "K1", "100.00") for n in range(2000)]
    result = told(lines, items)
    assert set(result.lines["outcome"]) == {"suggested"}
    assert result.allocations["item_id"].n_unique() == 300


def test_many_receipts_that_name_one_item_leave_one_posting_the_first() -> None:
    lines = [
        line(f"L{n:04}", "ACME CARE LTD INV-1001", "100.00", booking_date=f"2026-03-{1 + n // 20:02}")
        for n in range(400)
    ]
    result = told(lines[::-1], [item("INV-1001", "K1", "100.00")])
    assert [row["line_id"] for row in result.lines.to_dicts() if row["outcome"] == "auto"] == ["L0000"]
