"""Day by day: what was open, billed, collected and adjusted, so that each day's closing is the next one's opening.

    closing = opening + billed + credited + collected + adjusted      (each with its sign; minus lowers the balance)

Where a balance of the day is known (the file `balances`), it is compared, and the chain goes on from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import polars as pl

from recon import promise
from recon.model import BALANCES
from recon.problems import Problem
from recon.reports import ledger, promises, unapplied
from recon.reports.ledger import Key
from recon.reports.roll_forward import AGREES, DIFFERS, NOT_SAID
from recon.reports.shape import (
    LEVEL,
    PLAIN,
    RANK,
    SUBTOTAL,
    TOTAL,
    Chart,
    Column,
    Inputs,
    Kind,
    Made,
    Part,
    Report,
    frame,
)

_CREDITED: Final = ("credit_note",)
_COLLECTED: Final = ("receipt", "refund")
_DAYS: Final = (
    Column("level", "Level", f"{LEVEL}day or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, file_only=True),
    Column("day", "Day", "the day", Kind.DATE),
    Column("opening", "Opening", "closing of the day before", Kind.MONEY, 17),
    Column("billed", "Billed", "invoices and debit notes", Kind.MONEY, 15),
    Column("credited", "Credited", "credit notes", Kind.MONEY, 15),
    Column("collected", "Collected", "receipts, less refunds", Kind.MONEY, 15),
    Column(
        "adjusted",
        "Adjusted",
        "tax, discounts, charges, write-offs, exchange differences, reclasses",
        Kind.MONEY,
        15,
    ),
    Column("closing", "Closing", "opening and all of it", Kind.MONEY, 17),
    Column("said", "Ledger says", "the balance of that day, where it is known", Kind.MONEY, 17),
    Column("check", "Check", "agrees, differs, or not said: nothing to compare with", width=10),
    Column("promised", "Promised for it", "promises whose day it is, but for cancelled ones", Kind.MONEY, 15),
)
_NOW: Final = (
    Column("currency", "Currency", "ISO 4217 code", width=9),
    Column("what", "Now", "what", Kind.LONG, 46),
    Column("number", "How many", "how many", Kind.NUMBER, 10),
    Column("amount", "Amount", "how much", Kind.MONEY, 17),
)
_SHEET: Final = "Daily AR"


def make(inputs: Inputs) -> Made:
    """Each day of the period up to the as-at date, for each currency; and what stands at its end."""
    span = ledger.period(inputs, inputs.rules.reports.months)
    known = inputs.get("balances", BALANCES)
    opening = ledger.balances(inputs, span.before, by_entity=False)
    days = known.filter(pl.col("date").is_between(span.first, span.last))["date"].unique().sort()
    said = {day: ledger.balances(inputs, day, by_entity=False) for day in days}
    moved = moved_by_day(ledger.movements(inputs, span.first, span.last))
    promised = _promised(inputs)
    rows: list[tuple[object, ...]] = []
    problems: list[Problem] = []
    keys = sorted(set(opening) | {key for _day, key in moved})
    lacking = [currency for currency, _ in keys if (currency, "") not in opening]
    if lacking:
        what = f"no balance of {span.before} is given ({', '.join(lacking)}), so the days begin with nought"
        hint = "put the closing balance of the day before into balances"
        problems.append(Problem("report-data", "balances", what, hint))
    for key in keys:
        told, broken = _chain(
            inputs, key, (span.first, span.last), opening.get(key, 0), moved, said, promised
        )
        rows += told
        problems += broken
    facts = (f"{span}.",) if rows else (f"{span}. Nothing is known of these days.",)
    parts = (
        Part("", "Day by day", _DAYS, frame(_DAYS, rows, RANK), _SHEET, "currency",
             Chart("Closing balance", "day", "closing", rows=31)),
        Part("now", "At the end of the day", _NOW, frame(_NOW, _now(inputs)), _SHEET),
    )  # fmt: skip
    return Made(parts, facts, tuple(problems))


def moved_by_day(rows: pl.DataFrame) -> Mapping[tuple[date, Key], tuple[int, int, int, int]]:
    """What moved on each day of each currency: billed, credited, collected, adjusted."""
    kinds = (ledger.SALES, _CREDITED, _COLLECTED)
    sums = [pl.col("amount_minor").filter(pl.col("type").is_in(kind)).sum() for kind in kinds]
    other = ~pl.col("type").is_in([one for kind in kinds for one in kind])
    summed = rows.group_by("date", "currency").agg(
        *(one.alias(str(at)) for at, one in enumerate(sums)), rest=pl.col("amount_minor").filter(other).sum()
    )
    return {
        (day, (currency, "")): (int(billed), int(credited), int(collected), int(rest))
        for day, currency, billed, credited, collected, rest in summed.iter_rows()
    }


def _promised(inputs: Inputs) -> Mapping[tuple[date, str], int]:
    rows = promises.judged(inputs).filter(pl.col("outcome") != promise.CANCELLED)
    summed = rows.drop_nulls(["promised_date", "amount_minor"]).group_by("promised_date", "currency")
    return {
        (day, currency): int(minor)
        for day, currency, minor in summed.agg(pl.col("amount_minor").sum()).iter_rows()
    }


def _chain(
    inputs: Inputs,
    key: Key,
    days: tuple[date, date],
    opening: int,
    moved: Mapping[tuple[date, Key], tuple[int, int, int, int]],
    said: Mapping[date, Mapping[Key, int]],
    promised: Mapping[tuple[date, str], int],
) -> tuple[list[tuple[object, ...]], list[Problem]]:
    """The days of one currency, with a total; a problem for each day whose balance is another one."""
    currency = key[0]
    rows: list[tuple[object, ...]] = []
    problems = []
    total, first, balance, day = [0, 0, 0, 0], opening, opening, days[0]
    while day <= days[1]:
        parts = moved.get((day, key), (0, 0, 0, 0))
        closing = balance + sum(parts)
        known = said.get(day, {}).get(key)
        check = NOT_SAID if known is None else AGREES if known == closing else DIFFERS
        due = promised.get((day, currency), 0)
        rank = SUBTOTAL if check == DIFFERS else PLAIN
        rows.append(("day", currency, day, balance, *parts, closing, known, check, due, rank))
        if known is not None and known != closing:
            what = (
                f"the ledger says {ledger.text(inputs, key, known)}, the day's entries make "
                f"{ledger.text(inputs, key, closing)}"
            )
            hint = (
                "find the entries that one of them lacks; the days after it go on from the ledger's balance"
            )
            problems.append(Problem("report-break", f"balance of {day}", what, hint))
        total = [so_far + part for so_far, part in zip(total, parts, strict=True)]
        balance = closing if known is None else known
        day += timedelta(days=1)
    due = sum(
        amount for (when, one), amount in promised.items() if one == currency and days[0] <= when <= days[1]
    )
    rows.append(("total", currency, None, first, *total, balance, None, "", due, TOTAL))
    return rows, problems


def _now(inputs: Inputs) -> list[tuple[object, ...]]:
    """What stands at the end of the day: cash on no item, promises of today, promises that are over."""
    cash = unapplied.amounts(inputs)
    told = promises.judged(inputs)
    today = told.filter((pl.col("promised_date") == inputs.as_of) & (pl.col("outcome") != promise.CANCELLED))
    broken = told.filter(pl.col("outcome") == promise.BROKEN)
    rows: list[tuple[object, ...]] = []
    for currency in sorted({*cash["currency"], *told["currency"], *inputs["open_items"]["currency"]}):
        mine = pl.col("currency") == currency
        rows += [
            (currency, title, some.height, int(some["amount_minor"].sum() or 0))
            for title, some in (
                *(
                    (unapplied.TITLES[kind], cash.filter(mine & (pl.col("kind") == kind)))
                    for kind in unapplied.TITLES
                ),
                ("Promises due today", today.filter(mine)),
                ("Promises broken", broken.filter(mine)),
            )
        ]
    return rows


REPORT: Final = Report(
    "daily",
    "Daily receivables",
    "Day by day: what was open, billed, collected and adjusted; each closing is the next opening.",
    ("movements", "open_items", "on_account", "lines", "standing", "customers"),
    make,
)
