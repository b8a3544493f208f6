"""Codes in plain words: what each exception means, and what a person does next. Pure."""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import Outcome

# Code -> (what it means, what to do next). The codes are those of the engine; a site's own codes stay as they are.
EXCEPTIONS: Final[dict[str, tuple[str, str]]] = {
    "EX-UNID": (
        "payer unknown",
        "Find the payer from the narrative or the bank, then allocate or put on account",
    ),
    "EX-CUST": ("several customers fit", "Say which customer paid: choose an alternative or allocate"),
    "EX-ITEM": ("several open items fit", "Ask the payer which item it meant, or choose an alternative"),
    "EX-NOITEM": (
        "no open item of that amount",
        "Look for an item not yet billed or already closed; else put on account",
    ),
    "EX-DUPPAY": (
        "looks paid twice",
        "Confirm with the payer; hold on account until it says refund or reuse",
    ),
    "EX-DUPLINE": ("the bank line came twice", "Check the statement; reject the copy if it is one event"),
    "EX-SHORT": ("paid short without a reason", "Ask the payer why; then part-allocate, query or write off"),
    "EX-DISPUTE": (
        "short for a stated reason, or disputed",
        "Pass the difference to the dispute's owner; allocate the rest",
    ),
    "EX-OVER": ("paid too much", "Allocate the item and put the rest on account; ask the payer"),
    "EX-ADV": ("advance payment", "Put on account until the invoice is issued"),
    "EX-NOREM": ("remittance advice awaited", "Ask the payer for its remittance advice"),
    "EX-REMSUM": (
        "remittance advice differs from the cash",
        "Ask the payer for a corrected remittance advice",
    ),
    "EX-REMUNK": ("remittance names an unknown item", "Find the item under another number, or ask the payer"),
    "EX-REMPAID": (
        "remittance names a paid item",
        "Check for a double payment; ask the payer which item it meant",
    ),
    "EX-REMNEG": (
        "remittance takes money back",
        "Find the earlier payment that is recovered before allocating",
    ),
    "EX-XCUST": ("reference belongs to another customer", "Find out who paid for whom before allocating"),
    "EX-TDSRATE": (
        "tax deducted at another rate",
        "Check the rate with the payer; accept if the certificate will agree",
    ),
    "EX-TDSBASE": (
        "tax deducted on the wrong base",
        "Query the base with the payer; tax belongs on the net amount",
    ),
    "EX-TDSAMB": (
        "the deduction can be read in two ways",
        "Choose the reading that the payer's certificate shows",
    ),
    "EX-TDSPROF": (
        "a deduction this customer does not take",
        "Ask the payer why it deducted; correct its profile if it is right",
    ),
    "EX-TDSCERT": (
        "no tax credit in the tax statement",
        "Ask the payer for its certificate before the year closes",
    ),
    "EX-DISCLATE": ("discount taken too late", "Claim the discount back, or allow it"),
    "EX-TOLCAP": (
        "difference above the tolerance",
        "Claim the difference, or write it off within your authority",
    ),
    "EX-TOLPAT": (
        "small differences again and again",
        "Raise the pattern with the payer instead of writing off",
    ),
    "EX-FX": ("difference from exchange", "Check the rate; book the difference to exchange"),
    "EX-CCY": (
        "another currency than the item",
        "Find the item in that currency, or ask treasury for the rate",
    ),
    "EX-CHG": ("bank charges kept back", "Book the charges, or claim them if the payer bears them"),
    "EX-NONAR": ("no customer receipt", "Confirm that it is not receivable, and pass it to its owner"),
    "EX-OWN": ("transfer between own accounts", "Confirm, and match it with the other account"),
    "EX-RET": ("a payment came back", "Reverse the receipt it belongs to"),
    "EX-BANKREV": ("the bank corrected itself", "Pair it with the line that it corrects"),
    "EX-ENTITY": ("paid to the wrong company of ours", "Pass it to the right company, or ask the payer"),
    "EX-PERIOD": ("the period is closed", "Post into the open period, and tell the ledger's owner"),
    "EX-STALE": ("the ledger extract is out of date", "Take a fresh extract of open items and match again"),
    "EX-CONT": ("the statement has a gap or break", "Get the missing statement or page from the bank"),
    "EX-LEGAL": ("the item is with solicitors", "Ask whoever handles the case before allocating"),
    "EX-WOREC": ("debt written off before is paid", "Book as recovery of written-off debt"),
    "EX-INSOLV": (
        "the payer is insolvent",
        "Separate debt from before and after the date; ask the insolvency contact",
    ),
    "EX-SUCC": ("the successor is not clear", "Find out which organisation took over the debt"),
    "EX-ALIASEXP": (
        "the name was valid for other dates only",
        "Confirm who uses the name now, and correct the aliases",
    ),
    "EX-NEAR": ("the name is only alike", "Confirm the payer before accepting"),
    "EX-COINC": ("the number may be a coincidence", "Check that the number really is the item's"),
    "EX-CORRUPT": ("the reference is damaged", "Ask the bank or payer for the full reference"),
    "EX-UNCLR": ("not cleared yet", "Wait until the money is cleared"),
    "EX-PII": ("the text names a person", "Treat as confidential; allocate by reference, not by name"),
    "EX-INJ": (
        "the text looks like a formula or an instruction",
        "Ignore what it says; find the payer in another way",
    ),
    "EX-OVERALLOC": ("more than the item has open", "Reduce the allocation, or put the rest on account"),
    "EX-INT": ("interest is included", "Allocate the item; book the interest apart"),
    "EX-MIXED": ("partly not for receivables", "Allocate our part; pass on the rest"),
    "EX-REFUND": ("refund risk", "Refund to the paying account only, after the usual checks"),
    "EX-CONTRA": ("set off against what we owe", "Ask payables for the contra entry, then allocate"),
    "EX-RETEN": ("retention held back", "Leave the retention open until its release date"),
    "EX-REJ": (
        "rejected together before",
        "See who rejected payer and customer, and why; accept if they belong together after all",
    ),
    "EX-HELD": (
        "what was learned does not do alone",
        "Accept if this line is right; where Learning says that it is held, confirm or withdraw it there",
    ),
    "EX-BATCH": ("batch without its details", "Get the batch's detail from the bank or payer"),
    "EX-APPROP": ("the payer's wish differs from our rule", "Follow the payer's stated wish, or query it"),
    "EX-PROF": ("paid a proforma", "Put on account until the invoice is issued"),
    "EX-CUTOFF": ("near the end of the period", "Check which period it belongs to"),
    "EX-FRAUD": ("warning signs of fraud", "Refund nothing; report it to your fraud contact"),
    "EX-IDEMP": ("the run was repeated", "Nothing to do: the line is counted already"),
}

