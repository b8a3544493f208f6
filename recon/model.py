"""The words everybody speaks: every table's columns, money in minor units, ids, and the few enums.

A table has two forms. *Outside* (files, sheets, store) money is plain decimal text (`-4200.00`) under the
column's own name. *Inside* it is an integer of minor units under the name with `_minor` behind it. `inside` and
`outside` are the only places where one becomes the other; neither ever rounds.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import polars as pl

from recon.fill import fill
from recon.problems import Problem

DATE_FORMAT: Final = "%Y-%m-%d"
EXTRA: Final = "extra:"  # prefix of a column that we don't know and carry through
SCALE_MAX: Final = 6  # decimals that money can have; 9.2e18 minor units still hold nine million million
MONEY_TEXT: Final = r"^-?[0-9]{1,15}(\.[0-9]+)?$"

# ISO 4217: the minor unit of a currency where it isn't 2.
_EXPONENTS: Final = {
    **dict.fromkeys(
        ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"], 0
    ),
    **dict.fromkeys(["XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


class Kind(StrEnum):
    """What a file holds."""

    BANK = "bank"
    REMITTANCE = "remittance"
    ITEMS = "items"
    CUSTOMERS = "customers"
    ALIASES = "aliases"
    CLOSED = "closed_items"
    SUCCESSIONS = "successions"
    # Month-end inputs, each told by its file's name.
    MOVEMENTS = "movements"
    BALANCES = "balances"
    GL = "gl"
    GL_ENTRIES = "gl_entries"
    CUSTOMER_STATEMENT = "customer_statement"
    TAX_STATEMENT = "tax_statement"
    LIMITS = "limits"
    UNBILLED = "unbilled"
    LOSS_HISTORY = "loss_history"
    PROVISIONS = "provisions"
    CONTRACTS = "contracts"
    CENSUS = "census"
    SUBMISSIONS = "submissions"
    PROMISES = "promises"
    PLANS = "plans"
    QUERIES = "queries"
    CONTACTS = "contacts"
    TARGETS = "targets"
    RISKS = "risks"


class Outcome(StrEnum):
    """What became of a bank line; each line has exactly one."""

    AUTO = "auto"
    SUGGESTED = "suggested"
    EXCEPTION = "exception"
    NOT_RECEIVABLE = "not_receivable"
    DUPLICATE = "duplicate"


class Status(StrEnum):
    """How sure an allocation is: `auto` may be posted without a person, `suggested` waits for one."""

    AUTO = "auto"
    SUGGESTED = "suggested"


class Choice(StrEnum):
    """What a reviewer can decide, in the words of the drop-down."""

    ACCEPT = "accept"
    ACCEPT_ALTERNATIVE = "accept alternative"
    ALLOCATE = "allocate"
    ON_ACCOUNT = "on account"
    NOT_RECEIVABLE = "not receivable"
    WRITE_OFF = "write off"
    PARK = "park"
    QUERY = "query"
    REJECT = "reject"


DOC_TYPES: Final = ("invoice", "credit_note", "debit_note", "on_account")


@dataclass(frozen=True)
class Column:
    """One column: its name outside, what it holds, and whether it is money, a date, needed or ours alone."""

    name: str
    what: str
    dtype: pl.DataType = field(default_factory=pl.String)
    money: bool = False
    needed: bool = False
    ours: bool = False  # made by us: not read from and not written to the standard file
    optional: bool = False  # not in the standard file unless the data has it
    words: tuple[str, ...] = ()  # the only words that it takes, where there are some
    percent: bool = False  # text of a number of per cent, as 12.5

    @property
    def inner(self) -> str:
        """The column's name inside: money says its unit."""
        return f"{self.name}_minor" if self.money else self.name


@dataclass(frozen=True)
class Table:
    """A table's name and its columns, in the order of its standard file."""

    name: str
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> list[str]:
        """The columns' names outside."""
        return [column.name for column in self.columns]

    @property
    def file_columns(self) -> list[str]:
        """The columns of the standard file."""
        return [column.name for column in self.columns if not column.ours]

    @property
    def money(self) -> list[str]:
        """The money columns' names outside."""
        return [column.name for column in self.columns if column.money]

    @property
    def outer_schema(self) -> dict[str, pl.DataType]:
        """Names and types outside: money is decimal text."""
        return {column.name: pl.String() if column.money else column.dtype for column in self.columns}

    @property
    def inner_schema(self) -> dict[str, pl.DataType]:
        """Names and types inside: money is an integer of minor units."""
        return {column.inner: pl.Int64() if column.money else column.dtype for column in self.columns}

    def empty(self) -> pl.DataFrame:
        """A table of no rows, in its inner form."""
        return pl.DataFrame(schema=self.inner_schema)

    def empty_outside(self) -> pl.DataFrame:
        """A table of no rows, in its outer form."""
        return pl.DataFrame(schema=self.outer_schema)


def _date(name: str, what: str, *, needed: bool = False, optional: bool = False) -> Column:
    return Column(name, what, pl.Date(), needed=needed, optional=optional)


def _money(name: str, what: str, *, needed: bool = False, optional: bool = False) -> Column:
    return Column(name, what, money=True, needed=needed, optional=optional)


def _word(name: str, what: str, *words: str, needed: bool = False) -> Column:
    return Column(name, f"{what}: {', '.join(words[:-1])} or {words[-1]}", needed=needed, words=words)


def _percent(name: str, what: str) -> Column:
    return Column(name, what, percent=True)


def _optional(name: str, what: str) -> Column:
    return Column(name, what, optional=True)


_SOURCE = (
    Column("source", "the file's name as it was given", ours=True),
    Column("position", "line or row in that file, from 1", pl.Int64(), ours=True),
    Column("digest", "SHA-256 of the file", ours=True),
)

