"""What happened to bank lines, step by step in the order in which it was written down.

read -> proposed (auto | suggested | exception) -> decided (or refused) -> accepted -> posted
and, where a person changed their mind: taken back (counter-rows), moved (counter-rows and new ones), posted again
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.fill import fill
from recon.model import WAITS
from recon.store import Subject, Told, link_of

STEPS: Final = {
    "step": pl.Int64(),
    "at": pl.String(),
    "what": pl.String(),
    "line_id": pl.String(),
    "item_id": pl.String(),
    "document": pl.String(),
    "customer_id": pl.String(),
    "amount": pl.String(),
    "currency": pl.String(),
    "deduction": pl.String(),
    "deduction_type": pl.String(),
    "who": pl.String(),
    "why": pl.String(),
    "detail": pl.String(),
    "note": pl.String(),
    "payer": pl.String(),
    "run_id": pl.String(),
    "rules_sha256": pl.String(),
    "batch_id": pl.String(),
    "input_sha256": pl.String(),
    "row_hash": pl.String(),
    "link": pl.Int64(),
    "link_hash": pl.String(),
}
# The order of what one link holds.
_RUN, _READ, _PROPOSED, _DECIDED, _CLOSED, _ACCEPTED, _POSTED, _SAID, _LEARNED = range(9)
_MINE: Final = (
    "decided",
    "waits for another",
    "refused",
    "accepted",
    "taken back",
    "moved",
    "closed",
    "posted",
)


def steps(told: Told) -> pl.DataFrame:
    """All steps, as STEPS says, in the order of the chain; of a person only what that person did."""
    found = told.history
    by_seq, spans, by_batch = link_of(found.links)
    runs = pl.concat([found.runs, told.runs]).unique("run_seq", maintain_order=True)
    whole = [
        _ran(runs),
        _read(told, runs),
        _proposed(told, runs),
        _excepted(told, runs),
        _decided(told, runs),
        _closed(told, runs),
        _accepted(told, runs),
        _posted(told),
        _said(told),
        _learned(told),
    ]
    made = pl.concat([one.with_columns(_filled(one)) for one in whole], how="diagonal_relaxed")
    made = made.join(_documents(told), on="item_id", how="left", maintain_order="left")
    made = _linked(made, by_seq, spans, by_batch).join(
        found.links.select("link", link_hash="hash"), on="link", how="left", maintain_order="left"
    )
    if told.named.subject is Subject.PERSON:
        own = pl.col("what").is_in([*_MINE, "run"]) | pl.col("stage").is_in([_SAID, _LEARNED])
        mine = pl.col("who").is_in(list(told.named.ids)) & own
        made = made.filter(mine)
    elif told.named.subject is Subject.RUN:
        made = made.filter((pl.col("what") != "run") | pl.col("run_id").is_in(list(told.named.ids)))
    made = made.sort(["link", "stage", "order"], nulls_last=True, maintain_order=True)
    made = made.with_columns(step=pl.int_range(1, made.height + 1, dtype=pl.Int64, eager=True))
    missing = [
        pl.lit(None, dtype=kind).alias(name) for name, kind in STEPS.items() if name not in made.columns
    ]
    return made.with_columns(missing).select(list(STEPS))


def _filled(frame: pl.DataFrame) -> list[pl.Expr]:
    """The columns that put a step in its place, where a part has none of its own."""
    needed = {
        "order": pl.Int64(),
        "run_seq": pl.Int64(),
        "batch_id": pl.String(),
        "item_id": pl.String(),
        "decision_nth": pl.Int64(),
        "own_link": pl.Int64(),
    }
    return [
        pl.lit(None, dtype=kind).alias(name) for name, kind in needed.items() if name not in frame.columns
    ]


_ALLOCATED: Final = (
    *("run_seq", "line_id", "item_id", "customer_id", "amount", "currency", "deduction", "deduction_type"),
)


def _of_run(frame: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Rows with the run they belong to: run_id, rules_sha256, started, ran_by."""
    known = runs.select("run_seq", "run_id", "started", rules_sha256="rules_digest", ran_by="who")
    return frame.join(known, on="run_seq", how="left", maintain_order="left")


