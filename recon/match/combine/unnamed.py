"""Sets of a sure payer's items for lines that nothing else explains: several items that add up, none of them named.

    line "KENT CC" 900.00, open 400, 500, 600, 300          -> 2 sets, each a `combination`
    line "KENT CC MARCH" 800.00, March's items 500 + 300    -> 1 set, `combination_supported`: it names the month

A set is unique or it is no proposal; and unique is not enough, since an unrelated amount is hit by chance too. So the
expected number of chance hits stands beside each set, and keeps it from posting where it is above the limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from recon.match.combine.months import EVERY_MONTH, MONTHS, named_month, names_of
from recon.match.combine.subsets import DUE, EVERYTHING, Book, Hits, Subset
from recon.match.frames import REACHED_MAX, Found, Reached, Ready
from recon.problems import Problem
from recon.rules.schema import Rules

TWO = 2  # a set has two items
SUMS, ITEMS = range(2)  # kinds of limits
EXACT = ("exact",)  # the amount of a single item, to the penny
SCHEMA: dict[str, DataType | DataTypeClass] = {
    "line": pl.Int64,
    "owner": pl.String,
    "how": pl.String,
    "rule": pl.String,
    "said": pl.String,
    "members": pl.List(pl.Int64),
    "reason": pl.String,
    "auto": pl.Boolean,
    "codes": pl.List(pl.String),
    "chance": pl.Float64,
    "counted": pl.Int64,
}
RULE_AT = list(SCHEMA).index("rule")


@dataclass(frozen=True)
class _Owned:
    """A payer's items of one currency: their numbers, and the book that is searched."""

    items: list[int]
    book: Book | None  # None: too many to search


@dataclass(frozen=True)
class _Line:
    """A line that is sought for."""

    line: int
    line_id: str
    owner: str
    how: str
    amount: int
    currency: str
    booked: date | None
    statement: bool
    month: int
    paid: str
    late: bool  # an earlier run has given items of the payer to a receipt that came no sooner


def sets_of(
    ready: Ready, found: Found, rules: Rules, busy: pl.DataFrame, paid: pl.DataFrame
) -> tuple[tuple[pl.DataFrame, pl.DataFrame], list[Reached]]:
    """Several items of a sure payer that add up, for lines that nothing else explains.

    Args:
        ready: lines, items and what they say.
        found: who pays.
        rules: limits, and which evidence may propose.
        busy: (line), those that name items already or must not be explained by their amount.
        paid: (line, kind), those that single items of the payer explain, and the best kind of amount. Beside one
            whose amount is exact only what the text supports counts, beside another also the only set that adds up.

    Returns sets and legs as `combine` makes them, with `counted` (sets that add up) and `chance` (how many an
    unrelated amount would be expected to hit); and the limits that were reached.
    """
    lines = _lines(ready, found, rules, busy, paid) if rules.evidence.combination.propose else []
    books = _books(ready, {(one.owner, one.currency) for one in lines}, rules)
    rows: list[tuple[object, ...]] = []
    unsought: dict[tuple[str, str], list[_Line]] = {}
    reached: list[Reached] = []
    for one in lines:
        owned = books.get((one.owner, one.currency))
        if owned is None:
            continue
        if owned.book is None:
            if one.paid:
                continue
            unsought.setdefault((one.owner, one.currency), []).append(one)
            continue
        hits = owned.book.find(one.amount, one.booked, rules.limits.alternatives + 1)
        if hits.given_up and not one.paid:
            reached.append(Reached(SUMS, one.line, _given_up(one.line_id)))
        made = [_row(one, owned, owned.book, subset, hits, rules) for subset in hits.sets]
        only = one.paid not in EXACT and hits.count == 1 and not hits.given_up
        rows += [row for row in made if not one.paid or only or row[RULE_AT] == "combination_supported"]
    wide = [
        Reached(ITEMS, left[0].line, _too_many(left[0].line_id, len(left), len(books[key].items), rules))
        for key, left in list(unsought.items())[:REACHED_MAX]
    ]
    return _tables(rows, ready), reached[:REACHED_MAX] + wide


