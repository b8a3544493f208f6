"""The lists behind the month's page: month by month, the largest debtors, and queries by reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

import polars as pl

from recon.reports import aged, months, past, queries
from recon.reports.dso import hundredths
from recon.reports.roll_forward import DIFFERS
from recon.reports.shape import LEVEL, PLAIN, SUBTOTAL, TOTAL, Column, Inputs, Kind, share

_TOP: Final = 20
CURRENCY: Final = Column("currency", "Currency", "ISO 4217 code", file_only=True)


def money(name: str, title: str, what: str) -> Column:
    """A column of money, as wide as all of them on the month's sheets."""
    return Column(name, title, what, Kind.MONEY, 15)


TREND: Final = (
    CURRENCY,
    Column("month", "Month", "the month", width=12),
    money("opening", "Opening", "closing of the month before"),
    money("billed", "Billed", "invoices and debit notes"),
    money("credited", "Credited", "credit notes"),
    money("collected", "Collected", "receipts, less refunds"),
    money("adjusted", "Adjusted", "tax, discounts, charges, write-offs, exchange differences, reclasses"),
    money("closing", "Closing", "opening and all of it; where the ledger says another balance, that one"),
    Column("check", "Check", "agrees, differs, or not said: nothing to compare with", width=10),
    Column("dso", "DSO", "days; empty = the sales of all its months are not known", Kind.HUNDREDTHS, 10),
    Column("bpdso", "Best possible", "days, if nothing were overdue", Kind.HUNDREDTHS, 10),
    Column("cei", "CEI", "collection effectiveness, per cent", Kind.HUNDREDTHS, 10),
    money("target", "Target", "what was to be collected"),
    money("of_target", "Of it", "collected of those that have a target"),
)
LARGEST: Final = (
    Column("level", "Level", f"{LEVEL}customer, others or total", file_only=True),
    CURRENCY,
    Column("place", "No.", "place by what is outstanding", Kind.NUMBER, file_only=True),
    Column("customer_name", "Name", "the customer's name; of a total, what it is of", Kind.LONG, 34),
    Column("customer_id", "Customer", "the customer's number", width=15),
    money("gross", "Outstanding", "invoices and debit notes"),
    Column("share", "Share", "its part of all that is outstanding", Kind.PERCENT, 10),
    Column("cumulated", "Together", "the share of this customer and those above it", Kind.PERCENT, 10),
    money("overdue", "Overdue", "the part of it that is past due"),
    money("balance", "Balance", "with its credit notes and cash on account"),
    money("last", "Outstanding,\nlast month", "at the end of the month before, worked back from now"),
    money("change", "Change", "this less last"),
)
DISPUTES: Final = (
    Column("level", "Level", f"{LEVEL}reason or total", file_only=True),
    CURRENCY,
    Column("reason", "Queries open, by reason", "what they are about", Kind.LONG, 34),
    Column("open", "Open", "at the as-at date", Kind.NUMBER, 10),
    money("amount", "Amount", "what is queried; else what is open of the item now"),
    Column("open_last", "Open,\nlast month", "at the end of the month before", Kind.NUMBER, 12),
    money("amount_last", "Amount,\nlast month", "of these"),
    Column("came", "Came", "in this month", Kind.NUMBER, 10),
    Column("answered", "Answered", "in this month", Kind.NUMBER, 10),
)


def trend(inputs: Inputs) -> list[tuple[object, ...]]:
    """Each month of each currency, the oldest first; a measure only where the sales of all its months are known."""
    rows: list[tuple[object, ...]] = []
    for currency, chain in months.trend(inputs).items():
        for one in chain:
            of = one.figures if one.figures and (one.figures.whole or one.span.last == inputs.as_of) else None
            days = (of and of.dso, of and of.best, of and of.cei)
            goal = one.target if one.target and one.target.scopes else None
            billed, credited, _, adjusted = one.flows or (None, None, None, None)
            rows.append(
                (
                    currency, f"{one.span.first:%Y-%m}", one.opening, billed, credited, one.collected,
                    adjusted, one.closing, one.check, *(hundredths(value or None) for value in days),
                    goal and goal.target, goal and goal.came, SUBTOTAL if one.check == DIFFERS else PLAIN,
                )
            )  # fmt: skip
    return rows