BANK_LINES: Final = Table(
    "bank_lines",
    (
        Column("line_id", "the row's identity: the file's own, or made of what the row is"),
        Column("account", "our bank account: IBAN, or sort code and number"),
        _date("booking_date", "the day the bank booked it", needed=True),
        _date("value_date", "the day the money counts"),
        _money("amount", "credits positive, debits negative", needed=True),
        Column("currency", "ISO 4217 code"),
        Column("type", "the bank's transaction type (BGC, FPI, NEFT, ...)"),
        Column("counterparty", "who paid, where the bank says so"),
        Column("counterparty_account", "the payer's account, IBAN or UPI id"),
        Column("reference", "the payer's reference"),
        Column("narrative", "all other text of the line"),
        Column("statement_id", "the statement that the line is of", ours=True),
        *_SOURCE,
    ),
)

OPEN_ITEMS: Final = Table(
    "open_items",
    (
        Column("item_id", "the row's identity; doc_no where the file has none"),
        Column("customer_id", "whose item it is"),
        Column("customer_name", "the customer's name in the ledger"),
        Column("doc_type", "invoice, credit_note, debit_note or on_account"),
        Column("doc_no", "the number that the customer sees"),
        Column("po_no", "the customer's purchase order"),
        Column("service_user_ref", "pseudonymous reference of the person cared for"),
        _date("issue_date", "date of the document"),
        _date("due_date", "when it is due"),
        Column("currency", "ISO 4217 code"),
        _money("amount", "original amount, tax included; credit notes negative"),
        _money("net_amount", "original amount before tax"),
        _money("open_amount", "what is still open; credit notes negative", needed=True),
        _optional("entity", "our company"),
        _optional("group_id", "group of customers that pay for each other"),
        _optional("dispute", "what is disputed: an amount, or yes"),
        _optional("legal", "yes if with solicitors"),
        _optional("plan_id", "repayment plan"),
        Column("service_from", "first day of the service period", pl.Date(), optional=True),
        Column("service_to", "last day of the service period", pl.Date(), optional=True),
        _optional("discount_terms", "early-settlement terms, as `2% 10` (percent, days)"),
        _optional("status", "the ledger's own status"),
        _optional("contract_id", "contract"),
        _money("cis_base", "labour on which CIS is deducted", optional=True),
        _money("retention", "amount held back until a release date", optional=True),
        _optional("doc_currency", "the document's own currency, where it is booked in another"),
        _money("doc_amount", "what is open in the document's own currency", optional=True),
        *_SOURCE,
    ),
)

CUSTOMERS: Final = Table(
    "customers",
    (
        Column("customer_id", "the customer's number", needed=True),
        Column("name", "legal name"),
        Column("aliases", "other names it pays under, `;` between"),
        Column("terms_days", "days to pay", pl.Int64()),
        Column("tax_profile", "deductions it may take, as `TDS 10%`, `;` between"),
        _optional("group_id", "group of customers that pay for each other"),
        _optional("accounts", "bank accounts or UPI ids it pays from, `;` between"),
        _optional("vendor_no", "our number in its ledger, `;` between"),
        _optional("tolerance_profile", "name of a tolerance of the rules"),
        _optional("tolerance_used", "small differences given in the last twelve months, in its currency"),
        *_SOURCE,
    ),
)

ALIASES: Final = Table(
    "aliases",
    (
        Column("alias", "a name, account, vendor number or code that a payer uses", needed=True),
        Column("customer_id", "who that is", needed=True),
        _date("valid_from", "first day, empty = always"),
        _date("valid_to", "last day, empty = still"),
        Column("source", "who confirmed it"),
    ),
)

SUCCESSION_KINDS: Final = ("rename", "merger", "split", "group")

SUCCESSIONS: Final = Table(
    "successions",
    (
        Column("customer_id", "whose number it was", needed=True),
        Column(
            "successor_id", "who it is now; of a group: the parent, empty = it leaves its group", needed=True
        ),
        _date("effective", "first day on which that counts", needed=True),
        _word("kind", "what happened", *SUCCESSION_KINDS, needed=True),
        Column("place", "of a split: what the successor takes over (site, entity, contract or service user)"),
        Column("evidence", "the document that says so"),
        Column("confirmed_by", "who confirmed it"),
        *_SOURCE,
    ),
)

REMITTANCE_LINES: Final = Table(
    "remittance_lines",
    (
        Column("remittance_id", "which advice the line is of"),
        Column("payer", "who pays"),
        _date("payment_date", "when it pays"),
        Column("payment_reference", "payment number, UTR"),
        _money("payment_amount", "what it pays in total"),
        Column("currency", "ISO 4217 code"),
        Column("doc_no", "the document paid"),
        _money("gross_amount", "the document's amount"),
        _money("deduction_amount", "what is kept back"),
        Column("deduction_type", "why it is kept back"),
        _money("paid_amount", "what is paid for the document; negative = recovered"),
        *_SOURCE,
    ),
)

ALLOCATIONS: Final = Table(
    "allocations",
    (
        Column("line_id", "the bank line"),
        Column("item_id", "the open item; empty = on account"),
        _money("amount", "cash; negative for a credit note"),
        Column("currency", "ISO 4217 code"),
        _money("deduction", "what the item is settled by besides cash"),
        Column("deduction_type", "TDS, CIS, DISC, TOL, ..."),
        Column("status", "auto or suggested"),
        Column("confidence", "0 to 1", pl.Float64()),
        Column("rule", "the rule that made it"),
        Column("reasons", "why, `;` between"),
        Column("customer_id", "whose item or account it is; empty = not known", ours=True),
    ),
)

EXCEPTIONS: Final = Table(
    "exceptions",
    (
        Column("line_id", "the bank line"),
        Column("code", "EX-..."),
        _money("amount", "the part that is neither allocated nor on account"),
        Column("currency", "ISO 4217 code"),
        Column("detail", "what is missing, in plain words"),
        Column("alternatives", "other readings, `|` between"),
    ),
)

LINES: Final = Table(
    "lines",
    (
        Column("line_id", "the bank line"),
        Column("outcome", "auto, suggested, exception, not_receivable or duplicate"),
        Column("code", "the first exception code, or the evidence code"),
        _money("amount", "the line's amount"),
        Column("currency", "ISO 4217 code"),
    ),
)

