"""Interest on late payment: what the law would let us claim, proposed and never posted.

UK: 12,000.00 due 2026-02-04, open on 2026-03-31: 55 days, 8 % + 3.75 % -> 212.47, compensation 100.00
MSMED: 100,000.00 three months late at 3 x 6.75 % -> 100,000 x ((1 + 0.2025 / 12) ^ 3 - 1) = 5,148.41
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from recon.model import LIMITS, MOVEMENTS
from recon.problems import Problem
from recon.reports import aged, clock, ledger
from recon.reports.shape import LEVEL, PLAIN, RANK, TOTAL, Column, Inputs, Kind, Made, Part, Report, called
from recon.rules.reports import LatePayment, Rate

UK, MSMED, NO_LAW = "uk", "msmed", "none"
OPEN, PAID = "open", "paid"
_SHEET: Final = "Late payment"
_NO_TERMS: Final = {UK: 30, MSMED: 15}  # days to pay where nothing was agreed
_PPM: Final = 1_000_000
_FINE: Final = (
    10**15
)  # parts of one in which a factor of interest is counted; an amount is rounded once, after it
_COLUMNS: Final = (
    Column("level", "Level", f"{LEVEL}customer or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("customer_name", "Name", "the customer's name", Kind.LONG, 36),
    Column("debts", "Debts", "late invoices, open and paid late", Kind.NUMBER, 9),
    Column("principal", "Late", "what was paid late or is late", Kind.MONEY, 17),
    Column("interest", "Interest", "up to now", Kind.MONEY, 15),
    Column("compensation", "Compensation", "fixed, once for each invoice", Kind.MONEY, 15),
    Column("claim", "Could be claimed", "interest and compensation", Kind.MONEY, 16),
)
_DEBTS: Final = (
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("doc_no", "Document no.", "the invoice", width=16),
    Column("status", "Status", "open, or paid late", width=9),
    Column("due_date", "Due", "the day until which it was not late", Kind.DATE),
    Column("until", "Until", "the day it was paid, else the as-at date", Kind.DATE),
    Column("days", "Days", "days between", Kind.NUMBER, 8),
    Column("principal", "Late", "what was paid then, or is open", Kind.MONEY, 16),
    Column("rate", "Rate", "a year", Kind.RATE, 11),
    Column("interest", "Interest", "for these days", Kind.MONEY, 14),
    Column(
        "daily", "A day", "interest of one more day; of a compound one, at simple interest", Kind.MONEY, 11
    ),
    Column("compensation", "Compensation", "fixed, once for the invoice", Kind.MONEY, 14),
)


def make(inputs: Inputs) -> Made:
    """Each customer's late debts with what the law gives for them, and each debt."""
    rules = inputs.rules.reports.late_payment
    told, problems = debts(inputs)
    by = ["currency", "customer_id"]
    sums = [
        pl.len().cast(pl.Int64).alias("debts"),
        *(pl.col(f"{name}_minor").sum() for name in ("principal", "interest", "compensation")),
    ]
    name = pl.col("customer_name").sort_by(pl.col("customer_name") == "", maintain_order=True).first()
    customers = told.group_by(by).agg(name, *sums).with_columns(
        level=pl.lit("customer"), rank=pl.lit(PLAIN, pl.Int64)
    )  # fmt: skip
    total = told.group_by("currency").agg(*sums).with_columns(
        level=pl.lit("total"), rank=pl.lit(TOTAL, pl.Int64), customer_name=pl.lit("Total ") + pl.col("currency")
    )  # fmt: skip
    rows = (
        pl.concat([customers, total], how="diagonal")
        .with_columns(
            pl.col("customer_id", "customer_name").fill_null(""),
            claim_minor=pl.col("interest_minor") + pl.col("compensation_minor"),
        )
        .sort("currency", "rank", "claim_minor", "customer_id", descending=[False, False, True, False])
    )
    facts = (f"{_BASIS[rules.law]} Proposed, never posted; debts in {rules.currency}.",)
    parts = (
        Part("", "By customer", _COLUMNS, rows.select(*(one.inner for one in _COLUMNS), RANK), _SHEET),
        Part("debts", "Debts", _DEBTS, told.select(one.inner for one in _DEBTS), "Late payment debts"),
    )
    return Made(parts, facts, tuple(problems))


_BASIS: Final = {
    UK: "Late Payment of Commercial Debts (Interest) Act 1998.",
    MSMED: "MSMED Act 2006, sections 15 and 16, for registered micro and small suppliers.",
    NO_LAW: "`reports.late_payment.law` is none.",
}


