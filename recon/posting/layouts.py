"""The rows of a posting file as text, field by field as a layout says; what does not fit is told, never bent."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from recon.model import exponent
from recon.posting import tally
from recon.posting.generic import clean
from recon.posting.site import SAY_IT, Site, key_of, named
from recon.problems import Problem, ReconError
from recon.rules.layout import DATES, MONEY, Layout, LayoutField

_ENDS = {"crlf": "\r\n", "lf": "\n"}
_CUT = "..."
_OF_PERIOD = ("year", "period", "year_period")
_PARTS = ("item_part_1", "item_part_2", "item_part_3")


def text(layout: Layout, rows: pl.DataFrame, batch_id: str, site: Site, scales: Mapping[str, int]) -> str:
    """The whole file.

    Args:
        layout: the layout.
        rows: posting.rows, inner form.
        batch_id: the batch.
        site: what the rules say to the layout.
        scales: decimals of a minor unit, by currency.

    Raises:
        ReconError: posting-setting, posting-field: all that is wrong with this file at once.
    """
    told = sources(layout, rows, batch_id, site, scales)
    problems = _unmatched(layout, told, site)
    if layout.record == "tally":
        problems += tally.lacks(layout, told, site)
        if problems:
            raise ReconError(problems)
        return tally.text(told, site, scales)
    cells = {}
    for field in layout.fields:
        cells[field.name], found = _cell(layout, field, told, site)
        problems += found
    table = pl.DataFrame(cells)
    problems += _unwritable(layout, table, told["bank_line_id"])
    if problems:
        raise ReconError(problems)
    return _fixed(layout, table) if layout.record == "fixed" else _delimited(layout, table)


def sources(
    layout: Layout, rows: pl.DataFrame, batch_id: str, site: Site, scales: Mapping[str, int]
) -> pl.DataFrame:
    """The rows with all that a field may hold, as text; money stays minor units, with its scale beside it."""
    number = pl.col("journal_no").cast(pl.String)
    group = pl.struct("journal_no", "customer_id", "account").rank("dense").cast(pl.String)
    settles = (pl.col("kind") == "item") & (pl.col("counter") == "")
    parts = pl.when(settles).then("item_id").otherwise(pl.lit("")).str.split(" ")
    whole = max((at for at, name in enumerate(_PARTS, 1) if name in layout.held), default=0)
    scale = pl.col("currency").replace_strict(dict(scales), default=None, return_dtype=pl.Int64)
    own = pl.col("currency").replace_strict(
        {name: exponent(name) for name in scales}, default=2, return_dtype=pl.Int64
    )
    return (
        rows.with_columns(
            *_periods(site),
            batch_id=pl.lit(batch_id),
            journal_ref=pl.lit(f"{batch_id}-") + number,
            group_ref=pl.lit(f"{batch_id}-") + group,
            decimals=own.cast(pl.String),
            scale=scale.fill_null(2),
            is_key=(parts.list.len() == whole) & ~parts.list.contains(""),
            **{name: parts.list.get(at, null_on_oob=True) for at, name in enumerate(_PARTS)},
        )
        .with_columns(
            *[pl.when("is_key").then(name).otherwise(pl.lit("")).alias(name) for name in _PARTS],
        )
        .with_columns(pl.col(pl.String).fill_null(""))
    )


def _periods(site: Site) -> list[pl.Expr]:
    """Financial year and period of the posting date, empty where the rules don't say when a year begins."""
    first, called = site.said("first_month"), site.said("year_named")
    if not first or (first != "1" and not called):
        return [pl.lit("").alias(name) for name in _OF_PERIOD]
    day, begins = pl.col("posting_date").dt, int(first)
    period = (day.month().cast(pl.Int64) - begins) % 12 + 1
    year = day.year().cast(pl.Int64) - (day.month() < begins).cast(pl.Int64)
    year = (year + (1 if called == "end" and begins > 1 else 0)).cast(pl.String)
    return [
        year.alias("year"),
        period.cast(pl.String).alias("period"),
        (year + period.cast(pl.String).str.zfill(2)).alias("year_period"),
    ]


