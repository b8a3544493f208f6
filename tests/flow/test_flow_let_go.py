"""Memory: what only one step needs is not held through the steps behind it."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
from flow_cases import BANK, ITEMS, Desk

from recon import match
from recon.match.assign.choose import choose
from recon.match.explain.tell import ITEMS_TOLD, tell
from recon.match.frames import Ready


def test_each_step_holds_of_the_ledger_no_more_than_it_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that lines are found by, before sets are chosen; columns of items that are not told, before lines are.

    They and their indexes take as much as all that is left; whoever calls the engine must not hold them either.
    """
    desk = Desk(tmp_path)
    desk.put("bank.csv", BANK)
    desk.put("items.csv", ITEMS)
    keys: list[set[str]] = []
    columns: list[set[str]] = []

    earlier = [one for one in gc.get_objects() if isinstance(one, Ready)]  # what other tests hold

    def held() -> list[Ready]:
        gc.collect()
        every = [one for one in gc.get_objects() if isinstance(one, Ready)]
        return [one for one in every if not any(one is other for other in earlier)]

    def chosen(*given: Any) -> Any:
        keys.append({kind for one in held() for kind in one.keys["kind"].unique()})
        return choose(*given)

    def told(*given: Any) -> Any:
        columns.append({name for one in held() for name in one.items.columns})
        return tell(*given)

    monkeypatch.setattr(match, "choose", chosen)
    monkeypatch.setattr(match, "tell", told)
    assert desk.run().code == 0
    assert keys == [set()]  # those of the numbers in advices stay, and here is none
    assert columns == [set(ITEMS_TOLD)]
