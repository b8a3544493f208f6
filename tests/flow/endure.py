"""Whether anything is lost: `python tests/flow/endure.py --kills 200 --seed 7`, `... --reviewers 50 [--store URL]`.

--kills: the story of three months (story_months) with that many kills. Before each step its command is started and
killed, up to EACH times, at an operation drawn by the seed; then it is run, and the story goes on. What it comes to
must be what it comes to undisturbed.
--reviewers: two processes apply to one store at once, that often (story_reviewers).

docs/endurance.md holds what came of it.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from flow_cases import Ran  # noqa: E402 - as pytest does, without pytest
from killed import counted  # noqa: E402
from story_checks import check, end_state  # noqa: E402
from story_months import STORY, Place, Step, in_process  # noqa: E402
from story_reviewers import at_once  # noqa: E402

EACH = 3  # kills of one step, one after another
KILLED = -9


@dataclass
class Undisturbed:
    """The story as nobody kills it: how many operations each step takes, and what it comes to."""

    operations: dict[str, int] = field(default_factory=dict)
    end: dict[str, object] = field(default_factory=dict)

    def runner(self, place: Place, step: Step) -> Ran:
        with counted() as operations:
            ran = in_process(place, step)
        self.operations[step.name] = operations.count
        return ran


@dataclass(frozen=True)
class Kill:
    step: str
    at: int


def drawn(operations: dict[str, int], kills: int, seed: int) -> list[list[Kill]]:
    """Kills for one story after another, each step in at most EACH of one story."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    names = [step.name for step in STORY] * EACH
    stories: list[list[Kill]] = []
    left = kills
    while left > 0:
        some = dice.sample(names, min(left, len(names)))
        stories.append([Kill(name, dice.randint(1, operations[name])) for name in some])
        left -= len(some)
    return stories


def killed_story(root: Path, kills: Sequence[Kill]) -> tuple[dict[str, object], int]:
    """The story with these kills: what it comes to, and how many of the kills were reached."""
    place, reached = Place(root), 0
    for step in STORY:
        step.before(place)
        for kill in (one for one in kills if one.step == step.name):
            typed = [*map(str, step.command(place))]
            command = [sys.executable, str(HERE / "killed.py"), str(kill.at), *typed]
            login = {"LOGNAME": typed[typed.index("--who") + 1]} if "--who" in typed else {}
            ended = subprocess.run(  # noqa: S603 - our own
                command, capture_output=True, check=False, env={**os.environ, **login}
            )
            assert ended.returncode in (KILLED, step.code), f"{kill}: {ended.stderr.decode()}"
            reached += ended.returncode == KILLED
        ran = in_process(place, step)
        assert ran.code == step.code, f"{step.name}, after {kills}: {ran}"
        step.after(place)
        check(place)
    return end_state(place), reached


def differences(one: dict[str, object], other: dict[str, object]) -> list[str]:
    """What is only in one of two ends."""
    found = []
    for name, here in one.items():
        there = other[name]
        if here == there:
            continue
        if isinstance(here, list) and isinstance(there, list):
            only = [row for row in here if row not in there], [row for row in there if row not in here]
            found.append(f"{name}: {only[0]}\n    {only[1]}")
        else:
            found.append(f"{name}: {here}\n    {there}")
    return found


def _kills(count: int, seed: int, scratch: Path) -> None:
    from story_months import play  # noqa: PLC0415 - with the others it would be unused by the tests

    undisturbed = Undisturbed()
    place = Place(scratch / "undisturbed")
    place.root.mkdir()
    play(place, undisturbed.runner)
    undisturbed.end = end_state(place)
    _say(f"{len(STORY)} steps, {sum(undisturbed.operations.values()):,} operations; seed {seed}")
    done = 0
    for nth, kills in enumerate(drawn(undisturbed.operations, count, seed)):
        root = scratch / f"story_{nth}"
        root.mkdir()
        started = time.perf_counter()
        end, reached = killed_story(root, kills)
        other = differences(undisturbed.end, end)
        assert not other, f"story {nth} came to something else: {other}"
        done += reached
        seconds = time.perf_counter() - started
        _say(f"story {nth}: {reached} of {len(kills)} killed, the same in the end, {seconds:.0f} s")
    _say(f"{done} kills, nothing lost")


def main(arguments: Sequence[str]) -> None:
    """Kill, or let two reviewers at it; print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--reviewers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--store", default="", help="of the reviewers; default: a file")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        if given.reviewers:
            _say(str(at_once(Path(scratch), given.store, given.reviewers, given.seed)))
        else:
            _kills(given.kills or 200, given.seed, Path(scratch))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
