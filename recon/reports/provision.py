"""Doubtful debts by the simplified approach of IFRS 9 and Ind AS 109: a matrix of loss rates, specific provisions.

40,000 never collected of 4,000,000 that reached a bucket -> 1 % x 1.10 for what lies ahead
    -> 250,000.00 x 1.1 % = 2,750.00

Rates stay fractions until an amount is rounded, once for each row of the matrix, half up.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from recon.model import LIMITS, LOSS_HISTORY, PROVISIONS
from recon.problems import Problem
from recon.reports import aged, ledger
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
    ratio,
)

_SHEET: Final = "Provision"
_PPM: Final = 1_000_000
_RUPEE: Final = 1  # major units by which a shortfall of tax may be rounded
_LATE: Final = 90  # days past due from which default is presumed
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


def make(inputs: Inputs) -> Made:
    """The matrix, the specific provisions, the movement of the allowance, and the items behind it."""
    rules = inputs.rules.reports.provision
    buckets = aged.buckets(rules.buckets)
    items = exposures(inputs)
    rates, problems = loss_rates(inputs)
    forward = Fraction(rules.forward_percent) / 100
    titles = {one.name("due_date"): one.title("due_date") for one in buckets}
    matrix, told = _matrix(inputs, items, titles, rates, forward)
    specific, doubts = _specific(inputs, items)
    apart = {row[1]: row[-4] for row in specific if row[0] == "total"}
    by_matrix = {row[1]: row[-2] for row in matrix if row[0] == "total"}
    ahead = (
        f"Historic rates times {rules.forward_percent.normalize():f} % for what lies ahead; disputed amounts"
    )
    alone = "Credits and cash reduce their own customer alone; items without a due date count as the oldest."
    facts = (f"{ahead} {rules.disputed} the matrix. {alone}",)
    movement = _movement(inputs, items, by_matrix, apart)
    parts = (
        Part("", "Matrix", _MATRIX, frame(_MATRIX, matrix, "rank"), _SHEET),
        Part("specific", "Specific provisions", _SPECIFIC, frame(_SPECIFIC, specific, "rank"), _SHEET),
        Part(
            "movement",
            "Movement of the allowance",
            _MOVEMENT,
            frame(_MOVEMENT, movement, "rank"),
            _SHEET,
            "currency",
        ),
        Part("items", "Items", _ITEMS, items.select(column.inner for column in _ITEMS)),
    )
    return Made(parts, facts, (*problems, *told, *doubts))


def exposures(inputs: Inputs) -> pl.DataFrame:
    """Each debit with what of it is exposed: columns as in the file of items, and days_due."""
    rules = inputs.rules.reports.provision
    rows = aged.items(inputs)
    marks = inputs.get("provisions", PROVISIONS).filter(pl.col("type") == "specific")
    whole = marks.filter((pl.col("item_id") == "") & (pl.col("customer_id") != ""))["customer_id"].unique()
    single = marks.filter(pl.col("item_id") != "")["item_id"].unique()
    alone = pl.col("customer_id").is_in(whole.implode()) | pl.col("item_id").is_in(single.implode())
    out = rows.filter(alone & (pl.col("side") == aged.DEBIT))
    left = rows.filter(~alone)
    buckets = aged.buckets(rules.buckets)
    last = buckets[-1].name("due_date")
    placed = aged.placed(left, buckets, "due_date", "oldest_first").filter(pl.col("side") == aged.DEBIT)
    none = pl.lit(0, pl.Int64)
    both = pl.concat(
        [
            placed.with_columns(
                specific_minor=none, credits_minor=pl.col("open_minor") - pl.col("aged_minor")
            ),
            aged.placed(out, buckets, "due_date", "separate").with_columns(
                specific_minor="open_minor", credits_minor=none, aged_minor=none, disputed_minor=none
            ),
        ],
        how="diagonal",
    )
    segments, insured = _limits(inputs)
    told = (
        both.join(_tax(inputs, both), on="row", how="left", maintain_order="left")
        .join(segments, on="customer_id", how="left", maintain_order="left")
        .join(insured, on=["customer_id", "currency"], how="left", maintain_order="left")
        .with_columns(
            segment=pl.col("segment").fill_null(""),
            bucket=pl.when(pl.col("place") == aged.UNDATED).then(pl.lit(last)).otherwise("place"),
            tax_minor=pl.min_horizontal(pl.col("tax_minor").fill_null(0), "aged_minor"),
        )
    )
    kept = pl.col("aged_minor") - pl.col("tax_minor")
    disputed = pl.min_horizontal("disputed_minor", kept) if rules.disputed == "apart" else pl.lit(0, pl.Int64)
    told = told.with_columns(disputed_minor=disputed).with_columns(left=kept - pl.col("disputed_minor"))
    owner = ["currency", "customer_id"]
    ordered = told.sort(*owner, "days_due", "row", nulls_last=True)
    before = pl.col("left").cum_sum().over(owner) - pl.col("left")
    off = (pl.col("pool").fill_null(0) - before).clip(0, pl.col("left"))
    return ordered.with_columns(insured_minor=off).with_columns(
        exposure_minor=pl.col("left") - pl.col("insured_minor")
    )


def _limits(inputs: Inputs) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each customer's segment (customer_id, segment), and what is insured (customer_id, currency, pool)."""
    rows = inputs.get("limits", LIMITS).filter(pl.col("customer_id") != "")
    named = rows.filter(pl.col("segment") != "").unique("customer_id", keep="first", maintain_order=True)
    pools = rows.group_by("customer_id", "currency").agg(pool=pl.col("insured_minor").sum())
    return named.select("customer_id", "segment"), pools


