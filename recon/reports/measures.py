"""The measures of a month beside those of the month before, each with what is divided by what, on the same base.

collected 90,000.00 of a target of 100,000.00 (whole ledger); last month 40,000.00 of 50,000.00 (NHS alone)
    -> 90.00 % and 80.00 %, and no change between them: the targets are not of the same customers
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Final

import polars as pl

from recon.model import LOSS_HISTORY
from recon.problems import Problem
from recon.reports import aged, ledger, months, past, promises, provision, quality
from recon.reports.dso import Figures, hundredths
from recon.reports.months import Month
from recon.reports.shape import Inputs, once

DAYS, SHARE = "days", "per cent"
_NOT_OVER: Final = "this month is not over"


@dataclass(frozen=True)
class Side:
    """One month of a measure: its exact value, and what it is the quotient of (minor units)."""

    value: Fraction | None = None
    above: int | None = None
    below: int | None = None

    @classmethod
    def of(cls, above: int | None, below: int | None, times: int = 100) -> Side:
        """A quotient, in per cent unless said otherwise; none of nothing."""
        if above is None or below is None:
            return cls(None, above, below)
        return cls(Fraction(above * times, below) if below > 0 else None, above, below)


@dataclass(frozen=True)
class Measure:
    """A measure of one currency; `apart` says why the two months can't be compared, empty = they can."""

    name: str
    currency: str
    title: str
    unit: str
    this: Side
    last: Side
    is_: str  # what is divided by what
    apart: str = ""

    @property
    def change(self) -> int | None:
        """This month's less last month's, in hundredths, where both are told on one base."""
        now, then = hundredths(self.this.value), hundredths(self.last.value)
        return None if self.apart or now is None or then is None else now - then


@once
def of_month(inputs: Inputs) -> tuple[Measure, ...]:
    """The measures of each currency."""
    found: list[Measure] = []
    for currency, chain in months.trend(inputs).items():
        last = next((one for one in chain if one.span == months.before(months.this(inputs))), None)
        found += _collection(inputs, currency, chain[-1], last)
        found += _ledger(inputs, currency, chain[-1], last)
    found += _decided(inputs)
    part = "" if months.over(inputs) else _NOT_OVER
    flowing = ("collected", "credited", "matched", "waiting", "kept")
    return tuple(replace(one, apart=one.apart or part) if one.name in flowing else one for one in found)


def problems(inputs: Inputs) -> list[Problem]:
    """A problem for each measure whose base is another one than last month's."""
    what = "{} of this month and of last month are not compared: {}"
    return [
        Problem("report-data", f"monthly, {one.currency}", what.format(one.title, one.apart), "say both on one base")
        for one in of_month(inputs)
        if one.apart and one.apart != _NOT_OVER
    ]  # fmt: skip


def _collection(inputs: Inputs, currency: str, this: Month, last: Month | None) -> Iterable[Measure]:
    """How long sales stay unpaid: the figures of the report *Collection*, for both months over as many months."""
    now, then = this.figures, last.figures if last else None
    short = (
        "the sales that are given do not go back as far for both"
        if then is not None and now is not None and not (now.whole and then.whole)
        else ""
    )

    def row(name: str, title: str, unit: str, sides: tuple[Side, Side], is_: str) -> Measure:
        return Measure(name, currency, title, unit, *sides, is_, short if sides[1].value is not None else "")

    window = f"{inputs.rules.reports.sales_months} months"

    def both(of: Figures | None) -> tuple[Side, Side, Side, Side]:
        if of is None:
            return (Side(), Side(), Side(), Side())
        late = None if of.dso is None or of.best is None else of.dso - of.best
        return (
            Side(of.dso, of.closing, of.sales),
            Side(of.best, of.current, of.sales),
            Side(late),
            Side(of.cei, of.collected, of.collectable),
        )

    pairs = list(zip(both(now), both(then), strict=True))
    return (
        row("dso", "DSO", DAYS, pairs[0], f"what is open / sales of {window} x their days"),
        row("bpdso", "Best possible DSO", DAYS, pairs[1], f"what is not due / sales of {window} x their days"),
        row("add", "Average days delinquent", DAYS, pairs[2], "DSO less best possible DSO"),
        row("cei", "Collection effectiveness", SHARE, pairs[3],
            f"(opening + sales - closing) / (opening + sales - not due), {window}"),
    )  # fmt: skip


