"""The tables that reports are made from, out of the store: each by its name, in inner form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from recon import decide, model, net
from recon.decide import cases
from recon.flow import masked, month, working_days
from recon.ingest import amounts
from recon.model import EXTRA, Kind
from recon.problems import Problem
from recon.reports import TABLES, Inputs, clock, doubts, succeeded
from recon.reports.aged import RECEIPT
from recon.rules.schema import Rules
from recon.store import Store
from recon.successions import PLACES
from recon.workbook import words

_BY_RULE: Final = "rule"
_KNOWN: Final = ("open_items", "customers", "standing")
_PARTS: Final = (
    "allocated_auto",
    "allocated_suggested",
    "on_account",
    "exceptions",
    "not_receivable",
    "duplicates",
)


def of_store(
    store: Store,
    rules: Rules,
    as_of: date | None,
    given: month.Month | None = None,
    *,
    masks: bool = True,
) -> Inputs | None:
    """What reports are made from; None if no run is finished yet.

    The open items are those of the last extract, less what was accepted and is not in it (`decide.remaining`), as the
    next run would see them. Without a day it is the latest as-of date of all runs. `problems` are what makes the
    figures doubtful: an extract that lacks what was accepted before it, a day of the past, cash that may count twice.
    """
    runs = store.runs().filter(pl.col("status") == "finished")
    if runs.is_empty():
        return None
    now = store.current()
    left, _ = decide.remaining(now.open_items, now.settled)
    left = cases.blocked(left, store.cases(), rules.cases)
    # What was accepted since the extract was read is no fault of the extract.
    stale = decide.remaining(now.open_items, store.settled_items(before_last_run=True))[1]
    held = store.on_account()
    summaries = [json.loads(text) for text in runs["summary"]]
    outer = {
        "open_items": left.with_columns(extract=now.open_items["open_amount"], dispute=_disputes(left)),
        "on_account": held.drop("taken"),
        "customers": store.last_read(Kind.CUSTOMERS),
        "lines": _lines(now),
        "exceptions": now.exceptions,
        "runs": _runs(runs, summaries),
        "files": _files(runs, summaries),
        "postings": store.posted().with_columns(created=_minutes("created")),
        "aliases": store.last_read(Kind.ALIASES),
        "closed_items": store.last_read(Kind.CLOSED),
        "successions": store.last_read(Kind.SUCCESSIONS),
        "standing": _standing(store, now),
        "statements": _statements(store, now),
        "posted": _posted(store, now),
    }
    given = month.in_currency(given or month.Month(), rules, [now.open_items])
    outer |= {str(kind): frame for kind, frame in month.with_cases(given.frames, store.cases()).items()}
    outer = masked.tables(outer, rules.privacy) if masks else outer
    # What a file had besides is nothing that a report knows.
    known = {
        name: frame.select(
            column for column in frame.columns if column in PLACES or not column.startswith(EXTRA)
        )
        for name, frame in outer.items()
    }
    scales = model.scales_of((TABLES[name], frame) for name, frame in known.items())
    tables = {name: model.inside(frame, TABLES[name], scales) for name, frame in known.items()}
    told = {code: meaning for code, (meaning, _next) in words.EXCEPTIONS.items()}
    last = date.fromisoformat(max(runs["as_of"]))
    day = as_of or last
    problems = (
        *given.problems,
        *doubts.of({name: frame for name, frame in tables.items() if name in given.frames or name in _KNOWN}),
        *stale,
        *_past(tables, day, last),
        *_twice(store, tables, scales, held["taken"]),
    )
    free = working_days.free(rules.cases, day)
    made = Inputs(day, rules, scales, tables, told, last if day < last else None, problems, free)
    return succeeded.resolved(clock.applied(made))


def _standing(store: Store, now: model.View) -> pl.DataFrame:
    """What is accepted and was not taken back, with the day and account of its bank line, and its item's plan.

    An item that is paid leaves the next extract; which plan it was of, the store still knows.
    """
    days = now.bank_lines.select("line_id", "account", "booking_date").unique("line_id", keep="first")
    kept = net.over_turns(now.accepted)
    ids = kept.filter(pl.col("item_id") != "")["item_id"].unique().sort()
    plans = store.items(ids).select("item_id", "plan_id").unique("item_id", keep="last")
    return (
        kept.join(days, on="line_id", how="left", maintain_order="left")
        .join(plans, on="item_id", how="left", maintain_order="left")
        .with_columns(pl.col("plan_id").fill_null(""))
        .select(TABLES["standing"].names)
    )


def _posted(store: Store, now: model.View) -> pl.DataFrame:
    """Each line that is settled now, with the day on which it was first posted, if it is."""
    when = store.posting_days().select("line_id", posted=pl.col("created").str.slice(0, 10).str.to_date())
    lines = now.bank_lines.unique("line_id", keep="first", maintain_order=True)
    accepted = pl.Series(sorted(set(now.accepted["line_id"]) & now.settled_lines), dtype=pl.String)
    return (
        lines.filter(pl.col("line_id").is_in(accepted.implode()))
        .join(when, on="line_id", how="left", maintain_order="left")
        .select(TABLES["posted"].names)
    )


def _statements(store: Store, now: model.View) -> pl.DataFrame:
    """The last statement of each of our accounts that says its balances."""
    accounts = sorted(set(now.bank_lines["account"].drop_nulls()) - {""})
    rows = [
        (one.account, one.currency, one.opening, one.closing, one.first, one.last)
        for one in store.last_statements(accounts)
    ]
    told = pl.DataFrame(rows, schema=TABLES["statements"].outer_schema, orient="row")
    return told.sort(told.columns)


def _disputes(items: pl.DataFrame) -> pl.Series:
    """What the items say of a dispute: amounts as plain decimal text however they are written, words as they stand.

    A point is the decimal mark, as in all files of ours, where the text can be read so; else a comma is.
    """
    said = items["dispute"].fill_null("").str.strip_chars()
    point, comma = amounts.plain(said), amounts.plain(said, ",")
    read = pl.DataFrame({"said": said, "point": point, "comma": comma})
    return read.select(pl.coalesce("point", "comma", "said")).to_series()


def _past(tables: Mapping[str, pl.DataFrame], day: date, last: date) -> tuple[Problem, ...]:
    """A problem where the day is before what the store knows: what was open on that day isn't kept."""
    if day >= last:
        return ()
    later = (
        tables["open_items"].filter((pl.col("issue_date") > day) & (pl.col("open_amount_minor") != 0)).height
    )
    receipts = tables["on_account"].filter(pl.col("booking_date") > day).height
    what = (
        f"the store knows days up to {last}: the amounts are those that are open now, not those of {day}; "
        f"dated later, and in it: {later:,} of the open items, {receipts:,} of the receipts on account"
    )
    return (Problem("report-day", f"--as-of {day}", what, "leave out --as-of, or report when the day ends"),)


