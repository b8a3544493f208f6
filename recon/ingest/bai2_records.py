r"""BAI2: bytes -> records. A record may be on several lines (88), and several may be on one.

16,195,8325982,,,,FED NO 1
88,ORG:=OPTIONS LINK/            ->   16 | 16,195,8325982,,,,FED NO 1\nORG:=OPTIONS LINK
49,8325982,3/  98,8325982,1,5/        49 | 49,8325982,3
                                      98 | 98,8325982,1,5
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

from recon.ingest import columnar

CODES: Final = ("01", "02", "03", "16", "49", "98", "99")
MORE: Final = "88"
_BREAK = re.compile(r"\r\n?")
_BEGINNINGS: Final = ("\n16,", "\n03,", "\n49,")
# A record behind another on its line. Text may hold `/`, so what follows must look like one.
_CRAMPED: Final = r"/[ \t]+(01,|02,|03,|16,[0-9]{0,3},|88,|49,[-+]?[0-9]*,|9[89],[-+]?[0-9]*,)"
_CONTROL: Final = bytes(code for code in (*range(0x20), 0x7F) if code != ord("\n"))
_PART: Final = "\x1e"


def blocks(texts: Iterable[str]) -> Iterator[str]:
    """Pieces of whole lines as pieces of whole records, with one kind of breaks and none at the end."""
    pending: list[str] = []
    for block in texts:
        text = _BREAK.sub("\n", block) if "\r" in block else block
        at = max(f"\n{text}".rfind(begin) for begin in _BEGINNINGS)
        if at >= 0:
            whole = "".join([*pending, text[:at]])
            if whole:
                yield whole.removesuffix("\n")
            pending, text = [], text[at:]
        pending.append(text)
    yield "".join(pending)


def records(text: str, first: int = 1) -> tuple[pl.DataFrame, list[int]]:
    """The records of a text that begins on the line `first`, and the lines that are of none.

    Returns:
        position (of its first line), code, text (continuations behind line breaks, no slashes at the ends), lines
        (how many records it counts as: its own and each 88).
    """
    raw = pl.Series("text", text.split("\n"), dtype=pl.String)
    lines = pl.DataFrame({"position": pl.int_range(first, first + len(raw), eager=True), "text": raw})
    if re.search(_CRAMPED, text):
        parted = pl.col("text").str.replace_all(_CRAMPED, f"/{_PART}${{1}}").str.split(_PART)
        lines = lines.with_columns(parted).explode("text")
    lines = columnar.plain_text(lines, ["text"], odd=_has_odd(text))
    lines = lines.filter(pl.col("text") != "")
    named = pl.when(pl.col("text").str.slice(2, 1) == ",").then(pl.col("text").str.slice(0, 2))
    lines = lines.with_columns(named.fill_null("").alias("code"))
    lines = lines.with_columns(begins=pl.col("code").is_in(CODES))
    # A line without a code goes on with the text before, unless that was ended by its slash.
    ended = pl.col("text").shift(1).str.ends_with("/").fill_null(value=True)
    stray = ~pl.col("begins") & ((pl.col("begins").cum_sum() == 0) | ((pl.col("code") != MORE) & ended))
    lines = lines.with_columns(stray=stray)
    junk = lines.filter("stray")["position"].to_list()
    if junk:
        lines = lines.filter(~pl.col("stray"))
    unended = pl.col("text").str.strip_suffix("/").str.strip_chars_end(" ")
    own = pl.when(pl.col("code") == MORE).then(unended.str.slice(3)).otherwise(unended)
    lines = lines.with_columns(own.alias("text"), pl.col("begins").cum_sum().alias("record"))
    return _joined(lines), junk


def _has_odd(text: str) -> bool:
    """Whether text holds blanks or characters that must go; bytes are looked through several times faster."""
    if not text.isascii() or "  " in text:
        return True
    data = text.encode()
    return len(data.translate(None, _CONTROL)) < len(data)


def _joined(lines: pl.DataFrame) -> pl.DataFrame:
    """One row for each record; only those of several lines have to be put together."""
    alone = lines["begins"] & lines["begins"].shift(-1).fill_null(value=True)
    names = ("position", "code", "text")
    single = lines.filter(alone).select("record", *names, lines=pl.lit(1, dtype=pl.Int64))
    if alone.all():
        return single.drop("record")
    counted = pl.col("begins") | (pl.col("code") == MORE)
    several = lines.filter(~alone).group_by("record", maintain_order=True)
    whole = several.agg(
        pl.col("position").first(),
        pl.col("code").first(),
        pl.col("text").str.join("\n"),
        counted.sum().cast(pl.Int64).alias("lines"),
    )
    return pl.concat([single, whole]).sort("record").drop("record")
