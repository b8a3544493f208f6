"""The month on a page: the figures of the other reports, bases that stay, balances that chain, and what is told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from month_cases import STORY, balance, moved, target
from report_cases import AS_AT, inputs, item, rows

from recon.reports import (
    REPORTS,
    ageing,
    dso,
    exceptions,
    exposure,
    management,
    monthly,
    past,
    promises,
    provision,
    quality,
    roll_forward,
    unapplied,
)
from recon.reports.shape import Made


def made(**more: Any) -> Made:
    return monthly.make(inputs(**{**STORY, **more}))


def by(key: str, told: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    return {row[key]: row for row in told}


def test_each_figure_is_that_of_the_report_that_has_it() -> None:
    given_ = inputs({"period_days": 31}, **STORY)
    page = monthly.make(given_)
    measures = by("measure", rows(page))
    for name, row in by("measure", rows(dso.make(given_))).items():
        if name in ("dso", "bpdso", "add", "cei"):
            assert measures[name]["this_hundredths"] == row["value_hundredths"]
            assert (measures[name]["above_minor"], measures[name]["below_minor"]) == (
                row["above_minor"],
                row["below_minor"],
            )
    buckets = {row["bucket"]: row["amount_minor"] for row in rows(ageing.make(given_), "buckets")}
    ages = {row["bucket"]: row["this_minor"] for row in rows(page, "ageing")}
    assert ages == {
        "Balance in the ledger" if name == "Balance" else name: amount for name, amount in buckets.items()
    }
    steps = {
        row["what"]: row["amount_minor"] for row in rows(roll_forward.make(given_)) if row["level"] == "step"
    }
    assert {row["what"]: row["this_minor"] for row in rows(page, "steps") if row["level"] == "step"} == steps
    allowance = {row["what"]: row["amount_minor"] for row in rows(provision.make(given_), "movement")}
    assert {row["what"]: row["amount_minor"] for row in rows(page, "allowance")} == allowance
    held = [row["amount_minor"] for row in rows(unapplied.make(given_)) if row["level"] == "total"]
    assert [row["amount_minor"] for row in rows(page, "unapplied") if row["level"] == "total"] == held
    matched = by("measure", rows(quality.make(given_)))
    for row in rows(page, "quality"):
        other = matched[row["measure"]]
        assert (row["this_bp"], row["lines"], row["of_lines"]) == (
            other["rate_bp"],
            other["lines"],
            other["of_lines"],
        )
    assert measures["matched"]["above_minor"] == matched["net_auto_match_value"]["amount_minor"]
    kept = rows(promises.make(given_), "rates")[0]
    told = {row["what"]: row["this"] for row in rows(page, "promises")}
    assert (told["Judged; amount promised"], told["Broken"]) == (kept["due"], kept["broken"])
    whole = next(row for row in rows(exposure.make(given_)) if row["level"] == "total")
    assert (
        next(row["gross_minor"] for row in rows(page, "top") if row["level"] == "total")
        == whole["gross_minor"]
    )


def test_the_month_beside_the_one_before() -> None:
    page = made()
    assert page.problems == ()
    told = {
        row["measure"]: (row["this_hundredths"], row["last_hundredths"], row["change_hundredths"])
        for row in rows(page)
    }
    assert told["collected"] == (11000, 9000, 2000)
    assert told["overdue"] == (3684, 6364, -2680)
    assert told["cei"] == (8030, 4600, 3430)
    ages = {row["bucket"]: (row["last_minor"], row["this_minor"]) for row in rows(page, "ageing")}
    assert ages["1-30 days"] == (90_000, 70_000)
    assert ages["61-90 days"] == (30_000, 0)
    assert ages["Balance in the ledger"] == (215_000, 185_000)
    assert [(row["reason"], row["open"], row["open_last"]) for row in rows(page, "disputes")] == [
        ("rate", 1, 1), ("dates", 0, 1), ("Total GBP", 1, 2),
    ]  # fmt: skip


def test_percentages_of_two_bases_are_not_compared_and_that_is_told() -> None:
    """Last month's target was NHS's alone, this month's is everybody's: 90 % and 110 % say nothing of each other."""
    page = made(targets=[target("2026-02", "100.00", segment="NHS"), target("2026-03", "1000.00")])
    row = by("measure", rows(page))["collected"]
    assert (row["this_hundredths"], row["change_hundredths"]) == (11000, None)
    assert row["definition"].endswith("not compared: the targets are not of the same customers")
    assert [one.where for one in page.problems] == ["monthly, GBP"]


def test_sales_that_do_not_go_back_as_far_are_another_base() -> None:
    """The same quarter's sales for both months, or no change between their days."""
    later = [row for row in STORY["movements"] if row["date"] >= date(2026, 1, 1)]
    page = made(movements=later)
    row = by("measure", rows(page))["dso"]
    assert (row["this_hundredths"], row["change_hundredths"]) == (5741, None)
    assert "do not go back as far" in row["definition"]
    trend = by("month", rows(page, "trend"))
    assert trend["2026-02"]["dso_hundredths"] is None, "two of its three months are no quarter"
    assert trend["2026-03"]["dso_hundredths"] == 5741


