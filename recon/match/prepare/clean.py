"""Step 1: clean. The ledger becomes keys, classes are told apart, and what is no new receipt is set aside.

line  "NHS SUSSEX ICB INV-1042"  4,200.00      -> line 0, open
line  "TREASURY SWEEP"           9,000.00      -> line 1, state not_receivable, class own_transfer
item  INV-1042 (K10)             4,200.00 open -> item 0, keys INV1042 (full) and 1042 (bare)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from recon import distinct, together
from recon.match import heirs, numbers, plans, text
from recon.match.asked import amended
from recon.match.frames import Heirs, Ready
from recon.match.prepare import advices, glued, people, returns
from recon.model import CLOSED_ASKED, Tables, money_text
from recon.problems import Problem
from recon.rules.schema import NotReceivable, Rules

REFERENCE_FIELDS = ("reference", "narrative", "counterparty")
CLOSED = (
    "c",
    "closed",
    "paid",
    "settled",
    "cleared",
    "cancelled",
    "canceled",
    "void",
    "voided",
    "reversed",
    "credited",
)  # what ledgers call an item that nobody is to pay any more
# Columns that no later step asks for; a million rows of them are hundreds of megabytes.
LINES_DONE = ("amount_minor", "statement_id", "source", "position", "digest")
ITEMS_DONE = (
    "customer_name",
    "po_no",
    "service_user_ref",
    "contract_id",
    "group_id",
    "legal",
    "status",
    "discount_terms",
    "amount_minor",
    "net_amount_minor",
    "open_amount_minor",
    "cis_base_minor",
    "retention_minor",
    "source",
    "position",
    "digest",
)
# What is asked of all items of the extract, settled ones and repeated ones too.
ITEMS_ASKED = (*CLOSED_ASKED, "open_amount_minor", "customer_name")
OWN_ACCOUNT_MIN = 6  # a shorter text is no account
CHEQUES = ("DEP", "CHQ", "CDM", "POC", "BSP", "CHEQUE")  # types that clear later than they are booked


def clean(tables: Tables, rules: Rules) -> Ready:
    """Cleaned tables and the keys they can be joined by; see `frames.Ready` for the columns.

    Args:
        tables: in inner form.
        rules: frozen rules.
    """
    tables = people.with_customers(replace(tables, closed_items=tables.closed_items.select(CLOSED_ASKED)))
    (lines, closed_keys), (items, repeated, customers, heritage, keys) = together.both(
        lambda: (_lines(tables, rules), numbers.closed_keys(tables)), lambda: _owned(tables, rules)
    )
    # The rest of these two is not asked for again, and a million lines with their items take most of a gigabyte.
    tables = replace(
        tables, bank_lines=tables.bank_lines.clear(), open_items=tables.open_items.select(ITEMS_ASKED)
    )
    (names, (remittances, advice)), (said, spelled) = together.both(
        lambda: _named(tables, customers, rules),
        lambda: (
            numbers.gram_shape([keys["raw"], closed_keys["raw"]]),
            numbers.gram_shape([numbers.spelled(items, tables)]),
        ),
    )
    others = numbers.gram_shape([remittances["raw"], people.account_raws(tables)])
    starts = pl.concat([said.starts, others.starts]).unique(maintain_order=True)
    openings = pl.concat([starts, spelled.starts]).unique(maintain_order=True)
    longest = max(said.longest, others.longest, spelled.longest)
    lines = glued.apart(lines, ("text", *REFERENCE_FIELDS), openings, rules.references)
    never = "|".join(f"(?:{pattern})" for pattern in rules.references.never)
    cleaned = pl.col("text").str.replace_all(f"(?i){never}", text.FIELD_END) if never else pl.col("text")
    return Ready(
        lines=lines.with_columns(spoken=cleaned).drop(LINES_DONE, strict=False),
        items=items.drop(ITEMS_DONE, strict=False),
        keys=keys,
        closed_keys=closed_keys,
        customers=customers,
        names=names,
        accounts=people.accounts(tables),
        remittances=remittances,
        advice=advice,
        starts=starts,
        openings=openings,
        longest=longest,
        scales=tables.scales,
        tolerated=tables.tolerated,
        paid=numbers.paid_before(tables),
        problems=(*repeated, *people.unknown_tolerances(customers, rules)),
        heirs=heritage,
    )


def _owned(
    tables: Tables, rules: Rules
) -> tuple[pl.DataFrame, list[Problem], pl.DataFrame, Heirs | None, pl.DataFrame]:
    """Items with their owners, what is wrong with them, the customers, who of them became whom, and the keys."""
    items, repeated = _items(tables)
    customers = people.customers(tables, items)
    owners = customers.select("customer_id", "owner")
    items = items.join(owners, on="customer_id", how="left", maintain_order="left")
    items, customers, heritage, wrong = heirs.of(tables, items, customers)
    return items, [*repeated, *wrong], customers, heritage, numbers.item_keys(items, rules)


def _named(
    tables: Tables, customers: pl.DataFrame, rules: Rules
) -> tuple[pl.DataFrame, tuple[pl.DataFrame, pl.DataFrame]]:
    """The customers' names, and the advices by them."""
    names = people.names(tables, customers, rules)
    return names, advices.advices(tables, customers, names, rules)


