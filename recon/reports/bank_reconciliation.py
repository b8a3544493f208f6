"""Bank reconciliation: the statement's balance against the ledger's cash account, line by line.

`statement balance = ledger cash balance + receipts on the statement not in the ledger - receipts in the ledger not on
the statement + payments in the ledger not on the statement - payments on the statement not in the ledger`.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from recon.model import GL_ENTRIES
from recon.problems import Problem
from recon.reports import ledger
from recon.reports.shape import LEVEL, PLAIN, SUBTOTAL, TOTAL, Column, Inputs, Kind, Made, Part, Report, frame

BANK: Final = "bank"
_SHEET: Final = "Bank reconciliation"
_KINDS: Final = {
    "receipt_not_in_ledger": "Receipts on the statement, not in the ledger",
    "receipt_not_on_statement": "Receipts in the ledger, not on the statement",
    "payment_not_on_statement": "Payments in the ledger, not on the statement",
    "payment_not_in_ledger": "Payments on the statement, not in the ledger",
}
_SUMMARY: Final = (
    Column("level", "Level", f"{LEVEL}balance, step or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("account", "Bank account", "as the statements write it", width=24),
    Column("what", "Ledger to statement", "a balance, or a kind of open lines", width=46),
    Column("lines", "Lines", "how many", Kind.NUMBER, 9),
    Column("amount", "Amount", "balance, or what it adds to the ledger's balance", Kind.MONEY, 18),
    Column("check", "Check", "agrees, differs, or not said: no statement says its balance", width=11),
)
_LINES: Final = (
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("account", "Bank account", "as the statements write it", width=24),
    Column("kind", "Kind", "on which side it is missing, and which way the money went", file_only=True),
    Column("meaning", "Where it is missing", "the kind in words", width=46),
    Column("date", "Date", "booking date, or the ledger's day", Kind.DATE),
    Column("days", "Days", "as-at date less that date", Kind.NUMBER, 8),
    Column(
        "reference",
        "Bank line or voucher",
        "the bank line's id, or the ledger's voucher and reference",
        Kind.LONG,
        34,
    ),
    Column("amount", "Amount", "money in plus, money out minus", Kind.MONEY, 16),
)


def make(inputs: Inputs) -> Made:
    """Each bank account of the general ledger from its balance to the statement's, and the lines that are open."""
    accounts = _accounts(inputs)
    found = open_lines(inputs, accounts)
    # Several accounts of the general ledger may stand for one bank account.
    sums = accounts.group_by("bank", "currency").agg(pl.col("closing_minor").sum())
    balances = {(account, currency): closing for account, currency, closing in sums.iter_rows()}
    stated = _stated(inputs)
    rows: list[tuple[object, ...]] = []
    problems = _missing(inputs, accounts)
    for (account, currency), cash in sorted(balances.items()):
        told, off = _summary(inputs, (currency, account), cash, stated.get((account, currency)), found)
        rows += told
        if off:
            side = "more" if off > 0 else "less"
            size = ledger.text(inputs, (currency, ""), abs(off))
            what = f"the statement has {size} {side} than ledger and open lines make"
            hint = "look for a line that is missing or doubled, and for what was open before the first entry given"
            problems.append(Problem("report-break", f"bank account {account}", what, hint))
    facts = (
        "A line and an entry answer each other by the bank line's id, else by amount, in the order of their days.",
    )
    words = pl.col("kind").replace_strict(_KINDS, default="", return_dtype=pl.String)
    parts = (
        Part("", "Ledger to statement", _SUMMARY, frame(_SUMMARY, rows, "rank"), _SHEET),
        Part(
            "lines",
            "Open lines",
            _LINES,
            found.with_columns(meaning=words).select(column.inner for column in _LINES),
            _SHEET,
        ),
    )
    return Made(parts, facts, tuple(problems))


