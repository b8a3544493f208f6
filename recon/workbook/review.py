"""What a reviewer sees and what a reviewer decided: the rows of Suggestions and Exceptions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from recon import model
from recon.fill import fill
from recon.model import Choice, Outcome
from recon.problems import Problem
from recon.workbook import columns, documents, sums, words

ROW: Final = "sheet_row"  # the column of a read frame that says which row of the sheet it was
REFUSED: Final = "refused"
STANDS: Final = (REFUSED, "waits")  # a result that begins so leaves the typed decision standing
ON_ACCOUNT: Final = "on account"  # the part of a settled line that no item has

_NUMBERED: Final = "\n"  # one alternative a line
_TAKES_NO_ITEM: Final = (
    Choice.ACCEPT.value,
    Choice.ACCEPT_ALTERNATIVE.value,
    Choice.NOT_RECEIVABLE.value,
)  # what is typed beside these is meant for another decision
_GROUPED: Final = r"^-?\d{1,3}(,\d{3})+(\.\d+)?$"  # 1,200.50, as people type it

Views = Mapping[str, pl.DataFrame]


def suggestions(view: Views) -> pl.DataFrame:
    """One row for each line that waits for a person's word on a proposal, by the titles of Suggestions.

    Lines with the outcome `suggested`, and `auto` lines that say `waits` = yes (above the ceiling).
    """
    lines = _undone(view)
    waits = pl.col("outcome") == Outcome.SUGGESTED
    if "waits" in lines.columns:
        waits = waits | ((pl.col("outcome") == Outcome.AUTO) & (pl.col("waits") == "yes"))
    return _titled(_seen(view, lines.filter(waits)), columns.SUGGESTIONS)


def exceptions(view: Views) -> pl.DataFrame:
    """One row for each line with the outcome `exception`, by the titles of Exceptions."""
    lines = _undone(view).filter(pl.col("outcome") == Outcome.EXCEPTION)
    return _titled(_seen(view, lines), columns.EXCEPTIONS)


def _undone(view: Views) -> pl.DataFrame:
    """The lines without those that are settled (`waits` = done) and need nobody's word any more."""
    lines = view["lines"]
    return lines.filter(pl.col("waits") != "done") if "waits" in lines.columns else lines


def _seen(view: Views, lines: pl.DataFrame) -> pl.DataFrame:
    """Everything about the lines that either sheet shows, one row each, in the lines' order."""
    hashes = model.fingerprints(view["lines"], view["allocations"], view["exceptions"])
    allocations, exceptions_ = (
        view[name].join(lines.select("line_id"), on="line_id", how="semi", maintain_order="left")
        for name in ("allocations", "exceptions")
    )
    named = documents.of_items(view)
    told = _codes(exceptions_)
    others, mentioned = documents.alternatives(told.select("line_id", "alternatives"), named)
    own = pl.concat(
        [allocations.select("line_id", pl.col("item_id").cast(pl.String)), mentioned]
    ).drop_nulls()
    told = documents.details(told.drop("alternatives"), own, named).join(
        others.select("line_id", _numbered(pl.col("alternatives"))), on="line_id", maintain_order="left"
    )
    joined = (
        lines.select("line_id", "amount", "currency")
        .join(_bank(view["bank_lines"]), on="line_id", how="left", maintain_order="left")
        .join(_proposals(allocations), on="line_id", how="left", maintain_order="left")
        .join(documents.proposed(allocations, named), on="line_id", how="left", maintain_order="left")
        .join(told, on="line_id", how="left", maintain_order="left")
        .join(hashes, on="line_id", how="left", maintain_order="left")
    )
    joined = with_second_person(joined, view, pl.lit(""), "item_id")
    log = view.get("decisions_log")
    if log is None:
        return joined.with_columns(pl.lit("").alias("result"))
    return joined.join(results(log), on="line_id", how="left", maintain_order="left")


def with_second_person(rows: pl.DataFrame, view: Views, leg: pl.Expr, item: str) -> pl.DataFrame:
    """With the decisions that wait for a second person in the cells where they were typed, by the columns' keys.

    Args:
        rows: with line_id.
        view: its `second_person` has the decisions.
        leg: which part of a settled line a row of them is.
        item: the key of the column in which items are typed.
    """
    asked = view.get("second_person")
    if asked is None or asked.is_empty():
        return rows
    amount = pl.when(pl.col("amount") != "").then("amount")
    cells = asked.with_columns(decided_amount=amount).drop("amount").rename({"item_id": f"_{item}"})
    joined = rows.with_columns(leg=leg).join(cells, on=["line_id", "leg"], how="left", maintain_order="left")
    return joined.drop("leg").rename({f"_{item}": item})


