"""BAI2: cash management balance reports. A 16 is a bank line, an account (03) of a group (02) is a statement.

Whole columns: records from lines, fields from records, bank lines from fields; only what is not a 16 is looked at one
by one. Sources: Cash Management Balance Reporting Specifications, Version 2 (BAI), and what banks send as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from recon.ingest import bai2_entries, bai2_records, columnar, decoding, finish
from recon.ingest.amounts import WHOLE_MAX
from recon.ingest.bai2_summary import Account, Record, Walk
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Kind, Reading, exponent, money_expr
from recon.problems import Problem

_MINE: Final = re.compile(rb"^01,[^,\r\n]*,[^,\r\n]*,\s*\d{6,8}\s*,[^,\r\n]*,")
_GROUP: Final = re.compile(rb"[\r\n/][^\S\r\n]*02,")
_ENDS: Final = ("01", "02", "49", "98", "99")
_HALF: Final = 10**9  # sums of either half fit 64 bits


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the file begins with a file header and has a group."""
    if request.profile or not decoding.is_text(source.head):
        return []
    head = decoding.decode(source.head).text.lstrip().encode()
    if not _MINE.match(head) or not _GROUP.search(head):
        return []
    return [Claim("", Kind.BANK, partial(_read, source))]


def _read(source: Source) -> Reading:
    blocks = decoding.Blocks(source)
    walk = Walk(source)
    before = _Before()
    parts: list[pl.DataFrame] = []
    problems: list[Problem] = []
    left_out: list[Problem] = []
    for text in bai2_records.blocks(blocks):
        records, junk = bai2_records.records(text, before.lines + 1)
        before.lines += text.count("\n") + 1
        what = "the line is no record that is known; it was left out"
        problems += [Problem("tag-unknown", source.at(position), what) for position in junk]
        lines, found = _lines(bai2_entries.split(records), before, walk)
        left_out += found
        parts.append(lines)
    walk.ended(before.position)
    if blocks.lost:
        what = f"{blocks.lost:,} characters are in no encoding that is known"
        problems.append(Problem("encoding", source.name, what, "ask the bank for UTF-8"))
    heads = [account.head for account in walk.accounts]
    table, statements, said = columnar.assemble(source, heads, columnar.joined(parts))
    problems += [*walk.problems, *left_out, *said]
    return finish.reading(
        source, "bai2", "", Kind.BANK, table=table, statements=statements, problems=problems
    )


@dataclass
class _Before:
    """What was counted in the blocks before."""

    lines: int = 0
    records: int = 0
    high: int = 0
    low: int = 0
    accounts: int = 0
    head: int = -1  # the account that is open
    position: int = 1  # of the last record


def _lines(records: pl.DataFrame, before: _Before, walk: Walk) -> tuple[pl.DataFrame, list[Problem]]:
    """The bank lines of a block's records."""
    records = _counted(records, before)
    walk.through(_others(records))
    entries = bai2_entries.fields(records.filter(pl.col("code") == bai2_entries.ENTRY))
    height = entries.height
    entries, found = _placed(entries, walk.accounts, walk.source)
    assert entries.height + len(found) == height, "a record got lost"
    lines, more = bai2_entries.lines(entries, walk.source)
    return lines, [*found, *more]


def _counted(records: pl.DataFrame, before: _Before) -> pl.DataFrame:
    """Records with what a trailer says of those before: how many lines, and the sums of the amounts of 16s.

    And with the number of the account that each is in, -1 outside of one. `before` goes on to the end of the block.
    """
    amount = pl.col("written").fill_null(0)
    first = pl.col("code") == "03"
    account = (
        pl.when(first)
        .then(first.cum_sum().cast(pl.Int64) - 1 + before.accounts)
        .when(pl.col("code").is_in(_ENDS))
        .then(-1)
    )
    counted = records.with_columns(
        (pl.col("lines").cum_sum() + before.records).alias("counted"),
        ((amount // _HALF).cum_sum() + before.high).alias("high"),
        ((amount % _HALF).cum_sum() + before.low).alias("low"),
        account.forward_fill().fill_null(before.head).alias(columnar.HEAD),
    )
    if counted.height:
        last = counted.select("counted", "high", "low", columnar.HEAD, "position").row(-1)
        before.records, before.high, before.low, before.head, before.position = last
        before.accounts += counted.filter(first).height
    return counted


def _others(records: pl.DataFrame) -> Iterator[Record]:
    """All records but the 16s, as `Record` wants them."""
    others = records.filter(pl.col("code") != bai2_entries.ENTRY)
    for *said, high, low in others.select(
        "position", "code", "text", "lines", "counted", "high", "low"
    ).iter_rows():
        position, code, text, lines, counted = said
        yield Record(position, code, text, lines, counted, high * _HALF + low)


def _placed(
    entries: pl.DataFrame, accounts: Sequence[Account], source: Source
) -> tuple[pl.DataFrame, list[Problem]]:
    """Entries with their account's day and currency and their amount as decimal text, without those that lack one."""
    stray = pl.col(columnar.HEAD) < 0
    what = "the entry is of no account; it was left out"
    placed, problems = columnar.left_out(entries, stray, source, "entry-unread", what, "ask the bank")
    placed = placed.with_columns(
        columnar.of_heads(placed, "booking_date", [account.day for account in accounts], pl.Date()),
        columnar.of_heads(placed, "currency", [account.head.currency for account in accounts]),
        columnar.of_heads(placed, "status", [account.status for account in accounts]),
    )
    scales = {account.head.currency: exponent(account.head.currency) for account in accounts}
    limit = pl.col("currency").replace_strict(
        list(scales),
        [10 ** (WHOLE_MAX + scale) for scale in scales.values()],
        default=0,
        return_dtype=pl.Int64,
    )
    for mask, code, what, hint in (
        (
            pl.col("status") != "",
            "entry-unbooked",
            "the entry's group is a deletion or only a test; it was left out",
            "",
        ),
        (
            pl.col("kind") == "890",
            "entry-unbooked",
            "the entry carries no money (type 890); it was left out",
            "",
        ),
        (
            pl.col("direction").is_null(),
            "entry-unread",
            "the type code says neither credit nor debit; the entry was left out",
            "look at the entry",
        ),
        (
            pl.col("written").is_null() | (pl.col("written").abs() >= limit),
            "value-amount",
            "the amount can't be read, or is larger than money can be; the entry was left out",
            "BAI2 writes amounts without a point",
        ),
        (
            pl.col("booking_date").is_null(),
            "entry-unread",
            "the entry has no day, nor has its group; it was left out",
            "ask the bank",
        ),
    ):
        placed, found = columnar.left_out(placed, mask, source, code, what, hint)
        problems += found
    signed = pl.col("written") * pl.col("direction")
    return placed.with_columns(money_expr(signed, scales or {"": 2}).alias("amount")), problems


READER = Reader("bai2", claims)