def _accounts(inputs: Inputs) -> pl.DataFrame:
    """The ledger's bank accounts, each with its latest balance: account, bank, currency, closing_minor."""
    names = {ledger_account: bank for bank, ledger_account in inputs.rules.accounts.banks.items()}
    month = inputs.as_of.strftime("%Y-%m")
    said = inputs["gl"].filter((pl.col("type") == BANK) & (pl.col("period") <= month))
    latest = said.filter(pl.col("period") == pl.col("period").max().over("account", "currency"))
    known = pl.col("account").replace_strict(names, default="", return_dtype=pl.String)
    own = (
        pl.when(pl.col("bank_account") != "")
        .then("bank_account")
        .when(known != "")
        .then(known)
        .otherwise("account")
    )
    return (
        latest.with_columns(bank=plain(own))
        .group_by("account", "bank", "currency")
        .agg(pl.col("closing_minor").sum())
    )


def plain(account: pl.Expr) -> pl.Expr:
    """A bank account by its letters and digits alone."""
    return account.str.to_uppercase().str.replace_all(r"[^0-9A-Z]+", "")


def _stated(inputs: Inputs) -> dict[tuple[str, str], tuple[int, date]]:
    """Each account's last statement that ends on the as-at date or before it: closing balance, and its last day."""
    rows = inputs["statements"].filter(
        pl.col("closing_minor").is_not_null() & (pl.col("last") <= inputs.as_of)
    )
    last = (
        rows.with_columns(plain(pl.col("account")).alias("bank"))
        .sort("last")
        .unique(["bank", "currency"], keep="last")
    )
    told = last.select("bank", "currency", "closing_minor", "last")
    return {(bank, currency): (closing, day) for bank, currency, closing, day in told.iter_rows()}


def open_lines(inputs: Inputs, accounts: pl.DataFrame) -> pl.DataFrame:
    """Bank lines without an entry, entries without a bank line.

    Returns: account, currency, kind, date, days, reference, amount_minor, effect_minor (what it adds to the ledger).
    """
    day = pl.col("date") <= inputs.as_of
    entries = _entries(inputs, accounts)
    booked = entries.select(
        "bank", "currency", "date", "reference", "amount_minor",
        told=pl.concat_str([pl.when(pl.col(name) != "").then(pl.col(name)) for name in ("voucher", "reference")],
                           separator=" ", ignore_nulls=True),
    ).sort("bank", "date", "told").with_row_index("entry")  # fmt: skip
    first = booked.group_by("bank").agg(first=pl.col("date").min())
    lines = inputs["lines"].select(
        "line_id", "currency", "amount_minor", date="booking_date", bank=plain(pl.col("account"))
    )
    lines = (
        lines.filter(day)
        .join(first, on="bank", how="inner")
        .filter(pl.col("date") >= pl.col("first"))
        .drop("first")
    )
    lines = lines.sort("bank", "date", "line_id")
    by_id = _by_id(booked, lines)
    booked = booked.join(by_id, on="entry", how="anti", maintain_order="left")
    quoted = by_id.select("bank", "currency", line_id="reference")
    lines = lines.join(quoted, on=["bank", "currency", "line_id"], how="anti", maintain_order="left")
    key = ["bank", "currency", "amount_minor"]
    nth = pl.int_range(pl.len()).over(key).alias("nth")
    left, right = lines.with_columns(nth), booked.with_columns(nth)
    alone = left.join(right, on=[*key, "nth"], how="anti", maintain_order="left").with_columns(
        reference="line_id"
    )
    other = right.join(left, on=[*key, "nth"], how="anti", maintain_order="left").with_columns(
        reference="told"
    )
    into = pl.col("amount_minor") > 0
    said = alone.with_columns(
        kind=pl.when(into).then(pl.lit("receipt_not_in_ledger")).otherwise(pl.lit("payment_not_in_ledger")),
        effect_minor=pl.col("amount_minor"),
    )
    kept = other.with_columns(
        kind=pl.when(into)
        .then(pl.lit("receipt_not_on_statement"))
        .otherwise(pl.lit("payment_not_on_statement")),
        effect_minor=-pl.col("amount_minor"),
    )
    names = ["bank", "currency", "kind", "date", "reference", "amount_minor", "effect_minor"]
    both = pl.concat([said.select(names), kept.select(names)]).rename({"bank": "account"})
    return both.with_columns(days=(pl.lit(inputs.as_of) - pl.col("date")).dt.total_days()).sort(
        "account", "currency", "kind", "date", "reference"
    )


