"""A desk for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_cases import BANK, ITEMS, Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder with `bank.csv` and `items.csv`; it is the current folder."""
    monkeypatch.chdir(tmp_path)
    made = Desk(tmp_path)
    made.put("bank.csv", BANK)
    made.put("items.csv", ITEMS)
    return made
