"""Which open items a line's text names: exactly, cut off, without the prefix, in lists, or one character off."""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from recon.match import text
from recon.match.frames import Ready
from recon.rules.schema import Rules

SCHEMA = {
    "line": pl.Int64,
    "item": pl.Int64,
    "how": pl.String,
    "said": pl.String,
    "at": pl.Int32,
    "size": pl.Int32,
}
DATE_DAYS = 400  # a number that reads as a date this near to the booking date is one
CUT_FAN_MAX = 5
RANGE_WORDS = ("TO", "TILL", "THRU", "THROUGH", "UPTO")
LIST_WORDS = ("AND", "PLUS")


def named(ready: Ready, rules: Rules) -> pl.DataFrame:
    """All references of all lines, the best reading of each place in the text only.

    Returns (line, item, how, said, at, size): `how` is exact, order, cut, bare or typo.

    Example: `INV-1042` names INV-1042 exactly, and not SI-1042 by its bare number.
    """
    hits = _hits(ready, rules)
    strong = hits.filter(pl.col("how").is_in(["exact", "order"]))
    lists = _lists(ready, rules)
    settled = pl.concat([strong, lists]).unique(["line", "item"], keep="first", maintain_order=True)
    covered = _places(settled)
    bare = hits.filter(pl.col("how") == "bare").join(covered, on=["line", "at"], how="anti", maintain_order="left")
    cut = _cut(ready, rules).join(covered, on=["line", "at"], how="anti", maintain_order="left")
    found = pl.concat([settled, cut, bare]).unique(["line", "item"], keep="first", maintain_order=True)
    typos = _typos(ready, rules, found)
    return pl.concat([found, typos])


def _prefixes(ready: Ready) -> pl.Series:
    """The letters that this ledger's document numbers begin with."""
    raws = pl.concat([ready.keys.filter(pl.col("kind") == "full")["raw"], ready.closed_keys["raw"]])
    return raws.str.extract(r"^([A-Z]+)", 1).drop_nulls().unique(maintain_order=True)


def _places(hits: pl.DataFrame) -> pl.DataFrame:
    """The atoms that hits cover, as (line, at)."""
    return (
        hits.select("line", at=pl.int_ranges(pl.col("at"), pl.col("at") + pl.col("size"), dtype=pl.Int32))
        .explode("at")
        .unique(maintain_order=True)
    )


def _date_like(raw: pl.Expr, booked: pl.Expr) -> pl.Expr:
    """A bare number that reads as a date near the booking date (day first, or year first)."""
    near = pl.lit(value=False)
    for pattern, length in (("%d%m%y", 6), ("%y%m%d", 6), ("%d%m%Y", 8), ("%Y%m%d", 8)):
        number = pl.when(raw.str.contains(rf"^\d{{{length}}}$")).then(raw)
        day = number.str.to_date(pattern, strict=False)
        near = near | ((day - booked).dt.total_days().abs() <= DATE_DAYS).fill_null(value=False)
    return near


def _hits(ready: Ready, rules: Rules) -> pl.DataFrame:
    """Keys of items that stand in a line's text."""
    prefixes = _prefixes(ready)
    hits = (
        ready.grams.join(ready.keys.rename({"raw": "item_raw"}), on="key", maintain_order="left")
        .filter("opened", "closed")
        .join(ready.lines.select("line", "booking_date"), on="line", maintain_order="left")
    )
    digits = pl.col("raw").str.contains(r"^[0-9-]+$")
    length = pl.col("raw").str.len_chars()
    foreign = pl.col("before").is_in(prefixes.implode())  # `INV 1042`, but only SI-1042 is open
    alone = digits & ~pl.col("labelled")
    dated = alone & _date_like(pl.col("raw"), pl.col("booking_date"))
    sure = length >= rules.references.bare_digits_sure
    how = (
        pl.when(pl.col("kind") == "order")
        .then(pl.lit("order"))
        .when((pl.col("kind") == "full") & (~digits | pl.col("labelled") | sure))
        .then(pl.lit("exact"))
        .when(pl.col("labelled") & ~foreign)
        .then(pl.lit("exact"))
        .otherwise(pl.lit("bare"))
    )
    kept = (
        ~(dated)
        & ~(digits & pl.col("piece"))
        & ~((pl.col("kind") == "bare") & foreign)
        & ~(alone & (length < rules.references.bare_digits_min))
    )
    uses = rules.evidence
    named_ = hits.filter(kept).with_columns(how=how, said="raw")
    allowed = [
        name
        for name, use in (("exact", uses.reference), ("order", uses.order), ("bare", uses.reference_bare))
        if use.propose
    ]
    return (
        named_.filter(pl.col("how").is_in(allowed))
        .sort("line", "at", pl.col("size"), "item", descending=[False, False, True, False])
        .select(list(SCHEMA))
        .cast(SCHEMA)  # type: ignore[arg-type]  # a mapping of names to types is what cast takes
    )