def largest(inputs: Inputs) -> Iterator[tuple[object, ...]]:
    """The customers with the most outstanding, all others, and the whole."""
    open_, debit = pl.col("open_minor"), pl.col("side") == aged.DEBIT
    key = ["currency", "customer_id"]
    # Both ends are the ledger's, so that what was accepted and not yet posted makes nobody's debt look smaller.
    called = (aged.items(inputs), inputs["open_items"])  # of some all is accepted
    names = pl.concat(one.select(*key, "customer_name") for one in called).unique(key, keep="first")
    now = past.items(inputs, inputs.as_of).join(names, on=key, how="left", maintain_order="left").group_by(key).agg(
        pl.col("customer_name").first(),
        gross=open_.filter(debit).sum(),
        overdue=open_.filter(debit & (pl.col("days_due") > 0)).sum(),
        balance=open_.sum(),
    )  # fmt: skip
    day = months.this(inputs).before
    known = past.known(inputs, day)
    then = past.items(inputs, day).group_by(key).agg(last=open_.filter(debit).sum())
    both = now.join(then, on=key, how="full", coalesce=True).with_columns(
        pl.col("gross", "overdue", "balance", "last").fill_null(0), pl.col("customer_name").fill_null("")
    )
    ordered = both.sort("currency", "gross", "customer_id", descending=[False, True, False])
    told_of = ["customer_id", "customer_name", "gross", "overdue", "balance", "last"]
    for (currency,), mine in ordered.group_by("currency", maintain_order=True):
        whole = int(mine["gross"].sum())
        so_far = 0
        for place, row in enumerate(mine.head(_TOP).select(told_of).iter_rows(), 1):
            customer, name, gross, overdue, balance, last = row
            if not gross:
                break
            so_far += gross
            shares = (share(gross, whole), share(so_far, whole))
            told = (gross, *shares, overdue, balance, *((last, gross - last) if known else (None, None)))
            who = name or ("" if customer else "Not known")
            yield ("customer", currency, place, who, customer, *told, PLAIN)
        for level, title, some, rank in (
            ("others", "All others", mine.slice(_TOP), SUBTOTAL), ("total", f"Total {currency}", mine, TOTAL)
        ):  # fmt: skip
            gross, *rest = some.select(pl.col("gross", "overdue", "balance", "last").sum()).row(0)
            shares = (share(gross, whole), None)
            if some.height:
                ends = (rest[-1], gross - rest[-1]) if known else (None, None)
                yield (level, currency, None, title, "", gross, *shares, *rest[:-1], *ends, rank)


def disputes(inputs: Inputs) -> Iterator[tuple[object, ...]]:
    """Queries that are open at each end of the month, by reason, the largest first."""
    this = months.this(inputs)
    rows = queries.rows_of(inputs).with_columns(pl.col("amount_minor").fill_null(0).abs())

    def open_at(day: date) -> pl.Expr:
        over = (pl.col("done") <= day).fill_null(value=False)
        return (pl.col("opened") <= day).fill_null(value=True) & ~over

    now, then = open_at(inputs.as_of), open_at(this.before) & pl.col("opened").is_not_null()
    of_month = [
        pl.col(name).is_between(this.first, this.last).fill_null(value=False) for name in ("opened", "done")
    ]
    amount = pl.col("amount_minor")
    sums = [
        now.sum(),
        amount.filter(now).sum(),
        then.sum(),
        amount.filter(then).sum(),
        *(one.sum() for one in of_month),
    ]
    names = ["open", "amount", "open_last", "amount_last", "came", "answered"]
    said = [one.cast(pl.Int64).alias(name) for one, name in zip(sums, names, strict=True)]
    found = rows.group_by("currency", "reason").agg(said).filter(pl.sum_horizontal(names) > 0)
    found = found.sort("currency", "amount", "open", "reason", descending=[False, True, True, False])
    for (currency,), mine in found.group_by("currency", maintain_order=True):
        for reason, *rest in mine.select("reason", *names).iter_rows():
            yield ("reason", currency, reason or "(not said)", *rest, PLAIN)
        yield ("total", currency, f"Total {currency}", *mine.select(pl.col(names).sum()).row(0), TOTAL)
