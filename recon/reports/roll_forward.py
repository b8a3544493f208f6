"""Roll-forward: from what was open before a period to what is open at its end, and whether it comes out.

`closing = opening + invoices - credit notes - receipts - tax deducted - discounts and charges - write-offs + refunds
+- exchange differences +- reclasses`. Movements have the sign with which they change the balance.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Final

import polars as pl

from recon.problems import Problem
from recon.reports import ledger
from recon.reports.ledger import Key, Period
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
)

TITLES: Final = {
    "invoice": "Invoices",
    "debit_note": "Debit notes",
    "credit_note": "Credit notes",
    "receipt": "Receipts, applied and unapplied",
    "tax": "Tax deducted at source",
    "discount": "Discounts",
    "charge": "Bank charges",
    "write_off": "Write-offs",
    "refund": "Refunds",
    "fx": "Exchange differences",
    "reclass": "Reclasses",
}
AGREES, DIFFERS, NOT_SAID = "agrees", "differs", "not said"
_SHEET: Final = "Roll-forward"
_STEPS: Final = (
    Column("level", "Level", f"{LEVEL}step or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", file_only=True),
    Column("entity", "Entity", "our company", width=10, optional=True),
    Column("what", "From opening to closing", "a step, as the ledger calls it", width=40),
    Column("movements", "Entries", "how many", Kind.NUMBER, 10),
    Column("amount", "Amount", "how much; minus lowers what customers owe", Kind.MONEY, 18),
    Column("check", "Check", "agrees, differs, or not said: nothing to compare with", width=12),
)
_CHAIN: Final = (
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("entity", "Entity", "our company", width=10, optional=True),
    Column("first", "From", "first day", Kind.DATE),
    Column("last", "To", "last day", Kind.DATE),
    Column("opening", "Opening", "balance before it", Kind.MONEY, 16),
    Column("moved", "Movements", "sum of its movements", Kind.MONEY, 16),
    Column("computed", "Makes", "opening and movements", Kind.MONEY, 16),
    Column("closing", "Closing", "balance at its end, as the ledger has it", Kind.MONEY, 16),
    Column("difference", "Difference", "closing less what opening and movements make", Kind.MONEY, 15),
    Column("check", "Check", "agrees or differs", width=10),
)
_CUSTOMERS: Final = (
    Column("currency", "Currency", "ISO 4217 code"),
    Column("customer_id", "Customer", "the customer's number"),
    Column("opening", "Opening", "balance before the period", Kind.MONEY),
    Column("moved", "Movements", "sum of its movements", Kind.MONEY),
    Column("computed", "Makes", "opening and movements", Kind.MONEY),
    Column("closing", "Closing", "what the ledger says is open", Kind.MONEY),
    Column("difference", "Difference", "closing less what opening and movements make", Kind.MONEY),
)


def make(inputs: Inputs) -> Made:
    """The steps from opening to closing, period by period, and by customer where balances are."""
    apart = ledger.entities(inputs)
    span = ledger.period(inputs, inputs.rules.reports.months)
    opening = ledger.balances(inputs, span.before, by_entity=apart)
    closing, source = ledger.closing(inputs, by_entity=apart)
    moved = ledger.by_type(ledger.movements(inputs, span.first, span.last), by_entity=apart)
    rows: list[tuple[object, ...]] = []
    problems = _problems(inputs, span, opening, apart=apart)
    # A currency that closes with something and has neither opening nor movements is a break, too.
    ends = {key for key, amount in closing.items() if amount}
    for key in sorted(ends | set(opening) | set(moved)):
        steps, made = _steps(key, span, opening.get(key), moved.get(key, {}), closing.get(key))
        rows += steps
        if closing.get(key) is not None and closing[key] != made:
            problems.append(_break(inputs, key, closing[key], made, str(span)))
    chain, broken = _chain(inputs, apart=apart)
    facts = (f"Period {span}; closing balance from {source}.",)
    parts = (
        Part("", "From opening to closing", _STEPS, frame(_STEPS, rows, "rank"), _SHEET, "currency"),
        Part("periods", "Period by period", _CHAIN, chain, _SHEET),
        Part("customers", "By customer", _CUSTOMERS, _customers(inputs, span)),
    )
    return Made(parts, facts, (*problems, *broken))


def _steps(
    key: Key, span: Period, opening: int | None, moved: dict[str, tuple[int, int]], closing: int | None
) -> tuple[list[tuple[object, ...]], int]:
    """The rows of one currency and entity, and the closing balance that they make."""
    currency, entity = key
    made = (opening or 0) + ledger.total(moved)

    def step(
        what: str, amount: int | None, count: int | None = None, check: str = "", rank: int = PLAIN
    ) -> tuple[object, ...]:
        return ("step" if rank == PLAIN else "total", currency, entity, what, count, amount, check, rank)

    check = NOT_SAID if closing is None else AGREES if closing == made else DIFFERS
    rows = [
        step(
            f"Opening, {span.before:%d/%m/%Y}",
            opening or 0,
            None,
            "" if opening is not None else NOT_SAID,
            SUBTOTAL,
        ),
        *(step(title, *moved[kind]) for kind, title in TITLES.items() if kind in moved),
        step(f"Makes, {span.last:%d/%m/%Y}", made, None, "", SUBTOTAL),
        step("Closing, as the ledger has it", closing, None, "", SUBTOTAL),
        step("Difference", None if closing is None else closing - made, None, check, TOTAL),
    ]
    return rows, made


def _break(inputs: Inputs, key: Key, closing: int, made: int, where: str) -> Problem:
    """The size and the side of a break."""
    side = "more" if closing > made else "less"
    what = (
        f"the ledger has {ledger.text(inputs, key, abs(closing - made))} {side} open than opening and movements make "
        f"({ledger.text(inputs, key, closing)} against {ledger.text(inputs, key, made)})"
    )
    return Problem(
        "report-break",
        f"roll-forward {where}",
        what,
        "find the movement that is missing, doubled or of another period",
    )


def _problems(inputs: Inputs, span: Period, opening: dict[Key, int], *, apart: bool) -> list[Problem]:
    found = [one for day in (span.before, span.last) for one in ledger.split(inputs, day, by_entity=apart)]
    if not opening:
        what = f"no balance of {span.before} is given, so the period begins with nought"
        found.append(
            Problem(
                "report-data", "balances", what, "put the closing balance of the period before into balances"
            )
        )
    late = ledger.movements(inputs, span.last + timedelta(days=1), span.last + timedelta(days=3650)).height
    if late:
        what = f"{late:,} movements are dated after {span.last}; they are not of this period"
        found.append(Problem("report-data", "movements", what))
    return found


def _chain(inputs: Inputs, *, apart: bool) -> tuple[pl.DataFrame, list[Problem]]:
    """Each balance from the one before it: yesterday's closing is today's opening, all movements between them."""
    days = [day for day in inputs["balances"]["date"].unique().sort() if day <= inputs.as_of]
    rows: list[tuple[object, ...]] = []
    problems = []
    for before, last in pairwise(days):
        first = before + timedelta(days=1)
        opening, closing = (ledger.balances(inputs, day, by_entity=apart) for day in (before, last))
        moved = ledger.by_type(ledger.movements(inputs, first, last), by_entity=apart)
        for key in sorted(set(opening) & set(closing)):
            amount = ledger.total(moved.get(key, {}))
            made = opening[key] + amount
            off = closing[key] - made
            rows.append(
                (*key, first, last, opening[key], amount, made, closing[key], off, DIFFERS if off else AGREES)
            )
            if off and last != inputs.as_of:
                problems.append(_break(inputs, key, closing[key], made, str(Period(first, last))))
    return frame(_CHAIN, rows), problems


def _customers(inputs: Inputs, span: Period) -> pl.DataFrame:
    """The same for each customer, the largest differences first; only where balances say what was open of it."""
    key = ["currency", "customer_id"]
    told = inputs["balances"].filter((pl.col("customer_id") != "") & (pl.col("date") == span.before))
    opening = told.group_by(key).agg(opening_minor=pl.col("amount_minor").sum())
    rows = ledger.movements(inputs, span.first, span.last).filter(pl.col("customer_id") != "")
    moved = rows.group_by(key).agg(moved_minor=pl.col("amount_minor").sum())
    items = inputs["open_items"].filter(pl.col("customer_id") != "")
    closing = items.group_by(key).agg(closing_minor=pl.col("extract_minor").sum())
    whole = opening.join(moved, on=key, how="full", coalesce=True).join(
        closing, on=key, how="full", coalesce=True
    )
    if opening.is_empty():
        whole = whole.clear()
    made = pl.col("opening_minor") + pl.col("moved_minor")
    return (
        whole.with_columns(pl.col("opening_minor", "moved_minor", "closing_minor").fill_null(0))
        .with_columns(computed_minor=made, difference_minor=pl.col("closing_minor") - made)
        .sort(pl.col("difference_minor").abs(), *key, descending=[True, False, False])
        .select(column.inner for column in _CUSTOMERS)
    )


REPORT: Final = Report(
    "roll_forward",
    "Roll-forward",
    "From what was open before a period to what is open at its end, and whether it comes out.",
    ("balances", "movements", "open_items"),
    make,
)
