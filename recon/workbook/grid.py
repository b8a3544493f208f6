"""The cells of a sheet part as text columns, and columns as cells: whole columns at a time, never cell by cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Context, Decimal
from typing import Final

import polars as pl

from recon.workbook.columns import Kind
from recon.workbook.package import BrokenError
from recon.workbook.slices import Row

TEXT_MAX: Final = 16_383  # characters; Excel takes 32,767 units of UTF-16, and a character may be two
CUT: Final = "… [cut]"
ROWS_MAX: Final = 1_048_576
_DIGITS_MAX: Final = (
    15  # what a number in Excel can hold; longer money stays text, so that nothing is rounded
)
EPOCH: Final = date(1899, 12, 30)
EPOCH_1904: Final = date(1904, 1, 1)
_FIRST_DATE: Final = date(1900, 3, 1)  # before it Excel's calendar has a day that never was

_ESCAPED: Final = r"_x[0-9A-Fa-f]{4}_"
_CONTROLS: Final = [chr(code) for code in (*range(9), 11, 12, *range(13, 32), 0xFFFE, 0xFFFF)]
_DECIMAL_15: Final = Context(prec=_DIGITS_MAX)


def cells(rows: list[Row]) -> pl.DataFrame:
    """The cells of rows: row, column (letters), style (text, "" = none), type, raw (the whole cell as text)."""
    frame = pl.DataFrame(
        {"row": [row.number for row in rows], "text": [row.cells for row in rows]},
        schema={"row": pl.Int64, "text": pl.String},
    )
    if frame["text"].str.contains(r"<c[>/\r\n\t]").any():
        raise BrokenError("a sheet has cells without their place; open and save the workbook in Excel once")
    pieces = (
        frame.lazy()
        .select("row", pl.col("text").str.split("<c ").alias("raw"))
        .explode("raw")
        .filter(pl.col("raw").is_not_null() & (pl.col("raw").str.strip_chars() != ""))
        .collect()
    )
    tags = _usual_order(pieces)
    if tags["column"].null_count():
        tags = _other_order(tags)
    return tags.select(
        "row",
        "column",
        pl.col("style").fill_null(""),
        pl.col("type").fill_null("n"),
        (pl.lit("<c ") + pl.col("raw")).alias("raw"),
    )


def _usual_order(pieces: pl.DataFrame) -> pl.DataFrame:
    """The place, style and type of cells whose attributes stand in Excel's order; others are without a column."""
    cut = pl.col("raw").str.splitn('"', 5).struct.rename_fields(["a", "place", "b", "value", "rest"])
    tags = pieces.with_columns(cut.alias("cut")).unnest("cut")
    second, rest = pl.col("b").fill_null(""), pl.col("rest").fill_null("")
    styled, typed = second == " s=", second == " t="
    told = rest.str.starts_with(' t="')
    # Another attribute before the type, or one that is neither: seldom, and looked at closely.
    odd = (second.str.starts_with(" ") & ~styled & ~typed) | (
        (styled & rest.str.starts_with(" ") & ~told & ~rest.str.starts_with(" />"))
        | (typed & rest.str.starts_with(" ") & ~rest.str.starts_with(" />"))
    )
    column = pl.col("place").str.strip_chars_end("0123456789")
    known = (pl.col("a") == "r=") & (column != "") & ~odd
    return tags.select(
        "row",
        pl.when(known).then(column).alias("column"),
        pl.when(known & styled).then(pl.col("value")).alias("style"),
        pl.when(known & typed)
        .then(pl.col("value"))
        .when(known & styled & told)
        .then(rest.str.extract(r'^ t="(\w+)"', 1))
        .alias("type"),
        "raw",
    )


def _other_order(tags: pl.DataFrame) -> pl.DataFrame:
    """Cells whose attributes stand in another order than Excel's."""
    start = pl.lit(" ") + pl.col("raw").str.extract(r"^([^>]*)>", 1)
    made = tags.with_columns(
        pl.coalesce("column", start.str.extract(r'\sr="([A-Z]+)\d+"', 1)).alias("column"),
        pl.coalesce("style", start.str.extract(r'\ss="(\d+)"', 1)).alias("style"),
        pl.coalesce("type", start.str.extract(r'\st="(\w+)"', 1)).alias("type"),
    )
    if made["column"].null_count():
        raise BrokenError("a sheet has cells without their place; open and save the workbook in Excel once")
    return made


