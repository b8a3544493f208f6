"""Reports by who their customers are on the day: under the successor, nothing twice, and every total as it was."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_cases import AS_AT, inputs, item, part, rows

from recon.reports import REPORTS, Inputs, succeeded
from recon.reports.shape import TOTAL

D = date(2026, 3, 1)


def became(customer: str, successor: str, kind: str, place: str = "", day: date = D) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "successor_id": successor,
        "effective": day,
        "kind": kind,
        "place": place,
    }


CUSTOMERS = [
    {"customer_id": "X1", "name": "Old body", "group_id": "G0"},
    {"customer_id": "Y1", "name": "New body"},
    {"customer_id": "X2", "name": "Divided body"},
]
ITEMS = [
    item("I-1", "X1", "2025-10-01", "2025-11-01", "100.00", customer_name="Old body"),
    item("I-2", "Y1", "2026-01-01", "2026-02-01", "50.00", customer_name="New body"),
    item("I-3", "X2", "2026-01-01", "2026-02-01", "7.00", contract_id="east"),
    item("I-4", "X2", "2026-01-01", "2026-02-01", "9.00"),
    item("CN-1", "X1", "2026-02-01", "", "-20.00"),
]
ROWS = [
    became("X1", "Y1", "merger"),
    became("X2", "Y1", "split", "EAST"),
    became("X2", "Y2", "split"),
    became("Y1", "P", "group"),
]


def made(**more: Any) -> Inputs:
    given_ = {"open_items": ITEMS, "customers": CUSTOMERS, "successions": ROWS} | more
    return succeeded.resolved(inputs(**given_))


def owners(told: Inputs, name: str, key: str) -> dict[str, str]:
    return dict(told[name].select(key, "customer_id").iter_rows())


def test_items_have_the_number_name_and_group_of_who_owes_them() -> None:
    told = made()["open_items"]
    assert told.select(
        "item_id", "customer_id", "customer_name", "group_id", "ledger_customer_id"
    ).rows() == [
        ("I-1", "Y1", "New body", "P", "X1"),
        ("I-2", "Y1", "New body", "P", "Y1"),
        ("I-3", "Y1", "New body", "P", "X2"),
        ("I-4", "X2", "", "", "X2"),
        ("CN-1", "Y1", "New body", "P", "X1"),
    ]
    assert made()["customers"].select("customer_id", "group_id").rows() == [("Y1", "P"), ("X2", "")]


def test_before_the_day_nothing_differs() -> None:
    plain = inputs(as_of=D - timedelta(days=1), open_items=ITEMS, customers=CUSTOMERS, successions=ROWS)
    told = succeeded.resolved(plain)
    assert all(told[name].equals(frame) for name, frame in plain.tables.items())


def test_a_customer_without_a_row_of_its_own_heir_goes_on_under_the_heirs_number() -> None:
    told = made(successions=[became("X1", "Y9", "rename")])
    assert told["customers"]["customer_id"].to_list() == ["Y1", "X2", "Y9"]
    assert [one.code for one in told.problems] == ["succession-unknown"]


def test_whatever_is_about_an_item_goes_with_it() -> None:
    told = made(
        promises=[
            {"promise_id": "1", "customer_id": "X2", "item_id": "I-3"},
            {"promise_id": "2", "customer_id": "X2"},
        ],
        movements=[
            {"movement_id": "1", "customer_id": "X2", "doc_no": "I-3", "amount": "7.00", "currency": "GBP"},
            {
                "movement_id": "2",
                "customer_id": "X2",
                "applied_to": "I-3",
                "amount": "-1.00",
                "currency": "GBP",
            },
            {"movement_id": "3", "customer_id": "X1", "amount": "1.00", "currency": "GBP"},
        ],
        contacts=[{"contact_id": "1", "customer_id": "X1"}],
    )
    assert owners(told, "promises", "promise_id") == {"1": "Y1", "2": "X2"}
    assert owners(told, "movements", "movement_id") == {"1": "Y1", "2": "Y1", "3": "Y1"}
    assert owners(told, "contacts", "contact_id") == {"1": "Y1"}


def test_the_limit_of_a_body_that_is_no_more_is_told_and_its_segment_goes_on() -> None:
    told = made(
        limits=[
            {
                "customer_id": "X1",
                "segment": "NHS",
                "credit_limit": "5.00",
                "security": "1.00",
                "currency": "GBP",
            }
        ]
    )
    assert told["limits"].select("customer_id", "segment", "credit_limit_minor", "security_minor").rows() == [
        ("Y1", "NHS", None, None)
    ]
    (problem,) = [one for one in told.problems if one.code == "report-data"]
    assert (problem.where, problem.what, problem.hint) == (
        "limits of customer X1",
        "limit, security and cover count for nothing: the customer is Y1 now, and they were not given to it",
        "put what holds for Y1 into limits",
    )


def test_a_body_that_goes_on_after_a_change_of_boundaries_is_not_abolished() -> None:
    rows_ = [became("X2", "Y1", "split", "EAST"), became("X2", "X2", "split")]
    told = made(successions=rows_, aliases=[{"alias": "DIVIDED", "customer_id": "X2"}])
    found = {row["check"] for row in rows(REPORTS["data_quality"].make(told), "rows")}
    assert found.isdisjoint({"abolished", "divided", "alias_past"})


def test_the_ledger_check_names_what_hangs_on_bodies_that_are_no_more() -> None:
    told = made(
        aliases=[
            {"alias": "OLD", "customer_id": "X1"},
            {"alias": "OLDER", "customer_id": "X1", "valid_to": D - timedelta(days=1)},
        ]
    )
    found = [
        (row["check"], row["reference"], row["detail"])
        for row in rows(REPORTS["data_quality"].make(told), "rows")
    ]
    assert [one for one in found if one[0] in ("abolished", "divided", "alias_past")] == [
        ("abolished", "I-1", "open on X1, which is Y1 since 2026-03-01"),
        ("abolished", "CN-1", "open on X1, which is Y1 since 2026-03-01"),
        ("divided", "I-4", "open on X2, which was split between Y1 and Y2 on 2026-03-01"),
        ("alias_past", "OLD", "it leads to X1, which is Y1 since 2026-03-01"),
    ]
    assert "alias_orphan" not in {one[0] for one in found}


LIMITS = [
    {"customer_id": "Y1", "segment": "NHS", "credit_limit": "500.00", "currency": "GBP"},
    {"customer_id": "X1", "segment": "NHS", "currency": "GBP"},
]
HISTORY = [
    {"bucket": bucket, "rate": "1", "currency": "GBP"}
    for bucket in ("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90")
]


def test_one_debtor_of_many_numbers_is_one_row() -> None:
    told = made(limits=LIMITS, loss_history=HISTORY)
    by_group = {row["group"]: row for row in rows(REPORTS["exposure"].make(told)) if row["level"] == "group"}
    assert {name: row["exposure_minor"] for name, row in by_group.items()} == {"P": 15_700, "X2": 900}
    chased = {row["customer_id"] for row in rows(REPORTS["chase"].make(told), "items")}
    assert chased == {"Y1", "X2"}
    aged = {row["customer_id"] for row in rows(REPORTS["ageing"].make(told), "items")}
    assert aged == {"Y1", "X2"}


ids = st.sampled_from(["X1", "X2", "Y1", "Y2"])
items_of = st.lists(
    st.tuples(ids, st.integers(-200, 90), st.integers(-500, 5_000), st.sampled_from(["", "EAST", "WEST"])),
    min_size=1,
    max_size=8,
)
rows_of = st.lists(
    st.tuples(
        ids,
        ids,
        st.sampled_from(["rename", "merger", "split", "group"]),
        st.sampled_from(["", "EAST", "WEST"]),
        st.integers(-5, 5),
    ),
    max_size=4,
)


@pytest.mark.slow
@given(items_of, rows_of)
@settings(max_examples=40, deadline=None)
def test_totals_are_what_they_were(
    items: list[tuple[str, int, int, str]], said: list[tuple[str, str, str, str, int]]
) -> None:
    ledger = [
        item(
            f"I-{n}",
            who,
            (AS_AT + timedelta(days=due - 30)).isoformat(),
            (AS_AT + timedelta(days=due)).isoformat(),
            f"{size}.00",
            contract_id=place,
        )
        for n, (who, due, size, place) in enumerate(items)
        if size
    ]
    successions_ = [
        became(one, other, kind, place, AS_AT + timedelta(days=days))
        for one, other, kind, place, days in said
    ]
    plain = inputs(open_items=ledger, customers=CUSTOMERS, limits=[], successions=successions_)
    told = succeeded.resolved(plain)
    assert told["open_items"]["open_amount_minor"].sum() == plain["open_items"]["open_amount_minor"].sum()

    def totals(one: Inputs) -> tuple[pl.DataFrame, pl.DataFrame]:
        buckets = part(REPORTS["ageing"].make(one), "buckets").frame
        exposed = part(REPORTS["exposure"].make(one)).frame.filter(pl.col("rank") == TOTAL)
        return buckets, exposed.select("currency", "gross_minor", "exposure_minor", "overdue_minor")

    for mine, theirs in zip(totals(told), totals(plain), strict=True):
        assert mine.equals(theirs)
        assert mine.height > 0 or not any(size > 0 for _, _, size, _ in items)
