"""Queries, promises and notes: opened, answered, closed, and how they stand on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import polars as pl

from recon import model, promise
from recon.decide import cases
from recon.flow import audit, books, cases_page, deliver, masked, moments, working_days
from recon.flow.login import login
from recon.flow.review import rules_of_last_run
from recon.model import ACCEPTED, CASES, Kind
from recon.problems import Problem, ReconError
from recon.rules.privacy import Privacy
from recon.rules.schema import Rules
from recon.store import Store

KINDS: Final = (cases.QUERY, cases.PROMISE, cases.NOTE)
OUT_FILE: Final = "cases.csv"
_COMMAND: Final = "recon case"


@dataclass(frozen=True)
class Opened:
    """A case that somebody opened: what it is about, and what is known of it."""

    kind: str
    line: str = ""
    item: str = ""
    customer: str = ""
    amount: str = ""
    currency: str = ""
    due: date | None = None
    owner: str = ""
    text: str = ""


def opened(asked: Opened, store_url: str = "", book: Path | None = None) -> str:
    """Open a query, a promise or a note; returns its id.

    An item may be named by its document's number. A promise needs a customer or item, an amount and a day.

    Raises:
        ReconError: EXIT_INPUT if it is not said what it is about, or the store knows nothing of it; EXIT_JOB if the
            store can't be used.
    """
    with audit.opened(_COMMAND, store_url, book) as store:
        row = _about(store, asked) | {
            "kind": asked.kind,
            "event": cases.OPENED,
            "due": asked.due,
            "owner": asked.owner,
            "text": asked.text.strip(),
        }
        if asked.kind == cases.PROMISE and not (row["customer_id"] and row["amount"] and asked.due):
            raise _wrong(
                "a promise needs --customer or --item, --amount and --due", "say whose, how much and when"
            )
        return _appended(store, row)


def said(
    case_id: str, event: str, owner: str, text: str, store_url: str = "", book: Path | None = None
) -> None:
    """Say something of a case: answered, opened (again), assigned, cancelled or closed.

    Raises:
        ReconError: EXIT_INPUT if there is no such case, or that can't be said of it as it stands; EXIT_JOB if the
            store can't be used.
    """
    with audit.opened(_COMMAND, store_url, book) as store:
        now = cases.state(store.cases()).filter(pl.col("case_id") == case_id)
        if now.is_empty():
            raise _wrong(f"there is no case {case_id}", "recon case list names them")
        one = now.row(0, named=True)
        allowed = cases.SAID[one["kind"]].get(event, ())
        if one["state"] not in allowed:
            may = [word for word, states in cases.SAID[one["kind"]].items() if one["state"] in states]
            what = f"{case_id} is a {one['kind']} that is {one['state']}: it can't be {event}"
            raise _wrong(what, f"it can be: {', '.join(may)}" if may else "nothing more can be said of it")
        kept = {name: one[name] for name in ("kind", "line_id", "item_id", "customer_id", "currency")}
        _appended(store, kept | {"case_id": case_id, "event": event, "owner": owner, "text": text.strip()})


@dataclass(frozen=True)
class Listed:
    """The cases as they stand on a day (cases_page.COLUMNS), and where they were written."""

    as_of: date
    rows: pl.DataFrame
    files: tuple[Path, ...]
    sheets: tuple[str, ...]
    problems: tuple[Problem, ...]


def listed(
    store_url: str = "", book: Path | None = None, out: Path | None = None, as_of: date | None = None
) -> Listed:
    """How queries and promises stand, those that need somebody first; onto the sheet *Queries* and into a file.

    Args:
        store_url: the store; empty = the one beside the workbook.
        book: the workbook, whose sheet Queries is written anew.
        out: folder for cases.csv; none = no file.
        as_of: the day; none = today for the clock of queries, and for promises the day up to which the bank was read.

    Raises:
        ReconError: EXIT_INPUT if no store is named; EXIT_JOB if store, workbook or folder can't be used.
    """
    with deliver.ready(out, (OUT_FILE,)), audit.opened(_COMMAND, store_url, book) as store:
        rules, day = rules_of_last_run(store), as_of or _day(store)
        rows = standing(store, rules, day, as_of or _read_to(store) or day)
        rows = _masked(rows, store, rules.privacy if book is None else masked.of_book(store, book))
        sheets, lost = (
            books.existing(book).write_pages([cases_page.page(rows, day)]) if book is not None else ((), ())
        )
        files = deliver.write(out, {OUT_FILE: deliver.csv(rows)}) if out else []
        return Listed(day, rows, tuple(files), tuple(sheets), tuple(lost))


def show(book: books.Book, store: Store) -> tuple[Problem, ...]:
    """The sheet *Queries* anew, if there are any or it stands there already; returns what could not stay on it.

    Raises:
        ReconError: EXIT_JOB; workbook or store can't be used.
    """
    if store.cases().is_empty() and not book.read_page(cases_page.KEY, 1, 1):
        return ()
    day = _day(store)
    rows = standing(store, rules_of_last_run(store), day, _read_to(store) or day)
    page = cases_page.page(_masked(rows, store, masked.of_book(store, book)), day)
    _sheets, lost = book.write_pages([page], backup=False)
    return tuple(lost)


def _masked(rows: pl.DataFrame, store: Store, privacy: Privacy) -> pl.DataFrame:
    """The same as people may see it: persons masked, if that is said."""
    return masked.masker(privacy, store.items()).frame(rows) if privacy.masked_sheets else rows


def standing(store: Store, rules: Rules, day: date, read_to: date) -> pl.DataFrame:
    """Every case as it stands, by cases_page.COLUMNS: the open ones first, by level, the oldest first.

    Queries are as old as they are on `day`; promises are judged as on `read_to`, since money of later days is not
    known yet.
    """
    now = cases.state(store.cases())
    free = working_days.free(rules.cases, day)
    accepted = store.accepted()
    lines = store.bank_lines(accepted["line_id"].unique()).select("line_id", "booking_date")
    scales = model.scales_of([(CASES, now), (ACCEPTED, accepted)])
    inner = model.inside(now, CASES, scales)
    receipts = (
        model.inside(accepted, ACCEPTED, scales)
        .join(lines, on="line_id")
        .select("customer_id", "currency", "booking_date", "amount_minor")
    )
    settled = pl.Series(sorted(store.settled_lines()), dtype=pl.String)
    promised = inner.filter(pl.col("kind") == cases.PROMISE)
    made = pl.concat(
        [
            _queries(inner, rules, scales, day, free, settled),
            cases.promises(promised, receipts, read_to, rules.cases, free),
            inner.filter(pl.col("kind") == cases.NOTE).with_columns(outcome=pl.lit("")),
        ],
        how="diagonal_relaxed",
    )
    owner = pl.when(pl.col("owner").fill_null("") == "").then(pl.lit(rules.cases.owner)).otherwise("owner")
    return cases_page.table(made.with_columns(owner=owner), scales, day)


def _queries(
    inner: pl.DataFrame, rules: Rules, scales: dict[str, int], day: date, free: pl.Series, settled: pl.Series
) -> pl.DataFrame:
    """Queries with their age in working days, level and outcome; one about a line ends when the line is settled."""
    rows = inner.filter(pl.col("kind") == cases.QUERY)
    done = pl.col("line_id").is_in(settled.implode()) & (pl.col("item_id").fill_null("") == "")
    over = (pl.col("state") == "closed") | done
    since = pl.col("opened_at").str.head(10).str.to_date()
    # a query that is over has the age that it came to
    ended = pl.col("last_at").str.head(10).str.to_date()
    until = pl.when(pl.col("state") == "closed").then(ended).otherwise(pl.lit(day))
    aged = rows.with_columns(age=promise.working_days(since, until, free))
    high = rules.cases.high_amount
    minor = model.minor_of(high, scales) if high else None
    outcome = pl.when(over).then(pl.lit("closed")).otherwise("state")
    level = promise.levels(pl.col("age"), pl.col("amount_minor"), rules.cases.levels, minor)
    limit = since.dt.add_business_days(rules.cases.answer_days, holidays=free.to_list(), roll="backward")
    return aged.with_columns(
        outcome=outcome, level=pl.when(over).then(0).otherwise(level).cast(pl.Int64), last_day=limit
    )


def _about(store: Store, asked: Opened) -> dict[str, object]:
    """The line, item and customer that a case is about, as the store knows them, with its amount."""
    if not (asked.line or asked.item or asked.customer):
        raise _wrong("it does not say what it is about", "give --line, --item or --customer")
    if asked.customer and not asked.item and not _is_known(store, asked.customer):
        raise _wrong(f"there is no customer {asked.customer} in the store", "take the number off a sheet")
    row: dict[str, object] = {"line_id": asked.line, "item_id": "", "customer_id": asked.customer}
    currency, amount = asked.currency, _amount(asked.amount)
    if asked.line:
        found = store.bank_lines([asked.line])
        if found.is_empty():
            raise _wrong(f"there is no line {asked.line} in the store", "take the id off a sheet")
        currency = currency or found["currency"][0]
        amount = amount or (found["amount"][0] if asked.kind == cases.QUERY else "")
    if asked.item:
        items = store.current().open_items
        found = items.filter((pl.col("item_id") == asked.item) | (pl.col("doc_no") == asked.item))
        if found.height != 1:
            many = "several items" if found.height else "no open item"
            what = f"{many} of the last extract {'are' if found.height else 'is'} called {asked.item}"
            raise _wrong(what, "give the item's id")
        whose = found["customer_id"][0]
        if asked.customer and asked.customer != whose:
            what = f"{asked.item} is not of customer {asked.customer}: it is of {whose or 'no customer'}"
            raise _wrong(what, "leave out --customer, or name another item")
        row |= {"item_id": found["item_id"][0], "customer_id": whose}
        currency = currency or found["currency"][0]
        amount = amount or (found["open_amount"][0] if asked.kind != cases.NOTE else "")
    if amount and not currency:
        currency = rules_of_last_run(store).currency
        if not currency:
            raise _wrong("an amount needs a currency", "give --currency")
    return row | {"amount": amount, "currency": currency}


def _is_known(store: Store, customer: str) -> bool:
    """Whether a customer was in what the last run read, or had money accepted."""
    frames = (store.last_read(Kind.CUSTOMERS), store.items(), store.accepted())
    return any(bool((frame["customer_id"] == customer).any()) for frame in frames)


def _amount(text: str) -> str:
    try:
        value = Decimal(text) if text else None
    except InvalidOperation as wrong:
        raise _wrong(f"{text} is no amount", "write it as 4200.00") from wrong
    if value is not None and (not value.is_finite() or value <= 0):
        raise _wrong(f"{text} is no amount that can be queried or promised", "write it as 4200.00")
    return text


def _appended(store: Store, row: dict[str, object]) -> str:
    whole = {name: row.get(name) for name in CASES.names} | {"who": login(), "at": moments.now()}
    return store.append_cases(pl.DataFrame([whole], schema=CASES.outer_schema))[0]


def _day(store: Store) -> date:
    finished = store.runs().drop_nulls("seq")
    today = date.fromisoformat(moments.now()[:10])
    return max(today, date.fromisoformat(finished["as_of"][-1])) if finished.height else today


def _read_to(store: Store) -> date | None:
    """The latest as-of date of all runs: up to that day the bank's lines are known."""
    days = store.runs().drop_nulls("seq")["as_of"]
    return date.fromisoformat(max(days)) if len(days) else None


def _wrong(what: str, hint: str) -> ReconError:
    return ReconError(Problem("case-refused", _COMMAND, what, hint))
