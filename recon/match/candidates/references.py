"""Which open items a line's text names: exactly, cut off, without the prefix, in lists, or one character off."""

from __future__ import annotations

import polars as pl

from recon.match import counts, text
from recon.match.asked import beside
from recon.match.calendar import date_like, period_like
from recon.match.candidates.continued import continued
from recon.match.candidates.damaged import cut_off, lookalikes, tokens, typos
from recon.match.candidates.lists import listed
from recon.match.frames import REFERENCES, Spelled
from recon.rules.schema import Rules

LONG = r"^[0-9]{10,}$"  # digits that tell a number, though others hang on it by a dash
ORDER_WORDS = ("PO", "ORDER", "CONTRACT", "PLAN")  # before a number that is an order's


def named(ready: Spelled, rules: Rules) -> pl.DataFrame:
    """All references of all lines, the best reading of each place in the text only.

    Returns (line, item, how, said, at, size): `how` is exact, order, cut, bare or typo.

    Example: `INV-1042` names INV-1042 exactly, and not SI-1042 by its bare number.
    """
    hits = _hits(ready, rules)
    strong = hits.filter(pl.col("how").is_in(["exact", "order"]))
    lists = listed(ready, rules, strong)
    more = continued(ready, rules, strong)
    settled = pl.concat([strong, lists, more]).unique(["line", "item"], keep="first", maintain_order=True)
    covered = _places(settled)
    bare = hits.filter(pl.col("how") == "bare").join(
        covered, on=["line", "at"], how="anti", maintain_order="left"
    )
    cut = cut_off(ready, rules).join(covered, on=["line", "at"], how="anti", maintain_order="left")
    found = pl.concat([settled, cut, bare]).unique(["line", "item"], keep="first", maintain_order=True)
    sure = found.filter(pl.col("how") != "bare")
    # Numbers that may be damaged are sought where nothing whole is named.
    said = tokens(ready, rules, sure)
    alike = lookalikes(ready, rules, said)
    off = typos(ready, rules, said, pl.concat([sure, alike]))
    # A whole number with letters typed for digits says more than the digits it ends with.
    every = pl.concat([sure, alike, found.filter(pl.col("how") == "bare"), off])
    return every.unique(["line", "item"], keep="first", maintain_order=True)


def unknown(ready: Spelled, found: pl.DataFrame) -> pl.DataFrame:
    """Numbers in the ledger's own form that no open item has: (line, said). Payments by other evidence doubt them.

    Args:
        ready: for the texts and the ledger's forms.
        found: references as `named` returns them.
    """
    said = ready.grams.filter(
        pl.col("opened") & pl.col("closed") & pl.col("raw").str.contains("^[A-Z]+[0-9-]+$")
    )
    said = said.with_columns(
        prefix=pl.col("raw").str.extract(r"^([A-Z]+)", 1), digits=pl.col("raw").str.count_matches("[0-9]")
    )
    said = said.join(ready.forms, on="prefix", maintain_order="left").filter(
        pl.col("digits").is_between("low", "high")
    )
    payers = ready.indexed("payers' numbers", lambda: _payers_numbers(ready))
    known = pl.concat([ready.said["key"], payers.of(said["key"])["key"]])
    said = said.filter(~pl.col("key").is_in(known.implode()))
    said = said.join(_places(found), on=["line", "at"], how="anti", maintain_order="left")
    loose = _loose(ready)
    known = pl.concat([ready.keyed(loose["key"])["key"], payers.of(loose["key"])["key"]])
    loose = loose.filter(~pl.col("key").is_in(known.implode()))
    every = pl.concat([said.select("line", said="raw"), loose.select("line", said="raw")])
    return every.unique("line", keep="first", maintain_order=True)


def _payers_numbers(ready: Spelled) -> pl.DataFrame:
    """The numbers of payers and of their remittances: (key)."""
    return pl.concat([ready.accounts.select("key"), ready.remittances.select("key")])


def _loose(ready: Spelled) -> pl.DataFrame:
    """Numbers in nobody's form that still look like a document's (`EH-7781`): (line, raw, key)."""
    lines = ready.lines.filter((pl.col("state") == "open") & ~pl.col("hostile"))
    said = lines.select("line", raw=pl.col("text").str.extract_all(r"\b[A-Z]{2,4}[-/][0-9]{3,8}\b")).explode(
        "raw"
    )
    keyed = said.drop_nulls("raw").with_columns(raw=text.struct_key(pl.col("raw")))
    letters = pl.col("raw").str.extract("^([A-Z]+)", 1)
    used = keyed.filter(~letters.is_in(ready.prefixes.implode()))
    # `ACME PVT LTD-2500642` and `HDFC BANK/4312` are a name and a number, as Indian banks write them.
    used = used.filter(~letters.is_in([*text.LEGAL_FORMS, "BANK"]))
    return used.with_columns(key=text.unzero(pl.col("raw")))


