"""Remittances that a line may be the payment of: by number; else by payer, total and date."""

from __future__ import annotations

import polars as pl

from recon.match import numbers
from recon.match.frames import Ready, Spelled
from recon.problems import Problem
from recon.rules.schema import Rules

SHOWN_MAX = 20  # problems of one kind
CUT_NUMBER_MIN = 12  # a payment number cut by the bank links from this length on
SCHEMA = pl.Schema({"line": pl.Int64, "remit": pl.Int64, "how": pl.String})


def numbered(part: Spelled, rules: Rules) -> pl.DataFrame:
    """Remittances whose number a line says, whole or cut by the bank: (line, remit, how)."""
    if not rules.evidence.remittance.propose or part.remittances.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    advices = part.remittances.with_columns(length=pl.col("raw").str.len_chars())
    least = rules.remittances.reference_length_min
    numbered = advices.filter(pl.col("length") >= least)
    by_number = (
        part.grams.filter(pl.col("closed") & (pl.col("opened") | pl.col("raw").str.contains("^[A-Z]")))
        .join(numbered, on="key", how="semi", maintain_order="left")
        .pipe(numbers.no_document, part)  # `INV 451207` is a document, though a payment has the number 451207
        .join(numbered.select("key", "remit"), on="key", maintain_order="left")
        .select("line", "remit", how=pl.lit("number"))
        .unique(maintain_order=True)
    )
    long = (
        part.grams.filter(pl.col("raw").str.len_chars() >= CUT_NUMBER_MIN)
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
    empty = pl.DataFrame(schema=SCHEMA)
    by_cut = pl.concat([part.select("line", "remit", how=pl.lit("number_cut")) for part in cut] or [empty])
    by_cut = by_cut.join(by_number, on="line", how="anti", maintain_order="left").unique(maintain_order=True)
    by_cut = by_cut.filter(pl.col("remit").n_unique().over("line") == 1)
    return pl.concat([by_number, by_cut]).cast(SCHEMA)


def links(
    ready: Ready, taken: pl.DataFrame, paying: pl.DataFrame, rules: Rules
) -> tuple[pl.DataFrame, list[Problem]]:
    """All links of all lines: by number, and of what these leave, by payer, total and date.

    Args:
        ready: every line and advice.
        taken: links by number, as `numbered` returns them.
        paying: payers of every line.
        rules: how many days may be between.
    """
    if not rules.evidence.remittance.propose or ready.remittances.is_empty():
        return pl.DataFrame(schema=SCHEMA), []
    totals = _by_total(ready, rules, paying, taken)
    pairs, problems = _by_totals(ready, rules, paying, pl.concat([taken, totals]))
    return pl.concat([taken, totals, pairs]).cast(SCHEMA).sort("line", "remit", "how"), problems


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
