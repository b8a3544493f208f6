"""The choices of a guess in plain words, and the questions that only the file's owner can answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from recon.ingest import guess_currency, guess_dates, guess_roles
from recon.ingest.guess import Guess
from recon.ingest.guess_choices import Choice, Option, Question, Sure
from recon.ingest.guess_money import Way
from recon.ingest.guess_tables import shown
from recon.model import PROFILED, Kind

KINDS: Final[Mapping[Kind, str]] = {
    Kind.BANK: "bank lines",
    Kind.ITEMS: "open items",
    Kind.CLOSED: "closed items",
    Kind.REMITTANCE: "a remittance advice",
    Kind.CUSTOMERS: "customers",
    Kind.ALIASES: "aliases of customers",
}

DOC_TYPES: Final = ("invoice", "credit_note", "debit_note", "on_account")
_NO_BALANCE: Final = "there is no running balance to tell"
_WORDS_MAX: Final = 12  # unknown words that are offered one by one
_HALF: Final = 0.5
_DECIMAL: Final[Mapping[Sure, str]] = {
    Sure.PROVED: "so every amount can be read",
    Sure.LIKELY: "the currency has so many decimals",
    Sure.ASSUMED: "no amount has decimals, so either would do",
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
        forms = (first, second, *written.rest)
        options = tuple(Option(form, guess_dates.words(form)) for form in forms)
        asks = "Which comes first in dates, the day or the month?"
        if written.rest or second.startswith("%y"):
            asks = "How are the days written?"
        yield Question("dates", asks, options, first, written.why)
    way = made.way if made.kind is Kind.BANK else None
    if way is not None and "sign" in way.ask.split():
        yield _sign(way)
    if way is not None and "credit_words" in way.ask.split():
        yield _credit_words(made, way)
    if made.both_marks:
        options = (
            Option(".", "1.234 is one and a bit, 1,234 a thousand"),
            Option(",", "1,234 is one and a bit, 1.234 a thousand"),
        )
        asks = "Which mark stands before the decimals of an amount?"
        yield Question("decimal", asks, options, "", "every amount can be read either way")
    yield from _types(made)
    if made.stands_in:
        money = [
            column.name
            for column in made.columns
            if column.name and column.number > _HALF and not column.days
        ]
        options = tuple(Option(name, f"`{name}`") for name in dict.fromkeys(money))
        asks = "Which column says what is still open of a document?"
        yield Question("open_amount", asks, options, "", "no column is called so, and some of it may be paid")
    if unlike:
        options = (Option("turned", "yes, a minus means owed"), Option("as_written", "no, these are credits"))
        asks = "Most open amounts are negative: do customers owe them?"
        yield Question("sign", asks, options, "turned", "nothing in the file says so")


def _credit_words(made: Guess, way: Way) -> Question:
    """Which words of a column of sides are money in; words that are known to be are in each answer."""
    asks = f"Which word in `{way.indicator}` says that money came in?"
    if not way.odd_words:
        words = next(column.words for column in made.columns if column.name == way.indicator)
        options = tuple(Option(word, f"{word} is money in") for word in words)
        return Question("credit_words", asks, options, "", _NO_BALANCE)
    known = tuple(way.credit_words)
    more = [known, *((*known, word) for word in way.odd_words[:_WORDS_MAX])]
    more += [(*known, *way.odd_words)] if len(way.odd_words) > 1 else []
    options = tuple(
        Option(
            ";".join(one), f"{' and '.join(one)} {'is' if len(one) == 1 else 'are'} money in, nothing else"
        )
        for one in more
    )
    return Question(
        "credit_words", asks, options, "", "it has words that nobody knows; several with ; between"
    )


def _types(made: Guess) -> Iterator[Question]:
    """What each type of document is that nobody knows."""
    for key, word in made.types_unknown.items():
        options = tuple(Option(ours, ours.replace("_", " ")) for ours in DOC_TYPES)
        yield Question(
            key, f"What is a document of type `{word}`?", options, "", "no ledger that we know says so"
        )


def _against(way: Way) -> Question:
    """The balance holds only with the sign turned: an overdraft without a minus, or a heading the other way round."""
    column = way.credit or way.debit or way.signed or way.unsigned
    said = f"`{way.credit}` is money in" if way.credit else f"`{column}` means what it says"
    said = f"{' and '.join(way.credit_words)} is money in" if way.unsigned else said
    said = "a minus is money out" if way.signed else said
    turned = f"`{way.debit or way.credit}` is money in" if way.credit and way.debit else "the other way round"
    options = (
        Option("as_written", f"{said}; the balance is an overdraft without a minus, and is not used"),
        Option("turned", f"{turned}: the balance is money that the account has"),
    )
    asks = f"The balance `{way.balance}` runs against what the columns say. Which is right?"
    return Question("sign", asks, options, "", f"{way.steps:,} of {way.of:,} steps hold with the sign turned")


def _sign(way: Way) -> Question:
    if way.against:
        return _against(way)
    why = f"the balance `{way.balance}` does not hold" if way.broken else _NO_BALANCE
    if way.unsigned or not (way.signed or (way.credit and way.debit)):
        column, into = way.credit or way.debit or way.unsigned, not way.debit
        said = ("money in", "money out") if into else ("money out", "money in")
        options = (Option("as_written", said[0]), Option("turned", said[1]))
        asks = f"`{column}` has minuses, or its balance does not hold: is an amount without minus money in, or out?"
        return Question("sign", asks, options, "", why)
    if way.signed and way.broken:
        options = (Option("as_written", "money out"), Option("turned", "money in"))
        return Question(
            "sign", f"Is an amount with a minus in `{way.signed}` money out, or in?", options, "", why
        )
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
        yield Choice("currency", parts["constants"]["currency"], Sure.LIKELY, guess_currency.of(made)[1])
    elif "currency" in PROFILED[made.kind].file_columns and "currency" not in parts["columns"]:
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
        stands_in = role == "open_amount" and made.whole
        by_name = made.roles.fits.get(role, 0.0) >= 1.0 and not stands_in
        column = made.roles.one(role)
        empty = column is not None and column.empty
        why = "its name says so" if by_name else "what its cells hold says so"
        why = "no column says what is still open: the whole amount is taken" if stands_in else why
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
    if way.against:
        return Choice(
            "sign",
            chosen,
            Sure.ASSUMED,
            f"but {way.steps:,} of {way.of:,} steps of `{way.balance}` say otherwise",
        )
    if way.broken:
        return Choice("sign", chosen, Sure.ASSUMED, f"the balance `{way.balance}` does not hold")
    if way.ask:
        return Choice("sign", chosen, Sure.ASSUMED, "nothing in the file proves it")
    if way.proved:
        why = f"{way.steps:,} of {way.of:,} steps of the running balance `{parts['balance']}` hold"
        return Choice("sign", chosen, Sure.PROVED, why)
    if way.signed:
        return Choice(
            "sign", chosen, Sure.ASSUMED, "banks write it so; there is no running balance to prove it"
        )
    return Choice("sign", chosen, Sure.LIKELY, "the names say so; there is no running balance to prove it")


def _written(made: Guess) -> Iterator[Choice]:
    written = made.written
    if written is not None:
        chosen = " or ".join(
            "day numbers" if form == "serial" else guess_dates.words(form) for form in written.forms
        )
        sure = Sure.LIKELY if written.likely else Sure.PROVED if written.proved else Sure.ASSUMED
        yield Choice("dates", chosen, sure, written.why)
    if any(role in made.roles.of for role in guess_roles.MONEY):
        example = "1.234,56" if made.decimal == "," else "1,234.56"
        why = _DECIMAL[made.decimal_sure]
        why = "every amount can be read either way" if made.both_marks else why
        yield Choice("decimal", f"as in {example}", made.decimal_sure, why)


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
