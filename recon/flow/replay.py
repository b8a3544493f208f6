"""Past runs once more, with other rules: what they would have done. Nothing is written to the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from recon import decide, model, rules
from recon.decide import cases
from recon.flow import books, compare, deliver, learning, settings
from recon.flow.compare import REPLAY, Proposed, Said
from recon.flow.gather import Gathered, Progress, inner, outer_tables, silent
from recon.flow.review import known_store
from recon.match import match
from recon.model import Kind, Outcome
from recon.problems import Problem, ReconError
from recon.rules.schema import Rules
from recon.store import Lessons, Past, Store

OUT_FILES = ("replay.csv", "replay.json")
ACCEPTED, SUGGESTED = "accepted", "suggested"  # what of what was learned is tried
OWN = "each run's own"
_WITH = {
    "": "",
    ACCEPTED: ", with what was learned since",
    SUGGESTED: ", as if all that is suggested were accepted",
}
NOT_KEPT = "it ran before all that a run reads was kept in the store"


@dataclass(frozen=True)
class Replayed:
    """What other rules would have done: the figures, the lines that differ (compare.REPLAY), the files written."""

    facts: Mapping[str, Any]
    changed: pl.DataFrame
    problems: tuple[Problem, ...]
    files: tuple[Path, ...]


def replay(
    rules_name: str = "",
    store_url: str = "",
    book: Path | None = None,
    run_id: str = "",
    *,
    every: bool = False,
    learned: str = "",
    out: Path | None = None,
    progress: Progress = silent,
) -> Replayed:
    """What a set of rules would have made of past runs, each in the state of its own day.

    Lines, items and all else are those that the run read; what was settled is what was settled when it ran, by the
    rules of then. So the runs don't build on one another, and what was decided since changes no proposal: it only
    says who was right.

    Args:
        rules_name: the rules to try, as `--rules` takes them; empty = each run's own, to try what was learned alone.
        store_url: the store; empty = the one beside the workbook.
        book: the workbook.
        run_id: the run; empty = the last one.
        every: all runs.
        learned: ACCEPTED = with what is accepted by now of what was learned, SUGGESTED = with what could be, too;
            empty = with what each run had.
        out: folder for replay.csv and replay.json; none = nothing is written.
        progress: told of each run.

    Raises:
        ReconError: EXIT_INPUT if rules or run can't be used or no store is named; EXIT_JOB if the store or the
            folder can't be used.
    """
    if not (rules_name or learned):
        what, hint = "nothing says what to try", "add --rules, --learned or --suggested"
        raise ReconError(Problem("input-missing", "recon rules replay", what, hint))
    given = settings.load_rules(rules_name)[0] if rules_name else None
    url = books.store_url(store_url, book)
    if not url:
        what, hint = "nothing says which store holds the runs", "add --store or --book"
        raise ReconError(Problem("store-needed", "recon rules replay", what, hint))
    with deliver.ready(out, OUT_FILES), known_store(url, None if store_url else book) as store:
        names, problems = chosen(store, run_id, every=every)
        decided, accepted = store.decided(), store.accepted()
        lessons = learning.tried(store, suggested=learned == SUGGESTED) if learned else None
        runs, frames = [], [REPLAY.empty_outside()]
        for number, name in enumerate(names):
            progress("replay", number, len(names))
            past = store.past(name)
            assert past is not None, "chosen by what is kept"
            since = decided.join(past.decided_before, on="decision_id", how="anti", maintain_order="left")
            loaded = given or own_rules(past) or Rules()
            facts, changed = _one(past, loaded, Said(since, accepted), lessons)
            runs.append(facts)
            frames.append(changed.select(pl.lit(name).alias("run_id"), pl.all()))
        progress("replay", len(names), len(names))
        changed = pl.concat(frames)
        whole = {
            "rules": {"name": given.name, "sha256": rules.digest(given)}
            if given
            else {"name": OWN, "sha256": ""},
            "learned": learned,
            "runs": runs,
            "total": _total(changed),
        }
        texts = dict(zip(OUT_FILES, (deliver.csv(changed), deliver.as_json(whole)), strict=True))
        files = deliver.write(out, texts) if out else []
        return Replayed(whole, changed, problems, tuple(files))


def chosen(store: Store, run_id: str, *, every: bool) -> tuple[list[str], tuple[Problem, ...]]:
    """The runs to replay, and a problem for each that can't be though all are asked for."""
    finished = store.runs().filter(pl.col("status") == "finished")
    wanted = (
        finished.filter(pl.col("run_id") == run_id) if run_id else finished if every else finished.tail(1)
    )
    if wanted.is_empty():
        what = f"there is no finished run {'of that name ' if run_id else ''}in the store"
        raise ReconError(Problem("run-unknown", run_id, what, "the sheet Run log names the runs"))
    lost = tuple(
        Problem("run-unkept", name, f"this run can't be replayed: {NOT_KEPT}", "replay a later one")
        for name in wanted.filter(pl.col("whole") == 0)["run_id"]
    )
    names = wanted.filter(pl.col("whole") == 1)["run_id"].to_list()
    if not names:
        raise ReconError(lost)
    return names, lost


