"""Ageing: the worked figures to the penny, the boundaries, and that the total is what is open."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import AS_AT, FIXTURE_A, inputs, item, part, rows

from recon.reports import REPORTS, aged, ageing

TREATMENTS = list(ageing.TREATMENTS)
NONE = {"not_due": 0, "days_1_30": 0, "days_31_60": 0, "days_61_90": 0, "days_91_120": 0, "over_120": 0}


def places(row: dict[str, Any], *more: str) -> dict[str, int]:
    """A row's amounts by place, in pence, where there are any."""
    names = [*NONE, "day_0", "undated", "credits", "unapplied", *more]
    return {name: row[f"{name}_minor"] for name in names if row.get(f"{name}_minor")}


def by_customer(key: str = "", treatment: str = "separate", **given_: Any) -> dict[str, dict[str, Any]]:
    tables = {"open_items": FIXTURE_A} | given_
    made = ageing.make(inputs({"ageing": {"treatment": treatment}}, **tables))
    return {row["customer_id"] or row["level"]: row for row in rows(made, key)}


def test_fixture_a_by_due_date() -> None:
    found = by_customer()
    assert places(found["C100"]) == {
        "not_due": 900000, "days_1_30": 350000, "days_31_60": 1200000, "credits": -120000, "unapplied": -200000,
    }  # fmt: skip
    assert places(found["C200"]) == {"days_1_30": 660000, "over_120": 440000}
    total = found["total"]
    assert places(total) == {
        "not_due": 900000, "days_1_30": 1010000, "days_31_60": 1200000, "over_120": 440000,
        "credits": -120000, "unapplied": -200000,
    }  # fmt: skip
    assert (total["total_minor"], total["disputed_minor"], total["items"]) == (3230000, 440000, 7)
    assert total["overdue_minor"] == 2650000


def test_fixture_a_by_invoice_date() -> None:
    found = by_customer("by_invoice_date")
    assert places(found["C100"]) == {
        "days_1_30": 900000, "days_31_60": 350000, "days_61_90": 1200000, "credits": -120000, "unapplied": -200000,
    }  # fmt: skip
    assert places(found["C200"]) == {"days_31_60": 660000, "over_120": 440000}
    assert found["total"]["total_minor"] == 3230000


def test_fixture_a_by_bucket_and_its_shares() -> None:
    made = ageing.make(inputs(open_items=FIXTURE_A))
    told = {
        row["bucket"]: (row["amount_minor"], row["share_bp"], row["items"]) for row in rows(made, "buckets")
    }
    assert told == {
        "Not due": (900000, 2535, 1),
        "1-30 days": (1010000, 2845, 2),
        "31-60 days": (1200000, 3380, 1),
        "61-90 days": (0, 0, 0),
        "91-120 days": (0, 0, 0),
        "Over 120 days": (440000, 1239, 1),
        "Credit notes": (-120000, None, 1),
        "Unapplied cash": (-200000, None, 1),
        "Balance": (3230000, None, 7),
    }
    assert made.facts[0] == "Treatment `separate`: credit notes and unapplied cash in columns of their own."


def test_credits_by_their_own_date() -> None:
    assert places(by_customer(treatment="own_date")["C100"]) == {
        "not_due": 900000, "days_1_30": 30000, "days_31_60": 1200000,
    }  # fmt: skip


def test_credits_off_the_oldest_first() -> None:
    assert places(by_customer(treatment="oldest_first")["C100"]) == {
        "not_due": 900000, "days_1_30": 350000, "days_31_60": 880000,
    }  # fmt: skip


def test_more_credit_than_debt_stays_and_credit_notes_go_first() -> None:
    items = [
        item("I-1", "C1", "2026-01-01", "2026-02-01", "100.00"),
        item("CN-1", "C1", "2026-03-01", "", "-70.00"),
        item("OA-1", "C1", "2026-03-01", "", "-80.00", doc_type="on_account"),
        item("I-2", "C2", "2026-01-01", "2026-02-01", "500.00"),
    ]
    found = by_customer(treatment="oldest_first", open_items=items)
    assert places(found["C1"], "total") == {"unapplied": -5000, "total": -5000}
    assert places(found["C2"]) == {"days_31_60": 50000}, "nobody's credit pays for another"


def test_cash_of_nobody_who_is_known_pays_for_nobody() -> None:
    receipt = {
        "line_id": "L1",
        "customer_id": "",
        "booking_date": AS_AT,
        "amount": "40.00",
        "currency": "GBP",
    }
    items = [item("I-1", "", "2026-01-01", "2026-02-01", "100.00", customer_name="Somebody")]
    found = ageing.make(
        inputs({"ageing": {"treatment": "oldest_first"}}, open_items=items, on_account=[receipt])
    )
    told = {row["customer_name"]: places(row) for row in rows(found) if row["level"] == "customer"}
    assert told == {"Somebody": {"days_31_60": 10000}, "Not known": {"unapplied": -4000}}


