"""A site that begins with nothing but its ledger, and what its people decide in a month, to measure learning.

ledger of K101, paid under the alias HILLTOP AP     -> the site's files say neither the alias nor the payer's account
line L1 HILLTOP AP, not posted; truth: INV-1        -> allocated to INV-1 by anna; one decision in a hundred is wrong
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

import polars as pl

from recon.bench.generate import Case
from recon.model import ACCEPTED, Outcome, Status

PEOPLE: Final = ("anna", "bea")
FORGOTTEN: Final = ("aliases", "accounts", "vendor_no", "tax_profile")


def beginner(case: Case) -> Case:
    """The same job at a site that knows its customers by their legal names alone."""
    plain = case.customers.with_columns(pl.lit("").alias(name) for name in FORGOTTEN)
    return replace(case, customers=plain, aliases=case.aliases.clear())


def decided(case: Case, lines: pl.DataFrame, allocations: pl.DataFrame, mistakes: float) -> pl.DataFrame:
    """What was posted, and what people made of the rest, as model.ACCEPTED.

    People allocate by the truth what was not posted and has one best reading; the rest they park. Now and then they
    take another customer's item.

    Args:
        case: with its truth.
        lines: what was proposed, in outer form.
        allocations: as proposed, in outer form.
        mistakes: the share of decisions that are wrong.
    """
    owners = case.open_items.select("item_id", "customer_id").unique("item_id", keep="first")
    posted = lines.filter(pl.col("outcome") == Outcome.AUTO).select("line_id")
    by_rule = (
        allocations.filter(pl.col("status") == Status.AUTO)
        .join(posted, on="line_id", how="semi")
        .drop("customer_id", strict=False)
        .join(owners, on="item_id", how="left", maintain_order="left")
        .with_columns(accepted_by=pl.lit("rule"), decision=pl.lit(""), decision_id=pl.lit(""))
    )
    waiting = lines.filter(pl.col("outcome").is_in([str(Outcome.SUGGESTED), str(Outcome.EXCEPTION)]))
    asked = case.truth.filter("answerable").join(waiting, on="line_id", how="semi").select("line_id")
    rows = case.truth_allocations.filter(pl.col("item_id") != "").join(
        asked, on="line_id", how="semi", maintain_order="left"
    )
    said = _mistaken(rows, case, mistakes).join(owners, on="item_id", how="left", maintain_order="left")
    who = pl.col("line_id").str.slice(-1).is_in(list("02468"))
    currency = case.bank_lines.select("line_id", "currency")
    by_people = said.join(currency, on="line_id", how="left", maintain_order="left").with_columns(
        accepted_by=pl.when(who).then(pl.lit(PEOPLE[0])).otherwise(pl.lit(PEOPLE[1])),
        decision=pl.lit("allocate"),
        decision_id=pl.concat_str(pl.lit("D-"), "line_id"),
        rule=pl.lit("allocate"),
    )
    return pl.concat([_shaped(by_rule), _shaped(by_people)])


def _shaped(rows: pl.DataFrame) -> pl.DataFrame:
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in ACCEPTED.outer_schema.items()
        if name not in rows.columns
    ]
    schema = pl.Schema(ACCEPTED.outer_schema)
    return rows.with_columns(missing).select(ACCEPTED.names).cast(schema)


def _mistaken(rows: pl.DataFrame, case: Case, share: float) -> pl.DataFrame:
    """The rows, where the lines of a share of decisions go to an item that has nothing to do with them."""
    rng = Random(f"{case.flavour}/{case.seed}/mistakes")  # noqa: S311 - reproducible on purpose
    lines = rows["line_id"].unique(maintain_order=True).to_list()
    items = case.open_items["item_id"].to_list()
    wrong = {line: rng.choice(items) for line in lines if rng.random() < share}
    taken = pl.col("line_id").replace_strict(wrong, default=None, return_dtype=pl.String) if wrong else None
    return rows if taken is None else rows.with_columns(item_id=pl.coalesce(taken, "item_id"))
