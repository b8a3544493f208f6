"""What was found out of a table -> a profile, its choices in words, and the questions that are left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from pydantic import ValidationError

from recon.ingest import guess_cells, guess_currency, guess_ledger, guess_roles, guess_says
from recon.ingest.grid import key
from recon.ingest.guess import Guess
from recon.ingest.guess_cells import Cells
from recon.ingest.guess_choices import Choice, Question
from recon.ingest.guess_words import Words
from recon.model import PROFILED, Kind
from recon.rules.profile import Profile

NAMES: Final[Mapping[str, str]] = {
    "booking_date": "Date",
    "value_date": "Value date",
    "narrative": "Description",
    "currency": "Currency",
    "account": "Account",
    "amount": "Amount",
    "credit": "Money in",
    "debit": "Money out",
    "indicator": "Side",
    "balance": "Balance",
    "doc_no": "Document",
    "open_amount": "Open",
    "paid_amount": "Paid",
}
_PSEUDO: Final = frozenset(["item_line", "sort_code", *guess_roles.OF_WAY])


@dataclass(frozen=True)
class Proposal:
    """A profile as far as it can be made; `profile` is None where something is lacking."""

    made: Guess
    profile: Profile | None
    choices: tuple[Choice, ...]
    questions: tuple[Question, ...]
    lacking: tuple[str, ...]  # what a file of this kind needs and this one has not


def propose(made: Guess, words: Words, name: str, title: str, said: Mapping[str, str]) -> Proposal:
    """The profile of a guess.

    Args:
        made: what was found out.
        words: the table of words.
        name: how the profile shall be called.
        title: what it is, in plain words.
        said: what the user answered, by the keys of questions and choices.
    """
    lacking = list(made.roles.lacking)
    bad = [
        form for form in (made.written.forms if made.written else ()) if "%" not in form and form != "serial"
    ]
    if bad:
        lacking.append(f"a way of writing dates: `{bad[0]}` is none (as %d/%m/%Y)")
    half = guess_ledger.half_marked(made) if made.kind in (Kind.ITEMS, Kind.CLOSED) else ""
    if half:
        lacking.append(f"amounts that all have Cr or Dr behind them, or none: `{half}` has both")
    if lacking:
        return Proposal(made, None, (), guess_says.questions(made, said, unlike=False), tuple(lacking))
    parts = _parts(made, words, said)
    profile = _whole({"name": name, "title": title, **parts})
    ledger = made.kind in (Kind.ITEMS, Kind.CLOSED)
    unlike = ledger and bool(parts.get("negate")) and guess_ledger.doubtful(made)
    return Proposal(
        made,
        profile,
        tuple(guess_says.choices(made, parts, said)),
        guess_says.questions(made, said, unlike=unlike),
        () if profile else ("columns that a profile can name",),
    )


def _whole(parts: dict[str, Any]) -> Profile | None:
    try:
        return Profile.model_validate(
            {name: value for name, value in parts.items() if value not in ((), {}, "", None, False)}
        )
    except ValidationError:
        return None


def _parts(made: Guess, words: Words, said: Mapping[str, str]) -> dict[str, Any]:
    """A profile's keys but for its name and title."""
    names = _names(made)
    roles = made.roles
    columns: dict[str, Any] = {}
    for role in PROFILED[made.kind].file_columns:
        if role in roles.of and role not in _pseudo(made.kind) and not _unfit(made, role):
            theirs = tuple(names[name] for name in guess_roles.theirs(roles, role))
            if theirs:
                columns[role] = theirs if len(theirs) > 1 else theirs[0]
    if made.kind is Kind.ITEMS and "item_id" not in columns and guess_ledger.repeats(made):
        columns["item_id"] = columns["doc_no"]
    named = said.get("currency", "")
    currency = guess_currency.of(made)[0] if not named else "" if "currency" in roles.of else named.upper()
    parts: dict[str, Any] = {
        "kind": made.kind,
        "columns": columns,
        "decimal": made.decimal,
        "encoding": made.found.encoding,
        "constants": {"currency": currency} if currency else {},
        "skip": made.odd.skip,
        "ends": made.odd.ends,
        "continues": made.odd.continues,
    }
    if made.written is not None:
        parts["dates"] = made.written.forms
    if made.top.position:
        parts["header"] = _header(made)
    else:
        parts["no_header"] = tuple(names[column.name] for column in made.columns)
        parts["shape"] = tuple(_fitting(_shape(column, made), column, made) for column in made.columns)
        parts["delimiter"] = made.found.delimiter
    if made.kind is Kind.BANK:
        parts |= _bank(made, names, said)
    if made.kind in (Kind.ITEMS, Kind.CLOSED):
        parts |= guess_ledger.parts(made, words, said)
    return parts


