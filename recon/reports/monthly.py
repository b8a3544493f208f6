"""The month on one page: its measures, movements and lists, each beside the month before and on the same base.

Every figure is that of the report that has it; nothing is worked out a second way. A percentage stands with what is
divided by what, and two of different bases are not compared: that is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from recon import promise
from recon.problems import Problem
from recon.reports import (
    aged,
    ledger,
    measures,
    month_lists,
    months,
    past,
    promises,
    provision,
    quality,
    targets,
    to_do,
    unapplied,
)
from recon.reports.dso import hundredths
from recon.reports.roll_forward import TITLES
from recon.reports.shape import (
    LEVEL,
    PLAIN,
    RANK,
    SUBTOTAL,
    TOTAL,
    Column,
    Inputs,
    Kind,
    Made,
    Part,
    Report,
    frame,
    share,
)

_SHEET: Final = "Monthly AR"
_DETAILS: Final = "Monthly details"
_FIRST: Final = 38  # characters of what a row is, the same on all tables
_CURRENCY, _money = month_lists.CURRENCY, month_lists.money


_TASKS: Final = (
    _CURRENCY,
    Column("what", "What to do", "by plain rules, where a figure says so", Kind.LONG, _FIRST),
    Column("who", "Of whom", "customer, group or segment", width=15),
    _money("amount", "Amount", "how much it is about"),
    Column("sheet", "See", "the sheet with the figures", width=15),
)
_MEASURES: Final = (
    Column("measure", "Measure", "its name", file_only=True),
    _CURRENCY,
    Column("title", "Measure", "its name in words", width=_FIRST),
    Column("this", "This month", "the figure; empty = nothing to divide, or not known", Kind.HUNDREDTHS, 15),
    Column("last", "Last month", "the same of the month before", Kind.HUNDREDTHS, 15),
    Column("change", "Change", "this less last; empty = not on one base", Kind.HUNDREDTHS, 15),
    Column("unit", "Unit", "days or per cent; a change of per cent is in points", width=15),
    _money("above", "Above the line", "what is divided"),
    _money("below", "Below the line", "what it is divided by: the base"),
    _money("above_last", "Above,\nlast month", "what is divided"),
    _money("below_last", "Below,\nlast month", "what it is divided by: the base"),
    Column("definition", "Is", "what is divided by what; and why two months are not compared", Kind.LONG, 40),
)
_STEPS: Final = (
    Column("level", "Level", f"{LEVEL}step or total", file_only=True),
    _CURRENCY,
    Column("what", "From opening to closing", "a step, as the ledger calls it", width=_FIRST),
    _money("this", "This month", "how much; minus lowers what customers owe"),
    _money("last", "Last month", "the same of the month before"),
    _money("change", "Change", "this less last"),
)
_AGES: Final = (
    Column("level", "Level", f"{LEVEL}bucket or total; beside = after the total", file_only=True),
    _CURRENCY,
    Column("bucket", "Days past due", "the bucket", width=_FIRST),
    _money("last", "Last month", "at the end of the month before, worked back from now by the movements"),
    _money("this", "This month", "at the as-at date, as the ledger has it"),
    _money("change", "Change", "this less last"),
    Column("share_last", "Share last", "its part of last month's buckets", Kind.PERCENT, 15),
    Column("share_this", "Share", "its part of this month's buckets", Kind.PERCENT, 15),
)
_TARGETS: Final = (
    Column("level", "Level", f"{LEVEL}all, segment or customer; others and total add up", file_only=True),
    _CURRENCY,
    Column("scope", "Collected against target", "of whom the target is", width=_FIRST),
    _money("target", "Target", "of this month"),
    _money("collected", "Collected", "receipts less refunds"),
    Column("rate", "Reached", "collected / target", Kind.PERCENT, 15),
    _money("lacks", "Lacking", "target less collected, where it is more"),
    _money("target_last", "Target,\nlast month", "of the month before"),
    _money("collected_last", "Collected,\nlast month", "receipts less refunds"),
    Column("rate_last", "Reached,\nlast month", "collected / target", Kind.PERCENT, 15),
)
_KEPT: Final = (
    _CURRENCY,
    Column("what", "Promises", "what became of them; the last row: still open", width=_FIRST),
    Column("this", "This month", "how many whose time was over in it", Kind.NUMBER, 15),
    Column("last", "Last month", "the same of the month before", Kind.NUMBER, 15),
    Column("change", "Change", "this less last", Kind.NUMBER, 15),
    _money("amount", "Amount", "promised; of kept by value, what came"),
    _money("amount_last", "Amount,\nlast month", "the same of the month before"),
)
_ALLOWANCE: Final = (
    _CURRENCY,
    Column("what", "Allowance", "a step from opening to closing, as Provision has it", width=_FIRST),
    _money("amount", "Amount", "how much"),
)
_CASH: Final = (
    Column("level", "Level", f"{LEVEL}kind or total", file_only=True),
    _CURRENCY,
    Column("what", "Cash on no item", "the kind", width=_FIRST),
    Column("number", "How many", "how many", Kind.NUMBER, 15),
    _money("amount", "Amount", "as the report Unapplied cash has it"),
    _money("came", "Of this month", "dated in it"),
    _money("older", "From before", "dated before it, or without a date"),
)
_QUALITY: Final = (
    Column("measure", "Measure", "its name", file_only=True),
    Column("title", "Matching, by lines", "as the report Match quality has it", width=_FIRST),
    Column("this", "This month", "the rate", Kind.PERCENT, 15),
    Column("last", "Last month", "the same of the month before", Kind.PERCENT, 15),
    Column("change", "Change", "this less last, in points", Kind.PERCENT, 15),
    Column("lines", "Lines", "bank lines that count", Kind.NUMBER, 15),
    Column("of_lines", "of lines", "bank lines that they are compared with: the base", Kind.NUMBER, 15),
    Column("lines_last", "Lines,\nlast month", "bank lines that count", Kind.NUMBER, 15),
    Column("of_lines_last", "of lines,\nlast month", "the base", Kind.NUMBER, 15),
)


def make(inputs: Inputs) -> Made:
    """The page, and the lists behind it."""
    this = months.this(inputs)
    parts = (
        _part("", "Measures", _MEASURES, _measured(inputs)),
        _part("to_do", "What to do", _TASKS, _tasks(inputs)),
        _part("steps", "Receivables", _STEPS, _steps(inputs)),
        _part("ageing", "Ageing by due date", _AGES, _ages(inputs)),
        _part("targets", "Collections", _TARGETS, _collections(inputs)),
        _part("promises", "Promises", _KEPT, _kept(inputs)),
        _part("allowance", "Allowance for doubtful debts", _ALLOWANCE, _allowed(inputs)),
        _part("unapplied", "Unapplied cash", _CASH, _cash(inputs)),
        Part("quality", "Matching", _QUALITY, frame(_QUALITY, list(_rates(inputs))), _SHEET),
        _part("trend", "Month by month", month_lists.TREND, month_lists.trend(inputs), _DETAILS),
        _part("top", "Largest debtors", month_lists.LARGEST, list(month_lists.largest(inputs)), _DETAILS),
        _part("disputes", "Disputes", month_lists.DISPUTES, list(month_lists.disputes(inputs)), _DETAILS),
    )
    facts = [f"Month {this}, beside {months.before(this)}."]
    if not months.over(inputs):
        facts.append("The month is not over: what flows in it is not compared.")
    facts.append(
        "Ages are the ledger's at both ends; last month's are this month's extract, less what moved since."
    )
    facts += months.unknown(inputs)
    problems = [*months.problems(inputs), *measures.problems(inputs), *_strange(inputs)]
    return Made(parts, tuple(facts), tuple(problems))


def _part(
    key: str, title: str, columns: tuple[Column, ...], rows: list[tuple[object, ...]], sheet: str = _SHEET
) -> Part:
    """A part, a table for each currency; rows end in their rank."""
    return Part(key, title, columns, frame(columns, rows, RANK), sheet, "currency")


def _strange(inputs: Inputs) -> Iterator[Problem]:
    for segment in targets.strange(inputs):
        what = f"a target is of the segment {segment}, which no row of limits has: nothing is collected of it"
        yield Problem("report-data", "targets", what, "name the segment as limits does")


def _tasks(inputs: Inputs) -> list[tuple[object, ...]]:
    return [(one.currency, one.what, one.who, one.amount, one.sheet, PLAIN) for one in to_do.of(inputs)]


def _measured(inputs: Inputs) -> list[tuple[object, ...]]:
    return [
        (
            one.name, one.currency, one.title, hundredths(one.this.value), hundredths(one.last.value), one.change,
            one.unit, one.this.above, one.this.below, one.last.above, one.last.below,
            one.is_ + (f"; not compared: {one.apart}" if one.apart else ""), PLAIN,
        )
        for one in measures.of_month(inputs)
    ]  # fmt: skip


def _less(this: int | None, last: int | None) -> int | None:
    return None if this is None or last is None else this - last


def _steps(inputs: Inputs) -> list[tuple[object, ...]]:
    """Opening, what moved by type as *Roll-forward* has it, closing."""
    rows: list[tuple[object, ...]] = []
    whole = months.over(inputs)
    for currency, chain in months.trend(inputs).items():
        sides = []
        for span in (months.this(inputs), months.before(months.this(inputs))):
            month = next((one for one in chain if one.span == span), None)
            moved = ledger.by_type(ledger.movements(inputs, span.first, span.last), by_entity=False)
            sides.append((month, moved.get((currency, ""), {})))
        (now, of_now), (then, of_then) = sides

        def row(
            what: str, this: int | None, last: int | None, rank: int, code: str = currency
        ) -> tuple[object, ...]:
            change = _less(this, last) if whole or rank != PLAIN else None
            return ("step" if rank == PLAIN else "total", code, what, this, last, change, rank)

        rows.append(row("Opening", now.opening if now else None, then.opening if then else None, SUBTOTAL))
        for kind, title in TITLES.items():
            if kind in of_now or kind in of_then:
                pair = ((now, of_now), (then, of_then))
                this, last = (of.get(kind, (0, 0))[0] if one and one.flows else None for one, of in pair)
                rows.append(row(title, this, last, PLAIN))
        off = [None if one is None else one.unexplained for one in (now, then)]
        if any(off):
            rows.append(row("Not explained: see Roll-forward", off[0], off[1], PLAIN))
        rows.append(row("Closing", now.closing if now else None, then.closing if then else None, TOTAL))
    return rows


def _ages(inputs: Inputs) -> list[tuple[object, ...]]:
    """Each bucket of the ledger at both ends of the month, up to its balance; then what *Ageing* has besides."""
    made = aged.buckets(inputs.rules.reports.ageing.buckets)
    titles = {one.name("due_date"): one.title("due_date") + (" days" if one.first else "") for one in made}
    titles |= {aged.UNDATED: "No date", aged.CREDITS: "Credit notes", aged.UNAPPLIED: "Unapplied cash"}
    day = months.this(inputs).before
    now, then = past.places(inputs, inputs.as_of), past.places(inputs, day)
    told = past.known(inputs, day)
    shown = dict(aged.items(inputs).group_by("currency").agg(pl.col("open_minor").sum()).iter_rows())
    rows: list[tuple[object, ...]] = []
    for currency, chain in months.trend(inputs).items():
        month = chain[-1]
        sides = [{name: one.get((currency, name), 0) for name in titles} for one in (then, now)]
        bases = [
            sum(one[name] for name in titles if name not in (aged.CREDITS, aged.UNAPPLIED)) for one in sides
        ]
        for name, title in titles.items():
            last, this = sides[0][name], sides[1][name]
            if name == aged.UNDATED and not last and not this:
                continue
            before = last if told else None
            parts = [None, None] if name in (aged.CREDITS, aged.UNAPPLIED) else [
                share(amount, base) if amount is not None else None
                    for amount, base in zip((before, this), bases, strict=True)
            ]  # fmt: skip
            rows.append(("bucket", currency, title, before, this, _less(this, before), *parts, PLAIN))
        last, this = (sum(one.values()) for one in sides)
        offs = (_less(month.opening, last) if told else None, _less(month.closing, this))
        if any(offs):
            what = "In no document: see Roll-forward"
            rows.append(("bucket", currency, what, *offs, _less(offs[1], offs[0]), None, None, PLAIN))
        ends = (month.opening, month.closing)
        rows.append(
            ("total", currency, "Balance in the ledger", *ends, _less(ends[1], ends[0]), None, None, TOTAL)
        )
        after = shown.get(currency, 0)
        if after != this:
            what = "Accepted since, not in the ledger yet"
            rows.append(("beside", currency, what, None, after - this, None, None, None, PLAIN))
            rows.append(
                ("beside", currency, "Balance as Ageing has it", None, after, None, None, None, SUBTOTAL)
            )
    return rows


def _collections(inputs: Inputs) -> list[tuple[object, ...]]:
    """Each target of this month and of last, what came of those without one, and all together."""
    rows: list[tuple[object, ...]] = []
    for currency, chain in months.trend(inputs).items():
        last = next((one for one in chain if one.span == months.before(months.this(inputs))), None)
        sides = [one.target if one else None for one in (chain[-1], last)]
        if not any(one and one.scopes for one in sides):
            continue
        told = [{(one.level, one.who): one for one in side.scopes} if side else {} for side in sides]
        order = {targets.ALL: 0, targets.SEGMENT: 1, targets.CUSTOMER: 2}
        for level, who in sorted({*told[0], *told[1]}, key=lambda key: (order[key[0]], key[1])):
            pair = [one.get((level, who)) for one in told]
            figures = [(one.target, one.collected) if one else (None, None) for one in pair]
            within = any(one.within for one in pair if one)
            name = who or "All customers"
            rows.append(_collected(level, currency, f"   of it {name}" if within else name, figures, PLAIN))
        rest = [(None, side.collected - side.came) if side else (None, None) for side in sides]
        if any(one[1] for one in rest):
            rows.append(_collected("others", currency, "Others, without a target", rest, PLAIN))
        whole = [(side.target, side.came) if side else (None, None) for side in sides]
        rows.append(_collected("total", currency, "Against target", whole, TOTAL))
    return rows


def _collected(
    level: str, currency: str, name: str, sides: Sequence[tuple[int | None, int | None]], rank: int
) -> tuple[object, ...]:
    (target, came), (target_last, came_last) = sides
    rates = [None if a is None or b is None else share(b, a) for a, b in sides]
    lacks = None if target is None or came is None else max(0, target - came)
    return (level, currency, name, target, came, rates[0], lacks, target_last, came_last, rates[1], rank)


def _kept(inputs: Inputs) -> list[tuple[object, ...]]:
    """Promises whose time was over in each month, by what became of them; and those that are open."""
    this = months.this(inputs)
    spans = (this, months.before(this))
    told = [{str(row[0]): row for row in promises.rates(inputs, one.before, one.last)} for one in spans]
    open_ = promises.to_come(inputs)
    rows: list[tuple[object, ...]] = []
    for currency in sorted({*told[0], *told[1], *open_["currency"]}):
        now, then = (one.get(currency, (currency, 0, 0, 0, 0, None, 0, 0, None)) for one in told)
        for title, at, amount, rank in (
            ("Judged; amount promised", 1, 6, SUBTOTAL),
            ("Kept; what came of all", 2, 7, PLAIN),
            ("Kept in part", 3, None, PLAIN),
            ("Broken", 4, None, PLAIN),
        ):
            counts = (int(str(now[at])), int(str(then[at])))
            amounts = (None, None) if amount is None else (now[amount], then[amount])
            rows.append((currency, title, *counts, counts[0] - counts[1], *amounts, rank))
        mine = open_.filter(pl.col("currency") == currency)
        assert (mine["outcome"] == promise.OPEN).all(), "a promise to come is open"
        rows.append(
            (currency, "Still open", mine.height, None, None, int(mine["rest_minor"].sum() or 0), None, PLAIN)
        )
    return rows


def _allowed(inputs: Inputs) -> list[tuple[object, ...]]:
    ends = (provision.OPENING, provision.CLOSING)
    return [
        (currency, what, amount, SUBTOTAL if what in ends else PLAIN)
        for currency, steps in measures.allowance(inputs).items()
        for what, amount in steps.items()
    ]


def _cash(inputs: Inputs) -> list[tuple[object, ...]]:
    """Cash on no item by kind, as it stands; what of it is of this month."""
    recent = pl.col("date") >= months.this(inputs).first
    amount = pl.col("amount_minor")
    sums = unapplied.amounts(inputs).group_by("currency", "kind").agg(
        pl.len(), amount.sum(), came=amount.filter(recent).sum()
    )  # fmt: skip
    found = {(currency, kind): rest for currency, kind, *rest in sums.iter_rows()}
    rows: list[tuple[object, ...]] = []
    for currency in sorted({key[0] for key in found}):
        whole = [0, 0, 0]
        for kind, title in unapplied.TITLES.items():
            told = found.get((currency, kind))
            if told is None:
                continue
            whole = [a + b for a, b in zip(whole, told, strict=True)]
            rows.append(("kind", currency, title, *told, told[1] - told[2], PLAIN))
        rows.append(("total", currency, f"Total {currency}", *whole, whole[1] - whole[2], TOTAL))
    return rows


def _rates(inputs: Inputs) -> Iterator[tuple[object, ...]]:
    """The rates that are counted in lines, of receipts booked in each month."""
    this = months.this(inputs)
    spans = (this, months.before(this))
    now, then = ({row[0]: row for row in quality.rates(inputs, one.before, one.last)} for one in spans)
    for name, row in now.items():
        if row[4] is None:
            continue
        last = then[name]
        rates = [one[3] if isinstance(one[3], int) else None for one in (row, last)]
        change = _less(rates[0], rates[1]) if months.over(inputs) else None
        yield (name, row[1], *rates, change, row[4], row[5], last[4], last[5])


REPORT: Final = Report(
    "monthly",
    "Monthly AR",
    "The month beside the one before: what to do, measures with their bases, movements, trends and lists.",
    ("movements", "open_items", "on_account", "customers", "lines", "standing"),
    make,
)
