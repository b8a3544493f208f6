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
    r"^file (?P<name>posting-[a-z0-9_]+-B-[0-9a-f]+\.[a-z0-9]+): \d[\d,]* rows, "
    r"[\d,]+ bytes of (?P<encoding>\S+), SHA-256 (?P<digest>[0-9a-f]{64})$",
    re.MULTILINE,
)


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
    inner = _plain(model.inside(legs, LEGS, scales))
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
    inner = _plain(settlements(legs, scales).filter(pl.col("item_id") != ""))
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


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Text that neither ends a line of the report nor makes a column."""
    return frame.with_columns(pl.col(pl.String).str.replace_all(CONTROLS, " "))