def _lists(ready: Ready, rules: Rules) -> pl.DataFrame:
    """`INV-1001/02/03` and `INV-1001 to 1005`: every number of a list, read with the first one's beginning."""
    options = rules.references
    if not (options.abbreviated_lists or options.ranges_max) or not rules.evidence.reference_list.propose:
        return pl.DataFrame(schema=SCHEMA)
    bridge = pl.col("atom").is_in([*RANGE_WORDS, *LIST_WORDS])
    atoms = ready.atoms.with_columns(
        word=pl.when(bridge.shift(1) & (pl.col("line") == pl.col("line").shift(1))).then(pl.col("atom").shift(1)).fill_null(""),
        bridge=bridge,
    )
    # Without the bridging words each number of a list follows the one before.
    rows = atoms.filter(~pl.col("bridge")).with_columns(
        follows=(pl.col("digit") & pl.col("digit").shift(1) & (pl.col("line") == pl.col("line").shift(1)))
        & ~pl.col("gap").str.contains(text.FIELD_END, literal=True)
        & (pl.col("gap").str.len_chars() <= text.GAP_MAX)
    ).with_columns(pl.col("follows").fill_null(value=False))
    rows = rows.with_columns(
        chain=(~pl.col("follows")).cum_sum(),
        prefix=pl.when(~pl.col("digit").shift(1) & (pl.col("line") == pl.col("line").shift(1))).then(pl.col("atom").shift(1)),
    ).filter("digit")
    rows = rows.with_columns(
        head=pl.col("atom").first().over("chain"),
        prefix=pl.col("prefix").first().over("chain"),
        members=pl.len().over("chain"),
        previous=pl.col("atom").shift(1).over("chain"),
    ).filter((pl.col("members") > 1) & pl.col("prefix").is_not_null())
    if rows.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    missing = pl.col("head").str.len_chars() - pl.col("atom").str.len_chars().cast(pl.Int64)
    short = pl.when(missing >= 0).then(pl.col("head").str.slice(0, missing.clip(0)) + pl.col("atom"))
    rows = rows.with_columns(number=short if options.abbreviated_lists else pl.when(missing == 0).then(pl.col("atom")))
    rows = rows.with_columns(previous=pl.col("number").shift(1).over("chain")).filter(pl.col("number").str.len_chars() <= 15)  # noqa: PLR2004 - what an integer holds
    width = pl.col("number").str.len_chars()
    low, high = pl.col("previous").cast(pl.Int64, strict=False), pl.col("number").cast(pl.Int64)
    ranged = (
        (pl.col("word").is_in(RANGE_WORDS) | pl.col("gap").str.contains(r"^\s*[-\x{2013}]\s*$"))
        & (high > low)
        & (high - low < options.ranges_max)
    ).fill_null(value=False)
    rows = rows.with_columns(
        value=pl.when(ranged).then(pl.int_ranges(low + 1, high + 1)).otherwise(pl.concat_list(high)), width=width
    ).explode("value")
    raw = pl.col("prefix") + pl.col("value").cast(pl.String).str.pad_start(pl.col("width"), "0")
    used = set(_prefixes(ready))
    # A label that is no prefix of this ledger (`INVOICE 1001, 1002`) is left away.
    labels = sorted({word.upper() for word in options.labels} - used)
    plain = pl.when(pl.col("prefix").is_in(labels)).then(pl.col("value").cast(pl.String).str.pad_start(pl.col("width"), "0"))
    wide = pl.concat([rows.with_columns(raw=raw), rows.with_columns(raw=plain).drop_nulls("raw")])
    keys = ready.keys.filter(pl.col("kind").is_in(["full", "bare"])).select("key", "item", "kind", item_raw="raw")
    hits = wide.with_columns(key=text.unzero(pl.col("raw"))).join(keys, on="key", maintain_order="left")
    return (
        hits.select(
            "line", "item", how=pl.lit("exact"), said="raw", at="at", size=pl.lit(1, dtype=pl.Int32)
        )
        .unique(["line", "item"], keep="first", maintain_order=True)
        .sort("line", "at", "item")
        .cast(SCHEMA)  # type: ignore[arg-type]
    )


