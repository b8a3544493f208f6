"""What is shown of a file that was looked at: its rows as they would be read, its sums, its questions as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import polars as pl

from recon.flow import totals
from recon.model import TABLES_OF, Reading

if TYPE_CHECKING:
    from recon.flow.profile import Looked

SHOWN: Final = 8  # rows that are shown, besides the odd ones


@dataclass(frozen=True)
class Flows:
    """Money of bank lines, or of documents, by currency: how many rows and how much on each side."""

    currency: str
    into: int
    sum_in: str
    out: int
    sum_out: str


def flows(read: Reading) -> list[Flows]:
    """How much comes in and goes out, or is owed and owing, by currency; nothing for lists of names."""
    money = totals.MONEY_OF.get(read.kind)
    if money is None or money not in read.table.columns:
        return []
    made = []
    for (currency,), part in read.table.group_by("currency", maintain_order=True):
        numbers = [Decimal(text) for text in part[money].fill_null("").to_list() if text]
        into, out = [one for one in numbers if one > 0], [one for one in numbers if one < 0]
        made.append(
            Flows(str(currency), len(into), str(sum(into, Decimal(0))), len(out), str(-sum(out, Decimal(0))))
        )
    return made


def shown(read: Reading, most: int = SHOWN) -> pl.DataFrame:
    """The first rows, and those with the largest amounts of either sign and the last, as recon reads them.

    Columns: position and our columns that hold something in any row.
    """
    table = read.table.with_row_index("_at")
    money = totals.MONEY_OF.get(read.kind, "")
    wanted = set(range(min(most, table.height)))
    if table.height > most:
        wanted.add(table.height - 1)
        if money in table.columns:
            numbers = table[money].replace("", None).cast(pl.Float64, strict=False).fill_null(0.0)
            wanted |= {int(numbers.arg_max() or 0), int(numbers.arg_min() or 0)}
    ours = [name for name in TABLES_OF[read.kind].file_columns if name in table.columns]
    filled = [
        name for name in ours if name != "line_id" and (table[name].cast(pl.String).fill_null("") != "").any()
    ]
    return table.filter(pl.col("_at").is_in(sorted(wanted))).select("position", *filled)


# --- for a sheet with a button


@dataclass(frozen=True)
class Asked:
    """A row of the table of questions: what is asked, the words to choose from, and the one that counts."""

    key: str
    question: str
    choices: tuple[str, ...]  # words of a drop-down
    answer: str  # the word chosen, or the default


def asked(looked: Looked, given: Mapping[str, str] | None = None) -> list[Asked]:
    """The questions as rows for a sheet: words to choose from, the default chosen.

    Args:
        looked: what `look` found.
        given: key -> word chosen earlier.
    """
    rows = []
    for question in looked.questions:
        words = {option.value: option.means for option in question.options}
        chosen = (given or {}).get(question.key, words.get(question.default, ""))
        rows.append(Asked(question.key, question.asks, tuple(words.values()), chosen))
    return rows


def answered(looked: Looked, chosen: Mapping[str, str]) -> dict[str, str]:
    """The words that were chosen on a sheet, as answers for `look`; a word that is none is left out.

    Args:
        looked: what `look` found, with the questions that were shown.
        chosen: key of a question -> the word chosen.
    """
    found = {}
    for question in looked.questions:
        values = {option.means: option.value for option in question.options}
        if chosen.get(question.key) in values:
            found[question.key] = values[chosen[question.key]]
    return found
