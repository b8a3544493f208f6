"""What each decision accepts, and why it is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from decide_cases import allocation, decisions, frame, items, turns, view

from recon import model
from recon.decide import Decided, decide
from recon.decide.known import Part, parts_of
from recon.model import View

LINE = {"line_id": "L1", "amount": "100.00"}
A, B, CREDIT = ("A", "80.00"), ("B", "50.00"), ("CN", "-30.00")
TOO_MUCH = "item {} has {} open, the decision would settle {}"


def accepted(outcome: Decided) -> list[tuple[Any, ...]]:
    columns = ("line_id", "item_id", "amount", "deduction", "deduction_type")
    return outcome.accepted.select(columns).rows()


def said(outcome: Decided) -> list[str]:
    return outcome.results["text"].to_list()


def refused(outcome: Decided) -> str:
    """Why the only decision was refused; it left nothing accepted."""
    assert outcome.accepted.is_empty()
    [problem] = outcome.problems
    assert problem.code == "decision-refused"
    assert problem.hint
    assert outcome.decided["result"].to_list() == ["refused"]
    assert not outcome.decided["settles"].any()
    return problem.what


def test_accept_takes_every_row_of_the_proposal_with_deductions_and_cash_on_account() -> None:
    rows = [
        allocation("L1", "A", "72.00", deduction="8.00", deduction_type="TDS"),
        allocation("L1", "", "28.00"),
    ]
    outcome = decide(decisions({"line_id": "L1", "decision": "accept"}), view([LINE], items(A), rows))
    assert accepted(outcome) == [("L1", "A", "72.00", "8.00", "TDS"), ("L1", "", "28.00", "0.00", "")]
    assert said(outcome) == ["accepted: 1 item and on account, 100.00"]
    assert outcome.accepted["customer_id"].to_list() == ["C1", "C1"]
    assert outcome.accepted["rule"].to_list() == ["reference", "reference"]
    assert outcome.accepted["accepted_by"].to_list() == ["ann", "ann"]
    assert outcome.decided.select("decision", "result", "settles").row(0) == ("accept", "accepted", True)
    assert outcome.problems == ()


def test_amounts_are_told_with_thousands() -> None:
    shown = view(
        [{"line_id": "L1", "amount": "4200.00"}],
        items(("A", "4000.00"), ("B", "200.00")),
        [allocation("L1", "A", "4000.00"), allocation("L1", "B", "200.00")],
    )
    outcome = decide(decisions({"line_id": "L1", "decision": " Accept "}), shown)
    assert said(outcome) == ["accepted: 2 items, 4,200.00"]


def test_accept_is_refused_where_a_part_stays_unexplained() -> None:
    outcome = decide(
        decisions({"line_id": "L1", "decision": "accept"}),
        view([LINE], items(A), [allocation("L1", "A", "80.00")]),
    )
    assert refused(outcome) == "line L1: 20.00 GBP of the line would stay unexplained"


def test_accept_is_refused_where_there_is_nothing_to_accept() -> None:
    outcome = decide(decisions({"line_id": "L1", "decision": "accept"}), view([LINE], items(A)))
    assert refused(outcome) == "line L1: there is no proposal to accept"


def test_accept_is_refused_when_the_item_has_less_open_than_was_proposed() -> None:
    settled = frame(
        model.SETTLED,
        [
            {
                "item_id": "A",
                "currency": "GBP",
                "open_amount": "100.00",
                "settled": "30.00",
                "settled_ever": "30.00",
            }
        ],
    )
    shown = view([LINE], items(("A", "100.00")), [allocation("L1", "A", "100.00")], settled=settled)
    outcome = decide(decisions({"line_id": "L1", "decision": "accept"}), shown)
    assert refused(outcome) == "line L1: item DOC-A has 70.00 open, the decision would settle 100.00"


def test_a_proposal_for_an_item_that_is_gone_is_refused() -> None:
    outcome = decide(
        decisions({"line_id": "L1", "decision": "accept"}),
        view([LINE], items(B), [allocation("L1", "A", "100.00")]),
    )
    assert refused(outcome) == "line L1: item A is not among the open items"


ALTERNATIVES = [
    {"line_id": "L1", "code": "EX-ITEM", "alternatives": "A 80.00 + INV A + B 20.00 | A 50.00 + B 50.00"},
    {"line_id": "L1", "code": "EX-OVER", "alternatives": "A 50.00 + B 50.00 | B 130.00 + CN -30.00"},
]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("1", [("A", "80.00"), ("INV A + B", "20.00")]),
        ("2", [("A", "50.00"), ("B", "50.00")]),
        ("3.0", [("B", "130.00"), ("CN", "-30.00")]),
    ],
)
def test_an_alternative_is_accepted_by_its_number(number: str, expected: list[tuple[str, str]]) -> None:
    shown = view([LINE], items(A, ("B", "130.00"), CREDIT, ("INV A + B", "20.00")), exceptions=ALTERNATIVES)
    outcome = decide(
        decisions({"line_id": "L1", "decision": "accept alternative", "alternative": number}), shown
    )
    assert [(row[1], row[2]) for row in accepted(outcome)] == expected


@pytest.mark.parametrize("number", ["", "0", "4", "x", "²", "-1", "1.5"])
def test_an_alternative_that_does_not_exist_is_refused(number: str) -> None:
    shown = view([LINE], items(A, B, CREDIT), exceptions=ALTERNATIVES)
    outcome = decide(
        decisions({"line_id": "L1", "decision": "accept alternative", "alternative": number}), shown
    )
    why = "there is no alternative of that number" if number else "it is not said which alternative"
    assert refused(outcome) == f"line L1: {why}"


def test_an_alternative_without_amounts_is_refused() -> None:
    shown = view([LINE], items(A), exceptions=[{"line_id": "L1", "code": "EX-X", "alternatives": "A or B"}])
    outcome = decide(
        decisions({"line_id": "L1", "decision": "accept alternative", "alternative": "1"}), shown
    )
    assert refused(outcome) == "line L1: alternative 1 can't be read"


def test_alternatives_may_hold_ids_with_blanks_and_signs() -> None:
    assert parts_of("INV A + B 20.00 + CN -3.5") == [Part("INV A + B", "20.00"), Part("CN", "-3.5")]
    assert parts_of("20.00") == []
    assert parts_of("A 20.00 + B") == []
    assert parts_of("") == []


def test_alternatives_say_what_is_kept_back_and_what_stays_on_account() -> None:
    text = "A 80.00 less 5.00 TDS less 1.50 GSTTDS + B less 2 30.00 + on account 5.00"
    assert parts_of(text) == [
        Part("A", "80.00", (("5.00", "TDS"), ("1.50", "GSTTDS"))),
        Part("B less 2", "30.00"),
        Part("on account", "5.00"),
    ]
    assert parts_of("A 80.00 less TDS") == []


def test_an_alternative_with_deductions_is_accepted_to_the_penny() -> None:
    text = "A 50.00 less 20.00 TDS less 10.00 CIS + on account 50.00"
    shown = view([LINE], items(A), exceptions=[{"line_id": "L1", "code": "EX-X", "alternatives": text}])
    outcome = decide(
        decisions({"line_id": "L1", "decision": "accept alternative", "alternative": "1"}), shown
    )
    columns = ("item_id", "amount", "deduction", "deduction_type", "customer_id")
    assert outcome.accepted.select(columns).rows() == [
        ("A", "50.00", "20.00", "TDS", "C1"),
        ("A", "0.00", "10.00", "CIS", "C1"),
        ("", "50.00", "0.00", "", "C1"),
    ]


def test_cash_on_account_is_accepted_on_the_customer_that_was_proposed() -> None:
    held = allocation("L1", "", "100.00", customer_id="C7", rule="on_account")
    shown = view([LINE], items(A), [held])
    outcome = decide(decisions({"line_id": "L1", "decision": "accept"}), shown)
    assert outcome.accepted.select("item_id", "amount", "customer_id").rows() == [("", "100.00", "C7")]
    unknown = view([LINE], items(A), [{**held, "customer_id": ""}])
    nobody = decide(decisions({"line_id": "L1", "decision": "accept"}), unknown)
    assert nobody.accepted["customer_id"].to_list() == [""]


def test_allocate_takes_several_rows_and_finds_items_by_document_number() -> None:
    outcome = decide(
        decisions(
            {"line_id": "L1", "decision": "allocate", "item_id": "DOC-B", "amount": "50"},
            {"line_id": "L1", "decision": "allocate", "item_id": "A", "amount": "80.00"},
            {"line_id": "L1", "decision": "allocate", "item_id": "CN", "amount": "-30.00", "row_hash": ""},
        ),
        view([LINE], items(A, B, CREDIT)),
    )
    assert [row[1:3] for row in accepted(outcome)] == [("A", "80.00"), ("CN", "-30.00"), ("B", "50.00")]
    assert said(outcome) == ["accepted: 3 items, 100.00"] * 3
    assert set(outcome.accepted["rule"]) == {"allocate"}
    assert outcome.decided.height == 1


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([("A", "80.00")], "20.00 GBP of the line would stay unexplained"),
        ([("A", "80.00"), ("B", "50.00")], "-30.00 GBP of the line would stay unexplained"),
        ([("A", "100.00")], "item A has 80.00 open, the decision would settle 100.00"),
        ([("A", "50.00"), ("DOC-A", "50.00")], "item DOC-A has 80.00 open, the decision would settle 100.00"),
        ([("A", "80.00"), ("CN", "20.00")], "item CN has -30.00 open, the decision would settle 20.00"),
        (
            [("A", "130.00"), ("B", "-30.00")],
            # each that is too much
            f"{TOO_MUCH.format('A', '80.00', '130.00')}; {TOO_MUCH.format('B', '50.00', '-30.00')}",
        ),
        ([("Z", "100.00")], "item Z is not among the open items"),
        ([("E", "100.00")], "item E is in EUR, the line is in GBP"),
        ([("A", "1,00")], "the amount can't be read"),
        ([("A", "1e2")], "the amount can't be read"),
        ([("A", "80.00"), ("B", "19.999")], "19.999 has more decimals than GBP has"),
        ([("A", "0.00")], "the amount for item A is nought"),
        ([("A", "")], "an item has no amount, or an amount has no item"),
        ([("", "100.00")], "an item has no amount, or an amount has no item"),
        ([("", "")], "it is not said to which item, and how much"),
    ],
)
def test_allocate_is_refused(rows: list[tuple[str, str]], why: str) -> None:
    asked = [
        {"line_id": "L1", "decision": "allocate", "item_id": name, "amount": amount} for name, amount in rows
    ]
    open_items = [*items(A, B, CREDIT), *items(("E", "100.00"), currency="EUR")]
    outcome = decide(decisions(*asked), view([LINE], open_items))
    assert refused(outcome) == f"line L1: {why}"


def test_a_returned_payment_undoes_what_was_accepted_and_no_more() -> None:
    settled = frame(
        model.SETTLED,
        [
            {
                "item_id": "A",
                "currency": "GBP",
                "open_amount": "80.00",
                "settled": "30.00",
                "settled_ever": "30.00",
            }
        ],
    )

    def back(amount: str) -> Decided:
        shown = view([{"line_id": "L1", "amount": amount}], items(A), settled=settled)
        return decide(
            decisions({"line_id": "L1", "decision": "allocate", "item_id": "A", "amount": amount}), shown
        )

    assert accepted(back("-30.00")) == [("L1", "A", "-30.00", "0.00", "")]
    assert "has 50.00 open" in refused(back("-30.01"))


def test_on_account_takes_the_whole_line_for_the_customer_written() -> None:
    shown = view([LINE], items(A), [])
    to_nobody = decide(decisions({"line_id": "L1", "decision": "on account"}), shown)
    assert accepted(to_nobody) == [("L1", "", "100.00", "0.00", "")]
    assert to_nobody.accepted["customer_id"].to_list() == [""]
    assert said(to_nobody) == ["accepted: on account, 100.00; to suspense, no customer is known"]
    to_one = decide(decisions({"line_id": "L1", "decision": "on account", "item_id": "C1"}), shown)
    assert to_one.accepted["customer_id"].to_list() == ["C1"]
    stranger = decide(decisions({"line_id": "L1", "decision": "on account", "item_id": "C9"}), shown)
    assert refused(stranger) == "line L1: C9 is no customer of the open items"


def test_on_account_takes_a_customer_without_open_items_where_the_proposal_names_it() -> None:
    held = allocation("L1", "", "100.00", customer_id="Y1")
    asked = {"line_id": "L1", "decision": "on account", "item_id": "Y1"}
    outcome = decide(decisions(asked), view([LINE], items(A), [held]))
    assert outcome.accepted["customer_id"].to_list() == ["Y1"]
    other = decide(decisions(asked | {"item_id": "Y2"}), view([LINE], items(A), [held]))
    assert refused(other) == "line L1: Y2 is no customer of the open items"


def test_on_account_goes_to_the_customer_that_was_proposed() -> None:
    shown = view([LINE], items(A), [allocation("L1", "A", "80.00")])
    outcome = decide(decisions({"line_id": "L1", "decision": "on account"}), shown)
    assert accepted(outcome) == [("L1", "", "100.00", "0.00", "")]
    assert outcome.accepted["customer_id"].to_list() == ["C1"]
    assert said(outcome) == ["accepted: on account, 100.00"]


def test_on_account_of_several_proposed_customers_goes_to_suspense_and_says_so() -> None:
    shown = view(
        [LINE],
        [*items(A), *items(("B", "50.00"), customer_id="C2")],
        [allocation("L1", "A", "50.00"), allocation("L1", "B", "50.00")],
    )
    outcome = decide(decisions({"line_id": "L1", "decision": "on account"}), shown)
    assert outcome.accepted["customer_id"].to_list() == [""]
    assert said(outcome) == ["accepted: on account, 100.00; to suspense, no customer is known"]


def test_write_off_settles_the_item_besides_the_cash() -> None:
    shown = view([{"line_id": "L1", "amount": "75.00"}], items(A), [allocation("L1", "A", "75.00")])
    asked = {"line_id": "L1", "decision": "write off", "item_id": "A", "amount": "5.00", "note": "agreed"}
    assert accepted(decide(decisions(asked), shown)) == [
        ("L1", "A", "75.00", "0.00", ""),
        ("L1", "A", "0.00", "5.00", "WO"),
    ]
    [text] = decide(decisions(asked), shown).results["text"]
    assert text == "accepted: 1 item, 75.00; 5.00 given up"
    without_proposal = replace(shown, allocations=shown.allocations.clear())
    assert accepted(decide(decisions(asked), without_proposal)) == [("L1", "A", "75.00", "5.00", "WO")]
    for missing, why in (
        ("note", "a write-off needs a note"),
        ("amount", "a write-off needs one item and its amount"),
        ("item_id", "a write-off needs one item and its amount"),
    ):
        assert refused(decide(decisions({**asked, missing: ""}), shown)) == f"line L1: {why}"
    too_much = decide(decisions({**asked, "amount": "5.01"}), shown)
    assert refused(too_much) == "line L1: item A has 80.00 open, the decision would settle 80.01"


@pytest.mark.parametrize("choice", ["park", "query", "reject", "not receivable"])
def test_choices_that_allocate_nothing_are_recorded(choice: str) -> None:
    shown = view([LINE], items(A), [allocation("L1", "A", "80.00")])
    outcome = decide(decisions({"line_id": "L1", "decision": choice, "note": "why"}), shown)
    assert outcome.accepted.is_empty()
    assert said(outcome) == [f"recorded: {choice}"]
    kept = outcome.decided.select("decision", "note", "decided_by", "row_hash", "where", "result", "settles")
    settles = choice == "not receivable"
    assert kept.row(0) == (choice, "why", "ann", "h-L1", "Suggestions!2", "accepted", settles)


def test_a_decision_on_a_row_that_changed_is_refused() -> None:
    shown = view([LINE], items(("A", "100.00")), [allocation("L1", "A", "100.00")])
    for row_hash in ("h-old", ""):
        outcome = decide(decisions({"line_id": "L1", "decision": "accept", "row_hash": row_hash}), shown)
        assert refused(outcome) == "line L1: this proposal changed since you saw it; press Refresh"
        assert outcome.problems[0].where == "Suggestions!2"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"line_id": "L9", "decision": "accept"}, "line L9: there is no such bank line in the store"),
        ({"line_id": "L1", "decision": "agree"}, "line L1: there is no such decision"),
        ({"line_id": "L1", "decision": "park", "decided_by": ""}, "line L1: it is not said who decides"),
    ],
)
def test_a_decision_that_says_too_little_is_refused(row: dict[str, str], why: str) -> None:
    assert refused(decide(decisions(row), view([LINE]))) == why


def test_a_settled_line_is_not_decided_again() -> None:
    shown = view([LINE], items(A), turns=turns("L1"))
    outcome = decide(decisions({"line_id": "L1", "decision": "on account"}), shown)
    assert refused(outcome) == "line L1: the line is settled already"


def test_two_different_decisions_on_one_line_are_both_refused() -> None:
    outcome = decide(
        decisions({"line_id": "L1", "decision": "park"}, {"line_id": "L1", "decision": "on account"}),
        view([LINE]),
    )
    assert refused(outcome) == "line L1: the line has two different decisions"
    assert outcome.results["where"].to_list() == ["Suggestions!3", "Suggestions!2"]
    assert set(said(outcome)) == {"refused: the line has two different decisions"}


def test_rows_without_a_decision_say_nothing() -> None:
    outcome = decide(decisions({"line_id": "L1", "decision": " "}, {"line_id": "L1"}), view([LINE]))
    assert (outcome.results.height, outcome.decided.height, outcome.problems) == (0, 0, ())
    assert outcome.accepted.schema == model.ACCEPTED.outer_schema


def test_of_two_lines_that_want_one_item_the_line_booked_first_gets_it() -> None:
    lines = [
        {"line_id": "L1", "amount": "80.00", "booking_date": date(2024, 3, 2)},
        {"line_id": "L2", "amount": "80.00", "booking_date": date(2024, 3, 1)},
    ]
    shown = view(lines, items(A), [allocation("L1", "A", "80.00"), allocation("L2", "A", "80.00")])
    both = decisions({"line_id": "L1", "decision": "accept"}, {"line_id": "L2", "decision": "accept"})
    for asked in (both, both.reverse()):
        outcome = decide(asked, shown)
        assert [row[0] for row in accepted(outcome)] == ["L2"]
        [problem] = outcome.problems
        assert problem.what == "line L1: item DOC-A has 0.00 open, the decision would settle 80.00"


def kept(outcome: Decided, shown: View) -> View:
    """The view after the store has kept an outcome."""
    decided = outcome.decided.with_columns(pl.lit("2024-03-02T09:00:00+00:00").alias("decided_at"))
    return replace(
        shown,
        decided=pl.concat([shown.decided, decided]),
        turns=pl.concat(
            [
                shown.turns,
                outcome.decided.filter(pl.col("turn") > 0).select("line_id", "turn", settled="settles"),
            ]
        ).unique("line_id", keep="last"),
    )


@pytest.mark.parametrize("choice", ["park", "on account", "not receivable"])
def test_applying_twice_changes_nothing(choice: str) -> None:
    shown, asked = view([LINE]), decisions({"line_id": "L1", "decision": choice})
    again = decide(asked, kept(decide(asked, shown), shown))
    assert (again.accepted.height, again.decided.height, again.problems) == (0, 0, ())
    assert said(again) == ["recorded already"]


def test_a_refusal_is_told_each_time_and_kept_once() -> None:
    shown, asked = view([LINE]), decisions({"line_id": "L1", "decision": "accept"})
    again = decide(asked, kept(decide(asked, shown), shown))
    assert again.decided.is_empty()
    assert len(again.problems) == 1


def test_a_line_parked_twice_with_another_decision_between_is_kept_three_times() -> None:
    shown = view([LINE])
    for choice in ("park", "query", "park"):
        outcome = decide(decisions({"line_id": "L1", "decision": choice}), shown)
        assert outcome.decided.height == 1
        shown = kept(outcome, shown)
    assert shown.decided["decision_id"].is_unique().all()


def test_no_text_of_the_bank_line_is_in_a_message() -> None:
    line = {"line_id": "L1", "amount": "100.00", "narrative": "MRS EXAMPLE", "counterparty": "MRS EXAMPLE"}
    outcome = decide(decisions({"line_id": "L1", "decision": "accept", "note": "MRS EXAMPLE"}), view([line]))
    assert "EXAMPLE" not in str(outcome.problems)
