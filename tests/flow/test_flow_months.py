"""Three months with two reviewers: undisturbed, killed, and both at once; ledger, store and workbook agree."""

from __future__ import annotations

from pathlib import Path

import pytest
from endure import EACH, Undisturbed, differences, drawn, killed_story
from story_checks import end_state
from story_months import HELD_AT_THE_END, OPEN_AT_THE_END, STORY, Place, in_process, play
from story_reviewers import at_once

pytestmark = pytest.mark.slow
SEED = 7


def is_right(place: Place) -> None:
    """What the story was written to come to."""
    ledger = place.ledger
    left = {name: ledger.open(name) for name in ledger.documents}
    assert {name: amount for name, amount in left.items() if amount} == OPEN_AT_THE_END
    assert sorted(ledger.held().values()) == HELD_AT_THE_END
    raised = sum(one.amount for one in ledger.documents.values())
    assert ledger.balance("1100") + ledger.balance("2190") == -(raised - sum(left.values())) - sum(
        HELD_AT_THE_END
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The story in a file of SQLite."""
    made, place = Undisturbed(), Place(tmp_path_factory.mktemp("undisturbed"))
    play(place, made.runner)
    is_right(place)
    made.end = end_state(place)
    return made


@pytest.mark.xdist_group("months")  # one process plays the story undisturbed, for both
@pytest.mark.parametrize("address", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_three_months_in_postgresql_come_to_the_same(
    undisturbed: Undisturbed, address: str, tmp_path: Path
) -> None:
    place = Place(tmp_path, address)
    play(place, in_process)
    assert differences(undisturbed.end, end_state(place)) == []


@pytest.mark.xdist_group("months")
def test_three_months_agree_after_every_step_and_killed_at_ten_points_they_come_to_the_same(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    assert set(undisturbed.operations) == {step.name for step in STORY}
    assert len(undisturbed.end["batches"]) == 8  # type: ignore[arg-type]  # a list of them
    every = drawn(undisturbed.operations, 200, SEED)
    assert every == drawn(undisturbed.operations, 200, SEED)
    of_step = (len([one for one in story if one.step == step.name]) for story in every for step in STORY)
    assert (sum(map(len, every)), max(of_step) <= EACH) == (200, True)

    [kills] = drawn(undisturbed.operations, 10, SEED)
    end, reached = killed_story(tmp_path, kills)
    assert reached > len(kills) // 2  # a step that was killed after its commit has less to do the second time
    assert differences(undisturbed.end, end) == []


def test_two_reviewers_at_once_lose_nothing(address: str, tmp_path: Path) -> None:
    endured = at_once(tmp_path, address, 10, SEED)
    assert endured.typed == endured.accepted + endured.refused == 60
    assert min(endured.accepted, endured.refused) > 0
