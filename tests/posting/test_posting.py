"""The journal balances, says who and why, and is the same bytes for the same lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon import model, rules
from recon.model import Table
from recon.posting import FORMATS, Accounts, Posting, accounts_of, controls_text, failures, post
from recon.posting.controls import controls
from recon.posting.generic import COLUMNS, clean, table
from recon.problems import ReconError

GOLDEN = Path(__file__).parent / "golden"


def frame(table: Table, rows: Sequence[dict[str, Any]], **fixed: Any) -> pl.DataFrame:
    """Rows as an outer frame of the table; what a row does not say is `fixed`, or empty."""
    full = [{name: {**fixed, **row}.get(name) for name in table.names} for row in rows]
    return pl.DataFrame(full, schema=table.outer_schema)


def line(line_id: str, amount: str, day: int = 1, currency: str = "GBP", **more: Any) -> dict[str, Any]:
    said = {"line_id": line_id, "amount": amount, "currency": currency, "booking_date": date(2024, 3, day)}
    return {**said, "account": "GB00BANK0001", "narrative": "MRS EXAMPLE WARD 4", **more}


def taken(line_id: str, item_id: str, amount: str, deduction: str = "0.00", **more: Any) -> dict[str, Any]:
    said = {
        "line_id": line_id,
        "item_id": item_id,
        "amount": amount,
        "deduction": deduction,
        "currency": "GBP",
    }
    by_rule = {
        "rule": "reference",
        "accepted_by": "rule",
        "decision": "",
        "decision_id": "",
        "deduction_type": "",
    }
    return {**said, **by_rule, "customer_id": "C1" if item_id else "", **more}


ITEMS = frame(
    model.OPEN_ITEMS,
    [
        {"item_id": "A", "doc_no": "INV-1", "entity": "UK01"},
        {"item_id": "B", "doc_no": "INV-2", "entity": "UK01"},
        {"item_id": "CN", "doc_no": "CN-1", "entity": "UK02"},
    ],
)
BY_ANN = {"accepted_by": "ann", "decision_id": "D-1"}
LINES = [
    line("L-straight", "100.00", 2, value_date=date(2024, 3, 4)),
    line("L-deducted", "900.00", 1),
    line("L-net", "70.00", 2),
    line("L-account", "55.10", 3),
    line("L-suspense", "9.99", 3),
    line("L-back", "-40.00", 4),
    line("L-off", "95.00", 5),
    line("L-euro", "1000.50", 5, "EUR", account="GB00BANK0002"),
    line("L-other", "1.00", 5),
]
ACCEPTED = [
    taken("L-straight", "A", "100.00", rule="reference"),
    taken("L-deducted", "B", "900.00", "100.00", deduction_type="TDS"),
    taken("L-deducted", "B", "0.00", "0.50", deduction_type="TOL", rule="tolerance"),
    taken("L-net", "A", "100.00", **BY_ANN, decision="accept"),
    taken("L-net", "CN", "-30.00", **BY_ANN, decision="accept"),
    taken("L-account", "B", "50.00"),
    taken("L-account", "", "5.10", customer_id="C1", rule="over_payment"),
    taken("L-suspense", "", "9.99", **BY_ANN, decision="on account", rule="on account"),
    taken("L-back", "A", "-40.00", **BY_ANN, decision="allocate", rule="allocate"),
    taken("L-off", "A", "95.00", **BY_ANN, decision="write off"),
    taken(
        "L-off", "A", "0.00", "5.00", **BY_ANN, decision="write off", rule="write off", deduction_type="WO"
    ),
    taken("L-euro", "GONE", "1000.50", currency="EUR"),
]
ACCOUNTS = Accounts(
    banks={"GB00BANK0001": "1200"},
    receivables="1100",
    suspense="2999",
    deductions={"TDS": "1310", "TOL": "7905", "WO": "7910"},
)


def posting(accepted: Sequence[dict[str, Any]] = ACCEPTED, **more: Any) -> Posting:
    said = {"accounts": ACCOUNTS, "approved_by": "ben", **more}
    return post(
        "generic", frame(model.ACCEPTED, accepted, turn=1), frame(model.BANK_LINES, LINES), ITEMS, **said
    )


def compared(name: str, text: str, request: pytest.FixtureRequest) -> None:
    path = GOLDEN / name
    if request.config.getoption("--golden", default=False):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    assert text == path.read_bytes().decode("utf-8")


def test_the_generic_journal(request: pytest.FixtureRequest) -> None:
    made = posting()
    compared("generic.csv", made.batch.text, request)
    compared("controls.txt", controls_text(made.controls), request)
    assert made.controls["ok"].all()
    assert made.batch.line_ids == tuple(sorted({row["line_id"] for row in ACCEPTED}))


def legs(made: Posting, line_id: str) -> list[tuple[Any, ...]]:
    columns = ("account", "customer_id", "doc_ref", "applied_to_item", "debit", "credit")
    return made.legs.filter(pl.col("bank_line_id") == line_id).select(columns).rows()


def test_a_deduction_goes_to_its_account_and_the_item_closes_in_full() -> None:
    assert legs(posting(), "L-deducted") == [
        ("1200", "", "L-deducted", "", "900.00", None),
        ("1310", "C1", "INV-2", "", "100.00", None),
        ("7905", "C1", "INV-2", "", "0.50", None),
        ("1100", "C1", "INV-2", "B", None, "1000.50"),
    ]


def test_what_goes_out_stands_on_the_other_side() -> None:
    assert legs(posting(), "L-back") == [
        ("1200", "", "L-back", "", None, "40.00"),
        ("1100", "C1", "INV-1", "A", "40.00", None),
    ]
    assert legs(posting(), "L-net")[1:] == [
        ("1100", "C1", "CN-1", "CN", "30.00", None),
        ("1100", "C1", "INV-1", "A", None, "100.00"),
    ]


def test_cash_of_nobody_known_goes_to_suspense() -> None:
    assert legs(posting(), "L-suspense")[1] == ("2999", "", "", "", None, "9.99")
    assert legs(posting(), "L-account")[1] == ("1100", "C1", "", "", None, "5.10")


def test_who_allocates_by_hand_does_not_approve() -> None:
    def who(approved_by: str) -> dict[str, tuple[str, str]]:
        made = posting(approved_by=approved_by).legs.filter(pl.col("kind") != "bank")
        return {
            row[0]: row[1:] for row in made.select("bank_line_id", "prepared_by", "approved_by").iter_rows()
        }

    assert who("ben")["L-straight"] == ("recon", "")
    assert who("ben")["L-net"] == ("recon", "ann")
    assert who("ben")["L-off"] == ("ann", "ben")
    assert who("ann")["L-off"] == ("ann", "")
    [unapproved] = (
        posting(approved_by="ann").controls.filter(pl.col("check").str.contains("second person")).rows()
    )
    assert unapproved[3:] == ("3", False)


@pytest.mark.parametrize(
    ("makers", "poster"),
    [
        ("ann, cid", "ann"),
        ("ann, cid", "Ann"),
        ("ann, cid", " ANN "),
        ("Doe, Ann", "Doe, Ann"),  # one name that has a comma
        ("cid, Doe, Ann", "doe, ann"),
    ],
)
def test_one_of_several_who_allocated_is_no_second_person(makers: str, poster: str) -> None:
    both = [taken("L-straight", "A", "100.00", **BY_ANN | {"accepted_by": makers}, decision="allocate")]
    made = posting(both, approved_by=poster)
    assert set(made.legs["approved_by"]) == {""}
    assert failures(made.controls, made.legs)
    assert not failures(posting(both, approved_by="ben").controls, made.legs)


@pytest.mark.parametrize(
    ("amount", "more", "second"),
    [
        ("100.00", {}, False),  # up to the ceiling one person may do both
        ("100.01", {}, True),
        ("99.00", {"deduction": "2.00", "deduction_type": "ROUND", "decision": "accept"}, False),
        ("95.00", {"deduction": "5.00", "deduction_type": "WO", "decision": "write off"}, True),
    ],
)
def test_small_lines_need_no_second_person_but_write_offs_do(
    amount: str, more: dict[str, str], second: bool
) -> None:
    row = taken("L-straight", "A", amount, **BY_ANN | {"decision": "allocate"} | more)
    lines = frame(model.BANK_LINES, [line("L-straight", amount)])
    ceiling = Decimal("100.00")
    made = post(
        "generic", frame(model.ACCEPTED, [row], turn=1), lines, ITEMS, approved_by="ann", hand_ceiling=ceiling
    )
    assert bool(failures(made.controls, made.legs, ceiling)) is second


def test_each_control_that_fails_is_a_problem_of_its_own() -> None:
    made = posting(approved_by="ann")
    [told] = failures(made.controls, made.legs)
    assert str(told) == (
        "posting control `journals that a second person must approve`: expected 0, found 3; nothing is posted\n"
        "    somebody other than ann has to post: recon post ... --who NAME, on a login of their own\n"
        "    allocated by hand: L-back, L-off, L-suspense"
    )
    fewer = made.legs.filter(pl.col("bank_line_id") != "L-euro")
    accepted, lines = frame(model.ACCEPTED, ACCEPTED, turn=1), frame(model.BANK_LINES, LINES)
    lost = failures(controls(fewer, accepted, lines), fewer)
    assert [one.where for one in lost[:3]] == [
        "posting control `journals`",
        "posting control `bank`, EUR",
        "posting control `items`, EUR",
    ]


def test_the_payers_words_are_not_in_the_file() -> None:
    assert "EXAMPLE" not in posting().batch.text


def test_the_same_lines_in_any_order_are_the_same_bytes() -> None:
    first, again = posting(), posting(list(reversed(ACCEPTED)))
    assert again.batch == first.batch
    assert posting(ACCEPTED[:1]).batch.batch_id != first.batch.batch_id


def test_an_unknown_format_is_told_with_the_known_ones() -> None:
    with pytest.raises(ReconError) as error:
        post("generc", frame(model.ACCEPTED, []), frame(model.BANK_LINES, []), ITEMS)
    assert error.value.exit_code == 2
    assert str(error.value) == (
        "--format: no posting format `generc`\n    known formats: generic\n    did you mean `generic`?"
    )
    assert list(FORMATS) == ["generic"]


def test_nothing_accepted_is_a_file_with_a_heading() -> None:
    made = posting([])
    assert made.batch.text == ",".join(COLUMNS) + "\n"
    assert made.controls["ok"].all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+44", "'+44"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\t=1", "'=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a\r\nb\x00c", "a b c"),
        ("a\u202eb", "a b"),
        ("INV-1 =2", "INV-1 =2"),
        (None, ""),
    ],
)
def test_no_text_is_a_formula_or_a_control(text: str | None, expected: str) -> None:
    assert pl.DataFrame({"t": [text]}, schema={"t": pl.String}).select(clean(pl.col("t"))).item() == expected


def test_hostile_ids_are_harmless_in_the_file() -> None:
    accepted = [taken("L-straight", "=1+1", "100.00", customer_id="@c", rule="-r\n")]
    made = posting(accepted)
    columns = ["customer_id", "doc_ref", "applied_to_item", "rule_id"]
    assert table(made.legs, "B").select(columns).rows()[1] == ("'@c", "'=1+1", "'=1+1", "'-r")


def test_the_accounts_are_those_of_the_rules() -> None:
    text = (
        "tolerances: {default: {account: '7905'}}\n"
        "deductions: [{id: tds, type: TDS, rate: 10, account: '1310'}, {id: cis, type: CIS, rate: 20}]\n"
    )
    named = accounts_of(rules.parse(text, "rules.yaml")).deductions
    assert {name: named[name] for name in ("TOL", "TDS")} == {"TOL": "7905", "TDS": "1310"}
    assert "CIS" not in named


def test_the_rules_set_every_account_of_the_posting_file() -> None:
    text = (
        "accounts: {banks: {'GB00 BANK-0001': '1200'}, receivables: '1100', suspense: '2999', types: {WO: '7910'}}\n"
        "tolerances: {default: {account: '7905'}}\n"
        "deductions: [{id: tds, type: TDS, rate: 10, account: '1310'}]\n"
    )
    made = posting(accounts=accounts_of(rules.parse(text, "rules.yaml")))
    assert set(made.legs["account"]) == {"1200", "1100", "2999", "1310", "7905", "7910", "GB00BANK0002"}
    assert made.legs.filter(pl.col("account") == "7910")["bank_line_id"].to_list() == ["L-off"]


def test_accounts_that_no_rule_names_have_a_name_of_their_own() -> None:
    named = accounts_of(rules.parse("name: ours\n", "rules.yaml"))
    made = posting(accounts=named)
    assert {"receivables", "suspense", "tolerance", "write_off"} <= set(made.legs["account"])


@st.composite
def accepted_lines(draw: st.DrawFn) -> list[tuple[int, list[tuple[str, int, int]]]]:
    """For each line its accepted rows as (item, pence of cash, pence of deduction)."""
    row = st.tuples(st.sampled_from(["", "A", "B", "CN"]), st.integers(-500, 500), st.integers(-50, 50))
    rows = draw(st.lists(st.lists(row, min_size=1, max_size=4), max_size=4))
    return [(sum(amount for _, amount, _ in one), one) for one in rows]


def pounds(pence: int) -> str:
    return f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02d}"


@settings(max_examples=25, deadline=None)
@given(lines=accepted_lines())
def test_every_journal_balances_and_the_bank_gets_what_came_in(
    lines: list[tuple[int, list[tuple[str, int, int]]]],
) -> None:
    rows = [
        taken(f"L{at}", item, pounds(cash), pounds(deduction if item else 0), deduction_type="TDS")
        for at, (_, one) in enumerate(lines)
        for item, cash, deduction in one
    ]
    bank = [line(f"L{at}", pounds(amount)) for at, (amount, _) in enumerate(lines)]
    made = post("generic", frame(model.ACCEPTED, rows, turn=1), frame(model.BANK_LINES, bank), ITEMS)
    assert made.controls["ok"].all(), controls_text(made.controls)
    assert made.legs["bank_line_id"].n_unique() == len(lines)
    amounts = made.legs["debit"].to_list() + made.legs["credit"].to_list()
    assert not [amount for amount in amounts if amount and amount.startswith("-")]
