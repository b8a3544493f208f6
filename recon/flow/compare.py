"""Two results of one run, line by line: what another set of rules would have done, and what people said to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from recon import model
from recon.decide.by_rule import HOLDING, with_customers
from recon.fill import fill
from recon.match.explain import readings
from recon.model import ACCEPTED, ALLOCATIONS, LINES, Choice, Column, Outcome, Table
from recon.rules.schema import Rules

AGREES, DISAGREES, HELD = "agrees", "disagrees", "held"
YES: Final = "yes"
CAUSES: Final = ("rules", "engine", "both")
SHOWN: Final = [outcome for outcome in Outcome if outcome is not Outcome.DUPLICATE]

REPLAY: Final = Table(
    "replay",
    (
        Column("run_id", "the run that was replayed"),
        Column("line_id", "the bank line"),
        Column("amount", "the line's amount", money=True),
        Column("currency", "ISO 4217 code"),
        Column("outcome_before", "what the run made of it"),
        Column("outcome_after", "what the new rules make of it"),
        Column("code_before", "the run's code"),
        Column("code_after", "the new rules' code"),
        Column("items_before", "the run's allocation: items and amounts, ` + ` between"),
        Column("items_after", "the new rules' allocation"),
        Column("posted_before", "yes if the run's rules posted it without a person"),
        Column("posted_after", "yes if the new rules would"),
        Column("decision", "what a person has decided on it since; empty = nothing"),
        Column(
            "person",
            "agrees or disagrees: that decision with the new rules' allocation; held: parked, queried or rejected",
        ),
        Column(
            "cause",
            "rules; engine: the run's own rules give another result by now, too; both; empty = can't be told",
        ),
    ),
)


@dataclass(frozen=True)
class Proposed:
    """A result in outer form; lines have row_hash, duplicates are left out. `accepted`: what the rules post of it."""

    lines: pl.DataFrame
    allocations: pl.DataFrame
    accepted: pl.DataFrame


@dataclass(frozen=True)
class Said:
    """What people decided since the run (model.DECIDED), and what that accepted (model.ACCEPTED)."""

    decided: pl.DataFrame
    accepted: pl.DataFrame


def differences(
    before: Proposed, after: Proposed, today: Proposed | None, items: pl.DataFrame, said: Said
) -> pl.DataFrame:
    """The lines whose proposal or posting differs, as REPLAY without run_id.

    A confidence, a reason or an explanation that reads otherwise is no difference.

    Example: L1 was suggested for INV-1, the new rules post it, a person accepted it -> one row, newly posted, agrees.

    Args:
        before: what the run proposed.
        after: what the new rules propose.
        today: what the run's own rules propose by now; none = not known.
        items: the items that were open then.
        said: what people decided since.
    """
    old, new = _told(before, items, "before"), _told(after, items, "after")
    both = old.join(new, on="line_id", how="full", coalesce=True).with_columns(
        pl.coalesce("amount_before", "amount_after").alias("amount"),
        pl.coalesce("currency_before", "currency_after").alias("currency"),
        # A line that the store has no proposal of was a duplicate.
        pl.col("outcome_before", "outcome_after").fill_null(str(Outcome.DUPLICATE)),
    )
    other = pl.any_horizontal(
        pl.col(f"{name}_before").ne_missing(pl.col(f"{name}_after"))
        for name in ("row_hash", "outcome", "code", "posted")
    )
    changed = both.filter(other).join(_verdicts(said), on="line_id", how="left")
    return (
        changed.with_columns(person=_person(), cause=_cause(changed, today))
        .with_columns(pl.col(pl.String).fill_null(""))
        .sort("line_id")
        .select([name for name in REPLAY.names if name != "run_id"])
    )


def _told(one: Proposed, items: pl.DataFrame, when: str) -> pl.DataFrame:
    """A result with one row for each line, its columns named before or after."""
    posted = one.accepted.select("line_id", posted=pl.lit(YES)).unique()
    rows = with_customers(one.allocations, items)
    told = (
        one.lines.select("line_id", "amount", "currency", "outcome", "code", "row_hash")
        .join(posted, on="line_id", how="left")
        .join(_items_text(rows), on="line_id", how="left")
        .join(signatures(rows, ALLOCATIONS), on="line_id", how="left")
        .with_columns(pl.col(pl.String).fill_null(""))
    )
    return told.rename({name: f"{name}_{when}" for name in told.columns if name != "line_id"})


def _items_text(rows: pl.DataFrame) -> pl.DataFrame:
    """`INV-1 90.00 less 10.00 TDS + on account 5.00` for each line."""
    named = pl.when(pl.col("item_id") == "").then(pl.lit(readings.ON_ACCOUNT)).otherwise("item_id")
    has = pl.col("deduction_type").fill_null("") != ""
    less = pl.when(has).then(readings.less(pl.col("deduction"), pl.col("deduction_type")))
    text = pl.concat_str(readings.part(named, pl.col("amount")), less, separator=" ", ignore_nulls=True)
    return rows.group_by("line_id", maintain_order=True).agg(text.str.join(readings.TOGETHER).alias("items"))


def signatures(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """What is settled of which item, as one text for each line: two results are the same if these are."""
    scales = model.scales_of([(table, rows)])
    inner = model.inside(rows, table, scales)
    on_account = pl.col("item_id") == ""
    parts = [
        pl.when(on_account).then(fill("on account of {}", "customer_id")).otherwise("item_id"),
        model.money_expr(pl.col("amount_minor"), scales),
        model.money_expr(pl.col("deduction_minor").fill_null(0), scales),
        pl.when(pl.col("deduction_minor").fill_null(0) != 0).then("deduction_type").otherwise(pl.lit("")),
    ]
    text = pl.concat_str(parts, separator="\x1f")
    return inner.group_by("line_id").agg(text.sort().str.join("\x1e").alias("settles"))


def _verdicts(said: Said) -> pl.DataFrame:
    """Each line's last decision that was not refused, and what it settled: (line_id, decision, saw, settled)."""
    last = said.decided.filter(pl.col("result") == "accepted").group_by("line_id", maintain_order=True).last()
    rows = said.accepted.join(last, on=["line_id", "decision_id"], how="semi")
    settled = signatures(rows, ACCEPTED).rename({"settles": "settled"})
    told = last.select("line_id", "decision", saw="row_hash")
    return told.join(settled, on="line_id", how="left").with_columns(pl.col("settled").fill_null(""))


