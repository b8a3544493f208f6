"""The sheet New file: what an unknown file is taken for, its columns and first rows, what is asked; answers back.

Texts of the file are only ever texts in it: no cell of theirs is a formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from recon.flow import profile, profile_shown
from recon.ingest.guess_choices import Choice
from recon.ingest.guess_says import KINDS
from recon.model import TABLES_OF, Kind, Reading
from recon.workbook.columns import Kind as Shown
from recon.workbook.named import INPUTS
from recon.workbook.pages import PLAIN, Block, Cell, Head, Page

if TYPE_CHECKING:
    from recon.flow.new_file import Talk

KEY: Final = "new_file"
NAME: Final = "New file"
READ: Final = (60, 12)  # rows and columns of the sheet that are read back; questions stand first
_FILE: Final = "File: "
_TAKEN: Final = "recon takes it for "
_ABOUT, _QUESTION, _ANSWER = "About", "Question", "Answer"
_SHOWN_MAX: Final = 11  # columns of the file's rows, besides the line
_LACKS_MAX: Final = 2  # reasons why there is no profile
_TOLD_MAX: Final = 8  # rows that were left out
_CELL_MAX: Final = 120
_CHOICES_MAX: Final = 300
_WIDTHS: Final = (20, 46, 24, 46)
_NARROW: Final = 16
# What is told of a proposal that is no column -> in plain words.
_TOLD: Final[Mapping[str, str]] = {
    "table": "Kind of file",
    "encoding": "Characters",
    "heading": "Heading",
    "kind": "What it holds",
    "sign": "Money in and out",
    "dates": "Days are written",
    "decimal": "Amounts are written",
    "currency": "Currency",
    "doc_types": "Kinds of document",
    "negative_types": "Credit notes",
    "skip": "Rows in between",
    "ends": "End of the table",
    "continues": "Rows that go on",
    "credit_words": "Words for money in",
}
_UNDER: Final = {str(kind): INPUTS[name] for kind, name in {
    Kind.BANK: "bank", Kind.ITEMS: "items", Kind.REMITTANCE: "remittance", Kind.CUSTOMERS: "customers"
}.items()}  # fmt: skip
_SUITS: Final = dict.fromkeys((Kind.CLOSED, Kind.ALIASES, Kind.SUCCESSIONS), Kind.CUSTOMERS)


def plain(key: str) -> str:
    """A name of ours in plain words: `booking_date` -> booking date."""
    return "document number" if key == "doc_no" else key.replace("_", " ")


def word(text: str) -> str:
    """A choice as it is compared: how it is spaced and whether letters are large says nothing."""
    return " ".join(_printed(text).casefold().split())


def _printed(text: str) -> str:
    """A file's text without what a cell can't hold."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _place(path: Path) -> str:
    return _FILE + _printed(str(path))


# --- what comes back


def answers(cells: Sequence[Sequence[str]], path: Path) -> dict[str, str] | None:
    """What stands on the sheet as answers: key of a question -> words; None if it is not the sheet of this file.

    Args:
        cells: the sheet's first cells, wherever on it the person has moved the table.
        path: the file.
    """
    if not any(_place(path) in row for row in cells):
        return None
    for at, row in enumerate(cells):
        if {_ABOUT, _QUESTION, _ANSWER} <= set(row):
            key, answer = row.index(_ABOUT), row.index(_ANSWER)
            return dict(_rows(cells[at + 1 :], key, answer))
    return {}


def was_shown(cells: Sequence[Sequence[str]]) -> bool:
    """Whether the sheet shows how the file would be read, and does not only ask for columns."""
    return any(cell.startswith(_TAKEN) for row in cells for cell in row)


def _rows(cells: Sequence[Sequence[str]], key: int, answer: int) -> Iterator[tuple[str, str]]:
    for row in cells:
        if not row[key]:
            return
        yield _key(row[key]), row[answer]


def _named(key: str) -> str:
    """A question's key as it stands on the sheet."""
    return key.replace("_", " ")


def _key(named: str) -> str:
    return named.strip().replace(" ", "_")


# --- the sheet


