"""What is read: each line's last proposal, what is settled of each item, what is not posted yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, MetaData, Select, Table, and_, func, select

from recon import model
from recon.net import net
from recon.store import chain, rows

END: Final = 2**62  # after all runs


def bank_lines(
    connection: Connection, tables: MetaData, line_ids: Iterable[str] | None = None
) -> pl.DataFrame:
    """Bank lines as first read, in the order they came; all, or those with these ids."""
    table = tables.tables["bank_lines"]
    schema = {**_kept(model.BANK_LINES), "extras": pl.String()}
    query = select(*[table.c[name] for name in schema]).order_by(table.c.run_seq, table.c.nth)
    if line_ids is None:
        found = rows.fetch(connection, query, schema)
    else:
        found = rows.matching(connection, query, table.c.line_id, line_ids, schema)
    return rows.with_extras(rows.typed(found, model.BANK_LINES))


def booked(
    connection: Connection,
    tables: MetaData,
    days: tuple[date, date],
    formats: Collection[str],
    *,
    others: bool,
) -> pl.DataFrame:
    """Bank lines booked from one day to another, first read in files of these formats, or of any others."""
    lines, inputs = tables.tables["bank_lines"], tables.tables["inputs"]
    of = select(inputs.c.digest).where(inputs.c.format.in_(sorted(formats)))
    names = ("line_id", "source", "account", "currency", "amount", "booking_date")
    schema = dict.fromkeys(names, pl.String())
    # As nearly always: then no line is looked at.
    if not others and connection.execute(of.limit(1)).first() is None:
        return rows.typed(pl.DataFrame(schema=schema), model.BANK_LINES)
    among = func.coalesce(lines.c.digest, "").in_(of)
    query = select(*[lines.c[name] for name in names]).where(
        lines.c.booking_date.between(days[0].isoformat(), days[1].isoformat()), ~among if others else among
    )
    return rows.typed(rows.fetch(connection, query, schema), model.BANK_LINES)


def clashes(connection: Connection, tables: MetaData, lines: pl.DataFrame) -> pl.DataFrame:
    """The lines whose id an earlier run gave to another line: of another day, amount or currency."""
    table = tables.tables["bank_lines"]
    names = ["line_id", "booking_date", "amount", "currency"]
    query = select(*[table.c[name] for name in names])
    found = rows.matching(
        connection, query, table.c.line_id, lines["line_id"], dict.fromkeys(names, pl.String)
    )
    known = rows.typed(found, model.BANK_LINES)
    scales = model.scales_of([(model.BANK_LINES, lines), (model.BANK_LINES, known)])
    columns = ["line_id", "booking_date", "amount_minor", "currency"]
    told = model.inside(known, model.BANK_LINES, scales).select(columns)
    ours = model.inside(lines, model.BANK_LINES, scales).select(columns).with_row_index("row")
    other = ours.join(told, on="line_id", how="semi").join(told, on=columns, how="anti", nulls_equal=True)
    return lines[other["row"].sort()]


def open_items(
    connection: Connection, tables: MetaData, item_ids: Iterable[str] | None = None
) -> pl.DataFrame:
    """The last extract as it was read; or the items with these ids as last seen, though they be gone since."""
    table = tables.tables["items_seen"]
    schema = {"digest": pl.String, "content": pl.String, "extras": pl.String}
    if item_ids is None:
        last = select(table.c.item_id, func.max(table.c.run_seq).label("seq")).group_by(table.c.item_id)
        return _as_items(rows.fetch(connection, _items_at(table, last, present=True), schema))
    # The last sight of each wanted item by itself: that of all items would be looked through for each of them.
    other = table.alias()
    seen = (other.c.item_id == table.c.item_id) & (other.c.present == 1)
    newest = select(func.max(other.c.run_seq)).where(seen).correlate(table).scalar_subquery()
    query = (
        select(table.c.digest, table.c.content, table.c.extras)
        .where(table.c.present == 1, table.c.run_seq == newest)
        .order_by(table.c.item_id, table.c.nth)
    )
    return _as_items(rows.matching(connection, query, table.c.item_id, item_ids, schema))


def open_items_at(connection: Connection, tables: MetaData, seq: int) -> pl.DataFrame:
    """The extract that a run read."""
    table = tables.tables["items_seen"]
    last = select(table.c.item_id, func.max(table.c.run_seq).label("seq")).where(table.c.run_seq <= seq)
    query = _items_at(table, last.group_by(table.c.item_id), present=True)
    schema = {"digest": pl.String, "content": pl.String, "extras": pl.String}
    return _as_items(rows.fetch(connection, query, schema))


def _as_items(found: pl.DataFrame) -> pl.DataFrame:
    items = rows.from_content(found, model.OPEN_ITEMS).with_columns(found["digest"])
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in model.OPEN_ITEMS.outer_schema.items()
        if name not in items.columns
    ]
    extras = [name for name in items.columns if name.startswith(model.EXTRA)]
    return items.with_columns(missing).select(*model.OPEN_ITEMS.names, *extras)


def _items_at(table: Table, last: Select[Any], *, present: bool) -> Select[Any]:
    at = last.subquery()
    return (
        select(table.c.digest, table.c.content, table.c.extras)
        .join(at, (table.c.item_id == at.c.item_id) & (table.c.run_seq == at.c.seq))
        .where(table.c.present == int(present))
        .order_by(table.c.item_id, table.c.nth)
    )


_LINES: Final[dict[str, Any]] = {**model.LINES.outer_schema, "row_hash": pl.String(), "run_id": pl.String()}


def proposals(connection: Connection, tables: MetaData) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lines (with row_hash and run_id), allocations and exceptions: of each line the last that was proposed.

    A line that came again after it was settled keeps the proposal that was settled.
    """
    table, runs = tables.tables["proposals"], tables.tables["runs"]
    last = (
        select(table.c.line_id, func.max(table.c.run_seq).label("seq"))
        .where(table.c.again == 0)
        .group_by(table.c.line_id)
        .subquery()
    )
    at = (table.c.line_id == last.c.line_id) & (table.c.run_seq == last.c.seq)
    columns = [table.c[name] for name in (*model.LINES.names, "row_hash")]
    query = select(*columns, runs.c.run_id).join(last, at).join(runs, runs.c.seq == table.c.run_seq)
    lines = rows.fetch(connection, query.order_by(table.c.run_seq, table.c.nth), _LINES)
    parts = []
    for name, model_table in (
        ("proposal_allocations", model.ALLOCATIONS),
        ("proposal_exceptions", model.EXCEPTIONS),
    ):
        part = tables.tables[name]
        at = (part.c.line_id == last.c.line_id) & (part.c.run_seq == last.c.seq)
        query = select(*[part.c[column] for column in model_table.names]).join(last, at)
        found = rows.fetch(connection, query.order_by(part.c.run_seq, part.c.nth), _kept(model_table))
        parts.append(rows.typed(found, model_table))
    return lines, parts[0], parts[1]


