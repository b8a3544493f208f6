"""Which sheets there are, and which columns in which order on each. Pure.

A frame for a sheet is named by the columns' titles, which are what the header cells say. Money in it is decimal
text, dates are dates, shares are 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from recon import model
from recon.workbook.column import AGAIN, CHOICES, DECIDED, ENDS, Column, Kind, Sheet

__all__ = [
    "ALLOCATIONS",
    "BANK",
    "CHOICES",
    "CODE_NAMES",
    "CUSTOMERS",
    "DASHBOARD",
    "DECIDED_ON",
    "EXCEPTIONS",
    "HOME",
    "OPEN_ITEMS",
    "ORDER",
    "PROBLEMS",
    "REMITTANCES",
    "REVIEWED",
    "RULES",
    "RUN_LOG",
    "SUGGESTIONS",
    "TABLES",
    "TABLE_SHEETS",
    "Column",
    "Kind",
    "Sheet",
    "letters",
]

_LINE: Final = (
    Column("date", "Date", Kind.DATE, 12, "Booking date."),
    Column("payer", "Payer", Kind.LONG, 22, "Who paid, as the bank says."),
    Column("amount", "Line amount", Kind.MONEY, 14, "The bank line's amount; credits are positive."),
    Column("currency", "Currency", Kind.TEXT, 10, "ISO 4217 code of the amounts in this row."),
    Column("text", "Narrative", Kind.LONG, 30, "Reference and text of the bank line."),
)
_CODES: Final = Column(
    "codes", "Codes", Kind.LONG, 16, "The exception codes; What it means has them in plain words."
)
_MEANING: Final = Column(
    "meaning", "What it means", Kind.LONG, 26, "What a person should look at: the codes in plain words."
)
_ALTERNATIVES: Final = Column(
    "alternatives",
    "Alternatives",
    Kind.LONG,
    38,
    "Other readings of the line. Take one with `accept alternative` and its number.",
)
_ON_ACCOUNT: Final = Column(
    "on_account", "On account", Kind.MONEY, 13, "Cash that stays on the customer's account."
)
_CUSTOMER: Final = Column("customer", "Customer", Kind.LONG, 26, "Whose items these are: number and name.")
_ITEMS: Final = Column(
    "items",
    "Proposed items",
    Kind.LONG,
    36,
    "Documents that the line is proposed to pay: number, how much of it, when it was due.",
)
_CONFIDENCE: Final = Column(
    "confidence",
    "Confidence",
    Kind.PERCENT,
    12,
    "How sure the engine is, 0 to 100 %, from the evidence in Reasons. At 100 % a person was still wanted: "
    "What it means says why.",
)

SUGGESTIONS: Final = Sheet(
    "Suggestions",
    "shSuggestions",
    "tblSuggestions",
    "One row for each bank line that waits for you. Choose in the Decision column, then apply the decisions on Home.",
    (
        *_LINE,
        _CUSTOMER,
        _ITEMS,
        _MEANING,
        _CONFIDENCE,
        *DECIDED,
        _ALTERNATIVES,
        Column("reasons", "Reasons", Kind.LONG, 40, "Why. Allocations has how much each reason weighs."),
        Column("detail", "Detail", Kind.LONG, 36, "What exactly is to be looked at."),
        Column("allocated", "Allocated", Kind.MONEY, 14, "Cash allocated to items."),
        Column("deduction", "Deduction", Kind.MONEY, 12, "What settles the items besides cash."),
        _ON_ACCOUNT,
        _CODES,
        Column("rule", "Rule", Kind.TEXT, 17, "The rule that made the proposal."),
        *ENDS,
    ),
    ("line_id",),
    frozen=3,
)

EXCEPTIONS: Final = Sheet(
    "Exceptions",
    "shExceptions",
    "tblExceptions",
    "One row for each bank line without a safe proposal. Choose in Decision, then apply the decisions on Home.",
    (
        *_LINE,
        _MEANING,
        Column("detail", "Detail", Kind.LONG, 34, "What is missing."),
        Column("next", "What to do next", Kind.LONG, 34, "The usual next step for the first code."),
        Column("open", "Unexplained", Kind.MONEY, 14, "The part that is neither allocated nor on account."),
        *DECIDED,
        _ALTERNATIVES,
        _ON_ACCOUNT,
        _CODES,
        *ENDS,
    ),
    ("line_id",),
    frozen=3,
)


def _from_model(column: model.Column, title: str, width: int) -> Column:
    kind = Kind.TEXT
    if column.money:
        kind = Kind.MONEY
    elif column.dtype == pl.Date():
        kind = Kind.DATE
    elif column.dtype == pl.Int64():
        kind = Kind.INTEGER
    elif column.dtype == pl.Float64():
        kind = Kind.PERCENT
    note = column.what[:1].upper() + column.what[1:] + "."
    return Column(column.name, title, kind, width, note)


def _columns(table: model.Table, titles: Mapping[str, tuple[str, int]]) -> tuple[Column, ...]:
    return tuple(_from_model(table[name], title, width) for name, (title, width) in titles.items())


ALLOCATIONS: Final = Sheet(
    "Allocations",
    "shAllocations",
    "tblAllocations",
    "Which line pays which open item; an empty item is cash on account. What is settled can be taken back or moved: "
    "choose in Decision.",
    (
        Column("date", "Booking date", Kind.DATE, 13, "Of the bank line."),
        Column("payer", "Payer", Kind.LONG, 24, "Who paid, as the bank says."),
        Column("document", "Document no.", Kind.TEXT, 20, "Of the open item; empty for cash on account."),
        Column("customer", "Customer", Kind.LONG, 28, "Whose item it is: number and name."),
        Column("due", "Due date", Kind.DATE, 12, "Of the open item."),
        *_columns(
            model.ALLOCATIONS,
            {
                "amount": ("Amount", 14),
                "currency": ("Currency", 10),
                "deduction": ("Deduction", 13),
                "deduction_type": ("Deduction type", 15),
                "status": ("Status", 13),
            },
        ),
        *AGAIN,
        *_columns(
            model.ALLOCATIONS,
            {
                "confidence": ("Confidence", 12),
                "reasons": ("Reasons", 60),
                "rule": ("Rule", 18),
                "item_id": ("Item id", 20),
            },
        ),
        *ENDS,
    ),
    ("line_id", "item_id", "deduction_type"),
)

BANK: Final = Sheet(
    "Bank",
    "shBank",
    "tblBank",
    "Every bank line that was read, and what became of it.",
    (
        *_columns(
            model.BANK_LINES,
            {
                "booking_date": ("Booking date", 13),
                "counterparty": ("Counterparty", 28),
                "amount": ("Amount", 14),
                "currency": ("Currency", 10),
            },
        ),
        Column("outcome", "Outcome", Kind.TEXT, 22, "What became of the line."),
        *_columns(
            model.BANK_LINES,
            {
                "reference": ("Reference", 22),
                "narrative": ("Narrative", 44),
                "type": ("Type", 8),
                "account": ("Account", 24),
                "counterparty_account": ("Counterparty account", 24),
                "value_date": ("Value date", 12),
                "line_id": ("Line id", 22),
            },
        ),
        Column("source", "File", Kind.TEXT, 20, "The file it was read from."),
        Column("position", "Row in file", Kind.INTEGER, 11, "Line or row in that file."),
    ),
    ("line_id",),
)

OPEN_ITEMS: Final = Sheet(
    "Open items",
    "shOpenItems",
    "tblOpenItems",
    "Invoices, credit notes and on-account entries that are not yet cleared.",
    _columns(
        model.OPEN_ITEMS,
        {
            "doc_no": ("Document no.", 18),
            "doc_type": ("Document type", 15),
            "customer_id": ("Customer id", 13),
            "customer_name": ("Customer", 44),
            "issue_date": ("Issue date", 12),
            "due_date": ("Due date", 12),
            "currency": ("Currency", 10),
            "amount": ("Amount", 14),
            "net_amount": ("Net amount", 14),
            "open_amount": ("Open amount", 14),
            "po_no": ("Purchase order", 18),
            "service_user_ref": ("Service user ref.", 16),
            "item_id": ("Item id", 20),
        },
    ),
    ("item_id",),
)

REMITTANCES: Final = Sheet(
    "Remittances",
    "shRemittances",
    "tblRemittances",
    "What payers say that they pay, one row for each document.",
    _columns(
        model.REMITTANCE_LINES,
        {
            "remittance_id": ("Remittance id", 20),
            "payer": ("Payer", 44),
            "payment_date": ("Payment date", 13),
            "payment_reference": ("Payment reference", 20),
            "payment_amount": ("Payment amount", 15),
            "currency": ("Currency", 10),
            "doc_no": ("Document no.", 18),
            "gross_amount": ("Gross amount", 14),
            "deduction_amount": ("Deduction", 13),
            "deduction_type": ("Deduction type", 15),
            "paid_amount": ("Paid amount", 14),
        },
    ),
    ("remittance_id", "doc_no"),
)

CUSTOMERS: Final = Sheet(
    "Customers",
    "shCustomers",
    "tblCustomers",
    "Who pays, under which names, on which terms.",
    _columns(
        model.CUSTOMERS,
        {
            "customer_id": ("Customer id", 13),
            "name": ("Name", 48),
            "aliases": ("Other names", 44),
            "terms_days": ("Terms (days)", 13),
            "tax_profile": ("Deductions it may take", 24),
        },
    ),
    ("customer_id",),
)

RULES: Final = Sheet(
    "Rules",
    "shRules",
    "tblRules",
    "The rules this run used. To change them, edit the rules file; this sheet only shows them.",
    (
        Column("rule", "Rule", Kind.TEXT, 40, "The rule's place in the rules file."),
        Column("value", "Value", Kind.TEXT, 30, "What it is set to."),
        Column("what", "What it does", Kind.LONG, 80, "In plain words."),
    ),
    ("rule",),
)

PROBLEMS: Final = Sheet(
    "Problems",
    "shProblems",
    "tblProblems",
    "What was wrong with the input, where, and what to do about it.",
    (
        Column("code", "Code", Kind.TEXT, 22, "Kind of problem."),
        Column("where", "Where", Kind.TEXT, 34, "File and line, or sheet and row."),
        Column("what", "What is wrong", Kind.LONG, 60, "In plain words."),
        Column("hint", "What to do", Kind.LONG, 60, "How to mend it."),
    ),
    ("code", "where", "what"),
)

RUN_LOG: Final = Sheet(
    "Run log",
    "shRunLog",
    "tblRunLog",
    "What was done with this workbook, when, and by whom.",
    (
        Column("when", "When", Kind.TEXT, 20, "Date and time."),
        Column("event", "Event", Kind.TEXT, 20, "What was done."),
        Column("detail", "Detail", Kind.LONG, 90, "Counts, files, digests."),
        Column("who", "Who", Kind.TEXT, 18, "Who did it."),
    ),
    ("when", "event", "detail"),
)

TABLES: Final = (
    SUGGESTIONS,
    EXCEPTIONS,
    ALLOCATIONS,
    BANK,
    OPEN_ITEMS,
    REMITTANCES,
    CUSTOMERS,
    RULES,
    PROBLEMS,
    RUN_LOG,
)
TABLE_SHEETS: Final[Mapping[str, Sheet]] = {sheet.name: sheet for sheet in TABLES}
REVIEWED: Final = (SUGGESTIONS, EXCEPTIONS)
DECIDED_ON: Final = (*REVIEWED, ALLOCATIONS)  # Allocations: what is settled, decided again

HOME: Final = "Home"
DASHBOARD: Final = "Dashboard"
ORDER: Final = (HOME, DASHBOARD, *TABLE_SHEETS)
CODE_NAMES: Final[Mapping[str, str]] = {
    HOME: "shHome",
    DASHBOARD: "shDashboard",
    **{sheet.name: sheet.code_name for sheet in TABLES},
}


def letters(number: int) -> str:
    """A sheet column's letters, from 0: 0 -> A, 26 -> AA."""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
