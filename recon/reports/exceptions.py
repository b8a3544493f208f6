"""Exception codes by what they cost: how many lines and how much money each brings, the largest first.

Each line counts once, under its first code, with the size of its amount; so the shares add up to all of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from recon.model import Outcome
from recon.reports.shape import (
    LEVEL,
    PLAIN,
    TOTAL,
    Chart,
    Column,
    Inputs,
    Kind,
    Made,
    Part,
    Report,
    frame,
    share,
)

_COLUMNS: Final = (
    Column("level", "Level", f"{LEVEL}code or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", file_only=True),
    Column("code", "Code", "the first exception code of the lines", width=13),
    Column("meaning", "What it means", "the code in plain words", Kind.LONG, 38),
    Column("owner", "Owner", "who looks after it (`reports.owners`)", width=16, optional=True),
    Column("lines", "Lines", "bank lines with this first code", Kind.NUMBER, 9),
    Column("amount", "Amount", "the sum of their sizes", Kind.MONEY, 16),
    Column("share", "Share", "its part of all amounts", Kind.PERCENT, 9),
    Column("cumulated", "Cumulated", "the share of this code and those above it", Kind.PERCENT, 11),
    Column("waiting_lines", "Waiting", "those of the lines that nobody has settled", Kind.NUMBER, 9),
    Column("waiting_amount", "Amount waiting", "the sum of their sizes", Kind.MONEY, 16),
    Column(
        "further_lines", "As further code", "lines that have the code besides their first", Kind.NUMBER, 10
    ),
)


def make(inputs: Inputs) -> Made:
    """A row for each code of lines that were booked in the period or still wait, by the sum of their sizes."""
    rules = inputs.rules.reports
    first = inputs.as_of - timedelta(days=rules.period_days)
    asked = pl.col("outcome").is_in([Outcome.SUGGESTED, Outcome.EXCEPTION]) & pl.col("code").str.starts_with(
        "EX-"
    )
    recent = (pl.col("booking_date") > first) & (pl.col("booking_date") <= inputs.as_of)
    waits = pl.col("settled") == ""
    lines = inputs["lines"].filter(asked & (recent | waits))
    size = pl.col("amount_minor").abs()
    found = lines.group_by("currency", "code").agg(
        pl.len(), size.sum(), waits.sum().alias("waiting"), size.filter(waits).sum().alias("waiting_minor")
    )
    further = _further(inputs, lines)
    rows: list[tuple[object, ...]] = []
    for currency in found["currency"].unique().sort():
        of_currency = sorted(
            found.filter(pl.col("currency") == currency).iter_rows(),
            key=lambda row: (-row[3], -row[2], row[1]),
        )
        whole = sum(row[3] for row in of_currency)
        run = 0
        for _, code, count, amount, waiting, waiting_minor in of_currency:
            run += amount
            said = (code, inputs.meanings.get(code, ""), rules.owners.get(code, ""), count, amount)
            shares = (share(amount, whole), share(run, whole))
            left = (waiting, waiting_minor, further.get((currency, code), 0))
            rows.append(("code", currency, *said, *shares, *left, PLAIN))
        sums = [sum(row[at] for row in of_currency) for at in (2, 3, 4, 5)]
        total = (f"Total {currency}", "", sums[0], sums[1], share(whole, whole), None, sums[2], sums[3], None)
        rows.append(("total", currency, "", *total, TOTAL))
    booked = f"Lines booked {first + timedelta(days=1):%d/%m/%Y} to {inputs.as_of:%d/%m/%Y}"
    facts = (f"{booked}, and all that still wait; each counts once, under its first code.",)
    chart = Chart("Amount by exception code, and cumulated share", "code", "amount", "cumulated")
    part = Part("", "By code", _COLUMNS, frame(_COLUMNS, rows, "rank"), "Exception codes", "currency", chart)
    return Made((part,), facts)


def _further(inputs: Inputs, lines: pl.DataFrame) -> dict[tuple[str, str], int]:
    """Lines that have a code besides their first, by currency and code."""
    others = (
        inputs["exceptions"]
        .select("line_id", "code")
        .unique()
        .join(lines.select("line_id", "currency", first="code"), on="line_id")
        .filter(pl.col("code") != pl.col("first"))
    )
    counted = others.group_by("currency", "code").agg(pl.len())
    return {(currency, code): count for currency, code, count in counted.iter_rows()}


REPORT: Final = Report(
    "exceptions",
    "Exception codes",
    "Which exception codes bring how many lines and how much money, the largest first.",
    ("lines", "exceptions"),
    make,
)