def texts(found: pl.DataFrame, shared: list[str]) -> pl.DataFrame:
    """The cells' values as text, in a column `value`; numbers as Excel shows them in full, at most 15 digits."""
    numbered = found.with_row_index("at")
    inline = numbered.filter(pl.col("type") == "inlineStr")
    others = numbered.filter(pl.col("type") != "inlineStr")
    value = pl.col("raw").str.extract(r"(?s)<v[^>]*>([^<]*)</v>", 1).fill_null("")
    others = others.with_columns(value.alias("value"))
    parts = [
        inline.with_columns(_runs(inline["raw"]).alias("value")),
        _looked_up(others.filter(pl.col("type") == "s"), shared),
        _numbers(others.filter(pl.col("type") == "n")),
        others.filter(pl.col("type") == "b").with_columns(
            pl.col("value").replace({"1": "TRUE", "0": "FALSE"})
        ),
        others.filter(~pl.col("type").is_in(["s", "n", "b"])).with_columns(
            _decoded(others.filter(~pl.col("type").is_in(["s", "n", "b"]))["value"])
        ),
    ]
    return pl.concat(parts).sort("at").drop("at")


def _runs(raw: pl.Series) -> pl.Series:
    """The text of inline strings; rich text has several runs."""
    several = raw.str.count_matches(r"<t[ >]") > 1
    one = raw.str.extract(r"<t(?: [^>]*)?>([^<]*)</t>", 1).fill_null("")
    if several.any():
        joined = raw.filter(several).map_elements(
            lambda cell: "".join(re.findall(r"<t(?: [^>]*)?>([^<]*)</t>", cell)), return_dtype=pl.String
        )
        one = one.scatter(several.arg_true(), joined)
    return _decoded(one).rename("value")


def _looked_up(cells_: pl.DataFrame, shared: list[str]) -> pl.DataFrame:
    """Shared strings by their number; lxml has unescaped them already."""
    known = pl.DataFrame(
        {"value": [str(at) for at in range(len(shared))], "text": shared},
        schema={"value": pl.String, "text": pl.String},
    ).with_columns(_map_where(pl.Series("text", shared, dtype=pl.String), _ESCAPED, decode))
    joined = cells_.join(known, on="value", how="left", maintain_order="left")
    return joined.with_columns(pl.col("text").fill_null("").alias("value")).drop("text")


def _numbers(cells_: pl.DataFrame) -> pl.DataFrame:
    return cells_.with_columns(_map_where(cells_["value"], r"[eE]|\d{16}|\.\d{13}|\d{10}\.\d{6}", _number))


def _decoded(series: pl.Series) -> pl.Series:
    """Text out of XML: entities, then `_xHHHH_`."""
    marked = series.str.contains("&", literal=True)
    if marked.any():
        plain = pl.DataFrame({"v": series.filter(marked)}).select(_unescaped(pl.col("v"))).to_series()
        series = series.scatter(marked.arg_true(), plain)
    return _map_where(series, _ESCAPED, decode)


def _unescaped(text: pl.Expr) -> pl.Expr:
    plain = text.str.replace_many(
        ["&lt;", "&gt;", "&quot;", "&apos;", "&#10;", "&#xA;", "&#13;", "&#xD;", "&#9;", "&#x9;"],
        ["<", ">", '"', "'", "\n", "\n", "\r", "\r", "\t", "\t"],
    )
    return plain.str.replace_all("&amp;", "&", literal=True)


def _map_where(series: pl.Series, pattern: str, change: Callable[[str], str]) -> pl.Series:
    """Change only the few values that the pattern finds."""
    hits = series.str.contains(pattern).fill_null(value=False)
    if not hits.any():
        return series
    distinct = series.filter(hits).unique(maintain_order=True)
    return series.replace(distinct, pl.Series([change(text) for text in distinct], dtype=pl.String))