def _one(
    past: Past, loaded: Rules, said: Said, lessons: Lessons | None
) -> tuple[dict[str, Any], pl.DataFrame]:
    """One run with other rules, or with what was learned since: its figures, and the lines that differ."""
    items, _stale = decide.remaining(past.frames[Kind.ITEMS], past.settled)
    before = Proposed(past.lines, past.allocations, past.accepted)
    after = _proposed(replace(past, lessons=lessons) if lessons else past, items, loaded)
    changed = compare.differences(before, after, None, items, said)
    own = own_rules(past)
    if not changed.is_empty() and own is not None:
        changed = compare.differences(before, after, _proposed(past, items, own), items, said)
    facts = {
        "run_id": past.run_id,
        "as_of": past.as_of,
        "rules": {"name": past.rules.get("name", ""), "sha256": past.rules_digest},
        "lines": past.lines.height,
        "outcomes": compare.outcomes(before.lines, after.lines),
        "changed": compare.counted(changed),
        "changed_by": {cause: changed.filter(pl.col("cause") == cause).height for cause in compare.CAUSES},
        "moves": compare.moves(changed),
        "posted": compare.postings(changed),
        "not_replayed": compare.of_reading(own, loaded),
    }
    return facts, changed


@dataclass(frozen=True)
class Made:
    """What rules make of a run's input, in outer form and without duplicates."""

    lines: pl.DataFrame
    allocations: pl.DataFrame
    exceptions: pl.DataFrame


def made(past: Past, items: pl.DataFrame, loaded: Rules) -> Made:
    """What rules make of a run's input, in the state of its day; `items` are the open items as they stood then."""
    learned = learning.counted(past.lessons, past.frames, loaded, date.fromisoformat(past.as_of))
    items = cases.blocked(items, past.cases, loaded.cases)
    tables = inner(Gathered((), learned.joined()), items, past.settled_lines, past.tolerated, past.paid)
    result = learned.applied(match(tables, loaded))
    told = outer_tables(result, tables.scales)
    lines = told["lines"].filter(pl.col("outcome") != Outcome.DUPLICATE)
    return Made(lines, told["allocations"], told["exceptions"])


def _proposed(past: Past, items: pl.DataFrame, loaded: Rules) -> Proposed:
    """What rules make of a run's input, and what they accept of it."""
    one = made(past, items, loaded)
    ceiling = loaded.controls.auto_post_ceiling
    accepted = decide.by_rule(one.lines, one.allocations, items, past.decided_before, ceiling)
    hashes = model.fingerprints(one.lines, one.allocations, one.exceptions)
    return Proposed(one.lines.join(hashes, on="line_id", how="left"), one.allocations, accepted)


def own_rules(past: Past) -> Rules | None:
    """The run's own rules; none if they have keys that there are no more."""
    try:
        return Rules.model_validate(past.rules)
    except ValidationError:
        return None


def _total(changed: pl.DataFrame) -> dict[str, Any]:
    """Over all runs: a line that several of them read counts once, by the first in which it would be newly posted."""
    newly = (pl.col("posted_after") == compare.YES) & (pl.col("posted_before") != compare.YES)
    once = changed.sort(~newly, maintain_order=True).unique("line_id", keep="first", maintain_order=True)
    return {"changed": compare.counted(once), "posted": compare.postings(once)}


def told(facts: Mapping[str, Any]) -> list[str]:
    """The figures in words, a few lines for each run."""
    lines = []
    for run in facts["runs"]:
        lines.append(
            f"run {run['run_id']} as of {run['as_of']}: {run['lines']} lines, rules `{run['rules']['name']}`"
            f" -> `{facts['rules']['name']}`{_WITH[facts['learned']]}"
        )
        for outcome, sides in run["outcomes"].items():
            before, after = compare.said(sides["before"]), compare.said(sides["after"])
            lines.append(f"  {outcome}: {before}" + (f" -> {after}" if after != before else ", as before"))
        lines += _of_postings(run)
        engine = run["changed_by"]["engine"] + run["changed_by"]["both"]
        if engine:
            lines.append(f"  of these {engine} differ (also) because recon itself has changed since that run")
        if run["not_replayed"]:
            lines.append(f"  not tried, since they say how files are read: {', '.join(run['not_replayed'])}")
    if len(facts["runs"]) > 1:
        lines += ["all runs, each line once:", *_of_postings(facts["total"])]
    return lines


def _of_postings(part: Mapping[str, Any]) -> list[str]:
    """Which lines change, what would be posted, and who was right."""
    if not part["changed"]["lines"]:
        return ["  no line changes"]
    posted = part["posted"]
    lines = [
        f"  lines that change: {compare.said(part['changed'])}",
        f"  newly posted without a person: {compare.said(posted['newly'])}",
    ]
    if posted["newly"]["lines"]:
        lines += [
            f"    a person {words}: {compare.said(posted['newly_and_a_person'][name])}"
            for name, words in (
                ("agrees", "decided the same"),
                ("disagrees", "decided otherwise"),
                ("held", "parked, queried or rejected it"),
                ("undecided", "has not decided"),
            )
        ]
    lines.append(f"  no longer posted: {compare.said(posted['no_longer'])}")
    lines.append(f"  posted to other items: {compare.said(posted['otherwise'])}")
    return lines
