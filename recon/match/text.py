"""Bank text -> keys that can be joined: pieces of references, and words of names.

A reference is read as a row of *atoms*, runs of letters or of digits, so that no separator matters and no digit
run is ever found inside a longer one: 14 is not in 1814.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from recon.match.asked import nth

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


def where(text: pl.Expr, odd: Callable[[pl.Expr], pl.Expr], change: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """Text, changed where it is odd; a costly change of few rows is not made for all.

    Args:
        text: the text.
        odd: which rows are changed.
        change: what becomes of them.
    """

    def changed(whole: pl.Series) -> pl.Series:
        rows = pl.DataFrame({"t": whole}).with_row_index("at")
        some = rows.filter(odd(pl.col("t"))).with_columns(new=change(pl.col("t")))
        return whole.scatter(some["at"], some["new"]) if some.height else whole

    return text.map_batches(changed, return_dtype=pl.String, is_elementwise=True)


def account(text: pl.Expr) -> pl.Expr:
    """An account as it is compared: capitals and digits only, however it is written."""
    return upper(text).str.replace_all("[^A-Z0-9]", "")


def upper(text: pl.Expr) -> pl.Expr:
    """Upper-case text in NFKC, every kind of blank a plain blank, invisible characters gone."""
    return where(
        text.fill_null("").str.to_uppercase(),
        lambda t: ~t.str.contains(r"^(?:[!-~]+(?: [!-~]+)*)?$"),
        lambda t: (
            t.str.normalize("NFKC")
            .str.to_uppercase()
            .str.replace_all(r"[\u{200B}-\u{200F}\u{2060}\u{FEFF}\u{00AD}]", "")
            .str.replace_all(r"[\s\p{Cc}]+", " ")
            .str.strip_chars()
        ),
    )


def joined(columns: Sequence[str]) -> pl.Expr:
    """Several text columns as one upper-case text with FIELD_END between."""
    return pl.concat_str([upper(pl.col(name)) for name in columns], separator=FIELD_END)


def unzero(key: pl.Expr) -> pl.Expr:
    """A key without the leading noughts of its digit runs: `INV000917` -> `INV917`."""
    return where(
        key,
        lambda t: t.str.contains(r"(?:^|[^0-9])0"),
        lambda t: t.str.replace_all(r"(^|[^0-9])0+([0-9])", "${1}${2}"),
    )


def struct_key(text: pl.Expr) -> pl.Expr:
    """A document number as a key: letters and digits, `-` only where two digit runs meet.

    Example: `cf/24/001` -> `CF24-001`; `INV 1042` -> `INV1042`.
    """
    # `INV-1042`: one mark between letters and digits goes without more ado.
    easy = where(
        upper(text),
        lambda t: t.str.contains(r"^[A-Z]+[ -/][0-9]+$"),
        lambda t: t.str.replace(r"[ -/]", ""),
    )
    return where(
        easy,
        lambda t: ~t.str.contains(r"^[A-Z]*[0-9]*$"),
        lambda t: (
            t.str.replace_all(r"[^A-Z0-9]+", " ")
            .str.replace_all(r"([0-9]) +([0-9])", "${1}-${2}")
            .str.replace_all(r"([0-9]) +([0-9])", "${1}-${2}")  # once more: matches don't overlap (1 2 3)
            .str.replace_all(" ", "", literal=True)
        ),
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
        nth(row, dtype=pl.Int32).alias("at"),
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

    Returns (row, at, nth, size, raw, opened, closed, piece, field_end, tight): `nth` is the row of the first atom in
    `found`, `raw` is the key as written; `opened` and `closed` say that it isn't glued to a letter or digit before or
    behind; `piece`, that other digits hang on it by a dash, point or colon (a sort code, a time), so that a bare
    number is none; `tight`, that no blank is in it.
    """
    length = min(longest, ATOMS_MAX)
    tied = pl.col("digit") & pl.col("digit").shift(1) & pl.col("gap").is_in(["-", ".", ":"])
    base = found.with_columns(
        tied=(tied & (pl.col(row) == pl.col(row).shift(1))).fill_null(value=False),
        piece=pl.when(pl.col("digit") & pl.col("digit").shift(1))
        .then("-" + pl.col("atom"))
        .otherwise(pl.col("atom")),
    )
    # `alive` are the keys that can still grow; most end after an atom or two, and only the rest are written out.
    alive = base.with_row_index("nth").filter(pl.col("digit") | pl.col("atom").is_in(starts.implode()))
    alive = alive.select(
        row,
        "at",
        "nth",
        "tied",
        opened=pl.col("gap") != "",
        raw="atom",
        told="digit",
        tight=pl.lit(value=True),
    )
    ends = base.select(
        "piece",
        end_row=row,
        end_digit="digit",
        last="after",
        tied_behind=pl.col("tied").shift(-1).fill_null(value=False),
        bridged=~pl.col("gap").str.contains(FIELD_END, literal=True)
        & (pl.col("gap").str.len_chars() <= GAP_MAX),
        blank=pl.col("gap").str.contains(" ", literal=True),
    )
    parts: list[pl.DataFrame] = []
    for size in range(1, length + 1):
        alive = alive.filter(pl.col("nth") < base.height - (size - 1))
        alive = pl.concat([alive, ends[alive["nth"] + (size - 1)]], how="horizontal")
        if size > 1:
            alive = alive.filter(pl.col("bridged") & (pl.col("end_row") == pl.col(row))).with_columns(
                raw=pl.col("raw") + pl.col("piece"),
                told=pl.col("told") | pl.col("end_digit"),
                tight=pl.col("tight") & ~pl.col("blank"),
            )
        parts.append(
            alive.filter("told").select(
                row,
                "at",
                "nth",
                pl.lit(size, dtype=pl.Int32).alias("size"),
                "raw",
                "opened",
                closed=pl.col("last") != "",
                piece=pl.col("tied") | pl.col("tied_behind"),
                field_end=pl.col("last").str.contains(FIELD_END, literal=True),
                tight="tight",
            )
        )
        alive = alive.drop(ends.columns)
    return pl.concat(parts)