def decode(text: str) -> str:
    """Text with its `_xHHHH_` as the characters that they stand for."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: _character(int(found.group(1), 16)), text)


def _character(code: int) -> str:
    return chr(code) if not 0xD800 <= code <= 0xDFFF else "\ufffd"  # noqa: PLR2004 - half a pair is no character


def _number(text: str) -> str:
    """A stored double as the 15 digits that Excel shows: 4200.1000000000004 -> 4200.1."""
    try:
        plain = format(_DECIMAL_15.create_decimal(Decimal(text)), "f")
    except ArithmeticError:
        return text
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def escaped(series: pl.Series) -> pl.Series:
    """Text as it stands in XML; what XML can't hold as `_xHHHH_`, and what looks like that escaped itself."""
    text = pl.col("v")
    short = (
        pl.when(text.str.len_chars() > TEXT_MAX)
        .then(text.str.slice(0, TEXT_MAX - len(CUT)) + CUT)
        .otherwise(text)
    )
    cut = pl.DataFrame({"v": series}).select(short).to_series()
    safe = _map_where(cut, _ESCAPED, lambda found: re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", found))
    safe = safe.str.replace_many(_CONTROLS, [f"_x{ord(character):04X}_" for character in _CONTROLS])
    return safe.str.replace_many(["&", "<", ">"], ["&amp;", "&lt;", "&gt;"])


def inner(series: pl.Series, kind: Kind, *, dates_from_1904: bool) -> pl.DataFrame:
    """A column's values as what stands in a cell: `type` (the attribute with a blank before it) and `inside`."""
    if series.dtype == pl.Date:
        epoch = EPOCH_1904 if dates_from_1904 else EPOCH
        first = EPOCH_1904 if dates_from_1904 else _FIRST_DATE
        number = (pl.col("v") - pl.lit(epoch)).dt.total_days().cast(pl.String)
        number = pl.when(pl.col("v") >= pl.lit(first)).then(number)
        text = pl.col("v").dt.strftime("%Y-%m-%d")
    elif series.dtype.is_numeric():
        finite = pl.col("v").is_finite() if series.dtype.is_float() else pl.lit(value=True)
        number = pl.when(finite).then(pl.col("v").cast(pl.String))
        text = pl.when(finite).then(pl.col("v").cast(pl.String))
    else:
        text = pl.col("v").cast(pl.String)
        number = (
            _numeric(text) if kind in (Kind.MONEY, Kind.INTEGER, Kind.PERCENT) else pl.lit(None, pl.String)
        )
    frame = pl.DataFrame({"v": series})
    frame = frame.with_columns(escaped(frame.select(text.alias("v")).to_series()).alias("safe"))
    string = pl.lit('<is><t xml:space="preserve">') + pl.col("safe") + pl.lit("</t></is>")
    return frame.select(
        pl.when(number.is_not_null() | text.is_null() | (text == ""))
        .then(pl.lit(""))
        .otherwise(pl.lit(' t="inlineStr"'))
        .alias("type"),
        pl.when(number.is_not_null())
        .then(pl.lit("<v>") + number + pl.lit("</v>"))
        .when(text.is_null() | (text == ""))
        .then(pl.lit(""))
        .otherwise(string)
        .alias("inside"),
    )


def _numeric(text: pl.Expr) -> pl.Expr:
    """Decimal text that a number in Excel holds exactly as shown; else null, and it is written as text."""
    digits = text.str.replace_all(r"^-?0*\.?|\D", "").str.len_chars()
    return pl.when(text.str.contains(r"^-?\d+(\.\d+)?$") & (digits <= _DIGITS_MAX)).then(text)


def column_number(letters: str) -> int:
    """A column's number from 0: A -> 0, AA -> 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def area(reference: str) -> tuple[int, int, int, int]:
    """`A3:W4` as (first column from 0, first row from 1, last column, last row)."""
    found = re.fullmatch(r"\$?([A-Z]+)\$?(\d+)(?::\$?([A-Z]+)\$?(\d+))?", reference)
    if found is None:
        raise BrokenError(f"{reference} names no cells")
    left, top, right, bottom = found.groups()
    return column_number(left), int(top), column_number(right or left), int(bottom or top)
