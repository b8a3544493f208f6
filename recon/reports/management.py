"""The month for managers: a row of figures, six charts, and the tables that they show.

Every figure is that of *Monthly AR*, *Exception codes*, *Provision* and *Ageing*; what a chart lacks inputs for is
not drawn.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.reports import aged, exceptions, measures, month_lists, months, past, provision
from recon.reports.dso import hundredths
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
    Look,
    Made,
    Part,
    Report,
    frame,
)

_SHEET: Final = "Management"
_LARGEST: Final = 10
_NAME_MAX: Final = 24  # letters of a name below a chart
_FIRST: Final = 26
_WIDE: Final = 16
_CURRENCY: Final = month_lists.CURRENCY


def _money(name: str, title: str, what: str) -> Column:
    return Column(name, title, what, Kind.MONEY, _WIDE)


def _share(name: str, title: str, what: str) -> Column:
    return Column(name, title, what, Kind.HUNDREDTHS, _WIDE)


_FIGURES: Final = (
    _CURRENCY,
    Column("month", "Month", "this month, last month, change", width=_FIRST),
    _money("closing", "Receivables", "balance at its end, as the ledger has it"),
    _money("overdue", "Overdue", "invoices and debit notes past due"),
    _share("overdue_share", "Overdue, %", "of invoices and debit notes that are open"),
    _money("collected", "Collected", "receipts, less refunds"),
    _share("reached", "Of target, %", "collected / target, of those that have one"),
    _share("dso", "DSO, days", "what is open / sales x their days"),
    _share("cei", "CEI, %", "collection effectiveness"),
    _money("allowance", "Allowance", "for doubtful debts"),
)
_COLLECTED: Final = (
    _CURRENCY,
    Column("month", "Cash by month", "the month", width=_FIRST),
    _money(
        "collected", "Collected", "receipts, less refunds; where there is a target, of those that have one"
    ),
    _money("target", "Target", "what was to be collected"),
    _money("closing", "Receivables", "balance at its end"),
)
_DAYS: Final = (
    _CURRENCY,
    Column("month", "DSO by month", "the month", width=_FIRST),
    _share("dso", "DSO", "days; only months of which the sales of all their window are known"),
    _share("bpdso", "Best possible", "days, if nothing were overdue"),
)
_DEBTORS: Final = (
    _CURRENCY,
    Column("name", "Largest debtors", "number and name, as far as there is room", width=_FIRST),
    _money("gross", "Outstanding", "invoices and debit notes"),
    _money("overdue", "Overdue", "the part of it that is past due"),
    _money("last", "Last month", "outstanding at the end of the month before"),
    Column("share", "Share", "its part of all that is outstanding", Kind.PERCENT, _WIDE),
)
_CODES: Final = (
    _CURRENCY,
    Column("code", "Exceptions by code", "the first exception code of the lines", width=_FIRST),
    _money("amount", "Amount", "the sum of their sizes"),
    Column("lines", "Lines", "bank lines with this first code", Kind.NUMBER, _WIDE),
    Column("cumulated", "Cumulated", "the share of this code and those above it", Kind.PERCENT, _WIDE),
)
_ALLOWANCE: Final = (
    Column("level", "Level", f"{LEVEL}step or part", file_only=True),
    _CURRENCY,
    Column("what", "Provision movement", "a step from opening to closing", width=_FIRST),
    _money("amount", "Amount", "how much"),
)
_STEPS: Final = {
    provision.OPENING: "Opening",
    provision.USED: "Used",
    provision.CHARGE: "Charge",
    provision.CLOSING: "Closing",
}


def make(inputs: Inputs) -> Made:
    """The figures, and a table with its chart for each theme."""
    columns = _age_columns(inputs)
    late = tuple(one.name for one in columns[3:])
    themes = (
        ("ageing", "Ageing, last month and this month", columns, _ages(inputs),
         Chart("Ageing", "month", columns[2].name, more=late, look=Look.STACKED)),
        ("collected", "Cash against target", _COLLECTED, _collected(inputs),
         Chart("Cash collected against target", "month", "collected", more=("target",), rows=months.MONTHS)),
        ("dso", "Days that sales stay unpaid", _DAYS, _days(inputs),
         Chart("DSO, days", "month", "dso", more=("bpdso",), rows=months.MONTHS, look=Look.LINES)),
        ("debtors", "Largest debtors", _DEBTORS, _debtors(inputs),
         Chart("Largest debtors, outstanding", "name", "gross", rows=_LARGEST, look=Look.BARS)),
        ("exceptions", "Exceptions by code", _CODES, _codes(inputs),
         Chart("Exceptions by code", "code", "amount", "cumulated", rows=8)),
        ("allowance", "Movement of the allowance", _ALLOWANCE, _steps(inputs),
         Chart("Provision movement", "what", "amount")),
    )  # fmt: skip
    parts = [Part("", "The month", _FIGURES, frame(_FIGURES, _figures(inputs), RANK), _SHEET, "currency")]
    parts += [
        Part(key, title, told, frame(told, rows, RANK), _SHEET, "currency", chart)
        for key, title, told, rows, chart in themes
        if rows or inputs.tables["open_items"].is_empty()  # a table of nothing shows that there could be one
    ]
    facts = (f"Month {months.this(inputs)}; figures with their bases: Monthly AR.", *months.unknown(inputs))
    return Made(tuple(parts), facts, boards=(_SHEET,))


def _figures(inputs: Inputs) -> list[tuple[object, ...]]:
    """This month, last month, and the change of what stands on one base."""
    this = months.this(inputs)
    told = {(one.currency, one.name): one for one in measures.of_month(inputs)}
    debits = (measures.debits(inputs, inputs.as_of), measures.debits(inputs, this.before))
    rows: list[tuple[object, ...]] = []
    for currency, chain in months.trend(inputs).items():
        spans = (this, months.before(this))
        sides = [next((one for one in chain if one.span == span), None) for span in spans]
        steps = measures.allowance(inputs).get(currency, {})
        allowed = (steps.get(provision.CLOSING), steps.get(provision.OPENING))
        lines: list[list[int | None]] = []
        for at, month in enumerate(sides):
            late = debits[at].get(currency, (0, 0))[1]
            rates = {
                name: hundredths((one.this, one.last)[at].value)
                for name in ("overdue", "collected", "dso", "cei")
                if (one := told.get((currency, name)))
            }
            lines.append(
                [
                    month.closing if month else None,
                    late if month and (at == 0 or past.known(inputs, this.before)) else None,
                    rates.get("overdue") if month else None,
                    month.collected if month else None,
                    *(rates.get(name) if month else None for name in ("collected", "dso", "cei")),
                    allowed[at] if month else None,
                ]
            )
        change = [None if a is None or b is None else a - b for a, b in zip(*lines, strict=True)]
        for place, name in ((2, "overdue"), (4, "collected"), (5, "dso"), (6, "cei")):
            one = told.get((currency, name))
            change[place] = one.change if one else None
        if not months.over(inputs):
            change[3] = None
        for title, line, rank in (
            (months.name(this.first), lines[0], SUBTOTAL),
            (months.name(spans[1].first), lines[1], PLAIN),
            ("Change", change, TOTAL),
        ):
            rows.append((currency, title, *line, rank))
    return rows


def _age_columns(inputs: Inputs) -> tuple[Column, ...]:
    buckets = aged.buckets(inputs.rules.reports.ageing.buckets)
    named = [(one.name("due_date"), one.title("due_date")) for one in buckets]
    first = Column("month", "End of", "the month", width=_FIRST)
    return (_CURRENCY, first, *(_money(name, title, "in that bucket by due date") for name, title in named))


def _ages(inputs: Inputs) -> list[tuple[object, ...]]:
    """The buckets at the end of last month and of this one."""
    this = months.this(inputs)
    names = [one.name("due_date") for one in aged.buckets(inputs.rules.reports.ageing.buckets)]
    sides = (
        (this.before, past.places(inputs, this.before)),
        (inputs.as_of, past.places(inputs, inputs.as_of)),
    )
    return [
        (currency, months.name(day), *(places.get((currency, name), 0) for name in names), PLAIN)
        for currency in months.trend(inputs)
        for day, places in sides
        if past.known(inputs, day) and any(key[0] == currency for key in places)
    ]


def _collected(inputs: Inputs) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for currency, chain in months.trend(inputs).items():
        for one in chain:
            goal = one.target if one.target and one.target.scopes else None
            came = one.collected if goal is None else goal.came
            target = goal.target if goal else None
            rows.append((currency, months.name(one.span.first), came, target, one.closing, PLAIN))
    return rows


def _of(inputs: Inputs, month: months.Month) -> tuple[int | None, int | None]:
    of = month.figures
    if of is None or not (of.whole or month.span.last == inputs.as_of):
        return (None, None)
    return (hundredths(of.dso), hundredths(of.best))


def _days(inputs: Inputs) -> list[tuple[object, ...]]:
    return [
        (currency, months.name(one.span.first), *_of(inputs, one), PLAIN)
        for currency, chain in months.trend(inputs).items()
        for one in chain
        if _of(inputs, one)[0] is not None
    ]


def _debtors(inputs: Inputs) -> list[tuple[object, ...]]:
    names = [one.inner for one in month_lists.LARGEST]
    rows = pl.DataFrame(
        [row[: len(names)] for row in month_lists.largest(inputs)],
        schema={one.inner: one.dtype for one in month_lists.LARGEST},
        orient="row",
    )
    told = rows.filter((pl.col("level") == "customer") & (pl.col("place") <= _LARGEST))
    both = pl.concat_str("customer_id", "customer_name", separator=" ").str.strip_chars()
    short = (
        pl.when(both.str.len_chars() > _NAME_MAX)
        .then(both.str.head(_NAME_MAX - 1) + "\u2026")
        .otherwise(both)
    )
    picked = told.select("currency", short, "gross_minor", "overdue_minor", "last_minor", "share_bp")
    return [(*row, PLAIN) for row in picked.iter_rows()]


def _codes(inputs: Inputs) -> list[tuple[object, ...]]:
    (part,) = exceptions.make(inputs).parts
    told = part.frame.filter(pl.col("level") == "code")
    return [
        (*row, PLAIN)
        for row in told.select("currency", "code", "amount_minor", "lines", "cumulated_bp").iter_rows()
    ]


def _steps(inputs: Inputs) -> list[tuple[object, ...]]:
    """Opening, what changed it, closing; then the parts of it, which the chart leaves out."""
    rows: list[tuple[object, ...]] = []
    for currency, steps in measures.allowance(inputs).items():
        rows += [("step", currency, title, steps[name], PLAIN) for name, title in _STEPS.items()]
        more = [name for name in steps if name not in _STEPS]
        rows += [("part", currency, name, steps[name], SUBTOTAL) for name in more]
    return rows


REPORT: Final = Report(
    "management",
    "Management",
    "The month for managers: figures, charts, and the tables behind them.",
    ("movements", "open_items", "on_account", "customers", "lines", "exceptions", "standing"),
    make,
)
