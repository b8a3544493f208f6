"""What a person says to suggestions: accepted, refused or withdrawn, or why that can't be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from recon.learn.kinds import (
    ACCEPT,
    CONFIRM,
    CONTRADICTED,
    EVENT_OF,
    HELD,
    READY,
    REFUSE,
    REJECTED,
    STANDING,
)
from recon.model import LEARNED
from recon.problems import Problem

ASKED: Final = (
    "id",
    "answer",
    "note",
    "who",
    "where",
)  # of each answer; `valid_from` and `valid_to` may be there
_DECIDES: Final = frozenset(EVENT_OF)
RULE: Final = "rule"  # who holds what decisions contradict


@dataclass(frozen=True)
class Answered:
    """What follows from answers: events to keep (model.LEARNED), what to say of each id, and what was refused."""

    events: pl.DataFrame
    results: Mapping[str, str]
    problems: tuple[Problem, ...]

    @property
    def taken(self) -> int:
        """Answers that were taken."""
        return self.events.height


def nothing() -> Answered:
    """No answer at all."""
    return Answered(LEARNED.empty_outside(), {}, ())


class _No(Exception):  # noqa: N818 - it is an answer to a person, not an error
    """Why an answer can't be taken."""

    def __init__(self, why: str, hint: str) -> None:
        self.why, self.hint = why, hint
        super().__init__(why)


def answered(asked: pl.DataFrame, suggested: pl.DataFrame, at: str, *, second_person: bool) -> Answered:
    """Answers, each taken or refused with its reason. An answer that holds already adds nothing.

    Args:
        asked: id, answer, note, who, where; valid_from and valid_to, if the person says them.
        suggested: what there is, as `suggest.SUGGESTED`.
        at: ISO moment with offset.
        second_person: the rules want another person than who took part in every decision that taught it; a name or
            a login is the same in small letters and capitals.
    """
    there = {row["id"]: row for row in suggested.iter_rows(named=True)}
    events: list[dict[str, Any]] = []
    results: dict[str, str] = {}
    problems: list[Problem] = []
    for row in asked.iter_rows(named=True):
        try:
            thing = _checked(row, there.get(row["id"]), second_person=second_person)
        except _No as no:
            results[row["id"]] = f"refused: {no.why}"
            problems.append(Problem("learning-refused", row["where"], f"{row['id']}: {no.why}", no.hint))
            continue
        event = EVENT_OF[row["answer"]]
        results[row["id"]] = event
        if thing["state"] != event:
            events.append(_event(row, thing, event, at))
    return Answered(pl.DataFrame(events, schema=LEARNED.outer_schema, orient="row"), results, tuple(problems))


def _checked(
    row: Mapping[str, Any], thing: Mapping[str, Any] | None, *, second_person: bool
) -> dict[str, Any]:
    """What the answer is about, if it can be taken.

    Raises:
        _No: it can't.
    """
    if thing is None:
        raise _No("there is no such suggestion any more", "press Refresh, or run recon learn list")
    if row["answer"] not in _DECIDES:
        raise _No("there is no such answer", "choose one from the list")
    if EVENT_OF[row["answer"]] == thing["state"]:
        return dict(thing)
    if row["answer"] not in thing["answers"]:
        raise _No(*_why_not(row, thing))
    parties = {one.casefold() for one in thing["parties"] or []}
    own = not parties.isdisjoint(row["who"].casefold().split(", "))
    if row["answer"] == CONFIRM and thing["fresh"]:
        what = f"more contradicts it since it was held ({thing['against'] or _MANY})"
        raise _No(what, "look at it again, then confirm it")
    if second_person and row["answer"] in {ACCEPT, CONFIRM} and thing["state"] != REJECTED and own:
        what = "all decisions behind it are your own, and the rules want a second person (learning.second_person)"
        raise _No(what, "let somebody else accept it")
    first, last = row.get("valid_from"), row.get("valid_to")
    if first and last and first > last:
        raise _No("it would end before it begins", "give a later last day")
    return dict(thing)


def _why_not(row: Mapping[str, Any], thing: Mapping[str, Any]) -> tuple[str, str]:
    if row["answer"] == CONFIRM and thing["state"] in STANDING:
        return "nothing holds it, so it needs no confirming", "leave it, or withdraw it"
    if thing["state"] == HELD and row["answer"] == REFUSE:
        return "it was accepted before, and is held", "confirm or withdraw it"
    if thing["state"] == CONTRADICTED or thing["against"]:
        return f"something contradicts it ({thing['against']})", "correct the decisions, or refuse it"
    if thing["state"] == READY:
        return "it was never accepted, so it can't be withdrawn", "accept or refuse it"
    return f"it is {thing['state']}", "choose one from the list"


_MANY: Final = "many customers have had it"


def holding(suggested: pl.DataFrame, at: str) -> pl.DataFrame:
    """Events that hold what was accepted and something contradicts that was not there then, as model.LEARNED.

    What is held already is noted anew where more contradicts it, so that whoever confirms it has seen that, too.

    Args:
        suggested: what there is, as `suggest.SUGGESTED`.
        at: ISO moment with offset.
    """
    found = suggested.filter(pl.col("state").is_in([*STANDING, HELD]) & (pl.col("fresh").list.len() > 0))
    events = [
        _event({"answer": HELD, "note": thing["against"] or _MANY, "who": RULE}, thing, HELD, at)
        for thing in found.iter_rows(named=True)
    ]
    return pl.DataFrame(events, schema=LEARNED.outer_schema, orient="row")


def _event(row: Mapping[str, Any], thing: Mapping[str, Any], event: str, at: str) -> dict[str, Any]:
    stays = event in {HELD, EVENT_OF[CONFIRM]}  # it is valid on the days that were said when it was accepted
    first: date | None = row.get("valid_from") or (
        thing["valid_from"] if stays else thing["first"] if row["answer"] == ACCEPT else None
    )
    return {
        "kind": thing["kind"],
        "subject": thing["subject"],
        "meaning": thing["meaning"],
        "event": event,
        "valid_from": first,
        "valid_to": row.get("valid_to") or (thing["valid_to"] if stays else None),
        "evidence": json.dumps(dict(_evidence(thing)), ensure_ascii=False, sort_keys=True),
        "note": row["note"],
        "who": row["who"],
        "at": at,
    }


def _evidence(thing: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What spoke for it: counts, days, people and examples, or the decisions of a rejected pair."""
    for name in ("lines", "days", "people", "examples"):
        yield name, thing[name]
    for name in ("first", "last"):
        yield name, thing[name].isoformat() if thing[name] else ""
    if thing["decisions"]:
        yield "decisions", thing["decisions"]
    if thing["contrary"]:
        yield "contrary", thing["contrary"]
