"""How the references of one customer begin: `CHC######` of CHC123456, `4000######` of 4000123456.

A reference is one word of letters and digits, or of many digits: what a payer gives its own payments. Its pattern
keeps the letters, or the first digits where there are no letters; each further digit is a `#`. No text of a line is
ever a pattern of search: patterns are compared as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from recon.learn.kinds import KEYS, PATTERN
from recon.model import ALIASES

_WORD: Final = r"[A-Z0-9][A-Z0-9./-]*"
# Shorter numbers are dates, amounts, and the accounts of a bank.
_REFERENCE: Final = r"^(?:[A-Z]{2,6}[./-]?[0-9]{4,12}|[0-9]{9,14})[./-]?$"
_STAYS: Final = 4  # digits that stay where there are no letters


def references(text: pl.Expr, no_letters: Sequence[str]) -> pl.Expr:
    """The references that stand in texts in capitals, without marks, as lists.

    Args:
        text: in capitals.
        no_letters: what no payer's references begin with: labels (INV, REF) and how our own documents begin.
    """
    words = text.str.extract_all(_WORD)
    kept = words.list.eval(
        pl.element().filter(pl.element().str.contains(_REFERENCE)).str.replace_all(r"[./-]", "")
    )
    own = pl.element().str.extract("^([A-Z]*)", 1).is_in([one.upper() for one in no_letters if one])
    return kept.list.eval(pl.element().filter(~own)).list.unique(maintain_order=True)


def pattern(reference: pl.Expr) -> pl.Expr:
    """The pattern of a reference."""
    letters = reference.str.extract("^([A-Z]*)", 1).fill_null("")
    head = pl.when(letters != "").then(letters).otherwise(reference.str.head(_STAYS))
    rest = reference.str.slice(head.str.len_chars()).str.replace_all("[0-9]", "#")
    return head + rest


def as_aliases(
    spoken: pl.DataFrame, lessons: pl.DataFrame, known: pl.DataFrame, source: pl.Expr
) -> pl.DataFrame:
    """The references of a run's lines that are of a learned pattern, as aliases (model.ALIASES) of its customer.

    A pattern that the files have of another customer, too, is not used.

    Args:
        spoken: reference: what stands in the lines.
        lessons: model.LEARNED; the patterns that count.
        known: kind, subject, meaning: what the files say.
        source: who said so.
    """
    own = lessons.filter(pl.col("kind") == PATTERN)
    taken = own.select(KEYS).join(known, on=["kind", "subject"], suffix="_known")
    taken = taken.filter(pl.col("meaning") != pl.col("meaning_known")).select(KEYS)
    free = own.join(taken, on=KEYS, how="anti", maintain_order="left").with_columns(source=source)
    said = spoken.select(alias="reference", subject=pattern(pl.col("reference"))).unique().sort("alias")
    named = said.join(free, on="subject", maintain_order="left").rename({"meaning": "customer_id"})
    return named.select(ALIASES.names)
