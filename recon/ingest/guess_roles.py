"""Which column is which of ours, for a file of one kind: by its name and by what its cells look like."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from recon.ingest.grid import key
from recon.ingest.guess_cells import Cells
from recon.ingest.guess_words import EXACT, Words
from recon.model import PROFILED, Kind

DAY: Final = frozenset(
    ["booking_date", "value_date", "issue_date", "due_date", "payment_date", "valid_from", "valid_to"]
)
MONEY: Final = frozenset(
    [
        *("amount", "credit", "debit", "balance", "open_amount", "net_amount"),
        *("gross_amount", "deduction_amount", "paid_amount", "payment_amount"),
    ]
)
OF_WAY: Final = frozenset(["amount", "credit", "debit", "indicator", "balance"])
# Several of their columns may be one of ours, their texts joined.
_SEVERAL: Final = {"narrative": 5, "reference": 2}
_OF_DOCUMENT: Final = re.compile(r"(?i)\b(?:inv|doc|bill|due)")
# A second column that is only a part of one of ours: behind it, or before it.
_PARTS: Final = {"item_line": "item_id", "sort_code": "account"}
# Which of ours a file of a kind can't be without: one of each group.
NEEDED: Final[Mapping[Kind, tuple[tuple[str, ...], ...]]] = {
    Kind.BANK: (("booking_date",), ("amount", "credit", "debit"), ("narrative", "reference", "counterparty")),
    Kind.ITEMS: (("item_id", "doc_no"), ("open_amount",)),
    Kind.CLOSED: (("item_id", "doc_no"), ("amount",), ("status",)),
    Kind.REMITTANCE: (("doc_no",), ("paid_amount",)),
    Kind.CUSTOMERS: (("customer_id",), ("name",)),
    Kind.ALIASES: (("alias",), ("customer_id",)),
}
# What it says of a file's kind that it has such a column; all others say 1.
_TELLING: Final[Mapping[Kind, Mapping[str, float]]] = {
    Kind.BANK: {
        "credit": 2,
        "debit": 2,
        "balance": 2,
        "narrative": 1.5,
        "indicator": 1.5,
        "sort_code": 2,
        "reference": 0.7,
    },
    Kind.ITEMS: {
        "open_amount": 3,
        "due_date": 2.5,
        "doc_no": 1.5,
        "customer_id": 1.2,
        "issue_date": 0.8,
        "item_id": 0.7,
    },
    Kind.CLOSED: {"status": 2.5, "due_date": 1.5, "doc_no": 1.5, "issue_date": 0.8, "item_id": 0.7},
    Kind.REMITTANCE: {
        "paid_amount": 2,
        "doc_no": 1.5,
        "deduction_amount": 2,
        "payment_reference": 2,
        "remittance_id": 2,
    },
    Kind.CUSTOMERS: {"terms_days": 2, "tax_profile": 1.5, "aliases": 2},
    Kind.ALIASES: {"alias": 2.5, "valid_from": 1.5},
}
_SURE = 1.5
_SOME = 0.5
_MOST = 0.8  # of a column's cells must be what its role needs
_GUESS = 0.6  # what a column counts for a role that only its cells say
_LACKING = 100.0
UNNAMED: Final = "Column "  # how columns without a heading are called, with their number


@dataclass
class Roles:
    """Columns by role, how well each fits, and how well all of them make a file of this kind."""

    kind: Kind
    of: dict[str, list[Cells]] = field(default_factory=dict)
    fits: dict[str, float] = field(default_factory=dict)
    score: float = 0.0
    lacking: tuple[str, ...] = ()
    stands_in: str = ""  # the cell of a column called an amount that is taken for what is open

    def one(self, role: str) -> Cells | None:
        """The first column of a role."""
        found = self.of.get(role)
        return found[0] if found else None


def fit(column: Cells, role: str, kind: Kind, words: Words) -> float:
    """How well a column is one of ours: by name as far as its cells agree, 0 if they don't."""
    named = words.score(kind, role, column.name) if column.name else 0.0
    return named * _agrees(column, role, named=named >= _SURE, words=words)


