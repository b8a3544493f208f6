"""What every peer is given, made once the way a careful analyst would: what lines pay, what they may name, and who.

A line that an advice explains (by its payment number, or by a total that only one line and one advice have) is cut
into one part per advised document. So a peer that compares records gets advices too, although none of them knows what
an advice is. Everything here is generous: exact names and accounts are looked up, numbers are found in any writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from recon import model
from recon.model import BANK_LINES, CUSTOMERS, OPEN_ITEMS, REMITTANCE_LINES

PAIRS: Final = {"line_id": pl.String(), "item_id": pl.String(), "score": pl.Float64()}
INPUTS: Final = {
    "bank_lines": BANK_LINES,
    "open_items": OPEN_ITEMS,
    "customers": CUSTOMERS,
    "remittance_lines": REMITTANCE_LINES,
}
RAIL: Final = 18  # banks cut names at this length; India's at 30, which is cut further here
WORDS_MAX: Final = 4  # a document number is at most so many words of letters and digits
DIGITS_MIN: Final = 3
NAME_MIN: Final = 4
SINGLE_MIN: Final = 4  # a word of digits without a known prefix
FILLERS: Final = (
    "INV|INVOICE|INVOICES|PAYMENT|PAYT|REF|FEES|LESS|TO|NEFT|RTGS|IMPS|UPI|MMT|CR|BY|TRANSFER|BANK|CAREWELL"
    "|SERVICES"
)


@dataclass(frozen=True)
class Inputs:
    """The tables of a job in outer form, as they stand in its files."""

    bank_lines: pl.DataFrame
    open_items: pl.DataFrame
    customers: pl.DataFrame
    remittance_lines: pl.DataFrame


@dataclass(frozen=True)
class Prepared:
    """What peers compare.

    Attributes:
        parts: part (0, 1, ...), line_id, text, name, customer_id (empty = not known), amount (minor units), booked.
        refs: part, ref (letters and digits only): what may be a document number.
        words: part, word: every run of one to four words, with separators left out.
        items: item_id, customer_id, name, doc (letters and digits only), amount, issued.
        names: name, customer_id: every name of every customer, upper case.
    """

    parts: pl.DataFrame
    refs: pl.DataFrame
    words: pl.DataFrame
    items: pl.DataFrame
    names: pl.DataFrame


def prepare(inputs: Inputs) -> Prepared:
    """The tables of a job as parts, items, names and possible document numbers."""
    frames = {name: getattr(inputs, name) for name in INPUTS}
    scales = model.scales_of([(INPUTS[name], frame) for name, frame in frames.items()])
    inner = {name: model.inside(frame, INPUTS[name], scales) for name, frame in frames.items()}
    names = _names(inner["customers"])
    items = _items(inner["open_items"])
    lines = _lines(inner["bank_lines"], inner["customers"], names)
    words = _words(lines)
    parts, advised = _parts(lines, words, inner["remittance_lines"])
    whole = parts.filter(pl.col("doc") == "").select("line_id", "part")
    words = whole.join(words, on="line_id", maintain_order="left").select("part", "word", "several")
    refs = pl.concat([_refs(words, items), advised]).unique(maintain_order=True)
    words = pl.concat([words.select("part", "word"), advised.rename({"ref": "word"})])
    return Prepared(parts.drop("doc"), refs, words.unique(maintain_order=True), items, names)


def bare(column: str) -> pl.Expr:
    """Letters and digits only, upper case."""
    return pl.col(column).fill_null("").str.to_uppercase().str.replace_all(r"[^0-9A-Z]+", "")


def _plain(column: str) -> pl.Expr:
    """A name in upper case with one blank between words."""
    upper = pl.col(column).fill_null("").str.to_uppercase()
    return upper.str.replace_all(r"[^0-9A-Z&' ]+", " ").str.replace_all(r" +", " ").str.strip_chars()


def _items(items: pl.DataFrame) -> pl.DataFrame:
    return items.select(
        "item_id",
        "customer_id",
        name=_plain("customer_name"),
        doc=bare("doc_no"),
        amount="open_amount_minor",
        issued="issue_date",
    )


def _names(customers: pl.DataFrame) -> pl.DataFrame:
    known = customers.select(
        "customer_id",
        name=pl.concat_list(
            pl.col("name").fill_null("").str.split("\0"), pl.col("aliases").fill_null("").str.split(";")
        ),
    ).explode("name")
    return (
        known.select("customer_id", name=_plain("name"))
        .filter(pl.col("name") != "")
        .unique(maintain_order=True)
    )


def _lines(bank: pl.DataFrame, customers: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Credits: text, the words that may be a name, and the customer that name or account stand for, if only one."""
    said = [pl.col(name).fill_null("") for name in ("counterparty", "reference", "narrative")]
    lines = bank.filter(pl.col("amount_minor") > 0).select(
        "line_id",
        "counterparty_account",
        text=pl.concat_str(said, separator=" ").str.to_uppercase().str.strip_chars(),
        amount="amount_minor",
        booked="booking_date",
    )
    chunks = _chunks(lines)
    short = names.select("customer_id", name=pl.col("name").str.slice(0, RAIL).str.strip_chars()).unique()
    sole = (
        short.group_by("name")
        .agg(pl.col("customer_id").first(), owners=pl.len())
        .filter(pl.col("owners") == 1)
    )
    known = chunks.join(sole, on="name", maintain_order="left").unique(
        "line_id", keep="first", maintain_order=True
    )
    longest = chunks.group_by("line_id", maintain_order=True).agg(
        pl.col("name").sort_by(pl.col("name").str.len_chars(), descending=True).first()
    )
    accounts = (
        customers.select(payer="customer_id", account=pl.col("accounts").fill_null("").str.split(";"))
        .explode("account")
        .filter(pl.col("account") != "")
        .unique("account", keep="first", maintain_order=True)
    )
    return (
        lines.join(longest, on="line_id", how="left", maintain_order="left")
        .join(known.select("line_id", "customer_id"), on="line_id", how="left", maintain_order="left")
        .join(accounts, left_on="counterparty_account", right_on="account", how="left", maintain_order="left")
        .select(
            "line_id",
            "text",
            pl.col("name").fill_null(""),
            pl.coalesce("payer", "customer_id", pl.lit("")).alias("customer_id"),
            "amount",
            "booked",
        )
    )