def _person() -> pl.Expr:
    """Whether a person's decision is what the new rules propose; a rejection counts against what was rejected."""
    holding = pl.col("decision").is_in([str(choice) for choice in HOLDING])
    same = pl.col("settles_before") == pl.col("settles_after")
    rejected = (pl.col("decision") == Choice.REJECT) & same & (pl.col("saw") == pl.col("row_hash_before"))
    return (
        pl.when(pl.col("decision").is_null() | (pl.col("decision") == ""))
        .then(pl.lit(""))
        .when(rejected)
        .then(pl.lit(DISAGREES))
        .when(holding)
        .then(pl.lit(HELD))
        .when(pl.col("settled") == pl.col("settles_after"))
        .then(pl.lit(AGREES))
        .otherwise(pl.lit(DISAGREES))
    )


def _cause(changed: pl.DataFrame, today: Proposed | None) -> pl.Series:
    """Whether the rules or the engine made the difference."""
    if today is None:
        return pl.repeat("", changed.height, dtype=pl.String, eager=True)
    now = today.lines.select("line_id", now="row_hash")
    hashes = changed.select("line_id", "row_hash_before", "row_hash_after").join(
        now, on="line_id", how="left", maintain_order="left"
    )
    same_before = pl.col("now").eq_missing(pl.col("row_hash_before"))
    same_after = pl.col("now").eq_missing(pl.col("row_hash_after"))
    rules, engine, both = (pl.lit(one) for one in CAUSES)
    cause = pl.when(same_before).then(rules).when(same_after).then(engine).otherwise(both)
    return hashes.select(cause.alias("cause")).to_series()


# Figures

Counted = dict[str, Any]


def counted(frame: pl.DataFrame) -> Counted:
    """Lines and the sum of their amounts by currency, as decimal text."""
    scales = model.scales_of([(LINES, frame)])
    inner = model.inside(frame.select("amount", "currency"), LINES, scales)
    summed = inner.group_by("currency").agg(pl.col("amount_minor").sum()).sort("currency")
    sums = {name: model.money_text(minor, name, scales) for name, minor in summed.iter_rows()}
    return {"lines": frame.height, "amount": sums}


def outcomes(before: pl.DataFrame, after: pl.DataFrame) -> dict[str, dict[str, Counted]]:
    """How many lines of each outcome, and how much, before and after."""
    return {
        str(outcome): {
            "before": counted(before.filter(pl.col("outcome") == outcome)),
            "after": counted(after.filter(pl.col("outcome") == outcome)),
        }
        for outcome in SHOWN
    }


def moves(changed: pl.DataFrame) -> list[dict[str, Any]]:
    """From which outcome to which other one lines go."""
    keys = ["outcome_before", "outcome_after"]
    other = changed.filter(pl.col("outcome_before") != pl.col("outcome_after"))
    pairs = other.select(keys).unique().sort(keys).rows()
    return [
        {"before": old, "after": new}
        | counted(other.filter((pl.col(keys[0]) == old) & (pl.col(keys[1]) == new)))
        for old, new in pairs
    ]


def postings(changed: pl.DataFrame) -> dict[str, Any]:
    """What the rules would newly post, no longer, or on other items; and what people said to the newly posted."""
    was, now = pl.col("posted_before") == YES, pl.col("posted_after") == YES
    newly = changed.filter(~was & now)
    return {
        "newly": counted(newly),
        "newly_and_a_person": {
            "agrees": counted(newly.filter(pl.col("person") == AGREES)),
            "disagrees": counted(newly.filter(pl.col("person") == DISAGREES)),
            "held": counted(newly.filter(pl.col("person") == HELD)),
            "undecided": counted(newly.filter(pl.col("person") == "")),
        },
        "no_longer": counted(changed.filter(was & ~now)),
        "otherwise": counted(changed.filter(was & now & (pl.col("items_before") != pl.col("items_after")))),
    }


def said(one: Mapping[str, Any]) -> str:
    """`3 lines, GBP 120.50`."""
    many = "line" if one["lines"] == 1 else "lines"
    return ", ".join([f"{one['lines']} {many}", *(f"{name} {sum_}" for name, sum_ in one["amount"].items())])


def of_reading(own: Rules | None, loaded: Rules) -> list[str]:
    """Keys that differ and say how files are read, which is over: what was left out then is not in the store."""
    if own is None:
        return []
    pairs = {
        "controls.admit_unfooted": (own.controls.admit_unfooted, loaded.controls.admit_unfooted),
        "currency": (own.currency, loaded.currency),
        "profiles": (own.profiles, loaded.profiles),
    }
    return [name for name, (old, new) in pairs.items() if old != new]
