"""Several items that add up: found, counted as multisets, and not taken for more than chance would find."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from match_cases import Row, Told, item, line, rules_of, run, tables_of

from recon.match.combine.months import named_month
from recon.match.combine.subsets import CHOICE, EVERYTHING, MONTH, RUN, UP_TO, Book
from recon.model import PAID
from recon.rules.schema import Rules

KENT = {"customer_id": "K21", "name": "Kent County Council", "aliases": "KENT CC"}
BOOKED = date(2026, 3, 10)
amounts_of = st.lists(
    st.sampled_from([-300, -100, 100, 200, 300, 300, 500, 700, 1100]), min_size=2, max_size=9
)


def book(amounts: list[int], size_max: int = 4) -> Book:
    return Book(amounts, [None] * len(amounts), [0] * len(amounts), ["K"] * len(amounts), size_max)


def by_hand(amounts: list[int], target: int, size_max: int) -> set[tuple[int, ...]]:
    """The multisets of amounts that sum to the target: free choices, and runs of any length."""
    found = {
        tuple(sorted(chosen))
        for size in range(2, size_max + 1)
        for chosen in itertools.combinations(amounts, size)
        if sum(chosen) == target
    }
    for start, end in itertools.combinations(range(len(amounts) + 1), 2):
        run_ = amounts[start:end]
        if len(run_) > 1 and sum(run_) == target:
            found.add(tuple(sorted(run_)))
    return found


@settings(max_examples=300)
@given(amounts_of, st.integers(1, 25), st.integers(2, 4))
def test_every_set_is_found_and_counted_once(amounts: list[int], hundreds: int, size_max: int) -> None:
    target = hundreds * 100
    hits = book(amounts, size_max).find(target, BOOKED, listed=10_000)
    told = [tuple(sorted(amounts[at] for at in one.members)) for one in hits.sets]
    assert not hits.given_up
    assert Counter(told) == Counter(by_hand(amounts, target, size_max))
    assert hits.count == len(told)


@given(amounts_of, st.integers(1, 25), st.integers(1, 3))
def test_the_count_does_not_hang_on_how_many_are_listed(
    amounts: list[int], hundreds: int, listed: int
) -> None:
    whole = book(amounts).find(hundreds * 100, BOOKED, listed=10_000)
    some = book(amounts).find(hundreds * 100, BOOKED, listed=listed)
    assert some.count == whole.count
    assert some.sets == whole.sets[:listed]


def test_structure_comes_first_and_equal_items_are_taken_oldest_first() -> None:
    days = [date(2026, 1, 5), date(2026, 1, 20), date(2026, 2, 5), date(2026, 2, 20)]
    february = Book([500, 120, 500, 300], days, [1, 1, 2, 2], ["K"] * 4).find(800, BOOKED, 9)
    assert [(one.members, one.structure) for one in february.sets] == [((2, 3), MONTH)]
    free = Book([500, 120, 500, 310, 300], [None] * 5, [0] * 5, ["K"] * 5).find(800, BOOKED, 9)
    assert [(one.members, one.structure, one.equal) for one in free.sets] == [((0, 4), CHOICE, True)]
    assert free.count == 1
    other = Book([500, 120, 500, 310, 300], [None] * 5, [0] * 5, ["K", "K", "disputed", "K", "K"])
    assert other.find(800, BOOKED, 9).count == 2


def test_what_is_too_much_to_look_at_is_given_up_and_said() -> None:
    hits = book([100, 200, 300, 400, 500, 600]).find(1000, BOOKED, 9, steps_max=3)
    assert hits.given_up
    assert {one.structure for one in hits.sets} == {UP_TO}


def test_the_chance_of_a_hit_is_reckoned_as_measured() -> None:
    """Tried x gcd / spread: few for odd pence, many for round amounts, which lie on few sums."""
    pence = [100_003, 204_017, 150_001, 333_337, 98_765]
    vat_rounded = [120_000, 240_000, 180_000, 360_000, 96_000]
    assert book(pence).chances[EVERYTHING] == pytest.approx(1 / sum(pence))
    assert book(pence).chances[CHOICE] < 0.001
    assert book(vat_rounded).chances[CHOICE] > 0.1
    by_hand_ = 10 * 1 / (333_337 + 204_017 - 98_765 - 100_003)
    assert book(pence, 2).chances[CHOICE] == pytest.approx(book(pence).chances[RUN] + by_hand_)
    assert book([500, 500, 500]).chances[CHOICE] > 1


def test_the_month_that_a_text_names() -> None:
    assert named_month("KENT CC MARCH 2026", BOOKED) == 2026 * 12 + 3
    assert named_month("KENT CC FEB", BOOKED) == 2026 * 12 + 2
    assert named_month("KENT CC DEC", BOOKED) == 2025 * 12 + 12
    assert named_month("KENT CC DEC/24", BOOKED) == 2024 * 12 + 12
    assert named_month("KENT CC JAN FEB", BOOKED) == 0
    assert named_month("KENT CC MARCHMONT", BOOKED) == 0


FEBRUARY = [
    item("INV-371", "K21", "400.13", issue_date="2026-02-01"),
    item("INV-372", "K21", "500.29", issue_date="2026-02-20"),
    item("INV-373", "K21", "615.07", issue_date="2026-01-20"),
]


def told_of(text: str, amount: str, ledger: list[Row], rules: Rules | None = None) -> Told:
    return run(tables_of([line("L1", text, amount)], ledger, [KENT]), rules)


def test_a_single_set_is_a_suggestion_and_posts_if_the_text_names_its_month() -> None:
    unnamed = told_of("KENT CC", "900.42", FEBRUARY)
    assert unnamed.outcome("L1") == "suggested"
    assert unnamed.codes("L1") == ["EX-NOREM"]
    reason = unnamed.allocations["reasons"][0]
    assert "the only set that adds up" in reason
    assert "expected by chance" in reason
    named = told_of("KENT CC FEB", "900.42", FEBRUARY)
    assert named.outcome("L1") == "auto"
    assert sorted(named.paid("L1")) == ["INV-371", "INV-372"]
    assert "month named FEB 2026" in named.allocations["reasons"][0]
    assert told_of("KENT CC JAN", "900.42", FEBRUARY).outcome("L1") == "suggested"


def test_a_statement_in_the_text_supports_all_that_is_open_and_posts_it_only_if_a_rule_says_so() -> None:
    told = told_of("KENT CC STATEMENT", "1515.49", FEBRUARY)
    assert (told.outcome("L1"), told.codes("L1")) == ("suggested", ["EX-NOREM"])
    trusting = rules_of().references.model_copy(update={"statements_post": True})
    rules = rules_of().model_copy(update={"references": trusting})
    assert told_of("KENT CC STATEMENT", "1515.49", FEBRUARY, rules).outcome("L1") == "auto"
    assert "statement named" in told.allocations["reasons"][0]
    assert told_of("KENT CC STATEMENT", "900.42", FEBRUARY).outcome("L1") == "suggested"


def test_a_set_that_chance_explains_is_not_posted() -> None:
    rounded = [
        item("INV-371", "K21", "400.00", issue_date="2026-02-01"),
        item("INV-372", "K21", "500.00", issue_date="2026-02-20"),
        item("INV-373", "K21", "700.00", issue_date="2026-01-20"),
    ]
    told = told_of("KENT CC FEB", "900.00", rounded)
    assert told.outcome("L1") == "suggested"
    assert "not below 0.01" in told.allocations["reasons"][0]
    lenient = rules_of()
    lenient = lenient.model_copy(update={"limits": lenient.limits.model_copy(update={"chance_hits": 1.0})})
    assert told_of("KENT CC FEB", "900.00", rounded, lenient).outcome("L1") == "auto"


def test_support_can_be_switched_off() -> None:
    rules = rules_of()
    use = rules.evidence.combination_supported.model_copy(update={"propose": False})
    off = rules.model_copy(
        update={"evidence": rules.evidence.model_copy(update={"combination_supported": use})}
    )
    told = told_of("KENT CC FEB", "900.42", FEBRUARY, off)
    assert told.outcome("L1") == "suggested"
    assert told.allocations["rule"][0] == "combination"


def test_equal_items_are_interchangeable_and_the_reason_says_so() -> None:
    ledger = [
        item("INV-1", "K21", "500.29", due_date="2026-03-01"),
        item("INV-2", "K21", "500.29", due_date="2026-02-01"),
        item("INV-3", "K21", "300.11", due_date="2026-03-09"),
    ]
    told = told_of("KENT CC", "800.40", ledger)
    assert told.outcome("L1") == "suggested"
    assert sorted(told.paid("L1")) == ["INV-1", "INV-3"]  # a run by date beats the free choice with the older
    free = told_of("KENT CC", "800.40", [*ledger, item("INV-4", "K21", "77.03", due_date="2026-03-05")])
    assert sorted(free.paid("L1")) == ["INV-2", "INV-3"]
    assert "of equal items the oldest" in free.allocations["reasons"][0]
    assert free.codes("L1") == ["EX-ITEM", "EX-NOREM"]


def many(count: int) -> list[Row]:
    """Items of odd amounts, the first two in February, all others in January."""
    first = [item("INV-000", "K21", "400.13"), item("INV-001", "K21", "500.29")]
    return first + [
        item(f"INV-{n:03d}", "K21", f"{100_000 + n * n * 13}.{n % 100:02d}", issue_date="2026-01-20")
        for n in range(2, count)
    ]


def test_a_payer_with_many_open_items_is_proposed_for_and_not_posted() -> None:
    assert told_of("KENT CC FEB", "900.42", many(12)).outcome("L1") == "auto"
    told = told_of("KENT CC FEB", "900.42", many(60))
    assert told.outcome("L1") == "suggested"
    assert "EX-NOREM" in told.codes("L1")
    assert "60 items open, more than 40" in told.allocations["reasons"][0]


def test_of_a_payer_with_very_many_open_items_the_remittance_is_asked_for() -> None:
    rows = [line("L1", "KENT CC FEB", "900.42"), line("L2", "KENT CC", "1000.01")]
    told = run(tables_of(rows, many(120), [KENT]))
    assert told.outcome("L1") == "exception"
    assert "EX-NOREM" in told.codes("L1")
    assert [problem.code for problem in told.result.problems] == ["limit-reached"]
    assert "120 open items, more than items_per_search (100)" in told.result.problems[0].what


def test_what_later_receipts_have_left_is_not_all_that_was_open() -> None:
    """Run again the day after: the other items of the month were given to receipts that came later."""
    acme = {"customer_id": "K1", "name": "ACME CARE LTD"}
    month = {"issue_date": "2026-02-03"}
    items = [item("INV-11", "K1", "310.40", **month), item("INV-12", "K1", "507.15", **month)]
    gone = item("INV-13", "K1", "95.00", **month) | {"open_amount": "0.00"}
    lines = [line("L1", "ACME CARE LTD FEBRUARY FEES", "817.55", booking_date="2026-03-10")]
    tables = tables_of(lines, [*items, gone], [acme])
    outcomes = []
    for day in (9, 10, 12):
        paid = pl.DataFrame([("INV-13", "E-1", date(2026, 3, day))], schema=PAID.inner_schema, orient="row")
        outcomes.append(run(replace(tables, paid=paid)).outcome("L1"))
    assert outcomes == ["auto", "suggested", "suggested"]
