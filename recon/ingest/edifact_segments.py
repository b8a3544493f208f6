"""EDIFACT: text -> segments. UNA says which characters part what; `?` before one of them takes its meaning away.

    UNA:+.? 'UNB+UNOC:3+A+B'DOC+380+INV?+1'   ->   UNB | UNOC:3, A, B      DOC | 380, INV+1

Source: ISO 9735 (syntax rules), versions 1 to 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

SEGMENT_MAX: Final = 100_000  # characters; a segment that never ends is no segment
# Separators may be control characters, some of which Python takes for blanks.
_BLANK: Final = " \t\n"
_UNA: Final = re.compile(r"[ \t\n]*UNA([^ \w])([^ \w])([.,])(.)(.)([^ \w])")
_LEVEL_B: Final = re.compile(r"[ \t\n]*UNB\x1d")
_NAME: Final = re.compile(r"^[A-Z]{3}$")
_DEFAULT: Final = (":", "+", ".", "?", "'")
_CONTROLS: Final = ("\x1f", "\x1d", ".", " ", "\x1c")  # of syntax level B, which releases nothing
# Characters of no text stand for those that were released, until the rest is parted.
_STAND_IN: Final = "\ue000\ue001\ue002\ue003"


class Segment(NamedTuple):
    """One segment: its line (in a file of one line its number), its name, and its elements of components."""

    position: int
    name: str
    elements: tuple[tuple[str, ...], ...]

    def parts(self, element: int) -> tuple[str, ...]:
        """The components of an element; none if it is not there."""
        return self.elements[element] if element < len(self.elements) else ()

    def at(self, element: int, component: int = 0) -> str:
        """A component of an element, both from 0; "" if it is not there."""
        parts = self.parts(element)
        return parts[component].strip(_BLANK) if component < len(parts) else ""


def decimal_mark(text: str) -> str:
    """What stands before decimals."""
    return _marks(text)[2]


def _marks(text: str) -> tuple[str, str, str, str, str]:
    found = _UNA.match(text)
    if found is None:
        return _CONTROLS if _LEVEL_B.match(text) else _DEFAULT
    component, element, decimal, release, _, end = found.groups()
    return component, element, decimal, release, end


def segments(text: str) -> Iterator[Segment]:
    """The segments of a file, without UNA. What can't be one has the name "" and no elements."""
    component, element, _, release, end = _marks(text)
    found = _UNA.match(text)
    at = found.end() if found else 0
    specials = (component, element, end, release)
    back = str.maketrans(dict(zip(_STAND_IN, specials, strict=True)))
    body = text[at:].translate(dict.fromkeys(map(ord, _STAND_IN)))
    released = release != " " and release in body
    if released:
        stand = dict(zip(specials, _STAND_IN, strict=True))
        body = re.sub(re.escape(release) + r"([\s\S])", lambda one: stand.get(one[1], one[1]), body)
    of_lines = text.count("\n") > 1
    line = 1 + text.count("\n", 0, at)
    for number, piece in enumerate(_pieces(body, end), 1):
        start = len(piece) - len(piece.lstrip(_BLANK))
        line += piece.count("\n", 0, start)
        bare = piece.strip(_BLANK).replace("\n", "")
        if bare:
            position = line if of_lines else number
            yield _segment(bare, position, (element, component), back if released else None)
        line += piece.count("\n", start) + (end == "\n")


def _pieces(text: str, end: str) -> Iterator[str]:
    done = 0
    while (at := text.find(end, done)) >= 0:
        yield text[done:at]
        done = at + 1
    yield text[done:]


def _segment(text: str, position: int, marks: tuple[str, str], back: dict[int, str] | None) -> Segment:
    if len(text) > SEGMENT_MAX:
        return Segment(position, "", ())
    element, component = marks
    name, *rest = text.split(element)
    parts = tuple(tuple(cell.split(component)) for cell in rest)
    if back is not None:
        parts = tuple(tuple(cell.translate(back) for cell in cells) for cells in parts)
    plain = name.split(component)[0].strip(_BLANK)
    return Segment(position, plain if _NAME.match(plain) else "", parts)
