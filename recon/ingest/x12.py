"""X12 820 and 835 as remittance advices: interchanges, groups and transaction sets, with their counts checked.

Sources: X12.5 and X12.6 (control structures), X12 820 and 835.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from recon.ingest import decoding, x12_advices, x12_segments
from recon.ingest.advices import Advice
from recon.ingest.envelopes import Walk
from recon.ingest.source import Claim, Reader, Request, Source
from recon.ingest.x12_advices import Fold
from recon.ingest.x12_segments import Segment
from recon.model import Kind, Reading

SETS: Final = ("820", "835")
_MINE: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*ISA([^\w\s])")


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
class _Walk(Walk):
    """Interchanges (ISA) of groups (GS) of transaction sets (ST)."""

    tags = ("ISA", "IEA", "GS", "GE", "ST", "SE")
    last_tag = "IEA"

    seen: set[str] = field(default_factory=set)
    _interchange: str = ""
    _groups: int = -1
    _sets: int = -1

    def _inside(self) -> bool:
        return self._groups >= 0

    def _on_isa(self, segment: Segment) -> None:
        if self._inside():
            self._cut(segment.position, "the interchange before has no end (IEA)")
        self._interchange, self._groups = segment.at(13), 0

    def _on_gs(self, _segment: Segment) -> None:
        self._groups += 1
        self._sets = 0

    def _on_st(self, segment: Segment) -> None:
        if self._segments >= 0:
            self._cut(segment.position, "the transaction set before has no end (SE)")
        self._sets += 1
        self._segments = 1
        if segment.at(1) not in SETS:
            what = f"a transaction set {segment.at(1)[:3]} is no remittance advice; it was left out"
            self.say("row-text", segment.position, what, "nothing to do, if no advice was to be in it")
            return
        self.seen.add(segment.at(1))
        spare = f"{self._interchange.lstrip('0')}-{segment.at(2)}".strip("-")
        self._fold = Fold(Advice(segment.position, "", spare, x12_advices.CURRENCY))

    def _on_se(self, segment: Segment) -> None:
        self._check(segment, segment.at(1), self._segments, "segments")
        self._end()

    def _on_ge(self, segment: Segment) -> None:
        self._check(segment, segment.at(1), self._sets, "transaction sets")
        self._sets = -1

    def _on_iea(self, segment: Segment) -> None:
        self._end()
        self._check(segment, segment.at(1), self._groups, "groups")
        self._groups = -1


def _read(source: Source) -> Reading:
    decoded = decoding.decode(source.load())
    walk = _Walk(source)
    try:
        walk.through(x12_segments.segments(decoded.text.replace("\r\n", "\n").replace("\r", "\n")))
    except x12_segments.Unreadable as error:
        what = "an interchange begins without saying what parts its segments (ISA)"
        raise source.refusal(what, "ask its sender for it again") from error
    return walk.reading(f"x12.{min(walk.seen)}" if len(walk.seen) == 1 else "x12", decoded)


READER = Reader("x12", claims)
