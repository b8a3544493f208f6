"""Customer statements: the worked case, a reason for each difference, and no plug."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_cases import inputs, item, rows

from recon.reports import customer_statement


def theirs(kind: str, amount: str, doc: str = "", **more: Any) -> dict[str, Any]:
    return {"customer_id": "C300", "type": kind, "amount": amount, "doc_no": doc, "currency": "GBP", **more}


def ours(doc: str, left: str, **more: Any) -> dict[str, Any]:
    return item(doc, "C300", "2026-03-01", "2026-03-31", left, **more)


def told(**given_: Any) -> list[tuple[str, str, int]]:
    made = customer_statement.make(inputs(**given_))
    return [(row["reason"] or row["what"], row["doc_no"], row["effect_minor"]) for row in rows(made)]


def test_fixture_e() -> None:
    given_: dict[str, Any] = {
        "open_items": [
            ours("I-1008", "14300.00"),
            ours("I-1009", "6200.00"),
            item("I-9", "C9", "", "", "5.00"),
        ],
        "submissions": [{"doc_no": "I-1009", "rejected": date(2026, 3, 3), "reason": "no PO"}],
        "customer_statement": [
            theirs("invoice", "14300.00", "I-1008"),
            theirs("payment", "-3000.00", reference="BACS 30 March", date=date(2026, 3, 30)),
            theirs("balance", "11300.00"),
        ],
    }
    made = customer_statement.make(inputs(**given_))
    assert told(**given_) == [
        ("Our balance", "", 2050000),
        ("rejected", "I-1009", -620000),
        ("paid_in_transit", "BACS 30 March", -300000),
        ("Unexplained", "", 0),
        ("Their balance", "", 1130000),
    ]
    assert rows(made)[1]["note"] == "no PO"
    assert made.problems == ()


@pytest.mark.parametrize(
    ("mine", "their_rows", "reason", "effect"),
    [
        ([ours("I-1", "100.00")], [], "not_received", -10000),
        ([ours("I-1", "100.00", dispute="yes")], [], "in_dispute", -10000),
        ([ours("CN-1", "-20.00")], [], "credit_not_taken", 2000),
        ([ours("I-1", "100.00")], [theirs("invoice", "90.00", "I-1")], "priced_differently", -1000),
        ([ours("I-1", "100.00", dispute="10.00")], [theirs("invoice", "90.00", "I-1")], "in_dispute", -1000),
        ([ours("I-1", "100.00")], [theirs("invoice", "100.00", "I-1")] * 2, "duplicate_there", 10000),
        (
            [ours("I-1", "100.00")],
            [theirs("invoice", "100.00", "I-1"), theirs("tax", "-10.00", "I-1")],
            "tds_taken",
            -1000,
        ),
        ([], [theirs("tax", "-10.00", reference="TDS Q4")], "tds_taken", -1000),
        ([], [theirs("invoice", "7.00", "X-1")], "not_ours", 700),
        ([], [theirs("payment", "-7.00")], "paid_in_transit", -700),
    ],
)
def test_each_difference_has_its_reason(
    mine: list[dict[str, Any]], their_rows: list[dict[str, Any]], reason: str, effect: int
) -> None:
    both = [ours("I-0", "1.00")], [theirs("invoice", "1.00", "I-0")]
    found = told(open_items=[*both[0], *mine], customer_statement=[*both[1], *their_rows])
    assert [(one[0], one[2]) for one in found[1:-2]] == [(reason, effect)]
    assert found[-2] == ("Unexplained", "", 0)


def test_payments_are_paired_by_amount_since_their_numbers_differ() -> None:
    found = told(
        open_items=[
            ours("OA-1", "-50.00", doc_type="on_account"),
            ours("OA-2", "-50.00", doc_type="on_account"),
        ],
        customer_statement=[theirs("payment", "-50.00", reference="P9")],
    )
    assert [(one[0], one[1]) for one in found[1:-2]] == [("credit_not_taken", "OA-2")]


def test_what_no_item_explains_is_told_and_not_plugged() -> None:
    """U13: no line called "other"."""
    made = customer_statement.make(
        inputs(
            open_items=[ours("I-1", "100.00")],
            customer_statement=[theirs("invoice", "100.00", "I-1"), theirs("balance", "60.00")],
        )
    )
    row = rows(made)[-2]
    assert (row["what"], row["effect_minor"], row["check"]) == ("Unexplained", -4000, "differs")
    assert made.problems[0].what == "-40.00 GBP between our balance and theirs is not explained"


def test_their_ledger_net_of_tax_is_no_unpaid_balance() -> None:
    """N7."""
    found = told(
        open_items=[ours("I-1", "118000.00")],
        customer_statement=[theirs("invoice", "118000.00", "I-1"), theirs("tax", "-10000.00", "I-1")],
    )
    assert found[1] == ("tds_taken", "I-1", -1000000)


DOCS = st.lists(
    st.tuples(st.sampled_from("ABCD"), st.integers(-500, 500).filter(bool)),
    max_size=5,
    unique_by=lambda one: one[0],
)


@settings(max_examples=40)
@given(DOCS, DOCS)
def test_items_always_lead_from_ours_to_theirs(
    mine: list[tuple[str, int]], other: list[tuple[str, int]]
) -> None:
    if not other:
        return
    found = rows(
        customer_statement.make(
            inputs(
                open_items=[ours(doc, f"{amount}.00") for doc, amount in mine],
                customer_statement=[
                    theirs("invoice" if amount > 0 else "payment", f"{amount}.00", doc)
                    for doc, amount in other
                ],
            )
        )
    )
    assert found[-1]["effect_minor"] == sum(row["effect_minor"] for row in found[:-1])
    assert found[-2]["effect_minor"] == 0


def received(doc: str, amount: str, **more: Any) -> dict[str, Any]:
    said = {
        "type": "receipt",
        "applied_to": doc,
        "reference": "R1",
        "amount": amount,
        "currency": "GBP",
    }
    return {"date": date(2026, 3, 10), "customer_id": "C300", **said, **more}


def accepted(item_id: str, amount: str, **more: Any) -> dict[str, Any]:
    said = {"line_id": "L1", "item_id": item_id, "customer_id": "C300", "amount": amount, "currency": "GBP"}
    return {"booking_date": date(2026, 3, 30), **said, **more}


PART = [ours("I-1", "60.00", amount="100.00")]
SOLD = [theirs("invoice", "100.00", "I-1")]


@pytest.mark.parametrize(
    "given_",
    [
        {"open_items": PART, "movements": [received("I-1", "-40.00")]},
        {"open_items": PART, "standing": [accepted("I-1", "40.00")]},
        {
            "open_items": PART,
            "movements": [received("I-1", "-40.00")],
            "standing": [accepted("I-1", "40.00")],
        },
        {"open_items": [ours("I-1", "60.00")], "movements": [received("I-1", "-40.00")]},
    ],
)
def test_a_payment_that_both_have_is_no_difference(given_: dict[str, Any]) -> None:
    paid = theirs("payment", "-40.00", reference="BACS")
    assert told(**given_, customer_statement=[*SOLD, paid])[1:-2] == []
    assert told(**given_, customer_statement=SOLD)[1:-2] == [("settled_here", "I-1", 4000)]
    assert told(**given_, customer_statement=[*SOLD, paid, paid | {"reference": "P2"}])[1:-2] == [
        ("paid_in_transit", "P2", -4000)
    ]
    assert told(**given_, customer_statement=[paid])[1:-2] == [("not_received", "I-1", -10000)]


@pytest.mark.parametrize(
    "given_",
    [
        {"open_items": [ours("I-1", "0.00", amount="100.00")]},
        {"standing": [accepted("I-1", "100.00")]},
        {"closed_items": [ours("I-1", "0.00")]},
        {"movements": [received("I-1", "-100.00")]},
    ],
)
def test_what_is_settled_with_us_is_no_document_that_we_do_not_know(given_: dict[str, Any]) -> None:
    more = {"open_items": [ours("I-2", "1.00"), *given_.pop("open_items", [])]}
    rows_ = [*SOLD, theirs("invoice", "1.00", "I-2")]
    assert told(**given_, **more, customer_statement=rows_)[1:-2] == [("settled_here", "I-1", 10000)]


def test_one_payment_of_several_invoices_is_set_off_against_each() -> None:
    found = told(
        open_items=[ours("I-1", "60.00", amount="100.00"), ours("OA-1", "-30.00", doc_type="on_account")],
        movements=[received("I-1", "-40.00"), received("I-3", "-20.00"), received("", "-30.00")],
        customer_statement=[
            *SOLD,
            theirs("invoice", "20.00", "I-3"),
            theirs("payment", "-90.00", reference="P"),
        ],
    )
    assert found[1:-2] == []


def test_a_payment_that_names_our_document_and_is_not_here_is_in_transit() -> None:
    found = told(
        open_items=[ours("I-1", "100.00"), ours("I-2", "5.00")],
        customer_statement=[*SOLD, theirs("payment", "-30.00", "I-1"), theirs("invoice", "5.00", "I-2")],
    )
    assert found[1:-2] == [("paid_in_transit", "I-1", -3000)]


def test_a_receipt_that_was_taken_back_is_none() -> None:
    back = received("I-1", "-100.00", date=date(2026, 3, 12)) | {"amount": "100.00"}
    found = told(
        open_items=[ours("I-1", "100.00", amount="100.00")],
        movements=[received("I-1", "-100.00"), back],
        customer_statement=[*SOLD, theirs("payment", "-100.00", reference="P")],
    )
    assert found[1:-2] == [("paid_in_transit", "P", -10000)]


def test_two_payments_of_one_amount_are_two() -> None:
    """One is in the ledger, the other was accepted since."""
    found = told(
        open_items=[ours("I-1", "60.00", amount="100.00"), ours("I-2", "0.00", amount="40.00")],
        movements=[received("I-2", "-40.00")],
        standing=[accepted("I-1", "40.00")],
        customer_statement=[
            *SOLD,
            theirs("invoice", "40.00", "I-2"),
            *(theirs("payment", "-40.00", reference=number) for number in ("P1", "P2")),
        ],
    )
    assert found[1:-2] == []


PAID = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "X", ""]), st.integers(-3, 3).filter(bool), st.sampled_from(["R1", "R2"])
    ),
    max_size=4,
)


@settings(max_examples=40)
@given(DOCS, PAID, PAID, st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_whatever_was_paid_changes_neither_balance(
    mine: list[tuple[str, int]],
    moved: list[tuple[str, int, str]],
    held: list[tuple[str, int, str]],
    paid: list[int],
) -> None:
    made = customer_statement.make(
        inputs(
            open_items=[ours(doc, f"{amount}.00") for doc, amount in mine],
            movements=[received(doc, f"{-amount}.00", reference=number) for doc, amount, number in moved],
            standing=[accepted(doc, f"{amount}.00", line_id=number) for doc, amount, number in held],
            customer_statement=[
                theirs("invoice", "5.00", "A"),
                *(theirs("payment", f"-{one}.00", reference=f"P{at}") for at, one in enumerate(paid)),
            ],
        )
    )
    found = rows(made)
    assert found[0]["effect_minor"] == 100 * sum(amount for _, amount in mine)
    assert found[-1]["effect_minor"] == 500 - 100 * sum(paid)
    assert found[-2]["effect_minor"] == 0