def accepted(connection: Connection, tables: MetaData, before: int = END) -> pl.DataFrame:
    """Everything that was accepted before that run, in the order it was."""
    table = tables.tables["accepted"]
    query = select(*[table.c[name] for name in model.ACCEPTED.names]).where(table.c.run_seq < before)
    return rows.fetch(connection, query.order_by(table.c.nth), model.ACCEPTED.outer_schema)


def tolerated(connection: Connection, tables: MetaData, before: int = END) -> pl.DataFrame:
    """Small differences that were accepted before that run, with their line's day; see model.TOLERATED."""
    table, lines = tables.tables["accepted"], tables.tables["bank_lines"]
    columns = [table.c.customer_id, table.c.currency, lines.c.booking_date, table.c.deduction.label("amount")]
    query = (
        select(*columns, table.c.line_id, table.c.item_id)
        .join(lines, lines.c.line_id == table.c.line_id)
        .where(table.c.deduction_type == "TOL", table.c.run_seq < before)
        .order_by(table.c.nth)
    )
    found = rows.fetch(
        connection, query, dict.fromkeys([*model.TOLERATED.names, "line_id", "item_id"], pl.String())
    )
    left = net(found, ["line_id", "item_id"], model.TOLERATED)
    return rows.typed(left.select(model.TOLERATED.names), model.TOLERATED)


