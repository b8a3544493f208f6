"""Which currency an unknown file is in, where no column says it: names, titles, signs beside amounts, sort codes."""

from __future__ import annotations

import re
from typing import Final

from recon.ingest import guess_roles
from recon.ingest.guess import Guess
from recon.model import PROFILED

_SIGNS: Final = {"£": "GBP", "€": "EUR", "₹": "INR"}
_CODES: Final = re.compile(r"\b(GBP|EUR|INR|USD|AUD|CAD|CHF|SGD|HKD|AED|CZK|HUF|DKK|SEK|NOK|PLN|ZAR)\b")
_RUPEES: Final = r"\d,\d\d,\d{3}\.|(?i)^rs\.? ?\d"
_SORT_CODE: Final = r"^'?\d\d-\d\d-\d\d\b"


def of(made: Guess) -> tuple[str, str]:
    """The currency that a file without a column of it is in, and what says so; "" if nothing does."""
    if "currency" in made.roles.of or "currency" not in PROFILED[made.kind].file_columns:
        return "", ""
    money = [one for role in guess_roles.MONEY for one in made.roles.of.get(role, ())]
    for texts, why in (
        ([column.name for column in money], "the names of its columns say so"),
        (made.top.names, "the heading says so"),
        (made.top.titles, "the rows before the heading say so"),
    ):
        found = {code for text in texts for code in _CODES.findall(text.upper())}
        if len(found) == 1:
            return found.pop(), why
    for column in money:
        for sign, code in _SIGNS.items():
            if column.filled.str.contains(sign, literal=True).any():
                return code, f"amounts are written with {sign}"
        if column.filled.str.contains(_RUPEES).any():
            return "INR", "amounts are written in rupees, or grouped in lakhs"
    accounts = [one for role in ("sort_code", "account") for one in made.roles.of.get(role, ())]
    if any(column.share(column.filled.str.contains(_SORT_CODE)) == 1 for column in accounts):
        return "GBP", "the account has a British sort code"
    return "", ""
