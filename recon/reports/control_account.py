"""Control account: what customers owe by the sub-ledger against the general ledger, and what explains the difference.

`sub-ledger - GL control balance = sum of explained items`; what is left is unexplained and must be nought. Entries of
both are held against each other by their reference. An item's effect is what it makes of (sub-ledger - GL).

JV-77 -1,200.00 in the GL alone -> +1,200.00     CN-9 -600.00 in the sub-ledger alone -> -600.00
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import GL_ENTRIES, MOVEMENTS
from recon.problems import Problem
from recon.reports import ledger
from recon.reports.shape import LEVEL, PLAIN, SUBTOTAL, TOTAL, Column, Inputs, Kind, Made, Part, Report, frame

CONTROL: Final = "control"
GL_ONLY, SUB_ONLY, OTHER = "gl_only", "sub_ledger_only", "amount_differs"
_SHEET: Final = "Control account"
_TITLES: Final = {
    "manual": "Manual journals on the control account",
    GL_ONLY: "In the general ledger, not in the sub-ledger",
    SUB_ONLY: "In the sub-ledger, not in the general ledger",
    OTHER: "In both, with another amount",
}
_SUMMARY: Final = (
    Column("level", "Level", f"{LEVEL}balance, step or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", file_only=True),
    Column("what", "Sub-ledger to general ledger", "a balance, or a kind of reconciling items", width=46),
    Column("items", "Items", "how many", Kind.NUMBER, 9),
    Column("amount", "Amount", "balance, or effect on sub-ledger less general ledger", Kind.MONEY, 18),
    Column("check", "Check", "agrees or differs", width=11),
)
_ITEMS: Final = (
    Column("level", "Level", f"{LEVEL}item or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("kind", "Kind", "manual, gl_only, sub_ledger_only or amount_differs", file_only=True),
    Column("meaning", "Why they differ", "the kind in words", width=46),
    Column("reference", "Reference", "by which the entries were held against each other", width=22),
    Column("date", "Date", "the earliest of its entries", Kind.DATE),
    Column("what", "What it is", "type of the movement, or origin of the journal", width=16),
    Column("text", "Text", "what the general ledger says of it", Kind.LONG, 34),
    Column("gl", "General ledger", "sum of its entries there", Kind.MONEY, 15),
    Column("sub_ledger", "Sub-ledger", "sum of its movements there", Kind.MONEY, 15),
    Column("effect", "Effect", "what it makes of sub-ledger less general ledger", Kind.MONEY, 15),
)


def make(inputs: Inputs) -> Made:
    """The two balances, their difference by kind of item, and the items."""
    accounts = control_accounts(inputs)
    period = inputs.as_of.strftime("%Y-%m")
    said = inputs["gl"].filter(pl.col("account").is_in(accounts))
    latest = said.filter(pl.col("period") <= period).filter(
        pl.col("period") == pl.col("period").max().over("account", "currency")
    )
    gl = dict(latest.group_by("currency").agg(pl.col("closing_minor").sum()).iter_rows())
    own, source = ledger.closing(inputs, by_entity=False)
    sub = {currency: amount for (currency, _), amount in own.items()}
    found = items(inputs, accounts)
    rows: list[tuple[object, ...]] = []
    problems = _problems(inputs, latest, period)
    for currency in sorted(set(gl) | set(sub) if gl else ()):
        told, left = _summary(currency, sub.get(currency, 0), gl.get(currency, 0), found)
        rows += told
        if left:
            size = ledger.text(inputs, (currency, ""), left)
            what = f"{size} of the difference between sub-ledger and general ledger is not explained"
            hint = "look for entries without a reference, and for a difference that came with the opening balance"
            problems.append(Problem("report-break", "control account", what, hint))
    periods = ", ".join(latest["period"].unique().sort()) or "none"
    accounts_said = ", ".join(accounts) or "none"
    facts = (
        f"Sub-ledger from {source}. General ledger: accounts {accounts_said}, period {periods}{_cut_off(latest)}.",
    )
    parts = (
        Part(
            "",
            "Sub-ledger against general ledger",
            _SUMMARY,
            frame(_SUMMARY, rows, "rank"),
            _SHEET,
            "currency",
        ),
        Part("items", "Reconciling items", _ITEMS, _told(found), _SHEET),
    )
    return Made(parts, facts, tuple(problems))


def control_accounts(inputs: Inputs) -> list[str]:
    """The control accounts: those that the file calls so, else the rules' account of receivables."""
    gl = inputs["gl"]
    named = gl.filter(pl.col("type") == CONTROL)["account"].unique().sort().to_list()
    own = [inputs.rules.accounts.receivables]
    return named or gl.filter(pl.col("account").is_in(own))["account"].unique().to_list()


