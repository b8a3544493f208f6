"""Several numbers in one text: `INV-1001/02/03`, `INV-1001 to 1005`, `CF/25/01498/777`."""

from __future__ import annotations

import polars as pl

from recon.match import numbers as keyed
from recon.match import text
from recon.match.asked import beside, nth
from recon.match.frames import REFERENCES, Spelled
from recon.rules.schema import References, Rules

RANGE_WORDS = ("TO", "TILL", "THRU", "THROUGH", "UPTO")
LIST_WORDS = ("AND", "PLUS")
DIGITS_MAX = 15  # digits that an integer holds


def listed(ready: Spelled, rules: Rules, strong: pl.DataFrame) -> pl.DataFrame:
    """`INV-1001/02/03` and `INV-1001 to 1005`: every number of a list, read with the first one's beginning.

    What varies in a number is its last run of digits (`CF/25/01498/777` is CF/25/01498 and CF/25/01777); how many
    runs stand before it is known from the ledger's own numbers with that beginning. What is one number of the ledger
    (`strong`, references as REFERENCES) is no list: INV-1042-2 where there is such a document.
    """
    options = rules.references
    if not (options.abbreviated_lists or options.ranges_max) or not rules.evidence.reference_list.propose:
        return pl.DataFrame(schema=REFERENCES)
    members = _without_single(_list_members(ready, options), strong)
    if members.is_empty():
        return pl.DataFrame(schema=REFERENCES)
    numbers = _list_numbers(members, options)
    used = set(ready.prefixes)
    # A label that is no prefix of this ledger (`INVOICE 1001, 1002`) is left away.
    labels = sorted({word.upper() for word in options.labels} - used)
    plain = numbers.filter(pl.col("prefix").is_in(labels)).with_columns(raw="digits")
    wide = pl.concat([numbers.with_columns(raw=pl.col("stem") + pl.col("digits")), plain])
    wide = wide.with_columns(key=text.unzero(pl.col("raw")))
    hits = wide.join(ready.documents(wide["key"]).select("key", "item"), on="key", maintain_order="left")
    # `INV-9042/26` may as well be a number and a year: what is abbreviated counts if the number before it is open,
    # and the same customer's.
    hits = beside(hits, ready.items.select("item", "owner"), "item")
    headed = hits.filter("first").select("segment", "owner").unique()
    hits = pl.concat(
        [
            hits.filter(~pl.col("short")),
            hits.filter("short").join(headed, on=["segment", "owner"], how="semi", maintain_order="left"),
        ]
    )
    return (
        hits.select("line", "item", how=pl.lit("exact"), said="raw", at="at", size=pl.lit(1, dtype=pl.Int32))
        .unique(["line", "item"], keep="first", maintain_order=True)
        .sort("line", "at", "item")
        .cast(REFERENCES)
    )


def _without_single(members: pl.DataFrame, strong: pl.DataFrame) -> pl.DataFrame:
    """Members of which one number of the ledger holds several are left out."""
    spans = strong.select("line", start="at", end=pl.col("at") + pl.col("size")).unique(maintain_order=True)
    held = members.select("line", "segment", "at").join(spans, on="line", maintain_order="left")
    held = held.filter((pl.col("at") >= pl.col("start")) & (pl.col("at") < pl.col("end")))
    held = held.filter(pl.len().over("segment", "start", "end") > 1)
    return members.join(
        held.select("line", "at").unique(), on=["line", "at"], how="anti", maintain_order="left"
    )


