"""Bank lines as columns: statements with their controls, ids, and statements that are in the file twice.

Files of 50 MB have half a million lines; a Python object for each would take longer than all the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from recon.ingest import controls, identity
from recon.ingest.controls import Balances
from recon.ingest.grid import CELL_MAX
from recon.ingest.source import Source
from recon.model import SCALE_MAX, Kind, Statement, digests, exponent
from recon.problems import Problem

# References that say that there is none.
NO_REFERENCE: Final = frozenset(
    [
        "NONREF",
        "NOTPROVIDED",
        "NOT PROVIDED",
        "NOREF",
        "NO REF",
        "EREF",
        "PREF",
        "MARF",
        "KREF",
        "KREF+",
        "REF",
        "-",
        ".",
    ]
)
HEAD: Final = "head"  # the column that says which head a line is of, from 0
OWN: Final = "own"  # whether a line's `extra:bank_reference` is of this line alone
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)  # that a statement may have
_SPLIT: Final = 10**6  # sums of either half fit 64 bits, whatever the file says


@dataclass(frozen=True)
class Head:
    """What a statement says of itself; `broken` is why a control of its own, besides the balances, does not hold."""

    position: int
    account: str
    number: str
    currency: str
    opening: Decimal | None
    closing: Decimal | None
    broken: str = ""


def assemble(
    source: Source, heads: Sequence[Head], lines: pl.DataFrame, *, copies_last: bool = False
) -> tuple[pl.DataFrame, tuple[Statement, ...], list[Problem]]:
    """Lines as one table with ids and statement_id, the statements, and what their controls say.

    Args:
        source: the file.
        heads: its statements, in their order.
        lines: `head`, position and the columns of a bank line with the amount as decimal text, in their order; a
            currency of "" is that of the head. Where `own` is true the bank's reference is a number that it gives
            to one line only.
        copies_last: the lines of statements that are there twice stand behind all others, not in their places.
    """
    added = _added_up(lines)
    statements = _statements(source, heads, added)
    currency = pl.when(pl.col("currency") == "").then("head_currency").otherwise("currency")
    table = lines.with_columns(
        of_heads(lines, "statement_id", [one.statement_id for one in statements]),
        of_heads(lines, "account", [head.account for head in heads]),
        of_heads(lines, "head_currency", [head.currency for head in heads]),
    )
    table = table.with_columns(currency.alias("currency")).drop("head_currency")
    copies, found = _copies(source, heads, statements, table)
    table, clashes = _identified(table, copies, source)
    if copies and not copies_last:
        table = table.sort("position", maintain_order=True)
    footing = controls.footing(statements) + _broken(source, heads, statements)
    table = table.drop(HEAD, OWN, strict=False)
    return table, tuple(_judged(heads, statements)), [*found, *clashes, *footing]


def joined(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The rows of all parts, which have the same columns, in one piece. The parts' columns are taken out of them.

    So no more than one column is held twice; a table in pieces would be copied whole by what comes after.
    """
    names = parts[0].columns
    return pl.DataFrame(
        [pl.concat([part.drop_in_place(name) for part in parts], rechunk=True) for name in names]
    )


def of_heads(
    lines: pl.DataFrame, name: str, values: Sequence[object], dtype: pl.DataType | None = None
) -> pl.Series:
    """A column with what the head of each line says."""
    return pl.Series(name, values, dtype=dtype or pl.String()).gather(lines[HEAD])


def plain_text(lines: pl.DataFrame, names: Sequence[str], *, odd: bool) -> pl.DataFrame:
    """Text columns without control characters, double blanks and blanks at the ends; without breaks.

    Args:
        lines: a frame with those columns.
        names: of the columns.
        odd: whether any text holds such a thing but for a plain line break.
    """
    if not odd:
        plain = [pl.col(name).fill_null("").str.strip_chars(" ") for name in names]
    else:
        texts = (pl.col(name).fill_null("") for name in names)
        plain = [
            text.str.replace_all(_BLANKS, " ").str.replace_all(_NOTHING, "").str.strip_chars()
            for text in texts
        ]
    return lines.with_columns(plain)


# One blank alone is the rule and stays as it is; to find it would take most of the time.
_BLANKS: Final = r"\s{2,}|[\t-\r\x{00A0}\x{2000}-\x{200A}\x{202F}\x{3000}]+"
_NOTHING: Final = (
    r"[\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}\x{FFFE}\x00-\x08\x0E-\x1F\x7F]"
)


