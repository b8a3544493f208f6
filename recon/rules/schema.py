"""What a rules file may say: every behaviour of the engine that a site can see, tune or switch off.

The models are frozen and forbid unknown keys. Their docstrings and descriptions are the text of the JSON Schema
and of the generated rules page. Money is in major units here (`5.00`), as a person writes it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from recon.rules.accounts import Accounts, Posting
from recon.rules.authority import Authority
from recon.rules.cases import Cases
from recon.rules.credit import Credit
from recon.rules.learning import Learning
from recon.rules.parts import Money, Name, Part, Pattern, Percent, Share
from recon.rules.privacy import Privacy
from recon.rules.reports import Reports
from recon.rules.shadow import Shadow


class Controls(Part):
    """What is checked before and around matching."""

    admit_unfooted: bool = False
    """Match statements whose opening balance plus lines is not the closing balance."""
    auto_post_ceiling: Money = Decimal("250000.00")
    """`auto` lines up to this are accepted by rule; above it they wait for a second person."""
    hand_post_ceiling: Money = Decimal("10000.00")
    """What one person allocates by hand that person may post, for lines up to this. Above it a second person posts,
    and any write-off."""
    hostile: tuple[Pattern, ...] = (
        r"^[=@]",
        r"\bHYPERLINK\s*\(",
        r"\b(IGNORE|DISREGARD)\b.*\b(RULES?|INSTRUCTIONS?)\b",
    )
    """Text that tries to be a formula or an order; such a line is never matched, only shown."""
    insolvent: tuple[Pattern, ...] = (
        r"\bIN (ADMINISTRATION|LIQUIDATION)\b",
        r"\bINSOLVEN",
        r"\bRECEIVERSHIP\b",
    )
    """Text that says the payer is insolvent; such a line is never posted without a person."""
    closed_to: str = ""
    """Last day of the last closed period (`2026-03-31`); what was booked up to it is never posted without a person.
    Empty: no period is closed."""
    overpaid_factor: Annotated[int, Field(ge=0, le=1000)] = 5
    """A payment of this many times what its document has open is held on account, not proposed: somebody may ask
    for the rest back to another account. 0 switches it off."""
    advances: tuple[Pattern, ...] = (r"\b(?:ADVANCE|PRE ?-?PAYMENT|PREPAID|UP ?FRONT)\b", r"\bON ACCOUNT\b")
    """Text that says the money is paid in advance, before there is an invoice."""

    @field_validator("closed_to")
    @classmethod
    def _day(cls, text: str) -> str:
        if text:
            try:
                date.fromisoformat(text)
            except ValueError as error:
                raise PydanticCustomError("day", "no day; write it as 2026-03-31") from error
        return text


class References(Part):
    """How document numbers are found in the text of a bank line."""

    bare_digits_min: Annotated[int, Field(ge=1, le=20)] = 4
    """A number without its prefix (`1042` for `INV-1042`) needs at least this many digits to be looked up."""
    bare_digits_payer: Annotated[int, Field(ge=1, le=20)] = 3
    """... and at least this many among the open items of the payer itself, if it is known without doubt and the
    amount fits."""
    places: tuple[str, ...] = (
        "ROOM", "RM", "UNIT", "FLAT", "SUITE", "HOUSE", "BED", "WARD", "APT", "FLOOR", "BLOCK", "PLOT", "SHOP",
        "LOT", "WEEK", "WK", "WEEKS", "DAYS", "PAGE",
    )  # fmt: skip
    """Words before a short number that say it is no document's (`ROOM 502`)."""
    units: tuple[str, ...] = (
        "BED", "BEDS", "NIGHT", "NIGHTS", "DAY", "DAYS", "WEEK", "WEEKS", "MONTH", "MONTHS", "HOUR", "HOURS", "HRS",
        "VISITS", "SESSIONS", "UNITS", "RESIDENTS", "PATIENTS", "MILES", "POUNDS", "EUROS", "RUPEES",
    )  # fmt: skip
    """Words behind a bare number that say it counts something (`120 BEDS`), as the line's currency does."""
    bare_digits_sure: Annotated[int, Field(ge=1, le=30)] = 6
    """A document number of digits only identifies its document alone from this length on; a shorter one, like any
    number without its prefix, needs the payer too."""
    prefix_min: Annotated[int, Field(ge=4, le=40)] = 8
    """A number cut off at the end of a field is looked up from this many letters and digits on."""
    rail_lengths: tuple[int, ...] = (18,)
    """Lengths at which payment systems cut names and references."""
    typo_length_min: Annotated[int, Field(ge=4, le=40)] = 6
    """A number one character off is looked up from this length on; 40 switches it off."""
    labels: tuple[str, ...] = ("INV", "INVOICE", "INVOICES", "INVS", "BILL", "BILLS", "DOC", "NO", "NOS")
    """Words before a number that say it is a document number (`INVOICE 1042`)."""
    glued: tuple[str, ...] = ("REF", "REFERENCE", "PAYMENT", "PYMT", "PMT", "PAY")
    """Words that, like labels, may hang on a number without a blank (`REFINV-1042`)."""
    lookalikes: dict[str, str] = Field(
        default_factory=lambda: {"O": "0", "I": "1", "L": "1", "S": "5", "B": "8"}
    )
    """Letters that are read as digits inside numbers."""
    abbreviated_lists: bool = True
    """`INV-1001/02/03` means three numbers."""
    ranges_max: Annotated[int, Field(ge=0, le=1000)] = 60
    """`1001 to 1005` means five numbers, up to this many; 0 switches ranges off."""
    statements: tuple[Pattern, ...] = ()
    """Text that says all that is open or due is paid (STATEMENT, ALL INVOICES)."""
    statements_post: bool = False
    """Such text lets the one set of items that adds up post by itself, if the payer is known."""
    never: tuple[Pattern, ...] = ()
    """Text that is cut out before numbers are looked for: phone numbers, sort codes, dates."""
    proformas: tuple[Pattern, ...] = (
        r"\b(?:PF|PRO ?-?FORMA|QUOTE|QUOTATION|QTE|QUO)[ /#-]{0,3}(?:NO\.? ?)?\d{2,}\b",
    )
    """How the numbers of proformas and quotes look, which are no invoices yet."""


