"""Repayment plans: what is due by the plan, what came for it, and how it stands.

P-1 1,000.00 in 333.33, 333.33, 333.34; 500.00 came   -> instalment 1 whole, 166.67 of instalment 2
    agreed        nothing is due yet              performing   all that is due is there
    late          an instalment lacks, its grace is not over; broken, once it is; completed, all is there
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from recon.model import PLANS, money_text
from recon.problems import Problem
from recon.reports.shape import PLAIN, RANK, SUBTOTAL, Column, Inputs, Kind, Made, Part, Report, once

PROPOSED, AGREED, PERFORMING, LATE, BROKEN, COMPLETED = (
    "proposed", "agreed", "performing", "late", "broken", "completed",
)  # fmt: skip
STANDING: Final = (AGREED, PERFORMING, LATE)  # plans that keep their items from being chased
KEY: Final = ["plan_id", "customer_id", "currency"]
_COLUMNS: Final = (
    Column("plan_id", "Plan", "the plan's number", width=14),
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("customer_name", "Name", "the customer's name", Kind.LONG, 38),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("state", "State", "proposed, agreed, performing, late, broken or completed", width=12),
    Column("agreed", "Agreed", "when it was agreed", Kind.DATE),
    Column("balance", "Plan for", "what the plan is for; else its deposit and instalments", Kind.MONEY),
    Column("deposit", "Deposit", "what was to be paid first", Kind.MONEY),
    Column("due", "Due so far", "deposit and instalments up to the as-at date", Kind.MONEY),
    Column("paid", "Paid to plan", "what came for its items since it was agreed", Kind.MONEY),
    Column("lacks", "Lacking", "what is due and not paid", Kind.MONEY),
    Column("remaining", "Remaining", "the plan less what was paid to it", Kind.MONEY),
    Column("next_due", "Next due", "day of the first instalment that is not whole", Kind.DATE),
    Column("next_amount", "Next amount", "what is left of that instalment", Kind.MONEY),
    Column(
        "elsewhere", "Paid elsewhere", "what came from the customer since and went to other items", Kind.MONEY
    ),
    Column("sums", "Instalments", "agree, or differ from what the plan is for", width=12),
)
_INSTALMENTS: Final = (
    Column("plan_id", "Plan", "the plan's number", width=14),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("instalment", "No.", "number of the instalment; 0 = the deposit", Kind.NUMBER, 6),
    Column("due_date", "Due", "when it is due", Kind.DATE),
    Column("amount", "Instalment", "how much", Kind.MONEY),
    Column("paid", "Paid", "what of the plan's receipts falls to it", Kind.MONEY),
    Column("open", "Open", "what is left of it", Kind.MONEY),
    Column("days_late", "Days late", "as-at date less due date, where something is left", Kind.NUMBER, 9),
)


def _given(inputs: Inputs) -> pl.DataFrame:
    """The rows of the file that name a plan. Two customers may have plans of one number."""
    return inputs.get("plans", PLANS).with_columns(pl.col(KEY).fill_null("")).filter(pl.col("plan_id") != "")


@once
def instalments(inputs: Inputs) -> pl.DataFrame:
    """Each instalment with what of the plan's receipts falls to it, in their order; a deposit is instalment 0.

    Returns: plan_id, customer_id, currency, instalment, due_date, amount_minor, paid_minor, open_minor.
    """
    rows = _given(inputs)
    deposits = rows.filter(pl.col("deposit_minor").fill_null(0) != 0).group_by(KEY, maintain_order=True)
    first = deposits.agg(
        instalment=pl.lit(0, dtype=pl.Int64),
        due_date=pl.coalesce(pl.col("agreed").drop_nulls().first(), pl.col("due_date").min()),
        amount_minor=pl.col("deposit_minor").drop_nulls().first(),
    )
    names = ["plan_id", "customer_id", "currency", "instalment", "due_date", "amount_minor"]
    every = pl.concat([first.select(names), rows.select(names)]).sort(
        *KEY, "due_date", "instalment", nulls_last=True
    )
    paid = _receipts(inputs).select(*KEY, "paid_minor")
    before = pl.col("amount_minor").cum_sum().over(KEY) - pl.col("amount_minor")
    told = every.join(paid, on=KEY, how="left", maintain_order="left").with_columns(
        paid_minor=(pl.col("paid_minor").fill_null(0) - before).clip(0, pl.col("amount_minor")).cast(pl.Int64)
    )
    return told.with_columns(open_minor=pl.col("amount_minor") - pl.col("paid_minor"))


@once
def _heads(inputs: Inputs) -> pl.DataFrame:
    """A row for each plan.

    Returns: plan_id, customer_id, currency, agreed, said (its status), balance_minor, deposit_minor,
        instalments_minor, first_due.
    """
    rows = _given(inputs)
    return rows.group_by(KEY, maintain_order=True).agg(
        pl.col("agreed", "balance_minor", "deposit_minor").drop_nulls().first(),
        said=pl.col("status").fill_null("").str.to_lowercase().last(),
        instalments_minor=pl.col("amount_minor").sum(),
        first_due=pl.col("due_date").min(),
    )


@once
def _receipts(inputs: Inputs) -> pl.DataFrame:
    """What came from each plan's customer since it was agreed: the plan's key, paid_minor, elsewhere_minor.

    It is paid to the plan where its item is, or was, of the plan; what was deducted from such an item counts, too.
    Where nothing says so, and the customer has no other plan, all of it is.
    """
    heads = _heads(inputs).with_columns(since=pl.coalesce("agreed", "first_due"))
    came = inputs["standing"].with_columns(pl.col("plan_id", "item_id").fill_null(""))
    now = _of_items(inputs).select("item_id", item_plan="plan_id")
    came = came.join(now, on="item_id", how="left", maintain_order="left").select(
        "customer_id",
        "currency",
        "booking_date",
        item_plan=pl.coalesce("item_plan", pl.when(pl.col("plan_id") != "").then("plan_id")),
        settled=pl.col("amount_minor") + pl.col("deduction_minor").fill_null(0),
    )
    rows = heads.join(_unnamed(inputs), on=KEY, how="left", maintain_order="left").join(
        came, on=["customer_id", "currency"]
    )
    rows = rows.filter(pl.col("booking_date") >= pl.col("since").fill_null(pl.col("booking_date")))
    mine = (pl.col("item_plan") == pl.col("plan_id")).fill_null(value=False) | pl.col("unnamed")
    return rows.group_by(KEY).agg(
        paid_minor=pl.col("settled").filter(mine).sum(), elsewhere_minor=pl.col("settled").filter(~mine).sum()
    )


@once
def _of_items(inputs: Inputs) -> pl.DataFrame:
    """Open items that are of a plan: item_id, customer_id, currency, plan_id."""
    rows = inputs["open_items"].select("item_id", *(pl.col(name).fill_null("") for name in reversed(KEY)))
    return rows.filter(pl.col("plan_id") != "").unique("item_id", keep="first", maintain_order=True)


def _unnamed(inputs: Inputs) -> pl.DataFrame:
    """Whether nothing says which items a plan is of, and its customer has no other: the plan's key, unnamed."""
    heads = _heads(inputs).select(*KEY, alone=pl.len().over("customer_id", "currency") == 1)
    paid = inputs["standing"].select(pl.col(KEY).fill_null(""))
    named = (
        pl.concat([_of_items(inputs).select(KEY), paid.select(KEY)])
        .unique()
        .with_columns(named=pl.lit(value=True))
    )
    rows = heads.join(named, on=KEY, how="left", maintain_order="left")
    return rows.select(*KEY, unnamed=pl.col("alone") & pl.col("named").is_null())


