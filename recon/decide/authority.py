"""Whether somebody may decide that alone, or a second person has to decide the same (domain 6: C-02, C-03)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from recon.decide.choices import WRITE_OFF_TYPE, Asked
from recon.decide.known import Known, Line, Refusal, Row
from recon.model import Choice
from recon.rules.authority import Authority, Powers

_PROPOSED: Final = (Choice.ACCEPT, Choice.ACCEPT_ALTERNATIVE)
_RECORDED: Final = (
    Choice.PARK,
    Choice.QUERY,
    Choice.REJECT,
)  # settle nothing; `reject` of what is settled does
_WORDS: Final = {
    "accept": "what is proposed",
    "by_hand": "what is decided by hand",
    "write_off": "write-offs",
}


@dataclass(frozen=True)
class Leave:
    """What comes of the limits: `maker` decided it, `approver` too (empty: nobody had to); or why it waits."""

    maker: str
    approver: str = ""
    waits: str = ""


def leave(
    one: Asked,
    rows: Sequence[Row],
    line: Line,
    known: Known,
    authority: Authority,
    login: str,
    last: Mapping[str, Any] | None,
) -> Leave:
    """Whether a decision may be taken now.

    Args:
        one: what is decided.
        rows: what it would accept.
        line: the bank line.
        known: for amounts.
        authority: the limits.
        login: who applies it, which may be another than who decides.
        last: the line's last decision, if it waits for a second person.

    Raises:
        Refusal: a second person is needed, and this one may not approve so much.
    """
    wanted = _wanted(one, rows, line)
    # Who applies what another has typed stands for it, too: a name in a cell gives nobody more than their own.
    people = [who for who in dict.fromkeys((one.decided_by, login)) if who]
    over = [
        (kind, who, limit)
        for kind, minor in wanted.items()
        for who in people
        if _exceeds(minor, limit := getattr(_powers(authority, who), kind), line, known)
    ]
    if last is not None and _another(one, login, last):
        large = max(wanted.values(), default=0)
        for who in people:
            most = _powers(authority, who).approve
            if over and _exceeds(large, most, line, known):
                why = f"{who} may approve up to {most:,} {line.currency} only"
                raise Refusal(why, "somebody with a higher limit has to approve it")
        return Leave(str(last["decided_by"]), one.decided_by)
    if not over:
        return Leave(one.decided_by)
    if last is not None:
        maker = str(last["decided_by"])
        return Leave(maker, waits=f"{maker} decided it; somebody else has to, in their own name and login")
    kind, who, most = over[0]
    return Leave(one.decided_by, waits=f"above {who}'s limit of {most:,} {line.currency} for {_WORDS[kind]}")


def _wanted(one: Asked, rows: Sequence[Row], line: Line) -> dict[str, int]:
    """Which powers a decision needs, and up to how much."""
    decision = Choice(one.decision)
    # A small line may hold two large items of either sign.
    large = max([abs(line.amount), *(abs(row.amount) + abs(row.deduction) for row in rows)])
    if one.legs:
        return {"by_hand": large}
    if decision in _RECORDED:
        return {}
    if decision in _PROPOSED:
        return {"accept": large}
    if decision == Choice.WRITE_OFF:
        given_up = sum(abs(row.deduction) for row in rows if row.deduction_type == WRITE_OFF_TYPE)
        return {"accept": large, "write_off": given_up}
    return {"by_hand": large}


def _powers(authority: Authority, who: str) -> Powers:
    named = {name.casefold().strip(): powers for name, powers in authority.people.items()}
    return named.get(who.casefold().strip(), authority.default)


def _exceeds(minor: int, limit: Decimal | None, line: Line, known: Known) -> bool:
    return limit is not None and Decimal(known.text(minor, line.currency)) > limit


def _another(one: Asked, login: str, last: Mapping[str, Any]) -> bool:
    """Whether this is somebody else than who decided it first: neither the name nor the login may be the same."""
    before = _names(str(last["decided_by"]), str(last["login"]))
    return before.isdisjoint(_names(one.decided_by, login))


def _names(*texts: str) -> set[str]:
    """The people that texts name; two who decided together stand in one."""
    return {name.strip().casefold() for text in texts for name in text.split(", ")} - {""}
