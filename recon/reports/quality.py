"""How well receipts are matched: each rate with what is divided by what.

In scope are receipts of customers: credits of the period that are not classed as something else, by a rule or by a
person. So a rate can't be raised by calling hard lines no receipts without that being seen. What a rule settled and a
person turned back since is a rate of its own (domain 2.5: net auto-match, auto-post precision).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import polars as pl

from recon.model import Choice, Outcome
from recon.reports import unapplied
from recon.reports.shape import Column, Inputs, Kind, Made, Part, Report, frame, share

_COLUMNS: Final = (
    Column("measure", "Measure", "its name", file_only=True),
    Column("title", "Measure", "its name in words", Kind.LONG, 36),
    Column("currency", "Currency", "ISO 4217 code of the amounts; empty = lines are counted", width=10),
    Column("rate", "Rate", "the first divided by the second", Kind.PERCENT, 10),
    Column("lines", "Lines", "bank lines that count", Kind.NUMBER, 11),
    Column("of_lines", "of lines", "bank lines that they are compared with", Kind.NUMBER, 11),
    Column("amount", "Amount", "money that counts", Kind.MONEY, 18),
    Column("of_amount", "of amount", "money that it is compared with", Kind.MONEY, 18),
    Column("definition", "How it is defined", "what is divided by what", Kind.LONG, 70),
)
_DEFINED: Final = {
    "auto_match_lines": (
        "Matched automatically, lines",
        "receipts settled by rule without a person / receipts in scope",
    ),
    "auto_match_value": ("Matched automatically, value", "the same by amount"),
    "net_auto_match_lines": (
        "Matched automatically and left so, lines",
        "those of them that nobody took back or moved since / receipts in scope",
    ),
    "net_auto_match_value": ("Matched automatically and left so, value", "the same by amount"),
    "turned_back_lines": (
        "Turned back",
        "credits settled by rule that a person took back or moved since / credits settled by rule",
    ),
    "auto_precision_lines": (
        "Right when settled automatically",
        "credits settled by rule that nobody took back or moved since / credits settled by rule",
    ),
    "assisted_lines": (
        "First proposal accepted as it was",
        "lines whose proposal a person accepted unchanged / lines on which a person decided anything",
    ),
    "waiting_lines": (
        "Waiting for a person, lines",
        "receipts that nobody has settled yet / receipts in scope",
    ),
    "waiting_value": ("Waiting for a person, value", "the same by amount"),
    "out_of_scope_lines": (
        "Not receivable",
        "credits classed as no customer's receipt / all credits of the period",
    ),
    "unapplied_of_receivables": (
        "Unapplied cash in receivables",
        "unapplied cash (on account, in the ledger or accepted) / open invoices and debit notes",
    ),
    "unapplied_of_receipts": (
        "Unapplied cash in receipts",
        "unapplied cash / receipts in scope of the period",
    ),
}


def rates(inputs: Inputs, before: date, last: date) -> list[tuple[object, ...]]:
    """The rows of receipts booked after a day up to another: by lines over all currencies, by amount for each.

    What became of them is what is known of it now. Unapplied cash is not told: it is not of a period.
    """
    return _rates(inputs, before, last)[0]


def make(inputs: Inputs) -> Made:
    """The rates of the last days."""
    first = inputs.as_of - timedelta(days=inputs.rules.reports.period_days)
    rows, scope = _rates(inputs, first, inputs.as_of)
    rows += _unapplied(inputs, scope)
    facts = (
        f"Receipts booked {first + timedelta(days=1):%d/%m/%Y} to {inputs.as_of:%d/%m/%Y}.",
        "Turned back is what a person took back or moved on Allocations; what nobody looked at is not known.",
    )
    return Made((Part("", "Rates", _COLUMNS, frame(_COLUMNS, rows), "Match quality"),), facts)


def _rates(inputs: Inputs, before: date, last: date) -> tuple[list[tuple[object, ...]], pl.DataFrame]:
    """The rows, and the receipts in scope."""
    recent = (pl.col("booking_date") > before) & (pl.col("booking_date") <= last)
    credits_ = inputs["lines"].filter(
        recent & (pl.col("amount_minor") > 0) & (pl.col("outcome") != Outcome.DUPLICATE)
    )
    aside = (pl.col("outcome") == Outcome.NOT_RECEIVABLE) | (pl.col("decision") == Choice.NOT_RECEIVABLE)
    scope = credits_.filter(~aside)
    left, turned = pl.col("settled") == "rule", pl.col("turned_back") == "yes"
    auto, net, waiting = (
        scope.filter(left | turned),
        scope.filter(left),
        scope.filter(pl.col("settled") == ""),
    )
    # Of all credits: what turned out to be no receipt was settled wrongly, too.
    posted, wrong = credits_.filter(left | turned), credits_.filter(turned)
    # Who rejects, parks or queries a proposal has reviewed it, though the line still waits.
    reviewed = scope.filter((pl.col("settled") != "rule") & (pl.col("decision") != ""))
    unchanged = reviewed.filter((pl.col("settled") == "person") & (pl.col("decision") == Choice.ACCEPT))
    rows = [
        _counted("auto_match_lines", auto.height, scope.height),
        *_valued("auto_match_value", _sums(auto), _sums(scope)),
        _counted("net_auto_match_lines", net.height, scope.height),
        *_valued("net_auto_match_value", _sums(net), _sums(scope)),
        _counted("turned_back_lines", wrong.height, posted.height),
        _counted("auto_precision_lines", posted.height - wrong.height, posted.height),
        _counted("assisted_lines", unchanged.height, reviewed.height),
        _counted("waiting_lines", waiting.height, scope.height),
        *_valued("waiting_value", _sums(waiting), _sums(scope)),
        _counted("out_of_scope_lines", credits_.height - scope.height, credits_.height),
    ]
    return rows, scope


def _unapplied(inputs: Inputs, scope: pl.DataFrame) -> list[tuple[object, ...]]:
    held = _sums(
        unapplied.amounts(inputs).filter(pl.col("kind").is_in([unapplied.LEDGER, unapplied.ACCEPTED]))
    )
    items = inputs["open_items"].select("currency", amount_minor="open_amount_minor")
    debits = _sums(items.filter(pl.col("amount_minor") > 0))
    return [
        *_valued("unapplied_of_receivables", held, debits),
        *_valued("unapplied_of_receipts", held, _sums(scope)),
    ]


def _sums(rows: pl.DataFrame) -> dict[str, int]:
    return dict(rows.group_by("currency").agg(pl.col("amount_minor").sum()).iter_rows())


def _counted(name: str, part: int, whole: int) -> tuple[object, ...]:
    title, definition = _DEFINED[name]
    return (name, title, "", share(part, whole), part, whole, None, None, definition)


def _valued(name: str, part: dict[str, int], whole: dict[str, int]) -> list[tuple[object, ...]]:
    title, definition = _DEFINED[name]
    return [
        (
            name,
            title,
            currency,
            share(part.get(currency, 0), of),
            None,
            None,
            part.get(currency, 0),
            of,
            definition,
        )
        for currency in sorted(set(part) | set(whole))
        for of in [whole.get(currency, 0)]
    ]


REPORT: Final = Report(
    "quality",
    "Match quality",
    "How well receipts are matched: each rate with what is divided by what.",
    ("lines", "open_items", "on_account"),
    make,
)
