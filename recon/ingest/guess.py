"""An unknown table -> the profile it probably needs, how sure each choice is and why, and what must be asked.

    preview and sample -> heading -> cells -> kind and columns -> decimal mark, sign -> days -> rows that are none

Nothing here opens a file. What is proposed is verified by whoever reads the file with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from recon.ingest import (
    amounts,
    dates,
    guess_cells,
    guess_dates,
    guess_decimal,
    guess_heading,
    guess_money,
    guess_roles,
    guess_rows,
    guess_words,
)
from recon.ingest.guess_cells import FORMS, Cells
from recon.ingest.guess_choices import Question, Sure
from recon.ingest.guess_dates import Written
from recon.ingest.guess_heading import Top
from recon.ingest.guess_money import Way
from recon.ingest.guess_roles import Roles
from recon.ingest.guess_rows import Odd
from recon.ingest.guess_tables import Found
from recon.ingest.guess_words import Words
from recon.ingest.work import SAYING
from recon.model import PROFILED, Kind

PROVED_COUNTS: Final = 10.0  # a running balance that holds makes a bank file
COLUMNS_LOOKED: Final = 120  # of a table: a wider one is no statement and no list of items
_NEAR: Final = 0.85  # a kind that fits nearly as well as the best one is asked for


@dataclass
class Guess:
    """All that was found out of one table, as one kind of file."""

    found: Found
    top: Top
    rows: pl.DataFrame  # the sample behind the heading
    columns: list[Cells]  # of the rows that are surely lines
    roles: Roles
    decimal: str
    way: Way | None = None
    written: Written | None = None
    odd: Odd = field(default_factory=Odd)
    rivals: tuple[Kind, ...] = ()  # kinds that fit nearly as well
    both_marks: bool = False  # every amount can be read with either decimal mark, and would be another
    decimal_sure: Sure = Sure.PROVED
    titled: int = 0  # words of this kind in titles and the file's name
    whole: bool = False  # of open items: no column says what is open, the whole amount is taken
    stands_in: bool = False  # and there is one that may say what is paid of it
    types_unknown: dict[str, str] = field(default_factory=dict)  # key of a question -> a ledger's word

    @property
    def kind(self) -> Kind:
        """The kind of file."""
        return self.roles.kind


def guess(
    tables: Sequence[Found], words: Words, stem: str, said: Mapping[str, str], kind: Kind | None = None
) -> Guess | None:
    """The best reading of a file's tables; None if no row of any looks like a heading or a line.

    Args:
        tables: the ways to see a table in the file.
        words: the table of words.
        stem: the file's name, which may say what it is.
        said: what the user answered: `heading`, `kind`, `decimal`, and our column -> theirs.
        kind: the kind of file, if it is known.
    """
    wanted = kind or (Kind(said["kind"]) if said.get("kind") in set(PROFILED) else None)
    made = [one for table in tables for one in _kinds(table, words, stem, said, wanted)]
    if not made:
        return None
    made.sort(key=lambda one: one.roles.score, reverse=True)
    best = made[0]
    if not said.get("kind"):
        near = [
            one.kind
            for one in made[1:]
            if one.found is best.found
            and not one.roles.lacking
            and one.roles.score >= _NEAR * best.roles.score
        ]
        best.rivals = tuple(near) if not (best.way and best.way.proved) else ()
        told = [one.kind for one in made[1:] if one.found is best.found and _told(one, best)]
        best.rivals = tuple(dict.fromkeys((*best.rivals, *told)))
    _open(best, words, said)
    _days(best, said)
    vital, saying = _vital(best)
    best.odd = _odd_rows(best, vital, saying, words)
    _on_lines(best, vital)
    return best


def _told(rival: Guess, best: Guess) -> bool:
    """Whether a file's titles or a telling column speak for another kind than the one whose columns fit best."""
    if rival.kind is Kind.ITEMS and best.kind is Kind.BANK:  # a customer's account has a running balance, too
        return not rival.roles.lacking and "due_date" in rival.roles.of
    if rival.kind is not Kind.REMITTANCE or best.kind not in (Kind.ITEMS, Kind.CLOSED):
        return False
    named = {role for role in _OF_ADVICES if rival.roles.fits.get(role, 0.0) >= 1.0}
    stands_in = bool(best.roles.stands_in) or best.kind is Kind.CLOSED
    return (bool(named) and stands_in and "due_date" not in best.roles.of) or rival.titled > best.titled


_OF_ADVICES: Final = ("deduction_amount", "payment_date", "payment_reference")


def _kinds(
    found: Found, words: Words, stem: str, said: Mapping[str, str], wanted: Kind | None
) -> Iterator[Guess]:
    top = guess_heading.find(found.sample, words, said.get("heading", ""))
    if top is None:
        return
    rows = found.sample.body(top.position)
    core = guess_cells.core(rows)
    width = sum(name.startswith("c") and name[1:].isdigit() for name in rows.columns)
    names = (
        top.names if top.position else tuple(f"{guess_roles.UNNAMED}{number + 1}" for number in range(width))
    )
    columns = guess_cells.columns(core, names, serials=found.sample.serials)[:COLUMNS_LOOKED]
    if not columns or core.is_empty():
        return
    texts = [*top.names, *top.titles, stem]
    mark, sure, both_marks = guess_decimal.settle(columns, texts)
    decimal = said.get("decimal") or mark
    titled = words.titled([*top.titles, stem, found.sample.where.rsplit("!", 1)[-1]])
    for kind in [wanted] if wanted else PROFILED:
        known = set(words.roles(kind)) | set(PROFILED[kind].file_columns)
        own = {role: name for role, name in said.items() if role in known}
        way = guess_money.settle(columns, words, decimal, own) if kind is Kind.BANK else None
        given = _of_way(way) if kind is Kind.BANK else None
        rest = {
            role: name for role, name in own.items() if not (kind is Kind.BANK and role in guess_roles.OF_WAY)
        }
        roles = guess_roles.assign(columns, kind, words, rest, titled[kind], given)
        if way is not None and way.proved:
            roles.score += PROVED_COUNTS
        yield Guess(
            found,
            top,
            rows,
            columns,
            roles,
            decimal,
            way,
            both_marks=both_marks,
            decimal_sure=sure,
            titled=titled[kind],
        )


