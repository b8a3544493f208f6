"""Doubtful debts by the simplified approach of IFRS 9 and Ind AS 109: a matrix of loss rates, specific provisions.

40,000 never collected of 4,000,000 that reached a bucket -> 1 % x 1.10 for what lies ahead
    -> 250,000.00 x 1.1 % = 2,750.00

Rates stay fractions until an amount is rounded, once for each row of the matrix, half up.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from recon.model import LOSS_HISTORY, PROVISIONS
from recon.problems import Problem
from recon.reports import aged, ledger
from recon.reports.exposed import MARK, exposures, marks
from recon.reports.shape import (
    LEVEL,
    PLAIN,
    SUBTOTAL,
    TOTAL,
    Column,
    Inputs,
    Kind,
    Made,
    Part,
    Report,
    frame,
    once,
    ratio,
)

_SHEET: Final = "Provision"
OPENING, USED, CHARGE, CLOSING = (
    "Opening allowance", "Used: written off against it", "Charge to profit and loss", "Closing allowance",
)  # fmt: skip
_PPM: Final = 1_000_000
_LATE: Final = 90  # days past due from which default is presumed
Rates = dict[tuple[str, str, str], Fraction]  # by currency, segment and bucket
_MATRIX: Final = (
    Column("level", "Level", f"{LEVEL}bucket or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column(
        "segment",
        "Segment",
        "kind of payer; empty = all that have no rates of their own",
        width=16,
        optional=True,
    ),
    Column("bucket", "Days past due", "the bucket", width=16),
    Column("open", "Open", "invoices and debit notes in it", Kind.MONEY, 16),
    Column(
        "apart",
        "Taken out",
        "credits and cash of the same customer, insured, disputed, tax, specific",
        Kind.MONEY,
        16,
    ),
    Column("exposure", "Exposure", "what the rate is taken of", Kind.MONEY, 16),
    Column("historic", "Historic rate", "never collected / what reached the bucket", Kind.RATE, 12),
    Column(
        "rate", "Rate", "the same times what lies ahead; shown rounded, computed unrounded", Kind.RATE, 11
    ),
    Column("loss", "Expected loss", "exposure x rate", Kind.MONEY, 16),
)
_SPECIFIC: Final = (
    Column("level", "Level", f"{LEVEL}debtor or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("item_id", "Item", "one open item, where not all are meant", width=14, optional=True),
    Column("gross", "Gross", "what is assessed", Kind.MONEY, 16),
    Column("taken_out", "Open", "what is open of it: out of the matrix", Kind.MONEY, 16),
    Column("recovery", "Recovery", "what is expected to come", Kind.PERCENT, 11),
    Column("loss", "Provision", "gross x (100 % - recovery)", Kind.MONEY, 16),
    Column("reason", "Reason", "why, and on what evidence", Kind.LONG, 40),
    Column("approver", "Approved by", "who approved it", width=16),
)
_MOVEMENT: Final = (
    Column("level", "Level", f"{LEVEL}step or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", file_only=True),
    Column("what", "Allowance", "a step from opening to closing, or what is beside it", width=52),
    Column("amount", "Amount", "how much", Kind.MONEY, 18),
)
_ITEMS: Final = (
    Column("item_id", "Item id", "the open item"),
    Column("customer_id", "Customer", "the customer's number"),
    Column("currency", "Currency", "ISO 4217 code"),
    Column("segment", "Segment", "kind of payer"),
    Column("bucket", "Bucket", "the bucket by due date; without one the last"),
    Column("open", "Open", "what is open of it", Kind.MONEY),
    Column("specific", "Specific", "assessed by itself", Kind.MONEY),
    Column("credits", "Credits", "credit notes and cash on account of the same customer", Kind.MONEY),
    Column("tax", "Tax", "tax that the payer keeps back: no credit risk of the customer", Kind.MONEY),
    Column("disputed", "Disputed", "disputed, where that is apart", Kind.MONEY),
    Column("insured", "Insured", "what an insurer bears, the youngest first", Kind.MONEY),
    Column("exposure", "Exposure", "what is left for the matrix", Kind.MONEY),
)


@dataclass(frozen=True)
class Worked:
    """The provision, worked out: items, the rows of the matrix, of specific ones and of the allowance's movement."""

    items: pl.DataFrame
    matrix: list[tuple[object, ...]]
    specific: list[tuple[object, ...]]
    movement: list[tuple[object, ...]]  # level, currency, what, amount_minor, rank
    problems: tuple[Problem, ...]


