"""Amounts as banks write them -> plain decimal text. Never a float on the way.

`1,20,000.00`, `4.200,00`, `4,200.00-`, `(4,200.00)`, `4200.00 Dr`, `Rs.100`, `£ 1 234.50`, `.54` are amounts;
what can't be read for sure is null, and the caller says so.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import polars as pl

from recon.model import SCALE_MAX

WHOLE_MAX = 12  # digits before the point: with SCALE_MAX behind it this still fits 64 bits
_CLEAN = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"
_PLAIN: Final = re.compile(r"(?:-?[1-9][0-9]{0,11}|0)(?:\.[0-9]{1,6})?")
_TOO_FINE = rf"\.[0-9]{{{SCALE_MAX}}}[0-9]*[1-9]"
_CURRENCY = r"(?i)(rs\.?|inr|gbp|eur|usd|chf|[£€$₹])"
_NUMBER = r"^([0-9]+|[0-9]{1,3}(,[0-9]{3})+|[0-9]{1,2}(,[0-9]{2})*,[0-9]{3})?(\.[0-9]*)?$"
# In the standard file a comma is a thousands mark only where a point or another comma follows it: `1,234` could be
# German, `1,00,000` and `1,234,567` could not.
_NUMBER_STRICT = (
    r"^([0-9]*(\.[0-9]*)?|[0-9]{1,3}(,[0-9]{3})+\.[0-9]+|[0-9]{1,2}(,[0-9]{2})*,[0-9]{3}\.[0-9]+"
    r"|[0-9]{1,3}(,[0-9]{3}){2,}|[0-9]{1,2}(,[0-9]{2})+,[0-9]{3})$"
)
LONE_COMMA: Final = r"^\D{0,8}[0-9]{1,3},[0-9]{3}\D{0,8}$"  # `100,000`: thousands, or three decimals


# What on paper is an amount, read or not: its marks, its currency on either side, `/-` behind rupees.
_UNIT = r"(?:Rs\.?|[£€$₹]|(?!net|tds|vat|due|cis|sum|nil|inv|tax)[A-Z]{3})"
_SIGNS = "[-+\u2010-\u2014\u2212( ]{0,4}"
LOOKS: Final = re.compile(
    rf"{_SIGNS}(?:[CD]R\.? ?)?(?:{_UNIT})?{_SIGNS}\.?\d[\d,. ]{{0,25}}(?:/[-=])?[-+\u2010-\u2014\u2212) ]{{0,4}}"
    rf"(?:{_UNIT}|[CD]R\b)?\.?[) ]{{0,2}}",
    re.IGNORECASE,
)
SIDED = r"(?i)^[cd]r\b|[cd]r?\.?$"  # says credit or debit, and not whose


def plain(text: pl.Series, decimal: str = ".", *, strict: bool = False) -> pl.Series:
    """Decimal text of each amount (`-4200.00`), "" where it is empty, null where it can't be read.

    Args:
        text: as in the file, without outer blanks.
        decimal: the decimal mark, `.` or `,`.
        strict: the standard file, where a comma alone is no thousands mark.
    """
    return looked_at(text, decimal, strict=strict)[0]


def looked_at(text: pl.Series, decimal: str = ".", *, strict: bool = False) -> tuple[pl.Series, bool]:
    """As `plain`, and whether any amount may have more decimals than money can have: most columns have none."""
    text = text.fill_null("")
    rows = pl.DataFrame({"raw": text})
    raw = pl.col("raw")
    if decimal == ".":
        # Most are plain already; what isn't, or begins with idle noughts, is read with care.
        idle = raw.str.starts_with("-0") | (raw.str.starts_with("0") & ~raw.str.starts_with("0."))
        odd = rows.with_row_index("at").filter((~raw.str.contains(_CLEAN) & (raw != "")) | idle)
    else:
        odd = rows.with_row_index("at")
    if odd.is_empty():
        return text, False
    read = odd.select(_read(raw, decimal, strict=strict)).to_series()
    fine = read.to_frame("read").select(too_fine(pl.col("read")).any()).item()
    return text.scatter(odd["at"], read), bool(fine)


def _read(raw: pl.Expr, decimal: str, *, strict: bool) -> pl.Expr:
    bare = raw.str.replace_all(r"[\s'\x{2019}_*]", "").str.replace_all("\N{MINUS SIGN}", "-", literal=True)
    bare = bare.str.replace_all(_CURRENCY, "")
    bare = bare.str.replace(r"/[-=]$", "")
    debit = bare.str.contains(r"(?i)dr?\.?$")
    credit = bare.str.contains(r"(?i)cr?\.?$")
    bare = bare.str.replace(r"(?i)[cd]r?\.?$", "")
    brackets = bare.str.contains(r"^\(.*\)$")
    bare = pl.when(brackets).then(bare.str.slice(1, bare.str.len_chars() - 2)).otherwise(bare)
    leading, trailing = bare.str.contains(r"^[-+]"), bare.str.contains(r"[-+]$")
    minus = bare.str.contains(r"^-|-$")
    digits = bare.str.replace(r"^[-+]", "").str.replace(r"[-+]$", "")
    if decimal == ",":
        digits = digits.str.replace_all(".", "\x1f", literal=True)
        digits = digits.str.replace_all(",", ".", literal=True).str.replace_all("\x1f", ",", literal=True)
    # One mark of the sign at most: who writes two means something we don't know.
    marks = brackets.cast(pl.Int8) + leading.cast(pl.Int8) + trailing.cast(pl.Int8)
    marks = marks + debit.cast(pl.Int8) + credit.cast(pl.Int8)
    readable = digits.str.contains(_NUMBER_STRICT if strict else _NUMBER) & digits.str.contains(r"[0-9]")
    digits = digits.str.replace_all(",", "", literal=True)
    whole = digits.str.extract(r"^0*([0-9]*)", 1)
    fraction = digits.str.extract(r"\.([0-9]+)$", 1).fill_null("")
    number = pl.when(whole.str.len_chars() == 0).then(pl.lit("0")).otherwise(whole)
    number = number + pl.when(fraction.str.len_chars() > 0).then(pl.lit(".") + fraction).otherwise(pl.lit(""))
    sign = (minus | brackets | debit) & digits.str.contains(r"[1-9]")
    number = pl.when(sign).then(pl.lit("-") + number).otherwise(number)
    fits = readable & (marks <= 1) & (whole.str.len_chars() <= WHOLE_MAX)
    return pl.when(raw.str.len_chars() == 0).then(pl.lit("")).when(fits).then(number)


def too_fine(amounts: pl.Expr) -> pl.Expr:
    """Whether decimal text has more decimals than money can have; noughts at its end don't count."""
    return amounts.str.contains(_TOO_FINE)


def negated(amounts: pl.Expr) -> pl.Expr:
    """Decimal text with the other sign; nought has none."""
    flipped = (
        pl.when(amounts.str.starts_with("-")).then(amounts.str.slice(1)).otherwise(pl.lit("-") + amounts)
    )
    return pl.when(amounts.str.contains("[1-9]")).then(flipped).otherwise(amounts)


@lru_cache(maxsize=4096)
def one(text: str, decimal: str = ".") -> str | None:
    """One amount as decimal text; None where it can't be read or has too many decimals."""
    if decimal == "." and _PLAIN.fullmatch(text):  # a frame for each takes a thousand times as long
        return text
    found = plain(pl.Series([text.strip()], dtype=pl.String), decimal)
    fine = found.to_frame("a").select(too_fine(pl.col("a")).fill_null(value=False)).item()
    value: str | None = found.item()
    return None if fine or not value else value
