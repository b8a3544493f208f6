"""Ids of open items as the documents that people know: number, customer, due date. Pure.

    item_id V0002993 of K10014  ->  3100321 5,067.61 (due 12/02/2026), of K10014 Bradford Council

The store and the output files keep the ids; the sheets that people decide on say what the customer sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from recon.fill import fill
from recon.workbook import sums

SHOWN_MAX: Final = 6  # items that a cell names; the sheet Allocations has them all
_WORDS: Final = r"[^\s;,:|]+|[\s;,:|]+"  # a text as its words and what stands between them
_WEIGHTS: Final = (
    (r"^(?:MT-[A-Z0-9-]+ ?)+(?:; |$)", ""),
    (r" \([+-]\d+(?:\.\d+)?\)", ""),
    (r"(?:; )?prior(?:, score -?\d+(?:\.\d+)?)?$", ""),
)

Views = Mapping[str, pl.DataFrame]


def of_items(view: Views) -> pl.DataFrame:
    """What each open item is called: (item_id, document, customer, due).

    `document` is the document's number, with the id in brackets where several items have that number; the id alone
    where there is none. `customer` is number and name; `due` a date.
    """
    items = view["open_items"]
    missing = [pl.lit(None, pl.String).alias(name) for name in _TEXTS if name not in items.columns]
    due = "due_date" if "due_date" in items.columns else pl.lit(None, pl.Date)
    plain = items.with_columns(missing).select(
        *(pl.col(name).cast(pl.String).fill_null("").str.strip_chars() for name in _TEXTS), due=due
    )
    plain = plain.unique("item_id", keep="first", maintain_order=True)
    named = (
        pl.when(pl.col("doc_no") == "")
        .then("item_id")
        .when(pl.col("doc_no").is_duplicated())
        .then(fill("{} ({})", pl.col("doc_no"), pl.col("item_id")))
        .otherwise("doc_no")
    )
    customer = pl.concat_str("customer_id", "customer_name", separator=" ").str.strip_chars()
    return plain.select("item_id", document=named, customer=customer, due="due")


_TEXTS: Final = ("item_id", "doc_no", "customer_id", "customer_name")


def proposed(allocations: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """Each line's proposed items: (line_id, items, customer), a document on each line of text.

    Args:
        allocations: outer form.
        named: as `of_items` gives it.
    """
    # A second deduction on an item is a row of 0.00: it is no second item.
    item = pl.col("item_id").cast(pl.String).fill_null("")
    rows = allocations.filter((item != "") & (sums.exact("amount") != 0)).select("line_id", item, "amount")
    told = rows.join(named, on="item_id", how="left", maintain_order="left")
    due = pl.col("due").dt.strftime(" (due %d/%m/%Y)").fill_null("")
    piece = pl.concat_str(
        pl.coalesce("document", "item_id"), pl.lit(" "), sums.grouped(pl.col("amount").cast(pl.String)), due
    )
    whose = pl.col("customer").fill_null("")
    more = pl.len().cast(pl.Int64) - SHOWN_MAX
    return told.group_by("line_id", maintain_order=True).agg(
        items=piece.head(SHOWN_MAX).str.join("\n")
        + pl.when(more > 0)
        .then(pl.concat_str(pl.lit("\nand "), more.cast(pl.String), pl.lit(" more: see Allocations")))
        .otherwise(pl.lit("")),
        customer=whose.filter(whose != "").unique(maintain_order=True).str.join("; "),
    )


def in_words(frame: pl.DataFrame, names: list[str], named: pl.DataFrame) -> pl.DataFrame:
    """The frame with each item id that stands as a word of these text columns told as its document."""
    differ = named.filter(pl.col("document") != pl.col("item_id")).select("item_id", "document")
    made = frame
    for name in names:
        texts = frame.select(text=pl.col(name)).drop_nulls().filter(pl.col("text") != "").unique()
        words = texts.with_row_index("row").with_columns(item_id=pl.col("text").str.extract_all(_WORDS))
        words = words.explode("item_id").join(differ, on="item_id", how="left", maintain_order="left")
        told = words.group_by("row", maintain_order=True).agg(
            pl.col("text").first(), told=pl.coalesce("document", "item_id").str.join("")
        )
        both = told.select(pl.col("text").alias(name), "told")
        made = made.join(both, on=name, how="left", maintain_order="left").with_columns(
            pl.coalesce("told", name).alias(name)
        )
        made = made.drop("told")
    return made


def without_weights(reasons: pl.Expr) -> pl.Expr:
    """Reasons without what only weighs them; *Allocations* and the output files have the weights."""
    for pattern, instead in _WEIGHTS:
        reasons = reasons.str.replace_all(pattern, instead)
    return reasons