def _bank(bank: pl.DataFrame) -> pl.DataFrame:
    text = [pl.col(name).cast(pl.String).fill_null("") for name in ("reference", "narrative")]
    return bank.select(
        "line_id",
        pl.col("booking_date").alias("date"),
        pl.col("counterparty").alias("payer"),
        pl.concat_str(text, separator=" ").str.strip_chars().alias("text"),
    ).unique("line_id", keep="first", maintain_order=True)


def _proposals(allocations: pl.DataFrame) -> pl.DataFrame:
    """Each line's allocations in one row: their sums, and why."""
    on_account = pl.col("item_id").cast(pl.String).fill_null("") == ""
    plain = allocations.with_columns(reasons=documents.without_weights(pl.col("reasons")))
    return plain.group_by("line_id", maintain_order=True).agg(
        sums.total("amount", ~on_account).alias("allocated"),
        sums.total("deduction").alias("deduction"),
        sums.total("amount", on_account).alias("on_account"),
        pl.col("confidence").cast(pl.Float64).min(),
        _distinct("rule"),
        _distinct("reasons"),
    )


def _distinct(name: str, separator: str = "; ") -> pl.Expr:
    text = pl.col(name).cast(pl.String).fill_null("")
    return text.filter(text != "").unique(maintain_order=True).str.join(separator).alias(name)


def _codes(exceptions_: pl.DataFrame) -> pl.DataFrame:
    """Each line's exceptions in one row, its codes in plain words beside them."""
    told = exceptions_.join(words.table(), on="code", how="left", maintain_order="left").with_columns(
        pl.col("meaning").fill_null(words.UNKNOWN[0]), pl.col("next").fill_null(words.UNKNOWN[1])
    )
    return told.group_by("line_id", maintain_order=True).agg(
        pl.col("code").unique(maintain_order=True).str.join("; ").alias("codes"),
        _distinct("meaning"),
        _distinct("detail"),
        pl.col("next").first(),
        sums.total("amount").alias("open"),
        _distinct("alternatives", documents.OR),
    )


def _numbered(text: pl.Expr) -> pl.Expr:
    """`a | b` as `1: a` and `2: b` on lines of their own, so that a reviewer can name one by its number."""
    parts = text.str.split(documents.OR).list.eval(pl.element().str.strip_chars())
    parts = parts.list.filter(pl.element() != "")
    numbered = parts.list.eval(pl.int_range(1, pl.len() + 1).cast(pl.String) + pl.lit(": ") + pl.element())
    return numbered.list.join(_NUMBERED)


def results(log: pl.DataFrame) -> pl.DataFrame:
    """The last thing that happened to each line, as `accept: posted`."""
    decision = pl.col("decision").cast(pl.String).fill_null("")
    told = pl.when(decision == "").then(pl.col("result")).otherwise(decision + ": " + pl.col("result"))
    as_it_is = pl.any_horizontal(pl.col("result").str.starts_with(word) for word in STANDS)
    told = pl.when(as_it_is).then(pl.col("result")).otherwise(told)
    return log.select("line_id", told.alias("result")).unique("line_id", keep="last", maintain_order=True)


def _titled(frame: pl.DataFrame, sheet: columns.Sheet) -> pl.DataFrame:
    """The frame by the sheet's titles; columns that it lacks are empty."""
    return frame.select(
        (pl.col(column.key) if column.key in frame.columns else pl.lit(None, pl.String)).alias(column.title)
        for column in sheet.columns
    )


def decisions(read: Views) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """What the reviewer typed, as model.DECISIONS in outer form, and what of it can't be taken.

    Args: the frames that `Book.read` gives for the sheets of `columns.DECIDED_ON` (cells as text, `sheet_row`). Only
    rows with a Decision count; a row that can't be taken becomes a problem `decision-refused`, never a guess.
    """
    frames: list[pl.DataFrame] = []
    problems: list[Problem] = []
    for sheet in columns.DECIDED_ON:
        if sheet.name not in read:
            continue
        typed = _typed(read[sheet.name], sheet)
        problems += _refused(typed)
        frames.append(typed.filter(pl.col("refused") == "").select(model.DECISIONS.names))
    schema = model.DECISIONS.outer_schema
    return pl.concat([pl.DataFrame(schema=schema), *frames]), tuple(problems)


