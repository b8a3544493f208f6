"""Frames <-> rows of the database: bulk inserts in chunks, typed frames out, columns that we don't know as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

import polars as pl
from sqlalchemy import Column, ColumnElement, Connection, MetaData, Select, Table, Text, func, select, text

from recon import model
from recon.store import personal

INSERT_CHUNK: Final = 20_000
FETCH_CHUNK: Final = 50_000
LOOKUP_MAX: Final = 900  # the fewest parameters that any SQLite takes is 999


def insert(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    """Append a frame's rows; its columns are the table's, but for the salt of what is of persons."""
    if personal.SALT in table.c:
        frame = frame.with_columns(personal.salts(frame.height))
    assert set(frame.columns) == set(table.columns.keys()), (table.name, frame.columns)
    # Straight to the driver: SQLAlchemy's own way spends as long on each row as the database does.
    compiled = table.insert().compile(dialect=connection.dialect, column_keys=frame.columns)
    statement, places = str(compiled), getattr(compiled, "positiontup", None)
    for part in frame.iter_slices(INSERT_CHUNK):
        connection.exec_driver_sql(statement, part.select(places).rows() if places else part.to_dicts())


def fetch(connection: Connection, query: Select[Any], schema: dict[str, Any]) -> pl.DataFrame:
    """A query's rows as a frame with these columns, in the query's order."""
    result = connection.execute(query)
    parts = [pl.DataFrame(schema=schema)]
    while some := result.fetchmany(FETCH_CHUNK):
        columns = zip(schema.items(), zip(*some, strict=True), strict=True)
        parts.append(
            pl.DataFrame([pl.Series(name, values, dtype=dtype) for (name, dtype), values in columns])
        )
    return pl.concat(parts)


def matching(
    connection: Connection,
    query: Select[Any],
    column: ColumnElement[Any],
    values: Iterable[str],
    schema: dict[str, Any],
) -> pl.DataFrame:
    """The query's rows whose column is one of the values."""
    if connection.execute(query.limit(1)).first() is None:
        return pl.DataFrame(schema=schema)  # as in a store's first run
    wanted = sorted(set(values))
    if len(wanted) <= LOOKUP_MAX:
        return fetch(connection, query.where(column.in_(wanted)), schema)
    # Many values are laid beside, in a table that only this connection sees and that ends with it.
    connection.execute(text("CREATE TEMPORARY TABLE IF NOT EXISTS wanted (value TEXT NOT NULL PRIMARY KEY)"))
    connection.execute(text("DELETE FROM wanted"))
    beside = Table("wanted", MetaData(), Column("value", Text))
    insert(connection, beside, pl.DataFrame({"value": wanted}))
    return fetch(connection, query.join(beside, column == beside.c.value), schema)


def text_of(frame: pl.DataFrame, table: model.Table) -> pl.DataFrame:
    """An outer frame with all the table's columns as the database keeps them: dates and shares as text."""
    columns = []
    for name, dtype in table.outer_schema.items():
        column = pl.col(name) if name in frame.columns else pl.lit(None, dtype=dtype)
        kept = dtype == pl.Int64() or dtype == pl.Boolean()
        columns.append(column.cast(dtype).cast(dtype if kept else pl.String).alias(name))
    return frame.select(columns)


def typed(frame: pl.DataFrame, table: model.Table) -> pl.DataFrame:
    """What `text_of` made text, typed again; columns that are not the table's stay as they are."""
    casts = []
    for name, dtype in table.outer_schema.items():
        if name in frame.columns and dtype != pl.String():
            column = pl.col(name)
            casts.append(column.str.to_date(model.DATE_FORMAT) if dtype == pl.Date() else column.cast(dtype))
    return frame.with_columns(casts)


def extras_of(frame: pl.DataFrame) -> pl.Series:
    """The columns that we don't know (`extra:NAME`) as one JSON text a row; `{}` where there are none."""
    names = sorted(name for name in frame.columns if name.startswith(model.EXTRA))
    if not names:
        return pl.repeat("{}", frame.height, dtype=pl.String, eager=True)
    return frame.select(pl.struct(pl.col(names).cast(pl.String)).struct.json_encode()).to_series()


def with_extras(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its `extras` column unfolded into columns `extra:NAME`, those that hold anything."""
    keys = frame.select(pl.col("extras").unique().str.extract_all(_EXTRA_KEY).explode().drop_nulls().unique())
    names = sorted(json.loads(key.removesuffix(":")) for key in keys.to_series())
    if not names:
        return frame.drop("extras")
    shape = pl.Struct([pl.Field(name, pl.String) for name in names])
    unfolded = frame.select(pl.col("extras").str.json_decode(shape)).unnest("extras")
    # A text that looks like a key is none; nothing stands in its column.
    filled = [column for column in unfolded if column.null_count() < len(column)]
    return frame.drop("extras").with_columns(filled)


_EXTRA_KEY: Final = r'"extra:(?:[^"\\]|\\.)*":'


def content_of(frame: pl.DataFrame, table: model.Table) -> pl.DataFrame:
    """Each row as (content, extras): the table's columns without the file it stood in, and what we don't know.

    Both are JSON. Content holds no empty columns, so that a row reads the same whichever reader made it.
    """
    names = _content_names(table)
    # An empty text is no text here: two readers may differ in that, and the item has not changed.
    filled = pl.col(pl.String).replace("", None)
    known = (
        text_of(frame, table).select(names).with_columns(filled).select(pl.struct(names).struct.json_encode())
    )
    # Inside a value a quote is escaped, so that only a real key is followed by `":null`.
    content = known.to_series().str.replace_all(r'"[a-z_]+":null,?', "").str.replace(r",\}$", "}")
    return pl.DataFrame({"content": content, "extras": extras_of(frame)})


def from_content(frame: pl.DataFrame, table: model.Table) -> pl.DataFrame:
    """What `content_of` made, as a frame of the table's columns without the place, and of what we don't know."""
    names = _content_names(table)
    fields = [
        pl.Field(name, pl.Int64() if table[name].dtype == pl.Int64() else pl.String()) for name in names
    ]
    known = frame.select(pl.col("content").str.json_decode(pl.Struct(fields)), "extras")
    return typed(with_extras(known.unnest("content")), table)


def without_nulls(extras: pl.Expr) -> pl.Expr:
    """Extras as JSON without the keys that hold nothing, to compare two of them."""
    return extras.str.replace_all(rf"(?:{_EXTRA_KEY})null,?", "").str.replace(r",\}$", "}")


def fingerprint(content: str) -> str:
    """A short digest of content."""
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _content_names(table: model.Table) -> list[str]:
    """The table's columns without the place of a row; an alias' `source` says who confirmed it, and is none."""
    return [column.name for column in table.columns if not (column.ours and column.name in _PLACE)]


_PLACE: Final = ("source", "position", "digest")


def highest(connection: Connection, table: Table, column: str) -> int:
    """The highest number in a column; 0 if there is none."""
    return int(connection.execute(select(func.max(table.c[column]))).scalar() or 0)


def numbered(frame: pl.DataFrame, seq: int, first: int = 0) -> pl.DataFrame:
    """Rows with their `nth`, counted from the first number on, and the run they belong to, `run_seq`."""
    nth = pl.int_range(first, first + frame.height, eager=True, dtype=pl.Int64).alias("nth")
    return frame.with_columns(nth, pl.lit(seq, dtype=pl.Int64).alias("run_seq"))