def page(talk: Talk, saved: Path | None) -> Page:
    """The sheet of a file that was looked at; `saved` is where its profile lies by now."""
    blocks = [*_questions(talk), *_columns(talk), *_choices(talk), *_read(talk)]
    name = _printed(talk.looked.path.name)
    return Page(KEY, NAME, f"New file: {name}", tuple(_about(talk, saved)), tuple(blocks))


def holds(talk: Talk) -> str:
    """What the file is taken for, in plain words; "" if that is not known yet."""
    return KINDS[talk.looked.profile.kind] if talk.looked.profile else ""


def misplaced(talk: Talk) -> str:
    """Where under Inputs a file like that belongs, if it is named elsewhere; else ""."""
    if talk.looked.profile is None:
        return ""
    kind = _SUITS.get(talk.looked.profile.kind, talk.looked.profile.kind)
    return "" if kind is talk.place else _UNDER[str(kind)]


def rows_told(read: Reading) -> str:
    """How many rows were read."""
    return _many(read.table.height)


def _many(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"


def _sum(text: str, rows: int, what: str) -> str:
    return f"{Decimal(text):,} {what} ({_many(rows)})" if rows else f"nothing {what}"


def _about(talk: Talk, saved: Path | None) -> Iterator[str]:
    looked = talk.looked
    yield _printed(f"Profile of {looked.path}") if saved else _place(looked.path)
    if looked.profile and looked.reading and looked.reading.table.height:
        yield f"{_TAKEN}{holds(talk)}: {rows_told(looked.reading)} can be read so."
        yield from _sums(looked.reading)
    if elsewhere := misplaced(talk):
        yield f"It is named under {_UNDER[str(talk.place)]}: name it under {elsewhere} instead."
    lacks = profile.why_not(looked)
    for what in list(dict.fromkeys(problem.what for problem in lacks))[-_LACKS_MAX:]:
        yield _printed(f"No profile can be made of it so: {what}.")
    if saved:
        yield _printed(f"The profile is saved as {saved}. Press Import files; this sheet may be deleted.")
        return
    if talk.open:
        yield "Choose an answer in each marked cell below, then press New file again."
    elif lacks and talk.asked:
        yield "Choose other answers below, then press New file again."
    elif talk.asked and not talk.decided:
        yield "Only you can say what is asked below: see whether the answers that stand there are right."
        yield "Then press New file again."
    elif not lacks:
        yield "Is it right? Then press New file again: it saves the profile, and every run reads files like this one."
    yield "To throw the proposal away, delete this sheet."


def _sums(read: Reading) -> Iterator[str]:
    """What comes in and goes out, and whether the file's own balances bear it out."""
    bank = read.kind is Kind.BANK
    for one in profile_shown.flows(read):
        into, out = ("came in", "went out") if bank else ("owed", "taken off")
        parts = [_sum(one.sum_in, one.into, into), _sum(one.sum_out, one.out, out)]
        yield f"{one.currency or 'No currency is said'}: {', '.join(parts)}."
    proved = [one for one in read.statements if one.opening and one.closing]
    for each in proved[:3]:
        if each.foots:
            yield f"It foots: {each.opening} + {each.total} = {each.closing} {each.currency}".rstrip() + "."
        else:
            yield (
                f"It does not foot: {each.opening} + {each.total} is not {each.closing} {each.currency}".rstrip()
                + "."
            )
    if bank and not proved:
        yield "It has no balances, so nothing in it proves that every line was read, or the sign of its amounts."


def _block(
    title: str, heads: Sequence[Head], rows: Sequence[tuple[Cell, ...]], **more: Sequence[Sequence[str]]
) -> Block:
    ranks = [PLAIN] * len(rows)
    return Block(title, tuple(heads), list(rows), ranks, [2] * len(rows), None, more.get("offers", ()))


def _heads(*titles: str) -> list[Head]:
    return [
        Head(title, Shown.LONG, width, typed=title == _ANSWER)
        for title, width in zip(titles, _WIDTHS, strict=True)
    ]


def _questions(talk: Talk) -> Iterator[Block]:
    if not talk.asked:
        return
    why = {one.key: one.why for one in talk.looked.questions}
    rows: list[tuple[Cell, ...]] = []
    for one in talk.asked:
        asks = one.question + (f" ({why[one.key]})" if why.get(one.key) else "")
        said = "; or ".join(_printed(choice) for choice in one.choices)
        may = said if len(said) <= _CHOICES_MAX else "see the list of the cell"
        rows.append((_named(one.key), _printed(asks), _printed(one.answer), may))
    offers = [[_printed(choice) for choice in one.choices] for one in talk.asked]
    heads = _heads(_ABOUT, _QUESTION, _ANSWER, "What may be answered")
    yield _block("What only you can say", heads, rows, offers=offers)


def _is_column(choice: Choice, talk: Talk) -> bool:
    made = talk.looked.profile
    return made is not None and (
        choice.key in made.columns or (choice.key == "sign" and made.kind is Kind.BANK)
    )


def _columns(talk: Talk) -> Iterator[Block]:
    rows: list[tuple[Cell, ...]] = [
        (
            "amount" if one.key == "sign" else plain(one.key),
            _printed(one.chosen.replace("`", "") if one.key != "sign" else one.chosen),
            str(one.sure),
            _printed(one.why),
        )
        for one in talk.looked.choices
        if _is_column(one, talk)
    ]
    if rows:
        yield _block("Columns", _heads("Ours", "In the file", "How sure", "Why"), rows)


def _choices(talk: Talk) -> Iterator[Block]:
    rows: list[tuple[Cell, ...]] = [
        (_TOLD.get(one.key, plain(one.key)), _printed(one.chosen), str(one.sure), _printed(one.why))
        for one in talk.looked.choices
        if not _is_column(one, talk)
    ]
    if rows:
        yield _block("How it is read", _heads("What", "Found", "How sure", "Why"), rows)


# --- its rows


def _read(talk: Talk) -> Iterator[Block]:
    read = talk.looked.reading
    if read is None:
        return
    if read.table.height:
        yield _rows_block(read)
    rows: list[tuple[Cell, ...]] = []
    for problem in read.problems[:_TOLD_MAX]:
        at = problem.where.rpartition(":")[2]
        rows.append((f"line {at}" if at.isdigit() else "the file", _printed(problem.what)))
    if rows:
        more = len(read.problems) - len(rows)
        title = "What recon has to say of it" + (f" (the first {len(rows)}, {more:,} more)" if more else "")
        yield _block(
            title, [Head("Where", Shown.TEXT, _WIDTHS[0]), Head("What", Shown.LONG, _WIDTHS[1])], rows
        )


def _rows_block(read: Reading) -> Block:
    """The first rows, and the odd ones, as recon reads them: texts in the wide columns of the sheet."""
    shown = profile_shown.shown(read)
    table = TABLES_OF[read.kind]
    names = [name for name in shown.columns if name != "position"]
    texts = [name for name in names if name not in table.money and shown.schema[name] == pl.String]
    texts.sort(key=lambda name: -int(shown[name].str.len_chars().max() or 0))  # type: ignore[arg-type]
    wide = texts[:2]
    rest = [name for name in names if name not in wide]
    order = [*wide[:1], *rest[:1], *wide[1:], *rest[1:]][:_SHOWN_MAX]
    heads = [Head("Line", Shown.INTEGER, _WIDTHS[0])]
    for at, name in enumerate(order, 1):
        kind = Shown.MONEY if name in table.money else Shown.LONG if name in wide else Shown.TEXT
        kind = Shown.DATE if shown.schema[name] == pl.Date else kind
        heads.append(Head(plain(name).capitalize(), kind, _WIDTHS[at] if at < len(_WIDTHS) else _NARROW))
    rows = [
        tuple(
            _cell(value, money=name in table.money)
            for name, value in zip(["position", *order], row, strict=True)
        )
        for row in shown.select("position", *order).iter_rows()
    ]
    title = "The first rows as recon reads them"
    title += ", those of the largest amounts, and the last" if shown.height > profile_shown.SHOWN else ""
    left = len(names) - len(order)
    return _block(title + (f" ({left} columns more)" if left > 0 else ""), heads, rows)


def _cell(value: object, *, money: bool) -> Cell:
    if money and isinstance(value, str):
        try:
            return Decimal(value)
        except InvalidOperation:
            return _printed(value)
    if value is None or isinstance(value, int | date):
        return value
    return _printed(str(value))[:_CELL_MAX]