def cut(lines: pl.DataFrame, names: Sequence[str], source: Source) -> tuple[pl.DataFrame, list[Problem]]:
    """Text columns, none longer than a cell can be; what was cut off is said."""
    long = pl.any_horizontal(pl.col(names).str.len_bytes() > CELL_MAX)
    found = lines.filter(long)["position"]
    what = f"a text has more than {CELL_MAX:,} characters; the rest was cut off"
    if len(found):
        lines = lines.with_columns(pl.col(names).str.slice(0, CELL_MAX))
    return lines, [Problem("value-long", source.at(position), what) for position in found]


def referring(name: str) -> pl.Expr:
    """A reference, or "" where it only says that there is none."""
    none = pl.col(name).str.to_uppercase().is_in(sorted(NO_REFERENCE))
    return pl.when(none).then(pl.lit("")).otherwise(pl.col(name)).alias(name)


def money(lines: pl.DataFrame) -> pl.Expr:
    """Decimal text of `amount` with at least the decimals of its currency, and no idle ones behind these."""
    amount = pl.col("amount")
    if (lines["amount"].str.slice(-3, 1) == ".").all() and all(
        exponent(one) == _PENCE for one in _currencies(lines)
    ):
        return amount
    places = pl.col("currency").replace_strict(
        {one: exponent(one) for one in _currencies(lines)}, default=_PENCE, return_dtype=pl.Int64
    )
    fraction = (
        amount.str.extract(r"\.([0-9]*)$", 1).fill_null("").str.strip_chars_end("0").str.pad_end(places, "0")
    )
    point = pl.when(fraction.str.len_bytes() > 0).then(pl.lit(".")).otherwise(pl.lit(""))
    return (amount.str.replace(r"\.[0-9]*$", "") + point + fraction).alias("amount")


_PENCE: Final = 2


def _currencies(lines: pl.DataFrame) -> list[str]:
    return [str(one) for one in lines["currency"].unique()]


def left_out(
    lines: pl.DataFrame, mask: pl.Expr, source: Source, code: str, what: str, hint: str = ""
) -> tuple[pl.DataFrame, list[Problem]]:
    """The lines without those that can't be taken, and a problem for each of these."""
    gone = lines.filter(mask)["position"]
    if gone.is_empty():
        return lines, []
    return lines.filter(~mask.fill_null(value=False)), [
        Problem(code, source.at(position), what, hint) for position in gone
    ]


def sane(day: pl.Expr) -> pl.Expr:
    """A day, or null where it is one that no statement has: it comes of digits that are no date."""
    return pl.when(day.is_between(FIRST_DAY, LAST_DAY)).then(day)