class Company(Part):
    """A company of ours: which of our bank accounts and which document numbers are its own."""

    entity: str
    """Its name or number, as the items' column `entity` has it."""
    accounts: tuple[str, ...] = ()
    """Its bank accounts, as the statements write them; blanks and dashes don't count."""
    documents: tuple[Pattern, ...] = ()
    """How its document numbers look in the text of a line (`EH-` and digits)."""


class Exchange(Part):
    """Invoices in one currency that are paid in another."""

    stated: Pattern = (
        r"\b(?P<currency>[A-Z]{3}) ?(?P<amount>\d[\d,]*(?:\.\d{1,2})?) ?(?:@|AT|RATE) ?(?P<rate>\d+\.\d+)"
    )
    """Text that states an amount in another currency and the rate, with the groups currency, amount and rate."""
    difference_max: Percent = Decimal(10)
    """A difference up to this share of an item with a `doc_currency` may be one of the rate; 0 switches it off."""


class Payers(Part):
    """How the payer of a bank line is found among customers."""

    drop_words: tuple[str, ...] = ()
    """Words of names that don't tell customers apart (LTD, PLC, THE)."""
    same_words: dict[str, str] = Field(default_factory=dict)
    """Short and long forms of one word (`CC: COUNTY COUNCIL`)."""
    not_names: tuple[Pattern, ...] = ()
    """Words of bank text that are no part of a name (PAYMENT, BGC, REF)."""
    not_phrases: tuple[Pattern, ...] = ()
    """Phrases of bank text that end a name (CARE FEES), though their words may be part of one."""
    departments: tuple[Pattern, ...] = ()
    """Departments that pay in the name of the whole (ADULT SOCIAL CARE of a council), if no customer is called so."""
    shared_payers: tuple[Pattern, ...] = ()
    """Names that pay for many customers (NHS SBS): never evidence for one of them."""
    persons: tuple[Pattern, ...] = (
        r"^(?:(?:MR|MRS|MS|MISS|DR) )?(?:[A-Z] ){1,2}[A-Z]{3,}$",
        r"^(?:MR|MRS|MS|MISS|DR) [A-Z]{3,}(?: [A-Z]{2,})?$",
        r"^[A-Z]{3,} [A-Z]$",
    )
    """What a person's name looks like where a line has nothing else; shown, so that it isn't passed on."""
    persons_paying: tuple[Pattern, ...] = (r"(?m)^[A-Z]{3,} (?:CARE|NURSING|RESIDENT) FEES?\b",)
    """Text that says a person pays, whose name stands before it."""
    fuzzy: bool = True
    """Compare names that are not equal; such a name never decides alone."""
    score_min: Annotated[float, Field(ge=50, le=100)] = 88.0
    """From this likeness (0-100) on a name counts as alike."""
    margin_min: Annotated[float, Field(ge=0, le=50)] = 6.0
    """By this much the best name must beat the next customer's."""
    swapped_letters: bool = True
    """Two neighbouring letters changed about (WESMTINSTER) are a slip, whatever `score_min` is."""


