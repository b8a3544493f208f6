"""BAI2: the 16 records as columns of bank lines. The funds type says how many fields stand before the references."""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.ingest import bai2_codes, columnar
from recon.ingest.source import Source
from recon.model import EXTRA
from recon.problems import Problem

ENTRY: Final = "16"
_DIGITS_MAX: Final = 18
_FIELDS: Final = {"V": 2, "S": 3}  # fields between the funds type and the references
_PARTS_MAX: Final = 99  # of a distributed availability
_REFERENCES: Final = 3  # the bank's, the customer's, and the text
# Tags that some banks write into the text, for money in and money out: whose name, whose account.
_NAMES: Final = (r"(?:DBNM:|ORG:=)", r"(?:CRNM:|BNF NAME:=)")
_ACCOUNTS: Final = (r"(?:DACT:|ORG ID:=)", r"(?:CACT:|BNF ID:=)")
_TEXTS: Final = ("counterparty", "counterparty_account", "reference", "narrative")
_KEPT: Final = (EXTRA + "bank_reference", EXTRA + "details")


def split(records: pl.DataFrame) -> pl.DataFrame:
    """All records with what stands in the places of a 16: kind, written (a whole number), funds, behind."""
    whole = records.with_columns(_completed(records))
    parts = whole["text"].str.splitn(",", 5).struct.unnest()
    return whole.with_columns(parts).select(
        *whole.columns,
        pl.col("field_1").fill_null("").str.strip_chars(" ").alias("kind"),
        written(pl.when(pl.col("code") == ENTRY).then("field_2")),
        pl.col("field_3").fill_null("").str.strip_chars(" ").str.to_uppercase().alias("funds"),
        pl.col("field_4").fill_null("").alias("behind"),
    )


def fields(entries: pl.DataFrame) -> pl.DataFrame:
    """16 records, as `split` gives them, with direction (1, -1, null), day, bank_reference, reference, words."""
    whole = entries.with_columns(day=pl.lit(""), tail=pl.col("behind"))
    if whole["funds"].is_in(["V", "S", "D"]).any():
        whole = whole.with_columns(_day(), _tail(whole))
    ends = whole["tail"].str.splitn(",", _REFERENCES).struct.unnest().fill_null("")
    ends.columns = ["bank_reference", "reference", "words"]
    return whole.drop("behind", "tail").with_columns(ends).with_columns(_direction())


def written(field: pl.Expr) -> pl.Expr:
    """An amount as it is written, without its point: a whole number; null if it is none."""
    bare = field.str.strip_chars(" ").str.strip_prefix("+")
    # A number of more digits than money has is none; the cast would take a sign too many, and a blank.
    long = pl.when(bare.str.len_bytes() > _DIGITS_MAX).then(bare.str.replace(r"^(-?)0+([0-9])", "${1}${2}"))
    number = long.otherwise(bare)
    return pl.when(number.str.contains(r"^-?[0-9]{1,18}$")).then(number).cast(pl.Int64).alias("written")


def _direction() -> pl.Expr:
    code = pl.when(pl.col("kind").str.contains(r"^[0-9]{3}$")).then(pl.col("kind")).cast(pl.Int64)
    credit = pl.any_horizontal([code.is_between(*span) for span in bai2_codes.CREDIT])
    debit = pl.any_horizontal([code.is_between(*span) for span in bai2_codes.DEBIT])
    return pl.when(credit).then(1).when(debit).then(-1).cast(pl.Int64).alias("direction")


def _completed(records: pl.DataFrame) -> pl.Series:
    """Texts in which a line break parts fields only behind the last comma that a record needs: in its text."""
    texts = records["text"]
    at = texts.str.contains("\n", literal=True).arg_true()
    if at.is_empty():
        return texts
    broken = texts.gather(at)
    funds = (
        broken.str.splitn(",", 5).struct.field("field_3").fill_null("").str.strip_chars().str.to_uppercase()
    )
    need = funds.replace_strict({"V": 8, "S": 9, "D": 99}, default=6, return_dtype=pl.Int64)
    head = broken.str.splitn("\n", 2).struct.field("field_0")
    short = at.filter(head.str.count_matches(",", literal=True).cast(pl.Int64) < need)
    return texts.scatter(short, [_complete(text) for text in texts.gather(short)]) if len(short) else texts


def _complete(text: str) -> str:
    """One record whose fields go on in 88: as many breaks become commas as there are fields missing."""
    parts = text.split("\n")
    whole = parts[0]
    for number, part in enumerate(parts[1:], 1):
        if whole.count(",") >= _needed(whole):
            return "\n".join([whole, *parts[number:]])
        whole = f"{whole},{part}"
    return whole


def _needed(text: str) -> int:
    """How many commas a record has before its text."""
    cells = text.split(",", 5)
    funds = cells[3].strip().upper() if len(cells) > 3 else ""  # noqa: PLR2004 - the funds type is the fourth field
    if funds == "D":
        count = cells[4].strip() if len(cells) > 4 else ""  # noqa: PLR2004 - how many parts is the fifth
        return 7 + 2 * _parts(count)
    return 6 + _FIELDS.get(funds, 0)


