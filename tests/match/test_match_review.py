"""What a strict reader posted by mistake: months and sums beside single items, numbers that are none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from match_cases import Row, Told, item, line, rules_of, run, tables_of

from recon.match.combine.months import named_month

ACME = {"customer_id": "K1", "name": "ACME CARE LTD", "vendor_no": "4000123456", "aliases": "ACME"}
SUMMANDS = (("INV-1", "500.10"), ("INV-2", "299.90"))
FEBRUARY = [item(doc, "K1", amount) for doc, amount in SUMMANDS]


def told(
    said: str,
    amount: str,
    items: list[Row],
    customer: Row | None = None,
    rules: str = "default",
    booked: str = "2026-03-10",
) -> Told:
    row = line("L1", said, amount, booking_date=booked)
    return run(tables_of([row], items, [customer or ACME]), rules_of(rules))


# ---- sums beside single items -----------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["ACME FEB", "ACME 4000123456", "ACME CARE LTD FEB"])
def test_a_sum_to_the_penny_keeps_an_item_less_tax_from_posting(said: str) -> None:
    january = item("INV-3", "K1", "888.89", issue_date="2026-01-05")
    taxed = ACME | {"tax_profile": "TDS 10%"}
    both = told(said, "800.00", [*FEBRUARY, january], taxed, "india_care")
    assert both.outcome("L1") == "suggested"
    assert both.exceptions["alternatives"][0]
    # Without the sum the item less tax posts.
    if "FEB" not in said:
        assert told(said, "800.00", [FEBRUARY[0], january], taxed, "india_care").outcome("L1") == "auto"


def test_a_named_months_sum_keeps_an_item_of_the_very_amount_from_posting() -> None:
    january = item("INV-3", "K1", "800.00", issue_date="2026-01-05", due_date="2026-02-04")
    both = told("ACME FEB 26", "800.00", [*FEBRUARY, january])
    assert both.outcome("L1") == "suggested"
    assert set(both.paid("L1")) == {"INV-1", "INV-2"}
    # An item of the very amount needs no search for sums that nothing names.
    assert told("ACME", "800.00", [*FEBRUARY, january]).paid("L1") == {"INV-3": Decimal("800.00")}


@pytest.mark.parametrize(
    ("said", "outcome"),
    [("ACME JAN", "auto"), ("ACME FEB", "auto"), ("ACME DEC", "suggested"), ("ACME JAN 25", "suggested")],
)
def test_an_amount_alone_does_not_beat_the_month_that_is_named(said: str, outcome: str) -> None:
    january = item("INV-3", "K1", "800.00", issue_date="2026-01-05", due_date="2026-02-04")
    made = told(said, "800.00", [january])
    assert made.outcome("L1") == outcome
    assert ("the text names another month" in made.allocations["reasons"][0]) is (outcome == "suggested")


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("ACME MARCH FEES", "suggested"),  # a period, and not the item's
        ("ACME FEES FOR MARCH", "suggested"),
        ("ACME MARCH 25", "suggested"),
        ("ACME MARCH", "auto"),  # it is March: when they pay, as well
        ("ACME MARCH PAYMENT", "auto"),
        ("ACME PAYMENT MARCH 2026", "auto"),
        ("ACME NOVEMBER PAYMENT", "suggested"),  # paid in November, says the text
        ("ACME FEES FOR FEBRUARY", "auto"),  # when it is due
    ],
)
def test_a_month_is_a_period_or_when_they_pay(said: str, outcome: str) -> None:
    january = item("INV-3", "K1", "800.00", issue_date="2026-01-05", due_date="2026-02-04")
    assert told(said, "800.00", [january]).outcome("L1") == outcome


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("OCT FEES", "auto"),
        ("NOV FEES", "auto"),
        ("DECEMBER 2025 FEES", "auto"),
        ("JAN FEES", "suggested"),
        ("NOV 2024 FEES", "suggested"),
    ],
)
def test_an_item_is_of_each_month_of_its_service(said: str, outcome: str) -> None:
    quarter = {"issue_date": "2026-02-27", "due_date": "2026-03-09"}
    quarter |= {"service_from": "2025-10-01", "service_to": "2025-12-31"}
    assert told(f"ACME {said}", "800.00", [item("INV-3", "K1", "800.00", **quarter)]).outcome("L1") == outcome


def test_a_month_of_payment_does_not_lift_a_sum() -> None:
    march = [item(doc, "K1", amount, issue_date="2026-03-02") for doc, amount in SUMMANDS]
    assert told("ACME MARCH FEES", "800.00", march).outcome("L1") == "auto"
    assert told("ACME MARCH PAYMENT", "800.00", march).outcome("L1") == "suggested"


# ---- names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("King's College Hospital NHS Foundation Trust", "KINGS COLLEGE HOSP"),
        ("King\u2019s College Hospital NHS Foundation Trust", "KINGS COLLEGE HOSP"),
        ("King's College Hospital NHS Foundation Trust", "KING'S COLLEGE HOS"),
        ("Baxter, Penhaligon & Daughters Ltd", "BAXTER PENHALIGON"),
        ("St. Mary-le-Wigford Trust", "ST. MARY-LE-WIGFOR"),
    ],
)
def test_a_name_is_cut_without_the_marks_that_payment_systems_drop(name: str, said: str) -> None:
    assert told(said, "800.00", [item("INV-3", "K1", "800.00")], {"customer_id": "K1", "name": name}).outcome(
        "L1"
    ) == ("auto")


# ---- months -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "names", "month"),
    [
        ("KENT CC FEES FEB 26", (), 2),
        ("KENT CC FEB", (), 2),
        ("KENT CC FOR MAY 2025 FEES", (), 5 - 12),
        ("KENT CC 10 MAR", (), None),
        ("KENT CC 10TH OF MARCH", (), None),
        ("KENT CC MAR 10", (), None),
        ("KENT CC 10-MAR-2026", (), None),
        ("KENT CC MARCH 10TH", (), None),
        ("THANKS MAY BE LATE", (), None),
        ("J MAY", (), None),
        ("FEES J MAY", (), None),
        ("ACME CARE IN-MARCH PAYMENT", (), None),  # IN is of INDIA, cut off
        ("BARLEY INSURANCE L FEBRUARY FEES", (), 2),
        ("APRIL HOUSE CARE LTD", ("APRIL HOUSE CARE",), None),
        ("APRIL HOUSE CARE LTD FEB", ("APRIL HOUSE CARE",), 2),
        ("J MAY CARE HOMES LTD", ("J MAY CARE HOMES",), None),
        ("FEES FEB APRIL HOUSE CARE APRIL HOU", ("APRIL HOUSE CARE",), 2),
    ],
)
def test_a_day_and_a_name_are_no_period(said: str, names: tuple[str, ...], month: int | None) -> None:
    expected = 0 if month is None else 2026 * 12 + month
    assert named_month(said, date(2026, 3, 10), names) == expected


def test_digits_behind_a_month_are_its_year_or_its_day() -> None:
    assert named_month("KENT CC MAR 26", date(2026, 4, 9)) == 2026 * 12 + 3
    assert named_month("KENT CC MAR 26", date(2026, 3, 27)) == 0


@pytest.mark.parametrize("name", ["APRIL HOUSE CARE LTD", "J MAY CARE HOMES LTD"])
def test_the_payers_name_is_no_month(name: str) -> None:
    day = "2026-04-03" if name.startswith("APRIL") else "2026-05-03"
    items = [
        item("INV-1", "K1", "500.10", issue_date=day),
        item("INV-2", "K1", "299.90", issue_date=day),
        item("INV-3", "K1", "411.15", issue_date="2026-03-20"),
    ]
    payer = {"customer_id": "K1", "name": name}
    assert told(name, "800.00", items, payer, booked="2026-06-10").outcome("L1") == "suggested"
    month = "APR 26" if name.startswith("APRIL") else "MAY 26"
    named = told(f"{name} FEES {month}", "800.00", items, payer, booked="2026-06-10")
    assert named.outcome("L1") == "auto"


# ---- numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "amount", "tax"),
    [
        (("502", "503"), "1000.00", ""),
        (("5021", "5031"), "1000.00", ""),
        (("5021", "5031"), "900.00", "TDS 10%"),
    ],
)
def test_one_of_several_named_numbers_does_not_post(numbers: tuple[str, str], amount: str, tax: str) -> None:
    items = [item(f"INV-{numbers[0]}", "K1", "1000.00"), item(f"INV-{numbers[1]}", "K1", "511.00")]
    rules = "india_care" if tax else "default"
    customer = ACME | {"tax_profile": tax}
    one = told(f"ACME {numbers[0]} {numbers[1]}", amount, items, customer, rules)
    assert (one.outcome("L1"), one.codes("L1")) == ("suggested", ["EX-ITEM"])
    assert one.paid("L1") == {items[0]["item_id"]: Decimal(amount)}
    assert told(f"ACME {numbers[0]} {numbers[1]}", "1511.00", items).outcome("L1") == "auto"


def test_of_the_numbers_that_begin_as_one_cut_off_the_amount_chooses() -> None:
    items = [
        item("HOSP-2026-03-INV-000917", "K1", "1000.00"),
        item("HOSP-2026-03-INV-000918", "K1", "511.00"),
    ]
    cut = told("ACME HOSP-2026-03-INV-0", "1000.00", items)
    assert (cut.outcome("L1"), cut.codes("L1")) == ("auto", [])


@pytest.mark.parametrize("said", ["ACME PAID 5000 GBP", "ACME 5000", "ACME GBP 5000", "ACME 500000"])
def test_a_number_that_restates_the_amount_is_no_document(said: str) -> None:
    number = "INV-500000" if "500000" in said else "INV-5000"
    equal = [item(number, "K1", "5000.00"), item("INV-5001", "K1", "5000.00")]
    assert told(said, "5000.00", equal).outcome("L1") != "auto"


def test_a_document_before_an_amount_is_still_one() -> None:
    items = [item("INV-1042", "K1", "500.00"), item("INV-1043", "K1", "500.00")]
    named = told("ACME 1042 GBP 500.00", "500.00", items)
    assert (named.outcome("L1"), set(named.paid("L1"))) == ("auto", {"INV-1042"})


def test_numbers_that_count_something_are_no_documents() -> None:
    items = [item("INV-120", "K1", "200.00"), item("INV-380", "K1", "300.00")]
    assert told("ACME 120 380", "500.00", items).outcome("L1") == "auto"
    assert told("ACME 120 BEDS 380 NIGHTS", "500.00", items).outcome("L1") != "auto"
    five = [item("INV-1200", "K1", "200.00"), item("INV-1201", "K1", "200.00")]
    assert told("ACME 1200 HOURS", "200.00", five).outcome("L1") != "auto"


def test_short_numbers_do_not_post_beside_an_item_of_the_very_amount() -> None:
    items = [item("INV-120", "K1", "200.00"), item("INV-380", "K1", "300.00"), item("INV-9", "K1", "500.00")]
    beside = told("ACME 120 380", "500.00", items)
    assert (beside.outcome("L1"), beside.codes("L1")) == ("suggested", ["EX-ITEM"])