def paid(connection: Connection, tables: MetaData, before: int = END) -> pl.DataFrame:
    """Which line last paid each item, of what was accepted before that run; see model.PAID."""
    table, lines, turned = (tables.tables[name] for name in ("accepted", "bank_lines", "settlements"))
    taken = and_(table.c.item_id != "", table.c.run_seq < before)
    once = table.c.line_id.not_in(
        select(turned.c.line_id).where(turned.c.turn > 1, turned.c.run_seq < before)
    )
    last = select(func.max(table.c.nth)).where(taken, once).group_by(table.c.item_id)
    schema = {"nth": pl.Int64(), **dict.fromkeys(model.PAID.names, pl.String())}
    columns = [table.c.nth, table.c.item_id, table.c.line_id, lines.c.booking_date]
    told = select(*columns).join(lines, lines.c.line_id == table.c.line_id)
    settled_once = rows.fetch(connection, told.where(table.c.nth.in_(last)), schema)
    more = {"currency": pl.String(), "amount": pl.String(), "deduction": pl.String()}
    again = told.add_columns(*[table.c[name] for name in more]).where(taken, ~once).order_by(table.c.nth)
    kept = net(rows.fetch(connection, again, {**schema, **more}), ["line_id", "item_id"], model.ACCEPTED)
    found = pl.concat([settled_once, kept.select(settled_once.columns)]).sort("nth")
    latest = found.unique("item_id", keep="last").sort("item_id")
    return rows.typed(latest.select(model.PAID.names), model.PAID)


def unposted(connection: Connection, tables: MetaData) -> pl.DataFrame:
    """What was accepted and is in no posting file yet, in the order it was accepted."""
    table, postings = tables.tables["accepted"], tables.tables["postings"]
    query = (
        select(*[table.c[name] for name in model.ACCEPTED.names])
        .outerjoin(postings, and_(postings.c.line_id == table.c.line_id, postings.c.turn == table.c.turn))
        .where(postings.c.line_id.is_(None))
        .order_by(table.c.nth)
    )
    return rows.fetch(connection, query, model.ACCEPTED.outer_schema)


def posted_rows(connection: Connection, tables: MetaData, line_ids: Iterable[str]) -> pl.DataFrame:
    """What was accepted of these lines in turns that are in a posting file, in the order it was accepted."""
    table, postings = tables.tables["accepted"], tables.tables["postings"]
    same = and_(postings.c.line_id == table.c.line_id, postings.c.turn == table.c.turn)
    query = select(*[table.c[name] for name in model.ACCEPTED.names], table.c.nth).join(postings, same)
    schema = {**model.ACCEPTED.outer_schema, "nth": pl.Int64()}
    return rows.matching(connection, query, table.c.line_id, line_ids, schema).sort("nth").drop("nth")


def on_account(connection: Connection, tables: MetaData) -> pl.DataFrame:
    """Cash accepted on account that the last extract can't know.

    It is in no posting file yet, or no run has read a new extract since its posting file was made.

    Returns: line_id, customer_id, booking_date, amount, currency, taken (the run after which it was accepted).
    """
    table, lines, postings = (tables.tables[name] for name in ("accepted", "bank_lines", "postings"))
    columns = [table.c.line_id, table.c.customer_id, lines.c.booking_date, table.c.amount, table.c.currency]
    query = (
        select(*columns, table.c.run_seq.label("taken"), postings.c.batch_id)
        .join(lines, lines.c.line_id == table.c.line_id)
        .outerjoin(postings, and_(postings.c.line_id == table.c.line_id, postings.c.turn == table.c.turn))
        .where(table.c.item_id == "")
        .order_by(table.c.nth)
    )
    schema = {column.name: pl.String() for column in columns} | {"taken": pl.Int64(), "batch_id": pl.String()}
    known = pl.Series(sorted(_extracted(connection, tables)), dtype=pl.String)
    found = rows.fetch(connection, query, schema)
    found = found.filter(~pl.col("batch_id").fill_null("").is_in(known.implode()))
    left = net(found, ["line_id", "customer_id", "currency"], model.ACCEPTED)
    return left.drop("batch_id").with_columns(pl.col("booking_date").str.to_date())


