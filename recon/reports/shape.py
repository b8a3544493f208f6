"""What a report is made of: declared columns, parts, and the tables that it is made from.

Money is an integer of minor units under the column's name with `_minor` behind it, as everywhere inside; a
percentage is an integer of hundredths of a per cent (`_bp`), a rate one of ten-thousandths (`_ppm`), an average an
integer of tenths or hundredths (`_tenths`, `_hundredths`). So a report is the same on every
machine, to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

import polars as pl

from recon.model import Table
from recon.problems import Problem
from recon.rules.schema import Rules
from recon.together import Once

P = ParamSpec("P")
A = TypeVar("A")
LEVEL: Final = "which rows not to add up: "  # begins what a column `level` says of itself
RANK: Final = "rank"  # column of a part: what kind of row it is
PLAIN, SUBTOTAL, TOTAL = 0, 1, 2


class Kind(StrEnum):
    """What a column holds, hence how it is written in the file and on the sheet."""

    TEXT = "text"
    LONG = "long"  # text that may take several lines
    DATE = "date"
    MONEY = "money"
    NUMBER = "number"  # whole
    PERCENT = "percent"
    TENTHS = "tenths"  # a number with one decimal
    HUNDREDTHS = "hundredths"  # a number with two decimals
    RATE = "rate"  # per cent with four decimals


_INNER: Final[Mapping[Kind, tuple[str, type[pl.DataType]]]] = {
    Kind.TEXT: ("", pl.String),
    Kind.LONG: ("", pl.String),
    Kind.DATE: ("", pl.Date),
    Kind.MONEY: ("_minor", pl.Int64),
    Kind.NUMBER: ("", pl.Int64),
    Kind.PERCENT: ("_bp", pl.Int64),
    Kind.TENTHS: ("_tenths", pl.Int64),
    Kind.HUNDREDTHS: ("_hundredths", pl.Int64),
    Kind.RATE: ("_ppm", pl.Int64),
}


@dataclass(frozen=True)
class Column:
    """One column of a report: its name in the file, its heading on the sheet, and what it holds."""

    name: str
    title: str
    what: str
    kind: Kind = Kind.TEXT
    width: int = 0  # characters on the sheet; 0 = as its kind has it
    optional: bool = False  # left out of a sheet where no row has it
    file_only: bool = False  # in the file, not on the sheet

    @property
    def inner(self) -> str:
        """The column's name in the part's frame."""
        return self.name + _INNER[self.kind][0]

    @property
    def dtype(self) -> type[pl.DataType]:
        """The column's type in the part's frame."""
        return _INNER[self.kind][1]


class Look(StrEnum):
    """How a chart shows its values."""

    COLUMNS = "columns"  # those of one category beside each other
    STACKED = "stacked"  # ... on top of each other
    BARS = "bars"  # lying, the first on top
    LINES = "lines"


@dataclass(frozen=True)
class Chart:
    """A chart of a part: values by category, with a line of percentages where `line` names one."""

    title: str
    category: str
    value: str
    line: str = ""
    rows: int = 12  # that it shows, the first ones
    more: tuple[str, ...] = ()  # further values
    look: Look = Look.COLUMNS


@dataclass(frozen=True)
class Part:
    """One table of a report: a file of its own, and a place on a sheet.

    The frame has every column under its inner name, `currency` where there is money, and may have `rank` (PLAIN,
    SUBTOTAL or TOTAL), by which rows stand out.
    """

    key: str  # behind the report's name in the file's name; empty for the main part
    title: str
    columns: tuple[Column, ...]
    frame: pl.DataFrame
    sheet: str = ""  # the sheet it stands on; empty = in a file only
    split: str = ""  # a column by whose values the sheet has a table each
    chart: Chart | None = None
    facts: tuple[str, ...] = ()  # what its sheet says besides what is said of the whole report

    def __post_init__(self) -> None:
        """Assert that the frame is what is declared."""
        schema = self.frame.schema
        wrong = [one.inner for one in self.columns if schema.get(one.inner) != one.dtype()]
        assert not wrong, f"columns of the report that are missing or of another type: {wrong}"
        assert "currency" in schema or not any(one.kind is Kind.MONEY for one in self.columns), (
            "money of what?"
        )
        assert RANK not in schema or self.frame[RANK].is_in([PLAIN, SUBTOTAL, TOTAL]).all(), "no such rank"


@dataclass(frozen=True)
class Made:
    """What came of a report: its parts, what stands under its title, and what was wrong with the data."""

    parts: tuple[Part, ...]
    facts: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    boards: tuple[str, ...] = ()  # sheets whose charts stand together, behind the first table


@dataclass(frozen=True)
class Inputs:
    """What reports are made from: tables in inner form by their name (`recon.reports.TABLES`)."""

    as_of: date
    rules: Rules
    scales: Mapping[str, int]
    tables: Mapping[str, pl.DataFrame]
    meanings: Mapping[str, str] = field(default_factory=dict)  # exception codes in plain words
    known_to: date | None = None  # the latest day of the runs, where that is later than `as_of`
    problems: tuple[Problem, ...] = ()  # what is wrong with the tables
    free: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.Date))  # public holidays
    # What several reports are made of (`once`); changed inputs (`dataclasses.replace`) begin with none of it.
    pieces: Once = field(default_factory=Once, init=False, compare=False, repr=False)

    def get(self, name: str, table: Table) -> pl.DataFrame:
        """A table by its name, or an empty one where nothing gives it."""
        return self.tables.get(name, table.empty())

    def named(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with a customer_id, and the customer's name as `customer_name`; empty where nobody knows it."""
        known = self["customers"].unique("customer_id", keep="first", maintain_order=True)
        names = known.select("customer_id", customer_name="name")
        told = rows.join(names, on="customer_id", how="left", maintain_order="left")
        return told.with_columns(pl.col("customer_name").fill_null(""))

    def __getitem__(self, name: str) -> pl.DataFrame:
        """A table by its name.

        Raises:
            KeyError: it is not given; `Report.missing` tells that before.
        """
        return self.tables[name]


