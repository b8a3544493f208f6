"""Document numbers and order references as keys: of items, open and closed, and in the text of lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from recon import distinct
from recon.match import text
from recon.match.frames import Ready
from recon.model import Tables
from recon.rules.schema import Rules

CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ITEM_REFERENCES = ("po_no", "service_user_ref", "contract_id", "plan_id")
# A number and the financial year behind it: the 1st group is the number without the year.
YEARED = r"^([A-Z0-9-]*[0-9])-(?:20)?(?:[12][0-9])-(?:20)?(?:[12][0-9])$"
KEY_KINDS = pl.Enum(["full", "bare", "order"])  # millions of rows have one
KEY_LENGTH_MIN = 4  # shorter order references are no evidence
WRITTEN_OFF = (
    r"^(?:written|write|wrote)[ _-]?off\b|^w/?o$|^bad[ _-]debts?\b"  # what ledgers call a debt given up
)
COUNTING_WORDS = (
    "NO",
    "NOS",
)  # labels that say which document only behind another: INVOICE NO 12, not ROOM NO 12


def item_keys(items: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Every key an item can be found by; a key that says too little is left out."""
    documents = pl.concat(
        [
            items.select("item", text="doc_no"),
            items.filter(pl.col("item_id") != pl.col("doc_no")).select("item", text="item_id"),
        ]
    ).filter(pl.col("text") != "")
    full = documents.select("item", raw=text.struct_key(pl.col("text"))).filter(
        pl.col("raw").str.contains("[0-9]")
    )
    dashed = full.filter(pl.col("raw").str.contains("-", literal=True))
    squeezed = dashed.select("item", raw=pl.col("raw").str.replace_all("-", "", literal=True))
    lettered = full.filter(pl.col("raw") >= "A")  # keys are of digits, dashes and capitals, which sort so
    # All behind the letters that it begins with, and the digits that it ends with; mostly the same.
    head = pl.col("raw").str.strip_chars_end("0123456789").str.len_bytes()
    ends = lettered.select(
        "item", tail=pl.col("raw").str.strip_chars_start(CAPITALS), last=pl.col("raw").str.slice(head)
    )
    tail = ends.select("item", raw="tail")
    last = ends.filter((pl.col("last") != "") & (pl.col("last") != pl.col("tail"))).select("item", raw="last")
    # `T-00606/25-26` and `0123/2025-26` end with the year, which payers leave away.
    yearless = dashed.select("item", raw=pl.col("raw").str.extract(YEARED, 1))
    serial = yearless.select("item", raw=pl.col("raw").str.extract(r"([0-9]+)$", 1))
    bare = pl.concat([tail, last, yearless, serial]).drop_nulls()
    bare = bare.filter(pl.col("raw").str.len_chars() >= rules.references.bare_digits_min)
    orders = pl.concat(
        [
            items.filter(pl.col(name) != "").select("item", raw=text.struct_key(pl.col(name)))
            for name in ITEM_REFERENCES
        ]
    )
    orders = orders.filter(
        (pl.col("raw").str.len_chars() >= KEY_LENGTH_MIN) & pl.col("raw").str.contains("[0-9]")
    ).unique(maintain_order=True)
    parts = [(pl.concat([full, squeezed]), "full"), (bare, "bare"), (orders, "order")]
    return pl.concat(
        [
            _once(frame.select("item", "raw", key=text.unzero(pl.col("raw")), kind=pl.lit(kind, KEY_KINDS)))
            for frame, kind in parts
        ]
    )


def _once(keys: pl.DataFrame) -> pl.DataFrame:
    """Each key of an item once, as it is first written."""
    return keys.filter(distinct.first(keys.select("item", "key")))


def written_off(status: pl.Expr) -> pl.Expr:
    """Does the ledger's own status say that the debt was given up?"""
    return status.fill_null("").str.strip_chars().str.to_lowercase().str.contains(WRITTEN_OFF)


def closed_keys(tables: Tables) -> pl.DataFrame:
    """The numbers of closed items, each once for each customer.

    Returns (doc_no, customer_id, listed, written, amount, raw, key): `listed` says that the item is still in the
    extract, with nothing left: an earlier run settled it; `written`, that the debt was written off.
    """
    columns = ("doc_no", "customer_id", "status", "amount_minor")
    settled = tables.open_items.select(*columns, "open_amount_minor").filter(pl.col("open_amount_minor") == 0)
    closed = pl.concat(
        [
            tables.closed_items.select(*columns, listed=pl.lit(value=False)),
            settled.select(*columns, listed=pl.lit(value=True)),
        ]
    )
    return (
        closed.select(
            "doc_no",
            "customer_id",
            "listed",
            written=written_off(pl.col("status")),
            amount="amount_minor",
            raw=text.struct_key(pl.col("doc_no")),
        )
        .filter(pl.col("raw").str.contains("[0-9]"))
        .with_columns(key=text.unzero(pl.col("raw")))
        # Of rows that differ in nothing else the one that was written off, whatever their order in the file.
        .sort("key", "doc_no", "customer_id", "amount", pl.col("written").not_(), "listed", nulls_last=True)
        .unique(["key", "raw", "customer_id"], keep="first", maintain_order=True)
    )