def _entries(inputs: Inputs, accounts: pl.DataFrame) -> pl.DataFrame:
    """The ledger's entries of bank accounts up to the as-at date, each once, with `bank`."""
    named = accounts.sort("account", "currency", "bank").unique(["account", "currency"], keep="first")
    entries = inputs.get("gl_entries", GL_ENTRIES).filter(pl.col("date") <= inputs.as_of)
    return entries.join(named.select("account", "currency", "bank"), on=["account", "currency"], how="inner")


def _by_id(booked: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Entries that quote a bank line's id and come to its amount, all together or else one of them.

    Returns: bank, currency, reference (the line's id), entry.
    """
    own = ["bank", "currency", "reference"]
    ids = lines.select("bank", "currency", reference="line_id", line_minor="amount_minor").unique(own)
    whole = pl.col("amount_minor").sum().over(own) == pl.col("line_minor")
    quoting = booked.join(ids, on=own, how="inner", maintain_order="left").with_columns(whole=whole)
    one = quoting.filter(~pl.col("whole") & (pl.col("amount_minor") == pl.col("line_minor")))
    both = pl.concat([quoting.filter("whole"), one.unique(own, keep="first", maintain_order=True)])
    return both.select(*own, "entry")


def _summary(
    inputs: Inputs, who: tuple[str, str], cash: int, last: tuple[int, date] | None, found: pl.DataFrame
) -> tuple[list[tuple[object, ...]], int]:
    """The rows of one account, and by how much the statement's balance is missed."""
    currency, account = who
    stated, day = last or (None, inputs.as_of)
    own = found.filter((pl.col("account") == account) & (pl.col("currency") == currency))
    sums = {
        kind: (count, amount)
        for kind, count, amount in own.group_by("kind")
        .agg(pl.len(), pl.col("effect_minor").sum())
        .iter_rows()
    }
    made = cash + sum(amount for _, amount in sums.values())
    off = 0 if stated is None else stated - made
    check = "not said" if stated is None else "differs" if off else "agrees"
    title = "Statement" if day == inputs.as_of else f"Statement of {day:%d/%m/%Y}"
    rows: list[tuple[object, ...]] = [
        ("balance", *who, "Ledger, cash account", None, cash, "", SUBTOTAL),
        *(("step", *who, title, *sums[kind], "", PLAIN) for kind, title in _KINDS.items() if kind in sums),
        ("balance", *who, "Makes", None, made, "", SUBTOTAL),
        ("balance", *who, title, None, stated, "", SUBTOTAL),
        ("total", *who, "Difference", None, None if stated is None else off, check, TOTAL),
    ]
    return rows, off


def _missing(inputs: Inputs, accounts: pl.DataFrame) -> list[Problem]:
    """What lacks for a bank account to be reconciled."""
    if accounts.is_empty():
        hint = (
            "put the bank accounts into gl, their type `bank`, with bank_account as the statements write it"
        )
        return [Problem("report-data", "gl", "no bank account has a balance there", hint)]
    found = []
    booked = set(_entries(inputs, accounts)["bank"])
    statements = inputs["statements"].select("account", "currency", bank=plain(pl.col("account"))).unique()
    read = set(statements.select("bank", "currency").iter_rows())
    theirs = ", ".join(statements["account"].unique().sort()) or "none"
    for bank, currency in accounts.select("bank", "currency").unique().sort("bank", "currency").iter_rows():
        where = f"bank account {bank}"
        if (bank, currency) not in read:
            what = f"no statement of it in {currency} was read; there are those of: {theirs}"
            hint = "write bank_account in gl as the statements write it"
            found.append(Problem("report-data", where, what, hint))
        if bank not in booked:
            what = f"no entries of it in {currency} were given, so no line is held against the ledger"
            found.append(Problem("report-data", where, what, "give the account's entries in gl_entries"))
    return found


REPORT: Final = Report(
    "bank_reconciliation",
    "Bank reconciliation",
    "The statement's balance against the ledger's cash account, line by line.",
    ("gl", "lines", "statements"),
    make,
)