def test_a_month_that_is_not_over_is_not_compared_with_a_whole_one() -> None:
    page = monthly.make(inputs(as_of=date(2026, 3, 30), **STORY))
    assert "The month is not over: what flows in it is not compared." in page.facts
    told = by("measure", rows(page))
    assert (told["collected"]["change_hundredths"], told["collected"]["this_hundredths"]) == (None, 11000)
    assert told["overdue"]["change_hundredths"] is not None
    assert page.problems == (), "that is no fault of the data"
    assert all(row["change_minor"] is None for row in rows(page, "steps") if row["level"] == "step")


def test_each_month_begins_with_the_end_of_the_one_before() -> None:
    told = rows(made(), "trend")
    assert [row["month"] for row in told] == ["2025-11", "2025-12", "2026-01", "2026-02", "2026-03"]
    assert [row["opening_minor"] for row in told[1:]] == [row["closing_minor"] for row in told[:-1]]
    assert {row["check"] for row in told} == {"agrees"}
    wrong = [one for one in STORY["balances"] if one["date"] != date(2026, 1, 31)] + [
        balance("2026-01-31", "1790.00")
    ]
    page = made(balances=wrong)
    broken = by("month", rows(page, "trend"))
    assert (broken["2026-01"]["check"], broken["2026-02"]["check"]) == ("differs", "differs")
    assert broken["2026-02"]["opening_minor"] == 179_000, "the chain goes on from the ledger's balance"
    assert [one.where for one in page.problems if one.code == "report-break"] == [
        "balance of 2026-01-31", "balance of 2026-02-28",
    ]  # fmt: skip


def test_what_no_document_explains_of_last_months_balance_is_a_row_of_its_own() -> None:
    wrong = [one for one in STORY["balances"] if one["date"] != date(2026, 2, 28)] + [
        balance("2026-02-28", "2200.00")
    ]
    told = by("bucket", rows(made(balances=wrong), "ageing"))
    assert told["In no document: see Roll-forward"]["last_minor"] == 5_000
    assert told["Balance in the ledger"]["last_minor"] == 220_000
    assert told["In no document: see Roll-forward"]["this_minor"] == 0


def test_what_was_accepted_since_the_extract_makes_no_month_look_better() -> None:
    """Both ends of the month are the ledger's; what only recon knows stands behind them."""
    taken = [
        {**row, "open_amount": "0.00"} if row["item_id"] == "I-4" else row for row in STORY["open_items"]
    ]
    page = made(open_items=taken)
    told = by("bucket", rows(page, "ageing"))
    assert told["1-30 days"]["this_minor"] == 70_000
    assert told["Accepted since, not in the ledger yet"]["this_minor"] == -70_000
    assert told["Balance as Ageing has it"]["this_minor"] == 115_000
    assert by("measure", rows(page))["overdue"]["change_hundredths"] == -2680


def test_targets_of_segments_and_customers_come_to_a_total_without_counting_twice() -> None:
    page = made(
        targets=[
            target("2026-03", "800.00", segment="NHS"),
            target("2026-03", "500.00", customer_id="C1"),
            target("2026-03", "300.00", customer_id="C3"),
        ]
    )
    told = {
        row["scope"].strip(): (row["target_minor"], row["collected_minor"], row["rate_bp"])
        for row in rows(page, "targets")
    }
    assert told == {
        "NHS": (80_000, 90_000, 11250),
        "of it C1": (50_000, 90_000, 18000),
        "C3": (30_000, 0, 0),
        "Others, without a target": (None, 20_000, None),
        "Against target": (110_000, 90_000, 8182),
    }


def test_a_target_of_a_segment_that_nobody_is_of_is_told() -> None:
    page = made(targets=[target("2026-03", "5.00", segment="NSH")])
    assert [(one.where, one.what.split(",")[0]) for one in page.problems] == [
        ("targets", "a target is of the segment NSH")
    ]


def test_what_to_do_says_only_what_figures_say() -> None:
    told = [(row["what"], row["who"], row["amount_minor"]) for row in rows(made(), "to_do")]
    assert told == [
        ("Broken promise P-1: ask again, or go on to the next step", "C2", 70_000),
        ("Over its limit: no new service on credit until somebody allows it", "C1", 20_000),
        ("1 query older than 5 working days: rate", "", 70_000),
        ("2 amounts on no item for more than 30 days", "", 9_000),
    ]
    quiet = {name: STORY[name] for name in ("balances", "customers", "loss_history")}
    few = [row for row in STORY["movements"] if row["applied_to"] != "I-4"]
    assert (
        rows(monthly.make(inputs(movements=few, open_items=STORY["open_items"][:2], **quiet)), "to_do") == []
    )