def paid_before(tables: Tables) -> pl.DataFrame:
    """The receipts of earlier runs by the number of the document that they paid, each document once.

    Returns (doc_no, customer_id, paid_by, paid_on).
    """
    columns = ("item_id", "doc_no", "customer_id")
    numbered = pl.concat([tables.open_items.select(columns), tables.closed_items.select(columns)])
    return (
        numbered.join(tables.paid, on="item_id", maintain_order="left")
        .select("doc_no", "customer_id", paid_by="line_id", paid_on="booking_date")
        .sort("paid_on", "paid_by", descending=True, nulls_last=True)
        .unique(["doc_no", "customer_id"], keep="first", maintain_order=True)
    )


def labelled(atom: pl.Expr, before: pl.Expr, labels: list[str]) -> pl.Expr:
    """Is an atom a label of document numbers, given the atom before it?"""
    plain = [label for label in labels if label not in COUNTING_WORDS]
    return atom.is_in(labels) & (~atom.is_in(COUNTING_WORDS) | before.is_in(plain).fill_null(value=False))


class GramShape(NamedTuple):
    """What references look like: the letters that they begin with, and how many atoms the longest has."""

    starts: pl.Series
    longest: int


def gram_shape(raws: Sequence[pl.Series]) -> GramShape:
    """What numbers look like, as keys or as they are written."""
    whole = pl.concat([raw.cast(pl.String) for raw in raws])
    starts = whole.str.extract(r"^([A-Z]+)", 1).drop_nulls().unique(maintain_order=True)
    longest = whole.str.count_matches(r"[A-Z]+|[0-9]+").max()
    return GramShape(starts, int(longest) if isinstance(longest, int) else 1)


def spelled(items: pl.DataFrame, tables: Tables) -> pl.Series:
    """Numbers of several words, as written: a text's `ESX-PO-793483` begins with ESX, though its key with ESXPO."""
    parts = [items.select(text=pl.col(name)) for name in ("doc_no", "item_id", *ITEM_REFERENCES)]
    parts += [
        tables.closed_items.select(text="doc_no"),
        tables.remittance_lines.select(text="payment_reference"),
    ]
    written = pl.concat(parts).filter(pl.col("text").str.contains(r"[A-Za-z][^A-Za-z0-9]+[A-Za-z]"))["text"]
    return written.to_frame().select(text.upper(pl.col("text")).str.strip_chars_start("-/.#:( "))["text"]


def no_document(found: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Grams without the bare numbers behind a label, or that with the letters before them are a known document."""
    bare = pl.col("raw").str.contains("^[0-9-]+$")
    stuck = found.filter(bare).select(whole=text.unzero(pl.col("before") + pl.col("raw"))).unique()
    documents = ready.known(stuck["whole"])
    named = text.unzero(pl.col("before") + pl.col("raw")).is_in(documents["key"].implode())
    return found.filter(~(bare & (pl.col("labelled") | named)))


def grams(found: pl.DataFrame, starts: pl.Series, longest: int, labels: list[str]) -> pl.DataFrame:
    """What may be a reference in a line; a number behind a label is also known without it."""
    # One atom more than the longest number has, for the one that a blank breaks in two (`HS/25-26/27 332`).
    whole = text.grams(found, "line", starts, max(longest, 1) + 1)
    same = pl.col("line") == pl.col("line").shift(1)
    label = labelled(pl.col("atom"), pl.when(same).then(pl.col("atom").shift(1)), labels)
    # What stands before each atom, by which a gram finds it without a join.
    before = found.select("line", "atom", label=label).select(
        labelled=pl.when(same).then(pl.col("label").shift(1)).fill_null(value=False),
        before=pl.when(same).then(pl.col("atom").shift(1)).fill_null(""),
    )
    tagged = pl.concat([whole, before[whole["nth"]]], how="horizontal")
    plain = tagged.select(
        "line",
        "at",
        "size",
        "raw",
        "opened",
        "closed",
        "piece",
        "field_end",
        "tight",
        "labelled",
        "before",
        key=text.unzero(pl.col("raw")),
    )
    squeezed = plain.filter(pl.col("raw").str.contains("^[A-Z].*-")).with_columns(
        key=text.unzero(pl.col("raw").str.replace_all("-", ""))
    )
    return pl.concat([plain, squeezed])
