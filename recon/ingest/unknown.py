"""What a file that nobody reads looks like, in words; never its text, which may be personal."""

from __future__ import annotations

import re

from recon.ingest.decoding import decode, is_text
from recon.ingest.source import Source

_SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive, or a workbook whose headings are in no profile"),
    (b"\xd0\xcf\x11\xe0", "an old Office document, or a workbook whose headings are in no profile"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"ISA", "an X12 interchange"),
    (b"UNA", "an EDIFACT interchange"),
    (b"UNB", "an EDIFACT interchange"),
    (b"OFXHEADER", "an OFX file"),
    (b"!Type:", "a QIF file"),
    (b"01,", "perhaps a BAI2 file"),
    (b"{", "perhaps JSON"),
)


def describe(source: Source) -> str:
    """What the file looks like, in a few words."""
    head = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, words in _SIGNATURES:
        if head.startswith(signature):
            return words
    if b"<OFX>" in head:
        return "an OFX file"
    if head.startswith(b"<"):
        return "an XML or HTML file of another kind"
    if not is_text(source.head):
        return "binary data"
    quoted = re.compile(r'"[^"\n]*"')  # a comma in there parts nothing
    lines = [quoted.sub("", line) for line in decode(source.head).text.splitlines() if line.strip()]
    counts = {name: max((line.count(mark) for line in lines), default=0) for name, mark in _MARKS.items()}
    most = max(counts, key=lambda name: counts[name])
    if counts[most] == 0:
        return f"text of {len(lines)} lines without columns"
    return f"text with {counts[most] + 1} columns parted by {most}, whose heading is in no profile"


_MARKS = {"commas": ",", "semicolons": ";", "tabs": "\t", "pipes": "|"}