def _cell(
    layout: Layout, field: LayoutField, told: pl.DataFrame, site: Site
) -> tuple[pl.Series, list[Problem]]:
    """One field of all rows, and what is wrong with it."""
    inexact = pl.Series([False] * told.height, dtype=pl.Boolean)
    if field.holds in MONEY:
        written, inexact = _money(field, told, site)
    else:
        written = told.select(_words(field)).to_series()
    if field.otherwise:
        other = told.select(clean(pl.col(field.otherwise))).to_series()
        written = other.zip_with(written == "", written)
    constant = site.said(field.setting) or field.value
    here = (
        told["kind"].is_in(list(field.rows))
        if field.rows
        else pl.Series([True] * told.height, dtype=pl.Boolean)
    )
    full = pl.DataFrame({"text": written, "here": here}).select(
        pl.when(pl.col("here"))
        .then(pl.when(pl.col("text") == "").then(pl.lit(constant)).otherwise("text"))
        .otherwise(pl.lit(""))
        .alias("text")
    )["text"]
    ids = told["bank_line_id"]
    problems = []
    if inexact.any():
        what = f"the field `{field.name}` has {field.decimals} decimals, and an amount has more"
        hint = (
            f"bank lines {named(ids.filter(inexact))}; say `decimals` of that field in a layout of your own"
        )
        problems.append(Problem("posting-field", layout.name, what, hint))
    on_purpose = bool(field.setting) and site.settings.get(field.setting, "") != "" and constant == ""
    empty = here & (full == "")
    if field.needed and not on_purpose and empty.any():
        problems.append(_empty(layout, field, ids.filter(empty)))
    if field.length is not None:
        long = full.str.len_chars() > field.length
        if long.any() and field.cut:
            full = _shortened(full, field)
        elif long.any():
            what = f"the field `{field.name}` takes {field.length} characters, and {int(long.sum())} rows have more"
            hint = (
                f"bank lines {named(ids.filter(long))}; a layout of your own may hold another column there, "
                "or say `cut: true`"
            )
            problems.append(Problem("posting-field", layout.name, what, hint))
    return full, problems


def _shortened(full: pl.Series, field: LayoutField) -> pl.Series:
    """Text that is too long, with three points where the rest was."""
    assert field.length is not None
    kept = max(field.length - len(_CUT), 0)
    long = pl.col("text").str.len_chars() > field.length
    ended = (pl.col("text").str.slice(0, kept) + pl.lit(_CUT)).str.slice(0, field.length)
    return pl.DataFrame({"text": full}).select(pl.when(long).then(ended).otherwise("text"))["text"]


def _words(field: LayoutField) -> pl.Expr:
    """A field that is no money, as text."""
    if not field.holds:
        return pl.col("batch_id").str.head(0)
    if field.holds in DATES:
        return pl.col(field.holds).dt.strftime(field.date).fill_null("")
    if field.values:
        return pl.col(field.holds).replace_strict(field.values, default="", return_dtype=pl.String)
    return clean(pl.col(field.holds))


