"""How much a receipt may differ: the tolerances of the rules as columns."""

from __future__ import annotations

import polars as pl

from recon.match.deductions import PER_CENT
from recon.match.frames import Ready
from recon.model import minor_of
from recon.rules.schema import Rules

MIXED = "\x00"  # no name of a tolerance


def unit_of(ready: Ready) -> pl.Expr:
    """One whole unit of a row's currency, in minor units."""
    scales = ready.scales
    return pl.col("currency").replace_strict(
        list(scales), [10**scale for scale in scales.values()], default=100, return_dtype=pl.Int64
    )


def tolerance_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The tolerance that all items of a group have, as (group, tolerance); MIXED where they differ."""
    return rows.group_by("group", maintain_order=True).agg(
        tolerance=pl.when(pl.col("tolerance").fill_null("").n_unique() == 1)
        .then(pl.col("tolerance").fill_null("").first())
        .otherwise(pl.lit(MIXED))
    )


def caps_of(ready: Ready, rules: Rules) -> tuple[pl.Expr, pl.Expr]:
    """The absolute cap (minor units) and the share (ppm) of a row's tolerance.

    A name that is not among the rules has none: a slip in it must not let more pass than was meant.
    """
    default = rules.tolerances.get("default")
    none = pl.lit(-1, dtype=pl.Int64)
    unnamed = pl.col("tolerance") == ""
    absolute = (
        pl.when(unnamed).then(minor_of(default.absolute, ready.scales)).otherwise(none) if default else none
    )
    share = pl.lit(int(default.percent * PER_CENT) if default else 0, dtype=pl.Int64)
    for name, tolerance in sorted(rules.tolerances.items()):
        mine = pl.col("tolerance") == name
        absolute = pl.when(mine).then(minor_of(tolerance.absolute, ready.scales)).otherwise(absolute)
        share = pl.when(mine).then(pl.lit(int(tolerance.percent * PER_CENT), dtype=pl.Int64)).otherwise(share)
    return absolute, share


def over_of(rules: Rules) -> pl.Expr:
    """Whether a row's tolerance holds for what is paid too much, as it does for what is short."""
    default = rules.tolerances.get("default")
    names = {name: tolerance.over for name, tolerance in rules.tolerances.items()}
    named = {"": default.over if default else False} | names
    return pl.col("tolerance").replace_strict(named, default=False, return_dtype=pl.Boolean)
