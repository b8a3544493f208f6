"""Tables of a report written as a person would: money as text, what isn't said is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from recon import model
from recon.reports import TABLES, Inputs, Made, Part
from recon.rules.schema import Rules

AS_AT = date(2026, 3, 31)
Rows = Sequence[Mapping[str, Any]]


def item(item_id: str, customer: str, issued: str, due: str, open_amount: str, **more: Any) -> dict[str, Any]:
    """An open item; days as ISO text, empty = none."""
    return {
        "item_id": item_id,
        "doc_no": item_id,
        "customer_id": customer,
        "doc_type": more.pop("doc_type", "invoice" if not open_amount.startswith("-") else "credit_note"),
        "issue_date": date.fromisoformat(issued) if issued else None,
        "due_date": date.fromisoformat(due) if due else None,
        "currency": more.pop("currency", "GBP"),
        "open_amount": open_amount,
        "extract": more.pop("extract", open_amount),
        **more,
    }


def line(line_id: str, amount: str, outcome: str, **more: Any) -> dict[str, Any]:
    """A bank line, booked on the as-at day unless said otherwise."""
    return {
        "line_id": line_id,
        "amount": amount,
        "outcome": outcome,
        "currency": "GBP",
        "booking_date": AS_AT,
        **more,
    }


def inputs(
    rules: Mapping[str, Any] | None = None,
    as_of: date = AS_AT,
    credit: Mapping[str, Any] | None = None,
    **given: Rows,
) -> Inputs:
    """What a report is made from; tables that are not given are there, and empty."""
    frames = {
        name: pl.DataFrame(
            [{column: row.get(column) for column in table.names} for row in given.get(name, [])],
            schema=table.outer_schema,
        )
        for name, table in TABLES.items()
    }
    scales = model.scales_of((TABLES[name], frame) for name, frame in frames.items())
    tables = {name: model.inside(frame, TABLES[name], scales) for name, frame in frames.items()}
    return Inputs(
        as_of,
        Rules.model_validate({"reports": dict(rules or {}), "credit": dict(credit or {})}),
        scales,
        tables,
        {"EX-UNID": "payer unknown"},
    )


def part(made: Made, key: str = "") -> Part:
    """A report's part by its key."""
    (found,) = [one for one in made.parts if one.key == key]
    return found


def rows(made: Made, key: str = "") -> list[dict[str, Any]]:
    """The rows of a part, by inner names."""
    return part(made, key).frame.to_dicts()


FIXTURE_A = [
    item("I-1001", "C100", "2026-01-05", "2026-02-04", "12000.00"),
    item("I-1002", "C100", "2026-02-10", "2026-03-12", "3500.00", amount="8500.00"),
    item("I-1003", "C100", "2026-03-15", "2026-04-14", "9000.00"),
    item("CN-201", "C100", "2026-03-20", "", "-1200.00"),
    item("OA-301", "C100", "2026-03-28", "", "-2000.00", doc_type="on_account"),
    item("I-2001", "C200", "2025-10-20", "2025-11-19", "4400.00", dispute="yes"),
    item("I-2002", "C200", "2026-02-28", "2026-03-30", "6600.00"),
]