def _money(field: LayoutField, told: pl.DataFrame, site: Site) -> tuple[pl.Series, pl.Series]:
    """An amount as text, and where it has more decimals than the field."""
    minor = pl.col("amount_minor")
    shown = {
        "amount": minor,
        "size": minor.abs(),
        "debit": pl.when(minor >= 0).then(minor),
        "credit": pl.when(minor < 0).then(-minor),
        "home_amount": pl.when(pl.col("currency") == site.currency).then(minor),
    }[field.holds]
    ten = pl.lit(10, dtype=pl.Int64)
    finer = pl.col("scale") - field.decimals
    cut = ten.pow(finer.clip(0).cast(pl.UInt32))
    units = pl.col("_shown") * ten.pow((-finer).clip(0).cast(pl.UInt32)) // cut
    made = told.select("scale", _shown=shown).select(
        units=units, inexact=(pl.col("_shown") % cut != 0).fill_null(value=False)
    )
    digits = pl.col("units").abs().cast(pl.String)
    if field.write == "decimal" and field.decimals:
        digits = digits.str.zfill(field.decimals + 1)
        cents = digits.str.slice(-field.decimals)
        digits = digits.str.head(-field.decimals) + pl.lit(".") + cents
    sign = pl.when(pl.col("units") < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return made.select((sign + digits).fill_null("").alias("t"))["t"], made["inexact"]


def _empty(layout: Layout, field: LayoutField, ids: pl.Series) -> Problem:
    """A needed field that is empty: which key of the rules fills it, else what the rows lack."""
    on = f"bank lines {named(ids)}"
    what = f"the field `{field.name}` of `{layout.name}` must be filled, and nothing says with what ({on})"
    if field.holds in _OF_PERIOD:
        hint = 'first_month: "4" and year_named: start (or end) say when a financial year begins'
        return Problem("posting-setting", key_of(layout, "first_month"), what, f"{hint}\n{SAY_IT}")
    if field.setting:
        hint = f"{field.setting}: ...\n{SAY_IT}"
        return Problem("posting-setting", key_of(layout, field.setting), what, hint)
    return Problem("posting-field", layout.name, what, "see what the items and customers say of these lines")


def _unmatched(layout: Layout, told: pl.DataFrame, site: Site) -> list[Problem]:
    """Items whose id is no key of the ledger, where the layout quotes one."""
    if layout.held.isdisjoint(_PARTS) or site.said("unmatched") == "allow":
        return []
    strange = told.filter((pl.col("kind") == "item") & (pl.col("counter") == "") & ~pl.col("is_key"))
    if strange.is_empty():
        return []
    parts = sum(name in layout.held for name in _PARTS)
    what = (
        f"an item's id has not the {parts} parts that the ledger matches by (bank lines "
        f"{named(strange['bank_line_id'])})"
    )
    hint = (
        "read open items with the ledger's own profile, which makes ids of these parts; or\n"
        f"unmatched: allow\nposts them without a match; {SAY_IT}"
    )
    return [Problem("posting-setting", key_of(layout, "unmatched"), what, hint)]


def _unwritable(layout: Layout, table: pl.DataFrame, ids: pl.Series) -> list[Problem]:
    """Characters that the file's encoding lacks."""
    problems = []
    for name in table.columns:
        if _lacks("".join(table[name]), layout.encoding):
            wrong = pl.Series([_lacks(one, layout.encoding) for one in table[name]], dtype=pl.Boolean)
            what = f"the field `{name}` has characters that {layout.encoding} lacks"
            hint = f"bank lines {named(ids.filter(wrong))}; say another `encoding` in a layout of your own"
            problems.append(Problem("posting-field", layout.name, what, hint))
    return problems


def _lacks(text_: str, encoding: str) -> bool:
    try:
        text_.encode(encoding)
    except UnicodeEncodeError:
        return True
    return False


def _fixed(layout: Layout, table: pl.DataFrame) -> str:
    """Records of fixed positions."""
    pieces: list[pl.Expr] = []
    at = 1
    for field in layout.fields:
        assert field.start is not None
        assert field.length is not None
        if field.start > at:
            pieces.append(pl.lit(" " * (field.start - at)))
        column = pl.col(field.name)
        pad = column.str.pad_start if field.align == "right" else column.str.pad_end
        pieces.append(pad(field.length, " "))
        at = field.end + 1
    if layout.length is not None and layout.length >= at:
        pieces.append(pl.lit(" " * (layout.length - at + 1)))
    if table.is_empty():
        return ""
    end = _ENDS[layout.line_end]
    return end.join(table.select(pl.concat_str(pieces).alias("record"))["record"]) + end


def _delimited(layout: Layout, table: pl.DataFrame) -> str:
    """Delimited text; a field with the delimiter or a quote in it stands in quotes."""
    return table.with_columns(pl.all().replace("", None)).write_csv(
        include_header=layout.heading,
        separator="\t" if layout.delimiter == "tab" else layout.delimiter,
        line_terminator=_ENDS[layout.line_end],
    )
