"""What the rules accept without a person: `auto` lines up to the ceiling."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

import polars as pl

from recon import model
from recon.decide.last import last_taken
from recon.model import ACCEPTED, ALLOCATIONS, LINES, WAITS, Choice, Outcome, Status

BY_RULE = "rule"
HOLDING = (Choice.PARK, Choice.QUERY, Choice.REJECT)  # recorded; they settle nothing


def by_rule(
    lines: pl.DataFrame,
    allocations: pl.DataFrame,
    open_items: pl.DataFrame,
    decided: pl.DataFrame,
    ceiling: Decimal,
    pending: Collection[str] = (),
) -> pl.DataFrame:
    """The allocations (as model.ACCEPTED) of `auto` lines up to the ceiling.

    A line that a person last parked, queried or rejected is not accepted by rule, nor one whose decision waits for a
    second person, or is typed and not applied yet: what a person decided wins.

    Args:
        lines: what the engine proposes, in outer form.
        allocations: the rows of these proposals, in outer form.
        open_items: the items it proposed from, in outer form.
        decided: earlier decisions, as model.DECIDED in the order they came.
        ceiling: amount of a line, in major units of its currency, up to which no person is needed.
        pending: lines on which a decision is typed.
    """
    scales = model.scales_of([(LINES, lines), (ALLOCATIONS, allocations)])
    inner = model.inside(lines, LINES, scales)
    limits = {currency: int(ceiling.scaleb(scale)) for currency, scale in scales.items()}
    limit = pl.col("currency").replace_strict(
        list(limits), list(limits.values()), default=0, return_dtype=pl.Int64
    )
    chosen = inner.filter((pl.col("outcome") == Outcome.AUTO) & (pl.col("amount_minor").abs() <= limit))
    chosen = chosen.join(_held(decided), on="line_id", how="anti", maintain_order="left")
    chosen = chosen.filter(~pl.col("line_id").is_in(pl.Series(sorted(pending), dtype=pl.String).implode()))
    rows = allocations.filter(pl.col("status") == Status.AUTO).join(chosen, on="line_id", how="semi")
    _assert_whole(chosen, model.inside(rows, ALLOCATIONS, scales))
    texts = [pl.lit(value).alias(name) for name, value in _FIXED.items()]
    first = pl.lit(1, dtype=pl.Int64).alias(
        "turn"
    )  # what people took back is held, and never accepted by rule
    full = with_customers(rows, open_items).with_columns(*texts, first, pl.col("deduction").fill_null("0.00"))
    return full.sort("line_id", maintain_order=True).select(ACCEPTED.names)


_FIXED = {"accepted_by": BY_RULE, "decision": "", "decision_id": "", "approved_by": ""}


def _held(decided: pl.DataFrame) -> pl.DataFrame:
    held = pl.col("decision").is_in([str(choice) for choice in HOLDING])
    return last_taken(decided).filter(held | (pl.col("result") == WAITS))


def with_customers(rows: pl.DataFrame, open_items: pl.DataFrame) -> pl.DataFrame:
    """The rows with customer_id: of an item its own; of cash on account the proposal's.

    Where the proposal names none, cash on account goes to the one customer of its line's items, else to nobody.
    """
    owners = (
        open_items.select("item_id", owner="customer_id")
        .filter(pl.col("item_id") != "")
        .unique("item_id", keep="first")
    )
    named = rows.with_columns(pl.col("item_id", "customer_id").fill_null("")).join(
        owners, on="item_id", how="left", maintain_order="left"
    )
    ours = pl.col("owner").drop_nulls().over("line_id", mapping_strategy="join").list.unique()
    only = pl.when(ours.list.len() == 1).then(ours.list.first())
    told = pl.when(pl.col("customer_id") != "").then("customer_id")
    on_account = pl.col("item_id") == ""
    own = pl.when(on_account).then(pl.coalesce(told, only)).otherwise("owner")
    return named.with_columns(own.fill_null("").alias("customer_id")).drop("owner")


def _assert_whole(lines: pl.DataFrame, rows: pl.DataFrame) -> None:
    """Each accepted line is accepted to the penny."""
    sums = rows.group_by("line_id").agg(pl.col("amount_minor").sum().alias("sum"))
    wrong = lines.join(sums, on="line_id", how="left").filter(
        pl.col("sum").is_null() | (pl.col("sum") != pl.col("amount_minor"))
    )
    assert wrong.is_empty(), f"auto line {wrong['line_id'][0]} is not allocated to the penny"
