"""Unapplied cash, exception codes, match quality and run control: the worked figures, and what each leaves out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from report_cases import AS_AT, inputs, item, line, rows

from recon.reports import REPORTS, exceptions, quality, run_control, unapplied
from recon.reports.shape import ratio, share


def receipt(line_id: str, amount: str, customer: str = "C1", day: date = AS_AT) -> dict[str, Any]:
    return {
        "line_id": line_id,
        "customer_id": customer,
        "booking_date": day,
        "amount": amount,
        "currency": "GBP",
    }


# --- unapplied cash


def test_cash_on_no_item_by_kind_with_its_age() -> None:
    made = unapplied.make(
        inputs(
            open_items=[
                item("OA-1", "C1", "2026-01-01", "", "-100.00", doc_type="on_account"),
                item("OA-2", "C2", "2026-03-21", "", "-300.00", doc_type="on_account"),
                item("I-1", "C1", "2026-01-01", "", "900.00"),
                item("CN-1", "C1", "2026-01-01", "", "-50.00"),
            ],
            on_account=[receipt("L1", "40.00", day=date(2026, 3, 30))],
            lines=[
                line("L2", "70.00", "exception", code="EX-UNID", booking_date=date(2026, 2, 28)),
                line("L3", "5.00", "suggested", code="MT-REF1", decision="park"),
                line("L4", "-20.00", "exception", code="EX-RET"),
                line("L5", "8.00", "exception", code="EX-UNID", settled="person"),
                line("L6", "9.00", "not_receivable"),
            ],
        )
    )
    told = [
        (
            row["kind"],
            row["reference"],
            row["days"],
            row["amount_minor"],
            row["over_minor"],
            row["average_days_tenths"],
        )
        for row in rows(made)
    ]
    assert told == [
        ("ledger", "OA-2", 10, 30000, 0, None),
        ("ledger", "OA-1", 89, 10000, 10000, None),
        ("ledger", "", 89, 40000, 10000, 298),  # (300 x 10 + 100 x 89) / 400 = 29.75
        ("accepted", "L1", 1, 4000, 0, None),
        ("accepted", "", 1, 4000, 0, 10),
        ("suspense", "L2", 31, 7000, 7000, None),
        ("suspense", "", 31, 7000, 7000, 310),
        ("review", "L3", 0, 500, 0, None),
        ("review", "", 0, 500, 0, 0),
        ("debit", "L4", 0, -2000, 0, None),
        ("debit", "", 0, -2000, 0, None),
        ("", "", 89, 49500, 17000, 274),
    ]
    assert [(row["code"], row["answer"]) for row in rows(made) if row["reference"] in ("L2", "L3", "L4")] == [
        ("EX-UNID", ""),
        ("", "park"),
        ("EX-RET", ""),
    ]


def test_the_limit_of_unapplied_cash_is_that_of_the_rules() -> None:
    lines = [line("L1", "70.00", "exception", booking_date=date(2026, 3, 1))]
    over = {
        days: rows(unapplied.make(inputs({"unapplied_days": days}, lines=lines)))[0]["over_minor"]
        for days in (29, 30)
    }
    assert over == {29: 7000, 30: 0}


def test_cash_without_a_date_has_no_age() -> None:
    items = [item("OA-1", "C1", "", "", "-10.00", doc_type="on_account")]
    first, total = rows(unapplied.make(inputs(open_items=items)))[:2]
    assert (first["days"], first["bucket"], first["over_minor"]) == (None, "No date", 0)
    assert total["average_days_tenths"] is None


# --- exception codes


def test_codes_by_what_they_cost_with_their_owner() -> None:
    given = inputs(
        {"owners": {"EX-SHORT": "credit control"}},
        lines=[
            line("L1", "60.00", "exception", code="EX-UNID"),
            line("L2", "-15.00", "exception", code="EX-UNID", settled="person"),
            line("L3", "20.00", "suggested", code="EX-SHORT"),
            line("L4", "5.00", "suggested", code="MT-REF1"),
            line("L5", "999.00", "auto", code="EX-CUTOFF"),
            line("L6", "5.00", "exception", code="EX-OVER", booking_date=date(2025, 1, 1)),
            line("L7", "7.00", "exception", code="EX-OVER", booking_date=date(2025, 1, 1), settled="person"),
        ],
        exceptions=[
            {"line_id": "L1", "code": "EX-UNID", "amount": "60.00", "currency": "GBP"},
            {"line_id": "L1", "code": "EX-SHORT", "amount": "0.00", "currency": "GBP"},
            {"line_id": "L3", "code": "EX-SHORT", "amount": "1.00", "currency": "GBP"},
        ],
    )
    told = [
        (row["code"], row["lines"], row["amount_minor"], row["share_bp"], row["cumulated_bp"], row["waiting_lines"],
         row["waiting_amount_minor"], row["further_lines"])
        for row in rows(exceptions.make(given))
    ]  # fmt: skip
    assert told == [
        ("EX-UNID", 2, 7500, 7500, 7500, 1, 6000, 0),
        ("EX-SHORT", 1, 2000, 2000, 9500, 1, 2000, 1),
        ("EX-OVER", 1, 500, 500, 10000, 1, 500, 0),
        ("", 4, 10000, 10000, None, 3, 8500, None),
    ]
    assert [(row["meaning"], row["owner"]) for row in rows(exceptions.make(given))][:2] == [
        ("payer unknown", ""),
        ("", "credit control"),
    ]


def test_codes_of_two_currencies_are_not_added_up() -> None:
    lines = [
        line("L1", "60.00", "exception", code="EX-UNID"),
        line("L2", "60", "exception", code="EX-UNID", currency="JPY"),
    ]
    told = [
        (row["currency"], row["code"], row["share_bp"]) for row in rows(exceptions.make(inputs(lines=lines)))
    ]
    assert told == [
        ("GBP", "EX-UNID", 10000),
        ("GBP", "", 10000),
        ("JPY", "EX-UNID", 10000),
        ("JPY", "", 10000),
    ]


# --- match quality


def rate(measure: str, currency: str = "", **given: Any) -> dict[str, Any]:
    (found,) = [
        row
        for row in rows(quality.make(inputs(**given)))
        if (row["measure"], row["currency"]) == (measure, currency)
    ]
    return found


@pytest.fixture(scope="module")
def worked() -> list[dict[str, Any]]:
    """410 of 500 receipts settled by rule, 1,720,000 of 2,000,000; and lines that are out of scope."""
    auto = [line(f"A{number}", "4195.00", "auto", settled="rule") for number in range(409)]
    auto.append(line("A409", f"{1_720_000 - 409 * 4195}.00", "auto", settled="rule"))
    other = [line(f"B{number}", "3111.00", "suggested") for number in range(89)]
    other.append(line("B89", f"{280_000 - 89 * 3111}.00", "exception"))
    aside = [
        line("N1", "77.00", "not_receivable"),
        line("N2", "88.00", "exception", settled="person", decision="not receivable"),
        line("N3", "-99.00", "exception"),
        line("N4", "99.00", "auto", settled="rule", booking_date=date(2025, 12, 31)),
    ]
    return [*auto, *other, *aside]


def test_the_worked_rates(worked: list[dict[str, Any]]) -> None:
    assert rate("auto_match_lines", lines=worked)["rate_bp"] == 8200
    found = rate("auto_match_value", "GBP", lines=worked)
    assert (found["rate_bp"], found["amount_minor"], found["of_amount_minor"]) == (
        8600,
        172_000_000,
        200_000_000,
    )
    assert rate("out_of_scope_lines", lines=worked)["lines"] == 2


def test_what_was_turned_back_is_a_rate_of_its_own(worked: list[dict[str, Any]]) -> None:
    """Four of the 410: one waits again, one was moved, one accepted otherwise, one turned out to be no receipt."""
    fates = [
        {"settled": "", "decision": "reject"},
        {"settled": "person", "decision": "allocate"},
        {"settled": "person", "decision": "accept alternative"},
        {"settled": "person", "decision": "on account"},
    ]
    lines = [{**one, **fate, "turned_back": "yes"} for one, fate in zip(worked, fates, strict=False)]
    lines += worked[len(fates) :]
    found = {name: rate(name, lines=lines) for name in ("auto_match_lines", "net_auto_match_lines")}
    assert [(one["lines"], one["of_lines"], one["rate_bp"]) for one in found.values()] == [
        (410, 500, 8200),
        (406, 500, 8120),
    ]
    precise = rate("auto_precision_lines", lines=lines)
    assert (precise["lines"], precise["of_lines"], precise["rate_bp"]) == (406, 410, 9902)
    turned = rate("turned_back_lines", lines=lines)
    assert (turned["lines"], turned["of_lines"], turned["rate_bp"]) == (4, 410, 98)
    net = rate("net_auto_match_value", "GBP", lines=lines)
    assert net["amount_minor"] == 172_000_000 - 4 * 419_500
    assert rate("waiting_lines", lines=lines)["lines"] == 91
    assert rate("assisted_lines", lines=lines)["of_lines"] == 4


def test_what_turned_out_to_be_no_receipt_was_settled_wrongly() -> None:
    """It leaves the scope, but not the precision."""
    lines = [
        line("L1", "1.00", "auto", settled="rule"),
        line("L2", "1.00", "auto", settled="person", turned_back="yes", decision="not receivable"),
    ]
    assert rate("auto_match_lines", lines=lines)["of_lines"] == 1
    precise = rate("auto_precision_lines", lines=lines)
    assert (precise["lines"], precise["of_lines"]) == (1, 2)


def test_the_worked_shares_of_unapplied_cash() -> None:
    given: dict[str, Any] = {
        "open_items": [
            item("I-1", "C1", "2026-01-01", "", "1500000.00"),
            item("OA-1", "C1", "2026-01-01", "", "-40000.00", doc_type="on_account"),
            item("CN-1", "C1", "2026-01-01", "", "-5000.00"),
        ],
        "on_account": [receipt("L1", "8000.00")],
        "lines": [line("L1", "1545000.00", "auto", settled="rule")],
    }
    found = rate("unapplied_of_receivables", "GBP", **given)
    assert (found["rate_bp"], found["amount_minor"], found["of_amount_minor"]) == (
        320,
        4_800_000,
        150_000_000,
    )
    assert rate("unapplied_of_receipts", "GBP", **given)["rate_bp"] == 311


def test_assisted_are_lines_whose_proposal_was_taken_as_it_was() -> None:
    lines = [
        line("L1", "1.00", "suggested", settled="person", decision="accept"),
        line("L2", "1.00", "suggested", settled="person", decision="accept alternative"),
        line("L3", "1.00", "exception", settled="person", decision="allocate"),
        line("L4", "1.00", "suggested", decision="reject"),
        line("L5", "1.00", "suggested"),
        line("L6", "1.00", "auto", settled="rule"),
    ]
    found = rate("assisted_lines", lines=lines)
    assert (found["lines"], found["of_lines"], found["rate_bp"]) == (1, 4, 2500)
    assert rate("waiting_lines", lines=lines)["lines"] == 2
    assert rate("assisted_lines", lines=[])["rate_bp"] is None


def test_each_rate_is_one_number_divided_by_another_that_stand_beside_it(
    worked: list[dict[str, Any]],
) -> None:
    for row in rows(quality.make(inputs(lines=worked))):
        above, below = (
            (row["lines"], row["of_lines"])
            if row["currency"] == ""
            else (row["amount_minor"], row["of_amount_minor"])
        )
        assert row["rate_bp"] == share(above, below)
        assert row["definition"]


@pytest.mark.parametrize(
    ("above", "below", "made"),
    [(1, 2, 1), (1, 3, 0), (2, 3, 1), (-1, 2, -1), (-1, 3, 0), (5, 0, None), (10**18, 3, (10**18 - 1) // 3)],
)
def test_quotients_are_whole_numbers(above: int, below: int, made: int | None) -> None:
    assert ratio(above, below) == made


# --- run control


def run(number: int, currency: str = "GBP", **more: Any) -> dict[str, Any]:
    names = (
        "allocated_auto",
        "allocated_suggested",
        "on_account",
        "exceptions",
        "not_receivable",
        "duplicates",
    )
    return {
        "run_id": f"R{number}",
        "started": f"2026-03-{number:02d} 08:00",
        "as_of": date(2026, 3, number),
        "who": "anna",
        "currency": currency,
        "bank_lines": "10.00",
        **dict.fromkeys(names, "0.00"),
        "allocated_auto": "10.00",
        "difference": "0.00",
        "files": 1,
        "lines": 4,
        "problems": 0,
        "left_out": 0,
        **more,
    }


def test_the_last_runs_the_latest_first_and_whether_they_add_up() -> None:
    runs = [run(1), run(2, exceptions="0.01"), run(3), run(3, "JPY", bank_lines="7", allocated_auto="7")]
    files = [
        {
            "run_id": f"R{number}",
            "file": f"{number}.csv",
            "kind": "bank",
            "currency": "GBP",
            "sum": "10.00",
            "rows": 4,
        }
        for number in (1, 2, 3)
    ]
    posted = [
        {"batch_id": name, "format": "generic", "created": "2026-03-31 10:00", "who": "ben", "lines": 3}
        for name in ("B1", "B2")
    ]
    made = run_control.make(inputs({"runs_shown": 2}, runs=runs, files=files, postings=posted))
    told = [(row["run_id"], row["currency"], row["check"]) for row in rows(made)]
    assert told == [("R3", "GBP", "agrees"), ("R3", "JPY", "agrees"), ("R2", "GBP", "differs")]
    assert made.facts == ("2 runs: 1 totals differ.",)
    assert [row["file"] for row in rows(made, "files")] == ["3.csv", "2.csv"]
    assert [row["batch_id"] for row in rows(made, "postings")] == ["B2", "B1"]


# --- all of them


def test_every_report_can_be_made_of_nothing_and_declares_what_it_gives() -> None:
    for name, report in REPORTS.items():
        made = report.make(inputs())
        assert report.name == name
        assert made.parts[0].columns
        names = [one.key for one in made.parts]
        assert len(set(names)) == len(names)
        assert "" in names
        for part in made.parts:
            assert all(column.what and column.title for column in part.columns)
