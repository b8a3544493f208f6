"""Bare numbers that only restate the amount of their line, or count something: no document's.

"ACME PAID 5000 GBP", 5,000.00     -> 5000 is the amount
"ACME 120 BEDS 380 NIGHTS"         -> 120 and 380 are counts
"ACME 1042 GBP 500.00"             -> 1042 may be a document; the currency is the next number's
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from recon.match import text
from recon.match.frames import Spelled
from recon.rules.schema import Rules

DIGITS = "^[0-9]+$"


def amounts(ready: Spelled) -> pl.DataFrame:
    """Grams of digits that are the amount of their line, in whole or in minor units: (line, at, size)."""
    said = ready.grams.filter(pl.col("raw").str.contains(DIGITS) & ~pl.col("labelled"))
    said = said.select("line", "at", "size", "raw").join(
        ready.lines.select("line", "amount", "currency"), on="line", maintain_order="left"
    )
    scales = pl.DataFrame(
        {
            "currency": list(ready.scales),
            "unit": [10**scale for scale in ready.scales.values()],
        },
        schema={"currency": pl.String, "unit": pl.Int64},
    )
    said = said.join(scales, on="currency", how="left", maintain_order="left").with_columns(
        pl.col("unit").fill_null(1), number=pl.col("raw").cast(pl.Int64, strict=False)
    )
    same = (pl.col("number") == pl.col("amount")) | (pl.col("number") * pl.col("unit") == pl.col("amount"))
    return said.filter(same).select("line", "at", "size").unique(maintain_order=True)


def counted(ready: Spelled, rules: Rules) -> pl.DataFrame:
    """Short grams of digits that count something or are some amount: (line, at, size)."""
    options = rules.references
    said = ready.grams.filter(
        pl.col("raw").str.contains(DIGITS)
        & ~pl.col("labelled")
        & (pl.col("raw").str.len_chars() < options.bare_digits_sure)
    )
    said = said.select("line", "at", "size", "before", behind=pl.col("at") + pl.col("size"))
    # A word counts only what stands in its own field.
    words = ready.atoms.filter(~pl.col("gap").str.contains(text.FIELD_END, literal=True)).select(
        "line",
        behind="at",
        word="atom",
        valued=(pl.col("digit").shift(-1) & (pl.col("line") == pl.col("line").shift(-1))).fill_null(
            value=False
        ),
    )
    said = said.join(
        words.with_columns(pl.col("behind").cast(said.schema["behind"])),
        on=["line", "behind"],
        how="left",
        maintain_order="left",
    ).join(ready.lines.select("line", "currency"), on="line", maintain_order="left")
    units = [word.upper() for word in options.units]
    of_unit = pl.col("word").is_in(units)
    money = (pl.col("word") == pl.col("currency")) & ~pl.col("valued")
    of_money = pl.col("before") == pl.col("currency")
    return (
        said.filter((of_unit | money).fill_null(value=False) | of_money)
        .select("line", "at", "size")
        .unique(maintain_order=True)
    )


def without(hits: pl.DataFrame, ready: Spelled, rules: Rules) -> pl.DataFrame:
    """Hits (line, at, size, ...) of bare numbers without those that are amounts or counts."""
    # Few lines have such a hit; the words around all the others' numbers are not asked.
    mine = pl.col("line").is_in(hits["line"].unique().implode())
    some = replace(ready, grams=ready.grams.filter(mine), atoms=ready.atoms.filter(mine))
    none = pl.concat([amounts(some), counted(some, rules)])
    return hits.join(none, on=["line", "at", "size"], how="anti", maintain_order="left")
