"""Labels of the cases that rest on standing, periods and money: the frames bear them out."""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recon.bench.dimensions import DIMENSIONS
from recon.bench.generate import TRUTH_ALLOCATIONS_SCHEMA, TRUTH_SCHEMA, Case, generate
from recon.bench.mix import rates_table
from recon.bench.payers import Flavour
from recon.model import Outcome

Told = list[tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]]


@pytest.fixture(scope="module", params=("uk", "india"))
def case(request: pytest.FixtureRequest) -> Case:
    flavour: Flavour = request.param
    return generate(flavour, 4000, seed=17)


def told(case: Case, *names: str) -> Told:
    """Truth, bank line and items of the lines of these cases."""
    lines = {row["line_id"]: row for row in case.bank_lines.to_dicts()}
    items = {row["item_id"]: row for row in case.open_items.to_dicts()}
    paid: dict[str, list[dict[str, Any]]] = {}
    for row in case.truth_allocations.to_dicts():
        if row["item_id"]:
            paid.setdefault(row["line_id"], []).append(items[row["item_id"]])
    found = [
        (truth, lines[truth["line_id"]], paid.get(truth["line_id"], []))
        for truth in case.truth.to_dicts()
        if truth["case"] in names
    ]
    assert found, names
    return found


def text(line: dict[str, Any]) -> str:
    return " ".join(filter(None, (line["counterparty"], line["reference"], line["narrative"])))


def test_a_plan_is_kept_with_the_instalment_that_only_one_item_carries(case: Case) -> None:
    carriers = Counter(case.open_items["plan_id"])
    for truth, line, (item,) in told(case, "plan_kept", "plan_otherwise"):
        assert item["plan_id"] in text(line)
        assert carriers[item["plan_id"]] == 1
        whole = Decimal(item["open_amount"]) == Decimal(line["amount"])
        assert whole == (truth["expected"] == Outcome.AUTO)


def test_two_entities_and_the_sisters_documents(case: Case) -> None:
    for truth, _, items in told(case, "two_entities", "other_entity"):
        assert "02" in {item["entity"] for item in items}
        assert truth["expected"] == Outcome.SUGGESTED
    numbers = set(case.open_items["doc_no"])
    for truth, line, _ in told(case, "sister_company"):
        assert "EH-9" in text(line)
        assert not any(word in numbers for word in text(line).split())
        assert truth["fact"] == "entity_of_series_EH"


def test_the_insolvent_and_the_uncleared_say_so(case: Case) -> None:
    for _, line, _ in told(case, "insolvency"):
        assert "IN ADMINISTRATION" in text(line) or "IN LIQUIDATION" in text(line)
    for _, line, _ in told(case, "uncleared_cheque"):
        assert line["value_date"] > line["booking_date"]
        assert line["type"] == "DEP"


def test_timing_is_what_the_dates_say(case: Case) -> None:
    first = date(2026, 3, 1)
    for truth, line, _ in told(case, "valued_before"):
        assert line["value_date"] < first <= line["booking_date"]
        assert truth["timing"] == "valued in the period before"
        assert truth["expected"] == Outcome.AUTO
    closed = dict(case.facts.iter_rows())["period_closed_to"]
    for truth, line, _ in told(case, "closed_period"):
        assert line["booking_date"] <= date.fromisoformat(closed)
        assert truth["expected"] == Outcome.SUGGESTED
    for _, line, (item,) in told(case, "before_issue"):
        assert line["booking_date"] < item["issue_date"]
    assert {"same day", "after", "after, across periods", "before"} <= set(case.truth["timing"])


def test_written_off_documents_say_so_in_the_ledger(case: Case) -> None:
    closed = {row["doc_no"]: row["status"] for row in case.closed_items.to_dicts()}
    for _, line, _ in told(case, "written_off"):
        assert any(status == "written off" and number in text(line) for number, status in closed.items())
    for _, _, (item,) in told(case, "written_off_open"):
        assert item["status"] == "written off"


def test_dated_aliases_count_on_the_day_and_successors_share_theirs(case: Case) -> None:
    rows = case.aliases.to_dicts()
    for _, line, (item,) in told(case, "alias_dated"):
        (alias,) = [row for row in rows if row["alias"] in text(line)]
        assert alias["customer_id"] == item["customer_id"]
        assert alias["valid_from"] <= line["booking_date"] <= alias["valid_to"]
    for truth, line, _ in told(case, "successors"):
        alike = [row for row in rows if row["alias"] in text(line)]
        assert len({row["customer_id"] for row in alike}) == 2
        assert len({row["valid_to"] for row in alike}) == 1
        assert truth["expected"] == Outcome.EXCEPTION


def test_totals_and_schedules_add_up(case: Case) -> None:
    owed: Counter[str] = Counter()
    for row in case.open_items.to_dicts():
        owed[row["customer_id"]] += Decimal(row["open_amount"])  # type: ignore[assignment]
    for _, line, items in told(case, "account_total"):
        assert owed[items[0]["customer_id"]] == Decimal(line["amount"])
    for _, line, items in told(case, "funder_schedule"):
        assert sum(Decimal(item["open_amount"]) for item in items) == Decimal(line["amount"])
        assert {item["service_from"] for item in items} == {date(2026, 3, 1)}
        assert "FEES MAR" in text(line)
        assert owed[items[0]["customer_id"]] > Decimal(line["amount"])


def test_small_differences_of_strict_or_used_up_customers_are_within_the_other_caps(case: Case) -> None:
    customers = {row["customer_id"]: row for row in case.customers.to_dicts()}
    caps = (
        (Decimal(5), Decimal("0.005"), 50) if case.flavour == "uk" else (Decimal(50), Decimal("0.001"), 500)
    )
    for truth, line, (item,) in told(case, "tolerance_none", "tolerance_used"):
        customer = customers[item["customer_id"]]
        opened = Decimal(item["open_amount"])
        short = opened - Decimal(line["amount"])
        assert 0 < short <= min(caps[0], opened * caps[1])
        if truth["case"] == "tolerance_none":
            assert customer["tolerance_profile"] == "none"
        else:
            assert Decimal(customer["tolerance_used"]) + short > caps[2]


def test_a_transposed_amount_differs_by_nines(case: Case) -> None:
    for truth, line, (item,) in told(case, "amount_transposed"):
        gap = Decimal(line["amount"]) - Decimal(item["open_amount"])
        assert int(gap * 100) % 9 == 0
        assert truth["codes"] == ("EX-OVER" if gap > 0 else "EX-SHORT")


def test_only_a_fact_in_facts_csv_is_named(case: Case) -> None:
    assert set(case.truth["fact"]) - {""} <= set(case.facts["name"])


@pytest.mark.parametrize("flavour", ["uk", "india"])
def test_a_dense_ledger_has_about_one_open_item_a_line(flavour: Flavour) -> None:
    case = generate(flavour, 3000, seed=4, items_per_line=1)
    assert case.bank_lines.height == 3000
    assert 0.9 < case.open_items.height / 3000 < 1.5
    assert case.truth_allocations.filter(case.truth_allocations["item_id"] != "")["item_id"].n_unique() > 2000


def test_every_case_and_its_rate_stand_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "quality.md").read_text(encoding="utf-8")
    assert rates_table() in page, "write the table of recon.bench.mix.rates_table() anew"
    for name in (*TRUTH_SCHEMA, *TRUTH_ALLOCATIONS_SCHEMA, *DIMENSIONS):
        assert f"`{name}`" in page, name
