"""The tables that reports are made from, by name. A report says which of them it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from recon.model import (
    ALIASES,
    CUSTOMERS,
    EXCEPTIONS,
    MONTH_TABLES,
    OPEN_ITEMS,
    SUCCESSIONS,
    Column,
    Table,
)


def _money(name: str, what: str) -> Column:
    return Column(name, what, money=True)


def _count(name: str, what: str) -> Column:
    return Column(name, what, pl.Int64())


# What is open of each item after all that was accepted; `extract` is what the ledger's extract says.
ITEMS: Final = Table(
    "open_items", (*OPEN_ITEMS.columns, _money("extract", "what the ledger's extract says is open"))
)

ON_ACCOUNT: Final = Table(
    "on_account",
    (
        Column("line_id", "the bank line"),
        Column("customer_id", "whose account it goes to; empty = not known"),
        Column("booking_date", "the day of the bank line", pl.Date()),
        _money("amount", "cash accepted on account that the ledger's extract does not know yet"),
        Column("currency", "ISO 4217 code"),
    ),
)

LINES: Final = Table(
    "lines",
    (
        Column("line_id", "the bank line"),
        Column("account", "our bank account"),
        Column("booking_date", "the day the bank booked it", pl.Date()),
        _money("amount", "credits positive, debits negative"),
        Column("currency", "ISO 4217 code"),
        Column("outcome", "what was last proposed: auto, suggested, exception or not_receivable"),
        Column("code", "the first exception code, or the evidence code"),
        Column("settled", "by whom it is settled as it stands: rule, person, or empty = it waits"),
        Column("turned_back", "yes, where a rule had settled it and a person took it back or moved it"),
        Column("decision", "the last decision that was taken on it; empty = none"),
    ),
)

RUNS: Final = Table(
    "runs",
    (
        Column("run_id", "the run"),
        Column("started", "when, to the minute"),
        Column("as_of", "its as-of date", pl.Date()),
        Column("who", "login of whoever ran it"),
        Column("rules", "name of its rules"),
        _count("files", "files read"),
        _count("lines", "bank lines, of all currencies"),
        Column("currency", "ISO 4217 code; a row for each currency of the run"),
        _money("bank_lines", "sum of the bank lines"),
        _money("allocated_auto", "allocated automatically"),
        _money("allocated_suggested", "allocated by suggestions"),
        _money("on_account", "on account"),
        _money("exceptions", "neither allocated nor on account"),
        _money("not_receivable", "not receivable"),
        _money("duplicates", "lines that came twice"),
        _money("difference", "what is left of the sum; nought, or the run would have stopped"),
        _count("problems", "problems of the input"),
        _count("left_out", "statements, other lines and files that were left out"),
    ),
)

FILES: Final = Table(
    "files",
    (
        Column("run_id", "the run"),
        Column("file", "the file's name as it was given"),
        Column("kind", "bank, items, remittance, customers, aliases or closed_items"),
        Column("format", "csv, xlsx, mt940, camt.053, ..."),
        Column("profile", "the column profile; empty = the format says which field is which"),
        _count("rows", "rows that were read"),
        Column("currency", "ISO 4217 code; a row for each currency of the file"),
        _money("sum", "the file's control total"),
    ),
)

POSTINGS: Final = Table(
    "postings",
    (
        Column("batch_id", "the posting file"),
        Column("format", "its format"),
        Column("created", "when, to the minute"),
        Column("who", "login of whoever posted it"),
        _count("lines", "bank lines in it"),
    ),
)

CLOSED: Final = Table("closed_items", OPEN_ITEMS.columns)

STANDING: Final = Table(
    "standing",
    (
        Column("line_id", "the bank line"),
        Column("account", "our bank account"),
        Column("booking_date", "the day the bank booked it", pl.Date()),
        Column("item_id", "the open item; empty = on account"),
        Column("customer_id", "whose account it goes to; empty = not known"),
        _money("amount", "cash that is accepted; negative for a credit note"),
        Column("currency", "ISO 4217 code"),
        _money("deduction", "what the item is settled by besides cash"),
        Column("deduction_type", "TDS, CIS, DISC, TOL, WO, ..."),
        Column("plan_id", "repayment plan of its item, as an extract last said"),
    ),
)

STATEMENTS: Final = Table(
    "statements",
    (
        Column("account", "our bank account"),
        Column("currency", "ISO 4217 code"),
        _money("opening", "balance at its beginning"),
        _money("closing", "balance at its end"),
        Column("first", "booking day of its first line", pl.Date()),
        Column("last", "booking day of its last line", pl.Date()),
    ),
)

POSTED: Final = Table(
    "posted",
    (
        Column("line_id", "a bank line that is settled"),
        Column("booking_date", "the day the bank booked it", pl.Date()),
        Column("posted", "the day of its first posting file; empty = it is in none yet", pl.Date()),
        _money("amount", "the line's amount"),
        Column("currency", "ISO 4217 code"),
    ),
)

TABLES: Final[Mapping[str, Table]] = {
    table.name: table
    for table in (
        ITEMS,
        ON_ACCOUNT,
        CUSTOMERS,
        ALIASES,
        SUCCESSIONS,
        LINES,
        EXCEPTIONS,
        RUNS,
        FILES,
        POSTINGS,
        CLOSED,
        STANDING,
        STATEMENTS,
        POSTED,
        *MONTH_TABLES.values(),
    )
}
