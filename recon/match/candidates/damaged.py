"""Damaged numbers: cut off at a field's end, letters typed for digits, one character off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from recon.match import text
from recon.match.asked import Index, beside
from recon.match.calendar import date_like, period_like
from recon.match.candidates import deletions
from recon.match.frames import REFERENCES, Ready, Spelled
from recon.rules.schema import Rules

CUT_FAN_MAX = 5  # documents that may begin like a number that is cut off
PARTS_MAX = 5  # parts of a word that are read as one number
TOKEN_MAX = 40  # characters of a word that may be a reference
# The form of a number: the letters that it begins with, and how many runs of digits it has.
FORM: Final = {
    "start": pl.col("raw").str.extract(r"^([A-Z]+)", 1),
    "dashes": pl.col("raw").str.count_matches("-", literal=True),
}
LENGTH: Final = pl.col("raw").str.replace_all("-", "", literal=True).str.len_chars()


def _tokens(lines: pl.DataFrame, ready: Spelled, least: int) -> pl.DataFrame:
    """What may be a damaged number: (line, token). Words with digits, each joined with the next; and grams."""
    words = lines.select("line", "booking_date", word=pl.col("spoken").str.extract_all(r"[^\s]+")).explode(
        "word"
    )
    tokens = (
        words.rename({"word": "token"})
        .with_columns(token=text.struct_key(pl.col("token")))
        .filter(pl.col("token").fill_null("") != "")
    )
    twins = tokens.with_columns(
        pl.when(pl.col("line") == pl.col("line").shift(-1))
        .then(pl.col("token") + pl.col("token").shift(-1))
        .alias("token")
    )
    parts = _parts_of(words).with_columns(token=text.struct_key(pl.col("token")))
    tokens = pl.concat([tokens, twins, parts])
    day = pl.col("booking_date")
    dated = date_like(pl.col("token"), day) | period_like(pl.col("token"), day)
    tokens = tokens.filter(~dated.fill_null(value=False)).drop("booking_date")
    spelled = (
        ready.grams.filter(pl.col("opened") & pl.col("closed") & pl.col("raw").str.contains("^[A-Z]"))
        .join(lines.select("line"), on="line", how="semi", maintain_order="left")
        .select("line", pl.col("raw").alias("token"))
    )
    return (
        pl.concat([tokens, spelled])
        .drop_nulls("token")
        .filter(
            pl.col("token").str.len_chars().is_between(least - 1, TOKEN_MAX)
            & pl.col("token").str.contains(r"[0-9]{2}")
        )
        .unique(maintain_order=True)
    )


def _parts_of(words: pl.DataFrame) -> pl.DataFrame:
    """Neighbouring parts of words that a bank has run together: `IMPS/607/INV/25-26/O9139/ACME`."""
    run = words.filter(pl.col("word").str.contains(r"[/*]|-.*-")).with_row_index("nth")
    parts = run.with_columns(part=pl.col("word").str.extract_all(r"[A-Z0-9]+")).explode("part").drop("word")
    joined = pl.col("part")
    found = [parts.select("line", "booking_date", token=joined)]
    for step in range(1, PARTS_MAX):
        same = pl.col("nth") == pl.col("nth").shift(-step)
        joined = joined + " " + pl.col("part").shift(-step)
        found.append(parts.select("line", "booking_date", token=pl.when(same).then(joined)))
    every = pl.concat(found).drop_nulls("token")
    return every.filter(
        pl.col("token").str.len_chars().le(TOKEN_MAX) & pl.col("token").str.contains("[0-9]{2}")
    )


def _of_word(how: str, said: str) -> list[pl.Expr]:
    """The columns of references that were read in a whole word."""
    place = [pl.lit(-1, dtype=pl.Int32).alias("at"), pl.lit(0, dtype=pl.Int32).alias("size")]
    return [pl.col("line", "item"), pl.lit(how).alias("how"), pl.col(said).alias("said"), *place]


def tokens(ready: Spelled, rules: Rules, sure: pl.DataFrame) -> pl.DataFrame:
    """What may be a damaged number in open lines that name nothing whole (`sure`): (line, token)."""
    lines = ready.lines.filter((pl.col("state") == "open") & ~pl.col("hostile"))
    lines = lines.join(sure, on="line", how="anti", maintain_order="left")
    return _tokens(lines, ready, rules.references.typo_length_min)


def lookalikes(ready: Spelled, rules: Rules, tokens: pl.DataFrame) -> pl.DataFrame:
    """Numbers (line, token) that name an item once letters are read as the digits they look like (O as 0)."""
    if not _lookalikes_asked(rules):
        return pl.DataFrame(schema=REFERENCES)
    read = _as_digits(rules)
    # `25-26/O9139`: the letter hides where one run of digits ends and the next begins.
    dashed = tokens.filter(pl.col("token").str.contains("-", literal=True))
    tokens = pl.concat([tokens, dashed.with_columns(pl.col("token").str.replace_all("-", "", literal=True))])
    said = tokens.with_columns(key=read).filter(pl.col("key") != text.unzero(pl.col("token")))
    if said.is_empty():
        return pl.DataFrame(schema=REFERENCES)
    items = _alike(ready, rules)
    same = text.unzero(pl.col("token")) == pl.col("plain")
    return (
        said.join(items.of(said["key"]), on="key", maintain_order="left")
        .filter(~same)
        .select(_of_word("lookalike", "token"))
        .unique(["line", "item"], keep="first", maintain_order=True)
        .sort("line", "item")
        .cast(REFERENCES)
    )


def _lookalikes_asked(rules: Rules) -> bool:
    return rules.evidence.reference_lookalike.propose and bool(rules.references.lookalikes)


def _as_digits(rules: Rules) -> pl.Expr:
    """The key of a `token` whose letters are read as the digits that they look like."""
    fold = dict(sorted(rules.references.lookalikes.items()))
    return text.unzero(pl.col("token").str.replace_many(list(fold), list(fold.values())))


def _alike(ready: Ready, rules: Rules) -> Index:
    """Numbers by the key that they have when letters are read as digits: (item, plain, key)."""
    least = rules.references.typo_length_min
    return ready.indexed(
        "lookalikes",
        lambda: (
            ready.full.filter(pl.col("raw").str.len_chars() >= least)
            .select("item", pl.col("raw").alias("token"), plain="key")
            .select("item", "plain", key=_as_digits(rules))
        ),
    )


def cut_off(ready: Spelled, rules: Rules) -> pl.DataFrame:
    """Numbers cut off at the end of a field, of which few documents begin so; or within it, of which one does.

    Within a field the amount must be that document's.
    """
    if not rules.evidence.reference_cut.propose:
        return pl.DataFrame(schema=REFERENCES)
    full = _in_order(ready)
    # Banks cut in the middle of their narration too, where a number's end says less: there the amount decides.
    inner = ~pl.col("field_end") & pl.col("closed") & pl.col("raw").str.contains("^[A-Z].*[0-9]$")
    ends = ready.grams.filter(
        (pl.col("field_end") | inner)
        & pl.col("opened")
        & (pl.col("raw").str.replace_all("-", "").str.len_chars() >= rules.references.prefix_min)
        & ~(pl.col("raw").str.contains(r"^[0-9-]+$") & pl.col("piece"))
    )
    whole = pl.concat([ready.said["key"], ready.said_closed["key"]])
    ends = _incomplete(ends.filter(~pl.col("key").is_in(whole.implode())), ready)
    if full.is_empty() or ends.is_empty():
        return pl.DataFrame(schema=REFERENCES)
    low = full["raw"].search_sorted(ends["raw"], side="left")
    high = full["raw"].search_sorted(ends["raw"] + "\uffff", side="left")
    fan = ends.with_columns(low=low, high=high).filter(
        (pl.col("high") > pl.col("low")) & (pl.col("high") - pl.col("low") <= CUT_FAN_MAX)
    )
    rows = fan.with_columns(row=pl.int_ranges("low", "high")).explode("row")
    found = rows.with_columns(item=full["item"].gather(rows["row"]))
    paid = ready.lines.select("line", paid="amount")
    exact = beside(beside(found, paid, "line"), ready.items.select("item", "open"), "item")
    alone = (pl.col("high") - pl.col("low") == 1) & (pl.col("paid") == pl.col("open"))
    return (
        exact.filter(pl.col("field_end") | alone)
        .sort("line", pl.col("size"), "item", descending=[False, True, False])
        .select("line", "item", how=pl.lit("cut"), said="raw", at="at", size="size")
        .unique(["line", "item"], keep="first", maintain_order=True)
        .cast(REFERENCES)
    )


def _in_order(ready: Ready) -> pl.DataFrame:
    """The items' whole numbers in the order of their letters: (item, raw)."""
    return ready.once("numbers in order", lambda: ready.full.select("item", "raw").sort("raw", "item"))


