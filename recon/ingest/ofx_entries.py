"""OFX: transactions (STMTTRN) as columns of bank lines."""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from recon.ingest import amounts, columnar, ofx_text
from recon.ingest.source import Source
from recon.model import EXTRA
from recon.problems import Problem

# In SGML a value ends where the next tag begins; a `<` before anything but a name is text.
_VALUE: Final = r"\s*((?:[^<]|<[^A-Za-z/!])*)"
_STRAY: Final = r"<[^A-Za-z/!]"
_TAGS: Final = {
    "kind": r"<TRNTYPE>",
    "posted": r"<DTPOSTED>",
    "made": r"<DTUSER>",
    "available": r"<(?:DTAVAIL|VALUEDATE)>",
    "written": r"<TRNAMT>",
    "own_number": r"<FITID>",
    "cheque": r"<(?:CHECKNUM|CHKNUM)>",
    "number": r"<REFNUM>",
    "name": r"<NAME>",
    "long_name": r"<EXTDNAME>",
    "memo": r"<MEMO>",
    "other": r"<(?:BANKACCTTO|CCACCTTO)>(?s:.*?)<ACCTID>",
    "symbol": r"<CURRENCY>(?s:.*?)<CURSYM>",
    "correction": r"<CORRECTACTION>",
}
_NEEDLES: Final = {
    "available": ("<DTAVAIL>", "<VALUEDATE>"),
    "cheque": ("<CHECKNUM>", "<CHKNUM>"),
    "other": ("<BANKACCTTO>", "<CCACCTTO>"),
    "symbol": ("<CURRENCY>",),
}
_FEW: Final = 1_000
_TEXTS: Final = ("counterparty", "counterparty_account", "reference", "narrative")
_KEPT: Final = (EXTRA + "bank_reference", EXTRA + "details")
_ODD: Final = r"  |[\x00-\x1f\x7f]"
# A comma with three digits behind it parts thousands, or decimals: nobody can say.
_TWO_WAYS: Final = r"^[+-]?[0-9]{1,3},[0-9]{3}$"
_OUTWARD: Final = ("DEBIT", "CHECK", "PAYMENT", "DIRECTDEBIT", "FEE", "SRVCHG", "ATM", "POS", "CASH")


class Marks(NamedTuple):
    """What the whole file is: of ASCII alone, and with entities or not."""

    plain: bool
    entities: bool


def fields(bodies: pl.DataFrame, marks: Marks) -> pl.DataFrame:
    """Transactions with their values as text, "" where a tag is missing.

    Args:
        bodies: with `body`, the text between the tags of a transaction.
        marks: what the file has; what it does not have need not be looked for.
    """
    stray = bool(bodies["body"].str.contains(_STRAY).any())
    there = _there(bodies["body"])
    found = [_value(name, stray=stray).str.strip_chars().alias(name) for name in there]
    whole = bodies.with_columns(*found, pl.col("body").str.strip_chars())
    broken = [name for name in (*there, "body") if whole[name].str.contains("\n", literal=True).any()]
    whole = whole.with_columns(pl.col(broken).str.replace_all("\n", " ", literal=True))
    if not marks.plain or whole["body"].str.contains(_ODD).any():
        whole = columnar.plain_text(whole, [*there, "body"], odd=True)
    if marks.entities:
        whole = whole.with_columns([_plain(whole[name]) for name in (*there, "body")])
    whole = whole.with_columns(pl.lit("").alias(name) for name in _TAGS if name not in there)
    return whole.with_columns(pl.col("kind").str.to_uppercase(), pl.col("correction").str.to_uppercase())


def _there(bodies: pl.Series) -> list[str]:
    """The values whose tags are in any transaction; what is not there need not be looked for in each."""
    needles = {name: _NEEDLES.get(name, (tag,)) for name, tag in _TAGS.items()}
    few = bodies.head(_FEW).str.join("\n").item() or ""
    sure = [name for name, tags in needles.items() if any(tag in few for tag in tags)]
    rest = {name: tags for name, tags in needles.items() if name not in sure}
    if rest and bodies.str.contains_any([tag for tags in rest.values() for tag in tags]).any():
        sure += [name for name, tags in rest.items() if bodies.str.contains_any(list(tags)).any()]
    return [name for name in _TAGS if name in sure]


