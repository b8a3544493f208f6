"""Queries, promises and notes: how each stands after what was said of it, and which items they hold up. Pure.

query    opened -> answered -> closed      a query that is opened again after its answer is open, its clock goes on
promise  opened -> cancelled               kept, kept in part or broken is what the receipts say, see `promises`
note     opened
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import polars as pl

from recon import promise
from recon.model import CASES
from recon.rules.cases import Cases

QUERY, PROMISE, NOTE = "query", "promise", "note"
OPENED, ANSWERED, ASSIGNED, CANCELLED, CLOSED = "opened", "answered", "assigned", "cancelled", "closed"
# What may be said of a case of each kind, and after which of its states.
SAID: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    QUERY: {OPENED: ("answered", "closed"), ANSWERED: ("open",), ASSIGNED: ("open", "answered"),
            CLOSED: ("open", "answered")},
    PROMISE: {CANCELLED: ("open",), ASSIGNED: ("open",)},
    NOTE: {},
}  # fmt: skip
_STATES: Final = {OPENED: "open", ANSWERED: "answered", CANCELLED: "cancelled", CLOSED: "closed"}


def state(events: pl.DataFrame) -> pl.DataFrame:
    """How each case stands.

    Args:
        events: model.CASES, in the order they came.

    Returns: a row for each case in the order they were opened: what its first event says, with the owner, amount and
        due day that were last said; state (open, answered, cancelled, closed), opened_at, opened_by, last_at,
        last_by, last_text.
    """
    said = pl.col("event").replace_strict(_STATES, default=None, return_dtype=pl.String)
    last = {
        name: pl.when(pl.col(name).cast(pl.String).fill_null("") != "").then(pl.col(name)).drop_nulls().last()
        for name in ("owner", "amount", "due")
    }
    return events.group_by("case_id", maintain_order=True).agg(
        pl.col("kind", "line_id", "item_id", "customer_id", "currency", "text").first(),
        **last,
        state=said.drop_nulls().last(),
        opened_at=pl.col("at").first(),
        opened_by=pl.col("who").first(),
        last_at=pl.col("at").last(),
        last_by=pl.col("who").last(),
        last_text=pl.col("text").last(),
    )


def blocked(items: pl.DataFrame, events: pl.DataFrame, rules: Cases) -> pl.DataFrame:
    """Items (outer form) with `dispute` = yes where a query about the item is open or answered and not closed.

    What the ledger says of a dispute stays as it is; an amount that it names counts.
    """
    if not rules.block or events.is_empty():
        return items
    now = state(events).filter((pl.col("kind") == QUERY) & (pl.col("state") != "closed"))
    ids = now.filter(pl.col("item_id") != "")["item_id"].unique()
    if ids.is_empty():
        return items
    said = pl.col("dispute").fill_null("") if "dispute" in items.columns else pl.lit("")
    queried = pl.col("item_id").is_in(ids.implode()) & (said.str.strip_chars() == "")
    return items.with_columns(dispute=pl.when(queried).then(pl.lit("yes")).otherwise(said))


def of_decisions(decided: pl.DataFrame, events: pl.DataFrame, at: str) -> pl.DataFrame:
    """The queries that decisions `query` open (model.CASES without case_id), one for each line that has none open.

    Args:
        decided: model.DECIDED, just taken.
        events: all that was said before.
        at: ISO moment with offset.
    """
    asked = decided.filter((pl.col("decision") == QUERY) & (pl.col("result") == "accepted"))
    now = state(events).filter((pl.col("kind") == QUERY) & (pl.col("state") != "closed"))
    new = asked.join(now, on="line_id", how="anti", maintain_order="left").unique(
        "line_id", maintain_order=True
    )
    made = new.select(
        "line_id",
        kind=pl.lit(QUERY),
        event=pl.lit(OPENED),
        text=pl.col("note").fill_null(""),
        who="decided_by",
        at=pl.lit(at),
    )
    return pl.concat([CASES.empty_outside(), made], how="diagonal_relaxed")


def promises(
    cases: pl.DataFrame, receipts: pl.DataFrame, as_of: date, rules: Cases, free: pl.Series
) -> pl.DataFrame:
    """Promises with what came: `received_minor`, `last_day` (with the grace) and `outcome`.

    Args:
        cases: promises as `state` gives them, with amount_minor and currency, customer_id and due.
        receipts: customer_id, currency, booking_date, amount_minor: what was accepted of receipts, by customer.
        as_of: today.
        rules: the grace.
        free: public holidays.

    Outcomes: open until the grace is over; kept (all but a hundredth, at most 10.00, is there), part_kept (half is),
    broken; cancelled. A receipt that was booked before the promise was made keeps nothing.
    """
    timed = cases.with_columns(
        made=pl.col("opened_at").str.head(10).str.to_date(), cancelled=pl.col("state") == CANCELLED
    )
    return promise.outcomes(timed, receipts, as_of, rules.grace_days, free).drop("made", "cancelled")
