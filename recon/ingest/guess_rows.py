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

_WORDS_MAX: Final = 4
_PATTERNS_MAX: Final = 12
_FIGURES: Final = r"[-+\d,. ()]+"
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
    ends, more = _ends(behind, words, continues=not goes_on.is_empty())
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


def _ends(behind: pl.DataFrame, words: Headings, *, continues: bool) -> tuple[tuple[str, ...], list[str]]:
    """The pattern of the row that ends the table, and the texts of rows before it that are skipped one by one."""
    texts = behind["joined"].to_list()
    silent = behind["silent"].to_list()
    for index, text in enumerate(texts[:_LAST]):
        if _is_known(text, words.ends) or (not _is_known(text, words.skip) and _beginning(text)):
            if silent[index] and continues and not _is_known(text, words.ends):
                continue
            if all(silent[index:]) and not continues and not _is_known(text, words.ends):
                return (), texts[:index]
            pattern = _pattern(text)
            return ((pattern,) if pattern else ()), [
                one for one, still in zip(texts[:index], silent, strict=False) if not still
            ]
    return (), [text for text, still in zip(texts, silent, strict=True) if not still]


def _is_known(text: str, words: Sequence[str]) -> bool:
    said = " ".join(plain(text))
    return any(said.startswith(" ".join(plain(word))) for word in words if plain(word))


def _beginning(text: str) -> str:
    """The words that a row begins with, up to the first that is none (a number, a name's initial, a mark)."""
    found = re.match(r"[^\w]*((?:[^\W\d_]+[\s,.'/-]*)+)", text)
    return " ".join(re.findall(r"[^\W\d_]+", found[1])[:_WORDS_MAX]) if found else ""


def _pattern(text: str) -> str:
    """A pattern that fits a row by how it begins, whatever its figures; "" if there is nothing to go by."""
    begins = _beginning(text)
    if begins:
        return r"(?i)^\W*" + r"\W+".join(re.escape(word) for word in begins.lower().split()) + r"\b"
    if re.fullmatch(_FIGURES, text):
        return rf"^{_FIGURES}$"
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