def _incomplete(ends: pl.DataFrame, ready: Spelled) -> pl.DataFrame:
    """Numbers shorter than any of the ledger's of that form; a longer one is whole, and of another ledger."""
    told = ends.with_columns(**FORM).join(_shortest(ready), on=list(FORM), how="left", maintain_order="left")
    whole = (pl.col("shortest") <= LENGTH).fill_null(value=False)
    return told.filter(~whole).drop(*FORM, "shortest")


def _shortest(ready: Ready) -> pl.DataFrame:
    """How short the shortest number of each form is: (start, dashes, shortest)."""
    return ready.once(
        "shortest numbers",
        lambda: (
            ready.full.select(**FORM, shortest=LENGTH)
            .drop_nulls("start")
            .group_by(list(FORM))
            .agg(pl.col("shortest").min())
        ),
    )


def _typos_asked(rules: Rules) -> bool:
    return rules.evidence.reference_typo.propose and rules.references.typo_length_min < TOKEN_MAX


def _one_off(ready: Ready, rules: Rules) -> tuple[pl.DataFrame, deletions.Index]:
    """Numbers that a word may be one character off from, and the index of them, made once."""
    least = rules.references.typo_length_min
    return ready.once("numbers by what is left of them", lambda: _numbers(ready, least))


def indexes(ready: Ready, rules: Rules) -> list[Callable[[], object]]:
    """What makes each index of the ledger that is asked for damaged numbers, the slowest first."""
    makers: list[Callable[[], object]] = []
    if _typos_asked(rules):
        makers.append(lambda: _one_off(ready, rules))
    if _lookalikes_asked(rules):
        makers.append(lambda: _alike(ready, rules))
    if rules.evidence.reference_cut.propose:
        makers += [lambda: _in_order(ready), lambda: _shortest(ready)]
    return makers


