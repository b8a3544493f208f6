"""What segmented formats (X12, EDIFACT) have in common: envelopes that begin, end and count what is in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from recon.ingest import finish
from recon.ingest.advices import Advices
from recon.ingest.decoding import Text
from recon.ingest.source import Source
from recon.model import Kind, Reading
from recon.problems import Problem

LOOK: Final = "the file may be cut off or changed: ask its sender for it again"
_DIGITS_MAX: Final = 12  # no count is longer


@dataclass
class Walk:
    """Goes through the segments of a file; a level that is open is a count of what is in it, -1 = none is.

    Of each segment it asks `position` and `name`. A format names its envelopes in `tags`, with an `_on_TAG` for each.
    """

    source: Source
    currency: str = ""  # of an advice that says none
    advices: Advices = field(default_factory=Advices)
    problems: list[Problem] = field(default_factory=list)
    _segments: int = -1  # in the open transaction
    _fold: Any = None  # what the open transaction's segments are folded into; none if it is no advice

    tags: ClassVar[tuple[str, ...]] = ()
    last_tag: ClassVar[str] = ""  # what ends an interchange

    def through(self, segments: Iterable[Any]) -> None:
        """All segments of a file."""
        last = 1
        for segment in segments:
            last = segment.position
            self._segments += self._segments >= 0
            if segment.name in self.tags:
                getattr(self, f"_on_{segment.name.lower()}")(segment)
            elif not segment.name:
                what = "this is no segment, or one without an end; it was left out"
                self.say("tag-unknown", segment.position, what, LOOK)
            elif self._fold is not None:
                self._fold.take(segment)
        if self._segments >= 0 or self._inside():
            self._end()
            self.say("file-cut", last, f"the interchange has no end ({self.last_tag})", LOOK)

    def say(self, code: str, position: int, what: str, hint: str = "") -> None:
        """A problem at a segment."""
        self.problems.append(Problem(code, self.source.at(position), what, hint))

    def reading(self, form: str, decoded: Text) -> Reading:
        """What was found, as the file's reading under that format's name."""
        table, problems = self.advices.table(self.source)
        lost = []
        if decoded.lost:
            what = f"{decoded.lost:,} characters are in no encoding that is known"
            lost = [Problem("encoding", self.source.name, what, "ask its sender for UTF-8")]
        found = [*lost, *self.problems, *problems]
        return finish.reading(
            self.source, form, "", Kind.REMITTANCE, table=table, statements=(), problems=found
        )

    def _inside(self) -> bool:
        """Whether an interchange is open."""
        raise NotImplementedError

    def _end(self) -> None:
        """The open transaction is over."""
        if self._fold is not None:
            advice = self._fold.done()
            advice.currency = advice.currency or self.currency
            self.advices.add(advice)
            for position, code, what in self._fold.findings:
                self.say(code, position, what, "look at the segment")
        self._fold, self._segments = None, -1

    def _cut(self, position: int, what: str) -> None:
        """A level begins while the one before it is open."""
        self._end()
        self.say("file-cut", position, what, LOOK)

    def _check(self, trailer: Any, stated: str, found: int, name: str) -> None:
        if found < 0:
            self.say("trailer-differs", trailer.position, f"{trailer.name} ends what never began", LOOK)
        elif not (stated.isascii() and stated.isdigit()) or int(stated[:_DIGITS_MAX]) != found:
            shown = stated if stated.isdigit() and len(stated) <= _DIGITS_MAX else "?"
            what = f"{trailer.name} counts {shown} {name}, there are {found}"
            self.say("trailer-differs", trailer.position, what, LOOK)
