"""Numbers that go on from one that is open: `4104248, 49, 50`, `R0000208 - R0000210`, `CF/25/01498 & 01499`.

Where `lists` reads a list by the form of the ledger's numbers, here a number of the line that is an open item's says
the form itself: what stands before its last digits, and how many these are. So numbers without letters, with letters
between their digits, or of several forms with one beginning are read as well. Only documents of the same customer
belong to such a list.
"""

from __future__ import annotations

import polars as pl

from recon.match import text
from recon.match.asked import beside
from recon.match.candidates.lists import DIGITS_MAX, LIST_WORDS, RANGE_WORDS
from recon.match.frames import REFERENCES, Spelled
from recon.rules.schema import References, Rules

MEMBERS_MAX = 60  # numbers of one list
BETWEEN = r"^ ?[/,;&+-]{1,2} ?$|^ $"  # what may stand between two numbers of a list
FRONTIER = ("start", "line", "owner", "base", "head", "last", "at", "ranging", "own")


def continued(ready: Spelled, rules: Rules, strong: pl.DataFrame) -> pl.DataFrame:
    """The further numbers of lists and ranges that begin with a number in `strong`; as REFERENCES, `exact`.

    Args:
        ready: the atoms of the lines, and the items' keys and owners.
        rules: whether lists and ranges are read.
        strong: references as REFERENCES that say which document; only those to documents begin a list.
    """
    options = rules.references
    empty = pl.DataFrame(schema=REFERENCES)
    if not (options.abbreviated_lists or options.ranges_max) or not rules.evidence.reference_list.propose:
        return empty
    heads = _heads(ready, strong, options)
    if heads.is_empty():
        return empty
    numbers = pl.concat([_members(ready, heads, options), _between(heads, ready, options)])
    numbers = numbers.with_columns(key=text.unzero(pl.col("raw")))
    keys = ready.documents(numbers["key"]).select("key", "item")
    keys = beside(keys, ready.items.select("item", "owner"), "item")
    hits = numbers.join(keys, on=["key", "owner"], maintain_order="left")
    return (
        hits.select("line", "item", how=pl.lit("exact"), said="raw", at="at", size=pl.lit(1, dtype=pl.Int32))
        .unique(["line", "item"], keep="first", maintain_order=True)
        .sort("line", "at", "item")
        .cast(REFERENCES)
    )


def _heads(ready: Spelled, strong: pl.DataFrame, options: References) -> pl.DataFrame:
    """Where a list may begin: (start, line, owner, base, head, begin, at, own); `at` is the atom behind the number.

    A number of digits only that hangs on another by a dash is none by itself, but may begin a range; then it is
    one of the range's own numbers (`own`).
    """
    documents = strong.filter(pl.col("how") == "exact").select(
        "line", "item", "at", "size", raw="said", own=pl.lit(value=False)
    )
    digits = pl.col("raw").str.contains(rf"^[0-9]{{{options.bare_digits_sure},}}$")
    tied = (
        ready.grams.filter(pl.col("opened") & pl.col("closed") & pl.col("piece") & digits)
        .join(
            ready.said.filter(pl.col("kind") == "full").select("key", "item"), on="key", maintain_order="left"
        )
        .select("line", "item", "at", "size", "raw", own=pl.lit(value=True))
    )
    split = pl.concat([documents, tied]).with_columns(
        head=pl.col("raw").str.extract(r"([0-9]+)$", 1), base=pl.col("raw").str.extract(r"^(.*?)[0-9]+$", 1)
    )
    return (
        split.filter(pl.col("head").str.len_chars().is_between(2, DIGITS_MAX).fill_null(value=False))
        .pipe(beside, ready.items.select("item", "owner"), "item")
        .unique(["line", "at", "size", "owner"], keep="first", maintain_order=True)
        .with_row_index("start")
        .with_columns(begin="at", at=pl.col("at") + pl.col("size"), last="head", ranging=pl.lit(value=False))
    )


