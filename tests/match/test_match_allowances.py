"""Small differences of a customer within twelve months, with those of earlier runs and of the customers file."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from match_cases import Row, Told, frame, item, line, rules_of, run, tables_of

from recon import model

MEDCO = {"customer_id": "K1", "name": "Medco Ltd"}


def told(
    lines: list[Row], customer: Row = MEDCO, earlier: list[Row] | None = None, amount: str = "2000.00"
) -> Told:
    items = [item(f"INV-{1001 + n}", "K1", amount) for n in range(len(lines))]
    tables = tables_of(lines, items, [customer])
    given = frame(earlier or [], model.TOLERATED)
    tables = replace(tables, tolerated=model.inside(given, model.TOLERATED, tables.scales))
    return run(tables, rules_of())


def short(day: str, number: int = 1001, amount: str = "1995.10") -> Row:
    return line(f"L{number}", f"MEDCO LTD INV-{number}", amount, booking_date=day)


def given(day: str, amount: str, customer: str = "K1") -> Row:
    return {"customer_id": customer, "currency": "GBP", "booking_date": day, "amount": amount}


@pytest.mark.parametrize(
    ("used", "outcome"), [("47.00", "suggested"), ("45.10", "auto"), ("45.11", "suggested"), ("", "auto")]
)
def test_what_the_customers_file_says_was_used_counts(used: str, outcome: str) -> None:
    assert told([short("2026-03-20")], MEDCO | {"tolerance_used": used}).outcome("L1001") == outcome


def test_a_used_tolerance_that_is_no_amount_is_told_and_allows_nothing() -> None:
    result = told([short("2026-03-20")], MEDCO | {"tolerance_used": "lots"})
    assert result.outcome("L1001") == "suggested"
    assert [problem.code for problem in result.result.problems] == ["value-amount"]


@pytest.mark.parametrize(
    ("earlier", "outcome"),
    [
        ([given("2026-01-10", "46.00")], "suggested"),
        ([given("2025-03-21", "46.00")], "suggested"),  # a day less than twelve months
        ([given("2025-03-20", "46.00")], "auto"),  # twelve months ago
        ([given("2026-01-10", "46.00", "K2")], "auto"),  # another customer's
        ([given("2026-01-10", "-46.00")], "suggested"),  # more or less, a difference is one
        ([given("2026-01-10", "20.00"), given("2026-02-10", "26.00")], "suggested"),
    ],
)
def test_what_earlier_runs_gave_counts_for_twelve_months(earlier: list[Row], outcome: str) -> None:
    assert told([short("2026-03-20")], earlier=earlier).outcome("L1001") == outcome


def test_beyond_the_cap_the_difference_stays_open_and_both_codes_are_told() -> None:
    result = told([short("2026-03-20")], earlier=[given("2026-01-10", "46.00")])
    assert result.codes("L1001") == ["EX-TOLPAT", "EX-TOLCAP"]
    assert result.paid("L1001") == {"INV-1001": Decimal("1995.10")}
    assert result.deducted("L1001") == {}


def test_beyond_the_cap_what_is_more_goes_on_account() -> None:
    result = told([short("2026-03-20", amount="2004.90")], earlier=[given("2026-01-10", "46.00")])
    assert result.outcome("L1001") == "suggested"
    assert result.paid("L1001") == {"INV-1001": Decimal("2000.00"), "": Decimal("4.90")}


def test_the_first_difference_of_all_is_no_pattern() -> None:
    rules = rules_of()
    small = rules.tolerances["default"].model_copy(update={"per_year": Decimal("1.00")})
    tables = tables_of([short("2026-03-20")], [item("INV-1001", "K1", "2000.00")], [MEDCO])
    result = run(tables, rules.model_copy(update={"tolerances": {"default": small}}))
    assert result.codes("L1001") == ["EX-TOLCAP"]


def test_differences_of_one_run_count_by_their_days_not_by_their_order() -> None:
    lines = [short(f"2026-03-{12 - n:02}", 1001 + n) for n in range(11)]
    result = told(lines)
    late = [row["line_id"] for row in result.lines.filter(pl.col("outcome") == "suggested").to_dicts()]
    assert late == ["L1001"]  # the last day's


def with_over(allowed: dict[str, bool], customer: Row, amount: str = "2000.40") -> Told:
    """A receipt against an item of 2000.00, by rules that say of each tolerance whether it holds above the item."""
    rules = rules_of()
    usual = rules.tolerances["default"]
    said = {name: usual.model_copy(update={"over": over}) for name, over in allowed.items()}
    tables = tables_of([short("2026-03-20", amount=amount)], [item("INV-1001", "K1", "2000.00")], [customer])
    return run(tables, rules.model_copy(update={"tolerances": said}))


def test_a_few_pence_too_much_are_income_by_default() -> None:
    made = told([short("2026-03-20", amount="2000.40")])
    assert made.outcome("L1001") == "auto"
    assert made.paid("L1001") == {"INV-1001": Decimal("2000.40")}
    assert made.deducted("L1001") == {("INV-1001", "TOL"): Decimal("-0.40")}


def test_a_few_pence_too_much_go_on_account_where_the_rules_say_so() -> None:
    made = with_over({"default": False}, MEDCO)
    assert made.outcome("L1001") == "suggested"
    assert made.codes("L1001") == ["EX-OVER"]
    assert made.paid("L1001") == {"INV-1001": Decimal("2000.00"), "": Decimal("0.40")}
    assert made.deducted("L1001") == {}
    short_paid = with_over({"default": False}, MEDCO, "1999.60")
    assert short_paid.outcome("L1001") == "auto", "what is short is not touched by it"
    assert short_paid.deducted("L1001") == {("INV-1001", "TOL"): Decimal("0.40")}


@pytest.mark.parametrize(
    ("profile", "outcome"), [("", "auto"), ("exact", "suggested"), ("exatc", "suggested")]
)
def test_each_tolerance_says_for_itself_whether_too_much_counts(profile: str, outcome: str) -> None:
    made = with_over({"default": True, "exact": False}, MEDCO | {"tolerance_profile": profile})
    assert made.outcome("L1001") == outcome