@once
def worked(inputs: Inputs) -> Worked:
    """The provision of the as-at day."""
    rules = inputs.rules.reports.provision
    items = exposures(inputs)
    rates, problems = loss_rates(inputs)
    forward = Fraction(rules.forward_percent) / 100
    titles = {one.name("due_date"): one.title("due_date") for one in aged.buckets(rules.buckets)}
    matrix, told = _matrix(inputs, items, titles, rates, forward)
    specific, doubts = _specific(inputs, items)
    apart = {row[1]: row[-4] for row in specific if row[0] == "total"}
    by_matrix = {row[1]: row[-2] for row in matrix if row[0] == "total"}
    movement = _movement(inputs, items, by_matrix, apart)
    return Worked(items, matrix, specific, movement, (*problems, *told, *doubts))


def make(inputs: Inputs) -> Made:
    """The matrix, the specific provisions, the movement of the allowance, and the items behind it."""
    rules = inputs.rules.reports.provision
    made = worked(inputs)
    ahead = (
        f"Historic rates times {rules.forward_percent.normalize():f} % for what lies ahead; disputed amounts"
    )
    alone = "Credits and cash reduce their own customer alone; items without a due date count as the oldest."
    facts = (f"{ahead} {rules.disputed} the matrix. {alone}",)
    movement = frame(_MOVEMENT, made.movement, "rank")
    parts = (
        Part("", "Matrix", _MATRIX, frame(_MATRIX, made.matrix, "rank"), _SHEET),
        Part("specific", "Specific provisions", _SPECIFIC, frame(_SPECIFIC, made.specific, "rank"), _SHEET),
        Part("movement", "Movement of the allowance", _MOVEMENT, movement, _SHEET, "currency"),
        Part("items", "Items", _ITEMS, made.items.select(column.inner for column in _ITEMS)),
    )
    return Made(parts, facts, made.problems)


def loss_rates(inputs: Inputs) -> tuple[Rates, list[Problem]]:
    """Historic loss rates by currency, segment and bucket.

    A rate is the one that is given, else never collected / reached; what reached a bucket is what is said, else
    what was paid in it and in all later ones, and what was never collected. Rows of several cohorts are added up.
    """
    names = [one.name("due_date") for one in aged.buckets(inputs.rules.reports.provision.buckets)]
    rows = inputs.get("loss_history", LOSS_HISTORY)
    problems = []
    strange = sorted(set(rows["bucket"]) - set(names))
    if strange:
        hint = f"buckets: {', '.join(names)}; reports.provision.buckets of the rules says which there are"
        problems.append(
            Problem("report-data", "loss_history", f"no bucket of the matrix: {', '.join(strange)}", hint)
        )
    amounts = ("paid_minor", "reached_minor", "never_collected_minor")
    said = pl.col("rate") != ""
    cohorts = (
        rows.filter(pl.col("bucket").is_in(names))
        .group_by(pl.col("currency").fill_null(""), "segment", "bucket")
        .agg(
            *(pl.when(pl.col(one).is_not_null().any()).then(pl.col(one).sum()).alias(one) for one in amounts),
            rates=pl.col("rate").filter(said).unique().sort(),
            lacking=pl.col("reached_minor").is_null().sum(),
            rows=pl.len(),
        )
        .sort("currency", "segment", "bucket")
    )
    told = {row[:3]: row[3:] for row in cohorts.iter_rows()}
    found: Rates = {}
    for (currency, segment, bucket), (_, reached, lost, given, lacking, count) in told.items():
        where = f"bucket {bucket} of {segment or 'payers without a segment'}"
        rates = {Fraction(Decimal(one)) / 100 for one in given}
        if rates:
            found[currency, segment, bucket] = max(rates)
            if len(rates) > 1:
                what = f"{where} has several rates: {', '.join(given)}; the highest counts"
                problems.append(Problem("report-data", "loss_history", what, "say one rate"))
            continue
        if 0 < lacking < count:
            what = f"{where}: some rows say what reached it and some don't; it is found from what was paid and lost"
            problems.append(
                Problem("report-data", "loss_history", what, "say it in all of its rows, or in none")
            )
        later = [told.get((currency, segment, name)) for name in names[names.index(bucket) :]]
        came = sum((one[0] or 0) for one in later if one) + (lost or 0) if lacking else reached
        if came > 0 and lost is not None:
            found[currency, segment, bucket] = Fraction(lost, came)
    return found, problems


