"""Step 2: find. Which lines, open items, customers and remittances may meet at all.

    line 0 "NHS SUSSEX ICB INV-1042"   -> reference (0, item 0, exact), payer (0, K10, name, sure)
    line 1 "NHS SBS 0000451207"        -> numbered (1, remittance 0)

Every meeting is a join on a key; nothing is ever compared with everything. What is found for a line hangs on no other
line, so that the lines can come in parts; `link` joins the parts.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from recon import together
from recon.match import companies, plans, short, text
from recon.match.asked import beside
from recon.match.candidates import advised, damaged, payers, references
from recon.match.frames import Met, Ready, Spelled
from recon.rules.schema import Rules


def indexes(ledger: Ready, rules: Rules) -> None:
    """Make what large parts of the lines ask of the whole ledger, two at a time; once, whoever asks.

    Each part makes what is not there yet. But parts that begin together want the same at the same time, and one would
    make it while the others wait.
    """
    makers: list[Callable[[], object]] = [lambda: ledger.prefixes, *damaged.indexes(ledger, rules)]
    if short.asked(rules):
        makers.append(lambda: short.tails(ledger, rules))
    ledger.once("indexes", lambda: list(together.each(_made, makers, 2)))


def _made(make: Callable[[], object]) -> None:
    make()


def find(part: Spelled, rules: Rules) -> Met:
    """All that may belong together, of some of the lines; see `frames.Met` for the columns."""
    (kept, wide), (paying, near, crowded) = together.both(
        lambda: _named(part, rules), lambda: payers.known(part, rules)
    )
    kept = pl.concat([kept, short.named(part, kept, paying, rules)]).unique(
        ["line", "item"], keep="first", maintain_order=True
    )
    return Met(
        references=kept,
        payers=paying,
        numbered=advised.numbered(part, rules),
        closed=_closed(part, kept, rules),
        near=near,
        expired=_expired(part, paying),
        unknown=references.unknown(part, kept),
        dates=references.dates(part),
        twins=_twins(part, kept),
        elsewhere=companies.elsewhere(part, rules),
        crowded=crowded,
        plans=plans.said(part),
        texts=part.lines.select("line", "payer_text"),
        wide=wide,
        everything=_everything(part, kept, rules),
    )


def _named(part: Spelled, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What open lines name, without what too many items share; and the lines that name such."""
    named = references.named(part, rules)
    open_lines = part.lines.filter(pl.col("state") == "open").select("line")
    named = named.join(open_lines, on="line", how="semi", maintain_order="left")
    fan = named.with_columns(fan=pl.col("item").n_unique().over("line", "said"))
    limit = rules.limits.items_per_reference
    wide = fan.filter(pl.col("fan") > limit).select("line", "fan")
    wide = wide.sort("line", "fan", descending=[False, True]).unique(
        "line", keep="first", maintain_order=True
    )
    return fan.filter(pl.col("fan") <= limit).drop("fan"), wide


def _everything(part: Spelled, kept: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Lines that name more of an owner's items than count as evidence."""
    named = beside(kept, part.items.select("item", "owner"), "item")
    counted = named.group_by("line", "owner", maintain_order=True).agg(count=pl.col("item").n_unique())
    return counted.filter(pl.col("count") > rules.limits.items_per_line).sort("line", "owner")


def _closed(part: Spelled, kept: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Lines that name a closed item, and nothing that is open at that place."""
    closed = part.said_closed.select("key", "doc_no", "customer_id", "written")
    closed = closed.unique("key", keep="first", maintain_order=True)
    hits = part.grams.filter("opened", "closed").join(closed, on="key", maintain_order="left")
    long = (pl.col("raw").str.len_chars() >= rules.references.bare_digits_sure) & ~pl.col("piece")
    hits = hits.filter(pl.col("raw").str.contains("^[A-Z]") | pl.col("labelled") | long)
    hits = hits.join(kept.select("line", "at").unique(), on=["line", "at"], how="anti", maintain_order="left")
    return hits.select("line", "doc_no", "customer_id", "written").unique(
        ["line", "doc_no"], keep="first", maintain_order=True
    )


def _twins(part: Spelled, kept: pl.DataFrame) -> pl.DataFrame:
    """Items that a line names by a number that a closed item has too, of another customer or written otherwise.

    Numbers repeat between entities. Where the closed one had the line's amount, it may be paid a second time.
    """
    named = kept.filter(pl.col("how") == "exact").with_columns(key=text.unzero(pl.col("said")))
    pairs = named.join(part.closed_keyed(named["key"]), on="key", maintain_order="left")
    pairs = beside(pairs, part.items.select("item", owned="customer_id", doc="doc_no"), "item")
    pairs = beside(pairs, part.lines.select("line", paid="amount"), "line")
    other = (pl.col("customer_id") != pl.col("owned")) | (pl.col("doc_no") != pl.col("doc"))
    return (
        pairs.filter(other & (pl.col("amount") == pl.col("paid")))
        .select("line", "item")
        .unique(maintain_order=True)
    )


def _expired(part: Spelled, paying: pl.DataFrame) -> pl.DataFrame:
    """Lines whose text has a name that was valid on another day only."""
    day = pl.col("booking_date")
    hits = (
        part.name_grams.filter("whole")
        .join(
            part.names.filter(pl.col("valid_from").is_not_null() | pl.col("valid_to").is_not_null()),
            on="key",
            maintain_order="left",
        )
        .join(part.lines.select("line", "booking_date"), on="line", maintain_order="left")
        .filter((day < pl.col("valid_from")) | (day > pl.col("valid_to")))
    )
    lone = hits.join(paying.filter("sure"), on="line", how="anti", maintain_order="left")
    lone = lone.sort("line", "customer_id", "valid_from", "valid_to", nulls_last=True)
    return lone.select("line", "customer_id", "valid_from", "valid_to", "booking_date").unique(
        "line", keep="first", maintain_order=True
    )
