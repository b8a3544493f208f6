"""Ids of open items as the documents that people know: number, customer, due date. Pure.

    item_id V0002993 of K10014  ->  3100321 5,067.61 (due 12/02/2026), of K10014 Bradford Council

The store and the output files keep the ids; the sheets that people decide on say what the customer sees. What a sheet
shows as a document means one item, and can be typed there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from recon.fill import fill
from recon.workbook import sums

SHOWN_MAX: Final = 6  # items that a cell names; the sheet Allocations has them all
OR: Final = " | "  # between alternatives
_WORDS: Final = r"[^\s;,:|]+|[\s;,:|]+"  # a text as its words and what stands between them
_PIECE: Final = r"^(.+?) (-?\d+(?:\.\d+)?(?: less .*)?)$"  # an alternative's item, and what it takes
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
    if "names" in view:  # a ledger may have its customers' names elsewhere
        names = view["names"].select("customer_id", "name")
        plain = plain.join(names, on="customer_id", how="left", maintain_order="left")
        known = pl.when(pl.col("customer_name") == "").then("name").otherwise("customer_name")
        plain = plain.with_columns(customer_name=known.fill_null("")).drop("name")
    # The number of one may be the id of another: what a sheet shows must mean one item when it is typed.
    another = (pl.col("doc_no") != pl.col("item_id")) & pl.col("doc_no").is_in(plain["item_id"].implode())
    named = (
        pl.when(pl.col("doc_no") == "")
        .then("item_id")
        .when(pl.col("doc_no").is_duplicated() | another)
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


def alternatives(told: pl.DataFrame, named: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Alternatives with documents for ids, and which line names which item in them.

    Args:
        told: line_id, alternatives (` | ` between them, ` + ` between an alternative's items, each as `ID 60.00` or
            `ID 60.00 less 5.00 TDS`).
        named: as `of_items` gives it.

    Returns: (line_id, alternatives), and (line_id, item_id).
    """
    rows = told.drop_nulls().filter(pl.col("alternatives") != "")
    pieces = (
        rows.with_columns(one=pl.col("alternatives").str.split(OR))
        .explode("one")
        .with_columns(pl.col("one").str.strip_chars())
        .filter(pl.col("one") != "")
        # A reading that several exceptions repeat counts once, as where its number is looked up.
        .unique(["line_id", "one"], keep="first", maintain_order=True)
        .with_row_index("reading")
        .with_columns(piece=pl.col("one").str.split(" + "))
        .explode("piece")
        .with_columns(
            item_id=pl.col("piece").str.extract(_PIECE, 1), rest=pl.col("piece").str.extract(_PIECE, 2)
        )
        .join(named.select("item_id", "document"), on="item_id", how="left", maintain_order="left")
    )
    whole = pl.concat_str("document", "rest", separator=" ").fill_null(pl.col("piece"))
    readings = pieces.group_by("reading", maintain_order=True).agg(
        pl.col("line_id").first(), pl.col("alternatives").first(), whole.str.join(" + ").alias("told")
    )
    joined = readings.group_by("line_id", "alternatives", maintain_order=True).agg(
        pl.col("told").str.join(OR)
    )
    made = told.join(joined, on=["line_id", "alternatives"], how="left", maintain_order="left")
    names = pieces.select("line_id", "item_id").drop_nulls().unique(maintain_order=True)
    return made.select("line_id", alternatives=pl.coalesce("told", "alternatives")), names


def details(told: pl.DataFrame, own: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """Details with documents for ids: of the line's own items only, and not for bare numbers, which may be amounts.

    Args:
        told: line_id (each once), detail.
        own: line_id, item_id: the items of the line's proposal and alternatives.
        named: as `of_items` gives it.
    """
    meant = own.join(
        named.filter(
            (pl.col("document") != pl.col("item_id")) & pl.col("item_id").str.contains(r"\p{L}")
        ).select("item_id", "document"),
        on="item_id",
        how="inner",
        maintain_order="left",
    ).unique(["line_id", "item_id"], keep="first", maintain_order=True)
    some = told.join(meant, on="line_id", how="inner", maintain_order="left")
    some = some.filter(pl.col("detail").str.contains(pl.col("item_id"), literal=True))
    words = (
        some.select("line_id", "detail")
        .unique(maintain_order=True)
        .with_columns(item_id=pl.col("detail").str.extract_all(_WORDS))
        .explode("item_id")
        .join(meant, on=["line_id", "item_id"], how="left", maintain_order="left")
    )
    made = words.group_by("line_id", maintain_order=True).agg(
        said=pl.coalesce("document", "item_id").str.join("")
    )
    joined = told.join(made, on="line_id", how="left", maintain_order="left")
    return joined.with_columns(detail=pl.coalesce("said", "detail")).drop("said")


def without_weights(reasons: pl.Expr) -> pl.Expr:
    """Reasons without what only weighs them; *Allocations* and the output files have the weights."""
    for pattern, instead in _WEIGHTS:
        reasons = reasons.str.replace_all(pattern, instead)
    return reasons
