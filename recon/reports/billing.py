"""Billing: what census and contracts make due against what was invoiced, by person cared for, funder and month.

`expected = weekly rate / 7 x billable days x funder's share`, rounded once for each invoice line, half up.
1,850.00 a week, 31 days, one funder: 8,192.86; billed for 30 days 7,928.57 -> days_differ, 264.29 too little
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import polars as pl

from recon.model import OPEN_ITEMS
from recon.problems import Problem
from recon.reports import ledger
from recon.reports.shape import LEVEL, PLAIN, RANK, TOTAL, Column, Inputs, Kind, Made, Part, Report

_SHEET: Final = "Billing"
OK, UNDATED, UNBILLED, OVER, RATE, DAYS, SHARE, DUPLICATE, ENDED, NO_PO = (
    "ok", "no_dates", "unbilled", "over_billed", "rate_differs", "days_differ", "share_differs", "duplicate_funder",
    "ended_contract", "no_PO",
)  # fmt: skip
_TITLES: Final = {
    OK: "As the contract says",
    UNBILLED: "Not invoiced",
    UNDATED: "Invoiced perhaps: invoices of that person lack their days of service",
    OVER: "Invoiced, and nothing was due, or more than that",
    RATE: "Another rate",
    DAYS: "Other days",
    SHARE: "Another share",
    DUPLICATE: "Two funders have it all",
    ENDED: "No contract is in force",
    NO_PO: "No purchase order, and one is needed",
}
_FAR: Final = date(9000, 1, 1)  # later than any day that is
_FULL: Final = 100_0000  # 100 % in ten-thousandths of a per cent
_COLUMNS: Final = (
    Column("level", "Level", f"{LEVEL}line or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("month", "Month", "the month of the service; of a total, what it is of", width=11),
    Column("service_user_ref", "Person", "pseudonymous reference", width=14),
    Column("customer_id", "Funder", "the customer's number", width=13),
    Column("contract_id", "Contract", "the contract; of several all of them", width=14),
    Column("site", "Site", "where", width=14, optional=True),
    Column("days", "Days due", "billable days", Kind.NUMBER, 9),
    Column("billed_days", "Days billed", "first to last day of the invoices", Kind.NUMBER, 10),
    Column("expected", "Due", "what the contract makes of the days", Kind.MONEY, 15),
    Column("billed", "Invoiced", "before tax, credit notes taken off", Kind.MONEY, 15),
    Column("difference", "Difference", "invoiced less due", Kind.MONEY, 15),
    Column("state", "State", "result code", file_only=True),
    Column("meaning", "What it means", "the state in words", Kind.LONG, 34),
)
_STATES: Final = (
    Column("level", "Level", f"{LEVEL}state or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("meaning", "State", "in words", width=46),
    Column("lines", "Lines", "persons, funders and months", Kind.NUMBER, 9),
    Column("expected", "Due", "what the contracts make of the days", Kind.MONEY, 17),
    Column("billed", "Invoiced", "before tax", Kind.MONEY, 17),
    Column("difference", "Difference", "invoiced less due", Kind.MONEY, 17),
)
_WHO: Final = ["currency", "month", "service_user_ref"]


def make(inputs: Inputs) -> Made:
    """Every person, funder and month with its state; totals by state."""
    rows = checked(inputs)
    first = ledger.first_of(inputs.as_of, inputs.rules.reports.months)
    wrong = rows.filter(pl.col("state") != OK).height
    facts = (
        f"Service of {first:%m/%Y} to {inputs.as_of:%m/%Y}: {rows.height:,} lines, {wrong:,} of them not as due.",
    )
    lost = _strays(inputs)
    what = f"{lost:,} stays have no contract, so that nothing is expected of them"
    told = Problem("report-data", "census", what, "add the contract, or its number to the stay")
    problems = (told,) if lost else ()
    parts = (
        Part("states", "By state", _STATES, _by_state(rows), _SHEET),
        Part("", "By person, funder and month", _COLUMNS, _told(rows), "Billing lines"),
    )
    return Made(parts, facts, problems)


def _months(inputs: Inputs) -> tuple[date, date]:
    """First and last day of the months of the period."""
    first = ledger.first_of(inputs.as_of, inputs.rules.reports.months)
    after = (inputs.as_of.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first, after - timedelta(days=1)


def _rates(inputs: Inputs) -> pl.DataFrame:
    """The rates, each with its row: one ends when the next of its contract, funder and person begins."""
    always, still = pl.col("valid_from").fill_null(date(1, 1, 1)), pl.col("valid_to").fill_null(_FAR)
    rows = inputs["contracts"].select(
        "contract_id", "customer_id", "weekly_rate_minor", "day_rule", "share", "rounding", "po_no", "po_needed",
        "billing_day", "currency", user="service_user_ref", valid_from=always, valid_to=still,
        ends=pl.col("ends").fill_null(_FAR),
    ).unique(maintain_order=True)  # fmt: skip
    key = ["contract_id", "customer_id", "user", "currency"]
    begins = rows.select(*key, "valid_from").unique().sort(*key, "valid_from")
    begins = begins.with_columns(following=pl.col("valid_from").shift(-1).over(key).fill_null(_FAR))
    return (
        rows.join(begins, on=[*key, "valid_from"], how="left", maintain_order="left")
        .with_columns(
            last=pl.min_horizontal("valid_to", "ends", pl.col("following") - timedelta(days=1)),
            own=pl.col("user") != "",
        )
        .drop("valid_to", "ends", "following")
        .with_row_index("rate")
    )


def _stays(inputs: Inputs) -> pl.DataFrame:
    """Stays with the contracts that pay for them, a row for each rate."""
    stays = inputs["census"].select(
        "service_user_ref", "site", "admitted", "discharged", stay_contract="contract_id"
    )
    rates = _rates(inputs)
    by_user = stays.join(rates, left_on="service_user_ref", right_on="user", how="inner").filter(
        (pl.col("stay_contract") == "") | (pl.col("stay_contract") == pl.col("contract_id"))
    )
    by_contract = stays.filter(pl.col("stay_contract") != "").join(
        rates.filter(pl.col("user") == "").drop("user"), left_on="stay_contract", right_on="contract_id", how="inner"
    ).with_columns(contract_id="stay_contract")  # fmt: skip
    return pl.concat([by_user, by_contract.select(by_user.columns)])


def _strays(inputs: Inputs) -> int:
    """How many stays no contract pays for."""
    paid = _stays(inputs).select("service_user_ref", "admitted")
    return inputs["census"].join(paid, on=["service_user_ref", "admitted"], how="anti").height


def _nights(inputs: Inputs, span: tuple[date, date]) -> pl.DataFrame:
    """What is paid of each day: a row for each person, day and rate, once, however often the census has it.

    A rate for the person alone goes before the one of all persons of that contract and funder.
    """
    first, last = span
    # The first day that is not paid any more: nights end with the day of discharge, days with the one behind it.
    gone = pl.col("discharged").fill_null(_FAR)
    until = pl.when(pl.col("day_rule") == "days").then(gone + timedelta(days=1)).otherwise(gone)
    begin = pl.max_horizontal(pl.lit(first), "admitted", "valid_from")
    stop = pl.min_horizontal(pl.lit(last), until - timedelta(days=1), "last")
    rows = _stays(inputs).with_columns(begin=begin, stop=stop).filter(pl.col("begin") <= pl.col("stop"))
    days = rows.with_columns(day=pl.date_ranges("begin", "stop")).drop("begin", "stop").explode("day")
    once = days.unique(["service_user_ref", "rate", "day"], keep="first", maintain_order=True)
    of_day = ["service_user_ref", "contract_id", "customer_id", "currency", "day"]
    if once["own"].all():
        return once
    return once.filter(pl.col("own") == pl.col("own").max().over(of_day))


def expected(inputs: Inputs, span: tuple[date, date]) -> pl.DataFrame:
    """What is due by month, person and funder, for the service of some whole months.

    Returns: currency, month (2026-03), service_user_ref, customer_id, contract_id (all of them), site, days,
        expected_minor, full_minor (of all funders), units, lacks_po, billing_day (the latest of its contracts').
    """
    share = pl.when(pl.col("share") != "").then(pl.col("share")).otherwise(pl.lit("100"))
    units = (share.str.to_decimal(scale=4) * 10_000).cast(pl.Int64)
    made = _nights(inputs, span).with_columns(units=units, month=pl.col("day").dt.month_start())
    key = [*_WHO, "contract_id", "customer_id"]
    whole = pl.col("weekly_rate_minor")
    told = made.group_by(key).agg(
        pl.first("site"), pl.col("billing_day").max(), weighted=(whole * pl.col("units")).sum(), whole=whole.sum(),
        rounding=(pl.col("rounding").str.to_lowercase() == "yes").any(), units=pl.col("units").max(),
        lacks_po=((pl.col("po_needed").str.to_lowercase() == "yes") & (pl.col("po_no") == "")).any(),
    )  # fmt: skip
    down = 7 * _FULL
    rounded = told.with_columns(
        expected_minor=(pl.col("weighted") * 2 + down) // (2 * down),
        full_minor=(pl.col("whole") * 2 + 7) // 14,
    )
    # An invoice says whom it is for, and not under which contract: what is due of a funder's contracts is one line.
    line = [*_WHO, "customer_id"]
    lines = _with_penny(rounded).group_by(line).agg(
        pl.col("contract_id").sort().str.join(", "), pl.col("site").sort_by("contract_id").first(),
        pl.col("expected_minor", "full_minor").sum(), pl.col("units", "billing_day").max(), pl.col("lacks_po").any(),
    )  # fmt: skip
    days = made.group_by(line).agg(days=pl.col("day").n_unique().cast(pl.Int64))
    return lines.join(days, on=line).with_columns(month=pl.col("month").dt.strftime("%Y-%m"))


def _with_penny(rows: pl.DataFrame) -> pl.DataFrame:
    """The funder that is named for it takes what rounding leaves over, so that the parts are the whole."""
    group = [*_WHO, "contract_id"]
    complete = pl.col("units").sum().over(group) == _FULL
    named = pl.col("rounding") & (pl.int_range(pl.len()).over([*group, "rounding"]) == 0)
    rest = pl.col("full_minor").max().over(group) - pl.col("expected_minor").sum().over(group)
    ordered = rows.sort(*group, "customer_id")
    return ordered.with_columns(
        expected_minor=pl.col("expected_minor") + pl.when(complete & named).then(rest).otherwise(0)
    )


def billed(inputs: Inputs, span: tuple[date, date]) -> pl.DataFrame:
    """What was invoiced for the service of some whole months.

    Returns: currency, month, service_user_ref, customer_id, billed_minor, billed_days, has_po, issued (the day of the
        first invoice).
    """
    names = [
        "item_id",
        "customer_id",
        "service_user_ref",
        "service_from",
        "service_to",
        "currency",
        "po_no",
        "doc_type",
        "issue_date",
    ]
    amount = pl.coalesce("net_amount_minor", "amount_minor")
    tables = (inputs["open_items"], inputs.get("closed_items", OPEN_ITEMS))
    rows = pl.concat([one.select(*names, billed_minor=amount) for one in tables])
    rows = rows.filter((pl.col("service_user_ref") != "") & pl.col("service_from").is_not_null())
    # An item that is open in one extract and closed in the other is one invoice.
    rows = rows.unique(["item_id", "customer_id"], keep="first", maintain_order=True)
    first_day, last_day = span
    dated = rows.with_columns(month=pl.col("service_from").dt.strftime("%Y-%m"))
    debit = pl.col("billed_minor") > 0
    last, first = pl.col("service_to").filter(debit).max(), pl.col("service_from").filter(debit).min()
    return (
        dated.filter(pl.col("service_from").is_between(first_day, last_day))
        .group_by([*_WHO, "customer_id"])
        .agg(
            pl.col("billed_minor").sum(),
            billed_days=(last - first).dt.total_days() + 1,
            has_po=(pl.col("po_no") != "").all(),
            issued=pl.col("issue_date").filter(debit).min(),
        )
    )


def _undated(inputs: Inputs, span: tuple[date, date]) -> pl.DataFrame:
    """Persons and funders with invoices since the period began that don't say their days of service."""
    who = ["currency", "service_user_ref", "customer_id"]
    tables = (inputs["open_items"], inputs.get("closed_items", OPEN_ITEMS))
    rows = pl.concat(one.select(*who, "service_from", "issue_date", "doc_type") for one in tables)
    silent = pl.col("service_from").is_null() & (pl.col("service_user_ref") != "")
    since = (pl.col("issue_date") >= span[0]).fill_null(value=True)
    some = rows.filter(silent & since & (pl.col("doc_type") == "invoice")).select(who).unique()
    return some.with_columns(undated=pl.lit(value=True))


def checked(inputs: Inputs) -> pl.DataFrame:
    """A row for each month, person and funder that is due or invoiced: the columns of the file, and `state`."""
    span = _months(inputs)
    both = expected(inputs, span).join(
        billed(inputs, span), on=[*_WHO, "customer_id"], how="full", coalesce=True
    )
    due, invoiced = pl.col("expected_minor").fill_null(0), pl.col("billed_minor").fill_null(0)
    full = pl.col("full_minor").max().over(_WHO)
    twice = (invoiced == full) & ((invoiced == full).sum().over(_WHO) > 1) & (full > 0)
    lacks = pl.col("lacks_po").fill_null(value=False) & ~pl.col("has_po").fill_null(value=False)
    inside = inputs["contracts"].select("customer_id", user="service_user_ref").unique()
    known = both.join(
        inside.with_columns(known=pl.lit(value=True)), left_on=["customer_id", "service_user_ref"],
        right_on=["customer_id", "user"], how="left", maintain_order="left",
    )  # fmt: skip
    known = known.join(
        _undated(inputs, span),
        on=["currency", "service_user_ref", "customer_id"],
        how="left",
        maintain_order="left",
    ).with_columns(pl.col("undated").fill_null(value=False))
    other_days = pl.col("billed_days").fill_null(0) != pl.col("days").fill_null(0)
    state = (
        pl.when(pl.col("expected_minor").is_null() & pl.col("known").fill_null(value=False)).then(pl.lit(ENDED))
        .when(pl.col("expected_minor").is_null()).then(pl.lit(OVER))
        .when(pl.col("billed_minor").is_null() & pl.col("undated")).then(pl.lit(UNDATED))
        .when(pl.col("billed_minor").is_null()).then(pl.lit(UNBILLED))
        .when(twice).then(pl.lit(DUPLICATE))
        .when((invoiced == due) & lacks).then(pl.lit(NO_PO))
        .when(invoiced == due).then(pl.lit(OK))
        .when((pl.col("units") != _FULL) & (invoiced == full)).then(pl.lit(SHARE))
        .when((pl.col("billed_days") > 0) & other_days).then(pl.lit(DAYS))
        .when(pl.col("billed_days") > 0).then(pl.lit(RATE))
        .otherwise(pl.when(invoiced > due).then(pl.lit(OVER)).otherwise(pl.lit(RATE)))
    )  # fmt: skip
    return (
        known.with_columns(state=state)
        .with_columns(
            pl.col("expected_minor", "billed_minor").fill_null(0),
            pl.col("contract_id", "site").fill_null(""),
            difference_minor=invoiced - due,
        )
        .sort("currency", "month", "service_user_ref", "customer_id", "contract_id")
    )


def _told(rows: pl.DataFrame) -> pl.DataFrame:
    """The lines that are not as due first, with a total for each currency."""
    sums = ["expected_minor", "billed_minor", "difference_minor"]
    plain = rows.with_columns(
        meaning=pl.col("state").replace_strict(_TITLES, return_dtype=pl.String), level=pl.lit("line"),
        rank=pl.lit(PLAIN, pl.Int64), fine=pl.col("state") == OK, billed_days=pl.col("billed_days").cast(pl.Int64),
        days=pl.col("days").cast(pl.Int64),
    )  # fmt: skip
    total = rows.group_by("currency").agg(pl.col(sums).sum()).with_columns(
        level=pl.lit("total"), rank=pl.lit(TOTAL, pl.Int64), month=pl.lit("Total ") + pl.col("currency")
    )  # fmt: skip
    texts = [one.inner for one in _COLUMNS if one.kind in (Kind.TEXT, Kind.LONG)]
    every = pl.concat([plain, total], how="diagonal").with_columns(pl.col(texts).fill_null(""))
    return every.sort("currency", "rank", "fine", maintain_order=True, nulls_last=True).select(
        *(one.inner for one in _COLUMNS), RANK
    )


def _by_state(rows: pl.DataFrame) -> pl.DataFrame:
    """How much there is of each state, in their order."""
    sums = [
        pl.len().cast(pl.Int64).alias("lines"),
        pl.col("expected_minor", "billed_minor", "difference_minor").sum(),
    ]
    order = {state: at for at, state in enumerate(_TITLES)}
    plain = rows.group_by("currency", "state").agg(*sums).with_columns(
        meaning=pl.col("state").replace_strict(_TITLES, return_dtype=pl.String), level=pl.lit("state"),
        at=pl.col("state").replace_strict(order, return_dtype=pl.Int64), rank=pl.lit(PLAIN, pl.Int64),
    )  # fmt: skip
    total = rows.group_by("currency").agg(*sums).with_columns(
        meaning=pl.lit("Total"), level=pl.lit("total"), at=pl.lit(99, pl.Int64), rank=pl.lit(TOTAL, pl.Int64)
    )  # fmt: skip
    both = pl.concat([plain.drop("state"), total], how="diagonal").sort("currency", "at")
    return both.select(*(one.inner for one in _STATES), RANK)


REPORT: Final = Report(
    "billing",
    "Billing",
    "What census and contracts make due against what was invoiced, by person, funder and month.",
    ("contracts", "census", "open_items"),
    make,
)
