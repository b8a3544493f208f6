r"""MT940's entries as columns: what `mt940_entry` and `mt940_text` read one by one, where they are the usual way.

    261050105C10,00NTRFR-1//B1 | /EREF/INV-1//NAME/A CO/      ->   10.00 | INV-1 | A CO | ...

Most entries of most banks are: one line of `:61:`, its fields without blanks, one `:86:` of printable ASCII. Every
other one is left to the careful way, which also says what is wrong with it. A test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from recon.ingest import columnar
from recon.ingest.amounts import WHOLE_MAX
from recon.ingest.mt940_fields import Run
from recon.ingest.mt940_text import SEPA_NAMES, SLASH_NAMES, one_text
from recon.model import EXTRA, SCALE_MAX

_ENTRY: Final = (
    rf"^([0-9]{{6}})([0-9]{{4}})?(R?[CD])[A-Z]?([0-9]{{1,{WHOLE_MAX}}},[0-9]{{0,{SCALE_MAX}}})"
    r"([NFS][A-Z0-9]{3})([ -~]*)$"
)
_TIDY: Final = r"^(?:[!-~]+(?: [!-~]+)*)?$"  # printable, no blanks but single ones between words
_MARK: Final = r"^[0-9]{3} *([?~^<@])[0-9]{2}"  # what parts German fields
_OWN: Final = 16  # characters of the account owner's reference
_NEAR: Final = 150  # days between value date and entry date, so that no other year is nearer
_CENTURY: Final = "70"  # and later are of the last century
# What parts texts, once it is found; neither is in a tidy text.
_NAME, _VALUE = "\x1f", "\x1e"
_COLON: Final = r"\b(?:IBAN|BIC|NAAM|OMSCHRIJVING|KENMERK|MACHTIGING|INCASSANT|BETALINGSKENM\.):"
_LEADING_IBAN: Final = r"^([A-Z]{2}[0-9]{2}[A-Z0-9]{11,30})\b"
_SINGLE: Final = ("00", "31", "32", "33", "38")  # German fields that are taken, each there once
_SEPA: Final = ("EREF", "KREF", "SVWZ", "ABWA", "IBAN")
_SLASH: Final = (
    *("NAME", "IBAN", "CNTP", "ORDP", "BENM", "USTD", "STRD", "REMI", "CDTRREF", "INV", "EREF", "CREF"),
    "TRTP",
)
_PURPOSE: Final = r"\?(?:2[0-9]|6[0-3])"
_DETAILS: Final = ("name", "account", "said", "narrative", "booking", "returned")


@dataclass
class Entries:
    """Entries as they stand, as columns: page, `:61:`, the lines of all its `:86:` as one text, position."""

    pages: list[int] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)

    def extend(self, page: int, run: Run) -> None:
        """More of them, all of one page."""
        self.pages += [page] * len(run.entries)
        self.entries += run.entries
        self.texts += run.texts
        self.positions += run.positions


def read(some: Entries) -> tuple[pl.DataFrame, list[int]]:
    """Bank lines as `bank.Lines` has them, and which of the entries are left to the careful way."""
    raw = pl.DataFrame(
        {
            columnar.HEAD: some.pages,
            "position": some.positions,
            "entry": some.entries,
            "text": [one_text(text) for text in some.texts],
        },
        schema=_SCHEMA,
    )
    fields = raw["entry"].str.extract_groups(_ENTRY).struct.unnest()
    fields.columns = ["value", "booked", "sign", "written", "kind", "rest"]
    fit = (
        (pl.col("value").is_not_null())
        & pl.col("text").str.contains(_TIDY)
        & pl.col("rest").str.contains(_TIDY)
    )
    mark = pl.col("text").str.extract(_MARK, 1).fill_null("").alias("mark")
    some_fit = pl.concat([raw, fields], how="horizontal").filter(fit).with_columns(mark)
    # Sorted here, a portion at a time: to sort the whole file's lines takes as much memory again as they do.
    lines = _lines(_told(_dated(some_fit))).sort("position")
    left = (
        raw.select((~pl.col("position").is_in(lines["position"].implode())).arg_true()).to_series().to_list()
    )
    return lines, left


_SCHEMA: Final = {
    columnar.HEAD: pl.Int64(),
    "position": pl.Int64(),
    "entry": pl.String(),
    "text": pl.String(),
}


def _dated(rows: pl.DataFrame) -> pl.DataFrame:
    """With both dates and the signed amount; without those whose days need care."""
    century = pl.when(pl.col("value").str.slice(0, 2) >= _CENTURY).then(pl.lit("19")).otherwise(pl.lit("20"))
    value = (century + pl.col("value")).str.to_date("%Y%m%d", strict=False)
    booked = (century + pl.col("value").str.slice(0, 2) + pl.col("booked")).str.to_date(
        "%Y%m%d", strict=False
    )
    inward = pl.col("sign").is_in(["C", "RD"])
    plain = pl.col("written").str.replace(",", ".", literal=True).str.strip_suffix(".")
    plain = plain.str.strip_chars_start("0")
    plain = pl.when(plain.str.starts_with(".") | (plain == "")).then(pl.lit("0") + plain).otherwise(plain)
    minus = ~inward & plain.str.contains("[1-9]")
    made = rows.with_columns(
        value.alias("value_date"),
        pl.when(pl.col("booked").is_null()).then(value).otherwise(booked).alias("booking_date"),
        pl.when(minus).then(pl.lit("-") + plain).otherwise(plain).alias("amount"),
    )
    near = (pl.col("booking_date") - pl.col("value_date")).dt.total_days().abs() <= _NEAR
    return made.filter(near.fill_null(value=False))


def _told(rows: pl.DataFrame) -> pl.DataFrame:
    """With what the texts say, dialect by dialect; without those that need care."""
    german = (pl.col("mark") == "?") & pl.col("text").str.contains(r"^[0-9]{3}\?")
    slash = (pl.col("mark") == "") & pl.col("text").str.starts_with("/")
    other = (pl.col("mark") == "") & ~pl.col("text").str.starts_with("/")
    parts = (_german(rows.filter(german)), _slashes(rows.filter(slash)), _free(rows.filter(other)))
    return pl.concat(parts)


class _Parted:
    """The column `parted`: texts whose names were found. A bank uses few of all the names, and always the same."""

    def __init__(self, rows: pl.DataFrame, names: Sequence[str], behind: str = _VALUE) -> None:
        """`behind` parts a name from its value; names of one length need none."""
        whole: str = rows["parted"].str.join().item() or ""
        marks = {name: f"{_NAME}{name}{behind}" for name in names}
        self._there = {name: mark for name, mark in marks.items() if mark in whole}

    def of(self, name: str) -> pl.Expr:
        """What stands behind a name; "" if it is not there."""
        if name not in self._there:
            return pl.lit("")
        behind = pl.col("parted").str.splitn(self._there[name], 2).struct.field("field_1")
        return behind.str.splitn(_NAME, 2).struct.field("field_0").fill_null("")

    def once(self) -> pl.Expr:
        """Whether no name is there twice."""
        counts = [pl.col("parted").str.count_matches(mark, literal=True) for mark in self._there.values()]
        return pl.all_horizontal([pl.lit(value=True), *(count <= 1 for count in counts)])

    def before(self) -> pl.Expr:
        """What stands before all names."""
        return pl.col("parted").str.splitn(_NAME, 2).struct.field("field_0").fill_null("")


def _first(*values: pl.Expr) -> pl.Expr:
    """The first of texts that is not empty."""
    chosen = values[-1]
    for value in reversed(values[:-1]):
        chosen = pl.when(value != "").then(value).otherwise(chosen)
    return chosen


def _joined(*values: pl.Expr) -> pl.Expr:
    """Texts with single blanks between, as `grid.clean` makes them; each has no others inside of it."""
    if len(values) == 1:
        return values[0].str.strip_chars(" ")
    bare = [value.str.strip_chars(" ") for value in values]
    some = [pl.when(value != "").then(value) for value in bare]
    return pl.concat_str(some, separator=" ", ignore_nulls=True)


def _single(value: pl.Expr) -> pl.Expr:
    """Text with single blanks: where pieces were put together there may be more."""
    return value.str.replace_all(" {2,}", " ")


def _bare(value: pl.Expr) -> pl.Expr:
    return value.str.replace_all(" ", "", literal=True)


def _detailed(rows: pl.DataFrame, **details: pl.Expr) -> pl.DataFrame:
    made = rows.with_columns(**details)
    return made.drop("parted", "purpose", "run", strict=False)


def _german(rows: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("text").str
    marks = text.count_matches("?", literal=True) == text.count_matches(r"\?[0-9]{2}")
    run = text.extract_all(rf"(?:{_PURPOSE}[^?]*)+").list.first().fill_null("")
    rows = rows.filter(marks).with_columns(
        run.alias("run"), text.replace_all("?", _NAME, literal=True).alias("parted")
    )
    whole = pl.col("run").str.count_matches(_PURPOSE) == pl.col("text").str.count_matches(_PURPOSE)
    single = _Parted(rows, _SINGLE, "")
    rows = rows.filter(whole & single.once())
    rows = rows.with_columns(
        _joined(_single(single.of("32") + single.of("33"))).alias("name"),
        _first(single.of("38"), single.of("31")).alias("account"),
        _joined(single.of("00")).alias("booking"),
    )
    # A piece that is full goes on in the next; the others are words apart.
    purpose = pl.col("run").str.slice(3).str.replace_all(r"([^?]{27})\?[0-9]{2}", "${1}")
    purpose = _single(purpose.str.replace_all(r"\?[0-9]{2}", " "))
    parted = purpose.str.replace_all(rf"({SEPA_NAMES})\+", f"{_NAME}${{1}}{_VALUE}")
    rows = rows.with_columns(parted.alias("parted"))
    words = _Parted(rows, _SEPA)
    rows = rows.filter(words.once())
    said = {name: _joined(words.of(name)) for name in _SEPA}
    return _detailed(
        rows,
        name=_first(said["ABWA"], pl.col("name")),
        account=_bare(_first(said["IBAN"], pl.col("account"))),
        said=_first(said["EREF"], said["KREF"]),
        narrative=_joined(_joined(words.before()), said["SVWZ"]),
        returned=pl.col("parted").str.contains(f"{_NAME}RTRN{_VALUE}", literal=True),
    ).select(*_KEPT)


def _slashes(rows: pl.DataFrame) -> pl.DataFrame:
    parted = pl.col("text").str.replace_all(f"/({SLASH_NAMES})/", f"{_NAME}${{1}}{_VALUE}")
    rows = rows.with_columns(parted.alias("parted"))
    words = _Parted(rows, _SLASH)
    rows = rows.filter(pl.col("parted").str.contains(_NAME, literal=True) & words.once())
    values = {name: words.of(name).str.strip_chars("/ ") for name in _SLASH}
    rows = rows.with_columns(**{f"_{name}": value for name, value in values.items()})
    other = pl.col("_CNTP").str
    paid = pl.col("_REMI")
    for marker in ("USTD//", "USTD/", "STRD/CUR/", "STRD/"):
        paid = paid.str.strip_prefix(marker)
    rows = _detailed(
        rows,
        name=_joined(
            _first(
                pl.col("_NAME"),
                other.splitn("/", 4).struct.field("field_2").fill_null(""),
                *(
                    pl.col(name).str.splitn("/", 2).struct.field("field_0").fill_null("")
                    for name in ("_ORDP", "_BENM")
                ),
            )
        ),
        account=_bare(_first(pl.col("_IBAN"), other.splitn("/", 2).struct.field("field_0").fill_null(""))),
        said=_first(pl.col("_EREF"), pl.col("_CREF")),
        narrative=_joined(
            words.before().str.strip_chars("/ "),
            pl.col("_USTD"),
            pl.col("_STRD").str.strip_prefix("CUR/"),
            paid.str.strip_chars("/ "),
            pl.col("_CDTRREF"),
            pl.col("_INV"),
        ),
        booking=pl.col("_TRTP"),
        returned=pl.col("parted").str.contains(f"{_NAME}RTRN{_VALUE}", literal=True),
    )
    # A text that says nothing is told as it stands: with care.
    silent = pl.all_horizontal(pl.col("name", "account", "narrative") == "")
    return rows.filter(~silent).select(*_KEPT)


def _free(rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows.filter(pl.col("text").str.count_matches(_COLON) <= 1)
    iban = pl.col("text").str.extract(_LEADING_IBAN, 1).fill_null("")
    behind = pl.col("text").str.replace(_LEADING_IBAN, "").str.strip_chars_start(" ")
    nothing = pl.lit("")
    return _detailed(
        rows,
        name=nothing,
        account=iban,
        said=nothing,
        narrative=behind,
        booking=nothing,
        returned=pl.lit(value=False),
    ).select(*_KEPT)


_KEPT: Final = (
    *(columnar.HEAD, "position", "booking_date", "value_date", "amount", "sign", "kind", "rest", "text"),
    *_DETAILS,
)


def _lines(rows: pl.DataFrame) -> pl.DataFrame:
    """As bank lines. What is written behind the reference's 16 characters is text, and needs care."""
    ends = pl.col("rest").str.splitn("//", 2).struct
    rows = rows.with_columns(
        ends.field("field_0").fill_null("").alias("own"),
        ends.field("field_1").fill_null("").str.strip_chars(" ").alias("bank"),
    )
    rows = rows.filter(pl.col("own").str.len_bytes() <= _OWN).with_columns(pl.col("own").str.strip_chars(" "))
    rows = rows.with_columns(columnar.referring("said"), columnar.referring("own"))
    kept = _first(pl.col("said"), pl.col("own"))
    spare = pl.when(pl.col("own") != kept).then("own").otherwise(pl.lit(""))
    back = pl.col("sign").str.starts_with("R") | pl.col("returned")
    extras = {"bank_reference": "bank", "booking_text": "booking", "details": "text"}
    filled = [name for name, column in extras.items() if (rows[column] != "").any()]
    return rows.select(
        "position",
        "booking_date",
        "value_date",
        "amount",
        pl.when(back).then(pl.lit("RETURN ") + pl.col("kind")).otherwise("kind").alias("type"),
        pl.col("name").alias("counterparty"),
        pl.col("account").alias("counterparty_account"),
        kept.alias("reference"),
        _joined(pl.col("narrative"), spare).alias("narrative"),
        pl.lit("").alias("currency"),
        columnar.HEAD,
        pl.lit("").alias("line_id"),
        *(pl.col(extras[name]).alias(EXTRA + name) for name in filled),
    )