def _cut(ready: Ready, rules: Rules) -> pl.DataFrame:
    """Numbers cut off at the end of a field, of which few documents begin so."""
    if not rules.evidence.reference_cut.propose:
        return pl.DataFrame(schema=SCHEMA)
    full = ready.keys.filter(pl.col("kind") == "full").sort("raw", "item")
    ends = ready.grams.filter(
        pl.col("field_end")
        & pl.col("opened")
        & (pl.col("raw").str.replace_all("-", "").str.len_chars() >= rules.references.prefix_min)
        & ~(pl.col("raw").str.contains(r"^[0-9-]+$") & pl.col("piece"))
    )
    known = pl.concat([ready.keys.select("key"), ready.closed_keys.select("key")]).unique()
    ends = ends.join(known, on="key", how="anti", maintain_order="left")
    if full.is_empty() or ends.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    names = np.asarray(full["raw"].to_list(), dtype=np.str_)
    wanted = np.asarray(ends["raw"].to_list(), dtype=np.str_)
    low = np.searchsorted(names, wanted, side="left")
    high = np.searchsorted(names, np.char.add(wanted, "\uffff"), side="left")
    fan = ends.with_columns(low=pl.Series(low), high=pl.Series(high)).filter(
        (pl.col("high") > pl.col("low")) & (pl.col("high") - pl.col("low") <= CUT_FAN_MAX)
    )
    rows = fan.with_columns(row=pl.int_ranges("low", "high")).explode("row")
    items = full.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    return (
        rows.join(items.select("row", "item"), on="row", maintain_order="left")
        .sort("line", pl.col("size"), "item", descending=[False, True, False])
        .select("line", "item", how=pl.lit("cut"), said="raw", at="at", size="size")
        .unique(["line", "item"], keep="first", maintain_order=True)
        .cast(SCHEMA)  # type: ignore[arg-type]
    )


def _variants(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Each text, and the text without each one of its characters, as `variant` (symmetric delete)."""
    longest = int(frame[column].str.len_chars().max() or 0)  # type: ignore[arg-type]  # lengths are integers
    whole = frame.with_columns(variant=pl.col(column))
    parts = [whole]
    for at in range(longest):
        some = frame.filter(pl.col(column).str.len_chars() > at)
        parts.append(some.with_columns(variant=pl.col(column).str.slice(0, at) + pl.col(column).str.slice(at + 1)))
    return pl.concat(parts).unique(maintain_order=True)


def _typos(ready: Ready, rules: Rules, found: pl.DataFrame) -> pl.DataFrame:
    """Numbers one character off, for lines that name nothing else, where the amount agrees.

    Without the amount such a number is no evidence: a dense ledger has an item one character off for any number
    there is.
    """
    least = rules.references.typo_length_min
    if not rules.evidence.reference_typo.propose or least >= 40:  # noqa: PLR2004 - the key's own off switch
        return pl.DataFrame(schema=SCHEMA)
    open_lines = ready.lines.filter((pl.col("state") == "open") & (pl.col("amount") > 0)).join(found, on="line", how="anti")
    items = ready.items.join(open_lines.select(open="amount"), on="open", how="semi", maintain_order="left")
    full = (
        ready.keys.filter((pl.col("kind") == "full") & (pl.col("raw").str.len_chars() >= least))
        .join(items.select("item", "open", "currency"), on="item", maintain_order="left")
        .select("item", "open", "currency", right="raw")
    )
    spoken = open_lines.join(items.select(amount="open"), on="amount", how="semi", maintain_order="left")
    if full.is_empty() or spoken.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    tokens = (
        spoken.select("line", "currency", open="amount", token=pl.col("text").str.extract_all(r"[^\s]+"))
        .explode("token")
        .with_columns(token=text.struct_key(pl.col("token")))
        .filter(pl.col("token").fill_null("") != "")
    )
    twins = tokens.with_columns(
        token=pl.when(pl.col("line") == pl.col("line").shift(-1)).then(pl.col("token") + pl.col("token").shift(-1))
    )
    left = (
        pl.concat([tokens, twins])
        .drop_nulls("token")
        .filter((pl.col("token").str.len_chars().is_between(least - 1, 40)) & pl.col("token").str.contains(r"[0-9]{2}"))
        .unique(maintain_order=True)
        .rename({"token": "left"})
    )
    fold = dict(sorted(rules.references.lookalikes.items()))
    folded = lambda name: pl.col(name).str.replace_many(list(fold), list(fold.values()))  # noqa: E731
    alike = left.with_columns(variant=folded("left")).join(
        full.with_columns(variant=folded("right")), on=["variant", "open", "currency"], maintain_order="left"
    )
    near = _variants(left, "left").join(_variants(full, "right"), on=["variant", "open", "currency"], maintain_order="left")
    pairs = near.select("line", "item", "left", "right").unique(maintain_order=True)
    if pairs.is_empty() and alike.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    distance = process.cpdist(pairs["left"].to_list(), pairs["right"].to_list(), scorer=OSA.distance, dtype=np.int32)
    close = pairs.filter(pl.Series(distance) <= 1)
    # A complete number of a closed item is no typo of an open one.
    closed = ready.closed_keys.select(left="raw")
    return (
        pl.concat([close, alike.select("line", "item", "left", "right")])
        .join(closed, on="left", how="anti", maintain_order="left")
        .sort("line", "item", "left")
        .unique(["line", "item"], keep="first", maintain_order=True)
        .select("line", "item", how=pl.lit("typo"), said="left", at=pl.lit(-1, dtype=pl.Int32), size=pl.lit(0, dtype=pl.Int32))
        .cast(SCHEMA)  # type: ignore[arg-type]
    )
