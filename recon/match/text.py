"""Bank text -> keys that can be joined: pieces of references, and words of names.

A reference is read as a row of *atoms*, runs of letters or of digits, so that no separator matters and no digit
run is ever found inside a longer one: 14 is not in 1814.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

FIELD_END = "\n"  # between the fields of a line; no key goes across it
ATOMS_MAX = 8  # atoms of one reference
TIED_MAX = 3  # letters of a word that a number behind a dash makes a reference
WORDS_MAX = 8  # words of one name
GAP_MAX = 4  # characters between two atoms of one reference
# Legal forms, as classes that can't be the same company: ACME LLP is not ACME PVT LTD. India's two kinds of limited
# company are one class, since payers leave PVT away.
LEGAL_FORMS = {
    "LTD": "LTD",
    "LIMITED": "LTD",
    "PVT": "LTD",
    "PRIVATE": "LTD",
    "OPC": "LTD",
    "LLP": "LLP",
    "LP": "LP",
    "PLC": "PLC",
    "CIC": "CIC",
    "CIO": "CIO",
    "INC": "INC",
    "CORP": "INC",
    "CORPORATION": "INC",
    "GMBH": "GMBH",
}


def upper(text: pl.Expr) -> pl.Expr:
    """Upper-case text in NFKC, every kind of blank a plain blank, invisible characters gone."""
    return (
        text.fill_null("")
        .str.normalize("NFKC")
        .str.to_uppercase()
        .str.replace_all(r"[\u{200B}-\u{200F}\u{2060}\u{FEFF}\u{00AD}]", "")
        .str.replace_all(r"[\s\p{Cc}]+", " ")
        .str.strip_chars()
    )


def joined(columns: Sequence[str]) -> pl.Expr:
    """Several text columns as one upper-case text with FIELD_END between."""
    return pl.concat_str([upper(pl.col(name)) for name in columns], separator=FIELD_END)


def unzero(key: pl.Expr) -> pl.Expr:
    """A key without the leading noughts of its digit runs: `INV000917` -> `INV917`."""
    return key.str.replace_all(r"(^|[^0-9])0+([0-9])", "${1}${2}")


def struct_key(text: pl.Expr) -> pl.Expr:
    """A document number as a key: letters and digits, `-` only where two digit runs meet.

    Example: `cf/24/001` -> `CF24-001`; `INV 1042` -> `INV1042`.
    """
    return (
        upper(text)
        .str.replace_all(r"[^A-Z0-9]+", " ")
        .str.replace_all(r"([0-9]) +([0-9])", "${1}-${2}")
        .str.replace_all(r"([0-9]) +([0-9])", "${1}-${2}")  # once more: matches don't overlap (1 2 3)
        .str.replace_all(" ", "")
    )


def atoms(frame: pl.DataFrame, row: str, text: str) -> pl.DataFrame:
    """The atoms of each row's text.

    Returns (row, at, atom, digit, gap, after): `at` counts atoms from 0, `gap` and `after` are what stands before
    and behind it; FIELD_END in them is the border of a field.

    Example: `INV-1042` -> (0, "INV", false, FIELD_END, "-"), (1, "1042", true, "-", FIELD_END).
    """
    pieces = (
        frame.select(
            row,
            (FIELD_END + pl.col(text) + FIELD_END).str.extract_all(r"[A-Z]+|[0-9]+|[^A-Z0-9]+").alias("atom"),
        )
        .explode("atom")
        .with_columns(
            same=pl.col(row) == pl.col(row).shift(1), alnum=pl.col("atom").str.contains(r"^[A-Z0-9]")
        )
    )
    before = (
        pl.when(pl.col("same") & ~pl.col("alnum").shift(1))
        .then(pl.col("atom").shift(1))
        .otherwise(pl.lit(""))
    )
    behind = (
        pl.when((pl.col(row) == pl.col(row).shift(-1)) & ~pl.col("alnum").shift(-1))
        .then(pl.col("atom").shift(-1))
        .otherwise(pl.lit(""))
    )
    found = pieces.with_columns(gap=before.fill_null(""), after=behind.fill_null("")).filter("alnum")
    return found.select(
        row,
        pl.int_range(pl.len(), dtype=pl.Int32).over(row).alias("at"),
        "atom",
        pl.col("atom").str.contains(r"^[0-9]").alias("digit"),
        "gap",
        "after",
    )


def grams(found: pl.DataFrame, row: str, starts: pl.Series, longest: int) -> pl.DataFrame:
    """Keys of neighbouring atoms: what may be a reference.

    Args:
        found: as `atoms` returns.
        row: name of the row column.
        starts: letter atoms that a key may begin with; digit atoms always may.
        longest: atoms of the longest key.

    Returns (row, at, size, raw, opened, closed, piece, field_end, tight): `raw` is the key as written; `opened` and
    `closed` say that it isn't glued to a letter or digit before or behind; `piece`, that other digits hang on it
    by a dash, point or colon (a sort code, a time), so that a bare number is none; `tight`, that no blank is in it.
    """
    length = min(longest, ATOMS_MAX)
    tied = pl.col("digit") & pl.col("digit").shift(1) & pl.col("gap").is_in(["-", ".", ":"])
    base = found.with_columns(
        tied=(tied & (pl.col(row) == pl.col(row).shift(1))).fill_null(value=False),
        piece=pl.when(pl.col("digit") & pl.col("digit").shift(1))
        .then("-" + pl.col("atom"))
        .otherwise(pl.col("atom")),
    )
    start = base["digit"] | base["atom"].is_in(starts.implode())
    parts: list[pl.DataFrame] = []
    raw = pl.col("atom")
    linked = pl.lit(value=True)
    tight = pl.lit(value=True)
    for size in range(1, length + 1):
        if size > 1:
            step = size - 1
            raw = raw + pl.col("piece").shift(-step)
            gap = pl.col("gap").shift(-step)
            linked = (
                linked
                & (pl.col(row) == pl.col(row).shift(-step))
                & ~gap.str.contains(FIELD_END, literal=True)
                & (gap.str.len_chars() <= GAP_MAX)
            )
            tight = tight & ~gap.str.contains(" ", literal=True)
        last = pl.col("after").shift(-(size - 1))
        part = base.select(
            row,
            "at",
            pl.lit(size, dtype=pl.Int32).alias("size"),
            raw.alias("raw"),
            opened=pl.col("gap") != "",
            closed=last != "",
            piece=pl.col("tied") | pl.col("tied").shift(-size).fill_null(value=False),
            field_end=last.str.contains(FIELD_END, literal=True),
            tight=tight,
            linked=linked,
            start=pl.lit(start),
        )
        parts.append(part.filter(pl.col("linked") & pl.col("start") & pl.col("raw").str.contains(r"[0-9]")))
    return pl.concat(parts).drop("linked", "start")


def canonical(text: pl.Expr, same: Mapping[str, str]) -> pl.Expr:
    """Text with one spelling of what is spelled in several ways: `&` is AND, `COUNTY COUNCIL` is CC.

    Args:
        text: names or bank text.
        same: short form -> long form; the short one is kept.
    """
    plain = upper(text).str.replace_all(r"['\u{2019}.]", "").str.replace_all("&", " AND ", literal=True)
    for short, long in sorted(same.items(), key=lambda pair: (-len(pair[1]), pair)):
        pattern = r"\b" + r"[ ]+".join(word for word in long.upper().split()) + r"\b"
        plain = plain.str.replace_all(pattern, short.upper())
    return plain


def name_key(text: pl.Expr, drop: Sequence[str], same: Mapping[str, str]) -> pl.Expr:
    """A name as a key: its words with one blank between, without those that tell nothing (LTD, PLC).

    A name of nothing but such words keeps them.
    """
    whole = canonical(text, same).str.replace_all(r"[^\pL\pN]+", " ").str.strip_chars()
    dropped = [word.upper() for word in drop]
    told = whole.str.split(" ").list.eval(pl.element().filter(~pl.element().is_in(dropped))).list.join(" ")
    return pl.when(told != "").then(told).otherwise(whole)


def legal_form(name: pl.Expr, drop: Sequence[str]) -> pl.Expr:
    """The class of the last legal form in a name, of those that the key leaves out; empty for none."""
    forms = _forms(drop)
    said = upper(name).str.replace_all(r"[^\pL\pN]+", " ").str.split(" ")
    last = said.list.eval(pl.element().filter(pl.element().is_in(list(forms)))).list.last()
    return last.replace_strict(
        list(forms), list(forms.values()), default="", return_dtype=pl.String
    ).fill_null("")


def _forms(drop: Sequence[str]) -> dict[str, str]:
    dropped = {word.upper() for word in drop}
    return {word: form for word, form in LEGAL_FORMS.items() if word in dropped}


def words(
    frame: pl.DataFrame, row: str, text: str, drop: Sequence[str], same: Mapping[str, str], noise: str
) -> pl.DataFrame:
    """The words of each row's text that can be part of a name, spelled as `name_key` spells them.

    Args:
        frame: has the columns `row` and `text`; fields are separated by FIELD_END.
        row: name of the row column.
        text: name of the text column.
        drop: words to leave out.
        same: short form -> long form.
        noise: pattern of words that are no part of a name (PAYMENT, REF).

    Returns (row, at, word, noise, border, form, field): `noise` is a word with a digit or that fits the pattern,
    `border` says that more than a blank stands before it, `form` is the legal form right behind it, `field` counts
    the fields of all rows.
    """
    forms = _forms(drop)
    dropped = [word.upper() for word in drop]
    fields = frame.select(row, pl.col(text).str.split(FIELD_END).alias("t")).explode("t")
    pieces = (
        fields.select(
            row,
            # Each field begins with its border.
            (FIELD_END + canonical(pl.col("t"), same)).str.extract_all(r"[\pL\pN]+|[^\pL\pN]+").alias("word"),
        )
        .explode("word")
        .with_columns(alnum=pl.col("word").str.contains(r"[\pL\pN]"))
        .with_columns(
            border=~pl.col("alnum") & pl.col("word").str.contains(r"[^ ]"),
            # `PF-0007`: a short word tied to a number is a reference, and no part of a name.
            tied=pl.col("word").str.contains(rf"^\pL{{1,{TIED_MAX}}}$")
            & pl.col("word").shift(-1).is_in(["-", "/"])
            & pl.col("word").shift(-2).str.contains(r"^[0-9]"),
        )
        .with_columns(
            segment=pl.col("border").cum_sum(),
            field=pl.col("word").str.contains(FIELD_END, literal=True).cum_sum(),
        )
        .filter("alnum")
        .with_columns(
            left_out=pl.col("word").is_in(dropped),
            form=pl.col("word").replace_strict(
                list(forms), list(forms.values()), default="", return_dtype=pl.String
            )
            if forms
            else pl.lit(""),
        )
    )
    near = (pl.col("segment") == pl.col("segment").shift(-1)) & pl.col("left_out").shift(-1)
    # `PVT LTD` and `CO LTD`: the last of the words that are left out says the form.
    behind = pl.when(near.fill_null(value=False)).then(pl.col("form").shift(-1)).otherwise(pl.lit(""))
    twice = (
        pl.when(near & near.shift(-1).fill_null(value=False))
        .then(pl.col("form").shift(-2))
        .otherwise(pl.lit(""))
    )
    pieces = pieces.with_columns(behind=pl.when(twice != "").then(twice).otherwise(behind)).filter(
        ~pl.col("left_out")
    )
    return pieces.select(
        row,
        pl.int_range(pl.len(), dtype=pl.Int32).over(row).alias("at"),
        "word",
        noise=pl.col("word").str.contains(r"[0-9]")
        | pl.col("word").str.contains(noise)
        | pl.col("tied").fill_null(value=False),
        border=(pl.col("segment") != pl.col("segment").shift(1)).fill_null(value=True),
        form="behind",
        field="field",
    )


def name_grams(found: pl.DataFrame, row: str, starts: pl.Series) -> pl.DataFrame:
    """Keys of neighbouring words: what may be a name.

    Args:
        found: as `words` returns.
        row: name of the row column.
        starts: words that a name may begin with.

    Returns (row, at, size, key, whole, form): `whole` says that the name isn't part of a longer one, since a border,
    a word that is no name, or the field's end stands on both sides; `form` is the legal form behind it.
    """
    end = (pl.col(row) != pl.col(row).shift(-1)).fill_null(value=True)
    base = found.with_columns(
        opens=pl.col("border")
        | (pl.col(row) != pl.col(row).shift(1)).fill_null(value=True)
        | pl.col("noise").shift(1),
        closes=end | pl.col("border").shift(-1) | pl.col("noise").shift(-1),
    )
    begins = base["word"].is_in(starts.implode())
    parts: list[pl.DataFrame] = []
    key = pl.col("word")
    same = pl.lit(value=True)
    for size in range(1, WORDS_MAX + 1):
        if size > 1:
            key = key + " " + pl.col("word").shift(-(size - 1))
            same = same & (pl.col("field") == pl.col("field").shift(-(size - 1)))
        parts.append(
            base.select(
                row,
                "at",
                pl.lit(size, dtype=pl.Int32).alias("size"),
                key.alias("key"),
                whole=pl.col("opens") & pl.col("closes").shift(-(size - 1)),
                form=pl.col("form").shift(-(size - 1)),
                keep=same & pl.lit(begins),
            )
            .filter("keep")
            .drop("keep")
        )
    return pl.concat(parts)