@pytest.mark.parametrize(
    ("days", "place"),
    [(-1, "not_due"), (0, "not_due"), (1, "days_1_30"), (30, "days_1_30"), (31, "days_31_60"), (60, "days_31_60"),
     (61, "days_61_90"), (120, "days_91_120"), (121, "over_120"), (9000, "over_120")],
)  # fmt: skip
def test_the_days_between_two_buckets(days: int, place: str) -> None:
    due = (AS_AT - timedelta(days=days)).isoformat()
    (row, _total) = rows(ageing.make(inputs(open_items=[item("I", "C", "2020-01-01", due, "1.00")])))
    assert places(row) == {place: 100}


def test_buckets_are_those_of_the_rules() -> None:
    rules = {"ageing": {"buckets": [30, 60, 90, 120, 180, 365]}}
    made = ageing.make(inputs(rules, open_items=[item("I", "C", "2025-01-01", "2025-03-31", "1.00")]))
    names = [column.name for column in part(made).columns]
    assert names[6:13] == [
        "not_due",
        "days_1_30",
        "days_31_60",
        "days_61_90",
        "days_91_120",
        "days_121_180",
        "days_181_365",
    ]
    assert names[13] == "over_365"
    assert rows(made)[0]["days_181_365_minor"] == 100


def test_an_item_without_a_date_is_told_and_counted() -> None:
    items = [item("I-1", "C1", "", "", "10.00"), item("I-2", "C1", "2026-01-01", "2026-03-01", "5.00")]
    made = ageing.make(inputs(open_items=items))
    assert places(rows(made)[0], "total") == {"days_1_30": 500, "undated": 1000, "total": 1500}
    assert part(made).facts == ("1 item has no due date to count from: see No date.",)


def test_items_without_a_date_are_counted_by_each_date_for_itself() -> None:
    items = [
        item("I-1", "C1", "", "2026-03-01", "10.00"),
        item("I-2", "C1", "", "2026-03-01", "5.00"),
        item("I-3", "C1", "2026-03-01", "", "2.00"),
    ]
    made = ageing.make(inputs(open_items=items))
    assert part(made).facts == ("1 item has no due date to count from: see No date.",)
    told = ("2 items have no invoice date to count from: see No date.",)
    assert part(made, "by_invoice_date").facts == part(made, "buckets_by_invoice_date").facts == told


def test_no_more_is_disputed_than_is_in_its_bucket() -> None:
    """Cash on account has taken 90.00 off the item, so 10.00 of it are left to be disputed."""
    items = [
        item("I-1", "C1", "2026-01-01", "2026-02-01", "100.00", dispute="yes"),
        item("OA-1", "C1", "2026-03-01", "", "-90.00", doc_type="on_account"),
    ]
    made = ageing.make(inputs({"ageing": {"treatment": "oldest_first"}}, open_items=items))
    assert [row["disputed_minor"] for row in rows(made)] == [1000, 1000]
    assert max(row["disputed_minor"] for row in rows(made, "buckets")) == 1000


@pytest.mark.parametrize(
    ("said", "disputed"),
    [("yes", 10000), ("", 0), ("no", 0), ("40.00", 4000), ("40", 4000), ("40.5", 4050), ("1,000", 10000),
     ("250.00", 10000), ("0", 0), ("rate query", 10000), ("40.123", 10000)],
)  # fmt: skip
def test_what_is_disputed_is_an_amount_or_all_of_it(said: str, disputed: int) -> None:
    items = [item("I", "C", "2026-01-01", "2026-02-01", "100.00", dispute=said)]
    assert rows(ageing.make(inputs(open_items=items)))[0]["disputed_minor"] == disputed


def test_groups_entities_and_currencies_have_their_totals_and_are_never_added_up() -> None:
    items = [
        item("I-1", "C1", "2026-01-01", "2026-02-01", "10.00", entity="01", group_id="G"),
        item("I-2", "C2", "2026-01-01", "2026-02-01", "20.00", entity="01"),
        item("I-3", "C3", "2026-01-01", "2026-02-01", "40.00", entity="02"),
        item("I-4", "C4", "2026-01-01", "2026-02-01", "90", entity="02", currency="JPY"),
    ]
    customers = [{"customer_id": "C2", "name": "Second Ltd", "group_id": "G"}]
    made = ageing.make(inputs(open_items=items, customers=customers))
    told = [(row["currency"], row["level"], row["customer_id"], row["total_minor"]) for row in rows(made)]
    assert told == [
        ("GBP", "customer", "C2", 2000),
        ("GBP", "customer", "C1", 1000),
        ("GBP", "group", "", 3000),
        ("GBP", "entity", "", 3000),
        ("GBP", "customer", "C3", 4000),
        ("GBP", "entity", "", 4000),
        ("GBP", "total", "", 7000),
        ("JPY", "customer", "C4", 90),
        ("JPY", "total", "", 90),
    ]
    assert [row["customer_name"] for row in rows(made)][:4] == ["Second Ltd", "", "Group G", "Entity 01"]