class Tolerance(Part):
    """How much a receipt may differ from what is open and still settle it."""

    absolute: Money = Decimal("5.00")
    """Never more than this."""
    percent: Percent = Decimal("0.5")
    """Never more than this share of the item."""
    per_year: Money = Decimal("50.00")
    """Never more than this for a customer in twelve months."""
    over: bool = True
    """What is paid too much counts too: it is income on the account. `false`: it goes on account of the customer
    (`EX-OVER`)."""
    account: str = "tolerance"
    """Ledger account that takes the difference; in a posting file that of `default` counts for all."""


class Deduction(Part):
    """Something a payer keeps back and that settles the item all the same."""

    id: Name
    """Name of the rule, shown with the allocation."""
    type: str
    """What stands in the allocations as deduction_type (TDS, GSTTDS, CIS)."""
    rate: Percent
    """Share of the base that is kept back."""
    base: Literal["net_amount", "amount", "cis_base"] = "net_amount"
    """The amount it is taken from."""
    profiles: tuple[str, ...] = ()
    """Words of a customer's tax_profile that allow it, besides `TYPE RATE%` (`194J`, `1027`)."""
    rounding: Money = Decimal("1.00")
    """The payer may round the deduction by this much for each item."""
    account: str = ""
    """Ledger account that takes the deduction; of several with one type the last counts. Empty: `accounts.types`."""
    auto: bool = True
    """May be posted without a person where the customer's profile allows it."""


class NotReceivable(Part):
    """A class of bank lines that pay no open item."""

    id: Name
    """Name of the class, shown as reason."""
    code: str = Field(default="EX-NONAR", pattern=r"^EX-[A-Z]+$")
    """Exception code of the class."""
    types: tuple[str, ...] = ()
    """The bank's transaction types that belong to it; with a pattern too, both must fit."""
    pattern: Pattern = ""
    """Text that belongs to it."""
    sign: Literal["credit", "debit", "any"] = "any"
    """Only money in, only money out, or both."""


class Surplus(Part):
    """What more than is open may be, by the text of the line."""

    code: str = Field(pattern=r"^EX-[A-Z]+$")
    """Exception code of the rest."""
    pattern: Pattern
    """Text that says so."""


