"""Why a set was proposed, in words and codes, from the same columns that decided."""

from __future__ import annotations

import polars as pl

from recon.fill import fill
from recon.match.explain.words import MT_OF_RULE, WORDS_OF_CODE, WORDS_OF_HOW, WORDS_OF_PAYER


def evidence_code(sets: pl.DataFrame) -> pl.DataFrame:
    """The MT codes of each set, the deciding one first."""
    rule = pl.col("rule").replace_strict(
        list(MT_OF_RULE), list(MT_OF_RULE.values()), default="MT-REF1", return_dtype=pl.String
    )
    rule = (
        pl.when(pl.col("how") == "statement")
        .then(pl.lit("MT-SUBSET"))
        .when(pl.col("rule").is_in(["payer_amount"]) & pl.col("payer_how").is_in(["account", "vendor"]))
        .then(pl.lit("MT-ACCT"))
        .otherwise(rule)
    )
    kept = pl.col("kept_back").fill_null([])
    more = [
        pl.when(
            (pl.col("rule") == "remittance") & ~pl.col("how").is_in(["total", "total_part", "totals"])
        ).then(pl.lit("MT-UTR")),
        pl.when((pl.col("payer_how") == "alias") & (pl.col("rule") != "payer_amount")).then(
            pl.lit("MT-ALIAS")
        ),
        pl.when(pl.col("payer_how").is_in(["account", "vendor"]) & (pl.col("rule") != "payer_amount")).then(
            pl.lit("MT-ACCT")
        ),
        pl.when(pl.col("credit")).then(pl.lit("MT-NET")),
        pl.when(pl.col("plan_kept")).then(pl.lit("MT-PLAN")),
        pl.when(pl.col("surplus") == "EX-FX").then(pl.lit("MT-FX")),
        *(
            pl.when(kept.list.contains(name)).then(pl.lit(code))
            for name, code in (
                ("TDS", "MT-TDS"),
                ("GSTTDS", "MT-GSTTDS"),
                ("CIS", "MT-CIS"),
                ("DISC", "MT-DISC"),
                ("FX", "MT-FX"),
                ("TOL", "MT-TOL"),
                ("ROUND", "MT-TOL"),
            )
        ),
    ]
    # Told once for each kind of set, and joined: the kinds are few, the sets are many.
    told = ["rule", "how", "payer_how", "credit", "plan_kept", "surplus", "kept"]
    keyed = sets.with_columns(kept=pl.col("kept_back").fill_null([]).list.join(" "))
    kinds = keyed.unique(told, keep="first", maintain_order=True).select(
        *told, mt=pl.concat_list(rule, *more).list.drop_nulls().list.unique(maintain_order=True)
    )
    return keyed.join(kinds, on=told, how="left", nulls_equal=True, maintain_order="left").drop("kept")


def _words(column: str) -> pl.Expr:
    """What the codes of a set mean."""
    said = pl.element().replace_strict(
        list(WORDS_OF_CODE), list(WORDS_OF_CODE.values()), default=pl.element(), return_dtype=pl.String
    )
    # The readings are several only where there is a rival; `lone` says what it is otherwise.
    several = WORDS_OF_CODE["EX-ITEM"]
    words = pl.col(column).list.eval(said).list.join(", ")
    return words.str.replace(several, pl.coalesce("lone", pl.lit(several)), literal=True)


def _signed(name: str) -> pl.Expr:
    value = pl.col(name).round(1)
    return pl.when(value >= 0).then(fill("+{}", value)).otherwise(fill("{}", value))


def reasons(sets: pl.DataFrame) -> pl.DataFrame:
    """Why, in words, with the weight of each piece of evidence in bits."""
    how = pl.col("how").replace_strict(
        list(WORDS_OF_HOW), list(WORDS_OF_HOW.values()), default=None, return_dtype=pl.String
    )
    payer = pl.col("payer_how").replace_strict(
        list(WORDS_OF_PAYER), list(WORDS_OF_PAYER.values()), default=None, return_dtype=pl.String
    )
    said = pl.when(pl.col("said") != "").then(fill(" {}", "said")).otherwise(pl.lit(""))
    parts = [
        pl.col("mt").list.join(" "),
        pl.when(pl.col("w_reference") != 0).then(fill("{}{} ({})", how, said, _signed("w_reference"))),
        fill("{} ({})", "reason", _signed("w_amount")),
        pl.when(pl.col("w_payer") != 0).then(fill("{} ({})", payer, _signed("w_payer"))),
        pl.col("inherits"),
        pl.when(pl.col("w_date") != 0).then(fill("paid before it was issued ({})", _signed("w_date"))),
        pl.when("cut_off").then(pl.lit("of value in another month than booked (EX-CUTOFF)")),
        pl.when(pl.col("bars").list.len() > 0).then(pl.col("bars").list.join(", ")),
        pl.when(pl.col("rivals") == 1).then(fill("1 other reading as good: {}", "runner_up")),
        pl.when(pl.col("rivals") > 1).then(
            fill("{} other readings as good, the first of them {}", "rivals", "runner_up")
        ),
        pl.when((pl.col("rivals") == 0) & pl.col("margin").is_not_null()).then(
            fill("margin {} to the next reading: {}", pl.col("margin").round(1), "runner_up")
        ),
        pl.when(pl.col("common").is_not_null()).then(fill("in every reading: {}", "common")),
        pl.when(pl.col("w_against") != 0).then(fill("against it: {} ({})", "against", _signed("w_against"))),
        fill("prior ({}), score {}", _signed("w_prior"), pl.col("score").round(1)),
    ]
    # A column of its own: inside a `when` polars makes the words row by row, at ten times the time.
    worded = sets.with_columns(against=_words("codes"))
    return worded.with_columns(reasons=pl.concat_str(parts, separator="; ", ignore_nulls=True)).drop(
        "against"
    )
