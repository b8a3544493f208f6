"""Memory: what only one step needs is not held through the steps behind it."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
from flow_cases import BANK, ITEMS, Desk

from recon import match
from recon.match.assign.choose import choose
from recon.match.frames import Ready


def test_the_keys_that_lines_are_found_by_are_let_go_before_sets_are_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They and their indexes take as much as all that is left; whoever calls the engine must not hold them either."""
    desk = Desk(tmp_path)
    desk.put("bank.csv", BANK)
    desk.put("items.csv", ITEMS)
    seen: list[set[str]] = []

    earlier = [one for one in gc.get_objects() if isinstance(one, Ready)]  # what other tests hold

    def looked(*given: Any) -> Any:
        gc.collect()
        every = [one for one in gc.get_objects() if isinstance(one, Ready)]
        held = [one for one in every if not any(one is other for other in earlier)]
        seen.append({kind for one in held for kind in one.keys["kind"].unique()})
        return choose(*given)

    monkeypatch.setattr(match, "choose", looked)
    assert desk.run().code == 0
    assert seen == [{"full"}]