def _ran(runs: pl.DataFrame) -> pl.DataFrame:
    return runs.select(
        "run_seq",
        "run_id",
        "who",
        stage=pl.lit(_RUN),
        what=pl.lit("run"),
        at="started",
        rules_sha256="rules_digest",
        detail=fill("as of {}", pl.col("as_of")),
    )


def _read(told: Told, runs: pl.DataFrame) -> pl.DataFrame:
    place = fill("{}:{}", pl.col("source").fill_null(""), pl.col("position").cast(pl.String).fill_null(""))
    return _of_run(told.history.lines, runs).select(
        "run_seq",
        "line_id",
        "amount",
        "currency",
        "run_id",
        stage=pl.lit(_READ),
        what=pl.lit("read"),
        at="started",
        who="ran_by",
        detail=fill("{}, booked {}", place, pl.col("booking_date").cast(pl.String).fill_null("")),
        input_sha256="digest",
    )


def _proposed(told: Told, runs: pl.DataFrame) -> pl.DataFrame:
    said = told.history.proposals.select("run_seq", "line_id", "outcome", "code", "row_hash", "again")
    rows = told.history.allocations.join(said, on=["run_seq", "line_id"], how="left", maintain_order="left")
    sure = fill(
        "{} by {}, confidence {}",
        pl.col("status").fill_null(""),
        pl.col("rule").fill_null(""),
        pl.col("confidence").fill_null(""),
    )
    again = pl.when(pl.col("again") == 1).then(pl.lit("; settled before, nothing new")).otherwise(pl.lit(""))
    return _of_run(rows, runs).select(
        *_ALLOCATED,
        *("run_id", "rules_sha256", "row_hash"),
        stage=pl.lit(_PROPOSED),
        order="nth",
        what=pl.lit("proposed"),
        at="started",
        who=pl.lit("recon"),
        why="reasons",
        detail=sure + again,
    )


def _excepted(told: Told, runs: pl.DataFrame) -> pl.DataFrame:
    said = told.history.proposals.select("run_seq", "line_id", "outcome", "row_hash", place="nth")
    rows = told.history.exceptions.join(said, on=["run_seq", "line_id"], how="left", maintain_order="left")
    bare = told.history.proposals.join(rows, on=["run_seq", "line_id"], how="anti")
    bare = bare.join(told.history.allocations, on=["run_seq", "line_id"], how="anti").with_columns(
        place="nth", detail=pl.lit("")
    )
    told_rows = pl.concat([rows, bare], how="diagonal_relaxed")
    others = pl.col("alternatives").fill_null("")
    return _of_run(told_rows, runs).select(
        *("run_seq", "line_id", "amount", "currency", "run_id", "rules_sha256", "row_hash"),
        stage=pl.lit(_PROPOSED),
        order="nth",
        what=fill("proposed: {}", pl.col("outcome").fill_null("")),
        at="started",
        who=pl.lit("recon"),
        why=pl.concat_str(pl.col("code").fill_null(""), pl.col("detail"), separator=" ").str.strip_chars(),
        detail=pl.when(others == "").then(pl.lit("")).otherwise(fill("or: {}", others)),
    )


def _decided(told: Told, runs: pl.DataFrame) -> pl.DataFrame:
    refused = pl.col("result") == "refused"
    rows = _of_run(told.history.decisions, runs)
    return rows.select(
        *("run_seq", "line_id", "note", "row_hash", "run_id"),
        decision_nth="nth",
        order="nth",
        stage=pl.lit(_DECIDED),
        what=pl.when(refused)
        .then(pl.lit("refused"))
        .when(pl.col("result") == WAITS)
        .then(pl.lit("waits for another"))
        .otherwise(pl.lit("decided")),
        at="decided_at",
        who="decided_by",
        why="why",
        detail=fill("{} at {} {}", pl.col("decision"), pl.col("place"), pl.col("details").replace("{}", "")),
    )


