"""What a remittance advice says was kept back: how much of it settles without a person.

    INV-1 1,000.00, paid 980.00, 20.00 `TDS`, profile TDS 2%   -> as the profile has it
    the same, 900.00 `TDS`                                     -> settles, as a suggestion: EX-TDSRATE
    INV-2 1,000.00, paid 400.00, 600.00 `CHARGE`               -> no bank charge is that high; 600.00 stays open

The words are the payer's own, so each has a bound: taxes a rate, charges and discounts a cap of the rules.
"""

from __future__ import annotations

import polars as pl

from recon.match.deductions import PER_CENT, PPM, allowed, ppm
from recon.match.frames import Ready
from recon.model import minor_of
from recon.rules.schema import Rules

# Types that settle, besides those of the rules. A retention does not, since it is due later; nor does a tolerance,
# which is ours to give.
SETTLING = ("DISC", "ROUND", "CHARGE")
TAXES = ("TDS", "CIS", "GSTTDS")
# Words between a tax and its section that say nothing more: TDS SEC 194J, TDS U/S 194C, TDS AT 10%.
FILLING = ("SEC", "SECTION", "U", "S", "US", "UNDER", "AT", "RATE", "ON")


def taxes_of(rules: Rules) -> list[str]:
    """The types of deductions that are taken at a rate."""
    return sorted({rule.type.upper() for rule in rules.deductions} | set(TAXES))


def kind_of(rules: Rules) -> pl.Expr:
    """The type that a stated deduction settles by: the first word of `deduction_type` that is one."""
    known = "|".join(sorted({*taxes_of(rules), *SETTLING}, key=lambda word: (-len(word), word)))
    text = pl.col("deduction_type").str.to_uppercase().str.replace_all("-", "", literal=True)
    return text.str.extract(rf"\b({known})\b", 1).fill_null("")


def settles(ready: Ready, rules: Rules) -> pl.Expr:
    """Does a stated deduction settle the item? A tax or discount does; a reason to pay less does not.

    Nor does one that adds to what is paid, a discount that came late, or more than a charge, discount or rounding
    may be. `TDS`, `TDS 10%`, `TDS SEC 194J` settle; `TDS AND DISALLOWED` is two things in one sum, and does not.
    """
    known = [*taxes_of(rules), *SETTLING]
    words = (
        pl.col("deduction_type")
        .str.to_uppercase()
        .str.replace_all("-", "", literal=True)
        .str.extract_all(r"\b[A-Z][A-Z0-9]*")
    )
    plain = words.list.eval(
        pl.element().filter(~pl.element().str.contains("[0-9]") & ~pl.element().is_in(FILLING))
    )
    all_known = plain.list.eval(pl.element().is_in(known)).list.all()
    kept = pl.col("deduction").abs()
    sound = (pl.col("deduction") * pl.col("open").sign() >= 0) & ~pl.col("late")
    rounded = ~plain.list.contains("ROUND") | (kept <= pl.col("unit"))
    charge = plain.list.contains("CHARGE")
    charged = ~charge | (
        pl.when(charge).then(kept).otherwise(0).sum().over("line")
        <= minor_of(rules.remittances.charge_max, ready.scales)
    )
    share = int(rules.remittances.discount_max * PER_CENT)
    small = kept.cast(pl.Int128) * PPM <= pl.col("open").abs().cast(pl.Int128) * share
    # The item's own terms say what is earned; without terms the rules do.
    earned = ~plain.list.contains("DISC") | pl.col("discount_percent").is_not_null() | small
    return (all_known & (plain.list.len() > 0) & sound & rounded & charged & earned).fill_null(value=False)


def doubted(rows: pl.DataFrame, ready: Ready, rules: Rules) -> pl.DataFrame:
    """The advice lines with `doubt`: the code of a tax at no rate that the customer's profile has; else empty.

    Args:
        rows: line, row, item, customer_id, deduction, deduction_type, paid, unit, settles, mixed.
        ready: for the profiles and the bases.
        rules: the rates; any of them will do where the customer has no profile.
    """
    taxed = rows.with_columns(kind=kind_of(rules), kept=pl.when("settles").then("deduction").otherwise(0))
    taxed = taxed.with_columns(
        all_kept=pl.col("kept").sum().over("line", "item", "kind"),
        settled=(pl.col("paid") + pl.col("kept")).sum().over("line", "item").abs(),
    )
    asked = taxed.filter(
        pl.col("item").is_not_null() & (pl.col("kept") != 0) & pl.col("kind").is_in(taxes_of(rules))
    ).filter(~pl.col("mixed"))  # a mixed one is computed by the profile's rate
    if asked.is_empty():
        return rows.with_columns(doubt=pl.lit(""))
    bases = ready.items.select("item", "net", "cis_base", doc="gross")
    asked = (
        asked.select("line", "row", "item", "customer_id", "kind", "unit", "settled", kept="all_kept")
        .join(bases, on="item", how="left", maintain_order="left")
        .join(
            ready.customers.select("customer_id", "tax_profile").unique("customer_id"),
            on="customer_id",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("tax_profile").fill_null("").str.strip_chars())
    )
    rates = _rates(asked["tax_profile"].unique().sort().to_list(), rules)
    tried = asked.join(rates, on=["tax_profile", "kind"], how="left", maintain_order="left")
    base = (
        pl.when(pl.col("base") == "amount")
        .then("doc")
        .when(pl.col("base") == "cis_base")
        .then(pl.coalesce("cis_base", "net", "doc"))
        .otherwise(pl.coalesce("net", "doc"))
        .abs()
        .cast(pl.Int128)
    )
    # Of the whole document, or of the part of it that the advice settles.
    part = pl.when(pl.col("doc") != 0).then(base * pl.col("settled") // pl.col("doc").abs())
    slack = pl.max_horizontal(pl.col("rounding_ppm") * pl.col("unit") // PPM, pl.lit(1)).cast(pl.Int128) * PPM
    kept = pl.col("kept").abs().cast(pl.Int128) * PPM
    fits = pl.any_horizontal(
        ((kept - one * pl.col("rate_ppm")).abs() <= slack).fill_null(value=False) for one in (base, part)
    )
    told = tried.group_by("line", "row", maintain_order=True).agg(
        fits=fits.any(),
        named=(pl.col("rate_ppm").is_not_null() & (pl.col("tax_profile") != "")).any(),
    )
    code = pl.when("named").then(pl.lit("EX-TDSRATE")).otherwise(pl.lit("EX-TDSPROF"))
    wrong = told.filter(~pl.col("fits")).select("line", "row", doubt=code)
    return rows.join(wrong, on=["line", "row"], how="left", maintain_order="left").with_columns(
        pl.col("doubt").fill_null("")
    )


def _rates(profiles: list[str], rules: Rules) -> pl.DataFrame:
    """The rates of each profile: tax_profile, kind, rate_ppm, base, rounding_ppm."""
    every = [(rule.type.upper(), ppm(rule), rule.base, rule.rounding) for rule in rules.deductions]
    rows = [
        (profile, kind, rate, base, int(rounding * PPM))
        for profile in profiles
        for kind, rate, base, rounding in (
            [(one.type, one.rate_ppm, one.base, one.rounding) for one in allowed(profile, rules.deductions)]
            if profile
            else every
        )
    ]
    schema = {
        "tax_profile": pl.String,
        "kind": pl.String,
        "rate_ppm": pl.Int64,
        "base": pl.String,
        "rounding_ppm": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