def _lines(ready: Ready, found: Found, rules: Rules, busy: pl.DataFrame, paid: pl.DataFrame) -> list[_Line]:
    statement = pl.any_horizontal(
        pl.lit(value=False),
        *(pl.col("spoken").str.contains(f"(?i){pattern}") for pattern in rules.references.statements),
    )
    paying = (
        found.payers.filter("sure")
        .select("line", "owner", "how")
        .unique("line", keep="first", maintain_order=True)
    )
    lines = (
        ready.lines.filter((pl.col("state") == "open") & (pl.col("amount") > 0))
        .join(busy, on="line", how="anti", maintain_order="left")
        .join(paying, on="line", maintain_order="left")
        .join(paid.select("line", paid="kind"), on="line", how="left", maintain_order="left")
        .with_columns(pl.col("paid").fill_null(""), statement=statement)
        # Where an item has the very amount, only what the text says is of interest.
        .filter(
            ~pl.col("paid").is_in(EXACT)
            | pl.col("statement")
            | pl.col("spoken").str.to_uppercase().str.contains(EVERY_MONTH)
        )
    )
    since = (
        ready.paid.join(
            ready.customers.select("customer_id", "owner"), on="customer_id", maintain_order="left"
        )
        .group_by("owner")
        .agg(pl.col("paid_on").max())
    )
    lines = lines.join(since, on="owner", how="left", maintain_order="left").with_columns(
        late=(pl.col("paid_on") >= pl.col("booking_date")).fill_null(value=False)
    )
    names = names_of(ready, lines["owner"].unique(maintain_order=True).to_list())
    columns = (
        "line",
        "line_id",
        "owner",
        "how",
        "amount",
        "currency",
        "booking_date",
        "statement",
        "spoken",
        "paid",
        "late",
    )
    found_lines = []
    for (
        line,
        line_id,
        owner,
        how,
        amount,
        currency,
        booked,
        statement_said,
        spoken,
        kind,
        late,
    ) in lines.select(columns).iter_rows():
        month = named_month(spoken.upper(), booked, names.get(owner, ()))
        found_lines.append(
            _Line(line, line_id, owner, how, amount, currency, booked, statement_said, month, kind, late)
        )
    return found_lines


def _books(ready: Ready, wanted: set[tuple[str, str]], rules: Rules) -> dict[tuple[str, str], _Owned]:
    """The items of each payer and currency, oldest first; a payer with a single one has no book."""
    keys = pl.DataFrame(sorted(wanted), schema={"owner": pl.String, "currency": pl.String}, orient="row")
    served = pl.coalesce("service_from", "issue_date")
    items = (
        ready.items.join(keys, on=["owner", "currency"], how="semi", maintain_order="left")
        .sort("owner", "currency", "due_date", "issue_date", "item", nulls_last=True)
        .select(
            "owner",
            "currency",
            "item",
            "open",
            day=pl.coalesce("due_date", "issue_date"),
            month=(served.dt.year().cast(pl.Int64) * 12 + served.dt.month()).fill_null(0),
            # What makes an item another than an equal one: whose it is, and what may keep it from being paid.
            kind=pl.concat_str("customer_id", "entity", "bar", separator="\x1f"),
        )
    )
    books: dict[tuple[str, str], _Owned] = {}
    counted = items.group_by("owner", "currency", maintain_order=True).len()
    numbers, *told = (items[name].to_list() for name in ("item", "open", "day", "month", "kind"))
    end = 0
    for owner, currency, count in counted.iter_rows():
        start, end = end, end + count
        if count < TWO:
            continue
        book = None
        if count <= rules.limits.items_per_search:
            amounts, days, months, kinds = (column[start:end] for column in told)
            book = Book(amounts, days, months, kinds, rules.limits.items_per_combination)
        books[owner, currency] = _Owned(numbers[start:end], book)
    return books