PROBLEMS: Final = Table(
    "problems",
    (
        Column("code", "a code of the catalogue"),
        Column("where", "file:line or sheet!cell"),
        Column("what", "what is wrong"),
        Column("hint", "what to do"),
    ),
)

DECISIONS: Final = Table(
    "decisions",
    (
        Column("line_id", "the bank line"),
        Column("decision", "one of the reviewer's choices"),
        Column("alternative", "which alternative, from 1"),
        Column("item_id", "for `allocate`: the item"),
        _money("amount", "for `allocate`, `write off`: how much"),
        Column("note", "the reviewer's words"),
        Column("decided_by", "who"),
        Column("row_hash", "fingerprint of what the person saw"),
        Column("where", "sheet and row, as `Suggestions!14`"),
        Column(
            "leg",
            "which part of a settled line it is about: an item, or `on account`; empty = the whole line",
        ),
    ),
)

ACCEPTED: Final = Table(
    "accepted",
    (
        Column("line_id", "the bank line"),
        Column("item_id", "the open item; empty = on account"),
        _money("amount", "cash; negative for a credit note"),
        Column("currency", "ISO 4217 code"),
        _money("deduction", "what the item is settled by besides cash"),
        Column("deduction_type", "TDS, CIS, DISC, TOL, WO, ..."),
        Column("customer_id", "whose account it goes to; empty = not known"),
        Column("rule", "the rule that made it; for a person's own allocation, the decision"),
        Column("accepted_by", "`rule`, or the person"),
        Column("decision", "the decision that accepted it; empty = by rule"),
        Column("decision_id", "that decision's id; empty = by rule"),
        Column("approved_by", "the second person who decided the same, where one was needed"),
        Column(
            "turn",
            "which turn of its line, from 1: the first settles it, later ones move it or take it back",
            pl.Int64(),
        ),
    ),
)

WAITS: Final = "waits"  # the result of a decision that a second person has to make, too

DECIDED: Final = Table(
    "decided",
    (
        Column("decision_id", "made of what was decided, on which line, as the how-many-th decision"),
        Column("line_id", "the bank line"),
        Column("decision", "one of the reviewer's choices"),
        Column("details", "alternative and items, as JSON"),
        Column("note", "the reviewer's words"),
        Column("decided_by", "who"),
        Column("row_hash", "fingerprint of what the person saw"),
        Column("where", "sheet and row, as `Suggestions!14`"),
        Column("result", "accepted, refused, or waits (for a second person)"),
        Column("why", "why it was refused or waits; empty if it was accepted"),
        Column("settles", "the line is settled by it and not proposed again", pl.Boolean()),
        Column("turn", "which turn of its line it makes, from 1; 0 = none", pl.Int64()),
        Column("login", "who applied it"),
    ),
)

CASES: Final = Table(
    "cases",
    (
        Column("case_id", "the case: Q-1 a query, P-1 a promise, N-1 a note"),
        Column("kind", "query, promise or note"),
        Column("event", "opened, answered, assigned, cancelled or closed"),
        Column("line_id", "the bank line that it is about, if one"),
        Column("item_id", "the open item that it is about, if one"),
        Column("customer_id", "the customer that it is about"),
        _money("amount", "what is queried or promised"),
        Column("currency", "ISO 4217 code"),
        _date("due", "of a promise: the day"),
        Column("owner", "whose turn it is"),
        Column("text", "the person's words"),
        Column("who", "who said so"),
        Column("at", "when, ISO moment with offset"),
    ),
)

LEARNED: Final = Table(
    "learned",
    (
        Column("kind", "alias, account, reference, pattern, tax or rejected"),
        Column(
            "subject",
            "the payer's name, account or reference as it is compared; for `tax` the customer's number",
        ),
        Column("meaning", "the customer's number; for `tax` the words of a tax profile, as `TDS 10%`"),
        Column("event", "accepted, refused or withdrawn; held (contradicted since), confirmed"),
        _date("valid_from", "first day, empty = always"),
        _date("valid_to", "last day, empty = still"),
        Column("evidence", "what spoke for it when that was said, as JSON"),
        Column("note", "the person's words"),
        Column("who", "who said so"),
        Column("at", "when, ISO moment with offset"),
    ),
)

REJECTIONS: Final = Table(
    "rejections",
    (
        Column("decision_id", "the decision"),
        Column("line_id", "the bank line whose proposal was rejected"),
        Column("customer_id", "whose item or account it proposed"),
        Column("who", "who rejected it"),
        Column("at", "when, ISO moment with offset"),
    ),
)

SHADOW: Final = Table(
    "shadow",
    (
        Column("line_id", "the bank line"),
        _money("amount", "the line's amount"),
        Column("currency", "ISO 4217 code"),
        Column("change", "newly posted, no longer posted, posted otherwise, or proposed otherwise"),
        Column("outcome_live", "what the run made of it"),
        Column("outcome_shadow", "what the change would have made of it"),
        Column("code_live", "the run's code"),
        Column("code_shadow", "the change's code"),
        Column("items_live", "the run's allocation: items and amounts, ` + ` between"),
        Column("items_shadow", "the change's allocation"),
        Column("settles_live", "the run's allocation as one text, to compare", ours=True),
        Column("settles_shadow", "the change's allocation as one text", ours=True),
        Column("row_hash_live", "fingerprint of what the reviewer sees", ours=True),
    ),
)

SETTLED: Final = Table(
    "settled",
    (
        Column("item_id", "an item of which something was accepted"),
        Column("currency", "ISO 4217 code"),
        _money("open_amount", "what an extract said was open, when it was read"),
        _money("settled", "cash and deductions accepted since that extract"),
        _money("settled_ever", "cash and deductions accepted at any time"),
    ),
)

TOLERATED: Final = Table(
    "tolerated",
    (
        Column("customer_id", "whose item it was"),
        Column("currency", "ISO 4217 code"),
        _date("booking_date", "the day of the bank line"),
        _money("amount", "the small difference that was accepted; negative = more than was open"),
    ),
)

PAID: Final = Table(
    "paid",
    (
        Column("item_id", "an item of which something was accepted"),
        Column("line_id", "the bank line that last paid it"),
        _date("booking_date", "the day of that line"),
    ),
)

