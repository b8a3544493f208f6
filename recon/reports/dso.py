"""Collection: how long sales stay unpaid, and how much of what could be collected was.

closing 1,450,000, sales of the quarter 1,740,000 (90 days), not due 1,050,000, opening 1,300,000
    DSO 75.00 days; count-back 74.50; best possible 54.31; average days delinquent 20.69; CEI 79.90 %
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

import polars as pl

from recon.model import MOVEMENTS
from recon.problems import Problem
from recon.reports import ledger
from recon.reports.ledger import Key, Period
from recon.reports.shape import PLAIN, SUBTOTAL, Column, Inputs, Kind, Made, Part, Report, frame, once, ratio

_SHEET: Final = "Collection"
_DAYS, _SHARE = "days", "per cent"
_MEASURES: Final = (
    Column("measure", "Measure", "its name", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("title", "Measure", "its name in words", width=34),
    Column("value", "Value", "the figure; empty = nothing to divide by", Kind.HUNDREDTHS, 11),
    Column("unit", "Unit", "days or per cent", width=9),
    Column("above", "Above the line", "what is divided", Kind.MONEY, 18),
    Column("below", "Below the line", "what it is divided by", Kind.MONEY, 18),
    Column("definition", "Is", "what is divided by what", Kind.LONG, 58),
)
_MONTHS: Final = (
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("month", "Month", "the month, the latest first", width=10),
    Column("days", "Days", "its days", Kind.NUMBER, 8),
    Column("sales", "Sales", "invoices and debit notes", Kind.MONEY, 18),
    Column("left_before", "Left before", "of what is open, not covered by later months", Kind.MONEY, 18),
    Column("counted", "Days counted", "days of it that count", Kind.HUNDREDTHS, 12),
)


@dataclass(frozen=True)
class Figures:
    """What the measures of one currency and day are made of; each measure is exact, None = nothing to divide by."""

    days: int  # of the sales
    sales: int  # minor units, as the rest
    closing: int
    opening: int | None  # before the first day of the sales; None = not said
    current: int | None  # of the closing what is not due; None = not said
    whole: bool  # whether movements are given of each month of the sales, from the first one on

    @property
    def dso(self) -> Fraction | None:
        """Days of sales that are open."""
        return _over(self.closing, self.sales, self.days)

    @property
    def best(self) -> Fraction | None:
        """The same if nothing were overdue."""
        return None if self.current is None else _over(self.current, self.sales, self.days)

    @property
    def collected(self) -> int | None:
        """Above the line of CEI."""
        return None if self.opening is None else self.opening + self.sales - self.closing

    @property
    def collectable(self) -> int | None:
        """Below the line of CEI."""
        if self.opening is None or self.current is None:
            return None
        return self.opening + self.sales - self.current

    @property
    def cei(self) -> Fraction | None:
        """Collection effectiveness in per cent."""
        above, below = self.collected, self.collectable
        return None if above is None or below is None else _over(above, below, 100)


def at(inputs: Inputs, day: date, closing: dict[Key, int] | None = None) -> dict[Key, Figures]:
    """The figures of each currency that something is known of at a day, over the sales of as many months as always.

    Args:
        inputs: the report's tables.
        day: the as-at date, or an earlier one.
        closing: what was open on an earlier day, where that is known otherwise than by the balances.
    """
    span = Period(ledger.first_of(day, inputs.rules.reports.sales_months), day)
    now = day == inputs.as_of
    said = (
        ledger.closing(inputs, by_entity=False)[0] if now else ledger.balances(inputs, day, by_entity=False)
    )
    said = said if now else (closing or {}) | said
    opening = ledger.balances(inputs, span.before, by_entity=False)
    current = ledger.balances(inputs, day, by_entity=False, column="not_due_minor")
    if now:
        known = set(inputs["open_items"]["currency"])
        nothing = {key: 0 for key, amount in said.items() if key[0] in known or not amount}
        current = nothing | _not_due(inputs)
    sales = _sales(inputs)
    first = {currency: month for currency, month in sorted(sales, reverse=True)}  # noqa: C416 - the oldest stays
    gaps = _months_of(span) - ledger.covered(inputs)
    found = {}
    for key, amount in said.items():
        sold = sum(
            minor
            for (one, month), minor in sales.items()
            if one == key[0] and span.first <= month <= span.last
        )
        whole = key[0] in first and first[key[0]] <= span.first and not gaps
        found[key] = Figures(span.days, sold, amount, opening.get(key), current.get(key), whole)
    return found


def _months_of(span: Period) -> frozenset[date]:
    """The first days of a period's months."""
    found, month = set(), span.last.replace(day=1)
    while month >= span.first:
        found.add(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return frozenset(found)


def make(inputs: Inputs) -> Made:
    """Each measure for each currency, and the months of the count-back."""
    span = Period(ledger.first_of(inputs.as_of, inputs.rules.reports.sales_months), inputs.as_of)
    closing, source = ledger.closing(inputs, by_entity=False)
    figures = at(inputs, inputs.as_of)
    sales = _sales(inputs)
    late = _days_late(inputs, span)
    rows: list[tuple[object, ...]] = []
    months: list[tuple[object, ...]] = []
    problems = []
    for key in sorted(closing):
        currency = key[0]
        own = {month: amount for (one, month), amount in sales.items() if one == currency}
        counted, told = count_back(closing[key], own, inputs.as_of)
        months += [(currency, *row) for row in told]
        rows += _measures(key, figures[key], counted)
        rows.append(_late(key, late.get(currency, (0, 0))))
        if counted is None:
            what = "the sales that are given are less than what is open, so the count-back is not told"
            problems.append(
                Problem("report-data", f"movements, {currency}", what, "give the invoices of more months")
            )
        if figures[key].opening is None:
            what = f"no balance of {span.before} is given, so the effectiveness of collection is not told"
            problems.append(Problem("report-data", "balances", what, "put that day's balance into balances"))
    about = f"Sales of {span} ({span.days} days), with tax, before credit notes."
    facts = (f"{about} What is open is the balance, credits and cash on account taken off, from {source}.",)
    parts = (
        Part("", "Measures", _MEASURES, frame(_MEASURES, rows, "rank"), _SHEET),
        Part("months", "Count-back, month by month", _MONTHS, frame(_MONTHS, months), _SHEET),
    )
    return Made(parts, facts, tuple(problems))


@once
def _sales(inputs: Inputs) -> dict[tuple[str, date], int]:
    """Sales by currency and first day of the month, up to the as-at date."""
    rows = inputs.get("movements", MOVEMENTS).filter(
        pl.col("type").is_in(ledger.SALES) & (pl.col("date") <= inputs.as_of)
    )
    summed = rows.group_by("currency", pl.col("date").dt.month_start()).agg(pl.col("amount_minor").sum())
    return {(currency, month): amount for currency, month, amount in summed.iter_rows()}


def _not_due(inputs: Inputs) -> dict[Key, int]:
    """What is not due yet of each currency: as the balances say, else the open items that are not due."""
    # Of what the ledger has open, as the closing is: not of what is left once cash that it lacks was accepted.
    items = inputs["open_items"].filter((pl.col("extract_minor") > 0) & (pl.col("due_date") >= inputs.as_of))
    sums = items.group_by("currency").agg(pl.col("extract_minor").sum())
    by_items = {(currency, ""): amount for currency, amount in sums.iter_rows()}
    return by_items | ledger.balances(inputs, inputs.as_of, by_entity=False, column="not_due_minor")


def count_back(
    receivable: int, sales: dict[date, int], as_of: date
) -> tuple[Fraction | None, list[tuple[object, ...]]]:
    """Days of sales that are still open, whole months newest first, the last one by its part.

    A month without sales, or with negative ones, is skipped and its days count. None: the months don't cover it.

    Args:
        receivable: what is open.
        sales: by the first day of the month.
        as_of: the last day of the newest month.

    Returns: the days, and a row for each month: month, days, sales_minor, left_before_minor, counted_hundredths.
    """
    left, total = receivable, Fraction(0)
    rows: list[tuple[object, ...]] = []
    month, last = as_of.replace(day=1), as_of
    oldest = min(sales, default=month)
    while left > 0 and month >= oldest:
        days = (last - month).days + 1
        sold = sales.get(month, 0)
        part = Fraction(days) if sold <= left else Fraction(days * left, sold)
        rows.append((f"{month:%Y-%m}", days, sold, left, hundredths(part)))
        total += part
        left -= max(0, min(sold, left))
        last = month - timedelta(days=1)
        month = last.replace(day=1)
    return (None if left > 0 else total), rows


def hundredths(value: Fraction | None) -> int | None:
    """An exact figure with two decimals, half rounded away from nought."""
    return None if value is None else ratio(value.numerator * 100, value.denominator)


def _over(above: int, below: int, times: int) -> Fraction | None:
    return Fraction(above * times, below) if below > 0 else None


def _measures(key: Key, found: Figures, counted: Fraction | None) -> list[tuple[object, ...]]:
    """The rows of one currency."""
    simple, best, days = found.dso, found.best, found.days
    late = simple - best if simple is not None and best is not None else None

    def row(
        measure: str,
        title: str,
        value: Fraction | None,
        unit: str,
        above: int | None,
        below: int | None,
        what: str,
    ) -> tuple[object, ...]:
        rank = SUBTOTAL if measure == "dso" else PLAIN
        return (measure, key[0], title, hundredths(value), unit, above, below, what, rank)

    return [
        row("dso", "DSO", simple, _DAYS, found.closing, found.sales, f"what is open / sales x {days} days"),
        row("dso_count_back", "DSO, count-back", counted, _DAYS, found.closing, None,
            "whole months of sales taken off what is open, newest first; the last month by its part"),
        row("bpdso", "Best possible DSO", best, _DAYS, found.current, found.sales,
            f"what is not due / sales x {days} days"),
        row("add", "Average days delinquent", late, _DAYS, None, None, "DSO less best possible DSO"),
        row("cei", "Collection effectiveness (CEI)", found.cei, _SHARE, found.collected,
            found.collectable,
            "(opening + sales - closing) / (opening + sales - what is not due)"),
    ]  # fmt: skip


def _days_late(inputs: Inputs, span: Period) -> dict[str, tuple[int, int]]:
    """For each currency: sum of amount x days late, and of the amounts, of receipts applied in the period."""
    paid = ledger.paid_bills(inputs).filter(pl.col("until").is_between(span.first, span.last))
    late = (pl.col("until") - pl.col("due_date")).dt.total_days().clip(0)
    # By days first: the product of all would not fit into 64 bits.
    by_days = paid.group_by("currency", late=late).agg(pl.col("paid_minor").sum())
    found: dict[str, tuple[int, int]] = {}
    for currency, days, amount in by_days.iter_rows():
        weighted, whole = found.get(currency, (0, 0))
        found[currency] = (weighted + days * amount, whole + amount)
    return found


def _late(key: Key, found: tuple[int, int]) -> tuple[object, ...]:
    weighted, amount = found
    value = Fraction(weighted, amount) if amount else None
    what = (
        "sum of (amount paid x days after its due date, at least 0) / amount paid; receipts with applied_to"
    )
    title = "Days late, by what was paid"
    return ("days_late", key[0], title, hundredths(value), _DAYS, None, amount or None, what, PLAIN)


REPORT: Final = Report(
    "dso",
    "Collection",
    "How long sales stay unpaid, and how much of what could be collected was.",
    ("movements", "open_items"),
    make,
)
