"""The account that a bank's export states above its heading, where its rows do not say it.

    Account number: 12345678, Sort code: 20-00-00        ->  20-00-00 12345678
    Statement of Account No - 900000000000001 for ...    ->  900000000000001
    IBAN  GB29 NWBK 6016 1331 9268 19                    ->  GB29NWBK60161331926819

Without it the lines of two accounts would be lines of one, and equal ones among them duplicates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import polars as pl

from recon.ingest.work import Work
from recon.model import Kind

_IBAN: Final = re.compile(r"\bIBAN\b\W{0,10}([A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30})(?![A-Z0-9])", re.ASCII)
# Words that may stand between the label and the number: `No`, `Number`, a colon, a dash.
_LABEL: Final = r"(?:account|acct?|a/c)\b\.?(?:\s{0,3}(?:number|num|no|nr)\b\.?|\s{0,3}#|(?=\s{0,3}:))"
_NUMBER: Final = re.compile(
    rf"(?i)\b{_LABEL}\s{{0,3}}[:=\-]{{0,2}}\s{{0,3}}([0-9X*](?:[ -]?[0-9X*]){{4,29}})(?![A-Z0-9])", re.ASCII
)
_SORT_CODE: Final = re.compile(
    r"(?i)\bsort\s?code\s{0,3}[:=\-]{0,2}\s{0,3}(\d\d)[- ]?(\d\d)[- ]?(\d\d)(?!\d)", re.ASCII
)
_DIGITS: Final = 4  # of a number that is printed with most of its digits hidden


def account(texts: Iterable[str]) -> str:
    """The one account that lines of text state; "" if they state none, or several."""
    whole = "\n".join(texts)
    ibans = {"".join(found.split()) for found in _IBAN.findall(whole)}
    if len(ibans) == 1:
        return ibans.pop()
    numbers = {found for found in _NUMBER.findall(whole) if sum(map(str.isdigit, found)) >= _DIGITS}
    codes = {"-".join(found) for found in _SORT_CODE.findall(whole)}
    if len(numbers) != 1 or ibans or len(codes) > 1:
        return ""
    return " ".join([*codes, *numbers])


def fill(work: Work, heading: int) -> None:
    """Put the account that stands above the heading into bank lines that lack one; `heading` is where that is."""
    if work.profile.kind is not Kind.BANK or not heading or work.rows.is_empty():
        return
    bare = pl.col("account") == ""
    if not work.rows.select(bare.any()).item():
        return
    found = account(line.text for line in work.grid.text() if line.position < heading)
    if found:
        work.rows = work.rows.with_columns(
            pl.when(bare).then(pl.lit(found)).otherwise(pl.col("account")).alias("account")
        )
