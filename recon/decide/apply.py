"""The reviewer's decisions, applied: each is accepted as a whole or refused with its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from recon.decide import again
from recon.decide.authority import Leave, leave
from recon.decide.choices import WRITE_OFF_TYPE, Asked, close, take
from recon.decide.known import Known, Line, Refusal, Row, known_of
from recon.model import ACCEPTED, DECIDED, WAITS, Choice, View
from recon.problems import Problem
from recon.rules.authority import Authority

# Decisions after which a line is settled, and a run does not propose it again.
SETTLING = frozenset(
    [
        Choice.ACCEPT,
        Choice.ACCEPT_ALTERNATIVE,
        Choice.ALLOCATE,
        Choice.ON_ACCOUNT,
        Choice.NOT_RECEIVABLE,
        Choice.WRITE_OFF,
    ]
)


@dataclass(frozen=True)
class Decided:
    """What follows from decisions.

    accepted: model.ACCEPTED, outer form; decided: model.DECIDED, what is to be kept (not what is kept already);
    results: one row for each row decided: where, line_id, result (accepted, waits, refused), text for the sheet;
    problems: decision-refused, for each decision that was refused.
    """

    accepted: pl.DataFrame
    decided: pl.DataFrame
    results: pl.DataFrame
    problems: tuple[Problem, ...]


def decide(
    decisions: pl.DataFrame, view: View, authority: Authority | None = None, login: str = ""
) -> Decided:
    """Apply decisions to what the store knows.

    Rows of one line are one decision; rows without a choice say nothing. Where two decisions want the same money,
    the line that was booked first gets it, whatever the order of the rows. A decision that is kept already is not
    kept again, so that applying twice changes nothing. One above the person's limit waits until a second person
    decides the same.

    Args:
        decisions: model.DECISIONS in outer form, as read from the sheets.
        view: what the store knows now.
        authority: the limits; none where it is not said.
        login: who applies them.
    """
    asked = _asked(decisions)
    known = known_of(view, asked, {name for one in asked.values() for name, _ in one.rows})
    history = _history(view.decided, asked)
    accepted: list[dict[str, Any]] = []
    decided: list[dict[str, Any]] = []
    results: list[tuple[str, str, str, str]] = []
    problems: list[Problem] = []
    limits, settled_lines = authority or Authority(), view.settled_lines

    for line_id in sorted(asked, key=lambda one: (_booked(known, one), one)):
        one, past, settled = asked[line_id], history.get(line_id, []), line_id in settled_lines
        details = one.details()
        if _is_kept(past, one, details, settled):
            results += [(place, line_id, "accepted", "recorded already") for place in one.places]
            continue
        taken = [row for row in past if row["result"] != "refused"]
        waiting = taken[-1] if taken and _waits_for(taken[-1], one, details) else None
        line = known.lines.get(line_id)
        verdict = _verdict(one, line, known, settled=settled, limits=limits, login=login, last=waiting)
        results += [(place, line_id, verdict.result, verdict.text) for place in one.places]
        if verdict.refusal:
            what, hint = f"line {line_id}: {verdict.why}", verdict.refusal.hint
            problems.append(Problem("decision-refused", one.places[0], what, hint))
        if past and _same(past[-1], one, details) and past[-1]["why"] == verdict.why:
            continue  # refused for the same reason as last time
        if waiting is not None and verdict.result == WAITS:
            continue  # it waits already, as its maker's; whoever applies it without being another changes nothing
        decision_id = _decision_id(line_id, one, details, len(past))
        decided.append(_decided(line_id, one, decision_id, verdict, line) | {"login": login})
        accepted += _accepted(verdict, line, one, decision_id, known)
    return Decided(
        accepted=pl.DataFrame(accepted, schema=ACCEPTED.outer_schema),
        decided=pl.DataFrame(decided, schema=DECIDED.outer_schema),
        results=pl.DataFrame(results, schema=_RESULTS, orient="row"),
        problems=tuple(problems),
    )


@dataclass(frozen=True)
class _Verdict:
    """What becomes of the decision of one line."""

    text: str
    rows: Sequence[Row] = ()
    refusal: Refusal | None = None
    leave: Leave | None = None

    @property
    def result(self) -> str:
        if self.refusal:
            return "refused"
        return WAITS if self.leave and self.leave.waits else "accepted"

    @property
    def why(self) -> str:
        if self.refusal:
            return self.refusal.why
        return self.leave.waits if self.leave else ""


def _verdict(
    one: Asked,
    line: Line | None,
    known: Known,
    *,
    settled: bool,
    limits: Authority,
    login: str,
    last: Mapping[str, Any] | None,
) -> _Verdict:
    try:
        line, rows = _closed(one, line, known, settled=settled)
        given = leave(one, rows, line, known, limits, login, last)
    except Refusal as refusal:
        return _Verdict(f"refused: {refusal.why}", refusal=refusal)
    if given.waits:
        return _Verdict(f"waits for a second person: {given.waits}", leave=given)
    take(rows, known)
    approved = f"; {given.approver} approved what {given.maker} decided" if given.approver else ""
    return _Verdict(_said(one, rows, line, known) + approved, rows, leave=given)


def _closed(one: Asked, line: Line | None, known: Known, *, settled: bool) -> tuple[Line, Sequence[Row]]:
    """The line, and what the decision accepts of it: of a proposal, or of what is settled.

    Raises:
        Refusal: it is not whole, or can't be taken.
    """
    if line is None:
        raise Refusal("there is no such bank line in the store", "press Match first")
    if one.legs:
        again.check(one, line)
    else:
        _check(one, line, settled)
    if not one.decided_by:
        raise Refusal("it is not said who decides", "fill in who decides")
    return line, (again.close if one.legs else close)(one, line, known)


def _waits_for(last: Mapping[str, Any], one: Asked, details: str) -> bool:
    """Whether a line's last decision is this one, of the same proposal, and waits for a second person."""
    same = (last["decision"], last["details"]) == (one.decision, details)
    return last["result"] == WAITS and same and one.row_hashes == {last["row_hash"]}