def _closed(told: Told, runs: pl.DataFrame) -> pl.DataFrame:
    """Turns that gave nothing to any item: not receivable, for one; and lines that are open again."""
    keys = ["line_id", "turn"]
    rows = told.history.turns.join(told.history.accepted, on=keys, how="anti")
    return _of_run(_with_decision(rows, told), runs).select(
        *("run_seq", "line_id", "decision_nth", "run_id"),
        stage=pl.lit(_CLOSED),
        order="turn",
        what=pl.when(pl.col("settled") == 1).then(pl.lit("closed")).otherwise(pl.lit("taken back")),
        at=pl.coalesce("decided_at", "started"),
        who=pl.coalesce("decided_by", pl.lit("rule")),
        why=pl.coalesce("decision", pl.lit("")),
        detail=fill("turn {}", pl.col("turn").cast(pl.String)),
    )


def _accepted(told: Told, runs: pl.DataFrame) -> pl.DataFrame:
    turns = told.history.turns.select("line_id", "turn", "settled")
    rows = told.history.accepted.join(turns, on=["line_id", "turn"], how="left", maintain_order="left")
    rows = _of_run(_with_decision(rows.drop("decision"), told), runs)
    what = (
        pl.when(pl.col("turn") == 1)
        .then(pl.lit("accepted"))
        .when(pl.col("settled") == 0)
        .then(pl.lit("taken back"))
        .otherwise(pl.lit("moved"))
    )
    turn = pl.when(pl.col("turn") > 1).then(fill(", turn {}", pl.col("turn").cast(pl.String)))
    approved = pl.col("approved_by").fill_null("")
    second = pl.when(approved != "").then(fill(", approved by {}", approved)).otherwise(pl.lit(""))
    return rows.select(
        *_ALLOCATED,
        *("decision_nth", "run_id", "rules_sha256"),
        stage=pl.lit(_ACCEPTED),
        order="nth",
        what=what,
        at=pl.coalesce("decided_at", "started"),
        who="accepted_by",
        why=pl.coalesce("decision", pl.lit("by rule")),
        detail=pl.concat_str(fill("as {}", pl.col("rule")), turn.otherwise(pl.lit("")), second),
    )


def _with_decision(rows: pl.DataFrame, told: Told) -> pl.DataFrame:
    """Rows with the decision behind them; empty where it was a rule."""
    known = told.history.decisions.select(
        "decision_id", "decision", "decided_at", "decided_by", decision_nth="nth"
    )
    return rows.join(known, on="decision_id", how="left", maintain_order="left")


def _posted(told: Told) -> pl.DataFrame:
    made = told.history.postings.select(
        "line_id",
        "batch_id",
        "who",
        stage=pl.lit(_POSTED),
        order="turn",
        what=pl.lit("posted"),
        at="created",
        detail=fill("{}, turn {}", pl.col("format"), pl.col("turn").cast(pl.String)),
    )
    mine = told.batches.join(told.history.postings, on="batch_id", how="anti")
    return pl.concat(
        [
            made,
            mine.select(
                "batch_id",
                "who",
                stage=pl.lit(_POSTED),
                what=pl.lit("posted"),
                at="created",
                detail=fill("{}, {} lines", pl.col("format"), pl.col("lines").cast(pl.String)),
            ),
        ],
        how="diagonal_relaxed",
    )