_CUSTOMER: Final = Column("customer_id", "the customer's number")
_WHOSE: Final = Column("customer_id", "the customer's number", needed=True)
_CURRENCY: Final = Column("currency", "ISO 4217 code")
MOVEMENT_TYPES: Final = (
    "invoice",
    "debit_note",
    "credit_note",
    "receipt",
    "tax",
    "discount",
    "charge",
    "write_off",
    "refund",
    "fx",
    "reclass",
)

MOVEMENTS: Final = Table(
    "movements",
    (
        Column("movement_id", "the ledger's number of the entry"),
        _date("date", "the day it counts in the ledger", needed=True),
        _word("type", "what it is", *MOVEMENT_TYPES, needed=True),
        _CUSTOMER,
        Column("doc_no", "the document's number"),
        Column("applied_to", "number of the document that it settles, credits or replaces"),
        _money("amount", "plus raises what customers owe, minus lowers it", needed=True),
        _money("net_amount", "the same before tax"),
        _CURRENCY,
        _date("due_date", "of an invoice: when it is due"),
        Column("reference", "payment, batch or voucher, as the general ledger has it"),
        Column("reason", "of a credit note, write-off, ...: why"),
        Column("approver", "of a credit note, write-off, ...: who approved it"),
        Column("section", "of tax deducted: the section or code that the payer named"),
        Column("tan", "of tax deducted: the payer's TAN"),
        Column("entity", "our company"),
        *_SOURCE,
    ),
)

BALANCES: Final = Table(
    "balances",
    (
        _date("date", "the last day of a period", needed=True),
        Column("customer_id", "the customer's number; empty = the whole ledger"),
        _money("amount", "what was open at its end", needed=True),
        _money("not_due", "the part of it that was not due yet"),
        _CURRENCY,
        Column("entity", "our company"),
        *_SOURCE,
    ),
)

GL: Final = Table(
    "gl",
    (
        Column("account", "account of the general ledger", needed=True),
        _word("type", "what the account is", "control", "bank", "allowance"),
        Column("bank_account", "of a bank account: its number, as the statements write it"),
        Column("period", "the period, as 2026-03", needed=True),
        _money("opening", "balance at its beginning; debit plus, credit minus"),
        _money("debits", "debits of the period"),
        _money("credits", "credits of the period, without a sign"),
        _money("closing", "balance at its end; debit plus, credit minus", needed=True),
        _CURRENCY,
        Column("entity", "our company"),
        Column("cut_off", "when it was extracted, as 2026-03-31 18:00"),
        *_SOURCE,
    ),
)

GL_ENTRIES: Final = Table(
    "gl_entries",
    (
        Column("account", "account of the general ledger", needed=True),
        _date("date", "the day it counts", needed=True),
        Column("voucher", "number of the journal or voucher"),
        _word("origin", "where it comes from", "manual", "interface", "cash"),
        Column("reference", "document, payment or batch, as the sub-ledger or the bank has it"),
        Column("text", "what it says"),
        _money("amount", "debit plus, credit minus", needed=True),
        _CURRENCY,
        *_SOURCE,
    ),
)

CUSTOMER_STATEMENT: Final = Table(
    "customer_statement",
    (
        _WHOSE,
        _date("date", "the document's day in the customer's ledger"),
        _word("type", "what the row is", "invoice", "credit_note", "payment", "tax", "balance", needed=True),
        Column("doc_no", "our document's number"),
        Column("reference", "the customer's own number of it, or of the payment"),
        _money("amount", "plus raises what the customer owes us, minus lowers it", needed=True),
        _CURRENCY,
        Column("status", "what the customer says of it: blocked, in dispute, ..."),
        *_SOURCE,
    ),
)

TAX_STATEMENT: Final = Table(
    "tax_statement",
    (
        Column("deductor", "name of whoever deducted"),
        Column("tan", "its TAN", needed=True),
        Column("section", "section (194J) or code (1027)"),
        _date("transaction_date", "the day of payment or credit"),
        _word("booking_status", "final, unmatched, provisional or overbooked", "F", "U", "P", "O"),
        _date("booking_date", "the day it was booked there"),
        _money("amount_paid", "what was paid or credited"),
        _money("tax_deducted", "the tax deducted", needed=True),
        _money("tds_deposited", "the tax that was deposited"),
        Column("year", "financial or tax year, as 2025-26"),
        Column("pan", "the PAN that it was deducted for"),
        Column("customer_id", "the customer's number, where the TAN alone does not say"),
        _CURRENCY,
        *_SOURCE,
    ),
)

LIMITS: Final = Table(
    "limits",
    (
        Column("customer_id", "the customer's number; empty = the whole group"),
        Column("group_id", "group of customers that pay for each other"),
        Column("segment", "kind of payer, as NHS, council, insurer, corporate, self-pay"),
        _money("credit_limit", "most that may be open; empty = none is set"),
        _money("security", "enforceable security"),
        _money("insured", "the part that an insurer bears"),
        _CURRENCY,
        *_SOURCE,
    ),
)

UNBILLED: Final = Table(
    "unbilled",
    (
        _WHOSE,
        Column("contract_id", "contract"),
        _date("service_from", "first day of the service"),
        _date("service_to", "last day of the service"),
        _money("amount", "delivered and not invoiced yet", needed=True),
        _CURRENCY,
        *_SOURCE,
    ),
)

LOSS_HISTORY: Final = Table(
    "loss_history",
    (
        Column("segment", "kind of payer; empty = all"),
        Column(
            "bucket", "not_due, days_1_30, ..., over_90: those of `reports.provision.buckets`", needed=True
        ),
        _money("paid", "paid while in that bucket"),
        _money(
            "reached", "what of the cohort reached that bucket; empty = found from what was paid and lost"
        ),
        _money("never_collected", "what was never collected of it"),
        _percent("rate", "loss rate, where it is given instead"),
        _CURRENCY,
        *_SOURCE,
    ),
)

