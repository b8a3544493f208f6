"""Step 2: find. Which lines, open items, customers and remittances may meet at all.

    line 0 "NHS SUSSEX ICB INV-1042"   -> reference (0, item 0, exact), payer (0, K10, name, sure)
    line 1 "NHS SBS 0000451207"        -> link (1, remittance 0, number)

Every meeting is a join on a key; nothing is ever compared with everything.
"""

from __future__ import annotations

import polars as pl

from recon.match import companies, numbers, shared, short, text, together
from recon.match.candidates import payers, references
from recon.match.frames import Found, Ready
from recon.problems import Problem
from recon.rules.schema import Rules

SHOWN_MAX = 20  # problems of one kind
CUT_NUMBER_MIN = 12  # a payment number cut by the bank links from this length on


def find(ready: Ready, rules: Rules) -> Found:
    """All that may belong together; see `frames.Found` for the columns."""
    (kept, problems), (paying, near, crowded) = together.both(
        lambda: _named(ready, rules), lambda: payers.known(ready, rules)
    )
    kept = pl.concat([kept, short.named(ready, kept, paying, rules)]).unique(
        ["line", "item"], keep="first", maintain_order=True
    )
    problems += _everything(ready, kept, rules)
    (links, summed), others = together.both(
        lambda: _links(ready, rules, paying),
        lambda: (
            references.unknown(ready, kept),
            _closed(ready, kept, rules),
            _expired(ready, paying),
            references.dates(ready),
            _twins(ready, kept),
            companies.elsewhere(ready, rules),
        ),
    )
    unknown, closed, expired, dates, twins, elsewhere = others
    return Found(
        references=kept,
        payers=paying,
        links=links,
        closed=closed,
        near=near,
        expired=expired,
        unknown=unknown,
        dates=dates,
        twins=twins,
        elsewhere=elsewhere,
        crowded=crowded,
        problems=(*problems, *shared.told(crowded, ready, rules), *summed),
    )


def _named(ready: Ready, rules: Rules) -> tuple[pl.DataFrame, list[Problem]]:
    """What open lines name, without what too many items share."""
    named = references.named(ready, rules)
    open_lines = ready.lines.filter(pl.col("state") == "open").select("line")
    return _bounded(named.join(open_lines, on="line", how="semi", maintain_order="left"), ready, rules)


def _bounded(named: pl.DataFrame, ready: Ready, rules: Rules) -> tuple[pl.DataFrame, list[Problem]]:
    """References without those that too many items share."""
    fan = named.with_columns(fan=pl.col("item").n_unique().over("line", "said"))
    limit = rules.limits.items_per_reference
    wide = (
        fan.filter(pl.col("fan") > limit)
        .select("line", "fan")
        .unique("line", keep="first", maintain_order=True)
    )
    shown = wide.join(ready.lines.select("line", "line_id"), on="line", maintain_order="left").head(20)
    problems = [
        Problem(
            "limit-reached",
            line_id,
            f"a reference fits {count} open items, more than items_per_reference ({limit}); it is no evidence",
            "raise limits.items_per_reference in the rules if your ledger repeats its numbers",
        )
        for line_id, count in shown.select("line_id", "fan").iter_rows()
    ]
    return fan.filter(pl.col("fan") <= limit).drop("fan"), problems


def _everything(ready: Ready, kept: pl.DataFrame, rules: Rules) -> list[Problem]:
    """Said of lines that name more of an owner's items than count as evidence; the first twenty."""
    limit = rules.limits.items_per_line
    named = kept.join(ready.items.select("item", "owner"), on="item", maintain_order="left")
    counted = named.group_by("line", "owner", maintain_order=True).agg(count=pl.col("item").n_unique())
    wide = counted.filter(pl.col("count") > limit).sort("line", "owner").head(SHOWN_MAX)
    return [
        Problem(
            "limit-reached",
            line_id,
            f"the line names {count} items of one customer, more than items_per_line ({limit}); they are no evidence",
            "ask the payer for a remittance advice; or raise limits.items_per_line",
        )
        for line_id, count in wide.join(ready.lines, on="line", maintain_order="left")
        .select("line_id", "count")
        .iter_rows()
    ]


