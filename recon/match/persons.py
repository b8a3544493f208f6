"""Persons: whose initial and surname a line says, and lines that say no more than a person's name.

"MRS A PEMBERTON CARE", "PEMBERTON A STO", customer K2 Amelia Pemberton   -> payer K2, which proposes and never posts
"R PATEL PAYMENT", nobody of that name                                   -> EX-PII
"""

from __future__ import annotations

import polars as pl

from recon.match import shared, text
from recon.match.frames import Spelled
from recon.rules.schema import Rules

TITLES = r"^(?:MR|MRS|MS|MISS|MASTER|DR|SIR|SHRI|SMT) "
SURNAME_MIN = 3  # shorter ones are in too many texts


def said(rules: Rules) -> pl.Expr:
    """Is `payer_text` a person's name, or does `text` say that a person pays?"""
    names = "|".join(f"(?:{pattern})" for pattern in rules.payers.persons)
    paying = "|".join(f"(?:{pattern})" for pattern in rules.payers.persons_paying)
    is_name = pl.col("payer_text").str.contains(names) if names else pl.lit(value=False)
    pays = pl.col("text").str.contains(f"(?im){paying}") if paying else pl.lit(value=False)
    return (is_name | pays).fill_null(value=False)


def named(ready: Spelled, owners_max: int) -> pl.DataFrame:
    """Lines that say the initial and surname of a customer who is a person: (line, customer_id, how, place).

    Of persons of one initial and surname that more owners have than `owners_max`, only one more than that come.
    """
    letters = ready.atoms.filter(~pl.col("digit"))
    short = letters.filter(pl.col("atom").str.len_chars() == 1).select("line", "at", initial="atom")
    long = letters.filter(pl.col("atom").str.len_chars() >= SURNAME_MIN).select("line", "at", surname="atom")
    before = short.with_columns(pl.col("at") + 1).join(long, on=["line", "at"])
    behind = short.with_columns(pl.col("at") - 1).join(long, on=["line", "at"])
    found = pl.concat(
        [before.select("line", "initial", "surname"), behind.select("line", "initial", "surname")]
    )
    known = ready.indexed("persons", lambda: _persons(ready, owners_max), "surname")
    return (
        found.join(known.of(found["surname"]), on=["initial", "surname"])
        .select("line", "customer_id", how=pl.lit("person"), place=pl.lit(-3, dtype=pl.Int32))
        .unique()
        .sort("line", "customer_id")
    )


def _persons(ready: Spelled, owners_max: int) -> pl.DataFrame:
    """Customers whose name is one or two given names or initials and a surname: (customer_id, initial, surname)."""
    plain = (
        text.upper(pl.col("name")).str.replace_all(r"[.,]", " ").str.replace_all(" +", " ").str.strip_chars()
    )
    person = plain.str.replace(TITLES, "").str.extract_groups(
        r"^(?:(?P<given>\pL)\pL*(?: \pL+)? (?P<last>\pL{3,})|(?P<first>\pL{3,}) (?P<initial>\pL))$"
    )
    known = (
        ready.customers.select("customer_id", said=person)
        .unnest("said")
        .select("customer_id", initial=pl.coalesce("given", "initial"), surname=pl.coalesce("last", "first"))
        .drop_nulls()
    )
    return shared.few(known, ["initial", "surname"], ready, owners_max)