@once
def pools(inputs: Inputs) -> pl.DataFrame:
    """What plans hold of customers' items where no item says which plan it is of: currency, customer_id, pool."""
    stands = states(inputs).filter(pl.col("state").is_in(STANDING))
    rows = stands.join(_unnamed(inputs), on=KEY, how="left", maintain_order="left").filter("unnamed")
    return rows.select("currency", "customer_id", pool="remaining_minor")


@once
def states(inputs: Inputs) -> pl.DataFrame:
    """How each plan stands: what `_heads` says, with its state and sums.

    Returns: also state, sums, due_minor, paid_minor, lacks_minor, remaining_minor, elsewhere_minor, next_due,
        next_amount_minor.
    """
    every = instalments(inputs)
    heads = _heads(inputs).join(_receipts(inputs), on=KEY, how="left", maintain_order="left")
    as_of, grace = inputs.as_of, timedelta(days=inputs.rules.credit.plan_grace_days)
    due = pl.col("due_date") <= as_of
    over = pl.col("due_date") + grace < as_of
    lacking = pl.col("open_minor") > 0
    sums = every.group_by(KEY).agg(
        due_minor=pl.col("amount_minor").filter(due).sum(),
        lacks_minor=pl.col("open_minor").filter(due).sum(),
        long_minor=pl.col("open_minor").filter(over).sum(),
        open_minor=pl.col("open_minor").sum(),
        next_due=pl.col("due_date").filter(lacking).first(),
        next_amount_minor=pl.col("open_minor").filter(lacking).first(),
    )
    rows = heads.join(sums, on=KEY, how="left", maintain_order="left").with_columns(
        pl.col("paid_minor", "elsewhere_minor", "deposit_minor").fill_null(0)
    )
    whole = pl.col("deposit_minor") + pl.col("instalments_minor")
    state = (
        pl.when(pl.col("open_minor") == 0)
        .then(pl.lit(COMPLETED))
        .when(pl.col("said") == PROPOSED)
        .then(pl.lit(PROPOSED))
        .when(pl.col("long_minor") > 0)
        .then(pl.lit(BROKEN))
        .when(pl.col("lacks_minor") > 0)
        .then(pl.lit(LATE))
        .when(pl.col("due_minor") > 0)
        .then(pl.lit(PERFORMING))
        .otherwise(pl.lit(AGREED))
    )
    differ = pl.col("balance_minor").is_not_null() & (pl.col("balance_minor") != whole)
    return rows.with_columns(
        state=state,
        balance_minor=pl.coalesce("balance_minor", whole),
        sums=pl.when(differ).then(pl.lit("differ")).otherwise(pl.lit("agree")),
        instalments_minor=whole,
    ).with_columns(remaining_minor=(pl.col("balance_minor") - pl.col("paid_minor")).clip(0))


