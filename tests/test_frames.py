"""Tables in memory: pandas and polars frames in, the same kind out, checked like files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import polars as pl
import pytest

import recon
from recon.problems import ReconError

BANK = pd.DataFrame(
    {
        "line_id": ["L1", "L2"],
        "booking_date": [date(2026, 3, 3), date(2026, 3, 4)],
        "amount": [Decimal("4200.00"), Decimal("0.10")],
        "currency": ["GBP", "GBP"],
        "narrative": ["KENT CC INV-1042", "=1+1"],
    }
)
ITEMS = pd.DataFrame(
    {"item_id": ["INV-1042"], "customer_id": ["K21"], "open_amount": [4200.0], "currency": ["GBP"]}
)


def test_pandas_frames_give_pandas_frames() -> None:
    told = recon.match_frames(BANK, ITEMS)
    assert isinstance(told.lines, pd.DataFrame)
    outcomes = dict(zip(told.lines["line_id"], told.lines["outcome"], strict=True))
    assert outcomes == {"L1": "auto", "L2": "exception"}
    assert told.allocations[["item_id", "amount"]].to_numpy().tolist() == [["INV-1042", "4200.00"]]


def test_polars_frames_give_polars_frames() -> None:
    told = recon.match_frames(pl.from_pandas(BANK), ITEMS)
    assert isinstance(told.lines, pl.DataFrame)
    assert told.lines["line_id"].to_list() == ["L1", "L2"]


def test_a_successor_pays_what_is_open_on_the_old_number() -> None:
    customers = pd.DataFrame({"customer_id": ["K21", "K70"], "name": ["Old Council", "Kent CC"]})
    became = pd.DataFrame(
        {"customer_id": ["K21"], "successor_id": ["K70"], "effective": [date(2026, 3, 1)], "kind": ["rename"]}
    )
    told = recon.match_frames(BANK, ITEMS, customers=customers, successions=became)
    outcomes = dict(zip(told.lines["line_id"], told.lines["outcome"], strict=True))
    assert outcomes == {"L1": "auto", "L2": "exception"}
    assert recon.match_frames(BANK, ITEMS, customers=customers).lines["outcome"][0] == "suggested"


def test_a_float_with_noise_in_it_is_a_problem_and_no_rounding() -> None:
    noisy = BANK.assign(amount=[0.1 + 0.2, 4200.0])
    told = recon.match_frames(noisy, ITEMS)
    assert [problem.code for problem in told.problems] == ["value-scale"]
    assert list(told.lines["line_id"]) == ["L2"]


def test_a_frame_without_a_needed_column_says_which() -> None:
    with pytest.raises(ReconError, match="amount"):
        recon.match_frames(BANK.drop(columns="amount"), ITEMS)
    assert BANK["amount"].tolist() == [Decimal("4200.00"), Decimal("0.10")]