class Remittances(Part):
    """How remittance advices are linked to bank lines."""

    days_before: Annotated[int, Field(ge=0, le=120)] = 7
    """The bank line may be booked this many days before the advice's payment date."""
    days_after: Annotated[int, Field(ge=0, le=120)] = 10
    """... and this many days after it."""
    reference_length_min: Annotated[int, Field(ge=3, le=40)] = 5
    """Payment numbers shorter than this link nothing."""
    charge_max: Money = Decimal("30.00")
    """Bank charges (`CHARGE`) that an advice states are taken up to this for one bank line; more stays open."""
    discount_max: Percent = Decimal(5)
    """A discount (`DISC`) that an advice states is taken up to this share of the item, if the item has no terms of
    its own; more stays open."""
    reasons: tuple[Pattern, ...] = (
        r"\bDISALLOW",
        r"\bRETEN",
        r"\bDISPUT",
        r"\bQUER(?:Y|IED)",
        r"\bPENALT",
        r"\bSHORTAGE",
        r"\bDAMAGE",
        r"\bRECOVER",
        r"\bCO ?PAY",
    )
    """Words of a stated deduction that are a second reason beside a tax (`TDS AND DISALLOWED`)."""


class Use(Part):
    """What one kind of evidence may do."""

    propose: bool = True
    """Make proposals of it at all."""
    auto: bool = True
    """Post without a person when nothing speaks against it."""


class Evidence(Part):
    """Every kind of evidence, each to be switched off, or kept from posting alone. Names are those of `rule`."""

    reference: Use = Use()
    """One document number and the exact amount."""
    reference_list: Use = Use()
    """Several document numbers whose sum is the amount."""
    reference_lookalike: Use = Use()
    """A document number with letters typed for digits (O for 0), and only one reads so."""
    reference_cut: Use = Use()
    """A document number cut off, with only one that begins so."""
    reference_bare: Use = Use()
    """A number without its prefix; posts only with the payer known."""
    reference_typo: Use = Use()
    """A document number one character off; posts only with the payer known."""
    order: Use = Use()
    """A purchase order, service-user, contract or plan reference that one open item carries."""
    remittance: Use = Use()
    """A remittance advice that is linked and adds up."""
    payer_amount: Use = Use()
    """A known payer and an amount that only one open item in the ledger has."""
    payer_name: Use = Use(auto=False)
    """A name that is only alike and an amount that one of its items has."""
    part_payment: Use = Use(auto=False)
    """A document number and less than its amount."""
    over_payment: Use = Use(auto=False)
    """A document number and more than its amount."""
    tolerance: Use = Use()
    """A difference within the tolerance."""
    deduction: Use = Use()
    """A deduction that the customer's profile, the item's terms or the advice state."""
    combination: Use = Use(auto=False)
    """Several items of a known payer that add up, without references."""
    combination_supported: Use = Use()
    """Several items of a known payer that add up, where the text names their month or a statement; posts only the
    one set that adds up, if chance does not explain it (`limits.chance_hits`, `limits.items_to_post`)."""
    split: Use = Use()
    """Several receipts of a known payer on one day that add up to its only open item."""


class Weights(Part):
    """What each piece of evidence counts, in bits: +1 makes a proposal twice as likely."""

    prior: float = -10.0
    """Before any evidence, that a line and an item belong together."""
    reference_exact: float = 14.0
    """The document number."""
    reference_order: float = 11.0
    """A purchase order, service-user, contract or plan reference."""
    reference_lookalike: float = 10.0
    """The document number, with letters typed for digits."""
    reference_cut: float = 10.0
    """The document number, cut off."""
    reference_bare: float = 7.0
    """The document number, without its prefix."""
    reference_typo: float = 6.0
    """The document number, one character off."""
    remittance_number: float = 16.0
    """An advice, linked by its number."""
    remittance_total: float = 10.0
    """An advice, linked by payer, total and date."""
    amount_exact: float = 6.0
    """The amount, to the penny."""
    amount_deduction: float = 5.0
    """The amount, to the penny after a deduction that is allowed."""
    amount_tolerance: float = 3.0
    """The amount, within the tolerance."""
    amount_part: float = -2.0
    """Less than is open."""
    amount_over: float = -2.0
    """More than is open."""
    amount_unique: float = 3.0
    """No other open item has this amount."""
    period_named: float = 6.0
    """The text names the month, or the statement, whose items add up."""
    payer_account: float = 8.0
    """The account it was paid from is the customer's."""
    payer_alias: float = 7.0
    """A confirmed other name, or a vendor number."""
    payer_name: float = 6.0
    """The legal name, exactly."""
    payer_fuzzy: float = 3.0
    """A name that is only alike."""
    payer_other: float = -8.0
    """The payer is another customer."""
    date_early: float = -3.0
    """Booked before the item was issued."""
    contradiction: float = -3.0
    """Something speaks against it: another payer, a dispute, an amount that is not explained."""


