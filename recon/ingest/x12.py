"""X12 820 and 835 as remittance advices: interchanges, groups and transaction sets, with their counts checked.

Sources: X12.5 and X12.6 (control structures), X12 820 and 835.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from recon.ingest import advices, decoding, finish, x12_advices, x12_segments
from recon.ingest.advices import Advice
from recon.ingest.source import Claim, Reader, Request, Source
from recon.ingest.x12_advices import Fold
from recon.ingest.x12_segments import Segment
from recon.model import Kind, Reading
from recon.problems import Problem

SETS: Final = ("820", "835")
_MINE: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*ISA([^\w\s])")
_LOOK: Final = "the file may be cut off or changed: ask its sender for it again"


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the file is an interchange with a payment order or a claim payment in it."""
    found = _MINE.match(source.head)
    if request.profile or found is None or not decoding.is_text(source.head):
        return []
    part = re.escape(found[1])
    if not re.search(rb"ST" + part + rb"\s*(820|835)\b|GS" + part + rb"\s*(RA|HP)\b", source.head):
        return []
    return [Claim("", Kind.REMITTANCE, partial(_read, source))]


@dataclass
class _Walk:
    """Goes through the segments; a level that is open is a count of what is in it and where it began."""

    source: Source
    advices: list[Advice] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    _interchange: str = ""
    _groups: int = -1  # in the open interchange; -1 = none is open
    _sets: int = -1
    _segments: int = -1
    _fold: Fold | None = None

    def through(self, segments: Iterable[Segment]) -> None:
        """All segments of a file."""
        last = 1
        for segment in segments:
            last = segment.position
            self._segments += self._segments >= 0
            if segment.name in ("ISA", "IEA", "GS", "GE", "ST", "SE"):
                getattr(self, f"_on_{segment.name.lower()}")(segment)
            elif not segment.name:
                what = "this is no segment, or one without an end; it was left out"
                self._say("tag-unknown", segment.position, what, _LOOK)
            elif self._fold is not None:
                self._fold.take(segment)
        if self._groups >= 0 or self._segments >= 0:
            self._end_set()
            self._say("file-cut", last, "the interchange has no end (IEA)", _LOOK)

    def _say(self, code: str, position: int, what: str, hint: str = "") -> None:
        self.problems.append(Problem(code, self.source.at(position), what, hint))

    def _on_isa(self, segment: Segment) -> None:
        if self._groups >= 0:
            self._end_set()
            self._say("file-cut", segment.position, "the interchange before has no end (IEA)", _LOOK)
        self._interchange, self._groups = segment.at(13), 0

    def _on_gs(self, _segment: Segment) -> None:
        self._groups += 1
        self._sets = 0

    def _on_st(self, segment: Segment) -> None:
        if self._segments >= 0:
            self._end_set()
            self._say("file-cut", segment.position, "the transaction set before has no end (SE)", _LOOK)
        self._sets += 1
        self._segments = 1
        if segment.at(1) not in SETS:
            what = f"a transaction set {segment.at(1)[:3]} is no remittance advice; it was left out"
            self._say("row-text", segment.position, what)
            return
        self.seen.add(segment.at(1))
        spare = f"{self._interchange.lstrip('0')}-{segment.at(2)}".strip("-")
        self._fold = Fold(Advice(segment.position, "", spare, x12_advices.CURRENCY))

    def _end_set(self) -> None:
        if self._fold is not None:
            self.advices.append(self._fold.done())
            for position, code, what in self._fold.findings:
                self._say(code, position, what, "look at the segment")
        self._fold, self._segments = None, -1

    def _on_se(self, segment: Segment) -> None:
        self._check(segment, self._segments, "segments")
        self._end_set()

    def _on_ge(self, segment: Segment) -> None:
        self._check(segment, self._sets, "transaction sets")
        self._sets = -1

    def _on_iea(self, segment: Segment) -> None:
        self._end_set()
        self._check(segment, self._groups, "groups")
        self._groups = -1

    def _check(self, trailer: Segment, found: int, name: str) -> None:
        stated = trailer.at(1)
        if found < 0:
            self._say("trailer-differs", trailer.position, f"{trailer.name} ends what never began", _LOOK)
        elif not (stated.isascii() and stated.isdigit()) or int(stated[:12]) != found:
            shown = stated if stated.isdigit() and len(stated) <= 12 else "?"  # noqa: PLR2004 - no count is longer
            what = f"{trailer.name} counts {shown} {name}, there are {found}"
            self._say("trailer-differs", trailer.position, what, _LOOK)


def _read(source: Source) -> Reading:
    decoded = decoding.decode(source.load())
    walk = _Walk(source)
    if decoded.lost:
        what = f"{decoded.lost:,} characters are in no encoding that is known"
        walk.problems.append(Problem("encoding", source.name, what, "ask its sender for UTF-8"))
    try:
        walk.through(x12_segments.segments(decoded.text.replace("\r\n", "\n").replace("\r", "\n")))
    except x12_segments.Unreadable as error:
        what = "an interchange begins without saying what parts its segments (ISA)"
        raise source.refusal(what, "ask its sender for it again") from error
    table, problems = advices.assemble(source, walk.advices)
    form = f"x12.{'.'.join(sorted(walk.seen))}" if len(walk.seen) == 1 else "x12"
    return finish.reading(
        source,
        form,
        "",
        Kind.REMITTANCE,
        table=table,
        statements=(),
        problems=[*walk.problems, *problems],
    )


READER = Reader("x12", claims)