def test_what_was_collected_less_than_the_target_is_to_do() -> None:
    told = rows(made(targets=[target("2026-03", "1300.00")]), "to_do")
    assert (told[0]["who"], told[0]["amount_minor"], told[0]["sheet"]) == ("all", 20_000, "Chase list")


def test_two_currencies_are_never_added_up() -> None:
    more = [*STORY["open_items"], item("I-9", "C1", "2026-03-01", "2026-03-31", "5000", currency="JPY")]
    page = made(
        open_items=more,
        movements=[*STORY["movements"], moved("2026-03-01", "invoice", "C1", "5000", "I-9", currency="JPY")],
    )
    assert {row["currency"] for row in rows(page, "trend")} == {"GBP", "JPY"}
    assert {row["currency"]: row["this_minor"] for row in rows(page, "ageing") if row["level"] == "total"} == {
        "GBP": 185_000, "JPY": 5000,
    }  # fmt: skip


def test_of_nothing_the_page_is_empty_and_right() -> None:
    for name in ("monthly", "management"):
        assert REPORTS[name].make(inputs()).problems == ()
        assert all(
            part.frame.is_empty() for part in REPORTS[name].make(inputs()).parts if part.key != "quality"
        )


def test_managers_see_the_figures_of_the_page() -> None:
    given_ = inputs(**STORY)
    board = management.make(given_)
    assert board.boards == ("Management",)
    now, then, change = rows(board)
    measures = by("measure", rows(monthly.make(given_)))
    assert (now["closing_minor"], then["closing_minor"], change["closing_minor"]) == (
        185_000,
        215_000,
        -30_000,
    )
    for name, column in (
        ("dso", "dso"),
        ("cei", "cei"),
        ("collected", "reached"),
        ("overdue", "overdue_share"),
    ):
        row = measures[name]
        found = tuple(line[f"{column}_hundredths"] for line in (now, then, change))
        assert found == (row["this_hundredths"], row["last_hundredths"], row["change_hundredths"])
    codes = [row["amount_minor"] for row in rows(exceptions.make(given_)) if row["level"] == "code"]
    assert [row["amount_minor"] for row in rows(board, "exceptions")] == codes
    assert [row["what"] for row in rows(board, "allowance")][:4] == ["Opening", "Used", "Charge", "Closing"]


def test_a_theme_without_inputs_has_no_chart() -> None:
    without = {
        name: told for name, told in STORY.items() if name not in ("loss_history", "provisions", "lines")
    }
    keys = [one.key for one in management.make(inputs(**without)).parts]
    assert keys == ["", "ageing", "collected", "dso", "debtors"]


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[list[dict[str, Any]], date]:
    """Documents with payments, credit notes and write-offs on them, in any order of days; and a day among them."""
    told = []
    for number in range(draw(st.integers(1, 6))):
        day = AS_AT - timedelta(days=draw(st.integers(0, 120)))
        customer = draw(st.sampled_from(["C1", "C2"]))
        told.append(moved(day.isoformat(), "invoice", customer, f"{draw(st.integers(1, 500))}.00", f"I-{number}",
                          due=(day + timedelta(days=30)).isoformat()))  # fmt: skip
        for entry in range(draw(st.integers(0, 3))):
            kind = draw(st.sampled_from(["receipt", "credit_note", "write_off"]))
            later = min(AS_AT, day + timedelta(days=draw(st.integers(0, 60))))
            amount = f"-{draw(st.integers(1, 300))}.00"
            told.append(
                moved(later.isoformat(), kind, customer, amount, f"{kind}-{number}-{entry}", f"I-{number}")
            )
    return told, AS_AT - timedelta(days=draw(st.integers(1, 90)))