def called(item: str = "item_id") -> pl.Expr:
    """What people call an item: its document's number, else its id, which stands in the column `item`."""
    return pl.when(pl.col("doc_no") != "").then("doc_no").otherwise(item)


def once(make: Callable[Concatenate[Inputs, P], A]) -> Callable[Concatenate[Inputs, P], A]:
    """A piece that several reports are made of: worked out once for the same inputs and arguments."""
    name = f"{make.__module__}.{make.__qualname__}"

    @wraps(make)
    def asked(inputs: Inputs, /, *args: P.args, **more: P.kwargs) -> A:
        key = f"{name} {args!r} {sorted(more.items())!r}" if args or more else name
        return inputs.pieces(key, lambda: make(inputs, *args, **more))

    return asked


@dataclass(frozen=True)
class Report:
    """One report: its name in commands and files, its title, what it needs, and how it is made."""

    name: str
    title: str
    what: str
    needs: tuple[str, ...]
    make: Callable[[Inputs], Made]

    def missing(self, inputs: Inputs) -> tuple[str, ...]:
        """Tables that it needs and that are not given."""
        return tuple(name for name in self.needs if name not in inputs.tables)


def frame(columns: Sequence[Column], rows: Sequence[Sequence[object]], *more: str) -> pl.DataFrame:
    """Rows as a frame of those columns, by their inner names; `more` are whole numbers, as `rank`."""
    schema = {one.inner: one.dtype for one in columns} | dict.fromkeys(more, pl.Int64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def share(part: int, whole: int) -> int | None:
    """A part of a whole in hundredths of a per cent, half rounded up; none of a whole of nought."""
    return ratio(part * 10_000, whole)


def ratio(above: int, below: int) -> int | None:
    """A quotient as a whole number, half rounded away from nought; none where nothing can be divided."""
    if below == 0:
        return None
    sign = -1 if (above < 0) != (below < 0) else 1
    return sign * ((2 * abs(above) + abs(below)) // (2 * abs(below)))