PROVISIONS: Final = Table(
    "provisions",
    (
        Column("provision_id", "its number"),
        _word("type", "what the row is", "opening", "specific", "used", "recovered", needed=True),
        Column("customer_id", "the customer's number; of a specific one, who is taken out of the matrix"),
        Column("item_id", "one open item, where not all of the customer's are meant"),
        _money("amount", "opening allowance, gross assessed, written off against it; empty = what is open"),
        _percent("expected_recovery", "of a specific one: what is expected to come, in per cent"),
        _date("date", "when it was decided"),
        Column("reason", "why, and on what evidence"),
        Column("approver", "who approved it"),
        _CURRENCY,
        *_SOURCE,
    ),
)

CONTRACTS: Final = Table(
    "contracts",
    (
        Column("contract_id", "contract", needed=True),
        Column("customer_id", "the funder's number", needed=True),
        Column(
            "service_user_ref", "pseudonymous reference of the person cared for; empty = all of the contract"
        ),
        _date("valid_from", "first day of the rate"),
        _date("valid_to", "last day of the rate; empty = still"),
        _money("weekly_rate", "rate for a week", needed=True),
        _word("day_rule", "which days are paid", "nights", "days"),
        _percent("share", "the funder's share in per cent; empty = 100"),
        Column("rounding", "yes = this funder takes the penny that is left over"),
        Column("billing_day", "day of the month by which it is invoiced", pl.Int64()),
        Column("po_no", "the customer's purchase order"),
        Column("po_needed", "yes = no invoice without a purchase order"),
        _date("ends", "last day of the contract; empty = still"),
        Column("renewal", "how its renewal stands: signed, ..."),
        _word("clock", "from when the days to pay run", "invoice", "acceptance"),
        _CURRENCY,
        *_SOURCE,
    ),
)

CENSUS: Final = Table(
    "census",
    (
        Column("service_user_ref", "pseudonymous reference of the person cared for", needed=True),
        Column("contract_id", "contract, where it has one"),
        Column("site", "where"),
        _date("admitted", "first day", needed=True),
        _date("discharged", "day of discharge; empty = still there"),
        *_SOURCE,
    ),
)

SUBMISSIONS: Final = Table(
    "submissions",
    (
        Column("item_id", "the open item"),
        Column("doc_no", "the invoice's number"),
        _CUSTOMER,
        _date("period_end", "last day of the service that is invoiced"),
        _date("created", "when the invoice was made"),
        _date("sent", "when it was sent"),
        Column("channel", "portal, e-mail, post, ..."),
        Column("receipt_id", "the channel's receipt"),
        _date("accepted", "when the customer accepted it"),
        _date("rejected", "when it was rejected"),
        Column("reason", "why it was rejected"),
        *_SOURCE,
    ),
)

PROMISES: Final = Table(
    "promises",
    (
        Column("promise_id", "its number; P-1 is that of recon case"),
        _WHOSE,
        Column("item_id", "the open item, if one"),
        _money("amount", "what is promised"),
        _CURRENCY,
        _date("promised_date", "by when"),
        _date("made", "when it was made"),
        Column("who", "who promised"),
        _word(
            "status",
            "what became of it, where that is known",
            "open",
            "kept",
            "part_kept",
            "broken",
            "cancelled",
        ),
        Column("note", "what was said"),
        *_SOURCE,
    ),
)

PLANS: Final = Table(
    "plans",
    (
        Column("plan_id", "the plan's number", needed=True),
        _CUSTOMER,
        Column("instalment", "number of the instalment, from 1", pl.Int64()),
        _date("due_date", "when it is due"),
        _money("amount", "the instalment", needed=True),
        _CURRENCY,
        _money("balance", "what the plan is for"),
        _money("deposit", "what was paid first"),
        _date("agreed", "when it was agreed"),
        Column("status", "proposed, agreed, ..."),
        *_SOURCE,
    ),
)

QUERIES: Final = Table(
    "queries",
    (
        Column("query_id", "its number; Q-1 is that of recon case"),
        _CUSTOMER,
        Column("item_id", "the open item, if one"),
        _money("amount", "what is queried"),
        _CURRENCY,
        _date("opened", "when it came"),
        _date("acknowledged", "when it was acknowledged"),
        _date("resolved", "when it was answered"),
        _date("closed", "when it was closed"),
        Column("owner", "whose turn it is"),
        Column("site", "which site it is about"),
        Column("reason", "what it is about"),
        Column("outcome", "upheld_credit, upheld_rebill, rejected, paid"),
        *_SOURCE,
    ),
)

CONTACTS: Final = Table(
    "contacts",
    (
        Column("contact_id", "its number"),
        _WHOSE,
        _date("date", "when", needed=True),
        Column("channel", "call, e-mail, letter, visit"),
        Column("who", "who spoke for us"),
        Column("next_action", "what is to be done next"),
        _date("next_date", "by when"),
        Column("note", "what was said"),
        *_SOURCE,
    ),
)

TARGETS: Final = Table(
    "targets",
    (
        Column("period", "the month, as 2026-03", needed=True),
        Column("customer_id", "the customer's number; empty = all of the segment, or of the ledger"),
        Column("segment", "kind of payer, as in limits; empty = all"),
        _money("amount", "what is to be collected in that month", needed=True),
        _CURRENCY,
        *_SOURCE,
    ),
)

RISKS: Final = Table(
    "risks",
    (
        _WHOSE,
        _word("type", "what it is", "insolvency", "credit_score", "other", needed=True),
        _date("date", "the day of the document"),
        Column("evidence", "the document: notice, report, page; without it nobody can check the flag"),
        Column("note", "what it says"),
        *_SOURCE,
    ),
)