def _extracted(connection: Connection, tables: MetaData) -> set[str]:
    """Posting files since which a run read an extract of open items that no run had read before.

    The chain says what came after what, whatever clocks said. The same extract again knows no more than it did.
    """
    links, inputs = tables.tables["chain"], tables.tables["inputs"]
    extracts: dict[str, set[str]] = {}
    query = select(inputs.c.run_seq, inputs.c.digest).where(inputs.c.kind == str(model.Kind.ITEMS))
    for seq, digest in connection.execute(query):
        extracts.setdefault(str(seq), set()).add(digest)
    known: set[str] = set()
    waiting: set[str] = set()
    seen: set[str] = set()
    for what, key in connection.execute(select(links.c.what, links.c.key).order_by(links.c.nth)):
        if what == chain.POSTING:
            waiting.add(key)
        elif what == chain.RUN:
            new = extracts.get(key, set()) - seen
            if new:
                known |= waiting
                waiting = set()
            seen |= new
    return known


def first_seen(connection: Connection, tables: MetaData, item_ids: Iterable[str]) -> dict[str, int]:
    """The run that first read each of these items."""
    table = tables.tables["items_seen"]
    query = select(table.c.item_id, func.min(table.c.run_seq).label("seq")).group_by(table.c.item_id)
    schema = {"item_id": pl.String(), "seq": pl.Int64()}
    return dict(rows.matching(connection, query, table.c.item_id, item_ids, schema).iter_rows())


def decided(connection: Connection, tables: MetaData, before: int = END) -> pl.DataFrame:
    """Every decision before that run, in the order they came, with decided_at."""
    table = tables.tables["decisions"]
    schema = {**_kept(model.DECIDED), "settles": pl.Int64(), "decided_at": pl.String()}
    columns = [table.c["place" if name == "where" else name] for name in schema]
    query = select(*columns).where(table.c.run_seq < before).order_by(table.c.nth)
    found = rows.fetch(connection, query, schema)
    return found.with_columns(pl.col("settles").cast(pl.Boolean))


def settled_items(connection: Connection, tables: MetaData, before: int = END) -> pl.DataFrame:
    """What was accepted of each item since each extract that counts, before that run; see model.SETTLED.

    The extracts that count are the last one before the first acceptance, and those after it in which the item
    had changed.

    Example: 100.00 open in run 1, 40.00 accepted then; 60.00 open in run 3, 10.00 accepted then -> two rows:
        100.00 with 50.00 settled since, and 60.00 with 10.00 settled since.
    """
    taken = _taken(connection, tables, before)
    if taken.is_empty():
        return model.SETTLED.empty_outside()
    table = tables.tables["items_seen"]
    schema = {"item_id": pl.String, "currency": pl.String, "open_amount": pl.String, "seen": pl.Int64}
    query = select(table.c.item_id, table.c.currency, table.c.open_amount, table.c.run_seq)
    present = query.where(table.c.present == 1, table.c.run_seq < before)
    found = rows.matching(connection, present, table.c.item_id, taken["item_id"], schema)
    first = taken.group_by("item_id", "currency").agg(pl.col("taken").min().alias("first"))
    seen = first.join(found, on=["item_id", "currency"], how="left", maintain_order="left")
    start = pl.col("seen").filter(pl.col("seen") <= pl.col("first")).max().over("item_id", "currency")
    seen = seen.filter(pl.col("seen").is_null() | start.is_null() | (pl.col("seen") >= start))

    scales = model.scales_of([(model.SETTLED, seen), (model.ACCEPTED, taken)])
    minor = model.inside(taken, model.ACCEPTED, scales).select(
        "item_id",
        "currency",
        "taken",
        (pl.col("amount_minor") + pl.col("deduction_minor").fill_null(0)).alias("cash"),
    )
    ever = minor.group_by("item_id", "currency").agg(pl.col("cash").sum().alias("settled_ever_minor"))
    keys = ["item_id", "currency"]
    since = (
        seen.with_row_index("row")
        .join(minor, on=keys)
        .filter(pl.col("seen").is_null() | (pl.col("taken") >= pl.col("seen")))
        .group_by("row")
        .agg(pl.col("cash").sum().alias("settled_minor"))
    )
    inner = (
        model.inside(seen.with_row_index("row").select("row", *keys, "open_amount"), model.SETTLED, scales)
        .drop("settled_minor", "settled_ever_minor")
        .join(since, on="row", how="left")
        .join(ever, on=keys, how="left")
        .with_columns(pl.col("settled_minor").fill_null(0))
        .sort("item_id", "currency", "row")
    )
    return model.outside(inner.drop("row"), model.SETTLED, scales)


