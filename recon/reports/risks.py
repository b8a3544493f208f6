"""Risk flags: why a customer may not pay, each with what shows it, and since when.

I-7, 96 days past due, and nobody spoke to K101 in the last 90 days -> no_contact since the later of the two days
a row of `risks` that names neither document nor day -> a flag all the same, and told: nobody can check it

Nothing is scored, and flags are not added up: one debt may have several.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from recon.fill import fill
from recon.model import CONTACTS, LIMITS, QUERIES, RISKS, money_text
from recon.problems import Problem
from recon.reports import aged, exposure, plans
from recon.reports.shape import PLAIN, RANK, SUBTOTAL, Column, Inputs, Kind, Made, Part, Report, called

NO_CONTACT, PLAN, DISPUTE, LIMIT, LEGAL = "no_contact", "broken_plan", "long_dispute", "over_limit", "legal"
TITLES: Final = {
    "insolvency": "Insolvency notice",
    LEGAL: "With solicitors",
    PLAN: "Repayment plan broken",
    NO_CONTACT: "More than 90 days past due, and nobody spoke to it for as long",
    DISPUTE: "Disputed for more than 60 days",
    LIMIT: "Over its limit",
    "credit_score": "Adverse credit score",
    "other": "Other",
}
_NO_CONTACT_DAYS: Final = 90
_DISPUTE_DAYS: Final = 60
_SHEET: Final = "Risk flags"
_FRAME: Final = {
    "currency": pl.String,
    "customer_id": pl.String,
    "flag": pl.String,
    "since": pl.Date,
    "evidence": pl.String,
    "amount_minor": pl.Int64,
}
_COLUMNS: Final = (
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column(
        "customer_id",
        "Customer or group",
        "its number; of a limit of several customers, their group",
        width=16,
    ),
    Column("customer_name", "Name", "the customer's name", Kind.LONG, 34),
    Column("flag", "Flag", "flag code", file_only=True),
    Column("meaning", "Why", "the flag in words", Kind.LONG, 36),
    Column("since", "Since", "the day on which it began, or was first seen", Kind.DATE),
    Column("days", "Days", "as-at date less that day", Kind.NUMBER, 8),
    Column("evidence", "What shows it", "document, or row of an input", Kind.LONG, 46),
    Column("amount", "Amount", "what it is about", Kind.MONEY, 16),
    Column("lacks", "Lacks", "evidence or day, where it has none", width=14),
)
_SUMMARY: Final = (
    Column("currency", "Currency", "ISO 4217 code", width=9),
    Column("meaning", "Flag", "in words", width=58),
    Column("customers", "Customers", "customers or groups that have it", Kind.NUMBER, 10),
    Column("flags", "Flags", "how many", Kind.NUMBER, 9),
    Column("amount", "Amount", "what they are about; one debt may have several flags", Kind.MONEY, 17),
    Column("lacking", "Lack something", "flags without evidence or day", Kind.NUMBER, 10),
)


def make(inputs: Inputs) -> Made:
    """Every flag, the gravest kinds first; how many there are of each; and a problem where one can't be checked."""
    rows = flags(inputs)
    order = {flag: at for at, flag in enumerate(TITLES)}
    at = pl.col("flag").replace_strict(order, return_dtype=pl.Int64)
    lacks = pl.concat_str(
        pl.when(pl.col("evidence") == "").then(pl.lit("evidence")),
        pl.when(pl.col("since").is_null()).then(pl.lit("day")),
        separator=", ",
        ignore_nulls=True,
    )
    told = (
        inputs.named(rows)
        .with_columns(
            at=at,
            lacks=lacks,
            meaning=pl.col("flag").replace_strict(TITLES, return_dtype=pl.String),
            days=(pl.lit(inputs.as_of) - pl.col("since")).dt.total_days(),
        )
        .with_columns(
            pl.when(pl.col("lacks") != "").then(SUBTOTAL).otherwise(PLAIN).cast(pl.Int64).alias(RANK)
        )
        .sort(
            "currency",
            "at",
            "amount_minor",
            "customer_id",
            "evidence",
            descending=[False, False, True, False, False],
        )
    )
    sums = told.group_by("currency", "at", "meaning").agg(
        customers=pl.col("customer_id").n_unique().cast(pl.Int64),
        flags=pl.len().cast(pl.Int64),
        amount_minor=pl.col("amount_minor").sum(),
        lacking=(pl.col("lacks") != "").sum().cast(pl.Int64),
    ).sort("currency", "at")  # fmt: skip
    problems = tuple(
        Problem(
            "report-data",
            f"risk flags, {customer}",
            f"`{flag}` without {lacking.replace(', ', ' and ')}: nobody can check it",
            "write down what shows it and since when, in the file risks or queries",
        )
        for customer, flag, lacking in told.filter(pl.col("lacks") != "")
        .select("customer_id", "flag", "lacks")
        .iter_rows()
    )
    names = [one.inner for one in _COLUMNS]
    parts = (
        Part("kinds", "By kind", _SUMMARY, sums.select(one.inner for one in _SUMMARY), _SHEET),
        Part("", "Flags", _COLUMNS, told.select(*names, RANK), _SHEET),
    )
    unknown = [
        name for name in ("contacts", "plans", "queries", "limits", "risks") if not _given(inputs, name)
    ]
    facts = (f"Not given, so that nothing is flagged by it: {', '.join(unknown)}.",) if unknown else ()
    return Made(parts, facts, problems)


