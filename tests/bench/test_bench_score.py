"""The scorer on results made by hand: a perfect engine, and engines with one fault each."""

from decimal import Decimal

import polars as pl
import pytest

from recon.bench.generate import Case, generate
from recon.bench.page import bar, page, worst
from recon.bench.payers import Flavour
from recon.bench.score import score

from bench_cases import Results, changed, perfect  # isort: skip


STRANGER = (
    pl.col("codes").str.contains("EX-UNID") & (pl.col("expected") == "exception") & (pl.col("also") == "")
)


@pytest.fixture(scope="module", params=("uk", "india"))
def case(request: pytest.FixtureRequest) -> Case:
    flavour: Flavour = request.param
    return generate(flavour, 400, seed=3)


@pytest.fixture
def right(case: Case) -> Results:
    return perfect(case)


def first(case: Case, condition: pl.Expr) -> str:
    line_id: str = case.truth.filter(condition)["line_id"][0]
    return line_id


def test_a_perfect_engine_gets_everything(case: Case, right: Results) -> None:
    scores = score(case, *right)
    assert scores.conserved
    assert scores.points == scores.lines == 400
    rates = (scores.line_precision, scores.pair_precision, scores.auto_rate, scores.clean_rate)
    assert (*rates, scores.answered, scores.code_accuracy) == (1.0,) * 6
    assert scores.traps == 0
    assert scores.cases["lines"].sum() == 400


def test_posting_a_trap_costs_ten_and_shows(case: Case, right: Results) -> None:
    line_id = first(case, STRANGER)
    scores = score(case, *changed(right, line_id, "auto"))
    assert scores.traps == 1
    assert scores.points == 400 - 1 - 10
    assert scores.line_precision < 1
    name = case.truth.filter(STRANGER)["case"][0]
    told = scores.cases.filter(pl.col("case") == name).row(0, named=True)
    assert told["traps"] == 1
    assert worst(scores)["line_id"][0] == line_id


def test_an_outcome_that_truth_also_allows_is_right(case: Case, right: Results) -> None:
    line_id = first(case, (pl.col("case") == "duplicate_payment") & (pl.col("expected") == "auto"))
    assert score(case, *changed(right, line_id, "suggested")).points == 400


def test_a_right_suggestion_where_auto_was_due_is_worth_less(case: Case, right: Results) -> None:
    line_id = first(case, pl.col("clean"))
    scores = score(case, *changed(right, line_id, "suggested"))
    assert scores.points == pytest.approx(400 - 0.3)
    assert scores.clean_auto == scores.clean - 1
    assert scores.answered == 1.0
    assert scores.auto_rate < 1


@pytest.mark.parametrize(("same_customer", "cost"), [(True, 6.0), (False, 11.0)])
def test_posting_another_item_costs_by_whose_it_is(same_customer: bool, cost: float) -> None:
    case = generate("uk", 400, seed=3)
    lines, allocations, exceptions = perfect(case)
    owners = dict(case.open_items.select("item_id", "customer_id").iter_rows())
    opened = dict(case.open_items.select("item_id", "open_amount").iter_rows())
    used = set(allocations["item_id"])
    for line_id in case.truth.filter("clean")["line_id"]:
        paid = allocations.filter(pl.col("line_id") == line_id).row(0, named=True)
        others = [
            item
            for item in opened
            if item not in used
            and (owners[item] == owners[paid["item_id"]]) == same_customer
            and Decimal(opened[item]) >= Decimal(paid["amount"])
        ]
        if others:
            break
    swapped = allocations.with_columns(
        pl.when(pl.col("line_id") == line_id).then(pl.lit(others[0])).otherwise("item_id").alias("item_id")
    )
    scores = score(case, lines, swapped, exceptions)
    assert scores.conserved
    assert scores.traps == 0
    assert scores.points == 400 - cost
    assert scores.auto_lines_right == scores.auto_lines - 1
    assert scores.auto_pairs_right == scores.auto_pairs - 1


def test_a_wrong_code_is_no_point(case: Case, right: Results) -> None:
    lines, allocations, exceptions = right
    line_id = first(case, STRANGER)
    mine = pl.col("line_id") == line_id
    wrong = pl.when(mine).then(pl.lit("EX-FX")).otherwise("code").alias("code")
    scores = score(case, lines.with_columns(wrong), allocations, exceptions.with_columns(wrong))
    assert scores.points == 399
    assert scores.codes_right == scores.codes_expected - 1


def test_lost_money_fails_the_run(case: Case, right: Results) -> None:
    lines, allocations, exceptions = right
    line_id = first(case, pl.col("clean"))
    scores = score(case, lines, allocations.filter(pl.col("line_id") != line_id), exceptions)
    assert not scores.conserved
    assert line_id in scores.broken
    assert scores.points == float("-inf")


def test_over_allocation_and_missing_or_doubled_lines_fail_the_run(case: Case, right: Results) -> None:
    lines, allocations, exceptions = right
    line_id = first(case, pl.col("clean"))
    mine = allocations.filter(pl.col("line_id") == line_id)
    more = mine.with_columns(pl.lit("0.00").alias("amount"), pl.lit("0.01").alias("deduction"))
    assert mine["item_id"][0] in score(case, lines, pl.concat([allocations, more]), exceptions).broken
    assert line_id in score(case, lines.filter(pl.col("line_id") != line_id), allocations, exceptions).broken
    assert line_id in score(case, pl.concat([lines, lines.head(400)]), allocations, exceptions).broken


def test_bars_are_full_only_when_all_is_right() -> None:
    assert bar(1.0, 10) == "\u2588" * 10
    assert bar(0.999, 10) == "\u2588" * 9 + "\u2591"
    assert bar(0.001, 10) == "\u2588" + "\u2591" * 9
    assert bar(0.0, 10) == "\u2591" * 10


def test_the_page_tells_runs_cases_and_failures(case: Case, right: Results) -> None:
    told = page([score(case, *right)])
    assert f"| figure | {case.flavour} |" in told
    assert "| lines | 400 |" in told
    assert "Precision target 99.90 %: reached." in told
    assert "Money: kept to the penny." in told
    assert "| clean_reference | auto |" in told
    lines, allocations, exceptions = right
    failed = page([score(case, lines.head(399), allocations, exceptions)])
    assert "### Broken sums" in failed
    assert "Money: broken in 1 places." in failed