def _chunks(lines: pl.DataFrame) -> pl.DataFrame:
    """What may be the payer's name: the text without its numbers, and each piece of it between dashes and strokes."""
    pieces = pl.concat_list(
        pl.col("text").str.split("\0"), pl.col("text").str.replace_all(r"[-/*]", "\0").str.split("\0")
    )
    numbers = rf"\S*\d\S*|\b(?:{FILLERS})\b"
    return (
        lines.select("line_id", chunk=pieces)
        .explode("chunk")
        .with_columns(pl.col("chunk").str.replace_all(numbers, " "))
        .select("line_id", name=_plain("chunk").str.slice(0, RAIL).str.strip_chars())
        .filter(pl.col("name").str.len_chars() >= NAME_MIN)
        .unique(maintain_order=True)
    )


def _words(lines: pl.DataFrame) -> pl.DataFrame:
    """Runs of one to four neighbouring words of letters and digits, joined: line_id, word, several."""
    single = (
        lines.select("line_id", word=pl.col("text").str.extract_all(r"[0-9A-Z]+"))
        .explode("word")
        .drop_nulls()
    )
    runs = [single.select("line_id", "word", several=pl.lit(value=False))]
    joined = single.with_columns(run=pl.col("word"))
    for ahead in range(1, WORDS_MAX):
        joined = joined.with_columns(
            run=pl.col("run") + pl.col("word").shift(-ahead),
            same=pl.col("line_id") == pl.col("line_id").shift(-ahead),
        )
        runs.append(joined.filter("same").select("line_id", word="run", several=pl.lit(value=True)))
    digits = pl.col("word").str.count_matches(r"\d")
    return pl.concat(runs).filter(digits >= DIGITS_MIN).unique(maintain_order=True)


def _refs(words: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Those words that may be a document number: they begin like one of the ledger's, or are one word of digits."""
    docs = items["doc"].unique()
    prefixes = sorted(
        {text for text in docs.str.extract(r"^([A-Z]+)").to_list() if text},
        key=lambda text: (-len(text), text),
    )
    length = pl.col("word").str.len_chars()
    begins = pl.lit(value=False)
    if prefixes:
        begins = pl.col("word").str.contains(rf"^(?:{'|'.join(prefixes)})[0-9OISBL]")
    digits = ~pl.col("several") & pl.col("word").str.contains(r"^[0-9OISBL]+$")
    long = docs.str.len_chars().max()
    return (
        words.filter(length.is_between(SINGLE_MIN, long or 0) & (begins | digits))
        .select("part", ref="word")
        .unique(maintain_order=True)
    )


def _parts(
    lines: pl.DataFrame, words: pl.DataFrame, advices: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One part for each line, or for each document of the advice of a line; and the documents' numbers as refs."""
    numbers = advices.select("remittance_id", word=bare("payment_reference")).unique(maintain_order=True)
    named = words.join(numbers.filter(pl.col("word") != ""), on="word").select("line_id", "remittance_id")
    totals = advices.select("remittance_id", amount="payment_amount_minor").unique().drop_nulls()
    sole_total = totals.filter(pl.col("amount").is_unique())
    sole_line = lines.filter(pl.col("amount").is_unique()).join(named, on="line_id", how="anti")
    by_total = sole_line.join(sole_total, on="amount").select("line_id", "remittance_id")
    linked = pl.concat([named, by_total]).unique("line_id", keep="first", maintain_order=True)
    advised = (
        linked.join(advices, on="remittance_id", maintain_order="left")
        .select("line_id", doc=bare("doc_no"), paid=pl.coalesce("gross_amount_minor", "paid_amount_minor"))
        .filter(pl.col("doc") != "")
    )
    parts = (
        lines.join(advised, on="line_id", how="left", maintain_order="left")
        .with_columns(
            doc=pl.col("doc").fill_null(""),
            text=pl.coalesce("doc", "text"),
            amount=pl.coalesce("paid", "amount"),
        )
        .drop("paid")
        .with_row_index("part")
    )
    return parts, parts.filter(pl.col("doc") != "").select("part", ref="doc")