def _value(name: str, *, stray: bool) -> pl.Expr:
    """The value behind a tag, as it stands; `stray` where a `<` may be text."""
    tag = _TAGS[name]
    if stray or name in _NEEDLES:
        return pl.col("body").str.extract(tag + _VALUE, 1).fill_null("")
    # The same without a pattern, which takes several times as long.
    behind = pl.col("body").str.splitn(tag, 2).struct.field("field_1")
    return behind.str.splitn("<", 2).struct.field("field_0").fill_null("")


def _plain(column: pl.Series) -> pl.Series:
    """A column with its entities as characters; and without those that may not be seen."""
    at = column.str.contains("&", literal=True).arg_true()
    if at.is_empty():
        return column
    named = {f"&{name};": character for name, character in ofx_text.NAMED.items()}
    texts = column.gather(at).str.replace_many(list(named), list(named.values()))
    numbers = column.gather(at).str.contains("&#", literal=True)
    if numbers.any():
        by_number = [ofx_text.plain(text) for text in column.gather(at).filter(numbers)]
        bare = columnar.plain_text(pl.DataFrame({"t": by_number}), ["t"], odd=True)["t"]
        texts = texts.scatter(numbers.arg_true(), bare)
    return column.scatter(at, texts)


def amount(written: pl.Series) -> pl.Series:
    """Signed decimal text; null where an amount can't be read for sure. A comma is a decimal mark, too."""
    read = amounts.plain(written, ".")
    at = (read.is_null() | written.str.contains(",", literal=True) | (written == "")).arg_true()
    if at.len():
        odd = written.gather(at)
        two_ways = odd.str.replace_all(" ", "", literal=True).str.contains(_TWO_WAYS)
        rows = pl.DataFrame({"p": read.gather(at), "c": amounts.plain(odd, ","), "two": two_ways})
        either = pl.coalesce("p", "c")
        sure = rows.select(pl.when(~pl.col("two") & (either != "")).then(either)).to_series()
        read = read.scatter(at, sure)
    return read.alias("amount")


def day(name: str) -> pl.Expr:
    """The date that a time begins with, null if there is no such day."""
    digits = (
        pl.col(name).str.extract(r"^([0-9]{4}-?[0-9]{2}-?[0-9]{2})", 1).str.replace_all("-", "", literal=True)
    )
    return columnar.sane(digits.str.to_date("%Y%m%d", strict=False))


def usable(entries: pl.DataFrame, source: Source) -> tuple[pl.DataFrame, list[Problem]]:
    """Entries with booking_date, amount and currency, without those that lack one; each of these is a problem.

    Args:
        entries: as `fields` gives them, with head, position, currency (the statement's) and day (the statement's).
        source: the file, for messages.
    """
    symbol = pl.col("symbol").str.to_uppercase()
    currency = pl.when(symbol.str.contains(r"^[A-Z]{3}$")).then(symbol).otherwise("currency")
    entries = entries.with_columns(
        amount(entries["written"]),
        currency.alias("currency"),
        pl.coalesce(day("posted"), day("made")).alias("said"),
    ).with_columns(pl.coalesce("said", "day").alias("booking_date"))
    problems: list[Problem] = []
    fine = amounts.too_fine(pl.col("amount").fill_null(""))
    for mask, code, what, hint in (
        (
            pl.col("correction") != "",
            "entry-unread",
            "the entry corrects or deletes an earlier one; it was left out",
            "look at both in the bank's own view, and correct the ledger by hand",
        ),
        (
            pl.col("amount").is_null(),
            "value-amount",
            "the amount can't be read, or can be read in two ways; the entry was left out",
            "look at its TRNAMT",
        ),
        (
            fine,
            "value-scale",
            "the amount has more decimals than money can have; the entry was left out",
            "money is never rounded silently: ask the bank",
        ),
        (
            pl.col("booking_date").is_null(),
            "entry-unread",
            "the entry has no day that exists, nor has its statement; it was left out",
            "look at its DTPOSTED",
        ),
    ):
        entries, found = columnar.left_out(entries, mask, source, code, what, hint)
        problems += found
    return entries.with_columns(columnar.money(entries)), problems + _doubts(entries, source)


