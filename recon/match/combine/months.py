"""The month that a line names: a period that is paid for, not a payment date, and not a part of the payer's name.

"KENT CC MARCH 2026"          -> March 2026
"KENT CC 10 MAR"              -> none: a day
"KENT CC MARCH PAYMENT"       -> none in March: that is when they pay, not what
"APRIL HOUSE CARE LTD"        -> none, where that is the payer
"THANKS MAY BE LATE"          -> none: MAY alone is a word like others
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from recon.match import text
from recon.match.frames import Ready

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WORDS = (
    r"JAN(?:UARY)?|FEB(?:RUARY)?|MAR(?:CH)?|APR(?:IL)?|MAY|JUNE?|JULY?|AUG(?:UST)?|SEPT?(?:EMBER)?|OCT(?:OBER)?"
    r"|NOV(?:EMBER)?|DEC(?:EMBER)?"
)
NAMED_MONTH = re.compile(rf"\b({WORDS})(?:[ '/-]{{0,2}}((?:20)?\d\d))?\b", re.ASCII)
DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:ST|ND|RD|TH)?"
DAY_BEFORE = re.compile(rf"(?<!\d){DAY}(?: OF)?[ ./-]{{0,2}}$", re.ASCII)
DAY_BEHIND = re.compile(rf"^[ ./-]{{0,2}}{DAY}(?!\d)", re.ASCII)
INITIAL = re.compile(r"(?:^|[^A-Z0-9])[A-Z]\.? $")  # `J MAY` is a person
NEAR_DAYS = (
    5  # `MAR 26` this near to 26 March is as well the day of the payment; so near a payment is of a month
)
FULL_YEAR = 4  # digits
PERIOD_BEFORE = re.compile(r"\b(?:(?:FOR|IN|OF) |(?:MONTH|PERIOD|FEES|CARE|INVOICES?)[ :-]{1,2})$")
PERIOD_BEHIND = re.compile(r"^[ -](?:FEES?|CARE|CHARGES?|INVOICES?|INVS?|RENT|SERVICES?|BILLS?)\b")
MONTH_BEHIND = re.compile(r"^[ -](?:STATEMENT|ACCOUNT|PAYMENTS?|PAYROLL)\b")  # a month, of whatever
PAID_BEFORE = re.compile(r"\b(?:PAYMENTS?|PAYROLL|PAID|PMTS?|PAY RUN)[ :-]{1,2}$")
PAID_BEHIND = re.compile(r"^[ -](?:PAYMENTS?|PAYROLL|PMTS?|PAY RUN)\b")
EVERY_MONTH = rf"\b(?:{WORDS})(?:\b|[0-9])"
BILLED = ("issue_date", "due_date")


class _Named(NamedTuple):
    """A month that a text names."""

    month: int
    year: int  # 0: not said
    period: bool  # whether the words beside it say that it is what is paid for


def named_month(spoken: str, booked: date | None, names: Sequence[str] = ()) -> int:
    """The one month that a text names, as year * 12 + month; 0 if it names none, or several.

    A month without a year is the last one up to the booking date.

    Args:
        spoken: in capitals.
        booked: day of the payment.
        names: of the payer, in capitals; a month in them is no period.
    """
    found = _named(spoken, booked, names)
    if found is None or booked is None:
        return 0
    return (found.year or booked.year - (found.month > booked.month)) * 12 + found.month


def _named(spoken: str, booked: date | None, names: Sequence[str]) -> _Named | None:
    """The one month that a text names, a period if it is one anywhere."""
    if booked is None:
        return None
    read = [_period(spoken, found, booked, names) for found in NAMED_MONTH.finditer(spoken)]
    named = sorted(one for one in read if one is not None)
    return named[-1] if len({one[:2] for one in named}) == 1 else None


def _period(spoken: str, found: re.Match[str], booked: date, names: Sequence[str]) -> _Named | None:
    """The month of one such word; nothing if the word is part of a name or of a day, or says when was paid."""
    before, behind = spoken[: found.start()], spoken[found.end() :]
    word, digits = found.groups()
    month = MONTHS.index(word[:3]) + 1
    if DAY_BEFORE.search(before) or _of_name(word, before, spoken[found.end(1) :], names):
        return None
    year = int(digits) % 100 + 2000 if digits else 0
    written = spoken[found.end(1) : found.end()]  # `DEC/24` and `DEC'24` say a year, `MAR 10` may be a day
    far = not written.startswith(("/", "'")) and abs(year - booked.year) > 1
    if digits and len(digits) < FULL_YEAR and (far or _near(month, int(digits), booked)):
        return None
    paid = PAID_BEFORE.search(before) or PAID_BEHIND.search(behind)
    period = bool(PERIOD_BEHIND.search(behind) or (PERIOD_BEFORE.search(before) and not paid))
    if not digits:
        alone = not behind or behind[0] == text.FIELD_END
        vague = word == "MAY" and not (alone or period or MONTH_BEHIND.search(behind))
        person = INITIAL.search(before) and (word == "MAY" or not period)
        if vague or person or DAY_BEHIND.search(behind):
            return None
    if paid and not period and _of_payment(month, year, booked):
        return None
    return _Named(month, year, period)


def _of_payment(month: int, year: int, booked: date) -> bool:
    """Is this the month of the payment, give or take the days that a payment takes?"""
    days = (booked + timedelta(days=away) for away in (-NEAR_DAYS, 0, NEAR_DAYS))
    return any(day.month == month and year in (0, day.year) for day in days)


def _near(month: int, day: int, booked: date) -> bool:
    """Are two digits behind a month a day of it near the payment, rather than a year?"""
    try:
        paid = date(booked.year, month, day)
    except ValueError:  # no day of that month
        return False
    return abs((paid - booked).days) <= NEAR_DAYS


def _of_name(word: str, before: str, behind: str, names: Sequence[str]) -> bool:
    """Does the word stand beside a word that it stands beside in a name of the payer too?"""
    lefts = re.findall(r"[A-Z0-9]+", before)[-1:]
    rights = re.findall(r"[A-Z0-9]+", behind)[:1]
    for name in names:
        parts = re.findall(r"[A-Z0-9]+", name)
        for at, part in enumerate(parts):
            if part != word:
                continue
            if len(parts) == 1 or (at and lefts == [parts[at - 1]]):
                return True
            if rights and at + 1 < len(parts) and parts[at + 1].startswith(rights[0]):
                return True
    return False


def names_of(ready: Ready, owners: Sequence[str]) -> dict[str, list[str]]:
    """The names of these customers or groups that hold the name of a month; others have no entry."""
    of = ready.customers.select("customer_id", "owner", "name")
    of = of.filter(pl.col("owner").is_in(pl.Series(owners, dtype=pl.String).implode()))
    theirs = ready.names.filter(pl.col("customer_id").is_in(of["customer_id"].implode()))
    held = pl.concat(
        [
            of.select("customer_id", name=text.upper(pl.col("name").fill_null(""))),
            theirs.select("customer_id", name="key"),
        ]
    ).filter(pl.col("name").str.contains(EVERY_MONTH))
    wanted = held.join(of.select("customer_id", "owner"), on="customer_id", maintain_order="left")
    names: dict[str, list[str]] = {}
    for owner, name in wanted.select("owner", "name").unique(maintain_order=True).iter_rows():
        names.setdefault(owner, []).append(name)
    return names


def other(sets: pl.DataFrame, legs: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Sets of lines that name a month which is not their items', as (group, reading).

    An item is of the months of its issue, its due day and its service. A month without a year is that month of any.
    The month of the payment says nothing against an item, unless the text says that it is the period paid for.

    Args:
        sets: group, reading, line, owner.
        legs: group, reading, item.
        ready: what the lines say, and the items' days.
    """
    texts = ready.lines.select("line", "spoken", "booking_date").filter(
        pl.col("spoken").str.contains(EVERY_MONTH)
    )
    asked = sets.select("line", "owner").unique(maintain_order=True)
    asked = asked.join(texts, on="line", maintain_order="left")
    names = names_of(ready, asked["owner"].unique().to_list())
    rows = []
    for line, owner, spoken, booked in asked.iter_rows():
        said = _named(spoken.upper(), booked, names.get(owner, ()))
        if said is not None and (said.period or not _of_payment(said.month, said.year, booked)):
            rows.append((line, owner, said.month, said.year))
    named = pl.DataFrame(
        rows,
        schema={"line": pl.Int64, "owner": pl.String, "month": pl.Int64, "year": pl.Int64},
        orient="row",
    )
    paid = sets.select("group", "reading", "line", "owner").join(
        named, on=["line", "owner"], maintain_order="left"
    )
    paid = paid.join(legs.select("group", "reading", "item"), on=["group", "reading"], maintain_order="left")
    days = ready.items.select("item", *BILLED, "service_from", "service_to")
    paid = paid.join(days, on="item", maintain_order="left")
    spans = [*((day, day) for day in BILLED), ("service_from", "service_to")]
    same = pl.any_horizontal(_within(start, end).fill_null(value=False) for start, end in spans)
    return paid.filter(~same).select("group", "reading").unique(maintain_order=True)


def _within(start: str, end: str) -> pl.Expr:
    """Whether the month that is named, of that year or of any, lies within two days; one alone is both."""
    first, last = pl.coalesce(start, end), pl.coalesce(end, start)
    begin, finish = (day.dt.year().cast(pl.Int64) * 12 + day.dt.month() for day in (first, last))
    said = pl.col("year") * 12 + pl.col("month")
    some_year = (pl.col("month") - begin) % 12 <= finish - begin
    return pl.when(pl.col("year") == 0).then(some_year).otherwise(said.is_between(begin, finish))
