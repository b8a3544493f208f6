"""EDIFACT REMADV as remittance advices: interchanges and messages, with their counts checked.

Sources: ISO 9735 (UNB, UNH, UNT, UNZ), UN/EDIFACT REMADV.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from recon.ingest import advices, decoding, edifact_segments, finish
from recon.ingest.advices import Advice
from recon.ingest.edifact_advices import Fold
from recon.ingest.edifact_segments import Segment
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Kind, Reading
from recon.problems import Problem

_MINE: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(UNA[^\s\w]|UN[BH][^\s\w])")
_LOOK: Final = "the file may be cut off or changed: ask its sender for it again"


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the file is an interchange with a remittance advice in it."""
    if request.profile or not _MINE.match(source.head) or not decoding.is_text(source.head):
        return []
    if b"REMADV" not in source.head:
        return []
    return [Claim("", Kind.REMITTANCE, partial(_read, source, request))]


@dataclass
class _Walk:
    """Goes through the segments; -1 = no interchange, no message is open."""

    source: Source
    decimal: str
    currency: str
    advices: list[Advice] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _messages: int = -1
    _segments: int = -1
    _number: str = ""
    _fold: Fold | None = None

    def through(self, segments: Iterable[Segment]) -> None:
        """All segments of a file."""
        last = 1
        for segment in segments:
            last = segment.position
            self._segments += self._segments >= 0
            if segment.name in ("UNB", "UNZ", "UNH", "UNT"):
                getattr(self, f"_on_{segment.name.lower()}")(segment)
            elif not segment.name:
                what = "this is no segment, or one without an end; it was left out"
                self._say("tag-unknown", segment.position, what, _LOOK)
            elif self._fold is not None:
                self._fold.take(segment)
        if self._segments >= 0 or self._messages >= 0:
            self._end_message()
            self._say("file-cut", last, "the interchange has no end (UNZ)", _LOOK)

    def _say(self, code: str, position: int, what: str, hint: str = "") -> None:
        self.problems.append(Problem(code, self.source.at(position), what, hint))

    def _on_unb(self, segment: Segment) -> None:
        if self._messages >= 0:
            self._end_message()
            self._say("file-cut", segment.position, "the interchange before has no end (UNZ)", _LOOK)
        self._messages, self._number = 0, segment.at(4)

    def _on_unh(self, segment: Segment) -> None:
        if self._segments >= 0:
            self._end_message()
            self._say("file-cut", segment.position, "the message before has no end (UNT)", _LOOK)
        self._messages += self._messages >= 0
        self._segments = 1
        if segment.at(1) != "REMADV":
            what = f"a message {segment.at(1)[:6]} is no remittance advice; it was left out"
            self._say("row-text", segment.position, what)
            return
        spare = f"{self._number}-{segment.at(0)}".strip("-")
        self._fold = Fold(Advice(segment.position, "", spare, ""), self.decimal)

    def _end_message(self) -> None:
        if self._fold is not None:
            advice = self._fold.done()
            advice.currency = advice.currency or self.currency
            self.advices.append(advice)
            for position, code, what in self._fold.findings:
                self._say(code, position, what, "look at the segment")
        self._fold, self._segments = None, -1

    def _on_unt(self, segment: Segment) -> None:
        self._check(segment, self._segments, "segments")
        self._end_message()

    def _on_unz(self, segment: Segment) -> None:
        self._end_message()
        self._check(segment, self._messages, "messages")
        self._messages = -1

    def _check(self, trailer: Segment, found: int, name: str) -> None:
        stated = trailer.at(0)
        if found < 0:
            self._say("trailer-differs", trailer.position, f"{trailer.name} ends what never began", _LOOK)
        elif not (stated.isascii() and stated.isdigit()) or int(stated[:12]) != found:
            shown = stated if stated.isdigit() and len(stated) <= 12 else "?"  # noqa: PLR2004 - no count is longer
            what = f"{trailer.name} counts {shown} {name}, there are {found}"
            self._say("trailer-differs", trailer.position, what, _LOOK)


def _read(source: Source, request: Request) -> Reading:
    decoded = decoding.decode(source.load())
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    walk = _Walk(source, edifact_segments.decimal_mark(text), request.currency_default)
    if decoded.lost:
        what = f"{decoded.lost:,} characters are in no encoding that is known"
        walk.problems.append(Problem("encoding", source.name, what, "ask its sender for UTF-8"))
    walk.through(edifact_segments.segments(text))
    table, problems = advices.assemble(source, walk.advices)
    return finish.reading(
        source,
        "remadv",
        "",
        Kind.REMITTANCE,
        table=table,
        statements=(),
        problems=[*walk.problems, *problems],
    )


READER = Reader("edifact", claims)
