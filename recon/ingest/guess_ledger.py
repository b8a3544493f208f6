"""What is particular to lists of documents: their types in the ledger's words, and which way their signs go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from recon.ingest import amounts
from recon.model import Kind

if TYPE_CHECKING:
    from recon.ingest.guess import Guess
    from recon.ingest.guess_words import Words

TYPE_ASKED: Final = "doc_type:"  # how the key of a question about a type of document begins
_LESS: Final = ("credit_note", "on_account")
_HALF: Final = 0.5
_SIDE_MARK: Final = r"(?i)(?:^|[^\pL])[cd]r\.?$"  # Dr is owed in a ledger, Cr is not
_TYPES_ASKED: Final = 20


def parts(made: Guess, words: Words, said: Mapping[str, str]) -> dict[str, Any]:
    """`values`, `negative_types` and `negate` of a profile of items."""
    types = types_of(made, words, said)
    found: dict[str, Any] = {"values": {"doc_type": types} if types else {}}
    frame = _frame(made)
    ours = pl.col("type").replace_strict(types, default=pl.col("type")) if types else pl.col("type")
    frame = frame.with_columns(ours.alias("type"))
    less = frame.filter(pl.col("type").is_in(_LESS) & (pl.col("amount") > 0))
    found["negative_types"] = _LESS if less.height and made.kind is Kind.ITEMS else ()
    turned = not doubtful(made) or _turned(frame) if said.get("sign") is None else said["sign"] == "turned"
    if turned:
        money = [name for name in ("amount", "net_amount", "open_amount") if name in made.roles.of]
        found["negate"] = tuple(money)
        found["negative_types"] = ()
    return found


def types_of(made: Guess, words: Words, said: Mapping[str, str]) -> dict[str, str]:
    """A ledger's word for a type of document -> ours; a word that nobody knows is noted, to be asked for.

    Until that is answered it goes by the sign of its amounts.
    """
    made.types_unknown = {}
    column = made.roles.one("doc_type")
    if column is None or not column.words:
        return {}
    known = words.table.theirs
    frame = _frame(made)
    found = {}
    for word in column.filled.unique(maintain_order=True).to_list():
        ours = known.get(word.upper().strip(" ."))
        if ours is None:
            asked = _asked(word)
            if said.get(asked):
                found[word] = said[asked]
                continue
            if len(made.types_unknown) < _TYPES_ASKED:
                made.types_unknown[asked] = word
            signs = frame.filter((pl.col("type") == word) & (pl.col("amount") != 0))["amount"] > 0
            ours = "invoice" if len(signs) and signs.all() else ""
        if ours:
            found[word] = ours
    return found


def _asked(word: str) -> str:
    """The key of the question what a type of document is."""
    return TYPE_ASKED + re.sub(r"\W+", "_", word).strip("_")


def half_marked(made: Guess) -> str:
    """The column of open amounts of which some have Cr or Dr behind them and some nothing; "" if there is none.

    A plain amount beside one with Dr may be a credit, beside one with Cr it is owed: no profile says either.
    """
    for role in ("open_amount", "amount"):
        for column in made.roles.of.get(role, ()):
            money = column.filled.filter(column.filled.str.contains("[1-9]"))
            marked = money.str.contains(_SIDE_MARK).sum()
            if 0 < marked < len(money):
                return column.name
    return ""


def repeats(made: Guess) -> bool:
    """Whether a document is in the file once for each of its lines, with what is open of it in each."""
    number, amount = made.roles.one("doc_no"), made.roles.one("open_amount")
    if number is None or amount is None or number.distinct or len(number.filled) < len(number.text):
        return False
    pairs = pl.DataFrame({"number": number.text, "amount": amount.text})
    return pairs.n_unique() == number.text.n_unique()


def doubtful(made: Guess) -> bool:
    """Whether amounts are negative for no reason that the file shows."""
    column = made.roles.one("open_amount")
    return column is None or not column.filled.str.contains(_SIDE_MARK).any()


def _turned(frame: pl.DataFrame) -> bool:
    """Whether what customers owe is written with a minus."""
    owed = frame.filter(~pl.col("type").is_in(_LESS) & (pl.col("amount") != 0))["amount"]
    return len(owed) > 0 and float((owed < 0).sum()) > _HALF * len(owed) and float(owed.sum()) < 0


def _frame(made: Guess) -> pl.DataFrame:
    """Type and open amount (of closed items the amount) of each line; the amount as a number, for its sign only."""
    column = made.roles.one("open_amount") or made.roles.one("amount")
    kind = made.roles.one("doc_type")
    texts = column.text if column is not None else pl.Series(["0"])
    read = amounts.plain(texts, made.decimal).replace("", None).cast(pl.Float64, strict=False).fill_null(0.0)
    types = kind.text if kind is not None else pl.Series([""] * len(texts), dtype=pl.String)
    return pl.DataFrame({"type": types, "amount": read})