def canonical(text: pl.Expr, same: Mapping[str, str]) -> pl.Expr:
    """Text with one spelling of what is spelled in several ways: `&` is AND, `COUNTY COUNCIL` is CC.

    Args:
        text: names or bank text.
        same: short form -> long form; the short one is kept.
    """
    plain = where(
        upper(text),
        lambda t: t.str.contains(r"['\u{2019}.&]"),
        lambda t: t.str.replace_all(r"['\u{2019}.]", "").str.replace_all("&", " AND ", literal=True),
    )
    plain = where(
        plain,
        lambda t: t.str.contains("(", literal=True),
        lambda t: t.str.replace_all(r"\( ?P(?:VT)? ?\)", " PVT ").str.replace_all(r"\( ?I ?\)", " INDIA "),
    )
    forms = [
        (short.upper(), "[ ]+".join(long.upper().split()))
        for short, long in sorted(same.items(), key=lambda pair: (-len(pair[1]), pair))
    ]

    def shortened(text: pl.Expr) -> pl.Expr:
        for short, long in forms:
            text = text.str.replace_all(rf"\b{long}\b", short)
        return text

    # One form may make another (COUNTY COUNCIL, CITY COUNCIL, CC), so each is looked for where there is any.
    every = "|".join(long for _short, long in forms)
    return where(plain, lambda t: t.str.contains(rf"\b(?:{every})\b"), shortened) if forms else plain


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
    pieces = fields.select(
        row,
        # Each field begins with its border.
        (FIELD_END + canonical(pl.col("t"), same)).str.extract_all(r"[\pL\pN]+|[^\pL\pN]+").alias("word"),
    ).explode("word")
    # Words repeat; what a word is, is asked once for each.
    kinds = (
        pieces.select(pl.col("word").unique(maintain_order=True))
        .with_columns(alnum=pl.col("word").str.contains(r"[\pL\pN]"))
        .with_columns(
            # Brackets belong to the name: ACME (INDIA) HOLDINGS is not ACME INDIA.
            border=~pl.col("alnum") & pl.col("word").str.contains(r"[^ ()]"),
            short=pl.col("word").str.contains(rf"^\pL{{1,{TIED_MAX}}}$"),
            bridge=pl.col("word").is_in(["-", "/"]),
            numeral=pl.col("word").str.contains(r"^[0-9]"),
            ends_field=pl.col("word").str.contains(FIELD_END, literal=True),
            left_out=pl.col("word").is_in(dropped),
            noisy=pl.col("word").str.contains(r"[0-9]") | pl.col("word").str.contains(noise),
            form=pl.col("word").replace_strict(
                list(forms), list(forms.values()), default="", return_dtype=pl.String
            )
            if forms
            else pl.lit(""),
        )
    )
    pieces = (
        pieces.join(kinds, on="word", how="left", maintain_order="left")
        # `PF-0007`: a short word tied to a number is a reference, and no part of a name.
        .with_columns(
            tied=pl.col("short")
            & pl.col("bridge").shift(-1)
            & (
                pl.col("numeral").shift(-2)
                # ... or to such a word: `ESX-PO-793483`
                | (pl.col("short").shift(-2) & pl.col("bridge").shift(-3) & pl.col("numeral").shift(-4))
            )
        )
        .with_columns(
            segment=pl.col("border").cum_sum(),
            field=pl.col("ends_field").cum_sum(),
        )
        .filter("alnum")
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
        nth(row, dtype=pl.Int32).alias("at"),
        "word",
        noise=pl.col("noisy") | pl.col("tied").fill_null(value=False),
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
    # Keys grow from words that a name may begin with, within their field; `nth` is where each begins.
    alive = base.with_row_index("nth").filter(pl.col("word").is_in(starts.implode()))
    alive = alive.select(row, "at", "nth", "opens", "field", key="word")
    ends = base.select("word", "form", closes="closes", end_field="field")
    parts: list[pl.DataFrame] = []
    for size in range(1, WORDS_MAX + 1):
        alive = alive.filter(pl.col("nth") < base.height - (size - 1))
        alive = pl.concat([alive, ends[alive["nth"] + (size - 1)]], how="horizontal")
        if size > 1:
            alive = alive.filter(pl.col("field") == pl.col("end_field")).with_columns(
                key=pl.col("key") + " " + pl.col("word")
            )
        parts.append(
            alive.select(
                row,
                "at",
                pl.lit(size, dtype=pl.Int32).alias("size"),
                "key",
                whole=pl.col("opens") & pl.col("closes"),
                form="form",
            )
        )
        alive = alive.drop(ends.columns)
    return pl.concat(parts)