def _agrees(column: Cells, role: str, *, named: bool, words: Words) -> float:
    """What the cells say of a role: 0 = impossible, 1 = just so."""
    gaps = role == "customer_id" and len(column.filled) < _MOST * len(column.text)
    if column.empty or gaps:  # whose some rows are is not said there
        return 0.15 if gaps else 0.5
    number = not column.days and column.number >= (_SOME if named else _MOST)
    if role in DAY:
        return float(column.days >= _MOST or (named and column.read(named=True) >= _MOST))
    if role in MONEY:
        return (1.0 if column.fractions else 0.9) * number
    if role in ("indicator", "currency"):
        return float(sides(column, words) is not None if role == "indicator" else column.currencies >= _MOST)
    if column.days >= _MOST and role not in ("sort_code", "account"):  # 12-10-11 is a sort code, and a day
        return 0.8 if role == "status" else 0.0
    return float(not (number and column.fractions > _SOME))


def sides(column: Cells, words: Words) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """A column of sides: what it says of money in, and of money out; None if it is none.

    A few odd words more don't count; whoever decides by such a column asks what they mean.
    """
    known = {word.upper(): True for word in words.table.credit_words}
    known |= {word.upper(): False for word in words.table.debit_words}
    found = [word for word in column.words if word in known]
    if not found or column.share(column.filled.str.to_uppercase().str.strip_chars(" .").is_in(found)) < 0.9:  # noqa: PLR2004
        return None
    return tuple(word for word in found if known[word]), tuple(word for word in found if not known[word])


def assign(
    columns: Sequence[Cells],
    kind: Kind,
    words: Words,
    said: Mapping[str, str],
    titled: int = 0,
    given: Mapping[str, str] | None = None,
) -> Roles:
    """The best column for each role; no column has two.

    Args:
        columns: the table's columns.
        kind: of which kind the file shall be.
        words: the table of words.
        said: our column -> the name of theirs, as the user says; "" = none.
        titled: how many title words of this kind the file has.
        given: of a bank's file: the columns of amount, sign and balance, which are found out together.
    """
    made = Roles(kind)
    used: set[str] = set()
    by_name = {key(column.name): column for column in reversed(columns) if column.name}
    for role, name in {**(given or {}), **said}.items():
        if key(name) in by_name:
            column = by_name[key(name)]
            named = words.score(kind, role, name)
            made.of[role], made.fits[role] = [column], max(named, EXACT if role in said else _GUESS)
            used.add(column.cell)
    fits = [
        (fit(column, role, kind, words), -index, role, column)
        for role in words.roles(kind)
        if role not in said and not (given is not None and role in OF_WAY)
        for index, column in enumerate(columns)
    ]
    for score, _, role, column in sorted(
        (one for one in fits if one[0] > 0), key=lambda one: one[:2], reverse=True
    ):
        most = _SEVERAL.get(role, 1) if score >= _SURE else 1
        if column.cell not in used and len(made.of.get(role, ())) < most and nameable(columns, column):
            made.of.setdefault(role, []).append(column)
            made.fits[role] = max(made.fits.get(role, 0.0), score)
            used.add(column.cell)
    _by_cells(made, columns, used, set(said))
    for role in ("narrative", "reference"):
        made.of.get(role, []).sort(key=lambda column: int(column.cell[1:]))
    _ledger(made, words)
    _scored(made, columns, titled)
    return made


def nameable(columns: Sequence[Cells], column: Cells) -> bool:
    """Whether a profile can name it: a column without a name, or the second of one name, it can't."""
    return bool(column.name) and next(one for one in columns if key(one.name) == key(column.name)) is column