def _rate(rates: Rates, currency: str, segment: str, bucket: str) -> Fraction | None:
    """The rate of that currency, else one of no currency; a history of one currency alone speaks for all."""
    known = {one for one, _, _ in rates}
    only = known if len(known) == 1 else set()
    return next(
        (rates[one, segment, bucket] for one in (currency, "", *only) if (one, segment, bucket) in rates),
        None,
    )


def _ppm(rate: Fraction | None) -> int | None:
    return None if rate is None else ratio(rate.numerator * _PPM, rate.denominator)


def _matrix(
    inputs: Inputs,
    items: pl.DataFrame,
    titles: dict[str, str],
    rates: Rates,
    forward: Fraction,
) -> tuple[list[tuple[object, ...]], list[Problem]]:
    """A row for each segment with rates of its own and each bucket, with totals; and exposure without a rate."""
    own = pl.Series(sorted({segment for _, segment, _ in rates}), dtype=pl.String)
    segment = pl.when(pl.col("segment").is_in(own.implode())).then("segment").otherwise(pl.lit(""))
    summed = items.group_by("currency", segment, "bucket").agg(pl.col("open_minor", "exposure_minor").sum())
    found = {tuple(row[:3]): row[3:] for row in summed.iter_rows()}
    rows: list[tuple[object, ...]] = []
    problems = []
    for currency in sorted({key[0] for key in found}):
        whole = [0, 0, 0]
        for name in sorted({key[1] for key in found if key[0] == currency}):
            for bucket, title in titles.items():
                open_, exposed = found.get((currency, name, bucket), (0, 0))
                rate = _rate(rates, currency, name, bucket)
                ahead = None if rate is None else min(Fraction(1), rate * forward)
                loss = None if ahead is None else ratio(exposed * ahead.numerator, ahead.denominator) or 0
                whole = [whole[0] + open_, whole[1] + exposed, whole[2] + (loss or 0)]
                rows.append(
                    (
                        "bucket",
                        currency,
                        name,
                        title,
                        open_,
                        open_ - exposed,
                        exposed,
                        _ppm(rate),
                        _ppm(ahead),
                        loss,
                        PLAIN,
                    )
                )
                if exposed and (rate is None or (rate == 0 and bucket == list(titles)[-1])):
                    what = f"{ledger.text(inputs, (currency, ''), exposed)} in bucket {bucket}"
                    what += f" of {name or 'payers without a segment'} " + (
                        "have no rate" if rate is None else "are provided for with nothing"
                    )
                    problems.append(
                        Problem("report-data", "loss_history", what, "say the bucket's loss rate")
                    )
        rows.append(
            (
                "total",
                currency,
                "",
                "Matrix",
                whole[0],
                whole[0] - whole[1],
                whole[1],
                None,
                None,
                whole[2],
                TOTAL,
            )
        )
    return rows, problems


