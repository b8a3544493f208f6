"""The figures of Home and Dashboard, each from the same tables that the sheets show. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from recon.model import Outcome
from recon.workbook import named, sums, words

Views = Mapping[str, pl.DataFrame]


def blocks(view: Views, facts: Mapping[str, str], waiting: int) -> dict[str, pl.DataFrame]:
    """The blocks of Home and Dashboard, by their defined name.

    Args:
        view: the tables in outer form.
        facts: summary text by the keys of words.FACTS; further keys are shown under their own name, except
            `status` (the line beside the buttons) and `input:NAME` (the cells of Inputs).
        waiting: rows on Suggestions.
    """
    lines = view["lines"]
    currency = main_currency(lines)
    count = {outcome: lines.filter(pl.col("outcome") == outcome).height for outcome in Outcome}
    counted = {
        "bank_lines": lines.height,
        "auto": count[Outcome.AUTO],
        "waiting": waiting,
        "exceptions": count[Outcome.EXCEPTION],
        "not_receivable": count[Outcome.NOT_RECEIVABLE],
        "duplicates": count[Outcome.DUPLICATE],
        "problems": view["problems"].height if "problems" in view else 0,
    }
    step = words.next_step(waiting, count[Outcome.EXCEPTION], lines.height, count[Outcome.AUTO])
    made = {
        named.CELL_NEXT: _one(step),
        "recon_state": _state({key: f"{number:,}" for key, number in counted.items()} | dict(facts)),
        "recon_tiles": _tiles(view, waiting, currency),
        "recon_outcomes": _outcomes(lines),
        "recon_totals": _totals(lines),
        "recon_codes": _codes(view["exceptions"], currency),
        "recon_as_of": _one(_as_of(facts)),
        "recon_codes_title": _one(f"Unexplained value by exception code{_in(currency)}"),
        "recon_unexplained_title": _one(f"Unexplained{_in(currency)}"),
    }
    if "status" in facts:
        made[named.CELL_STATUS] = _one(facts["status"])
    inputs = {key: facts.get(f"input:{key}", "") for key in named.INPUTS}
    if any(inputs.values()):
        made["recon_inputs"] = pl.DataFrame({"Value": list(inputs.values())})
    return made


def main_currency(lines: pl.DataFrame) -> str:
    """The currency of most lines; of equals the first by name. Amounts of different currencies are never added."""
    if lines.is_empty():
        return ""
    counted = lines.group_by("currency").len().sort(["len", "currency"], descending=[True, False])
    return str(counted["currency"][0] or "")


def _in(currency: str) -> str:
    return f", {currency}" if currency else ""


def _as_of(facts: Mapping[str, str]) -> str:
    told = [f"{words.FACTS[key]}: {facts[key]}" for key in ("as_of", "finished", "run_id") if facts.get(key)]
    return "   ·   ".join(told)


def _one(text: str) -> pl.DataFrame:
    return pl.DataFrame({"Value": [text]})


def _state(facts: Mapping[str, str]) -> pl.DataFrame:
    known = {words.FACTS[key]: facts[key] for key in words.FACTS if facts.get(key)}
    own = {
        key: value
        for key, value in facts.items()
        if key not in words.FACTS and key != "status" and not key.startswith("input:")
    }
    rows = list((known | own).items())[: named.BLOCKS["recon_state"].height]
    return pl.DataFrame(rows, schema={"What": pl.String, "Value": pl.String}, orient="row")


def _tiles(view: Views, waiting: int, currency: str) -> pl.DataFrame:
    lines = view["lines"]
    auto = lines.filter(pl.col("outcome") == Outcome.AUTO).height
    unexplained = (
        view["exceptions"].filter(pl.col("currency") == currency).select(sums.total("amount")).item()
    )
    return pl.DataFrame(
        {
            "Bank lines": [lines.height],
            "Matched automatically": [auto / lines.height if lines.height else None],
            "Suggestions": [waiting],
            "Exceptions": [lines.filter(pl.col("outcome") == Outcome.EXCEPTION).height],
            "Unexplained": [unexplained or None],
        },
        schema={
            "Bank lines": pl.Int64,
            "Matched automatically": pl.Float64,
            "Suggestions": pl.Int64,
            "Exceptions": pl.Int64,
            "Unexplained": pl.String,
        },
    )


def _outcomes(lines: pl.DataFrame) -> pl.DataFrame:
    """How many lines have which outcome, all five always."""
    counts = [lines.filter(pl.col("outcome") == outcome).height for outcome in Outcome]
    shares = [count / lines.height if lines.height else None for count in counts]
    return pl.DataFrame(
        {"Outcome": [words.OUTCOMES[outcome] for outcome in Outcome], "Lines": counts, "Share": shares},
        schema={"Outcome": pl.String, "Lines": pl.Int64, "Share": pl.Float64},
    )


def _totals(lines: pl.DataFrame) -> pl.DataFrame:
    """The bank's total of each currency and how the outcomes share it; the shares add up to the total."""
    of = {outcome: sums.total("amount", pl.col("outcome") == outcome) for outcome in Outcome}
    keyed = lines.group_by("currency").agg(
        pl.len().cast(pl.Int64).alias("lines"),
        sums.total("amount").alias("total"),
        *(expression.alias(outcome.value) for outcome, expression in of.items()),
    )
    block = named.BLOCKS["recon_totals"]
    ordered = keyed.sort(["lines", "currency"], descending=[True, False]).head(block.height)
    ordered = ordered.with_columns(pl.col(pl.String).replace("", "0"))  # an outcome without lines is nought
    return ordered.select(pl.col(column.key).alias(column.title) for column in block.columns)


def _codes(exceptions: pl.DataFrame, currency: str) -> pl.DataFrame:
    """The codes with the most unexplained value in the main currency."""
    block = named.BLOCKS["recon_codes"]
    keyed = (
        exceptions.filter(pl.col("currency") == currency)
        .group_by("code")
        .agg(
            pl.col("line_id").n_unique().cast(pl.Int64).alias("lines"),
            sums.total("amount").alias("value"),
            sums.exact("amount").abs().sum().alias("size"),
        )
        .join(words.table(), on="code", how="left")
        .with_columns(pl.col("meaning").fill_null(words.UNKNOWN[0]))
        .sort(["size", "code"], descending=[True, False])
        .head(block.height)
    )
    return keyed.select(pl.col(column.key).alias(column.title) for column in block.columns)