def _by_cells(made: Roles, columns: Sequence[Cells], used: set[str], said: set[str]) -> None:
    """Roles that no name says, by what the cells look like."""
    spare = [one for one in columns if one.cell not in used and not one.empty and nameable(columns, one)]
    bank = made.kind is Kind.BANK
    nameless = all(column.name.startswith(UNNAMED) for column in columns)
    first = {Kind.BANK: "booking_date", Kind.ITEMS: "issue_date", Kind.REMITTANCE: "payment_date"}.get(
        made.kind
    )
    days = [column for column in spare if column.days >= _MOST]
    if made.kind is Kind.REMITTANCE:  # the day of a document is not that of its payment
        days = [column for column in days if not _OF_DOCUMENT.search(column.name)]
    for role in (first, "value_date" if bank and nameless else None):
        if role and role not in made.of and role not in said and days:
            _take(made, role, days[:1], used)
            days = days[1:]
    codes = [column for column in spare if column.currencies >= _MOST]
    if codes and "currency" in PROFILED[made.kind].file_columns and "currency" not in {*made.of, *said}:
        _take(made, "currency", codes[:1], used)
    accounts = [column for column in spare if column.cell not in used and column.accounts >= _MOST]
    if bank and nameless and accounts and "account" not in {*made.of, *said}:
        _take(made, "account", accounts[:1], used)
    texts = [one for one in spare if one.cell not in used and one.letters >= _SOME and not one.days]
    if bank and texts and not {"narrative", "counterparty"} & {*made.of, *said}:
        longest = max(texts, key=lambda column: column.length)
        _take(made, "narrative", texts[: _SEVERAL["narrative"]] if nameless else [longest], used)


def _take(made: Roles, role: str, columns: list[Cells], used: set[str]) -> None:
    made.of[role], made.fits[role] = columns, _GUESS
    used.update(column.cell for column in columns)


def _ledger(made: Roles, words: Words) -> None:
    """What a ledger's file means where it has one column for two of ours."""
    number = made.one("item_id")
    if number is not None and "doc_no" not in made.of and words.score(made.kind, "doc_no", number.name):
        made.of["doc_no"], made.fits["doc_no"] = made.of.pop("item_id"), made.fits.pop("item_id")
    if made.kind is Kind.CUSTOMERS and "name" in made.of and made.fits.get("customer_id", 0) < _GUESS:
        made.of["customer_id"], made.fits["customer_id"] = made.of["name"], _GUESS
    if made.kind is Kind.ITEMS and "open_amount" not in made.of and "amount" in made.of:
        made.of["open_amount"], made.fits["open_amount"] = made.of.pop("amount"), made.fits.pop("amount") / 2
        made.stands_in = made.of["open_amount"][0].cell


def _scored(made: Roles, columns: Sequence[Cells], titled: int) -> None:
    telling = _TELLING[made.kind]
    made.lacking = tuple(
        " or ".join(group) for group in NEEDED[made.kind] if not any(role in made.of for role in group)
    )
    named = [column for column in columns if column.name]
    taken = sum(len(found) for found in made.of.values())
    made.score = (
        sum(fits * telling.get(role, 1.0) for role, fits in made.fits.items())
        - 0.5 * (len(named) - taken)
        + 3.0 * titled
        - _LACKING * len(made.lacking)
    )
    if made.kind is Kind.ITEMS and "due_date" not in made.of and is_balance(made):
        made.score -= 4.0  # a balance alone is hardly what is open
    if made.kind in (Kind.CUSTOMERS, Kind.ALIASES) and any(column.fractions > _SOME for column in columns):
        made.score -= 10.0  # a list of names has no amounts of money


def is_balance(made: Roles) -> bool:
    """Whether what is taken for the open amount is called a balance."""
    column = made.one("open_amount")
    return column is not None and "balance" in column.name.casefold() and "due" not in column.name.casefold()


def theirs(made: Roles, role: str) -> tuple[str, ...]:
    """Their columns for one of ours, in the order in which their texts are joined."""
    before = [
        part for part, whole in _PARTS.items() if whole == role and part == "sort_code" and part in made.of
    ]
    behind = [
        part for part, whole in _PARTS.items() if whole == role and part != "sort_code" and part in made.of
    ]
    return tuple(
        column.name for part in (*before, role, *behind) for column in made.of.get(part, ()) if column.name
    )


def vital(kind: Kind) -> tuple[tuple[str, ...], ...]:
    """What a row must have to be a line: one of each group, in a way that can be read."""
    return {
        Kind.BANK: (("booking_date",), ("amount", "credit", "debit")),
        Kind.ITEMS: (("open_amount",), ("doc_no", "item_id")),
        Kind.CLOSED: (("doc_no", "item_id"),),
        Kind.REMITTANCE: (("doc_no",), ("paid_amount",)),
        Kind.CUSTOMERS: (("customer_id",),),
        Kind.ALIASES: (("alias",), ("customer_id",)),
    }[kind]