# What matching asks of closed items, by inner names.
CLOSED_ASKED: Final = ("item_id", "doc_no", "customer_id", "status", "amount_minor")
INPUT_TABLES: Final[Mapping[Kind, Table]] = {
    Kind.BANK: BANK_LINES,
    Kind.REMITTANCE: REMITTANCE_LINES,
    Kind.ITEMS: OPEN_ITEMS,
    Kind.CUSTOMERS: CUSTOMERS,
    Kind.ALIASES: ALIASES,
    Kind.CLOSED: OPEN_ITEMS,
    Kind.SUCCESSIONS: SUCCESSIONS,
}
# Kinds whose columns a profile can be guessed for.
PROFILED: Final[Mapping[Kind, Table]] = {
    kind: table for kind, table in INPUT_TABLES.items() if kind is not Kind.SUCCESSIONS
}
MONTH_TABLES: Final[Mapping[Kind, Table]] = {
    Kind(table.name): table
    for table in (
        MOVEMENTS,
        BALANCES,
        GL,
        GL_ENTRIES,
        CUSTOMER_STATEMENT,
        TAX_STATEMENT,
        LIMITS,
        UNBILLED,
        LOSS_HISTORY,
        PROVISIONS,
        CONTRACTS,
        CENSUS,
        SUBMISSIONS,
        PROMISES,
        PLANS,
        QUERIES,
        CONTACTS,
        TARGETS,
        RISKS,
    )
}
TABLES_OF: Final[Mapping[Kind, Table]] = {**INPUT_TABLES, **MONTH_TABLES}  # of whatever a file can hold


@dataclass(frozen=True)
class Statement:
    """One bank statement of a file, with its controls. Money is decimal text; empty = the file doesn't say."""

    statement_id: str  # unique within a run: file digest and position
    account: str
    currency: str
    opening: str
    closing: str
    total: str  # sum of its lines
    lines: int
    foots: bool | None  # None: nothing to check it by
    difference: str  # closing - (opening + total); empty where foots is None
    first: date | None  # booking dates
    last: date | None
    source: str
    position: int


