"""The same advice twice: a PDF beside its table, a forwarded copy, a table that a reply quotes.

Two advices are twins if the documents and amounts of one are all among the other's and nothing that both say of the
payment (its number, day, amount, currency) differs. The one that says more stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, NamedTuple

import polars as pl

from recon.model import Reading
from recon.problems import Problem

_PLAIN: Final = r"(\.[0-9]*?)0+$"
_NEAR_MAX: Final = 100  # advices with one document and amount that are compared
_SAID: Final = ("references", "days", "amounts", "currencies")
_DOCUMENT: Final = r"[^\p{L}\p{N}]"


class Twin(NamedTuple):
    """An advice that counts nothing: which table it is in, its rows there, and the table that has it too."""

    table: int
    rows: frozenset[int]
    other: int


@dataclass(frozen=True)
class _Advice:
    table: int
    rows: frozenset[int]
    references: frozenset[str]
    days: frozenset[date]
    amounts: frozenset[str]
    currencies: frozenset[str]
    documents: Counter[tuple[str, str]]

    @property
    def weight(self) -> tuple[int, bool]:
        return sum(self.documents.values()), bool(self.references)


def of(tables: Sequence[pl.DataFrame], digests: Sequence[str], *, exact: bool) -> list[Twin]:
    """The advices of remittance tables that are another's twin; of each such pair one.

    Args:
        tables: in outer form.
        digests: of their files: a number made of one is no number of a payment.
        exact: twins have all documents in common, and one table is never compared with itself. Otherwise one may
            have more than the other; and of advices with one day, amount, and documents the numbers may differ:
            a table and its printed form seldom give the same one.
    """
    twins: list[Twin] = []
    near: dict[Hashable, list[_Advice]] = {}
    for advice in _advices(tables, digests):
        keys = _keys(advice, exact=exact)
        others = {id(one): one for key in keys for one in near.get(key, ()) if one.table != advice.table}
        same = [one for one in others.values() if _same(one, advice, exact=exact)]
        if same:
            best = max(same, key=lambda one: one.weight)
            if advice.weight <= best.weight:
                twins.append(Twin(advice.table, advice.rows, best.table))
                continue
            # Less than this one may be several, each a part of it.
            less = [one for one in same if one.documents <= advice.documents]
            twins += [Twin(one.table, one.rows, advice.table) for one in less]
            for one in less:
                for key in _keys(one, exact=exact):
                    near[key] = [other for other in near[key] if other is not one]
        for key in keys:
            found = near.setdefault(key, [])
            if len(found) < _NEAR_MAX:
                found.append(advice)
    return twins


def _keys(advice: _Advice, *, exact: bool) -> list[Hashable]:
    """Advices without a key in common are no twins."""
    return [frozenset(advice.documents.items())] if exact else list(advice.documents)


def once(readings: Sequence[Reading], *, exact: bool) -> tuple[list[Reading], list[Problem]]:
    """Readings of remittances without the advices that another of them has too, and `file-twice` for these.

    They are as many as before, perhaps with an empty table; `exact` as in `of`.
    """
    gone: dict[int, set[int]] = {}
    told: dict[tuple[int, int], Problem] = {}
    for twin in of([one.table for one in readings], [one.digest for one in readings], exact=exact):
        gone.setdefault(twin.table, set()).update(twin.rows)
        mine, other = readings[twin.table], readings[twin.other]
        place = "another table of it" if mine.path == other.path else other.path
        what = f"the same rows as in {place}; they count once"
        if mine.digest != other.digest or mine.path == other.path:  # of the very same file it is said already
            told[twin.table, twin.other] = Problem("file-twice", mine.path, what)
    kept = []
    for number, reading in enumerate(readings):
        left = sorted(set(range(reading.table.height)) - gone.get(number, set()))
        kept.append(replace(reading, table=reading.table[left]) if number in gone else reading)
    return kept, list(told.values())


def _advices(tables: Sequence[pl.DataFrame], digests: Sequence[str]) -> list[_Advice]:
    found = []
    for number, (table, digest) in enumerate(zip(tables, digests, strict=True)):
        if table.is_empty():
            continue
        gross = pl.concat_str([pl.col(name).fill_null("") for name in ("gross_amount", "deduction_amount")])
        stated = pl.col("paid_amount").fill_null("")
        paid = pl.when(stated != "").then(stated).otherwise(gross)
        document = pl.col("doc_no").fill_null("").str.to_uppercase().str.replace_all(_DOCUMENT, "")
        group = pl.when(pl.col("remittance_id").fill_null("") != "").then("remittance_id")
        made = pl.col("remittance_id").fill_null("").str.starts_with(digest[:12])
        own = pl.when(~made).then("remittance_id").otherwise(pl.lit(""))
        number_of = pl.when(pl.col("payment_reference").fill_null("") != "").then("payment_reference")
        rows = (
            table.lazy()
            .with_row_index("_row")
            .select(
                "_row",
                _group=group.otherwise(pl.col("payment_reference").fill_null("")),
                _references=number_of.otherwise(own)
                .fill_null("")
                .str.to_uppercase()
                .str.replace_all(_DOCUMENT, "")
                .str.strip_chars_start("0"),
                _days="payment_date",
                _amounts=_plain(pl.col("payment_amount").fill_null("")),
                _currencies=pl.col("currency").fill_null(""),
                _document=document,
                _paid=_plain(paid),
            )
            .group_by("_group", maintain_order=True)
            .agg(
                pl.col("_row", "_document", "_paid"),
                pl.col([f"_{name}" for name in _SAID]).drop_nulls().unique(),
            )
            .collect()
        )
        for row in rows.iter_rows(named=True):
            documents = Counter(zip(row["_document"], row["_paid"], strict=True))
            if not any(document for document, _ in documents):
                continue
            said = {name: frozenset(row[f"_{name}"]) - {""} for name in _SAID}
            found.append(_Advice(number, frozenset(row["_row"]), documents=documents, **said))
    return found


def _plain(money: pl.Expr) -> pl.Expr:
    """Decimal text without idle noughts."""
    return money.str.replace(_PLAIN, "${1}").str.strip_suffix(".")


def _same(one: _Advice, other: _Advice, *, exact: bool) -> bool:
    if not (one.documents <= other.documents or other.documents <= one.documents):
        return False
    pairs = ((one.days, other.days), (one.amounts, other.amounts), (one.currencies, other.currencies))
    if any(mine and theirs and mine.isdisjoint(theirs) for mine, theirs in pairs):
        return False
    if not (one.references and other.references) or not one.references.isdisjoint(other.references):
        return True
    surely = all(mine and theirs for mine, theirs in pairs[:2])
    return not exact and surely and one.documents == other.documents