def debts(inputs: Inputs) -> tuple[pl.DataFrame, list[Problem]]:
    """What is late or was paid late, the largest interest first: the columns of the file, with customer_name."""
    rules = inputs.rules.reports.late_payment
    rows = _late(inputs) if rules.law != NO_LAW else _late(inputs).clear()
    consumers = {word.casefold() for word in rules.not_owed_by}
    rows = rows.join(_exempt(inputs, consumers), on="customer_id", how="anti", maintain_order="left")
    rated = _rated(rows, rules)
    without = rated.filter(pl.col("rate_ppm").is_null())
    problems = []
    if without.height:
        what = f"{without.height:,} debts became late before the first rate of the rules; they bear no interest here"
        hint = "add earlier rates to reports.late_payment of the rules"
        problems.append(Problem("report-data", "reports.late_payment", what, hint))
    yearly = pl.col("principal_minor").cast(pl.Int128) * pl.col("rate_ppm").fill_null(0)
    factors = _factors(rated, rules)
    fine = pl.col("principal_minor").cast(pl.Int128) * pl.col("factor")
    told = rated.join(
        factors, on=["rate_ppm", "due_date", "until"], how="left", nulls_equal=True, maintain_order="left"
    )
    done = told.with_columns(
        interest_minor=((fine * 2 + _FINE) // (2 * _FINE)).cast(pl.Int64),
        daily_minor=((yearly * 2 + 365 * _PPM) // (2 * 365 * _PPM)).cast(pl.Int64),
        compensation_minor=_compensation(inputs, rules),
    ).with_columns(daily_minor=pl.when(pl.col("status") == OPEN).then("daily_minor").otherwise(0))
    order = ["currency", "interest_minor", "customer_id", "doc_no", "until"]
    return done.sort(order, descending=[False, True, False, False, False]), problems


def _exempt(inputs: Inputs, segments: set[str]) -> pl.DataFrame:
    """Customers of some segments (customer_id), by a row of their own or, where that names none, by their group's."""
    said = inputs.get("limits", LIMITS).filter(pl.col("segment") != "")
    said = said.with_columns(exempt=pl.col("segment").str.to_lowercase().is_in(list(segments)))
    own = said.filter(pl.col("customer_id") != "")
    groups = said.filter((pl.col("customer_id") == "") & (pl.col("group_id") != "") & pl.col("exempt"))
    members = aged.items(inputs).select("customer_id", "group_id")
    members = pl.concat([members, inputs["customers"].select("customer_id", "group_id")])
    of_group = members.join(groups.select("group_id").unique(), on="group_id", how="semi")
    of_group = of_group.join(own, on="customer_id", how="anti")
    return pl.concat([own.filter("exempt").select("customer_id"), of_group.select("customer_id")]).unique()


def _late(inputs: Inputs) -> pl.DataFrame:
    """Late debts: currency, customer_id, customer_name, doc_no, status, due_date, until, days, principal, size."""
    rules = inputs.rules.reports.late_payment
    rows = aged.items(inputs).filter((pl.col("side") == aged.DEBIT) & (pl.col("currency") == rules.currency))
    own = ["item_id", "customer_id"]
    amounts = inputs["open_items"].select(*own, size="amount_minor").unique(own, keep="first")
    is_open = rows.join(amounts, on=own, how="left", maintain_order="left").select(
        "currency", "customer_id", "customer_name", "issue_date", "due_date",
        doc_no=called(), key="item_id",
        status=pl.lit(OPEN), until=pl.lit(inputs.as_of), principal_minor="open_minor",
        size_minor=pl.max_horizontal("size", "open_minor"),
    )  # fmt: skip
    moved = inputs.get("movements", MOVEMENTS).filter(pl.col("currency") == rules.currency)
    invoices = moved.filter(pl.col("type").is_in(ledger.SALES) & (pl.col("doc_no") != ""))
    bills = inputs.named(
        invoices.select(
            "customer_id", "currency", "doc_no", "due_date", issue_date="date", size_minor="amount_minor"
        )
    )
    paid = ledger.receipts(inputs, bills).with_columns(
        key="doc_no", status=pl.lit(PAID), principal_minor="paid_minor"
    )  # fmt: skip
    both = pl.concat([is_open, paid.select(is_open.columns)])
    both = both.join(clock.waiting(inputs), on=["customer_id", "doc_no"], how="anti", maintain_order="left")
    dated = both.with_columns(due_date=_due(inputs, both, rules)).filter(pl.col("until") > pl.col("due_date"))
    days = (pl.col("until") - pl.col("due_date")).dt.total_days()
    # Compensation once for each invoice: with what is open of it, else with what was paid last.
    first = pl.int_range(pl.len()).over("customer_id", "doc_no") == 0
    order = ["customer_id", "doc_no", "until", "principal_minor"]
    ordered = dated.sort(order, descending=[False, False, True, True])
    return ordered.with_columns(days=days, first=first)


def _due(inputs: Inputs, rows: pl.DataFrame, rules: LatePayment) -> pl.Series:
    """The last day on which each debt was not late."""
    issued, due = pl.col("issue_date"), pl.col("due_date")
    if rules.law != MSMED:
        return rows.select(pl.coalesce(due, issued.dt.offset_by(f"{_NO_TERMS[UK]}d"))).to_series()
    start = pl.coalesce("accepted", issued)
    agreed = pl.min_horizontal(due, start.dt.offset_by(f"{rules.days_most}d"))
    none = start.dt.offset_by(f"{_NO_TERMS[MSMED]}d")
    joined = rows.with_columns(clock.accepted(inputs, rows.with_columns(item_id="key")))
    return joined.select(pl.when(due.is_null()).then(none).otherwise(agreed)).to_series()


def _rated(rows: pl.DataFrame, rules: LatePayment) -> pl.DataFrame:
    """The debts with the rate that was in force on the day after the due date: `rate_ppm`, empty if none is given."""
    rates: Sequence[Rate] = rules.bank_rates if rules.law == MSMED else rules.base_rates
    yearly = [3 * one.percent if rules.law == MSMED else one.percent + rules.margin for one in rates]
    table = pl.DataFrame(
        {
            "since": [date.fromisoformat(one.since) for one in rates],
            "rate_ppm": [int(percent * 10_000) for percent in yearly],
        },
        schema={"since": pl.Date, "rate_ppm": pl.Int64},
    ).sort("since")
    late = rows.with_columns(late=pl.col("due_date").dt.offset_by("1d")).sort("late", maintain_order=True)
    return late.join_asof(table, left_on="late", right_on="since", strategy="backward").drop("late")


def _factors(rows: pl.DataFrame, rules: LatePayment) -> pl.DataFrame:
    """For each rate and span of days that there is: the interest on one, in 10 ** -15."""
    keys = ["rate_ppm", "due_date", "until"]
    spans = rows.select(keys).unique().sort(keys)
    made = [_factor(rate, due, until, compound=rules.law == MSMED) for rate, due, until in spans.iter_rows()]
    return spans.with_columns(pl.Series("factor", made, dtype=pl.Int64))


def _factor(rate: int | None, due: date, until: date, *, compound: bool) -> int:
    yearly = Fraction(rate or 0, _PPM)
    if not compound:
        return round(yearly * (until - due).days / 365 * _FINE)
    months = (until.year - due.year) * 12 + until.month - due.month
    if _later(due, months) > until:
        months -= 1
    rest = (until - _later(due, months)).days
    whole = (1 + yearly / 12) ** months * (1 + yearly * rest / 365)
    return round((whole - 1) * _FINE)


def _later(day: date, months: int) -> date:
    """The same day so many months later; the month's last one where it is shorter."""
    at = day.year * 12 + day.month - 1 + months
    first = date(at // 12, at % 12 + 1, 1)
    last = (date(first.year + first.month // 12, first.month % 12 + 1, 1) - first).days
    return first.replace(day=min(day.day, last))


def _compensation(inputs: Inputs, rules: LatePayment) -> pl.Expr:
    """The fixed compensation of an invoice's first row, by its amount."""
    if rules.law != UK:
        return pl.lit(0, pl.Int64)
    unit = Decimal(10) ** inputs.scales.get(rules.currency, 2)
    made = pl.lit(0, pl.Int64)
    for band in sorted(rules.compensation, key=lambda one: one.above):
        made = (
            pl.when(pl.col("size_minor") >= int(band.above * unit))
            .then(int(band.amount * unit))
            .otherwise(made)
        )
    return pl.when("first").then(made).otherwise(0).cast(pl.Int64)


REPORT: Final = Report(
    "late_payment",
    "Late payment",
    "Interest and compensation that the law gives for late payment: proposed, never posted.",
    ("open_items", "on_account", "customers"),
    make,
)
