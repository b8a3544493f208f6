"""What a layout of a posting file may say: which field stands where, and what of the journal is in it.

A layout is one YAML file under `rules/postings/`, or a site's own. It says nothing about money that the journal does
not say: which rows there are is one of three forms, and what a field holds is one of a fixed list of columns.
"""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from recon.rules.parts import Part

RecordKind = Literal["fixed", "delimited", "tally"]
Form = Literal["legs", "settlements", "receipts"]
# What a field may hold; docs/posting.md says what each is. Order: of the row, who and when, money, text.
Source = Literal[
    "",
    "batch_id",
    "journal_no",
    "journal_ref",
    "line",
    "group_ref",
    "kind",
    "side",
    "movement",
    "entity",
    "posting_date",
    "value_date",
    "year",
    "period",
    "year_period",
    "account",
    "gl_account",
    "bank_account",
    "customer_id",
    "customer",
    "doc_ref",
    "applied_to_item",
    "item_part_1",
    "item_part_2",
    "item_part_3",
    "amount",
    "size",
    "debit",
    "credit",
    "home_amount",
    "decimals",
    "currency",
    "fx",
    "deduction_type",
    "text",
    "short_text",
    "narrative",
    "bank_line_id",
    "rule_id",
    "prepared_by",
    "approved_by",
]
MONEY = ("amount", "size", "debit", "credit", "home_amount")
DATES = ("posting_date", "value_date")
RowKind = Literal["bank", "deduction", "item", "on_account", "suspense", "receipt"]
_DATE_PARTS = re.compile(r"^(%[Ymdyb]|[-/. ])+$")
# What the ledger's import is told by every layout, besides its own settings; none of them is needed by itself.
COMMON = ("currency", "foreign", "first_month", "year_named", "unmatched")


