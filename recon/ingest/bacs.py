"""Bacs Standard 18: the 100 characters of each payment, as a bank hands them on to whose account they concern.

    destination   0-5 sort code, 6-13 account, 14 type of account
    transaction   15-16 code: 99 credit; 01, 17, 18, 19 a direct debit of its originator's
    originator    17-22 sort code, 23-30 account
    amount        35-45 in pence
    texts         46-63 user's name, 64-81 user's reference, 82-99 name of the destination account
    day           100-105 ` YYDDD`, where a record has 106 characters; else that of the UHL1 label

Positions count from 0. A credit is money into the destination account; a direct debit collected is money into the
originator's. Records that only balance a file (contras, from and to one account) are no payments and left out. The
UTL1 label says sums and counts, which are checked. Positions as Bacs' Standard 18 has them; a file of payments that
we make ourselves reads as receipts of those we pay: accounts that are not ours show it.
"""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import Final

import polars as pl

from recon.fill import fill
from recon.ingest import columnar, decoding, finish
from recon.ingest.columnar import Head
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Kind, Reading, money_expr
from recon.problems import Problem

CURRENCY: Final = "GBP"
_RECORD: Final = re.compile(r"^[0-9]{14}[0-9 ](?:[0-9][0-9]|Z[4-9]|0[NCS])[0-9]{14}.{4}[0-9]{11}.*[A-Za-z]")
_LABEL: Final = re.compile(r"^(?:VOL1|HDR[12]|UHL1|EOF[12]|EOV[12]|UTL1)")
_WIDTHS: Final = (100, 106)
_CREDIT: Final = "99"
_COLLECTED: Final = ("01", "17", "18", "19")
# Our column -> from, how many characters; for money into the destination account and into the originator's.
_INTO_DESTINATION: Final = {
    "sort_code": (0, 6),
    "number": (6, 8),
    "their_sort_code": (17, 6),
    "their_number": (23, 8),
    "counterparty": (46, 18),
    "reference": (64, 18),
}
_INTO_ORIGINATOR: Final = {
    "sort_code": (17, 6),
    "number": (23, 8),
    "their_sort_code": (0, 6),
    "their_number": (6, 8),
    "counterparty": (82, 18),
    "reference": (64, 18),
}


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the file is made of such records, with or without labels around them."""
    if request.profile or not decoding.is_text(source.head):
        return []
    lines = [line for line in decoding.decode(source.head).text.splitlines()[:20] if line.strip()]
    lines = lines[:-1] if len(source.head) < source.size else lines
    records = [line for line in lines if not _LABEL.match(line)]
    if not records or not all(_RECORD.match(line) for line in records):
        return []
    return [Claim("", Kind.BANK, partial(_read, source))]


def _read(source: Source) -> Reading:
    decoded = decoding.decode(source.load())
    text = pl.Series("text", decoded.text.splitlines(), dtype=pl.String).str.strip_chars_end("\r\x1a ")
    rows = text.to_frame().with_row_index("position", offset=1).cast({"position": pl.Int64})
    rows = rows.filter(pl.col("text") != "")
    labels = rows.filter(pl.col("text").str.contains(_LABEL.pattern))
    records = rows.join(labels, on="position", how="anti", maintain_order="left")
    problems: list[Problem] = []
    if decoded.lost:
        what = f"{decoded.lost:,} characters are in no encoding that is known"
        problems.append(Problem("encoding", source.name, what, "ask the bank for the file again"))
    odd = ~pl.col("text").str.contains(_RECORD.pattern)
    records, found = columnar.left_out(
        records,
        odd,
        source,
        "entry-unread",
        "this is no record of Standard 18; it was left out",
        "ask the bank",
    )
    problems += found
    records = _parted(records, _day(labels))
    told = _control(records, labels)
    payments, more = _payments(records, source)
    lines, heads = _lines(payments, told)
    table, statements, said = columnar.assemble(source, heads, lines)
    problems += [*more, *said]
    return finish.reading(
        source, "bacs", "", Kind.BANK, table=table, statements=statements, problems=problems
    )


def _parted(records: pl.DataFrame, day: date | None) -> pl.DataFrame:
    """Records with code, amount in pence and day; `contra` where both accounts are one."""
    text = pl.col("text").str
    stated = text.slice(100, 6).str.strip_chars()
    return records.with_columns(
        text.slice(15, 2).alias("code"),
        pence=text.slice(35, 11).cast(pl.Int64),
        contra=text.slice(0, 14) == text.slice(17, 14),
        booking_date=pl.when(stated != "")
        .then(stated.str.to_date("%y%j", strict=False))
        .otherwise(pl.lit(day, dtype=pl.Date)),
    )


def _day(labels: pl.DataFrame) -> date | None:
    """The processing day of the UHL1 label: ` YYDDD` behind its name."""
    found = labels.filter(pl.col("text").str.starts_with("UHL1")).select(
        pl.col("text").str.slice(4, 6).str.strip_chars().str.to_date("%y%j", strict=False)
    )
    return found.item(0, 0) if found.height else None


def _control(records: pl.DataFrame, labels: pl.DataFrame) -> str:
    """What the UTL1 label says and the file does not hold: sums in pence and counts of debits and credits."""
    said = labels.filter(pl.col("text").str.contains(r"^UTL1[0-9]{40}"))
    if said.is_empty():
        return ""
    text = said["text"][-1]
    credit = pl.col("code") == _CREDIT
    sums = records.select(
        debit=pl.col("pence").filter(~credit).sum(),
        credit=pl.col("pence").filter(credit).sum(),
        debits=(~credit).sum(),
        credits=credit.sum(),
    ).row(0)
    stated = tuple(int(text[start:end]) for start, end in ((4, 17), (17, 30), (30, 37), (37, 44)))
    if sums == stated:
        return ""
    names = ("debits in pence", "credits in pence", "debit records", "credit records")
    told = [
        f"{name} {has:,} (UTL1 says {said:,})"
        for name, has, said in zip(names, sums, stated, strict=True)
        if has != said
    ]
    return f"the file holds {', '.join(told)}"


def _payments(records: pl.DataFrame, source: Source) -> tuple[pl.DataFrame, list[Problem]]:
    """Records that are money for an account, without contras; and a problem for each that can't be one."""
    problems: list[Problem] = []
    # Blanks at the end of a record are often lost on the way.
    records = records.filter(~pl.col("contra")).with_columns(_whole().alias("text"))
    for mask, code, what, hint in (
        (
            ~pl.col("code").is_in([_CREDIT, *_COLLECTED]),
            "entry-unbooked",
            "the record's transaction code carries no money; it was left out",
            "99 is a credit; 01, 17, 18 and 19 are direct debits",
        ),
        (
            ~pl.col("text").str.len_chars().is_in(_WIDTHS),
            "entry-unread",
            "the record has neither 100 nor 106 characters; it was left out",
            "export the file without changing it",
        ),
        (
            pl.col("booking_date").is_null(),
            "entry-unread",
            "neither the record nor a label UHL1 says its day; it was left out",
            "ask for the file with its labels",
        ),
    ):
        records, found = columnar.left_out(records, mask, source, code, what, hint)
        problems += found
    return records, problems


