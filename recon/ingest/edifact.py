"""EDIFACT REMADV as remittance advices: interchanges and messages, with their counts checked.

Sources: ISO 9735 (UNB, UNH, UNT, UNZ), UN/EDIFACT REMADV.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Final

from recon.ingest import decoding, edifact_segments
from recon.ingest.advices import Advice
from recon.ingest.edifact_advices import Fold
from recon.ingest.edifact_segments import Segment
from recon.ingest.envelopes import Walk
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Kind, Reading

_MINE: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(UNA[^\s\w]|UN[BH][^\s\w])")


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the file is an interchange with a remittance advice in it."""
    if request.profile or not _MINE.match(source.head) or not decoding.is_text(source.head):
        return []
    if b"REMADV" not in source.head:
        return []
    return [Claim("", Kind.REMITTANCE, partial(_read, source, request))]


@dataclass
class _Walk(Walk):
    """Interchanges (UNB) of messages (UNH); a message may stand alone."""

    tags = ("UNB", "UNZ", "UNH", "UNT")
    last_tag = "UNZ"

    decimal: str = "."
    _messages: int = -1
    _number: str = ""

    def _inside(self) -> bool:
        return self._messages >= 0

    def _on_unb(self, segment: Segment) -> None:
        if self._inside():
            self._cut(segment.position, "the interchange before has no end (UNZ)")
        self._messages, self._number = 0, segment.at(4)

    def _on_unh(self, segment: Segment) -> None:
        if self._segments >= 0:
            self._cut(segment.position, "the message before has no end (UNT)")
        self._messages += self._messages >= 0
        self._segments = 1
        if segment.at(1) != "REMADV":
            what = f"a message {segment.at(1)[:6]} is no remittance advice; it was left out"
            self.say("row-text", segment.position, what, "nothing to do, if no advice was to be in it")
            return
        spare = f"{self._number}-{segment.at(0)}".strip("-")
        self._fold = Fold(Advice(segment.position, "", spare, ""), self.decimal)

    def _on_unt(self, segment: Segment) -> None:
        self._check(segment, segment.at(0), self._segments, "segments")
        self._end()

    def _on_unz(self, segment: Segment) -> None:
        self._end()
        self._check(segment, segment.at(0), self._messages, "messages")
        self._messages = -1


def _read(source: Source, request: Request) -> Reading:
    decoded = decoding.decode(source.load())
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    walk = _Walk(source, request.currency_default, decimal=edifact_segments.decimal_mark(text))
    walk.through(edifact_segments.segments(text))
    return walk.reading("remadv", decoded)


READER = Reader("edifact", claims)