def _members(ready: Spelled, heads: pl.DataFrame, options: References) -> pl.DataFrame:
    """Every number that follows a head by a sign or word of lists, filled up to the head's length."""
    atoms = ready.atoms.join(heads.select("line").unique(), on="line", how="semi").select(
        "line", "at", "atom", "digit", "gap", glued=pl.col("after") == ""
    )
    frontier = heads.select(FRONTIER)
    parts: list[pl.DataFrame] = []
    for _ in range(MEMBERS_MAX):
        step = frontier.join(atoms, on=["line", "at"], maintain_order="left")
        word = step.filter(pl.col("atom").is_in([*RANGE_WORDS, *LIST_WORDS]))
        behind = word.with_columns(at=pl.col("at") + 1, ranging=pl.col("atom").is_in(RANGE_WORDS))
        behind = behind.select(FRONTIER).join(atoms, on=["line", "at"], maintain_order="left")
        step = pl.concat([step, behind]).filter(
            pl.col("digit") & ~pl.col("glued") & pl.col("gap").str.contains(BETWEEN)
        )
        step = _read(step, options)
        if step.is_empty():
            break
        parts.append(step.select("line", "owner", "base", "low", "last", "at"))
        frontier = step.with_columns(
            at=pl.col("at") + 1, ranging=pl.lit(value=False), own=pl.lit(value=False)
        )
        frontier = frontier.select(FRONTIER)
    schema = pl.Schema({"line": pl.Int64, "owner": pl.String, "base": pl.String, "low": pl.Int64})
    empty = pl.DataFrame(schema={**schema, "last": pl.String, "at": pl.Int32})
    return _counted(pl.concat([empty, *parts]))


def _read(step: pl.DataFrame, options: References) -> pl.DataFrame:
    """The next number of each list: `last`, and `low`, from which on the numbers up to it are meant."""
    width = pl.col("head").str.len_chars()
    missing = width.cast(pl.Int64) - pl.col("atom").str.len_chars().cast(pl.Int64)
    # With nothing but a blank before it, a shorter number may be anything.
    said = (missing == 0) | ((missing > 0) & (pl.col("gap") != " ")) | ((missing > 0) & pl.col("ranging"))
    if not options.abbreviated_lists:
        said = missing == 0
    number = pl.col("head").str.slice(0, missing.clip(0)) + pl.col("atom")
    step = step.filter(said).with_columns(number=number)
    value, before = pl.col("number").cast(pl.Int64), pl.col("last").cast(pl.Int64)
    dashed = pl.col("ranging") | pl.col("gap").str.contains(r"^ ?- ?$")
    ranged = dashed & (value > before) & (value - before < options.ranges_max)
    return step.with_columns(
        low=pl.when(ranged).then(before + (~pl.col("own"))).otherwise(value), last="number"
    )


def _between(heads: pl.DataFrame, ready: Spelled, options: References) -> pl.DataFrame:
    """Ranges whose both ends are written out, letters and all: `R0000208 - R0000210`."""
    ends = heads.select("line", "owner", "base", "begin", top="head")
    gaps = ready.atoms.select("line", "at", "atom", "gap")
    spoken = heads.join(gaps, on=["line", "at"], maintain_order="left")
    to = spoken.filter(pl.col("atom").is_in(RANGE_WORDS)).with_columns(at=pl.col("at") + 1)
    dash = spoken.filter(pl.col("gap").str.contains(r"^ ?- ?$"))
    pairs = pl.concat([to, dash]).join(
        ends, left_on=["line", "owner", "base", "at"], right_on=["line", "owner", "base", "begin"]
    )
    low, high = pl.col("head").cast(pl.Int64), pl.col("top").cast(pl.Int64)
    same = pl.col("head").str.len_chars() == pl.col("top").str.len_chars()
    pairs = pairs.filter(same & (high > low) & (high - low < options.ranges_max))
    return _counted(
        pairs.select("line", "owner", "base", low=low + (~pl.col("own")), last="top", at="at").sort(
            "line", "at"
        )
    )


def _counted(numbers: pl.DataFrame) -> pl.DataFrame:
    """Each number from `low` to `last` as a key as written: (line, owner, raw, at)."""
    high = pl.col("last").cast(pl.Int64)
    each = numbers.with_columns(value=pl.int_ranges(pl.col("low"), high + 1)).explode("value")
    digits = pl.col("value").cast(pl.String).str.zfill(pl.col("last").str.len_chars())
    return each.select("line", "owner", raw=pl.col("base") + digits, at="at")
