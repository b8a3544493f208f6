"""Step 2, of all lines: the parts joined, and what lines can only be told together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import polars as pl

from recon.match import shared
from recon.match.candidates import advised
from recon.match.frames import Found, Met, Ready
from recon.problems import Problem
from recon.rules.schema import Rules
from recon.together import Once

FIELDS = ("counterparty", "counterparty_account", "reference", "narrative")  # what only finding reads
SHOWN_MAX = 20  # problems of one kind


def joined(parts: Sequence[Met]) -> Met:
    """The parts as one, in their order."""
    return Met(**{one.name: pl.concat([getattr(part, one.name) for part in parts]) for one in fields(Met)})


def link(ready: Ready, parts: Sequence[Met], rules: Rules) -> Found:
    """All that may belong together; see `frames.Found` for the columns.

    Args:
        ready: every line.
        parts: as `find` returns them, in the order of the lines.
        rules: frozen rules.
    """
    met = joined(parts)
    links, summed = advised.links(ready, met.numbered, met.payers, rules)
    same = {one.name for one in fields(Met)} & {one.name for one in fields(Found)}
    return Found(
        **{name: getattr(met, name) for name in same},
        links=links,
        problems=(
            *_wide(met.wide, ready, rules),
            *_everything(met.everything, ready, rules),
            *shared.told(met.crowded, ready, rules),
            *summed,
        ),
    )


def heard(ready: Ready, found: Found) -> Ready:
    """The lines with the payer's text that was found in each, and the items with `spoken`: does any line name it?

    What only finding needed is let go.
    """
    lines = ready.lines.drop(FIELDS, strict=False)
    lines = lines.join(found.texts, on="line", how="left", maintain_order="left")
    said = found.references.filter(pl.col("how").is_in(["exact", "order"]))["item"].unique()
    items = ready.items.with_columns(spoken=pl.col("item").is_in(said.implode()))
    # Pieces of numbers are only found by, and what is written is sought no more.
    whole = ready.keys.filter(pl.col("kind") == "full").drop("raw")
    return replace(ready, lines=lines, items=items, keys=whole, once=Once())


def _wide(wide: pl.DataFrame, ready: Ready, rules: Rules) -> list[Problem]:
    """Said of lines with a reference that too many items share; the first twenty."""
    limit = rules.limits.items_per_reference
    return [
        Problem(
            "limit-reached",
            line_id,
            f"a reference fits {count} open items, more than items_per_reference ({limit}); it is no evidence",
            "raise limits.items_per_reference in the rules if your ledger repeats its numbers",
        )
        for line_id, count in _of_lines(wide, ready).select("line_id", "fan").iter_rows()
    ]


def _everything(everything: pl.DataFrame, ready: Ready, rules: Rules) -> list[Problem]:
    """Said of lines that name more of an owner's items than count as evidence; the first twenty."""
    limit = rules.limits.items_per_line
    return [
        Problem(
            "limit-reached",
            line_id,
            f"the line names {count} items of one customer, more than items_per_line ({limit}); they are no evidence",
            "ask the payer for a remittance advice; or raise limits.items_per_line",
        )
        for line_id, count in _of_lines(everything, ready).select("line_id", "count").iter_rows()
    ]


def _of_lines(rows: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    return rows.head(SHOWN_MAX).join(
        ready.lines.select("line", "line_id"), on="line", how="left", maintain_order="left"
    )
