"""What is odd in month-end inputs: readable, and most likely not what was meant. Told, and nothing is left out.

a receipt of +500.00   -> a receipt raises what customers owe
movement M-7 twice     -> it counts twice
a promise of K99999    -> neither open items nor the customer file have that customer
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from recon.problems import Problem

_CODE: Final = "report-data"
_RAISE, _LOWER = (
    ("invoice", "debit_note", "refund"),
    ("receipt", "credit_note", "tax", "discount", "charge", "write_off"),
)
# Tables whose rows have a number of their own, or a key that must not come twice.
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "movements": ("movement_id",),
    "promises": ("promise_id",),
    "queries": ("query_id",),
    "contacts": ("contact_id",),
    "limits": ("customer_id", "group_id", "currency"),
    "balances": ("date", "customer_id", "entity", "currency"),
    "gl": ("account", "period", "currency"),
    "targets": ("period", "customer_id", "segment", "currency"),
}
_OWNED: Final = (
    "movements", "balances", "customer_statement", "limits", "unbilled", "provisions", "contracts", "submissions",
    "promises", "plans", "queries", "contacts", "targets",
    "risks",
)  # fmt: skip


def of(tables: Mapping[str, pl.DataFrame]) -> tuple[Problem, ...]:
    """Problems of the tables that are given, in inner form by their names (`recon.reports.TABLES`)."""
    return (*_signs(tables), *_twice(tables), *_strangers(tables), *_periods(tables))


def _signs(tables: Mapping[str, pl.DataFrame]) -> Iterator[Problem]:
    """Movements whose sign is not that of their type; a reversal is one, too."""
    rows = tables.get("movements")
    if rows is None or rows.is_empty():
        return
    amount = pl.col("amount_minor")
    wrong = (pl.col("type").is_in(_RAISE) & (amount < 0)) | (pl.col("type").is_in(_LOWER) & (amount > 0))
    for kind, count in rows.filter(wrong).group_by("type").len().sort("type").iter_rows():
        does, sign = ("lower", "minus") if kind in _RAISE else ("raise", "plus")
        words = str(kind).replace("_", " ")
        what = f"{_rows(count)} of type {words} with {sign}, which would {does} what customers owe"
        yield Problem(_CODE, "movements", what, "turn the sign round, unless they take such an entry back")


def _twice(tables: Mapping[str, pl.DataFrame]) -> Iterator[Problem]:
    """Rows of one number, or of one key."""
    for name, keys in _KEYS.items():
        rows = tables.get(name)
        if rows is None or rows.is_empty():
            continue
        said = rows.with_columns(pl.col(pl.String).fill_null(""))
        if name == "limits":
            said = said.unique(
                [*keys, *(one for one in said.columns if one.endswith("_minor"))], maintain_order=True
            )
        if len(keys) == 1:
            said = said.filter(pl.col(keys[0]) != "")
        several = said.filter(pl.len().over(keys) > 1)
        if several.is_empty():
            continue
        first = ", ".join(str(one) for one in several.select(keys).row(0) if one not in ("", None))
        what = f"{_rows(several.height)} have the {' and '.join(keys)} of another one ({first}): each counts"
        yield Problem(_CODE, name, what, "take out what is there twice")


def _strangers(tables: Mapping[str, pl.DataFrame]) -> Iterator[Problem]:
    """Rows of customers that nothing else knows."""
    known = pl.concat(
        [tables[name]["customer_id"] for name in ("open_items", "customers", "standing")]
    ).unique()
    if known.is_empty():
        return
    for name in _OWNED:
        rows = tables.get(name)
        if rows is None or rows.is_empty():
            continue
        strange = rows.filter(
            (pl.col("customer_id").fill_null("") != "") & ~pl.col("customer_id").is_in(known.implode())
        )
        if strange.height:
            what = f"{_rows(strange.height)} of a customer that neither open items nor the customer file have"
            yield Problem(_CODE, name, what, "each customer is named by its number, as the ledger has it")


def _periods(tables: Mapping[str, pl.DataFrame]) -> Iterator[Problem]:
    """Periods that are none: no report finds them."""
    for name in ("gl", "targets"):
        rows = tables.get(name)
        if rows is None or rows.is_empty():
            continue
        wrong = rows.filter(~pl.col("period").fill_null("").str.contains(r"^\d{4}-(?:0[1-9]|1[0-2])$"))
        if wrong.height:
            such = repr(wrong["period"][0])
            what = f"{_rows(wrong.height)} with a period that is not written as 2026-03, such as {such}"
            hint = "write the year and the month so; Excel keeps it in a cell of text"
            yield Problem(_CODE, name, what, hint)


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"