_RESULTS = {"where": pl.String, "line_id": pl.String, "result": pl.String, "text": pl.String}


def _asked(decisions: pl.DataFrame) -> dict[str, Asked]:
    """The decisions by line; rows in the order of their text, so that the order of the sheet says nothing."""
    choice = pl.col("decision").fill_null("").str.strip_chars().str.to_lowercase()
    texts = decisions.with_columns(pl.all().cast(pl.String).fill_null("").str.strip_chars()).with_columns(
        choice
    )
    chosen = texts.filter(pl.col("decision") != "")
    keys = [
        "line_id",
        "decision",
        "alternative",
        "item_id",
        "amount",
        "note",
        "decided_by",
        "row_hash",
        "where",
        "leg",
    ]
    groups: dict[str, list[dict[str, str]]] = {}
    for row in chosen.select(keys).sort(keys).iter_rows(named=True):
        groups.setdefault(row["line_id"], []).append(row)
    return {line_id: Asked.of(rows) for line_id, rows in groups.items()}


def _booked(known: Known, line_id: str) -> str:
    line = known.lines.get(line_id)
    return line.booked.isoformat() if line else ""


def _check(one: Asked, line: Line, settled: bool) -> None:
    """See that a decision on a proposal fulfils what every one must, whatever it is.

    Raises:
        Refusal: it doesn't.
    """
    if settled:
        raise Refusal("the line is settled already", "press Refresh")
    if one.row_hashes != {line.row_hash}:
        raise Refusal(
            "this proposal changed since you saw it; press Refresh", "look at it again, then decide"
        )
    if len(one.decisions) > 1:
        raise Refusal("the line has two different decisions", "leave one of them")
    if one.decision not in [str(choice) for choice in Choice]:
        raise Refusal("there is no such decision", "choose one from the list")


def _history(decided: pl.DataFrame, asked: Mapping[str, Asked]) -> dict[str, list[dict[str, Any]]]:
    """The earlier decisions of these lines, in the order they came."""
    lines = pl.Series(sorted(asked), dtype=pl.String).implode()
    found: dict[str, list[dict[str, Any]]] = {}
    for row in decided.filter(pl.col("line_id").is_in(lines)).iter_rows(named=True):
        found.setdefault(row["line_id"], []).append(row)
    return found