def _taken(connection: Connection, tables: MetaData, before: int) -> pl.DataFrame:
    """Accepted cash and deductions of items, with the run after whose extract they were taken."""
    table = tables.tables["accepted"]
    columns = ("item_id", "currency", "amount", "deduction", "run_seq")
    query = select(*[table.c[name] for name in columns]).order_by(table.c.nth)
    query = query.where(table.c.item_id != "", table.c.run_seq < before)
    schema = dict.fromkeys(columns, pl.String()) | {"run_seq": pl.Int64()}
    return rows.fetch(connection, query, schema).rename({"run_seq": "taken"})


def runs(connection: Connection, tables: MetaData) -> pl.DataFrame:
    """Every run as its row, finished ones first, in the order they count."""
    table = tables.tables["runs"]
    schema = {name: pl.Int64() if name in ("seq", "whole") else pl.String() for name in table.columns.keys()}  # noqa: SIM118 - a SQLAlchemy collection iterates over columns, not names
    query = select(table).order_by(table.c.seq.is_(None), table.c.seq, table.c.started, table.c.run_id)
    return rows.fetch(connection, query, schema)


def posted(connection: Connection, tables: MetaData) -> pl.DataFrame:
    """Every posting file in the order they came: (batch_id, format, created, who, lines)."""
    batches, postings = tables.tables["batches"], tables.tables["postings"]
    told = [batches.c[name] for name in ("batch_id", "format", "created", "who")]
    query = (
        select(*told, func.count(postings.c.line_id.distinct()).label("lines"))
        .join(postings, postings.c.batch_id == batches.c.batch_id)
        .group_by(*told, batches.c.nth)
        .order_by(batches.c.nth)
    )
    schema = dict.fromkeys(["batch_id", "format", "created", "who"], pl.String()) | {"lines": pl.Int64()}
    return rows.fetch(connection, query, schema)


def posting_days(connection: Connection, tables: MetaData) -> pl.DataFrame:
    """Each bank line that is in a posting file, with the moment at which the first of them was made.

    Returns: line_id, created.
    """
    batches, postings = tables.tables["batches"], tables.tables["postings"]
    first = func.min(batches.c.created).label("created")
    query = (
        select(postings.c.line_id, first)
        .join(batches, postings.c.batch_id == batches.c.batch_id)
        .group_by(postings.c.line_id)
    )
    found = rows.fetch(connection, query, dict.fromkeys(["line_id", "created"], pl.String()))
    return found.sort("line_id")


def _kept(table: model.Table) -> dict[str, Any]:
    """A table's columns as the database keeps them: everything is text, except numbers of rows."""
    return {
        name: pl.Int64() if dtype == pl.Int64() else pl.String() for name, dtype in table.outer_schema.items()
    }
