"""Which currency the rows of a table are in, where no column of theirs says it.

Of a remittance a column or a single value of the advice says it first; then the sign beside an amount (`£ 100.00`,
`USD 300.00`); then the one sign that stands beside money anywhere in the text (`Amount (EUR)`, `Total $800.00`); then
the profile's constant. A bank's or a ledger's amount may bear a sign, too. A row whose amounts bear another sign than
it says is left out: nobody knows what its figures mean.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.ingest.grid import POSITION
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


def of_amounts(work: Work, name: str, read: pl.Series) -> bool:
    """See to the signs that stand beside amounts of a bank's or a ledger's table; returns whether rows were left out.

    `EUR 17.00` is in euro: a row that says no currency has that one, and one that says pounds is left out.

    Args:
        work: its rows have the column as in the file, and `currency`.
        name: the column.
        read: what was read of it, row by row.
    """
    own = {"currency", name} <= set(
        work.rows.columns
    ) and name != "doc_amount"  # which has a currency of its own
    if work.profile.kind is Kind.REMITTANCE or not own:
        return False
    odd = work.rows.filter(work.rows[name].ne_missing(read)).select(POSITION, "currency", raw=name)
    marks = [pl.when(pl.col("raw").str.contains(sign)).then(pl.lit(code)) for code, sign in _SIGNS.items()]
    marked = odd.with_columns(mark=pl.coalesce(marks)).drop_nulls("mark")
    if marked.is_empty():
        return False
    said = pl.col("currency").fill_null("").str.to_uppercase().str.strip_chars().replace(_NAMES)
    wrong = marked.filter((said != "") & ~_means(said, pl.col("mark")))[POSITION]
    silent = marked.filter(said == "")
    # A dollar or a rupee is of several countries; which, the rules say.
    silent = silent.filter(~pl.col("raw").str.contains(r"^\P{L}*[$]\P{L}*$"))
    filled = work.rows.select(POSITION).join(
        silent.select(POSITION, "mark"), on=POSITION, how="left", maintain_order="left"
    )
    work.rows = work.rows.with_columns(currency=pl.coalesce(filled["mark"], pl.col("currency")))
    what = f"{work.label(name)} bears the sign of another currency than the row; it was left out"
    work.drop(
        pl.col(POSITION).is_in(wrong.implode()),
        "value-amount",
        what,
        "write the currency that the amount is in",
    )
    return len(wrong) > 0


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