def _lines(tables: Tables, rules: Rules) -> pl.DataFrame:
    """Lines in canonical order, each with its state."""
    order = ["booking_date", "line_id", "source", "position"]
    # Where no id is there twice the other columns decide nothing.
    once = distinct.alone(tables.bank_lines.select("line_id"))
    lines = (
        tables.bank_lines.sort(order[:2] if once else order, nulls_last=True)
        .with_row_index("line")
        .with_columns(
            pl.col("line").cast(pl.Int64), amount=pl.col("amount_minor"), text=text.joined(REFERENCE_FIELDS)
        )
    )
    class_id, class_code = _classes(rules.not_receivable)
    settled = pl.Series(sorted(tables.settled_lines), dtype=pl.String)
    # Few lines are no receipts: those that some pattern fits are told apart, the rest are not tried.
    some = lines.filter(_maybe_classed(lines["type"], rules.not_receivable)).select(
        "line", class_id=class_id, class_code=class_code
    )
    lines = lines.join(some, on="line", how="left", maintain_order="left").with_columns(
        pl.col("class_id", "class_code").fill_null("")
    )
    own = (pl.col("class_id") == "") & _own_account(lines, rules)
    lines = lines.with_columns(
        class_id=pl.when(own).then(pl.lit("own_account")).otherwise("class_id"),
        class_code=pl.when(own).then(pl.lit("EX-OWN")).otherwise("class_code"),
    )
    state = (
        pl.when(pl.col("line_id").is_in(settled.implode()))
        .then(pl.lit("settled"))
        .when(~distinct.first(lines.select("line_id")))
        .then(pl.lit("duplicate"))
        .when(pl.col("class_id") != "")
        .then(pl.lit("not_receivable"))
        .otherwise(pl.lit("open"))
    )
    return returns.set_aside(lines.with_columns(state=state, **_flags(rules)), rules)


def _own_account(lines: pl.DataFrame, rules: Rules) -> pl.Expr:
    """Is the other side of a line an account of ours, as the statements or the rules know it?"""

    def plain(name: str) -> pl.Expr:
        return text.account(pl.col(name))

    stated = [account for company in rules.companies for account in company.accounts]
    ours = pl.concat(
        [lines.select("account"), pl.DataFrame({"account": stated}, schema={"account": pl.String})]
    )
    known = ours.unique().select(plain("account")).to_series()
    known = known.filter(known.str.len_chars() >= OWN_ACCOUNT_MIN).unique()
    return plain("counterparty_account").is_in(known.implode())


def _flags(rules: Rules) -> dict[str, pl.Expr]:
    """What a line's own text says: an order or formula, an insolvent payer, a cheque that hasn't cleared."""

    def says(patterns: Sequence[str]) -> pl.Expr:
        whole = "|".join(f"(?:{pattern})" for pattern in patterns)
        return pl.col("text").str.contains(f"(?im){whole}") if whole else pl.lit(value=False)

    late = (pl.col("value_date") > pl.col("booking_date")).fill_null(value=False)
    return {
        "hostile": says(rules.controls.hostile),
        "insolvent": says(rules.controls.insolvent),
        "uncleared": late & pl.col("type").str.to_uppercase().is_in(CHEQUES),
    }


def _maybe_classed(kinds: pl.Series, classes: Sequence[NotReceivable]) -> pl.Expr:
    """Lines that a class's pattern, type or (with neither) sign fits; `kinds` are their types, which are few."""
    patterns = "|".join(f"(?:{rule.pattern})" for rule in classes if rule.pattern)
    types = sorted({word.upper() for rule in classes for word in rule.types})
    more = [_of_sign(rule) for rule in classes if not rule.pattern and not rule.types]
    kinds = kinds.unique()
    fits = kinds.str.to_uppercase().is_in(types)
    if patterns:
        whole = f"(?i){patterns}"
        fits |= kinds.str.contains(whole)
        more.append(pl.col("text").str.contains(whole))
    return pl.any_horizontal(pl.col("type").is_in(kinds.filter(fits).implode()), *more)


def _of_sign(rule: NotReceivable) -> pl.Expr:
    """Whether a line's money goes the way that a class asks for."""
    if rule.sign == "any":
        return pl.lit(value=True)
    return (pl.col("amount") > 0) if rule.sign == "credit" else (pl.col("amount") < 0)


def _classes(classes: Sequence[NotReceivable]) -> tuple[pl.Expr, pl.Expr]:
    """The first class that a line belongs to: its id and code, empty for none."""
    ids, codes = pl.lit(""), pl.lit("")
    for rule in reversed(classes):
        fits = pl.lit(value=True)
        if rule.types:
            fits = fits & pl.col("type").str.to_uppercase().is_in([word.upper() for word in rule.types])
        if rule.pattern:
            fits = fits & (
                pl.col("text").str.contains(f"(?i){rule.pattern}")
                | pl.col("type").str.contains(f"(?i){rule.pattern}")
            )
        fits = fits & _of_sign(rule)
        ids = pl.when(fits).then(pl.lit(rule.id)).otherwise(ids)
        codes = pl.when(fits).then(pl.lit(rule.code)).otherwise(codes)
    return ids, codes