def flags(inputs: Inputs) -> pl.DataFrame:
    """Every flag: currency, customer_id, flag, since, evidence, amount_minor (what it is about)."""
    made = (
        _silent(inputs),
        _plans(inputs),
        _disputes(inputs),
        _limits(inputs),
        _legal(inputs),
        _said(inputs),
    )
    return pl.concat(one.select(pl.col(name).cast(dtype) for name, dtype in _FRAME.items()) for one in made)


def _given(inputs: Inputs, name: str) -> bool:
    return name in inputs.tables and not inputs[name].is_empty()


def _debits(inputs: Inputs) -> pl.DataFrame:
    rows = aged.items(inputs).filter((pl.col("side") == aged.DEBIT) & (pl.col("customer_id") != ""))
    number = called()
    return rows.with_columns(number=number)


def _silent(inputs: Inputs) -> pl.DataFrame:
    """Customers with long overdue items to whom nobody spoke for as long; without contacts nobody knows."""
    long_ = timedelta(days=_NO_CONTACT_DAYS)
    spoken = inputs.get("contacts", CONTACTS).filter(pl.col("date") <= inputs.as_of)
    last = spoken.group_by("customer_id").agg(last=pl.col("date").max())
    old = _debits(inputs).filter(pl.col("days_due") > _NO_CONTACT_DAYS)
    if not _given(inputs, "contacts"):
        old = old.clear()
    rows = (
        old.sort("due_date", "number")
        .group_by("currency", "customer_id", maintain_order=True)
        .agg(pl.col("number", "due_date").first(), amount_minor=pl.col("open_minor").sum())
        .join(last, on="customer_id", how="left", maintain_order="left")
        .filter(pl.col("last").is_null() | (pl.col("last") < inputs.as_of - long_))
    )
    said = pl.when(pl.col("last").is_null()).then(pl.lit("never spoken to")).otherwise(
        fill("last spoken to on {}", pl.col("last"))
    )  # fmt: skip
    return rows.with_columns(
        flag=pl.lit(NO_CONTACT),
        since=pl.max_horizontal("due_date", "last") + long_,
        evidence=fill("{} due {}; {}", "number", "due_date", said),
    )


def _plans(inputs: Inputs) -> pl.DataFrame:
    """Broken plans, by their first instalment that did not come."""
    broken = plans.states(inputs).filter(pl.col("state") == plans.BROKEN)
    lacking = plans.instalments(inputs).filter(pl.col("open_minor") > 0)
    first = lacking.group_by(plans.KEY, maintain_order=True).agg(pl.col("instalment", "due_date").first())
    rows = broken.join(first, on=plans.KEY, how="left", maintain_order="left")
    grace = timedelta(days=inputs.rules.credit.plan_grace_days)
    return rows.with_columns(
        flag=pl.lit(PLAN),
        since=pl.col("due_date") + grace,
        evidence=fill("plan {}, instalment {} of {}", "plan_id", "instalment", "due_date"),
        amount_minor="remaining_minor",
    )