def _added_up(lines: pl.DataFrame) -> dict[int, tuple[Decimal, int, date | None, date | None]]:
    """For each head: the sum of its lines, how many, the first day and the last. Sums are of whole numbers."""
    whole, places = _whole(lines)
    sums = (
        lines.lazy()
        .select(HEAD, "booking_date", whole=whole)
        .group_by(HEAD)
        .agg(
            (pl.col("whole") // _SPLIT).sum().alias("high"),
            (pl.col("whole") % _SPLIT).sum().alias("low"),
            pl.len(),
            pl.col("booking_date").min().alias("first"),
            pl.col("booking_date").max().alias("last"),
        )
        .collect()
    )
    return {
        head: (Decimal(high * _SPLIT + low).scaleb(-places), count, first, last)
        for head, high, low, count, first, last in sums.iter_rows()
    }


def _whole(lines: pl.DataFrame) -> tuple[pl.Expr, int]:
    """Amounts as whole numbers of `10 ** -places`."""
    text = pl.col("amount")
    if (lines["amount"].str.slice(-3, 1) == ".").all():  # nearly every file has two decimals everywhere
        return text.str.replace(".", "", literal=True).cast(pl.Int64), 2
    fraction = text.str.extract(r"\.([0-9]*?)0*$", 1).fill_null("")
    places = min(int(lines.select(fraction.str.len_bytes().max()).item() or 0), SCALE_MAX)
    return (text.str.replace(r"\.[0-9]*$", "") + fraction.str.pad_end(places, "0")).cast(pl.Int64), places


def _statements(
    source: Source,
    heads: Sequence[Head],
    added: dict[int, tuple[Decimal, int, date | None, date | None]],
) -> list[Statement]:
    statements = []
    for index, head in enumerate(heads):
        total, count, first, last = added.get(index, (Decimal(0), 0, None, None))
        said = Balances(index + 1, head.account, head.currency, head.opening, head.closing, head.position)
        statements.append(controls.checked(source, said, total, (count, first, last)))
    return statements


def _broken(source: Source, heads: Sequence[Head], statements: Sequence[Statement]) -> list[Problem]:
    """A control of the format that does not hold keeps a statement out, like its balances do."""
    hint = "ask the bank for the whole statement; `controls.admit_unfooted` lets it in all the same"
    return [
        Problem(
            "statement-foots-not" if statement.foots is not False else "trailer-differs",
            source.at(head.position),
            f"statement {number}: {head.broken}",
            hint,
        )
        for number, (head, statement) in enumerate(zip(heads, statements, strict=True), 1)
        if head.broken
    ]


def _judged(heads: Sequence[Head], statements: Sequence[Statement]) -> list[Statement]:
    return [
        replace(statement, foots=False) if head.broken else statement
        for head, statement in zip(heads, statements, strict=True)
    ]


def _copies(
    source: Source, heads: Sequence[Head], statements: Sequence[Statement], table: pl.DataFrame
) -> tuple[dict[int, int], list[Problem]]:
    """Statements that are in the file twice, as copy -> original: head, balances, and every line of it the same."""
    likely = _likely(heads, statements)
    if not likely:
        return {}, []
    content = [name for name in table.columns if name not in (HEAD, "position", "statement_id")]
    joined = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in content], separator="\x1f")
    texts = table.filter(pl.col(HEAD).is_in(sorted(likely))).select(HEAD, joined.alias("text"))
    texts = texts.group_by(HEAD).agg(pl.col("text").str.join("\x1e"))
    lines = dict(zip(texts[HEAD].to_list(), digests(texts["text"]).to_list(), strict=True))
    seen: dict[object, int] = {}
    copies: dict[int, int] = {}
    problems = []
    for index, (head, statement) in enumerate(zip(heads, statements, strict=True)):
        if index not in lines:
            continue
        original = seen.setdefault((_content(head, statement), lines[index]), index)
        if original != index:
            copies[index] = original
            what = (
                f"this statement is at {heads[original].position} too; its {statement.lines} lines count once"
            )
            hint = "ask the bank which one is right"
            problems.append(Problem("statement-twice", source.at(head.position), what, hint))
    return copies, problems


def _content(head: Head, statement: Statement) -> tuple[object, ...]:
    balances = (head.account, head.number, head.currency, head.opening, head.closing)
    return (*balances, statement.lines, statement.total, statement.first, statement.last)


def _likely(heads: Sequence[Head], statements: Sequence[Statement]) -> set[int]:
    """Statements with lines that another one agrees with in all but, perhaps, the lines."""
    groups: dict[object, list[int]] = {}
    for index, (head, statement) in enumerate(zip(heads, statements, strict=True)):
        if statement.lines:
            groups.setdefault(_content(head, statement), []).append(index)
    return {index for group in groups.values() if len(group) > 1 for index in group}


def _identified(
    table: pl.DataFrame, copies: dict[int, int], source: Source
) -> tuple[pl.DataFrame, list[Problem]]:
    """Ids for all lines; those of a copied statement get the ids of the original's, and so are duplicates."""
    copied = pl.col(HEAD).is_in(list(copies))
    once, found = identity.identified(table.filter(~copied), Kind.BANK, source.at)
    once = _once_only(once)
    if not copies:
        return once, found
    nth = pl.int_range(pl.len()).over(HEAD).alias("_nth")
    ids = once.select("line_id", pl.col(HEAD).alias("_of"), nth)
    of = pl.col(HEAD).replace_strict(list(copies), list(copies.values()), default=None, return_dtype=pl.Int64)
    twice = table.filter(copied).with_columns(nth, of.alias("_of")).drop("line_id")
    twice = twice.join(ids, on=["_of", "_nth"], how="left", maintain_order="left")
    return pl.concat([once, twice.select(once.columns)]), found


def _once_only(table: pl.DataFrame) -> pl.DataFrame:
    """Rows alike in everything, the bank's own number included, are one thing that came twice: one id."""
    if OWN not in table.columns:
        return table
    first = pl.col("line_id").str.replace(r"-[0-9]+$", "-1")
    return table.with_columns(pl.when(OWN).then(first).otherwise("line_id").alias("line_id"))
