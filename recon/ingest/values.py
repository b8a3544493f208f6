"""The cells of a profile's columns as dates, decimal text and numbers; what can't be read is said, never guessed."""

from __future__ import annotations

import re

import polars as pl

from recon.ingest import amounts, currencies, dates
from recon.ingest.grid import POSITION
from recon.ingest.standard import NAME as STANDARD
from recon.ingest.work import MONEY_VITAL, SIDES, VITAL, Work
from recon.model import DOC_TYPES, MONTH_TABLES, Column, Kind
from recon.problems import Problem
from recon.rules.profile import Profile

_DATE_WORDS = {"%d": "dd", "%m": "mm", "%Y": "yyyy", "%y": "yy", "%b": "Mon", "%I:%M:%S %p": "time"}
_MONTHS = 12
_LOST_DIGITS = r"^\d(\.\d+)?[Ee]\+\d{2,}$"


def read(work: Work) -> None:
    """Dates, money and numbers in place, and a last look at what each row needs."""
    _read_dates(work)
    currencies.settle(work)
    _read_money(work)
    _read_doc_types(work)
    _check(work)
    _warn_lost_digits(work)


def _read_dates(work: Work) -> None:
    formats = list(work.profile.dates) + ([dates.SERIAL] if work.grid.serials else [])
    if work.profile.name == STANDARD and work.profile.kind in MONTH_TABLES:
        formats += _as_excel_saves(work)
    vital = VITAL[work.profile.kind]
    for column in work.columns:
        if column.dtype != pl.Date():
            continue
        found, two_ways = dates.parse(work.rows[column.name], formats)
        work.rows = work.rows.with_columns(found.alias("_date"), two_ways.alias("_two_ways"))
        wrong = (pl.col(column.name) != "") & pl.col("_date").is_null()
        needed = column.name in vital
        end = "the row was left out" if needed else "it is left empty"
        _wrong_cell(
            work,
            wrong & pl.col("_two_ways"),
            "value-date",
            f"{work.label(column.name)} can be read as two days; {end}",
            "let the profile say one way of writing dates",
            drop=needed,
        )
        _wrong_cell(
            work,
            wrong & ~pl.col("_two_ways"),
            "value-date",
            f"{work.label(column.name)} is no date written as {_formats(work.profile)}; {end}",
            "write days so, or give the file a profile of its own whose `dates` say how they are written",
            drop=needed,
        )
        if needed:
            work.drop(
                pl.col("_date").is_null(), "value-missing", f"the row has no {column.name}; it was left out"
            )
        work.rows = work.rows.with_columns(pl.col("_date").alias(column.name)).drop("_date", "_two_ways")


def _as_excel_saves(work: Work) -> list[str]:
    """How a person's Excel wrote the days of a month-end input, where its cells can only be read one way.

    05/03/2026 and 31/03/2026 -> dd/mm/yyyy, since there is no month 31; 05/03/2026 alone says nothing.
    """
    names = [column.name for column in work.columns if column.dtype == pl.Date()]
    cells = (
        pl.concat([work.rows[name].cast(pl.String).str.strip_chars() for name in names])
        if names
        else pl.Series([""])
    )
    parts = cells.filter(cells != "").str.extract_groups(r"^(\d{1,2})/(\d{1,2})/\d{4}$").struct.unnest()
    if parts.is_empty() or parts.null_count().row(0) != (0, 0):
        return []
    first, second = (int(parts[name].cast(pl.Int64).max() or 0) for name in parts.columns)  # type: ignore[arg-type]
    if first > _MONTHS >= second:
        return ["%d/%m/%Y"]
    return ["%m/%d/%Y"] if second > _MONTHS >= first else []


def _formats(profile: Profile) -> str:
    """The ways of writing dates, as a person writes them: `dd/mm/yyyy`."""
    forms = [form for form in profile.dates if form != dates.SERIAL]
    for code, words in _DATE_WORDS.items():
        forms = [form.replace(code, words) for form in forms]
    return " or ".join(forms)


def _wrong_cell(work: Work, mask: pl.Expr, code: str, what: str, hint: str, *, drop: bool) -> None:
    if drop:
        work.drop(mask, code, what, hint)
    else:
        work.say(mask, code, what, hint)