def _numbers(ready: Ready, least: int) -> tuple[pl.DataFrame, deletions.Index]:
    """Numbers that a word may be one character off from: (item, right); and the index of them."""
    some = ready.full.filter(pl.col("raw").str.len_chars().is_between(least, TOKEN_MAX + 1))
    numbers = some.select("item", right="raw")
    return numbers, deletions.Index(
        numbers["right"], beside(numbers, ready.items.select("item", "open"), "item")["open"]
    )


def typos(ready: Spelled, rules: Rules, tokens: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Numbers (line, token) one character off, for lines that name nothing else, where the amount agrees.

    Without the amount such a number is no evidence: a dense ledger has an item one character off for any number
    there is.
    """
    if not _typos_asked(rules):
        return pl.DataFrame(schema=REFERENCES)
    open_lines = ready.lines.filter(
        (pl.col("state") == "open") & (pl.col("amount") > 0) & ~pl.col("hostile")
    ).join(found, on="line", how="anti", maintain_order="left")
    amounts = ready.once("open amounts", lambda: ready.items.select("open").unique())
    spoken = open_lines.join(amounts, left_on="amount", right_on="open", how="semi", maintain_order="left")
    left = tokens.join(
        spoken.select("line", "currency", open="amount"), on="line", maintain_order="left"
    ).rename({"token": "left"})
    if left.is_empty():
        return pl.DataFrame(schema=REFERENCES)
    full, index = _one_off(ready, rules)
    met = index.meeting(left["left"], left["open"])
    near = pl.concat([left[met["left_row"]], full[met["right_row"]]], how="horizontal")
    near = beside(near, ready.items.select("item", right_currency="currency"), "item")
    near = near.filter(pl.col("currency") == pl.col("right_currency"))
    pairs = near.select("line", "item", "left", "right").unique().sort("line", "item", "left", "right")
    if pairs.is_empty():
        return pl.DataFrame(schema=REFERENCES)
    distance = process.cpdist(
        pairs["left"].to_list(), pairs["right"].to_list(), scorer=OSA.distance, dtype=np.int32
    )
    close = pairs.filter(pl.Series(distance) == 1)
    # A complete number of a closed item is no typo of an open one.
    closed = ready.closed_keyed(close.select(text.unzero(pl.col("left")))["left"]).select(left="raw")
    return (
        close.join(closed, on="left", how="anti", maintain_order="left")
        .sort("line", "item", "left")
        .unique(["line", "item"], keep="first", maintain_order=True)
        .select(_of_word("typo", "left"))
        .cast(REFERENCES)
    )
