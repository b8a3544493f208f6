"""The ledger's month of a sample job: movements, balances, general ledger, customers' own ledgers, the tax statement.

closed items were settled on a day drawn around their due date; what was settled before February is a sum by month.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from random import Random
from typing import Final

from recon.bench.closing_story import BEFORE, FIRST, MONTH, Entry, Row, Story, minor, weekday
from recon.bench.narratives import INDIA_ACCOUNTS, UK_ACCOUNTS

CONTROL: Final = "1100"
BANKS: Final = ("1201", "1202", "1203")
JOURNAL: Final = 185_000  # of the one manual journal on the control account
CHEQUE: Final = 48_250  # drawn in the ledger, not on the statement yet
OPENINGS: Final = (18_422_317, 5_201_060, 91_045_500)  # of the statements, recon.bench.sample.OPENING
_SALES_DAYS: Final = 8  # most days before or after its due date that an invoice was paid
_JOURNALS: Final = {
    "invoice": "SI",
    "credit_note": "SC",
    "receipt": "CB",
    "tax": "TD",
    "write_off": "WO",
    "refund": "RF",
}
_REASONS: Final = ("rate corrected", "discharge day not payable", "billed twice", "wrong funder")
_APPROVERS: Final = ("finance manager", "head of credit control")
_WRITTEN_OFF: Final = 150  # every so-manyth settlement of the month is a write-off


def movements(story: Story) -> list[Row]:
    """What changed the ledger: each entry since February, before it a sum of each month and type."""
    rng = story.rng("movements")
    rows = [_issued(story, one, rng) for one in (*story.opened, *story.closed) if one.issued >= FIRST]
    settled = [(one, _settled(one, story.case.as_of, rng)) for one in story.closed]
    late = [(one, day) for one, day in settled if day >= FIRST]
    for at, (one, day) in enumerate(late, 1):
        rows += _settlement(story, one, day, written_off=story.uk and at % _WRITTEN_OFF == 0)
    _rebill(rows)
    rows.sort(key=lambda row: (row["date"], list(_JOURNALS).index(row["type"]), row["doc_no"]))
    for at, row in enumerate(rows, 1):
        row["movement_id"] = f"M{at:05d}"
        row["currency"] = story.currency
        row["reference"] = f"{_JOURNALS[row['type']]}-{row['date']:%y%m%d}"
    return [*_history(story), *rows]


def _issued(story: Story, one: Entry, rng: Random) -> Row:
    kind = "receipt" if one.kind == "on_account" else one.kind
    row: Row = {"date": one.issued, "type": kind, "customer_id": one.customer, "doc_no": one.doc_no}
    row |= {"amount": one.amount, "due_date": one.due if kind == "invoice" else None}
    if kind == "credit_note":
        own = (other for other in story.opened if other.customer == one.customer and other.kind == "invoice")
        original = next((other.doc_no for other in own if other.issued <= one.issued), "")
        row |= {"applied_to": original, "reason": rng.choice(_REASONS), "approver": rng.choice(_APPROVERS)}
    return row


def _rebill(rows: list[Row]) -> None:
    """One credit note lacks reason and approver, and one was billed again: both are on *Adjustments*."""
    notes = [row for row in rows if row["type"] == "credit_note" and row["date"] >= MONTH]
    if notes:
        notes[0] |= {"reason": "", "approver": ""}
    for note in notes[1:]:
        later = (
            row
            for row in rows
            if row["type"] == "invoice"
            and row["customer_id"] == note["customer_id"]
            and row["date"] >= note["date"]
        )
        if note["applied_to"] and (again := next(later, None)):
            again["applied_to"] = note["applied_to"]
            return


def _settled(one: Entry, as_of: date, rng: Random) -> date:
    """The day on which a closed item was settled, at latest the day before the last of the month."""
    due = one.due or one.issued
    day = due + timedelta(days=rng.randint(-_SALES_DAYS, 2 * _SALES_DAYS))
    if day >= as_of:  # paid early: it is closed already
        day = one.issued + timedelta(days=rng.randint(1, max((as_of - one.issued).days - 1, 1)))
    return max(weekday(min(day, as_of - timedelta(days=1))), one.issued)


def _settlement(story: Story, one: Entry, day: date, *, written_off: bool) -> list[Row]:
    about: Row = {"date": day, "customer_id": one.customer, "doc_no": "", "applied_to": one.doc_no}
    if written_off:
        return [
            about | {"type": "write_off", "amount": -one.amount, "reason": "not traced", "approver": "CFO"}
        ]
    tax = (one.net or one.amount) * story.tax.get(one.customer, 0) // 100
    rows = [about | {"type": "receipt", "amount": tax - one.amount}]
    if tax:
        section = "194J" if story.tax[one.customer] > 5 else "194C"  # noqa: PLR2004 - professional fees are at 10 %
        rows.append(about | {"type": "tax", "amount": -tax, "section": section, "tan": tan(one.customer)})
    return rows


def tan(customer: str) -> str:
    """A payer's TAN, made of its number."""
    return f"DELA{int(customer[-5:]):05d}B"