def _items(tables: Tables) -> tuple[pl.DataFrame, list[Problem]]:
    """Items in canonical order, each id once; those with nothing open are left out."""
    order = ["item_id", "customer_id", "open_amount_minor", "doc_no", "currency", "source", "position"]
    # Where no id is there twice it decides alone; the other columns are many to sort by.
    once = distinct.alone(tables.open_items.select("item_id"))
    opened = pl.col("open_amount_minor") != 0
    table = tables.open_items.filter(opened) if once else tables.open_items  # first, for a copy less
    table = table.sort(order[:1] if once else order, nulls_last=True)
    twice = table.clear() if once else table.filter(pl.col("item_id").is_duplicated())
    problems = [] if once else _repeated(twice, tables.scales)
    table = table if once else table.unique("item_id", keep="first", maintain_order=True).filter(opened)
    # `2% 10 days`, `2/10 net 30`; days have three figures at most, so that the year of a date is none.
    terms = pl.col("discount_terms").str.extract_groups(
        r"(?P<percent>\d+(?:\.\d+)?)\s*(?:%\D*|/\s*)(?P<days>\d{1,3})(?:[^\d/]|$)"
    )
    table = table.with_columns(
        discount_percent=pl.lit(None, dtype=pl.Float64), discount_days=pl.lit(None, dtype=pl.Int64)
    )
    table = amended(
        table,
        pl.col("discount_terms") != "",
        lambda some: some.with_columns(
            discount_percent=terms.struct.field("percent").cast(pl.Float64),
            discount_days=terms.struct.field("days").cast(pl.Int64),
        ),
    )
    table = table.with_row_index("item").with_columns(
        pl.col("item").cast(pl.Int64),
        open=pl.col("open_amount_minor"),
        gross=pl.col("amount_minor").fill_null(pl.col("open_amount_minor")),
        net=pl.col("net_amount_minor"),
        cis_base=pl.col("cis_base_minor"),
        retention=pl.col("retention_minor").fill_null(0),
        same=pl.len().over("currency", "open_amount_minor"),
    )
    return _barred(table), problems


def _repeated(twice: pl.DataFrame, scales: Mapping[str, int]) -> list[Problem]:
    """What is told of items whose id is there more than once; `twice` has all of them in canonical order."""
    first = (
        pl.col("source", "position", "open_amount_minor", "currency")
        .first()
        .over("item_id")
        .name.suffix("_first")
    )
    others = twice.with_columns(first).filter(~pl.col("item_id").is_first_distinct()).head(20)
    problems = []
    for row in others.iter_rows(named=True):
        mine, used = (
            f"{money_text(row[f'open_amount_minor{end}'], row[f'currency{end}'], scales)} {row[f'currency{end}']}"
            for end in ("", "_first")
        )
        what = f"open item {row['item_id']} is there more than once: {mine} open here"
        what += (
            f", and {used} at {row['source_first']}:{row['position_first']}, which is the one that is matched"
        )
        problems.append(
            Problem("id-twice", f"{row['source']}:{row['position']}", what, "load each extract once")
        )
    return problems


def _barred(items: pl.DataFrame) -> pl.DataFrame:
    """The items with `bar`, why one can't be settled without a person, and `bar_code`; most have neither.

    Disputed, with solicitors, on a plan, closed, written off.
    """

    def said(name: str) -> pl.Expr:
        return ~pl.col(name).str.strip_chars().str.to_lowercase().is_in(
            ["", "no", "n", "false", "0", "0.00", "none"]
        )

    closed = pl.col("status").str.strip_chars().str.to_lowercase().is_in(CLOSED)
    upside_down = pl.col("doc_type").is_in(["credit_note", "on_account"]) & (pl.col("open_amount_minor") > 0)
    why = [
        (said("legal"), "it is with solicitors", "EX-LEGAL"),
        (said("dispute"), "it is disputed", "EX-DISPUTE"),
        (numbers.written_off(pl.col("status")), "the ledger calls it written off", "EX-WOREC"),
        (closed, "the ledger calls it closed", "EX-NOITEM"),
        (upside_down, "it is a credit, but its amount is to be paid", "EX-ITEM"),
        (said("plan_id"), plans.BAR, "EX-ITEM"),
    ]
    text_, code = pl.lit(""), pl.lit("")
    for fits, words, exception in reversed(why):
        text_ = pl.when(fits).then(pl.lit(words)).otherwise(text_)
        code = pl.when(fits).then(pl.lit(exception)).otherwise(code)
    statuses = items.select(pl.col("status").unique())
    ended = statuses.filter(numbers.written_off(pl.col("status")) | closed)["status"]
    written = pl.any_horizontal(pl.col("legal", "dispute", "plan_id") != "")
    return amended(
        items.with_columns(bar=pl.lit(""), bar_code=pl.lit("")),
        written | pl.col("status").is_in(ended.implode()) | upside_down,
        lambda some: some.with_columns(bar=text_, bar_code=code),
    )
