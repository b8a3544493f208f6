"""What accepted allocations say of payers: which name, account or number paid for whom, and which tax was kept back.

line L1 "HILLTOP PAYROLL" 02/03, allocated by anna to an item of K101
    -> alias HILLTOP PAYROLL means K101, by anna on 02/03; taught
line L2 the same name, posted by a rule to an item of K102
    -> alias HILLTOP PAYROLL means K102; not taught, but it contradicts
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import polars as pl

from recon import model
from recon.learn.kinds import ACCOUNT, ALIAS, PATTERN, REFERENCE, TAX
from recon.learn.patterns import pattern
from recon.model import ACCEPTED, OPEN_ITEMS
from recon.rules.schema import Deduction, Rules

OBSERVED: Final = {
    "kind": pl.String(),
    "subject": pl.String(),  # payer's name, account or number as it is compared; for `tax` the customer's number
    "meaning": pl.String(),  # the customer's number; for `tax` the words of a profile
    "line_id": pl.String(),
    "day": pl.Date(),
    "who": pl.String(),  # `rule`, or the person
    "hands": pl.String(),  # all who took part, by name and login, in small letters, `, ` between
    "taught": pl.Boolean(),  # a person allocated it or accepted the proposal
    "said": pl.String(),  # of a pattern: the reference itself
}
_SHARES: Final = 1000  # a rate in per cent has three decimals at most


def observed(lines: pl.DataFrame, accepted: pl.DataFrame, items: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """What each accepted line says, as OBSERVED.

    Args:
        lines: line_id, day, payer, account (as they are compared; empty = none), numbers and references (lists).
            What was accepted of a line that isn't there says nothing.
        accepted: model.ACCEPTED in outer form, in the order it came; and the `login` of each decision, if there is.
        items: the items of `accepted`, model.OPEN_ITEMS in outer form.
        rules: for the taxes that there are.
    """
    if "login" not in accepted.columns:
        accepted = accepted.with_columns(login=pl.lit(""))
    accepted = accepted.join(lines, on="line_id", how="semi", maintain_order="left")
    paid = _paying(accepted).join(lines, on="line_id", maintain_order="left")
    named = [
        paid.select(kind=pl.lit(kind), subject=column, **_REST)
        for kind, column in ((ALIAS, "payer"), (ACCOUNT, "account"))
    ]
    numbered = paid.explode("numbers").select(kind=pl.lit(REFERENCE), subject="numbers", **_REST)
    spoken = paid.explode("references").with_columns(said="references")
    alike = spoken.select(kind=pl.lit(PATTERN), subject=pattern(pl.col("references")), **_REST)
    alike = alike.with_columns(spoken["said"])
    found = [*named, numbered, alike, _taxes(accepted, items, lines, rules.deductions)]
    every = pl.concat(
        [
            one.with_columns(said=pl.col("said") if "said" in one.columns else pl.lit(""))
            .select(list(OBSERVED))
            .cast(pl.Schema(OBSERVED))
            for one in found
        ]
    )
    return every.filter(pl.col("subject").fill_null("") != "").unique(maintain_order=True)


_REST: Final = {
    "meaning": pl.col("customer_id"),
    "line_id": pl.col("line_id"),
    "day": pl.col("day"),
    "who": pl.col("who"),
    "hands": pl.col("hands"),
    "taught": pl.col("taught"),
}
_HANDS: Final = (
    pl.concat_list("accepted_by", "approved_by", "login").list.drop_nulls().list.join(", ").str.to_lowercase()
)
_WHO: Final = {
    "who": pl.col("accepted_by").last(),
    "hands": _HANDS.last(),
    "by": pl.col("decision_id").last(),
}


def _paying(accepted: pl.DataFrame) -> pl.DataFrame:
    """For whom each line paid, and who said so: what was taken back again says nothing."""
    inner = model.inside(accepted, ACCEPTED, model.scales_of([(ACCEPTED, accepted)]))
    return (
        inner.filter(pl.col("customer_id") != "")
        .group_by("line_id", "customer_id", maintain_order=True)
        .agg(pl.col("amount_minor").sum(), **_WHO)
        .filter(pl.col("amount_minor") != 0)
        .select("line_id", "customer_id", "who", "hands", taught=pl.col("by") != "")
    )


def _taxes(
    accepted: pl.DataFrame, items: pl.DataFrame, lines: pl.DataFrame, deductions: Sequence[Deduction]
) -> pl.DataFrame:
    """Deductions that are a tax of the rules to the penny, or to what its payers round: customer means `TDS 10%`.

    A deduction that two rates explain says nothing.
    """
    empty = pl.DataFrame(schema=OBSERVED)
    kinds = _kinds(deductions)
    taken = accepted.filter(pl.col("deduction_type").is_in(kinds["deduction_type"].implode()))
    if taken.is_empty() or kinds.is_empty():
        return empty
    scales = model.scales_of([(ACCEPTED, accepted), (OPEN_ITEMS, items)])
    inner = model.inside(taken, ACCEPTED, scales).with_columns(pl.col("deduction_minor").fill_null(0))
    keys = ["line_id", "item_id", "customer_id", "currency", "deduction_type"]
    kept = inner.group_by(keys, maintain_order=True).agg(pl.col("deduction_minor").sum(), **_WHO)
    columns = ["item_id", *(f"{name}_minor" for name in _BASES)]
    bases = model.inside(items, OPEN_ITEMS, scales).select(columns).unique("item_id", keep="first")
    base = pl.coalesce(*(pl.when(pl.col("base") == name).then(f"{name}_minor") for name in _BASES))
    scale = pl.col("currency").replace_strict(
        {name: 10**digits for name, digits in scales.items()}, default=100, return_dtype=pl.Int64
    )
    off = (pl.col("deduction_minor") * 100 * _SHARES - base * pl.col("rate")).abs()
    fits = off <= pl.col("rounding") * scale * _SHARES
    told = (
        kept.filter(pl.col("deduction_minor") != 0)
        .join(bases, on="item_id", maintain_order="left")
        .join(kinds, on="deduction_type", maintain_order="left")
        .filter(fits)
        .filter(pl.col("meaning").n_unique().over(keys) == 1)
        .unique([*keys, "meaning"], maintain_order=True)
    )
    return told.join(lines.select("line_id", "day"), on="line_id", maintain_order="left").select(
        "meaning",
        "line_id",
        "day",
        "who",
        "hands",
        kind=pl.lit(TAX),
        subject="customer_id",
        taught=pl.col("by") != "",
    )


_BASES: Final = ("net_amount", "amount", "cis_base")


def _kinds(deductions: Sequence[Deduction]) -> pl.DataFrame:
    """The taxes of the rules: deduction_type, base, rate in thousandths of a per cent, rounding in hundredths."""
    rows = [
        (
            one.type,
            one.base,
            int(one.rate * _SHARES),
            int(one.rounding * 100),
            f"{one.type} {_plain(one.rate)}%",
        )
        for one in deductions
    ]
    schema = {
        "deduction_type": pl.String,
        "base": pl.String,
        "rate": pl.Int64,
        "rounding": pl.Int64,
        "meaning": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row").unique(maintain_order=True)


def _plain(rate: Decimal) -> str:
    """`10` for 10.0, `0.1` for 0.10."""
    return f"{rate.normalize():f}"