def _read_money(work: Work) -> None:
    if work.profile.amount is not None:
        _bank_amount(work)
    kind = work.profile.kind
    vital = (*VITAL[kind], *MONEY_VITAL.get(kind, ()))
    for column in work.columns:
        if column.money and not (kind is Kind.BANK and column.name == "amount"):
            _money(work, column.name, drop=column.name in vital)
    for name in work.table.money if work.profile.negative_types else ():
        less = pl.col("doc_type").is_in(work.profile.negative_types) & ~pl.col(name).str.starts_with("-")
        work.rows = work.rows.with_columns(
            pl.when(less).then(amounts.negated(pl.col(name))).otherwise(pl.col(name)).alias(name)
        )
    for name in work.profile.negate:
        work.rows = work.rows.with_columns(amounts.negated(pl.col(name)).alias(name))
    if "_balance" in work.rows.columns:
        balance, fine = amounts.looked_at(work.rows["_balance"], work.profile.decimal)
        work.rows = work.rows.with_columns(balance.fill_null("").alias("_balance"))
        if fine:
            kept = (
                pl.when(~amounts.too_fine(pl.col("_balance"))).then(pl.col("_balance")).otherwise(pl.lit(""))
            )
            work.rows = work.rows.with_columns(kept.alias("_balance"))


def _read_doc_types(work: Work) -> None:
    """`Credit Note` as `credit_note`, as the other types of documents; and whether credit notes are negative."""
    if work.profile.kind not in (Kind.ITEMS, Kind.CLOSED) or "doc_type" not in work.rows.columns:
        return
    plain = {
        said: word
        for said in work.rows["doc_type"].unique().drop_nulls()
        if (word := re.sub(r"[\s_-]+", "_", said.strip().lower())) in DOC_TYPES and word != said
    }
    if plain:
        work.rows = work.rows.with_columns(pl.col("doc_type").replace(plain))
    due = (
        pl.col("open_amount").str.contains("^[^-]*[1-9]")
        if "open_amount" in work.rows.columns
        else pl.lit(value=False)
    )
    odd = work.rows.filter(pl.col("doc_type") == "credit_note").filter(due)[POSITION]
    if len(odd):
        what = f"credit notes with an amount that is to be paid: {len(odd):,}, this is the first"
        hint = "no such row is posted without a person; `negative_types` of a profile makes them negative"
        work.problems.append(Problem("value-sign", work.grid.at(int(odd[0])), what, hint))


def _money(work: Work, name: str, *, drop: bool) -> None:
    """One money column read in place; what can't be read leaves with its row, or is emptied."""
    strict = work.profile.name == STANDARD
    read, fine = amounts.looked_at(work.rows[name], work.profile.decimal, strict=strict)
    if currencies.of_amounts(work, name, read):  # rows have gone
        read, fine = amounts.looked_at(work.rows[name], work.profile.decimal, strict=strict)
    raw = work.rows[name]
    if work.profile.kind is Kind.REMITTANCE and not strict:
        # Whose credit it is, the payer's or ours, an advice does not say.
        read = work.rows.select(
            pl.when(~pl.col(name).fill_null("").str.contains(amounts.SIDED)).then(read).alias(name)
        ).to_series()
    work.rows = work.rows.with_columns(read.alias(name))
    end = "the row was left out" if drop else "it is left empty"
    label = work.label(name)
    if read.null_count():
        what = f"{label} is no amount that can be read; {end}"
        hint = ""
        if strict and raw.filter(read.is_null()).str.contains(amounts.LONE_COMMA).any():
            hint = "one comma may mark thousands or decimals: write 100000.00 for a hundred thousand"
        elif strict and raw.filter(read.is_null()).str.contains(r"[0-9],[0-9]{1,2}$").any():
            hint = "a comma marks no decimals here: write 500.00, or give the file a profile (`recon profile FILE`)"
        _wrong_cell(work, pl.col(name).is_null(), "value-amount", what, hint, drop=drop)
        work.rows = work.rows.with_columns(pl.col(name).fill_null(""))
    if fine:
        finer = amounts.too_fine(pl.col(name))
        what = f"{label} has more decimals than money can have; {end}"
        hint = "money is never rounded silently: round it at its source"
        _wrong_cell(work, finer, "value-scale", what, hint, drop=drop)
        work.rows = work.rows.with_columns(
            pl.when(finer).then(pl.lit("")).otherwise(pl.col(name)).alias(name)
        )


def _bank_amount(work: Work) -> None:
    way = work.profile.amount
    assert way is not None
    if way.signed:
        _money(work, "amount", drop=True)
    elif way.unsigned:
        _by_indicator(work, way.credit_words)
    else:
        _by_side(work)
    work.rows = work.rows.drop(SIDES)
    work.drop(pl.col("amount") == "", "value-missing", "the row has no amount; it was left out")


