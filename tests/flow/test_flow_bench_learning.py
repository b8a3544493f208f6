"""What a month of decisions is worth on generated ledgers: the next month posts more, and nothing more wrongly."""

from __future__ import annotations

from datetime import date

import pytest

from recon.bench.generate import generate
from recon.flow import bench_learning
from recon.flow.bench_learning import EVERYTHING, LEARNED, NOTHING, Month


@pytest.fixture(scope="module")
def month() -> Month:
    [made] = bench_learning.run(600, (3,), flavours=("india",))
    return made


def test_the_next_month_posts_more_and_nothing_more_wrongly(month: Month) -> None:
    before, after, best = (month.scores[name] for name in (NOTHING, LEARNED, EVERYTHING))
    assert month.decided > 100
    assert month.learned["tax"] > 5
    assert before.auto_rate + 0.02 < after.auto_rate < best.auto_rate
    assert after.line_precision >= before.line_precision
    assert after.auto_lines - after.auto_lines_right <= before.auto_lines - before.auto_lines_right
    assert after.conserved


def test_the_page_says_the_same(month: Month) -> None:
    [figures] = bench_learning.figures([month])
    told = bench_learning.page([month])
    for name, found in figures["second_month"].items():
        row = f"| {name} | {found['auto']:,} | {found['auto_right']:,} | {found['auto_rate']:.1%} |"
        assert row in told


def test_months_of_a_seed_have_the_same_payers_and_other_lines() -> None:
    first, second = (generate("uk", 100, 5, date(2026, number + 1, 28), month=number) for number in (1, 2))
    assert first.customers["customer_id"].equals(second.customers["customer_id"])
    same = first.customers.join(second.customers, on=["customer_id", "name", "aliases", "accounts"])
    assert (
        same.height > 0.9 * first.customers.height
    )  # a case may rename a payer that has no items of its own
    assert not first.open_items["amount"].equals(second.open_items["amount"])
