"""Small runs, written as rows, and a look at all that a store holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import MetaData, create_engine, select
from sqlalchemy.pool import NullPool

from recon import model
from recon.model import Kind, Reading, Statement, Table
from recon.store import RunRecord, RunTables

AT = "2024-03-02T09:00:00+00:00"
DAY = date(2024, 3, 1)


def frame(table: Table, rows: Iterable[dict[str, Any]], **fixed: Any) -> pl.DataFrame:
    """Rows as an outer frame of the table; what a row does not say is `fixed`, or empty."""
    full = [{name: {**fixed, **row}.get(name) for name in table.names} for row in rows]
    return pl.DataFrame(full, schema=table.outer_schema)


def record(run_id: str) -> RunRecord:
    """What is known of a run."""
    return RunRecord(run_id, AT, DAY, "rules-digest", {"name": "default"}, {"lines": 1})


def open_items(*rows: tuple[str, str], digest: str = "f1") -> pl.DataFrame:
    """Open items as (item_id, open_amount), in pounds."""
    full = [{"item_id": item_id, "doc_no": item_id, "open_amount": amount} for item_id, amount in rows]
    return frame(model.OPEN_ITEMS, full, currency="GBP", customer_id="C1", source="items.csv", digest=digest)


def run(
    lines: Sequence[tuple[str, str, str]] = (),
    items: pl.DataFrame | None = None,
    *,
    outcome: str = "suggested",
    by_rule: bool = False,
    readings: Sequence[Reading] = (),
) -> RunTables:
    """A run of lines, each (line_id, item_id, amount) and proposed for that one item."""
    said = [{"line_id": line_id, "item_id": item_id, "amount": amount} for line_id, item_id, amount in lines]
    allocations = frame(
        model.ALLOCATIONS,
        said,
        currency="GBP",
        deduction="0.00",
        status=outcome,
        confidence=0.973,
        rule="reference",
    )
    accepted = frame(
        model.ACCEPTED,
        said if by_rule else [],
        currency="GBP",
        deduction="0.00",
        rule="reference",
        accepted_by="rule",
        turn=1,
    )
    exceptions = [
        {"line_id": line_id, "code": "EX-ITEM", "alternatives": f"{item_id} {amount} | Z 1.00"}
        for line_id, item_id, amount in lines
    ]
    return RunTables(
        lines=frame(model.LINES, said, currency="GBP", outcome=outcome, code="MT-REF1"),
        allocations=allocations,
        exceptions=frame(model.EXCEPTIONS, exceptions, amount="0.00", currency="GBP"),
        bank_lines=bank_lines(*[(line_id, amount) for line_id, _, amount in lines]),
        open_items=open_items() if items is None else items,
        accepted=accepted,
        readings=readings,
    )


def bank_lines(*rows: tuple[str, str], **more: Any) -> pl.DataFrame:
    """Bank lines as (line_id, amount), in pounds."""
    full = [{"line_id": line_id, "amount": amount} for line_id, amount in rows]
    return frame(
        model.BANK_LINES,
        full,
        currency="GBP",
        account="A1",
        booking_date=DAY,
        narrative="text",
        position=3,
        **more,
    )


def reading(digest: str) -> Reading:
    """A file that was read, with one statement."""
    statement = Statement(
        statement_id="s1",
        account="A1",
        currency="GBP",
        opening="0.00",
        closing="100.00",
        total="100.00",
        lines=1,
        foots=True,
        difference="0.00",
        first=DAY,
        last=DAY,
        source="b.csv",
        position=1,
    )
    return Reading(
        "b.csv", digest, Kind.BANK, "csv", "standard", model.BANK_LINES.empty_outside(), (statement,)
    )


def dump(address: str | Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    url = str(address) if "://" in str(address) else f"sqlite:///{address}"
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        found = MetaData()
        found.reflect(connection)
        return {
            name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for name, table in found.tables.items()
        }
