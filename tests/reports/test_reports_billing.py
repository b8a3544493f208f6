"""Billing: the worked figures, every state, the days of both rules, and the penny that is left over."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from report_cases import inputs, item, rows

from recon.reports import billing


def contract(funder: str = "C1", rate: str = "1850.00", **more: Any) -> dict[str, Any]:
    base = {
        "contract_id": "K1",
        "customer_id": funder,
        "service_user_ref": "U1",
        "weekly_rate": rate,
        "currency": "GBP",
    }
    return base | more


def stay(admitted: str = "2025-01-01", discharged: str = "", **more: Any) -> dict[str, Any]:
    left = date.fromisoformat(discharged) if discharged else None
    return {"service_user_ref": "U1", "admitted": date.fromisoformat(admitted), "discharged": left} | more


def invoice(amount: str, days: tuple[int, int] = (1, 31), funder: str = "C1", **more: Any) -> dict[str, Any]:
    first, last = (date(2026, 3, day) for day in days)
    base = item(f"I-{funder}-{amount}", funder, "2026-03-31", "2026-04-30", amount, amount=amount)
    return base | {"service_user_ref": "U1", "service_from": first, "service_to": last} | more


def lines(
    *invoices: dict[str, Any],
    contracts: list[dict[str, Any]] | None = None,
    census: list[dict[str, Any]] | None = None,
) -> list[tuple[Any, ...]]:
    made = billing.make(
        inputs(
            open_items=list(invoices),
            contracts=contracts if contracts is not None else [contract()],
            census=census if census is not None else [stay()],
        )
    )
    return [
        (row["customer_id"], row["days"], row["expected_minor"], row["difference_minor"], row["state"])
        for row in rows(made)
        if row["level"] == "line"
    ]


def test_fixture_f() -> None:
    assert lines(invoice("7928.57", (1, 30))) == [("C1", 31, 819286, -26429, "days_differ")]
    assert lines(invoice("8192.86")) == [("C1", 31, 819286, 0, "ok")]


def test_halves_are_the_whole_and_the_penny_goes_to_the_funder_named() -> None:
    halves = [contract("C1", share="50"), contract("C2", share="50", rounding="yes")]
    assert [one[:3] for one in lines(contracts=halves)] == [("C1", 31, 409643), ("C2", 31, 409643)]
    odd = [contract("C1", "1850.01", share="50", rounding="yes"), contract("C2", "1850.01", share="50")]
    found = [one[2] for one in lines(contracts=odd)]
    assert (found, sum(found)) == ([409645, 409645], 819290) or sum(found) == 819290


@pytest.mark.parametrize("share", [("33.3333", "66.6667"), ("10", "90"), ("12.5", "87.5"), ("50", "50")])
@pytest.mark.parametrize("rate", ["1850.00", "999.99", "1234.57", "0.01"])
def test_the_parts_of_any_split_are_the_whole(share: tuple[str, str], rate: str) -> None:
    split = [contract("C1", rate, share=share[0]), contract("C2", rate, share=share[1], rounding="yes")]
    whole = lines(contracts=[contract("C1", rate)])[0][2]
    assert sum(one[2] for one in lines(contracts=split)) == whole


@pytest.mark.parametrize(
    ("rule", "days"),
    [("nights", 10), ("", 10), ("days", 11)],
)
def test_nights_and_days(rule: str, days: int) -> None:
    """U2: the day of discharge is paid only where the contract pays days."""
    found = lines(contracts=[contract(day_rule=rule)], census=[stay("2026-03-10", "2026-03-20")])
    assert found[0][1] == days
    billed = lines(
        invoice("2907.14", (10, 20)),
        contracts=[contract(day_rule=rule)],
        census=[stay("2026-03-10", "2026-03-20")],
    )
    assert billed[0][4] == ("ok" if rule == "days" else "days_differ")


def test_a_new_rate_within_the_month_and_an_old_one_that_is_still_billed() -> None:
    rates = [
        contract(rate="700.00", valid_to=date(2026, 3, 15)),
        contract(rate="1400.00", valid_from=date(2026, 3, 16)),
    ]
    assert lines(invoice("4700.00"), contracts=rates)[0][1:] == (31, 470000, 0, "ok")
    assert lines(invoice("3100.00"), contracts=rates)[0][1:] == (31, 470000, -160000, "rate_differs")


@pytest.mark.parametrize(
    ("invoices", "contracts", "states"),
    [
        ([], [contract()], ["unbilled"]),
        ([invoice("8192.86", po_no="")], [contract(po_needed="yes")], ["no_PO"]),
        ([invoice("8192.86", po_no="P1")], [contract(po_needed="yes")], ["ok"]),
        ([invoice("8192.86")], [contract(ends=date(2026, 2, 28))], ["ended_contract"]),
        ([invoice("8192.86", funder="C9")], [contract()], ["unbilled", "over_billed"]),
        (
            [invoice("8192.86"), invoice("8192.86", funder="C2")],
            [contract(share="50"), contract("C2", share="50")],
            ["duplicate_funder", "duplicate_funder"],
        ),
        (
            [invoice("8192.86"), invoice("4096.43", funder="C2")],
            [contract(share="50"), contract("C2", share="50")],
            ["share_differs", "ok"],
        ),
    ],
)
def test_each_state(
    invoices: list[dict[str, Any]], contracts: list[dict[str, Any]], states: list[str]
) -> None:
    """U4: somebody in a bed without an invoice; two funders both billed the whole of one placement."""
    assert [one[4] for one in lines(*invoices, contracts=contracts)] == states


def test_an_invoice_without_its_days_of_service_is_not_none() -> None:
    silent = invoice("8192.86") | {"service_from": None, "service_to": None}
    assert [one[-1] for one in lines(silent)] == ["no_dates"]
    assert [one[-1] for one in lines(silent | {"issue_date": date(2026, 2, 28)})] == ["unbilled"]
    assert [one[-1] for one in lines(silent | {"service_user_ref": "U2"})] == ["unbilled"]
    assert [one[-1] for one in lines(silent | {"doc_type": "credit_note"})] == ["unbilled"]


def test_a_credit_note_takes_off_and_closed_items_count_once() -> None:
    given = inputs(
        open_items=[invoice("8192.86")],
        closed_items=[
            invoice("8192.86"),
            invoice("-264.29") | {"item_id": "CN"},
            invoice("264.29") | {"item_id": "RE"},
        ],
        contracts=[contract()],
        census=[stay()],
    )
    found = rows(billing.make(given))
    assert (found[0]["billed_minor"], found[0]["billed_days"]) == (819286, 31)


def test_a_stay_without_a_contract_is_told() -> None:
    made = billing.make(
        inputs(contracts=[contract()], census=[stay(), stay("2026-01-01", service_user_ref="U9")])
    )
    assert [one.what for one in made.problems] == [
        "1 stays have no contract, so that nothing is expected of them"
    ]


def test_totals_are_the_sums_of_the_lines() -> None:
    made = billing.make(
        inputs(
            {"months": 3},
            open_items=[invoice("8192.86")],
            contracts=[contract()],
            census=[stay("2026-02-10")],
        )
    )
    found = rows(made)
    assert [row["month"] for row in found] == ["2026-02", "2026-03", "Total GBP"]
    for name in ("expected_minor", "billed_minor", "difference_minor"):
        lines_ = sum(row[name] for row in found if row["level"] == "line")
        assert lines_ == found[-1][name] == rows(made, "states")[-1][name]


def test_an_invoice_counts_once_however_many_contracts_a_funder_has() -> None:
    two = [
        contract(rate="700.00", valid_to=date(2026, 3, 15)),
        contract(rate="700.00", valid_from=date(2026, 3, 16), contract_id="K2"),
    ]
    assert lines(invoice("3100.00"), contracts=two) == [("C1", 31, 310000, 0, "ok")]
    both = [contract(rate="700.00"), contract(rate="70.00", contract_id="K2")]
    assert lines(invoice("3100.00"), contracts=both) == [("C1", 31, 341000, -31000, "rate_differs")]


def test_a_rate_ends_when_the_next_one_begins() -> None:
    rates = [
        contract(rate="770.00", valid_from=date(2026, 3, 1)),
        contract(rate="700.00", valid_from=date(2025, 1, 1)),
    ]
    assert lines(contracts=rates)[0][1:3] == (31, 341000)
    other = [contract(rate="700.00", valid_from=date(2026, 3, 25)), contract(rate="700.00")]
    assert lines(contracts=other)[0][1:3] == (31, 310000)


@pytest.mark.parametrize(
    ("census", "days"),
    [
        ([stay(), stay()], 31),
        ([stay("2026-03-01", "2026-03-11"), stay("2026-03-06", "2026-03-16", contract_id="K1")], 15),
        ([stay("2026-03-01", "2026-03-11"), stay("2026-03-11", "2026-03-16")], 15),
    ],
)
def test_a_night_counts_once_however_often_the_census_has_it(census: list[dict[str, Any]], days: int) -> None:
    assert lines(census=census)[0][1] == days


@pytest.mark.parametrize(("begins", "due"), [(None, 620000), (date(2026, 3, 16), 470000)])
def test_a_rate_of_the_person_goes_before_that_of_all(begins: date | None, due: int) -> None:
    rates = [contract(rate="700.00", service_user_ref=""), contract(rate="1400.00", valid_from=begins)]
    assert lines(contracts=rates, census=[stay(contract_id="K1")])[0][1:3] == (31, due)
