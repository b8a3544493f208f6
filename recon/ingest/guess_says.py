"""The choices of a guess in plain words, and the questions that only the file's owner can answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from recon.ingest import guess_dates, guess_roles
from recon.ingest.guess_choices import Choice, Option, Question, Sure
from recon.ingest.guess_tables import shown
from recon.model import INPUT_TABLES, Kind

if TYPE_CHECKING:
    from recon.ingest.guess import Guess
    from recon.ingest.guess_money import Way

KINDS: Final[Mapping[Kind, str]] = {
    Kind.BANK: "bank lines",
    Kind.ITEMS: "open items",
    Kind.CLOSED: "closed items",
    Kind.REMITTANCE: "a remittance advice",
    Kind.CUSTOMERS: "customers",
    Kind.ALIASES: "aliases of customers",
}


def questions(made: Guess, said: Mapping[str, str], *, unlike: bool) -> tuple[Question, ...]:
    """What can't be decided from the file and is not answered yet.

    Args:
        made: what was found out.
        said: what the user answered.
        unlike: open amounts are mostly negative, and nothing says why.
    """
    return tuple(one for one in _questions(made, unlike=unlike) if one.key not in said)


def _questions(made: Guess, *, unlike: bool) -> Iterator[Question]:
    if made.rivals:
        kinds = (made.kind, *made.rivals)
        options = tuple(Option(str(kind), KINDS[kind]) for kind in kinds)
        yield Question("kind", "What does this file hold?", options, str(made.kind), "its columns suit each")
    written = made.written
    if written is not None and written.other:
        first, second = written.forms[0], written.other[0]
        options = tuple(Option(form, guess_dates.words(form)) for form in (first, second))
        yield Question(
            "dates", "Which comes first in dates, the day or the month?", options, first, written.why
        )
    way = made.way if made.kind is Kind.BANK else None
    if way is not None and way.ask == "sign":
        yield _sign(way)
    if way is not None and way.ask == "credit_words":
        words = next(column.words for column in made.columns if column.name == way.indicator)
        options = tuple(Option(word, f"{word} is money in") for word in words)
        asks = f"Which word in `{way.indicator}` says that money came in?"
        yield Question("credit_words", asks, options, options[0].value, "there is no running balance to tell")
    if unlike:
        options = (Option("turned", "yes, a minus means owed"), Option("as_written", "no, these are credits"))
        asks = "Most open amounts are negative: do customers owe them?"
        yield Question("sign", asks, options, "turned", "nothing in the file says so")


def _sign(way: Way) -> Question:
    why = "there is no running balance to tell"
    if way.signed:
        options = (Option("as_written", "money in"), Option("turned", "money out"))
        asks = f"`{way.signed}` has one sign in all lines: is an amount without minus money in, or out?"
        return Question("sign", asks, options, "as_written", why)
    options = (
        Option("as_written", f"money in is `{way.credit}`"),
        Option("turned", f"money in is `{way.debit}`"),
    )
    return Question("sign", "Which of the two columns of amounts is money in?", options, "as_written", why)


def choices(made: Guess, parts: Mapping[str, Any], said: Mapping[str, str]) -> Iterator[Choice]:
    """Every choice with how sure it is and why; what the user said is not sure by us."""
    for choice in _choices(made, parts):
        if choice.key in said:
            yield Choice(choice.key, choice.chosen, Sure.SAID, "")
        else:
            yield choice


def _choices(made: Guess, parts: Mapping[str, Any]) -> Iterator[Choice]:
    yield Choice("table", shown(made.found), Sure.PROVED, "so its rows have columns")
    if made.found.encoding:
        yield Choice(
            "encoding",
            made.found.encoding,
            Sure.LIKELY,
            "neither UTF-8 nor Windows' own reads every character",
        )
    yield _heading(made)
    kind_sure = Sure.PROVED if made.way and made.way.proved and made.kind is Kind.BANK else Sure.LIKELY
    why = "a running balance runs through it" if kind_sure is Sure.PROVED else "its columns say so"
    yield Choice("kind", KINDS[made.kind], kind_sure, why)
    yield from _columns(made, parts)
    if made.kind is Kind.BANK and made.way is not None:
        yield _amount(made.way, parts)
    yield from _written(made)
    if parts["constants"]:
        yield Choice("currency", parts["constants"]["currency"], Sure.LIKELY, _currency_why(made))
    elif "currency" in INPUT_TABLES[made.kind].file_columns and "currency" not in parts["columns"]:
        yield Choice(
            "currency", "not said: that of the rules counts", Sure.ASSUMED, "nothing in the file says it"
        )
    yield from _ledger(parts)
    yield from _odd(made)


def _heading(made: Guess) -> Choice:
    if not made.top.position:
        return Choice("heading", "none: the first row is a line", Sure.LIKELY, "it has days and amounts")
    before = len(made.top.titles)
    said = f"line {made.top.position}" + (", rows before it are left out" if before else "")
    why = f"{made.top.known} of its names are known"
    return Choice("heading", said, Sure.LIKELY if made.top.sure else Sure.ASSUMED, why)


def _columns(made: Guess, parts: Mapping[str, Any]) -> Iterator[Choice]:
    for role, theirs in parts["columns"].items():
        named = theirs if isinstance(theirs, str) else " + ".join(theirs)
        by_name = made.roles.fits.get(role, 0.0) >= 1.0
        column = made.roles.one(role)
        empty = column is not None and column.empty
        why = "its name says so" if by_name else "what its cells hold says so"
        yield Choice(
            role,
            f"`{named}`",
            Sure.LIKELY if by_name else Sure.ASSUMED,
            why + (", it is empty here" if empty else ""),
        )


def _amount(way: Way, parts: Mapping[str, Any]) -> Choice:
    said = parts["amount"]
    if "signed" in said:
        turned = bool(parts.get("negate"))
        one = said["signed"] if isinstance(said["signed"], str) else "` or `".join(said["signed"])
        chosen = f"`{one}`, " + ("a minus is money in" if turned else "a minus is money out")
    elif "unsigned" in said:
        word = " or ".join(said["credit_words"])
        chosen = f"`{said['unsigned']}`, money in where `{said['indicator']}` says {word}"
    else:
        both = [
            f"in `{said['credit']}`" if said["credit"] else "",
            f"out `{said['debit']}`" if said["debit"] else "",
        ]
        chosen = "money " + ", ".join(filter(None, both))
    if way.proved:
        why = f"{way.steps:,} of {way.of:,} steps of the running balance `{parts['balance']}` hold"
        return Choice(
            "sign", chosen, Sure.PROVED, why + (", against what the heading says" if way.against else "")
        )
    if way.signed and not way.ask:
        return Choice(
            "sign", chosen, Sure.ASSUMED, "banks write it so; there is no running balance to prove it"
        )
    if way.ask:
        return Choice("sign", chosen, Sure.ASSUMED, "nothing in the file proves it")
    return Choice("sign", chosen, Sure.LIKELY, "the names say so; there is no running balance to prove it")


def _written(made: Guess) -> Iterator[Choice]:
    written = made.written
    if written is not None:
        chosen = " or ".join(
            "day numbers" if form == "serial" else guess_dates.words(form) for form in written.forms
        )
        yield Choice("dates", chosen, Sure.PROVED if written.proved else Sure.ASSUMED, written.why)
    if any(role in made.roles.of for role in guess_roles.MONEY):
        example = "1.234,56" if made.decimal == "," else "1,234.56"
        yield Choice("decimal", f"as in {example}", Sure.PROVED, "so every amount can be read")


def _currency_why(made: Guess) -> str:
    from recon.ingest.guess_profile import currency_of  # noqa: PLC0415 - it asks us, too

    return currency_of(made)[1]


def _ledger(parts: Mapping[str, Any]) -> Iterator[Choice]:
    types = parts.get("values", {}).get("doc_type", {})
    if types:
        said = ", ".join(f"{theirs} = {ours}" for theirs, ours in types.items())
        yield Choice("doc_types", said, Sure.LIKELY, "ledgers call them so, or their amounts' sign says so")
    if parts.get("negative_types"):
        chosen = "credit notes and cash on account reduce what is owed"
        yield Choice("negative_types", chosen, Sure.PROVED, "the file writes them without a minus")
    if parts.get("negate") and "amount" not in parts:
        yield Choice(
            "sign", "what is owed is positive, whatever the file writes", Sure.LIKELY, "most amounts say so"
        )


def _odd(made: Guess) -> Iterator[Choice]:
    odd = made.odd
    if odd.skip:
        why = _many(odd.skipped, "row") + " in between: no line"
        yield Choice("skip", _many(len(odd.skip), "pattern") + " of rows to leave out", Sure.LIKELY, why)
    if odd.ends:
        yield Choice(
            "ends", "what ends the table", Sure.LIKELY, _many(odd.ended, "row") + " behind the last line"
        )
    if odd.continues:
        yield Choice(
            "continues",
            "a row with text alone goes on the row before",
            Sure.LIKELY,
            _many(odd.going_on, "row") + " like that",
        )


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