class Thresholds(Part):
    """From which confidence on a proposal counts."""

    auto: Share = 0.95
    """From here on a proposal may be `auto`, if nothing speaks against it."""
    suggested: Share = 0.20
    """Below this there is no proposal, only the exception."""


class Limits(Part):
    """Where each search stops, and how much a sheet shows; reaching one is shown as a problem."""

    items_per_reference: Annotated[int, Field(ge=1, le=1000)] = 20
    """A number that more open items carry than this is no evidence."""
    customers_per_name: Annotated[int, Field(ge=1, le=100)] = 5
    """A name that more customers share than this is no evidence."""
    items_per_combination: Annotated[int, Field(ge=2, le=4)] = 4
    """Items freely tried together without references; sets with a structure (a month, all due) may have more."""
    items_to_post: Annotated[int, Field(ge=0, le=200)] = 40
    """Open items of one payer above which several items without references are proposed, never posted, and single
    items less a deduction are not sought."""
    items_per_search: Annotated[int, Field(ge=2, le=200)] = 100
    """Open items of one payer above which combinations are not searched: a remittance advice is asked for."""
    chance_hits: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Several items without references post only if fewer sets than this are expected to add up by chance."""
    alternatives: Annotated[int, Field(ge=1, le=20)] = 5
    """Other readings shown with a proposal."""
    proposals_per_component: Annotated[int, Field(ge=10, le=100_000)] = 2_000
    """Competing proposals above which the best are taken in turn instead of solved together."""
    uses_per_component: Annotated[int, Field(ge=10, le=100_000)] = 2_000
    """Items in competing proposals of several items, all counted, above which the best are taken in turn."""
    advices_per_payer: Annotated[int, Field(ge=1, le=100)] = 30
    """Open remittances of one payer above which two that together are a receipt are not sought."""
    items_per_line: Annotated[int, Field(ge=10, le=1000)] = 200
    """Items named by one line above which it is a list of everything, and no evidence."""
    rows_shown: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Rows that *Suggestions* and *Exceptions* show, those of the largest amounts; the others are in a file beside
    the workbook and come up as these are decided."""


class Rules(Part):
    """All rules of one run."""

    name: str = "default"
    """Shown in summaries and on the Rules sheet."""
    extends: str = ""
    """Another rules file that this one changes (`default`, or a path beside this file)."""
    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    """Currency of files that don't say theirs; empty = the only one that the other files have."""
    controls: Controls = Controls()
    authority: Authority = Authority()
    references: References = References()
    payers: Payers = Payers()
    tolerances: dict[str, Tolerance] = Field(default_factory=lambda: {"default": Tolerance()})
    """Tolerances by name; a customer's tolerance_profile picks one, else `default`."""
    deductions: tuple[Deduction, ...] = ()
    accounts: Accounts = Accounts()
    posting: Posting = Posting()
    not_receivable: tuple[NotReceivable, ...] = ()
    surpluses: tuple[Surplus, ...] = ()
    """What the rest of an over-payment is, where the text says it; the rest is then not held on account."""
    companies: tuple[Company, ...] = ()
    """Our companies, where receipts of one may come into the account of another."""
    exchange: Exchange = Exchange()
    remittances: Remittances = Remittances()
    evidence: Evidence = Evidence()
    weights: Weights = Weights()
    thresholds: Thresholds = Thresholds()
    limits: Limits = Limits()
    learning: Learning = Learning()
    shadow: Shadow = Shadow()
    privacy: Privacy = Privacy()
    cases: Cases = Cases()
    credit: Credit = Credit()
    reports: Reports = Reports()
    profiles: tuple[str, ...] = ()
    """Files of column profiles beside this file, read besides the built-in ones."""
