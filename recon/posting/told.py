"""What is in a posting file, for the control report beside it: its fingerprint, sums by account, what to allocate."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final

import polars as pl

from recon import model
from recon.fill import fill
from recon.posting.generic import CONTROLS
from recon.posting.journal import LEGS
from recon.posting.rows import settlements

# How the file's own line looks; it says how a file that is kept as text is written again.
_FILE: Final = re.compile(
    r"^file (?P<name>posting-[a-z0-9_]+(?:-[A-Za-z0-9_]+)?-B-[0-9a-f]+\.[a-z0-9]+): \d[\d,]* rows, "
    r"[\d,]+ bytes of (?P<encoding>\S+), SHA-256 (?P<digest>[0-9a-f]{64})$",
    re.MULTILINE,
)


_COMPANY: Final = re.compile(r"^company (?P<company>.*)$", re.MULTILINE)
_SLUG_MAX: Final = 40  # letters of a company's name in a file's


def name_of(format_name: str, batch_id: str, suffix: str, company: str = "") -> str:
    """The name of a posting file; of a company's name letters and digits are in it."""
    slug = re.sub("[^A-Za-z0-9]+", "_", company).strip("_")[:_SLUG_MAX]
    return "-".join(["posting", format_name, *([slug] if slug else []), f"{batch_id}.{suffix}"])


def company_text(company: str) -> str:
    """The line that says which company's postings these are; none where they are everybody's."""
    return f"company {plain(company)}\n" if company else ""


def company_of(report: str) -> str:
    """The company that a control report is of, as `plain` has its name; "" where it names none."""
    found = _COMPANY.search(report.partition("\n\n")[0])  # below stand accounts, which may be called so
    return found["company"] if found else ""


def plain(company: str) -> str:
    """A company's name that ends no line of a report."""
    return "".join(letter if letter.isprintable() else " " for letter in company)


def file_text(name: str, text: str, encoding: str, rows: int) -> str:
    """The line that says which file it is: name, rows, bytes, encoding, SHA-256."""
    data = text.encode(encoding)
    digest = hashlib.sha256(data).hexdigest()
    return f"file {name}: {rows:,} rows, {len(data):,} bytes of {encoding}, SHA-256 {digest}\n"


def file_of(report: str) -> tuple[str, str, str] | None:
    """(name, encoding, SHA-256) of the file that a control report is of; None if it does not say."""
    found = _FILE.search(report)
    return (found["name"], found["encoding"], found["digest"]) if found else None


def sums_text(legs: pl.DataFrame, scales: Mapping[str, int]) -> str:
    """Legs, debits and credits by account and currency, a line for each."""
    inner = _lines(model.inside(legs, LEGS, scales))
    money = ("debit_minor", "credit_minor")
    found = (
        inner.group_by("account", "currency")
        .agg(pl.len().alias("legs"), *[pl.col(name).fill_null(0).sum() for name in money])
        .sort("account", "currency")
        .select(
            fill(
                "{}\t{}\t{}\t{}\t{}",
                "account",
                "currency",
                "legs",
                *[model.money_expr(pl.col(name), scales) for name in money],
            )
        )
    )
    return "\n".join(["account\tcurrency\tlegs\tdebit\tcredit", *found.to_series()]) + "\n"


def allocate_text(legs: pl.DataFrame, batch_id: str, scales: Mapping[str, int]) -> str:
    """What somebody has to allocate in the ledger, which its import does not: each amount and its item."""
    inner = _lines(settlements(legs, scales).filter(pl.col("item_id") != ""))
    by = pl.when(pl.col("kind") == "deduction").then("deduction_type").otherwise(pl.lit("cash"))
    found = inner.select(
        fill(
            "{}\t{}\t{}\t{}\t{}\t{}\t{}",
            pl.lit(f"{batch_id}-") + pl.col("journal_no").cast(pl.String),
            "customer_id",
            "doc_ref",
            by,
            model.money_expr(pl.col("amount_minor"), scales),
            "currency",
            "bank_line_id",
        )
    )
    head = "to allocate in the ledger: reference\tcustomer\tdocument\tby\tamount\tcurrency\tbank line"
    return "\n".join([head, *found.to_series()]) + "\n" if inner.height else ""


def _lines(frame: pl.DataFrame) -> pl.DataFrame:
    """Text that neither ends a line of the report nor makes a column."""
    return frame.with_columns(pl.col(pl.String).str.replace_all(CONTROLS, " "))