def _tax(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """What is open of part-paid items and is tax that the customer's profile lets it keep back: row, tax_minor."""
    rates = inputs["customers"].select(
        "customer_id", percent=pl.col("tax_profile").str.extract_all(r"TDS +[0-9]+(?:\.[0-9]{1,4})?")
    ).explode("percent").drop_nulls()  # fmt: skip
    hundredths = pl.col("percent").str.extract(r"([0-9.]+)$", 1).str.to_decimal(scale=4)
    rates = rates.with_columns(units=(hundredths * 10_000).cast(pl.Int64)).unique()
    items = inputs["open_items"].select(
        "item_id", "customer_id", "currency", "amount_minor", "net_amount_minor"
    )
    full = items.filter(pl.col("net_amount_minor").is_not_null()).unique("item_id", keep="first")
    likely = rows.join(full, on=["item_id", "customer_id", "currency"], how="inner").filter(
        pl.col("open_minor") < pl.col("amount_minor")
    )
    scale = pl.col("currency").replace_strict(dict(inputs.scales), default=2, return_dtype=pl.Int64)
    slack = pl.lit(10, pl.Int64).pow(scale) * _RUPEE
    paired = likely.join(rates, on="customer_id", how="inner")
    off = (pl.col("open_minor") - pl.col("net_amount_minor") * pl.col("units") // _PPM).abs()
    found = paired.filter(off <= slack).unique("row", keep="first")
    return found.select("row", tax_minor="open_minor")


def loss_rates(inputs: Inputs) -> tuple[dict[tuple[str, str], Fraction], list[Problem]]:
    """Historic loss rates by segment and bucket.

    A rate is the one that is given, else never collected / reached; what reached a bucket is what is said, else
    what was paid in it and in all later ones, and what was never collected.
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
    columns = ("segment", "bucket", "rate", "paid_minor", "reached_minor", "never_collected_minor")
    told = {(row[0], row[1]): row[2:] for row in rows.select(columns).iter_rows() if row[1] in names}
    found: dict[tuple[str, str], Fraction] = {}
    for (segment, bucket), (rate, _, reached, lost) in told.items():
        if rate:
            found[segment, bucket] = Fraction(Decimal(rate)) / 100
            continue
        later = [told.get((segment, name)) for name in names[names.index(bucket) :]]
        came = sum((one[1] or 0) for one in later if one) + (lost or 0) if reached is None else reached
        if came > 0 and lost is not None:
            found[segment, bucket] = Fraction(lost, came)
    return found, problems


def _ppm(rate: Fraction | None) -> int | None:
    return None if rate is None else ratio(rate.numerator * _PPM, rate.denominator)


def _matrix(
    inputs: Inputs,
    items: pl.DataFrame,
    titles: dict[str, str],
    rates: dict[tuple[str, str], Fraction],
    forward: Fraction,
) -> tuple[list[tuple[object, ...]], list[Problem]]:
    """A row for each segment with rates of its own and each bucket, with totals; and exposure without a rate."""
    own = pl.Series(sorted({segment for segment, _ in rates}), dtype=pl.String)
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
                rate = rates.get((name, bucket))
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
    marks = inputs.get("provisions", PROVISIONS).filter(pl.col("type") == "specific")
    rows: list[tuple[object, ...]] = []
    problems = []
    columns = (
        "currency",
        "customer_id",
        "item_id",
        "amount_minor",
        "expected_recovery",
        "reason",
        "approver",
        "date",
    )
    out = items.filter(pl.col("specific_minor") != 0)
    for currency in marks["currency"].unique().sort():
        sums = [0, 0, 0]
        of_currency = marks.filter(pl.col("currency") == currency).sort(
            "customer_id", "item_id", "provision_id"
        )
        for _, customer, item, amount, recovery, reason, approver, day in of_currency.select(
            columns
        ).iter_rows():
            mine = (pl.col("item_id") == item) if item else (pl.col("customer_id") == customer)
            is_open = int(out.filter(mine & (pl.col("currency") == currency))["specific_minor"].sum())
            gross = is_open if amount is None else amount
            share = Fraction(Decimal(recovery or 0)) / 100
            lost = 1 - share
            loss = ratio(gross * lost.numerator, lost.denominator) or 0
            sums = [sums[0] + gross, sums[1] + is_open, sums[2] + loss]
            rows.append(
                (
                    "debtor",
                    currency,
                    customer,
                    item,
                    gross,
                    is_open,
                    ratio(share.numerator * 10_000, share.denominator),
                    loss,
                    reason,
                    approver,
                    PLAIN,
                )
            )
            where = f"provisions, {item or customer}"
            if not reason or day is None:
                problems.append(
                    Problem("report-data", where, "a specific provision without its reason or date", "")
                )
            late = out.filter(mine & (pl.col("days_due") > _LATE)).height
            if late and loss == 0:
                what = f"{late:,} items are more than {_LATE} days past due and nothing is provided for"
                problems.append(Problem("report-data", where, what, "say on what evidence they will be paid"))
        rows.append(("total", currency, "", "", *sums[:2], None, sums[2], "", "", TOTAL))
    return rows, problems


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
            ("step", "Opening allowance", opening, SUBTOTAL),
            ("step", "Used: written off against it", -used, PLAIN),
            ("step", "Charge to profit and loss", closing - opening + used, PLAIN),
            ("total", "Closing allowance", closing, TOTAL),
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