class LayoutField(Part):
    """One field of a posting file's rows."""

    name: str = Field(min_length=1, max_length=80)
    """What the ledger calls it; in a delimited file its heading."""
    start: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """For fixed records: its first position, from 1."""
    length: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Most characters that it takes; a fixed record needs it. Longer text is told and nothing is written."""
    holds: Source = ""
    """Which column of the journal it holds; empty = none."""
    otherwise: Source = ""
    """Where that is empty: this column."""
    setting: str = ""
    """Where these are empty, or none is named: what `posting.settings` of the rules say under this name."""
    value: str = ""
    """Where these are empty: this text."""
    values: dict[str, str] = Field(default_factory=dict)
    """The column's words -> the ledger's (`holds: side`, `values: {debit: "1", credit: "-1"}`)."""
    rows: tuple[RowKind, ...] = ()
    """Only on rows of these kinds; elsewhere it is empty. None named = on all."""
    write: Literal["text", "decimal", "minor"] = "text"
    """How money is written: `decimal` with a point, `minor` as a whole number of the smallest unit."""
    decimals: Annotated[int, Field(ge=0, le=6)] = 2
    """Of money: how many decimals are written; an amount with more is told."""
    date: str = "%Y-%m-%d"
    """How dates are written (strftime)."""
    align: Literal["left", "right"] = "left"
    """For fixed records: on which side the text stands; blanks fill the rest."""
    cut: bool = False
    """Text that is too long ends in `...` instead of being told. No layout that comes with recon does so."""
    needed: bool = False
    """It may not be empty on the rows that have it."""

    @field_validator("date")
    @classmethod
    def _date(cls, value: str) -> str:
        if not _DATE_PARTS.match(value):
            raise ValueError("a date is made of %Y %y %m %d %b and - / . or blanks: `%d%m%Y`")
        return value

    @model_validator(mode="after")
    def _whole(self) -> LayoutField:
        if (self.write != "text") != (self.holds in MONEY):
            raise ValueError(
                f"`write: decimal` or `write: minor` is for {', '.join(MONEY)}, and these need it"
            )
        if self.otherwise in MONEY or self.otherwise in DATES:
            raise ValueError("`otherwise` is a column of text")
        if self.values and not self.holds:
            raise ValueError("`values` change the words of a column: say `holds`, too")
        return self

    @property
    def end(self) -> int:
        """Its last position in a fixed record."""
        return (self.start or 1) + (self.length or 0) - 1


class Layout(Part):
    """The layout of one ledger's posting file."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    """How `--format` and messages call it; part of the file's name and of the batch's id."""
    title: str
    """What it is, in plain words."""
    record: RecordKind
    """`fixed` positions, `delimited` text, or `tally`: vouchers as XML."""
    form: Form = "legs"
    """Rows: `legs` (double entry, a row for each leg), `settlements` (a row for what each account gives to each
    item), or `receipts` (the same, with one row for all that a customer pays with one bank line)."""
    suffix: str = Field(default="csv", pattern=r"^[a-z0-9]{1,8}$")
    """What the file's name ends in."""
    encoding: str = "utf-8"
    """The file's encoding. Characters that it lacks are told and nothing is written."""
    line_end: Literal["crlf", "lf"] = "crlf"
    """What ends a row."""
    delimiter: str = Field(default=",", pattern=r"^([,;|^~!#%&*:@]|tab)$")
    """Between fields of delimited text: one sign, or the word `tab`."""
    heading: bool = True
    """Delimited text begins with the fields' names."""
    length: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """For fixed records: the whole record's length; blanks fill it."""
    companies: Literal["one", "any"] = "any"
    """`one`: the ledger's file is of one company; what several share is told."""
    foreign: Literal["never", "ask"] = "ask"
    """Money in another currency than the ledger's: `never`, or as `posting.settings.NAME.foreign` says."""
    allocate: bool = False
    """The ledger's import allocates nothing: the control report lists what to allocate there."""
    settings: dict[str, str] = Field(default_factory=dict)
    """What the rules may say under `posting.settings.NAME`, and what counts if they don't. `blank` = empty,
    on purpose, even where a field is needed."""
    fields: tuple[LayoutField, ...] = ()
    """The fields, in the order of the file."""

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, value: str) -> str:
        try:
            text = codecs.lookup(value).name
            "a".encode(value)
        except (LookupError, UnicodeError, TypeError) as error:
            raise ValueError("no encoding of that name: utf-8, cp1252, ascii, latin-1, utf-16") from error
        return text

    @model_validator(mode="after")
    def _whole(self) -> Layout:
        if (self.record == "tally") == bool(self.fields):
            raise ValueError("`fields` are for `record: fixed` and `record: delimited`, and these need some")
        if self.record == "tally" and self.form != "legs":
            raise ValueError("`record: tally` has `form: legs`")
        if self.record == "tally" and self.encoding != "utf-8":
            raise ValueError("`record: tally` is written in utf-8")
        names = [field.name for field in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"fields: twice: {', '.join(twice)}")
        try:
            "".join(names).encode(self.encoding)
        except UnicodeEncodeError as error:
            raise ValueError(f"fields: a name has letters that {self.encoding} lacks") from error
        unknown = sorted({field.setting for field in self.fields} - {"", *self.settings})
        if unknown:
            raise ValueError(f"fields name a setting that `settings` has not: {', '.join(unknown)}")
        if self.record == "fixed":
            self._positions()
        return self

    def _positions(self) -> None:
        """Fields of a fixed record stand one behind the other and within its length.

        Raises:
            ValueError: which field doesn't.
        """
        last = 0
        for field in self.fields:
            if field.start is None or field.length is None:
                raise ValueError(f"fields: `{field.name}` needs `start` and `length` in a fixed record")
            if field.start <= last:
                raise ValueError(f"fields: `{field.name}` starts at {field.start}, inside the one before it")
            last = field.end
        if self.length is not None and last > self.length:
            raise ValueError(f"fields: the last one ends at {last}, behind the record's length {self.length}")

    @property
    def held(self) -> frozenset[str]:
        """The columns of the journal that its fields hold."""
        return frozenset(one for field in self.fields for one in (field.holds, field.otherwise))