def _twice(
    store: Store, tables: Mapping[str, pl.DataFrame], scales: Mapping[str, int], taken: pl.Series
) -> tuple[Problem, ...]:
    """A problem for each receipt accepted on account that the extract may have meanwhile, keyed by hand.

    It looks so where the extract has cash on account of the same customer, currency and amount that came after the
    acceptance. Each item of the extract stands for one receipt.
    """
    keys = ["customer_id", "currency", "amount_minor"]
    nth = pl.int_range(pl.len()).over(keys).alias("nth")
    held = tables["on_account"].with_columns(taken=taken).filter(pl.col("customer_id") != "")
    items = tables["open_items"].filter(pl.col("doc_type") == RECEIPT)
    items = items.select("item_id", *keys[:2], amount_minor=-pl.col("open_amount_minor"))
    items = items.join(held, on=keys, how="semi", maintain_order="left")
    if items.is_empty():
        return ()
    first = store.first_seen(items["item_id"])
    came = items.with_columns(came=pl.col("item_id").replace_strict(first, return_dtype=pl.Int64))
    new = came.filter(pl.col("came") > held["taken"].min()).with_columns(nth)
    pairs = held.with_columns(nth).join(new, on=[*keys, "nth"], maintain_order="left")
    return tuple(
        Problem(
            "report-twice",
            f"bank line {line}",
            f"{model.money_text(amount, currency, scales)} {currency} was accepted on account, and since then the "
            f"extract has item {item} of the same customer and amount: both count",
            "if they are the same cash, take it out of the ledger and post with recon",
        )
        for line, item, amount, currency in pairs.filter(pl.col("came") > pl.col("taken"))
        .select("line_id", "item_id", "amount_minor", "currency")
        .iter_rows()
    )


