"""Decisions that settled nothing yet, as the sheets show them: for a second person, typed again; refused, told."""

from __future__ import annotations

import json
from typing import Any, Final

import polars as pl

from recon.decide import last_taken
from recon.model import WAITS, View, settled_hash
from recon.workbook import columns

_NAMES: Final = (
    *("line_id", "leg", "decision", "alternative", "item_id", "amount", "note", "decided_by", "result"),
)


def decisions(now: View) -> pl.DataFrame:
    """The lines' last decisions that wait, as cells of their row.

    Only where the row is what it was then: the proposal, or what is settled of the line, has not changed since.

    Returns:
        line_id, leg (of a settled line: which of its rows; else empty), decision, alternative, item_id, amount, note,
        decided_by, result (what the sheet says). One about several rows of a settled line stands in each of them,
        and each of its items in one.
    """
    schema = dict.fromkeys(_NAMES, pl.String())
    last = last_taken(now.decided).filter(pl.col("result") == WAITS)
    if last.is_empty():
        return pl.DataFrame(schema=schema)
    turns = now.turns.join(last.select("line_id"), on="line_id", how="semi")
    hashes = dict(now.lines.select("line_id", "row_hash").iter_rows())
    hashes |= {line_id: settled_hash(turn) for line_id, turn, settled in turns.iter_rows() if settled}
    still = (one for one in last.iter_rows(named=True) if hashes.get(one["line_id"]) == one["row_hash"])
    return pl.DataFrame([row for one in still for row in _cells(one)], schema=schema)


def refused(now: View, sheet: pl.DataFrame) -> pl.DataFrame:
    """What was said last of settled lines on Allocations, where it was refused and they are as they were then.

    A refusal stands as long as its decision does: who empties the cells has taken it back.

    Args:
        now: what the store knows.
        sheet: Allocations as it stands in the workbook.

    Returns:
        line_id, decision (empty), result (what the sheet says).
    """
    last = now.decided.unique("line_id", keep="last", maintain_order=True)
    typed = sheet.filter(pl.col("Decision") != "")["Line id"]
    last = last.filter((pl.col("result") == "refused") & _again() & pl.col("line_id").is_in(typed.implode()))
    turns = now.turns.filter("settled").join(last.select("line_id"), on="line_id", how="semi")
    rows = [(line_id, settled_hash(turn)) for line_id, turn, _ in turns.iter_rows()]
    stands = pl.DataFrame(rows, schema={"line_id": pl.String, "row_hash": pl.String}, orient="row")
    same = last.join(stands, on=["line_id", "row_hash"], how="semi", maintain_order="left")
    return same.select("line_id", decision=pl.lit(""), result=pl.lit("refused: ") + pl.col("why"))


def queued(results: pl.DataFrame) -> frozenset[str]:
    """The lines that were decided on Suggestions or Exceptions: only there a settled line is shown once more."""
    return frozenset(results.filter(~_again())["line_id"])


def _again() -> pl.Expr:
    return pl.col("where").str.starts_with(f"{columns.ALLOCATIONS.name}!")


def _cells(one: dict[str, Any]) -> list[dict[str, str]]:
    details = json.loads(one["details"])
    who, day = one["decided_by"], one["decided_at"][:10]
    cells = {
        "line_id": one["line_id"],
        "decision": one["decision"],
        "alternative": ", ".join(details.get("alternative", [])),
        "note": one["note"],
        "decided_by": who,
        "result": f"waits for a second person: {one['decision']} by {who}, {day}; {one['why']}",
    }
    legs = details.get("legs", [""])
    items = details.get("items", [])
    parts = [
        items[: max(len(items) - len(legs) + 1, 0)],
        *([item] for item in items[len(items) - len(legs) + 1 :]),
    ]
    return [
        {**cells, "leg": leg, **_item_cells(parts[at] if at < len(parts) else [])}
        for at, leg in enumerate(legs)
    ]


def _item_cells(items: list[list[str]]) -> dict[str, str]:
    """One item in two cells, several in one, where amounts need decimals; each item stands in one row only."""
    if len(items) == 1:
        return {"item_id": items[0][0], "amount": items[0][1]}
    told = (f"{name} {amount if '.' in amount else amount + '.00'}" for name, amount in items)
    return {"item_id": "; ".join(told), "amount": ""}
