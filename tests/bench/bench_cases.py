"""A perfect engine, made of the truth itself."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import polars as pl

from recon.bench.generate import Case
from recon.model import ALLOCATIONS, EXCEPTIONS, LINES

Results = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]


def perfect(case: Case) -> Results:
    """Lines, allocations and exceptions of an engine that is always right, in outer form."""
    expected = dict(case.truth.select("line_id", "expected").iter_rows())
    currency = case.bank_lines["currency"][0]
    lines = case.truth.select(
        "line_id",
        outcome="expected",
        code=pl.col("codes").str.split(";").list.first(),
        amount="amount",
        currency=pl.lit(currency),
    )
    status = {line_id: "auto" if outcome == "auto" else "suggested" for line_id, outcome in expected.items()}
    allocations = case.truth_allocations.select(
        "line_id",
        "item_id",
        "amount",
        pl.lit(currency).alias("currency"),
        "deduction",
        "deduction_type",
        pl.col("line_id").replace_strict(status, return_dtype=pl.String).alias("status"),
        pl.lit(0.99).alias("confidence"),
        pl.lit("truth").alias("rule"),
        pl.lit("because").alias("reasons"),
    )
    allocations = allocations.with_columns(
        pl.lit("").alias(name) for name in ALLOCATIONS.names if name not in allocations.columns
    ).select(ALLOCATIONS.names)
    return (
        lines.cast(pl.Schema(LINES.outer_schema)),
        allocations.cast(pl.Schema(ALLOCATIONS.outer_schema)),
        _exceptions(case, currency),
    )


def _exceptions(case: Case, currency: str) -> pl.DataFrame:
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for line_id, amount in case.truth_allocations.select("line_id", "amount").iter_rows():
        paid[line_id] += Decimal(amount)
    rows = []
    for line_id, codes, amount, expected in case.truth.select(
        "line_id", "codes", "amount", "expected"
    ).iter_rows():
        if expected == "auto":
            continue
        rest = Decimal(amount) - paid[line_id]
        for place, code in enumerate(codes.split(";")):
            rows.append((line_id, code, str(rest) if place == 0 else "0.00", currency, "", ""))
    return pl.DataFrame(rows, schema=EXCEPTIONS.outer_schema, orient="row")


def changed(results: Results, line_id: str, outcome: str) -> Results:
    """The same results with another outcome for one line."""
    lines, allocations, exceptions = results
    lines = lines.with_columns(
        pl.when(pl.col("line_id") == line_id).then(pl.lit(outcome)).otherwise("outcome").alias("outcome")
    )
    return lines, allocations, exceptions
