"""What the cells of each column look like: days, amounts, codes, text. Whole columns at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final

import polars as pl

from recon.ingest import amounts, dates
from recon.ingest.grid import CELLS, POSITION

# Ways of writing dates, in the order in which equal ones are taken; day first, as in the UK and India.
FORMS: Final = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%Y",
    "%m.%d.%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%d.%m.%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d/%b/%Y",
    "%d %b %y",
    "%d-%b-%y",
    "%d/%b/%y",
    "%d %B %Y",
    "%d-%B-%Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y.%m.%d.",
    "%d %m %Y",
    "%y-%m-%d",
    "%y/%m/%d",
    "%y.%m.%d",
)
COMPACT: Final = ("%Y%m%d", "%d%m%Y")  # look like any number: only where the name says that it is a day
_TAILS: Final = (
    " %I:%M:%S %p",
    " %I:%M %p",
    " %H:%M:%S %z",
    "T%H:%M:%S%z",
    "T%H:%M:%S%.fZ",
    "T%H:%M:%S%.f%z",
    " %H:%M:%S UTC",
)
_DAY: Final = (
    r"^'?(?:\d{1,4}[-/. ]\d{1,2}[-/. ]\d{2,4}\.?|\d{1,2}[-/. ]\pL{3,9}[-/. ]\d{2,4}|\pL{3,9} \d{1,2},? \d{4})"
    r"(?:$|[ T]\d{1,2}:\d\d)"
)
_NUMBER: Final = (
    r"^[^\pL]*\d[^\pL]*$|(?i)^(?:rs\.?|inr|gbp|eur|usd)?\s*[-+(]?[\d.,]+\)?\s*(?:[cd]r\.?|gbp|eur|usd|inr)?$"
)
_CURRENCIES: Final = re.findall(
    "...",
    "AEDAUDBHDCADCHFCNYCZKDKKEURGBPHKDHUFINRJPYKESKWDLKRMYRNGNNOKNZDOMRPHPPKRPLNQARRONSARSEKSGDTHBTRYUSDZAR",
)


@dataclass(frozen=True)
class Cells:
    """One column: its cells in the rows of the table, its name in the heading ("" without one)."""

    cell: str  # in the grid: c0, c1, ...
    name: str
    text: pl.Series
    serials: bool = False
    _read: dict[str, float] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def filled(self) -> pl.Series:
        """The cells that hold something, without the apostrophe that keeps text text."""
        plain = self.text.filter(self.text.str.len_bytes() > 0)
        return plain.str.replace(r"^'(.)", "${1}")

    @cached_property
    def empty(self) -> bool:
        """Whether there is nothing in it."""
        return self.filled.is_empty()

    def share(self, mask: pl.Series) -> float:
        """Which part of the filled cells a mask has."""
        return 0.0 if self.empty else float(mask.fill_null(value=False).sum()) / len(self.filled)

    @cached_property
    def days(self) -> float:
        """Which part is days with separators in them: looks so, and can be read in some way."""
        if not self.empty and self.filled.str.contains(_BARE).all():
            return float(dates.read(self.filled, COMPACT[0]).is_between(_BARE_FROM, _BARE_TO).all())
        looks = self.share(self.filled.str.contains(_DAY))
        return min(looks, self.read(named=False)) if looks else 0.0

    def read(self, *, named: bool) -> float:
        """Which part can be read as a day in any way."""
        values = dates.without_time(self.filled)
        forms = self.forms(named=named)
        frame = pl.DataFrame([dates.read(values, form).is_not_null().alias(form) for form in forms])
        return float(frame.select(pl.any_horizontal(pl.all()).mean()).item()) if forms else 0.0

    def forms(self, *, named: bool) -> dict[str, int]:
        """Ways of writing dates -> how many cells each reads; those that read none are left out.

        Args:
            named: the name says that it is a day, so that bare digits may be one.
        """
        if self.empty:
            return {}
        values = dates.without_time(self.filled).value_counts(name="n")
        text, counts = values[values.columns[0]], values["n"]
        forms = [*FORMS, *((*COMPACT, dates.SERIAL) if named else ())]
        read = {form: int(counts.filter(dates.read(text, form).is_not_null()).sum()) for form in forms}
        if not any(read.values()):
            tailed = [form + tail for form in FORMS[:3] for tail in _TAILS]
            read = {form: int(counts.filter(dates.read(text, form).is_not_null()).sum()) for form in tailed}
        return {form: count for form, count in read.items() if count}

    def numbers(self, decimal: str) -> float:
        """Which part can be read as amounts with this decimal mark."""
        if decimal not in self._read:
            self._read[decimal] = self._numbers(decimal)
        return self._read[decimal]

    def _numbers(self, decimal: str) -> float:
        if self.share(self.filled.str.contains(_NUMBER)) < _NUMBERS_LEAST:  # to see that is much cheaper
            return 0.0
        read = amounts.plain(self.filled, decimal)
        return self.share(read.is_not_null() & (read != "") & self.filled.str.contains(r"\d"))

    @cached_property
    def number(self) -> float:
        """Which part can be read as amounts with either mark."""
        return max(self.numbers("."), self.numbers(","))

    @cached_property
    def fractions(self) -> float:
        """Which part has decimals, a sign or a currency: what numbers of documents don't have."""
        return self.share(self.filled.str.contains(r"[.,]\d{1,2}\D{0,4}$|^[-+(£$€₹]|-$|\d[.,]\d{2,3}[.,]"))

    @cached_property
    def letters(self) -> float:
        """Which part has letters."""
        return self.share(self.filled.str.contains(r"\pL"))

    @cached_property
    def length(self) -> float:
        """How long its text is, on average."""
        return float(self.filled.str.len_chars().cast(pl.Float64).mean() or 0.0) if not self.empty else 0.0  # type: ignore[arg-type]

    @cached_property
    def currencies(self) -> float:
        """Which part is a currency's code."""
        return self.share(self.filled.str.to_uppercase().is_in(_CURRENCIES))

    @cached_property
    def accounts(self) -> float:
        """Which part is the number of a bank account: sort code and number, IBAN, or digits that hardly change."""
        few = self.filled.n_unique() * _SAME <= len(self.filled) + _SAME
        return self.share(self.filled.str.contains(_ACCOUNT)) if few else 0.0

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The different values, in capitals, if they are few; else none."""
        found = self.filled.str.to_uppercase().str.strip_chars(" .").unique(maintain_order=True)
        return tuple(found.to_list()) if len(found) <= _FEW else ()

    @cached_property
    def distinct(self) -> bool:
        """Whether no value comes twice."""
        return not self.empty and self.filled.n_unique() == len(self.text)


_FEW: Final = 40
_NUMBERS_LEAST: Final = 0.3
_BARE: Final = r"^\d{8}$"  # digits alone are days where all of them are, and of these years
_BARE_FROM, _BARE_TO = date(1990, 1, 1), date(2079, 12, 31)
_SAME: Final = 3  # lines of each account, at least
_ACCOUNT: Final = r"^(\d\d-\d\d-\d\d|\d{6})[- ]?\d{6,8}$|^[A-Z]{2}\d\d[A-Z0-9]{10,30}$|^\d{8,18}$"
_ROWS_SHARE: Final = 0.3


def columns(rows: pl.DataFrame, names: Sequence[str], *, serials: bool) -> list[Cells]:
    """The columns of rows under their names; those behind the last name have none."""
    texts = [name for name in rows.columns if name not in (POSITION, CELLS)]
    return [
        Cells(cell, names[index] if index < len(names) else "", rows[cell].fill_null(""), serials)
        for index, cell in enumerate(texts)
    ]


def core(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that are surely of the table; titles, totals, footers and texts that go on are not among them.

    Those with a day and a number; where few have a day, those with a number; else all with two cells or more.
    """
    texts = [name for name in rows.columns if name not in (POSITION, CELLS)]
    if not texts or rows.is_empty():
        return rows
    day = pl.any_horizontal(pl.col(texts).str.contains(_DAY))
    number = pl.any_horizontal(pl.col(texts).str.contains(_NUMBER) & ~pl.col(texts).str.contains(_DAY))
    several = pl.sum_horizontal(pl.col(texts).str.contains(r"[\pL\d]").cast(pl.Int64)) > 1
    marked = rows.with_columns(_day=day & number, _number=number & several, _several=several)
    both, numbered, wide = (int(marked[name].sum()) for name in ("_day", "_number", "_several"))
    kept = "_several"
    if both and (both >= _ROWS_SHARE * wide or 2 * both >= numbered):
        kept = "_day"
    elif 2 * numbered >= wide:
        kept = "_number"
    return rows.filter(marked[kept])


_DAY_CELL: Final = re.compile(_DAY.replace(r"\pL", "[^\\W\\d_]"))
_NUMBER_CELL: Final = re.compile(_NUMBER.replace(r"\pL", "A-Za-z").replace("|(?i)", "|", 1), re.IGNORECASE)


def looks_typed(text: str) -> bool:
    """Whether a single cell is a day or a number, and so no name of a column."""
    return _DAY_CELL.match(text) is not None or _NUMBER_CELL.match(text) is not None
