"""Items that are booked in another currency than their own: what a receipt differs by is the rate's.

    INV-401 EUR 1,000.00, booked as 850.00; line "INV-401 EUR 1000 @ 0.8600", 860.00
        -> cash 850.00; 10.00 is gained by the rate (EX-FX), and no receivable
    the same item, 840.00 received
        -> cash 840.00, and 10.00 is lost by the rate: a deduction of type FX

Always a suggestion: which of our rates is right is for a person to say.
"""

from __future__ import annotations

import polars as pl

from recon.match.deductions import PER_CENT, PPM
from recon.match.frames import Ready
from recon.rules.schema import Rules

CODE = "EX-FX"
DIGITS_MAX = 12  # of a stated amount or rate
PLACES_MAX = 18  # powers of ten that an integer holds


def told(
    sets: pl.DataFrame, legs: pl.DataFrame, ready: Ready, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sets of one item whose rest is the rate's, with EX-FX; and the legs, with those of type FX.

    Either the item is booked in another currency than its own, or the text states an amount and a rate that make
    what was paid.
    """
    stated = _stated(ready, rules)
    booked = ready.items.select(
        "item",
        "open",
        "doc_currency",
        "doc_amount_minor",
        abroad=(pl.col("doc_currency") != "") & (pl.col("doc_currency") != pl.col("currency")),
    )
    # What an advice says stands, and a part of the cash that is for something else is no difference of the rate.
    whole = (pl.col("rule") != "remittance") & ((pl.col("kind") == "over") | (pl.col("on_account") == 0))
    rest = sets.filter((pl.col("size") == 1) & pl.col("kind").is_in(["over", "part", "tolerance"]) & whole)
    if rest.is_empty() or (stated.is_empty() and not booked["abroad"].any()):
        return sets, legs
    own = legs.join(rest.select("proposal", "line"), on="proposal", maintain_order="left").join(
        booked, on="item", maintain_order="left"
    )
    own = own.unique("proposal", keep="first", maintain_order=True)
    asked = own.join(stated, on="line", how="left", maintain_order="left").join(
        ready.lines.select("line", paid="amount"), on="line", maintain_order="left"
    )
    asked = asked.filter(pl.col("abroad") | pl.col("makes").fill_null(value=False))
    share = int(rules.exchange.difference_max * PER_CENT)
    near = (pl.col("paid") - pl.col("open")).abs().cast(pl.Int128) * PPM <= pl.col("open").abs().cast(
        pl.Int128
    ) * share
    agrees = (pl.col("said_currency") == pl.col("doc_currency")) & (
        pl.col("said_amount") == pl.col("doc_amount_minor")
    )
    # A text that states another amount or currency than the document's contradicts it.
    fits = asked.filter(near & (agrees.fill_null(value=True) | ~pl.col("abroad")))
    less = fits.filter(pl.col("paid") < pl.col("open"))
    off = pl.col("open") - pl.col("paid")
    changed = pl.concat(
        [
            fits.filter(pl.col("paid") > pl.col("open")).select(
                "proposal",
                "item",
                cash="open",
                deduction=pl.lit(0, dtype=pl.Int64),
                deduction_type=pl.lit(""),
            ),
            less.select("proposal", "item", cash="paid", deduction=off, deduction_type=pl.lit("FX")),
        ]
    )
    legs = pl.concat(
        [legs.join(changed, on="proposal", how="anti", maintain_order="left"), changed.select(legs.columns)]
    )
    gained = fits.select("proposal", gain=(pl.col("paid") - pl.col("open")).clip(0))
    joined = sets.join(gained, on="proposal", how="left", maintain_order="left")
    mine = pl.col("gain").is_not_null()
    joined = joined.with_columns(
        kind=pl.when(mine).then(pl.lit("rate")).otherwise("kind"),
        auto=pl.col("auto") & ~mine,
        codes=pl.when(mine).then(pl.lit([CODE])).otherwise("codes"),
        on_account=pl.when(mine).then("gain").otherwise("on_account"),
        short=pl.when(mine).then(0).otherwise("short"),
        reason=pl.when(mine)
        .then(pl.lit("the document's own currency at another rate than it is booked"))
        .otherwise("reason"),
    )
    return joined.drop("gain"), legs


def _stated(ready: Ready, rules: Rules) -> pl.DataFrame:
    """What each line says in another currency.

    Returns (line, said_currency, said_amount, makes): the amount in minor units of the line's currency; `makes` says
    that at the stated rate it is what was paid, to the penny.
    """
    schema = pl.Schema(
        {"line": pl.Int64, "said_currency": pl.String, "said_amount": pl.Int64, "makes": pl.Boolean}
    )
    pattern = rules.exchange.stated
    if not all(f"(?P<{name}>" in pattern for name in ("currency", "amount", "rate")):
        return pl.DataFrame(schema=schema)
    lines = ready.lines.filter(pl.col("text").str.contains(f"(?i){pattern}") & (pl.col("amount") > 0))
    said = pl.col("text").str.extract_groups(f"(?i){pattern}").struct
    parts = lines.select(
        "line",
        "amount",
        said_currency=said.field("currency"),
        value=said.field("amount").str.replace_all(",", "", literal=True),
        rate=said.field("rate"),
        scale=pl.col("currency").replace_strict(
            list(ready.scales), list(ready.scales.values()), default=2, return_dtype=pl.Int64
        ),
    )
    for name in ("value", "rate"):
        digits = pl.col(name).str.replace(".", "", literal=True)
        short = pl.when(digits.str.len_chars() <= DIGITS_MAX).then(digits)
        places = pl.col(name).str.extract(r"\.(\d*)$", 1).str.len_chars().fill_null(0).cast(pl.Int64)
        parts = parts.with_columns(
            short.cast(pl.Int64, strict=False).alias(f"{name}_digits"), places.alias(f"{name}_places")
        )
    unit = _ten(pl.col("value_places") + pl.col("rate_places"))
    product = pl.col("value_digits").cast(pl.Int128) * pl.col("rate_digits") * _ten(pl.col("scale"))
    makes = (product - pl.col("amount").cast(pl.Int128) * unit).abs() * 2 <= unit
    fine = pl.col("value_digits").cast(pl.Int128) * _ten(pl.col("scale")) // _ten(pl.col("value_places"))
    return parts.select(
        "line", "said_currency", said_amount=fine.cast(pl.Int64), makes=makes.fill_null(value=False)
    ).cast(schema)


def _ten(power: pl.Expr) -> pl.Expr:
    """A power of ten."""
    places = list(range(PLACES_MAX + 1))
    return power.replace_strict(places, [10**place for place in places], default=None, return_dtype=pl.Int64)
