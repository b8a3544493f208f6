"""What a sample job's people know of its customers: limits, losses, submissions, promises, plans, queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Final

from recon.bench.closing_story import MONTH, Entry, Row, Story, weekday

_OLD: Final = date(2025, 12, 15)  # due before it: long overdue
_SUBMITTED: Final = 90
_PEOPLE: Final = ("A. Rao", "M. Hill", "S. Khan")
_SITES: Final = ("Ashgrove", "Birchwood", "Cedar House")
_WORDS: Final = {
    "NHS": ("NHS",),
    "council": ("Council", "Borough", "City of"),
    "corporate": ("Ltd", "Limited", "plc", "LLP", "Pvt", "Group", "Insurance"),
}


def segment(name: str) -> str:
    """The kind of payer that a name tells."""
    return next((kind for kind, words in _WORDS.items() if any(one in name for one in words)), "self-pay")


def limits(story: Story) -> list[Row]:
    """A limit for every customer with open items but one; some are over it. Of groups, one for all."""
    rng = story.rng("limits")
    sums: dict[str, int] = defaultdict(int)
    names: dict[str, str] = {}
    for one in story.opened:
        sums[one.customer] += one.left
        names[one.customer] = one.name
    step = 500_000 if story.uk else 10_000_000
    rows: list[Row] = []
    for at, (customer, amount) in enumerate(sorted(sums.items())):
        row: Row = {"customer_id": customer, "segment": segment(names[customer]), "currency": story.currency}
        if at != 1:
            row["credit_limit"] = max(amount * rng.randint(85, 220) // 100 // step + 1, 1) * step
        if at % 40 == 7:  # noqa: PLR2004 - a few are secured or insured
            row |= {"security": step // 2, "insured": step}
        rows.append(row)
    return rows


def losses(story: Story) -> list[Row]:
    """What became of the invoices of a year, by the buckets of the provision."""
    unit = 100_000 if story.uk else 2_000_000
    paid = {"not_due": 24_000, "days_1_30": 9_500, "days_31_60": 3_800, "days_61_90": 1_500, "over_90": 1_020}
    return [
        {"bucket": bucket, "paid": amount * unit, "currency": story.currency}
        | {"never_collected": 180 * unit}
        for bucket, amount in paid.items()
    ]


def _aged(story: Story) -> list[Entry]:
    return [one for one in story.waiting if one.due and one.due < _OLD]


def provisions(story: Story) -> list[Row]:
    """The opening allowance, one debtor assessed by itself, and what was used."""
    unit = 100_000 if story.uk else 2_000_000
    worst = _aged(story)[0]
    about: Row = {"currency": story.currency, "date": date(2026, 2, 28), "approver": "CFO"}
    specific: Row = {"provision_id": "P-2", "type": "specific", "customer_id": worst.customer}
    specific |= {
        "item_id": worst.item_id,
        "expected_recovery": "40",
        "reason": "administrators' report of February",
    }
    opening: Row = {"provision_id": "P-1", "type": "opening", "reason": "closing of February"}
    used: Row = {"provision_id": "P-3", "type": "used", "reason": "written off in March"}
    return [
        about | opening | {"amount": (440 if story.uk else 600) * unit},
        about | specific,
        about | used | {"amount": 3 * unit, "date": date(2026, 3, 27)},
    ]


def submissions(story: Story, clocked: Collection[str]) -> list[Row]:
    """The latest invoices on their way to the customer: most accepted, some silent, rejected or not sent.

    Customers whose days to pay run from acceptance have accepted all but their latest ones.
    """
    rng = story.rng("submissions")
    recent = [
        one for one in story.opened if one.kind == "invoice" and one.issued >= MONTH - timedelta(days=20)
    ]
    rows: list[Row] = []
    latest = recent[-_SUBMITTED:]
    older = [one for one in story.opened if one.kind == "invoice" and one.customer in clocked]
    for one in older:
        accepted = weekday(one.issued + timedelta(days=rng.randint(3, 12)))
        if one in latest or accepted > story.case.as_of:
            continue
        row: Row = {
            "item_id": one.item_id,
            "doc_no": one.doc_no,
            "customer_id": one.customer,
            "channel": "portal",
        }
        rows.append(row | {"created": one.issued, "sent": one.issued, "accepted": max(accepted, one.issued)})
    for at, one in enumerate(latest):
        sent = weekday(one.issued + timedelta(days=rng.randint(0, 2)))
        sent = max(sent, one.issued)
        row = {"item_id": one.item_id, "doc_no": one.doc_no, "customer_id": one.customer}
        row |= {"period_end": one.issued - timedelta(days=rng.randint(0, 6)), "created": one.issued}
        if at % 17 != 11:  # noqa: PLR2004 - not sent yet
            row |= {"sent": sent, "channel": rng.choice(("portal", "e-mail")), "receipt_id": f"RX{at:04d}"}
            answered = min(sent + timedelta(days=rng.randint(1, 9)), story.case.as_of)
            if at % 13 == 4:  # noqa: PLR2004 - sent back
                row |= {"rejected": answered, "reason": "purchase order missing"}
            elif at % 11 != 7:  # noqa: PLR2004 - the others: nothing is heard
                row["accepted"] = answered
        rows.append(row)
    return rows


def promises(story: Story) -> list[Row]:
    """Promises of the month: kept by its bank lines, broken, still to come, cancelled, and one that says no day."""
    lines = story.case.bank_lines.select("line_id", "booking_date")
    sure = story.case.truth.filter(story.case.truth["expected"] == "auto").select("line_id")
    taken = story.case.truth_allocations.join(sure, on="line_id").join(lines, on="line_id")
    came = {
        item: day for item, day in taken.sort("line_id").select("item_id", "booking_date").iter_rows() if item
    }
    kept = [one for one in story.opened if one.item_id in came and one.kind == "invoice"][5:60:11]
    waiting = [one for one in story.waiting if one.due and one.due < MONTH][7:400:31]
    rows: list[Row] = []
    for one in kept:
        day = came[one.item_id]
        rows.append(_promise(one, day - timedelta(days=9), day + timedelta(days=1), "open"))
    for at, one in enumerate(waiting[:9]):
        broken = at % 2 == 0
        made = date(2026, 3, 3 + at) if broken else date(2026, 3, 20 + at)
        rows.append(_promise(one, made, made + timedelta(days=10 if broken else 14), "open"))
    if rows:
        rows[-1]["status"] = "cancelled"
        rows[-2]["amount"] = None
    for at, row in enumerate(rows, 1):
        row |= {"promise_id": f"PR-{at:03d}", "currency": story.currency}
    return rows


def _promise(one: Entry, made: date, by: date, status: str) -> Row:
    row: Row = {"customer_id": one.customer, "item_id": one.item_id, "amount": one.left}
    return row | {"promised_date": by, "made": made, "who": "accounts payable", "status": status}


def plans(story: Story) -> list[Row]:
    """Two repayment plans: one whose first instalments did not come, one that begins in April."""
    named = {one.plan: one for one in story.opened if one.plan}
    rows: list[Row] = []
    if named:
        chosen = [(plan, one.customer, one.left) for plan, one in sorted(named.items())][:2]
    else:
        small = [
            (customer, sum(one.left for one in own))
            for customer, own in sorted(story.untouched.items())
            if all(one.kind == "invoice" and not one.dispute for one in own)
        ]
        chosen = [(f"PLAN-{101 + at}", *pair) for at, pair in enumerate(small[:2])]
    for at, (plan, customer, whole) in enumerate(chosen):
        first, agreed = (
            (date(2026, 2, 28), date(2026, 1, 26)) if at == 0 else (date(2026, 4, 30), date(2026, 3, 16))
        )
        part = whole // 4 // 100 * 100
        for number in range(4):
            due = date(first.year, first.month + number, 28)
            amount = part if number < 3 else whole - 3 * part  # noqa: PLR2004 - the last takes the rounding
            about: Row = {"plan_id": plan, "customer_id": customer, "instalment": number + 1, "due_date": due}
            about |= {"amount": amount, "currency": story.currency, "balance": whole, "agreed": agreed}
            rows.append(about | {"status": "agreed"})
    return rows


def queries(story: Story) -> list[Row]:
    """Queries on disputed and other items: open, late, without an owner, answered; one is closed too early."""
    disputed = [one for one in story.opened if one.dispute]
    others = [one for one in story.waiting if not one.dispute and one.issued < MONTH][11:300:37]
    reasons = ("rate", "wrong funder", "dates of stay", "purchase order", "tax")
    rows: list[Row] = []
    for at, one in enumerate([*disputed, *others][:11]):
        opened = date(2026, 1, 12) if one.dispute else date(2026, 2, 23) + timedelta(days=3 * at)
        opened = min(weekday(opened), story.case.as_of)
        row: Row = {"query_id": f"QU-{at + 1:03d}", "customer_id": one.customer, "item_id": one.item_id}
        row |= {"amount": one.left, "currency": story.currency, "opened": opened, "reason": reasons[at % 5]}
        row |= {"owner": "" if at % 4 == 1 else _PEOPLE[at % 3], "site": _SITES[at % 3]}
        if at % 3 == 2 and not (at == 2 and len(disputed) > 2):  # noqa: PLR2004 - every third is answered
            done = min(weekday(opened + timedelta(days=6)), story.case.as_of)
            row |= {"acknowledged": opened, "resolved": done, "closed": done, "outcome": "rejected"}
        rows.append(row)
    return rows


def risks(story: Story) -> list[Row]:
    """A notice and a report that say what they are, and a rumour that names no document."""
    worst, *others = list(dict.fromkeys(one.customer for one in _aged(story)))[:3]
    notice: Row = {"customer_id": worst, "type": "insolvency", "date": date(2026, 2, 19)}
    report: Row = {"customer_id": others[0], "type": "credit_score", "date": date(2026, 3, 4)}
    return [
        notice | {"evidence": "notice 4417/2026", "note": "administrators appointed"},
        report | {"evidence": "agency report of 4 March, page 2", "note": "score down from 71 to 38"},
        {
            "customer_id": others[1],
            "type": "other",
            "date": date(2026, 3, 18),
            "note": "said to close a site",
        },
    ]


def contacts(story: Story) -> list[Row]:
    """Who was spoken to in the quarter: most customers with old debts, some long ago, some never."""
    rng = story.rng("contacts")
    owed: dict[str, Sequence[Entry]] = {}
    for one in _aged(story):
        owed[one.customer] = (*owed.get(one.customer, ()), one)
    rows: list[Row] = []
    for at, customer in enumerate(sorted(owed)[:70]):
        if at % 6 == 5:  # noqa: PLR2004 - nobody spoke to them
            continue
        for back in (rng.randint(40, 80), rng.randint(1, 34))[: 1 if at % 5 == 3 else 2]:  # noqa: PLR2004
            day = weekday(story.case.as_of - timedelta(days=back))
            row: Row = {"customer_id": customer, "date": day, "who": rng.choice(_PEOPLE)}
            row |= {"channel": rng.choice(("call", "e-mail", "letter")), "next_action": "call again"}
            rows.append(row | {"next_date": weekday(day + timedelta(days=14))})
    rows.sort(key=lambda row: (row["date"], row["customer_id"]))
    for at, row in enumerate(rows, 1):
        row["contact_id"] = f"CO-{at:03d}"
    return rows