def make(inputs: Inputs) -> Made:
    """Plans, the broken and late ones first; their instalments; a problem for each whose instalments don't add up."""
    rank = {state: at for at, state in enumerate((BROKEN, LATE, PERFORMING, AGREED, PROPOSED, COMPLETED))}
    rows = (
        inputs.named(states(inputs))
        .with_columns(order=pl.col("state").replace_strict(rank, return_dtype=pl.Int64))
        .sort("order", "lacks_minor", "plan_id", descending=[False, True, False])
    )
    every = instalments(inputs).with_columns(
        days_late=pl.when((pl.col("open_minor") > 0) & (pl.col("due_date") < inputs.as_of)).then(
            (pl.lit(inputs.as_of) - pl.col("due_date")).dt.total_days()
        )
    )
    late = pl.col("days_late").is_not_null()
    every = every.with_columns(pl.when(late).then(SUBTOTAL).otherwise(PLAIN).cast(pl.Int64).alias(RANK))
    scales = inputs.scales
    wrong = rows.filter(pl.col("sums") == "differ")
    problems = tuple(
        Problem(
            "report-break",
            f"plan {plan}",
            f"its deposit and instalments come to {money_text(whole, currency, scales)} {currency}, the plan is for "
            f"{money_text(balance, currency, scales)}",
            "correct the instalments in the file plans; the last one takes the rounding",
        )
        for plan, currency, whole, balance in wrong.select(
            "plan_id", "currency", "instalments_minor", "balance_minor"
        ).iter_rows()
    )
    parts = (
        Part(
            "", "Repayment plans", _COLUMNS, rows.select([one.inner for one in _COLUMNS]), sheet="Plan status"
        ),
        Part(
            "instalments",
            "Instalments",
            _INSTALMENTS,
            every.select([*(one.inner for one in _INSTALMENTS), RANK]),
            "Plan status",
        ),
    )
    grace = inputs.rules.credit.plan_grace_days
    facts = (f"A plan is broken {grace} days after an instalment that lacks; its items are chased again.",)
    return Made(parts, facts, problems)


REPORT: Final = Report(
    "plans",
    "Repayment plans",
    "What is due by each plan, what came for it, and how it stands.",
    ("plans", "open_items", "standing", "customers"),
    make,
)