def _said(told: Told) -> pl.DataFrame:
    """What was said of queries and promises, each in the link of the chain that holds it."""
    linked = _in_links(told.history.cases, told, "cases")
    owner = pl.when(pl.col("owner") != "").then(fill(", owner {}", "owner")).otherwise(pl.lit(""))
    due = pl.when(pl.col("due") != "").then(fill(", due {}", "due")).otherwise(pl.lit(""))
    return linked.select(
        *("line_id", "item_id", "customer_id", "amount", "currency", "at", "who", "own_link"),
        stage=pl.lit(_SAID),
        order="nth",
        what=fill("{} {}", "kind", "event"),
        note="text",
        detail=fill("{}", "case_id") + owner + due,
    )


def _learned(told: Told) -> pl.DataFrame:
    """What people said of what was learned, and what decisions hold of it since."""
    linked = _in_links(told.history.learned, told, "learned")
    taxed = pl.col("kind") == "tax"
    ends = pl.when(pl.col("valid_to") != "").then(fill(" until {}", "valid_to")).otherwise(pl.lit(""))
    days = pl.when(pl.col("valid_from") != "").then(fill(", from {}", "valid_from")).otherwise(pl.lit(""))
    by = fill("{} lines on {} days by {}", *_EVIDENCE)
    counted = pl.when(pl.col("lines").is_not_null()).then(by).otherwise(pl.lit(""))
    listed = pl.col("examples").fill_null("")
    shown = pl.when(listed != "").then(fill(": {}", listed)).otherwise(pl.lit(""))
    against = pl.col("contrary").list.join(", ").fill_null("")
    contrary = pl.when(against != "").then(fill("; contradicted by {}", against)).otherwise(pl.lit(""))
    return linked.select(
        *("at", "who", "note", "own_link"),
        stage=pl.lit(_LEARNED),
        order="nth",
        what=fill("{} {}", "kind", "event"),
        payer=pl.when(taxed).then(pl.lit("")).otherwise("subject"),
        customer_id=pl.when(taxed).then("subject").otherwise("meaning"),
        why=counted + shown + contrary,
        detail=fill("means {}", "meaning") + days + ends,
    )


_EVIDENCE: Final = (
    pl.col("lines").cast(pl.String).fill_null(""),
    pl.col("days").cast(pl.String).fill_null(""),
    pl.col("people").list.join(", ").fill_null(""),
)


def _in_links(rows: pl.DataFrame, told: Told, what: str) -> pl.DataFrame:
    """Rows with `nth`, each with the link of the chain that holds it: `own_link`."""
    spans = told.history.links.filter(pl.col("what") == what).select(
        first=pl.col("key").str.split("-").list.get(0).cast(pl.Int64),
        last=pl.col("key").str.split("-").list.get(1).cast(pl.Int64),
        own_link="link",
    )
    held = rows.select("nth").join_where(
        spans, pl.col("nth") >= pl.col("first"), pl.col("nth") <= pl.col("last")
    )
    return rows.join(held.select("nth", "own_link"), on="nth", how="left", maintain_order="left")


def _documents(told: Told) -> pl.DataFrame:
    return told.history.items.select("item_id", document="doc_no").unique("item_id", keep="first")


def _linked(
    made: pl.DataFrame, by_seq: dict[int, int], spans: pl.DataFrame, by_batch: dict[str, int]
) -> pl.DataFrame:
    """Each step with the link of the chain that holds it."""
    of_batch = pl.col("batch_id").replace_strict(by_batch, default=None, return_dtype=pl.Int64)
    of_run = pl.col("run_seq").replace_strict(by_seq, default=None, return_dtype=pl.Int64)
    decided = made.select(pl.col("decision_nth").drop_nulls().unique().sort())
    inside = decided.join_where(
        spans, pl.col("decision_nth") >= pl.col("first"), pl.col("decision_nth") <= pl.col("last")
    ).select("decision_nth", of_decision="link")
    joined = made.join(inside, on="decision_nth", how="left", maintain_order="left")
    return joined.with_columns(link=pl.coalesce("own_link", of_batch, "of_decision", of_run))