def _list_members(ready: Spelled, options: References) -> pl.DataFrame:
    """The last digit runs of numbers that stand in a list: (line, at, atom, prefix, stem, previous, ranged).

    A segment begins with a prefix; `nth` counts its runs of digits. A list has more than one member.
    """
    # One number makes no list.
    several = ready.atoms.filter("digit")["line"]
    several = several.filter((several == several.shift(-1)).fill_null(value=False)).unique()
    same = pl.col("line") == pl.col("line").shift(1)
    near = ~pl.col("gap").str.contains(text.FIELD_END, literal=True) & (
        pl.col("gap").str.len_chars() <= text.GAP_MAX
    )
    bridges = [*RANGE_WORDS, *LIST_WORDS]
    atoms = (
        ready.atoms.filter(pl.col("line").is_in(several.implode()))
        .with_columns(
            bridge=pl.col("atom").is_in(bridges),
            ranging=(pl.col("atom").shift(1).is_in(RANGE_WORDS) & same).fill_null(value=False),
            close=(near & same).fill_null(value=False),
        )
        .filter(~pl.col("bridge"))
    )
    # A segment goes on while digits follow digits; its first atom is the prefix.
    # Digits glued to a letter behind them are no number: `INV00113I` is not INV-113.
    atoms = atoms.filter(~(pl.col("digit") & (pl.col("after") == "")))
    again = pl.col("digit") & pl.col("close") & same
    atoms = atoms.with_columns(segment=(~again).cum_sum())
    # A number behind `ROOM NO` is no document's.
    labels = sorted({word.upper() for word in options.labels})
    before = pl.when(pl.col("line") == pl.col("line").shift(1)).then(pl.col("atom").shift(1))
    said = ~pl.col("atom").is_in(keyed.COUNTING_WORDS) | keyed.labelled(pl.col("atom"), before, labels)
    # Lines and segments lie together: what their first atom says holds until the next begins.
    atoms = atoms.with_columns(head=pl.when(said).then("atom").otherwise(pl.lit("")), nth=nth("segment"))
    first = pl.when(pl.col("nth") == 0)
    atoms = atoms.with_columns(
        prefix=first.then("head").forward_fill(), range_head=first.then("ranging").forward_fill()
    ).filter("digit")
    atoms = atoms.filter(~pl.col("prefix").str.contains("[0-9]"))
    known = pl.concat(
        [
            ready.forms.select("prefix", "runs"),
            pl.DataFrame(
                {"prefix": sorted({w.upper() for w in options.labels}), "runs": 1},
                schema={"prefix": pl.String, "runs": pl.Int64},
            ),
        ]
    ).unique("prefix", keep="first", maintain_order=True)
    atoms = atoms.join(known, on="prefix", maintain_order="left")
    stem = (
        atoms.filter(pl.col("nth") < pl.col("runs"))
        .group_by("segment", maintain_order=True)
        .agg(stem=pl.col("atom").str.join("-"))
    )
    members = atoms.filter(pl.col("nth") >= pl.col("runs")).join(
        stem, on="segment", how="left", maintain_order="left"
    )
    beginning = pl.col("prefix") + pl.when(pl.col("runs") > 1).then(pl.col("stem") + "-").otherwise(
        pl.lit("")
    )
    members = members.with_columns(stem=beginning, first=pl.col("nth") == pl.col("runs"))
    members = members.filter(pl.len().over("line", "stem") > 1)
    dashed = ~pl.col("first") & pl.col("gap").str.contains(r"^\s*[-\x{2013}]\s*$")
    spoken = pl.when("first").then("range_head").otherwise("ranging")
    return members.with_columns(
        head=pl.col("atom").first().over("segment"),
        range=(spoken | dashed),
        next=(pl.col("line") == pl.col("line").shift(1)) & (pl.col("stem") == pl.col("stem").shift(1)),
    )


def _list_numbers(members: pl.DataFrame, options: References) -> pl.DataFrame:
    """Every number that the members mean: abbreviated ones filled up, ranges counted out, as `digits`."""
    missing = pl.col("head").str.len_chars().cast(pl.Int64) - pl.col("atom").str.len_chars().cast(pl.Int64)
    filled = pl.when(missing >= 0).then(pl.col("head").str.slice(0, missing.clip(0)) + pl.col("atom"))
    exact = pl.when(missing == 0).then(pl.col("atom"))
    rows = members.with_columns(number=filled if options.abbreviated_lists else exact)
    rows = rows.filter((pl.col("number").str.len_chars() <= DIGITS_MAX).fill_null(value=False))
    high = pl.col("number").cast(pl.Int64)
    low = pl.when("next").then(pl.col("number").shift(1).cast(pl.Int64))
    counted = (pl.col("range") & (high > low) & (high - low < options.ranges_max)).fill_null(value=False)
    rows = rows.with_columns(
        short=missing > 0, value=high, low=low, counted=counted, width=pl.col("number").str.len_chars()
    ).with_row_index("nth_number")
    ranged = (
        rows.filter("counted").with_columns(value=pl.int_ranges(pl.col("low") + 1, high + 1)).explode("value")
    )
    wide = pl.concat([rows.filter(~pl.col("counted")), ranged]).sort("nth_number", "value")
    return wide.drop("low", "counted", "nth_number").with_columns(
        digits=pl.col("value").cast(pl.String).str.pad_start(pl.col("width"), "0")
    )