def _by_indicator(work: Work, credit_words: tuple[str, ...]) -> None:
    _money(work, "_unsigned", drop=True)
    word = pl.col("_indicator").str.to_uppercase().str.strip_chars(" .")
    credit = word.is_in([text.upper() for text in credit_words])
    negative = pl.col("_unsigned").str.starts_with("-")
    hint = "look at the row in the file"
    work.drop(
        (pl.col("_unsigned") != "") & (word == ""),
        "value-missing",
        "the row does not say credit or debit; it was left out",
        hint,
    )
    work.drop(credit & negative, "value-amount", "the row says credit and has a minus; it was left out", hint)
    signed = (
        pl.when(credit | negative).then(pl.col("_unsigned")).otherwise(amounts.negated(pl.col("_unsigned")))
    )
    work.rows = work.rows.with_columns(signed.alias("amount"))


def _by_side(work: Work) -> None:
    _money(work, "_credit", drop=True)
    _money(work, "_debit", drop=True)
    only_in = pl.col("_debit") == ""
    if work.rows.select((~only_in & (pl.col("_credit") != "")).any()).item():
        inward, outward = (pl.col(name).str.contains("[1-9]") for name in ("_credit", "_debit"))
        work.drop(
            inward & outward,
            "value-amount",
            "the row has money in and money out; it was left out",
            "look at the row in the file",
        )
        only_in |= inward
    work.rows = work.rows.with_columns(
        pl.when(only_in).then(pl.col("_credit")).otherwise(amounts.negated(pl.col("_debit"))).alias("amount")
    )


def _check(work: Work) -> None:
    """What each row still needs; numbers of days as numbers."""
    for name in VITAL[work.profile.kind]:
        if work.table[name].dtype == pl.String() or work.table[name].money:
            what = f"the row has no {name}; it was left out"
            work.drop(pl.col(name) == "", "value-missing", what, "")
    for column in work.columns:
        if column.dtype == pl.Int64() and not column.money:
            _whole_number(work, column)
        elif column.percent:
            _percent(work, column)
        elif column.words:
            _word(work, column)


def _whole_number(work: Work, column: Column) -> None:
    number = pl.col(column.name).str.extract(r"^([0-9]{1,6})(?:\.0+)?$", 1).cast(pl.Int64)
    wrong = (pl.col(column.name) != "") & number.is_null()
    what = f"{column.name} is no whole number; it is left empty"
    work.say(wrong, "value-amount", what)
    work.rows = work.rows.with_columns(number.alias(column.name))


def _percent(work: Work, column: Column) -> None:
    """A number of per cent, with its sign or without: `12.5`, `12.5%`."""
    plain = pl.col(column.name).str.extract(r"^(-?[0-9]{1,4}(?:\.[0-9]{1,6})?) ?%?$", 1)
    wrong = (pl.col(column.name) != "") & plain.is_null()
    what = f"{column.name} is no number of per cent; it is left empty"
    work.say(wrong, "value-amount", what, "write it as 12.5")
    work.rows = work.rows.with_columns(plain.fill_null("").alias(column.name))


def _word(work: Work, column: Column) -> None:
    """One of the words that the column takes, however it is written; another leaves, with its row if needed."""
    said = pl.col(column.name).str.strip_chars()
    plain = said.str.to_lowercase().str.replace_all(r"[ \-]+", "_")
    known = {word.lower(): word for word in column.words}
    work.rows = work.rows.with_columns(
        plain.replace_strict(known, default=None, return_dtype=pl.String).alias("_word")
    )
    wrong = (said != "") & pl.col("_word").is_null()
    end = "the row was left out" if column.needed else "it is left empty"
    what = f"{column.name} is no word that is known there; {end}"
    _wrong_cell(work, wrong, "value-word", what, f"words: {', '.join(column.words)}", drop=column.needed)
    work.rows = work.rows.with_columns(pl.col("_word").fill_null("").alias(column.name)).drop("_word")


def _warn_lost_digits(work: Work) -> None:
    texts = [column.name for column in work.columns if column.dtype == pl.String() and not column.money]
    lost = pl.any_horizontal(
        pl.col([name for name in texts if name in work.rows.columns]).str.contains(_LOST_DIGITS)
    )
    what = "a number lost its digits in a spreadsheet (as 1.23E+15)"
    hint = "export the file again, the column formatted as text; nothing is repaired silently"
    work.say(lost, "value-digits", what, hint)