def _cut_off(latest: pl.DataFrame) -> str:
    times = latest.filter(pl.col("cut_off") != "")["cut_off"].unique().sort().to_list()
    return f", extracted {', '.join(times)}" if times else ""


def items(inputs: Inputs, accounts: list[str]) -> pl.DataFrame:
    """Entries of the control accounts and movements of the sub-ledger that do not answer each other.

    Returns: currency, kind, reference, date, what, text, gl_minor, sub_ledger_minor, effect_minor.
    """
    day = pl.col("date") <= inputs.as_of
    entries = inputs.get("gl_entries", GL_ENTRIES).filter(pl.col("account").is_in(accounts) & day)
    booked = entries.with_columns(
        reference=pl.when(pl.col("reference") != "").then("reference").otherwise("voucher"),
        minor="amount_minor",
    )
    if entries.is_empty():
        return pl.DataFrame(
            schema={
                column.inner: column.dtype() for column in _ITEMS if column.name not in ("level", "meaning")
            }
        )
    # From the month's first day: a document that the general ledger lacks may be older than its first entry.
    first = pl.lit(entries["date"].min()).dt.month_start()
    moved = inputs.get("movements", MOVEMENTS).filter(day & (pl.col("date") >= first))
    known = booked["reference"].unique().implode()
    names = ("reference", "doc_no", "movement_id", "applied_to")
    key = pl.coalesce(
        [pl.when((pl.col(name) != "") & pl.col(name).is_in(known)).then(pl.col(name)) for name in names]
        + [pl.when(pl.col(name) != "").then(pl.col(name)) for name in names[:3]]
    ).fill_null("")
    told = _alone(moved.with_columns(key.alias("reference"), minor="amount_minor"), "movement")
    booked = _alone(booked, "entry")
    group = ["currency", "reference", "alone"]
    in_gl = booked.group_by(group).agg(
        gl_minor=pl.col("minor").sum(),
        gl_date=pl.col("date").min(),
        origin=pl.col("origin").max(),
        text=pl.col("text").max(),
    )
    in_sub = told.group_by(group).agg(
        sub_ledger_minor=pl.col("minor").sum(), sub_date=pl.col("date").min(), what=pl.col("type").min()
    )
    both = in_gl.join(in_sub, on=group, how="full", coalesce=True)
    kind = (
        pl.when(pl.col("sub_ledger_minor").is_null())
        .then(pl.when(pl.col("origin") == "manual").then(pl.lit("manual")).otherwise(pl.lit(GL_ONLY)))
        .when(pl.col("gl_minor").is_null()).then(pl.lit(SUB_ONLY))
        .otherwise(pl.lit(OTHER))
    )  # fmt: skip
    effect = pl.col("sub_ledger_minor").fill_null(0) - pl.col("gl_minor").fill_null(0)
    return (
        both.with_columns(kind=kind, effect_minor=effect, date=pl.min_horizontal("gl_date", "sub_date"))
        .filter(pl.col("effect_minor") != 0)
        .with_columns(what=pl.coalesce("what", "origin").fill_null(""), text=pl.col("text").fill_null(""))
        .select(column.inner for column in _ITEMS if column.name not in ("level", "meaning"))
        .sort("currency", "kind", "date", "reference", "effect_minor", "text", nulls_last=True)
    )