def _whole() -> pl.Expr:
    width = pl.col("text").str.len_chars()
    return pl.when(width < _WIDTHS[0]).then(pl.col("text").str.pad_end(_WIDTHS[0])).otherwise("text")


def _lines(payments: pl.DataFrame, broken: str) -> tuple[pl.DataFrame, list[Head]]:
    """Bank lines, and a statement without balances for each account that is paid into."""
    into = pl.col("code") == _CREDIT

    def cut(name: str) -> pl.Expr:
        here, there = _INTO_DESTINATION[name], _INTO_ORIGINATOR[name]
        text = pl.col("text").str
        return pl.when(into).then(text.slice(*here)).otherwise(text.slice(*there)).str.strip_chars()

    parted = payments.with_columns([cut(name).alias(name) for name in _INTO_DESTINATION])
    lines = parted.select(
        pl.lit("").alias("line_id"),
        "position",
        "booking_date",
        pl.lit(None, dtype=pl.Date).alias("value_date"),
        money_expr(pl.col("pence"), {CURRENCY: 2}).alias("amount"),
        pl.lit(CURRENCY).alias("currency"),
        _account(pl.col("sort_code"), pl.col("number")).alias("account"),
        pl.when(into).then(pl.lit("BGC")).otherwise(pl.lit("DD")).alias("type"),
        "counterparty",
        _account(pl.col("their_sort_code"), pl.col("their_number")).alias("counterparty_account"),
        "reference",
        pl.lit("").alias("narrative"),
    )
    accounts = lines["account"].unique(maintain_order=True)
    heads = [Head(lines["position"][0], account, "", CURRENCY, None, None, broken) for account in accounts]
    of = dict(zip(accounts, range(len(accounts)), strict=True))
    head = pl.col("account").replace_strict(list(of), list(of.values()), return_dtype=pl.Int64, default=None)
    return lines.with_columns(head.alias(columnar.HEAD)).drop("account"), heads


def _account(sort_code: pl.Expr, number: pl.Expr) -> pl.Expr:
    """`300000` and `12345678` -> `30-00-00 12345678`, as UK statements write it."""
    code = sort_code.str
    return fill("{}-{}-{} {}", code.slice(0, 2), code.slice(2, 2), code.slice(4, 2), number)


READER = Reader("bacs", claims)
