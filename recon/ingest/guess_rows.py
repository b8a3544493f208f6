"""Rows between, before and behind the lines that are none: by which patterns they are left out, or go on a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from recon.ingest.columns import TOTALS
from recon.ingest.grid import CELLS, POSITION
from recon.ingest.guess_words import plain
from recon.rules.headings import Headings

_PATTERNS_MAX: Final = 12
_FIGURE: Final = r"[-+(]?[\d.,]+\)?"
_LAST: Final = 12  # odd rows behind the last line are an end, so many at most in the beginning of it


@dataclass(frozen=True)
class Odd:
    """What a profile says of rows that are no lines, and how many there are of each sort."""

    skip: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    continues: bool = False
    skipped: int = 0
    ended: int = 0
    going_on: int = 0


def sort_out(
    rows: pl.DataFrame,
    vital: Sequence[pl.Series],
    saying: Sequence[str],
    texts: Sequence[str],
    words: Headings,
) -> Odd:
    """Sort the rows that are no lines.

    Args:
        rows: all rows of the sample behind the heading, in their order.
        vital: for each thing that a line needs, whether a row has it in a way that can be read.
        saying: cells of which a line has one at least; a row without any is left out anyway.
        texts: cells whose text may go on in the next row.
        words: the table of words.
    """
    if rows.is_empty():
        return Odd()
    marked = rows.select(
        POSITION,
        joined=pl.concat_str([pl.col(name) for name in _cells(rows)], separator=" ").str.strip_chars(),
        silent=pl.all_horizontal([pl.col(name) == "" for name in saying]) if saying else pl.lit(value=False),
        texted=pl.any_horizontal([pl.col(name) != "" for name in texts]) if texts else pl.lit(value=False),
        only=pl.all_horizontal(
            [pl.col(name) == "" for name in _cells(rows) if name not in texts] or [pl.lit(value=True)]
        ),
    ).with_columns(line=pl.Series(_all(vital, rows.height)))
    lines = marked.filter("line")
    if lines.is_empty():
        return Odd()
    odd = marked.filter(~pl.col("line") & ~pl.col("joined").str.contains(TOTALS))
    last = int(marked.with_row_index("at").filter("line")["at"].max() or 0)  # type: ignore[arg-type]
    first = int(marked.with_row_index("at").filter("line")["at"].min() or 0)  # type: ignore[arg-type]
    at = marked.with_row_index("at").select("at", POSITION)
    odd = odd.join(at, on=POSITION, how="left", maintain_order="left").unique("at", maintain_order=True)
    behind = odd.filter(pl.col("at") > last)
    between = odd.filter(pl.col("at") < last)
    goes_on = between.filter(pl.col("silent") & pl.col("texted") & pl.col("only") & (pl.col("at") > first))
    goes_on = goes_on.filter(
        ~pl.Series(
            [_is_known(text, (*words.skip, *words.ends)) for text in goes_on["joined"]], dtype=pl.Boolean
        )
    )
    # A last line's text may go on too: rows right behind it that look like those that go on.
    skipped = between.filter(~pl.col("silent"))
    ends, more = _ends(behind, words)
    patterns = _patterns([*skipped["joined"], *more], words.skip)
    return Odd(
        skip=_harmless(patterns, lines),
        ends=_harmless(ends, lines),
        continues=not goes_on.is_empty(),
        skipped=skipped.height + len(more),
        ended=behind.height - len(more) if ends else 0,
        going_on=goes_on.height,
    )


def _harmless(patterns: Sequence[str], lines: pl.DataFrame) -> tuple[str, ...]:
    """The patterns that fit no line."""
    return tuple(pattern for pattern in patterns if not lines["joined"].str.contains(pattern).any())


def _cells(rows: pl.DataFrame) -> list[str]:
    return [name for name in rows.columns if name not in (POSITION, CELLS)]


def _all(vital: Sequence[pl.Series], height: int) -> list[bool]:
    found = [True] * height
    for one in vital:
        found = [
            have and bool(has) for have, has in zip(found, one.fill_null(value=False).to_list(), strict=True)
        ]
    return found


def _ends(behind: pl.DataFrame, words: Headings) -> tuple[tuple[str, ...], list[str]]:
    """The pattern of the row that ends the table, and the texts of rows before it that are skipped one by one."""
    texts = behind["joined"].to_list()
    loud = [not silent for silent in behind["silent"].to_list()]
    for index, text in enumerate(texts[:_LAST]):
        if _is_known(text, words.ends) and (pattern := _ending(text, words.ends)):
            return (pattern,), [one for one, still in zip(texts[:index], loud, strict=False) if still]
    return (), [text for text, still in zip(texts, loud, strict=True) if still]


def _is_known(text: str, words: Sequence[str]) -> bool:
    said = " ".join(plain(text))
    return any(said.startswith(" ".join(plain(word))) for word in words if plain(word))


def _ending(text: str, known: Sequence[str]) -> str:
    """A pattern for a row that ends the table, of known words alone; "" for others.

    All that comes behind such a row is lost, in later files too: so a single word, which a payer's name may begin
    with, must be all there is, or stand before a colon.
    """
    said = f"{' '.join(plain(text))} "
    for phrase in sorted(map(plain, known), key=len, reverse=True):
        if phrase and said.startswith(f"{' '.join(phrase)} "):
            body = r"(?i)^\W*" + r"\W+".join(map(re.escape, phrase))
            pattern = body + (r"\b" if len(phrase) > 1 else r"\s*(?:[:*].*)?$")
            return pattern if _fits(pattern, text) else ""
    return ""


def _pattern(text: str) -> str:
    """A pattern for a row of marks, of marks before figures, or of one figure alone; "" for any other.

    A line has two cells at least. A pattern of words or of several figures may fit a line of a later file, and the
    words may be a payer's name: such a row stays a problem each time.
    """
    if re.fullmatch(_FIGURE, text):
        return f"^{_FIGURE}$"
    marks = re.match(r"[^\w\s]+", text)
    if marks and not re.search(r"\w", text):
        return rf"^[{re.escape(''.join(sorted(set(text) - {' '})))} ]+$"
    return rf"^[{re.escape(marks[0][0])}]+ " if marks and text[marks.end() :][:1] == " " else ""


def _patterns(texts: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """A pattern for each sort of row; words that are known to begin such rows make the shortest."""
    made: dict[str, None] = {}
    for text in texts:
        if any(_fits(pattern, text) for pattern in made):
            continue
        pattern = _known_pattern(text, known) or _pattern(text)
        if pattern and len(made) < _PATTERNS_MAX:
            made[pattern] = None
    return tuple(made)


def _known_pattern(text: str, known: Sequence[str]) -> str:
    """A pattern for a row that begins with known words, or has several of them behind a day; "" for others.

    One word alone must begin the row: `Page & Co` may pay, too.
    """
    said = f" {' '.join(plain(text))} "
    for phrase in map(plain, known):
        body = r"\W+".join(map(re.escape, phrase))
        if phrase and said.startswith(f" {' '.join(phrase)} "):
            return rf"(?i)^\W*{body}\b" + (r"\W*\d" if phrase == ("page",) else "")
        if len(phrase) > 1 and f" {' '.join(phrase)} " in said:
            return rf"(?i)\b{body}\b"
    return ""


def _fits(pattern: str, text: str) -> bool:
    return bool(pl.Series([text]).str.contains(pattern).item())