def _alone(rows: pl.DataFrame, side: str) -> pl.DataFrame:
    """Rows with `alone`: what sets one without a reference apart from all others; empty for the rest."""
    nth = pl.concat_str(pl.lit(f"{side} "), pl.int_range(pl.len()))
    return rows.with_columns(alone=pl.when(pl.col("reference") == "").then(nth).otherwise(pl.lit("")))


def _summary(currency: str, sub: int, gl: int, found: pl.DataFrame) -> tuple[list[tuple[object, ...]], int]:
    """The rows of one currency, and what is not explained."""
    own = found.filter(pl.col("currency") == currency)
    by_kind = {
        kind: (count, amount)
        for kind, count, amount in own.group_by("kind")
        .agg(pl.len(), pl.col("effect_minor").sum())
        .iter_rows()
    }
    explained = sum(amount for _, amount in by_kind.values())
    left = sub - gl - explained
    rows: list[tuple[object, ...]] = [
        ("balance", currency, "Sub-ledger", None, sub, "", SUBTOTAL),
        ("balance", currency, "General ledger, control account", None, gl, "", SUBTOTAL),
        ("balance", currency, "Difference", None, sub - gl, "", SUBTOTAL),
        *(
            ("step", currency, title, *by_kind[kind], "", PLAIN)
            for kind, title in _TITLES.items()
            if kind in by_kind
        ),
        ("balance", currency, "Explained", own.height, explained, "", SUBTOTAL),
        ("total", currency, "Unexplained", None, left, "differs" if left else "agrees", TOTAL),
    ]
    return rows, left


def _told(found: pl.DataFrame) -> pl.DataFrame:
    """The items with a total for each currency."""
    totals = found.group_by("currency").agg(pl.col("effect_minor").sum())
    rows = pl.concat(
        [
            found.with_columns(
                level=pl.lit("item"),
                rank=pl.lit(PLAIN, pl.Int64),
                meaning=pl.col("kind").replace_strict(_TITLES, default="", return_dtype=pl.String),
            ),
            totals.with_columns(
                level=pl.lit("total"), rank=pl.lit(TOTAL, pl.Int64), meaning=pl.lit("Explained")
            ),
        ],
        how="diagonal",
    )
    texts = [column.inner for column in _ITEMS if column.kind in (Kind.TEXT, Kind.LONG)]
    return (
        rows.with_columns(pl.col(texts).fill_null(""))
        .sort("currency", "rank", maintain_order=True)
        .select(*(column.inner for column in _ITEMS), "rank")
    )


def _problems(inputs: Inputs, latest: pl.DataFrame, period: str) -> list[Problem]:
    found = []
    old = latest.filter(pl.col("period") < period)
    if latest.is_empty() or old.height:
        what = f"the general ledger has no balance of the control account for {period}"
        if old.height:
            what += f"; that of {', '.join(old['period'].unique().sort())} is taken"
        hint = "put it into gl, the account's type `control`"
        found.append(Problem("report-data", "gl", what, hint))
    made = pl.col("opening_minor") + pl.col("debits_minor") - pl.col("credits_minor")
    off = latest.select("account", "currency", off=pl.col("closing_minor") - made).filter(pl.col("off") != 0)
    for account, currency, minor in off.iter_rows():
        size = ledger.text(inputs, (currency, ""), minor)
        what = f"opening, debits and credits of account {account} miss its closing balance by {size}"
        found.append(Problem("report-break", "gl", what, "extract balance and movements at the same time"))
    times = {one[:16] for one in latest["cut_off"].unique() if one}
    if len(times) > 1:
        found.append(
            Problem("report-data", "gl", "the control accounts were extracted at different times", "")
        )
    return found


REPORT: Final = Report(
    "control_account",
    "Control account",
    "What customers owe by the sub-ledger against the general ledger, and what explains the difference.",
    ("gl", "open_items"),
    make,
)
