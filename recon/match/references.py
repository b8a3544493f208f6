"""Which open items a line's text names: exactly, cut off, without the prefix, in lists, or one character off."""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from recon.match import text
from recon.match.frames import Ready
from recon.rules.schema import References, Rules

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
TOKEN_MAX = 40  # characters of a word that may be a reference
DIGITS_MAX = 15  # digits that an integer holds


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
    alike = _lookalikes(ready, rules, found)
    typos = _typos(ready, rules, pl.concat([found.filter(pl.col("how") != "bare"), alike]))
    every = pl.concat([found, alike, typos])
    return every.unique(["line", "item"], keep="first", maintain_order=True)


def unknown(ready: Ready, found: pl.DataFrame) -> pl.DataFrame:
    """Numbers in the ledger's own form that no open item has: (line, said). Payments by other evidence doubt them.

    Args:
        ready: for the texts and the ledger's forms.
        found: references as `named` returns them.
    """
    forms = ready.keys.filter((pl.col("kind") == "full") & pl.col("raw").str.contains("^[A-Z]")).select(
        prefix=pl.col("raw").str.extract(r"^([A-Z]+)", 1), digits=pl.col("raw").str.count_matches("[0-9]")
    )
    forms = forms.group_by("prefix", maintain_order=True).agg(low=pl.col("digits").min(), high=pl.col("digits").max())
    said = ready.grams.filter(pl.col("opened") & pl.col("closed") & pl.col("raw").str.contains("^[A-Z]+[0-9-]+$"))
    said = said.with_columns(prefix=pl.col("raw").str.extract(r"^([A-Z]+)", 1), digits=pl.col("raw").str.count_matches("[0-9]"))
    said = said.join(forms, on="prefix", maintain_order="left").filter(pl.col("digits").is_between("low", "high"))
    known = pl.concat([ready.keys.select("key"), ready.accounts.select("key"), ready.remittances.select("key")]).unique()
    said = said.join(known, on="key", how="anti", maintain_order="left")
    said = said.join(_places(found), on=["line", "at"], how="anti", maintain_order="left")
    return said.select("line", said="raw").unique(["line"], keep="first", maintain_order=True)


def dates(ready: Ready) -> pl.DataFrame:
    """Lines with a bare number that reads as a date and is also an item's: (line, item). It is no reference."""
    hits = ready.grams.filter(pl.col("opened") & pl.col("closed") & ~pl.col("labelled") & pl.col("raw").str.contains("^[0-9]+$"))
    hits = hits.join(ready.lines.select("line", "booking_date"), on="line", maintain_order="left")
    hits = hits.filter(_date_like(pl.col("raw"), pl.col("booking_date")))
    return hits.join(ready.keys.select("key", "item"), on="key", maintain_order="left").select("line", "item").unique(maintain_order=True)


def _tokens(lines: pl.DataFrame, least: int) -> pl.DataFrame:
    """The words of lines with digits, and each joined with the next, as keys: (line, token)."""
    tokens = (
        lines.select("line", token=pl.col("text").str.extract_all(r"[^\s]+"))
        .explode("token")
        .with_columns(token=text.struct_key(pl.col("token")))
        .filter(pl.col("token").fill_null("") != "")
    )
    twins = tokens.with_columns(
        token=pl.when(pl.col("line") == pl.col("line").shift(-1)).then(pl.col("token") + pl.col("token").shift(-1))
    )
    return (
        pl.concat([tokens, twins])
        .drop_nulls("token")
        .filter(pl.col("token").str.len_chars().is_between(least - 1, TOKEN_MAX) & pl.col("token").str.contains(r"[0-9]{2}"))
        .unique(maintain_order=True)
    )


def _lookalikes(ready: Ready, rules: Rules, found: pl.DataFrame) -> pl.DataFrame:
    """Numbers that name an item once letters are read as the digits they look like (O as 0)."""
    fold = dict(sorted(rules.references.lookalikes.items()))
    if not rules.evidence.reference_lookalike.propose or not fold:
        return pl.DataFrame(schema=SCHEMA)
    sure = found.filter(pl.col("how") != "bare")
    lines = ready.lines.filter((pl.col("state") == "open") & ~pl.col("hostile")).join(sure, on="line", how="anti", maintain_order="left")
    read = text.unzero(pl.col("token").str.replace_many(list(fold), list(fold.values())))
    said = _tokens(lines, rules.references.typo_length_min).with_columns(key=read).filter(pl.col("key") != text.unzero(pl.col("token")))
    full = ready.keys.filter((pl.col("kind") == "full") & (pl.col("raw").str.len_chars() >= rules.references.typo_length_min))
    items = full.select("item", token="raw").with_columns(key=read).select("item", "key").unique(maintain_order=True)
    return (
        said.join(items, on="key", maintain_order="left")
        .select("line", "item", how=pl.lit("lookalike"), said="token", at=pl.lit(-1, dtype=pl.Int32), size=pl.lit(0, dtype=pl.Int32))
        .unique(["line", "item"], keep="first", maintain_order=True)
        .sort("line", "item")
        .cast(SCHEMA)  # type: ignore[arg-type]
    )


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
    """`INV-1001/02/03` and `INV-1001 to 1005`: every number of a list, read with the first one's beginning.

    What varies in a number is its last run of digits (`CF/25/01498/777` is CF/25/01498 and CF/25/01777); how many
    runs stand before it is known from the ledger's own numbers with that beginning.
    """
    options = rules.references
    if not (options.abbreviated_lists or options.ranges_max) or not rules.evidence.reference_list.propose:
        return pl.DataFrame(schema=SCHEMA)
    members = _list_members(ready, options)
    if members.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    numbers = _list_numbers(members, options)
    used = set(_prefixes(ready))
    # A label that is no prefix of this ledger (`INVOICE 1001, 1002`) is left away.
    labels = sorted({word.upper() for word in options.labels} - used)
    plain = numbers.filter(pl.col("prefix").is_in(labels)).with_columns(raw="digits")
    wide = pl.concat([numbers.with_columns(raw=pl.col("stem") + pl.col("digits")), plain])
    keys = ready.keys.filter(pl.col("kind").is_in(["full", "bare"])).select("key", "item")
    hits = wide.with_columns(key=text.unzero(pl.col("raw"))).join(keys, on="key", maintain_order="left")
    return (
        hits.select("line", "item", how=pl.lit("exact"), said="raw", at="at", size=pl.lit(1, dtype=pl.Int32))
        .unique(["line", "item"], keep="first", maintain_order=True)
        .sort("line", "at", "item")
        .cast(SCHEMA)  # type: ignore[arg-type]
    )


