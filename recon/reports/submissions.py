"""Invoices on their way to the customer: how each stands, and how long each leg takes.

    created - end of period, sent - created, accepted - sent: each against its own days (credit.submission)
    accepted, rejected, silent (nothing heard for longer than that), sent, or not sent

One total would hide which leg is slow. A rejected invoice is not overdue: it has to be sent again.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon import promise
from recon.model import SUBMISSIONS
from recon.reports.shape import PLAIN, RANK, SUBTOTAL, Column, Inputs, Kind, Made, Part, Report, frame, share

ACCEPTED, REJECTED, SILENT, SENT, UNSENT = "accepted", "rejected", "silent", "sent", "not sent"
_LEGS: Final = (
    ("created", "End of period to invoice", "period_end", "created"),
    ("sent", "Invoice to sending", "created", "sent"),
    ("accepted", "Sending to acceptance", "sent", "accepted"),
)
_TENTHS: Final = 10
_COLUMNS: Final = (
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("doc_no", "Document", "the invoice's number", width=18),
    Column("state", "State", "rejected, silent, not sent, sent or accepted", width=11),
    Column("channel", "By", "portal, e-mail, post, ...", width=10),
    Column("period_end", "End of period", "last day of the service that is invoiced", Kind.DATE),
    Column("created", "Created", "when the invoice was made", Kind.DATE),
    Column("sent", "Sent", "when it was sent", Kind.DATE),
    Column("accepted", "Accepted", "when the customer accepted it", Kind.DATE),
    Column("rejected", "Rejected", "when it was rejected", Kind.DATE),
    Column("created_days", "To invoice", "days from the end of the period to the invoice", Kind.NUMBER, 9),
    Column("sent_days", "To sending", "days from the invoice to its sending", Kind.NUMBER, 9),
    Column(
        "accepted_days",
        "To answer",
        "days from its sending to acceptance or rejection, or until now",
        Kind.NUMBER,
        9,
    ),
    Column("slow", "Slow leg", "which of them took longer than its days", Kind.LONG, 28),
    Column("reason", "Reason", "why it was rejected", Kind.LONG, 28),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("open", "Open", "what is open of it; empty = it is no open item", Kind.MONEY, 14),
)
_LEG: Final = (
    Column("leg", "Leg", "which", width=28),
    Column("limit", "Days", "how many it may take (credit.submission)", Kind.NUMBER, 8),
    Column("invoices", "Ended", "invoices that have it behind them", Kind.NUMBER, 9),
    Column("in_time", "In time", "those that took no longer", Kind.NUMBER, 9),
    Column("rate", "In time, share", "in time / ended", Kind.PERCENT, 11),
    Column("average", "Average days", "of those that ended", Kind.TENTHS, 10),
    Column("longest", "Longest", "days", Kind.NUMBER, 9),
    Column("waiting", "Waiting too long", "invoices in it for longer than its days", Kind.NUMBER, 11),
)


def _days(first: pl.Expr, last: pl.Expr, inputs: Inputs) -> pl.Expr:
    """Days of a leg: working days by the calendar of the rules, or all."""
    if inputs.rules.credit.submission.count == "calendar":
        return (last - first).dt.total_days()
    both = first.is_not_null() & last.is_not_null()
    safe = pl.lit(inputs.as_of)
    counted = promise.working_days(pl.coalesce(first, safe), pl.coalesce(last, safe), inputs.free)
    return pl.when(both).then(counted)


def _invoices(inputs: Inputs) -> pl.DataFrame:
    """Each submission with its state, the days of its legs, and what is open."""
    limits = inputs.rules.credit.submission
    texts = ("item_id", "doc_no", "customer_id", "channel", "reason")
    rows = inputs.get("submissions", SUBMISSIONS).with_columns(pl.col(texts).fill_null(""))
    answer = pl.coalesce("accepted", "rejected", pl.lit(inputs.as_of))
    rows = rows.with_columns(
        created_days=_days(pl.col("period_end"), pl.col("created"), inputs),
        sent_days=_days(pl.col("created"), pl.col("sent"), inputs),
        accepted_days=_days(pl.col("sent"), answer, inputs),
    )
    refused = pl.col("rejected").is_not_null() & (
        pl.col("accepted").is_null() | (pl.col("accepted") < pl.col("rejected"))
    )
    state = (
        pl.when(refused)
        .then(pl.lit(REJECTED))
        .when(pl.col("accepted").is_not_null())
        .then(pl.lit(ACCEPTED))
        .when(pl.col("sent").is_null())
        .then(pl.lit(UNSENT))
        .when(pl.col("accepted_days") > limits.accepted)
        .then(pl.lit(SILENT))
        .otherwise(pl.lit(SENT))
    )
    slow = [
        pl.when(pl.col(f"{name}_days") > getattr(limits, name)).then(pl.lit(title.lower()))
        for name, title, _first, _last in _LEGS
    ]
    items = inputs["open_items"].select("item_id", "doc_no", "currency", open_minor="open_amount_minor")
    by_id = items.select("item_id", "currency", "open_minor").unique("item_id", keep="first")
    by_no = items.filter(pl.col("doc_no") != "").unique("doc_no", keep="none")
    return (
        rows.with_columns(state=state, slow=pl.concat_str(slow, separator="; ", ignore_nulls=True))
        .join(by_id, on="item_id", how="left", maintain_order="left")
        .join(
            by_no.select("doc_no", no_currency="currency", no_open="open_minor"),
            on="doc_no",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            currency=pl.coalesce("currency", "no_currency").fill_null(""),
            open_minor=pl.coalesce("open_minor", "no_open"),
        )
    )


def make(inputs: Inputs) -> Made:
    """The legs, and every submission, what needs somebody first."""
    rows = _invoices(inputs)
    limits = inputs.rules.credit.submission
    legs = frame(_LEG, [_leg(rows, *leg, getattr(limits, leg[0]), inputs) for leg in _LEGS])
    order = {one: at for at, one in enumerate((REJECTED, SILENT, UNSENT, SENT, ACCEPTED))}
    needs = pl.col("state").is_in([REJECTED, SILENT])
    rows = rows.sort(
        pl.col("state").replace_strict(order, return_dtype=pl.Int64),
        "sent",
        "doc_no",
        "item_id",
        nulls_last=True,
    ).with_columns(pl.when(needs).then(SUBTOTAL).otherwise(PLAIN).cast(pl.Int64).alias(RANK))
    days = "working days" if limits.count == "working" else "calendar days"
    return Made(
        (
            Part("legs", "How long it takes", _LEG, legs, sheet="Submission status"),
            Part(
                "",
                "Invoices",
                _COLUMNS,
                rows.select([*(one.inner for one in _COLUMNS), RANK]),
                sheet="Submission status",
            ),
        ),
        (f"In {days}. A rejected invoice is sent again, not chased.",),
    )


def _leg(
    rows: pl.DataFrame, name: str, title: str, first: str, last: str, limit: int, inputs: Inputs
) -> tuple[object, ...]:
    """One leg: those that ended, and those that are in it for too long."""
    ended = rows.filter(pl.col(first).is_not_null() & pl.col(last).is_not_null())[f"{name}_days"]
    open_ = rows.filter(pl.col(first).is_not_null() & pl.col(last).is_null())
    if name == "accepted":
        open_ = open_.filter(pl.col("rejected").is_null())
    so_far = open_.select(_days(pl.col(first), pl.lit(inputs.as_of), inputs)).to_series()
    in_time = int((ended <= limit).sum())
    total = int(ended.sum())
    average = (2 * _TENTHS * total + ended.len()) // (2 * ended.len()) if ended.len() else None
    longest = ended.max() if ended.len() else None
    return (
        title,
        limit,
        ended.len(),
        in_time,
        share(in_time, ended.len()),
        average,
        longest,
        int((so_far > limit).sum()),
    )


REPORT: Final = Report(
    "submissions",
    "Submissions",
    "Invoices on their way to the customer: how each stands, and how long each leg takes.",
    ("submissions", "open_items"),
    make,
)
