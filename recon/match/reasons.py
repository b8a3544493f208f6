"""Why a set was proposed, in words and codes, from the same columns that decided."""

from __future__ import annotations

import polars as pl

from recon.match.words import MT_OF_RULE, WORDS_OF_HOW, WORDS_OF_PAYER


def evidence_code(sets: pl.DataFrame) -> pl.DataFrame:
    """The MT codes of each set, the deciding one first."""
    rule = pl.col("rule").replace_strict(
        list(MT_OF_RULE), list(MT_OF_RULE.values()), default="MT-REF1", return_dtype=pl.String
    )
    rule = (
        pl.when(pl.col("rule").is_in(["payer_amount"]) & pl.col("payer_how").is_in(["account", "vendor"]))
        .then(pl.lit("MT-ACCT"))
        .otherwise(rule)
    )
    kept = pl.col("kept_back").fill_null([])
    more = [
        pl.when((pl.col("rule") == "remittance") & (pl.col("how") != "total")).then(pl.lit("MT-UTR")),
        pl.when((pl.col("payer_how") == "alias") & (pl.col("rule") != "payer_amount")).then(
            pl.lit("MT-ALIAS")
        ),
        pl.when(pl.col("payer_how").is_in(["account", "vendor"]) & (pl.col("rule") != "payer_amount")).then(
            pl.lit("MT-ACCT")
        ),
        pl.when(pl.col("credit")).then(pl.lit("MT-NET")),
        *(
            pl.when(kept.list.contains(name)).then(pl.lit(code))
            for name, code in (
                ("TDS", "MT-TDS"),
                ("GSTTDS", "MT-GSTTDS"),
                ("CIS", "MT-CIS"),
                ("DISC", "MT-DISC"),
                ("TOL", "MT-TOL"),
                ("ROUND", "MT-TOL"),
            )
        ),
    ]
    return sets.with_columns(
        mt=pl.concat_list(rule, *more).list.drop_nulls().list.unique(maintain_order=True)
    )


def _signed(name: str) -> pl.Expr:
    value = pl.col(name).round(1)
    return pl.when(value >= 0).then(pl.format("+{}", value)).otherwise(pl.format("{}", value))


def reasons(sets: pl.DataFrame) -> pl.DataFrame:
    """Why, in words, with the weight of each piece of evidence in bits."""
    how = pl.col("how").replace_strict(
        list(WORDS_OF_HOW), list(WORDS_OF_HOW.values()), default=None, return_dtype=pl.String
    )
    payer = pl.col("payer_how").replace_strict(
        list(WORDS_OF_PAYER), list(WORDS_OF_PAYER.values()), default=None, return_dtype=pl.String
    )
    said = pl.when(pl.col("said") != "").then(pl.format(" {}", "said")).otherwise(pl.lit(""))
    parts = [
        pl.col("mt").list.join(" "),
        pl.when(pl.col("w_reference") != 0).then(pl.format("{}{} ({})", how, said, _signed("w_reference"))),
        pl.format("{} ({})", "reason", _signed("w_amount")),
        pl.when(pl.col("w_payer") != 0).then(pl.format("{} ({})", payer, _signed("w_payer"))),
        pl.when(pl.col("w_date") != 0).then(pl.format("paid before it was issued ({})", _signed("w_date"))),
        pl.when(pl.col("bars").list.len() > 0).then(pl.col("bars").list.join(", ")),
        pl.when(pl.col("rivals") > 0).then(pl.format("{} other readings as good", "rivals")),
        pl.when((pl.col("rivals") == 0) & pl.col("margin").is_not_null()).then(
            pl.format("margin {} to the next reading", pl.col("margin").round(1))
        ),
        pl.when(pl.col("w_against") != 0).then(
            pl.format("something speaks against it ({})", _signed("w_against"))
        ),
        pl.format("prior ({}), score {}", _signed("w_prior"), pl.col("score").round(1)),
    ]
    return sets.with_columns(reasons=pl.concat_str(parts, separator="; ", ignore_nulls=True))