def _lines(now: model.View) -> pl.DataFrame:
    """Each bank line with its last proposal, who settled it, and what was last decided.

    What a rule settled and a person took back or moved since is not settled by the rule any more.
    """
    taken = now.decided.filter(pl.col("result") == "accepted").unique(
        "line_id", keep="last", maintain_order=True
    )
    rules_own = now.accepted.filter((pl.col("accepted_by") == _BY_RULE) & (pl.col("decision_id") == ""))
    by_rule = pl.col("line_id").is_in(rules_own["line_id"].unique().implode())
    again = pl.col("line_id").is_in(now.turns.filter(pl.col("turn") > 1)["line_id"].implode())
    settled = pl.col("line_id").is_in(pl.Series(sorted(now.settled_lines), dtype=pl.String).implode())
    whom = (
        pl.when(by_rule & ~again)
        .then(pl.lit(_BY_RULE))
        .when(settled)
        .then(pl.lit("person"))
        .otherwise(pl.lit(""))
    )
    turned_back = pl.when(by_rule & again).then(pl.lit("yes")).otherwise(pl.lit(""))
    days = now.bank_lines.select("line_id", "account", "booking_date").unique("line_id", keep="first")
    return (
        now.lines.join(days, on="line_id", how="left", maintain_order="left")
        .join(taken.select("line_id", "decision"), on="line_id", how="left", maintain_order="left")
        .with_columns(settled=whom, turned_back=turned_back, decision=pl.col("decision").fill_null(""))
        .select(TABLES["lines"].names)
    )


def _minutes(name: str) -> pl.Expr:
    """A moment to the minute, in the time of where it was written."""
    return pl.col(name).str.slice(0, 16).str.replace("T", " ", literal=True)


def _runs(runs: pl.DataFrame, summaries: list[Mapping[str, Any]]) -> pl.DataFrame:
    """A row for each run and currency, out of the runs' summaries."""
    rows = []
    for (run_id, started, as_of, who), summary in zip(
        runs.select("run_id", "started", "as_of", "who").iter_rows(), summaries, strict=True
    ):
        lines = sum(int(one["lines"]) for one in summary.get("outcomes", {}).values())
        statements = summary.get("statements_left_out", ())
        left_out = (
            len(statements) + len(summary.get("files_unread", ())) + int(summary.get("lines_left_out", 0))
        )
        if "lines_read" in summary:  # since then the lines of those statements are among the lines
            left_out -= sum(int(one["lines"]) for one in statements)
        for currency, sums in summary.get("control_totals", {}).items() or [("", {})]:
            rows.append(
                {
                    "run_id": run_id,
                    "started": datetime.fromisoformat(started).strftime("%Y-%m-%d %H:%M"),
                    "as_of": date.fromisoformat(as_of),
                    "who": who,
                    "rules": str(summary.get("rules", "")),
                    "files": len(summary.get("inputs", ())),
                    "lines": lines,
                    "currency": currency,
                    **{name: sums.get(name, "0") for name in ("bank_lines", *_PARTS, "difference")},
                    "problems": int(summary.get("problems", 0)),
                    "left_out": left_out,
                }
            )
    return pl.DataFrame(rows, schema=TABLES["runs"].outer_schema)


def _files(runs: pl.DataFrame, summaries: list[Mapping[str, Any]]) -> pl.DataFrame:
    """A row for each file that a run read, and for each currency in it."""
    rows = [
        {
            "run_id": run_id,
            **{name: str(one.get(name, "")) for name in ("file", "kind", "format", "profile")},
            "rows": int(one.get("rows", 0)),
            "currency": currency,
            "sum": total,
        }
        for run_id, summary in zip(runs["run_id"], summaries, strict=True)
        for one in summary.get("inputs", ())
        for currency, total in one.get("sum", {}).items() or [("", None)]
    ]
    return pl.DataFrame(rows, schema=TABLES["files"].outer_schema)
