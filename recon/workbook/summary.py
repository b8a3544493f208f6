"""The figures of Home and Dashboard, each from the same tables that the sheets show. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from recon.model import Outcome, Status
from recon.workbook import named, sums, words

Views = Mapping[str, pl.DataFrame]


def blocks(view: Views, facts: Mapping[str, str], waiting: int, left: int) -> dict[str, pl.DataFrame]:
    """The blocks of Home and Dashboard, by their defined name.

    What waits for a person is counted as the sheets show it; outcomes and control totals are those of summary.json,
    for all lines of the view, as they were proposed.

    Args:
        view: the tables in outer form.
        facts: summary text by the keys of words.FACTS; further keys are shown under their own name, except
            `status` (the line beside the buttons) and `input:NAME` (the cells of Inputs).
        waiting: rows on Suggestions that nobody has settled yet.
        left: those on Exceptions.
    """
    lines = view["lines"]
    currency = main_currency(lines)
    count = {outcome: lines.filter(pl.col("outcome") == outcome).height for outcome in Outcome}
    counted = {
        "bank_lines": lines.height,
        "auto": count[Outcome.AUTO],
        "waiting": waiting,
        "second": _second(view),
        "exceptions": left,
        "answered": len(_answered(view) - _asked(view)),
        "to_post": view["to_post"].height if "to_post" in view else 0,
        "not_receivable": count[Outcome.NOT_RECEIVABLE],
        "duplicates": count[Outcome.DUPLICATE],
        "problems": view["problems"].height if "problems" in view else 0,
    }
    open_ = _open(view)
    step = words.next_step(waiting, left, lines.height, count[Outcome.AUTO], counted["to_post"])
    told = {key: f"{number:,}" for key, number in counted.items() if number or key not in words.SELDOM}
    made = {
        named.CELL_NEXT: _one(step),
        "recon_state": _state(told | dict(facts)),
        "recon_tiles": _tiles(lines, waiting, left, _unexplained(open_, currency)),
        "recon_outcomes": _outcomes(lines),
        "recon_totals": _totals(view),
        "recon_codes": _codes(open_, currency),
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


def _second(view: Views) -> int:
    """Lines that wait for a second person: above somebody's limit, or matched automatically above the ceiling.

    A line matched automatically that somebody took back or parked waits, too, but not for a second person.
    """
    lines, asked = view["lines"], _asked(view)
    if "waits" not in lines.columns:
        return 0
    above = lines.filter((pl.col("outcome") == Outcome.AUTO) & (pl.col("waits") == "yes"))["line_id"]
    return len(asked | (set(above) - _answered(view)))


def _answered(view: Views) -> set[str]:
    return set(view["answered"]["line_id"]) if "answered" in view else set()


def _asked(view: Views) -> set[str]:
    return set(view["second_person"]["line_id"]) if "second_person" in view else set()


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


def with_notes(state: pl.DataFrame, notes: Mapping[str, str]) -> pl.DataFrame:
    """Home's state with some more to say at its end, which is never left out."""
    rows = pl.DataFrame(list(notes.items()), schema=state.schema, orient="row")
    return pl.concat([state.head(named.BLOCKS["recon_state"].height - rows.height), rows])


def _open(view: Views) -> pl.DataFrame:
    """The exceptions of lines that are not settled yet."""
    lines = view["lines"]
    if "waits" not in lines.columns:
        return view["exceptions"]
    done = lines.filter(pl.col("waits").is_in(["done", "told"])).select("line_id")
    return view["exceptions"].join(done, on="line_id", how="anti", maintain_order="left")


def _unexplained(exceptions: pl.DataFrame, currency: str) -> str:
    told: str = exceptions.filter(pl.col("currency") == currency).select(sums.total("amount")).item()
    return told


def _tiles(lines: pl.DataFrame, waiting: int, left: int, unexplained: str) -> pl.DataFrame:
    auto = lines.filter(pl.col("outcome") == Outcome.AUTO).height
    return pl.DataFrame(
        {
            "Bank lines": [lines.height],
            "Matched automatically": [auto / lines.height if lines.height else None],
            "Suggestions": [waiting],
            "Exceptions": [left],
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


def _totals(view: Views) -> pl.DataFrame:
    """The bank's total of each currency and where it went, as in summary.json: the parts add up to the total."""
    lines, allocations = view["lines"], view["allocations"]
    counted = lines.group_by("currency").agg(
        pl.len().cast(pl.Int64).alias("lines"),
        sums.total("amount").alias("total"),
        sums.total("amount", pl.col("outcome") == Outcome.NOT_RECEIVABLE).alias("not_receivable"),
        sums.total("amount", pl.col("outcome") == Outcome.DUPLICATE).alias("duplicates"),
    )
    on_item = pl.col("item_id").fill_null("") != ""
    allocated = allocations.group_by("currency").agg(
        sums.total("amount", on_item & (pl.col("status") == Status.AUTO)).alias("allocated_auto"),
        sums.total("amount", on_item & (pl.col("status") == Status.SUGGESTED)).alias("allocated_suggested"),
        sums.total("amount", ~on_item).alias("on_account"),
    )
    left = view["exceptions"].group_by("currency").agg(sums.total("amount").alias("exceptions"))
    keyed = counted.join(allocated, on="currency", how="left").join(left, on="currency", how="left")
    block = named.BLOCKS["recon_totals"]
    ordered = keyed.sort(["lines", "currency"], descending=[True, False]).with_columns(
        pl.col(pl.String).fill_null("").replace("", "0")  # a part that nothing is in is nought
    )
    told = ordered.select(pl.col(column.key).alias(column.title) for column in block.columns)
    if told.height <= block.height:
        return told
    # Amounts of different currencies are never added; how many lines they have is told.
    rest = told.slice(block.height - 1)
    others = pl.DataFrame({"Currency": [f"{rest.height} others"], "Lines": [rest["Lines"].sum()]})
    return pl.concat([told.head(block.height - 1), others], how="diagonal")


def _codes(exceptions: pl.DataFrame, currency: str) -> pl.DataFrame:
    """The codes with the most unexplained value in the main currency; where there are more, the rest in one row."""
    block = named.BLOCKS["recon_codes"]
    of_currency = exceptions.filter(pl.col("currency") == currency)
    summed = (pl.col("line_id").n_unique().cast(pl.Int64).alias("lines"), sums.total("amount").alias("value"))
    keyed = (
        of_currency.group_by("code")
        .agg(*summed, sums.exact("amount").abs().sum().alias("size"))
        .join(words.table(), on="code", how="left")
        .with_columns(pl.col("meaning").fill_null(words.UNKNOWN[0]))
        .sort(["size", "lines", "code"], descending=[True, True, False])
    )
    told = keyed.select(pl.col(column.key).alias(column.title) for column in block.columns)
    if told.height <= block.height:
        return told
    first = told.head(block.height - 1)
    rest = of_currency.filter(~pl.col("code").is_in(first["Code"].implode())).select(*summed)
    meaning = f"{told.height - first.height} further codes, in Codes on the sheets"
    others = rest.select(
        pl.lit("others").alias("Code"),
        pl.col("lines").alias("Lines"),
        pl.col("value").alias("Unexplained"),
        pl.lit(meaning).alias("What it means"),
    )
    return pl.concat([first, others])
