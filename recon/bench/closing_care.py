"""Who was cared for under which contract in a sample job's March, and what of it was invoiced.

an invoice of 2,104.00 paid by nobody, to a council, for one person -> 28 nights at 526.00 a week, 2 to 30 March
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from recon.bench.closing_story import BEFORE, MONTH, Row, Story

COUNT: Final = 14
_LENGTHS: Final = (28, 14, 7)  # nights: whole weeks, so that a weekly rate gives the invoice's amount
_SITES: Final = ("Ashgrove", "Birchwood", "Cedar House")
_FIRST: Final = date(2026, 3, 2)
_LONG: Final = date(
    2026, 2, 16
)  # five weeks of which nothing is invoiced, February's nights since 5 March too late
_ENDS: Final = {1: date(2027, 3, 31), 4: BEFORE, 5: date(2026, 5, 31)}  # renewed, over, ends soon


@dataclass(frozen=True)
class Stay:
    """A person's stay in March: who pays which rate under which contract, and the invoice for it, if there is one."""

    contract: str
    customer: str
    person: str
    site: str
    first: date
    last: date  # the day of discharge; nights are one less than the days
    rate: int
    item: str
    trouble: str  # "" as it should be; rate, days, unbilled or po


def stays(story: Story) -> tuple[Stay, ...]:
    """The stays of a job that has persons in its ledger; nobody of a job that has none."""
    persons = [one.person for one in story.opened]
    found: list[Stay] = []
    for one in story.waiting:
        if len(found) == COUNT:
            break
        if one.issued < MONTH or not one.person or persons.count(one.person) > 1:
            continue
        weeks = next(nights // 7 for nights in _LENGTHS if one.left * 7 % nights == 0)
        at = len(found)
        trouble = {3: "rate", 6: "days", 9: "po"}.get(at, "")
        rate = one.left // weeks
        about = (f"CT-{101 + at}", one.customer, one.person, _SITES[at % len(_SITES)], _FIRST)
        last = _FIRST + timedelta(days=7 * weeks)
        found.append(Stay(*about, last, rate, one.item_id, trouble))
    if found:  # two that nobody has invoiced
        for at in (0, 1):
            about = (f"CT-{180 + at}", found[at].customer, f"SU-90{at:02d}", _SITES[at], _LONG)
            found.append(Stay(*about, date(2026, 3, 23), 140_000 + 8_000 * at, "", "unbilled"))
    return tuple(found)


def contracts(story: Story, care: Sequence[Stay]) -> list[Row]:
    """Rate cards; of the job without persons those whose days to pay run from acceptance."""
    rows: list[Row] = []
    for at, one in enumerate(care):
        rate = one.rate * 1035 // 1000 if one.trouble == "rate" else one.rate
        about: Row = {
            "contract_id": one.contract,
            "customer_id": one.customer,
            "service_user_ref": one.person,
        }
        about |= {"valid_from": date(2025, 4, 1), "weekly_rate": rate, "day_rule": "nights", "share": "100"}
        about |= {"billing_day": 5, "po_no": "" if at % 3 else f"PO-{7000 + at}"}
        about |= {"po_needed": "yes" if one.trouble == "po" or not at % 3 else ""}
        about |= {"ends": _ENDS.get(at), "renewal": "signed" if at == 1 else ""}
        rows.append(about | {"clock": "invoice", "currency": story.currency})
    if not care:
        customers = sorted({one.customer for one in story.waiting if one.issued >= MONTH})[:6]
        for at, customer in enumerate(customers):
            about = {
                "contract_id": f"AHC-{301 + at}",
                "customer_id": customer,
                "valid_from": date(2025, 4, 1),
            }
            about |= {"weekly_rate": 2_450_000 + 50_000 * at, "billing_day": 10, "currency": story.currency}
            about |= {
                "ends": {0: BEFORE, 1: date(2026, 4, 30)}.get(at),
                "renewal": "in talks" if at in (0, 1) else "",
            }
            rows.append(about | {"clock": "acceptance" if at % 2 == 0 else "invoice"})
    return rows


def census(care: Sequence[Stay]) -> list[Row]:
    """Who was there; one of them a day longer than was invoiced."""
    return [
        {"service_user_ref": one.person, "contract_id": one.contract, "site": one.site, "admitted": one.first}
        | {"discharged": one.last + timedelta(days=one.trouble == "days")}
        for one in care
    ]


def unbilled(story: Story, care: Sequence[Stay]) -> list[Row]:
    """What was delivered and not invoiced: the stays without an invoice; else of some customers."""
    if care:
        return [
            {"customer_id": one.customer, "contract_id": one.contract, "service_from": one.first}
            | {"service_to": one.last, "amount": one.rate * 5, "currency": story.currency}
            for one in care
            if not one.item
        ]
    customers = sorted({one.customer for one in story.waiting if one.issued >= MONTH})[:4]
    return [
        {"customer_id": customer, "contract_id": f"AHC-{301 + at}", "service_from": date(2026, 3, 1)}
        | {"service_to": story.case.as_of, "amount": 18_000_000 + 2_500_000 * at, "currency": story.currency}
        for at, customer in enumerate(customers)
    ]
