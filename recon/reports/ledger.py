"""The ledger over a period: what was open before it and at its end, and what moved in between.

as at 2026-03-31, months 1, balances of 2026-02-28 -> period 2026-03-01 to 2026-03-31, opening that of 2026-02-28
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from recon import model
from recon.model import BALANCES, MOVEMENTS
from recon.problems import Problem
from recon.reports.shape import Inputs, once

SALES: Final = ("invoice", "debit_note")
BILLS: Final = (*SALES, "credit_note")
Key = tuple[str, str]  # currency, entity
_KEY = ["currency", "entity"]
_BALANCES, _ITEMS = "the file balances", "the ledger's open items"
_DOCUMENT = ["customer_id", "currency", "doc_no"]


@dataclass(frozen=True)
class Period:
    """The days of a period, and of what day its opening balance is (the day before, if the inputs have it)."""

    first: date
    last: date

    @property
    def before(self) -> date:
        """The day of the opening balance."""
        return self.first - timedelta(days=1)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        """Its days as they stand on a sheet."""
        return f"{self.first:%d/%m/%Y} to {self.last:%d/%m/%Y}"


def first_of(day: date, months: int) -> date:
    """The first day of the period of so many months that ends on a day: 31 March, 3 -> 1 January."""
    at = day.year * 12 + day.month - months
    return date(at // 12, at % 12 + 1, 1)


def period(inputs: Inputs, months: int) -> Period:
    """The period of so many months; where nothing says what was open before it, that behind the next balance."""
    wanted = first_of(inputs.as_of, months) - timedelta(days=1)
    days = inputs.get("balances", BALANCES)["date"].unique().sort()
    earlier = [day for day in days if day <= wanted]
    later = [day for day in days if wanted < day < inputs.as_of]
    opening = earlier[-1] if earlier else later[0] if later else wanted
    return Period(opening + timedelta(days=1), inputs.as_of)


def entities(inputs: Inputs) -> bool:
    """Whether the ledger can be told by entity: both balances and movements name them."""
    tables = (inputs.get("balances", BALANCES), inputs.get("movements", MOVEMENTS))
    return all(bool((table["entity"] != "").any()) for table in tables)


def balances(inputs: Inputs, day: date, *, by_entity: bool, column: str = "amount_minor") -> dict[Key, int]:
    """A column of the balances of a day by currency and entity: the whole ledger's rows, else the customers' sum.

    A row of the whole ledger goes for the customers of its own entity; one without an entity for all.
    """
    told = {**_sums(_of_day(inputs, day, column, whole=False, by_entity=by_entity))}
    told.update(_sums(_of_day(inputs, day, column, whole=True, by_entity=by_entity)))
    if by_entity:
        return told
    summed: dict[Key, int] = {}
    for (currency, _), amount in told.items():
        summed[currency, ""] = summed.get((currency, ""), 0) + amount
    return summed


def split(inputs: Inputs, day: date, *, by_entity: bool) -> list[Problem]:
    """A problem where the whole ledger's balance of a day is not the sum of its customers'."""
    whole, parts = (
        _sums(_of_day(inputs, day, "amount_minor", whole=is_whole, by_entity=by_entity))
        for is_whole in (True, False)
    )
    found = []
    for key in sorted(set(whole) & set(parts)):
        if whole[key] != parts[key]:
            what = (
                f"the balance of the whole ledger is {text(inputs, key, whole[key])}, those of its customers come to "
                f"{text(inputs, key, parts[key])}"
            )
            found.append(
                Problem(
                    "report-break", f"balances of {day}", what, "one of them was extracted at another time"
                )
            )
    return found


def _of_day(inputs: Inputs, day: date, column: str, *, whole: bool, by_entity: bool) -> pl.DataFrame:
    """The rows of a day that say a column, of the whole ledger or of customers: currency, entity, amount_minor."""
    said = inputs.get("balances", BALANCES).filter((pl.col("date") == day) & pl.col(column).is_not_null())
    is_whole = pl.col("customer_id") == ""
    rows = said.with_columns(amount_minor=pl.col(column))
    if not by_entity:
        every = (is_whole & (pl.col("entity") == "")).any().over("currency")
        rows = rows.with_columns(entity=pl.when(every).then(pl.lit("")).otherwise("entity"))
    return rows.filter(is_whole == whole)


def _sums(rows: pl.DataFrame) -> dict[Key, int]:
    return {
        (str(currency), str(entity)): int(amount)
        for currency, entity, amount in rows.group_by(_KEY).agg(pl.col("amount_minor").sum()).iter_rows()
    }


def closing(inputs: Inputs, *, by_entity: bool) -> tuple[dict[Key, int], str]:
    """What the ledger says is open now, each currency by the balances of that day, else its items; and where from."""
    said = balances(inputs, inputs.as_of, by_entity=by_entity)
    items = inputs["open_items"]
    rows = items if by_entity else items.with_columns(entity=pl.lit(""))
    by_items = _sums(rows.with_columns(amount_minor=pl.col("extract_minor")))
    told = sorted({currency for currency, _ in said})
    rest = {key: amount for key, amount in by_items.items() if key[0] not in told}
    others = sorted({currency for currency, _ in rest})
    if told and others:
        source = f"{_BALANCES} ({', '.join(told)}), {_ITEMS} ({', '.join(others)})"
    else:
        source = _BALANCES if told else _ITEMS
    return said | rest, source


def movements(inputs: Inputs, first: date, last: date) -> pl.DataFrame:
    """The movements of some days, both included."""
    return inputs.get("movements", MOVEMENTS).filter(pl.col("date").is_between(first, last))


@once
def covered(inputs: Inputs) -> frozenset[date]:
    """The first days of the months that movements are given of, up to the as-at date."""
    days = inputs.get("movements", MOVEMENTS)["date"]
    return frozenset(day for day in days.dt.month_start().unique() if day <= inputs.as_of)


def receipts(inputs: Inputs, bills: pl.DataFrame) -> pl.DataFrame:
    """Receipts up to the as-at date that name their document, with what that document says.

    They are joined by customer, currency and number; a receipt without a customer goes to the one customer who has
    that number. A receipt that was taken back counts by what is left of it.

    Args:
        inputs: the report's tables.
        bills: customer_id, currency, doc_no, and what else is wanted of a document.

    Returns: until (the receipt's day), paid_minor, and the columns of `bills`.
    """
    own = bills.unique(_DOCUMENT, keep="first", maintain_order=True)
    paid = inputs.get("movements", MOVEMENTS).filter(
        (pl.col("type") == "receipt") & (pl.col("applied_to") != "") & (pl.col("date") <= inputs.as_of)
    )
    told = paid.select(
        "customer_id", "currency", doc_no="applied_to", until="date", paid_minor=-pl.col("amount_minor")
    )
    return _without_returns(owned(told, own)).join(own, on=_DOCUMENT, how="inner", maintain_order="left")


def owned(rows: pl.DataFrame, bills: pl.DataFrame) -> pl.DataFrame:
    """Rows that name a document, each with its customer: its own, else the one customer who has that number.

    Args:
        rows: customer_id, currency, doc_no, and whatever else.
        bills: the same three columns of all documents that are known.

    Returns: the rows; customer_id is empty or null where nobody or several have the number.
    """
    number = ["currency", "doc_no"]
    each = bills.select(_DOCUMENT).unique(maintain_order=True)
    one = each.filter(pl.len().over(number) == 1).select(*number, owner="customer_id")
    return (
        rows.join(one, on=number, how="left", maintain_order="left")
        .with_columns(customer_id=pl.when(pl.col("customer_id") != "").then("customer_id").otherwise("owner"))
        .drop("owner")
    )


def _without_returns(rows: pl.DataFrame) -> pl.DataFrame:
    """Receipts less what was taken back of them: a return takes from the last receipts of its document before it."""
    key = _DOCUMENT
    back = (pl.col("paid_minor") < 0).any().over(key)
    plain = rows.filter(~back & (pl.col("paid_minor") > 0))
    left: list[tuple[object, ...]] = []
    turned = rows.filter(back).sort(*key, "until", "paid_minor", descending=[False] * 4 + [True])
    for who, own in turned.group_by(key, maintain_order=True):
        stack: list[tuple[object, int]] = []
        for day, amount in own.select("until", "paid_minor").iter_rows():
            stack.append((day, amount))
            while stack and stack[-1][1] <= 0:
                _, less = stack.pop()
                if less and stack:
                    before, had = stack.pop()
                    stack.append((before, had + less))
        left += [(*who, day, amount) for day, amount in stack]
    return pl.concat([plain, pl.DataFrame(left, schema=rows.schema, orient="row")])


@once
def paid_bills(inputs: Inputs) -> pl.DataFrame:
    """Receipts, as `receipts` gives them, on documents that say when they are due: in movements, else open items."""
    moved = inputs.get("movements", MOVEMENTS).filter(pl.col("type").is_in(SALES))
    names = ("customer_id", "currency", "doc_no", "due_date")
    bills = pl.concat([moved.select(names), inputs["open_items"].select(names)])
    return receipts(inputs, bills.filter((pl.col("doc_no") != "") & pl.col("due_date").is_not_null()))


def by_type(rows: pl.DataFrame, *, by_entity: bool) -> dict[Key, dict[str, tuple[int, int]]]:
    """For each currency and entity: type -> (amount, how many)."""
    told = rows if by_entity else rows.with_columns(entity=pl.lit(""))
    found: dict[Key, dict[str, tuple[int, int]]] = {}
    summed = told.group_by([*_KEY, "type"]).agg(pl.col("amount_minor").sum(), pl.len())
    for currency, entity, kind, amount, count in summed.iter_rows():
        found.setdefault((currency, entity), {})[kind] = (amount, count)
    return found


def text(inputs: Inputs, key: Key, minor: int) -> str:
    """An amount of a currency (and entity) as text."""
    entity = f" of {key[1]}" if key[1] else ""
    return f"{model.money_text(minor, key[0], inputs.scales)} {key[0]}{entity}"


def total(found: Mapping[str, tuple[int, int]]) -> int:
    """The sum of movements by type."""
    return sum(amount for amount, _ in found.values())