def _runs(ready: Ready) -> pl.DataFrame:
    """How many runs of digits the ledger's numbers with a prefix have: (prefix, runs)."""
    raws = ready.keys.filter(pl.col("kind") == "full").select(
        prefix=pl.col("raw").str.extract(r"^([A-Z]+)", 1), runs=pl.col("raw").str.count_matches(r"[0-9]+")
    )
    return raws.drop_nulls("prefix").group_by("prefix", maintain_order=True).agg(pl.col("runs").min().cast(pl.Int64))


def _list_members(ready: Ready, options: References) -> pl.DataFrame:
    """The last digit runs of numbers that stand in a list: (line, at, atom, prefix, stem, previous, ranged).

    A segment begins with a prefix; `nth` counts its runs of digits. A list has more than one member.
    """
    same = pl.col("line") == pl.col("line").shift(1)
    near = ~pl.col("gap").str.contains(text.FIELD_END, literal=True) & (pl.col("gap").str.len_chars() <= text.GAP_MAX)
    bridges = [*RANGE_WORDS, *LIST_WORDS]
    atoms = ready.atoms.with_columns(
        bridge=pl.col("atom").is_in(bridges),
        ranging=(pl.col("atom").shift(1).is_in(RANGE_WORDS) & same).fill_null(value=False),
        close=(near & same).fill_null(value=False),
    ).filter(~pl.col("bridge"))
    # A segment goes on while digits follow digits; its first atom is the prefix.
    again = pl.col("digit") & pl.col("close") & same
    atoms = atoms.with_columns(segment=(~again).cum_sum())
    heads = pl.col("atom").first().over("segment")
    atoms = atoms.with_columns(prefix=heads, range_head=pl.col("ranging").first().over("segment"))
    atoms = atoms.with_columns(nth=pl.int_range(pl.len()).over("segment")).filter("digit")
    atoms = atoms.filter(~pl.col("prefix").str.contains("[0-9]"))
    known = pl.concat(
        [_runs(ready), pl.DataFrame({"prefix": sorted({w.upper() for w in options.labels}), "runs": 1}, schema={"prefix": pl.String, "runs": pl.Int64})]
    ).unique("prefix", keep="first", maintain_order=True)
    atoms = atoms.join(known, on="prefix", maintain_order="left")
    stem = atoms.filter(pl.col("nth") < pl.col("runs")).group_by("segment", maintain_order=True).agg(stem=pl.col("atom").str.join("-"))
    members = atoms.filter(pl.col("nth") >= pl.col("runs")).join(stem, on="segment", how="left", maintain_order="left")
    beginning = pl.col("prefix") + pl.when(pl.col("runs") > 1).then(pl.col("stem") + "-").otherwise(pl.lit(""))
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
    value = pl.when(counted).then(pl.int_ranges(low + 1, high + 1)).otherwise(pl.concat_list(high))
    wide = rows.with_columns(value=value, width=pl.col("number").str.len_chars()).explode("value")
    return wide.with_columns(digits=pl.col("value").cast(pl.String).str.pad_start(pl.col("width"), "0"))


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
    open_lines = ready.lines.filter((pl.col("state") == "open") & (pl.col("amount") > 0) & ~pl.col("hostile")).join(
        found, on="line", how="anti", maintain_order="left"
    )
    items = ready.items.join(open_lines.select(open="amount"), on="open", how="semi", maintain_order="left")
    full = (
        ready.keys.filter((pl.col("kind") == "full") & (pl.col("raw").str.len_chars() >= least))
        .join(items.select("item", "open", "currency"), on="item", maintain_order="left")
        .select("item", "open", "currency", right="raw")
    )
    spoken = open_lines.join(items.select(amount="open"), on="amount", how="semi", maintain_order="left")
    if full.is_empty() or spoken.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    left = _tokens(spoken, least).join(spoken.select("line", "currency", open="amount"), on="line", maintain_order="left").rename({"token": "left"})
    near = _variants(left, "left").join(_variants(full, "right"), on=["variant", "open", "currency"], maintain_order="left")
    pairs = near.select("line", "item", "left", "right").unique(maintain_order=True)
    if pairs.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    distance = process.cpdist(pairs["left"].to_list(), pairs["right"].to_list(), scorer=OSA.distance, dtype=np.int32)
    close = pairs.filter(pl.Series(distance) <= 1)
    # A complete number of a closed item is no typo of an open one.
    closed = ready.closed_keys.select(left="raw")
    return (
        close.join(closed, on="left", how="anti", maintain_order="left")
        .sort("line", "item", "left")
        .unique(["line", "item"], keep="first", maintain_order=True)
        .select("line", "item", how=pl.lit("typo"), said="left", at=pl.lit(-1, dtype=pl.Int32), size=pl.lit(0, dtype=pl.Int32))
        .cast(SCHEMA)  # type: ignore[arg-type]
    )
