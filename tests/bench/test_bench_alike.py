"""Two equal items: either is right, for recon's results and for peers' pairs, and each is paid once."""

from collections.abc import Sequence
from decimal import Decimal

import polars as pl
import pytest

from recon.bench import alike, pairs
from recon.bench.generate import Case, generate
from recon.bench.score import score

from bench_cases import perfect  # isort: skip

EITHER = ("payer_amount_ambiguous", "twin_credits")


@pytest.fixture(scope="module")
def case() -> Case:
    return generate("uk", 1000, seed=4)


def swaps(case: Case, *names: str) -> dict[tuple[str, str], str]:
    """(line_id, item_id) -> the item that is as good, of the lines of these cases."""
    found = case.truth_allocations.filter(pl.col("alike") != "").join(
        case.truth.filter(pl.col("case").is_in(names)), on="line_id"
    )
    assert found.height > 0
    return {
        (line_id, item_id): other
        for line_id, item_id, other in found.select("line_id", "item_id", "alike").iter_rows()
    }


def swapped(frame: pl.DataFrame, others: dict[tuple[str, str], str]) -> pl.DataFrame:
    keys = frame.select("line_id", "item_id").rows()
    return frame.with_columns(item_id=pl.Series([others.get(key, key[1]) for key in keys], dtype=pl.String))


def test_only_items_of_one_customer_and_amount_are_alike(case: Case) -> None:
    items = {row["item_id"]: row for row in case.open_items.to_dicts()}
    found = swaps(case, *EITHER)
    assert len(found) == case.truth_allocations.filter(pl.col("alike") != "").height
    for (_line, item_id), other in found.items():
        assert other != item_id
        for name in ("customer_id", "open_amount", "currency", "entity"):
            assert items[item_id][name] == items[other][name]


def test_twins_are_alike_crosswise(case: Case) -> None:
    found = {item: other for (_line, item), other in swaps(case, "twin_credits").items()}
    assert all(found[other] == item for item, other in found.items())


def test_the_other_one_is_as_right_for_results(case: Case) -> None:
    lines, allocations, exceptions = perfect(case)
    other = swapped(allocations, swaps(case, *EITHER))
    assert not other.equals(allocations)
    scores = score(case, lines, other, exceptions)
    assert scores.conserved
    told = scores.cases.filter(pl.col("case").is_in(EITHER))
    assert told["proposal_right"].to_list() == told["lines"].to_list()
    assert scores.verdicts.equals(score(case, lines, allocations, exceptions).verdicts)


def test_a_third_item_is_wrong_still(case: Case) -> None:
    lines, allocations, exceptions = perfect(case)
    line_id, item_id = next(iter(swaps(case, *EITHER)))
    used = set(allocations["item_id"])
    amount = Decimal(allocations.filter(pl.col("item_id") == item_id)["amount"][0])
    rows = case.open_items.filter(~pl.col("item_id").is_in(used)).select(
        "item_id", "open_amount", "customer_id"
    )
    twins = {item for pair in swaps(case, *EITHER).items() for item in (pair[0][1], pair[1])}
    third = next(one for one, opened, _ in rows.iter_rows() if one not in twins and Decimal(opened) >= amount)
    made = score(case, lines, swapped(allocations, {(line_id, item_id): third}), exceptions).verdicts
    assert made.filter(pl.col("line_id") == line_id)["proposal_right"].to_list() == [False]


def test_the_other_one_is_as_right_for_pairs(case: Case) -> None:
    true = pairs.true_pairs([case]).select(*pairs.KEY, score=pl.lit(1.0))
    made = pairs.measure("other", swapped(true, swaps(case, *EITHER)), [case])
    assert (made.precision, made.recall) == (1.0, 1.0)


TRUE = [("L1", "V1", "V2"), ("L2", "V2", "V1"), ("L3", "V3", "")]


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ([("L1", "V1", 0.9), ("L2", "V2", 0.9)], ["V1", "V2"]),
        ([("L1", "V2", 0.9), ("L2", "V1", 0.9)], ["V1", "V2"]),
        ([("L1", "V1", 0.9), ("L2", "V1", 0.8)], ["V1", None]),  # an item is paid once
        ([("L1", "V1", 0.8), ("L2", "V1", 0.9)], [None, "V2"]),
        (
            [("L1", "V1", 0.9), ("L1", "V2", 0.9), ("L2", "V1", 0.9), ("L2", "V2", 0.9)],
            ["V1", None, None, "V2"],
        ),
        ([("L1", "V1", 0.5), ("L1", "V2", 0.9)], [None, "V1"]),  # a line pays one of them
        ([("L1", "V3", 0.9), ("L3", "V3", 0.5), ("L3", "V1", 0.9)], [None, "V3", None]),
    ],
)
def test_pairs_count_for_what_truth_names(
    given: Sequence[tuple[str, str, float]], counts: list[str | None]
) -> None:
    true = pl.DataFrame(TRUE, schema=["line_id", "item_id", "alike"], orient="row")
    frame = pl.DataFrame(given, schema=["line_id", "item_id", "score"], orient="row")
    flavour = pl.lit("uk").alias("flavour")
    made = alike.counted(frame.select(flavour, pl.all()), true.select(flavour, pl.all()))
    assert made["item_id"].to_list() == [item_id for _line, item_id, _score in given]
    assert made["counts"].to_list() == counts
