"""What a column profile may say: which column of a bank's, payer's or ledger's file is which.

A profile is one YAML file under `rules/profiles/`. A file belongs to the profile whose `header` columns it has;
columns are found by name, never by number, unless the file has no heading.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from recon.model import TABLES_OF, Kind
from recon.rules.parts import Part, Pattern, groups

Source = Annotated[str | tuple[str, ...], Field()]
Finder = Annotated[Pattern | tuple[Pattern, ...], Field()]


class Amount(Part):
    """Where a bank line's amount and sign come from: one of the three ways."""

    signed: Source = ""
    """One column, credits positive; or several of which each row has one."""
    credit: str = ""
    """Column of money in; with `debit`."""
    debit: str = ""
    """Column of money out."""
    unsigned: str = ""
    """One column without sign; with `indicator`."""
    indicator: str = ""
    """Column that says credit or debit."""
    credit_words: tuple[str, ...] = ("CR", "C", "CREDIT")
    """What the indicator says for money in; all else is money out."""

    @model_validator(mode="after")
    def _one_way(self) -> Amount:
        ways = [bool(self.signed), bool(self.credit or self.debit), bool(self.unsigned or self.indicator)]
        if sum(ways) != 1 or bool(self.unsigned) != bool(self.indicator):
            raise ValueError("say `signed`, or `credit` and `debit`, or `unsigned` and `indicator`")
        return self

    @property
    def sums(self) -> tuple[str, ...]:
        """Their columns that hold amounts."""
        signed = (self.signed,) if isinstance(self.signed, str) else self.signed
        return tuple(name for name in (*signed, self.credit, self.debit, self.unsigned) if name)


class Profile(Part):
    """One source's columns."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)
    """How `--profile` and messages call it."""
    title: str
    """What it is, in plain words."""
    kind: Kind
    """What its files hold; the last ones are month-end inputs ([data.md](data.md#month-end-inputs))."""
    header: tuple[str, ...] = ()
    """Columns that a file must have to be of this profile, as written there; case and blanks don't count."""
    header_absent: tuple[str, ...] = ()
    """Columns that it must not have (tells two layouts of one bank apart)."""
    also: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """A column of the heading -> other names that files have for it (`Invoice: [Invoice No, Bill No]`)."""
    fallback: bool = False
    """Gives way to every other profile that fits, and is tried on advices only: PDF, e-mail, `--remittance`."""
    no_header: tuple[str, ...] = ()
    """For files without a heading: the columns' names in order."""
    shape: tuple[Pattern, ...] = ()
    """For files without a heading: a pattern for each column that the first row must fit."""
    delimiter: str = Field(default="", max_length=1)
    """Between cells; empty = found out."""
    encoding: str = ""
    """Codec tried after UTF-8; empty = cp1252."""
    columns: dict[str, Source] = Field(default_factory=dict)
    """Our column -> theirs; several of theirs are joined with a blank."""
    amount: Amount | None = None
    """For bank files: where amount and sign come from."""
    balance: str = ""
    """For bank files: column of the running balance, by which lines are checked."""
    constants: dict[str, str] = Field(default_factory=dict)
    """Our column -> a value for all rows (`currency: GBP`)."""
    dates: tuple[str, ...] = ("%d/%m/%Y", "%Y-%m-%d")
    """Ways dates are written (strptime), tried in order; `serial` = Excel's day numbers."""
    decimal: Literal[".", ","] = "."
    """The decimal mark."""
    negate: tuple[str, ...] = ()
    """Our money columns whose sign is the other way round."""
    negative_types: tuple[str, ...] = ()
    """For open items: our doc_types that reduce a debt, and that the file writes with or without a minus."""
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Our column -> their word -> ours (`doc_type: {ACCRECCREDIT: credit_note}`)."""
    skip: tuple[Pattern, ...] = ()
    """Rows whose text (cells joined with blanks) fits are titles, totals or footers, and left out."""
    ends: tuple[Pattern, ...] = ()
    """A row whose text fits ends the table: it and all behind it (legends, summaries) are left out."""
    fields: dict[str, Finder] = Field(default_factory=dict)
    """Our column -> pattern of a single value outside the table (`payer: 'Payer: (.+)'`), or several patterns in the
    order in which they are tried; the value is what the brackets hold. It meets the text of three lines at a time,
    `^` and `$` at the ends of a line, two blanks where columns part. Another `remittance_id` or `payment_reference`
    begins another advice."""
    totals: tuple[Pattern, ...] = ()
    """For remittances: rows whose text fits are totals too, besides those called Total; checked against the rows."""
    less: dict[str, tuple[Pattern, ...]] = Field(default_factory=dict)
    """For remittances: deduction type -> patterns of rows that are no documents: their amount is taken off the
    document whose number they bear, else off the row above (`TDS: ['(?i)tds']`)."""
    continues: bool = False
    """A row without date and amount goes on with the text of the row before (in a PDF it always does)."""
    newest_first: Literal["", "yes", "no"] = ""
    """Order of the lines for the running balance; empty = found out."""

    @field_validator("columns", "constants", "values", "fields")
    @classmethod
    def _ours(cls, value: dict[str, object]) -> dict[str, object]:
        known = {name for table in TABLES_OF.values() for name in table.file_columns}
        unknown = sorted(set(value) - known)
        if unknown:
            raise ValueError(f"no such column of ours: {', '.join(unknown)}")
        return value

    @field_validator("fields")
    @classmethod
    def _brackets(cls, value: dict[str, Finder]) -> dict[str, Finder]:
        for name, patterns in value.items():
            for pattern in (patterns,) if isinstance(patterns, str) else patterns:
                if groups(pattern) != 1:
                    raise ValueError(f"{name}: put the value, and nothing else, into brackets: `No (\\d+)`")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Profile:
        if not self.header and not self.no_header:
            raise ValueError("say `header` (columns of the heading) or `no_header` (names in order)")
        if self.kind is Kind.BANK and self.amount is None:
            raise ValueError("a bank profile says `amount`")
        unused = [
            name for name in ("totals", "less") if getattr(self, name) and self.kind is not Kind.REMITTANCE
        ]
        if unused:
            raise ValueError(f"only a remittance profile says `{unused[0]}`")
        return self
