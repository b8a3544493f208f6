"""X12: text -> segments. Each interchange says by its first segment (ISA) which characters part what.

ISA*00*...*>~GS*RA*...~ST*820*0001~   ->   ISA | GS, RA, ... | ST, 820, 0001
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

SEGMENT_MAX: Final = 100_000  # characters; a segment that never ends is no segment
_ISA_ELEMENTS: Final = 16
# Separators may be control characters, some of which Python takes for blanks.
_BLANK: Final = " \t\n"
_BLANKS: Final = re.compile(r"[ \t\n]*")
_BEGIN: Final = re.compile(r"ISA(?=[^\w \t\n])")
_NAME: Final = re.compile(r"^[A-Z][A-Z0-9]{1,2}$")


class Segment(NamedTuple):
    """One segment: its line (in a file of one line its number), its name, and its elements with the name first."""

    position: int
    name: str
    elements: tuple[str, ...]

    def at(self, index: int) -> str:
        """An element without blanks round it; "" if it is not there."""
        return self.elements[index].strip(_BLANK) if index < len(self.elements) else ""


class Unreadable(Exception):  # noqa: N818 - no error: the reader says what it means
    """The interchange does not say how it is parted."""


def segments(text: str) -> Iterator[Segment]:
    """The segments of all interchanges of a file. What can't be one has the name "" and no elements.

    Raises:
        Unreadable: an interchange begins without saying its separators.
    """
    of_lines = text.count("\n") > 1
    at, line, number, done = 0, 1, 0, 0
    element, end = "*", "~"
    solid = 0  # where the blanks end; they are gone through once, however many segments end among them
    while at < len(text):
        if at >= solid and (blank := _BLANKS.match(text, at)):
            solid = blank.end()
        begin = _BEGIN.match(text, solid)
        if begin is not None:
            element, end = separators(text, begin.end())
        stop = text.find(end, at)
        stop = len(text) if stop < 0 else stop
        piece = text[at : min(stop, at + SEGMENT_MAX + 1)]
        bare = piece.strip(_BLANK)
        number += bool(bare)
        if of_lines:
            start = at + len(piece) - len(piece.lstrip(_BLANK))
            line += text.count("\n", done, start)
            done = start
        if bare:
            yield _segment(bare, element, line if of_lines else number)
        at = stop + len(end)


def separators(text: str, at: int) -> tuple[str, str]:
    """What parts elements and what ends segments, from where the name ISA ends. Blanks in it may be missing."""
    element = text[at]
    for _ in range(_ISA_ELEMENTS - 1):
        at = text.find(element, at + 1, at + 1000)
        if at < 0:
            raise Unreadable
    end = text[at + 2 : at + 3]
    if not end or end.isalnum() or end in (element, " "):
        raise Unreadable
    return element, end


def _segment(text: str, element: str, position: int) -> Segment:
    if len(text) > SEGMENT_MAX:
        return Segment(position, "", ())
    cells = tuple(text.split(element))
    name = cells[0].strip(_BLANK)
    return Segment(position, name if _NAME.match(name) else "", cells)