def dates(ready: Spelled) -> pl.DataFrame:
    """Lines with a bare number that reads as a date and is also an item's: (line, item). It is no reference."""
    hits = ready.grams.filter(
        pl.col("opened") & pl.col("closed") & ~pl.col("labelled") & pl.col("raw").str.contains("^[0-9]+$")
    )
    hits = beside(hits, ready.lines.select("line", "booking_date"), "line")
    hits = hits.filter(date_like(pl.col("raw"), pl.col("booking_date")))
    return (
        hits.join(ready.said.select("key", "item"), on="key", maintain_order="left")
        .select("line", "item")
        .unique(maintain_order=True)
    )


def _places(hits: pl.DataFrame) -> pl.DataFrame:
    """The atoms that hits cover, as (line, at)."""
    return (
        hits.select("line", at=pl.int_ranges(pl.col("at"), pl.col("at") + pl.col("size"), dtype=pl.Int32))
        .explode("at")
        .unique(maintain_order=True)
    )


def _outermost(hits: pl.DataFrame) -> pl.DataFrame:
    """Hits that are no part of a longer hit: `INV-1042-2` is that document, and not INV-1042.

    A longer one with a blank in it leaves both: `INV-1042 A SMITH` may be INV-1042 or INV-1042A.
    """
    spans = hits.select("line", "at", "size", "tight").unique(maintain_order=True)
    end, other_end = pl.col("at") + pl.col("size"), pl.col("at_other") + pl.col("size_other")
    inner = spans.join(spans, on="line", suffix="_other", maintain_order="left").filter(
        (pl.col("at_other") <= pl.col("at"))
        & (other_end >= end)
        & (pl.col("size_other") > pl.col("size"))
        & pl.col("tight_other")
    )
    return hits.join(
        inner.select("line", "at", "size").unique(),
        on=["line", "at", "size"],
        how="anti",
        maintain_order="left",
    )


def _hits(ready: Spelled, rules: Rules) -> pl.DataFrame:
    """Keys of items that stand in a line's text."""
    prefixes = ready.prefixes
    hits = (
        ready.grams.filter("opened", "closed")
        .join(ready.said.drop("raw"), on="key", maintain_order="left")
        .pipe(beside, ready.lines.select("line", "booking_date"), "line")
    )
    digits = pl.col("raw").str.contains(r"^[0-9-]+$")
    length = pl.col("raw").str.len_chars()
    foreign = pl.col("before").is_in(prefixes.implode())  # `INV 1042`, but only SI-1042 is open
    alone = digits & ~pl.col("labelled")
    dated = alone & (
        date_like(pl.col("raw"), pl.col("booking_date")) | period_like(pl.col("raw"), pl.col("booking_date"))
    )
    sure = length >= rules.references.bare_digits_sure
    how = (
        # A bare short number needs the payer too, be it a document's or an order's.
        pl.when((pl.col("kind") == "order") & (~digits | sure | pl.col("before").is_in(ORDER_WORDS)))
        .then(pl.lit("order"))
        .when(pl.col("kind") == "order")
        .then(pl.lit("bare"))
        .when((pl.col("kind") == "full") & (~digits | sure))
        .then(pl.lit("exact"))
        .when(pl.col("labelled") & ~foreign)
        .then(pl.lit("exact"))
        .otherwise(pl.lit("bare"))
    )
    # A sort code or a telephone hangs together by dashes; so long a run of digits is a number all the same.
    hanging = digits & pl.col("piece") & ~pl.col("raw").str.contains(LONG)
    kept = (
        ~(dated)
        & ~hanging
        & ~((pl.col("kind") == "bare") & foreign)
        & ~(alone & (length < rules.references.bare_digits_min))
    )
    read = _outermost(hits.filter(kept)).with_columns(how=how, said="raw")
    read = read.select(list(REFERENCES)).cast(REFERENCES)
    bare = counts.without(read.filter(pl.col("how") == "bare"), ready, rules)
    return pl.concat([read.filter(pl.col("how") != "bare"), bare]).sort(
        "line", "at", "size", "item", descending=[False, False, True, False]
    )
