"""Parquet with the columns of the standard files.

Money may be text, a decimal, or a number: a float counts as the shortest decimal that stands for it, so that one
with the noise of arithmetic in it (0.30000000000000004) is a problem, not a rounding.
"""

from __future__ import annotations

import io
from functools import partial

import polars as pl

from recon.ingest import damage, finish, grid, heading, standard
from recon.ingest.grid import CELLS, POSITION, Grid, Row
from recon.ingest.heading import Heading
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Reading
from recon.problems import Problem

_MAGIC = b"PAR1"


def claims(source: Source, request: Request) -> list[Claim]:
    """The standard kind, or the profile, whose columns the file has.

    Raises:
        ReconError: `file-unreadable` for a damaged file.
    """
    table = _grid(source)
    if table is None:
        return []
    profiles = request.able()
    with_standard = request.profile in ("", standard.NAME)
    return [
        Claim(fit.profile.name, fit.profile.kind, partial(_read, source, request, table, fit))
        for fit in heading.find(table, profiles, source.path.stem, with_standard=with_standard)
    ]


def misses(source: Source, request: Request) -> Problem | None:
    """What keeps a Parquet file that nobody claims from being of a profile."""
    table = _grid(source)
    return None if table is None else heading.miss(table, request, source.path.stem)


def _read(source: Source, request: Request, table: Grid, fit: Heading) -> Reading:
    return finish.from_grids(source, request, "parquet", [(table, fit)])


def _grid(source: Source) -> Grid | None:
    """The file as a grid whose heading is row 0, so that row 1 is the first row of data."""
    if not source.head.startswith(_MAGIC):
        return None
    with damage.refused(
        source, "the Parquet file is damaged", "write it again", (pl.exceptions.PolarsError, OSError)
    ):
        frame = pl.read_parquet(io.BytesIO(source.data))
    preview: list[Row] = [(1, [grid.clean(name) for name in frame.columns])]
    return Grid(source.name, preview, partial(_body, frame))


def _body(frame: pl.DataFrame, _position: int) -> pl.DataFrame:
    """Rows counted from 2, as if the columns' names were row 1."""
    texts = [
        _as_text(pl.col(name), dtype).alias(f"c{index}")
        for index, (name, dtype) in enumerate(frame.schema.items())
    ]
    position = pl.int_range(2, frame.height + 2, dtype=pl.Int64).alias(POSITION)
    return grid.cleaned(frame.select(position, pl.lit(frame.width, dtype=pl.Int64).alias(CELLS), *texts))


def _as_text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return column.dt.to_string("%Y-%m-%d")
    if dtype.is_nested() or isinstance(dtype, pl.Binary | pl.Object):
        return pl.lit("")
    return column.cast(pl.String)


READER = Reader("parquet", claims, misses)