UNKNOWN: Final = ("a code of this site's rules", "See the detail; decide, park or query")

OUTCOMES: Final[dict[str, str]] = {
    Outcome.AUTO: "Matched automatically",
    Outcome.SUGGESTED: "Suggested",
    Outcome.EXCEPTION: "Exception",
    Outcome.NOT_RECEIVABLE: "Not receivable",
    Outcome.DUPLICATE: "Duplicate",
}

DECIDED: Final = "Decided"  # what became of a line that a person has settled

# The facts that Home shows, in this order; others follow under their own name.
FACTS: Final[dict[str, str]] = {
    "finished": "Last run",
    "as_of": "As of",
    "bank_lines": "Bank lines",
    "auto": "Matched automatically",
    "waiting": "Suggestions to review",
    "second": "of these for a second person",
    "exceptions": "Exceptions to decide",
    "answered": "Parked, asked or rejected",
    "to_post": "Accepted, not yet posted",
    "not_receivable": "Not receivable",
    "duplicates": "Duplicates",
    "problems": "Problems in the input",
    "controls": "Last run's totals",
    "run_id": "Run",
}
# Facts that are left out where there is nothing to tell.
SELDOM: Final = ("second", "answered", "to_post", "duplicates")


def meaning(code: str) -> str:
    """What a code means; a code of a site's own rules says so."""
    return EXCEPTIONS.get(code, UNKNOWN)[0]


def table() -> pl.DataFrame:
    """All codes as a table (code, meaning, next)."""
    rows = [(code, what, then) for code, (what, then) in EXCEPTIONS.items()]
    return pl.DataFrame(
        rows, schema={"code": pl.String, "meaning": pl.String, "next": pl.String}, orient="row"
    )


def next_step(waiting: int, exceptions: int, bank_lines: int, auto: int, to_post: int = 0) -> str:
    """What to do next, in a sentence or two for Home."""
    if bank_lines == 0:
        return "No bank lines yet. Name the files under Inputs, and press Match."
    post = f"Press Post for the posting file of {_lines(to_post)}." if to_post else ""
    if waiting + exceptions == 0:
        return f"All {bank_lines:,} bank lines are settled. {post or 'There is nothing left to post.'}"
    parts = []
    if waiting:
        parts.append(f"{waiting:,} {'line waits' if waiting == 1 else 'lines wait'} on Suggestions")
    if exceptions:
        parts.append(f"{exceptions:,} on Exceptions")
    settled = f"{auto:,} of {bank_lines:,} bank lines are matched automatically."
    then = f"{' and '.join(parts)}: choose in the Decision column, then press Apply decisions."
    return " ".join(part for part in (settled, then, post) if part)


def _lines(number: int) -> str:
    return f"{number:,} accepted {'line' if number == 1 else 'lines'}"