@dataclass(frozen=True)
class Reading:
    """What was read of one file: a table in outer form (unknown columns as `extra:NAME`), and what was wrong."""

    path: str
    digest: str
    kind: Kind
    format: str  # "csv", "xlsx", "mt940", "camt.053", ...
    profile: str  # name of the column profile; empty where the format itself says which field is which
    table: pl.DataFrame
    statements: tuple[Statement, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Tables:
    """All that one run matches, in inner form.

    `scales` says how many decimals a minor unit of each currency has. `settled` is what earlier runs allocated
    (item_id, settled_minor) and what they did with lines (line_id) that come again. `tolerated` is what small
    differences earlier runs gave, `paid` which line paid which item.
    """

    bank_lines: pl.DataFrame
    open_items: pl.DataFrame
    remittance_lines: pl.DataFrame = field(default_factory=REMITTANCE_LINES.empty)
    customers: pl.DataFrame = field(default_factory=CUSTOMERS.empty)
    aliases: pl.DataFrame = field(default_factory=ALIASES.empty)
    closed_items: pl.DataFrame = field(default_factory=OPEN_ITEMS.empty)
    successions: pl.DataFrame = field(default_factory=SUCCESSIONS.empty)
    tolerated: pl.DataFrame = field(default_factory=TOLERATED.empty)
    paid: pl.DataFrame = field(default_factory=PAID.empty)
    settled_lines: frozenset[str] = frozenset()
    scales: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What the engine proposes, in inner form: each bank line has one row in `lines`."""

    lines: pl.DataFrame
    allocations: pl.DataFrame
    exceptions: pl.DataFrame
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class View:
    """What the store knows now, in outer form: each line's last proposal, and what was decided and accepted.

    `lines` has two more columns: row_hash (the proposal's fingerprint) and run_id. `open_items` is the last
    extract as it was read; `settled` says what was accepted of its items since (see SETTLED; an item may have
    several rows, one for each extract). `decided` has one more column: decided_at. `turns` has the last turn of
    each line that ever was settled: line_id, turn, settled (false: it was taken back). `successions` are those that
    the last run read.
    """

    bank_lines: pl.DataFrame
    open_items: pl.DataFrame
    lines: pl.DataFrame
    allocations: pl.DataFrame
    exceptions: pl.DataFrame
    accepted: pl.DataFrame
    decided: pl.DataFrame
    settled: pl.DataFrame
    turns: pl.DataFrame
    successions: pl.DataFrame = field(default_factory=SUCCESSIONS.empty_outside)

    @property
    def settled_lines(self) -> frozenset[str]:
        """Lines that are settled now."""
        return frozenset(self.turns.filter("settled")["line_id"])


@dataclass(frozen=True)
class Batch:
    """A posting file: its id is made of the turns in it, so that the same ones always make the same file."""

    batch_id: str
    format: str  # a key of posting.FORMATS
    text: str
    turns: tuple[tuple[str, int], ...]  # line_id, turn
    controls: str = ""  # the controls over it, as text; empty: it was made before they were kept

    @property
    def line_ids(self) -> tuple[str, ...]:
        """The bank lines whose turns are in it."""
        return tuple(dict.fromkeys(line_id for line_id, _ in self.turns))


@dataclass(frozen=True)
class RunRecord:
    """What is known of a run before it ran, and its summary once it did."""

    run_id: str
    started: str  # ISO moment with offset
    as_of: date
    rules_digest: str
    rules: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    who: str = ""  # login of whoever ran it


def settled_hash(turn: int) -> str:
    """The fingerprint of what is settled of a line: its last turn, since turns are never changed."""
    return f"turn {turn}"


ON_ACCOUNT_OF: Final = "on account of {}"  # the part of a settled line that is one customer's cash on account
NOBODY: Final = "nobody"  # in the place of a customer: suspense


def on_account_of(customer_id: str) -> str:
    """What the part of a settled line is called that is a customer's cash on account; empty = nobody's."""
    return ON_ACCOUNT_OF.format(customer_id or NOBODY)


def exponent(currency: str) -> int:
    """Decimals of a currency's minor unit (ISO 4217); 2 for a code that is not known."""
    return _EXPONENTS.get(currency, 2)


def decimals(text: pl.Expr) -> pl.Expr:
    """Significant decimals of money text: 2 for `1.50`, 1 for `1.5`... trailing noughts don't count."""
    return text.str.extract(r"\.([0-9]*?)0*$", 1).str.len_chars().cast(pl.Int64).fill_null(0)


def scales_of(frames: Iterable[tuple[Table, pl.DataFrame]]) -> dict[str, int]:
    """The scale of each currency over several outer frames: the currency's own, or finer where the data is.

    Frames without a currency column don't count. Every money text fits MONEY_TEXT and SCALE_MAX already.
    """
    scales: dict[str, int] = {}
    for table, frame in frames:
        if "currency" not in frame.columns or frame.is_empty():
            continue
        own = {currency: exponent(currency) for currency in frame["currency"].unique().sort()}
        scales |= {currency: max(scales.get(currency, 0), least) for currency, least in own.items()}
        for name in table.money:
            if name not in frame.columns:
                continue
            # Nearly no amount has more decimals than its currency; only those are looked at digit by digit.
            behind = pl.col(name).str.len_bytes() - pl.col(name).str.find(".", literal=True) - 1
            finer = frame.select("currency", name).filter(behind > min(own.values()))
            found = finer.group_by("currency").agg(decimals(pl.col(name)).max())
            scales |= {currency: max(scales[currency], digits or 0) for currency, digits in found.iter_rows()}
    return scales


def _scale(scales: Mapping[str, int]) -> pl.Expr:
    return pl.col("currency").replace_strict(
        list(scales), list(scales.values()), default=2, return_dtype=pl.Int64
    )


def inside(frame: pl.DataFrame, table: Table, scales: Mapping[str, int]) -> pl.DataFrame:
    """An outer frame in inner form: missing columns added empty, text null -> "", money text -> minor units.

    Unknown columns are kept behind the table's own. Money must fit MONEY_TEXT; empty money stays null.
    """
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in table.outer_schema.items()
        if name not in frame.columns
    ]
    full = frame.with_columns(missing)
    columns: list[pl.Expr] = []
    for column in table.columns:
        if column.money:
            columns.append(minor_expr(full, column.name, scales).alias(column.inner))
        elif column.dtype == pl.String():
            columns.append(pl.col(column.name).cast(pl.String).fill_null(""))
        else:
            columns.append(pl.col(column.name).cast(column.dtype))
    extras = [name for name in frame.columns if name not in table.outer_schema]
    return full.select(*columns, *extras)


def minor_expr(frame: pl.DataFrame, name: str, scales: Mapping[str, int]) -> pl.Expr:
    """A money column of a frame that has the rows' `currency`, as minor units; as `inside` reads it."""
    text = pl.when(pl.col(name).str.len_bytes() > 0).then(pl.col(name))
    if _pence(scales) and frame.select((text.str.slice(-3, 1) == ".").all()).item():
        # Nearly every file has two decimals everywhere: then only the point has to go.
        return text.str.replace(".", "", literal=True).cast(pl.Int64)
    return _minor(pl.col(name), _scale(scales))


def _pence(scales: Mapping[str, int]) -> bool:
    """Whether two decimals are right for every currency, also for one that is not in the scales."""
    return all(scale == exponent(currency) == 2 for currency, scale in scales.items())  # noqa: PLR2004 - as it says


def _minor(text: pl.Expr, scale: pl.Expr) -> pl.Expr:
    """Money text as an integer of minor units; asserts nothing is cut (the scale holds all decimals)."""
    clean = pl.when(text.str.len_chars() > 0).then(text)
    sign = pl.when(clean.str.starts_with("-")).then(-1).otherwise(1)
    whole = clean.str.extract(r"([0-9]+)", 1)
    fraction = clean.str.extract(r"\.([0-9]*?)0*$", 1).fill_null("")
    padded = fraction + pl.lit("0" * SCALE_MAX).str.slice(0, (scale - fraction.str.len_chars()).clip(0))
    return sign * (whole + padded).cast(pl.Int64)


def outside(frame: pl.DataFrame, table: Table, scales: Mapping[str, int]) -> pl.DataFrame:
    """An inner frame in outer form: minor units -> decimal text with at least the currency's own decimals."""
    columns: list[pl.Expr] = []
    for column in table.columns:
        if column.inner not in frame.columns:
            continue
        if column.money:
            columns.append(money_expr(pl.col(column.inner), scales).alias(column.name))
        else:
            columns.append(pl.col(column.name))
    extras = [name for name in frame.columns if name not in table.inner_schema]
    return frame.select(*columns, *extras)


def _text(minor: pl.Expr, scale: pl.Expr, own: pl.Expr) -> pl.Expr:
    sign = pl.when(minor < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    digits = minor.abs().cast(pl.String)
    # Left-pad with noughts so that there is always a digit before the point.
    digits = (
        pl.lit("0" * (SCALE_MAX + 1)).str.slice(0, (scale + 1 - digits.str.len_chars()).clip(0))
    ) + digits
    cut = digits.str.len_chars().cast(pl.Int64) - scale
    whole = digits.str.slice(0, cut)
    fraction = digits.str.slice(cut)
    kept = pl.max_horizontal(fraction.str.strip_chars_end("0").str.len_chars().cast(pl.Int64), own)
    fraction = fraction.str.slice(0, kept)
    point = pl.when(fraction.str.len_chars() > 0).then(pl.lit(".")).otherwise(pl.lit(""))
    return sign + whole + point + fraction


def money_expr(minor: pl.Expr, scales: Mapping[str, int]) -> pl.Expr:
    """Minor units as decimal text, in a frame that has the rows' `currency`; as `outside` writes it."""
    if _pence(scales):
        size = minor.abs()
        sign = pl.when(minor < 0).then(pl.lit("-")).otherwise(pl.lit(""))
        return pl.concat_str(
            sign, (size // 100).cast(pl.String), pl.lit("."), (size % 100).cast(pl.String).str.zfill(2)
        )
    own = pl.col("currency").replace_strict(
        list(scales), [exponent(currency) for currency in scales], default=2, return_dtype=pl.Int64
    )
    return _text(minor, _scale(scales), own)


def minor_of(amount: Decimal, scales: Mapping[str, int]) -> pl.Expr:
    """An amount of the rules in minor units of a row's `currency`, rounded down."""
    return pl.col("currency").replace_strict(
        list(scales),
        [int(amount * 10**scale) for scale in scales.values()],
        default=int(amount * 100),
        return_dtype=pl.Int64,
    )


def money_text(minor: int, currency: str, scales: Mapping[str, int]) -> str:
    """One amount of minor units as decimal text, as `outside` writes it."""
    own = exponent(currency)
    scale = scales.get(currency, own)
    digits = str(abs(minor)).zfill(scale + 1)
    whole, fraction = digits[: len(digits) - scale], digits[len(digits) - scale :]
    kept = fraction[: max(len(fraction.rstrip("0")), own)]
    return f"{'-' if minor < 0 else ''}{whole}{'.' if kept else ''}{kept}"


def row_ids(frame: pl.DataFrame, parts: Sequence[str], prefix: str) -> pl.Series:
    """Ids made of what rows are: a digest of `parts` and the how-many-th row of those parts in the frame.

    Text is compared by its letters and digits in upper case, so that a bank's other spacing is no other row. The
    same rows in an overlapping file get the same ids; two genuinely equal rows get two.

    Example: two equal lines of one day -> `L-3f2a...-1`, `L-3f2a...-2`.
    """
    if frame.is_empty():
        return pl.Series("id", [], dtype=pl.String)
    # Some rows at a time: all the texts together take more memory than the table, and more time than those that a
    # processor keeps by it.
    slices = frame.select(parts).iter_slices(_ROWS)
    some = [_binary(_digests(_plain_keys(part))) for part in slices]
    if pl.concat([part.bin.reinterpret(dtype=pl.UInt64) for part in some]).n_unique() == frame.height:
        first = fill(prefix + "-{}-1", pl.col("digest").bin.encode("hex"))
        return pl.concat([part.to_frame().select(first).to_series() for part in some], rechunk=True)
    made = pl.concat(some)
    digest = made.bin.encode("hex").alias("digest")
    again = made.is_duplicated()
    # Counting within each key is slow where every row is a key of its own.
    rows = digest.to_frame().with_row_index("row").filter(again)
    counted = rows.select("row", pl.int_range(1, pl.len() + 1).over("digest").alias("nth"))
    nth = pl.ones(len(digest), dtype=pl.Int64, eager=True).scatter(counted["row"], counted["nth"])
    ids = pl.DataFrame([digest, nth.alias("nth")])
    return ids.select(fill(prefix + "-{}-{}", pl.col("digest"), pl.col("nth"))).to_series()


_ROW = b"\x1e"
_ROWS: Final = 20_000
_UPPER: Final = bytes(code - 32 if ord("a") <= code <= ord("z") else code for code in range(256))
_KEPT: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-\x1f" + _ROW)
_DROPPED: Final = bytes(code for code in range(256) if code not in _KEPT)


def _plain_keys(rows: pl.DataFrame) -> list[bytes]:
    """Rows' texts by their letters and digits in upper case. ASCII goes as one text, several times as fast."""
    texts = pl.col(name for name, dtype in rows.schema.items() if dtype not in _WRITTEN)
    rows = rows.with_columns(texts.cast(pl.String))
    written = io.BytesIO()
    rows.write_csv(
        written, include_header=False, separator="\x1f", line_terminator="\x1e", quote_style="never"
    )
    whole = written.getvalue()
    if whole.isascii():
        keys = whole.translate(_UPPER, _DROPPED).split(_ROW)
        if len(keys) == rows.height + 1:
            return keys[:-1]
    joined = rows.select(pl.concat_str(pl.all().cast(pl.String).fill_null(""), separator="\x1f")).to_series()
    plain = joined.str.to_uppercase().str.replace_all(r"[^\pL\pN.\-\x1f]+", "")
    return plain.cast(pl.Binary).to_list()


_WRITTEN: Final = (pl.String, pl.Date, pl.Int64)  # a file of them has the same text as a cast makes


def digests(texts: pl.Series) -> pl.Series:
    """The first 16 characters of each text's SHA-256: enough to tell the rows of a ledger apart."""
    return _binary(_digests(texts.cast(pl.Binary).to_list())).bin.encode("hex").alias(texts.name)


def _binary(made: Sequence[bytes]) -> pl.Series:
    return pl.Series("digest", made, dtype=pl.Binary).bin.slice(0, 8)


def _digests(texts: Sequence[bytes]) -> list[bytes]:
    sha256 = hashlib.sha256
    return [sha256(text).digest() for text in texts]


def fingerprints(lines: pl.DataFrame, allocations: pl.DataFrame, exceptions: pl.DataFrame) -> pl.DataFrame:
    """The fingerprint of each line's proposal: what a reviewer is about to see, as (line_id, row_hash).

    Args: the three result tables in outer form. A decision carries the row_hash that the person saw; it is
    refused when the line's proposal has changed since.
    """
    seen = [
        (lines, ["outcome", "amount", "currency"]),
        (allocations, ["item_id", "amount", "deduction", "deduction_type", "status", "rule"]),
        (exceptions, ["code", "amount", "alternatives"]),
    ]
    parts = []
    for frame, columns in seen:
        rows = frame.select("line_id", *columns).sort("line_id", *columns, nulls_last=True)
        text = pl.concat_str(
            [pl.col(name).cast(pl.String).fill_null("") for name in columns], separator="\x1f"
        )
        parts.append(rows.select("line_id", text.alias("text")))
    whole = pl.concat(parts).group_by("line_id", maintain_order=True).agg(pl.col("text").str.join("\x1e"))
    return whole.select("line_id", digests(whole["text"]).alias("row_hash"))


def problems_table(problems: Iterable[Problem]) -> pl.DataFrame:
    """Problems as a table, in the order given."""
    rows = [(problem.code, problem.where, problem.what, problem.hint) for problem in problems]
    return pl.DataFrame(rows, schema=PROBLEMS.outer_schema, orient="row")


def with_tables(tables: Tables, **frames: pl.DataFrame) -> Tables:
    """The same tables with some of them replaced."""
    return replace(tables, **frames)  # type: ignore[arg-type]  # the keyword names are Tables' own
