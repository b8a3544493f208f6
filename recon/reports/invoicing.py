"""Invoicing: what was due to be invoiced and was, in time; and what of the invoices was right the first time.

due-to-issue: the contract's billing day of the month behind the service; without one, so many days behind the service
              (credit.submission.created)
on time       = issued on or before that day / all that was due: work that nobody has invoiced is late
right first   = 1 - invoices that were credited or rejected / invoices that were issued
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from recon import promise
from recon.model import CENSUS, CONTRACTS, MOVEMENTS, OPEN_ITEMS, SUBMISSIONS, UNBILLED
from recon.reports import billing, ledger
from recon.reports.ledger import Period
from recon.reports.shape import Inputs, called

_WHOSE: Final = ["customer_id", "service_user_ref"]
WORK: Final[dict[str, type[pl.DataType]]] = {
    "customer_id": pl.String,
    "site": pl.String,
    "due": pl.Date,
    "issued": pl.Date,
}


def due(inputs: Inputs, span: Period) -> pl.DataFrame:
    """A row for each piece of work that was due to be invoiced in a period: WORK, month, on_time (yes or no).

    A piece is a person, funder and month of census and contracts; else a submission with the end of its period;
    else a row of `unbilled`. What one of them has, the next ones don't count again.
    """
    stays = _stays(inputs, span)
    names = list(WORK)
    every = pl.concat([
        stays.select(names),
        _submitted(inputs, stays).select(names),
        _unbilled(inputs, stays).select(names),
    ])  # fmt: skip
    on_time = pl.col("issued").is_not_null() & (pl.col("issued") <= pl.col("due"))
    return every.filter(pl.col("due").is_between(span.first, span.last)).with_columns(
        month=pl.col("due").dt.strftime("%Y-%m"), on_time=on_time
    )


def _stays(inputs: Inputs, span: Period) -> pl.DataFrame:
    """What census and contracts make due: WORK, service_user_ref, service (its month), contract_id (all of them)."""
    if inputs.get("census", CENSUS).is_empty() or inputs.get("contracts", CONTRACTS).is_empty():
        return pl.DataFrame(
            schema={**WORK, "service_user_ref": pl.String, "service": pl.String, "contract_id": pl.String}
        )
    begin = (span.first.replace(day=1) - timedelta(days=1)).replace(
        day=1
    )  # the billing day is a month behind
    months = (begin, (span.last.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1))
    expected = billing.expected(inputs, months)
    key = ["currency", "month", "service_user_ref", "customer_id"]
    billed = billing.billed(inputs, months).select(*key, "issued")
    rows = expected.join(billed, on=key, how="left", maintain_order="left")
    ends = (pl.col("month") + "-01").str.to_date().dt.month_end()
    day = pl.col("billing_day").clip(1, (ends + timedelta(days=1)).dt.month_end().dt.day().cast(pl.Int64))
    told = pl.when(day.is_not_null()).then(ends + pl.duration(days=day)).otherwise(_by(inputs, ends))
    return rows.select(*_WHOSE, "site", "issued", "contract_id", due=told, service="month")


def _by(inputs: Inputs, end: pl.Expr) -> pl.Expr:
    """The last day on which work that ended on a day is invoiced in time, without a billing day."""
    limits = inputs.rules.credit.submission
    if limits.count == "calendar":
        return end + timedelta(days=limits.created)
    safe = end.fill_null(inputs.as_of)
    return pl.when(end.is_not_null()).then(promise.later(safe, limits.created, inputs.free))


def _items(inputs: Inputs) -> pl.DataFrame:
    """Open and closed items, each once: item_id, customer_id, doc_no, service_user_ref, service, issue_date, type."""
    tables = (inputs["open_items"], inputs.get("closed_items", OPEN_ITEMS))
    rows = pl.concat([
        one.select(
            "item_id", "doc_no", *_WHOSE, "service_from", "issue_date", "currency", "doc_type",
        )
        for one in tables
    ])  # fmt: skip
    text = ("item_id", "doc_no", *_WHOSE, "doc_type")
    return rows.with_columns(
        pl.col(text).fill_null(""), service=pl.col("service_from").dt.strftime("%Y-%m")
    ).unique(["item_id", "customer_id"], keep="first", maintain_order=True)


def _submitted(inputs: Inputs, stays: pl.DataFrame) -> pl.DataFrame:
    """Submissions that say the end of their period, of work that is in no stay: WORK."""
    rows = inputs.get("submissions", SUBMISSIONS).filter(pl.col("period_end").is_not_null())
    rows = rows.with_columns(pl.col("item_id", "doc_no", "customer_id").fill_null("")).with_row_index("at")
    items = _items(inputs).filter(pl.col("service_user_ref") != "")
    here = items.join(stays, on=[*_WHOSE, "service"], how="semi")
    known = []
    for key in (["item_id"], ["customer_id", "doc_no"]):
        own = here.filter(*(pl.col(name) != "" for name in key))
        known.append(rows.join(own, on=key, how="semi")["at"])
    rest = rows.filter(~pl.col("at").is_in(pl.concat(known).implode()))
    # An invoice that is sent again is one piece of work, issued when it was first made.
    number = called()
    first = rest.group_by("customer_id", number.alias("number"), maintain_order=True).agg(
        pl.col("period_end").min(), issued=pl.col("created").min()
    )
    return first.select(
        "customer_id", site=pl.lit(""), due=_by(inputs, pl.col("period_end")), issued="issued"
    )


def _unbilled(inputs: Inputs, stays: pl.DataFrame) -> pl.DataFrame:
    """What is delivered and not invoiced, of contracts that have no stay: WORK."""
    rows = inputs.get("unbilled", UNBILLED).with_columns(pl.col("customer_id", "contract_id").fill_null(""))
    told = stays.select("customer_id", pl.col("contract_id").str.split(", ")).explode("contract_id")
    rest = rows.join(told, on=["customer_id", "contract_id"], how="anti", maintain_order="left")
    end = pl.coalesce("service_to", "service_from")
    return rest.select(
        "customer_id", site=pl.lit(""), due=_by(inputs, end), issued=pl.lit(None, dtype=pl.Date)
    ).drop_nulls("due")


def issued(inputs: Inputs, span: Period) -> pl.DataFrame:
    """A row for each invoice of a period: customer_id, doc_no, site, month, credited, rejected (yes or no).

    The ledger's movements say which there are; without any, open and closed items do.
    """
    moved = inputs.get("movements", MOVEMENTS)
    text = pl.col("customer_id", "doc_no").fill_null("")
    invoices = moved.filter(pl.col("type").is_in(ledger.SALES)).select(text, day="date")
    items = _items(inputs)
    if invoices.is_empty():
        some = items.filter(pl.col("doc_type").is_in(ledger.SALES))
        invoices = some.select("customer_id", "doc_no", day="issue_date")
    rows = invoices.filter((pl.col("doc_no") != "") & pl.col("day").is_between(span.first, span.last))
    rows = rows.unique(["customer_id", "doc_no"], keep="first", maintain_order=True)
    notes = moved.filter((pl.col("type") == "credit_note") & (pl.col("date") <= inputs.as_of))
    credited = notes.select(pl.col("customer_id").fill_null(""), doc_no=pl.col("applied_to").fill_null(""))
    places = inputs.get("census", CENSUS).filter(pl.col("site").fill_null("") != "")
    places = places.sort("admitted").unique("service_user_ref", keep="last", maintain_order=True)
    of_item = items.filter(pl.col("doc_no") != "").unique(["customer_id", "doc_no"], keep="first")
    sites = of_item.join(places.select("service_user_ref", "site"), on="service_user_ref", how="inner")
    return (
        _marked(_marked(rows, credited, "credited"), _rejected(inputs, items), "rejected")
        .join(sites.select("customer_id", "doc_no", "site"), on=["customer_id", "doc_no"], how="left",
              maintain_order="left")
        .with_columns(pl.col("site").fill_null(""), month=pl.col("day").dt.strftime("%Y-%m"))
    )  # fmt: skip


def _rejected(inputs: Inputs, items: pl.DataFrame) -> pl.DataFrame:
    """Invoices that were ever rejected: customer_id (empty = not said), doc_no."""
    sent = inputs.get("submissions", SUBMISSIONS).filter(pl.col("rejected") <= inputs.as_of)
    sent = sent.with_columns(pl.col("item_id", "doc_no", "customer_id").fill_null(""))
    own = items.select("item_id", own_doc="doc_no", own_customer="customer_id").unique("item_id", keep="none")
    rows = sent.join(own, on="item_id", how="left", maintain_order="left")
    said = {"customer_id": "own_customer", "doc_no": "own_doc"}
    return rows.select(
        pl.when(pl.col(name) != "").then(name).otherwise(pl.col(of_item).fill_null("")).alias(name)
        for name, of_item in said.items()
    )


def _marked(rows: pl.DataFrame, some: pl.DataFrame, name: str) -> pl.DataFrame:
    """Invoices with whether they are among some, by customer and number; one of no customer is found by number."""
    own = rows.join(some.filter(pl.col("customer_id") != ""), on=["customer_id", "doc_no"], how="semi")
    plain = rows.join(some.filter(pl.col("customer_id") == ""), on="doc_no", how="semi")
    both = pl.concat([own, plain]).select("customer_id", "doc_no").unique().with_columns(
        pl.lit(value=True).alias(name)
    )  # fmt: skip
    joined = rows.join(both, on=["customer_id", "doc_no"], how="left", maintain_order="left")
    return joined.with_columns(pl.col(name).fill_null(value=False))
