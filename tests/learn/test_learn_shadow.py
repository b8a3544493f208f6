"""How right a change would have been: each kind of it, against what a person decided and what stands now."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon.learn import shadow
from recon.model import SHADOW

LIVE, OTHER = "INV-1 100.00", "INV-9 100.00"


def rows(change: str, live: str = LIVE, tried: str = LIVE) -> pl.DataFrame:
    """L1 as a change has it, tried beside run 3."""
    row = dict.fromkeys(SHADOW.names, "") | {
        "line_id": "L1",
        "amount": "100.00",
        "currency": "GBP",
        "change": change,
        "settles_live": live,
        "settles_shadow": tried,
        "row_hash_live": "h",
    }
    return pl.DataFrame([row]).with_columns(run_seq=pl.lit(3, dtype=pl.Int64))


def said(decision: str, *, at: int = 3, settles: int = 1, saw: str = "h") -> pl.DataFrame:
    row: dict[str, Any] = {
        "line_id": "L1",
        "run_seq": at,
        "decision": decision,
        "row_hash": saw,
        "settles": settles,
    }
    texts = dict.fromkeys(("line_id", "decision", "row_hash"), pl.String())
    schema = texts | dict.fromkeys(("run_seq", "settles"), pl.Int64())
    return pl.DataFrame([row] if decision else [], schema=schema)


def standing(settles: str) -> pl.DataFrame:
    made = [("L1", settles)] if settles else []
    return pl.DataFrame(made, schema={"line_id": pl.String, "settled": pl.String}, orient="row")


@pytest.mark.parametrize(
    ("change", "tried", "by", "now", "verdict"),
    [
        (shadow.NEWLY, LIVE, said(""), "", "undecided"),
        (shadow.NEWLY, LIVE, said("accept"), LIVE, "right"),
        (shadow.NEWLY, LIVE, said("allocate"), OTHER, "wrong"),
        (shadow.NEWLY, LIVE, said("accept", at=2), LIVE, "undecided"),  # decided before it was tried
        (shadow.NEWLY, LIVE, said("park", settles=0), "", "undecided"),
        (shadow.NEWLY, LIVE, said("reject", settles=0), "", "wrong"),  # of the very proposal
        (shadow.NEWLY, OTHER, said("reject", settles=0), "", "undecided"),  # of another one
        (shadow.NEWLY, LIVE, said("reject", settles=0, saw="x"), "", "undecided"),
        (shadow.NEWLY, LIVE, said("not receivable"), "", "wrong"),  # it settles the line, and no item
        (shadow.PROPOSED, OTHER, said("allocate"), OTHER, "right"),
        (shadow.PROPOSED, OTHER, said("accept"), LIVE, "wrong"),
        (shadow.OTHERWISE, OTHER, said(""), LIVE, "undecided"),  # posted by a rule, and nobody looked
        (shadow.OTHERWISE, OTHER, said("allocate"), OTHER, "right"),
        (shadow.NO_LONGER, OTHER, said(""), LIVE, "undecided"),
        (shadow.NO_LONGER, LIVE, said("reject", settles=0), "", "right"),  # taken back
        (shadow.NO_LONGER, LIVE, said("allocate"), OTHER, "right"),  # moved
        (shadow.NO_LONGER, LIVE, said("accept"), LIVE, "wrong"),  # taken back, and accepted after all
    ],
)
def test_what_a_decision_says_of_a_change(
    change: str, tried: str, by: pl.DataFrame, now: str, verdict: str
) -> None:
    made = shadow.verdicts(rows(change, tried=tried), by, standing(now))
    assert made["verdict"].to_list() == [verdict]
    assert (made["decision"][0] == "") == (by.is_empty() or by["run_seq"][0] < 3)


def test_only_what_is_decided_counts_for_the_share() -> None:
    judged = pl.DataFrame(
        {
            "change": [*[shadow.NO_LONGER] * 2, *[shadow.NEWLY] * 101],
            "verdict": ["undecided"] * 2 + ["right"] * 99 + ["wrong"] + ["undecided"],
        }
    )
    newly, no_longer = shadow.tally(judged).to_dicts()
    assert (newly["lines"], newly["right"], newly["wrong"], newly["undecided"]) == (101, 99, 1, 1)
    assert newly["precision"] == 0.99
    assert newly["lower"] == pytest.approx(0.9455, abs=0.0005)
    assert (no_longer["precision"], no_longer["lower"]) == (None, None)


@settings(deadline=None, max_examples=60)
@given(was=st.booleans(), now=st.booleans(), other=st.booleans())
def test_every_line_that_differs_is_of_one_kind(was: bool, now: bool, other: bool) -> None:
    kind = pl.select(shadow.changed(pl.lit(was), pl.lit(now), pl.lit(other))).item()
    assert (kind is None) == (was and now and not other)
    assert kind in {None, *shadow.CHANGES}
