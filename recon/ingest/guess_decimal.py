"""Which mark stands before the decimals of an unknown file's amounts, and whether the file can tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from recon.ingest.guess_cells import Cells
from recon.ingest.guess_choices import Sure
from recon.model import exponent

_NUMBERS: Final = 0.5  # of a column's cells: fewer are no amounts
_MOST: Final = 0.8
_THREE: Final = 3
_CODES: Final = re.compile(
    r"\b(GBP|EUR|INR|USD|AUD|CAD|CHF|SGD|HKD|AED|CZK|HUF|DKK|SEK|NOK|PLN|ZAR|JPY|BHD|IQD|JOD|KWD|LYD|OMR|TND)\b"
)


def settle(columns: Sequence[Cells], texts: Sequence[str]) -> tuple[str, Sure, bool]:
    """The decimal mark, how sure it is, and whether it has to be asked for.

    Where both marks read every amount, `1.250` is a thousand in pounds and one and a quarter in Kuwaiti dinars: the
    currency's decimals tell, if the file says the currency; else nothing does.

    Args:
        columns: the table's columns.
        texts: names, titles and the file's name, which may say the currency.
    """
    read = {".": 0.0, ",": 0.0}
    three = {".": 0, ",": 0}
    amounts = 0
    for column in columns:
        if column.empty or column.days or column.number < _NUMBERS:
            continue
        for mark in read:
            read[mark] += column.numbers(mark) * len(column.filled)
            whole = rf"^\D*\d{{1,3}}{'[.]' if mark == '.' else ','}\d{{3}}\D*$"
            found = int(column.filled.str.contains(whole).sum())
            three[mark] += found
            amounts += len(column.filled) if found else 0
    if read["."] != read[","]:
        return ("," if read[","] > read["."] else "."), Sure.PROVED, False
    thousand = "," if three["."] > three[","] else "."
    if not any(three.values()):
        return thousand, Sure.ASSUMED, False
    decimals = {exponent(code) for code in _currencies(columns, texts)}
    if decimals and max(decimals) < _THREE:
        return thousand, Sure.LIKELY, False
    if decimals == {_THREE} and sum(three.values()) == amounts and not all(three.values()):
        return ("." if thousand == "," else ","), Sure.LIKELY, False
    return thousand, Sure.ASSUMED, True


def _currencies(columns: Sequence[Cells], texts: Sequence[str]) -> set[str]:
    """The currencies that a file names: in a column of them, else in its texts, or by a sign in amounts."""
    cells = [column.filled for column in columns if not column.empty and column.currencies >= _MOST]
    if cells:
        return set(pl.concat(cells).str.to_uppercase().unique().to_list())
    found = {code for text in texts for code in _CODES.findall(text.upper())}
    for sign, code in (("£", "GBP"), ("€", "EUR"), ("₹", "INR")):
        if any(column.filled.str.contains(sign, literal=True).any() for column in columns if column.number):
            found.add(code)
    return found
