"""Printed pages: words with places made into lines, as a person reads them, top down and from left to right.

The same for a page of a PDF and for text in columns (`of_text`), whose characters all have one width.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from recon.ingest.grid import PAGE, clean
from recon.ingest.names import plain

_SAME_LINE: Final = 0.4  # of the height: a footnote mark stands higher, the next line lower
_GLUED: Final = 0.12  # of the height: what is drawn in pieces
_BLANK: Final = 0.4  # of the height: no wider than a blank
_MARK: Final = re.compile(r"[\d*\u2020\u2021\u00a7#a-z]{1,2}\)?")
_NO_CENTS: Final = re.compile(r"\W*\d[\d,]*\.?")  # two small figures behind it are its cents
_SMALL: Final = 0.85  # of the height of what it stands behind
_RAISED: Final = 0.15
_APART: Final = 0.6  # of the height: wider than any blank
_AMOUNT: Final = re.compile(r"[-\u2013\u2014]|[-(]?[\d.,]*\d[.,]\d\d\)?-?")  # a whole one, or a dash instead
_DASH: Final = ("-", "\u2013", "\u2014")
_TEXT_HEIGHT: Final = 2.2  # of a line of plain text, so that one blank does not part cells and two do


class Word(NamedTuple):
    """Text without a gap, and where it stands: left, right, and the baseline, which grows upwards."""

    text: str
    left: float
    right: float
    base: float
    height: float


class Rule(NamedTuple):
    """A line drawn from left to right."""

    base: float
    left: float
    right: float


@dataclass(frozen=True)
class Line:
    """Words on one line, and the rules drawn between it and the line above."""

    position: int
    base: float
    height: float
    words: tuple[Word, ...]
    rules: tuple[Rule, ...] = ()

    @property
    def page(self) -> int:
        """The page, from 1; 0 where there are none."""
        return self.position // PAGE

    @cached_property
    def keys(self) -> frozenset[str]:
        """Its words as names of columns are compared."""
        return frozenset(plain(word.text) for word in self.words)

    @property
    def text(self) -> str:
        """Its words with a blank between, two where the gap is wide."""
        parts = [" ".join(word.text for word in cell) for cell in cells(self.words)]
        return "  ".join(parts)


def lines(page: int, words: Iterable[Word], rules: Iterable[Rule] = ()) -> list[Line]:
    """The lines of one page, from its top; words drawn twice (to look bold) count once, footnotes' marks do not."""
    found: list[list[Word]] = []
    for word in sorted(_unmarked(list(words)), key=lambda one: (-one.base, one.left)):
        if found and abs(word.base - found[-1][0].base) <= _SAME_LINE * min(word.height, found[-1][0].height):
            found[-1].append(word)
        else:
            found.append([word])
    bases = [_most(parts) for parts in found]
    between = _between(bases, rules)
    return [
        Line(
            page * PAGE + min(number, PAGE - 1),
            base,
            max(word.height for word in parts),
            tuple(_whole(sorted(parts, key=lambda one: one.left))),
            tuple(between[number - 1]),
        )
        for number, (base, parts) in enumerate(zip(bases, found, strict=True), 1)
    ]


def _unmarked(words: list[Word]) -> list[Word]:
    """Words without the small raised figures behind others, which are no part of a number or an amount."""
    marks = {at for at, word in enumerate(words) if _MARK.fullmatch(word.text)}
    if not marks:
        return words
    by_end: dict[int, list[Word]] = {}
    for word in words:
        by_end.setdefault(round(word.right), []).append(word)
    kept = []
    for at, word in enumerate(words):
        near = (one for place in range(-2, 3) for one in by_end.get(round(word.left) + place, ()))
        raised = at in marks and any(
            word.height <= _SMALL * one.height
            and _RAISED * one.height <= word.base - one.base <= one.height
            and not (word.text.isdigit() and len(word.text) > 1 and _NO_CENTS.fullmatch(one.text))
            and abs(word.left - one.right) <= 2 * _GLUED * one.height
            for one in near
        )
        if not raised:
            kept.append(word)
    return kept


def _between(bases: Sequence[float], rules: Iterable[Rule]) -> list[list[Rule]]:
    """For each line the rules that are drawn above it and below the line before."""
    made: list[list[Rule]] = [[] for _ in bases]
    upwards = [-base for base in bases]
    for rule in rules:
        at = bisect_right(upwards, -rule.base)
        if 0 < at < len(bases):
            made[at].append(rule)
    return made


def _most(parts: Sequence[Word]) -> float:
    """The baseline of the longest word: a footnote mark has one of its own."""
    return max(parts, key=lambda one: len(one.text)).base


def _whole(parts: Sequence[Word]) -> list[Word]:
    """Words put together out of the pieces that they were drawn in."""
    made: list[Word] = []
    for word in parts:
        if not made:
            made.append(word)
            continue
        last = made[-1]
        if word.text == last.text and abs(word.left - last.left) <= _GLUED * word.height:
            continue
        if -_GLUED * word.height <= word.left - last.right <= _GLUED * word.height:
            made[-1] = last._replace(text=last.text + word.text, right=max(last.right, word.right))
        else:
            made.append(word)
    return made


def cells(words: Sequence[Word]) -> list[list[Word]]:
    """Words in groups: between two groups is more than a blank. Two amounts are never one group."""
    groups: list[list[Word]] = []
    for word in words:
        last = groups[-1][-1] if groups else None
        two_amounts = last is not None and _AMOUNT.fullmatch(last.text) and _AMOUNT.fullmatch(word.text)
        if two_amounts and last is not None and last.text in _DASH and _AMOUNT.fullmatch(word.text):
            one_blank = word.left - last.right <= _BLANK * word.height
            two_amounts = None if one_blank else two_amounts  # then the dash is a minus
        if (
            last is not None
            and not two_amounts
            and word.left - last.right <= _APART * min(word.height, last.height)
        ):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def of_text(text: str) -> list[Line]:
    """Plain text as one page without a number: each character is one wide."""
    found = []
    for number, row in enumerate(text.expandtabs(8).splitlines()[: PAGE - 1], 1):
        words = []
        at = 0
        for part in row.split(" "):
            if clean(part):
                words.append(Word(clean(part), at, at + len(part), -_TEXT_HEIGHT * number, _TEXT_HEIGHT))
            at += len(part) + 1
        if words:
            found.append(Line(number, words[0].base, _TEXT_HEIGHT, tuple(words)))
    return found
