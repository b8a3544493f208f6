"""MT940 and MT942: text -> fields. A tag at the beginning of a line begins a field, but for text that looks like one.

    :61:2601050105C10,00NTRFNONREF        ->   61 | 2601050105C10,00NTRFNONREF
    :86:/EREF/INV-1/                           86 | /EREF/INV-1/, and so on
    and so on

Nearly all lines of a file are those of `:61:` and `:86:`: these are taken whole, the others are looked at one by one.
Where one `:61:` of one line follows the other, each with one `:86:`, they are taken together, as a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Final, NamedTuple

_TAG = re.compile(r"^\s*:(\d{2}[A-Z]?|NS|94[02]):(.*)$")
_BARE = re.compile(r"^\s*(20|25|28C?|60[FM]|61|62[FM]|86):(.*)$")  # some write no colon before the tag
_KNOWN: Final = frozenset(
    (
        *("20", "21", "25", "28", "28C", "60F", "60M", "61", "62F", "62M", "64", "65", "86"),
        *("13", "13D", "34F", "90C", "90D", "NS", "940", "942"),
    )
)
BALANCES: Final = ("60F", "60M", "62F", "62M", "64", "65")
_LIKE_A_TIME: Final = ("13", "20", "21", "25", "28")
_END = re.compile(r"^\s*-(\}.*|[A-Z]{3}|å)?\s*$")
# Envelopes round a message: {1:...}, BIC lines, "940 00", "0000 01INGB...".
_WRAPPER = re.compile(r"^\s*(\{.*|.?4:|[A-Z]{6}[A-Z0-9]{2,6}|94[02]( \d\d)?|0000 \d\d.*|\$.*|-?\})\s*$")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x0c\x0e-\x1f\ufeff]"
)  # DOS ends of file, ETX, BOMs of files put together
_WHOLE: Final = ("61:", "86:")
_BEHIND: Final = ("61:", "62F", "62M")  # what may follow a run
# A line within a field that may not be of it, and has to be looked at.
_ODD = re.compile(r"\n[^\S\n]*(?:[:{-]|(?:20|25|28C?|60[FM]|61|62[FM]|86):)")


class Field(NamedTuple):
    """One tag with its lines."""

    tag: str
    lines: Sequence[str]
    position: int


class Run(NamedTuple):
    """Entries one behind the other, each a `:61:` of one line and one `:86:`, whose lines are still one text."""

    entries: list[str]
    texts: list[str]
    positions: list[int]

    def fields(self) -> Iterator[Field]:
        """The same one by one."""
        for entry, text, position in zip(*self, strict=True):
            yield Field("61", [entry], position)
            yield Field("86", text.split("\n"), position + 1)


def fields(blocks: Iterable[str], junk: list[int]) -> Iterator[Field | Run]:
    """The fields of a file; lines that belong to none go to `junk`, but for the wrappers that banks put round.

    Args:
        blocks: the text, in pieces of whole lines.
        junk: takes the numbers of those lines.
    """
    walk = _Walk(junk)
    for block, following in pairwise(chain(map(_plain, blocks), [""])):
        yield from walk.through(block.removesuffix("\n") if following else block, following)
    yield from walk.ended()


def _plain(block: str) -> str:
    """Text with one kind of line breaks and without what is no text."""
    if _CONTROL.search(block):
        block = _CONTROL.sub("", block)
    return block.replace("\r\n", "\n").replace("\r", "\n") if "\r" in block else block


class _Walk:
    """Goes through the lines; the field that is open is a tag with its lines so far."""

    def __init__(self, junk: list[int]) -> None:
        self._junk = junk
        self._tag = ""
        self._lines: list[str] = []
        self._began = 0
        self._number = 1  # of the next line

    def through(self, block: str, following: str) -> Iterator[Field | Run]:
        """The fields that end in a block of text, which the one that follows goes on with."""
        first, *pieces = f"\n{block}".split("\n:")
        lines = first.split("\n")[1:]
        yield from self._one_by_one(lines, pieces, 0, following)
        index = 0
        while index < len(pieces):
            run = self._run(pieces, index)
            if run.entries:
                yield from self.ended()
                yield run
                index += 2 * len(run.entries)
                continue
            piece, index = pieces[index], index + 1
            if piece[:3] in _WHOLE and ("\n" not in piece or _ODD.search(piece) is None):
                yield from self.ended()
                self._tag, self._began = piece[:2], self._number
                self._lines = piece[3:].split("\n")
                self._number += len(self._lines)
            else:
                yield from self._one_by_one(f":{piece}".split("\n"), pieces, index, following)

    def _run(self, pieces: Sequence[str], index: int) -> Run:
        """The entries from there on that are surely whole: what follows each is surely a field, too."""
        run = Run([], [], [])
        for at in range(index, len(pieces) - 2, 2):
            entry, text, behind = pieces[at], pieces[at + 1], pieces[at + 2]
            if entry[:3] != "61:" or text[:3] != "86:" or behind[:3] not in _BEHIND or "\n" in entry:
                break
            more = text.count("\n")
            if more and _ODD.search(text):
                break
            run.entries.append(entry[3:])
            run.texts.append(text[3:])
            run.positions.append(self._number)
            self._number += 2 + more
        return run

    def ended(self) -> Iterator[Field]:
        """The field that is open, if one is."""
        if self._tag:
            yield Field(self._tag, self._lines, self._began)
        self._tag, self._lines = "", []

    def _one_by_one(
        self, lines: Sequence[str], pieces: Sequence[str], index: int, following: str
    ) -> Iterator[Field]:
        for at, line in enumerate(lines, 1):
            first = line.lstrip()[:1]
            start = None
            if first == ":" or first.isdigit():
                start = _starts(line, self._tag)
                if start is not None and self._tag in ("61", "86") and _unsure(line, start[0]):
                    behind = chain(lines[at:], (f":{text}" for text in pieces[index:]), [following])
                    start = start if _follows(start[0], behind) else None
            if start is not None or first == "{" or (first == "-" and _END.match(line)):
                yield from self.ended()
                self._began = self._number
                if start is not None:
                    self._tag, self._lines = start[0], [start[1]]
            elif self._tag in ("86", "61", "NS") or (
                self._tag in ("28", "28C", "25") and re.fullmatch(r"\s*\d+\s*", line)
            ):
                self._lines.append(line)
            elif line.strip() and not _WRAPPER.match(line):
                self._junk.append(self._number)
            self._number += 1


def _starts(line: str, current: str) -> tuple[str, str] | None:
    """Tag and value if the line begins a field.

    Text may hold what looks like a tag (a time broken over the line: `:20:37`): inside of text a tag counts only
    where its value looks like one, or (see `_unsure`) another tag follows.
    """
    match = _TAG.match(line)
    bare = match is None
    match = match or _BARE.match(line)
    if match is None or match[1] not in _KNOWN:
        return None
    tag, value = match[1], match[2]
    if bare and tag not in ("61", "86") and tag not in BALANCES:
        likely = current not in ("61", "86")
    elif bare:
        likely = current == "61" if tag == "86" else re.match(r"\s*[CDcd]?\d{6}", value) is not None
    else:
        likely = True
    return (tag, value) if likely else None


def _unsure(line: str, tag: str) -> bool:
    """Whether a tag inside of text may be text."""
    return tag in _LIKE_A_TIME and _TAG.match(line) is not None


def _follows(tag: str, behind: Iterable[str]) -> bool:
    """Whether the next field is one that can follow this tag at the beginning of a message."""
    lines = (line for text in behind for line in text.split("\n"))
    text = next((line for line in lines if line.strip()), "")
    match = _TAG.match(text) or _BARE.match(text)
    return match is not None and (match[1] not in ("61", "86", "62F", "62M") or tag in ("13", "28"))
