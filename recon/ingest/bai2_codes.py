"""What BAI2's type codes mean: money in, money out, or a payment that came back.

Source: Cash Management Balance Reporting Specifications, Version 2 (BAI), appendix A: 100-399 are credits, 400-699
debits, 700-759 payments of loans (credits), 920-959 and 960-999 a bank's own of both. The rest is no money.
"""

from __future__ import annotations

from typing import Final

CREDIT: Final = ((100, 399), (700, 759), (920, 959))
DEBIT: Final = ((400, 699), (960, 999))
# Returned items and reversals, by their names in the appendix.
RETURNED: Final = (123, 252, 255, 257, 258, 266, 268, 395, 423, 468, 552, 555, 557, 558, 566, 568, 694)

OPENING: Final = "010"  # opening ledger
CLOSING: Final = "015"  # closing ledger
STATUS: Final = {"2": "a deletion", "4": "only a test"}  # groups whose lines are not booked