def _ledger(inputs: Inputs, currency: str, this: Month, last: Month | None) -> Iterable[Measure]:
    """Shares of what is open, and of what was billed and to be collected."""
    before = this.span.before
    now, then = debits(inputs, inputs.as_of), debits(inputs, before)
    of_now = now.get(currency, (0, 0))
    of_then = then.get(currency, (0, 0)) if past.known(inputs, before) else (None, None)
    yield Measure(
        "overdue", currency, "Overdue", SHARE, Side.of(of_now[1], of_now[0]), Side.of(of_then[1], of_then[0]),
        "past due / invoices and debit notes that are open in the ledger",
    )  # fmt: skip
    yield from _against(currency, this, last)
    moved = [
        ledger.by_type(ledger.movements(inputs, span.first, span.last), by_entity=False).get(
            (currency, ""), {}
        )
        for span in (this.span, months.before(this.span))
    ]
    sides = [
        Side.of(-one.get("credit_note", (0, 0))[0], sum(one.get(kind, (0, 0))[0] for kind in ledger.SALES))
        for one in moved
    ]
    yield Measure(
        "credited",
        currency,
        "Credit notes",
        SHARE,
        sides[0],
        sides[1],
        "credit notes / invoices and debit notes",
    )
    steps = allowance(inputs).get(currency, {})
    if steps:
        yield Measure(
            "allowance", currency, "Allowance", SHARE,
            Side.of(steps[provision.CLOSING], of_now[0]), Side.of(steps[provision.OPENING], of_then[0]),
            "allowance for doubtful debts / invoices and debit notes that are open in the ledger",
        )  # fmt: skip


def _against(currency: str, this: Month, last: Month | None) -> Iterable[Measure]:
    """What was collected against targets, of those that have one."""
    now, then = this.target, last.target if last else None
    sides = [Side.of(one.came, one.target) if one and one.scopes else Side() for one in (now, then)]
    other = (
        "the targets are not of the same customers"
        if now is not None and then is not None and now.scopes and then.scopes and now.base != then.base
        else ""
    )
    if not (now and now.scopes) and not (then and then.scopes):
        return
    yield Measure(
        "collected", currency, "Collected against target", SHARE, sides[0], sides[1],
        "receipts less refunds / target, of those that have one", other,
    )  # fmt: skip


@once
def debits(inputs: Inputs, day: date) -> dict[str, tuple[int, int]]:
    """Invoices and debit notes open in the ledger at a day's end, and what of them is past due, by currency."""
    rows = past.items(inputs, day)
    amount = pl.col("open_minor")
    owed = rows.filter(pl.col("side") == aged.DEBIT).group_by("currency")
    sums = owed.agg(amount.sum(), late=amount.filter(pl.col("days_due") > 0).sum())
    return {currency: (all_, late) for currency, all_, late in sums.iter_rows()}


@once
def allowance(inputs: Inputs) -> dict[str, dict[str, int]]:
    """The movement of the allowance, step by step, by currency; none where no loss history is given."""
    history = inputs.get("loss_history", LOSS_HISTORY)
    found: dict[str, dict[str, int]] = {}
    if history.height:
        for _level, currency, what, amount, _rank in provision.worked(inputs).movement:
            found.setdefault(str(currency), {})[str(what)] = int(str(amount))
    return found


def _decided(inputs: Inputs) -> Iterable[Measure]:
    """Matching by value, and promises by value: of both months by what is known of them now."""
    spans = (months.this(inputs), months.before(months.this(inputs)))
    told = [{(row[0], row[2]): row for row in quality.rates(inputs, one.before, one.last)} for one in spans]
    for name, measure, title in (
        ("matched", "net_auto_match_value", "Matched automatically and left so"),
        ("waiting", "waiting_value", "Waiting for a person"),
    ):
        for currency in sorted({str(key[1]) for one in told for key in one if key[0] == measure}):
            sides = [_side(one.get((measure, currency)), 6) for one in told]
            yield Measure(name, currency, title, SHARE, sides[0], sides[1],
                          "of receipts in scope that were booked in the month, by amount")  # fmt: skip
    kept = [{row[0]: row for row in promises.rates(inputs, one.before, one.last)} for one in spans]
    for currency in sorted({str(key) for one in kept for key in one}):
        sides = [_came(one.get(currency)) for one in kept]
        yield Measure("kept", currency, "Promises kept", SHARE, sides[0], sides[1],
                      "what came / what was promised, of promises whose time was over in the month")  # fmt: skip


def _side(row: tuple[object, ...] | None, at: int) -> Side:
    return Side() if row is None else Side.of(_whole(row[at]), _whole(row[at + 1]))


def _came(row: tuple[object, ...] | None) -> Side:
    return Side() if row is None else Side.of(_whole(row[7]), _whole(row[6]))


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