def _links(ready: Ready, rules: Rules, paying: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """Remittances that a line may be the payment of: by number; else by payer, total and date."""
    schema = pl.Schema({"line": pl.Int64, "remit": pl.Int64, "how": pl.String})
    if not rules.evidence.remittance.propose or ready.remittances.is_empty():
        return pl.DataFrame(schema=schema), []
    advices = ready.remittances.with_columns(length=pl.col("raw").str.len_chars())
    least = rules.remittances.reference_length_min
    numbered = advices.filter(pl.col("length") >= least)
    by_number = (
        ready.grams.filter(pl.col("closed") & (pl.col("opened") | pl.col("raw").str.contains("^[A-Z]")))
        .join(numbered, on="key", how="semi", maintain_order="left")
        .pipe(
            numbers.no_document, ready
        )  # `INV 451207` is a document, though a payment has the number 451207
        .join(numbered.select("key", "remit"), on="key", maintain_order="left")
        .select("line", "remit", how=pl.lit("number"))
        .unique(maintain_order=True)
    )
    long = (
        ready.grams.filter(pl.col("raw").str.len_chars() >= CUT_NUMBER_MIN)
        .select("line", "raw")
        .unique(maintain_order=True)
    )
    lengths = long["raw"].str.len_chars().unique().to_list()
    cut = [
        long.filter(pl.col("raw").str.len_chars() == length).join(
            numbered.filter(pl.col("length") > length).select(
                "remit", raw=pl.col("raw").str.slice(0, length)
            ),
            on="raw",
            maintain_order="left",
        )
        for length in sorted(lengths)
    ]
    empty = pl.DataFrame(schema=schema)
    by_cut = pl.concat([part.select("line", "remit", how=pl.lit("number_cut")) for part in cut] or [empty])
    by_cut = by_cut.join(by_number, on="line", how="anti", maintain_order="left").unique(maintain_order=True)
    by_cut = by_cut.filter(pl.col("remit").n_unique().over("line") == 1)
    taken = pl.concat([by_number, by_cut])
    totals = _by_total(ready, rules, paying, taken)
    pairs, problems = _by_totals(ready, rules, paying, pl.concat([taken, totals]))
    return pl.concat([taken, totals, pairs]).cast(schema).sort("line", "remit", "how"), problems


def _owned(ready: Ready) -> pl.DataFrame:
    """The owner of each advice whose known items have only one: (remit, owner)."""
    full = ready.keys.filter(pl.col("kind") == "full")
    return (
        ready.advice.join(full, left_on="doc_key", right_on="key", maintain_order="left")
        .join(ready.items.select("item", "owner"), on="item", maintain_order="left")
        .group_by("remit", maintain_order=True)
        .agg(owner=pl.col("owner").first(), owners=pl.col("owner").n_unique())
        .filter(pl.col("owners") == 1)
        .select("remit", "owner")
    )


def _paying(ready: Ready, paying: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """Open lines of sure payers that no advice has yet."""
    sure = paying.filter("sure").select("line", "owner").unique(maintain_order=True)
    lines = ready.lines.filter(pl.col("state") == "open").join(
        taken, on="line", how="anti", maintain_order="left"
    )
    return lines.join(sure, on="line", maintain_order="left").select(
        "line", "owner", "currency", "booking_date", total="amount"
    )


def _in_time(paid: pl.Expr, rules: Rules) -> pl.Expr:
    days = (pl.col("booking_date") - paid).dt.total_days()
    return days.is_between(-rules.remittances.days_before, rules.remittances.days_after).fill_null(
        value=False
    )


def _by_totals(
    ready: Ready, rules: Rules, paying: pl.DataFrame, taken: pl.DataFrame
) -> tuple[pl.DataFrame, list[Problem]]:
    """Two advices of the payer that add up to the line, where exactly one pair does; proposed, never posted."""
    free = ready.remittances.join(taken, on="remit", how="anti", maintain_order="left").join(
        _owned(ready), on="remit", maintain_order="left"
    )
    limit = rules.limits.advices_per_payer
    free = free.with_columns(count=pl.len().over("owner"))
    asking = _paying(ready, paying, taken)
    many = asking.join(
        free.filter(pl.col("count") > limit).select("owner", "count").unique(),
        on="owner",
        maintain_order="left",
    ).unique("owner", keep="first", maintain_order=True)
    problems = [
        Problem(
            "limit-reached",
            line_id,
            f"its payer has {count} open remittances, more than advices_per_payer ({limit}); two that together are a"
            " receipt were not sought",
            "decide the payer's lines by hand; or raise limits.advices_per_payer",
        )
        for line_id, count in many.join(
            ready.lines.select("line", "line_id"), on="line", maintain_order="left"
        )
        .select("line_id", "count")
        .head(SHOWN_MAX)
        .iter_rows()
    ]
    free = free.filter(pl.col("count") <= limit).select("remit", "owner", "total", "payment_date")
    pairs = free.join(
        free.rename({"remit": "other", "total": "more", "payment_date": "later"}),
        on="owner",
        maintain_order="left",
    )
    pairs = pairs.filter(pl.col("remit") < pl.col("other")).with_columns(
        total=pl.col("total") + pl.col("more")
    )
    hits = asking.join(pairs, on=["owner", "total"], maintain_order="left")
    hits = hits.filter(_in_time(pl.col("payment_date"), rules) & _in_time(pl.col("later"), rules))
    hits = hits.filter((pl.len().over("line") == 1) & (pl.len().over("remit", "other") == 1))
    both = pl.concat([hits.select("line", "remit"), hits.select("line", pl.col("other").alias("remit"))])
    return both.with_columns(how=pl.lit("totals")), problems


def _by_total(ready: Ready, rules: Rules, paying: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """Links by payer, exact total and date, where exactly one fits both ways."""
    free = ready.remittances.join(taken, on="remit", how="anti", maintain_order="left").join(
        _owned(ready), on="remit", maintain_order="left"
    )
    lines = _paying(ready, paying, taken)
    # A name that is only a part of the text is enough for a proposal where the advice has the very name.
    parts = _paying(
        ready, paying.with_columns(sure=(pl.col("how") == "part") & (pl.col("owners") == 1)), taken
    )
    parts = parts.join(lines, on="line", how="anti", maintain_order="left")
    both = pl.concat([lines.with_columns(how=pl.lit("total")), parts.with_columns(how=pl.lit("total_part"))])
    # Equal ones of one day meet as one, with their number: a thousand on each side would make a million pairs.
    asking = both.group_by("owner", "total", "currency", "booking_date", "how", maintain_order=True).agg(
        pl.col("line").first(), lines=pl.len()
    )
    free = free.rename({"currency": "advice_currency"})
    advised = free.group_by(
        "owner", "total", "payment_date", "payer_owner", "advice_currency", maintain_order=True
    ).agg(pl.col("remit").first(), remits=pl.len())
    pairs = asking.join(advised, on=["owner", "total"], maintain_order="left")
    same = (pl.col("advice_currency") == "") | (pl.col("advice_currency") == pl.col("currency"))
    named = (pl.col("how") == "total") | (pl.col("payer_owner") == pl.col("owner"))
    pairs = pairs.filter(same & named & _in_time(pl.col("payment_date"), rules))
    alone = (pl.col("remits").sum().over("line") == 1) & (pl.col("lines").sum().over("remit") == 1)
    return pairs.filter(alone).select("line", "remit", "how")


def _closed(ready: Ready, kept: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Lines that name a closed item, and nothing that is open at that place."""
    hits = ready.grams.filter("opened", "closed").join(
        ready.closed_keys.select("key", "doc_no", "customer_id", "written").unique(
            "key", keep="first", maintain_order=True
        ),
        on="key",
        maintain_order="left",
    )
    long = (pl.col("raw").str.len_chars() >= rules.references.bare_digits_sure) & ~pl.col("piece")
    hits = hits.filter(pl.col("raw").str.contains("^[A-Z]") | pl.col("labelled") | long)
    hits = hits.join(kept.select("line", "at").unique(), on=["line", "at"], how="anti", maintain_order="left")
    return hits.select("line", "doc_no", "customer_id", "written").unique(
        ["line", "doc_no"], keep="first", maintain_order=True
    )


def _twins(ready: Ready, kept: pl.DataFrame) -> pl.DataFrame:
    """Items that a line names by a number that a closed item has too, of another customer or written otherwise.

    Numbers repeat between entities. Where the closed one had the line's amount, it may be paid a second time.
    """
    named = kept.filter(pl.col("how") == "exact").with_columns(key=text.unzero(pl.col("said")))
    pairs = named.join(ready.closed_keys, on="key", maintain_order="left")
    pairs = pairs.join(
        ready.items.select("item", owned="customer_id", doc="doc_no"), on="item", maintain_order="left"
    ).join(ready.lines.select("line", paid="amount"), on="line", maintain_order="left")
    other = (pl.col("customer_id") != pl.col("owned")) | (pl.col("doc_no") != pl.col("doc"))
    return (
        pairs.filter(other & (pl.col("amount") == pl.col("paid")))
        .select("line", "item")
        .unique(maintain_order=True)
    )


def _expired(ready: Ready, paying: pl.DataFrame) -> pl.DataFrame:
    """Lines whose text has a name that was valid on another day only."""
    day = pl.col("booking_date")
    hits = (
        ready.name_grams.filter("whole")
        .join(
            ready.names.filter(pl.col("valid_from").is_not_null() | pl.col("valid_to").is_not_null()),
            on="key",
            maintain_order="left",
        )
        .join(ready.lines.select("line", "booking_date"), on="line", maintain_order="left")
        .filter((day < pl.col("valid_from")) | (day > pl.col("valid_to")))
    )
    lone = hits.join(paying.filter("sure"), on="line", how="anti", maintain_order="left")
    lone = lone.sort("line", "customer_id", "valid_from", "valid_to", nulls_last=True)
    return lone.select("line", "customer_id", "valid_from", "valid_to", "booking_date").unique(
        "line", keep="first", maintain_order=True
    )