def _same(past: Mapping[str, Any], one: Asked, details: str) -> bool:
    return (past["decision"], past["details"], past["note"]) == (one.decision, details, one.note)


def _is_kept(past: Sequence[Mapping[str, Any]], one: Asked, details: str, settled: bool) -> bool:
    """Whether this very decision is what holds for the line: what settled it, or its last one."""
    if len(one.decisions) > 1:
        return False
    kept = [row for row in past if row["result"] == "accepted" and (row["settles"] or not settled)]
    return bool(kept) and _same(kept[-1], one, details) and (settled or past[-1] is kept[-1])


def _decision_id(line_id: str, one: Asked, details: str, nth: int) -> str:
    parts = [line_id, str(nth), *sorted(one.decisions), details, one.note, one.decided_by]
    return "D-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def _decided(
    line_id: str, one: Asked, decision_id: str, verdict: _Verdict, line: Line | None
) -> dict[str, Any]:
    taken = verdict.result == "accepted"
    settles = taken and one.decision in SETTLING
    turns = settles or (taken and bool(one.legs))
    return {
        "decision_id": decision_id,
        "line_id": line_id,
        "decision": one.decision,
        "details": one.details(),
        "note": one.note,
        "decided_by": one.decided_by,
        "row_hash": min(one.row_hashes, default=""),
        "where": one.places[0],
        "result": verdict.result,
        "why": verdict.why,
        "settles": settles,
        "turn": line.turn + 1 if turns and line else 0,
    }


def _accepted(
    verdict: _Verdict, line: Line | None, one: Asked, decision_id: str, known: Known
) -> list[dict[str, Any]]:
    rows, given = verdict.rows, verdict.leave
    if line is None or not rows or given is None:
        return []
    cash = sum(row.amount for row in rows)
    assert cash == _cash(one, line), "a decision settles, moves or takes back its line to the penny"
    return [
        {
            "line_id": line.line_id,
            "item_id": row.item_id,
            "amount": known.text(row.amount, line.currency),
            "currency": line.currency,
            "deduction": known.text(row.deduction, line.currency),
            "deduction_type": row.deduction_type,
            "customer_id": row.customer_id,
            "rule": row.rule,
            "accepted_by": given.maker,
            "approved_by": given.approver,
            "decision": one.decision,
            "decision_id": decision_id,
            "turn": line.turn + 1,
        }
        for row in rows
    ]


def _cash(one: Asked, line: Line) -> int:
    """What the rows of a decision come to: the line, nought where a part is moved, the other sign taken back."""
    if not one.legs:
        return line.amount
    return -sum(row.amount for row in line.standing) if one.decision == Choice.REJECT else 0


def _said(one: Asked, rows: Sequence[Row], line: Line, known: Known) -> str:
    """What the sheet says: `accepted: 2 items and on account, 4,200.00`; and that cash of no customer is suspense."""
    if one.legs:
        return _said_again(one, rows, line, known)
    if not rows:
        return f"recorded: {one.decision}"
    count = len({row.item_id for row in rows if row.item_id})
    parts = [f"{count} item" + ("s" if count > 1 else "")] if count else []
    parts += ["on account"] if any(not row.item_id for row in rows) else []
    nobody = any(not row.item_id and not row.customer_id for row in rows)
    where = "; to suspense, no customer is known" if nobody else ""
    given_up = sum(row.deduction for row in rows if row.deduction_type == WRITE_OFF_TYPE)
    lost = f"; {known.shown(given_up, line.currency)} given up" if one.decision == Choice.WRITE_OFF else ""
    return f"accepted: {' and '.join(parts)}, {known.shown(line.amount, line.currency)}{lost}{where}"


def _said_again(one: Asked, rows: Sequence[Row], line: Line, known: Known) -> str:
    """What the sheet says of a settled line: `accepted: taken back, 60.00; the line waits again`."""
    if one.decision == Choice.REJECT:
        return f"accepted: taken back, {known.shown(line.amount, line.currency)}; the line waits again"
    moved = known.shown(sum(row.amount for row in rows if row.amount > 0), line.currency)
    return f"accepted: moved{' on account' if one.decision == Choice.ON_ACCOUNT else ''}, {moved}"
