"""Small views and decisions, written as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from recon import model
from recon.model import Table, View

Rows = Sequence[dict[str, Any]]


def frame(table: Table, rows: Rows, **fixed: Any) -> pl.DataFrame:
    """Rows as an outer frame of the table; what a row does not say is `fixed`, or empty."""
    full = [{name: {**fixed, **row}.get(name) for name in table.names} for row in rows]
    return pl.DataFrame(full, schema=table.outer_schema)


def items(*rows: tuple[str, str], currency: str = "GBP", customer_id: str = "C1") -> list[dict[str, Any]]:
    """Open items as (item_id, open_amount)."""
    return [
        {
            "item_id": item_id,
            "doc_no": f"DOC-{item_id}",
            "customer_id": customer_id,
            "currency": currency,
            "open_amount": amount,
        }
        for item_id, amount in rows
    ]


def turns(*lines: str) -> pl.DataFrame:
    """Lines that are settled, each at its first turn."""
    schema = {"line_id": pl.String(), "turn": pl.Int64(), "settled": pl.Boolean()}
    return pl.DataFrame([(line, 1, True) for line in lines], schema=schema, orient="row")


def allocation(line_id: str, item_id: str, amount: str, **more: str) -> dict[str, Any]:
    """An allocation that is suggested."""
    said = {"line_id": line_id, "item_id": item_id, "amount": amount, "deduction": "0.00"}
    return {**said, "deduction_type": "", "status": "suggested", "rule": "reference", **more}


def view(
    lines: Rows,
    open_items: Rows = (),
    allocations: Rows = (),
    exceptions: Rows = (),
    **more: Any,
) -> View:
    """A view of lines (line_id, amount), in pounds where nothing else is said; row_hash is `h-` and the line."""
    fixed = {"currency": "GBP", "outcome": "suggested", "code": ""}
    outer = frame(model.LINES, lines, **fixed).with_columns(
        (pl.lit("h-") + pl.col("line_id")).alias("row_hash"), pl.lit("run").alias("run_id")
    )
    said: dict[str, Any] = {
        "accepted": model.ACCEPTED.empty_outside(),
        "decided": model.DECIDED.empty_outside().with_columns(pl.lit("").alias("decided_at")),
        "settled": model.SETTLED.empty_outside(),
        "turns": turns(),
    }
    return View(
        bank_lines=frame(model.BANK_LINES, lines, currency="GBP", booking_date=date(2024, 3, 1)),
        open_items=frame(model.OPEN_ITEMS, open_items),
        lines=outer,
        allocations=frame(model.ALLOCATIONS, allocations, currency="GBP"),
        exceptions=frame(model.EXCEPTIONS, exceptions, currency="GBP", amount="0.00"),
        **{**said, **more},
    )


def decisions(*rows: dict[str, str]) -> pl.DataFrame:
    """Decisions by `ann`, who saw the row as it is; the first stands in row 2 of the sheet."""
    full = [
        {"decided_by": "ann", "row_hash": f"h-{row['line_id']}", "where": f"Suggestions!{at}", **row}
        for at, row in enumerate(rows, start=2)
    ]
    return frame(model.DECISIONS, full)