def _row(
    one: _Line, owned: _Owned, book: Book, subset: Subset, hits: Hits, rules: Rules
) -> tuple[object, ...]:
    """A set with what was counted, and whether it may be posted by itself if nothing speaks against it."""
    limits = rules.limits
    support = _support(one, book, subset) if rules.evidence.combination_supported.propose else None
    unique = hits.count == 1 and not hits.given_up
    sure = unique and subset.chance < limits.chance_hits and len(owned.items) <= limits.items_to_post
    # Equal items are interchangeable, unless the text says which.
    vague = subset.equal and support is None
    how, said = support or (one.how, "")
    # What is left now is not all that was open on the day of the payment.
    sure = sure and not one.late
    # That all is paid says nothing that the sum itself doesn't say.
    alone = how == "statement" and not rules.references.statements_post
    return (
        one.line,
        one.owner,
        how,
        "combination_supported" if support else "combination",
        said,
        [owned.items[at] for at in subset.members],
        _words(owned, subset, hits, rules, vague=vague),
        sure and not vague and not alone,
        (["EX-ITEM"] if vague else []) + (["EX-NOREM"] if alone or not sure else []),
        subset.chance,
        hits.count,
    )


def _words(owned: _Owned, subset: Subset, hits: Hits, rules: Rules, *, vague: bool) -> str:
    """`a run of items of the payer adds up, one of 2 sets that do, 0.04 expected by chance`."""
    limits = rules.limits
    parts = [f"amount is the sum of {subset.structure}"]
    if hits.given_up:
        parts.append("other sets were too many to count")
    else:
        parts.append(
            "the only set that adds up" if hits.count == 1 else f"one of {hits.count} sets that add up"
        )
    parts += ["of equal items the oldest"] if vague else []
    rare = subset.chance < limits.chance_hits
    chance = f"{subset.chance:.4g} such sets expected by chance"
    parts.append(chance if rare else f"{chance}, not below {limits.chance_hits:g}")
    if len(owned.items) > limits.items_to_post:
        parts.append(f"{len(owned.items)} items open, more than {limits.items_to_post}")
    return ", ".join(parts)


def _support(one: _Line, book: Book, subset: Subset) -> tuple[str, str] | None:
    """What else says that just these are paid, as (kind of evidence, which): the period named, or a statement."""
    month = book.month_of(subset.members)
    if month and one.month == month:
        return "period", f"{MONTHS[(month - 1) % 12]} {(month - 1) // 12}"
    if one.statement and subset.structure in {EVERYTHING, DUE}:
        return "statement", ""
    return None


def _given_up(line_id: str) -> Problem:
    return Problem(
        "limit-reached",
        line_id,
        "the payer's items make too many sums; sets of single items were not counted",
        "ask the payer for a remittance advice, or lower limits.items_per_combination",
    )


def _too_many(line_id: str, lines: int, count: int, rules: Rules) -> Problem:
    limit = rules.limits.items_per_search
    more = f", nor for {lines - 1} more of its lines" if lines > 1 else ""
    return Problem(
        "limit-reached",
        line_id,
        f"the payer has {count} open items, more than items_per_search ({limit}); sets were not sought{more}",
        "ask the payer for a remittance advice, or raise limits.items_per_search",
    )


def _tables(rows: list[tuple[object, ...]], ready: Ready) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows as sets and legs."""
    nought = pl.lit(0, dtype=pl.Int64)
    sets = (
        pl.DataFrame(rows, schema=SCHEMA, orient="row")
        .with_row_index("group")
        .with_columns(
            pl.col("group").cast(pl.Int64),
            reading=nought,
            carriers=pl.lit(0, dtype=pl.UInt32),
            kind=pl.lit("exact"),
            size=pl.col("members").list.len(),
            on_account=nought,
            short=nought,
        )
    )
    legs = (
        sets.select("group", "reading", item="members")
        .explode("item")
        .join(ready.items.select("item", cash="open"), on="item", maintain_order="left")
    )
    return sets, legs.with_columns(deduction=nought, deduction_type=pl.lit(""))