def _specific(inputs: Inputs, items: pl.DataFrame) -> tuple[list[tuple[object, ...]], list[Problem]]:
    """A row for each debtor that is assessed by itself, with totals."""
    rows: list[tuple[object, ...]] = []
    problems = []
    sums: dict[str, list[int]] = {}
    for currency, customer, item, amount, recovery, reason, approver, day, is_open, late in _taken(
        marks(inputs, items), items
    ).iter_rows():
        gross = is_open if amount is None else amount
        share = Fraction(Decimal(recovery or 0)) / 100
        lost = 1 - share
        loss = ratio(gross * lost.numerator, lost.denominator) or 0
        before = sums.get(currency, [0, 0, 0])
        sums[currency] = [one + more for one, more in zip(before, (gross, is_open, loss), strict=True)]
        percent = ratio(share.numerator * 10_000, share.denominator)
        rows.append(
            ("debtor", currency, customer, item, gross, is_open, percent, loss, reason, approver, PLAIN)
        )
        where = f"provisions, {item or customer}"
        if not reason or day is None:
            problems.append(
                Problem("report-data", where, "a specific provision without its reason or date", "")
            )
        if not is_open:
            what = f"nothing is open of it in {currency}, so that it takes nothing out of the matrix"
            problems.append(Problem("report-data", where, what, "see its customer, item and currency"))
        if late and loss == 0:
            what = f"{late:,} items are more than {_LATE} days past due and nothing is provided for"
            problems.append(Problem("report-data", where, what, "say on what evidence they will be paid"))
    for currency, (gross, is_open, loss) in sums.items():
        rows.append(("total", currency, "", "", gross, is_open, None, loss, "", "", TOTAL))
    return sorted(rows, key=lambda row: str(row[1])), problems


def _taken(said: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Each mark with what of its items it takes out of the matrix, and how many of these are long overdue.

    Marks of one item or customer share what is open, those with an amount first.
    """
    found = []
    for column, key in (("own_minor", MARK), ("whole_minor", MARK[:2])):
        late = ((pl.col(column) != 0) & (pl.col("days_due") > _LATE)).sum()
        found.append(items.group_by(key).agg(open=pl.col(column).sum(), late=late))
    own, whole = found
    single = pl.col("item_id") != ""
    both = pl.concat(
        [
            said.filter(single).join(own, on=MARK, how="left"),
            said.filter(~single).join(whole, on=MARK[:2], how="left"),
        ]
    ).with_columns(pl.col("open", "late").fill_null(0))
    size = pl.min_horizontal(pl.col("amount_minor").fill_null(pl.col("open")), "open")
    ordered = both.sort(*MARK, pl.col("amount_minor").is_null(), "provision_id")
    before = size.cum_sum().over(MARK) - size
    taken = (pl.col("open") - before).clip(0, size)
    return ordered.select(
        *MARK, "amount_minor", "expected_recovery", "reason", "approver", "date", taken=taken, late="late"
    )


def _movement(
    inputs: Inputs, items: pl.DataFrame, matrix: dict[object, object], specific: dict[object, object]
) -> list[tuple[object, ...]]:
    """From opening to closing: what is used takes from the allowance, the rest is the charge of the period."""
    given = inputs.get("provisions", PROVISIONS)
    sums = {
        (currency, kind): amount
        for currency, kind, amount in given.group_by("currency", "type")
        .agg(pl.col("amount_minor").sum())
        .iter_rows()
    }
    beside = dict(items.group_by("currency").agg(pl.col("disputed_minor").sum()).iter_rows())
    rows: list[tuple[object, ...]] = []
    for currency in sorted({*map(str, matrix), *map(str, specific), *given["currency"].unique()}):
        by_matrix, alone = (int(str(one.get(currency) or 0)) for one in (matrix, specific))
        closing = by_matrix + alone
        opening, used = sums.get((currency, "opening"), 0), sums.get((currency, "used"), 0)
        steps = [
            ("step", OPENING, opening, SUBTOTAL),
            ("step", USED, -used, PLAIN),
            ("step", CHARGE, closing - opening + used, PLAIN),
            ("total", CLOSING, closing, TOTAL),
            ("step", "of which matrix", by_matrix, PLAIN),
            ("step", "of which specific", alone, PLAIN),
        ]
        if beside.get(currency):
            steps.append(
                ("step", "Beside it: disputed, for which credit notes may be due", beside[currency], PLAIN)
            )
        if sums.get((currency, "recovered")):
            steps.append(
                ("step", "Beside it: recovered of what was written off", sums[currency, "recovered"], PLAIN)
            )
        rows += [(level, currency, what, amount, rank) for level, what, amount, rank in steps]
    return rows


REPORT: Final = Report(
    "provision",
    "Provision",
    "Doubtful debts: a matrix of loss rates by days past due, debtors assessed by themselves, and the allowance.",
    ("loss_history", "open_items", "on_account", "customers"),
    make,
)
