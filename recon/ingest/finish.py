"""The last steps that all readers share: ids, the row's source, currency, controls, and the Reading."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from recon.ingest import controls, findings, identity
from recon.ingest.columns import tabulate
from recon.ingest.grid import PAGE, POSITION, Grid
from recon.ingest.heading import Heading
from recon.ingest.source import Request, Source
from recon.model import TABLES_OF, Kind, Reading, Statement
from recon.problems import Problem


def from_grids(
    source: Source,
    request: Request,
    form: str,
    tables: Sequence[tuple[Grid, Heading]],
    said: Sequence[Problem] = (),
    first: int = 1,
) -> Reading:
    """The Reading of a column file: one grid, or several sheets of one profile.

    Args:
        source: the file.
        request: what the caller knows.
        form: the format's name for the Reading.
        tables: grids with their headings, all of one profile.
        said: problems that the reader finds; it may find them only when the rows are asked for.
        first: which table of the file the first grid is; numbers for advices that have none are made of it.
    """
    profile = tables[0][1].profile
    parts, problems, statements = [], list[Problem](), list[Statement]()
    for number, (grid, heading) in enumerate(tables, first):
        table, found = tabulate(grid, heading, f"{source.digest[:12]}-{number}")
        problems += found
        table = _with_currency(table, request.currency_default)
        if profile.kind is Kind.BANK:
            table, checked, found = controls.of_table(table, source, profile.newest_first, grid.at)
            statements += checked
            problems += found
        else:
            table = table.drop("_balance")
        table, found = identity.identified(table, profile.kind, grid.at)
        problems += found
        parts.append(_placed(table, grid) if grid.paged else table)
    whole = pl.concat(parts, how="diagonal") if len(parts) > 1 else parts[0]
    return reading(
        source,
        form,
        profile.name,
        profile.kind,
        table=whole,
        statements=statements,
        problems=[*said, *problems],
    )


def _placed(table: pl.DataFrame, grid: Grid) -> pl.DataFrame:
    """Rows of pages: the page goes to the source, the line on it is the position."""
    page = (pl.col(POSITION) // PAGE).cast(pl.String)
    return table.with_columns(
        pl.concat_str([pl.lit(f"{grid.where}:"), page]).alias("source"),
        (pl.col(POSITION) % PAGE).alias(POSITION),
    )


def _with_currency(table: pl.DataFrame, default: str) -> pl.DataFrame:
    if "currency" not in table.columns:
        return table
    currency = pl.col("currency").str.to_uppercase()
    return table.with_columns(
        pl.when(currency == "").then(pl.lit(default)).otherwise(currency).alias("currency")
    )


def reading(
    source: Source,
    form: str,
    profile: str,
    kind: Kind,
    *,
    table: pl.DataFrame,
    statements: Sequence[Statement],
    problems: Sequence[Problem],
) -> Reading:
    """A Reading with the table in its full outer form: every column of its kind, extras behind."""
    schema = TABLES_OF[kind].outer_schema
    ours = {"source": source.name, "digest": source.digest}
    added = [
        pl.lit(ours.get(name), dtype=dtype).alias(name)
        for name, dtype in schema.items()
        if name not in table.columns
    ]
    full = table.with_columns(added)
    extras = [name for name in full.columns if name not in schema and (name != "position")]
    table = full.select([pl.col(name).cast(dtype) for name, dtype in schema.items()] + [pl.col(extras)])
    return Reading(
        path=source.name,
        digest=source.digest,
        kind=kind,
        format=form,
        profile=profile,
        table=table,
        statements=tuple(statements),
        problems=tuple(findings.limited(sorted(problems, key=findings.place), source.name)),
    )