def _typed(frame: pl.DataFrame, sheet: columns.Sheet) -> pl.DataFrame:
    """The rows with a decision, by the keys of model.DECISIONS, and what speaks against each in `refused`."""
    of = {column.key: column.title for column in sheet.columns}
    cell = {
        key: (pl.col(of[key]) if of[key] in frame.columns else pl.lit("")).cast(pl.String).fill_null("")
        for key in ("line_id", "row_hash", *(column.key for column in sheet.columns if column.typed))
    }
    plain = {key: text.str.strip_chars() for key, text in cell.items()}
    again = sheet is columns.ALLOCATIONS
    nothing = pl.lit("")
    item = pl.col(of["item_id"]).cast(pl.String).fill_null("").str.strip_chars() if again else nothing
    leg = pl.when(item == "").then(pl.lit(ON_ACCOUNT)).otherwise(item) if again else nothing
    amount = plain["decided_amount"].str.replace_all(" ", "").str.replace(r"^[£€$₹]", "")
    amount = pl.when(amount.str.contains(_GROUPED)).then(amount.str.replace_all(",", "")).otherwise(amount)
    rows = frame.select(
        plain["line_id"].alias("line_id"),
        plain["decision"].str.to_lowercase().str.replace_all(r"\s+", " ").alias("decision"),
        plain.get("alternative", nothing).str.replace(r"\.0+$", "").alias("alternative"),
        plain["to_item" if again else "item_id"].alias("item_id"),
        amount.alias("amount"),
        plain["note"].alias("note"),
        plain["decided_by"].alias("decided_by"),
        plain["row_hash"].alias("row_hash"),
        fill(sheet.name + "!{}", pl.col(ROW)).alias("where"),
        leg.alias("leg"),
    ).filter(pl.col("decision") != "")
    return rows.with_columns(_against().alias("refused"))


def _against() -> pl.Expr:
    """The first thing that speaks against a row, "" if nothing does."""
    amount = pl.col("amount")
    chosen = pl.col("decision")
    return (
        pl.when(~chosen.is_in([choice.value for choice in Choice]))
        .then(pl.lit("choice"))
        .when((pl.col("leg") != "") & (pl.col("row_hash") == ""))
        .then(pl.lit("proposal"))
        .when((pl.col("line_id") == "") | (pl.col("row_hash") == ""))
        .then(pl.lit("row"))
        .when((chosen == Choice.ACCEPT_ALTERNATIVE) & ~pl.col("alternative").str.contains(r"^[1-9]\d{0,3}$"))
        .then(pl.lit("alternative"))
        .when((chosen == Choice.ALLOCATE) & (pl.col("item_id") == ""))
        .then(pl.lit("item"))
        .when(chosen.is_in(_TAKES_NO_ITEM) & ((pl.col("item_id") != "") | (amount != "")))
        .then(pl.lit("besides"))
        .when((chosen == Choice.ON_ACCOUNT) & (amount != ""))
        .then(pl.lit("whole"))
        .when((amount != "") & ~amount.str.contains(model.MONEY_TEXT))
        .then(pl.lit("amount"))
        .otherwise(pl.lit(""))
    )


_REFUSALS: Final = {
    "choice": ("the decision is none that there is", f"Choose one of: {', '.join(columns.CHOICES)}."),
    "proposal": (
        "this is a proposal, and nothing is settled of the line yet",
        "Decide it on Suggestions or Exceptions, where the line waits.",
    ),
    "row": ("the row has lost its line id or its fingerprint", "Press Refresh, then decide again."),
    "alternative": (
        "`accept alternative` without the alternative's number",
        "Type the number that stands before it in Alternatives into `Alternative no.`.",
    ),
    "item": ("`allocate` without an item", "Type the document number into Item, and how much into Amount."),
    "amount": ("the amount is no amount", "Type it as 1200.50."),
    "besides": (
        "this decision takes no item and no amount of yours",
        "Empty Item and Amount, or choose `allocate`: it takes what you type.",
    ),
    "whole": (
        "`on account` takes the whole line, and no amount",
        "Empty Amount; or choose `allocate`, with `on account 50.00` among the items.",
    ),
}


def _refused(typed: pl.DataFrame) -> list[Problem]:
    rows = typed.filter(pl.col("refused") != "").select("where", "refused")
    return [Problem("decision-refused", where, *_REFUSALS[why]) for where, why in rows.iter_rows()]
