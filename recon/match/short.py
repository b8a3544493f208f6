"""Numbers too short to be looked up in the whole ledger, looked up among the payer's own open items.

    "ACME 502 503", alias ACME of C11, whose items 502 and 503 are open  -> references (line, 502), (line, 503)
    "SMITH 502", nobody's alias                                          -> none
    "ACME ROOM 502"                                                      -> none: a room

Three digits stand in many texts, so they count only where the payer is known without doubt, and (see combine) where
they explain the amount.
"""

from __future__ import annotations

import polars as pl

from recon.match import counts, text
from recon.match.asked import Index
from recon.match.calendar import period_like
from recon.match.frames import REFERENCES, Ready, Spelled
from recon.rules.schema import Rules

CONFIRMED = ("account", "alias", "vendor")
GRAMS = ["line", "at", "size", "raw", "key"]


def named(ready: Spelled, kept: pl.DataFrame, paying: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Short bare numbers of lines that name nothing else, as REFERENCES with `how` short.

    Args:
        ready: the lines' grams and the items' numbers.
        kept: the references found so far.
        paying: payers as `payers.known` returns them; only those of confirmed evidence count.
        rules: from which length on, and the words before a number that is a room's.
    """
    options = rules.references
    least, most = options.bare_digits_payer, options.bare_digits_min - 1
    if not asked(rules):
        return pl.DataFrame(schema=REFERENCES)
    payers = paying.filter(pl.col("sure") & pl.col("how").is_in(CONFIRMED)).select("line", "owner").unique()
    busy = kept.filter(pl.col("how") != "bare").select("line").unique()
    digits = pl.col("raw").str.contains(rf"^[0-9]{{{least},{most}}}$")
    said = (
        ready.grams.filter(digits & pl.col("opened") & pl.col("closed") & ~pl.col("piece"))
        .filter(~pl.col("before").is_in([word.upper() for word in options.places]))
        .join(busy, on="line", how="anti", maintain_order="left")
        .join(payers, on="line", maintain_order="left")
        .join(ready.lines.select("line", "booking_date"), on="line", maintain_order="left")
    )
    said = counts.without(said, ready, rules)
    said = said.filter(~period_like(pl.col("raw"), pl.col("booking_date")))
    hits = said.select(*GRAMS, "owner").join(
        tails(ready, rules).of(said["key"]),
        on=["owner", "key"],
        maintain_order="left",
    )
    return (
        hits.select("line", "item", how=pl.lit("short"), said="raw", at="at", size="size")
        .unique(["line", "item"], keep="first", maintain_order=True)
        .sort("line", "at", "item")
        .cast(REFERENCES)
    )


def asked(rules: Rules) -> bool:
    """Whether the rules leave any number that is too short."""
    options = rules.references
    return rules.evidence.reference_bare.propose and options.bare_digits_payer < options.bare_digits_min


def tails(ready: Ready, rules: Rules) -> Index:
    """The index of what the items' numbers end with, made once: (item, owner, key)."""
    options = rules.references
    least, most = options.bare_digits_payer, options.bare_digits_min - 1
    return ready.indexed("short tails", lambda: _tails(ready, least, most))


def _tails(ready: Ready, least: int, most: int) -> pl.DataFrame:
    """Each open item's last short run of digits with its owner: (item, owner, key)."""
    tails = ready.full.select("item", raw=pl.col("raw").str.extract(r"(?:^|[^0-9])([0-9]+)$", 1)).drop_nulls()
    tails = tails.filter(pl.col("raw").str.len_chars().is_between(least, most))
    owned = tails.with_columns(key=text.unzero(pl.col("raw"))).join(
        ready.items.select("item", "owner"), on="item", maintain_order="left"
    )
    return owned.select("item", "owner", "key").unique(maintain_order=True)


def rivalled(readings: pl.DataFrame, legs: pl.DataFrame, ready: Ready) -> pl.Expr:
    """Is a reading one of short numbers, while another item of the payer's has the very amount of the line?

    Args:
        readings: group, reading, line, owner, how.
        legs: group, reading, item.
        ready: the open items.
    """
    asked = readings.filter(pl.col("how") == "short").join(
        ready.lines.select("line", "amount", "currency"), on="line", maintain_order="left"
    )
    equal = asked.select("group", "reading", "owner", "currency", open="amount").join(
        ready.items.select("owner", "currency", "open", "item"), on=["owner", "currency", "open"]
    )
    rivals = equal.join(legs, on=["group", "reading", "item"], how="anti")["group"].unique()
    return pl.col("group").is_in(rivals.implode())
