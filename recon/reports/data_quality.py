"""What is wrong with the ledger and its references: each rule with the rows that break it.

I-1 due 2026-01-01, dated 2026-01-31     -> due before its date
HOUNSLOW CCG -> K10, valid without end   -> a body that is no more (clinical commissioning groups ended 2022-06-30)

Rows are shown, never changed; what can't be read at all is a problem when the file is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from recon.model import ALIASES, CENSUS, CONTRACTS
from recon.reports import abolished, aged, ledger
from recon.reports.shape import PLAIN, RANK, SUBTOTAL, Column, Inputs, Kind, Made, Part, Report, called, frame

CCGS_ENDED: Final = date(2022, 6, 30)  # Health and Care Act 2022: integrated care boards from 1 July 2022
_CCG: Final = r"(?i)\b(?:CCG|CLINICAL COMMISSIONING GROUP)\b"
_SPLIT: Final = ";"
_CHECKS: Final = (
    Column("check", "Check", "its name", file_only=True),
    Column("title", "Check", "what is asked", Kind.LONG, 52),
    Column("about", "About", "open items, customers, aliases, contracts or census", width=14),
    Column("rows", "Rows", "how many break it", Kind.NUMBER, 9),
    Column("looked_at", "Of", "how many were looked at", Kind.NUMBER, 9),
    Column("why", "Why it matters", "what goes wrong otherwise", Kind.LONG, 60),
)
_ROWS: Final = (
    Column("check", "Check", "its name", file_only=True),
    Column("title", "Check", "what is asked", width=40),
    Column("customer_id", "Customer", "the customer's number", width=14),
    Column("reference", "Which", "document, name, account or reference", width=26),
    Column("item_id", "Item", "the open item, if it is one", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("amount", "Open", "what is open of it; empty = it is no item", Kind.MONEY, 15),
    Column("detail", "What is there", "what the row says", Kind.LONG, 46),
)
_FOUND: Final = {
    "customer_id": pl.String(),
    "reference": pl.String(),
    "item_id": pl.String(),
    "currency": pl.String(),
    "amount_minor": pl.Int64(),
    "detail": pl.String(),
}


@dataclass(frozen=True)
class _Check:
    """One rule: its name, what it asks, why, which table it looks at, and which rows break it."""

    name: str
    title: str
    about: str
    why: str
    find: Callable[[Inputs], pl.DataFrame]


def _items(inputs: Inputs, broken: pl.Expr, detail: pl.Expr) -> pl.DataFrame:
    number = called()
    return (
        inputs["open_items"]
        .filter(broken.fill_null(value=False))
        .select(
            "customer_id",
            "item_id",
            "currency",
            reference=number,
            amount_minor="open_amount_minor",
            detail=detail,
        )
    )


def _due_early(inputs: Inputs) -> pl.DataFrame:
    detail = pl.concat_str(pl.lit("dated "), pl.col("issue_date").cast(pl.String), pl.lit(", due "),
                           pl.col("due_date").cast(pl.String))  # fmt: skip
    return _items(inputs, pl.col("due_date") < pl.col("issue_date"), detail)


def _sign(inputs: Inputs) -> pl.DataFrame:
    billed = pl.col("doc_type").is_in(ledger.SALES)
    credit = pl.col("doc_type") == "credit_note"
    wrong = (billed & (pl.col("open_amount_minor") < 0)) | (credit & (pl.col("open_amount_minor") > 0))
    side = (
        pl.when(pl.col("open_amount_minor") < 0).then(pl.lit(" with minus")).otherwise(pl.lit(" with plus"))
    )
    return _items(inputs, wrong, pl.concat_str(pl.col("doc_type").str.replace("_", " "), side))


def _above(inputs: Inputs) -> pl.DataFrame:
    more = pl.col("open_amount_minor").abs() > pl.col("amount_minor").abs()
    detail = pl.lit("more is open than it was raised for")
    return _items(inputs, more & (pl.col("amount_minor") != 0), detail)


def _orphans(inputs: Inputs) -> pl.DataFrame:
    known = inputs["customers"]["customer_id"].unique()
    if known.is_empty():
        none = pl.col("item_id").is_null() & False  # polars refuses a literal alone where it works in parts
        return _items(inputs, none, pl.lit(""))
    gone = ~pl.col("customer_id").is_in(known.implode())
    said = (
        pl.when(pl.col("customer_id") == "")
        .then(pl.lit("no customer"))
        .otherwise(pl.lit("the customer file has no such number"))
    )
    return _items(inputs, gone, said)


def _undated(inputs: Inputs) -> pl.DataFrame:
    lacks = pl.col("doc_type").is_in(ledger.SALES) & (
        pl.col("due_date").is_null() | pl.col("issue_date").is_null()
    )
    what = pl.concat_str(
        pl.when(pl.col("issue_date").is_null()).then(pl.lit("no date")),
        pl.when(pl.col("due_date").is_null()).then(pl.lit("no due date")),
        separator=", ",
        ignore_nulls=True,
    )
    return _items(inputs, lacks, what)


def _documents(inputs: Inputs) -> pl.DataFrame:
    keys = ["customer_id", "doc_type", "doc_no"]
    several = (pl.len().over(keys) > 1) & (pl.col("doc_no") != "")
    detail = pl.concat_str(pl.len().over(keys).cast(pl.String), pl.lit(" open items with this number"))
    return _items(inputs, several, detail)


def _future(inputs: Inputs) -> pl.DataFrame:
    detail = pl.concat_str(pl.lit("dated "), pl.col("issue_date").cast(pl.String))
    return _items(inputs, pl.col("issue_date") > inputs.as_of, detail)


def _no_order(inputs: Inputs) -> pl.DataFrame:
    wanted = inputs.get("contracts", CONTRACTS).filter(aged.says("po_needed"))
    of_contract = pl.col("contract_id").fill_null("").is_in(wanted["contract_id"].unique().implode())
    lacks = of_contract & (pl.col("po_no").fill_null("") == "") & pl.col("doc_type").is_in(ledger.SALES)
    return _items(inputs, lacks, pl.lit("the contract needs a purchase order, and the invoice has none"))


def _found(rows: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=_FOUND), rows], how="diagonal_relaxed")


def _shared(inputs: Inputs, column: str, what: str) -> pl.DataFrame:
    """A value of the customer file, `;` between, that several customers have."""
    rows = inputs["customers"].select("customer_id", reference=pl.col(column).fill_null("").str.split(_SPLIT))
    each = rows.explode("reference").with_columns(pl.col("reference").str.strip_chars().str.to_uppercase())
    each = each.filter(pl.col("reference") != "").unique(maintain_order=True)
    several = each.filter(pl.len().over("reference") > 1).sort("reference", "customer_id")
    count = pl.len().over("reference").cast(pl.String)
    return _found(several.with_columns(detail=pl.concat_str(count, pl.lit(f" customers have this {what}"))))


def _aliases_twice(inputs: Inputs) -> pl.DataFrame:
    """Names that stand for several customers on one day."""
    rows = inputs.get("aliases", ALIASES).select(
        "customer_id",
        reference=pl.col("alias").str.strip_chars().str.to_uppercase(),
        first=pl.col("valid_from").fill_null(date.min),
        last=pl.col("valid_to").fill_null(date.max),
    )
    pairs = rows.join(rows, on="reference", suffix="_other").filter(
        (pl.col("customer_id") < pl.col("customer_id_other"))
        & (pl.col("first") <= pl.col("last_other"))
        & (pl.col("first_other") <= pl.col("last"))
    )
    told = pairs.unique(["reference", "customer_id", "customer_id_other"], maintain_order=True)
    detail = pl.concat_str(pl.lit("it stands for "), pl.col("customer_id_other"), pl.lit(" on the same days"))
    return _found(told.select("customer_id", "reference", detail=detail).sort("reference", "customer_id"))


def _aliases_orphan(inputs: Inputs) -> pl.DataFrame:
    known = inputs["customers"]["customer_id"].unique()
    rows = inputs.get("aliases", ALIASES).filter(~pl.col("customer_id").is_in(known.implode()))
    if known.is_empty():
        rows = rows.clear()
    detail = pl.lit("the customer file has no such number")
    return _found(rows.select("customer_id", reference="alias", detail=detail))


def _bodies(inputs: Inputs) -> pl.DataFrame:
    """Names of bodies that are no more and still count today."""
    rows = inputs.get("aliases", ALIASES).filter(
        pl.col("alias").str.contains(_CCG)
        & (pl.col("valid_to").is_null() | (pl.col("valid_to") > CCGS_ENDED))
    )
    names = inputs["customers"].filter(pl.col("name").fill_null("").str.contains(_CCG))
    detail = pl.lit(
        f"clinical commissioning groups ended on {CCGS_ENDED}; give the name a last day and a successor"
    )
    return _found(
        pl.concat(
            [
                rows.select("customer_id", reference="alias", detail=detail),
                names.select("customer_id", reference="name", detail=detail),
            ]
        )
    )


def _stays(inputs: Inputs) -> pl.DataFrame:
    """A reference of a person that is in two places at once."""
    rows = inputs.get("census", CENSUS).select(
        reference="service_user_ref",
        site=pl.col("site").fill_null(""),
        first="admitted",
        # the day of discharge is no night there: the next stay may begin on it
        last=pl.col("discharged").dt.offset_by("-1d").fill_null(date.max),
    )
    rows = rows.sort("reference", "first", "site").with_row_index("row")
    until = pl.col("last").cum_max().shift(1).over("reference")
    again = rows.with_columns(until=until).filter(pl.col("first") <= pl.col("until"))
    detail = pl.concat_str(
        pl.lit("a stay from "), pl.col("first").cast(pl.String), pl.lit(" begins before an earlier one ends")
    )
    return _found(again.select("reference", detail=detail))


_ALL: Final = (
    _Check("due_early", "Due before its own date", "open items", "it ages from the wrong day", _due_early),
    _Check(
        "undated", "Invoices without date or due date", "open items", "they can't be aged or chased", _undated
    ),
    _Check(
        "future", "Dated after the as-at date", "open items", "cut-off: it is no debt of this period", _future
    ),
    _Check(
        "sign",
        "Invoices with minus, credit notes with plus",
        "open items",
        "it moves the balance the wrong way",
        _sign,
    ),
    _Check(
        "above",
        "More open than it was raised for",
        "open items",
        "a reversal twice, or a wrong extract",
        _above,
    ),
    _Check(
        "document",
        "Document numbers that come several times",
        "open items",
        "a payment that names it can't be told apart",
        _documents,
    ),
    _Check(
        "orphan",
        "Items of customers that the customer file lacks",
        "open items",
        "nobody is chased for it",
        _orphans,
    ),
    _Check(
        "order",
        "No purchase order where the contract needs one",
        "open items",
        "the payer rejects it",
        _no_order,
    ),
    _Check(
        "vendor",
        "Vendor numbers of several customers",
        "customers",
        "a payer with that number is taken for the wrong one",
        lambda given: _shared(given, "vendor_no", "vendor number"),
    ),
    _Check(
        "account",
        "Bank accounts of several customers",
        "customers",
        "a receipt from it says nothing of who paid",
        lambda given: _shared(given, "accounts", "account"),
    ),
    _Check(
        "alias",
        "Names that stand for several customers at once",
        "aliases",
        "a receipt under it goes to either",
        _aliases_twice,
    ),
    _Check(
        "alias_orphan",
        "Names of customers that the customer file lacks",
        "aliases",
        "it leads nowhere",
        _aliases_orphan,
    ),
    _Check(
        "body",
        "Bodies that are no more and still count",
        "aliases",
        "cash goes to a predecessor, or the wrong successor",
        _bodies,
    ),
    _Check(
        "abolished",
        "Open on bodies that are no more",
        "open items",
        "it ages and is chased under the successor; move it in the ledger",
        lambda given: abolished.items(given, split=False),
    ),
    _Check(
        "divided",
        "Open on bodies that were split, and no place says whose it is",
        "open items",
        "nobody pays it before somebody says which successor owes it",
        lambda given: abolished.items(given, split=True),
    ),
    _Check(
        "alias_past",
        "Names that still lead to bodies that are no more",
        "aliases",
        "give the name a last day, and the successor a name of its own",
        abolished.aliases,
    ),
    _Check(
        "stay",
        "References of a person that is in two places at once",
        "census",
        "both funders are billed whole, or two people share a reference",
        _stays,
    ),
)
_TABLES: Final = {
    "open items": "open_items",
    "customers": "customers",
    "aliases": "aliases",
    "census": "census",
}


def make(inputs: Inputs) -> Made:
    """Each check with how many rows break it, and these rows."""
    found = [(check, check.find(inputs)) for check in _ALL]
    looked = {
        about: inputs.tables[name].height if name in inputs.tables else 0 for about, name in _TABLES.items()
    }
    table = [
        (
            one.name,
            one.title,
            one.about,
            rows.height,
            looked[one.about],
            one.why,
            SUBTOTAL if rows.height else PLAIN,
        )
        for one, rows in found
    ]
    every = [
        _found(rows).with_columns(check=pl.lit(one.name), title=pl.lit(one.title)).select(_names(_ROWS))
        for one, rows in found
    ]
    filled = pl.concat(every).with_columns(
        pl.col("customer_id", "reference", "item_id", "currency", "detail").fill_null("")
    )
    return Made(
        (
            Part("", "Checks", _CHECKS, frame(_CHECKS, table, RANK), sheet="Ledger check"),
            Part("rows", "Rows that break them", _ROWS, filled, sheet="Ledger check"),
        )
    )


def _names(columns: tuple[Column, ...]) -> list[str]:
    return [one.inner for one in columns]


REPORT: Final = Report(
    "data_quality",
    "Ledger check",
    "What is wrong with the ledger and its references. Nothing is changed.",
    ("open_items", "customers", "aliases"),
    make,
)