def _doubts(entries: pl.DataFrame, source: Source) -> list[Problem]:
    """What is odd about entries that are taken all the same."""
    undated = entries.filter(pl.col("said").is_null())
    problems = [
        Problem(
            "value-date",
            source.at(at),
            f"DTPOSTED is no day; the statement's day {day} is taken",
            "ask the bank",
        )
        for at, day in undated.select("position", "day").iter_rows()
    ]
    outward = pl.col("kind").is_in(_OUTWARD) & ~pl.col("amount").str.starts_with("-")
    odd = entries.filter(outward & pl.col("amount").str.contains("[1-9]"))
    what = "the type says money out, the amount is positive; it is taken as it is written"
    hint = "compare it with the bank's own view"
    return problems + [Problem("value-sign", source.at(at), what, hint) for at in odd["position"]]


def lines(entries: pl.DataFrame, source: Source) -> tuple[pl.DataFrame, list[Problem]]:
    """Usable entries as bank lines."""
    longer = pl.col("long_name").str.len_chars() > pl.col("name").str.len_chars()
    number = pl.when(pl.col("number") != "").then("number").otherwise("cheque")
    spare = pl.when((pl.col("number") != "") & (pl.col("cheque") != pl.col("number"))).then("cheque")
    narrative = pl.concat_str(pl.col("memo"), spare.fill_null(""), separator=" ").str.strip_chars(" ")
    table = entries.with_columns(
        day("available").alias("value_date"),
        pl.when(longer).then("long_name").otherwise("name").alias("counterparty"),
        pl.col("other").alias("counterparty_account"),
        number.alias("reference"),
        narrative.alias("narrative"),
        pl.col("own_number").alias(_KEPT[0]),
        pl.col("body").alias(_KEPT[1]),
    ).with_columns(columnar.referring("reference"))
    table, problems = columnar.cut(table, [*_TEXTS, *_KEPT], source)
    table = table.select(
        columnar.HEAD,
        "position",
        pl.lit("").alias("line_id"),
        "booking_date",
        "value_date",
        "amount",
        "currency",
        pl.col("kind").alias("type"),
        *_TEXTS,
        *_KEPT,
    )
    return table, problems


def numbered(table: pl.DataFrame, source: Source) -> tuple[pl.DataFrame, list[Problem]]:
    """All lines with `own`: whether FITID is what it should be, a number of one transaction.

    Where it is on two that differ, it is none.
    """
    number = _KEPT[0]
    table = table.with_columns((pl.col(number) != "").alias(columnar.OWN))
    key = [columnar.HEAD, number]
    again = table.select(pl.struct(key).is_duplicated() & pl.col(columnar.OWN)).to_series()
    if not again.any():
        return table, []
    content = ["booking_date", "amount", "type", *_TEXTS]
    rows = table.with_row_index("_row").filter(again)
    mixed = rows.filter(pl.struct(content).n_unique().over(key) > 1)
    first = mixed.filter(pl.struct(key).is_first_distinct())
    what = "one FITID is on transactions that differ; it does not count as their identity"
    problems = [
        Problem("id-twice", source.at(at), what, "ask the bank for numbers that differ")
        for at in first["position"]
    ]
    flags = table[columnar.OWN].scatter(mixed["_row"], pl.repeat(value=False, n=mixed.height, eager=True))
    return table.with_columns(flags), problems
