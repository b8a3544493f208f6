"""Receipts that went out again: paired with their return, or doubted.

    L1 "ACME INV-7" 4,200.00, L2 "RETURNED PAYMENT ACME" -4,200.00
        -> both `paired`; neither is posted
    L3 "BETA INV-8" 900.00, L4 "BETA INV-8" -900.00, which no class calls a return
        -> L3 is `taken_back`; not posted without a person

    L5 "RETURNED PAYMENT ACME" -700.00, and no such receipt
        -> `returned`: an exception

Which of several receipts came back is told by the words they share with the return.
"""

from __future__ import annotations

import re

import polars as pl

from recon.match.text import where
from recon.rules.schema import Rules

RETURNED = "EX-RET"
RETURNS = (RETURNED, "EX-BANKREV")
PAIR_DAYS = 60  # a return comes at most this many days after its receipt


def set_aside(lines: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The lines with returns and their receipts `paired`, and `taken_back` where words and amount went out again.

    Args:
        lines: line, account, currency, amount, booking_date, text, state, class_id, class_code.
        rules: the classes of returns, and which words tell nothing.
    """
    # Only lines whose amount also went the other way can be a pair, and are read; the others are most.
    ways = lines.filter(pl.col("amount") != 0).select(
        "account", "currency", "line", size=pl.col("amount").abs(), out=pl.col("amount") < 0
    )
    both = ways.join(ways.filter("out"), on=["account", "currency", "size"], how="semi")
    # A join copies every column, and a million lines have a gigabyte of them.
    some = lines.select(*_ASKED, "text").join(both, on="line", how="semi", maintain_order="left")
    some = _with_telling_words(some, rules).drop("text")
    said = some.select("told").unique(maintain_order=True).with_row_index("words")
    coded = some.join(said, on="told", how="left", maintain_order="left")
    found = _taken_back(_paired(coded, said), said).select("line", *_FOUND)
    told = lines.select("line").join(found, on="line", how="left", maintain_order="left")
    return lines.with_columns(
        *(pl.coalesce(told[name], pl.col(name)).alias(name) for name in _FOUND[:-1]),
        taken_back=told["taken_back"].fill_null(value=False),
    )


_FOUND = ("state", "class_id", "class_code", "taken_back")
_ASKED = ("line", "account", "currency", "amount", "booking_date", "state", "class_id", "class_code")


def _with_telling_words(lines: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Lines with `told`, their words that tell them apart: not those of returns, of the bank, or of all companies."""
    patterns = [one.pattern for one in rules.not_receivable if one.code in RETURNS and one.pattern]
    noise = "|".join(f"(?:{pattern})" for pattern in rules.payers.not_names) or "^$"
    # CHEQUE and ITEM are in the patterns of returns, and tell nothing there.
    dropped = {word.upper() for word in rules.payers.drop_words}
    dropped |= {word for pattern in patterns for word in re.findall("[A-Z]{3,}", pattern.upper())}

    def without(said: pl.Expr) -> pl.Expr:
        for pattern in patterns:
            said = said.str.replace_all(f"(?i){pattern}", " ")
        return said

    # One pattern may stand in what is left of another, so each is looked for where there is any.
    every = "(?i)" + "|".join(f"(?:{pattern})" for pattern in patterns)
    rest = where(pl.col("text"), lambda t: t.str.contains(every), without) if patterns else pl.col("text")
    words = lines.select("line", told=rest.str.extract_all(r"[A-Z0-9]+")).explode("told").drop_nulls("told")
    # Words repeat; whether one tells anything is asked once.
    word = pl.col("told")
    telling = words.select(word.unique()).filter(
        word.str.contains(r"^[A-Z0-9]{2,}$")
        & ~word.str.contains(f"(?i){noise}")
        & ~word.is_in(sorted(dropped))
    )
    kept = words.filter(word.is_in(telling["told"].implode())).unique().sort("line", "told")
    told = kept.group_by("line", maintain_order=True).agg("told")
    return lines.join(told, on="line", how="left", maintain_order="left").with_columns(word.fill_null([]))


_KEY = (
    "account",
    "currency",
    "wanted",
)  # a pair has the same of these: money that came, and that amount gone


def _sharing(back: pl.DataFrame, received: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Lines that went out beside receipts of their amount, up to PAIR_DAYS before, with a telling word in common.

    Returns (line, partner, paid, shared, missing): `missing` words of the receipt stand not in the line. Pairs of
    an amount alone would grow with the square of the lines: they are made by amount and word, and once for all
    lines of one amount and text.
    """
    gone = back.select(*_KEY[:2], "line", "words", "booking_date", wanted=-pl.col("amount"))
    came = received.select(*_KEY[:2], wanted="amount", partner="line", paid="booking_date", other="words")
    word = said.select("words", word="told").explode("word").drop_nulls()
    texts = (
        gone.select(*_KEY, "words")
        .unique()
        .join(word, on="words")
        .join(
            came.select(*_KEY, "other").unique().join(word.rename({"words": "other"}), on="other"),
            on=[*_KEY, "word"],
        )
        .group_by(*_KEY, "words", "other")
        .agg(shared=pl.len())
        .join(said.select(other="words", of=pl.col("told").list.len()), on="other")
    )
    return (
        texts.join(gone, on=[*_KEY, "words"])
        .join(came, on=[*_KEY, "other"])
        .filter((pl.col("booking_date") - pl.col("paid")).dt.total_days().is_between(0, PAIR_DAYS))
        .select("line", "partner", "paid", "shared", missing=pl.col("of") - pl.col("shared"))
    )


def _single(back: pl.DataFrame, received: pl.DataFrame) -> pl.DataFrame:
    """The receipt of its amount, up to PAIR_DAYS before, of each line that has just one: (line, partner, paid).

    Receipts are counted, not paired: how many there were up to the day, less how many up to the window's start.
    """
    came = (
        received.select(*_KEY[:2], wanted="amount", partner="line", paid="booking_date")
        .sort("paid", "partner")
        .with_columns(count=pl.int_range(1, pl.len() + 1).over(_KEY))
    )
    gone = back.select(
        *_KEY[:2],
        "line",
        wanted=-pl.col("amount"),
        until="booking_date",
        before=pl.col("booking_date").dt.offset_by(f"-{PAIR_DAYS + 1}d"),
    )
    last = gone.sort("until").join_asof(
        came, left_on="until", right_on="paid", by=_KEY, check_sortedness=False
    )
    last = last.sort("before").join_asof(
        came.select(*_KEY, "paid", earlier="count"),
        left_on="before",
        right_on="paid",
        by=_KEY,
        suffix="_earlier",
        check_sortedness=False,
    )
    one = pl.col("count") - pl.col("earlier").fill_null(0) == 1
    return last.filter(one.fill_null(value=False)).select("line", "partner", "paid")


def _paired(lines: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """A receipt and its return, or a bank error and its correction, are set aside together.

    A returning line has a class of code EX-RET or EX-BANKREV. Its partner has the opposite amount on the same
    account, at most PAIR_DAYS before. Words they share decide between several; with none shared, only a single
    partner is taken, of a return that names nobody.
    """
    returning = lines.filter((pl.col("state") == "not_receivable") & pl.col("class_code").is_in(RETURNS))
    received = lines.filter(pl.col("state").is_in(["open", "not_receivable"]))
    names = pl.col("told").list.eval(pl.element().str.contains("[A-Z]{3}")).list.any()
    sharing = _sharing(returning, received, said).drop("missing")
    single = _single(returning.filter(~names), received).join(sharing, on=["line", "partner"], how="anti")
    pairs = pl.concat([sharing, single.with_columns(shared=pl.lit(0, pl.UInt32))])
    pairs = pairs.sort("shared", "paid", "line", "partner", descending=[True, True, False, False])
    mate: dict[int, int] = {}
    for line, partner in pairs.select("line", "partner").iter_rows():
        if line not in mate and partner not in mate:
            mate[line], mate[partner] = partner, line
    classes = {
        line: (id_, code)
        for line, id_, code in returning.select("line", "class_id", "class_code").iter_rows()
    }
    rows = [(line, *classes.get(line, classes.get(other, ("", "")))) for line, other in sorted(mate.items())]
    schema = {"line": pl.Int64, "class_id_pair": pl.String, "class_code_pair": pl.String}
    joined = lines.join(
        pl.DataFrame(rows, schema=schema, orient="row"), on="line", how="left", maintain_order="left"
    )
    paired = pl.col("class_id_pair").is_not_null()
    # Its receipt may be settled since an earlier run: somebody has to take that back.
    alone = (
        (pl.col("state") == "not_receivable") & (pl.col("class_code") == RETURNED) & (pl.col("amount") < 0)
    )
    return joined.with_columns(
        state=pl.when(paired).then(pl.lit("paired")).when(alone).then(pl.lit("returned")).otherwise("state"),
        class_id=pl.coalesce("class_id_pair", "class_id"),
        class_code=pl.coalesce("class_code_pair", "class_code"),
    ).drop("class_id_pair", "class_code_pair")


def _taken_back(lines: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Receipts that went out again under all their words, though no class calls it a return."""
    out = lines.filter((pl.col("amount") < 0) & pl.col("state").is_in(["open", "not_receivable"]))
    received = lines.filter(
        (pl.col("amount") > 0) & (pl.col("state") == "open") & (pl.col("told").list.len() > 1)
    )
    back = _sharing(out, received, said).filter(pl.col("missing") == 0)["partner"].unique()
    return lines.with_columns(taken_back=pl.col("line").is_in(back.implode()))
