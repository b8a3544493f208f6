"""Advice lines that state a tax and something else in one sum: the tax is told apart by the customer's profile.

CLM-2 gross 80,000.00, paid 67,500.00, kept back 12,500.00 `TDS AND DISALLOWED`, profile TDS 10%
    -> what was allowed is 67,500.00 / 0.9 = 75,000.00: TDS 7,500.00 settles, 5,000.00 stays open (EX-DISPUTE)
"""

from __future__ import annotations

import polars as pl

from recon.match.deductions import PPM, allowed
from recon.match.frames import Ready
from recon.rules.schema import Rules

TAX = "TDS"


def split(rows: pl.DataFrame, ready: Ready, rules: Rules) -> pl.DataFrame:
    """The advice lines with `mixed` and `said_type`, and of mixed ones only the tax as their deduction.

    Args:
        rows: line, row, item, deduction, deduction_type, paid, gross, unit.
        ready: for the customers' profiles.
        rules: the deductions.

    `said_type` is the type as it came. A line is mixed if that says TDS and a reason of the rules, the profile has
    one rate of it, nothing else explains the sum, and the tax is no more than what is kept back.
    """
    text = pl.col("deduction_type").str.to_uppercase().str.replace_all("-", "", literal=True)
    # A section (`TDS SEC 194J`) or other words are no second reason; only those that the rules name are.
    reasons = "|".join(f"(?:{pattern})" for pattern in rules.remittances.reasons)
    second = text.str.contains(reasons) if reasons else pl.lit(value=False)
    asked = text.str.contains(rf"\b{TAX}\b") & second
    rows = rows.with_columns(said_type="deduction_type")
    profiles = ready.customers.select("customer_id", "tax_profile")
    texts = profiles["tax_profile"].unique().to_list()
    rates = {
        text: sorted({one.rate_ppm for one in allowed(text, rules.deductions) if one.type == TAX})
        for text in texts
    }
    single = {text: of[0] for text, of in rates.items() if len(of) == 1}
    if not single or not rules.evidence.deduction.propose:
        return rows.with_columns(mixed=pl.lit(value=False))
    rate = pl.col("tax_profile").replace_strict(
        list(single), list(single.values()), default=None, return_dtype=pl.Int64
    )
    told = rows.join(profiles, on="customer_id", how="left", maintain_order="left").with_columns(rate=rate)
    # paid = allowed - allowed * rate, so that the tax is paid * rate / (1 - rate), to the whole unit.
    part = pl.col("paid").cast(pl.Int128) * pl.col("rate")
    divisor = (PPM - pl.col("rate")) * pl.col("unit")
    tax = ((part + divisor // 2) // divisor * pl.col("unit")).cast(pl.Int64)
    sound = asked & (pl.col("paid") > 0) & (pl.col("rate") < PPM) & (tax > 0) & (tax < pl.col("deduction"))
    told = told.with_columns(mixed=sound.fill_null(value=False))
    return told.with_columns(
        deduction=pl.when("mixed").then(tax).otherwise("deduction"),
        deduction_type=pl.when("mixed").then(pl.lit(TAX)).otherwise("deduction_type"),
    ).drop("tax_profile", "rate")
