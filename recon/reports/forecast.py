"""What cash is to be expected, week by week: promises as far as such are kept, and items as late as their payer is.

    promised: amount x share of promises that were kept by value, on the promised day
    due:      what of an item may be asked for, on its due date + the days that its payer is late on average

A promised part of an item counts as a promise and not as due again. What is disputed, with solicitors or covered by
cash on account is no cash to come; what should have come already has no week.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from recon import promise
from recon.reports import chaseable, ledger, plans, promises
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
    ratio,
    share,
)

WEEKS: Final = 13
_WHOLE: Final = 10_000  # hundredths of a per cent
_WEEK: Final = 7
_COLUMNS: Final = (
    Column("level", "Level", f"{LEVEL}week, later, no week or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", file_only=True),
    Column("week", "Week from", "its first day", Kind.DATE),
    Column("what", "Weeks", "the week, later, or why there is none", width=30),
    Column("promised", "Promised", "promises, as far as such are kept", Kind.MONEY, 16),
    Column("plans", "By plan", "instalments that are not paid", Kind.MONEY, 16),
    Column("due", "Due", "items, by their due date and how late their payer is", Kind.MONEY, 16),
    Column("total", "Together", "all of it", Kind.MONEY, 16),
    Column("items", "Items", "how many of the due", Kind.NUMBER, 9),
)
_PAYERS: Final = (
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("currency", "Currency", "ISO 4217 code", width=9),
    Column("days_late", "Days late", "average of what it paid, weighted by amount", Kind.NUMBER, 10),
    Column("paid", "Paid", "what that is the average of", Kind.MONEY, 16),
)
_SHEET: Final = "Cash forecast"


def late(inputs: Inputs) -> pl.DataFrame:
    """How late each payer pays on average: customer_id, currency, days_late (whole days, half up), paid_minor.

    Out of receipts that name their document (`movements`), else of receipts on items that are still open.
    """
    by_number = ledger.paid_bills(inputs).select(
        "customer_id", "currency", due="due_date", day="until", paid="paid_minor"
    )
    items = inputs["open_items"].select("item_id", due="due_date").unique("item_id", keep="first")
    on_items = (
        inputs["standing"]
        .join(items, on="item_id")
        .select("customer_id", "currency", "due", day="booking_date", paid="amount_minor")
    )
    rows = by_number if by_number.height else on_items
    rows = rows.filter((pl.col("paid") > 0) & (pl.col("customer_id") != "")).drop_nulls(["due", "day"])
    days = (pl.col("day") - pl.col("due")).dt.total_days()
    summed = rows.group_by("customer_id", "currency").agg(
        paid_minor=pl.col("paid").sum(), weighted=(pl.col("paid") * days).sum()
    )
    # half up, in whole numbers
    average = (2 * pl.col("weighted") + pl.col("paid_minor")) // (2 * pl.col("paid_minor"))
    return (
        summed.with_columns(days_late=average.cast(pl.Int64)).drop("weighted").sort("currency", "customer_id")
    )


def _expected(inputs: Inputs, payers: pl.DataFrame) -> pl.DataFrame:
    """What is to come: currency, kind (promised, plans, due), day (none = it should have come), amount_minor."""
    kept = _kept(inputs)
    rows = chaseable.items(inputs)
    # A promise of an item without an amount is for all that is open of it.
    whole = rows.filter(pl.col("promised_minor") > 0).select("item_id", "currency", of_item="promised_minor")
    open_ = (
        promises.to_come(inputs)
        .join(
            whole.unique(["item_id", "currency"]),
            on=["item_id", "currency"],
            how="left",
            maintain_order="left",
        )
        .with_columns(amount_minor=pl.coalesce("rest_minor", "of_item"))
    )
    # As much as promises hold back of items, so that nothing counts twice.
    held = rows.group_by("customer_id", "currency").agg(most=pl.col("promised_minor").sum())
    before = pl.col("amount_minor").cum_sum().over("customer_id", "currency") - pl.col("amount_minor")
    told = (
        open_.drop_nulls(["amount_minor", "promised_date"])
        .sort("customer_id", "currency", "promised_date", "promise_id", "amount_minor")
        .join(held, on=["customer_id", "currency"], how="left", maintain_order="left")
        .with_columns(
            counted=(pl.col("most").fill_null(0) - before).clip(0, pl.col("amount_minor")).cast(pl.Int64)
        )
        .join(kept, on="currency", how="left", maintain_order="left")
    )
    share_kept = pl.col("kept_bp").fill_null(_WHOLE)
    promised = told.select(
        "currency",
        kind=pl.lit("promised"),
        day=pl.max_horizontal("promised_date", pl.lit(inputs.as_of)),
        amount_minor=(pl.col("counted") * share_kept + _WHOLE // 2) // _WHOLE,
    )
    standing = plans.states(inputs).filter(pl.col("state").is_in(plans.STANDING)).select(plans.KEY)
    by_plan = plans.instalments(inputs).filter(pl.col("open_minor") > 0)
    by_plan = by_plan.join(standing, on=plans.KEY, how="semi", maintain_order="left")
    instalments = by_plan.select(
        "currency",
        kind=pl.lit("plans"),
        day=pl.max_horizontal("due_date", pl.lit(inputs.as_of)),
        amount_minor="open_minor",
    )
    due = rows.filter(pl.col("chase_minor") > 0).join(
        payers.select("customer_id", "currency", "days_late"),
        on=["customer_id", "currency"],
        how="left",
        maintain_order="left",
    )
    day = pl.col("due_date") + pl.duration(days=pl.col("days_late").fill_null(0))
    # What is not due yet has not failed to come, however early its payer pays otherwise.
    day = (
        pl.when(pl.col("due_date") >= inputs.as_of)
        .then(pl.max_horizontal(day, pl.lit(inputs.as_of)))
        .otherwise(day)
    )
    due = due.select(
        "currency",
        kind=pl.lit("due"),
        day=pl.when(day >= inputs.as_of).then(day),
        amount_minor="chase_minor",
    )
    return pl.concat([promised, instalments, due], how="vertical_relaxed")


def _kept(inputs: Inputs) -> pl.DataFrame:
    """The share of promises that is kept by value: currency, kept_bp; none where none was judged."""
    rows = promises.judged(inputs).filter(
        pl.col("outcome").is_in([promise.KEPT, promise.PART_KEPT, promise.BROKEN])
    )
    summed = rows.group_by("currency").agg(
        promised=pl.col("amount_minor").sum(), came=pl.min_horizontal("received_minor", "amount_minor").sum()
    )
    told = [
        (currency, share(int(came), int(promised)))
        for currency, promised, came in summed.sort("currency").iter_rows()
    ]
    return pl.DataFrame(told, schema={"currency": pl.String, "kept_bp": pl.Int64}, orient="row")


def make(inputs: Inputs) -> Made:
    """The next weeks of each currency, what comes later, what has no week, and how late payers are."""
    payers = late(inputs)
    rows = _expected(inputs, payers)
    week = (pl.col("day") - pl.lit(inputs.as_of)).dt.total_days() // _WEEK
    summed = rows.with_columns(
        at=pl.when(week < WEEKS).then(week).otherwise(pl.when(week >= WEEKS).then(WEEKS))
    )
    told: list[tuple[object, ...]] = []
    for (currency,), mine in summed.sort("currency").group_by("currency", maintain_order=True):
        told += _weeks(str(currency), mine, inputs)
    rates = [
        f"{ratio(rate, 100)} % of promises in {currency}"
        for currency, rate in _kept(inputs).iter_rows()
        if rate is not None
    ]
    fact = (
        f"Counted as kept: {', '.join(rates)}."
        if rates
        else "No promise was judged yet: promises count whole."
    )
    return Made(
        (
            Part("", "Cash to come", _COLUMNS, frame(_COLUMNS, told, RANK), _SHEET, "currency",
                 Chart("Cash to come", "what", "total", rows=WEEKS)),
            Part("payers", "How late payers are", _PAYERS, payers.select([one.inner for one in _PAYERS])),
        ),
        (fact, "Weeks begin on the as-at date."),
    )  # fmt: skip


def _weeks(currency: str, rows: pl.DataFrame, inputs: Inputs) -> list[tuple[object, ...]]:
    """The weeks of one currency, later, no week, and the total of all."""
    sums = {
        (at, kind): (int(amount), count)
        for at, kind, amount, count in rows.group_by("at", "kind")
        .agg(pl.col("amount_minor").sum(), pl.len())
        .iter_rows()
    }

    def row(level: str, what: str, first: object, places: list[int | None], rank: int) -> tuple[object, ...]:
        parts = [
            sum(sums.get((at, kind), (0, 0))[0] for at in places) for kind in ("promised", "plans", "due")
        ]
        items = sum(sums.get((at, "due"), (0, 0))[1] for at in places)
        return (level, currency, first, what, *parts, sum(parts), items, rank)

    every: list[int | None] = [*range(WEEKS + 1), None]
    made = []
    for at in range(WEEKS):
        first = inputs.as_of + timedelta(days=_WEEK * at)
        made.append(
            row("week", f"{first:%d/%m} to {first + timedelta(days=_WEEK - 1):%d/%m}", first, [at], PLAIN)
        )
    made.append(row("later", f"after {WEEKS} weeks", None, [WEEKS], SUBTOTAL))
    made.append(row("no week", "should have come already, or no date", None, [None], SUBTOTAL))
    made.append(row("total", f"Total {currency}", None, every, TOTAL))
    return made


REPORT: Final = Report(
    "forecast",
    "Cash forecast",
    "What cash is to be expected week by week: promises, instalments, and items as late as their payers are.",
    ("open_items", "on_account", "customers", "standing"),
    make,
)
