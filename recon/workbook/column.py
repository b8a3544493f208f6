"""What a sheet and a column of it are; the columns in which people decide. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from recon.model import Choice


class Kind(StrEnum):
    """What a column's cells hold, hence how they are written, aligned and formatted."""

    TEXT = "text"
    LONG = "long"  # text that may take several lines
    MONEY = "money"
    DATE = "date"
    INTEGER = "integer"
    PERCENT = "percent"
    CHOICE = "choice"


@dataclass(frozen=True)
class Column:
    """One column of a sheet: its key in code, its title in the header, and how it looks."""

    key: str
    title: str
    kind: Kind = Kind.TEXT
    width: int = 14
    note: str = ""
    typed: bool = False  # the reviewer types here: what stands there and is not applied yet is kept
    hidden: bool = False
    offers: tuple[str, ...] = ()  # the words of a drop-down


@dataclass(frozen=True)
class Sheet:
    """One sheet with one table; `ids` are the columns that say which row is which."""

    name: str
    code_name: str
    table: str
    what: str
    columns: tuple[Column, ...]
    ids: tuple[str, ...]
    frozen: int = 1  # columns that stay in sight when the sheet is scrolled sideways

    @property
    def titles(self) -> list[str]:
        """The header's cells, left to right."""
        return [column.title for column in self.columns]

    @property
    def by_key(self) -> dict[str, Column]:
        """The columns by their key."""
        return {column.key: column for column in self.columns}

    @property
    def by_title(self) -> dict[str, Column]:
        """The columns by their title."""
        return {column.title: column for column in self.columns}


CHOICES: Final = tuple(choice.value for choice in Choice)
CHOICES_AGAIN: Final = (
    Choice.REJECT.value,
    Choice.ON_ACCOUNT.value,
    Choice.ALLOCATE.value,
)  # of what is settled

DECIDED: Final = (
    Column(
        "decision",
        "Decision",
        Kind.CHOICE,
        17,
        "Choose what is to happen with this line (Alt+Down opens the list).",
        typed=True,
        offers=CHOICES,
    ),
    Column(
        "alternative",
        "Alternative no.",
        Kind.INTEGER,
        12,
        "For `accept alternative`: which one, by its number in Alternatives.",
        typed=True,
    ),
    Column(
        "item_id",
        "Item",
        Kind.TEXT,
        16,
        "For `allocate` and `write off`: the open item, by its document number or id; several as "
        "INV-1 60.00; INV-2 40.00. For `on account`: the customer.",
        typed=True,
    ),
    Column(
        "decided_amount",
        "Amount",
        Kind.MONEY,
        13,
        "For `allocate`: how much cash. For `write off`: how much to give up. Empty where Item has the amounts.",
        typed=True,
    ),
    Column("note", "Note", Kind.LONG, 26, "Your words, for whoever asks later.", typed=True),
    Column("result", "Result", Kind.LONG, 26, "What happened when the decision was applied."),
)
ENDS: Final = (
    Column("decided_by", "Decided by", Kind.TEXT, 14, "Who decides; you, where it is empty.", typed=True),
    Column("line_id", "Line id", Kind.TEXT, 22, "The bank line's identity, as in the output files."),
    Column(
        "row_hash",
        "Row hash",
        Kind.TEXT,
        4,
        "Fingerprint of this row as you see it. Leave it as it is.",
        hidden=True,
    ),
)
AGAIN: Final = (
    Column(
        "decision",
        "Decision",
        Kind.CHOICE,
        14,
        "For what is settled. `reject` takes the whole bank line back; `on account` and `allocate` move this row.",
        typed=True,
        offers=CHOICES_AGAIN,
    ),
    Column(
        "to_item",
        "New item",
        Kind.TEXT,
        16,
        "For `allocate`: where this row's cash goes, by document number or id; several as INV-1 60.00; INV-2 40.00. "
        "For `on account`: the customer, if it is another one.",
        typed=True,
    ),
    Column(
        "decided_amount",
        "New amount",
        Kind.MONEY,
        13,
        "For `allocate`: how much cash. Empty where New item has the amounts.",
        typed=True,
    ),
    Column("note", "Note", Kind.LONG, 24, "Your words, for whoever asks later.", typed=True),
    Column("result", "Result", Kind.LONG, 24, "What happened when the decision was applied."),
)
