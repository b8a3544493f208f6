"""Words of a code that hang on the line: the same code says another thing of a line that has no rival.

    EX-ITEM, no other reading, confidence 0.94   -> "the evidence is not enough to post: confidence 0.94, ..."
    EX-REFUND, money in                          -> "many times what is open; a refund may be asked for"

Where a line has no row here, `words.WORDS_OF_CODE` speaks.
"""

from __future__ import annotations

import polars as pl

from recon.fill import fill
from recon.match.explain.words import WORDS_OF_CODE
from recon.model import Outcome
from recon.rules.schema import Rules

SCHEMA = pl.Schema({"line": pl.Int64, "code": pl.String, "said": pl.String})
PART_PAYMENT = r"(?i)\b(?:PART|PARTIAL)[ -]?(?:PAYMENT|PAYMNT|PYMT|PMT|PAID|PAY)\b"
FOR_A_PERSON = "your rules keep this kind of evidence for a person"
NOT_ENOUGH = "the evidence is not enough to post by itself"


def lone(rules: Rules) -> pl.Expr:
    """What EX-ITEM says of a set (rule, rivals, counted, confidence) without a rival; null where there are rivals."""
    posting = [name for name, use in rules.evidence.model_dump().items() if use["auto"]]
    several = (pl.col("rivals") > 0) | (pl.col("counted") > 1).fill_null(value=False)
    below = fill(
        "the evidence is not enough to post: confidence {}, the rules need {}",
        pl.col("confidence").round(2, mode="half_away_from_zero"),
        pl.lit(rules.thresholds.auto),
    )
    return (
        pl.when(several)
        .then(pl.lit(None, dtype=pl.String))
        .when(~pl.col("rule").is_in(posting))
        .then(pl.lit(FOR_A_PERSON))
        .when(pl.col("confidence") < rules.thresholds.auto)
        .then(below)
        .otherwise(pl.lit(NOT_ENOUGH))
    )


def of(settled: pl.DataFrame, unmatched: pl.DataFrame, lines: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The words of each line's codes that are not the usual ones: (line, code, said).

    Args:
        settled: the chosen sets with their outcome: line, outcome, rule, rivals, counted, confidence.
        unmatched: lines without a proposal, with `codes` and the flags they come from.
        lines: line, text.
        rules: what may be posted, and from which confidence on.
    """
    asked = settled.filter(pl.col("outcome") == Outcome.SUGGESTED)
    parts = [asked.select("line", code=pl.lit("EX-ITEM"), said=lone(rules))]
    part = lines.filter(pl.col("text").str.contains(PART_PAYMENT))
    parts.append(
        part.select(
            "line", code=pl.lit("EX-SHORT"), said=pl.lit("less than is open; the text says part payment")
        )
    )
    col = pl.col
    items = col("open_items").fill_null(0)
    said = [
        (
            "EX-ITEM",
            col("winner").is_not_null() & ~col("vague"),
            "what it would pay is given to another line",
        ),
        ("EX-ITEM", col("ordered") & ~col("vague"), "an order is named, and its items don't add up to it"),
        ("EX-REFUND", col("amount") > 0, "many times what is open; a refund may be asked for"),
        ("EX-NOITEM", items == 0, "the payer has nothing open"),
        ("EX-NOITEM", items > 0, "no open item of that amount"),
        ("EX-UNID", col("weak").is_not_null(), "the payer is not known"),
        ("EX-UNID", col("near"), "nobody's confirmed name, and nothing open is named"),
    ]
    parts += [
        unmatched.filter(holds.fill_null(value=False)).select("line", code=pl.lit(code), said=pl.lit(words))
        for code, holds, words in said
    ]
    told = pl.concat([part.select(list(SCHEMA)).cast(SCHEMA) for part in parts]).drop_nulls("said")
    return told.unique(["line", "code"], keep="first", maintain_order=True)


def detailed(unmatched: pl.DataFrame, worded: pl.DataFrame) -> pl.DataFrame:
    """The lines with `detail`: their codes in words, `;` between. `worded` as `of` returns it."""
    usual = pl.col("code").replace_strict(
        list(WORDS_OF_CODE), list(WORDS_OF_CODE.values()), default=pl.col("code"), return_dtype=pl.String
    )
    rows = unmatched.select("line", code="codes").explode("code")
    rows = rows.join(worded, on=["line", "code"], how="left", maintain_order="left")
    told = rows.group_by("line", maintain_order=True).agg(detail=pl.coalesce("said", usual).str.join("; "))
    return unmatched.join(told, on="line", how="left", maintain_order="left")
