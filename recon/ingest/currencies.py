"""Which currency the rows of a remittance table are in, where no column of theirs says it.

A column or a single value of the advice says it first; then the sign beside an amount (`£ 100.00`, `USD 300.00`);
then the one sign that stands beside money anywhere in the text (`Amount (EUR)`, `Total $800.00`); then the profile's
constant. A row whose amounts bear another sign than it says is left out: nobody knows what its figures mean.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.ingest.work import Work
from recon.model import Kind

_SIGNS: Final = {
    "GBP": r"£|(?i:gbp)",
    "EUR": r"€|(?i:eur)",
    "USD": r"\$|(?i:usd)",
    "INR": r"₹|(?i:inr|rs\b|rs\.)",
    "CHF": r"(?i:chf)",
}
# Signs that several currencies share: whoever states one of these means it by the sign.
_SHARED: Final = {
    "USD": ("AUD", "BMD", "BSD", "BZD", "CAD", "FJD", "GYD", "HKD", "JMD", "MXN", "NZD", "SGD", "TTD", "TWD"),
    "INR": ("LKR", "MUR", "NPR", "PKR", "SCR"),
}
_NAMES: Final = {"£": "GBP", "€": "EUR", "$": "USD", "US$": "USD", "₹": "INR", "RS": "INR", "RS.": "INR"}
_CODES: Final = "GBP|EUR|USD|INR|CHF|AUD|CAD|NZD|SGD|HKD|JPY|CNY|ZAR|AED|SEK|NOK|DKK|PLN"
_BEFORE: Final = rf"(?:[£€$₹]|\b(?:{_CODES}|Rs\.?))"
_BEHIND: Final = rf"(?:[£€$₹]|(?:{_CODES})\b)"
_BESIDE: Final = (
    rf"{_BEFORE}\s*[-(]?\d",
    rf"\d[.,]\d\d\s*{_BEHIND}",
    rf"[(\[]\s*{_BEFORE}\s*[)\]]",
    rf"(?i:amount|paid|payment|total|value|net|gross)(?:\s+(?:in|of))?\s+{_BEFORE}(?:\s|$)",
)
_SIGN: Final = rf"([£€$₹]|{_CODES}|Rs)"


def settle(work: Work) -> None:
    """Fill `currency` of a remittance's rows, whose money is still text as in the file; see the module's words."""
    if work.profile.kind is not Kind.REMITTANCE or work.rows.is_empty():
        return
    stated = pl.col("currency").str.to_uppercase().str.strip_chars()
    work.rows = work.rows.with_columns(stated.replace(_NAMES).alias("currency"))
    money = [column.name for column in work.columns if column.money]
    marks = [
        pl.when(pl.any_horizontal(pl.col(money).str.contains(sign))).then(pl.lit(code))
        for code, sign in _SIGNS.items()
    ]
    work.rows = work.rows.with_columns(pl.concat_list(marks).list.drop_nulls().alias("_marks"))
    mark = pl.col("_marks").list.first()
    said = pl.col("currency")
    other = (said != "") & ~_means(said, mark)
    what = "the row's amounts bear the sign of another currency than the row; it was left out"
    unsure = (pl.col("_marks").list.len() > 1) | other.fill_null(value=False)
    work.drop(unsure, "value-amount", what, "ask the payer which currency is right")
    usual = work.profile.constants.get("currency", "").upper()
    silent = (said == "") & mark.is_null()
    around = _around(work) if work.rows.select(silent.any()).item() else ""
    spare = usual if not around or usual in _SHARED.get(around, ()) else around
    of_sign = pl.when(_means(pl.lit(usual), mark)).then(pl.lit(usual)).otherwise(mark)
    found = pl.when(said != "").then(said).when(mark.is_not_null()).then(of_sign).otherwise(pl.lit(spare))
    work.rows = work.rows.with_columns(found.alias("currency")).drop("_marks")


def _means(said: pl.Expr, mark: pl.Expr) -> pl.Expr:
    """Whether a sign may stand for the currency that is said."""
    shared = [(mark == code) & said.is_in(others) for code, others in _SHARED.items()]
    return (said == mark) | pl.any_horizontal(shared)


def _around(work: Work) -> str:
    """The one currency whose sign stands beside money in the text; "" if there is none or several."""
    lines = pl.DataFrame({"text": [line.text for line in work.grid.text()]}, schema={"text": pl.String})
    found: set[str] = set()
    for pattern in _BESIDE:
        hits = lines.select(pl.col("text").str.extract_all(pattern).explode().str.extract(_SIGN, 1))
        found |= {_NAMES.get(hit.upper(), hit) for hit in hits.to_series().drop_nulls().to_list()}
    return found.pop() if len(found) == 1 else ""
