"""Rates of the work: work that nobody invoiced is late, what is collected in term, and days to the posting file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import Rows, inputs, item, rows

from recon.reports import kpis

CREDIT = {"submission": {"created": 3, "count": "calendar"}}


def invoicing(**more: Any) -> dict[str, dict[str, Any]]:
    made = kpis.make(inputs(None, credit=CREDIT, **more))
    return {f"{row['level']} {row['what']}": row for row in rows(made, "invoicing")}


def sent(doc: str, ended: str, created: str = "", **more: Any) -> dict[str, Any]:
    made = date.fromisoformat(created) if created else None
    return {
        "doc_no": doc,
        "customer_id": "C1",
        "period_end": date.fromisoformat(ended),
        "created": made,
        **more,
    }


def test_work_that_nobody_invoiced_counts_as_late() -> None:
    found = invoicing(
        submissions=[
            sent("I-1", "2026-02-28", "2026-03-03"),
            sent("I-2", "2026-02-28", "2026-03-04"),
            sent("I-3", "2026-03-05"),
            sent("I-4", "2026-03-30"),  # due in April
            sent("I-5", "2026-02-20", "2026-03-20"),  # was due in February
        ],
        unbilled=[
            {"customer_id": "C2", "service_to": date(2026, 3, 8), "amount": "100.00", "currency": "GBP"}
        ],
    )
    row = found["total All"]
    assert (row["due"], row["on_time"], row["late"], row["unbilled"]) == (4, 1, 1, 2)
    assert row["on_time_rate_bp"] == 2500


def test_an_invoice_that_is_sent_again_is_one_piece_of_work() -> None:
    again = [sent("I-1", "2026-02-28", "2026-03-02"), sent("I-1", "2026-02-28", "2026-03-20")]
    row = invoicing(submissions=again)["total All"]
    assert (row["due"], row["on_time"]) == (1, 1)


CONTRACT = {
    "contract_id": "K-1",
    "customer_id": "C1",
    "service_user_ref": "SU-1",
    "weekly_rate": "700.00",
    "billing_day": 5,
    "currency": "GBP",
}
STAY = {"service_user_ref": "SU-1", "contract_id": "K-1", "site": "Ash", "admitted": date(2026, 2, 2)}
FEBRUARY = {"service_user_ref": "SU-1", "service_from": date(2026, 2, 2), "service_to": date(2026, 2, 28)}


@pytest.mark.parametrize(
    ("issued", "on_time", "late", "unbilled"),
    [("2026-03-05", 1, 0, 0), ("2026-03-06", 0, 1, 0), ("", 0, 0, 1)],
)
def test_a_stay_is_invoiced_by_the_billing_day_behind_its_month(
    issued: str, on_time: int, late: int, unbilled: int
) -> None:
    items: Rows = [item("I-1", "C1", issued, "2026-04-01", "2700.00", net_amount="2700.00", **FEBRUARY)]
    # A row of unbilled, and the submission of the same invoice, are the same work.
    found = invoicing(
        contracts=[CONTRACT],
        census=[STAY],
        open_items=items if issued else [],
        submissions=[sent("I-1", "2026-02-28", issued)] if issued else [],
        unbilled=[
            {"customer_id": "C1", "contract_id": "K-1", "service_to": date(2026, 2, 28), "amount": "1.00"}
        ],
    )
    row = found["total All"]
    assert (row["due"], row["on_time"], row["late"], row["unbilled"]) == (1, on_time, late, unbilled)
    assert found["site Ash"]["due"] == 1


def moved(kind: str, day: str, doc: str, amount: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "date": date.fromisoformat(day),
        "doc_no": doc,
        "customer_id": "C1",
        "amount": amount,
        "currency": "GBP",
        **more,
    }


def test_credited_and_rejected_invoices_were_not_right_the_first_time() -> None:
    found = invoicing(
        movements=[
            *(moved("invoice", "2026-03-02", f"I-{at}", "100.00") for at in range(1, 6)),
            moved("invoice", "2026-02-27", "I-9", "100.00"),
            moved("credit_note", "2026-03-09", "CN-1", "-100.00", applied_to="I-1"),
            moved("credit_note", "2026-03-09", "CN-2", "-100.00", applied_to="I-2", customer_id="C2"),
        ],
        submissions=[
            {"doc_no": "I-1", "customer_id": "C1", "rejected": date(2026, 3, 4)},
            {"doc_no": "I-3", "rejected": date(2026, 3, 4), "accepted": date(2026, 3, 8)},
        ],
    )
    row = found["total All"]
    assert (row["issued"], row["credited"], row["rejected"], row["right"]) == (5, 1, 2, 3)
    assert row["right_rate_bp"] == 6000
    assert found["month 2026-03"]["issued"] == 5


def term(**more: Any) -> dict[str, dict[str, Any]]:
    made = kpis.make(inputs(**more))
    return {f"{row['level']} {row['what']}": row for key in ("", "customers") for row in rows(made, key)}


def bill(doc: str, due: str, amount: str, **more: Any) -> dict[str, Any]:
    return moved("invoice", "2026-02-18", doc, amount, due_date=date.fromisoformat(due), **more)


def test_what_came_by_the_due_date_of_what_fell_due() -> None:
    found = term(
        movements=[
            bill("I-1", "2026-03-20", "1000.00"),
            moved("receipt", "2026-03-20", "", "-600.00", applied_to="I-1"),
            moved("receipt", "2026-03-21", "", "-300.00", applied_to="I-1"),
            bill("I-2", "2026-03-31", "500.00", customer_id="C2"),
            moved(
                "receipt", "2026-03-30", "", "-900.00", applied_to="I-2", customer_id="C2"
            ),  # more than it is of
            bill("I-3", "2026-04-01", "70.00"),
            bill("I-4", "2026-02-28", "70.00"),
        ]
    )
    row = found["total All"]
    assert (row["invoices"], row["invoiced_minor"], row["in_term_minor"], row["late_minor"], row["left_minor"]) == (
        2, 150000, 110000, 30000, 10000,
    )  # fmt: skip
    assert row["rate_bp"] == 7333
    assert found["customer C1"]["rate_bp"] == 6000
    assert found["customer C2"]["rate_bp"] == 10000


def test_tax_that_the_customer_deducted_can_not_be_collected() -> None:
    found = term(
        movements=[
            bill("I-1", "2026-03-20", "1180.00"),
            moved("receipt", "2026-03-18", "", "-1080.00", applied_to="I-1"),
            moved("tax", "2026-03-18", "", "-100.00", applied_to="I-1"),
        ]
    )
    row = found["total All"]
    assert (row["tax_minor"], row["in_term_minor"], row["left_minor"], row["rate_bp"]) == (
        10000,
        108000,
        0,
        10000,
    )


def test_tax_without_a_customer_is_that_of_whoever_has_the_invoice() -> None:
    """Also where the other invoice of that number fell due in another period."""
    taxed = moved("tax", "2026-03-18", "", "-100.00", applied_to="I-1", customer_id="")
    paid = moved("receipt", "2026-03-18", "", "-1080.00", applied_to="I-1")
    found = term(movements=[bill("I-1", "2026-03-20", "1180.00"), paid, taxed])
    assert (found["total All"]["tax_minor"], found["total All"]["rate_bp"]) == (10000, 10000)
    assert found["customer C1"]["tax_minor"] == 10000
    two = [
        bill("I-1", "2026-03-20", "1180.00"),
        bill("I-1", "2026-02-20", "50.00", customer_id="C2"),
        paid,
        taxed,
    ]
    made = kpis.make(inputs(movements=two))
    (row,) = [one for one in rows(made) if one["level"] == "total"]
    assert (row["tax_minor"], row["left_minor"]) == (0, 10000)
    said = "Tax of 100.00 GBP (1 entries) is taken off no invoice"
    assert {part.sheet for part in made.parts if any(said in fact for fact in part.facts)} == {
        "KPIs",
        "KPIs by customer",
    }
    (told,) = made.problems
    assert (told.code, told.where) == ("report-data", "movements, tax, GBP")


def test_tax_that_names_no_invoice_is_told_in_its_period() -> None:
    some = [
        moved("tax", "2026-03-18", "", "-7.00"),
        moved("tax", "2026-03-19", "", "-5.00", customer_id=""),
        moved("tax", "2026-02-18", "", "-9.00"),
        moved("tax", "2026-03-18", "", "-1.00", applied_to="I-1", customer_id=""),
    ]
    (told,) = kpis.make(inputs(movements=[bill("I-1", "2026-03-20", "100.00"), *some])).problems
    assert "2 entries, 12.00 GBP" in told.what
    assert not kpis.make(inputs(movements=[bill("I-1", "2026-03-20", "100.00"), *some[2:]])).problems


def test_tax_on_a_number_that_nobody_has_is_told() -> None:
    """With a customer, without one, and with a customer who does not have that invoice."""
    some = [
        moved("tax", "2026-03-18", "", "-9.00", applied_to="I-9"),
        moved("tax", "2026-03-18", "", "-8.00", applied_to="I-8", customer_id=""),
        moved("tax", "2026-03-18", "", "-4.00", applied_to="I-1", customer_id="C2"),
    ]
    made = kpis.make(inputs(movements=[bill("I-1", "2026-03-20", "100.00"), *some]))
    (told,) = made.problems
    assert "3 entries, 21.00 GBP" in told.what
    assert any("Tax of 21.00 GBP (3 entries) is taken off no invoice" in fact for fact in made.parts[1].facts)


def test_invoices_that_movements_lack_are_those_of_the_ledger() -> None:
    items = [item("I-1", "C1", "2026-02-01", "2026-03-03", "50.00", amount="80.00")]
    row = term(open_items=items, movements=[moved("receipt", "2026-03-02", "", "-30.00", applied_to="I-1")])[
        "total All"
    ]
    assert (row["invoiced_minor"], row["in_term_minor"], row["left_minor"]) == (8000, 3000, 5000)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.integers(-40, 20),
            st.integers(-900, 900),
            st.sampled_from(["receipt", "tax"]),
        ),
        max_size=12,
    )
)
def test_parts_are_what_was_invoiced(came: list[tuple[int, int, int, str]]) -> None:
    bills = [bill(f"I-{at}", "2026-03-10", f"{at}00.00") for at in range(1, 5)]
    receipts = [
        moved(kind, str(date(2026, 3, 10) + timedelta(days=days)), "", f"{-amount}.00", applied_to=f"I-{at}")
        for at, days, amount, kind in came
    ]
    for row in term(movements=[*bills, *receipts]).values():
        parts = [row[f"{name}_minor"] for name in ("tax", "in_term", "late", "left")]
        assert sum(parts) == row["invoiced_minor"]
        assert min(parts) >= 0


def line(line_id: str, booked: str, posted: str = "") -> dict[str, Any]:
    return {
        "line_id": line_id,
        "booking_date": date.fromisoformat(booked),
        "posted": date.fromisoformat(posted) if posted else None,
        "amount": "10.00",
        "currency": "GBP",
    }


def test_days_from_the_bank_to_the_posting_file() -> None:
    made = kpis.make(
        inputs(
            posted=[
                line("L1", "2026-03-02", "2026-03-02"),
                line("L2", "2026-03-06", "2026-03-09"),  # over a weekend
                line("L3", "2026-03-20", "2026-04-06"),  # posted behind the period
                line("L4", "2026-02-20", "2026-03-09"),  # booked before it
                line("L5", "2026-03-27"),
                line("L6", "2026-03-13"),
            ]
        )
    )
    total = rows(made, "lag")[-1]
    assert (total["lines"], [total[f"band_{at}"] for at in range(5)]) == (3, [1, 0, 1, 0, 1])
    assert (total["average_tenths"], total["average_working_tenths"], total["longest"]) == (67, 40, 17)
    assert [(row["line_id"], row["days"], row["working"]) for row in rows(made, "waiting")] == [
        ("L6", 18, 12),
        ("L5", 4, 2),
    ]


def test_without_anything_to_count_it_says_so() -> None:
    made = kpis.make(inputs())
    assert all(part.frame.is_empty() for part in made.parts)
    assert "no bank line of it is posted" in made.facts[0]
    assert isinstance(made.parts[0].frame, pl.DataFrame)