@given(ledgers())
def test_the_items_of_an_earlier_day_are_what_they_were(case: tuple[list[dict[str, Any]], date]) -> None:
    told, day = case

    def open_at(until: date) -> dict[str, int]:
        sums: dict[str, int] = {}
        for row in told:
            if row["date"] <= until:
                number = row["applied_to"] or row["doc_no"]
                sums[number] = sums.get(number, 0) + int(row["amount"].removesuffix(".00"))
        return {number: amount for number, amount in sums.items() if amount}

    owners = {row["doc_no"]: row for row in told if row["type"] == "invoice"}
    now = [
        item(number, owners[number]["customer_id"], owners[number]["date"].isoformat(),
             owners[number]["due_date"].isoformat(), f"{amount}.00")
        for number, amount in open_at(AS_AT).items()
    ]  # fmt: skip
    found = past.items(inputs(movements=told, open_items=now), day)
    assert dict(found.select("doc_no", pl.col("open_minor") // 100).iter_rows()) == open_at(day)
    assert all(
        owners[number]["due_date"] == due for number, due in found.select("doc_no", "due_date").iter_rows()
    )


@pytest.mark.parametrize("name", ["monthly", "management"])
def test_rows_in_another_order_make_the_same_report(name: str) -> None:
    turned = {key: list(reversed(told)) for key, told in STORY.items()}
    one, other = (REPORTS[name].make(inputs(**told)) for told in (STORY, turned))
    for part, again in zip(one.parts, other.parts, strict=True):
        assert part.frame.equals(again.frame), part.key


def test_a_month_of_which_nothing_is_known_is_empty_and_said() -> None:
    """Balances of October and January, movements from February on: November and December are nobody's guess."""
    later = [row for row in STORY["movements"] if row["date"] >= date(2026, 2, 1)]
    kept = [one for one in STORY["balances"] if one["date"] >= date(2026, 1, 31)] + [
        balance("2025-10-31", "5.00")
    ]
    given = inputs(**{**STORY, "movements": later, "balances": kept})
    page = monthly.make(given)
    trend = by("month", rows(page, "trend"))
    empty = ("billed_minor", "collected_minor", "closing_minor", "dso_hundredths", "bpdso_hundredths")
    assert [trend["2025-11"][name] for name in empty] == [None] * 5
    assert [trend["2025-12"][name] for name in ("opening_minor", *empty)] == [None] * 6
    assert trend["2026-01"]["opening_minor"] is None
    assert trend["2026-01"]["closing_minor"] == trend["2026-02"]["opening_minor"] is not None
    said = "what was open in GBP: 2025-11, 2025-12."
    assert any(fact.endswith(said) for fact in page.facts)
    board = management.make(given)
    assert any(fact.endswith(said) for fact in board.facts)
    closing = {row["month"]: row["closing_minor"] for row in rows(board, "collected")}
    assert (closing["Nov 25"], closing["Dec 25"]) == (None, None)


def test_a_month_without_a_balance_goes_on_by_its_movements() -> None:
    ends = [one for one in STORY["balances"] if one["date"] not in (date(2026, 1, 31), date(2025, 12, 31))]
    as_ever = by("month", rows(made(), "trend"))
    trend = by("month", rows(made(balances=ends), "trend"))
    for month in ("2025-12", "2026-01", "2026-02"):
        assert trend[month]["closing_minor"] == as_ever[month]["closing_minor"], month
    assert trend["2026-01"]["check"] == "not said"


def test_days_of_sales_are_not_told_over_a_month_that_movements_lack() -> None:
    gap = [row for row in STORY["movements"] if not date(2026, 1, 1) <= row["date"] <= date(2026, 1, 31)]
    trend = by("month", rows(made(movements=gap), "trend"))
    assert trend["2026-02"]["dso_hundredths"] is None, "its sales are not all known"
    assert trend["2025-12"]["closing_minor"] is not None


def test_a_month_without_movements_is_not_one_in_which_nothing_moved() -> None:
    some = [row for row in STORY["movements"] if row["date"] <= date(2026, 1, 31)]
    page = made(movements=some)
    trend = by("month", rows(page, "trend"))
    names = (
        "billed_minor",
        "credited_minor",
        "collected_minor",
        "adjusted_minor",
        "target_minor",
        "check",
    )
    for month in ("2026-02", "2026-03"):
        assert [trend[month][name] for name in names] == [None] * 5 + ["not said"], month
        assert trend[month]["closing_minor"] is not None
    assert not [one for one in page.problems if one.code == "report-break" and "balance of" in one.where]
    assert any(
        "in GBP is left empty," in fact and fact.endswith(": 2026-02, 2026-03.") for fact in page.facts
    )
    january = [row for row in STORY["movements"] if row["date"].month != 2]
    steps = {
        row["what"]: row["last_minor"]
        for row in rows(made(movements=january), "steps")
        if row["level"] == "step"
    }
    assert set(steps.values()) == {None}, "of February nobody knows what moved"
    whole = by("month", rows(made(), "trend"))
    assert whole["2025-12"]["collected_minor"] == 0, "movements that are given of a month have all of it"


def test_a_currency_that_did_not_move_where_another_did_stands_with_noughts() -> None:
    ends = [
        *STORY["balances"],
        *(balance(day, "5.00", currency="EUR") for day in ("2026-01-31", "2026-02-28")),
    ]
    told = [
        row
        for row in rows(made(balances=ends), "trend")
        if (row["currency"], row["month"]) == ("EUR", "2026-02")
    ]
    assert [(row["billed_minor"], row["collected_minor"], row["check"]) for row in told] == [(0, 0, "agrees")]
