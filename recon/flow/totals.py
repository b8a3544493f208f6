"""The summary of a run: counts and sums by outcome, control totals, and that they add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import polars as pl

from recon import model
from recon.flow.gather import Gathered
from recon.model import Kind, Outcome, Reading, Result

_ROWS_AT_ONCE: Final = 200_000
# The money column whose sum is a file's control total.
MONEY_OF = {
    Kind.BANK: "amount",
    Kind.ITEMS: "open_amount",
    Kind.CLOSED: "open_amount",
    Kind.REMITTANCE: "paid_amount",
}


def inputs(gathered: Gathered) -> list[dict[str, Any]]:
    """What each file was read as, with its rows and its control total."""
    return [_input(reading) for reading in gathered.readings]


def summary(
    gathered: Gathered,
    read: Sequence[Mapping[str, Any]],
    result: Result,
    scales: Mapping[str, int],
    ceiling: Decimal,
) -> dict[str, Any]:
    """Counts and sums by outcome and currency, control totals by file and as a whole; asserts that they agree.

    It asserts as well that each line that was read has an outcome or was left out, which is told.
    `read` is what `inputs` tells of the files. `ceiling` is that of the rules, in major units: `auto` lines above it
    wait for a person and are counted apart.
    """
    held = result.lines.height + gathered.lines_left_out
    assert held == gathered.lines_read, f"{gathered.lines_read} lines were read, {held} are accounted for"
    outcomes = {}
    for outcome in Outcome:
        rows = result.lines.filter(pl.col("outcome") == outcome)
        outcomes[str(outcome)] = {"lines": rows.height, "amount": _sums(rows, "amount_minor", scales)}
    return {
        "inputs": list(read),
        "outcomes": outcomes,
        "above_ceiling": _above(result, scales, ceiling),
        "control_totals": control_totals(result, scales),
        "deductions": deductions(result, scales),
        "statements_left_out": [
            {
                "file": statement.source,
                "account": statement.account,
                "lines": statement.lines,
                "total": statement.total,
                "difference": statement.difference,
                "currency": statement.currency,
            }
            for statement in gathered.left_out
        ],
        "lines_read": gathered.lines_read,
        "lines_left_out": gathered.lines_left_out,
        "files_unread": list(gathered.unread),
    }


def _above(result: Result, scales: Mapping[str, int], ceiling: Decimal) -> dict[str, Any]:
    limits = {currency: int(ceiling.scaleb(scale)) for currency, scale in scales.items()}
    limit = pl.col("currency").replace_strict(limits, default=0, return_dtype=pl.Int64)
    rows = result.lines.filter((pl.col("outcome") == Outcome.AUTO) & (pl.col("amount_minor").abs() > limit))
    return {"lines": rows.height, "amount": _sums(rows, "amount_minor", scales)}


def _input(reading: Reading) -> dict[str, Any]:
    made: dict[str, Any] = {
        "file": reading.path,
        "sha256": reading.digest,
        "kind": str(reading.kind),
        "format": reading.format,
        "profile": reading.profile,
        "rows": reading.table.height,
    }
    if reading.kind in MONEY_OF:
        made["sum"] = sums(reading, MONEY_OF[reading.kind])
    return made


def sums(reading: Reading, column: str) -> dict[str, str]:
    """The sum of a money column of a file, per currency, as decimal text."""
    return money(reading.table, reading.kind, column)


def money(frame: pl.DataFrame, kind: Kind, column: str = "") -> dict[str, str]:
    """The sum of a table's money, per currency, as decimal text; of its main column, unless another is named."""
    table, column = model.INPUT_TABLES[kind], column or MONEY_OF[kind]
    if not {"currency", column} <= set(frame.columns) or frame.is_empty():
        return {}
    amounts = frame.select("currency", column)
    scales = model.scales_of([(table, amounts)])
    # Part by part: what is made of a million texts on the way to one number takes hundreds of megabytes.
    parts = [
        part.select("currency", minor=model.minor_expr(part, column, scales))
        .group_by("currency", maintain_order=True)
        .agg(pl.col("minor").sum())
        for part in amounts.iter_slices(_ROWS_AT_ONCE)
    ]
    return _sums(pl.concat(parts), "minor", scales)


def _sums(frame: pl.DataFrame, column: str, scales: Mapping[str, int]) -> dict[str, str]:
    summed = frame.group_by("currency").agg(pl.col(column).sum()).sort("currency")
    return {
        str(currency): model.money_text(minor, currency, scales)
        for currency, minor in summed.iter_rows()
        if frame.height
    }


def control_totals(result: Result, scales: Mapping[str, int]) -> dict[str, dict[str, str]]:
    """For each currency: what came in and where it went. The difference is always nought, or the run stops here."""
    lines = result.lines
    made: dict[str, dict[str, str]] = {}
    for currency in lines["currency"].unique().sort().to_list():
        of_lines = lines.filter(pl.col("currency") == currency)
        allocations = result.allocations.filter(pl.col("currency") == currency)
        exceptions = result.exceptions.filter(pl.col("currency") == currency)
        on_items = pl.col("item_id") != ""

        def total(frame: pl.DataFrame, column: str = "amount_minor") -> int:
            return int(frame[column].sum())

        parts = {
            "allocated_auto": total(allocations.filter(on_items & (pl.col("status") == "auto"))),
            "allocated_suggested": total(allocations.filter(on_items & (pl.col("status") == "suggested"))),
            "on_account": total(allocations.filter(~on_items)),
            "exceptions": total(exceptions),
            "not_receivable": total(of_lines.filter(pl.col("outcome") == Outcome.NOT_RECEIVABLE)),
            "duplicates": total(of_lines.filter(pl.col("outcome") == Outcome.DUPLICATE)),
        }
        read = total(of_lines)
        assert sum(parts.values()) == read, f"the totals of {currency} do not add up: {parts} is not {read}"
        amounts = {"bank_lines": read, **parts, "difference": read - sum(parts.values())}
        made[str(currency)] = {
            name: model.money_text(minor, currency, scales) for name, minor in amounts.items()
        }
        made[str(currency)]["deductions"] = model.money_text(
            total(allocations, "deduction_minor"), currency, scales
        )
    return made


def deductions(result: Result, scales: Mapping[str, int]) -> dict[str, dict[str, str]]:
    """For each currency: what settles items besides cash, by its type.

    A tax kept back and a few pence too much have different signs; in one sum they hide each other.
    """
    kept = result.allocations.filter(pl.col("deduction_minor").fill_null(0) != 0)
    summed = (
        kept.group_by("currency", "deduction_type")
        .agg(pl.col("deduction_minor").sum())
        .sort("currency", "deduction_type")
    )
    made: dict[str, dict[str, str]] = {}
    for currency, kind, minor in summed.iter_rows():
        made.setdefault(str(currency), {})[str(kind)] = model.money_text(minor, currency, scales)
    return made


def seconds(stages: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Seconds by stage, from moments: each stage lasts until the next one begins."""
    pairs = pairwise(stages)
    return {name: round(after - began, 3) for (name, began), (_next, after) in pairs}
