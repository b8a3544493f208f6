"""What is written: the parts of a run, decisions, posting batches. Each function appends inside a transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl
from sqlalchemy import Connection, MetaData, Table, func, select

from recon import model
from recon.model import Batch, Kind, Reading, RunRecord
from recon.store import rows, turns
from recon.store.shadow import Shadow


@dataclass(frozen=True)
class RunTables:
    """What a run read and proposed, in outer form; `accepted` is what the rules accepted of it.

    `others` is what it read besides lines and items (remittances, customers, aliases, closed items); with it, all
    that the run read is kept and other rules can be tried on it.
    """

    lines: pl.DataFrame
    allocations: pl.DataFrame
    exceptions: pl.DataFrame
    bank_lines: pl.DataFrame
    open_items: pl.DataFrame
    accepted: pl.DataFrame = field(default_factory=model.ACCEPTED.empty_outside)
    readings: Sequence[Reading] = ()
    others: Mapping[Kind, pl.DataFrame] | None = None
    shadow: Shadow | None = None  # what a change that is tried would have done


def run_row(run: RunRecord, status: str, seq: int | None) -> dict[str, Any]:
    """A run as its row."""
    return {
        "run_id": run.run_id,
        "seq": seq,
        "started": run.started,
        "as_of": run.as_of.isoformat(),
        "rules_digest": run.rules_digest,
        "rules": json.dumps(run.rules, ensure_ascii=False, sort_keys=True, default=str),
        "status": status,
        "summary": json.dumps(run.summary, ensure_ascii=False, sort_keys=True, default=str),
        "whole": 0,
        "who": run.who,
    }


def inputs(connection: Connection, table: Table, seq: int, readings: Iterable[Reading]) -> None:
    """The files that a run read."""
    files = [
        {
            "run_seq": seq,
            "nth": nth,
            "path": reading.path,
            "digest": reading.digest,
            "kind": str(reading.kind),
            "format": reading.format,
            "profile": reading.profile,
            "row_count": reading.table.height,
            "statements": json.dumps(
                [asdict(one) for one in reading.statements], sort_keys=True, default=str
            ),
        }
        for nth, reading in enumerate(readings)
    ]
    if files:
        connection.execute(table.insert(), files)


def bank_lines(connection: Connection, table: Table, seq: int, frame: pl.DataFrame) -> None:
    """Lines that no run has seen before; a line that comes again adds nothing."""
    known = rows.matching(
        connection, select(table.c.line_id), table.c.line_id, frame["line_id"], {"line_id": pl.String}
    )
    new = frame.join(known, on="line_id", how="anti", maintain_order="left")
    new = new.unique("line_id", keep="first", maintain_order=True)
    kept = rows.text_of(new, model.BANK_LINES).with_columns(rows.extras_of(new).alias("extras"))
    rows.insert(connection, table, rows.numbered(kept, seq))


def open_items(connection: Connection, table: Table, seq: int, frame: pl.DataFrame) -> None:
    """What changed since the last extract: items that are new, other than they were, or gone.

    Example: extract 1 has A 100.00 and B 50.00, extract 2 has A 60.00 -> rows A 60.00 and B gone.
    """
    digest = pl.col("digest").fill_null("") if "digest" in frame.columns else pl.lit("")
    seen = frame.select(
        "item_id",
        pl.lit(1, dtype=pl.Int64).alias("present"),
        pl.col("currency").fill_null(""),
        pl.col("open_amount").fill_null(""),
        digest.alias("digest"),
    ).hstack(rows.content_of(frame, model.OPEN_ITEMS))
    # Rows of one item_id are one thing: if one of them changes, all are written anew.
    whole = pl.concat_str("content", "extras")
    if not seen["item_id"].is_unique().all():
        whole = whole.sort().str.join("\n").over("item_id")
    marks = [rows.fingerprint(text) for text in seen.select(whole).to_series()]
    seen = seen.with_columns(pl.Series("fingerprint", marks, dtype=pl.String))
    last = latest_items(connection, table)
    new = seen.join(last, on=["item_id", "fingerprint"], how="anti", maintain_order="left")
    gone = last.filter(pl.col("fingerprint") != "").join(
        seen, on="item_id", how="anti", maintain_order="left"
    )
    empty = [pl.lit("").alias(name) for name in ("currency", "open_amount", "digest", "content", "extras")]
    marked = gone.select(
        "item_id", pl.lit(0, dtype=pl.Int64).alias("present"), *empty, pl.lit("").alias("fingerprint")
    )
    rows.insert(connection, table, rows.numbered(pl.concat([new, marked.select(new.columns)]), seq))


def latest_items(connection: Connection, table: Table) -> pl.DataFrame:
    """The last mark of each item ever seen, as (item_id, fingerprint); an empty fingerprint: it is gone."""
    last = (
        select(table.c.item_id, func.max(table.c.run_seq).label("seq")).group_by(table.c.item_id).subquery()
    )
    marks = (
        select(table.c.item_id, table.c.fingerprint)
        .join(last, (table.c.item_id == last.c.item_id) & (table.c.run_seq == last.c.seq))
        .distinct()
        .order_by(table.c.item_id)
    )
    return rows.fetch(connection, marks, {"item_id": pl.String, "fingerprint": pl.String})


def proposals(connection: Connection, tables: MetaData, seq: int, run: RunTables) -> None:
    """One row a line, its allocations and its exceptions, in the order given."""
    settled = turns.settled(connection, tables)
    hashes = model.fingerprints(run.lines, run.allocations, run.exceptions)
    again = pl.col("line_id").is_in(pl.Series(sorted(settled), dtype=pl.String).implode())
    lines = rows.text_of(run.lines, model.LINES).join(hashes, on="line_id", how="left", maintain_order="left")
    lines = lines.with_columns(again.cast(pl.Int64).alias("again"))
    rows.insert(connection, tables.tables["proposals"], rows.numbered(lines, seq))
    for name, table, frame in (
        ("proposal_allocations", model.ALLOCATIONS, run.allocations),
        ("proposal_exceptions", model.EXCEPTIONS, run.exceptions),
    ):
        rows.insert(connection, tables.tables[name], rows.numbered(rows.text_of(frame, table), seq))


def accepted(connection: Connection, tables: MetaData, seq: int, frame: pl.DataFrame) -> None:
    """Accepted allocations, numbered on from the last."""
    table = tables.tables["accepted"]
    first = rows.highest(connection, table, "nth") + 1
    kept = rows.text_of(frame, model.ACCEPTED).with_columns(pl.all().fill_null(""))
    rows.insert(connection, table, rows.numbered(kept, seq, first))


def decided(connection: Connection, tables: MetaData, seq: int, frame: pl.DataFrame, at: str) -> None:
    """Decisions, refused ones too, numbered on from the last."""
    table = tables.tables["decisions"]
    first = rows.highest(connection, table, "nth") + 1
    kept = rows.text_of(frame, model.DECIDED).rename({"where": "place"})
    kept = kept.with_columns(pl.lit(at).alias("decided_at"), pl.col("settles").cast(pl.Int64))
    kept = kept.with_columns(pl.col(pl.String).fill_null(""))
    rows.insert(connection, table, rows.numbered(kept, seq, first))


def batch(connection: Connection, tables: MetaData, new: Batch, at: str, who: str) -> None:
    """A posting file and the lines in it."""
    batches = tables.tables["batches"]
    row = {
        "batch_id": new.batch_id,
        "nth": rows.highest(connection, batches, "nth") + 1,
        "format": new.format,
        "created": at,
        "content": new.text,
        "who": who,
        "controls": new.controls,
    }
    connection.execute(batches.insert(), [row])
    posted = pl.DataFrame(list(new.turns), schema={"line_id": pl.String, "turn": pl.Int64}, orient="row")
    rows.insert(
        connection, tables.tables["postings"], posted.with_columns(pl.lit(new.batch_id).alias("batch_id"))
    )
