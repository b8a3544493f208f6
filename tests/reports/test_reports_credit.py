"""Contacts, debt for solicitors, submissions and renewals: each duty with the defect that it is to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from report_cases import inputs, item, rows

from recon.reports import contacts, legal, renewals, submissions


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def spoke(customer: str, when: str, channel: str = "call", **more: Any) -> dict[str, Any]:
    return {"customer_id": customer, "date": day(when), "channel": channel, **more}


# --- contacts


def test_coverage_by_value_does_not_hide_the_many_small() -> None:
    small = [item(f"I-{at}", f"C{at}", "2026-01-01", "2026-01-31", "10.00") for at in range(9)]
    large = item("I-L", "LARGE", "2026-01-01", "2026-01-31", "910.00")
    made = contacts.make(inputs(open_items=[*small, large], contacts=[spoke("LARGE", "2026-03-20")]))
    [told] = rows(made, "coverage")
    assert (told["customers"], told["spoken_to"], told["rate_bp"]) == (10, 1, 1000)
    assert (told["value_rate_bp"], told["never"]) == (9100, 9)
    assert [row["state"] for row in rows(made)] == ["never"] * 9 + ["in time"]


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([], "never"),
        ([spoke("C1", "2026-02-28")], "too long ago"),
        ([spoke("C1", "2026-03-10", next_date=date(2026, 3, 20))], "next action late"),
        ([spoke("C1", "2026-03-10", next_date=date(2026, 3, 20)), spoke("C1", "2026-03-20")], "in time"),
        ([spoke("C1", "2026-04-02")], "never"),  # after the as-at date
    ],
)
def test_how_a_customer_was_spoken_to(said: list[dict[str, Any]], state: str) -> None:
    made = contacts.make(
        inputs(open_items=[item("I-1", "C1", "2026-01-01", "2026-01-31", "10.00")], contacts=said)
    )
    assert [row["state"] for row in rows(made)] == [state]


# --- solicitors

OLD = item("I-1", "C1", "2025-10-01", "2025-11-01", "900.00")
LETTERS = [spoke("C1", "2025-12-01", "letter"), spoke("C1", "2026-01-05", "Letter")]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, ""),
        ({"contacts": LETTERS[:1]}, "1 of 2 letters sent"),
        ({"contacts": [spoke("C1", "2025-10-30", "letter"), *LETTERS[1:]]}, "1 of 2 letters sent"),
        ({"queries": [{"query_id": "Q-1", "customer_id": "C1"}]}, "a query is open"),
        (
            {"open_items": [OLD, item("I-2", "C1", "2025-10-01", "2025-11-01", "9.00", dispute="yes")]},
            "part disputed",
        ),
        ({"open_items": [OLD | {"plan_id": "PL-1"}]}, "less than 500.00"),
        ({"open_items": [OLD | {"open_amount": "499.99"}]}, "less than 500.00"),
        ({"submissions": [{"doc_no": "I-1", "sent": date(2025, 10, 2)}]}, "never accepted"),
    ],
)
def test_what_keeps_debt_from_solicitors(given: dict[str, Any], why: str) -> None:
    whole = {"open_items": [OLD], "contacts": LETTERS} | given
    [told] = rows(legal.make(inputs(**whole)))
    assert why in told["why"]
    assert told["state"] == ("not yet" if why else "candidate")


def test_debt_that_is_not_old_enough_is_not_listed() -> None:
    assert (
        rows(legal.make(inputs(open_items=[item("I-1", "C1", "2026-01-01", "2026-01-31", "900.00")]))) == []
    )


def test_a_claim_that_ends_is_told_whatever_holds_it_back() -> None:
    items = [
        item("I-1", "C1", "2020-01-01", "2020-03-30", "10.00", dispute="yes"),
        item("I-2", "C1", "2020-01-01", "2020-04-30", "20.00"),
        item("I-3", "C1", "2020-01-01", "2021-03-01", "30.00"),
    ]
    made = rows(legal.make(inputs(open_items=items)), "limitation")
    assert [(row["doc_no"], row["state"], row["limitation_days"], row["held"]) for row in made] == [
        ("I-1", "too late", -1, "disputed"),
        ("I-2", "soon too late", 30, ""),
    ]
    shorter = {"legal": {"limitation_years": 3}}
    assert len(rows(legal.make(inputs(credit=shorter, open_items=items)), "limitation")) == 3


# --- submissions


def sent(doc_no: str, *days: str, **more: Any) -> dict[str, Any]:
    names = ("period_end", "created", "sent", "accepted", "rejected")
    return {"doc_no": doc_no, **{name: day(text) for name, text in zip(names, days, strict=False)}, **more}


def test_each_leg_has_its_own_days() -> None:
    """All three invoices took ten days in total; another leg of each was slow."""
    made = submissions.make(
        inputs(
            credit={"submission": {"count": "calendar"}},
            submissions=[
                sent("I-1", "2026-03-01", "2026-03-09", "2026-03-10", "2026-03-11"),
                sent("I-2", "2026-03-01", "2026-03-02", "2026-03-10", "2026-03-11"),
                sent("I-3", "2026-03-01", "2026-03-02", "2026-03-03", "2026-03-11"),
            ],
        )
    )
    assert [row["slow"] for row in sorted(rows(made), key=lambda row: str(row["doc_no"]))] == [
        "end of period to invoice",
        "invoice to sending",
        "sending to acceptance",
    ]
    assert [
        (row["in_time"], row["invoices"], row["average_tenths"], row["longest"]) for row in rows(made, "legs")
    ] == [
        (2, 3, 33, 8),
        (2, 3, 33, 8),
        (2, 3, 33, 8),
    ]


def test_weekends_and_holidays_are_no_working_days() -> None:
    # Thursday to Tuesday after Easter: Friday and Monday are free.
    given = inputs(submissions=[sent("I-1", "2026-04-02", "2026-04-07")], as_of=date(2026, 4, 8))
    free = pl.Series([date(2026, 4, 3), date(2026, 4, 6)], dtype=pl.Date)
    assert rows(submissions.make(replace(given, free=free)))[0]["created_days"] == 1


@pytest.mark.parametrize(
    ("days", "state"),
    [
        (("", "2026-03-01", "2026-03-02", "2026-03-03"), "accepted"),
        (("", "2026-03-01", "2026-03-02", "", "2026-03-04"), "rejected"),
        (("", "2026-03-01", "2026-03-02", "2026-03-06", "2026-03-04"), "accepted"),
        (("", "2026-03-01", "2026-03-02"), "silent"),
        (("", "2026-03-01", "2026-03-27"), "sent"),
        (("", "2026-03-01", ""), "not sent"),
    ],
)
def test_how_an_invoice_stands(days: tuple[str, ...], state: str) -> None:
    items = [item("I-1", "C1", "2026-03-01", "2026-03-31", "70.00")]
    [told] = rows(submissions.make(inputs(submissions=[sent("I-1", *days)], open_items=items)))
    assert (told["state"], told["open_minor"]) == (state, 7000)


# --- renewals


def contract(ends: str, renewal: str = "", **more: Any) -> dict[str, Any]:
    return {
        "contract_id": "K-1",
        "customer_id": "C1",
        "ends": day(ends),
        "renewal": renewal,
        "weekly_rate": "100.00",
        "currency": "GBP",
        **more,
    }


def test_service_that_goes_on_past_the_end_is_at_risk() -> None:
    items = [
        item(f"I-{at}", "C1", "2026-03-01", "2026-03-31", "100.00", contract_id="K-1", service_to=day(until))
        for at, until in enumerate(["2025-12-31", "2026-01-31", "2026-02-28"])
    ]
    waiting = [
        {
            "customer_id": "C1",
            "contract_id": "K-1",
            "service_from": day("2026-03-01"),
            "service_to": day("2026-03-31"),
            "amount": "55.00",
            "currency": "GBP",
        }
    ]
    made = rows(renewals.make(inputs(open_items=items, unbilled=waiting, contracts=[contract("2025-12-31")])))
    assert [
        (row["level"], row["days"], row["billed_minor"], row["unbilled_minor"], row["risk_minor"])
        for row in made
    ] == [
        ("contract", 90, 20000, 5500, 25500),
        ("total", None, 20000, 5500, 25500),
    ]


@pytest.mark.parametrize(
    ("rate_cards", "listed"),
    [
        ([contract("2025-12-31", "Signed ")], False),
        ([contract("")], False),
        ([contract("2026-06-29")], True),
        ([contract("2026-06-30")], False),
        ([contract("2025-12-31"), contract("")], False),
        ([contract("2025-12-31"), contract("2027-12-31")], False),
    ],
)
def test_which_contracts_are_listed(rate_cards: list[dict[str, Any]], listed: bool) -> None:
    assert bool(rows(renewals.make(inputs(contracts=rate_cards)))) is listed


def test_currencies_of_a_contract_are_never_added_up() -> None:
    after = {"contract_id": "K-1", "customer_id": "C1", "service_from": day("2026-03-01")}
    waiting = [{**after, "amount": "100.00", "currency": currency} for currency in ("GBP", "EUR")]
    billed = item(
        "I-1", "C1", "2026-03-01", "2026-03-31", "70.00", currency="EUR", contract_id="K-1",
        service_to=day("2026-03-02")
    )  # fmt: skip
    made = rows(
        renewals.make(inputs(open_items=[billed], unbilled=waiting, contracts=[contract("2025-12-31")]))
    )
    told = [
        (r["level"], r["currency"], r["unbilled_minor"], r["billed_minor"], r["risk_minor"]) for r in made
    ]
    assert told == [
        ("contract", "EUR", 10000, 7000, 17000),
        ("total", "EUR", 10000, 7000, 17000),
        ("contract", "GBP", 10000, 0, 10000),
        ("total", "GBP", 10000, 0, 10000),
    ]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("rate_cards", "ends"),
    [
        ([contract("2025-12-31"), contract("")], []),
        ([contract("", valid_from=day("2024-01-01")), contract("2025-12-31", valid_from=day("2025-01-01"))],
         [day("2025-12-31")]),
        ([contract("2025-12-31", valid_from=day("2024-01-01")), contract("", valid_from=day("2025-01-01"))], []),
        ([contract("2025-12-31", service_user_ref="U1"), contract("", service_user_ref="U2")], []),
    ],
)  # fmt: skip
def test_the_end_of_a_contract_is_the_same_in_any_order(
    rate_cards: list[dict[str, Any]], ends: list[date], turned: bool
) -> None:
    given_ = rate_cards[::-1] if turned else rate_cards
    made = rows(renewals.make(inputs(contracts=given_)))
    assert [row["ends"] for row in made if row["level"] == "contract"] == ends
