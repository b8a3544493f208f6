"""What a file that nobody reads looks like, in words; never its text, which may be personal."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from pathlib import PurePosixPath
from typing import Final

from recon.ingest import damage, package
from recon.ingest.decoding import decode, is_text
from recon.ingest.source import Source
from recon.problems import Problem

_ZIP: Final = b"PK\x03\x04"
_UNPACK: Final = "unpack it, and give the files that are in it"
_PACKED: Final = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
)
# No public source says how ARUCS names its parts.
_REPORTS: Final = (
    (b"<ARUCS", "of returned credits (ARUCS), whose layout is not known here"),
    (b"<ADDACS", "of changed or cancelled Direct Debit instructions (ADDACS): it holds no receipts"),
    (b"<AUDDIS", "of Direct Debit instructions that banks took or refused (AUDDIS): it holds no receipts"),
    (b"<AWACS", "of accounts that were wrong or have moved (AWACS): it holds no receipts"),
    (
        b"<MessagingAdvice",
        "of changed, cancelled or refused instructions (ADDACS, AUDDIS or AWACS): it holds no receipts",
    ),
)
_ENDINGS_MAX: Final = 5  # kinds of files in an archive that are told
_SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (_ZIP, "a workbook or document whose headings are in no profile"),
    (b"\xd0\xcf\x11\xe0", "an old Office document, or a workbook whose headings are in no profile"),
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


def problem(source: Source) -> Problem:
    """`file-unknown` for a file that nobody reads: what it looks like, and what to do."""
    packed = _packed(source)
    if packed:
        return Problem("file-unknown", source.name, f"this is {packed}; nothing in it was read", _UNPACK)
    if b"<BACSDocument" in source.head:
        what = f"this is a Bacs report {_report(source.head)}; nothing in it was read"
        return Problem("file-unknown", source.name, what, "give the bank statement, which has the money")
    hint = "`recon profile FILE` proposes a profile for its columns; or export it as CSV, MT940 or camt.053"
    return Problem("file-unknown", source.name, f"no reader knows this file: {describe(source)}", hint)


def _report(head: bytes) -> str:
    """Which of Bacs' reports it is, besides ARUDD, which is read."""
    return next((words for tag, words in _REPORTS if tag in head), "of a kind that is not known")


def _packed(source: Source) -> str:
    """Which archive the file is, and what kinds of files a zip has; "" if it is none."""
    for signature, words in _PACKED:
        if source.head.startswith(signature):
            return words
    if not source.head.startswith(_ZIP) or package.is_workbook(source.data):
        return ""
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            names = [one.filename for one in archive.infolist() if not one.is_dir()]
    except damage.PACKAGE:
        return "a zip archive, and a damaged one"
    if "[Content_Types].xml" in names or "mimetype" in names:
        return ""  # a document of an office program
    endings = Counter(PurePosixPath(name).suffix.lower() for name in names)
    told = [ending for ending, _ in endings.most_common() if re.fullmatch(r"\.[a-z0-9]{1,5}", ending)]
    kinds = f" ({', '.join(told[:_ENDINGS_MAX])})" if told else ""
    return f"a zip archive of {len(names):,} {'file' if len(names) == 1 else 'files'}{kinds}"


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