def _parts(count: str) -> int:
    """How many parts a distributed availability has; a number too long to be read is of too many, too."""
    if not (count.isascii() and count.isdigit()):
        return 0
    plain = count.lstrip("0")
    return _PARTS_MAX if len(plain) > len(str(_PARTS_MAX)) else min(int(plain or "0"), _PARTS_MAX)


def _day() -> pl.Expr:
    """The value date of funds type V, as it is written."""
    first = pl.col("behind").str.splitn(",", 2).struct.field("field_0").fill_null("").str.strip_chars()
    return pl.when(pl.col("funds") == "V").then(first).otherwise(pl.lit("")).alias("day")


def _tail(entries: pl.DataFrame) -> pl.Series:
    """What stands behind the fields of the funds type: the references and the text."""
    behind = pl.col("behind").str
    two, three = behind.splitn(",", 3).struct.field("field_2"), behind.splitn(",", 4).struct.field("field_3")
    cases = pl.when(pl.col("funds") == "V").then(two).when(pl.col("funds") == "S").then(three)
    tail = entries.select(cases.otherwise("behind").fill_null("").alias("tail")).to_series()
    at = (entries["funds"] == "D").arg_true()
    return (
        tail.scatter(at, [_behind_parts(text) for text in entries["behind"].gather(at)]) if len(at) else tail
    )


def _behind_parts(text: str) -> str:
    """`2,0,100,1,200,BANK,CUST,text` -> `BANK,CUST,text`."""
    count = text.split(",", 1)[0].strip()
    parts = 2 * _parts(count)
    cells = text.split(",", 1 + parts)
    return cells[1 + parts] if len(cells) > 1 + parts else ""


def lines(entries: pl.DataFrame, source: Source) -> tuple[pl.DataFrame, list[Problem]]:
    """Bank lines of entries that have a head, its booking date and currency, an amount and a direction.

    Args:
        entries: as `fields` gives them, with head, booking_date and amount (signed decimal text).
        source: the file, for messages.
    """
    table = entries.with_columns(_value_date(), _kind(), **_told(entries))
    wrong = (pl.col("day") != "") & pl.col("value_date").is_null()
    problems = [
        Problem(
            "value-date",
            source.at(position),
            "the value date is no day of the calendar; it is left empty",
            "",
        )
        for position in table.filter(wrong)["position"]
    ]
    unbroken = [pl.col(name).str.replace_all("\n", " ", literal=True) for name in ("narrative", _KEPT[1])]
    table = columnar.plain_text(table.with_columns(unbroken), [*_TEXTS, *_KEPT], odd=False)
    # Commas at the ends are fields that nobody filled in.
    table = table.with_columns(pl.col("narrative").str.strip_chars(" ,"), columnar.referring("reference"))
    table, found = columnar.cut(table, [*_TEXTS, *_KEPT], source)
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
    return table, problems + found


def _value_date() -> pl.Expr:
    """Of funds type V its own day; what is available at once counts on the day it is booked."""
    at_once = pl.when(pl.col("funds") == "0").then("booking_date")
    return pl.coalesce(day(pl.col("day")), at_once).alias("value_date")


def day(text: pl.Expr) -> pl.Expr:
    """YYMMDD or YYYYMMDD as a date; null if there is no such day."""
    century = pl.when(text < "70").then(pl.lit("20")).otherwise(pl.lit("19"))
    whole = (
        pl.when(text.str.contains(r"^[0-9]{6}$"))
        .then(century + text)
        .when(text.str.contains(r"^[0-9]{8}$"))
        .then(text)
    )
    return columnar.sane(whole.str.to_date("%Y%m%d", strict=False))


def _kind() -> pl.Expr:
    codes = [str(code) for code in bai2_codes.RETURNED]
    back = pl.col("kind").is_in(codes)
    return pl.when(back).then(pl.lit("RETURN ") + pl.col("kind")).otherwise("kind").alias("kind")


def _told(entries: pl.DataFrame) -> dict[str, pl.Expr]:
    """Names, accounts and references out of tags that a bank writes into the text; and the whole as it stands."""
    inward = pl.col("direction") > 0

    def tag(names: str) -> pl.Expr:
        return pl.col("words").str.extract(rf"(?m)^\s*{names}[ \t]*([^\n]*?)[ \t]*$", 1).fill_null("")

    def either(names: tuple[str, str]) -> pl.Expr:
        return pl.when(inward).then(tag(names[0])).otherwise(tag(names[1]))

    tagged = entries["words"].str.contains(r"(?m)^\s*[A-Z ]{3,12}:").any()
    said = {
        "counterparty": either(_NAMES) if tagged else pl.lit(""),
        "counterparty_account": either(_ACCOUNTS).str.replace(r"^=", "") if tagged else pl.lit(""),
        "narrative": pl.col("words"),
        _KEPT[0]: pl.col("bank_reference"),
        _KEPT[1]: pl.col("text"),
    }
    if tagged:
        own = tag("EREF:")
        said["reference"] = pl.when(own != "").then(own).otherwise("reference")
    return said
