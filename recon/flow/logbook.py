"""The rows of the sheets Rules and Run log: what a run went by, and what was done with a workbook, when, by whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl
from pydantic import BaseModel

from recon.rules.meanings import meanings
from recon.rules.schema import Rules
from recon.store import RunRecord, Store

_VALUE_WIDTH: Final = 70  # characters of a value on the Rules sheet
_RUN_LOG: Final = {"when": pl.String, "event": pl.String, "detail": pl.String, "who": pl.String}


def rules_rows(rules: Rules) -> pl.DataFrame:
    """The rules as rows (rule, value, what), so that a reader sees what the run went by."""
    rows: list[tuple[str, str, str]] = []

    def walk(part: object, path: str, what: str) -> None:
        if isinstance(part, BaseModel):
            meaning = meanings(type(part))
            for name in type(part).model_fields:
                told = meaning.get(name, "").split("\n")[0]
                walk(getattr(part, name), f"{path}.{name}" if path else name, told or what)
        elif isinstance(part, dict):
            for name, inner in part.items():
                walk(inner, f"{path}.{name}", what)
        elif isinstance(part, tuple) and part and isinstance(part[0], BaseModel):
            for number, inner in enumerate(part, 1):
                named = getattr(inner, "id", "") or getattr(inner, "code", "") or str(number)
                walk(inner, f"{path} {named}", what)
        elif isinstance(part, tuple) and part:
            rows.extend((path, text, what) for text in _packed([_said(one) for one in part]))
        else:
            rows.append((path, _said(part), what))

    walk(rules, "", "")
    return pl.DataFrame(rows, schema={"rule": pl.String, "value": pl.String, "what": pl.String}, orient="row")


def _packed(words: Sequence[str]) -> list[str]:
    """Words with `; ` between, in as few lines of readable width as they need."""
    made = [""]
    for word in words:
        joined = f"{made[-1]}; {word}" if made[-1] else word
        if made[-1] and len(joined) > _VALUE_WIDTH:
            made.append(word)
        else:
            made[-1] = joined
    return made


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value == () else str(value)


def one_run(run: RunRecord) -> pl.DataFrame:
    """The run log of a workbook without a store: this run."""
    return pl.DataFrame([(_when(run.started), "run", run.run_id, run.who)], schema=_RUN_LOG, orient="row")


def _when(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M")


def run_log(store: Store) -> pl.DataFrame:
    """Runs, decisions and postings, the latest first."""
    runs = [
        (started, "run", f"{run_id}, as of {as_of}", who)
        for run_id, started, as_of, status, who in store.runs()
        .select("run_id", "started", "as_of", "status", "who")
        .iter_rows()
        if status == "finished"
    ]
    decided = [
        (at, decision, f"{line_id}: {result}{' - ' + why if why else ''}", who)
        for at, decision, line_id, result, why, who in store.decided()
        .select("decided_at", "decision", "line_id", "result", "why", "decided_by")
        .iter_rows()
    ]
    posted = [
        (created, "post", f"{batch_id}, {format_}: {lines:,} {'line' if lines == 1 else 'lines'}", who)
        for batch_id, format_, created, who, lines in store.posted().iter_rows()
    ]
    rows = sorted([*runs, *decided, *posted], reverse=True)
    return pl.DataFrame([(_when(at), *rest) for at, *rest in rows], schema=_RUN_LOG, orient="row")