def _pseudo(kind: Kind) -> frozenset[str]:
    return _PSEUDO if kind is Kind.BANK else frozenset(["item_line"])


def _unfit(made: Guess, role: str) -> bool:
    """An id that isn't one: it comes twice, or is not in every row."""
    column = made.roles.one(role)
    assert column is not None
    if role == "line_id":
        return not column.distinct
    if role == "item_id" and "item_line" not in made.roles.of and "doc_no" in made.roles.of:
        return not column.distinct
    return False


def _names(made: Guess) -> dict[str, str]:
    """Their names as the profile says them; columns without a heading get names of their own."""
    if made.top.position:
        return {column.name: column.name for column in made.columns}
    names = {column.name: column.name for column in made.columns}
    for role, found in made.roles.of.items():
        for number, column in enumerate(found, 1):
            plain = NAMES.get(role, role.replace("_", " ").capitalize())
            names[column.name] = plain if number == 1 else f"{plain} {number}"
    return names


def _header(made: Guess) -> tuple[str, ...]:
    """Every name of the heading that is one, each once: so no other layout is mistaken for this one."""
    once: dict[str, str] = {}
    for name in made.top.names:
        if name and not guess_cells.looks_typed(name):
            once.setdefault(key(name), name)
    return tuple(once.values())


def _fitting(pattern: str, column: Cells, made: Guess) -> str:
    """The pattern, if the file's first row fits it; that row decides."""
    fits = made.rows.head(1).select(pl.col(column.cell).str.contains(pattern)).item()
    return pattern if fits else "^.*$"


def _shape(column: Cells, made: Guess) -> str:
    """A pattern that every cell of a column fits."""
    empty = "" if column.filled.len() == len(column.text) and not column.empty else "?"
    if column.empty:
        return "^.*$"
    if column.days >= 1 or any(column in made.roles.of.get(role, ()) for role in guess_roles.DAY):
        body = r"'?\d{1,4}[-/. ]?[\pL\d]{1,9}[-/. ]?\d{1,4}.*"
    elif column.number >= 1:
        body = r"[^\pL]*\d[^\pL]*" if column.letters == 0 else r".*\d.*"
    elif column.letters >= 1:
        body = r".*\pL.*"
    else:
        return "^.*$"
    return f"^({body}){empty}$" if empty else f"^{body}$"


def _bank(made: Guess, names: Mapping[str, str], said: Mapping[str, str]) -> dict[str, Any]:
    way = made.way
    assert way is not None
    turned = (way.turned and said.get("sign") != "as_written") or said.get("sign") == "turned"
    overdraft = way.against and said.get("sign") != "turned"  # its balance can't be used: it has no sign
    credit, debit = names.get(way.credit, ""), names.get(way.debit, "")
    credit_words = way.credit_words
    if said.get("credit_words"):
        credit_words = tuple(word.strip() for word in said["credit_words"].split(";"))
    elif way.against and not overdraft and way.unsigned:
        words = next(column.words for column in made.columns if column.name == way.indicator)
        credit_words = tuple(word for word in words if word not in way.credit_words)
    parts: dict[str, Any] = {"balance": "" if overdraft else names.get(way.balance, "")}
    if way.signed:
        signed = names[way.signed]
        parts["amount"] = {"signed": (signed, names[way.other]) if way.other else signed}
        parts["negate"] = ("amount",) if turned else ()
    elif way.unsigned:
        parts["amount"] = {
            "unsigned": names[way.unsigned],
            "indicator": names[way.indicator],
            "credit_words": credit_words,
        }
    else:
        if said.get("sign") == "turned":
            credit, debit = debit, credit
        parts["amount"] = {"credit": credit, "debit": debit}
    return parts