def test_the_balance_is_led_from_the_extract() -> None:
    items = [item("I-1", "C1", "2026-01-01", "2026-02-01", "60.00", extract="100.00")]
    receipt = {
        "line_id": "L1",
        "customer_id": "C1",
        "booking_date": date(2026, 3, 30),
        "amount": "15.00",
        "currency": "GBP",
    }
    made = ageing.make(inputs(open_items=items, on_account=[receipt]))
    assert [row["amount_minor"] for row in rows(made, "balance")] == [10000, -4000, -1500, 4500]
    assert rows(made)[-1]["total_minor"] == 4500
    assert rows(made)[-1]["unapplied_minor"] == -1500


def test_nothing_open_is_an_empty_report() -> None:
    made = ageing.make(inputs(open_items=[item("I-1", "C1", "2026-01-01", "2026-02-01", "0.00")]))
    assert [one.frame.height for one in made.parts if one.key != "balance"] == [0, 0, 0, 0, 0]


def test_it_needs_items_receipts_and_customers() -> None:
    given_ = inputs()
    assert REPORTS["ageing"].missing(given_) == ()
    without = type(given_)(given_.as_of, given_.rules, {}, {"customers": given_["customers"]})
    assert REPORTS["ageing"].missing(without) == ("open_items", "on_account")


days = st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2026, 12, 31)))
open_items = st.lists(
    st.builds(
        lambda number, customer, issued, due, pence, kind, group: item(
            f"I-{number}", customer, issued.isoformat() if issued else "", due.isoformat() if due else "",
            f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02d}", doc_type=kind, group_id=group,
        ),
        st.integers(1, 4), st.sampled_from(["", "C1", "C2"]), days, days, st.integers(-20_000, 20_000),
        st.sampled_from(["invoice", "credit_note", "on_account"]), st.sampled_from(["", "G"]),
    ),
    max_size=12,
)  # fmt: skip


@given(open_items, st.sampled_from(TREATMENTS), st.randoms())
def test_the_total_is_what_is_open_and_the_order_of_rows_says_nothing(
    items: list[dict[str, Any]], treatment: str, shuffle: Any
) -> None:
    rules = {"ageing": {"treatment": treatment}}
    given_ = inputs(rules, open_items=items)
    made = ageing.make(given_)
    open_ = given_["open_items"]["open_amount_minor"].sum()
    for key in ("", "by_invoice_date"):
        told = part(made, key).frame
        assert told.filter(pl.col("level") == "total")["total_minor"].sum() == open_
        assert told.filter(pl.col("level") == "customer")["total_minor"].sum() == open_
        sums = [
            name
            for name in told.columns
            if name.removesuffix("_minor") in {*NONE, "day_0", "undated", "credits", "unapplied"}
        ]
        assert told.select(pl.sum_horizontal(sums) == pl.col("total_minor")).to_series().all()
    for key in ("buckets", "buckets_by_invoice_date"):
        told = part(made, key).frame
        assert told.filter(pl.col("rank") == 0)["amount_minor"].sum() == open_
    assert part(made, "items").frame["aged_due_minor"].sum() == open_
    other = list(items)
    shuffle.shuffle(other)
    again = ageing.make(inputs(rules, open_items=other))
    for one, two in zip(made.parts, again.parts, strict=True):
        assert one.frame.equals(two.frame), one.key


@given(open_items)
def test_oldest_first_never_turns_a_debit_into_a_credit(items: list[dict[str, Any]]) -> None:
    rows_ = aged.items(inputs(open_items=items))
    placed = aged.placed(rows_, aged.buckets((30, 60)), "due_date", "oldest_first")
    assert placed.filter(pl.col("aged_minor") * pl.col("open_minor") < 0).is_empty()
    assert placed.filter(pl.col("aged_minor").abs() > pl.col("open_minor").abs()).is_empty()
    left = (
        placed.filter(pl.col("customer_id") != "")
        .group_by("customer_id", pl.col("side") == "debit")
        .agg(pl.col("aged_minor").sum())
    )
    both = left.filter(pl.col("aged_minor") != 0)
    assert both["customer_id"].is_unique().all(), "a customer has debt or credit left, not both"


@pytest.mark.parametrize(
    ("entities", "left"),
    [(("E1", "E1"), [7000, 5000]), (("E1", "E2"), [10000, 5000]), (("", ""), [7000, 5000])],
)
def test_cash_on_account_is_of_the_one_entity_that_its_customer_has(
    entities: tuple[str, str], left: list[int]
) -> None:
    items = [
        item("I-1", "C1", "2026-01-01", "2026-01-31", "100.00", entity=entities[0]),
        item("I-2", "C1", "2026-02-01", "2026-02-28", "50.00", entity=entities[1]),
        item("I-3", "C2", "2026-02-01", "2026-02-28", "50.00", entity="E2"),
    ]
    receipt = {
        "line_id": "B-1",
        "customer_id": "C1",
        "amount": "30.00",
        "currency": "GBP",
        "booking_date": AS_AT,
    }
    made = ageing.make(
        inputs({"ageing": {"treatment": "oldest_first"}}, open_items=items, on_account=[receipt])
    )
    aged_ = {row["item_id"]: row["aged_due_minor"] for row in rows(made, "items")}
    assert [aged_["I-1"], aged_["I-2"]] == left
    assert aged_["I-3"] == 5000