def _history(story: Story) -> list[Row]:
    """Sums of invoices and receipts for April 2025 to January 2026; real sales where the job has them."""
    rng = story.rng("history")
    sold: dict[date, int] = defaultdict(int)
    for one in (*story.opened, *story.closed):
        if one.kind == "invoice" and one.issued < FIRST:
            sold[one.issued.replace(day=1)] += one.amount
    usual = sum(sold.values()) // max(len(sold), 1)
    rows: list[Row] = []
    for last in month_ends()[1:-2]:
        sales = sold.get(last.replace(day=1)) or usual * rng.randint(940, 1040) // 1000 // 100_000 * 100_000
        came = sales * rng.randint(965, 1005) // 1000 // 10_000 * 10_000
        about: Row = {"date": last, "currency": story.currency, "customer_id": "", "doc_no": ""}
        rows += [about | {"type": "invoice", "amount": sales}, about | {"type": "receipt", "amount": -came}]
    return rows


def month_ends() -> list[date]:
    """The last days of March 2025 to March 2026."""
    firsts = [date(2025 + (3 + at) // 12, (3 + at) % 12 + 1, 1) for at in range(13)]
    return [first - timedelta(days=1) for first in firsts]


def targets(story: Story, moved: Sequence[Row]) -> list[Row]:
    """What was to be collected in each month, of all: near to what came, missed as often as met."""
    rng = story.rng("targets")
    rows: list[Row] = []
    for last in month_ends()[1:]:
        month = last.replace(day=1)
        came = -sum(
            row["amount"] for row in moved if row["type"] == "receipt" and month <= row["date"] <= last
        )
        amount = came * rng.randint(940, 1060) // 1000 // 5_000_000 * 5_000_000
        rows.append({"period": f"{last:%Y-%m}", "amount": amount, "currency": story.currency})
    return rows


def balances(story: Story, moved: Sequence[Row]) -> list[Row]:
    """What was open at the end of each month before the last, of all; at that of February of each customer, too."""
    now = sum(one.left for one in story.opened)
    rows: list[Row] = []
    for last in month_ends()[:-1]:
        amount = now - sum(row["amount"] for row in moved if row["date"] > last)
        rows.append({"date": last, "customer_id": "", "amount": amount, "currency": story.currency})
    by_customer: dict[str, int] = defaultdict(int)
    for one in story.opened:
        by_customer[one.customer] += one.left
    for row in moved:
        if row["date"] >= MONTH:
            by_customer[row["customer_id"]] -= row["amount"]
    rows += [
        {"date": BEFORE, "customer_id": customer, "amount": amount, "currency": story.currency}
        for customer, amount in sorted(by_customer.items())
        if amount
    ]
    return rows


def _banks(story: Story) -> list[tuple[str, str, int, list[tuple[date, int]]]]:
    """Each bank account that has a statement with balances: ledger account, number, opening, lines in the ledger."""
    accounts = UK_ACCOUNTS if story.uk else INDIA_ACCOUNTS[1:]  # HDFC's file does not say its account
    found = []
    lines = story.case.bank_lines.select("account", "booking_date", "amount")
    for ledger, account, opening in zip(BANKS, accounts, OPENINGS, strict=False):
        own = [(day, minor(amount)) for one, day, amount in lines.iter_rows() if one == account]
        booked = [(day, amount) for day, amount in own if day < story.case.as_of]
        found.append((ledger, account, opening, booked))
    return found


def general_ledger(story: Story, moved: Sequence[Row]) -> list[Row]:
    """The control account and the bank accounts in March."""
    period = f"{MONTH:%Y-%m}"
    about: Row = {"period": period, "currency": story.currency, "cut_off": f"{story.case.as_of} 18:00"}
    own = [row["amount"] for row in moved if row["date"] >= MONTH]
    opening = sum(one.left for one in story.opened) - sum(own)
    rows = [_account(about | {"account": CONTROL, "type": "control"}, opening, [*own, -JOURNAL])]
    for at, (ledger, account, first, booked) in enumerate(_banks(story)):
        amounts = [amount for _, amount in booked] + ([-CHEQUE] if at == 0 else [])
        rows.append(
            _account(about | {"account": ledger, "type": "bank", "bank_account": account}, first, amounts)
        )
    return rows


def _account(about: Row, opening: int, amounts: Sequence[int]) -> Row:
    debits, credits_ = sum(one for one in amounts if one > 0), -sum(one for one in amounts if one < 0)
    closing = opening + debits - credits_
    return about | {"opening": opening, "debits": debits, "credits": credits_, "closing": closing}


def entries(story: Story, moved: Sequence[Row]) -> list[Row]:
    """Entries of March: a journal of each day and type on the control account, each line on the bank accounts."""
    own = [row for row in moved if row["date"] >= MONTH]
    rows: list[Row] = []
    for (reference, day), some in groupby(own, key=lambda row: (row["reference"], row["date"])):
        amount = sum(row["amount"] for row in some)
        rows.append(
            {"account": CONTROL, "date": day, "origin": "interface", "reference": reference}
            | {"amount": amount}
        )
    day = date(2026, 3, 27)
    rows.append(
        {"account": CONTROL, "date": day, "voucher": "JV-2603-07", "origin": "manual", "amount": -JOURNAL}
        | {"text": "Write-off booked in the general ledger alone, to be keyed in the sub-ledger"}
    )
    for at, (ledger, _account_no, _opening, booked) in enumerate(_banks(story)):
        rows += [
            {"account": ledger, "date": day, "origin": "cash", "amount": amount} for day, amount in booked
        ]
        if at == 0:
            rows.append(
                {"account": ledger, "date": date(2026, 3, 30), "voucher": "CHQ-000812", "origin": "cash"}
                | {"amount": -CHEQUE, "text": "Refund by cheque"}
            )
    return [row | {"currency": story.currency} for row in rows]


def statements(story: Story) -> list[Row]:
    """Two customers' own ledgers of what they owe: one agrees but for tax, one has several differences."""
    sizes = sorted(story.untouched.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    chosen = [
        (customer, own)
        for customer, own in sizes
        if all(one.kind == "invoice" and not one.dispute for one in own)
    ][:2]
    rows: list[Row] = []
    for at, (customer, own) in enumerate(chosen):
        theirs: list[Row] = [
            {
                "customer_id": customer,
                "date": one.issued,
                "type": "invoice",
                "doc_no": one.doc_no,
                "amount": one.left,
            }
            for one in own
        ]
        if at == 0:
            theirs[0]["amount"] = own[0].left - 12_000  # another price
            theirs[1]["status"] = "blocked for payment"
            del theirs[2]  # never received
            pay: Row = {"customer_id": customer, "date": story.case.as_of, "type": "payment"}
            theirs.append(pay | {"reference": "PAY-88120", "amount": -own[1].left})
            foreign: Row = {"customer_id": customer, "date": BEFORE, "type": "invoice"}
            theirs.append(foreign | {"reference": "X-7781", "amount": 42_000})
        elif not story.uk:
            about: Row = {"customer_id": customer, "date": story.case.as_of, "type": "tax"}
            theirs.append(about | {"doc_no": own[0].doc_no, "amount": -(own[0].net or own[0].left) // 10})
        total = sum(row["amount"] for row in theirs)
        theirs.append({"customer_id": customer, "date": story.case.as_of, "type": "balance", "amount": total})
        rows += [row | {"currency": story.currency} for row in theirs]
    return rows


def tax_statement(story: Story, moved: Sequence[Row]) -> list[Row]:
    """Form 26AS of the quarter: most of the tax that the books have; some is short, missing, or another's."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in moved:
        if row["type"] == "tax":
            sums[row["customer_id"], row["section"]].append(-row["amount"])
    names = dict(story.case.customers.select("customer_id", "name").iter_rows())
    rows: list[Row] = []
    for at, ((customer, section), amounts) in enumerate(sorted(sums.items())):
        taxed = sum(amounts)
        if at % 9 == 5:  # noqa: PLR2004 - not there at all
            continue
        if at % 9 == 2:  # noqa: PLR2004 - one deduction is missing, or half of the only one
            taxed = taxed - amounts[-1] if len(amounts) > 1 else taxed // 2
        status = "P" if at % 7 == 3 else "F"  # noqa: PLR2004 - some are provisional
        about: Row = {"deductor": names.get(customer, ""), "tan": tan(customer), "section": section}
        about |= {"transaction_date": BEFORE, "booking_status": status, "booking_date": story.case.as_of}
        about |= {"tax_deducted": taxed, "tds_deposited": taxed, "year": "2025-26", "customer_id": customer}
        rows.append(about | {"currency": story.currency})
    stranger: Row = {"deductor": "Unknown Traders", "tan": "MUMU99999Z", "section": "194C", "year": "2025-26"}
    stranger |= {"transaction_date": BEFORE, "booking_status": "F", "booking_date": story.case.as_of}
    rows.append(stranger | {"tax_deducted": 420_000, "tds_deposited": 420_000, "currency": story.currency})
    return rows