def _of_way(way: Way | None) -> dict[str, str]:
    if way is None:
        return {}
    named = {
        "amount": ("" if way.other else way.signed) or way.unsigned,
        "credit": way.credit or (way.signed if way.other else ""),
        "debit": way.debit or way.other,
        "indicator": way.indicator,
        "balance": way.balance,
    }
    return {role: name for role, name in named.items() if name}


def _days(made: Guess, said: Mapping[str, str]) -> None:
    """How days are written, in all rows that have whatever else a line needs."""
    masks = [
        _any(made, part)
        for part in guess_roles.vital(made.kind)
        if not set(part) & guess_roles.DAY and _cells(made, part)
    ]
    rows = made.rows.filter(*masks) if masks else made.rows
    rows = rows if rows.height else made.rows
    columns = [
        Cells(one.cell, one.name, rows[one.cell], one.serials)
        for role, found in made.roles.of.items()
        if role in guess_roles.DAY
        for one in found
    ]
    first = {
        one.cell
        for role in ("booking_date", "issue_date", "payment_date")
        for one in made.roles.of.get(role, ())
    }
    columns.sort(key=lambda one: one.cell not in first)
    made.written = guess_dates.settle(columns, made.top.titles, ordered=made.kind is Kind.BANK)
    if said.get("dates") and made.written is not None:
        forms = tuple(form.strip() for form in said["dates"].split(";"))
        rest = (form for form in made.written.forms[1:] if form not in forms)
        made.written = Written((*forms, *rest), "", proved=True)


def _cells(made: Guess, part: Sequence[str]) -> list[str]:
    return [one.cell for role in part for one in made.roles.of.get(role, ())]


def _any(made: Guess, part: Sequence[str]) -> pl.Series:
    """Whether each row has one of a group of ours, in a way that can be read."""
    read = [_readable(made.rows[cell], made, part) for cell in _cells(made, part)]
    return pl.DataFrame(read).select(pl.any_horizontal(pl.all())).to_series()


def _vital(made: Guess) -> tuple[list[pl.Series], list[str]]:
    """For each thing that a line needs, whether a row has it; and the cells in which it stands."""
    parts = [part for part in guess_roles.vital(made.kind) if _cells(made, part)]
    return [_any(made, part) for part in parts], [cell for part in parts for cell in _cells(made, part)]


def _on_lines(made: Guess, vital: Sequence[pl.Series]) -> None:
    """What is said of cells from here on is said of the lines, now that they are known."""
    rows = made.rows.filter(*vital) if vital else made.rows
    if rows.is_empty():
        return
    columns = {one.cell: Cells(one.cell, one.name, rows[one.cell], one.serials) for one in made.columns}
    made.columns = list(columns.values())
    made.roles.of = {role: [columns[one.cell] for one in found] for role, found in made.roles.of.items()}


def _odd_rows(made: Guess, vital: Sequence[pl.Series], saying: Sequence[str], words: Words) -> Odd:
    """Which rows of the sample are no lines."""
    known = {one.cell for role in SAYING[made.kind] for one in made.roles.of.get(role, ())}
    table = PROFILED[made.kind]
    texts = [
        one.cell
        for role, found in made.roles.of.items()
        if role in table.file_columns and role not in guess_roles.DAY | guess_roles.MONEY
        for one in found
    ]
    return guess_rows.sort_out(made.rows, vital, sorted({*saying, *known}), texts, words.table)


def _open(made: Guess, words: Words, said: Mapping[str, str]) -> None:
    """What an open item's amount is: no balance that runs from row to row, and no amount of which some is paid."""
    if made.kind is not Kind.ITEMS or "open_amount" in said or "open_amount" not in made.roles.of:
        return
    column = made.roles.of["open_amount"][0]
    if guess_roles.is_balance(made.roles):
        way = guess_money.settle(made.columns, words, made.decimal, {})
        if way is not None and way.proved and way.balance == column.name:
            del made.roles.of["open_amount"]
            made.roles.lacking = (*made.roles.lacking, "open_amount")
            return
    made.whole = made.roles.stands_in == column.cell
    made.stands_in = made.whole and any(
        _PAID & set(guess_words.plain(one.name)) and one.number >= _MOSTLY and not one.days
        for one in made.columns
    )


_PAID: Final = frozenset(
    ["paid", "received", "receipts", "allocated", "applied", "settled", "matched", "cleared", "credit"]
)
_MOSTLY: Final = 0.5


def _readable(cells: pl.Series, made: Guess, role: Sequence[str]) -> pl.Series:
    """Whether each cell says what its role needs."""
    cells = cells.str.replace(r"^'(.)", "${1}")
    filled = cells.str.len_bytes() > 0
    if set(role) & guess_roles.DAY:
        forms = made.written.forms if made.written else FORMS[:1]
        read = dates.parse(cells, [*forms, dates.SERIAL] if made.found.sample.serials else forms)[
            0
        ].is_not_null()
    elif set(role) & guess_roles.MONEY:
        read = amounts.plain(cells, made.decimal).is_not_null()
    else:
        read = filled
    return (filled & read).alias(cells.name)


__all__ = ["Guess", "Question", "guess"]