def _disputes(inputs: Inputs) -> pl.DataFrame:
    """Open queries that are old, and old items that are disputed though no query says since when."""
    long_ = timedelta(days=_DISPUTE_DAYS)
    begun = inputs.as_of - long_
    open_ = inputs.get("queries", QUERIES).filter(pl.col("resolved").is_null() & pl.col("closed").is_null())
    open_ = open_.with_columns(pl.col("item_id", "customer_id", "query_id", "currency").fill_null(""))
    items = _debits(inputs).unique("item_id", keep="first", maintain_order=True)
    own = items.select("item_id", "number", "open_minor", owner="customer_id", own_currency="currency")
    asked = open_.join(own, on="item_id", how="left", maintain_order="left").filter(pl.col("opened") < begun)
    number = pl.coalesce("number", pl.when(pl.col("item_id") != "").then("item_id"))
    queried = asked.select(
        flag=pl.lit(DISPUTE),
        currency=pl.when(pl.col("currency") != "").then("currency").otherwise(pl.col("own_currency").fill_null("")),
        customer_id=pl.when(pl.col("customer_id") != "").then("customer_id").otherwise(pl.col("owner").fill_null("")),
        since=pl.col("opened") + long_,
        evidence=pl.concat_str(
            pl.lit("query "), "query_id", pl.lit(" of "), pl.col("opened").cast(pl.String),
            pl.when(number.is_not_null()).then(pl.lit(" about ") + number).otherwise(pl.lit("")),
        ),
        amount_minor=pl.coalesce("amount_minor", "open_minor").fill_null(0),
    )  # fmt: skip
    told = open_.filter(pl.col("item_id") != "").select("item_id").unique()
    alone = items.filter((pl.col("disputed_minor") > 0) & (pl.col("issue_date") < begun)).join(
        told, on="item_id", how="anti", maintain_order="left"
    )
    silent = alone.select(
        "currency", "customer_id", flag=pl.lit(DISPUTE), since=pl.lit(None, dtype=pl.Date),
        evidence=fill("{}, disputed in the ledger", "number"), amount_minor="disputed_minor",
    )  # fmt: skip
    return pl.concat([one.select(list(_FRAME)) for one in (queried, silent)])


def _limits(inputs: Inputs) -> pl.DataFrame:
    """Groups over their limit, as seen on the as-at date; a limit says no day."""
    over = exposure.by_group(inputs).filter(pl.col("over_minor") > 0)
    rows = inputs.get("limits", LIMITS).filter(pl.col("credit_limit_minor").is_not_null())
    places = rows.select(
        "currency",
        home=pl.when(pl.col("customer_id") != "").then("customer_id").otherwise("group_id"),
        place=pl.concat_str(
            pl.col("source").str.extract(r"([^/\\]*)$"),
            pl.lit(":"),
            pl.col("position").cast(pl.String),
            ignore_nulls=True,
        ),
    ).unique(["currency", "home"], keep="first", maintain_order=True)
    found = over.join(places, on=["currency", "home"], how="left", maintain_order="left")
    minor = found.select("credit_limit_minor", "currency").iter_rows()
    texts = [money_text(limit, currency, inputs.scales) for limit, currency in minor]
    return found.with_columns(
        flag=pl.lit(LIMIT),
        customer_id="home",
        since=pl.lit(inputs.as_of),
        amount_minor="over_minor",
        evidence=pl.concat_str(
            pl.lit("limit "),
            pl.Series("limit", texts, dtype=pl.String),
            pl.when(pl.col("place").fill_null("").is_in(["", ":"]))
            .then(pl.lit(""))
            .otherwise(fill(" ({})", "place")),
        ),
    )


def _legal(inputs: Inputs) -> pl.DataFrame:
    """Customers of whom items are with solicitors, as the ledger says on the as-at date."""
    said = inputs["open_items"].filter(aged.says("legal")).select("item_id", "customer_id").unique()
    rows = _debits(inputs).join(said, on=["item_id", "customer_id"], how="semi", maintain_order="left")
    return rows.group_by("currency", "customer_id", maintain_order=True).agg(
        flag=pl.lit(LEGAL).first(),
        since=pl.lit(inputs.as_of).first(),
        evidence=pl.col("number").sort().str.join(", "),
        amount_minor=pl.col("open_minor").sum(),
    )


def _said(inputs: Inputs) -> pl.DataFrame:
    """What the file `risks` says, with what is open of the customer, in each of its currencies."""
    rows = inputs.get("risks", RISKS)
    rows = rows.filter(pl.col("date").is_null() | (pl.col("date") <= inputs.as_of))
    open_ = _debits(inputs).group_by("currency", "customer_id").agg(amount_minor=pl.col("open_minor").sum())
    joined = rows.join(open_, on="customer_id", how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("currency", "evidence").fill_null(""),
        pl.col("amount_minor").fill_null(0),
        flag="type",
        since="date",
    )


REPORT: Final = Report(
    "risks",
    "Risk flags",
    "Why customers may not pay: each flag with what shows it, since when, and how much it is about.",
    ("contacts", "open_items", "on_account", "customers", "standing"),
    make,
)
