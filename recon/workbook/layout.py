"""From tables to sheets and back: what stands on each sheet of the workbook. Pure; serves every kind of book."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from recon import model
from recon.fill import fill
from recon.model import Outcome
from recon.workbook import columns, documents, review, summary, words
from recon.workbook.review import decisions

__all__ = ["decisions", "sheets"]

Views = Mapping[str, pl.DataFrame]

# Which table of the view stands on which sheet, column by column.
_PLAIN = (
    ("allocations", columns.ALLOCATIONS, model.ALLOCATIONS),
    ("bank_lines", columns.BANK, model.BANK_LINES),
    ("open_items", columns.OPEN_ITEMS, model.OPEN_ITEMS),
    ("remittance_lines", columns.REMITTANCES, model.REMITTANCE_LINES),
    ("customers", columns.CUSTOMERS, model.CUSTOMERS),
    ("problems", columns.PROBLEMS, model.PROBLEMS),
    ("rules", columns.RULES, None),
    ("run_log", columns.RUN_LOG, None),
)


def sheets(view: Views, facts: Mapping[str, str]) -> dict[str, pl.DataFrame]:
    """What to write: a frame for each sheet with a table, and one for each block of Home and Dashboard.

    Args:
        view: frames in outer form: bank_lines, open_items, remittance_lines, customers, allocations, exceptions,
            lines (with `waits` = yes for `auto` lines that need a second person, done for settled ones, told for
            those that are settled and shown once more with what happened), problems, rules (rule, value,
            what), run_log (when, event, detail, who), decisions_log (line_id, decision, result). A table that is
            missing leaves its sheet as it is. Columns named `extra:NAME` follow ours under NAME.
        facts: summary text, see summary.blocks.
    """
    made: dict[str, pl.DataFrame] = {}
    if "lines" in view:
        made[columns.SUGGESTIONS.name] = review.suggestions(view)
        made[columns.EXCEPTIONS.name] = review.exceptions(view)
    for key, sheet, table in _PLAIN:
        if key not in view:
            continue
        frame = view[key]
        if key == "bank_lines" and "lines" in view:
            frame = with_outcomes(frame, view["lines"])
        if key == "allocations":
            frame = _parted(view.get("standing", frame))
            item = pl.col("item_id").fill_null("")
            leg = pl.when(item == "").then(pl.lit(review.ON_ACCOUNT)).otherwise(item)
            frame = _with_results(_with_documents(frame, view), view)
            frame = review.with_second_person(frame, view, leg, "to_item")
        made[sheet.name] = plain(frame, sheet, table)
    if "lines" in view:
        waiting, left = (_waiting(made[sheet.name], view["lines"]) for sheet in columns.REVIEWED)
        made |= summary.blocks(view, facts, waiting, left)
    return made


def _waiting(sheet: pl.DataFrame, lines: pl.DataFrame) -> int:
    """Rows of a review sheet on which nobody has settled the line yet."""
    if "waits" not in lines.columns:
        return sheet.height
    told = lines.filter(pl.col("waits") == "told")["line_id"]
    return sheet.filter(~pl.col("Line id").is_in(told.implode())).height


def plain(frame: pl.DataFrame, sheet: columns.Sheet, table: model.Table | None) -> pl.DataFrame:
    """A table by its sheet's titles: our columns, then the optional ones that the data has, then the unknown."""
    shown = [
        (pl.col(column.key) if column.key in frame.columns else pl.lit(None, pl.String)).alias(column.title)
        for column in sheet.columns
    ]
    ours = {column.key for column in sheet.columns}
    optional = [column for column in table.columns if column.optional] if table else []
    taken = set(sheet.titles)
    for column in optional:
        if column.name in ours or column.name not in frame.columns or _empty(frame[column.name]):
            continue
        shown.append(pl.col(column.name).alias(_free(column.name.replace("_", " ").capitalize(), taken)))
    for name in frame.columns:
        if name.startswith(model.EXTRA):
            title = _free(name.removeprefix(model.EXTRA), taken)
            shown.append(pl.col(name).cast(pl.String).alias(title))
    return frame.select(shown)


def _empty(series: pl.Series) -> bool:
    filled = series.drop_nulls()
    return filled.is_empty() or (filled.dtype == pl.String and bool((filled == "").all()))


def _free(wanted: str, taken: set[str]) -> str:
    """A title that no other column has (Excel ignores upper and lower case); marks it as taken."""
    stem = " ".join(wanted.split()) or "Column"
    lower = {title.lower() for title in taken}
    title, number = stem, 2
    while title.lower() in lower:
        title, number = f"{stem} ({number})", number + 1
    taken.add(title)
    return title


def _parted(allocations: pl.DataFrame) -> pl.DataFrame:
    """Allocations whose cash on account of several customers of one settled line says whose it is, as its item.

    Example: 70.00 of C1 and 30.00 of C2 on account -> `on account of C1`, `on account of C2`; each moves alone.
    """
    if "row_hash" not in allocations.columns:
        return allocations
    item, holder = pl.col("item_id").fill_null(""), pl.col("customer_id").fill_null("")
    cash = (item == "") & (pl.col("row_hash") != "")
    several = holder.filter(cash).n_unique().over("line_id") > 1
    whose = fill(model.ON_ACCOUNT_OF, pl.when(holder == "").then(pl.lit(model.NOBODY)).otherwise(holder))
    return allocations.with_columns(item_id=pl.when(cash & several).then(whose).otherwise("item_id"))


def _with_documents(allocations: pl.DataFrame, view: Views) -> pl.DataFrame:
    """Allocations with what people know of their line and item: payer and date, document, customer, due date."""
    made = allocations
    if "bank_lines" in view:
        lines = view["bank_lines"].select("line_id", date="booking_date", payer="counterparty")
        made = made.join(
            lines.unique("line_id", keep="first"), on="line_id", how="left", maintain_order="left"
        )
    if "open_items" in view:
        made = made.join(documents.of_items(view), on="item_id", how="left", maintain_order="left")
    return made


def _with_results(allocations: pl.DataFrame, view: Views) -> pl.DataFrame:
    """With what just happened to each line that is settled."""
    log = view.get("decisions_log")
    if log is None or "row_hash" not in allocations.columns:
        return allocations
    told = allocations.join(review.results(log), on="line_id", how="left", maintain_order="left")
    settled = pl.col("row_hash") != ""
    return told.with_columns(pl.when(settled).then("result").alias("result"))


def with_outcomes(bank: pl.DataFrame, lines: pl.DataFrame | None, unmatched: str = "") -> pl.DataFrame:
    """Bank lines with what became of them in plain words; a line that a person settled is *Decided*."""
    if lines is None:
        return bank.with_columns(outcome=pl.lit(unmatched))
    told = pl.col("outcome").replace_strict(words.OUTCOMES, default=pl.col("outcome"), return_dtype=pl.String)
    if "waits" in lines.columns:
        settled = pl.col("waits").is_in(["done", "told"]) & (pl.col("outcome") != Outcome.AUTO)
        told = pl.when(settled).then(pl.lit(words.DECIDED)).otherwise(told)
    outcomes = lines.select("line_id", told.alias("outcome")).unique("line_id", keep="first")
    made = bank.join(outcomes, on="line_id", how="left", maintain_order="left")
    return made.with_columns(pl.col("outcome").fill_null(unmatched)) if unmatched else made
